/* A generated program without its command line: takes mnn_main()'s place, trains a few steps on made-up pictures
 * and prints every loss, so that programs for different processors can be compared.
 *
 * Usage: PROGRAM gradcheck
 *        PROGRAM THREADS ROWS STEPS ZEROS    with ZEROS 1 products may skip what is 0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "math/math.h"
#include "mnn/gemm.h"
#include "mnn/model.h"
#include "mnn/rng.h"
#include "train/gradcheck.h"

enum { SAMPLES = 256, SEED = 7, STREAM = 1000, THREADS_MOST = 64 };

typedef struct job {
    const mnn_model *model;
    mnn_batch batch;
    mnn_update update;
} job;

static void work(const mnn_worker *worker, void *argument)
{
    const job *j = argument;
    const mnn_walk walk = {.model = j->model, .batch = &j->batch, .update = &j->update, .training = true};
    mnn_run_steps(worker, &walk, MNN_FORWARD, MNN_BACKWARD);
    mnn_barrier(worker);
    mnn_run_steps(worker, &walk, MNN_NORMS, MNN_UPDATE);
}

static void work_gradients(const mnn_worker *worker, void *argument)
{
    const job *j = argument;
    const mnn_walk walk = {.model = j->model, .batch = &j->batch, .training = true};
    mnn_run_steps(worker, &walk, MNN_FORWARD, MNN_BACKWARD);
}

/* Half of the pixels are 0, as in real pictures, in runs; the rest and the labels are anything. */
static void draw(const mnn_model *model, uint8_t *images, uint8_t *labels, uint32_t *index)
{
    const size_t size = (size_t)model->sample_size;
    for (size_t i = 0; i < size * SAMPLES; i++) {
        const uint32_t word = mnn_random(SEED, STREAM, 0, i).word[0];
        const uint32_t run = mnn_random(SEED, STREAM, 1, i / 5).word[0];
        images[i] = (uint8_t)(run % 2 ? word % 256 : 0);
    }
    for (uint32_t i = 0; i < SAMPLES; i++) {
        labels[i] = (uint8_t)(mnn_random(SEED, STREAM, 2, i).word[0] % (uint32_t)model->classes);
        index[i] = i * 97 % SAMPLES;
    }
}

/* The size of every gradient: of a wrong kernel it is wrong long before the loss is. */
static void print_gradients(const mnn_model *model)
{
    for (int t = 0; t < model->tensor_count; t++) {
        double sum = 0;
        if (!model->tensors[t].trainable)
            continue;
        for (int i = 0; i < model->tensors[t].size; i++) {
            const double g = (double)model->grads[model->tensors[t].offset + i];
            sum += g * g * (1 + i % 7); /* so that it matters where a number stands */
        }
        printf("gradient %s %.9g\n", model->tensors[t].name, sum);
    }
}

/* Of the bits of all parameters: FNV-1a. */
static uint64_t fingerprint(const mnn_model *model)
{
    uint64_t hash = 14695981039346656037u;
    for (int i = 0; i < model->param_count + model->state_count; i++) {
        uint32_t bits;
        memcpy(&bits, &model->params[i], sizeof bits);
        hash = (hash ^ bits) * 1099511628211u;
    }
    return hash;
}

static int train(job *j, mnn_pool *pool, int rows, int steps)
{
    mnn_pool_run(pool, work_gradients, j);
    print_gradients(j->model);
    const uint32_t *all = j->batch.index;
    for (int step = 1; step <= steps; step++) {
        j->batch.index = all + step * 31 % (SAMPLES - rows);
        j->batch.rows = step % 4 == 0 ? rows - 3 : rows; /* also batches that are not full */
        j->batch.step = j->update.step = (uint64_t)step;
        mnn_pool_run(pool, work, j);
        printf("loss %d %.9g\n", step, mnn_sum(j->model->row_loss, (size_t)j->batch.rows) / j->batch.rows);
    }
    printf("weights %016llx\n", (unsigned long long)fingerprint(j->model));
    return 0;
}

static int gradcheck(const job *j, mnn_pool *pool)
{
    mnn_gradcheck result;
    mnn_error err = {""};
    if (mnn_gradcheck_run(j->model, pool, &j->batch, SEED, (mnn_gradcheck_watch){NULL, NULL}, &result, &err)) {
        printf("gradcheck: %s\n", err.text);
        return 1;
    }
    for (int t = 0; t < j->model->tensor_count; t++)
        if (!result.tensors[t].passed)
            printf("gradcheck: %s differs by %g\n", j->model->tensors[t].name, result.tensors[t].largest);
    printf("gradcheck %s\n", result.passed ? "agrees" : "DIFFERS");
    const int status = result.passed ? 0 : 1;
    mnn_gradcheck_free(&result);
    return status;
}

int mnn_main(const mnn_model *model, int argc, char **argv)
{
    static uint32_t index[SAMPLES];
    static uint8_t labels[SAMPLES];
    const bool checks = argc == 2 && strcmp(argv[1], "gradcheck") == 0;
    const int threads = checks ? 1 : argc == 5 ? atoi(argv[1]) : 0;
    const int rows = checks ? MNN_GRADCHECK_ROWS : argc == 5 ? atoi(argv[2]) : 0;
    const int steps = checks ? 1 : argc == 5 ? atoi(argv[3]) : 0;
    if (threads < 1 || threads > THREADS_MOST || rows < 4 || rows > model->batch_size || steps < 1) {
        fprintf(stderr, "usage: %s gradcheck | THREADS ROWS STEPS ZEROS\n", argv[0]);
        return 2;
    }
    mnn_pool *pool;
    uint8_t *images = malloc((size_t)model->sample_size * SAMPLES);
    if (!images || mnn_pool_new(&pool, threads, NULL)) {
        free(images);
        return 4;
    }
    if (mnn_pool_scratch(pool, model->scratch, NULL)) {
        mnn_pool_free(pool);
        free(images);
        return 4;
    }
    mnn_gemm_setup(stderr);
    mnn_initialize(model, SEED);
    mnn_reset_slots(model, 0, model->param_count);
    draw(model, images, labels, index);
    job j = {.model = model,
             .batch = {.images = images,
                       .labels = labels,
                       .index = index,
                       .rows = rows,
                       .seed = SEED,
                       .many_zeros = checks || atoi(argv[4]) != 0},
             .update = {.learning_rate = 0.1 * model->learning_rate}}; /* or rounding would grow with every step */
    const int status = checks ? gradcheck(&j, pool) : train(&j, pool, rows, steps);
    mnn_pool_free(pool);
    free(images);
    return status;
}
