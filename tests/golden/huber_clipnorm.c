/* loss (huber_clipnorm.mnn:9): forward; loop; row by row
 *     row_loss[rows] = mean over the 1 outputs of
 *         fabs(p - target) <= 2.0 ? 0.5 * (p - target) * (p - target) : 2.0 * (fabs(p - target) - 1.0) */
static void loss_forward(const mnn_task *task, const float *restrict input)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *p = input + i * 1;
        const float *target = batch->targets + (size_t)batch->index[i] * 1;
        float sum = 0.0f;
        for (int j = 0; j < 1; j++) {
            const float d = p[j] - target[j];
            const float t1 = fabsf(d);
            sum = t1 <= 2.0f ? mnn_fma(0.5f * d, d, sum) : mnn_fma(2.0f, t1 - 1.0f, sum);
        }
        row_loss[i] = sum / 1.0f;
    }
}
MNN_TASK(loss_forward, workspace + at[0])

/* loss (huber_clipnorm.mnn:9): backward; loop; row by row
 *     dp[rows, 1] = (p - target > 2.0 ? 2.0 : p - target < -2.0 ? -2.0 : p - target) / (1 rows) */
static void loss_backward(const mnn_task *task, const float *restrict input, float *restrict input_gradient)
{
    const mnn_batch *batch = task->batch;
    const int first = task->first, n = task->n;
    const float scale = 1.0f / 1.0f / (float)task->batch_rows;
    for (int i = first; i < first + n; i++) {
        const float *p = input + i * 1;
        float *dp = input_gradient + i * 1;
        const float *target = batch->targets + (size_t)batch->index[i] * 1;
        for (int j = 0; j < 1; j++) {
            const float d = p[j] - target[j];
            dp[j] = d > 2.0f ? scale * 2.0f : d < -2.0f ? scale * -2.0f : scale * d;
        }
    }
}
MNN_TASK(loss_backward, workspace + at[0], workspace + at[1])

/* The sum of the squares of each piece of the gradients of a tensor. */
static void gradient_squares(const mnn_task *task)
{
    for (int k = 0, piece = 0; k < TENSORS; k++)
        for (int first = tensor_begin[k]; first < tensor_begin[k + 1]; first += 8192, piece++) {
            if (piece < task->first || piece >= task->first + task->n)
                continue;
            const int n = mnn_min(8192, tensor_begin[k + 1] - first);
            piece_squares[piece] = mnn_sum_of_squares(grads + first, n);
        }
}

/* update: sgd
 *     v = momentum v - learning_rate g
 *     p += v (nesterov: p += momentum v - learning_rate g)
 *     with momentum = 0.9
 *     before: g of a tensor *= min(1, 1.0 / norm of g);  w -= learning_rate 0.0001 w */
static void update(const mnn_task *task)
{
    const mnn_update *step = task->update;
    const float rate = (float)step->learning_rate;
    const float decay = (float)(step->learning_rate * 0.0001);
    for (int k = 0, piece = 0; k < TENSORS; k++) {
        const int last = piece + (tensor_begin[k + 1] - tensor_begin[k] + 8191) / 8192;
        double squares = 0.0;
        for (int i = piece; i < last; i++)
            squares += piece_squares[i];
        const float clip = (float)(sqrt(squares) > 1.0 ? 1.0 / sqrt(squares) : 1.0);
        for (int first = tensor_begin[k]; first < tensor_begin[k + 1]; first += 8192, piece++) {
            if (piece < task->first || piece >= task->first + task->n)
                continue;
            const int n = mnn_min(8192, tensor_begin[k + 1] - first);
            for (int i = first; i < first + n; i++) {
                const float g = clip * grads[i];
                const float v = mnn_fma(0.9f, sgd_velocity[i], -(rate * g));
                params[i] -= mnn_fma(decay, params[i], -v);
                sgd_velocity[i] = v;
            }
        }
    }
}
