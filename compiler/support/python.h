/* The writer of Python text: indentation, calls, numbers, and user text made harmless. */
#ifndef MNNC_SUPPORT_PYTHON_H
#define MNNC_SUPPORT_PYTHON_H

#include "support/str.h"

typedef struct py_writer {
    str out;
    int depth; /* of indentation, four blanks each */
} py_writer;

py_writer py_new(arena *a);

/** An indented line; never with user text in it but what py_str() made. */
void py_line(py_writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Verbatim lines, each with its newline. */
void py_text(py_writer *w, const char *lines);

/** "# text", a line for every line of it; what is not printable ASCII becomes "?". */
void py_comment(py_writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** A string literal in double quotes, of printable ASCII only. Ill-formed UTF-8 is escaped as os.fsdecode() does,
 *  so that paths keep their bytes. text NULL gives None. */
const char *py_str(arena *a, const char *text);

/** A float that reads back exactly: "0.001", "1e-07", "32.0" */
const char *py_float(arena *a, double value);

const char *py_bool(bool value);

enum { PY_MAX_ARGUMENTS = 20 };

/** A call that is being put together. */
typedef struct py_call {
    arena *arena;
    const char *function;
    const char *arguments[PY_MAX_ARGUMENTS];
    int count;
    const char *comment; /* NULL, or what py_call_line() writes above the call */
} py_call;

py_call py_call_new(arena *a, const char *function);
void py_argument(py_call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** "function(a, b=1)" */
const char *py_call_text(const py_call *c);

/** A line "before function(...) after"; one that is too long gets one line per argument. */
void py_call_line(py_writer *w, const char *before, const py_call *c, const char *after);

#endif
