/* Time per function of a training step. With "mnnc --profile", calls of mnn_lap() are generated between the
 * functions of a step; other programs contain none of this. */
#ifndef MNN_PROFILE_H
#define MNN_PROFILE_H

#include <stdint.h>

#include "mnn/clock.h"
#include "mnn/product.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The laps of a worker: [0] is the clock at the last lap, the others accumulate nanoseconds. */
enum {
    MNN_LAP_CLOCK,
    MNN_LAP_BARRIER, /* waiting for other workers */
    MNN_LAP_OTHER,   /* outside the functions: the next batch, checks of the gradients, progress */
    MNN_LAP_FIRST    /* function 0 of mnn_profile.functions; the others follow */
};

/** Add the time since the last lap to `which`. */
static inline void mnn_lap(uint64_t *laps, int which)
{
    const uint64_t now = mnn_clock();
    laps[which] += now - laps[MNN_LAP_CLOCK];
    laps[MNN_LAP_CLOCK] = now;
}

/** A function of a training step. */
typedef struct mnn_profile_function {
    const char *name;  /* "dense_backward" */
    const char *layer; /* "dense"; "" for update() and other functions without a layer */
    int64_t flops;     /* per sample; 0: not counted */
} mnn_profile_function;

/** The profile of a program generated with --profile. */
typedef struct mnn_profile {
    int function_count;
    const mnn_profile_function *functions;
    uint64_t *laps; /* [max_workers][stride] */
    int stride;     /* elements per worker: MNN_LAP_FIRST + function_count, in whole cache lines */
    int lanes;      /* floats per vector of this program */
    /** The peak arithmetic rate: run the given number of iterations of multiply-adds on registers, as wide as this
     *  program's.
     *  @return the operations per iteration */
    int (*peak)(int64_t rounds);
} mnn_profile;

/** For mnn_profile.peak. The accumulators are independent, as many as a tile of mnn/product.h has, and each
 *  iteration depends on the one before: sum * 0.5 + 1 stays between 0 and 2, and no operation is loop-invariant. */
MNN_INLINE int mnn_profile_peak(int64_t rounds)
{
    volatile float half = 0.5f, one = 1.0f, sink;
    const mnn_vector x = (mnn_vector){0} + half, b = (mnn_vector){0} + one;
    mnn_vector sum[MNN_TILE][2];
    MNN_UNROLL
    for (int i = 0; i < MNN_TILE; i++) { /* each read of a volatile may return another value */
        sum[i][0] = b + half;
        sum[i][1] = b + half;
    }
    for (int64_t round = 0; round < rounds; round++) {
        MNN_UNROLL
        for (int i = 0; i < MNN_TILE; i++) {
            sum[i][0] = sum[i][0] * x + b;
            sum[i][1] = sum[i][1] * x + b;
        }
    }
    mnn_vector total = {0};
    MNN_UNROLL
    for (int i = 0; i < MNN_TILE; i++)
        total += sum[i][0] + sum[i][1];
    sink = total[0]; /* without it the loop would be deleted */
    (void)sink;
    return 2 * 2 * MNN_TILE * MNN_LANES;
}

#ifdef __cplusplus
}
#endif

#endif
