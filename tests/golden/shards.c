/* dropout (shards.mnn:13): forward; loop; row by row
 *     out[n, i, j, k] = uniform[n, i, j, k] < 0.5 ? 0 : in[n, i, j, k] * 2 */
static void dropout_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    const float (*restrict in)[8] = (const float (*)[8])input;
    float (*restrict out)[8] = (float (*)[8])output;
    for (int row = first; row < first + n; row++) {
        const uint64_t block = (batch->step * 30 + (uint64_t)(batch->first_row + row)) * 2;
        for (int j = 0; j < 8; j += MNN_RANDOM_WORDS) {
            uint32_t bits[MNN_RANDOM_WORDS];
            mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 0, 0, block + (uint64_t)(j / 4), bits);
            for (int k = 0; k < mnn_min(MNN_RANDOM_WORDS, 8 - j); k++)
                out[row][j + k] = mnn_uniform(bits[k]) < 0.5f ? 0.0f : in[row][j + k] * 2.0f;
        }
    }
}
MNN_TASK(dropout_forward, workspace + at[0], workspace + at[1])

/* loss (shards.mnn:19): backward; loop; row by row
 *     dz[rows, 3] = (p - target) / rows: logarithm and softmax combined */
static void loss_backward(const mnn_task *task, const float *restrict prediction, float *restrict input_gradient)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    const float scale = 1.0f / (float)task->batch_rows;
    for (int i = first; i < first + n; i++) {
        const float *p = prediction + i * 3;
        float *dz = input_gradient + i * 3;
        const int label = batch->labels[batch->index[i]];
        for (int j = 0; j < 3; j++)
            dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
    }
}
MNN_TASK(loss_backward, workspace + at[0], workspace + at[1])

/* dense (shards.mnn:15): gradients of the parameters; tiles in registers; one piece: too small to split
 *     dkernel[8, 3] = transpose(in[rows, 8]) . dy[rows, 3]; dbias = sum over rows of dy */
static void dense_gradients(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict kernel, float *restrict kernel_gradient, float *restrict bias_gradient)
{
    if (mnn_starts_batch(task)) /* once per batch */
        for (int j = 0, end = j + 24; j < end; j++) {
            const float w = kernel[j];
            kernel_gradient[j] = 0.02f * w;
        }
    mnn_tree_product(8, 3, task, input, 8, output_gradient, 3, kernel_gradient, 3, mnn_starts_batch(task));
    mnn_tree_sum(task, bias_gradient, output_gradient, 3, 3, 0, 0, 0);
}
MNN_TASK(dense_gradients, workspace + at[0], workspace + at[1], params + at[2], task->grads + at[3],
        task->grads + at[4])

/* the function and its tensors; layer, phase, the dimension that is divided, its size,
 * elements per piece and per call, first worker, flags, flops per sample */
static const mnn_step steps[] = {
    {MNN_CALL(input_forward, input_out), "input", MNN_FORWARD, MNN_ROWS, BATCH, 4, 4, 0, MNN_BY_SHARD, 32},
    {MNN_CALL(conv2d_forward, input_out, conv2d_kernel, conv2d_out),
        "conv2d", MNN_FORWARD, MNN_ROWS, BATCH, 4, 4, 0, MNN_BY_SHARD, 144},
    {MNN_CALL(batchnorm_forward_sums, conv2d_out, batchnorm_forward_partials),
        "batchnorm", MNN_FORWARD, MNN_ROWS, BATCH, 4, 4, 0, MNN_TRAINING | MNN_BY_SHARD, 32},
    {MNN_CALL(batchnorm_forward_totals, batchnorm_forward_partials, batchnorm_mean, batchnorm_variance,
            batchnorm_inverse, 2, 4, 2, 2, 2),
        "batchnorm", MNN_FORWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER | MNN_TRAINING | MNN_BY_SHARD, 0},
    {MNN_CALL(batchnorm_forward, conv2d_out, batchnorm_gamma, batchnorm_beta, batchnorm_mean, batchnorm_inverse,
            activation_out, 2, 2),
        "batchnorm", MNN_FORWARD, MNN_ROWS, BATCH, 4, 4, 0, MNN_BARRIER | MNN_TRAINING | MNN_BY_SHARD, 32},
    {MNN_CALL(batchnorm_predict, conv2d_out, batchnorm_gamma, batchnorm_beta, batchnorm_moving_mean,
            batchnorm_moving_variance, activation_out),
        "batchnorm", MNN_FORWARD, MNN_ROWS, BATCH, 4, 4, 0, MNN_INFERENCE | MNN_BY_SHARD, 32},
    {MNN_CALL(dropout_forward, activation_out, dropout_out),
        "dropout", MNN_FORWARD, MNN_ROWS, BATCH, 4, 4, 0, MNN_TRAINING | MNN_BY_SHARD, 16},
    {MNN_CALL(dropout_predict, activation_out, dropout_out),
        "dropout", MNN_FORWARD, MNN_ROWS, BATCH, 4, 4, 0, MNN_INFERENCE | MNN_BY_SHARD, 16},
    {MNN_CALL(dense_forward, dropout_out, dense_kernel, dense_bias, dense_out),
        "dense", MNN_FORWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 51},
    {MNN_CALL(dense_softmax_forward, dense_out, dense_softmax),
        "dense", MNN_FORWARD, MNN_ROWS, BATCH, 4, 4, 0, MNN_BARRIER | MNN_BY_SHARD, 12},
    {MNN_CALL(loss_forward, dense_out), "loss", MNN_LOSS, MNN_ROWS, BATCH, 4, 4, 0, MNN_BY_SHARD, 9},
    {MNN_CALL(loss_penalty_forward_sums, loss_penalty_sums), "loss", MNN_LOSS, MNN_PARAMETERS, 1, 1, 1, 0, 0, 0},
    {MNN_CALL(loss_penalty_forward, loss_penalty_sums),
        "loss", MNN_LOSS, MNN_ROWS, BATCH, 4, 4, 0, MNN_BARRIER | MNN_BY_SHARD, 0},
    /* backward */
    {MNN_CALL(loss_backward, dense_softmax, dense_out_gradient),
        "loss", MNN_BACKWARD, MNN_ROWS, BATCH, 4, 4, 0, MNN_BY_SHARD, 9},
    {MNN_CALL(dense_gradients, dense_out_gradient, dropout_out, dense_kernel, dense_kernel, dense_bias),
        "dense", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 51},
    {MNN_CALL(dense_backward, dense_out_gradient, dense_kernel, flatten_out_gradient),
        "dense", MNN_BACKWARD, MNN_WHOLE, 1, 1, 1, 0, 0, 48},
    {MNN_CALL(dropout_backward, flatten_out_gradient, activation_out, batchnorm_out_gradient),
        "dropout", MNN_BACKWARD, MNN_ROWS, BATCH, 4, 4, 0, MNN_BARRIER | MNN_BY_SHARD, 16},
    {MNN_CALL(batchnorm_backward_sums, batchnorm_out_gradient, conv2d_out, batchnorm_mean, batchnorm_inverse,
            batchnorm_partials, 2, 2),
        "batchnorm", MNN_BACKWARD, MNN_ROWS, BATCH, 4, 4, 0, MNN_BY_SHARD, 48},
    {MNN_CALL(batchnorm_backward_totals, batchnorm_partials, batchnorm_gamma_sums, batchnorm_beta_sums, 2, 4, 2, 2),
        "batchnorm", MNN_BACKWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER | MNN_BY_SHARD, 0},
    {MNN_CALL(batchnorm_backward, batchnorm_out_gradient, conv2d_out, batchnorm_gamma, batchnorm_mean,
            batchnorm_inverse, batchnorm_gamma_sums, batchnorm_beta_sums, conv2d_out_gradient, 2, 2, 2, 2),
        "batchnorm", MNN_BACKWARD, MNN_ROWS, BATCH, 4, 4, 0, MNN_BARRIER | MNN_BY_SHARD, 56},
    {MNN_CALL(batchnorm_gradients, batchnorm_gamma_sums, batchnorm_beta_sums, batchnorm_gamma, batchnorm_beta, 2, 2),
        "batchnorm", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 1, MNN_BARRIER, 0},
    {MNN_CALL(conv2d_backward, conv2d_out_gradient, input_out, conv2d_partials),
        "conv2d", MNN_BACKWARD, MNN_ROWS, BATCH, 4, 4, 0, MNN_BY_SHARD, 144},
    {MNN_CALL(conv2d_gradients, conv2d_partials, conv2d_kernel, 18),
        "conv2d", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 2, MNN_BARRIER, 0},
    {MNN_CALL(batchnorm_update_state, batchnorm_mean, batchnorm_variance, batchnorm_moving_mean,
            batchnorm_moving_variance, 2, 2, 2),
        "batchnorm", MNN_STATE, MNN_WHOLE, 1, 1, 1, 0, 0, 0},
    {MNN_STEP(update), "", MNN_UPDATE, MNN_PARAMETERS, PARAM_COUNT, 1024, PARAM_COUNT, 0, MNN_NEIGHBOURS, 0},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "small",
    .source = "shards.mnn",
    .description = "57c2f763f4000051e15f397a40ce2f4b2a91f4de4816958e7c32c98446b0560e",
    .data_name = "digits",
    .train = {.reader = "idx", .samples = "images", .labels = "labels"},
    .sample_rank = 3,
    .sample_dims = {4, 4, 1},
    .sample_size = 16,
    .scale = 0.003921569f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 3,
    .shuffle = true,
    .epochs = 1,
    .batch_size = 30, .shards = 8,
    .seed = 1u,
    .loss_name = "categorical_crossentropy",
    .optimizer_name = "sgd",
    .learning_rate = 0.01,
    .metric_count = 0,
    .metrics = NULL,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .slot_count = 0,
    .slots = NULL,
    .static_bytes = 7248,
    .scratch = 2976,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .state_count = STATE_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 3,
    .output = workspace + 1344,
    .row_loss = row_loss,
    .step_count = sizeof steps / sizeof steps[0],
    .steps = steps,
    .gradient_steps = gradient_steps,
    .lanes = MNN_LANES,
    .peak = mnn_profile_peak,
};
