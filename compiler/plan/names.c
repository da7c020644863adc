/* Names in C for the user's layers. */
#include "plan/plan.h"

#include <ctype.h>
#include <string.h>

/** Lower case, letters, digits and underscores only, a letter first. A suffix always follows in the C
 *  text ("_forward", "_out"), so that keywords and names of the C library cannot come out. */
static const char *sanitised(arena *a, const char *layer)
{
    str s = str_new(a);
    if (!isalpha((unsigned char)layer[0]))
        str_add(&s, "layer_");
    for (const char *c = layer; *c; c++)
        str_add_char(&s, isalnum((unsigned char)*c) ? (char)tolower((unsigned char)*c) : '_');
    return s.text;
}

static bool is_taken(const plan *p, const char *c_name)
{
    for (const plan_name *n = p->names; n; n = n->next)
        if (strcmp(n->c_name, c_name) == 0)
            return true;
    return false;
}

static bool is_known(const plan *p, const char *layer)
{
    for (const plan_name *n = p->names; n; n = n->next)
        if (strcmp(n->layer, layer) == 0)
            return true;
    return false;
}

static void add_name(plan *p, const char *layer, const char *c_name)
{
    plan_name **end = &p->names;
    while (*end)
        end = &(*end)->next;
    *end = ARENA_NEW(p->arena, plan_name);
    (*end)->layer = layer;
    (*end)->c_name = c_name;
}

/** The next operation whose functions are called after its layer and itself: "dense_relu", "loss_penalty". */
static const ir_op *next_derived(const ir_op *op, const char *layer)
{
    while (op && (!*plan_name_suffix(op) || strcmp(op->layer, layer) != 0))
        op = op->next;
    return op;
}

const char *plan_name_suffix(const ir_op *op)
{
    if (op->code == IR_ACTIVATION)
        return ir_activation_name(op->attr.activation.kind);
    return op->code == IR_PENALTY ? "penalty" : "";
}

/** Whether a name and all that is derived from it are free; with take they are taken. */
static bool names_free(plan *p, const ir_op *op, const char *c_name, bool take)
{
    if (take)
        add_name(p, op->layer, c_name);
    else if (is_taken(p, c_name))
        return false;
    for (const ir_op *f = next_derived(op, op->layer); f; f = next_derived(f->next, op->layer)) {
        const char *derived = arena_printf(p->arena, "%s_%s", c_name, plan_name_suffix(f));
        if (take)
            add_name(p, "", derived); /* no layer has an empty name */
        else if (is_taken(p, derived))
            return false;
    }
    return true;
}

void plan_names(plan *p)
{
    for (const ir_op *op = p->program->graph->written; op; op = op->next) {
        if (is_known(p, op->layer))
            continue;
        const char *base = sanitised(p->arena, op->layer);
        const char *c_name = base;
        for (int i = 2; !names_free(p, op, c_name, false); i++)
            c_name = arena_printf(p->arena, "%s_n%d", base, i);
        names_free(p, op, c_name, true);
    }
}
