/* Files that are whole or not there: written under another name, then renamed. */
#define _DEFAULT_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/place.h"
#include "base/previous.h"
#include "base/process.h"
#include "base/report.h"
#include "base/temporary.h"

/* Look at what is under the name now.
 * @param mode  of the regular file there; untouched when there is none */
static mnn_status old_file(const char *path, bool *exists, mode_t *mode, mnn_error *err)
{
    struct stat about;
    *exists = stat(path, &about) == 0;
    if (!*exists)
        return errno == ENOENT ? MNN_OK : mnn_fail_errno(err, path, "could not open for writing", errno);
    if (!S_ISREG(about.st_mode))
        return mnn_fail_file(err, MNN_EIO, path, "cannot be replaced (got %s, expected a regular file)",
                             mnn_file_kind((unsigned)about.st_mode));
    *mode = about.st_mode & 07777;
    return MNN_OK;
}

/* The name to replace: a rename would replace a link, not the file that it leads to.
 * @return malloc'ed; NULL with errno */
static char *name_of(const char *path, bool exists)
{
    char target[PATH_MAX];
    if (exists)
        return realpath(path, NULL);
    const int number = mnn_place_target(path, target);
    errno = number;
    return number ? NULL : strdup(target);
}

/* Close, remove the temporary file and release the names. */
static void give_up(mnn_atomic *a)
{
    if (a->fd >= 0)
        close(a->fd);
    if (a->temporary)
        unlink(a->temporary);
    mnn_leftover_forget(a->leftover);
    free(a->temporary);
    free(a->path);
    *a = (mnn_atomic){.fd = -1, .leftover = -1};
}

mnn_status mnn_atomic_begin(mnn_atomic *a, const char *path, mnn_error *err)
{
    *a = (mnn_atomic){.fd = -1, .leftover = -1};
    bool exists = false;
    mode_t mode = 0;
    const mnn_status status = old_file(path, &exists, &mode, err);
    if (status != MNN_OK)
        return status;
    a->path = name_of(path, exists);
    if (!a->path)
        return mnn_fail_errno(err, path, "could not open for writing", errno);
    const size_t size = strlen(a->path) + MNN_TEMPORARY_MARK;
    char *name = malloc(size);
    if (!name) {
        give_up(a);
        return mnn_fail_memory(err, path, size);
    }
    a->fd = mnn_temporary_create(a->path, exists, name, size, &a->leftover);
    if (a->fd < 0) {
        const int number = -a->fd;
        free(name); /* not a->temporary: the file of that name is not ours to remove */
        give_up(a);
        return mnn_fail_errno(err, path, "could not create a temporary file next to it", number);
    }
    a->temporary = name;
    if (exists && fchmod(a->fd, mode) != 0) {
        const int number = errno;
        give_up(a);
        return mnn_fail_errno(err, path, "could not keep the file's mode", number);
    }
    return MNN_OK;
}

mnn_status mnn_atomic_write(mnn_atomic *a, const void *data, size_t size, mnn_error *err)
{
    const unsigned char *bytes = data;
    while (size > 0 && a->failure == 0) {
        const ssize_t n = write(a->fd, bytes, size);
        if (n < 0) {
            if (errno != EINTR)
                a->failure = errno;
            continue;
        }
        bytes += n;
        size -= (size_t)n;
        a->size += (uint64_t)n;
    }
    if (a->failure != 0)
        return mnn_fail_errno(err, a->path, "could not write", a->failure);
    return MNN_OK;
}

mnn_status mnn_atomic_cut(mnn_atomic *a, uint64_t size, mnn_error *err)
{
    int result;
    do
        result = ftruncate(a->fd, (off_t)size);
    while (result != 0 && errno == EINTR);
    if (result != 0 || lseek(a->fd, (off_t)size, SEEK_SET) < 0) {
        a->failure = errno;
        return mnn_fail_errno(err, a->path, "could not write", a->failure);
    }
    a->failure = 0;
    a->size = size;
    return MNN_OK;
}

/* @return 0 or an errno */
static int sync_file(int fd)
{
    while (fsync(fd) != 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

/* Make the rename itself durable. A folder that may be written to but not read, and file systems that
 * do not sync folders, are no reason to call the save failed.
 * @return 0 or an errno */
static int sync_folder(char *path /* is cut */)
{
    char *slash = strrchr(path, '/');
    if (slash)
        slash[slash == path ? 1 : 0] = '\0';
    const int fd = open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES ? 0 : errno;
    const int number = sync_file(fd);
    close(fd);
    return number == EINVAL || number == ENOTSUP ? 0 : number;
}

/* A step of a commit that failed. */
typedef struct fault {
    const char *what;
    int number; /* errno; 0: none failed */
} fault;

static fault write_out(const mnn_atomic *a)
{
    if (a->failure != 0)
        return (fault){"could not write", a->failure};
    return (fault){"could not write to the disk", a->no_sync ? 0 : sync_file(a->fd)};
}

/* Linux has closed it even when a signal came in between. */
static fault close_it(mnn_atomic *a)
{
    const int number = close(a->fd) != 0 && errno != EINTR ? errno : 0;
    a->fd = -1;
    return (fault){"could not write to the disk", number};
}

/* It has its name. */
static fault forget_temporary(mnn_atomic *a)
{
    mnn_leftover_forget(a->leftover);
    a->leftover = -1;
    const int number = a->no_sync ? 0 : sync_folder(a->temporary);
    free(a->temporary); /* nothing left to remove */
    a->temporary = NULL;
    return (fault){"could not write its folder to the disk", number};
}

/* Give the file its name. */
static fault put_in_place(mnn_atomic *a, const char *previous)
{
    const int number = previous ? mnn_previous_keep(a->path, previous) : 0;
    if (number != 0)
        return (fault){"could not keep the previous file", number};
    if (rename(a->temporary, a->path) != 0)
        return (fault){"could not replace it by the new file", errno};
    return forget_temporary(a);
}

mnn_status mnn_atomic_commit_keeping(mnn_atomic *a, const mnn_replaced *old, mnn_error *err)
{
    fault f = write_out(a);
    if (f.number == 0)
        f = close_it(a);
    if (f.number == 0 && old->lock && !mnn_lock_has_name(old->lock))
        f = (fault){"could not replace it: the lock was removed", ESTALE};
    if (f.number == 0 && a->temporary)
        f = put_in_place(a, old->previous);
    const mnn_status status = f.number ? mnn_fail_errno(err, a->path, f.what, f.number) : MNN_OK;
    give_up(a);
    return status;
}

mnn_status mnn_atomic_commit(mnn_atomic *a, mnn_error *err)
{
    return mnn_atomic_commit_keeping(a, &(mnn_replaced){.previous = NULL}, err);
}

static mnn_status fail_writer(const char *path, mnn_error *err)
{
    return mnn_fail_file(err, MNN_EIO, path, "could not write: another training writes its rows there");
}

mnn_status mnn_atomic_check_writer(const char *path, mnn_error *err)
{
    const int fd = mnn_lock_file(path);
    if (fd >= 0)
        close(fd);
    return fd == -EWOULDBLOCK ? fail_writer(path, err) : MNN_OK;
}

/* Give the file its name, but not that of one that another program writes. A program that takes the name of a file has
 * its lock meanwhile, and where there is no file link() lets one in: so of two programs the second finds the first
 * one's.
 * @return EWOULDBLOCK: another program's */
static fault take_name(mnn_atomic *a)
{
    enum { TRIES = 100 }; /* a link to nowhere of that name is neither there nor free: it is replaced */
    for (int tries = 0;; tries++) {
        const int fd = mnn_lock_file(a->path);
        if (fd == -EWOULDBLOCK)
            return (fault){"", EWOULDBLOCK};
        if (fd == -ENOENT && link(a->temporary, a->path) == 0) {
            unlink(a->temporary);
            return forget_temporary(a);
        }
        if (fd == -ENOENT && errno == EEXIST && tries < TRIES)
            continue;
        const fault f = put_in_place(a, NULL); /* also where there are no locks or links */
        if (fd >= 0)
            close(fd);
        return f;
    }
}

bool mnn_atomic_is_gone(const mnn_atomic *a)
{
    struct stat about;
    return fstat(a->fd, &about) == 0 && about.st_nlink == 0;
}

mnn_status mnn_atomic_publish(mnn_atomic *a, mnn_error *err)
{
    fault f = write_out(a);
    if (f.number == 0)
        f = take_name(a);
    if (f.number == 0)
        return MNN_OK;
    const mnn_status status =
        f.number == EWOULDBLOCK ? fail_writer(a->path, err) : mnn_fail_errno(err, a->path, f.what, f.number);
    give_up(a);
    return status;
}

mnn_status mnn_atomic_sync(mnn_atomic *a, mnn_error *err)
{
    const fault f = write_out(a);
    a->failure = f.number;
    return f.number ? mnn_fail_errno(err, a->path, f.what, f.number) : MNN_OK;
}

void mnn_atomic_abort(mnn_atomic *a)
{
    if (a->path)
        give_up(a);
}

mnn_status mnn_atomic_probe(const char *path, mnn_error *err)
{
    mnn_atomic a;
    const mnn_status status = mnn_atomic_begin(&a, path, err);
    if (!status)
        mnn_atomic_abort(&a);
    return status;
}
