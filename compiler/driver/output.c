/* See output.h. */
#define _XOPEN_SOURCE 700
#include "driver/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/place.h"
#include "base/process.h"
#include "base/temporary.h"
#include "mnn/status.h"

enum { PATH_SHOWN = 480 };

/** A file on its way to its name. */
typedef struct draft {
    const output_file *file;
    bool standard;                                 /* it goes to the standard output ... */
    bool direct;                                   /* ... or to a device or a pipe: it is written as it is */
    char target[PATH_MAX];                         /* the name that it gets */
    char temporary[PATH_MAX + MNN_TEMPORARY_MARK]; /* the one that it has; "": it is in its place already */
    int leftover;                                  /* that name's place among those that a signal removes */
} draft;

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

/** @param errno  of what has been written before, or 0 */
static int flush_standard(FILE *err)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return MNN_OK;
    errno = errno ? errno : EIO;
    return mnn_process_unread(STDOUT_FILENO) ? MNN_ESIGNAL + SIGPIPE
                                             : fail("<standard output>", "could not write", err);
}

/** A device or a pipe (-o /dev/stdout) cannot be renamed over. */
static int write_directly(const draft *d, FILE *err)
{
    const output_file *file = d->file;
    if (d->standard) {
        errno = 0;
        fwrite(file->text, 1, file->length, stdout);
        return flush_standard(err);
    }
    const int fd = open(file->path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(file->path, "could not open", err);
    const bool ok = write_all(fd, file->text, file->length);
    if (close(fd) != 0 || !ok)
        return fail(file->path, "could not write", err);
    return MNN_OK;
}

/** @param mode  of the file that is replaced; -1: none, the user's umask decides */
static int write_temporary(draft *d, int mode, FILE *err)
{
    const output_file *file = d->file;
    char name[PATH_MAX + MNN_TEMPORARY_MARK];
    const int fd = mnn_temporary_create(d->target, mode >= 0, name, sizeof name, &d->leftover);
    if (fd < 0) {
        errno = -fd;
        return fail(file->path, "could not create", err);
    }
    strcpy(d->temporary, name); /* from here on it is ours to remove */
    bool ok = (mode < 0 || fchmod(fd, (mode_t)mode) == 0) && write_all(fd, file->text, file->length);
    ok = close(fd) == 0 && ok;
    return ok ? MNN_OK : fail(file->path, "could not write", err);
}

/** Whether a name is that of the standard output: /dev/stdout, or the file that the shell has opened for it, which must
 *  not be replaced under its feet. */
static bool is_standard(const char *path)
{
    struct stat named, standard;
    return !path || (stat(path, &named) == 0 && fstat(STDOUT_FILENO, &standard) == 0 &&
                     named.st_dev == standard.st_dev && named.st_ino == standard.st_ino);
}

/** Write all that can be written without a change of what is there. A link is followed: the file that it names is
 *  replaced or made, and the link stays. */
static int prepare(draft *d, FILE *err)
{
    const output_file *file = d->file;
    struct stat status = {0};
    d->standard = d->direct = is_standard(file->path);
    if (d->direct || holds_already(file->path, file->text, file->length))
        return MNN_OK;
    const bool there = stat(file->path, &status) == 0;
    if (!there && errno != ENOENT)
        return fail(file->path, "could not create", err);
    if (there && S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return fail(file->path, "could not write", err);
    }
    d->direct = there && !S_ISREG(status.st_mode);
    if (d->direct)
        return MNN_OK;
    if (there ? !realpath(file->path, d->target) : (errno = mnn_place_target(file->path, d->target)) != 0)
        return fail(file->path, "could not write", err);
    return write_temporary(d, there ? (int)(status.st_mode & 07777) : -1, err);
}

static int put_in_place(draft *d, FILE *err)
{
    if (!d->temporary[0])
        return MNN_OK;
    if (rename(d->temporary, d->target) != 0)
        return fail(d->file->path, "could not write", err);
    d->temporary[0] = '\0';
    mnn_leftover_forget(d->leftover);
    return MNN_OK;
}

int output_write(const output_file *files, int count, FILE *err)
{
    draft drafts[OUTPUT_FILES];
    int status = MNN_OK;
    for (int i = 0; i < count; i++) {
        drafts[i].file = &files[i];
        drafts[i].temporary[0] = '\0';
        drafts[i].leftover = -1;
    }
    for (int i = 0; i < count && !status; i++)
        status = prepare(&drafts[i], err);
    for (int i = 0; i < count && !status; i++)
        if (drafts[i].direct)
            status = write_directly(&drafts[i], err);
    for (int i = 0; i < count && !status; i++)
        status = put_in_place(&drafts[i], err);
    for (int i = 0; i < count; i++)
        if (drafts[i].temporary[0]) {
            unlink(drafts[i].temporary);
            mnn_leftover_forget(drafts[i].leftover);
        }
    return status;
}

int output_flush(FILE *err)
{
    errno = 0;
    return flush_standard(err);
}
