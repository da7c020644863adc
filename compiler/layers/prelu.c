/* prelu: out = in where it is positive, else alpha * in, alpha learnt */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

/** Dimensions along which all elements have one alpha have 1. */
static bool shape(ir_context *cx, ir_op *op)
{
    const ir_shape shared = ir_argument_named(op, "shared_axes")->shape, in = op->input[0]->shape;
    const ir_regularizer none = {0};
    ir_shape alpha = in;
    for (int i = 0; i < shared.rank; i++) {
        if (shared.dim[i] > in.rank) {
            diag_error(cx->diag, op->at, "\"%s\" has no axis %lld (got %s, expected 1 to %d)", op->layer,
                       (long long)shared.dim[i], shape_text(cx, in), in.rank);
            return false;
        }
        alpha.dim[shared.dim[i] - 1] = 1;
    }
    shape_add_parameter(cx, op, "alpha", alpha, ir_argument_named(op, "alpha_initializer")->initializer, none);
    return shape_same(cx, op);
}

static void keras(py_call *c, const ir_op *op)
{
    const ir_shape shared = ir_argument_named(op, "shared_axes")->shape;
    keras_add_initializer(c, "alpha_initializer", ir_argument_named(op, "alpha_initializer")->initializer,
                          LANG_INITIALIZER_ZEROS);
    if (shared.rank)
        py_argument(c, "shared_axes=%s", keras_tuple(c->arena, shared));
}

static void onnx(onnx_graph *x)
{
    Onnx__NodeProto *node = onnx_node(x, "PRelu", onnx_operand(x, 0, ONNX_CHANNELS_LAST));
    onnx_parameter(x, node, "alpha");
    onnx_result(x, node, ONNX_CHANNELS_LAST);
}

static void nests(layer_nests *b, const ir_op *op)
{
    const ir_value *alpha = ir_parameter(op, "alpha");
    nest_index at[NEST_MAX_RANK], of[NEST_MAX_RANK];
    nest *t = nests_begin_map(b, "in", nests_of(b, op->input[0]), at);
    for (int d = 0; d < alpha->shape.rank; d++)
        of[d] = alpha->shape.dim[d] == 1 ? nest_constant(0) : at[1 + d];
    nest_load_at(t, "alpha", nests_of(b, alpha), of);
    nests_result(b, op, nest_end(t, "out", "select(in < 0, alpha * in, in)"));
}

const layer_kind layer_prelu = {.shape = shape, .keras = keras, .onnx = onnx, .nests = nests};
