/* How long a step will take: arithmetic at the speed that its kernel reaches, or the memory that it goes through,
 * whichever is more. Meant to compare kernels and to find what is slow; the command bench --profile of a program
 * measures. */
#include "plan/plan.h"

#include <math.h>

/* Shares of the peak that kernels reach on large shapes, and of one core's L2 and L3: bytes a second.
 * Measured as docs/performance.md says. */
static const double share_of_peak[] = {
    [PLAN_LOOP] = 0.1,   [PLAN_TILE] = 0.9, [PLAN_DIRECT] = 0.7, [PLAN_WINDOWS] = 0.75,
    [PLAN_SPREAD] = 1.2, [PLAN_GEMM] = 0.8, [PLAN_IM2COL] = 0.4, [PLAN_SUM] = 0.1};
static const double bandwidth = 78e9;

static double step_flops(const plan *p, const plan_step *s)
{
    const ir_op *op = s->op;
    const double flops = (double)op->flops * (double)p->program->train.shard_rows;
    if (s->kernel == PLAN_SUM)
        return s->partials ? (double)s->partials->elements : 0;
    if (ir_couples_rows(op)) /* sums first, then the result */
        return flops / 2;
    if (op->direction == IR_BACKWARD && op->forward && ir_has(op->forward->code, IR_CONNECTS) &&
        ir_output_of_kind(op, IR_VALUE_GRADIENT, 0)) /* the two gradients are two functions */
        return flops / 2;
    return flops;
}

static double value_bytes(const plan *p, const plan_step *s, const ir_value *v)
{
    const plan_buffer *b = plan_buffer_of(p, v);
    if (!b || !plan_touches(s, v))
        return 0;
    return (double)plan_elements(p, b) * (b->array == PLAN_INDEX ? 1 : 4);
}

double plan_predicted_seconds(const plan *p, const plan_step *s, double peak)
{
    double bytes = s->partials ? 4.0 * (double)s->partials->elements : 0;
    for (int i = 0; i < s->op->input_count; i++)
        bytes += value_bytes(p, s, s->op->input[i]);
    for (int i = 0; i < s->op->output_count; i++)
        bytes += value_bytes(p, s, s->op->output[i]);
    return fmax(step_flops(p, s) / (peak * 1e9 * share_of_peak[s->kernel]), bytes / bandwidth);
}
