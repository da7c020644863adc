/* The graph in the descriptor: the layers as written in the description, for programs that export themselves. */
#include "emit/ops.h"

static const char *const op_names[] = {
#define OP(id, ...) "MNN_OP_" #id,
#include "ir/ops.def"
#undef OP
};

static const char *const activation_names[] = {
#define ACTIVATION(id, ...) "MNN_ACTIVATION_" #id,
#include "lang/activations.def"
#undef ACTIVATION
};

static bool is_exported(const ir_op *op)
{
    return op->code != IR_LOSS && op->code != IR_PENALTY;
}

/** By the value's id: the number of the node that makes it; of a parameter or state, that in the descriptor's
 *  tensors. */
static const int *number_values(const emitter *e)
{
    const ir_graph *g = e->plan->program->graph;
    int *numbers = arena_array(e->plan->arena, (size_t)g->value_count, sizeof *numbers);
    int node = 0, tensor = 0;
    for (const ir_op *op = g->written; op; op = op->next)
        if (is_exported(op))
            numbers[op->output[0]->id] = node++;
    for (const plan_buffer *b = e->plan->buffers; b; b = b->next)
        if (b->array == PLAN_PARAMS || b->array == PLAN_STATE)
            numbers[b->value->id] = tensor++;
    return numbers;
}

static void add_pair(str *s, const char *name, ir_pair pair)
{
    str_printf(s, ", .%s = {%lld, %lld}", name, (long long)pair.h, (long long)pair.w);
}

static void add_window(str *s, const ir_op *op)
{
    const ir_attributes *a = &op->attr;
    add_pair(s, "window", a->window);
    add_pair(s, "strides", a->strides);
    if (ir_is_convolution(op))
        add_pair(s, "dilation", a->dilation);
    if (a->pad.h || a->pad.w)
        add_pair(s, "pad", a->pad);
    if (op->code == IR_CONV2D)
        str_printf(s, ", .groups = %lld", (long long)a->groups);
}

static void add_operands(emitter *e, str *s, const ir_op *op, const int *numbers)
{
    str tensors = str_new(e->plan->arena), inputs = str_new(e->plan->arena);
    int tensor_count = 0, input_count = 0;
    for (int i = 0; i < op->input_count; i++) {
        if (ir_is_kept(op->input[i]))
            str_printf(&tensors, "%s%d", tensor_count++ ? ", " : "", numbers[op->input[i]->id]);
        else
            str_printf(&inputs, "%s%d", input_count++ ? ", " : "", numbers[op->input[i]->id]);
    }
    if (input_count)
        str_printf(s, ", .input_count = %d, .inputs = {%s}", input_count, inputs.text);
    if (tensor_count)
        str_printf(s, ", .tensor_count = %d, .tensors = {%s}", tensor_count, tensors.text);
}

static void add_attributes(emitter *e, str *s, const ir_op *op)
{
    const ir_attributes *a = &op->attr;
    if (ir_is_convolution(op) || op->code == IR_MAXPOOL2D || op->code == IR_AVGPOOL2D)
        add_window(s, op);
    if (op->code == IR_BATCHNORM || op->code == IR_LAYERNORM)
        str_printf(s, ", .epsilon = %s", cw_f64(&e->w, a->epsilon));
    if (op->code == IR_ACTIVATION) {
        str_printf(s, ", .activation = %s", activation_names[a->activation.kind]);
        if (a->activation.a != 0)
            str_printf(s, ", .a = %s", cw_f64(&e->w, a->activation.a));
    }
}

void emit_graph(emitter *e)
{
    const int *numbers = number_values(e);
    cw_blank(&e->w);
    cw_open(&e->w, "static const mnn_node nodes[] =");
    for (const ir_op *op = e->plan->program->graph->written; op; op = op->next) {
        if (!is_exported(op))
            continue;
        const ir_shape shape = op->output[0]->shape;
        str s = str_new(e->plan->arena);
        str_printf(&s, "{.op = %s, .layer = %s", op_names[op->code], cw_str(&e->w, op->layer));
        add_operands(e, &s, op, numbers);
        str_printf(&s, ", .rank = %d, .dims = {", shape.rank);
        for (int i = 0; i < shape.rank; i++)
            str_printf(&s, "%s%lld", i ? ", " : "", (long long)shape.dim[i]);
        str_add_char(&s, '}');
        add_attributes(e, &s, op);
        cw_line(&e->w, "%s},", s.text);
    }
    cw_close(&e->w, ";");
}
