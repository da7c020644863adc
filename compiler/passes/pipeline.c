/* The ordered table of passes. */
#include "passes/passes.h"

static const struct {
    const char *name;
    bool (*run)(ir_context *cx);
    ir_level leaves;
} passes[] = {
    {"shapes", infer_shapes, IR_SHAPED},   {"advise", advise, IR_SHAPED},
    {"simplify", simplify, IR_SIMPLIFIED}, {"differentiate", differentiate, IR_DIFFERENTIATED},
    {"cost", count_cost, IR_COSTED},       {"fuse", fuse, IR_FUSED},
};

bool run_passes(ir_context *cx, const char **fault)
{
    *fault = ir_verify(cx->program->graph);
    for (size_t i = 0; !*fault && i < sizeof passes / sizeof passes[0]; i++) {
        if (!passes[i].run(cx))
            return false;
        cx->program->graph->level = passes[i].leaves;
        const char *wrong = ir_verify(cx->program->graph);
        if (wrong)
            *fault = arena_printf(cx->arena, "after pass %s: %s", passes[i].name, wrong);
    }
    return !*fault;
}
