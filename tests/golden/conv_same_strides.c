/* conv2d (conv_same_strides.mnn:10): forward
 *     out[rows, 5, 4, 5] = relu(in[rows, 9, 7, 2] * kernel[3, 2, 2, 5] + bias)
 * tiles in registers, read from the image; image by image */
static void conv2d_forward(const mnn_task *task)
{
    float *in = scratch[task->worker]; /* [11, 8, 2] */
    if (task->opens) {
        memset(in, 0, 176 * sizeof *in);
    }
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = conv2d_out + i * 100;
        for (int y = 0; y < 9; y++)
            memcpy(in + (y + 1) * 16, input_out + i * 126 + y * 14, 14 * sizeof *in);
        mnn_grid_product(5, 4, 5, 4, 3, in, 32, 4, 16, conv2d_kernel, 5, 20, out, 20, 5);
        for (int j = 0; j < 20; j++)
            for (int k = 0; k < 5; k++) {
                const float sum = out[j * 5 + k] + conv2d_bias[k];
                out[j * 5 + k] = sum < 0.0f ? 0.0f : sum;
            }
    }
}

/* conv2d (conv_same_strides.mnn:10): backward
 *     partial sums, one per piece:
 *     dkernel[12, 5] = transpose(patches[20, 12]) . dz[20, 5], dbias = sum of dz
 * tiles in registers, read from the image; image by image */
static void conv2d_backward(const mnn_task *task)
{
    float *in = scratch[task->worker]; /* [11, 8, 2] */
    if (task->opens) {
        memset(in, 0, 176 * sizeof *in);
    }
    const int first = task->first, n = task->n;
    float *dkernel = conv2d_partials + first / 2 * 65;
    float *dbias = dkernel + 60;
    memset(dkernel, 0, 65 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        for (int y = 0; y < 9; y++)
            memcpy(in + (y + 1) * 16, input_out + i * 126 + y * 14, 14 * sizeof *in);
        const float *dy = flatten_out_gradient + i * 100;
        for (int r = 0; r < 3; r++)
            mnn_nested_product(4, 5, 4, 5, in + r * 16, 1, 4, 32, dy, 5, 20, dkernel + r * 20, 5,
                    1);
        for (int j = 0; j < 20; j++)
            for (int k = 0; k < 5; k++)
                dbias[k] += dy[j * 5 + k];
    }
}

/* conv2d (conv_same_strides.mnn:10): gradients of the parameters
 *     dkernel, dbias = sum of the partial sums of the pieces, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_task *task)
{
    const int rows = task->rows;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 60 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 60, 5 * sizeof(float));
    for (int piece = 1; piece * 2 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 65;
        for (int j = 0; j < 60; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 5; j++)
            conv2d_bias_gradient[j] += partial[60 + j];
    }
}
