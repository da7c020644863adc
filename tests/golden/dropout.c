/* dropout (dropout.mnn:10): forward; loop; row by row
 *     out[n, i] = uniform[n, i] < 0.10000000149011612 ? 0 : in[n, i] * 1.1111111111111112 */
static void dropout_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    const float (*restrict in)[16] = (const float (*)[16])input;
    float (*restrict out)[16] = (float (*)[16])output;
    for (int row = first; row < first + n; row++) {
        const uint64_t block = (batch->step * 32 + (uint64_t)(batch->first_row + row)) * 4;
        for (int j = 0; j < 16; j += MNN_RANDOM_WORDS) {
            uint32_t bits[MNN_RANDOM_WORDS];
            mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 0, 0, block + (uint64_t)(j / 4), bits);
            for (int k = 0; k < mnn_min(MNN_RANDOM_WORDS, 16 - j); k++)
                out[row][j + k] = mnn_uniform(bits[k]) < 0.1f ? 0.0f : in[row][j + k] * 1.1111112f;
        }
    }
}
MNN_TASK(dropout_forward, workspace + at[0], workspace + at[1])

/* dropout (dropout.mnn:10): inference
 *     out[rows, 16] = in: nothing is dropped */
static void dropout_predict(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    memcpy(output + first * 16, input + first * 16, (size_t)n * 16 * sizeof(float));
}
MNN_TASK(dropout_predict, workspace + at[0], workspace + at[1])

/* dropout_1 (dropout.mnn:12): forward; loop; row by row
 *     out[n, i] = uniform[n, i] < 0.5 ? 0 : in[n, i] * 2 */
static void dropout_1_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    const float (*restrict in)[12] = (const float (*)[12])input;
    float (*restrict out)[12] = (float (*)[12])output;
    for (int row = first; row < first + n; row++) {
        const uint64_t block = (batch->step * 32 + (uint64_t)(batch->first_row + row)) * 3;
        for (int j = 0; j < 12; j += MNN_RANDOM_WORDS) {
            uint32_t bits[MNN_RANDOM_WORDS];
            mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 1, 0, block + (uint64_t)(j / 4), bits);
            for (int k = 0; k < mnn_min(MNN_RANDOM_WORDS, 12 - j); k++)
                out[row][j + k] = mnn_uniform(bits[k]) < 0.5f ? 0.0f : in[row][j + k] * 2.0f;
        }
    }
}
MNN_TASK(dropout_1_forward, workspace + at[0], workspace + at[1])

/* dropout_1 (dropout.mnn:12): backward; loop; row by row
 *     din[n, i] = y[n, i] > 0 ? (uniform[n, i] < 0.5 ? 0 : dout[n, i] * 2) : 0 */
static void dropout_1_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        float *restrict input_gradient)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    const float (*restrict y)[12] = (const float (*)[12])input;
    const float (*restrict dout)[12] = (const float (*)[12])output_gradient;
    float (*restrict din)[12] = (float (*)[12])input_gradient;
    for (int row = first; row < first + n; row++) {
        const uint64_t block = (batch->step * 32 + (uint64_t)(batch->first_row + row)) * 3;
        for (int j = 0; j < 12; j += MNN_RANDOM_WORDS) {
            uint32_t bits[MNN_RANDOM_WORDS];
            mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 1, 0, block + (uint64_t)(j / 4), bits);
            for (int k = 0; k < mnn_min(MNN_RANDOM_WORDS, 12 - j); k++)
                din[row][j + k] = y[row][j + k] > 0.0f ? (mnn_uniform(bits[k]) < 0.5f ? 0.0f : dout[row][j + k] * 2.0f)
                        : 0.0f;
        }
    }
}
MNN_TASK(dropout_1_backward, workspace + at[0], workspace + at[1], workspace + at[2])
