/* Integer layers without matrix products. */
#include "emit/inference_int8.h"

/* --- input ---------------------------------------------------------------------------------------- */

/** What the bytes stand for. */
static const char *equation_of_input(inference *i, const net_op *op)
{
    const net_value *v = op->output;
    const char *what = op->folded ? text(&i->e, "%s(in)", op->folded) : "in";
    if (v->channels.ratio)
        return text(&i->e, "%s quantized to uint8, with one scale per channel", what);
    return text(&i->e, "%s as a byte, %s times (byte - %d)", what, cw_f32(&i->e.w, v->range.scale), v->range.zero);
}

/** mean and inverse of a row, for a layernorm. */
static void write_row_norm(inference *i, const net_entry *entry)
{
    cwriter *w = &i->e.w;
    cw_line(w, "float mean = 0.0f, variance = 0.0f;");
    cw_line(w, "for (int j = 0; j < %lld; j++)", (long long)entry->row);
    cw_line(w, "    mean += in[j];");
    cw_line(w, "mean /= %lld.0f;", (long long)entry->row);
    cw_line(w, "for (int j = 0; j < %lld; j++)", (long long)entry->row);
    cw_line(w, "    variance += (in[j] - mean) * (in[j] - mean);");
    cw_line(w, "const float inverse = 1.0f / sqrtf(variance / %lld.0f + %s);", (long long)entry->row,
            cw_f32(w, (double)entry->epsilon));
}

/** The caller's floats as bytes: the one place of floats before the outputs. A NaN becomes 0. */
void inference_integer_input(inference *i, const net_op *op)
{
    cwriter *w = &i->e.w;
    const net_entry *entry = op->entry;
    const long long elements = op->output->elements, row = entry->row ? entry->row : entry->count;
    const bool in_rows = row < elements && (row > 1 || entry->row);
    const char *x = entry->row ? "(in[j] - mean) * inverse" : "in[j]";
    const char *factor = cw_f32(w, (double)entry->factor[0]), *offset = cw_f32(w, (double)entry->offset[0]);
    if (entry->count > 1) {
        factor = text(&i->e, "%s_factor[j]", op->c_name);
        offset = text(&i->e, "%s_offset[j]", op->c_name);
    }
    inference_open(i, op, "const float *restrict in, uint8_t *restrict out", "input of the network: out%s = %s",
                   inference_dims(i, op->output->shape), equation_of_input(i, op));
    if (in_rows)
        cw_open(w, "for (int row = 0; row < %lld; row++, in += %lld, out += %lld)", elements / row, row, row);
    if (entry->row)
        write_row_norm(i, entry);
    cw_open(w, "%s", inference_loop(i, "j", in_rows ? row : elements));
    cw_line(w, "const float byte = %s * %s + %s;", x, factor, offset);
    cw_line(w, "out[j] = (uint8_t)(byte > 0.0f ? byte < 255.0f ? byte : 255.0f : 0.0f);");
    cw_close(w, "");
    if (in_rows)
        cw_close(w, "");
    inference_close(i, op);
}

/* --- pooling -------------------------------------------------------------------------------------- */

void inference_integer_maxpool2d(inference *i, const net_op *op)
{
    cwriter *w = &i->e.w;
    const window v = window_of(op->op, op->op->input[0]->shape, op->op->output[0]->shape);
    const long long channels = v.in.dim[2];
    inference_open(i, op, inference_integer_parameters(i, op), "out%s = %s", inference_dims(i, op->output->shape),
                   inference_equation(
                       i, op, text(&i->e, "maximum of each window of in%s", inference_dims(i, op->input[0]->shape))));
    inference_open_windows(i, &v, inference_result_type(i, op));
    cw_open(w, "%s", inference_loop(i, "k", channels));
    cw_line(w, "uint8_t best = 0;");
    cw_line(w, "for (int r = r0; r < r1; r++)");
    cw_indent(w);
    cw_open(w, "for (int c = c0; c < c1; c++)");
    cw_line(w, "const uint8_t value = in[(r * %lld + c) * %lld + k];", (long long)v.in.dim[1], channels);
    cw_line(w, "best = value > best ? value : best;");
    inference_close_pair(i);
    inference_store_picked(i, op, "result[k]", "best");
    cw_close(w, "");
    inference_close_pair(i);
    inference_close(i, op);
}

/** result[k] = the sum of channel k over the window, whose size is in the multiplier. */
static void write_mean(inference *i, const net_op *op, const window *v, const char *pair)
{
    cwriter *w = &i->e.w;
    const char *value = text(&i->e, "in[(r * %lld + c) * %lld + k]", (long long)v->in.dim[1], (long long)v->in.dim[2]);
    cw_open(w, "%s", inference_loop(i, "k", (long long)v->in.dim[2]));
    cw_line(w, "int32_t sum = 0;");
    cw_line(w, "for (int r = r0; r < r1; r++)");
    cw_line(w, "    for (int c = c0; c < c1; c++)");
    cw_line(w, "        sum += %s;", inference_less_zero(i, value, op));
    inference_store_sum(i, op, "result[k]", "sum", pair);
    cw_close(w, "");
}

void inference_integer_avgpool2d(inference *i, const net_op *op)
{
    const window v = window_of(op->op, op->op->input[0]->shape, op->op->output[0]->shape);
    const bool differ = op->integers->outputs > 1;
    const char *mean =
        text(&i->e, "mean of each window of in%s, without padding", inference_dims(i, op->input[0]->shape));
    inference_open(i, op, inference_integer_parameters(i, op), "out%s = %s", inference_dims(i, op->output->shape),
                   inference_equation(i, op, mean));
    inference_open_windows(i, &v, inference_result_type(i, op));
    if (differ)
        cw_line(&i->e.w, "const int size = (r1 - r0) * (c1 - c0);");
    write_mean(i, op, &v, differ ? "size - 1" : NULL);
    inference_close_pair(i);
    inference_close(i, op);
}

void inference_integer_global_avgpool2d(inference *i, const net_op *op)
{
    const ir_shape in = op->input[0]->shape;
    const window v = {.in = in};
    inference_open(i, op, inference_integer_parameters(i, op), "out%s = %s", inference_dims(i, op->output->shape),
                   inference_equation(i, op, text(&i->e, "mean of each channel of in%s", inference_dims(i, in))));
    cw_line(&i->e.w, "const int r0 = 0, r1 = %lld, c0 = 0, c1 = %lld;", (long long)in.dim[0], (long long)in.dim[1]);
    cw_line(&i->e.w, "%s *result = out;", inference_result_type(i, op));
    write_mean(i, op, &v, NULL);
    inference_close(i, op);
}

/* --- number by number ----------------------------------------------------------------------------- */

void inference_integer_activation(inference *i, const net_op *op)
{
    inference_open(i, op, inference_integer_parameters(i, op), "out%s = %s", inference_dims(i, op->output->shape),
                   inference_equation(i, op, "in"));
    cw_open(&i->e.w, "%s", inference_loop(i, "j", (long long)op->output->elements));
    inference_store_picked(i, op, "out[j]", "in[j]");
    cw_close(&i->e.w, "");
    inference_close(i, op);
}

/** The inputs, each less its zero, in the scale of the largest one. */
void inference_integer_add(inference *i, const net_op *op)
{
    str parameters = str_new(i->n->arena), sum = str_new(i->n->arena);
    for (int k = 0; k < op->input_count; k++) {
        const int zero = op->input[k]->range.zero;
        str_printf(&parameters, "const uint8_t *%c, ", 'a' + k);
        const char *value = zero ? text(&i->e, "(%c[j] - %d)", 'a' + k, zero) : text(&i->e, "%c[j]", 'a' + k);
        str_printf(&sum, "%s%s * %ld", k ? " + " : "", value, (long)op->integers->factor[k]);
    }
    str_printf(&parameters, "%s *restrict out", inference_result_type(i, op));
    inference_open(i, op, parameters.text, "out%s = %s", inference_dims(i, op->output->shape),
                   inference_equation(i, op, "the layers' result + the residual's input"));
    cw_open(&i->e.w, "%s", inference_loop(i, "j", (long long)op->output->elements));
    cw_line(&i->e.w, "const int32_t sum = %s;", sum.text);
    inference_store_sum(i, op, "out[j]", "sum", NULL);
    cw_close(&i->e.w, "");
    inference_close(i, op);
}

/** A batchnorm that could not be folded into the layer before it. */
void inference_integer_batchnorm(inference *i, const net_op *op)
{
    cwriter *w = &i->e.w;
    const long long channels = op->kernel->elements, places = op->output->elements / channels;
    inference_open(i, op, inference_integer_parameters(i, op), "out%s = %s, per channel",
                   inference_dims(i, op->output->shape), inference_equation(i, op, "in * kernel + bias"));
    cw_line(w, "%s", inference_loop(i, "j", places));
    cw_indent(w);
    cw_open(w, "%s", inference_loop(i, "k", channels));
    cw_line(w, "const int value = %s;", inference_less_zero(i, text(&i->e, "in[j * %lld + k]", channels), op));
    cw_line(w, "const int32_t sum = value * %s_kernel[k] + %s_bias[k];", op->c_name, op->c_name);
    inference_store_sum(i, op, text(&i->e, "out[j * %lld + k]", channels), "sum", "k");
    inference_close_pair(i);
    inference_close(i, op);
}

/** A row's variance times the square of its length is an integer, and so is the distance from the mean times the
 *  length; epsilon has been brought to that scale. */
void inference_integer_layernorm(inference *i, const net_op *op)
{
    cwriter *w = &i->e.w;
    const ir_shape shape = op->op->input[0]->shape;
    const long long channels = shape.dim[shape.rank - 1], places = op->output->elements / channels;
    inference_open(i, op, inference_integer_parameters(i, op), "out[%lld, %lld] = %s, along each row\n%s", places,
                   channels, inference_equation(i, op, "(in - mean) / sqrt(variance + epsilon) * kernel + bias"),
                   text(&i->e, "the quotient is multiplied by 2^%d, the root by %lld * 2^%d", NET_NORM_BITS, channels,
                        NET_ROOT_BITS));
    cw_open(w, "for (int j = 0; j < %lld; j++, in += %lld)", places, channels);
    cw_line(w, "int32_t total = 0;");
    cw_line(w, "int64_t squares = 0;");
    cw_open(w, "%s", inference_loop(i, "k", channels));
    cw_line(w, "total += in[k];");
    cw_line(w, "squares += in[k] * in[k];");
    cw_close(w, "");
    cw_line(w, "const uint64_t variance = (uint64_t)(squares * %lld - (int64_t)total * total);", channels);
    cw_line(w, "const int64_t deviation = root_of((variance << %d) + %lld);", 2 * NET_ROOT_BITS,
            (long long)op->integers->epsilon);
    cw_open(w, "%s", inference_loop(i, "k", channels));
    cw_line(w, "const int64_t from_mean = ((int64_t)in[k] * %lld - total) * %d;", channels,
            1 << (NET_NORM_BITS + NET_ROOT_BITS));
    cw_line(w, "const int64_t half = from_mean < 0 ? -deviation / 2 : deviation / 2;");
    cw_line(w, "const int32_t value = (int32_t)((from_mean + half) / deviation);");
    cw_line(w, "const int32_t sum = value * %s_kernel[k] + %s_bias[k];", op->c_name, op->c_name);
    inference_store_sum(i, op, text(&i->e, "out[j * %lld + k]", channels), "sum", "k");
    cw_close(w, "");
    cw_close(w, "");
    inference_close(i, op);
}
