/* upsample2d: an image with `size` times the rows and columns: copies of each element, or interpolated between them */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"
#include "support/checked.h"

static bool is_bilinear(const ir_op *op)
{
    return ir_argument_named(op, "interpolation")->word == 1;
}

static ir_pair size_of(const ir_op *op)
{
    return ir_argument_named(op, "size")->pair;
}

static bool shape(ir_context *cx, ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    const ir_pair size = size_of(op);
    ir_shape *out = &op->output[0]->shape;
    if (!shape_needs_image(cx, op))
        return false;
    *out = (ir_shape){3, {saturating_mul(in.dim[0], size.h), saturating_mul(in.dim[1], size.w), in.dim[2]}};
    return shape_fits(*out) || shape_too_large(cx, op, "output", *out);
}

static void keras(py_call *c, const ir_op *op)
{
    const ir_pair size = size_of(op);
    py_argument(c, "(%lld, %lld)", (long long)size.h, (long long)size.w);
    if (is_bilinear(op))
        py_argument(c, "interpolation=\"bilinear\"");
}

static void onnx(onnx_graph *x)
{
    const ir_pair size = size_of(x->op);
    Onnx__NodeProto *node = onnx_node(x, "Resize", onnx_operand(x, 0, ONNX_CHANNELS_FIRST));
    onnx_input(x, node, "");
    onnx_constant(x, node, NULL, (ir_shape){1, {4}}, (const float[]){1, 1, (float)size.h, (float)size.w}, 0);
    onnx_string(x, node, "mode", is_bilinear(x->op) ? "linear" : "nearest");
    onnx_string(x, node, "coordinate_transformation_mode", is_bilinear(x->op) ? "half_pixel" : "asymmetric");
    onnx_string(x, node, "nearest_mode", "floor");
    onnx_result(x, node, ONNX_CHANNELS_FIRST);
}

/** The weight of neighbour 0, 1 or 2 in a dimension, for part r of an element that has so many. */
#define WEIGHT(r, p, parts) "max(0, 1 - abs((" r " + 0.5) / " parts " + 0.5 - " p "))"

/** Row i * size + r is part r of row i. */
static void nests(layer_nests *b, const ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    const ir_pair size = size_of(op);
    const int64_t margin[] = {1, 1};
    nest_tensor *image = nests_of(b, op->input[0]);
    if (is_bilinear(op)) {
        image = nests_add_border(b, image, 1, margin, NESTS_EDGE, "tall");
        image = nests_add_border(b, image, 2, margin, NESTS_EDGE, "image");
    }
    nest *t = nest_begin(b->graph, is_bilinear(op) ? NEST_SUM : NEST_MAP);
    const nest_index n = nest_free(t, "n", NEST_ROWS), i = nest_free(t, "i", in.dim[0]);
    const nest_index r = nest_free(t, "r", size.h), j = nest_free(t, "j", in.dim[1]);
    const nest_index s = nest_free(t, "s", size.w), k = nest_free(t, "k", in.dim[2]);
    if (!is_bilinear(op)) {
        NEST_LOAD(t, "in", image, n, i, j, k);
        nests_result(b, op, nest_end(t, "out", "in"));
        return;
    }
    const nest_index p = nest_reduced(t, "p", 3), q = nest_reduced(t, "q", 3);
    NEST_LOAD(t, "in", image, n, nest_affine(p, 1, i), nest_affine(q, 1, j), k);
    nest_load_index(t, "r", r);
    nest_load_index(t, "s", s);
    nest_load_index(t, "p", p);
    nest_load_index(t, "q", q);
    nest_name(t, "rows", (double)size.h);
    nest_name(t, "columns", (double)size.w);
    nests_result(b, op, nest_end(t, "out", WEIGHT("r", "p", "rows") " * " WEIGHT("s", "q", "columns") " * in"));
}

const layer_kind layer_upsample2d = {.shape = shape, .keras = keras, .onnx = onnx, .nests = nests};
