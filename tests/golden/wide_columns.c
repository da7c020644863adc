/* dense (wide_columns.mnn:10): forward
 *     out[rows, 300] = relu(in[rows, 784] . kernel[784, 300] + bias)
 * tiles in registers; split by columns: small batch; zeros of the input are skipped */
static void dense_forward(const mnn_task *task)
{
    const mnn_batch *batch = task->batch;
    const int rows = task->rows;
    const int first = task->first, n = task->n;
    float *out = dense_out + first;
    if (n == 64) {
        if (mnn_skips(batch)) {
            mnn_skip_product(rows, 64, 784, input_lists, input_out, 784, dense_kernel + first, 300,
                    out, 300);
        } else {
            mnn_rows_product(rows, 64, 784, input_out, 784, dense_kernel + first, 300, out, 300);
        }
    } else {
        if (mnn_skips(batch)) {
            mnn_skip_product(rows, 44, 784, input_lists, input_out, 784, dense_kernel + first, 300,
                    out, 300);
        } else {
            mnn_rows_product(rows, 44, 784, input_out, 784, dense_kernel + first, 300, out, 300);
        }
    }
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < n; j++) {
            const float z = out[i * 300 + j] + dense_bias[first + j];
            out[i * 300 + j] = z < 0.0f ? 0.0f : z;
        }
}

/* dense_1 (wide_columns.mnn:11): backward
 *     dx[rows, 300] = dy[rows, 300] . transpose(kernel[300, 300]), times the derivative of relu
 * tiles in registers; split by columns: small batch */
static void dense_1_backward(const mnn_task *task)
{
    const int rows = task->rows;
    float *dy_turned = scratch[task->worker]; /* [300, 20] */
    float *dx_turned = dy_turned + 6000; /* [96, 20] */
    if (task->opens)
        mnn_transpose(rows, 300, dense_1_out_gradient, 300, dy_turned, 20);
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i += 96) {
        const int count = mnn_min(96, first + n - i);
        mnn_product(count, 20, 300, dense_1_kernel + i * 300, 300, 1, dy_turned, 20, dx_turned, 20,
                0);
        mnn_transpose(count, rows, dx_turned, 20, dense_out_gradient + i, 300);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 300 + first, end = j + n; j < end; j++) {
            const float y = dense_out[j], g = dense_out_gradient[j];
            dense_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
}

/* dense_1 (wide_columns.mnn:11): gradients of the parameters
 *     dkernel[300, 300] = transpose(in[rows, 300]) . dy[rows, 300]; dbias = sum over rows of dy
 * tiles in registers; split by inputs: each piece sums over the whole batch */
static void dense_1_gradients(const mnn_task *task)
{
    const int rows = task->rows;
    const int first = task->first, n = task->n;
    mnn_product(n, 300, rows, dense_out + first, 1, 300, dense_1_out_gradient, 300,
            dense_1_kernel_gradient + first * 300, 300, 0);
    if (first == 0) {
        for (int j = 0; j < 300; j++)
            dense_1_bias_gradient[j] = 0.0f;
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < 300; j++)
                dense_1_bias_gradient[j] += dense_1_out_gradient[i * 300 + j];
    }
}

/* dense (wide_columns.mnn:10): gradients of the parameters
 *     dkernel[784, 300] = transpose(in[rows, 784]) . dy[rows, 300]; dbias = sum over rows of dy
 * tiles in registers; split by inputs: each piece sums over the whole batch; zeros of the input are skipped */
static void dense_gradients(const mnn_task *task)
{
    const mnn_batch *batch = task->batch;
    const int rows = task->rows;
    uint16_t list[BATCH + 1]; /* rows in which an input is not 0 */
    const int first = task->first, n = task->n;
    if (mnn_skips(batch)) {
        mnn_skip_product_tn(n, 300, rows, list, input_out + first, 784, dense_out_gradient, 300,
                dense_kernel_gradient + first * 300, 300);
    } else {
        mnn_product(n, 300, rows, input_out + first, 1, 784, dense_out_gradient, 300,
                dense_kernel_gradient + first * 300, 300, 0);
    }
    if (first == 0) {
        for (int j = 0; j < 300; j++)
            dense_bias_gradient[j] = 0.0f;
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < 300; j++)
                dense_bias_gradient[j] += dense_out_gradient[i * 300 + j];
    }
}
