/* The learning rate after the given number of updates: exponential_decay
 *     with initial_learning_rate = 0.1, steps = 100.0, decay_rate = 0.5 */
static double schedule(uint64_t updates)
{
    const double step = (double)updates;
    return 0.1 * pow(0.5, floor(step / 100.0));
}

static const mnn_metric metrics[] = {
    {MNN_METRIC_ACCURACY, "accuracy", 0},
    {MNN_METRIC_PRECISION, "precision", 0},
    {MNN_METRIC_RECALL, "recall", 0},
    {MNN_METRIC_F1, "f1", 0},
};
