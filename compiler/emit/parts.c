/* Helpers shared by the emitters of the operations. */
#include "emit/ops.h"

#include "base/text.h"

#include <stdarg.h>
#include <string.h>

const emit_op emit_ops[IR_OPCODE_COUNT] = {
    [IR_INPUT] = {.forward = emit_input_forward, .predict = emit_input_predict, .fill_extern = emit_input_extern},
    [IR_DENSE] = {.forward_products = emit_dense_products,
                  .forward = emit_dense_forward,
                  .backward = emit_dense_backward,
                  .gradients = emit_dense_gradients},
    [IR_CONV2D] = {.forward = emit_conv2d_forward, .backward = emit_conv2d_backward, .gradients = emit_sum_of_partials},
    [IR_DEPTHWISE_CONV2D] = {.forward = emit_depthwise_conv2d_forward,
                             .backward = emit_depthwise_conv2d_backward,
                             .gradients = emit_sum_of_partials},
    [IR_PENALTY] = {.penalty_sums = emit_penalty_sums, .forward = emit_penalty_forward},
    [IR_BATCHNORM] = {.forward_sums = emit_batchnorm_forward_sums,
                      .forward_totals = emit_batchnorm_forward_totals,
                      .forward = emit_batchnorm_forward,
                      .predict = emit_batchnorm_predict,
                      .backward_sums = emit_batchnorm_backward_sums,
                      .backward_totals = emit_batchnorm_backward_totals,
                      .backward = emit_batchnorm_backward,
                      .update_state = emit_batchnorm_update_state},
    [IR_LAYERNORM] = {.forward = emit_layernorm_forward,
                      .backward = emit_layernorm_backward,
                      .gradients = emit_sum_of_partials},
    [IR_DROPOUT] = {.predict = emit_dropout_predict, .fill_extern = emit_dropout_extern},
    [IR_LOSS] = {.forward = emit_loss_forward, .backward = emit_loss_backward, .fill_extern = emit_loss_extern},
};

bool emit_predicts(const emitter *e, const plan_step *s)
{
    if (s->part != PLAN_FORWARD || !emit_ops[s->op->code].predict)
        return false;
    return !ir_has(s->op->code, IR_STARTS) || ir_augments(&e->plan->program->data);
}

bool emit_adds_shards(const emitter *e, const plan_step *s)
{
    return s->part == PLAN_BACKWARD_PARAMETERS && e->plan->program->train.shards > 1;
}

const char *emit_vtext(emitter *e, const char *format, va_list args)
{
    str s = str_new(e->plan->arena);
    str_vprintf(&s, format, args);
    return s.text;
}

const char *emit_text(emitter *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *result = emit_vtext(e, format, args);
    va_end(args);
    return result;
}

const char *emit_dims_of(emitter *e, const ir_value *v)
{
    str s = str_new(e->plan->arena);
    const bool per_row = ir_is_per_row(v);
    str_add(&s, per_row ? "[rows" : "[");
    for (int i = 0; i < v->shape.rank; i++)
        str_printf(&s, "%s%lld", per_row || i ? ", " : "", (long long)v->shape.dim[i]);
    str_add_char(&s, ']');
    return s.text;
}

/** "layer (cnn.mnn:13)" */
const char *emit_origin_of(emitter *e, const ir_op *op)
{
    if (!op->at.source)
        return op->layer;
    return emit_text(e, "%s (%s:%d)", op->layer, e->options->source_name,
                     source_locate(op->at.source, op->at.begin).line);
}

const char *emit_rows_of(emitter *e, const ir_value *v)
{
    return emit_text(e, "%s + first * %lld", emit_name_of(e, v), (long long)ir_elements(v->shape));
}

const char *emit_section_of(const emitter *e, const plan_step *s)
{
    const bool early = e->plan->program->train.shards > 1; /* gradients of parameters among the others */
    return s->op->direction == IR_FORWARD                  ? "forward"
           : s->part == PLAN_BACKWARD_PARAMETERS && !early ? "gradients of the parameters"
                                                           : "backward";
}

void emit_section(emitter *e, const char *title)
{
    cw_blank(&e->w);
    cw_comment(&e->w, "---- %s ----", title);
}

const char *emit_thousands(emitter *e, int64_t n)
{
    char text[32];
    return emit_text(e, "%s", mnn_count_text(text, n));
}

const char *emit_size_text(emitter *e, ir_shape shape)
{
    return ir_dims_text(e->plan->arena, shape, " x ");
}
