/* See cwriter.h. */
#include "ctree/cwriter.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cwriter cw_new(arena *a)
{
    cwriter w = {str_new(a), 0, false};
    return w;
}

static void indent(cwriter *w)
{
    for (int i = 0; i < w->depth; i++)
        str_add(&w->out, "    ");
}

enum { MAX_COLUMNS = 120 };

/** Skip a string literal or a comment that begins at text[i].
 *  @return the index of its last character, or i */
static size_t skip_opaque(const char *text, size_t i)
{
    if (text[i] == '"') {
        for (i++; text[i] && text[i] != '"'; i++)
            if (text[i] == '\\' && text[i + 1])
                i++;
    } else if (text[i] == '/' && text[i + 1] == '*') {
        const char *end = strstr(text + i + 2, "*/");
        i = end ? (size_t)(end - text) + 1 : strlen(text) - 1;
    }
    return i;
}

/** How well a line can end before the blank at text[i]: 0 at a comma or semicolon or before a comment, 1
 *  before an operator, -1 not at all. */
static int break_cost(const char *text, size_t i)
{
    if (text[i] != ' ' || i == 0)
        return -1;
    if (text[i - 1] == ',' || text[i - 1] == ';' || strncmp(text + i, " /*", 3) == 0)
        return 0;
    if (strncmp(text + i, " + ", 3) == 0 || strncmp(text + i, " ? ", 3) == 0 || strncmp(text + i, " : ", 3) == 0)
        return 1;
    return -1;
}

/** Where to break a line that is too long: the last place that fits, as far outside of brackets as can be;
 *  0 when there is none. */
static size_t break_at(const char *text, size_t room)
{
    size_t best = 0;
    int depth = 0, best_cost = INT_MAX;
    for (size_t i = 0; i <= room && text[i]; i++) {
        depth +=
            (text[i] == '(' || text[i] == '[' || text[i] == '{') - (text[i] == ')' || text[i] == ']' || text[i] == '}');
        const int cost = break_cost(text, i);
        if (cost >= 0 && 2 * depth + cost <= best_cost) {
            best = i;
            best_cost = 2 * depth + cost;
        }
        i = skip_opaque(text, i);
    }
    return best;
}

/** A line, with its continuations two levels deeper. */
static void add_line(cwriter *w, const char *format, va_list args, const char *end)
{
    str line = str_new(w->out.arena);
    str_vprintf(&line, format, args);
    str_add(&line, end);
    const char *rest = line.text;
    int deeper = 0;
    for (;;) {
        const size_t used = (size_t)(4 * (w->depth + deeper));
        const size_t room = used < MAX_COLUMNS ? MAX_COLUMNS - used : 1;
        const size_t cut = strcspn(rest, "\n") > room ? break_at(rest, room) : 0;
        w->depth += deeper;
        indent(w);
        w->depth -= deeper;
        if (!cut)
            break;
        str_add_n(&w->out, rest, cut);
        str_add_char(&w->out, '\n');
        rest += cut + 1;
        deeper = 2;
    }
    str_add(&w->out, rest);
}

void cw_line(cwriter *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_line(w, format, args, "\n");
    va_end(args);
}

void cw_blank(cwriter *w)
{
    str_add_char(&w->out, '\n');
}

void cw_open(cwriter *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_line(w, format, args, " {\n");
    va_end(args);
    w->depth++;
}

void cw_body(cwriter *w)
{
    cw_line(w, "{");
    w->depth++;
}

void cw_close(cwriter *w, const char *after)
{
    w->depth--;
    cw_line(w, "}%s", after);
}

void cw_indent(cwriter *w)
{
    w->depth++;
}

void cw_outdent(cwriter *w)
{
    w->depth--;
}

/** Text inside a comment: neither end nor beginning of a comment, no trigraph, one byte a character. */
static void add_comment_char(cwriter *w, const char *text, size_t i)
{
    const char c = text[i], next = text[i + 1];
    if (((c == '*' && next == '/') || (c == '/' && next == '*') || (c == '?' && next == '?')))
        str_printf(&w->out, "%c ", c);
    else if (c == '\\' || (unsigned char)c < 0x20 || (unsigned char)c > 0x7e)
        str_printf(&w->out, "<%02x>", (unsigned)(unsigned char)c);
    else
        str_add_char(&w->out, c);
}

void cw_comment(cwriter *w, const char *format, ...)
{
    str text = str_new(w->out.arena);
    va_list args;
    va_start(args, format);
    str_vprintf(&text, format, args);
    va_end(args);

    indent(w);
    str_add(&w->out, "/* ");
    for (size_t i = 0; i < text.length; i++) {
        if (text.text[i] != '\n') {
            add_comment_char(w, text.text, i);
            continue;
        }
        str_add_char(&w->out, '\n');
        indent(w);
        str_add(&w->out, text.text[i + 1] && text.text[i + 1] != '\n' ? " * " : " *");
    }
    str_add(&w->out, " */\n");
}

const char *cw_str(cwriter *w, const char *text)
{
    if (!text)
        return "NULL";
    str s = str_new(w->out.arena);
    str_add_char(&s, '"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c < 0x20 || *c > 0x7e || *c == '"' || *c == '\\' || *c == '?')
            str_printf(&s, "\\%03o", (unsigned)*c);
        else
            str_add_char(&s, (char)*c);
    str_add_char(&s, '"');
    return s.text;
}

/** Digits as printf writes them in the C locale, with a point or an exponent; 10 as "10.0" and not "1e+01". */
static const char *number(cwriter *w, double value, int digits, const char *suffix)
{
    char text[400];
    snprintf(text, sizeof text, "%.*g", digits, value);
    while (value > -1e6 && value < 1e6 && strstr(text, "e+"))
        snprintf(text, sizeof text, "%.*g", ++digits, value);
    for (char *c = text; *c; c++)
        if (*c == ',') /* the decimal point of the locale */
            *c = '.';
    const char *point = strpbrk(text, ".en") ? "" : ".0";
    return arena_printf(w->out.arena, "%s%s%s", text, point, suffix);
}

/** The fewest digits that read back as the same number. A number that fewer than `least` digits hold reads back from
 * `least` too, which print without the zeros at their end. */
static int digits_needed(double value, int least, int most, bool is_float)
{
    for (int digits = least; digits < most; digits++) {
        char text[400];
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (is_float ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value)
            return digits;
    }
    return most;
}

const char *cw_f32(cwriter *w, double value)
{
    w->unwritable = w->unwritable || !isfinite((float)value) || ((float)value == 0.0f && value != 0);
    return number(w, (double)(float)value, digits_needed((double)(float)value, FLT_DIG, 9, true), "f");
}

const char *cw_f64(cwriter *w, double value)
{
    w->unwritable = w->unwritable || !isfinite(value);
    return number(w, value, digits_needed(value, DBL_DIG, 17, false), "");
}
