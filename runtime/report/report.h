/* --report FILE.html: a page about a training that is rewritten after every epoch. */
#ifndef MNN_REPORT_REPORT_H
#define MNN_REPORT_REPORT_H

#include "mnn/model.h"
#include "mnn/status.h"
#include "train/loop.h"
#include "train/observer.h"

typedef struct mnn_report_epoch mnn_report_epoch;

typedef struct mnn_report {
    const char *path; /* NULL: no report is wanted */
    const mnn_training *training;
    const mnn_samples *test; /* count 0: there is no test set */
    int threads;
    mnn_report_epoch *epochs; /* those of this run */
    int count, capacity;
    bool finished;
    int signal;           /* that stopped the training; 0: none */
    mnn_score test_score; /* samples 0: not evaluated */
    mnn_status status;    /* of the last write ... */
    mnn_error error;      /* ... and why it failed */
    /** Called when a write fails for the first time; may be NULL. */
    void (*warn)(void *context, const char *text);
    void *warned;
} mnn_report;

/** Writes the page after every epoch. With a validation set, its predictions are analysed each time. */
mnn_observer mnn_report_observer(mnn_report *r);

/** Write the final page, with the predictions for the test set.
 *  @param score  of the test set; samples 0: there is none
 *  @return the status of the write */
mnn_status mnn_report_finish(mnn_report *r, const mnn_score *score, mnn_error *err);

void mnn_report_free(mnn_report *r);

#endif
