/* global_maxpool2d (global_maxpool2d.mnn:9): forward; loop; row by row
 *     out[n, k] = max over i, j of in[n, i, j, k] */
static void global_maxpool2d_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[6][8][3] = (const float (*)[6][8][3])input;
    float (*restrict out)[3] = (float (*)[3])output;
    for (int row = first; row < first + n; row++) {
        float largest[3];
        for (int k = 0; k < 3; k++)
            largest[k] = -INFINITY;
        for (int i = 0; i < 6; i++)
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 3; k++)
                    largest[k] = in[row][i][j][k] > largest[k] ? in[row][i][j][k] : largest[k];
        for (int k = 0; k < 3; k++)
            out[row][k] = largest[k];
    }
}
MNN_TASK(global_maxpool2d_forward, workspace + at[0], workspace + at[1])

/* global_maxpool2d (global_maxpool2d.mnn:9): backward; loop; row by row
 *     largest[n, k] = max over i, j of in[n, i, j, k]
 *     place[n, k] = min over i, j of in[n, i, j, k] == largest[n, k] ? (i * 8 + j) : 48
 *     din[n, i, j, k] = place[n, k] == (i * 8 + j) ? dout[n, k] : 0 */
static void global_maxpool2d_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict input, float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[6][8][3] = (const float (*)[6][8][3])input;
    const float (*restrict dout)[3] = (const float (*)[3])output_gradient;
    float (*restrict din)[6][8][3] = (float (*)[6][8][3])input_gradient;
    for (int row = first; row < first + n; row++) {
        float largest[3];
        int place[3];
        for (int k = 0; k < 3; k++) {
            largest[k] = -INFINITY;
            place[k] = 0;
        }
        for (int i = 0; i < 6; i++)
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 3; k++) {
                    const float value = in[row][i][j][k];
                    place[k] = value > largest[k] ? i * 8 + j : place[k];
                    largest[k] = value > largest[k] ? value : largest[k];
                }
        for (int i = 0; i < 6; i++)
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 3; k++)
                    din[row][i][j][k] = (float)place[k] == (float)(i * 8 + j) ? dout[row][k] : 0.0f;
    }
}
MNN_TASK(global_maxpool2d_backward, workspace + at[0], workspace + at[1], workspace + at[2])
