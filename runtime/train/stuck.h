/* A training that does not learn: after its first epochs it is no better than guessing. */
#ifndef MNN_TRAIN_STUCK_H
#define MNN_TRAIN_STUCK_H

#include "data/dataset.h"
#include "mnn/model.h"
#include "train/observer.h"

/** The evidence. */
typedef struct mnn_stuck_report {
    int epoch;
    double learning_rate;
    double loss, guess;     /* over the epoch, and that of the best constant prediction; guess 0: not known */
    double accuracy, share; /* over the epoch, and of the largest class; share 0: the model has no classes */
    int class;              /* that is nearly always predicted; -1: none */
} mnn_stuck_report;

typedef struct mnn_stuck {
    const mnn_model *model;
    void (*tell)(void *context, const mnn_stuck_report *report); /* called at most once */
    void *context;
    double guess, share;
    bool of_loss;  /* guess is one of the model's loss; false: of squared errors */
    bool watching; /* whether it may still be stuck */
    int epochs;    /* the last ones that were no better than guessing */
    uint64_t steps;
    uint64_t rows, right, said[MNN_CLASSES]; /* of the running epoch ... */
    double squares;                          /* ... and its squared errors */
} mnn_stuck;

/** Look at the labels that training sees.
 *  The rule: an epoch is no better than guessing if
 *  - with classes: the accuracy is at most that of the largest class (and 2 % of the rest, and twice the standard
 *    deviation of such a count), and the loss is at least 97 % of the least that constant outputs have (not known for
 *    huber), or 99.5 % of the predictions are of one class, which has less than 80 % of the labels;
 *  - with values: the mean squared error is at least 98 % of the variance of the targets.
 *  It is reported after two such epochs in a row, or one of at least 1000 steps, when there have been 200 steps; at the
 * end of training 30 steps and three epochs suffice. */
mnn_stuck mnn_stuck_new(const mnn_model *model, const mnn_samples *training);

/** The observer; s must not be moved. */
mnn_observer mnn_stuck_observer(mnn_stuck *s);

#endif
