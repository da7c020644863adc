/* The predicted time of a training step on several nodes. */
#include <check.h>
#include <stdlib.h>

#include "mnn/profile.h"
#include "train/scaling.h"

enum { KERNEL = 40000, ROWS = 5 };

static void nothing(const mnn_task *task)
{
    (void)task;
}

/* Two layers: the second has its gradient after row 1, the first after row 3. */
static const mnn_step steps[ROWS] = {
    {MNN_STEP(nothing), "", MNN_FORWARD, MNN_ROWS, 1, 1, 1, 0, 0, 0},
    {MNN_STEP(nothing), "", MNN_BACKWARD, MNN_ROWS, 1, 1, 1, 0, 0, 0},
    {MNN_STEP(nothing), "", MNN_BACKWARD, MNN_ROWS, 1, 1, 1, 0, 0, 0},
    {MNN_STEP(nothing), "", MNN_BACKWARD, MNN_ROWS, 1, 1, 1, 0, 0, 0},
    {MNN_STEP(nothing), "", MNN_UPDATE, MNN_PARAMETERS, 2 * KERNEL, 1, 1, 0, 0, 0},
};
static const mnn_tensor tensors[] = {{.size = KERNEL, .trainable = true},
                                     {.offset = 2 * KERNEL, .size = 4}, /* not trainable */
                                     {.offset = KERNEL, .size = KERNEL, .trainable = true}};
static const int gradient_steps[] = {3, 0, 1};
static const mnn_model model = {.shards = 4,
                                .param_count = 2 * KERNEL,
                                .tensor_count = 3,
                                .tensors = tensors,
                                .step_count = ROWS,
                                .steps = steps,
                                .gradient_steps = gradient_steps};

static mnn_node node;

/* Rows of 4, 8, 8, 8 and 2 seconds of a step of 30; no time to add. */
static void setup(void)
{
    const double laps[MNN_LAP_FIRST + ROWS] = {[MNN_LAP_FIRST] = 4, 8, 8, 8, 2};
    ck_assert_int_eq(mnn_node_new(&model, laps, 30, &node, NULL), MNN_OK);
    node.add = 0;
}

static void teardown(void)
{
    mnn_node_free(&node);
}

START_TEST(gradients_go_from_the_last_layer_to_the_first)
{
    ck_assert_int_eq(node.group_count, 2);
    ck_assert_int_eq(node.group[0].begin, KERNEL);
    ck_assert_int_eq(node.group[0].end, 2 * KERNEL);
    ck_assert_int_eq(node.group[0].step, 1);
    ck_assert_int_eq(node.group[1].begin, 0);
    ck_assert_int_eq(node.group[1].step, 3);
    ck_assert_double_eq(node.shard, 7);
    ck_assert_double_eq(node.left[1], 4); /* rows 2 and 3 of one of four shards */
}
END_TEST

START_TEST(what_backward_hides_costs_nothing)
{
    /* a second for the gradients of a layer and two nodes */
    const mnn_network network = {.bandwidth = 2.0 * KERNEL};
    const mnn_prediction_of_step p = mnn_predict_step(&node, &network, 2, 2);
    ck_assert_double_eq(p.compute, 2 * 7 + 2.0 / 2);
    ck_assert_double_eq(p.gradients, 2);
    ck_assert_double_eq(p.hidden, 1);
    ck_assert_double_eq(p.weights, 2);
    ck_assert_double_eq(p.total, 15 + 1 + 2);
    /* a tenth of it: 10 s for each layer, of which 4 are hidden */
    const mnn_network slow = {.bandwidth = 0.2 * KERNEL};
    ck_assert_double_eq_tol(mnn_predict_step(&node, &slow, 2, 2).hidden, 4, 1e-9);
}
END_TEST

START_TEST(every_other_node_costs_messages)
{
    const mnn_network network = {.latency = 0.5, .message = 0.25, .bandwidth = 1e12};
    const mnn_prediction_of_step one = mnn_predict_step(&node, &network, 1, 4),
                                 p = mnn_predict_step(&node, &network, 5, 1);
    ck_assert_double_eq(one.total, 30);
    ck_assert_double_eq(p.compute, 7 + 2.0 / 5);
    ck_assert_double_eq_tol(p.weights, 2 * 0.5 + 3 * 4 * 0.25, 1e-3);
    ck_assert_double_eq_tol(p.gradients, 3 * 4 * 0.25 + 0.5, 1e-3);
    ck_assert_double_eq_tol(p.hidden, 1, 1e-3); /* the messages of the first group; sums follow backward */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("scaling");
    TCase *tc = tcase_create("scaling");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, gradients_go_from_the_last_layer_to_the_first);
    tcase_add_test(tc, what_backward_hides_costs_nothing);
    tcase_add_test(tc, every_other_node_costs_messages);
    suite_add_tcase(s, tc);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
