/* The maximum over windows of sums: the sums are not stored. Where a window has few elements, and all of it is
 * inside, its sums are made side by side, so that each weight is loaded once for all of them. */
#include <string.h>

#include "loops/lower_parts.h"

enum { SIDE_BY_SIDE = 4 };

bool lower_is_inner(const lowering *l, const nest *sum, const nest *max)
{
    return sum->reducer == NEST_SUM && max->reducer == NEST_MAX && sum->result->is_local &&
           max->body->op == SCALAR_LEAF && max->load_count == 1 && max->load[0].from == sum->result &&
           max->guard_count == 0 && lower_line(l, sum) == 1 && lower_line(l, max) == 1;
}

bool lower_is_after(const nest *max, const nest *map, const nest *first, const nest *end)
{
    if (map->reducer != NEST_MAP || map->free_count != max->free_count || !max->result->is_local)
        return false;
    for (const nest *t = first; t != end; t = t->next)
        if (t != map && nest_reads(t, max->result))
            return false;
    return nest_reads_in_place(map, max->result);
}

/** The index where the free axes of the sums are those indices of the maximum.
 *  @param window  the first of the axes of the composed nest that were the maximum's reduced ones
 *  @param place   their values, or NULL: they are axes */
static nest_index composed_index(const nest *sum, const nest *max, const nest_index *at, int window,
                                 const int64_t *place)
{
    nest_index to = nest_constant(at->start);
    to.divisor = at->divisor;
    for (int axis = 0; axis < sum->axis_count; axis++) {
        if (axis >= sum->free_count) { /* after the free axes and those of the window */
            to.step[max->axis_count - (place ? max->axis_count - max->free_count : 0) + axis - sum->free_count] +=
                at->step[axis];
            continue;
        }
        const nest_index *by = &max->load[0].at[axis];
        to.start += at->step[axis] * by->start;
        for (int i = 0; i < max->axis_count; i++) {
            const int64_t step = at->step[axis] * by->step[i];
            if (i < max->free_count - 1)
                to.step[i] += step;
            else if (i == max->free_count - 1)
                to.step[place ? i : max->axis_count - 1] += step;
            else if (place)
                to.start += step * place[i - max->free_count];
            else
                to.step[window + i - max->free_count] += step;
        }
    }
    return to;
}

/** The sums as a nest of the maximum's axes.
 *  @param place  of an element of the window; NULL: the window's axes stand before the last one */
static nest *compose(const lowering *l, const nest *sum, const nest *max, const int64_t *place)
{
    nest *t = ARENA_NEW(l->arena, nest);
    *t = *sum;
    const int line = max->free_count - 1;
    t->axis_count = t->free_count = 0;
    for (int i = 0; i < line; i++)
        t->axis[t->axis_count++] = max->axis[i];
    for (int i = max->free_count; i < max->axis_count && !place; i++)
        t->axis[t->axis_count++] = max->axis[i];
    t->axis[t->axis_count++] = max->axis[line];
    t->free_count = t->axis_count;
    for (int i = sum->free_count; i < sum->axis_count; i++)
        t->axis[t->axis_count++] = sum->axis[i];
    for (int i = 0; i < t->load_count; i++)
        for (int d = 0; d < (t->load[i].from ? t->load[i].from->rank : 1); d++)
            t->load[i].at[d] = composed_index(sum, max, &sum->load[i].at[d], line, place);
    for (int i = 0; i < t->guard_count; i++)
        t->guard[i].at = composed_index(sum, max, &sum->guard[i].at, line, place);
    return t;
}

static int64_t window_size(const nest *max)
{
    int64_t size = 1;
    for (int i = max->free_count; i < max->axis_count; i++)
        size *= max->axis[i].extent;
    return size;
}

/** Store the maximum, whose text is given. */
static void store(lowering *l, ct_block *b, const lower_item *it, const char *state, const char *text)
{
    lower_item after = *it;
    if (state) {
        ct_statement(b, "%s = %s", state, text);
        return;
    }
    if (it->after) {
        after.t = it->after;
        for (int i = 0; i < after.t->load_count; i++)
            after.known[i] = after.t->load[i].from == it->t->result ? text : NULL;
        text = lower_text(l, &after, it->after->body, NULL, b);
    }
    const char *to = lower_result_element(l, &after);
    ct_statement(b, "%s = %s", to, text);
}

/** The sums as an item: its loops are those of the maximum, and of the window where that has some. */
static lower_item item_of(const lowering *l, const lower_item *it, const int64_t *place)
{
    lower_item sums = *it;
    sums.inner = sums.after = NULL;
    sums.t = compose(l, it->inner, it->t, place);
    lower_order_axes(l, &sums);
    return sums;
}

/** One window element after the other. */
static void in_turn(lowering *l, ct_block *b, lower_item *it, const char *state)
{
    static const char *const names[] = {"p", "q"};
    const char *largest = state ? state : "largest", *array = largest;
    if (!state)
        lower_declare_line(l, b, it, "float", largest);
    ct_block *outside = b, *begin = lower_open_line(l, b, it, &largest);
    ct_statement(begin, "%s = %s", largest, lower_begin(l, begin, it));
    lower_item sums = item_of(l, it, NULL);
    for (int i = it->outer; i < sums.outer; i++) {
        sums.axis[i] = names[i - it->outer];
        b = ct_for(b, sums.axis[i], "0", lower_extent(l, sums.t, i));
    }
    lower_reduction(l, b, &sums, "sum");
    const char *sum = "sum";
    ct_block *each = lower_open_line(l, b, &sums, &sum);
    ct_statement(each, "%s = %s > %s ? %s : %s", largest, sum, largest, sum, largest);
    if (!state)
        store(l, lower_open_line(l, outside, it, &array), it, NULL, largest);
}

/** "sum0[k]SEPARATORsum1[k]..." */
static const char *all_sums(const lowering *l, int count, const char *index, const char *separator)
{
    str s = str_new(l->arena);
    for (int p = 0; p < count; p++)
        str_printf(&s, "%ssum%d[%s]", p ? separator : "", p, index);
    return s.text;
}

/** Declare a variable for what all sums read. */
static void hold_shared(lowering *l, ct_block *b, lower_item *item, int count)
{
    for (int p = 1; p < count; p++)
        memcpy(item[p].axis, item[0].axis, sizeof item[p].axis);
    for (int i = 0; i < item[0].t->load_count; i++) {
        bool is_shared = item[0].t->load[i].from && scalar_uses(item[0].t->body, i);
        for (int p = 1; p < count && is_shared; p++)
            is_shared = memcmp(item[p].t->load[i].at, item[0].t->load[i].at, sizeof item[p].t->load[i].at) == 0;
        if (!is_shared)
            continue;
        const char *element = lower_load(l, &item[0], i);
        ct_statement(b, "const float value = %s", element);
        for (int p = 0; p < count; p++)
            item[p].known[i] = "value";
        return;
    }
}

static void side_by_side(lowering *l, ct_block *b, lower_item *it, const char *state)
{
    const nest *max = it->t;
    const int count = (int)window_size(max), line = max->free_count - 1;
    lower_item item[SIDE_BY_SIDE];
    for (int p = 0; p < count; p++) {
        int64_t place[NEST_MAX_AXES], rest = p;
        for (int i = max->axis_count - 1; i >= max->free_count; i--) {
            place[i - max->free_count] = rest % max->axis[i].extent;
            rest /= max->axis[i].extent;
        }
        item[p] = item_of(l, it, place);
    }
    const char *largest = state, *k = it->axis[line];
    ct_statement(b, "float %s", all_sums(l, count, lower_extent(l, max, line), ", "));
    lower_name_inner(l, &item[0]);
    ct_block *begin = lower_open_line(l, b, &item[0], NULL);
    const char *zero = lower_begin(l, begin, &item[0]);
    ct_statement(begin, "%s = %s", all_sums(l, count, k, " = "), zero);
    ct_block *inner = lower_open_line(l, lower_open_inner(l, b, &item[0]), &item[0], NULL);
    hold_shared(l, inner, item, count);
    for (int p = 0; p < count; p++)
        lower_add(l, inner, &item[p], arena_printf(l->arena, "sum%d[%s]", p, k));
    ct_block *end = lower_open_line(l, b, it, state ? &largest : NULL);
    ct_statement(end, "float best = sum0[%s]", k);
    for (int p = 1; p < count; p++)
        ct_statement(end, "best = sum%d[%s] > best ? sum%d[%s] : best", p, k, p, k);
    store(l, end, it, largest, "best");
}

void lower_windows(lowering *l, ct_block *b, lower_item *it, const char *state)
{
    lower_name_inner(l, it);
    if (window_size(it->t) <= SIDE_BY_SIDE && it->inner->guard_count == 0)
        side_by_side(l, b, it, state);
    else
        in_turn(l, b, it, state);
}
