/* activation (softmax_middle.mnn:11): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 3]
 * loop; row by row */
static void activation_softmax_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int i = 0; i < n * 16; i++) {
        const float *z = conv2d_out + first * 48 + i * 3;
        float *p = activation_softmax + first * 48 + i * 3;
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

/* activation (softmax_middle.mnn:11): backward
 *     dz[i] = p[i] (dp[i] - sum over j of dp[j] p[j]), [rows, 3]
 * loop; row by row */
static void activation_softmax_backward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int i = 0; i < n * 16; i++) {
        const float *p = activation_softmax + first * 48 + i * 3;
        const float *dp = flatten_out_gradient + first * 48 + i * 3;
        float *dz = conv2d_out_gradient + first * 48 + i * 3;
        float sum = 0.0f;
        for (int j = 0; j < 3; j++)
            sum = mnn_fma(dp[j], p[j], sum);
        for (int j = 0; j < 3; j++)
            dz[j] = p[j] * (dp[j] - sum);
    }
    for (int j = first * 48, end = j + n * 48; j < end; j++) {
        const float y = conv2d_out[j], g = conv2d_out_gradient[j];
        conv2d_out_gradient[j] = y > 0.0f ? g : 0.0f;
    }
}
