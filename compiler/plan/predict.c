/* How long a step will take: arithmetic at the speed that its kernel reaches, or the memory that it goes through,
 * whichever is more. Meant to compare kernels and to find what is slow; the command bench --profile of a program
 * measures. */
#include "plan/plan.h"

#include <math.h>

/* Fractions of the peak that kernels reach on large shapes, and of one core's L2 and L3: bytes per second.
 * Measured as docs/performance.md says. */
static const double share_of_peak[] = {
    [PLAN_LOOP] = 0.1,   [PLAN_TILE] = 0.9, [PLAN_DIRECT] = 0.7, [PLAN_WINDOWS] = 0.75,
    [PLAN_SPREAD] = 1.2, [PLAN_GEMM] = 0.8, [PLAN_IM2COL] = 0.4, [PLAN_SUM] = 0.1};
static const double bandwidth = 78e9;
static const double arrival = 1e-7; /* of a worker at a barrier: a cache line from another core */

/** 2 times the elements of a dense layer's kernel: one product, one sample. */
static int64_t dense_product(const ir_op *op)
{
    return 2 * ir_elements(ir_parameter(op->forward, "kernel")->shape);
}

int64_t plan_step_flops(const plan_step *s)
{
    const ir_op *op = s->op;
    const bool has_backward = op->direction == IR_BACKWARD && ir_output_of_kind(op, IR_VALUE_GRADIENT, 0);
    if (s->kernel == PLAN_SUM) /* of partial sums: no work of a sample */
        return 0;
    if (ir_has(op->code, IR_CONNECTS) && has_backward)
        return s->part == PLAN_BACKWARD ? dense_product(op) : op->flops - dense_product(op);
    if (!ir_couples_rows(op))
        return op->flops;
    const int64_t n = ir_elements(op->direction == IR_FORWARD ? op->output[0]->shape : op->forward->output[0]->shape);
    const int64_t sums = op->direction == IR_FORWARD ? 4 * n : 6 * n; /* as passes/cost.c counts them */
    const bool makes_sums = s->part == PLAN_FORWARD_SUMS || s->part == PLAN_BACKWARD_SUMS;
    return makes_sums ? sums : op->flops - sums;
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
    const double flops = s->kernel == PLAN_SUM && s->partials
                             ? (double)s->partials->elements
                             : (double)plan_step_flops(s) * (double)p->program->train.batch_size;
    return fmax(flops / (peak * 1e9 * share_of_peak[s->kernel]), bytes / bandwidth);
}

/** Add the time of a step's pieces to the workers that compute them, as the runtime divides them. */
static void add_loads(double *load, int workers, double seconds, int64_t pieces, bool neighbours, int first_worker)
{
    for (int w = 0; w < workers; w++) {
        const int64_t turn = (w + PLAN_MAX_WORKERS * (int64_t)workers - first_worker) % workers;
        const int64_t own = neighbours      ? pieces * (w + 1) / workers - pieces * w / workers
                            : turn < pieces ? (pieces - turn - 1) / workers + 1
                                            : 0;
        load[w] += seconds * (double)own / (double)pieces;
    }
}

/** End a stretch between barriers.
 *  @return the time of its slowest worker, and of the barrier */
static double take_stretch(double *load, int workers)
{
    double most = 0;
    for (int w = 0; w < workers; w++) {
        most = fmax(most, load[w]);
        load[w] = 0;
    }
    return most + (workers > 1 ? arrival * workers : 0);
}

double plan_step_seconds(const plan *p, int workers, double peak)
{
    double load[PLAN_MAX_WORKERS] = {0}, seconds = 0;
    for (const plan_step *s = p->steps; s; s = s->next) {
        if (s->barrier)
            seconds += take_stretch(load, workers);
        add_loads(load, workers, plan_predicted_seconds(p, s, peak), plan_pieces(p, s), s->neighbours, s->first_worker);
    }
    seconds += take_stretch(load, workers);
    const double values = (double)p->param_count * (3 + 2 * p->slot_count); /* read, and written */
    add_loads(load, workers, 4 * values / bandwidth, p->param_count / PLAN_UPDATE_PIECE + 1, true, 0);
    return seconds + take_stretch(load, workers);
}
