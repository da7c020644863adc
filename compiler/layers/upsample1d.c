/* upsample1d: a sequence with every element `size` times */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"
#include "support/checked.h"

static int64_t size_of(const ir_op *op)
{
    return ir_argument_named(op, "size")->integer;
}

static bool shape(ir_context *cx, ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    ir_shape *out = &op->output[0]->shape;
    if (!shape_needs_sequence(cx, op))
        return false;
    *out = (ir_shape){2, {saturating_mul(in.dim[0], size_of(op)), in.dim[1]}};
    return shape_fits(*out) || shape_too_large(cx, op, "output", *out);
}

static void keras(py_call *c, const ir_op *op)
{
    py_argument(c, "%lld", (long long)size_of(op));
}

static void onnx(onnx_graph *x)
{
    Onnx__NodeProto *node = onnx_node(x, "Resize", onnx_operand(x, 0, ONNX_CHANNELS_FIRST));
    onnx_input(x, node, "");
    onnx_constant(x, node, NULL, (ir_shape){1, {3}}, (const float[]){1, 1, (float)size_of(x->op)}, 0);
    onnx_string(x, node, "mode", "nearest");
    onnx_string(x, node, "coordinate_transformation_mode", "asymmetric");
    onnx_string(x, node, "nearest_mode", "floor");
    onnx_result(x, node, ONNX_CHANNELS_FIRST);
}

/** Element i * size + r is a copy of element i. */
static void nests(layer_nests *b, const ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    nest *t = nest_begin(b->graph, NEST_MAP);
    const nest_index n = nest_free(t, "n", NEST_ROWS), i = nest_free(t, "i", in.dim[0]);
    nest_free(t, "r", size_of(op));
    const nest_index k = nest_free(t, "k", in.dim[1]);
    NEST_LOAD(t, "in", nests_of(b, op->input[0]), n, i, k);
    nests_result(b, op, nest_end(t, "out", "in"));
}

const layer_kind layer_upsample1d = {.shape = shape, .keras = keras, .onnx = onnx, .nests = nests};
