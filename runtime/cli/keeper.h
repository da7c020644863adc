/* The checkpoints of a training: when one is saved, under which names, and where the training resumes. */
#ifndef MNN_CLI_KEEPER_H
#define MNN_CLI_KEEPER_H

#include "base/lock.h"
#include "base/place.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "train/checkpoint.h"
#include "train/history.h"

enum { MNN_KEEPER_HISTORIES = 3 };

typedef struct mnn_keeper {
    const mnn_session *s;
    const char *path;     /* as the user wrote it; NULL: no checkpoints are wanted */
    char *previous;       /* the name of the one before */
    int every;            /* epochs from one save to the next ... */
    uint64_t every_steps; /* ... and steps; 0: none between the ends of epochs */
    mnn_lock lock;
    bool begun;      /* this run has saved a checkpoint */
    mnn_place place; /* the file under path: that of this run, or what it has found there */
    bool keep_old;   /* what is under path is worth being kept as the one before */
    bool resumed;
    mnn_identity identity;
    mnn_progress *progress;                       /* whose line is ended before a warning; NULL: none is drawn */
    mnn_history *histories[MNN_KEEPER_HISTORIES]; /* that are to be on the disk before a checkpoint; NULL: none */
    bool saved; /* the training's last checkpoint is under path: its position, as in mnn_state ... */
    int epoch;
    uint32_t step;
    mnn_status status; /* of the last save ... */
    mnn_error error;   /* ... and why it failed */
} mnn_keeper;

/** The checkpoint's name as the user wrote it: the command line comes before the description.
 *  @return NULL: no checkpoints are wanted */
const char *mnn_keeper_path(const mnn_model *model, const mnn_options *options);

/** Find out what is wanted (--checkpoint, or the description's callback), lock it, remove what a training that was
 *  killed has left, and try whether something can be written there.
 *  @return MNN_OK, release with mnn_keeper_close(); MNN_EUSAGE; MNN_EIO, also when another training has the lock */
mnn_status mnn_keeper_open(mnn_keeper *k, const mnn_session *s, mnn_error *err);

/** With --resume, bring model and state to where the last checkpoint left them, or the one before when the last is
 *  damaged; where there is none the training begins at its beginning. To be called when the training is complete
 *  but for that.
 *  @return MNN_OK; MNN_EFORMAT; MNN_EIO; MNN_ENOMEM; MNN_EUSAGE fewer epochs than it has already */
mnn_status mnn_keeper_begin(mnn_keeper *k, const mnn_training *training, mnn_state *state, mnn_error *err);

/** Saves the checkpoints. A failure is reported, training continues, and the next interval tries again. */
mnn_observer mnn_keeper_observer(mnn_keeper *k);

/** "epoch 3, step 40": the position of the last checkpoint; "epoch 3": its end.
 *  @return buffer */
const char *mnn_keeper_place(const mnn_keeper *k, char buffer[64]);

void mnn_keeper_close(mnn_keeper *k);

#endif
