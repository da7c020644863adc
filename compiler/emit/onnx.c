/* --emit=onnx: the network as written, for inference. Format and operators: https://github.com/onnx/onnx. */
#include "layers/onnx.h"
#include "emit/emit.h"
#include "mnn/abi.h"

enum { IR_VERSION = 8, OPERATOR_SET = 17 };

static void add_dimension(onnx_graph *x, Onnx__TensorShapeProto *shape, const char *name, int64_t value)
{
    Onnx__TensorShapeProto__Dimension *d = onnx_message(x, &onnx__tensor_shape_proto__dimension__descriptor);
    d->dim_param = name ? onnx_text(x, name) : NULL;
    d->has_dim_value = !name;
    d->dim_value = value;
    ONNX_APPEND(x, shape, dim, d);
}

/** Floats [batch, dimensions]. */
static Onnx__ValueInfoProto *value_info(onnx_graph *x, const char *name, ir_shape dims)
{
    Onnx__ValueInfoProto *value = onnx_message(x, &onnx__value_info_proto__descriptor);
    value->name = onnx_text(x, name);
    value->type = onnx_message(x, &onnx__type_proto__descriptor);
    Onnx__TypeProto__Tensor *tensor = value->type->tensor_type = onnx_message(x, &onnx__type_proto__tensor__descriptor);
    tensor->has_elem_type = true;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = onnx_message(x, &onnx__tensor_shape_proto__descriptor);
    add_dimension(x, tensor->shape, "batch", 0);
    for (int i = 0; i < dims.rank; i++)
        add_dimension(x, tensor->shape, NULL, dims.dim[i]);
    return value;
}

/** The message around the graph. */
static Onnx__ModelProto *wrap(onnx_graph *x, const char *description)
{
    Onnx__ModelProto *model = onnx_message(x, &onnx__model_proto__descriptor);
    Onnx__OperatorSetIdProto *set = onnx_message(x, &onnx__operator_set_id_proto__descriptor);
    Onnx__StringStringEntryProto *entry = onnx_message(x, &onnx__string_string_entry_proto__descriptor);
    set->has_version = true;
    set->version = OPERATOR_SET;
    entry->key = onnx_text(x, "description");
    entry->value = onnx_text(x, description);
    model->has_ir_version = true;
    model->ir_version = IR_VERSION;
    model->producer_name = onnx_text(x, "mnn");
    model->producer_version = onnx_text(x, MNN_VERSION);
    model->graph = x->message;
    ONNX_APPEND(x, model, opset_import, set);
    ONNX_APPEND(x, model, metadata_props, entry);
    return model;
}

static void add_operators(onnx_graph *x)
{
    for (const ir_op *op = x->program->graph->written; op; op = op->next)
        if (layer_of(op)->onnx) {
            x->op = op;
            layer_of(op)->onnx(x);
        }
    onnx_end(x, onnx_node(x, "Identity", onnx_value(x, x->op->output[0], ONNX_CHANNELS_LAST)), "output");
}

const char *emit_onnx(const plan *p, const emit_options *options, float *const *weights, size_t *length)
{
    const ir_graph *g = p->program->graph;
    onnx_graph x = {.arena = p->arena, .program = p->program, .weights = weights};
    x.names = arena_array(p->arena, (size_t)g->value_count, sizeof *x.names);
    x.message = onnx_message(&x, &onnx__graph_proto__descriptor);
    x.message->name = onnx_text(&x, p->program->model_name);
    add_operators(&x);
    ONNX_APPEND(&x, x.message, input, value_info(&x, "input", g->input->output[0]->shape));
    ONNX_APPEND(&x, x.message, output, value_info(&x, "output", x.op->output[0]->shape));
    const Onnx__ModelProto *model = wrap(&x, options->description);
    *length = onnx__model_proto__get_packed_size(model);
    if (*length > INT32_MAX)
        return NULL;
    uint8_t *bytes = arena_alloc(p->arena, *length);
    onnx__model_proto__pack(model, bytes);
    return (const char *)bytes;
}
