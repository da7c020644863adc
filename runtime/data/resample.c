#include "data/resample.h"

#include <math.h>
#include <stdlib.h>

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

/* Rows of the box first, into [box.height, out.width, channels], then the columns. */
static void scale(const mnn_image *in, mnn_box box, float *row, float *middle, float *column, mnn_image *out)
{
    const size_t channels = (size_t)in->channels, width = (size_t)out->width * channels;
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

mnn_status mnn_resample(const mnn_image *in, mnn_box box, mnn_image *out, mnn_error *err)
{
    const size_t channels = (size_t)in->channels;
    const size_t width = (size_t)out->width * channels;
    float *row = malloc((size_t)box.width * channels * sizeof *row);
    float *middle = malloc(width * (size_t)box.height * sizeof *middle);
    float *column = malloc((size_t)out->height * sizeof *column);
    mnn_status status = MNN_OK;
    out->pixels = malloc(width * (size_t)out->height);
    if (row && middle && column && out->pixels)
        scale(in, box, row, middle, column, out);
    else
        status = mnn_fail(err, MNN_ENOMEM, "out of memory for a picture");
    if (status)
        mnn_image_free(out);
    free(row);
    free(middle);
    free(column);
    return status;
}
