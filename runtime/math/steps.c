/* The walk through a model's table of steps: tasks to workers, barriers, and time per step. */
#include "mnn/model.h"
#include "mnn/profile.h"

/** A worker's elements of a step: first, first + stride * piece, ... before last. */
typedef struct share {
    int first, last, stride;
} share;

/** The elements of neighbours that are not divided among workers. A program for x86-64 without AVX (vectors of 4
 * floats) computes products by OpenBLAS, whose rounding depends on the size of a call: whole calls then. */
static int unit_of(const mnn_model *model, const mnn_step *s)
{
#if defined(__x86_64__)
    if (model->lanes == 4 && s->over != MNN_PARAMETERS)
        return s->most;
#else
    (void)model;
#endif
    return s->piece;
}

/** @param all  of the workers together */
static share share_of(const mnn_worker *worker, const mnn_model *model, const mnn_step *s, share all)
{
    if (worker->count == 1)
        return all;
    if (s->flags & MNN_NEIGHBOURS) {
        const int unit = unit_of(model, s), units = (all.last - all.first + unit - 1) / unit;
        return (share){all.first + mnn_part_begin(worker, units) * unit,
                       mnn_min(all.first + mnn_part_end(worker, units) * unit, all.last), 1};
    }
    return (share){all.first + mnn_first_piece(worker, s->first_worker) * s->piece, all.last, worker->count};
}

static void call(const mnn_step *s, mnn_task *task)
{
    s->run(task);
    task->opens = false;
}

static void run_tasks(const mnn_worker *worker, const mnn_walk *walk, const mnn_step *s, mnn_task *task)
{
    share all = {0, s->over == MNN_ROWS ? task->rows : s->size, 1};
    if (s->phase >= MNN_NORMS && walk->last > 0)
        all = (share){walk->first, walk->last, 1};
    const share own = share_of(worker, walk->model, s, all);
    const int n = own.stride == 1 ? s->most : s->piece;
    for (int first = own.first; first < own.last; first += own.stride * n) {
        task->first = first;
        task->n = mnn_min(n, own.last - first);
        task->piece = first / s->piece;
        call(s, task);
    }
}

/** The pieces of every shard are divided among the workers in turn. */
static void run_by_shard(const mnn_worker *worker, const mnn_model *model, const mnn_step *s, mnn_task *task)
{
    const bool whole = s->over == MNN_WHOLE;
    const int places = whole ? 1 : (mnn_shard_rows(model) + s->piece - 1) / s->piece;
    mnn_task own = *task;
    int next = mnn_first_piece(worker, 0); /* pieces before this worker's next one */
    for (const mnn_cut *cut = task->cuts; cut < task->cuts + task->cut_count; cut++) {
        const int pieces = whole ? 1 : (cut->rows + s->piece - 1) / s->piece;
        own.shard = cut->shard;
        own.rows = cut->rows;
        for (; next < pieces; next += worker->count) {
            own.first = cut->first + next * s->piece;
            own.n = whole ? cut->rows : mnn_min(s->piece, cut->first + cut->rows - own.first);
            own.piece = cut->shard * places + next;
            call(s, &own);
        }
        next -= pieces;
    }
}

/** The gradients of each sum of shards. */
static void run_sums(const mnn_worker *worker, const mnn_walk *walk, const mnn_step *s, const mnn_task *task)
{
    for (int i = 0; i < walk->sum_count; i++) {
        const mnn_gradient *sum = &walk->sums[i];
        mnn_task own = *task;
        own.cuts = walk->cuts + sum->begin;
        own.cut_count = sum->end - sum->begin;
        own.grads = sum->grads;
        if (own.cut_count > 0)
            run_tasks(worker, walk, s, &own);
    }
}

static mnn_task task_of(const mnn_worker *worker, const mnn_walk *walk)
{
    const mnn_batch *batch = walk->batch;
    mnn_task task = {.worker = worker->index,
                     .scratch = worker->scratch,
                     .grads = walk->model->grads,
                     .batch = batch,
                     .update = walk->update,
                     .cuts = walk->cuts,
                     .cut_count = walk->cut_count};
    if (batch) {
        task.rows = batch->rows;
        task.batch_rows = batch->batch_rows ? batch->batch_rows : batch->rows;
    }
    return task;
}

static void run_step(const mnn_worker *worker, const mnn_walk *walk, const mnn_step *s, mnn_task *task)
{
    task->opens = true;
    task->tensors = s->tensors;
    if (walk->training && s->flags & MNN_BY_SHARD)
        run_by_shard(worker, walk->model, s, task);
    else if (s->phase == MNN_GRADIENTS && walk->sums)
        run_sums(worker, walk, s, task);
    else
        run_tasks(worker, walk, s, task);
}

void mnn_run_steps(const mnn_worker *worker, const mnn_walk *walk, mnn_phase first, mnn_phase last)
{
    const mnn_model *model = walk->model;
    const unsigned left_out = walk->training ? MNN_INFERENCE : MNN_TRAINING;
    uint64_t *laps = walk->laps ? walk->laps + worker->index * mnn_lap_stride(model) : NULL;
    mnn_task task = task_of(worker, walk);
    const mnn_cut all = {.rows = task.rows};
    if (!task.cuts) {
        task.cuts = &all;
        task.cut_count = 1;
    }
    task.shard = task.cuts->shard;
    unsigned barrier = 0; /* of the steps since the last one that ran: memory is shared by stretches between barriers */
    bool started = false;
    if (laps)
        mnn_lap(laps, MNN_LAP_OTHER);
    for (int i = 0; i < model->step_count; i++) {
        const mnn_step *s = &model->steps[i];
        if (s->phase < first || s->phase > last)
            continue;
        barrier |= s->flags & MNN_BARRIER;
        if (s->flags & left_out)
            continue;
        if (barrier && started && worker->count > 1) {
            mnn_pool_barrier(worker);
            if (laps)
                mnn_lap(laps, MNN_LAP_BARRIER);
        }
        if (walk->passed && (barrier || worker->count == 1))
            walk->passed(worker, walk->context, i);
        barrier = 0;
        started = true;
        run_step(worker, walk, s, &task);
        if (laps)
            mnn_lap(laps, MNN_LAP_FIRST + i);
    }
}
