/* Observers of the training loop, so that the loop neither prints nor writes files. */
#ifndef MNN_TRAIN_OBSERVER_H
#define MNN_TRAIN_OBSERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "mnn/model.h"

/** Means over samples. */
typedef struct mnn_score {
    double loss;
    double value[MNN_MAX_METRICS]; /* of the model's metrics; 0 for those without a single value */
    uint64_t samples;              /* that the means are over */
} mnn_score;

/** After a step. */
typedef struct mnn_step_report {
    int epoch, epochs;    /* epoch counts from 1 */
    uint32_t step, steps; /* step counts from 1 */
    double loss;          /* mean over the rows of the step */
    mnn_score score;      /* over the epoch so far */
    double learning_rate;
    double seconds;         /* since the epoch began */
    const mnn_batch *batch; /* model->output holds its predictions, before the update */
} mnn_step_report;

/** After an epoch. */
typedef struct mnn_epoch_report {
    int epoch, epochs;
    uint32_t steps;
    mnn_score score; /* measured during training */
    bool has_validation;
    mnn_score validation;
    double learning_rate;
    double seconds;      /* with the validation */
    double step_seconds; /* without it */
} mnn_epoch_report;

/** A message of a callback. */
typedef struct mnn_note {
    int epoch;
    const char *callback; /* "early_stopping" */
    const char *text;     /* "val_loss did not improve for 3 epochs: stopping" */
} mnn_note;

/** The state of a training: train/state.h. */
typedef struct mnn_state mnn_state;

typedef enum mnn_moment {
    MNN_AFTER_STEP,  /* except the last of an epoch */
    MNN_AFTER_EPOCH, /* and its callbacks */
    MNN_AT_END /* finished or stopped by a signal, before early_stopping restores weights; not after a divergence */
} mnn_moment;

/** Every function may be NULL. */
typedef struct mnn_observer {
    void *context;
    void (*on_step)(void *context, const mnn_step_report *report);
    void (*on_epoch_end)(void *context, const mnn_epoch_report *report);
    void (*on_note)(void *context, const mnn_note *note);
    /** Whether on_state reads the slots. */
    bool (*wants_state)(void *context, const mnn_state *state, mnn_moment moment);
    /** The weights, slots and state at this moment form a checkpoint. */
    void (*on_state)(void *context, mnn_state *state, mnn_moment moment);
} mnn_observer;

#endif
