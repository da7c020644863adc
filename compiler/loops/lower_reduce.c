/* Reductions. The innermost loop runs over the last free axis where the elements along it are neighbours: compilers
 * keep such a line of results in vector registers. */
#include <string.h>

#include "loops/lower_parts.h"

/* --- lines of results -------------------------------------------------------------------------------- */

/** Whether neighbours along the last `count` free axes are neighbours in a load, as far as it has these. */
static bool is_along(const nest *t, const nest_load *l, int count)
{
    const int rank = l->from ? l->from->rank : 1;
    int place = rank; /* of the last dimension that the axes looked at have */
    for (int axis = t->free_count - 1; axis >= t->free_count - count; axis--) {
        int found = -1, own;
        for (int d = 0; d < rank; d++)
            if (l->at[d].step[axis] != 0)
                found = d;
        if (found < 0)
            continue;
        const bool is_step = count == 1 && l->at[found].step[axis] == 1 && l->at[found].divisor == 1;
        if (found != --place || (!is_step && !(nest_is_axis(&l->at[found], &own) && own == axis)))
            return false;
        for (int d = 0; d < found; d++)
            if (l->at[d].step[axis] != 0)
                return false;
    }
    return true;
}

/** Whether a guard keeps a line whole, or leaves one range of it. */
static bool keeps_line(const lower_form *form, const nest *t, const nest_guard *g, int count)
{
    const int last = t->free_count - 1;
    if (count > 1)
        return g->at.step[last] == 0 && g->at.step[last - 1] == 0;
    const bool is_range = g->at.step[last] > 0 && g->at.divisor == 1 && g->end != NEST_ROWS;
    return g->at.step[last] == 0 || (is_range && (!form->max_line || t->axis[last].extent <= form->max_line));
}

static bool is_line(const lower_form *form, const nest *t, int count)
{
    const int first = t->free_count - count;
    bool is_read = false;
    if (first < 0 || t->axis[first].extent == NEST_ROWS)
        return false;
    for (int i = 0; i < t->load_count; i++) {
        if (!is_along(t, &t->load[i], count))
            return false;
        for (int d = 0; d < (t->load[i].from ? t->load[i].from->rank : 1); d++)
            is_read = is_read || t->load[i].at[d].step[first] != 0;
    }
    for (int i = 0; i < t->guard_count; i++)
        if (!keeps_line(form, t, &t->guard[i], count))
            return false;
    return is_read;
}

int lower_line(const lowering *l, const nest *t)
{
    enum { SHORT = 8, PAIR = 128 };
    if (l->form->is_reference || t->adds || t->reducer == NEST_MAP || !is_line(l->form, t, 1))
        return 0;
    const int64_t last = t->axis[t->free_count - 1].extent;
    return last < SHORT && is_line(l->form, t, 2) && last * t->axis[t->free_count - 2].extent <= PAIR ? 2 : 1;
}

ct_block *lower_open_line(lowering *l, ct_block *b, lower_item *it, const char **element)
{
    for (int i = it->t->free_count - it->line; i < it->t->free_count; i++) {
        b = ct_for(b, it->axis[i], "0", lower_extent(l, it->t, i));
        if (element)
            *element = arena_printf(l->arena, "%s[%s]", *element, it->axis[i]);
    }
    return b;
}

void lower_declare_line(lowering *l, ct_block *b, const lower_item *it, const char *type, const char *state)
{
    str s = str_new(l->arena);
    str_printf(&s, "%s %s", type, state);
    for (int i = it->t->free_count - it->line; i < it->t->free_count; i++)
        str_printf(&s, "[%s]", lower_extent(l, it->t, i));
    ct_statement(b, "%s", s.text);
}

/* --- elements that are held -------------------------------------------------------------------------- */

static bool uses_line(const lower_item *it, const nest_load *load)
{
    for (int d = 0; d < load->from->rank; d++)
        for (int axis = it->t->free_count - it->line; axis < it->t->free_count; axis++)
            if (load->at[d].step[axis] != 0)
                return true;
    return false;
}

/** Declare a variable for an element that is the same along the line. */
static void hold_fixed(lowering *l, ct_block *b, lower_item *it)
{
    const nest *t = it->t;
    for (int i = 0; i < t->load_count; i++)
        if (scalar_uses(t->body, i) && t->load[i].from && !uses_line(it, &t->load[i])) {
            const char *element = lower_load(l, it, i), *name = lower_unused_name(l, t, "x");
            ct_statement(b, "const %s %s = %s", lower_number_type(l), name, element);
            it->known[i] = name;
            return;
        }
}

/** Declare a pointer to a line of the constants, where there is one. */
static void hold_line(lowering *l, ct_block *b, lower_item *it)
{
    const nest *t = it->t;
    const int line = t->free_count - 1;
    for (int i = 0; i < t->load_count && it->line == 1; i++) {
        const nest_load *load = &t->load[i];
        const nest_tensor *from = load->from;
        int own;
        if (!scalar_uses(t->body, i) || !from || from->rank < 2 || nest_whole(from)->role != NEST_PARAMETER ||
            !nest_is_axis(&load->at[from->rank - 1], &own) || own != line)
            continue;
        const char *element = lower_load(l, it, i), *last = strrchr(element, '[');
        const char *name = lower_unused_name(l, t, "weight");
        ct_statement(b, l->block ? "const float *%s = %.*s + %s" : "const float *%s = %.*s", name,
                     (int)(last - element), element, l->block);
        it->known[i] = arena_printf(l->arena, "%s[%s]", name, it->axis[line]);
        return;
    }
}

/* --- elements that are not 0 ------------------------------------------------------------------------- */

const nest_tensor *lower_listed(const lower_form *form, const nest *t)
{
    if (!form->has_zeros || t->reducer != NEST_SUM || t->free_count != 1 || t->axis_count != 2 || t->guard_count > 0 ||
        t->body->op != SCALAR_MULTIPLY || !is_line(form, t, 1))
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
static ct_block *open_listed(lowering *l, ct_block *b, lower_item *it, const nest_tensor *in)
{
    lower_name_inner(l, it);
    const char *type = l->form->place_type, *axis = it->axis[1], *length = lower_extent(l, it->t, 1);
    if (!l->out->takes_places) {
        const char *name = lower_tensor_name(l, in, "in");
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

/* --- reductions -------------------------------------------------------------------------------------- */

const char *lower_begin(lowering *l, ct_block *b, const lower_item *it)
{
    if (it->t->begin)
        return lower_text(l, it, it->t->begin, NULL, b);
    return it->t->reducer == NEST_MAX   ? l->form->lowest
           : it->t->reducer == NEST_MIN ? l->form->lowest + 1
           : l->form->is_reference      ? "0.0"
                                        : "0.0f";
}

void lower_add(lowering *l, ct_block *b, const lower_item *it, const char *target)
{
    const scalar *body = it->solved ? it->t->body->arg[1] : it->t->body;
    const scalar *part = body->op == SCALAR_NEGATE ? body->arg[0] : body;
    l->out->has_conditions = l->out->has_conditions || scalar_chooses(body);
    if (!l->form->fma || part->op != SCALAR_MULTIPLY) {
        const char *text = lower_text(l, it, body, NULL, b);
        ct_statement(b, "%s += %s", target, text);
        return;
    }
    scalar_set *set = it->t->graph->scalars;
    const scalar *sum = scalar_make(set, SCALAR_ADD, scalar_leaf(set, it->t->load_count), body, NULL);
    const char *text = lower_text(l, it, sum, target, b);
    ct_statement(b, "%s = %s", target, text);
}

/** One step of a reduction. */
static void reduce(lowering *l, ct_block *b, const lower_item *it, const char *state)
{
    if (it->t->reducer == NEST_SUM) {
        lower_add(l, b, it, state);
        return;
    }
    const char *body = lower_text(l, it, it->t->body, NULL, b);
    const bool is_max = it->t->reducer == NEST_MAX;
    if (l->form->is_reference) {
        ct_statement(b, "%s = %s(%s, %s)", state, is_max ? "fmax" : "fmin", state, body);
        return;
    }
    if (it->t->body->op != SCALAR_LEAF) {
        ct_statement(b, "const float value = %s", body);
        body = "value";
    }
    ct_statement(b, "%s = %s %s %s ? %s : %s", state, body, is_max ? ">" : "<", state, body, state);
}

/** Declare the states of a reduction, with their first values. */
static void declare_states(lowering *l, ct_block *b, lower_item *it, const char *state)
{
    const char *element = state;
    lower_name_inner(l, it);
    if (it->line == 0) {
        const char *begin = lower_begin(l, b, it);
        ct_statement(b, "%s %s = %s", lower_number_type(l), state, begin);
        return;
    }
    lower_declare_line(l, b, it, lower_number_type(l), state);
    ct_block *each = lower_open_line(l, b, it, &element);
    const char *begin = lower_begin(l, each, it);
    ct_statement(each, "%s = %s", element, begin);
}

void lower_reduction(lowering *l, ct_block *b, lower_item *it, const char *state)
{
    const nest_tensor *listed = lower_listed(l->form, it->t);
    const char *element = state;
    declare_states(l, b, it, state);
    ct_block *inner = listed ? open_listed(l, b, it, listed) : lower_open_inner(l, b, it);
    if (it->line) {
        hold_fixed(l, inner, it);
        hold_line(l, inner, it);
    }
    inner = lower_open_inside(l, inner, it, &element);
    reduce(l, inner, it, element);
    memset(it->known, 0, sizeof it->known);
}
