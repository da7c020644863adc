/* layernorm (Ba, Kiros, Hinton 2016): normalises the values along the last dimension to mean 0 and variance 1,
 * separately for each position of each sample. The backward pass recomputes mean and variance, which is cheaper
 * than storing them. */
#include "emit/ops.h"

typedef struct layernorm {
    const ir_op *op;
    const ir_value *x, *y, *gamma, *beta; /* gamma, beta: NULL without */
    long long channels, places;           /* places of a row, each with all channels */
} layernorm;

static layernorm layernorm_of(const ir_op *op)
{
    const ir_op *f = op->direction == IR_FORWARD ? op : op->forward;
    const ir_shape shape = f->input[0]->shape;
    layernorm l = {f, f->input[0], f->output[0], ir_parameter(f, "gamma"), ir_parameter(f, "beta"), 0, 0};
    l.channels = shape.dim[shape.rank - 1];
    l.places = ir_elements(shape) / l.channels;
    return l;
}

/** " * gamma + beta", or with "[k]" behind each. */
static const char *scaled(emitter *e, const layernorm *l, const char *gamma, const char *beta)
{
    return emit_text(e, "%s%s%s%s", l->gamma ? " * " : "", l->gamma ? gamma : "", l->beta ? " + " : "",
                     l->beta ? beta : "");
}

static void open_channels(emitter *e, const layernorm *l)
{
    cw_open(&e->w, "for (int k = 0; k < %lld; k++)", l->channels);
}

/** The loop over the places of a piece; i counts them from the batch's first. */
static void open_places(emitter *e, const layernorm *l)
{
    if (l->places == 1)
        cw_open(&e->w, "for (int i = first; i < first + n; i++)");
    else
        cw_open(&e->w, "for (int i = first * %lld; i < (first + n) * %lld; i++)", l->places, l->places);
}

static const char *place_of(emitter *e, const layernorm *l, const ir_value *v)
{
    return emit_text(e, "%s + i * %lld", emit_name_of(e, v), l->channels);
}

/** Declare mean and inverse of the numbers at in. */
static void emit_statistics(emitter *e, const layernorm *l)
{
    cw_line(&e->w, "float mean, variance;");
    cw_line(&e->w, "mnn_moments(in, %lld, &mean, &variance);", l->channels);
    cw_line(&e->w, "const float inverse = 1.0f / sqrtf(variance + %s);", cw_f32(&e->w, l->op->attr.epsilon));
}

/** Declare y of the element. */
static void emit_result(emitter *e, const layernorm *l)
{
    const char *a = l->gamma ? "(in[k] - mean) * inverse" : "in[k] - mean";
    const char *b = l->gamma ? emit_text(e, "%s[k]", emit_name_of(e, l->gamma)) : "inverse";
    if (l->beta)
        cw_line(&e->w, "const float y = mnn_fma(%s, %s, %s[k]);", a, b, emit_name_of(e, l->beta));
    else
        cw_line(&e->w, "const float y = (in[k] - mean) * inverse%s;", l->gamma ? emit_text(e, " * %s", b) : "");
}

void emit_layernorm_forward(emitter *e, const plan_step *s)
{
    const layernorm l = layernorm_of(s->op);
    const ir_activation f = s->op->attr.activation;
    const char *y = emit_text(e, "(in - mean) / sqrt(variance + %s)%s", cw_f64(&e->w, s->op->attr.epsilon),
                              scaled(e, &l, "gamma", "beta"));
    emit_open_function(e, s, "out%s = %s,\n    mean and variance along the last dimension", emit_dims_of(e, l.y),
                       emit_equation_of(e, f, y));
    emit_open_rows(e);
    open_places(e, &l);
    cw_line(&e->w, "const float *in = %s;", place_of(e, &l, l.x));
    cw_line(&e->w, "float *restrict out = %s;", place_of(e, &l, l.y));
    emit_statistics(e, &l);
    open_channels(e, &l);
    emit_result(e, &l);
    cw_line(&e->w, "out[k] = %s;", emit_activation_of(e, f, "y", FORMULA_FLOAT));
    cw_close(&e->w, "");
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

/** The gradient of one place: through z, whose mean and variance depend on all of in. */
static void emit_input_gradient(emitter *e, const layernorm *l, const ir_value *dx)
{
    const char *gamma = l->gamma ? emit_text(e, "%s[k]", emit_name_of(e, l->gamma)) : NULL;
    const char *share = cw_f32(&e->w, 1.0 / (double)l->channels);
    cw_line(&e->w, "float *restrict dx = %s;", place_of(e, l, dx));
    cw_line(&e->w, "float sum = 0.0f, sum_z = 0.0f;");
    open_channels(e, l);
    cw_line(&e->w, gamma ? "sum = mnn_fma(dout[k], %s, sum);" : "sum += dout[k];", gamma);
    cw_line(&e->w, "sum_z = mnn_fma(dout[k]%s%s * (in[k] - mean), inverse, sum_z);", gamma ? " * " : "",
            gamma ? gamma : "");
    cw_close(&e->w, "");
    open_channels(e, l);
    cw_line(&e->w, "const float z = (in[k] - mean) * inverse, sums = mnn_fma(z, sum_z, sum);");
    if (gamma)
        cw_line(&e->w, "dx[k] = inverse * mnn_fma(dout[k], %s, -%s * sums);", gamma, share);
    else
        cw_line(&e->w, "dx[k] = inverse * mnn_fma(-%s, sums, dout[k]);", share);
    cw_close(&e->w, "");
}

/** What the place adds to the partial sums of the parameters' gradients. */
static void emit_partials(emitter *e, const layernorm *l)
{
    open_channels(e, l);
    if (l->gamma)
        cw_line(&e->w, "dgamma[k] = mnn_fma(dout[k] * (in[k] - mean), inverse, dgamma[k]);");
    if (l->beta)
        cw_line(&e->w, "dbeta[k] += dout[k];");
    cw_close(&e->w, "");
}

void emit_layernorm_backward(emitter *e, const plan_step *s)
{
    const layernorm l = layernorm_of(s->op);
    const ir_value *dx = ir_output_of_kind(s->op, IR_VALUE_GRADIENT, 0);
    const long long size = (long long)s->partial_size, row = l.places * l.channels;
    emit_open_function(e, s, "%s%sz = (in - mean) / sqrt(variance + %s), dz = dout%s",
                       dx ? "dx = (dz - mean of dz - z * mean of (dz z)) / sqrt(variance + epsilon);\n    " : "",
                       size ? "partial sums, one per piece: dgamma = sum of dout z, dbeta = sum of dout;\n    " : "",
                       cw_f64(&e->w, l.op->attr.epsilon), l.gamma ? " * gamma" : "");
    const char *partials = size ? emit_text(e, "%s + task->piece * %lld", emit_partials_of(e, s), size) : "";
    emit_open_rows(e);
    if (l.gamma)
        cw_line(&e->w, "float *restrict dgamma = %s;", partials);
    if (l.beta)
        cw_line(&e->w, "float *restrict dbeta = %s;", l.gamma ? emit_text(e, "dgamma + %lld", l.channels) : partials);
    if (size)
        cw_line(&e->w, "memset(%s, 0, %lld * sizeof(float));", l.gamma ? "dgamma" : "dbeta", size);
    open_places(e, &l);
    if (dx || l.gamma)
        cw_line(&e->w, "const float *in = %s;", place_of(e, &l, l.x));
    cw_line(&e->w, "const float *dout = %s;", place_of(e, &l, s->op->input[0]));
    if (dx || l.gamma)
        emit_statistics(e, &l);
    if (size)
        emit_partials(e, &l);
    if (dx)
        emit_input_gradient(e, &l, dx);
    cw_close(&e->w, "");
    if (dx)
        emit_fused_derivative(e, s, emit_text(e, "first * %lld", row), emit_text(e, "n * %lld", row));
    cw_close(&e->w, "");
}
