/* See csv.h. */
#include "io/csv.h"

#include <ctype.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/report.h"

enum { FIRST_SIZE = 256 * 1024, MOST_ROW = 64 * 1024 * 1024, FIRST_CELLS = 64 };

static const char separators[] = ",;\t|";

mnn_status mnn_csv_fail(const mnn_csv *c, size_t column, mnn_error *err, const char *format, ...)
{
    char prefix[600], path[480];
    snprintf(prefix, sizeof prefix,
             "%s: line %" PRIu64 ", column %zu: ", mnn_printable(path, sizeof path, c->stream.path), c->line,
             column + 1);
    va_list args;
    va_start(args, format);
    mnn_error_vset(err, prefix, format, args);
    va_end(args);
    return MNN_EFORMAT;
}

/* --- the buffer ------------------------------------------------------------------------------------- */

/* Read more after what is there; the next row moves to the front, and the buffer grows when it is full. */
static mnn_status refill(mnn_csv *c, mnn_error *err)
{
    memmove(c->buffer, c->buffer + c->begin, c->end - c->begin);
    c->end -= c->begin;
    c->begin = 0;
    if (c->end == c->size) {
        if (c->size >= MOST_ROW)
            return mnn_csv_fail(c, 0, err, "the row has more than %d bytes (is a quote not closed?)", MOST_ROW);
        char *buffer = realloc(c->buffer, 2 * c->size + 1);
        if (!buffer)
            return mnn_fail_memory(err, c->stream.path, 2 * c->size + 1);
        c->buffer = buffer;
        c->size *= 2;
    }
    size_t got = 0;
    const mnn_status status = mnn_stream_read(&c->stream, c->buffer + c->end, c->size - c->end, &got, err);
    c->ended = got < c->size - c->end;
    c->end += got;
    return status;
}

static bool starts_with(const mnn_csv *c, const char *bytes, size_t length)
{
    return c->end >= length && memcmp(c->buffer, bytes, length) == 0;
}

static mnn_status check_kind(mnn_csv *c, mnn_error *err)
{
    mnn_head head = {.size = c->end < sizeof head.bytes ? c->end : sizeof head.bytes};
    memcpy(head.bytes, c->buffer, head.size);
    if (!memchr(head.bytes, '\0', head.size) && !starts_with(c, "\xFF\xFE", 2) && !starts_with(c, "\xFE\xFF", 2))
        return MNN_OK;
    if (!mnn_contents_of(&head, MNN_EXPECT_CSV)) /* a NUL in an unknown file is reported with its line */
        return MNN_OK;
    return mnn_fail_contents(err, c->stream.path, &head, MNN_EXPECT_CSV, c->stream.gzip != NULL);
}

/* The most frequent separator outside quotes in the first line. */
static char find_separator(const mnn_csv *c)
{
    size_t counts[sizeof separators] = {0}, best = 0;
    bool quoted = false;
    for (size_t i = c->begin; i < c->end; i++) {
        const char byte = c->buffer[i], *which = byte ? strchr(separators, byte) : NULL;
        if (byte == '"')
            quoted = !quoted;
        else if (!quoted && (byte == '\n' || byte == '\r') && i > c->begin)
            break;
        else if (!quoted && which)
            counts[which - separators]++;
    }
    for (size_t i = 1; i < sizeof separators - 1; i++)
        best = counts[i] > counts[best] ? i : best;
    return separators[best];
}

mnn_status mnn_csv_open(mnn_csv *c, const char *path, char separator, mnn_error *err)
{
    *c = (mnn_csv){.line = 1, .next_line = 1, .size = FIRST_SIZE};
    mnn_status status = mnn_stream_open(&c->stream, path, "CSV", err);
    if (status)
        return status;
    c->buffer = malloc(c->size + 1);
    if (!c->buffer)
        status = mnn_fail_memory(err, path, c->size);
    if (!status)
        status = refill(c, err);
    if (!status)
        status = check_kind(c, err);
    if (status) {
        mnn_csv_close(c);
        return status;
    }
    if (starts_with(c, "\xEF\xBB\xBF", 3))
        c->begin = 3;
    c->separator = separator ? separator : find_separator(c);
    return MNN_OK;
}

void mnn_csv_close(mnn_csv *c)
{
    mnn_stream_close(&c->stream);
    free(c->buffer);
    free(c->cells);
    c->buffer = NULL;
    c->cells = NULL;
}

/* --- rows ------------------------------------------------------------------------------------------- */

/* A scan of one row in the buffer; it begins again when the row continues after the end of the buffer. */
typedef struct scan {
    mnn_csv *c;
    size_t at;
    uint64_t lines; /* ends of lines passed */
    bool more;      /* the row continues */
    mnn_error *err;
} scan;

static bool is_break(char byte)
{
    return byte == '\n' || byte == '\r';
}

static mnn_status add_cell(scan *s, size_t from, size_t to, bool quoted)
{
    mnn_csv *c = s->c;
    if (c->count == c->room) {
        const size_t room = c->room ? 2 * c->room : FIRST_CELLS;
        mnn_csv_cell *cells = realloc(c->cells, room * sizeof *cells);
        if (!cells)
            return mnn_fail_memory(s->err, c->stream.path, room * sizeof *cells);
        c->cells = cells;
        c->room = room;
    }
    /* places for now: the buffer may still move */
    c->cells[c->count++] = (mnn_csv_cell){.text = c->buffer + from, .length = to - from, .quoted = quoted};
    return MNN_OK;
}

static mnn_status fail_nul(const scan *s)
{
    return mnn_csv_fail(s->c, s->c->count, s->err, "a NUL byte (expected text)");
}

static mnn_status scan_plain(scan *s)
{
    const mnn_csv *c = s->c;
    const char separator = c->separator, *buffer = c->buffer;
    const size_t from = s->at, end = c->end;
    size_t at = from;
    while (at < end && buffer[at] != separator && !is_break(buffer[at]) && buffer[at] != '\0')
        at++;
    s->at = at;
    s->more = at == end && !c->ended;
    if (at < end && buffer[at] == '\0')
        return fail_nul(s);
    return s->more ? MNN_OK : add_cell(s, from, at, false);
}

static mnn_status scan_quoted(scan *s)
{
    const mnn_csv *c = s->c;
    const char *buffer = c->buffer;
    const size_t from = s->at + 1;
    size_t at = from;
    for (;; at++) {
        if (at == c->end) {
            s->more = !c->ended;
            return s->more ? MNN_OK : mnn_csv_fail(c, c->count, s->err, "the quote is not closed");
        }
        if (buffer[at] == '\0')
            return fail_nul(s);
        s->lines += buffer[at] == '\n' || (buffer[at] == '\r' && (at + 1 == c->end || buffer[at + 1] != '\n'));
        if (buffer[at] != '"')
            continue;
        if (at + 1 == c->end && !c->ended) {
            s->more = true;
            return MNN_OK;
        }
        if (at + 1 == c->end || buffer[at + 1] != '"')
            break;
        at++;
    }
    s->at = at + 1;
    if (s->at < c->end && buffer[s->at] != c->separator && !is_break(buffer[s->at]))
        return mnn_csv_fail(c, c->count, s->err,
                            "text after the closing quote (expected the separator or the end of the row)");
    return add_cell(s, from, at, true);
}

/* All cells up to the end of the row, which is skipped. */
static mnn_status scan_row(scan *s)
{
    mnn_csv *c = s->c;
    c->count = 0;
    for (;;) {
        const bool quoted = s->at < c->end && c->buffer[s->at] == '"';
        if (s->at == c->end && !c->ended) {
            s->more = true;
            return MNN_OK;
        }
        const mnn_status status = quoted ? scan_quoted(s) : scan_plain(s);
        if (status || s->more)
            return status;
        if (s->at == c->end)
            return MNN_OK;
        if (is_break(c->buffer[s->at])) {
            if (c->buffer[s->at] == '\r' && s->at + 1 == c->end && !c->ended) {
                s->more = true; /* LF may follow */
                return MNN_OK;
            }
            s->at += c->buffer[s->at] == '\r' && s->at + 1 < c->end && c->buffer[s->at + 1] == '\n' ? 2 : 1;
            s->lines++;
            return MNN_OK;
        }
        s->at++; /* the separator */
    }
}

/* End every cell with a NUL, in place of its separator or quote, and make doubled quotes single. */
static void finish_cells(mnn_csv *c)
{
    for (size_t i = 0; i < c->count; i++) {
        mnn_csv_cell *cell = &c->cells[i];
        if (cell->quoted && memchr(cell->text, '"', cell->length)) {
            size_t to = 0;
            for (size_t from = 0; from < cell->length; from++) {
                cell->text[to++] = cell->text[from];
                from += cell->text[from] == '"';
            }
            cell->length = to;
        }
        cell->text[cell->length] = '\0';
    }
}

mnn_status mnn_csv_row(mnn_csv *c, mnn_error *err)
{
    for (;;) {
        scan s = {.c = c, .at = c->begin, .err = err};
        c->line = c->next_line;
        if (c->begin == c->end && c->ended) {
            c->count = 0;
            return MNN_OK;
        }
        mnn_status status = scan_row(&s);
        if (!status && s.more)
            status = refill(c, err);
        if (status)
            return status;
        if (s.more)
            continue;
        c->begin = s.at;
        c->next_line += s.lines;
        if (c->count > 1 || c->cells[0].length > 0 || c->cells[0].quoted)
            break; /* no blank line */
    }
    finish_cells(c);
    return MNN_OK;
}

/* --- numbers ---------------------------------------------------------------------------------------- */

static bool is_missing(const char *text, size_t length)
{
    static const char *const spellings[] = {"na", "n/a", "nan", "null", "none",   "#n/a",
                                            "?",  "-",   "nil", "#na",  "missing"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (strlen(spellings[i]) == length && strncasecmp(text, spellings[i], length) == 0)
            return true;
    return length == 0;
}

/* A decimal number: mantissa * 10^exponent, the mantissa's first 19 digits. */
typedef struct decimal_number {
    uint64_t mantissa;
    int digits, exponent;
    bool negative;
} decimal_number;

static size_t take_digits(const char *text, size_t at, size_t length, decimal_number *n, bool fraction)
{
    for (; at < length && isdigit((unsigned char)text[at]); at++) {
        const bool kept = n->mantissa < UINT64_MAX / 10 - 1;
        if (kept)
            n->mantissa = n->mantissa * 10 + (uint64_t)(text[at] - '0');
        if (n->exponent < 100000 && n->exponent > -100000)
            n->exponent += !kept && !fraction ? 1 : kept && fraction ? -1 : 0;
        n->digits++;
    }
    return at;
}

/* @return whether the whole text is a number */
static bool parse(const char *text, size_t length, char decimal, decimal_number *n)
{
    size_t at = 0;
    if (at < length && (text[at] == '-' || text[at] == '+'))
        n->negative = text[at++] == '-';
    at = take_digits(text, at, length, n, false);
    if (at < length && text[at] == decimal)
        at = take_digits(text, at + 1, length, n, true);
    if (n->digits == 0)
        return false;
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        decimal_number e = {0};
        at++;
        if (at < length && (text[at] == '-' || text[at] == '+'))
            e.negative = text[at++] == '-';
        at = take_digits(text, at, length, &e, false);
        if (e.digits == 0)
            return false;
        const int power = e.mantissa < 100000 && e.exponent == 0 ? (int)e.mantissa : 100000;
        n->exponent += e.negative ? -power : power;
    }
    return at == length;
}

/* Rounded once where mantissa and power are exact doubles (Clinger 1990), else by strtod(). */
static double value_of(const char *text, size_t length, char decimal, const decimal_number *n)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    enum { MOST_POWER = 22, COPY = 512 };
    const double m = n->negative ? -(double)n->mantissa : (double)n->mantissa;
    if (n->mantissa <= (UINT64_C(1) << 53) && n->exponent >= -MOST_POWER && n->exponent <= MOST_POWER)
        return n->exponent < 0 ? m / powers[-n->exponent] : m * powers[n->exponent];
    char copy[COPY];
    if (length >= COPY) /* more digits than any double tells apart */
        return m * pow(10, n->exponent);
    memcpy(copy, text, length);
    copy[length] = '\0';
    char *mark = decimal == '.' ? NULL : strchr(copy, decimal);
    if (mark)
        *mark = '.';
    return strtod(copy, NULL);
}

mnn_csv_value mnn_csv_number(const mnn_csv_cell *cell, char decimal, float *out)
{
    const char *text = cell->text;
    size_t length = cell->length;
    for (; length > 0 && isblank((unsigned char)*text); length--)
        text++;
    while (length > 0 && isblank((unsigned char)text[length - 1]))
        length--;
    decimal_number n = {0};
    if (parse(text, length, decimal, &n)) {
        const double value = value_of(text, length, decimal, &n);
        if (!(value >= (double)-FLT_MAX && value <= (double)FLT_MAX))
            return MNN_CSV_HUGE;
        *out = (float)value;
        return MNN_CSV_NUMBER;
    }
    if (is_missing(text, length))
        return MNN_CSV_MISSING;
    const size_t sign = length > 0 && (*text == '-' || *text == '+');
    const bool infinite = (length - sign == 3 && strncasecmp(text + sign, "inf", 3) == 0) ||
                          (length - sign == 8 && strncasecmp(text + sign, "infinity", 8) == 0);
    return infinite ? MNN_CSV_HUGE : MNN_CSV_TEXT;
}
