/* update() of a generated program against tests/reference/optimizers.c, over 100 steps.
 *
 * Compiled with -DGENERATED='"FILE.c"', the program whose update it is; run by update.sh as
 *   test_update sgd LEARNING_RATE MOMENTUM NESTEROV(0, 1)
 *   test_update rmsprop LEARNING_RATE RHO MOMENTUM EPSILON
 *   test_update adam LEARNING_RATE BETA_1 BETA_2 EPSILON       (also adamw, nadam)
 *   test_update adagrad LEARNING_RATE INITIAL_VALUE EPSILON
 *   test_update adadelta LEARNING_RATE RHO EPSILON
 *   test_update adamax LEARNING_RATE BETA_1 BETA_2 EPSILON
 *   test_update lion LEARNING_RATE BETA_1 BETA_2
 * with the numbers that its description has; behind them clipnorm=N, clipvalue=N, global_clipnorm=N and
 * weight_decay=N, amsgrad=1 and centered=1 where it has these. */
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
static double clipnorm, clipvalue, global_clipnorm, weight_decay, amsgrad, centered; /* 0: none */

/* The reference's side. */
typedef struct expected {
    double w[PARAM_COUNT], g[PARAM_COUNT], state_1[PARAM_COUNT], state_2[PARAM_COUNT], state_3[PARAM_COUNT];
    double way[PARAM_COUNT]; /* sum of |change| */
    double u_product;        /* nadam */
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

static bool is(const char *name)
{
    return strcmp(optimizer, name) == 0;
}

/* Half of the parameters begin at 0, where float32 stores the smallest updates without loss. */
static void begin(void)
{
    memset(&want, 0, sizeof want);
    for (int slot = 0; slot < model.slot_count; slot++)
        for (int i = 0; i < PARAM_COUNT; i++)
            model.slots[slot].data[i] = model.slots[slot].initial;
    for (int i = 0; i < PARAM_COUNT; i++) {
        model.params[i] = i % 2 ? (float)(0.05 * noise(i, 0)) : 0;
        want.w[i] = (double)model.params[i];
        want.state_1[i] = is("adagrad") ? number[1] : 0;
    }
    want.u_product = 1;
}

static void work_update(const mnn_worker *worker, void *argument)
{
    const mnn_walk walk = {.model = &model, .update = argument};
    mnn_run_steps(worker, &walk, MNN_NORMS, MNN_UPDATE);
}

static void clip_reference(void)
{
    if (clipvalue > 0)
        ref_clip_by_value(want.g, PARAM_COUNT, clipvalue);
    if (global_clipnorm > 0)
        ref_clip_by_norm(want.g, PARAM_COUNT, global_clipnorm);
    for (int t = 0; t < model.tensor_count && clipnorm > 0; t++)
        ref_clip_by_norm(want.g + model.tensors[t].offset, model.tensors[t].size, clipnorm);
}

static void step_reference(double rate, int step)
{
    clip_reference();
    if (weight_decay > 0)
        ref_decay_weights(want.w, PARAM_COUNT, rate, weight_decay);
    if (is("nadam"))
        ref_nadam_step(want.w, want.state_1, want.state_2, &want.u_product, want.g, PARAM_COUNT, rate, number[1],
                       number[2], number[3], (unsigned long)step);
    else if (is("adagrad"))
        ref_adagrad_step(want.w, want.state_1, want.g, PARAM_COUNT, rate, number[2]);
    else if (is("sgd"))
        ref_sgd_step(want.w, want.state_1, want.g, PARAM_COUNT, rate, number[1], number[2] != 0);
    else if (is("rmsprop"))
        ref_rmsprop_step(want.w, want.state_1, centered > 0 ? want.state_3 : NULL, want.state_2, want.g, PARAM_COUNT,
                         rate, number[1], number[2], number[3]);
    else if (is("adadelta"))
        ref_adadelta_step(want.w, want.state_1, want.state_2, want.g, PARAM_COUNT, rate, number[1], number[2]);
    else if (is("adamax"))
        ref_adamax_step(want.w, want.state_1, want.state_2, want.g, PARAM_COUNT, rate, number[1], number[2], number[3],
                        (unsigned long)step);
    else if (is("lion"))
        ref_lion_step(want.w, want.state_1, want.g, PARAM_COUNT, rate, number[1], number[2]);
    else
        ref_adam_step(want.w, want.state_1, want.state_2, amsgrad > 0 ? want.state_3 : NULL, want.g, PARAM_COUNT, rate,
                      number[1], number[2], number[3], (unsigned long)step);
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

/* "clipnorm=1" */
static bool read_option(const char *text)
{
    static const struct {
        const char *name;
        double *value;
    } options[] = {{"clipnorm=", &clipnorm},         {"clipvalue=", &clipvalue}, {"global_clipnorm=", &global_clipnorm},
                   {"weight_decay=", &weight_decay}, {"amsgrad=", &amsgrad},     {"centered=", &centered}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strncmp(text, options[i].name, strlen(options[i].name)) == 0) {
            *options[i].value = strtod(text + strlen(options[i].name), NULL);
            return true;
        }
    return false;
}

static int usage(void)
{
    fprintf(stderr, "usage: test_update OPTIMIZER LEARNING_RATE NUMBER... [OPTION=NUMBER ...]\n");
    return 2;
}

int main(int argc, char **argv)
{
    int numbers = 0;
    for (int i = 2; i < argc; i++)
        if (strchr(argv[i], '=') ? !read_option(argv[i]) : numbers == 4)
            return usage();
        else if (!strchr(argv[i], '='))
            number[numbers++] = strtod(argv[i], NULL);
    if (numbers < 3)
        return usage();
    optimizer = argv[1];
    SRunner *runner = srunner_create(update_suite());
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
