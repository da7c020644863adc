/* crop1d: a sequence without elements at its ends */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

typedef struct ends {
    int64_t margin[2];
} ends;

static ends ends_of(const ir_op *op)
{
    const ir_pair margin = ir_argument_named(op, "cropping")->pair;
    return (ends){{margin.h, margin.w}};
}

static bool shape(ir_context *cx, ir_op *op)
{
    return shape_needs_sequence(cx, op) && shape_crop(cx, op, ends_of(op).margin);
}

static void keras(py_call *c, const ir_op *op)
{
    py_argument(c, "(%lld, %lld)", (long long)ends_of(op).margin[0], (long long)ends_of(op).margin[1]);
}

static void onnx(onnx_graph *x)
{
    onnx_crop(x, ends_of(x->op).margin);
}

static void nests(layer_nests *b, const ir_op *op)
{
    nests_crop(b, op, ends_of(op).margin);
}

const layer_kind layer_crop1d = {.shape = shape, .keras = keras, .onnx = onnx, .nests = nests};
