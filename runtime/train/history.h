/* Files that grow while training: a row an epoch (--history), a row a step (--log-steps). They get their
 * names when training begins, in the place of older ones, and their rows can be read as they come; a training that is
 * resumed goes on with them. One training at a time writes a file. */
#ifndef MNN_TRAIN_HISTORY_H
#define MNN_TRAIN_HISTORY_H

#include <stdbool.h>

#include "mnn/model.h"
#include "mnn/status.h"
#include "train/observer.h"
#include "train/row_writer.h"

typedef enum mnn_history_kind {
    MNN_HISTORY_CSV,   /* a row an epoch under a line of names; empty where there is no value */
    MNN_HISTORY_JSONL, /* an object an epoch; null where there is no value */
    MNN_HISTORY_STEPS  /* an object a step: epoch, step, loss, learning_rate */
} mnn_history_kind;

typedef struct mnn_history {
    mnn_row_writer rows;
    mnn_history_kind kind;
    const mnn_model *model;
    int epoch; /* of the last row; 0: there was none ... */
    uint32_t step;
    mnn_status told;                               /* the failure that has been told and still lasts */
    void (*warn)(void *context, const char *text); /* gets what the user is to know at once; may be NULL */
    void *warned;                                  /* its context */
} mnn_history;

/** The kind of --history that a file name ends in.
 *  @return false when it is neither ".csv" nor ".jsonl" */
bool mnn_history_kind_of(const char *path, mnn_history_kind *kind);

/** Begin a file; rows of an epoch hold the loss and the model's metrics. End with mnn_history_commit() or
 * mnn_history_abort().
 *  @return MNN_OK; MNN_EIO; MNN_ENOMEM */
mnn_status mnn_history_begin(mnn_history *h, const char *path, mnn_history_kind kind, const mnn_model *model,
                             mnn_error *err);

/** Take over the rows that a file of this name has from a training that is resumed: those before the place where it
 *  goes on. Later ones, which will come again, and a last line that was cut are left out. Where rows are missing
 *  before that place, since they could never be written, there is a warning.
 *  @param epoch  that is running; it has step steps already
 *  @param steps  of each epoch
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT: the file is none of this kind, or has other columns; MNN_ENOMEM */
mnn_status mnn_history_continue(mnn_history *h, int epoch, uint32_t step, uint32_t steps, mnn_error *err);

/** Give the file its name now: each row is there from the moment it is written.
 *  @return MNN_OK; MNN_EIO */
mnn_status mnn_history_publish(mnn_history *h, mnn_error *err);

/** Bring the rows of a published file to the disk, so that no checkpoint is ahead of them. A failure is told like
 *  that of a row. */
void mnn_history_sync(mnn_history *h);

/** What writes the rows. Those that cannot be written wait and are tried again (train/row_writer.h), with one warning
 *  until it has succeeded. */
mnn_observer mnn_history_observer(mnn_history *h);

/** Put the file in place.
 *  @return MNN_OK: with every row */
mnn_status mnn_history_commit(mnn_history *h, mnn_error *err);
/** Leave nothing behind; of a published file the rows. Harmless after a commit. */
void mnn_history_abort(mnn_history *h);

/** A number as JSON: shortest of 9 digits; null when it is not finite or not present.
 *  @return buffer */
const char *mnn_json_number(char buffer[32], double value, bool present);

#endif
