/* The threads of a program. Every worker runs the same function; work is cut into pieces by the model's
 * shapes, each done by one worker, so the result does not depend on their number. */
#ifndef MNN_WORKER_H
#define MNN_WORKER_H

#include <stdint.h>

#include "mnn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mnn_pool mnn_pool;

/** What a worker knows of itself. */
typedef struct mnn_worker {
    int index; /* 0 .. count - 1; worker 0 is the calling thread */
    int count;
    mnn_pool *pool;
} mnn_worker;

typedef void mnn_work(const mnn_worker *worker, void *argument);

/** Start count - 1 threads that wait for work.
 *  @param out    set on success, untouched on failure; release with mnn_pool_free()
 *  @param count  at least 1; a pool of one starts no thread
 *  @return MNN_OK; MNN_ENOMEM when a thread or memory cannot be had (nothing is left running);
 *          MNN_EUSAGE count below 1 */
mnn_status mnn_pool_new(mnn_pool **out, int count, mnn_error *err);

/** Stop the threads and release the pool; NULL is allowed. */
void mnn_pool_free(mnn_pool *pool);

/** Let every worker run work(worker, argument); returns when all have finished, and what they wrote is
 *  then visible to the caller. For one thread at a time, and not from inside work. */
void mnn_pool_run(mnn_pool *pool, mnn_work *work, void *argument);

/** The slow path of mnn_barrier(). */
void mnn_pool_barrier(const mnn_worker *worker);

/** Wait until every worker has come here; what they wrote before is then visible to all. */
static inline void mnn_barrier(const mnn_worker *worker)
{
    if (worker->count > 1)
        mnn_pool_barrier(worker);
}

static inline int mnn_min(int a, int b)
{
    return a < b ? a : b;
}

/** The first piece of a worker, where piece 0 belongs to worker first_worker % count (0 to 7): functions
 *  with few pieces that run side by side begin at different workers. */
static inline int mnn_first_piece(const mnn_worker *worker, int first_worker)
{
    return (worker->index + 8 * worker->count - first_worker) % worker->count;
}

/** Pieces that are neighbours in memory, shared out in one row: a worker does those from mnn_part_begin() to before
 *  mnn_part_end(), and finds in its own cache what it wrote of the weights and their gradients before. */
static inline int mnn_part_begin(const mnn_worker *worker, int pieces)
{
    return (int)((int64_t)pieces * worker->index / worker->count);
}

static inline int mnn_part_end(const mnn_worker *worker, int pieces)
{
    return (int)((int64_t)pieces * (worker->index + 1) / worker->count);
}

/** Number of processors this process may run on. */
int mnn_processors(void);

#ifdef __cplusplus
}
#endif

#endif
