/* Diagnostics as data: collected in a list, printed by whoever owns the list. */
#ifndef MNNC_SUPPORT_DIAG_H
#define MNNC_SUPPORT_DIAG_H

#include <stdbool.h>
#include <stdio.h>

#include "support/arena.h"
#include "support/source.h"

typedef enum diag_severity { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE, DIAG_HINT } diag_severity;

typedef struct diag {
    diag_severity severity;
    span at;          /* zero span: about the file as a whole, or (hint) about the text above */
    const char *text; /* one line, no full stop, user text already printable */
    struct diag *next;
} diag;

/** All diagnostics of one compile, in the order they were reported; a note or a hint belongs to the
 *  error or warning before it. */
typedef struct diag_list {
    arena *arena;
    const char *path; /* for diagnostics without a place */
    diag *first;
    diag *last;
    int errors;
    int warnings;
} diag_list;

diag_list *diag_new(arena *a, const char *path);

/* Wording (style.md): lower case, no full stop, "user names" in double quotes through
 * str_printable(), the value received and the one expected. */
void diag_error(diag_list *d, span at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_warning(diag_list *d, span at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_note(diag_list *d, span at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_hint(diag_list *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** So many errors that further ones are only counted: their wording can be spared. */
bool diag_is_full(const diag_list *d);

/** Print all, sorted by place (errors and warnings with their notes and hints):
 *      path:line:col: error: text
 *         13 |     dens(10)
 *            |     ^~~~
 *      path:line:col: note: text      (again with its line)
 *      hint: text
 *  At most 50 errors are shown, then a line that says how many more there are. */
void diag_print(const diag_list *d, FILE *out);

#endif
