/* The two-dimensional arrays in scratch memory that a direct convolution needs. */
#include "plan/plan.h"

#include "support/checked.h"

static const ir_op *forward_of(const ir_op *op)
{
    return op->direction == IR_FORWARD ? op : op->forward;
}

/** The result of a convolution before any pooling that was fused with it. */
static ir_shape full_result(const ir_op *forward)
{
    return forward->attr.fused_pool ? forward->attr.pool->input[0]->shape : forward->output[0]->shape;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

plan_canvas plan_input_canvas(const ir_op *op)
{
    const ir_op *forward = forward_of(op);
    const ir_attributes *a = &forward->attr;
    const ir_shape in = forward->input[0]->shape, out = full_result(forward);
    return (plan_canvas){
        .height = larger(a->pad.h + in.dim[0], (out.dim[0] - 1) * a->strides.h + a->window.h),
        .width = larger(a->pad.w + in.dim[1], (out.dim[1] - 1) * a->strides.w + a->window.w),
        .channels = in.dim[2],
        .top = a->pad.h,
        .left = a->pad.w,
        .step_h = 1,
        .step_w = 1,
    };
}

plan_canvas plan_gradient_canvas(const ir_op *op, bool spread)
{
    const ir_op *forward = forward_of(op);
    const ir_attributes *a = &forward->attr;
    const ir_shape in = forward->input[0]->shape, out = full_result(forward);
    if (!spread)
        return (plan_canvas){out.dim[0], out.dim[1], out.dim[2], 0, 0, 1, 1};
    return (plan_canvas){
        .height = in.dim[0] + a->window.h - 1,
        .width = in.dim[1] + a->window.w - 1,
        .channels = out.dim[2],
        .top = a->window.h - 1 - a->pad.h,
        .left = a->window.w - 1 - a->pad.w,
        .step_h = a->strides.h,
        .step_w = a->strides.w,
    };
}

int64_t plan_canvas_size(const plan_canvas *c)
{
    return saturating_mul(saturating_mul(c->height, c->width), c->channels);
}
