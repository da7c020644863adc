/* Sums, maxima and maps in integers, from their nests: loops over the free axes, inside them the reduced ones, and
 * innermost a line of results, those along the last free axis. */
#include "emit/inference_int8.h"

/* The loops of an operation: those of its core, and of a pooling around it. */
typedef struct loops {
    inference *i;
    const net_op *op;
    const nest *core, *pool;
    const char *axis[NEST_MAX_AXES], *pool_axis[NEST_MAX_AXES]; /* their names in C */
    bool is_looped[NEST_MAX_AXES];                              /* whether the core's free axis has a loop */
    int line;                                                   /* the axis of the line; -1: there is none */
    bool is_cut;                                                /* the line is written in blocks */
    int braces;
} loops;

static int64_t extent(const nest *t, int axis)
{
    return t->axis[axis].extent == NEST_ROWS ? 1 : t->axis[axis].extent;
}

/* --- names and indices ---------------------------------------------------------------------------- */

/** An index without the axes of one element. */
static nest_index shortened(const nest *t, nest_index at)
{
    for (int a = 0; a < t->axis_count; a++)
        if (extent(t, a) == 1)
            at.step[a] = 0;
    return at;
}

/** The place of an element in the memory of its tensor. */
static nest_index flat(const nest *t, const nest_tensor *from, const nest_index *at)
{
    nest_index sum = nest_constant(0);
    for (int d = 0; d < from->rank; d++)
        sum = nest_affine(sum, from->dim[d] == NEST_ROWS ? 1 : from->dim[d], at[d]);
    return shortened(t, sum);
}

static const char *index_text(const loops *l, const nest *t, nest_index at)
{
    return nest_index_text(l->i->n->arena, &at, t == l->core ? l->axis : l->pool_axis);
}

/** The free axes from one on as one index. */
static nest_index free_axes(const nest *t, int first)
{
    nest_index sum = nest_constant(0);
    for (int a = first; a < t->free_count; a++) {
        nest_index own = nest_constant(0);
        own.step[a] = 1;
        sum = nest_affine(sum, extent(t, a), own);
    }
    return shortened(t, sum);
}

static const char *out_text(const loops *l)
{
    const nest *t = l->pool ? l->pool : l->core;
    return emit_text(&l->i->e, "out[%s]", index_text(l, t, free_axes(t, 0)));
}

/** The number of the output, of which the operation has so many. */
static const char *output_text(const loops *l, int64_t outputs)
{
    int first = l->core->free_count;
    for (int64_t n = 1; n < outputs; n *= extent(l->core, first))
        first--;
    return index_text(l, l->core, free_axes(l->core, first));
}

/** The number of the input that a tensor is; -1: it is none. */
static int input_of(const loops *l, const nest_tensor *from)
{
    for (int k = 0; k < l->op->input_count; k++)
        if (nest_whole(l->op->form->in[k]) == nest_whole(from))
            return k;
    return -1;
}

static const char *input_name(const loops *l, int k)
{
    return l->op->input_count == 1 ? "in" : emit_text(&l->i->e, "%c", 'a' + k);
}

/* --- expressions ---------------------------------------------------------------------------------- */

/* A nest whose free axes are these indices, of the core's axes. */
typedef struct scope {
    const loops *l;
    const nest *t;
    const nest_index *at;
} scope;

/** An index of a nest as one of the core. */
static nest_index composed(const scope *s, const nest_index *of)
{
    if (s->t == s->l->core)
        return *of;
    nest_index sum = nest_constant(of->start);
    for (int a = 0; a < s->t->axis_count; a++)
        sum = nest_affine(s->at[a], of->step[a], sum);
    return sum;
}

/** An element of a tensor that the operation has not made. */
static const char *element_text(const scope *s, const nest_load *load)
{
    const loops *l = s->l;
    const int k = input_of(l, load->from);
    const char *name = k >= 0 ? input_name(l, k)
                       : nest_whole(load->from) == nest_whole(l->op->form->bias)
                           ? emit_text(&l->i->e, "%s_bias", l->op->c_name)
                           : emit_text(&l->i->e, "%s_kernel", l->op->c_name);
    nest_index at[NEST_MAX_RANK];
    for (int d = 0; d < load->from->rank; d++)
        at[d] = composed(s, &load->at[d]);
    return emit_text(&l->i->e, "%s[%s]", name, index_text(l, l->core, flat(l->core, load->from, at)));
}

static const char *load_text(const loops *l, int leaf)
{
    return element_text(&(scope){l, l->core, NULL}, &l->core->load[leaf]);
}

static const char *constant_text(void *context, double value)
{
    return str_double(((const scope *)context)->l->i->n->arena, value);
}

/** The conditions under which no guard leaves an element out. */
static const char *presence(const scope *s)
{
    str all = str_new(s->l->i->n->arena);
    for (int k = 0; k < s->t->guard_count; k++) {
        const nest_index at = composed(s, &s->t->guard[k].at);
        const char *index = index_text(s->l, s->l->core, shortened(s->l->core, at));
        int64_t least, most;
        nest_range(s->l->core, &at, &least, &most);
        if (least < 0)
            str_printf(&all, "%s%s >= 0", all.length ? " && " : "", index);
        if (most >= s->t->guard[k].end)
            str_printf(&all, "%s%s < %lld", all.length ? " && " : "", index, (long long)s->t->guard[k].end);
    }
    return all.length ? all.text : NULL;
}

static const char *scope_text(const scope *s);

/** An element of the expression: of an input less its zero, in the scale of a sum; or of another nest. */
static const char *term_text(void *context, int leaf)
{
    const scope *s = context;
    const loops *l = s->l;
    const nest_load *load = &s->t->load[leaf];
    const int k = input_of(l, load->from), zero = k >= 0 ? l->op->input[k]->range.zero : 0;
    if (k < 0 && load->from->role == NEST_RESULT) {
        nest_index at[NEST_MAX_RANK];
        for (int d = 0; d < load->from->rank; d++)
            at[d] = composed(s, &load->at[d]);
        const scope inner = {l, load->from->producer, at};
        return emit_text(&l->i->e, "(%s)", scope_text(&inner));
    }
    const char *x = element_text(s, load);
    if (zero)
        x = emit_text(&l->i->e, "(%s - %d)", x, zero);
    return l->op->form->kind == NET_SUM ? emit_text(&l->i->e, "%s * %ld", x, (long)l->op->integers->factor[k]) : x;
}

/** An element of a nest's result, from elements of the inputs. */
static const char *scope_text(const scope *s)
{
    scope own = *s;
    const scalar_printer printer = {.is_double = true, .context = &own, .leaf = term_text, .constant = constant_text};
    const char *body = scalar_text(s->l->i->n->arena, &printer, s->t->body), *present = presence(s);
    return present ? emit_text(&s->l->i->e, "%s ? %s : 0", present, body) : body;
}

/** The core's expression in integers. */
static const char *terms(const loops *l)
{
    const scope s = {l, l->core, NULL};
    const scalar_printer printer = {
        .is_double = true, .context = (void *)&s, .leaf = term_text, .constant = constant_text};
    return l->core->axis_count > l->core->free_count ? scalar_text(l->i->n->arena, &printer, l->core->body)
                                                     : scope_text(&s);
}

/* --- what it computes ----------------------------------------------------------------------------- */

static const char *load_name(void *context, int leaf)
{
    return ((const scope *)context)->t->load[leaf].name;
}

/** "sum over r, s, c of in * kernel + bias" */
static const char *equation(loops *l)
{
    static const char *const reductions[] = {
#define REDUCER(id, name) name,
#include "graph/reducers.def"
#undef REDUCER
    };
    const net_form *f = l->op->form;
    const nest *t = l->core;
    if (!t)
        return "in";
    const scalar *body = t->body;
    for (int k = 0; k < f->sums; k++)
        body = f->nest[k]->result == t->result ? f->nest[k]->body : body;
    scope own = {l, t, NULL};
    const scalar_printer printer = {.is_double = true, .context = &own, .leaf = load_name, .constant = constant_text};
    str s = str_new(l->i->n->arena);
    for (int a = t->free_count; a < t->axis_count; a++)
        str_printf(&s, "%s%s", a == t->free_count ? emit_text(&l->i->e, "%s over ", reductions[t->reducer]) : ", ",
                   t->axis[a].name);
    const char *sum = scalar_text(l->i->n->arena, &printer, body);
    str_printf(&s, "%s%s%s", t->axis_count > t->free_count ? " of " : "", sum,
               f->kind == NET_PRODUCT && t->reducer == NEST_SUM ? " + bias" : "");
    return s.text;
}

static void begin_function(loops *l)
{
    str parameters = str_new(l->i->n->arena);
    for (int k = 0; k < l->op->input_count; k++)
        str_printf(&parameters, "const uint8_t *%s%s, ", l->op->input_count == 1 ? "restrict " : "", input_name(l, k));
    str_printf(&parameters, "%s *restrict out", inference_result_type(l->i, l->op));
    inference_open(l->i, l->op, parameters.text, "out%s = %s", inference_dims(l->i, l->op->output->shape),
                   inference_equation(l->i, l->op, equation(l)));
    for (int k = 0; k < l->op->input_count; k++)
        if (input_of(l, l->op->form->in[k]) != k) /* the same as another one */
            cw_line(&l->i->e.w, "(void)%s;", input_name(l, k));
}

/* --- loops ---------------------------------------------------------------------------------------- */

static void open_loop(loops *l, const char *name, int64_t count)
{
    cw_open(&l->i->e.w, "%s", inference_loop(l->i, name, (long long)count));
    l->braces++;
}

static void close_loops(loops *l, int down_to)
{
    for (; l->braces > down_to; l->braces--)
        cw_close(&l->i->e.w, "");
}

/** "i + r - 1 < 0 || i + r - 1 >= 28": that what a guard asks for does not hold; NULL: it always does. */
static const char *violation(const loops *l, const nest *t, const nest_guard *g)
{
    const char *at = index_text(l, t, shortened(t, g->at)), *below = NULL;
    int64_t least, most;
    nest_range(t, &g->at, &least, &most);
    if (least < 0)
        below = emit_text(&l->i->e, "%s < 0", at);
    if (most < g->end)
        return below;
    return emit_text(&l->i->e, "%s%s%s >= %lld", below ? below : "", below ? " || " : "", at, (long long)g->end);
}

/** The last loop that a guard depends on. */
static int decided_in(const nest *t, const nest_guard *g)
{
    int last = t->free_count - 1;
    for (int a = t->free_count; a < t->axis_count; a++)
        last = g->at.step[a] != 0 ? a : last;
    return last;
}

static void skip_outside(loops *l, const nest *t, int axis)
{
    for (int k = 0; k < t->guard_count; k++) {
        const char *outside = decided_in(t, &t->guard[k]) == axis ? violation(l, t, &t->guard[k]) : NULL;
        if (!outside)
            continue;
        if (axis < t->free_count) { /* no loop to go on with */
            cw_open(&l->i->e.w, "if (!(%s))", outside);
            l->braces++;
        } else {
            cw_line(&l->i->e.w, "if (%s)", outside);
            cw_line(&l->i->e.w, "    continue;");
        }
    }
}

static void open_reduced(loops *l, const nest *t)
{
    skip_outside(l, t, t->free_count - 1);
    for (int a = t->free_count; a < t->axis_count; a++) {
        open_loop(l, t == l->core ? l->axis[a] : l->pool_axis[a], extent(t, a));
        skip_outside(l, t, a);
    }
}

/** The loop over a line, without its body. */
static const char *line_loop(const loops *l)
{
    const char *k = l->axis[l->line];
    return l->is_cut ? emit_text(&l->i->e, "for (int %s = first; %s < end; %s++)", k, k, k)
                     : inference_loop(l->i, k, (long long)extent(l->core, l->line));
}

/** The result along the line: "sum[k]", "sum[k - first]", or "sum". */
static const char *along(const loops *l, const char *array)
{
    if (l->line < 0)
        return array;
    return emit_text(&l->i->e, "%s[%s%s]", array, l->axis[l->line], l->is_cut ? " - first" : "");
}

static void each(const loops *l, const char *statement)
{
    if (l->line >= 0)
        cw_line(&l->i->e.w, "%s", line_loop(l));
    cw_line(&l->i->e.w, "%s%s", l->line >= 0 ? "    " : "", statement);
}

static void declare(const loops *l, const char *type, const char *array, const char *first)
{
    const int64_t count = l->line < 0 ? 1 : l->is_cut ? NET_BLOCK : extent(l->core, l->line);
    if (l->line < 0) {
        cw_line(&l->i->e.w, "%s %s = %s;", type, array, first);
        return;
    }
    cw_line(&l->i->e.w, "%s %s[%lld];", type, array, (long long)count);
    each(l, emit_text(&l->i->e, "%s = %s;", along(l, array), first));
}

/* --- reductions ----------------------------------------------------------------------------------- */

static bool is_along_line(const loops *l, int leaf)
{
    return l->line >= 0 && flat(l->core, l->core->load[leaf].from, l->core->load[leaf].at).step[l->line] != 0;
}

/** Whether every weight is met once. */
static bool has_one_place(const loops *l)
{
    for (int a = 0; a < l->core->free_count; a++)
        if (a != l->line && extent(l->core, a) > 1)
            return false;
    return true;
}

static void add_product(loops *l)
{
    cwriter *w = &l->i->e.w;
    const int in = l->core->body->arg[0]->leaf, kernel = l->core->body->arg[1]->leaf;
    if (is_along_line(l, in)) {
        each(l, emit_text(&l->i->e, "%s += %s;", along(l, "sum"), terms(l)));
        return;
    }
    cw_line(w, "const int value = %s;", inference_less_zero(l->i, load_text(l, in), l->op));
    if (has_one_place(l) && l->core->axis_count > l->core->free_count) {
        cw_line(w, "if (value == 0)");
        cw_line(w, "    continue;");
    }
    each(l, emit_text(&l->i->e, "%s += value * %s;", along(l, "sum"), load_text(l, kernel)));
}

static void add_element(loops *l)
{
    const char *in = load_text(l, l->core->body->leaf), *state = along(l, "sum");
    if (l->op->form->kind == NET_PRODUCT) {
        add_product(l);
        return;
    }
    if (l->op->form->sizes)
        cw_line(&l->i->e.w, "size++;");
    if (l->core->reducer == NEST_SUM)
        each(l, emit_text(&l->i->e, "%s += %s;", state, inference_less_zero(l->i, in, l->op)));
    else
        each(l, emit_text(&l->i->e, "%s = %s > %s ? %s : %s;", along(l, "largest"), in, along(l, "largest"), in,
                          along(l, "largest")));
}

/** The sums, or largest values, of a line. */
static void reduce(loops *l)
{
    const net_form *f = l->op->form;
    const int braces = l->braces;
    if (f->kind == NET_PICK)
        declare(l, "uint8_t", "largest", "0");
    else
        declare(l, "int32_t", "sum",
                f->kind == NET_PRODUCT
                    ? emit_text(&l->i->e, "%s_bias[%s]", l->op->c_name, output_text(l, l->op->integers->outputs))
                    : "0");
    if (f->sizes)
        cw_line(&l->i->e.w, "int size = 0;");
    open_reduced(l, l->core);
    add_element(l);
    close_loops(l, braces);
}

/** The largest sums of the windows of the pooling. */
static void reduce_pooled(loops *l)
{
    const int braces = l->braces;
    const nest_load *load = &l->pool->load[0];
    declare(l, "int32_t", "largest", "INT32_MIN");
    open_reduced(l, l->pool);
    for (int a = 0; a < l->core->free_count; a++)
        if (!l->is_looped[a] && extent(l->core, a) > 1)
            cw_line(&l->i->e.w, "const int %s = %s;", l->axis[a],
                    index_text(l, l->pool, shortened(l->pool, load->at[a])));
    reduce(l);
    each(l, emit_text(&l->i->e, "%s = %s > %s ? %s : %s;", along(l, "largest"), along(l, "sum"), along(l, "largest"),
                      along(l, "sum"), along(l, "largest")));
    close_loops(l, braces);
}

static void store(loops *l)
{
    const net_form *f = l->op->form;
    const int braces = l->braces;
    const char *state = along(l, f->kind == NET_PICK || l->pool ? "largest" : "sum");
    if (l->line >= 0) {
        cw_open(&l->i->e.w, "%s", line_loop(l));
        l->braces++;
    }
    if (f->kind == NET_PICK)
        inference_store_picked(l->i, l->op, out_text(l), state);
    else
        inference_store_sum(l->i, l->op, out_text(l), state,
                            f->kind == NET_PRODUCT ? output_text(l, l->op->integers->outputs)
                            : f->sizes             ? "size - 1"
                                                   : NULL);
    close_loops(l, braces);
}

/* --- maps ----------------------------------------------------------------------------------------- */

/** Whether all loads are at the place of the result: one loop serves all axes. */
static bool is_elementwise(const nest *t)
{
    const nest_index own = free_axes(t, 0);
    for (int k = 0; k < t->load_count; k++) {
        const nest_index at = flat(t, t->load[k].from, t->load[k].at);
        for (int a = 0; a < t->axis_count; a++)
            if (at.step[a] != own.step[a] || at.start != 0)
                return false;
    }
    return true;
}

static void store_map(loops *l)
{
    const net_form *f = l->op->form;
    if (f->kind == NET_PICK) {
        inference_store_picked(l->i, l->op, out_text(l), load_text(l, l->core->body->leaf));
        return;
    }
    cw_line(&l->i->e.w, "const int32_t sum = %s;", terms(l));
    inference_store_sum(l->i, l->op, out_text(l), "sum",
                        f->kind == NET_PRODUCT ? output_text(l, l->op->integers->outputs) : NULL);
}

/** A map that one loop over all elements computes. */
static nest one_axis(const nest *t)
{
    nest flat_nest = *t;
    nest_index own = nest_constant(0);
    own.step[0] = 1;
    flat_nest.axis[0] = (nest_axis){"j", nest_elements(t->result)};
    flat_nest.axis_count = flat_nest.free_count = 1;
    for (int k = 0; k < t->load_count; k++) {
        nest_tensor *from = ARENA_NEW(t->graph->arena, nest_tensor);
        *from = *t->load[k].from;
        from->viewed = nest_whole(t->load[k].from);
        from->rank = 1;
        from->dim[0] = flat_nest.axis[0].extent;
        flat_nest.load[k].from = from;
        flat_nest.load[k].at[0] = own;
    }
    return flat_nest;
}

/* --- all of it ------------------------------------------------------------------------------------ */

/** Under a pooling the core's free axes are where the pooling looks: its indices, or axes of its own where a view joins
 *  several of them. */
static void name_axes(loops *l)
{
    for (int a = 0; l->core && a < l->core->axis_count; a++) {
        l->axis[a] = l->core->axis[a].name;
        l->is_looped[a] = a < l->core->free_count && extent(l->core, a) > 1;
    }
    if (!l->pool)
        return;
    const nest_load *load = &l->pool->load[0];
    for (int a = 0; a < l->pool->axis_count; a++)
        l->pool_axis[a] =
            a < l->pool->free_count ? l->pool->axis[a].name : emit_text(&l->i->e, "p%s", l->pool->axis[a].name);
    for (int d = 0, axis; d < load->from->rank; d++) {
        const bool is_axis = nest_is_axis(&load->at[d], &axis) && axis < l->pool->free_count;
        if (load->from->dim[d] != l->core->result->dim[d]) {
            nest_index rest = free_axes(l->core, d);
            l->pool_axis[axis] = emit_text(&l->i->e, "(%s)", index_text(l, l->core, rest));
            return;
        }
        if (is_axis)
            l->axis[d] = l->pool_axis[axis];
        else
            l->axis[d] = emit_text(&l->i->e, "at_%s", l->axis[d]);
        l->is_looped[d] = is_axis && extent(l->core, d) > 1;
    }
}

/** The last free axis along which nothing lies outside. */
static int line_axis(const loops *l)
{
    int line = l->core->free_count - 1;
    while (line >= 0 && !l->is_looped[line])
        line--;
    for (int k = 0; line >= 0 && k < l->core->guard_count; k++)
        if (l->core->guard[k].at.step[line] != 0)
            return -1;
    return line;
}

/** The loops over all free axes, and blocks of a long line outside of them. */
static void open_free(loops *l)
{
    const int64_t length = l->line < 0 ? 1 : extent(l->core, l->line);
    l->is_cut = length > NET_BLOCK;
    if (l->is_cut) {
        cw_open(&l->i->e.w, "for (int first = 0; first < %lld; first += %d)", (long long)length, NET_BLOCK);
        l->braces++;
        cw_line(&l->i->e.w, "const int end = first + %d < %lld ? first + %d : %lld;", NET_BLOCK, (long long)length,
                NET_BLOCK, (long long)length);
    }
    /* a pooling has other extents at the axes that it slides along */
    for (int a = 0; l->pool && a < l->pool->free_count; a++)
        if (extent(l->pool, a) > 1 && l->pool_axis[a] == l->pool->axis[a].name &&
            (l->line < 0 || l->pool_axis[a] != l->axis[l->line]))
            open_loop(l, l->pool_axis[a], extent(l->pool, a));
    for (int a = 0; a < l->core->free_count; a++) {
        bool is_open = !l->is_looped[a] || a == l->line;
        for (int p = 0; l->pool && p < l->pool->free_count; p++)
            is_open = is_open || l->axis[a] == l->pool_axis[p];
        if (!is_open)
            open_loop(l, l->axis[a], extent(l->core, a));
    }
}

/** Whether each result is an expression of elements of the inputs. */
static bool is_expression(const loops *l)
{
    const net_form_kind kind = l->op->form->kind;
    return l->core->reducer == NEST_MAP || kind == NET_SUM || kind == NET_TIMES;
}

void inference_integer_nests(inference *i, const net_op *op)
{
    loops l = {.i = i, .op = op, .core = op->form->core, .line = -1};
    l.pool = op->pool ? op->form->nest[op->form->sums - 1] : NULL;
    begin_function(&l);
    nest elementwise;
    if (l.core && l.core->reducer == NEST_MAP && op->form->sums == 1 && is_elementwise(l.core)) {
        elementwise = one_axis(l.core);
        l.core = &elementwise;
    }
    name_axes(&l);
    if (!l.core) {
        open_loop(&l, "j", op->output->elements);
        inference_store_picked(i, op, "out[j]", "in[j]");
    } else {
        const bool is_map = is_expression(&l);
        l.line = is_map ? -1 : line_axis(&l);
        open_free(&l);
        if (is_map) {
            store_map(&l);
        } else {
            if (l.pool)
                reduce_pooled(&l);
            else
                reduce(&l);
            store(&l);
        }
    }
    close_loops(&l, 0);
    inference_close(i, op);
}
