/* conv2d_transpose: the convolution of which conv2d is the gradient, plus a bias: every element of the input adds the
 * kernel, times itself, to the result */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    return shape_needs_image(cx, op) && shape_transposed(cx, op);
}

const layer_kind layer_conv2d_transpose = {
    .shape = shape, .keras = keras_convolution, .onnx = onnx_transposed, .nests = nests_transposed};
