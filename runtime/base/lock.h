/* One program at a time: a lock that is released when the process that holds it ends. */
#ifndef MNN_BASE_LOCK_H
#define MNN_BASE_LOCK_H

#include <stdbool.h>

#include "mnn/status.h"

typedef struct mnn_lock {
    int fd;
    int leftover; /* its index as a leftover */
    char *path;   /* of the lock file; NULL: nothing is held */
} mnn_lock;

/** The name of the lock file of a path: "<path>.lock".
 *  @return malloc'ed; NULL: no memory */
char *mnn_lock_name(const char *path);

/** Lock a path, which need not exist: flock() on its lock file.
 *  @return MNN_OK, release with mnn_lock_release(); MNN_EIO another program holds the lock, or the lock file could not
 *          be created; MNN_ENOMEM */
mnn_status mnn_lock_take(mnn_lock *lock, const char *path, mnn_error *err);

/** Lock the file that has a name now, as the program does that writes it: from mnn_atomic_begin() to the end.
 *  @return a descriptor, which holds the lock until it is closed (none, where files cannot be locked); or negative:
 * -EWOULDBLOCK another program writes the file, -ENOENT there is none, or why it cannot be opened */
int mnn_lock_file(const char *path);

/** Whether the lock file still has its name: its folder may have been moved, and another program be at work where it
 *  was. */
bool mnn_lock_has_name(const mnn_lock *lock);

/** Lock again under the same name.
 *  @return as mnn_lock_take(); on failure the lock is unchanged */
mnn_status mnn_lock_take_again(mnn_lock *lock, mnn_error *err);

/** Remove the lock file and release the lock; no effect on a zeroed struct. If the process is killed, the lock file
 *  stays, but is not locked. */
void mnn_lock_release(mnn_lock *lock);

#endif
