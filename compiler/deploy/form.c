/* The forms of operations in integers, by their nests: no layer is known here. */
#include "deploy/quantize.h"

static const nest_tensor *whole(const nest_tensor *t)
{
    return t->viewed ? t->viewed : t;
}

static bool is_leaf(const scalar *e)
{
    return e->op == SCALAR_LEAF;
}

/** Whether e is an element of a parameter, or of a value. */
static bool is_load(const nest *t, const scalar *e, bool parameter)
{
    return is_leaf(e) && t->load[e->leaf].from && (whole(t->load[e->leaf].from)->role == NEST_PARAMETER) == parameter;
}

static bool is_product(const nest *t, const scalar *e)
{
    return e->op == SCALAR_MULTIPLY && is_load(t, e->arg[0], false) && is_load(t, e->arg[1], true);
}

static bool is_sum_with_parameter(const nest *t, const scalar *e)
{
    return e->op == SCALAR_ADD && is_load(t, e->arg[1], true);
}

/** Whether e is a sum of elements of values. */
static bool is_sum_of_loads(const nest *t, const scalar *e)
{
    if (e->op == SCALAR_ADD)
        return is_sum_of_loads(t, e->arg[0]) && is_sum_of_loads(t, e->arg[1]);
    return is_load(t, e, false);
}

static bool has_root(const scalar *e)
{
    bool found = e->op == SCALAR_SQRT;
    for (int i = 0; i < scalar_arity(e->op); i++)
        found = found || has_root(e->arg[i]);
    return found;
}

/** Whether the statistics of a normalisation are those of rows: along the last dimension. */
static bool is_norm_of_rows(const net_form *f)
{
    const nest *t = f->nest[0];
    int axis;
    if (t->reducer != NEST_SUM || t->axis_count != t->free_count + 1)
        return false;
    const nest_load *l = &t->load[0];
    return nest_is_axis(&l->at[l->from->rank - 1], &axis) && axis == t->free_count;
}

/** A sum of the input, divided by a constant or by the sizes of windows.
 *  @param t  the last nest; its core is without the division */
static bool find_mean(net_form *f, const nest *t)
{
    const bool is_divided = t->body->op == SCALAR_DIVIDE;
    const scalar *sum = is_divided ? t->body->arg[0] : t->body, *divisor = is_divided ? t->body->arg[1] : NULL;
    const bool is_constant = !divisor || divisor->op == SCALAR_CONSTANT;
    if (t->reducer != NEST_SUM || !is_load(t, sum, false) || !(is_constant || is_load(t, divisor, false)))
        return false;
    nest *core = ARENA_NEW(t->graph->arena, nest);
    *core = *t;
    core->body = sum;
    f->kind = NET_MEAN;
    f->core = core;
    f->divisor = !divisor ? 1 : divisor->value;
    f->sizes = is_constant ? NULL : t->load[divisor->leaf].from;
    return true;
}

static net_form_kind kind_of_single(const nest *t)
{
    const scalar *e = t->body;
    if (t->reducer == NEST_SUM)
        return is_product(t, e) ? NET_PRODUCT : NET_NO_FORM;
    if (is_load(t, e, false))
        return NET_PICK;
    if (t->reducer == NEST_MAP && is_sum_of_loads(t, e))
        return NET_SUM;
    return t->reducer == NEST_MAP && is_sum_with_parameter(t, e) && is_product(t, e->arg[0]) ? NET_PRODUCT
                                                                                             : NET_NO_FORM;
}

void net_find_form(net_op *op)
{
    net_form *f = op->form;
    const int count = f->sums - (op->pool != NULL);
    f->kind = NET_NO_FORM;
    if (ir_has(op->code, IR_STARTS)) {
        f->kind = NET_ENTRY;
        return;
    }
    if (count == 0) {
        f->kind = NET_PICK;
        return;
    }
    const nest *last = f->nest[count - 1];
    for (int i = 0; i < count; i++)
        if (has_root(f->nest[i]->body)) {
            f->kind = is_norm_of_rows(f) ? NET_NORM : NET_NO_FORM;
            return;
        }
    if (find_mean(f, last))
        return;
    f->core = f->nest[0];
    f->kind = kind_of_single(f->core);
    if (count == 2 && !(f->kind == NET_PRODUCT && last->reducer == NEST_MAP && is_sum_with_parameter(last, last->body)))
        f->kind = NET_NO_FORM;
    if (count > 2)
        f->kind = NET_NO_FORM;
}

int64_t net_reduced(const net_op *op)
{
    const nest *t = op->form->core;
    int64_t count = 1;
    for (int i = t ? t->free_count : 0; t && i < t->axis_count; i++)
        count *= t->axis[i].extent;
    return count;
}
