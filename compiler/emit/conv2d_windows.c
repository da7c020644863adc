/* conv2d and the max pooling behind it, window by window in registers: mnn/windows.h. */
#include "emit/conv2d.h"

static const char *shape_name(emitter *e, const plan_step *s)
{
    return text(e, "%s_windows", plan_c_name(e->plan, s->op->layer));
}

void emit_windows_shape(emitter *e, const plan_step *s, const conv *c)
{
    const plan_canvas image = plan_input_canvas(s->op);
    const long long channels = image.channels, line = image.width * channels;
    const long long row = c->v.strides.h * line, column = c->v.strides.w * channels, side = c->v.size.w * channels;
    cw_blank(&e->w);
    cw_comment(&e->w, "%s: the windows of its pooling in the picture; distances in floats", s->op->layer);
    cw_open(&e->w, "static const mnn_windows %s =", shape_name(e, s));
    cw_line(&e->w, ".high = %lld, .wide = %lld, .down = %lld, .right = %lld,", (long long)c->pool.out.dim[0],
            (long long)c->pool.out.dim[1], c->pool.size.h * row, c->pool.size.w * column);
    cw_line(&e->w, ".rows = %lld, .columns = %lld, .row = %lld, .column = %lld,", (long long)c->pool.size.h,
            (long long)c->pool.size.w, row, column);
    cw_line(&e->w, ".taps = %lld, .side = %lld, .line = %lld,", c->v.size.h * side, side, line);
    cw_line(&e->w, ".filters = %lld,", c->filters);
    cw_close(&e->w, ";");
}

static void emit_list(emitter *e, const plan_step *s, const conv *c)
{
    emit_direct_image(e, s, c);
    cw_line(&e->w, "uint16_t list[%lld];", (long long)(c->pool.out.dim[0] * c->pool.out.dim[1] + 1));
    cw_line(&e->w, "const int count = mnn_list_windows(&%s, %s, in, list);", shape_name(e, s),
            s->skips ? "mnn_skips(batch)" : "0");
}

void emit_windows_product(emitter *e, const plan_step *s, const conv *c)
{
    const ir_value *index = ir_output_of_kind(s->op, IR_VALUE_INDEX, 0);
    const bool relu = s->op->attr.activation.kind == LANG_ACTIVATION_RELU;
    emit_list(e, s, c);
    cw_line(&e->w, "mnn_windows_forward(&%s, list, count, in, %s, %s, %d, out, %s);", shape_name(e, s),
            name_of(e, c->kernel), c->bias ? name_of(e, c->bias) : "NULL", relu, image_at(e, index));
    if (!relu)
        emit_image_activation(e, s, NULL);
}

void emit_windows_gradient(emitter *e, const plan_step *s, const conv *c)
{
    emit_conv2d_pooled_gradient(e, s);
    emit_list(e, s, c);
    cw_line(&e->w, "mnn_windows_backward(&%s, list, count, in, dy, index, dkernel);", shape_name(e, s));
}
