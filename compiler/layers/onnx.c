/* See onnx.h. Format: onnx.proto of https://github.com/onnx/onnx. */
#include "layers/onnx.h"

#include <string.h>

#include "layers/shape.h"
#include "support/bytes.h"

/* --- messages ------------------------------------------------------------------------------------- */

void *onnx_message(onnx_graph *x, const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *message = arena_alloc(x->arena, type->sizeof_message);
    protobuf_c_message_init(type, message);
    return message;
}

char *onnx_text(onnx_graph *x, const char *text)
{
    return arena_strdup(x->arena, text);
}

/** A list has space for a power of two. */
void onnx_append(onnx_graph *x, void *list, size_t *count, void *item)
{
    void **items;
    memcpy(&items, list, sizeof items);
    if ((*count & (*count - 1)) == 0) {
        void **larger = arena_array(x->arena, 2 * (*count + 1), sizeof *larger);
        if (*count)
            memcpy(larger, items, *count * sizeof *larger);
        memcpy(list, &larger, sizeof larger);
        items = larger;
    }
    items[(*count)++] = item;
}

static char *new_name(onnx_graph *x)
{
    return arena_printf(x->arena, "t%d", x->made++);
}

/* --- nodes ---------------------------------------------------------------------------------------- */

Onnx__NodeProto *onnx_node(onnx_graph *x, const char *type, const char *input)
{
    Onnx__NodeProto *node = onnx_message(x, &onnx__node_proto__descriptor);
    node->op_type = onnx_text(x, type);
    if (input)
        onnx_input(x, node, input);
    return node;
}

void onnx_input(onnx_graph *x, Onnx__NodeProto *node, const char *name)
{
    ONNX_APPEND(x, node, input, onnx_text(x, name));
}

static Onnx__AttributeProto *add_attribute(onnx_graph *x, Onnx__NodeProto *node, const char *name,
                                           Onnx__AttributeProto__AttributeType type)
{
    Onnx__AttributeProto *a = onnx_message(x, &onnx__attribute_proto__descriptor);
    a->name = onnx_text(x, name);
    a->has_type = true;
    a->type = type;
    ONNX_APPEND(x, node, attribute, a);
    return a;
}

void onnx_int(onnx_graph *x, Onnx__NodeProto *node, const char *name, int64_t value)
{
    Onnx__AttributeProto *a = add_attribute(x, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    a->has_i = true;
    a->i = value;
}

void onnx_float(onnx_graph *x, Onnx__NodeProto *node, const char *name, double value)
{
    Onnx__AttributeProto *a = add_attribute(x, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    a->has_f = true;
    a->f = (float)value;
}

void onnx_ints(onnx_graph *x, Onnx__NodeProto *node, const char *name, const int64_t *values, int count)
{
    Onnx__AttributeProto *a = add_attribute(x, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    a->n_ints = (size_t)count;
    a->ints = arena_array(x->arena, a->n_ints, sizeof *a->ints);
    memcpy(a->ints, values, a->n_ints * sizeof *a->ints);
}

void onnx_string(onnx_graph *x, Onnx__NodeProto *node, const char *name, const char *value)
{
    Onnx__AttributeProto *a = add_attribute(x, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    a->has_s = true;
    a->s.data = (uint8_t *)onnx_text(x, value);
    a->s.len = strlen(value);
}

void onnx_strings(onnx_graph *x, Onnx__NodeProto *node, const char *name, const char *const *values, int count)
{
    Onnx__AttributeProto *a = add_attribute(x, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS);
    a->n_strings = (size_t)count;
    a->strings = arena_array(x->arena, a->n_strings, sizeof *a->strings);
    for (int i = 0; i < count; i++) {
        a->strings[i].data = (uint8_t *)onnx_text(x, values[i]);
        a->strings[i].len = strlen(values[i]);
    }
}

/** A value along the one or two dimensions in which a window slides. */
static void add_pair(onnx_graph *x, Onnx__NodeProto *node, const char *name, ir_pair pair)
{
    onnx_ints(x, node, name, (const int64_t[]){pair.h, pair.w}, x->op->output[0]->shape.rank - 1);
}

static const char *end(onnx_graph *x, Onnx__NodeProto *node, const char *layer, const char *output)
{
    node->name = arena_printf(x->arena, "%s/%s", layer, output);
    ONNX_APPEND(x, node, output, onnx_text(x, output));
    ONNX_APPEND(x, x->message, node, node);
    return output;
}

const char *onnx_end(onnx_graph *x, Onnx__NodeProto *node, const char *output)
{
    return end(x, node, x->op->layer, output ? output : new_name(x));
}

const char *onnx_unary(onnx_graph *x, const char *type, const char *a)
{
    return onnx_end(x, onnx_node(x, type, a), NULL);
}

const char *onnx_binary_scalar(onnx_graph *x, const char *type, const char *a, double b)
{
    Onnx__NodeProto *node = onnx_node(x, type, a);
    onnx_constant(x, node, NULL, (ir_shape){0}, NULL, (float)b);
    return onnx_end(x, node, NULL);
}

/* --- constants ------------------------------------------------------------------------------------ */

/** An input of constants; integers have 8 bytes, floats 4.
 *  @return where its bytes go */
static unsigned char *add_tensor(onnx_graph *x, Onnx__NodeProto *node, const char *name,
                                 Onnx__TensorProto__DataType type, ir_shape shape)
{
    const size_t size = type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT ? 4 : 8;
    Onnx__TensorProto *t = onnx_message(x, &onnx__tensor_proto__descriptor);
    t->n_dims = (size_t)shape.rank;
    t->dims = arena_array(x->arena, t->n_dims, sizeof *t->dims);
    memcpy(t->dims, shape.dim, t->n_dims * sizeof *t->dims);
    t->has_data_type = true;
    t->data_type = (int32_t)type;
    t->name = name ? onnx_text(x, name) : new_name(x);
    t->has_raw_data = true;
    t->raw_data.len = size * (size_t)ir_elements(shape);
    t->raw_data.data = arena_alloc(x->arena, t->raw_data.len);
    ONNX_APPEND(x, x->message, initializer, t);
    onnx_input(x, node, t->name);
    return t->raw_data.data;
}

void onnx_constant(onnx_graph *x, Onnx__NodeProto *node, const char *name, ir_shape shape, const float *values,
                   float filling)
{
    unsigned char *bytes = add_tensor(x, node, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, shape);
    const int64_t count = ir_elements(shape);
    for (int64_t i = 0; i < count; i++, bytes += 4)
        bytes_put_float(bytes, values ? values[i] : filling);
}

void onnx_integers(onnx_graph *x, Onnx__NodeProto *node, const int64_t *values, int count)
{
    unsigned char *bytes = add_tensor(x, node, NULL, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, (ir_shape){1, {count}});
    for (int i = 0; i < count; i++)
        bytes_put_number(bytes + 8 * i, (uint64_t)values[i], 8);
}

bool onnx_parameter(onnx_graph *x, Onnx__NodeProto *node, const char *role)
{
    const ir_value *v = ir_parameter(x->op, role);
    if (v)
        onnx_constant(x, node, v->name, v->shape, x->weights[v->id], 0);
    return v != NULL;
}

/* --- values --------------------------------------------------------------------------------------- */

static const char **name_in(onnx_graph *x, const ir_value *v, onnx_layout layout)
{
    return &x->names[v->id][v->shape.rank > 1 ? layout : ONNX_CHANNELS_LAST];
}

/** Append the operator that brings a value into a layout from the other one.
 *  @return its name there */
static const char *transpose(onnx_graph *x, const ir_value *v, onnx_layout layout)
{
    const bool first = layout == ONNX_CHANNELS_FIRST;
    const int rank = v->shape.rank;
    int64_t axes[IR_MAX_RANK + 1] = {0};
    for (int i = 1; i <= rank; i++)
        axes[i] = first ? (i == 1 ? rank : i - 1) : (i == rank ? 1 : i + 1);
    Onnx__NodeProto *node = onnx_node(x, "Transpose", *name_in(x, v, first ? ONNX_CHANNELS_LAST : ONNX_CHANNELS_FIRST));
    onnx_ints(x, node, "perm", axes, rank + 1);
    return end(x, node, v->written_producer->layer, new_name(x));
}

const char *onnx_value(onnx_graph *x, const ir_value *v, onnx_layout layout)
{
    const char **name = name_in(x, v, layout);
    if (!*name)
        *name = transpose(x, v, layout);
    return *name;
}

const char *onnx_operand(onnx_graph *x, int nth, onnx_layout layout)
{
    return onnx_value(x, ir_input_of_kind(x->op, IR_VALUE_ACTIVATION, nth), layout);
}

onnx_layout onnx_any_layout(const onnx_graph *x)
{
    const ir_value *v;
    for (int i = 0; (v = ir_input_of_kind(x->op, IR_VALUE_ACTIVATION, i)) != NULL; i++)
        if (!x->names[v->id][ONNX_CHANNELS_FIRST])
            return ONNX_CHANNELS_LAST;
    return ONNX_CHANNELS_FIRST;
}

void onnx_set_result(onnx_graph *x, const char *name, onnx_layout layout)
{
    *name_in(x, x->op->output[0], layout) = name;
}

void onnx_result(onnx_graph *x, Onnx__NodeProto *node, onnx_layout layout)
{
    onnx_set_result(x, onnx_end(x, node, NULL), layout);
}

void onnx_forward(onnx_graph *x)
{
    memcpy(x->names[x->op->output[0]->id], x->names[x->op->input[0]->id], sizeof *x->names);
}

/* --- arguments of several layers ------------------------------------------------------------------ */

/** The window of a convolution or pooling. Padding is above, left, below, right, or left, right; "same" of Keras may
 * add more below than above. */
static void add_window(onnx_graph *x, Onnx__NodeProto *node)
{
    const ir_op *op = x->op;
    const ir_attributes *a = &op->attr;
    const int64_t *in = op->input[0]->shape.dim, *out = op->output[0]->shape.dim;
    const ir_pair spanned = ir_window_span(a);
    const int64_t below = (out[0] - 1) * a->strides.h + spanned.h - in[0] - a->pad.h;
    const int64_t right = (out[1] - 1) * a->strides.w + spanned.w - in[1] - a->pad.w;
    const int64_t pads[] = {a->pad.h, a->pad.w, below > 0 ? below : 0, right > 0 ? right : 0};
    if (op->output[0]->shape.rank == 3)
        onnx_ints(x, node, "pads", pads, 4);
    else
        onnx_ints(x, node, "pads", (const int64_t[]){pads[0], pads[2]}, 2);
    add_pair(x, node, "kernel_shape", a->window);
    add_pair(x, node, "strides", a->strides);
}

/** The kernel as ONNX has it: [filters, in_channels / groups, height, width]. In a depthwise convolution every channel
 * is a group: filter c * multiplier + m is ours of channel c.
 *  @param in  channels per group */
static void add_kernel(onnx_graph *x, Onnx__NodeProto *node, const ir_value *v, int64_t in)
{
    const int last = v->shape.rank - 1;
    const int64_t *dim = v->shape.dim, filters = dim[last - 1] * dim[last] / in;
    const int64_t taps = ir_elements(v->shape) / (filters * in);
    const float *from = x->weights[v->id];
    float *kernel = arena_array(x->arena, (size_t)ir_elements(v->shape), sizeof *kernel), *to = kernel;
    for (int64_t f = 0; f < filters; f++)
        for (int64_t c = 0; c < in; c++)
            for (int64_t tap = 0; tap < taps; tap++)
                *to++ = from[(tap * in + c) * filters + f];
    ir_shape shape = {v->shape.rank, {filters, in, dim[0], dim[1]}};
    onnx_constant(x, node, v->name, shape, kernel, 0);
}

void onnx_convolution(onnx_graph *x)
{
    const int64_t channels = shape_channels(x->op).dim[0], groups = x->op->attr.groups ? x->op->attr.groups : channels;
    Onnx__NodeProto *node = onnx_node(x, "Conv", onnx_operand(x, 0, ONNX_CHANNELS_FIRST));
    add_kernel(x, node, ir_parameter(x->op, "kernel"), channels / groups);
    onnx_parameter(x, node, "bias");
    add_window(x, node);
    add_pair(x, node, "dilations", x->op->attr.dilation);
    onnx_int(x, node, "group", groups);
    onnx_result(x, node, ONNX_CHANNELS_FIRST);
}

/** One side of a transposed convolution: what is cut off before and after, and elements that the kernel does not reach.
 */
static void find_ends(int64_t out, int64_t in, int64_t window, int64_t stride, int64_t pad, int64_t ends[3])
{
    const int64_t after = (in - 1) * stride + window - pad - out;
    ends[0] = pad;
    ends[1] = after > 0 ? after : 0;
    ends[2] = after < 0 ? -after : 0;
}

void onnx_transposed(onnx_graph *x)
{
    const ir_attributes *a = &x->op->attr;
    const ir_shape in = x->op->input[0]->shape, out = x->op->output[0]->shape;
    const bool is_image = in.rank == 3;
    const ir_value *kernel = ir_parameter(x->op, "kernel");
    const int64_t filters = a->filters, channels = in.dim[in.rank - 1], taps = a->window.h * a->window.w;
    float *weights = arena_array(x->arena, (size_t)ir_elements(kernel->shape), sizeof *weights), *to = weights;
    for (int64_t c = 0; c < channels; c++)
        for (int64_t k = 0; k < filters; k++)
            for (int64_t tap = 0; tap < taps; tap++)
                *to++ = x->weights[kernel->id][(tap * filters + k) * channels + c];
    int64_t h[3], w[3] = {0};
    find_ends(out.dim[0], in.dim[0], a->window.h, a->strides.h, a->pad.h, h);
    if (is_image)
        find_ends(out.dim[1], in.dim[1], a->window.w, a->strides.w, a->pad.w, w);
    Onnx__NodeProto *node = onnx_node(x, "ConvTranspose", onnx_operand(x, 0, ONNX_CHANNELS_FIRST));
    onnx_constant(x, node, kernel->name, (ir_shape){kernel->shape.rank, {channels, filters, a->window.h, a->window.w}},
                  weights, 0);
    onnx_parameter(x, node, "bias");
    onnx_ints(x, node, "pads", is_image ? (const int64_t[]){h[0], w[0], h[1], w[1]} : (const int64_t[]){h[0], h[1]},
              2 * (in.rank - 1));
    onnx_ints(x, node, "output_padding", (const int64_t[]){h[2], w[2]}, in.rank - 1);
    add_pair(x, node, "kernel_shape", a->window);
    add_pair(x, node, "strides", a->strides);
    onnx_result(x, node, ONNX_CHANNELS_FIRST);
}

void onnx_pool(onnx_graph *x, const char *type)
{
    Onnx__NodeProto *node = onnx_node(x, type, onnx_operand(x, 0, ONNX_CHANNELS_FIRST));
    add_window(x, node);
    onnx_result(x, node, ONNX_CHANNELS_FIRST);
}

void onnx_global_pool(onnx_graph *x, const char *type)
{
    const char *pooled = onnx_unary(x, type, onnx_operand(x, 0, ONNX_CHANNELS_FIRST));
    onnx_result(x, onnx_node(x, "Flatten", pooled), ONNX_CHANNELS_LAST);
}

void onnx_pad(onnx_graph *x, const int64_t *pads, int border)
{
    static const char *const modes[] = {"constant", "edge", "reflect"};
    Onnx__NodeProto *node = onnx_node(x, "Pad", onnx_operand(x, 0, ONNX_CHANNELS_FIRST));
    onnx_integers(x, node, pads, 2 * (x->op->output[0]->shape.rank + 1));
    onnx_string(x, node, "mode", modes[border]);
    onnx_result(x, node, ONNX_CHANNELS_FIRST);
}

void onnx_crop(onnx_graph *x, const int64_t *margin)
{
    const ir_shape out = x->op->output[0]->shape;
    int64_t first[IR_MAX_RANK], end[IR_MAX_RANK], axis[IR_MAX_RANK];
    for (int d = 0; d < out.rank - 1; d++) {
        first[d] = margin[2 * d];
        end[d] = first[d] + out.dim[d];
        axis[d] = 1 + d;
    }
    Onnx__NodeProto *node = onnx_node(x, "Slice", onnx_operand(x, 0, ONNX_CHANNELS_LAST));
    onnx_integers(x, node, first, out.rank - 1);
    onnx_integers(x, node, end, out.rank - 1);
    onnx_integers(x, node, axis, out.rank - 1);
    onnx_result(x, node, ONNX_CHANNELS_LAST);
}

/** A vector per channel; one without effect if the layer does not have it. */
static void add_factor(onnx_graph *x, Onnx__NodeProto *node, const char *role, float otherwise)
{
    const ir_shape out = x->op->output[0]->shape;
    if (!onnx_parameter(x, node, role))
        onnx_constant(x, node, NULL, (ir_shape){1, {out.dim[out.rank - 1]}}, NULL, otherwise);
}

void onnx_gamma_and_beta(onnx_graph *x, Onnx__NodeProto *node)
{
    add_factor(x, node, "gamma", 1);
    add_factor(x, node, "beta", 0);
}

void onnx_reshape(onnx_graph *x)
{
    Onnx__NodeProto *node = onnx_node(x, "Reshape", onnx_operand(x, 0, ONNX_CHANNELS_LAST));
    const ir_shape shape = x->op->output[0]->shape;
    int64_t dims[IR_MAX_RANK + 1] = {-1};
    memcpy(dims + 1, shape.dim, sizeof shape.dim);
    onnx_integers(x, node, dims, shape.rank + 1);
    onnx_result(x, node, ONNX_CHANNELS_LAST);
}
