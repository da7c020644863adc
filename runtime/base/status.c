/* Messages, and user text made harmless for them. */
#define _POSIX_C_SOURCE 200809L

#include "mnn/status.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/report.h"
#include "base/unicode.h"
#include "base/utf8.h"

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

/* Write one character of text in its printable form.
 * @return bytes of text used */
static int printable_character(char piece[12], const char *text)
{
    uint32_t code = 0;
    const int length = mnn_utf8_decode(text, &code);
    if (length == 0) {
        snprintf(piece, 12, "\\x%02x", (unsigned)(unsigned char)text[0]);
        return 1;
    }
    if (code == '\n')
        memcpy(piece, "\\n", 3);
    else if (code == '\t')
        memcpy(piece, "\\t", 3);
    else if (code == '\r')
        memcpy(piece, "\\r", 3);
    else if (code < 0x80 && mnn_is_invisible(code))
        snprintf(piece, 12, "\\x%02x", (unsigned)code);
    else if (mnn_is_invisible(code))
        snprintf(piece, 12, "\\u%04x", (unsigned)code);
    else
        snprintf(piece, 12, "%.*s", length, text);
    return length;
}

const char *mnn_printable(char *buffer, int size, const char *text)
{
    if (size < 1)
        return buffer;
    const size_t room = (size_t)size;
    size_t end = 0; /* of what is written */
    size_t cut = 0; /* the last place where "..." still fits */
    while (*text) {
        char piece[12];
        text += printable_character(piece, text);
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
