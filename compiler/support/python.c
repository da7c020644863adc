#include "support/python.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

enum { WIDTH = 100 };

py_writer py_new(arena *a)
{
    return (py_writer){.out = str_new(a)};
}

static void indent(py_writer *w)
{
    for (int i = 0; i < w->depth; i++)
        str_add(&w->out, "    ");
}

void py_line(py_writer *w, const char *format, ...)
{
    va_list args;
    if (*format)
        indent(w);
    va_start(args, format);
    str_vprintf(&w->out, format, args);
    va_end(args);
    str_add_char(&w->out, '\n');
}

void py_text(py_writer *w, const char *lines)
{
    str_add(&w->out, lines);
}

void py_comment(py_writer *w, const char *format, ...)
{
    str s = str_new(w->out.arena);
    va_list args;
    va_start(args, format);
    str_vprintf(&s, format, args);
    va_end(args);
    indent(w);
    str_add(&w->out, "# ");
    for (const char *c = s.text; *c; c++)
        if (*c == '\n') {
            str_add_char(&w->out, '\n');
            indent(w);
            str_add(&w->out, "# ");
        } else {
            str_add_char(&w->out, (unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7F ? *c : '?');
        }
    str_add_char(&w->out, '\n');
}

static void add_character(str *s, uint32_t code)
{
    if (code == '"' || code == '\\')
        str_printf(s, "\\%c", (int)code);
    else if (code >= 0x20 && code < 0x7F)
        str_add_char(s, (char)code);
    else if (code < 0x100)
        str_printf(s, "\\x%02x", (unsigned)code);
    else if (code < 0x10000)
        str_printf(s, "\\u%04x", (unsigned)code);
    else
        str_printf(s, "\\U%08x", (unsigned)code);
}

const char *py_str(arena *a, const char *text)
{
    if (!text)
        return "None";
    str s = str_new(a);
    str_add_char(&s, '"');
    for (size_t left = strlen(text); left > 0;) {
        uint32_t code = 0;
        const int length = mnn_utf8_decode(text, left, &code);
        if (length == 0)
            str_printf(&s, "\\udc%02x", (unsigned)(unsigned char)*text); /* surrogateescape, PEP 383 */
        else
            add_character(&s, code);
        text += length ? length : 1;
        left -= length ? (size_t)length : 1;
    }
    str_add_char(&s, '"');
    return s.text;
}

const char *py_float(arena *a, double value)
{
    if (fabs(value) < 1e15 && value == trunc(value))
        return arena_printf(a, "%.1f", value);
    const char *text = str_double(a, value);
    return strpbrk(text, ".en") ? text : arena_printf(a, "%s.0", text);
}

const char *py_bool(bool value)
{
    return value ? "True" : "False";
}

/* --- calls ------------------------------------------------------------------------------------------ */

py_call py_call_new(arena *a, const char *function)
{
    return (py_call){.arena = a, .function = function};
}

void py_argument(py_call *c, const char *format, ...)
{
    str s = str_new(c->arena);
    va_list args;
    va_start(args, format);
    str_vprintf(&s, format, args);
    va_end(args);
    assert(c->count < PY_MAX_ARGUMENTS);
    c->arguments[c->count++] = s.text;
}

const char *py_call_text(const py_call *c)
{
    str s = str_new(c->arena);
    str_printf(&s, "%s(", c->function);
    for (int i = 0; i < c->count; i++)
        str_printf(&s, "%s%s", i ? ", " : "", c->arguments[i]);
    str_add_char(&s, ')');
    return s.text;
}

void py_call_line(py_writer *w, const char *before, const py_call *c, const char *after)
{
    const char *text = py_call_text(c);
    if (c->comment)
        py_comment(w, "%s", c->comment);
    if (4 * (size_t)w->depth + strlen(before) + strlen(text) + strlen(after) <= WIDTH) {
        py_line(w, "%s%s%s", before, text, after);
        return;
    }
    py_line(w, "%s%s(", before, c->function);
    w->depth++;
    for (int i = 0; i < c->count; i++)
        py_line(w, "%s,", c->arguments[i]);
    w->depth--;
    py_line(w, ")%s", after);
}
