/* See nest.h. */
#include "graph/nest.h"

#include <string.h>

#include "support/checked.h"
#include "support/list.h"

nest_graph *nest_graph_new(arena *a)
{
    nest_graph *g = ARENA_NEW(a, nest_graph);
    *g = (nest_graph){.arena = a, .scalars = scalar_set_new(a)};
    return g;
}

nest_tensor *nest_tensor_new(nest_graph *g, nest_role role, const char *name, int rank, const int64_t *dim)
{
    nest_tensor *t = ARENA_NEW(g->arena, nest_tensor);
    *t = (nest_tensor){
        .name = name, .role = role, .rank = rank, .origin = g->origin, .graph = g, .id = g->tensor_count++};
    for (int d = 0; d < rank; d++)
        t->dim[d] = dim[d];
    LIST_APPEND(g->tensors, g->last_tensor, t);
    return t;
}

nest_tensor *nest_view(nest_graph *g, nest_tensor *of, int rank, const int64_t *dim)
{
    if (rank == of->rank && memcmp(dim, of->dim, (size_t)rank * sizeof *dim) == 0)
        return of;
    nest_tensor *t = nest_tensor_new(g, NEST_VIEW, of->name, rank, dim);
    t->viewed = nest_whole(of);
    return t;
}

/* --- building ---------------------------------------------------------------------------------------- */

nest *nest_begin(nest_graph *g, nest_reducer reducer)
{
    nest *t = ARENA_NEW(g->arena, nest);
    *t = (nest){.graph = g, .reducer = reducer, .origin = g->origin};
    return t;
}

nest_index nest_constant(int64_t value)
{
    return (nest_index){.start = value, .divisor = 1};
}

nest_index nest_rows(int64_t times)
{
    return (nest_index){.rows = times, .divisor = 1};
}

static nest_index add_axis(nest *t, const char *name, int64_t extent)
{
    nest_index at = nest_constant(0);
    at.step[t->axis_count] = 1;
    t->axis[t->axis_count++] = (nest_axis){name, extent};
    return at;
}

nest_index nest_free(nest *t, const char *name, int64_t extent)
{
    t->free_count++;
    return add_axis(t, name, extent);
}

nest_index nest_reduced(nest *t, const char *name, int64_t extent)
{
    return extent == 1 ? nest_constant(0) : add_axis(t, name, extent);
}

void nest_free_like(nest *t, const nest_tensor *like, nest_index at[NEST_MAX_RANK])
{
    static const char *const all[] = {"n", "i", "j", "k", "l", "m", "o", "p", "q"};
    const char *const *names = all + !nest_is_per_row(like);
    for (int d = 0; d < like->rank; d++)
        at[d] = nest_free(t, like->producer && !like->producer->adds ? like->producer->axis[d].name : names[d],
                          like->dim[d]);
}

nest_index nest_affine(nest_index a, int64_t step, nest_index b)
{
    b.start += a.start * step;
    b.rows += a.rows * step;
    for (int i = 0; i < NEST_MAX_AXES; i++)
        b.step[i] += a.step[i] * step;
    return b;
}

/** Whether a list of a nest is full, which is a fault of the graph. */
static bool is_full(nest *t, int count, int most, const char *fault)
{
    if (count == most)
        t->graph->fault = fault;
    return count == most;
}

static const scalar *add_load(nest *t, nest_load load)
{
    int nth = 0;
    while (nth < t->load_count &&
           (t->load[nth].from != load.from || memcmp(t->load[nth].at, load.at, sizeof load.at) != 0))
        nth++;
    if (is_full(t, nth, NEST_MAX_LOADS, "a nest reads too many elements"))
        return scalar_leaf(t->graph->scalars, 0);
    const scalar *leaf = scalar_leaf(t->graph->scalars, nth);
    t->load[nth] = load;
    t->load_count += nth == t->load_count;
    nest_define(t, load.name, leaf);
    return leaf;
}

const scalar *nest_load_at(nest *t, const char *name, nest_tensor *from, const nest_index *at)
{
    nest_load load = {.name = name, .from = from};
    nest_tensor *whole = nest_whole(from);
    whole->is_local = whole->is_local && whole->origin == t->origin;
    for (int d = 0; d < from->rank; d++) {
        load.at[d] = at[d];
        int64_t least, most;
        nest_range(t, &at[d], &least, &most);
        if (from->dim[d] != NEST_ROWS && (least < 0 || most >= from->dim[d]))
            nest_guard_at(t, at[d], from->dim[d]);
    }
    return add_load(t, load);
}

const scalar *nest_load_index(nest *t, const char *name, nest_index at)
{
    return add_load(t, (nest_load){.name = name, .at = {at}});
}

void nest_name(nest *t, const char *name, double value)
{
    nest_define(t, name, scalar_constant(t->graph->scalars, value));
}

void nest_define(nest *t, const char *name, const scalar *value)
{
    if (!is_full(t, t->name_count, NEST_MAX_LOADS, "a nest names too many values"))
        t->name[t->name_count++] = (scalar_name){name, value};
}

void nest_guard_at(nest *t, nest_index at, int64_t end)
{
    for (int i = 0; i < t->guard_count; i++)
        if (t->guard[i].end == end && memcmp(&t->guard[i].at, &at, sizeof at) == 0)
            return;
    if (!is_full(t, t->guard_count, NEST_MAX_GUARDS, "a nest has too many conditions"))
        t->guard[t->guard_count++] = (nest_guard){at, end};
}

const scalar *nest_import(nest *t, const scalar *e, const scalar *const *leaves)
{
    scalar_set *s = t->graph->scalars;
    if (e->op == SCALAR_CONSTANT)
        return scalar_constant(s, e->value);
    if (e->op == SCALAR_LEAF)
        return leaves ? leaves[e->leaf] : scalar_leaf(s, e->leaf);
    const scalar *arg[3] = {NULL};
    for (int i = 0; i < scalar_arity(e->op); i++)
        arg[i] = nest_import(t, e->arg[i], leaves);
    const scalar *made = scalar_make(s, e->op, arg[0], arg[1], arg[2]);
    if (e->name)
        scalar_give_name(made, e->name);
    return made;
}

const scalar *nest_formula(nest *t, const char *formula)
{
    return scalar_row(t->graph->scalars, formula, t->name);
}

nest_tensor *nest_end(nest *t, const char *name, const char *formula)
{
    return nest_end_body(t, name, nest_formula(t, formula));
}

static void append(nest *t)
{
    nest_graph *g = t->graph;
    t->scan = g->scan;
    t->result->producer = t;
    LIST_APPEND(g->first, g->last, t);
}

static nest_tensor *end(nest *t, const char *name, const scalar *body, int rank, const int64_t *dim)
{
    t->body = body;
    t->result = nest_tensor_new(t->graph, NEST_RESULT, name, rank, dim);
    t->result->is_local = true;
    append(t);
    return t->result;
}

nest_tensor *nest_end_body(nest *t, const char *name, const scalar *body)
{
    int64_t dim[NEST_MAX_RANK];
    for (int d = 0; d < t->free_count; d++)
        dim[d] = t->axis[d].extent;
    return end(t, name, body, t->free_count, dim);
}

nest_tensor *nest_end_adding(nest *t, const char *name, const scalar *body, const nest_tensor *like,
                             const nest_index *into)
{
    t->adds = true;
    memcpy(t->into, into, (size_t)like->rank * sizeof *into);
    return end(t, name, body, like->rank, like->dim);
}

/* --- scans ------------------------------------------------------------------------------------------- */

nest_scan *nest_scan_begin(nest_graph *g, int axis, bool backwards)
{
    g->scan = ARENA_NEW(g->arena, nest_scan);
    *g->scan = (nest_scan){axis, backwards};
    return g->scan;
}

void nest_scan_end(nest_graph *g)
{
    g->scan = NULL;
}

nest_tensor *nest_carried(nest_graph *g, const char *name, int rank, const int64_t *dim)
{
    nest_tensor *t = nest_tensor_new(g, NEST_RESULT, name, rank, dim);
    t->is_local = true;
    return t;
}

void nest_end_carried(nest *t, nest_tensor *result, const scalar *body)
{
    t->body = body;
    t->result = result;
    append(t);
}

nest_tensor *nest_at_step(nest_graph *g, nest_tensor *v, int64_t further, const char *name)
{
    nest *t = nest_begin(g, NEST_SUM); /* of one element or, out of range, none */
    nest_index at[NEST_MAX_RANK];
    nest_free_like(t, v, at);
    at[g->scan->axis] = nest_affine(at[g->scan->axis], 1, nest_constant(further));
    return nest_end_body(t, name, nest_load_at(t, v->name, v, at));
}

const nest_load *nest_other_step(const nest *t)
{
    for (int i = 0; i < t->load_count && t->scan; i++) {
        const nest_load *l = &t->load[i];
        const nest *maker = l->from ? nest_whole(l->from)->producer : NULL;
        if (maker && maker->scan == t->scan && l->at[t->scan->axis].start != 0)
            return l;
    }
    return NULL;
}

bool nest_is_carried(const nest_graph *g, const nest_tensor *v)
{
    for (const nest *t = g->first; t; t = t->next) {
        const nest_load *l = nest_other_step(t);
        if (l && nest_whole(l->from) == v)
            return true;
    }
    return false;
}

/* --- asking ------------------------------------------------------------------------------------------ */

nest_tensor *nest_whole(const nest_tensor *t)
{
    return t->viewed ? t->viewed : (nest_tensor *)t;
}

bool nest_reads(const nest *t, const nest_tensor *v)
{
    for (int i = 0; i < t->load_count; i++)
        if (t->load[i].from && nest_whole(t->load[i].from) == nest_whole(v))
            return true;
    return false;
}

bool nest_loads_own(const nest *t, const nest_load *l)
{
    for (int d = 0; d < t->free_count; d++) {
        int axis;
        if (!nest_is_axis(&l->at[d], &axis) || axis != d)
            return false;
    }
    return l->from->rank == t->free_count;
}

bool nest_reads_in_place(const nest *t, const nest_tensor *v)
{
    bool reads = false;
    for (int i = 0; i < t->load_count; i++) {
        const nest_load *load = &t->load[i];
        if (!load->from || (load->from != v && load->from->viewed != v))
            continue;
        if (!nest_loads_own(t, load))
            return false;
        reads = true;
    }
    return reads && t->reducer == NEST_MAP && nest_elements(v) == nest_elements(t->result);
}

bool nest_is_per_row(const nest_tensor *t)
{
    return t->rank > 0 && t->dim[0] == NEST_ROWS;
}

bool nest_is_stored(const nest_tensor *t)
{
    return t->role == NEST_EXTERN || (t->role == NEST_RESULT && !t->is_local);
}

int64_t nest_elements(const nest_tensor *t)
{
    int64_t n = 1;
    for (int d = nest_is_per_row(t); d < t->rank; d++)
        n = saturating_mul(n, t->dim[d]);
    return n;
}

int64_t nest_flops(const nest *t)
{
    int64_t n = scalar_operations(t->body) + (t->axis_count > t->free_count);
    for (int i = 0; i < t->axis_count; i++)
        n = saturating_mul(n, t->axis[i].extent == NEST_ROWS ? 1 : t->axis[i].extent);
    return n;
}

void nest_range(const nest *t, const nest_index *at, int64_t *least, int64_t *most)
{
    *least = *most = at->start;
    for (int i = 0; i < t->axis_count; i++) {
        const int64_t last = (t->axis[i].extent == NEST_ROWS ? INT32_MAX : t->axis[i].extent) - 1;
        *(at->step[i] < 0 ? least : most) += at->step[i] * last;
    }
}

bool nest_has_rows(const nest *t)
{
    for (int i = 0; i < t->axis_count; i++)
        if (t->axis[i].extent == NEST_ROWS)
            return true;
    return false;
}

bool nest_is_of_result(const nest *t, const scalar *e)
{
    for (int i = 0; i < t->load_count; i++)
        for (int d = 0; scalar_uses(e, i) && d < (t->load[i].from ? t->load[i].from->rank : 1); d++)
            for (int a = t->free_count; a < t->axis_count; a++)
                if (t->load[i].at[d].step[a] != 0)
                    return false;
    return true;
}

bool nest_is_axis(const nest_index *at, int *axis)
{
    int found = -1;
    for (int i = 0; i < NEST_MAX_AXES; i++)
        if (at->step[i] != 0) {
            if (found >= 0 || at->step[i] != 1)
                return false;
            found = i;
        }
    *axis = found;
    return found >= 0 && at->start == 0 && at->rows == 0 && at->divisor == 1;
}

const char *nest_local_name(const nest *t)
{
    static const char *const states[] = {
        [NEST_MAP] = "z", [NEST_SUM] = "sum", [NEST_MAX] = "largest", [NEST_MIN] = "least"};
    return strcmp(t->result->name, "out") == 0 ? states[t->reducer] : t->result->name;
}

/* --- text -------------------------------------------------------------------------------------------- */

static void add_term(str *s, bool plus, const char *axis, int64_t step)
{
    if (s->length || !plus)
        str_add(s, s->length ? (plus ? " + " : " - ") : "0 - ");
    if (!axis)
        str_printf(s, "%lld", (long long)step);
    else if (step == 1)
        str_add(s, axis);
    else
        str_printf(s, "%s * %lld", axis, (long long)step);
}

const char *nest_index_text(arena *a, const nest_index *at, const char *const *axis)
{
    str s = str_new(a);
    for (int plus = 1; plus >= 0; plus--) {
        const int64_t sign = plus ? 1 : -1;
        if (sign * at->rows > 0)
            add_term(&s, plus, "rows", sign * at->rows);
        for (int i = 0; i < NEST_MAX_AXES; i++)
            if (sign * at->step[i] > 0)
                add_term(&s, plus, axis[i], sign * at->step[i]);
        if (sign * at->start > 0)
            add_term(&s, plus, NULL, sign * at->start);
    }
    if (s.length == 0)
        str_add(&s, "0");
    return at->divisor == 1 ? s.text : arena_printf(a, "(%s) / %lld", s.text, (long long)at->divisor);
}

/* The context that leaves of an expression are printed in. */
typedef struct equation {
    arena *arena;
    const nest *t;
    const char *axis[NEST_MAX_AXES];
    const char *const *names; /* of tensors by their ids; NULL: their own */
    str parts;                /* ", t = ..." */
} equation;

static const char *name_in(const equation *q, const nest_tensor *t, const char *own)
{
    return q->names ? q->names[nest_whole(t)->id] : own;
}

static const char *leaf_text(void *context, int leaf)
{
    const equation *q = context;
    const nest_load *l = &q->t->load[leaf];
    if (!l->from) {
        const char *index = nest_index_text(q->arena, &l->at[0], q->axis);
        return strchr(index, ' ') ? arena_printf(q->arena, "(%s)", index) : index;
    }
    str s = str_new(q->arena);
    str_add(&s, name_in(q, l->from, l->from->role == NEST_RESULT ? l->from->name : l->name));
    for (int d = 0; d < l->from->rank; d++)
        str_printf(&s, "%s%s", d ? ", " : "[", nest_index_text(q->arena, &l->at[d], q->axis));
    str_add(&s, l->from->rank ? "]" : "");
    return s.text;
}

static const char *define_part(void *context, const char *name, const char *text)
{
    equation *q = context;
    str_printf(&q->parts, ", %s = %s", name, text);
    return name;
}

static const char *constant_text(void *context, double value)
{
    arena *a = ((const equation *)context)->arena;
    const bool is_whole = value > -1e6 && value < 1e6 && value == (double)(int)value;
    return is_whole ? arena_printf(a, "%d", (int)value) : str_double(a, value);
}

static const char *equation_of(arena *a, const nest *t, const char *const *names)
{
    static const char *const reductions[] = {
#define REDUCER(id, name) name,
#include "graph/reducers.def"
#undef REDUCER
    };
    equation q = {a, t, {0}, names, str_new(a)};
    str s = str_new(a);
    for (int i = 0; i < t->axis_count; i++)
        q.axis[i] = t->axis[i].name;
    const scalar_printer printer = {true, NULL, &q, leaf_text, constant_text, define_part};
    const char *begin = t->begin ? arena_printf(a, "%s + ", scalar_text(a, &printer, t->begin)) : "";
    str_add(&s, name_in(&q, t->result, t->result->name));
    for (int d = 0; t->adds && d < t->result->rank; d++)
        str_printf(&s, "%s%s%s", d ? ", " : "[", nest_index_text(a, &t->into[d], q.axis),
                   d + 1 < t->result->rank ? "" : "] += ");
    for (int i = 0; i < t->axis_count && !t->adds; i++) {
        const bool first = i == 0 || i == t->free_count;
        if (i == t->free_count)
            str_printf(&s, "%s = %s%s over ", i ? "]" : "", begin, reductions[t->reducer]);
        str_printf(&s, "%s%s", first ? (i < t->free_count ? "[" : "") : ", ", t->axis[i].name);
    }
    const bool reduces = t->axis_count > t->free_count && !t->adds;
    str_printf(&s, "%s%s",
               reduces         ? " of "
               : t->adds       ? ""
               : t->free_count ? "] = "
                               : " = ",
               scalar_text(a, &printer, t->body));
    if (q.parts.length)
        str_printf(&s, " with %s", q.parts.text + 2);
    return s.text;
}

const char *nest_equation(arena *a, const nest *t)
{
    return equation_of(a, t, NULL);
}

/** Give a tensor a name that no other has, if it has none. */
static void name_tensor(arena *a, const nest_tensor *t, const char *name, const char **names, const char **wanted)
{
    int alike = 0;
    t = nest_whole(t);
    if (names[t->id])
        return;
    for (int i = 0; i < t->graph->tensor_count; i++)
        alike += wanted[i] && strcmp(wanted[i], name) == 0;
    wanted[t->id] = name;
    names[t->id] = alike ? arena_printf(a, "%s_%d", name, alike + 1) : name;
}

const char *nest_equations(arena *a, const nest *first, const nest *end, const char *separator)
{
    const size_t count = (size_t)first->graph->tensor_count;
    const char **names = arena_array(a, count, sizeof *names), **wanted = arena_array(a, count, sizeof *wanted);
    str s = str_new(a);
    for (const nest *t = first; t != end; t = t->next)
        if (!t->result->is_local)
            name_tensor(a, t->result, t->result->name, names, wanted);
    for (const nest *t = first; t != end; t = t->next)
        name_tensor(a, t->result, nest_local_name(t), names, wanted);
    for (const nest *t = first; t != end; t = t->next) {
        for (int i = 0; i < t->load_count; i++)
            if (t->load[i].from)
                name_tensor(a, t->load[i].from, t->load[i].name, names, wanted);
        str_printf(&s, "%s%s", t == first ? "" : separator, equation_of(a, t, names));
    }
    return s.text;
}

/* --- the verifier ------------------------------------------------------------------------------------ */

static const char *verify_load(const nest *t, const nest_load *l, const bool *is_written)
{
    if (!l->from)
        return NULL;
    const nest_tensor *whole = nest_whole(l->from);
    const bool is_earlier = t->scan && whole->producer && whole->producer->scan == t->scan;
    if (whole->role == NEST_RESULT && !is_written[whole->id] && !is_earlier)
        return "a nest reads a tensor before it is written";
    if (whole->viewed || nest_elements(whole) != nest_elements(l->from))
        return "a view has other elements than its tensor";
    for (int d = 0; d < l->from->rank; d++) {
        int64_t least, most;
        nest_range(t, &l->at[d], &least, &most);
        if (t->reducer == NEST_MAP && l->from->dim[d] != NEST_ROWS && (least < 0 || most >= l->from->dim[d]))
            return "a map reads what is out of range";
    }
    return NULL;
}

const char *nest_verify(const nest_graph *g)
{
    bool *is_written = arena_array(g->arena, (size_t)g->tensor_count, sizeof *is_written);
    for (const nest *t = g->first; t && !g->fault; t = t->next) {
        if (!t->body)
            return "a nest has no expression";
        if ((t->reducer == NEST_MAP) && (t->axis_count != t->free_count || t->guard_count))
            return "a map reduces";
        for (int i = 0; i < t->load_count; i++) {
            const char *violated = verify_load(t, &t->load[i], is_written);
            if (violated)
                return violated;
        }
        is_written[t->result->id] = true;
    }
    return g->fault;
}
