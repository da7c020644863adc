/* See stream.h. */
#include "io/stream.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "base/report.h"

mnn_status mnn_stream_open(mnn_stream *s, const char *path, const char *expected, mnn_error *err)
{
    unsigned char start[2] = {0, 0};
    size_t got = 0;
    *s = (mnn_stream){.path = path};
    mnn_status status = mnn_file_open(path, &s->fd, &s->size, err);
    if (status)
        return status;
    status = mnn_file_read(s->fd, path, start, sizeof start, &got, err);
    if (!status && got == 0)
        status = mnn_fail_file(err, MNN_EFORMAT, path, "empty file (expected %s, plain or gzip)", expected);
    if (!status && lseek(s->fd, 0, SEEK_SET) != 0)
        status = mnn_fail_errno(err, path, "could not seek to its start", errno);
    if (!status && start[0] == 0x1F && start[1] == 0x8B)
        status = mnn_gzip_new(&s->gzip, s->fd, path, s->size, err);
    if (status)
        mnn_stream_close(s);
    return status;
}

void mnn_stream_close(mnn_stream *s)
{
    mnn_gzip_free(s->gzip);
    s->gzip = NULL;
    free(s->owned);
    s->owned = NULL;
    close(s->fd);
}

/* The member has as many bytes as the archive says, and their CRC. */
static mnn_status check_member(const mnn_stream *s, size_t size, size_t got, mnn_error *err)
{
    if (got < size)
        return mnn_fail_at(err, MNN_EFORMAT, s->path, s->size - s->left,
                           "the member of the archive ends too early (expected %" PRIu64 " bytes)", s->size);
    if (s->left == 0 && s->crc != s->crc_so_far)
        return mnn_fail_file(err, MNN_EFORMAT, s->path, "the CRC of the archive does not match the data");
    return MNN_OK;
}

static mnn_status read_member(mnn_stream *s, unsigned char *buffer, size_t size, size_t *got, mnn_error *err)
{
    const size_t wanted = size < s->left ? size : (size_t)s->left;
    mnn_status status = s->gzip ? mnn_gzip_read(s->gzip, buffer, wanted, got, err)
                                : mnn_file_read(s->fd, s->path, buffer, wanted, got, err);
    if (status)
        return status;
    s->left -= *got;
    s->crc_so_far = (uint32_t)crc32_z(s->crc_so_far, buffer, *got);
    status = check_member(s, wanted, *got, err);
    unsigned char more;
    size_t beyond = 0;
    if (!status && s->left == 0 && size > wanted && s->gzip) /* makes the end of the stream known */
        status = mnn_gzip_read(s->gzip, &more, 1, &beyond, err);
    if (!status && beyond > 0)
        status = mnn_fail_at(err, MNN_EFORMAT, s->path, s->size,
                             "the member of the archive has more bytes than its directory says");
    return status;
}

mnn_status mnn_stream_read(mnn_stream *s, void *buffer, size_t size, size_t *got, mnn_error *err)
{
    if (s->is_member)
        return read_member(s, buffer, size, got, err);
    if (s->gzip)
        return mnn_gzip_read(s->gzip, buffer, size, got, err);
    return mnn_file_read(s->fd, s->path, buffer, size, got, err);
}

mnn_status mnn_stream_need(mnn_stream *s, void *buffer, size_t size, uint64_t at, const char *what, mnn_error *err)
{
    size_t got = 0;
    const mnn_status status = mnn_stream_read(s, buffer, size, &got, err);
    if (status || got == size)
        return status;
    return mnn_fail_at(err, MNN_EFORMAT, s->path, at + got,
                       "file ends in its %s header (expected a header of %" PRIu64 " bytes)", what, at + size);
}

mnn_status mnn_stream_holds(const mnn_stream *s, uint64_t header, uint64_t size, const char *shape, mnn_error *err)
{
    if (s->gzip && !s->is_member) {
        if (size <= mnn_gzip_limit(s->size))
            return MNN_OK;
        return mnn_fail_at(err, MNN_EFORMAT, s->path, 4,
                           "%" PRIu64 " bytes of gzip cannot hold what the header claims (got %s, expected at most "
                           "%" PRIu64 " bytes)",
                           s->size, shape, mnn_gzip_limit(s->size));
    }
    const uint64_t there = s->size < header ? 0 : s->size - header;
    if (size > there)
        return mnn_fail_at(err, MNN_EFORMAT, s->path, s->size,
                           "file ends too early (got %" PRIu64 " bytes of data, expected %s)", there, shape);
    if (size < there)
        return mnn_fail_at(err, MNN_EFORMAT, s->path, header + size,
                           "%" PRIu64 " bytes follow the data (expected the end of the file after %s)", there - size,
                           shape);
    return MNN_OK;
}

mnn_status mnn_stream_fail_contents(mnn_stream *s, const unsigned char *start, size_t size, mnn_expected expected,
                                    mnn_error *err)
{
    mnn_head head = {.size = size};
    size_t got = 0;
    memcpy(head.bytes, start, size);
    /* a file whose rest cannot be read is identified by its start */
    if (mnn_stream_read(s, head.bytes + size, sizeof head.bytes - size, &got, NULL) == MNN_OK)
        head.size += got;
    return mnn_fail_contents(err, s->path, &head, expected, s->gzip != NULL);
}
