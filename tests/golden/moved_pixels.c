/* prelu (moved_pixels.mnn:9): forward; loop; row by row
 *     out[n, i, j, k] = in[n, i, j, k] < 0 ? alpha[0, 0, k] * in[n, i, j, k] : in[n, i, j, k] */
static void prelu_forward(const mnn_task *task, const float *restrict input, const float *restrict alpha_values,
        float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[8] = (const float (*)[8])input;
    const float (*restrict alpha)[1][8] = (const float (*)[1][8])alpha_values;
    float (*restrict out)[8] = (float (*)[8])output;
    for (int place = first * 48; place < (first + n) * 48; place++)
        for (int k = 0; k < 8; k++)
            out[place][k] = in[place][k] < 0.0f ? alpha[0][0][k] * in[place][k] : in[place][k];
}
MNN_TASK(prelu_forward, workspace + at[0], params + at[1], workspace + at[2])

/* pixel_shuffle (moved_pixels.mnn:10): forward; loop; row by row
 *     out[n, i, r, j, s, k] = in[n, i, j, k, r, s] */
static void pixel_shuffle_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[6][2][2][2] = (const float (*)[6][2][2][2])input;
    float (*restrict out)[2][6][2][2] = (float (*)[2][6][2][2])output;
    for (int place = first * 8; place < (first + n) * 8; place++)
        for (int r = 0; r < 2; r++)
            for (int j = 0; j < 6; j++)
                for (int s = 0; s < 2; s++)
                    for (int k = 0; k < 2; k++)
                        out[place][r][j][s][k] = in[place][j][k][r][s];
}
MNN_TASK(pixel_shuffle_forward, workspace + at[0], workspace + at[1])

/* crop2d (moved_pixels.mnn:11): forward; loop; row by row
 *     out[n, i, j, k] = in[n, i + 1, j, k] */
static void crop2d_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[16][12][2] = (const float (*)[16][12][2])input;
    float (*restrict out)[13][11][2] = (float (*)[13][11][2])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 13; i++)
            for (int j = 0; j < 11; j++)
                for (int k = 0; k < 2; k++)
                    out[row][i][j][k] = in[row][i + 1][j][k];
}
MNN_TASK(crop2d_forward, workspace + at[0], workspace + at[1])

/* permute (moved_pixels.mnn:12): forward; loop; row by row
 *     out[n, i, j, k] = in[n, j, k, i] */
static void permute_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[13][11][2] = (const float (*)[13][11][2])input;
    float (*restrict out)[2][13][11] = (float (*)[2][13][11])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 13; j++)
                for (int k = 0; k < 11; k++)
                    out[row][i][j][k] = in[row][j][k][i];
}
MNN_TASK(permute_forward, workspace + at[0], workspace + at[1])

/* rescale (moved_pixels.mnn:13): forward; loop; row by row
 *     out[n, i, j, k] = in[n, i, j, k] * 0.5 + -1 */
static void rescale_forward(const mnn_task *task, const float *restrict input, float *restrict output, int size)
{
    const int first = task->first, n = task->n;
    for (int j = first * size; j < (first + n) * size; j++)
        output[j] = mnn_fma(input[j], 0.5f, -1.0f);
}
MNN_TASK(rescale_forward, workspace + at[0], workspace + at[1], at[2])

/* unit_norm (moved_pixels.mnn:14): forward; loop; row by row
 *     square[n, i, j] = sum over k of in[n, i, j, k] * in[n, i, j, k]
 *     inverse[n, i, j] = 1 / sqrt(1e-24 > square[n, i, j] ? 1e-24 : square[n, i, j])
 *     out[n, i, j, k] = in[n, i, j, k] * inverse[n, i, j] */
static void unit_norm_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[11] = (const float (*)[11])input;
    float (*restrict out)[11] = (float (*)[11])output;
    for (int place = first * 26; place < (first + n) * 26; place++) {
        float square = 0.0f;
        for (int k = 0; k < 11; k++)
            square = mnn_fma(in[place][k], in[place][k], square);
        const float inverse = 1.0f / sqrtf(1e-24f > square ? 1e-24f : square);
        for (int k = 0; k < 11; k++)
            out[place][k] = in[place][k] * inverse;
    }
}
MNN_TASK(unit_norm_forward, workspace + at[0], workspace + at[1])

/* prelu_1 (moved_pixels.mnn:16): forward; loop; row by row
 *     out[n, i, j, k] = in[n, i, j, k] < 0 ? alpha[i, j, k] * in[n, i, j, k] : in[n, i, j, k] */
static void prelu_1_forward(const mnn_task *task, const float *restrict input, const float *restrict alpha_values,
        float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[2][13][11] = (const float (*)[2][13][11])input;
    const float (*restrict alpha)[13][11] = (const float (*)[13][11])alpha_values;
    float (*restrict out)[2][13][11] = (float (*)[2][13][11])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 13; j++)
                for (int k = 0; k < 11; k++)
                    out[row][i][j][k] = in[row][i][j][k] < 0.0f ? alpha[i][j][k] * in[row][i][j][k] : in[row][i][j][k];
}
MNN_TASK(prelu_1_forward, workspace + at[0], params + at[1], workspace + at[2])

/* unit_norm (moved_pixels.mnn:14): backward; loop; row by row
 *     square[n, i, j] = sum over k of in[n, i, j, k] * in[n, i, j, k]
 *     inverse[n, i, j] = 1 / sqrt(1e-24 > square[n, i, j] ? 1e-24 : square[n, i, j])
 *     dinverse[n, i, j] = sum over k of dout[n, i, j, k] * in[n, i, j, k]
 *     dsquare[n, i, j] = -(1e-24 > square[n, i, j] ? 0 : dinverse[n, i, j] * 0.5 / t1 / t1) / t1 with t1 = sqrt(1e-24 > square[n, i, j] ? 1e-24 : square[n, i, j])
 *     din[n, i, j, k] = dout[n, i, j, k] * inverse[n, i, j] + dsquare[n, i, j] * (in[n, i, j, k] + in[n, i, j, k]) */
static void unit_norm_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[11] = (const float (*)[11])input;
    const float (*restrict dout)[11] = (const float (*)[11])output_gradient;
    float (*restrict din)[11] = (float (*)[11])input_gradient;
    for (int place = first * 26; place < (first + n) * 26; place++) {
        float square = 0.0f;
        for (int k = 0; k < 11; k++)
            square = mnn_fma(in[place][k], in[place][k], square);
        const float inverse = 1.0f / sqrtf(1e-24f > square ? 1e-24f : square);
        float dinverse = 0.0f;
        for (int k = 0; k < 11; k++)
            dinverse = mnn_fma(dout[place][k], in[place][k], dinverse);
        const float t1 = sqrtf(1e-24f > square ? 1e-24f : square);
        const float dsquare = -(1e-24f > square ? 0.0f : dinverse * 0.5f / t1 / t1) / t1;
        for (int k = 0; k < 11; k++)
            din[place][k] = mnn_fma(dout[place][k], inverse, dsquare * (in[place][k] + in[place][k]));
    }
}
MNN_TASK(unit_norm_backward, workspace + at[0], workspace + at[1], workspace + at[2])

/* permute (moved_pixels.mnn:12): backward; loop; row by row
 *     din[n, j, k, i] = dout[n, i, j, k] */
static void permute_backward(const mnn_task *task, const float *restrict output_gradient,
        float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    const float (*restrict dout)[2][13][11] = (const float (*)[2][13][11])output_gradient;
    float (*restrict din)[13][11][2] = (float (*)[13][11][2])input_gradient;
    for (int row = first; row < first + n; row++)
        for (int j = 0; j < 13; j++)
            for (int k = 0; k < 11; k++)
                for (int i = 0; i < 2; i++)
                    din[row][j][k][i] = dout[row][i][j][k];
}
MNN_TASK(permute_backward, workspace + at[0], workspace + at[1])

/* pixel_shuffle (moved_pixels.mnn:10): backward; loop; row by row
 *     din[n, i, j, k, r, s] = dout[n, i, r, j, s, k] */
static void pixel_shuffle_backward(const mnn_task *task, const float *restrict output_gradient,
        float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    const float (*restrict dout)[2][6][2][2] = (const float (*)[2][6][2][2])output_gradient;
    float (*restrict din)[6][2][2][2] = (float (*)[6][2][2][2])input_gradient;
    for (int place = first * 8; place < (first + n) * 8; place++)
        for (int j = 0; j < 6; j++)
            for (int k = 0; k < 2; k++)
                for (int r = 0; r < 2; r++)
                    for (int s = 0; s < 2; s++)
                        din[place][j][k][r][s] = dout[place][r][j][s][k];
}
MNN_TASK(pixel_shuffle_backward, workspace + at[0], workspace + at[1])

/* prelu (moved_pixels.mnn:9): backward; loop; row by row
 *     din[n, i, j, k] = in[n, i, j, k] < 0 ? dout[n, i, j, k] * alpha[0, 0, k] : dout[n, i, j, k]
 *     dalpha[0, 0, k] += in[n, i, j, k] < 0 ? dout[n, i, j, k] * in[n, i, j, k] : 0 */
MNN_KEEP_CONDITIONS
static void prelu_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict alpha_values, float *restrict input_gradient, float *restrict partials)
{
    const int first = task->first, n = task->n;
    float (*restrict dalpha)[1][8] = (float (*)[1][8])(partials + task->piece * 8);
    const float (*restrict in)[8] = (const float (*)[8])input;
    const float (*restrict dout)[8] = (const float (*)[8])output_gradient;
    const float (*restrict alpha)[1][8] = (const float (*)[1][8])alpha_values;
    float (*restrict din)[8] = (float (*)[8])input_gradient;
    memset(dalpha, 0, 8 * sizeof(float));
    for (int place = first * 48; place < (first + n) * 48; place++)
        for (int k = 0; k < 8; k++) {
            din[place][k] = in[place][k] < 0.0f ? dout[place][k] * alpha[0][0][k] : dout[place][k];
            dalpha[0][0][k] += in[place][k] < 0.0f ? dout[place][k] * in[place][k] : 0.0f;
        }
}
MNN_TASK(prelu_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3], workspace + at[4])
