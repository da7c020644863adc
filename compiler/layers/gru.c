/* gru: in every step, of x = in . kernel + bias[0] and y = h_before . recurrent_kernel + bias[1]
 *     z, r = sigmoid(x_z + y_z), sigmoid(x_r + y_r)     next = tanh(x_h + r * y_h)
 *     h = z * h_before + (1 - z) * next */
#include "layers/recurrent.h"

static bool shape(ir_context *cx, ir_op *op)
{
    return recurrent_shape(cx, op, 3, 2);
}

static void onnx(onnx_graph *x)
{
    static const int order[] = {0, 1, 2};
    Onnx__NodeProto *node = recurrent_onnx(x, "GRU", order, 3);
    onnx_int(x, node, "linear_before_reset", 1);
    recurrent_onnx_end(x, node);
}

static void nests(layer_nests *b, const ir_op *op)
{
    const recurrent r = recurrent_begin(b, op, 3);
    nest_tensor *before, *h = recurrent_state(&r, "h", &before), *product = recurrent_product(&r, before, 1);
    nest_tensor *update = recurrent_gate(&r, product, 0, "update", "recurrent_activation"),
                *reset = recurrent_gate(&r, product, 1, "reset", "recurrent_activation");
    nest_index at[3];
    nest *t = recurrent_map(&r, at);
    recurrent_load_gate(t, "own", r.x, 2, at);
    recurrent_load_gate(t, "carried", product, 2, at);
    nest_load_at(t, "reset", reset, at);
    nest_tensor *z = nest_end(t, "next_z", "own + reset * carried");
    t = recurrent_map(&r, at);
    nest_load_at(t, "z", z, at);
    nest_tensor *next = recurrent_activated(&r, t, "next", "activation", "z");
    t = recurrent_map(&r, at);
    nest_load_at(t, "update", update, at);
    nest_load_at(t, "next", next, at);
    nest_load_at(t, "before", before, at);
    recurrent_set(t, h, "update * before + (1 - update) * next");
    recurrent_end(&r, h);
}

const layer_kind layer_gru = {.shape = shape, .keras = recurrent_keras, .onnx = onnx, .nests = nests};
