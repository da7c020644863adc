#include "support/diag.h"

#include <stdarg.h>

#include "support/str.h"

/* Beyond this many errors only their number is kept: a source of 16 MiB may hold millions. */
enum { STORED_ERRORS = 1000, STORED_WARNINGS = 1000 };

diag_list *diag_new(arena *a, const char *path)
{
    diag_list *d = ARENA_NEW(a, diag_list);
    d->arena = a;
    d->path = arena_strdup(a, path);
    return d;
}

bool diag_is_full(const diag_list *d)
{
    return d->errors > STORED_ERRORS || d->warnings > STORED_WARNINGS;
}

static void add(diag_list *d, diag_severity severity, span at, const char *format, va_list args)
{
    if (diag_is_full(d))
        return;
    str text = str_new(d->arena);
    str_vprintf(&text, format, args);
    diag *new_diag = ARENA_NEW(d->arena, diag);
    new_diag->severity = severity;
    new_diag->at = at;
    new_diag->text = text.text;
    if (d->last == NULL)
        d->first = new_diag;
    else
        d->last->next = new_diag;
    d->last = new_diag;
}

void diag_error(diag_list *d, span at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    d->errors++;
    add(d, DIAG_ERROR, at, format, args);
    va_end(args);
}

void diag_warning(diag_list *d, span at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    d->warnings++;
    add(d, DIAG_WARNING, at, format, args);
    va_end(args);
}

void diag_note(diag_list *d, span at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(d, DIAG_NOTE, at, format, args);
    va_end(args);
}

void diag_hint(diag_list *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(d, DIAG_HINT, (span){0}, format, args);
    va_end(args);
}
