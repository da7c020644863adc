/* dropout: out = in * mask / (1 - rate) in training */
#include "layers/layer.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static int64_t flops(const ir_op *op)
{
    return ir_is_view(op) ? 0 : 2 * ir_elements(op->output[0]->shape);
}

static void keras(py_call *c, const ir_op *op)
{
    py_argument(c, "%s", py_float(c->arena, op->attr.rate));
}

const layer_kind layer_dropout = {.shape = shape_same, .flops = flops, .keras = keras, .onnx = onnx_forward};
