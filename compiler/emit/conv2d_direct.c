/* conv2d as matrix products that read the image directly: the patch under the kernel is never copied, since the
 * reduction has two loops, over the rows of the kernel and over the contiguous elements of each. Padding is a copy
 * of the image to a canvas with a border of zeros. */
#include "emit/conv2d.h"

/** " * 26", or nothing for 1 */
static const char *times(emitter *e, int64_t n)
{
    return n == 1 ? "" : emit_text(e, " * %lld", (long long)n);
}

/** " + 3", or nothing for 0 */
static const char *plus(emitter *e, int64_t n)
{
    return n == 0 ? "" : emit_text(e, " + %lld", (long long)n);
}

static bool is_padded(const plan_step *s)
{
    return s->scratch[0] != 0;
}

/** Whether dz is a canvas of its own, and not the layer's gradient as it is in memory. */
static bool has_canvas(const plan_step *s)
{
    return s->scratch[1] != 0;
}

void emit_area(emitter *e, const char *name, int64_t offset, const plan_canvas *c)
{
    cw_line(&e->w, "float *%s = task->scratch%s; /* [%lld, %lld, %lld] */", name, plus(e, offset), (long long)c->height,
            (long long)c->width, (long long)c->channels);
}

void emit_zero_area(emitter *e, const char *name, const plan_canvas *c)
{
    cw_line(&e->w, "memset(%s, 0, %lld * sizeof *%s);", name, (long long)plan_canvas_size(c), name);
}

/** The code for each pair of phases of height and width, at most PLAN_MAX_PHASES.
 *  @param v    the gradient of the result, with its border
 *  @param tap  taps of the phases before: where those of this one begin in the turned kernel */
typedef void emit_phase(emitter *e, const conv *c, const plan_canvas *v, const plan_phase *h, const plan_phase *w,
                        long long tap);

static void each_phase(emitter *e, const plan_step *s, const conv *c, const plan_canvas *v, emit_phase *emit)
{
    long long tap = 0;
    for (int64_t i = 0; i < plan_phase_count(s->op, 0); i++)
        for (int64_t j = 0; j < plan_phase_count(s->op, 1); j++) {
            const plan_phase h = plan_phase_of(s->op, 0, i), w = plan_phase_of(s->op, 1, j);
            if (h.count == 0 || w.count == 0)
                continue;
            emit(e, c, v, &h, &w, tap);
            tap += (long long)(h.taps * w.taps);
        }
}

/** The taps of one phase, mirrored. */
static void emit_turned_phase(emitter *e, const conv *c, const plan_canvas *v, const plan_phase *h, const plan_phase *w,
                              long long tap)
{
    (void)v;
    const long long channels = c->v.in.dim[2], size = channels * c->filters;
    cw_line(&e->w, "for (int r = 0; r < %lld; r++)", (long long)h->taps);
    cw_indent(&e->w);
    cw_line(&e->w, "for (int s = 0; s < %lld; s++)", (long long)w->taps);
    cw_line(&e->w,
            "    mnn_transpose(%lld, %lld, %s + ((%lld - r%s) * %lld + %lld - s%s) * %lld, %lld, turned + (r * "
            "%lld + s%s) * %lld, %lld);",
            channels, c->filters, emit_name_of(e, c->kernel), (long long)h->last_tap, times(e, c->v.strides.h),
            (long long)c->v.size.w, (long long)w->last_tap, times(e, c->v.strides.w), size, c->filters,
            (long long)w->taps, plus(e, tap), size, channels);
    cw_outdent(&e->w);
}

/** The kernel for the gradient of the input: mirrored, and its channels and filters changed places. */
static void declare_turned_kernel(emitter *e, const plan_step *s, const conv *c)
{
    cw_line(&e->w, "float *turned = task->scratch%s; /* [%lld, %lld, %lld, %lld] */",
            plus(e, s->scratch[0] + s->scratch[1]), (long long)c->v.size.h, (long long)c->v.size.w, c->filters,
            (long long)c->v.in.dim[2]);
}

void emit_direct_scratch(emitter *e, const plan_step *s, const conv *c)
{
    const bool backward = s->part == PLAN_BACKWARD;
    const bool bordered = backward && ir_output_of_kind(s->op, IR_VALUE_GRADIENT, 0);
    const plan_canvas image = plan_input_canvas(s->op), gradient = plan_gradient_canvas(s->op, bordered);
    if (is_padded(s))
        emit_area(e, "in", 0, &image);
    if (has_canvas(s))
        emit_area(e, backward ? "dz" : "z", s->scratch[0], &gradient);
    if (bordered)
        declare_turned_kernel(e, s, c);
    if (!is_padded(s) && !(has_canvas(s) && backward) && !bordered)
        return;
    cw_open(&e->w, "if (task->opens)");
    if (is_padded(s))
        emit_zero_area(e, "in", &image);
    if (has_canvas(s) && backward)
        emit_zero_area(e, "dz", &gradient);
    if (bordered)
        each_phase(e, s, c, &gradient, emit_turned_phase);
    cw_close(&e->w, "");
}

void emit_direct_image(emitter *e, const plan_step *s, const conv *c)
{
    const plan_canvas v = plan_input_canvas(s->op);
    const long long row = c->v.in.dim[1] * c->v.in.dim[2];
    if (!is_padded(s)) {
        cw_line(&e->w, "const float *in = %s;", emit_image_at(e, c->x));
        return;
    }
    cw_line(&e->w, "for (int y = 0; y < %lld; y++)", (long long)c->v.in.dim[0]);
    cw_line(&e->w, "    memcpy(in + (y%s) * %lld%s, %s + y * %lld, %lld * sizeof *in);", plus(e, v.top),
            (long long)(v.width * v.channels), plus(e, v.left * v.channels), emit_image_at(e, c->x), row, row);
}

void emit_direct_product(emitter *e, const plan_step *s, const conv *c)
{
    const plan_canvas v = plan_input_canvas(s->op);
    const long long channels = v.channels, line = v.width * channels, side = c->v.size.w * channels;
    const long long wide = c->v.out.dim[1];
    emit_direct_image(e, s, c);
    cw_line(&e->w,
            "mnn_grid_product(%lld, %lld, %lld, %lld, %lld, in, %lld, %lld, %lld, %s, %lld, %lld, %s, %lld, %lld);",
            (long long)c->v.out.dim[0], wide, c->filters, side, (long long)c->v.size.h,
            (long long)c->v.strides.h * line, (long long)c->v.strides.w * channels, line, emit_name_of(e, c->kernel),
            c->filters, side * c->filters, c->pooled ? "z" : "out", wide * c->filters, c->filters);
}

/** Element (y, x) of the result in the canvas of its gradient, as a C expression. */
static const char *canvas_place(emitter *e, const plan_canvas *v, const char *y, const char *x)
{
    const char *row = v->top ? emit_text(e, "(%s%s)", y, plus(e, v->top)) : y;
    return emit_text(e, "(%s * %lld + %s%s) * %lld", row, (long long)v->width, x, plus(e, v->left),
                     (long long)v->channels);
}

/** Windows that do not overlap: each element of the canvas is written once. */
static void emit_unpool(emitter *e, const conv *c, const plan_canvas *v)
{
    const long long h = c->pool.size.h, w = c->pool.size.w;
    const char *pooled = emit_text(e, "(y * %lld + x) * %lld + k", (long long)c->pool.out.dim[1], c->filters);
    cw_line(&e->w, "for (int y = 0; y < %lld; y++)", (long long)c->pool.out.dim[0]);
    cw_indent(&e->w);
    cw_line(&e->w, "for (int x = 0; x < %lld; x++)", (long long)c->pool.out.dim[1]);
    cw_indent(&e->w);
    cw_open(&e->w, "for (int j = 0; j < %lld; j++)", h * w);
    cw_line(
        &e->w, "float *to = dz + %s;",
        canvas_place(e, v, emit_text(e, "(y * %lld + j / %lld)", h, w), emit_text(e, "(x * %lld + j %% %lld)", w, w)));
    cw_line(&e->w, "for (int k = 0; k < %lld; k++)", c->filters);
    cw_line(&e->w, "    to[k] = index[%s] == j ? dy[%s] : 0.0f;", pooled, pooled);
    cw_close(&e->w, "");
    cw_outdent(&e->w);
    cw_outdent(&e->w);
}

/** Windows that overlap or reach over an edge: the gradients are added up. */
static void emit_unpool_overlapping(emitter *e, const conv *c, const plan_canvas *v)
{
    const long long w = c->pool.size.w;
    const char *pooled = emit_text(e, "(y * %lld + x) * %lld + k", (long long)c->pool.out.dim[1], c->filters);
    cw_line(&e->w, "memset(dz, 0, %lld * sizeof *dz);", (long long)plan_canvas_size(v));
    cw_line(&e->w, "for (int y = 0; y < %lld; y++)", (long long)c->pool.out.dim[0]);
    cw_indent(&e->w);
    cw_line(&e->w, "for (int x = 0; x < %lld; x++)", (long long)c->pool.out.dim[1]);
    cw_indent(&e->w);
    cw_open(&e->w, "for (int k = 0; k < %lld; k++)", c->filters);
    cw_line(&e->w, "const int where = index[%s];", pooled);
    const char *row =
        emit_text(e, "(y * %lld - %lld + where / %lld)", (long long)c->pool.strides.h, (long long)c->pool.pad.h, w);
    const char *column =
        emit_text(e, "(x * %lld - %lld + where %% %lld)", (long long)c->pool.strides.w, (long long)c->pool.pad.w, w);
    cw_line(&e->w, "dz[%s + k] += dy[%s];", canvas_place(e, v, row, column), pooled);
    cw_close(&e->w, "");
    cw_outdent(&e->w);
    cw_outdent(&e->w);
}

/** dz of one image: as it is in memory, or laid out in the canvas. */
static void emit_gradient(emitter *e, const plan_step *s, const conv *c, const plan_canvas *v)
{
    if (c->pooled) {
        emit_conv2d_pooled_gradient(e, s);
        if (ir_windows_are_adjacent(s->op->attr.pool))
            emit_unpool(e, c, v);
        else
            emit_unpool_overlapping(e, c, v);
        return;
    }
    cw_line(&e->w, "const float *dy = %s;", emit_image_at(e, s->op->input[0]));
    if (!has_canvas(s))
        return;
    const long long row = c->v.out.dim[1] * c->filters;
    cw_line(&e->w, "for (int y = 0; y < %lld; y++)", (long long)c->v.out.dim[0]);
    cw_line(&e->w, "    memcpy(dz + (y%s) * %lld%s, dy + y * %lld, %lld * sizeof *dz);", plus(e, v->top),
            (long long)(v->width * v->channels), plus(e, v->left * v->channels), row, row);
}

/** dkernel[r] += for each row r of the kernel: the sum over all positions of the input there times dz. */
static void emit_kernel_gradient(emitter *e, const plan_step *s, const conv *c, const plan_canvas *v)
{
    const plan_canvas image = plan_input_canvas(s->op);
    const long long channels = image.channels, line = image.width * channels, side = c->v.size.w * channels;
    const long long start = (v->top * v->width + v->left) * v->channels;
    const char *dz = has_canvas(s) ? emit_text(e, "dz%s", plus(e, start)) : "dy";
    cw_line(&e->w, "for (int r = 0; r < %lld; r++)", (long long)c->v.size.h);
    cw_indent(&e->w);
    cw_line(&e->w,
            "mnn_nested_product(%lld, %lld, %lld, %lld, in + r * %lld, 1, %lld, %lld, %s, %lld, %lld, dkernel + r * "
            "%lld, %lld, 1);",
            side, c->filters, (long long)c->v.out.dim[1], (long long)c->v.out.dim[0], line,
            (long long)c->v.strides.w * channels, (long long)c->v.strides.h * line, dz, c->filters,
            (long long)v->width * c->filters, side * c->filters, c->filters);
    cw_outdent(&e->w);
}

/** dx of the inputs of one phase: a convolution of the canvas with its part of the turned kernel. */
static void emit_phase_gradient(emitter *e, const conv *c, const plan_canvas *v, const plan_phase *h,
                                const plan_phase *w, long long tap)
{
    const long long channels = c->v.in.dim[2], line = v->width * v->channels, side = w->taps * c->filters;
    const long long row = c->v.in.dim[1] * channels;
    cw_line(&e->w,
            "mnn_grid_product(%lld, %lld, %lld, %lld, %lld, dz%s, %lld, %lld, %lld, turned%s, %lld, %lld, dx%s, %lld, "
            "%lld);",
            (long long)h->count, (long long)w->count, channels, side, (long long)h->taps,
            plus(e, (v->top + h->start) * line + (v->left + w->start) * v->channels), line, c->filters, line,
            plus(e, tap * channels * c->filters), channels, side * channels,
            plus(e, h->first * row + w->first * channels), (long long)c->v.strides.h * row,
            (long long)c->v.strides.w * channels);
}

/** dx: inputs that the same taps of the kernel have touched lie the strides apart; each set is a convolution. */
static void emit_input_gradient(emitter *e, const plan_step *s, const conv *c, const plan_canvas *v, const ir_value *dx)
{
    cw_line(&e->w, "float *dx = %s;", emit_image_at(e, dx));
    if (c->v.size.h < c->v.strides.h || c->v.size.w < c->v.strides.w)
        cw_line(&e->w, "memset(dx, 0, %lld * sizeof *dx); /* also what no window touches */",
                (long long)ir_elements(dx->shape));
    each_phase(e, s, c, v, emit_phase_gradient);
}

void emit_direct_gradients(emitter *e, const plan_step *s, const conv *c)
{
    const ir_value *dx = ir_output_of_kind(s->op, IR_VALUE_GRADIENT, 0);
    const plan_canvas v = plan_gradient_canvas(s->op, dx != NULL);
    emit_direct_image(e, s, c);
    emit_gradient(e, s, c, &v);
    emit_kernel_gradient(e, s, c, &v);
    if (dx)
        emit_input_gradient(e, s, c, &v, dx);
}
