/* loss (label_smoothing.mnn:10): forward; loop; row by row
 *     row_loss[rows] = log(sum over j of exp(z[j])) - sum over j of target[j] z[j]
 *     = -sum over j of target[j] log(p[j]); target is 0.925 at the label and 0.025 elsewhere */
static void loss_forward(const mnn_task *task, const float *restrict input)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *z = input + i * 4;
        const int label = batch->labels[batch->index[i]];
        float largest = z[0], sum = 0.0f;
        for (int j = 1; j < 4; j++)
            largest = z[j] > largest ? z[j] : largest;
        for (int j = 0; j < 4; j++)
            sum += expf(z[j] - largest);
        float product = 0.0f; /* of target and z - largest */
        for (int j = 0; j < 4; j++)
            product = mnn_fma((j == label ? 0.925f : 0.025f), z[j] - largest, product);
        row_loss[i] = logf(sum) - product;
    }
}
MNN_TASK(loss_forward, workspace + at[0])

/* loss (label_smoothing.mnn:10): backward; loop; row by row
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
            dz[j] = (p[j] - (j == label ? 0.925f : 0.025f)) * scale;
    }
}
MNN_TASK(loss_backward, workspace + at[0], workspace + at[1])
