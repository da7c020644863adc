/* Names, indices, elements and expressions of nests in C. */
#include <string.h>

#include "loops/lower_parts.h"

const char *lower_number_type(const lowering *l)
{
    return l->form->is_reference ? "double" : "float";
}

const nest_tensor *lower_result(const lower_item *it)
{
    return it->after ? it->after->result : it->t->result;
}

static const char *extent(arena *a, int64_t n, const char *rows)
{
    return n == NEST_ROWS ? rows : arena_printf(a, "%lld", (long long)n);
}

const char *lower_extent(const lowering *l, const nest *t, int axis)
{
    const bool is_block = l->block && axis == t->free_count - 1;
    return extent(l->arena, is_block ? l->block_length : t->axis[axis].extent, "rows");
}

ct_type lower_type(arena *a, const nest_tensor *t, const lower_form *form, bool pointer)
{
    const nest_role role = nest_whole(t)->role;
    const bool is_constant = role == NEST_PARAMETER || (!form->is_reference && role == NEST_EXTERN);
    const char *type_of = nest_whole(t)->type, *base = type_of ? type_of : form->is_reference ? "double" : "float";
    ct_type type = {is_constant ? arena_printf(a, "const %s", base) : base, t->rank, {0}, pointer};
    for (int d = 0; d < t->rank; d++)
        type.dim[d] = extent(a, t->dim[d], form->max_rows);
    if (t->rank == 0)
        type.dim[type.rank++] = "1";
    return type;
}

/* --- names ------------------------------------------------------------------------------------------- */

static int count_alike(const lowering *l, const nest_graph *g, const char *name)
{
    int alike = 0;
    for (const nest_tensor *other = g->tensors; other; other = other->next)
        alike += l->call[other->id] && strcmp(l->call[other->id], name) == 0;
    return alike;
}

const char *lower_unused_name(const lowering *l, const nest *of, const char *name)
{
    const int alike = count_alike(l, of->graph, name);
    return alike ? arena_printf(l->arena, "%s_%d", name, alike + 1) : name;
}

const char *lower_give_name(lowering *l, const nest_tensor *t, const char *name)
{
    if (t->c_name)
        return l->call[t->id] = l->name[t->id] = t->c_name;
    const int alike = count_alike(l, t->graph, name);
    l->call[t->id] = name;
    return l->name[t->id] = alike ? arena_printf(l->arena, "%s_%d", name, alike + 1) : name;
}

/** A tensor that has a name, as another view of it. */
static const char *view_name(const lowering *l, const nest_tensor *t, const nest_tensor *named)
{
    ct_type type = lower_type(l->arena, t, l->form, true);
    if (named->viewed && strncmp(type.base, "const ", 6) != 0)
        type.base = arena_printf(l->arena, "const %s", type.base);
    return arena_printf(l->arena, "(%s%s)", ct_cast(l->arena, &type), l->name[named->id]);
}

/** Parameters of a function are one for each tensor.
 *  @return an operand that is another view of a tensor that is read, or NULL */
static const nest_tensor *same_operand(const lowering *l, const nest_tensor *t)
{
    for (int i = 0; i < l->out->operand_count && l->form->constant; i++)
        if (nest_whole(l->out->operand[i]) == nest_whole(t))
            return l->out->operand[i];
    return NULL;
}

const char *lower_tensor_name(lowering *l, const nest_tensor *t, const char *name)
{
    if (l->name[t->id])
        return l->name[t->id];
    if (t->viewed && l->form->constant && t->viewed->role == NEST_RESULT && l->name[t->viewed->id])
        return view_name(l, t, t->viewed);
    if (l->form->constant && nest_whole(t)->role == NEST_PARAMETER)
        return l->form->constant(l->form->context, t);
    const nest_tensor *same = same_operand(l, t);
    if (same)
        return view_name(l, t, same);
    l->out->operand[l->out->operand_count] = t;
    return l->out->name[l->out->operand_count++] = lower_give_name(l, t, name);
}

/* --- indices and elements ---------------------------------------------------------------------------- */

/** The names of a nest's axes in indices of whole tensors: "first + k" in a block. */
static const char *const *global_axes(const lowering *l, const lower_item *it)
{
    if (!l->block)
        return it->axis;
    const char **names = arena_array(l->arena, NEST_MAX_AXES, sizeof *names);
    memcpy(names, it->axis, sizeof it->axis);
    const int last = it->t->free_count - 1;
    names[last] = arena_printf(l->arena, "%s + %s", l->block, it->axis[last]);
    return names;
}

static ct_expr sum_of(const lowering *l, nest_index at, const char *const *axis)
{
    at.divisor = 1;
    const char *text = nest_index_text(l->arena, &at, axis);
    return (ct_expr){text, strpbrk(text, " -") ? CT_SUM : CT_PRIMARY};
}

ct_expr lower_affine(const lowering *l, const lower_item *it, nest_index at)
{
    return sum_of(l, at, global_axes(l, it));
}

static ct_expr index_of(const lowering *l, const nest_index *at, const char *const *axis)
{
    const ct_expr sum = sum_of(l, *at, axis);
    return at->divisor == 1 ? sum : ct_binary(l->arena, CT_PRODUCT, sum, "/", ct_int(l->arena, at->divisor));
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

static ct_expr element_at(lowering *l, const lower_item *it, const nest_tensor *t, const char *name,
                          const nest_index *at)
{
    t = t->home ? t->home : t;
    const nest_tensor *whole = nest_whole(t);
    const bool is_here = l->depth[whole->id] >= 0;
    const char *const *axes = is_here ? it->axis : global_axes(l, it);
    ct_expr e = t == whole || !is_here ? ct_name(lower_tensor_name(l, t, name)) : viewed_local(l, t);
    for (int d = is_here ? l->depth[whole->id] : 0; d < t->rank; d++)
        e = ct_element(l->arena, e, index_of(l, &at[d], axes));
    return t->rank || is_here ? e : ct_element(l->arena, e, ct_int(l->arena, 0));
}

const char *lower_load(lowering *l, const lower_item *it, int load)
{
    return element_at(l, it, it->t->load[load].from, it->t->load[load].name, it->t->load[load].at).text;
}

const char *lower_result_element(lowering *l, const lower_item *it)
{
    const nest *t = it->t;
    nest_index at[NEST_MAX_RANK];
    for (int d = 0; d < t->free_count; d++) {
        at[d] = nest_constant(0);
        at[d].step[d] = 1;
    }
    return element_at(l, it, t->result, t->result->name, t->adds ? t->into : at).text;
}

/* --- variables --------------------------------------------------------------------------------------- */

bool lower_is_declared(const lowering *l, const ct_block *b, const char *name)
{
    for (const lower_variable *v = l->variables; v; v = v->next)
        if (v->block == b && strcmp(v->name, name) == 0)
            return true;
    return false;
}

void lower_declare(lowering *l, const ct_block *b, const char *name)
{
    lower_variable *v = ARENA_NEW(l->arena, lower_variable);
    *v = (lower_variable){b, name, l->variables};
    l->variables = v;
}

/* --- expressions ------------------------------------------------------------------------------------- */

typedef struct place {
    lowering *l;
    const lower_item *it;
    ct_block *block;
    const char *state;
} place;

static const char *constant_text(void *context, double value)
{
    const place *p = context;
    cwriter w = cw_new(p->l->arena);
    return p->l->form->is_reference ? cw_f64(&w, value) : cw_f32(&w, value);
}

/** An index as a value. */
static const char *index_value(place *p, const nest_index *at)
{
    int64_t least, most;
    nest_range(p->it->t, at, &least, &most);
    const ct_expr e = index_of(p->l, at, global_axes(p->l, p->it));
    if (p->l->form->is_reference)
        return e.rank == CT_PRIMARY ? e.text : arena_printf(p->l->arena, "(%s)", e.text);
    if (least == most && at->divisor == 1 && at->rows == 0)
        return constant_text(p, (double)least);
    return arena_printf(p->l->arena, e.rank == CT_PRIMARY ? "(float)%s" : "(float)(%s)", e.text);
}

static const char *leaf_text(void *context, int leaf)
{
    place *p = context;
    if (leaf == p->it->t->load_count)
        return p->state;
    if (p->it->known[leaf])
        return p->it->known[leaf];
    const nest_load *load = &p->it->t->load[leaf];
    if (!load->from)
        return index_value(p, &load->at[0]);
    const char *type = load->from->type, *text = lower_load(p->l, p->it, leaf);
    return type && strstr(type, "int") ? arena_printf(p->l->arena, "(float)%s", text) : text;
}

/** A part of an expression, as a variable whose name no other in its block has. */
static const char *define_part(void *context, const char *name, const char *text)
{
    const place *p = context;
    const char *own = name;
    for (int i = 2; lower_is_declared(p->l, p->block, own); i++)
        own = arena_printf(p->l->arena, "%s_%d", name, i);
    lower_declare(p->l, p->block, own);
    ct_statement(p->block, "const %s %s = %s", lower_number_type(p->l), own, text);
    return own;
}

const char *lower_text(lowering *l, const lower_item *it, const scalar *e, const char *state, ct_block *b)
{
    place p = {l, it, b, state};
    const scalar_printer printer = {l->form->is_reference, l->form->fma, &p, leaf_text, constant_text, define_part};
    return scalar_text(l->arena, &printer, e);
}
