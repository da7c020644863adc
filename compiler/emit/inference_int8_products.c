/* dense, conv2d, depthwise_conv2d in integers: int32 sums of (value - zero point) * int8 weight. */
#include "emit/inference_int8.h"

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
    cw_line(w, "const int value = %s;", inference_less_zero(i, "in[j]", op));
    cw_line(w, "const int8_t *weight = %s_kernel + j * %lld%s;", op->c_name, (long long)op->op->attr.units, first);
    cw_line(w, "if (value == 0)");
    cw_line(w, "    continue;");
    cw_line(w, "for (int k = 0; k < %s; k++)", n);
    cw_line(w, "    sum[k] += value * weight[k];");
    cw_close(w, "");
    cw_open(w, "for (int j = 0; j < %s; j++)", n);
    cw_line(w, "const int k = j%s;", first);
    inference_store_sum(i, op, "out[k]", "sum[j]", "k");
    cw_close(w, "");
}

void inference_integer_dense(inference *i, const net_op *op)
{
    cwriter *w = &i->e.w;
    const long long inputs = op->input[0]->elements, units = op->op->attr.units;
    const char *product = text(&i->e, "in[%lld] . kernel[%lld, %lld] + bias", inputs, inputs, units);
    inference_open(i, op, inference_integer_parameters(i, op), "out[%lld] = %s", (long long)op->output->elements,
                   inference_equation(i, op, product));
    if (units <= NET_BLOCK) {
        write_dense_block(i, op, text(&i->e, "%lld", units), "");
    } else {
        cw_open(w, "for (int first = 0; first < %lld; first += %d)", units, NET_BLOCK);
        cw_line(w, "const int n = %lld - first < %d ? %lld - first : %d;", units, NET_BLOCK, units, NET_BLOCK);
        write_dense_block(i, op, "n", " + first");
        cw_close(w, "");
    }
    inference_close(i, op);
}

/** The most outputs, up to NET_BLOCK, that divide all. */
static long long block_of(long long outputs)
{
    long long block = outputs < NET_BLOCK ? outputs : NET_BLOCK;
    while (outputs % block != 0)
        block--;
    return block;
}

/** The pixel under element (r, s) of the kernel at (row, column), inside the loops over both. */
static void find_pixel(inference *i, const window *v, const char *row, const char *column)
{
    cwriter *w = &i->e.w;
    cw_line(w, "const int line = %s;", position(&i->e, row, v->strides.h, "r", v->dilation.h, v->pad.h));
    cw_line(w, "const int across = %s;", position(&i->e, column, v->strides.w, "s", v->dilation.w, v->pad.w));
    if (v->padded) {
        cw_line(w, "if (line < 0 || line >= %lld || across < 0 || across >= %lld)", (long long)v->in.dim[0],
                (long long)v->in.dim[1]);
        cw_line(w, "    continue;");
    }
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
    find_pixel(i, &v, row, column);
    cw_line(w, "const uint8_t *pixel = in + (line * %lld + across) * %lld%s;", (long long)v.in.dim[1],
            (long long)v.in.dim[2], group);
    cw_line(w, "const int8_t *weight = %s_kernel + (r * %lld + s) * %lld%s;", op->c_name, (long long)v.size.w,
            channels * filters, first);
    cw_open(w, "for (int c = 0; c < %lld; c++)", channels);
    cw_line(w, "const int value = %s;", inference_less_zero(i, "pixel[c]", op));
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

void inference_integer_conv2d(inference *i, const net_op *op)
{
    cwriter *w = &i->e.w;
    const ir_shape out = op->output->shape;
    const long long filters = op->op->attr.filters, block = block_of(filters / op->op->attr.groups);
    const char *sum = text(&i->e, "in%s * kernel%s + bias", inference_dims(i, op->input[0]->shape),
                           inference_dims(i, op->kernel->shape));
    inference_open(i, op, inference_integer_parameters(i, op), "out%s = %s", inference_dims(i, out),
                   inference_equation(i, op, sum));
    if (block < filters)
        cw_open(w, "for (int first = 0; first < %lld; first += %lld)", filters, block);
    cw_line(w, "for (int y = 0; y < %lld; y++)", (long long)out.dim[0]);
    cw_indent(w);
    cw_open(w, "for (int x = 0; x < %lld; x++)", (long long)out.dim[1]);
    if (op->pool)
        write_pooled_taps(i, op, block);
    else
        write_taps(i, op, "y", "x", block);
    cw_line(w, "%s *result = out + (y * %lld + x) * %lld;", inference_result_type(i, op), (long long)out.dim[1],
            filters);
    cw_open(w, "for (int j = 0; j < %lld; j++)", block);
    cw_line(w, "const int k = %s;", block < filters ? "first + j" : "j");
    inference_store_sum(i, op, "result[k]", op->pool ? "best[j]" : "sum[j]", "k");
    cw_close(w, "");
    cw_close(w, "");
    cw_outdent(w);
    if (block < filters)
        cw_close(w, "");
    inference_close(i, op);
}

/** sum[]: a block of outputs at (y, x), each of one channel. */
static void write_depthwise_taps(inference *i, const net_op *op, const window *v, long long block, const char *first)
{
    cwriter *w = &i->e.w;
    const long long channels = v->in.dim[2], multiplier = op->op->attr.multiplier;
    const char *output = *first ? "(first + k)" : "k";
    const char *channel = multiplier == 1 ? output : text(&i->e, "%s / %lld", output, multiplier);
    cw_line(w, "int32_t sum[%lld];", block);
    cw_line(w, "for (int k = 0; k < %lld; k++)", block);
    cw_line(w, "    sum[k] = %s_bias[k%s];", op->c_name, first);
    cw_line(w, "for (int r = 0; r < %lld; r++)", (long long)v->size.h);
    cw_indent(w);
    cw_open(w, "for (int s = 0; s < %lld; s++)", (long long)v->size.w);
    find_pixel(i, v, "y", "x");
    cw_line(w, "const uint8_t *pixel = in + (line * %lld + across) * %lld;", (long long)v->in.dim[1], channels);
    cw_line(w, "const int8_t *weight = %s_kernel + (r * %lld + s) * %lld%s;", op->c_name, (long long)v->size.w,
            channels * multiplier, first);
    cw_line(w, "for (int k = 0; k < %lld; k++)", block);
    const char *value = inference_less_zero(i, text(&i->e, "pixel[%s]", channel), op);
    cw_line(w, op->input[0]->range.zero ? "    sum[k] += (%s) * weight[k];" : "    sum[k] += %s * weight[k];", value);
    cw_close(w, "");
    cw_outdent(w);
}

void inference_integer_depthwise_conv2d(inference *i, const net_op *op)
{
    cwriter *w = &i->e.w;
    const window v = window_of(op->op, op->op->input[0]->shape, op->op->output[0]->shape);
    const long long outputs = op->bias->elements, block = block_of(outputs);
    const char *sum = text(&i->e, "in%s * kernel%s + bias", inference_dims(i, op->input[0]->shape),
                           inference_dims(i, op->kernel->shape));
    inference_open(i, op, inference_integer_parameters(i, op), "out%s = %s, per channel",
                   inference_dims(i, op->output->shape), inference_equation(i, op, sum));
    if (block < outputs)
        cw_open(w, "for (int first = 0; first < %lld; first += %lld)", outputs, block);
    cw_line(w, "for (int y = 0; y < %lld; y++)", (long long)v.out.dim[0]);
    cw_indent(w);
    cw_open(w, "for (int x = 0; x < %lld; x++)", (long long)v.out.dim[1]);
    write_depthwise_taps(i, op, &v, block, block < outputs ? " + first" : "");
    cw_line(w, "%s *result = out + (y * %lld + x) * %lld;", inference_result_type(i, op), (long long)v.out.dim[1],
            outputs);
    cw_open(w, "for (int j = 0; j < %lld; j++)", block);
    cw_line(w, "const int k = %s;", block < outputs ? "first + j" : "j");
    inference_store_sum(i, op, "result[k]", "sum[j]", "k");
    cw_close(w, "");
    cw_close(w, "");
    cw_outdent(w);
    if (block < outputs)
        cw_close(w, "");
    inference_close(i, op);
}
