#include "cli/grid.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The side of an image in the grid, the grid's side, and the space between the images, in pixels. */
enum { CELL = 112, MOST = 8192, GAP = 12 };

/* Digits of 3 x 5 points, a row in three bits. */
enum { DIGIT_WIDTH = 3, DIGIT_HEIGHT = 5, POINT = 3 };
static const uint8_t digits[10][DIGIT_HEIGHT] = {
    {7, 5, 5, 5, 7}, {2, 6, 2, 2, 7}, {7, 1, 7, 4, 7}, {7, 1, 7, 1, 7}, {5, 5, 7, 1, 1},
    {7, 4, 7, 1, 7}, {7, 4, 7, 5, 7}, {7, 1, 1, 2, 2}, {7, 5, 7, 5, 7}, {7, 5, 7, 1, 7},
};

/* The layout that follows from the size and number of the images. */
typedef struct layout {
    int columns, rows;
    int zoom;          /* of the images */
    int label;         /* height of the labels with the space above them; 0: there are none */
    int width, height; /* of an image as it is shown */
} layout;

static layout layout_of(const mnn_image *image, int count, bool labelled)
{
    layout l = {.columns = 1, .label = labelled ? (DIGIT_HEIGHT + 2) * POINT : 0};
    while (l.columns * l.columns < count)
        l.columns++;
    l.rows = (count + l.columns - 1) / l.columns;
    const int side = image->width > image->height ? image->width : image->height;
    const int room = MOST / l.columns < CELL ? MOST / l.columns : CELL;
    l.zoom = room > side ? room / side : 1;
    l.width = image->width * l.zoom;
    l.height = image->height * l.zoom;
    return l;
}

static void put(mnn_image *out, int x, int y, const uint8_t *pixel)
{
    const size_t channels = (size_t)out->channels;
    memcpy(out->pixels + ((size_t)y * (size_t)out->width + (size_t)x) * channels, pixel, channels);
}

static void put_picture(mnn_image *out, const layout *l, const mnn_image *image, int left, int top)
{
    const size_t channels = (size_t)image->channels;
    for (int y = 0; y < l->height; y++)
        for (int x = 0; x < l->width; x++)
            put(out, left + x, top + y,
                image->pixels + ((size_t)(y / l->zoom) * (size_t)image->width + (size_t)(x / l->zoom)) * channels);
}

/* Centred below an image, as far as there is space. */
static void put_label(mnn_image *out, const layout *l, int label, int left, int top)
{
    static const uint8_t black[3] = {0, 0, 0};
    char text[16];
    const int length = snprintf(text, sizeof text, "%d", label), advance = (DIGIT_WIDTH + 1) * POINT;
    int x0 = left + (l->width - length * advance) / 2;
    x0 = x0 < left ? left : x0;
    for (int i = 0; i < length && x0 + advance <= left + l->width + GAP; i++, x0 += advance)
        for (int y = 0; y < DIGIT_HEIGHT * POINT; y++)
            for (int x = 0; x < DIGIT_WIDTH * POINT; x++)
                if (digits[text[i] - '0'][y / POINT] >> (DIGIT_WIDTH - 1 - x / POINT) & 1)
                    put(out, x0 + x, top + y, black);
}

mnn_status mnn_grid(const mnn_image *images, const int *labels, int count, mnn_image *out, mnn_error *err)
{
    const layout l = layout_of(images, count, labels != NULL);
    mnn_image grid = {.width = l.columns * (l.width + GAP) + GAP,
                      .height = l.rows * (l.height + l.label + GAP) + GAP,
                      .channels = images[0].channels};
    const size_t size = (size_t)grid.width * (size_t)grid.height * (size_t)grid.channels;
    grid.pixels = malloc(size);
    if (!grid.pixels)
        return mnn_fail(err, MNN_ENOMEM, "out of memory for an image of %dx%d", grid.width, grid.height);
    memset(grid.pixels, 255, size);
    for (int i = 0; i < count; i++) {
        const int left = GAP + i % l.columns * (l.width + GAP);
        const int top = GAP + i / l.columns * (l.height + l.label + GAP);
        put_picture(&grid, &l, &images[i], left, top);
        if (labels && labels[i] >= 0)
            put_label(&grid, &l, labels[i], left, top + l.height + POINT);
    }
    *out = grid;
    return MNN_OK;
}
