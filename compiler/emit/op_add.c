/* add: the sum of a residual connection, and the sum of gradients of a value with several readers. */
#include "emit/ops.h"

/** "a[j] + b[j]" over the operands of a kind. */
static const char *sum_of(emitter *e, const ir_op *op, ir_value_kind kind)
{
    str s = str_new(e->plan->arena);
    const ir_value *v;
    for (int i = 0; (v = ir_input_of_kind(op, kind, i)) != NULL; i++)
        str_printf(&s, "%s%s[j]", i ? " + " : "", name_of(e, v));
    return s.text;
}

void emit_add_forward(emitter *e, const plan_step *s)
{
    const ir_activation f = s->op->attr.activation;
    const ir_value *out = s->op->output[0];
    open_function(e, s, "out[rows, size] = %s", equation_of(e, f, "the layers' result + the residual's input"));
    const char *sum = sum_of(e, s->op, IR_VALUE_ACTIVATION), *size = size_of(e, "size", ir_elements(out->shape));
    open_rows(e);
    cw_open(&e->w, "for (int j = first * %s; j < (first + n) * %s; j++)", size, size);
    if (f.kind == LANG_ACTIVATION_LINEAR) {
        cw_line(&e->w, "%s[j] = %s;", name_of(e, out), sum);
    } else {
        cw_line(&e->w, "const float z = %s;", sum);
        cw_line(&e->w, "%s[j] = %s;", name_of(e, out), activation_of(e, f, "z", FORMULA_FLOAT));
    }
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

void emit_add_backward(emitter *e, const plan_step *s)
{
    const lang_activation f = s->op->attr.gradient_activation.kind;
    const ir_value *dx = s->op->output[0];
    open_function(e, s, "dout[rows, size] = sum of the gradients from all operations that read out%s",
                  f == LANG_ACTIVATION_LINEAR ? "" : text(e, ", times the derivative of %s", ir_activation_name(f)));
    const char *size = size_of(e, "size", ir_elements(dx->shape));
    open_rows(e);
    cw_line(&e->w, "for (int j = first * %s; j < (first + n) * %s; j++)", size, size);
    cw_line(&e->w, "    %s[j] = %s;", name_of(e, dx), sum_of(e, s->op, IR_VALUE_GRADIENT));
    emit_fused_derivative(e, s, text(e, "first * %s", size), text(e, "n * %s", size));
    cw_close(&e->w, "");
}
