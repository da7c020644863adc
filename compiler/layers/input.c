/* input: gathers the batch and scales it. */
#include <math.h>

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

/** In training the samples come augmented and scaled. */
static void nests(layer_nests *b, const ir_op *op)
{
    const float scale = (float)b->program->data.scale, shift = (float)b->program->data.shift;
    b->samples = nests_extern(b, "samples", op->output[0]->shape);
    if (b->form == NESTS_TRAINING || (scale == 1.0f && shift == 0.0f)) {
        nests_result(b, op, b->samples);
        return;
    }
    nest_index at[NEST_MAX_RANK];
    nest *t = nests_begin_map(b, "in", b->samples, at);
    nest_name(t, "scale", (double)scale);
    nest_name(t, "shift", (double)fabsf(shift));
    nests_result(b, op,
                 nest_end(t, "out",
                          shift == 0.0f ? "in * scale"
                          : shift < 0   ? "in * scale - shift"
                                        : "in * scale + shift"));
}

const layer_kind layer_input = {.shape = shape, .flops = flops, .onnx = onnx, .nests = nests};
