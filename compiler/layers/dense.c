/* dense: out = activation(in . kernel + bias) */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    if (in.rank != 1) {
        diag_error(cx->diag, op->at, "dense layer \"%s\" needs a flat input (got %s, expected one dimension)",
                   op->layer, shape_text(cx, in));
        shape_note(cx, op);
        diag_hint(cx->diag, "put flatten() before it");
        diag_insert(cx->diag, op->at, "flatten()");
        return false;
    }
    const int64_t units = op->attr.units;
    op->output[0]->shape = (ir_shape){1, {units}};
    const ir_shape kernel = {2, {in.dim[0], units}};
    if (!shape_fits(kernel))
        return shape_too_large(cx, op, "kernel", kernel);
    shape_add_kernel_and_bias(cx, op, kernel, in.dim[0], units, units);
    return true;
}

static void keras(py_call *c, const ir_op *op)
{
    py_argument(c, "%lld", (long long)op->attr.units);
    keras_add_parameters(c, op, "kernel");
}

static void onnx(onnx_graph *x)
{
    Onnx__NodeProto *node = onnx_node(x, "Gemm", onnx_operand(x, 0, ONNX_CHANNELS_LAST));
    onnx_parameter(x, node, "kernel");
    onnx_parameter(x, node, "bias");
    onnx_result(x, node, ONNX_CHANNELS_LAST);
}

static void nests(layer_nests *b, const ir_op *op)
{
    nest *t = nest_begin(b->graph, NEST_SUM);
    const nest_index n = nest_free(t, "n", NEST_ROWS), u = nest_free(t, "u", op->attr.units);
    const nest_index i = nest_reduced(t, "i", op->input[0]->shape.dim[0]);
    NEST_LOAD(t, "in", nests_of(b, op->input[0]), n, i);
    NEST_LOAD(t, "kernel", nests_of(b, ir_parameter(op, "kernel")), i, u);
    nests_result(b, op, nests_add_bias(b, op, nest_end(t, nests_sum_name(op), "in * kernel")));
}

const layer_kind layer_dense = {.shape = shape,
                                .flops = product_flops,
                                .backward_flops = product_backward_flops,
                                .keras = keras,
                                .onnx = onnx,
                                .nests = nests};
