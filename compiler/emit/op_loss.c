/* loss: one number a row, and the gradient of their mean. */
#include "emit/ops.h"

/** The target of output j: 1 for the label's class and 0 for the others, or the label itself. */
static const char *target(const ir_op *op, bool is_double)
{
    if (op->attr.classes)
        return is_double ? "(j == label ? 1.0 : 0.0)" : "(j == label ? 1.0f : 0.0f)";
    return is_double ? "(double)label" : "(float)label";
}

static bool is_crossentropy(const ir_op *op)
{
    return op->attr.loss != LANG_LOSS_MSE;
}

void emit_loss_forward(emitter *e, const plan_step *s)
{
    const ir_op *op = s->op;
    const ir_value *z = op->input[0];
    const long long size = ir_elements(z->shape);
    if (is_crossentropy(op))
        open_function(e, s, "row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])");
    else
        open_function(e, s, "row_loss[rows] = mean over the %lld outputs of (p - target)^2", size);
    open_rows(e, s);
    cw_open(&e->w, "for (int i = first; i < first + n; i++)");
    cw_line(&e->w, "const float *z = %s + i * %lld;", name_of(e, z), size);
    cw_line(&e->w, "const int label = batch->labels[batch->index[i]];");
    if (is_crossentropy(op)) {
        cw_line(&e->w, "float largest = z[0], sum = 0.0f;");
        cw_line(&e->w, "for (int j = 1; j < %lld; j++)", size);
        cw_line(&e->w, "    largest = z[j] > largest ? z[j] : largest;");
        cw_line(&e->w, "for (int j = 0; j < %lld; j++)", size);
        cw_line(&e->w, "    sum += expf(z[j] - largest);");
        cw_line(&e->w, "row_loss[i] = logf(sum) + largest - z[label];");
    } else {
        cw_line(&e->w, "float sum = 0.0f;");
        cw_open(&e->w, "for (int j = 0; j < %lld; j++)", size);
        cw_line(&e->w, "const float difference = z[j] - %s;", target(op, false));
        cw_line(&e->w, "sum += difference * difference;");
        cw_close(&e->w, "");
        cw_line(&e->w, "row_loss[i] = sum / %lld.0f;", size);
    }
    cw_close(&e->w, "");
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

void emit_loss_backward(emitter *e, const plan_step *s)
{
    const ir_op *op = s->op;
    const ir_value *p = op->input[0], *dz = op->output[0];
    const long long size = ir_elements(p->shape);
    if (is_crossentropy(op))
        open_function(e, s, "dz[rows, %lld] = (p - target) / rows: through the logarithm and softmax at once", size);
    else
        open_function(e, s, "dp[rows, %lld] = 2 (p - target) / (%lld rows)", size, size);
    open_rows(e, s);
    cw_line(&e->w, "const float scale = %s / (float)batch->rows;",
            is_crossentropy(op) ? "1.0f" : text(e, "2.0f / %lld.0f", size));
    cw_open(&e->w, "for (int i = first; i < first + n; i++)");
    cw_line(&e->w, "const float *p = %s + i * %lld;", name_of(e, p), size);
    cw_line(&e->w, "float *dz = %s + i * %lld;", name_of(e, dz), size);
    cw_line(&e->w, "const int label = batch->labels[batch->index[i]];");
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", size);
    cw_line(&e->w, "    dz[j] = (p[j] - %s) * scale;", target(op, false));
    emit_fused_derivative(e, s, text(e, "i * %lld", size), text(e, "%lld", size));
    cw_close(&e->w, "");
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

void emit_loss_reference(emitter *e, const ir_op *op, const char *name)
{
    const long long size = ir_elements(op->input[0]->shape);
    reference_comment(e, op, is_crossentropy(op) ? "-log(p[label])" : "mean over the outputs of (p - target)^2");
    cw_line(&e->w, "static double %s(const double *p, int label)", name);
    cw_body(&e->w);
    if (is_crossentropy(op)) {
        cw_line(&e->w, "return -log(p[label]);");
    } else {
        cw_line(&e->w, "double sum = 0.0;");
        cw_line(&e->w, "for (int j = 0; j < %lld; j++)", size);
        cw_line(&e->w, "    sum += (p[j] - %s) * (p[j] - %s);", target(op, true), target(op, true));
        cw_line(&e->w, "return sum / %lld.0;", size);
    }
    cw_close(&e->w, "");
}
