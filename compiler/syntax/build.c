#include "syntax/build.h"

#include <string.h>

static ast_expr *new_expr(arena *a, ast_expr_kind kind, span at)
{
    ast_expr *e = ARENA_NEW(a, ast_expr);
    e->kind = kind;
    e->at = at;
    return e;
}

ast_expr *build_number(arena *a, span at, double value, bool is_integer, int64_t integer, const char *text)
{
    ast_expr *e = new_expr(a, AST_NUMBER, at);
    e->number.value = value;
    e->number.is_integer = is_integer;
    e->number.integer = integer;
    e->number.text = text;
    return e;
}

ast_expr *build_string(arena *a, span at, const char *text, size_t length)
{
    ast_expr *e = new_expr(a, AST_STRING, at);
    e->string.text = text;
    e->string.length = length;
    return e;
}

ast_expr *build_bool(arena *a, span at, bool value)
{
    ast_expr *e = new_expr(a, AST_BOOL, at);
    e->boolean = value;
    return e;
}

ast_expr *build_none(arena *a, span at)
{
    return new_expr(a, AST_NONE, at);
}

ast_expr *build_name(arena *a, ast_name name)
{
    ast_expr *e = new_expr(a, AST_NAME, name.at);
    e->name = name.text;
    return e;
}

ast_expr *build_items(arena *a, span at, ast_expr_kind kind, expr_list items)
{
    ast_expr *e = new_expr(a, kind, at);
    e->items.first = items.first;
    e->items.count = items.count;
    return e;
}

ast_expr *build_call_expr(arena *a, span at, ast_call call)
{
    ast_expr *e = new_expr(a, AST_CALL, at);
    e->call = call;
    return e;
}

ast_expr *build_unary(arena *a, span at, ast_operator op, span op_at, ast_expr *right)
{
    ast_expr *e = new_expr(a, AST_UNARY, at);
    e->operation.op = op;
    e->operation.op_at = op_at;
    e->operation.right = right;
    return e;
}

ast_expr *build_binary(arena *a, span at, ast_expr *left, ast_operator op, span op_at, ast_expr *right)
{
    ast_expr *e = new_expr(a, AST_BINARY, at);
    e->operation.op = op;
    e->operation.op_at = op_at;
    e->operation.left = left;
    e->operation.right = right;
    return e;
}

/** Add an item at the end of a list. */
#define APPEND(list, item)                                                                                             \
    do {                                                                                                               \
        if ((list)->last == NULL)                                                                                      \
            (list)->first = (item);                                                                                    \
        else                                                                                                           \
            (list)->last->next = (item);                                                                               \
        (list)->last = (item);                                                                                         \
    } while (0)

expr_list build_expr_append(expr_list list, ast_expr *item)
{
    APPEND(&list, item);
    list.count++;
    return list;
}

expr_list build_expr_prepend(ast_expr *item, expr_list list)
{
    item->next = list.first;
    return (expr_list){item, list.last == NULL ? item : list.last, list.count + 1};
}

arg_list build_arg_append(arg_list list, ast_arg *item)
{
    APPEND(&list, item);
    list.count++;
    return list;
}

/** Whether a statement is "else { ... }", of the one before it. */
static bool is_else(const ast_stmt *before, const ast_stmt *s)
{
    return before != NULL && before->has_body && !before->has_else && s->has_body && s->name.text == NULL &&
           s->call.parens.source == NULL && strcmp(s->call.callee.text, "else") == 0;
}

stmt_list build_stmt_append(stmt_list list, ast_stmt *item)
{
    if (is_else(list.last, item)) {
        list.last->has_else = true;
        list.last->otherwise = item->body;
        list.last->else_braces = item->braces;
        return list;
    }
    APPEND(&list, item);
    return list;
}

ast_arg *build_arg(arena *a, span at, ast_name name, ast_expr *value)
{
    ast_arg *arg = ARENA_NEW(a, ast_arg);
    arg->name = name;
    arg->value = value;
    arg->at = at;
    return arg;
}

/* The parameter of a positional argument after a named one would be ambiguous. */
static void check_order(diag_list *d, const ast_arg *args)
{
    const ast_arg *named = NULL;
    for (const ast_arg *arg = args; arg != NULL; arg = arg->next) {
        if (arg->name.text != NULL) {
            named = arg;
        } else if (named != NULL) {
            diag_error(d, arg->at, "positional argument after a named one");
            diag_note(d, named->name.at, "argument \"%s\" is named here",
                      str_printable(d->arena, named->name.text, strlen(named->name.text)));
            return;
        }
    }
}

ast_call build_call(diag_list *d, ast_name callee, arg_list args, span parens)
{
    check_order(d, args.first);
    return (ast_call){.callee = callee, .args = args.first, .count = args.count, .parens = parens};
}

ast_call build_inputs(diag_list *d, ast_call call, arg_list inputs, span parens)
{
    if (call.inputs_at.source != NULL)
        diag_error(d, parens, "a layer takes its inputs once");
    call.inputs = inputs.first;
    call.inputs_at = parens;
    return call;
}

ast_stmt *build_set(arena *a, span at, ast_name name, ast_expr *value)
{
    ast_stmt *s = ARENA_NEW(a, ast_stmt);
    s->kind = AST_SET;
    s->at = at;
    s->name = name;
    s->value = value;
    return s;
}

ast_stmt *build_step(arena *a, span at, ast_call call)
{
    ast_stmt *s = ARENA_NEW(a, ast_stmt);
    s->kind = AST_STEP;
    s->at = at;
    s->call = call;
    return s;
}

ast_stmt *build_named(ast_stmt *step, ast_name name)
{
    step->name = name;
    return step;
}

ast_stmt *build_step_body(ast_stmt *step, stmt_body body)
{
    step->has_body = true;
    step->body = body.first;
    step->braces = body.braces;
    return step;
}

ast_block *build_block(arena *a, span at, ast_name keyword, ast_name title, stmt_body body)
{
    ast_block *b = ARENA_NEW(a, ast_block);
    b->keyword = keyword;
    b->title = title;
    b->at = at;
    b->body = body.first;
    b->braces = body.braces;
    return b;
}

ast_block *build_block_params(diag_list *d, ast_block *block, arg_list params)
{
    const ast_arg *with_default = NULL;
    for (ast_arg *p = params.first; p != NULL; p = p->next) {
        if (p->name.text != NULL) {
            with_default = p;
        } else if (p->value->kind != AST_NAME) {
            diag_error(d, p->at, "expected the name of a parameter, got a value");
        } else {
            p->name = (ast_name){p->value->name, p->value->at};
            p->value = NULL;
            if (with_default == NULL)
                continue;
            diag_error(d, p->at, "parameter without a default after one that has a default");
            diag_note(d, with_default->name.at, "parameter \"%s\" has a default",
                      str_printable(d->arena, with_default->name.text, strlen(with_default->name.text)));
        }
    }
    block->has_params = true;
    block->params = params.first;
    return block;
}
