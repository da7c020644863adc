/* add (merges.mnn:13): forward; loop; row by row
 *     out[n, i, j, k] = tanh(in_1[n, 0, 0, k] + in_2[n, i, j, k]) */
static void add_forward(const mnn_task *task, const float *restrict input, const float *restrict input_2,
        float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in_1)[1][1][4] = (const float (*)[1][1][4])input;
    const float (*restrict in_2)[6][8][4] = (const float (*)[6][8][4])input_2;
    float (*restrict out)[6][8][4] = (float (*)[6][8][4])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 6; i++)
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 4; k++)
                    out[row][i][j][k] = tanhf(in_1[row][0][0][k] + in_2[row][i][j][k]);
}
MNN_TASK(add_forward, workspace + at[0], workspace + at[1], workspace + at[2])

/* average (merges.mnn:15): forward; loop; row by row
 *     out[n, i, j, k] = (b[n, i, j, k] + b_2[n, i, j, k] + b_3[n, i, j, k] + b[n, i, j, k]) / 4 */
static void average_forward(const mnn_task *task, const float *restrict input, const float *restrict input_2,
        const float *restrict input_3, float *restrict output, int size)
{
    const int first = task->first, n = task->n;
    for (int j = first * size; j < (first + n) * size; j++)
        output[j] = (input[j] + input_2[j] + input_3[j] + input[j]) / 4.0f;
}
MNN_TASK(average_forward, workspace + at[0], workspace + at[1], workspace + at[2], workspace + at[3], at[4])

/* maximum (merges.mnn:16): forward; loop; row by row
 *     out[n, i, j, k] = b[n, i, j, k] > a[n, i, j, k] ? b[n, i, j, k] : a[n, i, j, k] */
static void maximum_forward(const mnn_task *task, const float *restrict input, const float *restrict input_2,
        float *restrict output, int size)
{
    const int first = task->first, n = task->n;
    for (int j = first * size; j < (first + n) * size; j++)
        output[j] = input_2[j] > input[j] ? input_2[j] : input[j];
}
MNN_TASK(maximum_forward, workspace + at[0], workspace + at[1], workspace + at[2], at[3])

/* subtract (merges.mnn:17): forward; loop; row by row
 *     out[n, i, j, k] = a[n, i, j, k] - b[n, i, j, k] */
static void subtract_forward(const mnn_task *task, const float *restrict input, const float *restrict input_2,
        float *restrict output, int size)
{
    const int first = task->first, n = task->n;
    for (int j = first * size; j < (first + n) * size; j++)
        output[j] = input[j] - input_2[j];
}
MNN_TASK(subtract_forward, workspace + at[0], workspace + at[1], workspace + at[2], at[3])

/* dot (merges.mnn:20): forward; loop; row by row
 *     out[n, i, j] = sum over q of a[n, q, i] * a[n, q, j] */
static void dot_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict a)[47][3] = (const float (*)[47][3])input;
    float (*restrict out)[3][3] = (float (*)[3][3])output;
    for (int row = first; row < first + n; row++) {
        float sum[3][3];
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                sum[i][j] = 0.0f;
        for (int q = 0; q < 47; q++)
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++)
                    sum[i][j] = mnn_fma(a[row][q][i], a[row][q][j], sum[i][j]);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                out[row][i][j] = sum[i][j];
    }
}
MNN_TASK(dot_forward, workspace + at[0], workspace + at[1])

/* dot_1 (merges.mnn:24): forward; loop; row by row
 *     squares_1[n] = sum over q of in[n, q] * in[n, q]
 *     squares_2[n] = sum over q of in_2[n, q] * in_2[n, q]
 *     out[n] = sum over q of in[n, q] / sqrt(1e-12 > squares_1[n] ? 1e-12 : squares_1[n]) * (in_2[n, q] / sqrt(1e-12 > squares_2[n] ? 1e-12 : squares_2[n])) */
static void dot_1_forward(const mnn_task *task, const float *restrict input, const float *restrict input_2,
        float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[9] = (const float (*)[9])input;
    const float (*restrict in_2)[9] = (const float (*)[9])input_2;
    for (int row = first; row < first + n; row++) {
        float squares_1 = 0.0f;
        for (int q = 0; q < 9; q++)
            squares_1 = mnn_fma(in[row][q], in[row][q], squares_1);
        float squares_2 = 0.0f;
        for (int q = 0; q < 9; q++)
            squares_2 = mnn_fma(in_2[row][q], in_2[row][q], squares_2);
        float sum = 0.0f;
        for (int q = 0; q < 9; q++)
            sum = mnn_fma(in[row][q] / sqrtf(1e-12f > squares_1 ? 1e-12f : squares_1),
                    in_2[row][q] / sqrtf(1e-12f > squares_2 ? 1e-12f : squares_2), sum);
        output[row] = sum;
    }
}
MNN_TASK(dot_1_forward, workspace + at[0], workspace + at[1], workspace + at[2])

/* dot_1 (merges.mnn:24): backward; loop; row by row
 *     squares_1[n] = sum over q of in[n, q] * in[n, q]
 *     squares_2[n] = sum over q of in_2[n, q] * in_2[n, q]
 *     da[n, q] = dout[n] * (in_2[n, q] / sqrt(1e-12 > squares_2[n] ? 1e-12 : squares_2[n]))
 *     db[n, q] = dout[n] * (in[n, q] / sqrt(1e-12 > squares_1[n] ? 1e-12 : squares_1[n]))
 *     dsquares[n] = sum over i of -(1e-12 > squares_2[n] ? 0 : db[n, i] * 0.5 / t1 * in_2[n, i] / t1) / t1 with t1 = sqrt(1e-12 > squares_2[n] ? 1e-12 : squares_2[n])
 *     din[n, i] = db[n, i] / sqrt(1e-12 > squares_2[n] ? 1e-12 : squares_2[n]) + dsquares[n] * (in_2[n, i] + in_2[n, i])
 *     dsquares_2[n] = sum over i of -(1e-12 > squares_1[n] ? 0 : da[n, i] * 0.5 / t1 * in[n, i] / t1) / t1 with t1 = sqrt(1e-12 > squares_1[n] ? 1e-12 : squares_1[n])
 *     din_2[n, i] = da[n, i] / sqrt(1e-12 > squares_1[n] ? 1e-12 : squares_1[n]) + dsquares_2[n] * (in[n, i] + in[n, i]) */
MNN_KEEP_CONDITIONS
static void dot_1_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict input_2, float *restrict input_gradient, float *restrict input_gradient_2)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[9] = (const float (*)[9])input;
    const float (*restrict in_2)[9] = (const float (*)[9])input_2;
    const float *restrict dout = output_gradient;
    const float *restrict dout_2 = output_gradient;
    float (*restrict din)[9] = (float (*)[9])input_gradient_2;
    float (*restrict din_2)[9] = (float (*)[9])input_gradient;
    for (int row = first; row < first + n; row++) {
        float squares_1 = 0.0f;
        for (int q = 0; q < 9; q++)
            squares_1 = mnn_fma(in[row][q], in[row][q], squares_1);
        float squares_2 = 0.0f;
        for (int q = 0; q < 9; q++)
            squares_2 = mnn_fma(in_2[row][q], in_2[row][q], squares_2);
        float da[9];
        float db[9];
        for (int q = 0; q < 9; q++) {
            da[q] = dout[row] * (in_2[row][q] / sqrtf(1e-12f > squares_2 ? 1e-12f : squares_2));
            db[q] = dout_2[row] * (in[row][q] / sqrtf(1e-12f > squares_1 ? 1e-12f : squares_1));
        }
        float sum = 0.0f;
        for (int i = 0; i < 9; i++) {
            const float t1 = sqrtf(1e-12f > squares_2 ? 1e-12f : squares_2);
            sum += -(1e-12f > squares_2 ? 0.0f : db[i] * 0.5f / t1 * in_2[row][i] / t1);
        }
        const float dsquares = sum / sqrtf(1e-12f > squares_2 ? 1e-12f : squares_2);
        for (int i = 0; i < 9; i++)
            din[row][i] = mnn_fma(dsquares, in_2[row][i] + in_2[row][i],
                    db[i] / sqrtf(1e-12f > squares_2 ? 1e-12f : squares_2));
        float sum_2 = 0.0f;
        for (int i = 0; i < 9; i++) {
            const float t1 = sqrtf(1e-12f > squares_1 ? 1e-12f : squares_1);
            sum_2 += -(1e-12f > squares_1 ? 0.0f : da[i] * 0.5f / t1 * in[row][i] / t1);
        }
        const float dsquares_2 = sum_2 / sqrtf(1e-12f > squares_1 ? 1e-12f : squares_1);
        for (int i = 0; i < 9; i++)
            din_2[row][i] = mnn_fma(dsquares_2, in[row][i] + in[row][i],
                    da[i] / sqrtf(1e-12f > squares_1 ? 1e-12f : squares_1));
    }
}
MNN_TASK(dot_1_backward, workspace + at[0], workspace + at[1], workspace + at[2], workspace + at[3], workspace + at[4])

/* dot (merges.mnn:20): backward; loop; row by row
 *     da_2[n, q, i] = sum over j of dout[n, i, j] * b[n, q, j]
 *     db[n, q, j] = sum over i of dout[n, i, j] * b[n, q, i]
 *     da[n, q, i] = da_2[n, q, i] + db[n, q, i] */
static void dot_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    const float (*restrict dout)[3][3] = (const float (*)[3][3])output_gradient;
    const float (*restrict b)[47][3] = (const float (*)[47][3])input;
    float (*restrict da_2)[47][3] = (float (*)[47][3])input_gradient;
    for (int row = first; row < first + n; row++)
        for (int q = 0; q < 47; q++) {
            float da[3];
            for (int i = 0; i < 3; i++) {
                float da_sum = 0.0f;
                for (int j = 0; j < 3; j++)
                    da_sum = mnn_fma(dout[row][i][j], b[row][q][j], da_sum);
                da[i] = da_sum;
            }
            float db[3];
            for (int j = 0; j < 3; j++)
                db[j] = 0.0f;
            for (int i = 0; i < 3; i++) {
                const float x = b[row][q][i];
                for (int j = 0; j < 3; j++)
                    db[j] = mnn_fma(dout[row][i][j], x, db[j]);
            }
            for (int i = 0; i < 3; i++)
                da_2[row][q][i] = da[i] + db[i];
        }
}
MNN_TASK(dot_backward, workspace + at[0], workspace + at[1], workspace + at[2])

/* subtract (merges.mnn:17): backward; loop; row by row
 *     da[n, i, j, k] = dout[n, i, j, k]
 *     db[n, i, j, k] = -dout[n, i, j, k] */
static void subtract_backward(const mnn_task *task, const float *restrict output_gradient,
        float *restrict input_gradient, float *restrict input_gradient_2, int size)
{
    const int first = task->first, n = task->n;
    for (int j = first * size; j < (first + n) * size; j++) {
        input_gradient[j] = output_gradient[j];
        input_gradient_2[j] = -output_gradient[j];
    }
}
MNN_TASK(subtract_backward, workspace + at[0], workspace + at[1], workspace + at[2], at[3])

/* maximum (merges.mnn:16): backward; loop; row by row
 *     da[n, i, j, k] = b[n, i, j, k] > a[n, i, j, k] ? 0 : dout[n, i, j, k]
 *     db[n, i, j, k] = b[n, i, j, k] > a[n, i, j, k] ? dout[n, i, j, k] : 0 */
static void maximum_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict input_2, float *restrict input_gradient, float *restrict input_gradient_2, int size)
{
    const int first = task->first, n = task->n;
    for (int j = first * size; j < (first + n) * size; j++) {
        input_gradient[j] = input_2[j] > input[j] ? 0.0f : output_gradient[j];
        input_gradient_2[j] = input_2[j] > input[j] ? output_gradient[j] : 0.0f;
    }
}
MNN_TASK(maximum_backward, workspace + at[0], workspace + at[1], workspace + at[2], workspace + at[3],
        workspace + at[4], at[5])

/* average (merges.mnn:15): backward; loop; row by row
 *     da[n, i, j, k] = dout[n, i, j, k] / 4
 *     da_2[n, i, j, k] = da[n, i, j, k]
 *     db[n, i, j, k] = da[n, i, j, k]
 *     db_2[n, i, j, k] = dout[n, i, j, k] / 4 + da_2[n, i, j, k]
 *     db_3[n, i, j, k] = da_2[n, i, j, k] */
static void average_backward(const mnn_task *task, const float *restrict output_gradient,
        float *restrict input_gradient, float *restrict input_gradient_2, float *restrict input_gradient_3, int size)
{
    const int first = task->first, n = task->n;
    for (int j = first * size; j < (first + n) * size; j++) {
        const float da = output_gradient[j] / 4.0f;
        const float da_2 = da;
        input_gradient_3[j] = da;
        input_gradient[j] = output_gradient[j] / 4.0f + da_2;
        input_gradient_2[j] = da_2;
    }
}
MNN_TASK(average_backward, workspace + at[0], workspace + at[1], workspace + at[2], workspace + at[3], at[4])

/* add (merges.mnn:13): backward; loop; row by row
 *     din_1[n, z1, z2, k] = sum over i, j of dout[n, i, j, k]
 *     din_2[n, i, j, k] = dout[n, i, j, k] */
static void add_backward(const mnn_task *task, const float *restrict output_gradient, float *restrict input_gradient,
        float *restrict input_gradient_2)
{
    const int first = task->first, n = task->n;
    const float (*restrict dout)[6][8][4] = (const float (*)[6][8][4])output_gradient;
    float (*restrict din_1)[1][1][4] = (float (*)[1][1][4])input_gradient;
    float (*restrict din_2)[6][8][4] = (float (*)[6][8][4])input_gradient_2;
    for (int row = first; row < first + n; row++) {
        for (int z1 = 0; z1 < 1; z1++)
            for (int z2 = 0; z2 < 1; z2++) {
                float sum[4];
                for (int k = 0; k < 4; k++)
                    sum[k] = 0.0f;
                for (int i = 0; i < 6; i++)
                    for (int j = 0; j < 8; j++)
                        for (int k = 0; k < 4; k++)
                            sum[k] += dout[row][i][j][k];
                for (int k = 0; k < 4; k++)
                    din_1[row][z1][z2][k] = sum[k];
            }
        for (int i = 0; i < 6; i++)
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 4; k++)
                    din_2[row][i][j][k] = dout[row][i][j][k];
    }
}
MNN_TASK(add_backward, workspace + at[0], workspace + at[1], workspace + at[2])
