/* The predictions of a model for a set of samples: what a report shows beyond loss and metrics. */
#ifndef MNN_REPORT_ANALYSIS_H
#define MNN_REPORT_ANALYSIS_H

#include "data/dataset.h"
#include "mnn/model.h"
#include "mnn/status.h"
#include "mnn/worker.h"

enum { MNN_BINS = 10, MNN_WORST = 36, MNN_POINTS = 400 /* samples whose outputs are kept */, MNN_SHOWN_OUTPUTS = 16 };

/** A sample with a large loss. */
typedef struct mnn_mistake {
    uint32_t sample; /* index in the set */
    int label, predicted;
    double loss, probability; /* of the predicted class */
} mnn_mistake;

typedef struct mnn_analysis {
    uint32_t samples;
    int classes;                                       /* 0: the targets are values ... */
    uint64_t *confusion;                               /* else [classes, classes]: label, prediction */
    uint64_t in_bin[MNN_BINS], right_in_bin[MNN_BINS]; /* of predictions, by their probability, in [k, k + 1) / 10 */
    double sum_in_bin[MNN_BINS];                       /* of probabilities */
    mnn_mistake worst[MNN_WORST];                      /* largest loss first; of classes, wrong predictions only */
    int worst_count;
    int points;    /* evenly chosen samples ... */
    int outputs;   /* ... with that many of their outputs */
    float *output; /* [points, outputs] */
    float *target; /* [points, outputs] of values; NULL: classes, or the model's input */
    int *label;    /* [points] of classes */
} mnn_analysis;

/** Predict all samples.
 *  @param out  on MNN_OK release with mnn_analysis_free()
 *  @return MNN_OK; MNN_ENOMEM */
mnn_status mnn_analyse(const mnn_model *model, mnn_pool *pool, const mnn_samples *samples, mnn_analysis *out,
                       mnn_error *err);
void mnn_analysis_free(mnn_analysis *a);

/** The expected calibration error (Guo et al., On Calibration of Modern Neural Networks, ICML 2017): the mean distance
 *  of accuracy and probability over the bins, weighted by their samples. */
double mnn_calibration_error(const mnn_analysis *a);

/** Two principal components of the outputs of the points, by power iteration on their covariance.
 *  @param x, y  [points]: the coordinates */
void mnn_principal_components(const mnn_analysis *a, double *x, double *y);

#endif
