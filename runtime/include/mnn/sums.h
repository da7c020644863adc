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

#ifdef __cplusplus
}
#endif

#endif
