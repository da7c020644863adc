/* A training step whose batch is cut into shards: runs of rows, by index. The rows of all shards of a
 * rank are computed at once; sums over rows are cut at the shards and added by one binary tree over them. Its shape
 * follows from the number of shards alone, so any number of workers and ranks computes the same bits; a rank computes a
 * contiguous range of the shards. */
#ifndef MNN_TRAIN_SHARDS_H
#define MNN_TRAIN_SHARDS_H

#include "mnn/model.h"
#include "mnn/status.h"
#include "mnn/worker.h"
#include "train/metrics.h"
#include "train/reduction.h"

typedef struct mnn_shards mnn_shards;

/** Allocate the memory of the sums, whose number grows with the logarithm of the shards.
 *  @param alone  compute all shards, although there are other ranks
 *  @param out  set on success, release with mnn_shards_free() */
mnn_status mnn_shards_new(const mnn_model *model, bool alone, mnn_shards **out, mnn_error *err);
void mnn_shards_free(mnn_shards *s);

/** Compute the shards of this rank. All workers of a pool call it. Without other ranks, model->grads is then the
 * gradient of the batch.
 *  @param walk  of the whole batch */
void mnn_shards_compute(const mnn_worker *worker, mnn_shards *s, const mnn_walk *walk);

/** The exchange with the other ranks, which mnn_shards_compute() has begun; NULL: there are none. */
mnn_reduction *mnn_shards_reduction(const mnn_shards *s);

/** Add the loss and metrics of the whole batch.
 *  @return the sum of the rows' losses */
double mnn_shards_tally(const mnn_shards *s, mnn_tally *tally);

/** Set the non-trainable parameters: the mean of the shards' values, weighted by their rows. */
void mnn_shards_update_state(const mnn_shards *s, int rows);

/** The sum of the losses of all rows of the batch. */
double mnn_shards_loss(const mnn_shards *s);

/** The rows that model->output and row_loss are of: those of this rank. */
const mnn_batch *mnn_shards_rows(const mnn_shards *s);

#endif
