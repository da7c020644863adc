/* See rewrite.h. */
#include "graph/rewrite.h"

#include <string.h>

#include "support/list.h"

/* --- unused nests ------------------------------------------------------------------------------------ */

static int count_nests(const nest_graph *g)
{
    int count = 0;
    for (const nest *t = g->first; t; t = t->next)
        count++;
    return count;
}

static nest **list_of(const nest_graph *g)
{
    nest **list = arena_array(g->arena, (size_t)count_nests(g) + 1, sizeof *list);
    int count = 0;
    for (nest *t = g->first; t; t = t->next)
        list[count++] = t;
    return list;
}

/** Make a list the nests of the graph; entries may be NULL. */
static void relink(nest_graph *g, nest **list, int count)
{
    g->first = g->last = NULL;
    for (int i = 0; i < count; i++) {
        nest *t = list[i];
        if (!t)
            continue;
        t->next = NULL;
        LIST_APPEND(g->first, g->last, t);
    }
}

/** Mark what nests read that are kept, from the last to the first.
 *  @return whether a nest is kept that was not before */
static bool keep_read(nest *const *list, int count, bool *is_kept, bool *is_read)
{
    bool changed = false;
    for (int n = count - 1; n >= 0; n--) {
        const nest *t = list[n];
        if (is_kept[n] || t->result->role != NEST_RESULT || (t->result->is_local && !is_read[t->result->id]))
            continue;
        is_kept[n] = changed = true;
        for (int i = 0; i < t->load_count; i++)
            if (t->load[i].from)
                is_read[nest_whole(t->load[i].from)->id] = true;
    }
    return changed;
}

void nest_drop_unused(nest_graph *g)
{
    const int count = count_nests(g);
    bool *is_read = arena_array(g->arena, (size_t)g->tensor_count, sizeof *is_read);
    bool *is_kept = arena_array(g->arena, (size_t)count + 1, sizeof *is_kept);
    nest **list = list_of(g);
    while (keep_read(list, count, is_kept, is_read)) /* once more where nests of a scan read later ones */
        continue;
    for (int n = 0; n < count; n++)
        list[n] = is_kept[n] ? list[n] : NULL;
    relink(g, list, count);
}

/* --- factors ----------------------------------------------------------------------------------------- */

/** Give a nest an expression, and only the loads that it has. */
static void set_body(nest *t, const scalar *body)
{
    const scalar *leaves[NEST_MAX_LOADS] = {NULL};
    int count = 0;
    for (int i = 0; i < t->load_count; i++)
        if (scalar_uses(body, i)) {
            leaves[i] = scalar_leaf(t->graph->scalars, count);
            t->load[count++] = t->load[i];
        }
    t->load_count = count;
    t->body = nest_import(t, body, leaves);
}

/** The map that applies a factor to the sum t, and becomes the producer of its result. */
static void split_factor(nest *t, const scalar *terms, const scalar *factor)
{
    nest_graph *g = t->graph;
    nest *next = t->next, *last = g->last;
    nest_tensor *result = t->result;
    g->origin = t->origin;
    nest *map = nest_begin(g, NEST_MAP);
    map->scan = t->scan;
    for (int i = 0; i < t->free_count; i++)
        nest_free(map, t->axis[i].name, t->axis[i].extent);
    /* the sum gets a result of its own */
    t->result =
        nest_tensor_new(g, NEST_RESULT, strcmp(result->name, "sum") == 0 ? "total" : "sum", result->rank, result->dim);
    t->result->producer = t;
    t->result->is_local = true;
    nest_index at[NEST_MAX_RANK];
    for (int d = 0; d < t->free_count; d++) {
        at[d] = nest_constant(0);
        at[d].step[d] = 1;
    }
    const scalar *leaves[NEST_MAX_LOADS] = {NULL}, *sum = nest_load_at(map, t->result->name, t->result, at);
    for (int i = 0; i < t->load_count; i++)
        if (scalar_uses(factor, i))
            leaves[i] = t->load[i].from ? nest_load_at(map, t->load[i].name, t->load[i].from, t->load[i].at)
                                        : nest_load_index(map, t->load[i].name, t->load[i].at[0]);
    const scalar_op op = t->body->op;
    map->body = scalar_make(g->scalars, op, sum, nest_import(map, factor, leaves), NULL);
    map->result = result;
    result->producer = map;
    set_body(t, terms);
    t->next = map;
    map->next = next;
    g->last = last == t ? map : last;
}

void nest_split_factors(nest_graph *g)
{
    for (nest *t = g->first; t; t = t->next) {
        const scalar *e = t->body;
        if (t->reducer != NEST_SUM || t->adds || t->axis_count == t->free_count)
            continue;
        if (e->op != SCALAR_MULTIPLY && e->op != SCALAR_DIVIDE)
            continue;
        if (nest_is_of_result(t, e->arg[1]))
            split_factor(t, e->arg[0], e->arg[1]);
        else if (e->op == SCALAR_MULTIPLY && nest_is_of_result(t, e->arg[0]))
            split_factor(t, e->arg[1], e->arg[0]);
    }
}

/* --- maps -------------------------------------------------------------------------------------------- */

/** The nest whose only load of a tensor is the only one of all, or NULL. */
static nest *only_reader(const nest_graph *g, const nest_tensor *v, int *nth)
{
    nest *reader = NULL;
    for (nest *t = g->first; t; t = t->next)
        for (int i = 0; i < t->load_count; i++) {
            const nest_tensor *from = t->load[i].from;
            if (!from || (from != v && from->viewed != v))
                continue;
            if (reader || from != v)
                return NULL;
            reader = t;
            *nth = i;
        }
    return reader;
}

/** Whether each step of a nest loads an element of its own. */
static bool loads_each_once(const nest *t, const nest_load *l)
{
    int axes = 0, wanted = 0;
    for (int d = 0; d < l->from->rank; d++) {
        int axis;
        if (!nest_is_axis(&l->at[d], &axis) && axis >= 0)
            return false;
        axes += axis >= 0;
    }
    for (int i = 0; i < t->axis_count; i++)
        wanted += t->axis[i].extent != 1;
    return axes >= wanted;
}

/** An index of a map in the axes of its reader. */
static nest_index compose(const nest_index *inner, const nest_load *l, const nest *map)
{
    nest_index at = {.start = inner->start, .rows = inner->rows, .divisor = 1};
    for (int i = 0; i < map->axis_count; i++)
        if (inner->step[i] != 0)
            at = nest_affine(l->at[i], inner->step[i], at);
    at.divisor = inner->divisor;
    return at;
}

static const scalar *inlined_body(nest *t, const nest_load *l)
{
    const nest *map = l->from->producer;
    const scalar *leaves[NEST_MAX_LOADS] = {NULL};
    for (int i = 0; i < map->load_count; i++) {
        const nest_load *inner = &map->load[i];
        nest_index at[NEST_MAX_RANK];
        for (int d = 0; d < (inner->from ? inner->from->rank : 1); d++)
            at[d] = compose(&inner->at[d], l, map);
        leaves[i] =
            inner->from ? nest_load_at(t, inner->name, inner->from, at) : nest_load_index(t, inner->name, at[0]);
    }
    return nest_import(t, map->body, leaves);
}

static void inline_map(nest *t, int nth)
{
    const nest old = *t;
    const scalar *leaves[NEST_MAX_LOADS];
    t->load_count = t->name_count = 0;
    for (int i = 0; i < old.load_count; i++) {
        const nest_load *l = &old.load[i];
        leaves[i] = i == nth  ? inlined_body(t, l)
                    : l->from ? nest_load_at(t, l->name, l->from, l->at)
                              : nest_load_index(t, l->name, l->at[0]);
    }
    t->body = nest_import(t, old.body, leaves);
}

static bool reads_random(const nest *t)
{
    for (int i = 0; i < t->load_count; i++)
        if (t->load[i].from && t->load[i].from->is_random)
            return true;
    return false;
}

/** Whether a map is worth a loop of its own: what random values are used for takes vectors, but functions do not. */
static bool stays_apart(const nest *map, const nest *reader)
{
    return reads_random(map) && scalar_calls(reader->body);
}

void nest_inline_maps(nest_graph *g)
{
    nest **list = list_of(g);
    const int count = count_nests(g);
    for (int n = 0; n < count; n++) {
        int nth = 0;
        const nest *map = list[n];
        nest *reader = map->reducer == NEST_MAP && map->result->is_local ? only_reader(g, map->result, &nth) : NULL;
        if (!reader || reader->scan != map->scan || !loads_each_once(reader, &reader->load[nth]) ||
            reader->load_count + map->load_count > NEST_MAX_LOADS || stays_apart(map, reader))
            continue;
        inline_map(reader, nth);
        list[n] = NULL;
    }
    relink(g, list, count);
}

/** Whether a load of a nest is already its result's memory. */
static bool has_home(const nest *t)
{
    for (int i = 0; i < t->load_count; i++)
        if (t->load[i].from && t->load[i].from->home == t->result)
            return true;
    return false;
}

void nest_add_in_place(nest_graph *g)
{
    for (const nest *t = g->first; t; t = t->next) {
        int nth = 0;
        nest *reader = (t->adds || reads_random(t)) && t->result->is_local ? only_reader(g, t->result, &nth) : NULL;
        if (!reader || reader->result->is_local || !nest_reads_in_place(reader, t->result) || has_home(reader))
            continue;
        t->result->home = reader->result;
        t->result->is_local = false;
    }
}

/* --- first values of sums ---------------------------------------------------------------------------- */

static bool begin_sum(nest *sum, nest *map)
{
    const scalar *a = map->body->arg[0], *b = map->body->arg[1];
    if (map->reducer != NEST_MAP || map->body->op != SCALAR_ADD || a->op != SCALAR_LEAF || b->op != SCALAR_LEAF)
        return false;
    const nest_load *of_sum = &map->load[a->leaf], *added = &map->load[b->leaf];
    if (of_sum->from != sum->result || !nest_loads_own(map, of_sum) || !added->from ||
        added->from->role == NEST_RESULT || sum->load_count == NEST_MAX_LOADS)
        return false;
    sum->begin = scalar_leaf(sum->graph->scalars, sum->load_count);
    sum->load[sum->load_count++] = *added;
    sum->result = map->result;
    sum->result->producer = sum;
    return true;
}

void nest_begin_sums(nest_graph *g)
{
    for (nest *t = g->first; t; t = t->next) {
        int nth = 0;
        nest **list = list_of(g), *reader = only_reader(g, t->result, &nth);
        if (t->reducer != NEST_SUM || !t->result->is_local || !reader || !begin_sum(t, reader))
            continue;
        const int count = count_nests(g);
        for (int i = 0; i < count; i++)
            list[i] = list[i] == reader ? NULL : list[i];
        relink(g, list, count);
    }
}

/* --- rows -------------------------------------------------------------------------------------------- */

static void shift(nest_index *at, int from, int by)
{
    if (by > 0)
        memmove(at->step + from + by, at->step + from, (size_t)(NEST_MAX_AXES - from - by) * sizeof *at->step);
    else
        memmove(at->step + from, at->step + from - by, (size_t)(NEST_MAX_AXES - from + by) * sizeof *at->step);
    for (int i = 0; i < (by > 0 ? by : -by); i++)
        at->step[by > 0 ? from + i : NEST_MAX_AXES - 1 - i] = 0;
}

/** Move the axes from one on, in all indices of a nest. */
static void shift_axes(nest *t, int from, int by)
{
    for (int i = 0; i < t->load_count; i++)
        for (int d = 0; d < NEST_MAX_RANK; d++)
            shift(&t->load[i].at[d], from, by);
    for (int i = 0; i < t->guard_count; i++)
        shift(&t->guard[i].at, from, by);
    for (int d = 0; d < NEST_MAX_RANK; d++)
        shift(&t->into[d], from, by);
    const int first = by > 0 ? from : from - by;
    memmove(t->axis + first + by, t->axis + first, (size_t)(t->axis_count - first) * sizeof *t->axis);
    t->axis_count += by;
    t->free_count += t->adds ? 0 : by;
}

/** Whether a nest counts elements, for nests over the rows alone. */
static bool is_count(const nest_graph *g, const nest *t)
{
    if (t->body->op != SCALAR_CONSTANT || !t->result->is_local || nest_has_rows(t))
        return false;
    for (const nest *reader = g->first; reader; reader = reader->next)
        for (int i = 0; i < reader->load_count; i++) {
            const nest_tensor *from = reader->load[i].from;
            if (from && (from == t->result || from->viewed == t->result) &&
                (from->viewed || reader->axis[0].extent != NEST_ROWS))
                return false;
        }
    return true;
}

/** Give a nest and its result an axis of the rows. */
static void repeat_per_row(nest_graph *g, nest *t)
{
    nest_tensor *v = t->result;
    shift_axes(t, 0, 1);
    t->axis[0] = (nest_axis){"n", NEST_ROWS};
    memmove(v->dim + 1, v->dim, (size_t)v->rank++ * sizeof *v->dim);
    v->dim[0] = NEST_ROWS;
    for (nest *reader = g->first; reader; reader = reader->next)
        for (int i = 0; i < reader->load_count; i++) {
            nest_load *l = &reader->load[i];
            if (l->from != v)
                continue;
            memmove(l->at + 1, l->at, (size_t)(v->rank - 1) * sizeof *l->at);
            l->at[0] = nest_constant(0);
            l->at[0].step[0] = 1;
        }
}

/** Whether a nest without rows reads what others have summed over the rows. */
static bool reads_sums_over_rows(const nest *t)
{
    for (int i = 0; i < t->load_count; i++) {
        const nest *maker = t->load[i].from ? nest_whole(t->load[i].from)->producer : NULL;
        if (maker && (nest_has_rows(maker) || reads_sums_over_rows(maker)))
            return true;
    }
    return false;
}

/** Before the loop over the rows, in it, after it. */
static int place_of(const nest *t)
{
    return nest_has_rows(t) ? 1 : reads_sums_over_rows(t) ? 2 : 0;
}

void nest_gather_rows(nest_graph *g)
{
    const int count = count_nests(g);
    nest **list = list_of(g), **ordered = arena_array(g->arena, (size_t)count + 1, sizeof *ordered);
    int next = 0;
    for (int i = 0; i < count; i++)
        if (is_count(g, list[i]))
            repeat_per_row(g, list[i]);
    for (int place = 0; place <= 2; place++)
        for (int i = 0; i < count; i++)
            if (place_of(list[i]) == place)
                ordered[next++] = list[i];
    relink(g, ordered, count);
}

/* --- the first axes ---------------------------------------------------------------------------------- */

static bool uses_axes(const nest_index *at, int from, int end)
{
    for (int i = from; i < end; i++)
        if (at->step[i] != 0)
            return true;
    return false;
}

/** Whether the first dimensions of a tensor are the first axes of a nest, which no other index uses; or the tensor has
 *  none of them. */
static bool goes_along(const nest *t, const nest_tensor *v, const nest_index *at, int axes)
{
    const bool is_per_row = v && nest_is_per_row(v);
    for (int d = 0; d < (v ? v->rank : 1); d++) {
        int axis;
        if (is_per_row && d < axes) {
            if (!nest_is_axis(&at[d], &axis) || axis != d || (d > 0 && v->dim[d] != t->axis[d].extent))
                return false;
        } else if (uses_axes(&at[d], 0, axes) || at[d].rows) {
            return false;
        }
    }
    return !is_per_row || v->rank >= axes;
}

static bool can_join(const nest *t, const nest *like, int axes)
{
    if (!nest_has_rows(t))
        return true;
    if (t->scan && axes > t->scan->axis)
        return false;
    for (int i = 0; i < axes; i++)
        if (i >= t->axis_count || t->axis[i].extent != like->axis[i].extent || (!t->adds && i >= t->free_count))
            return false;
    for (int i = 0; i < t->load_count; i++) {
        const nest_tensor *from = t->load[i].from;
        if (!goes_along(t, from, t->load[i].at, axes) || (from && from->viewed && from->viewed->role == NEST_RESULT))
            return false;
    }
    for (int i = 0; i < t->guard_count; i++)
        if (uses_axes(&t->guard[i].at, 0, axes))
            return false;
    return !t->adds || goes_along(t, t->result, t->into, axes);
}

static bool all_can_join(const nest_graph *g, const nest *like, int axes)
{
    for (const nest *t = g->first; t; t = t->next)
        if (!can_join(t, like, axes))
            return false;
    return true;
}

/** Axes of several nests that become one: those from `from` to before `end`, with so many steps. */
typedef struct joint {
    int from, end;
    int64_t extent;
} joint;

static void join_dimensions(nest_tensor *v, joint j)
{
    memmove(v->dim + j.from + 1, v->dim + j.end, (size_t)(v->rank - j.end) * sizeof *v->dim);
    v->rank -= j.end - j.from - 1;
    v->dim[j.from] = j.extent;
}

static void join_indices(nest_index *at, joint j)
{
    memmove(at + j.from + 1, at + j.end, (size_t)(NEST_MAX_RANK - j.end) * sizeof *at);
}

static void join(nest *t, joint j)
{
    for (int i = 0; i < t->load_count; i++)
        if (t->load[i].from && nest_is_per_row(t->load[i].from))
            join_indices(t->load[i].at, j);
    if (t->adds && nest_is_per_row(t->result))
        join_indices(t->into, j);
    shift_axes(t, j.from + 1, 1 + j.from - j.end);
    t->axis[j.from].extent = j.extent;
}

int64_t nest_join_axes(nest_graph *g, bool with_rows)
{
    const nest *like = g->first;
    while (like && !nest_has_rows(like))
        like = like->next;
    joint j = {!with_rows, like ? like->axis_count : 1, NEST_ROWS};
    while (j.end > j.from + 1 && !all_can_join(g, like, j.end))
        j.end--;
    int64_t steps = 1;
    for (int i = 1; i < j.end; i++)
        steps *= like->axis[i].extent;
    if (j.end <= j.from + 1)
        return steps;
    if (!with_rows)
        j.extent = steps;
    for (nest *t = g->first; t; t = t->next)
        if (nest_has_rows(t))
            join(t, j);
    for (nest_tensor *v = g->tensors; v; v = v->next)
        if (nest_is_per_row(v) && v->rank >= j.end)
            join_dimensions(v, j);
    return steps;
}
