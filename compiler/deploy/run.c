/* The network on one sample, through its nests: in floats to see the ranges of values, in integers to see what is
 * lost. Integers up to 2^53 are exact in double: the nests compute the sums of both, of values less their zeros. */
#include "deploy/quantize.h"

#include <math.h>

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

/** The constants of an operation, or weights that are as they were. */
static void copy_parameter(const net_run *r, const net_op *op, const nest_tensor *t, double *to)
{
    const net_integers *q = r->integers ? op->integers : NULL;
    const ir_value *v = t->value;
    const float *from = t == op->form->kernel ? op->kernel->data
                        : t == op->form->bias ? op->bias->data
                                              : r->n->weights[v->id];
    for (int64_t i = 0; i < nest_elements(t); i++)
        to[i] = q && q->kernel && t == op->form->kernel ? (double)q->kernel[i]
                : q && q->bias && t == op->form->bias   ? (double)q->bias[i]
                                                        : (double)from[i];
}

/** Memory for a tensor that an operation touches. */
static double *data_for(const net_run *r, const net_op *op, const nest_tensor *t)
{
    t = nest_whole(t);
    if (!r->data[t->id]) {
        r->data[t->id] = new_numbers(r->n, nest_elements(t));
        if (t->role == NEST_PARAMETER)
            copy_parameter(r, op, t, r->data[t->id]);
    }
    return r->data[t->id];
}

static void prepare(net_run *r, const net_op *op, int number)
{
    const net_form *f = op->form;
    r->ready[number] = arena_array(r->n->arena, (size_t)f->count + 1, sizeof **r->ready);
    for (int i = 0; i < f->count; i++) {
        const bool is_core = r->integers && f->core && f->core->result == f->nest[i]->result;
        for (int k = 0; k < f->nest[i]->load_count; k++)
            if (f->nest[i]->load[k].from)
                data_for(r, op, f->nest[i]->load[k].from);
        data_for(r, op, f->nest[i]->result);
        r->ready[number][i] = interpret_prepare(r->n->arena, is_core ? f->core : f->nest[i], 1);
    }
    r->before[number] = data_for(r, op, f->sum);
    r->values[number] = r->integers ? new_numbers(r->n, op->output->elements)
                                    : data_for(r, op, op->output == r->n->output ? f->sum : f->out);
}

net_run net_run_new(const network *n, bool integers)
{
    const size_t count = (size_t)n->op_count + 1;
    net_run r = {.n = n, .integers = integers};
    int number = 0;
    r.data = arena_array(n->arena, (size_t)n->nests->tensor_count, sizeof *r.data);
    r.values = arena_array(n->arena, count, sizeof *r.values);
    r.before = arena_array(n->arena, count, sizeof *r.before);
    r.ready = arena_array(n->arena, count, sizeof *r.ready);
    r.values[n->op_count] = new_numbers(n, n->input->elements);
    if (!integers)
        r.data[n->samples->id] = r.values[n->op_count];
    for (const net_op *op = n->ops; op; op = op->next, number++)
        prepare(&r, op, number);
    return r;
}

/* --- integers ------------------------------------------------------------------------------------- */

/** An operation while it runs. */
typedef struct job {
    const net_run *r;
    const net_op *op;
    const double *in; /* of its first input ... */
    double zero;      /* ... and the integer of 0 there */
    double *sums, *out;
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

/** A sum as the operation's result. The last one's has no activation here.
 *  @param pair  which multiplier makes an integer of the result's scale of it */
static double stored(const job *j, int64_t pair, double sum)
{
    const net_op *op = j->op;
    const net_integers *q = op->integers;
    /* every sum fits 32 bits, unless a scale overflows, which net_quantize() refuses afterwards */
    const int64_t whole_sum = sum >= INT32_MIN && sum <= INT32_MAX ? (int64_t)sum : 0;
    const double scaled = (double)net_scaled(whole_sum, q->multiplier[pair], q->shift[pair]);
    if (op->output == j->r->n->output)
        return scaled;
    return through_table(j, cut(scaled + net_before_activation(op)->zero));
}

/** The same for what is a byte of the input already. */
static double stored_picked(const job *j, double byte)
{
    if (j->op->output == j->r->n->output)
        return byte - j->zero;
    const bool is_relu = ir_is_relu(j->op->activation) && !j->op->table;
    return is_relu ? fmax(byte, j->zero) : through_table(j, byte);
}

/** The inputs as the nests read them: bytes, or what these are less their zeros, in the common scale of a sum. */
static void take_inputs(const job *j)
{
    const net_op *op = j->op;
    const net_run *r = j->r;
    for (int k = 0; k < op->input_count; k++) {
        const double *in = r->values[number_of(r->n, op->input[k])];
        const double zero = op->form->kind == NET_PICK ? 0 : op->input[k]->range.zero;
        const double factor = op->form->kind == NET_SUM ? op->integers->factor[k] : 1;
        double *to = r->data[nest_whole(op->form->in[k])->id];
        for (int64_t i = 0; to && i < op->input[k]->elements; i++)
            to[i] = (in[i] - zero) * factor;
    }
}

/** Which of the operation's multipliers element i of its result takes. */
static int64_t pair_of(const job *j, int64_t i)
{
    const net_form *f = j->op->form;
    const net_integers *q = j->op->integers;
    if (!f->sizes)
        return i % q->outputs;
    const int64_t windows = nest_elements(f->sizes);
    return (int64_t)j->r->data[nest_whole(f->sizes)->id][i / (j->op->output->elements / windows)] - 1;
}

static void run_sums(const job *j, int number)
{
    const net_form *f = j->op->form;
    take_inputs(j);
    interpret_sequence(j->r->ready[number], f->sums, j->r->data);
    for (int64_t i = 0; i < j->op->output->elements; i++)
        j->out[i] = f->kind == NET_PICK ? stored_picked(j, j->sums[i]) : stored(j, pair_of(j, i), j->sums[i]);
}

/** A row in fixed point, as generated code has it. */
static void normalize(const job *j, const double *in, int64_t count, double *out)
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

static void run_norm(const job *j)
{
    const net_integers *q = j->op->integers;
    for (int64_t first = 0; first < j->op->output->elements; first += q->outputs) {
        normalize(j, j->in + first, q->outputs, j->sums);
        for (int64_t k = 0; k < q->outputs; k++)
            j->out[first + k] = stored(j, k, j->sums[k] * q->kernel[k] + q->bias[k]);
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
static void run_entry(const job *j)
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

static void run_integers(const net_run *r, const net_op *op, int number)
{
    const int from = op->input_count ? number_of(r->n, op->input[0]) : r->n->op_count;
    const double zero = op->input_count ? op->input[0]->range.zero : 0;
    const job j = {r, op, r->values[from], zero, r->before[number], r->values[number]};
    if (op->form->kind == NET_ENTRY)
        run_entry(&j);
    else if (op->form->kind == NET_NORM)
        run_norm(&j);
    else
        run_sums(&j, number);
    if (op->power && op->output != r->n->output)
        net_softmax_bytes(op, j.out);
}

/* --- all of them ---------------------------------------------------------------------------------- */

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
    const net_form *f = op->form;
    if (r->integers)
        run_integers(r, op, number);
    else
        interpret_sequence(r->ready[number], op->output == r->n->output ? f->sums : f->count, r->data);
}

void net_run_sample(const net_run *r, const net_samples *samples, int64_t number)
{
    int at = 0;
    take_sample(r, samples, number);
    for (const net_op *op = r->n->ops; op; op = op->next, at++)
        net_run_operation(r, op, at);
}
