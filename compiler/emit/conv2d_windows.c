/* conv2d with a following max pooling, per pooling window in registers: mnn/windows.h. */
#include "emit/conv2d.h"

/** The geometry of the windows; returns its name. */
static const char *windows_shape(emitter *e, const plan_step *s, const conv *c)
{
    const plan_canvas image = plan_input_canvas(s->op);
    const long long channels = image.channels, line = image.width * channels;
    const long long row = c->v.strides.h * line, column = c->v.strides.w * channels, side = c->v.size.w * channels;
    emit_open_helper(e);
    cw_line(&e->w, ".high = %lld, .wide = %lld, .down = %lld, .right = %lld,", (long long)c->pool.out.dim[0],
            (long long)c->pool.out.dim[1], c->pool.size.h * row, c->pool.size.w * column);
    cw_line(&e->w, ".rows = %lld, .columns = %lld, .row = %lld, .column = %lld,", (long long)c->pool.size.h,
            (long long)c->pool.size.w, row, column);
    cw_line(&e->w, ".taps = %lld, .side = %lld, .line = %lld,", c->v.size.h * side, side, line);
    cw_line(&e->w, ".filters = %lld,", c->filters);
    return emit_close_helper(e, emit_text(e, "%s_windows", plan_c_name(e->plan, s->op->layer)),
                             "Pooling windows in the image; strides in floats", "static const mnn_windows", " = {");
}

static void emit_list(emitter *e, const plan_step *s, const conv *c)
{
    emit_direct_image(e, s, c);
    cw_line(&e->w, "uint16_t list[%lld];", (long long)(c->pool.out.dim[0] * c->pool.out.dim[1] + 1));
    cw_line(&e->w, "const int count = mnn_list_windows(&%s, %s, in, list);", windows_shape(e, s, c),
            s->skips ? "mnn_skips(batch)" : "0");
}

void emit_windows_product(emitter *e, const plan_step *s, const conv *c)
{
    const ir_value *index = ir_output_of_kind(s->op, IR_VALUE_INDEX, 0);
    const bool relu = ir_is_relu(s->op->attr.activation);
    emit_list(e, s, c);
    cw_line(&e->w, "mnn_windows_forward(&%s, list, count, in, %s, %s, %d, out, %s);", windows_shape(e, s, c),
            emit_name_of(e, c->kernel), c->bias ? emit_name_of(e, c->bias) : "NULL", relu, emit_image_at(e, index));
    if (!relu)
        emit_image_activation(e, s, NULL);
}

void emit_windows_gradient(emitter *e, const plan_step *s, const conv *c)
{
    emit_conv2d_pooled_gradient(e, s);
    emit_list(e, s, c);
    cw_line(&e->w, "mnn_windows_backward(&%s, list, count, in, dy, index, dkernel);", windows_shape(e, s, c));
}

/* --- PLAN_SPREAD ------------------------------------------------------------------------------------- */

/** Floats of a turned kernel. */
static long long turned_size(const plan_step *s)
{
    return (long long)(s->scratch[2] ? s->scratch[1] / 2 : s->scratch[1]);
}

void emit_spread_scratch(emitter *e, const plan_step *s, const conv *c)
{
    const plan_canvas image = plan_input_canvas(s->op);
    const long long size = turned_size(s);
    const char *sizes = emit_text(e, "[%lld, %lld, %lld]", c->filters, (long long)c->v.size.h,
                                  size / (c->filters * (long long)c->v.size.h));
    if (s->scratch[0])
        emit_area(e, "in", 0, &image);
    const char *begin = s->scratch[0] ? emit_text(e, " + %lld", (long long)s->scratch[0]) : "";
    cw_line(&e->w, "float *dturned = task->scratch%s; /* %s */", begin, sizes);
    if (s->scratch[2]) {
        cw_line(&e->w, "float *turned = dturned + %lld; /* %s */", size, sizes);
        emit_area(e, "image_gradient", s->scratch[0] + s->scratch[1], &image);
    }
    if (!s->scratch[0] && !s->scratch[2])
        return;
    cw_open(&e->w, "if (task->opens)");
    if (s->scratch[0])
        emit_zero_area(e, "in", &image);
    if (s->scratch[2])
        cw_line(&e->w, "mnn_turn_kernel(&%s, %s, turned);", windows_shape(e, s, c), emit_name_of(e, c->kernel));
    cw_close(&e->w, "");
}

void emit_spread_begin(emitter *e, const plan_step *s, const conv *c)
{
    (void)c;
    cw_line(&e->w, "memset(dturned, 0, %lld * sizeof *dturned);", turned_size(s));
}

/** dx = what the canvas has inside its border. */
static void emit_canvas_copy(emitter *e, const conv *c, const plan_canvas *canvas, const ir_value *dx)
{
    const long long row = c->v.in.dim[1] * c->v.in.dim[2], line = canvas->width * canvas->channels;
    const long long start = canvas->top * line + canvas->left * canvas->channels;
    cw_line(&e->w, "float *dx = %s;", emit_image_at(e, dx));
    cw_line(&e->w, "for (int y = 0; y < %lld; y++)", (long long)c->v.in.dim[0]);
    cw_line(&e->w, "    memcpy(dx + y * %lld, image_gradient + y * %lld%s, %lld * sizeof *dx);", row, line,
            start ? emit_text(e, " + %lld", start) : "", row);
}

void emit_spread_gradients(emitter *e, const plan_step *s, const conv *c)
{
    const plan_canvas image = plan_input_canvas(s->op);
    const ir_value *dx = ir_output_of_kind(s->op, IR_VALUE_GRADIENT, 0);
    emit_direct_image(e, s, c);
    emit_conv2d_pooled_gradient(e, s);
    if (dx)
        cw_line(&e->w, "memset(image_gradient, 0, %lld * sizeof *image_gradient);",
                (long long)plan_canvas_size(&image));
    cw_line(&e->w, "mnn_windows_spread(&%s, in, dy, index, %s, dturned, %s);", windows_shape(e, s, c),
            dx ? "turned" : "NULL", dx ? "image_gradient" : "NULL");
    if (dx)
        emit_canvas_copy(e, c, &image, dx);
}

void emit_spread_end(emitter *e, const plan_step *s, const conv *c)
{
    cw_line(&e->w, "mnn_turn_back(&%s, dturned, dkernel);", windows_shape(e, s, c));
}
