/* --emit=onnx: the network as written, for inference. Operators: docs/Operators.md of https://github.com/onnx/onnx. */
#include <math.h>

#include "emit/onnx_graph.h"
#include "lang/lang.h"

typedef void write_op(onnx_graph *x);

static void write_input(onnx_graph *x)
{
    const float scale = (float)x->program->data.scale, shift = (float)x->program->data.shift;
    const char *name = "input";
    if (scale != 1.0f)
        name = onnx_binary_scalar(x, "Mul", name, (double)scale);
    if (shift != 0.0f)
        name = onnx_binary_scalar(x, "Add", name, (double)shift);
    onnx_set_result(x, name, ONNX_CHANNELS_LAST);
}

static void write_dense(onnx_graph *x)
{
    Onnx__NodeProto *node = onnx_node(x, "Gemm", onnx_operand(x, 0, ONNX_CHANNELS_LAST));
    onnx_parameter(x, node, "kernel");
    onnx_parameter(x, node, "bias");
    onnx_result(x, node, ONNX_CHANNELS_LAST);
}

/** The window of a convolution or pooling. Padding is above, left, below, right; "same" of Keras may add more below
 *  than above. */
static void add_window(onnx_graph *x, Onnx__NodeProto *node)
{
    const ir_op *op = x->op;
    const ir_attributes *a = &op->attr;
    const int64_t *in = op->input[0]->shape.dim, *out = op->output[0]->shape.dim;
    const ir_pair spanned = ir_window_span(a);
    const int64_t below = (out[0] - 1) * a->strides.h + spanned.h - in[0] - a->pad.h;
    const int64_t right = (out[1] - 1) * a->strides.w + spanned.w - in[1] - a->pad.w;
    onnx_ints(x, node, "pads", (const int64_t[]){a->pad.h, a->pad.w, below > 0 ? below : 0, right > 0 ? right : 0}, 4);
    onnx_pair(x, node, "kernel_shape", a->window);
    onnx_pair(x, node, "strides", a->strides);
}

/** The kernel as ONNX has it: [filters, in_channels / groups, height, width]. A depthwise convolution has a group per
 *  channel: filter c * multiplier + m is ours of channel c. */
static void add_kernel(onnx_graph *x, Onnx__NodeProto *node, const ir_value *v, bool depthwise)
{
    const int64_t *dim = v->shape.dim, in = depthwise ? 1 : dim[2], filters = dim[2] * dim[3] / in;
    const int64_t taps = dim[0] * dim[1];
    const float *from = x->weights[v->id];
    float *kernel = arena_array(x->arena, (size_t)ir_elements(v->shape), sizeof *kernel), *to = kernel;
    for (int64_t f = 0; f < filters; f++)
        for (int64_t c = 0; c < in; c++)
            for (int64_t tap = 0; tap < taps; tap++)
                *to++ = from[(tap * in + c) * filters + f];
    onnx_constant(x, node, v->name, (ir_shape){4, {filters, in, dim[0], dim[1]}}, kernel, 0);
}

static void write_convolution(onnx_graph *x)
{
    const ir_op *op = x->op;
    const ir_value *kernel = ir_parameter(op, "kernel");
    const bool depthwise = op->code == IR_DEPTHWISE_CONV2D;
    Onnx__NodeProto *node = onnx_node(x, "Conv", onnx_operand(x, 0, ONNX_CHANNELS_FIRST));
    add_kernel(x, node, kernel, depthwise);
    onnx_parameter(x, node, "bias");
    add_window(x, node);
    onnx_pair(x, node, "dilations", op->attr.dilation);
    onnx_int(x, node, "group", depthwise ? kernel->shape.dim[2] : op->attr.groups);
    onnx_result(x, node, ONNX_CHANNELS_FIRST);
}

static void write_pool(onnx_graph *x)
{
    const ir_op *op = x->op;
    const char *type = op->code == IR_MAXPOOL2D ? "MaxPool" : "AveragePool";
    Onnx__NodeProto *node = onnx_node(x, type, onnx_operand(x, 0, ONNX_CHANNELS_FIRST));
    add_window(x, node);
    onnx_result(x, node, ONNX_CHANNELS_FIRST);
}

static void write_global_avgpool2d(onnx_graph *x)
{
    const char *mean = onnx_unary(x, "GlobalAveragePool", onnx_operand(x, 0, ONNX_CHANNELS_FIRST));
    onnx_result(x, onnx_node(x, "Flatten", mean), ONNX_CHANNELS_LAST);
}

static void write_activation(onnx_graph *x)
{
    const ir_activation f = x->op->attr.activation;
    const char *type = ir_activation_onnx(f.kind);
    const onnx_layout layout = onnx_any_layout(x);
    if (f.kind == LANG_ACTIVATION_LINEAR) {
        onnx_forward(x);
        return;
    }
    const char *in = onnx_operand(x, 0, layout);
    if (!*type) {
        onnx_set_result(x, onnx_formula(x, f.formula->value, in), layout);
        return;
    }
    Onnx__NodeProto *node = onnx_node(x, type, in);
    if (!f.formula)
        onnx_int(x, node, "axis", layout == ONNX_CHANNELS_FIRST ? 1 : -1);
    else if (lang_activations.entries[f.kind].params->name)
        onnx_float(x, node, "alpha", f.a);
    onnx_result(x, node, layout);
}

static void write_add(onnx_graph *x)
{
    const ir_op *op = x->op;
    const onnx_layout layout = onnx_any_layout(x);
    for (int i = 0; i < op->input_count; i++) /* a Transpose precedes the operator */
        onnx_operand(x, i, layout);
    Onnx__NodeProto *node = onnx_node(x, "Sum", onnx_operand(x, 0, layout));
    for (int i = 1; i < op->input_count; i++)
        onnx_input(x, node, onnx_operand(x, i, layout));
    onnx_result(x, node, layout);
}

/** A vector per channel; one without effect if the layer does not have it. */
static void add_factor(onnx_graph *x, Onnx__NodeProto *node, const char *role, float otherwise)
{
    const ir_shape out = x->op->output[0]->shape;
    if (!onnx_parameter(x, node, role))
        onnx_constant(x, node, NULL, (ir_shape){1, {out.dim[out.rank - 1]}}, NULL, otherwise);
}

static void write_batchnorm(onnx_graph *x)
{
    const ir_op *op = x->op;
    Onnx__NodeProto *node = onnx_node(x, "BatchNormalization", onnx_operand(x, 0, ONNX_CHANNELS_FIRST));
    add_factor(x, node, "gamma", 1);
    add_factor(x, node, "beta", 0);
    onnx_parameter(x, node, "moving_mean");
    onnx_parameter(x, node, "moving_variance");
    onnx_float(x, node, "epsilon", op->attr.epsilon);
    onnx_result(x, node, ONNX_CHANNELS_FIRST);
}

static void write_layernorm(onnx_graph *x)
{
    const ir_op *op = x->op;
    Onnx__NodeProto *node = onnx_node(x, "LayerNormalization", onnx_operand(x, 0, ONNX_CHANNELS_LAST));
    add_factor(x, node, "gamma", 1);
    add_factor(x, node, "beta", 0);
    onnx_int(x, node, "axis", -1);
    onnx_float(x, node, "epsilon", op->attr.epsilon);
    onnx_result(x, node, ONNX_CHANNELS_LAST);
}

static void write_dropout(onnx_graph *x)
{
    onnx_forward(x);
}

static void write_reshape(onnx_graph *x)
{
    const ir_op *op = x->op;
    Onnx__NodeProto *node = onnx_node(x, "Reshape", onnx_operand(x, 0, ONNX_CHANNELS_LAST));
    onnx_shape(x, node, op->output[0]->shape);
    onnx_result(x, node, ONNX_CHANNELS_LAST);
}

/** NULL: part of training only. */
static write_op *const write_ops[IR_OPCODE_COUNT] = {
    [IR_INPUT] = write_input,
    [IR_DENSE] = write_dense,
    [IR_CONV2D] = write_convolution,
    [IR_DEPTHWISE_CONV2D] = write_convolution,
    [IR_MAXPOOL2D] = write_pool,
    [IR_AVGPOOL2D] = write_pool,
    [IR_GLOBAL_AVGPOOL2D] = write_global_avgpool2d,
    [IR_ACTIVATION] = write_activation,
    [IR_ADD] = write_add,
    [IR_BATCHNORM] = write_batchnorm,
    [IR_LAYERNORM] = write_layernorm,
    [IR_DROPOUT] = write_dropout,
    [IR_FLATTEN] = write_reshape,
    [IR_RESHAPE] = write_reshape,
};

const char *emit_onnx(const plan *p, const emit_options *options, float *const *weights, size_t *length)
{
    onnx_graph x = onnx_graph_new(p->arena, p->program, weights);
    for (const ir_op *op = p->program->graph->written; op; op = op->next)
        if (write_ops[op->code]) {
            x.op = op;
            write_ops[op->code](&x);
        }
    onnx_end(&x, onnx_node(&x, "Identity", onnx_value(&x, x.op->output[0], ONNX_CHANNELS_LAST)), "output");
    return onnx_pack(&x, options->description, length);
}
