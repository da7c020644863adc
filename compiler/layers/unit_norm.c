/* unit_norm: out = in / |in|, per sample and position */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static void onnx(onnx_graph *x)
{
    const char *in = onnx_operand(x, 0, ONNX_CHANNELS_LAST);
    Onnx__NodeProto *node = onnx_node(x, "ReduceL2", in);
    onnx_ints(x, node, "axes", (const int64_t[]){-1}, 1);
    const char *length = onnx_binary_scalar(x, "Max", onnx_end(x, node, NULL), 1e-12);
    node = onnx_node(x, "Div", in);
    onnx_input(x, node, length);
    onnx_result(x, node, ONNX_CHANNELS_LAST);
}

/** A length below 1e-12 counts as that, as in Keras. */
static void nests(layer_nests *b, const ir_op *op)
{
    nest_tensor *in = nests_of(b, op->input[0]);
    nest_index at[NEST_MAX_RANK];
    nest *t = nests_begin_along_last(b, NEST_SUM, in, at);
    nest_tensor *square = nest_end(t, "square", "in * in");
    t = nests_begin_map(b, "square", square, at);
    nest_tensor *inverse = nest_end(t, "inverse", "1 / sqrt(max(square, 1e-24))");
    t = nests_begin_map(b, "in", in, at);
    nest_load_at(t, "inverse", inverse, at);
    nests_result(b, op, nest_end(t, "out", "in * inverse"));
}

const layer_kind layer_unit_norm = {.shape = shape_same, .onnx = onnx, .nests = nests};
