/* loss (keras_training.mnn:23): forward; loop; row by row
 *     row_loss[rows] += 0.001 sum |conv2d_kernel| + 0.01 sum conv2d_kernel^2 */
static void loss_penalty_forward(const mnn_task *task, const float *restrict partials)
{
    const int first = task->first, n = task->n;
    float penalty = 0.0f;
    for (int j = 0; j < 1; j++)
        penalty += partials[j];
    for (int i = first; i < first + n; i++)
        row_loss[i] += penalty;
}
MNN_TASK(loss_penalty_forward, workspace + at[0])

/* The learning rate after the given number of updates: one_cycle
 *     with initial_learning_rate = 0.004, steps = 500.0, max_learning_rate = 0.1, pct_start = 0.3 */
static double schedule(uint64_t updates)
{
    const double step = (double)updates;
    const double at = 499.0 < step ? 499.0 : step;
    const double up = mnn_fma_double(-0.048, 1.0 + cos(3.141592653589793 * at / 149.0), 0.1);
    const double down = mnn_fma_double(0.049999800000000004, 1.0 + cos(3.141592653589793 * (at - 149.0) / 350.0),
            4e-07);
    return at <= 149.0 ? up : down;
}

static const mnn_metric metrics[] = {
    {MNN_METRIC_ACCURACY, "accuracy", 0},
    {MNN_METRIC_TOP_K, "top_2", 2},
    {MNN_METRIC_CONFUSION_MATRIX, "confusion_matrix", 0},
    {MNN_METRIC_PRECISION, "precision", 0},
    {MNN_METRIC_RECALL, "recall", 0},
    {MNN_METRIC_F1, "f1", 0},
    {MNN_METRIC_MSE, "mse", 0},
};

static const mnn_callback callbacks[] = {
    {
        .kind = MNN_CALLBACK_EARLY_STOPPING,
        .metric = -1, /* val_loss */
        .validation = true,
        .more_is_better = false,
        .min_delta = 0.0,
        .patience = 2,
        .restore_best_weights = true,
        .start_from_epoch = 0,
    },
    {
        .kind = MNN_CALLBACK_CSV_LOGGER,
        .path = "log \042a\042.csv",
    },
    {
        .kind = MNN_CALLBACK_CHECKPOINT,
        .path = "best",
        .every = 2,
    },
};
