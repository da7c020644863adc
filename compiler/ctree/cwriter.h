/* The only writer of C text: indentation, blank lines, numbers, and escaping of user text. */
#ifndef MNNC_CTREE_CWRITER_H
#define MNNC_CTREE_CWRITER_H

#include <stdbool.h>

#include "support/str.h"

typedef struct cwriter {
    str out;
    int depth;       /* of indentation, four blanks each */
    bool unwritable; /* a value was requested that C cannot express: not finite, or 0 only as a float */
} cwriter;

cwriter cw_new(arena *a);

/** An indented line, broken when it is long; printf form, never with user text in it. */
void cw_line(cwriter *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cw_blank(cwriter *w);

/** "text {" and one level deeper. */
void cw_open(cwriter *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** "{" alone, before a function's body. */
void cw_body(cwriter *w);

/** One level up and "}" with what follows it (";" or nothing). */
void cw_close(cwriter *w, const char *after);

/** One level deeper without a brace: the single statement after a for or if. */
void cw_indent(cwriter *w);
void cw_outdent(cwriter *w);

/** A block comment of one or several lines; no text can end it. */
void cw_comment(cwriter *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** A C string literal with its quotes. Quotes, backslashes, trigraphs, control characters and everything
 *  that is not ASCII are written as octal escapes. text NULL gives NULL. */
const char *cw_str(cwriter *w, const char *text);

/** A float or double constant that reads back exactly: "0.00392156886f", "1e-07". An unwritable value sets
 *  unwritable: a float that is infinite, NaN, or 0 for a nonzero value. */
const char *cw_f32(cwriter *w, double value);
const char *cw_f64(cwriter *w, double value);

#endif
