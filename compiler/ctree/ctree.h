/* Trees of C: functions with loops, declarations and assignments, and the one printer that owns their layout and
 * braces. Expressions are made bottom up and take parentheses where precedence needs them. */
#ifndef MNNC_CTREE_CTREE_H
#define MNNC_CTREE_CTREE_H

#include <stdbool.h>
#include <stdint.h>

#include "ctree/cwriter.h"
#include "support/arena.h"

/* --- expressions ------------------------------------------------------------------------------------- */

/* How strongly an operator binds. */
typedef enum ct_rank { CT_ANY, CT_CONDITIONAL, CT_AND, CT_RELATION, CT_SUM, CT_PRODUCT, CT_UNARY, CT_PRIMARY } ct_rank;

typedef struct ct_expr {
    const char *text;
    ct_rank rank;
} ct_expr;

ct_expr ct_name(const char *name);
ct_expr ct_int(arena *a, int64_t value);

/** left OPERATOR right; rank is that of the operator, which groups from the left. */
ct_expr ct_binary(arena *a, ct_rank rank, ct_expr left, const char *operator, ct_expr right);

/** array[index] */
ct_expr ct_element(arena *a, ct_expr array, ct_expr index);

/* --- types ------------------------------------------------------------------------------------------- */

/** An array, or a pointer to its first element: "double name[8][28]", "const double (*name)[28]". */
typedef struct ct_type {
    const char *base; /* "const double" */
    int rank;
    const char *dim[8];
    bool pointer; /* to elements of the first dimension, which is not written */
} ct_type;

const char *ct_declaration(arena *a, const ct_type *type, const char *name);

/** "(double (*)[28])" */
const char *ct_cast(arena *a, const ct_type *type);

/* --- statements -------------------------------------------------------------------------------------- */

typedef struct ct_block ct_block;

ct_block *ct_block_new(arena *a);

/** A statement without its semicolon; printf form. */
void ct_statement(ct_block *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** for (int name = first; name < end; name++)
 *  @return its body */
ct_block *ct_for(ct_block *b, const char *name, const char *first, const char *end);

/** Any head: for (head)
 *  @return its body */
ct_block *ct_loop(ct_block *b, const char *head);

/** @return a block with braces of its own */
ct_block *ct_braces(ct_block *b);

/** @return the body of if (condition) */
ct_block *ct_if(ct_block *b, ct_expr condition);

/** Add the statements of another block at the end. */
void ct_append(ct_block *b, const ct_block *more);

/** Print statements, with the braces that they need. */
void ct_print(cwriter *w, const ct_block *b);

/** Print the body of a function. */
void ct_print_body(cwriter *w, const ct_block *b);

#endif
