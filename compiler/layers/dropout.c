/* dropout: out = in * mask / (1 - rate) in training */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static void nests(layer_nests *b, const ir_op *op)
{
    nest_tensor *uniform = nests_extern(b, "uniform", op->output[0]->shape);
    uniform->is_random = true;
    nest_index at[NEST_MAX_RANK];
    nest *t = nests_begin_map(b, "in", nests_of(b, op->input[0]), at);
    nest_load_at(t, "uniform", uniform, at);
    nest_name(t, "rate", (double)(float)op->attr.rate); /* as the trainer compares it */
    nest_name(t, "scale", 1 / (1 - op->attr.rate));
    nests_result(b, op, nest_end(t, "out", "select(uniform < rate, 0, in * scale)"));
}

static int64_t flops(const ir_op *op)
{
    return ir_is_view(op) ? 0 : 2 * ir_elements(op->output[0]->shape);
}

static void keras(py_call *c, const ir_op *op)
{
    py_argument(c, "%s", py_float(c->arena, op->attr.rate));
}

const layer_kind layer_dropout = {
    .shape = shape_same, .flops = flops, .keras = keras, .onnx = onnx_forward, .nests = nests};
