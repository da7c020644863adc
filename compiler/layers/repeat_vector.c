/* repeat_vector: a sequence that has the input at every position */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static int64_t times(const ir_op *op)
{
    return ir_argument_named(op, "n")->integer;
}

static bool shape(ir_context *cx, ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    ir_shape *out = &op->output[0]->shape;
    if (in.rank != 1) {
        diag_error(cx->diag, op->at, "repeat_vector layer \"%s\" needs a flat input (got %s, expected one dimension)",
                   op->layer, shape_text(cx, in));
        shape_note(cx, op);
        diag_hint(cx->diag, "put flatten() before it");
        return false;
    }
    *out = (ir_shape){2, {times(op), in.dim[0]}};
    return shape_fits(*out) || shape_too_large(cx, op, "output", *out);
}

static void keras(py_call *c, const ir_op *op)
{
    py_argument(c, "%lld", (long long)times(op));
}

static void onnx(onnx_graph *x)
{
    const int64_t channels = shape_channels(x->op).dim[0];
    Onnx__NodeProto *node = onnx_node(x, "Reshape", onnx_operand(x, 0, ONNX_CHANNELS_LAST));
    onnx_integers(x, node, (const int64_t[]){-1, 1, channels}, 3);
    node = onnx_node(x, "Expand", onnx_end(x, node, NULL));
    onnx_integers(x, node, (const int64_t[]){1, times(x->op), channels}, 3);
    onnx_result(x, node, ONNX_CHANNELS_LAST);
}

static void nests(layer_nests *b, const ir_op *op)
{
    nest_index at[NEST_MAX_RANK];
    nest *t = nests_begin_over(b, NEST_MAP, op->output[0]->shape, at);
    NEST_LOAD(t, "in", nests_of(b, op->input[0]), at[0], at[2]);
    nests_result(b, op, nest_end(t, "out", "in"));
}

const layer_kind layer_repeat_vector = {.shape = shape, .keras = keras, .onnx = onnx, .nests = nests};
