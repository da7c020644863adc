#include "exchange/onnx_message.h"

#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "base/report.h"

/* --- memory ----------------------------------------------------------------------------------------- */

typedef struct mnn_onnx_block {
    struct mnn_onnx_block *next;
    max_align_t data[];
} mnn_onnx_block;

void *mnn_onnx_take(mnn_onnx *m, size_t size)
{
    mnn_onnx_block *b = m->failed ? NULL : calloc(1, sizeof *b + size);
    if (!b) {
        m->failed = true;
        return NULL;
    }
    b->next = m->blocks;
    m->blocks = b;
    return b->data;
}

void mnn_onnx_free(mnn_onnx *m)
{
    while (m->blocks) {
        mnn_onnx_block *next = m->blocks->next;
        free(m->blocks);
        m->blocks = next;
    }
}

char *mnn_onnx_text(mnn_onnx *m, const char *text)
{
    char *copy = mnn_onnx_take(m, strlen(text) + 1);
    if (copy)
        strcpy(copy, text);
    return copy;
}

/* The lists are arrays of pointers; they have room for a power of two. */
void mnn_onnx_append(mnn_onnx *m, void *list, size_t *count, void *item)
{
    void **items;
    memcpy(&items, list, sizeof items);
    if (!item)
        return;
    if ((*count & (*count - 1)) == 0) {
        void **larger = mnn_onnx_take(m, 2 * (*count + 1) * sizeof *larger);
        if (!larger)
            return;
        if (*count)
            memcpy(larger, items, *count * sizeof *larger);
        memcpy(list, &larger, sizeof larger);
        items = larger;
    }
    items[(*count)++] = item;
}

/* A message with nothing in it. */
static void *new_message(mnn_onnx *m, const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *message = mnn_onnx_take(m, type->sizeof_message);
    if (message)
        protobuf_c_message_init(type, message);
    return message;
}

void mnn_onnx_begin(mnn_onnx *m)
{
    *m = (mnn_onnx){0};
    m->graph = new_message(m, &onnx__graph_proto__descriptor);
}

/* --- tensors ---------------------------------------------------------------------------------------- */

unsigned char *mnn_onnx_tensor(mnn_onnx *m, const char *name, int type, const int *dims, int rank, size_t size)
{
    Onnx__TensorProto *t = new_message(m, &onnx__tensor_proto__descriptor);
    int64_t *numbers = mnn_onnx_take(m, (size_t)rank * sizeof *numbers);
    unsigned char *data = mnn_onnx_take(m, size);
    char *copy = mnn_onnx_text(m, name);
    if (m->failed)
        return NULL;
    for (int i = 0; i < rank; i++)
        numbers[i] = dims[i];
    t->dims = numbers;
    t->n_dims = (size_t)rank;
    t->has_data_type = true;
    t->data_type = type;
    t->name = copy;
    t->has_raw_data = true;
    t->raw_data = (ProtobufCBinaryData){size, data};
    mnn_onnx_append(m, &m->graph->initializer, &m->graph->n_initializer, t);
    return data;
}

/* --- operators -------------------------------------------------------------------------------------- */

Onnx__NodeProto *mnn_onnx_node(mnn_onnx *m, const char *type)
{
    Onnx__NodeProto *node = new_message(m, &onnx__node_proto__descriptor);
    if (node)
        node->op_type = mnn_onnx_text(m, type);
    return node;
}

void mnn_onnx_input(mnn_onnx *m, Onnx__NodeProto *node, const char *name)
{
    if (node)
        mnn_onnx_append(m, &node->input, &node->n_input, mnn_onnx_text(m, name));
}

static Onnx__AttributeProto *add_attribute(mnn_onnx *m, Onnx__NodeProto *node, const char *name,
                                           Onnx__AttributeProto__AttributeType type)
{
    Onnx__AttributeProto *a = node ? new_message(m, &onnx__attribute_proto__descriptor) : NULL;
    if (!a)
        return NULL;
    a->name = mnn_onnx_text(m, name);
    a->has_type = true;
    a->type = type;
    mnn_onnx_append(m, &node->attribute, &node->n_attribute, a);
    return a;
}

void mnn_onnx_int(mnn_onnx *m, Onnx__NodeProto *node, const char *name, int64_t value)
{
    Onnx__AttributeProto *a = add_attribute(m, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    if (!a)
        return;
    a->has_i = true;
    a->i = value;
}

void mnn_onnx_float(mnn_onnx *m, Onnx__NodeProto *node, const char *name, double value)
{
    Onnx__AttributeProto *a = add_attribute(m, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    if (!a)
        return;
    a->has_f = true;
    a->f = (float)value;
}

void mnn_onnx_ints(mnn_onnx *m, Onnx__NodeProto *node, const char *name, const int *values, int count)
{
    Onnx__AttributeProto *a = add_attribute(m, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    int64_t *ints = mnn_onnx_take(m, (size_t)count * sizeof *ints);
    if (!a || !ints)
        return;
    for (int i = 0; i < count; i++)
        ints[i] = values[i];
    a->ints = ints;
    a->n_ints = (size_t)count;
}

void mnn_onnx_end(mnn_onnx *m, Onnx__NodeProto *node, const char *name, const char *output)
{
    if (!node)
        return;
    node->name = mnn_onnx_text(m, name);
    mnn_onnx_append(m, &node->output, &node->n_output, mnn_onnx_text(m, output));
    if (!m->failed)
        mnn_onnx_append(m, &m->graph->node, &m->graph->n_node, node);
}

/* --- values ----------------------------------------------------------------------------------------- */

static void add_dimension(mnn_onnx *m, Onnx__TensorShapeProto *shape, const char *name, int value)
{
    Onnx__TensorShapeProto__Dimension *d = new_message(m, &onnx__tensor_shape_proto__dimension__descriptor);
    if (!d)
        return;
    d->dim_param = name ? mnn_onnx_text(m, name) : NULL;
    d->has_dim_value = !name;
    d->dim_value = value;
    mnn_onnx_append(m, &shape->dim, &shape->n_dim, d);
}

Onnx__ValueInfoProto *mnn_onnx_value(mnn_onnx *m, const char *name, const int *dims, int rank)
{
    Onnx__ValueInfoProto *value = new_message(m, &onnx__value_info_proto__descriptor);
    Onnx__TypeProto *type = new_message(m, &onnx__type_proto__descriptor);
    Onnx__TypeProto__Tensor *tensor = new_message(m, &onnx__type_proto__tensor__descriptor);
    Onnx__TensorShapeProto *shape = new_message(m, &onnx__tensor_shape_proto__descriptor);
    if (m->failed)
        return NULL;
    add_dimension(m, shape, "batch", 0);
    for (int i = 0; i < rank; i++)
        add_dimension(m, shape, NULL, dims[i]);
    tensor->has_elem_type = true;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = shape;
    type->tensor_type = tensor;
    value->name = mnn_onnx_text(m, name);
    value->type = type;
    return value;
}

/* --- the file --------------------------------------------------------------------------------------- */

/* Where protobuf-c sends what it packs. */
typedef struct sink {
    ProtobufCBuffer base;
    mnn_atomic file;
    mnn_status status; /* of the first write that failed */
    mnn_error *err;
} sink;

static void append(ProtobufCBuffer *buffer, size_t size, const uint8_t *data)
{
    sink *s = (sink *)buffer;
    if (!s->status)
        s->status = mnn_atomic_write(&s->file, data, size, s->err);
}

mnn_status mnn_onnx_write(const mnn_onnx *m, const Onnx__ModelProto *model, const char *path, mnn_error *err)
{
    sink s = {.base = {append}, .err = err};
    if (m->failed)
        return mnn_fail_file(err, MNN_ENOMEM, path, "not enough memory for the ONNX model");
    const size_t size = onnx__model_proto__get_packed_size(model);
    if (size > INT32_MAX)
        return mnn_fail_file(err, MNN_ENOMEM, path,
                             "the model is too large for ONNX (got %zu bytes, expected less than 2 GiB)", size);
    const mnn_status status = mnn_atomic_begin(&s.file, path, err);
    if (status)
        return status;
    onnx__model_proto__pack_to_buffer(model, &s.base);
    if (!s.status)
        return mnn_atomic_commit(&s.file, err);
    mnn_atomic_abort(&s.file);
    return s.status;
}
