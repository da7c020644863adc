/* update(): one pass over all parameters. Formulas and defaults are Keras 3's. */
#include "emit/ops.h"

/* Parameters in a piece: small enough to spread, large enough to be worth it. */
enum { UPDATE_PIECE = 8192 };

static const ir_optimizer *optimizer_of(const emitter *e)
{
    return &e->plan->program->train.optimizer;
}

static const char *const slots[LANG_OPTIMIZER_COUNT][2] = {
    [LANG_OPTIMIZER_SGD] = {"velocity"},
    [LANG_OPTIMIZER_RMSPROP] = {"velocity", "momentum"},
    [LANG_OPTIMIZER_ADAM] = {"m", "v"},
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

static void open_update(emitter *e)
{
    cw_line(&e->w, "static void update(const mnn_worker *worker, const mnn_update *step)");
    cw_body(&e->w);
}

static void open_loop(emitter *e)
{
    cw_open(&e->w, "for (int first = worker->index * %d; first < PARAM_COUNT; first += worker->count * %d)",
            UPDATE_PIECE, UPDATE_PIECE);
    cw_line(&e->w, "const int end = mnn_min(first + %d, PARAM_COUNT);", UPDATE_PIECE);
    cw_open(&e->w, "for (int i = first; i < end; i++)");
}

static void close_update(emitter *e)
{
    cw_close(&e->w, "");
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

static void emit_sgd(emitter *e)
{
    const ir_optimizer *o = optimizer_of(e);
    const char *momentum = cw_f32(&e->w, o->momentum);
    if (o->momentum == 0)
        cw_comment(&e->w, "update: stochastic gradient descent\n    w -= rate g");
    else
        cw_comment(&e->w, "update: stochastic gradient descent with %smomentum\n    v = %s v - rate g;  w += %s",
                   o->nesterov ? "Nesterov " : "", cw_f64(&e->w, o->momentum),
                   o->nesterov ? text(e, "%s v - rate g", cw_f64(&e->w, o->momentum)) : "v");
    open_update(e);
    cw_line(&e->w, "const float rate = (float)step->learning_rate;");
    open_loop(e);
    if (o->momentum == 0) {
        cw_line(&e->w, "params[i] -= rate * grads[i];");
    } else {
        const char *v = optimizer_array(e, 0);
        cw_line(&e->w, "const float v = %s * %s[i] - rate * grads[i];", momentum, v);
        cw_line(&e->w, "%s[i] = v;", v);
        if (o->nesterov)
            cw_line(&e->w, "params[i] += %s * v - rate * grads[i];", momentum);
        else
            cw_line(&e->w, "params[i] += v;");
    }
    close_update(e);
}

static void emit_rmsprop(emitter *e)
{
    const ir_optimizer *o = optimizer_of(e);
    const char *v = optimizer_array(e, 0);
    cw_comment(&e->w,
               "update: RMSprop (Tieleman, Hinton 2012), epsilon inside the root as in Keras\n"
               "    v = %s v + %s g^2;  s = rate g / sqrt(v + %s);  %s",
               cw_f64(&e->w, o->rho), cw_f64(&e->w, 1 - o->rho), cw_f64(&e->w, o->epsilon),
               o->momentum > 0 ? text(e, "m = %s m + s;  w -= m", cw_f64(&e->w, o->momentum)) : "w -= s");
    open_update(e);
    cw_line(&e->w, "const float rate = (float)step->learning_rate;");
    open_loop(e);
    cw_line(&e->w, "const float g = grads[i];");
    cw_line(&e->w, "const float v = %s * %s[i] + %s * (g * g);", cw_f32(&e->w, o->rho), v, cw_f32(&e->w, 1 - o->rho));
    cw_line(&e->w, "%s[i] = v;", v);
    const char *step = text(e, "rate * g / sqrtf(v + %s)", cw_f32(&e->w, o->epsilon));
    if (o->momentum > 0) {
        const char *m = optimizer_array(e, 1);
        cw_line(&e->w, "%s[i] = %s * %s[i] + %s;", m, cw_f32(&e->w, o->momentum), m, step);
        cw_line(&e->w, "params[i] -= %s[i];", m);
    } else {
        cw_line(&e->w, "params[i] -= %s;", step);
    }
    close_update(e);
}

static void emit_adam(emitter *e)
{
    const ir_optimizer *o = optimizer_of(e);
    const char *m = optimizer_array(e, 0), *v = optimizer_array(e, 1);
    const char *b1 = cw_f64(&e->w, o->beta_1), *b2 = cw_f64(&e->w, o->beta_2);
    cw_comment(&e->w,
               "update: Adam (Kingma, Ba 2015) in the \"epsilon hat\" form, as in Keras\n"
               "    m += (1 - %s) (g - m);  v += (1 - %s) (g^2 - v);  w -= rate m / (sqrt(v) + %s)\n"
               "    rate = learning_rate sqrt(1 - %s^t) / (1 - %s^t)",
               b1, b2, cw_f64(&e->w, o->epsilon), b2, b1);
    open_update(e);
    cw_line(&e->w, "const double t = (double)step->step;");
    cw_line(&e->w, "const double correction = sqrt(1.0 - pow(%s, t)) / (1.0 - pow(%s, t));", b2, b1);
    cw_line(&e->w, "const float rate = (float)(step->learning_rate * correction);");
    open_loop(e);
    cw_line(&e->w, "const float g = grads[i];");
    cw_line(&e->w, "const float m = %s[i] + %s * (g - %s[i]);", m, cw_f32(&e->w, 1 - o->beta_1), m);
    cw_line(&e->w, "const float v = %s[i] + %s * (g * g - %s[i]);", v, cw_f32(&e->w, 1 - o->beta_2), v);
    cw_line(&e->w, "%s[i] = m;", m);
    cw_line(&e->w, "%s[i] = v;", v);
    cw_line(&e->w, "params[i] -= rate * m / (sqrtf(v) + %s);", cw_f32(&e->w, o->epsilon));
    close_update(e);
}

void emit_update(emitter *e)
{
    cw_blank(&e->w);
    switch (optimizer_of(e)->kind) {
    case LANG_OPTIMIZER_SGD:
        emit_sgd(e);
        break;
    case LANG_OPTIMIZER_RMSPROP:
        emit_rmsprop(e);
        break;
    case LANG_OPTIMIZER_ADAM:
        emit_adam(e);
        break;
    case LANG_OPTIMIZER_COUNT:
        break;
    }
}
