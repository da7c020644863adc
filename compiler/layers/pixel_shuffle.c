/* pixel_shuffle: groups of factor x factor channels become factor times the rows and columns */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static int64_t factor_of(const ir_op *op)
{
    return ir_argument_named(op, "factor")->integer;
}

/** Whether the channels of the result are the outer part of the input's; else they are the inner part. */
static bool is_outer(const ir_op *op)
{
    return ir_argument_named(op, "channels")->word == 0;
}

static bool shape(ir_context *cx, ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    const int64_t factor = factor_of(op);
    ir_shape *out = &op->output[0]->shape;
    if (!shape_needs_image(cx, op))
        return false;
    if (in.dim[2] % (factor * factor) != 0) {
        diag_error(cx->diag, op->at,
                   "the channels of \"%s\" are not a multiple of factor^2 (got %lld, expected a "
                   "multiple of %lld)",
                   op->layer, (long long)in.dim[2], (long long)(factor * factor));
        shape_note(cx, op);
        return false;
    }
    *out = (ir_shape){3, {in.dim[0] * factor, in.dim[1] * factor, in.dim[2] / (factor * factor)}};
    return true;
}

/** Keras has no such layer. */
static void keras(py_call *c, const ir_op *op)
{
    const ir_shape in = op->input[0]->shape, out = op->output[0]->shape;
    const long long factor = (long long)factor_of(op), channels = (long long)out.dim[2];
    const char *parts = is_outer(op) ? arena_printf(c->arena, "%lld, %lld, %lld", channels, factor, factor)
                                     : arena_printf(c->arena, "%lld, %lld, %lld", factor, factor, channels);
    py_argument(c,
                "lambda t: keras.ops.reshape(keras.ops.transpose(keras.ops.reshape(t, (-1, %lld, %lld, %s)), (%s)), "
                "(-1, %lld, %lld, %lld))",
                (long long)in.dim[0], (long long)in.dim[1], parts,
                is_outer(op) ? "0, 1, 4, 2, 5, 3" : "0, 1, 3, 2, 4, 5", (long long)out.dim[0], (long long)out.dim[1],
                channels);
}

static void onnx(onnx_graph *x)
{
    Onnx__NodeProto *node = onnx_node(x, "DepthToSpace", onnx_operand(x, 0, ONNX_CHANNELS_FIRST));
    onnx_int(x, node, "blocksize", factor_of(x->op));
    onnx_string(x, node, "mode", is_outer(x->op) ? "CRD" : "DCR");
    onnx_result(x, node, ONNX_CHANNELS_FIRST);
}

/** Row i * factor + r and column j * factor + s have row i and column j. */
static void nests(layer_nests *b, const ir_op *op)
{
    const ir_shape in = op->input[0]->shape, out = op->output[0]->shape;
    const int64_t f = factor_of(op), outer[] = {in.dim[0], in.dim[1], out.dim[2], f, f};
    const int64_t inner[] = {in.dim[0], in.dim[1], f, f, out.dim[2]};
    nest_tensor *image = nests_as(b, op->input[0], 5, is_outer(op) ? outer : inner);
    nest *t = nest_begin(b->graph, NEST_MAP);
    const nest_index n = nest_free(t, "n", NEST_ROWS), i = nest_free(t, "i", in.dim[0]), r = nest_free(t, "r", f);
    const nest_index j = nest_free(t, "j", in.dim[1]), s = nest_free(t, "s", f), k = nest_free(t, "k", out.dim[2]);
    if (is_outer(op))
        NEST_LOAD(t, "in", image, n, i, j, k, r, s);
    else
        NEST_LOAD(t, "in", image, n, i, j, r, s, k);
    nests_result(b, op, nest_end(t, "out", "in"));
}

const layer_kind layer_pixel_shuffle = {
    .shape = shape, .keras_class = "Lambda", .keras = keras, .onnx = onnx, .nests = nests};
