#include "train/evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "transport/transport.h"

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

/* The sums of every batch, which are added in the order of the batches; counters are exact in any order. */
typedef struct results {
    double *ordered; /* [batches][width] */
    double *counts;  /* [ranks][counters] */
    size_t width, counters;
    uint32_t batches;
} results;

static uint32_t first_batch(const results *r, int rank)
{
    return (uint32_t)((uint64_t)r->batches * (uint64_t)rank / (uint64_t)mnn_transport_size());
}

static mnn_status exchange(const results *r, mnn_error *err)
{
    const int own = mnn_transport_rank();
    for (int other = 0; other < mnn_transport_size(); other++)
        for (int sends = 0; sends < 2 && other != own; sends++) {
            const int from = sends ? own : other;
            double *ordered = r->ordered + first_batch(r, from) * r->width,
                   *counts = r->counts + (size_t)from * r->counters;
            const size_t bytes = (first_batch(r, from + 1) - first_batch(r, from)) * r->width * sizeof *ordered;
            if (sends) {
                mnn_transport_send(other, ordered, bytes);
                mnn_transport_send(other, counts, r->counters * sizeof *counts);
            } else {
                mnn_transport_receive(other, ordered, bytes);
                mnn_transport_receive(other, counts, r->counters * sizeof *counts);
            }
        }
    return mnn_transport_wait(err);
}

/* The batches of this rank.
 * @param values  [width + counters]: scratch memory */
static void compute_own(const mnn_model *model, mnn_pool *pool, const mnn_samples *samples,
                        const volatile sig_atomic_t *stop, uint32_t *index, results *r, mnn_tally *tally,
                        double *values)
{
    const uint32_t most = (uint32_t)model->batch_size;
    const int rank = mnn_transport_rank();
    double *counts = r->counts + (size_t)rank * r->counters;
    mnn_batch batch = mnn_dataset_batch(samples->set);
    batch.index = index;
    for (uint32_t b = first_batch(r, rank); b < first_batch(r, rank + 1) && !(stop && *stop); b++) {
        const uint32_t first = b * most, left = samples->count - first;
        batch.rows = (int)(left < most ? left : most);
        for (int row = 0; row < batch.rows; row++)
            index[row] = mnn_sample_number(samples, first + (uint32_t)row);
        mnn_run_forward(model, pool, &batch, true);
        mnn_tally_reset(tally);
        mnn_tally_add(tally, &batch);
        mnn_tally_write(tally, values);
        memcpy(r->ordered + b * r->width, values, r->width * sizeof *values);
        for (size_t i = 0; i < r->counters; i++)
            counts[i] += values[r->width + i];
    }
}

static void join_all(const results *r, mnn_tally *tally, double *values)
{
    mnn_tally_reset(tally);
    memset(values, 0, (r->width + r->counters) * sizeof *values);
    for (uint32_t b = 0; b < r->batches; b++) {
        memcpy(values, r->ordered + b * r->width, r->width * sizeof *values);
        mnn_tally_join(tally, values);
    }
    memset(values, 0, r->width * sizeof *values);
    for (int rank = 0; rank < mnn_transport_size(); rank++) {
        memcpy(values + r->width, r->counts + (size_t)rank * r->counters, r->counters * sizeof *values);
        mnn_tally_join(tally, values);
    }
}

mnn_status mnn_evaluate(const mnn_model *model, mnn_pool *pool, const mnn_samples *samples,
                        const volatile sig_atomic_t *stop, mnn_tally *tally, mnn_error *err)
{
    const uint32_t most = (uint32_t)model->batch_size;
    results r = {.width = mnn_tally_ordered(tally), .batches = samples->count / most + (samples->count % most != 0)};
    r.counters = mnn_tally_size(tally) - r.width;
    r.ordered = calloc(r.batches * r.width, sizeof *r.ordered);
    r.counts = calloc((size_t)mnn_transport_size() * r.counters + 1, sizeof *r.counts);
    uint32_t *index = malloc(most * sizeof *index);
    double *values = malloc((r.width + r.counters) * sizeof *values);
    mnn_status status = MNN_OK;
    if (r.ordered && r.counts && index && values) {
        compute_own(model, pool, samples, mnn_transport_size() > 1 ? NULL : stop, index, &r, tally, values);
        status = exchange(&r, err);
        if (!status)
            join_all(&r, tally, values);
    } else {
        status = mnn_fail(err, MNN_ENOMEM, "out of memory for the sums over %u batches", (unsigned)r.batches);
    }
    free(r.ordered);
    free(r.counts);
    free(index);
    free(values);
    if (!status && !isfinite(tally->loss))
        return mnn_fail(err, MNN_EDIVERGED, "the loss over %u samples is not finite (%g)", (unsigned)samples->count,
                        tally->loss);
    return status;
}
