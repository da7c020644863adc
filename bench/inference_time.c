/* Time predictions of inference code, one picture at a time: inference_time FILE.idx
 * Built with -DHEADER="\"digits.h\"", -DPREDICT=digits_predict and the constants DIGITS_INPUTS as INPUTS and so on.
 * Prints the median, smallest and largest of 21 rounds over 1000 pictures, in microseconds a picture. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mnn/idx.h"

#include HEADER

enum { ROUNDS = 21, PICTURES = 1000 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static float output[OUTPUTS];
    double time[ROUNDS], sum = 0;
    mnn_idx idx;
    mnn_error err;
    if (argc != 2)
        return 2;
    if (mnn_idx_load(argv[1], 0, &idx, &err) || !idx.data || idx.dims[0] < PICTURES) {
        fprintf(stderr, "%s: %s\n", argv[1], err.text);
        return 3;
    }
    for (int round = -1; round < ROUNDS; round++) { /* the first one warms up */
        const double begin = now();
        for (int i = 0; i < PICTURES; i++) {
            PREDICT(idx.data + (size_t)i * INPUTS, output);
            sum += (double)output[0];
        }
        if (round >= 0)
            time[round] = (now() - begin) / PICTURES;
    }
    qsort(time, ROUNDS, sizeof *time, by_size);
    printf("%.2f %.2f %.2f\n", time[ROUNDS / 2], time[0], time[ROUNDS - 1]);
    mnn_idx_free(&idx);
    return sum == sum ? 0 : 1;
}
