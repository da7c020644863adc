/* Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#include "exchange/npz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/zip.h"
#include "io/tensor_bytes.h"

/* The magic and two bytes each for version and length; the whole is a multiple of 64. */
enum { PREFIX = 10, ALIGNMENT = 64, HEAD = 256 };

/* @return its size */
static size_t make_head(char head[HEAD], const mnn_tensor *t)
{
    char shape[96] = "";
    for (int i = 0; i < t->rank; i++)
        snprintf(shape + strlen(shape), sizeof shape - strlen(shape), "%d,%s", t->dims[i], i + 1 < t->rank ? " " : "");
    const int used =
        snprintf(head + PREFIX, HEAD - PREFIX, "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", shape);
    const size_t size = ((size_t)used + PREFIX + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(head + PREFIX + used, ' ', size - PREFIX - (size_t)used);
    head[size - 1] = '\n';
    memcpy(head, "\x93NUMPY\x01\x00", 8);
    head[8] = (char)((size - PREFIX) & 255);
    head[9] = (char)((size - PREFIX) >> 8);
    return size;
}

static mnn_status add_tensor(mnn_zip *z, const mnn_model *model, const mnn_tensor *t, unsigned char *bytes,
                             mnn_error *err)
{
    char head[HEAD], name[320];
    const size_t size = make_head(head, t);
    snprintf(name, sizeof name, "%s.npy", t->name);
    mnn_floats_to_bytes(bytes, model->params + t->offset, (size_t)t->size);
    return mnn_zip_add(z, name, head, size, bytes, 4 * (size_t)t->size, err);
}

mnn_status mnn_npz_save(const mnn_model *model, const char *path, mnn_error *err)
{
    mnn_zip zip;
    size_t largest = 1;
    for (int i = 0; i < model->tensor_count; i++)
        largest = (size_t)model->tensors[i].size > largest ? (size_t)model->tensors[i].size : largest;
    unsigned char *bytes = malloc(4 * largest);
    if (!bytes)
        return mnn_fail(err, MNN_ENOMEM, "out of memory for the weights");
    mnn_status status = mnn_zip_begin(&zip, path, err);
    if (!status) {
        for (int i = 0; i < model->tensor_count && !status; i++)
            status = add_tensor(&zip, model, &model->tensors[i], bytes, err);
        if (!status)
            status = mnn_zip_commit(&zip, err);
        else
            mnn_zip_abort(&zip);
    }
    free(bytes);
    return status;
}
