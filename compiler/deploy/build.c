/* From the operations as they were written to those of use. */
#include "deploy/network.h"

#include <math.h>

#include "layers/layer.h"
#include "support/list.h"

/** A value of the graph while the network is built. */
typedef struct known {
    net_value *value;
    net_op *maker; /* NULL: the caller's input */
    int readers;   /* of it and of its views; the caller reads the output */
} known;

typedef struct builder {
    network *n;
    float *const *weights;
    known *of; /* by value id; of those that views show, only the shown one's is kept up */
} builder;

/** Dropout and activation linear do nothing here, reshape only changes how a value is looked at. */
static bool is_view(const ir_op *op)
{
    return ir_has(op->code, IR_TRAINING_ONLY) || ir_is_view(op);
}

/** Not a value of the network: the loss, the penalty. */
static bool is_training(const ir_op *op)
{
    return ir_is_row_loss(op);
}

static const ir_op *maker_in(const ir_op *written, const ir_value *v)
{
    for (const ir_op *op = written; op; op = op->next)
        if (op->output_count && op->output[0] == v)
            return op;
    return NULL;
}

/** The value that v shows, if v is a view. */
static const ir_value *shown(const builder *b, const ir_value *v)
{
    const ir_op *maker;
    while ((maker = maker_in(b->n->plan->program->graph->written, v)) != NULL && is_view(maker))
        v = maker->input[0];
    return v;
}

static known *known_of(const builder *b, const ir_value *v)
{
    return &b->of[shown(b, v)->id];
}

static void count_readers(builder *b)
{
    const ir_graph *g = b->n->plan->program->graph;
    for (const ir_op *op = g->written; op; op = op->next) {
        if (is_view(op) || is_training(op))
            continue;
        for (int i = 0; i < op->input_count; i++)
            if (op->input[i]->kind == IR_VALUE_ACTIVATION)
                known_of(b, op->input[i])->readers++;
    }
    known_of(b, g->output)->readers++;
}

/* --- constants ------------------------------------------------------------------------------------ */

net_tensor *net_add_tensor(network *n, const net_op *op, const char *role, ir_shape shape, float *data)
{
    net_tensor *t = ARENA_NEW(n->arena, net_tensor);
    t->c_name = arena_printf(n->arena, "%s_%s", op->c_name, role);
    t->shape = shape;
    t->elements = ir_elements(shape);
    t->data = data;
    net_tensor **end = &n->tensors;
    while (*end)
        end = &(*end)->next;
    *end = t;
    return t;
}

static float *weights_of(const builder *b, const ir_op *op, const char *role)
{
    const ir_value *v = ir_parameter(op, role);
    return v ? b->weights[v->id] : NULL;
}

/** A parameter of the layer, or NULL. */
static net_tensor *add_parameter(const builder *b, const net_op *op, const char *role)
{
    const ir_value *v = ir_parameter(op->op, role);
    return v ? net_add_tensor(b->n, op, role, v->shape, b->weights[v->id]) : NULL;
}

static void add_kernel_and_bias(const builder *b, net_op *op)
{
    op->kernel = add_parameter(b, op, "kernel");
    op->bias = add_parameter(b, op, "bias");
    if (op->bias)
        return;
    const ir_shape out = op->op->output[0]->shape;
    const ir_shape shape = {1, {out.dim[out.rank - 1]}};
    op->bias = net_add_tensor(b->n, op, "bias", shape, arena_array(b->n->arena, (size_t)shape.dim[0], sizeof(float)));
}

/** Whether an operation multiplies each channel by a constant and adds one. */
static bool is_affine(const ir_op *op)
{
    return ir_has(op->code, IR_COUPLES_ROWS | IR_RESCALES);
}

static const ir_value *channels_of(const ir_op *op)
{
    return ir_parameter(op, ir_has(op->code, IR_RESCALES) ? "scale" : "moving_mean");
}

/** A batchnorm in use: scale = gamma / sqrt(variance + epsilon), shift = beta - mean scale. Likewise of samples. */
static void batchnorm_weights(const builder *b, const ir_op *op, float *scale, float *shift)
{
    const int64_t channels = ir_elements(channels_of(op)->shape);
    if (ir_has(op->code, IR_RESCALES)) {
        const float *factor = weights_of(b, op, "scale"), *center = weights_of(b, op, "center");
        for (int64_t k = 0; k < channels; k++) {
            scale[k] = factor[k];
            shift[k] = (float)-((double)center[k] * (double)factor[k]);
        }
        return;
    }
    const float *gamma = weights_of(b, op, "gamma"), *beta = weights_of(b, op, "beta");
    const float *mean = weights_of(b, op, "moving_mean"), *variance = weights_of(b, op, "moving_variance");
    for (int64_t k = 0; k < channels; k++) {
        const double s = (gamma ? (double)gamma[k] : 1.0) / sqrt((double)variance[k] + op->attr.epsilon);
        scale[k] = (float)s;
        shift[k] = (float)((beta ? (double)beta[k] : 0.0) - (double)mean[k] * s);
    }
}

/** @param of  the batchnorm, or what scales the samples */
static void add_scale_and_shift(const builder *b, net_op *op, const ir_op *of)
{
    const ir_shape shape = channels_of(of)->shape;
    const size_t channels = (size_t)ir_elements(shape);
    float *scale = arena_array(b->n->arena, channels, sizeof *scale);
    float *shift = arena_array(b->n->arena, channels, sizeof *shift);
    batchnorm_weights(b, of, scale, shift);
    op->kernel = net_add_tensor(b->n, op, "scale", shape, scale);
    op->bias = net_add_tensor(b->n, op, "shift", shape, shift);
}

static bool is_weighted(const net_op *op)
{
    return ir_parameter(op->op, "kernel") != NULL;
}

static void add_constants(const builder *b, net_op *op)
{
    if (is_weighted(op)) {
        add_kernel_and_bias(b, op);
    } else if (ir_has(op->code, IR_RESCALES) && !b->n->options.quantized) {
        op->kernel = add_parameter(b, op, "scale");
        op->bias = add_parameter(b, op, "center");
    } else if (is_affine(op->op)) {
        add_scale_and_shift(b, op, op->op);
    } else if (ir_has(op->code, IR_NORMALISES)) {
        op->kernel = add_parameter(b, op, "gamma");
        op->bias = add_parameter(b, op, "beta");
    }
}

/* --- operations ----------------------------------------------------------------------------------- */

static const char *c_name_of(const builder *b, const ir_op *op)
{
    const char *layer = plan_c_name(b->n->plan, op->layer), *suffix = plan_name_suffix(op);
    return *suffix ? arena_printf(b->n->arena, "%s_%s", layer, suffix) : layer;
}

/** Whether many of the numbers that an operation leaves are 0. */
static bool makes_zeros(const builder *b, const net_op *op)
{
    if (ir_has(op->code, IR_STARTS))
        return b->n->options.input == NET_BYTES && (float)b->n->plan->program->data.shift == 0.0f;
    if (ir_is_zero_below(op->activation))
        return true;
    return ir_has(op->code, IR_SELECTS) && op->input[0]->has_zeros;
}

static net_op *append(builder *b, const ir_op *op)
{
    network *n = b->n;
    net_op *made = ARENA_NEW(n->arena, net_op);
    made->code = layer_lowered(op);
    made->op = op;
    made->c_name = c_name_of(b, op);
    if (ir_has(op->code, IR_MAPS)) {
        made->map = op;
        made->activation = op->attr.activation;
        made->activation_shape = op->output[0]->shape;
    }
    made->input = arena_array(n->arena, (size_t)op->input_count + 1, sizeof *made->input);
    for (int i = 0; i < op->input_count; i++)
        if (op->input[i]->kind == IR_VALUE_ACTIVATION)
            made->input[made->input_count++] = known_of(b, op->input[i])->value;
    add_constants(b, made);
    made->output = ARENA_NEW(n->arena, net_value);
    made->output->shape = op->output[0]->shape;
    made->output->elements = ir_elements(op->output[0]->shape);
    LIST_APPEND(n->ops, n->last, made);
    return made;
}

static void join_batchnorm(const builder *b, net_op *before, const ir_op *op)
{
    const size_t channels = (size_t)before->bias->elements;
    float *scale = arena_array(b->n->arena, channels, sizeof *scale);
    float *shift = arena_array(b->n->arena, channels, sizeof *shift);
    batchnorm_weights(b, op, scale, shift);
    net_fold(b->n, before, scale, shift);
    before->folded = op->layer;
}

/** gamma and beta of a layernorm, where it has them. */
static void add_norm(const builder *b, net_op *input, const ir_op *op)
{
    const ir_value *gamma = ir_parameter(op, "gamma"), *beta = ir_parameter(op, "beta");
    input->norm = op;
    if (gamma)
        input->kernel = net_add_tensor(b->n, input, "gamma", gamma->shape, b->weights[gamma->id]);
    if (beta)
        input->bias = net_add_tensor(b->n, input, "beta", beta->shape, b->weights[beta->id]);
}

/** A batchnorm or layernorm of the caller's floats, which become bytes after it: it decides what range channels and
 * rows have. */
static bool joins_input(const builder *b, net_op *input, const ir_op *op)
{
    const ir_program *p = b->n->plan->program;
    if (!b->n->options.quantized || input->folded || shown(b, p->graph->output) == op->output[0])
        return false;
    if (is_affine(op))
        add_scale_and_shift(b, input, op);
    else if (ir_has(op->code, IR_NORMALISES_ROWS) && isfinite(net_norm_epsilon(&p->data, op)))
        add_norm(b, input, op);
    else
        return false;
    input->folded = op->layer;
    return true;
}

/** Let the operation before do the work of this one too, if it can. A reshape may be between the two. */
static bool joins(const builder *b, net_op *before, const ir_op *op)
{
    if (!before)
        return false;
    if (ir_has(before->code, IR_STARTS))
        return joins_input(b, before, op);
    const bool is_linear = before->activation.kind == LANG_ACTIVATION_LINEAR;
    if (ir_has(op->code, IR_COUPLES_ROWS) && is_weighted(before) && is_linear && !before->pool &&
        ir_elements(ir_parameter(op, "moving_mean")->shape) == before->bias->elements) {
        join_batchnorm(b, before, op);
        return true;
    }
    if (ir_takes_pool(before->code, before->activation, op) && !before->pool &&
        ir_same_shape(op->input[0]->shape, before->output->shape) && ir_windows_are_apart(op)) {
        before->pool = op;
        before->output->shape = op->output[0]->shape;
        before->output->elements = ir_elements(op->output[0]->shape);
        return true;
    }
    if (ir_has(op->code, IR_MAPS) && is_linear && !ir_has(before->code, IR_MAPS)) {
        before->map = op;
        before->activation = op->attr.activation;
        before->activation_shape = op->output[0]->shape;
        return true;
    }
    return false;
}

static void add_op(builder *b, const ir_op *op)
{
    known *result = &b->of[op->output[0]->id];
    const known *before = ir_has(op->code, IR_STARTS) ? NULL : known_of(b, op->input[0]);
    if (before && op->input_count > 0 && before->readers == 1 && !ir_has(op->code, IR_ADDS) &&
        joins(b, before->maker, op)) {
        result->maker = before->maker;
        result->value = before->value;
    } else {
        result->maker = append(b, op);
        result->value = result->maker->output;
    }
    result->value->has_zeros = makes_zeros(b, result->maker);
}

/** The function that only scales the input is omitted where it would change nothing, unless its result is the
 *  output. */
static bool is_callers(const builder *b, const ir_op *op)
{
    const ir_data *data = &b->n->plan->program->data;
    if (shown(b, b->n->plan->program->graph->output) == op->output[0])
        return false;
    /* the caller's bytes are integers as they are, and floats become some */
    if (b->n->options.quantized)
        return b->n->options.input == NET_BYTES;
    return (b->n->options.input == NET_FLOATS && (float)data->scale == 1.0f && (float)data->shift == 0.0f);
}

static void add_input(builder *b, const ir_op *op)
{
    known *result = &b->of[op->output[0]->id];
    if (is_callers(b, op)) {
        result->value = ARENA_NEW(b->n->arena, net_value);
        result->value->shape = op->output[0]->shape;
        result->value->elements = ir_elements(op->output[0]->shape);
    } else {
        add_op(b, op);
    }
    b->n->input = result->value;
}

/** Remove the last operation, whose result is its input.
 *  @return false if the operation before it does not make that input for it alone */
static bool remove_last(const builder *b)
{
    network *n = b->n;
    net_op *before = n->ops;
    while (before->next && before->next != n->last)
        before = before->next;
    if (before->next != n->last || before->output != n->last->input[0] ||
        known_of(b, n->last->op->input[0])->readers > 1)
        return false;
    before->next = NULL;
    n->last = before;
    n->output = before->output;
    return true;
}

/** With --argmax-only, the last softmax or sigmoid is not needed: it keeps the order. A single output that was compared
 * with 1/2 is then compared with 0; hinge compares the sigmoid itself with 0. */
static void leave_out_probability(const builder *b, net_op *last)
{
    network *n = b->n;
    const lang_activation f = last->activation.kind;
    if (f == LANG_ACTIVATION_SIGMOID && n->output->elements == 1 && n->threshold != 0.5)
        return;
    if (f != LANG_ACTIVATION_SIGMOID && f != LANG_ACTIVATION_SOFTMAX)
        return;
    if (ir_has(last->code, IR_MAPS) && !remove_last(b))
        return;
    last->activation = (ir_activation){LANG_ACTIVATION_LINEAR, 0, NULL};
    n->threshold = f == LANG_ACTIVATION_SIGMOID ? 0.0 : n->threshold;
}

void net_build(network *n, float *const *weights)
{
    const ir_graph *g = n->plan->program->graph;
    builder b = {n, weights, arena_array(n->arena, (size_t)g->value_count, sizeof(known))};
    count_readers(&b);
    for (const ir_op *op = g->written; op; op = op->next) {
        if (ir_has(op->code, IR_STARTS))
            add_input(&b, op);
        else if (!is_view(op) && !is_training(op))
            add_op(&b, op);
    }
    const known *out = known_of(&b, g->output);
    n->output = out->value;
    if (out->maker) {
        const lang_activation f = out->maker->activation.kind;
        n->is_probability = n->classes && (f == LANG_ACTIVATION_SOFTMAX || f == LANG_ACTIVATION_SIGMOID);
        if (n->options.argmax_only && out->readers == 1)
            leave_out_probability(&b, out->maker);
    }
}
