/* loss (mse_one_hot.mnn:15): forward; loop; row by row
 *     row_loss[rows] = mean over the 4 outputs of (p - target) * (p - target) */
static void loss_forward(const mnn_task *task, const float *restrict input)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *p = input + i * 4;
        const int label = batch->labels[batch->index[i]];
        float sum = 0.0f;
        for (int j = 0; j < 4; j++) {
            const float d = p[j] - (j == label ? 1.0f : 0.0f);
            sum = mnn_fma(d, d, sum);
        }
        row_loss[i] = sum / 4.0f;
    }
}
MNN_TASK(loss_forward, workspace + at[0])

/* loss (mse_one_hot.mnn:15): backward; loop; row by row
 *     dp[rows, 4] = (2.0 * (p - target)) / (4 rows) */
static void loss_backward(const mnn_task *task, const float *restrict input, float *restrict input_gradient)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    const float scale = 2.0f / 4.0f / (float)task->batch_rows;
    for (int i = first; i < first + n; i++) {
        const float *p = input + i * 4;
        float *dp = input_gradient + i * 4;
        const int label = batch->labels[batch->index[i]];
        for (int j = 0; j < 4; j++) {
            const float d = p[j] - (j == label ? 1.0f : 0.0f);
            dp[j] = d * scale;
        }
    }
}
MNN_TASK(loss_backward, workspace + at[0], workspace + at[1])

/* dense (mse_one_hot.mnn:11): backward; loop; row by row
 *     sum[n] = sum over k of dout[n, k] * p[n, k]
 *     din[n, i] = p[n, i] * (dout[n, i] - sum[n]) */
static void dense_softmax_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict output, float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    const float (*restrict dout)[4] = (const float (*)[4])output_gradient;
    const float (*restrict p)[4] = (const float (*)[4])output;
    float (*restrict din)[4] = (float (*)[4])input_gradient;
    for (int row = first; row < first + n; row++) {
        float sum = 0.0f;
        for (int k = 0; k < 4; k++)
            sum = mnn_fma(dout[row][k], p[row][k], sum);
        for (int i = 0; i < 4; i++)
            din[row][i] = p[row][i] * (dout[row][i] - sum);
    }
}
MNN_TASK(dense_softmax_backward, workspace + at[0], workspace + at[1], workspace + at[2])
