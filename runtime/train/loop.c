#define _POSIX_C_SOURCE 200809L
#include "train/loop.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "math/math.h"
#include "train/callbacks.h"
#include "train/evaluate.h"

enum { FINITE_PIECE = 16384 }; /* gradients that are looked at in one piece */

/* One step, as all workers see it. */
typedef struct step_job {
    const mnn_model *model;
    mnn_batch batch;
    mnn_update update;
    atomic_bool diverged;
} step_job;

/* A running training. */
typedef struct run {
    const mnn_training *training;
    mnn_training_result *result;
    uint32_t *order; /* [training.count]: the samples in this epoch's order */
    step_job job;
    int epoch;
    double started;
    mnn_tally tally, validation;
    mnn_callbacks callbacks;
} run;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

uint32_t mnn_steps(const mnn_training *training)
{
    const uint32_t batch_size = (uint32_t)training->model->batch_size;
    const uint32_t steps = training->training.count / batch_size + (training->training.count % batch_size != 0);
    return training->step_limit && training->step_limit < steps ? training->step_limit : steps;
}

/* --- one step ------------------------------------------------------------------------------------ */

static void look_at_gradients(const mnn_worker *worker, step_job *job)
{
    const int count = job->model->param_count;
    if (worker->index == 0 && !mnn_all_finite(job->model->row_loss, (size_t)job->batch.rows))
        atomic_store(&job->diverged, true);
    for (int64_t begin = (int64_t)worker->index * FINITE_PIECE; begin < count;
         begin += (int64_t)worker->count * FINITE_PIECE) {
        const int64_t left = count - begin;
        if (!mnn_all_finite(job->model->grads + begin, (size_t)(left < FINITE_PIECE ? left : FINITE_PIECE)))
            atomic_store(&job->diverged, true);
    }
}

static void work_step(const mnn_worker *worker, void *argument)
{
    step_job *job = argument;
    job->model->gradients(worker, &job->batch);
    mnn_barrier(worker);
    look_at_gradients(worker, job);
    mnn_barrier(worker);
    if (atomic_load(&job->diverged))
        return;
    job->model->update(worker, &job->update);
    if (job->model->update_state)
        job->model->update_state(worker);
}

static mnn_status say_diverged(const run *r, uint32_t step, mnn_error *err)
{
    const mnn_model *model = r->training->model;
    const double loss = mnn_sum(model->row_loss, (size_t)r->job.batch.rows) / r->job.batch.rows;
    const mnn_tensor *tensor = NULL;
    for (int i = 0; i < model->tensor_count && !tensor; i++)
        if (model->tensors[i].trainable &&
            !mnn_all_finite(model->grads + model->tensors[i].offset, (size_t)model->tensors[i].size))
            tensor = &model->tensors[i];
    const char *hint = "stopped before the update\nhint: try a lower learning rate";
    if (!tensor)
        return mnn_fail(err, MNN_EDIVERGED, "epoch %d, step %" PRIu32 ": the loss is not finite (%g); %s (now %g)",
                        r->epoch, step, loss, hint, r->job.update.learning_rate);
    const char *dot = strrchr(tensor->name, '.');
    const int layer_length = dot ? (int)(dot - tensor->name) : (int)strlen(tensor->name);
    return mnn_fail(err, MNN_EDIVERGED,
                    "epoch %d, step %" PRIu32 ": the gradient of \"%s\" (layer \"%.*s\") is not finite, "
                    "the loss is %g; %s (now %g)",
                    r->epoch, step, tensor->name, layer_length, tensor->name, loss, hint, r->job.update.learning_rate);
}

static void tell_step(const run *r, uint32_t step, uint32_t steps, double loss)
{
    const mnn_training *t = r->training;
    const mnn_step_report report = {.epoch = r->epoch,
                                    .epochs = t->epochs,
                                    .step = step,
                                    .steps = steps,
                                    .loss = loss,
                                    .score = mnn_tally_score(&r->tally),
                                    .learning_rate = r->job.update.learning_rate,
                                    .seconds = now() - r->started};
    for (int i = 0; i < t->observer_count; i++)
        if (t->observers[i].on_step)
            t->observers[i].on_step(t->observers[i].context, &report);
}

/* @param step  from 1 */
static mnn_status run_step(run *r, uint32_t step, uint32_t steps, mnn_error *err)
{
    const mnn_training *t = r->training;
    const uint32_t batch_size = (uint32_t)t->model->batch_size;
    const uint32_t begin = (step - 1) * batch_size;
    const uint32_t left = t->training.count - begin;
    r->job.batch.index = r->order + begin;
    r->job.batch.rows = (int)(left < batch_size ? left : batch_size);
    r->job.batch.step = r->job.update.step = r->result->steps + 1;
    r->job.update.learning_rate =
        t->model->schedule ? t->model->schedule(r->result->steps) : r->callbacks.learning_rate;
    mnn_pool_run(t->pool, work_step, &r->job);
    if (atomic_load(&r->job.diverged))
        return say_diverged(r, step, err);
    r->result->steps++;
    tell_step(r, step, steps, mnn_tally_add(&r->tally, &r->job.batch) / r->job.batch.rows);
    return MNN_OK;
}

/* --- one epoch ----------------------------------------------------------------------------------- */

static void order_samples(run *r)
{
    const mnn_training *t = r->training;
    if (t->shuffle) {
        mnn_shuffle(r->order, t->training.first, t->training.count, t->seed, (uint64_t)r->epoch);
        return;
    }
    for (uint32_t i = 0; i < t->training.count; i++)
        r->order[i] = t->training.first + i;
}

static bool stopped(run *r)
{
    if (r->training->stop && *r->training->stop)
        r->result->signal = (int)*r->training->stop;
    return r->result->signal != 0;
}

static void tell_note(void *context, const mnn_note *note)
{
    const mnn_training *t = ((const run *)context)->training;
    for (int i = 0; i < t->observer_count; i++)
        if (t->observers[i].on_note)
            t->observers[i].on_note(t->observers[i].context, note);
}

static mnn_status finish_epoch(run *r, uint32_t steps, mnn_error *err)
{
    const mnn_training *t = r->training;
    mnn_epoch_report report = {.epoch = r->epoch,
                               .epochs = t->epochs,
                               .steps = steps,
                               .score = mnn_tally_score(&r->tally),
                               .has_validation = t->validation.count > 0,
                               .learning_rate = r->job.update.learning_rate,
                               .step_seconds = now() - r->started};
    if (report.has_validation) {
        mnn_error why;
        const mnn_status status = mnn_evaluate(t->model, t->pool, &t->validation, t->stop, &r->validation, &why);
        if (status)
            return mnn_fail(err, status, "epoch %d, validation: %s", r->epoch, why.text);
        report.validation = mnn_tally_score(&r->validation);
        if (stopped(r))
            return MNN_OK;
    }
    report.seconds = now() - r->started;
    r->result->last = report;
    r->result->epochs = r->result->weights_epoch = r->epoch;
    for (int i = 0; i < t->observer_count; i++)
        if (t->observers[i].on_epoch_end)
            t->observers[i].on_epoch_end(t->observers[i].context, &report);
    mnn_callbacks_epoch(&r->callbacks, &report, tell_note, r);
    return MNN_OK;
}

static mnn_status run_epoch(run *r, mnn_error *err)
{
    const uint32_t steps = mnn_steps(r->training);
    r->started = now();
    mnn_tally_reset(&r->tally);
    order_samples(r);
    for (uint32_t step = 1; step <= steps; step++) {
        const mnn_status status = run_step(r, step, steps, err);
        if (status)
            return status;
        if (stopped(r) && step < steps)
            return MNN_OK;
    }
    return finish_epoch(r, steps, err);
}

static void run_free(run *r)
{
    free(r->order);
    mnn_tally_free(&r->tally);
    mnn_tally_free(&r->validation);
}

static mnn_status run_new(run *r, mnn_error *err)
{
    const mnn_training *t = r->training;
    mnn_status status = mnn_tally_new(t->model, &r->tally, err);
    if (!status)
        status = mnn_tally_new(t->model, &r->validation, err);
    if (!status) {
        r->order = malloc((size_t)t->training.count * sizeof *r->order);
        if (!r->order)
            status = mnn_fail(err, MNN_ENOMEM, "out of memory for the order of %" PRIu32 " samples", t->training.count);
    }
    r->callbacks = mnn_callbacks_new(t->model, t->model->learning_rate);
    r->job.model = t->model;
    r->job.batch = mnn_dataset_batch(t->training.set);
    r->job.batch.seed = t->seed;
    atomic_init(&r->job.diverged, false);
    return status;
}

mnn_status mnn_train(const mnn_training *training, mnn_training_result *result, mnn_error *err)
{
    *result = (mnn_training_result){.epochs = 0};
    run r = {.training = training, .result = result};
    mnn_status status = run_new(&r, err);
    for (r.epoch = 1; r.epoch <= training->epochs && !status && !result->signal && !r.callbacks.stop; r.epoch++)
        status = run_epoch(&r, err);
    if (!status && !result->signal && result->epochs > 0) {
        mnn_callbacks_end(&r.callbacks, &result->last, tell_note, &r);
        result->weights_epoch = result->last.epoch;
    }
    run_free(&r);
    return status;
}
