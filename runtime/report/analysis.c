#include "report/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/evaluate.h"
#include "train/metrics.h"

/* --- one sample ----------------------------------------------------------------------------------- */

static double probability_of(const mnn_model *model, const float *output, int class)
{
    if (model->output_size > 1)
        return (double)output[class];
    return class ? (double)output[0] : 1 - (double)output[0];
}

static void add_bin(mnn_analysis *a, double probability, bool right)
{
    if (!(probability >= 0 && probability <= 1))
        return;
    const int bin = probability < 1 ? (int)(probability * MNN_BINS) : MNN_BINS - 1;
    a->in_bin[bin]++;
    a->right_in_bin[bin] += right;
    a->sum_in_bin[bin] += probability;
}

static void add_mistake(mnn_analysis *a, const mnn_mistake *m)
{
    int at = a->worst_count;
    while (at > 0 && a->worst[at - 1].loss < m->loss)
        at--;
    if (at == MNN_WORST)
        return;
    if (a->worst_count < MNN_WORST)
        a->worst_count++;
    memmove(a->worst + at + 1, a->worst + at, (size_t)(a->worst_count - 1 - at) * sizeof *m);
    a->worst[at] = *m;
}

static void keep_point(const mnn_model *model, const mnn_samples *samples, uint32_t sample, const float *output,
                       int label, mnn_analysis *a)
{
    const size_t at = (size_t)a->points++ * (size_t)a->outputs;
    memcpy(a->output + at, output, (size_t)a->outputs * sizeof *output);
    if (a->target)
        memcpy(a->target + at, samples->set->labels.values + (size_t)sample * (size_t)model->output_size,
               (size_t)a->outputs * sizeof *output);
    a->label[a->points - 1] = label;
}

static void add_sample(const mnn_model *model, const mnn_samples *samples, uint32_t i, int row, mnn_analysis *a)
{
    const uint32_t sample = mnn_sample_number(samples, i);
    const float *output = model->output + (size_t)row * (size_t)model->output_size;
    mnn_mistake m = {.sample = sample, .loss = (double)model->row_loss[row], .label = -1, .predicted = -1};
    if (a->classes) {
        m.label = samples->set->labels.data[sample];
        m.predicted = mnn_predicted_class(model, output);
        m.probability = probability_of(model, output, m.predicted);
        a->confusion[(size_t)m.label * (size_t)a->classes + (size_t)m.predicted]++;
        add_bin(a, m.probability, m.label == m.predicted);
    }
    if (!a->classes || m.label != m.predicted)
        add_mistake(a, &m);
    const uint32_t every = (samples->count + MNN_POINTS - 1) / MNN_POINTS;
    if (i % every == 0 && a->points < MNN_POINTS)
        keep_point(model, samples, sample, output, m.label, a);
}

/* --- all of them ---------------------------------------------------------------------------------- */

static mnn_status allocate(const mnn_model *model, mnn_analysis *a, mnn_error *err)
{
    const size_t outputs = (size_t)a->outputs;
    a->confusion = calloc((size_t)a->classes * (size_t)a->classes + 1, sizeof *a->confusion);
    a->output = malloc(MNN_POINTS * outputs * sizeof *a->output);
    a->label = malloc(MNN_POINTS * sizeof *a->label);
    if (model->label_kind == MNN_LABEL_VALUE)
        a->target = malloc(MNN_POINTS * outputs * sizeof *a->target);
    return a->confusion && a->output && a->label && (a->target || model->label_kind != MNN_LABEL_VALUE)
               ? MNN_OK
               : mnn_fail(err, MNN_ENOMEM, "out of memory");
}

static void predict_all(const mnn_model *model, mnn_pool *pool, const mnn_samples *samples, uint32_t *index,
                        mnn_analysis *a)
{
    const uint32_t most = (uint32_t)model->batch_size;
    mnn_batch batch = mnn_dataset_batch(samples->set);
    batch.index = index;
    for (uint32_t seen = 0; seen < samples->count; seen += (uint32_t)batch.rows) {
        const uint32_t left = samples->count - seen;
        batch.rows = (int)(left < most ? left : most);
        for (int r = 0; r < batch.rows; r++)
            index[r] = mnn_sample_number(samples, seen + (uint32_t)r);
        mnn_run_forward(model, pool, &batch, true);
        for (int r = 0; r < batch.rows; r++)
            add_sample(model, samples, seen + (uint32_t)r, r, a);
    }
}

mnn_status mnn_analyse(const mnn_model *model, mnn_pool *pool, const mnn_samples *samples, mnn_analysis *out,
                       mnn_error *err)
{
    mnn_analysis a = {.samples = samples->count};
    a.classes = model->label_kind == MNN_LABEL_CLASS ? model->classes : 0;
    a.outputs = a.classes || model->output_size < MNN_SHOWN_OUTPUTS ? model->output_size : MNN_SHOWN_OUTPUTS;
    uint32_t *index = malloc((size_t)model->batch_size * sizeof *index);
    mnn_status status = index ? allocate(model, &a, err) : mnn_fail(err, MNN_ENOMEM, "out of memory");
    if (!status)
        predict_all(model, pool, samples, index, &a);
    free(index);
    if (status)
        mnn_analysis_free(&a);
    else
        *out = a;
    return status;
}

void mnn_analysis_free(mnn_analysis *a)
{
    free(a->confusion);
    free(a->output);
    free(a->target);
    free(a->label);
    *a = (mnn_analysis){0};
}

double mnn_calibration_error(const mnn_analysis *a)
{
    double sum = 0, all = 0;
    for (int b = 0; b < MNN_BINS; b++) {
        sum += fabs((double)a->right_in_bin[b] - a->sum_in_bin[b]);
        all += (double)a->in_bin[b];
    }
    return all > 0 ? sum / all : 0;
}

/* --- principal components ------------------------------------------------------------------------- */

enum { ROUNDS = 100 };

static void centre(const mnn_analysis *a, double *values)
{
    for (int k = 0; k < a->outputs; k++) {
        double sum = 0;
        for (int i = 0; i < a->points; i++)
            sum += (double)a->output[i * a->outputs + k];
        for (int i = 0; i < a->points; i++)
            values[i * a->outputs + k] = (double)a->output[i * a->outputs + k] - sum / a->points;
    }
}

/** The direction of the largest variance, and the coordinates along it, which are then taken out of the values. */
static void take_component(const mnn_analysis *a, double *values, double *direction, double *next, double *along)
{
    const int n = a->points, width = a->outputs;
    for (int k = 0; k < width; k++)
        direction[k] = 1.0 / (k + 1); /* no symmetry that could hide a component */
    for (int round = 0; round <= ROUNDS; round++) {
        double length = 0;
        memset(next, 0, (size_t)width * sizeof *next);
        for (int i = 0; i < n; i++) {
            along[i] = 0;
            for (int k = 0; k < width; k++)
                along[i] += values[i * width + k] * direction[k];
            for (int k = 0; k < width; k++)
                next[k] += along[i] * values[i * width + k];
        }
        for (int k = 0; k < width; k++)
            length += next[k] * next[k];
        if (length == 0 || round == ROUNDS)
            break;
        for (int k = 0; k < width; k++)
            direction[k] = next[k] / sqrt(length);
    }
    for (int i = 0; i < n; i++)
        for (int k = 0; k < width; k++)
            values[i * width + k] -= along[i] * direction[k];
}

void mnn_principal_components(const mnn_analysis *a, double *x, double *y)
{
    double *values = malloc((size_t)a->points * (size_t)a->outputs * sizeof *values);
    double *directions = malloc(2 * (size_t)a->outputs * sizeof *directions);
    memset(x, 0, (size_t)a->points * sizeof *x);
    memset(y, 0, (size_t)a->points * sizeof *y);
    if (values && directions) {
        centre(a, values);
        take_component(a, values, directions, directions + a->outputs, x);
        take_component(a, values, directions, directions + a->outputs, y);
    }
    free(values);
    free(directions);
}
