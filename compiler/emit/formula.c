/* Scalar expressions as C text. */
#include "emit/ops.h"

typedef struct printing {
    emitter *e;
    const char *const *leaves;
    bool is_double;
} printing;

static const char *leaf(void *context, int number)
{
    return ((const printing *)context)->leaves[number];
}

static const char *constant(void *context, double value)
{
    const printing *p = context;
    return p->is_double ? cw_f64(&p->e->w, value) : cw_f32(&p->e->w, value);
}

static const char *define(void *context, const char *name, const char *value)
{
    const printing *p = context;
    cw_line(&p->e->w, "const %s %s = %s;", p->is_double ? "double" : "float", name, value);
    return name;
}

static void print(emitter *e, const scalar *const *values, int count, const char *const *leaves, formula_form form,
                  bool defines, const char **texts)
{
    static const char *const functions[] = {
        [FORMULA_FLOAT] = "mnn_fma", [FORMULA_DOUBLE] = "mnn_fma_double", [FORMULA_PLAIN_DOUBLE] = NULL};
    const bool is_double = form == FORMULA_DOUBLE || form == FORMULA_PLAIN_DOUBLE;
    printing p = {e, leaves, is_double};
    const scalar_printer printer = {is_double, functions[form], &p, leaf, constant, defines ? define : NULL};
    scalar_print(e->plan->arena, &printer, values, count, texts);
}

const char *formula_text(emitter *e, const scalar *value, const char *const *leaves, formula_form form)
{
    const char *text;
    print(e, &value, 1, leaves, form, false, &text);
    return text;
}

const char *formula_lines(emitter *e, const scalar *value, const char *const *leaves, formula_form form)
{
    const char *text;
    print(e, &value, 1, leaves, form, true, &text);
    return text;
}

void formula_all(emitter *e, const scalar *const *values, int count, const char *const *leaves, formula_form form,
                 const char **texts)
{
    print(e, values, count, leaves, form, true, texts);
}
