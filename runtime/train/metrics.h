/* Loss and metrics, accumulated over samples. */
#ifndef MNN_TRAIN_METRICS_H
#define MNN_TRAIN_METRICS_H

#include "mnn/model.h"
#include "mnn/status.h"
#include "train/observer.h"

/** Sums over the samples seen so far. */
typedef struct mnn_tally {
    const mnn_model *model;
    double loss;
    uint64_t samples;
    double sum[MNN_MAX_METRICS]; /* of the metrics that are a mean over samples */
    uint64_t *right, *said, *is; /* [classes]: right predictions, all predictions, labels; NULL when not needed */
    uint64_t *confusion;         /* [classes, classes]: label, prediction; NULL when not needed */
} mnn_tally;

/** Initialize an empty tally.
 *  @return MNN_OK, release with mnn_tally_free(); MNN_ENOMEM */
mnn_status mnn_tally_new(const mnn_model *model, mnn_tally *out, mnn_error *err);
void mnn_tally_free(mnn_tally *t);
void mnn_tally_reset(mnn_tally *t);

/** Add the model's output and row_loss, as computed by the steps of MNN_FORWARD and MNN_LOSS.
 *  @return the sum of the rows' losses */
double mnn_tally_add(mnn_tally *t, const mnn_batch *batch);

/** Add rows first to first + rows - 1 of them. */
double mnn_tally_add_rows(mnn_tally *t, const mnn_batch *batch, int first, int rows);

/** An array of counters. */
typedef struct mnn_counts {
    uint64_t *data;
    int size;
} mnn_counts;

enum { MNN_TALLY_COUNTS = 2 };

/** The counters of a tally; size 0: the metrics of the model need none. */
void mnn_tally_counts(const mnn_tally *t, mnn_counts out[MNN_TALLY_COUNTS]);

/** Number of values of mnn_tally_write(). */
size_t mnn_tally_size(const mnn_tally *t);

/** The first of them, which are not whole numbers: their order matters. */
size_t mnn_tally_ordered(const mnn_tally *t);

/** The sums as values that can be added elementwise to those of other samples; the first is the loss. */
void mnn_tally_write(const mnn_tally *t, double *values);

/** Add sums written by mnn_tally_write().
 *  @return their loss */
double mnn_tally_join(mnn_tally *t, const double *values);

/** The means; zeros if no samples were added. */
mnn_score mnn_tally_score(const mnn_tally *t);

/** Whether a metric is a single value, stored in score.value: all but the confusion matrix. */
bool mnn_metric_is_number(const mnn_metric *metric);

/** The class predicted by an output of the model.
 *  @param output  [output_size] */
int mnn_predicted_class(const mnn_model *model, const float *output);

#endif
