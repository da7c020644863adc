/* loss (regularizers.mnn:16): forward, sums of each piece of the parameters; loop; by pieces of the parameters
 *     sums[j] = the penalty of piece j of the parameters */
static void loss_penalty_forward_sums(const mnn_task *task, float *restrict partials)
{
    const int end = task->first + task->n;
    for (int j = mnn_max(task->first, 0); j < mnn_min(end, 1); j++) {
        const int first = j * 8192, n = mnn_min(8192, 36 - first);
        const double l2 = mnn_sum_of_squares((params + conv2d_kernel) + first, n);
        partials[j] = (float)(0.001 * l2);
    }
    for (int j = mnn_max(task->first, 1); j < mnn_min(end, 2); j++) {
        const int first = (j - 1) * 8192, n = mnn_min(8192, 4 - first);
        const double l1 = mnn_sum_of_magnitudes((params + conv2d_bias) + first, n);
        partials[j] = (float)(0.002 * l1);
    }
    for (int j = mnn_max(task->first, 2); j < mnn_min(end, 3); j++) {
        const int first = (j - 2) * 8192, n = mnn_min(8192, 16 - first);
        const double l1 = mnn_sum_of_magnitudes((params + depthwise_conv2d_kernel) + first, n);
        const double l2 = mnn_sum_of_squares((params + depthwise_conv2d_kernel) + first, n);
        partials[j] = (float)mnn_fma_double(0.0001, l1, 0.001 * l2);
    }
    for (int j = mnn_max(task->first, 3); j < mnn_min(end, 5); j++) {
        const int first = (j - 3) * 8192, n = mnn_min(8192, 10240 - first);
        const double l1 = mnn_sum_of_magnitudes((params + dense_kernel) + first, n);
        const double l2 = mnn_sum_of_squares((params + dense_kernel) + first, n);
        partials[j] = (float)mnn_fma_double(1e-05, l1, 0.0001 * l2);
    }
    for (int j = mnn_max(task->first, 5); j < mnn_min(end, 6); j++) {
        const int first = (j - 5) * 8192, n = mnn_min(8192, 10 - first);
        const double l2 = mnn_sum_of_squares((params + dense_1_bias) + first, n);
        partials[j] = (float)(0.01 * l2);
    }
}
MNN_TASK(loss_penalty_forward_sums, workspace + at[0])

/* loss (regularizers.mnn:16): forward; loop; row by row
 *     row_loss[rows] += 0.001 sum conv2d_kernel^2
 *     + 0.002 sum |conv2d_bias|
 *     + 0.0001 sum |depthwise_conv2d_kernel| + 0.001 sum depthwise_conv2d_kernel^2
 *     + 1e-05 sum |dense_kernel| + 0.0001 sum dense_kernel^2
 *     + 0.01 sum dense_1_bias^2 */
static void loss_penalty_forward(const mnn_task *task, const float *restrict partials)
{
    const int first = task->first, n = task->n;
    float penalty = 0.0f;
    for (int j = 0; j < 6; j++)
        penalty += partials[j];
    for (int i = first; i < first + n; i++)
        row_loss[i] += penalty;
}
MNN_TASK(loss_penalty_forward, workspace + at[0])

/* dense_1 (regularizers.mnn:13): gradients of the parameters; tiles in registers; one piece: too small to split
 *     dkernel[40, 10] = transpose(in[rows, 40]) . dy[rows, 10]; dbias = sum over rows of dy */
static void dense_1_gradients(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict bias, float *restrict kernel_gradient, float *restrict bias_gradient)
{
    const int rows = task->rows;
    mnn_product(40, 10, rows, input, 1, 40, output_gradient, 10, kernel_gradient, 10, 0);
    for (int j = 0; j < 10; j++)
        bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            bias_gradient[j] += output_gradient[i * 10 + j];
    for (int j = 0, end = j + 10; j < end; j++) {
        const float w = bias[j];
        bias_gradient[j] = mnn_fma(0.02f, w, bias_gradient[j]);
    }
}
MNN_TASK(dense_1_gradients, workspace + at[0], workspace + at[1], params + at[2], grads + at[3], grads + at[4])

/* dense (regularizers.mnn:12): gradients of the parameters; tiles in registers; split by inputs: each piece sums over the whole batch
 *     dkernel[256, 40] = transpose(in[rows, 256]) . dy[rows, 40]; dbias = sum over rows of dy */
static void dense_gradients(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict kernel, float *restrict kernel_gradient, float *restrict bias_gradient)
{
    const int rows = task->rows;
    const int first = task->first, n = task->n;
    mnn_product(n, 40, rows, input + first, 1, 256, output_gradient, 40, kernel_gradient + first * 40, 40, 0);
    for (int j = first * 40, end = j + n * 40; j < end; j++) {
        const float w = kernel[j];
        kernel_gradient[j] += mnn_fma(0.0002f, w, (w > 0.0f ? 1e-05f : w < 0.0f ? -1e-05f : 0.0f));
    }
    if (first == 0) {
        for (int j = 0; j < 40; j++)
            bias_gradient[j] = 0.0f;
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < 40; j++)
                bias_gradient[j] += output_gradient[i * 40 + j];
    }
}
MNN_TASK(dense_gradients, workspace + at[0], workspace + at[1], params + at[2], grads + at[3], grads + at[4])

/* depthwise_conv2d (regularizers.mnn:10): gradients of the parameters; sum; partial sums in a fixed order
 *     dkernel, dbias = sum of the partial sums of the pieces, in order, plus the gradient of the penalty */
static void depthwise_conv2d_gradients(const mnn_task *task, const float *restrict kernel,
        const float *restrict partials, float *restrict kernel_gradient, float *restrict bias_gradient, int bias_size,
        int kernel_size)
{
    const int rows = task->rows;
    const int pieces = (rows + 3) / 4, stride = kernel_size + bias_size;
    mnn_sum_pieces(kernel_gradient, partials, kernel_size, stride, pieces);
    mnn_sum_pieces(bias_gradient, partials + kernel_size, bias_size, stride, pieces);
    for (int j = 0, end = j + kernel_size; j < end; j++) {
        const float w = kernel[j];
        kernel_gradient[j] += mnn_fma(0.002f, w, (w > 0.0f ? 0.0001f : w < 0.0f ? -0.0001f : 0.0f));
    }
}
MNN_TASK(depthwise_conv2d_gradients, params + at[0], workspace + at[1], grads + at[2], grads + at[3], at[4], at[5])

/* conv2d (regularizers.mnn:9): gradients of the parameters; sum; partial sums in a fixed order
 *     dkernel, dbias = sum of the partial sums of the pieces, in order, plus the gradient of the penalty */
static void conv2d_gradients(const mnn_task *task, const float *restrict kernel, const float *restrict bias,
        const float *restrict partials, float *restrict kernel_gradient, float *restrict bias_gradient, int bias_size,
        int kernel_size)
{
    const int rows = task->rows;
    const int pieces = (rows + 3) / 4, stride = kernel_size + bias_size;
    mnn_sum_pieces(kernel_gradient, partials, kernel_size, stride, pieces);
    mnn_sum_pieces(bias_gradient, partials + kernel_size, bias_size, stride, pieces);
    for (int j = 0, end = j + kernel_size; j < end; j++) {
        const float w = kernel[j];
        kernel_gradient[j] = mnn_fma(0.002f, w, kernel_gradient[j]);
    }
    for (int j = 0, end = j + bias_size; j < end; j++) {
        const float w = bias[j];
        bias_gradient[j] += (w > 0.0f ? 0.002f : w < 0.0f ? -0.002f : 0.0f);
    }
}
MNN_TASK(conv2d_gradients, params + at[0], params + at[1], workspace + at[2], grads + at[3], grads + at[4], at[5],
        at[6])

/* the function and its tensors; layer, phase, the dimension that is divided, its size,
 * elements per piece and per call, first worker, flags, flops per sample */
static const mnn_step steps[] = {
    {MNN_CALL(input_forward, input_out), "input", MNN_FORWARD, MNN_ROWS, BATCH, 4, 4, 0, 0, 1568},
    {MNN_CALL(conv2d_forward, input_out, conv2d_kernel, conv2d_bias, conv2d_out),
        "conv2d", MNN_FORWARD, MNN_ROWS, BATCH, 4, 4, 0, 0, 6156},
    {MNN_CALL(depthwise_conv2d_forward, conv2d_out, depthwise_conv2d_kernel, depthwise_conv2d_bias,
            depthwise_conv2d_out),
        "depthwise_conv2d", MNN_FORWARD, MNN_ROWS, BATCH, 4, 4, 0, 0, 2304},
    {MNN_CALL(dense_forward, depthwise_conv2d_out, dense_kernel, dense_bias, dense_out),
        "dense", MNN_FORWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 20520},
    {MNN_CALL(dense_1_forward, dense_out, dense_1_kernel, dense_1_bias, dense_1_out),
        "dense_1", MNN_FORWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 810},
    {MNN_CALL(dense_1_softmax_forward, dense_1_out, dense_1_softmax),
        "dense_1", MNN_FORWARD, MNN_ROWS, BATCH, 4, 4, 0, MNN_BARRIER, 40},
    {MNN_CALL(loss_forward, dense_1_out), "loss", MNN_LOSS, MNN_ROWS, BATCH, 4, 4, 0, 0, 30},
    {MNN_CALL(loss_penalty_forward_sums, loss_penalty_sums), "loss", MNN_LOSS, MNN_PARAMETERS, 6, 1, 1, 0, 0, 0},
    {MNN_CALL(loss_penalty_forward, loss_penalty_sums), "loss", MNN_LOSS, MNN_ROWS, BATCH, 4, 4, 0, MNN_BARRIER, 0},
    /* backward */
    {MNN_CALL(loss_backward, dense_1_softmax, dense_1_out_gradient),
        "loss", MNN_BACKWARD, MNN_ROWS, BATCH, 4, 4, 0, 0, 30},
    {MNN_CALL(dense_1_backward, dense_1_out_gradient, dense_out, dense_1_kernel, dense_out_gradient),
        "dense_1", MNN_BACKWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 800},
    {MNN_CALL(dense_backward, dense_out_gradient, dense_kernel, flatten_out_gradient),
        "dense", MNN_BACKWARD, MNN_COLUMNS, 256, 128, 128, 0, MNN_BARRIER, 20480},
    {MNN_CALL(depthwise_conv2d_backward, flatten_out_gradient, conv2d_out, depthwise_conv2d_kernel, conv2d_out_gradient,
            depthwise_conv2d_partials),
        "depthwise_conv2d", MNN_BACKWARD, MNN_ROWS, BATCH, 4, 4, 0, MNN_BARRIER, 4352},
    {MNN_CALL(conv2d_backward, conv2d_out_gradient, input_out, conv2d_partials),
        "conv2d", MNN_BACKWARD, MNN_ROWS, BATCH, 4, 4, 0, 0, 6156},
    /* gradients of the parameters */
    {MNN_CALL(dense_1_gradients, dense_1_out_gradient, dense_out, dense_1_bias, dense_1_kernel, dense_1_bias),
        "dense_1", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 810},
    {MNN_CALL(dense_gradients, dense_out_gradient, depthwise_conv2d_out, dense_kernel, dense_kernel, dense_bias),
        "dense", MNN_GRADIENTS, MNN_COLUMNS, 256, 132, 132, 1, 0, 20520},
    {MNN_CALL(depthwise_conv2d_gradients, depthwise_conv2d_kernel, depthwise_conv2d_partials, depthwise_conv2d_kernel,
            depthwise_conv2d_bias, 4, 16),
        "depthwise_conv2d", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 3, 0, 0},
    {MNN_CALL(conv2d_gradients, conv2d_kernel, conv2d_bias, conv2d_partials, conv2d_kernel, conv2d_bias, 4, 36),
        "conv2d", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 4, 0, 0},
    {MNN_STEP(update), "", MNN_UPDATE, MNN_PARAMETERS, PARAM_COUNT, 1024, PARAM_COUNT, 0, MNN_NEIGHBOURS, 0},
};
