/* Arithmetic of every operation: see count_cost() in passes.h. */
#include "passes/passes.h"

#include "layers/layer.h"
#include "support/checked.h"
#include "support/name_map.h"

bool count_cost(ir_context *cx)
{
    ir_graph *g = cx->program->graph;
    name_map layers = name_map_new(cx->arena);
    for (ir_layer *layer = g->layers; layer; layer = layer->next)
        name_map_put(&layers, layer->name, layer);
    for (ir_op *op = g->first; op; op = op->next) {
        ir_layer *layer = name_map_get(&layers, op->layer);
        op->flops = layer_flops(op);
        if (layer && op->direction == IR_FORWARD)
            layer->flops = saturating_add(layer->flops, op->flops);
        else if (layer)
            layer->backward_flops = saturating_add(layer->backward_flops, op->flops);
    }
    return true;
}
