/* The training loop. */
#ifndef MNN_TRAIN_LOOP_H
#define MNN_TRAIN_LOOP_H

#include <signal.h>

#include "data/dataset.h"
#include "mnn/model.h"
#include "mnn/status.h"
#include "train/observer.h"
#include "train/state.h"

/** What to train on and how; model->params hold the first weights. */
typedef struct mnn_training {
    const mnn_model *model;
    mnn_state *state; /* where to go on, and where it has come to; NULL: from the beginning */
    mnn_pool *pool;
    mnn_samples training;   /* at least one */
    mnn_samples validation; /* count 0: none */
    int epochs;
    uint32_t step_limit; /* steps of an epoch at most; 0: as many as the samples give */
    bool shuffle;
    uint64_t seed;                     /* of the order of the samples and of dropout */
    const volatile sig_atomic_t *stop; /* looked at after each step: a signal's number; NULL: never */
    mnn_status (*begin)(void *context,
                        mnn_error *err); /* called when all memory is there; an error ends it; may be NULL */
    void *begin_context;
    const mnn_observer *observers;
    int observer_count;
} mnn_training;

typedef struct mnn_training_result {
    int epochs;            /* that were finished, also before a training was resumed */
    int weights_epoch;     /* whose weights the model has: early_stopping may have put older ones back */
    uint64_t steps;        /* updates made, likewise */
    int signal;            /* that stopped it; 0: none */
    mnn_epoch_report last; /* the last finished epoch, or that of the weights; epoch 0: none */
} mnn_training_result;

/** Steps of one epoch; the last may have fewer rows. */
uint32_t mnn_steps(const mnn_training *training);

/** Train. The weights that come out depend on the first weights, the seed and the samples alone, not on the
 *  number of workers. Callbacks may end it early and change the learning rate. A step whose loss or gradient is not
 * finite ends training before its update.
 *  @param result  filled in every case
 *  @return MNN_OK, also when stopped by a signal; MNN_EDIVERGED; MNN_ENOMEM */
mnn_status mnn_train(const mnn_training *training, mnn_training_result *result, mnn_error *err);

#endif
