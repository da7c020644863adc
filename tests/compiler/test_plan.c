/* The plan: what must hold of memory, pieces and barriers on every program, checked against a reading of
 * the steps that shares nothing with the planner; names; first values; the limit of 2 GiB. */
#include "middle.h"
#include "mnn/windows.h"

#include <ctype.h>
#include <math.h>

/* The plan counts on sizes of the kernels, whose headers it does not read. */
_Static_assert((int)PLAN_OVERRUN == (int)MNN_OVERRUN, "mnn/windows.h");
_Static_assert((int)PLAN_SKIP_ROWS == (int)MNN_SKIP_ROWS, "mnn/skip.h");
_Static_assert((int)PLAN_LIST_WIDTH == (int)MNN_LIST_BLOCK, "mnn/skip.h");
_Static_assert((int)PLAN_WINDOW_FILTERS == (int)MNN_WINDOW_FILTERS, "mnn/windows.h");

enum { MAX_TOUCHED = 16, CACHE_LINE = 16 /* floats */ };

/* --- what a step reads and writes -------------------------------------------------------------------- */

typedef struct touched {
    int read_count, write_count;
    plan_buffer *read[MAX_TOUCHED], *write[MAX_TOUCHED];
} touched;

static void add_read(touched *t, plan_buffer *b)
{
    if (b != NULL)
        t->read[t->read_count++] = b;
}

static void add_write(touched *t, plan_buffer *b)
{
    if (b != NULL)
        t->write[t->write_count++] = b;
}

static bool is_conv(const plan_step *s)
{
    return ir_is_convolution(s->op);
}

/** The second step of a convolution or layernorm sums what the first one left; other steps of the parameters'
 *  gradients read the layer's input and the gradient of its output. */
static touched parameter_step(const plan *p, const plan_step *s)
{
    touched t = {0};
    if (is_conv(s) || s->op->code == IR_LAYERNORM) {
        add_read(&t, s->partials);
    } else {
        add_read(&t, plan_buffer_of(p, s->op->input[0]));
        add_read(&t, plan_buffer_of(p, s->op->forward->input[0]));
    }
    for (int i = 0; i < s->op->output_count; i++)
        if (s->op->output[i]->kind == IR_VALUE_PARAMETER_GRADIENT)
            add_write(&t, plan_buffer_of(p, s->op->output[i]));
    return t;
}

/** What a batchnorm has once for the whole batch: statistics, gradients of parameters. */
static bool is_of_batch(const ir_value *v)
{
    return v->kind == IR_VALUE_STATISTIC || v->kind == IR_VALUE_PARAMETER_GRADIENT;
}

/** A batchnorm reads its rows, leaves partial sums, makes of them what is of the batch, and reads this with its
 *  rows to make its result. */
static touched batchnorm_step(const plan *p, const plan_step *s)
{
    const bool sums = s->part == PLAN_FORWARD_SUMS || s->part == PLAN_BACKWARD_SUMS;
    const bool totals = s->part == PLAN_FORWARD_TOTALS || s->part == PLAN_BACKWARD_TOTALS;
    touched t = {0};
    for (int i = 0; i < s->op->input_count; i++)
        if (!totals && !ir_is_kept(s->op->input[i]))
            add_read(&t, plan_buffer_of(p, s->op->input[i]));
    for (int i = 0; i < s->op->output_count; i++) {
        plan_buffer *b = plan_buffer_of(p, s->op->output[i]);
        if (totals && is_of_batch(s->op->output[i]))
            add_write(&t, b);
        else if (!totals && !sums && is_of_batch(s->op->output[i]))
            add_read(&t, b);
        else if (!totals && !sums)
            add_write(&t, b);
    }
    if (sums)
        add_write(&t, s->partials);
    if (totals)
        add_read(&t, s->partials);
    return t;
}

/** A dense layer with many inputs leaves the products of their pieces, which its second step adds up. */
static touched summed_dense_step(const plan *p, const plan_step *s)
{
    touched t = {0};
    if (s->part == PLAN_FORWARD_PRODUCTS) {
        add_read(&t, plan_buffer_of(p, s->op->input[0]));
        add_write(&t, s->partials);
        return t;
    }
    add_read(&t, s->partials);
    for (int i = 0; i < s->op->output_count; i++)
        add_write(&t, plan_buffer_of(p, s->op->output[i]));
    return t;
}

/** The penalty leaves sums over the parameters, which its second step adds to the loss of every row. */
static touched penalty_step(const plan *p, const plan_step *s)
{
    touched t = {0};
    if (s->part == PLAN_PENALTY_SUMS) {
        add_write(&t, s->partials);
        return t;
    }
    add_read(&t, s->partials);
    for (int i = 0; i < s->op->output_count; i++)
        add_write(&t, plan_buffer_of(p, s->op->output[i]));
    return t;
}

/** Every buffer but the parameters, which no step writes. */
static touched touched_by(const plan *p, const plan_step *s)
{
    if (s->part == PLAN_BACKWARD_PARAMETERS)
        return parameter_step(p, s);
    if (s->op->code == IR_BATCHNORM)
        return batchnorm_step(p, s);
    if (s->op->code == IR_PENALTY)
        return penalty_step(p, s);
    if (s->op->code == IR_DENSE && s->op->direction == IR_FORWARD && s->partials)
        return summed_dense_step(p, s);
    touched t = {0};
    for (int i = 0; i < s->op->input_count; i++)
        if (s->op->input[i]->kind != IR_VALUE_PARAMETER)
            add_read(&t, plan_buffer_of(p, s->op->input[i]));
    for (int i = 0; i < s->op->output_count; i++)
        if (s->op->output[i]->kind != IR_VALUE_PARAMETER_GRADIENT)
            add_write(&t, plan_buffer_of(p, s->op->output[i]));
    if ((is_conv(s) || s->op->code == IR_LAYERNORM) && s->part == PLAN_BACKWARD && s->partial_size > 0)
        add_write(&t, s->partials);
    return t;
}

static bool contains(plan_buffer *const *buffers, int count, const plan_buffer *b)
{
    for (int i = 0; i < count; i++)
        if (buffers[i] == b)
            return true;
    return false;
}

/** A buffer that one of two steps writes and the other touches, or NULL. */
static const plan_buffer *shared(const touched *a, const touched *b)
{
    for (int i = 0; i < a->write_count; i++)
        if (contains(b->read, b->read_count, a->write[i]) || contains(b->write, b->write_count, a->write[i]))
            return a->write[i];
    for (int i = 0; i < b->write_count; i++)
        if (contains(a->read, a->read_count, b->write[i]))
            return b->write[i];
    return NULL;
}

/** Whether every row of both steps is done by the same worker. */
static bool same_rows(const plan_step *a, const plan_step *b)
{
    return a->cut == PLAN_ROWS && b->cut == PLAN_ROWS && a->piece == b->piece && a->first_worker == b->first_worker;
}

/* --- the programs ------------------------------------------------------------------------------------ */

enum { PLAN_PROGRAMS = 3 * MIDDLE_SAMPLES + 40 };

/** A deep or broad network that follows from a number. */
static const char *made_up(int n)
{
    static const int units[] = {1, 10, 31, 48, 97, 256, 513, 1000}, batches[] = {1, 3, 32, 100, 257, 4096};
    str layers = str_new(test_arena);
    if (n % 2)
        str_printf(&layers,
                   "reshape(28, 28, 1)\nconv2d(%d, 3, padding=same, activation=tanh)\nmaxpool2d()\nflatten()\n",
                   1 + n % 5);
    for (int i = 0; i < 2 + n; i++)
        str_printf(&layers, "dense(%d%s)\n%s", units[(n * 7 + i * 3) % 8], (n + i) % 3 ? ", activation=relu" : "",
                   (n + i) % 5 ? "" : "dropout(0.5)\n");
    str_add(&layers, "dense(10, activation=softmax)");
    return test_description(NULL, NULL, layers.text,
                            arena_printf(test_arena,
                                         "loss = sparse_categorical_crossentropy\noptimizer = adam\n"
                                         "batch_size = %d",
                                         batches[n % 6]));
}

/** The samples with three batch sizes, and made-up ones. */
static plan *nth_plan(int n)
{
    test_teardown();
    test_setup();
    if (n >= 3 * MIDDLE_SAMPLES)
        return middle_plan(made_up(n - 3 * MIDDLE_SAMPLES));
    static const int batches[] = {0, 1, 1500};
    ir_program *program = middle_program(middle_sample(n / 3), IR_FUSED);
    if (batches[n % 3] > 0)
        program->train.batch_size = program->train.shard_rows = batches[n % 3];
    plan *p = plan_make(test_arena, test_diag, program, &(plan_options){0});
    ck_assert_msg(p != NULL, "%s", test_messages());
    return p;
}

static int64_t size_of(const plan *p, const plan_buffer *b)
{
    return b->per_row ? b->elements * p->program->train.batch_size : b->elements;
}

/* --- memory ------------------------------------------------------------------------------------------ */

START_TEST(parameters_lie_one_behind_the_other)
{
    for (int n = 0; n < PLAN_PROGRAMS; n++) {
        const plan *p = nth_plan(n);
        int64_t end = 0;
        for (const plan_buffer *b = p->buffers; b != NULL; b = b->next) {
            if (b->array != PLAN_PARAMS)
                continue;
            ck_assert_int_eq(b->offset, end);
            ck_assert_int_eq(b->elements, ir_elements(b->value->shape));
            end += b->elements;
        }
        ck_assert_int_eq(end, p->param_count);
    }
}
END_TEST

START_TEST(gradients_lie_as_their_parameters)
{
    for (int n = 0; n < PLAN_PROGRAMS; n++) {
        const plan *p = nth_plan(n);
        int parameters = 0, gradients = 0;
        for (const plan_buffer *b = p->buffers; b != NULL; b = b->next) {
            gradients += b->array == PLAN_GRADS;
            if (b->array != PLAN_PARAMS)
                continue;
            const plan_buffer *gradient = plan_buffer_of(p, b->value->gradient);
            ck_assert_int_eq(gradient->array, PLAN_GRADS);
            ck_assert_int_eq(gradient->offset, b->offset);
            ck_assert_int_eq(gradient->elements, b->elements);
            ck_assert(gradient->used);
            parameters++;
        }
        ck_assert_int_eq(parameters, gradients);
    }
}
END_TEST

/** Whether both are alive in some stretch. */
static bool meet(const plan_buffer *a, const plan_buffer *b)
{
    return a->first <= b->last && b->first <= a->last;
}

static void check_workspace(const plan *p)
{
    for (const plan_buffer *a = p->buffers; a != NULL; a = a->next) {
        if (a->array != PLAN_WORKSPACE || !a->used)
            continue;
        ck_assert_int_eq(a->offset % CACHE_LINE, 0);
        ck_assert_int_ge(a->offset, 0);
        ck_assert_int_le(a->offset + size_of(p, a), p->workspace);
        for (const plan_buffer *b = a->next; b != NULL; b = b->next)
            if (b->array == PLAN_WORKSPACE && b->used && meet(a, b))
                ck_assert_msg(a->offset + size_of(p, a) <= b->offset || b->offset + size_of(p, b) <= a->offset,
                              "%s and %s overlap", a->c_name, b->c_name);
    }
}

START_TEST(what_is_alive_together_does_not_overlap)
{
    for (int n = 0; n < PLAN_PROGRAMS; n++)
        check_workspace(nth_plan(n));
}
END_TEST

static void check_alive(const plan_buffer *b, const plan_step *s)
{
    ck_assert_msg(b->used, "%s touches %s, which is not there", s->c_name, b->c_name);
    if (b->array == PLAN_WORKSPACE)
        ck_assert_msg(b->first <= s->stretch && s->stretch <= b->last, "%s touches %s in stretch %d, alive %d to %d",
                      s->c_name, b->c_name, s->stretch, b->first, b->last);
}

START_TEST(what_a_step_touches_is_alive)
{
    for (int n = 0; n < PLAN_PROGRAMS; n++) {
        const plan *p = nth_plan(n);
        int last = 0;
        for (const plan_step *s = p->steps; s != NULL; s = s->next) {
            const touched t = touched_by(p, s);
            for (int i = 0; i < t.read_count; i++)
                check_alive(t.read[i], s);
            for (int i = 0; i < t.write_count; i++)
                check_alive(t.write[i], s);
            last = s->stretch;
        }
        /* the prediction is read when all is done */
        ck_assert_int_eq(plan_buffer_of(p, p->program->graph->output)->last, last);
    }
}
END_TEST

START_TEST(what_is_read_was_written_before)
{
    for (int n = 0; n < PLAN_PROGRAMS; n++) {
        const plan *p = nth_plan(n);
        for (const plan_step *s = p->steps; s != NULL; s = s->next) {
            const touched t = touched_by(p, s);
            for (int i = 0; i < t.read_count; i++) {
                bool written = false;
                for (const plan_step *o = p->steps; o != s; o = o->next) {
                    const touched before = touched_by(p, o);
                    written = written || contains(before.write, before.write_count, t.read[i]);
                }
                ck_assert_msg(written, "%s reads %s, which nobody wrote", s->c_name, t.read[i]->c_name);
            }
        }
    }
}
END_TEST

/** Whether a buffer lies at the beginning or right behind one that lives at the same time. */
static bool is_tight(const plan *p, const plan_buffer *b)
{
    for (const plan_buffer *o = p->buffers; o != NULL; o = o->next)
        if (o != b && o->array == PLAN_WORKSPACE && o->used && meet(o, b) &&
            o->offset + (size_of(p, o) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE == b->offset)
            return true;
    return b->offset == 0;
}

START_TEST(memory_is_shared_and_has_no_gaps)
{
    int sharing = 0;
    for (int n = 0; n < PLAN_PROGRAMS; n++) {
        const plan *p = nth_plan(n);
        int64_t sum = 0;
        for (const plan_buffer *b = p->buffers; b != NULL; b = b->next)
            if (b->array == PLAN_WORKSPACE && b->used) {
                ck_assert_msg(is_tight(p, b), "a gap before %s", b->c_name);
                sum += size_of(p, b);
            }
        sharing += p->workspace < sum;
    }
    ck_assert_int_ge(sharing, 10);
}
END_TEST

START_TEST(static_bytes_are_the_sum)
{
    for (int n = 0; n < PLAN_PROGRAMS; n++) {
        const plan *p = nth_plan(n);
        const int slots = p->program->train.optimizer.kind == LANG_OPTIMIZER_ADAM      ? 2
                          : p->program->train.optimizer.kind == LANG_OPTIMIZER_RMSPROP ? 1
                                                                                       : 0;
        int64_t parameters = 0, state = 0, index = 0, workspace = 0;
        for (const plan_buffer *b = p->buffers; b != NULL; b = b->next) {
            const int64_t size = size_of(p, b);
            if (b->array == PLAN_PARAMS)
                parameters += size;
            else if (b->array == PLAN_STATE)
                state += size;
            else if (b->array == PLAN_INDEX)
                index += size * (strcmp(b->c_type, "uint16_t") == 0 ? 2 : 1);
            else if (b->array == PLAN_WORKSPACE && b->used && b->offset + size > workspace)
                workspace = b->offset + size;
        }
        workspace = (workspace + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
        ck_assert_int_eq(p->workspace, workspace);
        ck_assert_int_eq(p->slot_count, slots);
        ck_assert_int_eq(p->index_bytes, index);
        ck_assert_int_eq(p->static_bytes,
                         4 * ((2 + slots) * parameters + state + workspace + p->program->train.batch_size) + index);
    }
}
END_TEST

START_TEST(scratch_holds_every_step)
{
    for (int n = 0; n < PLAN_PROGRAMS; n++) {
        const plan *p = nth_plan(n);
        int64_t largest = 0;
        for (const plan_step *s = p->steps; s != NULL; s = s->next) {
            const int64_t sum = s->scratch[0] + s->scratch[1] + s->scratch[2];
            if (sum > largest)
                largest = sum;
        }
        ck_assert_int_ge(p->scratch, largest);
        ck_assert_int_lt(p->scratch, largest + CACHE_LINE);
    }
}
END_TEST

START_TEST(blas_only_lays_patches_out)
{
    for (int n = 0; n < PLAN_PROGRAMS; n++) {
        const ir_program *program = nth_plan(n)->program; /* makes test_arena new */
        const plan *p = plan_make(test_arena, test_diag, program, &(plan_options){.blas_only = true});
        ck_assert_ptr_nonnull(p);
        for (const plan_step *s = p->steps; s != NULL; s = s->next) {
            ck_assert(s->kernel != PLAN_TILE && s->kernel != PLAN_DIRECT);
            if (s->op->code != IR_CONV2D || s->part == PLAN_BACKWARD_PARAMETERS)
                continue;
            const ir_op *op = s->op->direction == IR_FORWARD ? s->op : s->op->forward;
            const ir_op *pool = op->attr.pool;
            const ir_shape full = pool != NULL ? pool->input[0]->shape : op->output[0]->shape;
            const int64_t patch = op->attr.window.h * op->attr.window.w * op->input[0]->shape.dim[2] / op->attr.groups;
            ck_assert_int_eq(s->scratch[0], full.dim[0] * full.dim[1] * patch);
            ck_assert_int_eq(s->scratch[1], pool != NULL ? ir_elements(full) : 0);
        }
    }
}
END_TEST

START_TEST(large_windows_have_wide_indices)
{
    static const struct {
        const char *pool, *type;
    } rows[] = {{"maxpool2d(16)", "uint8_t"}, {"maxpool2d((16, 17))", "uint16_t"}, {"maxpool2d(28)", "uint16_t"}};
    for (int fused = 0; fused < 2; fused++)
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            const plan *p = middle_plan(middle_text(
                "reshape(28, 28, 1)", arena_printf(test_arena, "%s%s\nflatten()\ndense(10, activation=softmax)",
                                                   fused ? "conv2d(2, 1)\n" : "", rows[i].pool)));
            const plan_buffer *b = p->buffers;
            while (b->array != PLAN_INDEX)
                b = b->next;
            ck_assert_str_eq(b->c_type, rows[i].type);
        }
}
END_TEST

/* --- pieces and barriers ------------------------------------------------------------------------------ */

/** Two steps without a barrier between them: a worker may be in the later one while another is still in the
 *  earlier one, so they may share only what the same worker writes and reads. */
START_TEST(steps_of_a_stretch_share_only_rows_of_one_worker)
{
    int pairs = 0;
    for (int n = 0; n < PLAN_PROGRAMS; n++) {
        const plan *p = nth_plan(n);
        for (const plan_step *a = p->steps; a != NULL; a = a->next)
            for (const plan_step *b = a->next; b != NULL && b->stretch == a->stretch; b = b->next) {
                const touched ta = touched_by(p, a), tb = touched_by(p, b);
                const plan_buffer *common = shared(&ta, &tb);
                ck_assert_msg(common == NULL || (common->per_row && same_rows(a, b)),
                              "program %d: %s and %s meet at %s without a barrier", n, a->c_name, b->c_name,
                              common != NULL ? common->c_name : "");
                pairs += common != NULL;
            }
    }
    ck_assert_int_ge(pairs, 500);
}
END_TEST

START_TEST(there_are_as_many_workers_as_find_pieces)
{
    for (int n = 0; n < PLAN_PROGRAMS; n++) {
        const plan *p = nth_plan(n);
        int64_t most = 1;
        for (const plan_step *s = p->steps; s != NULL; s = s->next) {
            most = plan_pieces(p, s) > most ? plan_pieces(p, s) : most;
            ck_assert_int_eq(s->most % s->piece, 0);
            ck_assert(s->most == s->piece || s->neighbours);
            ck_assert_int_ge(s->first_worker, 0);
            ck_assert_int_lt(s->first_worker, PLAN_MAX_WORKERS);
        }
        ck_assert_int_eq(p->max_workers, most < PLAN_MAX_WORKERS ? most : PLAN_MAX_WORKERS);
    }
}
END_TEST

START_TEST(cores_do_not_gain_more_than_their_number)
{
    for (int n = 0; n < PLAN_PROGRAMS; n++) {
        const plan *p = nth_plan(n);
        const double alone = plan_step_seconds(p, 1, 100);
        double steps = 0;
        for (const plan_step *s = p->steps; s != NULL; s = s->next)
            steps += plan_predicted_seconds(p, s, 100);
        ck_assert(alone > steps && alone < steps + 1e-8 * (double)p->param_count + 1e-9);
        for (int cores = 2; cores <= PLAN_MAX_WORKERS; cores++)
            ck_assert(plan_step_seconds(p, cores, 100) * cores > alone * 0.999999);
    }
}
END_TEST

START_TEST(stretches_count_barriers)
{
    for (int n = 0; n < PLAN_PROGRAMS; n++) {
        const plan *p = nth_plan(n);
        int stretch = 0;
        ck_assert(!p->steps->barrier);
        for (const plan_step *s = p->steps; s != NULL; s = s->next) {
            stretch += s->barrier;
            ck_assert_int_eq(s->stretch, stretch);
        }
    }
}
END_TEST

START_TEST(pieces_cover_the_whole)
{
    for (int n = 0; n < PLAN_PROGRAMS; n++) {
        const plan *p = nth_plan(n);
        for (const plan_step *s = p->steps; s != NULL; s = s->next) {
            const int64_t batch = p->program->train.batch_size;
            const int64_t length = s->cut == PLAN_ROWS ? batch : s->cut == PLAN_COLUMNS ? s->width : 1;
            const int64_t pieces = plan_pieces(p, s);
            ck_assert_int_ge(s->piece, 1);
            ck_assert_int_ge(pieces * s->piece, length);
            ck_assert_int_lt((pieces - 1) * s->piece, length);
            if (s->cut != PLAN_COLUMNS)
                continue;
            /* columns of an output begin at vectors, and there is more than one piece */
            if (s->part != PLAN_BACKWARD_PARAMETERS && s->part != PLAN_FORWARD_PRODUCTS && s->part != PLAN_PENALTY_SUMS)
                ck_assert_int_eq(s->piece % CACHE_LINE, 0);
            ck_assert_int_ge(pieces, 2);
            if (s->part == PLAN_PENALTY_SUMS)
                continue;
            const ir_shape kernel =
                ir_parameter(s->op->direction == IR_FORWARD ? s->op : s->op->forward, "kernel")->shape;
            ck_assert_int_eq(s->width, kernel.dim[s->part == PLAN_FORWARD ? 1 : 0]);
        }
    }
}
END_TEST

START_TEST(partial_sums_have_room_for_every_piece)
{
    for (int n = 0; n < PLAN_PROGRAMS; n++) {
        const plan *p = nth_plan(n);
        for (const plan_step *s = p->steps; s != NULL; s = s->next) {
            if (!is_conv(s) || s->part != PLAN_BACKWARD)
                continue;
            int64_t set = 0;
            for (int i = 0; i < s->op->forward->input_count; i++)
                if (s->op->forward->input[i]->kind == IR_VALUE_PARAMETER)
                    set += ir_elements(s->op->forward->input[i]->shape);
            ck_assert_int_eq(s->partials->elements, plan_pieces(p, s) * set);
            ck_assert(!s->partials->per_row);
        }
    }
}
END_TEST

/** The steps, "|" where all workers wait. */
static const char *step_names(const plan *p)
{
    str s = str_new(test_arena);
    for (const plan_step *step = p->steps; step != NULL; step = step->next)
        str_printf(&s, "%s%s%s", step == p->steps ? "" : " ", step->barrier ? "| " : "", step->c_name);
    return s.text;
}

START_TEST(steps_run_in_order)
{
    ck_assert_str_eq(step_names(middle_plan(middle_sample(0))),
                     "input_forward dense_forward dense_1_forward dense_2_forward dense_2_softmax_forward loss_forward "
                     "loss_backward dense_2_backward dense_1_backward | dense_2_gradients dense_1_gradients "
                     "dense_gradients");
    ck_assert_str_eq(
        step_names(middle_plan(middle_sample(2))),
        "input_forward conv2d_forward | dense_forward_products | dense_forward | dense_1_forward | "
        "dense_1_softmax_forward loss_forward loss_backward | dense_1_backward | dense_backward | conv2d_backward | "
        "dense_1_gradients dense_gradients conv2d_gradients");
}
END_TEST

/** The step of a layer with so many inputs and units, or NULL; the layer before it keeps zeros of the data away. */
static const plan_step *products_of(int in, int units, int batch, bool blas_only)
{
    test_teardown();
    test_setup();
    const char *layers = arena_printf(test_arena, "dense(%d)\ndense(%d)\ndense(10, activation=softmax)", in, units);
    ir_program *program = middle_program(middle_text("reshape(784)", layers), IR_FUSED);
    program->train.batch_size = program->train.shard_rows = batch;
    const plan *p = plan_make(test_arena, test_diag, program, &(plan_options){.blas_only = blas_only});
    ck_assert_msg(p != NULL, "%s", test_messages());
    for (const plan_step *s = p->steps; s; s = s->next)
        if (s->part == PLAN_FORWARD_PRODUCTS) {
            ck_assert_int_eq(s->partials->elements, plan_pieces(p, s) * units * batch);
            ck_assert_ptr_eq(s->next->partials, s->partials);
            ck_assert(s->next->barrier);
            ck_assert_int_eq(s->next->part, PLAN_FORWARD);
            ck_assert_int_eq(s->neighbours, plan_pieces(p, s) >= PLAN_SUM_PIECES);
            return s;
        }
    return NULL;
}

START_TEST(many_inputs_are_summed_in_pieces)
{
    ck_assert_int_eq(products_of(5400, 100, 16, false)->piece, 684); /* 8 pieces in steps of 12 */
    ck_assert_int_eq(products_of(2048, 10, 16, false)->piece, 1032); /* by work: 0.66 MFLOP */
    ck_assert_ptr_null(products_of(5400, 256, 16, false));           /* as many pieces of columns */
    ck_assert_ptr_null(products_of(500, 100, 16, false));            /* few inputs */
    ck_assert_ptr_null(products_of(5400, 100, 512, false));          /* as many pieces of rows */
    ck_assert_ptr_null(products_of(5400, 10, 1, false));             /* little work */
    ck_assert_ptr_null(products_of(5400, 100, 16, true));
}
END_TEST

/** The phase that holds an input; where no tap meets it, one without taps. */
static plan_phase phase_of_input(const ir_op *op, int input, int stride)
{
    for (int64_t i = 0, last = -1; i < plan_phase_count(op, 0); i++) {
        const plan_phase f = plan_phase_of(op, 0, i);
        ck_assert_int_gt(f.first, last);
        ck_assert_int_gt(f.taps, 0);
        last = f.first;
        if (f.first == input % stride)
            return f;
    }
    return (plan_phase){.count = input / stride + 1};
}

/** Every pair of an input and a tap of the kernel that meet in some window is in exactly one phase, with the window's
 *  place; what else the phase multiplies by lies in the border. */
START_TEST(phases_hold_every_tap)
{
    int pairs = 0;
    for (int n = 0; n < 6 * 5 * 4 * 5; n++) {
        const int window = 1 + n % 6, stride = 1 + n / 6 % 5, pad = n / 30 % 4, in = 6 + n / 120;
        if (pad >= window || in + pad < window)
            continue;
        const int out = (in + pad - window) / stride + 1; /* no padding behind */
        ir_value x = {.shape = {.rank = 3, .dim = {in, in, 1}}}, y = {.shape = {.rank = 3, .dim = {out, out, 1}}};
        ir_value *inputs[] = {&x}, *outputs[] = {&y};
        ir_op op = {.code = IR_CONV2D, .input_count = 1, .input = inputs, .output_count = 1, .output = outputs};
        op.attr.window = (ir_pair){window, window};
        op.attr.strides = (ir_pair){stride, stride};
        op.attr.pad = (ir_pair){pad, pad};
        const plan_canvas c = plan_gradient_canvas(&op, true);
        ck_assert_int_ge(c.height, c.top + out);
        for (int i = 0; i < in; i++) {
            const plan_phase f = phase_of_input(&op, i, stride);
            const int64_t place = f.start + i / stride;
            int64_t found = 0, expected = 0;
            ck_assert_int_lt(i / stride, f.count);
            for (int64_t t = 0; t < f.taps; t++) {
                const int64_t tap = f.last_tap - t * stride, at = place + t;
                ck_assert_int_ge(at, -c.top);
                ck_assert_int_lt(at, c.height - c.top);
                ck_assert_int_eq(at * stride - pad + tap, i);
                found += at >= 0 && at < out;
            }
            for (int at = 0; at < out; at++)
                expected += i + pad - at * stride >= 0 && i + pad - at * stride < window;
            ck_assert_int_eq(found, expected);
            pairs += (int)found;
        }
    }
    ck_assert_int_gt(pairs, 1000);
}
END_TEST

/* --- 2 GiB -------------------------------------------------------------------------------------------- */

static bool has_plan(const char *steps, const char *layers, int batch)
{
    ir_program *program = middle_program(middle_text(steps, layers), IR_FUSED);
    program->train.batch_size = program->train.shard_rows = batch;
    return plan_make(test_arena, test_diag, program, &(plan_options){0}) != NULL;
}

START_TEST(more_than_two_gib_are_refused)
{
    /* parameters, gradients and Adam's two arrays: 16 bytes a parameter, 134217728 of them */
    ck_assert(has_plan("reshape(784)", "dense(100000)\ndense(10, activation=softmax)", 1));
    ck_assert(!has_plan("reshape(784)", "dense(170000)\ndense(10, activation=softmax)", 1));
    ck_assert_str_eq(test_messages(), "error 11: the program needs more memory than 2 GiB (135150010 parameters, "
                                      "batches of 1)\nhint 0: make the layers or batch_size smaller\n");
    /* activations of a batch */
    ck_assert(has_plan("reshape(784)", "dense(10, activation=softmax)", 300000));
    ck_assert(!has_plan("reshape(784)", "dense(10, activation=softmax)", 700000));
    ck_assert(!has_plan("reshape(784)", "dense(10, activation=softmax)", INT32_MAX));
    /* indices of a pooling */
    ck_assert(!has_plan("reshape(400, 400, 1)",
                        "conv2d(64, 1)\nmaxpool2d(2, strides=1)\nmaxpool2d(100)\nflatten()\n"
                        "dense(10, activation=softmax)",
                        300));
    /* the result of a convolution before its pooling */
    ck_assert(!has_plan("reshape(2000, 2000, 1)",
                        "conv2d(150, 1)\nmaxpool2d(200)\nflatten()\ndense(10, activation=softmax)", 1));
}
END_TEST

/** The scratch memory alone is 1.6e19 bytes, more than 64 bits count. */
START_TEST(sums_beyond_64_bits_are_refused)
{
    ck_assert(!has_plan("reshape(25100, 25100, 1)",
                        "conv2d(1, 25100, padding=same)\nmaxpool2d(128)\nflatten()\ndense(300)\n"
                        "dense(2, activation=softmax)",
                        1));
}
END_TEST

/* --- names -------------------------------------------------------------------------------------------- */

static bool is_identifier(const char *name)
{
    if (!(*name >= 'a' && *name <= 'z'))
        return false;
    for (; *name != '\0'; name++)
        if (!isdigit((unsigned char)*name) && !(*name >= 'a' && *name <= 'z') && *name != '_')
            return false;
    return true;
}

/** Everything that the generated file calls by name at its top level; no two may be the same. */
static void check_names(const plan *p)
{
    enum { MAX_NAMES = 2000 };
    const char *names[MAX_NAMES];
    int count = 0;
    for (const plan_buffer *b = p->buffers; b != NULL; b = b->next)
        names[count++] = b->c_name;
    for (const plan_step *s = p->steps; s != NULL; s = s->next)
        names[count++] = s->c_name;
    ck_assert_int_lt(count, MAX_NAMES);
    for (int i = 0; i < count; i++) {
        ck_assert_msg(is_identifier(names[i]), "\"%s\" is no identifier", names[i]);
        for (int j = 0; j < i; j++)
            ck_assert_msg(strcmp(names[i], names[j]) != 0, "\"%s\" is there twice", names[i]);
    }
    /* no other layer, and nothing that is derived from one, has taken a layer's name */
    for (size_t i = 0; i < p->names.capacity; i++) {
        const plan_name *n = p->names.slots[i].object;
        ck_assert(n == NULL || name_map_get(&p->taken_names, n->c_name) == n);
    }
}

START_TEST(names_are_unique_identifiers)
{
    for (int n = 0; n < PLAN_PROGRAMS; n++)
        check_names(nth_plan(n));
}
END_TEST

/** A dense layer for every name. */
static plan *named(const char *const *names)
{
    str layers = str_new(test_arena);
    for (; *names != NULL; names++)
        str_printf(&layers, "dense(4, activation=softmax, name=\"%s\")\n", *names);
    str_add(&layers, "dense(10, activation=softmax, name=\"last\")");
    return middle_plan(test_description(NULL, NULL, layers.text, NULL));
}

START_TEST(odd_names_become_identifiers)
{
    static const char *const odd[] = {"Encoder", "a.b/c",  "3rd",   "int", "free", "main",  "_x",
                                      "-",       "static", "a-b.c", "MNN", "Loss", "while", NULL};
    static const char *const expected[] = {"encoder", "a_b_c",  "layer_3rd", "int", "free", "main", "layer__x",
                                           "layer__", "static", "a_b_c_n2",  "mnn", "loss", "while"};
    const plan *p = named(odd);
    for (int i = 0; odd[i] != NULL; i++)
        ck_assert_str_eq(plan_c_name(p, odd[i]), expected[i]);
    ck_assert_str_eq(plan_c_name(p, "input"), "input");
    ck_assert_str_eq(plan_c_name(p, "loss"), "loss_n2");
    check_names(p);
}
END_TEST

START_TEST(names_that_become_the_same_stay_apart)
{
    static const char *const same[] = {"A", "a", "a_n2", "A_N2", "a.n2", "a_n2_n2", NULL};
    check_names(named(same));
}
END_TEST

START_TEST(a_name_that_is_part_of_another_is_kept_apart)
{
    static const char *const parts[] = {"a", "a.out", "a.kernel", "a_kernel", "a_kernel_gradient", "a_out", NULL};
    const plan *p = named(parts);
    check_names(p);
    for (const plan_buffer *b = p->buffers; b != NULL; b = b->next)
        if (b->value != NULL && strcmp(b->value->name, "a.kernel") == 0)
            ck_assert_str_eq(b->c_name, "a_kernel");
}
END_TEST

START_TEST(a_layer_may_be_called_as_another_layers_function)
{
    static const char *const softmax[] = {"a", "a_softmax", NULL};
    check_names(named(softmax));
    check_names(middle_plan(middle_text("reshape(784)", "activation(relu)\ndense(8, name=\"activation_relu\")\n"
                                                        "dense(10, activation=softmax)")));
}
END_TEST

/* --- first values -------------------------------------------------------------------------------------- */

/** The standard deviation of a standard normal distribution cut at 2: variance 1 - 4 f(2) / (F(2) - F(-2)). */
static double cut_deviation(void)
{
    const double density = exp(-2.0) / sqrt(2.0 * acos(-1.0));
    return sqrt(1.0 - 4.0 * density / erf(sqrt(2.0)));
}

static plan_initial initial_of(const char *layer, const char *role)
{
    const plan *p =
        middle_plan(middle_text("reshape(28, 28, 3)", arena_printf(test_arena,
                                                                   "conv2d(8, (5, 3)%s)\nflatten()\n"
                                                                   "dense(50%s)\ndense(10, activation=softmax)",
                                                                   layer, layer)));
    const bool conv = strncmp(role, "conv2d.", 7) == 0;
    return plan_initial_of(ir_parameter(middle_find(p->program, conv ? "conv2d" : "dense"), strchr(role, '.') + 1));
}

static void check_initial(const char *argument, const char *role, const char *kind, double a, double b)
{
    const plan_initial i = initial_of(argument, role);
    ck_assert_msg(strcmp(i.kind, kind) == 0 && fabs(i.a - a) < 1e-14 && fabs(i.b - b) < 1e-14,
                  "%s of %s: %s %.17g %.17g, expected %s %.17g %.17g", argument, role, i.kind, i.a, i.b, kind, a, b);
}

START_TEST(limits_follow_from_the_fans)
{
    /* conv2d: 5 * 3 * 3 inputs, 5 * 3 * 8 outputs; dense: 24 * 26 * 8 inputs, 50 outputs */
    static const struct {
        const char *role;
        double in, out;
    } rows[] = {{"conv2d.kernel", 45, 120}, {"dense.kernel", 4992, 50}};
    for (int i = 0; i < 2; i++) {
        const char *r = rows[i].role;
        const double in = rows[i].in, sum = in + rows[i].out, d = cut_deviation();
        const char *normal = "MNN_INIT_TRUNCATED_NORMAL";
        check_initial("", r, "MNN_INIT_UNIFORM", -sqrt(6 / sum), sqrt(6 / sum));
        check_initial(", kernel_initializer=glorot_normal", r, normal, 0, sqrt(2 / sum) / d);
        check_initial(", kernel_initializer=he_uniform", r, "MNN_INIT_UNIFORM", -sqrt(6 / in), sqrt(6 / in));
        check_initial(", kernel_initializer=he_normal", r, normal, 0, sqrt(2 / in) / d);
        check_initial(", kernel_initializer=lecun_uniform", r, "MNN_INIT_UNIFORM", -sqrt(3 / in), sqrt(3 / in));
        check_initial(", kernel_initializer=lecun_normal", r, normal, 0, sqrt(1 / in) / d);
        check_initial(", kernel_initializer=random_uniform(-1, 3)", r, "MNN_INIT_UNIFORM", -1, 3);
        check_initial(", kernel_initializer=random_normal(0.5, 2)", r, "MNN_INIT_NORMAL", 0.5, 2);
        check_initial(", kernel_initializer=constant(0.25)", r, "MNN_INIT_CONSTANT", 0.25, 0);
        check_initial(", kernel_initializer=zeros", r, "MNN_INIT_ZEROS", 0, 0);
        check_initial(", kernel_initializer=ones", r, "MNN_INIT_ONES", 0, 0);
    }
}
END_TEST

START_TEST(biases_have_their_own)
{
    check_initial("", "dense.bias", "MNN_INIT_ZEROS", 0, 0);
    check_initial(", bias_initializer=constant(-1)", "conv2d.bias", "MNN_INIT_CONSTANT", -1, 0);
    /* the fans of a vector are both its length, as in Keras */
    check_initial(", bias_initializer=glorot_uniform", "dense.bias", "MNN_INIT_UNIFORM", -sqrt(6.0 / 100),
                  sqrt(6.0 / 100));
    check_initial(", bias_initializer=he_uniform", "conv2d.bias", "MNN_INIT_UNIFORM", -sqrt(6.0 / 8), sqrt(6.0 / 8));
}
END_TEST

START_TEST(dump_says_what_is_there)
{
    const plan *p = middle_plan(middle_text("reshape(4)", "dense(2, activation=softmax)"));
    str s = str_new(test_arena);
    plan_dump(&s, p, 0);
    ck_assert_str_eq(
        s.text,
        "plan m\n"
        "  steps (pieces x size, dimension; kernel; reason; predicted time per batch on one core)\n"
        "    input_forward                1 x 32 rows; loop; row by row; 0.0219 us\n"
        "    dense_forward                1 x 32 rows; tiles in registers; split by rows: the kernel fits the cache; "
        "0.0104 us\n"
        "    dense_softmax_forward        1 x 32 rows; loop; row by row; 0.0219 us\n"
        "    loss_forward                 1 x 32 rows; loop; row by row; 0.0164 us\n"
        "    loss_backward                1 x 32 rows; loop; row by row; 0.0164 us\n"
        "    ---- barrier\n"
        "    dense_gradients              1 x 1 whole; tiles in registers; one piece: too small to split; 0.0104 us\n"
        "  predicted step (cores; time; efficiency)\n"
        "     1     0.1009 us  100 %\n"
        "     2     0.1009 us   50 %\n"
        "     4     0.1009 us   25 %\n"
        "     8     0.1009 us   12 %\n"
        "    16     0.1009 us    6 %\n"
        "    32     0.1009 us    3 %\n"
        "    64     0.1009 us    2 %\n"
        "  memory (array + offset, elements)\n"
        "    input_out                    workspace + 0         rows x 4 float, live in stretches 0 to 1\n"
        "    dense_kernel                 params    + 0         8 float\n"
        "    dense_bias                   params    + 8         2 float\n"
        "    dense_out                    workspace + 128       rows x 2 float, live in stretches 0 to 0\n"
        "    dense_softmax                workspace + 192       rows x 2 float, live in stretches 0 to 1\n"
        "    dense_out_gradient           workspace + 256       rows x 2 float, live in stretches 0 to 1\n"
        "    dense_kernel_gradient        grads     + 0         8 float\n"
        "    dense_bias_gradient          grads     + 8         2 float\n"
        "  parameters 10, workspace 320 floats, scratch 0 floats per worker, at most 1 workers\n"
        "  static memory 1568 bytes\n");
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *c = tcase_create(name);
    tcase_add_checked_fixture(c, test_setup, test_teardown);
    tcase_set_timeout(c, 60);
    suite_add_tcase(suite, c);
    return c;
}

int main(void)
{
    Suite *suite = suite_create("plan");
    TCase *c = add_case(suite, "memory");
    tcase_add_test(c, parameters_lie_one_behind_the_other);
    tcase_add_test(c, gradients_lie_as_their_parameters);
    tcase_add_test(c, what_is_alive_together_does_not_overlap);
    tcase_add_test(c, what_a_step_touches_is_alive);
    tcase_add_test(c, what_is_read_was_written_before);
    tcase_add_test(c, memory_is_shared_and_has_no_gaps);
    tcase_add_test(c, static_bytes_are_the_sum);
    tcase_add_test(c, scratch_holds_every_step);
    tcase_add_test(c, blas_only_lays_patches_out);
    tcase_add_test(c, large_windows_have_wide_indices);
    tcase_add_test(c, more_than_two_gib_are_refused);
    tcase_add_test(c, sums_beyond_64_bits_are_refused);
    c = add_case(suite, "steps");
    tcase_add_test(c, steps_run_in_order);
    tcase_add_test(c, many_inputs_are_summed_in_pieces);
    tcase_add_test(c, phases_hold_every_tap);
    tcase_add_test(c, steps_of_a_stretch_share_only_rows_of_one_worker);
    tcase_add_test(c, there_are_as_many_workers_as_find_pieces);
    tcase_add_test(c, cores_do_not_gain_more_than_their_number);
    tcase_add_test(c, stretches_count_barriers);
    tcase_add_test(c, pieces_cover_the_whole);
    tcase_add_test(c, partial_sums_have_room_for_every_piece);
    c = add_case(suite, "names");
    tcase_add_test(c, names_are_unique_identifiers);
    tcase_add_test(c, odd_names_become_identifiers);
    tcase_add_test(c, names_that_become_the_same_stay_apart);
    tcase_add_test(c, a_name_that_is_part_of_another_is_kept_apart);
    tcase_add_test(c, a_layer_may_be_called_as_another_layers_function);
    c = add_case(suite, "first values");
    tcase_add_test(c, limits_follow_from_the_fans);
    tcase_add_test(c, biases_have_their_own);
    c = add_case(suite, "dump");
    tcase_add_test(c, dump_says_what_is_there);
    return test_run(suite);
}
