/* add: the sum of the inputs, element by element, a dimension of 1 is repeated; at the end of a residual; backward: the
 * sum of the gradients of a value with several readers */
#include "layers/merge.h"
#include "layers/shape.h"

/** The layers of a residual must give back the shape of their input. */
static bool shape_of_residual(ir_context *cx, ir_op *op)
{
    const ir_value *inside = op->input[0], *kept = op->input[1];
    if (ir_same_shape(inside->shape, kept->shape))
        return shape_same(cx, op);
    diag_error(cx->diag, op->at, "the layers of the residual change the shape (got %s, expected its input's %s)",
               shape_text(cx, inside->shape), shape_text(cx, kept->shape));
    shape_note(cx, op);
    if (kept->producer->at.source)
        diag_note(cx->diag, kept->producer->at, "its input comes from \"%s\"", kept->producer->layer);
    if (kept->shape.rank == 3)
        diag_hint(cx->diag, "a conv2d with %lld filters, padding=same and strides 1 keeps the shape",
                  (long long)kept->shape.dim[2]);
    else if (kept->shape.rank == 1)
        diag_hint(cx->diag, "let the last layer inside have %lld outputs", (long long)kept->shape.dim[0]);
    return false;
}

static bool shape(ir_context *cx, ir_op *op)
{
    return op->attr.argument ? merge_shape(cx, op) : shape_of_residual(cx, op);
}

static int64_t flops(const ir_op *op)
{
    return ir_elements(op->output[0]->shape) * (op->input_count - 1);
}

static void onnx(onnx_graph *x)
{
    merge_onnx(x, "Sum", false);
}

/** The inputs with a value per row: backward, an activation's derivative may have its point after them. */
static int terms_of(const ir_op *op)
{
    return op->input_count - (op->attr.gradient_activation.kind != LANG_ACTIVATION_LINEAR);
}

static const char *name_of_term(const layer_nests *b, const ir_op *op, int i)
{
    if (op->direction == IR_FORWARD && !op->attr.argument)
        return i == 0 ? "inside" : "kept";
    return arena_printf(b->graph->arena, op->direction == IR_FORWARD ? "in_%d" : "reader_%d", i + 1);
}

static void nests(layer_nests *b, const ir_op *op)
{
    nest_index at[NEST_MAX_RANK];
    nest *t = nests_begin_over(b, NEST_MAP, op->output[0]->shape, at);
    const scalar *sum = merge_load(t, name_of_term(b, op, 0), nests_of(b, op->input[0]), at);
    for (int i = 1; i < terms_of(op); i++)
        sum = scalar_make(b->graph->scalars, SCALAR_ADD, sum,
                          merge_load(t, name_of_term(b, op, i), nests_of(b, op->input[i]), at), NULL);
    nests_result(b, op, nest_end_body(t, "out", sum));
}

const layer_kind layer_add = {
    .shape = shape, .flops = flops, .backward_flops = flops, .keras_class = "Add", .onnx = onnx, .nests = nests};
