/* See learn.h. */
#include "data/learn.h"

#include <math.h>
#include <stdlib.h>

/* The values of one channel. */
typedef struct channel {
    double mean, squares; /* the sum of squared differences from the mean (Welford 1962) */
    double low, high;
    uint64_t count;
} channel;

static void take(channel *c, double x)
{
    const double difference = x - c->mean;
    c->count++;
    c->mean += difference / (double)c->count;
    c->squares += difference * (x - c->mean);
    c->low = c->count == 1 || x < c->low ? x : c->low;
    c->high = c->count == 1 || x > c->high ? x : c->high;
}

static void take_all(const mnn_model *model, const mnn_samples *samples, channel *channels, int count)
{
    const mnn_array *images = &samples->set->images;
    const size_t size = (size_t)model->sample_size;
    for (uint32_t s = 0; s < samples->count; s++) {
        const size_t first = (size_t)mnn_sample_number(samples, s) * size;
        for (size_t i = 0; i < size; i++) {
            const float x = images->data ? (float)images->data[first + i] : images->values[first + i];
            take(&channels[i % (size_t)count], (double)(x * model->scale + model->shift));
        }
    }
}

static bool is_minmax(const mnn_tensor *t)
{
    return t->initializer == MNN_INIT_MINMAX_SCALE || t->initializer == MNN_INIT_MINMAX_CENTER;
}

static bool is_learnt(const mnn_tensor *t)
{
    return is_minmax(t) || t->initializer == MNN_INIT_STANDARDIZE_SCALE ||
           t->initializer == MNN_INIT_STANDARDIZE_CENTER;
}

/* A constant channel, and one whose scale is no float, keeps the scale 1. */
static float scale_of(const mnn_tensor *t, const channel *c)
{
    const double spread = is_minmax(t) ? c->high - c->low : sqrt(c->squares / (double)c->count);
    const float scale = (float)((is_minmax(t) ? t->b - t->a : 1) / spread);
    return isfinite(scale) && scale != 0 ? scale : 1.0f;
}

static float center_of(const mnn_tensor *t, const channel *c)
{
    return (float)(is_minmax(t) ? c->low - t->a / (double)scale_of(t, c) : c->mean);
}

static mnn_status learn(const mnn_model *model, const mnn_tensor *t, const mnn_samples *samples, mnn_error *err)
{
    channel *channels = calloc((size_t)t->size, sizeof *channels);
    const bool scale = t->initializer == MNN_INIT_STANDARDIZE_SCALE || t->initializer == MNN_INIT_MINMAX_SCALE;
    if (!channels)
        return mnn_fail(err, MNN_ENOMEM, "out of memory for the statistics of %d channels", t->size);
    take_all(model, samples, channels, t->size);
    for (int k = 0; k < t->size; k++)
        model->params[t->offset + k] = scale ? scale_of(t, &channels[k]) : center_of(t, &channels[k]);
    free(channels);
    return MNN_OK;
}

mnn_status mnn_learn(const mnn_model *model, const mnn_samples *samples, mnn_error *err)
{
    mnn_status status = MNN_OK;
    for (int i = 0; i < model->tensor_count && !status; i++)
        if (is_learnt(&model->tensors[i]))
            status = learn(model, &model->tensors[i], samples, err);
    return status;
}
