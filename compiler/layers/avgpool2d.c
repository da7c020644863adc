/* avgpool2d: the mean of each window */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static int64_t at_most_three_times(int64_t window, int64_t in)
{
    return window < 3 * in ? window : 3 * in;
}

/** A padded window of three times the input covers all of it from every position: a larger one covers nothing more, and
 *  would only take longer. */
static void limit_window(ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    ir_pair *window = &op->attr.window;
    if (op->attr.padding == LANG_PADDING_SAME && window->h * window->w > UINT16_MAX)
        *window = (ir_pair){at_most_three_times(window->h, in.dim[0]), at_most_three_times(window->w, in.dim[1])};
}

static bool shape(ir_context *cx, ir_op *op)
{
    if (!shape_needs_image(cx, op))
        return false;
    limit_window(op);
    return shape_window(cx, op, op->input[0]->shape.dim[2]);
}

static void onnx(onnx_graph *x)
{
    onnx_pool(x, "AveragePool");
}

const layer_kind layer_avgpool2d = {
    .shape = shape, .flops = window_flops, .keras = keras_add_window, .onnx = onnx, .nests = nests_average};
