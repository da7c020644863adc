/* Indices, elements and expressions of nests in C. */
#include <string.h>

#include "loops/single_parts.h"

static const nest_tensor *whole(const nest_tensor *t)
{
    return t->viewed ? t->viewed : t;
}

const char *single_real(const single_lowering *l)
{
    return l->form->is_float ? "float" : "double";
}

const char *single_number(const single_lowering *l, double value)
{
    cwriter w = cw_new(l->arena);
    return l->form->is_float ? cw_f32(&w, value) : cw_f64(&w, value);
}

static const char *extent(arena *a, int64_t n, const char *rows)
{
    return n == NEST_ROWS ? rows : arena_printf(a, "%lld", (long long)n);
}

const char *single_extent(const single_lowering *l, const nest *t, int axis)
{
    const bool is_block = l->block && axis == t->free_count - 1;
    return extent(l->arena, is_block ? l->block_length : t->axis[axis].extent, "rows");
}

void single_name_axis(single_lowering *l, single_item *it, int axis, const char *name)
{
    it->local[axis] = name;
    it->axis[axis] =
        l->block && axis == it->t->free_count - 1 ? arena_printf(l->arena, "%s + %s", l->block, name) : name;
}

ct_type single_type(arena *a, const nest_tensor *t, const single_form *form, bool pointer)
{
    const nest_tensor *of = whole(t);
    const bool is_const = of->role == NEST_PARAMETER || (form->is_float && of->role == NEST_EXTERN);
    const char *real = form->is_float ? (of == form->bytes ? "uint8_t" : "float") : "double";
    ct_type type = {is_const ? arena_printf(a, "const %s", real) : real, t->rank, {0}, pointer};
    for (int d = 0; d < t->rank; d++)
        type.dim[d] = extent(a, t->dim[d], form->max_rows);
    if (t->rank == 0)
        type.dim[type.rank++] = "1";
    return type;
}

/* --- indices and loads ------------------------------------------------------------------------------- */

static ct_expr index_text(const single_lowering *l, const nest_index *at, const char *const *axis)
{
    const char *text = nest_index_text(l->arena, at, axis);
    return (ct_expr){text, strpbrk(text, " -") ? CT_SUM : CT_PRIMARY};
}

ct_expr single_affine(const single_lowering *l, const single_item *it, nest_index at)
{
    at.divisor = 1;
    return index_text(l, &at, it->axis);
}

static ct_expr index_of(const single_lowering *l, const nest_index *at, const char *const *axis)
{
    nest_index undivided = *at;
    undivided.divisor = 1;
    const ct_expr sum = index_text(l, &undivided, axis);
    return at->divisor == 1 ? sum : ct_binary(l->arena, CT_PRODUCT, sum, "/", ct_int(l->arena, at->divisor));
}

const char *single_give_name(single_lowering *l, const nest_tensor *t, const char *name)
{
    int alike = 0;
    for (const nest_tensor *other = t->graph->tensors; other; other = other->next)
        alike += l->call[other->id] && strcmp(l->call[other->id], name) == 0;
    l->call[t->id] = name;
    return l->name[t->id] = alike ? arena_printf(l->arena, "%s_%d", name, alike + 1) : name;
}

/** A tensor that has a name, as another view of it. */
static const char *view_name(single_lowering *l, const nest_tensor *t, const nest_tensor *named)
{
    ct_type type = single_type(l->arena, t, l->form, true);
    if (named->viewed && strncmp(type.base, "const ", 6) != 0)
        type.base = arena_printf(l->arena, "const %s", type.base);
    return arena_printf(l->arena, "(%s%s)", ct_cast(l->arena, &type), l->name[named->id]);
}

/** In float operands are "restrict": one for each tensor.
 *  @return an operand that is another view of a tensor that is read, or NULL */
static const nest_tensor *same_operand(const single_lowering *l, const nest_tensor *t)
{
    for (int i = 0; i < l->out->operand_count && l->form->is_float; i++)
        if (whole(l->out->operand[i]) == whole(t))
            return l->out->operand[i];
    return NULL;
}

/** The name of a tensor; one that no nest before has touched becomes an operand of the function. */
static const char *tensor_name(single_lowering *l, const nest_tensor *t, const char *name)
{
    if (l->name[t->id])
        return l->name[t->id];
    if (t->viewed && t->viewed->role == NEST_RESULT && l->name[t->viewed->id] && l->outer[t->viewed->id] <= 0)
        return view_name(l, t, t->viewed);
    if (l->form->constant && whole(t)->role == NEST_PARAMETER)
        return l->form->constant(l->form->context, t);
    const nest_tensor *same = same_operand(l, t);
    if (same)
        return view_name(l, t, same);
    l->out->operand[l->out->operand_count++] = t;
    return single_give_name(l, t, name);
}

const char *single_operand(single_lowering *l, const nest_tensor *t)
{
    return tensor_name(l, t, "in");
}

static ct_expr element(single_lowering *l, const single_item *it, const nest_load *load)
{
    const nest_tensor *t = load->from;
    ct_expr e = ct_name(tensor_name(l, t, load->name));
    const int outer = l->outer[t->id];
    for (int d = outer < 0 ? 0 : outer; d < t->rank; d++)
        e = ct_element(l->arena, e, index_of(l, &load->at[d], outer < 0 ? it->axis : it->local));
    return t->rank || outer == 0 ? e : ct_element(l->arena, e, ct_int(l->arena, 0));
}

ct_expr single_result(single_lowering *l, const single_item *it)
{
    nest_load load = {.name = it->t->result->name, .from = it->t->result};
    for (int d = 0; d < it->t->free_count; d++) {
        load.at[d] = nest_constant(0);
        load.at[d].step[d] = 1;
    }
    return element(l, it, &load);
}

/* --- expressions ------------------------------------------------------------------------------------- */

typedef struct place {
    single_lowering *l;
    const single_item *it;
    ct_block *block;
} place;

/** An index as a value. */
static const char *index_value(const place *p, const nest_index *at)
{
    int64_t least, most;
    nest_range(p->it->t, at, &least, &most);
    const ct_expr e = index_of(p->l, at, p->it->axis);
    if (p->l->form->is_float && least == most && at->divisor == 1)
        return single_number(p->l, (double)least);
    if (p->l->form->is_float)
        return arena_printf(p->l->arena, "(float)(%s)", e.text);
    return e.rank == CT_PRIMARY ? e.text : arena_printf(p->l->arena, "(%s)", e.text);
}

const char *single_load(single_lowering *l, const single_item *it, int number)
{
    const nest_load *load = &it->t->load[number];
    const char *text = element(l, it, load).text;
    const bool is_byte = l->form->bytes && whole(load->from) == l->form->bytes;
    return is_byte ? arena_printf(l->arena, "(float)%s", text) : text;
}

static const char *leaf_text(void *context, int leaf)
{
    const place *p = context;
    if (p->it->known[leaf])
        return p->it->known[leaf];
    const nest_load *load = &p->it->t->load[leaf];
    return load->from ? single_load(p->l, p->it, leaf) : index_value(p, &load->at[0]);
}

static const char *constant_text(void *context, double value)
{
    return single_number(((const place *)context)->l, value);
}

static void define_part(void *context, const char *name, const char *text)
{
    const place *p = context;
    ct_statement(p->block, "const %s %s = %s", single_real(p->l), name, text);
}

const char *single_text(single_lowering *l, const single_item *it, const scalar *e, ct_block *b)
{
    place p = {l, it, b};
    const scalar_printer printer = {!l->form->is_float, NULL, &p, leaf_text, constant_text, define_part};
    return scalar_text(l->arena, &printer, e);
}
