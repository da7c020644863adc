/* loss (mse_value.mnn:15): forward; loop; row by row
 *     row_loss[rows] = mean over the 1 outputs of (p - target) * (p - target) */
static void loss_forward(const mnn_task *task, const float *restrict input)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *p = input + i * 1;
        const float *target = batch->targets + (size_t)batch->index[i] * 1;
        float sum = 0.0f;
        for (int j = 0; j < 1; j++) {
            const float d = p[j] - target[j];
            sum = mnn_fma(d, d, sum);
        }
        row_loss[i] = sum / 1.0f;
    }
}
MNN_TASK(loss_forward, workspace + at[0])

/* loss (mse_value.mnn:15): backward; loop; row by row
 *     dp[rows, 1] = (2.0 * (p - target)) / (1 rows) */
static void loss_backward(const mnn_task *task, const float *restrict input, float *restrict input_gradient)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    const float scale = 2.0f / 1.0f / (float)task->batch_rows;
    for (int i = first; i < first + n; i++) {
        const float *p = input + i * 1;
        float *dp = input_gradient + i * 1;
        const float *target = batch->targets + (size_t)batch->index[i] * 1;
        for (int j = 0; j < 1; j++) {
            const float d = p[j] - target[j];
            dp[j] = d * scale;
        }
    }
}
MNN_TASK(loss_backward, workspace + at[0], workspace + at[1])

/* dense_1 (mse_value.mnn:11): backward; tiles in registers; split by rows: the kernel fits the cache
 *     dx[rows, 8] = dy[rows, 1] . transpose(kernel[8, 1]), times the derivative of tanh */
static void dense_1_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict kernel, float *restrict input_gradient)
{
    float *turned = task->scratch; /* [1, 8] */
    if (task->opens)
        mnn_transpose(8, 1, kernel, 1, turned, 8);
    const int first = task->first, n = task->n;
    mnn_product(n, 8, 1, output_gradient + first * 1, 1, 1, turned, 8, input_gradient + first * 8, 8, 0);
    for (int j = first * 8, end = j + n * 8; j < end; j++) {
        const float y = input[j], g = input_gradient[j];
        input_gradient[j] = g * mnn_fma(-y, y, 1.0f);
    }
}
MNN_TASK(dense_1_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3])
