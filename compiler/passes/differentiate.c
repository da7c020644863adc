/* Reverse-mode differentiation of the graph: see differentiate() in passes.h. */
#include "passes/passes.h"

#include "graph/nest.h"
#include "layers/derived.h"
#include "support/list.h"

/* Gradients that one operation adds up. */
enum { MAX_TERMS = 4 };

/** A gradient that one reader of a value gives it. */
typedef struct term {
    ir_value *gradient;
    struct term *next;
} term;

/** A value of the forward graph. */
typedef struct fact {
    ir_op *reader; /* the last one */
    int readers;
    int made;           /* gradients of it so far, when it has several */
    term *terms, *last; /* in the order in which the readers run backward */
} fact;

typedef struct derivation {
    ir_context *cx;
    ir_graph *graph;
    fact *facts; /* by the value's id */
} derivation;

static fact *fact_of(const derivation *d, const ir_value *v)
{
    return &d->facts[v->id];
}

static bool is_differentiable(const ir_value *v)
{
    return v->kind == IR_VALUE_PARAMETER || v->kind == IR_VALUE_ACTIVATION;
}

/** In topological order: a result needs a gradient when an operand does. */
static void find_facts(const derivation *d)
{
    for (ir_op *op = d->graph->first; op; op = op->next) {
        bool needed = false;
        for (int i = 0; i < op->input_count; i++) {
            fact *f = fact_of(d, op->input[i]);
            ir_value *v = op->input[i];
            v->needs_gradient = v->needs_gradient || v->kind == IR_VALUE_PARAMETER;
            needed = needed || v->needs_gradient;
            f->readers++;
            f->reader = op;
        }
        op->output[0]->needs_gradient = needed;
    }
}

static void add_term(const derivation *d, const ir_value *v, ir_value *gradient)
{
    fact *f = fact_of(d, v);
    term *t = ARENA_NEW(d->cx->arena, term);
    t->gradient = gradient;
    LIST_APPEND(f->terms, f->last, t);
}

static ir_op *append_backward(ir_graph *g, ir_opcode code, ir_op *forward)
{
    ir_op *back = ir_append_bare(g, code, IR_BACKWARD, forward->layer, forward->at);
    back->forward = forward;
    return back;
}

/** All readers have run backward: the gradient is the sum of the gradients that they give.
 *  @param of  the operation that the sum belongs to */
static void finish_gradient(const derivation *d, ir_value *v, ir_op *of)
{
    fact *f = fact_of(d, v);
    while (f->terms && f->terms->next) {
        ir_op *sum = append_backward(d->graph, ir_opcode_with(IR_ADDS), of);
        for (int i = 0; i < MAX_TERMS && f->terms; i++, f->terms = f->terms->next)
            ir_add_input(sum, f->terms->gradient);
        ir_value *total = ir_gradient_new(d->graph, v, f->terms ? ++f->made : 0);
        ir_add_output(sum, total);
        term *t = ARENA_NEW(d->cx->arena, term);
        *t = (term){total, f->terms};
        f->terms = t;
    }
    v->gradient = f->terms ? f->terms->gradient : NULL;
}

/** The inputs of the backward operation besides the gradient of its output. */
static void add_memory(ir_graph *g, ir_op *back, const ir_op *op)
{
    const bool is_derived = !ir_has(op->code, IR_WRITTEN | IR_MAPS) && !ir_is_view(op);
    if (is_derived && !g->fault)
        g->fault = derived_nests(g->arena, back)->fault;
    for (int i = 0; i < op->input_count; i++)
        if (is_derived ? !ir_is_repeated(op, i) && derived_reads(back, op->input[i])
                       : ir_has(op->code, IR_READS_INPUT) && op->input[i]->kind != IR_VALUE_STATE)
            ir_add_input(back, op->input[i]);
    if (ir_has(op->code, IR_MAPS))
        ir_add_input(back, ir_derivative_takes_input(op->attr.activation) ? op->input[0] : op->output[0]);
    for (int i = 0; i < op->output_count; i++)
        if (op->output[i]->kind == IR_VALUE_INDEX || op->output[i]->kind == IR_VALUE_STATISTIC)
            ir_add_input(back, op->output[i]);
}

/** The gradient of a batchnorm's input needs the sums that are the gradients of gamma and beta, also where it
 *  has no such parameters. */
static void add_sums(ir_graph *g, ir_op *back)
{
    const ir_op *op = back->forward;
    const ir_shape channels = op->output[1]->shape;
    if (!ir_output_of_kind(back, IR_VALUE_GRADIENT, 0))
        return;
    if (!op->attr.scale)
        ir_add_output(back, ir_value_new(g, IR_VALUE_STATISTIC, channels, op->layer, "gamma_sum"));
    if (!op->attr.center)
        ir_add_output(back, ir_value_new(g, IR_VALUE_STATISTIC, channels, op->layer, "beta_sum"));
}

/** The backward operation of everything but an addition of equal shapes. */
static void derive(const derivation *d, ir_op *op)
{
    ir_op *back = append_backward(d->graph, op->code, op);
    back->attr = op->attr;
    op->backward = back;
    if (op->code != IR_LOSS)
        ir_add_input(back, op->output[0]->gradient);
    for (int i = 0; i < op->input_count; i++) {
        ir_value *v = op->input[i];
        fact *f = fact_of(d, v);
        if (!v->needs_gradient || !is_differentiable(v) || ir_is_repeated(op, i))
            continue;
        ir_value *gradient = ir_gradient_new(d->graph, v, f->readers > 1 ? ++f->made : 0);
        ir_add_output(back, gradient);
        add_term(d, v, gradient);
    }
    add_memory(d->graph, back, op);
    if (ir_couples_rows(op))
        add_sums(d->graph, back);
}

/** An addition hands its gradient on, unchanged: nothing is to be computed. */
static void derive_add(const derivation *d, const ir_op *op)
{
    for (int i = 0; i < op->input_count; i++)
        if (op->input[i]->needs_gradient)
            add_term(d, op->input[i], op->output[0]->gradient);
}

/** Whether no input is repeated along a dimension. */
static bool adds_same_shapes(const ir_op *op)
{
    bool same = ir_has(op->code, IR_ADDS);
    for (int i = 0; i < op->input_count && same; i++)
        same = ir_same_shape(op->input[i]->shape, op->output[0]->shape);
    return same;
}

bool differentiate(ir_context *cx)
{
    ir_graph *g = cx->program->graph;
    int count = 0;
    for (const ir_op *op = g->first; op; op = op->next)
        count++;
    ir_op **order = arena_array(cx->arena, (size_t)count, sizeof *order);
    const derivation d = {cx, g, arena_array(cx->arena, (size_t)g->value_count, sizeof(fact))};
    int n = 0;
    for (ir_op *op = g->first; op; op = op->next)
        order[n++] = op;
    find_facts(&d);
    while (n-- > 0) {
        ir_op *op = order[n];
        /* a penalty needs no operation of its own: whoever makes the gradient of a parameter adds what its
         * regularizer says, and to the loss it is a constant */
        if (ir_has(op->code, IR_STARTS) || op->code == IR_PENALTY || !op->output[0]->needs_gradient)
            continue;
        finish_gradient(&d, op->output[0], op);
        if (adds_same_shapes(op))
            derive_add(&d, op);
        else
            derive(&d, op);
    }
    for (ir_value *v = g->values; v; v = v->next)
        if (v->kind == IR_VALUE_PARAMETER)
            finish_gradient(&d, v, fact_of(&d, v)->reader);
    return true;
}
