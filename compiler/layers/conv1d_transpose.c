/* conv1d_transpose: conv2d_transpose of a sequence */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    shape_take_lengths(op, "kernel_size");
    return shape_needs_sequence(cx, op) && shape_transposed(cx, op);
}

const layer_kind layer_conv1d_transpose = {
    .shape = shape, .keras = keras_convolution, .onnx = onnx_transposed, .nests = nests_transposed};
