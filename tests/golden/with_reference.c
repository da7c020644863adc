/* conv2d (with_reference.mnn:7):
 *     out[n, i, j, k] = sum over r, s, c of in[n, i + r - 1, j + s - 1, c] * kernel[r, s, c, k] */
static void conv2d_reference(int rows, double (*in)[8][8][2], const double (*kernel)[3][2][4], double (*out)[8][8][4])
{
    for (int n = 0; n < rows; n++)
        for (int i = 0; i < 8; i++)
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 4; k++) {
                    double sum = 0.0;
                    for (int r = 0; r < 3; r++)
                        if (i + r - 1 >= 0 && i + r - 1 < 8)
                            for (int s = 0; s < 3; s++)
                                if (j + s - 1 >= 0 && j + s - 1 < 8)
                                    for (int c = 0; c < 2; c++)
                                        sum += in[n][i + r - 1][j + s - 1][c] * kernel[r][s][c][k];
                    out[n][i][j][k] = sum;
                }
}

/* batchnorm (with_reference.mnn:8):
 *     mean[k] = sum over n, i, j of in[n, i, j, k] / (rows * 64)
 *     variance[k] = sum over n, i, j of d * d / (rows * 64) with d = in[n, i, j, k] - mean[k]
 *     inverse[k] = 1 / sqrt(variance[k] + 0.001)
 *     out[n, i, j, k] = (in[n, i, j, k] - mean[k]) * inverse[k] * gamma[k] + beta[k] */
static void batchnorm_reference(int rows, double (*in)[8][8][4], const double *gamma, const double *beta,
        double (*out)[8][8][4])
{
    static double mean[4];
    static double inverse[4];
    for (int k = 0; k < 4; k++) {
        double mean_sum = 0.0;
        for (int n = 0; n < rows; n++)
            for (int i = 0; i < 8; i++)
                for (int j = 0; j < 8; j++)
                    mean_sum += in[n][i][j][k] / (rows * 64);
        mean[k] = mean_sum;
        double variance = 0.0;
        for (int n = 0; n < rows; n++)
            for (int i = 0; i < 8; i++)
                for (int j = 0; j < 8; j++) {
                    const double d = in[n][i][j][k] - mean[k];
                    variance += d * d / (rows * 64);
                }
        inverse[k] = 1.0 / sqrt(variance + 0.001);
    }
    for (int n = 0; n < rows; n++)
        for (int i = 0; i < 8; i++)
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < 4; k++)
                    out[n][i][j][k] = (in[n][i][j][k] - mean[k]) * inverse[k] * gamma[k] + beta[k];
}

/* depthwise_conv2d (with_reference.mnn:11):
 *     sum[n, i, j, c, m] = sum over r, s of in[n, i + r - 1, j + s - 1, c] * kernel[r, s, c, m]
 *     out[n, i, j, c, m] = sum[n, i, j, c, m] + bias[c, m] */
static void depthwise_conv2d_reference(int rows, double (*in)[8][8][4], const double (*kernel)[3][4][1],
        const double (*bias)[1], double (*out)[8][8][4][1])
{
    for (int n = 0; n < rows; n++)
        for (int i = 0; i < 8; i++)
            for (int j = 0; j < 8; j++)
                for (int c = 0; c < 4; c++)
                    for (int m = 0; m < 1; m++) {
                        double sum = 0.0;
                        for (int r = 0; r < 3; r++)
                            if (i + r - 1 >= 0 && i + r - 1 < 8)
                                for (int s = 0; s < 3; s++)
                                    if (j + s - 1 >= 0 && j + s - 1 < 8)
                                        sum += in[n][i + r - 1][j + s - 1][c] * kernel[r][s][c][m];
                        out[n][i][j][c][m] = sum + bias[c][m];
                    }
}

/* maxpool2d (with_reference.mnn:13):
 *     out[n, i, j, k] = max over r, s of in[n, i * 2 + r, j * 2 + s, k] */
static void maxpool2d_reference(int rows, double (*in)[8][8][4], double (*out)[4][4][4])
{
    for (int n = 0; n < rows; n++)
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++)
                for (int k = 0; k < 4; k++) {
                    double largest = -INFINITY;
                    for (int r = 0; r < 2; r++)
                        for (int s = 0; s < 2; s++)
                            largest = fmax(largest, in[n][i * 2 + r][j * 2 + s][k]);
                    out[n][i][j][k] = largest;
                }
}

/* avgpool2d (with_reference.mnn:14):
 *     out[n, i, j, k] = sum over r, s of in[n, i * 2 + r, j * 2 + s, k] / 4 */
static void avgpool2d_reference(int rows, double (*in)[4][4][4], double (*out)[2][2][4])
{
    for (int n = 0; n < rows; n++)
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 2; j++)
                for (int k = 0; k < 4; k++) {
                    double sum = 0.0;
                    for (int r = 0; r < 2; r++)
                        for (int s = 0; s < 2; s++)
                            sum += in[n][i * 2 + r][j * 2 + s][k] / 4.0;
                    out[n][i][j][k] = sum;
                }
}

/* layernorm (with_reference.mnn:15):
 *     mean[n, i, j] = sum over k of in[n, i, j, k] / 4
 *     variance[n, i, j] = sum over k of d * d / 4 with d = in[n, i, j, k] - mean[n, i, j]
 *     inverse[n, i, j] = 1 / sqrt(variance[n, i, j] + 0.001)
 *     out[n, i, j, k] = (in[n, i, j, k] - mean[n, i, j]) * inverse[n, i, j] * gamma[k] + beta[k] */
static void layernorm_reference(int rows, double (*in)[2][2][4], const double *gamma, const double *beta,
        double (*out)[2][2][4])
{
    for (int n = 0; n < rows; n++)
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 2; j++) {
                double mean = 0.0;
                for (int k = 0; k < 4; k++)
                    mean += in[n][i][j][k] / 4;
                double variance = 0.0;
                for (int k = 0; k < 4; k++) {
                    const double d = in[n][i][j][k] - mean;
                    variance += d * d / 4;
                }
                const double inverse = 1.0 / sqrt(variance + 0.001);
                for (int k = 0; k < 4; k++)
                    out[n][i][j][k] = (in[n][i][j][k] - mean) * inverse * gamma[k] + beta[k];
            }
}

/* dropout (with_reference.mnn:17):
 *     out[n, i] = uniform[n, i] < 0.25 ? 0 : in[n, i] * 1.3333333333333333 */
static void dropout_reference(int rows, double (*uniform)[16], double (*in)[16], double (*out)[16])
{
    for (int n = 0; n < rows; n++)
        for (int i = 0; i < 16; i++)
            out[n][i] = uniform[n][i] < 0.25 ? 0.0 : in[n][i] * 1.3333333333333333;
}

/* dense (with_reference.mnn:18):
 *     sum[n, u] = sum over i of in[n, i] * kernel[i, u]
 *     out[n, u] = sum[n, u] + bias[u] */
static void dense_reference(int rows, double (*in)[16], const double (*kernel)[10], const double *bias,
        double (*out)[10])
{
    for (int n = 0; n < rows; n++)
        for (int u = 0; u < 10; u++) {
            double sum = 0.0;
            for (int i = 0; i < 16; i++)
                sum += in[n][i] * kernel[i][u];
            out[n][u] = sum + bias[u];
        }
}

/* loss (with_reference.mnn:21):
 *     loss[n] = sum over j of t > 0 ? -t * log(p[n, j]) : 0 with t = fabs(label[n] - j) < 0.5 ? 1 : 0 */
static void loss_reference(int rows, double *label, double (*p)[10], double *loss)
{
    for (int n = 0; n < rows; n++) {
        double sum = 0.0;
        for (int j = 0; j < 10; j++) {
            const double t = fabs(label[n] - j) < 0.5 ? 1.0 : 0.0;
            sum += t > 0.0 ? -t * log(p[n][j]) : 0.0;
        }
        loss[n] = sum;
    }
}

/* loss (with_reference.mnn:21):
 *     penalty = sum over j of 0.001 * w[j] * w[j]
 *     out[n] = loss[n] + penalty */
static void loss_penalty_reference(int rows, const double *w, double *loss, double *out)
{
    double penalty = 0.0;
    for (int j = 0; j < 160; j++)
        penalty += 0.001 * w[j] * w[j];
    for (int n = 0; n < rows; n++)
        out[n] = loss[n] + penalty;
}

/* The loss of every row of the batch, for the given parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_samples[MNN_REFERENCE_ROWS][8][8][2];
    static double conv2d_values[MNN_REFERENCE_ROWS][8][8][4];
    static double batchnorm_values[MNN_REFERENCE_ROWS][8][8][4];
    static double activation_relu_values[MNN_REFERENCE_ROWS][8][8][4];
    static double depthwise_conv2d_values[MNN_REFERENCE_ROWS][8][8][4][1];
    static double add_values[MNN_REFERENCE_ROWS][8][8][4];
    static double maxpool2d_values[MNN_REFERENCE_ROWS][4][4][4];
    static double avgpool2d_values[MNN_REFERENCE_ROWS][2][2][4];
    static double layernorm_values[MNN_REFERENCE_ROWS][2][2][4];
    static double dropout_uniform[MNN_REFERENCE_ROWS][16];
    static double dropout_values[MNN_REFERENCE_ROWS][16];
    static double dense_values[MNN_REFERENCE_ROWS][10];
    static double dense_softmax_values[MNN_REFERENCE_ROWS][10];
    static double loss_label[MNN_REFERENCE_ROWS];
    static double loss_loss[MNN_REFERENCE_ROWS];
    for (int row = 0; row < batch->rows; row++) {
        static float sample[128], changed[128];
        double *out = (double *)input_samples[row];
        input_sample(batch, row, sample);
        mnn_augment_move(&input_motion, batch, row, sample, changed);
        for (int j = 0; j < 128; j++)
            out[j] = (double)changed[j];
    }
    for (int row = 0; row < batch->rows; row++) {
        double *uniform = (double *)dropout_uniform[row];
        const uint64_t block = (batch->step * 10 + (uint64_t)(batch->first_row + row)) * 4;
        for (int j = 0; j < 16; j += MNN_RANDOM_WORDS) {
            uint32_t bits[MNN_RANDOM_WORDS];
            mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 0, 0, block + (uint64_t)(j / 4), bits);
            for (int k = 0; k < mnn_min(MNN_RANDOM_WORDS, 16 - j); k++)
                uniform[j + k] = (double)mnn_uniform(bits[k]);
        }
    }
    for (int row = 0; row < batch->rows; row++) {
        loss_label[row] = (double)batch->labels[batch->index[row]];
    }
    conv2d_reference(batch->rows, input_samples, (const double (*)[3][2][4])weights, conv2d_values);
    batchnorm_reference(batch->rows, conv2d_values, weights + 72, weights + 76, batchnorm_values);
    activation_relu_reference(batch->rows, batchnorm_values, activation_relu_values);
    depthwise_conv2d_reference(batch->rows, activation_relu_values, (const double (*)[3][4][1])(weights + 80),
            (const double (*)[1])(weights + 116), depthwise_conv2d_values);
    add_reference(batch->rows, (double (*)[8][8][4])depthwise_conv2d_values, activation_relu_values, add_values);
    maxpool2d_reference(batch->rows, add_values, maxpool2d_values);
    avgpool2d_reference(batch->rows, maxpool2d_values, avgpool2d_values);
    layernorm_reference(batch->rows, avgpool2d_values, weights + 120, weights + 124, layernorm_values);
    dropout_reference(batch->rows, dropout_uniform, (double (*)[16])layernorm_values, dropout_values);
    dense_reference(batch->rows, dropout_values, (const double (*)[10])(weights + 128), weights + 288, dense_values);
    dense_softmax_reference(batch->rows, dense_values, dense_softmax_values);
    loss_reference(batch->rows, loss_label, dense_softmax_values, loss_loss);
    loss_penalty_reference(batch->rows, weights + 128, loss_loss, result);
}

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .source = "with_reference.mnn",
    .description = "b00dda19cb536ec46255efe7e14a864d018784ab251c60385790ecc68072e9f9",
    .data_name = "d",
    .train = {.reader = "idx", .samples = "i", .labels = "l"},
    .sample_rank = 3,
    .sample_dims = {8, 8, 2},
    .sample_size = 128,
    .reshapes = true,
    .scale = 1.0f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 10,
    .shuffle = true,
    .motion = &input_motion,
    .epochs = 1,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "sparse_categorical_crossentropy",
    .optimizer_name = "sgd",
    .learning_rate = 0.1,
    .metric_count = 0,
    .metrics = NULL,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .slot_count = 0,
    .slots = NULL,
    .static_bytes = 74328,
    .scratch = 1072,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .state_count = STATE_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 6560,
    .row_loss = row_loss,
    .step_count = sizeof steps / sizeof steps[0],
    .steps = steps,
    .lanes = MNN_LANES,
    .peak = mnn_profile_peak,
    .reference = reference,
};
