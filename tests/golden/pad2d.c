/* pad2d (pad2d.mnn:9): forward; loop; row by row
 *     tall[n, i, j, k] = in[n, i - 1, j, k]
 *     out[n, i, j, k] = tall[n, i, j - 2, k] */
MNN_KEEP_CONDITIONS
static void pad2d_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[6][8][3] = (const float (*)[6][8][3])input;
    float (*restrict out)[7][11][3] = (float (*)[7][11][3])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 7; i++) {
            float tall[8][3];
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 3; k++)
                    tall[j][k] = 0.0f;
            if (i - 1 >= 0)
                for (int j = 0; j < 8; j++)
                    for (int k = 0; k < 3; k++)
                        tall[j][k] += in[row][i - 1][j][k];
            for (int j = 0; j < 11; j++) {
                float sum[3];
                for (int k = 0; k < 3; k++)
                    sum[k] = 0.0f;
                if (j - 2 >= 0 && j - 2 < 8)
                    for (int k = 0; k < 3; k++)
                        sum[k] += tall[j - 2][k];
                for (int k = 0; k < 3; k++)
                    out[row][i][j][k] = sum[k];
            }
        }
}
MNN_TASK(pad2d_forward, workspace + at[0], workspace + at[1])

/* pad2d_1 (pad2d.mnn:10): forward; loop; row by row
 *     inside[n, i, j, k] = in[n, i - 1, j, k]
 *     before[n, i, j, k] = in[n, 0, j, k]
 *     after[n, i, j, k] = in[n, 6, j, k]
 *     out[n, i, j, k] = inside[n, i, j, k] + before[n, i, j, k] + after[n, i, j, k] */
MNN_KEEP_CONDITIONS
static void pad2d_1_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[7][11][3] = (const float (*)[7][11][3])input;
    float (*restrict out)[9][11][3] = (float (*)[9][11][3])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 9; i++) {
            float inside[11][3];
            for (int j = 0; j < 11; j++)
                for (int k = 0; k < 3; k++)
                    inside[j][k] = 0.0f;
            if (i - 1 >= 0 && i - 1 < 7)
                for (int j = 0; j < 11; j++)
                    for (int k = 0; k < 3; k++)
                        inside[j][k] += in[row][i - 1][j][k];
            float before[11][3];
            for (int j = 0; j < 11; j++)
                for (int k = 0; k < 3; k++)
                    before[j][k] = 0.0f;
            if (i < 1)
                for (int j = 0; j < 11; j++)
                    for (int k = 0; k < 3; k++)
                        before[j][k] += in[row][0][j][k];
            float after[11][3];
            for (int j = 0; j < 11; j++)
                for (int k = 0; k < 3; k++)
                    after[j][k] = 0.0f;
            if (i - 8 >= 0)
                for (int j = 0; j < 11; j++)
                    for (int k = 0; k < 3; k++)
                        after[j][k] += in[row][6][j][k];
            float sum[11][3];
            for (int j = 0; j < 11; j++)
                for (int k = 0; k < 3; k++)
                    sum[j][k] = 0.0f;
            for (int j = 0; j < 11; j++)
                for (int k = 0; k < 3; k++)
                    sum[j][k] += inside[j][k] + before[j][k] + after[j][k];
            for (int j = 0; j < 11; j++)
                for (int k = 0; k < 3; k++)
                    out[row][i][j][k] = sum[j][k];
        }
}
MNN_TASK(pad2d_1_forward, workspace + at[0], workspace + at[1])

/* pad2d_2 (pad2d.mnn:11): forward; loop; row by row
 *     tall[n, i, j, k] = in[n, i, j, k]
 *     inside[n, i, j, k] = tall[n, i, j - 2, k]
 *     before[n, i, j, k] = tall[n, i, 2 - j, k]
 *     after[n, i, j, k] = tall[n, i, 22 - j, k]
 *     out[n, i, j, k] = inside[n, i, j, k] + before[n, i, j, k] + after[n, i, j, k] */
MNN_KEEP_CONDITIONS
static void pad2d_2_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[11][3] = (const float (*)[11][3])input;
    float (*restrict out)[15][3] = (float (*)[15][3])output;
    for (int place = first * 9; place < (first + n) * 9; place++) {
        float tall[11][3];
        for (int j = 0; j < 11; j++)
            for (int k = 0; k < 3; k++)
                tall[j][k] = 0.0f;
        for (int j = 0; j < 11; j++)
            for (int k = 0; k < 3; k++)
                tall[j][k] += in[place][j][k];
        for (int j = 0; j < 15; j++) {
            float inside[3];
            for (int k = 0; k < 3; k++)
                inside[k] = 0.0f;
            if (j - 2 >= 0 && j - 2 < 11)
                for (int k = 0; k < 3; k++)
                    inside[k] += tall[j - 2][k];
            float before[3];
            for (int k = 0; k < 3; k++)
                before[k] = 0.0f;
            if (j < 2 && 2 - j >= 0)
                for (int k = 0; k < 3; k++)
                    before[k] += tall[2 - j][k];
            float after[3];
            for (int k = 0; k < 3; k++)
                after[k] = 0.0f;
            if (j - 13 >= 0 && 22 - j < 11)
                for (int k = 0; k < 3; k++)
                    after[k] += tall[22 - j][k];
            for (int k = 0; k < 3; k++)
                out[place][j][k] = inside[k] + before[k] + after[k];
        }
    }
}
MNN_TASK(pad2d_2_forward, workspace + at[0], workspace + at[1])

/* pad2d_1 (pad2d.mnn:10): backward; loop; row by row
 *     din_2[n, i, j, k] = dout[n, i, j, k]
 *     dinside[n, i, j, k] = din_2[n, i, j, k]
 *     din_3[n, 6, j, k] += din_2[n, i, j, k]
 *     din_4[n, 0, j, k] += dinside[n, i, j, k]
 *     din_5[n, i - 1, j, k] += dinside[n, i, j, k]
 *     din[n, i, j, k] = din_3[n, i, j, k] + din_4[n, i, j, k] + din_5[n, i, j, k] */
static void pad2d_1_backward(const mnn_task *task, const float *restrict output_gradient,
        float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    float (*restrict din)[7][11][3] = (float (*)[7][11][3])input_gradient;
    const float (*restrict dout)[9][11][3] = (const float (*)[9][11][3])output_gradient;
    for (int row = first; row < first + n; row++) {
        memset(din[row], 0, sizeof din[row]);
        float din_2[9][11][3];
        float dinside[9][11][3];
        for (int i = 0; i < 9; i++)
            for (int j = 0; j < 11; j++)
                for (int k = 0; k < 3; k++) {
                    din_2[i][j][k] = dout[row][i][j][k];
                    dinside[i][j][k] = din_2[i][j][k];
                }
        for (int i = 8; i < 9; i++)
            for (int j = 0; j < 11; j++)
                for (int k = 0; k < 3; k++)
                    din[row][6][j][k] += din_2[i][j][k];
        float din_3[7][11][3] = {0};
        for (int i = 0; i < 1; i++)
            for (int j = 0; j < 11; j++)
                for (int k = 0; k < 3; k++)
                    din_3[0][j][k] += dinside[i][j][k];
        float din_4[7][11][3] = {0};
        for (int i = 1; i < 8; i++)
            for (int j = 0; j < 11; j++)
                for (int k = 0; k < 3; k++)
                    din_4[i - 1][j][k] += dinside[i][j][k];
        for (int i = 0; i < 7; i++)
            for (int j = 0; j < 11; j++)
                for (int k = 0; k < 3; k++)
                    din[row][i][j][k] = din[row][i][j][k] + din_3[i][j][k] + din_4[i][j][k];
    }
}
MNN_TASK(pad2d_1_backward, workspace + at[0], workspace + at[1])

/* pad2d (pad2d.mnn:9): backward; loop; row by row
 *     din_2[n, i, j - 2, k] += dout[n, i, j, k]
 *     din[n, i - 1, j, k] += din_2[n, i, j, k] */
static void pad2d_backward(const mnn_task *task, const float *restrict output_gradient, float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    float (*restrict din)[6][8][3] = (float (*)[6][8][3])input_gradient;
    const float (*restrict dout)[7][11][3] = (const float (*)[7][11][3])output_gradient;
    for (int row = first; row < first + n; row++) {
        memset(din[row], 0, sizeof din[row]);
        float din_2[7][8][3] = {0};
        for (int i = 0; i < 7; i++)
            for (int j = 2; j < 10; j++)
                for (int k = 0; k < 3; k++)
                    din_2[i][j - 2][k] += dout[row][i][j][k];
        for (int i = 1; i < 7; i++)
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 3; k++)
                    din[row][i - 1][j][k] += din_2[i][j][k];
    }
}
MNN_TASK(pad2d_backward, workspace + at[0], workspace + at[1])
