/* rescale: out = in * scale + offset */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static double number_of(const ir_op *op, const char *name)
{
    return ir_argument_named(op, name)->real;
}

static void keras(py_call *c, const ir_op *op)
{
    py_argument(c, "%s", py_float(c->arena, number_of(op, "factor")));
    if (number_of(op, "offset") != 0)
        py_argument(c, "offset=%s", py_float(c->arena, number_of(op, "offset")));
}

static void onnx(onnx_graph *x)
{
    const onnx_layout layout = onnx_any_layout(x);
    const char *scaled = onnx_binary_scalar(x, "Mul", onnx_operand(x, 0, layout), number_of(x->op, "factor"));
    onnx_set_result(x, onnx_binary_scalar(x, "Add", scaled, number_of(x->op, "offset")), layout);
}

static void nests(layer_nests *b, const ir_op *op)
{
    nest_index at[NEST_MAX_RANK];
    nest *t = nests_begin_map(b, "in", nests_of(b, op->input[0]), at);
    nest_name(t, "factor", number_of(op, "factor"));
    nest_name(t, "offset", number_of(op, "offset"));
    nests_result(b, op, nest_end(t, "out", number_of(op, "offset") != 0 ? "in * factor + offset" : "in * factor"));
}

const layer_kind layer_rescale = {
    .shape = shape_same, .keras_class = "Rescaling", .keras = keras, .onnx = onnx, .nests = nests};
