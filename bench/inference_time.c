/* Time predictions of inference code, one picture at a time: inference_time FILE.idx ROUNDS
 * Built with -DHEADER="\"digits.h\"", -DPREDICT=digits_predict and the constants DIGITS_INPUTS as INPUTS and so on;
 * with -DONNX2C also two builds of what onnx2c made, onnx2c_predict() and onnx2c_fast_predict(), in turns. Prints a
 * line a round over 1000 pictures, the microseconds a picture of each, and at the end "sum" and the sum of all
 * pictures' first outputs, by which others know that they have computed the same. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mnn/idx.h"

#include HEADER

enum { PICTURES = 1000 };

static const uint8_t *pictures; /* [PICTURES, INPUTS] */
static float output[OUTPUTS];

static void run_mnnc(int i)
{
    PREDICT(pictures + (size_t)i * INPUTS, output);
}

#ifdef ONNX2C
void onnx2c_predict(const float *input, float *out);
void onnx2c_fast_predict(const float *input, float *out);

static float floats[PICTURES][INPUTS]; /* made before the clock runs */

static void run_onnx2c(int i)
{
    onnx2c_predict(floats[i], output);
}

static void run_onnx2c_fast(int i)
{
    onnx2c_fast_predict(floats[i], output);
}

static void make_floats(void)
{
    for (size_t i = 0; i < (size_t)PICTURES * INPUTS; i++)
        floats[i / INPUTS][i % INPUTS] = (float)pictures[i];
}

static void (*const engines[])(int) = {run_mnnc, run_onnx2c, run_onnx2c_fast};
#else
static void make_floats(void)
{
}

static void (*const engines[])(int) = {run_mnnc};
#endif

enum { ENGINES = sizeof engines / sizeof *engines };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

/* Microseconds a picture.
 * @param sum  the first outputs are added */
static double measure(void (*engine)(int), double *sum)
{
    const double begin = now();
    for (int i = 0; i < PICTURES; i++) {
        engine(i);
        *sum += (double)output[0];
    }
    return (now() - begin) / PICTURES;
}

/* A round that is not printed: it warms up, and shows whether all compute the same. */
static double first_round(void)
{
    double sum[ENGINES] = {0};
    for (int k = 0; k < ENGINES; k++) {
        measure(engines[k], &sum[k]);
        if (!(fabs(sum[k] - sum[0]) < 1e-3 * PICTURES)) {
            fprintf(stderr, "engine %d computes something else (got a sum of %g, expected %g)\n", k, sum[k], sum[0]);
            exit(70);
        }
    }
    return sum[0];
}

int main(int argc, char **argv)
{
    mnn_array idx;
    mnn_error err = {""};
    if (argc != 3)
        return 2;
    if (mnn_idx_load(argv[1], 0, &idx, &err) || !idx.data || idx.dims[0] < PICTURES) {
        fprintf(stderr, "%s: %s\n", argv[1], err.text);
        return 3;
    }
    pictures = idx.data;
    make_floats();
    const double sum = first_round();
    for (long round = strtol(argv[2], NULL, 10); round > 0; round--) {
        double again = 0;
        for (int k = 0; k < ENGINES; k++)
            printf("%.3f%c", measure(engines[k], &again), k + 1 < ENGINES ? ' ' : '\n');
    }
    printf("sum %.6f\n", sum);
    mnn_array_free(&idx);
    return 0;
}
