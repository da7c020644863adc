/* See ctree.h. */
#include "ctree/ctree.h"

#include <stdarg.h>

#include "support/list.h"

typedef struct statement {
    const char *head; /* "for (...)", "if (...)", or the statement */
    ct_block *body;   /* NULL: a statement by itself */
    struct statement *next;
} statement;

struct ct_block {
    arena *arena;
    statement *first, *last;
};

/* --- expressions ------------------------------------------------------------------------------------- */

ct_expr ct_name(const char *name)
{
    return (ct_expr){name, CT_PRIMARY};
}

ct_expr ct_int(arena *a, int64_t value)
{
    return (ct_expr){arena_printf(a, "%lld", (long long)value), value < 0 ? CT_UNARY : CT_PRIMARY};
}

static const char *grouped(arena *a, ct_expr e, ct_rank least)
{
    return e.rank < least ? arena_printf(a, "(%s)", e.text) : e.text;
}

ct_expr ct_binary(arena *a, ct_rank rank, ct_expr left, const char *operator, ct_expr right)
{
    const char *l = grouped(a, left, rank), *r = grouped(a, right, rank + 1);
    return (ct_expr){arena_printf(a, "%s %s %s", l, operator, r), rank};
}

ct_expr ct_element(arena *a, ct_expr array, ct_expr index)
{
    return (ct_expr){arena_printf(a, "%s[%s]", grouped(a, array, CT_PRIMARY), index.text), CT_PRIMARY};
}

/* --- types ------------------------------------------------------------------------------------------- */

const char *ct_declaration(arena *a, const ct_type *type, const char *name)
{
    str s = str_new(a);
    const bool to_array = type->pointer && type->rank > 1;
    str_printf(&s, to_array ? "%s (*%s)" : type->pointer ? "%s *%s" : "%s %s", type->base, name);
    for (int d = type->pointer; d < type->rank; d++)
        str_printf(&s, "[%s]", type->dim[d]);
    return s.text;
}

const char *ct_cast(arena *a, const ct_type *type)
{
    return arena_printf(a, "(%s)", ct_declaration(a, type, ""));
}

/* --- statements -------------------------------------------------------------------------------------- */

ct_block *ct_block_new(arena *a)
{
    ct_block *b = ARENA_NEW(a, ct_block);
    b->arena = a;
    return b;
}

static ct_block *append(ct_block *b, const char *head, ct_block *body)
{
    statement *s = ARENA_NEW(b->arena, statement);
    *s = (statement){head, body, NULL};
    LIST_APPEND(b->first, b->last, s);
    return body;
}

void ct_statement(ct_block *b, const char *format, ...)
{
    str s = str_new(b->arena);
    va_list args;
    va_start(args, format);
    str_vprintf(&s, format, args);
    va_end(args);
    append(b, s.text, NULL);
}

ct_block *ct_for(ct_block *b, const char *name, const char *first, const char *end)
{
    return ct_loop(b, arena_printf(b->arena, "int %s = %s; %s < %s; %s++", name, first, name, end, name));
}

ct_block *ct_loop(ct_block *b, const char *head)
{
    return append(b, arena_printf(b->arena, "for (%s)", head), ct_block_new(b->arena));
}

ct_block *ct_braces(ct_block *b)
{
    return append(b, "", ct_block_new(b->arena));
}

ct_block *ct_if(ct_block *b, ct_expr condition)
{
    return append(b, arena_printf(b->arena, "if (%s)", condition.text), ct_block_new(b->arena));
}

void ct_append(ct_block *b, const ct_block *more)
{
    for (const statement *s = more->first; s; s = s->next)
        append(b, s->head, s->body);
}

void ct_print(cwriter *w, const ct_block *b)
{
    for (const statement *s = b->first; s; s = s->next) {
        const bool braces = s->body && (s->body->first != s->body->last || !*s->head);
        if (!s->body)
            cw_line(w, "%s;", s->head);
        else if (!*s->head)
            cw_body(w);
        else if (braces)
            cw_open(w, "%s", s->head);
        else
            cw_line(w, "%s", s->head);
        if (!s->body)
            continue;
        if (!braces)
            cw_indent(w);
        ct_print(w, s->body);
        if (braces)
            cw_close(w, "");
        else
            cw_outdent(w);
    }
}

void ct_print_body(cwriter *w, const ct_block *b)
{
    cw_body(w);
    ct_print(w, b);
    cw_close(w, "");
}
