/* The training loop. */
#ifndef MNN_TRAIN_LOOP_H
#define MNN_TRAIN_LOOP_H

#include <signal.h>

#include "data/dataset.h"
#include "mnn/model.h"
#include "mnn/status.h"
#include "train/observer.h"
#include "train/state.h"

/** The inputs of a training; model->params hold the initial weights. */
typedef struct mnn_training {
    const mnn_model *model;
    mnn_state *state; /* where to resume, updated during training; NULL: start */
    mnn_pool *pool;
    mnn_samples training;   /* at least one */
    mnn_samples validation; /* count 0: none */
    int epochs;
    uint32_t step_limit; /* maximum number of steps per epoch; 0: all */
    bool shuffle;
    bool alone;           /* without the other ranks, if there are any: to measure their cost */
    uint64_t state_steps; /* observers may want the state after every that many steps; 0: after epochs only */
    uint64_t seed;        /* for the order of the samples and for dropout */
    const volatile sig_atomic_t *stop; /* read after each step: a signal's number; NULL: never */
    uint64_t *laps;                    /* [workers][mnn_lap_stride()]: time per step is added up; NULL: not measured */
    /** Called after all memory is allocated; an error ends the training; may be NULL. */
    mnn_status (*begin)(void *context, mnn_error *err);
    void *begin_context;
    const mnn_observer *observers;
    int observer_count;
} mnn_training;

typedef struct mnn_training_result {
    int epochs;            /* finished epochs, including those before a resume */
    int weights_epoch;     /* the epoch of the model's weights: early_stopping may have restored earlier ones */
    uint64_t steps;        /* updates, including those before a resume */
    int signal;            /* that stopped the training; 0: none */
    mnn_epoch_report last; /* the last finished epoch, or that of the weights; epoch 0: none */
} mnn_training_result;

/** Steps per epoch; the last may have fewer rows. */
uint32_t mnn_steps(const mnn_training *training);

/** Train. The resulting weights depend on the initial weights, the seed and the samples only, not on the number of
 *  workers. Callbacks may end the training early and change the learning rate. A step whose loss or gradient is not
 *  finite ends training before its update.
 *  @param result  filled in every case
 *  @return MNN_OK, also if stopped by a signal; MNN_EDIVERGED; MNN_ENOMEM */
mnn_status mnn_train(const mnn_training *training, mnn_training_result *result, mnn_error *err);

#endif
