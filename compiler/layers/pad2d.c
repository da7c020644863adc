/* pad2d: rows and columns around an image: zeros, copies of the border, or the image reflected at its border */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

/** Top, bottom, left and right. */
static const int64_t *margins(const ir_op *op)
{
    return ir_argument_named(op, "padding")->shape.dim;
}

static nests_border mode_of(const ir_op *op)
{
    return (nests_border)ir_argument_named(op, "mode")->word;
}

static bool shape(ir_context *cx, ir_op *op)
{
    const int64_t *margin = margins(op);
    const ir_shape in = op->input[0]->shape;
    ir_shape *out = &op->output[0]->shape;
    if (!shape_needs_image(cx, op))
        return false;
    *out = in;
    for (int side = 0; side < 4; side++) {
        const int64_t most = mode_of(op) == NESTS_REFLECT ? in.dim[side / 2] - 1 : INT32_MAX;
        if (margin[side] > most) {
            diag_error(cx->diag, op->at, "the padding of \"%s\" is too large (got %lld, expected at most %lld)",
                       op->layer, (long long)margin[side], (long long)most);
            shape_note(cx, op);
            return false;
        }
        out->dim[side / 2] += margin[side];
    }
    return shape_fits(*out) || shape_too_large(cx, op, "output", *out);
}

static void keras(py_call *c, const ir_op *op)
{
    const int64_t *margin = margins(op);
    py_argument(c, "((%lld, %lld), (%lld, %lld))", (long long)margin[0], (long long)margin[1], (long long)margin[2],
                (long long)margin[3]);
    if (mode_of(op) != NESTS_ZERO)
        c->comment = "Keras pads with zeros only";
}

static void onnx(onnx_graph *x)
{
    const int64_t *margin = margins(x->op);
    onnx_pad(x, (const int64_t[]){0, 0, margin[0], margin[2], 0, 0, margin[1], margin[3]}, (int)mode_of(x->op));
}

static void nests(layer_nests *b, const ir_op *op)
{
    const int64_t *margin = margins(op);
    nest_tensor *tall = nests_add_border(b, nests_of(b, op->input[0]), 1, margin, mode_of(op), "tall");
    nests_result(b, op, nests_add_border(b, tall, 2, margin + 2, mode_of(op), "out"));
}

const layer_kind layer_pad2d = {.shape = shape, .keras = keras, .onnx = onnx, .nests = nests};
