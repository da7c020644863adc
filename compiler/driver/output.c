/* See output.h. */
#define _POSIX_C_SOURCE 200809L
#include "driver/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/file.h"
#include "base/place.h"
#include "base/process.h"
#include "base/report.h"

/** A file on its way to its name. */
typedef struct draft {
    const output_file *file;
    bool standard;     /* to the standard output ... */
    bool direct;       /* ... or to a device or a pipe: it is written as it is */
    mnn_atomic atomic; /* else, unless the file holds the text already */
} draft;

static bool holds_already(const output_file *file)
{
    struct stat about;
    char *text = NULL;
    size_t got;
    const bool same = lstat(file->path, &about) == 0 && S_ISREG(about.st_mode) &&
                      (size_t)about.st_size == file->length &&
                      mnn_file_load(file->path, file->length + 1, &text, &got, NULL) == MNN_OK && got == file->length &&
                      memcmp(text, file->text, got) == 0;
    free(text);
    return same;
}

/** A device or a pipe (-o /dev/stdout) cannot be renamed over. */
static mnn_status write_directly(const draft *d, mnn_error *err)
{
    const output_file *file = d->file;
    errno = 0;
    if (d->standard) {
        fwrite(file->text, 1, file->length, stdout);
        return mnn_process_flush(err);
    }
    const int fd = open(file->path, O_WRONLY | O_CLOEXEC);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "wb");
    if (!out)
        return mnn_fail_errno(err, file->path, "could not open for writing", errno);
    const bool written = fwrite(file->text, 1, file->length, out) == file->length;
    return fclose(out) == 0 && written ? MNN_OK : mnn_fail_errno(err, file->path, "could not write", errno);
}

/** Whether a file is the standard output: /dev/stdout, or the one that the shell has opened for it, which must not be
 *  replaced under its feet. */
static bool is_standard(const struct stat *named)
{
    struct stat standard;
    return fstat(STDOUT_FILENO, &standard) == 0 && named->st_dev == standard.st_dev && named->st_ino == standard.st_ino;
}

/** Write all that can be written without a change of what is there. */
static mnn_status prepare(draft *d, mnn_error *err)
{
    const output_file *file = d->file;
    struct stat about;
    const bool exists = file->path && stat(file->path, &about) == 0;
    d->standard = !file->path || (exists && is_standard(&about));
    d->direct = d->standard || (exists && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode));
    if (d->direct || holds_already(file))
        return MNN_OK;
    const mnn_status status = mnn_atomic_begin(&d->atomic, file->path, err);
    d->atomic.no_sync = true; /* it can be made again */
    if (!status && file->is_program && fstat(d->atomic.fd, &about) == 0)
        fchmod(d->atomic.fd, (about.st_mode & 0777) | (about.st_mode & 0444) >> 2);
    return status ? status : mnn_atomic_write(&d->atomic, file->text, file->length, err);
}

/** @return the status, after its message */
static int report(mnn_status status, const mnn_error *err)
{
    if (status && (int)status != MNN_ESIGNAL + SIGPIPE)
        fprintf(stderr, "mnnc: error: %s\n", err->text);
    return (int)status;
}

bool output_check(const char *const *files, int inputs, int count)
{
    char shown[480], other[480];
    for (int i = inputs; i < count; i++)
        for (int j = 0; j < i; j++) {
            if (!files[i] || !files[j] || !mnn_paths_same(files[i], files[j]))
                continue;
            fprintf(stderr, "mnnc: error: \"%s\" would overwrite %s \"%s\"\n",
                    mnn_printable(shown, sizeof shown, files[i]), j < inputs ? "the input" : "the output",
                    mnn_printable(other, sizeof other, files[j]));
            return false;
        }
    return true;
}

int output_write(const output_file *files, int count)
{
    draft drafts[OUTPUT_FILES];
    mnn_error err;
    mnn_status status = MNN_OK;
    for (int i = 0; i < count; i++)
        drafts[i] = (draft){.file = &files[i]};
    for (int i = 0; i < count && !status; i++)
        status = prepare(&drafts[i], &err);
    for (int i = 0; i < count && !status; i++)
        if (drafts[i].direct)
            status = write_directly(&drafts[i], &err);
    for (int i = 0; i < count && !status; i++)
        if (drafts[i].atomic.path)
            status = mnn_atomic_commit(&drafts[i].atomic, &err);
    for (int i = 0; i < count; i++)
        mnn_atomic_abort(&drafts[i].atomic);
    return report(status, &err);
}

int output_flush(void)
{
    mnn_error err;
    errno = 0;
    return report(mnn_process_flush(&err), &err);
}
