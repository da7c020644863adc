#include "data/dataset.h"

#include <inttypes.h>
#include <stdio.h>

/* "28x28"; a scalar is "1". */
static const char *shape_text(char *buffer, size_t size, const uint32_t *dims, int rank)
{
    size_t length = 0;
    snprintf(buffer, size, "1");
    for (int i = 0; i < rank && length < size; i++)
        length += (size_t)snprintf(buffer + length, size - length, "%s%" PRIu32, i ? "x" : "", dims[i]);
    return buffer;
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

mnn_status mnn_check_samples(const mnn_model *model, const mnn_idx *images, const char *path, mnn_error *err)
{
    char name[256], got[128], wanted[64];
    mnn_printable(name, sizeof name, path);
    if (images->rank < 2)
        return mnn_fail(err, MNN_EFORMAT, "%s: not a file of images (got %d dimension, expected 2 or more)", name,
                        images->rank);
    if (images->dims[0] == 0)
        return mnn_fail(err, MNN_EFORMAT, "%s: holds no images", name);
    uint32_t expected[MNN_MAX_RANK] = {0};
    for (int i = 0; i < model->sample_rank; i++)
        expected[i] = (uint32_t)model->sample_dims[i];
    const size_t size = images->count / images->dims[0];
    if (size == (size_t)model->sample_size &&
        same_shape(images->dims + 1, images->rank - 1, expected, model->sample_rank))
        return MNN_OK;
    return mnn_fail(err, MNN_EFORMAT, "%s: an image does not fit the model \"%s\" (got %s, expected %s)", name,
                    model->name, shape_text(got, sizeof got, images->dims + 1, images->rank - 1),
                    shape_text(wanted, sizeof wanted, expected, model->sample_rank));
}

static mnn_status check_labels(const mnn_model *model, const mnn_dataset *set, const mnn_found *files, mnn_error *err)
{
    char images[256], labels[256];
    mnn_printable(images, sizeof images, files->images);
    mnn_printable(labels, sizeof labels, files->labels);
    if (set->labels.dims[0] != set->images.dims[0])
        return mnn_fail(err, MNN_EFORMAT,
                        "%s: one label an image is needed (got %" PRIu32 " labels, %" PRIu32 " images in %s)", labels,
                        set->labels.dims[0], set->images.dims[0], images);
    if (model->label_kind != MNN_LABEL_CLASS)
        return MNN_OK;
    for (uint32_t i = 0; i < set->count; i++)
        if (set->labels.data[i] >= model->classes)
            return mnn_fail(err, MNN_EFORMAT,
                            "%s: label of sample %" PRIu32 " is out of range (got %d, expected 0 to %d)", labels, i,
                            set->labels.data[i], model->classes - 1);
    return MNN_OK;
}

mnn_status mnn_dataset_load(const mnn_model *model, const mnn_found *files, int limit, mnn_dataset *out, mnn_error *err)
{
    mnn_dataset set = {.count = 0};
    mnn_status status = mnn_idx_load(files->images, 0, &set.images, err);
    if (!status)
        status = mnn_check_samples(model, &set.images, files->images, err);
    if (!status)
        status = mnn_idx_load(files->labels, 1, &set.labels, err);
    if (!status) {
        set.count = set.images.dims[0];
        if (limit > 0 && (uint32_t)limit < set.count)
            set.count = (uint32_t)limit;
        status = check_labels(model, &set, files, err);
    }
    if (status)
        mnn_dataset_free(&set);
    else
        *out = set;
    return status;
}

void mnn_dataset_free(mnn_dataset *set)
{
    mnn_idx_free(&set->images);
    mnn_idx_free(&set->labels);
    *set = (mnn_dataset){.count = 0};
}

mnn_samples mnn_dataset_all(const mnn_dataset *set)
{
    return (mnn_samples){set->images.data, set->labels.data, 0, set->count};
}

mnn_status mnn_dataset_split(const mnn_dataset *set, double share, mnn_samples *training, mnn_samples *validation,
                             mnn_error *err)
{
    const uint32_t kept = (uint32_t)((double)set->count * (1.0 - share));
    if (kept == 0)
        return mnn_fail(err, MNN_EFORMAT,
                        "the validation split of %g leaves nothing to train on (the training set has %" PRIu32
                        " samples)",
                        share, set->count);
    *training = mnn_dataset_all(set);
    training->count = kept;
    *validation = mnn_dataset_all(set);
    validation->first = kept;
    validation->count = set->count - kept;
    return MNN_OK;
}

void mnn_dataset_fingerprint(const mnn_dataset *set, char out[MNN_FINGERPRINT_SIZE])
{
    const uint32_t size = (uint32_t)(set->images.count / set->images.dims[0]);
    snprintf(out, MNN_FINGERPRINT_SIZE, "%08" PRIx32 "%08" PRIx32 "%08" PRIx32 "%08" PRIx32, set->count, size,
             set->images.checksum, set->labels.checksum);
}
