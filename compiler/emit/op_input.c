/* input: bytes of the data set become floats of the batch. */
#include "emit/ops.h"

#include <math.h>

/** "pixel[j] * scale + shift" with what is not needed left out. */
static const char *scaled(emitter *e, const char *pixel)
{
    const ir_data *data = &e->plan->program->data;
    const char *x = text(e, "(float)%s", pixel);
    if ((float)data->scale != 1.0f)
        x = text(e, "%s * %s", x, cw_f32(&e->w, data->scale));
    if ((float)data->shift != 0.0f)
        x = text(e, "%s %s %s", x, data->shift < 0 ? "-" : "+", cw_f32(&e->w, fabs(data->shift)));
    return x;
}

void emit_input_forward(emitter *e, const plan_step *s)
{
    const ir_value *out = s->op->output[0];
    const long long size = ir_elements(out->shape);
    open_function(e, s, "out%s = pixel * scale + shift, of the samples that the batch names", dims_of(e, out));
    open_rows(e, s);
    cw_open(&e->w, "for (int i = 0; i < n; i++)");
    cw_line(&e->w, "const uint8_t *pixel = batch->images + (size_t)batch->index[first + i] * %lld;", size);
    cw_line(&e->w, "float *out = %s + (first + i) * %lld;", name_of(e, out), size);
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", size);
    cw_line(&e->w, "    out[j] = %s;", scaled(e, "pixel[j]"));
    cw_close(&e->w, "");
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

void emit_input_reference(emitter *e, const ir_op *op, const char *name)
{
    const long long size = ir_elements(op->output[0]->shape);
    reference_comment(e, op, "out = pixel * scale + shift, rounded as the network sees it");
    cw_line(&e->w, "static void %s(const uint8_t *pixel, double *out)", name);
    cw_body(&e->w);
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", size);
    cw_line(&e->w, "    out[j] = (double)(%s);", scaled(e, "pixel[j]"));
    cw_close(&e->w, "");
}
