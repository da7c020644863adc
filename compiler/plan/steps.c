/* Which functions there are, in which order they run, and how each is cut into pieces. */
#include "plan/plan.h"

#include "support/checked.h"

enum {
    MIN_ROWS = 32,    /* a product with fewer rows uses the machine badly */
    MIN_COLUMNS = 32, /* likewise; two of the widest vectors */
    MIN_PARAMETER_ROWS = 64,
    MIN_SUMMED_ROWS = 4,     /* of an image network: a partial sum is an addition per parameter */
    MIN_SUMMED_INPUTS = 256, /* of a partial sum: adding one costs as much as 4 inputs or so */
    LARGE_KERNEL = 65536,    /* elements: beyond this every piece of rows would read the kernel from L3 */
    PIECE_FLOPS = 250000,    /* less work than this, a microsecond, is not worth handing over */
    ROW_STEP = 4,            /* pieces of rows and of inputs are multiples of the widest tile, 12 rows, ... */
    INPUT_STEP = 12,
    LINE = 16,               /* floats of a cache line: two workers do not write to one */
    INPUT_BLOCK = 96,        /* inputs whose gradient is transposed at a time: it stays in L1 */
    MIN_SKIPPED_INPUTS = 64, /* a list of fewer zeros, or for fewer products, costs more than it saves */
    MIN_SKIPPED_UNITS = 128,
    MAX_WINDOW = 4,       /* places of a pooling's window whose sums two vectors wide fit any target's registers */
    MAX_WINDOWS = 4096,   /* of a picture, which are listed on the stack */
    MAX_WINDOW_TAPS = 80, /* all unrolled; 3 x 3 of 8 channels, 5 x 5 of 3 */
    MIN_SPREAD = 12       /* floats under a row of the kernel that use a vector well enough */
};

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

static int64_t round_up(int64_t a, int64_t step)
{
    return divide_up(a, step) * step;
}

/** The largest power of two that is at most both; at least 1. */
static int64_t at_most(int64_t limit, int64_t most)
{
    int64_t n = 1;
    while (2 * n <= limit && 2 * n <= most)
        n *= 2;
    return n;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool has_convolution(const ir_graph *g)
{
    for (const ir_op *op = g->first; op; op = op->next)
        if (ir_is_convolution(op))
            return true;
    return false;
}

/** Whether the row-wise backward function leaves partial sums of the parameters' gradients, since it has at
 *  hand what they need. */
static bool sums_by_rows(const ir_op *op)
{
    return ir_has(op->code, IR_SUMS_BY_ROWS) || !ir_has(op->code, IR_WRITTEN);
}

/** Whether functions of rows leave sums over them. */
static bool has_row_sums(const ir_graph *g)
{
    for (const ir_op *op = g->first; op; op = op->next)
        if (ir_couples_rows(op) ||
            (op->direction == IR_BACKWARD && sums_by_rows(op) && ir_output_of_kind(op, IR_VALUE_PARAMETER_GRADIENT, 0)))
            return true;
    return false;
}

/** The pieces of a shard: as many as a whole batch has, and more where sums of them cost little beside their rows. */
static int64_t shard_pieces(const ir_train *train, bool has_convolution)
{
    const int64_t least = PLAN_SUM_PIECES / train->shards, rows = train->shard_rows;
    if (!has_convolution)
        return at_most(train->batch_size / MIN_ROWS / train->shards, least);
    return larger(at_most(rows, least),
                  at_most(rows / MIN_SUMMED_ROWS, PLAN_MAX_WORKERS / smaller(train->shards, PLAN_MAX_WORKERS)));
}

/** The fewest rows whose arithmetic is worth handing over. */
static int64_t row_unit(const ir_graph *g)
{
    int64_t flops = 0;
    for (const ir_op *op = g->first; op; op = op->next)
        if (op->direction == IR_FORWARD)
            flops = saturating_add(flops, op->flops);
    return round_up(divide_up(PIECE_FLOPS, larger(flops, 1)), ROW_STEP);
}

/** Cut rows for all row-wise functions alike, so that one follows the other without a barrier: a sample
 *  is work enough for a convolution, a product wants many rows. */
static void cut_rows(plan *p)
{
    const ir_graph *g = p->program->graph;
    const ir_train *train = &p->program->train;
    const int64_t batch = train->batch_size;
    const bool convolves = has_convolution(g), sums = has_row_sums(g);
    const int64_t pieces = at_most(convolves ? batch : batch / MIN_ROWS, PLAN_SUM_PIECES);
    p->by_shard = train->shards > 1 && sums;
    p->shard_pieces = shard_pieces(train, convolves);
    p->row_piece = p->by_shard   ? divide_up(train->shard_rows, p->shard_pieces)
                   : convolves   ? divide_up(batch, pieces)
                   : pieces == 1 ? batch
                                 : round_up(divide_up(batch, pieces), ROW_STEP);
    p->shard_pieces = divide_up(train->shard_rows, p->row_piece);
    p->row_unit = sums || convolves ? p->row_piece : smaller(p->row_piece, row_unit(g));
}

static void cut_whole(plan_step *s, const char *reason)
{
    s->cut = PLAN_WHOLE;
    s->most = s->piece = 1;
    s->reason = reason;
}

static void cut_columns(plan_step *s, int64_t width, int64_t pieces, int64_t step, const char *reason)
{
    s->width = width;
    s->most = s->piece = round_up(divide_up(width, pieces), step);
    s->cut = PLAN_COLUMNS;
    s->reason = reason;
    if (s->piece >= width)
        cut_whole(s, "one piece: too small to split");
}

/** How many pieces a product with a kernel of that many elements is worth. */
static int64_t pieces_by_work(const plan *p, int64_t kernel)
{
    return saturating_mul(saturating_mul(2, kernel), p->program->train.batch_size) / PIECE_FLOPS;
}

/** Divide the columns of a function that takes any number of them among more workers: pieces of as little work as is
 *  worth handing over, several of them per call. */
static void refine(const plan *p, plan_step *s, int64_t kernel, int64_t step)
{
    const int64_t pieces = smaller(pieces_by_work(p, kernel), PLAN_MAX_WORKERS);
    const int64_t piece = round_up(divide_up(s->width, larger(pieces, 1)), step);
    if (s->cut != PLAN_COLUMNS || s->kernel != PLAN_TILE || piece >= s->piece)
        return;
    s->most = s->piece / piece * piece;
    s->piece = piece;
    s->neighbours = true;
}

/** A product of [rows, ...] whose result has `width` columns. */
static void cut_product(const plan *p, plan_step *s, int64_t kernel, int64_t width, int64_t step)
{
    const bool rows_do = p->row_piece >= MIN_ROWS;
    const int64_t by_size = width / MIN_COLUMNS, by_work = pieces_by_work(p, kernel);
    const int64_t few = at_most(smaller(by_size, by_work), PLAN_SUM_PIECES);
    const int64_t columns =
        larger(few, at_most(smaller(width / (s->skips ? 2 * MIN_COLUMNS : MIN_COLUMNS), by_work), PLAN_MAX_WORKERS));
    if (columns > 1 && (kernel > LARGE_KERNEL || !rows_do))
        cut_columns(s, width, columns, step,
                    rows_do ? "split by columns: large kernel" : "split by columns: small batch");
    else if (rows_do)
        s->reason = "split by rows: the kernel fits the cache";
    else
        cut_whole(s, "one piece: too small to split");
}

static void need_scratch(plan *p, plan_step *s, int64_t a, int64_t b, int64_t c)
{
    s->scratch[0] = a;
    s->scratch[1] = b;
    s->scratch[2] = c;
    if (a == 0 && b == 0 && c == 0)
        return;
    int64_t sum = saturating_add(saturating_add(a, b), c);
    sum = sum < INT64_MAX - 16 ? round_up(sum, 16) : sum;
    if (sum > p->scratch)
        p->scratch = sum;
}

/** The gradient of the input needs one side of the product transposed: the kernel, or what is smaller,
 *  the gradient of the output and then the result, a block of inputs at a time. */
static void plan_dense_backward(plan *p, plan_step *s, int64_t in, int64_t units)
{
    const int64_t batch = p->program->train.batch_size;
    cut_product(p, s, in * units, in, LINE);
    if (s->kernel != PLAN_TILE)
        return;
    if (s->cut == PLAN_ROWS)
        need_scratch(p, s, in * units, 0, 0);
    else
        need_scratch(p, s, units * batch, INPUT_BLOCK * batch, 0);
    refine(p, s, in * units, LINE);
}

/** Whether an operation stands on the input, and pixels that are 0 in the file are 0 in the network. */
static bool sees_zeros(const plan *p, const ir_op *op)
{
    const ir_data *data = &p->program->data;
    const ir_value *x = op->input[0];
    while (ir_is_view(x->producer))
        x = x->producer->input[0];
    return ir_has(x->producer->code, IR_STARTS) && !p->options.blas_only && data->shift == 0 &&
           data->augment.noise == 0;
}

/** Whether the products of a dense layer may skip zeros: there are enough of them for lists. */
static bool may_skip(const plan *p, const ir_op *op)
{
    const ir_value *kernel = ir_has(op->code, IR_CONNECTS) ? ir_parameter(op, "kernel") : NULL;
    const int64_t batch = p->program->train.batch_size;
    return kernel && !p->by_shard && sees_zeros(p, op) && kernel->shape.dim[0] >= MIN_SKIPPED_INPUTS &&
           kernel->shape.dim[0] <= UINT16_MAX && kernel->shape.dim[1] >= MIN_SKIPPED_UNITS && batch <= UINT16_MAX &&
           (p->row_piece % PLAN_SKIP_ROWS == 0 || p->row_piece >= batch);
}

/** Into how many pieces the inputs of a dense layer are cut, each with products of its own that are added up
 * afterwards: 1 where there are as many pieces of rows or of columns, which need no sum. */
static int64_t input_pieces(const plan *p, const ir_op *op)
{
    const ir_shape kernel = ir_parameter(op, "kernel")->shape;
    const int64_t in = kernel.dim[0], units = kernel.dim[1], batch = p->program->train.batch_size;
    const int64_t by_size = in / MIN_SUMMED_INPUTS, by_work = pieces_by_work(p, in * units);
    const int64_t pieces = at_most(smaller(by_size, by_work), PLAN_SUM_PIECES);
    if (p->options.blas_only || may_skip(p, op) || pieces <= at_most(units / MIN_COLUMNS, PLAN_SUM_PIECES) ||
        (p->row_piece >= MIN_ROWS && pieces <= divide_up(batch, p->row_piece)))
        return 1;
    return pieces;
}

static void plan_dense_products(plan *p, plan_step *s, int64_t in, int64_t units)
{
    s->partial_size = saturating_mul(p->program->train.batch_size, units);
    if (s->part == PLAN_FORWARD_PRODUCTS) {
        cut_columns(s, in, input_pieces(p, s->op), INPUT_STEP, "split by inputs: few columns");
    } else {
        s->kernel = PLAN_SUM;
        s->reason = "partial sums in a fixed order";
    }
}

static void plan_dense(plan *p, plan_step *s)
{
    const ir_op *op = s->op->direction == IR_FORWARD ? s->op : s->op->forward;
    const ir_value *kernel = ir_parameter(op, "kernel");
    const int64_t in = kernel->shape.dim[0], units = kernel->shape.dim[1];
    if (s->part != PLAN_BACKWARD && may_skip(p, op))
        s->skips = s->needs_batch = true;
    s->kernel = p->options.blas_only ? PLAN_GEMM : PLAN_TILE;
    if (op == s->op && input_pieces(p, op) > 1) {
        plan_dense_products(p, s, in, units);
    } else if (s->part == PLAN_FORWARD) {
        cut_product(p, s, in * units, units, MIN_COLUMNS);
    } else if (s->part == PLAN_BACKWARD) {
        plan_dense_backward(p, s, in, units);
    } else {
        const int64_t by_size = in / MIN_PARAMETER_ROWS, by_work = pieces_by_work(p, in * units);
        cut_columns(s, in, at_most(smaller(by_size, by_work), PLAN_SUM_PIECES), INPUT_STEP,
                    "split by inputs: each piece sums over the whole batch");
        refine(p, s, in * units, INPUT_STEP);
    }
}

/** The last dimension of what an operation works on. */
static int64_t channels_of(const ir_op *op)
{
    const ir_shape s = op->input[0]->shape;
    return s.dim[s.rank - 1];
}

/** The sums of the penalty: one per piece of every parameter with a regularizer. */
static int64_t penalty_sums(const plan *p)
{
    int64_t sums = 0;
    for (const ir_value *v = p->program->graph->values; v; v = v->next)
        if (v->kind == IR_VALUE_PARAMETER && ir_is_penalty(v->regularizer))
            sums += divide_up(ir_elements(v->shape), PLAN_PENALTY_PIECE);
    return sums;
}

static int64_t partial_size(const plan *p, const plan_step *s)
{
    const ir_op *op = s->op;
    int64_t size = 0;
    if (op->code == IR_PENALTY)
        return penalty_sums(p);
    if (ir_couples_rows(op)) /* two values per channel: mean and variance, or two sums */
        return s->part == PLAN_FORWARD || s->part == PLAN_BACKWARD || s->part == PLAN_BACKWARD_PARAMETERS
                   ? 0
                   : 2 * channels_of(op);
    if (!sums_by_rows(op))
        return 0;
    for (int i = 0; i < op->output_count; i++)
        if (op->output[i]->kind == IR_VALUE_PARAMETER_GRADIENT)
            size += ir_elements(op->output[i]->shape);
    return size;
}

/** Add the pieces' partial sums up. */
static void cut_totals(plan_step *s)
{
    s->kernel = PLAN_SUM;
    cut_whole(s, "partial sums in a fixed order");
}

/** Whether a product can step through the image itself: what lies under a row of the kernel is in one piece, and the
 *  gradient of the image falls into few convolutions. */
static bool is_direct(const plan *p, const ir_op *op)
{
    const ir_attributes *a = &op->attr;
    const int64_t phases = op->input[0]->gradient ? plan_phase_count(op, 0) * plan_phase_count(op, 1) : 0;
    return !p->options.blas_only && a->groups == 1 && a->dilation.h == 1 && a->dilation.w == 1 &&
           phases <= PLAN_MAX_PHASES;
}

/** Whether the pooling after a convolution has adjacent windows, so small that registers hold the sums of one. */
static bool has_small_windows(const ir_op *op)
{
    if (!op->attr.fused_pool)
        return false;
    const ir_pair window = op->attr.pool->attr.window;
    const ir_shape out = op->output[0]->shape;
    return ir_windows_are_adjacent(op->attr.pool) && window.h * window.w <= MAX_WINDOW &&
           out.dim[0] * out.dim[1] <= MAX_WINDOWS;
}

/** How a convolution with small windows is done; PLAN_DIRECT: not window by window. Backward, sums of all taps stay in
 *  registers where the kernel is small and alone has a gradient; filters are spread where that fills vectors. */
static plan_kernel window_kernel(const plan_step *s, const ir_op *op)
{
    const ir_shape kernel = ir_parameter(op, "kernel")->shape;
    const int64_t side = kernel.dim[1] * kernel.dim[2];
    if (!has_small_windows(op))
        return PLAN_DIRECT;
    if (s->part == PLAN_FORWARD)
        return PLAN_WINDOWS;
    if (!ir_output_of_kind(s->op, IR_VALUE_GRADIENT, 0) && kernel.dim[0] * side <= MAX_WINDOW_TAPS)
        return PLAN_WINDOWS;
    return side >= MIN_SPREAD && kernel.dim[3] <= PLAN_WINDOW_FILTERS ? PLAN_SPREAD : PLAN_DIRECT;
}

static void plan_windows(plan *p, plan_step *s, const ir_op *op)
{
    const plan_canvas image = plan_input_canvas(op);
    s->reason = "image by image";
    s->skips = s->needs_batch = sees_zeros(p, op) && image.width * image.channels <= PLAN_LIST_WIDTH;
    need_scratch(p, s, op->attr.padding == LANG_PADDING_SAME ? plan_canvas_size(&image) : 0, 0, 0);
}

/** Besides the image with its padding: the turned kernel, the sums of its gradient, and the image's gradient, which
 *  vectors are written behind. */
static void plan_spread(plan *p, plan_step *s, const ir_op *op)
{
    const plan_canvas image = plan_input_canvas(op);
    const ir_shape kernel = ir_parameter(op, "kernel")->shape;
    const bool wanted = ir_output_of_kind(s->op, IR_VALUE_GRADIENT, 0) != NULL;
    const int64_t turned = kernel.dim[3] * kernel.dim[0] * round_up(kernel.dim[1] * kernel.dim[2], PLAN_OVERRUN);
    s->reason = "image by image: gradients that are 0 are skipped";
    need_scratch(p, s, op->attr.padding == LANG_PADDING_SAME ? plan_canvas_size(&image) : 0,
                 saturating_mul(wanted ? 2 : 1, turned),
                 wanted ? saturating_add(plan_canvas_size(&image), PLAN_OVERRUN) : 0);
}

static void plan_conv2d(plan *p, plan_step *s)
{
    const ir_op *op = s->op->direction == IR_FORWARD ? s->op : s->op->forward;
    const ir_value *kernel = ir_parameter(op, "kernel");
    const int64_t patch = kernel->shape.dim[0] * kernel->shape.dim[1] * kernel->shape.dim[2];
    const plan_canvas plain = plan_gradient_canvas(op, false);
    if (s->part == PLAN_BACKWARD_PARAMETERS)
        return;
    s->reason = op->attr.fused_pool ? "image by image: the input of the pooling stays in the cache" : "image by image";
    s->kernel = is_direct(p, op) ? window_kernel(s, op) : PLAN_IM2COL;
    if (s->kernel == PLAN_WINDOWS) {
        plan_windows(p, s, op);
    } else if (s->kernel == PLAN_SPREAD) {
        plan_spread(p, s, op);
    } else if (s->kernel == PLAN_IM2COL) {
        need_scratch(p, s, saturating_mul(plain.height * plain.width, patch),
                     op->attr.fused_pool ? plan_canvas_size(&plain) : 0, 0);
    } else {
        const bool bordered = ir_output_of_kind(s->op, IR_VALUE_GRADIENT, 0) != NULL;
        const plan_canvas image = plan_input_canvas(op), gradient = plan_gradient_canvas(op, bordered);
        need_scratch(p, s, op->attr.padding == LANG_PADDING_SAME ? plan_canvas_size(&image) : 0,
                     op->attr.fused_pool || bordered ? plan_canvas_size(&gradient) : 0,
                     bordered ? ir_elements(kernel->shape) : 0);
    }
}

/** A sample that is moved lies in the scratch memory first. */
static void plan_input(plan *p, plan_step *s)
{
    const ir_augment *a = &p->program->data.augment;
    for (const ir_op *op = p->program->graph->first; op; op = op->next)
        s->skips = s->skips || (op->direction == IR_FORWARD && may_skip(p, op));
    if (!ir_augments(&p->program->data))
        return;
    s->reason = "row by row; new random motion at every step";
    need_scratch(p, s, a->picture.rank ? ir_elements(a->picture) : 0, 0, 0);
}

static void plan_batchnorm(plan *p, plan_step *s)
{
    if (s->part == PLAN_FORWARD_SUMS) /* what remains of the differences from the mean */
        need_scratch(p, s, channels_of(s->op), 0, 0);
    else if (s->part == PLAN_FORWARD) /* prediction: scale and shift */
        need_scratch(p, s, 2 * channels_of(s->op), 0, 0);
}

static const char *step_name(const plan *p, const ir_op *op, plan_part part)
{
    const char *base = plan_c_name(p, op->layer);
    const char *inner = plan_name_suffix(op);
    if (op->direction == IR_BACKWARD && op->forward->backward != op)
        inner = "sum"; /* of the gradients of this layer's result */
    static const char *const suffixes[] = {[PLAN_FORWARD_SUMS] = "forward_sums",
                                           [PLAN_FORWARD_TOTALS] = "forward_totals",
                                           [PLAN_FORWARD_PRODUCTS] = "forward_products",
                                           [PLAN_PENALTY_SUMS] = "forward_sums",
                                           [PLAN_FORWARD] = "forward",
                                           [PLAN_BACKWARD_SUMS] = "backward_sums",
                                           [PLAN_BACKWARD_TOTALS] = "backward_totals",
                                           [PLAN_BACKWARD] = "backward",
                                           [PLAN_BACKWARD_PARAMETERS] = "gradients"};
    return arena_printf(p->arena, "%s%s%s_%s", base, *inner ? "_" : "", inner, suffixes[part]);
}

static plan_step *append(plan *p, plan_step *last, const ir_op *op, plan_part part)
{
    plan_step *s = ARENA_NEW(p->arena, plan_step);
    s->op = op;
    s->part = part;
    s->c_name = plan_unique_name(p, &p->step_names, step_name(p, op, part));
    name_map_put(&p->step_names, s->c_name, s);
    s->cut = PLAN_ROWS;
    s->piece = p->row_unit;
    s->most = round_up(p->row_piece, p->row_unit);
    s->neighbours = p->row_unit < p->row_piece;
    s->by_shard = p->by_shard;
    s->kernel = PLAN_LOOP;
    s->reason = "row by row";
    s->needs_batch = ir_has(op->code, IR_NEEDS_BATCH) && !(op->code == IR_LOSS && ir_loss_target(op));
    s->partial_size = partial_size(p, s);
    if (s->part == PLAN_FORWARD_TOTALS || s->part == PLAN_BACKWARD_TOTALS ||
        (s->part == PLAN_BACKWARD_PARAMETERS && (s->partial_size || ir_couples_rows(op))))
        cut_totals(s);
    if (ir_has(op->code, IR_CONNECTS))
        plan_dense(p, s);
    else if (ir_has(op->code, IR_MIXES))
        plan_conv2d(p, s);
    else if (ir_has(op->code, IR_STARTS))
        plan_input(p, s);
    else if (ir_is_convolution(op) && part != PLAN_BACKWARD_PARAMETERS)
        s->reason = "image by image";
    else if (part == PLAN_PENALTY_SUMS)
        cut_columns(s, s->partial_size, PLAN_MAX_WORKERS, 1, "by pieces of the parameters");
    else if (ir_couples_rows(op))
        plan_batchnorm(p, s);
    s->by_shard = p->by_shard && (s->cut == PLAN_ROWS || part == PLAN_FORWARD_TOTALS || part == PLAN_BACKWARD_TOTALS);
    if (s->kernel == PLAN_GEMM) /* OpenBLAS rounds as the size of a call decides */
        s->piece = s->most;
    s->neighbours = s->neighbours && s->piece < s->most;
    s->number = last ? last->number + 1 : 0;
    if (last)
        last->next = s;
    else
        p->steps = s;
    return s;
}

/** Whether step s may start on a worker that has finished its pieces of the step before it. */
static bool follows_freely(const plan_step *before, const plan_step *s)
{
    if (before->part ==
        PLAN_BACKWARD_PARAMETERS) /* which all others before it have been waited for, and nobody reads */
        return true;
    if (s->part == PLAN_BACKWARD_PARAMETERS)
        return false;
    if (s->part == PLAN_PENALTY_SUMS) /* reads parameters only */
        return true;
    return before->cut == PLAN_ROWS && s->cut == PLAN_ROWS && before->piece == s->piece;
}

/** Spread the few pieces of functions that run side by side over the workers. Where there are as many as workers may
 * be, each worker keeps to its part of the weights, in all functions and in the update. */
static void spread_workers(plan *p)
{
    int64_t taken = 0;
    for (plan_step *s = p->steps; s; s = s->next) {
        s->neighbours = s->neighbours || (s->cut == PLAN_COLUMNS && plan_pieces(p, s) >= PLAN_SUM_PIECES);
        if (s->part == PLAN_BACKWARD_PARAMETERS && !s->neighbours) {
            s->first_worker = (int)(taken % PLAN_MAX_WORKERS);
            taken += plan_pieces(p, s);
        }
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
        p->max_workers = (int)larger(p->max_workers, smaller(plan_pieces(p, s), PLAN_MAX_WORKERS));
    }
}

/** Two steps: one makes partial sums, the other reads them. */
static plan_step *append_pair(plan *p, plan_step *last, const ir_op *op, plan_part sums, plan_part totals)
{
    plan_step *maker = append(p, last, op, sums);
    plan_step *s = append(p, maker, op, totals);
    s->maker = maker;
    return s;
}

/** All steps of an operation but that of the parameters' gradients, which come last. */
static plan_step *append_parts(plan *p, plan_step *last, const ir_op *op)
{
    const bool forward = op->direction == IR_FORWARD;
    if (ir_couples_rows(op))
        last = append_pair(p, last, op, forward ? PLAN_FORWARD_SUMS : PLAN_BACKWARD_SUMS,
                           forward ? PLAN_FORWARD_TOTALS : PLAN_BACKWARD_TOTALS);
    if (forward && ir_has(op->code, IR_CONNECTS) && input_pieces(p, op) > 1)
        return append_pair(p, last, op, PLAN_FORWARD_PRODUCTS, PLAN_FORWARD);
    if (op->code == IR_PENALTY)
        return append_pair(p, last, op, PLAN_PENALTY_SUMS, PLAN_FORWARD);
    if (forward)
        return append(p, last, op, PLAN_FORWARD);
    if (ir_output_of_kind(op, IR_VALUE_GRADIENT, 0) || sums_by_rows(op))
        return append(p, last, op, PLAN_BACKWARD);
    return last;
}

/** The step of an operation's parameters' gradients, if it has them.
 *  @param maker  where to look for the step that leaves it partial sums: set to the last that was found */
static plan_step *append_gradients(plan *p, plan_step *last, const ir_op *op, plan_step **maker)
{
    if (op->direction != IR_BACKWARD || (ir_couples_rows(op) && !p->by_shard) ||
        !ir_output_of_kind(op, IR_VALUE_PARAMETER_GRADIENT, 0))
        return last;
    last = append(p, last, op, PLAN_BACKWARD_PARAMETERS);
    if (!sums_by_rows(op) || ir_couples_rows(op))
        return last;
    while ((*maker)->op != op)
        *maker = (*maker)->next;
    last->maker = *maker;
    return last;
}

/** With one shard the parameters' gradients come last, with one barrier for all; with several, which may belong to
 * ranks, as early as they can be sent. */
void plan_steps(plan *p)
{
    const ir_graph *g = p->program->graph;
    const bool early = p->program->train.shards > 1;
    plan_step *last = NULL, *maker = NULL;
    cut_rows(p);
    for (const ir_op *op = g->first; op; op = op->next) {
        const bool first =
            early && !sums_by_rows(op) && !ir_couples_rows(op); /* they need no step of the operation's own */
        maker = maker ? maker : p->steps;
        if (first)
            last = append_gradients(p, last, op, &maker);
        if (!ir_is_view(op))
            last = append_parts(p, last, op);
        if (early && !first)
            last = append_gradients(p, last, op, &maker);
    }
    for (const ir_op *op = g->first; op && !early; op = op->next)
        last = append_gradients(p, last, op, &maker);
    spread_workers(p);
    place_barriers(p);
}
