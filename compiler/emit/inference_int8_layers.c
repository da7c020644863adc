/* What has arithmetic of its own in integers: the entry of floats, and normalisations of rows. */
#include "emit/inference_int8.h"

/* --- input ---------------------------------------------------------------------------------------- */

/** What the bytes stand for. */
static const char *equation_of_input(inference *i, const net_op *op)
{
    const net_value *v = op->output;
    const char *what = op->folded ? emit_text(&i->e, "%s(in)", op->folded) : "in";
    if (v->channels.ratio)
        return emit_text(&i->e, "%s quantized to uint8, with one scale per channel", what);
    return emit_text(&i->e, "%s as a byte, %s times (byte - %d)", what, cw_f32(&i->e.w, v->range.scale), v->range.zero);
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
void inference_integer_entry(inference *i, const net_op *op)
{
    cwriter *w = &i->e.w;
    const net_entry *entry = op->entry;
    const long long elements = op->output->elements, row = entry->row ? entry->row : entry->count;
    const bool in_rows = row < elements && (row > 1 || entry->row);
    const char *x = entry->row ? "(in[j] - mean) * inverse" : "in[j]";
    const char *factor = cw_f32(w, (double)entry->factor[0]), *offset = cw_f32(w, (double)entry->offset[0]);
    if (entry->count > 1) {
        factor = emit_text(&i->e, "%s_factor[j]", op->c_name);
        offset = emit_text(&i->e, "%s_offset[j]", op->c_name);
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

/* --- normalisation -------------------------------------------------------------------------------- */

/** A row's variance times the square of its length is an integer, and so is the distance from the mean times the
 *  length; epsilon has been brought to that scale. */
void inference_integer_norm(inference *i, const net_op *op)
{
    cwriter *w = &i->e.w;
    const ir_shape shape = op->op->input[0]->shape;
    const long long channels = shape.dim[shape.rank - 1], places = op->output->elements / channels;
    inference_open(i, op, inference_integer_parameters(i, op), "out[%lld, %lld] = %s, along each row\n%s", places,
                   channels, inference_equation(i, op, "(in - mean) / sqrt(variance + epsilon) * kernel + bias"),
                   emit_text(&i->e, "the quotient is multiplied by 2^%d, the root by %lld * 2^%d", NET_NORM_BITS,
                             channels, NET_ROOT_BITS));
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
    inference_store_sum(i, op, emit_text(&i->e, "out[j * %lld + k]", channels), "sum", "k");
    cw_close(w, "");
    cw_close(w, "");
    inference_close(i, op);
}
