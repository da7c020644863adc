/* input (augment_noise_only.mnn:10): forward; loop; row by row; new random motion at every step
 *     out[rows, 6] = the samples of the batch,
 *     with noise of standard deviation 0.5 */
static void input_forward(const mnn_task *task, float *restrict output)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        mnn_prefetch(batch, i + 4, 6);
        float *out = output + i * 6;
        input_sample(batch, i, out);
        mnn_augment_noise(0.5f, batch, i, 6, out);
    }
}
MNN_TASK(input_forward, workspace + at[0])

/* input (augment_noise_only.mnn:10): inference
 *     out[rows, 6] = the samples unchanged */
static void input_predict(const mnn_task *task, float *restrict output)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        mnn_prefetch(batch, i + 4, 6);
        float *out = output + i * 6;
        input_sample(batch, i, out);
    }
}
MNN_TASK(input_predict, workspace + at[0])
