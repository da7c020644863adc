/* The network itself, on one sample: in floats to see the ranges of values, in integers to see what is lost. Written
 * once over the kinds of numbers: the loops are the same. */
#include "deploy/quantize.h"

#include <math.h>

static int number_of(const network *n, const net_value *v)
{
    int number = 0;
    for (const net_op *op = n->ops; op; op = op->next, number++)
        if (op->output == v)
            return number;
    return -1; /* the input */
}

net_run net_run_new(const network *n)
{
    net_run r = {.n = n};
    int number = 0;
    r.floats = arena_array(n->arena, (size_t)n->op_count + 1, sizeof *r.floats);
    r.numbers = arena_array(n->arena, (size_t)n->op_count + 1, sizeof *r.numbers);
    for (const net_op *op = n->ops; op; op = op->next, number++) {
        r.floats[number] = arena_array(n->arena, (size_t)op->output->elements, sizeof(float));
        r.numbers[number] = arena_array(n->arena, (size_t)op->output->elements, sizeof(int32_t));
    }
    /* the input stands behind the operations */
    r.floats[n->op_count] = r.input = arena_array(n->arena, (size_t)n->input->elements, sizeof(float));
    r.numbers[n->op_count] = arena_array(n->arena, (size_t)n->input->elements, sizeof(int32_t));
    return r;
}

static int place_of(const net_run *r, const net_value *v)
{
    const int number = number_of(r->n, v);
    return number < 0 ? r->n->op_count : number;
}

int64_t net_scaled(int64_t sum, int32_t multiplier, int shift)
{
    const int64_t product = (sum < 0 ? -sum : sum) * multiplier;
    const int64_t scaled = (product + ((int64_t)1 << (shift - 1))) >> shift;
    return sum < 0 ? -scaled : scaled;
}

/* --- one output ----------------------------------------------------------------------------------- */

typedef struct operands {
    const net_op *op;
    bool integers;
    const float *in_f;
    const int32_t *in_i;
    int zero;
} operands;

static double product(const operands *o, int64_t in, int64_t weight)
{
    if (o->integers)
        return (double)((o->in_i[in] - o->zero) * o->op->integers->kernel[weight]);
    return (double)o->in_f[in] * (double)o->op->kernel->data[weight];
}

static double bias(const operands *o, int64_t k)
{
    return o->integers ? (double)o->op->integers->bias[k] : (double)o->op->bias->data[k];
}

static double dense_sum(const operands *o, int64_t k)
{
    const int64_t inputs = o->op->input[0]->elements, units = o->op->op->attr.units;
    double sum = bias(o, k);
    for (int64_t j = 0; j < inputs; j++)
        sum += product(o, j, j * units + k);
    return sum;
}

static double conv2d_sum(const operands *o, int64_t y, int64_t x, int64_t k)
{
    const ir_attributes *a = &o->op->op->attr;
    const ir_shape in = o->op->op->input[0]->shape;
    const int64_t channels = in.dim[2] / a->groups, first = k / (a->filters / a->groups) * channels;
    double sum = bias(o, k);
    for (int64_t r = 0; r < a->window.h; r++)
        for (int64_t s = 0; s < a->window.w; s++) {
            const int64_t line = y * a->strides.h + r * a->dilation.h - a->pad.h;
            const int64_t across = x * a->strides.w + s * a->dilation.w - a->pad.w;
            if (line < 0 || line >= in.dim[0] || across < 0 || across >= in.dim[1])
                continue;
            const int64_t at = (line * in.dim[1] + across) * in.dim[2] + first;
            for (int64_t c = 0; c < channels; c++)
                sum += product(o, at + c, ((r * a->window.w + s) * channels + c) * a->filters + k);
        }
    return sum;
}

/** The sum of a filter, or the largest of those that a pooling takes together. */
static double pooled_sum(const operands *o, int64_t y, int64_t x, int64_t k)
{
    if (!o->op->pool)
        return conv2d_sum(o, y, x, k);
    const ir_attributes *p = &o->op->pool->attr;
    double best = -INFINITY;
    for (int64_t r = 0; r < p->window.h; r++)
        for (int64_t s = 0; s < p->window.w; s++)
            best = fmax(best, conv2d_sum(o, y * p->strides.h + r, x * p->strides.w + s, k));
    return best;
}

/* --- operations ----------------------------------------------------------------------------------- */

/** Store a sum as the operation's result; the last one's scores are not cut to bytes. */
static void store(net_run *r, const operands *o, int number, int64_t at, int64_t k, double sum)
{
    const net_op *op = o->op;
    if (!o->integers) {
        const bool is_relu = op->activation.kind == LANG_ACTIVATION_RELU;
        r->floats[number][at] = is_relu && sum < 0 ? 0.0f : (float)sum;
        return;
    }
    const net_integers *q = op->integers;
    int64_t scaled = net_scaled((int64_t)sum, q->multiplier[k], q->shift[k]) + op->output->zero;
    if (op->output != r->n->output)
        scaled = scaled < 0 ? 0 : scaled > UINT8_MAX ? UINT8_MAX : scaled;
    r->numbers[number][at] = (int32_t)scaled;
}

static void run_weighted(net_run *r, const operands *o, int number)
{
    const ir_shape out = o->op->output->shape;
    const int64_t outputs = o->op->bias->elements;
    if (o->op->code == IR_DENSE) {
        for (int64_t k = 0; k < outputs; k++)
            store(r, o, number, k, k, dense_sum(o, k));
        return;
    }
    for (int64_t y = 0; y < out.dim[0]; y++)
        for (int64_t x = 0; x < out.dim[1]; x++)
            for (int64_t k = 0; k < outputs; k++)
                store(r, o, number, (y * out.dim[1] + x) * outputs + k, k, pooled_sum(o, y, x, k));
}

static void run_maxpool(net_run *r, const operands *o, int number)
{
    const ir_attributes *a = &o->op->op->attr;
    const ir_shape in = o->op->op->input[0]->shape, out = o->op->output->shape;
    for (int64_t i = 0; i < o->op->output->elements; i++) {
        const int64_t k = i % in.dim[2], x = i / in.dim[2] % out.dim[1], y = i / in.dim[2] / out.dim[1];
        double best = -INFINITY;
        for (int64_t rw = 0; rw < a->window.h; rw++)
            for (int64_t s = 0; s < a->window.w; s++) {
                const int64_t line = y * a->strides.h + rw - a->pad.h, across = x * a->strides.w + s - a->pad.w;
                if (line < 0 || line >= in.dim[0] || across < 0 || across >= in.dim[1])
                    continue;
                const int64_t at = (line * in.dim[1] + across) * in.dim[2] + k;
                best = fmax(best, o->integers ? (double)o->in_i[at] : (double)o->in_f[at]);
            }
        if (o->op->activation.kind == LANG_ACTIVATION_RELU)
            best = fmax(best, o->integers ? (double)o->op->output->zero : 0.0);
        if (o->integers)
            r->numbers[number][i] = (int32_t)best;
        else
            r->floats[number][i] = (float)best;
    }
}

static void run(net_run *r, bool integers)
{
    int number = 0;
    for (const net_op *op = r->n->ops; op; op = op->next, number++) {
        const int from = place_of(r, op->input[0]);
        const operands o = {op, integers, r->floats[from], r->numbers[from], op->input[0]->zero};
        if (op->code == IR_MAXPOOL2D)
            run_maxpool(r, &o, number);
        else
            run_weighted(r, &o, number);
    }
}

void net_run_floats(net_run *r, const uint8_t *sample)
{
    const ir_data *data = &r->n->plan->program->data;
    for (int64_t i = 0; i < r->n->input->elements; i++)
        r->input[i] = (float)sample[i] * (float)data->scale + (float)data->shift;
    run(r, false);
}

void net_run_integers(net_run *r, const uint8_t *sample)
{
    for (int64_t i = 0; i < r->n->input->elements; i++)
        r->numbers[r->n->op_count][i] = sample[i];
    run(r, true);
}
