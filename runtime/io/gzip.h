/* A gzip file as a stream of bytes, every part of it checked. */
#ifndef MNN_IO_GZIP_H
#define MNN_IO_GZIP_H

#include <stddef.h>
#include <stdint.h>

#include "mnn/status.h"

typedef struct mnn_gzip mnn_gzip;

/** Begin to read the gzip file that is open at fd, from its first byte.
 *  @param path  for messages; must live as long as the reader
 *  @param size  bytes of the file
 *  @return MNN_OK; MNN_ENOMEM */
mnn_status mnn_gzip_new(mnn_gzip **out, int fd, const char *path, uint64_t size, mnn_error *err);

/** Unpack up to size bytes. Nothing is unpacked before it is asked for, so a small file never becomes
 *  more than the caller has room for.
 *  @param got  fewer than size only when the stream has ended and its CRC, its length and the end of the
 *              file right behind it have been checked
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT; MNN_ENOMEM */
mnn_status mnn_gzip_read(mnn_gzip *g, void *buffer, size_t size, size_t *got, mnn_error *err);

/** The most that size bytes of gzip can unpack to: deflate's best ratio is 1032, and 64 KiB for grace. */
uint64_t mnn_gzip_limit(uint64_t size);

/** NULL is allowed; the file stays open. */
void mnn_gzip_free(mnn_gzip *g);

#endif
