#include "data/dataset.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "data/forms.h"
#include "data/readers.h"
#include "data/zeros.h"

/* "28x28"; a scalar is "1". */
static const char *shape_text(char *buffer, size_t size, const uint32_t *dims, int rank)
{
    return rank ? mnn_dims_text(buffer, size, "x", dims, rank) : "1";
}

/* The rank without dimensions of 1 at the end, at least 1. */
static int significant_rank(const uint32_t *dims, int rank)
{
    while (rank > 1 && dims[rank - 1] == 1)
        rank--;
    return rank;
}

static bool same_shape(const uint32_t *a, int a_rank, const uint32_t *b, int b_rank)
{
    a_rank = significant_rank(a, a_rank);
    b_rank = significant_rank(b, b_rank);
    if (a_rank == 1 || b_rank == 1)
        return true; /* flat: the element count, compared before, decides */
    if (a_rank != b_rank)
        return false;
    for (int i = 0; i < a_rank; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

mnn_status mnn_check_samples(const mnn_model *model, const mnn_array *images, const char *path, mnn_error *err)
{
    char name[256], got[128], wanted[64];
    mnn_printable(name, sizeof name, path);
    const bool scalars = images->rank == 1 && model->sample_size == 1;
    if (images->rank < 2 && !scalars)
        return mnn_fail(err, MNN_EFORMAT, "%s: not a file of images (got %d dimension, expected 2 or more)", name,
                        images->rank);
    if (images->dims[0] == 0)
        return mnn_fail(err, MNN_EFORMAT, "%s: holds no images", name);
    uint32_t expected[MNN_MAX_RANK] = {0};
    for (int i = 0; i < model->sample_rank; i++)
        expected[i] = (uint32_t)model->sample_dims[i];
    const size_t size = images->count / images->dims[0];
    const bool same_size = size == (size_t)model->sample_size;
    if (same_size && (model->reshapes || same_shape(images->dims + 1, images->rank - 1, expected, model->sample_rank)))
        return MNN_OK;
    return mnn_fail(err, MNN_EFORMAT, "%s: an image does not fit the model \"%s\" (got %s, expected %s)%s", name,
                    model->name, shape_text(got, sizeof got, images->dims + 1, images->rank - 1),
                    shape_text(wanted, sizeof wanted, expected, model->sample_rank),
                    same_size ? "\nhint: a reshape in the data block takes samples of any shape with as many values"
                              : "");
}

/* --- labels -------------------------------------------------------------------------------------- */

/* Labels as the set has them in use, and what they are called. */
typedef struct label_check {
    const mnn_model *model;
    mnn_array *labels;
    uint32_t count; /* in use */
    char path[256]; /* printable */
    mnn_error *err;
} label_check;

static mnn_status check_classes(const label_check *c)
{
    const uint8_t *label = c->labels->data;
    for (uint32_t i = 0; i < c->count; i++)
        if (label[i] >= c->model->classes)
            return mnn_fail(c->err, MNN_EFORMAT,
                            "%s: label of sample %" PRIu32 " is out of range (got %d, expected 0 to %d)", c->path, i,
                            label[i], c->model->classes - 1);
    return MNN_OK;
}

/* Class numbers of another type become bytes. */
static mnn_status classes_from_values(const label_check *c)
{
    mnn_array *labels = c->labels;
    labels->data = malloc(labels->count);
    if (!labels->data)
        return mnn_fail(c->err, MNN_ENOMEM, "%s: out of memory", c->path);
    for (uint32_t i = 0; i < c->count; i++) {
        const float value = labels->values[i];
        if (!(value >= 0.0f && value < (float)c->model->classes) || value != (float)(int)value)
            return mnn_fail(c->err, MNN_EFORMAT,
                            "%s: label of sample %" PRIu32 " is not a class number (got %g, expected 0 to %d)", c->path,
                            i, (double)value, c->model->classes - 1);
        labels->data[i] = (uint8_t)value;
    }
    free(labels->values);
    labels->values = NULL;
    return MNN_OK;
}

static mnn_status values_from_bytes(const label_check *c)
{
    mnn_array *labels = c->labels;
    labels->values = malloc(labels->count * sizeof *labels->values);
    if (!labels->values)
        return mnn_fail(c->err, MNN_ENOMEM, "%s: out of memory", c->path);
    for (size_t i = 0; i < labels->count; i++)
        labels->values[i] = (float)labels->data[i];
    free(labels->data);
    labels->data = NULL;
    return MNN_OK;
}

/* As many values per sample as the model has outputs. */
static mnn_status check_columns(const label_check *c)
{
    const size_t columns = c->labels->count / c->labels->dims[0];
    if (columns == (size_t)c->model->output_size)
        return MNN_OK;
    return mnn_fail(
        c->err, MNN_EFORMAT,
        "%s: the labels do not fit the outputs of the model \"%s\" (got %zu value%s per sample, expected %d)%s",
        c->path, c->model->name, columns, columns == 1 ? "" : "s", c->model->output_size,
        columns == 1 ? "\nhint: to compare class numbers with outputs, write one_hot(n) in the data block" : "");
}

/* Class numbers are one value per sample; a one-hot label is as many as there are classes, all 0 but for one. */
static mnn_status classes_from_one_hot(const label_check *c)
{
    mnn_array *labels = c->labels;
    const size_t columns = labels->count / labels->dims[0], classes = (size_t)c->model->classes;
    if (columns == 1)
        return MNN_OK;
    if (columns != classes)
        return mnn_fail(c->err, MNN_EFORMAT,
                        "%s: the labels do not fit the model \"%s\" (got %zu values per sample, expected one class "
                        "number, or the %zu values of a one-hot label)",
                        c->path, c->model->name, columns, classes);
    uint8_t *numbers = malloc(labels->dims[0]);
    if (!numbers)
        return mnn_fail(c->err, MNN_ENOMEM, "%s: out of memory", c->path);
    for (uint32_t i = 0; i < labels->dims[0]; i++) {
        size_t ones = 0, others = 0;
        for (size_t k = 0; k < columns; k++) {
            const float value = labels->data ? (float)labels->data[i * columns + k] : labels->values[i * columns + k];
            ones += value == 1.0f;
            others += value != 0.0f && value != 1.0f;
            if (value == 1.0f)
                numbers[i] = (uint8_t)k;
        }
        if (ones == 1 && others == 0)
            continue;
        free(numbers);
        return mnn_fail(c->err, MNN_EFORMAT,
                        "%s: label of sample %" PRIu32 " is not one-hot (expected one 1 and %zu zeros)", c->path, i,
                        columns - 1);
    }
    free(labels->data);
    free(labels->values);
    labels->data = numbers;
    labels->values = NULL;
    labels->rank = 1;
    labels->count = labels->dims[0];
    return MNN_OK;
}

static mnn_status check_labels(const mnn_model *model, mnn_dataset *set, const mnn_found *files, mnn_error *err)
{
    label_check c = {.model = model, .labels = &set->labels, .count = set->count, .err = err};
    char samples[256];
    mnn_printable(samples, sizeof samples, files->samples);
    mnn_printable(c.path, sizeof c.path, files->labels ? files->labels : files->samples);
    if (set->labels.total != set->images.total)
        return mnn_fail(err, MNN_EFORMAT,
                        "%s: expected one label per image (got %" PRIu32 " labels, %" PRIu32 " images in %s)", c.path,
                        set->labels.total, set->images.total, samples);
    if (model->label_kind == MNN_LABEL_CLASS) {
        const mnn_status status = classes_from_one_hot(&c);
        if (status)
            return status;
        return set->labels.data ? check_classes(&c) : classes_from_values(&c);
    }
    const mnn_status status = check_columns(&c);
    return status || set->labels.values ? status : values_from_bytes(&c);
}

/* --- sets ---------------------------------------------------------------------------------------- */

static mnn_status read_set(const mnn_model *model, const mnn_source *source, const mnn_found *files, int limit,
                           mnn_dataset *set, mnn_error *err)
{
    const mnn_reader *reader = mnn_reader_named(source->reader);
    const mnn_reading r = {.source = source,
                           .files = files,
                           .labels = model->label_kind != MNN_LABEL_INPUT,
                           .classes = model->label_kind == MNN_LABEL_CLASS,
                           .first = limit > 0 ? (uint32_t)limit : UINT32_MAX,
                           .column_count = model->sample_size,
                           .columns = model->column_names,
                           .class_count = model->classes,
                           .class_names = model->class_names};
    if (!reader)
        return mnn_fail(err, MNN_EINTERNAL, "this runtime has no reader \"%s\"", source->reader);
    mnn_status status = reader->read(&r, &set->images, &set->labels, err);
    if (!status)
        status = mnn_form_samples(source, files->samples, &set->images, err);
    if (!status)
        status = mnn_check_samples(model, &set->images, files->samples, err);
    if (!status)
        set->count = set->images.dims[0];
    if (!status && r.labels)
        status = mnn_form_labels(source, files->labels ? files->labels : files->samples, r.classes ? model->classes : 0,
                                 &set->labels, err);
    return status || !r.labels ? status : check_labels(model, set, files, err);
}

mnn_status mnn_dataset_load(const mnn_model *model, const mnn_source *source, const mnn_found *files, int limit,
                            mnn_dataset *out, mnn_error *err)
{
    mnn_dataset set = {.count = 0};
    const mnn_status status = read_set(model, source, files, limit, &set, err);
    if (status) {
        mnn_dataset_free(&set);
        return status;
    }
    set.many_zeros = mnn_many_zeros(&set.images, set.count);
    *out = set;
    return status;
}

void mnn_dataset_free(mnn_dataset *set)
{
    mnn_array_free(&set->images);
    mnn_array_free(&set->labels);
    free(set->order);
    *set = (mnn_dataset){.count = 0};
}

mnn_samples mnn_dataset_all(const mnn_dataset *set)
{
    return (mnn_samples){set, 0, set->count, NULL};
}

bool mnn_dataset_classes(const mnn_dataset *set, mnn_class_labels *out)
{
    const mnn_array *labels = &set->labels;
    *out = (mnn_class_labels){labels->data, labels->values, 0};
    if (labels->data)
        return true;
    if (!labels->values || labels->count != labels->dims[0])
        return false;
    float low = labels->values[0], high = low;
    for (uint32_t i = 0; i < set->count; i++) {
        low = labels->values[i] < low ? labels->values[i] : low;
        high = labels->values[i] > high ? labels->values[i] : high;
    }
    for (uint32_t i = 0; i < set->count; i++)
        if (labels->values[i] != low && labels->values[i] != high)
            return false;
    out->high = high;
    return low != high;
}

mnn_batch mnn_dataset_batch(const mnn_dataset *set)
{
    return (mnn_batch){.images = set->images.data,
                       .inputs = set->images.values,
                       .labels = set->labels.data,
                       .targets = set->labels.values,
                       .many_zeros = set->many_zeros};
}

void mnn_dataset_fingerprint(const mnn_dataset *set, char out[MNN_FINGERPRINT_SIZE])
{
    const uint32_t size = (uint32_t)(set->images.count / set->images.dims[0]);
    snprintf(out, MNN_FINGERPRINT_SIZE, "%08" PRIx32 "%08" PRIx32 "%08" PRIx32 "%08" PRIx32, set->count, size,
             set->images.checksum, set->labels.checksum);
}
