/* Inference code in integers: weights int8, values uint8, sums int32. A sum is requantized to a value by a
 * multiplication and a shift; only outputs that are not classes are converted to floats, at the end. */
#include "emit/inference_int8.h"

bool inference_is_last(const inference *i, const net_op *op)
{
    return op->output == i->n->output;
}

const char *inference_result_type(const inference *i, const net_op *op)
{
    return !inference_is_last(i, op) ? "uint8_t" : i->n->options.argmax_only ? "int32_t" : "float";
}

const char *inference_integer_parameters(inference *i, const net_op *op)
{
    return emit_text(&i->e, "const uint8_t *restrict in, %s *restrict out", inference_result_type(i, op));
}

const char *inference_less_zero(inference *i, const char *x, const net_op *op)
{
    const int zero = op->input[0]->range.zero;
    return zero ? emit_text(&i->e, "%s - %d", x, zero) : x;
}

/* --- constants ------------------------------------------------------------------------------------ */

typedef long long number_at(const net_op *op, int64_t k);

static long long kernel_at(const net_op *op, int64_t k)
{
    return op->integers->kernel[k];
}

static long long bias_at(const net_op *op, int64_t k)
{
    return op->integers->bias[k];
}

static long long multiplier_at(const net_op *op, int64_t k)
{
    return op->integers->multiplier[k];
}

static long long shift_at(const net_op *op, int64_t k)
{
    return op->integers->shift[k];
}

static long long table_at(const net_op *op, int64_t byte)
{
    return op->table[byte];
}

static long long power_at(const net_op *op, int64_t steps)
{
    return op->power[steps];
}

static void write_array(inference *i, const net_op *op, const char *type, const char *role, int64_t count,
                        number_at *at)
{
    cwriter *w = &i->e.w;
    cw_blank(w);
    cw_line(w, "static const %s %s_%s[%lld] = {", type, op->c_name, role, (long long)count);
    for (int64_t k = 0; k < count; k++) {
        if (k % 16 == 0)
            str_add(&w->out, k ? "\n    " : "    ");
        str_printf(&w->out, "%lld%s", at(op, k), k + 1 == count ? "\n" : k % 16 == 15 ? "," : ", ");
    }
    cw_line(w, "};");
}

static void write_floats(inference *i, const net_op *op, const char *role, int64_t count, const float *values)
{
    cwriter *w = &i->e.w;
    cw_blank(w);
    cw_line(w, "static const float %s_%s[%lld] = {", op->c_name, role, (long long)count);
    for (int64_t k = 0; k < count; k++) {
        if (k % 8 == 0)
            str_add(&w->out, k ? "\n    " : "    ");
        str_printf(&w->out, "%s%s", cw_f32(w, (double)values[k]), k + 1 == count ? "\n" : k % 8 == 7 ? "," : ", ");
    }
    cw_line(w, "};");
}

/** One pair of multiplier and shift without weights is written where it is used. */
static bool has_pairs(const net_integers *q)
{
    return q->kernel || q->outputs > 1;
}

static void write_constants(inference *i, const net_op *op)
{
    const net_integers *q = op->integers;
    if (q && q->kernel) {
        const int64_t elements = op->kernel ? op->kernel->elements : q->outputs;
        write_array(i, op, "int8_t", "kernel", elements, kernel_at);
        write_array(i, op, "int32_t", "bias", q->outputs, bias_at);
    }
    if (q && has_pairs(q)) {
        write_array(i, op, "int32_t", "multiplier", q->outputs, multiplier_at);
        write_array(i, op, "int8_t", "shift", q->outputs, shift_at);
    }
    if (op->entry && op->entry->count > 1) {
        write_floats(i, op, "factor", op->entry->count, op->entry->factor);
        write_floats(i, op, "offset", op->entry->count, op->entry->offset);
    }
    if (op->table)
        write_array(i, op, "uint8_t", "table", NET_TABLE, table_at);
    if (op->power)
        write_array(i, op, "uint16_t", "power", NET_TABLE, power_at);
}

void inference_integer_constants(inference *i)
{
    emit_section(&i->e, "weights");
    for (const net_op *op = i->n->ops; op; op = op->next)
        write_constants(i, op);
}

/* --- from sums to values -------------------------------------------------------------------------- */

static void write_scaled(cwriter *w)
{
    cw_blank(w);
    cw_comment(w, "round(sum * multiplier / 2^shift), halves rounded away from 0");
    cw_line(w, "static int64_t scaled(int32_t sum, int32_t multiplier, int shift)");
    cw_body(w);
    cw_line(w, "const int64_t product = (sum < 0 ? -(int64_t)sum : (int64_t)sum) * multiplier;");
    cw_line(w, "const int64_t rounded = (product + ((int64_t)1 << (shift - 1))) >> shift;");
    cw_line(w, "return sum < 0 ? -rounded : rounded;");
    cw_close(w, "");
}

static void write_as_value(cwriter *w)
{
    cw_blank(w);
    cw_comment(w, "scaled(), plus the zero point, clamped to uint8");
    cw_line(w, "static uint8_t as_value(int32_t sum, int32_t multiplier, int shift, int zero)");
    cw_body(w);
    cw_line(w, "const int64_t value = scaled(sum, multiplier, shift) + zero;");
    cw_line(w, "return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);");
    cw_close(w, "");
}

static void write_as_score(cwriter *w)
{
    cw_blank(w);
    cw_comment(w, "scaled(), clamped to int32");
    cw_line(w, "static int32_t as_score(int32_t sum, int32_t multiplier, int shift)");
    cw_body(w);
    cw_line(w, "const int64_t score = scaled(sum, multiplier, shift);");
    cw_line(w, "return (int32_t)(score < INT32_MIN ? INT32_MIN : score > INT32_MAX ? INT32_MAX : score);");
    cw_close(w, "");
}

static void write_root(cwriter *w)
{
    cw_blank(w);
    cw_comment(w, "the largest integer whose square is at most square");
    cw_line(w, "static uint32_t root_of(uint64_t square)");
    cw_body(w);
    cw_line(w, "uint64_t root = 0;");
    cw_line(w, "for (uint64_t bit = (uint64_t)1 << 31; bit > 0; bit >>= 1)");
    cw_line(w, "    if ((root | bit) * (root | bit) <= square)");
    cw_line(w, "        root |= bit;");
    cw_line(w, "return (uint32_t)root;");
    cw_close(w, "");
}

static void write_softmax(cwriter *w)
{
    cw_blank(w);
    cw_comment(w, "z[j] = exp(z[j] - largest) / sum over k of exp(z[k] - largest), in 255ths");
    cw_line(w, "static void softmax_of_bytes(int n, uint8_t *z, const uint16_t *power)");
    cw_body(w);
    cw_line(w, "uint8_t largest = 0;");
    cw_line(w, "uint32_t sum = 0;");
    cw_line(w, "for (int j = 0; j < n; j++)");
    cw_line(w, "    largest = z[j] > largest ? z[j] : largest;");
    cw_line(w, "for (int j = 0; j < n; j++)");
    cw_line(w, "    sum += power[largest - z[j]];");
    cw_line(w, "for (int j = 0; j < n; j++)");
    cw_line(w, "    z[j] = (uint8_t)((power[largest - z[j]] * UINT32_C(255) + sum / 2) / sum);");
    cw_close(w, "");
}

/** Those that the layers call. */
static void write_helpers(inference *i)
{
    bool values = false, scores = false, roots = false, powers = false;
    for (const net_op *op = i->n->ops; op; op = op->next) {
        values = values || (op->integers && !inference_is_last(i, op));
        scores = scores || (op->integers && inference_is_last(i, op));
        roots = roots || op->form->kind == NET_NORM;
        powers = powers || op->power;
    }
    if (values || scores)
        write_scaled(&i->e.w);
    if (values)
        write_as_value(&i->e.w);
    if (scores)
        write_as_score(&i->e.w);
    if (roots)
        write_root(&i->e.w);
    if (powers)
        write_softmax(&i->e.w);
}

/** The answer of the last layer from its score. */
static void store_score(inference *i, const net_op *op, const char *target, const char *score)
{
    if (i->n->options.argmax_only)
        cw_line(&i->e.w, "%s = %s;", target, score);
    else
        inference_assign(i, op, target,
                         emit_text(&i->e, "(float)%s * %s", score, cw_f32(&i->e.w, op->output->range.scale)));
}

void inference_store_sum(inference *i, const net_op *op, const char *target, const char *sum, const char *pair)
{
    const net_integers *q = op->integers;
    const char *operands =
        pair ? emit_text(&i->e, "%s, %s_multiplier[%s], %s_shift[%s]", sum, op->c_name, pair, op->c_name, pair)
             : emit_text(&i->e, "%s, %lld, %d", sum, (long long)q->multiplier[0], q->shift[0]);
    if (inference_is_last(i, op)) {
        store_score(i, op, target, emit_text(&i->e, "as_score(%s)", operands));
        return;
    }
    /* values are not below 0 behind a relu, as their zero is the lowest byte */
    const char *value = emit_text(&i->e, "as_value(%s, %d)", operands, net_before_activation(op)->zero);
    cw_line(&i->e.w, "%s = %s;", target, op->table ? emit_text(&i->e, "%s_table[%s]", op->c_name, value) : value);
}

void inference_store_picked(inference *i, const net_op *op, const char *target, const char *byte)
{
    const int zero = op->input[0]->range.zero;
    if (inference_is_last(i, op))
        store_score(i, op, target, zero ? emit_text(&i->e, "(%s)", inference_less_zero(i, byte, op)) : byte);
    else if (op->table)
        cw_line(&i->e.w, "%s = %s_table[%s];", target, op->c_name, byte);
    else if (ir_is_relu(op->activation) && zero > 0)
        cw_line(&i->e.w, "%s = %s > %d ? %s : %d;", target, byte, zero, byte, zero);
    else
        cw_line(&i->e.w, "%s = %s;", target, byte);
}

/* --- layers --------------------------------------------------------------------------------------- */

void inference_integer_layers(inference *i)
{
    write_helpers(i);
    for (const net_op *op = i->n->ops; op; op = op->next) {
        if (op->form->kind == NET_ENTRY)
            inference_integer_entry(i, op);
        else if (op->form->kind == NET_NORM)
            inference_integer_norm(i, op);
        else
            inference_integer_nests(i, op);
    }
}

/* --- the class ------------------------------------------------------------------------------------ */

/** The largest score that does not say 1: f never comes back below the threshold once it is above it. */
static long long threshold_score(const inference *i)
{
    const net_op *op = i->n->last;
    int64_t below = INT32_MIN, above = (int64_t)INT32_MAX + 1;
    while (above - below > 1) {
        const int64_t middle = below + (above - below) / 2;
        if (ir_activate(op->activation, (double)middle * op->output->range.scale) > i->n->threshold)
            above = middle;
        else
            below = middle;
    }
    return (long long)below;
}

void inference_integer_class(inference *i)
{
    cwriter *w = &i->e.w;
    cw_line(w, "const int32_t *score = work->scores;");
    if (i->n->output->elements == 1) {
        cw_line(w, "return score[0] > %lld;", threshold_score(i));
        return;
    }
    cw_line(w, "int best = 0;");
    cw_line(w, "for (int j = 1; j < %lld; j++)", (long long)i->n->output->elements);
    cw_line(w, "    best = score[j] > score[best] ? j : best;");
    cw_line(w, "return best;");
}
