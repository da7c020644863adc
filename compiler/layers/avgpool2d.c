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

/** The number of elements of each window that are inside the image. */
static nest_tensor *counts(layer_nests *b, const ir_op *op)
{
    const ir_shape in = op->input[0]->shape, out = op->output[0]->shape;
    nest *t = nest_begin(b->graph, NEST_SUM);
    const nest_index i = nest_free(t, "i", out.dim[0]), j = nest_free(t, "j", out.dim[1]);
    const nests_window w = nests_add_window(t, &op->attr, i, j);
    nest_guard_at(t, w.row, in.dim[0]);
    nest_guard_at(t, w.column, in.dim[1]);
    return nest_end(t, "count", "1");
}

static void nests(layer_nests *b, const ir_op *op)
{
    const ir_shape out = op->output[0]->shape;
    nest *t = nest_begin(b->graph, NEST_SUM);
    const nest_index n = nest_free(t, "n", NEST_ROWS), i = nest_free(t, "i", out.dim[0]);
    const nest_index j = nest_free(t, "j", out.dim[1]), k = nest_free(t, "k", out.dim[2]);
    const nests_window w = nests_add_window(t, &op->attr, i, j);
    NEST_LOAD(t, "in", nests_of(b, op->input[0]), n, w.row, w.column, k);
    if (t->guard_count)
        NEST_LOAD(t, "count", counts(b, op), i, j);
    else
        nest_name(t, "count", (double)(op->attr.window.h * op->attr.window.w));
    nests_result(b, op, nest_end(t, "out", "in / count"));
}

const layer_kind layer_avgpool2d = {
    .shape = shape, .flops = window_flops, .keras = keras_add_window, .onnx = onnx, .nests = nests};
