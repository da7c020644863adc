/* dense: out = activation(in . kernel + bias) along the last dimension */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

/** The positions before the last dimension are those of a convolution with a kernel of one element. */
static void convolve(ir_attributes *a)
{
    a->filters = a->units;
    a->groups = 1;
    a->window = a->strides = a->dilation = (ir_pair){1, 1};
}

static bool shape(ir_context *cx, ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    const int64_t units = op->attr.units;
    if (in.rank > 3) {
        diag_error(cx->diag, op->at, "dense layer \"%s\" needs at most three dimensions (got %s)", op->layer,
                   shape_text(cx, in));
        shape_note(cx, op);
        return false;
    }
    if (in.rank > 1)
        convolve(&op->attr);
    const ir_shape kernel = {2, {in.dim[in.rank - 1], units}};
    ir_shape *out = &op->output[0]->shape;
    *out = in;
    out->dim[in.rank - 1] = units;
    if (!shape_fits(*out))
        return shape_too_large(cx, op, "output", *out);
    if (!shape_fits(kernel))
        return shape_too_large(cx, op, "kernel", kernel);
    shape_add_kernel_and_bias(cx, op, kernel, kernel.dim[0], units, units);
    return true;
}

static ir_opcode lowered(const ir_op *op)
{
    static const ir_opcode codes[] = {IR_DENSE, IR_DENSE, IR_CONV1D, IR_CONV2D};
    return codes[op->input[0]->shape.rank];
}

static void keras(py_call *c, const ir_op *op)
{
    py_argument(c, "%lld", (long long)op->attr.units);
    keras_add_parameters(c, op, "kernel");
}

static void onnx(onnx_graph *x)
{
    const bool is_flat = x->op->input[0]->shape.rank == 1;
    Onnx__NodeProto *node = onnx_node(x, is_flat ? "Gemm" : "MatMul", onnx_operand(x, 0, ONNX_CHANNELS_LAST));
    onnx_parameter(x, node, "kernel");
    if (!is_flat && ir_parameter(x->op, "bias"))
        node = onnx_node(x, "Add", onnx_end(x, node, NULL));
    onnx_parameter(x, node, "bias");
    onnx_result(x, node, ONNX_CHANNELS_LAST);
}

static void nests(layer_nests *b, const ir_op *op)
{
    static const char *const names[] = {"p", "q"};
    const ir_shape in = op->input[0]->shape;
    const int last = in.rank;
    nest_index at[NEST_MAX_RANK];
    nest *t = nest_begin(b->graph, NEST_SUM);
    at[0] = nest_free(t, "n", NEST_ROWS);
    for (int d = 1; d < last; d++)
        at[d] = nest_free(t, names[d - 1], in.dim[d - 1]);
    const nest_index u = nest_free(t, "u", op->attr.units);
    at[last] = nest_reduced(t, "i", in.dim[last - 1]);
    nest_load_at(t, "in", nests_of(b, op->input[0]), at);
    NEST_LOAD(t, "kernel", nests_of(b, ir_parameter(op, "kernel")), at[last], u);
    nests_result(b, op, nests_add_bias(b, op, nest_end(t, nests_sum_name(op), "in * kernel")));
}

const layer_kind layer_dense = {.shape = shape,
                                .lowered = lowered,
                                .flops = product_flops,
                                .backward_flops = product_backward_flops,
                                .keras = keras,
                                .onnx = onnx,
                                .nests = nests};
