/* How the training loop tells others what happens, so that it neither prints nor writes files. */
#ifndef MNN_TRAIN_OBSERVER_H
#define MNN_TRAIN_OBSERVER_H

#include <stdbool.h>
#include <stdint.h>

/** Means over samples. */
typedef struct mnn_score {
    double loss;
    double accuracy;  /* meaningless where the model does not measure it */
    uint64_t samples; /* that the means are over */
} mnn_score;

/** After a step. */
typedef struct mnn_step_report {
    int epoch, epochs;    /* epoch counts from 1 */
    uint32_t step, steps; /* step counts from 1 */
    double loss;          /* mean over the step's rows */
    mnn_score score;      /* over the epoch so far */
    double learning_rate;
    double seconds; /* since the epoch began */
} mnn_step_report;

/** After an epoch. */
typedef struct mnn_epoch_report {
    int epoch, epochs;
    uint32_t steps;
    mnn_score score; /* seen while training */
    bool has_validation;
    mnn_score validation;
    double learning_rate;
    double seconds;      /* with the validation */
    double step_seconds; /* without it */
} mnn_epoch_report;

/** Every function may be NULL. */
typedef struct mnn_observer {
    void *context;
    void (*on_step)(void *context, const mnn_step_report *report);
    void (*on_epoch_end)(void *context, const mnn_epoch_report *report);
} mnn_observer;

#endif
