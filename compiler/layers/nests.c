/* See nests.h. */
#include "layers/nests.h"

#include <string.h>

/* --- values ------------------------------------------------------------------------------------------ */

static nest_tensor *view(layer_nests *b, nest_tensor *t, ir_shape shape)
{
    int64_t dim[NEST_MAX_RANK] = {NEST_ROWS};
    for (int d = 0; d < shape.rank; d++)
        dim[1 + d] = shape.dim[d];
    return nest_view(b->graph, t, 1 + shape.rank, dim);
}

nest_tensor *nests_of(layer_nests *b, const ir_value *v)
{
    if (b->tensor[v->id])
        return b->tensor[v->id];
    nest_tensor *t = ir_is_kept(v) ? nest_tensor_new(b->graph, NEST_PARAMETER, v->name, v->shape.rank, v->shape.dim)
                                   : nests_extern(b, v->name, v->shape);
    t->value = v;
    b->tensor[v->id] = t;
    return t;
}

nest_tensor *nests_as(layer_nests *b, const ir_value *v, int rank, const int64_t *dim)
{
    nest_tensor *t = nests_of(b, v);
    int64_t all[NEST_MAX_RANK] = {NEST_ROWS};
    if (!nest_is_per_row(t))
        return nest_view(b->graph, t, rank, dim);
    memcpy(all + 1, dim, (size_t)rank * sizeof *dim);
    return nest_view(b->graph, t, 1 + rank, all);
}

void nests_result(layer_nests *b, const ir_op *op, nest_tensor *t)
{
    b->tensor[op->output[0]->id] = view(b, t, op->output[0]->shape);
}

nest_tensor *nests_extern(layer_nests *b, const char *name, ir_shape shape)
{
    int64_t dim[NEST_MAX_RANK] = {NEST_ROWS};
    for (int d = 0; d < shape.rank; d++)
        dim[1 + d] = shape.dim[d];
    return nest_tensor_new(b->graph, NEST_EXTERN, name, 1 + shape.rank, dim);
}

static void add_nests(layer_nests *b, const ir_op *op)
{
    const bool predicts = b->form == NESTS_PREDICTION;
    b->graph->origin = op;
    if (ir_is_view(op) || (predicts && ir_has(op->code, IR_TRAINING_ONLY)))
        nests_result(b, op, nests_of(b, op->input[0]));
    else if (!predicts || !ir_is_row_loss(op))
        layer_of(op)->nests(b, op);
}

layer_nests *layer_nests_new(arena *a, const ir_program *p, nests_form form)
{
    layer_nests *b = ARENA_NEW(a, layer_nests);
    *b = (layer_nests){.graph = nest_graph_new(a), .program = p, .form = form};
    b->tensor = arena_array(a, (size_t)p->graph->value_count, sizeof *b->tensor);
    for (const ir_op *op = p->graph->written; op; op = op->next)
        add_nests(b, op);
    nest_tensor *out = form == NESTS_TRAINING ? b->losses : nests_of(b, p->graph->output);
    nest_whole(out)->is_local = false;
    return b;
}

/* --- what several layers share ----------------------------------------------------------------------- */

nest *nests_begin_map(layer_nests *b, const char *name, nest_tensor *in, nest_index at[NEST_MAX_RANK])
{
    nest *t = nest_begin(b->graph, NEST_MAP);
    nest_free_like(t, in, at);
    nest_load_at(t, name, in, at);
    return t;
}

nest *nests_begin_over(layer_nests *b, nest_reducer reducer, ir_shape shape, nest_index at[NEST_MAX_RANK])
{
    static const char *const names[] = {"i", "j", "k", "l"};
    nest *t = nest_begin(b->graph, reducer);
    at[0] = nest_free(t, "n", NEST_ROWS);
    for (int d = 0; d < shape.rank; d++)
        at[1 + d] = nest_free(t, names[d], shape.dim[d]);
    return t;
}

nest *nests_begin_along_last(layer_nests *b, nest_reducer reducer, nest_tensor *in, nest_index at[NEST_MAX_RANK])
{
    static const char *const names[] = {"n", "i", "j", "l"};
    const int last = in->rank - 1;
    nest *t = nest_begin(b->graph, reducer);
    for (int d = 0; d < last; d++)
        at[d] = nest_free(t, names[d], in->dim[d]);
    at[last] = nest_reduced(t, "k", in->dim[last]);
    nest_load_at(t, "in", in, at);
    return t;
}

const char *nests_sum_name(const ir_op *op)
{
    return op->attr.use_bias ? "sum" : "out";
}

nest_tensor *nests_add_bias(layer_nests *b, const ir_op *op, nest_tensor *sum)
{
    const ir_value *bias = ir_parameter(op, "bias");
    if (!bias)
        return sum;
    int first = sum->rank - 1;
    for (int64_t n = sum->dim[first]; n < ir_elements(bias->shape); n *= sum->dim[first])
        first--;
    nest_index at[NEST_MAX_RANK];
    nest *t = nests_begin_map(b, "sum", sum, at);
    nest_load_at(t, "bias", nests_as(b, bias, sum->rank - first, sum->dim + first), at + first);
    return nest_end(t, "out", "sum + bias");
}

static nest_index tap(nest_index at, int64_t stride, nest_index within, int64_t dilation, int64_t pad)
{
    return nest_affine(at, stride, nest_affine(within, dilation, nest_constant(-pad)));
}

nests_window nests_add_window(nest *t, const ir_attributes *a, nest_index i, nest_index j)
{
    nests_window v = {.i = i, .j = j, .r = nest_reduced(t, "r", a->window.h), .s = nest_reduced(t, "s", a->window.w)};
    v.row = tap(i, a->strides.h, v.r, a->dilation.h, a->pad.h);
    v.column = tap(j, a->strides.w, v.s, a->dilation.w, a->pad.w);
    return v;
}

nest *nests_begin_pool(layer_nests *b, nest_reducer reducer, const ir_op *op, nests_window *w)
{
    const ir_shape out = op->output[0]->shape;
    const bool is_image = out.rank == 3;
    nest *t = nest_begin(b->graph, reducer);
    const nest_index n = nest_free(t, "n", NEST_ROWS), i = nest_free(t, "i", out.dim[0]);
    const nest_index j = is_image ? nest_free(t, "j", out.dim[1]) : nest_constant(0);
    const nest_index k = nest_free(t, "k", out.dim[out.rank - 1]);
    *w = nests_add_window(t, &op->attr, i, j);
    nest_load_at(t, "in", nests_of(b, op->input[0]),
                 is_image ? (const nest_index[]){n, w->row, w->column, k} : (const nest_index[]){n, w->row, k});
    return t;
}

/** Begin a reduction of "in" over all positions of each channel. */
static nest *begin_global(layer_nests *b, nest_reducer reducer, const ir_op *op)
{
    static const char *const names[] = {"i", "j", "l"};
    const ir_shape in = op->input[0]->shape;
    nest_index at[NEST_MAX_RANK];
    nest *t = nest_begin(b->graph, reducer);
    at[0] = nest_free(t, "n", NEST_ROWS);
    at[in.rank] = nest_free(t, "k", in.dim[in.rank - 1]);
    for (int d = 0; d < in.rank - 1; d++)
        at[1 + d] = nest_reduced(t, names[d], in.dim[d]);
    nest_load_at(t, "in", nests_of(b, op->input[0]), at);
    return t;
}

void nests_global_average(layer_nests *b, const ir_op *op)
{
    nest *t = begin_global(b, NEST_SUM, op);
    const int64_t count = ir_elements(op->input[0]->shape) / op->output[0]->shape.dim[0];
    nest_name(t, "count", (double)count);
    nests_result(b, op, nest_end(t, "out", "in / count"));
}

void nests_global_largest(layer_nests *b, const ir_op *op)
{
    nests_result(b, op, nest_end(begin_global(b, NEST_MAX, op), "out", "in"));
}

void nests_largest(layer_nests *b, const ir_op *op)
{
    nests_window w;
    nests_result(b, op, nest_end(nests_begin_pool(b, NEST_MAX, op, &w), "out", "in"));
}

/** The number of elements of each window that are inside the input. */
static nest_tensor *counts(layer_nests *b, const ir_op *op)
{
    const ir_shape in = op->input[0]->shape, out = op->output[0]->shape;
    nest *t = nest_begin(b->graph, NEST_SUM);
    const nest_index i = nest_free(t, "i", out.dim[0]);
    const nest_index j = out.rank == 3 ? nest_free(t, "j", out.dim[1]) : nest_constant(0);
    const nests_window w = nests_add_window(t, &op->attr, i, j);
    nest_guard_at(t, w.row, in.dim[0]);
    if (out.rank == 3)
        nest_guard_at(t, w.column, in.dim[1]);
    return nest_end(t, "count", "1");
}

void nests_average(layer_nests *b, const ir_op *op)
{
    nests_window w;
    nest *t = nests_begin_pool(b, NEST_SUM, op, &w);
    if (t->guard_count)
        NEST_LOAD(t, "count", counts(b, op), w.i, w.j);
    else
        nest_name(t, "count", (double)(op->attr.window.h * op->attr.window.w));
    nests_result(b, op, nest_end(t, "out", "in / count"));
}

/** One side of a transposed convolution: position q * stride + f of the result takes taps t * stride + f + first of the
 * kernel, from element q - t + shift of the input. */
typedef struct phases {
    nest_index q, f, tap, element;
    int64_t count; /* of q */
} phases;

static void add_taps(nest *t, phases *p, const char *name, int64_t window, int64_t stride, int64_t pad)
{
    const int64_t shift = (pad + stride - 1) / stride, first = pad - shift * stride;
    const nest_index turn = nest_reduced(t, name, (window - 1 - first) / stride + 1);
    p->tap = nest_affine(turn, stride, nest_affine(p->f, 1, nest_constant(first)));
    p->element = nest_affine(turn, -1, nest_affine(p->q, 1, nest_constant(shift)));
}

void nests_transposed(layer_nests *b, const ir_op *op)
{
    const ir_attributes *a = &op->attr;
    const ir_shape in = op->input[0]->shape, out = op->output[0]->shape;
    const bool is_image = in.rank == 3;
    phases h = {.count = (out.dim[0] + a->strides.h - 1) / a->strides.h};
    phases w = {.count = is_image ? (out.dim[1] + a->strides.w - 1) / a->strides.w : 1};
    nest *t = nest_begin(b->graph, NEST_SUM);
    const nest_index n = nest_free(t, "n", NEST_ROWS);
    h.q = nest_free(t, "i", h.count);
    h.f = nest_free(t, "p", a->strides.h);
    if (is_image) {
        w.q = nest_free(t, "j", w.count);
        w.f = nest_free(t, "q", a->strides.w);
    }
    const nest_index k = nest_free(t, "k", a->filters);
    add_taps(t, &h, "r", a->window.h, a->strides.h, a->pad.h);
    if (is_image)
        add_taps(t, &w, "s", a->window.w, a->strides.w, a->pad.w);
    const nest_index c = nest_reduced(t, "c", in.dim[in.rank - 1]);
    nest_load_at(t, "in", nests_of(b, op->input[0]),
                 is_image ? (const nest_index[]){n, h.element, w.element, c} : (const nest_index[]){n, h.element, c});
    nest_load_at(t, "kernel", nests_of(b, ir_parameter(op, "kernel")),
                 is_image ? (const nest_index[]){h.tap, w.tap, k, c} : (const nest_index[]){h.tap, k, c});
    nest_tensor *sum = nests_add_bias(b, op, nest_end(t, nests_sum_name(op), "in * kernel"));
    const ir_shape whole = {in.rank,
                            {h.count * a->strides.h, is_image ? w.count * a->strides.w : a->filters, a->filters}};
    sum = view(b, sum, whole);
    if (!ir_same_shape(whole, out)) {
        nest_index at[NEST_MAX_RANK];
        t = nests_begin_over(b, NEST_MAP, out, at);
        nest_load_at(t, "whole", sum, at);
        sum = nest_end(t, "out", "whole");
    }
    nests_result(b, op, sum);
}

/** Elements of a longer dimension: `count` of them from `from` on have in[start + step * index]; the others are 0. */
typedef struct stretch {
    int64_t from, count, step, start;
} stretch;

static nest_tensor *add_stretch(layer_nests *b, nest_tensor *in, int d, int64_t size, stretch s, const char *name)
{
    nest_index at[NEST_MAX_RANK];
    ir_shape shape = {in->rank - 1, {0}};
    for (int i = 1; i < in->rank; i++)
        shape.dim[i - 1] = i == d ? size : in->dim[i];
    nest *t = nests_begin_over(b, NEST_SUM, shape, at);
    if (s.count < size)
        nest_guard_at(t, nest_affine(at[d], 1, nest_constant(-s.from)), s.count);
    at[d] = nest_affine(at[d], s.step, nest_constant(s.start));
    nest_load_at(t, "in", in, at);
    return nest_end(t, name, "in");
}

/** The sum of stretches, each 0 where the others are not. */
nest_tensor *nests_add_border(layer_nests *b, nest_tensor *in, int d, const int64_t margin[2], nests_border border,
                              const char *name)
{
    const int64_t before = margin[0], length = in->dim[d], end = before + length, size = end + margin[1];
    const bool reflects = border == NESTS_REFLECT;
    const stretch parts[] = {{before, length, 1, -before},
                             {0, before, reflects ? -1 : 0, reflects ? before : 0},
                             {end, margin[1], reflects ? -1 : 0, reflects ? length - 2 + end : length - 1}};
    const int count = border == NESTS_ZERO ? 1 : 3;
    nest_tensor *sum = add_stretch(b, in, d, size, parts[0], before + margin[1] && count > 1 ? "inside" : name);
    for (int i = 1; i < count; i++) {
        if (parts[i].count == 0)
            continue;
        nest_tensor *part = add_stretch(b, in, d, size, parts[i], i == 1 ? "before" : "after");
        nest_index at[NEST_MAX_RANK];
        nest *t = nests_begin_map(b, "inside", sum, at);
        nest_load_at(t, "part", part, at);
        sum = nest_end(t, name, "inside + part");
    }
    return sum;
}

void nests_crop(layer_nests *b, const ir_op *op, const int64_t *margin)
{
    const ir_shape out = op->output[0]->shape;
    nest_index at[NEST_MAX_RANK];
    nest *t = nests_begin_over(b, NEST_MAP, out, at);
    for (int d = 0; d < out.rank - 1; d++)
        at[1 + d] = nest_affine(at[1 + d], 1, nest_constant(margin[2 * d]));
    nest_load_at(t, "in", nests_of(b, op->input[0]), at);
    nests_result(b, op, nest_end(t, "out", "in"));
}

/** Begin a sum of "in" over the batch and the positions, for each channel.
 *  @param at  filled with the indices of "in", the channel's last */
static nest *begin_per_channel(layer_nests *b, nest_tensor *in, nest_index at[NEST_MAX_RANK])
{
    static const char *const names[] = {"n", "i", "j", "l"};
    const int last = in->rank - 1;
    nest *t = nest_begin(b->graph, NEST_SUM);
    at[last] = nest_free(t, "k", in->dim[last]);
    for (int d = 0; d < last; d++)
        at[d] = nest_reduced(t, names[d], in->dim[d]);
    nest_load_at(t, "in", in, at);
    return t;
}

/** The mean and 1 / sqrt(variance + epsilon) of each channel over the batch, or of each position.
 *  @param statistics  filled */
static void add_statistics(layer_nests *b, nest_tensor *in, bool per_channel, double epsilon,
                           nest_tensor *statistics[2])
{
    const int last = in->rank - 1;
    nest_index at[NEST_MAX_RANK];
    for (int i = 0; i < 2; i++) {
        nest *t = per_channel ? begin_per_channel(b, in, at) : nests_begin_along_last(b, NEST_SUM, in, at);
        nest_load_index(t, "count",
                        per_channel ? nest_rows(nest_elements(in) / in->dim[last]) : nest_constant(in->dim[last]));
        if (i == 1)
            nest_load_at(t, "mean", statistics[0], per_channel ? &at[last] : at);
        statistics[i] =
            i == 0 ? nest_end(t, "mean", "in / count") : nest_end(t, "variance", "d = in - mean; d * d / count");
    }
    nest *t = nests_begin_map(b, "variance", statistics[1], at);
    nest_name(t, "epsilon", epsilon);
    statistics[1] = nest_end(t, "inverse", "1 / sqrt(variance + epsilon)");
}

nest_tensor *nests_normalized(layer_nests *b, const ir_op *op, bool per_channel)
{
    nest_tensor *in = nests_of(b, op->input[0]), *statistics[2];
    const int last = in->rank - 1;
    nest_index at[NEST_MAX_RANK];
    const nest_index *of = per_channel ? &at[last] : at; /* the statistics' */
    const bool is_moving = per_channel && b->form == NESTS_PREDICTION;
    if (is_moving) {
        statistics[0] = nests_of(b, ir_parameter(op, "moving_mean"));
        statistics[1] = nests_of(b, ir_parameter(op, "moving_variance"));
    } else {
        add_statistics(b, in, per_channel, op->attr.epsilon, statistics);
    }
    nest *t = nests_begin_map(b, "in", in, at);
    nest_load_at(t, "mean", statistics[0], of);
    nest_load_at(t, is_moving ? "variance" : "inverse", statistics[1], of);
    nest_name(t, "epsilon", op->attr.epsilon);
    const ir_value *gamma = ir_parameter(op, "gamma"), *beta = ir_parameter(op, "beta");
    if (gamma)
        nest_load_at(t, "gamma", nests_of(b, gamma), &at[last]);
    if (beta)
        nest_load_at(t, "beta", nests_of(b, beta), &at[last]);
    return nest_end(t, "out",
                    arena_printf(b->graph->arena, "(in - mean) %s%s%s",
                                 is_moving ? "/ sqrt(variance + epsilon)" : "* inverse", gamma ? " * gamma" : "",
                                 beta ? " + beta" : ""));
}
