/* Recurrent layers in ONNX: the operators RNN, LSTM and GRU of version 14, whose sequences are [steps, rows, channels]
 * and whose weights are [1, gates units, channels]. */
#include <string.h>

#include "layers/recurrent.h"

static bool flag(const onnx_graph *x, const char *name)
{
    return ir_argument_named(x->op, name)->boolean;
}

/** The parameter [rows, gates units] as an input [1, gates units, rows], the gates in another order; without rows as
 *  values that follow each other. */
static float *reordered(const onnx_graph *x, const ir_value *v, const int *order, int gates, float *to)
{
    const int64_t units = x->op->attr.units, rows = v->shape.rank == 2 ? v->shape.dim[0] : 1;
    const float *from = x->weights[v->id];
    for (int g = 0; g < gates; g++)
        for (int64_t u = 0; u < units; u++)
            for (int64_t c = 0; c < rows; c++)
                *to++ = from[(c * gates + order[g]) * units + u];
    return to;
}

static void add_weights(onnx_graph *x, Onnx__NodeProto *node, const char *role, const int *order, int gates)
{
    const ir_value *v = ir_parameter(x->op, role);
    const ir_shape shape = {3, {1, v->shape.dim[1], v->shape.dim[0]}};
    float *values = arena_array(x->arena, (size_t)ir_elements(v->shape), sizeof *values);
    reordered(x, v, order, gates, values);
    onnx_constant(x, node, NULL, shape, values, 0);
}

/** [1, 2 gates units]: of the inputs, then of the state; the second is 0 where the layer has one bias. */
static void add_bias(onnx_graph *x, Onnx__NodeProto *node, const int *order, int gates)
{
    const ir_value *v = ir_parameter(x->op, "bias");
    const int64_t width = gates * x->op->attr.units;
    if (!v)
        return;
    float *values = arena_array(x->arena, (size_t)(2 * width), sizeof *values);
    for (int row = 0; row < ir_elements(v->shape) / width; row++) {
        const ir_value one = {.id = v->id, .shape = {1, {width}}};
        float *const from = x->weights[v->id] + row * width;
        onnx_graph of_row = *x;
        float **weights = arena_array(x->arena, (size_t)v->id + 1, sizeof *weights);
        weights[v->id] = from;
        of_row.weights = weights;
        reordered(&of_row, &one, order, gates, values + row * width);
    }
    onnx_constant(x, node, NULL, (ir_shape){2, {1, 2 * width}}, values, 0);
}

static const char *onnx_name(const char *activation)
{
    static const char *const names[][2] = {{"tanh", "Tanh"}, {"sigmoid", "Sigmoid"}, {"relu", "Relu"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i][0], activation) == 0)
            return names[i][1];
    return NULL;
}

/** One activation per kind of gate: of the gates, of the cell's input, of the output. */
static void add_activations(onnx_graph *x, Onnx__NodeProto *node, int gates)
{
    const char *own = recurrent_activation(x->op, "activation"),
               *of_gates = recurrent_activation(x->op, "recurrent_activation");
    const char *names[3];
    int count = 0;
    if (of_gates)
        names[count++] = onnx_name(of_gates);
    names[count++] = onnx_name(own);
    if (gates == 4)
        names[count++] = onnx_name(own);
    onnx_strings(x, node, "activations", names, count);
}

Onnx__NodeProto *recurrent_onnx(onnx_graph *x, const char *type, const int *order, int gates)
{
    Onnx__NodeProto *turned = onnx_node(x, "Transpose", onnx_operand(x, 0, ONNX_CHANNELS_LAST));
    onnx_ints(x, turned, "perm", (const int64_t[]){1, 0, 2}, 3);
    Onnx__NodeProto *node = onnx_node(x, type, onnx_end(x, turned, NULL));
    add_weights(x, node, "kernel", order, gates);
    add_weights(x, node, "recurrent_kernel", order, gates);
    add_bias(x, node, order, gates);
    onnx_int(x, node, "hidden_size", x->op->attr.units);
    if (flag(x, "go_backwards"))
        onnx_string(x, node, "direction", "reverse");
    add_activations(x, node, gates);
    return node;
}

/** Of [rows, steps, 1, units]: the last step, or all in the order in which they were computed. */
static const char *choose_steps(onnx_graph *x, const char *all, int64_t steps)
{
    const bool is_sequence = flag(x, "return_sequences"), backwards = flag(x, "go_backwards");
    if (is_sequence && !backwards)
        return all;
    const int64_t first = is_sequence ? steps - 1
                          : backwards ? 0
                                      : steps - 1,
                  by = is_sequence ? -1 : 1, end = is_sequence ? -steps - 1 : first + 1;
    Onnx__NodeProto *node = onnx_node(x, "Slice", all);
    onnx_integers(x, node, &first, 1);
    onnx_integers(x, node, &end, 1);
    onnx_integers(x, node, &(const int64_t){1}, 1);
    onnx_integers(x, node, &by, 1);
    return onnx_end(x, node, NULL);
}

void recurrent_onnx_end(onnx_graph *x, Onnx__NodeProto *node)
{
    const ir_shape out = x->op->output[0]->shape;
    const int64_t units = x->op->attr.units, steps = x->op->input[0]->shape.dim[0];
    Onnx__NodeProto *turned = onnx_node(x, "Transpose", onnx_end(x, node, NULL)); /* [steps, 1, rows, units] */
    onnx_ints(x, turned, "perm", (const int64_t[]){2, 0, 1, 3}, 4);
    Onnx__NodeProto *shaped = onnx_node(x, "Reshape", choose_steps(x, onnx_end(x, turned, NULL), steps));
    if (out.rank == 2)
        onnx_integers(x, shaped, (const int64_t[]){-1, steps, units}, 3);
    else
        onnx_integers(x, shaped, (const int64_t[]){-1, units}, 2);
    onnx_result(x, shaped, ONNX_CHANNELS_LAST);
}
