/* groupnorm: out = (in - mean) / sqrt(variance + epsilon) * gamma + beta, mean and variance of each group of channels
 */
#include "layers/keras.h"
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

static bool shape(ir_context *cx, ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    const int64_t groups = op->attr.groups, channels = in.dim[in.rank - 1];
    if (channels % groups != 0) {
        diag_error(cx->diag, op->at,
                   "the channels of \"%s\" cannot be divided evenly among its groups (got %lld "
                   "channels, %lld groups)",
                   op->layer, (long long)channels, (long long)groups);
        shape_note(cx, op);
        diag_hint(cx->diag, "groups must divide the number of channels, the last dimension");
        return false;
    }
    if (ir_elements(in) == groups) {
        diag_error(cx->diag, op->at, "groupnorm in \"%s\" over a single value always gives 0 (got %s, %lld groups)",
                   op->layer, shape_text(cx, in), (long long)groups);
        return false;
    }
    shape_add_gamma_and_beta(cx, op);
    return shape_same(cx, op);
}

static void keras(py_call *c, const ir_op *op)
{
    py_argument(c, "%lld", (long long)op->attr.groups);
    keras_add_normalization(c, op);
}

/** A value per channel, the second dimension of ONNX. */
static const char *onnx_per_channel(onnx_graph *x, const char *type, const char *role, const char *in)
{
    const ir_value *v = ir_parameter(x->op, role);
    if (!v)
        return in;
    const ir_shape shape = {x->op->output[0]->shape.rank, {v->shape.dim[0], 1, 1, 1}};
    Onnx__NodeProto *node = onnx_node(x, type, in);
    onnx_constant(x, node, v->name, shape, x->weights[v->id], 0);
    return onnx_end(x, node, NULL);
}

/** ONNX normalizes each group as a channel of its own. */
static void onnx(onnx_graph *x)
{
    const ir_shape shape = x->op->output[0]->shape, groups = {1, {x->op->attr.groups}};
    int64_t dims[IR_MAX_RANK + 1] = {-1, shape.dim[shape.rank - 1]};
    for (int d = 0; d < shape.rank - 1; d++)
        dims[2 + d] = shape.dim[d];
    Onnx__NodeProto *node = onnx_node(x, "Reshape", onnx_operand(x, 0, ONNX_CHANNELS_FIRST));
    onnx_integers(x, node, (const int64_t[]){0, groups.dim[0], -1}, 3);
    node = onnx_node(x, "InstanceNormalization", onnx_end(x, node, NULL));
    onnx_constant(x, node, NULL, groups, NULL, 1);
    onnx_constant(x, node, NULL, groups, NULL, 0);
    onnx_float(x, node, "epsilon", x->op->attr.epsilon);
    node = onnx_node(x, "Reshape", onnx_end(x, node, NULL));
    onnx_integers(x, node, dims, 1 + shape.rank);
    const char *scaled = onnx_per_channel(x, "Mul", "gamma", onnx_end(x, node, NULL));
    onnx_set_result(x, onnx_per_channel(x, "Add", "beta", scaled), ONNX_CHANNELS_FIRST);
}

/** Begin the sum over a group. @param of  filled: the indices of a value per group */
static nest *begin_group(layer_nests *b, nest_tensor *in, nest_index of[2])
{
    nest *t = nest_begin(b->graph, NEST_SUM);
    of[0] = nest_free(t, "n", NEST_ROWS);
    of[1] = nest_free(t, "g", in->dim[2]);
    const nest_index i = nest_reduced(t, "i", in->dim[1]), k = nest_reduced(t, "k", in->dim[3]);
    NEST_LOAD(t, "in", in, of[0], i, of[1], k);
    nest_name(t, "count", (double)(in->dim[1] * in->dim[3]));
    return t;
}

static void nests(layer_nests *b, const ir_op *op)
{
    const int64_t groups = op->attr.groups, channels = shape_channels(op).dim[0] / groups;
    const int64_t dims[] = {ir_elements(op->input[0]->shape) / (groups * channels), groups, channels};
    const ir_value *gamma = ir_parameter(op, "gamma"), *beta = ir_parameter(op, "beta");
    nest_tensor *in = nests_as(b, op->input[0], 3, dims);
    nest_index at[NEST_MAX_RANK];
    nest_tensor *mean = nest_end(begin_group(b, in, at), "mean", "in / count");
    nest *t = begin_group(b, in, at);
    nest_load_at(t, "mean", mean, at);
    nest_tensor *variance = nest_end(t, "variance", "d = in - mean; d * d / count");
    t = nests_begin_map(b, "variance", variance, at);
    nest_name(t, "epsilon", op->attr.epsilon);
    nest_tensor *inverse = nest_end(t, "inverse", "1 / sqrt(variance + epsilon)");
    t = nests_begin_map(b, "in", in, at);
    NEST_LOAD(t, "mean", mean, at[0], at[2]);
    NEST_LOAD(t, "inverse", inverse, at[0], at[2]);
    if (gamma)
        nest_load_at(t, "gamma", nests_as(b, gamma, 2, dims + 1), at + 2);
    if (beta)
        nest_load_at(t, "beta", nests_as(b, beta, 2, dims + 1), at + 2);
    nests_result(b, op,
                 nest_end(t, "out",
                          arena_printf(b->graph->arena, "(in - mean) * inverse%s%s", gamma ? " * gamma" : "",
                                       beta ? " + beta" : "")));
}

const layer_kind layer_groupnorm = {.shape = shape, .keras = keras, .onnx = onnx, .nests = nests};
