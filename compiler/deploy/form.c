/* The forms of operations in integers, by their nests: no layer is known here. */
#include "deploy/quantize.h"

static bool is_leaf(const scalar *e)
{
    return e->op == SCALAR_LEAF;
}

/** Whether e is an element of a parameter, or of a value. */
static bool is_load(const nest *t, const scalar *e, bool parameter)
{
    return is_leaf(e) && t->load[e->leaf].from &&
           (nest_whole(t->load[e->leaf].from)->role == NEST_PARAMETER) == parameter;
}

static bool is_product(const nest *t, const scalar *e)
{
    return e->op == SCALAR_MULTIPLY && is_load(t, e->arg[0], false) && is_load(t, e->arg[1], true);
}

static bool is_sum_with_parameter(const nest *t, const scalar *e)
{
    return e->op == SCALAR_ADD && is_load(t, e->arg[1], true);
}

/** Whether e is elements of values, joined by that operation. */
static bool joins_loads(const nest *t, const scalar *e, scalar_op by)
{
    if (e->op == by)
        return joins_loads(t, e->arg[0], by) && joins_loads(t, e->arg[1], by);
    return is_load(t, e, false);
}

/** Whether nests join elements of values, each of them one of each, to their results: an element of the last result
 *  is an expression of elements. */
static bool all_join_loads(const net_form *f, int count, scalar_op by)
{
    for (int i = 0; i < count; i++) {
        const nest *t = f->nest[i];
        if (t->reducer == NEST_MAX || t->axis_count != t->free_count || !joins_loads(t, t->body, by))
            return false;
        for (int k = 0; k < t->load_count; k++)
            for (int earlier = 0; earlier < i; earlier++)
                if (t->load[k].from->viewed == f->nest[earlier]->result)
                    return false;
    }
    return true;
}

static bool has_root(const scalar *e)
{
    bool found = e->op == SCALAR_SQRT;
    for (int i = 0; i < scalar_arity(e->op); i++)
        found = found || has_root(e->arg[i]);
    return found;
}

/** Whether a normalisation is by the means of rows, and the variances about them: along the last dimension. */
static bool is_norm_of_rows(const net_op *op)
{
    const nest *t = op->form->nest[0];
    const ir_shape out = op->output->shape;
    int axis;
    if (t->reducer != NEST_SUM || t->axis_count != t->free_count + 1 || t->body->op != SCALAR_DIVIDE ||
        !is_load(t, t->body->arg[0], false))
        return false;
    const nest_load *l = &t->load[0];
    return nest_is_axis(&l->at[l->from->rank - 1], &axis) && axis == t->free_count &&
           t->axis[axis].extent == out.dim[out.rank - 1];
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
    f->core = core;
    f->divisor = !divisor ? 1 : divisor->value;
    f->sizes = is_constant ? NULL : t->load[divisor->leaf].from;
    return true;
}

/** A sum of products, to which a bias may be added. */
static bool is_sum_of_products(const net_form *f, int count)
{
    const nest *t = f->nest[0];
    if (t->reducer == NEST_MAP)
        return count == 1 && is_sum_with_parameter(t, t->body) && is_product(t, t->body->arg[0]);
    return t->reducer == NEST_SUM && is_product(t, t->body) &&
           (count == 1 || (count == 2 && is_sum_with_parameter(f->nest[1], f->nest[1]->body)));
}

/** The kind of nests without a root. */
static net_form_kind kind_of(net_form *f, int count)
{
    const nest *last = f->nest[count - 1];
    f->core = f->nest[0];
    if (is_sum_of_products(f, count))
        return NET_PRODUCT;
    if (count == 1 && last->reducer != NEST_SUM && is_load(last, last->body, false))
        return NET_PICK;
    if ((count == 1 || f->nest[0]->result->rank < last->result->rank) && find_mean(f, last))
        return NET_MEAN;
    f->core = last;
    if (all_join_loads(f, count, SCALAR_ADD))
        return NET_SUM;
    return all_join_loads(f, count, SCALAR_MULTIPLY) && last->reducer == NEST_MAP ? NET_TIMES : NET_NO_FORM;
}

void net_find_form(net_op *op)
{
    net_form *f = op->form;
    const int count = f->sums - (op->pool != NULL);
    bool is_norm = false;
    for (int i = 0; i < count; i++)
        is_norm = is_norm || has_root(f->nest[i]->body);
    if (ir_has(op->code, IR_STARTS))
        f->kind = NET_ENTRY;
    else if (count == 0)
        f->kind = NET_PICK;
    else if (is_norm)
        f->kind = is_norm_of_rows(op) ? NET_NORM : NET_NO_FORM;
    else
        f->kind = kind_of(f, count);
}

int64_t net_reduced(const net_op *op)
{
    const nest *t = op->form->core;
    int64_t count = 1;
    for (int i = t ? t->free_count : 0; t && i < t->axis_count; i++)
        count *= t->axis[i].extent;
    return count;
}
