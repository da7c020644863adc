/* The threads of a program. Every worker runs the same function; work is divided into pieces by the model's shapes,
 * each computed by one worker, so the result does not depend on the number of workers. */
#ifndef MNN_WORKER_H
#define MNN_WORKER_H

#include <stdint.h>

#include "mnn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MNN_MAX_WORKERS = 64 }; /* that a program can use */

typedef struct mnn_pool mnn_pool;

/** A worker's view of its pool. */
typedef struct mnn_worker {
    int index; /* 0 .. count - 1; worker 0 is the calling thread */
    int count;
    mnn_pool *pool;
    float *scratch; /* memory of its own: mnn_pool_scratch() */
} mnn_worker;

typedef void mnn_work(const mnn_worker *worker, void *argument);

/** Start count - 1 threads that wait for work.
 *  @param out    set on success, unchanged on failure; release with mnn_pool_free()
 *  @param count  at least 1; a pool of one starts no thread
 *  @return MNN_OK; MNN_ENOMEM if a thread or memory is not available (no thread is left running); MNN_EUSAGE count
 *          below 1 */
mnn_status mnn_pool_new(mnn_pool **out, int count, mnn_error *err);

/** Give every worker scratch memory, aligned to 64 bytes.
 *  @param size  floats per worker; 0: none
 *  @return MNN_OK; MNN_ENOMEM */
mnn_status mnn_pool_scratch(mnn_pool *pool, int64_t size, mnn_error *err);

/** Stop the threads and release the pool; NULL is allowed. */
void mnn_pool_free(mnn_pool *pool);

/** Run work(worker, argument) on every worker; returns when all have finished, and their writes are then visible to
 *  the caller. Call from one thread at a time, and not from inside work. */
void mnn_pool_run(mnn_pool *pool, mnn_work *work, void *argument);

/** Slow path of mnn_barrier(). */
void mnn_pool_barrier(const mnn_worker *worker);

/** Wait until every worker has reached the barrier; all earlier writes are then visible to all workers. */
static inline void mnn_barrier(const mnn_worker *worker)
{
    if (worker->count > 1)
        mnn_pool_barrier(worker);
}

static inline int mnn_min(int a, int b)
{
    return a < b ? a : b;
}

static inline int mnn_max(int a, int b)
{
    return a > b ? a : b;
}

/** The first piece of a worker, where piece 0 is assigned to worker first_worker % count: concurrent
 *  functions with few pieces begin at different workers. */
static inline int mnn_first_piece(const mnn_worker *worker, int first_worker)
{
    return (worker->index + MNN_MAX_WORKERS * worker->count - first_worker) % worker->count;
}

/** Contiguous ranges of pieces per worker: a worker computes the pieces from mnn_part_begin() to before
 *  mnn_part_end(), so that the weights and gradients it wrote earlier are still in its own cache. */
static inline int mnn_part_begin(const mnn_worker *worker, int pieces)
{
    return (int)((int64_t)pieces * worker->index / worker->count);
}

static inline int mnn_part_end(const mnn_worker *worker, int pieces)
{
    return (int)((int64_t)pieces * (worker->index + 1) / worker->count);
}

/** Number of processors available to this process. */
int mnn_processors(void);

#ifdef __cplusplus
}
#endif

#endif
