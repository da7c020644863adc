/* depthwise_conv2d: a convolution of every channel with kernels of its own, NHWC */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    if (!shape_needs_image(cx, op))
        return false;
    const ir_attributes *a = &op->attr;
    const int64_t channels = op->input[0]->shape.dim[2];
    const ir_shape kernel = {4, {a->window.h, a->window.w, channels, a->multiplier}};
    if (!shape_fits(kernel))
        return shape_too_large(cx, op, "kernel", kernel);
    const int64_t window = a->window.h * a->window.w, outputs = channels * a->multiplier;
    if (!shape_window(cx, op, outputs))
        return false;
    /* as in Keras, although only the window's inputs contribute to an output */
    shape_add_kernel_and_bias(cx, op, kernel, window * channels, window * a->multiplier, outputs);
    return true;
}

static void keras(py_call *c, const ir_op *op)
{
    const ir_attributes *a = &op->attr;
    keras_add_window(c, op);
    keras_add_dilation(c, op);
    if (a->multiplier != 1)
        py_argument(c, "depth_multiplier=%lld", (long long)a->multiplier);
    if (a->strides.h != a->strides.w)
        c->comment = "Keras with TensorFlow refuses strides that differ in a depthwise convolution";
    keras_add_parameters(c, op, "depthwise");
}

static void nests(layer_nests *b, const ir_op *op)
{
    const ir_attributes *a = &op->attr;
    const ir_shape in = op->input[0]->shape, out = op->output[0]->shape;
    nest *t = nest_begin(b->graph, NEST_SUM);
    const nest_index n = nest_free(t, "n", NEST_ROWS), i = nest_free(t, "i", out.dim[0]);
    const nest_index j = nest_free(t, "j", out.dim[1]), c = nest_free(t, "c", in.dim[2]);
    const nest_index m = nest_free(t, "m", a->multiplier);
    const nests_window w = nests_add_window(t, a, i, j);
    NEST_LOAD(t, "in", nests_of(b, op->input[0]), n, w.row, w.column, c);
    NEST_LOAD(t, "kernel", nests_of(b, ir_parameter(op, "kernel")), w.r, w.s, c, m);
    nests_result(b, op, nests_add_bias(b, op, nest_end(t, nests_sum_name(op), "in * kernel")));
}

const layer_kind layer_depthwise_conv2d = {.shape = shape,
                                           .flops = product_flops,
                                           .backward_flops = product_backward_flops,
                                           .keras = keras,
                                           .onnx = onnx_convolution,
                                           .nests = nests};
