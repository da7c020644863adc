#include "mnn/check.h"

#include <stdlib.h>

#include "data/dataset.h"

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

mnn_status mnn_check_files(const mnn_model *model, const mnn_files *files, int limit, mnn_checked *out, mnn_error *err)
{
    const mnn_places places = {.search = mnn_search_path(), .no_option = true};
    mnn_found found;
    mnn_dataset set;
    int there = 0;
    mnn_status status = look_for(&places, files->images, &there, err);
    if (!status)
        status = look_for(&places, files->labels, &there, err);
    *out = (mnn_checked){.found = there};
    if (status || !there)
        return status;
    status = mnn_find_pair(&places, files, &found, err);
    if (status)
        return status;
    status = mnn_dataset_load(model, &found, limit, &set, err);
    mnn_found_free(&found);
    if (status)
        return status;
    out->samples = set.count;
    out->classes = model->label_kind == MNN_LABEL_CLASS ? count_classes(&set) : 0;
    mnn_dataset_free(&set);
    return MNN_OK;
}
