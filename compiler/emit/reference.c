/* The double reference: the network as written in the description, in plain loops and double precision, differentiated
 * numerically by gradcheck. The loops are those of the layers' nests, and share no code with the training functions. */
#include <string.h>

#include "emit/ops.h"
#include "layers/nests.h"
#include "loops/lower.h"

#define ROWS "MNN_REFERENCE_ROWS"

static const lower_form form = {
    .is_reference = true, .lowest = "-INFINITY", .first = "0", .end = "rows", .max_rows = ROWS};

/* A function; operations whose functions have the same text share one. */
typedef struct function {
    const char *name, *text;
    struct function *next;
} function;

static const char *reference_name(emitter *e, const ir_op *op)
{
    const char *inner = plan_name_suffix(op);
    return emit_text(e, "%s%s%s_reference", plan_c_name(e->plan, op->layer), *inner ? "_" : "", inner);
}

/** The array of a tensor: "dense_values", where "dense_out" is the trainer's. */
static const char *array_of(emitter *e, const nest_tensor *t)
{
    const ir_op *op = t->origin;
    const char *inner = plan_name_suffix(op);
    return emit_text(e, "%s%s%s_%s", plan_c_name(e->plan, op->layer), *inner ? "_" : "", inner,
                     strcmp(t->name, "out") == 0 ? "values" : t->name);
}

/** A tensor as an argument: "weights + 784", or an array, in the type that the function takes. */
static const char *argument(emitter *e, const layer_nests *n, const nest_tensor *t)
{
    const nest_tensor *whole = nest_whole(t);
    const ct_type type = lower_type(e->plan->arena, t, &form, true);
    if (whole == n->losses)
        return "result";
    if (whole->role != NEST_PARAMETER)
        return t == whole ? array_of(e, t) : emit_text(e, "%s%s", ct_cast(e->plan->arena, &type), array_of(e, whole));
    const int64_t offset = plan_buffer_of(e->plan, whole->value)->offset;
    const char *at = offset ? emit_text(e, "weights + %lld", (long long)offset) : "weights";
    if (type.rank == 1)
        return at;
    return emit_text(e, offset ? "%s(%s)" : "%s%s", ct_cast(e->plan->arena, &type), at);
}

static const nest *end_of(const nest *first)
{
    const nest *end = first;
    while (end && end->origin == first->origin)
        end = end->next;
    return end;
}

/** The function of an operation, if no other has the same text.
 *  @return its name */
static const char *emit_function(emitter *e, const nest *first, const lowered *l, function **functions)
{
    cwriter w = cw_new(e->plan->arena);
    ct_print_body(&w, l->body);
    const char *whole = emit_text(e, "(%s)\n%s", l->parameters, w.out.text);
    for (const function *f = *functions; f; f = f->next)
        if (strcmp(f->text, whole) == 0)
            return f->name;
    function *f = ARENA_NEW(e->plan->arena, function);
    *f = (function){reference_name(e, first->origin), whole, *functions};
    *functions = f;
    cw_blank(&e->w);
    cw_comment(&e->w, "%s:\n    %s", emit_origin_of(e, first->origin),
               nest_equations(e->plan->arena, first, end_of(first), "\n    "));
    cw_line(&e->w, "static void %s(%s)", f->name, l->parameters);
    ct_print_body(&e->w, l->body);
    return f->name;
}

static void add_call(emitter *e, const layer_nests *n, str *calls, const nest *first, function **functions)
{
    const lowered l = lower_nests(e->plan->arena, first, end_of(first), &form);
    str_printf(calls, "%s(%s", emit_function(e, first, &l, functions), l.takes_rows ? "batch->rows" : "");
    for (int i = 0; i < l.operand_count; i++)
        str_printf(calls, "%s%s", i || l.takes_rows ? ", " : "", argument(e, n, l.operand[i]));
    str_add(calls, ");\n");
}

static void emit_arrays(emitter *e, const layer_nests *n)
{
    for (const nest_tensor *t = n->graph->tensors; t; t = t->next) {
        if (!nest_is_stored(t) || t == n->losses)
            continue;
        const ct_type type = lower_type(e->plan->arena, t, &form, false);
        cw_line(&e->w, "static %s;", ct_declaration(e->plan->arena, &type, array_of(e, t)));
    }
}

/** Fill what comes from outside of the nests. */
static void emit_externs(emitter *e, const layer_nests *n)
{
    for (const nest_tensor *t = n->graph->tensors; t; t = t->next) {
        if (t->role != NEST_EXTERN)
            continue;
        cw_open(&e->w, "for (int row = 0; row < batch->rows; row++)");
        const ir_op *op = t->origin;
        emit_ops[op->code].fill_extern(e, op, array_of(e, t));
        cw_close(&e->w, "");
    }
}

void emit_reference_network(emitter *e)
{
    const layer_nests *n = e->plan->nests;
    str calls = str_new(e->plan->arena);
    function *functions = NULL;
    emit_section(e, "double-precision reference for gradcheck");
    for (const nest *t = n->graph->first; t; t = end_of(t))
        add_call(e, n, &calls, t, &functions);
    cw_blank(&e->w);
    cw_comment(&e->w, "The loss of every row of the batch, for the given parameters.");
    cw_line(&e->w, "static void reference(const double *weights, const mnn_batch *batch, double *result)");
    cw_body(&e->w);
    emit_arrays(e, n);
    emit_externs(e, n);
    char *rest = NULL;
    for (char *line = strtok_r(calls.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        cw_line(&e->w, "%s", line);
    cw_close(&e->w, "");
}
