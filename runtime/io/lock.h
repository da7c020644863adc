/* One program at a time: a lock that vanishes with the process that holds it. */
#ifndef MNN_IO_LOCK_H
#define MNN_IO_LOCK_H

#include <stdbool.h>

#include "mnn/status.h"

typedef struct mnn_lock {
    int fd;
    int leftover; /* its place there */
    char *path;   /* of the lock file; NULL: nothing is held */
} mnn_lock;

/** The name of the file that is made for a lock: "<path>.lock".
 *  @return malloc'ed; NULL: no memory */
char *mnn_lock_name(const char *path);

/** Take the lock of a file, which need not exist: flock() on a file that is made for it.
 *  @return MNN_OK, release with mnn_lock_release(); MNN_EIO another program holds it, or it could not be made;
 *          MNN_ENOMEM */
mnn_status mnn_lock_take(mnn_lock *lock, const char *path, mnn_error *err);

/** Lock the file that has a name now, as the program does that writes it: from mnn_atomic_begin() to the end.
 *  @return a descriptor, which holds the lock until it is closed (none, where files cannot be locked); or negative:
 * -EWOULDBLOCK another program writes the file, -ENOENT there is none, or why it cannot be opened */
int mnn_lock_file(const char *path);

/** Whether the lock file still has its name: its folder may have been moved, and another program be at work where it
 *  was. */
bool mnn_lock_has_name(const mnn_lock *lock);

/** Take a lock under its name again.
 *  @return as mnn_lock_take(); after a failure the lock is what it was */
mnn_status mnn_lock_take_again(mnn_lock *lock, mnn_error *err);

/** Remove the lock file and let others in; harmless on a zeroed struct. After a sudden death the file stays, but
 *  nothing holds it. */
void mnn_lock_release(mnn_lock *lock);

#endif
