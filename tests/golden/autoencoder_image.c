/* loss (autoencoder_image.mnn:14): forward; loop; row by row
 *     row_loss[rows] = mean over the 64 outputs of (p - target) * (p - target) */
static void loss_forward(const mnn_task *task, const float *restrict input, const float *restrict target_values)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *p = input + i * 64;
        const float *target = target_values + i * 64;
        float sum = 0.0f;
        for (int j = 0; j < 64; j++) {
            const float d = p[j] - target[j];
            sum = mnn_fma(d, d, sum);
        }
        row_loss[i] = sum / 64.0f;
    }
}
MNN_TASK(loss_forward, workspace + at[0], workspace + at[1])

/* loss (autoencoder_image.mnn:14): backward; loop; row by row
 *     dp[rows, 64] = (2.0 * (p - target)) / (64 rows) */
static void loss_backward(const mnn_task *task, const float *restrict input, const float *restrict target_values,
        float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    const float scale = 2.0f / 64.0f / (float)task->batch_rows;
    for (int i = first; i < first + n; i++) {
        const float *p = input + i * 64;
        float *dp = input_gradient + i * 64;
        const float *target = target_values + i * 64;
        for (int j = 0; j < 64; j++) {
            const float d = p[j] - target[j];
            dp[j] = d * scale;
        }
        for (int j = i * 64, end = j + 64; j < end; j++) {
            const float y = input[j], g = input_gradient[j];
            input_gradient[j] = g * y * (1.0f - y);
        }
    }
}
MNN_TASK(loss_backward, workspace + at[0], workspace + at[1], workspace + at[2])

/* conv2d_1 (autoencoder_image.mnn:11): backward; tiles in registers, read from the image; image by image
 *     partial sums, one per piece:
 *     dkernel[36, 1] = transpose(patches[64, 36]) . dz[64, 1], dbias = sum of dz,
 *     dx = dz * turned kernel */
static void conv2d_1_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict kernel, float *restrict input_gradient, float *restrict partials)
{
    float *in = task->scratch; /* [10, 10, 4] */
    float *dz = task->scratch + 400; /* [10, 10, 1] */
    float *turned = task->scratch + 500; /* [3, 3, 1, 4] */
    if (task->opens) {
        memset(in, 0, 400 * sizeof *in);
        memset(dz, 0, 100 * sizeof *dz);
        for (int r = 0; r < 3; r++)
            for (int s = 0; s < 3; s++)
                mnn_transpose(4, 1, kernel + ((2 - r) * 3 + 2 - s) * 4, 1, turned + (r * 3 + s) * 4, 4);
    }
    const int first = task->first, n = task->n;
    float *dkernel = partials + task->piece * 37;
    float *dbias = dkernel + 36;
    memset(dkernel, 0, 37 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        for (int y = 0; y < 8; y++)
            memcpy(in + (y + 1) * 40 + 4, input + i * 256 + y * 32, 32 * sizeof *in);
        const float *dy = output_gradient + i * 64;
        for (int y = 0; y < 8; y++)
            memcpy(dz + (y + 1) * 10 + 1, dy + y * 8, 8 * sizeof *dz);
        for (int r = 0; r < 3; r++)
            mnn_nested_product(12, 1, 8, 8, in + r * 40, 1, 4, 40, dz + 11, 1, 10, dkernel + r * 12, 1, 1);
        float *dx = input_gradient + i * 256;
        mnn_grid_product(8, 8, 4, 3, 3, dz, 10, 1, 10, turned, 4, 12, dx, 32, 4);
        for (int j = 0; j < 64; j++)
            for (int k = 0; k < 1; k++)
                dbias[k] += dy[j * 1 + k];
        for (int j = i * 256, end = j + 256; j < end; j++) {
            const float y = input[j], g = input_gradient[j];
            input_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}
MNN_TASK(conv2d_1_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3], workspace + at[4])

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .source = "autoencoder_image.mnn",
    .description = "32503181c727c64dae2a049f03e4ed5da5736f47ef3e126cf0de5288f0f73f2a",
    .data_name = "d",
    .train = {.reader = "idx", .samples = "i"},
    .test = {.reader = "idx", .samples = "t"},
    .validation = {.reader = "idx", .samples = "v"},
    .sample_rank = 3,
    .sample_dims = {8, 8, 1},
    .sample_size = 64,
    .reshapes = true,
    .scale = 0.003921569f,
    .label_kind = MNN_LABEL_INPUT,
    .classes = 0,
    .validation_limit = 500,
    .shuffle = true,
    .epochs = 1,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "mse",
    .optimizer_name = "adam",
    .learning_rate = 0.001,
    .metric_count = 0,
    .metrics = NULL,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .slot_count = 2,
    .slots = slots,
    .static_bytes = 93968,
    .scratch = 544,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 64,
    .output = workspace + 10240,
    .row_loss = row_loss,
    .step_count = sizeof steps / sizeof steps[0],
    .steps = steps,
    .lanes = MNN_LANES,
    .peak = mnn_profile_peak,
};
