/* See gradient.h. Of a load L[indices] in out[free] = sum of expr:
 *
 *     dL[indices] += dout[free] * d expr / dL, over all axes
 *
 * Where the indices are axes of their own, that is again a sum or a map with these axes free. The sums over the rows of
 * the batch remain additions, which a target makes piece by piece. */
#include "graph/gradient.h"

#include <string.h>

/* A gradient nest in the making. */
typedef struct moving {
    const nest *t;         /* the nest */
    nest *dt;              /* that of the gradient */
    int to[NEST_MAX_AXES]; /* where dt has an axis of t; -1: nowhere yet */
} moving;

static nest_index axis_index(int axis)
{
    nest_index at = nest_constant(0);
    at.step[axis] = 1;
    return at;
}

static void move_axis(moving *m, int axis, bool is_free)
{
    const nest_axis a = m->t->axis[axis];
    m->to[axis] = m->dt->axis_count;
    m->dt->axis[m->dt->axis_count++] = a;
    m->dt->free_count += is_free;
}

/** An index in the axes of the gradient. */
static nest_index moved(const moving *m, const nest_index *at)
{
    nest_index out = {.start = at->start, .rows = at->rows, .divisor = at->divisor};
    for (int i = 0; i < m->t->axis_count; i++)
        if (at->step[i] != 0)
            out.step[m->to[i]] = at->step[i];
    return out;
}

/** Whether an index is one element, the same for all steps. */
static bool is_element(const nest_index *at)
{
    return at->rows == 0 && at->divisor == 1;
}

/** Whether a load goes through each element of its tensor, with one axis per dimension; a dimension of 1 needs none,
 * nor in a scan, where additions have no place of their own, one of which it has one element. */
static bool is_whole(const nest *t, const nest_load *l)
{
    bool is_used[NEST_MAX_AXES] = {false};
    for (int d = 0; d < l->from->rank; d++) {
        int axis;
        const bool is_axis = nest_is_axis(&l->at[d], &axis);
        if (axis < 0 && (l->from->dim[d] == 1 || (t->scan && is_element(&l->at[d]))))
            continue;
        if (!is_axis || is_used[axis] || t->axis[axis].extent != l->from->dim[d])
            return false;
        is_used[axis] = true;
    }
    return true;
}

/** A free axis for a dimension of which the load has one element: the gradient of the others is 0. */
static void free_element(moving *m, int d, const nest_load *l)
{
    const nest_index at = nest_free(m->dt, arena_printf(m->dt->graph->arena, "z%d", d), l->from->dim[d]);
    if (l->from->dim[d] > 1)
        nest_guard_at(m->dt, nest_affine(at, 1, nest_constant(-l->at[d].start)), 1);
}

/** Axes in the order of the load's dimensions, free, then the others. */
static void free_dimensions(moving *m, const nest_load *l)
{
    for (int d = 0; d < l->from->rank; d++) {
        int axis;
        if (nest_is_axis(&l->at[d], &axis))
            move_axis(m, axis, true);
        else
            free_element(m, d, l);
    }
    for (int i = 0; i < m->t->axis_count; i++)
        if (m->to[i] < 0)
            move_axis(m, i, false);
    const bool is_map = m->dt->axis_count == m->dt->free_count && m->t->guard_count + m->dt->guard_count == 0;
    m->dt->reducer = is_map ? NEST_MAP : NEST_SUM;
}

/** All axes in the order of the nest, but that of the load's last dimension last: neighbours are neighbours. */
static void keep_order(moving *m, const nest_load *l)
{
    int last = -1;
    if (l->from->rank > 0 && !nest_is_axis(&l->at[l->from->rank - 1], &last))
        last = -1;
    for (int i = 0; i < m->t->axis_count; i++)
        if (i != last)
            move_axis(m, i, false);
    if (last >= 0)
        move_axis(m, last, false);
}

/** An expression of the nest as one of the gradient, with the loads that it has. */
static const scalar *moved_body(const moving *m, const scalar *e)
{
    const scalar *leaves[NEST_MAX_LOADS] = {NULL};
    for (int i = 0; i < m->t->load_count; i++) {
        const nest_load *l = &m->t->load[i];
        nest_index at[NEST_MAX_RANK];
        if (!scalar_uses(e, i))
            continue;
        for (int d = 0; d < (l->from ? l->from->rank : 1); d++)
            at[d] = moved(m, &l->at[d]);
        leaves[i] = l->from ? nest_load_at(m->dt, l->name, l->from, at) : nest_load_index(m->dt, l->name, at[0]);
    }
    return nest_import(m->dt, e, leaves);
}

static void move_guards(const moving *m)
{
    for (int i = 0; i < m->t->guard_count; i++)
        nest_guard_at(m->dt, moved(m, &m->t->guard[i].at), m->t->guard[i].end);
}

/** An element of a tensor that has the shape of the nest's result. */
static const scalar *load_like_result(const moving *m, const char *name, nest_tensor *from)
{
    nest_index at[NEST_MAX_RANK];
    for (int d = 0; d < m->t->free_count; d++) {
        const nest_index axis = axis_index(d);
        at[d] = moved(m, &axis);
    }
    return nest_load_at(m->dt, name, from, at);
}

/** How many elements of a reduction come before this one. */
static nest_index elements_before(const nest *t)
{
    nest_index number = nest_constant(0);
    for (int i = t->free_count; i < t->axis_count; i++)
        number = nest_affine(number, t->axis[i].extent, axis_index(i));
    return number;
}

/** The index of the first of the largest elements, as a nest of its own. */
static nest_tensor *places_of(nest *t)
{
    if (t->reducer != NEST_MAX || t->places)
        return t->places;
    nest *places = nest_begin(t->graph, NEST_MIN);
    const nest_index before = elements_before(t);
    int64_t first, last;
    nest_range(t, &before, &first, &last);
    moving m = {t, places, {0}};
    for (int i = 0; i < t->axis_count; i++)
        move_axis(&m, i, i < t->free_count);
    move_guards(&m);
    scalar_set *set = t->graph->scalars;
    const scalar *largest = load_like_result(&m, "largest", t->result);
    const scalar *is_it = scalar_make(set, SCALAR_EQUAL, moved_body(&m, t->body), largest, NULL);
    const scalar *none = scalar_constant(set, (double)(last + 1));
    const scalar *body = scalar_make(set, SCALAR_SELECT, is_it, nest_load_index(places, "before", before), none);
    return t->places = nest_end_body(places, "place", body);
}

nest_tensor *nest_places(nest_graph *g)
{
    nest *t = g->first;
    while (t && t->reducer != NEST_MAX)
        t = t->next;
    return t ? places_of(t) : NULL;
}

/** body where the element is the maximum, else 0. */
static const scalar *select_largest(const moving *m, nest_tensor *places, const scalar *body)
{
    scalar_set *set = m->dt->graph->scalars;
    const nest_index before = elements_before(m->t);
    const scalar *place = load_like_result(m, "place", places);
    const scalar *here = nest_load_index(m->dt, "before", moved(m, &before));
    const scalar *is_it = scalar_make(set, SCALAR_EQUAL, place, here, NULL);
    return scalar_make(set, SCALAR_SELECT, is_it, body, scalar_constant(set, 0));
}

/** The derivative of a nest's expression by a load. A divisor without the load stays one. */
typedef struct slope {
    const scalar *factor, *divisor; /* NULL: no divisor */
} slope;

static slope slope_of(const nest *t, int nth)
{
    const scalar *e = t->body;
    const bool is_quotient = e->op == SCALAR_DIVIDE && !scalar_uses(e->arg[1], nth);
    const scalar *numerator = is_quotient ? e->arg[0] : e;
    return (slope){scalar_derive(t->graph->scalars, numerator, nth), is_quotient ? e->arg[1] : NULL};
}

/** dout times the derivative. */
static const scalar *scaled(const moving *m, nest_tensor *dout, slope by)
{
    scalar_set *set = m->dt->graph->scalars;
    const scalar *product = scalar_scale(set, load_like_result(m, dout->name, dout), moved_body(m, by.factor));
    return by.divisor ? scalar_make(set, SCALAR_DIVIDE, product, moved_body(m, by.divisor), NULL) : product;
}

/** dout times a derivative that is the same for all steps of a reduction: as a tensor that is added in each. */
static nest_tensor *share_of(const nest *t, nest_tensor *dout, slope by)
{
    moving m = {t, nest_begin(t->graph, NEST_MAP), {0}};
    for (int i = 0; i < t->free_count; i++)
        move_axis(&m, i, true);
    return nest_end_body(m.dt, "share", scaled(&m, dout, by));
}

/** The gradient of one load. */
static nest_tensor *gradient_of(const nest *t, int nth, nest_tensor *dout, nest_tensor *places)
{
    const nest_load *load = &t->load[nth];
    const char *name = arena_printf(t->graph->arena, "d%s", load->name);
    const bool is_free = is_whole(t, load) && (nest_is_per_row(load->from) || !nest_has_rows(t));
    const slope one = {scalar_constant(t->graph->scalars, 1), NULL};
    slope by = slope_of(t, nth);
    if (t->axis_count > t->free_count && !places && (by.factor != one.factor || by.divisor) &&
        nest_is_of_result(t, by.factor) && (!by.divisor || nest_is_of_result(t, by.divisor))) {
        dout = share_of(t, dout, by);
        by = one;
    }
    moving m = {t, nest_begin(t->graph, NEST_SUM), {0}};
    for (int i = 0; i < NEST_MAX_AXES; i++)
        m.to[i] = -1;
    if (is_free)
        free_dimensions(&m, load);
    else
        keep_order(&m, load);
    move_guards(&m);
    const scalar *body = scaled(&m, dout, by);
    if (places)
        body = select_largest(&m, places, body);
    nest_index into[NEST_MAX_RANK];
    for (int d = 0; d < load->from->rank; d++)
        into[d] = moved(&m, &load->at[d]);
    return is_free ? nest_end_body(m.dt, name, body) : nest_end_adding(m.dt, name, body, load->from, into);
}

/* --- the graph --------------------------------------------------------------------------------------- */

static nest_tensor *sum(nest_graph *g, nest_tensor *a, nest_tensor *b)
{
    nest *t = nest_begin(g, NEST_MAP);
    nest_index at[NEST_MAX_RANK];
    if (nest_whole(a)->rank == nest_whole(b)->rank &&
        memcmp(nest_whole(a)->dim, nest_whole(b)->dim, sizeof a->dim) == 0) {
        a = nest_whole(a);
        b = nest_whole(b);
    }
    nest_free_like(t, a, at);
    nest_load_at(t, "a", a, at);
    nest_load_at(t, "b", b, at);
    return nest_end(t, a->name, "a + b");
}

/** By the tensor's id: whether its gradient leads to a wanted one. */
static bool *depends(const nest_graph *g, const bool *wanted)
{
    bool *is_reached = arena_array(g->arena, (size_t)g->tensor_count, sizeof *is_reached);
    for (const nest_tensor *v = g->tensors; v; v = v->next)
        is_reached[v->id] = v->role != NEST_RESULT && wanted[v->id];
    for (bool changed = true; changed;) { /* twice where nests of a scan read later ones */
        changed = false;
        for (const nest *t = g->first; t; t = t->next)
            for (int i = 0; i < t->load_count; i++)
                if (t->load[i].from && is_reached[nest_whole(t->load[i].from)->id] && !is_reached[t->result->id])
                    is_reached[t->result->id] = changed = true;
    }
    return is_reached;
}

/** Add what a nest adds to the gradients of its loads. */
static void add_nest(nest *t, const bool *is_reached, nest_tensor **gradient)
{
    nest_graph *g = t->graph;
    g->origin = t->origin;
    nest_tensor *places = places_of(t);
    for (int i = 0; i < t->load_count; i++) {
        nest_tensor *of = t->load[i].from ? nest_whole(t->load[i].from) : NULL;
        if (!of || !is_reached[of->id] || !scalar_uses(t->body, i))
            continue;
        nest_tensor *dout = gradient[t->result->id];
        nest_tensor *one = gradient_of(t, i, nest_view(g, dout, t->result->rank, t->result->dim), places);
        one = nest_view(g, one, of->rank, of->dim);
        if (gradient[of->id])
            one = nest_view(g, sum(g, gradient[of->id], one), of->rank, of->dim);
        gradient[of->id] = one;
    }
}

/* --- scans ------------------------------------------------------------------------------------------- */

/** The gradient of what a step reads of another one, for which the nests before the gradient's own are made. */
static nest_tensor *begin_carried(nest *t, nest_tensor **gradient)
{
    const nest_load *l = nest_other_step(t);
    nest_graph *g = t->graph;
    nest_tensor *own = nest_carried(g, arena_printf(g->arena, "d%s", t->result->name), t->result->rank, t->result->dim);
    nest_tensor *of = nest_whole(l->from);
    nest_tensor *one = nest_at_step(g, own, -l->at[t->scan->axis].start, arena_printf(g->arena, "d%s_other", of->name));
    gradient[of->id] = gradient[of->id] ? sum(g, gradient[of->id], one) : one;
    return own;
}

static void end_carried(nest_graph *g, nest_tensor *own, nest_tensor *total)
{
    nest *t = nest_begin(g, NEST_MAP);
    nest_index at[NEST_MAX_RANK];
    nest_free_like(t, own, at);
    const scalar *zero = scalar_constant(g->scalars, 0);
    nest_end_carried(t, own, total ? nest_load_at(t, "total", total, at) : zero);
}

/** Take the sums over the steps out of a scan, to after it: nothing in it reads them. */
static void move_sums_after(nest_graph *g, nest *before, int axis)
{
    nest *scanned = NULL, *summed = NULL, **end_scanned = &scanned, **end_summed = &summed, *last = before;
    for (nest *t = before ? before->next : g->first; t; t = t->next) {
        const bool is_sum = t->adds || t->free_count <= axis || !nest_is_per_row(t->result);
        if (is_sum)
            t->scan = NULL;
        nest ***end = is_sum ? &end_summed : &end_scanned;
        **end = t;
        *end = &t->next;
    }
    *end_summed = NULL;
    *end_scanned = summed;
    *(before ? &before->next : &g->first) = scanned;
    for (nest *t = scanned; t; t = t->next)
        last = t;
    g->last = last;
}

/** Add what the nests of a scan add to the gradients of their loads: a scan from its last step to its first. */
static void add_scan(nest **nests, int count, const bool *is_reached, nest_tensor **gradient)
{
    nest_graph *g = nests[0]->graph;
    const nest_scan *scan = nests[0]->scan;
    nest *before = g->last;
    nest_tensor **own = arena_array(g->arena, (size_t)count, sizeof *own);
    g->origin = nests[0]->origin;
    nest_scan_begin(g, scan->axis, !scan->backwards);
    for (int i = 0; i < count; i++)
        if (nest_other_step(nests[i]) && is_reached[nests[i]->result->id])
            own[i] = begin_carried(nests[i], gradient);
    for (int i = count - 1; i >= 0; i--)
        if (!own[i] && gradient[nests[i]->result->id] && is_reached[nests[i]->result->id])
            add_nest(nests[i], is_reached, gradient);
    for (int i = 0; i < count; i++)
        if (own[i])
            end_carried(g, own[i], gradient[nests[i]->result->id]);
    nest_scan_end(g);
    move_sums_after(g, before, scan->axis);
}

/* --- all of them ------------------------------------------------------------------------------------- */

nest_tensor **nest_gradients(nest_graph *g, const nest_tensor *of, nest_tensor *dof, const bool *wanted)
{
    const bool *is_reached = depends(g, wanted);
    nest_tensor **gradient = arena_array(g->arena, (size_t)g->tensor_count, sizeof *gradient);
    int count = 0;
    for (const nest *t = g->first; t; t = t->next)
        count++;
    nest **nests = arena_array(g->arena, (size_t)count, sizeof *nests);
    count = 0;
    for (nest *t = g->first; t; t = t->next)
        nests[count++] = t;
    gradient[nest_whole(of)->id] = dof;
    while (count-- > 0) {
        const nest_scan *scan = nests[count]->scan;
        const int end = count + 1;
        while (scan && count > 0 && nests[count - 1]->scan == scan)
            count--;
        if (scan)
            add_scan(nests + count, end - count, is_reached, gradient);
        else if (gradient[nests[count]->result->id] && is_reached[nests[count]->result->id])
            add_nest(nests[count], is_reached, gradient);
    }
    return gradient;
}
