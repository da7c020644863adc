/* The offset of every tensor. Parameters and their gradients are stored one after the other, in the same order in
 * both arrays; what lives only for a part of the step shares the workspace. */
#include "plan/plan.h"

#include <string.h>

#include "layers/nests.h"
#include "mnn/abi.h"
#include "plan/place.h"
#include "support/checked.h"
#include "support/list.h"

enum { ALIGNMENT = 16 }; /* floats: one cache line */

/* Static data beyond 2 GiB does not link in the default code model, and an int counts elements. */
static const int64_t MAX_STATIC_BYTES = INT32_MAX;

static int64_t aligned(int64_t n)
{
    return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/** For every gradient the operation that made the value whose gradient it is; where an addition hands it on, the
 *  first of them. */
static void find_gradient_makers(plan *p)
{
    const ir_graph *g = p->program->graph;
    p->gradient_makers = arena_array(p->arena, (size_t)g->value_count, sizeof *p->gradient_makers);
    for (const ir_value *v = g->values; v; v = v->next)
        if (v->gradient && v->producer && !p->gradient_makers[v->gradient->id])
            p->gradient_makers[v->gradient->id] = v->producer;
}

static const ir_op *made_of(const plan *p, const ir_value *gradient)
{
    const ir_op *maker = p->gradient_makers[gradient->id];
    return maker ? maker : gradient->producer;
}

/** "dense_1.kernel" -> "dense_1_kernel"; the result of a fused activation is simply the layer's "out". */
static const char *buffer_name(const plan *p, const ir_value *v)
{
    const bool is_gradient = v->kind == IR_VALUE_GRADIENT || v->kind == IR_VALUE_PARAMETER_GRADIENT;
    const ir_op *maker = is_gradient ? made_of(p, v) : v->producer;
    const char *role = v->role, *suffix = "";
    if (strcmp(role, "activation") == 0)
        role = ir_has(maker->code, IR_MAPS) ? ir_activation_name(maker->attr.activation.kind) : "out";
    if (v->producer && ir_kept_input(v->producer) == v)
        role = arena_printf(p->arena, "before_%s", ir_activation_name(v->producer->attr.activation.kind));
    if (is_gradient)
        suffix = v->term ? arena_printf(p->arena, "_gradient_%d", v->term) : "_gradient";
    return arena_printf(p->arena, "%s_%s%s", plan_c_name(p, v->layer), role, suffix);
}

static plan_buffer *add_buffer(plan *p, const ir_value *v, const char *c_name, plan_array array)
{
    plan_buffer *b = ARENA_NEW(p->arena, plan_buffer);
    LIST_APPEND(p->buffers, p->last_buffer, b);
    if (v)
        p->buffer_of[v->id] = b;
    name_map_put(&p->buffer_names, c_name, b);
    b->value = v;
    b->c_name = c_name;
    b->array = array;
    b->c_type = "float";
    b->first = -1;
    return b;
}

static void add_value(plan *p, const ir_value *v)
{
    while (v->producer && ir_is_view(v->producer))
        v = v->producer->input[0];
    if (plan_buffer_of(p, v) || (v->producer && ir_is_row_loss(v->producer)))
        return;
    static const plan_array arrays[] = {
        [IR_VALUE_ACTIVATION] = PLAN_WORKSPACE, [IR_VALUE_PARAMETER] = PLAN_PARAMS,
        [IR_VALUE_STATE] = PLAN_STATE,          [IR_VALUE_STATISTIC] = PLAN_WORKSPACE,
        [IR_VALUE_GRADIENT] = PLAN_WORKSPACE,   [IR_VALUE_PARAMETER_GRADIENT] = PLAN_GRADS,
        [IR_VALUE_INDEX] = PLAN_INDEX};
    plan_buffer *b = add_buffer(p, v, plan_unique_name(p, &p->buffer_names, buffer_name(p, v)), arrays[v->kind]);
    b->elements = ir_elements(v->shape);
    b->per_row = ir_is_per_row(v);
    b->per_shard = p->by_shard && v->kind == IR_VALUE_STATISTIC;
    if (b->array == PLAN_INDEX) {
        const ir_op *pool = v->producer->attr.pool ? v->producer->attr.pool : v->producer;
        b->c_type = pool->attr.window.h * pool->attr.window.w <= 256 ? "uint8_t" : "uint16_t";
    }
}

static void use(plan_buffer *b, int stretch)
{
    if (!b)
        return;
    b->used = true;
    if (b->first < 0)
        b->first = stretch;
    b->last = stretch;
}

/** Partial sums, one set a piece of rows: made by the first step of an operation that has some, read by the
 *  second. */
static void add_partials(plan *p, plan_step *s)
{
    if (s->maker) {
        s->partials = s->maker->partials;
        return;
    }
    const bool penalty = s->part == PLAN_PENALTY_SUMS;
    const char *name = arena_printf(p->arena, "%s_%s%s", plan_c_name(p, s->op->layer),
                                    s->op->direction == IR_FORWARD && !penalty ? "forward_" : "",
                                    penalty ? "penalty_sums" : "partials");
    s->partials = add_buffer(p, NULL, plan_unique_name(p, &p->buffer_names, name), PLAN_WORKSPACE);
    s->partials->elements = s->partial_size * (penalty ? 1 : plan_pieces(p, s));
}

/** Of a batchnorm: the sums of a shard, which its gradient of the input reads too. */
static void add_shard_sums(plan *p, const plan_step *s)
{
    const ir_value *v;
    for (int i = 0; (v = ir_output_of_kind(s->op, IR_VALUE_PARAMETER_GRADIENT, i)) != NULL; i++) {
        plan_buffer *gradient = plan_buffer_of(p, v);
        const char *name = arena_printf(p->arena, "%s_%s_sums", plan_c_name(p, v->layer), v->role);
        if (!gradient->shard_sums) {
            gradient->shard_sums = add_buffer(p, NULL, plan_unique_name(p, &p->buffer_names, name), PLAN_WORKSPACE);
            gradient->shard_sums->value = v;
            gradient->shard_sums->elements = gradient->elements;
            gradient->shard_sums->per_shard = true;
        }
        if (s->part != PLAN_BACKWARD_SUMS)
            use(gradient->shard_sums, s->stretch);
    }
}

static void add_lists(plan *p, const plan_step *s)
{
    const int64_t groups = (p->program->train.batch_size + PLAN_SKIP_ROWS - 1) / PLAN_SKIP_ROWS;
    p->lists = add_buffer(
        p, NULL,
        plan_unique_name(p, &p->buffer_names, arena_printf(p->arena, "%s_lists", plan_c_name(p, s->op->layer))),
        PLAN_INDEX);
    p->lists->c_type = "uint16_t";
    p->lists->elements = groups * (2 + ir_elements(s->op->output[0]->shape));
    p->lists->used = true;
}

bool plan_touches(const plan_step *s, const ir_value *v)
{
    const bool is_result = v->producer == s->op;
    switch (s->part) {
    case PLAN_FORWARD_SUMS:
        return !is_result && ir_is_per_row(v);
    case PLAN_BACKWARD_SUMS:
        return !is_result && !ir_is_kept(v);
    case PLAN_FORWARD_TOTALS:
    case PLAN_BACKWARD_TOTALS:
        return is_result && !ir_is_per_row(v);
    case PLAN_BACKWARD:
        return v->kind != IR_VALUE_PARAMETER_GRADIENT;
    case PLAN_BACKWARD_PARAMETERS:
        if (s->partials || ir_couples_rows(s->op))
            return v->kind == IR_VALUE_PARAMETER_GRADIENT;
        return v->kind != IR_VALUE_PARAMETER && !(is_result && v->kind == IR_VALUE_GRADIENT);
    case PLAN_FORWARD_PRODUCTS:
        return !is_result;
    case PLAN_PENALTY_SUMS:
        return v->kind == IR_VALUE_PARAMETER;
    case PLAN_FORWARD:
        break;
    }
    /* the sum of a dense layer's products reads neither its input nor its kernel */
    return s->kernel != PLAN_SUM || is_result || (v != s->op->input[0] && v != ir_parameter(s->op, "kernel"));
}

static void use_operands(plan *p, plan_step *s)
{
    for (int i = 0; i < s->op->input_count; i++)
        if (plan_touches(s, s->op->input[i]))
            use(plan_buffer_of(p, s->op->input[i]), s->stretch);
    for (int i = 0; i < s->op->output_count; i++)
        if (plan_touches(s, s->op->output[i]))
            use(plan_buffer_of(p, s->op->output[i]), s->stretch);
    use(s->partials, s->stretch);
}

static void find_buffers(plan *p)
{
    for (plan_step *s = p->steps; s; s = s->next) {
        for (int i = 0; i < s->op->input_count; i++)
            add_value(p, s->op->input[i]);
        for (int i = 0; i < s->op->output_count; i++)
            add_value(p, s->op->output[i]);
        if (s->partial_size)
            add_partials(p, s);
        if (ir_has(s->op->code, IR_STARTS) && s->skips)
            add_lists(p, s);
        if (p->by_shard && ir_couples_rows(s->op) && s->op->direction == IR_BACKWARD)
            add_shard_sums(p, s);
        use_operands(p, s);
    }
    /* the prediction is read after the last step, and the statistics that the state follows */
    int last = 0;
    for (const plan_step *s = p->steps; s; s = s->next)
        last = s->stretch;
    use(plan_buffer_of(p, p->program->graph->output), last);
    for (const plan_step *s = p->steps; s; s = s->next)
        for (int i = 0; s->part == PLAN_FORWARD && i < s->op->output_count; i++)
            if (s->op->output[i]->kind == IR_VALUE_STATISTIC)
                use(plan_buffer_of(p, s->op->output[i]), last);
}

/** Floats that a buffer takes, or false when an int cannot count them. */
static bool size_of(const plan *p, const plan_buffer *b, int64_t *size)
{
    const ir_train *train = &p->program->train;
    if (!checked_mul(b->elements, b->per_row ? train->batch_size : b->per_shard ? train->shards : 1, size))
        return false;
    return *size <= INT32_MAX;
}

/** Give a buffer the lowest place in the workspace that no buffer alive at the same time takes. */
static void place_in_workspace(plan *p, plan_places *workspace, plan_buffer *b, int64_t size)
{
    b->offset = plan_first_fit(workspace, size, b->first, b->last);
    if (b->used)
        plan_place(workspace, (plan_interval){b->offset, size, b->first, b->last});
    if (b->offset + size > p->workspace)
        p->workspace = b->offset + size;
}

static bool place(plan *p, plan_places *workspace, plan_buffer *b)
{
    int64_t size;
    if (!size_of(p, b, &size))
        return false;
    if (b->array == PLAN_PARAMS) {
        b->offset = p->param_count;
        p->param_count += size;
    } else if (b->array == PLAN_STATE) {
        b->offset = p->state_count;
        p->state_count += size;
    } else if (b->array == PLAN_WORKSPACE) {
        place_in_workspace(p, workspace, b, aligned(size));
    } else if (b->array == PLAN_INDEX) {
        int64_t *taken = b->c_type[4] == '8' ? &p->indices8 : &p->indices16;
        b->offset = *taken;
        *taken += plan_elements(p, b);
    }
    return true;
}

/** Buffers whose offset follows from that of the parameters. */
static void place_beside_params(plan *p)
{
    for (plan_buffer *b = p->buffers; b; b = b->next)
        if (b->array == PLAN_PARAMS) {
            plan_buffer *gradient = plan_buffer_of(p, b->value->gradient);
            gradient->offset = b->offset;
            gradient->parameter = b;
        } else if (b->array == PLAN_STATE) {
            b->offset += p->param_count;
        }
}

/** Where a norm is that of a tensor, no piece has parameters of two. */
static int64_t norm_pieces(const plan *p)
{
    const ir_optimizer *o = &p->program->train.optimizer;
    int64_t pieces = 0;
    if (o->global_clipnorm > 0)
        return (p->param_count + MNN_NORM_PIECE - 1) / MNN_NORM_PIECE;
    for (const plan_buffer *b = p->buffers; b && o->clipnorm > 0; b = b->next)
        if (b->array == PLAN_PARAMS)
            pieces += (b->elements + MNN_NORM_PIECE - 1) / MNN_NORM_PIECE;
    return pieces;
}

static bool keeps_best(const ir_train *train)
{
    for (int i = 0; i < train->callback_count; i++)
        if (train->callbacks[i].restore_best_weights)
            return true;
    return false;
}

/** Arrays of the network in double precision, which hold the most rows that gradcheck takes. */
static void count_reference(plan *p)
{
    int64_t elements = 0;
    if (!p->options.with_reference)
        return;
    p->nests = layer_nests_new(p->arena, p->program, NESTS_TRAINING);
    for (const nest_tensor *t = p->nests->graph->tensors; t; t = t->next)
        if (nest_is_stored(t) && t != p->nests->losses)
            elements =
                saturating_add(elements, saturating_mul(nest_is_per_row(t) ? MNN_REFERENCE_ROWS : 1, nest_elements(t)));
    p->reference_bytes = saturating_mul(8, elements);
}

static bool count_bytes(plan *p)
{
    const int64_t batch = p->program->train.batch_size;
    p->row_bytes = 4 * batch;
    if (p->param_count + p->state_count > INT32_MAX || p->workspace > INT32_MAX || p->scratch > INT32_MAX)
        return false;
    p->index_bytes = p->indices8 + 2 * p->indices16;
    p->static_bytes = 4 * (p->param_count * (2 + p->slot_count) + p->keeps_best * (p->param_count + p->state_count) +
                           p->state_count + p->workspace) +
                      p->index_bytes + p->row_bytes + 8 * p->norm_pieces;
    count_reference(p);
    /* not static, but a worker that does not fit is no use */
    const int64_t scratch = saturating_mul(4, p->scratch);
    return saturating_add(saturating_add(p->static_bytes, scratch), p->reference_bytes) <= MAX_STATIC_BYTES;
}

bool plan_memory(plan *p, diag_list *d)
{
    find_gradient_makers(p);
    find_buffers(p);
    plan_places workspace = plan_places_new(p->arena, p->buffer_names.count);
    bool fits = true;
    p->slot_count = p->program->train.optimizer.update->slot_count;
    for (plan_buffer *b = p->buffers; b && fits; b = b->next)
        fits = place(p, &workspace, b);
    if (fits)
        place_beside_params(p);
    p->norm_pieces = norm_pieces(p);
    p->keeps_best = keeps_best(&p->program->train);
    if (fits && count_bytes(p))
        return true;
    diag_error(d, p->program->train.at, "the program needs more memory than 2 GiB (%lld parameters, batches of %lld)",
               (long long)p->param_count, (long long)p->program->train.batch_size);
    diag_hint(d, "make the layers or batch_size smaller");
    return false;
}
