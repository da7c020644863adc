/* Reductions. The innermost loop runs over the last free axis where the elements along it are neighbours: compilers
 * keep such a line of results in vector registers. */
#include <float.h>
#include <string.h>

#include "loops/single_parts.h"

/* --- lines of results -------------------------------------------------------------------------------- */

/** Whether the last dimensions of a load are the last `count` free axes, as far as it has these. */
static bool is_along(const nest *t, const nest_load *l, int count)
{
    int d = l->from ? l->from->rank : 0;
    bool is_last = true; /* the axes looked at are all of the last dimensions */
    for (int axis = t->free_count - 1; axis >= t->free_count - count; axis--) {
        int found = -1, own;
        for (int i = 0; i < (l->from ? l->from->rank : 1); i++)
            if (l->at[i].step[axis] != 0)
                found = i;
        if (found < 0)
            continue;
        if (!l->from || found != --d || !nest_is_axis(&l->at[found], &own) || own != axis)
            return false;
        is_last = is_last && found == d;
    }
    return is_last;
}

static bool is_line(const nest *t, int count)
{
    bool is_read = false;
    for (int i = 0; i < t->load_count; i++) {
        if (!is_along(t, &t->load[i], count))
            return false;
        for (int d = 0; d < (t->load[i].from ? t->load[i].from->rank : 1); d++)
            is_read = is_read || t->load[i].at[d].step[t->free_count - count] != 0;
    }
    for (int i = 0; i < t->guard_count; i++)
        if (t->guard[i].at.step[t->free_count - count] != 0)
            return false;
    return is_read;
}

int single_line(const single_lowering *l, const nest *t)
{
    enum { SHORT = 8 };
    if (!l->form->is_float || t->reducer == NEST_MAP || t->free_count == 0 || !is_line(t, 1))
        return 0;
    const int64_t last = t->axis[t->free_count - 1].extent;
    const bool takes_two =
        t->free_count > 1 && last < SHORT && is_line(t, 2) && last * t->axis[t->free_count - 2].extent <= SINGLE_LINE;
    return takes_two ? 2 : 1;
}

/* --- what is outside --------------------------------------------------------------------------------- */

static ct_expr both(arena *a, ct_expr all, ct_expr one)
{
    return all.text ? ct_binary(a, CT_AND, all, "&&", one) : one;
}

/** The conditions that a guard asks for: those that some pass of the loops does not meet. */
static ct_expr guard_condition(const single_lowering *l, const single_item *it, const nest_guard *g, ct_expr all)
{
    arena *a = l->arena;
    const ct_expr sum = single_affine(l, it, g->at);
    int64_t least, most;
    nest_range(it->t, &g->at, &least, &most);
    if (g->at.divisor != 1) {
        const ct_expr rest = ct_binary(a, CT_PRODUCT, sum, "%", ct_int(a, g->at.divisor));
        all = both(a, all, ct_binary(a, CT_RELATION, rest, "==", ct_int(a, 0)));
    }
    if (least < 0)
        all = both(a, all, ct_binary(a, CT_RELATION, sum, ">=", ct_int(a, 0)));
    if (g->end == NEST_ROWS)
        return all;
    if (most >= g->end * g->at.divisor)
        all = both(a, all, ct_binary(a, CT_RELATION, sum, "<", ct_int(a, g->end * g->at.divisor)));
    return all;
}

/** How many axes must have their loops before a guard is decided. */
static int decided_at(const nest *t, const nest_guard *g)
{
    int axes = t->free_count;
    for (int a = axes; a < t->axis_count; a++)
        if (g->at.step[a] != 0)
            axes = a + 1;
    return axes;
}

/** Whether a guard is the range of one loop: of its reduced axes it has only that one, in steps of 1. */
static bool is_range(const single_lowering *l, const nest *t, const nest_guard *g, int axis)
{
    if (!l->form->is_float || g->at.divisor != 1 || g->at.step[axis] != 1)
        return false;
    for (int a = t->free_count; a < t->axis_count; a++)
        if (a != axis && g->at.step[a] != 0)
            return false;
    return true;
}

static const nest_guard *range_of(const single_lowering *l, const nest *t, int axis)
{
    for (int i = 0; i < t->guard_count; i++)
        if (is_range(l, t, &t->guard[i], axis))
            return &t->guard[i];
    return NULL;
}

/** The guard that is the range of a loop: an outer loop takes less code with a condition. */
static const nest_guard *loop_range(const single_lowering *l, const nest *t, int axis)
{
    return axis == t->axis_count - 1 ? range_of(l, t, axis) : NULL;
}

/** Open a condition for the guards that are decided once `open` axes are, but not one less. */
static ct_block *open_guards(const single_lowering *l, ct_block *b, const single_item *it, int open)
{
    ct_expr all = {NULL, CT_ANY};
    for (int i = 0; i < it->t->guard_count; i++) {
        const nest_guard *g = &it->t->guard[i];
        if (decided_at(it->t, g) == open && (open == it->t->free_count || loop_range(l, it->t, open - 1) != g))
            all = guard_condition(l, it, g, all);
    }
    return all.text ? ct_if(b, all) : b;
}

static const single_range *declare_range(single_lowering *l, ct_block *b, const char *name, const char *text)
{
    int alike = 0;
    for (const single_range *r = l->ranges; r; r = r->next) {
        if (r->block == b && strcmp(r->text, text) == 0)
            return r;
        alike += r->block == b && strncmp(r->text, name, strlen(name)) == 0;
    }
    const char *suffix = alike ? arena_printf(l->arena, "_%d", alike + 1) : "";
    single_range *r = ARENA_NEW(l->arena, single_range);
    *r = (single_range){b, text, arena_printf(l->arena, "%s0%s", name, suffix),
                        arena_printf(l->arena, "%s1%s", name, suffix), l->ranges};
    l->ranges = r;
    return r;
}

/** The same of every window. */
static const single_range *constant_range(single_lowering *l, int64_t from, int64_t length, int64_t end)
{
    single_range *r = ARENA_NEW(l->arena, single_range);
    *r = (single_range){NULL, NULL, arena_printf(l->arena, "%lld", from < 0 ? (long long)-from : 0),
                        arena_printf(l->arena, "%lld", (long long)(from + length > end ? end - from : length)), NULL};
    return r;
}

/** The rows or columns of a window that lie inside: 0 <= from + r < end, r < length.
 *  @param b  where it is declared
 *  @return NULL: all of them */
static const single_range *add_range(single_lowering *l, ct_block *b, const single_item *it, const nest_guard *g,
                                     int axis)
{
    arena *a = l->arena;
    nest_index from = g->at;
    from.step[axis] = 0;
    int64_t least, most;
    nest_range(it->t, &from, &least, &most);
    const int64_t size = it->t->axis[axis].extent;
    if (least >= 0 && most + size <= g->end)
        return NULL;
    if (least == most)
        return constant_range(l, least, size, g->end);
    const char *name = it->t->axis[axis].name, *at = single_affine(l, it, from).text;
    const long long length = it->t->axis[axis].extent, end = g->end;
    const char *text = arena_printf(a, "%s %s %lld %lld", name, at, length, end);
    const single_range *known = l->ranges, *r = declare_range(l, b, name, text);
    if (l->ranges == known)
        return r;
    const char *start = arena_printf(a, "%s_at%s", name, r->first + strlen(name) + 1);
    const char *low = least < 0 ? arena_printf(a, "%s < 0 ? -%s : 0", start, start) : "0";
    const char *high = most > end - length
                           ? arena_printf(a, "%s > %lld ? %lld - %s : %lld", start, end - length, end, start, length)
                           : arena_printf(a, "%lld", length);
    ct_statement(b, "const int %s = %s, %s = %s, %s = %s", start, at, r->first, low, r->end, high);
    return r;
}

/* --- the loops --------------------------------------------------------------------------------------- */

const nest_tensor *single_listed(const single_form *form, const nest *t)
{
    if (!form->has_zeros || t->reducer != NEST_SUM || t->free_count != 1 || t->axis_count != 2 || t->guard_count > 0 ||
        t->body->op != SCALAR_MULTIPLY || !is_line(t, 1))
        return NULL;
    for (int i = 0; i < 2; i++) {
        const nest_load *load = t->body->arg[i]->op == SCALAR_LEAF ? &t->load[t->body->arg[i]->leaf] : NULL;
        int axis;
        if (load && load->from && load->from->rank == 1 && nest_is_axis(&load->at[0], &axis) && axis == 1 &&
            form->has_zeros(form->context, load->from))
            return load->from;
    }
    return NULL;
}

/** The loop over the elements of a tensor that are not 0: place[] says which these are, and ends with the length. */
static ct_block *open_listed(single_lowering *l, ct_block *b, single_item *it, const nest_tensor *in)
{
    const char *type = l->form->place_type, *axis = it->t->axis[1].name, *length = single_extent(l, it->t, 1);
    single_name_axis(l, it, 1, axis);
    if (!l->out->takes_places) {
        const char *name = single_operand(l, in);
        l->out->takes_places = true;
        ct_statement(l->storage, "int count = 0");
        ct_block *list = ct_for(l->storage, axis, "0", length);
        ct_statement(list, "place[count] = (%s)%s", type, axis);
        ct_statement(list, "count += %s[%s] != 0.0f", name, axis);
        ct_statement(l->storage, "place[count] = %s", length);
    }
    it->axis[1] = arena_printf(l->arena, "*%s", axis);
    return ct_loop(b, arena_printf(l->arena, "const %s *%s = place; *%s < %s; %s++", type, axis, axis, length, axis));
}

ct_block *single_open_reduced(single_lowering *l, ct_block *b, single_item *it)
{
    const nest *t = it->t;
    const nest_tensor *listed = single_listed(l->form, t);
    if (listed)
        return open_listed(l, b, it, listed);
    const single_range *range[NEST_MAX_AXES] = {NULL};
    const int last = t->axis_count - 1;
    if (last >= t->free_count && loop_range(l, t, last))
        range[last] = add_range(l, b, it, loop_range(l, t, last), last);
    ct_block *inner = open_guards(l, b, it, t->free_count);
    for (int i = t->free_count; i < t->axis_count; i++) {
        single_name_axis(l, it, i, t->axis[i].name);
        const char *name = it->axis[i];
        inner = range[i] ? ct_loop(inner, arena_printf(l->arena, "int %s = %s; %s < %s; %s++", name, range[i]->first,
                                                       name, range[i]->end, name))
                         : ct_for(inner, name, "0", single_extent(l, t, i));
        inner = open_guards(l, inner, it, i + 1);
    }
    return inner;
}

const char *single_begin(single_lowering *l, ct_block *b, const single_item *it)
{
    if (it->t->begin)
        return single_text(l, it, it->t->begin, b);
    if (it->t->reducer == NEST_SUM)
        return single_number(l, 0);
    return l->form->is_float ? single_number(l, -(double)FLT_MAX) : "-INFINITY";
}

/** Take one more element. */
static void step(single_lowering *l, ct_block *b, const single_item *it, const char *state)
{
    const char *text = single_text(l, it, it->t->body, b);
    if (it->t->reducer == NEST_SUM) {
        ct_statement(b, "%s += %s", state, text);
    } else if (!l->form->is_float) {
        ct_statement(b, "%s = fmax(%s, %s)", state, state, text);
    } else {
        if (it->t->body->op != SCALAR_LEAF) {
            ct_statement(b, "const float value = %s", text);
            text = "value";
        }
        ct_statement(b, "%s = %s > %s ? %s : %s", state, text, state, text, state);
    }
}

/** How many elements windows have, if a nest counts these. */
static const char *count_text(single_lowering *l, ct_block *b, single_item *it)
{
    const nest *t = it->t;
    str product = str_new(l->arena);
    if (!l->form->is_float || t->reducer != NEST_SUM || t->body->op != SCALAR_CONSTANT || t->body->value != 1)
        return NULL;
    for (int i = 0; i < t->guard_count; i++) {
        const int axis = decided_at(t, &t->guard[i]) - 1;
        if (axis < t->free_count || range_of(l, t, axis) != &t->guard[i])
            return NULL;
    }
    for (int i = t->free_count; i < t->axis_count; i++) {
        const nest_guard *g = range_of(l, t, i);
        const single_range *r = g ? add_range(l, b, it, g, i) : NULL;
        str_add(&product, product.length ? " * " : "");
        if (r)
            str_printf(&product, "(%s - %s)", r->end, r->first);
        else
            str_add(&product, single_extent(l, t, i));
    }
    return arena_printf(l->arena, "(float)(%s)", product.text);
}

void single_reduction(single_lowering *l, ct_block *b, single_item *it, const char *state)
{
    const char *count = count_text(l, b, it);
    if (count) {
        ct_statement(b, "const float %s = %s", state, count);
        return;
    }
    ct_statement(b, "%s %s = %s", single_real(l), state, single_begin(l, b, it));
    step(l, single_open_reduced(l, b, it), it, state);
}

ct_block *single_open_line(single_lowering *l, ct_block *b, single_item *it, const char **element)
{
    const nest *t = it->t;
    for (int i = t->free_count - single_line(l, t); i < t->free_count; i++) {
        single_name_axis(l, it, i, t->axis[i].name);
        b = ct_for(b, it->local[i], "0", single_extent(l, t, i));
        if (element)
            *element = arena_printf(l->arena, "%s[%s]", *element, it->local[i]);
    }
    return b;
}

/** Whether an element is the same along the line. */
static bool is_fixed(const nest_load *load, int first, int end)
{
    for (int d = 0; d < load->from->rank; d++)
        for (int axis = first; axis < end; axis++)
            if (load->at[d].step[axis] != 0)
                return false;
    return true;
}

void single_hold_fixed(single_lowering *l, ct_block *b, single_item *it, const char *name)
{
    const nest *t = it->t;
    for (int i = 0; i < t->load_count; i++)
        if (scalar_uses(t->body, i) && t->load[i].from &&
            is_fixed(&t->load[i], t->free_count - single_line(l, t), t->free_count)) {
            ct_statement(b, "const float %s = %s", name, single_load(l, it, i));
            it->known[i] = name;
            return;
        }
}

/** Declare a pointer to a line of the constants, where there is one. */
static void hold_line(single_lowering *l, ct_block *b, single_item *it)
{
    const nest *t = it->t;
    const int line = t->free_count - 1;
    for (int i = 0; i < t->load_count && single_line(l, t) == 1; i++) {
        const nest_load *load = &t->load[i];
        const nest_tensor *from = load->from;
        if (!scalar_uses(t->body, i) || !from || from->rank < 2 || load->at[from->rank - 1].step[line] != 1 ||
            (from->viewed ? from->viewed : from)->role != NEST_PARAMETER)
            continue;
        const char *element = single_load(l, it, i), *last = strrchr(element, '[');
        ct_statement(b, l->block ? "const float *weight = %.*s + %s" : "const float *weight = %.*s",
                     (int)(last - element), element, l->block);
        it->known[i] = arena_printf(l->arena, "weight[%s]", it->local[line]);
        return;
    }
}

void single_line_reduction(single_lowering *l, ct_block *b, single_item *it, const char *state)
{
    const char *element = state;
    ct_block *begin = single_open_line(l, b, it, &element);
    ct_statement(begin, "%s = %s", element, single_begin(l, begin, it));
    ct_block *inner = single_open_reduced(l, b, it);
    single_hold_fixed(l, inner, it, "x");
    hold_line(l, inner, it);
    step(l, single_open_line(l, inner, it, NULL), it, element);
    memset(it->known, 0, sizeof it->known);
}
