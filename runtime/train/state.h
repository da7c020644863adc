/* The state of a training: together with the model's weights and the optimizer's slots, everything that later steps
 * depend on. */
#ifndef MNN_TRAIN_STATE_H
#define MNN_TRAIN_STATE_H

#include "mnn/model.h"
#include "mnn/status.h"
#include "train/callbacks.h"
#include "train/metrics.h"
#include "train/observer.h"

struct mnn_state {
    int epoch;               /* running or next, from 1 */
    uint32_t step;           /* finished steps of the epoch */
    uint64_t updates;        /* steps of all epochs */
    double learning_rate;    /* of the last step */
    double seconds;          /* spent in the running epoch */
    mnn_tally tally;         /* over the running epoch */
    mnn_callbacks callbacks; /* model->best_params belong to it */
    mnn_epoch_report last;   /* the last finished epoch; epoch 0: none */
};

/** Initialize the state of a new training.
 *  @return MNN_OK, release with mnn_state_free(); MNN_ENOMEM */
mnn_status mnn_state_new(const mnn_model *model, mnn_state *out, mnn_error *err);
void mnn_state_free(mnn_state *s);

typedef enum mnn_field_kind {
    MNN_FIELD_FLAG,   /* bool */
    MNN_FIELD_INT,    /* int, not negative */
    MNN_FIELD_COUNT,  /* uint32_t */
    MNN_FIELD_LONG,   /* uint64_t */
    MNN_FIELD_NUMBER, /* double */
    MNN_FIELD_RATE    /* double, finite and not negative */
} mnn_field_kind;

/** @param key    "state.epoch"
 *  @param value  a pointer to the type of the kind */
typedef void mnn_visit(void *context, const char *key, mnn_field_kind kind, void *value);

/** Visit every scalar of the state, in a fixed order: the only list of what a checkpoint stores of it. The
 *  remaining state is in arrays: model->best_params and the tally's counts (mnn_tally_counts()). */
void mnn_state_fields(mnn_state *s, mnn_visit *visit, void *context);

#endif
