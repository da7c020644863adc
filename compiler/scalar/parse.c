/* Formulas: from the language's syntax tree to expressions. */
#include <math.h>
#include <string.h>

#include "scalar/parts.h"
#include "support/list.h"
#include "support/str.h"
#include "syntax/parse.h"

enum { MAX_FACTORS = 4 };

typedef struct formula {
    scalar_set *s;
    diag_list *d;
    const scalar_name *names;
    scalar_formula *first, *last; /* what has been read */
} formula;

static const scalar *convert(formula *f, const ast_expr *e);

static const scalar *find_name(const formula *f, const char *name)
{
    const scalar *found = NULL;
    for (const scalar_formula *before = f->first; before; before = before->next)
        if (before->name && strcmp(before->name, name) == 0)
            found = before->value; /* the last of several */
    for (const scalar_name *n = f->names; !found && n && n->name; n++)
        if (strcmp(n->name, name) == 0)
            found = n->value;
    return found || strcmp(name, "pi") != 0 ? found : scalar_constant(f->s, acos(-1.0));
}

static const scalar *refuse(const formula *f, span at, const char *what, const char *name)
{
    const size_t length = strlen(name);
    diag_error(f->d, at, "unknown %s \"%s\" in a formula", what, str_printable(scalar_arena(f->s), name, length));
    return NULL;
}

/* --- operators ---------------------------------------------------------------------------------------- */

static const scalar *power(scalar_set *s, const scalar *x, const scalar *n)
{
    if (x->op == SCALAR_CONSTANT || n->op != SCALAR_CONSTANT || n->value != floor(n->value) || n->value < 1 ||
        n->value > MAX_FACTORS)
        return scalar_make(s, SCALAR_POWER, x, n, NULL);
    const scalar *product = x;
    for (int i = 1; i < (int)n->value; i++)
        product = scalar_make(s, SCALAR_MULTIPLY, product, x, NULL);
    return product;
}

static const scalar *operation(formula *f, const ast_expr *e)
{
    static const scalar_op ops[] = {
        [AST_ADD] = SCALAR_ADD,
        [AST_SUBTRACT] = SCALAR_SUBTRACT,
        [AST_MULTIPLY] = SCALAR_MULTIPLY,
        [AST_DIVIDE] = SCALAR_DIVIDE,
        [AST_NEGATE] = SCALAR_NEGATE,
        [AST_LESS] = SCALAR_LESS,
        [AST_GREATER] = SCALAR_GREATER,
        [AST_LESS_EQUAL] = SCALAR_LESS_EQUAL,
        [AST_GREATER_EQUAL] = SCALAR_GREATER_EQUAL,
    };
    const scalar *right = convert(f, e->operation.right);
    if (e->operation.op == AST_PLUS || !right)
        return right;
    if (e->kind == AST_UNARY)
        return scalar_make(f->s, SCALAR_NEGATE, right, NULL, NULL);
    const scalar *left = convert(f, e->operation.left);
    if (!left)
        return NULL;
    if (e->operation.op == AST_POWER)
        return power(f->s, left, right);
    return scalar_make(f->s, ops[e->operation.op], left, right, NULL);
}

/* --- functions ---------------------------------------------------------------------------------------- */

static scalar_op function_op(const char *name)
{
    if (strcmp(name, "abs") == 0)
        return SCALAR_ABS;
    for (scalar_op op = SCALAR_SELECT; op < SCALAR_OP_COUNT; op++)
        if (strcmp(scalar_op_name(op), name) == 0)
            return op;
    return SCALAR_OP_COUNT;
}

static const scalar *call(formula *f, const ast_expr *e)
{
    const ast_call *c = &e->call;
    const scalar_op op = function_op(c->callee.text);
    if (op == SCALAR_OP_COUNT)
        return refuse(f, c->callee.at, "function", c->callee.text);
    if (c->count != scalar_arity(op)) {
        diag_error(f->d, c->parens, "\"%s\" takes %d arguments (got %d)", c->callee.text, scalar_arity(op), c->count);
        return NULL;
    }
    const scalar *arg[3] = {NULL};
    int i = 0;
    for (const ast_arg *given = c->args; given; given = given->next, i++)
        if ((arg[i] = convert(f, given->value)) == NULL)
            return NULL;
    return op == SCALAR_POWER ? power(f->s, arg[0], arg[1]) : scalar_make(f->s, op, arg[0], arg[1], arg[2]);
}

static const scalar *convert(formula *f, const ast_expr *e)
{
    switch (e->kind) {
    case AST_NUMBER:
        return scalar_constant(f->s, e->number.value);
    case AST_BOOL:
        return scalar_constant(f->s, e->boolean);
    case AST_NAME: {
        const scalar *named = find_name(f, e->name);
        return named ? named : refuse(f, e->at, "name", e->name);
    }
    case AST_CALL:
        return call(f, e);
    case AST_UNARY:
    case AST_BINARY:
        return operation(f, e);
    default:
        diag_error(f->d, e->at, "a formula has only numbers, names, operators and functions");
        return NULL;
    }
}

/* --- statements --------------------------------------------------------------------------------------- */

static bool add_statement(formula *f, const ast_stmt *stmt)
{
    scalar_formula *made = ARENA_NEW(scalar_arena(f->s), scalar_formula);
    *made = (scalar_formula){stmt->name.text, convert(f, stmt->value), NULL};
    if (!made->value)
        return false;
    if (made->name)
        scalar_give_name(made->value, made->name);
    LIST_APPEND(f->first, f->last, made);
    return true;
}

const scalar_formula *scalar_parse(scalar_set *s, diag_list *d, const char *text, const scalar_name *names)
{
    source *src;
    span at;
    const char *message;
    if (source_from_text(scalar_arena(s), "<formula>", text, strlen(text), &src, &at, &message) != MNN_OK) {
        diag_error(d, at, "%s", message);
        return NULL;
    }
    formula f = {.s = s, .d = d, .names = names};
    for (const ast_stmt *stmt = parse_formula(scalar_arena(s), d, src); stmt; stmt = stmt->next)
        if (!add_statement(&f, stmt))
            return NULL;
    return f.first;
}

const scalar_formula *scalar_rows(scalar_set *s, const char *text, const scalar_name *names)
{
    const scalar_formula *f = scalar_parse(s, diag_new(scalar_arena(s), "<formula>"), text, names);
    if (f)
        return f;
    scalar_formula *wrong = ARENA_NEW(scalar_arena(s), scalar_formula);
    wrong->value = scalar_constant(s, NAN);
    return wrong;
}

const scalar *scalar_row(scalar_set *s, const char *text, const scalar_name *names)
{
    const scalar_formula *f = scalar_rows(s, text, names);
    while (f->next)
        f = f->next;
    return f->value;
}
