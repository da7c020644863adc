/* schedule(): the learning rate of a step, if it is not constant. Formulas are Keras 3's; one_cycle's is that of
 * PyTorch. */
#include "emit/ops.h"

static const ir_schedule *schedule_of(const emitter *e)
{
    return &e->plan->program->train.optimizer.schedule;
}

static void open_schedule(emitter *e, const char *comment)
{
    cw_comment(&e->w, "The learning rate after the given number of updates: %s", comment);
    cw_line(&e->w, "static double schedule(uint64_t updates)");
    cw_body(&e->w);
}

static void emit_exponential(emitter *e)
{
    const ir_schedule *s = schedule_of(e);
    const char *periods = text(e, "step / %lld.0", (long long)s->steps);
    open_schedule(e, text(e, "%s %s^%s(step / %lld)", cw_f64(&e->w, s->initial), cw_f64(&e->w, s->decay_rate),
                          s->staircase ? "floor" : "", (long long)s->steps));
    cw_line(&e->w, "const double step = (double)updates;");
    cw_line(&e->w, "return %s * pow(%s, %s);", cw_f64(&e->w, s->initial), cw_f64(&e->w, s->decay_rate),
            s->staircase ? text(e, "floor(%s)", periods) : periods);
    cw_close(&e->w, "");
}

static void emit_piecewise(emitter *e)
{
    const ir_schedule *s = schedule_of(e);
    open_schedule(e, "piecewise constant");
    if (s->count == 0)
        cw_line(&e->w, "(void)updates;");
    for (int i = 0; i < s->count; i++) {
        cw_line(&e->w, "if (updates <= %.0fu)", s->boundaries[i]);
        cw_line(&e->w, "    return %s;", cw_f64(&e->w, s->values[i]));
    }
    cw_line(&e->w, "return %s;", cw_f64(&e->w, s->values[s->count]));
    cw_close(&e->w, "");
}

static void emit_cosine(emitter *e)
{
    const ir_schedule *s = schedule_of(e);
    const long long warmup = s->warmup_steps, decay = s->steps;
    const double highest = warmup ? s->warmup_target : s->initial;
    const char *first = cw_f64(&e->w, s->initial), *top = cw_f64(&e->w, highest), *alpha = cw_f64(&e->w, s->alpha);
    const char *line = warmup ? text(e, "\na line from %s up to %s in %lld updates, then\n", first, top, warmup) : "\n";
    open_schedule(e, text(e, "cosine decay (Loshchilov, Hutter 2017)%s%s ((1 - %s) (1 + cos(pi step / %lld)) / 2 + %s)",
                          line, top, alpha, decay, alpha));
    cw_line(&e->w, "const double pi = 3.14159265358979323846;");
    if (warmup) {
        cw_line(&e->w, "if (updates < %lldu)", warmup);
        cw_line(&e->w, "    return %s + (%s - %s) * (double)updates / %lld.0;", first, top, first, warmup);
    }
    cw_line(&e->w, "const double step = fmin((double)updates%s, %lld.0);", warmup ? text(e, " - %lld.0", warmup) : "",
            decay);
    cw_line(&e->w, "return %s * mnn_fma_double((1.0 - %s) * 0.5, 1.0 + cos(pi * step / %lld.0), %s);", top, alpha,
            decay, alpha);
    cw_close(&e->w, "");
}

static void emit_polynomial(emitter *e)
{
    const ir_schedule *s = schedule_of(e);
    const long long steps = s->steps;
    const char *first = cw_f64(&e->w, s->initial), *end = cw_f64(&e->w, s->end), *power = cw_f64(&e->w, s->power);
    open_schedule(e, text(e, "polynomial decay\n(%s - %s) (1 - step / steps)^%s + %s, steps = %lld%s", first, end,
                          power, end, steps, s->cycle ? " times as often as it takes to reach step" : ""));
    if (s->cycle) {
        cw_line(&e->w, "const double step = (double)updates;");
        cw_line(&e->w, "const double steps = %lld.0 * fmax(1.0, ceil(step / %lld.0));", steps, steps);
    } else {
        cw_line(&e->w, "const double steps = %lld.0;", steps);
        cw_line(&e->w, "const double step = fmin((double)updates, steps);");
    }
    cw_line(&e->w, "return mnn_fma_double(%s - %s, pow(1.0 - step / steps, %s), %s);", first, end, power, end);
    cw_close(&e->w, "");
}

static void emit_one_cycle(emitter *e)
{
    const ir_schedule *s = schedule_of(e);
    const char *first = cw_f64(&e->w, s->initial), *top = cw_f64(&e->w, s->highest), *last = cw_f64(&e->w, s->last);
    const char *turn = cw_f64(&e->w, s->rising * (double)s->steps - 1);
    open_schedule(e, text(e,
                          "one cycle (Smith, Topin 2018; the form of PyTorch's OneCycleLR)\n"
                          "half a cosine from %s up to %s at step %s, then half a cosine down to %s at step %lld",
                          first, top, turn, last, (long long)(s->steps - 1)));
    cw_line(&e->w, "const double pi = 3.14159265358979323846, turn = %s, end = %lld.0;", turn,
            (long long)(s->steps - 1));
    cw_line(&e->w, "const double step = fmin((double)updates, end);");
    cw_line(&e->w, "if (step <= turn)");
    cw_line(&e->w, "    return mnn_fma_double((%s - %s) * 0.5, 1.0 + cos(pi * step / turn), %s);", first, top, top);
    cw_line(&e->w, "return mnn_fma_double((%s - %s) * 0.5, 1.0 + cos(pi * (step - turn) / (end - turn)), %s);", top,
            last, last);
    cw_close(&e->w, "");
}

void emit_schedule(emitter *e)
{
    static void (*const writers[LANG_SCHEDULE_COUNT])(emitter *) = {
        [LANG_SCHEDULE_EXPONENTIAL_DECAY] = emit_exponential, [LANG_SCHEDULE_STEP_DECAY] = emit_exponential,
        [LANG_SCHEDULE_PIECEWISE_CONSTANT] = emit_piecewise,  [LANG_SCHEDULE_COSINE_DECAY] = emit_cosine,
        [LANG_SCHEDULE_POLYNOMIAL_DECAY] = emit_polynomial,   [LANG_SCHEDULE_ONE_CYCLE] = emit_one_cycle,
    };
    if (!schedule_of(e)->used)
        return;
    cw_blank(&e->w);
    writers[schedule_of(e)->kind](e);
}
