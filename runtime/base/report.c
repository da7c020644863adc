/* The forms that messages about files have. */
#define _POSIX_C_SOURCE 200809L

#include "base/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SHOWN = 480 }; /* a longer path would leave no room for what is wrong with the file */

mnn_status mnn_fail_file(mnn_error *err, mnn_status status, const char *path, const char *format, ...)
{
    char shown[PATH_SHOWN];
    char prefix[PATH_SHOWN + 2];
    snprintf(prefix, sizeof prefix, "%s: ", mnn_printable(shown, PATH_SHOWN, path));
    va_list args;
    va_start(args, format);
    mnn_error_vset(err, prefix, format, args);
    va_end(args);
    return status;
}

mnn_status mnn_fail_at(mnn_error *err, mnn_status status, const char *path, uint64_t at, const char *format, ...)
{
    char shown[PATH_SHOWN];
    char prefix[PATH_SHOWN + 40];
    snprintf(prefix, sizeof prefix, "%s: at byte %" PRIu64 ": ", mnn_printable(shown, PATH_SHOWN, path), at);
    va_list args;
    va_start(args, format);
    mnn_error_vset(err, prefix, format, args);
    va_end(args);
    return status;
}

mnn_status mnn_fail_errno(mnn_error *err, const char *path, const char *what, int number)
{
    char reason[128];
    if (strerror_r(number, reason, sizeof reason) != 0)
        snprintf(reason, sizeof reason, "error %d", number);
    return mnn_fail_file(err, number == ENOMEM ? MNN_ENOMEM : MNN_EIO, path, "%s: %s", what, reason);
}

mnn_status mnn_fail_memory(mnn_error *err, const char *path, uint64_t bytes)
{
    return mnn_fail_file(err, MNN_ENOMEM, path, "not enough memory for %" PRIu64 " bytes", bytes);
}
