/* Write a small made-up data set: four IDX files with MNIST's names.
 *
 *   make_idx [-z PERCENT] FOLDER SEED TRAIN_COUNT TEST_COUNT CLASSES DIM...
 *
 * A sample has the shape DIM... (up to four; the folder must be there). Labels are 0 .. CLASSES - 1; the
 * pixels are random bytes, but for a stripe that says the class, so that there is something to learn. CLASSES
 * may be "f3": then a label is three floats, 1 at the class and 0 elsewhere. With -z so many of the runs of 8
 * pixels outside the stripe are 0. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIMS = 4 };

typedef struct set {
    const char *folder;
    uint64_t state; /* of the random numbers */
    uint32_t classes, sample_size, zeros;
    int floats; /* labels are floats */
    uint32_t dim[MAX_DIMS];
    int rank;
} set;

/* xorshift64* (Vigna 2016) */
static uint32_t next_random(set *s)
{
    s->state ^= s->state >> 12;
    s->state ^= s->state << 25;
    s->state ^= s->state >> 27;
    return (uint32_t)((s->state * 0x2545F4914F6CDD1Du) >> 32);
}

static void put_word(FILE *f, uint32_t word)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        fputc((int)(word >> shift & 255), f);
}

static FILE *begin(const set *s, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
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
        perror("make_idx");
        exit(5);
    }
}

static void write_sample(set *s, FILE *f, uint32_t label)
{
    const uint32_t width = s->sample_size / s->classes;
    int zero = 0;
    for (uint32_t i = 0; i < s->sample_size; i++) {
        const uint32_t noise = next_random(s) % 160;
        if (s->zeros > 0 && i % 8 == 0)
            zero = next_random(s) % 100 < s->zeros;
        fputc((int)(width && i / width == label ? noise + 96 : zero ? 0 : noise), f);
    }
}

static void write_pair(set *s, const char *images_name, const char *labels_name, uint32_t count)
{
    FILE *images = begin(s, images_name), *labels = begin(s, labels_name);
    put_word(images, 0x0801u + (uint32_t)s->rank);
    put_word(images, count);
    for (int i = 0; i < s->rank; i++)
        put_word(images, s->dim[i]);
    put_word(labels, s->floats ? 0x0D02u : 0x0801u);
    put_word(labels, count);
    if (s->floats)
        put_word(labels, s->classes);
    for (uint32_t n = 0; n < count; n++) {
        const uint32_t label = next_random(s) % s->classes;
        for (uint32_t k = 0; s->floats && k < s->classes; k++)
            put_word(labels, k == label ? 0x3F800000u : 0); /* 1.0f */
        if (!s->floats)
            fputc((int)label, labels);
        write_sample(s, images, label);
    }
    end(images);
    end(labels);
}

static uint32_t number(const char *text, uint32_t least)
{
    char *rest = NULL;
    const unsigned long value = strtoul(text, &rest, 10);
    if (rest == text || *rest || value < least || value > 1000000) {
        fprintf(stderr, "make_idx: wrong number \"%s\"\n", text);
        exit(2);
    }
    return (uint32_t)value;
}

int main(int argc, char **argv)
{
    uint32_t zeros = 0;
    if (argc > 2 && strcmp(argv[1], "-z") == 0) {
        zeros = number(argv[2], 0);
        argv += 2;
        argc -= 2;
    }
    if (argc < 7 || argc > 6 + MAX_DIMS) {
        fprintf(stderr, "usage: make_idx [-z PERCENT] FOLDER SEED TRAIN_COUNT TEST_COUNT CLASSES DIM...\n");
        return 2;
    }
    set s = {.folder = argv[1],
             .state = number(argv[2], 0) + 0x9E3779B97F4A7C15u,
             .sample_size = 1,
             .zeros = zeros,
             .rank = argc - 6};
    s.floats = argv[5][0] == 'f';
    s.classes = number(argv[5] + s.floats, 1);
    for (int i = 0; i < s.rank; i++) {
        s.dim[i] = number(argv[6 + i], 1);
        s.sample_size *= s.dim[i];
    }
    write_pair(&s, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", number(argv[3], 0));
    write_pair(&s, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", number(argv[4], 0));
    return 0;
}
