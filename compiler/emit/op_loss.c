/* loss: one value per row, and the gradient of their mean. The crossentropies take logits (softmax or sigmoid is
 * fused into them), the other losses take predictions. */
#include <string.h>

#include "emit/ops.h"

/* An equation that is longer is written on a line of its own. */
enum { MOST_BESIDE = 40 };

static bool is_softmax_loss(const ir_op *op)
{
    return ir_loss_activation(op->attr.loss.kind) == LANG_ACTIVATION_SOFTMAX;
}

static long long outputs_of(const ir_op *op)
{
    return ir_elements(op->input[0]->shape);
}

/** What an output should be where its class is the label's, and where it is not. */
typedef struct targets {
    double on, off;
} targets;

static targets targets_of(const ir_op *op)
{
    const double smoothing = op->attr.loss.label_smoothing, off = ir_loss_off(op->attr.loss.kind);
    const double share = is_softmax_loss(op) ? (double)op->attr.classes : 2.0;
    return (targets){1.0 - smoothing + smoothing / share, off + smoothing / share};
}

/** The target of output j: by the label's class, or a number of the label or of the value that the outputs are
 *  compared with. */
static const char *target(emitter *e, const ir_op *op)
{
    const targets t = targets_of(op);
    if (ir_loss_target(op) || !op->attr.classes)
        return "target[j]";
    const char *hit = outputs_of(op) == op->attr.classes ? "j == label" : "label == 1";
    return emit_text(e, "(%s ? %s : %s)", hit, cw_f32(&e->w, t.on), cw_f32(&e->w, t.off));
}

/** The label of a row as an expression: a class number, or a pointer to its values. */
static const char *label_of(emitter *e, const ir_op *loss, const char *row)
{
    if (loss->attr.classes)
        return emit_text(e, "batch->labels[batch->index[%s]]", row);
    return emit_text(e, "batch->targets + (size_t)batch->index[%s] * %lld", row, outputs_of(loss));
}

/** Declare what target() is made of, for row i. */
static void emit_label(emitter *e, const ir_op *op)
{
    const ir_value *target = ir_loss_target(op);
    if (target)
        cw_line(&e->w, "const float *target = %s + i * %lld;", emit_name_of(e, target), outputs_of(op));
    else
        cw_line(&e->w, op->attr.classes ? "const int label = %s;" : "const float *target = %s;", label_of(e, op, "i"));
}

/* --- losses of one output ----------------------------------------------------------------------------- */

/** sum + value, where each branch of a select adds its own: a product in it is then added in one rounding. */
static const scalar *added(scalar_set *set, const scalar *sum, const scalar *value)
{
    const bool adds_products =
        value->op == SCALAR_SELECT && (value->arg[1]->op == SCALAR_MULTIPLY || value->arg[2]->op == SCALAR_MULTIPLY);
    return adds_products ? scalar_make(set, SCALAR_SELECT, value->arg[0], added(set, sum, value->arg[1]),
                                       added(set, sum, value->arg[2]))
                         : scalar_make(set, SCALAR_ADD, sum, value, NULL);
}

/** An expression of p and target, as an equation. */
static const char *equation(emitter *e, const scalar *value)
{
    return formula_text(e, value, (const char *[IR_LOSS_LEAVES]){"p", "target"}, FORMULA_PLAIN_DOUBLE);
}

/** Declare what a formula of output j is in, unless each occurs only once: the result has the leaves' texts. */
static void emit_leaves(emitter *e, const ir_op *op, const char *input, bool is_once, const char **leaves)
{
    leaves[IR_LEAF_SUM] = "sum";
    leaves[IR_LEAF_SCALE] = "scale";
    leaves[IR_LEAF_PREDICTION] = leaves[IR_LEAF_LOGIT] = is_once ? emit_text(e, "%s[j]", input) : "x";
    leaves[IR_LEAF_TARGET] = is_once ? target(e, op) : "t";
    if (!is_once)
        cw_line(&e->w, "const float x = %s[j], t = %s;", input, target(e, op));
}

static bool takes_difference(const ir_op *op)
{
    return ir_loss_labels(op->attr.loss.kind) == IR_LABELS_NUMBERS;
}

/* --- forward ------------------------------------------------------------------------------------------ */

static void open_samples(emitter *e, const ir_op *op, const char *input)
{
    cw_open(&e->w, "for (int i = first; i < first + n; i++)");
    cw_line(&e->w, "const float *%s = %s + i * %lld;", input, emit_name_of(e, op->input[0]), outputs_of(op));
}

static void close_samples(emitter *e)
{
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

static void emit_softmax_loss(emitter *e, const plan_step *s)
{
    const ir_op *op = s->op;
    const long long size = outputs_of(op);
    const targets t = targets_of(op);
    if (t.off == 0)
        emit_open_function(e, s, "row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])");
    else
        emit_open_function(e, s,
                           "row_loss[rows] = log(sum over j of exp(z[j])) - sum over j of target[j] z[j]\n"
                           "    = -sum over j of target[j] log(p[j]); target is %s at the label and %s elsewhere",
                           cw_f64(&e->w, t.on), cw_f64(&e->w, t.off));
    emit_open_rows(e);
    open_samples(e, op, "z");
    emit_label(e, op);
    cw_line(&e->w, "float largest = z[0], sum = 0.0f;");
    cw_line(&e->w, "for (int j = 1; j < %lld; j++)", size);
    cw_line(&e->w, "    largest = z[j] > largest ? z[j] : largest;");
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", size);
    cw_line(&e->w, "    sum += expf(z[j] - largest);");
    if (t.off == 0) {
        cw_line(&e->w, "row_loss[i] = logf(sum) + largest - z[label];");
    } else {
        cw_line(&e->w, "float product = 0.0f; /* of target and z - largest */");
        cw_line(&e->w, "for (int j = 0; j < %lld; j++)", size);
        cw_line(&e->w, "    product = mnn_fma(%s, z[j] - largest, product);", target(e, op));
        cw_line(&e->w, "row_loss[i] = logf(sum) - product;");
    }
    close_samples(e);
}

void emit_loss_forward(emitter *e, const plan_step *s)
{
    const ir_op *op = s->op;
    const long long size = outputs_of(op);
    const char *input = op->attr.from_logits ? "z" : "p";
    if (is_softmax_loss(op)) {
        emit_softmax_loss(e, s);
        return;
    }
    const ir_loss_formula *f = op->attr.loss.formula;
    const char *leaves[IR_LOSS_LEAVES], *last = ir_activation_name(ir_loss_activation(op->attr.loss.kind));
    const char *value = equation(e, f->value), *of = op->attr.from_logits ? emit_text(e, ", with p = %s(z)", last) : "";
    emit_open_function(e, s, "row_loss[rows] = mean over the %lld outputs of%s%s%s", size,
                       strlen(value) + strlen(of) > MOST_BESIDE ? "\n        " : " ", value, of);
    emit_open_rows(e);
    open_samples(e, op, input);
    emit_label(e, op);
    cw_line(&e->w, "float sum = 0.0f;");
    cw_open(&e->w, "for (int j = 0; j < %lld; j++)", size);
    emit_leaves(e, op, input, takes_difference(op), leaves);
    const scalar *of_one = op->attr.from_logits ? f->computed : f->value;
    const scalar *sum = added(f->set, scalar_leaf(f->set, IR_LEAF_SUM), of_one);
    if (sum->op == SCALAR_ADD && of_one->op != SCALAR_MULTIPLY)
        cw_line(&e->w, "sum += %s;", formula_lines(e, of_one, leaves, FORMULA_FLOAT));
    else
        cw_line(&e->w, "sum = %s;", formula_lines(e, sum, leaves, FORMULA_FLOAT));
    cw_close(&e->w, "");
    cw_line(&e->w, "row_loss[i] = sum / %lld.0f;", size);
    close_samples(e);
}

/* --- backward ----------------------------------------------------------------------------------------- */

void emit_loss_backward(emitter *e, const plan_step *s)
{
    const ir_op *op = s->op;
    const ir_loss_formula *f = op->attr.loss.formula;
    const ir_value *dz = op->output[0];
    const long long size = outputs_of(op);
    const char *out = op->attr.from_logits ? "dz" : "dp", *leaves[IR_LOSS_LEAVES];
    const char *last = ir_activation_name(ir_loss_activation(op->attr.loss.kind));
    emit_open_function(e, s, "%s[rows, %lld] = (%s) / %s%s", out, size, equation(e, f->derivative),
                       is_softmax_loss(op) ? "rows" : emit_text(e, "(%lld rows)", size),
                       op->attr.from_logits ? emit_text(e, ": logarithm and %s combined", last) : "");
    emit_open_rows(e);
    cw_line(&e->w, "const float scale = %s%s / (float)task->batch_rows;", cw_f32(&e->w, f->factor),
            is_softmax_loss(op) ? "" : emit_text(e, " / %lld.0f", size));
    open_samples(e, op, "p");
    cw_line(&e->w, "float *%s = %s + i * %lld;", out, emit_name_of(e, dz), size);
    emit_label(e, op);
    const scalar *scale = scalar_leaf(f->set, IR_LEAF_SCALE);
    const scalar *gradient = f->slope->op == SCALAR_SELECT
                                 ? scalar_scale(f->set, scale, f->slope)
                                 : scalar_make(f->set, SCALAR_MULTIPLY, f->slope, scale, NULL);
    if (op->attr.from_logits) {
        emit_leaves(e, op, "p", true, leaves);
        cw_line(&e->w, "for (int j = 0; j < %lld; j++)", size);
        cw_line(&e->w, "    %s[j] = %s;", out, formula_text(e, gradient, leaves, FORMULA_FLOAT));
    } else {
        cw_open(&e->w, "for (int j = 0; j < %lld; j++)", size);
        emit_leaves(e, op, "p", takes_difference(op), leaves);
        cw_line(&e->w, "%s[j] = %s;", out, formula_lines(e, gradient, leaves, FORMULA_FLOAT));
        cw_close(&e->w, "");
    }
    emit_fused_derivative(e, s, emit_text(e, "i * %lld", size), emit_text(e, "%lld", size));
    close_samples(e);
}

/* --- the double reference ----------------------------------------------------------------------------- */

void emit_loss_extern(emitter *e, const ir_op *op, const char *array)
{
    if (op->attr.classes) {
        cw_line(&e->w, "%s[row] = (double)%s;", array, label_of(e, op, "row"));
        return;
    }
    cw_line(&e->w, "const float *target = %s;", label_of(e, op, "row"));
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", outputs_of(op));
    cw_line(&e->w, "    %s[row][j] = (double)target[j];", array);
}
