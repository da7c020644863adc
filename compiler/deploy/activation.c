/* The activations, for tables and for what the outputs lose. */
#include "deploy/quantize.h"

#include <math.h>

/** 1 / sqrt(2) and sqrt(2 / pi). */
static const double SQRT1_2 = 0.70710678118654752440, SQRT2_PI = 0.79788456080286535588;

double net_activation(ir_activation f, double x)
{
    switch (f.kind) {
    case LANG_ACTIVATION_RELU:
        return x < 0 ? 0 : x;
    case LANG_ACTIVATION_LEAKY_RELU:
        return x < 0 ? f.a * x : x;
    case LANG_ACTIVATION_ELU:
        return x < 0 ? f.a * expm1(x) : x;
    case LANG_ACTIVATION_GELU:
        return 0.5 * x * (1 + (f.a != 0 ? tanh(SQRT2_PI * (x + 0.044715 * x * x * x)) : erf(SQRT1_2 * x)));
    case LANG_ACTIVATION_SILU:
        return x / (1 + exp(-x));
    case LANG_ACTIVATION_SIGMOID:
        return 1 / (1 + exp(-x));
    case LANG_ACTIVATION_TANH:
        return tanh(x);
    case LANG_ACTIVATION_LINEAR:
    case LANG_ACTIVATION_SOFTMAX:
    case LANG_ACTIVATION_COUNT:
        break;
    }
    return x;
}

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
            numbers[i] = net_activation(op->activation, numbers[i]);
        return;
    }
    for (int64_t i = 0; i < op->output->elements; i += shape.dim[shape.rank - 1])
        softmax(numbers + i, shape.dim[shape.rank - 1]);
}
