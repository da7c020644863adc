/* Building the tree: what the actions of the grammar call. Nothing here reports, but for the checks of
 * form that a grammar cannot make. */
#ifndef MNNC_SYNTAX_BUILD_H
#define MNNC_SYNTAX_BUILD_H

#include "support/diag.h"
#include "syntax/ast.h"

/* Lists while they grow: appending takes the same time however long they are. */
typedef struct expr_list {
    ast_expr *first;
    ast_expr *last;
    int count;
} expr_list;

typedef struct arg_list {
    ast_arg *first;
    ast_arg *last;
    int count;
} arg_list;

typedef struct stmt_list {
    ast_stmt *first;
    ast_stmt *last;
} stmt_list;

/** A body with its braces. */
typedef struct stmt_body {
    ast_stmt *first;
    span braces;
} stmt_body;

/** The value of a token or a rule of the grammar. */
typedef union syntax_value {
    ast_name name;
    ast_expr *expr;
    ast_call call;
    ast_arg *arg;
    ast_stmt *stmt;
    ast_block *block;
    expr_list exprs;
    arg_list args;
    stmt_list stmts;
    stmt_body body;
} syntax_value;

ast_expr *build_number(arena *a, span at, double value, bool is_integer, int64_t integer, const char *text);
ast_expr *build_string(arena *a, span at, const char *text, size_t length);
ast_expr *build_bool(arena *a, span at, bool value);
ast_expr *build_none(arena *a, span at);
ast_expr *build_name(arena *a, ast_name name);
ast_expr *build_items(arena *a, span at, ast_expr_kind kind, expr_list items);
ast_expr *build_call_expr(arena *a, span at, ast_call call);
ast_expr *build_unary(arena *a, span at, ast_operator op, span op_at, ast_expr *right);
ast_expr *build_binary(arena *a, span at, ast_expr *left, ast_operator op, span op_at, ast_expr *right);

expr_list build_expr_append(expr_list list, ast_expr *item);
expr_list build_expr_prepend(ast_expr *item, expr_list list);
arg_list build_arg_append(arg_list list, ast_arg *item);
stmt_list build_stmt_append(stmt_list list, ast_stmt *item);

ast_arg *build_arg(arena *a, span at, ast_name name, ast_expr *value);

/** A call; reports a positional argument after a named one. */
ast_call build_call(diag_list *d, ast_name callee, arg_list args, span parens);

/** A call of a call; reports a third pair of parentheses. */
ast_call build_inputs(diag_list *d, ast_call call, arg_list inputs, span parens);

ast_stmt *build_set(arena *a, span at, ast_name name, ast_expr *value);
ast_stmt *build_step(arena *a, span at, ast_call call);
ast_stmt *build_named(ast_stmt *step, ast_name name);
ast_stmt *build_step_body(ast_stmt *step, stmt_body body);

ast_block *build_block(arena *a, span at, ast_name keyword, ast_name title, stmt_body body);

/** Give a block its parameters, read as arguments: a bare name becomes a parameter without a default;
 *  reports what is no name. */
ast_block *build_block_params(diag_list *d, ast_block *block, arg_list params);

#endif
