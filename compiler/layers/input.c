/* input: gathers the batch and scales it. */
#include "layers/layer.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    ir_value *out = op->output[0];
    if (out->shape.rank == 0)
        out->shape = op->attr.target;
    return shape_fits(out->shape) || shape_too_large(cx, op, "shape", out->shape);
}

static int64_t flops(const ir_op *op)
{
    return 2 * ir_elements(op->output[0]->shape);
}

const layer_kind layer_input = {.shape = shape, .flops = flops};
