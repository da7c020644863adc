/* conv2d_transpose (conv2d_transpose.mnn:8): forward; loop; row by row
 *     sum[n, i, p, j, q, k] = sum over r, s, c of in[n, i - r, j - s, c] * kernel[p + r * 2, q + s * 2, k, c]
 *     out[n, i, p, j, q, k] = sum[n, i, p, j, q, k] + bias[k] */
MNN_KEEP_CONDITIONS
static void conv2d_transpose_forward(const mnn_task *task, const float *restrict input,
        const float *restrict kernel_values, const float *restrict bias, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[4][5][2] = (const float (*)[4][5][2])input;
    const float (*restrict kernel)[3][3][2] = (const float (*)[3][3][2])kernel_values;
    float (*restrict out)[4][2][5][2][3] = (float (*)[4][2][5][2][3])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 4; i++)
            for (int p = 0; p < 2; p++)
                for (int j = 0; j < 5; j++)
                    for (int q = 0; q < 2; q++)
                        for (int k = 0; k < 3; k++) {
                            float sum = 0.0f;
                            const int r_end = mnn_min(2, (4 - p) / 2);
                            const int s_end = mnn_min(2, (4 - q) / 2);
                            for (int r = 0; r < r_end; r++)
                                if (i - r >= 0)
                                    for (int s = 0; s < s_end; s++)
                                        if (j - s >= 0)
                                            for (int c = 0; c < 2; c++)
                                                sum = mnn_fma(in[row][i - r][j - s][c],
                                                        kernel[p + r * 2][q + s * 2][k][c], sum);
                            out[row][i][p][j][q][k] = sum + bias[k];
                        }
}
MNN_TASK(conv2d_transpose_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* conv1d_transpose (conv2d_transpose.mnn:11): forward; loop; row by row
 *     sum[n, i, p, k] = sum over r, c of in[n, i - r, c] * kernel[p + r * 2, k, c]
 *     out[n, i, p, k] = sum[n, i, p, k] + bias[k] */
MNN_KEEP_CONDITIONS
static void conv1d_transpose_forward(const mnn_task *task, const float *restrict input,
        const float *restrict kernel_values, const float *restrict bias, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[240][2] = (const float (*)[240][2])input;
    const float (*restrict kernel)[3][2] = (const float (*)[3][2])kernel_values;
    float (*restrict out)[241][2][3] = (float (*)[241][2][3])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 241; i++)
            for (int p = 0; p < 2; p++)
                for (int k = 0; k < 3; k++) {
                    float sum = 0.0f;
                    for (int r = 0; r < 2; r++)
                        if (i - r >= 0 && i - r < 240)
                            for (int c = 0; c < 2; c++)
                                sum = mnn_fma(in[row][i - r][c], kernel[p + r * 2][k][c], sum);
                    out[row][i][p][k] = sum + bias[k];
                }
}
MNN_TASK(conv1d_transpose_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* conv1d_transpose (conv2d_transpose.mnn:11): backward; loop; row by row
 *     dsum[n, i, p, k] = dout[n, i, p, k]
 *     dbias[k] += dout[n, i, p, k]
 *     din[n, i - r, c] += dsum[n, i, p, k] * kernel[p + r * 2, k, c]
 *     dkernel[p + r * 2, k, c] += dsum[n, i, p, k] * in[n, i - r, c] */
MNN_KEEP_CONDITIONS
static void conv1d_transpose_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict input, const float *restrict kernel_values, float *restrict input_gradient,
        float *restrict partials)
{
    const int first = task->first, n = task->n;
    float *restrict dbias = partials + task->piece * 27 + 24;
    float (*restrict dkernel)[3][2] = (float (*)[3][2])(partials + task->piece * 27);
    float (*restrict din)[240][2] = (float (*)[240][2])input_gradient;
    const float (*restrict dout)[241][2][3] = (const float (*)[241][2][3])output_gradient;
    const float (*restrict dout_2)[241][2][3] = (const float (*)[241][2][3])output_gradient;
    const float (*restrict kernel)[3][2] = (const float (*)[3][2])kernel_values;
    const float (*restrict in)[240][2] = (const float (*)[240][2])input;
    memset(dbias, 0, 3 * sizeof(float));
    memset(dkernel, 0, 24 * sizeof(float));
    for (int row = first; row < first + n; row++) {
        memset(din[row], 0, sizeof din[row]);
        for (int i = 0; i < 241; i++)
            for (int p = 0; p < 2; p++)
                for (int k = 0; k < 3; k++) {
                    const float dsum = dout[row][i][p][k];
                    dbias[k] += dout_2[row][i][p][k];
                    for (int r = 0; r < 2; r++)
                        if (i - r >= 0 && i - r < 240)
                            for (int c = 0; c < 2; c++)
                                din[row][i - r][c] = mnn_fma(dsum, kernel[p + r * 2][k][c], din[row][i - r][c]);
                    for (int r = 0; r < 2; r++)
                        if (i - r >= 0 && i - r < 240)
                            for (int c = 0; c < 2; c++)
                                dkernel[p + r * 2][k][c] = mnn_fma(dsum, in[row][i - r][c], dkernel[p + r * 2][k][c]);
                }
    }
}
MNN_TASK(conv1d_transpose_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3],
        workspace + at[4])

/* conv2d_transpose (conv2d_transpose.mnn:8): backward; loop; row by row
 *     dsum[n, i, p, j, q, k] = dout[n, i, p, j, q, k]
 *     dbias[k] += dout[n, i, p, j, q, k]
 *     dkernel[p + r * 2, q + s * 2, k, c] += dsum[n, i, p, j, q, k] * in[n, i - r, j - s, c] */
MNN_KEEP_CONDITIONS
static void conv2d_transpose_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict input, float *restrict partials)
{
    const int first = task->first, n = task->n;
    float *restrict dbias = partials + task->piece * 57 + 54;
    float (*restrict dkernel)[3][3][2] = (float (*)[3][3][2])(partials + task->piece * 57);
    const float (*restrict dout)[4][2][5][2][3] = (const float (*)[4][2][5][2][3])output_gradient;
    const float (*restrict dout_2)[4][2][5][2][3] = (const float (*)[4][2][5][2][3])output_gradient;
    const float (*restrict in)[4][5][2] = (const float (*)[4][5][2])input;
    memset(dbias, 0, 3 * sizeof(float));
    memset(dkernel, 0, 54 * sizeof(float));
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 4; i++)
            for (int p = 0; p < 2; p++)
                for (int j = 0; j < 5; j++)
                    for (int q = 0; q < 2; q++)
                        for (int k = 0; k < 3; k++) {
                            const float dsum = dout[row][i][p][j][q][k];
                            dbias[k] += dout_2[row][i][p][j][q][k];
                            const int r_end = mnn_min(2, (4 - p) / 2);
                            const int s_end = mnn_min(2, (4 - q) / 2);
                            for (int r = 0; r < r_end; r++)
                                if (i - r >= 0)
                                    for (int s = 0; s < s_end; s++)
                                        if (j - s >= 0)
                                            for (int c = 0; c < 2; c++)
                                                dkernel[p + r * 2][q + s * 2][k][c] = mnn_fma(dsum,
                                                        in[row][i - r][j - s][c], dkernel[p + r * 2][q + s * 2][k][c]);
                        }
}
MNN_TASK(conv2d_transpose_backward, workspace + at[0], workspace + at[1], workspace + at[2])
