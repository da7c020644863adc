/* Shape inference: see infer_shapes() in passes.h. */
#include "passes/passes.h"

#include <string.h>

#include "layers/layer.h"

/** A row of the table; an activation written as an argument belongs to its layer's row. */
static ir_layer *add_layer(ir_context *cx, ir_layer *last, const ir_op *op)
{
    ir_graph *g = cx->program->graph;
    if (ir_has(op->code, IR_ROW_LOSS))
        return last;
    if (last && strcmp(last->name, op->layer) == 0) {
        last->activation = op->attr.activation.kind;
        return last;
    }
    ir_layer *layer = ARENA_NEW(cx->arena, ir_layer);
    layer->name = op->layer;
    layer->type = ir_op_name(op->code);
    if (ir_has(op->code, IR_MAPS))
        layer->activation = op->attr.activation.kind;
    layer->shape = op->output[0]->shape;
    layer->at = op->at;
    for (int i = 0; i < op->input_count; i++)
        if (ir_is_kept(op->input[i]))
            layer->parameters += ir_elements(op->input[i]->shape);
    if (last)
        last->next = layer;
    else
        g->layers = layer;
    return layer;
}

/** Keep a copy of the operations as they are now. */
static void keep_written(ir_graph *g)
{
    ir_op **link = &g->written;
    for (const ir_op *op = g->first; op; op = op->next) {
        ir_op *copy = ir_copy(op);
        for (int i = 0; i < copy->output_count; i++)
            copy->output[i]->written_producer = copy;
        *link = copy;
        link = &copy->next;
    }
}

static bool give_shape(ir_context *cx, ir_op *op)
{
    return (!op->attr.like || layer_project(cx, op)) && layer_of(op)->shape(cx, op);
}

bool infer_shapes(ir_context *cx)
{
    ir_graph *g = cx->program->graph;
    ir_layer *last = NULL;
    for (ir_op *op = g->first; op; op = op->next) {
        if (!give_shape(cx, op))
            return false;
        last = add_layer(cx, last, op);
    }
    keep_written(g);
    return true;
}

void check_shapes(ir_context *cx)
{
    ir_op *op = cx->program->graph->first;
    while (op && op->code != IR_LOSS && give_shape(cx, op))
        op = op->next;
}
