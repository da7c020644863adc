/* activation: out = f(in) */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    if (op->attr.activation.kind == LANG_ACTIVATION_SOFTMAX && in.dim[in.rank - 1] < 2) {
        diag_error(cx->diag, op->at, "softmax in \"%s\" over a single value is always 1 (got %s)", op->layer,
                   shape_text(cx, in));
        diag_hint(cx->diag, "use sigmoid for one output, or more units");
        return false;
    }
    return shape_same(cx, op);
}

/** flops of one value: an exp, erf or tanh is one, as is a comparison */
static int64_t activation_flops(ir_activation f)
{
    enum { SOFTMAX_FLOPS = 4 };
    return f.formula ? scalar_operations(f.formula->value) : f.kind == LANG_ACTIVATION_SOFTMAX ? SOFTMAX_FLOPS : 0;
}

static int64_t flops(const ir_op *op)
{
    return ir_elements(op->output[0]->shape) * activation_flops(op->attr.activation);
}

static void keras(py_call *c, const ir_op *op)
{
    py_argument(c, "%s", keras_activation(c->arena, op->attr.activation));
}

static void onnx(onnx_graph *x)
{
    const ir_activation f = x->op->attr.activation;
    const char *type = ir_activation_onnx(f.kind);
    const onnx_layout layout = onnx_any_layout(x);
    if (f.kind == LANG_ACTIVATION_LINEAR) {
        onnx_forward(x);
        return;
    }
    const char *in = onnx_operand(x, 0, layout);
    if (!*type) {
        onnx_set_result(x, onnx_formula(x, f.formula->value, in), layout);
        return;
    }
    Onnx__NodeProto *node = onnx_node(x, type, in);
    if (!f.formula)
        onnx_int(x, node, "axis", layout == ONNX_CHANNELS_FIRST ? 1 : -1);
    else if (lang_activations.entries[f.kind].params->name)
        onnx_float(x, node, "alpha", f.a);
    onnx_result(x, node, layout);
}

static nest_tensor *softmax(layer_nests *b, nest_tensor *in)
{
    nest_index at[NEST_MAX_RANK];
    nest *t = nests_begin_along_last(b, NEST_MAX, in, at);
    nest_tensor *largest = nest_end(t, "largest", "in");
    t = nests_begin_map(b, "in", in, at);
    nest_load_at(t, "largest", largest, at);
    nest_tensor *power = nest_end(t, "power", "exp(in - largest)");
    t = nests_begin_along_last(b, NEST_SUM, power, at);
    nest_tensor *sum = nest_end(t, "sum", "in");
    t = nests_begin_map(b, "power", power, at);
    nest_load_at(t, "sum", sum, at);
    return nest_end(t, "out", "power / sum");
}

static void nests(layer_nests *b, const ir_op *op)
{
    nest_tensor *in = nests_of(b, op->input[0]);
    if (!op->attr.activation.formula) {
        nests_result(b, op, softmax(b, in));
        return;
    }
    nest_index at[NEST_MAX_RANK];
    nest *t = nests_begin_map(b, "x", in, at);
    nests_result(b, op, nest_end_body(t, "out", nest_import(t, op->attr.activation.formula->value, NULL)));
}

const layer_kind layer_activation = {.shape = shape, .flops = flops, .keras = keras, .onnx = onnx, .nests = nests};
