/* Functions that follow from the nests of an operation. */
#include <string.h>

#include "emit/ops.h"
#include "graph/rewrite.h"
#include "layers/derived.h"
#include "loops/lower.h"

/** The parameter of a gradient, among the inputs of the forward operation. */
static const ir_value *parameter_of(const ir_op *back, const ir_value *gradient)
{
    const ir_value *v = NULL;
    for (int i = 0; (v = ir_input_of_kind(back->forward, IR_VALUE_PARAMETER, i)) != NULL; i++)
        if (v->gradient == gradient)
            return v;
    return NULL;
}

/** The offset of the partial sums of a gradient in those of a piece. */
static long long place_of_partials(const ir_op *back, const ir_value *gradient)
{
    int64_t place = 0;
    for (int i = 0; back->output[i] != gradient; i++)
        if (back->output[i]->kind == IR_VALUE_PARAMETER_GRADIENT)
            place += ir_elements(back->output[i]->shape);
    return place;
}

/** The size of a gradient, an argument: "kernel_size". */
static const char *size_of_gradient(emitter *e, const ir_op *back, const ir_value *gradient)
{
    return emit_size_of(e, emit_text(e, "%s_size", parameter_of(back, gradient)->role), ir_elements(gradient->shape));
}

/** "kernel_size + bias_size": of the gradients before one, or of all. */
static const char *sum_of_sizes(emitter *e, const ir_op *back, const ir_value *end)
{
    const ir_value *v;
    str s = str_new(e->plan->arena);
    for (int i = 0; (v = ir_output_of_kind(back, IR_VALUE_PARAMETER_GRADIENT, i)) != end; i++)
        str_printf(&s, "%s%s", i ? " + " : "", size_of_gradient(e, back, v));
    return s.text;
}

/** Likewise for a batch of shards. */
static void emit_tree_sums(emitter *e, const plan_step *s, const char *sizes)
{
    const ir_value *v;
    const plan *p = e->plan;
    for (int i = 0; (v = ir_output_of_kind(s->op, IR_VALUE_PARAMETER_GRADIENT, i)) != NULL; i++) {
        const char *size = size_of_gradient(e, s->op, v);
        const char *starts = emit_penalty_start(e, parameter_of(s->op, v), "0", size);
        cw_line(&e->w, "mnn_tree_sum(task, %s, %s%s%s, %s, %s, %lld, %lld, %s);", emit_name_of(e, v),
                emit_partials_of(e, s), i ? " + " : "", i ? sum_of_sizes(e, s->op, v) : "", size, sizes,
                (long long)s->maker->piece, (long long)p->shard_pieces, starts);
    }
    cw_close(&e->w, "");
}

void emit_sum_of_shards(emitter *e, const plan_step *s)
{
    const ir_value *v;
    emit_open_function(e, s, "the sums of the shards, added by their tree");
    for (int i = 0; (v = ir_output_of_kind(s->op, IR_VALUE_PARAMETER_GRADIENT, i)) != NULL; i++) {
        const char *size = size_of_gradient(e, s->op, v);
        cw_line(&e->w, "mnn_tree_sum(task, %s, %s, %s, %s, BATCH, 1, 0);", emit_name_of(e, v), emit_shard_sums_of(e, v),
                size, size);
    }
    cw_close(&e->w, "");
}

void emit_sum_of_partials(emitter *e, const plan_step *s)
{
    const ir_value *v;
    str names = str_new(e->plan->arena);
    bool is_penalty = false;
    for (int i = 0; (v = ir_output_of_kind(s->op, IR_VALUE_PARAMETER_GRADIENT, i)) != NULL; i++) {
        const ir_value *parameter = parameter_of(s->op, v);
        str_printf(&names, "%sd%s", i ? ", " : "", parameter->role);
        is_penalty = is_penalty || ir_is_penalty(parameter->regularizer);
    }
    emit_open_function(e, s, "%s = sum of the partial sums of the pieces, in order%s", names.text,
                       is_penalty ? ", plus the gradient of the penalty" : "");
    const char *sizes = sum_of_sizes(e, s->op, NULL);
    if (emit_adds_shards(e, s)) {
        emit_tree_sums(e, s, sizes);
        return;
    }
    cw_line(&e->w, "const int pieces = (rows + %lld) / %lld, stride = %s;", (long long)s->maker->piece - 1,
            (long long)s->maker->piece, sizes);
    for (int i = 0; (v = ir_output_of_kind(s->op, IR_VALUE_PARAMETER_GRADIENT, i)) != NULL; i++)
        cw_line(&e->w, "mnn_sum_pieces(%s, %s%s%s, %s, stride, pieces);", emit_name_of(e, v), emit_partials_of(e, s),
                i ? " + " : "", i ? sum_of_sizes(e, s->op, v) : "", size_of_gradient(e, s->op, v));
    for (int i = 0; (v = ir_output_of_kind(s->op, IR_VALUE_PARAMETER_GRADIENT, i)) != NULL; i++)
        emit_penalty_gradient(e, parameter_of(s->op, v), "0", size_of_gradient(e, s->op, v));
    cw_close(&e->w, "");
}

/** The memory of a tensor of a function. */
static const char *memory_of(emitter *e, const plan_step *s, const ir_value *v, const char *local)
{
    if (v->kind != IR_VALUE_PARAMETER_GRADIENT)
        return emit_name_beside(e, v, local);
    const long long place = place_of_partials(s->op, v);
    return emit_text(e, "%s + task->piece * %lld%s", emit_partials_of(e, s), (long long)s->partial_size,
                     place ? emit_text(e, " + %lld", place) : "");
}

static void emit_operand(emitter *e, const plan_step *s, const lower_form *form, const nest_tensor *t, const char *name)
{
    const nest_tensor *whole = nest_whole(t);
    const ct_type type = lower_type(e->plan->arena, t, form, true);
    const char *memory = memory_of(e, s, whole->value, name);
    const char *declaration = ct_declaration(e->plan->arena, &type, emit_text(e, "restrict %s", name));
    if (type.rank == 1)
        cw_line(&e->w, "%s = %s;", declaration, memory);
    else
        cw_line(&e->w, "%s = %s%s;", declaration, ct_cast(e->plan->arena, &type),
                strchr(memory, ' ') ? emit_text(e, "(%s)", memory) : memory);
}

/** Elements of an index are bytes or pairs of them. */
static void set_types(emitter *e, const nest_graph *g)
{
    for (const nest *t = g->first; t; t = t->next)
        if (t->places)
            t->places->type = "int";
    for (nest_tensor *t = g->tensors; t; t = t->next) {
        const ir_value *v = nest_whole(t)->value;
        if (v && v->kind == IR_VALUE_INDEX)
            t->type = plan_buffer_of(e->plan, v)->c_type;
    }
}

/** A tensor of one dimension needs no type of its own: it has the name of the function's parameter. */
static void name_flat(emitter *e, nest_tensor *t)
{
    const ir_value *v = t->value;
    if (v && !t->viewed && t->rank == 1 && v->kind != IR_VALUE_PARAMETER_GRADIENT)
        t->c_name = emit_name_of(e, v);
}

static void name_flat_operands(emitter *e, const nest_graph *g)
{
    for (const nest *t = g->first; t; t = t->next) {
        for (int i = 0; i < t->load_count; i++)
            if (t->load[i].from)
                name_flat(e, t->load[i].from);
        name_flat(e, t->result);
    }
}

/** The counter of rows and positions together; a pooling has an array of places. */
static const char *name_of_places(const nest_graph *g)
{
    bool taken = false;
    for (const nest *t = g->first; t; t = t->next) {
        taken = taken || strcmp(t->result->name, "place") == 0;
        for (int i = 0; i < t->load_count; i++)
            taken = taken || strcmp(t->load[i].name, "place") == 0;
    }
    return taken ? "position" : "place";
}

/** Whether the elements of a row are all that is left of its shape. */
static bool is_flat(const nest_graph *g)
{
    for (const nest *t = g->first; t; t = t->next)
        if (t->axis_count > 1)
            return false;
    return true;
}

static bool is_random(const nest_graph *g)
{
    for (const nest_tensor *t = g->tensors; t; t = t->next)
        if (t->is_random)
            return true;
    return false;
}

/** Random values are a function of seed, layer, step, row and element. */
static void add_random(emitter *e, const plan_step *s, lower_form *form)
{
    const long long size = ir_elements(s->op->output[0]->shape);
    form->block = emit_text(e, "(batch->step * %lld + (uint64_t)(batch->first_row + row)) * %lld",
                            (long long)e->plan->program->train.batch_size, (size + 3) / 4);
    form->random = emit_text(e, "batch->seed, MNN_STREAM_DROPOUT + %d, 0", s->op->attr.stream);
}

void emit_derived(emitter *e, const plan_step *s)
{
    nest_graph *g = derived_nests(e->plan->arena, s->op);
    set_types(e, g);
    nest_inline_maps(g);
    emit_open_function(e, s, "%s", nest_equations(e->plan->arena, g->first, NULL, "\n    "));
    emit_open_rows(e);
    nest_split_factors(g);
    nest_add_in_place(g);
    nest_gather_rows(g);
    const bool has_random = is_random(g);
    const int64_t joined = nest_join_axes(g, !has_random), steps = has_random ? 1 : joined;
    const bool flat = is_flat(g);
    const char *by =
        steps == 1
            ? ""
            : emit_text(e, " * %s", flat ? emit_size_of(e, "size", steps) : emit_text(e, "%lld", (long long)steps));
    name_flat_operands(e, g);
    lower_form form = {.fma = "mnn_fma",
                       .lowest = "-INFINITY",
                       .max = "mnn_max",
                       .min = "mnn_min",
                       .row = steps == 1 ? "row"
                              : flat     ? "j"
                                         : name_of_places(g),
                       .first = emit_text(e, "first%s", by),
                       .end = emit_text(e, steps == 1 ? "first + n" : "(first + n)%s", by),
                       .max_rows = "BATCH",
                       .max_local = 4096,
                       .workers = "MAX_WORKERS",
                       .worker = "task->worker"};
    if (has_random)
        add_random(e, s, &form);
    const lowered l = lower_nests(e->plan->arena, g->first, NULL, &form);
    for (int i = 0; i < l.operand_count; i++)
        if (!l.operand[i]->c_name)
            emit_operand(e, s, &form, l.operand[i], l.name[i]);
    ct_print(&e->w, l.body);
    cw_close(&e->w, "");
}
