/* Write a made-up data set of drawn digits, where MNIST is not there: four IDX files with MNIST's names.
 *
 *   make_strokes FOLDER SEED TRAIN_COUNT TEST_COUNT
 *
 * A digit is a line from point to point, its points moved a little, slanted, turned, stretched, and drawn with a pen of
 * any width; then it is made a picture as "predict" makes one. The folder must be there. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/digit.h"

enum { SIDE = 80, CLASSES = 10, MOST_POINTS = 13, PICTURE = MNN_DIGIT_FIELD * MNN_DIGIT_FIELD };

typedef struct point {
    float x, y;
} point;

typedef struct stroke {
    int count;
    point at[MOST_POINTS];
} stroke;

/* in a square of side 1 */
static const stroke digits[CLASSES] = {
    {13,
     {{.5f, .15f},
      {.6f, .2f},
      {.67f, .33f},
      {.7f, .5f},
      {.67f, .67f},
      {.6f, .8f},
      {.5f, .85f},
      {.4f, .8f},
      {.33f, .67f},
      {.3f, .5f},
      {.33f, .33f},
      {.4f, .2f},
      {.5f, .15f}}},
    {2, {{.5f, .15f}, {.5f, .85f}}},
    {7, {{.25f, .3f}, {.35f, .17f}, {.55f, .13f}, {.72f, .25f}, {.68f, .42f}, {.25f, .85f}, {.78f, .85f}}},
    {9,
     {{.25f, .18f},
      {.5f, .13f},
      {.72f, .25f},
      {.66f, .42f},
      {.48f, .48f},
      {.7f, .58f},
      {.72f, .75f},
      {.5f, .87f},
      {.25f, .8f}}},
    {4, {{.6f, .87f}, {.6f, .13f}, {.22f, .62f}, {.8f, .62f}}},
    {8, {{.72f, .14f}, {.34f, .14f}, {.3f, .46f}, {.55f, .43f}, {.72f, .6f}, {.65f, .8f}, {.45f, .87f}, {.25f, .8f}}},
    {9,
     {{.62f, .13f},
      {.38f, .35f},
      {.27f, .65f},
      {.38f, .85f},
      {.6f, .85f},
      {.7f, .68f},
      {.6f, .53f},
      {.4f, .55f},
      {.29f, .66f}}},
    {3, {{.25f, .17f}, {.75f, .17f}, {.48f, .87f}}},
    {12,
     {{.5f, .48f},
      {.32f, .32f},
      {.38f, .17f},
      {.6f, .15f},
      {.68f, .28f},
      {.5f, .48f},
      {.3f, .65f},
      {.33f, .82f},
      {.55f, .87f},
      {.7f, .75f},
      {.66f, .6f},
      {.5f, .48f}}},
    {9,
     {{.7f, .3f},
      {.6f, .45f},
      {.4f, .47f},
      {.29f, .32f},
      {.38f, .17f},
      {.58f, .14f},
      {.7f, .27f},
      {.68f, .55f},
      {.55f, .87f}}},
};

static uint64_t state;

/* xorshift64* (Vigna 2016), between two numbers */
static float between(float least, float most)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return least + (most - least) * (float)(uint32_t)((state * 0x2545F4914F6CDD1Du) >> 32) / 4294967296.0f;
}

/* By the same hand all over: slant, angle and width of a digit. */
static stroke write_by_hand(const stroke *digit)
{
    const float angle = between(-.15f, .15f), slant = between(-.15f, .3f), width = between(.6f, 1.1f);
    stroke written = {.count = digit->count};
    for (int i = 0; i < digit->count; i++) {
        const float y = digit->at[i].y - .5f + between(-.025f, .025f);
        const float x = width * (digit->at[i].x - .5f + between(-.025f, .025f)) - slant * y;
        written.at[i] =
            (point){.5f + .8f * (x * cosf(angle) - y * sinf(angle)), .5f + .8f * (x * sinf(angle) + y * cosf(angle))};
    }
    return written;
}

static float distance(point p, point a, point b)
{
    const float x = b.x - a.x, y = b.y - a.y, square = x * x + y * y;
    float along = square > 0 ? ((p.x - a.x) * x + (p.y - a.y) * y) / square : 0;
    along = along < 0 ? 0 : along > 1 ? 1 : along;
    return hypotf(p.x - a.x - along * x, p.y - a.y - along * y);
}

static void draw(const stroke *written, float radius, uint8_t pixels[SIDE * SIDE])
{
    for (int i = 0; i < SIDE * SIDE; i++) {
        const point p = {((float)(i % SIDE) + .5f) / SIDE, ((float)(i / SIDE) + .5f) / SIDE};
        float nearest = 1;
        for (int k = 1; k < written->count; k++)
            nearest = fminf(nearest, distance(p, written->at[k - 1], written->at[k]));
        const float inside = .5f + (radius - nearest) * SIDE; /* edges are a pixel soft */
        pixels[i] = (uint8_t)(255 * (inside < 0 ? 0 : inside > 1 ? 1 : inside));
    }
}

static void make_picture(int label, uint8_t picture[PICTURE])
{
    static uint8_t pixels[SIDE * SIDE], small[MNN_DIGIT_BOX * MNN_DIGIT_BOX];
    static float room[SIDE + SIDE * MNN_DIGIT_BOX + MNN_DIGIT_BOX];
    const mnn_image in = {SIDE, SIDE, 1, pixels};
    mnn_image field = {MNN_DIGIT_FIELD, MNN_DIGIT_FIELD, 1, picture};
    const stroke written = write_by_hand(&digits[label]);
    mnn_box box;
    draw(&written, between(.03f, .055f), pixels);
    for (int i = 0; i < PICTURE; i++)
        picture[i] = 0;
    if (!mnn_find_drawing(&in, &box))
        abort();
    mnn_image digit = mnn_digit_size(box);
    digit.pixels = small;
    mnn_scale(&in, box, &digit, room);
    mnn_place_digit(&digit, &field);
}

static void put_word(FILE *f, uint32_t word)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        fputc((int)(word >> shift & 255), f);
}

static FILE *begin(const char *folder, const char *set, const char *kind)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s-%s-ubyte", folder, set, kind);
    FILE *f = fopen(path, "wb");
    if (!f) {
        perror(path);
        exit(5);
    }
    return f;
}

static void end(FILE *f)
{
    const int failed = ferror(f);
    if (fclose(f) != 0 || failed) {
        perror("make_strokes");
        exit(5);
    }
}

static void write_set(const char *folder, const char *set, uint32_t count)
{
    FILE *pictures = begin(folder, set, "images-idx3"), *labels = begin(folder, set, "labels-idx1");
    put_word(pictures, 0x0803);
    put_word(pictures, count);
    put_word(pictures, MNN_DIGIT_FIELD);
    put_word(pictures, MNN_DIGIT_FIELD);
    put_word(labels, 0x0801);
    put_word(labels, count);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t picture[PICTURE];
        make_picture((int)(i % CLASSES), picture);
        fwrite(picture, sizeof picture, 1, pictures);
        fputc((int)(i % CLASSES), labels);
    }
    end(pictures);
    end(labels);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s FOLDER SEED TRAIN_COUNT TEST_COUNT\n", argv[0]);
        return 2;
    }
    state = strtoull(argv[2], NULL, 10) + 88172645463325252u;
    write_set(argv[1], "train", (uint32_t)strtoul(argv[3], NULL, 10));
    write_set(argv[1], "t10k", (uint32_t)strtoul(argv[4], NULL, 10));
    return 0;
}
