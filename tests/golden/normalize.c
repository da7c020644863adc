/* input: the sample of a row, x * scale + shift: out[16]
 * The data set is stored as bytes, as in the file, or as floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 16;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 16; j++)
            out[j] = mnn_fma((float)pixel[j], 0.012728233f, -0.42421293f);
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 16; j++)
            out[j] = mnn_fma(value[j], 0.012728233f, -0.42421293f);
    }
}

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "normalize",
    .source = "normalize.mnn",
    .description = "28bdf4063f2ac9e33676783b86c0e54f86204ff00b83566ddd986e90ccca68fb",
    .data_name = "digits",
    .train = {.reader = "idx", .samples = "digits/train-images", .labels = "digits/train-labels"},
    .test = {.reader = "idx", .samples = "digits/test-images", .labels = "digits/test-labels"},
    .sample_rank = 1,
    .sample_dims = {16},
    .sample_size = 16,
    .reshapes = true,
    .scale = 0.012728233f,
    .shift = -0.42421293f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 4,
    .validation_split = 0.2,
    .validation_order = MNN_SPLIT_STRATIFIED,
    .train_limit = 1000,
    .test_limit = 500,
    .shuffle = false,
    .epochs = 2,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "sparse_categorical_crossentropy",
    .optimizer_name = "adam",
    .learning_rate = 0.001,
    .metric_count = 1,
    .metrics = metrics,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .slot_count = 2,
    .slots = slots,
    .static_bytes = 4800,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 4,
    .output = workspace + 640,
    .row_loss = row_loss,
    .step_count = sizeof steps / sizeof steps[0],
    .steps = steps,
    .lanes = MNN_LANES,
    .peak = mnn_profile_peak,
};
