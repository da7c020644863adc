/* global_avgpool2d: the mean of each channel of an image */
#include "layers/layer.h"
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

const layer_kind layer_global_avgpool2d = {.shape = shape, .flops = flops};
