/* Code shared by conv2d and depthwise_conv2d. */
#include "emit/ops.h"

const char *emit_position(emitter *e, const char *place, int64_t stride, const char *within, int64_t dilation,
                          int64_t pad)
{
    const char *sum = stride == 1 ? place : emit_text(e, "%s * %lld", place, (long long)stride);
    if (*within)
        sum = dilation == 1 ? emit_text(e, "%s + %s", sum, within)
                            : emit_text(e, "%s + %s * %lld", sum, within, (long long)dilation);
    return pad ? emit_text(e, "%s - %lld", sum, (long long)pad) : sum;
}

const char *emit_image_at(emitter *e, const ir_value *v)
{
    return emit_text(e, "%s + i * %lld", emit_name_of(e, v), (long long)ir_elements(v->shape));
}

void emit_open_images(emitter *e)
{
    emit_open_rows(e);
    cw_open(&e->w, "for (int i = first; i < first + n; i++)");
}

void emit_close_images(emitter *e)
{
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

void emit_image_activation(emitter *e, const plan_step *s, const ir_value *bias)
{
    const ir_value *out = s->op->output[0], *kept = ir_kept_input(s->op);
    const ir_activation f = s->op->attr.activation;
    const long long size = ir_elements(out->shape), channels = out->shape.dim[2];
    if (!bias && f.kind == LANG_ACTIVATION_LINEAR)
        return;
    if (kept)
        cw_line(&e->w, "float *before = %s;", emit_image_at(e, kept));
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", size / channels);
    cw_indent(&e->w);
    cw_open(&e->w, "for (int k = 0; k < %lld; k++)", channels);
    cw_line(&e->w, "const float sum = out[j * %lld + k]%s;", channels,
            bias ? emit_text(e, " + %s[k]", emit_name_of(e, bias)) : "");
    if (kept)
        cw_line(&e->w, "before[j * %lld + k] = sum;", channels);
    cw_line(&e->w, "out[j * %lld + k] = %s;", channels, emit_activation_of(e, f, "sum", FORMULA_FLOAT));
    cw_close(&e->w, "");
    cw_outdent(&e->w);
}
