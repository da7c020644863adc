/* Sums over many numbers: always in the same order, and close to exact. */
#ifndef MNN_SUMS_H
#define MNN_SUMS_H

#ifdef __cplusplus
extern "C" {
#endif

/** sum of |x[i]| */
double mnn_sum_of_magnitudes(const float *x, int n);

/** sum of x[i]^2 */
double mnn_sum_of_squares(const float *x, int n);

/** Mean and variance (of all, divided by n) of at least one number. Sums run in lanes, so that compilers make vectors
 * of them, and what remains of the differences from the mean corrects both: a normalisation divides by the square root
 * of the variance, and where that is small it would show each rounding of a plain sum. */
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
            squares[l] += d * d;
        }
    for (int i = whole; i < n; i++) {
        rest[i - whole] += x[i] - first;
        squares[i - whole] += (x[i] - first) * (x[i] - first);
    }
    for (int l = 0; l < LANES; l++) {
        difference += rest[l];
        square += squares[l];
    }
    const float error = difference / (float)n, around = square / (float)n - error * error;
    *mean = first + error;
    *variance = around < 0.0f ? 0.0f : around;
}

#ifdef __cplusplus
}
#endif

#endif
