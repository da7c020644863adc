/* Activations within the functions of other operations. */
#include "emit/ops.h"

const char *emit_activation_of(emitter *e, ir_activation f, const char *x, formula_form form)
{
    return f.formula ? formula_text(e, f.formula->value, (const char *[]){[IR_LEAF_X] = x}, form) : x;
}

const char *emit_equation_of(emitter *e, ir_activation f, const char *inside)
{
    return f.kind == LANG_ACTIVATION_LINEAR ? inside : emit_text(e, "%s(%s)", ir_activation_name(f.kind), inside);
}

/** dx[j] = dy[j] times the derivative at point[j], inside a loop over j. */
static void emit_derivative_at(emitter *e, ir_activation f, const char *dx, const char *dy, const ir_value *point)
{
    static const char *const leaves[] = {"x", "y", "g"};
    const char *variable = leaves[ir_derivative_takes_input(f) ? IR_LEAF_X : IR_LEAF_Y];
    cw_line(&e->w, "const float %s = %s[j], g = %s[j];", variable, emit_name_of(e, point), dy);
    cw_line(&e->w, "%s[j] = %s;", dx, formula_lines(e, f.formula->gradient, leaves, FORMULA_FLOAT));
}

void emit_fused_derivative(emitter *e, const plan_step *s, const char *first, const char *n)
{
    const ir_activation f = s->op->attr.gradient_activation;
    if (f.kind == LANG_ACTIVATION_LINEAR)
        return;
    const char *dx = emit_name_of(e, ir_output_of_kind(s->op, IR_VALUE_GRADIENT, 0));
    cw_open(&e->w, "for (int j = %s, end = j + %s; j < end; j++)", first, n);
    emit_derivative_at(e, f, dx, dx, s->op->attr.gradient_point);
    cw_close(&e->w, "");
}
