/* input: gathers the batch and scales it. */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
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

static void onnx(onnx_graph *x)
{
    const float scale = (float)x->program->data.scale, shift = (float)x->program->data.shift;
    const char *name = "input";
    if (scale != 1.0f)
        name = onnx_binary_scalar(x, "Mul", name, (double)scale);
    if (shift != 0.0f)
        name = onnx_binary_scalar(x, "Add", name, (double)shift);
    onnx_set_result(x, name, ONNX_CHANNELS_LAST);
}

static void nests(layer_nests *b, const ir_op *op)
{
    nests_result(b, op, nests_extern(b, "samples", op->output[0]->shape));
}

const layer_kind layer_input = {.shape = shape, .flops = flops, .onnx = onnx, .nests = nests};
