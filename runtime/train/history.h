/* Files that grow during training: one row per epoch (--history), one row per step (--log-steps). They replace
 * existing files when training begins, and their rows can be read while it runs; a resumed training continues them.
 * A file has one writer at a time. */
#ifndef MNN_TRAIN_HISTORY_H
#define MNN_TRAIN_HISTORY_H

#include <stdbool.h>

#include "mnn/model.h"
#include "mnn/status.h"
#include "train/observer.h"
#include "train/row_writer.h"

typedef enum mnn_history_kind {
    MNN_HISTORY_CSV,   /* one row per epoch after a header line; empty if there is no value */
    MNN_HISTORY_JSONL, /* one object per epoch; null if there is no value */
    MNN_HISTORY_STEPS  /* one object per step: epoch, step, loss, learning_rate */
} mnn_history_kind;

typedef struct mnn_history {
    mnn_row_writer rows;
    mnn_history_kind kind;
    const mnn_model *model;
    int epoch; /* of the last row; 0: none ... */
    uint32_t step;
    mnn_status told;                               /* the failure that has been reported and persists */
    void (*warn)(void *context, const char *text); /* called with warnings for the user; may be NULL */
    void *warned;                                  /* its context */
} mnn_history;

/** The kind of --history by the suffix of a file name.
 *  @return false if it is neither ".csv" nor ".jsonl" */
bool mnn_history_kind_of(const char *path, mnn_history_kind *kind);

/** Begin a file; rows of an epoch hold the loss and the model's metrics. End with mnn_history_commit() or
 * mnn_history_abort().
 *  @return MNN_OK; MNN_EIO; MNN_ENOMEM */
mnn_status mnn_history_begin(mnn_history *h, const char *path, mnn_history_kind kind, const mnn_model *model,
                             mnn_error *err);

/** Keep the rows of an existing file that precede the point at which a training is resumed. Later rows, which will be
 *  written again, and a truncated last line are discarded. Missing rows before that point, which could never be
 *  written, are reported by a warning.
 *  @param epoch  the running epoch, which has finished step steps
 *  @param steps  per epoch
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT: the file is of another kind, or has other columns; MNN_ENOMEM */
mnn_status mnn_history_continue(mnn_history *h, int epoch, uint32_t step, uint32_t steps, mnn_error *err);

/** Rename the file to its final name now: each row is visible as soon as it is written.
 *  @return MNN_OK; MNN_EIO */
mnn_status mnn_history_publish(mnn_history *h, mnn_error *err);

/** Flush the rows of a published file to disk, so that no checkpoint is ahead of them. A failure is reported like
 *  that of a row. */
void mnn_history_sync(mnn_history *h);

/** The observer that writes the rows. Rows that cannot be written are queued and retried (train/row_writer.h), with
 *  one warning until a retry succeeds. */
mnn_observer mnn_history_observer(mnn_history *h);

/** Finish the file.
 *  @return MNN_OK: with every row */
mnn_status mnn_history_commit(mnn_history *h, mnn_error *err);
/** Remove unpublished output; the rows of a published file stay. No effect after a commit. */
void mnn_history_abort(mnn_history *h);

#endif
