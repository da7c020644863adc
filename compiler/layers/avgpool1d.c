/* avgpool1d: the mean of each window of a sequence */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    shape_take_lengths(op, "pool_size");
    return shape_needs_sequence(cx, op) && shape_window(cx, op, op->input[0]->shape.dim[1]);
}

static void onnx(onnx_graph *x)
{
    onnx_pool(x, "AveragePool");
}

const layer_kind layer_avgpool1d = {
    .shape = shape, .flops = window_flops, .keras = keras_add_window, .onnx = onnx, .nests = nests_average};
