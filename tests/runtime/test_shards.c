/* The sums over the shards of a batch: their order, shards without rows, and the state. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "mnn/tree.h"
#include "train/blocks.h"
#include "train/shards.h"

enum { BATCH = 13, SHARDS = 8, PARAMS = 5 };

static float params[PARAMS + 1], grads[PARAMS], row_loss[BATCH], output[BATCH];

/* Not representable in a few bits: the order of their sum shows. */
static float value_of(uint32_t sample, int parameter)
{
    return sinf((float)sample + 1) * expf((float)((sample * 7 + (uint32_t)parameter) % 11));
}

static void backward(const mnn_task *task)
{
    for (int j = task->first; j < task->first + task->n; j++) {
        float values[BATCH];
        for (int row = 0; row < task->batch->rows; row++)
            values[row] = value_of(task->batch->index[row], j) / (float)task->batch_rows;
        mnn_tree_sum(task, &grads[j], values, 1, 1, 0, 0, 0);
    }
}

static void losses(const mnn_task *task)
{
    for (int row = task->first; row < task->first + task->n; row++)
        row_loss[row] = (float)task->batch->index[row];
}

/* The state becomes half of itself and the rows of the shard. */
static void update_state(const mnn_task *task)
{
    params[PARAMS] = 0.5f * params[PARAMS] + (float)task->rows;
}

static const mnn_step steps[] = {
    {MNN_STEP(losses), "", MNN_LOSS, MNN_ROWS, BATCH, 1, 1, 0, 0, 0},
    {MNN_STEP(backward), "", MNN_GRADIENTS, MNN_PARAMETERS, PARAMS, 1, 1, 0, MNN_BARRIER, 0},
    {MNN_STEP(update_state), "", MNN_STATE, MNN_WHOLE, 1, 1, 1, 0, 0, 0},
};

static const mnn_model model = {.batch_size = BATCH,
                                .shards = SHARDS,
                                .param_count = PARAMS,
                                .state_count = 1,
                                .params = params,
                                .grads = grads,
                                .row_loss = row_loss,
                                .output = output,
                                .output_size = 1,
                                .step_count = sizeof steps / sizeof steps[0],
                                .steps = steps};

typedef struct job {
    mnn_shards *shards;
    mnn_walk walk;
} job;

static void work(const mnn_worker *worker, void *argument)
{
    const job *j = argument;
    mnn_shards_compute(worker, j->shards, &j->walk);
}

/* The sum over shards first to first + count - 1, by recursion.
 * @return whether they have rows */
static bool expect_sum(int first, int count, int rows, int parameter, float *sum)
{
    float left, right;
    const int begin = first * rows / SHARDS, end = (first + 1) * rows / SHARDS;
    *sum = 0;
    if (count == 1) {
        for (int row = begin; row < end; row++)
            *sum += value_of((uint32_t)(row * 3), parameter) / (float)rows;
        return end > begin;
    }
    const bool has_left = expect_sum(first, count / 2, rows, parameter, &left);
    const bool has_right = expect_sum(first + count / 2, count / 2, rows, parameter, &right);
    *sum = has_left && has_right ? left + right : has_left ? left : right;
    return has_left || has_right;
}

START_TEST(sums_follow_the_tree)
{
    uint32_t index[BATCH];
    const int rows = _i % BATCH + 1, workers = _i / BATCH + 1;
    mnn_error err;
    mnn_pool *pool;
    mnn_tally tally;
    job j;
    for (int i = 0; i < BATCH; i++)
        index[i] = (uint32_t)i * 3;
    const mnn_batch batch = {.index = index, .rows = rows};
    j.walk = (mnn_walk){.model = &model, .batch = &batch, .training = true};
    params[PARAMS] = 8;
    ck_assert_int_eq(mnn_pool_new(&pool, workers, &err), MNN_OK);
    ck_assert_int_eq(mnn_tally_new(&model, &tally, &err), MNN_OK);
    ck_assert_int_eq(mnn_shards_new(&model, false, &j.shards, &err), MNN_OK);
    mnn_pool_run(pool, work, &j);
    for (int k = 0; k < PARAMS; k++) {
        float expected;
        expect_sum(0, SHARDS, rows, k, &expected);
        ck_assert_msg(grads[k] == expected, "%d rows, %d workers: %.9g, expected %.9g", rows, workers, (double)grads[k],
                      (double)expected);
    }
    ck_assert_double_eq(mnn_shards_loss(j.shards), 3.0 * rows * (rows - 1) / 2);
    ck_assert_double_eq(mnn_shards_tally(j.shards, &tally), 3.0 * rows * (rows - 1) / 2);
    ck_assert_uint_eq(tally.samples, (uint64_t)rows);
    ck_assert(params[PARAMS] == 8); /* until it is updated */
    double state = 0;
    for (int s = 0; s < SHARDS; s++) {
        const int size = (s + 1) * rows / SHARDS - s * rows / SHARDS;
        state += (4.0 + size) * size;
    }
    mnn_shards_update_state(j.shards, rows);
    ck_assert(params[PARAMS] == (float)(state / rows));
    ck_assert_int_eq(mnn_shards_rows(j.shards)->rows, rows);
    mnn_shards_free(j.shards);
    mnn_tally_free(&tally);
    mnn_pool_free(pool);
}
END_TEST

/* --- blocks of parameters -------------------------------------------------------------------------- */

static const mnn_tensor tensors[] = {{.offset = 0, .size = 8193, .trainable = true},
                                     {.offset = 30001, .size = 4},
                                     {.offset = 8193, .size = 7, .trainable = true},
                                     {.offset = 8200, .size = 21801, .trainable = true}};

/* All pieces of norms of tensors: first parameters, then the end. */
static const int piece_begin[] = {0, 8192, 8193, 8200, 16392, 24584, 30001};

START_TEST(blocks_are_whole_pieces)
{
    enum { TENSOR_PIECES = sizeof piece_begin / sizeof *piece_begin - 1, FLAT_PIECES = 30001 / 8192 + 1 };
    static const struct {
        int squares, size;
    } form[] = {{0, 30001}, {FLAT_PIECES, 30001}, {TENSOR_PIECES, TENSOR_PIECES}};
    const int ranks = _i + 1;
    for (size_t k = 0; k < sizeof form / sizeof *form; k++) {
        const mnn_step last = {.phase = MNN_UPDATE, .size = form[k].size};
        const mnn_model m = {.param_count = 30001,
                             .tensor_count = sizeof tensors / sizeof *tensors,
                             .tensors = tensors,
                             .square_count = form[k].squares,
                             .step_count = 1,
                             .steps = &last};
        int end = 0, last_element = 0, square = 0;
        for (int r = 0; r < ranks; r++) {
            const mnn_block b = mnn_block_of(&m, ranks, r);
            ck_assert_int_eq(b.begin, end);
            ck_assert_int_eq(b.first, last_element);
            ck_assert_int_eq(b.first_square, square);
            if (k == 2)
                ck_assert_int_eq(b.begin, piece_begin[b.first]);
            else
                ck_assert(b.first == b.begin && b.begin % (k == 0 ? 16 : 8192) == 0);
            end = b.end;
            last_element = b.last;
            square = b.last_square;
        }
        ck_assert_int_eq(end, 30001);
        ck_assert_int_eq(last_element, form[k].size);
        ck_assert_int_eq(square, form[k].squares);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shards");
    TCase *tree = tcase_create("tree");
    tcase_add_loop_test(tree, sums_follow_the_tree, 0, 3 * BATCH);
    tcase_add_loop_test(tree, blocks_are_whole_pieces, 0, 9);
    suite_add_tcase(suite, tree);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
