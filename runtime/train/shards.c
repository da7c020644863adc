#include "train/shards.h"

#include <stdlib.h>
#include <string.h>

#include "train/tree.h"
#include "transport/transport.h"

struct mnn_shards {
    const mnn_model *model;
    mnn_division division;
    int begin, end;           /* the shards of this rank */
    size_t small;             /* length of mnn_subtree.small */
    double *sums;             /* [MNN_MOST_SUBTREES][small] */
    mnn_forest own;           /* the subtrees of this rank; the gradients of the last are in model->grads */
    double *total;            /* of the whole batch: mnn_subtree.small */
    mnn_batch rows;           /* those of this rank */
    float *old_state;         /* before the step */
    mnn_tally tally;          /* of one shard */
    mnn_reduction *reduction; /* the other ranks; NULL: there are none */
};

/* --- memory --------------------------------------------------------------------------------------- */

static bool allocate(mnn_shards *s, int rank)
{
    bool good = true;
    s->sums = malloc(MNN_MOST_SUBTREES * s->small * sizeof *s->sums);
    s->total = malloc(s->small * sizeof *s->total);
    s->old_state = malloc((size_t)(s->model->state_count + 1) * sizeof *s->old_state);
    s->own = mnn_forest_of(&s->division, rank);
    for (int i = 0; i < s->own.count; i++) {
        const bool last = i == s->own.count - 1;
        s->own.part[i].grads = last ? s->model->grads : malloc((size_t)s->model->param_count * sizeof(float));
        s->own.part[i].small = s->sums + (size_t)i * s->small;
        good = good && s->own.part[i].grads;
    }
    return good && s->sums && s->total && s->old_state;
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
    for (int i = 0; i < s->own.count - 1; i++)
        free(s->own.part[i].grads);
    free(s->sums);
    mnn_tally_free(&s->tally);
    free(s->total);
    free(s->old_state);
    mnn_reduction_free(s->reduction);
    free(s);
}

/* --- the shards of this rank ---------------------------------------------------------------------- */

/* The loss and metrics of a shard, and what it makes of the non-trainable parameters, which keep their values. */
static void take_small(mnn_shards *s, const mnn_walk *walk, const mnn_cut *cut, double *small)
{
    const mnn_model *model = s->model;
    const size_t count = (size_t)model->state_count;
    float *state = model->params + model->param_count;
    const mnn_worker alone = {.index = 0, .count = 1};
    mnn_batch batch = *walk->batch;
    batch.rows = cut->rows;
    const mnn_walk own = {.model = model, .batch = &batch, .training = true, .cuts = cut, .cut_count = 1};
    memcpy(s->old_state, state, count * sizeof *state);
    mnn_run_steps(&alone, &own, MNN_STATE, MNN_STATE);
    for (size_t i = 0; i < count; i++)
        small[i] = (double)state[i] * cut->rows;
    memcpy(state, s->old_state, count * sizeof *state);
    mnn_tally_reset(&s->tally);
    mnn_tally_add_rows(&s->tally, walk->batch, cut->first, cut->rows);
    mnn_tally_write(&s->tally, small + count);
}

/* Add the small sums of the shards to those of the subtrees.
 * @param cut  of the first shard with rows */
static void add_small(mnn_shards *s, const mnn_walk *walk, const mnn_cut *cut, int rows)
{
    mnn_forest f = {.count = 0};
    for (int shard = s->begin; shard < s->end; shard++) {
        mnn_subtree *p = &f.part[f.count];
        *p = (mnn_subtree){.first = shard, .count = 1, .small = s->sums + (size_t)f.count * s->small};
        f.count++;
        if (mnn_subtree_rows(&s->division, p, rows) > 0)
            take_small(s, walk, cut++, p->small);
        for (; mnn_forest_can_join(&f); mnn_forest_join(&f))
            mnn_tree_add_small(&s->division, &f.part[f.count - 2], &f.part[f.count - 1], rows, s->small);
    }
    s->rows = *walk->batch;
    if (!s->reduction)
        memcpy(s->total, s->own.part[0].small, s->small * sizeof *s->total);
}

/* All workers have finished the steps before this one: what is complete can be sent. */
static void pass(const mnn_worker *worker, void *context, int step)
{
    mnn_reduction *reduction = context;
    if (worker->index == 0)
        mnn_reduction_send(reduction, mnn_reduction_complete(reduction, step));
}

void mnn_shards_compute(const mnn_worker *worker, mnn_shards *s, const mnn_walk *walk)
{
    const int rows = walk->batch->rows, first = mnn_shard_begin(&s->division, s->begin, rows);
    mnn_gradient sums[MNN_MOST_SUBTREES];
    mnn_cuts cuts = {.count = 0};
    mnn_batch batch = *walk->batch;
    mnn_walk own = *walk;
    for (int i = 0; i < s->own.count; i++) {
        const mnn_subtree *p = &s->own.part[i];
        sums[i] = (mnn_gradient){.begin = cuts.count, .grads = p->grads};
        mnn_cut_subtree(&s->division, s->begin, p->first, p->count, rows, &cuts);
        sums[i].end = cuts.count;
    }
    batch.batch_rows = rows;
    batch.first_row = first;
    batch.rows = mnn_shard_begin(&s->division, s->end, rows) - first;
    batch.index = walk->batch->index + first;
    own.batch = &batch;
    own.cuts = cuts.cut;
    own.cut_count = cuts.count;
    own.sums = sums;
    own.sum_count = s->own.count;
    own.passed = s->reduction ? pass : NULL;
    own.context = s->reduction;
    if (s->reduction && worker->index == 0)
        mnn_reduction_begin(s->reduction, &s->own, rows);
    if (batch.rows > 0)
        mnn_run_steps(worker, &own, MNN_FORWARD, MNN_GRADIENTS);
    mnn_barrier(worker);
    if (worker->index == 0)
        add_small(s, &own, cuts.cut, rows);
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

const mnn_batch *mnn_shards_rows(const mnn_shards *s)
{
    return &s->rows;
}
