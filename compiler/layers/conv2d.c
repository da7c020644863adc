/* conv2d: out = activation(in * kernel + bias), NHWC */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/onnx.h"
#include "layers/shape.h"

/** Each group takes an equal part of the channels and makes an equal part of the filters. */
static bool check_groups(ir_context *cx, const ir_op *op)
{
    const int64_t groups = op->attr.groups, channels = op->input[0]->shape.dim[2];
    const bool channels_fit = channels % groups == 0;
    if (channels_fit && op->attr.filters % groups == 0)
        return true;
    diag_error(
        cx->diag, op->at, "the %s of \"%s\" cannot be divided evenly among its groups (got %lld %s, %lld groups)",
        channels_fit ? "filters" : "input channels", op->layer, (long long)(channels_fit ? op->attr.filters : channels),
        channels_fit ? "filters" : "channels", (long long)groups);
    if (!channels_fit)
        shape_note(cx, op);
    diag_hint(cx->diag, "groups must divide both the number of input channels and filters");
    return false;
}

static bool shape(ir_context *cx, ir_op *op)
{
    if (!shape_needs_image(cx, op) || !check_groups(cx, op) || !shape_window(cx, op, op->attr.filters))
        return false;
    ir_attributes *a = &op->attr;
    const int64_t channels = op->input[0]->shape.dim[2] / a->groups;
    if (a->groups > 1 && channels == 1)
        a->multiplier = a->filters / a->groups;
    const ir_shape kernel = {4, {a->window.h, a->window.w, channels, a->filters}};
    if (!shape_fits(kernel))
        return shape_too_large(cx, op, "kernel", kernel);
    const int64_t window = a->window.h * a->window.w;
    shape_add_kernel_and_bias(cx, op, kernel, window * channels, window * a->filters, a->filters);
    return true;
}

static void keras(py_call *c, const ir_op *op)
{
    py_argument(c, "%lld", (long long)op->attr.filters);
    keras_add_window(c, op);
    keras_add_dilation(c, op);
    if (op->attr.groups != 1)
        py_argument(c, "groups=%lld", (long long)op->attr.groups);
    keras_add_parameters(c, op, "kernel");
}

static void onnx(onnx_graph *x)
{
    onnx_convolution(x, x->op->attr.groups);
}

const layer_kind layer_conv2d = {
    .shape = shape, .flops = product_flops, .backward_flops = product_backward_flops, .keras = keras, .onnx = onnx};
