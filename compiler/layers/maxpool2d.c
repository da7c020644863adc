/* maxpool2d: the largest value of each window, and its index for the gradient */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    const ir_pair window = op->attr.window;
    if (!shape_needs_image(cx, op) || !shape_window(cx, op, op->input[0]->shape.dim[2]))
        return false;
    if (window.h * window.w > UINT16_MAX) { /* the index is kept in 16 bits */
        diag_error(cx->diag, op->at,
                   "the window of \"%s\" has too many elements (got %lld x %lld, expected at most %d)", op->layer,
                   (long long)window.h, (long long)window.w, UINT16_MAX);
        return false;
    }
    ir_add_output(op, ir_value_new(cx->program->graph, IR_VALUE_INDEX, op->output[0]->shape, op->layer, "index"));
    return true;
}

static void onnx(onnx_graph *x)
{
    onnx_pool(x, "MaxPool");
}

const layer_kind layer_maxpool2d = {
    .shape = shape, .flops = window_flops, .keras = keras_add_window, .onnx = onnx, .nests = nests_largest};
