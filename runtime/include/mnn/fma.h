/* a * b + c in one rounding, where the processor has the instruction for it.
 *
 * Whether a product and a sum are rounded once or twice decides the bits of weights, so the writers decide it, not the
 * compiler: a product that meets one addition is written as mnn_fma(), and no other product meets one. The same bits
 * come out with and without -ffp-contract. Without the instruction nothing can be contracted, and libm's function
 * would cost a call for every element. */
#ifndef MNN_FMA_H
#define MNN_FMA_H

#if defined(__FMA__) || defined(__aarch64__) || (defined(__FP_FAST_FMAF) && defined(__FP_FAST_FMA))
#define MNN_HAS_FMA 1
#else
#define MNN_HAS_FMA 0
#endif

static inline float mnn_fma(float a, float b, float c)
{
#if MNN_HAS_FMA
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

static inline double mnn_fma_double(double a, double b, double c)
{
#if MNN_HAS_FMA
    return __builtin_fma(a, b, c);
#else
    return a * b + c;
#endif
}

#endif
