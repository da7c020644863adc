/* The walk through a model's table of steps: tasks to workers, barriers, and time per step. */
#include "mnn/model.h"
#include "mnn/profile.h"

/** A worker's elements of a step: first, first + stride * piece, ... before last. */
typedef struct share {
    int first, last, stride;
} share;

/** @param all  of the workers together */
static share share_of(const mnn_worker *worker, const mnn_step *s, share all)
{
    if (worker->count == 1)
        return all;
    const int pieces = (all.last - all.first + s->piece - 1) / s->piece;
    if (s->flags & MNN_NEIGHBOURS)
        return (share){all.first + mnn_part_begin(worker, pieces) * s->piece,
                       mnn_min(all.first + mnn_part_end(worker, pieces) * s->piece, all.last), 1};
    return (share){all.first + mnn_first_piece(worker, s->first_worker) * s->piece, all.last, worker->count};
}

static void run_tasks(const mnn_worker *worker, const mnn_walk *walk, const mnn_step *s, mnn_task *task)
{
    share all = {0, s->over == MNN_ROWS ? task->rows : s->size, 1};
    if (s->phase >= MNN_NORMS && walk->last > 0)
        all = (share){walk->first, walk->last, 1};
    const share own = share_of(worker, s, all);
    const int n = s->flags & MNN_JOINED ? own.last - own.first : s->piece;
    task->opens = true;
    task->tensors = s->tensors;
    for (int first = own.first; first < own.last; first += own.stride * n) {
        task->first = first;
        task->n = mnn_min(n, own.last - first);
        s->run(task);
        task->opens = false;
    }
}

void mnn_run_steps(const mnn_worker *worker, const mnn_walk *walk, mnn_phase first, mnn_phase last)
{
    const mnn_model *model = walk->model;
    const unsigned left_out = walk->training ? MNN_INFERENCE : MNN_TRAINING;
    uint64_t *laps = walk->laps ? walk->laps + worker->index * mnn_lap_stride(model) : NULL;
    const mnn_batch *batch = walk->batch;
    mnn_task task = {.rows = batch ? batch->rows : 0,
                     .batch_rows = batch && batch->batch_rows ? batch->batch_rows
                                   : batch                    ? batch->rows
                                                              : 0,
                     .worker = worker->index,
                     .batch = batch,
                     .update = walk->update};
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
        run_tasks(worker, walk, s, &task);
        if (laps)
            mnn_lap(laps, MNN_LAP_FIRST + i);
    }
}
