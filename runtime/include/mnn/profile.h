/* Where the time of a training step goes. "mnnc --profile" writes calls of mnn_lap() between the functions of a
 * step; other programs have nothing of this. */
#ifndef MNN_PROFILE_H
#define MNN_PROFILE_H

#include <stdint.h>

#include "mnn/product.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Nanoseconds of a clock that never goes back. */
uint64_t mnn_clock(void);

/** A worker's laps: [0] is the clock at the last one, the others add nanoseconds up. */
enum {
    MNN_LAP_CLOCK,
    MNN_LAP_BARRIER, /* waiting for other workers */
    MNN_LAP_OTHER,   /* outside the functions: the next batch, the look at the gradients, progress */
    MNN_LAP_FIRST    /* function 0 of mnn_profile.functions; the others follow */
};

/** The time since the last lap went into `which`. */
static inline void mnn_lap(uint64_t *laps, int which)
{
    const uint64_t now = mnn_clock();
    laps[which] += now - laps[MNN_LAP_CLOCK];
    laps[MNN_LAP_CLOCK] = now;
}

/** A function of a training step. */
typedef struct mnn_profile_function {
    const char *name;  /* "dense_backward" */
    const char *layer; /* "dense"; of update() and the like "" */
    int64_t flops;     /* one sample; 0: not counted */
} mnn_profile_function;

/** What a program with --profile tells the runtime. */
typedef struct mnn_profile {
    int function_count;
    const mnn_profile_function *functions;
    uint64_t *laps; /* [max_workers][stride] */
    int stride;     /* numbers a worker: MNN_LAP_FIRST + function_count, in whole cache lines */
    int lanes;      /* floats of a vector of this program */
    /** So many rounds of multiply-adds of registers, as wide as this program's: the fastest it could compute.
     *  @return the operations of a round */
    int (*peak)(int64_t rounds);
} mnn_profile;

/** For mnn_profile.peak. The sums are independent, as many as a tile of mnn/product.h has, and each round needs
 *  the one before: sum * 0.5 + 1 stays between 0 and 2, and nothing can be moved out of the loop. */
MNN_INLINE int mnn_profile_peak(int64_t rounds)
{
    volatile float half = 0.5f, one = 1.0f, sink;
    const mnn_vector x = (mnn_vector){0} + half, b = (mnn_vector){0} + one;
    mnn_vector sum[MNN_TILE][2];
    MNN_UNROLL
    for (int i = 0; i < MNN_TILE; i++) { /* every reading of a volatile may be another number */
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
    sink = total[0]; /* or the loop would be left out */
    (void)sink;
    return 2 * 2 * MNN_TILE * MNN_LANES;
}

#ifdef __cplusplus
}
#endif

#endif
