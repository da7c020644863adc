/* Layers without matrix products, for one sample. */
#include "emit/inference_parts.h"

static const char PLAIN[] = "const float *restrict in, float *restrict out";

static long long channels_of(ir_shape shape)
{
    return shape.dim[shape.rank - 1];
}

/* --- input ---------------------------------------------------------------------------------------- */

static const char *scaled(inference *i, const char *x)
{
    const ir_data *data = &i->n->plan->program->data;
    if ((float)data->scale != 1.0f)
        x = text(&i->e, "%s * %s", x, cw_f32(&i->e.w, data->scale));
    if ((float)data->shift != 0.0f)
        x = text(&i->e, "%s %s %s", x, data->shift < 0 ? "-" : "+",
                 cw_f32(&i->e.w, data->shift < 0 ? -data->shift : data->shift));
    return x;
}

void inference_input(inference *i, const net_op *op)
{
    const bool bytes = i->n->options.input == NET_BYTES;
    inference_open(i, op, bytes ? "const uint8_t *restrict in, float *restrict out" : PLAIN,
                   "input of the network: out%s = %s", inference_dims(i, op->output->shape), scaled(i, "in"));
    cw_line(&i->e.w, "for (int j = 0; j < %lld; j++)", (long long)op->output->elements);
    cw_line(&i->e.w, "    out[j] = %s;", scaled(i, bytes ? "(float)in[j]" : "in[j]"));
    inference_close(i, op);
}

/* --- pooling -------------------------------------------------------------------------------------- */

void inference_open_windows(inference *i, const window *v, const char *type)
{
    cwriter *w = &i->e.w;
    cw_line(w, "for (int y = 0; y < %lld; y++)", (long long)v->out.dim[0]);
    cw_indent(w);
    cw_open(w, "for (int x = 0; x < %lld; x++)", (long long)v->out.dim[1]);
    const char *top = position(&i->e, "y", v->strides.h, "", 1, v->pad.h);
    const char *left = position(&i->e, "x", v->strides.w, "", 1, v->pad.w);
    const long long h = v->in.dim[0], width = v->in.dim[1], sh = v->size.h, sw = v->size.w;
    if (v->padded) {
        cw_line(w, "const int top = %s, left = %s;", top, left);
        cw_line(w, "const int r0 = top < 0 ? 0 : top, r1 = top + %lld > %lld ? %lld : top + %lld;", sh, h, h, sh);
        cw_line(w, "const int c0 = left < 0 ? 0 : left, c1 = left + %lld > %lld ? %lld : left + %lld;", sw, width,
                width, sw);
    } else {
        cw_line(w, "const int r0 = %s, r1 = r0 + %lld, c0 = %s, c1 = c0 + %lld;", top, sh, left, sw);
    }
    cw_line(w, "%s *result = out + (y * %lld + x) * %lld;", type, (long long)v->out.dim[1], (long long)v->out.dim[2]);
}

/** Inside: the loops over the window. */
static void open_pixels(inference *i)
{
    cw_line(&i->e.w, "for (int r = r0; r < r1; r++)");
    cw_indent(&i->e.w);
    cw_open(&i->e.w, "for (int c = c0; c < c1; c++)");
}

void inference_close_pair(inference *i)
{
    cw_close(&i->e.w, "");
    cw_outdent(&i->e.w);
}

void inference_maxpool2d(inference *i, const net_op *op)
{
    cwriter *w = &i->e.w;
    const window v = window_of(op->op, op->op->input[0]->shape, op->op->output[0]->shape);
    const long long channels = v.in.dim[2];
    inference_open(i, op, PLAIN, "out%s = %s", inference_dims(i, op->output->shape),
                   inference_equation(
                       i, op, text(&i->e, "maximum of each window of in%s", inference_dims(i, op->input[0]->shape))));
    inference_open_windows(i, &v, "float");
    cw_line(w, "for (int k = 0; k < %lld; k++)", channels);
    cw_line(w, "    result[k] = in[(r0 * %lld + c0) * %lld + k];", (long long)v.in.dim[1], channels);
    open_pixels(i);
    cw_line(w, "const float *pixel = in + (r * %lld + c) * %lld;", (long long)v.in.dim[1], channels);
    cw_line(w, "for (int k = 0; k < %lld; k++)", channels);
    cw_line(w, "    result[k] = pixel[k] > result[k] ? pixel[k] : result[k];");
    inference_close_pair(i);
    if (inference_is_by_number(op))
        inference_store(i, op, inference_loop(i, "k", channels), "result[k]", "result[k]");
    inference_close_pair(i);
    inference_close(i, op);
}

/** result[k] = f(the sum of channel k over the window / count) */
static void write_mean(inference *i, const net_op *op, const window *v, const char *count)
{
    cwriter *w = &i->e.w;
    cw_open(w, "for (int k = 0; k < %lld; k++)", (long long)v->in.dim[2]);
    cw_line(w, "float sum = 0.0f;");
    cw_line(w, "for (int r = r0; r < r1; r++)");
    cw_line(w, "    for (int c = c0; c < c1; c++)");
    cw_line(w, "        sum += in[(r * %lld + c) * %lld + k];", (long long)v->in.dim[1], (long long)v->in.dim[2]);
    inference_assign(i, op, "result[k]", text(&i->e, "sum / %s", count));
    cw_close(w, "");
}

void inference_avgpool2d(inference *i, const net_op *op)
{
    const window v = window_of(op->op, op->op->input[0]->shape, op->op->output[0]->shape);
    const char *mean =
        text(&i->e, "mean of each window of in%s, without padding", inference_dims(i, op->input[0]->shape));
    inference_open(i, op, PLAIN, "out%s = %s", inference_dims(i, op->output->shape), inference_equation(i, op, mean));
    inference_open_windows(i, &v, "float");
    write_mean(i, op, &v,
               v.padded ? "(float)((r1 - r0) * (c1 - c0))" : text(&i->e, "%lld.0f", (long long)(v.size.h * v.size.w)));
    inference_close_pair(i);
    inference_close(i, op);
}

void inference_global_avgpool2d(inference *i, const net_op *op)
{
    const ir_shape in = op->input[0]->shape;
    const window v = {.in = in};
    inference_open(i, op, PLAIN, "out%s = %s", inference_dims(i, op->output->shape),
                   inference_equation(i, op, text(&i->e, "mean of each channel of in%s", inference_dims(i, in))));
    cw_line(&i->e.w, "const int r0 = 0, r1 = %lld, c0 = 0, c1 = %lld;", (long long)in.dim[0], (long long)in.dim[1]);
    cw_line(&i->e.w, "float *result = out;");
    write_mean(i, op, &v, text(&i->e, "%lld.0f", (long long)(in.dim[0] * in.dim[1])));
    inference_close(i, op);
}

/* --- number by number ----------------------------------------------------------------------------- */

void inference_activation(inference *i, const net_op *op)
{
    inference_open(i, op, PLAIN, "out%s = %s", inference_dims(i, op->output->shape), inference_equation(i, op, "in"));
    inference_store(i, op, inference_loop(i, "j", (long long)op->output->elements), "out[j]", "in[j]");
    inference_close(i, op);
}

/** a[j] + b[j] + ... */
void inference_add(inference *i, const net_op *op)
{
    str parameters = str_new(i->n->arena), sum = str_new(i->n->arena);
    for (int k = 0; k < op->input_count; k++) {
        str_printf(&parameters, "const float *%c, ", 'a' + k);
        str_printf(&sum, "%s%c[j]", k ? " + " : "", 'a' + k);
    }
    str_add(&parameters, "float *restrict out");
    inference_open(i, op, parameters.text, "out%s = %s", inference_dims(i, op->output->shape),
                   inference_equation(i, op, "the layers' result + the residual's input"));
    inference_store(i, op, inference_loop(i, "j", (long long)op->output->elements), "out[j]", sum.text);
    inference_close(i, op);
}

/** A batchnorm that could not be folded into the layer before it. */
void inference_scale(inference *i, const net_op *op)
{
    const long long channels = op->kernel->elements, places = op->output->elements / channels;
    inference_open(i, op, PLAIN, "out%s = %s, per channel", inference_dims(i, op->output->shape),
                   inference_equation(i, op, "in * scale + shift"));
    cw_line(&i->e.w, "%s", inference_loop(i, "j", places));
    cw_indent(&i->e.w);
    inference_store(i, op, inference_loop(i, "k", channels), text(&i->e, "out[j * %lld + k]", channels),
                    text(&i->e, "in[j * %lld + k] * %s[k] + %s[k]", channels, op->kernel->c_name, op->bias->c_name));
    cw_outdent(&i->e.w);
    inference_close(i, op);
}

void inference_layernorm(inference *i, const net_op *op)
{
    cwriter *w = &i->e.w;
    const long long channels = channels_of(op->op->input[0]->shape), places = op->output->elements / channels;
    const char *gamma = op->kernel ? text(&i->e, " * %s[k]", op->kernel->c_name) : "";
    const char *beta = op->bias ? text(&i->e, " + %s[k]", op->bias->c_name) : "";
    const char *norm = text(&i->e, "(in - mean) / sqrt(variance + %s)%s%s", cw_f32(w, op->op->attr.epsilon),
                            op->kernel ? " * gamma" : "", op->bias ? " + beta" : "");
    inference_open(i, op, PLAIN, "out[%lld, %lld] = %s, along each row", places, channels,
                   inference_equation(i, op, norm));
    cw_open(w, "for (int j = 0; j < %lld; j++, in += %lld)", places, channels);
    cw_line(w, "float mean = 0.0f, variance = 0.0f;");
    cw_line(w, "for (int k = 0; k < %lld; k++)", channels);
    cw_line(w, "    mean += in[k];");
    cw_line(w, "mean /= %lld.0f;", channels);
    cw_line(w, "for (int k = 0; k < %lld; k++)", channels);
    cw_line(w, "    variance += (in[k] - mean) * (in[k] - mean);");
    cw_line(w, "variance /= %lld.0f;", channels);
    cw_line(w, "const float inverse = 1.0f / sqrtf(variance + %s);", cw_f32(w, op->op->attr.epsilon));
    inference_store(i, op, inference_loop(i, "k", channels), text(&i->e, "out[j * %lld + k]", channels),
                    text(&i->e, "(in[k] - mean) * inverse%s%s", gamma, beta));
    cw_close(w, "");
    inference_close(i, op);
}
