#include "train/stuck.h"

#include <math.h>
#include <string.h>

#include "train/metrics.h"

/* --- what guessing gives --------------------------------------------------------------------------- */

static double entropy(double share)
{
    return share > 0 ? -share * log(share) : 0;
}

/* The least loss of outputs that are the same for every sample; docs/language.md has the losses.
 * @param share  the fraction of the labels that are 1 at an output
 * @return what this output adds; negative: not known */
static double guess_of(const mnn_model *model, double share)
{
    static const char CATEGORICAL[] = "categorical_crossentropy";
    const double rest = 1 - share;
    if (strstr(model->loss_name, CATEGORICAL))
        return entropy(share);
    if (strcmp(model->loss_name, "binary_crossentropy") == 0)
        return (entropy(share) + entropy(rest)) / model->output_size;
    if (strcmp(model->loss_name, "mse") == 0)
        return share * rest / model->output_size;
    if (strcmp(model->loss_name, "mae") == 0)
        return fmin(share, rest) / model->output_size;
    if (strcmp(model->loss_name, "hinge") == 0)
        return 2 * fmin(share, rest) / model->output_size;
    return -1;
}

/* The fractions of the classes: the largest, and the loss of predicting them for every sample. */
static void look_at_classes(mnn_stuck *s, const mnn_samples *training)
{
    uint64_t count[MNN_CLASSES] = {0};
    for (uint32_t i = 0; i < training->count; i++)
        count[training->set->labels.data[mnn_sample_number(training, i)]]++;
    for (int c = 0; c < MNN_CLASSES; c++)
        s->share = fmax(s->share, (double)count[c] / training->count);
    s->of_loss = guess_of(s->model, s->share) >= 0;
    /* a single output is of class 1 */
    const int first = s->model->output_size == 1 ? 1 : 0, end = s->model->output_size == 1 ? 2 : s->model->classes;
    for (int c = first; c < end && s->of_loss; c++)
        s->guess += guess_of(s->model, (double)count[c] / training->count);
    s->watching = s->share < 1; /* of one class alone there is nothing to learn */
}

/* The variance of the targets, the mean over the outputs. */
static void look_at_values(mnn_stuck *s, const mnn_samples *training)
{
    const int size = s->model->output_size;
    const float *targets = training->set->labels.values;
    for (int j = 0; j < size; j++) {
        double sum = 0, squares = 0;
        for (uint32_t i = 0; i < training->count; i++)
            sum += (double)targets[(size_t)mnn_sample_number(training, i) * (size_t)size + (size_t)j];
        const double mean = sum / training->count;
        for (uint32_t i = 0; i < training->count; i++) {
            const double d = (double)targets[(size_t)mnn_sample_number(training, i) * (size_t)size + (size_t)j] - mean;
            squares += d * d;
        }
        s->guess += squares / training->count / size;
    }
    s->watching = s->guess > 0;
}

mnn_stuck mnn_stuck_new(const mnn_model *model, const mnn_samples *training)
{
    mnn_stuck s = {.model = model};
    if (model->label_kind == MNN_LABEL_CLASS && model->classes <= MNN_CLASSES)
        look_at_classes(&s, training);
    else if (model->label_kind == MNN_LABEL_VALUE)
        look_at_values(&s, training);
    return s;
}

/* --- what training gives --------------------------------------------------------------------------- */

static void count_class(mnn_stuck *s, const mnn_batch *batch, int row)
{
    const int said = mnn_predicted_class(s->model, s->model->output + (size_t)row * (size_t)s->model->output_size);
    s->said[said]++;
    s->right += said == batch->labels[batch->index[row]];
}

static void count_values(mnn_stuck *s, const mnn_batch *batch, int row)
{
    const size_t size = (size_t)s->model->output_size;
    const float *output = s->model->output + (size_t)row * size, *target = batch->targets + batch->index[row] * size;
    for (size_t j = 0; j < size; j++)
        s->squares += ((double)output[j] - (double)target[j]) * ((double)output[j] - (double)target[j]) / (double)size;
}

static void on_step(void *context, const mnn_step_report *r)
{
    const double learns = 0.9; /* of the loss of guessing: such an epoch is not looked at more closely */
    mnn_stuck *s = context;
    s->steps++;
    if (!s->watching || (s->of_loss && r->score.loss < learns * s->guess))
        return;
    s->rows += (uint64_t)r->batch->rows;
    for (int row = 0; row < r->batch->rows; row++)
        if (s->share > 0)
            count_class(s, r->batch, row);
        else
            count_values(s, r->batch, row);
}

/* --- the verdict ----------------------------------------------------------------------------------- */

/* @return the class of nearly all predictions, where the labels are not nearly all of one; -1: there is none */
static int find_only_class(const mnn_stuck *s)
{
    const double nearly = 0.995, most_labels = 0.8;
    for (int c = 0; c < MNN_CLASSES; c++)
        if ((double)s->said[c] >= nearly * (double)s->rows && s->share < most_labels)
            return c;
    return -1;
}

static bool guesses(const mnn_stuck *s, mnn_stuck_report *seen)
{
    const double rows = (double)s->rows;
    if (s->rows == 0)
        return false;
    if (s->share == 0) {
        seen->loss = s->squares / rows;
        return seen->loss >= 0.98 * s->guess;
    }
    const double chance = 2 * sqrt(s->share * (1 - s->share) / rows);
    seen->accuracy = (double)s->right / rows;
    seen->class = find_only_class(s);
    return seen->accuracy <= s->share + 0.02 * (1 - s->share) + chance &&
           (seen->class >= 0 || (s->of_loss && seen->loss >= 0.97 * s->guess));
}

static bool is_time(const mnn_stuck *s, const mnn_epoch_report *r)
{
    if (r->epoch == r->epochs && s->epochs >= 3 && s->steps >= 30)
        return true;
    return s->steps >= 200 && (s->epochs >= 2 || (s->epochs >= 1 && r->steps >= 1000));
}

static void on_epoch_end(void *context, const mnn_epoch_report *r)
{
    mnn_stuck *s = context;
    mnn_stuck_report seen = {.epoch = r->epoch,
                             .learning_rate = r->learning_rate,
                             .loss = r->score.loss,
                             .guess = s->guess,
                             .share = s->share,
                             .class = -1};
    if (!s->watching)
        return;
    s->epochs = guesses(s, &seen) ? s->epochs + 1 : 0;
    if (is_time(s, r)) {
        s->watching = false;
        s->tell(s->context, &seen);
    }
    if (s->epochs == 0 && !s->of_loss)
        s->watching = false; /* it learns, and to look at each step would cost time */
    s->rows = s->right = 0;
    s->squares = 0;
    memset(s->said, 0, sizeof s->said);
}

mnn_observer mnn_stuck_observer(mnn_stuck *s)
{
    return (mnn_observer){.context = s, .on_step = on_step, .on_epoch_end = on_epoch_end};
}
