/* PGM images. Format: netpbm's pgm(5): "P5" or "P2", width, height, maxval, one white space, values.
 * Binary values above 255 take two bytes, the first being the high one. */
#include <inttypes.h>
#include <stdbool.h>

#include "base/file.h"
#include "base/report.h"
#include "io/picture.h"

enum { CHUNK = 16 * 1024, MAX_MAXVAL = 65535, NUMBER_CEILING = 100000000, AT_END = -1 };

/* The file byte by byte. */
typedef struct pgm_reader {
    const mnn_picture *file;
    uint64_t offset; /* in the file, of the next byte */
    size_t at, end;  /* in chunk */
    mnn_status status;
    unsigned char chunk[CHUNK];
} pgm_reader;

/* @return false at the end of the file or after an error (status) */
static bool refill(pgm_reader *r)
{
    const mnn_picture *f = r->file;
    const uint64_t left = f->size - r->offset;
    const size_t wanted = left < CHUNK ? (size_t)left : CHUNK;
    size_t got = 0;
    if (r->status != MNN_OK || left == 0)
        return false;
    r->status = mnn_file_read(f->fd, f->path, r->chunk, wanted, &got, f->err);
    if (r->status == MNN_OK && got < wanted)
        r->status = mnn_picture_shrunk(f, r->offset + got);
    r->at = 0;
    r->end = got;
    return r->status == MNN_OK;
}

/* @return the next byte, not taken, or AT_END */
static int peek(pgm_reader *r)
{
    if (r->at == r->end && !refill(r))
        return AT_END;
    return r->chunk[r->at];
}

static int take(pgm_reader *r)
{
    const int c = peek(r);
    if (c != AT_END) {
        r->at++;
        r->offset++;
    }
    return c;
}

static bool is_space(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_space(pgm_reader *r)
{
    for (int c = peek(r); is_space(c) || c == '#'; c = peek(r)) {
        if (c == '#') {
            while (c != '\n' && c != '\r' && c != AT_END)
                c = take(r);
        } else {
            take(r);
        }
    }
}

/* A status for what is missing: an error of reading comes before it. */
static mnn_status cut(const pgm_reader *r, const char *expected)
{
    if (r->status != MNN_OK)
        return r->status;
    return mnn_fail_at(r->file->err, MNN_EFORMAT, r->file->path, r->offset, "image is cut off (expected %s)", expected);
}

/* Read a decimal number after white space and comments. One above NUMBER_CEILING, which no number here may have, is
 * refused.
 * @param most  for the message: what may be there
 * @param at    where it begins */
static mnn_status read_number(pgm_reader *r, const char *what, uint32_t most, uint64_t *at, uint32_t *number)
{
    skip_space(r);
    *at = r->offset;
    int c = peek(r);
    if (c == AT_END)
        return cut(r, what);
    if (c < '0' || c > '9')
        return mnn_fail_at(r->file->err, MNN_EFORMAT, r->file->path, r->offset, "%s (got 0x%02X, expected a number)",
                           what, (unsigned)c);
    *number = 0;
    for (; c >= '0' && c <= '9'; c = peek(r)) {
        *number = *number * 10 + (uint32_t)(c - '0');
        if (*number > NUMBER_CEILING)
            return mnn_fail_at(r->file->err, MNN_EFORMAT, r->file->path, *at,
                               "%s: the number is too large (expected at most %" PRIu32 ")", what, most);
        take(r);
    }
    return r->status;
}

/* Width and height, then the largest value. */
static mnn_status read_header(pgm_reader *r, mnn_image *image, uint32_t *maxval)
{
    uint32_t width = 0, height = 0;
    uint64_t at = 0, at_height = 0;
    mnn_status status = read_number(r, "width", MNN_MAX_SIDE, &at, &width);
    if (status == MNN_OK)
        status = read_number(r, "height", MNN_MAX_SIDE, &at_height, &height);
    if (status == MNN_OK)
        status = mnn_picture_check_size(r->file, at, width, height);
    if (status != MNN_OK)
        return status;
    image->width = (int)width;
    image->height = (int)height;
    status = read_number(r, "maxval", MAX_MAXVAL, &at, maxval);
    if (status != MNN_OK)
        return status;
    if (*maxval < 1 || *maxval > MAX_MAXVAL)
        return mnn_fail_at(r->file->err, MNN_EFORMAT, r->file->path, at, "maxval (got %" PRIu32 ", expected 1 to %d)",
                           *maxval, MAX_MAXVAL);
    const int c = take(r);
    if (c == AT_END)
        return cut(r, "a white space and the values");
    if (!is_space(c))
        return mnn_fail_at(r->file->err, MNN_EFORMAT, r->file->path, r->offset - 1,
                           "after maxval (got 0x%02X, expected a white space)", (unsigned)c);
    return MNN_OK;
}

/* Whether the rest of the file can hold the values, before memory is allocated. */
static mnn_status check_length(const pgm_reader *r, bool plain, const mnn_image *image, uint32_t maxval)
{
    const mnn_picture *f = r->file;
    const uint64_t pixels = (uint64_t)image->width * (uint64_t)image->height;
    const uint64_t there = f->size - r->offset;
    /* A plain value takes a digit, and a blank between it and the next. */
    const uint64_t least = plain ? 2 * pixels - 1 : maxval > 255 ? 2 * pixels : pixels;
    if (there < least)
        return mnn_fail_at(f->err, MNN_EFORMAT, f->path, f->size,
                           "image is cut off (got %" PRIu64 " bytes of values, expected %s%" PRIu64 " for %d x %d)",
                           there, plain ? "at least " : "", least, image->width, image->height);
    if (!plain && there > least)
        return mnn_fail_at(f->err, MNN_EFORMAT, f->path, r->offset + least,
                           "%" PRIu64 " bytes follow the image (expected the end of the file)", there - least);
    return MNN_OK;
}

static mnn_status read_value(pgm_reader *r, bool plain, uint32_t maxval, uint32_t *value)
{
    uint64_t at = r->offset;
    if (plain) {
        const mnn_status status = read_number(r, "value of a pixel", maxval, &at, value);
        if (status != MNN_OK)
            return status;
    } else {
        int c = take(r);
        *value = (uint32_t)(c & 0xFF);
        if (maxval > 255) {
            c = take(r);
            *value = *value << 8 | (uint32_t)(c & 0xFF);
        }
        if (c == AT_END)
            return cut(r, "values of pixels");
    }
    if (*value > maxval)
        return mnn_fail_at(r->file->err, MNN_EFORMAT, r->file->path, at,
                           "value of a pixel (got %" PRIu32 ", expected at most maxval, %" PRIu32 ")", *value, maxval);
    return MNN_OK;
}

static mnn_status read_values(pgm_reader *r, bool plain, uint32_t maxval, mnn_image *out)
{
    const size_t pixels = (size_t)out->width * (size_t)out->height;
    uint8_t *next = out->pixels;
    for (size_t i = 0; i < pixels; i++) {
        uint32_t value = 0;
        const mnn_status status = read_value(r, plain, maxval, &value);
        if (status != MNN_OK)
            return status;
        for (int k = 0; k < out->channels; k++)
            *next++ = (uint8_t)((value * 255 + maxval / 2) / maxval);
    }
    if (plain)
        skip_space(r);
    if (peek(r) != AT_END)
        return mnn_fail_at(r->file->err, MNN_EFORMAT, r->file->path, r->offset,
                           "%" PRIu64 " bytes follow the image (expected the end of the file)",
                           r->file->size - r->offset);
    return r->status;
}

mnn_status mnn_pgm_read(const mnn_picture *file, mnn_image *out)
{
    pgm_reader r = {.file = file};
    take(&r); /* P */
    const bool plain = take(&r) == '2';
    uint32_t maxval = 0;
    mnn_status status = read_header(&r, out, &maxval);
    if (status == MNN_OK)
        status = check_length(&r, plain, out, maxval);
    if (status == MNN_OK)
        status = mnn_picture_allocate(file, out);
    if (status == MNN_OK)
        status = read_values(&r, plain, maxval, out);
    return status;
}
