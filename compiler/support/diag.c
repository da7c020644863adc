#include "support/diag.h"

#include <stdarg.h>
#include <string.h>

#include "support/str.h"

static const struct {
    const char *name;
    const char *doc;
} warnings[DIAG_WARNING_COUNT] = {
#define WARNING(id, name, doc) {name, doc},
#include "support/warnings.def"
#undef WARNING
};

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

static void append(diag_list *d, diag what)
{
    diag *new_diag = ARENA_NEW(d->arena, diag);
    *new_diag = what;
    if (d->last == NULL)
        d->first = new_diag;
    else
        d->last->next = new_diag;
    d->last = new_diag;
}

static void add(diag_list *d, diag_severity severity, span at, const char *format, va_list args)
{
    if (diag_is_full(d) || d->silent)
        return;
    str text = str_new(d->arena);
    str_vprintf(&text, format, args);
    append(d, (diag){.severity = severity, .at = at, .text = text.text});
}

void diag_error(diag_list *d, span at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    d->silent = false;
    d->errors++;
    add(d, DIAG_ERROR, at, format, args);
    va_end(args);
}

void diag_warning(diag_list *d, diag_warning_kind kind, span at, const char *format, ...)
{
    va_list args;
    d->silent = d->options.all_off || d->options.off[kind];
    if (d->silent)
        return;
    va_start(args, format);
    d->warnings++;
    if (!diag_is_full(d)) {
        add(d, DIAG_WARNING, at, format, args);
        d->last->kind = kind;
    }
    va_end(args);
}

void diag_note(diag_list *d, span at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(d, DIAG_NOTE, at, format, args);
    va_end(args);
}

void diag_remark(diag_list *d, span at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    d->silent = d->options.all_off;
    add(d, DIAG_REMARK, at, format, args);
    va_end(args);
}

void diag_hint(diag_list *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(d, DIAG_HINT, (span){0}, format, args);
    va_end(args);
}

static bool begins_its_line(span at)
{
    size_t length;
    const char *line = source_line(at.source, at.begin, &length);
    return (size_t)(at.source->text + at.begin - line) == strspn(line, " \t");
}

void diag_insert(diag_list *d, span at, const char *line)
{
    if (!diag_is_full(d) && !d->silent && begins_its_line(at))
        append(d, (diag){.severity = DIAG_INSERT, .at = at, .text = line});
}

const char *diag_warning_name(diag_warning_kind kind)
{
    return warnings[kind].name;
}

const char *diag_warning_doc(diag_warning_kind kind)
{
    return warnings[kind].doc;
}

diag_warning_kind diag_warning_find(const char *name)
{
    int kind = 0;
    while (kind < DIAG_WARNING_COUNT && strcmp(warnings[kind].name, name) != 0)
        kind++;
    return (diag_warning_kind)kind;
}

bool diag_failed(const diag_list *d)
{
    return d->errors > 0 || (d->options.as_errors && d->warnings > 0);
}
