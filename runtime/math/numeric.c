/* Small questions about arrays of numbers. */
#include "math/math.h"

#include <string.h>

/* Bits of the least float whose size is too large; sizes compare as their bits do. */
enum { NOT_FINITE = 0x7F800000, NOT_MODERATE = (127 + 48) << 23 };

/** Whether one of the values is at least as large as a limit, or NaN. On the bits, so that no compiler flag about
 *  floating point can take the question away; without a branch, so that it becomes vector code. */
static inline __attribute__((always_inline)) bool any_beyond(const float *values, size_t count, int32_t limit)
{
    int32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        int32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        found |= (bits & INT32_MAX) >= limit;
    }
    return found != 0;
}

static inline __attribute__((always_inline)) bool all_within(const float *values, size_t count, int32_t limit)
{
    enum { BLOCK = 1024 };
    size_t i = 0;
    for (; count - i >= BLOCK; i += BLOCK) {
        if (any_beyond(values + i, BLOCK, limit))
            return false;
    }
    return !any_beyond(values + i, count - i, limit);
}

#ifdef __x86_64__
/** The library is compiled for every processor, but a training asks this of all gradients in every step. */
static __attribute__((target("avx2"))) bool all_within_avx2(const float *values, size_t count, int32_t limit)
{
    return all_within(values, count, limit);
}
#endif

static bool all_within_here(const float *values, size_t count, int32_t limit)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2"))
        return all_within_avx2(values, count, limit);
#endif
    return all_within(values, count, limit);
}

bool mnn_all_finite(const float *values, size_t count)
{
    return all_within_here(values, count, NOT_FINITE);
}

bool mnn_all_moderate(const float *values, size_t count)
{
    return all_within_here(values, count, NOT_MODERATE);
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
