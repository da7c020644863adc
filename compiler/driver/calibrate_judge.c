/* The calibration samples: constant ones do not show the ranges of values. */
#include <math.h>
#include <string.h>

#include "driver/calibrate.h"

enum {
    FEW = 32,       /* samples below which one more may widen every range */
    DARK = 64,      /* bytes between the lowest and the highest of all samples ... */
    ALL_BYTES = 256 /* ... of that many */
};

/* ... and what that is at most for the network, if it is dark: images are scaled to 1 or to deviations around 1. */
static const double DARK_RANGE = 0.9;

/* Variance over the samples, as a fraction of that within them, and of the squares. */
static const double STILL = 0.01, STILL_SQUARES = 1e-6;

/* Samples of one class: where there are several, and where there are two, as one of them may be rare. */
static const double ONE_OF_SEVERAL = 0.9, ONE_OF_TWO = 0.99;

/** A group of elements of all samples: a channel, or, of bytes, all of them. */
typedef struct group {
    double sum, squares; /* of all */
    double moved;        /* squared distances from the mean sample */
    double low, high;
    int64_t count;
} group;

static double element(const net_samples *s, int64_t i)
{
    return s->bytes ? (double)s->bytes[i] : (double)s->floats[i];
}

/** Element i of all samples. */
static void add_element(group *g, const net_samples *samples, int64_t size, int64_t i)
{
    double mean = 0;
    for (int64_t s = 0; s < samples->count; s++)
        mean += element(samples, s * size + i) / (double)samples->count;
    for (int64_t s = 0; s < samples->count; s++) {
        const double x = element(samples, s * size + i);
        g->sum += x;
        g->squares += x * x;
        g->moved += (x - mean) * (x - mean);
        g->low = fmin(g->low, x);
        g->high = fmax(g->high, x);
    }
    g->count += samples->count;
}

static bool stands_still(const group *g)
{
    const double variance = g->squares - g->sum * g->sum / (double)g->count;
    return g->moved <= STILL * variance || g->moved <= STILL_SQUARES * g->squares;
}

/** All groups together. */
typedef struct look {
    double low, high;
    bool is_same, is_still;
} look;

static look look_at(const network *n, const net_samples *samples)
{
    const int64_t size = n->input->elements,
                  groups = samples->are_bytes ? 1 : n->input->shape.dim[n->input->shape.rank - 1];
    look l = {INFINITY, -INFINITY, true, true};
    for (int64_t k = 0; k < groups; k++) {
        group g = {.low = INFINITY, .high = -INFINITY};
        for (int64_t i = k; i < size; i += groups)
            add_element(&g, samples, size, i);
        l.low = fmin(l.low, g.low);
        l.high = fmax(l.high, g.high);
        l.is_same = l.is_same && g.moved <= 0;
        l.is_still = l.is_still && stands_still(&g);
    }
    return l;
}

/** "256 calibration samples of "x.idx"" */
static const char *all_of(arena *a, const network *n, const char *path, const net_samples *samples)
{
    const char *file = calibrate_file(a, n->plan->program, path);
    if (samples->count == 1)
        return arena_printf(a, "1 calibration sample of \"%s\"", str_printable(a, file, strlen(file)));
    return arena_printf(a, "%lld calibration samples of \"%s\"", (long long)samples->count,
                        str_printable(a, file, strlen(file)));
}

static bool warn_of_look(diag_list *d, const network *n, const char *all, const look *l, const net_samples *samples)
{
    const double range = l->high - l->low, scale = n->plan->program->data.scale;
    if (range == 0)
        diag_warning(d, DIAG_CALIBRATION, (span){0}, "blank: every value of %s is %g", all, l->low);
    else if (samples->count > 1 && l->is_same)
        diag_warning(d, DIAG_CALIBRATION, (span){0}, "all %s are the same", all);
    else if (samples->count > 1 && l->is_still)
        diag_warning(d, DIAG_CALIBRATION, (span){0}, "the %s are nearly the same", all);
    else if (samples->are_bytes && range < DARK && range * fabs(scale) < DARK_RANGE)
        diag_warning(d, DIAG_CALIBRATION, (span){0}, "the %s use %d of %d bytes (%g to %g)%s", all, (int)range + 1,
                     (int)ALL_BYTES, l->low, l->high, l->low == 0 ? ": they are dark" : "");
    else
        return false;
    return true;
}

static void hint(diag_list *d)
{
    diag_hint(d, "values outside the ranges of these samples are clipped: calibrate with samples of all kinds that the "
                 "network will receive, such as the training set");
}

bool calibrate_judge(diag_list *d, const network *n, const char *path, const net_samples *samples)
{
    const char *all = all_of(d->arena, n, path, samples);
    const look l = look_at(n, samples);
    if (warn_of_look(d, n, all, &l, samples)) {
        hint(d);
        return true;
    }
    if (samples->count < FEW) {
        diag_warning(d, DIAG_CALIBRATION, (span){0}, "only %s (expected at least %d)", all, (int)FEW);
        hint(d);
    }
    return false;
}

/* --- what the network makes of them --------------------------------------------------------------- */

/** A layer whose results are all 0, or so small that no multiplier brings its sums to their scale. */
static const net_op *silent_layer(const network *n)
{
    for (const net_op *op = n->ops; op; op = op->next)
        if ((op->output->range.low == 0 && op->output->range.high == 0) || net_is_beyond_multipliers(op))
            return op;
    return NULL;
}

void calibrate_judge_results(diag_list *d, const network *n, const char *path, const net_samples *samples,
                             const net_loss *loss)
{
    const char *all = all_of(d->arena, n, path, samples);
    const double most = n->output->elements > 2 ? ONE_OF_SEVERAL : ONE_OF_TWO;
    const net_op *silent = silent_layer(n);
    if (n->classes && samples->count >= FEW && (double)loss->most_frequent >= most * (double)samples->count) {
        diag_warning(d, DIAG_CALIBRATION, (span){0}, "the network predicts the same class for %lld of %s",
                     (long long)loss->most_frequent, all);
        hint(d);
        diag_hint(d, "only the first %d samples are used: shuffle a file that is sorted by class", CALIBRATION_SAMPLES);
    } else if (silent) {
        diag_warning(d, DIAG_CALIBRATION, silent->op->at, "layer \"%s\" is 0 for all %s: its range is unknown",
                     silent->op->layer, all);
        hint(d);
    }
}
