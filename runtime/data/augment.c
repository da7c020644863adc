#include "mnn/augment.h"

#include <math.h>

#include "mnn/rng.h"

enum { NOISE_STREAM = MNN_STREAM_AUGMENT + 1 };

static const float PI = 3.14159265f;

/* In [-most, most). */
static float drawn(uint32_t bits, float most)
{
    return (2.0f * mnn_uniform(bits) - 1.0f) * most;
}

/* The position in the image that the pixel (y, x) of the result comes from:
 *     source_y = a y + b x + top,  source_x = -b y + a x + left */
typedef struct placement {
    float a, b, top, left;
} placement;

/* Undo the shift, then the zoom and the rotation about the centre. */
static placement draw_placement(const mnn_motion *m, mnn_random4 bits)
{
    const float angle = drawn(bits.word[0], m->rotate) * (PI / 180.0f);
    const float zoom = 1.0f + drawn(bits.word[1], m->zoom);
    const float dy = drawn(bits.word[2], m->shift), dx = drawn(bits.word[3], m->shift);
    const float a = cosf(angle) / zoom, b = sinf(angle) / zoom;
    const float y = 0.5f * (float)(m->height - 1), x = 0.5f * (float)(m->width - 1);
    return (placement){a, b, y - a * (y + dy) - b * (x + dx), x + b * (y + dy) - a * (x + dx)};
}

/* The value of one channel, or what is outside. */
static float pixel(const mnn_motion *m, const float *in, int y, int x, int channel)
{
    if (y < 0 || y >= m->height || x < 0 || x >= m->width)
        return m->outside;
    return in[(y * m->width + x) * m->channels + channel];
}

/* The image at (y, x), between four pixels. */
static void interpolate(const mnn_motion *m, const float *in, float y, float x, float *out)
{
    const int top = (int)(y + 1.0f) - 1, left = (int)(x + 1.0f) - 1; /* y, x > -1 */
    const float down = y - (float)top, right = x - (float)left;
    const float w00 = (1.0f - down) * (1.0f - right), w01 = (1.0f - down) * right;
    const float w10 = down * (1.0f - right), w11 = down * right;
    const int row = m->width * m->channels;
    if (top >= 0 && left >= 0 && top + 1 < m->height && left + 1 < m->width) {
        const float *p = in + top * row + left * m->channels;
        for (int k = 0; k < m->channels; k++)
            out[k] = w00 * p[k] + w01 * p[m->channels + k] + w10 * p[row + k] + w11 * p[row + m->channels + k];
        return;
    }
    for (int k = 0; k < m->channels; k++)
        out[k] = w00 * pixel(m, in, top, left, k) + w01 * pixel(m, in, top, left + 1, k) +
                 w10 * pixel(m, in, top + 1, left, k) + w11 * pixel(m, in, top + 1, left + 1, k);
}

void mnn_augment_move(const mnn_motion *motion, const mnn_batch *batch, int row, const float *in, float *out)
{
    const placement at =
        draw_placement(motion, mnn_random(batch->seed, MNN_STREAM_AUGMENT, batch->index[row], batch->step));
    const float height = (float)motion->height, width = (float)motion->width;
    for (int y = 0; y < motion->height; y++)
        for (int x = 0; x < motion->width; x++, out += motion->channels) {
            const float from_y = at.a * (float)y + at.b * (float)x + at.top;
            const float from_x = at.a * (float)x - at.b * (float)y + at.left;
            if (from_y > -1.0f && from_y < height && from_x > -1.0f && from_x < width)
                interpolate(motion, in, from_y, from_x, out);
            else
                for (int k = 0; k < motion->channels; k++)
                    out[k] = motion->outside;
        }
}

/* Box and Muller (1958): four normal numbers from four uniform ones. */
static void draw_normal(mnn_random4 bits, float out[4])
{
    for (int i = 0; i < 4; i += 2) {
        const float radius = sqrtf(-2.0f * logf(1.0f - mnn_uniform(bits.word[i])));
        const float angle = 2.0f * PI * mnn_uniform(bits.word[i + 1]);
        out[i] = radius * cosf(angle);
        out[i + 1] = radius * sinf(angle);
    }
}

void mnn_augment_noise(float stddev, const mnn_batch *batch, int row, int size, float *values)
{
    const uint64_t blocks = ((uint64_t)size + 3) / 4;
    for (int i = 0; i < size; i += 4) {
        const uint64_t counter = batch->step * blocks + (uint64_t)(i / 4);
        float normal[4];
        draw_normal(mnn_random(batch->seed, NOISE_STREAM, batch->index[row], counter), normal);
        for (int k = 0; k < 4 && i + k < size; k++)
            values[i + k] += stddev * normal[k];
    }
}
