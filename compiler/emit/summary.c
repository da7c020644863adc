/* --emit=summary: the model as a table. */
#include "emit/ops.h"

#include <string.h>

#include "support/checked.h"

static const char rule[] = "-----------------------------------------------------------------------------------\n";

/** "(None, 28, 28, 1)" as Keras writes it: the batch is not fixed. */
static const char *output_text(emitter *e, ir_shape shape)
{
    str s = str_new(e->plan->arena);
    str_add(&s, "(None");
    for (int i = 0; i < shape.rank; i++)
        str_printf(&s, ", %lld", (long long)shape.dim[i]);
    str_add_char(&s, ')');
    return s.text;
}

static void add_totals(emitter *e, str *s)
{
    const plan *p = e->plan;
    int64_t flops = 0, backward = 0;
    for (const ir_layer *l = p->program->graph->layers; l; l = l->next) {
        flops = saturating_add(flops, l->flops);
        backward = saturating_add(backward, l->backward_flops);
    }
    const int64_t bytes = 4 * p->param_count;
    str_printf(s, "parameters       %15s  (%s bytes)\n", thousands(e, p->param_count), thousands(e, bytes));
    str_printf(s, "flops forward    %15s  a sample\n", thousands(e, flops));
    str_printf(s, "flops backward   %15s  a sample\n", thousands(e, backward));
    str_printf(s, "static memory    %15s  bytes, with batches of %lld\n", thousands(e, p->static_bytes),
               (long long)p->program->train.batch_size);
}

const char *emit_summary(const plan *p)
{
    emitter e = {cw_new(p->arena), p, NULL};
    str s = str_new(p->arena);
    const char *name = p->program->model_name;
    str_printf(&s, "model \"%s\"\n%s", str_printable(p->arena, name, strlen(name)), rule);
    str_printf(&s, "%-28s %-22s %12s %12s\n%s", "layer (type)", "output shape", "parameters", "flops", rule);
    for (const ir_layer *l = p->program->graph->layers; l; l = l->next)
        str_printf(&s, "%-28s %-22s %12s %12s\n", text(&e, "%s (%s)", l->name, l->type), output_text(&e, l->shape),
                   thousands(&e, l->parameters), thousands(&e, l->flops));
    str_add(&s, rule);
    add_totals(&e, &s);
    return s.text;
}
