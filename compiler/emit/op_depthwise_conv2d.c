/* depthwise_conv2d: separate kernels per channel. Output k depends on channel k / multiplier. */
#include "emit/ops.h"

typedef struct depthwise {
    const ir_value *x, *y, *kernel, *bias;
    window v;
    long long channels, multiplier;
    long long outputs; /* channels * multiplier */
} depthwise;

static depthwise depthwise_of(const ir_op *op)
{
    const ir_op *forward = op->direction == IR_FORWARD ? op : op->forward;
    depthwise d = {.x = forward->input[0],
                   .y = forward->output[0],
                   .kernel = ir_parameter(forward, "kernel"),
                   .bias = ir_parameter(forward, "bias")};
    d.v = emit_window_of(forward, d.x->shape, d.y->shape);
    d.channels = d.x->shape.dim[2];
    d.multiplier = forward->attr.multiplier;
    d.outputs = d.channels * d.multiplier;
    return d;
}

/** Loops over the elements r, s of the kernel at position y, x; declares row and column, which are inside. */
static void open_kernel(emitter *e, const depthwise *d)
{
    const window *v = &d->v;
    cw_open(&e->w, "for (int r = 0; r < %lld; r++)", (long long)v->size.h);
    cw_line(&e->w, "const int row = %s;", emit_position(e, "y", v->strides.h, "r", v->dilation.h, v->pad.h));
    if (v->padded) {
        cw_line(&e->w, "if (row < 0 || row >= %lld)", (long long)v->in.dim[0]);
        cw_line(&e->w, "    continue;");
    }
    cw_open(&e->w, "for (int s = 0; s < %lld; s++)", (long long)v->size.w);
    cw_line(&e->w, "const int column = %s;", emit_position(e, "x", v->strides.w, "s", v->dilation.w, v->pad.w));
    if (v->padded) {
        cw_line(&e->w, "if (column < 0 || column >= %lld)", (long long)v->in.dim[1]);
        cw_line(&e->w, "    continue;");
    }
}

static void close_kernel(emitter *e)
{
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

static void open_places(emitter *e, const depthwise *d)
{
    cw_line(&e->w, "for (int y = 0; y < %lld; y++)", (long long)d->v.out.dim[0]);
    cw_indent(&e->w);
    cw_open(&e->w, "for (int x = 0; x < %lld; x++)", (long long)d->v.out.dim[1]);
}

static void close_places(emitter *e)
{
    cw_close(&e->w, "");
    cw_outdent(&e->w);
}

/** "in + (row * 28 + column) * 8", "kernel + (r * 3 + s) * 16", "out + (y * 26 + x) * 16" */
static const char *pixel_at(emitter *e, const depthwise *d, const char *image)
{
    return emit_text(e, "%s + (row * %lld + column) * %lld", image, (long long)d->v.in.dim[1], d->channels);
}

static const char *weights_at(emitter *e, const depthwise *d, const char *kernel)
{
    return emit_text(e, "%s + (r * %lld + s) * %lld", kernel, (long long)d->v.size.w, d->outputs);
}

static const char *outputs_at(emitter *e, const depthwise *d, const char *image)
{
    return emit_text(e, "%s + (y * %lld + x) * %lld", image, (long long)d->v.out.dim[1], d->outputs);
}

/** The loop over the outputs k of a pixel. With a multiplier it is one over channels c and one over the outputs of
 * each: no vector is made of pixel[k / 2]. */
static void open_outputs(emitter *e, const depthwise *d)
{
    if (d->multiplier == 1) {
        cw_open(&e->w, "for (int k = 0; k < %lld; k++)", d->outputs);
        return;
    }
    cw_line(&e->w, "for (int c = 0; c < %lld; c++)", d->channels);
    cw_indent(&e->w);
    cw_open(&e->w, "for (int m = 0; m < %lld; m++)", d->multiplier);
    cw_line(&e->w, "const int k = c * %lld + m;", d->multiplier);
}

static void close_outputs(emitter *e, const depthwise *d)
{
    cw_close(&e->w, "");
    if (d->multiplier > 1)
        cw_outdent(&e->w);
}

/** The channel that output k sees, in its loop. */
static const char *channel_in_loop(const depthwise *d)
{
    return d->multiplier == 1 ? "k" : "c";
}

/** The same as an expression of k, for comments. */
static const char *channel_of(emitter *e, const depthwise *d)
{
    return d->multiplier == 1 ? "k" : emit_text(e, "k / %lld", d->multiplier);
}

void emit_depthwise_conv2d_forward(emitter *e, const plan_step *s)
{
    const depthwise d = depthwise_of(s->op);
    const char *sum = emit_text(e, "sum over r, s of in[row, column, %s] kernel[r, s, k]%s", channel_of(e, &d),
                                d.bias ? " + bias[k]" : "");
    emit_open_function(e, s, "out[y, x, k] = %s\n    in%s, kernel%s, out%s",
                       emit_equation_of(e, s->op->attr.activation, sum), emit_dims_of(e, d.x),
                       emit_dims_of(e, d.kernel), emit_dims_of(e, d.y));
    emit_open_rows(e);
    cw_open(&e->w, "for (int i = first; i < first + n; i++)");
    cw_line(&e->w, "const float *in = %s;", emit_image_at(e, d.x));
    cw_line(&e->w, "float *out = %s;", emit_image_at(e, d.y));
    cw_line(&e->w, "memset(out, 0, %lld * sizeof *out);", (long long)ir_elements(d.y->shape));
    open_places(e, &d);
    cw_line(&e->w, "float *sum = %s;", outputs_at(e, &d, "out"));
    open_kernel(e, &d);
    cw_line(&e->w, "const float *pixel = %s;", pixel_at(e, &d, "in"));
    cw_line(&e->w, "const float *weight = %s;", weights_at(e, &d, emit_name_of(e, d.kernel)));
    open_outputs(e, &d);
    cw_line(&e->w, "sum[k] = mnn_fma(pixel[%s], weight[k], sum[k]);", channel_in_loop(&d));
    close_outputs(e, &d);
    close_kernel(e);
    close_places(e);
    emit_image_activation(e, s, d.bias);
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

/** Of one image: dkernel and, where it is wanted, dx. */
static void emit_products(emitter *e, const depthwise *d, bool wants_dx)
{
    open_places(e, d);
    cw_line(&e->w, "const float *d = %s;", outputs_at(e, d, "dy"));
    open_kernel(e, d);
    cw_line(&e->w, "const float *pixel = %s;", pixel_at(e, d, "in"));
    cw_line(&e->w, "float *dweight = %s;", weights_at(e, d, "dkernel"));
    if (wants_dx) {
        cw_line(&e->w, "const float *weight = %s;", weights_at(e, d, emit_name_of(e, d->kernel)));
        cw_line(&e->w, "float *dpixel = %s;", pixel_at(e, d, "dx"));
    }
    const char *channel = channel_in_loop(d);
    open_outputs(e, d);
    cw_line(&e->w, "dweight[k] = mnn_fma(pixel[%s], d[k], dweight[k]);", channel);
    if (wants_dx)
        cw_line(&e->w, "dpixel[%s] = mnn_fma(weight[k], d[k], dpixel[%s]);", channel, channel);
    close_outputs(e, d);
    close_kernel(e);
    close_places(e);
}

void emit_depthwise_conv2d_backward(emitter *e, const plan_step *s)
{
    const depthwise d = depthwise_of(s->op);
    const ir_value *dx = ir_output_of_kind(s->op, IR_VALUE_GRADIENT, 0);
    const long long kernel = ir_elements(d.kernel->shape), set = kernel + (d.bias ? d.outputs : 0);
    emit_open_function(
        e, s,
        "partial sums, one per piece:\n    dkernel[r, s, k] = sum over y, x of in[row, column, %s] dy[y, x, k]%s%s",
        channel_of(e, &d), d.bias ? ", dbias[k] = sum of dy" : "",
        dx ? emit_text(e, ",\n    dx[row, column, %s] += kernel[r, s, k] dy[y, x, k]", channel_of(e, &d)) : "");
    emit_open_rows(e);
    cw_line(&e->w, "float *dkernel = %s + task->piece * %lld;", emit_partials_of(e, s), set);
    if (d.bias)
        cw_line(&e->w, "float *dbias = dkernel + %lld;", kernel);
    cw_line(&e->w, "memset(dkernel, 0, %lld * sizeof *dkernel);", set);
    cw_open(&e->w, "for (int i = first; i < first + n; i++)");
    cw_line(&e->w, "const float *in = %s;", emit_image_at(e, d.x));
    cw_line(&e->w, "const float *dy = %s;", emit_image_at(e, s->op->input[0]));
    if (dx) {
        cw_line(&e->w, "float *dx = %s;", emit_image_at(e, dx));
        cw_line(&e->w, "memset(dx, 0, %lld * sizeof *dx);", (long long)ir_elements(dx->shape));
    }
    emit_products(e, &d, dx != NULL);
    if (d.bias) {
        cw_line(&e->w, "for (int j = 0; j < %lld; j++)", (long long)(ir_elements(d.y->shape) / d.outputs));
        cw_line(&e->w, "    for (int k = 0; k < %lld; k++)", d.outputs);
        cw_line(&e->w, "        dbias[k] += dy[j * %lld + k];", d.outputs);
    }
    if (dx) {
        const long long size = ir_elements(dx->shape);
        emit_fused_derivative(e, s, emit_text(e, "i * %lld", size), emit_text(e, "%lld", size));
    }
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}
