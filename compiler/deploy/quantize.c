/* See quantize.h. */
#include "deploy/quantize.h"

#include <float.h>
#include <math.h>

/* So many products of a byte and a weight, and a bias of 2^30, fit an int32; likewise bytes alone. Powers of a
 * softmax fit a uint32, and the squares of a layernorm with the bits of its root a uint64. */
static const int64_t MAX_PRODUCTS = ((int64_t)1 << 30) / (255 * 127), MAX_BYTES = (int64_t)1 << 23,
                     MAX_POWERS = (int64_t)1 << 16, MAX_NORMALIZED = (int64_t)1 << 15;

static bool is_mean(const net_op *op)
{
    return op->code == IR_AVGPOOL2D || op->code == IR_GLOBAL_AVGPOOL2D;
}

/** Whether values begin to differ from what stands before the activation elsewhere than at 0. */
static bool is_curve(lang_activation f)
{
    return f != LANG_ACTIVATION_LINEAR && f != LANG_ACTIVATION_RELU;
}

bool net_takes_bytes(const network *n, const net_op *op)
{
    return op->output != n->output && (op->code == IR_ACTIVATION || is_curve(op->activation.kind));
}

const net_range *net_before_activation(const net_op *op)
{
    return op->table || op->power ? &op->inner : &op->output->range;
}

int64_t net_window_elements(const net_op *op)
{
    const ir_shape in = op->op->input[0]->shape;
    const ir_pair window = op->op->attr.window;
    return op->code == IR_GLOBAL_AVGPOOL2D ? in.dim[0] * in.dim[1] : window.h * window.w;
}

bool net_windows_differ(const net_op *op)
{
    const ir_attributes *a = &op->op->attr;
    const ir_shape in = op->op->input[0]->shape, out = op->op->output[0]->shape;
    return op->code == IR_AVGPOOL2D &&
           (a->pad.h > 0 || a->pad.w > 0 || (out.dim[0] - 1) * a->strides.h + a->window.h > in.dim[0] ||
            (out.dim[1] - 1) * a->strides.w + a->window.w > in.dim[1]);
}

/* --- what can be done ----------------------------------------------------------------------------- */

static bool is_weighted(const net_op *op)
{
    return op->code == IR_DENSE || op->code == IR_CONV2D || op->code == IR_DEPTHWISE_CONV2D;
}

/** Whether the class is the same before the last activation, which --argmax-only leaves out: a larger number never
 *  becomes an equal or smaller one. */
static bool keeps_order(ir_activation f)
{
    switch (f.kind) {
    case LANG_ACTIVATION_RELU:
    case LANG_ACTIVATION_GELU:
    case LANG_ACTIVATION_SILU:
        return false;
    case LANG_ACTIVATION_LEAKY_RELU:
    case LANG_ACTIVATION_ELU:
        return f.a > 0;
    default:
        return true;
    }
}

static int64_t last_dimension(ir_shape s)
{
    return s.dim[s.rank - 1];
}

static const char *why_not(const network *n, const net_op *op)
{
    const bool is_last = op->output == n->output;
    if (op->code == IR_INPUT && is_last)
        return "int8 needs a layer that computes";
    if (is_last && n->options.argmax_only && n->output->elements > 1 && !keeps_order(op->activation))
        return "with int8 and --argmax-only the last activation must not make different numbers equal";
    if (is_weighted(op) && op->kernel->elements / op->bias->elements > MAX_PRODUCTS)
        return "with int8 the sums of so many inputs do not fit 32 bits";
    if ((is_mean(op) && net_window_elements(op) > MAX_BYTES) ||
        (op->activation.kind == LANG_ACTIVATION_SOFTMAX && !is_last &&
         last_dimension(op->activation_shape) > MAX_POWERS))
        return "with int8 the sums of so many inputs do not fit 32 bits";
    if (op->code == IR_LAYERNORM && last_dimension(op->output->shape) > MAX_NORMALIZED)
        return "with int8 the squares of so many inputs do not fit 64 bits";
    return NULL;
}

const net_op *net_not_quantizable(const network *n, const char **why)
{
    const ir_data *data = &n->plan->program->data;
    const double zero = -data->shift / data->scale;
    *why = NULL;
    if (n->options.input == NET_BYTES && (!(data->scale > 0) || !(zero >= 0 && zero <= UINT8_MAX)))
        *why = "int8 needs bytes of which one stands for 0 (scale, normalize), or --input=float32";
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

static void find_ranges(network *n, const net_samples *samples)
{
    const net_run r = net_run_new(n, false);
    for (int64_t s = 0; s < samples->count; s++) {
        int number = 0;
        net_run_sample(&r, samples, s);
        for (net_op *op = n->ops; op; op = op->next, number++) {
            widen(&op->output->range, r.values[number], op->output->elements);
            if (r.before[number])
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
    const double start = net_activation(f, from);
    int i = 0;
    while (i < STEPS / 2 && fabs(net_activation(f, from + (to - from) * (i + 1) / STEPS) - start) <= tolerance)
        i++;
    return from + (to - from) * i / STEPS;
}

/** The range that a table takes. Where the activation is flat all bytes would say the same: the range ends there. */
static void set_inner_scale(net_op *op)
{
    if (op->code == IR_ACTIVATION || op->code == IR_MAXPOOL2D) { /* the bytes are those of the input */
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

static void set_scales(network *n)
{
    const ir_data *data = &n->plan->program->data;
    if (n->options.input == NET_BYTES) {
        n->input->range.scale = data->scale;
        n->input->range.zero = (int)lround(-data->shift / data->scale);
    }
    for (net_op *op = n->ops; op; op = op->next) {
        net_range *r = &op->output->range;
        const bool is_picked = op->code == IR_MAXPOOL2D || op->code == IR_ACTIVATION;
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
        if (net_takes_bytes(n, op))
            set_inner_scale(op);
    }
}

/* --- what is lost --------------------------------------------------------------------------------- */

/** Squares of an operation's results, and of what they differ from the floats. */
typedef struct squares {
    double signal, noise;
} squares;

static void add_squares(squares *sum, const net_value *v, const double *floats, const double *integers)
{
    for (int64_t i = 0; i < v->elements; i++) {
        const double got = v->range.scale * (integers[i] - v->range.zero);
        sum->signal += floats[i] * floats[i];
        sum->noise += (floats[i] - got) * (floats[i] - got);
    }
}

/** Where the largest of some numbers is, the first of several. */
static int64_t place_of_largest(const double *v, int64_t count)
{
    int64_t best = 0;
    for (int64_t i = 1; i < count; i++)
        best = v[i] > v[best] ? i : best;
    return best;
}

/** The outputs of one sample; both are brought to what the caller gets. */
static void compare_outputs(const network *n, double *floats, double *integers, net_loss *loss)
{
    const int64_t count = n->output->elements;
    for (int64_t i = 0; i < count; i++)
        integers[i] *= n->output->range.scale;
    loss->same += place_of_largest(floats, count) == place_of_largest(integers, count);
    net_activate(n->last, floats);
    net_activate(n->last, integers);
    for (int64_t i = 0; i < count; i++)
        loss->largest = fmax(loss->largest, fabs(floats[i] - integers[i]));
}

/** Run both forms: the error of every operation, and of the outputs. */
static net_loss measure(network *n, const net_samples *samples)
{
    const net_run floats = net_run_new(n, false), integers = net_run_new(n, true);
    squares *sums = arena_array(n->arena, (size_t)n->op_count, sizeof *sums);
    const int last = n->op_count - 1;
    net_loss loss = {0, 0};
    int number = 0;
    for (int64_t s = 0; s < samples->count; s++) {
        net_run_sample(&floats, samples, s);
        net_run_sample(&integers, samples, s);
        number = 0;
        for (const net_op *op = n->ops; op; op = op->next, number++)
            add_squares(&sums[number], op->output, floats.values[number], integers.values[number]);
        compare_outputs(n, floats.values[last], integers.values[last], &loss);
    }
    number = 0;
    for (net_op *op = n->ops; op; op = op->next, number++)
        op->error = sums[number].signal > 0 ? sqrt(sums[number].noise / sums[number].signal) : 0.0;
    return loss;
}

/** Large weights fit a float, and sums over them do not. */
static bool ranges_fit_floats(const network *n)
{
    for (const net_op *op = n->ops; op; op = op->next)
        if (!(op->output->range.low >= -(double)FLT_MAX) || !(op->output->range.high <= (double)FLT_MAX))
            return false;
    return true;
}

bool net_quantize(network *n, const net_samples *samples, net_loss *loss)
{
    find_ranges(n, samples);
    if (!ranges_fit_floats(n))
        return false;
    set_scales(n);
    for (net_op *op = n->ops; op; op = op->next)
        net_make_integers(n, op);
    *loss = measure(n, samples);
    return true;
}
