/* permute: the dimensions in another order */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

/** The dimension of the input that dimension d of the result is; 0 is the first. */
static int from_dimension(const ir_op *op, int d)
{
    return (int)ir_argument_named(op, "dims")->shape.dim[d] - 1;
}

static bool shape(ir_context *cx, ir_op *op)
{
    const ir_shape in = op->input[0]->shape, dims = ir_argument_named(op, "dims")->shape;
    unsigned seen = 0;
    for (int d = 0; d < dims.rank; d++)
        if (dims.dim[d] <= in.rank)
            seen |= 1U << from_dimension(op, d);
    if (dims.rank != in.rank || seen != (1U << in.rank) - 1) {
        diag_error(cx->diag, op->at, "\"%s\" needs every dimension once (got %s, expected an order of 1 to %d)",
                   op->layer, shape_text(cx, dims), in.rank);
        shape_note(cx, op);
        return false;
    }
    op->output[0]->shape.rank = in.rank;
    for (int d = 0; d < in.rank; d++)
        op->output[0]->shape.dim[d] = in.dim[from_dimension(op, d)];
    return true;
}

static void keras(py_call *c, const ir_op *op)
{
    py_argument(c, "%s", keras_tuple(c->arena, ir_argument_named(op, "dims")->shape));
}

static void onnx(onnx_graph *x)
{
    const int rank = x->op->output[0]->shape.rank;
    int64_t axes[IR_MAX_RANK + 1] = {0};
    for (int d = 0; d < rank; d++)
        axes[1 + d] = 1 + from_dimension(x->op, d);
    Onnx__NodeProto *node = onnx_node(x, "Transpose", onnx_operand(x, 0, ONNX_CHANNELS_LAST));
    onnx_ints(x, node, "perm", axes, rank + 1);
    onnx_result(x, node, ONNX_CHANNELS_LAST);
}

static void nests(layer_nests *b, const ir_op *op)
{
    const ir_shape out = op->output[0]->shape;
    nest_index at[NEST_MAX_RANK], from[NEST_MAX_RANK];
    nest *t = nests_begin_over(b, NEST_MAP, out, at);
    from[0] = at[0];
    for (int d = 0; d < out.rank; d++)
        from[1 + from_dimension(op, d)] = at[1 + d];
    nest_load_at(t, "in", nests_of(b, op->input[0]), from);
    nests_result(b, op, nest_end(t, "out", "in"));
}

const layer_kind layer_permute = {.shape = shape, .keras = keras, .onnx = onnx, .nests = nests};
