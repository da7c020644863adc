/* See output.h. */
#define _XOPEN_SOURCE 700
#include "driver/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mnn/status.h"

enum { PATH_SHOWN = 480 };

int output_is_input(const char *path, const char *input)
{
    struct stat a, b;
    return stat(path, &a) == 0 && stat(input, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool holds_already(const char *path, const char *text, size_t length)
{
    struct stat status;
    if (lstat(path, &status) != 0 || !S_ISREG(status.st_mode) || (size_t)status.st_size != length)
        return false;
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    bool same = true;
    char block[4096];
    for (size_t done = 0; same && done < length;) {
        const size_t got = fread(block, 1, sizeof block, f);
        same = got > 0 && done + got <= length && memcmp(block, text + done, got) == 0;
        done += got;
    }
    fclose(f);
    return same;
}

static int fail(const char *path, const char *what, FILE *err)
{
    const int code = errno == ENOMEM ? MNN_ENOMEM : MNN_EIO;
    char shown[PATH_SHOWN];
    fprintf(err, "%s: error: %s: %s\n", mnn_printable(shown, sizeof shown, path), what, strerror(errno));
    return code;
}

static bool write_all(int fd, const char *text, size_t length)
{
    for (size_t done = 0; done < length;) {
        const ssize_t n = write(fd, text + done, length - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/** A device or a pipe (-o /dev/stdout) cannot be renamed over: it is written directly. */
static int write_directly(const char *path, const char *text, size_t length, FILE *err)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(path, "could not open", err);
    const bool ok = write_all(fd, text, length);
    if (close(fd) != 0 || !ok)
        return fail(path, "could not write", err);
    return 0;
}

/** @param mode  of the file that is replaced; -1: none, the user's umask decides */
static int write_and_rename(const char *path, const char *text, size_t length, int mode, FILE *err)
{
    const size_t size = strlen(path) + 32;
    char *temporary = malloc(size);
    if (!temporary) {
        errno = ENOMEM;
        return fail(path, "could not write", err);
    }
    snprintf(temporary, size, "%s.tmp-%ld", path, (long)getpid());
    int status = 0;
    const int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        status = fail(path, "could not create", err);
    } else {
        bool ok = (mode < 0 || fchmod(fd, (mode_t)mode) == 0) && write_all(fd, text, length);
        ok = close(fd) == 0 && ok;
        if (!ok || rename(temporary, path) != 0) {
            status = fail(path, "could not write", err);
            unlink(temporary);
        }
    }
    free(temporary);
    return status;
}

/** A link is followed: the file that it names is replaced, and the link stays. */
static int write_file(const char *path, const char *text, size_t length, FILE *err)
{
    struct stat status;
    const bool there = stat(path, &status) == 0;
    if (there && S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return fail(path, "could not write", err);
    }
    if (there && !S_ISREG(status.st_mode))
        return write_directly(path, text, length, err);
    if (!there)
        return write_and_rename(path, text, length, -1, err);
    char *target = realpath(path, NULL);
    if (!target)
        return fail(path, "could not write", err);
    const int code = write_and_rename(target, text, length, (int)(status.st_mode & 07777), err);
    free(target);
    return code;
}

int output_write(const char *path, const char *text, size_t length, FILE *err)
{
    if (path)
        return holds_already(path, text, length) ? 0 : write_file(path, text, length, err);
    fwrite(text, 1, length, stdout);
    return output_flush(err);
}

int output_flush(FILE *err)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        return fail("<standard output>", "could not write", err);
    return MNN_OK;
}
