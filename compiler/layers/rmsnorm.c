/* rmsnorm: out = in / sqrt(mean of in^2 + epsilon) * gamma, per sample and position */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    op->attr.center = false;
    shape_add_gamma_and_beta(cx, op);
    return shape_same(cx, op);
}

static void keras(py_call *c, const ir_op *op)
{
    py_argument(c, "epsilon=%s", py_float(c->arena, op->attr.epsilon));
    if (!op->attr.scale)
        c->comment = "Keras always multiplies by its scale, which is 1 at first";
    else if (op->attr.gamma_initializer.kind != LANG_INITIALIZER_ONES)
        c->comment = "Keras's scale is 1 at first";
}

/** The second-last input is the mean of the squares along the last dimension. */
static void onnx(onnx_graph *x)
{
    const char *in = onnx_operand(x, 0, ONNX_CHANNELS_LAST);
    Onnx__NodeProto *node = onnx_node(x, "Mul", in);
    onnx_input(x, node, in);
    node = onnx_node(x, "ReduceMean", onnx_end(x, node, NULL));
    onnx_ints(x, node, "axes", (const int64_t[]){-1}, 1);
    const char *added = onnx_binary_scalar(x, "Add", onnx_end(x, node, NULL), x->op->attr.epsilon);
    node = onnx_node(x, "Div", in);
    onnx_input(x, node, onnx_unary(x, "Sqrt", added));
    if (x->op->attr.scale) {
        node = onnx_node(x, "Mul", onnx_end(x, node, NULL));
        onnx_parameter(x, node, "gamma");
    }
    onnx_result(x, node, ONNX_CHANNELS_LAST);
}

static void nests(layer_nests *b, const ir_op *op)
{
    const ir_value *gamma = ir_parameter(op, "gamma");
    nest_tensor *in = nests_of(b, op->input[0]);
    const int last = in->rank - 1;
    nest_index at[NEST_MAX_RANK];
    nest *t = nests_begin_along_last(b, NEST_SUM, in, at);
    nest_name(t, "count", (double)in->dim[last]);
    nest_tensor *mean = nest_end(t, "mean", "in * in / count");
    t = nests_begin_map(b, "mean", mean, at);
    nest_name(t, "epsilon", op->attr.epsilon);
    nest_tensor *inverse = nest_end(t, "inverse", "1 / sqrt(mean + epsilon)");
    t = nests_begin_map(b, "in", in, at);
    nest_load_at(t, "inverse", inverse, at);
    if (gamma)
        nest_load_at(t, "gamma", nests_of(b, gamma), &at[last]);
    nests_result(b, op, nest_end(t, "out", gamma ? "in * inverse * gamma" : "in * inverse"));
}

const layer_kind layer_rmsnorm = {.shape = shape, .keras = keras, .onnx = onnx, .nests = nests};
