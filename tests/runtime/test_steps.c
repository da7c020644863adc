/* The walk through a table of steps, for any number of workers: the tasks, and the worker of each. */
#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "mnn/model.h"
#include "mnn/profile.h"

enum { SIZE = 103, ROWS = 21, PIECE = 10, THREADS_MOST = 5, STEPS = 7 };

/* By step and element: the worker, and how often it is computed; calls, and first tasks of workers. */
static int owner[STEPS][SIZE];
static atomic_int visits[STEPS][SIZE], calls[STEPS], opened[STEPS];

static void record(const mnn_task *t, int step)
{
    ck_assert_int_gt(t->n, 0);
    atomic_fetch_add(&calls[step], 1);
    atomic_fetch_add(&opened[step], t->opens);
    for (int i = t->first; i < t->first + t->n; i++) {
        owner[step][i] = t->worker;
        atomic_fetch_add(&visits[step][i], 1);
    }
}

#define STEP_FUNCTION(name, step)                                                                                      \
    static void name(const mnn_task *t)                                                                                \
    {                                                                                                                  \
        record(t, step);                                                                                               \
    }
STEP_FUNCTION(rows, 0)
STEP_FUNCTION(columns, 1)
STEP_FUNCTION(later_columns, 2)
STEP_FUNCTION(joined, 3)
STEP_FUNCTION(whole, 4)
STEP_FUNCTION(update, 6)

static atomic_int seen_too_early;

/* All of step 3 is computed before: the barrier of a step that is left out counts for the next one. */
static void after_barrier(const mnn_task *t)
{
    record(t, 5);
    for (int i = 0; i < SIZE; i++)
        atomic_fetch_add(&seen_too_early, atomic_load(&visits[3][i]) == 0);
}

static const mnn_step table[] = {
    {MNN_STEP(rows), "", MNN_FORWARD, MNN_ROWS, SIZE, PIECE, PIECE, 0, 0, 0},
    {MNN_STEP(columns), "", MNN_FORWARD, MNN_COLUMNS, SIZE, PIECE, PIECE, 0, MNN_NEIGHBOURS, 0},
    {MNN_STEP(later_columns), "", MNN_FORWARD, MNN_COLUMNS, SIZE, PIECE, PIECE, 3, 0, 0},
    {MNN_STEP(joined), "", MNN_FORWARD, MNN_PARAMETERS, SIZE, PIECE, SIZE, 0, MNN_NEIGHBOURS, 0},
    {MNN_STEP(whole), "", MNN_FORWARD, MNN_WHOLE, 1, 1, 1, 2, MNN_BARRIER | MNN_TRAINING, 0},
    {MNN_STEP(after_barrier), "", MNN_FORWARD, MNN_ROWS, SIZE, PIECE, PIECE, 0, MNN_INFERENCE, 0},
    {MNN_STEP(rows), "", MNN_LOSS, MNN_ROWS, SIZE, PIECE, PIECE, 0, 0, 0},
    {MNN_STEP(update), "", MNN_UPDATE, MNN_PARAMETERS, SIZE, PIECE, SIZE, 0, MNN_NEIGHBOURS, 0},
};
static const mnn_model model = {.step_count = sizeof table / sizeof *table, .steps = table};
static const mnn_batch batch = {.rows = ROWS};

static void walk_forward(const mnn_worker *worker, void *argument)
{
    mnn_run_steps(worker, argument, MNN_FORWARD, MNN_FORWARD);
}

static void run(int threads, bool training, uint64_t *laps)
{
    mnn_walk walk = {.model = &model, .batch = &batch, .training = training, .laps = laps};
    mnn_pool *pool = NULL;
    memset(visits, 0, sizeof visits);
    memset(calls, 0, sizeof calls);
    memset(opened, 0, sizeof opened);
    ck_assert_int_eq(mnn_pool_new(&pool, threads, NULL), MNN_OK);
    mnn_pool_run(pool, walk_forward, &walk);
    mnn_pool_free(pool);
}

static int at_most(int a, int b)
{
    return a < b ? a : b;
}

START_TEST(every_element_is_computed_once)
{
    const int pieces = (SIZE + PIECE - 1) / PIECE;
    for (int threads = 1; threads <= THREADS_MOST; threads++) {
        run(threads, false, NULL);
        for (int i = 0; i < SIZE; i++) {
            ck_assert_int_eq(visits[0][i], i < ROWS);
            for (int step = 1; step <= 3; step++)
                ck_assert_int_eq(visits[step][i], 1);
            /* the same worker meets the same elements in every step of neighbours; others begin at their own */
            ck_assert_int_eq(owner[1][i], owner[3][i]);
            ck_assert_int_eq(owner[2][i], (i / PIECE + 3) % threads);
            ck_assert(i == 0 || owner[1][i] >= owner[1][i - 1]);
        }
        ck_assert_int_eq(calls[1], pieces);
        ck_assert_int_eq(calls[3], threads);
        ck_assert_int_eq(opened[1], threads);
        ck_assert_int_eq(opened[0], at_most(threads, (ROWS + PIECE - 1) / PIECE));
    }
}
END_TEST

START_TEST(training_and_inference_have_steps_of_their_own)
{
    for (int threads = 1; threads <= THREADS_MOST; threads++) {
        run(threads, true, NULL);
        ck_assert_int_eq(calls[4], 1);
        ck_assert_int_eq(owner[4][0], 2 % threads);
        ck_assert_int_eq(calls[5], 0);
        for (int i = 0; i < 100; i++) {
            run(threads, false, NULL);
            ck_assert_int_eq(calls[4], 0);
            ck_assert_int_gt(calls[5], 0);
        }
        ck_assert_int_eq(seen_too_early, 0);
    }
}
END_TEST

START_TEST(time_is_taken_per_step_that_runs)
{
    uint64_t *laps = calloc((size_t)(2 * mnn_lap_stride(&model)), sizeof *laps);
    ck_assert_ptr_nonnull(laps);
    run(2, true, laps);
    for (int worker = 0; worker < 2; worker++) {
        const uint64_t *own = laps + worker * mnn_lap_stride(&model);
        ck_assert_uint_gt(own[MNN_LAP_CLOCK], 0);
        ck_assert_uint_gt(own[MNN_LAP_BARRIER], 0);
        ck_assert_uint_eq(own[MNN_LAP_FIRST + 5], 0);
        ck_assert_uint_eq(own[MNN_LAP_FIRST + 6], 0);
    }
    free(laps);
}
END_TEST

static void walk_update(const mnn_worker *worker, void *argument)
{
    mnn_run_steps(worker, argument, MNN_NORMS, MNN_UPDATE);
}

/* Of an update that belongs to several ranks, each computes its elements. */
START_TEST(an_update_can_be_of_a_range)
{
    enum { FIRST = 2 * PIECE, LAST = 7 * PIECE + 3 };
    for (int threads = 1; threads <= THREADS_MOST; threads++) {
        mnn_walk walk = {.model = &model, .training = true, .first = FIRST, .last = LAST};
        mnn_pool *pool = NULL;
        memset(visits, 0, sizeof visits);
        ck_assert_int_eq(mnn_pool_new(&pool, threads, NULL), MNN_OK);
        mnn_pool_run(pool, walk_update, &walk);
        mnn_pool_free(pool);
        for (int i = 0; i < SIZE; i++)
            ck_assert_int_eq(visits[6][i], i >= FIRST && i < LAST);
    }
}
END_TEST

static atomic_int passed[THREADS_MOST];

static void count_passed(const mnn_worker *worker, void *context, int step)
{
    ck_assert_ptr_eq(context, &model);
    ck_assert(step == 4 ||
              (worker->count == 1 && step < 4)); /* step 4 has a barrier; one worker meets itself everywhere */
    for (int i = 0; i < SIZE && step == 4; i++)
        ck_assert_int_eq(atomic_load(&visits[3][i]), 1);
    atomic_fetch_add(&passed[worker->index], 1);
}

START_TEST(workers_say_which_steps_all_have_finished)
{
    for (int threads = 1; threads <= THREADS_MOST; threads++) {
        mnn_walk walk = {.model = &model,
                         .batch = &batch,
                         .training = true,
                         .passed = count_passed,
                         .context = (void *)(uintptr_t)&model};
        mnn_pool *pool = NULL;
        memset(visits, 0, sizeof visits);
        memset(passed, 0, sizeof passed);
        ck_assert_int_eq(mnn_pool_new(&pool, threads, NULL), MNN_OK);
        mnn_pool_run(pool, walk_forward, &walk);
        mnn_pool_free(pool);
        for (int i = 0; i < threads; i++)
            ck_assert_int_eq(passed[i], threads == 1 ? 5 : 1);
    }
}
END_TEST

/* Five rows per shard of four at most, and pieces of two rows: three places per shard. */
enum { SHARD_ROWS = 5, SHARD_PIECE = 2, SHARD_PLACES = 3 };
static const mnn_cut cuts[] = {{0, 0, 5, 0}, {1, 5, 4, 1}, {3, 9, 1, 1}}; /* the third has no rows */
static atomic_int shard_pieces[4 * SHARD_PLACES], shard_totals[4];

static void shard_rows(const mnn_task *t)
{
    const int within = t->piece % SHARD_PLACES * SHARD_PIECE;
    const mnn_cut *cut = &cuts[t->shard == 3 ? 2 : t->shard];
    ck_assert_int_eq(t->piece / SHARD_PLACES, t->shard);
    ck_assert_int_eq(t->rows, cut->rows);
    ck_assert_int_eq(t->first, cut->first + within);
    ck_assert_int_eq(t->n, at_most(SHARD_PIECE, cut->rows - within));
    atomic_fetch_add(&shard_pieces[t->piece], 1);
}

static void shard_total(const mnn_task *t)
{
    ck_assert_int_eq(t->rows, cuts[t->shard == 3 ? 2 : t->shard].rows);
    atomic_fetch_add(&shard_totals[t->shard], 1);
}

static const mnn_step shard_table[] = {
    {MNN_STEP(shard_rows), "", MNN_FORWARD, MNN_ROWS, 20, SHARD_PIECE, SHARD_PIECE, 0, MNN_BY_SHARD, 0},
    {MNN_STEP(shard_total), "", MNN_FORWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER | MNN_BY_SHARD, 0},
};
static const mnn_model shard_model = {.batch_size = 4 * SHARD_ROWS, .shards = 4, .step_count = 2, .steps = shard_table};

START_TEST(shards_have_pieces_of_their_own)
{
    static const int expected[] = {1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0};
    const mnn_batch rows_of_shards = {.rows = 10};
    for (int threads = 1; threads <= THREADS_MOST; threads++) {
        mnn_walk walk = {
            .model = &shard_model, .batch = &rows_of_shards, .training = true, .cuts = cuts, .cut_count = 3};
        mnn_pool *pool = NULL;
        memset(shard_pieces, 0, sizeof shard_pieces);
        memset(shard_totals, 0, sizeof shard_totals);
        ck_assert_int_eq(mnn_pool_new(&pool, threads, NULL), MNN_OK);
        mnn_pool_run(pool, walk_forward, &walk);
        mnn_pool_free(pool);
        for (int i = 0; i < 4 * SHARD_PLACES; i++)
            ck_assert_int_eq(shard_pieces[i], expected[i]);
        for (int i = 0; i < 4; i++)
            ck_assert_int_eq(shard_totals[i], i != 2);
    }
}
END_TEST

START_TEST(calls_have_as_many_pieces_as_they_may)
{
    const mnn_step two = {MNN_STEP(columns), "", MNN_FORWARD, MNN_COLUMNS, SIZE, PIECE, 2 * PIECE, 0,
                          MNN_NEIGHBOURS,    0};
    const mnn_model one_step = {.step_count = 1, .steps = &two};
    mnn_walk walk = {.model = &one_step, .batch = &batch};
    const mnn_worker alone = {.count = 1};
    memset(calls, 0, sizeof calls);
    mnn_run_steps(&alone, &walk, MNN_FORWARD, MNN_FORWARD);
    ck_assert_int_eq(calls[1], (SIZE + 2 * PIECE - 1) / (2 * PIECE));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("steps");
    TCase *tc = tcase_create("steps");
    tcase_add_test(tc, every_element_is_computed_once);
    tcase_add_test(tc, training_and_inference_have_steps_of_their_own);
    tcase_add_test(tc, time_is_taken_per_step_that_runs);
    tcase_add_test(tc, an_update_can_be_of_a_range);
    tcase_add_test(tc, workers_say_which_steps_all_have_finished);
    tcase_add_test(tc, shards_have_pieces_of_their_own);
    tcase_add_test(tc, calls_have_as_many_pieces_as_they_may);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    const int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
