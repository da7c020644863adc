/* Text that grows, and small services on text. */
#ifndef MNNC_SUPPORT_STR_H
#define MNNC_SUPPORT_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "support/arena.h"

/** A growing text; always NUL-terminated once something was added. Lives in its arena. */
typedef struct str {
    arena *arena;
    char *text;
    size_t length;
    size_t capacity;
} str;

str str_new(arena *a);
void str_add(str *s, const char *text);
void str_add_n(str *s, const char *text, size_t length);
void str_add_char(str *s, char c);
void str_printf(str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void str_vprintf(str *s, const char *format, va_list args);

/** User text made harmless for a terminal: control and bidirectional characters, ill-formed UTF-8
 *  and the double quote are escaped; longer than about 60 characters is cut with "...". */
const char *str_printable(arena *a, const char *text, size_t length);

/** The same escapes without the cut, added to a text; the double quote is left as it is. */
void str_add_escaped(str *s, const char *text, size_t length);

/** Whether a text of that many bytes has the form of a word: letters, digits and "_", and no digit first. */
bool str_is_word(const char *text, size_t length);

/** A user's name as a C identifier: lower case letters, digits and "_"; a name without a letter first gets a prefix. */
const char *str_c_name(arena *a, const char *name, const char *prefix);

/** Format a double so that it reads back exactly, with as few digits as possible, in the C locale
 *  ("0.001", "1e-07", "32"). */
const char *str_double(arena *a, double value);

#endif
