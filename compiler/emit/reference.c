/* The network as it was written, in plain loops and double precision, one sample at a time: what gradcheck
 * differentiates numerically. It shares nothing with the functions that train. */
#include "emit/ops.h"

#include <string.h>

static const char *reference_name(emitter *e, const ir_op *op)
{
    const char *inner = plan_name_suffix(op);
    return text(e, "%s%s%s_reference", plan_c_name(e->plan, op->layer), *inner ? "_" : "", inner);
}

/** The array that holds a value of one sample; views lie in their input's. */
static const char *array_of(emitter *e, const ir_value *v)
{
    const ir_op *op = e->plan->program->graph->written;
    while (op->output[0] != v)
        op = op->next;
    if (ir_is_view(op))
        return array_of(e, op->input[0]);
    return text(e, "%s_values", reference_name(e, op));
}

/** "weights + 784, " for a parameter that the operation has */
static const char *parameter(emitter *e, const ir_op *op, const char *role)
{
    const ir_value *v = ir_parameter(op, role);
    return v ? text(e, "weights + %lld, ", (long long)plan_buffer_of(e->plan, v)->offset) : "";
}

/** What is added to the loss: " + loss_penalty_reference(weights)" or nothing. */
static const char *penalty(emitter *e, const ir_op *loss)
{
    for (const ir_op *op = loss->next; op; op = op->next)
        if (op->code == IR_PENALTY)
            return text(e, " + %s(weights)", reference_name(e, op));
    return "";
}

static void emit_call(emitter *e, const ir_op *op)
{
    const char *name = reference_name(e, op);
    if (op->code == IR_INPUT) {
        cw_line(&e->w, "%s(batch, row, %s);", name, array_of(e, op->output[0]));
        return;
    }
    const char *in = array_of(e, op->input[0]);
    if (op->code == IR_LOSS)
        cw_line(&e->w, "return %s(%s, %s)%s;", name, in,
                ir_loss_target(op) ? array_of(e, ir_loss_target(op)) : label_of(e, op, "row"), penalty(e, op));
    else
        cw_line(&e->w, "%s(%s%s%s%s, %s);", name, op->code == IR_DROPOUT ? "batch, row, " : "",
                parameter(e, op, "kernel"), parameter(e, op, "bias"), in, array_of(e, op->output[0]));
}

void emit_reference_network(emitter *e)
{
    const ir_op *written = e->plan->program->graph->written;
    for (const ir_op *op = written; op; op = op->next)
        if (!ir_is_view(op))
            emit_ops[op->code].reference(e, op, reference_name(e, op));
    cw_blank(&e->w);
    cw_comment(&e->w, "The loss of one row of the batch, from any parameters.");
    cw_line(&e->w, "static double reference(const double *weights, const mnn_batch *batch, int row)");
    cw_body(&e->w);
    for (const ir_op *op = written; op; op = op->next)
        if (!ir_is_view(op) && op->code != IR_LOSS && op->code != IR_PENALTY)
            cw_line(&e->w, "static double %s[%lld];", array_of(e, op->output[0]),
                    (long long)ir_elements(op->output[0]->shape));
    for (const ir_op *op = written; op; op = op->next)
        if (!ir_is_view(op) && op->code != IR_PENALTY)
            emit_call(e, op);
    cw_close(&e->w, "");
}
