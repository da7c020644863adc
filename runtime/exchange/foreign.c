#define _POSIX_C_SOURCE 200809L
#include "exchange/foreign.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/report.h"
#include "io/elements.h"
#include "io/safetensors_header.h"
#include "io/tensor_bytes.h"

/* --- kinds of floats -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    mnn_element type;
} dtypes[] = {{"F32", MNN_FLOAT32}, {"F64", MNN_FLOAT64}, {"F16", MNN_FLOAT16}, {"BF16", MNN_BFLOAT16}};

enum { DTYPES = sizeof dtypes / sizeof *dtypes };

/* @return MNN_ELEMENT_NONE when it is another */
static mnn_element find_dtype(const char *name)
{
    for (int i = 0; i < DTYPES; i++)
        if (strcmp(dtypes[i].name, name) == 0)
            return dtypes[i].type;
    return MNN_ELEMENT_NONE;
}

/* --- the header ------------------------------------------------------------------------------------- */

static mnn_status entry_error(const mnn_foreign *f, const char *name, const char *what, mnn_error *err)
{
    char shown[MNN_NAME_SHOWN];
    return mnn_fail_file(err, MNN_EFORMAT, f->path, "tensor \"%s\": %s", mnn_printable(shown, sizeof shown, name),
                         what);
}

static bool read_shape(const json_t *shape, mnn_foreign_tensor *t, uint64_t *elements)
{
    const size_t rank = json_array_size(shape);
    if (!json_is_array(shape) || rank > MNN_FOREIGN_RANK)
        return false;
    *elements = 1;
    t->rank = (int)rank;
    for (size_t i = 0; i < rank; i++) {
        const json_t *dim = json_array_get(shape, i);
        if (!json_is_integer(dim) || json_integer_value(dim) < 0 ||
            __builtin_mul_overflow(*elements, (uint64_t)json_integer_value(dim), elements))
            return false;
        t->dims[i] = json_integer_value(dim);
    }
    return true;
}

static mnn_status read_tensor(const mnn_foreign *f, const char *name, const json_t *entry, uint64_t size,
                              mnn_foreign_tensor *t, mnn_error *err)
{
    const json_t *offsets = json_object_get(entry, "data_offsets");
    uint64_t elements = 0, bytes = 0;
    *t = (mnn_foreign_tensor){.name = name, .dtype = json_string_value(json_object_get(entry, "dtype"))};
    if (!t->dtype)
        return entry_error(f, name, "has no dtype", err);
    if (!read_shape(json_object_get(entry, "shape"), t, &elements))
        return entry_error(f, name, "has no readable shape (expected at most 8 integers)", err);
    if (json_array_size(offsets) != 2 || !mnn_st_offset(json_array_get(offsets, 0), size, &t->begin) ||
        !mnn_st_offset(json_array_get(offsets, 1), size, &t->end) || t->end < t->begin)
        return entry_error(f, name, "data_offsets are outside the file", err);
    const size_t element = mnn_element_size(find_dtype(t->dtype));
    if (element && (__builtin_mul_overflow(elements, element, &bytes) || bytes != t->end - t->begin))
        return entry_error(f, name, "data_offsets do not fit dtype and shape", err);
    return MNN_OK;
}

/* @param size  bytes after the header */
static mnn_status read_tensors(mnn_foreign *f, uint64_t size, mnn_error *err)
{
    f->tensors = calloc(json_object_size(f->root) + 1, sizeof *f->tensors);
    if (!f->tensors)
        return mnn_fail_file(err, MNN_ENOMEM, f->path, "not enough memory for the header");
    for (void *i = json_object_iter(f->root); i; i = json_object_iter_next(f->root, i)) {
        const char *name = json_object_iter_key(i);
        if (strcmp(name, MNN_ST_METADATA) == 0)
            continue;
        const mnn_status status = read_tensor(f, name, json_object_iter_value(i), size, &f->tensors[f->count], err);
        if (status)
            return status;
        f->count++;
    }
    return MNN_OK;
}

/* --- the file ------------------------------------------------------------------------------------- */

mnn_status mnn_foreign_load(const char *path, mnn_foreign *out, mnn_error *err)
{
    mnn_st_header h = {.path = path, .err = err};
    mnn_status status = mnn_file_open(path, &h.fd, &h.size, err);
    if (status)
        return status;
    status = mnn_st_read_header(&h);
    mnn_foreign f = {.path = path, .root = h.root, .data_at = h.data_at};
    if (!status)
        status = read_tensors(&f, h.data_size, err);
    if (!status)
        status = mnn_st_read_data(&h, &f.data);
    close(h.fd);
    if (status)
        mnn_foreign_free(&f);
    else
        *out = f;
    return status;
}

void mnn_foreign_free(mnn_foreign *f)
{
    json_decref(f->root);
    free(f->tensors);
    free(f->data);
    *f = (mnn_foreign){0};
}

/* --- numbers ---------------------------------------------------------------------------------------- */

mnn_status mnn_foreign_floats(const mnn_foreign *f, const mnn_foreign_tensor *t, float *out, mnn_error *err)
{
    char shown[MNN_NAME_SHOWN], dtype[MNN_NAME_SHOWN];
    const mnn_element type = find_dtype(t->dtype);
    mnn_printable(shown, sizeof shown, t->name);
    if (type == MNN_ELEMENT_NONE)
        return mnn_fail_file(err, MNN_EFORMAT, f->path, "tensor \"%s\": dtype (got %s, expected F32, F64, F16 or BF16)",
                             shown, mnn_printable(dtype, sizeof dtype, t->dtype));
    const size_t size = mnn_element_size(type), count = (size_t)(t->end - t->begin) / size;
    for (size_t i = 0; i < count; i++) {
        const uint64_t at = t->begin + i * size;
        const double value = mnn_element_value(type, false, f->data + at);
        if (!(fabs(value) <= (double)FLT_MAX)) /* also if it is NaN */
            return mnn_fail_at(err, MNN_EFORMAT, f->path, f->data_at + at,
                               "tensor \"%s\" holds %g at element %zu (expected finite floats)", shown, value, i);
        out[i] = (float)value;
    }
    return MNN_OK;
}

const char *mnn_foreign_shape(char buffer[128], const int64_t *dims, int rank)
{
    size_t length = (size_t)snprintf(buffer, 128, "[");
    for (int i = 0; i < rank && length < 120; i++)
        length += (size_t)snprintf(buffer + length, 128 - length, "%s%" PRId64, i ? ", " : "", dims[i]);
    snprintf(length < 127 ? buffer + length : buffer + 126, 2, "]");
    return buffer;
}
