/* dropout (shards.mnn:13): forward
 *     out[rows, 2, 2, 2] = 0 with probability 0.5, else in * 2.0
 * loop; row by row */
static void dropout_forward(const mnn_task *task)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *in = activation_out + i * 8;
        float *out = dropout_out + i * 8;
        const uint64_t block = (batch->step * 30 + (uint64_t)(batch->first_row + i)) * 2;
        for (int j = 0; j < 8; j += MNN_RANDOM_WORDS) {
            uint32_t bits[MNN_RANDOM_WORDS];
            mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 0, 0, block + (uint64_t)(j / 4),
                    bits);
            for (int k = 0; k < mnn_min(MNN_RANDOM_WORDS, 8 - j); k++)
                out[j + k] = mnn_uniform(bits[k]) < 0.5f ? 0.0f : in[j + k] * 2.0f;
        }
    }
}

/* loss (shards.mnn:19): backward
 *     dz[rows, 3] = (p - target) / rows: logarithm and softmax combined
 * loop; row by row */
static void loss_backward(const mnn_task *task)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    const float scale = 1.0f / (float)task->batch_rows;
    for (int i = first; i < first + n; i++) {
        const float *p = dense_softmax + i * 3;
        float *dz = dense_out_gradient + i * 3;
        const int label = batch->labels[batch->index[i]];
        for (int j = 0; j < 3; j++)
            dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
    }
}

/* dense (shards.mnn:15): gradients of the parameters
 *     dkernel[8, 3] = transpose(in[rows, 8]) . dy[rows, 3]; dbias = sum over rows of dy
 * tiles in registers; one piece: too small to split */
static void dense_gradients(const mnn_task *task)
{
    const int rows = task->rows;
    mnn_product(8, 3, rows, dropout_out, 1, 8, dense_out_gradient, 3, dense_kernel_gradient, 3, 0);
    if (task->batch->first_row == 0) /* once per batch */
        for (int j = 0, end = j + 24; j < end; j++) {
            const float w = dense_kernel[j];
            dense_kernel_gradient[j] = mnn_fma(0.02f, w, dense_kernel_gradient[j]);
        }
    for (int j = 0; j < 3; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 3; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 3 + j];
}

/* function, layer, phase, the dimension that is divided, its size, elements per task, first worker,
 * flags, flops per sample */
static const mnn_step steps[] = {
    {MNN_STEP(input_forward), "input", MNN_FORWARD, MNN_ROWS, BATCH, 1, 0, 0, 32},
    {MNN_STEP(conv2d_forward), "conv2d", MNN_FORWARD, MNN_ROWS, BATCH, 1, 0, 0, 144},
    {MNN_STEP(batchnorm_forward_sums), "batchnorm", MNN_FORWARD, MNN_ROWS, BATCH, 1, 0,
            MNN_TRAINING, 32},
    {MNN_STEP(batchnorm_forward_totals), "batchnorm", MNN_FORWARD, MNN_WHOLE, 1, 1, 0,
            MNN_BARRIER | MNN_TRAINING, 0},
    {MNN_STEP(batchnorm_forward), "batchnorm", MNN_FORWARD, MNN_ROWS, BATCH, 1, 0,
            MNN_BARRIER | MNN_TRAINING, 32},
    {MNN_STEP(batchnorm_predict), "batchnorm", MNN_FORWARD, MNN_ROWS, BATCH, 1, 0, MNN_INFERENCE,
            32},
    {MNN_STEP(dropout_forward), "dropout", MNN_FORWARD, MNN_ROWS, BATCH, 1, 0, MNN_TRAINING, 16},
    {MNN_STEP(dropout_predict), "dropout", MNN_FORWARD, MNN_ROWS, BATCH, 1, 0, MNN_INFERENCE, 16},
    {MNN_STEP(dense_forward), "dense", MNN_FORWARD, MNN_WHOLE, 1, 1, 0, MNN_BARRIER, 51},
    {MNN_STEP(dense_softmax_forward), "dense", MNN_FORWARD, MNN_ROWS, BATCH, 1, 0, MNN_BARRIER, 12},
    {MNN_STEP(loss_forward), "loss", MNN_LOSS, MNN_ROWS, BATCH, 1, 0, 0, 9},
    {MNN_STEP(loss_penalty_forward_sums), "loss", MNN_LOSS, MNN_PARAMETERS, 1, 1, 0, 0, 0},
    {MNN_STEP(loss_penalty_forward), "loss", MNN_LOSS, MNN_ROWS, BATCH, 1, 0, MNN_BARRIER, 0},
    /* backward */
    {MNN_STEP(loss_backward), "loss", MNN_BACKWARD, MNN_ROWS, BATCH, 1, 0, 0, 9},
    {MNN_STEP(dense_backward), "dense", MNN_BACKWARD, MNN_WHOLE, 1, 1, 0, MNN_BARRIER, 48},
    {MNN_STEP(dropout_backward), "dropout", MNN_BACKWARD, MNN_ROWS, BATCH, 1, 0, MNN_BARRIER, 16},
    {MNN_STEP(batchnorm_backward_sums), "batchnorm", MNN_BACKWARD, MNN_ROWS, BATCH, 1, 0, 0, 48},
    {MNN_STEP(batchnorm_backward_totals), "batchnorm", MNN_BACKWARD, MNN_WHOLE, 1, 1, 0,
            MNN_BARRIER, 0},
    {MNN_STEP(batchnorm_backward), "batchnorm", MNN_BACKWARD, MNN_ROWS, BATCH, 1, 0, MNN_BARRIER,
            56},
    {MNN_STEP(conv2d_backward), "conv2d", MNN_BACKWARD, MNN_ROWS, BATCH, 1, 0, 0, 144},
    /* gradients of the parameters */
    {MNN_STEP(dense_gradients), "dense", MNN_BACKWARD, MNN_WHOLE, 1, 1, 0, MNN_BARRIER, 51},
    {MNN_STEP(conv2d_gradients), "conv2d", MNN_BACKWARD, MNN_WHOLE, 1, 1, 1, 0, 0},
    {MNN_STEP(update_state), "", MNN_STATE, MNN_WHOLE, 1, 1, 0, 0, 0},
    {MNN_STEP(update), "", MNN_UPDATE, MNN_PARAMETERS, PARAM_COUNT, 8192, 0,
            MNN_NEIGHBOURS | MNN_JOINED, 0},
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
    .shift = 0.0f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 3,
    .validation_split = 0.0,
    .train_limit = 0,
    .test_limit = 0,
    .validation_limit = 0,
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
    .static_bytes = 8360,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .state_count = STATE_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 3,
    .output = workspace + 224,
    .row_loss = row_loss,
    .step_count = sizeof steps / sizeof steps[0],
    .steps = steps,
    .lanes = MNN_LANES,
    .peak = mnn_profile_peak,
};
