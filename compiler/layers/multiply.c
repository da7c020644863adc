/* multiply: the product of the inputs, element by element; a dimension of 1 is repeated */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

/** One dimension of the result: that of all inputs which are not 1 there. @return 0 if they differ */
static int64_t common(const ir_op *op, int d)
{
    int64_t dim = 1;
    for (int i = 0; i < op->input_count; i++) {
        const int64_t one = op->input[i]->shape.dim[d];
        if (one != 1 && dim != 1 && one != dim)
            return 0;
        dim = one != 1 ? one : dim;
    }
    return dim;
}

static bool shape(ir_context *cx, ir_op *op)
{
    ir_shape *out = &op->output[0]->shape;
    if (!shape_needs_ranks(cx, op))
        return false;
    out->rank = op->input[0]->shape.rank;
    for (int d = 0; d < out->rank; d++) {
        out->dim[d] = common(op, d);
        if (!out->dim[d])
            return shape_differs(cx, op, "dimensions are equal, or 1");
    }
    return true;
}

static void onnx(onnx_graph *x)
{
    const ir_op *op = x->op;
    const onnx_layout layout = onnx_any_layout(x);
    const char *product = onnx_operand(x, 0, layout);
    for (int i = 1; i < op->input_count; i++) {
        const char *factor = onnx_operand(x, i, layout);
        Onnx__NodeProto *node = onnx_node(x, "Mul", product);
        onnx_input(x, node, factor);
        product = onnx_end(x, node, NULL);
    }
    onnx_set_result(x, product, layout);
}

static void nests(layer_nests *b, const ir_op *op)
{
    nest_index at[NEST_MAX_RANK];
    nest_tensor *product = NULL;
    for (int i = 1; i < op->input_count; i++) {
        nest_tensor *const factors[] = {product ? product : nests_of(b, op->input[0]), nests_of(b, op->input[i])};
        nest *t = nests_begin_over(b, NEST_MAP, op->output[0]->shape, at);
        for (int f = 0; f < 2; f++) {
            nest_index of[NEST_MAX_RANK];
            for (int d = 0; d < factors[f]->rank; d++)
                of[d] = factors[f]->dim[d] == 1 ? nest_constant(0) : at[d];
            nest_load_at(t, f == 0 ? "a" : "b", factors[f], of);
        }
        product = nest_end(t, i + 1 < op->input_count ? "product" : "out", "a * b");
    }
    nests_result(b, op, product);
}

const layer_kind layer_multiply = {.shape = shape, .onnx = onnx, .nests = nests};
