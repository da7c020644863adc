/* layernorm (layernorm.mnn:8): forward
 *     out[rows, 10, 10, 4] = relu((in - mean) / sqrt(variance + 0.001) * gamma + beta),
 *     mean and variance along the last dimension
 * loop; row by row */
static void layernorm_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int i = first * 100; i < (first + n) * 100; i++) {
        const float *in = conv2d_out + i * 4;
        float *restrict out = activation_out + i * 4;
        float mean, variance;
        mnn_moments(in, 4, &mean, &variance);
        const float inverse = 1.0f / sqrtf(variance + 0.001f);
        for (int k = 0; k < 4; k++) {
            const float y = mnn_fma((in[k] - mean) * inverse, layernorm_gamma[k],
                    layernorm_beta[k]);
            out[k] = y < 0.0f ? 0.0f : y;
        }
    }
}

/* layernorm_1 (layernorm.mnn:11): forward
 *     out[rows, 400] = (in - mean) / sqrt(variance + 1e-05) * gamma,
 *     mean and variance along the last dimension
 * loop; row by row */
static void layernorm_1_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *in = activation_out + i * 400;
        float *restrict out = layernorm_1_out + i * 400;
        float mean, variance;
        mnn_moments(in, 400, &mean, &variance);
        const float inverse = 1.0f / sqrtf(variance + 1e-05f);
        for (int k = 0; k < 400; k++) {
            const float y = (in[k] - mean) * inverse * layernorm_1_gamma[k];
            out[k] = y;
        }
    }
}

/* last (layernorm.mnn:13): forward
 *     out[rows, 10] = (in - mean) / sqrt(variance + 0.001) + beta,
 *     mean and variance along the last dimension
 * loop; row by row */
static void last_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *in = dense_out + i * 10;
        float *restrict out = last_out + i * 10;
        float mean, variance;
        mnn_moments(in, 10, &mean, &variance);
        const float inverse = 1.0f / sqrtf(variance + 0.001f);
        for (int k = 0; k < 10; k++) {
            const float y = mnn_fma(in[k] - mean, inverse, last_beta[k]);
            out[k] = y;
        }
    }
}

/* last (layernorm.mnn:13): backward
 *     dx = (dz - mean of dz - z * mean of (dz z)) / sqrt(variance + epsilon);
 *     partial sums, one per piece: dgamma = sum of dout z, dbeta = sum of dout;
 *     z = (in - mean) / sqrt(variance + 0.001), dz = dout
 * loop; row by row */
static void last_backward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    float *restrict dbeta = last_partials + first / 2 * 10;
    memset(dbeta, 0, 10 * sizeof(float));
    for (int i = first; i < first + n; i++) {
        const float *in = dense_out + i * 10;
        const float *dout = last_out_gradient + i * 10;
        float mean, variance;
        mnn_moments(in, 10, &mean, &variance);
        const float inverse = 1.0f / sqrtf(variance + 0.001f);
        for (int k = 0; k < 10; k++) {
            dbeta[k] += dout[k];
        }
        float *restrict dx = dense_out_gradient + i * 10;
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

/* layernorm_1 (layernorm.mnn:11): backward
 *     dx = (dz - mean of dz - z * mean of (dz z)) / sqrt(variance + epsilon);
 *     partial sums, one per piece: dgamma = sum of dout z, dbeta = sum of dout;
 *     z = (in - mean) / sqrt(variance + 1e-05), dz = dout * gamma
 * loop; row by row */
static void layernorm_1_backward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    float *restrict dgamma = layernorm_1_partials + first / 2 * 400;
    memset(dgamma, 0, 400 * sizeof(float));
    for (int i = first; i < first + n; i++) {
        const float *in = activation_out + i * 400;
        const float *dout = layernorm_1_out_gradient + i * 400;
        float mean, variance;
        mnn_moments(in, 400, &mean, &variance);
        const float inverse = 1.0f / sqrtf(variance + 1e-05f);
        for (int k = 0; k < 400; k++) {
            dgamma[k] = mnn_fma(dout[k] * (in[k] - mean), inverse, dgamma[k]);
        }
        float *restrict dx = flatten_out_gradient + i * 400;
        float sum = 0.0f, sum_z = 0.0f;
        for (int k = 0; k < 400; k++) {
            sum = mnn_fma(dout[k], layernorm_1_gamma[k], sum);
            sum_z = mnn_fma(dout[k] * layernorm_1_gamma[k] * (in[k] - mean), inverse, sum_z);
        }
        for (int k = 0; k < 400; k++) {
            const float z = (in[k] - mean) * inverse, sums = mnn_fma(z, sum_z, sum);
            dx[k] = inverse * mnn_fma(dout[k], layernorm_1_gamma[k], -0.0025f * sums);
        }
    }
    for (int j = first * 400, end = j + n * 400; j < end; j++) {
        const float y = activation_out[j], g = flatten_out_gradient[j];
        flatten_out_gradient[j] = y > 0.0f ? g : 0.0f;
    }
}

/* layernorm (layernorm.mnn:8): backward
 *     dx = (dz - mean of dz - z * mean of (dz z)) / sqrt(variance + epsilon);
 *     partial sums, one per piece: dgamma = sum of dout z, dbeta = sum of dout;
 *     z = (in - mean) / sqrt(variance + 0.001), dz = dout * gamma
 * loop; row by row */
static void layernorm_backward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    float *restrict dgamma = layernorm_partials + first / 2 * 8;
    float *restrict dbeta = dgamma + 4;
    memset(dgamma, 0, 8 * sizeof(float));
    for (int i = first * 100; i < (first + n) * 100; i++) {
        const float *in = conv2d_out + i * 4;
        const float *dout = flatten_out_gradient + i * 4;
        float mean, variance;
        mnn_moments(in, 4, &mean, &variance);
        const float inverse = 1.0f / sqrtf(variance + 0.001f);
        for (int k = 0; k < 4; k++) {
            dgamma[k] = mnn_fma(dout[k] * (in[k] - mean), inverse, dgamma[k]);
            dbeta[k] += dout[k];
        }
        float *restrict dx = conv2d_out_gradient + i * 4;
        float sum = 0.0f, sum_z = 0.0f;
        for (int k = 0; k < 4; k++) {
            sum = mnn_fma(dout[k], layernorm_gamma[k], sum);
            sum_z = mnn_fma(dout[k] * layernorm_gamma[k] * (in[k] - mean), inverse, sum_z);
        }
        for (int k = 0; k < 4; k++) {
            const float z = (in[k] - mean) * inverse, sums = mnn_fma(z, sum_z, sum);
            dx[k] = inverse * mnn_fma(dout[k], layernorm_gamma[k], -0.25f * sums);
        }
    }
}

/* layernorm (layernorm.mnn:8): gradients of the parameters
 *     dgamma, dbeta = sum of the partial sums of the pieces, in order
 * sum; partial sums in a fixed order */
static void layernorm_gradients(const mnn_task *task)
{
    const int rows = task->rows;
    memset(layernorm_gamma_gradient, 0, 4 * sizeof(float));
    memset(layernorm_beta_gradient, 0, 4 * sizeof(float));
    for (int piece = 0; piece * 2 < rows; piece++) {
        const float *partial = layernorm_partials + piece * 8;
        for (int k = 0; k < 4; k++) {
            layernorm_gamma_gradient[k] += partial[k];
            layernorm_beta_gradient[k] += partial[4 + k];
        }
    }
}
