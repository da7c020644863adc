/* conv1d (conv1d.mnn:8): forward; loop; row by row
 *     sum[n, i, k] = sum over r, c of in[n, i + r, 0, c] * kernel[r, c, 0, k]
 *     out[n, i, k] = sum[n, i, k] + bias[k] */
static void conv1d_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel_values,
        const float *restrict bias, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[16][1][4] = (const float (*)[16][1][4])input;
    const float (*restrict kernel)[4][1][6] = (const float (*)[4][1][6])kernel_values;
    float (*restrict out)[14][6] = (float (*)[14][6])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 14; i++) {
            float sum[6];
            for (int k = 0; k < 6; k++)
                sum[k] = 0.0f;
            for (int r = 0; r < 3; r++)
                for (int c = 0; c < 4; c++) {
                    const float x = in[row][i + r][0][c];
                    const float *weight = kernel[r][c][0];
                    for (int k = 0; k < 6; k++)
                        sum[k] = mnn_fma(x, weight[k], sum[k]);
                }
            for (int k = 0; k < 6; k++)
                out[row][i][k] = sum[k] + bias[k];
        }
}
MNN_TASK(conv1d_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* conv1d_1 (conv1d.mnn:9): forward; loop; row by row
 *     out[n, i, g, k] = sum over r, c of in[n, i * 2 + r, g, c] * kernel[r, c, g, k] */
static void conv1d_1_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel_values,
        float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[14][2][3] = (const float (*)[14][2][3])input;
    const float (*restrict kernel)[3][2][2] = (const float (*)[3][2][2])kernel_values;
    float (*restrict out)[7][2][2] = (float (*)[7][2][2])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 7; i++)
            for (int g = 0; g < 2; g++) {
                float sum[2];
                for (int k = 0; k < 2; k++)
                    sum[k] = 0.0f;
                for (int r = 0; r < 2; r++)
                    for (int c = 0; c < 3; c++) {
                        const float x = in[row][i * 2 + r][g][c];
                        const float *weight = kernel[r][c][g];
                        for (int k = 0; k < 2; k++)
                            sum[k] = mnn_fma(x, weight[k], sum[k]);
                    }
                for (int k = 0; k < 2; k++)
                    out[row][i][g][k] = sum[k];
            }
}
MNN_TASK(conv1d_1_forward, workspace + at[0], params + at[1], workspace + at[2])

/* conv1d_2 (conv1d.mnn:10): forward; loop; row by row
 *     sum[n, i, k] = sum over r, c of in[n, i + r * 2 - 2, 0, c] * kernel[r, c, 0, k]
 *     out[n, i, k] = sum[n, i, k] + bias[k] */
static void conv1d_2_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel_values,
        const float *restrict bias, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[7][1][4] = (const float (*)[7][1][4])input;
    const float (*restrict kernel)[4][1][4] = (const float (*)[4][1][4])kernel_values;
    float (*restrict out)[7][4] = (float (*)[7][4])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 7; i++) {
            float sum[4];
            for (int k = 0; k < 4; k++)
                sum[k] = 0.0f;
            const int r_first = mnn_max(0, (3 - i) / 2);
            const int r_end = mnn_min(3, (10 - i) / 2);
            for (int r = r_first; r < r_end; r++)
                for (int c = 0; c < 4; c++) {
                    const float x = in[row][i + r * 2 - 2][0][c];
                    const float *weight = kernel[r][c][0];
                    for (int k = 0; k < 4; k++)
                        sum[k] = mnn_fma(x, weight[k], sum[k]);
                }
            for (int k = 0; k < 4; k++)
                out[row][i][k] = sum[k] + bias[k];
        }
}
MNN_TASK(conv1d_2_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* conv1d_1 (conv1d.mnn:9): backward; loop; row by row
 *     din_2[n, i * 2 + r, g, c] += dout[n, i, g, k] * kernel[r, c, g, k]
 *     dkernel[r, c, g, k] += dout[n, i, g, k] * in[n, i * 2 + r, g, c]
 *     din[n, i, j] = in[n, i, j] > 0 ? din_2[n, i, j] : 0 */
static void conv1d_1_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict kernel_values, float *restrict input_gradient, float *restrict partials)
{
    const int first = task->first, n = task->n;
    float (*restrict dkernel)[3][2][2] = (float (*)[3][2][2])(partials + task->piece * 24);
    const float (*restrict dout)[7][2][2] = (const float (*)[7][2][2])output_gradient;
    const float (*restrict kernel)[3][2][2] = (const float (*)[3][2][2])kernel_values;
    const float (*restrict dout_2)[7][2][2] = (const float (*)[7][2][2])output_gradient;
    const float (*restrict in)[14][2][3] = (const float (*)[14][2][3])input;
    const float (*restrict y)[14][6] = (const float (*)[14][6])input;
    float (*restrict din_2)[14][6] = (float (*)[14][6])input_gradient;
    memset(dkernel, 0, 24 * sizeof(float));
    for (int row = first; row < first + n; row++) {
        float din[14][2][3] = {0};
        for (int i = 0; i < 7; i++)
            for (int g = 0; g < 2; g++)
                for (int k = 0; k < 2; k++) {
                    for (int r = 0; r < 2; r++)
                        for (int c = 0; c < 3; c++)
                            din[i * 2 + r][g][c] = mnn_fma(dout[row][i][g][k], kernel[r][c][g][k],
                                    din[i * 2 + r][g][c]);
                    for (int c = 0; c < 3; c++)
                        for (int k2 = 0; k2 < 2; k2++)
                            dkernel[k][c][g][k2] = mnn_fma(dout_2[row][i][g][k2], in[row][i * 2 + k][g][c],
                                    dkernel[k][c][g][k2]);
                }
        for (int i = 0; i < 14; i++)
            for (int j = 0; j < 6; j++)
                din_2[row][i][j] = y[row][i][j] > 0.0f ? ((float (*)[6])din)[i][j] : 0.0f;
    }
}
MNN_TASK(conv1d_1_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3], workspace + at[4])

/* conv1d_1 (conv1d.mnn:9): gradients of the parameters; sum; partial sums in a fixed order
 *     dkernel = sum of the partial sums of the pieces, in order */
static void conv1d_1_gradients(const mnn_task *task, const float *restrict partials, float *restrict kernel_gradient,
        int kernel_size)
{
    const int rows = task->rows;
    const int pieces = (rows + 31) / 32, stride = kernel_size;
    mnn_sum_pieces(kernel_gradient, partials, kernel_size, stride, pieces);
}
MNN_TASK(conv1d_1_gradients, workspace + at[0], grads + at[1], at[2])
