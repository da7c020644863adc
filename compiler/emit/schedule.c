/* schedule(): the learning rate of a step, if it is not constant. Formulas are Keras 3's; one_cycle's is that of
 * PyTorch. */
#include "emit/ops.h"
#include "lang/lang.h"

static const ir_schedule *schedule_of(const emitter *e)
{
    return &e->plan->program->train.optimizer.schedule;
}

static const char *unit_of(const ir_schedule *s)
{
    return s->per_epoch ? "epochs" : "updates";
}

static void open_schedule(emitter *e)
{
    const ir_schedule *s = schedule_of(e);
    const update_argument arguments[] = {{"initial_learning_rate", s->initial},
                                         {"steps", (double)s->steps},
                                         {"decay_rate", s->decay_rate},
                                         {"alpha", s->alpha},
                                         {"t_mul", s->t_mul},
                                         {"m_mul", s->m_mul},
                                         {"warmup_target", s->warmup_target},
                                         {"warmup_steps", (double)s->warmup_steps},
                                         {"end_learning_rate", s->end},
                                         {"power", s->power},
                                         {"max_learning_rate", s->highest},
                                         {"pct_start", s->rising},
                                         {0}};
    cw_comment(&e->w, "%s",
               emit_update_equations(e, emit_text(e, "The learning rate after the given number of %s", unit_of(s)),
                                     lang_schedules.entries[s->kind].name, NULL, arguments));
    cw_line(&e->w, "static double schedule(uint64_t %s)", unit_of(s));
    cw_body(&e->w);
}

/** A list of any length. */
static void emit_piecewise(emitter *e)
{
    const ir_schedule *s = schedule_of(e);
    if (s->count == 0)
        cw_line(&e->w, "(void)%s;", unit_of(s));
    for (int i = 0; i < s->count; i++) {
        cw_line(&e->w, "if (%s <= %.0fu)", unit_of(s), s->boundaries[i]);
        cw_line(&e->w, "    return %s;", cw_f64(&e->w, s->values[i]));
    }
    cw_line(&e->w, "return %s;", cw_f64(&e->w, s->values[s->count]));
}

void emit_schedule(emitter *e)
{
    const ir_schedule *s = schedule_of(e);
    if (!s->used)
        return;
    cw_blank(&e->w);
    open_schedule(e);
    if (s->formula) {
        cw_line(&e->w, "const double step = (double)%s;", unit_of(s));
        cw_line(&e->w, "return %s;", formula_lines(e, s->formula, (const char *[]){"step"}, FORMULA_DOUBLE));
    } else {
        emit_piecewise(e);
    }
    cw_close(&e->w, "");
}
