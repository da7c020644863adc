/* Places of maxima: how many elements come before the first of the largest. A maximum and its place are found in one
 * pass, and an addition to the one element at a place computes its axes from the place. */
#include <string.h>

#include "loops/lower_parts.h"

/** The index that is compared with a place, or counts the elements before the largest.
 *  @param compared  NULL: counts; else set to the place */
static const nest_index *count_of(const nest *t, int *compared)
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
        *compared = left->leaf;
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
void lower_solve_place(const lowering *l, lower_item *it)
{
    const nest *t = it->t;
    int at;
    const nest_index *count = t->adds && !l->form->is_reference ? count_of(t, &at) : NULL;
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
void lower_solve_axes(lowering *l, ct_block *b, const lower_item *it)
{
    const nest *t = it->t;
    int at = 0;
    const nest_index *count = count_of(t, &at);
    str s = str_new(l->arena);
    if (it->solved == 1) {
        ct_statement(b, "const int %s = %s", it->axis[it->order[t->axis_count - 1]], lower_load(l, it, at));
        return;
    }
    str_printf(&s, "const int nth = %s", lower_load(l, it, at));
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
void lower_find_places(lowering *l, lower_item *it)
{
    const nest *t = it->t;
    const bool is_maximum = !l->form->is_reference && t->reducer == NEST_MAX && t->places;
    for (lower_item *p = it + 1; is_maximum && p < l->item + l->count; p++) {
        const nest_index *count = p->t->result == t->places ? count_of(p->t, NULL) : NULL;
        if (count && has_ranges(t, count) && p->outer == it->outer && p->line == it->line)
            it->places = p;
    }
}

/** The count at the first element of a reduction. */
static const char *first_count(lowering *l, ct_block *b, const lower_item *it, nest_index count)
{
    lower_item first = *it;
    for (int p = it->outer; p < it->t->axis_count; p++) {
        const int axis = it->order[p];
        if (count.step[axis] == 0)
            continue;
        first.axis[axis] = lower_first(l, b, it, p);
        if (strcmp(first.axis[axis], "0") == 0)
            count.step[axis] = 0;
    }
    return lower_affine(l, &first, count).text;
}

void lower_largest(lowering *l, ct_block *b, lower_item *it, const char *state)
{
    const nest *t = it->t;
    const nest_index count = *count_of(it->places->t, NULL);
    const nest_tensor *v = it->places->t->result;
    const bool is_state = v->is_local && l->depth[v->id] == it->outer;
    const char *place = is_state ? l->name[v->id] : "where", *where = place;
    lower_name_inner(l, it);
    lower_name_inner(l, it->places);
    const char *first = first_count(l, b, it, count);
    ct_block *begin = b;
    if (it->line) {
        lower_declare_line(l, b, it, "float", state);
        lower_declare_line(l, b, it, "int", where);
        begin = lower_open_line(l, b, it, &state);
        where = arena_printf(l->arena, "%s%s", where, strchr(state, '['));
    }
    ct_statement(begin, "%s%s = %s", it->line ? "" : "float ", state, lower_begin(l, begin, it));
    ct_statement(begin, "%s%s = %s", it->line ? "" : "int ", where, first);
    const char *element = "";
    ct_block *inner = lower_open_inside(l, lower_open_inner(l, b, it), it, &element);
    const char *body = lower_text(l, it, t->body, NULL, inner);
    ct_statement(inner, "const float value = %s", body);
    ct_statement(inner, "%s = value > %s ? %s : %s", where, state, lower_affine(l, it, count).text, where);
    ct_statement(inner, "%s = value > %s ? value : %s", state, state, state);
    it->places->is_made = true;
    if (!is_state)
        lower_store(l, b, it->places, place, arena_printf(l->arena, "(%s)", v->type ? v->type : lower_number_type(l)));
}
