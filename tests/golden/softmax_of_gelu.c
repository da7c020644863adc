/* loss (softmax_of_gelu.mnn:16): backward; loop; row by row
 *     dz[rows, 4] = (p - target) / rows: logarithm and softmax combined */
static void loss_backward(const mnn_task *task, const float *restrict point, const float *restrict prediction,
        float *restrict input_gradient)
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
        for (int j = i * 4, end = j + 4; j < end; j++) {
            const float x = point[j], g = input_gradient[j];
            const float below = 0.5f * (1.0f + erff(0.70710677f * x));
            input_gradient[j] = g * mnn_fma(x * 0.3989423f, expf(-0.5f * x * x), below);
        }
    }
}
MNN_TASK(loss_backward, workspace + at[0], workspace + at[1], workspace + at[2])
