/* global_maxpool2d: the largest value of each channel of an image */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    op->output[0]->shape = shape_channels(op);
    return shape_needs_image(cx, op);
}

static void onnx(onnx_graph *x)
{
    const char *largest = onnx_unary(x, "GlobalMaxPool", onnx_operand(x, 0, ONNX_CHANNELS_FIRST));
    onnx_result(x, onnx_node(x, "Flatten", largest), ONNX_CHANNELS_LAST);
}

static void nests(layer_nests *b, const ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    nest *t = nest_begin(b->graph, NEST_MAX);
    const nest_index n = nest_free(t, "n", NEST_ROWS), k = nest_free(t, "k", in.dim[2]);
    const nest_index i = nest_reduced(t, "i", in.dim[0]), j = nest_reduced(t, "j", in.dim[1]);
    NEST_LOAD(t, "in", nests_of(b, op->input[0]), n, i, j, k);
    nests_result(b, op, nest_end(t, "out", "in"));
}

const layer_kind layer_global_maxpool2d = {.shape = shape, .onnx = onnx, .nests = nests};
