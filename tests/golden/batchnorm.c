/* batchnorm (batchnorm.mnn:8): forward, sums of each piece of the batch; loop; row by row
 *     mean[4] and variance[4] per channel over the rows of the piece,
 *     corrected for the rounding error of the mean */
static void batchnorm_forward_sums(const mnn_task *task, const float *restrict input, float *restrict partials)
{
    const int first = task->first, n = task->n;
    const float *in = input + first * 400;
    float *restrict mean = partials + task->piece * 8, *restrict variance = mean + 4;
    float *restrict rest = task->scratch;
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
MNN_TASK(batchnorm_forward_sums, workspace + at[0], workspace + at[1])

/* batchnorm (batchnorm.mnn:8), last (batchnorm.mnn:14): forward, sums of the batch; sum; partial sums in a fixed order
 *     mean = sum over pieces of share * mean of the piece;
 *     variance = sum over pieces of share * (variance of the piece + (mean of the piece - mean)^2);
 *     inverse = 1 / sqrt(variance + 0.001) */
static void batchnorm_forward_totals(const mnn_task *task, const float *restrict partials, float *restrict mean,
        float *restrict variance, float *restrict inverse, int channels)
{
    const int rows = task->rows;
    memset(mean, 0, (size_t)channels * sizeof *mean);
    memset(variance, 0, (size_t)channels * sizeof *variance);
    for (int first = 0; first < rows; first += 2) {
        const float *part = partials + first / 2 * 2 * channels; /* its mean and variance */
        const float share = (float)mnn_min(2, rows - first) / (float)rows;
        for (int k = 0; k < channels; k++)
            mean[k] = mnn_fma(share, part[k], mean[k]);
    }
    for (int first = 0; first < rows; first += 2) {
        const float *part = partials + first / 2 * 2 * channels; /* its mean and variance */
        const float share = (float)mnn_min(2, rows - first) / (float)rows;
        for (int k = 0; k < channels; k++) {
            const float difference = part[k] - mean[k];
            variance[k] = mnn_fma(share, mnn_fma(difference, difference, part[channels + k]), variance[k]);
        }
    }
    for (int k = 0; k < channels; k++)
        inverse[k] = 1.0f / sqrtf(variance[k] + 0.001f);
}
MNN_TASK(batchnorm_forward_totals, workspace + at[0], workspace + at[1], workspace + at[2], workspace + at[3], at[4])

/* batchnorm (batchnorm.mnn:8): forward; loop; row by row
 *     out[rows, 10, 10, 4] = (in - mean) * inverse * gamma + beta */
static void batchnorm_forward(const mnn_task *task, const float *restrict input, const float *restrict gamma,
        const float *restrict beta, const float *restrict mean, const float *restrict inverse, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float *in = input + first * 400;
    float *restrict out = output + first * 400;
    for (int j = 0; j < n * 100; j++)
        for (int k = 0; k < 4; k++) {
            const float z = (in[j * 4 + k] - mean[k]) * inverse[k];
            out[j * 4 + k] = mnn_fma(z, gamma[k], beta[k]);
        }
}
MNN_TASK(batchnorm_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3], workspace + at[4],
        workspace + at[5])

/* batchnorm (batchnorm.mnn:8): inference
 *     out[rows, 10, 10, 4] = in * scale + shift, where scale = gamma / sqrt(moving_variance + 0.001)
 *     and shift = beta - moving_mean * scale */
static void batchnorm_predict(const mnn_task *task, const float *restrict input, const float *restrict gamma,
        const float *restrict beta, const float *restrict moving_mean, const float *restrict moving_variance,
        float *restrict output)
{
    float *restrict scale = task->scratch, *restrict shift = scale + 4;
    if (task->opens)
        for (int k = 0; k < 4; k++) {
            scale[k] = gamma[k] / sqrtf(moving_variance[k] + 0.001f);
            shift[k] = mnn_fma(-moving_mean[k], scale[k], beta[k]);
        }
    const int first = task->first, n = task->n;
    const float *in = input + first * 400;
    float *restrict out = output + first * 400;
    for (int j = 0; j < n * 100; j++)
        for (int k = 0; k < 4; k++) {
            out[j * 4 + k] = mnn_fma(in[j * 4 + k], scale[k], shift[k]);
        }
}
MNN_TASK(batchnorm_predict, workspace + at[0], params + at[1], params + at[2], params + at[3], params + at[4],
        workspace + at[5])

/* batchnorm_1 (batchnorm.mnn:12): inference
 *     out[rows, 100] = in * scale + shift, where scale = 1 / sqrt(moving_variance + 1e-05)
 *     and shift = - moving_mean * scale */
static void batchnorm_1_predict(const mnn_task *task, const float *restrict input, const float *restrict moving_mean,
        const float *restrict moving_variance, float *restrict output)
{
    float *restrict scale = task->scratch, *restrict shift = scale + 100;
    if (task->opens)
        for (int k = 0; k < 100; k++) {
            scale[k] = 1.0f / sqrtf(moving_variance[k] + 1e-05f);
            shift[k] = -moving_mean[k] * scale[k];
        }
    const int first = task->first, n = task->n;
    const float *in = input + first * 100;
    float *restrict out = output + first * 100;
    for (int j = 0; j < n; j++)
        for (int k = 0; k < 100; k++) {
            out[j * 100 + k] = mnn_fma(in[j * 100 + k], scale[k], shift[k]);
        }
}
MNN_TASK(batchnorm_1_predict, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* last (batchnorm.mnn:14): forward; loop; row by row
 *     out[rows, 10] = (in - mean) * inverse * gamma + beta */
static void last_forward(const mnn_task *task, const float *restrict input, const float *restrict gamma,
        const float *restrict beta, const float *restrict mean, const float *restrict inverse, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float *in = input + first * 10;
    float *restrict out = output + first * 10;
    for (int j = 0; j < n; j++)
        for (int k = 0; k < 10; k++) {
            const float z = (in[j * 10 + k] - mean[k]) * inverse[k];
            out[j * 10 + k] = mnn_fma(z, gamma[k], beta[k]);
        }
}
MNN_TASK(last_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3], workspace + at[4],
        workspace + at[5])

/* last (batchnorm.mnn:14), batchnorm (batchnorm.mnn:8): backward, sums of the batch; sum; partial sums in a fixed order
 *     dgamma, dbeta = sum of the partial sums of the pieces, in order */
static void batchnorm_backward_totals(const mnn_task *task, const float *restrict partials,
        float *restrict gamma_gradient, float *restrict beta_gradient, int channels)
{
    const int rows = task->rows;
    memset(gamma_gradient, 0, (size_t)channels * sizeof *gamma_gradient);
    memset(beta_gradient, 0, (size_t)channels * sizeof *beta_gradient);
    for (int piece = 0; piece * 2 < rows; piece++) {
        const float *partial = partials + piece * 2 * channels;
        for (int k = 0; k < channels; k++) {
            gamma_gradient[k] += partial[k];
            beta_gradient[k] += partial[channels + k];
        }
    }
}
MNN_TASK(batchnorm_backward_totals, workspace + at[0], grads + at[1], grads + at[2], at[3])

/* batchnorm_1 (batchnorm.mnn:12): backward; loop; row by row
 *     dx[rows, 100] = inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows */
static void batchnorm_1_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict input, const float *restrict mean, const float *restrict inverse,
        const float *restrict gamma_sum, const float *restrict beta_sum, float *restrict input_gradient)
{
    const float share = 1.0f / (float)(task->rows);
    const int first = task->first, n = task->n;
    const float *dout = output_gradient + first * 100;
    const float *in = input + first * 100;
    float *restrict dx = input_gradient + first * 100;
    for (int j = 0; j < n; j++)
        for (int k = 0; k < 100; k++) {
            const float z = (in[j * 100 + k] - mean[k]) * inverse[k];
            const float sums = mnn_fma(z, gamma_sum[k], beta_sum[k]);
            dx[j * 100 + k] = inverse[k] * mnn_fma(-share, sums, dout[j * 100 + k]);
        }
    for (int j = first * 100, end = j + n * 100; j < end; j++) {
        const float y = input[j], g = input_gradient[j];
        input_gradient[j] = y > 0.0f ? g : 0.0f;
    }
}
MNN_TASK(batchnorm_1_backward, workspace + at[0], workspace + at[1], workspace + at[2], workspace + at[3],
        workspace + at[4], workspace + at[5], workspace + at[6])

/* batchnorm (batchnorm.mnn:8): backward, sums of each piece of the batch; loop; row by row
 *     dgamma[4] = sum of dout z and dbeta[4] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse */
static void batchnorm_backward_sums(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict input, const float *restrict mean, const float *restrict inverse,
        float *restrict partials)
{
    const int first = task->first, n = task->n;
    const float *dout = output_gradient + first * 400;
    const float *in = input + first * 400;
    float *restrict dgamma = partials + task->piece * 8, *restrict dbeta = dgamma + 4;
    memset(dgamma, 0, 8 * sizeof *dgamma);
    for (int j = 0; j < n * 100; j++)
        for (int k = 0; k < 4; k++) {
            const float z = (in[j * 4 + k] - mean[k]) * inverse[k];
            dgamma[k] = mnn_fma(dout[j * 4 + k], z, dgamma[k]);
            dbeta[k] += dout[j * 4 + k];
        }
}
MNN_TASK(batchnorm_backward_sums, workspace + at[0], workspace + at[1], workspace + at[2], workspace + at[3],
        workspace + at[4])

/* batchnorm (batchnorm.mnn:8): backward; loop; row by row
 *     dx[rows, 10, 10, 4] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 100 */
static void batchnorm_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict gamma, const float *restrict mean, const float *restrict inverse,
        const float *restrict gamma_gradient, const float *restrict beta_gradient, float *restrict input_gradient)
{
    const float share = 1.0f / (float)(task->rows * 100);
    const int first = task->first, n = task->n;
    const float *dout = output_gradient + first * 400;
    const float *in = input + first * 400;
    float *restrict dx = input_gradient + first * 400;
    for (int j = 0; j < n * 100; j++)
        for (int k = 0; k < 4; k++) {
            const float z = (in[j * 4 + k] - mean[k]) * inverse[k];
            const float sums = mnn_fma(z, gamma_gradient[k], beta_gradient[k]);
            dx[j * 4 + k] = gamma[k] * inverse[k] * mnn_fma(-share, sums, dout[j * 4 + k]);
        }
}
MNN_TASK(batchnorm_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3], workspace + at[4],
        grads + at[5], grads + at[6], workspace + at[7])

/* batchnorm (batchnorm.mnn:8), last (batchnorm.mnn:14): update of the state
 *     moving_mean = moving_mean * 0.99f + mean * 0.01f; the variance likewise */
static void batchnorm_update_state(const mnn_task *task, const float *restrict mean, const float *restrict variance,
        float *restrict moving_mean, float *restrict moving_variance, int channels)
{
    (void)task;
    for (int k = 0; k < channels; k++) {
        moving_mean[k] = mnn_fma(moving_mean[k], 0.99f, mean[k] * 0.01f);
        moving_variance[k] = mnn_fma(moving_variance[k], 0.99f, variance[k] * 0.01f);
    }
}
MNN_TASK(batchnorm_update_state, workspace + at[0], workspace + at[1], params + at[2], params + at[3], at[4])

/* the function and its tensors; layer, phase, the dimension that is divided, its size,
 * elements per piece and per call, first worker, flags, flops per sample */
static const mnn_step steps[] = {
    {MNN_CALL(input_forward, input_out), "input", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 288},
    {MNN_CALL(conv2d_forward, input_out, conv2d_kernel, conv2d_out),
        "conv2d", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 7200},
    {MNN_CALL(batchnorm_forward_sums, conv2d_out, batchnorm_forward_partials),
        "batchnorm", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_TRAINING, 1600},
    {MNN_CALL(batchnorm_forward_totals, batchnorm_forward_partials, batchnorm_mean, batchnorm_variance,
            batchnorm_inverse, 4),
        "batchnorm", MNN_FORWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER | MNN_TRAINING, 0},
    {MNN_CALL(batchnorm_forward, conv2d_out, batchnorm_gamma, batchnorm_beta, batchnorm_mean, batchnorm_inverse,
            batchnorm_out),
        "batchnorm", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_BARRIER | MNN_TRAINING, 1600},
    {MNN_CALL(batchnorm_predict, conv2d_out, batchnorm_gamma, batchnorm_beta, batchnorm_moving_mean,
            batchnorm_moving_variance, batchnorm_out),
        "batchnorm", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_INFERENCE, 1600},
    {MNN_CALL(maxpool2d_forward, batchnorm_out, maxpool2d_before_activation, maxpool2d_index),
        "maxpool2d", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 400},
    {MNN_CALL(activation_relu_forward, maxpool2d_before_activation, maxpool2d_out, 100),
        "activation", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 100},
    {MNN_CALL(batchnorm_1_forward_sums, maxpool2d_out, batchnorm_1_forward_partials),
        "batchnorm_1", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_TRAINING, 400},
    {MNN_CALL(batchnorm_1_forward_totals, batchnorm_1_forward_partials, batchnorm_1_mean, batchnorm_1_variance,
            batchnorm_1_inverse, 100),
        "batchnorm_1", MNN_FORWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER | MNN_TRAINING, 0},
    {MNN_CALL(batchnorm_1_forward, maxpool2d_out, batchnorm_1_mean, batchnorm_1_inverse, batchnorm_1_out),
        "batchnorm_1", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_BARRIER | MNN_TRAINING, 400},
    {MNN_CALL(batchnorm_1_predict, maxpool2d_out, batchnorm_1_moving_mean, batchnorm_1_moving_variance,
            batchnorm_1_out),
        "batchnorm_1", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_INFERENCE, 400},
    {MNN_CALL(dense_forward, batchnorm_1_out, dense_kernel, dense_bias, dense_out),
        "dense", MNN_FORWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 2010},
    {MNN_CALL(last_forward_sums, dense_out, last_forward_partials),
        "last", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_BARRIER | MNN_TRAINING, 40},
    {MNN_CALL(batchnorm_forward_totals, last_forward_partials, last_mean, last_variance, last_inverse, 10),
        "last", MNN_FORWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER | MNN_TRAINING, 0},
    {MNN_CALL(last_forward, dense_out, last_gamma, last_beta, last_mean, last_inverse, last_out),
        "last", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_BARRIER | MNN_TRAINING, 40},
    {MNN_CALL(last_predict, dense_out, last_gamma, last_beta, last_moving_mean, last_moving_variance, last_out),
        "last", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_INFERENCE, 40},
    {MNN_CALL(activation_1_softmax_forward, last_out, activation_1_softmax),
        "activation_1", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 40},
    {MNN_CALL(loss_forward, last_out), "loss", MNN_LOSS, MNN_ROWS, BATCH, 2, 2, 0, 0, 30},
    /* backward */
    {MNN_CALL(loss_backward, activation_1_softmax, last_out_gradient),
        "loss", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 30},
    {MNN_CALL(last_backward_sums, last_out_gradient, dense_out, last_mean, last_inverse, last_partials),
        "last", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 60},
    {MNN_CALL(batchnorm_backward_totals, last_partials, last_gamma, last_beta, 10),
        "last", MNN_BACKWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 0},
    {MNN_CALL(last_backward, last_out_gradient, dense_out, last_gamma, last_mean, last_inverse, last_gamma, last_beta,
            dense_out_gradient),
        "last", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_BARRIER, 70},
    {MNN_CALL(dense_backward, dense_out_gradient, dense_kernel, batchnorm_1_out_gradient),
        "dense", MNN_BACKWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 2000},
    {MNN_CALL(batchnorm_1_backward_sums, batchnorm_1_out_gradient, maxpool2d_out, batchnorm_1_mean, batchnorm_1_inverse,
            batchnorm_1_partials),
        "batchnorm_1", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_BARRIER, 600},
    {MNN_CALL(batchnorm_1_backward_totals, batchnorm_1_partials, batchnorm_1_gamma_sum, batchnorm_1_beta_sum, 100),
        "batchnorm_1", MNN_BACKWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 0},
    {MNN_CALL(batchnorm_1_backward, batchnorm_1_out_gradient, maxpool2d_out, batchnorm_1_mean, batchnorm_1_inverse,
            batchnorm_1_gamma_sum, batchnorm_1_beta_sum, flatten_out_gradient),
        "batchnorm_1", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_BARRIER, 700},
    {MNN_CALL(maxpool2d_backward, flatten_out_gradient, maxpool2d_index, batchnorm_out_gradient),
        "maxpool2d", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 400},
    {MNN_CALL(batchnorm_backward_sums, batchnorm_out_gradient, conv2d_out, batchnorm_mean, batchnorm_inverse,
            batchnorm_partials),
        "batchnorm", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 2400},
    {MNN_CALL(batchnorm_backward_totals, batchnorm_partials, batchnorm_gamma, batchnorm_beta, 4),
        "batchnorm", MNN_BACKWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 0},
    {MNN_CALL(batchnorm_backward, batchnorm_out_gradient, conv2d_out, batchnorm_gamma, batchnorm_mean,
            batchnorm_inverse, batchnorm_gamma, batchnorm_beta, conv2d_out_gradient),
        "batchnorm", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_BARRIER, 2800},
    {MNN_CALL(conv2d_backward, conv2d_out_gradient, input_out, conv2d_partials),
        "conv2d", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 7200},
    /* gradients of the parameters */
    {MNN_CALL(dense_gradients, dense_out_gradient, batchnorm_1_out, dense_kernel, dense_bias),
        "dense", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 2010},
    {MNN_CALL(conv2d_gradients, conv2d_partials, conv2d_kernel, 36),
        "conv2d", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 1, 0, 0},
    {MNN_CALL(batchnorm_update_state, batchnorm_mean, batchnorm_variance, batchnorm_moving_mean,
            batchnorm_moving_variance, 4),
        "batchnorm", MNN_STATE, MNN_WHOLE, 1, 1, 1, 0, 0, 0},
    {MNN_CALL(batchnorm_1_update_state, batchnorm_1_mean, batchnorm_1_variance, batchnorm_1_moving_mean,
            batchnorm_1_moving_variance, 100),
        "batchnorm_1", MNN_STATE, MNN_WHOLE, 1, 1, 1, 1, 0, 0},
    {MNN_CALL(batchnorm_update_state, last_mean, last_variance, last_moving_mean, last_moving_variance, 10),
        "last", MNN_STATE, MNN_WHOLE, 1, 1, 1, 2, 0, 0},
    {MNN_STEP(update), "", MNN_UPDATE, MNN_PARAMETERS, PARAM_COUNT, 1024, PARAM_COUNT, 0, MNN_NEIGHBOURS, 0},
};
