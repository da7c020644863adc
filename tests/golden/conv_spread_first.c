/* conv2d (conv_spread_first.mnn:7): forward; pooling windows in registers, read from the image; image by image; zeros of the input are skipped
 *     out[rows, 4, 4, 6] = relu(maxpool2d(in[rows, 12, 12, 4] * kernel[5, 5, 4, 6]) + bias) */
static void conv2d_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output, uint8_t *restrict indices)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = output + i * 96;
        const float *in = input + i * 576;
        uint16_t list[17];
        const int count = mnn_list_windows(&conv2d_windows, mnn_skips(batch), in, list);
        mnn_windows_forward(&conv2d_windows, list, count, in, kernel, bias, 1, out, indices + i * 96);
    }
}
MNN_TASK(conv2d_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3], indices8 + at[4])

/* conv2d (conv_spread_first.mnn:7): backward; filter by filter, at the position of the maximum; image by image: gradients that are 0 are skipped
 *     partial sums, one per piece:
 *     dkernel[100, 6] = transpose(patches[64, 100]) . dz[64, 6], dbias = sum of dz */
static void conv2d_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const uint8_t *restrict indices, float *restrict partials)
{
    float *dturned = task->scratch; /* [6, 5, 32] */
    const int first = task->first, n = task->n;
    float *dkernel = partials + task->piece * 606;
    float *dbias = dkernel + 600;
    memset(dkernel, 0, 606 * sizeof *dkernel);
    memset(dturned, 0, 960 * sizeof *dturned);
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 576;
        const float *dy = output_gradient + i * 96;
        const uint8_t *index = indices + i * 96;
        mnn_windows_spread(&conv2d_windows, in, dy, index, NULL, dturned, NULL);
        for (int j = 0; j < 16; j++)
            for (int k = 0; k < 6; k++)
                dbias[k] += dy[j * 6 + k];
    }
    mnn_turn_back(&conv2d_windows, dturned, dkernel);
}
MNN_TASK(conv2d_backward, workspace + at[0], workspace + at[1], indices8 + at[2], workspace + at[3])

/* conv2d (conv_spread_first.mnn:7): gradients of the parameters; sum; partial sums in a fixed order
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
