#include "data/levels.h"

#include <stddef.h>
#include <stdlib.h>

enum { LEVELS = 256 };

static void count_levels(const mnn_image *grey, size_t seen[LEVELS])
{
    const size_t size = (size_t)grey->width * (size_t)grey->height;
    for (size_t i = 0; i < size; i++)
        seen[grey->pixels[i]]++;
}

static int median(const size_t seen[LEVELS])
{
    size_t count = 0;
    int level = 0;
    for (int i = 0; i < LEVELS; i++)
        count += seen[i];
    for (size_t below = seen[0]; 2 * below < count; below += seen[++level])
        continue;
    return level;
}

int mnn_border_level(const mnn_image *grey)
{
    size_t seen[LEVELS] = {0};
    const size_t width = (size_t)grey->width, height = (size_t)grey->height;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x += y == 0 || y == height - 1 || width == 1 ? 1 : width - 1)
            seen[grey->pixels[y * width + x]]++;
    return median(seen);
}

int mnn_otsu_level(const mnn_image *grey, double *dark, double *light)
{
    size_t seen[LEVELS] = {0};
    double count = 0, sum = 0, below = 0, sum_below = 0, best = -1;
    int level = 0;
    count_levels(grey, seen);
    for (int i = 0; i < LEVELS; i++) {
        count += (double)seen[i];
        sum += (double)seen[i] * i;
    }
    *dark = *light = sum / count;
    for (int i = 0; i < LEVELS - 1; i++) {
        below += (double)seen[i];
        sum_below += (double)seen[i] * i;
        if (below == 0 || below == count)
            continue;
        const double a = sum_below / below, b = (sum - sum_below) / (count - below);
        const double between = below * (count - below) * (b - a) * (b - a);
        if (between > best) {
            best = between;
            level = i;
            *dark = a;
            *light = b;
        }
    }
    return level;
}

bool mnn_is_uniform(const mnn_image *image)
{
    const size_t channels = (size_t)image->channels;
    const size_t size = (size_t)image->width * (size_t)image->height * channels;
    for (size_t k = 0; k < channels; k++) {
        int least = LEVELS, most = -1;
        for (size_t i = k; i < size; i += channels) {
            least = image->pixels[i] < least ? image->pixels[i] : least;
            most = image->pixels[i] > most ? image->pixels[i] : most;
        }
        if (most - least >= MNN_LEVELS_NEAR)
            return false;
    }
    return true;
}

/* Differences of the pixels that are distance apart, along rows and columns. */
static void count_differences(const mnn_image *grey, int distance, size_t seen[LEVELS])
{
    const int width = grey->width, height = grey->height;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const uint8_t *pixel = grey->pixels + (size_t)y * (size_t)width + (size_t)x;
            if (x + distance < width)
                seen[abs(pixel[0] - pixel[distance])]++;
            if (y + distance < height)
                seen[abs(pixel[0] - pixel[(size_t)distance * (size_t)width])]++;
        }
}

/* The standard deviation of noise, from the differences of neighbours, whose median is 0.954 of it. Noise that is cut
 * off at black or white leaves many equal neighbours, a clean drawing leaves more. */
static double noise_of(size_t seen[LEVELS])
{
    size_t count = 0;
    for (int i = 0; i < LEVELS; i++)
        count += seen[i];
    if (2 * seen[0] < count)
        seen[0] = 0;
    return median(seen) / 0.954;
}

/* The edges of ink are steeper than a gradient of the paper: pixels that are a stroke apart are compared. 8.5 standard
 * deviations of Gaussian noise are exceeded by one difference in 10^9; SPECKS allows for other noise. In small images
 * neighbours differ because of the drawing. */
bool mnn_is_blank(const mnn_image *grey)
{
    enum { STROKES = 14, SPECKS = 8, TINY = 14, SMALL = 56, MOST_OF_SMALL = 64 };
    const int side = grey->width < grey->height ? grey->width : grey->height;
    size_t near[LEVELS] = {0}, apart[LEVELS] = {0};
    double limit = 2 * MNN_LEVELS_NEAR;
    if (mnn_is_uniform(grey))
        return true;
    if (side < TINY)
        return false;
    count_differences(grey, 1, near);
    count_differences(grey, side / STROKES, apart);
    const double noise = noise_of(near);
    limit = 8.5 * noise > limit ? 8.5 * noise : limit;
    limit = side < SMALL && limit > MOST_OF_SMALL ? MOST_OF_SMALL : limit;
    size_t steep = 0;
    for (int i = 0; i < LEVELS; i++)
        steep += i > limit ? apart[i] : 0;
    return steep <= SPECKS;
}
