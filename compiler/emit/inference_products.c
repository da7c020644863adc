/* dense, conv2d, depthwise_conv2d for one sample, in plain loops. The sums of a block of outputs are a local array
 * of fixed size, which the C compiler keeps in vector registers while the loops run over the inputs. */
#include "emit/inference_parts.h"

typedef struct block {
    long long length;  /* outputs in it */
    const char *first; /* C expression of its first; NULL: 0, and it is the only one */
} block;

/** Whether it stands behind a loop over others and needs braces of its own. */
static bool is_rest(block b)
{
    return b.first && b.first[0] != 'f';
}

typedef void write_block(inference *i, const net_op *op, block b);

/** "dense_bias + first", or the name alone. */
static const char *at_first(inference *i, const char *name, block b)
{
    return b.first ? text(&i->e, "%s + %s", name, b.first) : name;
}

/** A length of blocks that shares the outputs out evenly, if there is one; else the longest. */
static long long block_length(long long outputs)
{
    for (long long length = NET_BLOCK; length >= NET_BLOCK / 2; length -= 16)
        if (outputs % length == 0)
            return length;
    return NET_BLOCK;
}

/** Write all blocks of the outputs: one, or a loop, or a loop and what is left. */
static void write_blocks(inference *i, const net_op *op, long long outputs, write_block *write)
{
    cwriter *w = &i->e.w;
    if (outputs <= NET_BLOCK) {
        write(i, op, (block){outputs, NULL});
        return;
    }
    const long long length = block_length(outputs), whole = outputs / length * length;
    cw_open(w, "for (int first = 0; first < %lld; first += %lld)", whole, length);
    write(i, op, (block){length, "first"});
    cw_close(w, "");
    if (whole < outputs)
        write(i, op, (block){outputs - whole, text(&i->e, "%lld", whole)});
}

static void declare_sums(inference *i, const net_op *op, block b)
{
    cwriter *w = &i->e.w;
    cw_line(w, "float sum[%lld];", b.length);
    cw_line(w, "for (int k = 0; k < %lld; k++)", b.length);
    cw_line(w, "    sum[k] = %s[%s];", op->bias->c_name, b.first ? text(&i->e, "%s + k", b.first) : "k");
}

/* --- dense ---------------------------------------------------------------------------------------- */

static long long inputs_of(const net_op *op)
{
    return op->input[0]->elements;
}

/** place[]: which inputs are not 0, and the end. */
static void list_places(inference *i, const net_op *op)
{
    cwriter *w = &i->e.w;
    cw_line(w, "int count = 0;");
    cw_open(w, "for (int j = 0; j < %lld; j++)", inputs_of(op));
    cw_line(w, "place[count] = (%s)j;", inference_place_type(i));
    cw_line(w, "count += in[j] != 0.0f;");
    cw_close(w, "");
    cw_line(w, "place[count] = %lld;", inputs_of(op));
}

static void dense_block(inference *i, const net_op *op, block b)
{
    cwriter *w = &i->e.w;
    const long long units = op->op->attr.units;
    if (is_rest(b))
        cw_body(w);
    declare_sums(i, op, b);
    if (inference_skips(op))
        cw_open(w, "for (const %s *j = place; *j < %lld; j++)", inference_place_type(i), inputs_of(op));
    else
        cw_open(w, "for (int j = 0; j < %lld; j++)", inputs_of(op));
    const char *j = inference_skips(op) ? "*j" : "j";
    cw_line(w, "const float x = in[%s];", j);
    cw_line(w, "const float *weight = %s;",
            at_first(i, text(&i->e, "%s + %s * %lld", op->kernel->c_name, j, units), b));
    cw_line(w, "for (int k = 0; k < %lld; k++)", b.length);
    cw_line(w, "    sum[k] += x * weight[k];");
    cw_close(w, "");
    inference_store(i, op, inference_loop(i, "k", b.length), b.first ? text(&i->e, "out[%s + k]", b.first) : "out[k]",
                    "sum[k]");
    if (is_rest(b))
        cw_close(w, "");
}

void inference_dense(inference *i, const net_op *op)
{
    const bool skips = inference_skips(op);
    const char *product =
        text(&i->e, "in[%lld] . kernel%s + bias", inputs_of(op), inference_dims(i, op->kernel->shape));
    inference_open(i, op,
                   skips ? text(&i->e, "const float *restrict in, %s *restrict place, float *restrict out",
                                inference_place_type(i))
                         : "const float *restrict in, float *restrict out",
                   "out%s = %s%s", inference_dims(i, op->output->shape), inference_equation(i, op, product),
                   skips ? "\ninputs are often 0: place[] lists the others" : "");
    if (skips)
        list_places(i, op);
    write_blocks(i, op, op->op->attr.units, dense_block);
    inference_close(i, op);
}

/* --- conv2d --------------------------------------------------------------------------------------- */

/** The picture under the kernel at the place (y, x), or (row, column) under a pooling. */
typedef struct conv2d {
    window v;
    long long channels, group_channels, filters;
    bool pooled, grouped;
} conv2d;

static conv2d conv2d_of(const net_op *op)
{
    const ir_op *c = op->op;
    conv2d d = {.v = window_of(c, c->input[0]->shape, c->output[0]->shape)};
    d.channels = c->input[0]->shape.dim[2];
    d.group_channels = d.channels / c->attr.groups;
    d.filters = c->attr.filters;
    d.pooled = op->pool != NULL;
    d.grouped = c->attr.groups > 1;
    return d;
}

/** "(sum) * factor", or the sum alone. */
static const char *times(inference *i, const char *sum, long long factor)
{
    return factor == 1 ? sum : text(&i->e, "(%s) * %lld", sum, factor);
}

/** The columns of a kernel's row, with all channels, lie side by side in the picture as in the kernel. */
static void add_row_taps(inference *i, const net_op *op, const conv2d *d, block b)
{
    cwriter *w = &i->e.w;
    const window *v = &d->v;
    const long long row = v->size.w * d->channels;
    const char *y = d->pooled ? "row" : "y", *x = d->pooled ? "column" : "x";
    const char *left = position(&i->e, x, v->strides.w, "", 1, v->pad.w);
    if (v->padded) {
        cw_line(w, "const int left = %s;", left);
        cw_line(w, "const int from = left < 0 ? %s : 0;", times(i, "-left", d->channels));
        cw_line(w, "const int to = left > %lld ? %s : %lld;", (long long)(v->in.dim[1] - v->size.w),
                times(i, text(&i->e, "%lld - left", (long long)v->in.dim[1]), d->channels), row);
    }
    cw_open(w, "for (int r = 0; r < %lld; r++)", (long long)v->size.h);
    const char *line = position(&i->e, y, v->strides.h, "r", v->dilation.h, v->pad.h);
    if (v->padded) {
        cw_line(w, "const int line = %s;", line);
        cw_line(w, "if (line < 0 || line >= %lld)", (long long)v->in.dim[0]);
        cw_line(w, "    continue;");
        cw_line(w, "const int at = %s;",
                times(i, text(&i->e, "line * %lld + left", (long long)v->in.dim[1]), d->channels));
    } else {
        cw_line(w, "const float *pixel = in + %s;",
                times(i, text(&i->e, "(%s) * %lld + %s", line, (long long)v->in.dim[1], left), d->channels));
    }
    cw_line(w, "const float *weight = %s;",
            at_first(i, text(&i->e, "%s + r * %lld", op->kernel->c_name, row * d->filters), b));
    cw_line(w, v->padded ? "for (int j = from; j < to; j++)" : "for (int j = 0; j < %lld; j++)", row);
    cw_line(w, "    for (int k = 0; k < %lld; k++)", b.length);
    cw_line(w, "        sum[k] += %s * weight[j * %lld + k];", v->padded ? "in[at + j]" : "pixel[j]", d->filters);
    cw_close(w, "");
}

/** With a dilation or groups each element of the kernel is for itself. */
static void add_single_taps(inference *i, const net_op *op, const conv2d *d, block b)
{
    cwriter *w = &i->e.w;
    const window *v = &d->v;
    const char *y = d->pooled ? "row" : "y", *x = d->pooled ? "column" : "x";
    cw_line(w, "for (int r = 0; r < %lld; r++)", (long long)v->size.h);
    cw_indent(w);
    cw_open(w, "for (int s = 0; s < %lld; s++)", (long long)v->size.w);
    cw_line(w, "const int line = %s;", position(&i->e, y, v->strides.h, "r", v->dilation.h, v->pad.h));
    cw_line(w, "const int across = %s;", position(&i->e, x, v->strides.w, "s", v->dilation.w, v->pad.w));
    if (v->padded) {
        cw_line(w, "if (line < 0 || line >= %lld || across < 0 || across >= %lld)", (long long)v->in.dim[0],
                (long long)v->in.dim[1]);
        cw_line(w, "    continue;");
    }
    cw_line(w, "const float *pixel = in + (line * %lld + across) * %lld%s;", (long long)v->in.dim[1], d->channels,
            d->grouped ? text(&i->e, " + g * %lld", d->group_channels) : "");
    cw_line(w, "const float *weight = %s;",
            at_first(i,
                     text(&i->e, "%s + (r * %lld + s) * %lld", op->kernel->c_name, (long long)v->size.w,
                          d->group_channels * d->filters),
                     b));
    cw_line(w, "for (int c = 0; c < %lld; c++)", d->group_channels);
    cw_line(w, "    for (int k = 0; k < %lld; k++)", b.length);
    cw_line(w, "        sum[k] += pixel[c] * weight[c * %lld + k];", d->filters);
    cw_close(w, "");
    cw_outdent(w);
}

static void add_taps(inference *i, const net_op *op, const conv2d *d, block b)
{
    declare_sums(i, op, b);
    if (d->grouped || d->v.dilation.w > 1)
        add_single_taps(i, op, d, b);
    else
        add_row_taps(i, op, d, b);
}

/** best[]: the largest sums of the window of the pooling at (y, x). */
static void add_pooled_taps(inference *i, const net_op *op, const conv2d *d, block b)
{
    cwriter *w = &i->e.w;
    const ir_attributes *pool = &op->pool->attr;
    cw_line(w, "float best[%lld] = {0};", b.length);
    cw_open(w, "for (int p = 0; p < %lld; p++)", (long long)(pool->window.h * pool->window.w));
    cw_line(w, "const int row = y * %lld + p / %lld, column = x * %lld + p %% %lld;", (long long)pool->strides.h,
            (long long)pool->window.w, (long long)pool->strides.w, (long long)pool->window.w);
    add_taps(i, op, d, b);
    cw_line(w, "for (int k = 0; k < %lld; k++)", b.length);
    cw_line(w, "    best[k] = p == 0 || sum[k] > best[k] ? sum[k] : best[k];");
    cw_close(w, "");
}

/* Sums of so many places of a pooling are kept side by side. */
enum { PLACES_AT_ONCE = 4 };

/** Whether all places of a pooling's window are summed at once: each weight is then loaded once for all of them. */
static bool pools_at_once(const net_op *op, const conv2d *d)
{
    return d->pooled && !d->v.padded && !d->grouped && d->v.dilation.w == 1 &&
           op->pool->attr.window.h * op->pool->attr.window.w <= PLACES_AT_ONCE;
}

/** "sum0[k]SEPARATORsum1[k]...", one for every place */
static const char *all_sums(inference *i, int places, const char *index, const char *separator)
{
    str s = str_new(i->n->arena);
    for (int p = 0; p < places; p++)
        str_printf(&s, "%ssum%d[%s]", p ? separator : "", p, index);
    return s.text;
}

/** sum0[], sum1[], ...: the sums at the places of the window, of which the largest is stored. */
static void store_pooled_at_once(inference *i, const net_op *op, const conv2d *d, block b, const char *target)
{
    cwriter *w = &i->e.w;
    const window *v = &d->v;
    const ir_attributes *pool = &op->pool->attr;
    const int places = (int)(pool->window.h * pool->window.w);
    const long long row = v->size.w * d->channels, width = v->in.dim[1];
    cw_line(w, "float %s;", all_sums(i, places, text(&i->e, "%lld", b.length), ", "));
    cw_line(w, "%s", inference_loop(i, "k", b.length));
    cw_line(w, "    %s = %s[%sk];", all_sums(i, places, "k", " = "), op->bias->c_name,
            b.first ? text(&i->e, "%s + ", b.first) : "");
    cw_open(w, "%s", inference_loop(i, "r", v->size.h));
    cw_line(w, "const float *pixel = in + %s;",
            times(i,
                  text(&i->e, "(%s) * %lld + %s",
                       position(&i->e, "y", pool->strides.h * v->strides.h, "r", v->dilation.h, 0), width,
                       position(&i->e, "x", pool->strides.w * v->strides.w, "", 1, 0)),
                  d->channels));
    cw_line(w, "const float *weight = %s;",
            at_first(i, text(&i->e, "%s + r * %lld", op->kernel->c_name, row * d->filters), b));
    cw_line(w, "%s", inference_loop(i, "j", row));
    cw_indent(w);
    cw_open(w, "%s", inference_loop(i, "k", b.length));
    cw_line(w, "const float value = weight[j * %lld + k];", d->filters);
    for (int p = 0; p < places; p++) {
        const long long at =
            (p / pool->window.w * v->strides.h * width + p % pool->window.w * v->strides.w) * d->channels;
        cw_line(w, "sum%d[k] += pixel[j%s] * value;", p, at ? text(&i->e, " + %lld", at) : "");
    }
    cw_close(w, "");
    cw_outdent(w);
    cw_close(w, "");
    cw_open(w, "%s", inference_loop(i, "k", b.length));
    cw_line(w, "float largest = sum0[k];");
    for (int p = 1; p < places; p++)
        cw_line(w, "largest = sum%d[k] > largest ? sum%d[k] : largest;", p, p);
    inference_assign(i, op, target, "largest");
    cw_close(w, "");
}

static void conv2d_block(inference *i, const net_op *op, block b)
{
    cwriter *w = &i->e.w;
    const conv2d d = conv2d_of(op);
    const ir_shape out = op->output->shape;
    cw_line(w, "for (int y = 0; y < %lld; y++)", (long long)out.dim[0]);
    cw_indent(w);
    cw_open(w, "for (int x = 0; x < %lld; x++)", (long long)out.dim[1]);
    const char *target = text(&i->e, "out[(y * %lld + x) * %lld + %sk]", (long long)out.dim[1], d.filters,
                              b.first ? text(&i->e, "%s + ", b.first) : "");
    if (pools_at_once(op, &d)) {
        store_pooled_at_once(i, op, &d, b, target);
    } else if (d.pooled) {
        add_pooled_taps(i, op, &d, b);
        inference_store(i, op, inference_loop(i, "k", b.length), target, "best[k]");
    } else {
        add_taps(i, op, &d, b);
        inference_store(i, op, inference_loop(i, "k", b.length), target, "sum[k]");
    }
    cw_close(w, "");
    cw_outdent(w);
}

void inference_conv2d(inference *i, const net_op *op)
{
    const conv2d d = conv2d_of(op);
    const long long groups = op->op->attr.groups;
    const char *sum = text(&i->e, "in%s * kernel%s + bias", inference_dims(i, op->input[0]->shape),
                           inference_dims(i, op->kernel->shape));
    inference_open(i, op, "const float *restrict in, float *restrict out", "out%s = %s%s",
                   inference_dims(i, op->output->shape), inference_equation(i, op, sum),
                   d.grouped ? text(&i->e, ", in %lld groups", groups) : "");
    if (d.grouped) {
        cw_open(&i->e.w, "for (int g = 0; g < %lld; g++)", groups);
        conv2d_block(i, op, (block){d.filters / groups, text(&i->e, "g * %lld", d.filters / groups)});
        cw_close(&i->e.w, "");
    } else {
        write_blocks(i, op, d.filters, conv2d_block);
    }
    inference_close(i, op);
}

/* --- depthwise_conv2d ----------------------------------------------------------------------------- */

static void add_channels(inference *i, const net_op *op, long long channels, long long multiplier)
{
    cwriter *w = &i->e.w;
    const window v = window_of(op->op, op->op->input[0]->shape, op->op->output[0]->shape);
    cw_line(w, "const float *pixel = in + (line * %lld + across) * %lld;", (long long)v.in.dim[1], channels);
    cw_line(w, "const float *weight = %s + (r * %lld + s) * %lld;", op->kernel->c_name, (long long)v.size.w,
            channels * multiplier);
    if (multiplier == 1) {
        cw_line(w, "for (int c = 0; c < %lld; c++)", channels);
        cw_line(w, "    sum[c] += pixel[c] * weight[c];");
        return;
    }
    cw_line(w, "for (int c = 0; c < %lld; c++)", channels);
    cw_line(w, "    for (int k = 0; k < %lld; k++)", multiplier);
    cw_line(w, "        sum[c * %lld + k] += pixel[c] * weight[c * %lld + k];", multiplier, multiplier);
}

void inference_depthwise_conv2d(inference *i, const net_op *op)
{
    cwriter *w = &i->e.w;
    const window v = window_of(op->op, op->op->input[0]->shape, op->op->output[0]->shape);
    const long long channels = v.in.dim[2], multiplier = op->op->attr.multiplier, outputs = channels * multiplier;
    const char *sum = text(&i->e, "in%s * kernel%s + bias", inference_dims(i, op->input[0]->shape),
                           inference_dims(i, op->kernel->shape));
    inference_open(i, op, "const float *restrict in, float *restrict out", "out%s = %s, per channel",
                   inference_dims(i, op->output->shape), inference_equation(i, op, sum));
    cw_line(w, "for (int y = 0; y < %lld; y++)", (long long)v.out.dim[0]);
    cw_indent(w);
    cw_open(w, "for (int x = 0; x < %lld; x++)", (long long)v.out.dim[1]);
    cw_line(w, "float *sum = out + (y * %lld + x) * %lld;", (long long)v.out.dim[1], outputs);
    cw_line(w, "for (int k = 0; k < %lld; k++)", outputs);
    cw_line(w, "    sum[k] = %s[k];", op->bias->c_name);
    cw_line(w, "for (int r = 0; r < %lld; r++)", (long long)v.size.h);
    cw_indent(w);
    cw_open(w, "for (int s = 0; s < %lld; s++)", (long long)v.size.w);
    cw_line(w, "const int line = %s;", position(&i->e, "y", v.strides.h, "r", v.dilation.h, v.pad.h));
    cw_line(w, "const int across = %s;", position(&i->e, "x", v.strides.w, "s", v.dilation.w, v.pad.w));
    if (v.padded) {
        cw_line(w, "if (line < 0 || line >= %lld || across < 0 || across >= %lld)", (long long)v.in.dim[0],
                (long long)v.in.dim[1]);
        cw_line(w, "    continue;");
    }
    add_channels(i, op, channels, multiplier);
    cw_close(w, "");
    cw_outdent(w);
    if (inference_is_by_number(op))
        inference_store(i, op, inference_loop(i, "k", outputs), "sum[k]", "sum[k]");
    cw_close(w, "");
    cw_outdent(w);
    inference_close(i, op);
}
