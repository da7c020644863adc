/* dense: matrix products. */
#include "emit/ops.h"

#include <stdlib.h>
#include <string.h>

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

/** out[i, j] = f(out[i, j] + bias[j]) for the rows and columns of a piece. The argument of f is kept where its
 * derivative needs it. */
static void emit_bias_activation(emitter *e, const plan_step *s, const dense *d)
{
    const ir_activation f = s->op->attr.activation;
    if (!d->bias && f.kind == LANG_ACTIVATION_LINEAR)
        return;
    const ir_value *kept = ir_kept_input(s->op);
    const bool by_columns = s->cut == PLAN_COLUMNS;
    if (kept)
        cw_line(&e->w, "float *before = %s;",
                s->cut == PLAN_ROWS ? emit_rows_of(e, kept)
                : by_columns        ? emit_text(e, "%s + first", emit_name_of(e, kept))
                                    : emit_name_of(e, kept));
    cw_line(&e->w, "for (int i = 0; i < %s; i++)", s->cut == PLAN_ROWS ? "n" : "rows");
    cw_indent(&e->w);
    const char *columns = by_columns ? "n" : emit_text(e, "%lld", d->units);
    const char *bias = !d->bias ? "" : emit_text(e, "%s[%sj]", emit_name_of(e, d->bias), by_columns ? "first + " : "");
    if (f.kind == LANG_ACTIVATION_LINEAR) {
        cw_line(&e->w, "for (int j = 0; j < %s; j++)", columns);
        cw_line(&e->w, "    out[i * %lld + j] += %s;", d->units, bias);
    } else {
        cw_open(&e->w, "for (int j = 0; j < %s; j++)", columns);
        cw_line(&e->w, "const float z = out[i * %lld + j]%s%s;", d->units, d->bias ? " + " : "", bias);
        if (kept)
            cw_line(&e->w, "before[i * %lld + j] = z;", d->units);
        cw_line(&e->w, "out[i * %lld + j] = %s;", d->units, emit_activation_of(e, f, "z", FORMULA_FLOAT));
        cw_close(&e->w, "");
    }
    cw_outdent(&e->w);
}

enum { PAGE_ROW = 1024, CACHED = 2 * 1024 * 1024 }; /* floats */

/** "spread_" if a product reads its right side in copied parts: see mnn_spread_product().
 *  @param k  its rows, if the compiler sees their number; else 0 */
static const char *spread(long long k, long long b_row)
{
    return b_row % PAGE_ROW == 0 || k * b_row >= CACHED ? "spread_" : "";
}

/** c[m, n] = a . b, where a is row-major or, with transposed, the transpose of a row-major matrix; `n` as the
 *  compiler has to see it. */
static void emit_product(emitter *e, const plan_step *s, const char *m, const char *n, const char *k, bool transposed,
                         const char *a, long long a_row, const char *b, long long b_row, const char *c, long long c_row)
{
    if (s->kernel == PLAN_GEMM)
        cw_line(&e->w, "mnn_gemm%s(%s, %s, %s, %s, %lld, %s, %lld, 0.0f, %s, %lld);", transposed ? "_tn" : "", m, n, k,
                a, a_row, b, b_row, c, c_row);
    else
        cw_line(&e->w, "mnn_%sproduct(%s, %s, %s, %s, %lld, %lld, %s, %lld, %s, %lld, 0);",
                spread(strtoll(k, NULL, 10), b_row), m, n, k, a, transposed ? 1 : a_row, transposed ? a_row : 1, b,
                b_row, c, c_row);
}

/** out[m, n] = x . kernel for rows of the input, with zeros skipped where that is planned; `first` is the number of
 *  x's first row. */
static void emit_rows_product(emitter *e, const plan_step *s, const dense *d, const char *m, const char *n,
                              const char *x, const char *first, const char *kernel)
{
    if (s->kernel == PLAN_GEMM) {
        emit_product(e, s, m, n, emit_text(e, "%lld", d->in), false, x, d->in, kernel, d->units, "out", d->units);
        return;
    }
    if (s->skips) {
        const char *lists = emit_lists_of(e);
        if (strcmp(first, "0") != 0)
            lists = emit_text(e, "%s + %s / %d * %lld", lists, first, PLAN_SKIP_ROWS, d->in + 2);
        cw_open(&e->w, "if (mnn_skips(batch))");
        cw_line(&e->w, "mnn_skip_product(%s, %s, %lld, %s, %s, %lld, %s, %lld, out, %lld);", m, n, d->in, lists, x,
                d->in, kernel, d->units, d->units);
        cw_close(&e->w, " else {");
        cw_indent(&e->w);
    }
    cw_line(&e->w, "mnn_%srows_product(%s, %s, %lld, %s, %lld, %s, %lld, out, %lld);", spread(d->in, d->units), m, n,
            d->in, x, d->in, kernel, d->units, d->units);
    if (s->skips)
        cw_close(&e->w, "");
}

/** The product of a piece of columns: its width is a constant, also of the last piece. */
static void emit_forward_columns(emitter *e, const plan_step *s, const dense *d)
{
    const char *kernel = emit_text(e, "%s + first", emit_name_of(e, d->kernel)), *x = emit_name_of(e, d->x);
    const long long last = s->width % s->piece;
    if (s->kernel == PLAN_GEMM || last == 0) {
        emit_rows_product(e, s, d, "rows", "n", x, "0", kernel);
        return;
    }
    cw_open(&e->w, "if (n == %lld)", (long long)s->piece);
    emit_rows_product(e, s, d, "rows", emit_text(e, "%lld", (long long)s->piece), x, "0", kernel);
    cw_close(&e->w, " else {");
    cw_indent(&e->w);
    emit_rows_product(e, s, d, "rows", emit_text(e, "%lld", last), x, "0", kernel);
    cw_close(&e->w, "");
}

void emit_dense_products(emitter *e, const plan_step *s)
{
    const dense d = dense_of(s->op);
    const long long size = (long long)s->partial_size;
    emit_open_function(e, s, "partial sums, one per piece: in[rows, piece] . kernel[piece, %lld]", d.units);
    emit_open_columns(e, s);
    cw_line(&e->w, "float *out = %s + task->piece * %lld; /* [rows, %lld] */", emit_partials_of(e, s), size, d.units);
    cw_line(&e->w, "mnn_%srows_product(rows, %lld, n, %s + first, %lld, %s + first * %lld, %lld, out, %lld);",
            spread(0, d.units), d.units, emit_name_of(e, d.x), d.in, emit_name_of(e, d.kernel), d.units, d.units,
            d.units);
    cw_close(&e->w, "");
}

/** out = the sum of the pieces' products, in order. */
static void emit_products_sum(emitter *e, const plan_step *s, const dense *d)
{
    const long long size = (long long)s->partial_size, pieces = (long long)s->partials->elements / size;
    cw_line(&e->w, "mnn_sum_pieces(out, %s + first * %lld, n * %lld, %lld, %lld);", emit_partials_of(e, s), d->units,
            d->units, size, pieces);
}

void emit_dense_forward(emitter *e, const plan_step *s)
{
    const dense d = dense_of(s->op);
    const ir_value *out = s->op->output[0];
    const char *product =
        emit_text(e, "in[rows, %lld] . kernel[%lld, %lld]%s", d.in, d.in, d.units, d.bias ? " + bias" : "");
    const char *units = emit_text(e, "%lld", d.units);
    emit_open_function(e, s, "out[rows, %lld] = %s", d.units, emit_equation_of(e, s->op->attr.activation, product));
    if (s->partials) {
        emit_open_rows(e);
        cw_line(&e->w, "float *out = %s;", emit_rows_of(e, out));
        emit_products_sum(e, s, &d);
    } else if (s->cut == PLAN_ROWS) {
        emit_open_rows(e);
        cw_line(&e->w, "const float *in = %s + first * %lld;", emit_name_of(e, d.x), d.in);
        cw_line(&e->w, "float *out = %s;", emit_rows_of(e, out));
        emit_rows_product(e, s, &d, "n", units, "in", "first", emit_name_of(e, d.kernel));
    } else if (s->cut == PLAN_COLUMNS) {
        emit_open_columns(e, s);
        cw_line(&e->w, "float *out = %s + first;", emit_name_of(e, out));
        emit_forward_columns(e, s, &d);
    } else {
        cw_line(&e->w, "float *out = %s;", emit_name_of(e, out));
        emit_rows_product(e, s, &d, "rows", units, emit_name_of(e, d.x), "0", emit_name_of(e, d.kernel));
    }
    emit_bias_activation(e, s, &d);
    cw_close(&e->w, "");
}

/** The derivative that was fused in, for the columns [first, first + n) of all rows of dx. */
static void emit_derivative_columns(emitter *e, const plan_step *s, const dense *d, const char *first, const char *n)
{
    if (s->op->attr.gradient_activation.kind == LANG_ACTIVATION_LINEAR)
        return;
    cw_line(&e->w, "for (int i = 0; i < rows; i++)");
    cw_indent(&e->w);
    emit_fused_derivative(e, s, emit_text(e, "i * %lld + %s", d->in, first), n);
    cw_outdent(&e->w);
}

/** By rows, with the kernel transposed: dx = dy . kernel^T. */
static void emit_backward_rows(emitter *e, const plan_step *s, const dense *d, const char *dy, const ir_value *dx)
{
    const char *in = emit_text(e, "%lld", d->in), *units = emit_text(e, "%lld", d->units);
    if (s->kernel == PLAN_TILE) {
        cw_line(&e->w, "float *turned = task->scratch; /* [%lld, %lld] */", d->units, d->in);
        cw_line(&e->w, "if (task->opens)");
        cw_line(&e->w, "    mnn_transpose(%s, %s, %s, %s, turned, %s);", in, units, emit_name_of(e, d->kernel), units,
                in);
    }
    emit_open_rows(e);
    if (s->kernel == PLAN_TILE)
        emit_product(e, s, "n", in, units, false, emit_text(e, "%s + first * %lld", dy, d->units), d->units, "turned",
                     d->in, emit_rows_of(e, dx), d->in);
    else
        cw_line(&e->w, "mnn_gemm_nt(n, %s, %s, %s + first * %s, %s, %s, %s, 0.0f, %s, %s);", in, units, dy, units,
                units, emit_name_of(e, d->kernel), units, emit_rows_of(e, dx), in);
    emit_fused_derivative(e, s, emit_text(e, "first * %lld", d->in), emit_text(e, "n * %lld", d->in));
}

/** By inputs, with dy and the result transposed: dx^T = kernel . dy^T, a block at a time. */
static void emit_backward_blocks(emitter *e, const plan_step *s, const dense *d, const char *dy, const ir_value *dx)
{
    const long long batch = e->plan->program->train.batch_size, block = s->scratch[1] / batch;
    const char *out = emit_name_of(e, dx);
    cw_line(&e->w, "float *dy_turned = task->scratch; /* [%lld, %lld] */", d->units, batch);
    cw_line(&e->w, "float *dx_turned = dy_turned + %lld; /* [%lld, %lld] */", (long long)s->scratch[0], block, batch);
    if (s->cut == PLAN_COLUMNS)
        cw_line(&e->w, "if (task->opens)");
    cw_line(&e->w, "%smnn_transpose(rows, %lld, %s, %lld, dy_turned, %lld);", s->cut == PLAN_COLUMNS ? "    " : "",
            d->units, dy, d->units, batch);
    if (s->cut == PLAN_COLUMNS) {
        emit_open_columns(e, s);
        cw_open(&e->w, "for (int i = first; i < first + n; i += %lld)", block);
        cw_line(&e->w, "const int count = mnn_min(%lld, first + n - i);", block);
    } else {
        cw_open(&e->w, "for (int i = 0; i < %lld; i += %lld)", d->in, block);
        cw_line(&e->w, "const int count = mnn_min(%lld, %lld - i);", block, d->in);
    }
    emit_product(e, s, "count", emit_text(e, "%lld", batch), emit_text(e, "%lld", d->units), false,
                 emit_text(e, "%s + i * %lld", emit_name_of(e, d->kernel), d->units), d->units, "dy_turned", batch,
                 "dx_turned", batch);
    cw_line(&e->w, "mnn_transpose(count, rows, dx_turned, %lld, %s + i, %lld);", batch, out, d->in);
    cw_close(&e->w, "");
    if (s->cut == PLAN_COLUMNS)
        emit_derivative_columns(e, s, d, "first", "n");
    else
        emit_derivative_columns(e, s, d, "0", emit_text(e, "%lld", d->in));
}

/** The same through OpenBLAS, by columns of dx or whole. */
static void emit_backward_gemm(emitter *e, const plan_step *s, const dense *d, const char *dy, const ir_value *dx)
{
    const bool columns = s->cut == PLAN_COLUMNS;
    if (columns)
        emit_open_columns(e, s);
    cw_line(&e->w, "mnn_gemm_nt(rows, %s, %lld, %s, %lld, %s%s, %lld, 0.0f, %s%s, %lld);",
            columns ? "n" : emit_text(e, "%lld", d->in), d->units, dy, d->units, emit_name_of(e, d->kernel),
            columns ? emit_text(e, " + first * %lld", d->units) : "", d->units, emit_name_of(e, dx),
            columns ? " + first" : "", d->in);
    emit_derivative_columns(e, s, d, columns ? "first" : "0", columns ? "n" : emit_text(e, "%lld", d->in));
}

void emit_dense_backward(emitter *e, const plan_step *s)
{
    const dense d = dense_of(s->op);
    const ir_value *dx = ir_output_of_kind(s->op, IR_VALUE_GRADIENT, 0);
    const ir_activation f = s->op->attr.gradient_activation;
    emit_open_function(
        e, s, "dx[rows, %lld] = dy[rows, %lld] . transpose(kernel[%lld, %lld])%s", d.in, d.units, d.in, d.units,
        f.kind == LANG_ACTIVATION_LINEAR ? ""
                                         : emit_text(e, ", times the derivative of %s", ir_activation_name(f.kind)));
    const char *dy = emit_name_of(e, s->op->input[0]);
    if (s->cut == PLAN_ROWS)
        emit_backward_rows(e, s, &d, dy, dx);
    else if (s->kernel == PLAN_TILE)
        emit_backward_blocks(e, s, &d, dy, dx);
    else
        emit_backward_gemm(e, s, &d, dy, dx);
    cw_close(&e->w, "");
}

/** The elements of the kernel of a piece: the first, and their number. */
static const char *first_element(emitter *e, const plan_step *s, const dense *d)
{
    return s->cut == PLAN_COLUMNS ? emit_text(e, "first * %lld", d->units) : "0";
}

static const char *element_count(emitter *e, const plan_step *s, const dense *d)
{
    return s->cut == PLAN_COLUMNS ? emit_text(e, "n * %lld", d->units) : emit_text(e, "%lld", d->in * d->units);
}

/** Column sums of dy, done beside the first piece of the kernel's gradient. */
static void emit_bias_gradient(emitter *e, const plan_step *s, const dense *d)
{
    if (!d->bias)
        return;
    const char *db = emit_name_of(e, d->bias->gradient);
    if (s->cut == PLAN_COLUMNS)
        cw_open(&e->w, "if (first == 0)");
    if (emit_adds_shards(e, s)) {
        const char *starts = emit_penalty_start(e, d->bias, "0", emit_text(e, "%lld", d->units));
        cw_line(&e->w, "mnn_tree_sum(task, %s, %s, %lld, %lld, 0, 0, %s);", db, emit_name_of(e, s->op->input[0]),
                d->units, d->units, starts);
        if (s->cut == PLAN_COLUMNS)
            cw_close(&e->w, "");
        return;
    }
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", d->units);
    cw_line(&e->w, "    %s[j] = 0.0f;", db);
    cw_line(&e->w, "for (int i = 0; i < rows; i++)");
    cw_line(&e->w, "    for (int j = 0; j < %lld; j++)", d->units);
    cw_line(&e->w, "        %s[j] += %s[i * %lld + j];", db, emit_name_of(e, s->op->input[0]), d->units);
    emit_penalty_gradient(e, d->bias, "0", emit_text(e, "%lld", d->units));
    if (s->cut == PLAN_COLUMNS)
        cw_close(&e->w, "");
}

/** dw[m, units] = transpose(x) . dy, for the rows of each shard, and the sums of the shards. */
static void emit_tree_product(emitter *e, const plan_step *s, const dense *d, const char *m, const char *x,
                              const char *dy, const char *dw)
{
    const char *starts = emit_penalty_start(e, d->kernel, first_element(e, s, d), element_count(e, s, d));
    const char *rest = emit_text(e, "%s, %lld, %s, %lld, %s, %lld, %s", x, d->in, dy, d->units, dw, d->units, starts);
    if (s->skips) {
        cw_line(&e->w, "if (mnn_skips(batch))");
        cw_line(&e->w, "    mnn_skip_tree_product(%s, %lld, task, list, %s);", m, d->units, rest);
        cw_line(&e->w, "else");
        cw_indent(&e->w);
    }
    cw_line(&e->w, "mnn_tree_product(%s, %lld, task, %s);", m, d->units, rest);
    if (s->skips)
        cw_outdent(&e->w);
    emit_bias_gradient(e, s, d);
    cw_close(&e->w, "");
}

void emit_dense_gradients(emitter *e, const plan_step *s)
{
    const dense d = dense_of(s->op);
    emit_open_function(e, s, "dkernel[%lld, %lld] = transpose(in[rows, %lld]) . dy[rows, %lld]%s", d.in, d.units, d.in,
                       d.units, d.bias ? "; dbias = sum over rows of dy" : "");
    const bool columns = s->cut == PLAN_COLUMNS;
    const char *units = emit_text(e, "%lld", d.units), *m = columns ? "n" : emit_text(e, "%lld", d.in);
    const char *dy = emit_name_of(e, s->op->input[0]);
    const char *x = emit_text(e, "%s%s", emit_name_of(e, d.x), columns ? " + first" : "");
    const char *dw = emit_text(e, "%s%s", emit_name_of(e, d.kernel->gradient),
                               columns ? emit_text(e, " + first * %lld", d.units) : "");
    if (s->skips)
        cw_line(&e->w, "uint16_t list[BATCH + 1]; /* rows in which an input is not 0 */");
    if (columns)
        emit_open_columns(e, s);
    if (emit_adds_shards(e, s)) {
        emit_tree_product(e, s, &d, m, x, dy, dw);
        return;
    }
    if (s->skips) {
        cw_open(&e->w, "if (mnn_skips(batch))");
        cw_line(&e->w, "mnn_skip_product_tn(%s, %s, rows, list, %s, %lld, %s, %lld, %s, %lld);", m, units, x, d.in, dy,
                d.units, dw, d.units);
        cw_close(&e->w, " else {");
        cw_indent(&e->w);
    }
    emit_product(e, s, m, units, "rows", true, x, d.in, dy, d.units, dw, d.units);
    if (s->skips)
        cw_close(&e->w, "");
    emit_penalty_gradient(e, d.kernel, first_element(e, s, &d), element_count(e, s, &d));
    emit_bias_gradient(e, s, &d);
    cw_close(&e->w, "");
}
