/* global_avgpool2d: the mean of each channel of an image */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    op->output[0]->shape = shape_channels(op);
    return shape_needs_image(cx, op);
}

static int64_t flops(const ir_op *op)
{
    return ir_elements(op->input[0]->shape);
}

static void onnx(onnx_graph *x)
{
    onnx_global_pool(x, "GlobalAveragePool");
}

const layer_kind layer_global_avgpool2d = {.shape = shape, .flops = flops, .onnx = onnx, .nests = nests_global_average};
