/* simple_rnn: in every step h = activation(in . kernel + h_before . recurrent_kernel + bias) */
#include "layers/recurrent.h"

static bool shape(ir_context *cx, ir_op *op)
{
    return recurrent_shape(cx, op, 1, 1);
}

static void onnx(onnx_graph *x)
{
    static const int order[] = {0};
    Onnx__NodeProto *node = recurrent_onnx(x, "RNN", order, 1);
    recurrent_onnx_end(x, node);
}

static void nests(layer_nests *b, const ir_op *op)
{
    const recurrent r = recurrent_begin(b, op, 1);
    nest_tensor *before, *h = recurrent_state(&r, "h", &before), *product = recurrent_product(&r, before, -1);
    nest_tensor *next = recurrent_gate(&r, product, 0, "next", "activation");
    nest_index at[3];
    nest *t = recurrent_map(&r, at);
    nest_load_at(t, "next", next, at);
    recurrent_set(t, h, "next");
    recurrent_end(&r, h);
}

const layer_kind layer_simple_rnn = {.shape = shape, .keras = recurrent_keras, .onnx = onnx, .nests = nests};
