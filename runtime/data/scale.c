#include "data/scale.h"

#include <math.h>

/* One row or column of pixels, apart by step, and the same scaled. */
typedef struct line {
    int count;
    size_t step;
} line;

/* The pixels under pixel i of the result lie within reach of the centre. */
static double centre_of(int i, double ratio, double *reach)
{
    *reach = ratio > 1 ? ratio : 1;
    return ((double)i + 0.5) * ratio - 0.5;
}

static float clamped_sum(const float *in, line from, double centre, double reach)
{
    double sum = 0, weights = 0;
    const int first = (int)ceil(centre - reach), last = (int)floor(centre + reach);
    for (int j = first < 0 ? 0 : first; j <= last && j < from.count; j++) {
        const double weight = 1 - fabs((double)j - centre) / reach;
        sum += weight * (double)in[(size_t)j * from.step];
        weights += weight;
    }
    return (float)(weights > 0 ? sum / weights : 0);
}

static void scale_line(const float *in, line from, float *out, line to)
{
    const double ratio = (double)from.count / to.count;
    for (int i = 0; i < to.count; i++) {
        double reach;
        const double centre = centre_of(i, ratio, &reach);
        out[(size_t)i * to.step] = clamped_sum(in, from, centre, reach);
    }
}

size_t mnn_scale_room(mnn_box box, const mnn_image *out)
{
    const size_t channels = (size_t)out->channels, width = (size_t)box.width, height = (size_t)box.height;
    return channels * width + channels * (size_t)out->width * height + (size_t)out->height;
}

/* Rows of the box first, into [box.height, out.width, channels], then the columns. */
void mnn_scale(const mnn_image *in, mnn_box box, mnn_image *out, float *room)
{
    const size_t channels = (size_t)in->channels, width = (size_t)out->width * channels;
    float *row = room, *middle = row + (size_t)box.width * channels, *column = middle + width * (size_t)box.height;
    for (int y = 0; y < box.height; y++) {
        const uint8_t *from = in->pixels + ((size_t)(box.top + y) * (size_t)in->width + (size_t)box.left) * channels;
        for (size_t i = 0; i < (size_t)box.width * channels; i++)
            row[i] = (float)from[i];
        for (size_t k = 0; k < channels; k++)
            scale_line(row + k, (line){box.width, channels}, middle + (size_t)y * width + k,
                       (line){out->width, channels});
    }
    for (size_t x = 0; x < width; x++) {
        scale_line(middle + x, (line){box.height, width}, column, (line){out->height, 1});
        for (int y = 0; y < out->height; y++)
            out->pixels[(size_t)y * width + x] = (uint8_t)(column[y] + 0.5f);
    }
}
