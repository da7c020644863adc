/* The table of layers, and the questions that are answered alike for all. */
#include "layers/layer.h"

#include "layers/keras.h"

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

static int64_t forward_flops(const ir_op *op)
{
    return layer_of(op)->flops ? layer_of(op)->flops(op) : 0;
}

int64_t layer_flops(const ir_op *op)
{
    if (op->direction == IR_FORWARD)
        return forward_flops(op);
    return layer_of(op)->backward_flops ? layer_of(op)->backward_flops(op) : forward_flops(op->forward);
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
