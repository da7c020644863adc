#include "syntax/literal.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "syntax/build.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t count_digits(const char *text)
{
    size_t n = 0;
    while (is_digit(text[n]) || (n > 0 && text[n] == '_' && is_digit(text[n + 1])))
        n++;
    return n;
}

/* The length of the number at the start of text, which ends with a NUL. */
static size_t number_length(const char *text)
{
    size_t n = count_digits(text);
    if (text[n] == '.')
        n += 1 + count_digits(text + n + 1);
    if (text[n] == 'e' || text[n] == 'E') {
        size_t sign = text[n + 1] == '+' || text[n + 1] == '-';
        size_t digits = count_digits(text + n + 1 + sign);
        if (digits > 0)
            n += 1 + sign + digits;
    }
    return n;
}

/* Whether a digit before the exponent is not 0. */
static bool is_not_zero(const char *text)
{
    const char digit = text[strspn(text, "0.")];
    return digit >= '1' && digit <= '9';
}

/* 60_000 is 60000. */
static const char *without_underscores(arena *a, span at)
{
    char *text = arena_strndup(a, at.source->text + at.begin, at.end - at.begin);
    size_t length = 0;
    for (const char *c = text; *c != '\0'; c++)
        if (*c != '_')
            text[length++] = *c;
    text[length] = '\0';
    return text;
}

ast_expr *literal_number(arena *a, diag_list *d, span at)
{
    const char *text = without_underscores(a, at);
    /* The compiler never sets a locale, so that the decimal point is a point. */
    double value = strtod(text, NULL);
    const bool too_large = isinf(value), too_small = value == 0 && is_not_zero(text);
    if (too_large) {
        diag_error(d, at, "number \"%s\" is too large (expected at most 1.797e308)",
                   str_printable(a, text, strlen(text)));
        value = 0;
    } else if (too_small) {
        diag_error(d, at, "number \"%s\" is too small (expected at least 4.9e-324)",
                   str_printable(a, text, strlen(text)));
    }
    bool is_integer = strpbrk(text, ".eE") == NULL;
    long long integer = 0;
    if (is_integer) {
        errno = 0;
        integer = strtoll(text, NULL, 10);
        if (errno == ERANGE) {
            is_integer = false;
            integer = 0;
        }
    }
    ast_expr *e = build_number(a, at, value, is_integer, integer, text);
    e->number.faulty = too_large || too_small;
    return e;
}

ast_expr *literal_number_with_tail(arena *a, diag_list *d, span at)
{
    const char *text = arena_strndup(a, at.source->text + at.begin, at.end - at.begin);
    size_t length = number_length(text);
    const char *tail = text + length;
    span tail_at = {at.source, at.begin + (uint32_t)length, at.end};
    diag_error(d, tail_at, "expected the end of number \"%s\", got \"%s\" directly after it",
               str_printable(a, text, length), str_printable(a, tail, strlen(tail)));
    if (tail[0] == '_')
        diag_hint(d, "a single \"_\" is allowed between two digits");
    else if ((tail[0] == 'x' || tail[0] == 'X') && text[0] == '0' && length == 1)
        diag_hint(d, "numbers are decimal");
    ast_expr *e = literal_number(a, d, (span){at.source, at.begin, tail_at.begin});
    e->number.faulty = true;
    return e;
}

/* Read count hexadecimal digits; false when there are fewer. */
static bool read_hex(const char *text, size_t length, size_t count, uint32_t *code)
{
    if (length < count)
        return false;
    *code = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isxdigit((unsigned char)text[i]))
            return false;
        int digit = is_digit(text[i]) ? text[i] - '0' : tolower((unsigned char)text[i]) - 'a' + 10;
        *code = *code * 16 + (uint32_t)digit;
    }
    return true;
}

/* \xHH or \uHHHH: the character of that code, as in Python, so that a string is always well-formed. */
static size_t add_coded(str *out, diag_list *d, span string_at, size_t offset, const char *text, size_t length)
{
    size_t digits = text[1] == 'x' ? 2 : 4;
    uint32_t begin = string_at.begin + (uint32_t)offset;
    uint32_t code = 0;
    if (!read_hex(text + 2, length - 2, digits, &code)) {
        size_t got = 0;
        while (2 + got < length && got < digits && isxdigit((unsigned char)text[2 + got]))
            got++;
        diag_error(d, (span){string_at.source, begin, begin + 2 + (uint32_t)got},
                   "expected %zu hexadecimal digits after \"\\%c\", got %zu", digits, text[1], got);
        return 2 + got;
    }
    span at = {string_at.source, begin, begin + 2 + (uint32_t)digits};
    if (code == 0) {
        diag_error(d, at, "a string cannot hold a NUL character");
    } else if (code >= 0xD800 && code <= 0xDFFF) {
        diag_error(d, at, "U+%04X is half of a surrogate pair, not a character", (unsigned)code);
    } else {
        char bytes[MNN_UTF8_BYTES];
        str_add_n(out, bytes, (size_t)mnn_utf8_encode(code, bytes));
    }
    return 2 + digits;
}

/* One escape; text[0] is the backslash, and a character follows it. */
static size_t add_escape(str *out, diag_list *d, span string_at, size_t offset, const char *text, size_t length)
{
    switch (text[1]) {
    case '"':
    case '\'':
    case '\\':
        str_add_char(out, text[1]);
        return 2;
    case 'n':
        str_add_char(out, '\n');
        return 2;
    case 't':
        str_add_char(out, '\t');
        return 2;
    case 'x':
    case 'u':
        return add_coded(out, d, string_at, offset, text, length);
    default:
        break;
    }
    uint32_t code;
    int bytes = mnn_utf8_decode(text + 1, length - 1, &code);
    size_t used = 1 + (bytes > 0 ? (size_t)bytes : 1);
    uint32_t begin = string_at.begin + (uint32_t)offset;
    diag_error(d, (span){string_at.source, begin, begin + (uint32_t)used},
               "unknown escape \"%s\" in a string (expected \\\", \\\\, \\n, \\t, \\xHH or \\uHHHH)",
               str_printable(d->arena, text, used));
    return used;
}

/* A string in the quotes of the language. */
static const char *in_double_quotes(arena *a, const char *text, size_t length)
{
    if (text[0] == '"')
        return arena_strndup(a, text, length);
    str out = str_new(a);
    str_add_char(&out, '"');
    for (size_t i = 1; i + 1 < length; i++) {
        if (text[i] == '"')
            str_add(&out, "\\\"");
        else if (text[i] == '\\' && text[i + 1] == '\'')
            str_add_char(&out, text[++i]);
        else if (text[i] == '\\')
            str_add_n(&out, text + i++, 2);
        else
            str_add_char(&out, text[i]);
    }
    str_add_char(&out, '"');
    return out.text;
}

ast_expr *literal_string(arena *a, diag_list *d, span at)
{
    const char *text = at.source->text + at.begin;
    size_t end = at.end - at.begin - 1; /* the closing quote */
    str out = str_new(a);
    str_add(&out, "");
    size_t i = 1;
    while (i < end) {
        const char *escape = memchr(text + i, '\\', end - i);
        size_t plain = escape == NULL ? end - i : (size_t)(escape - (text + i));
        str_add_n(&out, text + i, plain);
        i += plain;
        if (escape != NULL)
            i += add_escape(&out, d, at, i, text + i, end - i);
    }
    ast_expr *e = build_string(a, at, out.text, out.length);
    e->string.written = in_double_quotes(a, text, end + 1);
    return e;
}
