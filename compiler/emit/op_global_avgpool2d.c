/* global_avgpool2d: the mean of each channel of an image. */
#include "emit/ops.h"

void emit_global_avgpool2d_forward(emitter *e, const plan_step *s)
{
    const ir_value *x = s->op->input[0], *y = s->op->output[0];
    const long long channels = x->shape.dim[2], places = ir_elements(x->shape) / channels;
    open_function(e, s, "out%s = mean over the %lld positions of in%s", dims_of(e, y), places, dims_of(e, x));
    open_images(e);
    cw_line(&e->w, "const float *in = %s;", image_at(e, x));
    cw_line(&e->w, "float *out = %s;", image_at(e, y));
    cw_line(&e->w, "memset(out, 0, %lld * sizeof *out);", channels);
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", places);
    cw_line(&e->w, "    for (int k = 0; k < %lld; k++)", channels);
    cw_line(&e->w, "        out[k] += in[j * %lld + k];", channels);
    cw_line(&e->w, "for (int k = 0; k < %lld; k++)", channels);
    cw_line(&e->w, "    out[k] /= %lld.0f;", places);
    close_images(e);
}

void emit_global_avgpool2d_backward(emitter *e, const plan_step *s)
{
    const ir_value *dy = s->op->input[0], *dx = s->op->output[0];
    const long long size = ir_elements(dx->shape), channels = dx->shape.dim[2], places = size / channels;
    open_function(e, s, "dx%s = dy%s / %lld", dims_of(e, dx), dims_of(e, dy), places);
    open_images(e);
    cw_line(&e->w, "const float *dy = %s;", image_at(e, dy));
    cw_line(&e->w, "float *dx = %s;", image_at(e, dx));
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", places);
    cw_line(&e->w, "    for (int k = 0; k < %lld; k++)", channels);
    cw_line(&e->w, "        dx[j * %lld + k] = dy[k] / %lld.0f;", channels, places);
    emit_fused_derivative(e, s, text(e, "i * %lld", size), text(e, "%lld", size));
    close_images(e);
}
