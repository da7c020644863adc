#include "train/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/math.h"

bool mnn_metric_is_number(const mnn_metric *metric)
{
    return metric->kind != MNN_METRIC_CONFUSION_MATRIX;
}

static bool counts_classes(mnn_metric_kind kind)
{
    return kind == MNN_METRIC_PRECISION || kind == MNN_METRIC_RECALL || kind == MNN_METRIC_F1;
}

int mnn_predicted_class(const mnn_model *model, const float *output)
{
    if (model->output_size == 1)
        return (double)output[0] > model->threshold;
    return mnn_argmax(output, model->output_size);
}

/* --- memory -------------------------------------------------------------------------------------- */

mnn_status mnn_tally_new(const mnn_model *model, mnn_tally *out, mnn_error *err)
{
    const size_t classes = (size_t)model->classes;
    bool counts = false, confusion = false;
    for (int i = 0; i < model->metric_count; i++) {
        counts = counts || counts_classes(model->metrics[i].kind);
        confusion = confusion || model->metrics[i].kind == MNN_METRIC_CONFUSION_MATRIX;
    }
    mnn_tally t = {.model = model};
    if (counts)
        t.right = calloc(3 * classes, sizeof *t.right);
    if (confusion)
        t.confusion = calloc(classes * classes, sizeof *t.confusion);
    if ((counts && !t.right) || (confusion && !t.confusion)) {
        mnn_tally_free(&t);
        return mnn_fail(err, MNN_ENOMEM, "out of memory for the metrics of %d classes", model->classes);
    }
    if (counts) {
        t.said = t.right + classes;
        t.is = t.said + classes;
    }
    *out = t;
    return MNN_OK;
}

void mnn_tally_free(mnn_tally *t)
{
    free(t->right);
    free(t->confusion);
    *t = (mnn_tally){.model = t->model};
}

void mnn_tally_reset(mnn_tally *t)
{
    const size_t classes = (size_t)t->model->classes;
    t->loss = 0;
    t->samples = 0;
    memset(t->sum, 0, sizeof t->sum);
    if (t->right)
        memset(t->right, 0, 3 * classes * sizeof *t->right);
    if (t->confusion)
        memset(t->confusion, 0, classes * classes * sizeof *t->confusion);
}

/* --- one sample ---------------------------------------------------------------------------------- */

/* The target of a sample: a class, or values. */
typedef struct truth {
    int class;            /* MNN_LABEL_CLASS */
    const float *targets; /* [output_size], MNN_LABEL_VALUE */
} truth;

static truth truth_of(const mnn_model *model, const mnn_batch *batch, int row)
{
    const uint32_t sample = batch->index[row];
    if (model->label_kind == MNN_LABEL_CLASS)
        return (truth){.class = batch->labels[sample]};
    return (truth){.targets = batch->targets + (size_t)sample * (size_t)model->output_size};
}

/* The target of output j. */
static double target(const mnn_model *model, const truth *t, int j)
{
    if (t->targets)
        return (double)t->targets[j];
    return model->output_size > 1 ? j == t->class : t->class;
}

static double mean_error(const mnn_model *model, const float *output, const truth *t, bool squared)
{
    double sum = 0;
    for (int j = 0; j < model->output_size; j++) {
        const double d = (double)output[j] - target(model, t, j);
        sum += squared ? d * d : fabs(d);
    }
    return sum / model->output_size;
}

/* Ties count as hits. */
static bool is_among(const float *output, int count, int label, int k)
{
    int larger = 0;
    for (int j = 0; j < count; j++)
        larger += output[j] > output[label];
    return larger < k;
}

static void add_metric(mnn_tally *t, int metric, const float *output, const truth *is, int predicted)
{
    const int label = is->class;
    const mnn_model *model = t->model;
    switch (model->metrics[metric].kind) {
    case MNN_METRIC_ACCURACY:
        t->sum[metric] += predicted == label;
        break;
    case MNN_METRIC_TOP_K:
        t->sum[metric] += is_among(output, model->output_size, label, model->metrics[metric].k);
        break;
    case MNN_METRIC_MSE:
        t->sum[metric] += mean_error(model, output, is, true);
        break;
    case MNN_METRIC_MAE:
        t->sum[metric] += mean_error(model, output, is, false);
        break;
    case MNN_METRIC_CONFUSION_MATRIX:
        t->confusion[label * model->classes + predicted]++;
        break;
    case MNN_METRIC_PRECISION: /* these are made of counts */
    case MNN_METRIC_RECALL:
    case MNN_METRIC_F1:
        break;
    }
}

static void add_sample(mnn_tally *t, const float *output, const truth *is)
{
    const int predicted = t->model->label_kind == MNN_LABEL_CLASS ? mnn_predicted_class(t->model, output) : 0;
    for (int i = 0; i < t->model->metric_count; i++)
        add_metric(t, i, output, is, predicted);
    if (t->right) {
        t->right[is->class] += predicted == is->class;
        t->said[predicted]++;
        t->is[is->class]++;
    }
}

double mnn_tally_add_rows(mnn_tally *t, const mnn_batch *batch, int first, int rows)
{
    const mnn_model *model = t->model;
    const double loss = mnn_sum(model->row_loss + first, (size_t)rows);
    t->loss += loss;
    t->samples += (uint64_t)rows;
    for (int r = first; r < first + rows && model->metric_count > 0; r++) {
        const truth is = truth_of(model, batch, r);
        add_sample(t, model->output + (size_t)r * (size_t)model->output_size, &is);
    }
    return loss;
}

double mnn_tally_add(mnn_tally *t, const mnn_batch *batch)
{
    return mnn_tally_add_rows(t, batch, 0, batch->rows);
}

/* --- sums as values ------------------------------------------------------------------------------- */

void mnn_tally_counts(const mnn_tally *t, mnn_counts out[MNN_TALLY_COUNTS])
{
    const int classes = t->model->classes;
    out[0] = (mnn_counts){t->right, t->right ? 3 * classes : 0}; /* right, said, is */
    out[1] = (mnn_counts){t->confusion, t->confusion ? classes * classes : 0};
}

size_t mnn_tally_ordered(const mnn_tally *t)
{
    return 2 + (size_t)t->model->metric_count; /* loss and samples */
}

size_t mnn_tally_size(const mnn_tally *t)
{
    mnn_counts counts[MNN_TALLY_COUNTS];
    mnn_tally_counts(t, counts);
    return mnn_tally_ordered(t) + (size_t)(counts[0].size + counts[1].size);
}

void mnn_tally_write(const mnn_tally *t, double *values)
{
    mnn_counts counts[MNN_TALLY_COUNTS];
    mnn_tally_counts(t, counts);
    *values++ = t->loss;
    *values++ = (double)t->samples;
    for (int i = 0; i < t->model->metric_count; i++)
        *values++ = t->sum[i];
    for (int c = 0; c < MNN_TALLY_COUNTS; c++)
        for (int i = 0; i < counts[c].size; i++)
            *values++ = (double)counts[c].data[i];
}

double mnn_tally_join(mnn_tally *t, const double *values)
{
    mnn_counts counts[MNN_TALLY_COUNTS];
    mnn_tally_counts(t, counts);
    const double loss = *values++;
    t->loss += loss;
    t->samples += (uint64_t)*values++;
    for (int i = 0; i < t->model->metric_count; i++)
        t->sum[i] += *values++;
    for (int c = 0; c < MNN_TALLY_COUNTS; c++)
        for (int i = 0; i < counts[c].size; i++)
            counts[c].data[i] += (uint64_t)*values++;
    return loss;
}

/* --- the means ----------------------------------------------------------------------------------- */

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static double of_class(const mnn_tally *t, mnn_metric_kind kind, int c)
{
    if (kind == MNN_METRIC_PRECISION)
        return share(t->right[c], t->said[c]);
    if (kind == MNN_METRIC_RECALL)
        return share(t->right[c], t->is[c]);
    return share(2 * t->right[c], t->said[c] + t->is[c]); /* 2 p r / (p + r) with p and r put in */
}

/* Of class 1 where there is one output, else the mean over the classes. */
static double by_classes(const mnn_tally *t, mnn_metric_kind kind)
{
    if (t->model->output_size == 1)
        return of_class(t, kind, 1);
    double sum = 0;
    for (int c = 0; c < t->model->classes; c++)
        sum += of_class(t, kind, c);
    return sum / t->model->classes;
}

mnn_score mnn_tally_score(const mnn_tally *t)
{
    const double samples = t->samples ? (double)t->samples : 1.0;
    mnn_score score = {.loss = t->loss / samples, .samples = t->samples};
    for (int i = 0; i < t->model->metric_count; i++) {
        const mnn_metric_kind kind = t->model->metrics[i].kind;
        score.value[i] = counts_classes(kind) ? by_classes(t, kind) : t->sum[i] / samples;
    }
    return score;
}
