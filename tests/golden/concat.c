/* concat (concat.mnn:10): forward; loop; row by row
 *     part[n, i, j, k] = in[n, i, j, k]
 *     part_2[n, i, j, k] = in_2[n, i, j, k - 2]
 *     out[n, i, j, k] = part[n, i, j, k] + part_2[n, i, j, k] */
static void concat_forward(const mnn_task *task, const float *restrict input, const float *restrict input_2,
        float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[2] = (const float (*)[2])input;
    const float (*restrict in_2)[3] = (const float (*)[3])input_2;
    float (*restrict out)[5] = (float (*)[5])output;
    for (int place = first * 48; place < (first + n) * 48; place++) {
        float part[5];
        for (int k = 0; k < 5; k++)
            part[k] = 0.0f;
        for (int k = 0; k < 2; k++)
            part[k] += in[place][k];
        float part_2[5];
        for (int k = 0; k < 5; k++)
            part_2[k] = 0.0f;
        for (int k = 2; k < 5; k++)
            part_2[k] += in_2[place][k - 2];
        for (int k = 0; k < 5; k++)
            out[place][k] = part[k] + part_2[k];
    }
}
MNN_TASK(concat_forward, workspace + at[0], workspace + at[1], workspace + at[2])

/* concat_1 (concat.mnn:12): forward; loop; row by row
 *     part[n, i, j, k] = in[n, i, j, k]
 *     part_2[n, i, j, k] = in_2[n, i - 4, j, k]
 *     out[n, i, j, k] = part[n, i, j, k] + part_2[n, i, j, k] */
MNN_KEEP_CONDITIONS
static void concat_1_forward(const mnn_task *task, const float *restrict input, const float *restrict input_2,
        float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[4][8][5] = (const float (*)[4][8][5])input;
    const float (*restrict in_2)[6][8][5] = (const float (*)[6][8][5])input_2;
    float (*restrict out)[10][8][5] = (float (*)[10][8][5])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 10; i++) {
            float part[8][5];
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 5; k++)
                    part[j][k] = 0.0f;
            if (i < 4)
                for (int j = 0; j < 8; j++)
                    for (int k = 0; k < 5; k++)
                        part[j][k] += in[row][i][j][k];
            float part_2[8][5];
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 5; k++)
                    part_2[j][k] = 0.0f;
            if (i - 4 >= 0)
                for (int j = 0; j < 8; j++)
                    for (int k = 0; k < 5; k++)
                        part_2[j][k] += in_2[row][i - 4][j][k];
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 5; k++)
                    out[row][i][j][k] = part[j][k] + part_2[j][k];
        }
}
MNN_TASK(concat_1_forward, workspace + at[0], workspace + at[1], workspace + at[2])

/* concat (concat.mnn:10): backward; loop; row by row
 *     din[n, i, j, k - 2] += dout[n, i, j, k]
 *     din_2[n, i, j, k] += dout[n, i, j, k] */
static void concat_backward(const mnn_task *task, const float *restrict output_gradient, float *restrict input_gradient,
        float *restrict input_gradient_2)
{
    const int first = task->first, n = task->n;
    float (*restrict din)[3] = (float (*)[3])input_gradient_2;
    float (*restrict din_2)[2] = (float (*)[2])input_gradient;
    const float (*restrict dout)[5] = (const float (*)[5])output_gradient;
    for (int place = first * 48; place < (first + n) * 48; place++) {
        memset(din[place], 0, sizeof din[place]);
        memset(din_2[place], 0, sizeof din_2[place]);
        for (int k = 2; k < 5; k++)
            din[place][k - 2] += dout[place][k];
        for (int k = 0; k < 2; k++)
            din_2[place][k] += dout[place][k];
    }
}
MNN_TASK(concat_backward, workspace + at[0], workspace + at[1], workspace + at[2])
