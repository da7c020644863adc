/* The constants of operations in integers. */
#include "deploy/quantize.h"

#include <math.h>

enum { WEIGHT_LIMIT = 127, BIAS_BITS = 30, FACTOR_BITS = 19, SHIFT_LIMIT = 62 };

/** The byte that represents a value, or the nearest one. */
static uint8_t byte_of(const net_range *r, double x)
{
    const double number = round(x / r->scale) + r->zero;
    return (uint8_t)(number > 0 ? number < UINT8_MAX ? number : UINT8_MAX : 0);
}

static int64_t last_dimension(ir_shape s)
{
    return s.dim[s.rank - 1];
}

/** From the caller's floats to bytes: the description's scale and shift, a batchnorm or layernorm that has been joined,
 *  and the channels' ranges in one multiplication and one addition. */
static void make_entry(network *n, net_op *op)
{
    const ir_data *data = &n->plan->program->data;
    const net_value *v = op->output;
    net_entry *entry = ARENA_NEW(n->arena, net_entry);
    entry->count = op->kernel          ? op->kernel->elements
                   : op->bias          ? op->bias->elements
                   : v->channels.ratio ? v->channels.count
                                       : 1;
    entry->factor = arena_array(n->arena, (size_t)entry->count, sizeof *entry->factor);
    entry->offset = arena_array(n->arena, (size_t)entry->count, sizeof *entry->offset);
    for (int64_t k = 0; k < entry->count; k++) {
        const double scale = op->kernel ? (double)op->kernel->data[k] : 1, step = net_scale_at(v, k);
        const double shift = (op->bias ? (double)op->bias->data[k] : 0) + (op->norm ? 0 : data->shift * scale);
        const double middle = v->channels.middle ? v->channels.middle[k] : 0;
        entry->factor[k] = (float)((op->norm ? copysign(1, data->scale) : data->scale) * scale / step);
        /* what is cut off after the point rounds */
        entry->offset[k] = (float)((shift - middle) / step + v->range.zero + 0.5);
    }
    if (op->norm) {
        entry->row = last_dimension(op->norm->input[0]->shape);
        entry->epsilon = net_norm_epsilon(data, op->norm);
    }
    op->entry = entry;
}

/** factor = multiplier / 2^shift, as near as can be; what is too large or too small becomes the last one. */
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
    *multiplier = s > SHIFT_LIMIT ? 0 : s < 1 ? INT32_MAX : (int32_t)m;
    *shift = (int8_t)(s > SHIFT_LIMIT ? SHIFT_LIMIT : s < 1 ? 1 : s);
}

bool net_is_beyond_multipliers(const net_op *op)
{
    for (int64_t k = 0; op->integers && k < op->integers->outputs; k++)
        if (op->integers->multiplier[k] == INT32_MAX && op->integers->shift[k] == 1)
            return true;
    return false;
}

static void new_pairs(network *n, net_integers *q, int64_t outputs)
{
    q->outputs = outputs;
    q->multiplier = arena_array(n->arena, (size_t)outputs, sizeof *q->multiplier);
    q->shift = arena_array(n->arena, (size_t)outputs, sizeof *q->shift);
}

/* --- weights -------------------------------------------------------------------------------------- */

/** The weights of a layer; a layernorm may be without gamma (1) and beta (0). */
typedef struct weights {
    const net_op *op;
    const float *kernel, *bias;
    int64_t elements, outputs;
    const net_channels *in; /* that the weights take the scales of; NULL: there are none */
} weights;

static weights weights_of(const net_op *op)
{
    const int64_t channels = op->output->shape.dim[op->output->shape.rank - 1];
    const net_channels *in = &op->input[0]->channels;
    return (weights){op,
                     op->kernel ? op->kernel->data : NULL,
                     op->bias ? op->bias->data : NULL,
                     op->kernel ? op->kernel->elements : channels,
                     op->bias ? op->bias->elements : channels,
                     in->ratio ? in : NULL};
}

/** A weight, with the scale of the channel that it multiplies. */
static double weight_at(const weights *w, int64_t i)
{
    const double weight = w->kernel ? (double)w->kernel[i] : 1.0;
    return w->in ? weight * w->in->ratio[net_input_channel(w->op, i) % w->in->count] : weight;
}

/** A bias, with what the middles of the channels add to every sum. */
static double bias_at(const weights *w, int64_t k)
{
    double bias = w->bias ? (double)w->bias[k] : 0.0;
    if (w->in && w->in->middle)
        for (int64_t i = k; i < w->elements; i += w->outputs)
            bias += (double)w->kernel[i] * w->in->middle[net_input_channel(w->op, i) % w->in->count];
    return bias;
}

/** The scale of an output's weights: the largest becomes 127, and the bias must fit 2^30.
 *  @param in  scale of what the weights are multiplied with */
static double weight_scale(const weights *w, int64_t k, double bias, double in)
{
    double most = 0;
    for (int64_t i = k; i < w->elements; i += w->outputs)
        most = fmax(most, fabs(weight_at(w, i)));
    const double by_bias = fabs(bias) / in / ((int64_t)1 << BIAS_BITS);
    const double scale = fmax(most / WEIGHT_LIMIT, by_bias);
    return scale > 0 ? scale : 1.0;
}

/** The scale in which output k is stored. */
static double stored_scale(const net_op *op, int64_t k)
{
    return op->output->channels.ratio ? net_scale_at(op->output, k) : net_before_activation(op)->scale;
}

static void make_weights(network *n, net_op *op, double in)
{
    const weights w = weights_of(op);
    net_integers *q = op->integers;
    q->kernel = arena_array(n->arena, (size_t)w.elements, sizeof *q->kernel);
    q->bias = arena_array(n->arena, (size_t)w.outputs, sizeof *q->bias);
    new_pairs(n, q, w.outputs);
    for (int64_t k = 0; k < w.outputs; k++) {
        const double bias = bias_at(&w, k), scale = weight_scale(&w, k, bias, in);
        for (int64_t i = k; i < w.elements; i += w.outputs)
            q->kernel[i] = (int8_t)lround(weight_at(&w, i) / scale);
        q->bias[k] = (int32_t)lround(bias / (in * scale));
        split(in * scale / stored_scale(op, k), &q->multiplier[k], &q->shift[k]);
    }
}

/** Variances have the scale of squares of count times a byte, with the bits of the root after the point; epsilon
 *  is at least 1 there, as one divides. */
static void make_layernorm(network *n, net_op *op)
{
    const double count = (double)op->output->shape.dim[op->output->shape.rank - 1];
    const double epsilon = ldexp(op->op->attr.epsilon * pow(count / op->input[0]->range.scale, 2), 2 * NET_ROOT_BITS);
    op->integers->epsilon = llround(fmin(fmax(epsilon, 1), ldexp(1, 62))); /* the largest variance is below that */
    make_weights(n, op, ldexp(1, -NET_NORM_BITS));
}

/* --- without weights ------------------------------------------------------------------------------ */

/** The inputs in the scale of the largest one / 2^FACTOR_BITS: the sum of NET_MAX_SUMMANDS of them fits 31 bits. */
static void make_add(network *n, net_op *op)
{
    double most = 0;
    op->integers->factor = arena_array(n->arena, (size_t)op->input_count, sizeof *op->integers->factor);
    for (int i = 0; i < op->input_count; i++)
        most = fmax(most, op->input[i]->range.scale);
    for (int i = 0; i < op->input_count; i++)
        op->integers->factor[i] = (int32_t)lround(ldexp(op->input[i]->range.scale / most, FACTOR_BITS));
    new_pairs(n, op->integers, 1);
    split(ldexp(most, -FACTOR_BITS) / net_before_activation(op)->scale, op->integers->multiplier, op->integers->shift);
}

/** The product of the inputs' scales is in the multiplier. */
static void make_times(network *n, net_op *op)
{
    double scale = 1;
    for (int i = 0; i < op->input_count; i++)
        scale *= op->input[i]->range.scale;
    new_pairs(n, op->integers, 1);
    split(scale / net_before_activation(op)->scale, op->integers->multiplier, op->integers->shift);
}

/** The division by the window's size is in the multiplier. */
static void make_mean(network *n, net_op *op)
{
    net_integers *q = op->integers;
    const double factor = op->input[0]->range.scale / net_before_activation(op)->scale;
    new_pairs(n, q, op->form->sizes ? net_reduced(op) : 1);
    for (int64_t i = 0; i < q->outputs; i++)
        split(factor / (op->form->sizes ? (double)(i + 1) : op->form->divisor), &q->multiplier[i], &q->shift[i]);
}

static void make_table(network *n, net_op *op)
{
    if (op->activation.kind == LANG_ACTIVATION_SOFTMAX) {
        op->power = arena_array(n->arena, NET_TABLE, sizeof *op->power);
        for (int steps = 0; steps < NET_TABLE; steps++)
            op->power[steps] = (uint16_t)lround(UINT16_MAX * exp(-op->inner.scale * steps));
        return;
    }
    op->table = arena_alloc(n->arena, NET_TABLE);
    for (int byte = 0; byte < NET_TABLE; byte++)
        op->table[byte] =
            byte_of(&op->output->range, ir_activate(op->activation, op->inner.scale * (byte - op->inner.zero)));
}

void net_make_integers(network *n, net_op *op)
{
    if (net_takes_bytes(n, op))
        make_table(n, op);
    if (op->form->kind == NET_ENTRY)
        make_entry(n, op);
    if (op->form->kind == NET_ENTRY || op->form->kind == NET_PICK)
        return;
    op->integers = ARENA_NEW(n->arena, net_integers);
    if (op->form->kind == NET_SUM)
        make_add(n, op);
    else if (op->form->kind == NET_TIMES)
        make_times(n, op);
    else if (op->form->kind == NET_MEAN)
        make_mean(n, op);
    else if (op->form->kind == NET_NORM)
        make_layernorm(n, op);
    else
        make_weights(n, op, op->input[0]->range.scale);
}
