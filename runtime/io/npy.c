/* See npy.h. */
#include "io/npy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/report.h"
#include "io/array.h"
#include "io/unzip.h"

enum { PREFIX = 8 /* magic and version */, MOST_HEADER = 64 * 1024, DESCR_TEXT = 24 };

static const char magic[] = "\x93NUMPY";

/* The header's text while it is read: a Python dictionary of a string, a bool and a tuple of integers. */
typedef struct header {
    const char *path;
    const char *text, *at, *end;
    uint64_t offset; /* of the text in the file */
    mnn_array_reading *r;
    mnn_array *array;
    bool has[3]; /* descr, fortran_order, shape */
    mnn_error *err;
} header;

static mnn_status fail(const header *h, const char *what, const char *expected)
{
    return mnn_fail_at(h->err, MNN_EFORMAT, h->path, h->offset + (uint64_t)(h->at - h->text),
                       "%s of the NPY header (expected %s)", what, expected);
}

/* --- tokens ----------------------------------------------------------------------------------------- */

static void skip_blanks(header *h)
{
    while (h->at < h->end && (*h->at == ' ' || *h->at == '\n' || *h->at == '\t'))
        h->at++;
}

/* @return whether the text continues with it, which is then skipped */
static bool take(header *h, const char *word)
{
    const size_t length = strlen(word);
    skip_blanks(h);
    if ((size_t)(h->end - h->at) < length || memcmp(h->at, word, length) != 0)
        return false;
    h->at += length;
    return true;
}

/* A string in quotes, without escapes. */
static bool take_string(header *h, char *out, size_t size)
{
    skip_blanks(h);
    if (h->at == h->end || (*h->at != '\'' && *h->at != '"'))
        return false;
    const char *begin = h->at + 1, *close = memchr(begin, *h->at, (size_t)(h->end - begin));
    if (!close || (size_t)(close - begin) >= size)
        return false;
    snprintf(out, size, "%.*s", (int)(close - begin), begin);
    h->at = close + 1;
    return true;
}

static bool take_integer(header *h, uint64_t *out)
{
    skip_blanks(h);
    const char *begin = h->at;
    *out = 0;
    for (; h->at < h->end && *h->at >= '0' && *h->at <= '9'; h->at++)
        if (__builtin_mul_overflow(*out, (uint64_t)10, out) ||
            __builtin_add_overflow(*out, (uint64_t)(*h->at - '0'), out))
            *out = UINT64_MAX;
    if (h->at > begin)
        take(h, "L"); /* of Python 2 */
    return h->at > begin;
}

/* --- entries ---------------------------------------------------------------------------------------- */

static const struct {
    const char *code;
    mnn_element type;
} types[] = {
    {"b1", MNN_BOOL},  {"u1", MNN_UINT8},   {"i1", MNN_INT8},    {"u2", MNN_UINT16},
    {"i2", MNN_INT16}, {"u4", MNN_UINT32},  {"i4", MNN_INT32},   {"u8", MNN_UINT64},
    {"i8", MNN_INT64}, {"f2", MNN_FLOAT16}, {"f4", MNN_FLOAT32}, {"f8", MNN_FLOAT64},
};

/* The names of other element types, by the letter of their code. */
static const char *kind_of(char letter)
{
    switch (letter) {
    case 'O':
        return "Python objects, a pickle, which is never loaded";
    case 'U':
    case 'S':
    case 'a':
        return "text";
    case 'c':
        return "complex numbers";
    case 'M':
    case 'm':
        return "dates or times";
    case 'V':
        return "records";
    default:
        return "of another type";
    }
}

static mnn_status read_descr(header *h)
{
    char descr[DESCR_TEXT], shown[MNN_NAME_SHOWN];
    const uint64_t at = h->offset + (uint64_t)(h->at - h->text);
    if (take(h, "["))
        return mnn_fail_at(h->err, MNN_EFORMAT, h->path, at,
                           "the elements are records (expected bool, int8 to uint64 or float16 to float64)");
    if (!take_string(h, descr, sizeof descr) || !descr[0])
        return fail(h, "type", "a text such as '<f4'");
    const bool ordered = strchr("<>|=", descr[0]) != NULL;
    const char *code = descr + ordered;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(code, types[i].code) == 0)
            h->r->type = types[i].type;
    h->r->big_endian = descr[0] == '>';
    if (h->r->type != MNN_ELEMENT_NONE)
        return MNN_OK;
    return mnn_fail_at(h->err, MNN_EFORMAT, h->path, at,
                       "the elements are %s (got %s, expected bool, int8 to uint64 or float16 to float64)",
                       kind_of(*code), mnn_printable(shown, sizeof shown, descr));
}

static mnn_status read_order(header *h)
{
    h->r->column_major = take(h, "True");
    return h->r->column_major || take(h, "False") ? MNN_OK : fail(h, "order", "True or False");
}

static mnn_status read_shape(header *h)
{
    mnn_array *a = h->array;
    if (!take(h, "("))
        return fail(h, "shape", "a tuple such as (60000, 28, 28)");
    while (!take(h, ")")) {
        uint64_t dim;
        const uint64_t at = h->offset + (uint64_t)(h->at - h->text);
        if (!take_integer(h, &dim))
            return fail(h, "shape", "an integer");
        if (a->rank == MNN_ARRAY_RANK)
            return mnn_fail_at(h->err, MNN_EFORMAT, h->path, at, "the array has more than %d dimensions",
                               MNN_ARRAY_RANK);
        if (dim == 0 || dim > UINT32_MAX)
            return mnn_fail_at(h->err, MNN_EFORMAT, h->path, at,
                               "dimension %d (got %" PRIu64 ", expected 1 to %" PRIu32 ")", a->rank + 1, dim,
                               UINT32_MAX);
        a->dims[a->rank++] = (uint32_t)dim;
        if (!take(h, ",") && (skip_blanks(h), h->at == h->end || *h->at != ')'))
            return fail(h, "shape", "\",\" or \")\"");
    }
    if (a->rank == 0)
        return mnn_fail_at(h->err, MNN_EFORMAT, h->path, h->offset,
                           "the array is a single value (expected 1 to %d dimensions)", MNN_ARRAY_RANK);
    return MNN_OK;
}

static mnn_status read_entry(header *h)
{
    static const struct {
        const char *key;
        mnn_status (*read)(header *h);
    } entries[] = {{"descr", read_descr}, {"fortran_order", read_order}, {"shape", read_shape}};
    char key[DESCR_TEXT];
    const char *begin = h->at;
    if (!take_string(h, key, sizeof key) || !take(h, ":"))
        return fail(h, "entry", "'descr', 'fortran_order' or 'shape', and a colon");
    skip_blanks(h);
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        if (strcmp(key, entries[i].key) == 0 && !h->has[i]) {
            h->has[i] = true;
            return entries[i].read(h);
        }
    h->at = begin;
    return fail(h, "entry", "'descr', 'fortran_order' and 'shape', once each");
}

static mnn_status parse(header *h)
{
    if (!take(h, "{"))
        return fail(h, "beginning", "\"{\"");
    while (!take(h, "}")) {
        const mnn_status status = read_entry(h);
        if (status)
            return status;
        if (!take(h, ",") && (skip_blanks(h), h->at == h->end || *h->at != '}'))
            return fail(h, "entries", "\",\" or \"}\"");
    }
    skip_blanks(h);
    if (h->at < h->end)
        return fail(h, "end", "nothing after \"}\"");
    return h->has[0] && h->has[1] && h->has[2] ? MNN_OK : fail(h, "end", "'descr', 'fortran_order' and 'shape'");
}

/* --- the file --------------------------------------------------------------------------------------- */

/* @param length  filled: bytes of the text; offset of the text in *offset */
static mnn_status read_prefix(mnn_stream *s, size_t *length, uint64_t *offset, mnn_error *err)
{
    unsigned char bytes[PREFIX + 4];
    mnn_status status = mnn_stream_need(s, bytes, PREFIX, 0, "NPY", err);
    if (status)
        return status;
    if (memcmp(bytes, magic, sizeof magic - 1) != 0)
        return mnn_stream_fail_contents(s, bytes, PREFIX, MNN_EXPECT_NPY, err);
    const int version = bytes[6];
    if (version < 1 || version > 3)
        return mnn_fail_at(err, MNN_EFORMAT, s->path, 6, "version of the NPY format (got %d.%d, expected 1.0 to 3.0)",
                           version, bytes[7]);
    const size_t size = version == 1 ? 2 : 4;
    status = mnn_stream_need(s, bytes + PREFIX, size, PREFIX, "NPY", err);
    *length = 0;
    for (size_t i = size; i-- > 0;)
        *length = *length << 8 | bytes[PREFIX + i];
    *offset = PREFIX + size;
    if (!status && *length > MOST_HEADER)
        status = mnn_fail_at(err, MNN_EFORMAT, s->path, PREFIX,
                             "length of the NPY header (got %zu, expected at most %d bytes)", *length, MOST_HEADER);
    return status;
}

static mnn_status read_header(mnn_array_reading *r, mnn_array *array, mnn_error *err)
{
    size_t length = 0;
    uint64_t offset = 0;
    mnn_status status = read_prefix(r->stream, &length, &offset, err);
    if (status)
        return status;
    char *text = malloc(length + 1);
    if (!text)
        return mnn_fail_memory(err, r->stream->path, length);
    status = mnn_stream_need(r->stream, text, length, offset, "NPY", err);
    if (!status)
        status = parse(&(header){.path = r->stream->path,
                                 .text = text,
                                 .at = text,
                                 .end = text + length,
                                 .offset = offset,
                                 .r = r,
                                 .array = array,
                                 .err = err});
    free(text);
    r->at = offset + length;
    return status;
}

/* Closes the stream. */
static mnn_status load(mnn_stream *s, uint32_t most, mnn_array *out, mnn_error *err)
{
    char shape[MNN_ARRAY_TEXT];
    mnn_array array = {0};
    mnn_array_reading r = {.stream = s};
    mnn_status status = read_header(&r, &array, err);
    if (!status) {
        mnn_array_size(&array);
        status = mnn_stream_holds(s, r.at, array.count * mnn_element_size(r.type),
                                  mnn_array_text(shape, &array, r.type), err);
    }
    if (!status) {
        mnn_array_keep_first(&array, most);
        status = mnn_array_read(&r, &array, err);
    }
    mnn_stream_close(s);
    if (status)
        mnn_array_free(&array);
    else
        *out = array;
    return status;
}

mnn_status mnn_npy_load(const char *path, uint32_t most, mnn_array *out, mnn_error *err)
{
    mnn_stream s;
    const mnn_status status = mnn_stream_open(&s, path, "NPY", err);
    return status ? status : load(&s, most, out, err);
}

mnn_status mnn_npz_load(const char *path, const char *name, uint32_t most, mnn_array *out, mnn_error *err)
{
    mnn_stream s;
    const size_t size = strlen(name) + sizeof ".npy";
    char *member = malloc(size);
    if (!member)
        return mnn_fail_memory(err, path, size);
    snprintf(member, size, "%s.npy", name);
    const mnn_status status = mnn_unzip_open(&s, path, member, err);
    free(member);
    return status ? status : load(&s, most, out, err);
}
