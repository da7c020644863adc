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

/** The same for a deflate stream without header and trailer (RFC 1951), as in a ZIP archive, from the file's position
 *  on; the stream must have exactly size bytes. */
mnn_status mnn_deflate_new(mnn_gzip **out, int fd, const char *path, uint64_t size, mnn_error *err);

/** Decompress up to size bytes. Decompression is incremental, so a small file never expands beyond the caller's
 *  buffer.
 *  @param got  fewer than size only after the end of the stream; its CRC, its length and the end of the file directly
 *              after it have then been checked */
mnn_status mnn_gzip_read(mnn_gzip *g, void *buffer, size_t size, size_t *got, mnn_error *err);

/** Upper limit of the decompressed size of size bytes: deflate's best ratio is 1032, plus 64 KiB. */
uint64_t mnn_gzip_limit(uint64_t size);

/** NULL is allowed; the file stays open. */
void mnn_gzip_free(mnn_gzip *g);

#endif
