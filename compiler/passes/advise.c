/* Warnings about layers: see advise() in passes.h. */
#include "passes/passes.h"

static bool is_activation(const ir_op *op)
{
    return op && ir_has(op->code, IR_MAPS) && op->attr.activation.kind != LANG_ACTIVATION_LINEAR;
}

static void advise_activation(ir_context *cx, const ir_op *op)
{
    const ir_op *before = op->input[0]->producer;
    if (op->attr.activation.kind == LANG_ACTIVATION_LINEAR) {
        diag_warning(cx->diag, DIAG_USELESS, op->at, "activation(linear) has no effect");
        return;
    }
    while (before && ir_is_view(before))
        before = before->input[0]->producer;
    if (!is_activation(before))
        return;
    const char *f = ir_activation_name(op->attr.activation.kind), *g = ir_activation_name(before->attr.activation.kind);
    if (op->attr.activation.kind == LANG_ACTIVATION_SOFTMAX && before->attr.activation.kind == LANG_ACTIVATION_RELU) {
        diag_warning(cx->diag, DIAG_RELU_BEFORE_SOFTMAX, before->at, "relu before softmax discards negative logits");
        diag_note(cx->diag, op->at, "softmax takes its result here");
        diag_hint(cx->diag, "remove relu: softmax accepts any values");
    } else {
        diag_warning(cx->diag, DIAG_REPEATED_ACTIVATION, op->at, "%s directly after %s", f, g);
        diag_note(cx->diag, before->at, "%s is here", g);
    }
}

static void advise_reshape(ir_context *cx, const ir_op *op)
{
    if (ir_same_shape(op->input[0]->shape, op->output[0]->shape))
        diag_warning(cx->diag, DIAG_USELESS, op->at, "\"%s\" has no effect (its input is %s already)", op->layer,
                     ir_shape_text(cx->arena, op->output[0]->shape));
}

bool advise(ir_context *cx)
{
    for (const ir_op *op = cx->program->graph->first; op; op = op->next) {
        if (ir_has(op->code, IR_MAPS))
            advise_activation(cx, op);
        else if (ir_has(op->code, IR_TRAINING_ONLY) && ir_is_view(op))
            diag_warning(cx->diag, DIAG_USELESS, op->at, "%s(0) has no effect", ir_op_name(op->code));
        else if (ir_has(op->code, IR_RESHAPES))
            advise_reshape(cx, op);
    }
    return true;
}
