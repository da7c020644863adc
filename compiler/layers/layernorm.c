/* layernorm: out = (in - mean) / sqrt(variance + epsilon) * gamma + beta, mean and variance along the last dimension */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    if (shape_channels(op).dim[0] < 2) {
        diag_error(cx->diag, op->at, "layernorm in \"%s\" over a single value always gives 0 (got %s)", op->layer,
                   shape_text(cx, op->input[0]->shape));
        shape_note(cx, op);
        diag_hint(cx->diag, "layernorm() normalizes over the last dimension, batchnorm() over the batch");
        return false;
    }
    shape_add_gamma_and_beta(cx, op);
    return shape_same(cx, op);
}

/** mean 1, variance 3, the result 4 */
static int64_t flops(const ir_op *op)
{
    return 8 * ir_elements(op->output[0]->shape);
}

/** mean and variance 4, sums 6, the gradient 10 */
static int64_t backward_flops(const ir_op *back)
{
    return (ir_output_of_kind(back, IR_VALUE_GRADIENT, 0) ? 20 : 10) * ir_elements(back->forward->output[0]->shape);
}

static void onnx(onnx_graph *x)
{
    Onnx__NodeProto *node = onnx_node(x, "LayerNormalization", onnx_operand(x, 0, ONNX_CHANNELS_LAST));
    onnx_gamma_and_beta(x, node);
    onnx_int(x, node, "axis", -1);
    onnx_float(x, node, "epsilon", x->op->attr.epsilon);
    onnx_result(x, node, ONNX_CHANNELS_LAST);
}

static void nests(layer_nests *b, const ir_op *op)
{
    nests_result(b, op, nests_normalized(b, op, false));
}

const layer_kind layer_layernorm = {.shape = shape,
                                    .flops = flops,
                                    .backward_flops = backward_flops,
                                    .keras = keras_add_normalization,
                                    .onnx = onnx,
                                    .nests = nests};
