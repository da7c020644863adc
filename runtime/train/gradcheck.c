#include "train/gradcheck.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "math/math.h"
#include "mnn/rng.h"

enum {
    WANTED = MNN_GRADCHECK_DRAWN + MNN_GRADCHECK_LARGEST,
    MAX_CANDIDATES = 128, /* the number of parameters that are tried before a tensor is given up as all kinks */
    SHAKES = 2,           /* times that rounding is measured ... */
    SHAKEN = 16           /* ... and how often what is seen then may occur: where sums cancel, rounding is not random */
};

/* A step for central differences: the error of the differences themselves is then about 1e-10. */
static const double STEP = 1e-5;

/* A check in progress. */
typedef struct check {
    const mnn_model *model;
    mnn_pool *pool;
    const mnn_batch *batch;
    double *params; /* [param_count + state_count]: a copy of the weights */
    float *grads;   /* [param_count]: of the gradients at them */
    double *noise;  /* [tensor_count]: of the gradients that float kernels can give, the largest of a tensor */
    double loss;    /* at the weights */
    mnn_gradcheck_watch watch;
    int done, wanted; /* parameters that are checked or skipped, of all */
} check;

/* The result of the differences for one parameter. */
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

/* @return how far a parameter of this value is moved */
static double step_of(double value)
{
    return STEP * fmax(1.0, fabs(value));
}

static slope measure_slope(check *c, int parameter)
{
    double *w = &c->params[parameter];
    const double old = *w, step = step_of(old);
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

/* Elements to try, no one twice: those with the largest gradient, then others at random. */
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

static void work_gradients(const mnn_worker *worker, void *argument)
{
    mnn_run_steps(worker, argument, MNN_FORWARD, MNN_GRADIENTS);
}

static void run_gradients(const check *c)
{
    mnn_walk walk = {.model = c->model, .batch = c->batch, .training = true};
    mnn_pool_run(c->pool, work_gradients, &walk);
}

/* Weights and gradients as they were. */
static void restore(const check *c)
{
    for (int i = 0; i < c->model->param_count; i++) {
        c->model->params[i] = (float)c->params[i];
        c->model->grads[i] = c->grads[i];
    }
}

/* Whether the generated gradient of a parameter is another one at an end of the step of the differences: there is a
 * kink between, or so many of them that both one-sided slopes are those of other pieces of the loss. Where inputs are
 * very small, every relu is that near to its kink.
 * @param least  a change that is none */
static bool jumps(const check *c, int parameter, double least)
{
    float *w = &c->model->params[parameter];
    const double old = c->params[parameter], step = step_of(old), here = (double)c->grads[parameter];
    bool found = false;
    for (int side = -1; side <= 1; side += 2) {
        *w = (float)(old + side * step);
        run_gradients(c);
        const double there = (double)c->model->grads[parameter];
        found = found || !(fabs(there - here) <= fmax(least, MNN_GRADCHECK_TOLERANCE * fabs(here)));
    }
    restore(c);
    return found;
}

/* @param scale  a gradient smaller than this is compared with it: what cancels in float32 leaves the
 *               rounding of what was added up
 * @param noise  of a gradient in float; the differences, in double, have none of it
 * Where the one-sided slopes disagree by more than the comparison tolerates, the loss has a kink there. */
static void compare(const check *c, mnn_gradcheck_tensor *result, int parameter, int element, const slope *s,
                    double scale, double noise)
{
    const double analytic = (double)c->grads[parameter];
    const double floor = fmax(scale, s->noise / MNN_GRADCHECK_TOLERANCE);
    const double one_sided = fmax(floor, fmax(fabs(s->below), fabs(s->above)));
    if (fabs(s->above - s->below) > MNN_GRADCHECK_TOLERANCE * one_sided) {
        result->kinks++;
        return;
    }
    const double least = fmax(floor, noise / MNN_GRADCHECK_TOLERANCE);
    double error = fabs(analytic - s->central) / fmax(least, fmax(fabs(analytic), fabs(s->central)));
    if (isnan(error))
        error = INFINITY; /* fmax() and comparisons would lose it */
    if (error > MNN_GRADCHECK_TOLERANCE && jumps(c, parameter, MNN_GRADCHECK_TOLERANCE * least)) {
        result->kinks++;
        return;
    }
    result->checked++;
    if (result->checked == 1 || error > result->largest) {
        result->largest = error;
        result->worst = element;
        result->analytic = analytic;
        result->numeric = s->central;
    }
}

static int wanted_of(const mnn_tensor *t)
{
    return !t->trainable ? 0 : t->size < WANTED ? t->size : WANTED;
}

/* @param here  parameters of the running tensor */
static void tell_done(const check *c, int here)
{
    if (c->watch.tell)
        c->watch.tell(c->watch.context, (double)(c->done + here) / c->wanted);
}

static void check_tensor(check *c, int tensor, uint64_t seed, mnn_gradcheck_tensor *result)
{
    const mnn_tensor *t = &c->model->tensors[tensor];
    const float *grads = c->grads + t->offset;
    int list[MAX_CANDIDATES];
    const int count = choose(grads, tensor, t->size, seed, list);
    const double rounding = 8 * FLT_EPSILON * fmax(1.0, fabs(c->loss)) / MNN_GRADCHECK_TOLERANCE;
    const double scale = fmax(rounding, 0.01 * largest_gradient(c->grads, c->model->param_count));
    for (int i = 0; i < count && result->checked < WANTED; i++) {
        const slope s = measure_slope(c, t->offset + list[i]);
        tell_done(c, result->checked);
        compare(c, result, t->offset + list[i], list[i], &s, scale, c->noise[tensor]);
    }
    result->passed = result->largest <= MNN_GRADCHECK_TOLERANCE;
    c->done += wanted_of(t);
    tell_done(c, 0);
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

/* --- rounding ------------------------------------------------------------------------------------- */

/* Every weight moved by a last place, up or down at random; 0, which may be a kink, stays where it is. */
static void shake(const check *c, uint64_t seed, uint32_t round)
{
    for (int i = 0; i < c->model->param_count; i++) {
        const mnn_random4 random = mnn_random(seed, MNN_STREAM_GRADCHECK, UINT32_MAX - round, (uint64_t)i);
        c->model->params[i] = (float)(c->params[i] * (random.word[0] & 1 ? 1 + FLT_EPSILON : 1 - FLT_EPSILON));
    }
}

/* How far rounding may move a gradient: several times what it moves when every weight changes by one unit in its last
 * place, the largest of a tensor. Where sums cancel or a normalisation divides by little that is much more than the
 * last places of the gradient, and no fault of the kernels. */
static void measure_noise(check *c, uint64_t seed)
{
    const mnn_model *model = c->model;
    for (uint32_t round = 0; round < SHAKES; round++) {
        shake(c, seed, round);
        run_gradients(c);
        for (int t = 0; t < model->tensor_count; t++)
            for (int i = 0; i < model->tensors[t].size && model->tensors[t].trainable; i++) {
                const int at = model->tensors[t].offset + i;
                const double moved = fabs((double)model->grads[at] - (double)c->grads[at]);
                if (SHAKEN * moved > c->noise[t])
                    c->noise[t] = SHAKEN * moved;
            }
    }
    restore(c);
}

static mnn_status take_memory(check *c, mnn_gradcheck *result, mnn_error *err)
{
    const size_t params = (size_t)(c->model->param_count + c->model->state_count) + 1,
                 tensors = (size_t)c->model->tensor_count + 1;
    c->params = malloc(params * sizeof *c->params);
    c->noise = calloc(tensors, sizeof *c->noise);
    c->grads = malloc(params * sizeof *c->grads);
    result->tensors = calloc(tensors, sizeof *result->tensors);
    if (c->params && c->noise && c->grads && result->tensors)
        return MNN_OK;
    mnn_gradcheck_free(result);
    return mnn_fail(err, MNN_ENOMEM, "out of memory");
}

static void check_tensors(check *c, uint64_t seed, mnn_gradcheck *result)
{
    int checked = 0;
    for (int t = 0; t < c->model->tensor_count; t++)
        c->wanted += wanted_of(&c->model->tensors[t]);
    for (int t = 0; t < c->model->tensor_count; t++) {
        result->tensors[t].passed = true;
        if (!c->model->tensors[t].trainable)
            continue;
        check_tensor(c, t, seed, &result->tensors[t]);
        result->passed = result->passed && result->tensors[t].passed;
        result->unchecked += result->tensors[t].checked == 0;
        checked += result->tensors[t].checked;
    }
    result->passed = result->passed && checked > 0;
}

mnn_status mnn_gradcheck_run(const mnn_model *model, mnn_pool *pool, const mnn_batch *batch, uint64_t seed,
                             mnn_gradcheck_watch watch, mnn_gradcheck *out, mnn_error *err)
{
    check c = {.model = model, .pool = pool, .batch = batch, .watch = watch};
    mnn_gradcheck result = {.passed = true};
    run_gradients(&c);
    if (!mnn_all_finite(model->row_loss, (size_t)batch->rows) ||
        !mnn_all_finite(model->grads, (size_t)model->param_count))
        return mnn_fail(err, MNN_EDIVERGED, "the loss or a gradient is not finite at these weights");
    const mnn_status status = take_memory(&c, &result, err);
    if (!status) {
        for (int i = 0; i < model->param_count; i++) {
            c.params[i] = (double)model->params[i];
            c.grads[i] = model->grads[i];
        }
        for (int i = model->param_count; i < model->param_count + model->state_count; i++)
            c.params[i] = (double)model->params[i];
        c.loss = mean_loss(&c);
        result.loss_error = compare_losses(&c);
        result.passed = result.loss_error <= MNN_GRADCHECK_LOSS_TOLERANCE;
        measure_noise(&c, seed);
        check_tensors(&c, seed, &result);
        *out = result;
    }
    free(c.params);
    free(c.noise);
    free(c.grads);
    return status;
}

void mnn_gradcheck_free(mnn_gradcheck *g)
{
    free(g->tensors);
    g->tensors = NULL;
}
