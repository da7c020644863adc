/* dense: products of matrices. */
#include "emit/ops.h"

typedef struct dense {
    const ir_value *x, *kernel, *bias;
    long long in, units;
} dense;

static dense dense_of(const ir_op *op)
{
    const ir_op *forward = op->direction == IR_FORWARD ? op : op->forward;
    dense d = {forward->input[0], ir_parameter(forward, "kernel"), ir_parameter(forward, "bias"), 0, 0};
    d.in = d.kernel->shape.dim[0];
    d.units = d.kernel->shape.dim[1];
    return d;
}

/** out[i, j] = f(out[i, j] + bias[j]) for the rows and columns of a piece. */
static void emit_bias_activation(emitter *e, const plan_step *s, const dense *d)
{
    const lang_activation f = s->op->attr.activation;
    if (!d->bias && f == LANG_ACTIVATION_LINEAR)
        return;
    const bool by_columns = s->cut == PLAN_COLUMNS;
    cw_line(&e->w, "for (int i = 0; i < %s; i++)", s->cut == PLAN_ROWS ? "n" : "rows");
    cw_indent(&e->w);
    cw_open(&e->w, "for (int j = 0; j < %s; j++)", by_columns ? "n" : text(e, "%lld", d->units));
    const char *bias = !d->bias ? "" : text(e, " + %s[%sj]", name_of(e, d->bias), by_columns ? "first + " : "");
    const char *z = f == LANG_ACTIVATION_LINEAR ? text(e, "out[i * %lld + j]%s", d->units, bias) : "z";
    if (f != LANG_ACTIVATION_LINEAR)
        cw_line(&e->w, "const float z = out[i * %lld + j]%s;", d->units, bias);
    cw_line(&e->w, "out[i * %lld + j] = %s;", d->units, activation_of(e, f, z, false));
    cw_close(&e->w, "");
    cw_outdent(&e->w);
}

/** One worker does the whole. */
static void only_one_worker(emitter *e, const plan_step *s)
{
    const char *mine = s->first_worker ? text(e, "mnn_first_piece(worker, %d)", s->first_worker) : "worker->index";
    cw_line(&e->w, "if (%s != 0)", mine);
    cw_line(&e->w, "    return;");
}

void emit_dense_forward(emitter *e, const plan_step *s)
{
    const dense d = dense_of(s->op);
    const ir_value *out = s->op->output[0];
    const char *product =
        text(e, "in[rows, %lld] . kernel[%lld, %lld]%s", d.in, d.in, d.units, d.bias ? " + bias" : "");
    open_function(e, s, "out[rows, %lld] = %s", d.units, equation_of(e, s->op->attr.activation, product));
    if (s->cut == PLAN_ROWS) {
        open_rows(e, s);
        cw_line(&e->w, "const float *in = %s + first * %lld;", name_of(e, d.x), d.in);
        cw_line(&e->w, "float *out = %s;", rows_of(e, out));
        cw_line(&e->w, "mnn_gemm(n, %lld, %lld, in, %lld, %s, %lld, 0.0f, out, %lld);", d.units, d.in, d.in,
                name_of(e, d.kernel), d.units, d.units);
    } else if (s->cut == PLAN_COLUMNS) {
        open_columns(e, s);
        cw_line(&e->w, "float *out = %s + first;", name_of(e, out));
        cw_line(&e->w, "mnn_gemm(rows, n, %lld, %s, %lld, %s + first, %lld, 0.0f, out, %lld);", d.in, name_of(e, d.x),
                d.in, name_of(e, d.kernel), d.units, d.units);
    } else {
        only_one_worker(e, s);
        cw_line(&e->w, "float *out = %s;", name_of(e, out));
        cw_line(&e->w, "mnn_gemm(rows, %lld, %lld, %s, %lld, %s, %lld, 0.0f, out, %lld);", d.units, d.in,
                name_of(e, d.x), d.in, name_of(e, d.kernel), d.units, d.units);
    }
    emit_bias_activation(e, s, &d);
    if (s->cut != PLAN_WHOLE)
        cw_close(&e->w, "");
    cw_close(&e->w, "");
}

/** dx = dy . transpose(kernel), by rows, by columns of dx, or whole. */
void emit_dense_backward(emitter *e, const plan_step *s)
{
    const dense d = dense_of(s->op);
    const char *dy = name_of(e, s->op->input[0]);
    const ir_value *dx = ir_output_of_kind(s->op, IR_VALUE_GRADIENT, 0);
    const char *product = text(e, "dy[rows, %lld] . transpose(kernel[%lld, %lld])", d.units, d.in, d.units);
    const lang_activation f = s->op->attr.gradient_activation;
    open_function(e, s, "dx[rows, %lld] = %s%s", d.in, product,
                  f == LANG_ACTIVATION_LINEAR ? "" : text(e, ", times the derivative of %s", ir_activation_name(f)));
    if (s->cut == PLAN_COLUMNS) {
        open_columns(e, s);
        cw_line(&e->w, "mnn_gemm_nt(rows, n, %lld, %s, %lld, %s + first * %lld, %lld, 0.0f, %s + first, %lld);",
                d.units, dy, d.units, name_of(e, d.kernel), d.units, d.units, name_of(e, dx), d.in);
        if (f != LANG_ACTIVATION_LINEAR) {
            cw_line(&e->w, "for (int i = 0; i < rows; i++)");
            cw_indent(&e->w);
            emit_fused_derivative(e, s, text(e, "i * %lld + first", d.in), "n");
            cw_outdent(&e->w);
        }
        cw_close(&e->w, "");
    } else if (s->cut == PLAN_ROWS) {
        open_rows(e, s);
        cw_line(&e->w, "mnn_gemm_nt(n, %lld, %lld, %s + first * %lld, %lld, %s, %lld, 0.0f, %s, %lld);", d.in, d.units,
                dy, d.units, d.units, name_of(e, d.kernel), d.units, rows_of(e, dx), d.in);
        emit_fused_derivative(e, s, text(e, "first * %lld", d.in), text(e, "n * %lld", d.in));
        cw_close(&e->w, "");
    } else {
        only_one_worker(e, s);
        cw_line(&e->w, "mnn_gemm_nt(rows, %lld, %lld, %s, %lld, %s, %lld, 0.0f, %s, %lld);", d.in, d.units, dy, d.units,
                name_of(e, d.kernel), d.units, name_of(e, dx), d.in);
        emit_fused_derivative(e, s, "0", text(e, "rows * %lld", d.in));
    }
    cw_close(&e->w, "");
}

/** Column sums of dy, done beside the first piece of the kernel's gradient. */
static void emit_bias_gradient(emitter *e, const plan_step *s, const dense *d)
{
    if (!d->bias)
        return;
    const char *db = name_of(e, d->bias->gradient);
    if (s->cut == PLAN_COLUMNS)
        cw_open(&e->w, "if (first == 0)");
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", d->units);
    cw_line(&e->w, "    %s[j] = 0.0f;", db);
    cw_line(&e->w, "for (int i = 0; i < rows; i++)");
    cw_line(&e->w, "    for (int j = 0; j < %lld; j++)", d->units);
    cw_line(&e->w, "        %s[j] += %s[i * %lld + j];", db, name_of(e, s->op->input[0]), d->units);
    if (s->cut == PLAN_COLUMNS)
        cw_close(&e->w, "");
}

void emit_dense_gradients(emitter *e, const plan_step *s)
{
    const dense d = dense_of(s->op);
    const char *dy = name_of(e, s->op->input[0]);
    open_function(e, s, "dkernel[%lld, %lld] = transpose(in[rows, %lld]) . dy[rows, %lld]%s", d.in, d.units, d.in,
                  d.units, d.bias ? "; dbias = sum over rows of dy" : "");
    const char *dw = name_of(e, d.kernel->gradient);
    if (s->cut == PLAN_COLUMNS) {
        open_columns(e, s);
        cw_line(&e->w, "mnn_gemm_tn(n, %lld, rows, %s + first, %lld, %s, %lld, 0.0f, %s + first * %lld, %lld);",
                d.units, name_of(e, d.x), d.in, dy, d.units, dw, d.units, d.units);
    } else {
        only_one_worker(e, s);
        cw_line(&e->w, "mnn_gemm_tn(%lld, %lld, rows, %s, %lld, %s, %lld, 0.0f, %s, %lld);", d.in, d.units,
                name_of(e, d.x), d.in, dy, d.units, dw, d.units);
    }
    emit_bias_gradient(e, s, &d);
    if (s->cut == PLAN_COLUMNS)
        cw_close(&e->w, "");
    cw_close(&e->w, "");
}

void emit_dense_reference(emitter *e, const ir_op *op, const char *name)
{
    const dense d = dense_of(op);
    reference_comment(e, op, "out[%lld] = in[%lld] . kernel[%lld, %lld]%s", d.units, d.in, d.in, d.units,
                      d.bias ? " + bias" : "");
    cw_line(&e->w, "static void %s(const double *kernel, %sconst double *in, double *out)", name,
            d.bias ? "const double *bias, " : "");
    cw_body(&e->w);
    cw_open(&e->w, "for (int j = 0; j < %lld; j++)", d.units);
    cw_line(&e->w, "double sum = %s;", d.bias ? "bias[j]" : "0.0");
    cw_line(&e->w, "for (int i = 0; i < %lld; i++)", d.in);
    cw_line(&e->w, "    sum += in[i] * kernel[i * %lld + j];", d.units);
    cw_line(&e->w, "out[j] = sum;");
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}
