/* activation (softmax_middle.mnn:11): forward; loop; row by row
 *     largest[n, i, j] = max over k of in[n, i, j, k]
 *     power[n, i, j, k] = exp(in[n, i, j, k] - largest[n, i, j])
 *     sum[n, i, j] = sum over k of power[n, i, j, k]
 *     out[n, i, j, k] = power[n, i, j, k] / sum[n, i, j] */
static void activation_softmax_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[3] = (const float (*)[3])input;
    float (*restrict out)[3] = (float (*)[3])output;
    for (int place = first * 16; place < (first + n) * 16; place++) {
        float largest = -INFINITY;
        for (int k = 0; k < 3; k++)
            largest = in[place][k] > largest ? in[place][k] : largest;
        float power[3];
        for (int k = 0; k < 3; k++)
            power[k] = expf(in[place][k] - largest);
        float sum = 0.0f;
        for (int k = 0; k < 3; k++)
            sum += power[k];
        for (int k = 0; k < 3; k++)
            out[place][k] = power[k] / sum;
    }
}
MNN_TASK(activation_softmax_forward, workspace + at[0], workspace + at[1])

/* activation (softmax_middle.mnn:11): backward; loop; row by row
 *     sum[n, i, j] = sum over k of dout[n, i, j, k] * p[n, i, j, k]
 *     din[n, i, j, k] = y[n, i, j, k] > 0 ? p[n, i, j, k] * (dout[n, i, j, k] - sum[n, i, j]) : 0 */
static void activation_softmax_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict input, const float *restrict output, float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    const float (*restrict dout)[3] = (const float (*)[3])output_gradient;
    const float (*restrict p)[3] = (const float (*)[3])output;
    const float (*restrict y)[3] = (const float (*)[3])input;
    float (*restrict din)[3] = (float (*)[3])input_gradient;
    for (int place = first * 16; place < (first + n) * 16; place++) {
        float sum = 0.0f;
        for (int k = 0; k < 3; k++)
            sum = mnn_fma(dout[place][k], p[place][k], sum);
        for (int k = 0; k < 3; k++)
            din[place][k] = y[place][k] > 0.0f ? p[place][k] * (dout[place][k] - sum) : 0.0f;
    }
}
MNN_TASK(activation_softmax_backward, workspace + at[0], workspace + at[1], workspace + at[2], workspace + at[3])
