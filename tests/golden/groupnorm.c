/* groupnorm (groupnorm.mnn:9): forward; loop; row by row
 *     mean[n, g] = sum over i, k of in[n, i, g, k] / 96
 *     variance[n, g] = sum over i, k of d * d / 96 with d = in[n, i, g, k] - mean[n, g]
 *     inverse[n, g] = 1 / sqrt(variance[n, g] + 0.001)
 *     out[n, i, j, k] = d * inverse[n, j] * gamma[j, k] + beta[j, k] with d = in[n, i, j, k] - mean[n, j] */
static void groupnorm_forward(const mnn_task *task, const float *restrict input, const float *restrict gamma_values,
        const float *restrict beta_values, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[48][3][2] = (const float (*)[48][3][2])input;
    const float (*restrict gamma)[2] = (const float (*)[2])gamma_values;
    const float (*restrict beta)[2] = (const float (*)[2])beta_values;
    float (*restrict out)[48][3][2] = (float (*)[48][3][2])output;
    for (int row = first; row < first + n; row++) {
        float mean[3];
        float inverse[3];
        for (int g = 0; g < 3; g++) {
            float sum = 0.0f;
            for (int i = 0; i < 48; i++)
                for (int k = 0; k < 2; k++)
                    sum += in[row][i][g][k];
            mean[g] = sum / 96.0f;
            float sum_2 = 0.0f;
            for (int i = 0; i < 48; i++)
                for (int k = 0; k < 2; k++) {
                    const float d = in[row][i][g][k] - mean[g];
                    sum_2 = mnn_fma(d, d, sum_2);
                }
            const float variance = sum_2 / 96.0f;
            inverse[g] = 1.0f / sqrtf(variance + 0.001f);
        }
        for (int i = 0; i < 48; i++)
            for (int j = 0; j < 3; j++)
                for (int k = 0; k < 2; k++) {
                    const float d = in[row][i][j][k] - mean[j];
                    out[row][i][j][k] = mnn_fma(d * inverse[j], gamma[j][k], beta[j][k]);
                }
    }
}
MNN_TASK(groupnorm_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* groupnorm_1 (groupnorm.mnn:10): forward; loop; row by row
 *     mean[n, g] = sum over i, k of in[n, i, g, k] / 144
 *     variance[n, g] = sum over i, k of d * d / 144 with d = in[n, i, g, k] - mean[n, g]
 *     inverse[n, g] = 1 / sqrt(variance[n, g] + 1e-05)
 *     out[n, i, j, k] = d * inverse[n, j] with d = in[n, i, j, k] - mean[n, j] */
static void groupnorm_1_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[48][2][3] = (const float (*)[48][2][3])input;
    float (*restrict out)[48][2][3] = (float (*)[48][2][3])output;
    for (int row = first; row < first + n; row++) {
        float mean[2];
        float inverse[2];
        for (int g = 0; g < 2; g++) {
            float sum = 0.0f;
            for (int i = 0; i < 48; i++)
                for (int k = 0; k < 3; k++)
                    sum += in[row][i][g][k];
            mean[g] = sum / 144.0f;
            float sum_2 = 0.0f;
            for (int i = 0; i < 48; i++)
                for (int k = 0; k < 3; k++) {
                    const float d = in[row][i][g][k] - mean[g];
                    sum_2 = mnn_fma(d, d, sum_2);
                }
            const float variance = sum_2 / 144.0f;
            inverse[g] = 1.0f / sqrtf(variance + 1e-05f);
        }
        for (int i = 0; i < 48; i++)
            for (int j = 0; j < 2; j++)
                for (int k = 0; k < 3; k++) {
                    const float d = in[row][i][j][k] - mean[j];
                    out[row][i][j][k] = d * inverse[j];
                }
    }
}
MNN_TASK(groupnorm_1_forward, workspace + at[0], workspace + at[1])

/* groupnorm (groupnorm.mnn:9): backward; loop; row by row
 *     mean[n, g] = sum over i, k of in[n, i, g, k] / 96
 *     variance[n, g] = sum over i, k of d * d / 96 with d = in[n, i, g, k] - mean[n, g]
 *     inverse[n, g] = 1 / sqrt(variance[n, g] + 0.001)
 *     dmean[n, j] = sum over i, k of -(dout[n, i, j, k] * inverse[n, j]) * gamma[j, k]
 *     dinverse[n, j] = sum over i, k of dout[n, i, j, k] * d * gamma[j, k] with d = in[n, i, j, k] - mean[n, j]
 *     dgamma[j, k] += dout[n, i, j, k] * d * inverse[n, j] with d = in[n, i, j, k] - mean[n, j]
 *     dbeta[j, k] += dout[n, i, j, k]
 *     dvariance[n, g] = -(dinverse[n, g] * 0.5 / t1 / t1) / t1 with t1 = sqrt(variance[n, g] + 0.001)
 *     dmean_2[n, g] = sum over i, k of dvariance[n, g] * (-d - d) / 96 with d = in[n, i, g, k] - mean[n, g]
 *     share[n, g] = (dmean[n, g] + dmean_2[n, g]) / 96
 *     din[n, i, j, k] = dout[n, i, j, k] * inverse[n, j] * gamma[j, k] + dvariance[n, j] * (d + d) / 96 + share[n, j] with d = in[n, i, j, k] - mean[n, j] */
static void groupnorm_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict gamma_values, float *restrict input_gradient, float *restrict partials)
{
    const int first = task->first, n = task->n;
    float (*restrict dgamma)[2] = (float (*)[2])(partials + task->piece * 12);
    float (*restrict dbeta)[2] = (float (*)[2])(partials + task->piece * 12 + 6);
    const float (*restrict in)[48][3][2] = (const float (*)[48][3][2])input;
    const float (*restrict dout)[48][3][2] = (const float (*)[48][3][2])output_gradient;
    const float (*restrict gamma)[2] = (const float (*)[2])gamma_values;
    const float (*restrict dout_2)[48][3][2] = (const float (*)[48][3][2])output_gradient;
    const float (*restrict dout_3)[48][3][2] = (const float (*)[48][3][2])output_gradient;
    const float (*restrict dout_4)[48][3][2] = (const float (*)[48][3][2])output_gradient;
    const float (*restrict dout_5)[48][3][2] = (const float (*)[48][3][2])output_gradient;
    float (*restrict din)[48][3][2] = (float (*)[48][3][2])input_gradient;
    memset(dgamma, 0, 6 * sizeof(float));
    memset(dbeta, 0, 6 * sizeof(float));
    for (int row = first; row < first + n; row++) {
        float mean[3];
        float variance[3];
        float inverse[3];
        float dmean[3];
        float dinverse[3];
        for (int g = 0; g < 3; g++) {
            float sum = 0.0f;
            for (int i = 0; i < 48; i++)
                for (int k = 0; k < 2; k++)
                    sum += in[row][i][g][k];
            mean[g] = sum / 96.0f;
            float sum_2 = 0.0f;
            for (int i = 0; i < 48; i++)
                for (int k = 0; k < 2; k++) {
                    const float d = in[row][i][g][k] - mean[g];
                    sum_2 = mnn_fma(d, d, sum_2);
                }
            variance[g] = sum_2 / 96.0f;
            inverse[g] = 1.0f / sqrtf(variance[g] + 0.001f);
            float dmean_sum = 0.0f;
            for (int i = 0; i < 48; i++)
                for (int k = 0; k < 2; k++)
                    dmean_sum = mnn_fma(-(dout[row][i][g][k] * inverse[g]), gamma[g][k], dmean_sum);
            dmean[g] = dmean_sum;
            float dinverse_sum = 0.0f;
            for (int i = 0; i < 48; i++)
                for (int k = 0; k < 2; k++) {
                    const float d = in[row][i][g][k] - mean[g];
                    dinverse_sum = mnn_fma(dout_2[row][i][g][k] * d, gamma[g][k], dinverse_sum);
                }
            dinverse[g] = dinverse_sum;
        }
        for (int i = 0; i < 48; i++)
            for (int j = 0; j < 3; j++)
                for (int k = 0; k < 2; k++) {
                    const float d = in[row][i][j][k] - mean[j];
                    dgamma[j][k] = mnn_fma(dout_3[row][i][j][k] * d, inverse[j], dgamma[j][k]);
                    dbeta[j][k] += dout_4[row][i][j][k];
                }
        float dvariance[3];
        float share[3];
        for (int g = 0; g < 3; g++) {
            const float t1 = sqrtf(variance[g] + 0.001f);
            dvariance[g] = -(dinverse[g] * 0.5f / t1 / t1) / t1;
            float sum_3 = 0.0f;
            for (int i = 0; i < 48; i++)
                for (int k = 0; k < 2; k++) {
                    const float d = in[row][i][g][k] - mean[g];
                    sum_3 = mnn_fma(dvariance[g], -d - d, sum_3);
                }
            const float dmean_2 = sum_3 / 96.0f;
            share[g] = (dmean[g] + dmean_2) / 96.0f;
        }
        for (int i = 0; i < 48; i++)
            for (int j = 0; j < 3; j++)
                for (int k = 0; k < 2; k++) {
                    const float d = in[row][i][j][k] - mean[j];
                    din[row][i][j][k] = mnn_fma(dout_5[row][i][j][k] * inverse[j], gamma[j][k],
                            dvariance[j] * (d + d) / 96.0f) + share[j];
                }
    }
}
MNN_TASK(groupnorm_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3], workspace + at[4])

/* groupnorm (groupnorm.mnn:9): gradients of the parameters; sum; partial sums in a fixed order
 *     dgamma, dbeta = sum of the partial sums of the pieces, in order */
static void groupnorm_gradients(const mnn_task *task, const float *restrict partials, float *restrict gamma_gradient,
        float *restrict beta_gradient, int beta_size, int gamma_size)
{
    const int rows = task->rows;
    const int pieces = (rows + 3) / 4, stride = gamma_size + beta_size;
    mnn_sum_pieces(gamma_gradient, partials, gamma_size, stride, pieces);
    mnn_sum_pieces(beta_gradient, partials + gamma_size, beta_size, stride, pieces);
}
MNN_TASK(groupnorm_gradients, workspace + at[0], grads + at[1], grads + at[2], at[3], at[4])
