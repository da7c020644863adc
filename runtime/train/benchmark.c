#include "train/benchmark.h"

#include <stdlib.h>

#include "mnn/profile.h"
#include "train/evaluate.h"
#include "train/loop.h"

enum {
    TIMES = 65536,    /* taken at most */
    LAP_STEPS = 4096, /* training steps whose functions are kept */
    WARM_UP = 5,      /* the first ones are not counted */
    PEAK_TRIES = 20,
    PEAK_ROUNDS = 100000
};

/* Times that are being taken. */
typedef struct stopwatch {
    uint64_t *times;       /* [TIMES], nanoseconds */
    uint64_t count, limit; /* limit: nanoseconds for all */
    uint64_t begun, last;
    int warming;
} stopwatch;

static void start(stopwatch *w)
{
    w->count = 0;
    w->warming = WARM_UP;
    w->last = mnn_clock();
}

/* The time since the last look is one more.
 * @return whether there is time for another */
static bool look(stopwatch *w)
{
    const uint64_t now = mnn_clock();
    if (w->warming > 0) {
        w->warming--;
        w->begun = now;
    } else {
        w->times[w->count++] = now - w->last;
    }
    w->last = now;
    return w->count == 0 || (now - w->begun < w->limit && w->count < TIMES);
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static mnn_times judge(const stopwatch *w)
{
    qsort(w->times, w->count, sizeof *w->times, compare);
    const uint64_t middle = w->times[(w->count - 1) / 2] + w->times[w->count / 2];
    return (mnn_times){.median = 0.5e-9 * (double)middle,
                       .least = 1e-9 * (double)w->times[0],
                       .most = 1e-9 * (double)w->times[w->count - 1],
                       .count = w->count};
}

/* --- prediction ---------------------------------------------------------------------------------- */

/* @param index  [set->count]: 0, 1, 2, ... */
static mnn_times time_prediction(const mnn_model *model, mnn_pool *pool, const mnn_dataset *set, const uint32_t *index,
                                 int rows, stopwatch *w)
{
    uint32_t first = 0;
    mnn_batch batch = mnn_dataset_batch(set);
    batch.rows = rows;
    start(w);
    do {
        if (first + (uint32_t)rows > set->count)
            first = 0;
        batch.index = index + first;
        first += (uint32_t)rows;
        mnn_run_forward(model, pool, &batch, false);
    } while (look(w));
    return judge(w);
}

/* --- training ------------------------------------------------------------------------------------ */

/* A training that is watched. */
typedef struct watch {
    const mnn_model *model;
    stopwatch *stopwatch;
    int workers, width; /* of a step's laps */
    uint64_t *now;      /* [workers][mnn_lap_stride()]: of the step that runs; NULL: not measured */
    uint64_t *laps;     /* [LAP_STEPS][width]: of every step, all workers together */
    volatile sig_atomic_t stop;
} watch;

/* Move the laps of all workers to a row, or, where row is NULL, nowhere. */
static void take_laps(const watch *t, uint64_t *row)
{
    const int stride = mnn_lap_stride(t->model);
    for (int i = 0; i < t->workers; i++)
        for (int lap = MNN_LAP_BARRIER; lap < t->width; lap++) {
            if (row)
                row[lap] += t->now[i * stride + lap];
            t->now[i * stride + lap] = 0;
        }
}

static void watch_step(void *context, const mnn_step_report *report)
{
    (void)report;
    watch *t = context;
    const uint64_t before = t->stopwatch->count;
    if (!look(t->stopwatch))
        t->stop = 1;
    const bool counts = t->stopwatch->count > before && before < LAP_STEPS;
    if (t->now)
        take_laps(t, counts ? t->laps + before * (uint64_t)t->width : NULL);
}

/* The medians of the laps; the stopwatch's memory is used again. */
static mnn_status judge_laps(const watch *t, stopwatch *w, mnn_benchmark *out, mnn_error *err)
{
    out->laps = calloc((size_t)t->width, sizeof *out->laps);
    if (!out->laps)
        return mnn_fail(err, MNN_ENOMEM, "out of memory for the laps");
    w->count = w->count < LAP_STEPS ? w->count : LAP_STEPS;
    for (int lap = MNN_LAP_BARRIER; lap < t->width; lap++) {
        for (uint64_t step = 0; step < w->count; step++)
            w->times[step] = t->laps[step * (uint64_t)t->width + (uint64_t)lap];
        out->laps[lap] = judge(w).median / t->workers;
    }
    return MNN_OK;
}

static mnn_status time_training(const mnn_model *model, mnn_pool *pool, int workers, const mnn_dataset *set,
                                stopwatch *w, bool with_laps, bool alone, mnn_benchmark *out, mnn_error *err)
{
    mnn_model bare = *model;
    bare.callback_count = 0; /* they write files and end early */
    watch watched = {.model = model, .stopwatch = w, .workers = workers, .width = MNN_LAP_FIRST + model->step_count};
    if (with_laps) {
        watched.now = calloc((size_t)workers * (size_t)mnn_lap_stride(model), sizeof *watched.now);
        watched.laps = calloc((size_t)LAP_STEPS * (size_t)watched.width, sizeof *watched.laps);
    }
    const mnn_observer observer = {.context = &watched, .on_step = watch_step};
    const mnn_training training = {.model = &bare,
                                   .pool = pool,
                                   .training = mnn_dataset_all(set),
                                   .epochs = INT32_MAX - 1,
                                   .shuffle = model->shuffle,
                                   .seed = model->seed,
                                   .stop = &watched.stop,
                                   .laps = watched.now,
                                   .alone = alone,
                                   .observers = &observer,
                                   .observer_count = 1};
    mnn_training_result result;
    mnn_status status = MNN_OK;
    if (with_laps && (!watched.now || !watched.laps))
        status = mnn_fail(err, MNN_ENOMEM, "out of memory for the laps");
    start(w);
    if (!status)
        status = mnn_train(&training, &result, err);
    if (!status)
        out->step = judge(w);
    if (!status && with_laps)
        status = judge_laps(&watched, w, out, err);
    free(watched.now);
    free(watched.laps);
    return status;
}

/* --- the machine ------------------------------------------------------------------------------------- */

static void work_peak(const mnn_worker *worker, void *argument)
{
    (void)worker;
    const mnn_model *model = argument;
    model->peak(PEAK_ROUNDS);
}

/* The best of several tries: what disturbs can only make it slower. */
static double measure_peak(const mnn_model *model, mnn_pool *pool, int workers)
{
    uint64_t least = UINT64_MAX;
    mnn_model copy = *model; /* so that nothing constant is handed over as a pointer to change */
    for (int i = 0; i < PEAK_TRIES; i++) {
        const uint64_t begun = mnn_clock();
        mnn_pool_run(pool, work_peak, &copy);
        const uint64_t took = mnn_clock() - begun;
        least = took < least ? took : least;
    }
    const double operations = (double)model->peak(1) * PEAK_ROUNDS * (double)workers;
    return operations / (1e-9 * (double)least);
}

mnn_status mnn_benchmark_run(const mnn_model *model, mnn_pool *pool, int workers, const mnn_dataset *set,
                             double seconds, bool with_laps, mnn_benchmark *out, mnn_error *err)
{
    const int most = model->batch_size;
    mnn_benchmark b = {.rows = set->count < (uint32_t)most ? (int)set->count : most};
    stopwatch w = {.times = malloc(TIMES * sizeof *w.times), .limit = (uint64_t)(1e9 * seconds)};
    uint32_t *index = malloc((size_t)set->count * sizeof *index);
    mnn_status status = w.times && index ? MNN_OK : mnn_fail(err, MNN_ENOMEM, "out of memory");
    if (!status) {
        for (uint32_t i = 0; i < set->count; i++)
            index[i] = i;
        b.batch = time_prediction(model, pool, set, index, b.rows, &w);
        b.single = time_prediction(model, pool, set, index, 1, &w);
        status = time_training(model, pool, workers, set, &w, with_laps, true, &b, err);
    }
    if (!status && with_laps)
        b.peak = measure_peak(model, pool, workers);
    free(w.times);
    free(index);
    if (status)
        mnn_benchmark_free(&b);
    else
        *out = b;
    return status;
}

mnn_status mnn_benchmark_steps(const mnn_model *model, mnn_pool *pool, int workers, const mnn_dataset *set,
                               double seconds, bool with_laps, bool alone, mnn_benchmark *out, mnn_error *err)
{
    mnn_benchmark b = {.rows = model->batch_size};
    stopwatch w = {.times = malloc(TIMES * sizeof *w.times), .limit = (uint64_t)(1e9 * seconds)};
    if (!w.times)
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    const mnn_status status = time_training(model, pool, workers, set, &w, with_laps, alone, &b, err);
    free(w.times);
    if (status)
        mnn_benchmark_free(&b);
    else
        *out = b;
    return status;
}

void mnn_benchmark_free(mnn_benchmark *b)
{
    free(b->laps);
    b->laps = NULL;
}
