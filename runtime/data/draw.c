/* A data set of random numbers, for what needs the shapes of a data set and not its meaning. */
#include <math.h>
#include <stdlib.h>

#include "data/dataset.h"
#include "mnn/rng.h"

static uint32_t draw(uint64_t seed, uint32_t kind, size_t i)
{
    return mnn_random(seed, MNN_STREAM_GRADCHECK + 1, kind, i).word[0];
}

/* In [-1, 1). */
static float draw_number(uint64_t seed, uint32_t kind, size_t i)
{
    return 2.0f * mnn_uniform(draw(seed, kind, i)) - 1.0f;
}

/* Bytes where the description makes small numbers of them, else floats that become numbers in [-1, 1): what
 * the model sees is near 1, where float and double agree best. */
static bool draw_images(const mnn_model *model, uint64_t seed, mnn_array *images, size_t count)
{
    const float scale = model->scale, shift = model->shift;
    if (fabsf(scale) * 255.0f <= 16.0f) {
        images->data = malloc(count);
        for (size_t i = 0; images->data && i < count; i++)
            images->data[i] = (uint8_t)draw(seed, 0, i);
        return images->data != NULL;
    }
    images->values = malloc(count * sizeof *images->values);
    for (size_t i = 0; images->values && i < count; i++)
        images->values[i] = (draw_number(seed, 0, i) - shift) / scale;
    return images->values != NULL;
}

static bool draw_labels(const mnn_model *model, uint64_t seed, mnn_array *labels, size_t count)
{
    if (model->label_kind == MNN_LABEL_INPUT)
        return true;
    if (model->label_kind == MNN_LABEL_CLASS) {
        labels->data = malloc(count);
        for (size_t i = 0; labels->data && i < count; i++)
            labels->data[i] = (uint8_t)(draw(seed, 1, i) % (uint32_t)model->classes);
        return labels->data != NULL;
    }
    count *= (size_t)model->output_size;
    labels->values = malloc(count * sizeof *labels->values);
    for (size_t i = 0; labels->values && i < count; i++)
        labels->values[i] = draw_number(seed, 1, i);
    return labels->values != NULL;
}

mnn_status mnn_dataset_draw(const mnn_model *model, uint64_t seed, uint32_t count, mnn_dataset *out, mnn_error *err)
{
    mnn_dataset set = {.count = count};
    if (!draw_images(model, seed, &set.images, (size_t)model->sample_size * count) ||
        !draw_labels(model, seed, &set.labels, count)) {
        mnn_dataset_free(&set);
        return mnn_fail(err, MNN_ENOMEM, "out of memory for %u random samples", (unsigned)count);
    }
    *out = set;
    return MNN_OK;
}
