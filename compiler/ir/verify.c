/* The guarantees of each level, checked between the passes: a failure is a fault of the compiler. */
#include "ir/ir.h"

#include "support/checked.h"

static bool has_shape(const ir_value *v)
{
    int64_t n = 1;
    for (int i = 0; i < v->shape.rank; i++)
        if (v->shape.dim[i] < 1 || !checked_mul(n, v->shape.dim[i], &n))
            return false;
    return true;
}

/** Whether every value knows how many operands it is. */
static const char *verify_readers(const ir_graph *g)
{
    int(*counted)[2] = arena_array(g->arena, (size_t)g->value_count, sizeof *counted);
    for (const ir_op *op = g->first; op; op = op->next)
        for (int i = 0; i < op->input_count; i++)
            counted[op->input[i]->id][op->direction]++;
    for (const ir_value *v = g->values; v; v = v->next)
        for (int direction = IR_FORWARD; direction <= IR_BACKWARD; direction++)
            if (v->readers[direction] != counted[v->id][direction])
                return arena_printf(g->arena, "%s has %d readers and counts %d", v->name, counted[v->id][direction],
                                    v->readers[direction]);
    return NULL;
}

/** @param made  by the value's id: an operation before this one makes it; its own results are noted */
static const char *verify_op(const ir_graph *g, const ir_op *op, bool *made)
{
    for (int i = 0; i < op->input_count; i++) {
        const ir_value *v = op->input[i];
        if (ir_is_kept(v) ? v->producer != NULL : !made[v->id])
            return arena_printf(g->arena, "%s of %s reads %s before it is made", ir_op_name(op->code), op->layer,
                                v->name);
    }
    if (op->output_count == 0)
        return arena_printf(g->arena, "%s of %s makes nothing", ir_op_name(op->code), op->layer);
    for (int i = 0; i < op->output_count; i++) {
        const ir_value *v = op->output[i];
        if (v->producer != op)
            return arena_printf(g->arena, "%s is not linked to its producer in %s", v->name, op->layer);
        made[v->id] = true;
        const bool is_scalar = ir_is_row_loss(op);
        if (g->level >= IR_SHAPED && (!has_shape(v) || (v->shape.rank == 0 && !is_scalar)))
            return arena_printf(g->arena, "%s has no shape", v->name);
    }
    if (op->direction == IR_BACKWARD && (g->level < IR_DIFFERENTIATED || !op->forward))
        return arena_printf(g->arena, "backward %s of %s has no forward", ir_op_name(op->code), op->layer);
    return NULL;
}

const char *ir_verify(const ir_graph *g)
{
    if (!g->input || !g->output || !g->first)
        return "the graph has no input or no output";
    if (g->fault)
        return g->fault;
    bool backward = false;
    bool *made = arena_array(g->arena, (size_t)g->value_count, sizeof *made);
    for (const ir_op *op = g->first; op; op = op->next) {
        if (backward && op->direction == IR_FORWARD)
            return "a forward operation follows a backward one";
        backward = op->direction == IR_BACKWARD;
        const char *fault = verify_op(g, op, made);
        if (fault)
            return fault;
    }
    const char *miscounted = verify_readers(g);
    if (miscounted || g->level < IR_DIFFERENTIATED)
        return miscounted;
    for (const ir_value *v = g->values; v; v = v->next)
        if (v->kind == IR_VALUE_PARAMETER && v->readers[IR_FORWARD] > 0 && (!v->gradient || !v->gradient->producer))
            return arena_printf(g->arena, "%s has no gradient", v->name);
    return NULL;
}
