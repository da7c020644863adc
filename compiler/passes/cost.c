/* Arithmetic of every operation: see count_cost() in passes.h. */
#include "passes/passes.h"

#include "support/checked.h"
#include "support/name_map.h"

/** flops of one product of the layer's input with its kernel */
static int64_t product(const ir_op *op)
{
    const ir_value *kernel = ir_parameter(op, "kernel");
    const ir_shape out = op->output[0]->shape;
    if (op->code == IR_DENSE)
        return 2 * ir_elements(kernel->shape);
    return saturating_mul(2 * ir_elements(kernel->shape), out.dim[0] * out.dim[1]);
}

/** flops of one value: an exp, erf or tanh is one, as is a comparison */
static int64_t activation_flops(ir_activation f)
{
    enum { SOFTMAX_FLOPS = 4 };
    return f.formula ? scalar_operations(f.formula->value) : f.kind == LANG_ACTIVATION_SOFTMAX ? SOFTMAX_FLOPS : 0;
}

static int64_t forward_flops(const ir_op *op)
{
    const int64_t n = ir_elements(op->output[0]->shape);
    switch (op->code) {
    case IR_INPUT:
        return 2 * n;
    case IR_DENSE:
    case IR_CONV2D:
    case IR_DEPTHWISE_CONV2D:
        return saturating_add(product(op), op->attr.use_bias ? n : 0);
    case IR_MAXPOOL2D:
    case IR_AVGPOOL2D:
        return saturating_mul(n, saturating_mul(op->attr.window.h, op->attr.window.w));
    case IR_GLOBAL_AVGPOOL2D:
        return ir_elements(op->input[0]->shape);
    case IR_ACTIVATION:
        return n * activation_flops(op->attr.activation);
    case IR_ADD:
        return n * (op->input_count - 1);
    case IR_BATCHNORM:
    case IR_LAYERNORM:
        return 8 * n; /* mean 1, variance 3, the result 4 */
    case IR_DROPOUT:
        return ir_is_view(op) ? 0 : 2 * n;
    case IR_LOSS:
        return 3 * ir_elements(op->input[0]->shape);
    case IR_RESHAPE:
    case IR_PENALTY: /* once a step, whatever the number of samples */
    case IR_OPCODE_COUNT:
        break;
    }
    return 0;
}

static int64_t backward_flops(const ir_op *back)
{
    const ir_op *op = back->forward;
    if (back->code == IR_ADD)
        return forward_flops(back);
    if (op->code == IR_BATCHNORM) /* sums 6, the gradient 7 */
        return (ir_output_of_kind(back, IR_VALUE_GRADIENT, 0) ? 13 : 6) * ir_elements(op->output[0]->shape);
    if (op->code == IR_LAYERNORM) /* mean and variance 4, sums 6, the gradient 10 */
        return (ir_output_of_kind(back, IR_VALUE_GRADIENT, 0) ? 20 : 10) * ir_elements(op->output[0]->shape);
    if (op->code != IR_DENSE && !ir_is_convolution(op))
        return forward_flops(op);
    const int64_t products = ir_output_of_kind(back, IR_VALUE_GRADIENT, 0) ? 2 : 1;
    return saturating_add(saturating_mul(products, product(op)),
                          op->attr.use_bias ? ir_elements(op->output[0]->shape) : 0);
}

bool count_cost(pass_context *cx)
{
    ir_graph *g = cx->program->graph;
    name_map layers = name_map_new(cx->arena);
    for (ir_layer *layer = g->layers; layer; layer = layer->next)
        name_map_put(&layers, layer->name, layer);
    for (ir_op *op = g->first; op; op = op->next) {
        ir_layer *layer = name_map_get(&layers, op->layer);
        op->flops = op->direction == IR_FORWARD ? forward_flops(op) : backward_flops(op);
        if (layer && op->direction == IR_FORWARD)
            layer->flops = saturating_add(layer->flops, op->flops);
        else if (layer)
            layer->backward_flops = saturating_add(layer->backward_flops, op->flops);
    }
    return true;
}
