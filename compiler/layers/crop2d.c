/* crop2d: an image without rows and columns at its border */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

/** Top, bottom, left and right. */
static const int64_t *margins(const ir_op *op)
{
    return ir_argument_named(op, "cropping")->shape.dim;
}

static bool shape(ir_context *cx, ir_op *op)
{
    return shape_needs_image(cx, op) && shape_crop(cx, op, margins(op));
}

static void keras(py_call *c, const ir_op *op)
{
    const int64_t *margin = margins(op);
    py_argument(c, "((%lld, %lld), (%lld, %lld))", (long long)margin[0], (long long)margin[1], (long long)margin[2],
                (long long)margin[3]);
}

static void onnx(onnx_graph *x)
{
    onnx_crop(x, margins(x->op));
}

static void nests(layer_nests *b, const ir_op *op)
{
    nests_crop(b, op, margins(op));
}

const layer_kind layer_crop2d = {.shape = shape, .keras = keras, .onnx = onnx, .nests = nests};
