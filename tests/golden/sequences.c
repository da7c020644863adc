/* pad1d (sequences.mnn:9): forward; loop; row by row
 *     inside[n, i, j] = in[n, i - 1, j]
 *     before[n, i, j] = in[n, 1 - i, j]
 *     after[n, i, j] = in[n, 43 - i, j]
 *     out[n, i, j] = inside[n, i, j] + before[n, i, j] + after[n, i, j] */
MNN_KEEP_CONDITIONS
static void pad1d_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[22][6] = (const float (*)[22][6])input;
    float (*restrict out)[25][6] = (float (*)[25][6])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 25; i++) {
            float inside[6];
            for (int j = 0; j < 6; j++)
                inside[j] = 0.0f;
            if (i - 1 >= 0 && i - 1 < 22)
                for (int j = 0; j < 6; j++)
                    inside[j] += in[row][i - 1][j];
            float before[6];
            for (int j = 0; j < 6; j++)
                before[j] = 0.0f;
            if (i < 1 && 1 - i >= 0)
                for (int j = 0; j < 6; j++)
                    before[j] += in[row][1 - i][j];
            float after[6];
            for (int j = 0; j < 6; j++)
                after[j] = 0.0f;
            if (i - 23 >= 0 && 43 - i < 22)
                for (int j = 0; j < 6; j++)
                    after[j] += in[row][43 - i][j];
            for (int j = 0; j < 6; j++)
                out[row][i][j] = inside[j] + before[j] + after[j];
        }
}
MNN_TASK(pad1d_forward, workspace + at[0], workspace + at[1])

/* maxpool1d (sequences.mnn:10): forward; loop; row by row
 *     out[n, i, k] = max over r of in[n, i * 2 + r - 1, k] */
static void maxpool1d_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[25][6] = (const float (*)[25][6])input;
    float (*restrict out)[13][6] = (float (*)[13][6])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 13; i++) {
            float largest[6];
            for (int k = 0; k < 6; k++)
                largest[k] = -INFINITY;
            const int r_first = mnn_max(0, 1 - i * 2);
            const int r_end = mnn_min(3, 26 - i * 2);
            for (int r = r_first; r < r_end; r++)
                for (int k = 0; k < 6; k++)
                    largest[k] = in[row][i * 2 + r - 1][k] > largest[k] ? in[row][i * 2 + r - 1][k] : largest[k];
            for (int k = 0; k < 6; k++)
                out[row][i][k] = largest[k];
        }
}
MNN_TASK(maxpool1d_forward, workspace + at[0], workspace + at[1])

/* avgpool1d (sequences.mnn:11): forward; loop; row by row
 *     count[i] = sum over r of 1
 *     out[n, i, k] = sum over r of in[n, i + r, k] / count[i] */
static void avgpool1d_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[13][6] = (const float (*)[13][6])input;
    float (*restrict out)[13][6] = (float (*)[13][6])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 13; i++) {
            const int r_end = mnn_min(2, 13 - i);
            const float count = (float)(r_end);
            float sum[6];
            for (int k = 0; k < 6; k++)
                sum[k] = 0.0f;
            for (int r = 0; r < r_end; r++)
                for (int k = 0; k < 6; k++)
                    sum[k] += in[row][i + r][k];
            for (int k = 0; k < 6; k++)
                out[row][i][k] = sum[k] / count;
        }
}
MNN_TASK(avgpool1d_forward, workspace + at[0], workspace + at[1])

/* crop1d (sequences.mnn:12): forward; loop; row by row
 *     out[n, i, j] = in[n, i + 1, j] */
static void crop1d_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[13][6] = (const float (*)[13][6])input;
    float (*restrict out)[12][6] = (float (*)[12][6])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 12; i++)
            for (int j = 0; j < 6; j++)
                out[row][i][j] = in[row][i + 1][j];
}
MNN_TASK(crop1d_forward, workspace + at[0], workspace + at[1])

/* upsample1d (sequences.mnn:13): forward; loop; row by row
 *     out[n, i, r, k] = in[n, i, k] */
static void upsample1d_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[6] = (const float (*)[6])input;
    float (*restrict out)[2][6] = (float (*)[2][6])output;
    for (int place = first * 12; place < (first + n) * 12; place++)
        for (int r = 0; r < 2; r++)
            for (int k = 0; k < 6; k++)
                out[place][r][k] = in[place][k];
}
MNN_TASK(upsample1d_forward, workspace + at[0], workspace + at[1])

/* rmsnorm (sequences.mnn:15): forward; loop; row by row
 *     mean[n, i] = sum over k of in[n, i, k] * in[n, i, k] / 6
 *     inverse[n, i] = 1 / sqrt(mean[n, i] + 1e-06)
 *     out[n, i, j] = in[n, i, j] * inverse[n, i] * gamma[j] */
static void rmsnorm_forward(const mnn_task *task, const float *restrict input, const float *restrict gamma,
        float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[6] = (const float (*)[6])input;
    float (*restrict out)[6] = (float (*)[6])output;
    for (int place = first * 12; place < (first + n) * 12; place++) {
        float sum = 0.0f;
        for (int k = 0; k < 6; k++)
            sum = mnn_fma(in[place][k], in[place][k], sum);
        const float mean = sum / 6.0f;
        const float inverse = 1.0f / sqrtf(mean + 1e-06f);
        for (int j = 0; j < 6; j++)
            out[place][j] = in[place][j] * inverse * gamma[j];
    }
}
MNN_TASK(rmsnorm_forward, workspace + at[0], params + at[1], workspace + at[2])

/* global_avgpool1d (sequences.mnn:16): forward; loop; row by row
 *     out[n, k] = sum over i of in[n, i, k] / 12 */
static void global_avgpool1d_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[12][6] = (const float (*)[12][6])input;
    float (*restrict out)[6] = (float (*)[6])output;
    for (int row = first; row < first + n; row++) {
        float sum[6];
        for (int k = 0; k < 6; k++)
            sum[k] = 0.0f;
        for (int i = 0; i < 12; i++)
            for (int k = 0; k < 6; k++)
                sum[k] += in[row][i][k];
        for (int k = 0; k < 6; k++)
            out[row][k] = sum[k] / 12.0f;
    }
}
MNN_TASK(global_avgpool1d_forward, workspace + at[0], workspace + at[1])

/* repeat_vector (sequences.mnn:17), repeat_vector_1 (sequences.mnn:19): forward; loop; row by row
 *     out[n, i, j] = in[n, j] */
static void repeat_vector_6_to_12x6_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[6] = (const float (*)[6])input;
    float (*restrict out)[12][6] = (float (*)[12][6])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 12; i++)
            for (int j = 0; j < 6; j++)
                out[row][i][j] = in[row][j];
}
MNN_TASK(repeat_vector_6_to_12x6_forward, workspace + at[0], workspace + at[1])

/* global_maxpool1d (sequences.mnn:18): forward; loop; row by row
 *     out[n, k] = max over i of in[n, i, k] */
static void global_maxpool1d_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[12][6] = (const float (*)[12][6])input;
    float (*restrict out)[6] = (float (*)[6])output;
    for (int row = first; row < first + n; row++) {
        float largest[6];
        for (int k = 0; k < 6; k++)
            largest[k] = -INFINITY;
        for (int i = 0; i < 12; i++)
            for (int k = 0; k < 6; k++)
                largest[k] = in[row][i][k] > largest[k] ? in[row][i][k] : largest[k];
        for (int k = 0; k < 6; k++)
            out[row][k] = largest[k];
    }
}
MNN_TASK(global_maxpool1d_forward, workspace + at[0], workspace + at[1])

/* permute (sequences.mnn:21): forward; loop; row by row
 *     out[n, i, j] = in[n, j, i] */
static void permute_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[12][12] = (const float (*)[12][12])input;
    float (*restrict out)[12][12] = (float (*)[12][12])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 12; i++)
            for (int j = 0; j < 12; j++)
                out[row][i][j] = in[row][j][i];
}
MNN_TASK(permute_forward, workspace + at[0], workspace + at[1])

/* repeat_vector_1 (sequences.mnn:19), repeat_vector (sequences.mnn:17): backward; loop; row by row
 *     din[n, j] = sum over i of dout[n, i, j] */
static void repeat_vector_6_to_12x6_backward(const mnn_task *task, const float *restrict output_gradient,
        float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    const float (*restrict dout)[12][6] = (const float (*)[12][6])output_gradient;
    float (*restrict din)[6] = (float (*)[6])input_gradient;
    for (int row = first; row < first + n; row++) {
        float sum[6];
        for (int j = 0; j < 6; j++)
            sum[j] = 0.0f;
        for (int i = 0; i < 12; i++)
            for (int j = 0; j < 6; j++)
                sum[j] += dout[row][i][j];
        for (int j = 0; j < 6; j++)
            din[row][j] = sum[j];
    }
}
MNN_TASK(repeat_vector_6_to_12x6_backward, workspace + at[0], workspace + at[1])

/* rmsnorm (sequences.mnn:15): backward; loop; row by row
 *     mean[n, i] = sum over k of in[n, i, k] * in[n, i, k] / 6
 *     inverse[n, i] = 1 / sqrt(mean[n, i] + 1e-06)
 *     dinverse[n, i] = sum over j of dout[n, i, j] * in[n, i, j] * gamma[j]
 *     dgamma[j] += dout[n, i, j] * in[n, i, j] * inverse[n, i]
 *     dmean[n, i] = -(dinverse[n, i] * 0.5 / t1 / t1) / t1 with t1 = sqrt(mean[n, i] + 1e-06)
 *     din[n, i, j] = dout[n, i, j] * inverse[n, i] * gamma[j] + dmean[n, i] * (in[n, i, j] + in[n, i, j]) / 6 */
static void rmsnorm_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict gamma, float *restrict input_gradient, float *restrict partials)
{
    const int first = task->first, n = task->n;
    float *restrict dgamma = partials + task->piece * 6;
    const float (*restrict in)[6] = (const float (*)[6])input;
    const float (*restrict dout)[6] = (const float (*)[6])output_gradient;
    float (*restrict din)[6] = (float (*)[6])input_gradient;
    memset(dgamma, 0, 6 * sizeof(float));
    for (int place = first * 12; place < (first + n) * 12; place++) {
        float sum = 0.0f;
        for (int k = 0; k < 6; k++)
            sum = mnn_fma(in[place][k], in[place][k], sum);
        const float mean = sum / 6.0f;
        const float inverse = 1.0f / sqrtf(mean + 1e-06f);
        float dinverse = 0.0f;
        for (int j = 0; j < 6; j++)
            dinverse = mnn_fma(dout[place][j] * in[place][j], gamma[j], dinverse);
        for (int j = 0; j < 6; j++)
            dgamma[j] = mnn_fma(dout[place][j] * in[place][j], inverse, dgamma[j]);
        const float t1 = sqrtf(mean + 1e-06f);
        const float dmean = -(dinverse * 0.5f / t1 / t1) / t1;
        for (int j = 0; j < 6; j++)
            din[place][j] = mnn_fma(dout[place][j] * inverse, gamma[j], dmean * (in[place][j] + in[place][j]) / 6.0f);
    }
}
MNN_TASK(rmsnorm_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3], workspace + at[4])

/* crop1d (sequences.mnn:12): backward; loop; row by row
 *     din[n, i + 1, j] += dout[n, i, j] */
static void crop1d_backward(const mnn_task *task, const float *restrict output_gradient, float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    float (*restrict din)[13][6] = (float (*)[13][6])input_gradient;
    const float (*restrict dout)[12][6] = (const float (*)[12][6])output_gradient;
    for (int row = first; row < first + n; row++) {
        memset(din[row], 0, sizeof din[row]);
        for (int i = 0; i < 12; i++)
            for (int j = 0; j < 6; j++)
                din[row][i + 1][j] += dout[row][i][j];
    }
}
MNN_TASK(crop1d_backward, workspace + at[0], workspace + at[1])

/* avgpool1d (sequences.mnn:11): backward; loop; row by row
 *     count[i] = sum over r of 1
 *     share[n, i, k] = dout[n, i, k] / count[i]
 *     din[n, i + r, k] += share[n, i, k] */
static void avgpool1d_backward(const mnn_task *task, const float *restrict output_gradient,
        float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    float (*restrict din)[13][6] = (float (*)[13][6])input_gradient;
    const float (*restrict dout)[13][6] = (const float (*)[13][6])output_gradient;
    for (int row = first; row < first + n; row++) {
        memset(din[row], 0, sizeof din[row]);
        for (int i = 0; i < 13; i++) {
            const int r_end = mnn_min(2, 13 - i);
            const float count = (float)(r_end);
            float share[6];
            for (int k = 0; k < 6; k++)
                share[k] = dout[row][i][k] / count;
            for (int r = 0; r < r_end; r++)
                for (int k = 0; k < 6; k++)
                    din[row][i + r][k] += share[k];
        }
    }
}
MNN_TASK(avgpool1d_backward, workspace + at[0], workspace + at[1])

/* maxpool1d (sequences.mnn:10): backward; loop; row by row
 *     largest[n, i, k] = max over r of in[n, i * 2 + r - 1, k]
 *     place[n, i, k] = min over r of in[n, i * 2 + r - 1, k] == largest[n, i, k] ? r : 3
 *     din[n, i * 2 + r - 1, k] += place[n, i, k] == r ? dout[n, i, k] : 0 */
static void maxpool1d_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    float (*restrict din)[25][6] = (float (*)[25][6])input_gradient;
    const float (*restrict in)[25][6] = (const float (*)[25][6])input;
    const float (*restrict dout)[13][6] = (const float (*)[13][6])output_gradient;
    for (int row = first; row < first + n; row++) {
        memset(din[row], 0, sizeof din[row]);
        for (int i = 0; i < 13; i++) {
            const int r_first = mnn_max(0, 1 - i * 2);
            const int r_end = mnn_min(3, 26 - i * 2);
            float largest[6];
            int place[6];
            for (int k = 0; k < 6; k++) {
                largest[k] = -INFINITY;
                place[k] = r_first;
            }
            for (int r = r_first; r < r_end; r++)
                for (int k = 0; k < 6; k++) {
                    const float value = in[row][i * 2 + r - 1][k];
                    place[k] = value > largest[k] ? r : place[k];
                    largest[k] = value > largest[k] ? value : largest[k];
                }
            for (int k = 0; k < 6; k++) {
                const int r = place[k];
                din[row][i * 2 + r - 1][k] += dout[row][i][k];
            }
        }
    }
}
MNN_TASK(maxpool1d_backward, workspace + at[0], workspace + at[1], workspace + at[2])
