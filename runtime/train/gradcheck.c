#include "train/gradcheck.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "math/math.h"
#include "mnn/rng.h"

enum {
    WANTED = MNN_GRADCHECK_DRAWN + MNN_GRADCHECK_LARGEST,
    MAX_CANDIDATES = 128 /* so many parameters are tried before a tensor is given up as all kinks */
};

/* A step for central differences: the error of the differences themselves is then about 1e-10. */
static const double STEP = 1e-5;

/* A check in progress. */
typedef struct check {
    const mnn_model *model;
    const mnn_batch *batch;
    double *params; /* [param_count]: a copy of the weights */
    double loss;    /* at the weights */
} check;

/* What differences say of one parameter. */
typedef struct slope {
    double below, above; /* one-sided */
    double central;
    double noise; /* rounding of the loss, divided by the step */
} slope;

static double mean_loss(const check *c)
{
    double loss[MNN_REFERENCE_ROWS], sum = 0;
    c->model->reference(c->params, c->batch, loss);
    for (int r = 0; r < c->batch->rows; r++)
        sum += loss[r];
    return sum / c->batch->rows;
}

static slope measure_slope(check *c, int parameter)
{
    double *w = &c->params[parameter];
    const double old = *w, step = STEP * fmax(1.0, fabs(old));
    const double right = old + step, left = old - step; /* as they round */
    *w = right;
    const double loss_right = mean_loss(c);
    *w = left;
    const double loss_left = mean_loss(c);
    *w = old;
    return (slope){.below = (c->loss - loss_left) / (old - left),
                   .above = (loss_right - c->loss) / (right - old),
                   .central = (loss_right - loss_left) / (right - left),
                   .noise = 8 * DBL_EPSILON * fmax(1.0, fabs(c->loss)) / step};
}

/* --- which parameters ---------------------------------------------------------------------------- */

static bool contains(const int *list, int count, int value)
{
    for (int i = 0; i < count; i++)
        if (list[i] == value)
            return true;
    return false;
}

/* The elements with the largest |gradient| that are not 0, largest first. */
static int choose_largest(const float *grads, int size, int *list)
{
    int count = 0;
    for (int e = 0; e < size; e++) {
        const float g = fabsf(grads[e]);
        int at = count;
        while (at > 0 && g > fabsf(grads[list[at - 1]]))
            at--;
        if (at >= MNN_GRADCHECK_LARGEST || g == 0.0f)
            continue;
        if (count < MNN_GRADCHECK_LARGEST)
            count++;
        for (int i = count - 1; i > at; i--)
            list[i] = list[i - 1];
        list[at] = e;
    }
    return count;
}

/* Elements to try, no one twice: those with the largest gradient, then others drawn at random. */
static int choose(const float *grads, int tensor, int size, uint64_t seed, int list[MAX_CANDIDATES])
{
    int count = choose_largest(grads, size, list);
    if (size <= MAX_CANDIDATES) {
        uint32_t order[MAX_CANDIDATES];
        mnn_shuffle(order, 0, (uint32_t)size, seed, (uint64_t)tensor);
        const int largest = count;
        for (int i = 0; i < size; i++)
            if (!contains(list, largest, (int)order[i]))
                list[count++] = (int)order[i];
        return count;
    }
    for (uint64_t draw = 0; count < MAX_CANDIDATES && draw < 8 * MAX_CANDIDATES; draw++) {
        const mnn_random4 random = mnn_random(seed, MNN_STREAM_GRADCHECK, (uint32_t)tensor, draw);
        const int element = (int)(((uint64_t)random.word[0] * (uint64_t)size) >> 32);
        if (!contains(list, count, element))
            list[count++] = element;
    }
    return count;
}

/* --- the comparison ------------------------------------------------------------------------------ */

static double largest_gradient(const float *grads, int size)
{
    double largest = 0;
    for (int e = 0; e < size; e++)
        /* not fmax(): gcc 12 ends with an internal error here for AArch64 */
        largest = fabs((double)grads[e]) > largest ? fabs((double)grads[e]) : largest;
    return largest;
}

/* @param scale  a gradient smaller than this is compared with it: what cancels in float32 leaves the
 *               rounding of what was added up
 * Where the one-sided slopes disagree by more than the comparison tolerates, the loss has a kink there. */
static void compare(mnn_gradcheck_tensor *result, int element, double analytic, const slope *s, double scale)
{
    const double floor = fmax(scale, s->noise / MNN_GRADCHECK_TOLERANCE);
    const double one_sided = fmax(floor, fmax(fabs(s->below), fabs(s->above)));
    if (fabs(s->above - s->below) > MNN_GRADCHECK_TOLERANCE * one_sided) {
        result->kinks++;
        return;
    }
    double error = fabs(analytic - s->central) / fmax(floor, fmax(fabs(analytic), fabs(s->central)));
    if (isnan(error))
        error = INFINITY; /* fmax() and comparisons would lose it */
    result->checked++;
    if (result->checked == 1 || error > result->largest) {
        result->largest = error;
        result->worst = element;
        result->analytic = analytic;
        result->numeric = s->central;
    }
}

static void check_tensor(check *c, int tensor, uint64_t seed, mnn_gradcheck_tensor *result)
{
    const mnn_tensor *t = &c->model->tensors[tensor];
    const float *grads = c->model->grads + t->offset;
    int list[MAX_CANDIDATES];
    const int count = choose(grads, tensor, t->size, seed, list);
    const double rounding = 8 * FLT_EPSILON * fmax(1.0, fabs(c->loss)) / MNN_GRADCHECK_TOLERANCE;
    const double scale = fmax(rounding, 0.01 * largest_gradient(c->model->grads, c->model->param_count));
    for (int i = 0; i < count && result->checked < WANTED; i++) {
        const slope s = measure_slope(c, t->offset + list[i]);
        compare(result, list[i], (double)grads[list[i]], &s, scale);
    }
    result->passed = result->largest <= MNN_GRADCHECK_TOLERANCE;
}

/* The largest relative difference between the rows' losses in both precisions. */
static double compare_losses(check *c)
{
    double loss[MNN_REFERENCE_ROWS], largest = 0;
    c->model->reference(c->params, c->batch, loss);
    for (int r = 0; r < c->batch->rows; r++) {
        const double error = fabs((double)c->model->row_loss[r] - loss[r]) / fmax(1.0, fabs(loss[r]));
        largest = isnan(error) ? INFINITY : fmax(largest, error);
    }
    return largest;
}

typedef struct gradient_job {
    const mnn_model *model;
    const mnn_batch *batch;
} gradient_job;

static void work_gradients(const mnn_worker *worker, void *argument)
{
    const gradient_job *job = argument;
    job->model->gradients(worker, job->batch);
}

mnn_status mnn_gradcheck_run(const mnn_model *model, mnn_pool *pool, const mnn_batch *batch, uint64_t seed,
                             mnn_gradcheck *out, mnn_error *err)
{
    check c = {.model = model, .batch = batch};
    mnn_gradcheck result = {.passed = true};
    gradient_job job = {model, batch};
    mnn_pool_run(pool, work_gradients, &job);
    if (!mnn_all_finite(model->row_loss, (size_t)batch->rows) ||
        !mnn_all_finite(model->grads, (size_t)model->param_count))
        return mnn_fail(err, MNN_EDIVERGED, "the loss or a gradient is not finite at these weights");
    c.params = malloc(((size_t)model->param_count + 1) * sizeof *c.params);
    result.tensors = calloc((size_t)model->tensor_count + 1, sizeof *result.tensors);
    if (!c.params || !result.tensors) {
        free(c.params);
        free(result.tensors);
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    }
    for (int i = 0; i < model->param_count; i++)
        c.params[i] = (double)model->params[i];
    c.loss = mean_loss(&c);
    result.loss_error = compare_losses(&c);
    result.passed = result.loss_error <= MNN_GRADCHECK_LOSS_TOLERANCE;
    int checked = 0;
    for (int t = 0; t < model->tensor_count; t++) {
        result.tensors[t].passed = true;
        if (!model->tensors[t].trainable)
            continue;
        check_tensor(&c, t, seed, &result.tensors[t]);
        result.passed = result.passed && result.tensors[t].passed;
        result.unchecked += result.tensors[t].checked == 0;
        checked += result.tensors[t].checked;
    }
    result.passed = result.passed && checked > 0;
    free(c.params);
    *out = result;
    return MNN_OK;
}

void mnn_gradcheck_free(mnn_gradcheck *g)
{
    free(g->tensors);
    g->tensors = NULL;
}
