/* avgpool2d (avgpool.mnn:11): forward; loop; row by row
 *     count[i, j] = sum over r, s of 1
 *     out[n, i, j, k] = sum over r, s of in[n, i * 2 + r, j * 2 + s, k] / count[i, j] */
static void avgpool2d_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[6][6][3] = (const float (*)[6][6][3])input;
    float (*restrict out)[3][3][3] = (float (*)[3][3][3])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) {
                const int r_end = mnn_min(3, 6 - i * 2);
                const int s_end = mnn_min(3, 6 - j * 2);
                const float count = (float)(r_end * s_end);
                float sum[3];
                for (int k = 0; k < 3; k++)
                    sum[k] = 0.0f;
                for (int r = 0; r < r_end; r++)
                    for (int s = 0; s < s_end; s++)
                        for (int k = 0; k < 3; k++)
                            sum[k] += in[row][i * 2 + r][j * 2 + s][k];
                for (int k = 0; k < 3; k++)
                    out[row][i][j][k] = sum[k] / count;
            }
}
MNN_TASK(avgpool2d_forward, workspace + at[0], workspace + at[1])

/* avgpool2d (avgpool.mnn:11): backward; loop; row by row
 *     count[i, j] = sum over r, s of 1
 *     share[n, i, j, k] = dout[n, i, j, k] / count[i, j]
 *     din_2[n, i * 2 + r, j * 2 + s, k] += share[n, i, j, k]
 *     din[n, i, j, k] = din_2[n, i, j, k] * (1 - y[n, i, j, k] * y[n, i, j, k]) */
static void avgpool2d_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    float (*restrict din)[6][6][3] = (float (*)[6][6][3])input_gradient;
    const float (*restrict dout)[3][3][3] = (const float (*)[3][3][3])output_gradient;
    const float (*restrict y)[6][6][3] = (const float (*)[6][6][3])input;
    for (int row = first; row < first + n; row++) {
        memset(din[row], 0, sizeof din[row]);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) {
                const int r_end = mnn_min(3, 6 - i * 2);
                const int s_end = mnn_min(3, 6 - j * 2);
                const float count = (float)(r_end * s_end);
                float share[3];
                for (int k = 0; k < 3; k++)
                    share[k] = dout[row][i][j][k] / count;
                for (int r = 0; r < r_end; r++)
                    for (int s = 0; s < s_end; s++)
                        for (int k = 0; k < 3; k++)
                            din[row][i * 2 + r][j * 2 + s][k] += share[k];
            }
        for (int i = 0; i < 6; i++)
            for (int j = 0; j < 6; j++)
                for (int k = 0; k < 3; k++)
                    din[row][i][j][k] = din[row][i][j][k] * mnn_fma(-y[row][i][j][k], y[row][i][j][k], 1.0f);
    }
}
MNN_TASK(avgpool2d_backward, workspace + at[0], workspace + at[1], workspace + at[2])
