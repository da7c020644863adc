/* Rewrites of the axes of nests: without those of one element, two as one, and one as two. */
#include <string.h>

#include "graph/rewrite.h"

/* --- axes and dimensions of one element -------------------------------------------------------------- */

static bool is_single(int64_t extent)
{
    return extent == 1 || extent == NEST_ROWS;
}

/** @param kept  the axes that stay, in order */
static void keep_axes(nest_index *at, const int *kept, int count)
{
    nest_index with = nest_constant(at->start + at->rows);
    with.divisor = at->divisor;
    for (int i = 0; i < count; i++)
        with.step[i] = at->step[kept[i]];
    *at = with;
}

static void squeeze_load(nest_load *l, const int *kept, int count)
{
    int rank = 0;
    for (int d = 0; d < (l->from ? l->from->rank : 1); d++) {
        if (l->from && is_single(l->from->dim[d]))
            continue;
        l->at[rank] = l->at[d];
        keep_axes(&l->at[rank++], kept, count);
    }
}

static void squeeze_nest(nest *t)
{
    int kept[NEST_MAX_AXES], count = 0, free_count = 0;
    for (int i = 0; i < t->axis_count; i++) {
        if (is_single(t->axis[i].extent))
            continue;
        free_count += i < t->free_count;
        t->axis[count] = t->axis[i];
        kept[count++] = i;
    }
    for (int i = 0; i < t->load_count; i++)
        squeeze_load(&t->load[i], kept, count);
    for (int i = 0; i < t->guard_count; i++) {
        keep_axes(&t->guard[i].at, kept, count);
        t->guard[i].end = t->guard[i].end == NEST_ROWS ? 1 : t->guard[i].end;
    }
    t->axis_count = count;
    t->free_count = free_count;
}

/** The scans' axes are among those that stay. */
static void squeeze_scans(nest_graph *g)
{
    const nest_scan *last = NULL;
    for (nest *t = g->first; t; t = t->next) {
        if (!t->scan || t->scan == last)
            continue;
        last = t->scan;
        int before = 0;
        for (int i = 0; i < last->axis; i++)
            before += !is_single(t->axis[i].extent);
        const bool is_one_step = is_single(t->axis[last->axis].extent);
        t->scan->axis = before;
        for (nest *m = t; is_one_step && m && m->scan == last; m = m->next)
            m->scan = NULL;
    }
}

static bool has_shape(const nest_tensor *t, const nest_tensor *like)
{
    return t->rank == like->rank && memcmp(t->dim, like->dim, (size_t)t->rank * sizeof *t->dim) == 0;
}

void nest_squeeze(nest_graph *g)
{
    squeeze_scans(g);
    for (nest *t = g->first; t; t = t->next)
        squeeze_nest(t);
    for (nest_tensor *t = g->tensors; t; t = t->next) {
        int rank = 0;
        for (int d = 0; d < t->rank; d++)
            if (!is_single(t->dim[d]))
                t->dim[rank++] = t->dim[d];
        t->rank = rank;
    }
    for (nest *t = g->first; t; t = t->next)
        for (int i = 0; i < t->load_count; i++) {
            nest_tensor *from = t->load[i].from;
            if (from && from->viewed && has_shape(from, from->viewed))
                t->load[i].from = from->viewed;
        }
}

/* --- one axis of two --------------------------------------------------------------------------------- */

static bool uses_axis(const nest_load *l, int axis)
{
    for (int d = 0; d < (l->from ? l->from->rank : 1); d++)
        if (l->at[d].step[axis] != 0)
            return true;
    return false;
}

/** The dimension of a load that is one axis and nothing else, before the one that is the next axis; -1: none. */
static int pair_of(const nest *t, const nest_load *l, int axis)
{
    for (int d = 0; l->from && d + 1 < l->from->rank; d++) {
        int first, second;
        if (nest_is_axis(&l->at[d], &first) && first == axis && nest_is_axis(&l->at[d + 1], &second) &&
            second == axis + 1)
            return l->from->dim[d + 1] == t->axis[axis + 1].extent ? d : -1;
    }
    return -1;
}

/** Whether a nest with fewer axes reads no result whose axes become one. */
static bool can_stay(const nest *t, const nest *first, const nest *end, int axis)
{
    for (const nest *of = first; of != end; of = of->next)
        if (of->free_count > axis && nest_reads(t, of->result))
            return false;
    return true;
}

static bool can_merge(const nest *t, const nest *first, const nest *end, int axis)
{
    if (t->free_count <= axis)
        return can_stay(t, first, end, axis);
    if ((t->scan && t->scan->axis >= axis) || t->free_count == axis + 1 ||
        t->axis[axis].extent != first->axis[axis].extent || t->axis[axis + 1].extent != first->axis[axis + 1].extent)
        return false;
    for (int i = 0; i < t->load_count; i++) {
        nest_load l = t->load[i];
        const int d = pair_of(t, &l, axis);
        if (d >= 0)
            l.at[d] = l.at[d + 1] = nest_constant(0);
        if (uses_axis(&l, axis) || uses_axis(&l, axis + 1))
            return false;
    }
    for (int i = 0; i < t->guard_count; i++)
        if (t->guard[i].at.step[axis] != 0 || t->guard[i].at.step[axis + 1] != 0)
            return false;
    return true;
}

static nest_tensor *view_of(nest_graph *g, nest_tensor *of, int rank, const int64_t *dim)
{
    for (nest_tensor *t = g->tensors; t; t = t->next)
        if (t->viewed == nest_whole(of) && t->rank == rank && memcmp(t->dim, dim, (size_t)rank * sizeof *dim) == 0)
            return t;
    return nest_view(g, of, rank, dim);
}

static void remove_dimension(int64_t *dim, int rank, int d)
{
    dim[d] *= dim[d + 1];
    memmove(dim + d + 1, dim + d + 2, (size_t)(rank - d - 2) * sizeof *dim);
}

static void read_merged(nest *t, int axis, const nest *first, const nest *end)
{
    for (int i = 0; i < t->load_count; i++) {
        nest_load *l = &t->load[i];
        const int d = pair_of(t, l, axis);
        if (d < 0)
            continue;
        const int rank = l->from->rank;
        memmove(l->at + d + 1, l->at + d + 2, (size_t)(rank - d - 2) * sizeof *l->at);
        bool is_inside = false;
        for (const nest *of = first; of != end; of = of->next)
            is_inside = is_inside || l->from == of->result;
        if (is_inside)
            continue; /* its shape changes too */
        int64_t dim[NEST_MAX_RANK];
        memcpy(dim, l->from->dim, sizeof dim);
        remove_dimension(dim, rank, d);
        l->from = view_of(t->graph, l->from, rank - 1, dim);
    }
}

static void drop_step(nest_index *at, int axis)
{
    memmove(at->step + axis + 1, at->step + axis + 2, (size_t)(NEST_MAX_AXES - axis - 2) * sizeof *at->step);
    at->step[NEST_MAX_AXES - 1] = 0;
}

static void merge_in(nest *t, int axis, const nest *first, const nest *end)
{
    read_merged(t, axis, first, end);
    for (int i = 0; i < t->load_count; i++)
        for (int d = 0; d < (t->load[i].from ? t->load[i].from->rank : 1); d++)
            drop_step(&t->load[i].at[d], axis);
    for (int i = 0; i < t->guard_count; i++)
        drop_step(&t->guard[i].at, axis);
    t->axis[axis].extent *= t->axis[axis + 1].extent;
    memmove(t->axis + axis + 1, t->axis + axis + 2, (size_t)(t->axis_count - axis - 2) * sizeof *t->axis);
    t->axis_count--;
    t->free_count--;
}

/** Let a result whose shape has changed keep its old one for the nests that are not from first to end. */
static void keep_shape(nest_tensor *v, const nest_tensor *old, const nest *first, const nest *end)
{
    for (nest *reader = v->graph->first; reader; reader = reader->next) {
        bool is_inside = false;
        for (const nest *of = first; of != end; of = of->next)
            is_inside = is_inside || reader == of;
        for (int i = 0; i < reader->load_count && !is_inside; i++)
            if (reader->load[i].from == v)
                reader->load[i].from = view_of(v->graph, v, old->rank, old->dim);
    }
}

void nest_merge_axes(nest *first, const nest *end)
{
    for (int axis = first->free_count - 2; axis >= 0; axis--) {
        bool can = true;
        for (const nest *t = first; t != end; t = t->next)
            can = can && can_merge(t, first, end, axis);
        if (!can || first->free_count < axis + 2)
            continue;
        for (nest *t = first; t != end; t = t->next)
            if (t->free_count > axis + 1)
                merge_in(t, axis, first, end);
        for (nest *t = first; t != end; t = t->next)
            if (t->result->rank > axis + 1) {
                const nest_tensor old = *t->result;
                remove_dimension(t->result->dim, t->result->rank--, axis);
                keep_shape(t->result, &old, first, end);
            }
    }
}

/** The dimension of a load that walks one axis in steps of 1, before the one that is the next axis; -1: none. */
static int walked_pair(const nest *t, const nest_load *l, int axis)
{
    for (int d = 0; l->from && d + 1 < l->from->rank; d++) {
        int second;
        if (l->at[d].step[axis] == 1 && l->at[d].step[axis + 1] == 0 && l->at[d].divisor == 1 &&
            nest_is_axis(&l->at[d + 1], &second) && second == axis + 1)
            return l->from->dim[d + 1] == t->axis[axis + 1].extent ? d : -1;
    }
    return -1;
}

static bool can_merge_reduced(const nest *t, int axis)
{
    for (int i = 0; i < t->load_count; i++) {
        nest_load l = t->load[i];
        const int d = walked_pair(t, &l, axis);
        if (d >= 0)
            l.at[d] = l.at[d + 1] = nest_constant(0);
        if (uses_axis(&l, axis) || uses_axis(&l, axis + 1) ||
            (d >= 0 && nest_whole(l.from)->producer && nest_whole(l.from)->origin == t->origin))
            return false;
    }
    for (int i = 0; i < t->guard_count; i++) {
        const nest_index *at = &t->guard[i].at;
        if (at->step[axis + 1] != 0 || (at->step[axis] != 0 && (at->step[axis] != 1 || at->divisor != 1)))
            return false;
    }
    return true;
}

/** index * inner + the axis after it, which become one axis. */
static nest_index walk(nest_index at, int axis, int64_t inner)
{
    const int64_t step = at.step[axis];
    at = nest_affine(at, inner, nest_constant(0));
    at.step[axis] = step;
    return at;
}

static void merge_reduced(nest *t, int axis)
{
    const int64_t inner = t->axis[axis + 1].extent;
    for (int i = 0; i < t->load_count; i++) {
        nest_load *l = &t->load[i];
        const int d = walked_pair(t, l, axis), rank = l->from ? l->from->rank : 1;
        if (d >= 0) {
            int64_t dim[NEST_MAX_RANK];
            memcpy(dim, l->from->dim, sizeof dim);
            remove_dimension(dim, rank, d);
            l->at[d] = walk(l->at[d], axis, inner);
            memmove(l->at + d + 1, l->at + d + 2, (size_t)(rank - d - 2) * sizeof *l->at);
            l->from = view_of(t->graph, l->from, rank - 1, dim);
        }
        for (int k = 0; k < rank; k++)
            drop_step(&l->at[k], axis);
    }
    for (int i = 0; i < t->guard_count; i++) {
        nest_guard *g = &t->guard[i];
        if (g->at.step[axis] != 0) {
            g->at = walk(g->at, axis, inner);
            g->end *= inner;
        }
        drop_step(&g->at, axis);
    }
    t->axis[axis].extent *= inner;
    memmove(t->axis + axis + 1, t->axis + axis + 2, (size_t)(t->axis_count - axis - 2) * sizeof *t->axis);
    t->axis_count--;
}

void nest_merge_reduced(nest_graph *g)
{
    for (nest *t = g->first; t; t = t->next)
        for (int axis = t->axis_count - 2; axis >= t->free_count; axis--)
            if (can_merge_reduced(t, axis))
                merge_reduced(t, axis);
}

/* --- two axes of one --------------------------------------------------------------------------------- */

/** The axis of a map that is two dimensions of a result of the same operation, which it reads in another shape; -1. */
static int axis_of_two(const nest *t, const nest_load *l)
{
    const nest_tensor *v = l->from ? l->from->viewed : NULL;
    if (!v || !v->producer || v->producer->origin != t->origin || v->rank != l->from->rank + 1 || !nest_loads_own(t, l))
        return -1;
    int axis = 0;
    while (axis < l->from->rank - 1 && l->from->dim[axis] == v->dim[axis])
        axis++;
    for (int d = axis + 1; d < l->from->rank; d++)
        if (l->from->dim[d] != v->dim[d + 1])
            return -1;
    return axis;
}

/** The dimension that is an axis and nothing else; -1: the load has it otherwise; the rank: not at all. */
static int dimension_of(const nest *t, const nest_load *l, int axis)
{
    int found = l->from ? l->from->rank : -1;
    if (!uses_axis(l, axis))
        return l->from ? l->from->rank : 0;
    for (int d = 0; l->from && d < l->from->rank; d++) {
        int own;
        if (l->at[d].step[axis] == 0)
            continue;
        if (found < l->from->rank || !nest_is_axis(&l->at[d], &own) || l->from->dim[d] != t->axis[axis].extent)
            return -1;
        found = d;
    }
    return found;
}

static void insert_step(nest_index *at, int axis)
{
    memmove(at->step + axis + 2, at->step + axis + 1, (size_t)(NEST_MAX_AXES - axis - 2) * sizeof *at->step);
    at->step[axis + 1] = 0;
}

static void split_dimension(int64_t *dim, int rank, int d, int64_t inner)
{
    memmove(dim + d + 2, dim + d + 1, (size_t)(rank - d - 1) * sizeof *dim);
    dim[d] /= inner;
    dim[d + 1] = inner;
}

static void split_load(nest *t, nest_load *l, int axis, int64_t inner)
{
    const int rank = l->from ? l->from->rank : 1, d = uses_axis(l, axis) ? dimension_of(t, l, axis) : rank;
    for (int i = 0; i < rank; i++)
        insert_step(&l->at[i], axis);
    if (d == rank)
        return;
    memmove(l->at + d + 2, l->at + d + 1, (size_t)(rank - d - 1) * sizeof *l->at);
    l->at[d + 1] = nest_constant(0);
    l->at[d + 1].step[axis + 1] = 1;
    int64_t dim[NEST_MAX_RANK];
    memcpy(dim, l->from->dim, sizeof dim);
    split_dimension(dim, rank, d, inner);
    nest_tensor *v = nest_whole(l->from);
    l->from = v->rank == rank + 1 && memcmp(v->dim, dim, (size_t)v->rank * sizeof *dim) == 0
                  ? v
                  : view_of(t->graph, l->from, rank + 1, dim);
}

static void split_axis(nest *t, int axis, const nest_tensor *like)
{
    for (int i = 0; i < t->load_count; i++)
        if (dimension_of(t, &t->load[i], axis) < 0)
            return;
    const int64_t inner = like->dim[axis + 1];
    for (int i = 0; i < t->load_count; i++)
        split_load(t, &t->load[i], axis, inner);
    memmove(t->axis + axis + 2, t->axis + axis + 1, (size_t)(t->axis_count - axis - 1) * sizeof *t->axis);
    t->axis[axis] = like->producer->axis[axis];
    t->axis[axis + 1] = like->producer->axis[axis + 1];
    t->axis_count = ++t->free_count;
    const nest_tensor old = *t->result;
    split_dimension(t->result->dim, t->result->rank++, axis, inner);
    keep_shape(t->result, &old, t, t->next);
}

void nest_split_axes(nest_graph *g)
{
    for (nest *t = g->first; t; t = t->next)
        for (int i = 0; t->reducer == NEST_MAP && !t->scan && i < t->load_count; i++) {
            const nest_load *l = &t->load[i];
            const int axis = axis_of_two(t, l);
            if (axis >= 0)
                split_axis(t, axis, l->from->viewed);
        }
}
