/* --emit=summary: the model as a table, with its cost. */
#include "emit/ops.h"

#include <string.h>

#include "base/text.h"
#include "support/checked.h"

enum { NAME_WIDTH = 28, SHAPE_WIDTH = 20 };

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

/** A line under the parts of the table. */
static void add_rule(str *s)
{
    for (int i = 0; i < NAME_WIDTH + SHAPE_WIDTH + 5 * 13; i++)
        str_add_char(s, '-');
    str_add_char(s, '\n');
}

static void add_row(emitter *e, str *s, const ir_layer *l)
{
    str_printf(s, "%-*s %-*s %11s %13s %13s %11s %11s\n", NAME_WIDTH, emit_text(e, "%s (%s)", l->name, l->type),
               SHAPE_WIDTH, output_text(e, l->shape), emit_thousands(e, l->parameters), emit_thousands(e, l->flops),
               emit_thousands(e, l->backward_flops), emit_thousands(e, 4 * l->parameters),
               emit_thousands(e, 4 * ir_elements(l->shape)));
}

static const char *time_text(emitter *e, double seconds)
{
    char text[32];
    return emit_text(e, "%s", mnn_time_text(text, seconds));
}

static int64_t epoch_samples(const ir_data *data, int64_t samples)
{
    if (samples)
        return samples;
    return ir_training_samples(data, data->train_limit ? data->train_limit : EMIT_DEFAULT_SAMPLES);
}

static void add_totals(emitter *e, str *s, double peak, int64_t samples)
{
    const plan *p = e->plan;
    int64_t flops = 0, backward = 0;
    for (const ir_layer *l = p->program->graph->layers; l; l = l->next) {
        flops = saturating_add(flops, l->flops);
        backward = saturating_add(backward, l->backward_flops);
    }
    const double floor = (double)(flops + backward) / peak / 1e9;
    str_printf(s, "parameters     %15s\n", emit_thousands(e, p->param_count + p->state_count));
    if (p->state_count)
        str_printf(s, "non-trainable  %15s  of them\n", emit_thousands(e, p->state_count));
    str_printf(s, "flops          %15s  per sample: forward %s, backward %s\n", emit_thousands(e, flops + backward),
               emit_thousands(e, flops), emit_thousands(e, backward));
    str_printf(s, "time floor     %15s  per sample at %.9g GFLOP/s%s\n", time_text(e, floor), peak,
               peak == PLAN_DEFAULT_PEAK ? " (one core of an AMD EPYC, Zen 4)" : "");
    str_printf(s, "               %15s  per epoch of %s samples\n", time_text(e, floor * (double)samples),
               emit_thousands(e, samples));
}

static void add_memory(emitter *e, str *s, const char *what, int64_t bytes, const char *why)
{
    if (bytes)
        str_printf(s, "%-14s %15s  bytes%s%s\n", what, emit_thousands(e, bytes), *why ? ", " : "", why);
}

const char *emit_memory(const plan *p)
{
    emitter e = {.w = cw_new(p->arena), .plan = p};
    str s = str_new(p->arena);
    const char *batch = emit_text(&e, "for batches of %s", emit_thousands(&e, p->program->train.batch_size));
    int64_t known = 4 * (p->param_count * (2 + p->slot_count) + p->state_count + p->workspace);
    add_memory(&e, &s, "weights", 4 * (p->param_count + p->state_count), "");
    add_memory(&e, &s, "gradients", 4 * p->param_count, "");
    add_memory(&e, &s, "optimizer", 4 * p->param_count * p->slot_count, "");
    add_memory(&e, &s, "activations", 4 * p->workspace, emit_text(&e, "and their gradients, %s", batch));
    add_memory(&e, &s, "other", p->static_bytes - known, batch);
    add_memory(&e, &s, "static memory", p->static_bytes, "in total");
    add_memory(&e, &s, "scratch", 4 * p->scratch, emit_text(&e, "for each of at most %d workers", p->max_workers));
    return s.text;
}

const char *emit_summary(const plan *p, double peak, int64_t samples)
{
    emitter e = {.w = cw_new(p->arena), .plan = p};
    str s = str_new(p->arena);
    const char *name = p->program->model_name;
    str_printf(&s, "model \"%s\"\n", str_printable(p->arena, name, strlen(name)));
    add_rule(&s);
    str_printf(&s, "%-*s %-*s %11s %13s %13s %11s %11s\n", NAME_WIDTH, "layer (type)", SHAPE_WIDTH, "output shape",
               "parameters", "flops forward", "backward", "weights (B)", "output (B)");
    add_rule(&s);
    for (const ir_layer *l = p->program->graph->layers; l; l = l->next)
        add_row(&e, &s, l);
    add_rule(&s);
    add_totals(&e, &s, peak > 0 ? peak : PLAN_DEFAULT_PEAK, epoch_samples(&p->program->data, samples));
    str_add(&s, emit_memory(p));
    return s.text;
}
