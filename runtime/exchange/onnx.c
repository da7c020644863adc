/* Format: onnx.proto of https://github.com/onnx/onnx, operators of its docs/Operators.md. */
#include "exchange/onnx.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/protobuf.h"
#include "io/file.h"
#include "io/report.h"
#include "io/tensor_bytes.h"

enum { IR_VERSION = 8, OPERATOR_SET = 17 };

/* Fields of the messages, by their numbers in onnx.proto. */
enum {
    MODEL_IR_VERSION = 1,
    MODEL_PRODUCER = 2,
    MODEL_PRODUCER_VERSION = 3,
    MODEL_GRAPH = 7,
    MODEL_OPERATOR_SET = 8,
    MODEL_METADATA = 14,
    OPERATOR_SET_VERSION = 2,
    ENTRY_KEY = 1,
    ENTRY_VALUE = 2,
    GRAPH_NODE = 1,
    GRAPH_NAME = 2,
    GRAPH_INITIALIZER = 5,
    GRAPH_INPUT = 11,
    GRAPH_OUTPUT = 12,
    NODE_INPUT = 1,
    NODE_OUTPUT = 2,
    NODE_NAME = 3,
    NODE_TYPE = 4,
    NODE_ATTRIBUTE = 5,
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_FLOAT = 2,
    ATTRIBUTE_INT = 3,
    ATTRIBUTE_INTS = 8,
    ATTRIBUTE_TYPE = 20,
    TENSOR_DIMS = 1,
    TENSOR_DATA_TYPE = 2,
    TENSOR_NAME = 8,
    TENSOR_RAW_DATA = 9,
    VALUE_NAME = 1,
    VALUE_TYPE = 2,
    TYPE_TENSOR = 1,
    TENSOR_TYPE_ELEMENT = 1,
    TENSOR_TYPE_SHAPE = 2,
    SHAPE_DIM = 1,
    DIM_VALUE = 1,
    DIM_PARAM = 2
};

/* Kinds of numbers, and of attributes. */
enum { FLOAT = 1, INT64 = 7, FLOAT_ATTRIBUTE = 1, INT_ATTRIBUTE = 2, INTS_ATTRIBUTE = 7 };

enum { NAME = 24, AXES = MNN_MAX_NODE_RANK + 1 };

/* The names of a node's result in both layouts; empty where it is not there yet. */
typedef struct result {
    char last[NAME];  /* channels last, as in the description */
    char first[NAME]; /* channels first */
} result;

typedef struct exporter {
    const mnn_model *model;
    mnn_pb graph;
    result *results; /* [node_count] */
    int made;        /* names that have been given to other values */
} exporter;

/* --- constants -------------------------------------------------------------------------------------- */

static mnn_pb begin_tensor(const char *name, int type, const int *dims, int rank)
{
    mnn_pb t = {0};
    for (int i = 0; i < rank; i++)
        mnn_pb_int(&t, TENSOR_DIMS, dims[i]);
    mnn_pb_int(&t, TENSOR_DATA_TYPE, type);
    mnn_pb_text(&t, TENSOR_NAME, name);
    return t;
}

static void add_floats(exporter *x, const char *name, const int *dims, int rank, const float *values, int count)
{
    mnn_pb t = begin_tensor(name, FLOAT, dims, rank);
    unsigned char *bytes = mnn_pb_bytes(&t, TENSOR_RAW_DATA, 4 * (size_t)count);
    if (bytes)
        mnn_floats_to_bytes(bytes, values, (size_t)count);
    mnn_pb_message(&x->graph, GRAPH_INITIALIZER, &t);
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
    mnn_pb t = begin_tensor(name, FLOAT, &count, 1);
    unsigned char *bytes = mnn_pb_bytes(&t, TENSOR_RAW_DATA, 4 * (size_t)count);
    for (int i = 0; bytes && i < count; i++)
        mnn_floats_to_bytes(bytes + 4 * (size_t)i, &value, 1);
    mnn_pb_message(&x->graph, GRAPH_INITIALIZER, &t);
}

/* (batch, dims ...) for Reshape. */
static void add_shape(exporter *x, const mnn_node *node, char name[NAME])
{
    const int count = node->rank + 1;
    new_name(x, name);
    mnn_pb t = begin_tensor(name, INT64, &count, 1);
    unsigned char *bytes = mnn_pb_bytes(&t, TENSOR_RAW_DATA, 8 * (size_t)count);
    for (int i = 0; bytes && i < count; i++)
        for (int k = 0; k < 8; k++)
            bytes[8 * i + k] = (unsigned char)((uint64_t)(i == 0 ? -1 : node->dims[i - 1]) >> (8 * k) & 255);
    mnn_pb_message(&x->graph, GRAPH_INITIALIZER, &t);
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
    mnn_pb message = begin_tensor(t->name, FLOAT, (const int[]){filters, in, t->dims[0], t->dims[1]}, 4);
    unsigned char *bytes = mnn_pb_bytes(&message, TENSOR_RAW_DATA, 4 * (size_t)t->size);
    for (int f = 0; bytes && f < filters; f++)
        for (int c = 0; c < in; c++)
            for (int p = 0; p < places; p++, bytes += 4)
                mnn_floats_to_bytes(bytes, from + (p * in + c) * filters + f, 1);
    mnn_pb_message(&x->graph, GRAPH_INITIALIZER, &message);
}

/* --- operators -------------------------------------------------------------------------------------- */

static mnn_pb begin(const char *type, const char *input)
{
    mnn_pb o = {0};
    mnn_pb_text(&o, NODE_TYPE, type);
    mnn_pb_text(&o, NODE_INPUT, input);
    return o;
}

static void add_int(mnn_pb *o, const char *name, int64_t value)
{
    mnn_pb a = {0};
    mnn_pb_text(&a, ATTRIBUTE_NAME, name);
    mnn_pb_int(&a, ATTRIBUTE_TYPE, INT_ATTRIBUTE);
    mnn_pb_int(&a, ATTRIBUTE_INT, value);
    mnn_pb_message(o, NODE_ATTRIBUTE, &a);
}

static void add_float(mnn_pb *o, const char *name, double value)
{
    mnn_pb a = {0};
    mnn_pb_text(&a, ATTRIBUTE_NAME, name);
    mnn_pb_int(&a, ATTRIBUTE_TYPE, FLOAT_ATTRIBUTE);
    mnn_pb_float(&a, ATTRIBUTE_FLOAT, (float)value);
    mnn_pb_message(o, NODE_ATTRIBUTE, &a);
}

static void add_ints(mnn_pb *o, const char *name, const int *values, int count)
{
    mnn_pb a = {0};
    mnn_pb_text(&a, ATTRIBUTE_NAME, name);
    mnn_pb_int(&a, ATTRIBUTE_TYPE, INTS_ATTRIBUTE);
    for (int i = 0; i < count; i++)
        mnn_pb_int(&a, ATTRIBUTE_INTS, values[i]);
    mnn_pb_message(o, NODE_ATTRIBUTE, &a);
}

/* The name of an operator is its layer's with that of its output, which no other has. */
static void end(exporter *x, mnn_pb *o, const mnn_node *node, const char *output)
{
    char name[320];
    snprintf(name, sizeof name, "%s/%s", node->layer, output);
    mnn_pb_text(o, NODE_NAME, name);
    mnn_pb_text(o, NODE_OUTPUT, output);
    mnn_pb_message(&x->graph, GRAPH_NODE, o);
}

/* out = type(a, b), under a new name */
static void binary(exporter *x, const mnn_node *node, const char *type, const char *a, const char *b, char out[NAME])
{
    mnn_pb o = begin(type, a);
    mnn_pb_text(&o, NODE_INPUT, b);
    new_name(x, out);
    end(x, &o, node, out);
}

static void binary_number(exporter *x, const mnn_node *node, const char *type, const char *a, double b, char out[NAME])
{
    char number[NAME];
    add_number(x, b, number);
    binary(x, node, type, a, number, out);
}

static void unary(exporter *x, const mnn_node *node, const char *type, const char *in, char out[NAME])
{
    mnn_pb o = begin(type, in);
    new_name(x, out);
    end(x, &o, node, out);
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
    mnn_pb o = begin("Transpose", name_in(x, i, !first));
    add_ints(&o, "perm", perm, rank + 1);
    new_name(x, to);
    end(x, &o, node_at(x, i), to);
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
static void make(exporter *x, int i, mnn_pb *o, bool first)
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

static void add_bias(exporter *x, mnn_pb *o, const mnn_node *node)
{
    const mnn_tensor *bias = tensor_of(x, node, "bias");
    if (!bias)
        return;
    add_weights(x, bias);
    mnn_pb_text(o, NODE_INPUT, bias->name);
}

static void export_dense(exporter *x, int i)
{
    const mnn_node *node = node_at(x, i);
    const mnn_tensor *kernel = tensor_of(x, node, "kernel");
    mnn_pb o = begin("Gemm", input_of(x, node, false));
    add_weights(x, kernel);
    mnn_pb_text(&o, NODE_INPUT, kernel->name);
    add_bias(x, &o, node);
    make(x, i, &o, false);
}

/* Above, left, below, right: padding "same" of Keras may add more below than above. */
static void add_pads(const exporter *x, mnn_pb *o, const mnn_node *node)
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
    add_ints(o, "pads", pads, 4);
    add_ints(o, "kernel_shape", node->window, 2);
    add_ints(o, "strides", node->strides, 2);
}

static void export_convolution(exporter *x, int i)
{
    const mnn_node *node = node_at(x, i);
    const mnn_tensor *kernel = tensor_of(x, node, "kernel");
    mnn_pb o = begin("Conv", input_of(x, node, true));
    add_kernel(x, node, kernel);
    mnn_pb_text(&o, NODE_INPUT, kernel->name);
    add_bias(x, &o, node);
    add_pads(x, &o, node);
    add_ints(&o, "dilations", node->dilation, 2);
    add_int(&o, "group", node->op == MNN_OP_CONV2D ? node->groups : kernel->dims[2]);
    make(x, i, &o, true);
}

static void export_pool(exporter *x, int i)
{
    const mnn_node *node = node_at(x, i);
    mnn_pb o = begin(node->op == MNN_OP_MAXPOOL2D ? "MaxPool" : "AveragePool", input_of(x, node, true));
    add_pads(x, &o, node);
    make(x, i, &o, true);
}

static void export_global_pool(exporter *x, int i)
{
    const mnn_node *node = node_at(x, i);
    char mean[NAME];
    unary(x, node, "GlobalAveragePool", input_of(x, node, true), mean);
    mnn_pb o = begin("Flatten", mean);
    make(x, i, &o, false);
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
        mnn_pb o = begin(types[node->activation], in);
        if (node->activation == MNN_ACTIVATION_SOFTMAX)
            add_int(&o, "axis", first ? 1 : -1);
        else if (node->activation == MNN_ACTIVATION_LEAKY_RELU || node->activation == MNN_ACTIVATION_ELU)
            add_float(&o, "alpha", node->a);
        make(x, i, &o, first);
    }
}

static void export_add(exporter *x, int i)
{
    const mnn_node *node = node_at(x, i);
    const bool first = is_first(x, node);
    for (int k = 0; k < node->input_count; k++) /* what transposes comes before the operator */
        need(x, node->inputs[k], first);
    mnn_pb o = begin("Sum", need(x, node->inputs[0], first));
    for (int k = 1; k < node->input_count; k++)
        mnn_pb_text(&o, NODE_INPUT, need(x, node->inputs[k], first));
    make(x, i, &o, first);
}

/* gamma or beta, or what does nothing in its place */
static void add_factor(exporter *x, mnn_pb *o, const mnn_node *node, const char *role, float otherwise)
{
    const mnn_tensor *t = tensor_of(x, node, role);
    char name[NAME];
    if (t)
        add_weights(x, t);
    else
        add_filled(x, otherwise, node->dims[node->rank - 1], name);
    mnn_pb_text(o, NODE_INPUT, t ? t->name : name);
}

static void export_normalisation(exporter *x, int i)
{
    const mnn_node *node = node_at(x, i);
    const bool batch = node->op == MNN_OP_BATCHNORM;
    mnn_pb o = begin(batch ? "BatchNormalization" : "LayerNormalization", input_of(x, node, batch));
    add_factor(x, &o, node, "gamma", 1);
    add_factor(x, &o, node, "beta", 0);
    if (batch) {
        add_factor(x, &o, node, "moving_mean", 0);
        add_factor(x, &o, node, "moving_variance", 1);
    } else {
        add_int(&o, "axis", -1);
    }
    add_float(&o, "epsilon", node->epsilon);
    make(x, i, &o, batch);
}

static void export_reshape(exporter *x, int i)
{
    const mnn_node *node = node_at(x, i);
    char shape[NAME];
    mnn_pb o = begin("Reshape", input_of(x, node, false));
    add_shape(x, node, shape);
    mnn_pb_text(&o, NODE_INPUT, shape);
    make(x, i, &o, false);
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

/* Floats [batch, dims]. */
static void add_value(exporter *x, unsigned field, const char *name, const mnn_node *node)
{
    mnn_pb value = {0}, type = {0}, tensor = {0}, shape = {0}, batch = {0};
    mnn_pb_text(&batch, DIM_PARAM, "batch");
    mnn_pb_message(&shape, SHAPE_DIM, &batch);
    for (int i = 0; i < node->rank; i++) {
        mnn_pb dim = {0};
        mnn_pb_int(&dim, DIM_VALUE, node->dims[i]);
        mnn_pb_message(&shape, SHAPE_DIM, &dim);
    }
    mnn_pb_int(&tensor, TENSOR_TYPE_ELEMENT, FLOAT);
    mnn_pb_message(&tensor, TENSOR_TYPE_SHAPE, &shape);
    mnn_pb_message(&type, TYPE_TENSOR, &tensor);
    mnn_pb_text(&value, VALUE_NAME, name);
    mnn_pb_message(&value, VALUE_TYPE, &type);
    mnn_pb_message(&x->graph, field, &value);
}

static void export_graph(exporter *x)
{
    const int last = x->model->node_count - 1;
    mnn_pb_text(&x->graph, GRAPH_NAME, x->model->name);
    for (int i = 0; i <= last; i++)
        export_node(x, i);
    mnn_pb o = begin("Identity", need(x, last, false));
    end(x, &o, node_at(x, last), "output");
    add_value(x, GRAPH_INPUT, "input", node_at(x, 0));
    add_value(x, GRAPH_OUTPUT, "output", node_at(x, last));
}

static void add_entry(mnn_pb *model, const char *key, const char *value)
{
    mnn_pb entry = {0};
    mnn_pb_text(&entry, ENTRY_KEY, key);
    mnn_pb_text(&entry, ENTRY_VALUE, value);
    mnn_pb_message(model, MODEL_METADATA, &entry);
}

/* Takes the graph. */
static mnn_pb wrap(exporter *x)
{
    mnn_pb model = {0}, set = {0};
    mnn_pb_int(&model, MODEL_IR_VERSION, IR_VERSION);
    mnn_pb_text(&model, MODEL_PRODUCER, "mnn");
    mnn_pb_text(&model, MODEL_PRODUCER_VERSION, MNN_VERSION);
    mnn_pb_message(&model, MODEL_GRAPH, &x->graph);
    mnn_pb_int(&set, OPERATOR_SET_VERSION, OPERATOR_SET);
    mnn_pb_message(&model, MODEL_OPERATOR_SET, &set);
    add_entry(&model, "description", x->model->description);
    return model;
}

static mnn_status write_file(const char *path, const mnn_pb *m, mnn_error *err)
{
    mnn_atomic file;
    if (m->failed)
        return mnn_fail_file(err, MNN_ENOMEM, path, "not enough memory for the ONNX model");
    if (m->size > INT32_MAX)
        return mnn_fail_file(err, MNN_ENOMEM, path,
                             "the model is too large for ONNX (got %zu bytes, expected less than 2 GiB)", m->size);
    mnn_status status = mnn_atomic_begin(&file, path, err);
    if (status)
        return status;
    status = mnn_atomic_write(&file, m->data, m->size, err);
    if (!status)
        return mnn_atomic_commit(&file, err);
    mnn_atomic_abort(&file);
    return status;
}

mnn_status mnn_onnx_save(const mnn_model *model, const char *path, mnn_error *err)
{
    exporter x = {.model = model, .results = calloc((size_t)model->node_count, sizeof *x.results)};
    if (!x.results)
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    export_graph(&x);
    free(x.results);
    mnn_pb whole = wrap(&x);
    const mnn_status status = write_file(path, &whole, err);
    mnn_pb_free(&whole);
    return status;
}
