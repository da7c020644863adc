/* Reading whole files without trust, and writing them so that they are whole or not there. */
#ifndef MNN_IO_FILE_H
#define MNN_IO_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "mnn/status.h"

/** Open for reading: non-blocking, only a regular file (MNN_EFORMAT otherwise: a directory, a FIFO, a
 *  device), size from fstat.
 *  @return MNN_OK with *fd and *size; MNN_EIO "path: could not open: reason" */
mnn_status mnn_file_open(const char *path, int *fd, uint64_t *size, mnn_error *err);

/** Read up to size bytes, going on after EINTR and short reads.
 *  @param got  bytes read; fewer than size only at the end of the file */
mnn_status mnn_file_read(int fd, const char *path, void *buffer, size_t size, size_t *got, mnn_error *err);

/** Open, read and close.
 *  @param most  bytes to read at most; SIZE_MAX: the whole file
 *  @param data  on MNN_OK malloc'ed, [got] bytes with a NUL behind; the caller frees it
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT as mnn_file_open(); MNN_ENOMEM */
mnn_status mnn_file_load(const char *path, size_t most, char **data, size_t *got, mnn_error *err);

/** What a mode of stat() stands for, for messages: "a directory". */
const char *mnn_file_kind(unsigned mode);

/** An atomic write in progress. */
typedef struct mnn_atomic {
    int fd;
    int failure;     /* errno of the first write that failed, or 0 */
    uint64_t size;   /* bytes written, those before a failure too */
    char *path;      /* the final name; NULL when there is nothing to commit or abort */
    char *temporary; /* the name it has until it is committed; NULL: it has its own already */
    int leftover;    /* its place there */
} mnn_atomic;

/** Begin: creates "<path>.tmp-<pid>-<n>" (a long path is cut: mnn_place_stem()) in the same folder with O_EXCL, with
 * the mode of an old file. The file is locked with flock() and is a leftover (mnn/process.h) until it is committed or
 * aborted. Where path is a symbolic link, the file that it leads to is replaced, or made when there is none. What is
 * there already must be a regular file: a directory or device is never replaced. */
mnn_status mnn_atomic_begin(mnn_atomic *a, const char *path, mnn_error *err);

/** Whether a file can be written under this name: begins one and gives it up.
 *  @return as mnn_atomic_begin() */
mnn_status mnn_atomic_probe(const char *path, mnn_error *err);

/** Append, going on after EINTR and short writes. A failure is remembered and reported by the commit too. */
mnn_status mnn_atomic_write(mnn_atomic *a, const void *data, size_t size, mnn_error *err);

/** Cut the file back to its first bytes, to go on behind them: a failed write is forgotten.
 *  @return MNN_OK; MNN_EIO, which is remembered in its place */
mnn_status mnn_atomic_cut(mnn_atomic *a, uint64_t size, mnn_error *err);

/** fsync, close, rename over path, fsync of the folder. On failure the temporary file is removed and the
 *  old file is as it was (but for a failure of the folder's fsync: the new file is then in place, whole, but a loss of
 *  power may bring the old one back; the caller is told and may try again). */
mnn_status mnn_atomic_commit(mnn_atomic *a, mnn_error *err);

/** The same, and the old file gets the name previous (io/previous.h) before the new one takes its place.
 *  @param previous  NULL: the old file is not kept */
mnn_status mnn_atomic_commit_keeping(mnn_atomic *a, const char *previous, mnn_error *err);

/** Put the file in its place now and go on writing to it: what it gets from here on is seen by others as it
 *  comes. To be ended by mnn_atomic_commit() all the same. A file that another program has published and still
 *  writes is not replaced.
 *  @return MNN_OK; MNN_EIO: nothing is left, as after mnn_atomic_abort() */
mnn_status mnn_atomic_publish(mnn_atomic *a, mnn_error *err);

/** Whether another program has published a file of this name and still writes it: mnn_atomic_publish() would fail.
 *  @return MNN_OK; MNN_EIO: so it is */
mnn_status mnn_atomic_check_writer(const char *path, mnn_error *err);

/** Whether a published file has no name any more, for it was removed, or replaced by another. */
bool mnn_atomic_is_gone(const mnn_atomic *a);

/** Bring what has been written so far to the disk. A failure is remembered like that of a write. */
mnn_status mnn_atomic_sync(mnn_atomic *a, mnn_error *err);

/** Give up: close and remove the temporary file; a published file stays as it is. Harmless after a commit, and on a
 *  zeroed struct. */
void mnn_atomic_abort(mnn_atomic *a);

/** Write text as a JSON string with its quotes; what JSON wants escaped is escaped, ill-formed UTF-8
 *  becomes U+FFFD. */
void mnn_json_string(FILE *out, const char *text);

#endif
