/* See onnx_graph.h. Format: onnx.proto of https://github.com/onnx/onnx. */
#include "emit/onnx_graph.h"

#include <string.h>

#include "emit/ops.h"
#include "mnn/abi.h"

enum { IR_VERSION = 8, OPERATOR_SET = 17 };

/* --- messages ------------------------------------------------------------------------------------- */

/** A message with nothing in it. */
static void *new_message(onnx_graph *x, const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *message = arena_alloc(x->arena, type->sizeof_message);
    protobuf_c_message_init(type, message);
    return message;
}

/** protobuf-c does not change texts, but its members are not const. */
static char *own(onnx_graph *x, const char *name)
{
    return arena_strdup(x->arena, name);
}

/** Append to a list of pointers, which has room for a power of two. */
static void append(onnx_graph *x, void *list, size_t *count, void *item)
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

#define APPEND(x, message, list, item) append((x), &(message)->list, &(message)->n_##list, (item))

static char *new_name(onnx_graph *x)
{
    return arena_printf(x->arena, "t%d", x->made++);
}

/* --- nodes ---------------------------------------------------------------------------------------- */

Onnx__NodeProto *onnx_node(onnx_graph *x, const char *type, const char *input)
{
    Onnx__NodeProto *node = new_message(x, &onnx__node_proto__descriptor);
    node->op_type = own(x, type);
    if (input)
        onnx_input(x, node, input);
    return node;
}

void onnx_input(onnx_graph *x, Onnx__NodeProto *node, const char *name)
{
    APPEND(x, node, input, own(x, name));
}

static Onnx__AttributeProto *add_attribute(onnx_graph *x, Onnx__NodeProto *node, const char *name,
                                           Onnx__AttributeProto__AttributeType type)
{
    Onnx__AttributeProto *a = new_message(x, &onnx__attribute_proto__descriptor);
    a->name = own(x, name);
    a->has_type = true;
    a->type = type;
    APPEND(x, node, attribute, a);
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

void onnx_pair(onnx_graph *x, Onnx__NodeProto *node, const char *name, ir_pair pair)
{
    onnx_ints(x, node, name, (const int64_t[]){pair.h, pair.w}, 2);
}

static const char *end(onnx_graph *x, Onnx__NodeProto *node, const char *layer, const char *output)
{
    node->name = arena_printf(x->arena, "%s/%s", layer, output);
    APPEND(x, node, output, own(x, output));
    APPEND(x, x->message, node, node);
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

const char *onnx_binary(onnx_graph *x, const char *type, const char *a, const char *b)
{
    Onnx__NodeProto *node = onnx_node(x, type, a);
    onnx_input(x, node, b);
    return onnx_end(x, node, NULL);
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
    Onnx__TensorProto *t = new_message(x, &onnx__tensor_proto__descriptor);
    t->n_dims = (size_t)shape.rank;
    t->dims = arena_array(x->arena, t->n_dims, sizeof *t->dims);
    memcpy(t->dims, shape.dim, t->n_dims * sizeof *t->dims);
    t->has_data_type = true;
    t->data_type = type;
    t->name = name ? own(x, name) : new_name(x);
    t->has_raw_data = true;
    t->raw_data.len = size * (size_t)ir_elements(shape);
    t->raw_data.data = arena_alloc(x->arena, t->raw_data.len);
    APPEND(x, x->message, initializer, t);
    onnx_input(x, node, t->name);
    return t->raw_data.data;
}

void onnx_constant(onnx_graph *x, Onnx__NodeProto *node, const char *name, ir_shape shape, const float *values,
                   float filling)
{
    unsigned char *bytes = add_tensor(x, node, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, shape);
    const int64_t count = ir_elements(shape);
    for (int64_t i = 0; i < count; i++, bytes += 4)
        emit_put_float(bytes, values ? values[i] : filling);
}

void onnx_shape(onnx_graph *x, Onnx__NodeProto *node, ir_shape shape)
{
    unsigned char *bytes =
        add_tensor(x, node, NULL, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, (ir_shape){1, {shape.rank + 1}});
    emit_put_number(bytes, (uint64_t)-1, 8);
    for (int i = 0; i < shape.rank; i++)
        emit_put_number(bytes + 8 * (i + 1), (uint64_t)shape.dim[i], 8);
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

const char *onnx_value(onnx_graph *x, const ir_value *v, onnx_layout layout)
{
    const char **name = name_in(x, v, layout);
    const bool first = layout == ONNX_CHANNELS_FIRST;
    const int rank = v->shape.rank;
    int64_t axes[IR_MAX_RANK + 1] = {0};
    if (*name)
        return *name;
    for (int i = 1; i <= rank; i++)
        axes[i] = first ? (i == 1 ? rank : i - 1) : (i == rank ? 1 : i + 1);
    Onnx__NodeProto *node = onnx_node(x, "Transpose", *name_in(x, v, first ? ONNX_CHANNELS_LAST : ONNX_CHANNELS_FIRST));
    onnx_ints(x, node, "perm", axes, rank + 1);
    return *name = end(x, node, v->written_producer->layer, new_name(x));
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

/* --- the model ------------------------------------------------------------------------------------ */

onnx_graph onnx_graph_new(arena *a, const ir_program *p, float *const *weights)
{
    onnx_graph x = {.arena = a, .program = p, .weights = weights};
    x.names = arena_array(a, (size_t)p->graph->value_count, sizeof *x.names);
    x.message = new_message(&x, &onnx__graph_proto__descriptor);
    return x;
}

static void add_dimension(onnx_graph *x, Onnx__TensorShapeProto *shape, const char *name, int64_t value)
{
    Onnx__TensorShapeProto__Dimension *d = new_message(x, &onnx__tensor_shape_proto__dimension__descriptor);
    d->dim_param = name ? own(x, name) : NULL;
    d->has_dim_value = !name;
    d->dim_value = value;
    APPEND(x, shape, dim, d);
}

/** Floats [batch, dimensions]. */
static Onnx__ValueInfoProto *value_info(onnx_graph *x, const char *name, ir_shape dims)
{
    Onnx__ValueInfoProto *value = new_message(x, &onnx__value_info_proto__descriptor);
    value->name = own(x, name);
    value->type = new_message(x, &onnx__type_proto__descriptor);
    Onnx__TypeProto__Tensor *tensor = value->type->tensor_type = new_message(x, &onnx__type_proto__tensor__descriptor);
    tensor->has_elem_type = true;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = new_message(x, &onnx__tensor_shape_proto__descriptor);
    add_dimension(x, tensor->shape, "batch", 0);
    for (int i = 0; i < dims.rank; i++)
        add_dimension(x, tensor->shape, NULL, dims.dim[i]);
    return value;
}

/** The message around the graph. */
static Onnx__ModelProto *wrap(onnx_graph *x, const char *description)
{
    Onnx__ModelProto *model = new_message(x, &onnx__model_proto__descriptor);
    Onnx__OperatorSetIdProto *set = new_message(x, &onnx__operator_set_id_proto__descriptor);
    Onnx__StringStringEntryProto *entry = new_message(x, &onnx__string_string_entry_proto__descriptor);
    set->has_version = true;
    set->version = OPERATOR_SET;
    entry->key = own(x, "description");
    entry->value = own(x, description);
    model->has_ir_version = true;
    model->ir_version = IR_VERSION;
    model->producer_name = own(x, "mnn");
    model->producer_version = own(x, MNN_VERSION);
    model->graph = x->message;
    APPEND(x, model, opset_import, set);
    APPEND(x, model, metadata_props, entry);
    return model;
}

const char *onnx_pack(onnx_graph *x, const char *description, size_t *length)
{
    x->message->name = own(x, x->program->model_name);
    APPEND(x, x->message, input, value_info(x, "input", x->program->graph->input->output[0]->shape));
    APPEND(x, x->message, output, value_info(x, "output", x->op->output[0]->shape));
    const Onnx__ModelProto *model = wrap(x, description);
    *length = onnx__model_proto__get_packed_size(model);
    if (*length > INT32_MAX)
        return NULL;
    uint8_t *bytes = arena_alloc(x->arena, *length);
    onnx__model_proto__pack(model, bytes);
    return (const char *)bytes;
}
