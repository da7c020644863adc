/* See single.h. Nests that begin with the same free axes share their loops, as far as each reads of the others only
 * what the same pass of these loops has written; a result that is read in no other pass is a variable, or an array of
 * what the pass makes of it. */
#include "loops/single.h"

#include <string.h>

#include "graph/single.h"
#include "loops/single_parts.h"

/* --- places of results ------------------------------------------------------------------------------- */

static const nest_tensor *result_of(const single_item *it)
{
    return it->after ? it->after->result : it->t->result;
}

/** Whether all that read a result are among these. */
static bool are_readers(const single_lowering *l, const nest_tensor *v, const single_item *run, int count)
{
    for (int i = 0; i < l->count; i++)
        if (nest_reads(l->item[i].t, v) && (&l->item[i] < run || &l->item[i] >= run + count))
            return false;
    return true;
}

/** The result that is written where a local one was read for the last time, or NULL. */
static const nest_tensor *successor(const single_lowering *l, const nest_tensor *v)
{
    const nest *last = NULL;
    for (int i = 0; i < l->count; i++)
        if (nest_reads(l->item[i].t, v))
            last = l->item[i].t;
    if (!last || !nest_reads_in_place(last, v))
        return NULL;
    return last->result->is_local ? successor(l, last->result) : last->result;
}

/** What a local result is called: the name of the operation's result is taken. */
static const char *local_name(const single_lowering *l, const nest *t)
{
    static const char *const states[] = {[NEST_MAP] = "z", [NEST_SUM] = "sum", [NEST_MAX] = "largest"};
    const bool is_result = l->form->is_float && strcmp(t->result->name, "out") == 0;
    return is_result ? states[t->reducer] : t->result->name;
}

/** Give a local result its array, without the dimensions of the loops outside.
 *  @param b  the block of the loops that its readers share */
static void declare_local(single_lowering *l, ct_block *b, const nest_tensor *v, int outer)
{
    const bool is_float = l->form->is_float;
    ct_type type = single_type(l->arena, v, l->form, false);
    const nest_tensor *place = is_float ? successor(l, v) : NULL;
    int64_t size = 1;
    outer = is_float ? outer : 0;
    for (int d = outer; d < v->rank; d++) {
        const int64_t extent = l->block && d == v->rank - 1 ? l->block_length : v->dim[d];
        size *= extent;
        type.dim[d - outer] = is_float ? arena_printf(l->arena, "%lld", (long long)extent) : type.dim[d];
    }
    type.rank = v->rank > outer ? v->rank - outer : type.rank;
    if (is_float && size > SINGLE_LINE) { /* in the place of another result, or an operand */
        if (place && place->rank == v->rank && memcmp(place->dim, v->dim, sizeof v->dim[0] * (size_t)v->rank) == 0)
            l->name[v->id] = l->name[place->id];
        else if (place) {
            type = single_type(l->arena, v, l->form, true);
            l->name[v->id] = arena_printf(l->arena, "(%s%s)", ct_cast(l->arena, &type), l->name[place->id]);
        }
        return;
    }
    l->outer[v->id] = is_float ? outer : -1;
    const char *declaration = ct_declaration(l->arena, &type, single_give_name(l, v, local_name(l, v->producer)));
    ct_statement(is_float ? b : l->storage, is_float ? "%s" : "static %s", declaration);
}

/* --- one nest ---------------------------------------------------------------------------------------- */

static const char *state_of(single_lowering *l, const nest_tensor *v, nest_reducer reducer)
{
    static const char *const states[] = {[NEST_SUM] = "sum", [NEST_MAX] = "largest"};
    if (v->is_local)
        return arena_printf(l->arena, "%s_%s", v->name, states[reducer]);
    return states[reducer];
}

static void declare_line(const single_lowering *l, ct_block *b, const nest *t, const char *state)
{
    str s = str_new(l->arena);
    str_printf(&s, "float %s", state);
    for (int i = t->free_count - single_line(l, t); i < t->free_count; i++)
        str_printf(&s, "[%s]", single_extent(l, t, i));
    ct_statement(b, "%s", s.text);
}

/** @param is_state  whether the array `state` is the result; else that is stored elsewhere */
static void single_line_nest(single_lowering *l, ct_block *b, single_item *it, const char *state, bool is_state)
{
    const char *element = state;
    if (it->inner) {
        single_pooled(l, b, it, is_state && !it->after ? state : NULL);
        return;
    }
    if (!is_state)
        declare_line(l, b, it->t, state);
    single_line_reduction(l, b, it, state);
    if (is_state)
        return;
    ct_block *end = single_open_line(l, b, it, &element);
    ct_statement(end, "%s = %s", single_result(l, it).text, element);
}

/** A nest whose free axes all have their loops, but those of a line of a reduction. */
static void single_one(single_lowering *l, ct_block *b, single_item *it)
{
    const nest_tensor *v = result_of(it);
    const int line = single_line(l, it->t), outer = l->outer[v->id];
    const bool is_state = outer >= 0 && outer == it->t->free_count - line;
    if (it->t->reducer == NEST_MAP) {
        const char *body = single_text(l, it, it->t->body, b);
        if (is_state)
            ct_statement(b, "const %s %s = %s", single_real(l), l->name[v->id], body);
        else
            ct_statement(b, "%s = %s", single_result(l, it).text, body);
        return;
    }
    const char *state = is_state ? l->name[v->id] : state_of(l, v, it->t->reducer);
    if (line) {
        single_line_nest(l, b, it, state, is_state);
        return;
    }
    single_reduction(l, b, it, state);
    if (!is_state)
        ct_statement(b, "%s = %s", single_result(l, it).text, state);
}

/* --- sequences --------------------------------------------------------------------------------------- */

/** Whether a nest can be in the same loop, over axis `depth`, as those of a run before it. */
static bool joins(const single_lowering *l, const single_item *run, int count, const nest *t, int depth)
{
    if (t->free_count - single_line(l, t) <= depth || t->axis[depth].extent != run[0].t->axis[depth].extent)
        return false;
    for (int i = 0; i < t->load_count; i++)
        for (int j = 0; j < count; j++) {
            const nest_load *load = &t->load[i];
            int axis;
            if (load->from && load->from->viewed == result_of(&run[j]))
                return false;
            if (load->from == result_of(&run[j]) && (!nest_is_axis(&load->at[depth], &axis) || axis != depth))
                return false;
        }
    return true;
}

/** Give the local results of nests their places, whose readers are in no deeper loop.
 *  @param inner, inner_count  those of the run that share the next loop */
static void place_locals(single_lowering *l, ct_block *b, const single_item *run, int count, const single_item *inner,
                         int inner_count, int depth)
{
    for (const single_item *it = inner; it < inner + inner_count; it++) {
        const nest_tensor *v = result_of(it);
        const int line = single_line(l, it->t);
        const bool ends = it->t->free_count - line == depth;
        if (!v->is_local || l->name[v->id] || !are_readers(l, v, run, count) ||
            (!ends && are_readers(l, v, inner, inner_count)))
            continue;
        if (ends && line == 0) { /* a variable, declared with its value */
            l->outer[v->id] = depth;
            single_give_name(l, v, local_name(l, it->t));
        } else {
            declare_local(l, b, v, depth);
        }
    }
}

static void single_run(single_lowering *l, ct_block *b, single_item *run, int count, int depth)
{
    for (int i = 0; i < count;) {
        const nest *t = run[i].t;
        int end = i + 1;
        if (t->free_count - single_line(l, t) == depth) {
            place_locals(l, b, run, count, run + i, 1, depth);
            single_one(l, b, &run[i++]);
            continue;
        }
        while (end < count && joins(l, run + i, end - i, run[end].t, depth))
            end++;
        place_locals(l, b, run, count, run + i, end - i, depth);
        for (int j = i; j < end; j++)
            single_name_axis(l, &run[j], depth, t->axis[depth].name);
        ct_block *inner = ct_for(b, run[i].local[depth], "0", single_extent(l, t, depth));
        single_run(l, inner, run + i, end - i, depth + 1);
        i = end;
    }
}

/* --- blocks ------------------------------------------------------------------------------------------ */

/** A length of blocks that divides the elements evenly, if there is one; else the longest. */
static int64_t block_length(int64_t elements)
{
    enum { STEP = 16 };
    for (int64_t length = SINGLE_LINE; length >= SINGLE_LINE / 2; length -= STEP)
        if (elements % length == 0)
            return length;
    return SINGLE_LINE;
}

/** How many nests from the first on can be written a block of the last axis at a time: a reduction to long lines, and
 *  the maps that read its elements at their own place. 0: none. */
static int blocked(const single_lowering *l, const single_item *run, int count)
{
    const nest *t = run[0].t;
    if (single_line(l, t) != 1 || t->axis[t->free_count - 1].extent <= SINGLE_LINE)
        return 0;
    int end = 1;
    while (end < count && run[end].t->reducer == NEST_MAP && run[end].t->free_count == t->free_count) {
        for (int depth = 0; depth < t->free_count; depth++)
            if (run[end].t->axis[depth].extent != t->axis[depth].extent)
                return end;
        for (int j = 0; j < end; j++)
            if (nest_reads(run[end].t, result_of(&run[j])) && !nest_reads_in_place(run[end].t, result_of(&run[j])))
                return end;
        end++;
    }
    return end;
}

/** What is local to a block has another array in the next one. */
static void forget_locals(single_lowering *l, const single_item *run, int count)
{
    for (int i = 0; i < count; i++) {
        const nest_tensor *v = result_of(&run[i]);
        if (l->outer[v->id] >= 0) {
            l->outer[v->id] = -1;
            l->name[v->id] = l->call[v->id] = NULL;
        }
    }
}

/** Lower nests block by block: all blocks of equal length in one loop, and what is left. */
static void single_blocks(single_lowering *l, ct_block *b, single_item *run, int count)
{
    const nest *t = run[0].t;
    const int64_t elements = t->axis[t->free_count - 1].extent, length = block_length(elements);
    const long long whole = elements / length * length;
    ct_block *inner =
        ct_loop(b, arena_printf(l->arena, "int first = 0; first < %lld; first += %lld", whole, (long long)length));
    l->block = "first";
    l->block_length = length;
    single_run(l, inner, run, count, 0);
    if (whole < elements) {
        forget_locals(l, run, count);
        l->block = arena_printf(l->arena, "%lld", whole);
        l->block_length = elements - whole;
        single_run(l, ct_braces(b), run, count, 0);
    }
    l->block = NULL;
}

static void single_all(single_lowering *l, ct_block *b)
{
    for (int i = 0, end; i < l->count; i = end) {
        int count = blocked(l, l->item + i, l->count - i);
        end = i + count;
        if (count > 0) {
            for (int j = i; j < end; j++) /* what others read as well has a place outside */
                if (result_of(&l->item[j])->is_local && !are_readers(l, result_of(&l->item[j]), l->item + i, count))
                    declare_local(l, b, result_of(&l->item[j]), 0);
            single_blocks(l, b, l->item + i, count);
            continue;
        }
        while (++end < l->count && blocked(l, l->item + end, l->count - end) == 0)
            continue;
        single_run(l, b, l->item + i, end - i, 0);
    }
}

/* --- a function -------------------------------------------------------------------------------------- */

/** In a function for one row the results come last, under their own names. */
static void name_results(single_lowering *l)
{
    for (int i = 0; i < l->count && l->form->is_float; i++)
        if (!result_of(&l->item[i])->is_local)
            single_give_name(l, result_of(&l->item[i]), result_of(&l->item[i])->name);
}

static void add_results(single_lowering *l)
{
    for (int i = 0; i < l->count && l->form->is_float; i++)
        if (!result_of(&l->item[i])->is_local)
            l->out->operand[l->out->operand_count++] = result_of(&l->item[i]);
}

static bool is_written(const single_lowering *l, const nest_tensor *t)
{
    for (int i = 0; i < l->count; i++)
        if (result_of(&l->item[i]) == t)
            return true;
    return false;
}

static const char *parameter(const single_lowering *l, const nest_tensor *t)
{
    ct_type type = single_type(l->arena, t, l->form, true);
    const char *name = l->name[t->id];
    if (!l->form->is_float)
        return ct_declaration(l->arena, &type, name);
    if (!is_written(l, t) && strncmp(type.base, "const ", 6) != 0)
        type.base = arena_printf(l->arena, "const %s", type.base);
    return ct_declaration(l->arena, &type, arena_printf(l->arena, "restrict %s", name));
}

/** "int rows, const double (*kernel)[32], ...": parameters first, then what is read, then what is written. */
static const char *parameters(const single_lowering *l)
{
    str s = str_new(l->arena);
    str_add(&s, l->out->takes_rows ? "int rows" : "");
    bool places = l->out->takes_places;
    for (int i = 0; i < l->out->operand_count; i++) {
        const nest_tensor *t = l->out->operand[i];
        if (places && is_written(l, t)) {
            str_printf(&s, "%s%s *restrict place", s.length ? ", " : "", l->form->place_type);
            places = false;
        }
        str_printf(&s, "%s%s", s.length ? ", " : "", parameter(l, t));
    }
    return s.text;
}

/** A nest to come, which may belong to the one before it. */
static void add_item(single_lowering *l, const nest *t)
{
    single_item *last = l->count > 0 ? &l->item[l->count - 1] : NULL;
    if (last && !last->inner && single_is_inner(l, last->t, t))
        *last = (single_item){.t = t, .inner = last->t};
    else if (last && last->inner && !last->after && single_is_after(l, last->t, t))
        last->after = t;
    else
        l->item[l->count++].t = t;
}

single_function single_lower(arena *a, const nest *first, const nest *end, const single_form *form)
{
    single_function out = {.body = ct_block_new(a)};
    const nest_graph *g = first->graph;
    const size_t tensors = (size_t)g->tensor_count;
    single_lowering l = {.arena = a, .form = form, .out = &out, .storage = out.body, .first = first, .end = end};
    l.name = arena_array(a, tensors, sizeof *l.name);
    l.call = arena_array(a, tensors, sizeof *l.call);
    l.outer = arena_array(a, tensors, sizeof *l.outer);
    out.operand = arena_array(a, tensors, sizeof *out.operand);
    for (size_t i = 0; i < tensors; i++)
        l.outer[i] = -1;
    for (const nest *t = first; t != end; t = t->next)
        l.count++;
    l.item = arena_array(a, (size_t)l.count, sizeof *l.item);
    l.count = 0;
    for (const nest *t = first; t != end; t = t->next) {
        add_item(&l, t);
        for (int i = 0; i < t->axis_count; i++)
            out.takes_rows = out.takes_rows || t->axis[i].extent == NEST_ROWS;
    }
    name_results(&l);
    ct_block *code = ct_block_new(a);
    single_all(&l, code);
    ct_append(out.body, code);
    add_results(&l);
    out.parameters = parameters(&l);
    return out;
}
