/* The optimizer with its learning rate. */
#include "sema/stages.h"

#include <math.h>
#include <string.h>

/** A number that not every word takes, and that may be none: then 0. */
static double number_of(const sema_args *args, const char *param)
{
    const int i = lang_find_param(args->entry, param);
    return i < 0 || args->bound[i].none ? 0 : args->bound[i].real;
}

static int64_t integer_of(const sema_args *args, const char *param)
{
    const int i = lang_find_param(args->entry, param);
    return i < 0 ? 0 : args->bound[i].integer;
}

static bool flag_of(const sema_args *args, const char *param)
{
    const int i = lang_find_param(args->entry, param);
    return i >= 0 && args->bound[i].boolean;
}

static int word_of(const sema_args *args, const char *param)
{
    const int i = lang_find_param(args->entry, param);
    return i < 0 ? 0 : args->bound[i].word;
}

/* --- schedules ---------------------------------------------------------------------------------------- */

static void check_pieces(sema_context *cx, ir_schedule *s, const sema_args *args)
{
    const sema_bound *boundaries = sema_get(args, "boundaries"), *values = sema_get(args, "values");
    s->count = boundaries->count;
    s->boundaries = boundaries->numbers;
    s->values = values->numbers;
    if (values->count != s->count + 1) {
        diag_error(cx->diag, values->at, "\"values\" must be one more than \"boundaries\" (got %d, expected %d)",
                   values->count, s->count + 1);
        diag_note(cx->diag, boundaries->at, "the boundaries are here");
    }
    if (s->per_epoch) { /* the last of the epochs, from 0 */
        double *last = arena_array(cx->arena, (size_t)s->count, sizeof *last);
        for (int i = 0; i < s->count; i++)
            last[i] = s->boundaries[i] - 1;
        s->boundaries = last;
        if (s->count > 0 && last[0] < 0)
            diag_error(cx->diag, boundaries->at, "a boundary in epochs is out of range (got 0, expected at least 1)");
    }
    for (int i = 1; i < s->count; i++)
        if (s->boundaries[i] <= s->boundaries[i - 1]) {
            diag_error(cx->diag, boundaries->at, "\"boundaries\" must increase (got %.0f after %.0f)", s->boundaries[i],
                       s->boundaries[i - 1]);
            return;
        }
}

static void check_warmup(sema_context *cx, const ir_schedule *s, const sema_args *args)
{
    const sema_bound *target = sema_get(args, "warmup_target"), *steps = sema_get(args, "warmup_steps");
    if (s->warmup_steps > 0 && s->warmup_target == 0) {
        diag_error(cx->diag, steps->at, "\"warmup_steps\" needs \"warmup_target\"");
        diag_hint(cx->diag, "warmup_target is the learning rate at the end of the warmup");
    } else if (s->warmup_steps == 0 && s->warmup_target > 0) {
        diag_error(cx->diag, target->at, "\"warmup_target\" needs \"warmup_steps\" (got 0, expected at least 1)");
    } else if (s->warmup_steps == 0 && s->initial == 0) {
        diag_error(cx->diag, sema_get(args, "initial_learning_rate")->at,
                   "without a warmup \"initial_learning_rate\" must be more than 0");
    }
}

static void read_one_cycle(sema_context *cx, ir_schedule *s, const sema_args *args)
{
    s->highest = number_of(args, "max_learning_rate");
    s->initial = s->highest / number_of(args, "div_factor");
    s->last = s->initial / number_of(args, "final_div_factor");
    s->steps = integer_of(args, "total_steps");
    s->rising = number_of(args, "pct_start");
    if (sema_check_derived(cx, sema_get(args, "div_factor"), "the first learning rate, max_learning_rate / div_factor,",
                           s->initial))
        sema_check_derived(cx, sema_get(args, "final_div_factor"),
                           "the last learning rate, max_learning_rate / div_factor / final_div_factor,", s->last);
    if (s->rising * (double)s->steps <= 1) {
        diag_error(cx->diag, sema_get(args, "total_steps")->at,
                   "the learning rate has no steps to increase in (got %s of %lld steps, expected more than 1)",
                   str_double(cx->arena, s->rising), (long long)s->steps);
        diag_hint(cx->diag, "total_steps is epochs times steps per epoch");
    }
}

static ir_schedule read_schedule(sema_context *cx, const sema_bound *rate)
{
    const sema_args *args = rate->args;
    ir_schedule s = {.used = true,
                     .at = rate->at,
                     .kind = (lang_schedule)rate->word,
                     .initial = number_of(args, "initial_learning_rate"),
                     .steps = integer_of(args, "decay_steps") + integer_of(args, "first_decay_steps"),
                     .per_epoch = word_of(args, "per") == 1,
                     .t_mul = number_of(args, "t_mul"),
                     .m_mul = number_of(args, "m_mul"),
                     .decay_rate = number_of(args, "decay_rate"),
                     .staircase = flag_of(args, "staircase") || rate->word == LANG_SCHEDULE_STEP_DECAY,
                     .alpha = number_of(args, "alpha"),
                     .warmup_target = number_of(args, "warmup_target"),
                     .warmup_steps = integer_of(args, "warmup_steps"),
                     .end = number_of(args, "end_learning_rate"),
                     .power = number_of(args, "power"),
                     .cycle = flag_of(args, "cycle")};
    if (s.kind == LANG_SCHEDULE_PIECEWISE_CONSTANT)
        check_pieces(cx, &s, args);
    else if (s.kind == LANG_SCHEDULE_COSINE_DECAY)
        check_warmup(cx, &s, args);
    else if (s.kind == LANG_SCHEDULE_ONE_CYCLE)
        read_one_cycle(cx, &s, args);
    ir_schedule_complete(&s, cx->arena);
    return s;
}

/* --- optimizers --------------------------------------------------------------------------------------- */

/** As in Keras, gradients are clipped in one way only. */
static void check_clipping(sema_context *cx, const sema_args *args)
{
    static const char *const ways[] = {"clipnorm", "clipvalue", "global_clipnorm"};
    const sema_bound *first = NULL;
    const char *first_name = NULL;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        const sema_bound *b = sema_get(args, ways[i]);
        if (b->none)
            continue;
        if (first != NULL) {
            diag_error(cx->diag, b->at, "at most one kind of gradient clipping is possible (got \"%s\" and \"%s\")",
                       first_name, ways[i]);
            diag_note(cx->diag, first->at, "\"%s\" is here", first_name);
            return;
        }
        first = b;
        first_name = ways[i];
    }
}

/** The largest learning rate that is written down; growth by a decay_rate of more than 1 is not followed. */
static double highest_rate(const ir_optimizer *o)
{
    const ir_schedule *s = &o->schedule;
    double highest = fmax(o->learning_rate, fmax(s->highest, fmax(s->warmup_target, s->end)));
    for (int i = 0; s->values != NULL && i <= s->count; i++)
        highest = fmax(highest, s->values[i]);
    return highest;
}

/** The arguments that the optimizer's formula reads. */
static void read_arguments(ir_optimizer *o, const sema_args *args)
{
    static const char *const others[] = {"learning_rate", "weight_decay", "clipnorm", "clipvalue", "global_clipnorm"};
    const lang_param *params = args->entry->params;
    for (int i = 0; params[i].name != NULL; i++) {
        bool is_other = false;
        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
            is_other = is_other || strcmp(params[i].name, others[k]) == 0;
        if (is_other)
            continue;
        const bool is_flag = params[i].type == LANG_TYPE_BOOL;
        o->argument[o->argument_count++] =
            (ir_optimizer_argument){params[i].name, is_flag ? args->bound[i].boolean : args->bound[i].real, is_flag};
    }
}

ir_optimizer sema_optimizer(sema_context *cx, const sema_args *args)
{
    const sema_bound *rate = sema_get(args, "learning_rate");
    ir_optimizer o = {.kind = (lang_optimizer)args->entry->id,
                      .learning_rate = rate->real,
                      .weight_decay = number_of(args, "weight_decay"),
                      .clipnorm = number_of(args, "clipnorm"),
                      .clipvalue = number_of(args, "clipvalue"),
                      .global_clipnorm = number_of(args, "global_clipnorm")};
    const int errors = cx->diag->errors;
    read_arguments(&o, args);
    check_clipping(cx, args);
    if (rate->word >= 0) {
        o.schedule = read_schedule(cx, rate);
        o.learning_rate = o.schedule.values != NULL ? o.schedule.values[0] : o.schedule.initial;
    }
    if (cx->diag->errors == errors)
        sema_check_derived(cx, sema_get(args, "weight_decay"), "learning_rate weight_decay",
                           highest_rate(&o) * o.weight_decay);
    ir_optimizer_complete(&o, cx->arena);
    return o;
}
