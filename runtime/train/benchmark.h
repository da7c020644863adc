/* How fast a program predicts and trains. */
#ifndef MNN_TRAIN_BENCHMARK_H
#define MNN_TRAIN_BENCHMARK_H

#include "data/dataset.h"
#include "mnn/model.h"
#include "mnn/status.h"

/** Seconds of something that was done many times. */
typedef struct mnn_times {
    double median, least, most;
    uint64_t count; /* of the times that were taken */
} mnn_times;

typedef struct mnn_benchmark {
    int rows;         /* of a batch: the model's, or all samples */
    mnn_times batch;  /* prediction of a batch */
    mnn_times single; /* prediction of one sample */
    mnn_times step;   /* a training step, all of it */
    double peak;      /* operations a second of all workers; 0: the program was made without --profile */
    double *laps;     /* [MNN_LAP_FIRST + model->profile->function_count]: seconds a step, mean of the workers, median
                         of the steps; NULL likewise */
} mnn_benchmark;

/** Measure, for so many seconds each (0: once): prediction of batches, of single samples, and training. The weights
 * follow the training; callbacks are not called.
 *  @param out  filled on success; release with mnn_benchmark_free()
 *  @return MNN_OK; MNN_ENOMEM; MNN_EDIVERGED */
mnn_status mnn_benchmark_run(const mnn_model *model, mnn_pool *pool, int workers, const mnn_dataset *set,
                             double seconds, mnn_benchmark *out, mnn_error *err);
void mnn_benchmark_free(mnn_benchmark *b);

#endif
