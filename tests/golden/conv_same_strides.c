/* conv2d (conv_same_strides.mnn:10): forward; tiles in registers, read from the image; image by image
 *     out[rows, 5, 4, 5] = relu(in[rows, 9, 7, 2] * kernel[3, 2, 2, 5] + bias) */
static void conv2d_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output)
{
    float *in = task->scratch; /* [11, 8, 2] */
    if (task->opens) {
        memset(in, 0, 176 * sizeof *in);
    }
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = output + i * 100;
        for (int y = 0; y < 9; y++)
            memcpy(in + (y + 1) * 16, input + i * 126 + y * 14, 14 * sizeof *in);
        mnn_grid_product(5, 4, 5, 4, 3, in, 32, 4, 16, kernel, 5, 20, out, 20, 5);
        for (int j = 0; j < 20; j++)
            for (int k = 0; k < 5; k++) {
                const float sum = out[j * 5 + k] + bias[k];
                out[j * 5 + k] = sum < 0.0f ? 0.0f : sum;
            }
    }
}
MNN_TASK(conv2d_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* conv2d (conv_same_strides.mnn:10): backward; tiles in registers, read from the image; image by image
 *     partial sums, one per piece:
 *     dkernel[12, 5] = transpose(patches[20, 12]) . dz[20, 5], dbias = sum of dz */
static void conv2d_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        float *restrict partials)
{
    float *in = task->scratch; /* [11, 8, 2] */
    if (task->opens) {
        memset(in, 0, 176 * sizeof *in);
    }
    const int first = task->first, n = task->n;
    float *dkernel = partials + task->piece * 65;
    float *dbias = dkernel + 60;
    memset(dkernel, 0, 65 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        for (int y = 0; y < 9; y++)
            memcpy(in + (y + 1) * 16, input + i * 126 + y * 14, 14 * sizeof *in);
        const float *dy = output_gradient + i * 100;
        for (int r = 0; r < 3; r++)
            mnn_nested_product(4, 5, 4, 5, in + r * 16, 1, 4, 32, dy, 5, 20, dkernel + r * 20, 5, 1);
        for (int j = 0; j < 20; j++)
            for (int k = 0; k < 5; k++)
                dbias[k] += dy[j * 5 + k];
    }
}
MNN_TASK(conv2d_backward, workspace + at[0], workspace + at[1], workspace + at[2])

/* conv2d (conv_same_strides.mnn:10): gradients of the parameters; sum; partial sums in a fixed order
 *     dkernel, dbias = sum of the partial sums of the pieces, in order */
static void conv2d_gradients(const mnn_task *task, const float *restrict partials, float *restrict kernel_gradient,
        float *restrict bias_gradient, int bias_size, int kernel_size)
{
    const int rows = task->rows;
    const int pieces = (rows + 1) / 2, stride = kernel_size + bias_size;
    mnn_sum_pieces(kernel_gradient, partials, kernel_size, stride, pieces);
    mnn_sum_pieces(bias_gradient, partials + kernel_size, bias_size, stride, pieces);
}
MNN_TASK(conv2d_gradients, workspace + at[0], grads + at[1], grads + at[2], at[3], at[4])
