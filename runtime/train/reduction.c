#include "train/reduction.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "mnn/worker.h"
#include "transport/transport.h"

enum { GROUP = 16384 /* parameters of a group, at least: messages of 64 KB for two ranks */ };

struct mnn_reduction {
    const mnn_model *model;
    mnn_division division;
    int rank;
    size_t small;
    double *total;
    mnn_block *block; /* [ranks] */
    mnn_group *group; /* [group_count], from the last parameters to the first */
    int group_count;
    mnn_forest *forest; /* [ranks]: the subtrees, without memory but for those of this rank */
    float **received;   /* [ranks]: where the subtrees of a rank are stored, one block after another */
    double *messages;   /* [ranks][1 + MNN_MOST_SUBTREES * small]: a signal and small sums */
    double *findings;   /* [ranks][FINDINGS] */
    int *faults;        /* [ranks] */
    int rows;           /* of the running step */
    int sent;           /* groups that are on their way */
};

enum { DIVERGED, LARGE, TENSOR, FINDINGS };

/* --- the schedule ---------------------------------------------------------------------------------- */

/* The index of the trainable tensor with the largest offset below one; -1: there is none. */
static int tensor_before(const mnn_model *model, int offset)
{
    int found = -1;
    for (int i = 0; i < model->tensor_count; i++) {
        const mnn_tensor *t = &model->tensors[i];
        if (t->trainable && t->offset < offset && (found < 0 || t->offset > model->tensors[found].offset))
            found = i;
    }
    return found;
}

/* From the last parameters on: a group ends where it is large enough and the next tensor is complete later. */
int mnn_reduction_groups(const mnn_model *model, mnn_group *group)
{
    int step = 0, count = 0;
    for (int end = model->param_count, i; (i = tensor_before(model, end)) >= 0; end = model->tensors[i].offset) {
        mnn_group *g = count ? &group[count - 1] : NULL;
        const int complete = model->gradient_steps ? model->gradient_steps[i] : INT_MAX - 1;
        const bool later = complete > step;
        step = mnn_max(step, complete);
        if (!g || (later && g->end - g->begin >= GROUP)) {
            g = &group[count++];
            g->end = end;
        }
        g->begin = model->tensors[i].offset;
        g->step = step;
    }
    return count;
}

const mnn_group *mnn_reduction_group(const mnn_reduction *r, int group)
{
    return &r->group[group];
}

int mnn_reduction_complete(const mnn_reduction *r, int step)
{
    int count = 0;
    while (count < r->group_count && r->group[count].step < step)
        count++;
    return count;
}

static bool allocate(mnn_reduction *r)
{
    const size_t ranks = (size_t)r->division.ranks;
    r->block = malloc(ranks * sizeof *r->block);
    r->group = malloc((size_t)(r->model->tensor_count + 1) * sizeof *r->group);
    r->forest = malloc(ranks * sizeof *r->forest);
    r->received = calloc(ranks, sizeof *r->received);
    r->messages = malloc(ranks * (1 + MNN_MOST_SUBTREES * r->small) * sizeof *r->messages);
    r->findings = malloc(ranks * FINDINGS * sizeof *r->findings);
    r->faults = malloc(ranks * sizeof *r->faults);
    bool good = r->block && r->group && r->forest && r->received && r->messages && r->findings && r->faults;
    for (int i = 0; i < r->division.ranks && good; i++) {
        r->block[i] = mnn_block_of(r->model, r->division.ranks, i);
        r->forest[i] = mnn_forest_of(&r->division, i);
    }
    const int size = good ? r->block[r->rank].end - r->block[r->rank].begin + 1 : 0;
    for (int i = 0; i < r->division.ranks && good; i++)
        if (i != r->rank) {
            r->received[i] = malloc((size_t)r->forest[i].count * (size_t)size * sizeof(float));
            good = r->received[i] != NULL;
        }
    return good;
}

mnn_status mnn_reduction_new(const mnn_model *model, const mnn_division *division, size_t small, double *total,
                             mnn_reduction **out, mnn_error *err)
{
    mnn_reduction *r = calloc(1, sizeof *r);
    if (r) {
        *r = (mnn_reduction){
            .model = model, .division = *division, .rank = mnn_transport_rank(), .small = small, .total = total};
        if (allocate(r)) {
            r->group_count = mnn_reduction_groups(model, r->group);
            *out = r;
            return MNN_OK;
        }
    }
    mnn_reduction_free(r);
    return mnn_fail(err, MNN_ENOMEM, "out of memory for the sums of %d ranks", division->ranks);
}

void mnn_reduction_free(mnn_reduction *r)
{
    if (!r)
        return;
    for (int i = 0; i < r->division.ranks && r->received; i++)
        free(r->received[i]);
    free(r->block);
    free(r->group);
    free(r->forest);
    free(r->received);
    free(r->messages);
    free(r->findings);
    free(r->faults);
    free(r);
}

/* --- gradients ------------------------------------------------------------------------------------ */

/* A signal, and the small sums of the subtrees of a rank. */
static double *message_of(const mnn_reduction *r, int rank)
{
    return r->messages + (size_t)rank * (1 + MNN_MOST_SUBTREES * r->small);
}

static size_t message_bytes(const mnn_reduction *r, int rank)
{
    return (1 + (size_t)r->forest[rank].count * r->small) * sizeof(double);
}

/* The gradients of a subtree that belong to a rank's block, of parameters begin to end - 1: from one rank to another.
 * @param data  of the parameter 0 */
static void transfer(const mnn_reduction *r, int from, int to, float *data, int begin, int end)
{
    const mnn_block *b = &r->block[to];
    begin = mnn_max(begin, b->begin);
    end = mnn_min(end, b->end);
    if (begin >= end)
        return;
    if (from == r->rank)
        mnn_transport_send(to, data + begin, (size_t)(end - begin) * sizeof *data);
    else
        mnn_transport_receive(from, data + begin - b->begin, (size_t)(end - begin) * sizeof *data);
}

/* A group of the gradients of all subtrees of a rank. */
static void transfer_group(const mnn_reduction *r, int from, int to, int group)
{
    const mnn_forest *f = &r->forest[from];
    for (int i = 0; i < f->count; i++)
        if (mnn_subtree_rows(&r->division, &f->part[i], r->rows) > 0)
            transfer(r, from, to, f->part[i].grads, r->group[group].begin, r->group[group].end);
}

void mnn_reduction_begin(mnn_reduction *r, const mnn_forest *own, int rows)
{
    const mnn_block *b = &r->block[r->rank];
    r->rows = rows;
    r->sent = 0;
    r->forest[r->rank] = *own;
    for (int from = 0; from < r->division.ranks; from++) {
        mnn_forest *f = &r->forest[from];
        if (from == r->rank)
            continue;
        for (int i = 0; i < f->count; i++) {
            f->part[i].grads = r->received[from] + (size_t)i * (size_t)(b->end - b->begin);
            f->part[i].small = message_of(r, from) + 1 + (size_t)i * r->small;
        }
        for (int g = 0; g < r->group_count; g++)
            transfer_group(r, from, r->rank, g);
        mnn_transport_receive(from, message_of(r, from), message_bytes(r, from));
    }
}

void mnn_reduction_send(mnn_reduction *r, int last)
{
    for (; r->sent < last; r->sent++)
        for (int to = 0; to < r->division.ranks; to++)
            if (to != r->rank)
                transfer_group(r, r->rank, to, r->sent);
    mnn_transport_progress();
}

/* Add the subtrees of all ranks: the small sums, and the own block of the gradients. */
static void add_all(mnn_reduction *r)
{
    const mnn_block *b = &r->block[r->rank];
    const int size = b->end - b->begin;
    mnn_forest f = {.count = 0};
    for (int rank = 0; rank < r->division.ranks; rank++)
        for (int i = 0; i < r->forest[rank].count; i++) {
            f.part[f.count] = r->forest[rank].part[i];
            if (rank == r->rank) {
                f.part[f.count].grads += b->begin;
                f.part[f.count].small = message_of(r, rank) + 1 + (size_t)i * r->small;
            }
            f.count++;
            for (; mnn_forest_can_join(&f); mnn_forest_join(&f)) {
                const mnn_subtree *left = &f.part[f.count - 2];
                mnn_tree_add(&r->division, left, left + 1, r->rows, size);
                mnn_tree_add_small(&r->division, left, left + 1, r->rows, r->small);
            }
        }
    if (f.part[0].grads != r->model->grads + b->begin)
        memcpy(r->model->grads + b->begin, f.part[0].grads, (size_t)size * sizeof(float));
    memcpy(r->total, f.part[0].small, r->small * sizeof *r->total);
}

mnn_status mnn_reduction_finish(mnn_reduction *r, int *signal, mnn_error *err)
{
    const mnn_forest *own = &r->forest[r->rank];
    double *message = message_of(r, r->rank);
    message[0] = *signal;
    for (int i = 0; i < own->count; i++)
        memcpy(message + 1 + (size_t)i * r->small, own->part[i].small, r->small * sizeof *message);
    mnn_reduction_send(r, r->group_count);
    for (int to = 0; to < r->division.ranks; to++)
        if (to != r->rank)
            mnn_transport_send(to, message, message_bytes(r, r->rank));
    const mnn_status status = mnn_transport_wait(err);
    if (status)
        return status;
    for (int rank = 0; rank < r->division.ranks; rank++)
        *signal = mnn_max(*signal, (int)message_of(r, rank)[0]);
    add_all(r);
    return MNN_OK;
}

/* --- findings and parameters ------------------------------------------------------------------------ */

mnn_status mnn_reduction_find(mnn_reduction *r, mnn_finding *finding, mnn_error *err)
{
    const mnn_block *own = &r->block[r->rank];
    double *message = r->findings + r->rank * FINDINGS;
    message[DIVERGED] = finding->diverged;
    message[LARGE] = finding->large;
    message[TENSOR] = finding->tensor;
    for (int other = 0; other < r->division.ranks; other++) {
        const mnn_block *b = &r->block[other];
        if (other == r->rank)
            continue;
        mnn_transport_send(other, message, FINDINGS * sizeof *message);
        mnn_transport_receive(other, r->findings + other * FINDINGS, FINDINGS * sizeof *message);
        if (own->last_square > own->first_square)
            mnn_transport_send(other, r->model->squares + own->first_square,
                               (size_t)(own->last_square - own->first_square) * sizeof(double));
        if (b->last_square > b->first_square)
            mnn_transport_receive(other, r->model->squares + b->first_square,
                                  (size_t)(b->last_square - b->first_square) * sizeof(double));
    }
    const mnn_status status = mnn_transport_wait(err);
    for (int other = 0; other < r->division.ranks && !status; other++) {
        message = r->findings + other * FINDINGS;
        finding->diverged = finding->diverged || message[DIVERGED] > 0;
        finding->large = finding->large || message[LARGE] > 0;
        finding->tensor = mnn_min(finding->tensor, (int)message[TENSOR]);
    }
    return status;
}

mnn_status mnn_reduction_spread(mnn_reduction *r, int *fault, mnn_error *err)
{
    const mnn_block *own = &r->block[r->rank];
    r->faults[r->rank] = *fault;
    for (int other = 0; other < r->division.ranks; other++) {
        const mnn_block *b = &r->block[other];
        if (other == r->rank)
            continue;
        mnn_transport_send(other, &r->faults[r->rank], sizeof *fault);
        mnn_transport_receive(other, &r->faults[other], sizeof *fault);
        if (own->end > own->begin)
            mnn_transport_send(other, r->model->params + own->begin, (size_t)(own->end - own->begin) * sizeof(float));
        if (b->end > b->begin)
            mnn_transport_receive(other, r->model->params + b->begin, (size_t)(b->end - b->begin) * sizeof(float));
    }
    const mnn_status status = mnn_transport_wait(err);
    for (int other = 0; other < r->division.ranks && !status; other++)
        *fault = mnn_min(*fault, r->faults[other]);
    return status;
}
