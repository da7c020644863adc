/* See nests.h. */
#include "layers/nests.h"

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
    if (!b->tensor[v->id]) {
        b->tensor[v->id] = nest_tensor_new(b->graph, NEST_PARAMETER, v->name, v->shape.rank, v->shape.dim);
        b->tensor[v->id]->value = v;
    }
    return b->tensor[v->id];
}

nest_tensor *nests_as(layer_nests *b, const ir_value *v, int rank, const int64_t *dim)
{
    nest_tensor *t = nests_of(b, v);
    if (!nest_is_per_row(t))
        return nest_view(b->graph, t, rank, dim);
    ir_shape shape = {rank, {0}};
    for (int d = 0; d < rank; d++)
        shape.dim[d] = dim[d];
    return view(b, t, shape);
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

layer_nests *layer_nests_new(arena *a, const ir_graph *g)
{
    layer_nests *b = ARENA_NEW(a, layer_nests);
    *b = (layer_nests){nest_graph_new(a), g, arena_array(a, (size_t)g->value_count, sizeof(nest_tensor *)), NULL};
    for (const ir_op *op = g->written; op; op = op->next) {
        b->graph->origin = op;
        if (ir_is_view(op))
            b->tensor[op->output[0]->id] = view(b, nests_of(b, op->input[0]), op->output[0]->shape);
        else
            layer_of(op)->nests(b, op);
    }
    b->losses->is_local = false;
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
    nests_window v = {.r = nest_reduced(t, "r", a->window.h), .s = nest_reduced(t, "s", a->window.w)};
    v.row = tap(i, a->strides.h, v.r, a->dilation.h, a->pad.h);
    v.column = tap(j, a->strides.w, v.s, a->dilation.w, a->pad.w);
    return v;
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

nest_tensor *nests_normalized(layer_nests *b, const ir_op *op, bool per_channel)
{
    nest_tensor *in = nests_of(b, op->input[0]);
    const int last = in->rank - 1;
    nest_index at[NEST_MAX_RANK];
    const nest_index *of = per_channel ? &at[last] : at; /* the statistics' */
    nest_tensor *statistics[2];
    for (int i = 0; i < 2; i++) {
        nest *t = per_channel ? begin_per_channel(b, in, at) : nests_begin_along_last(b, NEST_SUM, in, at);
        nest_load_index(t, "count",
                        per_channel ? nest_rows(nest_elements(in) / in->dim[last]) : nest_constant(in->dim[last]));
        if (i == 1)
            nest_load_at(t, "mean", statistics[0], of);
        statistics[i] =
            i == 0 ? nest_end(t, "mean", "in / count") : nest_end(t, "variance", "d = in - mean; d * d / count");
    }
    nest *t = nests_begin_map(b, "in", in, at);
    nest_load_at(t, "mean", statistics[0], of);
    nest_load_at(t, "variance", statistics[1], of);
    nest_name(t, "epsilon", op->attr.epsilon);
    const ir_value *gamma = ir_parameter(op, "gamma"), *beta = ir_parameter(op, "beta");
    if (gamma)
        nest_load_at(t, "gamma", nests_of(b, gamma), &at[last]);
    if (beta)
        nest_load_at(t, "beta", nests_of(b, beta), &at[last]);
    return nest_end(t, "out",
                    arena_printf(b->graph->arena, "(in - mean) / sqrt(variance + epsilon)%s%s", gamma ? " * gamma" : "",
                                 beta ? " + beta" : ""));
}
