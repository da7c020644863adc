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
    };
}

/** One dimension of a convolution. */
typedef struct side {
    int64_t in, window, stride, pad;
} side;

static side side_of(const ir_op *op, int dimension)
{
    const ir_op *forward = forward_of(op);
    const ir_attributes *a = &forward->attr;
    const int64_t in = forward->input[0]->shape.dim[dimension];
    return dimension ? (side){in, a->window.w, a->strides.w, a->pad.w}
                     : (side){in, a->window.h, a->strides.h, a->pad.h};
}

int64_t plan_phase_count(const ir_op *op, int dimension)
{
    const side d = side_of(op, dimension);
    return d.window < d.stride ? d.window : d.stride;
}

/** The first input of a phase. If the kernel is smaller than the stride, taps reach the inputs before window - pad
 *  and, of the next window, those from stride - pad on. */
static int64_t first_of(const side *d, int64_t index)
{
    return d->window >= d->stride || index < d->window - d->pad ? index : index + d->stride - d->window;
}

plan_phase plan_phase_of(const ir_op *op, int dimension, int64_t index)
{
    const side d = side_of(op, dimension);
    const int64_t first = first_of(&d, index), tap = (first + d.pad) % d.stride;
    plan_phase f = {.first = first};
    f.count = first < d.in ? (d.in - first + d.stride - 1) / d.stride : 0;
    f.taps = (d.window - tap + d.stride - 1) / d.stride;
    f.last_tap = tap + (f.taps - 1) * d.stride;
    f.start = (first + d.pad) / d.stride - (f.taps - 1);
    return f;
}

/** The range that all windows of a dimension's phases cover: positions of the result's gradient before the first, and
 * all. */
static void cover(const ir_op *op, int dimension, int64_t *before, int64_t *length)
{
    int64_t end = *length;
    *before = 0;
    for (int64_t i = 0; i < plan_phase_count(op, dimension); i++) {
        const plan_phase f = plan_phase_of(op, dimension, i);
        if (f.count == 0)
            continue;
        *before = larger(*before, -f.start);
        end = larger(end, f.start + f.count - 1 + f.taps);
    }
    *length = *before + end;
}

plan_canvas plan_gradient_canvas(const ir_op *op, bool bordered)
{
    const ir_op *forward = forward_of(op);
    const ir_shape out = full_result(forward);
    plan_canvas c = {.height = out.dim[0], .width = out.dim[1], .channels = out.dim[2]};
    if (bordered) {
        cover(forward, 0, &c.top, &c.height);
        cover(forward, 1, &c.left, &c.width);
    }
    return c;
}

int64_t plan_canvas_size(const plan_canvas *c)
{
    return saturating_mul(saturating_mul(c->height, c->width), c->channels);
}
