/* Numeric functions of the training loop that do not depend on the model's shapes. */
#ifndef MNN_MATH_MATH_H
#define MNN_MATH_MATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mnn/model.h"

/** Initialize all parameters of the model; element i of tensor t is a function of (seed, t, i) only. */
void mnn_initialize(const mnn_model *model, uint64_t seed);

/** Initialize elements begin to end - 1 of the optimizer's slots. */
void mnn_reset_slots(const mnn_model *model, int begin, int end);

/** The initial values of one tensor: size floats by its initializer, a and b. These are used unchanged: a truncated
 *  normal has a standard deviation of 0.87962566103423978 b; Keras's variance scaling divides b by that factor, which
 *  the compiler has done in the tensors of a model.
 *  @param index  the tensor's index: its random stream */
void mnn_initialize_tensor(const mnn_tensor *tensor, int index, uint64_t seed, float *out);

/** Fill index[0 .. count) with a permutation of first .. first + count - 1: Fisher-Yates driven by
 *  (seed, stream, counter), the same on every machine.
 *  @param stream  of mnn/rng.h; the streams next to it are used too */
void mnn_permute(uint32_t *index, uint32_t first, uint32_t count, uint64_t seed, uint32_t stream, uint64_t counter);

/** The order of the samples in an epoch: a permutation of MNN_STREAM_SHUFFLE. */
void mnn_shuffle(uint32_t *index, uint32_t first, uint32_t count, uint64_t seed, uint64_t epoch);

/** Whether none of the values is infinite or NaN (vectorised; works with any compiler flags). */
bool mnn_all_finite(const float *values, size_t count);

/** Whether all the values are finite and below 2^48 in magnitude, so that neither their squares nor long sums of
 *  those overflow. */
bool mnn_all_moderate(const float *values, size_t count);

/** Sum in double, in the order of the values. */
double mnn_sum(const float *values, size_t count);

/** Index of the largest value, the first of equals; a NaN is never larger. */
int mnn_argmax(const float *values, int count);

#endif
