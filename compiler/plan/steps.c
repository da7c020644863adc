/* Which functions there are, in which order they run, and how each is cut into pieces. */
#include "plan/plan.h"

enum {
    MIN_ROWS = 32,    /* a product with fewer rows uses the machine badly */
    MIN_COLUMNS = 48, /* likewise */
    MIN_PARAMETER_ROWS = 64,
    LARGE_KERNEL = 65536, /* elements: beyond this every piece of rows would read the kernel from L3 */
    PIECE_FLOPS = 1000000 /* less work than this is not worth handing over */
};

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/** The largest power of two that is at most limit and at most PLAN_MAX_WORKERS; at least 1. */
static int64_t pieces_at_most(int64_t limit)
{
    int64_t n = 1;
    while (2 * n <= limit && 2 * n <= PLAN_MAX_WORKERS)
        n *= 2;
    return n;
}

static bool has_convolution(const ir_graph *g)
{
    for (const ir_op *op = g->first; op; op = op->next)
        if (op->code == IR_CONV2D)
            return true;
    return false;
}

/** Cut rows for all row-wise functions alike, so that one follows the other without a barrier: a sample
 *  is work enough for a convolution, a product wants many rows. */
static int64_t row_piece(const ir_program *p)
{
    const int64_t batch = p->train.batch_size;
    const int64_t pieces = has_convolution(p->graph) ? pieces_at_most(batch) : pieces_at_most(batch / MIN_ROWS);
    return divide_up(batch, pieces);
}

static void cut_columns(plan_step *s, int64_t width, int64_t pieces)
{
    s->width = width;
    s->piece = divide_up(divide_up(width, pieces), 16) * 16;
    s->cut = s->piece < width ? PLAN_COLUMNS : PLAN_WHOLE;
    if (s->cut == PLAN_WHOLE)
        s->piece = 1;
}

/** A product of [rows, ...] whose result has `width` columns. */
static void cut_product(const plan *p, plan_step *s, int64_t kernel, int64_t width)
{
    const bool rows_do = p->row_piece >= MIN_ROWS;
    const int64_t columns = pieces_at_most(width / MIN_COLUMNS);
    s->kernel = "gemm";
    if (columns > 1 && (kernel > LARGE_KERNEL || !rows_do)) {
        s->reason = rows_do ? "cut by columns: the kernel is large" : "cut by columns: the batch is small";
        cut_columns(s, width, columns);
    } else if (rows_do) {
        s->reason = "cut by rows: the kernel fits the cache";
    } else {
        s->reason = "in one piece: too small to cut";
        s->cut = PLAN_WHOLE;
        s->piece = 1;
    }
}

static void cut_dense(const plan *p, plan_step *s)
{
    const ir_value *kernel = ir_parameter(s->op->direction == IR_FORWARD ? s->op : s->op->forward, "kernel");
    const int64_t in = kernel->shape.dim[0], units = kernel->shape.dim[1];
    if (s->part == PLAN_FORWARD)
        cut_product(p, s, in * units, units);
    else if (s->part == PLAN_BACKWARD)
        cut_product(p, s, in * units, in);
    else {
        const int64_t flops = 2 * in * units * p->program->train.batch_size;
        const int64_t by_size = in / MIN_PARAMETER_ROWS, by_work = flops / PIECE_FLOPS;
        s->kernel = "gemm";
        s->reason = "cut by inputs: each piece is a whole sum over the batch";
        cut_columns(s, in, pieces_at_most(by_size < by_work ? by_size : by_work));
    }
}

static void cut_conv2d(plan *p, plan_step *s)
{
    const ir_op *op = s->op->direction == IR_FORWARD ? s->op : s->op->forward;
    const ir_value *kernel = ir_parameter(op, "kernel");
    const ir_shape out = op->attr.fused_pool ? op->attr.pool->input[0]->shape : op->output[0]->shape;
    s->kernel = "im2col and gemm, one image at a time";
    s->reason =
        op->attr.fused_pool ? "the result before the pooling stays in the cache" : "the columns stay in the cache";
    if (s->part == PLAN_BACKWARD_PARAMETERS) {
        s->kernel = "sum";
        s->reason = "partial sums in a fixed order";
        s->cut = PLAN_WHOLE;
        s->piece = 1;
        return;
    }
    s->columns = out.dim[0] * out.dim[1] * kernel->shape.dim[0] * kernel->shape.dim[1] * kernel->shape.dim[2];
    s->full = op->attr.fused_pool ? ir_elements(out) : 0;
    if (s->columns + s->full > p->scratch)
        p->scratch = s->columns + s->full;
}

static const char *step_name(const plan *p, const ir_op *op, plan_part part)
{
    const char *base = plan_c_name(p, op->layer);
    /* an activation that is not fused shares its layer's name */
    const char *inner = "";
    if (op->code == IR_ACTIVATION)
        inner = arena_printf(p->arena, "_%s", ir_activation_name(op->attr.activation));
    const char *suffix = part == PLAN_FORWARD ? "forward" : part == PLAN_BACKWARD ? "backward" : "gradients";
    return arena_printf(p->arena, "%s%s_%s", base, inner, suffix);
}

static plan_step *append(plan *p, plan_step *last, const ir_op *op, plan_part part)
{
    plan_step *s = ARENA_NEW(p->arena, plan_step);
    s->op = op;
    s->part = part;
    s->c_name = step_name(p, op, part);
    s->cut = PLAN_ROWS;
    s->piece = p->row_piece;
    s->kernel = "loop";
    s->reason = "row by row";
    s->needs_batch = op->code == IR_INPUT || op->code == IR_LOSS || op->code == IR_DROPOUT;
    if (op->code == IR_DENSE)
        cut_dense(p, s);
    else if (op->code == IR_CONV2D)
        cut_conv2d(p, s);
    if (last)
        last->next = s;
    else
        p->steps = s;
    return s;
}

/** Whether step s may start on a worker that has finished its pieces of the step before it. */
static bool follows_freely(const plan_step *before, const plan_step *s)
{
    if (s->part == PLAN_BACKWARD_PARAMETERS)
        return before->part == PLAN_BACKWARD_PARAMETERS;
    return before->cut == PLAN_ROWS && s->cut == PLAN_ROWS && before->piece == s->piece;
}

/** Spread the small pieces of functions that run side by side over the workers. */
static void spread_workers(plan *p)
{
    int64_t taken = 0;
    for (plan_step *s = p->steps; s; s = s->next)
        if (s->part == PLAN_BACKWARD_PARAMETERS) {
            s->first_worker = (int)(taken % PLAN_MAX_WORKERS);
            taken += plan_pieces(p, s);
        }
}

static void place_barriers(plan *p)
{
    int stretch = 0;
    p->max_workers = 1;
    for (plan_step *s = p->steps, *before = NULL; s; before = s, s = s->next) {
        s->barrier = before && !follows_freely(before, s);
        stretch += s->barrier;
        s->stretch = stretch;
        if (plan_pieces(p, s) > p->max_workers)
            p->max_workers = (int)plan_pieces(p, s);
    }
}

void plan_steps(plan *p)
{
    const ir_graph *g = p->program->graph;
    plan_step *last = NULL;
    p->row_piece = row_piece(p->program);
    for (const ir_op *op = g->first; op; op = op->next) {
        const bool makes_input_gradient = ir_output_of_kind(op, IR_VALUE_GRADIENT, 0) != NULL;
        if (ir_is_view(op))
            continue;
        if (op->direction == IR_FORWARD)
            last = append(p, last, op, PLAN_FORWARD);
        else if (makes_input_gradient || op->code == IR_CONV2D)
            last = append(p, last, op, PLAN_BACKWARD);
    }
    for (const ir_op *op = g->first; op; op = op->next)
        if (op->direction == IR_BACKWARD && ir_output_of_kind(op, IR_VALUE_PARAMETER_GRADIENT, 0))
            last = append(p, last, op, PLAN_BACKWARD_PARAMETERS);
    spread_workers(p);
    place_barriers(p);
}
