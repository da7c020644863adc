/* add: the sum of the inputs, at the end of a residual; backward: the sum of the gradients of a value with several
 * readers */
#include "layers/layer.h"
#include "layers/nests.h"
#include "layers/onnx.h"
#include "layers/shape.h"

/** The layers of a residual must give back the shape of their input. */
static bool shape(ir_context *cx, ir_op *op)
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

static int64_t flops(const ir_op *op)
{
    return ir_elements(op->output[0]->shape) * (op->input_count - 1);
}

static void onnx(onnx_graph *x)
{
    const ir_op *op = x->op;
    const onnx_layout layout = onnx_any_layout(x);
    for (int i = 0; i < op->input_count; i++) /* a Transpose precedes the operator */
        onnx_operand(x, i, layout);
    Onnx__NodeProto *node = onnx_node(x, "Sum", onnx_operand(x, 0, layout));
    for (int i = 1; i < op->input_count; i++)
        onnx_input(x, node, onnx_operand(x, i, layout));
    onnx_result(x, node, layout);
}

/** The inputs with a value per row: backward, an activation's derivative may have its point after them. */
static int terms_of(const ir_op *op)
{
    return op->input_count - (op->attr.gradient_activation.kind != LANG_ACTIVATION_LINEAR);
}

static void nests(layer_nests *b, const ir_op *op)
{
    nest_index at[NEST_MAX_RANK];
    const bool is_residual = op->direction == IR_FORWARD;
    nest *t = nests_begin_map(b, is_residual ? "inside" : "reader_1", nests_of(b, op->input[0]), at);
    const scalar *sum = scalar_leaf(b->graph->scalars, 0);
    for (int i = 1; i < terms_of(op); i++) {
        const char *name = is_residual ? "kept" : arena_printf(b->graph->arena, "reader_%d", i + 1);
        sum =
            scalar_make(b->graph->scalars, SCALAR_ADD, sum, nest_load_at(t, name, nests_of(b, op->input[i]), at), NULL);
    }
    nests_result(b, op, nest_end_body(t, "out", sum));
}

const layer_kind layer_add = {
    .shape = shape, .flops = flops, .backward_flops = flops, .keras_class = "Add", .onnx = onnx, .nests = nests};
