/* batchnorm (Ioffe, Szegedy 2015): every channel to mean 0 and variance 1 over the batch. The rows are divided into
 * pieces; the mean and variance per piece are combined in the order of the pieces. */
#include "emit/ops.h"

typedef struct batchnorm {
    const ir_op *op;
    const ir_value *x, *y, *gamma, *beta; /* gamma, beta: NULL without */
    const ir_value *mean, *variance, *inverse;
    const ir_value *moving_mean, *moving_variance;
    long long channels, places; /* places of a row, each with all channels */
    long long size;             /* of a row */
} batchnorm;

static batchnorm batchnorm_of(const ir_op *op)
{
    const ir_op *f = op->direction == IR_FORWARD ? op : op->forward;
    batchnorm b = {.op = f,
                   .x = f->input[0],
                   .y = f->output[0],
                   .gamma = ir_parameter(f, "gamma"),
                   .beta = ir_parameter(f, "beta"),
                   .mean = f->output[1],
                   .variance = f->output[2],
                   .inverse = f->output[3],
                   .moving_mean = ir_parameter(f, "moving_mean"),
                   .moving_variance = ir_parameter(f, "moving_variance")};
    b.channels = b.mean->shape.dim[0];
    b.size = ir_elements(b.y->shape);
    b.places = b.size / b.channels;
    return b;
}

/** "n * 169": how many numbers of a channel so many rows have. */
static const char *count_of(emitter *e, const batchnorm *b, const char *rows)
{
    return b->places == 1 ? rows : emit_text(e, "%s * %lld", rows, b->places);
}

/** The loops over the places of a piece and the channels. */
static void open_places(emitter *e, const batchnorm *b)
{
    cw_line(&e->w, "for (int j = 0; j < %s; j++)", count_of(e, b, "n"));
    cw_indent(&e->w);
    cw_open(&e->w, "for (int k = 0; k < %lld; k++)", b->channels);
}

static void close_places(emitter *e)
{
    cw_close(&e->w, "");
    cw_outdent(&e->w);
}

/** "[j * 16 + k]" */
static const char *element(emitter *e, const batchnorm *b)
{
    return emit_text(e, "[j * %lld + k]", b->channels);
}

static void open_channels(emitter *e, const batchnorm *b)
{
    cw_open(&e->w, "for (int k = 0; k < %lld; k++)", b->channels);
}

static const char *partials_of_piece(emitter *e, const plan_step *s)
{
    return emit_text(e, "%s + task->piece * %lld", emit_partials_of(e, s), (long long)s->partial_size);
}

/* --- forward -------------------------------------------------------------------------------------- */

/** The second pass over a piece. A long sum leaves a rounding error in the mean; what remains of the differences
 *  from it (Chan, Golub, LeVeque 1983) corrects mean and variance. */
static void emit_corrected_sums(emitter *e, const batchnorm *b)
{
    open_places(e, b);
    cw_line(&e->w, "const float difference = in%s - mean[k];", element(e, b));
    cw_line(&e->w, "rest[k] += difference;");
    cw_line(&e->w, "variance[k] = mnn_fma(difference, difference, variance[k]);");
    close_places(e);
    open_channels(e, b);
    cw_line(&e->w, "const float error = rest[k] / count;");
    cw_line(&e->w, "mean[k] += error;");
    cw_line(&e->w, "variance[k] = fmaxf(mnn_fma(-error, error, variance[k] / count), 0.0f);");
    cw_close(&e->w, "");
}

void emit_batchnorm_forward_sums(emitter *e, const plan_step *s)
{
    const batchnorm b = batchnorm_of(s->op);
    emit_open_function(e, s,
                       "mean[%lld] and variance[%lld] per channel over the rows of the piece,\n    corrected for "
                       "the rounding error of the mean",
                       b.channels, b.channels);
    emit_open_rows(e);
    cw_line(&e->w, "const float *in = %s;", emit_rows_of(e, b.x));
    cw_line(&e->w, "float *restrict mean = %s, *restrict variance = mean + %lld;", partials_of_piece(e, s), b.channels);
    cw_line(&e->w, "float *restrict rest = task->scratch;");
    cw_line(&e->w, "const float count = (float)(%s);", count_of(e, &b, "n"));
    cw_line(&e->w, "memset(mean, 0, %lld * sizeof *mean);", 2 * b.channels);
    cw_line(&e->w, "memset(rest, 0, %lld * sizeof *rest);", b.channels);
    open_places(e, &b);
    cw_line(&e->w, "mean[k] += in%s;", element(e, &b));
    close_places(e);
    cw_line(&e->w, "for (int k = 0; k < %lld; k++)", b.channels);
    cw_line(&e->w, "    mean[k] /= count;");
    emit_corrected_sums(e, &b);
    cw_close(&e->w, "");
}

/** The number of channels as an argument, which layers of all sizes share. */
static const char *channels_of(emitter *e, const batchnorm *b)
{
    return emit_size_of(e, "channels", b->channels);
}

static void open_any_channels(emitter *e, const batchnorm *b)
{
    cw_open(&e->w, "for (int k = 0; k < %s; k++)", channels_of(e, b));
}

static void emit_zeros(emitter *e, const batchnorm *b, const char *sums)
{
    cw_line(&e->w, "memset(%s, 0, (size_t)%s * sizeof *%s);", sums, channels_of(e, b), sums);
}

/** The loop over the pieces that have rows; declares share, the piece's part of the batch. */
static void open_shares(emitter *e, const batchnorm *b, const plan_step *s)
{
    const long long piece = s->maker->piece;
    cw_open(&e->w, "for (int first = 0; first < rows; first += %lld)", piece);
    cw_line(&e->w, "const float *part = %s + first / %lld * 2 * %s; /* its mean and variance */",
            emit_partials_of(e, s), piece, channels_of(e, b));
    cw_line(&e->w, "const float share = (float)mnn_min(%lld, rows - first) / (float)rows;", piece);
}

void emit_batchnorm_forward_totals(emitter *e, const plan_step *s)
{
    const batchnorm b = batchnorm_of(s->op);
    emit_open_function(
        e, s,
        "mean = sum over pieces of share * mean of the piece;\n    variance = sum over pieces of share * "
        "(variance of the piece + (mean of the piece - mean)^2);\n    inverse = 1 / sqrt(variance + %s)",
        cw_f64(&e->w, b.op->attr.epsilon));
    const char *mean = emit_name_of(e, b.mean), *variance = emit_name_of(e, b.variance),
               *inverse = emit_name_of(e, b.inverse);
    const char *channels = channels_of(e, &b);
    emit_zeros(e, &b, mean);
    emit_zeros(e, &b, variance);
    open_shares(e, &b, s);
    cw_line(&e->w, "for (int k = 0; k < %s; k++)", channels);
    cw_line(&e->w, "    %s[k] = mnn_fma(share, part[k], %s[k]);", mean, mean);
    cw_close(&e->w, "");
    open_shares(e, &b, s);
    open_any_channels(e, &b);
    cw_line(&e->w, "const float difference = part[k] - %s[k];", mean);
    cw_line(&e->w, "%s[k] = mnn_fma(share, mnn_fma(difference, difference, part[%s + k]), %s[k]);", variance, channels,
            variance);
    cw_close(&e->w, "");
    cw_close(&e->w, "");
    cw_line(&e->w, "for (int k = 0; k < %s; k++)", channels);
    cw_line(&e->w, "    %s[k] = 1.0f / sqrtf(%s[k] + %s);", inverse, variance, cw_f32(&e->w, b.op->attr.epsilon));
    cw_close(&e->w, "");
}

/** Declare z of the element: the result before gamma and beta. */
static void emit_z(emitter *e, const batchnorm *b)
{
    cw_line(&e->w, "const float z = (in%s - %s[k]) * %s[k];", element(e, b), emit_name_of(e, b->mean),
            emit_name_of(e, b->inverse));
}

/** z * gamma + beta of the element. */
static const char *scaled(emitter *e, const batchnorm *b)
{
    const char *gamma = b->gamma ? emit_text(e, "%s[k]", emit_name_of(e, b->gamma)) : NULL;
    const char *beta = b->beta ? emit_text(e, "%s[k]", emit_name_of(e, b->beta)) : NULL;
    if (gamma)
        return beta ? emit_text(e, "mnn_fma(z, %s, %s)", gamma, beta) : emit_text(e, "z * %s", gamma);
    if (beta) /* here z itself is the product */
        return emit_text(e, "mnn_fma(in%s - %s[k], %s[k], %s)", element(e, b), emit_name_of(e, b->mean),
                         emit_name_of(e, b->inverse), beta);
    return "z";
}

/** " * gamma + beta" of an equation. */
static const char *scaled_equation(const batchnorm *b)
{
    return b->gamma ? b->beta ? " * gamma + beta" : " * gamma" : b->beta ? " + beta" : "";
}

/** out[j, k] = f(value) */
static void emit_store(emitter *e, const batchnorm *b, const char *value)
{
    const ir_activation f = b->op->attr.activation;
    if (f.kind != LANG_ACTIVATION_LINEAR)
        cw_line(&e->w, "const float y = %s;", value);
    cw_line(&e->w, "out%s = %s;", element(e, b),
            f.kind == LANG_ACTIVATION_LINEAR ? value : emit_activation_of(e, f, "y", FORMULA_FLOAT));
}

void emit_batchnorm_forward(emitter *e, const plan_step *s)
{
    const batchnorm b = batchnorm_of(s->op);
    const char *y = emit_text(e, "(in - mean) * inverse%s", scaled_equation(&b));
    emit_open_function(e, s, "out%s = %s", emit_dims_of(e, b.y), emit_equation_of(e, b.op->attr.activation, y));
    emit_open_rows(e);
    cw_line(&e->w, "const float *in = %s;", emit_rows_of(e, b.x));
    cw_line(&e->w, "float *restrict out = %s;", emit_rows_of(e, b.y));
    open_places(e, &b);
    if (b.gamma || !b.beta)
        emit_z(e, &b);
    emit_store(e, &b, scaled(e, &b));
    close_places(e);
    cw_close(&e->w, "");
}

void emit_batchnorm_predict(emitter *e, const plan_step *s)
{
    const batchnorm b = batchnorm_of(s->op);
    emit_open_function(
        e, s, "out%s = %s, where scale = %s / sqrt(moving_variance + %s)\n    and shift = %s- moving_mean * scale",
        emit_dims_of(e, b.y), emit_equation_of(e, b.op->attr.activation, "in * scale + shift"), b.gamma ? "gamma" : "1",
        cw_f64(&e->w, b.op->attr.epsilon), b.beta ? "beta " : "");
    cw_line(&e->w, "float *restrict scale = task->scratch, *restrict shift = scale + %lld;", b.channels);
    cw_line(&e->w, "if (task->opens)");
    cw_indent(&e->w);
    open_channels(e, &b);
    cw_line(&e->w, "scale[k] = %s / sqrtf(%s[k] + %s);",
            b.gamma ? emit_text(e, "%s[k]", emit_name_of(e, b.gamma)) : "1.0f", emit_name_of(e, b.moving_variance),
            cw_f32(&e->w, b.op->attr.epsilon));
    const char *moved = emit_name_of(e, b.moving_mean);
    if (b.beta)
        cw_line(&e->w, "shift[k] = mnn_fma(-%s[k], scale[k], %s[k]);", moved, emit_name_of(e, b.beta));
    else
        cw_line(&e->w, "shift[k] = -%s[k] * scale[k];", moved);
    cw_close(&e->w, "");
    cw_outdent(&e->w);
    emit_open_rows(e);
    cw_line(&e->w, "const float *in = %s;", emit_rows_of(e, b.x));
    cw_line(&e->w, "float *restrict out = %s;", emit_rows_of(e, b.y));
    open_places(e, &b);
    emit_store(e, &b, emit_text(e, "mnn_fma(in%s, scale[k], shift[k])", element(e, &b)));
    close_places(e);
    cw_close(&e->w, "");
}

void emit_batchnorm_update_state(emitter *e, const plan_step *s)
{
    const batchnorm b = batchnorm_of(s->op);
    const char *keep = cw_f32(&e->w, b.op->attr.momentum), *take = cw_f32(&e->w, 1.0 - b.op->attr.momentum);
    emit_open_function(e, s, "moving_mean = moving_mean * %s + mean * %s; the variance likewise", keep, take);
    const char *mean = emit_name_of(e, b.moving_mean), *variance = emit_name_of(e, b.moving_variance);
    open_any_channels(e, &b);
    cw_line(&e->w, "%s[k] = mnn_fma(%s[k], %s, %s[k] * %s);", mean, mean, keep, emit_name_of(e, b.mean), take);
    cw_line(&e->w, "%s[k] = mnn_fma(%s[k], %s, %s[k] * %s);", variance, variance, keep, emit_name_of(e, b.variance),
            take);
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

/* --- backward ------------------------------------------------------------------------------------- */

/** Where the sum over the batch of dout (or dout z) goes: the gradient of beta (gamma), or memory of its own where
 *  there is no such parameter; NULL when nobody needs it. */
static const char *sum_of(emitter *e, const ir_op *back, const ir_value *parameter, bool is_gamma)
{
    if (parameter)
        return emit_name_of(e, parameter->gradient);
    const ir_value *first = ir_output_of_kind(back, IR_VALUE_STATISTIC, 0);
    const ir_value *second = ir_output_of_kind(back, IR_VALUE_STATISTIC, 1);
    if (!first)
        return NULL;
    return emit_name_of(e, !is_gamma && second ? second : first);
}

static void emit_pointers(emitter *e, const batchnorm *b, const ir_value *dy)
{
    cw_line(&e->w, "const float *dout = %s;", emit_rows_of(e, dy));
    cw_line(&e->w, "const float *in = %s;", emit_rows_of(e, b->x));
}

void emit_batchnorm_backward_sums(emitter *e, const plan_step *s)
{
    const batchnorm b = batchnorm_of(s->op);
    emit_open_function(e, s,
                       "dgamma[%lld] = sum of dout z and dbeta[%lld] = sum of dout over the rows of the piece,\n"
                       "    where z = (in - mean) * inverse",
                       b.channels, b.channels);
    emit_open_rows(e);
    emit_pointers(e, &b, s->op->input[0]);
    cw_line(&e->w, "float *restrict dgamma = %s, *restrict dbeta = dgamma + %lld;", partials_of_piece(e, s),
            b.channels);
    cw_line(&e->w, "memset(dgamma, 0, %lld * sizeof *dgamma);", 2 * b.channels);
    open_places(e, &b);
    emit_z(e, &b);
    cw_line(&e->w, "dgamma[k] = mnn_fma(dout%s, z, dgamma[k]);", element(e, &b));
    cw_line(&e->w, "dbeta[k] += dout%s;", element(e, &b));
    close_places(e);
    cw_close(&e->w, "");
}

void emit_batchnorm_backward_totals(emitter *e, const plan_step *s)
{
    const batchnorm b = batchnorm_of(s->op);
    const long long piece = s->maker->piece;
    emit_open_function(e, s, "dgamma, dbeta = sum of the partial sums of the pieces, in order");
    const char *sums[] = {sum_of(e, s->op, b.gamma, true), sum_of(e, s->op, b.beta, false)};
    const char *channels = channels_of(e, &b);
    for (int i = 0; i < 2; i++)
        if (sums[i])
            emit_zeros(e, &b, sums[i]);
    cw_open(&e->w, "for (int piece = 0; piece * %lld < rows; piece++)", piece);
    cw_line(&e->w, "const float *partial = %s + piece * 2 * %s;", emit_partials_of(e, s), channels);
    open_any_channels(e, &b);
    for (int i = 0; i < 2; i++)
        if (sums[i])
            cw_line(&e->w, "%s[k] += partial[%sk];", sums[i], i ? emit_text(e, "%s + ", channels) : "");
    cw_close(&e->w, "");
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

void emit_batchnorm_backward(emitter *e, const plan_step *s)
{
    const batchnorm b = batchnorm_of(s->op);
    const ir_value *dx = ir_output_of_kind(s->op, IR_VALUE_GRADIENT, 0);
    emit_open_function(e, s,
                       "dx%s = %sinverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse\n"
                       "    and count = %s",
                       emit_dims_of(e, dx), b.gamma ? "gamma * " : "", count_of(e, &b, "rows"));
    cw_line(&e->w, "const float share = 1.0f / (float)(%s);", count_of(e, &b, "task->rows"));
    emit_open_rows(e);
    emit_pointers(e, &b, s->op->input[0]);
    cw_line(&e->w, "float *restrict dx = %s;", emit_rows_of(e, dx));
    open_places(e, &b);
    emit_z(e, &b);
    cw_line(&e->w, "const float sums = mnn_fma(z, %s[k], %s[k]);", sum_of(e, s->op, b.gamma, true),
            sum_of(e, s->op, b.beta, false));
    cw_line(&e->w, "dx%s = %s%s[k] * mnn_fma(-share, sums, dout%s);", element(e, &b),
            b.gamma ? emit_text(e, "%s[k] * ", emit_name_of(e, b.gamma)) : "", emit_name_of(e, b.inverse),
            element(e, &b));
    close_places(e);
    emit_fused_derivative(e, s, emit_text(e, "first * %lld", b.size), emit_text(e, "n * %lld", b.size));
    cw_close(&e->w, "");
}
