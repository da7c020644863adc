/* reshape: the same elements with another shape; no work */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    const ir_shape in = op->input[0]->shape, out = op->attr.target;
    if (!shape_fits(out) || ir_elements(out) != ir_elements(in)) {
        diag_error(cx->diag, op->at, "\"%s\" changes the number of elements (got %s, expected the %lld of %s)",
                   op->layer, shape_text(cx, out), (long long)ir_elements(in), shape_text(cx, in));
        shape_note(cx, op);
        return false;
    }
    op->output[0]->shape = out;
    return true;
}

static void keras(py_call *c, const ir_op *op)
{
    py_argument(c, "%s", keras_tuple(c->arena, op->attr.target));
}

const layer_kind layer_reshape = {.shape = shape, .keras = keras, .onnx = onnx_reshape};
