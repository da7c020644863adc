/* Nests: a layer's meaning, written once.
 *
 *     result[free axes] = REDUCE over the reduced axes of a scalar expression of loads with affine indices
 *
 * A graph of nests is in execution order, each tensor with one producer. The nests know shapes and no layer; targets
 * and passes derive from them what they need: loops in C (loops/lower.h), values (loops/interpret.h), gradients
 * (graph/gradient.h). */
#ifndef MNNC_GRAPH_NEST_H
#define MNNC_GRAPH_NEST_H

#include <stdbool.h>
#include <stdint.h>

#include "scalar/scalar.h"
#include "support/arena.h"
#include "support/str.h"

enum { NEST_MAX_AXES = 12, NEST_MAX_RANK = 8, NEST_MAX_LOADS = 16, NEST_MAX_GUARDS = 8 };

/* The extent of the axis over the rows of the batch, known when a program runs. */
enum { NEST_ROWS = -1 };

typedef enum nest_reducer {
#define REDUCER(id, name) NEST_##id,
#include "graph/reducers.def"
#undef REDUCER
    NEST_REDUCER_COUNT
} nest_reducer;

typedef enum nest_role {
    NEST_EXTERN,    /* filled by the target before the first nest: samples, labels, noise */
    NEST_PARAMETER, /* a parameter of the model */
    NEST_RESULT,    /* of a nest */
    NEST_VIEW       /* the elements of another tensor, in another shape */
} nest_role;

typedef struct nest nest;

typedef struct nest_tensor {
    const char *name; /* "in", "kernel", "out" */
    nest_role role;
    int rank;
    int64_t dim[NEST_MAX_RANK]; /* dim[0] may be NEST_ROWS */
    const void *origin;         /* the operation that it came from: see nest_graph.origin */
    const void *value;          /* the value of the caller's graph that it is, of parameters at least */
    const char *type;           /* of its elements in C; NULL: the target's numbers */
    const char *c_name;         /* in C, chosen by the target; NULL: as loads call it */
    bool is_random;             /* NEST_EXTERN: uniform in [0, 1), drawn again in every step, the same in backward */
    bool is_local;              /* read by nests of this operation only */
    nest *producer;             /* NEST_RESULT */
    struct nest_tensor *home;   /* the result in whose place this one is stored, or NULL: itself */
    struct nest_tensor *viewed; /* NEST_VIEW: the tensor that has the elements, no view */
    struct nest_graph *graph;
    int id;
    struct nest_tensor *next;
} nest_tensor;

typedef struct nest_axis {
    const char *name;
    int64_t extent; /* or NEST_ROWS */
} nest_axis;

/** An index: (start + rows * number of rows + sum over the axes of step[axis] * axis) / divisor, present only where the
 *  division is exact. */
typedef struct nest_index {
    int64_t start, rows, step[NEST_MAX_AXES], divisor;
} nest_index;

/** A variable of the expression: an element of a tensor, or an index as a value. */
typedef struct nest_load {
    const char *name;  /* as a formula calls it */
    nest_tensor *from; /* NULL: the value of at[0] */
    nest_index at[NEST_MAX_RANK];
} nest_load;

/** A condition: index in [0, end). */
typedef struct nest_guard {
    nest_index at;
    int64_t end; /* or NEST_ROWS */
} nest_guard;

/** Nests in a row that run together, step by step of an axis that all of them have: what they read of each other's
 *  results at other steps is from earlier passes, or out of range. */
typedef struct nest_scan {
    int axis; /* its number, in all of them; what the nests have before it they have in common */
    bool backwards;
} nest_scan;

struct nest {
    struct nest_graph *graph;
    nest_scan *scan; /* NULL: runs by itself */
    nest_reducer reducer;
    int axis_count, free_count; /* the free axes come first, in the order of the result's dimensions */
    nest_axis axis[NEST_MAX_AXES];
    bool adds;                      /* a sum without free axes: every step adds to ... */
    nest_index into[NEST_MAX_RANK]; /* ... this element of the result, all of which is 0 before */
    int load_count;
    nest_load load[NEST_MAX_LOADS];
    int guard_count; /* what they exclude is omitted of the reduction; a map has none */
    nest_guard guard[NEST_MAX_GUARDS];
    int name_count; /* what a formula may name: the loads and constants */
    scalar_name name[NEST_MAX_LOADS + 1];
    const scalar *body;  /* its leaves are the loads, by index */
    const scalar *begin; /* of a sum: what the elements are added to; NULL: 0 (see rewrite.h) */
    nest_tensor *result;
    nest_tensor *places; /* of a maximum, if they are made: see nest_places() */
    const void *origin;  /* the operation of the caller's graph that it came from */
    struct nest *next;
};

typedef struct nest_graph {
    arena *arena;
    scalar_set *scalars;
    const void *origin; /* the operation of the caller's graph that the nests to come are of */
    nest_scan *scan;    /* that the nests to come belong to */
    nest *first, *last;
    nest_tensor *tensors, *last_tensor;
    int tensor_count;
    const char *fault; /* the limit of a nest that has been exceeded; NULL: none */
} nest_graph;

/* --- building ---------------------------------------------------------------------------------------- */

nest_graph *nest_graph_new(arena *a);

/** A tensor without producer. */
nest_tensor *nest_tensor_new(nest_graph *g, nest_role role, const char *name, int rank, const int64_t *dim);

/** The elements of a tensor in another shape; the same tensor, if the shape is its own. */
nest_tensor *nest_view(nest_graph *g, nest_tensor *of, int rank, const int64_t *dim);

/** Begin a nest; then come its free axes, the reduced axes, the loads, and nest_end(). */
nest *nest_begin(nest_graph *g, nest_reducer reducer);

/** Add a free or a reduced axis.
 *  @return the axis as an index */
nest_index nest_free(nest *t, const char *name, int64_t extent);
nest_index nest_reduced(nest *t, const char *name, int64_t extent);

/** Add one free axis for each dimension of a tensor, of a map over its elements. */
void nest_free_like(nest *t, const nest_tensor *like, nest_index at[NEST_MAX_RANK]);

nest_index nest_constant(int64_t value);

/** The number of rows of the batch, times an integer. */
nest_index nest_rows(int64_t times);

/** a * step + b */
nest_index nest_affine(nest_index a, int64_t step, nest_index b);

/** Name an element of a tensor. Of a reduction, what is out of the tensor's range is omitted; the indices of a map
 *  are in range.
 *  @return the variable, for expressions that are not a formula */
const scalar *nest_load_at(nest *t, const char *name, nest_tensor *from, const nest_index *at);
#define NEST_LOAD(t, name, from, ...) nest_load_at((t), (name), (from), (const nest_index[]){__VA_ARGS__})

/** Name an index that is used as a value. */
const scalar *nest_load_index(nest *t, const char *name, nest_index at);

/** Name a constant, or an expression. */
void nest_name(nest *t, const char *name, double value);
void nest_define(nest *t, const char *name, const scalar *value);

/** Skip indices outside of [0, end). */
void nest_guard_at(nest *t, nest_index at, int64_t end);

/** The value of a formula, in the language's own form, of what has a name. */
const scalar *nest_formula(nest *t, const char *formula);

/** An expression of another set for this nest.
 *  @param leaves  what its leaves become; NULL: the loads of the nest, in their order */
const scalar *nest_import(nest *t, const scalar *e, const scalar *const *leaves);

/** The end of a nest.
 *  @return its result, a tensor of that name */
nest_tensor *nest_end(nest *t, const char *name, const char *formula);
nest_tensor *nest_end_body(nest *t, const char *name, const scalar *body);

/** The end of a sum that adds to the elements [into] of a result of the shape of another tensor. */
nest_tensor *nest_end_adding(nest *t, const char *name, const scalar *body, const nest_tensor *like,
                             const nest_index *into);

/* --- scans ------------------------------------------------------------------------------------------- */

/** The nests to come, up to nest_scan_end(), run together over the steps of their axis of this number. */
nest_scan *nest_scan_begin(nest_graph *g, int axis, bool backwards);
void nest_scan_end(nest_graph *g);

/** A result that nests of the scan read, at other steps, before it has its nest: see nest_end_carried(). */
nest_tensor *nest_carried(nest_graph *g, const char *name, int rank, const int64_t *dim);

/** The end of the nest of a carried result. */
void nest_end_carried(nest *t, nest_tensor *result, const scalar *body);

/** A tensor of the scan, as it is that many steps further; 0 where there is no such step. */
nest_tensor *nest_at_step(nest_graph *g, nest_tensor *v, int64_t further, const char *name);

/** The load of a nest that reads another step of its scan; NULL: there is none. */
const nest_load *nest_other_step(const nest *t);

/** Whether a nest of the same scan reads a result at another step. */
bool nest_is_carried(const nest_graph *g, const nest_tensor *v);

/* --- asking ------------------------------------------------------------------------------------------ */

/** The tensor that has the elements: a view's, or itself. */
nest_tensor *nest_whole(const nest_tensor *t);

/** Whether a nest reads a tensor or a view of it. */
bool nest_reads(const nest *t, const nest_tensor *v);

/** Whether a load is the element at the indices of the nest's own result. */
bool nest_loads_own(const nest *t, const nest_load *l);

/** Whether a map reads a tensor at the indices of its own result only. */
bool nest_reads_in_place(const nest *t, const nest_tensor *v);

/** Elements of a tensor; of one row, if it has one copy per row of the batch. */
int64_t nest_elements(const nest_tensor *t);
bool nest_is_per_row(const nest_tensor *t);

/** Floating-point operations per row: a reduction has one for each element besides those of its expression. */
int64_t nest_flops(const nest *t);

/** Whether it is an extern, or a result that other operations read or none. */
bool nest_is_stored(const nest_tensor *t);

/** The range of an index over all axes, before its division; that of rows is [0, INT32_MAX). */
void nest_range(const nest *t, const nest_index *at, int64_t *least, int64_t *most);

bool nest_has_rows(const nest *t);

/** Whether an expression of a nest is one value for all steps of the reduction. */
bool nest_is_of_result(const nest *t, const scalar *e);

/** Whether an index is one axis and nothing else; *axis is set. */
bool nest_is_axis(const nest_index *at, int *axis);

/** "y * 2 + r - 1"
 *  @param axis  the names of the axes */
const char *nest_index_text(arena *a, const nest_index *at, const char *const *axis);

/** "out[n, u] = sum over i of in[n, i] * kernel[i, u]" */
const char *nest_equation(arena *a, const nest *t);

/** Those of several nests, where each tensor has a name of its own.
 *  @param first, end  the nests from first to the one before end (NULL: to the last) */
const char *nest_equations(arena *a, const nest *first, const nest *end, const char *separator);

/** The name of a local result: that of the operation's result is taken. */
const char *nest_local_name(const nest *t);

/** Check the invariants.
 *  @return NULL, or the violated invariant (an internal fault) */
const char *nest_verify(const nest_graph *g);

#endif
