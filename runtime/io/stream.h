/* A file as a stream of bytes, plain or packed with gzip. */
#ifndef MNN_IO_STREAM_H
#define MNN_IO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/contents.h"
#include "io/gzip.h"

/** An open stream. */
typedef struct mnn_stream {
    const char *path; /* for messages */
    char *owned;      /* the same, of a stream that owns it, or NULL */
    int fd;
    uint64_t size;  /* bytes of the file; of a member of an archive its unpacked bytes */
    mnn_gzip *gzip; /* NULL: plain */
    bool is_member; /* of an archive (io/unzip.h); only such streams have ... */
    uint64_t left;  /* ... bytes still to be read, and */
    uint32_t crc, crc_so_far;
} mnn_stream;

/** Open a file; gzip is recognised by its magic, not by its name. An empty file is refused.
 *  @param path      must live as long as the stream
 *  @param expected  the type of the file, for the message about an empty one: "IDX"
 *  @return MNN_OK, close with mnn_stream_close(); MNN_EIO; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_stream_open(mnn_stream *s, const char *path, const char *expected, mnn_error *err);
void mnn_stream_close(mnn_stream *s);

/** Read up to size bytes.
 *  @param got  fewer than size only at the end; a gzip stream has then been checked */
mnn_status mnn_stream_read(mnn_stream *s, void *buffer, size_t size, size_t *got, mnn_error *err);

/** Read size bytes after `at` others; the end of the stream among them is refused with the words of a data file that is
 *  too short: "file ends in its NPY header (expected ...)".
 *  @param what  "its NPY header" */
mnn_status mnn_stream_need(mnn_stream *s, void *buffer, size_t size, uint64_t at, const char *what, mnn_error *err);

/** Compare the bytes that a header claims with what the stream can hold, before memory is allocated: a plain stream
 *  and a member of an archive must hold exactly that, a gzip file at most as much as its size can unpack to.
 *  @param header  bytes before the data
 *  @param shape   for messages: "60000 x 28 x 28" */
mnn_status mnn_stream_holds(const mnn_stream *s, uint64_t header, uint64_t size, const char *shape, mnn_error *err);

/** Refuse a file whose first bytes, which have been read, are those of another type.
 *  @return MNN_EFORMAT; MNN_EIO */
mnn_status mnn_stream_fail_contents(mnn_stream *s, const unsigned char *start, size_t size, mnn_expected expected,
                                    mnn_error *err);

#endif
