/* global_avgpool1d: the mean of each channel of a sequence */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    op->output[0]->shape = shape_channels(op);
    return shape_needs_sequence(cx, op);
}

static void onnx(onnx_graph *x)
{
    onnx_global_pool(x, "GlobalAveragePool");
}

const layer_kind layer_global_avgpool1d = {.shape = shape, .onnx = onnx, .nests = nests_global_average};
