/* Atomic writing: a file is complete under its name, or unchanged. */
#ifndef MNN_BASE_ATOMIC_H
#define MNN_BASE_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/previous.h"
#include "mnn/status.h"

/** An atomic write in progress. */
typedef struct mnn_atomic {
    int fd;
    int failure;     /* errno of the first failed write, or 0 */
    uint64_t size;   /* bytes written, including those before a failure */
    char *path;      /* the final name; NULL if there is nothing to commit or abort */
    char *temporary; /* the temporary name until the commit; NULL: renamed already */
    int leftover;    /* its index as a leftover */
    bool no_sync;    /* set after the begin: the commit does not wait for the disk */
} mnn_atomic;

/** Create "<path>.tmp-<pid>-<n>" (a long path is truncated: mnn_place_stem()) in the same folder with O_EXCL, with
 *  the mode of an existing file. The file is locked with flock() and is a leftover (base/process.h) until it is
 *  committed or aborted. If path is a symbolic link, its target is replaced or created. An existing target must be
 *  a regular file: a directory or device is never replaced. */
mnn_status mnn_atomic_begin(mnn_atomic *a, const char *path, mnn_error *err);

/** Whether a file can be written under this name: begins a write and aborts it.
 *  @return as mnn_atomic_begin() */
mnn_status mnn_atomic_probe(const char *path, mnn_error *err);

/** Append, continuing after EINTR and short writes. A failure is remembered and reported by the commit too. */
mnn_status mnn_atomic_write(mnn_atomic *a, const void *data, size_t size, mnn_error *err);

/** Truncate the file to its first bytes, to continue after them; a failed write is forgotten.
 *  @return MNN_OK; MNN_EIO, which is remembered instead */
mnn_status mnn_atomic_cut(mnn_atomic *a, uint64_t size, mnn_error *err);

/** fsync, close, rename to path, fsync of the folder. On failure the temporary file is removed and the existing
 *  file is unchanged. Exception: if the fsync of the folder fails, the new file is complete and in place, but a
 *  power failure may restore the old one; the failure is returned and the caller may retry. */
mnn_status mnn_atomic_commit(mnn_atomic *a, mnn_error *err);

/** As mnn_atomic_commit(), and as old says with the existing file.
 *  @return also MNN_EIO if the lock has been lost since: its folder was moved, and another program may be at work under
 *          its name */
mnn_status mnn_atomic_commit_keeping(mnn_atomic *a, const mnn_replaced *old, mnn_error *err);

/** Rename the file to its final name now and continue writing to it: what is written from now on is visible to others
 *  at once. Must still be ended by mnn_atomic_commit(). A file that another program has published and is writing is
 *  not replaced.
 *  @return MNN_OK; MNN_EIO: no file is left, as after mnn_atomic_abort() */
mnn_status mnn_atomic_publish(mnn_atomic *a, mnn_error *err);

/** Whether another program has published a file of this name and is still writing it: mnn_atomic_publish() would fail.
 *  @return MNN_OK; MNN_EIO: another program is writing it */
mnn_status mnn_atomic_check_writer(const char *path, mnn_error *err);

/** Whether the name of a published file no longer exists or belongs to another file. */
bool mnn_atomic_is_gone(const mnn_atomic *a);

/** Flush everything written so far to disk. A failure is remembered like that of a write. */
mnn_status mnn_atomic_sync(mnn_atomic *a, mnn_error *err);

/** Abort: close and remove the temporary file; a published file stays as it is. No effect after a commit, and on a
 *  zeroed struct. */
void mnn_atomic_abort(mnn_atomic *a);

#endif
