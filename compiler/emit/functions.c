/* The functions of the steps: one for each distinct text. A writer refers to tensors by their roles, which are the
 * function's parameters; steps whose functions have the same text share one, and the table of steps passes each its
 * tensors. */
#include "emit/functions.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "support/list.h"

enum { COMMENT_COLUMNS = 100 };

/** A piece of C that functions share, written before the first of them. */
typedef struct helper {
    const char *name;
} helper;

/* --- operands ----------------------------------------------------------------------------------------- */

static const char *array_of(const plan_buffer *b)
{
    static const char *const arrays[] = {
        [PLAN_PARAMS] = "params", [PLAN_STATE] = "params", [PLAN_GRADS] = "grads", [PLAN_WORKSPACE] = "workspace"};
    return b->array != PLAN_INDEX ? arrays[b->array] : b->c_type[4] == '8' ? "indices8" : "indices16";
}

/** The name of a tensor's offset in its array; that of a gradient is its parameter's. */
static const char *offset_of(const plan_buffer *b)
{
    return b->parameter ? b->parameter->c_name : b->c_name;
}

static const char *numbered(emitter *e, const char *role, int nth)
{
    return nth ? emit_text(e, "%s_%d", role, nth + 1) : role;
}

typedef ir_value *operand_of_kind(const ir_op *op, ir_value_kind kind, int nth);

/** The position of a buffer among the inputs or outputs of a kind, or -1. */
static int number_among(emitter *e, operand_of_kind *of_kind, const ir_op *op, ir_value_kind kind, const plan_buffer *b)
{
    const ir_value *v;
    for (int i = 0; (v = of_kind(op, kind, i)) != NULL; i++)
        if (plan_buffer_of(e->plan, v) == b)
            return i;
    return -1;
}

static const char *activation_role(emitter *e, const ir_op *op, const plan_buffer *b)
{
    const ir_op *f = op->direction == IR_FORWARD || !op->forward ? op : op->forward;
    const int input = number_among(e, ir_input_of_kind, f, IR_VALUE_ACTIVATION, b);
    const ir_value *kept = ir_kept_input(f);
    const ir_value *point = op->attr.gradient_point;
    if (ir_is_row_loss(f) && input > 0)
        return "target_values";
    if (ir_is_row_loss(f) && input < 0)
        return point && plan_buffer_of(e->plan, point) == b ? "point" : "prediction";
    if (input >= 0)
        return numbered(e, "input", input);
    if (kept && plan_buffer_of(e->plan, kept) == b)
        return "before_activation";
    return f->output_count && plan_buffer_of(e->plan, f->output[0]) == b ? "output" : "point";
}

/** The role of a tensor in the step's operation: "input", "kernel_gradient". */
static const char *role_of(emitter *e, const plan_step *s, const plan_buffer *b)
{
    switch (b->value->kind) {
    case IR_VALUE_PARAMETER:
    case IR_VALUE_STATE:
    case IR_VALUE_STATISTIC:
        return b->value->role;
    case IR_VALUE_PARAMETER_GRADIENT:
        return emit_text(e, "%s_gradient", b->value->role);
    case IR_VALUE_INDEX:
        return "indices";
    case IR_VALUE_ACTIVATION:
        return activation_role(e, s->op, b);
    case IR_VALUE_GRADIENT:
        break;
    }
    const int input = number_among(e, ir_input_of_kind, s->op, IR_VALUE_GRADIENT, b);
    if (input >= 0)
        return numbered(e, "output_gradient", input);
    const int output = number_among(e, ir_output_of_kind, s->op, IR_VALUE_GRADIENT, b);
    return numbered(e, "input_gradient", output > 0 ? output : 0);
}

/** Whether a function writes a result of its operation, or only reads what an earlier one made. */
static bool writes(const emitter *e, const ir_value *v)
{
    const step_function *f = e->functions->current;
    if (f->use == FUNCTION_STATE)
        return v->kind == IR_VALUE_STATE;
    if (v->producer != f->first->op)
        return false;
    return ir_is_per_row(v) || (f->first->part != PLAN_FORWARD && f->first->part != PLAN_BACKWARD);
}

static const char *add_operand(emitter *e, operand new)
{
    step_function *f = e->functions->current;
    for (int i = 0; i < f->operand_count; i++)
        if (f->operand[i].buffer == new.buffer && (new.buffer || strcmp(f->operand[i].role, new.role) == 0)) {
            f->operand[i].is_written |= new.is_written;
            return f->operand[i].role;
        }
    if (f->operand_count == f->capacity) {
        const operand *old = f->operand;
        f->capacity = f->capacity ? 2 * f->capacity : 8;
        f->operand = arena_array(e->plan->arena, (size_t)f->capacity, sizeof *f->operand);
        for (int i = 0; i < f->operand_count; i++)
            f->operand[i] = old[i];
    }
    f->operand[f->operand_count++] = new;
    return new.role;
}

/** How far the memory of two shards is apart, for a function that works on one. */
static int64_t shard_stride(const emitter *e, const plan_buffer *b)
{
    const plan_step *s = e->functions->current->first;
    if (!e->plan->by_shard || s->part == PLAN_BACKWARD_PARAMETERS)
        return 0;
    if (b->per_shard)
        return b->elements;
    return b == s->partials && s->maker && ir_couples_rows(s->op) ? e->plan->shard_pieces * s->partial_size : 0;
}

static const char *add_buffer(emitter *e, const plan_buffer *b, const char *role, bool is_written)
{
    return add_operand(
        e, (operand){.buffer = b, .role = role, .is_written = is_written, .shard_stride = shard_stride(e, b)});
}

const char *emit_size_of(emitter *e, const char *role, int64_t size)
{
    return add_operand(e, (operand){.role = role, .size = size});
}

/** The memory of a value in the current function: what a shard adds to a gradient is not the gradient. */
static const plan_buffer *buffer_of(const emitter *e, const ir_value *v)
{
    const plan_buffer *b = plan_buffer_of(e->plan, v);
    const plan_step *s = e->functions->current->first;
    return b->shard_sums && s->part != PLAN_BACKWARD_PARAMETERS ? b->shard_sums : b;
}

const char *emit_name_of(emitter *e, const ir_value *v)
{
    const plan_buffer *b = buffer_of(e, v);
    const step_function *f = e->functions->current;
    if (f->first->op->code == IR_PENALTY)
        return emit_text(e, "(%s + %s)", array_of(b), offset_of(b));
    return add_buffer(e, b, role_of(e, f->first, b), writes(e, v));
}

const char *emit_name_beside(emitter *e, const ir_value *v, const char *local)
{
    const plan_buffer *b = buffer_of(e, v);
    const char *role = role_of(e, e->functions->current->first, b);
    if (strcmp(role, local) == 0)
        role = emit_text(e, "%s_values", role);
    return add_buffer(e, b, role, writes(e, v));
}

const char *emit_partials_of(emitter *e, const plan_step *s)
{
    return add_buffer(e, s->partials, "partials", !s->maker);
}

const char *emit_shard_sums_of(emitter *e, const ir_value *gradient)
{
    return add_buffer(e, plan_buffer_of(e->plan, gradient)->shard_sums, emit_text(e, "%s_sums", gradient->role), false);
}

const char *emit_lists_of(emitter *e)
{
    const bool is_written = ir_has(e->functions->current->first->op->code, IR_STARTS);
    return add_buffer(e, e->plan->lists, "lists", is_written);
}

/* --- writing one -------------------------------------------------------------------------------------- */

static void open_body(emitter *e, const plan_step *s, bool needs_batch)
{
    e->functions->is_open = true;
    e->functions->before = e->w;
    e->w = cw_new(e->plan->arena);
    cw_body(&e->w);
    if (needs_batch)
        cw_line(&e->w, "const mnn_batch *batch = task->batch;");
    if (e->functions->current->use == FUNCTION_STATE)
        cw_line(&e->w, "(void)task;");
    else if (s->cut != PLAN_ROWS && s->part != PLAN_PENALTY_SUMS && !emit_adds_shards(e, s))
        cw_line(&e->w, "const int rows = task->rows;");
}

void emit_open_function(emitter *e, const plan_step *s, const char *equation, ...)
{
    static const char *const parts[] = {[PLAN_FORWARD_SUMS] = "forward, sums of each piece of the batch",
                                        [PLAN_FORWARD_TOTALS] = "forward, sums of the batch",
                                        [PLAN_FORWARD_PRODUCTS] = "forward, products of each piece of the inputs",
                                        [PLAN_PENALTY_SUMS] = "forward, sums of each piece of the parameters",
                                        [PLAN_FORWARD] = "forward",
                                        [PLAN_BACKWARD_SUMS] = "backward, sums of each piece of the batch",
                                        [PLAN_BACKWARD_TOTALS] = "backward, sums of the batch",
                                        [PLAN_BACKWARD] = "backward",
                                        [PLAN_BACKWARD_PARAMETERS] = "gradients of the parameters"};
    step_function *f = e->functions->current;
    va_list args;
    va_start(args, equation);
    const char *formula = emit_vtext(e, equation, args);
    va_end(args);
    const char *use = f->use == FUNCTION_STEP         ? parts[s->part]
                      : f->use == FUNCTION_PREDICTION ? "inference"
                                                      : "update of the state";
    const char *how = emit_text(e, "; %s; %s%s", plan_kernel_text(s->kernel), s->reason, plan_skip_text(s));
    f->comment = emit_text(e, "%s%s\n    %s", use, f->use == FUNCTION_STEP ? how : "", formula);
    open_body(e, s, f->use == FUNCTION_PREDICTION ? ir_has(s->op->code, IR_STARTS) : s->needs_batch);
}

void emit_open_rows(emitter *e)
{
    cw_line(&e->w, "const int first = task->first, n = task->n;");
}

void emit_open_columns(emitter *e, const plan_step *s)
{
    if (s->width % s->piece == 0 && s->most == s->piece)
        cw_line(&e->w, "const int first = task->first, n = %lld;", (long long)s->piece);
    else
        emit_open_rows(e);
}

void emit_open_helper(emitter *e)
{
    e->functions->outside = e->w;
    e->w = cw_new(e->plan->arena);
    cw_indent(&e->w);
}

const char *emit_close_helper(emitter *e, const char *name, const char *comment, const char *head, const char *tail)
{
    step_functions *all = e->functions;
    cw_close(&e->w, strchr(tail, '=') ? ";" : "");
    const char *body = e->w.out.text, *whole = emit_text(e, "%s %s\n%s", head, tail, body);
    all->outside.unwritable |= e->w.unwritable;
    e->w = all->outside;
    helper *h = name_map_get(&all->helpers, whole);
    if (h)
        return h->name;
    h = ARENA_NEW(e->plan->arena, helper);
    h->name = name;
    name_map_put(&all->helpers, whole, h);
    cwriter *w = all->is_open ? &all->before : &e->w;
    cw_blank(w);
    cw_comment(w, "%s", comment);
    cw_line(w, "%s %s%s", head, name, tail);
    str_add(&w->out, body);
    return name;
}

/* --- sharing ------------------------------------------------------------------------------------------ */

/** The position of a kind of tensor among the parameters. */
static int rank_of(const ir_value *v)
{
    static const int ranks[] = {[IR_VALUE_GRADIENT] = 0,          [IR_VALUE_ACTIVATION] = 1, [IR_VALUE_INDEX] = 2,
                                [IR_VALUE_PARAMETER] = 3,         [IR_VALUE_STATE] = 4,      [IR_VALUE_STATISTIC] = 5,
                                [IR_VALUE_PARAMETER_GRADIENT] = 6};
    return v ? ranks[v->kind] : 7;
}

static int compare_operands(const void *left, const void *right)
{
    const operand *a = left, *b = right;
    if (!a->buffer || !b->buffer)
        return a->buffer ? -1 : b->buffer ? 1 : strcmp(a->role, b->role);
    const ir_value *v = a->buffer->value, *w = b->buffer->value;
    if (a->is_written != b->is_written)
        return a->is_written - b->is_written;
    if (rank_of(v) != rank_of(w))
        return rank_of(v) - rank_of(w);
    return v && w && !ir_is_per_row(v) ? v->id - w->id : strcmp(a->role, b->role);
}

/** Put the parameters in order: those that are only read first, and those that come with a layer in its order. */
static void sort_operands(step_function *f)
{
    if (f->operand_count)
        qsort(f->operand, (size_t)f->operand_count, sizeof *f->operand, compare_operands);
}

/** "(const mnn_task *task, const float *restrict input, ...)" */
static const char *parameters_of(emitter *e, const step_function *f)
{
    str s = str_new(e->plan->arena);
    str_add(&s, "(const mnn_task *task");
    for (int i = 0; i < f->operand_count; i++) {
        const operand *o = &f->operand[i];
        if (o->buffer)
            str_printf(&s, ", %s%s *restrict %s", o->is_written ? "" : "const ", o->buffer->c_type, o->role);
        else
            str_printf(&s, ", int %s", o->role);
    }
    str_add_char(&s, ')');
    return s.text;
}

/** The function that has been written: an earlier one with the same text, or itself. */
static step_function *shared(emitter *e, step_function *f)
{
    step_functions *all = e->functions;
    const char *whole = emit_text(e, "%d%s\n%s", f->use, parameters_of(e, f), f->body);
    step_function *same = name_map_get(&all->texts, whole);
    if (same)
        return same;
    name_map_put(&all->texts, whole, f);
    LIST_APPEND(all->first, all->last, f);
    return f;
}

static void add_user(emitter *e, step_function *f, const plan_step *s)
{
    function_user *user = ARENA_NEW(e->plan->arena, function_user);
    user->step = s;
    LIST_APPEND(f->users, f->last_user, user);
}

/** Write the function of a step, unless there is one with the same text, and note the step's call. */
static void add_function(emitter *e, const plan_step *s, function_use use, emit_step *write)
{
    step_functions *all = e->functions;
    step_function *f = ARENA_NEW(e->plan->arena, step_function);
    f->use = use;
    f->first = s;
    all->current = f;
    all->is_open = false;
    const cwriter outer = e->w;
    e->w = cw_new(e->plan->arena);
    write(e, s);
    f->before = all->before.out.length ? all->before.out.text : "";
    f->body = e->w.out.text;
    const bool unwritable = e->w.unwritable || all->before.unwritable;
    e->w = outer;
    e->w.unwritable |= unwritable;
    sort_operands(f);
    step_call *call = &all->calls[use][s->number];
    call->function = shared(e, f);
    call->operand = f->operand;
    add_user(e, (step_function *)call->function, s);
}

static emit_step *writer_of(const plan_step *s)
{
    const emit_op *op = &emit_ops[s->op->code];
    if (s->part == PLAN_BACKWARD_PARAMETERS && ir_couples_rows(s->op))
        return emit_sum_of_shards;
    if (!ir_has(s->op->code, IR_WRITTEN))
        return s->part == PLAN_BACKWARD_PARAMETERS ? emit_sum_of_partials : emit_derived;
    emit_step *const writers[] = {[PLAN_FORWARD_SUMS] = op->forward_sums,
                                  [PLAN_FORWARD_TOTALS] = op->forward_totals,
                                  [PLAN_FORWARD_PRODUCTS] = op->forward_products,
                                  [PLAN_PENALTY_SUMS] = op->penalty_sums,
                                  [PLAN_FORWARD] = op->forward,
                                  [PLAN_BACKWARD_SUMS] = op->backward_sums,
                                  [PLAN_BACKWARD_TOTALS] = op->backward_totals,
                                  [PLAN_BACKWARD] = op->backward,
                                  [PLAN_BACKWARD_PARAMETERS] = op->gradients};
    return writers[s->part];
}

/* --- names -------------------------------------------------------------------------------------------- */

/** The shape that a function is named after: "14x14x32". */
static const char *shape_name(emitter *e, ir_shape shape)
{
    str s = str_new(e->plan->arena);
    for (int i = 0; i < shape.rank; i++)
        str_printf(&s, "%s%lld", i ? "x" : "", (long long)shape.dim[i]);
    return s.text;
}

/** "14x14x32_to_7x7x64": the sizes of the operation's input and result. */
static const char *sizes_of(emitter *e, const plan_step *s)
{
    const ir_op *f = s->op->forward ? s->op->forward : s->op;
    const char *from = f->input_count ? shape_name(e, f->input[0]->shape) : "",
               *to = shape_name(e, f->output[0]->shape);
    return strcmp(from, to) == 0 ? emit_text(e, "_%s", to) : emit_text(e, "_%s_to_%s", from, to);
}

/** The last dimension. */
static const char *width_of(emitter *e, const plan_step *s)
{
    const ir_op *f = s->op->forward ? s->op->forward : s->op;
    const ir_shape shape = f->output[0]->shape;
    return emit_text(e, "_%lld", (long long)shape.dim[shape.rank - 1]);
}

/** The suffix of the fused activation: "_relu". */
static const char *fusion_of(emitter *e, const plan_step *s)
{
    const lang_activation f = s->part == PLAN_BACKWARD  ? s->op->attr.gradient_activation.kind
                              : s->part == PLAN_FORWARD ? s->op->attr.activation.kind
                                                        : LANG_ACTIVATION_LINEAR;
    const bool is_own = ir_has(s->op->code, IR_MAPS) && s->part == PLAN_FORWARD;
    return f == LANG_ACTIVATION_LINEAR || is_own ? "" : emit_text(e, "_%s", ir_activation_name(f));
}

typedef const char *step_text(emitter *e, const plan_step *s);

/** A property that all users have in common, or "". */
static const char *common(emitter *e, const step_function *f, step_text *property)
{
    const char *value = property(e, f->first);
    for (const function_user *u = f->users; u; u = u->next)
        if (strcmp(property(e, u->step), value) != 0)
            return "";
    return value;
}

static const char *part_of(emitter *e, const step_function *f)
{
    const size_t layer = strlen(plan_c_name(e->plan, f->first->op->layer));
    return f->use == FUNCTION_STEP         ? f->first->c_name + layer
           : f->use == FUNCTION_PREDICTION ? "_predict"
                                           : "_update_state";
}

static bool is_shared(const step_function *f)
{
    return f->users != f->last_user;
}

/** A function of one layer is named after it, others after the operation and what its users have in common. */
static const char *function_name(emitter *e, const step_function *f)
{
    if (!is_shared(f))
        return emit_text(e, "%s%s", plan_c_name(e->plan, f->first->op->layer), part_of(e, f));
    const char *sizes = common(e, f, sizes_of);
    if (!*sizes)
        sizes = common(e, f, width_of);
    return emit_text(e, "%s%s%s%s", ir_op_name(f->first->op->code), sizes, common(e, f, fusion_of), part_of(e, f));
}

/** Name the functions of one layer, then those that are shared. */
static void name_functions(emitter *e)
{
    name_map *names = &e->functions->names;
    for (int shared = 0; shared < 2; shared++)
        for (step_function *f = e->functions->first; f; f = f->next) {
            if (is_shared(f) != shared)
                continue;
            const char *base = function_name(e, f);
            f->name = base;
            for (int i = 2; name_map_get(names, f->name); i++)
                f->name = emit_text(e, "%s_n%d", base, i);
            name_map_put(names, f->name, f);
        }
}

/* --- printing ----------------------------------------------------------------------------------------- */

/** "conv2d_4, conv2d_5 (resnet.mnn:13), conv2d_6 (resnet.mnn:17)", in lines. */
static const char *users_of(emitter *e, const step_function *f)
{
    str s = str_new(e->plan->arena);
    size_t begin = 0;
    for (const function_user *u = f->users; u; u = u->next) {
        const ir_op *op = u->step->op, *next = u->next ? u->next->step->op : NULL;
        const bool same_place = next && next->at.source == op->at.source && next->at.begin == op->at.begin;
        const char *name = same_place ? op->layer : emit_origin_of(e, op);
        if (s.length - begin + strlen(name) > COMMENT_COLUMNS) {
            begin = s.length;
            str_add(&s, "\n  ");
        }
        str_printf(&s, "%s%s", begin == s.length || !s.length ? "" : " ", name);
        str_add(&s, u->next ? "," : "");
    }
    return s.text;
}

/** Whether terms of a sum are chosen by a condition: "sum[k] += a > b ? 0.0f : c". */
static bool has_chosen_terms(const char *body)
{
    for (const char *at = body; (at = strstr(at, " += ")); at++) {
        const char *choice = strstr(at, " ? ");
        if (choice && choice < strchr(at, ';'))
            return true;
    }
    return false;
}

/** Whether a derived function has elements under conditions: see MNN_KEEP_CONDITIONS of mnn/step.h. */
static bool has_conditions(const step_function *f)
{
    return !ir_has(f->first->op->code, IR_WRITTEN) && (strstr(f->body, "    if (") || has_chosen_terms(f->body));
}

static void print_function(emitter *e, const step_function *f)
{
    str_add(&e->w.out, f->before);
    cw_blank(&e->w);
    cw_comment(&e->w, "%s: %s", users_of(e, f), f->comment);
    if (has_conditions(f))
        cw_line(&e->w, "MNN_KEEP_CONDITIONS");
    cw_line(&e->w, "static void %s%s", f->name, parameters_of(e, f));
    str_add(&e->w.out, f->body);
    if (!f->operand_count)
        return;
    str arrays = str_new(e->plan->arena);
    int strides = f->operand_count;
    for (int i = 0; i < f->operand_count; i++) {
        const operand *o = &f->operand[i];
        const char *array = !o->buffer                                                        ? ""
                            : o->buffer->array == PLAN_GRADS && emit_adds_shards(e, f->first) ? "task->grads"
                                                                                              : array_of(o->buffer);
        str_printf(&arrays, o->buffer ? ", %s + at[%d]" : ", %sat[%d]", array, i);
        if (o->shard_stride)
            str_printf(&arrays, " + task->shard * at[%d]", strides++);
    }
    cw_line(&e->w, "MNN_TASK(%s%s)", f->name, arrays.text);
}

void emit_step_functions(emitter *e)
{
    arena *a = e->plan->arena;
    size_t count = 0;
    for (const plan_step *s = e->plan->steps; s; s = s->next)
        count++;
    e->functions = ARENA_NEW(a, step_functions);
    e->functions->texts = e->functions->helpers = e->functions->names = name_map_new(a);
    for (int use = 0; use < FUNCTION_USES; use++)
        e->functions->calls[use] = arena_array(a, count, sizeof(step_call));
    for (const plan_step *s = e->plan->steps; s; s = s->next) {
        const emit_op *op = &emit_ops[s->op->code];
        add_function(e, s, FUNCTION_STEP, writer_of(s));
        if (emit_predicts(e, s))
            add_function(e, s, FUNCTION_PREDICTION, op->predict);
    }
    for (const plan_step *s = e->plan->steps; s; s = s->next)
        if (s->part == PLAN_FORWARD && emit_ops[s->op->code].update_state)
            add_function(e, s, FUNCTION_STATE, emit_ops[s->op->code].update_state);
    name_functions(e);
    const char *title = NULL;
    for (const step_function *f = e->functions->first; f && f->use != FUNCTION_STATE; f = f->next) {
        if (!title || strcmp(title, emit_section_of(e, f->first)) != 0)
            emit_section(e, emit_section_of(e, f->first));
        title = emit_section_of(e, f->first);
        print_function(e, f);
    }
}

void emit_state_functions(emitter *e)
{
    for (const step_function *f = e->functions->first; f; f = f->next)
        if (f->use == FUNCTION_STATE)
            print_function(e, f);
}

const char *emit_call_of(emitter *e, const plan_step *s, function_use use)
{
    const step_call *call = &e->functions->calls[use][s->number];
    str list = str_new(e->plan->arena);
    if (!call->function)
        return NULL;
    for (int i = 0; i < call->function->operand_count; i++) {
        const operand *o = &call->operand[i];
        str_printf(&list, ", %s", o->buffer ? offset_of(o->buffer) : emit_text(e, "%lld", (long long)o->size));
    }
    for (int i = 0; i < call->function->operand_count; i++)
        if (call->operand[i].shard_stride)
            str_printf(&list, ", %lld", (long long)call->operand[i].shard_stride);
    return emit_text(e, call->function->operand_count ? "MNN_CALL(%s%s)" : "MNN_STEP(%s%s)", call->function->name,
                     list.text);
}
