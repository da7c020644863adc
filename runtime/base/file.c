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

mnn_status mnn_file_load(const char *path, size_t most, char **data, size_t *got, mnn_error *err)
{
    int fd;
    uint64_t size;
    mnn_status status = mnn_file_open(path, &fd, &size, err);
    if (status)
        return status;
    size = size < most ? size : most;
    char *read = size < SIZE_MAX ? malloc((size_t)size + 1) : NULL;
    status = read ? mnn_file_read(fd, path, read, (size_t)size, got, err) : mnn_fail_memory(err, path, size);
    close(fd);
    if (status) {
        free(read);
        return status;
    }
    read[*got] = '\0';
    *data = read;
    return MNN_OK;
}
