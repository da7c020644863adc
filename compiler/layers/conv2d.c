/* conv2d: out = activation(in * kernel + bias), NHWC */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    if (!shape_needs_image(cx, op) || !shape_check_groups(cx, op) || !shape_window(cx, op, op->attr.filters))
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

static void nests(layer_nests *b, const ir_op *op)
{
    const ir_attributes *a = &op->attr;
    const ir_shape in = op->input[0]->shape, out = op->output[0]->shape;
    const int64_t channels = in.dim[2] / a->groups, filters = a->filters / a->groups;
    const bool grouped = a->groups > 1;
    nest *t = nest_begin(b->graph, NEST_SUM);
    const nest_index n = nest_free(t, "n", NEST_ROWS), i = nest_free(t, "i", out.dim[0]);
    const nest_index j = nest_free(t, "j", out.dim[1]), g = grouped ? nest_free(t, "g", a->groups) : nest_constant(0);
    const nest_index k = nest_free(t, "k", filters);
    const nests_window w = nests_add_window(t, a, i, j);
    const nest_index c = nest_reduced(t, "c", channels);
    const int64_t image[] = {in.dim[0], in.dim[1], grouped ? a->groups : channels, channels};
    const int64_t kernel[] = {a->window.h, a->window.w, channels, grouped ? a->groups : filters, filters};
    NEST_LOAD(t, "in", nests_as(b, op->input[0], 3 + grouped, image), n, w.row, w.column, grouped ? g : c, c);
    NEST_LOAD(t, "kernel", nests_as(b, ir_parameter(op, "kernel"), 4 + grouped, kernel), w.r, w.s, c, grouped ? g : k,
              k);
    nests_result(b, op, nests_add_bias(b, op, nest_end(t, nests_sum_name(op), "in * kernel")));
}

/** One group per channel and few filters per group are a depthwise_conv2d, whose weights have the same order in memory.
 */
static ir_opcode lowered(const ir_op *op)
{
    enum { MOST_LOWERED = 4 }; /* with more outputs per channel, a product of that many columns is faster */
    const int64_t multiplier = op->attr.multiplier;
    return multiplier > 0 && multiplier <= MOST_LOWERED ? IR_DEPTHWISE_CONV2D : op->code;
}

const layer_kind layer_conv2d = {.shape = shape,
                                 .lowered = lowered,
                                 .flops = product_flops,
                                 .backward_flops = product_backward_flops,
                                 .keras = keras_convolution,
                                 .onnx = onnx_convolution,
                                 .nests = nests};
