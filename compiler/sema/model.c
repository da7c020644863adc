/* Layers to operations. */
#include "sema/stages.h"

#include <math.h>
#include <string.h>

/** What a residual that is open adds at its end. */
typedef struct kept {
    ir_value *value;
    struct kept *outer;
} kept;

/** The chain of layers while it is built. */
typedef struct chain {
    sema_context *cx;
    ir_graph *graph;
    ir_value *end;  /* output of the last operation */
    kept *kept;     /* of the innermost residual */
    int streams;    /* dropouts so far */
    bool trains;    /* some layer has parameters */
    bool penalised; /* ... and a regularizer */
} chain;

/* --- attributes ------------------------------------------------------------------------------------- */

static ir_activation activation(ir_graph *g, const sema_bound *b)
{
    const lang_param *argument = lang_activations.entries[b->word].params;
    const sema_bound *given = argument->name ? sema_get(b->args, argument->name) : NULL;
    const double a = !given ? 0 : argument->type == LANG_TYPE_BOOL ? given->boolean : given->real;
    return ir_activation_new(g, (lang_activation)b->word, a);
}

static ir_initializer initializer(const sema_bound *b)
{
    ir_initializer i = {.kind = (lang_initializer)b->word};
    switch (i.kind) {
    case LANG_INITIALIZER_CONSTANT:
        i.a = sema_get(b->args, "value")->real;
        break;
    case LANG_INITIALIZER_ORTHOGONAL:
        i.a = sema_get(b->args, "gain")->real;
        break;
    case LANG_INITIALIZER_RANDOM_UNIFORM:
        i.a = sema_get(b->args, "minval")->real;
        i.b = sema_get(b->args, "maxval")->real;
        break;
    case LANG_INITIALIZER_RANDOM_NORMAL:
        i.a = sema_get(b->args, "mean")->real;
        i.b = sema_get(b->args, "stddev")->real;
        break;
    default: /* the others have no arguments */
        break;
    }
    return i;
}

static ir_initializer checked_initializer(sema_context *cx, const sema_bound *b)
{
    const ir_initializer i = initializer(b);
    /* normal samples lie within 6.8 standard deviations: -2 log u is at most 2 log 2^33 */
    if (i.kind == LANG_INITIALIZER_RANDOM_NORMAL)
        sema_check_derived(cx, b, "mean + 7 stddev, the largest sample,", fabs(i.a) + 7 * i.b);
    if (i.kind == LANG_INITIALIZER_RANDOM_UNIFORM && i.a >= i.b)
        diag_error(cx->diag, b->at, "\"minval\" must be less than \"maxval\" (got %s and %s)",
                   str_double(cx->arena, i.a), str_double(cx->arena, i.b));
    return i;
}

static ir_initializer bias_initializer(sema_context *cx, const sema_bound *b, bool use_bias)
{
    const ir_initializer i = checked_initializer(cx, b);
    if (use_bias && i.kind == LANG_INITIALIZER_ORTHOGONAL) {
        diag_error(cx->diag, b->at, "orthogonal needs at least two dimensions, but a bias has one");
        diag_hint(cx->diag, "remove bias_initializer: a bias is initialized with zeros");
    }
    return i;
}

static ir_regularizer regularizer(sema_context *cx, const sema_bound *b)
{
    ir_regularizer r = {0};
    if (b->none)
        return r;
    if (b->word != LANG_REGULARIZER_L2)
        r.l1 = sema_get(b->args, "l1")->real;
    if (b->word != LANG_REGULARIZER_L1)
        r.l2 = sema_get(b->args, "l2")->real;
    sema_check_derived(cx, b, "the gradient of the penalty, 2 l2 w,", 2 * r.l2);
    return r;
}

/** @param kernel  what the arguments of the kernel begin with: "kernel" */
static void set_parameters(chain *c, ir_attributes *attr, const sema_args *args, const char *kernel)
{
    sema_context *cx = c->cx;
    attr->use_bias = sema_get(args, "use_bias")->boolean;
    attr->kernel_initializer =
        checked_initializer(cx, sema_get(args, arena_printf(cx->arena, "%s_initializer", kernel)));
    attr->kernel_regularizer = regularizer(cx, sema_get(args, arena_printf(cx->arena, "%s_regularizer", kernel)));
    attr->bias_initializer = bias_initializer(cx, sema_get(args, "bias_initializer"), attr->use_bias);
    attr->bias_regularizer = regularizer(cx, sema_get(args, "bias_regularizer"));
    c->trains = true;
    c->penalised = c->penalised || ir_is_penalty(attr->kernel_regularizer) ||
                   (attr->use_bias && ir_is_penalty(attr->bias_regularizer));
}

static bool is_more_than_one(ir_pair p)
{
    return p.h > 1 || p.w > 1;
}

/** Set strides and dilation apart: Keras cannot do both at once. */
static void set_dilation(chain *c, ir_attributes *attr, const sema_layer *layer)
{
    const sema_bound *dilation = sema_get(layer->args, "dilation_rate");
    attr->dilation = dilation->pair;
    if (!is_more_than_one(attr->strides) || !is_more_than_one(attr->dilation))
        return;
    diag_error(c->cx->diag, dilation->at,
               "strides and dilation_rate of \"%s\" cannot both be more than 1 (got (%lld, %lld) and (%lld, %lld))",
               layer->name, (long long)attr->strides.h, (long long)attr->strides.w, (long long)attr->dilation.h,
               (long long)attr->dilation.w);
    diag_hint(c->cx->diag, "remove one of them");
}

static void set_window(ir_attributes *attr, const sema_args *args, const char *size)
{
    const sema_bound *strides = sema_get(args, "strides");
    attr->window = sema_get(args, size)->pair;
    attr->strides = strides->none ? attr->window : strides->pair;
    attr->dilation = (ir_pair){1, 1};
    attr->padding = sema_get(args, "padding")->word == LANG_PADDING_SAME ? IR_PADDING_SAME : IR_PADDING_VALID;
}

/* --- operations ------------------------------------------------------------------------------------- */

static ir_attributes *append(chain *c, ir_opcode code, const sema_layer *layer)
{
    ir_op *op = ir_append(c->graph, code, layer->name, layer->at, c->end);
    c->end = op->output[0];
    return &op->attr;
}

static void append_activation(chain *c, const sema_layer *layer, bool even_linear)
{
    const ir_activation f = activation(c->graph, sema_get(layer->args, "activation"));
    if (f.kind != LANG_ACTIVATION_LINEAR || even_linear)
        append(c, IR_ACTIVATION, layer)->activation = f;
}

static void append_dense(chain *c, const sema_layer *layer)
{
    ir_attributes *attr = append(c, IR_DENSE, layer);
    attr->units = sema_get(layer->args, "units")->integer;
    set_parameters(c, attr, layer->args, "kernel");
    append_activation(c, layer, false);
}

static void append_conv2d(chain *c, const sema_layer *layer)
{
    ir_attributes *attr = append(c, IR_CONV2D, layer);
    attr->filters = sema_get(layer->args, "filters")->integer;
    attr->groups = sema_get(layer->args, "groups")->integer;
    set_window(attr, layer->args, "kernel_size");
    set_dilation(c, attr, layer);
    set_parameters(c, attr, layer->args, "kernel");
    append_activation(c, layer, false);
}

static void append_depthwise_conv2d(chain *c, const sema_layer *layer)
{
    ir_attributes *attr = append(c, IR_DEPTHWISE_CONV2D, layer);
    attr->multiplier = sema_get(layer->args, "depth_multiplier")->integer;
    set_window(attr, layer->args, "kernel_size");
    set_dilation(c, attr, layer);
    set_parameters(c, attr, layer->args, "depthwise");
    append_activation(c, layer, false);
}

static void set_normalisation(sema_context *cx, ir_attributes *attr, const sema_args *args)
{
    attr->epsilon = sema_get(args, "epsilon")->real;
    attr->center = sema_get(args, "center")->boolean;
    attr->scale = sema_get(args, "scale")->boolean;
    attr->gamma_initializer = checked_initializer(cx, sema_get(args, "gamma_initializer"));
    attr->beta_initializer = checked_initializer(cx, sema_get(args, "beta_initializer"));
}

static void append_batchnorm(chain *c, const sema_layer *layer)
{
    ir_attributes *attr = append(c, IR_BATCHNORM, layer);
    set_normalisation(c->cx, attr, layer->args);
    attr->momentum = sema_get(layer->args, "momentum")->real;
    c->trains = c->trains || attr->center || attr->scale;
}

static void append_layernorm(chain *c, const sema_layer *layer)
{
    ir_attributes *attr = append(c, IR_LAYERNORM, layer);
    set_normalisation(c->cx, attr, layer->args);
    c->trains = c->trains || attr->center || attr->scale;
}

static void append_dropout(chain *c, const sema_layer *layer)
{
    ir_attributes *attr = append(c, IR_DROPOUT, layer);
    attr->rate = sema_get(layer->args, "rate")->real;
    attr->stream = c->streams++;
}

/** The beginning and the end of a residual. */
static void fork_residual(chain *c)
{
    kept *k = ARENA_NEW(c->cx->arena, kept);
    *k = (kept){c->end, c->kept};
    c->kept = k;
}

static void add_residual(chain *c, const sema_layer *layer)
{
    append(c, IR_ADD, layer);
    ir_add_input(c->graph->last, c->kept->value);
    c->kept = c->kept->outer;
}

static void append_layer(chain *c, const sema_layer *layer)
{
    switch ((lang_layer)layer->entry->id) {
    case LANG_LAYER_DENSE:
        append_dense(c, layer);
        break;
    case LANG_LAYER_CONV2D:
        append_conv2d(c, layer);
        break;
    case LANG_LAYER_DEPTHWISE_CONV2D:
        append_depthwise_conv2d(c, layer);
        break;
    case LANG_LAYER_GLOBAL_AVGPOOL2D:
        append(c, IR_GLOBAL_AVGPOOL2D, layer);
        break;
    case LANG_LAYER_MAXPOOL2D:
        set_window(append(c, IR_MAXPOOL2D, layer), layer->args, "pool_size");
        break;
    case LANG_LAYER_AVGPOOL2D:
        set_window(append(c, IR_AVGPOOL2D, layer), layer->args, "pool_size");
        break;
    case LANG_LAYER_FLATTEN:
        append(c, IR_FLATTEN, layer);
        break;
    case LANG_LAYER_RESHAPE:
        append(c, IR_RESHAPE, layer)->target = sema_get(layer->args, "shape")->shape;
        break;
    case LANG_LAYER_ACTIVATION:
        append_activation(c, layer, true);
        break;
    case LANG_LAYER_BATCHNORM:
        append_batchnorm(c, layer);
        break;
    case LANG_LAYER_LAYERNORM:
        append_layernorm(c, layer);
        break;
    case LANG_LAYER_DROPOUT:
        append_dropout(c, layer);
        break;
    case LANG_LAYER_INPUT: /* appended first */
    case LANG_LAYER_COUNT:
        break;
    }
}

/* --- input ------------------------------------------------------------------------------------------ */

/** Report inputs that are not the first layer.
 *  @return the first layer when it is an input, else NULL */
static const sema_layer *find_input(sema_context *cx, const sema_layer *layers)
{
    for (const sema_layer *l = layers != NULL ? layers->next : NULL; l != NULL; l = l->next) {
        if (!sema_is_layer(l, LANG_LAYER_INPUT))
            continue;
        const bool second = sema_is_layer(layers, LANG_LAYER_INPUT);
        diag_error(cx->diag, l->at, second ? "the model has a second input" : "input must be the first layer");
        diag_note(cx->diag, layers->at, second ? "the first input is here" : "the first layer is here");
    }
    return layers != NULL && sema_is_layer(layers, LANG_LAYER_INPUT) ? layers : NULL;
}

static bool holds_input(const sema_layer *layers)
{
    for (const sema_layer *l = layers; l != NULL; l = l->next)
        if (sema_is_layer(l, LANG_LAYER_INPUT))
            return true;
    return false;
}

/** Append the input with the shape that input() or the data block's reshape() gives. */
static void append_input(chain *c, const sema_layer *layers)
{
    sema_context *cx = c->cx;
    const ir_data *data = &cx->program->data;
    const sema_layer *input = find_input(cx, layers);
    ir_shape shape = data->reshape;
    if (input != NULL) {
        shape = sema_get(input->args, "shape")->shape;
        if (data->reshape.rank != 0 && input->args->ok && !ir_same_shape(shape, data->reshape)) {
            diag_error(cx->diag, input->at, "input and data disagree about the shape (got %s, expected %s)",
                       ir_shape_text(cx->arena, shape), ir_shape_text(cx->arena, data->reshape));
            diag_note(cx->diag, data->reshape_at, "the data block gives %s here",
                      ir_shape_text(cx->arena, data->reshape));
            if (shape.rank == data->reshape.rank + 1)
                diag_hint(cx->diag, "a shape is that of one sample: omit the batch");
        }
    } else if (data->reshape_at.source == NULL && !holds_input(layers) && !cx->incomplete && !cx->unknown_steps &&
               cx->data != NULL) {
        diag_error(cx->diag, cx->model->at, "the shape of the input is not known (expected an input layer)");
        diag_hint(cx->diag, "write input(28, 28, 1) as the first layer, or reshape(28, 28, 1) in the data block");
    }
    const span at = input != NULL ? input->at : data->reshape_at;
    ir_op *op = ir_append(c->graph, IR_INPUT, input != NULL ? input->name : "input", at, NULL);
    op->attr.target = shape;
    op->output[0]->shape = shape;
    c->graph->input = op;
    c->end = op->output[0];
}

void sema_model(sema_context *cx)
{
    if (cx->model == NULL)
        return;
    cx->program->model_name = cx->model->title.text != NULL ? cx->model->title.text : "model";
    bool complete = true;
    sema_layer *layers = sema_expand(cx, &complete);
    sema_name_layers(cx, layers);

    chain c = {.cx = cx, .graph = ir_graph_new(cx->arena)};
    cx->program->graph = c.graph;
    append_input(&c, layers);
    for (const sema_layer *l = layers; l != NULL; l = l->next)
        if (l->kind == SEMA_FORK)
            fork_residual(&c);
        else if (l->kind == SEMA_ADD)
            add_residual(&c, l);
        else if (l->args->ok)
            append_layer(&c, l);
    if (!c.trains && complete && !cx->incomplete) {
        diag_error(cx->diag, cx->model->at, "the model has nothing to train (expected a layer with parameters)");
        diag_hint(cx->diag, "dense and conv2d, for example, have parameters");
    }
    c.graph->output = c.end;
    ir_op *loss = ir_append(c.graph, IR_LOSS, "loss", cx->program->train.loss_at, c.end);
    loss->attr.loss = cx->program->train.loss;
    if (cx->program->data.train.images != NULL && cx->program->data.train.labels == NULL)
        ir_add_input(loss, c.graph->input->output[0]);
    if (c.penalised)
        ir_append(c.graph, IR_PENALTY, "loss", cx->program->train.loss_at, loss->output[0]);
    c.graph->level = IR_RESOLVED;
}
