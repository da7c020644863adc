/* Files that are whole or not there: written under another name, then renamed. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"
#include "io/report.h"

enum { NAMES_TRIED = 100 };

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

/* Create the temporary file under the first free name. */
static int create_temporary(char *name, size_t size, const char *path)
{
    for (int n = 0; n < NAMES_TRIED; n++) {
        snprintf(name, size, "%s.tmp-%ld-%d", path, (long)getpid(), n);
        const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (fd >= 0 || (errno != EEXIST && errno != EINTR))
            return fd;
    }
    return -1;
}

/* Close, remove the temporary file and release the names. */
static void give_up(mnn_atomic *a)
{
    if (a->fd >= 0)
        close(a->fd);
    if (a->temporary)
        unlink(a->temporary);
    free(a->temporary);
    free(a->path);
    *a = (mnn_atomic){.fd = -1};
}

mnn_status mnn_atomic_begin(mnn_atomic *a, const char *path, mnn_error *err)
{
    *a = (mnn_atomic){.fd = -1};
    bool exists = false;
    mode_t mode = 0;
    const mnn_status status = old_file(path, &exists, &mode, err);
    if (status != MNN_OK)
        return status;
    /* A rename would replace a link, not the file it leads to. */
    a->path = exists ? realpath(path, NULL) : strdup(path);
    if (!a->path)
        return mnn_fail_errno(err, path, "could not open for writing", errno);
    const size_t size = strlen(a->path) + 64;
    char *name = malloc(size);
    if (!name) {
        give_up(a);
        return mnn_fail_memory(err, path, size);
    }
    a->fd = create_temporary(name, size, a->path);
    if (a->fd < 0) {
        const int number = errno;
        free(name); /* not a->temporary: the file of that name is not ours to remove */
        give_up(a);
        return mnn_fail_errno(err, path, "could not create a temporary file beside it", number);
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
    }
    if (a->failure != 0)
        return mnn_fail_errno(err, a->path, "could not write", a->failure);
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

/* Bring the data to the disk, then give the file its name.
 * @param what  which step failed
 * @return 0 or an errno */
static int store(mnn_atomic *a, const char **what)
{
    *what = "could not write";
    if (a->failure != 0)
        return a->failure;
    *what = "could not write to the disk";
    int number = sync_file(a->fd);
    if (number != 0)
        return number;
    /* Linux has closed it even when a signal came in between. */
    number = close(a->fd) != 0 && errno != EINTR ? errno : 0;
    a->fd = -1;
    if (number != 0)
        return number;
    *what = "could not put the new file in its place";
    if (rename(a->temporary, a->path) != 0)
        return errno;
    *what = "could not write its folder to the disk";
    number = sync_folder(a->temporary);
    free(a->temporary); /* nothing left to remove */
    a->temporary = NULL;
    return number;
}

mnn_status mnn_atomic_commit(mnn_atomic *a, mnn_error *err)
{
    const char *what;
    const int number = store(a, &what);
    mnn_status status = MNN_OK;
    if (number != 0)
        status = mnn_fail_errno(err, a->path, what, number);
    give_up(a);
    return status;
}

void mnn_atomic_abort(mnn_atomic *a)
{
    if (a->path)
        give_up(a);
}
