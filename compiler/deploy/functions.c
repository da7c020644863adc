/* The functions of inference in float: the nests of each operation as loops, and what these loops touch. */
#include "deploy/network.h"

#include <float.h>

#include "deploy/quantize.h"
#include "graph/rewrite.h"

/* --- constants and values ---------------------------------------------------------------------------- */

static net_tensor *constant_of(network *n, const net_op *op, const nest_tensor *t)
{
    if (t == op->form->kernel && op->kernel)
        return op->kernel;
    if (t == op->form->bias && op->bias)
        return op->bias;
    const ir_value *v = t->value;
    return net_add_tensor(n, op, v->role, v->shape, n->weights[v->id]);
}

/** The constants that an operation reads; C declares them in the shape in which the first one reads them. */
static void find_constants(network *n, const net_op *op)
{
    for (int i = 0; i < op->form->count; i++) {
        const nest *t = op->form->nest[i];
        for (int j = 0; j < t->load_count; j++) {
            const nest_tensor *from = t->load[j].from;
            if (!from || nest_whole(from)->role != NEST_PARAMETER)
                continue;
            net_tensor **constant = &n->constants[nest_whole(from)->id];
            if (!*constant)
                *constant = constant_of(n, op, nest_whole(from));
            if (!(*constant)->shown)
                (*constant)->shown = from;
        }
    }
}

net_value *net_value_of(const network *n, const nest_tensor *t)
{
    for (const net_op *op = n->ops; op; op = op->next) {
        if (nest_whole(op->form->out) == nest_whole(t))
            return op->output;
        for (int i = 0; i < op->scratch_count; i++)
            if (op->scratch_of[i] == nest_whole(t))
                return &op->scratch[i];
    }
    return n->input;
}

static bool has_zeros(void *context, const nest_tensor *t)
{
    const network *n = context;
    const nest_tensor *v = nest_whole(t);
    if (v->role == NEST_PARAMETER)
        return false;
    for (const net_op *op = n->ops; op; op = op->next)
        if (nest_whole(op->form->out) == v)
            return op->output->has_zeros;
    return false;
}

/** "dense_kernel", or seen in another shape than it is declared in. */
static const char *constant_text(void *context, const nest_tensor *t)
{
    const network *n = context;
    const net_tensor *c = n->constants[nest_whole(t)->id];
    bool is_alike = t->rank == c->shown->rank;
    for (int d = 0; d < t->rank && is_alike; d++)
        is_alike = t->dim[d] == c->shown->dim[d];
    if (is_alike)
        return c->c_name;
    const ct_type type = lower_type(n->arena, t, &n->form, true);
    return arena_printf(n->arena, "(%s%s)", ct_cast(n->arena, &type), c->c_name);
}

/* --- operations -------------------------------------------------------------------------------------- */

/** The nests of an operation, as far as rewriting has left them. */
static void find_nests(network *n, net_op *op)
{
    net_form *f = op->form;
    f->count = 0;
    for (nest *t = n->nests->first; t; t = t->next)
        f->count += t->origin == op->op;
    f->nest = arena_array(n->arena, (size_t)f->count + 1, sizeof *f->nest);
    f->count = 0;
    for (nest *t = n->nests->first; t; t = t->next)
        if (t->origin == op->op)
            f->nest[f->count++] = t;
    nest_merge_axes(f->nest[0], f->nest[f->count - 1]->next);
}

/** Local results that need an offset in the working memory. */
static void find_scratch(network *n, net_op *op)
{
    const lowered *l = &op->function;
    op->scratch = arena_array(n->arena, (size_t)l->operand_count, sizeof *op->scratch);
    op->scratch_of = arena_array(n->arena, (size_t)l->operand_count, sizeof *op->scratch_of);
    for (int i = 0; i < l->operand_count; i++) {
        const nest_tensor *t = nest_whole(l->operand[i]);
        if (t->role != NEST_RESULT || !t->is_local)
            continue;
        op->scratch_of[op->scratch_count] = t;
        op->scratch[op->scratch_count++].elements = nest_elements(t);
    }
}

static void count_places(network *n)
{
    for (const net_op *op = n->ops; op; op = op->next)
        for (int i = 0; i < op->form->count; i++) {
            const nest_tensor *listed = lower_listed(&n->form, op->form->nest[i]);
            if (listed && nest_elements(listed) + 1 > n->places)
                n->places = nest_elements(listed) + 1;
        }
}

/** The least float, as C99 without a library has no infinity. */
static const char *lowest_float(arena *a)
{
    cwriter w = cw_new(a);
    return cw_f32(&w, -(double)FLT_MAX);
}

void net_add_functions(network *n)
{
    nest_graph *g = n->nests;
    if (n->last)
        nest_whole(n->last->form->out)->is_local = false;
    nest_squeeze(g);
    nest_split_axes(g);
    nest_split_factors(g);
    nest_begin_sums(g);
    nest_merge_reduced(g);
    for (net_op *op = n->ops; op; op = op->next)
        find_nests(n, op);
    n->constants = arena_array(n->arena, (size_t)g->tensor_count, sizeof *n->constants);
    n->samples->type = n->options.input == NET_BYTES ? "uint8_t" : NULL;
    n->form = (lower_form){.lowest = lowest_float(n->arena),
                           .max_local = NET_BLOCK,
                           .max_line = NET_BLOCK,
                           .constant = constant_text,
                           .has_zeros = has_zeros,
                           .context = n};
    for (net_op *op = n->ops; op; op = op->next)
        find_constants(n, op);
    count_places(n);
    n->form.place_type = net_place_bytes(n) == 2 ? "uint16_t" : "uint32_t";
    for (net_op *op = n->ops; op; op = op->next) {
        op->function = lower_nests(n->arena, op->form->nest[0], op->form->nest[op->form->count - 1]->next, &n->form);
        find_scratch(n, op);
    }
}
