/* See lower.h. Nests that begin with the same axes share their loops, as far as each reads of the others only what the
 * same pass of these loops has written; a local result lives in the innermost loop that all its readers share, as a
 * variable or as an array of the dimensions that are left. */
#include <string.h>

#include "loops/lower_parts.h"

/* --- one nest ---------------------------------------------------------------------------------------- */

void lower_store(lowering *l, ct_block *b, lower_item *it, const char *state, const char *cast)
{
    b = lower_open_line(l, b, it, &state);
    const char *to = lower_result_element(l, it);
    ct_statement(b, "%s = %s%s", to, cast, state);
}

/** A block for a state: one of its own, if the block has another state of that name. */
static ct_block *state_block(lowering *l, ct_block *b, const char *name)
{
    if (lower_is_declared(l, b, name))
        return ct_braces(b);
    lower_declare(l, b, name);
    return b;
}

static void lower_map(lowering *l, ct_block *b, const lower_item *it, bool is_variable)
{
    const char *body = lower_text(l, it, it->t->body, NULL, b);
    if (is_variable)
        ct_statement(b, "const %s %s = %s", lower_number_type(l), l->name[it->t->result->id], body);
    else
        ct_statement(b, "%s = %s", lower_result_element(l, it), body);
}

static bool has_random(const lowering *l, const nest *t)
{
    for (int i = 0; l->form->random && i < t->load_count; i++)
        if (t->load[i].from && t->load[i].from->is_random)
            return true;
    return false;
}

/** A map of random values, a block of them at a time. */
static void lower_random(lowering *l, ct_block *b, lower_item *it)
{
    const nest *t = it->t;
    const long long size = t->axis[t->axis_count - 1].extent;
    ct_statement(b, "const uint64_t block = %s", l->form->block);
    ct_block *loop = ct_loop(b, arena_printf(l->arena, "int j = 0; j < %lld; j += MNN_RANDOM_WORDS", size));
    ct_statement(loop, "uint32_t bits[MNN_RANDOM_WORDS]");
    ct_statement(loop, "mnn_random_words(%s, block + (uint64_t)(j / 4), bits)", l->form->random);
    const char *rest = arena_printf(l->arena, "mnn_min(MNN_RANDOM_WORDS, %lld - j)", size);
    it->axis[t->axis_count - 1] = "j + k";
    for (int i = 0; i < t->load_count; i++)
        if (t->load[i].from && t->load[i].from->is_random)
            it->known[i] = "mnn_uniform(bits[k])";
    lower_map(l, ct_for(loop, "k", "0", size % 64 ? rest : "MNN_RANDOM_WORDS"), it, false);
}

static void lower_windowed(lowering *l, ct_block *b, lower_item *it, const char *name)
{
    if (name)
        lower_declare_line(l, b, it, "float", name);
    lower_windows(l, b, it, name);
}

/** Whether a reduction before this one, to a stored result, has its state in a variable of the same name. */
static bool has_same_state(const lowering *l, const lower_item *it)
{
    for (const lower_item *other = l->item; other < it; other++)
        if (other->t->reducer == it->t->reducer && !other->t->adds && !other->t->result->is_local)
            return true;
    return false;
}

/** The result's name in C, which no other has, where that is a word. */
static const char *base_of_state(const lowering *l, const nest_tensor *v)
{
    const char *name = v->is_local ? l->name[v->id] : NULL;
    return name && !strpbrk(name, "[*(") ? name : v->name;
}

/** A nest whose outer axes all have their loops. */
static void lower_one(lowering *l, ct_block *b, lower_item *it)
{
    static const char *const states[] = {[NEST_SUM] = "sum", [NEST_MAX] = "largest", [NEST_MIN] = "least"};
    const nest *t = it->t;
    const nest_tensor *v = lower_result(it);
    /* the place of the result is where this is, with nothing of it to be declared elsewhere */
    const bool is_state = v->is_local && l->depth[v->id] == it->outer;
    if (it->inner) {
        lower_windowed(l, b, it, is_state && !it->after ? l->name[v->id] : NULL);
        return;
    }
    if (t->adds) {
        ct_block *inner = lower_open_inner(l, b, it);
        if (it->solved)
            lower_solve_axes(l, inner, it);
        lower_add(l, inner, it, lower_result_element(l, it));
        return;
    }
    if (has_random(l, t)) {
        lower_random(l, b, it);
        return;
    }
    if (t->reducer == NEST_MAP) {
        lower_map(l, b, it, is_state);
        return;
    }
    const char *reduced = states[t->reducer];
    if (v->is_local || has_same_state(l, it))
        reduced = arena_printf(l->arena, "%s_%s", base_of_state(l, v), reduced);
    const char *state = is_state ? l->name[v->id] : lower_unused_name(l, t, reduced);
    if (!is_state)
        b = state_block(l, b, state);
    const char *count = lower_count(l, b, it);
    if (count)
        ct_statement(b, "const float %s = %s", state, count);
    else if (it->places)
        lower_largest(l, b, it, state);
    else
        lower_reduction(l, b, it, state);
    if (!is_state)
        lower_store(l, b, it, state, "");
}

/* --- sequences --------------------------------------------------------------------------------------- */

static bool is_plain(const nest_index *at, int wanted)
{
    int axis;
    return nest_is_axis(at, &axis) && axis == wanted;
}

/** Whether what a load reads of an earlier nest is written in the same pass of the loop over axis `depth`. */
static bool is_of_pass(const nest_load *load, const nest_tensor *v, const nest *maker, int depth)
{
    if (!load->from || (load->from != v && load->from->viewed != v))
        return true;
    const bool is_view = load->from != v;
    const bool is_same = is_view ? depth == 0 && nest_is_per_row(v) && nest_is_per_row(load->from) : true;
    return is_same && depth < load->from->rank && is_plain(&load->at[depth], depth) &&
           (!maker->adds || is_plain(&maker->into[depth], depth));
}

/** The axis that a nest has in common with the others of its scan; -1: it is in none. */
static int scan_axis(const nest *t)
{
    return t->scan ? t->scan->axis : -1;
}

/** Whether an item can be in the same loop, over axis `depth`, as those of a run before it. */
static bool joins(const lower_item *run, int count, const lower_item *it, int depth)
{
    const nest *t = it->t;
    if (depth <= scan_axis(t) && depth <= scan_axis(run[0].t))
        return t->scan == run[0].t->scan;
    if (depth == scan_axis(t) || depth == scan_axis(run[0].t))
        return false;
    if (it->outer <= depth || t->axis[depth].extent != run[0].t->axis[depth].extent)
        return false;
    for (int j = 0; j < count; j++) {
        const nest_tensor *made = lower_result(&run[j]);
        for (int i = 0; i < t->load_count; i++)
            if (!is_of_pass(&t->load[i], made, run[j].t, depth))
                return false;
        if ((it->inner && nest_reads(it->inner, made)) || (it->after && nest_reads(it->after, made)))
            return false;
    }
    return true;
}

static bool item_reads(const lower_item *it, const nest_tensor *v)
{
    return nest_reads(it->t, v) || (it->inner && nest_reads(it->inner, v)) || (it->after && nest_reads(it->after, v));
}

/** Whether all that read a result are in a run. */
static bool is_read_within(const lowering *l, const nest_tensor *v, const lower_item *run, int count)
{
    for (int i = 0; i < l->count; i++)
        if (item_reads(&l->item[i], v) && (&l->item[i] < run || &l->item[i] >= run + count))
            return false;
    return true;
}

/* --- places of results ------------------------------------------------------------------------------- */

/** The type of a local array within the loops of its first `depth` axes.
 *  @param size  set to its elements */
static ct_type local_type(const lowering *l, const nest_tensor *v, int depth, int64_t *size)
{
    ct_type type = lower_type(l->arena, v, l->form, false);
    *size = 1;
    type.rank = v->rank - depth;
    for (int d = depth; d < v->rank; d++) {
        const int64_t length = l->block && d == v->rank - 1 ? l->block_length : v->dim[d];
        *size *= length;
        type.dim[d - depth] = v->dim[d] == NEST_ROWS ? l->form->max_rows : ct_int(l->arena, length).text;
    }
    return type;
}

/** The result that is written where a local one was read for the last time, or NULL. */
static const nest_tensor *successor(const lowering *l, const nest_tensor *v)
{
    const nest *last = NULL;
    for (int i = 0; i < l->count; i++)
        if (nest_reads(l->item[i].t, v))
            last = l->item[i].t;
    if (!last || !nest_reads_in_place(last, v))
        return NULL;
    return last->result->is_local ? successor(l, last->result) : last->result;
}

/** A local result that is too large for an array is in the place of another result, or an operand. */
static void store_away(lowering *l, const nest_tensor *v)
{
    const nest_tensor *place = successor(l, v);
    l->depth[v->id] = LOWER_AWAY;
    if (!place)
        return;
    const ct_type type = lower_type(l->arena, v, l->form, true);
    const bool is_alike = place->rank == v->rank && memcmp(place->dim, v->dim, sizeof v->dim[0] * (size_t)v->rank) == 0;
    l->name[v->id] =
        is_alike ? l->name[place->id] : arena_printf(l->arena, "(%s%s)", ct_cast(l->arena, &type), l->name[place->id]);
}

/** One array per worker, whose stack also holds what is thread-local. */
static void store_for_workers(lowering *l, ct_block *b, const nest *t, const ct_type *type, const char *name)
{
    const char *declaration = ct_declaration(l->arena, type, arena_printf(l->arena, "%s[%s]", name, l->form->workers));
    ct_statement(l->storage, "static %s", declaration);
    l->name[t->result->id] = name = arena_printf(l->arena, "%s[%s]", name, l->form->worker);
    if (t->adds)
        ct_statement(b, "memset(%s, 0, sizeof %s)", name, name);
}

/** Give a local result its place, if it has none, in a block within the loops of its first `depth` axes. */
static void give_place(lowering *l, ct_block *b, const lower_item *it, int depth)
{
    const nest_tensor *v = lower_result(it);
    const nest *t = v->producer;
    if (!v->is_local || l->depth[v->id] != LOWER_NO_PLACE)
        return;
    int64_t size;
    const ct_type type = local_type(l, v, depth, &size);
    const bool is_declared = !t->adds && it->outer == depth; /* with its value */
    const bool is_large = !l->form->is_reference && size > l->form->max_local && !is_declared;
    if (is_large && !l->form->workers) {
        store_away(l, v);
        return;
    }
    l->depth[v->id] = depth;
    const char *name = lower_give_name(l, v, nest_local_name(t));
    if (is_declared)
        return;
    if (is_large) {
        store_for_workers(l, b, t, &type, name);
        return;
    }
    const char *declaration = ct_declaration(l->arena, &type, name);
    if (t->adds)
        ct_statement(b, type.rank ? "%s = {0}" : "%s = 0", declaration);
    else
        ct_statement(l->form->is_reference ? l->storage : b, l->form->is_reference ? "static %s" : "%s", declaration);
}

/** Results that are added to begin with 0. */
static void clear(lowering *l, ct_block *b, const lower_item *it, int depth)
{
    const nest_tensor *v = it->t->result;
    const bool is_per_row = nest_is_per_row(v) && is_plain(&it->t->into[0], 0);
    if (!it->t->adds || v->is_local || depth != is_per_row)
        return;
    v = v->home ? v->home : v;
    const char *name = lower_tensor_name(l, v, v->name);
    if (is_per_row)
        ct_statement(b, "memset(%s[%s], 0, sizeof %s[%s])", name, it->axis[0], name, it->axis[0]);
    else
        ct_statement(b, "memset(%s, 0, %lld * sizeof(%s))", name, (long long)nest_elements(v), lower_number_type(l));
}

/** Where the run of nests that share a loop with the one at `begin` ends. */
static int end_of_run(const lower_item *run, int count, int begin, int depth)
{
    int end = begin + 1;
    while (run[begin].outer > depth && end < count && joins(run + begin, end - begin, &run[end], depth))
        end++;
    return end;
}

static void lower_run(lowering *l, ct_block *b, lower_item *run, int count, int depth)
{
    for (int i = 0; i < count; i++)
        clear(l, b, &run[i], depth);
    for (int i = 0, end; i < count; i = end) {
        end = end_of_run(run, count, i, depth);
        for (int j = i; j < end; j++) {
            const nest_tensor *v = lower_result(&run[j]);
            const bool is_carried = depth == scan_axis(run[i].t) && nest_is_carried(v->graph, v);
            if (run[i].outer > depth && is_read_within(l, v, run + i, end - i) && !is_carried)
                continue;
            give_place(l, b, &run[j], depth);
            if (run[j].places)
                give_place(l, b, run[j].places, depth);
        }
        if (run[i].outer == depth) {
            if (!run[i].is_made)
                lower_one(l, b, &run[i]);
            continue;
        }
        const nest_axis axis = run[i].t->axis[depth];
        const bool is_rows = axis.extent == NEST_ROWS;
        const char *name = is_rows && l->form->row ? l->form->row : lower_axis_name(l, &run[i], axis.name, depth);
        for (int j = i; j < end; j++)
            run[j].axis[depth] = name;
        const char *first = is_rows ? l->form->first : "0",
                   *last = is_rows ? l->form->end : lower_extent(l, run[i].t, depth);
        const bool is_backwards = depth == scan_axis(run[i].t) && run[i].t->scan->backwards;
        ct_block *inner =
            is_backwards ? ct_loop(b, arena_printf(l->arena, "int %s = %s - 1; %s >= 0; %s--", name, last, name, name))
                         : ct_for(b, name, first, last);
        lower_run(l, inner, run + i, end - i, depth + 1);
    }
}

/* --- blocks ------------------------------------------------------------------------------------------ */

/** A length of blocks that divides the elements evenly, if there is one; else the longest. */
static int64_t block_length(int64_t elements, int64_t longest)
{
    enum { STEP = 16 };
    for (int64_t length = longest; length >= longest / 2; length -= STEP)
        if (elements % length == 0)
            return length;
    return longest;
}

/** How many nests from the first on can be written a block of the last axis at a time: a reduction to long lines, and
 *  the maps that read its elements at their own place. 0: none. */
static int blocked(const lowering *l, const lower_item *run, int count)
{
    const nest *t = run[0].t;
    if (!l->form->max_line || t->scan || run[0].line != 1 || t->axis[t->free_count - 1].extent <= l->form->max_line)
        return 0;
    int end = 1;
    while (end < count && run[end].t->reducer == NEST_MAP && run[end].t->free_count == t->free_count) {
        for (int depth = 0; depth < t->free_count; depth++)
            if (run[end].t->axis[depth].extent != t->axis[depth].extent)
                return end;
        for (int j = 0; j < end; j++)
            if (nest_reads(run[end].t, lower_result(&run[j])) &&
                !nest_reads_in_place(run[end].t, lower_result(&run[j])))
                return end;
        end++;
    }
    return end;
}

/** What is local to a block has another array in the next one. */
static void forget_locals(lowering *l, const lower_item *run, int count)
{
    for (int i = 0; i < count; i++) {
        const nest_tensor *v = lower_result(&run[i]);
        if (l->depth[v->id] >= 0) {
            l->depth[v->id] = LOWER_NO_PLACE;
            l->name[v->id] = l->call[v->id] = NULL;
        }
    }
}

/** Lower nests block by block: all blocks of equal length in one loop, and what is left. */
static void lower_blocks(lowering *l, ct_block *b, lower_item *run, int count)
{
    const nest *t = run[0].t;
    const int64_t elements = t->axis[t->free_count - 1].extent, length = block_length(elements, l->form->max_line);
    const long long whole = elements / length * length;
    for (int j = 0; j < count; j++) { /* what others read as well has a place outside */
        if (!is_read_within(l, lower_result(&run[j]), run, count))
            give_place(l, b, &run[j], 0);
    }
    l->block = "first";
    l->block_length = length;
    lower_run(
        l, ct_loop(b, arena_printf(l->arena, "int first = 0; first < %lld; first += %lld", whole, (long long)length)),
        run, count, 0);
    if (whole < elements) {
        forget_locals(l, run, count);
        l->block = arena_printf(l->arena, "%lld", whole);
        l->block_length = elements - whole;
        lower_run(l, ct_braces(b), run, count, 0);
    }
    l->block = NULL;
}

static void lower_all(lowering *l, ct_block *b)
{
    for (int i = 0, end; i < l->count; i = end) {
        const int count = blocked(l, l->item + i, l->count - i);
        end = i + count;
        if (count > 0) {
            lower_blocks(l, b, l->item + i, count);
            continue;
        }
        while (++end < l->count && blocked(l, l->item + end, l->count - end) == 0)
            continue;
        lower_run(l, b, l->item + i, end - i, 0);
    }
}

/* --- a function -------------------------------------------------------------------------------------- */

void lower_order_axes(const lowering *l, lower_item *it)
{
    const nest *t = it->t;
    int reduced = 0;
    it->line = lower_line(l, t);
    it->outer = t->adds ? t->axis_count : t->free_count - (has_random(l, t) ? 1 : it->line);
    for (int p = 0; p < t->free_count - it->line; p++)
        it->order[p] = p;
    for (int axis = t->free_count; axis < t->axis_count; axis++)
        it->order[t->free_count - it->line + reduced++] = axis;
    for (int i = 0; i < it->line; i++)
        it->order[t->axis_count - it->line + i] = t->free_count - it->line + i;
    for (int i = 0; t->adds && i < t->guard_count; i++) {
        const int last = lower_decided_at(it, &t->guard[i]);
        it->outer = last >= 0 && last < it->outer ? last : it->outer;
    }
    lower_solve_place(l, it);
}

static bool is_written(const lowering *l, const nest_tensor *t)
{
    for (int i = 0; i < l->count; i++)
        if (lower_result(&l->item[i]) == t)
            return true;
    return false;
}

/** Operands that are parameters: the results come last, under their own names. */
static void name_results(lowering *l)
{
    for (int i = 0; i < l->count; i++)
        if (!lower_result(&l->item[i])->is_local)
            lower_give_name(l, lower_result(&l->item[i]), lower_result(&l->item[i])->name);
}

static void add_results(lowering *l)
{
    for (int i = 0; i < l->count; i++)
        if (!lower_result(&l->item[i])->is_local)
            l->out->operand[l->out->operand_count++] = lower_result(&l->item[i]);
}

static const char *parameter(const lowering *l, const nest_tensor *t)
{
    ct_type type = lower_type(l->arena, t, l->form, true);
    const char *name = l->name[t->id];
    if (l->form->is_reference)
        return ct_declaration(l->arena, &type, name);
    if (!is_written(l, t) && strncmp(type.base, "const ", 6) != 0)
        type.base = arena_printf(l->arena, "const %s", type.base);
    return ct_declaration(l->arena, &type, arena_printf(l->arena, "restrict %s", name));
}

/** "int rows, const double (*kernel)[32], ...": parameters first, then what is read, then what is written. */
static const char *parameters(const lowering *l)
{
    str s = str_new(l->arena);
    bool places = l->out->takes_places;
    str_add(&s, l->out->takes_rows ? "int rows" : "");
    for (int i = 0; i < l->out->operand_count; i++) {
        const nest_tensor *t = l->out->operand[i];
        if (places && is_written(l, t))
            str_printf(&s, "%s%s *restrict place", s.length ? ", " : "", l->form->place_type);
        places = places && !is_written(l, t);
        str_printf(&s, "%s%s", s.length ? ", " : "", parameter(l, t));
    }
    return s.text;
}

/** A nest to come, which may belong to the one before it. */
static void add_item(lowering *l, const nest *t, const nest *first, const nest *end)
{
    lower_item *last = l->count > 0 ? &l->item[l->count - 1] : NULL;
    if (last && !last->inner && lower_is_inner(l, last->t, t)) {
        *last = (lower_item){.t = t, .inner = last->t};
        lower_order_axes(l, last);
    } else if (last && last->inner && !last->after && lower_is_after(last->t, t, first, end)) {
        last->after = t;
    } else {
        l->item[l->count].t = t;
        lower_order_axes(l, &l->item[l->count++]);
    }
}

static lowering begin(arena *a, const nest *first, const lower_form *form, lowered *out)
{
    const size_t tensors = (size_t)first->graph->tensor_count;
    lowering l = {.arena = a, .form = form, .out = out, .storage = out->body};
    l.name = arena_array(a, tensors, sizeof *l.name);
    l.call = arena_array(a, tensors, sizeof *l.call);
    l.depth = arena_array(a, tensors, sizeof *l.depth);
    for (size_t i = 0; i < tensors; i++)
        l.depth[i] = LOWER_NO_PLACE;
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
        add_item(&l, t, first, end);
        for (int i = 0; i < t->axis_count; i++)
            out.takes_rows = out.takes_rows || t->axis[i].extent == NEST_ROWS;
    }
    for (int i = 0; i < l.count; i++)
        lower_find_places(&l, &l.item[i]);
    const bool are_parameters = form->constant != NULL;
    if (are_parameters)
        name_results(&l);
    ct_block *code = ct_block_new(a);
    lower_all(&l, code);
    ct_append(out.body, code);
    if (are_parameters)
        add_results(&l);
    out.parameters = parameters(&l);
    return out;
}
