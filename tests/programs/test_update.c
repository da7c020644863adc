/* update() of a generated program against tests/reference/optimizers.c, over 100 steps.
 *
 * Compiled with -DGENERATED='"FILE.c"', the program whose update it is; run by update.sh as
 *   test_update sgd LEARNING_RATE MOMENTUM NESTEROV(0, 1)
 *   test_update rmsprop LEARNING_RATE RHO MOMENTUM EPSILON
 *   test_update adam LEARNING_RATE BETA_1 BETA_2 EPSILON
 * with the numbers that its description has. */
int generated_main(int argc, char **argv);
#define main generated_main
#include GENERATED
#undef main

#include <check.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/reference/optimizers.h"

enum { STEPS = 100, WORKERS = 2 };

/* Largest difference allowed, as a share of the way that a parameter has gone. */
static const double TOLERANCE = 1e-5;
/* What storing a number as float32 may change, as a share of it. */
static const double ROUNDING = (double)FLT_EPSILON / 2;

/* What the command line says. */
static const char *optimizer;
static double number[4];

/* The reference's side. */
typedef struct expected {
    double w[PARAM_COUNT], g[PARAM_COUNT], state_1[PARAM_COUNT], state_2[PARAM_COUNT];
    double way[PARAM_COUNT]; /* sum of |change| */
} expected;

static expected want;

/* A number in [-1, 1) for a parameter and a step. */
static double noise(int parameter, int step)
{
    const mnn_random4 r = mnn_random(11, MNN_STREAM_GRADCHECK, (uint32_t)step, (uint64_t)parameter);
    return 2.0 * (double)mnn_uniform(r.word[0]) - 1.0;
}

/* Gradients from 1e-6 to 10, some with a direction of their own, some 0 at times or always: what epsilon
 * and the moments make of them differs. */
static float gradient(int parameter, int step)
{
    static const double size[] = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10};
    if (parameter % 11 == 0 || (parameter % 7 == 0 && step % 3 == 0))
        return 0;
    return (float)(size[parameter % 8] * (noise(parameter, step) + (parameter % 5 == 0 ? 0.7 : 0)));
}

/* Half of the parameters begin at 0, where float32 stores the smallest updates without loss. */
static void begin(void)
{
    memset(&want, 0, sizeof want);
    for (int slot = 0; slot < model.slot_count; slot++)
        memset(model.slots[slot].data, 0, PARAM_COUNT * sizeof(float));
    for (int i = 0; i < PARAM_COUNT; i++) {
        model.params[i] = i % 2 ? (float)(0.05 * noise(i, 0)) : 0;
        want.w[i] = (double)model.params[i];
    }
}

static void work_update(const mnn_worker *worker, void *argument)
{
    model.update(worker, argument);
}

static void step_reference(double rate, int step)
{
    if (strcmp(optimizer, "sgd") == 0)
        ref_sgd_step(want.w, want.state_1, want.g, PARAM_COUNT, rate, number[1], number[2] != 0);
    else if (strcmp(optimizer, "rmsprop") == 0)
        ref_rmsprop_step(want.w, want.state_1, want.state_2, want.g, PARAM_COUNT, rate, number[1], number[2],
                         number[3]);
    else
        ref_adam_step(want.w, want.state_1, want.state_2, want.g, PARAM_COUNT, rate, number[1], number[2], number[3],
                      (unsigned long)step);
}

/* The second part of the tolerance: so much may be lost by rounding a parameter once a step. */
static void compare(int step)
{
    for (int i = 0; i < PARAM_COUNT; i++) {
        const double error = fabs((double)model.params[i] - want.w[i]);
        const double allowed = TOLERANCE * want.way[i] + step * ROUNDING * fabs(want.w[i]);
        if (error > allowed) /* Check writes down every assertion: here they would be millions */
            ck_abort_msg("step %d, parameter %d (gradient %g): got %.9g, expected %.9g +- %.2g", step, i, want.g[i],
                         (double)model.params[i], want.w[i], allowed);
    }
}

/* @param decay  what the learning rate is multiplied by from one step to the next */
static void run_steps(mnn_pool *pool, double decay)
{
    static double before[PARAM_COUNT];
    double rate = model.learning_rate;
    begin();
    for (int step = 1; step <= STEPS; step++, rate *= decay) {
        mnn_update about = {.learning_rate = rate, .step = (uint64_t)step};
        for (int i = 0; i < PARAM_COUNT; i++) {
            model.grads[i] = gradient(i, step);
            want.g[i] = (double)model.grads[i];
        }
        memcpy(before, want.w, sizeof before);
        step_reference(rate, step);
        for (int i = 0; i < PARAM_COUNT; i++)
            want.way[i] += fabs(want.w[i] - before[i]);
        mnn_pool_run(pool, work_update, &about);
        compare(step);
    }
}

static void run_with_pool(double decay)
{
    mnn_error err;
    mnn_pool *pool = NULL;
    ck_assert_msg(mnn_pool_new(&pool, WORKERS, &err) == MNN_OK, "no pool");
    run_steps(pool, decay);
    mnn_pool_free(pool);
}

START_TEST(test_descriptor)
{
    ck_assert_str_eq(model.optimizer_name, optimizer);
    ck_assert_double_eq_tol(model.learning_rate, number[0], 1e-12);
    ck_assert_int_eq(model.param_count, PARAM_COUNT);
}
END_TEST

START_TEST(test_steps)
{
    run_with_pool(1);
}
END_TEST

START_TEST(test_changing_rate)
{
    run_with_pool(0.97);
}
END_TEST

static Suite *update_suite(void)
{
    Suite *s = suite_create("update");
    TCase *t = tcase_create(optimizer);
    tcase_add_test(t, test_descriptor);
    tcase_add_test(t, test_steps);
    tcase_add_test(t, test_changing_rate);
    suite_add_tcase(s, t);
    return s;
}

int main(int argc, char **argv)
{
    const int numbers = argc - 2;
    if (numbers < 3 || numbers > 4 || (numbers == 3) != (strcmp(argv[1], "sgd") == 0)) {
        fprintf(stderr, "usage: test_update OPTIMIZER LEARNING_RATE NUMBER...\n");
        return 2;
    }
    optimizer = argv[1];
    for (int i = 0; i < numbers; i++)
        number[i] = strtod(argv[2 + i], NULL);
    SRunner *runner = srunner_create(update_suite());
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
