/* loss (mse_one_hot.mnn:15): forward
 *     row_loss[rows] = mean over the 4 outputs of (p - target) * (p - target)
 * loop; row by row */
static void loss_forward(const mnn_task *task)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *p = dense_softmax + i * 4;
        const int label = batch->labels[batch->index[i]];
        float sum = 0.0f;
        for (int j = 0; j < 4; j++) {
            const float d = p[j] - (j == label ? 1.0f : 0.0f);
            sum = mnn_fma(d, d, sum);
        }
        row_loss[i] = sum / 4.0f;
    }
}

/* loss (mse_one_hot.mnn:15): backward
 *     dp[rows, 4] = (2.0 * (p - target)) / (4 rows)
 * loop; row by row */
static void loss_backward(const mnn_task *task)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    const float scale = 2.0f / 4.0f / (float)task->batch_rows;
    for (int i = first; i < first + n; i++) {
        const float *p = dense_softmax + i * 4;
        float *dp = dense_softmax_gradient + i * 4;
        const int label = batch->labels[batch->index[i]];
        for (int j = 0; j < 4; j++) {
            const float d = p[j] - (j == label ? 1.0f : 0.0f);
            dp[j] = d * scale;
        }
    }
}

/* dense (mse_one_hot.mnn:11): backward
 *     dz[i] = p[i] (dp[i] - sum over j of dp[j] p[j]), [rows, 4]
 * loop; row by row */
static void dense_softmax_backward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int i = 0; i < n; i++) {
        const float *p = dense_softmax + first * 4 + i * 4;
        const float *dp = dense_softmax_gradient + first * 4 + i * 4;
        float *dz = dense_out_gradient + first * 4 + i * 4;
        float sum = 0.0f;
        for (int j = 0; j < 4; j++)
            sum = mnn_fma(dp[j], p[j], sum);
        for (int j = 0; j < 4; j++)
            dz[j] = p[j] * (dp[j] - sum);
    }
}
