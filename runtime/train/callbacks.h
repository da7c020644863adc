/* The callbacks that affect training: early_stopping and reduce_lr_on_plateau, by the rules of Keras 3. */
#ifndef MNN_TRAIN_CALLBACKS_H
#define MNN_TRAIN_CALLBACKS_H

#include "mnn/model.h"
#include "train/observer.h"

/** The state of a callback. */
typedef struct mnn_watch {
    bool has_best;
    double best;  /* of the monitored value */
    int wait;     /* epochs without an improvement */
    int cooldown; /* epochs during which it does not count */
} mnn_watch;

typedef struct mnn_callbacks {
    const mnn_model *model;
    mnn_watch watch[MNN_MAX_CALLBACKS];
    mnn_epoch_report best; /* the epoch whose weights are in model->best_params; epoch 0: none */
    bool stop;             /* whether training ends */
    double learning_rate;  /* of the next epoch, without a schedule */
} mnn_callbacks;

/** Receives a message of a callback. */
typedef void mnn_tell(void *context, const mnn_note *note);

mnn_callbacks mnn_callbacks_new(const mnn_model *model, double learning_rate);

/** Process the end of an epoch; may set stop and learning_rate, and copy the weights. */
void mnn_callbacks_epoch(mnn_callbacks *c, const mnn_epoch_report *report, mnn_tell *tell, void *context);

/** At the end: restore the weights of the best epoch, if enabled.
 *  @param report  of the last epoch; becomes that of the epoch whose weights the model then has */
void mnn_callbacks_end(mnn_callbacks *c, mnn_epoch_report *report, mnn_tell *tell, void *context);

#endif
