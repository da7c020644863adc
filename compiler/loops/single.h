/* Lower nests to loops in C, in their order: in double precision with any number of rows, or in float
 * for one row, where a reduction keeps a line of results in registers. */
#ifndef MNNC_LOOPS_SINGLE_H
#define MNNC_LOOPS_SINGLE_H

#include "ctree/ctree.h"
#include "graph/nest.h"

/** The nests of one operation, as a function. */
typedef struct single_function {
    const char *parameters; /* "int rows, const double (*kernel)[32], double (*in)[784], double (*out)[32]" */
    ct_block *body;
    int operand_count; /* the tensors that these are, in this order, after the rows */
    const nest_tensor **operand;
    bool takes_rows;
    bool takes_places; /* an array for a list of the elements that are not 0, before the results */
} single_function;

/** How nests become C. */
typedef struct single_form {
    const char *max_rows; /* C expression: the largest number of rows */
    bool is_float;        /* for one row (see nest_squeeze()) */

    /* The following are for float. */
    const nest_tensor *bytes;                                     /* has elements of type uint8_t; NULL: none has */
    const char *(*constant)(void *context, const nest_tensor *t); /* the C text of a parameter, which is no operand */
    bool (*has_zeros)(void *context, const nest_tensor *t);       /* whether many elements are 0 */
    const char *place_type;                                       /* of an index of those that are not */
    void *context;
} single_form;

/* Elements of a local array at most. */
enum { SINGLE_LINE = 128 };

/** Lower a sequence of nests.
 *  @param first, end  the nests from first to the one before end (NULL: to the last) */
single_function single_lower(arena *a, const nest *first, const nest *end, const single_form *form);

/** The tensor of whose elements a nest visits only those that are not 0, by a list of them; NULL: there is none. */
const nest_tensor *single_listed(const single_form *form, const nest *t);

/** The C type of a tensor in such a function. */
ct_type single_type(arena *a, const nest_tensor *t, const single_form *form, bool pointer);

#endif
