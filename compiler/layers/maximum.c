/* maximum: the largest of the inputs; of equals the first has the gradient, element by element; a dimension of 1 is
 * repeated */
#include "layers/merge.h"

static void onnx(onnx_graph *x)
{
    merge_onnx(x, "Max", false);
}

static void nests(layer_nests *b, const ir_op *op)
{
    merge_nests(b, op, "max(a, b)", "max(a, b)");
}

const layer_kind layer_maximum = {.shape = merge_shape, .onnx = onnx, .nests = nests};
