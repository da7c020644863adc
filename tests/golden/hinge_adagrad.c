/* loss (hinge_adagrad.mnn:10): forward; loop; row by row
 *     row_loss[rows] = mean over the 4 outputs of
 *         1.0 - p * target <= 0.0 ? 0.0 : 1.0 - p * target */
static void loss_forward(const mnn_task *task, const float *restrict input)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *p = input + i * 4;
        const int label = batch->labels[batch->index[i]];
        float sum = 0.0f;
        for (int j = 0; j < 4; j++) {
            const float x = p[j], t = (j == label ? 1.0f : -1.0f);
            const float m = mnn_fma(-x, t, 1.0f);
            sum += m <= 0.0f ? 0.0f : m;
        }
        row_loss[i] = sum / 4.0f;
    }
}
MNN_TASK(loss_forward, workspace + at[0])

/* loss (hinge_adagrad.mnn:10): backward; loop; row by row
 *     dp[rows, 4] = (p * target >= 1.0 ? 0.0 : -target) / (4 rows) */
static void loss_backward(const mnn_task *task, const float *restrict input, float *restrict input_gradient)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    const float scale = 1.0f / 4.0f / (float)task->batch_rows;
    for (int i = first; i < first + n; i++) {
        const float *p = input + i * 4;
        float *dp = input_gradient + i * 4;
        const int label = batch->labels[batch->index[i]];
        for (int j = 0; j < 4; j++) {
            const float x = p[j], t = (j == label ? 1.0f : -1.0f);
            dp[j] = x * t >= 1.0f ? 0.0f : -(scale * t);
        }
        for (int j = i * 4, end = j + 4; j < end; j++) {
            const float y = input[j], g = input_gradient[j];
            input_gradient[j] = g * mnn_fma(-y, y, 1.0f);
        }
    }
}
MNN_TASK(loss_backward, workspace + at[0], workspace + at[1])

/* The learning rate after the given number of updates: polynomial_decay
 *     with initial_learning_rate = 0.1, steps = 100.0, end_learning_rate = 0.0001, power = 1.0 */
static double schedule(uint64_t updates)
{
    const double step = (double)updates;
    const double t1 = ceil(step / 100.0);
    const double steps = 100.0 * (t1 > 1.0 ? t1 : 1.0);
    return mnn_fma_double(0.0999, 1.0 - step / steps, 0.0001);
}

/* update: adagrad
 *     a += g^2
 *     p -= learning_rate g / sqrt(a + epsilon) (Duchi, Hazan and Singer 2011)
 *     with initial_accumulator_value = 0.1, epsilon = 1e-07
 *     before: g = min(max(g, -0.5), 0.5) */
static void update(const mnn_task *task)
{
    const mnn_update *step = task->update;
    const float rate = (float)step->learning_rate;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float g = fminf(fmaxf(grads[i], -0.5f), 0.5f);
        const float a = mnn_fma(g, g, adagrad_accumulator[i]);
        params[i] -= rate * g / sqrtf(a + 1e-07f);
        adagrad_accumulator[i] = a;
    }
}

static const mnn_slot slots[] = {
    {"accumulator", adagrad_accumulator, 0.1f},
};
