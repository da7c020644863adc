/* Write a made-up data set of sensors: four IDX files of floats with MNIST's names.
 *
 *   make_sensors FOLDER TRAIN_COUNT TEST_COUNT
 *
 * A sample is a window of 64 readings of 4 sensors. The class, 0 to 3, is the frequency of the first two, whose
 * readings are below 1; those of the last two are 0, and at times hundreds. The folder must be there. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READINGS = 64, SENSORS = 4, NARROW = 2, CLASSES = 4 };

/* A wide sensor's reading, of which one in so many is not 0. */
static const float WIDE = 250, SPIKES = 40;

static uint32_t state = 1;

/* 0 to 1 */
static float next_random(void)
{
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) / (float)(1 << 24);
}

static FILE *create(const char *folder, const char *name, int type, const int *dims, int rank)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f) {
        perror(path);
        exit(1);
    }
    const unsigned char head[4] = {0, 0, (unsigned char)type, (unsigned char)rank};
    fwrite(head, 1, sizeof head, f);
    for (int i = 0; i < rank; i++)
        for (int shift = 24; shift >= 0; shift -= 8)
            fputc(dims[i] >> shift & 255, f);
    return f;
}

static void put_float(FILE *f, float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    for (int shift = 24; shift >= 0; shift -= 8)
        fputc((int)(bits >> shift & 255), f);
}

static void put_sample(FILE *f, int class)
{
    const float frequency = 0.15f + 0.2f * (float)class, phase = 6.28f * next_random();
    for (int t = 0; t < READINGS; t++)
        for (int s = 0; s < SENSORS; s++) {
            const float wave = 0.5f * sinf(frequency * (float)t + phase + (float)s), noise = next_random() - 0.5f;
            const float spike = SPIKES * next_random() < 1 ? WIDE * noise : 0;
            put_float(f, s < NARROW ? wave + 0.1f * noise : spike);
        }
}

static void write_set(const char *folder, const char *samples, const char *labels, int count)
{
    FILE *x = create(folder, samples, 0x0d, (const int[]){count, READINGS, 1, SENSORS}, 4);
    FILE *y = create(folder, labels, 0x08, &count, 1);
    for (int i = 0; i < count; i++) {
        const int class = (int)(CLASSES * next_random());
        put_sample(x, class);
        fputc(class, y);
    }
    if (fclose(x) != 0 || fclose(y) != 0) {
        perror(folder);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    write_set(argv[1], "train-images-idx3-ubyte", "train-labels-idx1-ubyte", atoi(argv[2]));
    write_set(argv[1], "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", atoi(argv[3]));
    return 0;
}
