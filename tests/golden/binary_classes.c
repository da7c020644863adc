/* loss (binary_classes.mnn:10): forward; loop; row by row
 *     row_loss[rows] = mean over the 4 outputs of
 *         -target * log(p) - (1.0 - target) * log(1.0 - p), with p = sigmoid(z) */
static void loss_forward(const mnn_task *task, const float *restrict input)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *z = input + i * 4;
        const int label = batch->labels[batch->index[i]];
        float sum = 0.0f;
        for (int j = 0; j < 4; j++) {
            const float x = z[j], t = (j == label ? 0.95f : 0.05f);
            sum += mnn_fma(-x, t, x > 0.0f ? x : 0.0f) + log1pf(expf(-fabsf(x)));
        }
        row_loss[i] = sum / 4.0f;
    }
}
MNN_TASK(loss_forward, workspace + at[0])

/* loss (binary_classes.mnn:10): backward; loop; row by row
 *     dz[rows, 4] = (p - target) / (4 rows): logarithm and sigmoid combined */
static void loss_backward(const mnn_task *task, const float *restrict prediction, float *restrict input_gradient)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    const float scale = 1.0f / 4.0f / (float)task->batch_rows;
    for (int i = first; i < first + n; i++) {
        const float *p = prediction + i * 4;
        float *dz = input_gradient + i * 4;
        const int label = batch->labels[batch->index[i]];
        for (int j = 0; j < 4; j++)
            dz[j] = (p[j] - (j == label ? 0.95f : 0.05f)) * scale;
    }
}
MNN_TASK(loss_backward, workspace + at[0], workspace + at[1])
