/* loss (binary_one.mnn:10): forward; loop; row by row
 *     row_loss[rows] = mean over the 1 outputs of
 *         -target * log(p) - (1.0 - target) * log(1.0 - p), with p = sigmoid(z) */
static void loss_forward(const mnn_task *task, const float *restrict input)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *z = input + i * 1;
        const int label = batch->labels[batch->index[i]];
        float sum = 0.0f;
        for (int j = 0; j < 1; j++) {
            const float x = z[j], t = (label == 1 ? 1.0f : 0.0f);
            sum += mnn_fma(-x, t, x > 0.0f ? x : 0.0f) + log1pf(expf(-fabsf(x)));
        }
        row_loss[i] = sum / 1.0f;
    }
}
MNN_TASK(loss_forward, workspace + at[0])

/* loss (binary_one.mnn:10): backward; loop; row by row
 *     dz[rows, 1] = (p - target) / (1 rows): logarithm and sigmoid combined */
static void loss_backward(const mnn_task *task, const float *restrict prediction, float *restrict input_gradient)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    const float scale = 1.0f / 1.0f / (float)task->batch_rows;
    for (int i = first; i < first + n; i++) {
        const float *p = prediction + i * 1;
        float *dz = input_gradient + i * 1;
        const int label = batch->labels[batch->index[i]];
        for (int j = 0; j < 1; j++)
            dz[j] = (p[j] - (label == 1 ? 1.0f : 0.0f)) * scale;
    }
}
MNN_TASK(loss_backward, workspace + at[0], workspace + at[1])

static const mnn_metric metrics[] = {
    {MNN_METRIC_ACCURACY, "accuracy", 0},
    {MNN_METRIC_PRECISION, "precision", 0},
    {MNN_METRIC_RECALL, "recall", 0},
    {MNN_METRIC_F1, "f1", 0},
};

static const mnn_callback callbacks[] = {
    {
        .kind = MNN_CALLBACK_EARLY_STOPPING,
        .metric = 3, /* val_f1 */
        .validation = true,
        .more_is_better = true,
        .min_delta = 0.0,
        .patience = 3,
        .restore_best_weights = true,
        .start_from_epoch = 0,
    },
    {
        .kind = MNN_CALLBACK_REDUCE_LR_ON_PLATEAU,
        .metric = -1, /* val_loss */
        .validation = true,
        .more_is_better = false,
        .min_delta = 0.0001,
        .patience = 2,
        .factor = 0.5,
        .min_lr = 0.0,
        .cooldown = 0,
    },
    {
        .kind = MNN_CALLBACK_CSV_LOGGER,
        .path = "log \0421\042.csv",
    },
    {
        .kind = MNN_CALLBACK_CHECKPOINT,
        .path = "w.safetensors",
        .every = 5,
    },
};
