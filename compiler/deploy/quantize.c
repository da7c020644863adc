/* See quantize.h. */
#include "deploy/quantize.h"

#include <float.h>
#include <math.h>

/* So many products of a byte and a weight, and a bias of 2^30, fit an int32; likewise bytes alone. Powers of a
 * softmax fit a uint32, and the squares of a layernorm with the bits of its root a uint64. */
static const int64_t MAX_PRODUCTS = ((int64_t)1 << 30) / (255 * 127), MAX_BYTES = (int64_t)1 << 23,
                     MAX_POWERS = (int64_t)1 << 16, MAX_NORMALIZED = (int64_t)1 << 15;

enum { MAX_FACTORS = 3 };

/* An error of a layer from which on scales per channel are tried, and what they must make of the last one's. */
static const double MUCH_ERROR = 0.03, WORTH = 0.9;

/** Whether the ends of the range of a result do what the activation does. */
static bool is_clamp(const net_op *op)
{
    const ir_activation f = op->activation;
    return f.kind == LANG_ACTIVATION_LINEAR || ir_is_relu(f) || (ir_is_clip(f) && op->form->kind != NET_PICK);
}

bool net_takes_bytes(const network *n, const net_op *op)
{
    return op->output != n->output && (ir_has(op->code, IR_MAPS) || !is_clamp(op));
}

const net_range *net_before_activation(const net_op *op)
{
    return op->table || op->power ? &op->inner : &op->output->range;
}

/* --- what can be done ----------------------------------------------------------------------------- */

static int64_t last_dimension(ir_shape s)
{
    return s.dim[s.rank - 1];
}

static const char *why_not(const network *n, const net_op *op)
{
    const bool is_last = op->output == n->output;
    const net_form *f = op->form;
    if (f->kind == NET_NO_FORM)
        return "int8 has no form for this layer";
    if (f->kind == NET_ENTRY && is_last)
        return "int8 needs a layer other than the input";
    if (is_last && n->options.argmax_only && n->output->elements > 1 && !ir_keeps_order(op->activation))
        return "with int8 and --argmax-only, the last activation must not map different values to the same value";
    if (f->kind == NET_PRODUCT && net_reduced(op) > MAX_PRODUCTS)
        return "too many inputs for int8: their sum does not fit 32 bits";
    if ((f->kind == NET_MEAN && net_reduced(op) > MAX_BYTES) ||
        (op->activation.kind == LANG_ACTIVATION_SOFTMAX && !is_last &&
         last_dimension(op->activation_shape) > MAX_POWERS))
        return "too many inputs for int8: their sum does not fit 32 bits";
    if (f->kind == NET_SUM && op->input_count > NET_MAX_SUMMANDS)
        return "too many inputs for int8: their sum does not fit 31 bits";
    if (f->kind == NET_TIMES && op->input_count > MAX_FACTORS)
        return "too many inputs for int8: their product does not fit 31 bits";
    if (f->kind == NET_NORM && last_dimension(op->output->shape) > MAX_NORMALIZED)
        return "too many inputs for int8: the sum of their squares does not fit 64 bits";
    return NULL;
}

const net_op *net_not_quantizable(const network *n, const char **why)
{
    const ir_data *data = &n->plan->program->data;
    const double zero = -data->shift / data->scale;
    *why = NULL;
    if (n->options.input == NET_BYTES && (!(data->scale > 0) || !(zero >= 0 && zero <= UINT8_MAX)))
        *why = "int8 with byte inputs needs a zero point from 0 to 255 (see scale, normalize), or --input=float32";
    for (const net_op *op = n->ops; op && !*why; op = op->next)
        if ((*why = why_not(n, op)) != NULL)
            return op;
    return *why ? n->ops : NULL;
}

/* --- ranges --------------------------------------------------------------------------------------- */

static void widen(net_range *range, const double *numbers, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        range->low = numbers[i] < range->low ? numbers[i] : range->low;
        range->high = numbers[i] > range->high ? numbers[i] : range->high;
    }
}

static void widen_channels(net_channels *c, const double *numbers, int64_t count)
{
    for (int64_t i = 0, k = 0; i < count; i++, k = k + 1 == c->count ? 0 : k + 1) {
        c->low[k] = numbers[i] < c->low[k] ? numbers[i] : c->low[k];
        c->high[k] = numbers[i] > c->high[k] ? numbers[i] : c->high[k];
    }
}

static void find_ranges(network *n, const net_samples *samples, const net_progress *progress, int64_t total)
{
    const net_run r = net_run_new(n, false);
    for (int64_t s = 0; s < samples->count; s++) {
        int number = 0;
        if (progress)
            progress->report(progress->of, s, total);
        net_run_sample(&r, samples, s);
        for (net_op *op = n->ops; op; op = op->next, number++) {
            widen(&op->output->range, r.values[number], op->output->elements);
            widen_channels(&op->output->channels, r.values[number], op->output->elements);
            if (net_takes_bytes(n, op))
                widen(&op->inner, r.before[number], op->output->elements);
        }
    }
}

static void set_scale(net_range *r)
{
    const double range = r->high - r->low;
    r->scale = range > 0 ? range / UINT8_MAX : 1.0;
    r->zero = (int)lround(-r->low / r->scale);
}

/** How far from one end of a range, towards the other, f stays within tolerance of its value there. */
static double flat_part(ir_activation f, double from, double to, double tolerance)
{
    enum { STEPS = 4096 };
    const double start = ir_activate(f, from);
    int i = 0;
    while (i < STEPS / 2 && fabs(ir_activate(f, from + (to - from) * (i + 1) / STEPS) - start) <= tolerance)
        i++;
    return from + (to - from) * i / STEPS;
}

/** The range that a table takes. Where the activation is flat all bytes would say the same: the range ends there. */
static void set_inner_scale(net_op *op)
{
    if (op->form->kind == NET_PICK) { /* the bytes are those of the input */
        op->inner = op->input[0]->range;
        return;
    }
    if (op->activation.kind == LANG_ACTIVATION_SOFTMAX) {
        set_scale(&op->inner);
        return;
    }
    const double tolerance = op->output->range.scale / 4, low = op->inner.low, high = op->inner.high;
    const net_range whole = op->inner;
    op->inner.low = flat_part(op->activation, low, high, tolerance);
    op->inner.high = flat_part(op->activation, high, low, tolerance);
    set_scale(&op->inner);
    op->inner.low = whole.low;
    op->inner.high = whole.high;
}

/** One scale for the whole result. */
static void set_output_scale(const network *n, net_op *op)
{
    net_range *r = &op->output->range;
    const bool is_picked = op->form->kind == NET_PICK;
    if (op->output == n->output) { /* integers of 32 bits, so that nothing is cut off */
        const double most = fmax(fabs(r->high), fabs(r->low));
        r->scale = is_picked ? op->input[0]->range.scale : most > 0 ? ldexp(most, -NET_SCORE_BITS) : 1.0;
        r->zero = 0;
    } else if (is_picked && !net_takes_bytes(n, op)) { /* the largest of numbers is one of them */
        r->scale = op->input[0]->range.scale;
        r->zero = op->input[0]->range.zero;
    } else {
        if (op->activation.kind == LANG_ACTIVATION_SOFTMAX)
            r->high = 1;
        set_scale(r);
    }
}

/** @param by_channel  one scale per channel where that can be */
static void set_scales(network *n, bool by_channel)
{
    const ir_data *data = &n->plan->program->data;
    if (n->options.input == NET_BYTES) {
        n->input->range.scale = data->scale;
        n->input->range.zero = (int)lround(-data->shift / data->scale);
    }
    for (net_op *op = n->ops; op; op = op->next) {
        op->output->channels.ratio = op->output->channels.middle = NULL;
        if (!by_channel || !net_scale_channels(n, op))
            set_output_scale(n, op);
        if (net_takes_bytes(n, op))
            set_inner_scale(op);
    }
}

/* --- all of it ------------------------------------------------------------------------------------ */

/** Large weights fit a float, and sums over them do not. */
static bool ranges_fit_floats(const network *n)
{
    for (const net_op *op = n->ops; op; op = op->next)
        if (!(op->output->range.low >= -(double)FLT_MAX) || !(op->output->range.high <= (double)FLT_MAX))
            return false;
    return true;
}

/** A range of almost nothing takes a factor to bytes that no float holds. */
static bool entries_fit_floats(const network *n)
{
    for (const net_op *op = n->ops; op; op = op->next)
        for (int64_t k = 0; op->entry && k < op->entry->count; k++)
            if (!isfinite(op->entry->factor[k]) || !isfinite(op->entry->offset[k]))
                return false;
    return true;
}

/** One form of the network in integers, and what it loses. */
static net_loss try(network *n, bool by_channel, const net_samples *samples, const net_progress *progress, int64_t done,
                    int64_t total)
{
    set_scales(n, by_channel);
    for (net_op *op = n->ops; op; op = op->next)
        net_make_integers(n, op);
    return net_measure(n, samples, progress, done, total);
}

/** Whether so much is lost that scales per channel are worth their work. */
static bool loses_much(const network *n, const net_loss *loss)
{
    bool much = loss->share > NET_LOSS_LIMIT / 2;
    for (const net_op *op = n->ops; op; op = op->next)
        much = much || op->error > MUCH_ERROR;
    return much;
}

bool net_quantize(network *n, const net_samples *samples, const net_progress *progress, net_loss *loss)
{
    const int64_t count = samples->count;
    net_count_channels(n);
    find_ranges(n, samples, progress, 2 * count);
    if (!ranges_fit_floats(n))
        return false;
    *loss = try(n, false, samples, progress, count, 2 * count);
    if (!loses_much(n, loss))
        return entries_fit_floats(n);
    const double error = n->last->error;
    const net_loss by_channel = try(n, true, samples, progress, 2 * count, 3 * count);
    const bool better = n->last->error < WORTH * error || by_channel.share < WORTH * loss->share;
    if (by_channel.share <= loss->share && better && entries_fit_floats(n))
        *loss = by_channel;
    else
        *loss = try(n, false, samples, progress, 3 * count, 4 * count);
    return entries_fit_floats(n);
}
