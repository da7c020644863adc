/* input (one_row_batch.mnn:6): forward
 *     out[rows, 5, 5, 1] = the samples of the batch
 * loop; row by row */
static void input_forward(const mnn_task *task)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        mnn_prefetch(batch, i + 4, 25);
        float *out = input_out + i * 25;
        input_sample(batch, i, out);
    }
}

/* conv2d (one_row_batch.mnn:10): forward
 *     out[rows, 4, 4, 2] = sigmoid(in[rows, 5, 5, 1] * kernel[2, 2, 1, 2] + bias)
 * tiles in registers, read from the image; image by image */
static void conv2d_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = activation_out + i * 32;
        const float *in = input_out + i * 25;
        mnn_grid_product(4, 4, 2, 2, 2, in, 5, 1, 5, conv2d_kernel, 2, 4, out, 8, 2);
        for (int j = 0; j < 16; j++)
            for (int k = 0; k < 2; k++) {
                const float sum = out[j * 2 + k] + conv2d_bias[k];
                out[j * 2 + k] = 1.0f / (1.0f + expf(-sum));
            }
    }
}

/* loss (one_row_batch.mnn:17): backward
 *     dz[rows, 4] = (p - target) / rows: logarithm and softmax combined
 * loop; row by row */
static void loss_backward(const mnn_task *task)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    const float scale = 1.0f / (float)task->batch_rows;
    for (int i = first; i < first + n; i++) {
        const float *p = dense_softmax + i * 4;
        float *dz = dense_out_gradient + i * 4;
        const int label = batch->labels[batch->index[i]];
        for (int j = 0; j < 4; j++)
            dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
    }
}

/* conv2d (one_row_batch.mnn:10): gradients of the parameters
 *     dkernel, dbias = sum of the partial sums of the pieces, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_task *task)
{
    const int rows = task->rows;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 8 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 8, 2 * sizeof(float));
    for (int piece = 1; piece * 1 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 10;
        for (int j = 0; j < 8; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 2; j++)
            conv2d_bias_gradient[j] += partial[8 + j];
    }
}
