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

void plan_names(plan *p)
{
    plan_name **end = &p->names;
    for (const ir_op *op = p->program->graph->written; op; op = op->next) {
        if (is_known(p, op->layer))
            continue;
        const char *base = sanitised(p->arena, op->layer);
        const char *c_name = base;
        for (int i = 2; is_taken(p, c_name); i++)
            c_name = arena_printf(p->arena, "%s_n%d", base, i);
        plan_name *n = ARENA_NEW(p->arena, plan_name);
        n->layer = op->layer;
        n->c_name = c_name;
        *end = n;
        end = &n->next;
    }
}
