/* global_avgpool2d: the mean of each channel of an image */
#include "layers/layer.h"
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

const layer_kind layer_global_avgpool2d = {.shape = shape, .flops = flops, .onnx = onnx};
