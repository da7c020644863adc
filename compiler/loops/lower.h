/* Lower nests to loops in C, in their order. */
#ifndef MNNC_LOOPS_LOWER_H
#define MNNC_LOOPS_LOWER_H

#include "ctree/ctree.h"
#include "graph/nest.h"

/** How loops are written. */
typedef struct lower_form {
    bool is_float;   /* else double */
    const char *fma; /* see scalar_printer */
    bool is_task;    /* loops of a part of the rows: neighbouring results are computed side by side, local results
                        are on the stack, and bounds of windows are computed */
    const char *row; /* the variable of the loop over the rows; NULL: the axis's name */
    const char *first, *end;      /* C expressions: the rows [first, end) */
    const char *max_rows;         /* C expression: the largest number of rows */
    const char *workers, *worker; /* C expressions of a task: how many workers there are at most, and its own */
} lower_form;

/** The nests of one operation, as a function. */
typedef struct lowered {
    const char *parameters; /* "int rows, const double (*kernel)[32], double (*in)[784], double (*out)[32]" */
    ct_block *body;
    int operand_count; /* the tensors that these are, in this order, after the rows */
    const nest_tensor **operand;
    const char **name; /* their names in C */
    bool takes_rows;
} lowered;

/** Lower a sequence of nests.
 *  @param first, end  the nests from first to the one before end (NULL: to the last) */
lowered lower_nests(arena *a, const nest *first, const nest *end, const lower_form *form);

/** The C type of a tensor in such a function. */
ct_type lower_type(arena *a, const nest_tensor *t, const lower_form *form, bool pointer);

#endif
