/* The abstract syntax tree: what the user wrote, never changed. Lives in one arena. */
#ifndef MNNC_SYNTAX_AST_H
#define MNNC_SYNTAX_AST_H

#include <stdbool.h>
#include <stdio.h>

#include "support/arena.h"
#include "support/source.h"
#include "support/str.h"

/** A word of the user's with its position. */
typedef struct ast_name {
    const char *text; /* NULL: absent */
    span at;
} ast_name;

typedef enum ast_expr_kind {
    AST_NUMBER,
    AST_STRING,
    AST_BOOL,
    AST_NONE,
    AST_NAME,
    AST_TUPLE,
    AST_LIST,
    AST_CALL,
    AST_UNARY,
    AST_BINARY
} ast_expr_kind;

typedef enum ast_operator {
    AST_ADD,
    AST_SUBTRACT,
    AST_MULTIPLY,
    AST_DIVIDE,
    AST_POWER,
    AST_NEGATE,
    AST_PLUS,
    AST_LESS, /* comparisons are in formulas only */
    AST_LESS_EQUAL,
    AST_GREATER,
    AST_GREATER_EQUAL
} ast_operator;

typedef struct ast_expr ast_expr;

/** One argument of a call, positional (name.text NULL) or named. */
typedef struct ast_arg {
    ast_name name;
    ast_expr *value;
    span at;
    struct ast_arg *next;
} ast_arg;

typedef struct ast_call {
    ast_name callee;
    ast_arg *args;
    int count;
    span parens;     /* from "(" to ")" */
    ast_arg *inputs; /* conv2d(8, 1)(b): what the layer is applied to ... */
    span inputs_at;  /* ... from "(" to ")"; zero: there is none */
} ast_call;

struct ast_expr {
    ast_expr_kind kind;
    span at;
    ast_expr *next; /* in a tuple or list */
    union {
        struct {
            double value;
            bool is_integer; /* written without point and exponent, and fits int64 */
            int64_t integer;
            const char *text; /* as written */
            bool faulty;      /* an error in it has been reported */
        } number;
        struct {
            const char *text; /* unescaped, NUL-terminated */
            size_t length;
            const char *written; /* with its quotes and escapes, in double quotes */
        } string;
        bool boolean;
        const char *name;
        struct {
            ast_expr *first;
            int count;
        } items; /* tuple, list */
        ast_call call;
        struct {
            ast_operator op;
            span op_at;
            ast_expr *left; /* NULL for unary */
            ast_expr *right;
        } operation;
    };
};

typedef enum ast_stmt_kind {
    AST_SET, /* name = value */
    AST_STEP /* call(...), maybe with a body { ... } */
} ast_stmt_kind;

typedef struct ast_stmt ast_stmt;
struct ast_stmt {
    ast_stmt_kind kind;
    span at; /* without the body */
    ast_stmt *next;
    bool moved;      /* it is written elsewhere, or not at all: its position says nothing about comments around it */
    ast_name name;   /* AST_SET; of a step in canonical form: the name of its result, or absent */
    ast_expr *value; /* AST_SET */
    ast_call call;   /* AST_STEP; args NULL and parens zero for "residual { ... }" */
    bool has_body;   /* AST_STEP */
    ast_stmt *body;
    span braces;
    bool has_else; /* residual { ... } else { ... } */
    ast_stmt *otherwise;
    span else_braces;
};

/** data NAME { }, model NAME { }, train { }, block NAME(params) { } */
typedef struct ast_block {
    ast_name keyword; /* any word; sema knows the valid ones */
    ast_name title;   /* text NULL: absent */
    ast_arg *params;  /* of "block": name, or name = default value */
    bool has_params;
    ast_stmt *body;
    span at;     /* keyword and title */
    span braces; /* from "{" to "}" */
    struct ast_block *next;
} ast_block;

/** A comment, kept for the formatter. It begins with "#" or "//", and ends before the newline. */
typedef struct ast_comment {
    span at;
    bool own_line; /* only blanks before it on its line */
    struct ast_comment *next;
} ast_comment;

typedef struct ast_file {
    const source *source;
    ast_stmt *constants; /* top-level "name = value", in order */
    ast_block *blocks;   /* in order */
    ast_comment *comments;
} ast_file;

enum { AST_MAX_NESTING = 256 };

/** Print the tree, indented, one node a line (--dump=ast). */
void ast_dump(str *out, const ast_file *file);

/** A chain of binary operators, "a + b - c": its operators from left to right, each with its right operand. */
typedef struct ast_chain {
    const ast_expr *first;
    const ast_expr **links;
    size_t count;
} ast_chain;

/** The chain at an expression, found without recursion on the left: chains of any length are accepted. */
ast_chain ast_chain_of(arena *a, const ast_expr *e);

/** An operator as it is written. */
const char *ast_operator_text(ast_operator op);

#endif
