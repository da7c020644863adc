/* mnnc --profile: laps between the functions of a training step, and the table of the functions. */
#include "emit/ops.h"

/** The places of a worker's laps before the first function (MNN_LAP_FIRST), and numbers in a cache line. */
enum { FIRST_LAP = 3, CACHE_LINE = 8 };

static int step_count(const emitter *e)
{
    int count = 0;
    for (const plan_step *s = e->plan->steps; s; s = s->next)
        count++;
    return count;
}

/** 2 times the elements of a dense layer's kernel: one product, one sample. */
static int64_t dense_product(const ir_op *op)
{
    return 2 * ir_elements(ir_parameter(op->forward, "kernel")->shape);
}

/** What of its operation's arithmetic a function does, for one sample. */
static int64_t step_flops(const plan_step *s)
{
    const ir_op *op = s->op;
    const bool has_backward = op->direction == IR_BACKWARD && ir_output_of_kind(op, IR_VALUE_GRADIENT, 0);
    if (s->kernel == PLAN_SUM) /* of partial sums: no work of a sample */
        return 0;
    if (op->code == IR_DENSE && has_backward)
        return s->part == PLAN_BACKWARD ? dense_product(op) : op->flops - dense_product(op);
    if (!ir_couples_rows(op))
        return op->flops;
    const int64_t n = ir_elements(op->direction == IR_FORWARD ? op->output[0]->shape : op->forward->output[0]->shape);
    const int64_t sums = op->direction == IR_FORWARD ? 4 * n : 6 * n; /* as passes/cost.c counts them */
    const bool makes_sums = s->part == PLAN_FORWARD_SUMS || s->part == PLAN_BACKWARD_SUMS;
    return makes_sums ? sums : op->flops - sums;
}

void emit_profile_storage(emitter *e)
{
    if (!e->options->profile)
        return;
    const int laps = FIRST_LAP + step_count(e) + 1;
    cw_blank(&e->w);
    cw_comment(&e->w, "Nanoseconds per worker and function (--profile).");
    cw_line(&e->w, "static _Alignas(64) uint64_t laps[MAX_WORKERS][%d];",
            (laps + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
}

void emit_profile_lap(emitter *e, const char *which)
{
    if (e->options->profile)
        cw_line(&e->w, "mnn_lap(laps[worker->index], %s);", which);
}

const char *profile_place(emitter *e, const plan_step *step)
{
    return text(e, "MNN_LAP_FIRST + %d", step ? step->number : step_count(e));
}

/** update() between two laps. */
static void emit_profiled_update(emitter *e)
{
    cw_blank(&e->w);
    cw_line(&e->w, "static void profiled_update(const mnn_worker *worker, const mnn_update *step)");
    cw_body(&e->w);
    emit_profile_lap(e, "MNN_LAP_OTHER");
    cw_line(&e->w, "update(worker, step);");
    emit_profile_lap(e, profile_place(e, NULL));
    cw_close(&e->w, "");
}

void emit_profile_tables(emitter *e)
{
    if (!e->options->profile)
        return;
    emit_profiled_update(e);
    cw_blank(&e->w);
    cw_open(&e->w, "static const mnn_profile_function functions[] =");
    for (const plan_step *s = e->plan->steps; s; s = s->next)
        cw_line(&e->w, "{\"%s\", %s, %lld},", s->c_name, cw_str(&e->w, s->op->layer), (long long)step_flops(s));
    cw_line(&e->w, "{\"update\", \"\", 0},");
    cw_close(&e->w, ";");
    cw_blank(&e->w);
    cw_open(&e->w, "static const mnn_profile profile =");
    cw_line(&e->w, ".function_count = sizeof functions / sizeof functions[0],");
    cw_line(&e->w, ".functions = functions,");
    cw_line(&e->w, ".laps = laps[0],");
    cw_line(&e->w, ".stride = sizeof laps[0] / sizeof laps[0][0],");
    cw_line(&e->w, ".lanes = MNN_LANES,");
    cw_line(&e->w, ".peak = mnn_profile_peak,");
    cw_close(&e->w, ";");
}
