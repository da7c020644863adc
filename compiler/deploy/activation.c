/* The activations, for tables and for what the outputs lose. */
#include "deploy/quantize.h"

#include <math.h>

static void softmax(double *z, int64_t count)
{
    double largest = z[0], sum = 0;
    for (int64_t i = 1; i < count; i++)
        largest = fmax(largest, z[i]);
    for (int64_t i = 0; i < count; i++)
        sum += z[i] = exp(z[i] - largest);
    for (int64_t i = 0; i < count; i++)
        z[i] /= sum;
}

void net_softmax_bytes(const net_op *op, double *bytes)
{
    const ir_shape shape = op->activation_shape;
    const int64_t count = shape.dim[shape.rank - 1];
    for (double *z = bytes; z < bytes + op->output->elements; z += count) {
        double largest = 0;
        uint32_t sum = 0;
        for (int64_t i = 0; i < count; i++)
            largest = fmax(largest, z[i]);
        for (int64_t i = 0; i < count; i++)
            sum += op->power[(int)(largest - z[i])];
        for (int64_t i = 0; i < count; i++)
            z[i] = (uint8_t)((op->power[(int)(largest - z[i])] * (uint32_t)UINT8_MAX + sum / 2) / sum);
    }
}

void net_activate(const net_op *op, double *numbers)
{
    const ir_shape shape = op->activation_shape;
    if (op->activation.kind != LANG_ACTIVATION_SOFTMAX) {
        for (int64_t i = 0; i < op->output->elements; i++)
            numbers[i] = ir_activate(op->activation, numbers[i]);
        return;
    }
    for (int64_t i = 0; i < op->output->elements; i += shape.dim[shape.rank - 1])
        softmax(numbers + i, shape.dim[shape.rank - 1]);
}
