/* batchnorm: out = (in - mean) / sqrt(variance + epsilon) * gamma + beta, mean and variance of each channel over the
 * batch in training, moving averages of them in prediction */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

/** Besides its result, a batchnorm gives the statistics that its backward operation and the moving averages need;
 *  "inverse" is 1 / sqrt(variance + epsilon). */
static bool shape(ir_context *cx, ir_op *op)
{
    static const char *const statistics[] = {"mean", "variance", "inverse"};
    const ir_initializer zeros = {.kind = LANG_INITIALIZER_ZEROS}, ones = {.kind = LANG_INITIALIZER_ONES};
    const ir_shape channels = shape_channels(op);
    shape_add_gamma_and_beta(cx, op);
    shape_add_state(cx, op, "moving_mean", channels, zeros);
    shape_add_state(cx, op, "moving_variance", channels, ones);
    for (int i = 0; i < 3; i++)
        ir_add_output(op, ir_value_new(cx->program->graph, IR_VALUE_STATISTIC, channels, op->layer, statistics[i]));
    return shape_same(cx, op);
}

/** mean 1, variance 3, the result 4 */
static int64_t flops(const ir_op *op)
{
    return 8 * ir_elements(op->output[0]->shape);
}

/** sums 6, the gradient 7 */
static int64_t backward_flops(const ir_op *back)
{
    return (ir_output_of_kind(back, IR_VALUE_GRADIENT, 0) ? 13 : 6) * ir_elements(back->forward->output[0]->shape);
}

static void keras(py_call *c, const ir_op *op)
{
    py_argument(c, "momentum=%s", py_float(c->arena, op->attr.momentum));
    keras_add_normalization(c, op);
}

static void onnx(onnx_graph *x)
{
    Onnx__NodeProto *node = onnx_node(x, "BatchNormalization", onnx_operand(x, 0, ONNX_CHANNELS_FIRST));
    onnx_gamma_and_beta(x, node);
    onnx_parameter(x, node, "moving_mean");
    onnx_parameter(x, node, "moving_variance");
    onnx_float(x, node, "epsilon", x->op->attr.epsilon);
    onnx_result(x, node, ONNX_CHANNELS_FIRST);
}

static void nests(layer_nests *b, const ir_op *op)
{
    nests_result(b, op, nests_normalized(b, op, true));
}

const layer_kind layer_batchnorm = {
    .shape = shape, .flops = flops, .backward_flops = backward_flops, .keras = keras, .onnx = onnx, .nests = nests};
