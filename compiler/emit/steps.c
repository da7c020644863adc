/* The table of steps that the runtime walks: every function of the program, in the order of a training step. */
#include "emit/functions.h"

#include <string.h>

/** "MNN_BARRIER | MNN_NEIGHBOURS", or "0" */
static const char *flags_of(emitter *e, const bool *set)
{
    static const char *const names[] = {"MNN_BARRIER", "MNN_NEIGHBOURS", "MNN_TRAINING", "MNN_INFERENCE",
                                        "MNN_BY_SHARD"};
    str s = str_new(e->plan->arena);
    str_add(&s, "");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (set[i])
            str_printf(&s, "%s%s", *s.text ? " | " : "", names[i]);
    return *s.text ? s.text : "0";
}

enum { ROW_COLUMNS = 112 };

/** A row: the function and its tensors, on a line of their own if it is long. */
static void emit_call(emitter *e, const char *call, const char *rest)
{
    if (strlen(call) + strlen(rest) <= ROW_COLUMNS) {
        cw_line(&e->w, "{%s, %s", call, rest);
        return;
    }
    cw_line(&e->w, "{%s,", call);
    cw_line(&e->w, "    %s", rest);
}

static void emit_row(emitter *e, const plan_step *s, function_use use, bool barrier, bool training, bool inference)
{
    const bool flags[] = {barrier, s->neighbours, training, inference, s->by_shard};
    const char *phase = ir_is_row_loss(s->op)                 ? "MNN_LOSS"
                        : s->part == PLAN_BACKWARD_PARAMETERS ? "MNN_GRADIENTS"
                        : s->op->direction == IR_FORWARD      ? "MNN_FORWARD"
                                                              : "MNN_BACKWARD";
    const char *over = s->cut == PLAN_ROWS            ? "MNN_ROWS, BATCH"
                       : s->part == PLAN_PENALTY_SUMS ? emit_text(e, "MNN_PARAMETERS, %lld", (long long)s->width)
                       : s->cut == PLAN_COLUMNS       ? emit_text(e, "MNN_COLUMNS, %lld", (long long)s->width)
                                                      : "MNN_WHOLE, 1";
    const char *rest = emit_text(e, "%s, %s, %s, %lld, %lld, %d, %s, %lld},", cw_str(&e->w, s->op->layer), phase, over,
                                 (long long)s->piece, (long long)s->most, s->first_worker, flags_of(e, flags),
                                 (long long)plan_step_flops(s));
    emit_call(e, emit_call_of(e, s, use), rest);
}

static void emit_state_rows(emitter *e)
{
    int nth = 0;
    for (const plan_step *s = e->plan->steps; s; s = s->next) {
        const char *call = emit_call_of(e, s, FUNCTION_STATE);
        if (call)
            emit_call(e, call,
                      emit_text(e, "%s, MNN_STATE, MNN_WHOLE, 1, 1, 1, %d, 0, 0},", cw_str(&e->w, s->op->layer),
                                nth++ % PLAN_MAX_WORKERS));
    }
}

static void emit_update_rows(emitter *e)
{
    const plan *p = e->plan;
    const bool by_tensor = p->program->train.optimizer.clipnorm > 0;
    const long long norms = (long long)p->norm_pieces;
    const char *pieces = by_tensor ? emit_text(e, "%lld, 1, %lld", norms, norms)
                                   : emit_text(e, "PARAM_COUNT, %d, PARAM_COUNT", PLAN_UPDATE_PIECE);
    if (norms)
        cw_line(&e->w, "{MNN_STEP(gradient_squares), \"\", MNN_NORMS, MNN_PARAMETERS, %s, 0, MNN_NEIGHBOURS, 0},",
                by_tensor ? pieces : emit_text(e, "PARAM_COUNT, %d, %d", MNN_NORM_PIECE, MNN_NORM_PIECE));
    cw_line(&e->w, "{MNN_STEP(update), \"\", MNN_UPDATE, MNN_PARAMETERS, %s, 0, %sMNN_NEIGHBOURS, 0},", pieces,
            norms ? "MNN_BARRIER | " : "");
}

void emit_steps(emitter *e)
{
    const char *section = NULL;
    emit_section(e, "the steps of training and inference");
    cw_blank(&e->w);
    cw_comment(&e->w, "the function and its tensors; layer, phase, the dimension that is divided, its size,\n"
                      "elements per piece and per call, first worker, flags, flops per sample");
    cw_open(&e->w, "static const mnn_step steps[] =");
    for (const plan_step *s = e->plan->steps; s; s = s->next) {
        const bool predicts = emit_predicts(e, s);
        if (section && strcmp(section, emit_section_of(e, s)) != 0)
            cw_comment(&e->w, "%s", emit_section_of(e, s));
        section = emit_section_of(e, s);
        emit_row(e, s, FUNCTION_STEP, s->barrier, predicts || (s->op->direction == IR_FORWARD && !plan_predicts(s)),
                 false);
        if (predicts)
            emit_row(e, s, FUNCTION_PREDICTION, false, false, true);
    }
    emit_state_rows(e);
    emit_update_rows(e);
    cw_close(&e->w, ";");
}

/** Whether a step writes a gradient: of the steps of an operation that has one for its parameters, only that. */
static bool writes_gradient(const plan *p, const plan_step *s, const plan_buffer *gradient)
{
    if (s->op->direction != IR_BACKWARD)
        return false;
    for (int i = 0; i < s->op->output_count; i++) {
        const ir_value *v = s->op->output[i];
        const bool apart = v->kind == IR_VALUE_PARAMETER_GRADIENT && !ir_couples_rows(s->op);
        if (plan_buffer_of(p, v) == gradient && (!apart || s->part == PLAN_BACKWARD_PARAMETERS))
            return true;
    }
    return false;
}

/** The row after which the gradient of a parameter is complete: of the last step that writes it. */
static int gradient_row(const emitter *e, const plan_buffer *parameter)
{
    const plan_buffer *gradient = plan_buffer_of(e->plan, parameter->value->gradient);
    int row = 0, last = -1;
    for (const plan_step *s = e->plan->steps; s; s = s->next) {
        if (writes_gradient(e->plan, s, gradient))
            last = row;
        row += emit_predicts(e, s) ? 2 : 1;
    }
    return last < 0 ? row - 1 : last;
}

void emit_gradient_steps(emitter *e)
{
    str rows = str_new(e->plan->arena);
    for (const plan_buffer *b = e->plan->buffers; b; b = b->next)
        if (b->array == PLAN_PARAMS || b->array == PLAN_STATE)
            str_printf(&rows, "%s%d", rows.length ? ", " : "", b->array == PLAN_PARAMS ? gradient_row(e, b) : 0);
    cw_blank(&e->w);
    cw_comment(&e->w, "the rows of steps after which the gradients of the tensors are complete");
    cw_line(&e->w, "static const int gradient_steps[] = {%s};", rows.text);
}
