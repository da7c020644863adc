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
    onnx_global_pool(x, "GlobalMaxPool");
}

const layer_kind layer_global_maxpool2d = {.shape = shape, .onnx = onnx, .nests = nests_global_largest};
