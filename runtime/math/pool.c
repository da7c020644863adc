/* The persistent threads of mnn/worker.h: they start once, wait for work, and meet at barriers.
 *
 * A wait first spins, then yields the processor, then sleeps on a condition variable: the pieces of a
 * training step are a few microseconds apart, where sleeping would cost more than the work, but a trainer
 * that waits for a disk must not burn a processor. */
#define _GNU_SOURCE

#include "base/process.h"
#include "mnn/worker.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CACHE_LINE = 64,
    SPIN_ROUNDS = 200, /* looks with a pause between them: a few microseconds */
    YIELD_ROUNDS = 100 /* looks with a sched_yield() between them: some tens of microseconds */
};

/** A number that only grows, and threads that wait until it does. */
typedef struct gate {
    _Alignas(CACHE_LINE) atomic_uint generation;
    _Alignas(CACHE_LINE) atomic_int sleepers;
    pthread_mutex_t mutex;
    pthread_cond_t opened;
} gate;

struct mnn_pool {
    gate start;                              /* opened once a run, and to stop */
    gate barrier;                            /* opened when the last worker has arrived */
    _Alignas(CACHE_LINE) atomic_int arrived; /* workers at the barrier */
    int count;
    int started; /* threads that exist; the caller is not one of them */
    int spin_rounds;
    mnn_work *work; /* NULL tells the threads to end */
    void *argument;
    pthread_t *threads;  /* [count - 1] */
    mnn_worker *workers; /* [count] */
};

static inline void cpu_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

/* --- gate ---------------------------------------------------------------------------------------- */

static bool gate_init(gate *g)
{
    atomic_init(&g->generation, 0);
    atomic_init(&g->sleepers, 0);
    if (pthread_mutex_init(&g->mutex, NULL) != 0)
        return false;
    if (pthread_cond_init(&g->opened, NULL) != 0) {
        pthread_mutex_destroy(&g->mutex);
        return false;
    }
    return true;
}

static void gate_destroy(gate *g)
{
    pthread_cond_destroy(&g->opened);
    pthread_mutex_destroy(&g->mutex);
}

static unsigned gate_generation(gate *g)
{
    return atomic_load_explicit(&g->generation, memory_order_acquire);
}

/** Let everybody through who waits for the next generation. The mutex is taken only for sleepers: the
 *  sequentially consistent store and load here and the pair in gate_sleep() see to it that either we see
 *  the sleeper or it sees the new generation. */
static void gate_open(gate *g)
{
    atomic_fetch_add(&g->generation, 1);
    if (atomic_load(&g->sleepers) == 0)
        return;
    pthread_mutex_lock(&g->mutex);
    pthread_cond_broadcast(&g->opened);
    pthread_mutex_unlock(&g->mutex);
}

static void gate_sleep(gate *g, unsigned seen)
{
    pthread_mutex_lock(&g->mutex);
    atomic_fetch_add(&g->sleepers, 1);
    while (atomic_load(&g->generation) == seen)
        pthread_cond_wait(&g->opened, &g->mutex);
    atomic_fetch_sub(&g->sleepers, 1);
    pthread_mutex_unlock(&g->mutex);
}

/** Wait until the generation is another than the one seen. */
static void gate_wait(gate *g, unsigned seen, int spin_rounds)
{
    for (int i = 0; i < spin_rounds; i++) {
        if (gate_generation(g) != seen)
            return;
        cpu_pause();
    }
    for (int i = 0; i < YIELD_ROUNDS; i++) {
        if (gate_generation(g) != seen)
            return;
        sched_yield();
    }
    gate_sleep(g, seen);
}

/* --- workers ------------------------------------------------------------------------------------- */

void mnn_pool_barrier(const mnn_worker *worker)
{
    mnn_pool *pool = worker->pool;
    /* Read before arriving: once we have arrived the others may open the gate at any time. */
    const unsigned seen = gate_generation(&pool->barrier);
    if (atomic_fetch_add_explicit(&pool->arrived, 1, memory_order_acq_rel) + 1 < pool->count) {
        gate_wait(&pool->barrier, seen, pool->spin_rounds);
        return;
    }
    atomic_store_explicit(&pool->arrived, 0, memory_order_relaxed);
    gate_open(&pool->barrier);
}

static void *worker_main(void *argument)
{
    const mnn_worker *worker = argument;
    mnn_pool *pool = worker->pool;
    /* No run can be missed: the next one starts only after every worker has ended the last. */
    for (unsigned seen = 0;; seen++) {
        gate_wait(&pool->start, seen, pool->spin_rounds);
        if (!pool->work)
            return NULL;
        pool->work(worker, pool->argument);
        mnn_pool_barrier(worker);
    }
}

void mnn_pool_run(mnn_pool *pool, mnn_work *work, void *argument)
{
    const mnn_worker *self = &pool->workers[0];
    if (pool->count == 1) {
        work(self, argument);
        return;
    }
    pool->work = work;
    pool->argument = argument;
    gate_open(&pool->start);
    work(self, argument);
    mnn_pool_barrier(self);
}

/* --- making and ending --------------------------------------------------------------------------- */

/** Start the threads with SIGINT, SIGTERM and SIGHUP blocked, so that these reach the caller's thread.
 *  @return whether all of them exist; pool->started counts those that do */
static bool start_threads(mnn_pool *pool)
{
    sigset_t blocked, before;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    (void)pthread_attr_setstacksize(&attributes, MNN_STACK); /* not what ulimit -s leaves */
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    while (pool->started < pool->count - 1) {
        mnn_worker *worker = &pool->workers[pool->started + 1];
        if (pthread_create(&pool->threads[pool->started], &attributes, worker_main, worker) != 0)
            break;
        pool->started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return pool->started == pool->count - 1;
}

static mnn_pool *pool_allocate(int count)
{
    mnn_pool *pool = aligned_alloc(CACHE_LINE, sizeof *pool);
    if (!pool)
        return NULL;
    memset(pool, 0, sizeof *pool);
    pool->count = count;
    pool->spin_rounds = count <= mnn_processors() ? SPIN_ROUNDS : 0;
    pool->workers = calloc((size_t)count, sizeof *pool->workers);
    pool->threads = calloc((size_t)count, sizeof *pool->threads);
    atomic_init(&pool->arrived, 0);
    if (!pool->workers || !pool->threads || !gate_init(&pool->start))
        goto no_start;
    if (!gate_init(&pool->barrier))
        goto no_barrier;
    for (int i = 0; i < count; i++)
        pool->workers[i] = (mnn_worker){.index = i, .count = count, .pool = pool};
    return pool;

no_barrier:
    gate_destroy(&pool->start);
no_start:
    free(pool->workers);
    free(pool->threads);
    free(pool);
    return NULL;
}

mnn_status mnn_pool_new(mnn_pool **out, int count, mnn_error *err)
{
    if (count < 1)
        return mnn_fail(err, MNN_EUSAGE, "number of threads is out of range (got %d, expected 1 or more)", count);
    mnn_pool *pool = pool_allocate(count);
    if (!pool)
        return mnn_fail(err, MNN_ENOMEM, "out of memory for a pool of %d threads", count);
    if (!start_threads(pool)) {
        const int started = pool->started;
        mnn_pool_free(pool);
        return mnn_fail(err, MNN_ENOMEM, "could not start %d threads (only %d are available)", count, started + 1);
    }
    *out = pool;
    return MNN_OK;
}

mnn_status mnn_pool_scratch(mnn_pool *pool, int64_t size, mnn_error *err)
{
    const size_t bytes = ((size_t)size * sizeof(float) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    for (int i = 0; i < pool->count && bytes > 0; i++) {
        free(pool->workers[i].scratch);
        pool->workers[i].scratch = aligned_alloc(CACHE_LINE, bytes);
        if (!pool->workers[i].scratch)
            return mnn_fail(err, MNN_ENOMEM, "out of memory for the scratch memory of %d threads", pool->count);
    }
    return MNN_OK;
}

void mnn_pool_free(mnn_pool *pool)
{
    if (!pool)
        return;
    pool->work = NULL;
    gate_open(&pool->start);
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->threads[i], NULL);
    gate_destroy(&pool->barrier);
    gate_destroy(&pool->start);
    for (int i = 0; i < pool->count; i++)
        free(pool->workers[i].scratch);
    free(pool->workers);
    free(pool->threads);
    free(pool);
}

int mnn_processors(void)
{
    /* The kernel refuses a set that is smaller than its own, so larger ones are tried. */
    for (int bits = 1024; bits <= 1 << 20; bits *= 4) {
        cpu_set_t *set = CPU_ALLOC((size_t)bits);
        if (!set)
            break;
        const size_t size = CPU_ALLOC_SIZE((size_t)bits);
        const int count = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (count > 0)
            return count;
    }
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}
