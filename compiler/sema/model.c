/* Layers to operations. */
#include "sema/stages.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/** The value that an open residual adds at its end. */
typedef struct kept {
    ir_value *value;
    ir_value *inside; /* the result of its layers; NULL: the other side has none, they still go on */
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
    /* normal samples are within 6.8 standard deviations: -2 log u is at most 2 log 2^33 */
    if (i.kind == LANG_INITIALIZER_RANDOM_NORMAL)
        sema_check_derived(cx, b, "mean + 7 stddev, the largest sample,", fabs(i.a) + 7 * i.b);
    if (i.kind == LANG_INITIALIZER_RANDOM_UNIFORM && i.a >= i.b)
        diag_error(cx->diag, b->at, "\"minval\" must be less than \"maxval\" (got %s and %s)",
                   str_double(cx->arena, i.a), str_double(cx->arena, i.b));
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

static bool is_more_than_one(ir_pair p)
{
    return p.h > 1 || p.w > 1;
}

/** Keras cannot have strides and a dilation at once. */
static void check_dilation(sema_context *cx, const ir_attributes *attr, const sema_layer *layer, const sema_bound *at)
{
    if (!is_more_than_one(attr->strides) || !is_more_than_one(attr->dilation))
        return;
    diag_error(cx->diag, at->at,
               "strides and dilation_rate of \"%s\" cannot both be more than 1 (got (%lld, %lld) and (%lld, %lld))",
               layer->name, (long long)attr->strides.h, (long long)attr->strides.w, (long long)attr->dilation.h,
               (long long)attr->dilation.w);
    diag_hint(cx->diag, "remove one of them");
}

static void check_bias(sema_context *cx, const ir_attributes *attr, const sema_bound *at)
{
    if (!attr->use_bias || attr->bias_initializer.kind != LANG_INITIALIZER_ORTHOGONAL)
        return;
    diag_error(cx->diag, at->at, "orthogonal needs at least two dimensions, but a bias has one");
    diag_hint(cx->diag, "remove bias_initializer: a bias is initialized with zeros");
}

/** Arguments that passes, plan and writers read, too: the attribute of each, in the order in which they are set. A
 * layer looks up its others by name. */
#define ATTRIBUTE(parameter, type, member)                                                                             \
    {                                                                                                                  \
        parameter, LANG_TYPE_##type, offsetof(ir_attributes, member)                                                   \
    }
static const struct {
    const char *parameter;
    lang_type type;
    size_t attribute;
} attributes[] = {
    ATTRIBUTE("units", INT, units),
    ATTRIBUTE("filters", INT, filters),
    ATTRIBUTE("groups", INT, groups),
    ATTRIBUTE("depth_multiplier", INT, multiplier),
    ATTRIBUTE("kernel_size", PAIR, window),
    ATTRIBUTE("pool_size", PAIR, window),
    ATTRIBUTE("strides", PAIR, strides),
    ATTRIBUTE("strides", PAIR_OR_NONE, strides),
    ATTRIBUTE("dilation_rate", PAIR, dilation),
    ATTRIBUTE("padding", PADDING, padding),
    ATTRIBUTE("use_bias", BOOL, use_bias),
    ATTRIBUTE("kernel_initializer", INITIALIZER, kernel_initializer),
    ATTRIBUTE("depthwise_initializer", INITIALIZER, kernel_initializer),
    ATTRIBUTE("kernel_regularizer", REGULARIZER, kernel_regularizer),
    ATTRIBUTE("depthwise_regularizer", REGULARIZER, kernel_regularizer),
    ATTRIBUTE("bias_initializer", INITIALIZER, bias_initializer),
    ATTRIBUTE("bias_regularizer", REGULARIZER, bias_regularizer),
    ATTRIBUTE("epsilon", REAL, epsilon),
    ATTRIBUTE("momentum", REAL, momentum),
    ATTRIBUTE("center", BOOL, center),
    ATTRIBUTE("scale", BOOL, scale),
    ATTRIBUTE("gamma_initializer", INITIALIZER, gamma_initializer),
    ATTRIBUTE("beta_initializer", INITIALIZER, beta_initializer),
    ATTRIBUTE("rate", REAL, rate),
    ATTRIBUTE("shape", SHAPE, target),
};

/** @return the size of the value */
static size_t set_argument(sema_context *cx, ir_argument *to, lang_type type, const sema_bound *b)
{
    switch (type) {
    case LANG_TYPE_INT:
        to->integer = b->integer;
        return sizeof to->integer;
    case LANG_TYPE_REAL:
        to->real = b->real;
        return sizeof to->real;
    case LANG_TYPE_BOOL:
        to->boolean = b->boolean;
        return sizeof to->boolean;
    case LANG_TYPE_PAIR:
    case LANG_TYPE_PAIR_OR_NONE:
        to->pair = b->pair;
        return sizeof to->pair;
    case LANG_TYPE_SHAPE:
    case LANG_TYPE_MARGINS:
        to->shape = b->shape;
        return sizeof to->shape;
    case LANG_TYPE_INITIALIZER:
        to->initializer = checked_initializer(cx, b);
        return sizeof to->initializer;
    case LANG_TYPE_REGULARIZER:
        to->regularizer = regularizer(cx, b);
        return sizeof to->regularizer;
    default: /* a word; name and activation are not the operation's */
        to->word = b->word;
        return sizeof to->word;
    }
}

static void set_attributes(sema_context *cx, ir_attributes *attr, const sema_layer *layer)
{
    const lang_param *params = layer->entry->params;
    const int count = lang_param_count(layer->entry);
    ir_argument *argument = arena_array(cx->arena, (size_t)count, sizeof *argument);
    size_t *size = arena_array(cx->arena, (size_t)count, sizeof *size);
    for (int i = 0; i < count; i++)
        size[i] = set_argument(cx, &argument[i], params[i].type, &layer->args->bound[i]);
    attr->argument = argument;
    attr->dilation = (ir_pair){1, 1};
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        const int nth = lang_find_param(layer->entry, attributes[i].parameter);
        if (nth < 0 || params[nth].type != attributes[i].type)
            continue;
        const sema_bound *b = &layer->args->bound[nth];
        void *member = (char *)attr + attributes[i].attribute;
        memcpy(member, &argument[nth], size[nth]);
        if (member == &attr->dilation)
            check_dilation(cx, attr, layer, b);
        else if (member == &attr->bias_initializer)
            check_bias(cx, attr, b);
    }
    if (attr->strides.h == 0) /* none: of the window's size */
        attr->strides = attr->window;
}

/* --- operations ------------------------------------------------------------------------------------- */

static ir_attributes *append(chain *c, ir_opcode code, const sema_layer *layer)
{
    ir_op *op = ir_append(c->graph, code, layer->name, layer->at, c->end);
    c->end = op->output[0];
    return &op->attr;
}

/** The beginning of a residual, of its other side, and its end. */
static void fork_residual(chain *c)
{
    kept *k = ARENA_NEW(c->cx->arena, kept);
    *k = (kept){c->end, NULL, c->kept};
    c->kept = k;
}

static void turn_residual(chain *c)
{
    c->kept->inside = c->end;
    c->end = c->kept->value;
}

static void project_residual(chain *c, const sema_layer *layer)
{
    ir_attributes *attr = append(c, ir_opcode_with(IR_CONNECTS), layer);
    attr->like = c->kept->inside;
    attr->kernel_initializer.kind = LANG_INITIALIZER_GLOROT_UNIFORM;
    c->trains = true;
}

static void add_residual(chain *c, const sema_layer *layer)
{
    ir_value *other = c->kept->inside != NULL ? c->end : c->kept->value;
    c->end = c->kept->inside != NULL ? c->kept->inside : c->end;
    append(c, ir_opcode_with(IR_ADDS), layer);
    ir_add_input(c->graph->last, other);
    c->kept = c->kept->outer;
}

/** Whether something is initialized: with center and scale, these decide. */
static bool has_parameters(const lang_entry *entry, const ir_attributes *attr)
{
    bool found = false;
    for (const lang_param *p = entry->params; p->name != NULL; p++)
        found = found || p->type == LANG_TYPE_INITIALIZER;
    return found && (lang_find_param(entry, "center") < 0 || attr->center || attr->scale);
}

/** Whether a parameter has a penalty: the bias only if there is one. */
static bool is_penalised(const lang_entry *entry, const ir_attributes *attr)
{
    for (int i = 0; entry->params[i].name != NULL; i++)
        if (entry->params[i].type == LANG_TYPE_REGULARIZER && ir_is_penalty(attr->argument[i].regularizer) &&
            (attr->use_bias || strcmp(entry->params[i].name, "bias_regularizer") != 0))
            return true;
    return false;
}

/** The operation of a layer's name, and its activation, which is an operation of its own. */
static void append_layer(chain *c, const sema_layer *layer)
{
    const ir_opcode code = (ir_opcode)layer->entry->id;
    const int nth = lang_find_activation(layer->entry);
    if (ir_has(code, IR_STARTS))
        return; /* appended first */
    if (!ir_has(code, IR_MAPS)) {
        ir_attributes *attr = append(c, code, layer);
        for (int i = 0; i < layer->input_count; i++)
            ir_add_input(c->graph->last, layer->inputs[i]->result);
        set_attributes(c->cx, attr, layer);
        if (ir_has(code, IR_TRAINING_ONLY))
            attr->stream = c->streams++;
        c->trains = c->trains || has_parameters(layer->entry, attr);
        c->penalised = c->penalised || is_penalised(layer->entry, attr);
    }
    ir_activation f = {0};
    if (nth >= 0)
        f = activation(c->graph, &layer->args->bound[nth]);
    if (f.kind != LANG_ACTIVATION_LINEAR || ir_has(code, IR_MAPS))
        append(c, ir_opcode_with(IR_MAPS), layer)->activation = f;
}

static void append_item(chain *c, sema_layer *l)
{
    if (l->kind == SEMA_FORK)
        fork_residual(c);
    else if (l->kind == SEMA_ELSE)
        turn_residual(c);
    else if (l->kind == SEMA_PROJECT)
        project_residual(c, l);
    else if (l->kind == SEMA_ADD)
        add_residual(c, l);
    else if (l->kind == SEMA_TAKE && l->input_count > 0)
        c->end = l->inputs[0]->result;
    else if (l->kind == SEMA_LAYER && l->args->ok)
        append_layer(c, l);
    l->result = c->end;
}

/** Report a layer that no other takes the result of. */
static void check_readers(const chain *c)
{
    for (const ir_op *op = c->graph->first; op != NULL; op = op->next) {
        const ir_value *v = op->output[0];
        if (v == c->graph->output || v->readers[IR_FORWARD] > 0)
            continue;
        diag_error(c->cx->diag, op->at, "nothing takes the result of \"%s\"", op->layer);
        diag_hint(c->cx->diag, "name it, and give the name to another layer");
    }
}

/* --- input ------------------------------------------------------------------------------------------ */

/** Report inputs that are not the first layer.
 *  @return the first layer when it is an input, else NULL */
static const sema_layer *find_input(sema_context *cx, const sema_layer *layers)
{
    for (const sema_layer *l = layers != NULL ? layers->next : NULL; l != NULL; l = l->next) {
        if (!sema_is_input(l))
            continue;
        const bool second = sema_is_input(layers);
        diag_error(cx->diag, l->at, second ? "the model has a second input" : "input must be the first layer");
        diag_note(cx->diag, layers->at, second ? "the first input is here" : "the first layer is here");
    }
    return layers != NULL && sema_is_input(layers) ? layers : NULL;
}

static bool holds_input(const sema_layer *layers)
{
    for (const sema_layer *l = layers; l != NULL; l = l->next)
        if (sema_is_input(l))
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
    } else if (data->reshape_at.source == NULL && data->columns > 0) {
        shape = (ir_shape){1, {data->columns}};
    } else if (data->reshape_at.source == NULL && !holds_input(layers) && !cx->incomplete && !cx->unknown_steps &&
               cx->data != NULL) {
        diag_error(cx->diag, cx->model->at, "the shape of the input is not known (expected an input layer)");
        diag_hint(cx->diag, "write input(28, 28, 1) as the first layer, or reshape(28, 28, 1) in the data block");
    }
    const span at = input != NULL ? input->at : data->reshape_at;
    ir_op *op = ir_append(c->graph, ir_opcode_with(IR_STARTS), input != NULL ? input->name : "input", at, NULL);
    op->attr.target = shape;
    op->output[0]->shape = shape;
    c->graph->input = op;
    c->end = op->output[0];
}

/** standardize() and minmax() are an operation of the network, so that what is learnt is saved with its weights and
 * everything that computes the network takes the caller's values. */
static void append_rescale(chain *c)
{
    const ir_data *data = &c->cx->program->data;
    if (data->rescale_at.source == NULL)
        return;
    const bool minmax = data->rescale.learnt == IR_LEARNT_MINMAX;
    ir_append(c->graph, ir_opcode_with(IR_RESCALES), minmax ? "minmax" : "standardize", data->rescale_at, c->end);
    c->end = c->graph->last->output[0];
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
    append_rescale(&c);
    ir_value *samples = c.end;
    for (sema_layer *l = layers; l != NULL; l = l->next)
        append_item(&c, l);
    if (!c.trains && complete && !cx->incomplete) {
        diag_error(cx->diag, cx->model->at, "the model has nothing to train (expected a layer with parameters)");
        diag_hint(cx->diag, "dense and conv2d, for example, have parameters");
    }
    c.graph->output = c.end;
    if (complete && cx->diag->errors == 0)
        check_readers(&c);
    ir_op *loss = ir_append(c.graph, IR_LOSS, "loss", cx->program->train.loss_at, c.end);
    loss->attr.loss = cx->program->train.loss;
    if (cx->program->data.train.reader != NULL && !cx->program->data.train.has_labels)
        ir_add_input(loss, samples);
    if (c.penalised)
        ir_append(c.graph, IR_PENALTY, "loss", cx->program->train.loss_at, loss->output[0]);
    c.graph->level = IR_RESOLVED;
}
