#include "train/evaluate.h"

#include <math.h>
#include <stdlib.h>

typedef struct forward_job {
    const mnn_model *model;
    const mnn_batch *batch;
    bool with_losses;
} forward_job;

static void work_forward(const mnn_worker *worker, void *argument)
{
    const forward_job *job = argument;
    const mnn_walk walk = {.model = job->model, .batch = job->batch};
    mnn_run_steps(worker, &walk, MNN_FORWARD, MNN_FORWARD);
    if (!job->with_losses)
        return;
    mnn_barrier(worker);
    mnn_run_steps(worker, &walk, MNN_LOSS, MNN_LOSS);
}

void mnn_run_forward(const mnn_model *model, mnn_pool *pool, const mnn_batch *batch, bool with_losses)
{
    forward_job job = {model, batch, with_losses};
    mnn_pool_run(pool, work_forward, &job);
}

mnn_status mnn_evaluate(const mnn_model *model, mnn_pool *pool, const mnn_samples *samples,
                        const volatile sig_atomic_t *stop, mnn_tally *tally, mnn_error *err)
{
    const int most = mnn_shard_rows(model);
    uint32_t *index = malloc((size_t)most * sizeof *index);
    if (!index)
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    mnn_batch batch = mnn_dataset_batch(samples->set);
    batch.index = index;
    uint32_t seen = 0;
    mnn_tally_reset(tally);
    while (seen < samples->count && !(stop && *stop)) {
        const uint32_t left = samples->count - seen;
        const int rows = left < (uint32_t)most ? (int)left : most;
        for (int r = 0; r < rows; r++)
            index[r] = mnn_sample_number(samples, seen + (uint32_t)r);
        batch.rows = rows;
        mnn_run_forward(model, pool, &batch, true);
        mnn_tally_add(tally, &batch);
        seen += (uint32_t)rows;
    }
    free(index);
    if (!isfinite(tally->loss))
        return mnn_fail(err, MNN_EDIVERGED, "the loss over %u samples is not finite (%g)", (unsigned)seen, tally->loss);
    return MNN_OK;
}
