/* IDX files: the header is believed only as far as the file bears it out. */
#include "mnn/idx.h"

#include <inttypes.h>

#include "base/report.h"
#include "io/array.h"

enum { MAGIC_BYTES = 4 };

/* The type of the elements by the third byte of a file. */
static const mnn_element types[] = {
    [0x08] = MNN_UINT8, [0x09] = MNN_INT8,    [0x0B] = MNN_INT16,
    [0x0C] = MNN_INT32, [0x0D] = MNN_FLOAT32, [0x0E] = MNN_FLOAT64,
};

static mnn_element type_of(unsigned byte)
{
    return byte < sizeof types / sizeof *types ? types[byte] : MNN_ELEMENT_NONE;
}

static mnn_status check_rank(const mnn_stream *s, int rank, int expected, mnn_error *err)
{
    if (expected == 0 && (rank < 1 || rank > MNN_ARRAY_RANK))
        return mnn_fail_at(err, MNN_EFORMAT, s->path, 3, "number of dimensions (got %d, expected 1 to %d)", rank,
                           MNN_ARRAY_RANK);
    if (expected == 0 || rank == expected)
        return MNN_OK;
    const char *hint = "";
    if (rank == 1 && expected == 3)
        hint = "; this looks like a file of labels";
    else if (rank == 3 && expected == 1)
        hint = "; this looks like a file of images";
    return mnn_fail_at(err, MNN_EFORMAT, s->path, 3, "number of dimensions (got %d, expected %d%s)", rank, expected,
                       hint);
}

static mnn_status read_magic(mnn_array_reading *r, int expected_rank, mnn_array *array, mnn_error *err)
{
    unsigned char magic[MAGIC_BYTES];
    mnn_stream *s = r->stream;
    const mnn_status status = mnn_stream_need(s, magic, sizeof magic, 0, "IDX", err);
    if (status)
        return status;
    if (magic[0] != 0 || magic[1] != 0)
        return mnn_stream_fail_contents(s, magic, sizeof magic, MNN_EXPECT_IDX, err);
    r->type = type_of(magic[2]);
    if (r->type == MNN_ELEMENT_NONE)
        return mnn_fail_at(err, MNN_EFORMAT, s->path, 2,
                           "type of the elements (got 0x%02X, expected 0x08, unsigned byte, or 0x09, 0x0B to 0x0E)",
                           magic[2]);
    array->rank = magic[3];
    return check_rank(s, array->rank, expected_rank, err);
}

static mnn_status read_dims(mnn_array_reading *r, mnn_array *array, mnn_error *err)
{
    unsigned char bytes[4 * MNN_ARRAY_RANK];
    const size_t size = 4 * (size_t)array->rank;
    const mnn_status status = mnn_stream_need(r->stream, bytes, size, MAGIC_BYTES, "IDX", err);
    if (status)
        return status;
    for (int i = 0; i < array->rank; i++) {
        const unsigned char *b = bytes + 4 * i;
        array->dims[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
        if (array->dims[i] == 0)
            return mnn_fail_at(err, MNN_EFORMAT, r->stream->path, (uint64_t)(MAGIC_BYTES + 4 * i),
                               "dimension %d (got 0, expected at least 1)", i + 1);
    }
    mnn_array_size(array);
    r->at = MAGIC_BYTES + size;
    return MNN_OK;
}

static mnn_status read_idx(mnn_stream *s, int expected_rank, uint32_t most, mnn_array *array, mnn_error *err)
{
    char shape[MNN_ARRAY_TEXT];
    mnn_array_reading r = {.stream = s, .big_endian = true};
    mnn_status status = read_magic(&r, expected_rank, array, err);
    if (!status)
        status = read_dims(&r, array, err);
    if (!status)
        status = mnn_stream_holds(s, r.at, array->count * mnn_element_size(r.type),
                                  mnn_array_text(shape, array, r.type), err);
    if (status)
        return status;
    mnn_array_keep_first(array, most);
    return mnn_array_read(&r, array, err);
}

mnn_status mnn_idx_load(const char *path, int expected_rank, mnn_array *out, mnn_error *err)
{
    return mnn_idx_load_first(path, expected_rank, UINT32_MAX, out, err);
}

mnn_status mnn_idx_load_first(const char *path, int expected_rank, uint32_t most, mnn_array *out, mnn_error *err)
{
    mnn_stream s;
    mnn_status status = mnn_stream_open(&s, path, "IDX", err);
    if (status)
        return status;
    mnn_array array = {0};
    status = read_idx(&s, expected_rank, most, &array, err);
    mnn_stream_close(&s);
    if (status)
        mnn_array_free(&array);
    else
        *out = array;
    return status;
}
