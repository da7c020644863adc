/* Lower nests to loops in C, in double precision and in the order in which they stand. */
#ifndef MNNC_LOOPS_LOWER_H
#define MNNC_LOOPS_LOWER_H

#include "ctree/ctree.h"
#include "graph/nest.h"

/** The nests of one operation, as a function. */
typedef struct lowered {
    const char *parameters; /* "int rows, const double (*kernel)[32], double (*in)[784], double (*out)[32]" */
    ct_block *body;
    int operand_count; /* the tensors that these are, in this order, after the rows */
    const nest_tensor **operand;
    bool takes_rows;
} lowered;

/** Lower a sequence of nests.
 *  @param first, end  the nests from first to the one before end (NULL: to the last)
 *  @param max_rows    C expression: the largest number of rows */
lowered lower_nests(arena *a, const nest *first, const nest *end, const char *max_rows);

/** The C type of a tensor in such a function. */
ct_type lower_type(arena *a, const nest_tensor *t, const char *max_rows, bool pointer);

#endif
