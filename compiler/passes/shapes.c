/* Shape inference: see infer_shapes() in passes.h. */
#include "passes/passes.h"

#include <string.h>

#include "support/checked.h"

/* No tensor may have more elements than an int counts: the C that comes out indexes with int. */
enum { MAX_ELEMENTS = INT32_MAX };

/* Likewise rows and columns of windows that reach over an edge, with room for the picture beside it. */
enum { MAX_SPAN = 1 << 30 };

static bool fits(ir_shape s)
{
    int64_t n = 1;
    for (int i = 0; i < s.rank; i++)
        if (!checked_mul(n, s.dim[i], &n) || n > MAX_ELEMENTS)
            return false;
    return true;
}

static ir_value *add_kept(ir_graph *g, ir_op *op, ir_value_kind kind, const char *role, ir_shape shape,
                          ir_initializer initializer, ir_regularizer regularizer)
{
    ir_value *v = ir_value_new(g, kind, shape, "%s.%s", op->layer, role);
    v->initializer = initializer;
    v->regularizer = regularizer;
    ir_add_input(op, v);
    return v;
}

static ir_value *add_parameter(ir_graph *g, ir_op *op, const char *role, ir_shape shape, ir_initializer initializer,
                               ir_regularizer regularizer)
{
    return add_kept(g, op, IR_VALUE_PARAMETER, role, shape, initializer, regularizer);
}

/** The kernel, and a bias with one number an output where the layer has one.
 *  @param fan_in, fan_out  as Keras counts them */
static void add_kernel_and_bias(ir_graph *g, ir_op *op, ir_shape shape, int64_t fan_in, int64_t fan_out,
                                int64_t outputs)
{
    const ir_attributes *a = &op->attr;
    ir_value *kernel = add_parameter(g, op, "kernel", shape, a->kernel_initializer, a->kernel_regularizer);
    kernel->fan_in = fan_in;
    kernel->fan_out = fan_out;
    if (a->use_bias)
        add_parameter(g, op, "bias", (ir_shape){1, {outputs}}, a->bias_initializer, a->bias_regularizer);
}

static const char *shape_text(pass_context *cx, ir_shape s)
{
    return ir_shape_text(cx->arena, s);
}

/** Say where a shape comes from, when it is another place. */
static void note_shape(pass_context *cx, const ir_op *op)
{
    const ir_op *from = op->input[0]->producer;
    if (from && from->at.source && from->at.begin != op->at.begin)
        diag_note(cx->diag, from->at, "\"%s\" gives %s", from->layer, shape_text(cx, op->input[0]->shape));
}

static bool too_large(pass_context *cx, const ir_op *op, const char *what, ir_shape s)
{
    diag_error(cx->diag, op->at, "the %s of \"%s\" is too large: %s has more than %d elements", what, op->layer,
               shape_text(cx, s), (int)MAX_ELEMENTS);
    return false;
}

static bool shape_input(pass_context *cx, ir_op *op)
{
    ir_value *out = op->output[0];
    if (out->shape.rank == 0)
        out->shape = op->attr.target;
    return fits(out->shape) || too_large(cx, op, "shape", out->shape);
}

static bool shape_dense(pass_context *cx, ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    if (in.rank != 1) {
        diag_error(cx->diag, op->at, "dense layer \"%s\" needs a flat input (got %s, expected one dimension)",
                   op->layer, shape_text(cx, in));
        note_shape(cx, op);
        diag_hint(cx->diag, "put flatten() before it");
        diag_insert(cx->diag, op->at, "flatten()");
        return false;
    }
    const int64_t units = op->attr.units;
    op->output[0]->shape = (ir_shape){1, {units}};
    const ir_shape kernel = {2, {in.dim[0], units}};
    if (!fits(kernel))
        return too_large(cx, op, "kernel", kernel);
    add_kernel_and_bias(cx->program->graph, op, kernel, in.dim[0], units, units);
    return true;
}

static bool needs_image(pass_context *cx, const ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    if (in.rank == 3)
        return true;
    diag_error(cx->diag, op->at, "%s layer \"%s\" needs an image (got %s, expected (height, width, channels))",
               ir_op_name(op->code), op->layer, shape_text(cx, in));
    note_shape(cx, op);
    const ir_op *from = op->input[0]->producer;
    if (from->code == IR_RESHAPE && from->input[0]->shape.rank == 3) {
        diag_hint(cx->diag, "remove \"%s\", or put it after the layers that need an image", from->layer);
    } else if (in.rank == 2) {
        const char *step =
            arena_printf(cx->arena, "reshape(%lld, %lld, 1)", (long long)in.dim[0], (long long)in.dim[1]);
        diag_hint(cx->diag, "put %s before it", step);
        diag_insert(cx->diag, op->at, step);
    } else {
        diag_hint(cx->diag, "put reshape(height, width, channels) before it");
    }
    return false;
}

/** Length of one side of the output of a sliding window; sets *pad to what comes before the first element.
 *  Formulas: Keras, padding "valid" and "same".
 *  @return 0 when the window does not fit */
static int64_t slide(int64_t in, int64_t window, int64_t stride, ir_padding padding, int64_t *pad)
{
    *pad = 0;
    if (padding == IR_PADDING_VALID)
        return window > in ? 0 : (in - window) / stride + 1;
    const int64_t out = (in - 1) / stride + 1;
    const int64_t total = (out - 1) * stride + window - in;
    *pad = total > 0 ? total / 2 : 0;
    return out;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool shape_window(pass_context *cx, ir_op *op, int64_t channels)
{
    const ir_shape in = op->input[0]->shape;
    ir_attributes *a = &op->attr;
    const ir_pair reach = ir_window_span(a);
    /* a stride beyond the input leaves one window, as one of the input's size does: whoever counts by strides is
     * bounded */
    a->strides = (ir_pair){smaller(a->strides.h, in.dim[0]), smaller(a->strides.w, in.dim[1])};
    if (reach.h > MAX_SPAN || reach.w > MAX_SPAN) {
        diag_error(cx->diag, op->at, "the window of \"%s\" is too large (got %lld x %lld, expected at most %d each)",
                   op->layer, (long long)reach.h, (long long)reach.w, (int)MAX_SPAN);
        return false;
    }
    const int64_t h = slide(in.dim[0], reach.h, a->strides.h, a->padding, &a->pad.h);
    const int64_t w = slide(in.dim[1], reach.w, a->strides.w, a->padding, &a->pad.w);
    if (h == 0 || w == 0) {
        diag_error(cx->diag, op->at, "the window of \"%s\" is larger than its input (got %lld x %lld over %lld x %lld)",
                   op->layer, (long long)reach.h, (long long)reach.w, (long long)in.dim[0], (long long)in.dim[1]);
        note_shape(cx, op);
        if (in.dim[0] < a->window.h && in.dim[0] <= 4 && in.dim[2] > in.dim[0])
            diag_hint(cx->diag, "images are (height, width, channels): channels come last");
        else
            diag_hint(cx->diag, "use a smaller window, or padding=same");
        return false;
    }
    op->output[0]->shape = (ir_shape){3, {h, w, channels}};
    return fits(op->output[0]->shape) || too_large(cx, op, "output", op->output[0]->shape);
}

/** Each group takes its share of the channels and makes its share of the filters. */
static bool check_groups(pass_context *cx, const ir_op *op)
{
    const int64_t groups = op->attr.groups, channels = op->input[0]->shape.dim[2];
    const bool channels_fit = channels % groups == 0;
    if (channels_fit && op->attr.filters % groups == 0)
        return true;
    diag_error(
        cx->diag, op->at, "the %s of \"%s\" cannot be divided evenly among its groups (got %lld %s, %lld groups)",
        channels_fit ? "filters" : "input channels", op->layer, (long long)(channels_fit ? op->attr.filters : channels),
        channels_fit ? "filters" : "channels", (long long)groups);
    if (!channels_fit)
        note_shape(cx, op);
    diag_hint(cx->diag, "groups must divide both the number of input channels and filters");
    return false;
}

static bool shape_conv2d(pass_context *cx, ir_op *op)
{
    if (!needs_image(cx, op) || !check_groups(cx, op) || !shape_window(cx, op, op->attr.filters))
        return false;
    ir_attributes *a = &op->attr;
    const int64_t channels = op->input[0]->shape.dim[2] / a->groups;
    if (a->groups > 1 && channels == 1)
        a->multiplier = a->filters / a->groups;
    const ir_shape kernel = {4, {a->window.h, a->window.w, channels, a->filters}};
    if (!fits(kernel))
        return too_large(cx, op, "kernel", kernel);
    const int64_t window = a->window.h * a->window.w;
    add_kernel_and_bias(cx->program->graph, op, kernel, window * channels, window * a->filters, a->filters);
    return true;
}

static bool shape_depthwise_conv2d(pass_context *cx, ir_op *op)
{
    if (!needs_image(cx, op))
        return false;
    const ir_attributes *a = &op->attr;
    const int64_t channels = op->input[0]->shape.dim[2];
    const ir_shape kernel = {4, {a->window.h, a->window.w, channels, a->multiplier}};
    if (!fits(kernel))
        return too_large(cx, op, "kernel", kernel);
    const int64_t window = a->window.h * a->window.w, outputs = channels * a->multiplier;
    if (!shape_window(cx, op, outputs))
        return false;
    /* Keras counts so, though only window inputs go into an output */
    add_kernel_and_bias(cx->program->graph, op, kernel, window * channels, window * a->multiplier, outputs);
    return true;
}

static bool shape_global_avgpool2d(pass_context *cx, ir_op *op)
{
    if (!needs_image(cx, op))
        return false;
    op->output[0]->shape = (ir_shape){1, {op->input[0]->shape.dim[2]}};
    return true;
}

/** A padded window of three times the input covers all of it from every position: a larger one covers nothing more, and
 *  would only take longer to walk through. */
static void limit_window(ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    ir_pair *window = &op->attr.window;
    if (op->code == IR_AVGPOOL2D && op->attr.padding == IR_PADDING_SAME && window->h * window->w > UINT16_MAX)
        *window = (ir_pair){smaller(window->h, 3 * in.dim[0]), smaller(window->w, 3 * in.dim[1])};
}

static bool shape_pool(pass_context *cx, ir_op *op)
{
    if (!needs_image(cx, op))
        return false;
    limit_window(op);
    if (!shape_window(cx, op, op->input[0]->shape.dim[2]))
        return false;
    if (op->code == IR_MAXPOOL2D) {
        /* which element of the window was the largest is kept in 16 bits */
        if (op->attr.window.h * op->attr.window.w > UINT16_MAX) {
            diag_error(cx->diag, op->at,
                       "the window of \"%s\" has too many elements (got %lld x %lld, expected at most %d)", op->layer,
                       (long long)op->attr.window.h, (long long)op->attr.window.w, UINT16_MAX);
            return false;
        }
        ir_add_output(op,
                      ir_value_new(cx->program->graph, IR_VALUE_INDEX, op->output[0]->shape, "%s.index", op->layer));
    }
    return true;
}

static bool shape_same(pass_context *cx, ir_op *op)
{
    (void)cx;
    op->output[0]->shape = op->input[0]->shape;
    return true;
}

/** The shape of what there is one of for each channel. */
static ir_shape channel_shape(const ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    return (ir_shape){1, {in.dim[in.rank - 1]}};
}

static void add_gamma_beta(ir_graph *g, ir_op *op)
{
    const ir_regularizer none = {0};
    if (op->attr.scale)
        add_parameter(g, op, "gamma", channel_shape(op), op->attr.gamma_initializer, none);
    if (op->attr.center)
        add_parameter(g, op, "beta", channel_shape(op), op->attr.beta_initializer, none);
}

/** Besides its result, a batchnorm gives the statistics that its backward form and the moving ones need;
 *  "inverse" is 1 / sqrt(variance + epsilon). */
static bool shape_batchnorm(pass_context *cx, ir_op *op)
{
    static const char *const statistics[] = {"mean", "variance", "inverse"};
    const ir_initializer zeros = {.kind = LANG_INITIALIZER_ZEROS}, ones = {.kind = LANG_INITIALIZER_ONES};
    ir_graph *g = cx->program->graph;
    const ir_shape channels = channel_shape(op);
    add_gamma_beta(g, op);
    add_kept(g, op, IR_VALUE_STATE, "moving_mean", channels, zeros, (ir_regularizer){0});
    add_kept(g, op, IR_VALUE_STATE, "moving_variance", channels, ones, (ir_regularizer){0});
    for (int i = 0; i < 3; i++)
        ir_add_output(op, ir_value_new(g, IR_VALUE_STATISTIC, channels, "%s.%s", op->layer, statistics[i]));
    return shape_same(cx, op);
}

static bool shape_layernorm(pass_context *cx, ir_op *op)
{
    if (channel_shape(op).dim[0] < 2) {
        diag_error(cx->diag, op->at, "layernorm in \"%s\" over a single value always gives 0 (got %s)", op->layer,
                   shape_text(cx, op->input[0]->shape));
        note_shape(cx, op);
        diag_hint(cx->diag, "layernorm() normalizes over the last dimension, batchnorm() over the batch");
        return false;
    }
    add_gamma_beta(cx->program->graph, op);
    return shape_same(cx, op);
}

/** The layers of a residual must give back the shape that they got. */
static bool shape_add(pass_context *cx, ir_op *op)
{
    const ir_value *inside = op->input[0], *kept = op->input[1];
    if (ir_same_shape(inside->shape, kept->shape))
        return shape_same(cx, op);
    diag_error(cx->diag, op->at, "the layers of the residual change the shape (got %s, expected its input's %s)",
               shape_text(cx, inside->shape), shape_text(cx, kept->shape));
    note_shape(cx, op);
    if (kept->producer->at.source)
        diag_note(cx->diag, kept->producer->at, "its input comes from \"%s\"", kept->producer->layer);
    if (kept->shape.rank == 3)
        diag_hint(cx->diag, "a conv2d with %lld filters, padding=same and strides 1 keeps the shape",
                  (long long)kept->shape.dim[2]);
    else if (kept->shape.rank == 1)
        diag_hint(cx->diag, "let the last layer inside have %lld outputs", (long long)kept->shape.dim[0]);
    return false;
}

static bool shape_activation(pass_context *cx, ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    if (op->attr.activation.kind == LANG_ACTIVATION_SOFTMAX && in.dim[in.rank - 1] < 2) {
        diag_error(cx->diag, op->at, "softmax in \"%s\" over a single value is always 1 (got %s)", op->layer,
                   shape_text(cx, in));
        diag_hint(cx->diag, "use sigmoid for one output, or more units");
        return false;
    }
    return shape_same(cx, op);
}

static bool shape_reshape(pass_context *cx, ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    ir_shape out = op->attr.target;
    if (out.rank == 1 && out.dim[0] == 0)
        out.dim[0] = ir_elements(in);
    if (!fits(out) || ir_elements(out) != ir_elements(in)) {
        diag_error(cx->diag, op->at, "\"%s\" changes the number of elements (got %s, expected the %lld of %s)",
                   op->layer, shape_text(cx, out), (long long)ir_elements(in), shape_text(cx, in));
        note_shape(cx, op);
        return false;
    }
    op->output[0]->shape = out;
    return true;
}

static bool check_probabilities(pass_context *cx, const ir_op *op)
{
    const ir_op *last = op->input[0]->producer;
    const lang_activation f = ir_loss_activation(op->attr.loss.kind);
    if (f == LANG_ACTIVATION_LINEAR ||
        (op->input[0]->shape.rank == 1 && last->code == IR_ACTIVATION && last->attr.activation.kind == f))
        return true;
    diag_error(cx->diag, op->at, "%s needs probabilities, but the model ends without %s",
               f == LANG_ACTIVATION_SOFTMAX ? "crossentropy" : ir_loss_name(op->attr.loss.kind), ir_activation_name(f));
    if (last->at.source)
        diag_note(cx->diag, last->at, "the last layer is \"%s\"", last->layer);
    diag_hint(cx->diag, "give the last layer activation=%s", ir_activation_name(f));
    return false;
}

/** Outputs against the value that they are compared with. */
static bool check_target(pass_context *cx, const ir_op *op, const ir_value *target)
{
    const ir_shape in = op->input[0]->shape;
    if (ir_same_shape(in, target->shape))
        return true;
    diag_error(cx->diag, op->at,
               "the outputs do not fit the inputs, which they are compared with (got %s, expected %s)",
               shape_text(cx, in), shape_text(cx, target->shape));
    note_shape(cx, op);
    diag_note(cx->diag, cx->program->data.train.at, "without labels the target is the input");
    if (ir_elements(in) == ir_elements(target->shape)) {
        const char *shape = shape_text(cx, target->shape);
        diag_hint(cx->diag, "end the model with reshape%s", shape);
    }
    return false;
}

/** Outputs against labels: as many as there are classes, one for 0 and 1, any number for numbers: how many
 *  columns the file of the labels has is seen when it is opened. */
static bool check_outputs(pass_context *cx, const ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    const ir_data *data = &cx->program->data;
    if (ir_loss_target(op))
        return check_target(cx, op, ir_loss_target(op));
    const ir_labels labels = ir_loss_labels(op->attr.loss.kind);
    const bool any_count = labels == IR_LABELS_CLASS_NUMBERS || (labels == IR_LABELS_NUMBERS && !data->one_hot);
    const int64_t expected = data->one_hot ? data->one_hot : 1;
    if (in.rank == 1 && (any_count || in.dim[0] == expected))
        return true;
    if (any_count)
        diag_error(cx->diag, op->at,
                   labels == IR_LABELS_NUMBERS
                       ? "the outputs do not fit numeric labels (got %s, expected one dimension)"
                       : "the loss needs one probability per class (got outputs %s, expected one dimension)",
                   shape_text(cx, in));
    else
        diag_error(cx->diag, op->at, "the outputs do not fit the labels (got %s, expected (%lld))", shape_text(cx, in),
                   (long long)expected);
    note_shape(cx, op);
    if (in.rank > 1)
        diag_hint(cx->diag, "end the model with flatten() and a dense layer");
    if (data->one_hot)
        diag_note(cx->diag, data->one_hot_at, "the labels have %lld classes", (long long)data->one_hot);
    else if (!any_count)
        diag_hint(cx->diag, "a label is one number; write one_hot(%lld) in the data block to compare with classes",
                  (long long)ir_elements(in));
    return false;
}

/** How many classes the labels have; 0: they are no classes. */
static int64_t label_classes(const pass_context *cx, const ir_op *op)
{
    const int64_t one_hot = cx->program->data.one_hot;
    switch (ir_loss_labels(op->attr.loss.kind)) {
    case IR_LABELS_BINARY:
        return one_hot ? one_hot : 2;
    case IR_LABELS_NUMBERS:
        return one_hot;
    case IR_LABELS_CLASS_NUMBERS:
    case IR_LABELS_ONE_HOT:
        break;
    }
    return op->input[0]->shape.dim[0];
}

/** With as many outputs as k there is nothing to be among. */
static bool check_top_k(pass_context *cx, const ir_op *op)
{
    const ir_train *train = &cx->program->train;
    const int64_t classes = op->attr.classes;
    bool ok = true;
    for (int i = 0; i < train->metric_count; i++)
        if (train->metrics[i].kind == LANG_METRIC_TOP_K && train->metrics[i].k >= classes) {
            diag_error(cx->diag, train->metrics[i].at, "%s is always 1 with %lld classes", train->metrics[i].name,
                       (long long)classes);
            diag_hint(cx->diag, "give a k of less than %lld", (long long)classes);
            ok = false;
        }
    return ok;
}

static bool shape_loss(pass_context *cx, ir_op *op)
{
    op->output[0]->shape = (ir_shape){0};
    if (!check_outputs(cx, op) || !check_probabilities(cx, op))
        return false;
    op->attr.classes = label_classes(cx, op);
    if (op->attr.classes > 256) {
        diag_error(cx->diag, op->at, "too many classes for labels of one byte (got %lld, expected at most 256)",
                   (long long)op->attr.classes);
        note_shape(cx, op);
        return false;
    }
    return check_top_k(cx, op);
}

/** A number like the loss that it is added to. */
static bool shape_penalty(ir_op *op)
{
    op->output[0]->shape = (ir_shape){0};
    return true;
}

static bool shape_op(pass_context *cx, ir_op *op)
{
    switch (op->code) {
    case IR_INPUT:
        return shape_input(cx, op);
    case IR_DENSE:
        return shape_dense(cx, op);
    case IR_CONV2D:
        return shape_conv2d(cx, op);
    case IR_DEPTHWISE_CONV2D:
        return shape_depthwise_conv2d(cx, op);
    case IR_MAXPOOL2D:
    case IR_AVGPOOL2D:
        return shape_pool(cx, op);
    case IR_GLOBAL_AVGPOOL2D:
        return shape_global_avgpool2d(cx, op);
    case IR_ACTIVATION:
        return shape_activation(cx, op);
    case IR_DROPOUT:
        return shape_same(cx, op);
    case IR_ADD:
        return shape_add(cx, op);
    case IR_LAYERNORM:
        return shape_layernorm(cx, op);
    case IR_BATCHNORM:
        return shape_batchnorm(cx, op);
    case IR_RESHAPE:
        return shape_reshape(cx, op);
    case IR_LOSS:
        return shape_loss(cx, op);
    case IR_PENALTY:
        return shape_penalty(op);
    case IR_OPCODE_COUNT:
        break;
    }
    return false;
}

/** A row of the table; an activation written as an argument belongs to its layer's row. */
static ir_layer *add_layer(pass_context *cx, ir_layer *last, const ir_op *op)
{
    ir_graph *g = cx->program->graph;
    if (op->code == IR_LOSS || op->code == IR_PENALTY)
        return last;
    if (last && strcmp(last->name, op->layer) == 0) {
        last->activation = op->attr.activation.kind;
        return last;
    }
    ir_layer *layer = ARENA_NEW(cx->arena, ir_layer);
    layer->name = op->layer;
    layer->type = op->code == IR_RESHAPE && op->attr.target.dim[0] == 0 ? "flatten" : ir_op_name(op->code);
    if (op->code == IR_ACTIVATION)
        layer->activation = op->attr.activation.kind;
    layer->shape = op->output[0]->shape;
    layer->at = op->at;
    for (int i = 0; i < op->input_count; i++)
        if (ir_is_kept(op->input[i]))
            layer->parameters += ir_elements(op->input[i]->shape);
    if (last)
        last->next = layer;
    else
        g->layers = layer;
    return layer;
}

/** Keep a copy of the operations as they are now. */
static void keep_written(ir_graph *g)
{
    ir_op **link = &g->written;
    for (const ir_op *op = g->first; op; op = op->next) {
        ir_op *copy = ARENA_NEW(g->arena, ir_op);
        *copy = *op;
        copy->next = NULL;
        for (int i = 0; i < copy->output_count; i++)
            copy->output[i]->written_producer = copy;
        *link = copy;
        link = &copy->next;
    }
}

bool infer_shapes(pass_context *cx)
{
    ir_graph *g = cx->program->graph;
    ir_layer *last = NULL;
    for (ir_op *op = g->first; op; op = op->next) {
        if (!shape_op(cx, op))
            return false;
        last = add_layer(cx, last, op);
    }
    keep_written(g);
    return true;
}

void check_shapes(pass_context *cx)
{
    ir_op *op = cx->program->graph->first;
    while (op && op->code != IR_LOSS && shape_op(cx, op))
        op = op->next;
}
