/* gzip (RFC 1952) through zlib's inflate(), not gzread(): gzread() takes a cut trailer for the end of the
 * file, continues with a second member and passes plain bytes after the stream through. */
#include "io/gzip.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/file.h"
#include "base/report.h"

enum { CHUNK = 64 * 1024, MAX_RATIO = 1032, GRACE = 64 * 1024, GZIP_WRAPPER = 16 };

struct mnn_gzip {
    int fd;
    const char *path;
    uint64_t size;  /* of the file when it was opened */
    uint64_t taken; /* bytes of it that are or were in chunk */
    bool ended;
    const char *name; /* "gzip" */
    z_stream zlib;
    unsigned char chunk[CHUNK];
};

uint64_t mnn_gzip_limit(uint64_t size)
{
    if (size > (UINT64_MAX - GRACE) / MAX_RATIO)
        return UINT64_MAX;
    return size * MAX_RATIO + GRACE;
}

/* @param bits  for inflateInit2() */
static mnn_status begin(mnn_gzip **out, int fd, const char *path, uint64_t size, const char *name, int bits,
                        mnn_error *err)
{
    mnn_gzip *g = malloc(sizeof *g);
    if (!g)
        return mnn_fail_memory(err, path, sizeof *g);
    g->fd = fd;
    g->path = path;
    g->size = size;
    g->taken = 0;
    g->ended = false;
    g->name = name;
    memset(&g->zlib, 0, sizeof g->zlib);
    if (inflateInit2(&g->zlib, bits) != Z_OK) {
        free(g);
        return mnn_fail_file(err, MNN_ENOMEM, path, "not enough memory to unpack %s", name);
    }
    *out = g;
    return MNN_OK;
}

mnn_status mnn_gzip_new(mnn_gzip **out, int fd, const char *path, uint64_t size, mnn_error *err)
{
    return begin(out, fd, path, size, "gzip", MAX_WBITS + GZIP_WRAPPER, err);
}

mnn_status mnn_deflate_new(mnn_gzip **out, int fd, const char *path, uint64_t size, mnn_error *err)
{
    return begin(out, fd, path, size, "deflate", -MAX_WBITS, err);
}

void mnn_gzip_free(mnn_gzip *g)
{
    if (!g)
        return;
    inflateEnd(&g->zlib);
    free(g);
}

/* Offset in the file of the next byte that inflate() has not seen. */
static uint64_t position(const mnn_gzip *g)
{
    return g->taken - g->zlib.avail_in;
}

/* Read the next chunk. Bytes that are added to the file while it is read are omitted, so that the work
 * has an end. */
static mnn_status refill(mnn_gzip *g, mnn_error *err)
{
    const uint64_t left = g->size - g->taken;
    if (left == 0)
        return mnn_fail_at(err, MNN_EFORMAT, g->path, g->size, "%s stream is cut off (expected more bytes%s)", g->name,
                           strcmp(g->name, "gzip") == 0 ? ", up to a CRC and a length" : "");
    const size_t wanted = left < CHUNK ? (size_t)left : CHUNK;
    size_t got = 0;
    const mnn_status status = mnn_file_read(g->fd, g->path, g->chunk, wanted, &got, err);
    if (status != MNN_OK)
        return status;
    if (got < wanted)
        return mnn_fail_at(err, MNN_EIO, g->path, g->taken + got,
                           "file became shorter while it was read (expected %" PRIu64 " bytes)", g->size);
    g->taken += got;
    g->zlib.next_in = g->chunk;
    g->zlib.avail_in = (uInt)got;
    return MNN_OK;
}

/* The stream has ended: so must the file. */
static mnn_status check_end(mnn_gzip *g, mnn_error *err)
{
    const uint64_t end = position(g);
    if (end == g->size)
        return MNN_OK;
    if (g->zlib.avail_in == 0) {
        const mnn_status status = refill(g, err);
        if (status != MNN_OK)
            return status;
    }
    if (g->zlib.next_in[0] == 0x1F && strcmp(g->name, "gzip") == 0)
        return mnn_fail_at(err, MNN_EFORMAT, g->path, end,
                           "a second gzip member follows (expected the end of the file)");
    return mnn_fail_at(err, MNN_EFORMAT, g->path, end,
                       "%" PRIu64 " bytes follow the %s stream (expected the end of the file)", g->size - end, g->name);
}

static mnn_status stream_error(const mnn_gzip *g, int result, mnn_error *err)
{
    if (result == Z_MEM_ERROR)
        return mnn_fail_file(err, MNN_ENOMEM, g->path, "not enough memory to unpack %s", g->name);
    if (result == Z_NEED_DICT || !g->zlib.msg)
        return mnn_fail_at(err, MNN_EFORMAT, g->path, position(g), "%s stream cannot be unpacked", g->name);
    const char *what = g->zlib.msg;
    if (strcmp(what, "incorrect data check") == 0)
        what = "the CRC does not match the data";
    else if (strcmp(what, "incorrect length check") == 0)
        what = "the length does not match the data";
    return mnn_fail_at(err, MNN_EFORMAT, g->path, position(g), "damaged %s stream (%s)", g->name, what);
}

/* One call of inflate(), with input at hand. */
static mnn_status unpack(mnn_gzip *g, unsigned char *buffer, size_t size, size_t *got, mnn_error *err)
{
    if (g->zlib.avail_in == 0) {
        const mnn_status status = refill(g, err);
        if (status != MNN_OK)
            return status;
    }
    const uInt room = size < UINT_MAX ? (uInt)size : UINT_MAX;
    g->zlib.next_out = buffer;
    g->zlib.avail_out = room;
    const int result = inflate(&g->zlib, Z_NO_FLUSH);
    *got = room - g->zlib.avail_out;
    if (result == Z_STREAM_END) {
        g->ended = true;
        return check_end(g, err);
    }
    /* Z_BUF_ERROR: all input taken and nothing to give yet. */
    return result == Z_OK || result == Z_BUF_ERROR ? MNN_OK : stream_error(g, result, err);
}

mnn_status mnn_gzip_read(mnn_gzip *g, void *buffer, size_t size, size_t *got, mnn_error *err)
{
    unsigned char *bytes = buffer;
    size_t done = 0;
    while (done < size && !g->ended) {
        size_t n = 0;
        const mnn_status status = unpack(g, bytes + done, size - done, &n, err);
        if (status != MNN_OK)
            return status;
        done += n;
    }
    *got = done;
    return MNN_OK;
}
