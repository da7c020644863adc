/* activation (softmax_middle.mnn:11): forward; loop; row by row
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 3] */
static void activation_softmax_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    for (int i = 0; i < n * 16; i++) {
        const float *z = input + first * 48 + i * 3;
        float *p = output + first * 48 + i * 3;
        float largest = z[0], sum = 0.0f;
        for (int j = 1; j < 3; j++)
            largest = z[j] > largest ? z[j] : largest;
        for (int j = 0; j < 3; j++) {
            p[j] = expf(z[j] - largest);
            sum += p[j];
        }
        for (int j = 0; j < 3; j++)
            p[j] /= sum;
    }
}
MNN_TASK(activation_softmax_forward, workspace + at[0], workspace + at[1])

/* activation (softmax_middle.mnn:11): backward; loop; row by row
 *     dz[i] = p[i] (dp[i] - sum over j of dp[j] p[j]), [rows, 3] */
static void activation_softmax_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict input, const float *restrict output, float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    for (int i = 0; i < n * 16; i++) {
        const float *p = output + first * 48 + i * 3;
        const float *dp = output_gradient + first * 48 + i * 3;
        float *dz = input_gradient + first * 48 + i * 3;
        float sum = 0.0f;
        for (int j = 0; j < 3; j++)
            sum = mnn_fma(dp[j], p[j], sum);
        for (int j = 0; j < 3; j++)
            dz[j] = p[j] * (dp[j] - sum);
    }
    for (int j = first * 48, end = j + n * 48; j < end; j++) {
        const float y = input[j], g = input_gradient[j];
        input_gradient[j] = y > 0.0f ? g : 0.0f;
    }
}
MNN_TASK(activation_softmax_backward, workspace + at[0], workspace + at[1], workspace + at[2], workspace + at[3])
