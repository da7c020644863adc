/* A batchnorm in the weights before it: (x . w + b) s + t = x . (w s) + (b s + t), in double precision. */
#include "deploy/network.h"

void net_fold(network *n, net_op *op, const float *scale, const float *shift)
{
    const int64_t outputs = op->bias->elements; /* the last dimension of the kernel, or the last two together */
    const float *kernel = op->kernel->data, *bias = op->bias->data;
    op->kernel->data = arena_array(n->arena, (size_t)op->kernel->elements, sizeof(float));
    op->bias->data = arena_array(n->arena, (size_t)outputs, sizeof(float));
    for (int64_t i = 0; i < op->kernel->elements; i++)
        op->kernel->data[i] = (float)((double)kernel[i] * (double)scale[i % outputs]);
    for (int64_t k = 0; k < outputs; k++)
        op->bias->data[k] = (float)((double)bias[k] * (double)scale[k] + (double)shift[k]);
}
