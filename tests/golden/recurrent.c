/* lstm (recurrent.mnn:8): forward; loop; row by row
 *     sum[n, time, g, u] = sum over c of in[n, time, c] * kernel[c, g, u]
 *     own[n, time, g, u] = sum[n, time, g, u] + bias[0, g, u]
 *     h_before[n, i, j] = h[n, i - 1, j]
 *     cell_before[n, i, j] = cell[n, i - 1, j]
 *     product[n, time, g, u] = sum over c of h_before[n, time, c] * kernel_2[c, g, u]
 *     cell[n, time, u] = (0.5 + 0.5 * tanh(0.5 * (own[n, time, 1, u] + product[n, time, 1, u]))) * cell_before[n, time, u] + (0.5 + 0.5 * tanh(0.5 * (own[n, time, 0, u] + product[n, time, 0, u]))) * tanh(own[n, time, 2, u] + product[n, time, 2, u])
 *     h[n, time, u] = (0.5 + 0.5 * tanh(0.5 * (own[n, time, 3, u] + product[n, time, 3, u]))) * tanh(cell[n, time, u])
 *     out[n, i, j] = h[n, i, j] */
MNN_KEEP_CONDITIONS
static void lstm_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel_values,
        const float *restrict recurrent_kernel, const float *restrict bias_values, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[24][4] = (const float (*)[24][4])input;
    const float (*restrict kernel)[4][6] = (const float (*)[4][6])kernel_values;
    const float (*restrict bias)[4][6] = (const float (*)[4][6])bias_values;
    const float (*restrict kernel_2)[4][6] = (const float (*)[4][6])recurrent_kernel;
    float (*restrict out)[24][6] = (float (*)[24][6])output;
    for (int row = first; row < first + n; row++) {
        float own[24][4][6];
        for (int time = 0; time < 24; time++) {
            float sum[4][6];
            for (int g = 0; g < 4; g++)
                for (int u = 0; u < 6; u++)
                    sum[g][u] = 0.0f;
            for (int c = 0; c < 4; c++) {
                const float x = in[row][time][c];
                for (int g = 0; g < 4; g++)
                    for (int u = 0; u < 6; u++)
                        sum[g][u] = mnn_fma(x, kernel[c][g][u], sum[g][u]);
            }
            for (int g = 0; g < 4; g++)
                for (int u = 0; u < 6; u++)
                    own[time][g][u] = sum[g][u] + bias[0][g][u];
        }
        float cell[24][6];
        float h[24][6];
        for (int i = 0; i < 24; i++) {
            float h_before[6];
            for (int j = 0; j < 6; j++)
                h_before[j] = 0.0f;
            if (i - 1 >= 0)
                for (int j = 0; j < 6; j++)
                    h_before[j] += h[i - 1][j];
            float cell_before[6];
            for (int j = 0; j < 6; j++)
                cell_before[j] = 0.0f;
            if (i - 1 >= 0)
                for (int j = 0; j < 6; j++)
                    cell_before[j] += cell[i - 1][j];
            float product[4][6];
            for (int g = 0; g < 4; g++)
                for (int u = 0; u < 6; u++)
                    product[g][u] = 0.0f;
            for (int c = 0; c < 6; c++) {
                const float x = h_before[c];
                for (int g = 0; g < 4; g++)
                    for (int u = 0; u < 6; u++)
                        product[g][u] = mnn_fma(x, kernel_2[c][g][u], product[g][u]);
            }
            for (int u = 0; u < 6; u++) {
                cell[i][u] = mnn_fma(mnn_fma(0.5f, tanhf(0.5f * (own[i][1][u] + product[1][u])), 0.5f), cell_before[u],
                        mnn_fma(0.5f, tanhf(0.5f * (own[i][0][u] + product[0][u])),
                        0.5f) * tanhf(own[i][2][u] + product[2][u]));
                h[i][u] = mnn_fma(0.5f, tanhf(0.5f * (own[i][3][u] + product[3][u])), 0.5f) * tanhf(cell[i][u]);
            }
        }
        for (int i = 0; i < 24; i++)
            for (int j = 0; j < 6; j++)
                out[row][i][j] = h[i][j];
    }
}
MNN_TASK(lstm_forward, workspace + at[0], params + at[1], params + at[2], params + at[3], workspace + at[4])

/* gru (recurrent.mnn:9): forward; loop; row by row
 *     sum[n, time, g, u] = sum over c of in[n, time, c] * kernel[c, g, u]
 *     own[n, time, g, u] = sum[n, time, g, u] + bias[0, g, u]
 *     h_before[n, i, j] = h[n, i + 1, j]
 *     product[n, time, g, u] = sum over c of h_before[n, time, c] * kernel_2[c, g, u]
 *     recurrent[n, time, g, u] = product[n, time, g, u] + bias[1, g, u]
 *     h[n, time, u] = t1 * h_before[n, time, u] + (1 - t1) * (t2 < 0 ? 0 : t2) with t1 = tanh(own[n, time, 0, u] + recurrent[n, time, 0, u]), t2 = own[n, time, 2, u] + tanh(own[n, time, 1, u] + recurrent[n, time, 1, u]) * recurrent[n, time, 2, u]
 *     out[n, i, j] = h[n, 23 - i, j] */
MNN_KEEP_CONDITIONS
static void gru_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel_values,
        const float *restrict recurrent_kernel, const float *restrict bias_values, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[24][6] = (const float (*)[24][6])input;
    const float (*restrict kernel)[3][5] = (const float (*)[3][5])kernel_values;
    const float (*restrict bias)[3][5] = (const float (*)[3][5])bias_values;
    const float (*restrict kernel_2)[3][5] = (const float (*)[3][5])recurrent_kernel;
    const float (*restrict bias_2)[3][5] = (const float (*)[3][5])bias_values;
    float (*restrict out)[24][5] = (float (*)[24][5])output;
    for (int row = first; row < first + n; row++) {
        float own[24][3][5];
        for (int time = 0; time < 24; time++) {
            float sum[3][5];
            for (int g = 0; g < 3; g++)
                for (int u = 0; u < 5; u++)
                    sum[g][u] = 0.0f;
            for (int c = 0; c < 6; c++) {
                const float x = in[row][time][c];
                for (int g = 0; g < 3; g++)
                    for (int u = 0; u < 5; u++)
                        sum[g][u] = mnn_fma(x, kernel[c][g][u], sum[g][u]);
            }
            for (int g = 0; g < 3; g++)
                for (int u = 0; u < 5; u++)
                    own[time][g][u] = sum[g][u] + bias[0][g][u];
        }
        float h[24][5];
        for (int i = 24 - 1; i >= 0; i--) {
            float h_before[5];
            for (int j = 0; j < 5; j++)
                h_before[j] = 0.0f;
            if (i + 1 < 24)
                for (int j = 0; j < 5; j++)
                    h_before[j] += h[i + 1][j];
            float product[3][5];
            for (int g = 0; g < 3; g++)
                for (int u = 0; u < 5; u++)
                    product[g][u] = 0.0f;
            for (int c = 0; c < 5; c++) {
                const float x = h_before[c];
                for (int g = 0; g < 3; g++)
                    for (int u = 0; u < 5; u++)
                        product[g][u] = mnn_fma(x, kernel_2[c][g][u], product[g][u]);
            }
            float recurrent[3][5];
            for (int g = 0; g < 3; g++)
                for (int u = 0; u < 5; u++)
                    recurrent[g][u] = product[g][u] + bias_2[1][g][u];
            for (int u = 0; u < 5; u++) {
                const float t1 = tanhf(own[i][0][u] + recurrent[0][u]);
                const float t2 = mnn_fma(tanhf(own[i][1][u] + recurrent[1][u]), recurrent[2][u], own[i][2][u]);
                h[i][u] = mnn_fma(t1, h_before[u], (1.0f - t1) * (t2 < 0.0f ? 0.0f : t2));
            }
        }
        for (int i = 0; i < 24; i++)
            for (int j = 0; j < 5; j++)
                out[row][i][j] = h[23 - i][j];
    }
}
MNN_TASK(gru_forward, workspace + at[0], params + at[1], params + at[2], params + at[3], workspace + at[4])

/* simple_rnn (recurrent.mnn:11): forward; loop; row by row
 *     sum[n, time, u] = sum over c of in[n, time, c] * kernel[c, 0, u]
 *     h_before[n, i, j] = h[n, i - 1, j]
 *     product[n, time, u] = sum over c of h_before[n, time, c] * kernel_2[c, 0, u]
 *     h[n, time, u] = tanh(sum[n, time, u] + product[n, time, u])
 *     out[n, i] = h[n, 23, i] */
MNN_KEEP_CONDITIONS
static void simple_rnn_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel_values,
        const float *restrict recurrent_kernel, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[24][4] = (const float (*)[24][4])input;
    const float (*restrict kernel)[1][3] = (const float (*)[1][3])kernel_values;
    const float (*restrict kernel_2)[1][3] = (const float (*)[1][3])recurrent_kernel;
    float (*restrict out)[3] = (float (*)[3])output;
    for (int row = first; row < first + n; row++) {
        float sum[24][3];
        for (int time = 0; time < 24; time++) {
            float sum_sum[3];
            for (int u = 0; u < 3; u++)
                sum_sum[u] = 0.0f;
            for (int c = 0; c < 4; c++) {
                const float x = in[row][time][c];
                const float *weight = kernel[c][0];
                for (int u = 0; u < 3; u++)
                    sum_sum[u] = mnn_fma(x, weight[u], sum_sum[u]);
            }
            for (int u = 0; u < 3; u++)
                sum[time][u] = sum_sum[u];
        }
        float h[24][3];
        for (int i = 0; i < 24; i++) {
            float h_before[3];
            for (int j = 0; j < 3; j++)
                h_before[j] = 0.0f;
            if (i - 1 >= 0)
                for (int j = 0; j < 3; j++)
                    h_before[j] += h[i - 1][j];
            float product[3];
            for (int u = 0; u < 3; u++)
                product[u] = 0.0f;
            for (int c = 0; c < 3; c++) {
                const float x = h_before[c];
                const float *weight = kernel_2[c][0];
                for (int u = 0; u < 3; u++)
                    product[u] = mnn_fma(x, weight[u], product[u]);
            }
            for (int u = 0; u < 3; u++)
                h[i][u] = tanhf(sum[i][u] + product[u]);
        }
        for (int i = 0; i < 3; i++)
            out[row][i] = h[23][i];
    }
}
MNN_TASK(simple_rnn_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* simple_rnn (recurrent.mnn:11): backward; loop; row by row
 *     sum[n, time, u] = sum over c of in[n, time, c] * kernel[c, 0, u]
 *     h_before[n, i, j] = h[n, i - 1, j]
 *     product[n, time, u] = sum over c of h_before[n, time, c] * kernel_2[c, 0, u]
 *     next_z[n, time, u] = sum[n, time, u] + product[n, time, u]
 *     h[n, time, u] = tanh(next_z[n, time, u])
 *     dstate[n, 23, i] += dout[n, i]
 *     dh_other[n, i, j] = dh_before[n, i + 1, j]
 *     dz[n, time, u] = (dstate[n, time, u] + dh_other[n, time, u]) * (1 - t1 * t1) with t1 = tanh(next_z[n, time, u])
 *     down[n, time, u] = dz[n, time, u]
 *     dcarried[n, time, u] = dz[n, time, u]
 *     din_2[n, time, c] = sum over u of dcarried[n, time, u] * kernel_2[c, 0, u]
 *     dh_before[n, i, j] = din_2[n, i, j]
 *     dkernel[c, 0, u] += dcarried[n, time, u] * h_before[n, time, c]
 *     din[n, time, c] = sum over u of down[n, time, u] * kernel[c, 0, u]
 *     dkernel_2[c, 0, u] += down[n, time, u] * in[n, time, c] */
MNN_KEEP_CONDITIONS
static void simple_rnn_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict input, const float *restrict kernel_values, const float *restrict recurrent_kernel,
        float *restrict input_gradient, float *restrict partials)
{
    const int first = task->first, n = task->n;
    float (*restrict dkernel)[1][3] = (float (*)[1][3])(partials + task->piece * 21 + 12);
    float (*restrict dkernel_2)[1][3] = (float (*)[1][3])(partials + task->piece * 21);
    const float (*restrict in)[24][4] = (const float (*)[24][4])input;
    const float (*restrict kernel)[1][3] = (const float (*)[1][3])kernel_values;
    const float (*restrict kernel_2)[1][3] = (const float (*)[1][3])recurrent_kernel;
    const float (*restrict dout)[3] = (const float (*)[3])output_gradient;
    float (*restrict din_2)[24][4] = (float (*)[24][4])input_gradient;
    memset(dkernel, 0, 9 * sizeof(float));
    memset(dkernel_2, 0, 12 * sizeof(float));
    for (int row = first; row < first + n; row++) {
        float sum[24][3];
        for (int time = 0; time < 24; time++) {
            float sum_sum[3];
            for (int u = 0; u < 3; u++)
                sum_sum[u] = 0.0f;
            for (int c = 0; c < 4; c++) {
                const float x = in[row][time][c];
                const float *weight = kernel[c][0];
                for (int u = 0; u < 3; u++)
                    sum_sum[u] = mnn_fma(x, weight[u], sum_sum[u]);
            }
            for (int u = 0; u < 3; u++)
                sum[time][u] = sum_sum[u];
        }
        float h_before[24][3];
        float next_z[24][3];
        float h[24][3];
        for (int i = 0; i < 24; i++) {
            float h_before_sum[3];
            for (int j = 0; j < 3; j++)
                h_before_sum[j] = 0.0f;
            if (i - 1 >= 0)
                for (int j = 0; j < 3; j++)
                    h_before_sum[j] += h[i - 1][j];
            for (int j = 0; j < 3; j++)
                h_before[i][j] = h_before_sum[j];
            float product[3];
            for (int u = 0; u < 3; u++)
                product[u] = 0.0f;
            for (int c = 0; c < 3; c++) {
                const float x = h_before[i][c];
                const float *weight = kernel_2[c][0];
                for (int u = 0; u < 3; u++)
                    product[u] = mnn_fma(x, weight[u], product[u]);
            }
            for (int u = 0; u < 3; u++) {
                next_z[i][u] = sum[i][u] + product[u];
                h[i][u] = tanhf(next_z[i][u]);
            }
        }
        float dstate[24][3] = {0};
        for (int i = 0; i < 3; i++)
            dstate[23][i] += dout[row][i];
        float down[24][3];
        float dcarried[24][3];
        float dh_before[24][3];
        for (int i = 24 - 1; i >= 0; i--) {
            float dh_other[3];
            for (int j = 0; j < 3; j++)
                dh_other[j] = 0.0f;
            if (i + 1 < 24)
                for (int j = 0; j < 3; j++)
                    dh_other[j] += dh_before[i + 1][j];
            for (int u = 0; u < 3; u++) {
                const float t1 = tanhf(next_z[i][u]);
                const float dz = (dstate[i][u] + dh_other[u]) * mnn_fma(-t1, t1, 1.0f);
                down[i][u] = dz;
                dcarried[i][u] = dz;
            }
            for (int c = 0; c < 3; c++) {
                float din = 0.0f;
                for (int u = 0; u < 3; u++)
                    din = mnn_fma(dcarried[i][u], kernel_2[c][0][u], din);
                dh_before[i][c] = din;
            }
        }
        for (int time = 0; time < 24; time++) {
            for (int c = 0; c < 3; c++)
                for (int u = 0; u < 3; u++)
                    dkernel[c][0][u] = mnn_fma(dcarried[time][u], h_before[time][c], dkernel[c][0][u]);
            for (int c = 0; c < 4; c++) {
                float sum_2 = 0.0f;
                for (int u = 0; u < 3; u++)
                    sum_2 = mnn_fma(down[time][u], kernel[c][0][u], sum_2);
                din_2[row][time][c] = sum_2;
                for (int u = 0; u < 3; u++)
                    dkernel_2[c][0][u] = mnn_fma(down[time][u], in[row][time][c], dkernel_2[c][0][u]);
            }
        }
    }
}
MNN_TASK(simple_rnn_backward, workspace + at[0], workspace + at[1], params + at[2], params + at[3], workspace + at[4],
        workspace + at[5])

/* gru (recurrent.mnn:9): backward; loop; row by row
 *     sum[n, time, g, u] = sum over c of in[n, time, c] * kernel[c, g, u]
 *     own[n, time, g, u] = sum[n, time, g, u] + bias[0, g, u]
 *     h_before[n, i, j] = h[n, i + 1, j]
 *     product[n, time, g, u] = sum over c of h_before[n, time, c] * kernel_2[c, g, u]
 *     recurrent[n, time, g, u] = product[n, time, g, u] + bias[1, g, u]
 *     update_z[n, time, u] = own[n, time, 0, u] + recurrent[n, time, 0, u]
 *     update[n, time, u] = tanh(update_z[n, time, u])
 *     reset_z[n, time, u] = own[n, time, 1, u] + recurrent[n, time, 1, u]
 *     reset[n, time, u] = tanh(reset_z[n, time, u])
 *     next_z[n, time, u] = own[n, time, 2, u] + reset[n, time, u] * recurrent[n, time, 2, u]
 *     next[n, time, u] = next_z[n, time, u] < 0 ? 0 : next_z[n, time, u]
 *     h[n, time, u] = update[n, time, u] * h_before[n, time, u] + (1 - update[n, time, u]) * next[n, time, u]
 *     dstate[n, 23 - i, j] += dout[n, i, j]
 *     dh_other[n, i, j] = dh_before[n, i - 1, j]
 *     dstate_2[n, i, j] = dstate[n, i, j] + dh_other[n, i, j]
 *     dz[n, time, u] = next_z[n, time, u] < 0 ? 0 : dstate_2[n, time, u] * (1 - update[n, time, u])
 *     down[n, time, z2, u] = dz[n, time, u]
 *     dcarried[n, time, z2, u] = dz[n, time, u] * reset[n, time, u]
 *     dz_2[n, time, u] = dz[n, time, u] * recurrent[n, time, 2, u] * (1 - t1 * t1) with t1 = tanh(reset_z[n, time, u])
 *     down_2[n, time, z2, u] = dz_2[n, time, u]
 *     dcarried_2[n, time, z2, u] = dz_2[n, time, u]
 *     dz_3[n, time, u] = dstate_2[n, time, u] * (h_before[n, time, u] - next[n, time, u]) * (1 - t1 * t1) with t1 = tanh(update_z[n, time, u])
 *     down_3[n, time, z2, u] = dz_3[n, time, u]
 *     down_4[n, time, z2, u] = down[n, time, z2, u] + down_2[n, time, z2, u] + down_3[n, time, z2, u]
 *     dcarried_3[n, time, z2, u] = dz_3[n, time, u]
 *     dcarried_4[n, time, z2, u] = dcarried[n, time, z2, u] + dcarried_2[n, time, z2, u] + dcarried_3[n, time, z2, u]
 *     dsum[n, time, g, u] = dcarried_4[n, time, g, u]
 *     din_2[n, time, c] = sum over g, u of dsum[n, time, g, u] * kernel_2[c, g, u]
 *     dh_before[n, i, j] = dstate_2[n, i, j] * update[n, i, j] + din_2[n, i, j]
 *     dbias_2[1, g, u] += dcarried_4[n, time, g, u]
 *     dkernel[c, g, u] += dsum[n, time, g, u] * h_before[n, time, c]
 *     dsum_2[n, time, g, u] = down_4[n, time, g, u]
 *     dbias_3[0, g, u] += down_4[n, time, g, u]
 *     dbias[i, j, k] = dbias_2[i, j, k] + dbias_3[i, j, k]
 *     din[n, time, c] = sum over g, u of dsum_2[n, time, g, u] * kernel[c, g, u]
 *     dkernel_2[c, g, u] += dsum_2[n, time, g, u] * in[n, time, c] */
MNN_KEEP_CONDITIONS
static void gru_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict kernel_values, const float *restrict recurrent_kernel, const float *restrict bias_values,
        float *restrict input_gradient, float *restrict partials)
{
    const int first = task->first, n = task->n;
    float (*restrict dbias)[3][5] = (float (*)[3][5])(partials + task->piece * 195 + 165);
    float (*restrict dkernel)[3][5] = (float (*)[3][5])(partials + task->piece * 195 + 90);
    float (*restrict dkernel_2)[3][5] = (float (*)[3][5])(partials + task->piece * 195);
    const float (*restrict in)[24][6] = (const float (*)[24][6])input;
    const float (*restrict kernel)[3][5] = (const float (*)[3][5])kernel_values;
    const float (*restrict bias)[3][5] = (const float (*)[3][5])bias_values;
    const float (*restrict kernel_2)[3][5] = (const float (*)[3][5])recurrent_kernel;
    const float (*restrict bias_2)[3][5] = (const float (*)[3][5])bias_values;
    const float (*restrict dout)[24][5] = (const float (*)[24][5])output_gradient;
    float (*restrict din_2)[24][6] = (float (*)[24][6])input_gradient;
    memset(dbias, 0, 30 * sizeof(float));
    memset(dkernel, 0, 75 * sizeof(float));
    memset(dkernel_2, 0, 90 * sizeof(float));
    float dbias_2[2][3][5] = {0};
    for (int row = first; row < first + n; row++) {
        float own[24][3][5];
        for (int time = 0; time < 24; time++) {
            float sum[3][5];
            for (int g = 0; g < 3; g++)
                for (int u = 0; u < 5; u++)
                    sum[g][u] = 0.0f;
            for (int c = 0; c < 6; c++) {
                const float x = in[row][time][c];
                for (int g = 0; g < 3; g++)
                    for (int u = 0; u < 5; u++)
                        sum[g][u] = mnn_fma(x, kernel[c][g][u], sum[g][u]);
            }
            for (int g = 0; g < 3; g++)
                for (int u = 0; u < 5; u++)
                    own[time][g][u] = sum[g][u] + bias[0][g][u];
        }
        float h_before[24][5];
        float recurrent[24][3][5];
        float update_z[24][5];
        float update[24][5];
        float reset_z[24][5];
        float reset[24][5];
        float next_z[24][5];
        float next[24][5];
        float h[24][5];
        for (int i = 24 - 1; i >= 0; i--) {
            float h_before_sum[5];
            for (int j = 0; j < 5; j++)
                h_before_sum[j] = 0.0f;
            if (i + 1 < 24)
                for (int j = 0; j < 5; j++)
                    h_before_sum[j] += h[i + 1][j];
            for (int j = 0; j < 5; j++)
                h_before[i][j] = h_before_sum[j];
            float product[3][5];
            for (int g = 0; g < 3; g++)
                for (int u = 0; u < 5; u++)
                    product[g][u] = 0.0f;
            for (int c = 0; c < 5; c++) {
                const float x = h_before[i][c];
                for (int g = 0; g < 3; g++)
                    for (int u = 0; u < 5; u++)
                        product[g][u] = mnn_fma(x, kernel_2[c][g][u], product[g][u]);
            }
            for (int g = 0; g < 3; g++)
                for (int u = 0; u < 5; u++)
                    recurrent[i][g][u] = product[g][u] + bias_2[1][g][u];
            for (int u = 0; u < 5; u++) {
                update_z[i][u] = own[i][0][u] + recurrent[i][0][u];
                update[i][u] = tanhf(update_z[i][u]);
                reset_z[i][u] = own[i][1][u] + recurrent[i][1][u];
                reset[i][u] = tanhf(reset_z[i][u]);
                next_z[i][u] = mnn_fma(reset[i][u], recurrent[i][2][u], own[i][2][u]);
                next[i][u] = next_z[i][u] < 0.0f ? 0.0f : next_z[i][u];
                h[i][u] = mnn_fma(update[i][u], h_before[i][u], (1.0f - update[i][u]) * next[i][u]);
            }
        }
        float dstate[24][5] = {0};
        for (int i = 0; i < 24; i++)
            for (int j = 0; j < 5; j++)
                dstate[23 - i][j] += dout[row][i][j];
        float down[24][3][5];
        float dcarried[24][3][5];
        float dsum[24][3][5];
        float dh_before[24][5];
        for (int i = 0; i < 24; i++) {
            float dh_other[5];
            for (int j = 0; j < 5; j++)
                dh_other[j] = 0.0f;
            if (i - 1 >= 0)
                for (int j = 0; j < 5; j++)
                    dh_other[j] += dh_before[i - 1][j];
            float dstate_2[5];
            float dz[5];
            for (int j = 0; j < 5; j++) {
                dstate_2[j] = dstate[i][j] + dh_other[j];
                dz[j] = next_z[i][j] < 0.0f ? 0.0f : dstate_2[j] * (1.0f - update[i][j]);
            }
            float down_2[3][5];
            float dcarried_2[3][5];
            for (int z2 = 0; z2 < 3; z2++) {
                float down_2_sum[5];
                for (int u = 0; u < 5; u++)
                    down_2_sum[u] = 0.0f;
                if (z2 - 2 >= 0)
                    for (int u = 0; u < 5; u++)
                        down_2_sum[u] += dz[u];
                for (int u = 0; u < 5; u++)
                    down_2[z2][u] = down_2_sum[u];
                float dcarried_2_sum[5];
                for (int u = 0; u < 5; u++)
                    dcarried_2_sum[u] = 0.0f;
                if (z2 - 2 >= 0)
                    for (int u = 0; u < 5; u++)
                        dcarried_2_sum[u] = mnn_fma(dz[u], reset[i][u], dcarried_2_sum[u]);
                for (int u = 0; u < 5; u++)
                    dcarried_2[z2][u] = dcarried_2_sum[u];
            }
            float dz_2[5];
            for (int u = 0; u < 5; u++) {
                const float t1 = tanhf(reset_z[i][u]);
                dz_2[u] = dz[u] * recurrent[i][2][u] * mnn_fma(-t1, t1, 1.0f);
            }
            float down_3[3][5];
            float dcarried_3[3][5];
            for (int z2 = 0; z2 < 3; z2++) {
                float down_3_sum[5];
                for (int u = 0; u < 5; u++)
                    down_3_sum[u] = 0.0f;
                if (z2 - 1 >= 0 && z2 - 1 < 1)
                    for (int u = 0; u < 5; u++)
                        down_3_sum[u] += dz_2[u];
                for (int u = 0; u < 5; u++)
                    down_3[z2][u] = down_3_sum[u];
                float dcarried_3_sum[5];
                for (int u = 0; u < 5; u++)
                    dcarried_3_sum[u] = 0.0f;
                if (z2 - 1 >= 0 && z2 - 1 < 1)
                    for (int u = 0; u < 5; u++)
                        dcarried_3_sum[u] += dz_2[u];
                for (int u = 0; u < 5; u++)
                    dcarried_3[z2][u] = dcarried_3_sum[u];
            }
            float dz_3[5];
            for (int u = 0; u < 5; u++) {
                const float t1 = tanhf(update_z[i][u]);
                dz_3[u] = dstate_2[u] * (h_before[i][u] - next[i][u]) * mnn_fma(-t1, t1, 1.0f);
            }
            for (int z2 = 0; z2 < 3; z2++) {
                float down_4[5];
                for (int u = 0; u < 5; u++)
                    down_4[u] = 0.0f;
                if (z2 < 1)
                    for (int u = 0; u < 5; u++)
                        down_4[u] += dz_3[u];
                for (int u = 0; u < 5; u++)
                    down[i][z2][u] = down_2[z2][u] + down_3[z2][u] + down_4[u];
                float dcarried_4[5];
                for (int u = 0; u < 5; u++)
                    dcarried_4[u] = 0.0f;
                if (z2 < 1)
                    for (int u = 0; u < 5; u++)
                        dcarried_4[u] += dz_3[u];
                for (int u = 0; u < 5; u++) {
                    dcarried[i][z2][u] = dcarried_2[z2][u] + dcarried_3[z2][u] + dcarried_4[u];
                    dsum[i][z2][u] = dcarried[i][z2][u];
                }
            }
            for (int c = 0; c < 5; c++) {
                float din = 0.0f;
                for (int g = 0; g < 3; g++)
                    for (int u = 0; u < 5; u++)
                        din = mnn_fma(dsum[i][g][u], kernel_2[c][g][u], din);
                dh_before[i][c] = mnn_fma(dstate_2[c], update[i][c], din);
            }
        }
        for (int time = 0; time < 24; time++) {
            float dsum_2[3][5];
            for (int g = 0; g < 3; g++)
                for (int u = 0; u < 5; u++) {
                    dbias[1][g][u] += dcarried[time][g][u];
                    for (int u2 = 0; u2 < 5; u2++)
                        dkernel[u][g][u2] = mnn_fma(dsum[time][g][u2], h_before[time][u], dkernel[u][g][u2]);
                    dsum_2[g][u] = down[time][g][u];
                    dbias_2[0][g][u] += down[time][g][u];
                }
            for (int c = 0; c < 6; c++) {
                float sum_2 = 0.0f;
                for (int g = 0; g < 3; g++)
                    for (int u = 0; u < 5; u++)
                        sum_2 = mnn_fma(dsum_2[g][u], kernel[c][g][u], sum_2);
                din_2[row][time][c] = sum_2;
            }
            for (int g = 0; g < 3; g++)
                for (int c = 0; c < 6; c++)
                    for (int u = 0; u < 5; u++)
                        dkernel_2[c][g][u] = mnn_fma(dsum_2[g][u], in[row][time][c], dkernel_2[c][g][u]);
        }
    }
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 5; k++)
                dbias[i][j][k] = dbias[i][j][k] + dbias_2[i][j][k];
}
MNN_TASK(gru_backward, workspace + at[0], workspace + at[1], params + at[2], params + at[3], params + at[4],
        workspace + at[5], workspace + at[6])

/* lstm (recurrent.mnn:8): backward; loop; row by row
 *     sum[n, time, g, u] = sum over c of in[n, time, c] * kernel[c, g, u]
 *     own[n, time, g, u] = sum[n, time, g, u] + bias[0, g, u]
 *     h_before[n, i, j] = h[n, i - 1, j]
 *     cell_before[n, i, j] = cell[n, i - 1, j]
 *     product[n, time, g, u] = sum over c of h_before[n, time, c] * kernel_2[c, g, u]
 *     in_gate_z[n, time, u] = own[n, time, 0, u] + product[n, time, 0, u]
 *     in_gate[n, time, u] = 0.5 + 0.5 * tanh(0.5 * in_gate_z[n, time, u])
 *     forget_gate_z[n, time, u] = own[n, time, 1, u] + product[n, time, 1, u]
 *     forget_gate[n, time, u] = 0.5 + 0.5 * tanh(0.5 * forget_gate_z[n, time, u])
 *     candidate_z[n, time, u] = own[n, time, 2, u] + product[n, time, 2, u]
 *     candidate[n, time, u] = tanh(candidate_z[n, time, u])
 *     out_gate_z[n, time, u] = own[n, time, 3, u] + product[n, time, 3, u]
 *     out_gate[n, time, u] = 0.5 + 0.5 * tanh(0.5 * out_gate_z[n, time, u])
 *     cell[n, time, u] = forget_gate[n, time, u] * cell_before[n, time, u] + in_gate[n, time, u] * candidate[n, time, u]
 *     seen[n, time, u] = tanh(cell[n, time, u])
 *     h[n, time, u] = out_gate[n, time, u] * seen[n, time, u]
 *     dstate[n, i, j] = dout[n, i, j]
 *     dh_other[n, i, j] = dh_before[n, i + 1, j]
 *     dstate_2[n, i, j] = dstate[n, i, j] + dh_other[n, i, j]
 *     dcell_other[n, i, j] = dcell_before[n, i + 1, j]
 *     dcell_other_2[n, i, j] = dcell_other[n, i, j] + dstate_2[n, i, j] * out_gate[n, i, j] * (1 - t1 * t1) with t1 = tanh(cell[n, i, j])
 *     dz[n, time, u] = dstate_2[n, time, u] * seen[n, time, u] * 0.5 * (1 - t1 * t1) * 0.5 with t1 = tanh(0.5 * out_gate_z[n, time, u])
 *     down[n, time, z2, u] = dz[n, time, u]
 *     dcarried[n, time, z2, u] = dz[n, time, u]
 *     dz_2[n, time, u] = dcell_other_2[n, time, u] * in_gate[n, time, u] * (1 - t1 * t1) with t1 = tanh(candidate_z[n, time, u])
 *     down_2[n, time, z2, u] = dz_2[n, time, u]
 *     dcarried_2[n, time, z2, u] = dz_2[n, time, u]
 *     dz_3[n, time, u] = dcell_other_2[n, time, u] * cell_before[n, time, u] * 0.5 * (1 - t1 * t1) * 0.5 with t1 = tanh(0.5 * forget_gate_z[n, time, u])
 *     down_3[n, time, z2, u] = dz_3[n, time, u]
 *     dcarried_3[n, time, z2, u] = dz_3[n, time, u]
 *     dz_4[n, time, u] = dcell_other_2[n, time, u] * candidate[n, time, u] * 0.5 * (1 - t1 * t1) * 0.5 with t1 = tanh(0.5 * in_gate_z[n, time, u])
 *     down_4[n, time, z2, u] = dz_4[n, time, u]
 *     down_5[n, time, z2, u] = down[n, time, z2, u] + down_2[n, time, z2, u] + down_3[n, time, z2, u] + down_4[n, time, z2, u]
 *     dcarried_4[n, time, z2, u] = dz_4[n, time, u]
 *     dcarried_5[n, time, z2, u] = dcarried[n, time, z2, u] + dcarried_2[n, time, z2, u] + dcarried_3[n, time, z2, u] + dcarried_4[n, time, z2, u]
 *     din[n, time, c] = sum over g, u of dcarried_5[n, time, g, u] * kernel_2[c, g, u]
 *     dh_before[n, i, j] = din[n, i, j]
 *     dcell_before[n, i, j] = dcell_other_2[n, i, j] * forget_gate[n, i, j]
 *     dkernel[c, g, u] += dcarried_5[n, time, g, u] * h_before[n, time, c]
 *     dsum[n, time, g, u] = down_5[n, time, g, u]
 *     dbias[0, g, u] += down_5[n, time, g, u]
 *     dkernel_2[c, g, u] += dsum[n, time, g, u] * in[n, time, c] */
MNN_KEEP_CONDITIONS
static void lstm_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict kernel_values, const float *restrict recurrent_kernel, const float *restrict bias_values,
        float *restrict partials)
{
    const int first = task->first, n = task->n;
    float (*restrict dkernel)[4][6] = (float (*)[4][6])(partials + task->piece * 264 + 96);
    float (*restrict dbias)[4][6] = (float (*)[4][6])(partials + task->piece * 264 + 240);
    float (*restrict dkernel_2)[4][6] = (float (*)[4][6])(partials + task->piece * 264);
    const float (*restrict in)[24][4] = (const float (*)[24][4])input;
    const float (*restrict kernel)[4][6] = (const float (*)[4][6])kernel_values;
    const float (*restrict bias)[4][6] = (const float (*)[4][6])bias_values;
    const float (*restrict kernel_2)[4][6] = (const float (*)[4][6])recurrent_kernel;
    const float (*restrict dout)[24][6] = (const float (*)[24][6])output_gradient;
    memset(dkernel, 0, 144 * sizeof(float));
    memset(dbias, 0, 24 * sizeof(float));
    memset(dkernel_2, 0, 96 * sizeof(float));
    for (int row = first; row < first + n; row++) {
        float own[24][4][6];
        for (int time = 0; time < 24; time++) {
            float sum[4][6];
            for (int g = 0; g < 4; g++)
                for (int u = 0; u < 6; u++)
                    sum[g][u] = 0.0f;
            for (int c = 0; c < 4; c++) {
                const float x = in[row][time][c];
                for (int g = 0; g < 4; g++)
                    for (int u = 0; u < 6; u++)
                        sum[g][u] = mnn_fma(x, kernel[c][g][u], sum[g][u]);
            }
            for (int g = 0; g < 4; g++)
                for (int u = 0; u < 6; u++)
                    own[time][g][u] = sum[g][u] + bias[0][g][u];
        }
        float h_before[24][6];
        float cell_before[24][6];
        float in_gate_z[24][6];
        float in_gate[24][6];
        float forget_gate_z[24][6];
        float forget_gate[24][6];
        float candidate_z[24][6];
        float candidate[24][6];
        float out_gate_z[24][6];
        float out_gate[24][6];
        float cell[24][6];
        float seen[24][6];
        float h[24][6];
        for (int i = 0; i < 24; i++) {
            float h_before_sum[6];
            for (int j = 0; j < 6; j++)
                h_before_sum[j] = 0.0f;
            if (i - 1 >= 0)
                for (int j = 0; j < 6; j++)
                    h_before_sum[j] += h[i - 1][j];
            for (int j = 0; j < 6; j++)
                h_before[i][j] = h_before_sum[j];
            float cell_before_sum[6];
            for (int j = 0; j < 6; j++)
                cell_before_sum[j] = 0.0f;
            if (i - 1 >= 0)
                for (int j = 0; j < 6; j++)
                    cell_before_sum[j] += cell[i - 1][j];
            for (int j = 0; j < 6; j++)
                cell_before[i][j] = cell_before_sum[j];
            float product[4][6];
            for (int g = 0; g < 4; g++)
                for (int u = 0; u < 6; u++)
                    product[g][u] = 0.0f;
            for (int c = 0; c < 6; c++) {
                const float x = h_before[i][c];
                for (int g = 0; g < 4; g++)
                    for (int u = 0; u < 6; u++)
                        product[g][u] = mnn_fma(x, kernel_2[c][g][u], product[g][u]);
            }
            for (int u = 0; u < 6; u++) {
                in_gate_z[i][u] = own[i][0][u] + product[0][u];
                in_gate[i][u] = mnn_fma(0.5f, tanhf(0.5f * in_gate_z[i][u]), 0.5f);
                forget_gate_z[i][u] = own[i][1][u] + product[1][u];
                forget_gate[i][u] = mnn_fma(0.5f, tanhf(0.5f * forget_gate_z[i][u]), 0.5f);
                candidate_z[i][u] = own[i][2][u] + product[2][u];
                candidate[i][u] = tanhf(candidate_z[i][u]);
                out_gate_z[i][u] = own[i][3][u] + product[3][u];
                out_gate[i][u] = mnn_fma(0.5f, tanhf(0.5f * out_gate_z[i][u]), 0.5f);
                cell[i][u] = mnn_fma(forget_gate[i][u], cell_before[i][u], in_gate[i][u] * candidate[i][u]);
                seen[i][u] = tanhf(cell[i][u]);
                h[i][u] = out_gate[i][u] * seen[i][u];
            }
        }
        float dstate[24][6];
        for (int i = 0; i < 24; i++)
            for (int j = 0; j < 6; j++)
                dstate[i][j] = dout[row][i][j];
        float down[24][4][6];
        float dcarried[24][4][6];
        float dh_before[24][6];
        float dcell_before[24][6];
        for (int i = 24 - 1; i >= 0; i--) {
            float dh_other[6];
            for (int j = 0; j < 6; j++)
                dh_other[j] = 0.0f;
            if (i + 1 < 24)
                for (int j = 0; j < 6; j++)
                    dh_other[j] += dh_before[i + 1][j];
            float dstate_2[6];
            for (int j = 0; j < 6; j++)
                dstate_2[j] = dstate[i][j] + dh_other[j];
            float dcell_other[6];
            for (int j = 0; j < 6; j++)
                dcell_other[j] = 0.0f;
            if (i + 1 < 24)
                for (int j = 0; j < 6; j++)
                    dcell_other[j] += dcell_before[i + 1][j];
            float dcell_other_2[6];
            float dz[6];
            for (int j = 0; j < 6; j++) {
                const float t1 = tanhf(cell[i][j]);
                dcell_other_2[j] = mnn_fma(dstate_2[j] * out_gate[i][j], mnn_fma(-t1, t1, 1.0f), dcell_other[j]);
                const float t1_2 = tanhf(0.5f * out_gate_z[i][j]);
                dz[j] = dstate_2[j] * seen[i][j] * 0.5f * mnn_fma(-t1_2, t1_2, 1.0f) * 0.5f;
            }
            float down_2[4][6];
            float dcarried_2[4][6];
            for (int z2 = 0; z2 < 4; z2++) {
                float down_2_sum[6];
                for (int u = 0; u < 6; u++)
                    down_2_sum[u] = 0.0f;
                if (z2 - 3 >= 0)
                    for (int u = 0; u < 6; u++)
                        down_2_sum[u] += dz[u];
                for (int u = 0; u < 6; u++)
                    down_2[z2][u] = down_2_sum[u];
                float dcarried_2_sum[6];
                for (int u = 0; u < 6; u++)
                    dcarried_2_sum[u] = 0.0f;
                if (z2 - 3 >= 0)
                    for (int u = 0; u < 6; u++)
                        dcarried_2_sum[u] += dz[u];
                for (int u = 0; u < 6; u++)
                    dcarried_2[z2][u] = dcarried_2_sum[u];
            }
            float dz_2[6];
            for (int u = 0; u < 6; u++) {
                const float t1 = tanhf(candidate_z[i][u]);
                dz_2[u] = dcell_other_2[u] * in_gate[i][u] * mnn_fma(-t1, t1, 1.0f);
            }
            float down_3[4][6];
            float dcarried_3[4][6];
            for (int z2 = 0; z2 < 4; z2++) {
                float down_3_sum[6];
                for (int u = 0; u < 6; u++)
                    down_3_sum[u] = 0.0f;
                if (z2 - 2 >= 0 && z2 - 2 < 1)
                    for (int u = 0; u < 6; u++)
                        down_3_sum[u] += dz_2[u];
                for (int u = 0; u < 6; u++)
                    down_3[z2][u] = down_3_sum[u];
                float dcarried_3_sum[6];
                for (int u = 0; u < 6; u++)
                    dcarried_3_sum[u] = 0.0f;
                if (z2 - 2 >= 0 && z2 - 2 < 1)
                    for (int u = 0; u < 6; u++)
                        dcarried_3_sum[u] += dz_2[u];
                for (int u = 0; u < 6; u++)
                    dcarried_3[z2][u] = dcarried_3_sum[u];
            }
            float dz_3[6];
            for (int u = 0; u < 6; u++) {
                const float t1 = tanhf(0.5f * forget_gate_z[i][u]);
                dz_3[u] = dcell_other_2[u] * cell_before[i][u] * 0.5f * mnn_fma(-t1, t1, 1.0f) * 0.5f;
            }
            float down_4[4][6];
            float dcarried_4[4][6];
            for (int z2 = 0; z2 < 4; z2++) {
                float down_4_sum[6];
                for (int u = 0; u < 6; u++)
                    down_4_sum[u] = 0.0f;
                if (z2 - 1 >= 0 && z2 - 1 < 1)
                    for (int u = 0; u < 6; u++)
                        down_4_sum[u] += dz_3[u];
                for (int u = 0; u < 6; u++)
                    down_4[z2][u] = down_4_sum[u];
                float dcarried_4_sum[6];
                for (int u = 0; u < 6; u++)
                    dcarried_4_sum[u] = 0.0f;
                if (z2 - 1 >= 0 && z2 - 1 < 1)
                    for (int u = 0; u < 6; u++)
                        dcarried_4_sum[u] += dz_3[u];
                for (int u = 0; u < 6; u++)
                    dcarried_4[z2][u] = dcarried_4_sum[u];
            }
            float dz_4[6];
            for (int u = 0; u < 6; u++) {
                const float t1 = tanhf(0.5f * in_gate_z[i][u]);
                dz_4[u] = dcell_other_2[u] * candidate[i][u] * 0.5f * mnn_fma(-t1, t1, 1.0f) * 0.5f;
            }
            for (int z2 = 0; z2 < 4; z2++) {
                float down_5[6];
                for (int u = 0; u < 6; u++)
                    down_5[u] = 0.0f;
                if (z2 < 1)
                    for (int u = 0; u < 6; u++)
                        down_5[u] += dz_4[u];
                for (int u = 0; u < 6; u++)
                    down[i][z2][u] = down_2[z2][u] + down_3[z2][u] + down_4[z2][u] + down_5[u];
                float dcarried_5[6];
                for (int u = 0; u < 6; u++)
                    dcarried_5[u] = 0.0f;
                if (z2 < 1)
                    for (int u = 0; u < 6; u++)
                        dcarried_5[u] += dz_4[u];
                for (int u = 0; u < 6; u++)
                    dcarried[i][z2][u] = dcarried_2[z2][u] + dcarried_3[z2][u] + dcarried_4[z2][u] + dcarried_5[u];
            }
            for (int c = 0; c < 6; c++) {
                float din = 0.0f;
                for (int g = 0; g < 4; g++)
                    for (int u = 0; u < 6; u++)
                        din = mnn_fma(dcarried[i][g][u], kernel_2[c][g][u], din);
                dh_before[i][c] = din;
                dcell_before[i][c] = dcell_other_2[c] * forget_gate[i][c];
            }
        }
        for (int time = 0; time < 24; time++)
            for (int g = 0; g < 4; g++) {
                float dsum[6];
                for (int c = 0; c < 6; c++) {
                    for (int u = 0; u < 6; u++)
                        dkernel[c][g][u] = mnn_fma(dcarried[time][g][u], h_before[time][c], dkernel[c][g][u]);
                    dsum[c] = down[time][g][c];
                    dbias[0][g][c] += down[time][g][c];
                }
                for (int c = 0; c < 4; c++)
                    for (int u = 0; u < 6; u++)
                        dkernel_2[c][g][u] = mnn_fma(dsum[u], in[row][time][c], dkernel_2[c][g][u]);
            }
    }
}
MNN_TASK(lstm_backward, workspace + at[0], workspace + at[1], params + at[2], params + at[3], params + at[4],
        workspace + at[5])
