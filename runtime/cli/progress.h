/* The progress of training: a line that is updated in place on a terminal, one line per epoch elsewhere. */
#ifndef MNN_CLI_PROGRESS_H
#define MNN_CLI_PROGRESS_H

#include <stdio.h>

#include "base/meter.h"
#include "mnn/model.h"
#include "train/observer.h"

typedef struct mnn_progress {
    mnn_meter meter; /* drawn is seconds into the epoch; end it before something else is printed */
    const mnn_model *model;
    int epoch; /* whose head has been printed */
} mnn_progress;

/** @param out  where to; looked at for being a terminal */
mnn_progress mnn_progress_new(FILE *out, const mnn_model *model);
mnn_observer mnn_progress_observer(mnn_progress *p);

/** Print a line that stays, in several rows of fewer than width columns where it is longer: broken at spaces, or inside
 *  a word that is too long. */
void mnn_print_folded(FILE *out, const char *line, int width);

/** "1200/1875 [============>.......] 2.1s, 1.2s left - loss: 0.0512 - accuracy: 0.9841", in fewer than width
 *  columns: the bar gives way first, then the end is cut. */
void mnn_step_line(char line[MNN_LINE_SIZE], const mnn_model *model, const mnn_step_report *report, int width);

/** "1875/1875 [====================] 3.4s 1.8ms/step - loss: ...", not cut, for it stays.
 *  @param width  what the bar may fill up; 0: there is none */
void mnn_epoch_line(char line[MNN_LINE_SIZE], const mnn_model *model, const mnn_epoch_report *report, int width);

#endif
