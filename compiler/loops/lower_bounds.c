/* Elements that guards leave out: bounds of loops where an axis decides, else conditions. */
#include <string.h>

#include "loops/lower_parts.h"

/* --- conditions -------------------------------------------------------------------------------------- */

static ct_expr and (arena * a, ct_expr all, ct_expr one)
{
    return all.text ? ct_binary(a, CT_AND, all, "&&", one) : one;
}

/** The conditions that a guard asks for: those that some pass of the loops does not meet. */
static ct_expr guard_condition(const lowering *l, const lower_item *it, const nest_guard *g, ct_expr all)
{
    arena *a = l->arena;
    const ct_expr sum = lower_affine(l, it, g->at);
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

int lower_decided_at(const lower_item *it, const nest_guard *g)
{
    int last = -1;
    for (int p = 0; p < it->t->axis_count; p++)
        if (g->at.step[it->order[p]] != 0)
            last = p;
    return last;
}

/** Whether a guard is a bound of the loop at a position. */
static bool is_bound(const lowering *l, const lower_item *it, const nest_guard *g, int position)
{
    return !l->form->is_reference && position >= it->outer && lower_decided_at(it, g) == position &&
           g->at.divisor == 1 && g->end != NEST_ROWS && g->at.step[it->order[position]] > 0;
}

/** Open a condition for the guards that are decided at a position, or before the first inner loop. */
static ct_block *open_guards(lowering *l, ct_block *b, const lower_item *it, int position)
{
    ct_expr all = {NULL, CT_ANY};
    for (int i = 0; i < it->t->guard_count; i++) {
        const nest_guard *g = &it->t->guard[i];
        const int decided = lower_decided_at(it, g), at = decided < it->outer ? it->outer - 1 : decided;
        if (at == position && !is_bound(l, it, g, at))
            all = guard_condition(l, it, g, all);
    }
    l->out->has_conditions = l->out->has_conditions || all.text;
    return all.text ? ct_if(b, all) : b;
}

/* --- bounds of loops --------------------------------------------------------------------------------- */

/** ceil(numerator / step), or less than 0 for less. */
static const char *divided(const lowering *l, const lower_item *it, nest_index numerator, int64_t step)
{
    numerator.start += step - 1;
    const ct_expr sum = lower_affine(l, it, numerator);
    return step == 1 ? sum.text : ct_binary(l->arena, CT_PRODUCT, sum, "/", ct_int(l->arena, step)).text;
}

/** The larger or the smaller of two integers. */
static const char *choose(const lowering *l, const char *function, char relation, const char *a, const char *b)
{
    if (function)
        return arena_printf(l->arena, "%s(%s, %s)", function, a, b);
    const char *first = strpbrk(b, "?") ? arena_printf(l->arena, "(%s)", b) : b;
    return arena_printf(l->arena, "%s %c %s ? %s : %s", first, relation, a, first, a);
}

/** Add what a guard asks for to the bounds of its loop. */
static void add_bound(const lowering *l, const lower_item *it, const nest_guard *g, int axis, lower_bounds *found)
{
    const int64_t step = g->at.step[axis];
    int64_t least, most, rest_least, rest_most;
    nest_range(it->t, &g->at, &least, &most);
    nest_index rest = g->at;
    rest.step[axis] = 0;
    const int64_t extent = it->t->axis[axis].extent, from = (step - 1 - rest.start) / step;
    const int64_t to = (g->end - rest.start + step - 1) / step;
    nest_range(it->t, &rest, &rest_least, &rest_most);
    if (rest_least == rest_most && rest.rows == 0 && !found->first && !found->end) {
        if (least < 0)
            found->first = ct_int(l->arena, from < extent ? from : extent).text;
        if (most >= g->end)
            found->end = ct_int(l->arena, to > 0 ? to : 0).text;
        return;
    }
    const char *first = divided(l, it, nest_affine(rest, -1, nest_constant(0)), step);
    const char *end = divided(l, it, nest_affine(rest, -1, nest_constant(g->end)), step);
    if (least < 0)
        found->first = choose(l, l->form->max, '>', found->first ? found->first : "0", first);
    if (most >= g->end)
        found->end = choose(l, l->form->min, '<', found->end ? found->end : lower_extent(l, it->t, axis), end);
}

/** The bounds that the guards of a loop ask for.
 *  @param before  filled: whether they depend on no inner axis */
static lower_bounds bounds_of(const lowering *l, const lower_item *it, int position, bool *before)
{
    const int axis = it->order[position];
    lower_bounds found = {.axis = it->axis[axis]};
    *before = true;
    for (int i = 0; i < it->t->guard_count; i++) {
        const nest_guard *g = &it->t->guard[i];
        if (!is_bound(l, it, g, position))
            continue;
        add_bound(l, it, g, axis, &found);
        for (int p = it->outer; p < position; p++)
            *before = *before && g->at.step[it->order[p]] == 0;
    }
    return found;
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/** Whether a bound is the same for all passes, and needs no variable. */
static bool is_number(const char *bound)
{
    return bound && bound[strspn(bound, "0123456789")] == '\0';
}

/** Declare bounds in a block, if it has not got them. */
static const lower_bounds *declare_bounds(lowering *l, ct_block *b, lower_bounds wanted)
{
    int alike = 0;
    for (const lower_bounds *had = l->bounds; had; had = had->next) {
        if (had->block == b && strcmp(had->axis, wanted.axis) == 0 && is_same_text(had->first, wanted.first) &&
            is_same_text(had->end, wanted.end))
            return had;
        alike += strcmp(had->axis, wanted.axis) == 0;
    }
    lower_bounds *made = ARENA_NEW(l->arena, lower_bounds);
    *made = wanted;
    made->block = b;
    made->name = alike ? arena_printf(l->arena, "%s%d", wanted.axis, alike + 1) : wanted.axis;
    made->next = l->bounds;
    l->bounds = made;
    if (made->first && !is_number(made->first))
        ct_statement(b, "const int %s_first = %s", made->name, made->first);
    if (made->end && !is_number(made->end))
        ct_statement(b, "const int %s_end = %s", made->name, made->end);
    return made;
}

typedef struct range {
    const char *first, *end;
} range;

static range range_in(lowering *l, ct_block *b, const lower_item *it, int position, const lower_bounds *known)
{
    const int axis = it->order[position];
    if (it->t->axis[axis].extent == NEST_ROWS)
        return (range){l->form->first, l->form->end};
    bool before;
    const lower_bounds wanted = bounds_of(l, it, position, &before);
    if (!known && (wanted.first || wanted.end))
        known = declare_bounds(l, b, wanted);
    range r = {"0", lower_extent(l, it->t, axis)};
    if (known && known->first)
        r.first = is_number(known->first) ? known->first : arena_printf(l->arena, "%s_first", known->name);
    if (known && known->end)
        r.end = is_number(known->end) ? known->end : arena_printf(l->arena, "%s_end", known->name);
    return r;
}

const char *lower_first(lowering *l, ct_block *b, const lower_item *it, int position)
{
    return range_in(l, b, it, position, NULL).first;
}

/* --- loops ------------------------------------------------------------------------------------------- */

const char *lower_axis_name(const lowering *l, const lower_item *it, const char *name, int loops)
{
    for (int i = 0; i < loops; i++)
        if (strcmp(it->axis[i], name) == 0)
            return arena_printf(l->arena, "%s2", name);
    return name;
}

void lower_name_inner(const lowering *l, lower_item *it)
{
    for (int p = it->outer; p < it->t->axis_count; p++)
        it->axis[it->order[p]] = lower_axis_name(l, it, it->t->axis[it->order[p]].name, it->outer);
}

ct_block *lower_open_inner(lowering *l, ct_block *b, lower_item *it)
{
    const lower_bounds *known[NEST_MAX_AXES] = {NULL};
    const int end = it->t->axis_count - it->line - it->solved;
    lower_name_inner(l, it);
    for (int p = it->outer; p < end; p++) {
        bool before;
        const lower_bounds wanted = bounds_of(l, it, p, &before);
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

ct_block *lower_open_inside(lowering *l, ct_block *b, lower_item *it, const char **element)
{
    const int last = it->t->axis_count - 1, axis = it->order[last];
    bool before;
    const lower_bounds wanted = bounds_of(l, it, last, &before);
    if (it->line != 1 || !(wanted.first || wanted.end))
        return lower_open_line(l, b, it, element);
    const range r = range_in(l, b, it, last, NULL);
    *element = arena_printf(l->arena, "%s[%s]", *element, it->axis[axis]);
    return ct_for(b, it->axis[axis], r.first, r.end);
}

/* --- counts ------------------------------------------------------------------------------------------ */

static bool is_count(const lowering *l, const lower_item *it)
{
    const nest *t = it->t;
    for (int i = 0; i < t->guard_count; i++) {
        bool before = true;
        const int decided = lower_decided_at(it, &t->guard[i]);
        if (!is_bound(l, it, &t->guard[i], decided))
            return false;
        bounds_of(l, it, decided, &before);
        if (!before)
            return false;
    }
    return !l->form->is_reference && t->reducer == NEST_SUM && t->body->op == SCALAR_CONSTANT && !t->begin &&
           t->axis_count > t->free_count && !t->adds;
}

const char *lower_count(lowering *l, ct_block *b, lower_item *it)
{
    if (!is_count(l, it))
        return NULL;
    lower_name_inner(l, it);
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
