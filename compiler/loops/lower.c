/* See lower.h. Nests that begin with the same free axes share their loops, as far as each reads of the others only what
 * the same pass of these loops has written; a result that is read in no other pass is a variable of its own. */
#include "loops/lower.h"

#include <string.h>

/* A nest with its axes' names in C, and those of the tensors that it touches. */
typedef struct item {
    const nest *t;
    const char *axis[NEST_MAX_AXES];
} item;

typedef struct lowering {
    arena *arena;
    const char *max_rows;
    lowered *out;
    item *item;
    int count;
    const char **name; /* by the tensor's id: its name in C, or NULL */
    const char **call; /* by the tensor's id: what it is called in formulas */
    bool *is_variable; /* by the tensor's id */
    ct_block *storage; /* the declarations of local arrays */
} lowering;

static const char *extent(arena *a, int64_t n, const char *rows)
{
    return n == NEST_ROWS ? rows : arena_printf(a, "%lld", (long long)n);
}

ct_type lower_type(arena *a, const nest_tensor *t, const char *max_rows, bool pointer)
{
    const nest_role role = t->viewed ? t->viewed->role : t->role;
    ct_type type = {role == NEST_PARAMETER ? "const double" : "double", t->rank, {0}, pointer};
    for (int d = 0; d < t->rank; d++)
        type.dim[d] = extent(a, t->dim[d], max_rows);
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

/** A unique C name for a tensor: its own, with a number appended if it is taken. */
static const char *give_name(lowering *l, const nest_tensor *t, const char *name)
{
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
    l->out->operand[l->out->operand_count++] = t;
    return give_name(l, t, name);
}

static ct_expr element(lowering *l, const item *it, const nest_load *load)
{
    const nest_tensor *t = load->from;
    if (!t)
        return index_of(l, it, &load->at[0]);
    ct_expr e = ct_name(tensor_name(l, t, load->name));
    if (l->is_variable[t->id])
        return e;
    for (int d = 0; d < t->rank; d++)
        e = ct_element(l->arena, e, index_of(l, it, &load->at[d]));
    return t->rank ? e : ct_element(l->arena, e, ct_int(l->arena, 0));
}

static ct_expr result_element(lowering *l, const item *it)
{
    nest_load load = {.name = it->t->result->name, .from = it->t->result};
    for (int d = 0; d < it->t->free_count; d++) {
        load.at[d] = nest_constant(0);
        load.at[d].step[d] = 1;
    }
    return element(l, it, &load);
}

/* --- the expression ---------------------------------------------------------------------------------- */

typedef struct place {
    lowering *l;
    const item *it;
    ct_block *block;
} place;

static const char *leaf_text(void *context, int leaf)
{
    const place *p = context;
    const ct_expr e = element(p->l, p->it, &p->it->t->load[leaf]);
    return e.rank == CT_PRIMARY ? e.text : arena_printf(p->l->arena, "(%s)", e.text);
}

static const char *constant_text(void *context, double value)
{
    const place *p = context;
    cwriter w = cw_new(p->l->arena);
    return cw_f64(&w, value);
}

static void define_part(void *context, const char *name, const char *text)
{
    const place *p = context;
    ct_statement(p->block, "const double %s = %s", name, text);
}

/** The text of a nest's expression, whose parts become variables in a block. */
static const char *body_text(lowering *l, const item *it, ct_block *b)
{
    place p = {l, it, b};
    const scalar_printer printer = {true, NULL, &p, leaf_text, constant_text, define_part};
    return scalar_text(l->arena, &printer, it->t->body);
}

/* --- one nest ---------------------------------------------------------------------------------------- */

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

/** Open a condition for the guards that are decided once `open` axes are, but not one less. */
static ct_block *open_guards(const lowering *l, ct_block *b, const item *it, int open)
{
    ct_expr all = {NULL, CT_ANY};
    for (int i = 0; i < it->t->guard_count; i++) {
        int axes = it->t->free_count;
        for (int a = axes; a < it->t->axis_count; a++)
            if (it->t->guard[i].at.step[a] != 0)
                axes = a + 1;
        if (axes == open)
            all = guard_condition(l, it, &it->t->guard[i], all);
    }
    return all.text ? ct_if(b, all) : b;
}

static void lower_reduction(lowering *l, ct_block *b, item *it, const char *state)
{
    const nest *t = it->t;
    ct_statement(b, "double %s = %s", state, t->reducer == NEST_SUM ? "0.0" : "-INFINITY");
    ct_block *inner = open_guards(l, b, it, t->free_count);
    for (int i = t->free_count; i < t->axis_count; i++) {
        it->axis[i] = t->axis[i].name;
        inner = ct_for(inner, it->axis[i], extent(l->arena, t->axis[i].extent, "rows"));
        inner = open_guards(l, inner, it, i + 1);
    }
    if (t->reducer == NEST_SUM)
        ct_statement(inner, "%s += %s", state, body_text(l, it, inner));
    else
        ct_statement(inner, "%s = fmax(%s, %s)", state, state, body_text(l, it, inner));
}

static bool reads(const nest *t, const nest_tensor *v)
{
    for (int i = 0; i < t->load_count; i++)
        if (t->load[i].from && (t->load[i].from == v || t->load[i].from->viewed == v))
            return true;
    return false;
}

/** Whether all that read a result are in the same pass of the loops. */
static bool is_variable(const lowering *l, const nest_tensor *v, const item *run, int count)
{
    if (!v->is_local)
        return false;
    for (int i = 0; i < l->count; i++)
        if (reads(l->item[i].t, v) && (&l->item[i] < run || &l->item[i] >= run + count))
            return false;
    return true;
}

static void declare_local(lowering *l, const nest_tensor *v)
{
    const ct_type type = lower_type(l->arena, v, l->max_rows, false);
    ct_statement(l->storage, "static %s", ct_declaration(l->arena, &type, give_name(l, v, v->name)));
}

/** A nest whose free axes all have their loops.
 *  @param run  the nests that share these loops */
static void lower_one(lowering *l, ct_block *b, item *it, const item *run, int count)
{
    static const char *const states[] = {[NEST_SUM] = "sum", [NEST_MAX] = "largest"};
    const nest_tensor *v = it->t->result;
    const bool variable = is_variable(l, v, run, count);
    l->is_variable[v->id] = variable;
    if (variable)
        give_name(l, v, v->name);
    else if (v->is_local)
        declare_local(l, v);
    if (it->t->reducer == NEST_MAP) {
        const char *body = body_text(l, it, b);
        if (variable)
            ct_statement(b, "const double %s = %s", l->name[v->id], body);
        else
            ct_statement(b, "%s = %s", result_element(l, it).text, body);
        return;
    }
    const char *state = variable ? l->name[v->id] : states[it->t->reducer];
    if (!variable && v->is_local)
        state = arena_printf(l->arena, "%s_%s", v->name, state);
    lower_reduction(l, b, it, state);
    if (!variable)
        ct_statement(b, "%s = %s", result_element(l, it).text, state);
}

/* --- sequences --------------------------------------------------------------------------------------- */

/** Whether a nest can be in the same loop, over axis `depth`, as those of a run before it. */
static bool joins(const item *run, int count, const nest *t, int depth)
{
    if (t->free_count <= depth || t->axis[depth].extent != run[0].t->axis[depth].extent)
        return false;
    for (int i = 0; i < t->load_count; i++)
        for (int j = 0; j < count; j++) {
            const nest_load *load = &t->load[i];
            int axis;
            if (load->from && load->from->viewed == run[j].t->result)
                return false;
            if (load->from == run[j].t->result && (!nest_is_axis(&load->at[depth], &axis) || axis != depth))
                return false;
        }
    return true;
}

static void lower_run(lowering *l, ct_block *b, item *run, int count, int depth)
{
    for (int i = 0; i < count;) {
        const nest *t = run[i].t;
        if (t->free_count == depth) {
            lower_one(l, b, &run[i++], run, count);
            continue;
        }
        int end = i + 1;
        while (end < count && joins(run + i, end - i, run[end].t, depth))
            end++;
        for (int j = i; j < end; j++)
            run[j].axis[depth] = t->axis[depth].name;
        ct_block *inner = ct_for(b, t->axis[depth].name, extent(l->arena, t->axis[depth].extent, "rows"));
        lower_run(l, inner, run + i, end - i, depth + 1);
        i = end;
    }
}

/** "int rows, const double (*kernel)[32], ...": parameters first, then what is read, then what is written. */
static const char *parameters(const lowering *l)
{
    str s = str_new(l->arena);
    str_add(&s, l->out->takes_rows ? "int rows" : "");
    for (int i = 0; i < l->out->operand_count; i++) {
        const nest_tensor *t = l->out->operand[i];
        const ct_type type = lower_type(l->arena, t, l->max_rows, true);
        str_printf(&s, "%s%s", s.length ? ", " : "", ct_declaration(l->arena, &type, l->name[t->id]));
    }
    return s.text;
}

lowered lower_nests(arena *a, const nest *first, const nest *end, const char *max_rows)
{
    lowered out = {.body = ct_block_new(a)};
    const nest_graph *g = first->graph;
    lowering l = {.arena = a, .max_rows = max_rows, .out = &out, .storage = out.body};
    l.name = arena_array(a, (size_t)g->tensor_count, sizeof *l.name);
    l.call = arena_array(a, (size_t)g->tensor_count, sizeof *l.call);
    out.operand = arena_array(a, (size_t)g->tensor_count, sizeof *out.operand);
    l.is_variable = arena_array(a, (size_t)g->tensor_count, sizeof *l.is_variable);
    for (const nest *t = first; t != end; t = t->next)
        l.count++;
    l.item = arena_array(a, (size_t)l.count, sizeof *l.item);
    l.count = 0;
    for (const nest *t = first; t != end; t = t->next) {
        l.item[l.count++].t = t;
        for (int i = 0; i < t->axis_count; i++)
            out.takes_rows = out.takes_rows || t->axis[i].extent == NEST_ROWS;
    }
    ct_block *code = ct_block_new(a);
    lower_run(&l, code, l.item, l.count, 0);
    ct_append(out.body, code);
    out.parameters = parameters(&l);
    return out;
}
