/* See quantize.h. */
#include "deploy/quantize.h"

#include <math.h>

enum { WEIGHT_LIMIT = 127, SCORE_BITS = 20 };

/* So many products of a byte and a weight, and a bias of 2^30, fit an int32. */
static const int64_t MAX_INPUTS = ((int64_t)1 << 30) / (255 * WEIGHT_LIMIT);

static bool is_weighted(const net_op *op)
{
    return op->code == IR_DENSE || op->code == IR_CONV2D;
}

/* --- what can be done ----------------------------------------------------------------------------- */

static const char *why_not(const network *n, const net_op *op)
{
    const lang_activation f = op->activation.kind;
    if (!is_weighted(op) && op->code != IR_MAXPOOL2D)
        return "int8 has dense, conv2d and maxpool2d only";
    if (op->next && f != LANG_ACTIVATION_LINEAR && f != LANG_ACTIVATION_RELU)
        return "int8 has relu only, but for the last layer";
    if (!op->next && (!is_weighted(op) || op->pool))
        return "with int8 the last layer must be dense or conv2d";
    if (op->next && (op->next->input_count != 1 || op->next->input[0] != op->output))
        return "int8 has no branches";
    if (is_weighted(op) && op->kernel->elements / op->bias->elements > MAX_INPUTS)
        return "with int8 the sums of so many inputs do not fit 32 bits";
    return op->next || op->output == n->output ? NULL : "int8 has no branches";
}

const net_op *net_not_quantizable(const network *n, const char **why)
{
    const ir_data *data = &n->plan->program->data;
    const double zero = -data->shift / data->scale;
    *why = NULL;
    if (n->options.input != NET_BYTES || !(data->scale > 0) || !(zero >= 0 && zero <= UINT8_MAX))
        *why = "int8 needs samples of bytes, of which one stands for 0 (--input, scale, normalize)";
    for (const net_op *op = n->ops; op && !*why; op = op->next)
        if ((*why = why_not(n, op)) != NULL)
            return op;
    return *why ? n->ops : NULL;
}

/* --- ranges --------------------------------------------------------------------------------------- */

static void widen(net_value *v, const float *numbers)
{
    for (int64_t i = 0; i < v->elements; i++) {
        v->low = numbers[i] < v->low ? numbers[i] : v->low;
        v->high = numbers[i] > v->high ? numbers[i] : v->high;
    }
}

static void find_ranges(const network *n, net_run *r, const net_samples *samples)
{
    for (int64_t s = 0; s < samples->count; s++) {
        int number = 0;
        net_run_floats(r, samples->bytes + s * n->input->elements);
        for (net_op *op = n->ops; op; op = op->next, number++)
            widen(op->output, r->floats[number]);
    }
}

static void set_scales(network *n)
{
    const ir_data *data = &n->plan->program->data;
    n->input->scale = data->scale;
    n->input->zero = (int)lround(-data->shift / data->scale);
    for (net_op *op = n->ops; op; op = op->next) {
        net_value *v = op->output;
        const double range = (double)v->high - (double)v->low;
        if (v == n->output) { /* scores: int32, so that nothing is cut off */
            const double most = fmax(fabs((double)v->high), fabs((double)v->low));
            v->scale = most > 0 ? most / (1 << SCORE_BITS) : 1.0;
            v->zero = 0;
        } else if (op->code == IR_MAXPOOL2D) { /* the largest of numbers is one of them */
            v->scale = op->input[0]->scale;
            v->zero = op->input[0]->zero;
        } else {
            v->scale = range > 0 ? range / UINT8_MAX : 1.0;
            v->zero = (int)lround(-(double)v->low / v->scale);
        }
    }
}

/* --- constants ------------------------------------------------------------------------------------ */

/** factor = multiplier / 2^shift, as near as can be. */
static void split(double factor, int32_t *multiplier, int8_t *shift)
{
    int exponent;
    const double fraction = frexp(factor, &exponent);
    int64_t m = llround(ldexp(fraction, 31));
    if (m > INT32_MAX) {
        m /= 2;
        exponent++;
    }
    const int s = 31 - exponent;
    *multiplier = s > 62 ? 0 : (int32_t)m;
    *shift = (int8_t)(s > 62 ? 62 : s < 1 ? 1 : s);
}

/** The scale of an output's weights: the largest becomes 127, and the bias must fit 2^30. */
static double weight_scale(const net_op *op, int64_t k)
{
    const int64_t outputs = op->bias->elements;
    double most = 0;
    for (int64_t i = k; i < op->kernel->elements; i += outputs)
        most = fmax(most, fabs((double)op->kernel->data[i]));
    const double by_bias = fabs((double)op->bias->data[k]) / op->input[0]->scale / ((int64_t)1 << 30);
    const double scale = fmax(most / WEIGHT_LIMIT, by_bias);
    return scale > 0 ? scale : 1.0;
}

static void make_integers(network *n, net_op *op)
{
    const int64_t outputs = op->bias->elements;
    net_integers *q = op->integers = ARENA_NEW(n->arena, net_integers);
    q->outputs = outputs;
    q->kernel = arena_array(n->arena, (size_t)op->kernel->elements, sizeof *q->kernel);
    q->bias = arena_array(n->arena, (size_t)outputs, sizeof *q->bias);
    q->multiplier = arena_array(n->arena, (size_t)outputs, sizeof *q->multiplier);
    q->shift = arena_array(n->arena, (size_t)outputs, sizeof *q->shift);
    for (int64_t k = 0; k < outputs; k++) {
        const double scale = weight_scale(op, k), in = op->input[0]->scale;
        for (int64_t i = k; i < op->kernel->elements; i += outputs)
            q->kernel[i] = (int8_t)lround((double)op->kernel->data[i] / scale);
        q->bias[k] = (int32_t)lround((double)op->bias->data[k] / (in * scale));
        split(in * scale / op->output->scale, &q->multiplier[k], &q->shift[k]);
    }
}

/* --- what is lost --------------------------------------------------------------------------------- */

static int64_t largest_float(const float *v, int64_t count)
{
    int64_t best = 0;
    for (int64_t i = 1; i < count; i++)
        best = v[i] > v[best] ? i : best;
    return best;
}

static int64_t largest_number(const int32_t *v, int64_t count)
{
    int64_t best = 0;
    for (int64_t i = 1; i < count; i++)
        best = v[i] > v[best] ? i : best;
    return best;
}

/** Run both forms: the error of every operation, and how many samples have the same largest output. */
static int64_t measure(network *n, net_run *r, const net_samples *samples)
{
    double *signal = arena_array(n->arena, (size_t)n->op_count, sizeof *signal);
    double *noise = arena_array(n->arena, (size_t)n->op_count, sizeof *noise);
    int64_t same = 0;
    for (int64_t s = 0; s < samples->count; s++) {
        int number = 0;
        net_run_floats(r, samples->bytes + s * n->input->elements);
        net_run_integers(r, samples->bytes + s * n->input->elements);
        for (const net_op *op = n->ops; op; op = op->next, number++)
            for (int64_t i = 0; i < op->output->elements; i++) {
                const double is = (double)r->floats[number][i];
                const double got = op->output->scale * (r->numbers[number][i] - op->output->zero);
                signal[number] += is * is;
                noise[number] += (is - got) * (is - got);
            }
        same += largest_float(r->floats[n->op_count - 1], n->output->elements) ==
                largest_number(r->numbers[n->op_count - 1], n->output->elements);
    }
    int number = 0;
    for (net_op *op = n->ops; op; op = op->next, number++)
        if (op->integers)
            op->integers->error = signal[number] > 0 ? sqrt(noise[number] / signal[number]) : 0.0;
    return same;
}

/** Large weights are finite, and sums over them are not. */
static bool has_finite_ranges(const network *n)
{
    for (const net_op *op = n->ops; op; op = op->next)
        if (!isfinite(op->output->low) || !isfinite(op->output->high))
            return false;
    return true;
}

int64_t net_quantize(network *n, const net_samples *samples)
{
    net_run r = net_run_new(n);
    find_ranges(n, &r, samples);
    if (!has_finite_ranges(n))
        return -1;
    set_scales(n);
    for (net_op *op = n->ops; op; op = op->next)
        if (is_weighted(op))
            make_integers(n, op);
    return measure(n, &r, samples);
}
