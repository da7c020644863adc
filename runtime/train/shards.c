#include "train/shards.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "train/tree.h"
#include "transport/transport.h"

struct mnn_shards {
    const mnn_model *model;
    mnn_division division;
    int begin, end;                        /* the shards of this rank */
    size_t small;                          /* length of mnn_subtree.small */
    mnn_subtree memory[MNN_MOST_SUBTREES]; /* of the subtrees of this rank */
    double *total;                         /* the shard that is computed, then the whole batch: mnn_subtree.small */
    mnn_batch last;                        /* the last shard that this rank has computed */
    float *old_state;                      /* before the step */
    mnn_tally tally;                       /* of one shard */
    mnn_reduction *reduction;              /* the other ranks; NULL: there are none */
};

/* --- memory --------------------------------------------------------------------------------------- */

static bool allocate(mnn_shards *s, int rank)
{
    int most = 0;
    bool good = true;
    mnn_forest_of(&s->division, rank, &most);
    for (int i = 0; i < most; i++) {
        s->memory[i].grads = malloc((size_t)s->model->param_count * sizeof(float));
        s->memory[i].small = malloc(s->small * sizeof(double));
        good = good && s->memory[i].grads && s->memory[i].small;
    }
    s->total = malloc(s->small * sizeof *s->total);
    s->old_state = malloc((size_t)(s->model->state_count + 1) * sizeof *s->old_state);
    return good && s->total && s->old_state;
}

mnn_status mnn_shards_new(const mnn_model *model, bool alone, mnn_shards **out, mnn_error *err)
{
    const int rank = alone ? 0 : mnn_transport_rank(), ranks = alone ? 1 : mnn_transport_size();
    mnn_shards *s = calloc(1, sizeof *s);
    if (!s)
        return mnn_fail(err, MNN_ENOMEM, "out of memory for the sums over shards");
    *s = (mnn_shards){.model = model, .division = {mnn_max(model->shards, 1), ranks}};
    s->begin = mnn_rank_begin(&s->division, rank);
    s->end = mnn_rank_begin(&s->division, rank + 1);
    mnn_status status = mnn_tally_new(model, &s->tally, err);
    if (!status)
        s->small = (size_t)model->state_count + mnn_tally_size(&s->tally);
    if (!status && !allocate(s, rank))
        status = mnn_fail(err, MNN_ENOMEM, "out of memory for the sums over %d shards", s->division.shards);
    if (!status && s->division.ranks > 1)
        status = mnn_reduction_new(model, &s->division, s->small, s->total, &s->reduction, err);
    if (status)
        mnn_shards_free(s);
    else
        *out = s;
    return status;
}

void mnn_shards_free(mnn_shards *s)
{
    if (!s)
        return;
    for (int i = 0; i < MNN_MOST_SUBTREES; i++) {
        free(s->memory[i].grads);
        free(s->memory[i].small);
    }
    mnn_tally_free(&s->tally);
    free(s->total);
    free(s->old_state);
    mnn_reduction_free(s->reduction);
    free(s);
}

/* --- the shards of this rank ------------------------------------------------------------------------------------- */

/* The loss and metrics of a shard, and what it makes of the non-trainable parameters, which keep their values. */
static void take_small(mnn_shards *s, const mnn_walk *walk)
{
    const mnn_model *model = s->model;
    const size_t count = (size_t)model->state_count;
    float *state = model->params + model->param_count;
    const mnn_worker alone = {.index = 0, .count = 1};
    mnn_walk own = *walk;
    own.laps = NULL;
    own.passed = NULL;
    memcpy(s->old_state, state, count * sizeof *state);
    mnn_run_steps(&alone, &own, MNN_STATE, MNN_STATE);
    for (size_t i = 0; i < count; i++)
        s->total[i] = (double)state[i] * walk->batch->rows;
    memcpy(state, s->old_state, count * sizeof *state);
    mnn_tally_reset(&s->tally);
    mnn_tally_add(&s->tally, walk->batch);
    mnn_tally_write(&s->tally, s->total + count);
    s->last = *walk->batch;
}

/* Where the sums of a shard that is not joined to others are kept: the last one stays where it was computed. */
static void keep(const mnn_shards *s, mnn_forest *f, int rows, int begin, int end, bool small)
{
    mnn_subtree *place = &f->part[f->count - 1];
    const mnn_subtree shard = *place, *memory = &s->memory[f->count - 1];
    if (shard.first + 1 == s->end)
        return;
    place->grads = memory->grads;
    place->small = memory->small;
    if (mnn_subtree_rows(&s->division, &shard, rows) == 0)
        return;
    memcpy(place->grads + begin, shard.grads + begin, (size_t)(end - begin) * sizeof *place->grads);
    if (small)
        memcpy(place->small, shard.small, s->small * sizeof *place->small);
}

/* Add elements begin to end - 1 of the gradients of the shard just computed to the forest.
 * @param small  also its small sums
 * @return the forest with it */
static mnn_forest add_shard(const mnn_shards *s, mnn_forest f, int shard, int rows, int begin, int end, bool small)
{
    f.part[f.count++] = (mnn_subtree){shard, 1, s->model->grads, s->total};
    if (!mnn_forest_can_join(&f))
        keep(s, &f, rows, begin, end, small);
    for (; mnn_forest_can_join(&f); mnn_forest_join(&f)) {
        mnn_subtree *left = &f.part[f.count - 2];
        const mnn_subtree *right = left + 1;
        float *out = 2 * left->count == s->division.shards ? s->model->grads : left->grads;
        mnn_tree_add(&s->division, out, left, right, rows, begin, end);
        if (small)
            mnn_tree_add_small(&s->division, left, right, rows, s->small);
        left->grads = out;
    }
    return f;
}

/* The last shard of a rank, as a worker sees it: the gradients are added and sent as soon as they are complete. */
typedef struct last_shard {
    mnn_shards *s;
    mnn_forest before;
    int shard, rows;
    int added; /* groups of gradients of which this worker has added its part */
} last_shard;

/* Add this worker's part of the next groups, up to one. */
static void add_groups(const mnn_worker *worker, last_shard *l, int last)
{
    for (; l->added < last; l->added++) {
        const mnn_group *g = mnn_reduction_group(l->s->reduction, l->added);
        const int size = g->end - g->begin;
        add_shard(l->s, l->before, l->shard, l->rows, g->begin + mnn_part_begin(worker, size),
                  g->begin + mnn_part_end(worker, size), false);
    }
}

/* The workers have met: what they added before can be sent, and what is complete now can be added. */
static void pass(const mnn_worker *worker, void *context, int step)
{
    last_shard *l = context;
    mnn_reduction *reduction = l->s->reduction;
    const int before = l->added;
    add_groups(worker, l, mnn_reduction_complete(reduction, step));
    if (worker->index == 0)
        mnn_reduction_send(reduction, worker->count == 1 ? l->added : before);
}

static void compute(const mnn_worker *worker, mnn_shards *s, mnn_walk *walk)
{
    if (walk->batch->rows == 0)
        return;
    mnn_run_steps(worker, walk, MNN_FORWARD, MNN_BACKWARD);
    mnn_barrier(worker);
    if (worker->index == 0)
        take_small(s, walk);
}

/* The shard after which other ranks get what this one has added. */
static mnn_forest compute_last(const mnn_worker *worker, mnn_shards *s, mnn_walk *walk, const mnn_forest *before,
                               int shard)
{
    const int rows = walk->batch->batch_rows;
    last_shard l = {.s = s, .before = *before, .shard = shard, .rows = rows};
    const mnn_forest f = add_shard(s, *before, shard, rows, 0, 0, false);
    if (worker->index == 0)
        mnn_reduction_begin(s->reduction, &f, rows);
    walk->passed = pass;
    walk->context = &l;
    compute(worker, s, walk);
    add_groups(worker, &l, mnn_reduction_complete(s->reduction, INT_MAX));
    if (worker->index == 0)
        add_shard(s, *before, shard, rows, 0, 0, true);
    return f;
}

void mnn_shards_compute(const mnn_worker *worker, mnn_shards *s, const mnn_walk *walk)
{
    mnn_batch batch = *walk->batch;
    mnn_walk own = *walk;
    own.batch = &batch;
    mnn_forest f = {.count = 0};
    batch.batch_rows = walk->batch->rows;
    for (int shard = s->begin; shard < s->end; shard++) {
        batch.first_row = mnn_shard_begin(&s->division, shard, batch.batch_rows);
        batch.rows = mnn_shard_begin(&s->division, shard + 1, batch.batch_rows) - batch.first_row;
        batch.index = walk->batch->index + batch.first_row;
        if (s->reduction && shard + 1 == s->end) {
            f = compute_last(worker, s, &own, &f, shard);
        } else {
            compute(worker, s, &own);
            f = add_shard(s, f, shard, batch.batch_rows, mnn_part_begin(worker, s->model->param_count),
                          mnn_part_end(worker, s->model->param_count), worker->index == 0);
        }
        mnn_barrier(worker);
    }
    if (worker->index == 0 && !s->reduction && f.part[0].small != s->total)
        memcpy(s->total, f.part[0].small, s->small * sizeof *s->total);
}

mnn_reduction *mnn_shards_reduction(const mnn_shards *s)
{
    return s->reduction;
}

/* --- the results ---------------------------------------------------------------------------------- */

double mnn_shards_tally(const mnn_shards *s, mnn_tally *tally)
{
    return mnn_tally_join(tally, s->total + s->model->state_count);
}

double mnn_shards_loss(const mnn_shards *s)
{
    return s->total[s->model->state_count];
}

void mnn_shards_update_state(const mnn_shards *s, int rows)
{
    float *state = s->model->params + s->model->param_count;
    for (int i = 0; i < s->model->state_count; i++)
        state[i] = (float)(s->total[i] / rows);
}

const mnn_batch *mnn_shards_last(const mnn_shards *s)
{
    return &s->last;
}
