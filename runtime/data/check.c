#include "mnn/check.h"

#include <stdlib.h>
#include <string.h>

#include "data/advice.h"
#include "data/forms.h"
#include "data/readers.h"
#include "data/table.h"

/* Set *there when the file is; a file that is not is no failure. */
static mnn_status look_for(const mnn_places *places, const char *path, int *there, mnn_error *err)
{
    char *found = NULL;
    const mnn_status status = path ? mnn_find(places, path, &found, err) : MNN_EIO;
    free(found);
    *there |= status == MNN_OK;
    return status == MNN_EIO ? MNN_OK : status;
}

static int count_classes(const mnn_dataset *set)
{
    int largest = 0;
    for (uint32_t i = 0; i < set->count; i++)
        if (set->labels.data[i] > largest)
            largest = set->labels.data[i];
    return largest + 1;
}

/* The likely fault of the set. */
static void look_at(const mnn_model *model, const mnn_dataset *set, mnn_checked *out)
{
    mnn_samples training = mnn_dataset_all(set), held_out = training;
    const bool splits = model->validation_split > 0 && model->validation_order == MNN_SPLIT_LAST;
    training.count = splits ? (uint32_t)((double)set->count * (1.0 - model->validation_split)) : set->count;
    held_out.first = training.count;
    held_out.count = set->count - training.count;
    out->counted = mnn_count_classes(&training, out->training);
    mnn_count_classes(&held_out, out->held_out);
    mnn_advise_values(model, &set->images, out->values);
    mnn_advise_reshape(model, &set->images, out->reshape);
}

mnn_status mnn_check_files(const mnn_model *model, const mnn_source *source, int limit, mnn_checked *out,
                           mnn_error *err)
{
    const mnn_places places = {.search = mnn_search_path(), .no_option = true};
    mnn_found found;
    mnn_dataset set;
    int there = 0;
    mnn_status status = look_for(&places, source->samples, &there, err);
    if (!status)
        status = look_for(&places, source->labels, &there, err);
    *out = (mnn_checked){.found = there};
    if (status || !there)
        return status;
    status = mnn_find_pair(&places, source, &found, err);
    if (status)
        return status;
    status = mnn_dataset_load(model, source, &found, limit, &set, err);
    mnn_found_free(&found);
    if (status)
        return status;
    out->samples = set.count;
    out->classes = model->label_kind == MNN_LABEL_CLASS ? count_classes(&set) : 0;
    look_at(model, &set, out);
    mnn_dataset_free(&set);
    return MNN_OK;
}

mnn_status mnn_look(const mnn_source *source, bool has_labels, mnn_looked *out, mnn_error *err)
{
    const mnn_places places = {.search = mnn_search_path(), .no_option = true};
    mnn_found found;
    int there = 0;
    *out = (mnn_looked){.found = false};
    if (strcmp(source->reader, "csv") != 0)
        return MNN_OK;
    mnn_status status = look_for(&places, source->samples, &there, err);
    if (status || !there)
        return status;
    status = mnn_find_pair(&places, source, &found, err);
    if (status)
        return status;
    const mnn_reading r = {.source = source, .files = &found, .labels = has_labels, .first = UINT32_MAX};
    status = mnn_table_look(&r, out, err);
    out->found = status == MNN_OK;
    mnn_found_free(&found);
    return status;
}

/* --- samples alone ---------------------------------------------------------------------------------- */

mnn_status mnn_read_samples(const mnn_model *model, const char *path, uint32_t first, mnn_array *out, mnn_error *err)
{
    const mnn_reader *reader;
    const mnn_source *training = &model->train, plain = {0};
    mnn_status status = mnn_reader_of(path, &reader, err);
    if (status == MNN_EFORMAT && training->reader && strcmp(training->reader, "csv") == 0) {
        reader = mnn_reader_named("csv"); /* which tells what is wrong with a table */
        status = MNN_OK;
    }
    if (status)
        return status;
    char *name = strdup(path);
    if (!name)
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    const bool same = training->reader && strcmp(training->reader, reader->name) == 0;
    const mnn_found files = {name, NULL};
    const mnn_reading r = {.source = same ? training : &plain,
                           .files = &files,
                           .first = first,
                           .column_count = model->sample_size,
                           .columns = model->column_names};
    status = reader->read(&r, out, NULL, err);
    if (!status)
        status = mnn_form_samples(r.source, name, out, err);
    if (status)
        mnn_array_free(out);
    free(name);
    return status;
}
