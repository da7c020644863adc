/* activation: elementwise functions, and softmax. */
#include "emit/ops.h"

const char *activation_of(emitter *e, ir_activation f, const char *x, formula_form form)
{
    return f.formula ? formula_text(e, f.formula->value, (const char *[]){[IR_LEAF_X] = x}, form) : x;
}

const char *equation_of(emitter *e, ir_activation f, const char *inside)
{
    return f.kind == LANG_ACTIVATION_LINEAR ? inside : text(e, "%s(%s)", ir_activation_name(f.kind), inside);
}

/** dx[j] = dy[j] times the derivative at point[j], inside a loop over j. */
static void emit_derivative_at(emitter *e, ir_activation f, const char *dx, const char *dy, const ir_value *point)
{
    static const char *const leaves[] = {"x", "y", "g"};
    const char *variable = leaves[ir_derivative_takes_input(f) ? IR_LEAF_X : IR_LEAF_Y];
    cw_line(&e->w, "const float %s = %s[j], g = %s[j];", variable, name_of(e, point), dy);
    cw_line(&e->w, "%s[j] = %s;", dx, formula_lines(e, f.formula->gradient, leaves, FORMULA_FLOAT));
}

void emit_fused_derivative(emitter *e, const plan_step *s, const char *first, const char *n)
{
    const ir_activation f = s->op->attr.gradient_activation;
    if (f.kind == LANG_ACTIVATION_LINEAR)
        return;
    const char *dx = name_of(e, ir_output_of_kind(s->op, IR_VALUE_GRADIENT, 0));
    cw_open(&e->w, "for (int j = %s, end = j + %s; j < end; j++)", first, n);
    emit_derivative_at(e, f, dx, dx, s->op->attr.gradient_point);
    cw_close(&e->w, "");
}

static long long last_dim(const ir_value *v)
{
    return v->shape.dim[v->shape.rank - 1];
}

/** The loop over the groups of numbers that softmax makes one of: rows, and places of an image. */
static const char *groups(emitter *e, const ir_value *v)
{
    const long long count = ir_elements(v->shape) / last_dim(v);
    return count == 1 ? "n" : text(e, "n * %lld", count);
}

static void emit_softmax_forward(emitter *e, const plan_step *s)
{
    const ir_value *x = s->op->input[0], *y = s->op->output[0];
    const long long classes = last_dim(y);
    open_function(e, s, "p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, %lld]", classes);
    open_rows(e);
    cw_open(&e->w, "for (int i = 0; i < %s; i++)", groups(e, y));
    cw_line(&e->w, "const float *z = %s + i * %lld;", rows_of(e, x), classes);
    cw_line(&e->w, "float *p = %s + i * %lld;", rows_of(e, y), classes);
    cw_line(&e->w, "float largest = z[0], sum = 0.0f;");
    cw_line(&e->w, "for (int j = 1; j < %lld; j++)", classes);
    cw_line(&e->w, "    largest = z[j] > largest ? z[j] : largest;");
    cw_open(&e->w, "for (int j = 0; j < %lld; j++)", classes);
    cw_line(&e->w, "p[j] = expf(z[j] - largest);");
    cw_line(&e->w, "sum += p[j];");
    cw_close(&e->w, "");
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", classes);
    cw_line(&e->w, "    p[j] /= sum;");
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

static void emit_softmax_backward(emitter *e, const plan_step *s)
{
    const ir_value *dy = s->op->input[0], *y = s->op->input[1], *dx = s->op->output[0];
    const long long classes = last_dim(y);
    open_function(e, s, "dz[i] = p[i] (dp[i] - sum over j of dp[j] p[j]), [rows, %lld]", classes);
    open_rows(e);
    cw_open(&e->w, "for (int i = 0; i < %s; i++)", groups(e, y));
    cw_line(&e->w, "const float *p = %s + i * %lld;", rows_of(e, y), classes);
    cw_line(&e->w, "const float *dp = %s + i * %lld;", rows_of(e, dy), classes);
    cw_line(&e->w, "float *dz = %s + i * %lld;", rows_of(e, dx), classes);
    cw_line(&e->w, "float sum = 0.0f;");
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", classes);
    cw_line(&e->w, "    sum = mnn_fma(dp[j], p[j], sum);");
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", classes);
    cw_line(&e->w, "    dz[j] = p[j] * (dp[j] - sum);");
    cw_close(&e->w, "");
    const long long size = ir_elements(y->shape);
    emit_fused_derivative(e, s, text(e, "first * %lld", size), text(e, "n * %lld", size));
    cw_close(&e->w, "");
}

void emit_activation_forward(emitter *e, const plan_step *s)
{
    const ir_activation f = s->op->attr.activation;
    const ir_value *x = s->op->input[0], *y = s->op->output[0];
    if (f.kind == LANG_ACTIVATION_SOFTMAX) {
        emit_softmax_forward(e, s);
        return;
    }
    open_function(e, s, "out[rows, size] = %s(in)", ir_activation_name(f.kind));
    const char *size = size_of(e, "size", ir_elements(y->shape));
    open_rows(e);
    cw_open(&e->w, "for (int j = first * %s; j < (first + n) * %s; j++)", size, size);
    cw_line(&e->w, "const float z = %s[j];", name_of(e, x));
    cw_line(&e->w, "%s[j] = %s;", name_of(e, y), activation_of(e, f, "z", FORMULA_FLOAT));
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

void emit_activation_backward(emitter *e, const plan_step *s)
{
    const ir_activation f = s->op->attr.activation;
    const ir_value *dy = s->op->input[0], *point = s->op->input[1], *dx = s->op->output[0];
    if (f.kind == LANG_ACTIVATION_SOFTMAX) {
        emit_softmax_backward(e, s);
        return;
    }
    open_function(e, s, "dx[rows, size] = dy times the derivative of %s", ir_activation_name(f.kind));
    const char *size = size_of(e, "size", ir_elements(dx->shape));
    open_rows(e);
    cw_open(&e->w, "for (int j = first * %s; j < (first + n) * %s; j++)", size, size);
    emit_derivative_at(e, f, name_of(e, dx), name_of(e, dy), point);
    cw_close(&e->w, "");
    emit_fused_derivative(e, s, text(e, "first * %s", size), text(e, "n * %s", size));
    cw_close(&e->w, "");
}
