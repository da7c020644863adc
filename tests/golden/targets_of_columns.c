/* loss (targets_of_columns.mnn:12): forward; loop; row by row
 *     row_loss[rows] = mean over the 3 outputs of (p - target) * (p - target) */
static void loss_forward(const mnn_task *task, const float *restrict input)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *p = input + i * 3;
        const float *target = batch->targets + (size_t)batch->index[i] * 3;
        float sum = 0.0f;
        for (int j = 0; j < 3; j++) {
            const float d = p[j] - target[j];
            sum = mnn_fma(d, d, sum);
        }
        row_loss[i] = sum / 3.0f;
    }
}
MNN_TASK(loss_forward, workspace + at[0])

/* loss (targets_of_columns.mnn:12): backward; loop; row by row
 *     dp[rows, 3] = (2.0 * (p - target)) / (3 rows) */
static void loss_backward(const mnn_task *task, const float *restrict input, float *restrict input_gradient)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    const float scale = 2.0f / 3.0f / (float)task->batch_rows;
    for (int i = first; i < first + n; i++) {
        const float *p = input + i * 3;
        float *dp = input_gradient + i * 3;
        const float *target = batch->targets + (size_t)batch->index[i] * 3;
        for (int j = 0; j < 3; j++) {
            const float d = p[j] - target[j];
            dp[j] = d * scale;
        }
    }
}
MNN_TASK(loss_backward, workspace + at[0], workspace + at[1])

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .source = "targets_of_columns.mnn",
    .description = "36f74b6c546f4e3f2d42f481f234dff631d54a5ba06ed20488a4c6531b6c025d",
    .data_name = "d",
    .train = {.reader = "idx", .samples = "i", .labels = "l"},
    .test = {.reader = "idx", .samples = "t", .labels = "m"},
    .sample_rank = 1,
    .sample_dims = {6},
    .sample_size = 6,
    .scale = 0.5f,
    .shift = -2.5f,
    .label_kind = MNN_LABEL_VALUE,
    .classes = 0,
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
    .static_bytes = 3376,
    .scratch = 16,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 3,
    .output = workspace + 320,
    .row_loss = row_loss,
    .step_count = sizeof steps / sizeof steps[0],
    .steps = steps,
    .lanes = MNN_LANES,
    .peak = mnn_profile_peak,
};
