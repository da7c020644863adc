/* Names in C for the user's layers. */
#include "plan/plan.h"

#include <string.h>

const char *plan_unique_name(const plan *p, const name_map *taken, const char *name)
{
    const char *unique = name;
    for (int i = 2; name_map_get(taken, unique); i++)
        unique = arena_printf(p->arena, "%s_n%d", name, i);
    return unique;
}

/** The next operation of the layer, whose operations follow each other, whose functions are called after the layer
 *  and itself: "dense_relu", "loss_penalty". */
static const ir_op *next_derived(const ir_op *op, const char *layer)
{
    for (; op && strcmp(op->layer, layer) == 0; op = op->next)
        if (*plan_name_suffix(op))
            return op;
    return NULL;
}

static const char *derived_name(const plan *p, const ir_op *op, const char *c_name)
{
    return arena_printf(p->arena, "%s_%s", c_name, plan_name_suffix(op));
}

const char *plan_name_suffix(const ir_op *op)
{
    if (ir_has(op->code, IR_MAPS))
        return ir_activation_name(op->attr.activation.kind);
    return op->code == IR_PENALTY ? "penalty" : "";
}

/** Whether a name and all that is derived from it are free. */
static bool names_free(const plan *p, const ir_op *op, const char *c_name)
{
    if (name_map_get(&p->taken_names, c_name))
        return false;
    for (const ir_op *f = next_derived(op, op->layer); f; f = next_derived(f->next, op->layer))
        if (name_map_get(&p->taken_names, derived_name(p, f, c_name)))
            return false;
    return true;
}

static void take_names(plan *p, const ir_op *op, const char *c_name)
{
    plan_name *name = ARENA_NEW(p->arena, plan_name);
    *name = (plan_name){op->layer, c_name};
    name_map_put(&p->names, op->layer, name);
    name_map_put(&p->taken_names, c_name, name);
    for (const ir_op *f = next_derived(op, op->layer); f; f = next_derived(f->next, op->layer))
        name_map_put(&p->taken_names, derived_name(p, f, c_name), name);
}

void plan_names(plan *p)
{
    for (const ir_op *op = p->program->graph->written; op; op = op->next) {
        if (name_map_get(&p->names, op->layer))
            continue;
        /* a suffix follows in the C text ("_forward", "_out"), so that no keyword comes out */
        const char *base = str_c_name(p->arena, op->layer, "layer_");
        const char *c_name = base;
        for (int i = 2; !names_free(p, op, c_name); i++)
            c_name = arena_printf(p->arena, "%s_n%d", base, i);
        take_names(p, op, c_name);
    }
}
