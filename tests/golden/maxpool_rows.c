/* maxpool2d (maxpool_rows.mnn:11): forward; loop; row by row
 *     out[n, i, j, k] = max over s of in[n, i, j * 4 + s, k]
 *     place[n, i, j, k] = min over s of in[n, i, j * 4 + s, k] == out[n, i, j, k] ? s : 4 */
static void maxpool2d_forward(const mnn_task *task, const float *restrict input, float *restrict output,
        uint8_t *restrict indices)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[12][3] = (const float (*)[12][3])input;
    uint8_t (*restrict place)[3][3] = (uint8_t (*)[3][3])indices;
    float (*restrict out)[3][3] = (float (*)[3][3])output;
    for (int position = first * 4; position < (first + n) * 4; position++)
        for (int j = 0; j < 3; j++) {
            float largest[3];
            int where[3];
            for (int k = 0; k < 3; k++) {
                largest[k] = -INFINITY;
                where[k] = 0;
            }
            for (int s = 0; s < 4; s++)
                for (int k = 0; k < 3; k++) {
                    const float value = in[position][j * 4 + s][k];
                    where[k] = value > largest[k] ? s : where[k];
                    largest[k] = value > largest[k] ? value : largest[k];
                }
            for (int k = 0; k < 3; k++)
                place[position][j][k] = (uint8_t)where[k];
            for (int k = 0; k < 3; k++)
                out[position][j][k] = largest[k];
        }
}
MNN_TASK(maxpool2d_forward, workspace + at[0], workspace + at[1], indices8 + at[2])

/* maxpool2d (maxpool_rows.mnn:11): backward; loop; row by row
 *     din[n, i, j * 4 + s, k] += place[n, i, j, k] == s ? dout[n, i, j, k] : 0 */
static void maxpool2d_backward(const mnn_task *task, const float *restrict output_gradient,
        const uint8_t *restrict indices, float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    float (*restrict din)[12][3] = (float (*)[12][3])input_gradient;
    const uint8_t (*restrict place)[3][3] = (const uint8_t (*)[3][3])indices;
    const float (*restrict dout)[3][3] = (const float (*)[3][3])output_gradient;
    for (int position = first * 4; position < (first + n) * 4; position++) {
        memset(din[position], 0, sizeof din[position]);
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 3; k++) {
                const int s = place[position][j][k];
                din[position][j * 4 + s][k] += dout[position][j][k];
            }
    }
}
MNN_TASK(maxpool2d_backward, workspace + at[0], indices8 + at[1], workspace + at[2])
