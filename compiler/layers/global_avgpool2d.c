/* global_avgpool2d: the mean of each channel of an image */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    if (!shape_needs_image(cx, op))
        return false;
    op->output[0]->shape = shape_channels(op);
    return true;
}

static int64_t flops(const ir_op *op)
{
    return ir_elements(op->input[0]->shape);
}

static void onnx(onnx_graph *x)
{
    const char *mean = onnx_unary(x, "GlobalAveragePool", onnx_operand(x, 0, ONNX_CHANNELS_FIRST));
    onnx_result(x, onnx_node(x, "Flatten", mean), ONNX_CHANNELS_LAST);
}

static void nests(layer_nests *b, const ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    nest *t = nest_begin(b->graph, NEST_SUM);
    const nest_index n = nest_free(t, "n", NEST_ROWS), k = nest_free(t, "k", in.dim[2]);
    const nest_index i = nest_reduced(t, "i", in.dim[0]), j = nest_reduced(t, "j", in.dim[1]);
    NEST_LOAD(t, "in", nests_of(b, op->input[0]), n, i, j, k);
    nest_name(t, "count", (double)(in.dim[0] * in.dim[1]));
    nests_result(b, op, nest_end(t, "out", "in / count"));
}

const layer_kind layer_global_avgpool2d = {.shape = shape, .flops = flops, .onnx = onnx, .nests = nests};
