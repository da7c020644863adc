/* input (with_reference.mnn:3): out = x * scale + shift, the input of the network, changed likewise */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 128;
    static float sample[128], changed[128];
    for (size_t j = 0; j < 128; j++)
        sample[j] = ((batch->images ? (float)batch->images[at + j] : batch->inputs[at + j]));
    mnn_augment_move(&input_motion, batch, row, sample, changed);
    for (int j = 0; j < 128; j++)
        out[j] = (double)changed[j];
}

/* conv2d (with_reference.mnn:7): out[8, 8, 4] = in * kernel */
static void conv2d_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++)
            for (int k = 0; k < 4; k++) {
                double sum = 0.0;
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r - 1, column = x + s - 1;
                        if (row < 0 || row >= 8 || column < 0 || column >= 8)
                            continue;
                        const double *pixel = in + (row * 8 + column) * 2;
                        const double *weight = kernel + (r * 3 + s) * 8 + k;
                        for (int c = 0; c < 2; c++)
                            sum += pixel[c] * weight[c * 4];
                    }
                out[(y * 8 + x) * 4 + k] = sum;
            }
}

/* batchnorm (with_reference.mnn:8): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, per channel over all rows */
static void batchnorm_reference(int rows, const double *gamma, const double *beta, const double *in,
        double *out)
{
    const int count = rows * 64;
    for (int k = 0; k < 4; k++) {
        double mean = 0.0, variance = 0.0;
        for (int j = 0; j < count; j++)
            mean += in[j * 4 + k] / count;
        for (int j = 0; j < count; j++)
            variance += (in[j * 4 + k] - mean) * (in[j * 4 + k] - mean) / count;
        for (int j = 0; j < count; j++)
            out[j * 4 + k] = (in[j * 4 + k] - mean) / sqrt(variance + 0.001) * gamma[k] + beta[k];
    }
}

/* depthwise_conv2d (with_reference.mnn:11): out[c, m] = sum over r, s of in[c] kernel[r, s, c, m] + bias[c, m] */
static void depthwise_conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int c = 0; c < 4; c++)
        for (int m = 0; m < 1; m++)
            for (int y = 0; y < 8; y++)
                for (int x = 0; x < 8; x++) {
                    double sum = bias[c * 1 + m];
                    for (int r = 0; r < 3; r++)
                        for (int s = 0; s < 3; s++) {
                            const int row = y + r - 1, column = x + s - 1;
                            if (row >= 0 && row < 8 && column >= 0 && column < 8)
                                sum += in[(row * 8 + column) * 4
                                    + c] * kernel[((r * 3 + s) * 4 + c) * 1 + m];
                        }
                    out[((y * 8 + x) * 4 + c) * 1 + m] = sum;
                }
}

/* maxpool2d (with_reference.mnn:13): out[64] = maximum of each window */
static void maxpool2d_reference(const double *in, double *out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++) {
            const int top = y * 2, left = x * 2;
            for (int k = 0; k < 4; k++) {
                double best = in[(top * 8 + left) * 4 + k];
                for (int r = 0; r < 2; r++)
                    for (int c = 0; c < 2; c++) {
                        best = fmax(best, in[((top + r) * 8 + left + c) * 4 + k]);
                    }
                out[(y * 4 + x) * 4 + k] = best;
            }
        }
}

/* avgpool2d (with_reference.mnn:14): out[16] = mean of each window */
static void avgpool2d_reference(const double *in, double *out)
{
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 2; x++) {
            const int top = y * 2, left = x * 2;
            for (int k = 0; k < 4; k++) {
                double sum = 0.0;
                for (int r = 0; r < 2; r++)
                    for (int c = 0; c < 2; c++) {
                        sum += in[((top + r) * 4 + left + c) * 4 + k];
                    }
                out[(y * 2 + x) * 4 + k] = sum / 4.0;
            }
        }
}

/* layernorm (with_reference.mnn:15): out[4, 4] = (in - mean) / sqrt(variance + 0.001) * gamma + beta */
static void layernorm_reference(const double *gamma, const double *beta, const double *in,
        double *out)
{
    for (int i = 0; i < 4; i++, in += 4, out += 4) {
        double mean = 0.0, variance = 0.0;
        for (int k = 0; k < 4; k++)
            mean += in[k];
        mean /= 4.0;
        for (int k = 0; k < 4; k++)
            variance += (in[k] - mean) * (in[k] - mean);
        variance /= 4.0;
        const double inverse = 1.0 / sqrt(variance + 0.001);
        for (int k = 0; k < 4; k++)
            out[k] = (in[k] - mean) * inverse * gamma[k] + beta[k];
    }
}

/* dropout (with_reference.mnn:17): out = 0 where the mask of this row says so, else in / (1 - rate) */
static void dropout_reference(const mnn_batch *batch, int row, const double *in, double *out)
{
    const uint64_t block = (batch->step * 10 + (uint64_t)(row)) * 4;
    for (int j = 0; j < 16; j += MNN_RANDOM_WORDS) {
        uint32_t bits[MNN_RANDOM_WORDS];
        mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 0, 0, block + (uint64_t)(j / 4), bits);
        for (int k = 0; k < mnn_min(MNN_RANDOM_WORDS, 16 - j); k++)
            out[j + k] = mnn_uniform(bits[k]) < 0.25f ? 0.0 : in[j + k] * (1.0 / (1.0 - 0.25));
    }
}

/* dense (with_reference.mnn:18): out[10] = in[16] . kernel[16, 10] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 16; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* loss (with_reference.mnn:21): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* loss (with_reference.mnn:21): the penalty of the regularizers, over all parameters */
static double loss_penalty_reference(const double *weights)
{
    double sum = 0.0;
    for (int j = 128; j < 288; j++) /* dense_kernel */
        sum += 0.0 * fabs(weights[j]) + 0.001 * weights[j] * weights[j];
    return sum;
}

/* The loss of every row of the batch, for the given parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[MNN_REFERENCE_ROWS * 128];
    static double conv2d_reference_values[MNN_REFERENCE_ROWS * 256];
    static double batchnorm_reference_values[MNN_REFERENCE_ROWS * 256];
    static double activation_relu_reference_values[MNN_REFERENCE_ROWS * 256];
    static double depthwise_conv2d_reference_values[MNN_REFERENCE_ROWS * 256];
    static double add_reference_values[MNN_REFERENCE_ROWS * 256];
    static double maxpool2d_reference_values[MNN_REFERENCE_ROWS * 64];
    static double avgpool2d_reference_values[MNN_REFERENCE_ROWS * 16];
    static double layernorm_reference_values[MNN_REFERENCE_ROWS * 16];
    static double dropout_reference_values[MNN_REFERENCE_ROWS * 16];
    static double dense_reference_values[MNN_REFERENCE_ROWS * 10];
    static double dense_softmax_reference_values[MNN_REFERENCE_ROWS * 10];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values + row * 128);
        conv2d_reference(weights + 0, input_reference_values + row * 128,
                conv2d_reference_values + row * 256);
    }
    batchnorm_reference(batch->rows, weights + 72, weights + 76, conv2d_reference_values,
            batchnorm_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        activation_relu_reference(batchnorm_reference_values + row * 256,
                activation_relu_reference_values + row * 256);
        depthwise_conv2d_reference(weights + 80, weights + 116,
                activation_relu_reference_values + row * 256,
                depthwise_conv2d_reference_values + row * 256);
        add_reference(depthwise_conv2d_reference_values + row * 256,
                activation_relu_reference_values + row * 256, add_reference_values + row * 256);
        maxpool2d_reference(add_reference_values + row * 256,
                maxpool2d_reference_values + row * 64);
        avgpool2d_reference(maxpool2d_reference_values + row * 64,
                avgpool2d_reference_values + row * 16);
        layernorm_reference(weights + 120, weights + 124, avgpool2d_reference_values + row * 16,
                layernorm_reference_values + row * 16);
        dropout_reference(batch, row, layernorm_reference_values + row * 16,
                dropout_reference_values + row * 16);
        dense_reference(weights + 128, weights + 288, dropout_reference_values + row * 16,
                dense_reference_values + row * 10);
        dense_softmax_reference(dense_reference_values + row * 10,
                dense_softmax_reference_values + row * 10);
        result[row] = loss_reference(dense_softmax_reference_values + row * 10,
                batch->labels[batch->index[row]]) + loss_penalty_reference(weights);
    }
}

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .source = "with_reference.mnn",
    .description = "73a4e7fb888a33143a887b675005d2e851756046cbaf5432a2e0a0ff156ad0c8",
    .data_name = "d",
    .train = {"i", "l"},
    .test = {NULL, NULL},
    .validation = {NULL, NULL},
    .sample_rank = 3,
    .sample_dims = {8, 8, 2},
    .sample_size = 128,
    .reshapes = true,
    .scale = 1.0f,
    .shift = 0.0f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 10,
    .validation_split = 0.0,
    .train_limit = 0,
    .test_limit = 0,
    .validation_limit = 0,
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
    .static_bytes = 95768,
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
