/* The cost of matrix products and convolutions. */
#include "layers/shape.h"
#include "support/checked.h"

/** Every element of the kernel is multiplied and added once per position of the output: rows and columns of an image.
 */
static int64_t product(const ir_op *op)
{
    const int64_t kernel = ir_elements(ir_parameter(op, "kernel")->shape);
    const ir_shape out = op->output[0]->shape;
    return saturating_mul(2 * kernel, ir_elements(out) / out.dim[out.rank - 1]);
}

static int64_t bias(const ir_op *op)
{
    return op->attr.use_bias ? ir_elements(op->output[0]->shape) : 0;
}

int64_t product_flops(const ir_op *op)
{
    return saturating_add(product(op), bias(op));
}

int64_t product_backward_flops(const ir_op *back)
{
    const int64_t products = ir_output_of_kind(back, IR_VALUE_GRADIENT, 0) ? 2 : 1;
    return saturating_add(saturating_mul(products, product(back->forward)), bias(back->forward));
}
