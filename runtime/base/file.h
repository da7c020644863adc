/* Reading of untrusted files. */
#ifndef MNN_BASE_FILE_H
#define MNN_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "mnn/status.h"

/** Open for reading: non-blocking, regular files only (MNN_EFORMAT otherwise: a directory, a FIFO, a device), size
 *  from fstat.
 *  @return MNN_OK with *fd and *size; MNN_EIO "path: could not open: reason" */
mnn_status mnn_file_open(const char *path, int *fd, uint64_t *size, mnn_error *err);

/** Read up to size bytes, continuing after EINTR and short reads.
 *  @param got  bytes read; fewer than size only at the end of the file */
mnn_status mnn_file_read(int fd, const char *path, void *buffer, size_t size, size_t *got, mnn_error *err);

/** Open, read and close.
 *  @param most  maximum number of bytes; SIZE_MAX: the whole file
 *  @param data  on MNN_OK malloc'ed, [got] bytes followed by a NUL; the caller frees it
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT as mnn_file_open(); MNN_ENOMEM */
mnn_status mnn_file_load(const char *path, size_t most, char **data, size_t *got, mnn_error *err);

/** The name of a file type of stat(), for messages: "a directory". */
const char *mnn_file_kind(unsigned mode);

#endif
