/* One program at a time: a lock that vanishes with the process that holds it. */
#define _DEFAULT_SOURCE

#include "io/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/report.h"
#include "mnn/process.h"

/* Whether the file that was opened still has its name: the one who held the lock removes it. */
static bool still_there(int fd, const char *path)
{
    struct stat ours, named;
    return fstat(fd, &ours) == 0 && stat(path, &named) == 0 && ours.st_dev == named.st_dev &&
           ours.st_ino == named.st_ino;
}

/* @return 0 or an errno; EWOULDBLOCK: another program has it */
static int lock_file(int fd)
{
    while (flock(fd, LOCK_EX | LOCK_NB) != 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

/* @return a locked file, or a negative errno */
static int open_locked(const char *path)
{
    for (;;) {
        const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
        if (fd < 0 && errno == EINTR)
            continue;
        if (fd < 0)
            return -errno;
        const int number = lock_file(fd);
        if (number == 0 && still_there(fd, path))
            return fd;
        close(fd);
        if (number != 0)
            return -number;
    }
}

char *mnn_lock_name(const char *path)
{
    const size_t size = strlen(path) + sizeof ".lock";
    char *name = malloc(size);
    if (name)
        snprintf(name, size, "%s.lock", path);
    return name;
}

mnn_status mnn_lock_take(mnn_lock *lock, const char *path, mnn_error *err)
{
    *lock = (mnn_lock){.fd = -1, .leftover = -1};
    char *name = mnn_lock_name(path);
    if (!name)
        return mnn_fail_memory(err, path, strlen(path) + sizeof ".lock");
    const int fd = open_locked(name);
    if (fd < 0) {
        const mnn_status status =
            fd == -EWOULDBLOCK
                ? mnn_fail_file(err, MNN_EIO, path, "could not lock: another training keeps its checkpoints there")
                : mnn_fail_errno(err, name, "could not lock", -fd);
        free(name);
        return status;
    }
    *lock = (mnn_lock){.fd = fd, .leftover = mnn_leftover_note(name), .path = name};
    return MNN_OK;
}

void mnn_lock_release(mnn_lock *lock)
{
    if (!lock->path)
        return;
    unlink(lock->path); /* while it is held: nobody else's file can have the name */
    close(lock->fd);
    mnn_leftover_forget(lock->leftover);
    free(lock->path);
    *lock = (mnn_lock){.fd = -1, .leftover = -1};
}
