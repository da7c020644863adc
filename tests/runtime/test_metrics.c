/* Metrics and callbacks, against numbers worked out by hand. */
#define _GNU_SOURCE
#include <check.h>

#include "tiny_model.h"
#include "train/callbacks.h"
#include "train/metrics.h"

static mnn_error err;
static mnn_model model;
static float row_loss[8];

/* --- metrics --------------------------------------------------------------------------------------- */

static const mnn_metric all_metrics[] = {
    {MNN_METRIC_ACCURACY, "accuracy", 0},
    {MNN_METRIC_PRECISION, "precision", 0},
    {MNN_METRIC_CONFUSION_MATRIX, "confusion_matrix", 0},
    {MNN_METRIC_RECALL, "recall", 0},
    {MNN_METRIC_F1, "f1", 0},
    {MNN_METRIC_MSE, "mse", 0},
    {MNN_METRIC_MAE, "mae", 0},
    {MNN_METRIC_TOP_K, "top_2", 2}, /* the last: needs an output a class */
};
enum { ACCURACY, PRECISION, CONFUSION, RECALL, F1, MSE, MAE, TOP_2, METRICS };

static mnn_tally measure(const float *output, int output_size, int classes, const uint8_t *labels, int rows)
{
    static const uint32_t index[] = {0, 1, 2, 3, 4, 5, 6, 7};
    mnn_tally tally;
    model = tiny_model();
    model.metrics = all_metrics;
    model.metric_count = output_size > 1 ? METRICS : TOP_2;
    model.output = output;
    model.output_size = output_size;
    model.classes = classes;
    model.threshold = 0.5;
    model.row_loss = row_loss;
    ck_assert_int_eq(mnn_tally_new(&model, &tally, &err), MNN_OK);
    const mnn_batch batch = {.labels = labels, .index = index, .rows = rows};
    mnn_tally_add(&tally, &batch);
    return tally;
}

static void expect_score(const mnn_tally *tally, const double *expected)
{
    const mnn_score score = mnn_tally_score(tally);
    for (int i = 0; i < model.metric_count; i++)
        ck_assert_msg(fabs(score.value[i] - expected[i]) < 1e-6, "%s is %g, expected %g", model.metrics[i].name,
                      score.value[i], expected[i]);
}

START_TEST(metrics_of_three_classes)
{
    static const float output[] = {
        0.7f, 0.2f, 0.1f, /* 0, and 0 is right */
        0.3f, 0.5f, 0.2f, /* 1, and 0 is right */
        0.1f, 0.8f, 0.1f, /* 1 */
        0.2f, 0.6f, 0.2f, /* 1 */
        0.5f, 0.3f, 0.2f, /* 0, and 2 is right */
        0.2f, 0.2f, 0.6f, /* 2 */
    };
    static const uint8_t labels[] = {0, 0, 1, 1, 2, 2};
    static const uint64_t confusion[] = {1, 1, 0, 0, 2, 0, 1, 0, 1};
    static const double expected[] = {
        [ACCURACY] = 4.0 / 6, [TOP_2] = 5.0 / 6,   [PRECISION] = 13.0 / 18, /* 1/2, 2/3, 1 */
        [RECALL] = 2.0 / 3,                                                 /* 1/2, 1, 1/2 */
        [F1] = 0.655555556,                                                 /* 1/2, 4/5, 2/3 */
        [MSE] = 2.44 / 3 / 6, [MAE] = 5.6 / 3 / 6,
    };
    for (int i = 0; i < 6; i++)
        row_loss[i] = (float)i;
    mnn_tally tally = measure(output, 3, 3, labels, 6);
    expect_score(&tally, expected);
    ck_assert_mem_eq(tally.confusion, confusion, sizeof confusion);
    ck_assert_double_eq(mnn_tally_score(&tally).loss, 2.5);
    ck_assert_uint_eq(mnn_tally_score(&tally).samples, 6);
    mnn_tally_reset(&tally);
    ck_assert_uint_eq(mnn_tally_score(&tally).samples, 0);
    ck_assert_double_eq(mnn_tally_score(&tally).value[F1], 0);
    mnn_tally_free(&tally);
}
END_TEST

START_TEST(metrics_of_one_output)
{
    static const float output[] = {0.9f, 0.6f, 0.4f, 0.1f, 0.5f};
    static const uint8_t labels[] = {1, 0, 1, 0, 1};
    static const uint64_t confusion[] = {1, 1, 2, 1};
    static const double expected[] = {
        [ACCURACY] = 2.0 / 5, [PRECISION] = 1.0 / 2, [RECALL] = 1.0 / 3,
        [F1] = 0.4,           [MSE] = 0.99 / 5,      [MAE] = (0.1 + 0.6 + 0.6 + 0.1 + 0.5) / 5,
    };
    mnn_tally tally = measure(output, 1, 2, labels, 5);
    expect_score(&tally, expected);
    ck_assert_mem_eq(tally.confusion, confusion, sizeof confusion);
    mnn_tally_free(&tally);
    model.threshold = 0;
    ck_assert_int_eq(mnn_predicted_class(&model, &(float){0.1f}), 1);
    ck_assert_int_eq(mnn_predicted_class(&model, &(float){-0.1f}), 0);
}
END_TEST

START_TEST(ties_are_among_the_top)
{
    static const float output[] = {0.25f, 0.25f, 0.25f, 0.25f};
    static const uint8_t labels[] = {3};
    mnn_tally tally = measure(output, 4, 4, labels, 1);
    ck_assert_double_eq(mnn_tally_score(&tally).value[TOP_2], 1);
    ck_assert_double_eq(mnn_tally_score(&tally).value[ACCURACY], 0); /* the first of equals is said */
    mnn_tally_free(&tally);
}
END_TEST

START_TEST(what_is_not_measured_takes_no_memory)
{
    mnn_tally tally;
    model = tiny_model();
    ck_assert_int_eq(mnn_tally_new(&model, &tally, &err), MNN_OK);
    ck_assert_ptr_null(tally.right);
    ck_assert_ptr_null(tally.confusion);
    mnn_tally_free(&tally);
}
END_TEST

/* --- callbacks ------------------------------------------------------------------------------------- */

static float best_params[TINY_PARAMS];
static char told[16][200];
static int told_count;

static void tell(void *context, const mnn_note *note)
{
    ck_assert_ptr_eq(context, &told_count);
    snprintf(told[told_count++ % 16], sizeof told[0], "%d %s: %s", note->epoch, note->callback, note->text);
}

/* A model with one callback. */
static mnn_callbacks begin(const mnn_callback *callback)
{
    told_count = 0;
    model = tiny_model();
    model.callbacks = callback;
    model.callback_count = 1;
    model.best_params = best_params;
    return mnn_callbacks_new(&model, 1.0);
}

/* An epoch after which the first weight is its number. */
static mnn_epoch_report epoch(mnn_callbacks *c, int number, double loss, double accuracy)
{
    const mnn_epoch_report report = {.epoch = number,
                                     .score = {loss, {accuracy}, 10},
                                     .has_validation = true,
                                     .validation = {2 * loss, {accuracy / 2}, 10}};
    tiny_params[0] = (float)number;
    mnn_callbacks_epoch(c, &report, tell, &told_count);
    return report;
}

START_TEST(early_stopping_waits_and_restores)
{
    static const mnn_callback callback = {.kind = MNN_CALLBACK_EARLY_STOPPING,
                                          .metric = -1,
                                          .min_delta = 0.1,
                                          .patience = 2,
                                          .restore_best_weights = true};
    static const double losses[] = {1, 0.95, 0.85, 0.80, 0.76};
    mnn_callbacks c = begin(&callback);
    mnn_epoch_report last = {.epoch = 0};
    for (int i = 0; i < 5; i++) {
        ck_assert(!c.stop);
        last = epoch(&c, i + 1, losses[i], 0);
    }
    ck_assert(c.stop);
    mnn_callbacks_end(&c, &last, tell, &told_count);
    ck_assert_int_eq(last.epoch, 3);
    ck_assert_double_eq(last.score.loss, 0.85);
    ck_assert_float_eq(tiny_params[0], 3);
    ck_assert_int_eq(told_count, 1);
    ck_assert_str_eq(told[0],
                     "5 early_stopping: loss did not improve for 2 epochs: stopping, weights of epoch 3 restored");
}
END_TEST

START_TEST(early_stopping_of_a_metric)
{
    static const mnn_callback callback = {.kind = MNN_CALLBACK_EARLY_STOPPING,
                                          .metric = 0,
                                          .validation = true,
                                          .more_is_better = true,
                                          .start_from_epoch = 1};
    mnn_callbacks c = begin(&callback);
    epoch(&c, 1, 0, 0.9); /* is not looked at */
    epoch(&c, 2, 0, 0.5);
    epoch(&c, 3, 0, 0.6);
    ck_assert(!c.stop);
    mnn_epoch_report last = epoch(&c, 4, 0, 0.6); /* the same is no improvement */
    ck_assert(c.stop);
    mnn_callbacks_end(&c, &last, tell, &told_count);
    ck_assert_int_eq(last.epoch, 4);
    ck_assert_float_eq(tiny_params[0], 4);
    ck_assert_str_eq(told[0], "4 early_stopping: val_accuracy did not improve for 1 epoch: stopping");
}
END_TEST

START_TEST(the_best_weights_also_at_the_end)
{
    static const mnn_callback callback = {
        .kind = MNN_CALLBACK_EARLY_STOPPING, .metric = -1, .patience = 9, .restore_best_weights = true};
    mnn_callbacks c = begin(&callback);
    epoch(&c, 1, 0.5, 0);
    epoch(&c, 2, 0.4, 0);
    mnn_epoch_report last = epoch(&c, 3, 0.6, 0);
    mnn_callbacks_end(&c, &last, tell, &told_count);
    ck_assert_float_eq(tiny_params[0], 2);
    ck_assert_str_eq(told[0], "3 early_stopping: end of training: weights of epoch 2 restored");
}
END_TEST

START_TEST(plateaus_reduce_the_learning_rate)
{
    static const mnn_callback callback = {.kind = MNN_CALLBACK_REDUCE_LR_ON_PLATEAU,
                                          .metric = -1,
                                          .validation = true,
                                          .min_delta = 1e-4,
                                          .patience = 2,
                                          .factor = 0.5,
                                          .cooldown = 1,
                                          .min_lr = 0.2};
    static const double rates[] = {1, 1, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2};
    mnn_callbacks c = begin(&callback);
    for (int i = 0; i < 10; i++) {
        epoch(&c, i + 1, 1, 0);
        ck_assert_msg(c.learning_rate == rates[i], "epoch %d: %g", i + 1, c.learning_rate);
    }
    ck_assert_int_eq(told_count, 3);
    ck_assert_str_eq(told[0], "3 reduce_lr_on_plateau: val_loss did not improve for 2 epochs: learning rate 1 -> 0.5");
    ck_assert(!c.stop);
}
END_TEST

START_TEST(improvements_keep_the_learning_rate)
{
    static const mnn_callback callback = {
        .kind = MNN_CALLBACK_REDUCE_LR_ON_PLATEAU, .metric = -1, .min_delta = 0.01, .patience = 1, .factor = 0.1};
    mnn_callbacks c = begin(&callback);
    epoch(&c, 1, 1, 0);
    epoch(&c, 2, 0.98, 0);
    ck_assert_double_eq(c.learning_rate, 1);
    epoch(&c, 3, 0.975, 0);
    ck_assert_double_eq(c.learning_rate, 0.1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *c = tcase_create("metrics");
    tcase_add_test(c, metrics_of_three_classes);
    tcase_add_test(c, metrics_of_one_output);
    tcase_add_test(c, ties_are_among_the_top);
    tcase_add_test(c, what_is_not_measured_takes_no_memory);
    suite_add_tcase(suite, c);
    c = tcase_create("callbacks");
    tcase_add_test(c, early_stopping_waits_and_restores);
    tcase_add_test(c, early_stopping_of_a_metric);
    tcase_add_test(c, the_best_weights_also_at_the_end);
    tcase_add_test(c, plateaus_reduce_the_learning_rate);
    tcase_add_test(c, improvements_keep_the_learning_rate);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
