/* loss: one value per row, and the gradient of their mean. The crossentropies take logits (softmax or sigmoid is
 * fused into them), the other losses take predictions. */
#include "emit/ops.h"

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
    const double smoothing = op->attr.loss.label_smoothing;
    if (op->attr.loss.kind == LANG_LOSS_HINGE)
        return (targets){1.0, -1.0};
    const double share = is_softmax_loss(op) ? (double)op->attr.classes : 2.0;
    return (targets){1.0 - smoothing + smoothing / share, smoothing / share};
}

/** The target of output j: by the label's class, or a number of the label or of the value that the outputs are
 *  compared with. */
static const char *target(emitter *e, const ir_op *op, bool is_double)
{
    const targets t = targets_of(op);
    if (ir_loss_target(op))
        return "target[j]";
    if (!op->attr.classes)
        return is_double ? "(double)target[j]" : "target[j]";
    const char *hit = outputs_of(op) == op->attr.classes ? "j == label" : "label == 1";
    return text(e, "(%s ? %s : %s)", hit, is_double ? cw_f64(&e->w, t.on) : cw_f32(&e->w, t.on),
                is_double ? cw_f64(&e->w, t.off) : cw_f32(&e->w, t.off));
}

const char *label_of(emitter *e, const ir_op *loss, const char *row)
{
    if (loss->attr.classes)
        return text(e, "batch->labels[batch->index[%s]]", row);
    return text(e, "batch->targets + (size_t)batch->index[%s] * %lld", row, outputs_of(loss));
}

/** Declare what target() is made of, for row i. */
static void emit_label(emitter *e, const ir_op *op)
{
    const ir_value *target = ir_loss_target(op);
    if (target)
        cw_line(&e->w, "const float *target = %s + i * %lld;", name_of(e, target), outputs_of(op));
    else
        cw_line(&e->w, op->attr.classes ? "const int label = %s;" : "const float *target = %s;", label_of(e, op, "i"));
}

/* --- losses of one output ----------------------------------------------------------------------------- */

/** The statement that adds the loss of one output to sum, in x, the target t and d = x - t; x is the logit for
 *  binary_crossentropy, else the prediction. */
static const char *addition_of_loss(emitter *e, const ir_op *op)
{
    const char *delta = cw_f32(&e->w, op->attr.loss.delta);
    switch (op->attr.loss.kind) {
    case LANG_LOSS_MSE:
        return "sum = mnn_fma(d, d, sum);";
    case LANG_LOSS_MAE:
        return "sum += fabsf(d);";
    case LANG_LOSS_HUBER:
        return text(e, "sum = fabsf(d) <= %s ? mnn_fma(0.5f * d, d, sum) : mnn_fma(%s, fabsf(d) - 0.5f * %s, sum);",
                    delta, delta, delta);
    case LANG_LOSS_HINGE: /* in this form a NaN stays one */
        return "sum += x * t >= 1.0f ? 0.0f : mnn_fma(-x, t, 1.0f);";
    default: /* binary_crossentropy: exp() of what is not positive cannot overflow */
        return "sum += mnn_fma(-x, t, x > 0.0f ? x : 0.0f) + log1pf(expf(-fabsf(x)));";
    }
}

/** Its derivative by x, without the factor that is the same for all outputs; x is the probability for
 *  binary_crossentropy. */
static const char *element_gradient(emitter *e, const ir_op *op)
{
    const char *delta = cw_f32(&e->w, op->attr.loss.delta);
    switch (op->attr.loss.kind) {
    case LANG_LOSS_MAE:
        return "d > 0.0f ? 1.0f : d < 0.0f ? -1.0f : 0.0f";
    case LANG_LOSS_HUBER:
        return text(e, "d > %s ? %s : d < -%s ? -%s : d", delta, delta, delta, delta);
    case LANG_LOSS_HINGE:
        return "x * t >= 1.0f ? 0.0f : -t";
    default: /* mse, where the factor 2 is taken out, and binary_crossentropy */
        return "d";
    }
}

/** The same in double precision, from the formula; x is the prediction, for all of them. */
static const char *element_reference(emitter *e, const ir_op *op)
{
    const char *delta = cw_f64(&e->w, op->attr.loss.delta);
    switch (op->attr.loss.kind) {
    case LANG_LOSS_MAE:
        return "fabs(x - t)";
    case LANG_LOSS_HUBER:
        return text(e, "fabs(x - t) <= %s ? (x - t) * (x - t) / 2.0 : %s * fabs(x - t) - %s * %s / 2.0", delta, delta,
                    delta, delta);
    case LANG_LOSS_HINGE:
        return "fmax(0.0, 1.0 - t * x)";
    case LANG_LOSS_BINARY_CROSSENTROPY:
        return "-t * log(x) - (1.0 - t) * log(1.0 - x)";
    default:
        return "(x - t) * (x - t)";
    }
}

static const char *element_equation(emitter *e, const ir_op *op)
{
    const char *delta = cw_f64(&e->w, op->attr.loss.delta);
    switch (op->attr.loss.kind) {
    case LANG_LOSS_MAE:
        return "|p - target|";
    case LANG_LOSS_HUBER:
        return text(e, "d^2 / 2 where |d| <= %s, else %s |d| - %s^2 / 2, with d = p - target", delta, delta, delta);
    case LANG_LOSS_HINGE:
        return "max(0, 1 - target p)";
    case LANG_LOSS_BINARY_CROSSENTROPY:
        return "-target log(p) - (1 - target) log(1 - p)";
    default:
        return "(p - target)^2";
    }
}

static bool needs_difference(const ir_op *op)
{
    return ir_loss_labels(op->attr.loss.kind) == IR_LABELS_NUMBERS;
}

/* --- forward ------------------------------------------------------------------------------------------ */

static void open_samples(emitter *e, const ir_op *op, const char *input)
{
    cw_open(&e->w, "for (int i = first; i < first + n; i++)");
    cw_line(&e->w, "const float *%s = %s + i * %lld;", input, name_of(e, op->input[0]), outputs_of(op));
}

static void close_samples(emitter *e)
{
    cw_close(&e->w, "");
    cw_close(&e->w, "");
    cw_close(&e->w, "");
}

static void emit_softmax_loss(emitter *e, const plan_step *s)
{
    const ir_op *op = s->op;
    const long long size = outputs_of(op);
    const targets t = targets_of(op);
    if (t.off == 0)
        open_function(e, s, "row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])");
    else
        open_function(e, s,
                      "row_loss[rows] = log(sum over j of exp(z[j])) - sum over j of target[j] z[j]\n"
                      "    = -sum over j of target[j] log(p[j]); target is %s at the label and %s elsewhere",
                      cw_f64(&e->w, t.on), cw_f64(&e->w, t.off));
    open_rows(e, s);
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
        cw_line(&e->w, "    product = mnn_fma(%s, z[j] - largest, product);", target(e, op, false));
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
    open_function(e, s, "row_loss[rows] = mean over the %lld outputs of%s%s%s", size,
                  op->attr.loss.kind == LANG_LOSS_HUBER || op->attr.from_logits ? "\n        " : " ",
                  element_equation(e, op), op->attr.from_logits ? ", with p = sigmoid(z)" : "");
    open_rows(e, s);
    open_samples(e, op, input);
    emit_label(e, op);
    cw_line(&e->w, "float sum = 0.0f;");
    cw_open(&e->w, "for (int j = 0; j < %lld; j++)", size);
    if (needs_difference(op))
        cw_line(&e->w, "const float d = %s[j] - %s;", input, target(e, op, false));
    else
        cw_line(&e->w, "const float x = %s[j], t = %s;", input, target(e, op, false));
    cw_line(&e->w, "%s", addition_of_loss(e, op));
    cw_close(&e->w, "");
    cw_line(&e->w, "row_loss[i] = sum / %lld.0f;", size);
    close_samples(e);
}

/* --- backward ----------------------------------------------------------------------------------------- */

static void backward_equation(emitter *e, const plan_step *s, long long size)
{
    const ir_op *op = s->op;
    if (is_softmax_loss(op))
        open_function(e, s, "dz[rows, %lld] = (p - target) / rows: logarithm and softmax combined", size);
    else if (op->attr.from_logits)
        open_function(e, s, "dz[rows, %lld] = (p - target) / (%lld rows): logarithms and sigmoid combined", size, size);
    else if (op->attr.loss.kind == LANG_LOSS_MSE)
        open_function(e, s, "dp[rows, %lld] = 2 (p - target) / (%lld rows)", size, size);
    else if (op->attr.loss.kind == LANG_LOSS_HINGE)
        open_function(e, s, "dp[rows, %lld] = -target / (%lld rows) where target p < 1, else 0", size, size);
    else
        open_function(e, s, "dp[rows, %lld] = d / (%lld rows), d = p - target%s", size, size,
                      op->attr.loss.kind == LANG_LOSS_MAE
                          ? ", of which only the sign is used"
                          : text(e, ", clipped to +-%s", cw_f64(&e->w, op->attr.loss.delta)));
}

void emit_loss_backward(emitter *e, const plan_step *s)
{
    const ir_op *op = s->op;
    const ir_value *dz = op->output[0];
    const long long size = outputs_of(op);
    const char *out = op->attr.from_logits ? "dz" : "dp";
    const char *factor = op->attr.loss.kind == LANG_LOSS_MSE ? "2.0f" : "1.0f";
    backward_equation(e, s, size);
    open_rows(e, s);
    cw_line(&e->w, "const float scale = %s / (float)batch->rows;",
            is_softmax_loss(op) ? "1.0f" : text(e, "%s / %lld.0f", factor, size));
    open_samples(e, op, "p");
    cw_line(&e->w, "float *%s = %s + i * %lld;", out, name_of(e, dz), size);
    emit_label(e, op);
    if (is_softmax_loss(op)) {
        cw_line(&e->w, "for (int j = 0; j < %lld; j++)", size);
        cw_line(&e->w, "    dz[j] = (p[j] - %s) * scale;", target(e, op, false));
    } else {
        const char *gradient = element_gradient(e, op);
        cw_open(&e->w, "for (int j = 0; j < %lld; j++)", size);
        if (needs_difference(op) || op->attr.from_logits)
            cw_line(&e->w, "const float d = p[j] - %s;", target(e, op, false));
        else
            cw_line(&e->w, "const float x = p[j], t = %s;", target(e, op, false));
        cw_line(&e->w, "%s[j] = (%s) * scale;", out, gradient);
        cw_close(&e->w, "");
    }
    emit_fused_derivative(e, s, text(e, "i * %lld", size), text(e, "%lld", size));
    close_samples(e);
}

/* --- the reference ------------------------------------------------------------------------------------ */

void emit_loss_reference(emitter *e, const ir_op *op, const char *name)
{
    const long long size = outputs_of(op);
    const targets t = targets_of(op);
    if (!is_softmax_loss(op))
        reference_comment(e, op, "mean over the outputs of %s", element_equation(e, op));
    else
        reference_comment(e, op, t.off == 0 ? "-log(p[label])" : "-sum over j of target[j] log(p[j])");
    cw_line(&e->w, "static double %s(const double *p, %s)", name,
            op->attr.classes     ? "int label"
            : ir_loss_target(op) ? "const double *target"
                                 : "const float *target");
    cw_body(&e->w);
    if (is_softmax_loss(op) && t.off == 0) {
        cw_line(&e->w, "return -log(p[label]);");
    } else {
        cw_line(&e->w, "double sum = 0.0;");
        cw_open(&e->w, "for (int j = 0; j < %lld; j++)", size);
        cw_line(&e->w, "const double x = p[j], t = %s;", target(e, op, true));
        cw_line(&e->w, "sum += %s;", is_softmax_loss(op) ? "-t * log(x)" : element_reference(e, op));
        cw_close(&e->w, "");
        cw_line(&e->w, is_softmax_loss(op) ? "return sum;" : "return sum / %lld.0;", size);
    }
    cw_close(&e->w, "");
}
