/* Constants: "name = value" at the top of a file, and the values of -D that replace them. */
#include <string.h>

#include "sema/context.h"

sema_scope sema_scope_new(sema_context *cx, const sema_scope *parent)
{
    return (sema_scope){.parent = parent, .constants = name_map_new(cx->arena)};
}

bool sema_scope_add(sema_context *cx, sema_scope *scope, ast_name name, sema_value value)
{
    const sema_constant *first = name_map_get(&scope->constants, name.text);
    if (first != NULL) {
        diag_error(cx->diag, name.at, "\"%s\" is already defined", sema_quote(cx, name.text));
        diag_note(cx->diag, first->name.at, "the first definition is here");
        return false;
    }
    sema_constant *c = ARENA_NEW(cx->arena, sema_constant);
    *c = (sema_constant){.name = name, .value = value};
    name_map_put(&scope->constants, name.text, c);
    if (scope->count == scope->capacity) {
        scope->capacity = scope->capacity == 0 ? 16 : 2 * scope->capacity;
        const sema_constant **order = arena_array(cx->arena, (size_t)scope->capacity, sizeof *order);
        for (int i = 0; i < scope->count; i++)
            order[i] = scope->order[i];
        scope->order = order;
    }
    scope->order[scope->count++] = c;
    return true;
}

sema_constant *sema_scope_find(const sema_scope *scope, const char *name)
{
    for (; scope != NULL; scope = scope->parent) {
        sema_constant *c = name_map_get(&scope->constants, name);
        if (c != NULL)
            return c;
    }
    return NULL;
}

static void add_constants(sema_words *w, const sema_scope *scope)
{
    for (int i = 0; i < scope->count && !sema_words_full(w); i++)
        sema_words_add(w, scope->order[i]->name.text, scope->order[i]->name.text);
}

void sema_unknown_constant(sema_context *cx, const sema_value *word)
{
    const char *name = word->word;
    const ast_stmt *definition = name_map_get(&cx->definitions, name);
    if (definition != NULL && sema_scope_find(&cx->constants, name) == NULL) {
        diag_error(cx->diag, word->at, "constant \"%s\" is used before it is defined", sema_quote(cx, name));
        diag_note(cx->diag, definition->name.at, "it is defined here");
        return;
    }
    if (cx->incomplete)
        return; /* its definition may be what the parser has complained about */
    diag_error(cx->diag, word->at, "unknown constant \"%s\"", sema_quote(cx, name));
    sema_words w = sema_words_new(cx);
    add_constants(&w, &cx->constants);
    sema_hint_words(&w, name, "constants");
}

void sema_note_origin(sema_context *cx, const sema_value *v)
{
    if (v->origin.source != NULL)
        diag_note(cx->diag, v->origin, "the value comes from here");
}

/* --- -D --------------------------------------------------------------------------------------------- */

/** The last -D for a name, as the last one holds. */
static const ast_stmt *definition_of(const sema_options *options, const char *name)
{
    const ast_stmt *found = NULL;
    for (const ast_stmt *s = options != NULL ? options->definitions : NULL; s != NULL; s = s->next)
        if (strcmp(s->name.text, name) == 0)
            found = s;
    return found;
}

/** Kinds that may replace one another: a bare word is a call with the defaults. */
static sema_value_kind class_of(const sema_value *v)
{
    return v->kind == SEMA_WORD ? SEMA_CALL : v->kind;
}

/** The value of -D with the type of the constant; an integer serves where the constant is real. */
static bool keep_type(sema_context *cx, const char *name, const sema_value *old, sema_value *v)
{
    if (v->kind == SEMA_ERROR || old->kind == SEMA_ERROR || old->kind == SEMA_NONE || v->kind == SEMA_NONE)
        return true;
    if (old->kind == SEMA_REAL && v->kind == SEMA_INT) {
        *v = (sema_value){.kind = SEMA_REAL, .at = v->at, .origin = v->origin, .real = (double)v->integer};
        return true;
    }
    if (class_of(v) == class_of(old))
        return true;
    diag_error(cx->diag, v->at, "-D gives \"%s\" another type (got %s, expected one like %s)", sema_quote(cx, name),
               sema_describe(cx, v), sema_describe(cx, old));
    diag_note(cx->diag, old->at, "the constant is here");
    return false;
}

static void check_definitions(sema_context *cx, const sema_options *options)
{
    for (const ast_stmt *s = options != NULL ? options->definitions : NULL; s != NULL; s = s->next) {
        if (name_map_get(&cx->definitions, s->name.text) != NULL)
            continue;
        diag_error(cx->diag, s->name.at, "-D names an unknown constant \"%s\"", sema_quote(cx, s->name.text));
        sema_words w = sema_words_new(cx);
        add_constants(&w, &cx->constants);
        if (cx->constants.count == 0)
            diag_hint(cx->diag, "the file has no constants; write \"%s = value\" at its top to make one",
                      sema_quote(cx, s->name.text));
        sema_hint_words(&w, s->name.text, "constants");
    }
}

void sema_constants(sema_context *cx, const sema_options *options)
{
    cx->constants = sema_scope_new(cx, NULL);
    cx->definitions = name_map_new(cx->arena);
    for (ast_stmt *s = cx->file->constants; s != NULL; s = s->next)
        if (name_map_get(&cx->definitions, s->name.text) == NULL)
            name_map_put(&cx->definitions, s->name.text, s);
    for (const ast_stmt *s = cx->file->constants; s != NULL; s = s->next) {
        sema_value v = sema_evaluate(cx, &cx->constants, s->value);
        const ast_stmt *definition = definition_of(options, s->name.text);
        if (definition != NULL) {
            sema_value given = sema_evaluate(cx, &cx->constants, definition->value);
            if (keep_type(cx, s->name.text, &v, &given))
                v = given;
        }
        sema_scope_add(cx, &cx->constants, s->name, v);
    }
    check_definitions(cx, options);
}
