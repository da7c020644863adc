/* subtract: the first input less the second, element by element; a dimension of 1 is repeated */
#include "layers/merge.h"

static void onnx(onnx_graph *x)
{
    merge_onnx(x, "Sub", true);
}

static void nests(layer_nests *b, const ir_op *op)
{
    merge_nests(b, op, "a - b", "a - b");
}

const layer_kind layer_subtract = {.shape = merge_shape_of_two, .onnx = onnx, .nests = nests};
