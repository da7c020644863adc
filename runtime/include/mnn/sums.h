/* Sums of many values, in a fixed reduction order and nearly exact. */
#ifndef MNN_SUMS_H
#define MNN_SUMS_H

#include <string.h>

#include "mnn/fma.h"

#ifdef __cplusplus
extern "C" {
#endif

/** sum of |x[i]| */
double mnn_sum_of_magnitudes(const float *x, int n);

/** sum of x[i]^2 */
double mnn_sum_of_squares(const float *x, int n);

/** out[n] = the sum of `pieces` arrays, the first of them at `partials` and each `stride` floats after the one before,
 *  in order. */
static inline void mnn_sum_pieces(float *out, const float *partials, int n, int stride, int pieces)
{
    memcpy(out, partials, (size_t)n * sizeof *out);
    for (int piece = 1; piece < pieces; piece++)
        for (int i = 0; i < n; i++)
            out[i] += partials[piece * stride + i];
}

/** Mean and variance (population: divided by n) of n >= 1 values. Sums run in lanes, so that compilers vectorise
 *  them, and the sum of the remaining differences from the mean corrects both: a normalisation divides by the
 *  square root of the variance; if that is small, it would amplify the rounding errors of a plain sum. */
static inline void mnn_moments(const float *x, int n, float *mean, float *variance)
{
    enum { LANES = 16 };
    float sum[LANES] = {0}, rest[LANES] = {0}, squares[LANES] = {0};
    const int whole = n / LANES * LANES;
    for (int i = 0; i < whole; i += LANES)
        for (int l = 0; l < LANES; l++)
            sum[l] += x[i + l];
    for (int i = whole; i < n; i++)
        sum[i - whole] += x[i];
    float total = 0.0f, difference = 0.0f, square = 0.0f;
    for (int l = 0; l < LANES; l++)
        total += sum[l];
    const float first = total / (float)n;
    for (int i = 0; i < whole; i += LANES)
        for (int l = 0; l < LANES; l++) {
            const float d = x[i + l] - first;
            rest[l] += d;
            squares[l] = mnn_fma(d, d, squares[l]);
        }
    for (int i = whole; i < n; i++) {
        const float d = x[i] - first;
        rest[i - whole] += d;
        squares[i - whole] = mnn_fma(d, d, squares[i - whole]);
    }
    for (int l = 0; l < LANES; l++) {
        difference += rest[l];
        square += squares[l];
    }
    const float error = difference / (float)n, around = mnn_fma(-error, error, square / (float)n);
    *mean = first + error;
    *variance = around < 0.0f ? 0.0f : around;
}

#ifdef __cplusplus
}
#endif

#endif
