/* concat: the inputs one after the other along a dimension */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

/** The dimension, from 0; Keras counts the batch. */
static int dimension_of(const ir_op *op)
{
    const int64_t axis = ir_argument_named(op, "axis")->integer;
    return (int)(axis < 0 ? axis + op->input[0]->shape.rank : axis - 1);
}

static bool shape(ir_context *cx, ir_op *op)
{
    const int64_t axis = ir_argument_named(op, "axis")->integer;
    const int rank = op->input[0]->shape.rank, along = dimension_of(op);
    ir_shape *out = &op->output[0]->shape;
    if (!shape_needs_ranks(cx, op))
        return false;
    if (axis < -rank || axis > rank || axis == 0) {
        diag_error(cx->diag, op->at, "\"%s\" has no axis %lld (got %s, expected 1 to %d, or -1 to %d)", op->layer,
                   (long long)axis, shape_text(cx, op->input[0]->shape), rank, -rank);
        return false;
    }
    *out = op->input[0]->shape;
    for (int i = 1; i < op->input_count; i++)
        for (int d = 0; d < rank; d++) {
            const int64_t dim = op->input[i]->shape.dim[d];
            if (d == along)
                out->dim[d] += dim;
            else if (dim != out->dim[d])
                return shape_differs(cx, op, "only the dimension of axis may differ");
        }
    return shape_fits(*out) || shape_too_large(cx, op, "output", *out);
}

static void keras(py_call *c, const ir_op *op)
{
    const int64_t axis = ir_argument_named(op, "axis")->integer;
    if (axis != -1)
        py_argument(c, "axis=%lld", (long long)axis);
}

static void onnx(onnx_graph *x)
{
    const ir_op *op = x->op;
    for (int i = 0; i < op->input_count; i++) /* a Transpose precedes the operator */
        onnx_operand(x, i, ONNX_CHANNELS_LAST);
    Onnx__NodeProto *node = onnx_node(x, "Concat", onnx_operand(x, 0, ONNX_CHANNELS_LAST));
    for (int i = 1; i < op->input_count; i++)
        onnx_input(x, node, onnx_operand(x, i, ONNX_CHANNELS_LAST));
    onnx_int(x, node, "axis", 1 + dimension_of(op));
    onnx_result(x, node, ONNX_CHANNELS_LAST);
}

/** Each input with 0 around it, and the sum of these. */
static void nests(layer_nests *b, const ir_op *op)
{
    const int along = 1 + dimension_of(op);
    nest_index at[NEST_MAX_RANK];
    nest_tensor *sum = NULL;
    int64_t start = 0;
    for (int i = 0; i < op->input_count; i++) {
        nest_tensor *in = nests_of(b, op->input[i]);
        nest *t = nests_begin_over(b, NEST_SUM, op->output[0]->shape, at);
        at[along] = nest_affine(at[along], 1, nest_constant(-start));
        start += in->dim[along];
        nest_load_at(t, "in", in, at);
        nest_tensor *part = nest_end(t, "part", "in");
        if (sum) {
            t = nests_begin_map(b, "sum", sum, at);
            nest_load_at(t, "part", part, at);
            part = nest_end(t, i + 1 < op->input_count ? "sum" : "out", "sum + part");
        }
        sum = part;
    }
    nests_result(b, op, sum);
}

const layer_kind layer_concat = {.shape = shape, .keras = keras, .onnx = onnx, .nests = nests};
