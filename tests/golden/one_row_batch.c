/* input (one_row_batch.mnn:6): forward; loop; row by row
 *     out[rows, 5, 5, 1] = the samples of the batch */
static void input_forward(const mnn_task *task, float *restrict output)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        mnn_prefetch(batch, i + 4, 25);
        float *out = output + i * 25;
        input_sample(batch, i, out);
    }
}
MNN_TASK(input_forward, workspace + at[0])

/* conv2d (one_row_batch.mnn:10): forward; tiles in registers, read from the image; image by image
 *     out[rows, 4, 4, 2] = sigmoid(in[rows, 5, 5, 1] * kernel[2, 2, 1, 2] + bias) */
static void conv2d_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = output + i * 32;
        const float *in = input + i * 25;
        mnn_grid_product(4, 4, 2, 2, 2, in, 5, 1, 5, kernel, 2, 4, out, 8, 2);
        for (int j = 0; j < 16; j++)
            for (int k = 0; k < 2; k++) {
                const float sum = out[j * 2 + k] + bias[k];
                out[j * 2 + k] = 1.0f / (1.0f + expf(-sum));
            }
    }
}
MNN_TASK(conv2d_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* loss (one_row_batch.mnn:17): backward; loop; row by row
 *     dz[rows, 4] = (p - target) / rows: logarithm and softmax combined */
static void loss_backward(const mnn_task *task, const float *restrict prediction, float *restrict input_gradient)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    const float scale = 1.0f / (float)task->batch_rows;
    for (int i = first; i < first + n; i++) {
        const float *p = prediction + i * 4;
        float *dz = input_gradient + i * 4;
        const int label = batch->labels[batch->index[i]];
        for (int j = 0; j < 4; j++)
            dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
    }
}
MNN_TASK(loss_backward, workspace + at[0], workspace + at[1])

/* conv2d (one_row_batch.mnn:10): gradients of the parameters; sum; partial sums in a fixed order
 *     dkernel, dbias = sum of the partial sums of the pieces, in order */
static void conv2d_gradients(const mnn_task *task, const float *restrict partials, float *restrict kernel_gradient,
        float *restrict bias_gradient, int bias_size, int kernel_size)
{
    const int rows = task->rows;
    const int pieces = (rows + 0) / 1, stride = kernel_size + bias_size;
    mnn_sum_pieces(kernel_gradient, partials, kernel_size, stride, pieces);
    mnn_sum_pieces(bias_gradient, partials + kernel_size, bias_size, stride, pieces);
}
MNN_TASK(conv2d_gradients, workspace + at[0], grads + at[1], grads + at[2], at[3], at[4])
