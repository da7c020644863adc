/* The nests of the operations as they are used: what their layers mean, with a batchnorm in the weights before it and a
 * pooling before the activation. */
#include "layers/nests.h"

#include <math.h>

#include "deploy/quantize.h"

/** State while the nests are built. */
typedef struct maker {
    network *n;
    layer_nests b;
} maker;

static net_op *operation_of(const maker *m, const ir_op *op)
{
    for (net_op *o = m->n->ops; o; o = o->next)
        if (o->op == op)
            return o;
    return NULL;
}

static nest_tensor *per_channel(maker *m, const char *name, const net_tensor *t)
{
    return nest_tensor_new(m->b.graph, NEST_PARAMETER, name, 1, &t->elements);
}

/** x * scale + shift for each channel; the channels are the last dimension of some shape of x. */
static nest_tensor *scaled(maker *m, net_op *op, nest_tensor *in)
{
    net_form *f = op->form;
    const int64_t channels = op->kernel->elements, dim[] = {NEST_ROWS, nest_elements(in) / channels, channels};
    nest_index at[NEST_MAX_RANK];
    in = nest_view(m->b.graph, in, 3, dim);
    nest *t = nests_begin_map(&m->b, "in", in, at);
    f->kernel = per_channel(m, "scale", op->kernel);
    f->bias = per_channel(m, "shift", op->bias);
    nest_load_at(t, "scale", f->kernel, &at[in->rank - 1]);
    nest_load_at(t, "shift", f->bias, &at[in->rank - 1]);
    return nest_end(t, "out", "in * scale + shift");
}

/** The caller's floats, as the description scales them, and with the norm that has been joined. */
static nest_tensor *entered(maker *m, net_op *op)
{
    const ir_data *data = &m->n->plan->program->data;
    nest_index at[NEST_MAX_RANK];
    nest *t = nests_begin_map(&m->b, "in", op->form->in[0], at);
    nest_name(t, "scale", data->scale);
    nest_name(t, "shift", fabs(data->shift));
    const char *formula = data->shift == 0  ? "in * scale"
                          : data->shift < 0 ? "in * scale - shift"
                                            : "in * scale + shift";
    nest_tensor *in = nest_end(t, "out", formula);
    nests_result(&m->b, op->op, in);
    if (!op->norm)
        return op->kernel ? scaled(m, op, in) : in;
    nests_result(&m->b, op->norm, in); /* a reshape may be between them */
    m->b.tensor[op->norm->input[0]->id] = nests_of(&m->b, op->norm->output[0]);
    layer_of(op->norm)->nests(&m->b, op->norm);
    return nests_of(&m->b, op->norm->output[0]);
}

static nest_tensor *parameter_of(maker *m, const ir_op *op, const char *role, const char *other)
{
    const ir_value *v = ir_parameter(op, role);
    v = v ? v : ir_parameter(op, other);
    return v ? nests_of(&m->b, v) : NULL;
}

/** The layer's own nests; a bias may have come from a batchnorm. */
static nest_tensor *of_layer(maker *m, net_op *op)
{
    layer_of(op->op)->nests(&m->b, op->op);
    const bool rescales = ir_has(op->code, IR_RESCALES);
    op->form->kernel = parameter_of(m, op->op, rescales ? "scale" : "kernel", "gamma");
    op->form->bias = parameter_of(m, op->op, rescales ? "center" : "bias", "beta");
    nest_tensor *out = nests_of(&m->b, op->op->output[0]);
    if (!op->bias || op->form->bias)
        return out;
    nest_index at[NEST_MAX_RANK];
    nest *t = nests_begin_map(&m->b, "sum", out, at);
    op->form->bias = per_channel(m, "bias", op->bias);
    nest_load_at(t, "bias", op->form->bias, &at[out->rank - 1]);
    return nest_end(t, "out", "sum + bias");
}

static nest_tensor *pooled(maker *m, const ir_op *pool, nest_tensor *in)
{
    m->b.tensor[pool->input[0]->id] = in;
    layer_of(pool)->nests(&m->b, pool);
    return nests_of(&m->b, pool->output[0]);
}

static nest_tensor *activated(maker *m, const net_op *op, nest_tensor *in)
{
    nest_index at[NEST_MAX_RANK];
    if (op->activation.formula) {
        nest *t = nests_begin_map(&m->b, "x", in, at);
        return nest_end_body(t, "out", nest_import(t, op->activation.formula->value, NULL));
    }
    if (op->activation.kind == LANG_ACTIVATION_LINEAR)
        return in;
    const ir_op *map = op->map;
    m->b.tensor[map->output[0]->id] = in;
    nests_result(&m->b, map, in);
    m->b.tensor[map->input[0]->id] = nests_of(&m->b, map->output[0]);
    layer_of(map)->nests(&m->b, map);
    return nests_of(&m->b, map->output[0]);
}

static int count_nests(const maker *m)
{
    int count = 0;
    for (const nest *t = m->b.graph->first; t; t = t->next)
        count++;
    return count;
}

static void add_nests(maker *m, net_op *op)
{
    net_form *f = op->form = ARENA_NEW(m->n->arena, net_form);
    const int first = count_nests(m);
    f->in = arena_array(m->n->arena, (size_t)op->input_count + 1, sizeof *f->in);
    for (int i = 0; i < op->input_count; i++)
        f->in[i] = nests_of(&m->b, op->op->input[i]);
    if (ir_has(op->code, IR_STARTS)) {
        f->in[0] = m->n->samples = nests_extern(&m->b, "samples", op->op->output[0]->shape);
        f->sum = entered(m, op);
    } else if (ir_has(op->code, IR_MAPS)) {
        f->sum = f->in[0];
    } else if (ir_has(op->code, IR_COUPLES_ROWS) || (ir_has(op->code, IR_RESCALES) && m->n->options.quantized)) {
        f->sum = scaled(m, op, f->in[0]);
    } else {
        f->sum = of_layer(m, op);
    }
    if (op->pool)
        f->sum = pooled(m, op->pool, f->sum);
    f->sums = count_nests(m) - first;
    f->out = activated(m, op, f->sum);
    f->count = count_nests(m) - first;
    f->nest = arena_array(m->n->arena, (size_t)f->count + 1, sizeof *f->nest);
    nest *t = m->b.graph->first;
    for (int i = 0; i < first + f->count; i++, t = t->next)
        if (i >= first)
            f->nest[i - first] = t;
    net_find_form(op);
}

/** Let a value be the elements of a tensor, in its own shape. */
static void set_value(maker *m, const ir_value *v, nest_tensor *t)
{
    int64_t dim[NEST_MAX_RANK] = {NEST_ROWS};
    for (int d = 0; d < v->shape.rank; d++)
        dim[1 + d] = v->shape.dim[d];
    /* what only a joined operation reads is no value of its own */
    const bool is_whole = nest_elements(t) == ir_elements(v->shape);
    m->b.tensor[v->id] = is_whole ? nest_view(m->b.graph, t, 1 + v->shape.rank, dim) : t;
}

static void add_written(maker *m, const ir_op *op)
{
    net_op *made = operation_of(m, op);
    const ir_value *out = op->output[0];
    m->b.graph->origin = op;
    if (made) {
        add_nests(m, made);
        set_value(m, out, made->form->out);
    } else if (ir_has(op->code, IR_STARTS)) {
        m->n->samples = nests_extern(&m->b, "samples", out->shape);
        set_value(m, out, m->n->samples);
    } else {
        set_value(m, out, nests_of(&m->b, op->input[0]));
    }
}

void net_add_nests(network *n)
{
    const ir_program *p = n->plan->program;
    const ir_graph *g = p->graph;
    maker m = {n, {.graph = nest_graph_new(n->arena), .program = p, .form = NESTS_PREDICTION}};
    m.b.tensor = arena_array(n->arena, (size_t)g->value_count, sizeof *m.b.tensor);
    for (const ir_op *op = g->written; op; op = op->next)
        if (!ir_is_row_loss(op))
            add_written(&m, op);
    n->nests = m.b.graph;
}
