/* Properties of the losses: columns of lang/losses.def. */
#include "ir/ir.h"

static const struct {
    const char *name;
    ir_labels labels;
    double off;
    lang_activation activation;
    const char *value, *logits, *derivative;
} losses[] = {
#define LOSS(id, name, aliases, labels, off, activation, value, logits, derivative, ...)                               \
    {name, IR_LABELS_##labels, off, LANG_ACTIVATION_##activation, value, logits, derivative},
#include "lang/losses.def"
#undef LOSS
};

ir_value *ir_loss_target(const ir_op *loss)
{
    const ir_op *forward = loss->direction == IR_BACKWARD ? loss->forward : loss;
    return forward->input_count > 1 ? forward->input[1] : NULL;
}

const char *ir_loss_name(lang_loss loss)
{
    return losses[loss].name;
}

ir_labels ir_loss_labels(lang_loss loss)
{
    return losses[loss].labels;
}

lang_activation ir_loss_activation(lang_loss loss)
{
    return losses[loss].activation;
}

double ir_loss_off(lang_loss loss)
{
    return losses[loss].off;
}

double ir_loss_threshold(lang_loss loss)
{
    return (1 + losses[loss].off) / 2;
}

void ir_loss_complete(ir_loss *loss, arena *a)
{
    ir_loss_formula *f = ARENA_NEW(a, ir_loss_formula);
    scalar_set *s = f->set = scalar_set_new(a);
    const scalar_name names[] = {{"p", scalar_leaf(s, IR_LEAF_PREDICTION)},
                                 {"y", scalar_leaf(s, IR_LEAF_TARGET)},
                                 {"z", scalar_leaf(s, IR_LEAF_LOGIT)},
                                 {"delta", scalar_constant(s, loss->delta)},
                                 {0}};
    const char *logits = losses[loss->kind].logits, *derivative = losses[loss->kind].derivative;
    f->value = scalar_row(s, losses[loss->kind].value, names);
    f->computed = *logits ? scalar_row(s, logits, names) : f->value;
    f->derivative = *derivative ? scalar_row(s, derivative, names) : scalar_derive(s, f->value, IR_LEAF_PREDICTION);
    f->slope = f->derivative;
    f->factor = 1;
    if (f->slope->op == SCALAR_MULTIPLY && f->slope->arg[0]->op == SCALAR_CONSTANT) {
        f->factor = f->slope->arg[0]->value;
        f->slope = f->slope->arg[1];
    }
    loss->formula = f;
}
