/* See lower.h. Nests that begin with the same axes share their loops, as far as each reads of the others only what the
 * same pass of these loops has written; a local result lives in the innermost loop that all its readers share, as a
 * variable or as an array of the dimensions that are left. */
#include "loops/lower.h"

#include <string.h>

/* A nest with its axes' names in C. */
typedef struct item {
    const nest *t;
    const char *axis[NEST_MAX_AXES];
    int order[NEST_MAX_AXES]; /* the axes, outermost first */
    int outer;                /* how many of them have loops that others share */
    bool is_row;              /* the innermost axis is free: a row of states */
    struct item *places;      /* of a maximum: the nest of its places, found in the same pass; it is made with it */
    bool is_made;
    int solved; /* of an addition to the one element that is at a place: innermost axes, which follow from the place */
} item;

/* The computed bounds of a loop. */
typedef struct bounds {
    const ct_block *block;          /* where they are declared */
    const char *axis, *first, *end; /* the expressions, or NULL */
    const char *name;
    struct bounds *next;
} bounds;

typedef struct lowering {
    arena *arena;
    const lower_form *form;
    lowered *out;
    item *item;
    int count;
    const char **name; /* by the tensor's id: its name in C, or NULL */
    const char **call; /* by the tensor's id: what it is called in formulas */
    int *depth;        /* by the tensor's id: how many of its first dimensions a local one does not store; -1: all */
    ct_block *storage; /* the declarations of local arrays */
    bounds *bounds;
} lowering;

enum {
    NO_PLACE = -1,      /* the depth of a local result that has no place yet */
    MAX_ON_STACK = 4096 /* elements of a local array */
};

static const char *extent(arena *a, int64_t n, const char *rows)
{
    return n == NEST_ROWS ? rows : arena_printf(a, "%lld", (long long)n);
}

static const char *number_type(const lowering *l)
{
    return l->form->is_float ? "float" : "double";
}

ct_type lower_type(arena *a, const nest_tensor *t, const lower_form *form, bool pointer)
{
    const nest_role role = t->viewed ? t->viewed->role : t->role;
    const bool is_constant = role == NEST_PARAMETER || (form->is_task && role == NEST_EXTERN);
    const char *base = t->type ? t->type : form->is_float ? "float" : "double";
    ct_type type = {is_constant ? arena_printf(a, "const %s", base) : base, t->rank, {0}, pointer};
    for (int d = 0; d < t->rank; d++)
        type.dim[d] = extent(a, t->dim[d], form->max_rows);
    if (t->rank == 0)
        type.dim[type.rank++] = "1";
    return type;
}

/* --- indices and loads ------------------------------------------------------------------------------- */

static ct_expr affine(const lowering *l, const item *it, nest_index at)
{
    at.divisor = 1;
    const char *text = nest_index_text(l->arena, &at, it->axis);
    const bool is_word = !strpbrk(text, " -");
    return (ct_expr){text, is_word ? CT_PRIMARY : CT_SUM};
}

static ct_expr index_of(const lowering *l, const item *it, const nest_index *at)
{
    const ct_expr sum = affine(l, it, *at);
    return at->divisor == 1 ? sum : ct_binary(l->arena, CT_PRODUCT, sum, "/", ct_int(l->arena, at->divisor));
}

/** A unique C name for a tensor: that which the target has chosen (two tensors of one memory share it), or its own,
 * with a number appended if it is taken. */
static const char *give_name(lowering *l, const nest_tensor *t, const char *name)
{
    if (t->c_name)
        return l->call[t->id] = l->name[t->id] = t->c_name;
    int alike = 0;
    for (const nest_tensor *other = t->graph->tensors; other; other = other->next)
        alike += l->call[other->id] && strcmp(l->call[other->id], name) == 0;
    l->call[t->id] = name;
    return l->name[t->id] = alike ? arena_printf(l->arena, "%s_%d", name, alike + 1) : name;
}

/** The name of a tensor; one that no nest before has touched becomes an operand of the function. */
static const char *tensor_name(lowering *l, const nest_tensor *t, const char *name)
{
    if (l->name[t->id])
        return l->name[t->id];
    l->out->operand[l->out->operand_count] = t;
    return l->out->name[l->out->operand_count++] = give_name(l, t, name);
}

/** A local tensor, seen in the shape of its view. */
static ct_expr viewed_local(lowering *l, const nest_tensor *t)
{
    ct_type type = lower_type(l->arena, t, l->form, true);
    const int depth = l->depth[t->viewed->id];
    type.rank -= depth;
    for (int d = 0; d < type.rank; d++)
        type.dim[d] = type.dim[d + depth];
    return (ct_expr){arena_printf(l->arena, "(%s%s)", ct_cast(l->arena, &type), l->name[t->viewed->id]), CT_PRIMARY};
}

static ct_expr element_at(lowering *l, const item *it, const nest_tensor *t, const char *name, const nest_index *at)
{
    t = t->home ? t->home : t;
    const nest_tensor *whole = t->viewed ? t->viewed : t;
    const int depth = whole->is_local && l->name[whole->id] ? l->depth[whole->id] : 0;
    ct_expr e = t == whole || !whole->is_local ? ct_name(tensor_name(l, t, name)) : viewed_local(l, t);
    for (int d = depth; d < t->rank; d++)
        e = ct_element(l->arena, e, index_of(l, it, &at[d]));
    return t->rank || whole->is_local ? e : ct_element(l->arena, e, ct_int(l->arena, 0));
}

static ct_expr element(lowering *l, const item *it, const nest_load *load)
{
    return load->from ? element_at(l, it, load->from, load->name, load->at) : index_of(l, it, &load->at[0]);
}

static ct_expr result_element(lowering *l, const item *it)
{
    const nest *t = it->t;
    nest_index at[NEST_MAX_RANK];
    for (int d = 0; d < t->free_count; d++) {
        at[d] = nest_constant(0);
        at[d].step[d] = 1;
    }
    return element_at(l, it, t->result, t->result->name, t->adds ? t->into : at);
}

/* --- the expression ---------------------------------------------------------------------------------- */

typedef struct place {
    lowering *l;
    const item *it;
    ct_block *block;
    const char *state; /* the leaf after the loads */
} place;

static bool is_integer(const nest_tensor *t)
{
    return t->type && strstr(t->type, "int");
}

static const char *leaf_text(void *context, int leaf)
{
    const place *p = context;
    if (leaf == p->it->t->load_count)
        return p->state;
    const nest_load *load = &p->it->t->load[leaf];
    const ct_expr e = element(p->l, p->it, load);
    if ((!load->from || is_integer(load->from)) && p->l->form->is_float)
        return arena_printf(p->l->arena, e.rank == CT_PRIMARY ? "(float)%s" : "(float)(%s)", e.text);
    return e.rank == CT_PRIMARY ? e.text : arena_printf(p->l->arena, "(%s)", e.text);
}

static const char *constant_text(void *context, double value)
{
    const place *p = context;
    cwriter w = cw_new(p->l->arena);
    return p->l->form->is_float ? cw_f32(&w, value) : cw_f64(&w, value);
}

static void define_part(void *context, const char *name, const char *text)
{
    const place *p = context;
    ct_statement(p->block, "const %s %s = %s", number_type(p->l), name, text);
}

static const char *print(place *p, const scalar *e)
{
    const scalar_printer printer = {!p->l->form->is_float, p->l->form->fma, p, leaf_text, constant_text, define_part};
    return scalar_text(p->l->arena, &printer, e);
}

/** The text of a nest's expression, whose parts become variables in a block. */
static const char *body_text(lowering *l, const item *it, ct_block *b)
{
    place p = {l, it, b, NULL};
    return print(&p, it->t->body);
}

/* --- conditions -------------------------------------------------------------------------------------- */

static ct_expr and (arena * a, ct_expr all, ct_expr one)
{
    return all.text ? ct_binary(a, CT_AND, all, "&&", one) : one;
}

/** The conditions that a guard asks for: those that some pass of the loops does not meet. */
static ct_expr guard_condition(const lowering *l, const item *it, const nest_guard *g, ct_expr all)
{
    arena *a = l->arena;
    const ct_expr sum = affine(l, it, g->at);
    int64_t least, most;
    nest_range(it->t, &g->at, &least, &most);
    if (g->at.divisor != 1) {
        const ct_expr rest = ct_binary(a, CT_PRODUCT, sum, "%", ct_int(a, g->at.divisor));
        all = and(a, all, ct_binary(a, CT_RELATION, rest, "==", ct_int(a, 0)));
    }
    if (least < 0)
        all = and(a, all, ct_binary(a, CT_RELATION, sum, ">=", ct_int(a, 0)));
    if (g->end == NEST_ROWS)
        return all;
    if (most >= g->end * g->at.divisor)
        all = and(a, all, ct_binary(a, CT_RELATION, sum, "<", ct_int(a, g->end * g->at.divisor)));
    return all;
}

/** The position of the last of the axes that a guard depends on; -1: none. */
static int decided_at(const item *it, const nest_guard *g)
{
    int last = -1;
    for (int p = 0; p < it->t->axis_count; p++)
        if (g->at.step[it->order[p]] != 0)
            last = p;
    return last;
}

/** Whether a guard is a bound of the loop at a position. */
static bool is_bound(const lowering *l, const item *it, const nest_guard *g, int position)
{
    return l->form->is_task && position >= it->outer && decided_at(it, g) == position && g->at.divisor == 1 &&
           g->end != NEST_ROWS && g->at.step[it->order[position]] > 0;
}

/** Open a condition for the guards that are decided at a position, or before the first inner loop. */
static ct_block *open_guards(const lowering *l, ct_block *b, const item *it, int position)
{
    ct_expr all = {NULL, CT_ANY};
    for (int i = 0; i < it->t->guard_count; i++) {
        const nest_guard *g = &it->t->guard[i];
        const int at = decided_at(it, g) < it->outer ? it->outer - 1 : decided_at(it, g);
        if (at == position && !is_bound(l, it, g, at))
            all = guard_condition(l, it, g, all);
    }
    return all.text ? ct_if(b, all) : b;
}

/* --- bounds of loops --------------------------------------------------------------------------------- */

/** ceil(numerator / step), or less than 0 for less. */
static const char *divided(const lowering *l, const item *it, nest_index numerator, int64_t step)
{
    numerator.start += step - 1;
    const ct_expr sum = affine(l, it, numerator);
    return step == 1 ? sum.text : ct_binary(l->arena, CT_PRODUCT, sum, "/", ct_int(l->arena, step)).text;
}

/** The bounds that the guards of a loop ask for.
 *  @param before  filled: whether they depend on no inner axis */
static bounds bounds_of(const lowering *l, const item *it, int position, bool *before)
{
    const int axis = it->order[position];
    bounds found = {.axis = it->axis[axis]};
    *before = true;
    for (int i = 0; i < it->t->guard_count; i++) {
        const nest_guard *g = &it->t->guard[i];
        int64_t least, most;
        if (!is_bound(l, it, g, position))
            continue;
        const int64_t step = g->at.step[axis];
        nest_range(it->t, &g->at, &least, &most);
        nest_index rest = g->at;
        rest.step[axis] = 0;
        for (int p = it->outer; p < position; p++)
            *before = *before && rest.step[it->order[p]] == 0;
        const char *first = divided(l, it, nest_affine(rest, -1, nest_constant(0)), step);
        const char *end = divided(l, it, nest_affine(rest, -1, nest_constant(g->end)), step);
        if (least < 0)
            found.first = arena_printf(l->arena, "mnn_max(%s, %s)", found.first ? found.first : "0", first);
        if (most >= g->end)
            found.end = arena_printf(l->arena, "mnn_min(%s, %s)",
                                     found.end ? found.end : extent(l->arena, it->t->axis[axis].extent, "rows"), end);
    }
    return found;
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/** Declare bounds in a block, if it has not got them. */
static const bounds *declare_bounds(lowering *l, ct_block *b, bounds wanted)
{
    int alike = 0;
    for (const bounds *had = l->bounds; had; had = had->next) {
        if (had->block == b && strcmp(had->axis, wanted.axis) == 0 && is_same_text(had->first, wanted.first) &&
            is_same_text(had->end, wanted.end))
            return had;
        alike += strcmp(had->axis, wanted.axis) == 0;
    }
    bounds *made = ARENA_NEW(l->arena, bounds);
    *made = wanted;
    made->block = b;
    made->name = alike ? arena_printf(l->arena, "%s%d", wanted.axis, alike + 1) : wanted.axis;
    made->next = l->bounds;
    l->bounds = made;
    if (made->first)
        ct_statement(b, "const int %s_first = %s", made->name, made->first);
    if (made->end)
        ct_statement(b, "const int %s_end = %s", made->name, made->end);
    return made;
}

typedef struct range {
    const char *first, *end;
} range;

static range range_in(lowering *l, ct_block *b, const item *it, int position, const bounds *known)
{
    const int64_t n = it->t->axis[it->order[position]].extent;
    if (n == NEST_ROWS)
        return (range){l->form->first, l->form->end};
    bool before;
    const bounds wanted = bounds_of(l, it, position, &before);
    if (!known && (wanted.first || wanted.end))
        known = declare_bounds(l, b, wanted);
    return (range){known && known->first ? arena_printf(l->arena, "%s_first", known->name) : "0",
                   known && known->end ? arena_printf(l->arena, "%s_end", known->name) : extent(l->arena, n, "rows")};
}

/** The name of an axis; "k2" if one of so many loops around it has its name. */
static const char *axis_name(const lowering *l, const item *it, const char *name, int loops)
{
    for (int i = 0; i < loops; i++)
        if (strcmp(it->axis[i], name) == 0)
            return arena_printf(l->arena, "%s2", name);
    return name;
}

/** Name the axes that a nest has for itself. */
static void name_inner(const lowering *l, item *it)
{
    for (int p = it->outer; p < it->t->axis_count; p++)
        it->axis[it->order[p]] = axis_name(l, it, it->t->axis[it->order[p]].name, it->outer);
}

/** Open the loops of the axes that a nest has for itself, from the first to before the one at `end`. */
static ct_block *open_inner(lowering *l, ct_block *b, item *it, int end)
{
    const bounds *known[NEST_MAX_AXES] = {NULL};
    name_inner(l, it);
    for (int p = it->outer; p < end; p++) {
        bool before;
        const bounds wanted = bounds_of(l, it, p, &before);
        if (before && (wanted.first || wanted.end))
            known[p] = declare_bounds(l, b, wanted);
    }
    ct_block *inner = open_guards(l, b, it, it->outer - 1);
    for (int p = it->outer; p < end; p++) {
        const range r = range_in(l, inner, it, p, known[p]);
        inner = ct_for(inner, it->axis[it->order[p]], r.first, r.end);
        inner = open_guards(l, inner, it, p);
    }
    return inner;
}

/* --- one nest ---------------------------------------------------------------------------------------- */

static bool reads(const nest *t, const nest_tensor *v)
{
    for (int i = 0; i < t->load_count; i++)
        if (t->load[i].from && (t->load[i].from == v || t->load[i].from->viewed == v))
            return true;
    return false;
}

static const char *first_state(const lowering *l, const nest *t)
{
    return t->reducer == NEST_MAX   ? "-INFINITY"
           : t->reducer == NEST_MIN ? "INFINITY"
           : l->form->is_float      ? "0.0f"
                                    : "0.0";
}

/** target + body or target - product, with the product contracted. */
static void add(lowering *l, ct_block *b, const item *it, const char *target)
{
    const scalar *body = it->solved ? it->t->body->arg[1] : it->t->body;
    const scalar *part = body->op == SCALAR_NEGATE ? body->arg[0] : body;
    if (!l->form->fma || part->op != SCALAR_MULTIPLY) {
        place p = {l, it, b, NULL};
        const char *text = print(&p, body);
        ct_statement(b, "%s += %s", target, text);
        return;
    }
    scalar_set *set = it->t->graph->scalars;
    place p = {l, it, b, target};
    const scalar *sum = scalar_make(set, SCALAR_ADD, scalar_leaf(set, it->t->load_count), body, NULL);
    const char *text = print(&p, sum);
    ct_statement(b, "%s = %s", target, text);
}

/** One step of a reduction. */
static void reduce(lowering *l, ct_block *b, const item *it, const char *state)
{
    if (it->t->reducer == NEST_SUM) {
        add(l, b, it, state);
        return;
    }
    const char *body = body_text(l, it, b);
    if (l->form->is_task && it->t->body->op != SCALAR_LEAF) {
        ct_statement(b, "const %s value = %s", number_type(l), body);
        body = "value";
    }
    const bool is_max = it->t->reducer == NEST_MAX;
    if (l->form->is_task)
        ct_statement(b, "%s = %s %s %s ? %s : %s", state, body, is_max ? ">" : "<", state, body, state);
    else
        ct_statement(b, "%s = %s(%s, %s)", state, is_max ? "fmax" : "fmin", state, body);
}

/** A sum of a constant: how many elements there are. */
static const char *count_text(lowering *l, ct_block *b, const item *it)
{
    str product = str_new(l->arena);
    for (int p = it->outer; p < it->t->axis_count; p++) {
        const range r = range_in(l, b, it, p, NULL);
        const bool is_computed = strcmp(r.first, "0") != 0;
        str_printf(&product, is_computed ? "%s(%s - %s)" : "%s%s", product.length ? " * " : "", r.end, r.first);
    }
    cwriter w = cw_new(l->arena);
    const double each = it->t->body->value;
    return arena_printf(l->arena, each == 1 ? "(float)(%s)" : "(float)(%s) * %s", product.text, cw_f32(&w, each));
}

static bool is_count(const lowering *l, const item *it)
{
    const nest *t = it->t;
    for (int i = 0; i < t->guard_count; i++) {
        bool before = true;
        if (!is_bound(l, it, &t->guard[i], decided_at(it, &t->guard[i])))
            return false;
        bounds_of(l, it, decided_at(it, &t->guard[i]), &before);
        if (!before)
            return false;
    }
    return l->form->is_task && l->form->is_float && t->reducer == NEST_SUM && t->body->op == SCALAR_CONSTANT &&
           t->axis_count > t->free_count && !t->adds;
}

/** Reduce to a variable, or to one per element of the innermost free axis. */
static void lower_reduction(lowering *l, ct_block *b, item *it, const char *state)
{
    const nest *t = it->t;
    if (!it->is_row) {
        ct_statement(b, "%s %s = %s", number_type(l), state, first_state(l, t));
        ct_block *inner = open_inner(l, b, it, t->axis_count);
        reduce(l, inner, it, state);
        return;
    }
    const int last = it->order[t->axis_count - 1];
    name_inner(l, it);
    const char *axis = it->axis[last], *n = extent(l->arena, t->axis[last].extent, "rows");
    ct_statement(b, t->reducer == NEST_SUM ? "%s %s[%s] = {0}" : "%s %s[%s]", number_type(l), state, n);
    if (t->reducer != NEST_SUM)
        ct_statement(ct_for(b, axis, "0", n), "%s[%s] = %s", state, axis, first_state(l, t));
    ct_block *inner = ct_for(open_inner(l, b, it, t->axis_count - 1), axis, "0", n);
    reduce(l, inner, it, arena_printf(l->arena, "%s[%s]", state, axis));
}

/** A state that is not the result itself goes there. */
static void store_state(lowering *l, ct_block *b, const item *it, const char *state, const char *cast)
{
    if (!it->is_row) {
        ct_statement(b, "%s = %s%s", result_element(l, it).text, cast, state);
        return;
    }
    const nest *t = it->t;
    const int last = it->order[t->axis_count - 1];
    ct_block *loop = ct_for(b, it->axis[last], "0", extent(l->arena, t->axis[last].extent, "rows"));
    ct_statement(loop, "%s = %s%s[%s]", result_element(l, it).text, cast, state, it->axis[last]);
}

/* --- places of maxima -------------------------------------------------------------------------------- */

/** The index that is compared with a place, or counts the elements before the largest.
 *  @param compared  NULL: counts; else set to the place */
static const nest_index *count_of(const nest *t, const nest_load **compared)
{
    const scalar *e = t->body;
    if (e->op != SCALAR_SELECT || e->arg[0]->op != SCALAR_EQUAL)
        return NULL;
    const scalar *left = e->arg[0]->arg[0], *right = e->arg[0]->arg[1], *count = compared ? right : e->arg[1];
    if (count->op != SCALAR_LEAF || t->load[count->leaf].from)
        return NULL;
    if (compared && (left->op != SCALAR_LEAF || !t->load[left->leaf].from))
        return NULL;
    if (compared)
        *compared = &t->load[left->leaf];
    return &t->load[count->leaf].at[0];
}

/** Whether the index counts through some axes, the last one fastest; and what is read does not depend on them. */
static bool can_solve(const nest *t, const nest_index *count, const scalar *term)
{
    int64_t step = 1;
    for (int i = t->axis_count - 1; i >= 0; i--) {
        if (count->step[i] == 0)
            continue;
        if (count->step[i] != step)
            return false;
        step *= t->axis[i].extent;
        for (int n = 0; n < t->load_count; n++)
            for (int d = 0; scalar_uses(term, n) && d < (t->load[n].from ? t->load[n].from->rank : 1); d++)
                if (t->load[n].at[d].step[i] != 0)
                    return false;
    }
    return step > 1 && count->start == 0 && count->rows == 0;
}

/** Whether the ranges of the axes of an index follow from the others alone: what a place says is within them then. */
static bool has_ranges(const nest *t, const nest_index *count)
{
    for (int i = 0; i < t->guard_count; i++) {
        const nest_guard *g = &t->guard[i];
        int axes = 0;
        for (int a = 0; a < t->axis_count; a++) {
            axes += count->step[a] != 0 && g->at.step[a] != 0;
            if (count->step[a] != 0 && g->at.step[a] < 0)
                return false;
        }
        if (axes != 1 || g->at.divisor != 1 || g->end == NEST_ROWS)
            return false;
    }
    return true;
}

/** Let the axes of an addition follow from a place, where it adds to the one element there. */
static void solve_place(const lowering *l, item *it)
{
    const nest *t = it->t;
    const nest_load *at;
    const nest_index *count = t->adds && l->form->is_task ? count_of(t, &at) : NULL;
    if (!count || t->body->arg[2]->op != SCALAR_CONSTANT || t->body->arg[2]->value != 0 ||
        !can_solve(t, count, t->body->arg[1]) || !can_solve(t, count, t->body->arg[0]->arg[0]) || !has_ranges(t, count))
        return;
    int next = 0;
    for (int solved = 0; solved < 2; solved++)
        for (int i = 0; i < t->axis_count; i++) {
            if ((count->step[i] != 0) != solved)
                continue;
            it->outer = solved && it->solved++ == 0 && i < it->outer ? i : it->outer;
            it->order[next++] = i;
        }
}

/** "const int nth = place[row][i][j][k], r = nth / 2, s = nth % 2" */
static void solve_axes(lowering *l, ct_block *b, const item *it)
{
    const nest *t = it->t;
    const nest_load *at = NULL;
    const nest_index *count = count_of(t, &at);
    str s = str_new(l->arena);
    if (it->solved == 1) {
        ct_statement(b, "const int %s = %s", it->axis[it->order[t->axis_count - 1]], element(l, it, at).text);
        return;
    }
    str_printf(&s, "const int nth = %s", element(l, it, at).text);
    for (int p = t->axis_count - it->solved; p < t->axis_count; p++) {
        const int axis = it->order[p];
        str_printf(&s, ", %s = nth", it->axis[axis]);
        if (count->step[axis] != 1)
            str_printf(&s, " / %lld", (long long)count->step[axis]);
        if (p > t->axis_count - it->solved)
            str_printf(&s, " %% %lld", (long long)t->axis[axis].extent);
    }
    ct_statement(b, "%s", s.text);
}

/** The first maximum's nest, whose places are found in the same pass. */
static void find_places(lowering *l, item *it)
{
    const nest *t = it->t;
    const bool is_maximum = l->form->is_task && t->reducer == NEST_MAX && t->places;
    for (item *p = it + 1; is_maximum && p < l->item + l->count; p++) {
        const nest_index *count = p->t->result == t->places ? count_of(p->t, NULL) : NULL;
        if (count && has_ranges(t, count) && p->outer == it->outer && p->is_row == it->is_row)
            it->places = p;
    }
}

/** The count at the first element of a reduction. */
static const char *first_count(lowering *l, ct_block *b, const item *it, nest_index count)
{
    item first = *it;
    for (int p = it->outer; p < it->t->axis_count; p++) {
        const int axis = it->order[p];
        if (count.step[axis] == 0)
            continue;
        first.axis[axis] = range_in(l, b, it, p, NULL).first;
        if (strcmp(first.axis[axis], "0") == 0)
            count.step[axis] = 0;
    }
    return affine(l, &first, count).text;
}

/** Reduce to a maximum and its place. Of a stored result, the state is a variable beside it. */
static void lower_largest(lowering *l, ct_block *b, item *it, const char *state)
{
    const nest *t = it->t;
    const nest_index count = *count_of(it->places->t, NULL);
    const nest_tensor *v = it->places->t->result;
    const bool is_state = v->is_local && l->depth[v->id] == it->outer;
    const char *where = is_state ? l->name[v->id] : "where";
    const int end = t->axis_count - it->is_row, last = it->order[t->axis_count - 1];
    name_inner(l, it);
    name_inner(l, it->places);
    const char *axis = it->axis[last], *first = first_count(l, b, it, count);
    const char *n = it->is_row ? extent(l->arena, t->axis[last].extent, "rows") : "";
    ct_block *begin = b;
    if (it->is_row) {
        ct_statement(b, "%s %s[%s]", number_type(l), state, n);
        ct_statement(b, "int %s[%s]", where, n);
        begin = ct_for(b, axis, "0", n);
        state = arena_printf(l->arena, "%s[%s]", state, axis);
        where = arena_printf(l->arena, "%s[%s]", where, axis);
    }
    ct_statement(begin, "%s%s = %s", it->is_row ? "" : "float ", state, first_state(l, t));
    ct_statement(begin, "%s%s = %s", it->is_row ? "" : "int ", where, first);
    ct_block *inner = open_inner(l, b, it, end);
    if (it->is_row)
        inner = ct_for(inner, axis, "0", n);
    const char *body = body_text(l, it, inner);
    ct_statement(inner, "const %s value = %s", number_type(l), body);
    ct_statement(inner, "%s = value > %s ? %s : %s", where, state, affine(l, it, count).text, where);
    ct_statement(inner, "%s = value > %s ? value : %s", state, state, state);
    it->places->is_made = true;
    if (!is_state)
        store_state(l, b, it->places, "where", arena_printf(l->arena, "(%s)", v->type ? v->type : number_type(l)));
}

static void lower_map(lowering *l, ct_block *b, const item *it, bool is_variable)
{
    const nest_tensor *v = it->t->result;
    const char *body = body_text(l, it, b);
    if (is_variable)
        ct_statement(b, "const %s %s = %s", number_type(l), l->name[v->id], body);
    else
        ct_statement(b, "%s = %s", result_element(l, it).text, body);
}

static void lower_addition(lowering *l, ct_block *b, item *it)
{
    ct_block *inner = open_inner(l, b, it, it->t->axis_count - it->solved);
    if (it->solved)
        solve_axes(l, inner, it);
    add(l, inner, it, result_element(l, it).text);
}

/** Whether a reduction before this one, to a stored result, has its state in a variable of the same name. */
static bool has_same_state(const lowering *l, const item *it)
{
    for (const item *other = l->item; other < it; other++)
        if (other->t->reducer == it->t->reducer && !other->t->adds && !other->t->result->is_local)
            return true;
    return false;
}

/** A nest whose outer axes all have their loops. */
static void lower_one(lowering *l, ct_block *b, item *it)
{
    static const char *const states[] = {[NEST_SUM] = "sum", [NEST_MAX] = "largest", [NEST_MIN] = "least"};
    const nest *t = it->t;
    const nest_tensor *v = t->result;
    /* the place of the result is where this is, with nothing of it to be declared elsewhere */
    const bool is_state = v->is_local && l->depth[v->id] == it->outer;
    if (t->adds) {
        lower_addition(l, b, it);
    } else if (t->reducer == NEST_MAP) {
        lower_map(l, b, it, is_state);
    } else if (is_count(l, it) && is_state) {
        name_inner(l, it);
        const char *count = count_text(l, b, it);
        ct_statement(b, "const float %s = %s", l->name[v->id], count);
    } else {
        const char *state = is_state ? l->name[v->id]
                            : v->is_local || has_same_state(l, it)
                                ? arena_printf(l->arena, "%s_%s", v->name, states[t->reducer])
                                : states[t->reducer];
        if (it->places)
            lower_largest(l, b, it, state);
        else
            lower_reduction(l, b, it, state);
        if (!is_state)
            store_state(l, b, it, state, "");
    }
}

/* --- sequences --------------------------------------------------------------------------------------- */

static bool is_plain(const nest_index *at, int wanted)
{
    int axis;
    return nest_is_axis(at, &axis) && axis == wanted;
}

/** Whether what a load reads of an earlier nest is written in the same pass of the loop over axis `depth`. */
static bool is_of_pass(const nest_load *load, const nest *maker, int depth)
{
    const nest_tensor *v = maker->result;
    if (!load->from || (load->from != v && load->from->viewed != v))
        return true;
    const bool is_view = load->from != v;
    const bool is_same = is_view ? depth == 0 && nest_is_per_row(v) && nest_is_per_row(load->from) : true;
    return is_same && depth < load->from->rank && is_plain(&load->at[depth], depth) &&
           (!maker->adds || is_plain(&maker->into[depth], depth));
}

/** Whether a nest can be in the same loop, over axis `depth`, as those of a run before it. */
static bool joins(const item *run, int count, const item *it, int depth)
{
    const nest *t = it->t;
    if (it->outer <= depth || t->axis[depth].extent != run[0].t->axis[depth].extent)
        return false;
    for (int i = 0; i < t->load_count; i++)
        for (int j = 0; j < count; j++)
            if (!is_of_pass(&t->load[i], run[j].t, depth))
                return false;
    return true;
}

/** Whether all that read a result are in a run. */
static bool is_read_within(const lowering *l, const nest_tensor *v, const item *run, int count)
{
    for (int i = 0; i < l->count; i++)
        if (reads(l->item[i].t, v) && (&l->item[i] < run || &l->item[i] >= run + count))
            return false;
    return true;
}

static int64_t elements_of(const nest_tensor *v, int depth)
{
    int64_t n = 1;
    for (int d = depth; d < v->rank; d++)
        n *= v->dim[d];
    return n;
}

/** Give a local result its place, if it has none, in a block within the loops of its first `depth` axes. */
static void give_place(lowering *l, ct_block *b, const item *it, int depth)
{
    const nest_tensor *v = it->t->result;
    const nest *t = it->t;
    if (!v->is_local || l->depth[v->id] != NO_PLACE)
        return;
    l->depth[v->id] = depth;
    const char *name = give_name(l, v, v->name);
    if (!t->adds && it->outer == depth) /* declared with its value */
        return;
    ct_type type = lower_type(l->arena, v, l->form, false);
    type.rank = v->rank - depth;
    for (int d = 0; d < type.rank; d++)
        type.dim[d] = type.dim[d + depth];
    const bool is_large = l->form->is_task && elements_of(v, depth) > MAX_ON_STACK;
    const char *declaration =
        ct_declaration(l->arena, &type, is_large ? arena_printf(l->arena, "%s[%s]", name, l->form->workers) : name);
    if (is_large) { /* one per worker, whose stack also holds what is thread-local */
        ct_statement(l->storage, "static %s", declaration);
        l->name[v->id] = name = arena_printf(l->arena, "%s[%s]", name, l->form->worker);
        if (t->adds)
            ct_statement(b, "memset(%s, 0, sizeof %s)", name, name);
    } else if (t->adds)
        ct_statement(b, type.rank ? "%s = {0}" : "%s = 0", declaration);
    else
        ct_statement(l->form->is_task ? b : l->storage, "%s%s", l->form->is_task ? "" : "static ", declaration);
}

/** Results that are added to begin with 0. */
static void clear(lowering *l, ct_block *b, const item *it, int depth)
{
    const nest_tensor *v = it->t->result;
    const bool is_per_row = nest_is_per_row(v) && is_plain(&it->t->into[0], 0);
    if (!it->t->adds || v->is_local || depth != is_per_row)
        return;
    v = v->home ? v->home : v;
    const char *name = tensor_name(l, v, v->name);
    if (is_per_row)
        ct_statement(b, "memset(%s[%s], 0, sizeof %s[%s])", name, it->axis[0], name, it->axis[0]);
    else
        ct_statement(b, "memset(%s, 0, %lld * sizeof(%s))", name, (long long)nest_elements(v), number_type(l));
}

/** Where the run of nests that share a loop with the one at `begin` ends. */
static int end_of_run(const item *run, int count, int begin, int depth)
{
    int end = begin + 1;
    while (run[begin].outer > depth && end < count && joins(run + begin, end - begin, &run[end], depth))
        end++;
    return end;
}

static void lower_run(lowering *l, ct_block *b, item *run, int count, int depth)
{
    for (int i = 0; i < count; i++)
        clear(l, b, &run[i], depth);
    for (int i = 0, end; i < count; i = end) {
        end = end_of_run(run, count, i, depth);
        for (int j = i; j < end; j++) {
            const bool is_inner = run[i].outer > depth && is_read_within(l, run[j].t->result, run + i, end - i);
            if (!is_inner)
                give_place(l, b, &run[j], depth);
            if (!is_inner && run[j].places)
                give_place(l, b, run[j].places, depth);
        }
        if (run[i].outer == depth) {
            if (!run[i].is_made)
                lower_one(l, b, &run[i]);
            continue;
        }
        const nest_axis axis = run[i].t->axis[depth];
        const bool is_rows = axis.extent == NEST_ROWS;
        const char *name = is_rows && l->form->row ? l->form->row : axis_name(l, &run[i], axis.name, depth);
        for (int j = i; j < end; j++)
            run[j].axis[depth] = name;
        ct_block *inner = ct_for(b, name, is_rows ? l->form->first : "0", extent(l->arena, axis.extent, l->form->end));
        lower_run(l, inner, run + i, end - i, depth + 1);
    }
}

/* --- the order of axes ------------------------------------------------------------------------------- */

/** Whether neighbours along the last free axis are neighbours in all that a reduction reads. */
static bool has_row_of_states(const lowering *l, const nest *t)
{
    const int last = t->free_count - 1;
    if (!l->form->is_task || t->adds || t->reducer == NEST_MAP || last < 1 || t->axis_count == t->free_count)
        return false;
    for (int i = 0; i < t->guard_count; i++)
        if (t->guard[i].at.step[last] != 0)
            return false;
    bool is_used = false;
    for (int i = 0; i < t->load_count; i++) {
        const int rank = t->load[i].from ? t->load[i].from->rank : 1;
        for (int d = 0; d < rank; d++) {
            const int64_t step = t->load[i].at[d].step[last];
            if (step != 0 && (step != 1 || d + 1 < rank || t->load[i].at[d].divisor != 1))
                return false;
            is_used = is_used || step != 0;
        }
    }
    return is_used;
}

static void order_axes(const lowering *l, item *it)
{
    const nest *t = it->t;
    it->is_row = has_row_of_states(l, t);
    it->outer = t->adds ? t->axis_count : t->free_count - it->is_row;
    for (int p = 0; p < t->axis_count; p++)
        it->order[p] = it->is_row && p >= it->outer ? p + 1 : p;
    if (it->is_row)
        it->order[t->axis_count - 1] = it->outer;
    for (int i = 0; t->adds && i < t->guard_count; i++) {
        const int last = decided_at(it, &t->guard[i]);
        it->outer = last >= 0 && last < it->outer ? last : it->outer;
    }
    solve_place(l, it);
}

/** "int rows, const double (*kernel)[32], ...": parameters first, then what is read, then what is written. */
static const char *parameters(const lowering *l)
{
    str s = str_new(l->arena);
    str_add(&s, l->out->takes_rows ? "int rows" : "");
    for (int i = 0; i < l->out->operand_count; i++) {
        const nest_tensor *t = l->out->operand[i];
        const ct_type type = lower_type(l->arena, t, l->form, true);
        str_printf(&s, "%s%s", s.length ? ", " : "", ct_declaration(l->arena, &type, l->name[t->id]));
    }
    return s.text;
}

static lowering begin(arena *a, const nest *first, const lower_form *form, lowered *out)
{
    const size_t tensors = (size_t)first->graph->tensor_count;
    lowering l = {.arena = a, .form = form, .out = out, .storage = out->body};
    l.name = arena_array(a, tensors, sizeof *l.name);
    l.call = arena_array(a, tensors, sizeof *l.call);
    l.depth = arena_array(a, tensors, sizeof *l.depth);
    for (size_t i = 0; i < tensors; i++)
        l.depth[i] = NO_PLACE;
    out->operand = arena_array(a, tensors, sizeof *out->operand);
    out->name = arena_array(a, tensors, sizeof *out->name);
    return l;
}

lowered lower_nests(arena *a, const nest *first, const nest *end, const lower_form *form)
{
    lowered out = {.body = ct_block_new(a)};
    lowering l = begin(a, first, form, &out);
    for (const nest *t = first; t != end; t = t->next)
        l.count++;
    l.item = arena_array(a, (size_t)l.count, sizeof *l.item);
    l.count = 0;
    for (const nest *t = first; t != end; t = t->next) {
        item *it = &l.item[l.count++];
        it->t = t;
        order_axes(&l, it);
        for (int i = 0; i < t->axis_count; i++)
            out.takes_rows = out.takes_rows || t->axis[i].extent == NEST_ROWS;
    }
    for (int i = 0; i < l.count; i++)
        find_places(&l, &l.item[i]);
    ct_block *code = ct_block_new(a);
    lower_run(&l, code, l.item, l.count, 0);
    ct_append(out.body, code);
    out.parameters = parameters(&l);
    return out;
}
