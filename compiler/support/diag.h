/* Diagnostics as data: collected in a list, printed by the owner of the list. */
#ifndef MNNC_SUPPORT_DIAG_H
#define MNNC_SUPPORT_DIAG_H

#include <stdbool.h>
#include <stdio.h>

#include "support/arena.h"
#include "support/source.h"

typedef enum diag_severity { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE, DIAG_HINT, DIAG_INSERT, DIAG_REMARK } diag_severity;

/** Names for the kinds of warnings, from warnings.def. */
typedef enum diag_warning_kind {
#define WARNING(id, name, doc) DIAG_##id,
#include "support/warnings.def"
#undef WARNING
    DIAG_WARNING_COUNT
} diag_warning_kind;

typedef struct diag {
    diag_severity severity;
    diag_warning_kind kind; /* of a warning */
    span at;                /* zero span: about the file as a whole, or (hint) about the text above */
    const char *text;       /* one line, no full stop, user text already printable */
    struct diag *next;
} diag;

/** Which warnings are wanted. */
typedef struct diag_options {
    bool off[DIAG_WARNING_COUNT];
    bool all_off;   /* -w */
    bool as_errors; /* -Werror */
} diag_options;

/** All diagnostics of one compile, in the order they were reported; a note or a hint belongs to the
 *  error or warning before it. */
typedef struct diag_list {
    arena *arena;
    const char *path; /* for diagnostics without a position */
    diag_options options;
    diag *first;
    diag *last;
    int errors;
    int warnings; /* that are wanted */
    int columns;  /* of the terminal that lines of the source must fit; 0: there is none */
    bool color;   /* diag_print() writes escape sequences of colours */
    bool silent;  /* the last warning is not wanted: nor are its notes and hints */
} diag_list;

diag_list *diag_new(arena *a, const char *path);

/* Wording (style.md): lower case, no full stop, "user names" in double quotes through
 * str_printable(), the value received and the one expected. */
void diag_error(diag_list *d, span at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_warning(diag_list *d, diag_warning_kind kind, span at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diag_note(diag_list *d, span at, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** A note of its own, about correct input that may surprise. -w omits it. */
void diag_remark(diag_list *d, span at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_hint(diag_list *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** After a hint: show a line that is to be written above the one that at begins. If something else precedes at, nothing
 * is shown. */
void diag_insert(diag_list *d, span at, const char *line);

/** The name of a warning on the command line and in brackets after its text, and its explanation. */
const char *diag_warning_name(diag_warning_kind kind);
const char *diag_warning_doc(diag_warning_kind kind);

/** @return its kind, or DIAG_WARNING_COUNT when no warning has that name */
diag_warning_kind diag_warning_find(const char *name);

/** Whether the source is rejected: errors, or warnings that count as such. */
bool diag_failed(const diag_list *d);

/** Whether the limit of errors is reached: further ones are only counted, without their text. */
bool diag_is_full(const diag_list *d);

/** Print all, sorted by position (errors and warnings with their notes and hints):
 *      path:line:col: error: text
 *         13 |     dens(10)
 *            |     ^~~~
 *      path:line:col: note: text      (again with its line)
 *      hint: text
 *          + |     flatten()             (a line to be written above the next)
 *  A warning's text ends with its name, "[-Wuseless]"; under -Werror it is called an error.
 *  With color, places are bold and the other parts have the colours of gcc's messages.
 *  At most 50 errors are shown, then a line with the number of the others. */
void diag_print(const diag_list *d, FILE *out);

#endif
