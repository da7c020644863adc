/* multiply (multiply.mnn:10): forward; loop; row by row
 *     out[n, i, j, k] = a[n, 0, 0, k] * b[n, i, j, k] */
static void multiply_forward(const mnn_task *task, const float *restrict input, const float *restrict input_2,
        float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict a)[1][1][3] = (const float (*)[1][1][3])input;
    const float (*restrict b)[6][8][3] = (const float (*)[6][8][3])input_2;
    float (*restrict out)[6][8][3] = (float (*)[6][8][3])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 6; i++)
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 3; k++)
                    out[row][i][j][k] = a[row][0][0][k] * b[row][i][j][k];
}
MNN_TASK(multiply_forward, workspace + at[0], workspace + at[1], workspace + at[2])

/* multiply_1 (multiply.mnn:12): forward; loop; row by row
 *     out[n, i, j, k] = a[n, i, j, k] * b[n, i, j, k] * b[n, i, j, k] */
static void multiply_1_forward(const mnn_task *task, const float *restrict input, const float *restrict input_2,
        float *restrict output, int size)
{
    const int first = task->first, n = task->n;
    for (int j = first * size; j < (first + n) * size; j++)
        output[j] = input[j] * input_2[j] * input_2[j];
}
MNN_TASK(multiply_1_forward, workspace + at[0], workspace + at[1], workspace + at[2], at[3])

/* multiply_1 (multiply.mnn:12): backward; loop; row by row
 *     da_2[n, i, j, k] = dout[n, i, j, k] * b[n, i, j, k]
 *     da[n, i, j, k] = da_2[n, i, j, k] * b[n, i, j, k]
 *     db[n, i, j, k] = dout[n, i, j, k] * (a[n, i, j, k] * b[n, i, j, k]) + da_2[n, i, j, k] * a[n, i, j, k] */
static void multiply_1_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict input, const float *restrict input_2, float *restrict input_gradient,
        float *restrict input_gradient_2, int size)
{
    const int first = task->first, n = task->n;
    for (int j = first * size; j < (first + n) * size; j++) {
        const float da = output_gradient[j] * input_2[j];
        input_gradient[j] = da * input_2[j];
        input_gradient_2[j] = mnn_fma(output_gradient[j], input[j] * input_2[j], da * input[j]);
    }
}
MNN_TASK(multiply_1_backward, workspace + at[0], workspace + at[1], workspace + at[2], workspace + at[3],
        workspace + at[4], at[5])

/* multiply (multiply.mnn:10): backward; loop; row by row
 *     da[n, z1, z2, k] = sum over i, j of dout[n, i, j, k] * b[n, i, j, k]
 *     db[n, i, j, k] = dout[n, i, j, k] * a[n, 0, 0, k] */
static void multiply_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict input_2, float *restrict input_gradient, float *restrict input_gradient_2)
{
    const int first = task->first, n = task->n;
    const float (*restrict dout)[6][8][3] = (const float (*)[6][8][3])output_gradient;
    const float (*restrict b)[6][8][3] = (const float (*)[6][8][3])input_2;
    float (*restrict da)[1][1][3] = (float (*)[1][1][3])input_gradient;
    const float (*restrict a)[1][1][3] = (const float (*)[1][1][3])input;
    float (*restrict db)[6][8][3] = (float (*)[6][8][3])input_gradient_2;
    for (int row = first; row < first + n; row++) {
        for (int z1 = 0; z1 < 1; z1++)
            for (int z2 = 0; z2 < 1; z2++) {
                float sum[3];
                for (int k = 0; k < 3; k++)
                    sum[k] = 0.0f;
                for (int i = 0; i < 6; i++)
                    for (int j = 0; j < 8; j++)
                        for (int k = 0; k < 3; k++)
                            sum[k] = mnn_fma(dout[row][i][j][k], b[row][i][j][k], sum[k]);
                for (int k = 0; k < 3; k++)
                    da[row][z1][z2][k] = sum[k];
            }
        for (int i = 0; i < 6; i++)
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 3; k++)
                    db[row][i][j][k] = dout[row][i][j][k] * a[row][0][0][k];
    }
}
MNN_TASK(multiply_backward, workspace + at[0], workspace + at[1], workspace + at[2], workspace + at[3],
        workspace + at[4])
