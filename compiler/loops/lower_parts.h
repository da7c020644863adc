/* The interface between the parts of lowering. */
#ifndef MNNC_LOOPS_LOWER_PARTS_H
#define MNNC_LOOPS_LOWER_PARTS_H

#include "loops/lower.h"

/* A nest with its axes' names in C. */
typedef struct lower_item {
    const nest *t;
    const nest
        *inner; /* of a maximum over windows: the sums in them, each of which it needs once; NULL: they are read */
    const nest *after; /* ... and the map that alone reads the maximum; NULL: it is the result */
    const char *axis[NEST_MAX_AXES];
    const char *known[NEST_MAX_LOADS]; /* the variable that holds an element that is read; NULL: none */
    int order[NEST_MAX_AXES];          /* the axes, outermost first */
    int outer;                         /* how many of them have loops that others share */
    int line;                          /* how many of the innermost are free: a line of results */
    struct lower_item *places; /* of a maximum: the nest of its positions, found in the same pass; computed with it */
    bool is_made;
    int solved; /* of an addition to one element, at a stored position: innermost axes, which follow from the position
                 */
} lower_item;

/* The computed bounds of a loop. */
typedef struct lower_bounds {
    const ct_block *block;          /* where they are declared */
    const char *axis, *first, *end; /* the expressions, or NULL */
    const char *name;
    struct lower_bounds *next;
} lower_bounds;

/* A variable that a nest has for itself: the state of a reduction, a part of an expression. */
typedef struct lower_variable {
    const ct_block *block; /* where it is declared */
    const char *name;
    struct lower_variable *next;
} lower_variable;

typedef struct lowering {
    arena *arena;
    const lower_form *form;
    lowered *out;
    lower_item *item;
    int count;
    const char **name; /* by the tensor's id: its name in C, or NULL */
    const char **call; /* by the tensor's id: what it is called in formulas */
    int *depth;        /* by the tensor's id: how many of its first dimensions a local one does not store; or ... */
    ct_block *storage; /* the declarations of local arrays */
    lower_bounds *bounds;
    lower_variable *variables;
    const char *block; /* the first element of a block of the last free axis, whose length is ... */
    int64_t block_length;
} lowering;

enum {
    LOWER_NO_PLACE = -1, /* the depth of a result that has no place yet, or is an operand */
    LOWER_AWAY = -2      /* of a local result that is stored elsewhere */
};

/* --- lower.c ----------------------------------------------------------------------------------------- */

/** Set the order of an item's axes, and how many are outer ones and its line. */
void lower_order_axes(const lowering *l, lower_item *it);

/** Store a state that is not the result itself. */
void lower_store(lowering *l, ct_block *b, lower_item *it, const char *state, const char *cast);

/* --- lower_element.c --------------------------------------------------------------------------------- */

/** "float" or "double". */
const char *lower_number_type(const lowering *l);

/** The tensor that an item gives. */
const nest_tensor *lower_result(const lower_item *it);

/** The extent of an axis, in the block that is being written. */
const char *lower_extent(const lowering *l, const nest *t, int axis);

/** A name that no tensor has: the given one, or with a number appended. */
const char *lower_unused_name(const lowering *l, const nest *of, const char *name);

/** A unique C name for a tensor: that which the target has chosen (two tensors of one memory share it), or its own. */
const char *lower_give_name(lowering *l, const nest_tensor *t, const char *name);

/** The name of a tensor; one that no nest before has touched becomes an operand of the function. */
const char *lower_tensor_name(lowering *l, const nest_tensor *t, const char *name);

/** Whether a block has a variable of this name, and a note that it has. */
bool lower_is_declared(const lowering *l, const ct_block *b, const char *name);
void lower_declare(lowering *l, const ct_block *b, const char *name);

/** An index before its division. */
ct_expr lower_affine(const lowering *l, const lower_item *it, nest_index at);

/** The text of an element that is read, of the element that is made, and of an expression of the loads, whose parts
 *  become variables in a block.
 *  @param state  the leaf after the loads, or NULL */
const char *lower_load(lowering *l, const lower_item *it, int load);
const char *lower_result_element(lowering *l, const lower_item *it);
const char *lower_text(lowering *l, const lower_item *it, const scalar *e, const char *state, ct_block *b);

/* --- lower_bounds.c ---------------------------------------------------------------------------------- */

/** The position of the last of the axes that a guard depends on; -1: none. */
int lower_decided_at(const lower_item *it, const nest_guard *g);

/** Name the axes that a nest has for itself. */
void lower_name_inner(const lowering *l, lower_item *it);

/** The name of an axis; "k2" if one of that many loops around it has its name. */
const char *lower_axis_name(const lowering *l, const lower_item *it, const char *name, int loops);

/** Open the loops of the axes that a nest has for itself, without those of its line. */
ct_block *lower_open_inner(lowering *l, ct_block *b, lower_item *it);

/** The loops over the part of a line that no guard excludes.
 *  @param element  an array's name; becomes its element */
ct_block *lower_open_inside(lowering *l, ct_block *b, lower_item *it, const char **element);

/** The first value of the axis at a position. */
const char *lower_first(lowering *l, ct_block *b, const lower_item *it, int position);

/** How many elements windows have, if a nest counts these; else NULL. */
const char *lower_count(lowering *l, ct_block *b, lower_item *it);

/* --- lower_reduce.c ---------------------------------------------------------------------------------- */

/** How many of the last free axes are the innermost loops of a reduction; 0: the reduced axes are. */
int lower_line(const lowering *l, const nest *t);

/** The loops over a line.
 *  @param element  an array's name; becomes its element; NULL: of no interest */
ct_block *lower_open_line(lowering *l, ct_block *b, lower_item *it, const char **element);

/** Declare a line of results: "float sum[32]". */
void lower_declare_line(lowering *l, ct_block *b, const lower_item *it, const char *type, const char *state);

/** The first value of a reduction. */
const char *lower_begin(lowering *l, ct_block *b, const lower_item *it);

/** target + body or target - product, with the product contracted. */
void lower_add(lowering *l, ct_block *b, const lower_item *it, const char *target);

/** Reduce to a variable, or to an array of one for each element of the line, which is declared. */
void lower_reduction(lowering *l, ct_block *b, lower_item *it, const char *state);

/* --- lower_places.c ---------------------------------------------------------------------------------- */

/** Let the axes of an addition follow from a stored position, if it adds to the one element there. */
void lower_solve_place(const lowering *l, lower_item *it);

/** "const int nth = place[row][i][j][k], r = nth / 2, s = nth % 2" */
void lower_solve_axes(lowering *l, ct_block *b, const lower_item *it);

/** Find the nest of a maximum's positions, where both are found in the same pass. */
void lower_find_places(lowering *l, lower_item *it);

/** Reduce to a maximum and its position. Of a stored result, the state is a variable beside it. */
void lower_largest(lowering *l, ct_block *b, lower_item *it, const char *state);

/* --- lower_windows.c --------------------------------------------------------------------------------- */

/** Whether a nest is a map that alone reads the elements of a maximum, at their indices. */
bool lower_is_after(const nest *max, const nest *map, const nest *first, const nest *end);

/** Whether a nest is a sum that the next one takes the maximum of, so that both have the same loops. */
bool lower_is_inner(const lowering *l, const nest *sum, const nest *max);

/** The maximum of sums over the windows.
 *  @param state  the name of an array that it becomes, which is declared; NULL: it is stored, or the map after it is
 *                applied to it and stored */
void lower_windows(lowering *l, ct_block *b, lower_item *it, const char *state);

#endif
