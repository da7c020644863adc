/* inner (residual.mnn:10): forward
 *     out[rows, 12, 12, 4] = the layers' result + the residual's input
 * loop; row by row */
static void inner_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int j = first * 576; j < (first + n) * 576; j++) {
            inner_out[j] = conv2d_2_out[j] + conv2d_1_out[j];
        }
    }
}

/* add (residual.mnn:8): forward
 *     out[rows, 12, 12, 4] = the layers' result + the residual's input
 * loop; row by row */
static void add_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int j = first * 576; j < (first + n) * 576; j++) {
            add_out[j] = inner_out[j] + conv2d_out[j];
        }
    }
}

/* add_1 (residual.mnn:17): forward
 *     out[rows, 144] = the layers' result + the residual's input
 * loop; row by row */
static void add_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int j = first * 144; j < (first + n) * 144; j++) {
            add_1_out[j] = dense_out[j] + maxpool2d_out[j];
        }
    }
}

/* flatten (residual.mnn:16): backward
 *     dout[rows, 144] = sum of the gradients from all operations that read out, times the derivative of relu
 * loop; row by row */
static void flatten_sum_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int j = first * 144; j < (first + n) * 144; j++)
            flatten_out_gradient[j] = add_1_out_gradient[j] + flatten_out_gradient_1[j];
        for (int j = first * 144, end = j + n * 144; j < end; j++) {
            const float y = maxpool2d_out[j], g = flatten_out_gradient[j];
            flatten_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* conv2d_1 (residual.mnn:9): backward
 *     dout[rows, 12, 12, 4] = sum of the gradients from all operations that read out, times the derivative of relu
 * loop; row by row */
static void conv2d_1_sum_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int j = first * 576; j < (first + n) * 576; j++)
            conv2d_1_out_gradient[j] = add_out_gradient[j] + conv2d_1_out_gradient_1[j];
        for (int j = first * 576, end = j + n * 576; j < end; j++) {
            const float y = conv2d_1_out[j], g = conv2d_1_out_gradient[j];
            conv2d_1_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* conv2d (residual.mnn:7): backward
 *     dout[rows, 12, 12, 4] = sum of the gradients from all operations that read out, times the derivative of relu
 * loop; row by row */
static void conv2d_sum_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int j = first * 576; j < (first + n) * 576; j++)
            conv2d_out_gradient[j] = add_out_gradient[j] + conv2d_out_gradient_1[j];
        for (int j = first * 576, end = j + n * 576; j < end; j++) {
            const float y = conv2d_out[j], g = conv2d_out_gradient[j];
            conv2d_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* A training step without the update. Workers wait at a barrier before reading results of others. */
static void gradients(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    conv2d_forward(worker, batch->rows);
    conv2d_1_forward(worker, batch->rows);
    conv2d_2_forward(worker, batch->rows);
    inner_forward(worker, batch->rows);
    add_forward(worker, batch->rows);
    maxpool2d_forward(worker, batch->rows);
    activation_relu_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    add_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_1_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_tanh_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_backward(worker, batch->rows);
    mnn_barrier(worker);
    flatten_sum_backward(worker, batch->rows);
    maxpool2d_backward(worker, batch->rows);
    conv2d_2_backward(worker, batch->rows);
    conv2d_1_sum_backward(worker, batch->rows);
    conv2d_1_backward(worker, batch->rows);
    conv2d_sum_backward(worker, batch->rows);
    conv2d_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_gradients(worker, batch->rows);
    dense_gradients(worker, batch->rows);
    conv2d_2_gradients(worker, batch->rows);
    conv2d_1_gradients(worker, batch->rows);
    conv2d_gradients(worker, batch->rows);
}
