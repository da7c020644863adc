/* conv1d: out = activation(in * kernel + bias) along the first dimension, [length, channels] */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    ir_attributes *a = &op->attr;
    const ir_shape in = op->input[0]->shape;
    shape_take_lengths(op, "kernel_size");
    if (!shape_needs_sequence(cx, op))
        return false;
    if (a->strides.h > 1 && a->dilation.h > 1) {
        diag_error(cx->diag, op->at,
                   "strides and dilation_rate of \"%s\" cannot both be more than 1 (got %lld and %lld)", op->layer,
                   (long long)a->strides.h, (long long)a->dilation.h);
        diag_hint(cx->diag, "remove one of them");
        return false;
    }
    if (!shape_check_groups(cx, op) || !shape_window(cx, op, a->filters))
        return false;
    const ir_shape kernel = {3, {a->window.h, in.dim[1] / a->groups, a->filters}};
    if (!shape_fits(kernel))
        return shape_too_large(cx, op, "kernel", kernel);
    shape_add_kernel_and_bias(cx, op, kernel, a->window.h * kernel.dim[1], a->window.h * a->filters, a->filters);
    return true;
}

static void nests(layer_nests *b, const ir_op *op)
{
    const ir_attributes *a = &op->attr;
    const ir_shape in = op->input[0]->shape, out = op->output[0]->shape;
    const int64_t channels = in.dim[1] / a->groups, filters = a->filters / a->groups;
    const int64_t groups[] = {in.dim[0], a->groups, channels}, kernel[] = {a->window.h, channels, a->groups, filters};
    nest *t = nest_begin(b->graph, NEST_SUM);
    const nest_index n = nest_free(t, "n", NEST_ROWS), i = nest_free(t, "i", out.dim[0]);
    const nest_index g = a->groups > 1 ? nest_free(t, "g", a->groups) : nest_constant(0);
    const nest_index k = nest_free(t, "k", filters);
    const nests_window w = nests_add_window(t, a, i, nest_constant(0));
    const nest_index c = nest_reduced(t, "c", channels);
    NEST_LOAD(t, "in", nests_as(b, op->input[0], 3, groups), n, w.row, g, c);
    NEST_LOAD(t, "kernel", nests_as(b, ir_parameter(op, "kernel"), 4, kernel), w.r, c, g, k);
    nests_result(b, op, nests_add_bias(b, op, nest_end(t, nests_sum_name(op), "in * kernel")));
}

const layer_kind layer_conv1d = {.shape = shape, .keras = keras_convolution, .onnx = onnx_convolution, .nests = nests};
