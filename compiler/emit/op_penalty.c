/* penalty: the regularizers of all parameters, added to the loss of every row and to the gradients. */
#include "emit/ops.h"

/** The nth parameter with a regularizer, or NULL. */
static const ir_value *regularized(const emitter *e, int nth)
{
    for (const ir_value *v = e->plan->program->graph->values; v; v = v->next)
        if (v->kind == IR_VALUE_PARAMETER && ir_is_penalty(v->regularizer) && nth-- == 0)
            return v;
    return NULL;
}

/** "0.01 sum |dense_kernel| + 0.02 sum dense_kernel^2" */
static const char *formula(emitter *e, const ir_value *v)
{
    const char *name = plan_buffer_of(e->plan, v)->c_name;
    const char *l1 = v->regularizer.l1 != 0 ? emit_text(e, "%s sum |%s|", cw_f64(&e->w, v->regularizer.l1), name) : "";
    const char *l2 = v->regularizer.l2 != 0 ? emit_text(e, "%s sum %s^2", cw_f64(&e->w, v->regularizer.l2), name) : "";
    return emit_text(e, "%s%s%s", l1, *l1 && *l2 ? " + " : "", l2);
}

static const char *all_formulas(emitter *e)
{
    str s = str_new(e->plan->arena);
    const ir_value *v;
    for (int i = 0; (v = regularized(e, i)) != NULL; i++)
        str_printf(&s, "%s%s", i ? "\n    + " : "row_loss[rows] += ", formula(e, v));
    return s.text;
}

/** The sums over one parameter, one value per piece.
 *  @param place  of the first in the array of sums
 *  @return the number of pieces */
static long long emit_sums(emitter *e, const plan_step *s, const ir_value *v, long long place)
{
    const ir_regularizer r = v->regularizer;
    const long long size = ir_elements(v->shape);
    const char *name = emit_name_of(e, v);
    const long long pieces = (size + PLAN_PENALTY_PIECE - 1) / PLAN_PENALTY_PIECE;
    cw_open(&e->w, "for (int j = mnn_max(task->first, %lld); j < mnn_min(end, %lld); j++)", place, place + pieces);
    cw_line(&e->w, "const int first = %s * %d, n = mnn_min(%d, %lld - first);",
            place ? emit_text(e, "(j - %lld)", place) : "j", PLAN_PENALTY_PIECE, PLAN_PENALTY_PIECE, size);
    if (r.l1 != 0)
        cw_line(&e->w, "const double l1 = mnn_sum_of_magnitudes(%s + first, n);", name);
    if (r.l2 != 0)
        cw_line(&e->w, "const double l2 = mnn_sum_of_squares(%s + first, n);", name);
    const char *l1 = cw_f64(&e->w, r.l1), *l2 = cw_f64(&e->w, r.l2);
    const char *sum = r.l1 != 0 && r.l2 != 0 ? emit_text(e, "mnn_fma_double(%s, l1, %s * l2)", l1, l2)
                      : r.l1 != 0            ? emit_text(e, "(%s * l1)", l1)
                                             : emit_text(e, "(%s * l2)", l2);
    cw_line(&e->w, "%s[j] = (float)%s;", emit_partials_of(e, s), sum);
    cw_close(&e->w, "");
    return pieces;
}

void emit_penalty_sums(emitter *e, const plan_step *s)
{
    emit_open_function(e, s, "sums[j] = the penalty of piece j of the parameters");
    cw_line(&e->w, "const int end = task->first + task->n;");
    long long sums = 0;
    const ir_value *v;
    for (int i = 0; (v = regularized(e, i)) != NULL; i++)
        sums += emit_sums(e, s, v, sums);
    cw_close(&e->w, "");
}

void emit_penalty_forward(emitter *e, const plan_step *s)
{
    emit_open_function(e, s, "%s", all_formulas(e));
    emit_open_rows(e);
    cw_line(&e->w, "float penalty = 0.0f;");
    cw_line(&e->w, "for (int j = 0; j < %lld; j++)", (long long)s->partials->elements);
    cw_line(&e->w, "    penalty += %s[j];", emit_partials_of(e, s));
    cw_line(&e->w, "for (int i = first; i < first + n; i++)");
    cw_line(&e->w, "    row_loss[i] += penalty;");
    cw_close(&e->w, "");
}

static void emit_penalty_loop(emitter *e, const ir_value *parameter, const char *first, const char *n, bool adds)
{
    const ir_regularizer r = parameter->regularizer;
    cw_open(&e->w, "for (int j = %s, end = j + %s; j < end; j++)", first, n);
    cw_line(&e->w, "const float w = %s[j];", emit_name_of(e, parameter));
    const char *l1 = emit_text(e, "(w > 0.0f ? %s : w < 0.0f ? %s : 0.0f)", cw_f32(&e->w, r.l1), cw_f32(&e->w, -r.l1));
    const char *l2 = cw_f32(&e->w, 2 * r.l2), *gradient = emit_name_of(e, parameter->gradient);
    const char *sign = adds ? "+=" : "=";
    if (r.l2 == 0)
        cw_line(&e->w, "%s[j] %s %s;", gradient, sign, l1);
    else if (r.l1 != 0)
        cw_line(&e->w, "%s[j] %s mnn_fma(%s, w, %s);", gradient, sign, l2, l1);
    else if (adds)
        cw_line(&e->w, "%s[j] = mnn_fma(%s, w, %s[j]);", gradient, l2, gradient);
    else
        cw_line(&e->w, "%s[j] = %s * w;", gradient, l2);
    cw_close(&e->w, "");
}

void emit_penalty_gradient(emitter *e, const ir_value *parameter, const char *first, const char *n)
{
    if (ir_is_penalty(parameter->regularizer))
        emit_penalty_loop(e, parameter, first, n, true);
}

const char *emit_penalty_start(emitter *e, const ir_value *parameter, const char *first, const char *n)
{
    if (!ir_is_penalty(parameter->regularizer))
        return "0";
    const char *starts = "mnn_starts_batch(task)";
    cw_line(&e->w, "if (%s) /* once per batch */", starts);
    cw_indent(&e->w);
    emit_penalty_loop(e, parameter, first, n, false);
    cw_outdent(&e->w);
    return starts;
}
