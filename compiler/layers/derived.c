/* See derived.h. */
#include "layers/derived.h"

#include "graph/gradient.h"
#include "graph/rewrite.h"
#include "layers/nests.h"

static void count_ids(const ir_op *op, int *count)
{
    for (int i = 0; i < op->input_count; i++)
        *count = op->input[i]->id < *count ? *count : op->input[i]->id + 1;
    for (int i = 0; i < op->output_count; i++)
        *count = op->output[i]->id < *count ? *count : op->output[i]->id + 1;
}

static layer_nests begin(arena *a, const ir_op *op)
{
    int values = 0;
    count_ids(op, &values);
    if (op->forward)
        count_ids(op->forward, &values);
    layer_nests b = {.graph = nest_graph_new(a)};
    b.tensor = arena_array(a, (size_t)values, sizeof *b.tensor);
    b.graph->origin = op;
    return b;
}

/** A result that is the value. One that is no nest's own gets a nest. */
static void keep(nest_graph *g, nest_tensor *t, const ir_value *v)
{
    nest_tensor *own = nest_whole(t);
    if (own->role != NEST_RESULT || own->value) {
        nest *copy = nest_begin(g, NEST_MAP);
        nest_index at[NEST_MAX_RANK];
        nest_free_like(copy, t, at);
        nest_load_at(copy, "in", t, at);
        own = nest_end(copy, "out", "in");
    }
    own->value = v;
    own->is_local = false;
}

/* --- forward ----------------------------------------------------------------------------------------- */

static nest_tensor *activated(layer_nests *b, ir_activation f, nest_tensor *z)
{
    nest_index at[NEST_MAX_RANK];
    nest *t = nests_begin_map(b, "z", z, at);
    return nest_end_body(t, "out", nest_import(t, f.formula->value, NULL));
}

static void add_forward(layer_nests *b, const ir_op *op)
{
    const ir_activation f = op->attr.activation;
    layer_of(op)->nests(b, op);
    nest_tensor *out = nests_of(b, op->output[0]);
    if (!ir_has(op->code, IR_MAPS) && f.formula && f.kind != LANG_ACTIVATION_LINEAR) {
        const ir_value *kept = ir_kept_input(op);
        if (kept)
            keep(b->graph, out, kept);
        out = activated(b, f, out);
    }
    keep(b->graph, out, op->output[0]);
    const ir_value *index = ir_output_of_kind(op, IR_VALUE_INDEX, 0);
    if (index)
        keep(b->graph, nest_places(b->graph), index);
}

/* --- backward ---------------------------------------------------------------------------------------- */

/** A gradient times the derivative of an activation at a point: its argument or its result. */
static nest_tensor *times_derivative(layer_nests *b, ir_activation f, nest_tensor *gradient, const ir_value *point)
{
    const scalar *leaves[IR_LEAF_COUNT] = {NULL};
    nest_index at[NEST_MAX_RANK];
    nest *t = nest_begin(b->graph, NEST_MAP);
    nest_free_like(t, gradient, at);
    const bool takes_input = ir_derivative_takes_input(f);
    nest_tensor *from = nests_as(b, point, gradient->rank - 1, gradient->dim + 1);
    leaves[takes_input ? IR_LEAF_X : IR_LEAF_Y] = nest_load_at(t, takes_input ? "x" : "y", from, at);
    leaves[IR_LEAF_G] = nest_load_at(t, gradient->name, gradient, at);
    return nest_end_body(t, "din", nest_import(t, f.formula->gradient, leaves));
}

static bool is_wanted(const ir_value *v)
{
    return v->kind == IR_VALUE_PARAMETER || (v->kind == IR_VALUE_ACTIVATION && v->needs_gradient);
}

/** The index of the maximum, which forward keeps. */
static void read_places(layer_nests *b, const ir_op *op)
{
    const ir_value *index = ir_output_of_kind(op, IR_VALUE_INDEX, 0);
    nest_tensor *places = index ? nest_places(b->graph) : NULL;
    if (!places)
        return;
    places->role = NEST_EXTERN;
    places->value = index;
    places->is_local = false;
}

/** The gradients of the forward operation's inputs, in their order: the outputs of the backward operation. */
static void add_gradients(layer_nests *b, const ir_op *back)
{
    const ir_op *op = back->forward;
    nest_graph *g = b->graph;
    nest_tensor *dout = nests_of(b, back->input[0]);
    for (int i = 0; i < op->input_count; i++)
        nests_of(b, op->input[i]);
    layer_of(op)->nests(b, op);
    bool *wanted = arena_array(g->arena, (size_t)g->tensor_count, sizeof *wanted);
    for (int i = 0; i < op->input_count; i++)
        wanted[nests_of(b, op->input[i])->id] = is_wanted(op->input[i]);
    nest_tensor **gradient = nest_gradients(g, nests_of(b, op->output[0]), dout, wanted);
    read_places(b, op);
    for (int i = 0, next = 0; i < op->input_count; i++) {
        if (!is_wanted(op->input[i]) || ir_is_repeated(op, i))
            continue;
        const ir_value *v = back->output[next++];
        nest_tensor *t = gradient[nests_of(b, op->input[i])->id];
        if (v->kind == IR_VALUE_GRADIENT && back->attr.gradient_activation.kind != LANG_ACTIVATION_LINEAR)
            t = times_derivative(b, back->attr.gradient_activation, t, back->attr.gradient_point);
        keep(g, t, v);
    }
}

/** din = p (dout - sum of dout p) of p = softmax(in). */
static nest_tensor *through_softmax(layer_nests *b, nest_tensor *dout, const ir_value *result)
{
    nest_tensor *p = nests_of(b, result);
    nest_index at[NEST_MAX_RANK];
    nest *t = nests_begin_along_last(b, NEST_SUM, dout, at);
    nest_load_at(t, "dout", dout, at);
    nest_load_at(t, "p", p, at);
    nest_tensor *sum = nest_end(t, "sum", "dout * p");
    t = nests_begin_map(b, "p", p, at);
    nest_load_at(t, "dout", dout, at);
    nest_load_at(t, "sum", sum, at);
    return nest_end(t, "din", "p * (dout - sum)");
}

static void add_backward(layer_nests *b, const ir_op *back)
{
    const ir_activation f = back->attr.activation, last = back->attr.gradient_activation;
    nest_tensor *dout = nests_of(b, back->input[0]), *t = NULL;
    dout->name = "dout";
    if (ir_has(back->code, IR_MAPS)) {
        t = f.formula ? times_derivative(b, f, dout, back->input[1]) : through_softmax(b, dout, back->input[1]);
    } else if (back->forward->backward != back) { /* a sum of gradients */
        layer_of(back)->nests(b, back);
        t = nests_of(b, back->output[0]);
    } else {
        add_gradients(b, back);
        return;
    }
    if (last.kind != LANG_ACTIVATION_LINEAR)
        t = times_derivative(b, last, t, back->attr.gradient_point);
    keep(b->graph, t, back->output[0]);
}

nest_graph *derived_nests(arena *a, const ir_op *op)
{
    layer_nests b = begin(a, op);
    if (op->direction == IR_FORWARD)
        add_forward(&b, op);
    else
        add_backward(&b, op);
    nest_drop_unused(b.graph);
    return b.graph;
}

bool derived_reads(const ir_op *back, const ir_value *v)
{
    const nest_graph *g = derived_nests(back->arena, back);
    for (const nest *t = g->first; t; t = t->next)
        for (int i = 0; i < t->load_count; i++) {
            const nest_tensor *from = t->load[i].from;
            if (from && nest_whole(from)->value == v)
                return true;
        }
    return false;
}
