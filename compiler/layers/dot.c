/* dot: the sum of products of two inputs along an axis of each; the other axes of both remain */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

/** The dimension of an input, from 0, that is summed over; Keras counts the batch. @return -1 if it has none */
static int axis_of(const ir_op *op, int nth)
{
    const ir_pair axes = ir_argument_named(op, "axes")->pair;
    const int rank = op->input[nth]->shape.rank;
    const int64_t axis = nth == 0 ? axes.h : axes.w;
    if (axis == 0 || axis > rank || axis < -rank)
        return -1;
    return (int)(axis < 0 ? axis + rank : axis - 1);
}

static bool has_axes(ir_context *cx, const ir_op *op)
{
    for (int i = 0; i < 2; i++)
        if (axis_of(op, i) < 0) {
            diag_error(cx->diag, op->at, "\"%s\" has no such axis (got axes=(%lld, %lld) of %s and %s)", op->layer,
                       (long long)ir_argument_named(op, "axes")->pair.h,
                       (long long)ir_argument_named(op, "axes")->pair.w, shape_text(cx, op->input[0]->shape),
                       shape_text(cx, op->input[1]->shape));
            return false;
        }
    return true;
}

static bool shape(ir_context *cx, ir_op *op)
{
    ir_shape *out = &op->output[0]->shape;
    if (!shape_needs_two(cx, op) || !has_axes(cx, op))
        return false;
    if (op->input[0]->shape.dim[axis_of(op, 0)] != op->input[1]->shape.dim[axis_of(op, 1)])
        return shape_differs(cx, op, "the axes that are summed over have the same length");
    *out = (ir_shape){0};
    if (op->input[0]->shape.rank + op->input[1]->shape.rank - 2 > IR_MAX_RANK)
        return shape_differs(cx, op, "the result has at most 4 dimensions");
    for (int i = 0; i < 2; i++)
        for (int d = 0; d < op->input[i]->shape.rank; d++)
            if (d != axis_of(op, i))
                out->dim[out->rank++] = op->input[i]->shape.dim[d];
    if (out->rank == 0)
        *out = (ir_shape){1, {1}};
    return shape_fits(*out) || shape_too_large(cx, op, "output", *out);
}

static void keras(py_call *c, const ir_op *op)
{
    py_argument(c, "axes=(%d, %d)", 1 + axis_of(op, 0), 1 + axis_of(op, 1));
    if (ir_argument_named(op, "normalize")->boolean)
        py_argument(c, "normalize=True");
}

/** An input divided by the root of its sum of squares along the axis, which is at least 1e-12. */
static nest_tensor *normalized(layer_nests *b, const ir_op *op, int nth)
{
    nest_tensor *in = nests_of(b, op->input[nth]);
    const int along = 1 + axis_of(op, nth);
    nest_index at[NEST_MAX_RANK], rest[NEST_MAX_RANK];
    static const char *const names[] = {"n", "i", "j", "k", "l"};
    nest *t = nest_begin(b->graph, NEST_SUM);
    int left = 0;
    for (int d = 0; d < in->rank; d++)
        if (d != along)
            at[d] = nest_free(t, names[d], in->dim[d]);
    at[along] = nest_reduced(t, "q", in->dim[along]);
    nest_load_at(t, "in", in, at);
    nest_tensor *squares = nest_end(t, arena_printf(b->graph->arena, "squares_%d", nth + 1), "in * in");
    t = nests_begin_map(b, "in", in, at);
    for (int d = 0; d < in->rank; d++)
        if (d != along)
            rest[left++] = at[d];
    nest_load_at(t, "squares", squares, rest);
    return nest_end(t, arena_printf(b->graph->arena, "normalized_%d", nth + 1), "in / sqrt(max(squares, 1e-12))");
}

static void nests(layer_nests *b, const ir_op *op)
{
    static const char *const names[] = {"i", "j", "k", "l"};
    const bool normalize = ir_argument_named(op, "normalize")->boolean;
    nest_tensor *in[2];
    nest_index at[2][NEST_MAX_RANK];
    for (int i = 0; i < 2; i++)
        in[i] = normalize ? normalized(b, op, i) : nests_of(b, op->input[i]);
    nest *t = nest_begin(b->graph, NEST_SUM);
    int axis = 0;
    at[0][0] = at[1][0] = nest_free(t, "n", NEST_ROWS);
    for (int i = 0; i < 2; i++)
        for (int d = 0; d < op->input[i]->shape.rank; d++)
            if (d != axis_of(op, i))
                at[i][1 + d] = nest_free(t, names[axis++], op->input[i]->shape.dim[d]);
    at[0][1 + axis_of(op, 0)] = at[1][1 + axis_of(op, 1)] =
        nest_reduced(t, "q", op->input[0]->shape.dim[axis_of(op, 0)]);
    nest_load_at(t, "a", in[0], at[0]);
    nest_load_at(t, "b", in[1], at[1]);
    nests_result(b, op, nest_end(t, "out", "a * b"));
}

/** One input as a matrix per sample, or as one row, the axis last or first. */
static const char *matrix(onnx_graph *x, int nth, bool axis_is_last)
{
    const ir_op *op = x->op;
    const ir_shape in = op->input[nth]->shape;
    const int axis = axis_of(op, nth);
    int64_t order[1 + IR_MAX_RANK] = {0}, dims[3] = {0, 1, 1};
    const int sum = axis_is_last ? 2 : 1;
    int count = 1;
    if (!axis_is_last)
        order[count++] = 1 + axis;
    for (int d = 0; d < in.rank; d++)
        if (d != axis)
            order[count++] = 1 + d;
    if (axis_is_last)
        order[count++] = 1 + axis;
    Onnx__NodeProto *node = onnx_node(x, "Transpose", onnx_operand(x, nth, ONNX_CHANNELS_LAST));
    onnx_ints(x, node, "perm", order, count);
    const char *turned = onnx_end(x, node, NULL);
    dims[sum] = in.dim[axis];
    dims[3 - sum] = ir_elements(in) / in.dim[axis];
    node = onnx_node(x, "Reshape", turned);
    onnx_integers(x, node, dims, 3);
    const char *flat = onnx_end(x, node, NULL);
    if (!ir_argument_named(op, "normalize")->boolean)
        return flat;
    node = onnx_node(x, "LpNormalization", flat);
    onnx_int(x, node, "axis", sum);
    onnx_int(x, node, "p", 2);
    return onnx_end(x, node, NULL);
}

static void onnx(onnx_graph *x)
{
    const char *first = matrix(x, 0, true), *second = matrix(x, 1, false);
    Onnx__NodeProto *node = onnx_node(x, "MatMul", first);
    onnx_input(x, node, second);
    const char *product = onnx_end(x, node, NULL);
    const ir_shape out = x->op->output[0]->shape;
    int64_t dims[1 + IR_MAX_RANK] = {0};
    for (int d = 0; d < out.rank; d++)
        dims[1 + d] = out.dim[d];
    node = onnx_node(x, "Reshape", product);
    onnx_integers(x, node, dims, 1 + out.rank);
    onnx_result(x, node, ONNX_CHANNELS_LAST);
}

const layer_kind layer_dot = {.shape = shape, .keras = keras, .onnx = onnx, .nests = nests};
