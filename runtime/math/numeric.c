/* Small questions about arrays of numbers. */
#include "math/math.h"

#include <string.h>

/** Whether one of the values has all exponent bits set. On the bits, so that no compiler flag about
 *  floating point can take the question away; without a branch, so that it becomes vector code. */
static inline __attribute__((always_inline)) bool any_non_finite(const float *values, size_t count)
{
    const uint32_t exponent = 0x7F800000u;
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        found |= (bits & exponent) == exponent;
    }
    return found != 0;
}

static inline __attribute__((always_inline)) bool all_finite(const float *values, size_t count)
{
    enum { BLOCK = 1024 };
    size_t i = 0;
    for (; count - i >= BLOCK; i += BLOCK) {
        if (any_non_finite(values + i, BLOCK))
            return false;
    }
    return !any_non_finite(values + i, count - i);
}

#ifdef __x86_64__
/** The library is compiled for every processor, but a training asks this of all gradients in every step. */
static __attribute__((target("avx2"))) bool all_finite_avx2(const float *values, size_t count)
{
    return all_finite(values, count);
}
#endif

bool mnn_all_finite(const float *values, size_t count)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2"))
        return all_finite_avx2(values, count);
#endif
    return all_finite(values, count);
}

double mnn_sum(const float *values, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i];
    return sum;
}

int mnn_argmax(const float *values, int count)
{
    int best = 0;
    for (int i = 1; i < count; i++) {
        if (values[i] > values[best])
            best = i;
    }
    return best;
}
