/* --dump=plan: steps and memory as text. */
#include "plan/plan.h"

#include <string.h>

static void dump_step(str *out, const plan *p, const plan_step *s, double peak)
{
    static const char *const cuts[] = {"rows", "columns", "whole"};
    if (s->barrier)
        str_add(out, "    ---- barrier\n");
    str_printf(out, "    %-28s %lld x %lld %s", s->c_name, (long long)plan_pieces(p, s), (long long)s->piece,
               cuts[s->cut]);
    if (s->cut == PLAN_COLUMNS)
        str_printf(out, " of %lld", (long long)s->width);
    str_printf(out, "; %s; %s%s; %.3g us\n", plan_kernel_text(s->kernel), s->reason, plan_skip_text(s),
               1e6 * plan_predicted_seconds(p, s, peak));
}

static void dump_buffer(str *out, const plan_buffer *b)
{
    static const char *const arrays[] = {"params", "state", "grads", "workspace", "index"};
    str_printf(out, "    %-28s %-9s + %-9lld %s%lld %s", b->c_name, arrays[b->array], (long long)b->offset,
               b->per_row ? "rows x " : "", (long long)b->elements, b->c_type);
    if (b->array == PLAN_WORKSPACE)
        str_printf(out, ", live in stretches %d to %d", b->first, b->last);
    str_add_char(out, '\n');
}

/** Predicted speed with 1, 2, 4, ... cores, relative to that of as many separate ones. */
static void dump_cores(str *out, const plan *p, double peak)
{
    const double alone = plan_step_seconds(p, 1, peak);
    str_add(out, "  predicted step (cores; time; efficiency)\n");
    for (int cores = 1; cores <= PLAN_MAX_WORKERS; cores *= 2) {
        const int workers = cores < p->max_workers ? cores : p->max_workers;
        const double seconds = plan_step_seconds(p, workers, peak);
        str_printf(out, "    %2d  %9.4g us  %3.0f %%\n", cores, 1e6 * seconds, 100 * alone / seconds / cores);
    }
}

void plan_dump(str *out, const plan *p, double peak)
{
    str_printf(out,
               "plan %s\n  steps (pieces x size, dimension; kernel; reason; predicted time per batch on one core)\n",
               str_printable(p->arena, p->program->model_name, strlen(p->program->model_name)));
    for (const plan_step *s = p->steps; s; s = s->next)
        dump_step(out, p, s, peak > 0 ? peak : PLAN_DEFAULT_PEAK);
    dump_cores(out, p, peak > 0 ? peak : PLAN_DEFAULT_PEAK);
    str_add(out, "  memory (array + offset, elements)\n");
    for (const plan_buffer *b = p->buffers; b; b = b->next)
        if (b->used)
            dump_buffer(out, b);
    if (p->state_count)
        str_printf(out, "  state %lld\n", (long long)p->state_count);
    str_printf(out, "  parameters %lld, workspace %lld floats, scratch %lld floats per worker, at most %d workers\n",
               (long long)p->param_count, (long long)p->workspace, (long long)p->scratch, p->max_workers);
    str_printf(out, "  static memory %lld bytes\n", (long long)p->static_bytes);
}
