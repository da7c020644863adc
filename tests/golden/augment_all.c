/* input: limits of the random motion of an image in training */
static const mnn_motion input_motion = {
    .height = 28, .width = 28, .channels = 1,
    .rotate = 10.0f, /* degrees */
    .zoom = 0.1f,
    .shift = 2.0f, /* pixels */
    .outside = 0.0f,
};

/* input (augment_all.mnn:11): out = x * scale + shift, the input of the network, changed likewise */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 784;
    static float sample[784], changed[784];
    for (size_t j = 0; j < 784; j++)
        sample[j] = ((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.025316456f - 0.835443f);
    mnn_augment_move(&input_motion, batch, row, sample, changed);
    mnn_augment_noise(0.1f, batch, row, 784, changed);
    for (int j = 0; j < 784; j++)
        out[j] = (double)changed[j];
}

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "20759e511f56c1d3d127b9d67a6e84f014963d9816d4060373bb28d3d1a5c528",
    .data_name = "d",
    .train = {"i", "l"},
    .test = {NULL, NULL},
    .validation = {NULL, NULL},
    .sample_rank = 1,
    .sample_dims = {784},
    .sample_size = 784,
    .reshapes = true,
    .scale = 0.025316456f,
    .shift = -0.835443f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 10,
    .validation_split = 0.1,
    .validation_order = MNN_SPLIT_STRATIFIED,
    .train_limit = 0,
    .test_limit = 0,
    .validation_limit = 0,
    .shuffle = true,
    .motion = &input_motion,
    .noise = 0.1f,
    .epochs = 1,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "sparse_categorical_crossentropy",
    .optimizer_name = "adam",
    .learning_rate = 0.001,
    .metric_count = 0,
    .metrics = NULL,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .node_count = sizeof nodes / sizeof nodes[0],
    .nodes = nodes,
    .slot_count = 2,
    .slots = slots,
    .static_bytes = 381664,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 27328,
    .row_loss = row_loss,
    .forward = forward,
    .losses = losses,
    .gradients = gradients,
    .update = update,
    .reference = reference,
};
