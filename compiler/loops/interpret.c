/* See interpret.h. */
#include "loops/interpret.h"

#include <math.h>

/* The walk over all axes of a nest. */
typedef struct walk {
    const nest *t;
    int64_t rows;
    int64_t axis[NEST_MAX_AXES];
    double *const *data;
    double state; /* of the reduction */
} walk;

static int64_t extent(const walk *w, int64_t n)
{
    return n == NEST_ROWS ? w->rows : n;
}

/** @return false: the division is not exact */
static bool find_index(const walk *w, const nest_index *at, int64_t *index)
{
    int64_t sum = at->start + at->rows * w->rows;
    for (int i = 0; i < w->t->axis_count; i++)
        sum += at->step[i] * w->axis[i];
    *index = sum / at->divisor;
    return sum % at->divisor == 0;
}

static bool is_present(const walk *w)
{
    for (int i = 0; i < w->t->guard_count; i++) {
        int64_t index;
        if (!find_index(w, &w->t->guard[i].at, &index) || index < 0 || index >= extent(w, w->t->guard[i].end))
            return false;
    }
    return true;
}

static double element(const walk *w)
{
    double leaf[NEST_MAX_LOADS];
    for (int i = 0; i < w->t->load_count; i++) {
        const nest_load *l = &w->t->load[i];
        int64_t offset = 0, index;
        for (int d = 0; l->from && d < l->from->rank; d++) {
            find_index(w, &l->at[d], &index);
            offset = offset * extent(w, l->from->dim[d]) + index;
        }
        if (l->from) {
            leaf[i] = w->data[l->from->viewed ? l->from->viewed->id : l->from->id][offset];
        } else {
            find_index(w, &l->at[0], &index);
            leaf[i] = (double)index;
        }
    }
    return scalar_evaluate(w->t->body, leaf);
}

static void reduce(walk *w)
{
    if (is_present(w))
        w->state = w->t->reducer == NEST_MAX ? fmax(w->state, element(w)) : w->state + element(w);
}

/** Go through the axes from one on; results are written in the order of the free axes. */
static void walk_axes(walk *w, int axis, double **out)
{
    const nest *t = w->t;
    if (axis == t->free_count)
        w->state = t->reducer == NEST_MAX ? -INFINITY : 0;
    if (axis == t->axis_count)
        reduce(w);
    else
        for (w->axis[axis] = 0; w->axis[axis] < extent(w, t->axis[axis].extent); w->axis[axis]++)
            walk_axes(w, axis + 1, out);
    if (axis == t->free_count)
        *(*out)++ = w->state;
}

void interpret_nests(const nest_graph *g, int rows, double *const *data)
{
    for (const nest *t = g->first; t; t = t->next) {
        walk w = {.t = t, .rows = rows, .data = data};
        double *out = data[t->result->id];
        walk_axes(&w, 0, &out);
    }
}
