/* Activations: their formulas, from activations.def, and all that follows from those. */
#include <math.h>

#include "ir/ir.h"
#include "lang/lang.h"

static const struct {
    const char *name, *onnx, *value, *derivative;
} rows[] = {
#define ACTIVATION(id, name, aliases, onnx, formula, derivative, ...) {name, onnx, formula, derivative},
#include "lang/activations.def"
#undef ACTIVATION
};

const char *ir_activation_name(lang_activation f)
{
    return rows[f].name;
}

const char *ir_activation_onnx(lang_activation f)
{
    return rows[f].onnx;
}

const scalar *ir_derived(const ir_formula *f)
{
    const scalar *derivative = scalar_derive(f->set, f->value, IR_LEAF_X);
    const scalar *in_result = scalar_replace(f->set, derivative, f->value, scalar_leaf(f->set, IR_LEAF_Y));
    return scalar_uses(in_result, IR_LEAF_X) ? derivative : in_result;
}

static void make_formula(ir_formula *f, arena *a)
{
    const lang_param *argument = lang_activations.entries[f->kind].params;
    scalar_set *s = f->set = scalar_set_new(a);
    const scalar_name names[] = {{"x", scalar_leaf(s, IR_LEAF_X)},
                                 {"y", scalar_leaf(s, IR_LEAF_Y)},
                                 {argument->name, scalar_constant(s, f->a)},
                                 {0}};
    f->value = scalar_row(s, rows[f->kind].value, names);
    f->derivative = *rows[f->kind].derivative ? scalar_row(s, rows[f->kind].derivative, names) : ir_derived(f);
    f->gradient = scalar_scale(s, scalar_leaf(s, IR_LEAF_G), f->derivative);
    f->takes_input = scalar_uses(f->derivative, IR_LEAF_X);
}

ir_activation ir_activation_new(ir_graph *g, lang_activation kind, double argument)
{
    if (!*rows[kind].value)
        return (ir_activation){kind, argument, NULL};
    const ir_formula *f = g->formulas;
    while (f && !(f->kind == kind && f->a == argument))
        f = f->next;
    if (!f) {
        ir_formula *made = ARENA_NEW(g->arena, ir_formula);
        *made = (ir_formula){.kind = kind, .a = argument, .next = g->formulas};
        make_formula(made, g->arena);
        f = g->formulas = made;
    }
    return (ir_activation){kind, argument, f};
}

double ir_activate(ir_activation f, double x)
{
    return f.formula ? scalar_evaluate(f.formula->value, &x) : x;
}

bool ir_derivative_takes_input(ir_activation f)
{
    return f.formula && f.formula->takes_input;
}

static scalar_facts facts(ir_activation f, double low, double high)
{
    return scalar_analyse(f.formula->value, IR_LEAF_X, low, high);
}

bool ir_never_falls(ir_activation f)
{
    if (!f.formula)
        return f.kind == LANG_ACTIVATION_LINEAR;
    const scalar_facts x = {-INFINITY, INFINITY, SCALAR_RISES}, y = facts(f, x.low, x.high);
    if (!(y.moves & SCALAR_FALLS))
        return true;
    const scalar_facts *of = f.formula->takes_input ? &x : &y; /* a sum of what rises and what falls */
    const int leaf = f.formula->takes_input ? IR_LEAF_X : IR_LEAF_Y;
    return scalar_analyse(f.formula->derivative, leaf, of->low, of->high).low >= 0;
}

bool ir_keeps_order(ir_activation f)
{
    return !f.formula || facts(f, -INFINITY, INFINITY).moves == SCALAR_RISES;
}

bool ir_is_zero_below(ir_activation f)
{
    const scalar_facts below = f.formula ? facts(f, -INFINITY, 0) : (scalar_facts){.low = -INFINITY};
    return below.low == 0 && below.high == 0;
}

bool ir_is_relu(ir_activation f)
{
    const scalar *v = f.formula ? f.formula->value : NULL;
    return v && v->op == SCALAR_SELECT && v->arg[1]->op == SCALAR_CONSTANT && v->arg[2]->op == SCALAR_LEAF &&
           v->arg[0]->op == SCALAR_LESS && v->arg[0]->arg[0] == v->arg[2] && v->arg[0]->arg[1] == v->arg[1] &&
           v->arg[1]->value == 0;
}

bool ir_is_clip(ir_activation f)
{
    const scalar *v = f.formula ? f.formula->value : NULL;
    const scalar *above = v && v->op == SCALAR_SELECT ? v->arg[2] : NULL;
    return above && above->op == SCALAR_SELECT && v->arg[0]->op == SCALAR_LESS && v->arg[1]->op == SCALAR_CONSTANT &&
           v->arg[1]->value == 0 && v->arg[0]->arg[1] == v->arg[1] && v->arg[0]->arg[0] == above->arg[2] &&
           above->arg[2]->op == SCALAR_LEAF && above->arg[0]->op == SCALAR_GREATER &&
           above->arg[1]->op == SCALAR_CONSTANT && above->arg[0]->arg[1] == above->arg[1] &&
           above->arg[0]->arg[0] == above->arg[2];
}
