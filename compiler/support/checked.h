/* Integer arithmetic that says when it overflows. */
#ifndef MNNC_SUPPORT_CHECKED_H
#define MNNC_SUPPORT_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

/** *out = a * b; false (out untouched) on overflow. */
static inline bool checked_mul(int64_t a, int64_t b, int64_t *out)
{
    int64_t r;
    if (__builtin_mul_overflow(a, b, &r))
        return false;
    *out = r;
    return true;
}

/** *out = a + b; false (out untouched) on overflow. */
static inline bool checked_add(int64_t a, int64_t b, int64_t *out)
{
    int64_t r;
    if (__builtin_add_overflow(a, b, &r))
        return false;
    *out = r;
    return true;
}

/** a * b and a + b of numbers that are not negative; INT64_MAX where that is too much. */
static inline int64_t saturating_mul(int64_t a, int64_t b)
{
    int64_t r;
    return __builtin_mul_overflow(a, b, &r) ? INT64_MAX : r;
}

static inline int64_t saturating_add(int64_t a, int64_t b)
{
    int64_t r;
    return __builtin_add_overflow(a, b, &r) ? INT64_MAX : r;
}

#endif
