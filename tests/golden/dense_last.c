/* dense (dense_last.mnn:7): forward; tiles in registers, read from the image; image by image
 *     out[rows, 6, 8, 5] = relu(in[rows, 6, 8, 2] * kernel[2, 5] + bias) */
static void dense_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = output + i * 240;
        const float *in = input + i * 96;
        mnn_grid_product(6, 8, 5, 2, 1, in, 16, 2, 16, kernel, 5, 10, out, 40, 5);
        for (int j = 0; j < 48; j++)
            for (int k = 0; k < 5; k++) {
                const float sum = out[j * 5 + k] + bias[k];
                out[j * 5 + k] = sum < 0.0f ? 0.0f : sum;
            }
    }
}
MNN_TASK(dense_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* dense_1 (dense_last.mnn:9): forward; loop; row by row
 *     out[n, i, k] = sum over c of in[n, i, 0, c] * kernel[0, c, 0, k] */
static void dense_1_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel_values,
        float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[1][5] = (const float (*)[1][5])input;
    const float (*restrict kernel)[5][1][4] = (const float (*)[5][1][4])kernel_values;
    float (*restrict out)[4] = (float (*)[4])output;
    for (int place = first * 48; place < (first + n) * 48; place++) {
        float sum[4];
        for (int k = 0; k < 4; k++)
            sum[k] = 0.0f;
        for (int c = 0; c < 5; c++) {
            const float x = in[place][0][c];
            const float *weight = kernel[0][c][0];
            for (int k = 0; k < 4; k++)
                sum[k] = mnn_fma(x, weight[k], sum[k]);
        }
        for (int k = 0; k < 4; k++)
            out[place][k] = sum[k];
    }
}
MNN_TASK(dense_1_forward, workspace + at[0], params + at[1], workspace + at[2])

/* dense_2 (dense_last.mnn:10): forward; loop; row by row
 *     sum[n, i, k] = sum over c of in[n, i, 0, c] * kernel[0, c, 0, k]
 *     out[n, i, k] = sum[n, i, k] + bias[k] */
static void dense_2_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel_values,
        const float *restrict bias, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[1][4] = (const float (*)[1][4])input;
    const float (*restrict kernel)[4][1][3] = (const float (*)[4][1][3])kernel_values;
    float (*restrict out)[3] = (float (*)[3])output;
    for (int place = first * 48; place < (first + n) * 48; place++) {
        float sum[3];
        for (int k = 0; k < 3; k++)
            sum[k] = 0.0f;
        for (int c = 0; c < 4; c++) {
            const float x = in[place][0][c];
            const float *weight = kernel[0][c][0];
            for (int k = 0; k < 3; k++)
                sum[k] = mnn_fma(x, weight[k], sum[k]);
        }
        for (int k = 0; k < 3; k++)
            out[place][k] = sum[k] + bias[k];
    }
}
MNN_TASK(dense_2_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* dense (dense_last.mnn:7): backward; tiles in registers, read from the image; image by image
 *     partial sums, one per piece:
 *     dkernel[2, 5] = transpose(patches[48, 2]) . dz[48, 5], dbias = sum of dz */
static void dense_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        float *restrict partials)
{
    const int first = task->first, n = task->n;
    float *dkernel = partials + task->piece * 15;
    float *dbias = dkernel + 10;
    memset(dkernel, 0, 15 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 96;
        const float *dy = output_gradient + i * 240;
        for (int r = 0; r < 1; r++)
            mnn_nested_product(2, 5, 8, 6, in + r * 16, 1, 2, 16, dy, 5, 40, dkernel + r * 10, 5, 1);
        for (int j = 0; j < 48; j++)
            for (int k = 0; k < 5; k++)
                dbias[k] += dy[j * 5 + k];
    }
}
MNN_TASK(dense_backward, workspace + at[0], workspace + at[1], workspace + at[2])
