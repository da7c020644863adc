/* C text. It decides each contraction (see scalar_printer), and every other product is rounded on its own: a part that
 * is named or used twice is a value, not a product that could be contracted. */
#include <string.h>

#include "scalar/parts.h"
#include "support/str.h"

/* How strongly a text holds together. */
enum { HOLD_CHOICE, HOLD_COMPARISON, HOLD_SUM, HOLD_PRODUCT, HOLD_SIGN, HOLD_ATOM };

typedef struct printing {
    arena *arena;
    const scalar_printer *p;
    int *uses;             /* by id, in all that is printed together */
    const char **variable; /* by id: the name of one that is defined, or NULL */
    int defined;           /* without a name of their own */
} printing;

static const char *print(printing *g, const scalar *e, int least);

static bool is_part(const scalar *e)
{
    return scalar_arity(e->op) > 0;
}

static void count_uses(printing *g, const scalar *e)
{
    if (g->uses[e->id]++ > 0)
        return;
    const bool is_twice = e->op == SCALAR_MIN || e->op == SCALAR_MAX; /* compared, and taken */
    for (int i = 0; i < scalar_arity(e->op); i++) {
        count_uses(g, e->arg[i]);
        g->uses[e->arg[i]->id] += is_twice;
    }
}

static bool is_value(const printing *g, const scalar *e)
{
    return e->name || g->uses[e->id] > 1;
}

/* --- contraction -------------------------------------------------------------------------------------- */

static bool is_contracted(const printing *g, const scalar *e)
{
    return g->p->fma && e->op == SCALAR_MULTIPLY && !is_value(g, e);
}

static const char *negated(printing *g, const scalar *e)
{
    if (e->op == SCALAR_CONSTANT)
        return g->p->constant(g->p->context, -e->value);
    return e->op == SCALAR_NEGATE && !is_value(g, e) ? print(g, e->arg[0], HOLD_CHOICE)
                                                     : arena_printf(g->arena, "-%s", print(g, e, HOLD_ATOM));
}

/** A sum with a product: a * b + c, a * b - c, c + a * b or c - a * b. */
static const char *print_contracted(printing *g, const scalar *e)
{
    const bool is_first = is_contracted(g, e->arg[0]), is_difference = e->op == SCALAR_SUBTRACT;
    const scalar *product = e->arg[is_first ? 0 : 1], *other = e->arg[is_first ? 1 : 0];
    const char *a = is_difference && !is_first ? negated(g, product->arg[0]) : print(g, product->arg[0], HOLD_CHOICE);
    const char *b = print(g, product->arg[1], HOLD_CHOICE);
    const char *c = is_difference && is_first ? negated(g, other) : print(g, other, HOLD_CHOICE);
    return arena_printf(g->arena, "%s(%s, %s, %s)", g->p->fma, a, b, c);
}

/* --- the operations ----------------------------------------------------------------------------------- */

static const char *print_operator(printing *g, const scalar *e, int hold)
{
    const bool is_comparison = hold == HOLD_COMPARISON;
    const char *left = print(g, e->arg[0], is_comparison ? HOLD_SUM : hold);
    return arena_printf(g->arena, "%s %s %s", left, scalar_op_name(e->op), print(g, e->arg[1], hold + 1));
}

/** Of equals, and beside a NaN, the first. */
static const char *print_extreme(printing *g, const scalar *e)
{
    const char *a = print(g, e->arg[0], HOLD_SUM), *b = print(g, e->arg[1], HOLD_SUM);
    return arena_printf(g->arena, "%s %s %s ? %s : %s", b, e->op == SCALAR_MIN ? "<" : ">", a, b, a);
}

static const char *print_function(printing *g, const scalar *e)
{
    str text = str_new(g->arena);
    str_printf(&text, "%s%s(", scalar_op_name(e->op), g->p->is_double ? "" : "f");
    for (int i = 0; i < scalar_arity(e->op); i++)
        str_printf(&text, "%s%s", i > 0 ? ", " : "", print(g, e->arg[i], HOLD_CHOICE));
    str_add_char(&text, ')');
    return text.text;
}

static const char *print_select(printing *g, const scalar *e)
{
    const char *condition = print(g, e->arg[0], HOLD_COMPARISON), *first = print(g, e->arg[1], HOLD_SUM);
    return arena_printf(g->arena, "%s ? %s : %s", condition, first, print(g, e->arg[2], HOLD_CHOICE));
}

/** The text of an operation itself, and how strongly it holds. */
static const char *print_part(printing *g, const scalar *e, int *hold)
{
    *hold = HOLD_ATOM;
    switch (e->op) {
    case SCALAR_CONSTANT:
        *hold = e->value < 0 ? HOLD_SIGN : HOLD_ATOM;
        return g->p->constant(g->p->context, e->value);
    case SCALAR_LEAF:
        return g->p->leaf(g->p->context, e->leaf);
    case SCALAR_NEGATE:
        *hold = HOLD_SIGN;
        return negated(g, e->arg[0]);
    case SCALAR_ADD:
    case SCALAR_SUBTRACT:
        if (is_contracted(g, e->arg[0]) || is_contracted(g, e->arg[1]))
            return print_contracted(g, e);
        return print_operator(g, e, *hold = HOLD_SUM);
    case SCALAR_MULTIPLY:
    case SCALAR_DIVIDE:
        return print_operator(g, e, *hold = HOLD_PRODUCT);
    case SCALAR_LESS:
    case SCALAR_LESS_EQUAL:
    case SCALAR_GREATER:
    case SCALAR_GREATER_EQUAL:
    case SCALAR_EQUAL:
        return print_operator(g, e, *hold = HOLD_COMPARISON);
    case SCALAR_SELECT:
        *hold = HOLD_CHOICE;
        return print_select(g, e);
    case SCALAR_MIN:
    case SCALAR_MAX:
        *hold = HOLD_CHOICE;
        return print_extreme(g, e);
    default:
        return print_function(g, e);
    }
}

static const char *print(printing *g, const scalar *e, int least)
{
    if (g->variable[e->id])
        return g->variable[e->id];
    int hold;
    const char *text = print_part(g, e, &hold);
    return hold < least ? arena_printf(g->arena, "(%s)", text) : text;
}

/* --- variables ---------------------------------------------------------------------------------------- */

static bool is_taken(const printing *g, const scalar *e, const char *name)
{
    for (int i = 0; i < e->id; i++)
        if (g->variable[i] && strcmp(g->variable[i], name) == 0)
            return true;
    return false;
}

static void define(printing *g, const scalar *e);

static void define_operands(printing *g, const scalar *e)
{
    for (int i = 0; i < scalar_arity(e->op); i++)
        define(g, e->arg[i]);
}

/** Define what e is made of, and e itself, if it is used more than once or has a name. */
static void define(printing *g, const scalar *e)
{
    if (!is_part(e) || g->variable[e->id])
        return;
    define_operands(g, e);
    /* a negated variable is as short as its name */
    const bool is_short = e->op == SCALAR_NEGATE && (!is_part(e->arg[0]) || g->variable[e->arg[0]->id]);
    if (!is_value(g, e) || (is_short && !e->name))
        return;
    const char *name = e->name;
    if (!name || is_taken(g, e, name))
        name = arena_printf(g->arena, "t%d", ++g->defined);
    g->variable[e->id] = g->p->define(g->p->context, name, print(g, e, HOLD_CHOICE));
}

void scalar_print(arena *a, const scalar_printer *p, const scalar *const *e, int count, const char **texts)
{
    int most = 0;
    for (int i = 0; i < count; i++)
        most = e[i]->id > most ? e[i]->id : most;
    printing g = {.arena = a, .p = p};
    g.uses = arena_array(a, (size_t)most + 1, sizeof *g.uses);
    g.variable = arena_array(a, (size_t)most + 1, sizeof *g.variable);
    for (int i = 0; i < count; i++)
        count_uses(&g, e[i]);
    for (int i = 0; i < count; i++) {
        if (p->define && g.uses[e[i]->id] > 1)
            define(&g, e[i]);
        else if (p->define)
            define_operands(&g, e[i]);
        texts[i] = print(&g, e[i], HOLD_CHOICE);
    }
}

const char *scalar_text(arena *a, const scalar_printer *p, const scalar *e)
{
    const char *text;
    scalar_print(a, p, &e, 1, &text);
    return text;
}
