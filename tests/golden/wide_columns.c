/* dense (wide_columns.mnn:10): forward; tiles in registers; split by columns: small batch; zeros of the input are skipped
 *     out[rows, 300] = relu(in[rows, 784] . kernel[784, 300] + bias) */
static void dense_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, const uint16_t *restrict lists, float *restrict output)
{
    const mnn_batch *batch = task->batch;
    const int rows = task->rows;
    const int first = task->first, n = task->n;
    float *out = output + first;
    if (n == 64) {
        if (mnn_skips(batch)) {
            mnn_skip_product(rows, 64, 784, lists, input, 784, kernel + first, 300, out, 300);
        } else {
            mnn_rows_product(rows, 64, 784, input, 784, kernel + first, 300, out, 300);
        }
    } else {
        if (mnn_skips(batch)) {
            mnn_skip_product(rows, 44, 784, lists, input, 784, kernel + first, 300, out, 300);
        } else {
            mnn_rows_product(rows, 44, 784, input, 784, kernel + first, 300, out, 300);
        }
    }
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < n; j++) {
            const float z = out[i * 300 + j] + bias[first + j];
            out[i * 300 + j] = z < 0.0f ? 0.0f : z;
        }
}
MNN_TASK(dense_forward, workspace + at[0], params + at[1], params + at[2], indices16 + at[3], workspace + at[4])

/* dense_1 (wide_columns.mnn:11): backward; tiles in registers; split by columns: small batch
 *     dx[rows, 300] = dy[rows, 300] . transpose(kernel[300, 300]), times the derivative of relu */
static void dense_1_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict kernel, float *restrict input_gradient)
{
    const int rows = task->rows;
    float *dy_turned = task->scratch; /* [300, 20] */
    float *dx_turned = dy_turned + 6000; /* [96, 20] */
    if (task->opens)
        mnn_transpose(rows, 300, output_gradient, 300, dy_turned, 20);
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i += 96) {
        const int count = mnn_min(96, first + n - i);
        mnn_product(count, 20, 300, kernel + i * 300, 300, 1, dy_turned, 20, dx_turned, 20, 0);
        mnn_transpose(count, rows, dx_turned, 20, input_gradient + i, 300);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 300 + first, end = j + n; j < end; j++) {
            const float y = input[j], g = input_gradient[j];
            input_gradient[j] = y > 0.0f ? g : 0.0f;
        }
}
MNN_TASK(dense_1_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3])

/* dense_1 (wide_columns.mnn:11): gradients of the parameters; tiles in registers; split by inputs: each piece sums over the whole batch
 *     dkernel[300, 300] = transpose(in[rows, 300]) . dy[rows, 300]; dbias = sum over rows of dy */
static void dense_1_gradients(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        float *restrict kernel_gradient, float *restrict bias_gradient)
{
    const int rows = task->rows;
    const int first = task->first, n = task->n;
    mnn_product(n, 300, rows, input + first, 1, 300, output_gradient, 300, kernel_gradient + first * 300, 300, 0);
    if (first == 0) {
        for (int j = 0; j < 300; j++)
            bias_gradient[j] = 0.0f;
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < 300; j++)
                bias_gradient[j] += output_gradient[i * 300 + j];
    }
}
MNN_TASK(dense_1_gradients, workspace + at[0], workspace + at[1], grads + at[2], grads + at[3])

/* dense (wide_columns.mnn:10): gradients of the parameters; tiles in registers; split by inputs: each piece sums over the whole batch; zeros of the input are skipped
 *     dkernel[784, 300] = transpose(in[rows, 784]) . dy[rows, 300]; dbias = sum over rows of dy */
static void dense_gradients(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        float *restrict kernel_gradient, float *restrict bias_gradient)
{
    const mnn_batch *batch = task->batch;
    const int rows = task->rows;
    uint16_t list[BATCH + 1]; /* rows in which an input is not 0 */
    const int first = task->first, n = task->n;
    if (mnn_skips(batch)) {
        mnn_skip_product_tn(n, 300, rows, list, input + first, 784, output_gradient, 300, kernel_gradient + first * 300,
                300);
    } else {
        mnn_product(n, 300, rows, input + first, 1, 784, output_gradient, 300, kernel_gradient + first * 300, 300, 0);
    }
    if (first == 0) {
        for (int j = 0; j < 300; j++)
            bias_gradient[j] = 0.0f;
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < 300; j++)
                bias_gradient[j] += output_gradient[i * 300 + j];
    }
}
MNN_TASK(dense_gradients, workspace + at[0], workspace + at[1], grads + at[2], grads + at[3])
