/* Expressions to values. */
#include <string.h>

#include "sema/context.h"

/* --- leaves ----------------------------------------------------------------------------------------- */

static sema_value evaluate_name(const sema_scope *scope, const ast_expr *e)
{
    sema_constant *c = sema_scope_find(scope, e->name);
    if (c == NULL)
        return (sema_value){.kind = SEMA_WORD, .at = e->at, .word = e->name};
    c->used = true;
    sema_value v = c->value;
    v.at = e->at;
    v.origin = c->name.at;
    return v;
}

static sema_value evaluate_number(const ast_expr *e)
{
    if (e->number.faulty)
        return (sema_value){.kind = SEMA_ERROR, .at = e->at};
    if (e->number.is_integer)
        return (sema_value){.kind = SEMA_INT, .at = e->at, .integer = e->number.integer};
    return (sema_value){.kind = SEMA_REAL, .at = e->at, .real = e->number.value};
}

static sema_value evaluate_items(sema_context *cx, const sema_scope *scope, const ast_expr *e)
{
    sema_value *items = arena_array(cx->arena, (size_t)e->items.count, sizeof *items);
    int count = 0;
    bool ok = true;
    for (const ast_expr *item = e->items.first; item != NULL && count < e->items.count; item = item->next) {
        items[count] = sema_evaluate(cx, scope, item);
        ok = ok && items[count].kind != SEMA_ERROR;
        count++;
    }
    if (!ok)
        return (sema_value){.kind = SEMA_ERROR, .at = e->at};
    return (sema_value){.kind = e->kind == AST_TUPLE ? SEMA_TUPLE : SEMA_LIST, .at = e->at, .items = {items, count}};
}

sema_call *sema_evaluate_call(sema_context *cx, const sema_scope *scope, const ast_call *call)
{
    sema_arg *args = arena_array(cx->arena, (size_t)call->count, sizeof *args);
    int count = 0;
    if (call->inputs_at.source != NULL)
        diag_error(cx->diag, call->inputs_at, "only layers and blocks have inputs (got a call of a call)");
    for (const ast_arg *a = call->args; a != NULL && count < call->count; a = a->next)
        args[count++] = (sema_arg){a->name, sema_evaluate(cx, scope, a->value), a->at};
    sema_call *evaluated = ARENA_NEW(cx->arena, sema_call);
    *evaluated = (sema_call){call->callee, call->parens, count, args};
    return evaluated;
}

static sema_value evaluate_leaf(sema_context *cx, const sema_scope *scope, const ast_expr *e)
{
    switch (e->kind) {
    case AST_NUMBER:
        return evaluate_number(e);
    case AST_STRING:
        return (sema_value){.kind = SEMA_STRING, .at = e->at, .string = {e->string.text, e->string.length}};
    case AST_BOOL:
        return (sema_value){.kind = SEMA_BOOL, .at = e->at, .boolean = e->boolean};
    case AST_NONE:
        return (sema_value){.kind = SEMA_NONE, .at = e->at};
    case AST_NAME:
        return evaluate_name(scope, e);
    case AST_TUPLE:
    case AST_LIST:
        return evaluate_items(cx, scope, e);
    case AST_CALL:
        return (sema_value){.kind = SEMA_CALL, .at = e->at, .call = sema_evaluate_call(cx, scope, &e->call)};
    case AST_UNARY:
    case AST_BINARY:
        break;
    }
    return (sema_value){.kind = SEMA_ERROR, .at = e->at};
}

/* --- operators -------------------------------------------------------------------------------------- */

/** An operation that is waiting for its operands. */
typedef struct pending {
    const ast_expr *e;
    bool operands_done;
} pending;

typedef struct operator_stacks {
    arena *arena;
    pending *todo;
    size_t todo_count, todo_capacity;
    sema_value *values;
    size_t value_count, value_capacity;
} operator_stacks;

/** Twice the room, the contents kept. */
static void *grown(arena *a, const void *old, size_t *capacity, size_t size)
{
    const size_t bigger = *capacity == 0 ? 16 : 2 * *capacity;
    void *room = arena_array(a, bigger, size);
    if (*capacity > 0)
        memcpy(room, old, *capacity * size);
    *capacity = bigger;
    return room;
}

static void push_todo(operator_stacks *s, const ast_expr *e, bool operands_done)
{
    if (s->todo_count == s->todo_capacity)
        s->todo = grown(s->arena, s->todo, &s->todo_capacity, sizeof *s->todo);
    s->todo[s->todo_count++] = (pending){e, operands_done};
}

static void push_value(operator_stacks *s, sema_value v)
{
    if (s->value_count == s->value_capacity)
        s->values = grown(s->arena, s->values, &s->value_capacity, sizeof *s->values);
    s->values[s->value_count++] = v;
}

static bool is_operation(const ast_expr *e)
{
    return e->kind == AST_UNARY || e->kind == AST_BINARY;
}

sema_value sema_evaluate(sema_context *cx, const sema_scope *scope, const ast_expr *e)
{
    if (!is_operation(e))
        return evaluate_leaf(cx, scope, e);
    operator_stacks s = {.arena = cx->arena};
    push_todo(&s, e, false);
    while (s.todo_count > 0) {
        const pending p = s.todo[--s.todo_count];
        if (!is_operation(p.e)) {
            push_value(&s, evaluate_leaf(cx, scope, p.e));
        } else if (!p.operands_done) {
            push_todo(&s, p.e, true);
            push_todo(&s, p.e->operation.right, false);
            if (p.e->kind == AST_BINARY)
                push_todo(&s, p.e->operation.left, false);
        } else {
            const sema_value right = s.values[--s.value_count];
            const sema_value left = p.e->kind == AST_BINARY ? s.values[--s.value_count] : right;
            push_value(&s, sema_operate(cx, p.e, left, right));
        }
    }
    return s.values[0];
}
