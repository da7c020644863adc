#include "support/str.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/unicode.h"
#include "support/utf8.h"

enum { PRINTABLE_LONGEST = 60, DISTANCE_LONGEST = 64 };

str str_new(arena *a)
{
    return (str){.arena = a};
}

/* Room for more bytes and the NUL behind them. */
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

/* One character of user text; returns how many bytes of it were used. */
static size_t add_escaped_character(str *s, const char *text, size_t length)
{
    uint32_t code;
    int bytes = utf8_decode(text, length, &code);
    if (bytes == 0) {
        str_printf(s, "\\x%02x", (unsigned)(unsigned char)text[0]);
        return 1;
    }
    if (code == '\n')
        str_add(s, "\\n");
    else if (code == '\t')
        str_add(s, "\\t");
    else if (code == '\r')
        str_add(s, "\\r");
    else if (!mnn_is_invisible(code))
        str_add_n(s, text, (size_t)bytes);
    else if (code < 0x80)
        str_printf(s, "\\x%02x", (unsigned)code);
    else
        str_printf(s, "\\u%04x", (unsigned)code);
    return (size_t)bytes;
}

void str_add_escaped(str *s, const char *text, size_t length)
{
    size_t i = 0;
    while (i < length)
        i += add_escaped_character(s, text + i, length - i);
}

const char *str_printable(arena *a, const char *text, size_t length)
{
    str out = str_new(a);
    str_add(&out, "");
    size_t i = 0;
    size_t shown = 0;
    while (i < length) {
        if (shown >= PRINTABLE_LONGEST) {
            str_add(&out, "...");
            break;
        }
        size_t before = out.length;
        if (text[i] == '"') {
            str_add(&out, "\\\"");
            i++;
        } else {
            i += add_escaped_character(&out, text + i, length - i);
        }
        shown += utf8_length(out.text + before, out.length - before);
    }
    return out.text;
}

static int lower(char c)
{
    return tolower((unsigned char)c);
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

int str_distance(const char *a, const char *b)
{
    size_t n = strlen(a);
    size_t m = strlen(b);
    /* No word of the language is that long; the rows below stay small and fixed. */
    if (n > DISTANCE_LONGEST || m > DISTANCE_LONGEST) {
        size_t longer = n > m ? n : m;
        return longer < INT32_MAX ? (int)longer : INT32_MAX;
    }
    int rows[3][DISTANCE_LONGEST + 1] = {0};
    int *two_back = rows[0];
    int *back = rows[1];
    int *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        back[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int replaced = back[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
            row[j] = smaller(replaced, smaller(back[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = smaller(row[j], two_back[j - 2] + 1);
        }
        int *freed = two_back;
        two_back = back;
        back = row;
        row = freed;
    }
    return back[m];
}

bool str_is_word(const char *text, size_t length)
{
    bool is = length > 0 && !isdigit((unsigned char)text[0]);
    for (size_t i = 0; i < length && is; i++)
        is = isalnum((unsigned char)text[i]) || text[i] == '_';
    return is;
}

/* Another digit is another word ("conv1d", "conv2d"), and none is left out by mistake ("relu6"). */
static bool same_digits(const char *a, const char *b)
{
    for (;;) {
        while (*a != '\0' && !isdigit((unsigned char)*a))
            a++;
        while (*b != '\0' && !isdigit((unsigned char)*b))
            b++;
        if (*a != *b)
            return *a == '\0';
        if (*a == '\0')
            return true;
        a++;
        b++;
    }
}

/* Mistakes that a word of so many letters may hold and still be told: a word that differs more is another one. */
static int most_mistakes(size_t length)
{
    return length < 5 ? 1 : length < 10 ? 2 : 3;
}

const char *str_nearest(const char *name, const char *const *candidates, int count)
{
    const char *best = NULL;
    int best_distance = 0;
    for (int i = 0; i < count; i++) {
        size_t n = strlen(name);
        size_t m = strlen(candidates[i]);
        size_t longer = n > m ? n : m;
        int distance = str_distance(name, candidates[i]);
        /* "x" is no misspelling of "y": something must be left in common. */
        if (distance > most_mistakes(longer) || !same_digits(name, candidates[i]) ||
            ((size_t)distance >= longer && longer > 0))
            continue;
        if (best == NULL || distance < best_distance) {
            best = candidates[i];
            best_distance = distance;
        }
    }
    return best;
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
