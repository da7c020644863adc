/* conv2d (activations_of_keras.mnn:9): forward; pooling windows in registers, read from the image; image by image; zeros of the input are skipped
 *     out[rows, 4, 4, 4] = relu6(maxpool2d(in[rows, 8, 8, 2] * kernel[3, 3, 2, 4]) + bias) */
static void conv2d_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output, uint8_t *restrict indices)
{
    const mnn_batch *batch = task->batch;
    float *in = task->scratch; /* [10, 10, 2] */
    if (task->opens) {
        memset(in, 0, 200 * sizeof *in);
    }
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = output + i * 64;
        for (int y = 0; y < 8; y++)
            memcpy(in + (y + 1) * 20 + 2, input + i * 128 + y * 16, 16 * sizeof *in);
        uint16_t list[17];
        const int count = mnn_list_windows(&conv2d_windows, mnn_skips(batch), in, list);
        mnn_windows_forward(&conv2d_windows, list, count, in, kernel, bias, 0, out, indices + i * 64);
        for (int j = 0; j < 16; j++)
            for (int k = 0; k < 4; k++) {
                const float sum = out[j * 4 + k];
                out[j * 4 + k] = sum < 0.0f ? 0.0f : sum > 6.0f ? 6.0f : sum;
            }
    }
}
MNN_TASK(conv2d_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3], indices8 + at[4])

/* conv2d_1 (activations_of_keras.mnn:11): forward; tiles in registers, read from the image; image by image
 *     out[rows, 4, 4, 4] = mish(in[rows, 4, 4, 4] * kernel[3, 3, 4, 4] + bias) */
static void conv2d_1_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict before_activation, float *restrict output)
{
    float *in = task->scratch; /* [6, 6, 4] */
    if (task->opens) {
        memset(in, 0, 144 * sizeof *in);
    }
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = output + i * 64;
        for (int y = 0; y < 4; y++)
            memcpy(in + (y + 1) * 24 + 4, input + i * 64 + y * 16, 16 * sizeof *in);
        mnn_grid_product(4, 4, 4, 12, 3, in, 24, 4, 24, kernel, 4, 48, out, 16, 4);
        float *before = before_activation + i * 64;
        for (int j = 0; j < 16; j++)
            for (int k = 0; k < 4; k++) {
                const float sum = out[j * 4 + k] + bias[k];
                before[j * 4 + k] = sum;
                out[j * 4 + k] = sum * tanhf(log1pf(expf(sum)));
            }
    }
}
MNN_TASK(conv2d_1_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3], workspace + at[4])

/* activation (activations_of_keras.mnn:13): forward; loop; row by row
 *     out[n, i, j, k] = x[n, i, j, k] < -3 ? 0 : x[n, i, j, k] > 3 ? x[n, i, j, k] : x[n, i, j, k] * (x[n, i, j, k] / 6 + 0.5) */
static void activation_hard_silu_forward(const mnn_task *task, const float *restrict input, float *restrict output,
        int size)
{
    const int first = task->first, n = task->n;
    for (int j = first * size; j < (first + n) * size; j++)
        output[j] = input[j] < -3.0f ? 0.0f : input[j] > 3.0f ? input[j] : input[j] * (input[j] / 6.0f + 0.5f);
}
MNN_TASK(activation_hard_silu_forward, workspace + at[0], workspace + at[1], at[2])

/* conv2d_2 (activations_of_keras.mnn:14): forward; tiles in registers, read from the image; image by image
 *     out[rows, 4, 4, 4] = hard_sigmoid(in[rows, 4, 4, 4] * kernel[1, 1, 4, 4] + bias) */
static void conv2d_2_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = output + i * 64;
        const float *in = input + i * 64;
        mnn_grid_product(4, 4, 4, 4, 1, in, 16, 4, 16, kernel, 4, 16, out, 16, 4);
        for (int j = 0; j < 16; j++)
            for (int k = 0; k < 4; k++) {
                const float sum = out[j * 4 + k] + bias[k];
                out[j * 4 + k] = sum < -3.0f ? 0.0f : sum > 3.0f ? 1.0f : sum / 6.0f + 0.5f;
            }
    }
}
MNN_TASK(conv2d_2_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* layernorm (activations_of_keras.mnn:16): forward; loop; row by row
 *     out[rows, 64] = relu6((in - mean) / sqrt(variance + 0.001) * gamma + beta),
 *     mean and variance along the last dimension */
static void layernorm_forward(const mnn_task *task, const float *restrict input, const float *restrict gamma,
        const float *restrict beta, float *restrict output)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 64;
        float *restrict out = output + i * 64;
        float mean, variance;
        mnn_moments(in, 64, &mean, &variance);
        const float inverse = 1.0f / sqrtf(variance + 0.001f);
        for (int k = 0; k < 64; k++) {
            const float y = mnn_fma((in[k] - mean) * inverse, gamma[k], beta[k]);
            out[k] = y < 0.0f ? 0.0f : y > 6.0f ? 6.0f : y;
        }
    }
}
MNN_TASK(layernorm_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* dense (activations_of_keras.mnn:18): forward; tiles in registers; one piece: too small to split
 *     out[rows, 9] = selu(in[rows, 64] . kernel[64, 9] + bias) */
static void dense_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output)
{
    const int rows = task->rows;
    float *out = output;
    mnn_rows_product(rows, 9, 64, input, 64, kernel, 9, out, 9);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 9; j++) {
            const float z = out[i * 9 + j] + bias[j];
            out[i * 9 + j] = z < 0.0f ? 1.7580993f * expm1f(z) : 1.050701f * z;
        }
}
MNN_TASK(dense_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* dense_1 (activations_of_keras.mnn:19): forward; tiles in registers; one piece: too small to split
 *     out[rows, 8] = softplus(in[rows, 9] . kernel[9, 8] + bias) */
static void dense_1_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output)
{
    const int rows = task->rows;
    float *out = output;
    mnn_rows_product(rows, 8, 9, input, 9, kernel, 8, out, 8);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 8; j++) {
            const float z = out[i * 8 + j] + bias[j];
            out[i * 8 + j] = (z > 0.0f ? z : 0.0f) + log1pf(expf(-fabsf(z)));
        }
}
MNN_TASK(dense_1_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* layernorm_1 (activations_of_keras.mnn:20): forward; loop; row by row
 *     out[rows, 8] = softsign((in - mean) / sqrt(variance + 0.001) * gamma + beta),
 *     mean and variance along the last dimension */
static void layernorm_1_forward(const mnn_task *task, const float *restrict input, const float *restrict gamma,
        const float *restrict beta, float *restrict output)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 8;
        float *restrict out = output + i * 8;
        float mean, variance;
        mnn_moments(in, 8, &mean, &variance);
        const float inverse = 1.0f / sqrtf(variance + 0.001f);
        for (int k = 0; k < 8; k++) {
            const float y = mnn_fma((in[k] - mean) * inverse, gamma[k], beta[k]);
            out[k] = y / (1.0f + fabsf(y));
        }
    }
}
MNN_TASK(layernorm_1_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* dense_2 (activations_of_keras.mnn:22): forward; tiles in registers; one piece: too small to split
 *     out[rows, 7] = exponential(in[rows, 8] . kernel[8, 7] + bias) */
static void dense_2_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output)
{
    const int rows = task->rows;
    float *out = output;
    mnn_rows_product(rows, 7, 8, input, 8, kernel, 7, out, 7);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 7; j++) {
            const float z = out[i * 7 + j] + bias[j];
            out[i * 7 + j] = expf(z);
        }
}
MNN_TASK(dense_2_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* dense_2 (activations_of_keras.mnn:22): backward; tiles in registers; one piece: too small to split
 *     dx[rows, 8] = dy[rows, 7] . transpose(kernel[8, 7]), times the derivative of softsign */
static void dense_2_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict kernel, float *restrict input_gradient)
{
    const int rows = task->rows;
    float *dy_turned = task->scratch; /* [7, 7] */
    float *dx_turned = dy_turned + 49; /* [96, 7] */
    mnn_transpose(rows, 7, output_gradient, 7, dy_turned, 7);
    for (int i = 0; i < 8; i += 96) {
        const int count = mnn_min(96, 8 - i);
        mnn_product(count, 7, 7, kernel + i * 7, 7, 1, dy_turned, 7, dx_turned, 7, 0);
        mnn_transpose(count, rows, dx_turned, 7, input_gradient + i, 8);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 8 + 0, end = j + 8; j < end; j++) {
            const float y = input[j], g = input_gradient[j];
            const float t1 = 1.0f - fabsf(y);
            input_gradient[j] = g * t1 * t1;
        }
}
MNN_TASK(dense_2_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3])

/* layernorm_1 (activations_of_keras.mnn:20): backward; loop; row by row
 *     dx = (dz - mean of dz - z * mean of (dz z)) / sqrt(variance + epsilon);
 *     partial sums, one per piece: dgamma = sum of dout z, dbeta = sum of dout;
 *     z = (in - mean) / sqrt(variance + 0.001), dz = dout * gamma */
static void layernorm_1_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict input, const float *restrict gamma, float *restrict input_gradient,
        float *restrict partials)
{
    const int first = task->first, n = task->n;
    float *restrict dgamma = partials + task->piece * 16;
    float *restrict dbeta = dgamma + 8;
    memset(dgamma, 0, 16 * sizeof(float));
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 8;
        const float *dout = output_gradient + i * 8;
        float mean, variance;
        mnn_moments(in, 8, &mean, &variance);
        const float inverse = 1.0f / sqrtf(variance + 0.001f);
        for (int k = 0; k < 8; k++) {
            dgamma[k] = mnn_fma(dout[k] * (in[k] - mean), inverse, dgamma[k]);
            dbeta[k] += dout[k];
        }
        float *restrict dx = input_gradient + i * 8;
        float sum = 0.0f, sum_z = 0.0f;
        for (int k = 0; k < 8; k++) {
            sum = mnn_fma(dout[k], gamma[k], sum);
            sum_z = mnn_fma(dout[k] * gamma[k] * (in[k] - mean), inverse, sum_z);
        }
        for (int k = 0; k < 8; k++) {
            const float z = (in[k] - mean) * inverse, sums = mnn_fma(z, sum_z, sum);
            dx[k] = inverse * mnn_fma(dout[k], gamma[k], -0.125f * sums);
        }
    }
    for (int j = first * 8, end = j + n * 8; j < end; j++) {
        const float y = input[j], g = input_gradient[j];
        input_gradient[j] = -(g * expm1f(-y));
    }
}
MNN_TASK(layernorm_1_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3],
        workspace + at[4])

/* dense (activations_of_keras.mnn:18): backward; tiles in registers; one piece: too small to split
 *     dx[rows, 64] = dy[rows, 9] . transpose(kernel[64, 9]), times the derivative of relu6 */
static void dense_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict kernel, float *restrict input_gradient)
{
    const int rows = task->rows;
    float *dy_turned = task->scratch; /* [9, 7] */
    float *dx_turned = dy_turned + 63; /* [96, 7] */
    mnn_transpose(rows, 9, output_gradient, 9, dy_turned, 7);
    for (int i = 0; i < 64; i += 96) {
        const int count = mnn_min(96, 64 - i);
        mnn_product(count, 7, 9, kernel + i * 9, 9, 1, dy_turned, 7, dx_turned, 7, 0);
        mnn_transpose(count, rows, dx_turned, 7, input_gradient + i, 64);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 64 + 0, end = j + 64; j < end; j++) {
            const float y = input[j], g = input_gradient[j];
            input_gradient[j] = y > 0.0f ? (y < 6.0f ? g : 0.0f) : 0.0f;
        }
}
MNN_TASK(dense_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3])

/* batchnorm (activations_of_keras.mnn:12): backward; loop; row by row
 *     dx[rows, 4, 4, 4] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 16 */
static void batchnorm_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict point, const float *restrict gamma, const float *restrict mean,
        const float *restrict inverse, const float *restrict gamma_gradient, const float *restrict beta_gradient,
        float *restrict input_gradient)
{
    const float share = 1.0f / (float)(task->rows * 16);
    const int first = task->first, n = task->n;
    const float *dout = output_gradient + first * 64;
    const float *in = input + first * 64;
    float *restrict dx = input_gradient + first * 64;
    for (int j = 0; j < n * 16; j++)
        for (int k = 0; k < 4; k++) {
            const float z = (in[j * 4 + k] - mean[k]) * inverse[k];
            const float sums = mnn_fma(z, gamma_gradient[k], beta_gradient[k]);
            dx[j * 4 + k] = gamma[k] * inverse[k] * mnn_fma(-share, sums, dout[j * 4 + k]);
        }
    for (int j = first * 64, end = j + n * 64; j < end; j++) {
        const float x = point[j], g = input_gradient[j];
        const float t = tanhf(log1pf(expf(x)));
        input_gradient[j] = g * (t + x * mnn_fma(-t, t, 1.0f) / (1.0f + expf(-x)));
    }
}
MNN_TASK(batchnorm_backward, workspace + at[0], workspace + at[1], workspace + at[2], params + at[3], workspace + at[4],
        workspace + at[5], grads + at[6], grads + at[7], workspace + at[8])

/* conv2d_1 (activations_of_keras.mnn:11): backward; tiles in registers, read from the image; image by image
 *     partial sums, one per piece:
 *     dkernel[36, 4] = transpose(patches[16, 36]) . dz[16, 4], dbias = sum of dz,
 *     dx = dz * turned kernel */
static void conv2d_1_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict kernel, float *restrict input_gradient, float *restrict partials)
{
    float *in = task->scratch; /* [6, 6, 4] */
    float *dz = task->scratch + 144; /* [6, 6, 4] */
    float *turned = task->scratch + 288; /* [3, 3, 4, 4] */
    if (task->opens) {
        memset(in, 0, 144 * sizeof *in);
        memset(dz, 0, 144 * sizeof *dz);
        for (int r = 0; r < 3; r++)
            for (int s = 0; s < 3; s++)
                mnn_transpose(4, 4, kernel + ((2 - r) * 3 + 2 - s) * 16, 4, turned + (r * 3 + s) * 16, 4);
    }
    const int first = task->first, n = task->n;
    float *dkernel = partials + task->piece * 148;
    float *dbias = dkernel + 144;
    memset(dkernel, 0, 148 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        for (int y = 0; y < 4; y++)
            memcpy(in + (y + 1) * 24 + 4, input + i * 64 + y * 16, 16 * sizeof *in);
        const float *dy = output_gradient + i * 64;
        for (int y = 0; y < 4; y++)
            memcpy(dz + (y + 1) * 24 + 4, dy + y * 16, 16 * sizeof *dz);
        for (int r = 0; r < 3; r++)
            mnn_nested_product(12, 4, 4, 4, in + r * 24, 1, 4, 24, dz + 28, 4, 24, dkernel + r * 48, 4, 1);
        float *dx = input_gradient + i * 64;
        mnn_grid_product(4, 4, 4, 12, 3, dz, 24, 4, 24, turned, 4, 48, dx, 16, 4);
        for (int j = 0; j < 16; j++)
            for (int k = 0; k < 4; k++)
                dbias[k] += dy[j * 4 + k];
        for (int j = i * 64, end = j + 64; j < end; j++) {
            const float y = input[j], g = input_gradient[j];
            input_gradient[j] = y > 0.0f ? (y < 6.0f ? g : 0.0f) : 0.0f;
        }
    }
}
MNN_TASK(conv2d_1_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3], workspace + at[4])

/* conv2d (activations_of_keras.mnn:9): backward; pooling windows in registers, read from the image; image by image; zeros of the input are skipped
 *     partial sums, one per piece:
 *     dkernel[18, 4] = transpose(patches[64, 18]) . dz[64, 4], dbias = sum of dz */
static void conv2d_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const uint8_t *restrict indices, float *restrict partials)
{
    const mnn_batch *batch = task->batch;
    float *in = task->scratch; /* [10, 10, 2] */
    if (task->opens) {
        memset(in, 0, 200 * sizeof *in);
    }
    const int first = task->first, n = task->n;
    float *dkernel = partials + task->piece * 76;
    float *dbias = dkernel + 72;
    memset(dkernel, 0, 76 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        const float *dy = output_gradient + i * 64;
        const uint8_t *index = indices + i * 64;
        for (int y = 0; y < 8; y++)
            memcpy(in + (y + 1) * 20 + 2, input + i * 128 + y * 16, 16 * sizeof *in);
        uint16_t list[17];
        const int count = mnn_list_windows(&conv2d_windows, mnn_skips(batch), in, list);
        mnn_windows_backward(&conv2d_windows, list, count, in, dy, index, dkernel);
        for (int j = 0; j < 16; j++)
            for (int k = 0; k < 4; k++)
                dbias[k] += dy[j * 4 + k];
    }
}
MNN_TASK(conv2d_backward, workspace + at[0], workspace + at[1], indices8 + at[2], workspace + at[3])
