/* The walk through a model's table of steps: tasks to workers, barriers, and time per step. */
#include "mnn/model.h"
#include "mnn/profile.h"

static void run_tasks(const mnn_worker *worker, const mnn_step *s, mnn_task *task)
{
    const int size = s->over == MNN_ROWS ? task->rows : s->size, pieces = (size + s->piece - 1) / s->piece;
    int begin = 0, end = pieces, stride = 1;
    if (worker->count > 1 && s->flags & MNN_NEIGHBOURS) {
        begin = mnn_part_begin(worker, pieces);
        end = mnn_part_end(worker, pieces);
    } else if (worker->count > 1) {
        begin = mnn_first_piece(worker, s->first_worker);
        stride = worker->count;
    }
    const int last = mnn_min(end * s->piece, size);
    int first = begin * s->piece;
    const int n = s->flags & MNN_JOINED ? last - first : s->piece;
    task->opens = true;
    for (; first < last; first += stride * n) {
        task->first = first;
        task->n = mnn_min(n, last - first);
        s->run(task);
        task->opens = false;
    }
}

void mnn_run_steps(const mnn_worker *worker, const mnn_walk *walk, mnn_phase first, mnn_phase last)
{
    const mnn_model *model = walk->model;
    const unsigned left_out = walk->training ? MNN_INFERENCE : MNN_TRAINING;
    uint64_t *laps = walk->laps ? walk->laps + worker->index * mnn_lap_stride(model) : NULL;
    mnn_task task = {.rows = walk->batch ? walk->batch->rows : 0,
                     .worker = worker->index,
                     .batch = walk->batch,
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
        barrier = 0;
        started = true;
        run_tasks(worker, s, &task);
        if (laps)
            mnn_lap(laps, MNN_LAP_FIRST + i);
    }
}
