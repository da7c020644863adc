/* The network itself, on one sample: in floats to see the ranges of values, in integers to see what is lost. Written
 * once over both kinds of numbers: the loops are the same. */
#include "deploy/quantize.h"

#include <math.h>
#include <string.h>

int64_t net_scaled(int64_t sum, int32_t multiplier, int shift)
{
    const int64_t product = (sum < 0 ? -sum : sum) * multiplier;
    const int64_t scaled = (product + ((int64_t)1 << (shift - 1))) >> shift;
    return sum < 0 ? -scaled : scaled;
}

uint32_t net_root(uint64_t square)
{
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 31; bit > 0; bit >>= 1)
        if ((root | bit) * (root | bit) <= square)
            root |= bit;
    return (uint32_t)root;
}

/* --- making one ----------------------------------------------------------------------------------- */

static double *new_numbers(const network *n, int64_t count)
{
    return arena_array(n->arena, (size_t)count, sizeof(double));
}

static void copy_weights(net_run *r, const net_op *op, int number)
{
    const net_integers *q = r->integers ? op->integers : NULL;
    const int64_t channels = op->output->shape.dim[op->output->shape.rank - 1];
    const int64_t elements = op->kernel ? op->kernel->elements : channels;
    const int64_t outputs = op->bias ? op->bias->elements : channels;
    if (q ? !q->kernel : !op->kernel && !op->bias)
        return;
    r->kernel[number] = new_numbers(r->n, elements);
    r->bias[number] = new_numbers(r->n, outputs);
    for (int64_t i = 0; i < elements; i++)
        r->kernel[number][i] = q ? (double)q->kernel[i] : op->kernel ? (double)op->kernel->data[i] : 1.0;
    for (int64_t k = 0; k < outputs; k++)
        r->bias[number][k] = q ? (double)q->bias[k] : op->bias ? (double)op->bias->data[k] : 0.0;
}

net_run net_run_new(const network *n, bool integers)
{
    const size_t count = (size_t)n->op_count + 1;
    net_run r = {.n = n, .integers = integers};
    int64_t most = 1;
    int number = 0, most_inputs = 1;
    r.values = arena_array(n->arena, count, sizeof *r.values);
    r.before = arena_array(n->arena, count, sizeof *r.before);
    r.kernel = arena_array(n->arena, count, sizeof *r.kernel);
    r.bias = arena_array(n->arena, count, sizeof *r.bias);
    for (const net_op *op = n->ops; op; op = op->next, number++) {
        const int64_t channels = op->output->shape.dim[op->output->shape.rank - 1];
        most = channels > most ? channels : most;
        most_inputs = op->input_count > most_inputs ? op->input_count : most_inputs;
        r.values[number] = new_numbers(n, op->output->elements);
        if (net_takes_bytes(n, op))
            r.before[number] = new_numbers(n, op->output->elements);
        copy_weights(&r, op, number);
    }
    r.values[n->op_count] = new_numbers(n, n->input->elements);
    r.sums = new_numbers(n, most);
    r.largest = new_numbers(n, most);
    r.inputs = arena_array(n->arena, (size_t)most_inputs, sizeof *r.inputs);
    return r;
}

/* --- one operation -------------------------------------------------------------------------------- */

/** An operation while it runs. */
typedef struct job {
    const net_run *r;
    const net_op *op;
    const double *in;     /* of its first input ... */
    double zero;          /* ... and what stands for 0 there */
    const double *kernel; /* NULL: it has none */
    const double *bias;
    double *out, *before;
} job;

static int number_of(const network *n, const net_value *v)
{
    int number = 0;
    for (const net_op *op = n->ops; op; op = op->next, number++)
        if (op->output == v)
            return number;
    return n->op_count; /* the caller's input */
}

static double cut(double number)
{
    return number < 0 ? 0 : number > UINT8_MAX ? UINT8_MAX : number;
}

/** The byte of an activation, if it has a table. */
static double through_table(const job *j, double number)
{
    return j->op->table ? (double)j->op->table[(int)number] : number;
}

/** Store what stands before the activation as the operation's result. The last one's has none here.
 *  @param pair  which multiplier makes an integer of the result's scale of a sum */
static void store(const job *j, int64_t at, int64_t pair, double sum)
{
    const net_op *op = j->op;
    const bool is_last = op->output == j->r->n->output;
    if (!j->r->integers) {
        if (j->before)
            j->before[at] = sum;
        j->out[at] = is_last ? sum : ir_activate(op->activation, sum);
        return;
    }
    const net_integers *q = op->integers;
    /* every sum fits 32 bits, unless a scale overflows, which net_quantize() refuses afterwards */
    const int64_t whole = sum >= INT32_MIN && sum <= INT32_MAX ? (int64_t)sum : 0;
    const double scaled = (double)net_scaled(whole, q->multiplier[pair], q->shift[pair]);
    j->out[at] = is_last ? scaled : through_table(j, cut(scaled + net_before_activation(op)->zero));
}

/** The same for what is a number of the input already. */
static void store_picked(const job *j, int64_t at, double number)
{
    const net_op *op = j->op;
    if (!j->r->integers) {
        if (j->before)
            j->before[at] = number;
        j->out[at] = op->output == j->r->n->output ? number : ir_activate(op->activation, number);
    } else if (op->output == j->r->n->output) {
        j->out[at] = number - j->zero;
    } else {
        const bool is_relu = ir_is_relu(op->activation) && !op->table;
        j->out[at] = is_relu ? fmax(number, j->zero) : through_table(j, number);
    }
}

/* --- products ------------------------------------------------------------------------------------- */

static void run_dense(const job *j)
{
    const int64_t inputs = j->op->input[0]->elements, units = j->op->op->attr.units;
    double *sums = j->r->sums;
    memcpy(sums, j->bias, (size_t)units * sizeof *sums);
    for (int64_t i = 0; i < inputs; i++) {
        const double x = j->in[i] - j->zero, *weight = j->kernel + i * units;
        for (int64_t k = 0; x != 0 && k < units; k++)
            sums[k] += x * weight[k];
    }
    for (int64_t k = 0; k < units; k++)
        store(j, k, k, sums[k]);
}

/** The pixel under element (r, s) of the window at (y, x), or NULL outside the picture. */
static const double *pixel_at(const job *j, int64_t y, int64_t x, int64_t r, int64_t s)
{
    const ir_attributes *a = &j->op->op->attr;
    const ir_shape in = j->op->op->input[0]->shape;
    const int64_t line = y * a->strides.h + r * a->dilation.h - a->pad.h;
    const int64_t across = x * a->strides.w + s * a->dilation.w - a->pad.w;
    const bool inside = line >= 0 && line < in.dim[0] && across >= 0 && across < in.dim[1];
    return inside ? j->in + (line * in.dim[1] + across) * in.dim[2] : NULL;
}

/** Add the products of one pixel with the weights of all filters there. */
static void add_pixel(const job *j, const double *pixel, const double *weight)
{
    const ir_attributes *a = &j->op->op->attr;
    const int64_t channels = j->op->op->input[0]->shape.dim[2] / a->groups, filters = a->filters / a->groups;
    for (int64_t g = 0; g < a->groups; g++)
        for (int64_t c = 0; c < channels; c++) {
            const double x = pixel[g * channels + c] - j->zero, *w = weight + c * a->filters + g * filters;
            double *sums = j->r->sums + g * filters;
            for (int64_t k = 0; x != 0 && k < filters; k++)
                sums[k] += x * w[k];
        }
}

static void add_depthwise_pixel(const job *j, const double *pixel, const double *weight)
{
    const int64_t channels = j->op->op->input[0]->shape.dim[2], multiplier = j->op->op->attr.multiplier;
    for (int64_t k = 0; k < channels * multiplier; k++)
        j->r->sums[k] += (pixel[k / multiplier] - j->zero) * weight[k];
}

/** The sums of all filters at (y, x). */
static void convolve(const job *j, int64_t y, int64_t x)
{
    const ir_attributes *a = &j->op->op->attr;
    const int64_t taps = a->window.h * a->window.w, step = j->op->kernel->elements / taps;
    memcpy(j->r->sums, j->bias, (size_t)j->op->bias->elements * sizeof *j->bias);
    for (int64_t t = 0; t < taps; t++) {
        const double *pixel = pixel_at(j, y, x, t / a->window.w, t % a->window.w);
        if (pixel && ir_has(j->op->code, IR_MIXES))
            add_pixel(j, pixel, j->kernel + t * step);
        else if (pixel)
            add_depthwise_pixel(j, pixel, j->kernel + t * step);
    }
}

/** The same under a pooling: the largest at each place of its window. */
static void convolve_pooled(const job *j, int64_t y, int64_t x)
{
    const ir_attributes *p = &j->op->pool->attr;
    const int64_t outputs = j->op->bias->elements;
    for (int64_t t = 0; t < p->window.h * p->window.w; t++) {
        convolve(j, y * p->strides.h + t / p->window.w, x * p->strides.w + t % p->window.w);
        for (int64_t k = 0; k < outputs; k++)
            j->r->largest[k] = t == 0 ? j->r->sums[k] : fmax(j->r->largest[k], j->r->sums[k]);
    }
}

static void run_convolution(const job *j)
{
    const ir_shape out = j->op->output->shape;
    const int64_t outputs = j->op->bias->elements;
    for (int64_t i = 0; i < out.dim[0] * out.dim[1]; i++) {
        if (j->op->pool)
            convolve_pooled(j, i / out.dim[1], i % out.dim[1]);
        else
            convolve(j, i / out.dim[1], i % out.dim[1]);
        for (int64_t k = 0; k < outputs; k++)
            store(j, i * outputs + k, k, j->op->pool ? j->r->largest[k] : j->r->sums[k]);
    }
}

/* --- pooling -------------------------------------------------------------------------------------- */

/** The numbers of a channel in the window at (y, x): the largest, their sum, how many there are. */
typedef struct window_numbers {
    double largest, sum;
    int64_t count;
} window_numbers;

static window_numbers look_into(const job *j, int64_t y, int64_t x, int64_t k)
{
    const ir_attributes *a = &j->op->op->attr;
    window_numbers w = {-INFINITY, 0, 0};
    for (int64_t t = 0; t < a->window.h * a->window.w; t++) {
        const double *pixel = pixel_at(j, y, x, t / a->window.w, t % a->window.w);
        if (!pixel)
            continue;
        w.largest = fmax(w.largest, pixel[k]);
        w.sum += pixel[k] - j->zero;
        w.count++;
    }
    return w;
}

static void store_mean(const job *j, int64_t at, double sum, int64_t count)
{
    if (j->r->integers)
        store(j, at, j->op->integers->outputs > 1 ? count - 1 : 0, sum);
    else
        store(j, at, 0, sum / (double)count);
}

static void run_pooling(const job *j)
{
    const ir_shape out = j->op->op->output[0]->shape;
    for (int64_t i = 0; i < j->op->output->elements; i++) {
        const window_numbers w = look_into(j, i / out.dim[2] / out.dim[1], i / out.dim[2] % out.dim[1], i % out.dim[2]);
        if (ir_has(j->op->code, IR_SELECTS))
            store_picked(j, i, w.largest);
        else
            store_mean(j, i, w.sum, w.count);
    }
}

static void run_global_mean(const job *j)
{
    const ir_shape in = j->op->op->input[0]->shape;
    for (int64_t k = 0; k < in.dim[2]; k++) {
        double sum = 0;
        for (int64_t i = 0; i < in.dim[0] * in.dim[1]; i++)
            sum += j->in[i * in.dim[2] + k] - j->zero;
        store_mean(j, k, sum, in.dim[0] * in.dim[1]);
    }
}

/* --- number by number ----------------------------------------------------------------------------- */

static void run_add(const job *j)
{
    const net_op *op = j->op;
    const double **in = j->r->inputs;
    for (int k = 0; k < op->input_count; k++)
        in[k] = j->r->values[number_of(j->r->n, op->input[k])];
    for (int64_t i = 0; i < op->output->elements; i++) {
        double sum = 0;
        for (int k = 0; k < op->input_count; k++)
            sum += j->r->integers ? (in[k][i] - op->input[k]->range.zero) * op->integers->factor[k] : in[k][i];
        store(j, i, 0, sum);
    }
}

static void run_activation(const job *j)
{
    for (int64_t i = 0; i < j->op->output->elements; i++)
        store_picked(j, i, j->in[i]);
}

static void run_batchnorm(const job *j)
{
    const int64_t channels = j->op->kernel->elements;
    for (int64_t i = 0; i < j->op->output->elements; i++)
        store(j, i, i % channels, (j->in[i] - j->zero) * j->kernel[i % channels] + j->bias[i % channels]);
}

/** (in - mean) / sqrt(variance + epsilon) of a row, as floats have it. */
static void normalize(const double *in, int64_t count, double epsilon, double *out)
{
    double mean = 0, variance = 0;
    for (int64_t k = 0; k < count; k++)
        mean += in[k] / (double)count;
    for (int64_t k = 0; k < count; k++)
        variance += (in[k] - mean) * (in[k] - mean) / (double)count;
    for (int64_t k = 0; k < count; k++)
        out[k] = (in[k] - mean) / sqrt(variance + epsilon);
}

/** The same in fixed point, as generated code has it. */
static void normalize_integers(const job *j, const double *in, int64_t count, double *out)
{
    int64_t sum = 0, squares = 0;
    for (int64_t k = 0; k < count; k++) {
        sum += (int64_t)in[k];
        squares += (int64_t)(in[k] * in[k]);
    }
    const uint64_t variance = (uint64_t)(squares * count - sum * sum);
    const int64_t deviation = net_root((variance << (2 * NET_ROOT_BITS)) + (uint64_t)j->op->integers->epsilon);
    for (int64_t k = 0; k < count; k++) {
        const int64_t from_mean = ((int64_t)in[k] * count - sum) * (1 << (NET_NORM_BITS + NET_ROOT_BITS));
        const int64_t half = from_mean < 0 ? -deviation / 2 : deviation / 2, quotient = (from_mean + half) / deviation;
        out[k] = (double)quotient;
    }
}

static void run_layernorm(const job *j)
{
    const ir_shape shape = j->op->op->input[0]->shape;
    const int64_t channels = shape.dim[shape.rank - 1];
    for (int64_t first = 0; first < j->op->output->elements; first += channels) {
        if (j->r->integers)
            normalize_integers(j, j->in + first, channels, j->r->sums);
        else
            normalize(j->in + first, channels, j->op->op->attr.epsilon, j->r->sums);
        for (int64_t k = 0; k < channels; k++)
            store(j, first + k, k, j->r->sums[k] * (j->kernel ? j->kernel[k] : 1) + (j->bias ? j->bias[k] : 0));
    }
}

/** The mean of a row, and 1 / sqrt(variance + epsilon), in the arithmetic of generated code. */
static void normalize_row(const net_entry *entry, const double *in, float *mean, float *inverse)
{
    float sum = 0, variance = 0;
    for (int64_t k = 0; k < entry->row; k++)
        sum += (float)in[k];
    *mean = sum / (float)entry->row;
    for (int64_t k = 0; k < entry->row; k++)
        variance += ((float)in[k] - *mean) * ((float)in[k] - *mean);
    *inverse = 1.0f / sqrtf(variance / (float)entry->row + entry->epsilon);
}

/** The caller's floats as bytes, likewise. */
static void enter_integers(const job *j)
{
    const net_entry *entry = j->op->entry;
    float mean = 0, inverse = 1;
    for (int64_t i = 0; i < j->op->output->elements; i++) {
        if (entry->row > 0 && i % entry->row == 0)
            normalize_row(entry, j->in + i, &mean, &inverse);
        const float x = entry->row > 0 ? ((float)j->in[i] - mean) * inverse : (float)j->in[i];
        const float byte = x * entry->factor[i % entry->count] + entry->offset[i % entry->count];
        j->out[i] = floor(cut((double)byte));
    }
}

/** The same as floats: the data's scale, then a batchnorm or a layernorm. */
static void enter_floats(const job *j)
{
    const net_op *op = j->op;
    const ir_data *data = &j->r->n->plan->program->data;
    const ir_shape shape = op->norm ? op->norm->input[0]->shape : op->output->shape;
    const int64_t size = op->output->elements, row = shape.dim[shape.rank - 1];
    for (int64_t i = 0; i < size; i++)
        j->out[i] = j->in[i] * data->scale + data->shift;
    for (int64_t i = 0; op->norm && i < size; i += row)
        normalize(j->out + i, row, op->norm->attr.epsilon, j->out + i);
    for (int64_t i = 0; op->kernel && i < size; i++)
        j->out[i] *= j->kernel[i % op->kernel->elements];
    for (int64_t i = 0; op->bias && i < size; i++)
        j->out[i] += j->bias[i % op->bias->elements];
}

static void run_input(const job *j)
{
    if (j->r->integers)
        enter_integers(j);
    else
        enter_floats(j);
}

/* --- all of them ---------------------------------------------------------------------------------- */

static void (*const runs[IR_OPCODE_COUNT])(const job *j) = {
    [IR_INPUT] = run_input,
    [IR_DENSE] = run_dense,
    [IR_CONV2D] = run_convolution,
    [IR_DEPTHWISE_CONV2D] = run_convolution,
    [IR_MAXPOOL2D] = run_pooling,
    [IR_AVGPOOL2D] = run_pooling,
    [IR_GLOBAL_AVGPOOL2D] = run_global_mean,
    [IR_ACTIVATION] = run_activation,
    [IR_ADD] = run_add,
    [IR_BATCHNORM] = run_batchnorm,
    [IR_LAYERNORM] = run_layernorm,
};

/** The caller's numbers as the first operation takes them: integers as they are, floats where none scales them. */
static void take_sample(const net_run *r, const net_samples *samples, int64_t number)
{
    const ir_data *data = &r->n->plan->program->data;
    const int64_t size = r->n->input->elements;
    double *in = r->values[r->n->op_count];
    for (int64_t i = 0; i < size; i++) {
        const int64_t at = number * size + i;
        in[i] = samples->floats ? (double)samples->floats[at] : (double)samples->bytes[at];
        if (!samples->floats && !r->integers)
            in[i] = in[i] * data->scale + data->shift;
    }
}

void net_run_operation(const net_run *r, const net_op *op, int number)
{
    const int from = op->input_count ? number_of(r->n, op->input[0]) : r->n->op_count;
    const double zero = r->integers && op->input_count ? op->input[0]->range.zero : 0;
    const job j = {
        r, op, r->values[from], zero, r->kernel[number], r->bias[number], r->values[number], r->before[number]};
    runs[op->code](&j);
    if (op->activation.kind != LANG_ACTIVATION_SOFTMAX || op->output == r->n->output)
        return;
    if (r->integers)
        net_softmax_bytes(op, j.out);
    else
        net_activate(op, j.out);
}

void net_run_sample(const net_run *r, const net_samples *samples, int64_t number)
{
    int at = 0;
    take_sample(r, samples, number);
    for (const net_op *op = r->n->ops; op; op = op->next, at++)
        net_run_operation(r, op, at);
}
