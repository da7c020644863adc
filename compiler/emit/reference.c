/* The reference network: as written in the description, in plain loops and double precision, differentiated
 * numerically by gradcheck. It shares no code with the training functions. Each operation processes one sample,
 * except operations that couple the rows of a batch. */
#include "emit/ops.h"

#include <string.h>

static const char *reference_name(emitter *e, const ir_op *op)
{
    const char *inner = plan_name_suffix(op);
    return text(e, "%s%s%s_reference", plan_c_name(e->plan, op->layer), *inner ? "_" : "", inner);
}

static bool couples_rows(const emitter *e)
{
    return e->plan->reference_rows > 1;
}

/** The array that holds a value, of one sample or of all; views lie in their input's. */
static const char *array_of(emitter *e, const ir_value *v)
{
    while (ir_is_view(v->written_producer))
        v = v->written_producer->input[0];
    return text(e, "%s_values", reference_name(e, v->written_producer));
}

/** The start of a value of this row, or of the first row, for ops that couple the rows of a batch. */
static const char *place_of(emitter *e, const ir_op *reader, const ir_value *v)
{
    const char *array = array_of(e, v);
    return couples_rows(e) && !ir_couples_rows(reader)
               ? text(e, "%s + row * %lld", array, (long long)ir_elements(v->shape))
               : array;
}

/** "weights + 784, weights + 800, in, out": parameters, inputs and the output. */
static const char *operands(emitter *e, const ir_op *op)
{
    const ir_value *target = op->code == IR_LOSS ? ir_loss_target(op) : NULL;
    str s = str_new(e->plan->arena);
    str_add(&s, "");
    for (int i = 0; i < op->input_count; i++)
        if (op->input[i]->kind == IR_VALUE_PARAMETER)
            str_printf(&s, "weights + %lld, ", (long long)plan_buffer_of(e->plan, op->input[i])->offset);
    for (int i = 0; i < op->input_count; i++)
        if (op->input[i]->kind == IR_VALUE_ACTIVATION && op->input[i] != target)
            str_printf(&s, "%s, ", place_of(e, op, op->input[i]));
    if (target)
        str_add(&s, place_of(e, op, target));
    else if (op->code == IR_LOSS)
        str_add(&s, label_of(e, op, "row"));
    else
        str_add(&s, place_of(e, op, op->output[0]));
    return s.text;
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
    const char *before = "";
    if (op->code != IR_LOSS && ir_has(op->code, IR_NEEDS_BATCH))
        before = "batch, row, ";
    else if (ir_couples_rows(op))
        before = "batch->rows, ";
    cw_line(&e->w, "%s%s(%s%s)%s;", op->code == IR_LOSS ? "result[row] = " : "", reference_name(e, op), before,
            operands(e, op), op->code == IR_LOSS ? penalty(e, op) : "");
}

/** The calls, each row for itself as far as no operation couples them. */
static void emit_calls(emitter *e)
{
    bool in_loop = false;
    for (const ir_op *op = e->plan->program->graph->written; op; op = op->next) {
        if (ir_is_view(op) || op->code == IR_PENALTY)
            continue;
        if (in_loop && ir_couples_rows(op))
            cw_close(&e->w, "");
        else if (!in_loop && !ir_couples_rows(op))
            cw_open(&e->w, "for (int row = 0; row < batch->rows; row++)");
        in_loop = !ir_couples_rows(op);
        emit_call(e, op);
    }
    cw_close(&e->w, ""); /* the loss is of one row */
}

void emit_reference_network(emitter *e)
{
    const ir_op *written = e->plan->program->graph->written;
    const char *rows = couples_rows(e) ? "MNN_REFERENCE_ROWS * " : "";
    emit_section(e, "double-precision reference for gradcheck");
    for (const ir_op *op = written; op; op = op->next)
        if (!ir_is_view(op))
            emit_ops[op->code].reference(e, op, reference_name(e, op));
    cw_blank(&e->w);
    cw_comment(&e->w, "The loss of every row of the batch, for the given parameters.");
    cw_line(&e->w, "static void reference(const double *weights, const mnn_batch *batch, double *result)");
    cw_body(&e->w);
    for (const ir_op *op = written; op; op = op->next)
        if (!ir_is_view(op) && !ir_is_row_loss(op))
            cw_line(&e->w, "static double %s[%s%lld];", array_of(e, op->output[0]), rows,
                    (long long)ir_elements(op->output[0]->shape));
    emit_calls(e);
    cw_close(&e->w, "");
}
