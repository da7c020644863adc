/* loss (regularizers.mnn:16): forward, sums of each piece of the parameters
 *     sums[j] = the penalty of piece j of the parameters
 * loop; by pieces of the parameters */
static void loss_penalty_forward_sums(const mnn_task *task)
{
    const int end = task->first + task->n;
    for (int j = mnn_max(task->first, 0); j < mnn_min(end, 1); j++) {
        const int first = j * 8192, n = mnn_min(8192, 36 - first);
        const double l2 = mnn_sum_of_squares(conv2d_kernel + first, n);
        loss_penalty_sums[j] = (float)(0.001 * l2);
    }
    for (int j = mnn_max(task->first, 1); j < mnn_min(end, 2); j++) {
        const int first = (j - 1) * 8192, n = mnn_min(8192, 4 - first);
        const double l1 = mnn_sum_of_magnitudes(conv2d_bias + first, n);
        loss_penalty_sums[j] = (float)(0.002 * l1);
    }
    for (int j = mnn_max(task->first, 2); j < mnn_min(end, 3); j++) {
        const int first = (j - 2) * 8192, n = mnn_min(8192, 16 - first);
        const double l1 = mnn_sum_of_magnitudes(depthwise_conv2d_kernel + first, n);
        const double l2 = mnn_sum_of_squares(depthwise_conv2d_kernel + first, n);
        loss_penalty_sums[j] = (float)mnn_fma_double(0.0001, l1, 0.001 * l2);
    }
    for (int j = mnn_max(task->first, 3); j < mnn_min(end, 5); j++) {
        const int first = (j - 3) * 8192, n = mnn_min(8192, 10240 - first);
        const double l1 = mnn_sum_of_magnitudes(dense_kernel + first, n);
        const double l2 = mnn_sum_of_squares(dense_kernel + first, n);
        loss_penalty_sums[j] = (float)mnn_fma_double(1e-05, l1, 0.0001 * l2);
    }
    for (int j = mnn_max(task->first, 5); j < mnn_min(end, 6); j++) {
        const int first = (j - 5) * 8192, n = mnn_min(8192, 10 - first);
        const double l2 = mnn_sum_of_squares(dense_1_bias + first, n);
        loss_penalty_sums[j] = (float)(0.01 * l2);
    }
}

/* loss (regularizers.mnn:16): forward
 *     row_loss[rows] += 0.001 sum conv2d_kernel^2
 *     + 0.002 sum |conv2d_bias|
 *     + 0.0001 sum |depthwise_conv2d_kernel| + 0.001 sum depthwise_conv2d_kernel^2
 *     + 1e-05 sum |dense_kernel| + 0.0001 sum dense_kernel^2
 *     + 0.01 sum dense_1_bias^2
 * loop; row by row */
static void loss_penalty_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    float penalty = 0.0f;
    for (int j = 0; j < 6; j++)
        penalty += loss_penalty_sums[j];
    for (int i = first; i < first + n; i++)
        row_loss[i] += penalty;
}

/* dense_1 (regularizers.mnn:13): gradients of the parameters
 *     dkernel[40, 10] = transpose(in[rows, 40]) . dy[rows, 10]; dbias = sum over rows of dy
 * tiles in registers; one piece: too small to split */
static void dense_1_gradients(const mnn_task *task)
{
    const int rows = task->rows;
    mnn_product(40, 10, rows, dense_out, 1, 40, dense_1_out_gradient, 10, dense_1_kernel_gradient,
            10, 0);
    for (int j = 0; j < 10; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 10 + j];
    if (task->batch->first_row == 0) /* once per batch */
        for (int j = 0, end = j + 10; j < end; j++) {
            const float w = dense_1_bias[j];
            dense_1_bias_gradient[j] = mnn_fma(0.02f, w, dense_1_bias_gradient[j]);
        }
}

/* dense (regularizers.mnn:12): gradients of the parameters
 *     dkernel[256, 40] = transpose(in[rows, 256]) . dy[rows, 40]; dbias = sum over rows of dy
 * tiles in registers; split by inputs: each piece sums over the whole batch */
static void dense_gradients(const mnn_task *task)
{
    const int rows = task->rows;
    const int first = task->first, n = task->n;
    mnn_product(n, 40, rows, depthwise_conv2d_out + first, 1, 256, dense_out_gradient, 40,
            dense_kernel_gradient + first * 40, 40, 0);
    if (task->batch->first_row == 0) /* once per batch */
        for (int j = first * 40, end = j + n * 40; j < end; j++) {
            const float w = dense_kernel[j];
            dense_kernel_gradient[j] += mnn_fma(0.0002f, w,
                    (w > 0.0f ? 1e-05f : w < 0.0f ? -1e-05f : 0.0f));
        }
    if (first == 0) {
        for (int j = 0; j < 40; j++)
            dense_bias_gradient[j] = 0.0f;
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < 40; j++)
                dense_bias_gradient[j] += dense_out_gradient[i * 40 + j];
    }
}

/* depthwise_conv2d (regularizers.mnn:10): gradients of the parameters
 *     dkernel, dbias = sum of the partial sums of the pieces, in order, plus the gradient of the penalty
 * sum; partial sums in a fixed order */
static void depthwise_conv2d_gradients(const mnn_task *task)
{
    const int rows = task->rows;
    memcpy(depthwise_conv2d_kernel_gradient, depthwise_conv2d_partials, 16 * sizeof(float));
    memcpy(depthwise_conv2d_bias_gradient, depthwise_conv2d_partials + 16, 4 * sizeof(float));
    for (int piece = 1; piece * 4 < rows; piece++) {
        const float *partial = depthwise_conv2d_partials + piece * 20;
        for (int j = 0; j < 16; j++)
            depthwise_conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 4; j++)
            depthwise_conv2d_bias_gradient[j] += partial[16 + j];
    }
    if (task->batch->first_row == 0) /* once per batch */
        for (int j = 0, end = j + 16; j < end; j++) {
            const float w = depthwise_conv2d_kernel[j];
            depthwise_conv2d_kernel_gradient[j] += mnn_fma(0.002f, w,
                    (w > 0.0f ? 0.0001f : w < 0.0f ? -0.0001f : 0.0f));
        }
}

/* conv2d (regularizers.mnn:9): gradients of the parameters
 *     dkernel, dbias = sum of the partial sums of the pieces, in order, plus the gradient of the penalty
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_task *task)
{
    const int rows = task->rows;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 36 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 36, 4 * sizeof(float));
    for (int piece = 1; piece * 4 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 40;
        for (int j = 0; j < 36; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 4; j++)
            conv2d_bias_gradient[j] += partial[36 + j];
    }
    if (task->batch->first_row == 0) /* once per batch */
        for (int j = 0, end = j + 36; j < end; j++) {
            const float w = conv2d_kernel[j];
            conv2d_kernel_gradient[j] = mnn_fma(0.002f, w, conv2d_kernel_gradient[j]);
        }
    if (task->batch->first_row == 0) /* once per batch */
        for (int j = 0, end = j + 4; j < end; j++) {
            const float w = conv2d_bias[j];
            conv2d_bias_gradient[j] += (w > 0.0f ? 0.002f : w < 0.0f ? -0.002f : 0.0f);
        }
}

/* function, layer, phase, the dimension that is divided, its size, elements per task, first worker,
 * flags, flops per sample */
static const mnn_step steps[] = {
    {MNN_STEP(input_forward), "input", MNN_FORWARD, MNN_ROWS, BATCH, 4, 0, 0, 1568},
    {MNN_STEP(conv2d_forward), "conv2d", MNN_FORWARD, MNN_ROWS, BATCH, 4, 0, 0, 6156},
    {MNN_STEP(depthwise_conv2d_forward), "depthwise_conv2d", MNN_FORWARD, MNN_ROWS, BATCH, 4, 0, 0,
            2304},
    {MNN_STEP(dense_forward), "dense", MNN_FORWARD, MNN_WHOLE, 1, 1, 0, MNN_BARRIER, 20520},
    {MNN_STEP(dense_1_forward), "dense_1", MNN_FORWARD, MNN_WHOLE, 1, 1, 0, MNN_BARRIER, 810},
    {MNN_STEP(dense_1_softmax_forward), "dense_1", MNN_FORWARD, MNN_ROWS, BATCH, 4, 0, MNN_BARRIER,
            40},
    {MNN_STEP(loss_forward), "loss", MNN_LOSS, MNN_ROWS, BATCH, 4, 0, 0, 30},
    {MNN_STEP(loss_penalty_forward_sums), "loss", MNN_LOSS, MNN_PARAMETERS, 6, 1, 0, 0, 0},
    {MNN_STEP(loss_penalty_forward), "loss", MNN_LOSS, MNN_ROWS, BATCH, 4, 0, MNN_BARRIER, 0},
    /* backward */
    {MNN_STEP(loss_backward), "loss", MNN_BACKWARD, MNN_ROWS, BATCH, 4, 0, 0, 30},
    {MNN_STEP(dense_1_backward), "dense_1", MNN_BACKWARD, MNN_WHOLE, 1, 1, 0, MNN_BARRIER, 800},
    {MNN_STEP(dense_backward), "dense", MNN_BACKWARD, MNN_COLUMNS, 256, 128, 0, MNN_BARRIER, 20480},
    {MNN_STEP(depthwise_conv2d_backward), "depthwise_conv2d", MNN_BACKWARD, MNN_ROWS, BATCH, 4, 0,
            MNN_BARRIER, 4352},
    {MNN_STEP(conv2d_backward), "conv2d", MNN_BACKWARD, MNN_ROWS, BATCH, 4, 0, 0, 6156},
    /* gradients of the parameters */
    {MNN_STEP(dense_1_gradients), "dense_1", MNN_BACKWARD, MNN_WHOLE, 1, 1, 0, MNN_BARRIER, 810},
    {MNN_STEP(dense_gradients), "dense", MNN_BACKWARD, MNN_COLUMNS, 256, 132, 1, 0, 20520},
    {MNN_STEP(depthwise_conv2d_gradients), "depthwise_conv2d", MNN_BACKWARD, MNN_WHOLE, 1, 1, 3, 0,
            0},
    {MNN_STEP(conv2d_gradients), "conv2d", MNN_BACKWARD, MNN_WHOLE, 1, 1, 4, 0, 0},
    {MNN_STEP(update), "", MNN_UPDATE, MNN_PARAMETERS, PARAM_COUNT, 8192, 0,
            MNN_NEIGHBOURS | MNN_JOINED, 0},
};
