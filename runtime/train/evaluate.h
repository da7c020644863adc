/* Loss and metrics over a set, without training. */
#ifndef MNN_TRAIN_EVALUATE_H
#define MNN_TRAIN_EVALUATE_H

#include <signal.h>

#include "data/dataset.h"
#include "mnn/model.h"
#include "mnn/status.h"
#include "train/metrics.h"

/** Run inference for a batch on all workers: model->output.
 *  @param with_losses  also compute model->row_loss, for which the batch must have labels */
void mnn_run_forward(const mnn_model *model, mnn_pool *pool, const mnn_batch *batch, bool with_losses);

/** Loss and metrics. Every rank computes some batches, whose sums are added in their order.
 *  @param samples  at least one, the same on all ranks
 *  @param stop     read after each batch: evaluation ends early if it is not 0; NULL: never; several ranks do not read
 * it
 *  @param tally    reset and filled; if stopped, with the batches so far
 *  @return MNN_OK; MNN_ENOMEM; MNN_EDIVERGED if the loss is not finite; MNN_EIO of another rank */
mnn_status mnn_evaluate(const mnn_model *model, mnn_pool *pool, const mnn_samples *samples,
                        const volatile sig_atomic_t *stop, mnn_tally *tally, mnn_error *err);

#endif
