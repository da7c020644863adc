/* See array.h. */
#define _DEFAULT_SOURCE /* madvise */

#include "io/array.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>

#include "base/report.h"
#include "base/text.h"

enum { CHUNK = 1024 * 1024 /* bytes; a multiple of every element's size */, HUGE_PAGE = 2 * 1024 * 1024 };

const char *mnn_array_text(char text[MNN_ARRAY_TEXT], const mnn_array *array, mnn_element type)
{
    const size_t used = strlen(mnn_dims_text(text, MNN_ARRAY_TEXT, " x ", array->dims, array->rank));
    if (!mnn_element_is_byte(type))
        snprintf(text + used, MNN_ARRAY_TEXT - used, " of type %s", mnn_element_name(type));
    return text;
}

void mnn_array_size(mnn_array *array)
{
    const uint64_t most = SIZE_MAX / 2 / MNN_MAX_ELEMENT;
    uint64_t count = 1;
    for (int i = 0; i < array->rank; i++)
        if (__builtin_mul_overflow(count, (uint64_t)array->dims[i], &count) || count > most)
            count = most;
    array->count = (size_t)count;
    array->total = array->dims[0];
}

void mnn_array_keep_first(mnn_array *array, uint32_t most)
{
    if (most >= array->dims[0])
        return;
    array->count = array->count / array->dims[0] * most;
    array->dims[0] = most;
}

/* --- reading -------------------------------------------------------------------------------------- */

/* An array while its elements arrive. */
typedef struct filling {
    const mnn_array_reading *r;
    mnn_array *array;
    size_t elements;                /* to read: of a column-major file also those that are not kept */
    uint32_t index[MNN_ARRAY_RANK]; /* column-major: of the next element */
    unsigned char *piece;           /* [CHUNK], with space for the floats of a column-major file */
    float *floats;                  /* in the piece */
    mnn_error *err;
} filling;

/* Samples are read in any order: with pages of 2 MiB nearly all of their addresses are in the TLB.
 * Release with free(). */
static void *allocate(size_t size)
{
    if (size < HUGE_PAGE)
        return malloc(size);
    void *memory = NULL;
    if (posix_memalign(&memory, HUGE_PAGE, size) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    madvise(memory, size, MADV_HUGEPAGE); /* a wish; without it all works, slower */
#endif
    return memory;
}

static mnn_status make_room(filling *f)
{
    mnn_array *array = f->array;
    const bool bytes = mnn_element_is_byte(f->r->type), direct = bytes && !f->r->column_major;
    const size_t size = bytes ? array->count : array->count * sizeof(float);
    void *memory = allocate(size);
    if (bytes)
        array->data = memory;
    else
        array->values = memory;
    if (!direct)
        f->piece = malloc(CHUNK + CHUNK * sizeof(float));
    f->floats = f->piece ? (float *)(void *)(f->piece + CHUNK) : NULL;
    return memory && (direct || f->piece) ? MNN_OK : mnn_fail_memory(f->err, f->r->stream->path, size);
}

/* The index of the next element of a column-major file among those that are kept; SIZE_MAX: it is not kept. */
static size_t next_place(filling *f)
{
    const mnn_array *a = f->array;
    size_t at = 0;
    for (int i = 0; i < a->rank; i++)
        at = at * a->dims[i] + f->index[i];
    if (f->index[0] >= a->dims[0])
        at = SIZE_MAX;
    for (int i = 0; i < a->rank; i++) {
        if (++f->index[i] < (i == 0 ? a->total : a->dims[i]))
            break;
        f->index[i] = 0;
    }
    return at;
}

/* Put elements at their indices. */
static void scatter(filling *f, const unsigned char *bytes, size_t count)
{
    mnn_array *array = f->array;
    for (size_t i = 0; i < count; i++) {
        const size_t at = next_place(f);
        if (at == SIZE_MAX)
            continue;
        if (array->data)
            array->data[at] = bytes[i];
        else
            array->values[at] = f->floats[i];
    }
}

/* Take the elements from number `first` on, which have just been read. */
static mnn_status take(filling *f, unsigned char *bytes, size_t first, size_t count)
{
    const mnn_array_reading *r = f->r;
    if (r->type == MNN_BOOL)
        for (size_t i = 0; i < count; i++)
            bytes[i] = bytes[i] != 0;
    if (!mnn_element_is_byte(r->type)) {
        float *to = r->column_major ? f->floats : f->array->values + first;
        const size_t good = mnn_elements_to_float(r->type, r->big_endian, bytes, count, to);
        if (good < count)
            return mnn_fail_at(f->err, MNN_EFORMAT, r->stream->path, r->at + (first + good) * mnn_element_size(r->type),
                               "element %zu is not a finite 32-bit float", first + good);
    }
    if (r->column_major)
        scatter(f, bytes, count);
    return MNN_OK;
}

/* Fewer bytes came than the header claims: a short packed stream, or a plain file that was long enough a moment ago. */
static mnn_status fail_short(const filling *f, size_t got, const char *shape)
{
    const mnn_stream *s = f->r->stream;
    if (!s->gzip)
        return mnn_fail_at(f->err, MNN_EIO, s->path, f->r->at + got,
                           "file became shorter while it was read (expected %" PRIu64 " bytes)", s->size);
    return mnn_fail_at(f->err, MNN_EFORMAT, s->path, f->r->at + got,
                       "unpacked data ends too early (got %zu bytes of data, expected %s)", got, shape);
}

/* Nothing may follow. Asking for one byte more also makes a packed stream check its end. */
static mnn_status check_end(const filling *f, size_t bytes, const char *shape)
{
    unsigned char more;
    size_t got = 0;
    mnn_stream *s = f->r->stream;
    const mnn_status status = mnn_stream_read(s, &more, 1, &got, f->err);
    if (status || got == 0)
        return status;
    return mnn_fail_at(f->err, MNN_EFORMAT, s->path, f->r->at + bytes,
                       "%s continues after the data (expected the end after %s)", s->gzip ? "unpacked data" : "file",
                       shape);
}

/* In pieces, so that a piece is still in the cache when its checksum is computed. */
static mnn_status fill(filling *f)
{
    mnn_array *array = f->array;
    char shape[MNN_ARRAY_TEXT];
    mnn_array_text(shape, array, f->r->type);
    const size_t size = mnn_element_size(f->r->type), bytes = f->elements * size;
    array->checksum = (uint32_t)crc32(0, NULL, 0);
    for (size_t done = 0; done < bytes;) {
        unsigned char *to = f->piece ? f->piece : array->data + done;
        const size_t wanted = bytes - done < CHUNK ? bytes - done : CHUNK;
        size_t got = 0;
        mnn_status status = mnn_stream_read(f->r->stream, to, wanted, &got, f->err);
        if (!status && got < wanted)
            status = fail_short(f, done + got, shape);
        if (status)
            return status;
        array->checksum = (uint32_t)crc32(array->checksum, to, (uInt)got);
        status = take(f, to, done / size, got / size);
        if (status)
            return status;
        done += got;
    }
    return f->elements < array->count / array->dims[0] * array->total ? MNN_OK : check_end(f, bytes, shape);
}

mnn_status mnn_array_read(const mnn_array_reading *r, mnn_array *array, mnn_error *err)
{
    filling f = {.r = r, .array = array, .err = err};
    f.elements = r->column_major ? array->count / array->dims[0] * array->total : array->count;
    mnn_status status = make_room(&f);
    if (!status)
        status = fill(&f);
    free(f.piece);
    return status;
}

void mnn_array_free(mnn_array *array)
{
    free(array->data);
    free(array->values);
    *array = (mnn_array){0};
}
