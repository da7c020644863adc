/* The sections of a report. */
#ifndef MNN_REPORT_SECTIONS_H
#define MNN_REPORT_SECTIONS_H

#include <stdio.h>

#include "report/analysis.h"
#include "report/report.h"

struct mnn_report_epoch {
    mnn_epoch_report report;
    double *norms; /* [tensors, 2]: Euclidean norm of the weights, and of the gradient of the last step or NAN */
};

/** The progress of the training, and its best and last figures. */
void mnn_report_summary(FILE *out, const mnn_report *r);

/** Loss, metrics, learning rate, times, norms of weights and gradients over the epochs. */
void mnn_report_curves(FILE *out, const mnn_report *r);

/** Confusion matrix, classes, calibration, errors, and the outputs in a plane; of values, predictions over targets.
 *  @param set  the name of the set that samples are */
void mnn_report_predictions(FILE *out, const mnn_report *r, const mnn_samples *samples, const char *set,
                            const mnn_analysis *a);

/** Samples as augmented in training, and the kernels of the first layer. */
void mnn_report_images(FILE *out, const mnn_report *r);

/** The layers, with their parameters, operations and times. */
void mnn_report_network(FILE *out, const mnn_report *r);

/** The description and the command. */
void mnn_report_origin(FILE *out, const mnn_report *r);

#endif
