/* dropout (dropout.mnn:10): forward; loop; row by row
 *     out[rows, 16] = 0 with probability 0.1, else in * 1.1111111111111112 */
static void dropout_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 16;
        float *out = output + i * 16;
        const uint64_t block = (batch->step * 32 + (uint64_t)(batch->first_row + i)) * 4;
        for (int j = 0; j < 16; j += MNN_RANDOM_WORDS) {
            uint32_t bits[MNN_RANDOM_WORDS];
            mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 0, 0, block + (uint64_t)(j / 4), bits);
            for (int k = 0; k < mnn_min(MNN_RANDOM_WORDS, 16 - j); k++)
                out[j + k] = mnn_uniform(bits[k]) < 0.1f ? 0.0f : in[j + k] * 1.1111112f;
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
 *     out[rows, 12] = 0 with probability 0.5, else in * 2.0 */
static void dropout_1_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 12;
        float *out = output + i * 12;
        const uint64_t block = (batch->step * 32 + (uint64_t)(batch->first_row + i)) * 3;
        for (int j = 0; j < 12; j += MNN_RANDOM_WORDS) {
            uint32_t bits[MNN_RANDOM_WORDS];
            mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 1, 0, block + (uint64_t)(j / 4), bits);
            for (int k = 0; k < mnn_min(MNN_RANDOM_WORDS, 12 - j); k++)
                out[j + k] = mnn_uniform(bits[k]) < 0.5f ? 0.0f : in[j + k] * 2.0f;
        }
    }
}
MNN_TASK(dropout_1_forward, workspace + at[0], workspace + at[1])

/* dropout_1 (dropout.mnn:12): backward; loop; row by row
 *     dx[rows, 12] = dy with the same mask as forward */
static void dropout_1_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        float *restrict input_gradient)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *in = output_gradient + i * 12;
        float *out = input_gradient + i * 12;
        const uint64_t block = (batch->step * 32 + (uint64_t)(batch->first_row + i)) * 3;
        for (int j = 0; j < 12; j += MNN_RANDOM_WORDS) {
            uint32_t bits[MNN_RANDOM_WORDS];
            mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 1, 0, block + (uint64_t)(j / 4), bits);
            for (int k = 0; k < mnn_min(MNN_RANDOM_WORDS, 12 - j); k++)
                out[j + k] = mnn_uniform(bits[k]) < 0.5f ? 0.0f : in[j + k] * 2.0f;
        }
        for (int j = i * 12, end = j + 12; j < end; j++) {
            const float y = input[j], g = input_gradient[j];
            input_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}
MNN_TASK(dropout_1_backward, workspace + at[0], workspace + at[1], workspace + at[2])
