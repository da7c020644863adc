/* The formulas of schedules: a column of lang/schedules.def, in the arguments of one. */
#include "ir/ir.h"

static const char *const rows[] = {
#define SCHEDULE(id, name, aliases, formula, ...) formula,
#include "lang/schedules.def"
#undef SCHEDULE
};

void ir_schedule_complete(ir_schedule *s, arena *a)
{
    scalar_set *set = scalar_set_new(a);
    const scalar_name names[] = {{"step", scalar_leaf(set, 0)},
                                 {"initial_learning_rate", scalar_constant(set, s->initial)},
                                 {"first", scalar_constant(set, s->initial)},
                                 {"decay_steps", scalar_constant(set, (double)s->steps)},
                                 {"total_steps", scalar_constant(set, (double)s->steps)},
                                 {"decay_rate", scalar_constant(set, s->decay_rate)},
                                 {"staircase", scalar_constant(set, s->staircase)},
                                 {"alpha", scalar_constant(set, s->alpha)},
                                 {"t_mul", scalar_constant(set, s->t_mul)},
                                 {"m_mul", scalar_constant(set, s->m_mul)},
                                 {"warmup_target", scalar_constant(set, s->warmup_target)},
                                 {"warmup_steps", scalar_constant(set, (double)s->warmup_steps)},
                                 {"end_learning_rate", scalar_constant(set, s->end)},
                                 {"power", scalar_constant(set, s->power)},
                                 {"cycle", scalar_constant(set, s->cycle)},
                                 {"max_learning_rate", scalar_constant(set, s->highest)},
                                 {"last", scalar_constant(set, s->last)},
                                 {"pct_start", scalar_constant(set, s->rising)},
                                 {0}};
    s->formula = *rows[s->kind] ? scalar_row(set, rows[s->kind], names) : NULL;
}
