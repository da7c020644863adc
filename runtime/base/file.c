/* Reading files without trust. */
#define _POSIX_C_SOURCE 200809L

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/report.h"

const char *mnn_file_kind(unsigned mode)
{
    if (S_ISREG(mode))
        return "a regular file";
    if (S_ISDIR(mode))
        return "a directory";
    if (S_ISFIFO(mode))
        return "a FIFO";
    if (S_ISSOCK(mode))
        return "a socket";
    if (S_ISCHR(mode) || S_ISBLK(mode))
        return "a device";
    return "something else";
}

mnn_status mnn_file_open(const char *path, int *fd, uint64_t *size, mnn_error *err)
{
    /* Non-blocking: opening a FIFO that nobody writes to would wait for ever. */
    int opened;
    do
        opened = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    while (opened < 0 && errno == EINTR);
    if (opened < 0)
        return mnn_fail_errno(err, path, "could not open", errno);

    struct stat about;
    if (fstat(opened, &about) != 0) {
        const int number = errno;
        close(opened);
        return mnn_fail_errno(err, path, "could not read its size", number);
    }
    if (!S_ISREG(about.st_mode)) {
        close(opened);
        return mnn_fail_file(err, MNN_EFORMAT, path, "cannot be read (got %s, expected a regular file)",
                             mnn_file_kind((unsigned)about.st_mode));
    }
    *fd = opened;
    *size = (uint64_t)about.st_size;
    return MNN_OK;
}

mnn_status mnn_file_read(int fd, const char *path, void *buffer, size_t size, size_t *got, mnn_error *err)
{
    unsigned char *bytes = buffer;
    size_t done = 0;
    while (done < size) {
        const ssize_t n = read(fd, bytes + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return mnn_fail_errno(err, path, "could not read", errno);
        if (n == 0)
            break;
        done += (size_t)n;
    }
    *got = done;
    return MNN_OK;
}

/* Read to the end, or to `most` bytes, whatever size fstat() gave: files of /proc claim none.
 * @param data  malloc'ed also on failure */
static mnn_status read_all(int fd, const char *path, uint64_t claimed, size_t most, char **data, size_t *got,
                           mnn_error *err)
{
    size_t size = claimed < most ? (size_t)claimed + 1 : most, used = 0;
    for (;;) {
        char *larger = size < SIZE_MAX ? realloc(*data, size + 1) : NULL;
        if (!larger)
            return mnn_fail_memory(err, path, size);
        *data = larger;
        const mnn_status status = mnn_file_read(fd, path, larger + used, size - used, got, err);
        if (status)
            return status;
        used += *got;
        if (used < size || size == most)
            break;
        size = size < most / 2 ? 2 * size : most;
    }
    *got = used;
    (*data)[used] = '\0';
    return MNN_OK;
}

mnn_status mnn_file_load(const char *path, size_t most, char **data, size_t *got, mnn_error *err)
{
    int fd;
    uint64_t size;
    char *bytes = NULL;
    mnn_status status = mnn_file_open(path, &fd, &size, err);
    if (status)
        return status;
    status = read_all(fd, path, size, most, &bytes, got, err);
    close(fd);
    if (status)
        free(bytes);
    else
        *data = bytes;
    return status;
}
