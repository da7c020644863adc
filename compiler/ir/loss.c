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
