/* Cheaper orders: see simplify() in passes.h. */
#include "passes/passes.h"

#include "layers/layer.h"

/** maxpool2d(f(x)) becomes f(maxpool2d(x)): f is computed for a quarter of the values, and its derivative
 *  is taken where the gradient is. New values are made, so that graph->written stays as it was. */
static void swap(ir_graph *g, ir_op *activation, ir_op *pool)
{
    ir_value *x = activation->input[0];
    ir_value *out = pool->output[0];
    ir_value *pooled = ir_value_new(g, IR_VALUE_ACTIVATION, out->shape, pool->layer, "before_activation");

    const ir_op f = *activation;
    ir_op *first = activation, *second = pool; /* the positions in the list */
    ir_op *after_first = first->next, *after_second = second->next;
    *first = *pool;
    first->next = after_first;
    ir_set_input(first, 0, x);
    first->output[0] = pooled;
    for (int i = 0; i < first->output_count; i++)
        first->output[i]->producer = first;
    *second = f;
    second->next = after_second;
    ir_set_input(second, 0, pooled);
    second->output[0] = out;
    out->producer = second;
}

bool simplify(ir_context *cx)
{
    ir_graph *g = cx->program->graph;
    for (ir_op *op = g->first; op; op = op->next)
        op->code = layer_lowered(op);
    for (ir_op *op = g->first; op; op = op->next) {
        ir_op *pool = ir_only_reader(op, op->output[0]);
        if (ir_is_map(op) && ir_never_falls(op->attr.activation) && pool && ir_has(pool->code, IR_SELECTS))
            swap(g, op, pool);
    }
    return true;
}
