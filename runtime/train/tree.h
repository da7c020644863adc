/* The binary tree that adds the sums of the shards of a batch. Its shape follows from the number of shards alone: any
 * number of workers and ranks computes the same bits. A rank computes a contiguous range of the shards. */
#ifndef MNN_TRAIN_TREE_H
#define MNN_TRAIN_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mnn/step.h"

enum {
    MNN_MOST_SHARDS = 256,
    MNN_MOST_SUBTREES = 18 /* a range of them has at most two maximal subtrees per level */
};

/** The sums over a subtree: the shards first to first + count - 1, a power of two of them, first a multiple of it. */
typedef struct mnn_subtree {
    int first, count;
    float *grads;  /* [param_count], or a block of them */
    double *small; /* loss, metrics, non-trainable parameters */
} mnn_subtree;

/** The maximal subtrees of a range of shards, in order. */
typedef struct mnn_forest {
    mnn_subtree part[MNN_MOST_SUBTREES];
    int count;
} mnn_forest;

/** The division of a batch into shards, and of these into ranks. */
typedef struct mnn_division {
    int shards, ranks;
} mnn_division;

static inline int mnn_shard_begin(const mnn_division *d, int shard, int rows)
{
    return (int)((int64_t)shard * rows / d->shards);
}

static inline int mnn_subtree_rows(const mnn_division *d, const mnn_subtree *p, int rows)
{
    return mnn_shard_begin(d, p->first + p->count, rows) - mnn_shard_begin(d, p->first, rows);
}

/** The first shard of a rank. */
static inline int mnn_rank_begin(const mnn_division *d, int rank)
{
    return (int)((int64_t)rank * d->shards / d->ranks);
}

/** Whether the last two subtrees are the halves of one. */
bool mnn_forest_can_join(const mnn_forest *f);

/** Make one of them, which has the sums of the first. */
void mnn_forest_join(mnn_forest *f);

/** The maximal subtrees of a rank, without memory. */
mnn_forest mnn_forest_of(const mnn_division *d, int rank);

/** The shards of a rank that have rows, and where their sums are added. */
typedef struct mnn_cuts {
    mnn_cut cut[MNN_MOST_SHARDS];
    int count;
} mnn_cuts;

/** Append those of a subtree.
 *  @param begin  the first shard of the rank
 *  @param rows   of the batch
 *  @return whether there are any */
bool mnn_cut_subtree(const mnn_division *d, int begin, int first, int count, int rows, mnn_cuts *cuts);

/** Add the gradients of two subtrees, which may be blocks of `size`, in those of the left; a subtree without rows does
 *  not exist.
 *  @param rows  of the batch */
void mnn_tree_add(const mnn_division *d, const mnn_subtree *left, const mnn_subtree *right, int rows, int size);

/** Add the small sums of two subtrees; the first has the result. */
void mnn_tree_add_small(const mnn_division *d, const mnn_subtree *left, const mnn_subtree *right, int rows,
                        size_t count);

#endif
