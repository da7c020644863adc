/* The layers of the Keras script, from the operations as written in the description. Every layer maps x to x; the
 * input of a residual connection is kept as skip_1, skip_2 ... */
#include "emit/keras.h"

#include <stdlib.h>
#include <string.h>

static const char *f(keras *k, double value)
{
    return py_float(k->plan->arena, value);
}

static const char *pair(keras *k, ir_pair p)
{
    return arena_printf(k->plan->arena, "(%lld, %lld)", (long long)p.h, (long long)p.w);
}

/** "(28, 28, 1)", "(784,)" */
static const char *tuple(keras *k, ir_shape shape)
{
    str s = str_new(k->plan->arena);
    str_add_char(&s, '(');
    for (int i = 0; i < shape.rank; i++)
        str_printf(&s, "%s%lld", i ? ", " : "", (long long)shape.dim[i]);
    str_add(&s, shape.rank == 1 ? ",)" : ")");
    return s.text;
}

/** Names are those of the C: Keras takes no "/" in a name. */
static const char *name_of_layer(keras *k, const ir_op *op)
{
    return arena_printf(k->plan->arena, "\"%s\"", plan_c_name(k->plan, op->layer));
}

static py_call layer_call(keras *k, const char *class)
{
    return py_call_new(k->plan->arena, arena_printf(k->plan->arena, "keras.layers.%s", class));
}

/** The class of the layer's word. */
static py_call word_call(keras *k, lang_layer layer)
{
    return py_call_new(k->plan->arena, keras_path(k, "layers", &lang_layers, (int)layer));
}

/* --- activations, initializers, regularizers --------------------------------------------------------- */

/** As a value of the argument activation. */
static const char *activation_text(keras *k, ir_activation g)
{
    arena *a = k->plan->arena;
    const char *name = ir_activation_name(g.kind);
    const lang_param *argument = lang_activations.entries[g.kind].params;
    if (!argument->name || g.a == (argument->type == LANG_TYPE_BOOL ? 0 : strtod(argument->initial, NULL)))
        return arena_printf(a, "\"%s\"", name);
    return arena_printf(a, "lambda t: keras.activations.%s(t, %s=%s)", name, argument->name,
                        argument->type == LANG_TYPE_BOOL ? "True" : f(k, g.a));
}

static const char *initializer_text(keras *k, ir_initializer i)
{
    py_call c = py_call_new(k->plan->arena, keras_path(k, "initializers", &lang_initializers, (int)i.kind));
    switch (i.kind) {
    case LANG_INITIALIZER_CONSTANT:
        py_argument(&c, "%s", f(k, i.a));
        break;
    case LANG_INITIALIZER_RANDOM_UNIFORM:
        py_argument(&c, "minval=%s", f(k, i.a));
        py_argument(&c, "maxval=%s", f(k, i.b));
        break;
    case LANG_INITIALIZER_RANDOM_NORMAL:
        py_argument(&c, "mean=%s", f(k, i.a));
        py_argument(&c, "stddev=%s", f(k, i.b));
        break;
    case LANG_INITIALIZER_ORTHOGONAL:
        py_argument(&c, "gain=%s", f(k, i.a));
        break;
    case LANG_INITIALIZER_ZEROS:
    case LANG_INITIALIZER_ONES:
    case LANG_INITIALIZER_GLOROT_UNIFORM:
    case LANG_INITIALIZER_GLOROT_NORMAL:
    case LANG_INITIALIZER_HE_UNIFORM:
    case LANG_INITIALIZER_HE_NORMAL:
    case LANG_INITIALIZER_LECUN_UNIFORM:
    case LANG_INITIALIZER_LECUN_NORMAL:
    case LANG_INITIALIZER_COUNT:
        break;
    }
    return py_call_text(&c);
}

/** Where it is not what Keras does by itself. */
static void add_initializer(keras *k, py_call *c, const char *name, ir_initializer i, lang_initializer standard)
{
    if (i.kind != standard)
        py_argument(c, "%s=%s", name, initializer_text(k, i));
}

static void add_regularizer(keras *k, py_call *c, const char *name, ir_regularizer r)
{
    if (!ir_is_penalty(r))
        return;
    py_argument(c, "%s=%s(l1=%s, l2=%s)", name,
                keras_path(k, "regularizers", &lang_regularizers, LANG_REGULARIZER_L1_L2), f(k, r.l1), f(k, r.l2));
}

/** What dense and the convolutions share; depthwise kernels have names of their own. */
static void add_parameters(keras *k, py_call *c, const ir_op *op)
{
    const ir_attributes *a = &op->attr;
    const char *kernel = op->code == IR_DEPTHWISE_CONV2D ? "depthwise" : "kernel";
    if (!a->use_bias)
        py_argument(c, "use_bias=False");
    add_initializer(k, c, arena_printf(k->plan->arena, "%s_initializer", kernel), a->kernel_initializer,
                    LANG_INITIALIZER_GLOROT_UNIFORM);
    add_initializer(k, c, "bias_initializer", a->bias_initializer, LANG_INITIALIZER_ZEROS);
    add_regularizer(k, c, arena_printf(k->plan->arena, "%s_regularizer", kernel), a->kernel_regularizer);
    add_regularizer(k, c, "bias_regularizer", a->bias_regularizer);
}

/* --- layers ----------------------------------------------------------------------------------------- */

static py_call dense_call(keras *k, const ir_op *op)
{
    py_call c = word_call(k, LANG_LAYER_DENSE);
    py_argument(&c, "%lld", (long long)op->attr.units);
    add_parameters(k, &c, op);
    return c;
}

static const char *padding_text(const ir_op *op)
{
    return op->attr.padding == IR_PADDING_SAME ? "\"same\"" : "\"valid\"";
}

static py_call convolution_call(keras *k, const ir_op *op)
{
    const ir_attributes *a = &op->attr;
    py_call c = word_call(k, op->code == IR_CONV2D ? LANG_LAYER_CONV2D : LANG_LAYER_DEPTHWISE_CONV2D);
    if (op->code == IR_CONV2D)
        py_argument(&c, "%lld", (long long)a->filters);
    py_argument(&c, "%s", pair(k, a->window));
    py_argument(&c, "strides=%s", pair(k, a->strides));
    py_argument(&c, "padding=%s", padding_text(op));
    if (a->dilation.h != 1 || a->dilation.w != 1)
        py_argument(&c, "dilation_rate=%s", pair(k, a->dilation));
    if (op->code == IR_CONV2D && a->groups != 1)
        py_argument(&c, "groups=%lld", (long long)a->groups);
    if (op->code == IR_DEPTHWISE_CONV2D && a->multiplier != 1)
        py_argument(&c, "depth_multiplier=%lld", (long long)a->multiplier);
    if (op->code == IR_DEPTHWISE_CONV2D && a->strides.h != a->strides.w)
        py_comment(&k->w, "Keras with TensorFlow refuses strides that differ in a depthwise convolution");
    add_parameters(k, &c, op);
    return c;
}

static py_call pool_call(keras *k, const ir_op *op)
{
    py_call c = word_call(k, op->code == IR_MAXPOOL2D ? LANG_LAYER_MAXPOOL2D : LANG_LAYER_AVGPOOL2D);
    py_argument(&c, "%s", pair(k, op->attr.window));
    py_argument(&c, "strides=%s", pair(k, op->attr.strides));
    py_argument(&c, "padding=%s", padding_text(op));
    return c;
}

static py_call normalisation_call(keras *k, const ir_op *op)
{
    const ir_attributes *a = &op->attr;
    py_call c = word_call(k, op->code == IR_BATCHNORM ? LANG_LAYER_BATCHNORM : LANG_LAYER_LAYERNORM);
    if (op->code == IR_BATCHNORM)
        py_argument(&c, "momentum=%s", f(k, a->momentum));
    py_argument(&c, "epsilon=%s", f(k, a->epsilon));
    if (!a->center)
        py_argument(&c, "center=False");
    if (!a->scale)
        py_argument(&c, "scale=False");
    add_initializer(k, &c, "beta_initializer", a->beta_initializer, LANG_INITIALIZER_ZEROS);
    add_initializer(k, &c, "gamma_initializer", a->gamma_initializer, LANG_INITIALIZER_ONES);
    return c;
}

static py_call reshape_call(keras *k, const ir_op *op)
{
    if (op->attr.target.dim[0] == 0)
        return word_call(k, LANG_LAYER_FLATTEN);
    py_call c = word_call(k, LANG_LAYER_RESHAPE);
    py_argument(&c, "%s", tuple(k, op->attr.target));
    return c;
}

/** The call that makes the layer. */
static py_call call_of(keras *k, const ir_op *op)
{
    py_call c;
    switch (op->code) {
    case IR_DENSE:
        return dense_call(k, op);
    case IR_CONV2D:
    case IR_DEPTHWISE_CONV2D:
        return convolution_call(k, op);
    case IR_MAXPOOL2D:
    case IR_AVGPOOL2D:
        return pool_call(k, op);
    case IR_GLOBAL_AVGPOOL2D:
        return word_call(k, LANG_LAYER_GLOBAL_AVGPOOL2D);
    case IR_ACTIVATION:
        c = word_call(k, LANG_LAYER_ACTIVATION);
        py_argument(&c, "%s", activation_text(k, op->attr.activation));
        return c;
    case IR_ADD:
        return layer_call(k, "Add");
    case IR_BATCHNORM:
    case IR_LAYERNORM:
        return normalisation_call(k, op);
    case IR_DROPOUT:
        c = word_call(k, LANG_LAYER_DROPOUT);
        py_argument(&c, "%s", f(k, op->attr.rate));
        return c;
    case IR_RESHAPE:
        return reshape_call(k, op);
    case IR_INPUT:
    case IR_LOSS:
    case IR_PENALTY:
    case IR_OPCODE_COUNT:
        break;
    }
    return layer_call(k, "Identity");
}

/* --- the graph -------------------------------------------------------------------------------------- */

/** Number the values that something else than the next operation reads. The loss of an autoencoder does not count. */
static void number_skips(keras *k)
{
    const ir_graph *g = k->plan->program->graph;
    int *skips = arena_array(k->plan->arena, (size_t)g->value_count, sizeof *skips);
    int count = 0;
    for (const ir_op *op = g->written; op; op = op->next)
        for (int i = 0; i < op->input_count; i++) {
            const ir_op *maker = op->input[i]->written_producer;
            if (maker && maker->next != op && op->code != IR_LOSS)
                skips[op->input[i]->id] = 1;
        }
    for (const ir_op *op = g->written; op; op = op->next)
        if (skips[op->output[0]->id])
            skips[op->output[0]->id] = ++count;
    k->skips = skips;
}

static int skip_of(const keras *k, const ir_value *v)
{
    return k->skips[v->id];
}

/** What the layer is applied to: "(x)", or "([x, skip_1])". */
static const char *operands(keras *k, const ir_op *op, const ir_op *before)
{
    str s = str_new(k->plan->arena);
    int count = 0;
    for (int i = 0; i < op->input_count; i++) {
        if (!ir_is_per_row(op->input[i]))
            continue;
        str_add(&s, count++ ? ", " : "");
        if (op->input[i] == before->output[0])
            str_add(&s, "x");
        else
            str_printf(&s, "skip_%d", skip_of(k, op->input[i]));
    }
    return arena_printf(k->plan->arena, op->code == IR_ADD ? "([%s])" : "(%s)", s.text);
}

/** An activation that was written as an argument of the layer before it. */
static bool is_argument(const keras *k, const ir_op *op, const ir_op *next)
{
    return next && next->code == IR_ACTIVATION && strcmp(op->layer, next->layer) == 0 && !skip_of(k, op->output[0]);
}

static void keep(keras *k, const ir_op *op)
{
    if (skip_of(k, op->output[0]))
        py_line(&k->w, "skip_%d = x", skip_of(k, op->output[0]));
}

/** @return the last operation that was written */
static const ir_op *write_layer(keras *k, const ir_op *op, const ir_op *before)
{
    const ir_op *last = op;
    py_call c = call_of(k, op);
    if (is_argument(k, op, op->next)) {
        last = op->next;
        py_argument(&c, "activation=%s", activation_text(k, last->attr.activation));
    }
    /* an activation that could not be an argument has its layer's name once more */
    if (strcmp(op->layer, before->layer) != 0)
        py_argument(&c, "name=%s", name_of_layer(k, op));
    py_call_line(&k->w, "x = ", &c, operands(k, op, before));
    keep(k, last);
    return last;
}

static void write_augmentation(keras *k)
{
    const ir_augment *a = &k->plan->program->data.augment;
    const ir_shape picture = a->picture;
    if (!ir_augments(&k->plan->program->data))
        return;
    py_comment(&k->w, "augmentation; here each layer interpolates separately, mnnc combines all in one motion");
    const char *fill = arena_printf(k->plan->arena, "fill_mode=\"constant\", fill_value=%s", f(k, a->outside));
    if (a->rotate > 0)
        py_line(&k->w, "x = keras.layers.RandomRotation(%s / 360, %s)(x)", f(k, a->rotate), fill);
    if (a->zoom > 0)
        py_line(&k->w, "x = keras.layers.RandomZoom(%s, %s)(x)", f(k, a->zoom), fill);
    if (a->shift > 0)
        py_line(&k->w, "x = keras.layers.RandomTranslation(%s / %lld, %s / %lld, %s)(x)", f(k, a->shift),
                (long long)picture.dim[0], f(k, a->shift), (long long)picture.dim[1], fill);
    if (a->noise > 0)
        py_line(&k->w, "x = keras.layers.GaussianNoise(%s)(x)", f(k, a->noise));
}

static void write_input(keras *k, const ir_op *op)
{
    py_call c = py_call_new(k->plan->arena, "keras.Input");
    py_argument(&c, "%s", tuple(k, op->output[0]->shape));
    py_argument(&c, "name=%s", name_of_layer(k, op));
    py_call_line(&k->w, "inputs = ", &c, "");
    py_line(&k->w, "x = inputs");
    write_augmentation(k);
    keep(k, op);
}

void keras_layers(keras *k)
{
    const ir_program *p = k->plan->program;
    const ir_op *before = p->graph->written;
    number_skips(k);
    write_input(k, before);
    for (const ir_op *op = before->next; op; op = before->next) {
        if (op->code == IR_LOSS || op->code == IR_PENALTY)
            break;
        before = write_layer(k, op, before);
    }
    py_line(&k->w, "model = keras.Model(inputs, x, name=%s)", py_str(k->plan->arena, p->model_name));
    py_line(&k->w, "model.summary()");
    py_text(&k->w, "\n");
}
