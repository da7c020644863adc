/* The phases of planning, and questions about a plan. */
#include "plan/plan.h"

plan *plan_make(arena *a, diag_list *d, const ir_program *program, const plan_options *options)
{
    plan *p = ARENA_NEW(a, plan);
    p->arena = a;
    p->program = program;
    p->options = *options;
    p->names = name_map_new(a);
    p->taken_names = name_map_new(a);
    p->step_names = name_map_new(a);
    p->buffer_names = name_map_new(a);
    p->buffer_of = arena_array(a, (size_t)program->graph->value_count, sizeof *p->buffer_of);
    plan_names(p);
    plan_steps(p);
    return plan_memory(p, d) ? p : NULL;
}

const char *plan_skip_text(const plan_step *s)
{
    if (!s->skips)
        return "";
    return ir_has(s->op->code, IR_STARTS) ? "; zeros are recorded" : "; zeros of the input are skipped";
}

int64_t plan_elements(const plan *p, const plan_buffer *b)
{
    const ir_train *train = &p->program->train;
    return b->elements * (b->per_row ? train->batch_size : b->per_shard ? train->shards : 1);
}

plan_buffer *plan_buffer_of(const plan *p, const ir_value *v)
{
    while (v->producer && ir_is_view(v->producer))
        v = v->producer->input[0];
    return p->buffer_of[v->id];
}

const char *plan_c_name(const plan *p, const char *layer)
{
    const plan_name *n = name_map_get(&p->names, layer);
    return n ? n->c_name : layer;
}

bool plan_predicts(const plan_step *s)
{
    return s->part == PLAN_FORWARD || s->part == PLAN_FORWARD_PRODUCTS || s->part == PLAN_PENALTY_SUMS;
}

const char *plan_kernel_text(plan_kernel kernel)
{
    static const char *const texts[] = {[PLAN_LOOP] = "loop",
                                        [PLAN_TILE] = "tiles in registers",
                                        [PLAN_DIRECT] = "tiles in registers, read from the image",
                                        [PLAN_WINDOWS] = "pooling windows in registers, read from the image",
                                        [PLAN_SPREAD] = "filter by filter, at the position of the maximum",
                                        [PLAN_GEMM] = "gemm (OpenBLAS)",
                                        [PLAN_IM2COL] = "im2col and gemm (OpenBLAS)",
                                        [PLAN_SUM] = "sum"};
    return texts[kernel];
}

int64_t plan_pieces(const plan *p, const plan_step *s)
{
    const ir_train *train = &p->program->train;
    const int64_t length = s->cut == PLAN_ROWS ? train->batch_size : s->cut == PLAN_COLUMNS ? s->width : 1;
    if (s->by_shard)
        return train->shards * (s->cut == PLAN_ROWS ? p->shard_pieces : 1);
    return (length + s->piece - 1) / s->piece;
}
