/* Scalar expressions as operators of ONNX. */
#include "layers/onnx.h"

typedef struct formula {
    onnx_graph *x;
    const char *in;     /* what its one leaf is */
    const char **names; /* by id: what has been written */
} formula;

static const char *write(formula *f, const scalar *e);

/** An operator on operands, and a constant beside them for those that ONNX has not. */
static const char *apply(formula *f, const char *type, const scalar *const *operands, int count)
{
    Onnx__NodeProto *node = onnx_node(f->x, type, NULL);
    for (int i = 0; i < count; i++)
        if (operands[i]->op == SCALAR_CONSTANT)
            onnx_constant(f->x, node, NULL, (ir_shape){0}, NULL, (float)operands[i]->value);
        else
            onnx_input(f->x, node, write(f, operands[i]));
    return onnx_end(f->x, node, NULL);
}

static const char *write(formula *f, const scalar *e)
{
    static const char *const types[SCALAR_OP_COUNT] = {
        [SCALAR_NEGATE] = "Neg",
        [SCALAR_ADD] = "Add",
        [SCALAR_SUBTRACT] = "Sub",
        [SCALAR_MULTIPLY] = "Mul",
        [SCALAR_DIVIDE] = "Div",
        [SCALAR_LESS] = "Less",
        [SCALAR_GREATER] = "Greater",
        [SCALAR_LESS_EQUAL] = "LessOrEqual",
        [SCALAR_GREATER_EQUAL] = "GreaterOrEqual",
        [SCALAR_SELECT] = "Where",
        [SCALAR_MIN] = "Min",
        [SCALAR_MAX] = "Max",
        [SCALAR_POWER] = "Pow",
        [SCALAR_ABS] = "Abs",
        [SCALAR_FLOOR] = "Floor",
        [SCALAR_CEIL] = "Ceil",
        [SCALAR_SQRT] = "Sqrt",
        [SCALAR_EXP] = "Exp",
        [SCALAR_EXPM1] = "Exp",
        [SCALAR_LOG] = "Log",
        [SCALAR_LOG1P] = "Log",
        [SCALAR_SIN] = "Sin",
        [SCALAR_COS] = "Cos",
        [SCALAR_TANH] = "Tanh",
        [SCALAR_ERF] = "Erf",
    };
    if (e->op == SCALAR_LEAF)
        return f->in;
    if (f->names[e->id])
        return f->names[e->id];
    const char *name;
    if (e->op == SCALAR_LOG1P) {
        const char *sum = onnx_binary_scalar(f->x, "Add", write(f, e->arg[0]), 1);
        name = onnx_unary(f->x, types[e->op], sum);
    } else {
        name = apply(f, types[e->op], e->arg, scalar_arity(e->op));
        if (e->op == SCALAR_EXPM1)
            name = onnx_binary_scalar(f->x, "Sub", name, 1);
    }
    return f->names[e->id] = name;
}

const char *onnx_formula(onnx_graph *x, const scalar *e, const char *in)
{
    formula f = {x, in, arena_array(x->arena, (size_t)e->id + 1, sizeof(char *))};
    return write(&f, e);
}
