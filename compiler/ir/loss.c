/* What is known of the losses: columns of lang/losses.def. */
#include "ir/ir.h"

static const struct {
    const char *name;
    ir_labels labels;
    lang_activation activation;
} losses[] = {
#define LOSS(id, name, aliases, labels, activation, ...) {name, IR_LABELS_##labels, LANG_ACTIVATION_##activation},
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
