/* Shapes and parameters: see shape.h. */
#include "layers/shape.h"

#include "support/checked.h"

/* No tensor may have more elements than an int counts: generated C indexes with int. */
enum { MAX_ELEMENTS = INT32_MAX };

bool shape_fits(ir_shape s)
{
    int64_t n = 1;
    for (int i = 0; i < s.rank; i++)
        if (!checked_mul(n, s.dim[i], &n) || n > MAX_ELEMENTS)
            return false;
    return true;
}

const char *shape_text(ir_context *cx, ir_shape s)
{
    return ir_shape_text(cx->arena, s);
}

void shape_note(ir_context *cx, const ir_op *op)
{
    const ir_op *from = op->input[0]->producer;
    if (from && from->at.source && from->at.begin != op->at.begin)
        diag_note(cx->diag, from->at, "\"%s\" gives %s", from->layer, shape_text(cx, op->input[0]->shape));
}

bool shape_too_large(ir_context *cx, const ir_op *op, const char *what, ir_shape s)
{
    diag_error(cx->diag, op->at, "the %s of \"%s\" is too large: %s has more than %d elements", what, op->layer,
               shape_text(cx, s), (int)MAX_ELEMENTS);
    return false;
}

bool shape_same(ir_context *cx, ir_op *op)
{
    (void)cx;
    op->output[0]->shape = op->input[0]->shape;
    return true;
}

bool shape_differs(ir_context *cx, const ir_op *op, const char *rule)
{
    str shapes = str_new(cx->arena);
    for (int i = 0; i < op->input_count; i++)
        str_printf(&shapes, "%s%s", i ? ", " : "", shape_text(cx, op->input[i]->shape));
    diag_error(cx->diag, op->at, "the inputs of \"%s\" do not fit together (got %s)", op->layer, shapes.text);
    for (int i = 0; i < op->input_count; i++)
        if (op->input[i]->producer->at.source)
            diag_note(cx->diag, op->input[i]->producer->at, "\"%s\" gives %s", op->input[i]->producer->layer,
                      shape_text(cx, op->input[i]->shape));
    diag_hint(cx->diag, "%s", rule);
    return false;
}

bool shape_needs_ranks(ir_context *cx, const ir_op *op)
{
    for (int i = 1; i < op->input_count; i++)
        if (op->input[i]->shape.rank != op->input[0]->shape.rank)
            return shape_differs(cx, op, "all inputs have as many dimensions");
    return true;
}

bool shape_needs_two(ir_context *cx, const ir_op *op)
{
    if (op->input_count == 2)
        return true;
    diag_error(cx->diag, op->at, "\"%s\" takes two inputs (got %d)", op->layer, op->input_count);
    return false;
}

bool shape_scalar(ir_context *cx, ir_op *op)
{
    (void)cx;
    op->output[0]->shape = (ir_shape){0};
    return true;
}

ir_shape shape_channels(const ir_op *op)
{
    const ir_shape in = op->input[0]->shape;
    return (ir_shape){1, {in.dim[in.rank - 1]}};
}

static ir_value *add_kept(ir_context *cx, ir_op *op, ir_value_kind kind, const char *role, ir_shape shape,
                          ir_initializer initializer)
{
    ir_value *v = ir_value_new(cx->program->graph, kind, shape, op->layer, role);
    v->initializer = initializer;
    ir_add_input(op, v);
    return v;
}

ir_value *shape_add_parameter(ir_context *cx, ir_op *op, const char *role, ir_shape shape, ir_initializer initializer,
                              ir_regularizer regularizer)
{
    ir_value *v = add_kept(cx, op, IR_VALUE_PARAMETER, role, shape, initializer);
    v->regularizer = regularizer;
    return v;
}

ir_value *shape_add_state(ir_context *cx, ir_op *op, const char *role, ir_shape shape, ir_initializer initializer)
{
    return add_kept(cx, op, IR_VALUE_STATE, role, shape, initializer);
}

void shape_add_kernel_and_bias(ir_context *cx, ir_op *op, ir_shape shape, int64_t fan_in, int64_t fan_out,
                               int64_t outputs)
{
    const ir_attributes *a = &op->attr;
    ir_value *kernel = shape_add_parameter(cx, op, "kernel", shape, a->kernel_initializer, a->kernel_regularizer);
    kernel->fan_in = fan_in;
    kernel->fan_out = fan_out;
    if (a->use_bias)
        shape_add_parameter(cx, op, "bias", (ir_shape){1, {outputs}}, a->bias_initializer, a->bias_regularizer);
}

void shape_add_gamma_and_beta(ir_context *cx, ir_op *op)
{
    const ir_regularizer none = {0};
    if (op->attr.scale)
        shape_add_parameter(cx, op, "gamma", shape_channels(op), op->attr.gamma_initializer, none);
    if (op->attr.center)
        shape_add_parameter(cx, op, "beta", shape_channels(op), op->attr.beta_initializer, none);
}
