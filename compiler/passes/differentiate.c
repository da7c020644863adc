/* Reverse-mode differentiation of the graph: see differentiate() in passes.h. */
#include "passes/passes.h"

/** Whether a gradient must reach the value: it depends on a parameter. */
static bool needs_gradient(const ir_value *v)
{
    const ir_op *op = v->producer;
    for (int i = 0; i < op->input_count; i++)
        if (op->input[i]->kind == IR_VALUE_PARAMETER ||
            (op->input[i]->kind == IR_VALUE_ACTIVATION && needs_gradient(op->input[i])))
            return true;
    return false;
}

static ir_value *gradient_of(ir_graph *g, ir_value *v)
{
    const ir_value_kind kind = v->kind == IR_VALUE_PARAMETER ? IR_VALUE_PARAMETER_GRADIENT : IR_VALUE_GRADIENT;
    v->gradient = ir_value_new(g, kind, v->shape, "%s.gradient", v->name);
    return v->gradient;
}

/** What the backward operation reads besides the gradient of its output. */
static void add_memory(ir_op *back, const ir_op *op)
{
    for (int i = 0; i < op->input_count; i++)
        if (op->code == IR_DENSE || ir_is_convolution(op))
            ir_add_input(back, op->input[i]);
    if (op->code == IR_ACTIVATION)
        ir_add_input(back, ir_derivative_takes_input(op->attr.activation) ? op->input[0] : op->output[0]);
    if (op->code == IR_LOSS) /* prediction and what it is compared with */
        for (int i = 0; i < op->input_count; i++)
            ir_add_input(back, op->input[i]);
    ir_value *index = ir_output_of_kind(op, IR_VALUE_INDEX, 0);
    if (index)
        ir_add_input(back, index);
}

/** A penalty needs no operation of its own: whoever makes the gradient of a parameter adds what its regularizer
 *  says, and to the loss it is a constant. */
static void append_backward(ir_graph *g, ir_op *op)
{
    ir_value *x = op->input[0];
    ir_op *back = ir_append_bare(g, op->code, IR_BACKWARD, op->layer, op->at);
    back->attr = op->attr;
    back->forward = op;
    op->backward = back;
    if (op->code != IR_LOSS)
        ir_add_input(back, op->output[0]->gradient);
    add_memory(back, op);
    if (needs_gradient(x))
        ir_add_output(back, gradient_of(g, x));
    for (int i = 0; i < op->input_count; i++)
        if (op->input[i]->kind == IR_VALUE_PARAMETER)
            ir_add_output(back, gradient_of(g, op->input[i]));
}

bool differentiate(pass_context *cx)
{
    ir_graph *g = cx->program->graph;
    int count = 0;
    for (const ir_op *op = g->first; op; op = op->next)
        count++;
    ir_op **order = arena_array(cx->arena, (size_t)count, sizeof *order);
    int n = 0;
    for (ir_op *op = g->first; op; op = op->next)
        order[n++] = op;
    while (n-- > 0)
        if (order[n]->code != IR_INPUT && order[n]->code != IR_PENALTY && needs_gradient(order[n]->output[0]))
            append_backward(g, order[n]);
    return true;
}
