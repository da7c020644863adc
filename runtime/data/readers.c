/* See readers.h. */
#include "data/readers.h"

#include <stdlib.h>
#include <string.h>

#include "data/table.h"
#include "io/cifar.h"
#include "io/npy.h"
#include "io/stream.h"
#include "mnn/idx.h"

const char *mnn_source_option(const mnn_source *source, const char *name, int nth)
{
    const size_t length = strlen(name);
    for (const char *const *o = source->options; o && *o; o++)
        if (strncmp(*o, name, length) == 0 && (*o)[length] == '=' && nth-- == 0)
            return *o + length + 1;
    return NULL;
}

/* --- kinds -------------------------------------------------------------------------------------------- */

static mnn_status read_idx(const mnn_reading *r, mnn_array *samples, mnn_array *labels, mnn_error *err)
{
    const mnn_status status = mnn_idx_load_first(r->files->samples, 0, r->first, samples, err);
    if (status || !r->labels)
        return status;
    return mnn_idx_load_first(r->files->labels, 0, r->first, labels, err);
}

static bool is_idx(const mnn_head *head)
{
    return head->size >= 2 && memcmp(head->bytes, "\0", 2) == 0;
}

static mnn_status read_npy(const mnn_reading *r, mnn_array *samples, mnn_array *labels, mnn_error *err)
{
    const mnn_status status = mnn_npy_load(r->files->samples, r->first, samples, err);
    return status || !r->labels ? status : mnn_npy_load(r->files->labels, r->first, labels, err);
}

static bool is_npy(const mnn_head *head)
{
    return head->size >= 6 && memcmp(head->bytes, "\x93NUMPY", 6) == 0;
}

static mnn_status read_npz(const mnn_reading *r, mnn_array *samples, mnn_array *labels, mnn_error *err)
{
    const char *x = mnn_source_option(r->source, "x", 0), *y = mnn_source_option(r->source, "y", 0);
    const mnn_status status = mnn_npz_load(r->files->samples, x ? x : "x_train", r->first, samples, err);
    return status || !r->labels ? status : mnn_npz_load(r->files->samples, y ? y : "y_train", r->first, labels, err);
}

static bool is_npz(const mnn_head *head)
{
    return head->size >= 4 && memcmp(head->bytes, "PK\3\4", 4) == 0;
}

static mnn_status read_cifar(const mnn_reading *r, mnn_array *samples, mnn_array *labels, mnn_error *err)
{
    const char *set = mnn_source_option(r->source, "set", 0), *coarse = mnn_source_option(r->source, "coarse", 0);
    const mnn_cifar part = {.folder = r->files->samples,
                            .hundred = strcmp(r->source->reader, "cifar100") == 0,
                            .test = set && strcmp(set, "test") == 0,
                            .coarse = coarse && strcmp(coarse, "true") == 0};
    return mnn_cifar_load(&part, r->first, samples, r->labels ? labels : NULL, err);
}

static const mnn_reader readers[] = {
    {"idx", read_idx, is_idx},     {"npy", read_npy, is_npy},
    {"npz", read_npz, is_npz},     {"csv", mnn_table_read, mnn_table_is},
    {"cifar10", read_cifar, NULL}, {"cifar100", read_cifar, NULL},
};

const mnn_reader *mnn_reader_named(const char *name)
{
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (strcmp(readers[i].name, name) == 0)
            return &readers[i];
    return NULL;
}

mnn_status mnn_reader_of(const char *path, const mnn_reader **out, mnn_error *err)
{
    mnn_stream s;
    mnn_head head = {0};
    mnn_status status = mnn_stream_open(&s, path, "IDX, NPY, NPZ or CSV", err);
    if (status)
        return status;
    const bool packed = s.gzip != NULL;
    status = mnn_stream_read(&s, head.bytes, sizeof head.bytes, &head.size, err);
    mnn_stream_close(&s);
    if (status)
        return status;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (readers[i].is && readers[i].is(&head)) {
            *out = &readers[i];
            return MNN_OK;
        }
    return mnn_fail_contents(err, path, &head, MNN_EXPECT_SAMPLES, packed);
}
