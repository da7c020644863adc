/* pad1d: elements before and after a sequence: zeros, copies of its ends, or the sequence reflected there */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static ir_pair margins(const ir_op *op)
{
    return ir_argument_named(op, "padding")->pair;
}

static nests_border mode_of(const ir_op *op)
{
    return (nests_border)ir_argument_named(op, "mode")->word;
}

static bool shape(ir_context *cx, ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    const ir_pair margin = margins(op);
    ir_shape *out = &op->output[0]->shape;
    if (!shape_needs_sequence(cx, op))
        return false;
    const int64_t larger = margin.h > margin.w ? margin.h : margin.w;
    if (mode_of(op) == NESTS_REFLECT && larger >= in.dim[0]) {
        diag_error(cx->diag, op->at, "the padding of \"%s\" is too large (got %lld, expected at most %lld)", op->layer,
                   (long long)larger, (long long)in.dim[0] - 1);
        shape_note(cx, op);
        return false;
    }
    *out = (ir_shape){2, {in.dim[0] + margin.h + margin.w, in.dim[1]}};
    return shape_fits(*out) || shape_too_large(cx, op, "output", *out);
}

static void keras(py_call *c, const ir_op *op)
{
    const ir_pair margin = margins(op);
    py_argument(c, "(%lld, %lld)", (long long)margin.h, (long long)margin.w);
    if (mode_of(op) != NESTS_ZERO)
        c->comment = "Keras pads with zeros only";
}

static void onnx(onnx_graph *x)
{
    const ir_pair margin = margins(x->op);
    onnx_pad(x, (const int64_t[]){0, 0, margin.h, 0, 0, margin.w}, (int)mode_of(x->op));
}

static void nests(layer_nests *b, const ir_op *op)
{
    const ir_pair margin = margins(op);
    nest_tensor *in = nests_of(b, op->input[0]);
    nests_result(b, op, nests_add_border(b, in, 1, (const int64_t[]){margin.h, margin.w}, mode_of(op), "out"));
}

const layer_kind layer_pad1d = {.shape = shape, .keras = keras, .onnx = onnx, .nests = nests};
