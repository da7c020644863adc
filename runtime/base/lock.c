/* One program at a time: a lock that ends with the process that holds it. */
#define _DEFAULT_SOURCE

#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process.h"
#include "base/report.h"

/* Whether the file that was opened still has its name: the one who held the lock removes it.
 * @return 0, ENOENT when the name is free or another file's, or why that cannot be said */
static int still_there(int fd, const char *path)
{
    struct stat ours, named;
    if (fstat(fd, &ours) != 0 || stat(path, &named) != 0)
        return errno;
    return ours.st_dev == named.st_dev && ours.st_ino == named.st_ino ? 0 : ENOENT;
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
        const int refused = lock_file(fd), number = refused ? refused : still_there(fd, path);
        if (number == 0)
            return fd;
        close(fd);
        if (refused || number != ENOENT)
            return -number;
    }
}

int mnn_lock_file(const char *path)
{
    for (;;) {
        const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0 && errno == EINTR)
            continue;
        if (fd < 0)
            return -errno;
        const int refused = lock_file(fd);
        if (refused != EWOULDBLOCK && still_there(fd, path) == 0)
            return fd;
        close(fd);
        if (refused == EWOULDBLOCK)
            return -EWOULDBLOCK;
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

/* @param name  malloc'ed; the lock's in the end
 * @param path  of the file that is locked, for messages */
static mnn_status take(mnn_lock *lock, char *name, const char *path, mnn_error *err)
{
    const int fd = open_locked(name);
    if (fd >= 0) {
        *lock = (mnn_lock){.fd = fd, .leftover = mnn_leftover_note(name), .path = name};
        return MNN_OK;
    }
    const mnn_status status =
        fd == -EWOULDBLOCK
            ? mnn_fail_file(err, MNN_EIO, path, "could not lock: another training keeps its checkpoints there")
            : mnn_fail_errno(err, name, "could not lock", -fd);
    free(name);
    return status;
}

mnn_status mnn_lock_take(mnn_lock *lock, const char *path, mnn_error *err)
{
    *lock = (mnn_lock){.fd = -1, .leftover = -1};
    char *name = mnn_lock_name(path);
    return name ? take(lock, name, path, err) : mnn_fail_memory(err, path, strlen(path) + sizeof ".lock");
}

bool mnn_lock_has_name(const mnn_lock *lock)
{
    return still_there(lock->fd, lock->path) == 0;
}

mnn_status mnn_lock_take_again(mnn_lock *lock, mnn_error *err)
{
    char *name = strdup(lock->path);
    mnn_lock again = {.fd = -1, .leftover = -1};
    const mnn_status status =
        name ? take(&again, name, lock->path, err) : mnn_fail_memory(err, lock->path, strlen(lock->path));
    if (status)
        return status;
    mnn_lock_release(lock);
    *lock = again;
    return MNN_OK;
}

void mnn_lock_release(mnn_lock *lock)
{
    if (!lock->path)
        return;
    /* while it is held, nobody else's file can have the name, unless its folder has been moved */
    if (mnn_lock_has_name(lock))
        unlink(lock->path);
    close(lock->fd);
    mnn_leftover_forget(lock->leftover);
    free(lock->path);
    *lock = (mnn_lock){.fd = -1, .leftover = -1};
}
