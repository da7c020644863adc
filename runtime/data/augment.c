#include "mnn/augment.h"

#include <math.h>

#include "mnn/rng.h"

enum { NOISE_STREAM = MNN_STREAM_AUGMENT + 1, FLIP_STREAM };

static const float PI = 3.14159265f;

/* In [-most, most). */
static float drawn(uint32_t bits, float most)
{
    return (2.0f * mnn_uniform(bits) - 1.0f) * most;
}

/* The position in the image that the pixel (y, x) of the result comes from:
 *     source_y = yy y + yx x + top,  source_x = xy y + xx x + left */
typedef struct placement {
    float yy, yx, top, xy, xx, left;
} placement;

/* Mirror the source. */
static void draw_flip(const mnn_motion *m, mnn_random4 bits, placement *at)
{
    if ((m->flip & MNN_FLIP_VERTICAL) && (bits.word[0] & 1))
        *at = (placement){-at->yy, -at->yx, (float)(m->height - 1) - at->top, at->xy, at->xx, at->left};
    if ((m->flip & MNN_FLIP_HORIZONTAL) && (bits.word[1] & 1))
        *at = (placement){at->yy, at->yx, at->top, -at->xy, -at->xx, (float)(m->width - 1) - at->left};
}

/* Undo the shift, then the zoom and the rotation about the centre. */
static placement draw_placement(const mnn_motion *m, mnn_random4 bits)
{
    const float angle = drawn(bits.word[0], m->rotate) * (PI / 180.0f);
    const float zoom = 1.0f + drawn(bits.word[1], m->zoom);
    const float dy = drawn(bits.word[2], m->shift), dx = drawn(bits.word[3], m->shift);
    const float a = cosf(angle) / zoom, b = sinf(angle) / zoom;
    const float y = 0.5f * (float)(m->height - 1), x = 0.5f * (float)(m->width - 1);
    return (placement){a, b, y - a * (y + dy) - b * (x + dx), -b, a, x + b * (y + dy) - a * (x + dx)};
}

/* A coordinate outside of [0, size - 1] as one inside, unless pixels outside are constant. */
static float folded(const mnn_motion *m, float at, int size)
{
    const float last = (float)(size - 1), period = 2.0f * (float)size;
    if (m->fill == MNN_FILL_CONSTANT || (at >= 0.0f && at <= last))
        return at;
    if (m->fill == MNN_FILL_REFLECT) {
        float from_edge = fmodf(at + 0.5f, period);
        from_edge = from_edge < 0.0f ? from_edge + period : from_edge;
        at = (from_edge > (float)size ? period - from_edge : from_edge) - 0.5f;
    }
    return fminf(fmaxf(at, 0.0f), last);
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
    const uint32_t sample = batch->index[row];
    placement at = draw_placement(motion, mnn_random(batch->seed, MNN_STREAM_AUGMENT, sample, batch->step));
    if (motion->flip)
        draw_flip(motion, mnn_random(batch->seed, FLIP_STREAM, sample, batch->step), &at);
    const float height = (float)motion->height, width = (float)motion->width;
    for (int y = 0; y < motion->height; y++)
        for (int x = 0; x < motion->width; x++, out += motion->channels) {
            const float from_y = folded(motion, at.yy * (float)y + at.yx * (float)x + at.top, motion->height);
            const float from_x = folded(motion, at.xx * (float)x + at.xy * (float)y + at.left, motion->width);
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
