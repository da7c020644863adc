/* The interface between the parts of single_lowering. */
#ifndef MNNC_LOOPS_SINGLE_PARTS_H
#define MNNC_LOOPS_SINGLE_PARTS_H

#include "loops/single.h"

/* A nest with its axes' names in C, in indices of whole tensors and of local arrays. */
typedef struct single_item {
    const nest *t;
    const nest
        *inner; /* of a maximum over windows: the sums in them, each of which it needs once; NULL: they are read */
    const nest *after; /* ... and the map that alone reads the maximum; NULL: it is the result */
    const char *axis[NEST_MAX_AXES], *local[NEST_MAX_AXES];
    const char *known[NEST_MAX_LOADS]; /* the variable that holds an element that is read; NULL: none */
} single_item;

/* The range of a loop over a window, as far as it is inside the image: "r0" to "r1". */
typedef struct single_range {
    const ct_block *block; /* where it is declared */
    const char *text, *first, *end;
    struct single_range *next;
} single_range;

typedef struct single_lowering {
    arena *arena;
    const single_form *form;
    single_function *out;
    const nest *first, *end; /* those that are single_function */
    single_item *item;
    int count;
    const char **name; /* by the tensor's id: its name in C, or NULL */
    const char **call; /* by the tensor's id: what it is called in formulas */
    int *outer; /* by the tensor's id: how many dimensions its local array, or variable, does not have; -1: none */
    ct_block *storage; /* the declarations of local arrays */
    single_range *ranges;
    const char *block; /* the first element of a block of the last axis, whose length is ... */
    int64_t block_length;
} single_lowering;

/* --- element.c --------------------------------------------------------------------------------------- */

/** Set the names of an item's axis.
 *  @param name  of the variable of its loop */
void single_name_axis(single_lowering *l, single_item *it, int axis, const char *name);

/** The extent of an axis, in the block that is being written. */
const char *single_extent(const single_lowering *l, const nest *t, int axis);

/** A unique C name for a tensor: the given one, with a number appended if it is taken. */
const char *single_give_name(single_lowering *l, const nest_tensor *t, const char *name);

/** An index before its division. */
ct_expr single_affine(const single_lowering *l, const single_item *it, nest_index at);

/** The name of a tensor that is read. */
const char *single_operand(single_lowering *l, const nest_tensor *t);

ct_expr single_result(single_lowering *l, const single_item *it);

/** The text of an element that is read. */
const char *single_load(single_lowering *l, const single_item *it, int load);

/** The text of an expression of the loads, whose parts become variables in a block. */
const char *single_text(single_lowering *l, const single_item *it, const scalar *e, ct_block *b);

/** "float" or "double", and a constant of it. */
const char *single_real(const single_lowering *l);
const char *single_number(const single_lowering *l, double value);

/* --- reduce.c ---------------------------------------------------------------------------------------- */

/** How many of the last free axes are the innermost loops of a reduction; 0: the reduced axes are. */
int single_line(const single_lowering *l, const nest *t);

/** A reduction to one value.
 *  @param state  the name of the variable */
void single_reduction(single_lowering *l, ct_block *b, single_item *it, const char *state);

/** A reduction to a line of values, those of the last free axes.
 *  @param state  the name of the array */
void single_line_reduction(single_lowering *l, ct_block *b, single_item *it, const char *state);

/** The first value of a reduction. */
const char *single_begin(single_lowering *l, ct_block *b, const single_item *it);

/** The loops over a line.
 *  @param element  an array's name; becomes its element; NULL: of no interest */
ct_block *single_open_line(single_lowering *l, ct_block *b, single_item *it, const char **element);

/** Declare a variable for an element that is the same along the line. */
void single_hold_fixed(single_lowering *l, ct_block *b, single_item *it, const char *name);

/** The loops over the reduced axes. */
ct_block *single_open_reduced(single_lowering *l, ct_block *b, single_item *it);

/* --- pooled.c ---------------------------------------------------------------------------------------- */

/** Whether a nest is a map that alone reads the elements of a maximum, at their indices. */
bool single_is_after(const single_lowering *l, const nest *max, const nest *map);

/** Whether a nest is a sum that the next one takes the maximum of, so that both have the same loops. */
bool single_is_inner(const single_lowering *l, const nest *sum, const nest *max);

/** The maximum of sums over the windows.
 *  @param state  the name of an array that it becomes; NULL: it is stored, or the result of the map after it */
void single_pooled(single_lowering *l, ct_block *b, single_item *it, const char *state);

#endif
