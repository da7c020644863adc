/* update(): one pass over all parameters. Formulas, defaults and their order (clip, decay, step) are Keras 3's. */
#include "emit/ops.h"

static const ir_optimizer *optimizer_of(const emitter *e)
{
    return &e->plan->program->train.optimizer;
}

static const char *const slots[LANG_OPTIMIZER_COUNT][2] = {
    [LANG_OPTIMIZER_SGD] = {"velocity"}, [LANG_OPTIMIZER_RMSPROP] = {"velocity", "momentum"},
    [LANG_OPTIMIZER_ADAM] = {"m", "v"},  [LANG_OPTIMIZER_ADAMW] = {"m", "v"},
    [LANG_OPTIMIZER_NADAM] = {"m", "v"}, [LANG_OPTIMIZER_ADAGRAD] = {"accumulator"},
};

const char *optimizer_name(const emitter *e)
{
    static const char *const names[] = {
#define OPTIMIZER(id, name, ...) name,
#include "lang/optimizers.def"
#undef OPTIMIZER
    };
    return names[optimizer_of(e)->kind];
}

const char *optimizer_slot(emitter *e, int nth)
{
    return slots[optimizer_of(e)->kind][nth];
}

const char *optimizer_array(emitter *e, int nth)
{
    return text(e, "%s_%s", optimizer_name(e), optimizer_slot(e, nth));
}

double optimizer_initial(const emitter *e, int nth)
{
    return nth == 0 ? optimizer_of(e)->initial_accumulator_value : 0;
}

/* --- around the loop ---------------------------------------------------------------------------------- */

/** What is done before the step, as a line of the comment or nothing. */
static const char *before_step(emitter *e)
{
    const ir_optimizer *o = optimizer_of(e);
    const char *clip = "", *decay = "";
    if (o->clipnorm > 0)
        clip = text(e, "g of a tensor *= min(1, %s / norm of g)", cw_f64(&e->w, o->clipnorm));
    else if (o->global_clipnorm > 0)
        clip = text(e, "g *= min(1, %s / norm of all g)", cw_f64(&e->w, o->global_clipnorm));
    else if (o->clipvalue > 0)
        clip = text(e, "g = min(max(g, -%s), %s)", cw_f64(&e->w, o->clipvalue), cw_f64(&e->w, o->clipvalue));
    if (o->weight_decay > 0)
        decay = text(e, "w -= learning_rate %s w", cw_f64(&e->w, o->weight_decay));
    if (*clip == '\0' && *decay == '\0')
        return "";
    return text(e, "\n    before: %s%s%s", clip, *clip != '\0' && *decay != '\0' ? ";  " : "", decay);
}

static void open_update(emitter *e, const char *comment)
{
    cw_comment(&e->w, "%s%s", comment, before_step(e));
    cw_line(&e->w, "static void update(const mnn_task *task)");
    cw_body(&e->w);
    cw_line(&e->w, "const mnn_update *step = task->update;");
}

/** The first element of every tensor, and the end of the last. */
static void emit_tensor_begins(emitter *e)
{
    str list = str_new(e->plan->arena);
    for (const plan_buffer *b = e->plan->buffers; b; b = b->next)
        if (b->array == PLAN_PARAMS)
            str_printf(&list, "%lld, ", (long long)b->offset);
    cw_line(&e->w, "static const int tensor_begin[] = {%sPARAM_COUNT};", list.text);
    cw_line(&e->w, "enum { TENSORS = sizeof tensor_begin / sizeof tensor_begin[0] - 1 };");
    cw_blank(&e->w);
}

/** The loop over the pieces of a tensor; those of other tasks are left out. */
static void open_tensor_pieces(emitter *e)
{
    cw_open(&e->w, "for (int first = tensor_begin[k]; first < tensor_begin[k + 1]; first += %d, piece++)",
            PLAN_UPDATE_PIECE);
    cw_line(&e->w, "if (piece < task->first || piece >= task->first + task->n)");
    cw_line(&e->w, "    continue;");
    cw_line(&e->w, "const int n = mnn_min(%d, tensor_begin[k + 1] - first);", PLAN_UPDATE_PIECE);
}

/** The function that sums the squares of the gradients by pieces, which update() adds up in order. */
static void emit_squares(emitter *e)
{
    const bool by_tensor = optimizer_of(e)->clipnorm > 0;
    if (e->plan->norm_pieces == 0)
        return;
    if (by_tensor)
        emit_tensor_begins(e);
    cw_comment(&e->w, "The sum of the squares of each piece of the gradients%s.", by_tensor ? " of a tensor" : "");
    cw_line(&e->w, "static void gradient_squares(const mnn_task *task)");
    cw_body(&e->w);
    if (by_tensor) {
        cw_line(&e->w, "for (int k = 0, piece = 0; k < TENSORS; k++)");
        cw_indent(&e->w);
        open_tensor_pieces(e);
        cw_line(&e->w, "piece_squares[piece] = mnn_sum_of_squares(grads + first, n);");
        cw_close(&e->w, "");
        cw_outdent(&e->w);
    } else {
        cw_line(&e->w, "piece_squares[task->first / %d] = mnn_sum_of_squares(grads + task->first, task->n);",
                PLAN_UPDATE_PIECE);
    }
    cw_close(&e->w, "");
    cw_blank(&e->w);
}

static void emit_decay(emitter *e)
{
    const ir_optimizer *o = optimizer_of(e);
    if (o->weight_decay > 0)
        cw_line(&e->w, "const float decay = (float)(step->learning_rate * %s);", cw_f64(&e->w, o->weight_decay));
}

/** Over the pieces of one tensor after the other, with the factor that clips each. */
static void open_tensors(emitter *e)
{
    const char *norm = cw_f64(&e->w, optimizer_of(e)->clipnorm);
    cw_open(&e->w, "for (int k = 0, piece = 0; k < TENSORS; k++)");
    cw_line(&e->w, "const int last = piece + (tensor_begin[k + 1] - tensor_begin[k] + %d) / %d;", PLAN_UPDATE_PIECE - 1,
            PLAN_UPDATE_PIECE);
    cw_line(&e->w, "double squares = 0.0;");
    cw_line(&e->w, "for (int i = piece; i < last; i++)");
    cw_line(&e->w, "    squares += piece_squares[i];");
    cw_line(&e->w, "const float clip = (float)(sqrt(squares) > %s ? %s / sqrt(squares) : 1.0);", norm, norm);
    open_tensor_pieces(e);
}

static void emit_global_clip(emitter *e)
{
    const char *norm = cw_f64(&e->w, optimizer_of(e)->global_clipnorm);
    cw_line(&e->w, "double squares = 0.0;");
    cw_line(&e->w, "for (int piece = 0; piece < %lld; piece++)", (long long)e->plan->norm_pieces);
    cw_line(&e->w, "    squares += piece_squares[piece];");
    cw_line(&e->w, "const float clip = (float)(sqrt(squares) > %s ? %s / sqrt(squares) : 1.0);", norm, norm);
}

static void open_loop(emitter *e)
{
    emit_decay(e);
    if (optimizer_of(e)->clipnorm > 0)
        open_tensors(e);
    else
        open_rows(e);
    if (optimizer_of(e)->global_clipnorm > 0)
        emit_global_clip(e);
    cw_open(&e->w, "for (int i = first; i < first + n; i++)");
}

/** The loop's first line: the gradient, clipped. */
static void emit_gradient(emitter *e)
{
    const ir_optimizer *o = optimizer_of(e);
    const char *value = cw_f32(&e->w, o->clipvalue);
    if (o->clipvalue > 0)
        cw_line(&e->w, "const float g = fminf(fmaxf(grads[i], -%s), %s);", value, value);
    else
        cw_line(&e->w, "const float g = %sgrads[i];", o->clipnorm > 0 || o->global_clipnorm > 0 ? "clip * " : "");
}

/** The loop's last line: params[i] plus or minus a change, and less the decay, rounded once.
 *  @param rate  of the change, or NULL for 1 */
static void emit_change(emitter *e, char sign, const char *rate, const char *change)
{
    const bool minus = sign == '-';
    if (optimizer_of(e)->weight_decay > 0)
        cw_line(&e->w, "params[i] %c= mnn_fma(%sdecay, params[i], %s%s%s);", sign, minus ? "" : "-", rate ? rate : "",
                rate ? " * " : "", change);
    else if (rate)
        cw_line(&e->w, "params[i] = mnn_fma(%s%s, %s, params[i]);", minus ? "-" : "", rate, change);
    else
        cw_line(&e->w, "params[i] %c= %s;", sign, change);
}

static void close_update(emitter *e)
{
    for (int i = optimizer_of(e)->clipnorm > 0 ? 4 : 2; i > 0; i--)
        cw_close(&e->w, "");
}

static void emit_rate(emitter *e)
{
    cw_line(&e->w, "const float rate = (float)step->learning_rate;");
}

/* --- the optimizers ----------------------------------------------------------------------------------- */

static const char *sgd_comment(emitter *e)
{
    const ir_optimizer *o = optimizer_of(e);
    const char *momentum = cw_f64(&e->w, o->momentum);
    if (o->momentum == 0)
        return "update: stochastic gradient descent\n    w -= rate g";
    return text(e, "update: stochastic gradient descent with %smomentum\n    v = %s v - rate g;  w += %s",
                o->nesterov ? "Nesterov " : "", momentum, o->nesterov ? text(e, "%s v - rate g", momentum) : "v");
}

static void emit_sgd(emitter *e)
{
    const ir_optimizer *o = optimizer_of(e);
    const char *momentum = cw_f32(&e->w, o->momentum);
    open_update(e, sgd_comment(e));
    emit_rate(e);
    open_loop(e);
    emit_gradient(e);
    if (o->momentum == 0) {
        emit_change(e, '-', "rate", "g");
    } else {
        const char *v = optimizer_array(e, 0);
        cw_line(&e->w, "const float v = mnn_fma(%s, %s[i], -rate * g);", momentum, v);
        cw_line(&e->w, "%s[i] = v;", v);
        emit_change(e, '+', NULL, o->nesterov ? text(e, "mnn_fma(%s, v, -rate * g)", momentum) : "v");
    }
    close_update(e);
}

static void emit_rmsprop(emitter *e)
{
    const ir_optimizer *o = optimizer_of(e);
    const char *v = optimizer_array(e, 0);
    open_update(e, text(e,
                        "update: RMSprop (Tieleman, Hinton 2012), epsilon inside the root as in Keras\n"
                        "    v = %s v + %s g^2;  s = rate g / sqrt(v + %s);  %s",
                        cw_f64(&e->w, o->rho), cw_f64(&e->w, 1 - o->rho), cw_f64(&e->w, o->epsilon),
                        o->momentum > 0 ? text(e, "m = %s m + s;  w -= m", cw_f64(&e->w, o->momentum)) : "w -= s"));
    emit_rate(e);
    open_loop(e);
    emit_gradient(e);
    cw_line(&e->w, "const float v = mnn_fma(%s, %s[i], %s * (g * g));", cw_f32(&e->w, o->rho), v,
            cw_f32(&e->w, 1 - o->rho));
    cw_line(&e->w, "%s[i] = v;", v);
    const char *step = text(e, "rate * g / sqrtf(v + %s)", cw_f32(&e->w, o->epsilon));
    if (o->momentum > 0) {
        const char *m = optimizer_array(e, 1);
        cw_line(&e->w, "%s[i] = mnn_fma(%s, %s[i], %s);", m, cw_f32(&e->w, o->momentum), m, step);
        step = text(e, "%s[i]", m);
    }
    emit_change(e, '-', NULL, step);
    close_update(e);
}

/** m and v of Adam and Nadam. */
static void emit_moments(emitter *e)
{
    const ir_optimizer *o = optimizer_of(e);
    const char *m = optimizer_array(e, 0), *v = optimizer_array(e, 1);
    emit_gradient(e);
    const bool clips = o->clipnorm > 0 || o->global_clipnorm > 0; /* then g is a product */
    const char *difference = text(e, clips ? "mnn_fma(clip, grads[i], -%s[i])" : "g - %s[i]", m);
    cw_line(&e->w, "const float m = mnn_fma(%s, %s, %s[i]);", cw_f32(&e->w, 1 - o->beta_1), difference, m);
    cw_line(&e->w, "const float v = mnn_fma(%s, mnn_fma(g, g, -%s[i]), %s[i]);", cw_f32(&e->w, 1 - o->beta_2), v, v);
    cw_line(&e->w, "%s[i] = m;", m);
    cw_line(&e->w, "%s[i] = v;", v);
}

static void emit_adam(emitter *e)
{
    const ir_optimizer *o = optimizer_of(e);
    const char *b1 = cw_f64(&e->w, o->beta_1), *b2 = cw_f64(&e->w, o->beta_2);
    open_update(e, text(e,
                        "update: %s in the \"epsilon hat\" form, as in Keras\n"
                        "    m += (1 - %s) (g - m);  v += (1 - %s) (g^2 - v);  w -= rate m / (sqrt(v) + %s)\n"
                        "    rate = learning_rate sqrt(1 - %s^t) / (1 - %s^t)",
                        o->kind == LANG_OPTIMIZER_ADAMW ? "AdamW (Loshchilov, Hutter 2019)" : "Adam (Kingma, Ba 2015)",
                        b1, b2, cw_f64(&e->w, o->epsilon), b2, b1));
    cw_line(&e->w, "const double t = (double)step->step;");
    cw_line(&e->w, "const double correction = sqrt(1.0 - pow(%s, t)) / (1.0 - pow(%s, t));", b2, b1);
    cw_line(&e->w, "const float rate = (float)(step->learning_rate * correction);");
    open_loop(e);
    emit_moments(e);
    emit_change(e, '-', NULL, text(e, "rate * m / (sqrtf(v) + %s)", cw_f32(&e->w, o->epsilon)));
    close_update(e);
}

static void emit_nadam(emitter *e)
{
    const ir_optimizer *o = optimizer_of(e);
    const char *b1 = cw_f64(&e->w, o->beta_1), *b2 = cw_f64(&e->w, o->beta_2);
    open_update(e, text(e,
                        "update: Nadam (Dozat 2016), as in Keras\n"
                        "    u(t) = %s (1 - 0.96^t / 2);  U(t) = u(1) u(2) ... u(t)\n"
                        "    m += (1 - %s) (g - m);  v += (1 - %s) (g^2 - v)\n"
                        "    w -= rate (u(t+1) m / (1 - U(t+1)) + (1 - u(t)) g / (1 - U(t)))\n"
                        "        / (sqrt(v / (1 - %s^t)) + %s)",
                        b1, b1, b2, b2, cw_f64(&e->w, o->epsilon)));
    emit_rate(e);
    cw_line(&e->w, "const double t = (double)step->step;");
    cw_line(&e->w, "double product = 1.0; /* U(t); factors that do not change 1 - U are omitted */");
    cw_line(&e->w, "double power = 1.0;");
    cw_open(&e->w, "for (uint64_t k = 1; k <= step->step && product > 1e-17; k++)");
    cw_line(&e->w, "power *= 0.96;");
    cw_line(&e->w, "product *= %s * mnn_fma_double(-0.5, power, 1.0);", b1);
    cw_close(&e->w, "");
    cw_line(&e->w, "const double now = mnn_fma_double(-0.5, pow(0.96, t), 1.0); /* u(t) / %s */", b1);
    cw_line(&e->w, "const double next = %s * mnn_fma_double(-0.5, pow(0.96, t + 1.0), 1.0);", b1);
    cw_line(&e->w, "const float m_share = (float)(next / mnn_fma_double(-product, next, 1.0));");
    cw_line(&e->w, "const float g_share = (float)(mnn_fma_double(-%s, now, 1.0) / (1.0 - product));", b1);
    cw_line(&e->w, "const float v_share = (float)(1.0 / (1.0 - pow(%s, t)));", b2);
    open_loop(e);
    emit_moments(e);
    cw_line(&e->w, "const float change = mnn_fma(m_share, m, g_share * g) / (sqrtf(v_share * v) + %s);",
            cw_f32(&e->w, o->epsilon));
    emit_change(e, '-', "rate", "change");
    close_update(e);
}

static void emit_adagrad(emitter *e)
{
    const char *a = optimizer_array(e, 0), *epsilon = cw_f32(&e->w, optimizer_of(e)->epsilon);
    open_update(e, text(e,
                        "update: Adagrad (Duchi, Hazan, Singer 2011), epsilon inside the root as in Keras\n"
                        "    a += g^2, from %s;  w -= rate g / sqrt(a + %s)",
                        cw_f64(&e->w, optimizer_initial(e, 0)), cw_f64(&e->w, optimizer_of(e)->epsilon)));
    emit_rate(e);
    open_loop(e);
    emit_gradient(e);
    cw_line(&e->w, "const float a = mnn_fma(g, g, %s[i]);", a);
    cw_line(&e->w, "%s[i] = a;", a);
    emit_change(e, '-', NULL, text(e, "rate * g / sqrtf(a + %s)", epsilon));
    close_update(e);
}

void emit_update(emitter *e)
{
    static void (*const writers[LANG_OPTIMIZER_COUNT])(emitter *) = {
        [LANG_OPTIMIZER_SGD] = emit_sgd,     [LANG_OPTIMIZER_RMSPROP] = emit_rmsprop,
        [LANG_OPTIMIZER_ADAM] = emit_adam,   [LANG_OPTIMIZER_ADAMW] = emit_adam,
        [LANG_OPTIMIZER_NADAM] = emit_nadam, [LANG_OPTIMIZER_ADAGRAD] = emit_adagrad,
    };
    cw_blank(&e->w);
    emit_squares(e);
    writers[optimizer_of(e)->kind](e);
}
