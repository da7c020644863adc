/* batchnorm (batchnorm.mnn:8): forward, sums of each piece of the batch
 *     mean[4] and variance[4] per channel over the rows of the piece,
 *     corrected for the rounding error of the mean
 * loop; row by row */
static void batchnorm_forward_sums(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    const float *in = conv2d_out + first * 400;
    float *restrict mean = batchnorm_forward_partials + first / 2 * 8,
            *restrict variance = mean + 4;
    float *restrict rest = scratch[task->worker];
    const float count = (float)(n * 100);
    memset(mean, 0, 8 * sizeof *mean);
    memset(rest, 0, 4 * sizeof *rest);
    for (int j = 0; j < n * 100; j++)
        for (int k = 0; k < 4; k++) {
            mean[k] += in[j * 4 + k];
        }
    for (int k = 0; k < 4; k++)
        mean[k] /= count;
    for (int j = 0; j < n * 100; j++)
        for (int k = 0; k < 4; k++) {
            const float difference = in[j * 4 + k] - mean[k];
            rest[k] += difference;
            variance[k] = mnn_fma(difference, difference, variance[k]);
        }
    for (int k = 0; k < 4; k++) {
        const float error = rest[k] / count;
        mean[k] += error;
        variance[k] = fmaxf(mnn_fma(-error, error, variance[k] / count), 0.0f);
    }
}

/* batchnorm (batchnorm.mnn:8): forward, sums of the batch
 *     mean = sum over pieces of share * mean of the piece;
 *     variance = sum over pieces of share * (variance of the piece + (mean of the piece - mean)^2);
 *     inverse = 1 / sqrt(variance + 0.001)
 * sum; partial sums in a fixed order */
static void batchnorm_forward_totals(const mnn_task *task)
{
    const int rows = task->rows;
    memset(batchnorm_mean, 0, 4 * sizeof(float));
    memset(batchnorm_variance, 0, 4 * sizeof(float));
    for (int first = 0; first < rows; first += 2) {
        const float *mean = batchnorm_forward_partials + first / 2 * 8;
        const float share = (float)mnn_min(2, rows - first) / (float)rows;
        for (int k = 0; k < 4; k++)
            batchnorm_mean[k] = mnn_fma(share, mean[k], batchnorm_mean[k]);
    }
    for (int first = 0; first < rows; first += 2) {
        const float *mean = batchnorm_forward_partials + first / 2 * 8;
        const float share = (float)mnn_min(2, rows - first) / (float)rows;
        for (int k = 0; k < 4; k++) {
            const float difference = mean[k] - batchnorm_mean[k];
            batchnorm_variance[k] = mnn_fma(share, mnn_fma(difference, difference, mean[4 + k]),
                    batchnorm_variance[k]);
        }
    }
    for (int k = 0; k < 4; k++)
        batchnorm_inverse[k] = 1.0f / sqrtf(batchnorm_variance[k] + 0.001f);
}

/* batchnorm (batchnorm.mnn:8): forward
 *     out[rows, 10, 10, 4] = (in - mean) * inverse * gamma + beta
 * loop; row by row */
static void batchnorm_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    const float *in = conv2d_out + first * 400;
    float *restrict out = batchnorm_out + first * 400;
    for (int j = 0; j < n * 100; j++)
        for (int k = 0; k < 4; k++) {
            const float z = (in[j * 4 + k] - batchnorm_mean[k]) * batchnorm_inverse[k];
            out[j * 4 + k] = mnn_fma(z, batchnorm_gamma[k], batchnorm_beta[k]);
        }
}

/* batchnorm (batchnorm.mnn:8): inference
 *     out[rows, 10, 10, 4] = in * scale + shift, where scale = gamma / sqrt(moving_variance + 0.001)
 *     and shift = beta - moving_mean * scale */
static void batchnorm_predict(const mnn_task *task)
{
    float *restrict scale = scratch[task->worker], *restrict shift = scale + 4;
    if (task->opens)
        for (int k = 0; k < 4; k++) {
            scale[k] = batchnorm_gamma[k] / sqrtf(batchnorm_moving_variance[k] + 0.001f);
            shift[k] = mnn_fma(-batchnorm_moving_mean[k], scale[k], batchnorm_beta[k]);
        }
    const int first = task->first, n = task->n;
    const float *in = conv2d_out + first * 400;
    float *restrict out = batchnorm_out + first * 400;
    for (int j = 0; j < n * 100; j++)
        for (int k = 0; k < 4; k++) {
            out[j * 4 + k] = mnn_fma(in[j * 4 + k], scale[k], shift[k]);
        }
}

/* batchnorm_1 (batchnorm.mnn:12): inference
 *     out[rows, 100] = in * scale + shift, where scale = 1 / sqrt(moving_variance + 1e-05)
 *     and shift = - moving_mean * scale */
static void batchnorm_1_predict(const mnn_task *task)
{
    float *restrict scale = scratch[task->worker], *restrict shift = scale + 100;
    if (task->opens)
        for (int k = 0; k < 100; k++) {
            scale[k] = 1.0f / sqrtf(batchnorm_1_moving_variance[k] + 1e-05f);
            shift[k] = -batchnorm_1_moving_mean[k] * scale[k];
        }
    const int first = task->first, n = task->n;
    const float *in = maxpool2d_out + first * 100;
    float *restrict out = batchnorm_1_out + first * 100;
    for (int j = 0; j < n; j++)
        for (int k = 0; k < 100; k++) {
            out[j * 100 + k] = mnn_fma(in[j * 100 + k], scale[k], shift[k]);
        }
}

/* last (batchnorm.mnn:14): forward
 *     out[rows, 10] = (in - mean) * inverse * gamma + beta
 * loop; row by row */
static void last_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    const float *in = dense_out + first * 10;
    float *restrict out = last_out + first * 10;
    for (int j = 0; j < n; j++)
        for (int k = 0; k < 10; k++) {
            const float z = (in[j * 10 + k] - last_mean[k]) * last_inverse[k];
            out[j * 10 + k] = mnn_fma(z, last_gamma[k], last_beta[k]);
        }
}

/* last (batchnorm.mnn:14): backward, sums of the batch
 *     dgamma, dbeta = sum of the partial sums of the pieces, in order
 * sum; partial sums in a fixed order */
static void last_backward_totals(const mnn_task *task)
{
    const int rows = task->rows;
    memset(last_gamma_gradient, 0, 10 * sizeof(float));
    memset(last_beta_gradient, 0, 10 * sizeof(float));
    for (int piece = 0; piece * 2 < rows; piece++) {
        const float *partial = last_partials + piece * 20;
        for (int k = 0; k < 10; k++) {
            last_gamma_gradient[k] += partial[k];
            last_beta_gradient[k] += partial[10 + k];
        }
    }
}

/* batchnorm_1 (batchnorm.mnn:12): backward
 *     dx[rows, 100] = inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows
 * loop; row by row */
static void batchnorm_1_backward(const mnn_task *task)
{
    const float share = 1.0f / (float)(task->rows);
    const int first = task->first, n = task->n;
    const float *dout = batchnorm_1_out_gradient + first * 100;
    const float *in = maxpool2d_out + first * 100;
    float *restrict dx = flatten_out_gradient + first * 100;
    for (int j = 0; j < n; j++)
        for (int k = 0; k < 100; k++) {
            const float z = (in[j * 100 + k] - batchnorm_1_mean[k]) * batchnorm_1_inverse[k];
            const float sums = mnn_fma(z, batchnorm_1_gamma_sum[k], batchnorm_1_beta_sum[k]);
            dx[j * 100 + k] = batchnorm_1_inverse[k] * mnn_fma(-share, sums, dout[j * 100 + k]);
        }
    for (int j = first * 100, end = j + n * 100; j < end; j++) {
        const float y = maxpool2d_out[j], g = flatten_out_gradient[j];
        flatten_out_gradient[j] = y > 0.0f ? g : 0.0f;
    }
}

/* batchnorm (batchnorm.mnn:8): backward, sums of each piece of the batch
 *     dgamma[4] = sum of dout z and dbeta[4] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_backward_sums(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    const float *dout = batchnorm_out_gradient + first * 400;
    const float *in = conv2d_out + first * 400;
    float *restrict dgamma = batchnorm_partials + first / 2 * 8, *restrict dbeta = dgamma + 4;
    memset(dgamma, 0, 8 * sizeof *dgamma);
    for (int j = 0; j < n * 100; j++)
        for (int k = 0; k < 4; k++) {
            const float z = (in[j * 4 + k] - batchnorm_mean[k]) * batchnorm_inverse[k];
            dgamma[k] = mnn_fma(dout[j * 4 + k], z, dgamma[k]);
            dbeta[k] += dout[j * 4 + k];
        }
}

/* batchnorm (batchnorm.mnn:8): backward, sums of the batch
 *     dgamma, dbeta = sum of the partial sums of the pieces, in order
 * sum; partial sums in a fixed order */
static void batchnorm_backward_totals(const mnn_task *task)
{
    const int rows = task->rows;
    memset(batchnorm_gamma_gradient, 0, 4 * sizeof(float));
    memset(batchnorm_beta_gradient, 0, 4 * sizeof(float));
    for (int piece = 0; piece * 2 < rows; piece++) {
        const float *partial = batchnorm_partials + piece * 8;
        for (int k = 0; k < 4; k++) {
            batchnorm_gamma_gradient[k] += partial[k];
            batchnorm_beta_gradient[k] += partial[4 + k];
        }
    }
}

/* batchnorm (batchnorm.mnn:8): backward
 *     dx[rows, 10, 10, 4] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 100
 * loop; row by row */
static void batchnorm_backward(const mnn_task *task)
{
    const float share = 1.0f / (float)(task->rows * 100);
    const int first = task->first, n = task->n;
    const float *dout = batchnorm_out_gradient + first * 400;
    const float *in = conv2d_out + first * 400;
    float *restrict dx = conv2d_out_gradient + first * 400;
    for (int j = 0; j < n * 100; j++)
        for (int k = 0; k < 4; k++) {
            const float z = (in[j * 4 + k] - batchnorm_mean[k]) * batchnorm_inverse[k];
            const float sums = mnn_fma(z, batchnorm_gamma_gradient[k], batchnorm_beta_gradient[k]);
            dx[j * 4 + k] = batchnorm_gamma[k] * batchnorm_inverse[k] * mnn_fma(-share, sums,
                    dout[j * 4 + k]);
        }
}

/* The non-trainable parameters, from the statistics of the batch. */
static void update_state(const mnn_task *task)
{
    (void)task;
    for (int k = 0; k < 4; k++) {
        batchnorm_moving_mean[k] = mnn_fma(batchnorm_moving_mean[k], 0.99f,
                batchnorm_mean[k] * 0.01f);
        batchnorm_moving_variance[k] = mnn_fma(batchnorm_moving_variance[k], 0.99f,
                batchnorm_variance[k] * 0.01f);
    }
    for (int k = 0; k < 100; k++) {
        batchnorm_1_moving_mean[k] = mnn_fma(batchnorm_1_moving_mean[k], 0.9f,
                batchnorm_1_mean[k] * 0.1f);
        batchnorm_1_moving_variance[k] = mnn_fma(batchnorm_1_moving_variance[k], 0.9f,
                batchnorm_1_variance[k] * 0.1f);
    }
    for (int k = 0; k < 10; k++) {
        last_moving_mean[k] = mnn_fma(last_moving_mean[k], 0.99f, last_mean[k] * 0.01f);
        last_moving_variance[k] = mnn_fma(last_moving_variance[k], 0.99f, last_variance[k] * 0.01f);
    }
}
