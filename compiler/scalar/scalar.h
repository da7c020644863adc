/* Expressions over numbers: a tree of operations on constants and leaves, without loops and effects. Equal expressions
 * are one node, so that a comparison of pointers compares them. */
#ifndef MNNC_SCALAR_SCALAR_H
#define MNNC_SCALAR_SCALAR_H

#include <stdbool.h>

#include "support/arena.h"
#include "support/diag.h"

typedef enum scalar_op {
    SCALAR_CONSTANT,
    SCALAR_LEAF, /* its meaning to the owner: a variable, an element of a tensor, an axis */
#define SCALAR_OP(id, name, arity, value) SCALAR_##id,
#include "scalar/ops.def"
#undef SCALAR_OP
    SCALAR_OP_COUNT
} scalar_op;

typedef struct scalar scalar;
struct scalar {
    scalar_op op;
    int id;       /* from 0, operands before what is made of them */
    int leaf;     /* SCALAR_LEAF: its index, chosen by the caller */
    double value; /* SCALAR_CONSTANT */
    const scalar *arg[3];
    const char *name;   /* given in a formula: printed as a variable of its own; NULL: none */
    scalar *next_alike; /* in the table */
};

/** A set of expressions; only those of one set can be combined. */
typedef struct scalar_set scalar_set;

scalar_set *scalar_set_new(arena *a);

const scalar *scalar_constant(scalar_set *s, double value);
const scalar *scalar_leaf(scalar_set *s, int leaf);

/** An operation; operands that it does not have are NULL. The result is simplified where that changes no bit of any
 *  value: constants are folded in double, x * 1, x / 1, --x, and a select whose condition is known are resolved. */
const scalar *scalar_make(scalar_set *s, scalar_op op, const scalar *a, const scalar *b, const scalar *c);

/** Let an operation be printed as a variable. */
void scalar_give_name(const scalar *e, const char *name);

/** How many operands an operation has. */
int scalar_arity(scalar_op op);

/** a * b with a in the leftmost factor of b, and in the branches of a select: never a product with 0 or 1. */
const scalar *scalar_scale(scalar_set *s, const scalar *a, const scalar *b);

/** How many operations e has; the choice of a select is none. */
int scalar_operations(const scalar *e);

/** Whether e has a function of the C library. */
bool scalar_calls(const scalar *e);

/** Whether e has a select. */
bool scalar_chooses(const scalar *e);

/** Whether the leaf occurs in e. */
bool scalar_uses(const scalar *e, int leaf);

/** e with another expression for a node of it. */
const scalar *scalar_replace(scalar_set *s, const scalar *e, const scalar *from, const scalar *to);

/* --- parse.c ------------------------------------------------------------------------------------------ */

/** A name that a formula may use, and its expression. */
typedef struct scalar_name {
    const char *name; /* NULL after the last */
    const scalar *value;
} scalar_name;

/** One "name = expression" of a formula; name NULL: the expression alone. */
typedef struct scalar_formula {
    const char *name;
    const scalar *value;
    struct scalar_formula *next;
} scalar_formula;

/** Parse a formula: statements between ";" or newlines, each an expression or "name = expression", in the language's
 * own form with comparisons, select(condition, a, b), pi and the functions of ops.def. A statement may use the names
 * given before it. A power with a whole exponent from 2 to 4 is a product.
 *  @return the statements in order, or NULL after reporting */
const scalar_formula *scalar_parse(scalar_set *s, diag_list *d, const char *text, const scalar_name *names);

/** The statements of a formula in a table of the language, one of NaN if it is wrong: a test reads all tables. */
const scalar_formula *scalar_rows(scalar_set *s, const char *text, const scalar_name *names);

/** The last of them. */
const scalar *scalar_row(scalar_set *s, const char *text, const scalar_name *names);

/* --- derive.c ----------------------------------------------------------------------------------------- */

/** The derivative with respect to a leaf. Of equals the first takes the gradient of min and max; abs has 0 at 0; the
 *  conditions of a select count as constants. */
const scalar *scalar_derive(scalar_set *s, const scalar *e, int leaf);

/* --- evaluate.c --------------------------------------------------------------------------------------- */

/** The value in double.
 *  @param leaves  by leaf index */
double scalar_evaluate(const scalar *e, const double *leaves);

/** The values of one operation for many operands; those that it does not have are of any values. */
void scalar_evaluate_lanes(scalar_op op, int count, const double *first, const double *second, const double *third,
                           double *out);

/** How an expression moves with a leaf: any of these. */
enum { SCALAR_RISES = 1, SCALAR_FALLS = 2, SCALAR_STAYS = 4 };

/** Properties of an expression as a function of one leaf. */
typedef struct scalar_facts {
    double low, high; /* no value is outside */
    unsigned moves;   /* all three: nothing is known */
} scalar_facts;

/** @param low, high  of the leaf; other leaves may be anything */
scalar_facts scalar_analyse(const scalar *e, int leaf, double low, double high);

/* --- print.c ------------------------------------------------------------------------------------------ */

/** How expressions become C. */
typedef struct scalar_printer {
    bool is_double;  /* else float */
    const char *fma; /* the function of a product that goes into one addition, (a, b, c); NULL: none */
    void *context;
    /** The text of a leaf; it must bind as strongly as a call. */
    const char *(*leaf)(void *context, int leaf);
    const char *(*constant)(void *context, double value);
    /** Declare a variable for a named or repeated part. NULL: everything is written as one expression. */
    const char *(*define)(void *context, const char *name, const char *text);
} scalar_printer;

/** The C text of expressions in one block; variables that they share are defined once. An expression that is
 *  part of no other needs no variable, whether it has a name or not.
 *  @param texts  [count], filled */
void scalar_print(arena *a, const scalar_printer *p, const scalar *const *e, int count, const char **texts);

/** The C text of one. */
const char *scalar_text(arena *a, const scalar_printer *p, const scalar *e);

#endif
