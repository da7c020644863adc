/* Throughput of inference and training. */
#ifndef MNN_TRAIN_BENCHMARK_H
#define MNN_TRAIN_BENCHMARK_H

#include "data/dataset.h"
#include "mnn/model.h"
#include "mnn/status.h"

/** Measured times, in seconds. */
typedef struct mnn_times {
    double median, least, most;
    uint64_t count; /* number of measurements */
} mnn_times;

typedef struct mnn_benchmark {
    int rows;         /* per batch: the model's, or all samples */
    mnn_times batch;  /* inference of a batch */
    mnn_times single; /* inference of one sample */
    mnn_times step;   /* a complete training step */
    double peak;      /* operations per second of all workers; 0: without laps */
    double *laps;     /* [MNN_LAP_FIRST + model->step_count]: seconds per training step, mean of the workers, median of
                         the training steps; NULL: not measured */
} mnn_benchmark;

/** Measure, for the given number of seconds each (0: once): inference of batches, of single samples, and training. The
 *  training steps change the weights; callbacks are not called.
 *  @param with_laps  also measure the time per function of a training step
 *  @param out  filled on success; release with mnn_benchmark_free()
 *  @return MNN_OK; MNN_ENOMEM; MNN_EDIVERGED */
mnn_status mnn_benchmark_run(const mnn_model *model, mnn_pool *pool, int workers, const mnn_dataset *set,
                             double seconds, bool with_laps, mnn_benchmark *out, mnn_error *err);

/** Measure training steps only.
 *  @param alone  without the other ranks; otherwise all ranks call it
 *  @param out    step and laps are set */
mnn_status mnn_benchmark_steps(const mnn_model *model, mnn_pool *pool, int workers, const mnn_dataset *set,
                               double seconds, bool with_laps, bool alone, mnn_benchmark *out, mnn_error *err);
void mnn_benchmark_free(mnn_benchmark *b);

#endif
