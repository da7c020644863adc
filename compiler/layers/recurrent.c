/* See recurrent.h. */
#include "layers/recurrent.h"

#include <string.h>

#include "layers/keras.h"
#include "layers/shape.h"

static bool flag(const ir_op *op, const char *name)
{
    return ir_argument_named(op, name)->boolean;
}

bool recurrent_shape(ir_context *cx, ir_op *op, int64_t gates, int64_t biases)
{
    const ir_attributes *a = &op->attr;
    const ir_shape in = op->input[0]->shape;
    if (!shape_needs_sequence(cx, op))
        return false;
    const ir_shape kernel = {2, {in.dim[1], gates * a->units}}, recurrent_kernel = {2, {a->units, gates * a->units}};
    if (!shape_fits(kernel) || !shape_fits(recurrent_kernel))
        return shape_too_large(cx, op, "kernel", kernel);
    ir_value *v = shape_add_parameter(cx, op, "kernel", kernel, a->kernel_initializer, a->kernel_regularizer);
    v->fan_in = in.dim[1];
    v->fan_out = gates * a->units;
    v = shape_add_parameter(cx, op, "recurrent_kernel", recurrent_kernel,
                            ir_argument_named(op, "recurrent_initializer")->initializer,
                            ir_argument_named(op, "recurrent_regularizer")->regularizer);
    v->fan_in = a->units;
    v->fan_out = gates * a->units;
    const ir_shape bias = biases == 1 ? (ir_shape){1, {gates * a->units}} : (ir_shape){2, {biases, gates * a->units}};
    if (a->use_bias)
        shape_add_parameter(cx, op, "bias", bias, a->bias_initializer, a->bias_regularizer);
    op->output[0]->shape =
        flag(op, "return_sequences") ? (ir_shape){2, {in.dim[0], a->units}} : (ir_shape){1, {a->units}};
    return true;
}

/* --- Keras ------------------------------------------------------------------------------------------- */

/* As the rows list them. The derivative of this form of sigmoid cannot overflow, however small x is. */
static const struct {
    const char *name, *formula;
} activations[] = {{"tanh", "tanh(x)"}, {"sigmoid", "0.5 + 0.5 * tanh(0.5 * x)"}, {"relu", "select(x < 0, 0, x)"}};

const char *recurrent_activation(const ir_op *op, const char *argument)
{
    const ir_argument *given = ir_argument_named(op, argument);
    return given ? activations[given->word].name : NULL;
}

static void keras_activation_of(py_call *c, const ir_op *op, const char *argument, const char *standard)
{
    const char *name = recurrent_activation(op, argument);
    if (name && strcmp(name, standard) != 0)
        py_argument(c, "%s=\"%s\"", argument, name);
}

void recurrent_keras(py_call *c, const ir_op *op)
{
    const bool forgets = op->attr.bias_initializer.kind == LANG_INITIALIZER_UNIT_FORGET;
    ir_op written = *op;
    if (forgets)
        written.attr.bias_initializer.kind = LANG_INITIALIZER_ZEROS;
    py_argument(c, "%lld", (long long)op->attr.units);
    keras_activation_of(c, op, "activation", "tanh");
    keras_activation_of(c, op, "recurrent_activation", "sigmoid");
    keras_add_parameters(c, &written, "kernel");
    keras_add_initializer(c, "recurrent_initializer", ir_argument_named(op, "recurrent_initializer")->initializer,
                          LANG_INITIALIZER_ORTHOGONAL);
    keras_add_regularizer(c, "recurrent_regularizer", ir_argument_named(op, "recurrent_regularizer")->regularizer);
    if (flag(op, "return_sequences"))
        py_argument(c, "return_sequences=True");
    if (flag(op, "go_backwards"))
        py_argument(c, "go_backwards=True");
}

/* --- nests ------------------------------------------------------------------------------------------- */

static nest *begin_product(const recurrent *r, nest_index at[4])
{
    nest *t = nest_begin(r->b->graph, NEST_SUM);
    at[0] = nest_free(t, "n", NEST_ROWS);
    at[1] = nest_free(t, "time", r->steps);
    at[2] = r->gates > 1 ? nest_free(t, "g", r->gates) : nest_constant(0);
    at[3] = nest_free(t, "u", r->units);
    return t;
}

static nest_tensor *end_product(const recurrent *r, nest *t, nest_tensor *in, const char *kernel,
                                const nest_index at[4], const char *name)
{
    const int64_t length = in->dim[in->rank - 1], dim[] = {length, r->gates, r->units};
    const nest_index c = nest_reduced(t, "c", length);
    NEST_LOAD(t, "in", in, at[0], at[1], c);
    NEST_LOAD(t, "kernel", nests_as(r->b, ir_parameter(r->op, kernel), 3, dim), c, at[2], at[3]);
    return nest_end(t, name, "in * kernel");
}

/** sum + a row of the bias */
static nest_tensor *add_bias(const recurrent *r, nest_tensor *sum, int64_t row, const char *name)
{
    const ir_value *bias = ir_parameter(r->op, "bias");
    if (!bias || row < 0)
        return sum;
    const int64_t width = r->gates * r->units, dim[] = {ir_elements(bias->shape) / width, r->gates, r->units};
    nest_index at[NEST_MAX_RANK];
    nest *t = nests_begin_map(r->b, "sum", sum, at);
    NEST_LOAD(t, "bias", nests_as(r->b, bias, 3, dim), nest_constant(row), r->gates > 1 ? at[2] : nest_constant(0),
              at[sum->rank - 1]);
    return nest_end(t, name, "sum + bias");
}

recurrent recurrent_begin(layer_nests *b, const ir_op *op, int64_t gates)
{
    const ir_shape in = op->input[0]->shape;
    recurrent r = {.b = b, .op = op, .steps = in.dim[0], .units = op->attr.units, .gates = gates};
    nest_index at[4];
    nest *t = begin_product(&r, at);
    r.x = end_product(&r, t, nests_of(b, op->input[0]), "kernel", at, "sum");
    r.x = add_bias(&r, r.x, 0, "own");
    if (r.steps > 1)
        nest_scan_begin(b->graph, 1, flag(op, "go_backwards"));
    return r;
}

nest_tensor *recurrent_state(const recurrent *r, const char *name, nest_tensor **before)
{
    arena *a = r->b->graph->arena;
    nest_index at[3];
    nest_tensor *state = nest_carried(r->b->graph, name, 3, (const int64_t[]){NEST_ROWS, r->steps, r->units});
    name = arena_printf(a, "%s_before", name);
    *before = r->steps == 1 ? nest_end(recurrent_map(r, at), name, "0")
                            : nest_at_step(r->b->graph, state, flag(r->op, "go_backwards") ? 1 : -1, name);
    return state;
}

nest_tensor *recurrent_product(const recurrent *r, nest_tensor *before, int64_t bias)
{
    nest_index at[4];
    nest *t = begin_product(r, at);
    return add_bias(r, end_product(r, t, before, "recurrent_kernel", at, "product"), bias, "recurrent");
}

nest *recurrent_map(const recurrent *r, nest_index at[3])
{
    nest *t = nest_begin(r->b->graph, NEST_MAP);
    at[0] = nest_free(t, "n", NEST_ROWS);
    at[1] = nest_free(t, "time", r->steps);
    at[2] = nest_free(t, "u", r->units);
    return t;
}

void recurrent_load_gate(nest *t, const char *name, nest_tensor *v, int64_t gate, const nest_index at[3])
{
    if (v->rank == 3)
        nest_load_at(t, name, v, at);
    else
        NEST_LOAD(t, name, v, at[0], at[1], nest_constant(gate), at[2]);
}

nest_tensor *recurrent_gate(const recurrent *r, nest_tensor *product, int64_t nth, const char *name,
                            const char *argument)
{
    nest_index at[3];
    nest *t = recurrent_map(r, at);
    recurrent_load_gate(t, "own", r->x, nth, at);
    recurrent_load_gate(t, "carried", product, nth, at);
    nest_tensor *z = nest_end(t, arena_printf(r->b->graph->arena, "%s_z", name), "own + carried");
    t = recurrent_map(r, at);
    nest_load_at(t, "z", z, at);
    return recurrent_activated(r, t, name, argument, "z");
}

nest_tensor *recurrent_activated(const recurrent *r, nest *t, const char *name, const char *argument,
                                 const char *formula)
{
    nest_define(t, "x", nest_formula(t, formula));
    return nest_end(t, name, activations[ir_argument_named(r->op, argument)->word].formula);
}

void recurrent_set(nest *t, nest_tensor *state, const char *formula)
{
    nest_end_carried(t, state, nest_formula(t, formula));
}

void recurrent_end(const recurrent *r, nest_tensor *state)
{
    const bool is_sequence = flag(r->op, "return_sequences"), backwards = flag(r->op, "go_backwards");
    nest_index at[NEST_MAX_RANK];
    nest_scan_end(r->b->graph);
    nest *t = nests_begin_over(r->b, NEST_MAP, r->op->output[0]->shape, at);
    const nest_index last = nest_constant(backwards ? 0 : r->steps - 1);
    const nest_index step = !is_sequence ? last
                            : backwards  ? nest_affine(at[1], -1, nest_constant(r->steps - 1))
                                         : at[1];
    NEST_LOAD(t, "state", state, at[0], step, at[is_sequence ? 2 : 1]);
    nests_result(r->b, r->op, nest_end(t, "out", "state"));
}
