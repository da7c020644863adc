/* lstm: in every step, of x = in . kernel + before . recurrent_kernel + bias
 *     i, f, o = sigmoid(x_i), sigmoid(x_f), sigmoid(x_o)     cell = f * cell_before + i * tanh(x_c)
 *     h = o * tanh(cell) */
#include "layers/recurrent.h"

static bool shape(ir_context *cx, ir_op *op)
{
    return recurrent_shape(cx, op, 4, 1);
}

static void keras(py_call *c, const ir_op *op)
{
    recurrent_keras(c, op);
    if (op->attr.use_bias && op->attr.bias_initializer.kind != LANG_INITIALIZER_UNIT_FORGET)
        py_argument(c, "unit_forget_bias=False");
}

static void onnx(onnx_graph *x)
{
    static const int order[] = {0, 3, 1, 2};
    Onnx__NodeProto *node = recurrent_onnx(x, "LSTM", order, 4);
    recurrent_onnx_end(x, node);
}

static void nests(layer_nests *b, const ir_op *op)
{
    const recurrent r = recurrent_begin(b, op, 4);
    nest_tensor *h_before, *cell_before, *h = recurrent_state(&r, "h", &h_before),
                                         *cell = recurrent_state(&r, "cell", &cell_before);
    nest_tensor *product = recurrent_product(&r, h_before, -1);
    nest_tensor *input = recurrent_gate(&r, product, 0, "in_gate", "recurrent_activation");
    nest_tensor *forget = recurrent_gate(&r, product, 1, "forget_gate", "recurrent_activation");
    nest_tensor *candidate = recurrent_gate(&r, product, 2, "candidate", "activation");
    nest_tensor *output = recurrent_gate(&r, product, 3, "out_gate", "recurrent_activation");
    nest_index at[3];
    nest *t = recurrent_map(&r, at);
    nest_load_at(t, "in_gate", input, at);
    nest_load_at(t, "forget_gate", forget, at);
    nest_load_at(t, "candidate", candidate, at);
    nest_load_at(t, "cell_before", cell_before, at);
    recurrent_set(t, cell, "forget_gate * cell_before + in_gate * candidate");
    t = recurrent_map(&r, at);
    nest_load_at(t, "cell", cell, at);
    nest_tensor *seen = recurrent_activated(&r, t, "seen", "activation", "cell");
    t = recurrent_map(&r, at);
    nest_load_at(t, "out_gate", output, at);
    nest_load_at(t, "seen", seen, at);
    recurrent_set(t, h, "out_gate * seen");
    recurrent_end(&r, h);
}

const layer_kind layer_lstm = {.shape = shape, .keras = keras, .onnx = onnx, .nests = nests};
