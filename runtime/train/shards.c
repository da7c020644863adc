#include "train/shards.h"

#include <stdlib.h>
#include <string.h>

#include "transport/transport.h"

enum { MOST_PARTS = 18 }; /* a range of 256 shards has at most two maximal subtrees per level */

/* The sums over a subtree: the shards first to first + count - 1, a power of two of them, first a multiple of it. */
typedef struct part {
    int first, count;
    float *grads;  /* [param_count], or a block of them */
    double *small; /* [state_count], times the rows, then mnn_tally_size() scores */
} part;

/* The maximal subtrees of a range of shards, in order. */
typedef struct forest {
    part part[MOST_PARTS];
    int count;
} forest;

struct mnn_shards {
    const mnn_model *model;
    int shards, rank, ranks;
    size_t small;            /* length of part.small */
    part memory[MOST_PARTS]; /* of the subtrees of this rank */
    double *total;           /* the shard that is computed, then the whole batch: part.small */
    forest own;              /* computed by this rank */
    mnn_batch last;          /* the last shard that this rank has computed */
    float *old_state;        /* before the step */
    mnn_tally tally;         /* of one shard */
    double *messages;        /* [ranks][1 + MOST_PARTS * small] */
    float *blocks;           /* of the other ranks' subtrees */
};

/* --- the tree ------------------------------------------------------------------------------------- */

static int first_row(const mnn_shards *s, int shard, int rows)
{
    return (int)((int64_t)shard * rows / s->shards);
}

static int rows_of(const mnn_shards *s, const part *p, int rows)
{
    return first_row(s, p->first + p->count, rows) - first_row(s, p->first, rows);
}

static int first_shard(const mnn_shards *s, int rank)
{
    return (int)((int64_t)rank * s->shards / s->ranks);
}

/* The last two subtrees, if they are the halves of one. */
static bool can_join(const forest *f)
{
    if (f->count < 2)
        return false;
    const part *left = &f->part[f->count - 2], *right = left + 1;
    return left->count == right->count && left->first % (2 * left->count) == 0;
}

static void join(forest *f)
{
    f->count--;
    f->part[f->count - 1].count *= 2;
}

/* The maximal subtrees of a rank, without memory.
 * @param most  set to the largest number of subtrees that there are on the way, if it is larger */
static forest forest_of(const mnn_shards *s, int rank, int *most)
{
    forest f = {.count = 0};
    for (int shard = first_shard(s, rank); shard < first_shard(s, rank + 1); shard++) {
        f.part[f.count++] = (part){.first = shard, .count = 1};
        if (f.count > *most)
            *most = f.count;
        while (can_join(&f))
            join(&f);
    }
    return f;
}

/* Elements begin to end - 1 of a sum; one without rows does not exist. */
static void add_grads(float *out, const part *left, const part *right, int left_rows, int right_rows, int begin,
                      int end)
{
    const size_t bytes = (size_t)(end - begin) * sizeof *out;
    if (left_rows > 0 && right_rows > 0)
        for (int i = begin; i < end; i++)
            out[i] = left->grads[i] + right->grads[i];
    else if (right_rows > 0 && out != right->grads)
        memcpy(out + begin, right->grads + begin, bytes);
    else if (left_rows > 0 && out != left->grads)
        memcpy(out + begin, left->grads + begin, bytes);
}

static void add_small(const mnn_shards *s, const part *left, const part *right, int left_rows, int right_rows)
{
    for (size_t i = 0; i < s->small && right_rows > 0; i++)
        left->small[i] = left_rows > 0 ? left->small[i] + right->small[i] : right->small[i];
}

/* --- memory --------------------------------------------------------------------------------------- */

static bool allocate(mnn_shards *s)
{
    int most = 1, parts = 0;
    const int block = s->model->param_count / s->ranks + 1;
    for (int r = 0; r < s->ranks; r++)
        parts += forest_of(s, r, &most).count;
    most = 0;
    forest_of(s, s->rank, &most);
    bool good = true;
    for (int i = 0; i < most; i++) {
        s->memory[i].grads = malloc((size_t)s->model->param_count * sizeof(float));
        s->memory[i].small = malloc(s->small * sizeof(double));
        good = good && s->memory[i].grads && s->memory[i].small;
    }
    s->total = malloc(s->small * sizeof *s->total);
    s->old_state = malloc((size_t)(s->model->state_count + 1) * sizeof *s->old_state);
    good = good && s->total && s->old_state;
    if (s->ranks == 1)
        return good;
    s->messages = malloc((size_t)s->ranks * (1 + MOST_PARTS * s->small) * sizeof *s->messages);
    s->blocks = malloc((size_t)parts * (size_t)block * sizeof *s->blocks);
    return good && s->messages && s->blocks;
}

mnn_status mnn_shards_new(const mnn_model *model, mnn_shards **out, mnn_error *err)
{
    mnn_shards *s = calloc(1, sizeof *s);
    if (!s)
        return mnn_fail(err, MNN_ENOMEM, "out of memory for the sums over shards");
    *s = (mnn_shards){.model = model,
                      .shards = mnn_max(model->shards, 1),
                      .rank = mnn_transport_rank(),
                      .ranks = mnn_transport_size()};
    mnn_status status = mnn_tally_new(model, &s->tally, err);
    if (!status)
        s->small = (size_t)model->state_count + mnn_tally_size(&s->tally);
    if (!status && !allocate(s))
        status = mnn_fail(err, MNN_ENOMEM, "out of memory for the sums over %d shards", s->shards);
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
    for (int i = 0; i < MOST_PARTS; i++) {
        free(s->memory[i].grads);
        free(s->memory[i].small);
    }
    mnn_tally_free(&s->tally);
    free(s->total);
    free(s->old_state);
    free(s->messages);
    free(s->blocks);
    free(s);
}

/* --- one rank ------------------------------------------------------------------------------------- */

/* The loss and metrics of a shard, and what it makes of the non-trainable parameters, which keep their values. */
static void take_small(mnn_shards *s, const mnn_walk *walk)
{
    const mnn_model *model = s->model;
    const size_t count = (size_t)model->state_count;
    float *state = model->params + model->param_count;
    const mnn_worker alone = {.index = 0, .count = 1};
    mnn_walk own = *walk;
    own.laps = NULL;
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

/* Add the shard just computed to the forest: worker 0 the small sums, every worker its part of the gradients. */
static void add_shard(const mnn_worker *worker, mnn_shards *s, forest *f, int shard, int rows)
{
    const int begin = mnn_part_begin(worker, s->model->param_count), end = mnn_part_end(worker, s->model->param_count);
    part right = {shard, 1, s->model->grads, s->total};
    f->part[f->count++] = right;
    if (!can_join(f)) { /* the place of the sum to come */
        part *place = &f->part[f->count - 1];
        place->grads = s->memory[f->count - 1].grads;
        place->small = s->memory[f->count - 1].small;
        add_grads(place->grads, place, &right, 0, rows_of(s, &right, rows), begin, end);
        if (worker->index == 0)
            add_small(s, place, &right, 0, rows_of(s, &right, rows));
    }
    for (; can_join(f); join(f)) {
        const part *left = &f->part[f->count - 2];
        right = f->part[f->count - 1];
        const int left_rows = rows_of(s, left, rows), right_rows = rows_of(s, &right, rows);
        float *out = 2 * left->count == s->shards ? s->model->grads : left->grads;
        add_grads(out, left, &right, left_rows, right_rows, begin, end);
        if (worker->index == 0)
            add_small(s, left, &right, left_rows, right_rows);
    }
}

void mnn_shards_compute(const mnn_worker *worker, mnn_shards *s, const mnn_walk *walk)
{
    mnn_batch batch = *walk->batch;
    mnn_walk own = *walk;
    own.batch = &batch;
    forest f = {.count = 0};
    batch.batch_rows = walk->batch->rows;
    for (int shard = first_shard(s, s->rank); shard < first_shard(s, s->rank + 1); shard++) {
        batch.first_row = first_row(s, shard, batch.batch_rows);
        batch.rows = first_row(s, shard + 1, batch.batch_rows) - batch.first_row;
        batch.index = walk->batch->index + batch.first_row;
        if (batch.rows > 0) {
            mnn_run_steps(worker, &own, MNN_FORWARD, MNN_BACKWARD);
            mnn_barrier(worker);
            if (worker->index == 0)
                take_small(s, &own);
        }
        add_shard(worker, s, &f, shard, batch.batch_rows);
        mnn_barrier(worker);
    }
    if (worker->index != 0)
        return;
    s->own = f;
    if (s->ranks == 1)
        memcpy(s->total, f.part[0].small, s->small * sizeof *s->total);
}

/* --- all ranks ------------------------------------------------------------------------------------ */

static int block_begin(const mnn_shards *s, int rank)
{
    return (int)((int64_t)s->model->param_count * rank / s->ranks);
}

/* What a rank sends to every other one: its signal and the small sums of its subtrees. */
static double *message_of(const mnn_shards *s, int rank)
{
    return s->messages + (size_t)rank * (1 + MOST_PARTS * s->small);
}

/* Start the messages of the small sums to all, and of the gradients to the ranks that add them.
 * @param parts  set to the subtrees of all ranks
 * @return their number */
static int exchange_sums(mnn_shards *s, int rows, int signal, part *parts)
{
    const int begin = block_begin(s, s->rank), size = block_begin(s, s->rank + 1) - begin;
    double *message = message_of(s, s->rank);
    int count = 0, most = 0;
    message[0] = signal;
    for (int i = 0; i < s->own.count; i++)
        memcpy(message + 1 + (size_t)i * s->small, s->own.part[i].small, s->small * sizeof *message);
    for (int r = 0; r < s->ranks; r++) {
        const forest f = r == s->rank ? s->own : forest_of(s, r, &most);
        const size_t bytes = (1 + (size_t)s->own.count * s->small) * sizeof *message;
        if (r != s->rank) {
            mnn_transport_send(r, message, bytes);
            mnn_transport_receive(r, message_of(s, r), (1 + (size_t)f.count * s->small) * sizeof *message);
        }
        for (int i = 0; i < f.count; i++, count++) {
            parts[count] = f.part[i];
            parts[count].small = message_of(s, r) + 1 + (size_t)i * s->small;
            if (r == s->rank) {
                parts[count].grads += begin;
                continue;
            }
            parts[count].grads = s->blocks + (size_t)count * (size_t)size;
            if (rows_of(s, &f.part[i], rows) > 0)
                mnn_transport_receive(r, parts[count].grads, (size_t)size * sizeof(float));
        }
        for (int i = 0; i < s->own.count && r != s->rank; i++)
            if (rows_of(s, &s->own.part[i], rows) > 0)
                mnn_transport_send(r, s->own.part[i].grads + block_begin(s, r),
                                   (size_t)(block_begin(s, r + 1) - block_begin(s, r)) * sizeof(float));
    }
    return count;
}

/* Add the subtrees of all ranks: the small sums, and the own block of the gradients. */
static void add_parts(mnn_shards *s, int rows, const part *parts, int count)
{
    const int begin = block_begin(s, s->rank), size = block_begin(s, s->rank + 1) - begin;
    forest f = {.count = 0};
    for (int i = 0; i < count; i++) {
        f.part[f.count++] = parts[i];
        for (; can_join(&f); join(&f)) {
            const part *left = &f.part[f.count - 2], *right = left + 1;
            const int left_rows = rows_of(s, left, rows), right_rows = rows_of(s, right, rows);
            add_grads(left->grads, left, right, left_rows, right_rows, 0, size);
            add_small(s, left, right, left_rows, right_rows);
        }
    }
    memcpy(s->model->grads + begin, f.part[0].grads, (size_t)size * sizeof(float));
    memcpy(s->total, f.part[0].small, s->small * sizeof *s->total);
}

static mnn_status share_blocks(const mnn_shards *s, mnn_error *err)
{
    const int own = block_begin(s, s->rank), size = block_begin(s, s->rank + 1) - own;
    for (int r = 0; r < s->ranks; r++) {
        const int begin = block_begin(s, r);
        if (r == s->rank)
            continue;
        mnn_transport_send(r, s->model->grads + own, (size_t)size * sizeof(float));
        mnn_transport_receive(r, s->model->grads + begin, (size_t)(block_begin(s, r + 1) - begin) * sizeof(float));
    }
    return mnn_transport_wait(err);
}

mnn_status mnn_shards_reduce(mnn_shards *s, int rows, int *signal, mnn_error *err)
{
    part parts[256]; /* a part has a shard at least */
    if (s->ranks == 1)
        return MNN_OK;
    const int count = exchange_sums(s, rows, *signal, parts);
    const mnn_status status = mnn_transport_wait(err);
    if (status)
        return status;
    for (int r = 0; r < s->ranks; r++)
        *signal = mnn_max(*signal, (int)message_of(s, r)[0]);
    add_parts(s, rows, parts, count);
    return share_blocks(s, err);
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
