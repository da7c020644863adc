/* conv2d (conv_spread_first.mnn:7): forward
 *     out[rows, 4, 4, 6] = relu(maxpool2d(in[rows, 12, 12, 4] * kernel[5, 5, 4, 6]) + bias)
 * pooling windows in registers, read from the image; image by image; zeros of the input are skipped */
static void conv2d_forward(const mnn_task *task)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = maxpool2d_out + i * 96;
        const float *in = input_out + i * 576;
        uint16_t list[17];
        const int count = mnn_list_windows(&conv2d_windows, mnn_skips(batch), in, list);
        mnn_windows_forward(&conv2d_windows, list, count, in, conv2d_kernel, conv2d_bias, 1, out,
                maxpool2d_index + i * 96);
    }
}

/* conv2d (conv_spread_first.mnn:7): backward
 *     partial sums, one per piece:
 *     dkernel[100, 6] = transpose(patches[64, 100]) . dz[64, 6], dbias = sum of dz
 * filter by filter, at the position of the maximum; image by image: gradients that are 0 are skipped */
static void conv2d_backward(const mnn_task *task)
{
    float *dturned = scratch[task->worker]; /* [6, 5, 32] */
    const int first = task->first, n = task->n;
    float *dkernel = conv2d_partials + first / 1 * 606;
    float *dbias = dkernel + 600;
    memset(dkernel, 0, 606 * sizeof *dkernel);
    memset(dturned, 0, 960 * sizeof *dturned);
    for (int i = first; i < first + n; i++) {
        const float *in = input_out + i * 576;
        const float *dy = flatten_out_gradient + i * 96;
        const uint8_t *index = maxpool2d_index + i * 96;
        mnn_windows_spread(&conv2d_windows, in, dy, index, NULL, dturned, NULL);
        for (int j = 0; j < 16; j++)
            for (int k = 0; k < 6; k++)
                dbias[k] += dy[j * 6 + k];
    }
    mnn_turn_back(&conv2d_windows, dturned, dkernel);
}

/* conv2d (conv_spread_first.mnn:7): gradients of the parameters
 *     dkernel, dbias = sum of the partial sums of the pieces, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_task *task)
{
    const int rows = task->rows;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 600 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 600, 6 * sizeof(float));
    for (int piece = 1; piece * 1 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 606;
        for (int j = 0; j < 600; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 6; j++)
            conv2d_bias_gradient[j] += partial[600 + j];
    }
}
