/* Sums over many numbers in an order that is always the same. */
#ifndef MNN_REDUCE_H
#define MNN_REDUCE_H

#ifdef __cplusplus
extern "C" {
#endif

/** The sum of the squares of values[count], in double, by lanes that are added in a fixed order. */
double mnn_sum_of_squares(const float *values, int count);

#ifdef __cplusplus
}
#endif

#endif
