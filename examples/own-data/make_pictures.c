/* Draw PNG pictures of three classes to try the example with: dark discs, squares and triangles of any hue on light
 * paper, in pictures of many sizes.
 *
 *   make_pictures COUNT FOLDER
 *
 * FOLDER must hold the folders disc, square and triangle. COUNT pictures are written to each, the same ones every
 * time. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "mnn/image.h"

enum { CLASSES = 3 };

static const char *const names[CLASSES] = {"disc", "square", "triangle"};

static uint64_t state = 88172645463325252u;

/* 0 to n - 1: xorshift64 (Marsaglia 2003) */
static int drawn(int n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (int)(state >> 33) % n;
}

/* Whether the figure of size 1 around 0 covers a point. */
static int covers(int class, double x, double y)
{
    if (class == 0)
        return x * x + y * y < 1;
    if (class == 1)
        return fabs(x) < 0.9 && fabs(y) < 0.9;
    return y < 0.8 && y > 2 * fabs(x) - 1;
}

static void draw(mnn_image *image, int class)
{
    const int shorter = image->width < image->height ? image->width : image->height;
    const double size = shorter * (0.3 + 0.001 * drawn(100));
    const double x0 = image->width * (0.4 + 0.002 * drawn(100)), y0 = image->height * (0.4 + 0.002 * drawn(100));
    int ink[3], paper[3];
    for (int k = 0; k < 3; k++) {
        ink[k] = drawn(128);
        paper[k] = 160 + drawn(96);
    }
    uint8_t *pixel = image->pixels;
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            for (int k = 0; k < 3; k++)
                *pixel++ = (uint8_t)(covers(class, (x - x0) / size, (y - y0) / size) ? ink[k] : paper[k]);
}

int main(int argc, char **argv)
{
    const int count = argc == 3 ? atoi(argv[1]) : 0;
    static uint8_t pixels[160 * 160 * 3];
    if (count < 1) {
        fprintf(stderr, "usage: make_pictures COUNT FOLDER\n");
        return 2;
    }
    for (int i = 0; i < CLASSES * count; i++) {
        char path[4096];
        mnn_error err;
        mnn_image image = {40 + drawn(120), 40 + drawn(120), 3, pixels};
        draw(&image, i % CLASSES);
        snprintf(path, sizeof path, "%s/%s/%03d.png", argv[2], names[i % CLASSES], i / CLASSES);
        const mnn_status status = mnn_png_save(path, &image, &err);
        if (status != MNN_OK) {
            fprintf(stderr, "error: %s\n", err.text);
            return (int)status;
        }
    }
    return 0;
}
