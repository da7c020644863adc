/* The table of layers, and the questions that are answered alike for all. */
#include "layers/layer.h"

#include "layers/derived.h"
#include "layers/keras.h"
#include "support/checked.h"

static const layer_kind *const kinds[] = {
#define LAYER(id, name, ...) &layer_##name,
#define OP LAYER
#include "ir/ops.def"
};

const layer_kind *layer_of(const ir_op *op)
{
    return kinds[op->code];
}

ir_opcode layer_lowered(const ir_op *op)
{
    return layer_of(op)->lowered ? layer_of(op)->lowered(op) : op->code;
}

/** Those of the nests that give the operation its functions. */
static int64_t derived_flops(const ir_op *op)
{
    int64_t flops = 0;
    if (ir_is_view(op) || ir_is_row_loss(op))
        return 0;
    for (const nest *t = derived_nests(op->arena, op)->first; t; t = t->next)
        flops = saturating_add(flops, nest_flops(t));
    return flops;
}

int64_t layer_flops(const ir_op *op)
{
    const layer_kind *kind = layer_of(op);
    if (op->direction == IR_FORWARD)
        return kind->flops ? kind->flops(op) : derived_flops(op);
    if (kind->backward_flops)
        return kind->backward_flops(op);
    return kind->flops ? kind->flops(op->forward) : derived_flops(op);
}

py_call layer_keras(arena *a, const ir_op *op)
{
    const layer_kind *kind = layer_of(op);
    const char *class = kind->keras_class;
    if (!class)
        class = keras_class(a, lang_find(&lang_layers, ir_op_name(op->code)));
    py_call c = py_call_new(a, arena_printf(a, "keras.layers.%s", class));
    if (kind->keras)
        kind->keras(&c, op);
    return c;
}
