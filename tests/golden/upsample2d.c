/* upsample2d (upsample2d.mnn:9): forward; loop; row by row
 *     out[n, i, r, j, s, k] = in[n, i, j, k] */
static void upsample2d_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[4][3] = (const float (*)[4][3])input;
    float (*restrict out)[2][4][2][3] = (float (*)[2][4][2][3])output;
    for (int place = first * 3; place < (first + n) * 3; place++)
        for (int r = 0; r < 2; r++)
            for (int j = 0; j < 4; j++)
                for (int s = 0; s < 2; s++)
                    for (int k = 0; k < 3; k++)
                        out[place][r][j][s][k] = in[place][j][k];
}
MNN_TASK(upsample2d_forward, workspace + at[0], workspace + at[1])

/* upsample2d_1 (upsample2d.mnn:10): forward; loop; row by row
 *     inside[n, i, j, k] = in[n, i - 1, j, k]
 *     before[n, i, j, k] = in[n, 0, j, k]
 *     after[n, i, j, k] = in[n, 5, j, k]
 *     tall[n, i, j, k] = inside[n, i, j, k] + before[n, i, j, k] + after[n, i, j, k]
 *     inside_2[n, i, j, k] = tall[n, i, j - 1, k]
 *     before_2[n, i, j, k] = tall[n, i, 0, k]
 *     after_2[n, i, j, k] = tall[n, i, 7, k]
 *     image[n, i, j, k] = inside_2[n, i, j, k] + before_2[n, i, j, k] + after_2[n, i, j, k]
 *     out[n, i, r, j, s, k] = sum over p, q of (t1 > 0 ? t1 : 0) * (t2 > 0 ? t2 : 0) * image[n, i + p, j + q, k] with t1 = 1 - fabs(r + 0.5 + 0.5 - p), t2 = 1 - fabs((s + 0.5) / 3 + 0.5 - q) */
MNN_KEEP_CONDITIONS
static void upsample2d_1_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[6][8][3] = (const float (*)[6][8][3])input;
    float (*restrict out)[6][1][8][3][3] = (float (*)[6][1][8][3][3])output;
    for (int row = first; row < first + n; row++) {
        float image[8][10][3];
        for (int i = 0; i < 8; i++) {
            float inside[8][3];
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 3; k++)
                    inside[j][k] = 0.0f;
            if (i - 1 >= 0 && i - 1 < 6)
                for (int j = 0; j < 8; j++)
                    for (int k = 0; k < 3; k++)
                        inside[j][k] += in[row][i - 1][j][k];
            float before[8][3];
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 3; k++)
                    before[j][k] = 0.0f;
            if (i < 1)
                for (int j = 0; j < 8; j++)
                    for (int k = 0; k < 3; k++)
                        before[j][k] += in[row][0][j][k];
            float after[8][3];
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 3; k++)
                    after[j][k] = 0.0f;
            if (i - 7 >= 0)
                for (int j = 0; j < 8; j++)
                    for (int k = 0; k < 3; k++)
                        after[j][k] += in[row][5][j][k];
            float tall[8][3];
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 3; k++)
                    tall[j][k] = inside[j][k] + before[j][k] + after[j][k];
            for (int j = 0; j < 10; j++) {
                float inside_2[3];
                for (int k = 0; k < 3; k++)
                    inside_2[k] = 0.0f;
                if (j - 1 >= 0 && j - 1 < 8)
                    for (int k = 0; k < 3; k++)
                        inside_2[k] += tall[j - 1][k];
                float before_2[3];
                for (int k = 0; k < 3; k++)
                    before_2[k] = 0.0f;
                if (j < 1)
                    for (int k = 0; k < 3; k++)
                        before_2[k] += tall[0][k];
                float after_2[3];
                for (int k = 0; k < 3; k++)
                    after_2[k] = 0.0f;
                if (j - 9 >= 0)
                    for (int k = 0; k < 3; k++)
                        after_2[k] += tall[7][k];
                for (int k = 0; k < 3; k++)
                    image[i][j][k] = inside_2[k] + before_2[k] + after_2[k];
            }
        }
        for (int i = 0; i < 6; i++)
            for (int r = 0; r < 1; r++)
                for (int j = 0; j < 8; j++) {
                    float sum[3][3];
                    for (int s = 0; s < 3; s++)
                        for (int k = 0; k < 3; k++)
                            sum[s][k] = 0.0f;
                    for (int p = 0; p < 3; p++)
                        for (int q = 0; q < 3; q++)
                            for (int s = 0; s < 3; s++)
                                for (int k = 0; k < 3; k++) {
                                    const float t1 = 1.0f - fabsf(0.0f + 0.5f + 0.5f - (float)p);
                                    const float t2 = 1.0f - fabsf(((float)s + 0.5f) / 3.0f + 0.5f - (float)q);
                                    sum[s][k] = mnn_fma((t1 > 0.0f ? t1 : 0.0f) * (t2 > 0.0f ? t2 : 0.0f),
                                            image[i + p][j + q][k], sum[s][k]);
                                }
                    for (int s = 0; s < 3; s++)
                        for (int k = 0; k < 3; k++)
                            out[row][i][r][j][s][k] = sum[s][k];
                }
    }
}
MNN_TASK(upsample2d_1_forward, workspace + at[0], workspace + at[1])

/* upsample2d_1 (upsample2d.mnn:10): backward; loop; row by row
 *     din_2[n, i + p, j + q, k] += dout[n, i, r, j, s, k] * (t1 > 0 ? t1 : 0) * (t2 > 0 ? t2 : 0) with t1 = 1 - fabs(r + 0.5 + 0.5 - p), t2 = 1 - fabs((s + 0.5) / 3 + 0.5 - q)
 *     dinside[n, i, j, k] = din_2[n, i, j, k]
 *     din_3[n, i, 7, k] += din_2[n, i, j, k]
 *     din_4[n, i, 0, k] += dinside[n, i, j, k]
 *     din_5[n, i, j - 1, k] += dinside[n, i, j, k]
 *     din_6[n, i, j, k] = din_3[n, i, j, k] + din_4[n, i, j, k] + din_5[n, i, j, k]
 *     dinside_2[n, i, j, k] = din_6[n, i, j, k]
 *     din_7[n, 5, j, k] += din_6[n, i, j, k]
 *     din_8[n, 0, j, k] += dinside_2[n, i, j, k]
 *     din_9[n, i - 1, j, k] += dinside_2[n, i, j, k]
 *     din[n, i, j, k] = din_7[n, i, j, k] + din_8[n, i, j, k] + din_9[n, i, j, k] */
static void upsample2d_1_backward(const mnn_task *task, const float *restrict output_gradient,
        float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    float (*restrict din)[6][8][3] = (float (*)[6][8][3])input_gradient;
    const float (*restrict dout)[6][1][8][3][3] = (const float (*)[6][1][8][3][3])output_gradient;
    for (int row = first; row < first + n; row++) {
        memset(din[row], 0, sizeof din[row]);
        float din_2[8][10][3] = {0};
        for (int i = 0; i < 6; i++)
            for (int r = 0; r < 1; r++)
                for (int j = 0; j < 8; j++)
                    for (int s = 0; s < 3; s++)
                        for (int p = 0; p < 3; p++)
                            for (int q = 0; q < 3; q++)
                                for (int k = 0; k < 3; k++) {
                                    const float t1 = 1.0f - fabsf(0.0f + 0.5f + 0.5f - (float)p);
                                    const float t2 = 1.0f - fabsf(((float)s + 0.5f) / 3.0f + 0.5f - (float)q);
                                    din_2[i + p][j + q][k] = mnn_fma(dout[row][i][r][j][s][k] * (t1 > 0.0f ? t1 : 0.0f),
                                            t2 > 0.0f ? t2 : 0.0f, din_2[i + p][j + q][k]);
                                }
        float din_3[8][8][3];
        float dinside[8][8][3];
        for (int i = 0; i < 8; i++) {
            float dinside_2[10][3];
            for (int j = 0; j < 10; j++)
                for (int k = 0; k < 3; k++)
                    dinside_2[j][k] = din_2[i][j][k];
            float din_4[8][3] = {0};
            for (int j = 9; j < 10; j++)
                for (int k = 0; k < 3; k++)
                    din_4[7][k] += din_2[i][j][k];
            float din_5[8][3] = {0};
            for (int j = 0; j < 1; j++)
                for (int k = 0; k < 3; k++)
                    din_5[0][k] += dinside_2[j][k];
            float din_6[8][3] = {0};
            for (int j = 1; j < 9; j++)
                for (int k = 0; k < 3; k++)
                    din_6[j - 1][k] += dinside_2[j][k];
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 3; k++) {
                    din_3[i][j][k] = din_4[j][k] + din_5[j][k] + din_6[j][k];
                    dinside[i][j][k] = din_3[i][j][k];
                }
        }
        for (int i = 7; i < 8; i++)
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 3; k++)
                    din[row][5][j][k] += din_3[i][j][k];
        float din_7[6][8][3] = {0};
        for (int i = 0; i < 1; i++)
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 3; k++)
                    din_7[0][j][k] += dinside[i][j][k];
        float din_8[6][8][3] = {0};
        for (int i = 1; i < 7; i++)
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 3; k++)
                    din_8[i - 1][j][k] += dinside[i][j][k];
        for (int i = 0; i < 6; i++)
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 3; k++)
                    din[row][i][j][k] = din[row][i][j][k] + din_7[i][j][k] + din_8[i][j][k];
    }
}
MNN_TASK(upsample2d_1_backward, workspace + at[0], workspace + at[1])

/* upsample2d (upsample2d.mnn:9): backward; loop; row by row
 *     din[n, i, j, k] = sum over r, s of dout[n, i, r, j, s, k] */
static void upsample2d_backward(const mnn_task *task, const float *restrict output_gradient,
        float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    const float (*restrict dout)[2][4][2][3] = (const float (*)[2][4][2][3])output_gradient;
    float (*restrict din)[4][3] = (float (*)[4][3])input_gradient;
    for (int place = first * 3; place < (first + n) * 3; place++)
        for (int j = 0; j < 4; j++) {
            float sum[3];
            for (int k = 0; k < 3; k++)
                sum[k] = 0.0f;
            for (int r = 0; r < 2; r++)
                for (int s = 0; s < 2; s++)
                    for (int k = 0; k < 3; k++)
                        sum[k] += dout[place][r][j][s][k];
            for (int k = 0; k < 3; k++)
                din[place][j][k] = sum[k];
        }
}
MNN_TASK(upsample2d_backward, workspace + at[0], workspace + at[1])
