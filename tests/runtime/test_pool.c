/* The threads: every worker runs, barriers hold, nothing is lost over thousands of runs. */
#define _GNU_SOURCE
#include <check.h>
#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "mnn/worker.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

static const int counts[] = {1, 2, 3, 4, 8};
enum { COUNTS = sizeof counts / sizeof *counts, MAX_WORKERS = 8 };

static mnn_pool *new_pool(int count)
{
    mnn_pool *pool = NULL;
    mnn_error err;
    ck_assert_msg(mnn_pool_new(&pool, count, &err) == MNN_OK, "%s", err.text);
    ck_assert_ptr_nonnull(pool);
    return pool;
}

/* --- each worker once ---------------------------------------------------------------------------- */

typedef struct roll {
    int seen[MAX_WORKERS]; /* plain: only its own worker writes a place */
    int count;
    mnn_pool *pool;
    bool wrong;
} roll;

static void call_the_roll(const mnn_worker *worker, void *argument)
{
    roll *r = argument;
    r->seen[worker->index]++;
    if (worker->count != r->count || worker->pool != r->pool)
        r->wrong = true;
}

START_TEST(every_worker_runs_once_a_run)
{
    roll r = {.count = counts[_i], .pool = new_pool(counts[_i])};
    for (int run = 1; run <= 3000; run++) {
        mnn_pool_run(r.pool, call_the_roll, &r);
        for (int w = 0; w < MAX_WORKERS; w++)
            ck_assert_int_eq(r.seen[w], w < r.count ? run : 0);
    }
    ck_assert(!r.wrong);
    mnn_pool_free(r.pool);
}
END_TEST

START_TEST(sleeping_workers_are_woken)
{
    roll r = {.count = counts[_i], .pool = new_pool(counts[_i])};
    for (int run = 1; run <= 30; run++) {
        nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL); /* long enough to fall asleep */
        mnn_pool_run(r.pool, call_the_roll, &r);
        for (int w = 0; w < r.count; w++)
            ck_assert_int_eq(r.seen[w], run);
    }
    mnn_pool_free(r.pool);
}
END_TEST

/** Every piece is some worker's and no other's, in order, and shares differ by one piece at most. */
START_TEST(parts_are_whole)
{
    static const int pieces[] = {0, 1, 2, 7, 8, 67, INT_MAX};
    for (int count = 1; count <= 9; count++)
        for (int n = 0; n < (int)(sizeof pieces / sizeof *pieces); n++) {
            int end = 0;
            for (int i = 0; i < count; i++) {
                const mnn_worker worker = {.index = i, .count = count};
                ck_assert_int_eq(mnn_part_begin(&worker, pieces[n]), end);
                end = mnn_part_end(&worker, pieces[n]);
                const int share = end - mnn_part_begin(&worker, pieces[n]);
                ck_assert(share == pieces[n] / count || share == pieces[n] / count + 1);
            }
            ck_assert_int_eq(end, pieces[n]);
        }
}
END_TEST

/* --- barriers ------------------------------------------------------------------------------------ */

enum { ROUNDS = 400, TRIES = 5 };

typedef struct relay {
    int value[2][MAX_WORKERS]; /* plain: a missing barrier is a race that the thread sanitizer reports */
    atomic_int wrong;
    int slow; /* the worker that is late at every barrier; -1: none */
} relay;

/** In round t each worker writes t and, after the barrier, must see t of all others. */
static void run_relay(const mnn_worker *worker, void *argument)
{
    relay *r = argument;
    for (int t = 1; t <= ROUNDS; t++) {
        if (worker->index == r->slow && t % 16 == 0)
            nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
        int *value = r->value[t % 2];
        value[worker->index] = t;
        mnn_barrier(worker);
        for (int w = 0; w < worker->count; w++) {
            if (value[w] != t)
                atomic_fetch_add(&r->wrong, 1);
        }
    }
}

START_TEST(a_barrier_lets_nobody_pass_early)
{
    mnn_pool *pool = new_pool(counts[_i]);
    static relay r;
    for (int run = 0; run < 12; run++) {
        memset(&r, 0, sizeof r);
        r.slow = run - 2;
        mnn_pool_run(pool, run_relay, &r);
        ck_assert_int_eq(atomic_load(&r.wrong), 0);
        for (int w = 0; w < counts[_i]; w++)
            ck_assert_int_eq(r.value[ROUNDS % 2][w], ROUNDS);
    }
    mnn_pool_free(pool);
}
END_TEST

static void pieces(const mnn_worker *worker, void *argument)
{
    double *part = argument;
    for (int p = worker->index; p < 64; p += worker->count)
        part[p] = part[p] * 0.5 + p;
    mnn_barrier(worker);
    if (worker->index == worker->count - 1) {
        double sum = 0;
        for (int p = 0; p < 64; p++)
            sum += part[p];
        part[64] = sum;
    }
}

START_TEST(runs_and_barriers_alternate)
{
    mnn_pool *pool = new_pool(counts[_i]), *single = new_pool(1);
    double many[65] = {0}, one[65] = {0};
    for (int run = 0; run < 2000; run++) {
        mnn_pool_run(pool, pieces, many);
        mnn_pool_run(single, pieces, one);
        ck_assert_double_eq(many[64], one[64]); /* read by the caller, written by the last worker */
    }
    mnn_pool_free(pool);
    mnn_pool_free(single);
}
END_TEST

/** As many barriers as run_relay() has, of the C library, whose threads sleep at each. */
static void wait_at_plain_barriers(const mnn_worker *worker, void *barrier)
{
    (void)worker;
    for (int t = 0; t < ROUNDS; t++)
        pthread_barrier_wait(barrier);
}

/** Processor time in seconds of five runs; what else the machine does does not count. */
static double time_of_runs(mnn_work *work, void *argument)
{
    mnn_pool *pool = new_pool(MAX_WORKERS);
    struct timespec begin, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    for (int run = 0; run < 5; run++)
        mnn_pool_run(pool, work, argument);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    mnn_pool_free(pool);
    return (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
}

/* Spinning through a scheduler's slice of milliseconds at each barrier would take a hundred times as long as sleeping,
 * in each of the tries; what disturbs one of them does not count. */
START_TEST(more_workers_than_processors_do_not_crawl)
{
    static relay r = {.slow = -1};
    pthread_barrier_t barrier;
    ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, MAX_WORKERS), 0);
    double plain = 0, ours = 1;
    for (int i = 0; i < TRIES && ours >= 20 * plain; i++) {
        plain = time_of_runs(wait_at_plain_barriers, &barrier);
        ours = time_of_runs(run_relay, &r);
    }
    pthread_barrier_destroy(&barrier);
    ck_assert_int_eq(atomic_load(&r.wrong), 0);
    ck_assert_double_lt(ours, 20 * plain);
}
END_TEST

/* --- beginning and end --------------------------------------------------------------------------- */

enum { MOST_THREADS = 64 };

/** Ids of the threads of this process, but for the known ones, which may have ended meanwhile. */
static int other_threads(const int *known, int known_count, int *ids)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/task");
    ck_assert_ptr_nonnull(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        const int id = atoi(entry->d_name);
        bool is_known = id == 0; /* "." and ".." */
        for (int i = 0; i < known_count; i++)
            is_known |= known[i] == id;
        if (!is_known && count < MOST_THREADS)
            ids[count++] = id;
    }
    closedir(folder);
    return count;
}

START_TEST(threads_start_and_end)
{
    mnn_pool_free(new_pool(2)); /* a sanitizer may start a thread of its own beside the first */
    int before[MOST_THREADS], ids[MOST_THREADS];
    const int before_count = other_threads(NULL, 0, before);
    mnn_pool *pool = new_pool(counts[_i]);
    ck_assert_int_eq(other_threads(before, before_count, ids), counts[_i] - 1);
    mnn_pool_free(pool);                                 /* without a single run */
    while (other_threads(before, before_count, ids) > 0) /* one that was joined may be there a moment longer */
        sched_yield();
}
END_TEST

START_TEST(many_short_lives)
{
    for (int life = 0; life < 100; life++) {
        roll r = {.count = counts[_i], .pool = new_pool(counts[_i])};
        mnn_pool_run(r.pool, call_the_roll, &r);
        mnn_pool_free(r.pool);
        for (int w = 0; w < r.count; w++)
            ck_assert_int_eq(r.seen[w], 1);
    }
    mnn_pool_free(NULL);
}
END_TEST

START_TEST(a_count_below_one_is_refused)
{
    mnn_pool *pool = NULL;
    mnn_error err;
    ck_assert_int_eq(mnn_pool_new(&pool, 0, &err), MNN_EUSAGE);
    ck_assert_ptr_null(pool);
    ck_assert_ptr_nonnull(strstr(err.text, "got 0, expected 1 or more"));
    ck_assert_int_eq(mnn_pool_new(&pool, -3, NULL), MNN_EUSAGE);
}
END_TEST

#ifndef SANITIZED
/** Number of threads of this process. */
static int threads_now(void)
{
    char line[256];
    int threads = -1;
    FILE *status = fopen("/proc/self/status", "r");
    ck_assert_ptr_nonnull(status);
    while (fgets(line, sizeof line, status)) {
        if (sscanf(line, "Threads: %d", &threads) == 1)
            break;
    }
    fclose(status);
    return threads;
}

/** Whether the process comes to have so many threads: one that was joined may be counted a moment longer. */
static bool threads_become(int expected)
{
    for (int i = 0; i < 60000 && threads_now() != expected; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return threads_now() == expected;
}

START_TEST(a_thread_that_cannot_be_had)
{
    /* The stacks of a few threads fit under this limit of address space, those of 64 do not. */
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    ck_assert_ptr_nonnull(statm);
    ck_assert_int_eq(fscanf(statm, "%ld", &pages), 1);
    fclose(statm);
    const rlim_t limit = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)40 << 20);
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &(struct rlimit){limit, limit}), 0);

    const int before = threads_now();
    mnn_pool *pool = NULL;
    mnn_error err;
    ck_assert_int_eq(mnn_pool_new(&pool, 64, &err), MNN_ENOMEM);
    ck_assert_ptr_null(pool);
    ck_assert_ptr_nonnull(strstr(err.text, "could not start 64 threads"));
    ck_assert(threads_become(before));

    roll r = {.count = 1, .pool = new_pool(1)};
    mnn_pool_run(r.pool, call_the_roll, &r);
    ck_assert_int_eq(r.seen[0], 1);
    mnn_pool_free(r.pool);
}
END_TEST
#endif

static void look_at_mask(const mnn_worker *worker, void *argument)
{
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    ((int *)argument)[worker->index] = sigismember(&now, SIGINT) + sigismember(&now, SIGTERM);
}

START_TEST(signals_reach_the_caller)
{
    int blocked[2] = {-1, -1};
    mnn_pool *pool = new_pool(2);
    mnn_pool_run(pool, look_at_mask, blocked);
    ck_assert_int_eq(blocked[0], 0);
    ck_assert_int_eq(blocked[1], 2);
    mnn_pool_free(pool);
}
END_TEST

START_TEST(processors_are_those_we_may_use)
{
    const int all = mnn_processors();
    ck_assert_int_ge(all, 1);
    cpu_set_t may;
    ck_assert_int_eq(sched_getaffinity(0, sizeof may, &may), 0);
    ck_assert_int_eq(all, CPU_COUNT(&may));
    size_t first = 0;
    while (!CPU_ISSET(first, &may))
        first++;
    CPU_ZERO(&may);
    CPU_SET(first, &may);
    ck_assert_int_eq(sched_setaffinity(0, sizeof may, &may), 0);
    ck_assert_int_eq(mnn_processors(), 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pool");
    TCase *tc = tcase_create("pool");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, every_worker_runs_once_a_run, 0, COUNTS);
    tcase_add_loop_test(tc, sleeping_workers_are_woken, 0, COUNTS);
    tcase_add_loop_test(tc, a_barrier_lets_nobody_pass_early, 0, COUNTS);
    tcase_add_loop_test(tc, runs_and_barriers_alternate, 0, COUNTS);
    tcase_add_test(tc, more_workers_than_processors_do_not_crawl);
    tcase_add_loop_test(tc, threads_start_and_end, 0, COUNTS);
    tcase_add_loop_test(tc, many_short_lives, 0, COUNTS);
    tcase_add_test(tc, parts_are_whole);
    tcase_add_test(tc, a_count_below_one_is_refused);
#ifndef SANITIZED
    tcase_add_test(tc, a_thread_that_cannot_be_had);
#endif
    tcase_add_test(tc, signals_reach_the_caller);
    tcase_add_test(tc, processors_are_those_we_may_use);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    const int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
