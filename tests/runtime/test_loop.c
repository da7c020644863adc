/* The training loop, evaluation, gradient check, histories and weights. */
#define _GNU_SOURCE
#include <check.h>
#include <dirent.h>
#include <float.h>
#include <pthread.h>

#include "math/math.h"
#include "mnn/safetensors.h"
#include "tiny_model.h"
#include "train/evaluate.h"
#include "train/gradcheck.h"
#include "train/history.h"
#include "train/loop.h"
#include "train/stuck.h"
#include "train/weights.h"

enum { SAMPLES = 45 }; /* 6 steps, the last of 5 rows */

static char folder[64];
static mnn_error err;
static mnn_model model;
static mnn_dataset set;
static mnn_pool *pool;
static mnn_training training;
static mnn_training_result result;

static void start_pool(int count)
{
    mnn_pool_free(pool);
    ck_assert_msg(mnn_pool_new(&pool, count, &err) == MNN_OK, "%s", err.text);
    training.pool = pool;
}

static void setup(void)
{
    char images[512], labels[512];
    make_folder(folder);
    model = tiny_model();
    write_dots(folder, "images", "labels", SAMPLES);
    strcpy(images, in_folder(folder, "images"));
    strcpy(labels, in_folder(folder, "labels"));
    const mnn_found files = {images, labels};
    ck_assert_msg(mnn_dataset_load(&model, &model.train, &files, 0, &set, &err) == MNN_OK, "%s", err.text);
    training =
        (mnn_training){.model = &model, .training = mnn_dataset_all(&set), .epochs = 3, .shuffle = true, .seed = 7};
    start_pool(1);
    mnn_initialize(&model, 1);
}

static void teardown(void)
{
    mnn_pool_free(pool);
    pool = NULL;
    mnn_dataset_free(&set);
    remove_folder(folder);
}

static void train_well(void)
{
    ck_assert_msg(mnn_train(&training, &result, &err) == MNN_OK, "%s", err.text);
}

static void expect_text(const char *part)
{
    ck_assert_msg(strstr(err.text, part) != NULL, "\"%s\" is not in \"%s\"", part, err.text);
}

/* --- what observers are told ---------------------------------------------------------------------- */

static struct {
    int steps, epochs;
    double loss[64];
    uint64_t seen[64];
    mnn_step_report last_step;
    mnn_epoch_report last_epoch;
    volatile sig_atomic_t stop;
    int stop_at;
} told;

static void on_step(void *context, const mnn_step_report *report)
{
    ck_assert_ptr_eq(context, &told);
    told.loss[told.steps] = report->loss;
    told.seen[told.steps] = report->score.samples;
    told.last_step = *report;
    if (++told.steps == told.stop_at)
        told.stop = SIGTERM;
}

static void on_epoch_end(void *context, const mnn_epoch_report *report)
{
    ck_assert_ptr_eq(context, &told);
    told.epochs++;
    told.last_epoch = *report;
}

static const mnn_observer teller = {.context = &told, .on_step = on_step, .on_epoch_end = on_epoch_end};

static void listen(void)
{
    memset(&told, 0, sizeof told);
    training.observers = &teller;
    training.observer_count = 1;
    training.stop = &told.stop;
}

START_TEST(every_step_and_epoch_is_told)
{
    listen();
    train_well();
    ck_assert_uint_eq(mnn_steps(&training), 6);
    ck_assert_int_eq(told.steps, 18);
    ck_assert_int_eq(told.epochs, 3);
    ck_assert_int_eq(result.epochs, 3);
    ck_assert_uint_eq(result.steps, 18);
    ck_assert_int_eq(result.signal, 0);
    ck_assert_uint_eq(told.seen[0], 8);
    ck_assert_uint_eq(told.seen[5], SAMPLES); /* the short batch counts */
    ck_assert_uint_eq(told.seen[6], 8);
    ck_assert_uint_eq(told.last_epoch.score.samples, SAMPLES);
    ck_assert_uint_eq(told.last_step.steps, 6);
    ck_assert_int_eq(told.last_epoch.has_validation, 0);
    ck_assert_double_eq(told.last_epoch.learning_rate, 0.5);
}
END_TEST

static mnn_score evaluate(const mnn_samples *samples)
{
    mnn_tally tally;
    ck_assert_int_eq(mnn_tally_new(&model, &tally, &err), MNN_OK);
    ck_assert_int_eq(mnn_evaluate(&model, pool, samples, NULL, &tally, &err), MNN_OK);
    const mnn_score score = mnn_tally_score(&tally);
    mnn_tally_free(&tally);
    return score;
}

START_TEST(the_loss_is_the_mean_over_samples)
{
    model.learning_rate = 0; /* so that the epoch's mean is that of the set */
    training.epochs = 1;
    listen();
    train_well();
    const mnn_samples all = mnn_dataset_all(&set);
    const mnn_score score = evaluate(&all);
    ck_assert_double_eq_tol(told.last_epoch.score.loss, score.loss, 1e-6);
    ck_assert_double_eq(told.last_epoch.score.value[0], score.value[0]);
    ck_assert_uint_eq(score.samples, SAMPLES);
    double sum = 0;
    uint32_t index[1];
    double params[TINY_PARAMS];
    for (int i = 0; i < TINY_PARAMS; i++)
        params[i] = (double)tiny_params[i];
    for (uint32_t s = 0; s < SAMPLES; s++) {
        index[0] = s;
        const mnn_batch batch = {.images = set.images.data, .labels = set.labels.data, .index = index, .rows = 1};
        double loss;
        tiny_reference(params, &batch, &loss);
        sum += loss;
    }
    ck_assert_double_eq_tol(score.loss, sum / SAMPLES, 1e-6);
}
END_TEST

START_TEST(training_learns)
{
    training.epochs = 40;
    train_well();
    ck_assert(result.last.score.value[0] > 0.95);
    ck_assert(result.last.score.loss < 0.5);
}
END_TEST

START_TEST(any_thread_count_gives_the_same_bits)
{
    float one[TINY_PARAMS];
    train_well();
    const double loss = result.last.score.loss;
    memcpy(one, tiny_params, sizeof one);
    for (int count = 2; count <= 3; count++) {
        start_pool(count);
        mnn_initialize(&model, 1);
        train_well();
        ck_assert_mem_eq(one, tiny_params, sizeof one);
        ck_assert_double_eq(loss, result.last.score.loss);
    }
    mnn_initialize(&model, 1);
    training.seed = 8; /* another order: other weights, or the comparison says nothing */
    train_well();
    ck_assert_mem_ne(one, tiny_params, sizeof one);
}
END_TEST

START_TEST(without_shuffle_the_file_order_counts)
{
    double by_hand[TINY_PARAMS];
    training.shuffle = false;
    training.step_limit = 1;
    training.epochs = 1;
    for (int i = 0; i < TINY_PARAMS; i++)
        by_hand[i] = (double)tiny_params[i];
    uint32_t index[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    const mnn_batch batch = {.images = set.images.data, .labels = set.labels.data, .index = index, .rows = 8};
    double row_loss[8], loss = 0;
    tiny_reference(by_hand, &batch, row_loss);
    for (int r = 0; r < 8; r++)
        loss += row_loss[r] / 8;
    listen();
    train_well();
    ck_assert_int_eq(told.steps, 1);
    ck_assert_double_eq_tol(told.loss[0], loss, 1e-6);
}
END_TEST

START_TEST(a_limit_ends_each_epoch)
{
    training.step_limit = 2;
    listen();
    train_well();
    ck_assert_int_eq(told.steps, 6);
    ck_assert_int_eq(told.epochs, 3);
    ck_assert_uint_eq(told.last_epoch.steps, 2);
    ck_assert_uint_eq(told.last_epoch.score.samples, 16);
}
END_TEST

START_TEST(validation_is_the_held_out_part)
{
    const mnn_model split = {.validation_split = 0.2, .validation_order = MNN_SPLIT_LAST};
    ck_assert_int_eq(mnn_dataset_split(&set, &split, &training.training, &training.validation, &err), MNN_OK);
    listen();
    train_well();
    ck_assert_int_eq(told.last_epoch.has_validation, 1);
    ck_assert_uint_eq(told.last_epoch.score.samples, 36);
    ck_assert_uint_eq(told.last_epoch.validation.samples, 9);
    const mnn_score score = evaluate(&training.validation);
    ck_assert_double_eq(score.loss, told.last_epoch.validation.loss);
    ck_assert_double_eq(score.value[0], told.last_epoch.validation.value[0]);
}
END_TEST

START_TEST(a_signal_stops_after_the_step)
{
    listen();
    told.stop_at = 9;
    train_well();
    ck_assert_int_eq(told.steps, 9);
    ck_assert_int_eq(told.epochs, 1);
    ck_assert_int_eq(result.epochs, 1);
    ck_assert_uint_eq(result.steps, 9);
    ck_assert_int_eq(result.signal, SIGTERM);
}
END_TEST

/* --- divergence ----------------------------------------------------------------------------------- */

static float before_fault[TINY_PARAMS];

static void keep_weights(void *context, const mnn_step_report *report)
{
    (void)context;
    (void)report;
    memcpy(before_fault, tiny_params, sizeof before_fault);
}

START_TEST(an_infinite_gradient_stops_before_the_update)
{
    const mnn_observer keeper = {.on_step = keep_weights};
    training.observers = &keeper;
    training.observer_count = 1;
    tiny_infinite_at_step = 9;
    for (int threads = 1; threads <= 3; threads++) {
        start_pool(threads);
        mnn_initialize(&model, 1);
        ck_assert_int_eq(mnn_train(&training, &result, &err), MNN_EDIVERGED);
        expect_text("epoch 2, step 3: the gradient of \"dense.bias\" (layer \"dense\") is not finite");
        expect_text("stopped before the update");
        expect_text("lower learning rate");
        ck_assert_mem_eq(before_fault, tiny_params, sizeof before_fault);
        ck_assert_uint_eq(result.steps, 8);
        ck_assert_int_eq(result.epochs, 1);
    }
    tiny_infinite_at_step = 0;
}
END_TEST

/* --- a training that does not learn --------------------------------------------------------------- */

static int stuck_told;
static mnn_stuck_report stuck_seen;

static void take_stuck(void *context, const mnn_stuck_report *report)
{
    (void)context;
    stuck_told++;
    stuck_seen = *report;
}

/* @return times that it was told, 0 or 1 */
static int watch_training(int epochs, double learning_rate)
{
    mnn_stuck watcher = mnn_stuck_new(&model, &training.training);
    const mnn_observer observer = mnn_stuck_observer(&watcher);
    watcher.tell = take_stuck;
    stuck_told = 0;
    training.observers = &observer;
    training.observer_count = 1;
    training.epochs = epochs;
    model.learning_rate = learning_rate;
    memset(tiny_params, 0, sizeof tiny_params);
    train_well();
    return stuck_told;
}

START_TEST(guessing_is_told_when_there_were_enough_steps)
{
    ck_assert_int_eq(watch_training(2, 0), 0); /* 12 steps say nothing */
    ck_assert_int_eq(watch_training(4, 0), 0);
    ck_assert_int_eq(watch_training(5, 0), 1); /* 30 at the end do */
    ck_assert_int_eq(stuck_seen.epoch, 5);
    ck_assert_int_eq(watch_training(60, 0), 1);
    ck_assert_int_eq(stuck_seen.epoch, 34); /* 204 */
    ck_assert_int_eq(stuck_seen.class, 0);
    ck_assert_double_eq_tol(stuck_seen.loss, log(3), 1e-6);
    ck_assert(stuck_seen.guess > 1.0 && stuck_seen.guess <= log(3) + 1e-9);
    ck_assert_double_eq_tol(stuck_seen.accuracy, stuck_seen.share, 0.2);
    ck_assert_int_eq(watch_training(60, 0.5), 0);
    ck_assert_int_eq(watch_training(60, 0.02), 0); /* slowly */
}
END_TEST

START_TEST(a_loss_that_has_no_guess_is_judged_by_the_predictions)
{
    model.loss_name = "huber";
    ck_assert_int_eq(watch_training(60, 0), 1);
    ck_assert_int_eq(stuck_seen.class, 0);
    ck_assert_double_eq(stuck_seen.guess, 0);
    ck_assert_int_eq(watch_training(60, 0.5), 0);
}
END_TEST

/* Labels 0, 0, 0, 1 and 2 of 3 outputs, and predictions that are wrong but not of one class. */
static mnn_stuck watch_classes(const char *loss, int outputs, double reached)
{
    static float output[15] = {0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0};
    static uint8_t labels[5] = {0, 0, 0, 1, 2};
    static const uint32_t index[5] = {0, 1, 2, 3, 4};
    const mnn_dataset labelled = {.labels = {.data = labels}, .count = 5};
    const mnn_samples samples = {.set = &labelled, .count = 5};
    const mnn_model of_classes = {.loss_name = loss,
                                  .label_kind = MNN_LABEL_CLASS,
                                  .output_size = outputs,
                                  .classes = outputs == 1 ? 2 : outputs,
                                  .threshold = 0.5f,
                                  .output = output};
    const mnn_batch batch = {.labels = labels, .index = index, .rows = 5};
    labels[4] = outputs == 1 ? 1 : 2;
    mnn_stuck watcher = mnn_stuck_new(&of_classes, &samples);
    const mnn_observer o = mnn_stuck_observer(&watcher);
    watcher.tell = take_stuck;
    stuck_told = 0;
    for (int epoch = 1; epoch <= 3; epoch++) {
        for (int step = 1; step <= 100; step++)
            o.on_step(o.context, &(mnn_step_report){.score = {.loss = reached}, .step = 1, .batch = &batch});
        o.on_epoch_end(o.context,
                       &(mnn_epoch_report){.score = {.loss = reached}, .epoch = epoch, .epochs = 9, .steps = 100});
    }
    return watcher;
}

START_TEST(every_loss_has_its_guess)
{
    const double two = -0.6 * log(0.6) - 0.4 * log(0.4), one = -0.2 * log(0.2) - 0.8 * log(0.8);
    const struct {
        const char *loss;
        int outputs;
        double guess;
    } cases[] = {{"sparse_categorical_crossentropy", 3, -0.6 * log(0.6) - 0.4 * log(0.2)},
                 {"categorical_crossentropy", 3, -0.6 * log(0.6) - 0.4 * log(0.2)},
                 {"binary_crossentropy", 1, two},
                 {"binary_crossentropy", 3, (two + 2 * one) / 3},
                 {"mse", 3, (0.24 + 2 * 0.16) / 3},
                 {"mae", 3, (0.4 + 2 * 0.2) / 3},
                 {"hinge", 1, 0.8},
                 {"hinge", 3, 2 * (0.4 + 2 * 0.2) / 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const mnn_stuck seen = watch_classes(cases[i].loss, cases[i].outputs, cases[i].guess);
        ck_assert_msg(fabs(seen.guess - cases[i].guess) < 1e-9, "%s: %g", cases[i].loss, seen.guess);
        ck_assert_msg(stuck_told == 1, "%s of %d", cases[i].loss, cases[i].outputs);
        watch_classes(cases[i].loss, cases[i].outputs, 0.9 * cases[i].guess);
        ck_assert_msg(stuck_told == 0, "%s of %d", cases[i].loss, cases[i].outputs);
    }
}
END_TEST

/* Targets of variance 2, and predictions that are their mean plus a part of the rest.
 * @return times that it was told */
static int watch_values(float part)
{
    static float targets[5] = {1, 2, 3, 4, 5}, output[5];
    static const uint32_t index[5] = {0, 1, 2, 3, 4};
    const mnn_dataset values = {.labels = {.values = targets}, .count = 5};
    const mnn_samples samples = {.set = &values, .count = 5};
    const mnn_model of_values = {.loss_name = "mae", .label_kind = MNN_LABEL_VALUE, .output_size = 1, .output = output};
    const mnn_batch batch = {.targets = targets, .index = index, .rows = 5};
    mnn_stuck watcher = mnn_stuck_new(&of_values, &samples);
    const mnn_observer o = mnn_stuck_observer(&watcher);
    watcher.tell = take_stuck;
    stuck_told = 0;
    for (int i = 0; i < 5; i++)
        output[i] = 3 + part * (targets[i] - 3);
    for (int epoch = 1; epoch <= 3; epoch++) {
        for (int step = 1; step <= 100; step++)
            o.on_step(o.context, &(mnn_step_report){.epoch = epoch, .step = 1, .batch = &batch});
        o.on_epoch_end(o.context, &(mnn_epoch_report){.epoch = epoch, .epochs = 9, .steps = 100});
    }
    return stuck_told;
}

START_TEST(values_are_compared_with_their_variance)
{
    ck_assert_int_eq(watch_values(0), 1);
    ck_assert_int_eq(stuck_seen.epoch, 2);
    ck_assert_double_eq_tol(stuck_seen.guess, 2, 1e-12);
    ck_assert_double_eq_tol(stuck_seen.loss, 2, 1e-12);
    ck_assert_int_eq(watch_values(0.2f), 0);
    ck_assert_int_eq(watch_values(-10), 1);
}
END_TEST

START_TEST(nothing_can_be_learned_of_one_class)
{
    uint8_t *labels = set.labels.data;
    memset(labels, 1, SAMPLES);
    ck_assert_int_eq(watch_training(60, 0), 0);
}
END_TEST

/* --- divergence ----------------------------------------------------------------------------------- */

static float squares[TINY_PARAMS];
static const mnn_slot one_slot[] = {{"v", squares, 0}};
static float bad_weight, bad_slot; /* what the update of step 9 leaves in the bias; 0: nothing */

/* The gradient of a bias is finite, and its square is not. */
static void overflowing_update(const mnn_task *t)
{
    tiny_update(t);
    if (t->update->step != 9)
        return;
    if (t->first == TINY_PARAMS - 1) { /* the task that reads the gradient */
        tiny_grads[TINY_PARAMS - 1] = 2e19f;
        squares[TINY_PARAMS - 1] = bad_slot;
    }
    if (t->first == 0 && bad_weight != 0)
        tiny_params[0] = bad_weight;
}

static void large_gradients(const mnn_task *t)
{
    tiny_gradients(t);
    if (t->first == 0 && t->batch->step == 9)
        tiny_grads[0] = 2e19f;
}

static int states_told;

static void count_state(void *context, mnn_state *state, mnn_moment moment)
{
    (void)context;
    (void)moment;
    states_told += state->updates >= 9;
}

START_TEST(an_infinite_moment_stops_before_a_save)
{
    const mnn_observer saver = {.on_state = count_state};
    training.observers = &saver;
    training.observer_count = 1;
    model.slots = one_slot;
    model.slot_count = 1;
    tiny_steps[TINY_UPDATE].run = overflowing_update;
    tiny_steps[TINY_GRADIENTS].run = large_gradients;
    for (int threads = 1; threads <= 3; threads++) {
        start_pool(threads);
        bad_weight = 0;
        bad_slot = INFINITY;
        mnn_initialize(&model, 1);
        mnn_reset_slots(&model, 0, model.param_count);
        ck_assert_int_eq(mnn_train(&training, &result, &err), MNN_EDIVERGED);
        expect_text(
            "epoch 2, step 3: the optimizer's \"v\" of \"dense.bias\" (layer \"dense\") is not finite after the "
            "update, though all gradients are; stopped before a save\nhint: try a lower learning rate (now 0.5)");
        bad_slot = 0;
        bad_weight = -INFINITY;
        mnn_initialize(&model, 1);
        mnn_reset_slots(&model, 0, model.param_count);
        ck_assert_int_eq(mnn_train(&training, &result, &err), MNN_EDIVERGED);
        expect_text("epoch 2, step 3: the weights \"dense.kernel\" (layer \"dense\") is not finite after the update");
        ck_assert_int_eq(states_told, 0);
    }
}
END_TEST

static void infinite_losses(const mnn_task *t)
{
    tiny_losses(t);
    if (t->first == 0)
        tiny_row_loss[0] = INFINITY;
}

START_TEST(an_infinite_loss_names_the_last_layer)
{
    tiny_steps[TINY_LOSSES].run = infinite_losses;
    ck_assert_int_eq(mnn_train(&training, &result, &err), MNN_EDIVERGED);
    expect_text("epoch 1, step 1: the loss is not finite (inf), the largest output of layer \"dense\" is 0.");
}
END_TEST

START_TEST(a_learning_rate_of_1e30_diverges)
{
    model.learning_rate = 1e30;
    ck_assert_int_eq(mnn_train(&training, &result, &err), MNN_EDIVERGED);
    expect_text("epoch 1, step 2: ");
    expect_text("now 1e+30");
}
END_TEST

START_TEST(a_validation_may_diverge)
{
    model.learning_rate = 1e38;
    training.step_limit = 1;
    training.validation = mnn_dataset_all(&set);
    ck_assert_int_eq(mnn_train(&training, &result, &err), MNN_EDIVERGED);
    expect_text("epoch 1, validation: the loss over 45 samples is not finite (");
}
END_TEST

START_TEST(a_loss_that_is_no_number_is_reported)
{
    mnn_tally tally;
    const mnn_samples all = mnn_dataset_all(&set);
    tiny_params[0] = NAN;
    ck_assert_int_eq(mnn_tally_new(&model, &tally, &err), MNN_OK);
    ck_assert_int_eq(mnn_evaluate(&model, pool, &all, NULL, &tally, &err), MNN_EDIVERGED);
    mnn_tally_free(&tally);
    expect_text("the loss over 45 samples is not finite (");
}
END_TEST

/* --- gradient check -------------------------------------------------------------------------------- */

static double told_done; /* how far it is, which only grows */

static void take_done(void *context, double done)
{
    (void)context;
    ck_assert(done >= told_done && done <= 1);
    told_done = done;
}

static mnn_gradcheck gradcheck(void)
{
    const mnn_gradcheck_watch watch = {take_done, NULL};
    told_done = 0;
    static uint32_t index[8] = {3, 1, 4, 15, 9, 2, 6, 5};
    const mnn_batch batch = {.images = set.images.data, .labels = set.labels.data, .index = index, .rows = 8};
    mnn_gradcheck g = {.passed = false};
    ck_assert_msg(mnn_gradcheck_run(&model, pool, &batch, 1, watch, &g, &err) == MNN_OK, "%s", err.text);
    return g;
}

START_TEST(right_gradients_pass)
{
    float before[TINY_PARAMS];
    memcpy(before, tiny_params, sizeof before);
    mnn_gradcheck g = gradcheck();
    ck_assert(g.passed);
    ck_assert_double_eq(told_done, 1);
    ck_assert_int_eq(g.tensors[0].checked, 12);
    ck_assert_int_eq(g.tensors[1].checked, 3);
    ck_assert_int_eq(g.tensors[0].kinks, 0);
    ck_assert(g.tensors[0].largest < 1e-4);
    ck_assert(g.loss_error < 1e-6);
    ck_assert_mem_eq(before, tiny_params, sizeof before);
    mnn_gradcheck_free(&g);
}
END_TEST

START_TEST(a_wrong_gradient_is_found)
{
    for (int p = 0; p < TINY_PARAMS; p++) {
        tiny_wrong_gradient = p;
        mnn_gradcheck g = gradcheck();
        const int tensor = p >= 12;
        ck_assert(!g.passed);
        ck_assert(!g.tensors[tensor].passed);
        ck_assert(g.tensors[!tensor].passed);
        ck_assert_int_eq(g.tensors[tensor].worst, p - 12 * tensor);
        ck_assert_double_eq_tol(g.tensors[tensor].analytic, 1.5 * g.tensors[tensor].numeric, 1e-4);
        mnn_gradcheck_free(&g);
    }
    tiny_wrong_gradient = -1;
}
END_TEST

static void other_loss(const double *params, const mnn_batch *batch, double *losses)
{
    tiny_reference(params, batch, losses);
    for (int r = 0; r < batch->rows; r++)
        losses[r] += 0.01;
}

START_TEST(a_wrong_loss_is_found)
{
    model.reference = other_loss;
    mnn_gradcheck g = gradcheck();
    ck_assert(!g.passed);
    ck_assert_double_eq_tol(g.loss_error, 0.01, 0.005);
    mnn_gradcheck_free(&g);
}
END_TEST

static void no_number(const double *params, const mnn_batch *batch, double *losses)
{
    (void)params;
    for (int r = 0; r < batch->rows; r++)
        losses[r] = NAN;
}

START_TEST(a_reference_that_is_no_number_fails)
{
    model.reference = no_number;
    mnn_gradcheck g = gradcheck();
    ck_assert(!g.passed);
    ck_assert(!g.tensors[0].passed);
    mnn_gradcheck_free(&g);
}
END_TEST

/* loss = sum of |p| with 200 parameters, of which every third is 0: on the kink. */
enum { KINK_PARAMS = 200 };
static float kink_params[KINK_PARAMS], kink_grads[KINK_PARAMS], kink_loss[TINY_BATCH];

static void kink_gradients(const mnn_task *task)
{
    (void)task;
    double sum = 0;
    for (int i = 0; i < KINK_PARAMS; i++) {
        sum += fabs((double)kink_params[i]);
        kink_grads[i] = kink_params[i] > 0 ? 1.0f : 0.0f;
    }
    for (int r = 0; r < TINY_BATCH; r++)
        kink_loss[r] = (float)sum;
}

static void kink_reference(const double *params, const mnn_batch *batch, double *losses)
{
    double sum = 0;
    for (int i = 0; i < KINK_PARAMS; i++)
        sum += fabs(params[i]);
    for (int r = 0; r < batch->rows; r++)
        losses[r] = sum;
}

static const mnn_tensor kink_tensor = {"bend", 1, {KINK_PARAMS}, 0, KINK_PARAMS, true, MNN_INIT_ZEROS, 0, 0, {0}};

static const mnn_step kink_step = {MNN_STEP(kink_gradients), "bend", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 0, 0, 0};

static void use_kinks(int every)
{
    for (int i = 0; i < KINK_PARAMS; i++)
        kink_params[i] = i % every ? 0.5f : 0.0f;
    model.tensor_count = 1;
    model.tensors = &kink_tensor;
    model.param_count = KINK_PARAMS;
    model.params = kink_params;
    model.grads = kink_grads;
    model.row_loss = kink_loss;
    model.step_count = 1;
    model.steps = &kink_step;
    model.reference = kink_reference;
}

START_TEST(kinks_are_left_out_and_others_drawn)
{
    use_kinks(3);
    mnn_gradcheck g = gradcheck();
    ck_assert(g.passed);
    ck_assert_int_eq(g.tensors[0].checked, MNN_GRADCHECK_DRAWN + MNN_GRADCHECK_LARGEST);
    ck_assert_int_gt(g.tensors[0].kinks, 0);
    mnn_gradcheck_free(&g);
}
END_TEST

START_TEST(nothing_but_kinks_is_no_agreement)
{
    use_kinks(1);
    mnn_gradcheck g = gradcheck();
    ck_assert(!g.passed);
    ck_assert_int_eq(g.unchecked, 1);
    ck_assert_int_eq(g.tensors[0].checked, 0);
    ck_assert_int_gt(g.tensors[0].kinks, 100);
    mnn_gradcheck_free(&g);
}
END_TEST

START_TEST(gradcheck_needs_finite_numbers)
{
    static uint32_t index[1] = {0};
    const mnn_batch batch = {.images = set.images.data, .labels = set.labels.data, .index = index, .rows = 1};
    mnn_gradcheck g;
    tiny_params[3] = INFINITY;
    ck_assert_int_eq(mnn_gradcheck_run(&model, pool, &batch, 1, (mnn_gradcheck_watch){NULL, NULL}, &g, &err),
                     MNN_EDIVERGED);
    expect_text("not finite at these weights");
}
END_TEST

/* --- histories -------------------------------------------------------------------------------------- */

static char *write_history(const char *name, mnn_history_kind kind)
{
    mnn_history h;
    const char *path = in_folder(folder, name);
    ck_assert_msg(mnn_history_begin(&h, path, kind, &model, &err) == MNN_OK, "%s", err.text);
    const mnn_observer o = mnn_history_observer(&h);
    const mnn_step_report step = {.epoch = 2, .step = 3, .loss = 0.1, .learning_rate = 0.001};
    mnn_epoch_report epoch = {.epoch = 1, .score = {0.25, {0.5}, 10}, .learning_rate = 0.001, .seconds = 1.5};
    if (o.on_step)
        o.on_step(o.context, &step);
    if (o.on_epoch_end) {
        o.on_epoch_end(o.context, &epoch);
        epoch.epoch = 2;
        epoch.has_validation = true;
        epoch.validation = (mnn_score){2.0 / 3.0, {1.0}, 3};
        epoch.score.loss = (double)NAN;
        o.on_epoch_end(o.context, &epoch);
    }
    ck_assert_int_ne(access(path, F_OK), 0); /* no name before it is whole */
    ck_assert_int_eq(mnn_history_commit(&h, &err), MNN_OK);
    mnn_history_abort(&h);
    return read_file(path);
}

START_TEST(history_as_csv)
{
    char *text = write_history("h.csv", MNN_HISTORY_CSV);
    ck_assert_str_eq(text, "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds\n"
                           "1,0.25,0.5,,,0.001,1.5\n"
                           "2,null,0.5,0.666666667,1,0.001,1.5\n");
    free(text);
}
END_TEST

START_TEST(history_as_json)
{
    model.metric_count = 0;
    char *text = write_history("h.jsonl", MNN_HISTORY_JSONL);
    ck_assert_str_eq(text, "{\"epoch\": 1, \"loss\": 0.25, \"val_loss\": null, "
                           "\"learning_rate\": 0.001, \"seconds\": 1.5}\n"
                           "{\"epoch\": 2, \"loss\": null, \"val_loss\": 0.666666667, "
                           "\"learning_rate\": 0.001, \"seconds\": 1.5}\n");
    free(text);
}
END_TEST

START_TEST(history_of_steps)
{
    char *text = write_history("s.jsonl", MNN_HISTORY_STEPS);
    ck_assert_str_eq(text, "{\"epoch\": 2, \"step\": 3, \"loss\": 0.1, \"learning_rate\": 0.001}\n");
    free(text);
}
END_TEST

START_TEST(an_aborted_history_leaves_nothing)
{
    mnn_history h;
    char *was = read_file(in_folder(folder, "images"));
    ck_assert_int_eq(mnn_history_begin(&h, in_folder(folder, "h.csv"), MNN_HISTORY_CSV, &model, &err), MNN_OK);
    mnn_history_abort(&h);
    DIR *d = opendir(folder);
    int count = 0;
    while (readdir(d))
        count++;
    closedir(d);
    ck_assert_int_eq(count, 4); /* ".", "..", images, labels */
    free(was);
    ck_assert_int_eq(mnn_history_begin(&h, in_folder(folder, "no/h.csv"), MNN_HISTORY_CSV, &model, &err), MNN_EIO);
}
END_TEST

START_TEST(history_kinds)
{
    mnn_history_kind kind = MNN_HISTORY_STEPS;
    ck_assert(mnn_history_kind_of("a.b/h.csv", &kind) && kind == MNN_HISTORY_CSV);
    ck_assert(mnn_history_kind_of("h.jsonl", &kind) && kind == MNN_HISTORY_JSONL);
    ck_assert(!mnn_history_kind_of("h.json", &kind));
    ck_assert(!mnn_history_kind_of("csv", &kind));
}
END_TEST

/* --- weights ----------------------------------------------------------------------------------------- */

START_TEST(weights_come_back)
{
    float saved[TINY_PARAMS];
    const mnn_origin origin = {7, 3, "abcd"};
    const char *path = in_folder(folder, "w.safetensors");
    memcpy(saved, tiny_params, sizeof saved);
    ck_assert_msg(mnn_weights_save(&model, path, &origin, &err) == MNN_OK, "%s", err.text);
    memset(tiny_params, 0, sizeof tiny_params);
    ck_assert_msg(mnn_weights_load(&model, path, NULL, &err) == MNN_OK, "%s", err.text);
    ck_assert_mem_eq(saved, tiny_params, sizeof saved);
    char *header = read_file(path), hash[MNN_SHA256_TEXT], part[100];
    mnn_architecture(&model, hash);
    snprintf(part, sizeof part, "\"%s\"", hash);
    ck_assert_ptr_nonnull(strstr(header + 8, part));
    ck_assert_ptr_nonnull(strstr(header + 8, "\"abcd\""));
    ck_assert_ptr_nonnull(strstr(header + 8, "\"00ff\""));
    free(header);
}
END_TEST

START_TEST(the_architecture_is_names_and_shapes)
{
    static const mnn_tensor other[] = {
        {"dense.kernel", 2, {TINY_CLASSES, TINY_IN}, 0, 12, true, MNN_INIT_ZEROS, 0, 0, {0}},
        {"dense.bias", 1, {TINY_CLASSES}, 12, TINY_CLASSES, true, MNN_INIT_ZEROS, 0, 0, {0}},
    };
    char a[MNN_SHA256_TEXT], b[MNN_SHA256_TEXT];
    const mnn_origin origin = {1, 0, NULL};
    mnn_model turned = model;
    turned.tensors = other;
    mnn_architecture(&model, a);
    mnn_architecture(&turned, b);
    ck_assert_uint_eq(strlen(a), 64);
    ck_assert_str_ne(a, b);
    const char *path = in_folder(folder, "w.safetensors");
    float before[TINY_PARAMS];
    ck_assert_int_eq(mnn_weights_save(&turned, path, &origin, &err), MNN_OK);
    tiny_params[0] += 1;
    memcpy(before, tiny_params, sizeof before);
    ck_assert_int_eq(mnn_weights_load(&model, path, NULL, &err), MNN_EFORMAT);
    expect_text("dense.kernel");
    ck_assert_mem_eq(before, tiny_params, sizeof before);
}
END_TEST

START_TEST(another_architecture_hash_is_refused)
{
    const char *path = in_folder(folder, "w.safetensors");
    const mnn_st_entry metadata[] = {{"architecture", "another"}};
    const mnn_st_tensor tensors[] = {
        {"dense.kernel", 2, tiny_tensors[0].dims, tiny_params},
        {"dense.bias", 1, tiny_tensors[1].dims, tiny_params + 12},
    };
    ck_assert_int_eq(mnn_safetensors_save(path, tensors, 2, metadata, 1, &err), MNN_OK);
    tiny_params[0] = 42;
    ck_assert_int_eq(mnn_weights_load(&model, path, NULL, &err), MNN_EFORMAT);
    expect_text("the architecture is not that of the model \"tiny\" (got another, expected ");
    ck_assert_float_eq(tiny_params[0], 42);
    ck_assert_int_eq(mnn_safetensors_save(path, tensors, 2, NULL, 0, &err), MNN_OK);
    ck_assert_msg(mnn_weights_load(&model, path, NULL, &err) == MNN_OK, "%s", err.text); /* another program's */
}
END_TEST

START_TEST(weights_that_are_not_finite_are_not_saved)
{
    const mnn_origin origin = {1, 0, NULL};
    const char *path = in_folder(folder, "w.safetensors");
    tiny_params[13] = NAN;
    ck_assert_int_eq(mnn_weights_save(&model, path, &origin, &err), MNN_EDIVERGED);
    expect_text("w.safetensors: not saved, the weights of \"dense.bias\" are not finite");
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loop");
    TCase *loop = tcase_create("loop"), *check = tcase_create("gradcheck"), *files = tcase_create("files");
    tcase_add_checked_fixture(loop, setup, teardown);
    tcase_add_test(loop, every_step_and_epoch_is_told);
    tcase_add_test(loop, the_loss_is_the_mean_over_samples);
    tcase_add_test(loop, training_learns);
    tcase_add_test(loop, any_thread_count_gives_the_same_bits);
    tcase_add_test(loop, without_shuffle_the_file_order_counts);
    tcase_add_test(loop, a_limit_ends_each_epoch);
    tcase_add_test(loop, validation_is_the_held_out_part);
    tcase_add_test(loop, a_signal_stops_after_the_step);
    tcase_add_test(loop, an_infinite_gradient_stops_before_the_update);
    tcase_add_test(loop, a_validation_may_diverge);
    tcase_add_test(loop, guessing_is_told_when_there_were_enough_steps);
    tcase_add_test(loop, a_loss_that_has_no_guess_is_judged_by_the_predictions);
    tcase_add_test(loop, every_loss_has_its_guess);
    tcase_add_test(loop, values_are_compared_with_their_variance);
    tcase_add_test(loop, nothing_can_be_learned_of_one_class);
    tcase_add_test(loop, an_infinite_moment_stops_before_a_save);
    tcase_add_test(loop, an_infinite_loss_names_the_last_layer);
    tcase_add_test(loop, a_learning_rate_of_1e30_diverges);
    tcase_add_test(loop, a_loss_that_is_no_number_is_reported);
    suite_add_tcase(suite, loop);
    tcase_add_checked_fixture(check, setup, teardown);
    tcase_add_test(check, right_gradients_pass);
    tcase_add_test(check, a_wrong_gradient_is_found);
    tcase_add_test(check, a_wrong_loss_is_found);
    tcase_add_test(check, a_reference_that_is_no_number_fails);
    tcase_add_test(check, kinks_are_left_out_and_others_drawn);
    tcase_add_test(check, nothing_but_kinks_is_no_agreement);
    tcase_add_test(check, gradcheck_needs_finite_numbers);
    suite_add_tcase(suite, check);
    tcase_add_checked_fixture(files, setup, teardown);
    tcase_add_test(files, history_as_csv);
    tcase_add_test(files, history_as_json);
    tcase_add_test(files, history_of_steps);
    tcase_add_test(files, an_aborted_history_leaves_nothing);
    tcase_add_test(files, history_kinds);
    tcase_add_test(files, weights_come_back);
    tcase_add_test(files, the_architecture_is_names_and_shapes);
    tcase_add_test(files, another_architecture_hash_is_refused);
    tcase_add_test(files, weights_that_are_not_finite_are_not_saved);
    suite_add_tcase(suite, files);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
