/* Building the graph and asking about it. */
#include "ir/ir.h"

#include <string.h>

#include "lang/lang.h"
#include "support/list.h"
#include "support/str.h"

ir_graph *ir_graph_new(arena *a)
{
    ir_graph *g = ARENA_NEW(a, ir_graph);
    g->arena = a;
    return g;
}

ir_op *ir_append_bare(ir_graph *g, ir_opcode code, ir_direction direction, const char *layer, span at)
{
    ir_op *op = ARENA_NEW(g->arena, ir_op);
    op->code = code;
    op->direction = direction;
    op->arena = g->arena;
    op->layer = layer;
    op->at = at;
    LIST_APPEND(g->first, g->last, op);
    return op;
}

ir_op *ir_append(ir_graph *g, ir_opcode code, const char *layer, span at, ir_value *in)
{
    ir_op *op = ir_append_bare(g, code, IR_FORWARD, layer, at);
    if (in)
        ir_add_input(op, in);
    const char *role = ir_has(code, IR_MAPS) ? "activation" : code == IR_PENALTY ? "with_penalty" : "out";
    ir_add_output(op, ir_value_new(g, IR_VALUE_ACTIVATION, (ir_shape){0}, layer, role));
    return op;
}

static ir_value *append_value(ir_graph *g, ir_value value)
{
    ir_value *v = ARENA_NEW(g->arena, ir_value);
    *v = value;
    v->id = g->value_count++;
    LIST_APPEND(g->values, g->last_value, v);
    return v;
}

ir_value *ir_value_new(ir_graph *g, ir_value_kind kind, ir_shape shape, const char *layer, const char *role)
{
    const char *name = arena_printf(g->arena, "%s.%s", layer, role);
    return append_value(g, (ir_value){.kind = kind, .shape = shape, .name = name, .layer = layer, .role = role});
}

ir_value *ir_gradient_new(ir_graph *g, const ir_value *v, int term)
{
    return append_value(
        g, (ir_value){.kind = v->kind == IR_VALUE_PARAMETER ? IR_VALUE_PARAMETER_GRADIENT : IR_VALUE_GRADIENT,
                      .shape = v->shape,
                      .name = term ? arena_printf(g->arena, "%s.gradient_%d", v->name, term)
                                   : arena_printf(g->arena, "%s.gradient", v->name),
                      .layer = v->layer,
                      .role = v->role,
                      .term = term});
}

/** A list for count operands, and for more up to the next power of two. */
static ir_value **copy_operands(arena *a, ir_value *const *from, int count, int needed)
{
    size_t capacity = 4;
    while (capacity < (size_t)needed)
        capacity *= 2;
    ir_value **to = arena_array(a, capacity, sizeof *to);
    for (int i = 0; i < count; i++)
        to[i] = from[i];
    return to;
}

static void add_operand(arena *a, ir_value ***list, int *count, ir_value *v)
{
    if (*count == 0 || (*count >= 4 && (*count & (*count - 1)) == 0))
        *list = copy_operands(a, *list, *count, *count + 1);
    (*list)[(*count)++] = v;
}

void ir_add_input(ir_op *op, ir_value *v)
{
    add_operand(op->arena, &op->input, &op->input_count, v);
    v->readers[op->direction]++;
}

void ir_add_output(ir_op *op, ir_value *v)
{
    add_operand(op->arena, &op->output, &op->output_count, v);
    v->producer = op;
}

ir_op *ir_copy(const ir_op *op)
{
    ir_op *copy = ARENA_NEW(op->arena, ir_op);
    *copy = *op;
    copy->next = NULL;
    copy->input = copy_operands(op->arena, op->input, op->input_count, op->input_count);
    copy->output = copy_operands(op->arena, op->output, op->output_count, op->output_count);
    return copy;
}

void ir_set_input(ir_op *op, int nth, ir_value *v)
{
    op->input[nth]->readers[op->direction]--;
    op->input[nth] = v;
    v->readers[op->direction]++;
}

void ir_remove(ir_graph *g, ir_op *op)
{
    ir_op *before = NULL;
    for (ir_op *o = g->first; o != op; o = o->next)
        before = o;
    if (before)
        before->next = op->next;
    else
        g->first = op->next;
    if (g->last == op)
        g->last = before;
    op->next = NULL;
    for (int i = 0; i < op->input_count; i++)
        op->input[i]->readers[op->direction]--;
}

bool ir_augments(const ir_data *d)
{
    return d->augment.picture.rank > 0 || d->augment.noise > 0;
}

int64_t ir_elements(ir_shape s)
{
    int64_t n = 1;
    for (int i = 0; i < s.rank; i++)
        n *= s.dim[i];
    return n;
}

bool ir_same_shape(ir_shape a, ir_shape b)
{
    if (a.rank != b.rank)
        return false;
    for (int i = 0; i < a.rank; i++)
        if (a.dim[i] != b.dim[i])
            return false;
    return true;
}

const char *ir_dims_text(arena *a, ir_shape s, const char *between)
{
    str text = str_new(a);
    str_add(&text, "");
    for (int i = 0; i < s.rank; i++)
        str_printf(&text, "%s%lld", i ? between : "", (long long)s.dim[i]);
    return text.text;
}

const char *ir_shape_text(arena *a, ir_shape s)
{
    return arena_printf(a, "(%s)", ir_dims_text(a, s, ", "));
}

const char *ir_op_name(ir_opcode code)
{
    static const char *const names[] = {
#define LAYER(id, name, ...) #name,
#define OP LAYER
#include "ir/ops.def"
    };
    return names[code];
}

bool ir_has(ir_opcode code, unsigned traits)
{
    static const unsigned traits_of[] = {
#define LAYER(id, name, aliases, doc, ...) 0 __VA_ARGS__,
#define OP(id, name, ...) 0 __VA_ARGS__,
#define TRAIT(trait) | IR_##trait
#include "ir/ops.def"
    };
    return (traits_of[code] & traits) != 0;
}

ir_opcode ir_opcode_with(unsigned traits)
{
    int code = 0;
    while (!ir_has((ir_opcode)code, traits))
        code++;
    return (ir_opcode)code;
}

bool ir_is_per_row(const ir_value *v)
{
    return v->kind == IR_VALUE_ACTIVATION || v->kind == IR_VALUE_GRADIENT || v->kind == IR_VALUE_INDEX;
}

bool ir_is_kept(const ir_value *v)
{
    return v->kind == IR_VALUE_PARAMETER || v->kind == IR_VALUE_STATE;
}

static ir_value *of_kind(ir_value *const *values, int count, ir_value_kind kind, int nth)
{
    for (int i = 0; i < count; i++)
        if (values[i]->kind == kind && nth-- == 0)
            return values[i];
    return NULL;
}

ir_value *ir_input_of_kind(const ir_op *op, ir_value_kind kind, int nth)
{
    return of_kind(op->input, op->input_count, kind, nth);
}

ir_value *ir_output_of_kind(const ir_op *op, ir_value_kind kind, int nth)
{
    return of_kind(op->output, op->output_count, kind, nth);
}

ir_value *ir_kept_input(const ir_op *op)
{
    return op->direction == IR_FORWARD ? ir_output_of_kind(op, IR_VALUE_ACTIVATION, 1) : NULL;
}

ir_value *ir_parameter(const ir_op *op, const char *role)
{
    for (int i = 0; i < op->input_count; i++)
        if (ir_is_kept(op->input[i]) && strcmp(op->input[i]->role, role) == 0)
            return op->input[i];
    return NULL;
}

int64_t ir_training_samples(const ir_data *data, int64_t samples)
{
    return (int64_t)((double)samples * (1.0 - data->validation_split));
}

bool ir_is_view(const ir_op *op)
{
    return ir_has(op->code, IR_RESHAPES) ||
           (ir_has(op->code, IR_MAPS) && op->attr.activation.kind == LANG_ACTIVATION_LINEAR) ||
           (ir_has(op->code, IR_TRAINING_ONLY) && op->attr.rate == 0.0);
}

bool ir_is_map(const ir_op *op)
{
    return ir_has(op->code, IR_MAPS) && !ir_is_view(op);
}

bool ir_takes_pool(ir_opcode code, ir_activation f, const ir_op *pool)
{
    return ir_has(code, IR_TAKES_POOL) && ir_has(pool->code, IR_SELECTS) && ir_never_falls(f);
}

ir_pair ir_window_span(const ir_attributes *a)
{
    return (ir_pair){(a->window.h - 1) * a->dilation.h + 1, (a->window.w - 1) * a->dilation.w + 1};
}

bool ir_windows_are_apart(const ir_op *pool)
{
    const ir_attributes *a = &pool->attr;
    const ir_shape in = pool->input[0]->shape, out = pool->output[0]->shape;
    return a->pad.h == 0 && a->pad.w == 0 && a->strides.h >= a->window.h && a->strides.w >= a->window.w &&
           (out.dim[0] - 1) * a->strides.h + a->window.h <= in.dim[0] &&
           (out.dim[1] - 1) * a->strides.w + a->window.w <= in.dim[1];
}

bool ir_windows_are_adjacent(const ir_op *pool)
{
    const ir_attributes *a = &pool->attr;
    return a->strides.h == a->window.h && a->strides.w == a->window.w && ir_windows_are_apart(pool);
}

const ir_argument *ir_argument_named(const ir_op *op, const char *name)
{
    return &op->attr.argument[lang_find_param(&lang_layers.entries[op->code], name)];
}

bool ir_is_penalty(ir_regularizer r)
{
    return r.l1 != 0 || r.l2 != 0;
}

bool ir_is_row_loss(const ir_op *op)
{
    return ir_has(op->code, IR_ROW_LOSS) && op->direction == IR_FORWARD;
}

bool ir_is_convolution(const ir_op *op)
{
    return ir_has(op->code, IR_CONVOLVES);
}

bool ir_couples_rows(const ir_op *op)
{
    return ir_has(op->code, IR_COUPLES_ROWS);
}

bool ir_normalises_input(const ir_graph *g)
{
    const ir_op *op = g->written;
    while (op && (ir_has(op->code, IR_STARTS | IR_TRAINING_ONLY) || ir_is_view(op)))
        op = op->next;
    return op && ir_has(op->code, IR_NORMALISES);
}

int ir_consumers(const ir_value *v, ir_direction direction)
{
    return v->readers[direction];
}

bool ir_is_repeated(const ir_op *op, int nth)
{
    for (int i = 0; i < nth; i++)
        if (op->input[i] == op->input[nth])
            return true;
    return false;
}

ir_op *ir_only_reader(const ir_op *op, const ir_value *v)
{
    if (ir_consumers(v, IR_FORWARD) != 1)
        return NULL;
    for (ir_op *reader = op->next; reader; reader = reader->next)
        for (int i = 0; i < reader->input_count && reader->direction == IR_FORWARD; i++)
            if (reader->input[i] == v)
                return reader;
    return NULL;
}
