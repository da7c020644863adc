/* Messages, and user text made harmless for them. */
#define _POSIX_C_SOURCE 200809L

#include "base/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum { PATH_SHOWN = 480 }; /* a longer path would leave no space for what is wrong with the file */

const char *mnn_printable(char *buffer, int size, const char *text)
{
    if (size < 1)
        return buffer;
    const size_t room = (size_t)size;
    size_t end = 0; /* of what is written */
    size_t cut = 0; /* the last place where "..." still fits */
    while (*text) {
        char piece[MNN_ESCAPED];
        text += mnn_escape(piece, text, MNN_TO_NUL);
        const size_t length = strlen(piece);
        if (end + length >= room) {
            memcpy(buffer + cut, "...", room > 3 ? 4 : 0);
            end = room > 3 ? cut + 3 : end;
            break;
        }
        memcpy(buffer + end, piece, length);
        end += length;
        if (end + 4 <= room)
            cut = end;
    }
    buffer[end] = '\0';
    return buffer;
}

/* Show that a text was longer than its buffer: end it with "...", without leaving half a character. */
static void end_with_dots(char *buffer, size_t size)
{
    if (size < 4)
        return;
    size_t end = size - 4;
    while (end > 0 && ((unsigned char)buffer[end] & 0xC0) == 0x80)
        end--;
    memcpy(buffer + end, "...", 4);
}

void mnn_error_vset(mnn_error *err, const char *prefix, const char *format, va_list args)
{
    if (!err)
        return;
    /* Formatted aside: an argument may be err's own text. */
    char text[sizeof err->text];
    const size_t used = (size_t)snprintf(text, sizeof text, "%s", prefix);
    if (used < sizeof text) {
        const int length = vsnprintf(text + used, sizeof text - used, format, args);
        if (length < 0)
            text[used] = '\0';
        else if ((size_t)length >= sizeof text - used)
            end_with_dots(text, sizeof text);
    } else {
        end_with_dots(text, sizeof text);
    }
    memcpy(err->text, text, sizeof text);
}

mnn_status mnn_fail(mnn_error *err, mnn_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mnn_error_vset(err, "", format, args);
    va_end(args);
    return status;
}

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
