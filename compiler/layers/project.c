/* The projection of a residual: see layer_project() in layer.h. */
#include "layers/layer.h"
#include "layers/shape.h"

/** The smallest stride with which a window of 1 has `to` positions among `from`. @return 0 if there is none */
static int64_t stride_between(int64_t from, int64_t to)
{
    const int64_t stride = to > 0 ? (from + to - 1) / to : 0;
    return stride > 0 && (from + stride - 1) / stride == to ? stride : 0;
}

bool layer_project(ir_context *cx, ir_op *op)
{
    const ir_shape from = op->input[0]->shape, to = op->attr.like->shape;
    ir_attributes *a = &op->attr;
    a->groups = 1;
    a->use_bias = true;
    a->bias_initializer.kind = LANG_INITIALIZER_ZEROS;
    a->window = a->dilation = (ir_pair){1, 1};
    a->strides = (ir_pair){stride_between(from.dim[0], to.dim[0]), stride_between(from.dim[1], to.dim[1])};
    a->units = a->filters = to.dim[to.rank - 1];
    a->padding = LANG_PADDING_VALID;
    op->code = from.rank == 1 ? IR_DENSE : IR_CONV2D;
    if (from.rank == to.rank && (from.rank == 1 || (from.rank == 3 && a->strides.h > 0 && a->strides.w > 0)))
        return true;
    diag_error(cx->diag, op->at, "no projection makes %s of the residual's input (got %s)", shape_text(cx, to),
               shape_text(cx, from));
    diag_hint(cx->diag, "write the layers of the other side: residual { ... } else { ... }");
    return false;
}
