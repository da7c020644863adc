/* multiply: the product of the inputs, element by element; a dimension of 1 is repeated */
#include "layers/merge.h"

static void onnx(onnx_graph *x)
{
    merge_onnx(x, "Mul", true);
}

static void nests(layer_nests *b, const ir_op *op)
{
    merge_nests(b, op, "a * b", "a * b");
}

const layer_kind layer_multiply = {.shape = merge_shape, .onnx = onnx, .nests = nests};
