#include "support/str.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { PRINTABLE_LONGEST = 60 };

str str_new(arena *a)
{
    return (str){.arena = a};
}

/* Space for more bytes and the NUL after them. */
static void reserve(str *s, size_t more)
{
    if (more >= SIZE_MAX / 4 || s->length >= SIZE_MAX / 4)
        arena_exhausted(s->arena);
    size_t needed = s->length + more + 1;
    if (needed <= s->capacity)
        return;
    size_t capacity = s->capacity == 0 ? 64 : s->capacity * 2;
    if (capacity < needed)
        capacity = needed;
    char *text = arena_alloc(s->arena, capacity);
    if (s->length > 0)
        memcpy(text, s->text, s->length);
    s->text = text;
    s->capacity = capacity;
}

void str_add_n(str *s, const char *text, size_t length)
{
    reserve(s, length);
    if (length > 0)
        memcpy(s->text + s->length, text, length);
    s->length += length;
    s->text[s->length] = '\0';
}

void str_add(str *s, const char *text)
{
    str_add_n(s, text, strlen(text));
}

void str_add_char(str *s, char c)
{
    str_add_n(s, &c, 1);
}

void str_vprintf(str *s, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length < 0) {
        va_end(again);
        arena_exhausted(s->arena);
    }
    reserve(s, (size_t)length);
    vsnprintf(s->text + s->length, (size_t)length + 1, format, again);
    va_end(again);
    s->length += (size_t)length;
}

void str_printf(str *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str_vprintf(s, format, args);
    va_end(args);
}

void str_add_escaped(str *s, const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        char piece[MNN_ESCAPED];
        i += (size_t)mnn_escape(piece, text + i, length - i);
        str_add(s, piece);
    }
}

const char *str_printable(arena *a, const char *text, size_t length)
{
    str out = str_new(a);
    str_add(&out, "");
    for (size_t i = 0, shown = 0; i < length;) {
        char piece[MNN_ESCAPED];
        if (shown >= PRINTABLE_LONGEST) {
            str_add(&out, "...");
            break;
        }
        i += (size_t)mnn_escape(piece, text + i, length - i);
        str_printf(&out, "%s%s", piece[0] == '"' ? "\\" : "", piece);
        shown += mnn_utf8_length(piece, strlen(piece)) + (piece[0] == '"');
    }
    return out.text;
}

bool str_is_word(const char *text, size_t length)
{
    bool is = length > 0 && !isdigit((unsigned char)text[0]);
    for (size_t i = 0; i < length && is; i++)
        is = isalnum((unsigned char)text[i]) || text[i] == '_';
    return is;
}

const char *str_c_name(arena *a, const char *name, const char *prefix)
{
    str s = str_new(a);
    if (!isalpha((unsigned char)name[0]))
        str_add(&s, prefix);
    for (const char *c = name; *c; c++)
        str_add_char(&s, isalnum((unsigned char)*c) ? (char)tolower((unsigned char)*c) : '_');
    return s.text;
}

const char *str_double(arena *a, double value)
{
    if (isnan(value))
        return "nan";
    if (isinf(value))
        return value > 0 ? "inf" : "-inf";
    char digits[64];
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    /* Another locale may write a comma; digits, sign and exponent are the same everywhere. */
    for (char *c = digits; *c != '\0'; c++) {
        if (strchr("0123456789+-e", *c) == NULL)
            *c = '.';
    }
    return arena_strdup(a, digits);
}
