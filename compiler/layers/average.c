/* average: the mean of the inputs, element by element; a dimension of 1 is repeated */
#include "layers/merge.h"

static void onnx(onnx_graph *x)
{
    merge_onnx(x, "Mean", false);
}

static void nests(layer_nests *b, const ir_op *op)
{
    merge_nests(b, op, "a + b", arena_printf(b->graph->arena, "(a + b) / %d", op->input_count));
}

const layer_kind layer_average = {.shape = merge_shape, .onnx = onnx, .nests = nests};
