/* update(): one pass over all parameters. Formulas, defaults and their order (clip, decay, step) are Keras 3's. */
#include "emit/ops.h"
#include "lang/lang.h"

static const ir_optimizer *optimizer_of(const emitter *e)
{
    return &e->plan->program->train.optimizer;
}

const char *optimizer_name(const emitter *e)
{
    return lang_optimizers.entries[optimizer_of(e)->kind].name;
}

const char *optimizer_slot(emitter *e, int nth)
{
    return optimizer_of(e)->update->slots[nth].name;
}

const char *optimizer_array(emitter *e, int nth)
{
    return emit_text(e, "%s_%s", optimizer_name(e), optimizer_slot(e, nth));
}

double optimizer_initial(const emitter *e, int nth)
{
    return nth == 0 ? ir_optimizer_value(optimizer_of(e), "initial_accumulator_value") : 0;
}

/* --- around the loop ---------------------------------------------------------------------------------- */

/** The part before the step, as a line of the comment or nothing. */
static const char *before_step(emitter *e)
{
    const ir_optimizer *o = optimizer_of(e);
    const char *clip = "", *decay = "";
    if (o->clipnorm > 0)
        clip = emit_text(e, "g of a tensor *= min(1, %s / norm of g)", cw_f64(&e->w, o->clipnorm));
    else if (o->global_clipnorm > 0)
        clip = emit_text(e, "g *= min(1, %s / norm of all g)", cw_f64(&e->w, o->global_clipnorm));
    else if (o->clipvalue > 0)
        clip = emit_text(e, "g = min(max(g, -%s), %s)", cw_f64(&e->w, o->clipvalue), cw_f64(&e->w, o->clipvalue));
    if (o->weight_decay > 0)
        decay = emit_text(e, "w -= learning_rate %s w", cw_f64(&e->w, o->weight_decay));
    if (*clip == '\0' && *decay == '\0')
        return "";
    return emit_text(e, "\n    before: %s%s%s", clip, *clip != '\0' && *decay != '\0' ? ";  " : "", decay);
}

static void open_update(emitter *e, const char *comment)
{
    cw_comment(&e->w, "%s%s", comment, before_step(e));
    cw_line(&e->w, "static void update(const mnn_task *task)");
    cw_body(&e->w);
    cw_line(&e->w, "const mnn_update *step = task->update;");
}

/** The first element of every tensor, and the end of the last. */
static void emit_tensor_begins(emitter *e)
{
    str list = str_new(e->plan->arena);
    for (const plan_buffer *b = e->plan->buffers; b; b = b->next)
        if (b->array == PLAN_PARAMS)
            str_printf(&list, "%lld, ", (long long)b->offset);
    cw_line(&e->w, "static const int tensor_begin[] = {%sPARAM_COUNT};", list.text);
    cw_line(&e->w, "enum { TENSORS = sizeof tensor_begin / sizeof tensor_begin[0] - 1 };");
    cw_blank(&e->w);
}

/** The loop over the pieces of a tensor; those of other tasks are skipped. */
static void open_tensor_pieces(emitter *e)
{
    cw_open(&e->w, "for (int first = tensor_begin[k]; first < tensor_begin[k + 1]; first += %d, piece++)",
            MNN_NORM_PIECE);
    cw_line(&e->w, "if (piece < task->first || piece >= task->first + task->n)");
    cw_line(&e->w, "    continue;");
    cw_line(&e->w, "const int n = mnn_min(%d, tensor_begin[k + 1] - first);", MNN_NORM_PIECE);
}

/** The function that sums the squares of the gradients by pieces, which update() adds up in order. */
static void emit_squares(emitter *e)
{
    const bool by_tensor = optimizer_of(e)->clipnorm > 0;
    if (e->plan->norm_pieces == 0)
        return;
    if (by_tensor)
        emit_tensor_begins(e);
    cw_comment(&e->w, "The sum of the squares of each piece of the gradients%s.", by_tensor ? " of a tensor" : "");
    cw_line(&e->w, "static void gradient_squares(const mnn_task *task)");
    cw_body(&e->w);
    if (by_tensor) {
        cw_line(&e->w, "for (int k = 0, piece = 0; k < TENSORS; k++)");
        cw_indent(&e->w);
        open_tensor_pieces(e);
        cw_line(&e->w, "piece_squares[piece] = mnn_sum_of_squares(grads + first, n);");
        cw_close(&e->w, "");
        cw_outdent(&e->w);
    } else {
        cw_line(&e->w, "piece_squares[task->first / %d] = mnn_sum_of_squares(grads + task->first, task->n);",
                MNN_NORM_PIECE);
    }
    cw_close(&e->w, "");
    cw_blank(&e->w);
}

static void emit_decay(emitter *e)
{
    const ir_optimizer *o = optimizer_of(e);
    if (o->weight_decay > 0)
        cw_line(&e->w, "const float decay = (float)(step->learning_rate * %s);", cw_f64(&e->w, o->weight_decay));
}

/** Over the pieces of one tensor after the other, with the factor that clips each. */
static void open_tensors(emitter *e)
{
    const char *norm = cw_f64(&e->w, optimizer_of(e)->clipnorm);
    cw_open(&e->w, "for (int k = 0, piece = 0; k < TENSORS; k++)");
    cw_line(&e->w, "const int last = piece + (tensor_begin[k + 1] - tensor_begin[k] + %d) / %d;", MNN_NORM_PIECE - 1,
            MNN_NORM_PIECE);
    cw_line(&e->w, "double squares = 0.0;");
    cw_line(&e->w, "for (int i = piece; i < last; i++)");
    cw_line(&e->w, "    squares += piece_squares[i];");
    cw_line(&e->w, "const float clip = (float)(sqrt(squares) > %s ? %s / sqrt(squares) : 1.0);", norm, norm);
    open_tensor_pieces(e);
}

static void emit_global_clip(emitter *e)
{
    const char *norm = cw_f64(&e->w, optimizer_of(e)->global_clipnorm);
    cw_line(&e->w, "double squares = 0.0;");
    cw_line(&e->w, "for (int piece = 0; piece < %lld; piece++)", (long long)e->plan->norm_pieces);
    cw_line(&e->w, "    squares += piece_squares[piece];");
    cw_line(&e->w, "const float clip = (float)(sqrt(squares) > %s ? %s / sqrt(squares) : 1.0);", norm, norm);
}

static void open_loop(emitter *e)
{
    emit_decay(e);
    if (optimizer_of(e)->clipnorm > 0)
        open_tensors(e);
    else
        emit_open_rows(e);
    if (optimizer_of(e)->global_clipnorm > 0)
        emit_global_clip(e);
    cw_open(&e->w, "for (int i = first; i < first + n; i++)");
}

/** The loop's first line: the gradient, clipped. */
static void emit_gradient(emitter *e)
{
    const ir_optimizer *o = optimizer_of(e);
    const char *value = cw_f32(&e->w, o->clipvalue);
    if (o->clipvalue > 0)
        cw_line(&e->w, "const float g = fminf(fmaxf(grads[i], -%s), %s);", value, value);
    else
        cw_line(&e->w, "const float g = %sgrads[i];", o->clipnorm > 0 || o->global_clipnorm > 0 ? "clip * " : "");
}

static void close_update(emitter *e)
{
    for (int i = optimizer_of(e)->clipnorm > 0 ? 4 : 2; i > 0; i--)
        cw_close(&e->w, "");
}

/* --- the formula -------------------------------------------------------------------------------------- */

const char *emit_update_equations(emitter *e, const char *what, const char *name, const char *doc,
                                  const update_argument *a)
{
    str s = str_new(e->plan->arena);
    str_printf(&s, "%s: %s%s", what, name, doc ? "\n    " : "");
    for (const char *c = doc; c && *c; c++) {
        const bool ends_equation = c[0] == ';' && c[1] == ' ';
        str_add(&s, ends_equation ? "\n    " : (char[]){*c, 0});
        c += ends_equation;
    }
    for (const char *before = "\n    with "; a->name; a++)
        if (a->value != 0) {
            str_printf(&s, "%s%s = %s", before, a->name, cw_f64(&e->w, a->value));
            before = ", ";
        }
    return s.text;
}

static const char *equations(emitter *e)
{
    const ir_optimizer *o = optimizer_of(e);
    update_argument numbers[IR_MAX_ARGUMENTS + 1] = {{0}};
    str name = str_new(e->plan->arena);
    str_add(&name, optimizer_name(e));
    for (int i = 0, count = 0; i < o->argument_count; i++)
        if (!o->argument[i].is_flag)
            numbers[count++] = (update_argument){o->argument[i].name, o->argument[i].value};
        else if (o->argument[i].value != 0)
            str_printf(&name, ", %s", o->argument[i].name);
    return emit_update_equations(e, "update", name.text, lang_optimizers.entries[o->kind].doc, numbers);
}

/** The texts of the leaves; the values of the part once per step are variables. */
static void set_leaves(emitter *e, const char **leaves)
{
    const ir_update *u = optimizer_of(e)->update;
    leaves[IR_UPDATE_GRADIENT] = "g";
    leaves[IR_UPDATE_PARAMETER] = "params[i]";
    leaves[IR_UPDATE_DECAY] = "decay";
    leaves[IR_UPDATE_RATE] = "step->learning_rate";
    leaves[IR_UPDATE_T] = "t";
    leaves[IR_UPDATE_K] = "(double)k";
    leaves[IR_UPDATE_PRODUCT] = "product";
    for (int i = 0; i < u->slot_count; i++)
        leaves[u->slot_leaf[i]] = emit_text(e, "%s[i]", optimizer_array(e, i));
    for (int i = 0; i < u->once_count; i++)
        leaves[IR_UPDATE_ONCE + i] = u->once[i].name;
}

static bool element_uses(const ir_update *u, int leaf)
{
    bool uses = scalar_uses(u->parameter, leaf);
    for (int i = 0; i < u->slot_count; i++)
        uses = uses || scalar_uses(u->slots[i].value, leaf);
    return uses;
}

/** A power whose exponent is k. */
static const scalar *power_of_k(const scalar *s)
{
    if (s->op == SCALAR_POWER && s->arg[1]->op == SCALAR_LEAF && s->arg[1]->leaf == IR_UPDATE_K)
        return s;
    const scalar *found = NULL;
    for (int i = 0; i < scalar_arity(s->op) && !found; i++)
        found = power_of_k(s->arg[i]);
    return found;
}

/** The product over k = 1 ... t, whose factors are below 1; a power of k is kept from factor to factor. */
static void emit_product(emitter *e, const char **leaves)
{
    const ir_update *u = optimizer_of(e)->update;
    const scalar *factor = u->product, *power = power_of_k(factor);
    if (power && scalar_uses(scalar_replace(u->set, factor, power, scalar_constant(u->set, 1)), IR_UPDATE_K))
        power = NULL; /* k is also used elsewhere */
    if (power) {
        factor = scalar_replace(u->set, factor, power, scalar_leaf(u->set, IR_UPDATE_K));
        leaves[IR_UPDATE_K] = "power";
        cw_line(&e->w, "double power = 1.0;");
    }
    cw_line(&e->w, "double product = 1.0; /* factors that do not change 1 - product are omitted */");
    cw_open(&e->w, "for (uint64_t k = 1; k <= step->step && product > 1e-17; k++)");
    if (power)
        cw_line(&e->w, "power *= %s;", formula_text(e, power->arg[0], leaves, FORMULA_DOUBLE));
    cw_line(&e->w, "product *= %s;", formula_text(e, factor, leaves, FORMULA_DOUBLE));
    cw_close(&e->w, "");
}

/** The values computed once per step in double, and read as float. */
static void emit_once(emitter *e, const char **leaves)
{
    const ir_update *u = optimizer_of(e)->update;
    const scalar *values[IR_MAX_ONCE];
    const char *names[IR_MAX_ONCE], *texts[IR_MAX_ONCE];
    int count = 0;
    bool takes_t = false;
    for (int i = 0; i < u->once_count; i++)
        if (element_uses(u, IR_UPDATE_ONCE + i)) {
            takes_t = takes_t || scalar_uses(u->once[i].value, IR_UPDATE_T);
            names[count] = u->once[i].name;
            values[count++] = u->once[i].value;
        }
    if (takes_t)
        cw_line(&e->w, "const double t = (double)step->step;");
    if (u->product)
        emit_product(e, leaves);
    formula_all(e, values, count, leaves, FORMULA_DOUBLE, texts);
    for (int i = 0; i < count; i++)
        cw_line(&e->w, values[i]->op == SCALAR_LEAF ? "const float %s = (float)%s;" : "const float %s = (float)(%s);",
                names[i], texts[i]);
}

/** params[i] = ..., or -= and += where the difference is rounded before. */
static void emit_parameter(emitter *e, const scalar *value, const char *rest)
{
    const bool is_change = value->arg[1]->op != SCALAR_MULTIPLY;
    cw_line(&e->w, "params[i] %s= %s;", !is_change ? "" : value->op == SCALAR_ADD ? "+" : "-", rest);
}

static void emit_element(emitter *e, const char *const *leaves)
{
    const ir_update *u = optimizer_of(e)->update;
    const scalar *values[IR_MAX_SLOTS + 1];
    const char *texts[IR_MAX_SLOTS + 1];
    for (int i = 0; i < u->slot_count; i++)
        values[i] = u->slots[i].value;
    const bool is_change = u->parameter->arg[1]->op != SCALAR_MULTIPLY;
    values[u->slot_count] = is_change ? u->parameter->arg[1] : u->parameter;
    formula_all(e, values, u->slot_count + 1, leaves, FORMULA_FLOAT, texts);
    emit_parameter(e, u->parameter, texts[u->slot_count]);
    for (int i = 0; i < u->slot_count; i++)
        cw_line(&e->w, "%s = %s;", leaves[u->slot_leaf[i]], texts[i]);
}

void emit_update(emitter *e)
{
    const char *leaves[IR_UPDATE_LEAVES];
    set_leaves(e, leaves);
    cw_blank(&e->w);
    emit_squares(e);
    open_update(e, equations(e));
    emit_once(e, leaves);
    open_loop(e);
    emit_gradient(e);
    emit_element(e, leaves);
    close_update(e);
}
