/* See merge.h. */
#include "layers/merge.h"

#include "layers/onnx.h"
#include "layers/shape.h"

/** One dimension of the result: that of all inputs which are not 1 there. @return 0 if they differ */
static int64_t common(const ir_op *op, int d)
{
    int64_t dim = 1;
    for (int i = 0; i < op->input_count; i++) {
        const int64_t one = op->input[i]->shape.dim[d];
        if (one != 1 && dim != 1 && one != dim)
            return 0;
        dim = one != 1 ? one : dim;
    }
    return dim;
}

/** The way to equal shapes, if only dimension d differs, or the rule. */
static const char *remedy(ir_context *cx, const ir_op *op, int d)
{
    const ir_shape first = op->input[0]->shape;
    const long long last = first.dim[first.rank - 1];
    if (first.rank == 3 && d < 2)
        return "strides, pooling, padding=same and upsample2d change rows and columns: they are equal, or 1";
    if (first.rank == 3)
        return arena_printf(cx->arena, "conv2d(%lld, 1) of the other one gives it %lld channels", last, last);
    if (first.rank == 1)
        return arena_printf(cx->arena, "dense(%lld) of the other one gives it %lld elements", last, last);
    return "dimensions are equal, or 1";
}

bool merge_shape(ir_context *cx, ir_op *op)
{
    ir_shape *out = &op->output[0]->shape;
    if (!shape_needs_ranks(cx, op))
        return false;
    out->rank = op->input[0]->shape.rank;
    for (int d = 0; d < out->rank; d++) {
        out->dim[d] = common(op, d);
        if (!out->dim[d])
            return shape_differs(cx, op, remedy(cx, op, d));
    }
    return shape_fits(*out) || shape_too_large(cx, op, "output", *out);
}

bool merge_shape_of_two(ir_context *cx, ir_op *op)
{
    return shape_needs_two(cx, op) && merge_shape(cx, op);
}

const scalar *merge_load(nest *t, const char *name, nest_tensor *in, const nest_index *at)
{
    nest_index of[NEST_MAX_RANK];
    for (int d = 0; d < in->rank; d++)
        of[d] = in->dim[d] == 1 && t->axis[d].extent != 1 ? nest_constant(0) : at[d];
    return nest_load_at(t, name, in, of);
}

void merge_nests(layer_nests *b, const ir_op *op, const char *formula, const char *last)
{
    nest_index at[NEST_MAX_RANK];
    nest_tensor *joined = NULL;
    for (int i = 1; i < op->input_count; i++) {
        const bool is_last = i + 1 == op->input_count;
        nest *t = nests_begin_over(b, NEST_MAP, op->output[0]->shape, at);
        merge_load(t, "a", joined ? joined : nests_of(b, op->input[0]), at);
        merge_load(t, "b", nests_of(b, op->input[i]), at);
        joined = nest_end(t, is_last ? "out" : "joined", is_last ? last : formula);
    }
    nests_result(b, op, joined);
}

void merge_onnx(onnx_graph *x, const char *type, bool takes_two)
{
    const ir_op *op = x->op;
    const onnx_layout layout = onnx_any_layout(x);
    for (int i = 0; i < op->input_count; i++) /* a Transpose precedes the operator */
        onnx_operand(x, i, layout);
    const char *joined = onnx_operand(x, 0, layout);
    for (int i = 1; i < op->input_count;) {
        Onnx__NodeProto *node = onnx_node(x, type, joined);
        do
            onnx_input(x, node, onnx_operand(x, i++, layout));
        while (!takes_two && i < op->input_count);
        if (i < op->input_count)
            joined = onnx_end(x, node, NULL);
        else
            onnx_result(x, node, layout);
    }
}
