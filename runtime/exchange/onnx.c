/* Format: onnx.proto of https://github.com/onnx/onnx, operators of its docs/Operators.md. */
#include "exchange/onnx.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/report.h"
#include "exchange/onnx_message.h"
#include "io/tensor_bytes.h"

enum { IR_VERSION = 8, OPERATOR_SET = 17 };

enum { NAME = 24, AXES = MNN_MAX_NODE_RANK + 1 };

/* The names of a node's result in both layouts; empty where it is not there yet. */
typedef struct result {
    char last[NAME];  /* channels last, as in the description */
    char first[NAME]; /* channels first */
} result;

typedef struct exporter {
    const mnn_model *model;
    mnn_onnx onnx;
    result *results; /* [node_count] */
    int made;        /* names that have been given to other values */
} exporter;

/* --- constants -------------------------------------------------------------------------------------- */

/* @return where its bytes are to be written, or NULL */
static unsigned char *add_tensor(exporter *x, const char *name, const int *dims, int rank, int count)
{
    return mnn_onnx_tensor(&x->onnx, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, dims, rank, 4 * (size_t)count);
}

static void add_floats(exporter *x, const char *name, const int *dims, int rank, const float *values, int count)
{
    unsigned char *bytes = add_tensor(x, name, dims, rank, count);
    if (bytes)
        mnn_floats_to_bytes(bytes, values, (size_t)count);
}

static void new_name(exporter *x, char name[NAME])
{
    snprintf(name, NAME, "t%d", x->made++);
}

/* A scalar. */
static void add_number(exporter *x, double value, char name[NAME])
{
    const float number = (float)value;
    new_name(x, name);
    add_floats(x, name, NULL, 0, &number, 1);
}

/* A vector of one number. */
static void add_filled(exporter *x, float value, int count, char name[NAME])
{
    new_name(x, name);
    unsigned char *bytes = add_tensor(x, name, &count, 1, count);
    for (int i = 0; bytes && i < count; i++)
        mnn_floats_to_bytes(bytes + 4 * (size_t)i, &value, 1);
}

/* (batch, dims ...) for Reshape. */
static void add_shape(exporter *x, const mnn_node *node, char name[NAME])
{
    const int count = node->rank + 1;
    new_name(x, name);
    unsigned char *bytes =
        mnn_onnx_tensor(&x->onnx, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, &count, 1, 8 * (size_t)count);
    for (int i = 0; bytes && i < count; i++)
        for (int k = 0; k < 8; k++)
            bytes[8 * i + k] = (unsigned char)((uint64_t)(i == 0 ? -1 : node->dims[i - 1]) >> (8 * k) & 255);
}

/* A tensor of a node by its role ("kernel"), or NULL. */
static const mnn_tensor *tensor_of(const exporter *x, const mnn_node *node, const char *role)
{
    for (int i = 0; i < node->tensor_count; i++) {
        const mnn_tensor *t = &x->model->tensors[node->tensors[i]];
        if (strcmp(strrchr(t->name, '.') + 1, role) == 0)
            return t;
    }
    return NULL;
}

static void add_weights(exporter *x, const mnn_tensor *t)
{
    add_floats(x, t->name, t->dims, t->rank, x->model->params + t->offset, t->size);
}

/* A kernel as ONNX wants it: [filters, in_channels / groups, height, width]. That of a depthwise convolution has a
 * group for every channel, and so filter c * multiplier + m is ours of channel c. */
static void add_kernel(exporter *x, const mnn_node *node, const mnn_tensor *t)
{
    const bool depthwise = node->op == MNN_OP_DEPTHWISE_CONV2D;
    const int places = t->dims[0] * t->dims[1], in = depthwise ? 1 : t->dims[2];
    const int filters = depthwise ? t->dims[2] * t->dims[3] : t->dims[3];
    const float *from = x->model->params + t->offset;
    unsigned char *bytes = add_tensor(x, t->name, (const int[]){filters, in, t->dims[0], t->dims[1]}, 4, t->size);
    for (int f = 0; bytes && f < filters; f++)
        for (int c = 0; c < in; c++)
            for (int p = 0; p < places; p++, bytes += 4)
                mnn_floats_to_bytes(bytes, from + (p * in + c) * filters + f, 1);
}

/* --- operators -------------------------------------------------------------------------------------- */

static Onnx__NodeProto *begin(exporter *x, const char *type, const char *input)
{
    Onnx__NodeProto *o = mnn_onnx_node(&x->onnx, type);
    mnn_onnx_input(&x->onnx, o, input);
    return o;
}

/* The name of an operator is its layer's with that of its output, which no other has. */
static void end(exporter *x, Onnx__NodeProto *o, const mnn_node *node, const char *output)
{
    char name[320];
    snprintf(name, sizeof name, "%s/%s", node->layer, output);
    mnn_onnx_end(&x->onnx, o, name, output);
}

/* out = type(a, b), under a new name */
static void binary(exporter *x, const mnn_node *node, const char *type, const char *a, const char *b, char out[NAME])
{
    Onnx__NodeProto *o = begin(x, type, a);
    mnn_onnx_input(&x->onnx, o, b);
    new_name(x, out);
    end(x, o, node, out);
}

static void binary_number(exporter *x, const mnn_node *node, const char *type, const char *a, double b, char out[NAME])
{
    char number[NAME];
    add_number(x, b, number);
    binary(x, node, type, a, number, out);
}

static void unary(exporter *x, const mnn_node *node, const char *type, const char *in, char out[NAME])
{
    Onnx__NodeProto *o = begin(x, type, in);
    new_name(x, out);
    end(x, o, node, out);
}

/* --- layouts ---------------------------------------------------------------------------------------- */

static const mnn_node *node_at(const exporter *x, int i)
{
    return &x->model->nodes[i];
}

/* The name that a node's result has in a layout; flat values have only one. */
static char *name_in(exporter *x, int i, bool first)
{
    return first && node_at(x, i)->rank > 1 ? x->results[i].first : x->results[i].last;
}

static void transpose(exporter *x, int i, bool first)
{
    const int rank = node_at(x, i)->rank;
    char *to = name_in(x, i, first);
    int perm[AXES] = {0};
    for (int axis = 1; axis <= rank; axis++)
        perm[axis] = first ? (axis == 1 ? rank : axis - 1) : (axis == rank ? 1 : axis + 1);
    Onnx__NodeProto *o = begin(x, "Transpose", name_in(x, i, !first));
    mnn_onnx_ints(&x->onnx, o, "perm", perm, rank + 1);
    new_name(x, to);
    end(x, o, node_at(x, i), to);
}

/* A result in a layout, transposed when it has to be. */
static const char *need(exporter *x, int i, bool first)
{
    if (!*name_in(x, i, first))
        transpose(x, i, first);
    return name_in(x, i, first);
}

static const char *input_of(exporter *x, const mnn_node *node, bool first)
{
    return need(x, node->inputs[0], first);
}

/* Whether all inputs are there with channels first, or only so: what does not care keeps it. */
static bool is_first(exporter *x, const mnn_node *node)
{
    bool first = node->rank > 1;
    for (int i = 0; i < node->input_count; i++)
        first = first && *name_in(x, node->inputs[i], true);
    return first;
}

/* End the operator that makes the result of node i. */
static void make(exporter *x, int i, Onnx__NodeProto *o, bool first)
{
    char *name = name_in(x, i, first);
    new_name(x, name);
    end(x, o, node_at(x, i), name);
}

/* --- the operations --------------------------------------------------------------------------------- */

static void export_input(exporter *x, int i)
{
    const mnn_node *node = node_at(x, i);
    char scaled[NAME] = "input";
    if (x->model->scale != 1.0f)
        binary_number(x, node, "Mul", "input", (double)x->model->scale, scaled);
    strcpy(x->results[i].last, scaled);
    if (x->model->shift != 0.0f)
        binary_number(x, node, "Add", scaled, (double)x->model->shift, x->results[i].last);
}

static void add_bias(exporter *x, Onnx__NodeProto *o, const mnn_node *node)
{
    const mnn_tensor *bias = tensor_of(x, node, "bias");
    if (!bias)
        return;
    add_weights(x, bias);
    mnn_onnx_input(&x->onnx, o, bias->name);
}

static void export_dense(exporter *x, int i)
{
    const mnn_node *node = node_at(x, i);
    const mnn_tensor *kernel = tensor_of(x, node, "kernel");
    Onnx__NodeProto *o = begin(x, "Gemm", input_of(x, node, false));
    add_weights(x, kernel);
    mnn_onnx_input(&x->onnx, o, kernel->name);
    add_bias(x, o, node);
    make(x, i, o, false);
}

/* Above, left, below, right: padding "same" of Keras may add more below than above. */
static void add_pads(exporter *x, Onnx__NodeProto *o, const mnn_node *node)
{
    const mnn_node *in = node_at(x, node->inputs[0]);
    int pads[4];
    for (int d = 0; d < 2; d++) {
        const int dilation = node->dilation[d] ? node->dilation[d] : 1;
        const int span = (node->window[d] - 1) * dilation + 1;
        const int after = (node->dims[d] - 1) * node->strides[d] + span - in->dims[d] - node->pad[d];
        pads[d] = node->pad[d];
        pads[d + 2] = after > 0 ? after : 0;
    }
    mnn_onnx_ints(&x->onnx, o, "pads", pads, 4);
    mnn_onnx_ints(&x->onnx, o, "kernel_shape", node->window, 2);
    mnn_onnx_ints(&x->onnx, o, "strides", node->strides, 2);
}

static void export_convolution(exporter *x, int i)
{
    const mnn_node *node = node_at(x, i);
    const mnn_tensor *kernel = tensor_of(x, node, "kernel");
    Onnx__NodeProto *o = begin(x, "Conv", input_of(x, node, true));
    add_kernel(x, node, kernel);
    mnn_onnx_input(&x->onnx, o, kernel->name);
    add_bias(x, o, node);
    add_pads(x, o, node);
    mnn_onnx_ints(&x->onnx, o, "dilations", node->dilation, 2);
    mnn_onnx_int(&x->onnx, o, "group", node->op == MNN_OP_CONV2D ? node->groups : kernel->dims[2]);
    make(x, i, o, true);
}

static void export_pool(exporter *x, int i)
{
    const mnn_node *node = node_at(x, i);
    Onnx__NodeProto *o = begin(x, node->op == MNN_OP_MAXPOOL2D ? "MaxPool" : "AveragePool", input_of(x, node, true));
    add_pads(x, o, node);
    make(x, i, o, true);
}

static void export_global_pool(exporter *x, int i)
{
    const mnn_node *node = node_at(x, i);
    char mean[NAME];
    unary(x, node, "GlobalAveragePool", input_of(x, node, true), mean);
    Onnx__NodeProto *o = begin(x, "Flatten", mean);
    make(x, i, o, false);
}

/* x (1 + erf(x / sqrt(2))) / 2, or x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 */
static void export_gelu(exporter *x, const mnn_node *node, const char *in, char out[NAME])
{
    char a[NAME], b[NAME];
    if (node->a != 0) {
        binary(x, node, "Mul", in, in, a);
        binary(x, node, "Mul", a, in, b);
        binary_number(x, node, "Mul", b, 0.044715, a);
        binary(x, node, "Add", a, in, b);
        binary_number(x, node, "Mul", b, sqrt(2 / acos(-1)), a);
        unary(x, node, "Tanh", a, b);
    } else {
        binary_number(x, node, "Mul", in, sqrt(0.5), a);
        unary(x, node, "Erf", a, b);
    }
    binary_number(x, node, "Add", b, 1, a);
    binary(x, node, "Mul", a, in, b);
    binary_number(x, node, "Mul", b, 0.5, out);
}

static void export_activation(exporter *x, int i)
{
    static const char *const types[] = {
        [MNN_ACTIVATION_RELU] = "Relu", [MNN_ACTIVATION_LEAKY_RELU] = "LeakyRelu",
        [MNN_ACTIVATION_ELU] = "Elu",   [MNN_ACTIVATION_SIGMOID] = "Sigmoid",
        [MNN_ACTIVATION_TANH] = "Tanh", [MNN_ACTIVATION_SOFTMAX] = "Softmax",
        [MNN_ACTIVATION_GELU] = NULL,   [MNN_ACTIVATION_SILU] = NULL,
    };
    const mnn_node *node = node_at(x, i);
    const bool first = is_first(x, node);
    const char *in = input_of(x, node, first);
    char sigmoid[NAME];
    if (node->activation == MNN_ACTIVATION_LINEAR) {
        x->results[i] = x->results[node->inputs[0]];
    } else if (node->activation == MNN_ACTIVATION_GELU) {
        export_gelu(x, node, in, name_in(x, i, first));
    } else if (node->activation == MNN_ACTIVATION_SILU) {
        unary(x, node, "Sigmoid", in, sigmoid);
        binary(x, node, "Mul", in, sigmoid, name_in(x, i, first));
    } else {
        Onnx__NodeProto *o = begin(x, types[node->activation], in);
        if (node->activation == MNN_ACTIVATION_SOFTMAX)
            mnn_onnx_int(&x->onnx, o, "axis", first ? 1 : -1);
        else if (node->activation == MNN_ACTIVATION_LEAKY_RELU || node->activation == MNN_ACTIVATION_ELU)
            mnn_onnx_float(&x->onnx, o, "alpha", node->a);
        make(x, i, o, first);
    }
}

static void export_add(exporter *x, int i)
{
    const mnn_node *node = node_at(x, i);
    const bool first = is_first(x, node);
    for (int k = 0; k < node->input_count; k++) /* what transposes comes before the operator */
        need(x, node->inputs[k], first);
    Onnx__NodeProto *o = begin(x, "Sum", need(x, node->inputs[0], first));
    for (int k = 1; k < node->input_count; k++)
        mnn_onnx_input(&x->onnx, o, need(x, node->inputs[k], first));
    make(x, i, o, first);
}

/* gamma or beta, or what does nothing in its place */
static void add_factor(exporter *x, Onnx__NodeProto *o, const mnn_node *node, const char *role, float otherwise)
{
    const mnn_tensor *t = tensor_of(x, node, role);
    char name[NAME];
    if (t)
        add_weights(x, t);
    else
        add_filled(x, otherwise, node->dims[node->rank - 1], name);
    mnn_onnx_input(&x->onnx, o, t ? t->name : name);
}

static void export_normalisation(exporter *x, int i)
{
    const mnn_node *node = node_at(x, i);
    const bool batch = node->op == MNN_OP_BATCHNORM;
    Onnx__NodeProto *o = begin(x, batch ? "BatchNormalization" : "LayerNormalization", input_of(x, node, batch));
    add_factor(x, o, node, "gamma", 1);
    add_factor(x, o, node, "beta", 0);
    if (batch) {
        add_factor(x, o, node, "moving_mean", 0);
        add_factor(x, o, node, "moving_variance", 1);
    } else {
        mnn_onnx_int(&x->onnx, o, "axis", -1);
    }
    mnn_onnx_float(&x->onnx, o, "epsilon", node->epsilon);
    make(x, i, o, batch);
}

static void export_reshape(exporter *x, int i)
{
    const mnn_node *node = node_at(x, i);
    char shape[NAME];
    Onnx__NodeProto *o = begin(x, "Reshape", input_of(x, node, false));
    add_shape(x, node, shape);
    mnn_onnx_input(&x->onnx, o, shape);
    make(x, i, o, false);
}

static void export_node(exporter *x, int i)
{
    switch (node_at(x, i)->op) {
    case MNN_OP_INPUT:
        export_input(x, i);
        break;
    case MNN_OP_DENSE:
        export_dense(x, i);
        break;
    case MNN_OP_CONV2D:
    case MNN_OP_DEPTHWISE_CONV2D:
        export_convolution(x, i);
        break;
    case MNN_OP_MAXPOOL2D:
    case MNN_OP_AVGPOOL2D:
        export_pool(x, i);
        break;
    case MNN_OP_GLOBAL_AVGPOOL2D:
        export_global_pool(x, i);
        break;
    case MNN_OP_ACTIVATION:
        export_activation(x, i);
        break;
    case MNN_OP_ADD:
        export_add(x, i);
        break;
    case MNN_OP_BATCHNORM:
    case MNN_OP_LAYERNORM:
        export_normalisation(x, i);
        break;
    case MNN_OP_DROPOUT:
        x->results[i] = x->results[node_at(x, i)->inputs[0]];
        break;
    case MNN_OP_RESHAPE:
        export_reshape(x, i);
        break;
    }
}

/* --- the model -------------------------------------------------------------------------------------- */

/* What goes into the graph and comes out of it, and its name. */
static void add_ends(exporter *x, const mnn_node *first, const mnn_node *last)
{
    mnn_onnx *m = &x->onnx;
    Onnx__ValueInfoProto *input = mnn_onnx_value(m, "input", first->dims, first->rank);
    Onnx__ValueInfoProto *output = mnn_onnx_value(m, "output", last->dims, last->rank);
    if (m->failed)
        return;
    mnn_onnx_append(m, &m->graph->input, &m->graph->n_input, input);
    mnn_onnx_append(m, &m->graph->output, &m->graph->n_output, output);
    m->graph->name = mnn_onnx_text(m, x->model->name);
}

static void export_graph(exporter *x)
{
    const int last = x->model->node_count - 1;
    for (int i = 0; i <= last; i++)
        export_node(x, i);
    Onnx__NodeProto *o = begin(x, "Identity", need(x, last, false));
    end(x, o, node_at(x, last), "output");
    add_ends(x, node_at(x, 0), node_at(x, last));
}

/* The message around the graph. */
static void wrap(exporter *x, Onnx__ModelProto *model)
{
    mnn_onnx *m = &x->onnx;
    Onnx__OperatorSetIdProto *set = mnn_onnx_take(m, sizeof *set);
    Onnx__StringStringEntryProto *entry = mnn_onnx_take(m, sizeof *entry);
    onnx__model_proto__init(model);
    if (m->failed)
        return;
    onnx__operator_set_id_proto__init(set);
    set->has_version = true;
    set->version = OPERATOR_SET;
    onnx__string_string_entry_proto__init(entry);
    entry->key = mnn_onnx_text(m, "description");
    entry->value = mnn_onnx_text(m, x->model->description);
    model->has_ir_version = true;
    model->ir_version = IR_VERSION;
    model->producer_name = mnn_onnx_text(m, "mnn");
    model->producer_version = mnn_onnx_text(m, MNN_VERSION);
    model->graph = m->graph;
    mnn_onnx_append(m, &model->opset_import, &model->n_opset_import, set);
    mnn_onnx_append(m, &model->metadata_props, &model->n_metadata_props, entry);
}

mnn_status mnn_onnx_save(const mnn_model *model, const char *path, mnn_error *err)
{
    exporter x = {.model = model, .results = calloc((size_t)model->node_count, sizeof *x.results)};
    Onnx__ModelProto whole;
    if (!x.results)
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    mnn_onnx_begin(&x.onnx);
    export_graph(&x);
    wrap(&x, &whole);
    const mnn_status status = mnn_onnx_write(&x.onnx, &whole, path, err);
    mnn_onnx_free(&x.onnx);
    free(x.results);
    return status;
}
