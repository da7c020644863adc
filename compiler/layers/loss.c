/* loss: one value per sample from the prediction and the label, or from the prediction and the value that it is
 * compared with */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/shape.h"

static bool check_probabilities(ir_context *cx, const ir_op *op)
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
static bool check_target(ir_context *cx, const ir_op *op, const ir_value *target)
{
    const ir_shape in = op->input[0]->shape;
    if (ir_same_shape(in, target->shape))
        return true;
    diag_error(cx->diag, op->at,
               "the outputs do not fit the inputs, which they are compared with (got %s, expected %s)",
               shape_text(cx, in), shape_text(cx, target->shape));
    shape_note(cx, op);
    diag_note(cx->diag, cx->program->data.train.at, "without labels the target is the input");
    if (ir_elements(in) == ir_elements(target->shape)) {
        const char *shape = shape_text(cx, target->shape);
        diag_hint(cx->diag, "end the model with reshape%s", shape);
    }
    return false;
}

/** Whether each output has a label of its own, 0 or 1: the columns of the labels' file. */
static bool has_several_labels(const ir_context *cx, const ir_op *op)
{
    const ir_loss *loss = &op->attr.loss;
    return ir_loss_labels(loss->kind) == IR_LABELS_BINARY && ir_loss_off(loss->kind) == 0 &&
           loss->label_smoothing == 0 && !cx->program->data.one_hot && op->input[0]->shape.rank == 1 &&
           op->input[0]->shape.dim[0] > 1;
}

/** Outputs against labels: as many as there are classes, one for 0 and 1, any number for numbers: how many
 *  columns the file of the labels has is seen when it is opened. */
static bool check_outputs(ir_context *cx, const ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    const ir_data *data = &cx->program->data;
    if (ir_loss_target(op))
        return check_target(cx, op, ir_loss_target(op));
    const ir_labels labels = ir_loss_labels(op->attr.loss.kind);
    const bool any_count = labels == IR_LABELS_CLASS_NUMBERS || (labels == IR_LABELS_NUMBERS && !data->one_hot) ||
                           has_several_labels(cx, op);
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
    shape_note(cx, op);
    if (in.rank > 1)
        diag_hint(cx->diag, "end the model with flatten() and a dense layer");
    if (data->one_hot)
        diag_note(cx->diag, data->one_hot_at, "the labels have %lld classes", (long long)data->one_hot);
    else if (!any_count)
        diag_hint(cx->diag, "a label is one number; write one_hot(%lld) in the data block to compare with classes",
                  (long long)ir_elements(in));
    return false;
}

/** How many classes the labels have; 0: they are not classes. */
static int64_t label_classes(const ir_context *cx, const ir_op *op)
{
    const int64_t one_hot = cx->program->data.one_hot;
    switch (ir_loss_labels(op->attr.loss.kind)) {
    case IR_LABELS_BINARY:
        return has_several_labels(cx, op) ? 0 : one_hot ? one_hot : 2;
    case IR_LABELS_NUMBERS:
        return one_hot;
    case IR_LABELS_CLASS_NUMBERS:
    case IR_LABELS_ONE_HOT:
        break;
    }
    return op->input[0]->shape.dim[0];
}

/** With as many outputs as k there is nothing to be among. */
static bool check_top_k(ir_context *cx, const ir_op *op)
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

static bool shape(ir_context *cx, ir_op *op)
{
    shape_scalar(cx, op);
    if (!check_outputs(cx, op) || !check_probabilities(cx, op))
        return false;
    op->attr.classes = label_classes(cx, op);
    if (op->attr.classes > 256) {
        diag_error(cx->diag, op->at, "too many classes for labels of one byte (got %lld, expected at most 256)",
                   (long long)op->attr.classes);
        shape_note(cx, op);
        return false;
    }
    return check_top_k(cx, op);
}

static int64_t flops(const ir_op *op)
{
    return 3 * ir_elements(op->input[0]->shape);
}

static bool is_softmax(const ir_op *op)
{
    return ir_loss_activation(op->attr.loss.kind) == LANG_ACTIVATION_SOFTMAX;
}

/** The target of output j: by the label's class, or an element of the label or of the value that the outputs are
 *  compared with. */
static const scalar *target(layer_nests *b, const ir_op *op, nest *t, nest_index n, nest_index j)
{
    const int64_t size = ir_elements(op->input[0]->shape);
    const ir_value *value = ir_loss_target(op);
    if (value || !op->attr.classes) {
        nest_tensor *from = value ? nests_as(b, value, 1, &size) : nests_extern(b, "target", (ir_shape){1, {size}});
        return NEST_LOAD(t, "t", from, n, j);
    }
    const double smoothing = op->attr.loss.label_smoothing;
    const double added = smoothing / (is_softmax(op) ? (double)size : 2);
    NEST_LOAD(t, "label", nests_extern(b, "label", (ir_shape){0}), n);
    nest_load_index(t, "j", size == op->attr.classes ? j : nest_constant(1));
    nest_name(t, "on", 1 - smoothing + added);
    nest_name(t, "off", ir_loss_off(op->attr.loss.kind) + added);
    return nest_formula(t, "t = select(abs(label - j) < 0.5, on, off)");
}

static void nests(layer_nests *b, const ir_op *op)
{
    const int64_t size = ir_elements(op->input[0]->shape);
    nest *t = nest_begin(b->graph, NEST_SUM);
    const nest_index n = nest_free(t, "n", NEST_ROWS), j = nest_reduced(t, "j", size);
    const scalar *leaves[IR_LOSS_LEAVES] = {NULL};
    leaves[IR_LEAF_PREDICTION] = NEST_LOAD(t, "p", nests_as(b, op->input[0], 1, &size), n, j);
    leaves[IR_LEAF_TARGET] = target(b, op, t, n, j);
    nest_define(t, "y", leaves[IR_LEAF_TARGET]);
    nest_define(t, "loss", nest_import(t, op->attr.loss.formula->value, leaves));
    nest_name(t, "count", (double)size);
    /* 0 * log(0) is NaN */
    b->losses = nest_end(t, "loss", is_softmax(op) ? "select(y > 0, loss, 0)" : "loss / count");
}

const layer_kind layer_loss = {.shape = shape, .flops = flops, .nests = nests};
