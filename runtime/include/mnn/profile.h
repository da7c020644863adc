/* Time per step of a training step, and the peak arithmetic rate of a program. */
#ifndef MNN_PROFILE_H
#define MNN_PROFILE_H

#include <stdint.h>

#include "mnn/clock.h"
#include "mnn/model.h"
#include "mnn/product.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The laps of a worker: [0] is the clock at the last lap, the others accumulate nanoseconds. */
enum {
    MNN_LAP_CLOCK,
    MNN_LAP_BARRIER, /* waiting for other workers */
    MNN_LAP_OTHER,   /* outside the steps: the next batch, checks of the gradients, progress */
    MNN_LAP_FIRST    /* row 0 of mnn_model.steps; the others follow */
};

/** Elements per worker: whole cache lines. */
static inline int mnn_lap_stride(const mnn_model *model)
{
    return (MNN_LAP_FIRST + model->step_count + 7) / 8 * 8;
}

/** Add the time since the last lap to `which`. */
static inline void mnn_lap(uint64_t *laps, int which)
{
    const uint64_t now = mnn_clock();
    laps[which] += now - laps[MNN_LAP_CLOCK];
    laps[MNN_LAP_CLOCK] = now;
}

/** The peak arithmetic rate: run the given number of iterations of multiply-adds on registers, as wide as the program's
 *  (mnn_model.peak). The accumulators are independent, as many as a tile of mnn/product.h has, and each
 *  iteration depends on the one before: sum * 0.5 + 1 stays between 0 and 2, and no operation is loop-invariant.
 *  @return the operations per iteration */
MNN_INLINE int mnn_profile_peak(int64_t rounds)
{
    volatile float half = 0.5f, one = 1.0f, sink;
    const float x = half;
    const mnn_vector b = (mnn_vector){0} + one;
    mnn_vector sum[MNN_TILE][2];
    MNN_UNROLL
    for (int i = 0; i < MNN_TILE; i++) { /* each read of a volatile may return another value */
        sum[i][0] = b + half;
        sum[i][1] = b + half;
    }
    for (int64_t round = 0; round < rounds; round++) {
        MNN_UNROLL
        for (int i = 0; i < MNN_TILE; i++) {
            sum[i][0] = mnn_fma_vector(x, sum[i][0], b);
            sum[i][1] = mnn_fma_vector(x, sum[i][1], b);
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
