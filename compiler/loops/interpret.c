/* See interpret.h. The indices of a nest become offsets, affine in its axes, and its expression a list of steps. Inside
 * the loops over the other axes, one axis runs in lanes, in which every step is a plain loop: a free axis where one
 * can, so that the terms of every sum are added in the order of the reduced axes. */
#include "loops/interpret.h"

#include <math.h>

enum { LANES = 64, MAX_OFFSETS = NEST_MAX_LOADS + 1 + NEST_MAX_GUARDS };

/** An offset, affine in the axes: of an element, or of a guard. The divisor is 1 in the lanes. */
typedef struct offset {
    int64_t start, step[NEST_MAX_AXES], divisor; /* steps by loop; that of the lanes is the last */
    int64_t end;                                 /* of a guard */
    int depth;                                   /* of a guard: the loop in which it is decided; -1: before all */
} offset;

/** One operation of the expression. */
typedef struct step {
    const scalar *e;
    int arg[3]; /* of steps */
    double *lane;
} step;

struct interpreted {
    const nest *t;
    int64_t extent[NEST_MAX_AXES + 1]; /* by loop, and of the lanes */
    int loops;                         /* around the lanes */
    int offset_count, guards;          /* the loads', the result's, and from guards on those of guards */
    offset at[MAX_OFFSETS];
    int step_count;
    step *step;
    int64_t elements; /* of the result */
    int scan_loop;    /* whose passes are run one at a time; -1: there is none */
    bool is_product;  /* a sum of products of two loads */
};

/* --- preparation ------------------------------------------------------------------------------------- */

/** Whether an axis can run in lanes: no condition and no division depends on it. */
static bool runs_in_lanes(const nest *t, int axis)
{
    for (int i = 0; i < t->guard_count; i++)
        if (t->guard[i].at.step[axis] != 0)
            return false;
    for (int i = 0; i < t->load_count; i++)
        for (int d = 0; d < (t->load[i].from ? t->load[i].from->rank : 1); d++)
            if (t->load[i].at[d].divisor != 1 && t->load[i].at[d].step[axis] != 0)
                return false;
    return t->axis[axis].extent != 1 && (!t->scan || t->scan->axis != axis);
}

/** The last free axis that can, or the last of all; -1: there is none. */
static int lane_axis(const nest *t)
{
    for (int i = t->free_count - 1; i >= 0; i--)
        if (t->axis[i].extent != NEST_ROWS && runs_in_lanes(t, i))
            return i;
    return t->axis_count && runs_in_lanes(t, t->axis_count - 1) ? t->axis_count - 1 : -1;
}

/** The order of the axes: loops[0] is the outermost, the lanes come last. */
typedef struct order {
    int axis[NEST_MAX_AXES + 1], count, rows;
} order;

static order order_of(const nest *t, int rows)
{
    const int lanes = lane_axis(t);
    order o = {.rows = rows};
    for (int i = 0; i < t->axis_count; i++)
        if (i != lanes)
            o.axis[o.count++] = i;
    o.axis[o.count++] = lanes;
    return o;
}

static int64_t extent_of(int64_t n, int rows)
{
    return n == NEST_ROWS ? rows : n;
}

/** sum * extent + index: both are whole where they are used. */
static void append(offset *sum, int64_t extent, const nest_index *index, const order *o)
{
    const int64_t by = extent * index->divisor;
    sum->start = sum->start * by + (index->start + index->rows * o->rows) * sum->divisor;
    for (int i = 0; i < o->count; i++)
        sum->step[i] = sum->step[i] * by + (o->axis[i] < 0 ? 0 : index->step[o->axis[i]] * sum->divisor);
    sum->divisor *= index->divisor;
}

static offset of_load(const nest_load *l, const order *o)
{
    offset sum = {.divisor = 1};
    if (!l->from)
        append(&sum, 0, &l->at[0], o);
    for (int d = 0; l->from && d < l->from->rank; d++)
        append(&sum, extent_of(l->from->dim[d], o->rows), &l->at[d], o);
    return sum;
}

static offset of_result(const nest *t, const order *o)
{
    offset sum = {.divisor = 1};
    for (int d = 0; d < t->result->rank; d++) {
        nest_index at = nest_constant(0);
        at.step[d] = 1;
        append(&sum, extent_of(t->result->dim[d], o->rows), t->adds ? &t->into[d] : &at, o);
    }
    return sum;
}

static offset of_guard(const nest_guard *g, const order *o)
{
    offset sum = {.divisor = 1, .end = extent_of(g->end, o->rows), .depth = -1};
    append(&sum, 0, &g->at, o);
    for (int i = 0; i < o->count; i++)
        if (sum.step[i] != 0)
            sum.depth = i;
    return sum;
}

/** The step that computes e, after those of its operands; equal expressions are one. */
static int add_step(interpreted *p, const scalar *e, arena *a)
{
    step s = {.e = e};
    for (int i = 0; i < p->step_count; i++)
        if (p->step[i].e == e)
            return i;
    for (int i = 0; i < scalar_arity(e->op); i++)
        s.arg[i] = add_step(p, e->arg[i], a);
    s.lane = arena_array(a, LANES, sizeof *s.lane);
    for (int l = 0; l < LANES && e->op == SCALAR_CONSTANT; l++)
        s.lane[l] = e->value;
    p->step[p->step_count] = s;
    return p->step_count++;
}

static bool is_product_of_loads(const nest *t)
{
    const scalar *e = t->body;
    return t->reducer == NEST_SUM && e->op == SCALAR_MULTIPLY && e->arg[0]->op == SCALAR_LEAF &&
           e->arg[1]->op == SCALAR_LEAF && t->load[e->arg[0]->leaf].from && t->load[e->arg[1]->leaf].from;
}

interpreted *interpret_prepare(arena *a, const nest *t, int rows)
{
    interpreted *p = ARENA_NEW(a, interpreted);
    const order o = order_of(t, rows);
    *p = (interpreted){.t = t, .loops = o.count - 1, .elements = 1, .scan_loop = -1};
    for (int i = 0; i < o.count - 1 && t->scan; i++)
        if (o.axis[i] == t->scan->axis)
            p->scan_loop = i;
    for (int i = 0; i < o.count; i++)
        p->extent[i] = o.axis[i] < 0 ? 1 : extent_of(t->axis[o.axis[i]].extent, rows);
    for (int d = 0; d < t->result->rank; d++)
        p->elements *= extent_of(t->result->dim[d], rows);
    for (int i = 0; i < t->load_count; i++)
        p->at[p->offset_count++] = of_load(&t->load[i], &o);
    p->at[p->offset_count++] = of_result(t, &o);
    p->guards = p->offset_count;
    for (int i = 0; i < t->guard_count; i++)
        p->at[p->offset_count++] = of_guard(&t->guard[i], &o);
    p->step = arena_array(a, (size_t)t->body->id + 1, sizeof *p->step); /* operands have lower ids */
    add_step(p, t->body, a);
    p->is_product = is_product_of_loads(t);
    return p;
}

/* --- running ----------------------------------------------------------------------------------------- */

/** A nest while it runs. */
typedef struct walk {
    const interpreted *p;
    int64_t at[MAX_OFFSETS]; /* the offsets within the loops that are open, not yet divided */
    const double *from[NEST_MAX_LOADS];
    double *out;
    int64_t pass; /* of the loop of the scan */
} walk;

static int64_t place(const walk *w, int i)
{
    const int64_t divisor = w->p->at[i].divisor;
    return divisor == 1 ? w->at[i] : w->at[i] / divisor;
}

/** Load i of lanes first, first + 1, ... */
static void load_lanes(const walk *w, int i, int64_t first, int64_t count, double *lane)
{
    const offset *o = &w->p->at[i];
    const int64_t by = o->step[w->p->loops], start = place(w, i) + first * by;
    for (int64_t l = 0; l < count; l++)
        lane[l] = w->from[i] ? w->from[i][start + l * by] : (double)(start + l * by);
}

/** The values of the expression in some lanes. */
static const double *compute_lanes(const walk *w, int64_t first, int64_t count)
{
    const interpreted *p = w->p;
    for (int i = 0; i < p->step_count; i++) {
        const step *s = &p->step[i];
        if (s->e->op == SCALAR_LEAF)
            load_lanes(w, s->e->leaf, first, count, s->lane);
        else if (s->e->op != SCALAR_CONSTANT)
            scalar_evaluate_lanes(s->e->op, (int)count, p->step[s->arg[0]].lane, p->step[s->arg[1]].lane,
                                  p->step[s->arg[2]].lane, s->lane);
    }
    return p->step[p->step_count - 1].lane;
}

/** Add x * y[l] to every out[l]; in groups, as compilers make vectors of loops of known length. */
static void add_scaled(double *restrict out, double x, const double *restrict y, int64_t count)
{
    enum { GROUP = 8 };
    int64_t l = 0;
    for (; l + GROUP <= count; l += GROUP)
        for (int i = 0; i < GROUP; i++)
            out[l + i] += x * y[l + i];
    for (; l < count; l++)
        out[l] += x * y[l];
}

/** out[l] += a[l] * b[l] over all lanes; a step of 0 repeats one value. A 0 there adds nothing, as elements are
 *  finite: many are after a relu. */
static void add_products(const walk *w)
{
    const interpreted *p = w->p;
    const scalar *body = p->t->body;
    const int a = body->arg[0]->leaf, b = body->arg[1]->leaf, r = p->t->load_count;
    const int64_t by_a = p->at[a].step[p->loops], by_b = p->at[b].step[p->loops], by = p->at[r].step[p->loops];
    const double *x = w->from[a] + place(w, a), *y = w->from[b] + place(w, b);
    double *out = w->out + place(w, r);
    const int64_t count = p->extent[p->loops];
    if (by_a == 0 && *x == 0)
        return;
    if (by_a == 0 && by_b == 1 && by == 1)
        add_scaled(out, *x, y, count);
    else
        for (int64_t l = 0; l < count; l++)
            out[l * by] += x[l * by_a] * y[l * by_b];
}

static void run_lanes(const walk *w)
{
    const interpreted *p = w->p;
    if (p->is_product) {
        add_products(w);
        return;
    }
    const int64_t by = p->at[p->t->load_count].step[p->loops], count = p->extent[p->loops];
    for (int64_t first = 0; first < count; first += LANES) {
        const int64_t lanes = count - first < LANES ? count - first : LANES;
        const double *x = compute_lanes(w, first, lanes);
        double *out = w->out + w->at[p->t->load_count] + first * by;
        for (int64_t l = 0; l < lanes; l++)
            out[l * by] = p->t->reducer == NEST_MAP   ? x[l]
                          : p->t->reducer == NEST_SUM ? out[l * by] + x[l]
                          : p->t->reducer == NEST_MAX ? fmax(out[l * by], x[l])
                                                      : fmin(out[l * by], x[l]);
    }
}

/** Whether the guards that loop depth decides hold. */
static bool is_present(const walk *w, int depth)
{
    for (int i = w->p->guards; i < w->p->offset_count; i++) {
        const offset *g = &w->p->at[i];
        if (g->depth == depth && (w->at[i] < 0 || w->at[i] % g->divisor != 0 || w->at[i] / g->divisor >= g->end))
            return false;
    }
    return true;
}

static void run_loop(walk *w, int depth)
{
    const interpreted *p = w->p;
    if (depth == p->loops) {
        run_lanes(w);
        return;
    }
    for (int64_t x = 0; x < p->extent[depth]; x++) {
        if ((depth != p->scan_loop || x == w->pass) && is_present(w, depth))
            run_loop(w, depth + 1);
        for (int i = 0; i < p->offset_count; i++)
            w->at[i] += p->at[i].step[depth];
    }
    for (int i = 0; i < p->offset_count; i++)
        w->at[i] -= p->at[i].step[depth] * p->extent[depth];
}

static double *data_of(const nest_tensor *t, double *const *data)
{
    return data[nest_whole(t)->id];
}

static void clear(const interpreted *p, double *const *data)
{
    double *out = data_of(p->t->result, data);
    for (int64_t i = 0; p->t->reducer != NEST_MAP && i < p->elements; i++)
        out[i] = p->t->reducer == NEST_SUM ? 0 : p->t->reducer == NEST_MAX ? -INFINITY : INFINITY;
}

/** @param pass  of the loop of the nest's scan */
static void run_pass(const interpreted *p, int64_t pass, double *const *data)
{
    walk w = {.p = p, .out = data_of(p->t->result, data), .pass = pass};
    for (int i = 0; i < p->offset_count; i++)
        w.at[i] = p->at[i].start;
    for (int i = 0; i < p->t->load_count; i++)
        w.from[i] = p->t->load[i].from ? data_of(p->t->load[i].from, data) : NULL;
    if (is_present(&w, -1))
        run_loop(&w, 0);
}

static void run_scan(interpreted *const *list, int count, double *const *data)
{
    const interpreted *p = list[0];
    const int64_t steps = p->extent[p->scan_loop];
    for (int64_t i = 0; i < steps; i++)
        for (int k = 0; k < count; k++)
            run_pass(list[k], p->t->scan->backwards ? steps - 1 - i : i, data);
}

void interpret_sequence(interpreted *const *list, int count, double *const *data)
{
    for (int i = 0, end; i < count; i = end) {
        const nest_scan *scan = list[i]->t->scan;
        for (end = i + 1; scan && end < count && list[end]->t->scan == scan; end++)
            continue;
        for (int k = i; k < end; k++)
            clear(list[k], data);
        if (scan)
            run_scan(list + i, end - i, data);
        else
            run_pass(list[i], 0, data);
    }
}

void interpret_nests(const nest_graph *g, int rows, double *const *data)
{
    int count = 0;
    for (const nest *t = g->first; t; t = t->next)
        count++;
    interpreted **list = arena_array(g->arena, (size_t)count + 1, sizeof *list);
    count = 0;
    for (const nest *t = g->first; t; t = t->next)
        list[count++] = interpret_prepare(g->arena, t, rows);
    interpret_sequence(list, count, data);
}
