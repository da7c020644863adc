/* Inference code in integers: weights int8, values uint8, sums int32. A sum becomes a value by a multiplication and a
 * shift; only outputs that are not classes are brought back to floats, at the very end. */
#include "emit/inference_parts.h"

#include <math.h>

static bool is_last(const inference *i, const net_op *op)
{
    return op->output == i->n->output;
}

/* --- constants ------------------------------------------------------------------------------------ */

typedef long long number_at(const net_integers *q, int64_t k);

static long long kernel_at(const net_integers *q, int64_t k)
{
    return q->kernel[k];
}

static long long bias_at(const net_integers *q, int64_t k)
{
    return q->bias[k];
}

static long long multiplier_at(const net_integers *q, int64_t k)
{
    return q->multiplier[k];
}

static long long shift_at(const net_integers *q, int64_t k)
{
    return q->shift[k];
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
        str_printf(&w->out, "%lld%s", at(op->integers, k), k + 1 == count ? "\n" : k % 16 == 15 ? "," : ", ");
    }
    cw_line(w, "};");
}

void inference_integer_constants(inference *i)
{
    emit_section(&i->e, "weights");
    for (const net_op *op = i->n->ops; op; op = op->next) {
        if (!op->integers)
            continue;
        write_array(i, op, "int8_t", "kernel", op->kernel->elements, kernel_at);
        write_array(i, op, "int32_t", "bias", op->integers->outputs, bias_at);
        write_array(i, op, "int32_t", "multiplier", op->integers->outputs, multiplier_at);
        write_array(i, op, "int8_t", "shift", op->integers->outputs, shift_at);
    }
}

/* --- from sums to values -------------------------------------------------------------------------- */

static void write_helpers(inference *i)
{
    cwriter *w = &i->e.w;
    cw_blank(w);
    cw_comment(w, "round(sum * multiplier / 2^shift), halves away from 0");
    cw_line(w, "static int64_t scaled(int32_t sum, int32_t multiplier, int shift)");
    cw_body(w);
    cw_line(w, "const int64_t product = (sum < 0 ? -(int64_t)sum : (int64_t)sum) * multiplier;");
    cw_line(w, "const int64_t rounded = (product + ((int64_t)1 << (shift - 1))) >> shift;");
    cw_line(w, "return sum < 0 ? -rounded : rounded;");
    cw_close(w, "");
    cw_blank(w);
    cw_comment(w, "the same as a value, whose 0 is zero");
    cw_line(w, "static uint8_t as_value(int32_t sum, int32_t multiplier, int shift, int zero)");
    cw_body(w);
    cw_line(w, "const int64_t value = scaled(sum, multiplier, shift) + zero;");
    cw_line(w, "return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);");
    cw_close(w, "");
}

/** out[...] = the value of a sum, or of the last layer the score. Values are not below 0 behind a relu, as their zero
 *  is the lowest byte. */
static void store(inference *i, const net_op *op, const char *target, const char *sum)
{
    const char *operands = text(&i->e, "%s, %s_multiplier[k], %s_shift[k]", sum, op->c_name, op->c_name);
    if (is_last(i, op))
        cw_line(&i->e.w, "%s = (int32_t)scaled(%s);", target, operands);
    else
        cw_line(&i->e.w, "%s = as_value(%s, %d);", target, operands, op->output->zero);
}

/** "x" or "x - 128" */
static const char *less_zero(inference *i, const char *x, const net_op *op)
{
    return op->input[0]->zero ? text(&i->e, "%s - %d", x, op->input[0]->zero) : x;
}

static const char *parameters(inference *i, const net_op *op)
{
    return is_last(i, op) ? "const uint8_t *restrict in, int32_t *restrict out"
                          : "const uint8_t *restrict in, uint8_t *restrict out";
}

/* --- layers --------------------------------------------------------------------------------------- */

/** A block of outputs, or all of them.
 *  @param n      C expression of how many
 *  @param first  " + first", or nothing */
static void write_dense_block(inference *i, const net_op *op, const char *n, const char *first)
{
    cwriter *w = &i->e.w;
    cw_line(w, "int32_t sum[%lld];", op->op->attr.units < NET_BLOCK ? (long long)op->op->attr.units : NET_BLOCK);
    cw_line(w, "for (int k = 0; k < %s; k++)", n);
    cw_line(w, "    sum[k] = %s_bias[k%s];", op->c_name, first);
    cw_open(w, "for (int j = 0; j < %lld; j++)", (long long)op->input[0]->elements);
    cw_line(w, "const int value = %s;", less_zero(i, "in[j]", op));
    cw_line(w, "const int8_t *weight = %s_kernel + j * %lld%s;", op->c_name, (long long)op->op->attr.units, first);
    cw_line(w, "if (value == 0)");
    cw_line(w, "    continue;");
    cw_line(w, "for (int k = 0; k < %s; k++)", n);
    cw_line(w, "    sum[k] += value * weight[k];");
    cw_close(w, "");
    cw_open(w, "for (int j = 0; j < %s; j++)", n);
    cw_line(w, "const int k = j%s;", first);
    store(i, op, "out[k]", "sum[j]");
    cw_close(w, "");
}

static void write_dense(inference *i, const net_op *op)
{
    cwriter *w = &i->e.w;
    const long long inputs = op->input[0]->elements, units = op->op->attr.units;
    const char *product = text(&i->e, "in[%lld] . kernel[%lld, %lld] + bias", inputs, inputs, units);
    inference_open(i, op, parameters(i, op), "out[%lld] = %s", (long long)op->output->elements,
                   inference_equation(i, op, product));
    if (units <= NET_BLOCK) {
        write_dense_block(i, op, text(&i->e, "%lld", units), "");
    } else {
        cw_open(w, "for (int first = 0; first < %lld; first += %d)", units, NET_BLOCK);
        cw_line(w, "const int n = %lld - first < %d ? %lld - first : %d;", units, NET_BLOCK, units, NET_BLOCK);
        write_dense_block(i, op, "n", " + first");
        cw_close(w, "");
    }
    cw_close(w, "");
}

/** The most filters of one group, up to NET_BLOCK, that divide it. */
static long long filter_block(const net_op *op)
{
    const long long filters = op->op->attr.filters / op->op->attr.groups;
    long long block = filters < NET_BLOCK ? filters : NET_BLOCK;
    while (filters % block != 0)
        block--;
    return block;
}

/** sum[]: a block of filters at (row, column). */
static void write_taps(inference *i, const net_op *op, const char *row, const char *column, long long block)
{
    cwriter *w = &i->e.w;
    const window v = window_of(op->op, op->op->input[0]->shape, op->op->output[0]->shape);
    const long long groups = op->op->attr.groups, channels = v.in.dim[2] / groups, filters = op->op->attr.filters;
    const char *first = block == filters ? "" : " + first";
    const char *group = groups == 1 ? "" : text(&i->e, " + first / %lld * %lld", filters / groups, channels);
    cw_line(w, "int32_t sum[%lld];", block);
    cw_line(w, "for (int k = 0; k < %lld; k++)", block);
    cw_line(w, "    sum[k] = %s_bias[k%s];", op->c_name, first);
    cw_line(w, "for (int r = 0; r < %lld; r++)", (long long)v.size.h);
    cw_indent(w);
    cw_open(w, "for (int s = 0; s < %lld; s++)", (long long)v.size.w);
    cw_line(w, "const int line = %s;", position(&i->e, row, v.strides.h, "r", v.dilation.h, v.pad.h));
    cw_line(w, "const int across = %s;", position(&i->e, column, v.strides.w, "s", v.dilation.w, v.pad.w));
    if (v.padded) {
        cw_line(w, "if (line < 0 || line >= %lld || across < 0 || across >= %lld)", (long long)v.in.dim[0],
                (long long)v.in.dim[1]);
        cw_line(w, "    continue;");
    }
    cw_line(w, "const uint8_t *pixel = in + (line * %lld + across) * %lld%s;", (long long)v.in.dim[1],
            (long long)v.in.dim[2], group);
    cw_line(w, "const int8_t *weight = %s_kernel + (r * %lld + s) * %lld%s;", op->c_name, (long long)v.size.w,
            channels * filters, first);
    cw_open(w, "for (int c = 0; c < %lld; c++)", channels);
    cw_line(w, "const int value = %s;", less_zero(i, "pixel[c]", op));
    cw_line(w, "for (int k = 0; k < %lld; k++)", block);
    cw_line(w, "    sum[k] += value * weight[c * %lld + k];", filters);
    cw_close(w, "");
    cw_close(w, "");
    cw_outdent(w);
}

/** best[]: the largest sums of the window of the pooling at (y, x). */
static void write_pooled_taps(inference *i, const net_op *op, long long block)
{
    cwriter *w = &i->e.w;
    const ir_attributes *pool = &op->pool->attr;
    cw_line(w, "int32_t best[%lld] = {0};", block);
    cw_open(w, "for (int p = 0; p < %lld; p++)", (long long)(pool->window.h * pool->window.w));
    cw_line(w, "const int row = y * %lld + p / %lld, column = x * %lld + p %% %lld;", (long long)pool->strides.h,
            (long long)pool->window.w, (long long)pool->strides.w, (long long)pool->window.w);
    write_taps(i, op, "row", "column", block);
    cw_line(w, "for (int k = 0; k < %lld; k++)", block);
    cw_line(w, "    best[k] = p == 0 || sum[k] > best[k] ? sum[k] : best[k];");
    cw_close(w, "");
}

static void write_conv2d(inference *i, const net_op *op)
{
    cwriter *w = &i->e.w;
    const ir_shape out = op->output->shape;
    const long long filters = op->op->attr.filters, block = filter_block(op);
    const char *sum = text(&i->e, "in%s * kernel%s + bias", inference_dims(i, op->input[0]->shape),
                           inference_dims(i, op->kernel->shape));
    inference_open(i, op, parameters(i, op), "out%s = %s", inference_dims(i, out), inference_equation(i, op, sum));
    if (block < filters)
        cw_open(w, "for (int first = 0; first < %lld; first += %lld)", filters, block);
    cw_line(w, "for (int y = 0; y < %lld; y++)", (long long)out.dim[0]);
    cw_indent(w);
    cw_open(w, "for (int x = 0; x < %lld; x++)", (long long)out.dim[1]);
    if (op->pool)
        write_pooled_taps(i, op, block);
    else
        write_taps(i, op, "y", "x", block);
    cw_line(w, "%s *result = out + (y * %lld + x) * %lld;", is_last(i, op) ? "int32_t" : "uint8_t",
            (long long)out.dim[1], filters);
    cw_open(w, "for (int j = 0; j < %lld; j++)", block);
    cw_line(w, "const int k = %s;", block < filters ? "first + j" : "j");
    store(i, op, "result[k]", op->pool ? "best[j]" : "sum[j]");
    cw_close(w, "");
    cw_close(w, "");
    cw_outdent(w);
    if (block < filters)
        cw_close(w, "");
    cw_close(w, "");
}

static void write_maxpool(inference *i, const net_op *op)
{
    cwriter *w = &i->e.w;
    const window v = window_of(op->op, op->op->input[0]->shape, op->op->output[0]->shape);
    const long long channels = v.in.dim[2];
    inference_open(i, op, parameters(i, op), "out%s = %s", inference_dims(i, op->output->shape),
                   inference_equation(
                       i, op, text(&i->e, "largest of each window of in%s", inference_dims(i, op->input[0]->shape))));
    cw_line(w, "for (int y = 0; y < %lld; y++)", (long long)v.out.dim[0]);
    cw_line(w, "    for (int x = 0; x < %lld; x++)", (long long)v.out.dim[1]);
    cw_indent(w);
    cw_indent(w);
    cw_open(w, "for (int k = 0; k < %lld; k++)", channels);
    cw_line(w, "uint8_t best = %d;", op->activation.kind == LANG_ACTIVATION_RELU ? op->output->zero : 0);
    cw_line(w, "for (int r = 0; r < %lld; r++)", (long long)v.size.h);
    cw_indent(w);
    cw_open(w, "for (int s = 0; s < %lld; s++)", (long long)v.size.w);
    cw_line(w, "const int line = %s;", position(&i->e, "y", v.strides.h, "r", 1, v.pad.h));
    cw_line(w, "const int across = %s;", position(&i->e, "x", v.strides.w, "s", 1, v.pad.w));
    if (v.padded) {
        cw_line(w, "if (line < 0 || line >= %lld || across < 0 || across >= %lld)", (long long)v.in.dim[0],
                (long long)v.in.dim[1]);
        cw_line(w, "    continue;");
    }
    cw_line(w, "const uint8_t z = in[(line * %lld + across) * %lld + k];", (long long)v.in.dim[1], channels);
    cw_line(w, "best = z > best ? z : best;");
    cw_close(w, "");
    cw_outdent(w);
    cw_line(w, "out[(y * %lld + x) * %lld + k] = best;", (long long)v.out.dim[1], channels);
    cw_close(w, "");
    cw_outdent(w);
    cw_outdent(w);
    cw_close(w, "");
}

void inference_integer_layers(inference *i)
{
    write_helpers(i);
    for (const net_op *op = i->n->ops; op; op = op->next) {
        if (op->code == IR_DENSE)
            write_dense(i, op);
        else if (op->code == IR_CONV2D)
            write_conv2d(i, op);
        else
            write_maxpool(i, op);
    }
}

/* --- the answer ----------------------------------------------------------------------------------- */

/** The scores in floats, with the last activation. */
static void write_outputs(inference *i)
{
    cwriter *w = &i->e.w;
    const char *out = inference_output_name(i);
    const net_op *op = i->n->last;
    inference_store(i, op, inference_loop(i, "j", (long long)i->n->output->elements), text(&i->e, "%s[j]", out),
                    text(&i->e, "(float)score[j] * %s", cw_f32(w, i->n->output->scale)));
    inference_softmax(i, op, out);
}

static void write_class(inference *i)
{
    cwriter *w = &i->e.w;
    if (i->n->output->elements == 1) {
        cw_line(w, "return score[0] > %lld;", (long long)floor(i->n->threshold / i->n->output->scale));
        return;
    }
    cw_line(w, "int best = 0;");
    cw_line(w, "for (int j = 1; j < %lld; j++)", (long long)i->n->output->elements);
    cw_line(w, "    best = score[j] > score[best] ? j : best;");
    cw_line(w, "return best;");
}

void inference_integer_answer(inference *i)
{
    if (i->n->options.argmax_only)
        write_class(i);
    else
        write_outputs(i);
}
