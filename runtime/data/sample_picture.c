#include "data/sample_picture.h"

#include <string.h>

#include "mnn/augment.h"
#include "mnn/prepare.h"

bool mnn_dataset_picture(const mnn_model *model, const mnn_dataset *set, mnn_image *form)
{
    const mnn_array *file = &set->images;
    if (file->rank == 3 || file->rank == 4) {
        const uint32_t channels = file->rank == 4 ? file->dims[3] : 1;
        *form = (mnn_image){(int)file->dims[2], (int)file->dims[1], (int)channels, NULL};
        return channels == 1 || channels == 3;
    }
    /* a row of floats with as many numbers as a square has is still a row of a table */
    return (file->data != NULL || model->sample_rank > 1) && mnn_model_picture(model, form);
}

static void to_bytes(const float *values, int size, float black, float white, uint8_t *pixels)
{
    for (int i = 0; i < size; i++) {
        const float x = 255 * (values[i] - black) / (white - black);
        pixels[i] = (uint8_t)(x >= 255 ? 255 : x > 0 ? x + 0.5f : 0);
    }
}

/* The smallest and the largest; apart, also when they are equal. */
static void find_range(const float *values, int size, float *least, float *most)
{
    *least = *most = values[0];
    for (int i = 1; i < size; i++) {
        *least = values[i] < *least ? values[i] : *least;
        *most = values[i] > *most ? values[i] : *most;
    }
    if (*most == *least)
        *most = *least + 1;
}

void mnn_sample_pixels(const mnn_model *model, const mnn_dataset *set, uint32_t sample, uint8_t *pixels)
{
    const int size = model->sample_size;
    const size_t at = (size_t)sample * (size_t)size;
    float least, most;
    if (set->images.data) {
        memcpy(pixels, set->images.data + at, (size_t)size);
        return;
    }
    find_range(set->images.values + at, size, &least, &most);
    to_bytes(set->images.values + at, size, least, most, pixels);
}

void mnn_augmented_pixels(const mnn_model *model, const mnn_dataset *set, uint32_t sample, uint64_t seed, uint64_t step,
                          float *scratch, uint8_t *pixels)
{
    const int size = model->sample_size;
    const size_t at = (size_t)sample * (size_t)size;
    const mnn_batch batch = {.index = &sample, .rows = 1, .seed = seed, .step = step};
    float *seen = scratch, *changed = scratch + size, black = model->shift, white = 255 * model->scale + model->shift;
    for (int i = 0; i < size; i++)
        seen[i] = (set->images.data ? (float)set->images.data[at + (size_t)i] : set->images.values[at + (size_t)i]) *
                      model->scale +
                  model->shift;
    if (!set->images.data)
        find_range(seen, size, &black, &white);
    if (model->motion)
        mnn_augment_move(model->motion, &batch, 0, seen, changed);
    else
        memcpy(changed, seen, (size_t)size * sizeof *seen);
    if (model->noise > 0)
        mnn_augment_noise(model->noise, &batch, 0, size, changed);
    to_bytes(changed, size, black, white, pixels);
}
