#include "train/loop.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "math/math.h"
#include "mnn/profile.h"
#include "train/blocks.h"
#include "train/evaluate.h"
#include "train/ranks.h"
#include "train/shards.h"
#include "transport/transport.h"

/* One step, as all workers see it. */
typedef struct step_job {
    const mnn_model *model;
    mnn_block block; /* the parameters that this rank updates: without others all */
    mnn_walk walk;   /* of the batch and the update */
    mnn_batch batch;
    mnn_update update;
    atomic_bool diverged;
    mnn_shards *shards; /* NULL: the batch is computed whole, by one rank */
    atomic_bool large;  /* a gradient is so large that what the optimizer makes of it may overflow */
} step_job;

/* A running training. */
typedef struct run {
    const mnn_training *training;
    mnn_state *state;
    mnn_state own;   /* when the training brings none */
    uint32_t *order; /* [training.count]: the samples in this epoch's order */
    step_job job;
    double started; /* the epoch, had it run without a break */
    int signal;
    mnn_reduction *reduction; /* the other ranks; NULL: there are none */
    int asked;                /* the signal that has reached a rank during the last step: the same on all */
    mnn_finding finding;      /* of all ranks in the last step */
    mnn_tally validation;
} run;

static double now(void)
{
    return 1e-9 * (double)mnn_clock();
}

uint32_t mnn_steps(const mnn_training *training)
{
    const uint32_t batch_size = (uint32_t)training->model->batch_size;
    const uint32_t steps = training->training.count / batch_size + (training->training.count % batch_size != 0);
    return training->step_limit && training->step_limit < steps ? training->step_limit : steps;
}

/* --- the workers ---------------------------------------------------------------------------------- */

/** Each worker looks at its part of every tensor, which is mostly the one that it has just written. */
static void look_at_gradients(const mnn_worker *worker, step_job *job)
{
    const mnn_model *model = job->model;
    if (worker->index == 0 && (job->shards ? !isfinite(mnn_shards_loss(job->shards))
                                           : !mnn_all_finite(model->row_loss, (size_t)job->batch.rows)))
        atomic_store(&job->diverged, true);
    for (int i = 0; i < model->tensor_count; i++) {
        const mnn_tensor *t = &model->tensors[i];
        const int first = mnn_max(t->offset, job->block.begin), last = mnn_min(t->offset + t->size, job->block.end);
        if (!t->trainable || first >= last)
            continue;
        const int begin = mnn_part_begin(worker, last - first), end = mnn_part_end(worker, last - first);
        const float *part = model->grads + first + begin;
        const size_t size = (size_t)(end - begin);
        if (mnn_all_moderate(part, size))
            continue;
        atomic_store(mnn_all_finite(part, size) ? &job->large : &job->diverged, true);
    }
}

static void work_update(const mnn_worker *worker, void *argument)
{
    step_job *job = argument;
    look_at_gradients(worker, job);
    mnn_barrier(worker);
    if (atomic_load(&job->diverged))
        return;
    if (job->shards && worker->index == 0)
        mnn_shards_update_state(job->shards, job->batch.rows);
    mnn_run_steps(worker, &job->walk, job->shards ? MNN_NORMS : MNN_STATE, MNN_UPDATE);
}

/* With other ranks: what this one knows of its block, before ... */
static void work_look(const mnn_worker *worker, void *argument)
{
    step_job *job = argument;
    look_at_gradients(worker, job);
    if (job->block.end > job->block.begin)
        mnn_run_steps(worker, &job->walk, MNN_NORMS, MNN_NORMS);
}

/* ... all know it of the others. */
static void work_block(const mnn_worker *worker, void *argument)
{
    const step_job *job = argument;
    if (worker->index == 0)
        mnn_shards_update_state(job->shards, job->batch.rows);
    if (job->block.end > job->block.begin)
        mnn_run_steps(worker, &job->walk, MNN_UPDATE, MNN_UPDATE);
}

static void work_step(const mnn_worker *worker, void *argument)
{
    step_job *job = argument;
    mnn_run_steps(worker, &job->walk, MNN_FORWARD, MNN_GRADIENTS);
    mnn_barrier(worker);
    work_update(worker, job);
}

static void work_shards(const mnn_worker *worker, void *argument)
{
    const step_job *job = argument;
    mnn_shards_compute(worker, job->shards, &job->walk);
}

/* --- what has gone wrong --------------------------------------------------------------------------- */

/* @return the first tensor with elements begin to end - 1 of an array like params that are not finite; INT_MAX */
static int find_not_finite(const mnn_model *model, const float *values, int begin, int end)
{
    for (int i = 0; i < model->tensor_count; i++) {
        const mnn_tensor *t = &model->tensors[i];
        const int first = mnn_max(t->offset, begin), last = mnn_min(t->offset + t->size, end);
        if (first < last && !mnn_all_finite(values + first, (size_t)(last - first)))
            return i;
    }
    return INT_MAX;
}

/* Of the weights and the state. */
static const mnn_tensor *find_weights(const mnn_model *model)
{
    const int found = find_not_finite(model, model->params, 0, model->param_count + model->state_count);
    return found < INT_MAX ? &model->tensors[found] : NULL;
}

/* "the gradient of "dense.kernel" (layer "dense") is not finite" */
static const char *tell_tensor(char text[256], const char *what, const mnn_tensor *t)
{
    const char *dot = strrchr(t->name, '.');
    snprintf(text, 256, "%s \"%s\" (layer \"%.*s\") is not finite", what, t->name,
             dot ? (int)(dot - t->name) : (int)strlen(t->name), t->name);
    return text;
}

/* Where a loss that is not finite may come from, when all gradients are.
 * @param rows  of the outputs; 0: those of the batch are not all here */
static const char *tell_output(char text[256], const mnn_model *model, int rows)
{
    const mnn_tensor *weights = find_weights(model);
    const size_t count = (size_t)rows * (size_t)model->output_size;
    const char *layer = model->layer_count > 0 ? model->layers[model->layer_count - 1].name : "output";
    double largest = 0;
    if (weights)
        return tell_tensor(text, "and", weights);
    if (rows == 0)
        return "but all gradients and weights are";
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)model->output[i]));
    if (mnn_all_finite(model->output, count))
        snprintf(text, 256, "the largest output of layer \"%s\" is %g", layer, largest);
    else
        snprintf(text, 256, "and neither are the outputs of layer \"%s\"", layer);
    return text;
}

/* The samples that the model's outputs are of. */
static const mnn_batch *reported_batch(const run *r)
{
    return r->job.shards ? mnn_shards_rows(r->job.shards) : &r->job.batch;
}

static mnn_status say_diverged(const run *r, uint32_t step, mnn_error *err)
{
    const mnn_model *model = r->training->model;
    const int rows = r->job.batch.rows;
    const double sum = r->job.shards ? mnn_shards_loss(r->job.shards) : mnn_sum(model->row_loss, (size_t)rows);
    const double loss = sum / rows;
    const int found = r->reduction ? r->finding.tensor : find_not_finite(model, model->grads, 0, model->param_count);
    const mnn_tensor *tensor = found < INT_MAX ? &model->tensors[found] : NULL;
    const char *hint = "stopped before the update\nhint: try a lower learning rate";
    char text[256];
    if (!tensor)
        return mnn_fail(err, MNN_EDIVERGED, "epoch %d, step %" PRIu32 ": the loss is not finite (%g), %s; %s (now %g)",
                        r->state->epoch, step, loss, tell_output(text, model, r->job.shards ? 0 : rows), hint,
                        r->job.update.learning_rate);
    return mnn_fail(err, MNN_EDIVERGED, "epoch %d, step %" PRIu32 ": %s, the loss is %g; %s (now %g)", r->state->epoch,
                    step, tell_tensor(text, "the gradient of", tensor), loss, hint, r->job.update.learning_rate);
}

/* Whether an update may have overflown: where gradients are large, or the learning rate is. */
static bool may_overflow(const run *r)
{
    const double large_rate = 4294967296.0;
    return atomic_load(&r->job.large) || r->job.update.learning_rate >= large_rate;
}

/* What is not finite after an update in the slots of this rank's block.
 * @return the slot times the tensors of the model, plus the tensor; INT_MAX */
static int find_fault(const run *r)
{
    const mnn_model *model = r->training->model;
    for (int i = 0; i < model->slot_count && may_overflow(r); i++) {
        const int tensor = find_not_finite(model, model->slots[i].data, r->job.block.begin, r->job.block.end);
        if (tensor < INT_MAX)
            return i * model->tensor_count + tensor;
    }
    return INT_MAX;
}

/* What an update has left; the state of a layer may also overflow where its inputs are large.
 * @param fault  that of find_fault(), on any rank
 * @param text   what is not finite
 * @return whether all is */
static bool look_behind_update(const run *r, int fault, char text[256])
{
    const mnn_model *model = r->training->model;
    char what[64];
    if (fault < INT_MAX) {
        snprintf(what, sizeof what, "the optimizer's \"%s\" of", model->slots[fault / model->tensor_count].name);
        tell_tensor(text, what, &model->tensors[fault % model->tensor_count]);
        return false;
    }
    if (!may_overflow(r) && mnn_all_finite(model->params + model->param_count, (size_t)model->state_count))
        return true;
    const mnn_tensor *bad = find_weights(model);
    if (bad)
        tell_tensor(text, bad->trainable ? "the weights" : "the state", bad);
    return !bad;
}

static mnn_status say_overflow(const run *r, uint32_t step, const char *what, mnn_error *err)
{
    return mnn_fail(err, MNN_EDIVERGED,
                    "epoch %d, step %" PRIu32 ": %s after the update, though all gradients are; stopped before a save\n"
                    "hint: try a lower learning rate (now %g), and inputs scaled to about -1 to 1",
                    r->state->epoch, step, what, r->job.update.learning_rate);
}

/* --- one step ------------------------------------------------------------------------------------ */

static void tell_step(const run *r, uint32_t step, uint32_t steps, double loss)
{
    const mnn_training *t = r->training;
    const mnn_step_report report = {.epoch = r->state->epoch,
                                    .epochs = t->epochs,
                                    .step = step,
                                    .steps = steps,
                                    .loss = loss,
                                    .score = mnn_tally_score(&r->state->tally),
                                    .learning_rate = r->job.update.learning_rate,
                                    .seconds = now() - r->started,
                                    .batch = reported_batch(r)};
    for (int i = 0; i < t->observer_count; i++)
        if (t->observers[i].on_step)
            t->observers[i].on_step(t->observers[i].context, &report);
}

/* Whether an observer of this rank wants the state. */
static bool is_wanted(const run *r, mnn_moment moment)
{
    const mnn_training *t = r->training;
    for (int i = 0; i < t->observer_count; i++)
        if (t->observers[i].wants_state && t->observers[i].wants_state(t->observers[i].context, r->state, moment))
            return true;
    return false;
}

/* With other ranks, the observers of rank 0 get the slots of all. */
static mnn_status tell_state(run *r, mnn_moment moment, mnn_error *err)
{
    const mnn_training *t = r->training;
    const bool may_be_wanted = moment != MNN_AFTER_STEP || (t->state_steps && r->state->updates % t->state_steps == 0);
    const mnn_status status =
        r->reduction && may_be_wanted ? mnn_ranks_gather(t->model, is_wanted(r, moment), err) : MNN_OK;
    if (status)
        return status;
    for (int i = 0; i < t->observer_count; i++)
        if (t->observers[i].on_state)
            t->observers[i].on_state(t->observers[i].context, r->state, moment);
    return MNN_OK;
}

/* With other ranks: every rank updates its block, and all know what any has found. */
static mnn_status update_blocks(run *r, int *fault, mnn_error *err)
{
    step_job *job = &r->job;
    r->asked = r->training->stop ? (int)*r->training->stop : 0;
    mnn_status status = mnn_reduction_finish(r->reduction, &r->asked, err);
    if (status)
        return status;
    mnn_pool_run(r->training->pool, work_look, job);
    r->finding = (mnn_finding){atomic_load(&job->diverged), atomic_load(&job->large), INT_MAX};
    if (r->finding.diverged)
        r->finding.tensor = find_not_finite(job->model, job->model->grads, job->block.begin, job->block.end);
    status = mnn_reduction_find(r->reduction, &r->finding, err);
    atomic_store(&job->diverged, r->finding.diverged);
    atomic_store(&job->large, r->finding.large);
    if (status || r->finding.diverged)
        return status;
    mnn_pool_run(r->training->pool, work_block, job);
    *fault = find_fault(r);
    return mnn_reduction_spread(r->reduction, fault, err);
}

/* Gradients and update.
 * @param fault  set to that of find_fault() */
static mnn_status compute_step(run *r, int *fault, mnn_error *err)
{
    mnn_pool *pool = r->training->pool;
    *fault = INT_MAX;
    mnn_pool_run(pool, r->job.shards ? work_shards : work_step, &r->job);
    if (r->reduction)
        return update_blocks(r, fault, err);
    if (r->job.shards)
        mnn_pool_run(pool, work_update, &r->job);
    if (!atomic_load(&r->job.diverged))
        *fault = find_fault(r);
    return MNN_OK;
}

static double add_scores(run *r)
{
    return r->job.shards ? mnn_shards_tally(r->job.shards, &r->state->tally)
                         : mnn_tally_add(&r->state->tally, &r->job.batch);
}

static double learning_rate(const mnn_model *model, const mnn_state *s)
{
    if (!model->schedule)
        return s->callbacks.learning_rate;
    return model->schedule(model->schedule_per_epoch ? (uint64_t)s->epoch - 1 : s->updates);
}

static mnn_status run_step(run *r, uint32_t steps, mnn_error *err)
{
    const mnn_training *t = r->training;
    mnn_state *s = r->state;
    const uint32_t batch_size = (uint32_t)t->model->batch_size;
    const uint32_t begin = s->step * batch_size;
    const uint32_t left = t->training.count - begin;
    char what[256];
    int fault;
    r->job.batch.index = r->order + begin;
    r->job.batch.rows = (int)(left < batch_size ? left : batch_size);
    r->job.batch.step = r->job.update.step = s->updates + 1;
    r->job.update.learning_rate = learning_rate(t->model, s);
    const mnn_status status = compute_step(r, &fault, err);
    if (status)
        return status;
    if (atomic_load(&r->job.diverged))
        return say_diverged(r, s->step + 1, err);
    if (!look_behind_update(r, fault, what))
        return say_overflow(r, s->step + 1, what, err);
    atomic_store(&r->job.large, false);
    s->step++;
    s->updates++;
    s->learning_rate = r->job.update.learning_rate;
    const double loss = add_scores(r) / r->job.batch.rows;
    s->seconds = now() - r->started;
    tell_step(r, s->step, steps, loss);
    return MNN_OK;
}

/* --- one epoch ----------------------------------------------------------------------------------- */

static void order_samples(run *r)
{
    const mnn_training *t = r->training;
    if (t->shuffle)
        mnn_shuffle(r->order, 0, t->training.count, t->seed, (uint64_t)r->state->epoch);
    for (uint32_t i = 0; i < t->training.count; i++)
        r->order[i] = mnn_sample_number(&t->training, t->shuffle ? r->order[i] : i);
}

static bool stopped(run *r)
{
    if (r->reduction)
        r->signal = r->asked;
    else if (r->training->stop && *r->training->stop)
        r->signal = (int)*r->training->stop;
    return r->signal != 0;
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
    mnn_epoch_report report = {.epoch = r->state->epoch,
                               .epochs = t->epochs,
                               .steps = steps,
                               .score = mnn_tally_score(&r->state->tally),
                               .has_validation = t->validation.count > 0,
                               .learning_rate = r->state->learning_rate,
                               .step_seconds = now() - r->started};
    if (report.has_validation) {
        mnn_error why;
        const mnn_status status = mnn_evaluate(t->model, t->pool, &t->validation, t->stop, &r->validation, &why);
        if (status)
            return mnn_fail(err, status, "epoch %d, validation: %s", r->state->epoch, why.text);
        report.validation = mnn_tally_score(&r->validation);
        if (stopped(r))
            return MNN_OK;
    }
    report.seconds = now() - r->started;
    r->state->last = report;
    for (int i = 0; i < t->observer_count; i++)
        if (t->observers[i].on_epoch_end)
            t->observers[i].on_epoch_end(t->observers[i].context, &report);
    mnn_callbacks_epoch(&r->state->callbacks, &report, tell_note, r);
    r->state->epoch++;
    r->state->step = 0;
    r->state->seconds = 0;
    mnn_tally_reset(&r->state->tally);
    return tell_state(r, MNN_AFTER_EPOCH, err);
}

/* From where it is: at its beginning, or in the middle of a training that is resumed. */
static mnn_status run_epoch(run *r, mnn_error *err)
{
    const uint32_t steps = mnn_steps(r->training);
    r->started = now() - r->state->seconds;
    order_samples(r);
    while (r->state->step < steps) {
        mnn_status status = run_step(r, steps, err);
        if (!status && r->state->step == steps)
            break;
        if (!status)
            status = tell_state(r, MNN_AFTER_STEP, err);
        if (status)
            return status;
        if (stopped(r))
            return MNN_OK;
    }
    stopped(r);
    return finish_epoch(r, steps, err);
}

static void run_free(run *r)
{
    free(r->order);
    mnn_shards_free(r->job.shards);
    mnn_tally_free(&r->validation);
    mnn_state_free(&r->own);
}

static mnn_status run_new(run *r, mnn_error *err)
{
    const mnn_training *t = r->training;
    mnn_status status = mnn_state_new(t->model, &r->own, err);
    if (!status)
        status = mnn_tally_new(t->model, &r->validation, err);
    if (!status) {
        r->order = malloc((size_t)t->training.count * sizeof *r->order);
        if (!r->order)
            status = mnn_fail(err, MNN_ENOMEM, "out of memory for the order of %" PRIu32 " samples", t->training.count);
    }
    const int ranks = t->alone ? 1 : mnn_transport_size();
    if (!status && (t->model->shards > 1 || ranks > 1))
        status = mnn_shards_new(t->model, t->alone, &r->job.shards, err);
    r->state = t->state ? t->state : &r->own;
    r->job.model = t->model;
    r->job.batch = mnn_dataset_batch(t->training.set);
    r->job.batch.seed = t->seed;
    r->job.block = mnn_block_of(t->model, ranks, ranks > 1 ? mnn_transport_rank() : 0);
    r->job.walk = (mnn_walk){t->model,
                             &r->job.batch,
                             &r->job.update,
                             .training = true,
                             .laps = t->laps,
                             .first = r->job.block.first,
                             .last = r->job.block.last};
    r->reduction = r->job.shards ? mnn_shards_reduction(r->job.shards) : NULL;
    atomic_init(&r->job.diverged, false);
    atomic_init(&r->job.large, false);
    return status;
}

/* The last words of a training that ended by itself or by a signal. */
static mnn_status end(run *r, mnn_error *err)
{
    const mnn_status status = tell_state(r, MNN_AT_END, err);
    if (!status && !r->signal && r->state->last.epoch > 0)
        mnn_callbacks_end(&r->state->callbacks, &r->state->last, tell_note, r);
    return status;
}

mnn_status mnn_train(const mnn_training *training, mnn_training_result *result, mnn_error *err)
{
    run r = {.training = training};
    mnn_status status = run_new(&r, err);
    if (!status && training->begin)
        status = training->begin(training->begin_context, err);
    while (!status && !r.signal && !r.state->callbacks.stop && r.state->epoch <= training->epochs)
        status = run_epoch(&r, err);
    const int epochs = r.state->last.epoch;
    if (!status)
        status = end(&r, err);
    *result = (mnn_training_result){.epochs = epochs,
                                    .weights_epoch = r.state->last.epoch,
                                    .steps = r.state->updates,
                                    .signal = r.signal,
                                    .last = r.state->last};
    run_free(&r);
    return status;
}
