/* layernorm (layernorm.mnn:8): forward; loop; row by row
 *     out[rows, 10, 10, 4] = relu((in - mean) / sqrt(variance + 0.001) * gamma + beta),
 *     mean and variance along the last dimension */
static void layernorm_forward(const mnn_task *task, const float *restrict input, const float *restrict gamma,
        const float *restrict beta, float *restrict output)
{
    const int first = task->first, n = task->n;
    for (int i = first * 100; i < (first + n) * 100; i++) {
        const float *in = input + i * 4;
        float *restrict out = output + i * 4;
        float mean, variance;
        mnn_moments(in, 4, &mean, &variance);
        const float inverse = 1.0f / sqrtf(variance + 0.001f);
        for (int k = 0; k < 4; k++) {
            const float y = mnn_fma((in[k] - mean) * inverse, gamma[k], beta[k]);
            out[k] = y < 0.0f ? 0.0f : y;
        }
    }
}
MNN_TASK(layernorm_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* layernorm_1 (layernorm.mnn:11): forward; loop; row by row
 *     out[rows, 400] = (in - mean) / sqrt(variance + 1e-05) * gamma,
 *     mean and variance along the last dimension */
static void layernorm_1_forward(const mnn_task *task, const float *restrict input, const float *restrict gamma,
        float *restrict output)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 400;
        float *restrict out = output + i * 400;
        float mean, variance;
        mnn_moments(in, 400, &mean, &variance);
        const float inverse = 1.0f / sqrtf(variance + 1e-05f);
        for (int k = 0; k < 400; k++) {
            const float y = (in[k] - mean) * inverse * gamma[k];
            out[k] = y;
        }
    }
}
MNN_TASK(layernorm_1_forward, workspace + at[0], params + at[1], workspace + at[2])

/* last (layernorm.mnn:13): forward; loop; row by row
 *     out[rows, 10] = (in - mean) / sqrt(variance + 0.001) + beta,
 *     mean and variance along the last dimension */
static void last_forward(const mnn_task *task, const float *restrict input, const float *restrict beta,
        float *restrict output)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 10;
        float *restrict out = output + i * 10;
        float mean, variance;
        mnn_moments(in, 10, &mean, &variance);
        const float inverse = 1.0f / sqrtf(variance + 0.001f);
        for (int k = 0; k < 10; k++) {
            const float y = mnn_fma(in[k] - mean, inverse, beta[k]);
            out[k] = y;
        }
    }
}
MNN_TASK(last_forward, workspace + at[0], params + at[1], workspace + at[2])

/* last (layernorm.mnn:13): backward; loop; row by row
 *     dx = (dz - mean of dz - z * mean of (dz z)) / sqrt(variance + epsilon);
 *     partial sums, one per piece: dgamma = sum of dout z, dbeta = sum of dout;
 *     z = (in - mean) / sqrt(variance + 0.001), dz = dout */
static void last_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        float *restrict input_gradient, float *restrict partials)
{
    const int first = task->first, n = task->n;
    float *restrict dbeta = partials + task->piece * 10;
    memset(dbeta, 0, 10 * sizeof(float));
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 10;
        const float *dout = output_gradient + i * 10;
        float mean, variance;
        mnn_moments(in, 10, &mean, &variance);
        const float inverse = 1.0f / sqrtf(variance + 0.001f);
        for (int k = 0; k < 10; k++) {
            dbeta[k] += dout[k];
        }
        float *restrict dx = input_gradient + i * 10;
        float sum = 0.0f, sum_z = 0.0f;
        for (int k = 0; k < 10; k++) {
            sum += dout[k];
            sum_z = mnn_fma(dout[k] * (in[k] - mean), inverse, sum_z);
        }
        for (int k = 0; k < 10; k++) {
            const float z = (in[k] - mean) * inverse, sums = mnn_fma(z, sum_z, sum);
            dx[k] = inverse * mnn_fma(-0.1f, sums, dout[k]);
        }
    }
}
MNN_TASK(last_backward, workspace + at[0], workspace + at[1], workspace + at[2], workspace + at[3])

/* layernorm_1 (layernorm.mnn:11): backward; loop; row by row
 *     dx = (dz - mean of dz - z * mean of (dz z)) / sqrt(variance + epsilon);
 *     partial sums, one per piece: dgamma = sum of dout z, dbeta = sum of dout;
 *     z = (in - mean) / sqrt(variance + 1e-05), dz = dout * gamma */
static void layernorm_1_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict input, const float *restrict gamma, float *restrict input_gradient,
        float *restrict partials)
{
    const int first = task->first, n = task->n;
    float *restrict dgamma = partials + task->piece * 400;
    memset(dgamma, 0, 400 * sizeof(float));
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 400;
        const float *dout = output_gradient + i * 400;
        float mean, variance;
        mnn_moments(in, 400, &mean, &variance);
        const float inverse = 1.0f / sqrtf(variance + 1e-05f);
        for (int k = 0; k < 400; k++) {
            dgamma[k] = mnn_fma(dout[k] * (in[k] - mean), inverse, dgamma[k]);
        }
        float *restrict dx = input_gradient + i * 400;
        float sum = 0.0f, sum_z = 0.0f;
        for (int k = 0; k < 400; k++) {
            sum = mnn_fma(dout[k], gamma[k], sum);
            sum_z = mnn_fma(dout[k] * gamma[k] * (in[k] - mean), inverse, sum_z);
        }
        for (int k = 0; k < 400; k++) {
            const float z = (in[k] - mean) * inverse, sums = mnn_fma(z, sum_z, sum);
            dx[k] = inverse * mnn_fma(dout[k], gamma[k], -0.0025f * sums);
        }
    }
    for (int j = first * 400, end = j + n * 400; j < end; j++) {
        const float y = input[j], g = input_gradient[j];
        input_gradient[j] = y > 0.0f ? g : 0.0f;
    }
}
MNN_TASK(layernorm_1_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3],
        workspace + at[4])

/* layernorm (layernorm.mnn:8): backward; loop; row by row
 *     dx = (dz - mean of dz - z * mean of (dz z)) / sqrt(variance + epsilon);
 *     partial sums, one per piece: dgamma = sum of dout z, dbeta = sum of dout;
 *     z = (in - mean) / sqrt(variance + 0.001), dz = dout * gamma */
static void layernorm_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict gamma, float *restrict input_gradient, float *restrict partials)
{
    const int first = task->first, n = task->n;
    float *restrict dgamma = partials + task->piece * 8;
    float *restrict dbeta = dgamma + 4;
    memset(dgamma, 0, 8 * sizeof(float));
    for (int i = first * 100; i < (first + n) * 100; i++) {
        const float *in = input + i * 4;
        const float *dout = output_gradient + i * 4;
        float mean, variance;
        mnn_moments(in, 4, &mean, &variance);
        const float inverse = 1.0f / sqrtf(variance + 0.001f);
        for (int k = 0; k < 4; k++) {
            dgamma[k] = mnn_fma(dout[k] * (in[k] - mean), inverse, dgamma[k]);
            dbeta[k] += dout[k];
        }
        float *restrict dx = input_gradient + i * 4;
        float sum = 0.0f, sum_z = 0.0f;
        for (int k = 0; k < 4; k++) {
            sum = mnn_fma(dout[k], gamma[k], sum);
            sum_z = mnn_fma(dout[k] * gamma[k] * (in[k] - mean), inverse, sum_z);
        }
        for (int k = 0; k < 4; k++) {
            const float z = (in[k] - mean) * inverse, sums = mnn_fma(z, sum_z, sum);
            dx[k] = inverse * mnn_fma(dout[k], gamma[k], -0.25f * sums);
        }
    }
}
MNN_TASK(layernorm_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3], workspace + at[4])

/* layernorm (layernorm.mnn:8): gradients of the parameters; sum; partial sums in a fixed order
 *     dgamma, dbeta = sum of the partial sums of the pieces, in order */
static void layernorm_gradients(const mnn_task *task, const float *restrict partials, float *restrict gamma_gradient,
        float *restrict beta_gradient, int beta_size, int gamma_size)
{
    const int rows = task->rows;
    const int pieces = (rows + 1) / 2, stride = gamma_size + beta_size;
    mnn_sum_pieces(gamma_gradient, partials, gamma_size, stride, pieces);
    mnn_sum_pieces(beta_gradient, partials + gamma_size, beta_size, stride, pieces);
}
MNN_TASK(layernorm_gradients, workspace + at[0], grads + at[1], grads + at[2], at[3], at[4])
