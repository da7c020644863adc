/* Lower nests to loops in C, in their order. */
#ifndef MNNC_LOOPS_LOWER_H
#define MNNC_LOOPS_LOWER_H

#include "ctree/ctree.h"
#include "graph/nest.h"

/** How loops are written. */
typedef struct lower_form {
    bool is_reference;  /* double precision and loops as the nests say; else float, lines of results that are made side
                           by side, and bounds of loops in place of conditions */
    const char *fma;    /* see scalar_printer */
    const char *lowest; /* the first value of a maximum, which begins with "-"; that of a minimum is without it */
    const char *max, *min;        /* functions of two integers; NULL: they are written out */
    const char *row;              /* the variable of the loop over the rows; NULL: the axis's name */
    const char *first, *end;      /* C expressions: the rows [first, end) */
    const char *max_rows;         /* C expression: the largest number of rows */
    int64_t max_local;            /* elements of a local array; a larger one is ... */
    const char *workers, *worker; /* ... one per worker of this number, and the worker's index: C expressions; NULL: in
                                     the memory of the result that it becomes, or an operand */
    int64_t max_line;             /* elements of a line of results, longer ones are made in blocks; 0: any */
    const char *(*constant)(void *context, const nest_tensor *t); /* the C text of a parameter that is no operand */
    bool (*has_zeros)(void *context, const nest_tensor *t);       /* whether many elements are 0 */
    const char *place_type;                                       /* of an index of those that are not */
    void *context;
    const char *block,
        *random; /* C expressions of a task that has random values: the first block of random words of a
                    row, and the arguments of mnn_random_words() before that; NULL: they are an operand */
} lower_form;

/** The nests of one operation, as a function. */
typedef struct lowered {
    const char *parameters; /* "int rows, const double (*kernel)[32], double (*in)[784], double (*out)[32]" */
    ct_block *body;
    int operand_count; /* the tensors that these are, in this order, after the rows; results come last */
    const nest_tensor **operand;
    const char **name; /* their names in C */
    bool takes_rows;
    bool has_conditions; /* elements are excluded by conditions, or terms of a sum chosen by them */
    bool takes_places;   /* an array for a list of the elements that are not 0, before the results */
} lowered;

/** Lower a sequence of nests.
 *  @param first, end  the nests from first to the one before end (NULL: to the last) */
lowered lower_nests(arena *a, const nest *first, const nest *end, const lower_form *form);

/** The tensor of whose elements a nest visits only those that are not 0, by a list of them; NULL: there is none. */
const nest_tensor *lower_listed(const lower_form *form, const nest *t);

/** The C type of a tensor in such a function. */
ct_type lower_type(arena *a, const nest_tensor *t, const lower_form *form, bool pointer);

#endif
