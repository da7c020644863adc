/* inner (residual.mnn:10): forward
 *     out[rows, 12, 12, 4] = the layers' result + the residual's input
 * loop; row by row */
static void inner_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int j = first * 576; j < (first + n) * 576; j++) {
        inner_out[j] = conv2d_2_out[j] + conv2d_1_out[j];
    }
}

/* add (residual.mnn:8): forward
 *     out[rows, 12, 12, 4] = the layers' result + the residual's input
 * loop; row by row */
static void add_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int j = first * 576; j < (first + n) * 576; j++) {
        add_out[j] = inner_out[j] + conv2d_out[j];
    }
}

/* add_1 (residual.mnn:17): forward
 *     out[rows, 144] = the layers' result + the residual's input
 * loop; row by row */
static void add_1_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int j = first * 144; j < (first + n) * 144; j++) {
        add_1_out[j] = dense_out[j] + maxpool2d_out[j];
    }
}

/* flatten (residual.mnn:16): backward
 *     dout[rows, 144] = sum of the gradients from all operations that read out, times the derivative of relu
 * loop; row by row */
static void flatten_sum_backward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int j = first * 144; j < (first + n) * 144; j++)
        flatten_out_gradient[j] = add_1_out_gradient[j] + flatten_out_gradient_1[j];
    for (int j = first * 144, end = j + n * 144; j < end; j++) {
        const float y = maxpool2d_out[j], g = flatten_out_gradient[j];
        flatten_out_gradient[j] = y > 0.0f ? g : 0.0f;
    }
}

/* conv2d_1 (residual.mnn:9): backward
 *     dout[rows, 12, 12, 4] = sum of the gradients from all operations that read out, times the derivative of relu
 * loop; row by row */
static void conv2d_1_sum_backward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int j = first * 576; j < (first + n) * 576; j++)
        conv2d_1_out_gradient[j] = add_out_gradient[j] + conv2d_1_out_gradient_1[j];
    for (int j = first * 576, end = j + n * 576; j < end; j++) {
        const float y = conv2d_1_out[j], g = conv2d_1_out_gradient[j];
        conv2d_1_out_gradient[j] = y > 0.0f ? g : 0.0f;
    }
}

/* conv2d (residual.mnn:7): backward
 *     dout[rows, 12, 12, 4] = sum of the gradients from all operations that read out, times the derivative of relu
 * loop; row by row */
static void conv2d_sum_backward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int j = first * 576; j < (first + n) * 576; j++)
        conv2d_out_gradient[j] = add_out_gradient[j] + conv2d_out_gradient_1[j];
    for (int j = first * 576, end = j + n * 576; j < end; j++) {
        const float y = conv2d_out[j], g = conv2d_out_gradient[j];
        conv2d_out_gradient[j] = y > 0.0f ? g : 0.0f;
    }
}

/* function, layer, phase, the dimension that is divided, its size, elements per task, first worker,
 * flags, flops per sample */
static const mnn_step steps[] = {
    {MNN_STEP(input_forward), "input", MNN_FORWARD, MNN_ROWS, BATCH, 2, 0, 0, 288},
    {MNN_STEP(conv2d_forward), "conv2d", MNN_FORWARD, MNN_ROWS, BATCH, 2, 0, 0, 10944},
    {MNN_STEP(conv2d_1_forward), "conv2d_1", MNN_FORWARD, MNN_ROWS, BATCH, 2, 0, 0, 42048},
    {MNN_STEP(conv2d_2_forward), "conv2d_2", MNN_FORWARD, MNN_ROWS, BATCH, 2, 0, 0, 5184},
    {MNN_STEP(inner_forward), "inner", MNN_FORWARD, MNN_ROWS, BATCH, 2, 0, 0, 576},
    {MNN_STEP(add_forward), "add", MNN_FORWARD, MNN_ROWS, BATCH, 2, 0, 0, 576},
    {MNN_STEP(maxpool2d_forward), "maxpool2d", MNN_FORWARD, MNN_ROWS, BATCH, 2, 0, 0, 576},
    {MNN_STEP(activation_relu_forward), "activation", MNN_FORWARD, MNN_ROWS, BATCH, 2, 0, 0, 144},
    {MNN_STEP(dense_forward), "dense", MNN_FORWARD, MNN_WHOLE, 1, 1, 0, MNN_BARRIER, 41616},
    {MNN_STEP(add_1_forward), "add_1", MNN_FORWARD, MNN_ROWS, BATCH, 2, 0, MNN_BARRIER, 144},
    {MNN_STEP(dense_1_forward), "dense_1", MNN_FORWARD, MNN_WHOLE, 1, 1, 0, MNN_BARRIER, 2890},
    {MNN_STEP(dense_1_softmax_forward), "dense_1", MNN_FORWARD, MNN_ROWS, BATCH, 2, 0, MNN_BARRIER,
            40},
    {MNN_STEP(loss_forward), "loss", MNN_LOSS, MNN_ROWS, BATCH, 2, 0, 0, 30},
    /* backward */
    {MNN_STEP(loss_backward), "loss", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 0, 0, 30},
    {MNN_STEP(dense_1_backward), "dense_1", MNN_BACKWARD, MNN_WHOLE, 1, 1, 0, MNN_BARRIER, 2880},
    {MNN_STEP(dense_tanh_backward), "dense", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 0, MNN_BARRIER, 144},
    {MNN_STEP(dense_backward), "dense", MNN_BACKWARD, MNN_WHOLE, 1, 1, 0, MNN_BARRIER, 41472},
    {MNN_STEP(flatten_sum_backward), "flatten", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 0, MNN_BARRIER,
            144},
    {MNN_STEP(maxpool2d_backward), "maxpool2d", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 0, 0, 576},
    {MNN_STEP(conv2d_2_backward), "conv2d_2", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 0, 0, 9792},
    {MNN_STEP(conv2d_1_sum_backward), "conv2d_1", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 0, 0, 576},
    {MNN_STEP(conv2d_1_backward), "conv2d_1", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 0, 0, 83520},
    {MNN_STEP(conv2d_sum_backward), "conv2d", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 0, 0, 576},
    {MNN_STEP(conv2d_backward), "conv2d", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 0, 0, 10944},
    /* gradients of the parameters */
    {MNN_STEP(dense_1_gradients), "dense_1", MNN_BACKWARD, MNN_WHOLE, 1, 1, 0, MNN_BARRIER, 2890},
    {MNN_STEP(dense_gradients), "dense", MNN_BACKWARD, MNN_WHOLE, 1, 1, 1, 0, 41616},
    {MNN_STEP(conv2d_2_gradients), "conv2d_2", MNN_BACKWARD, MNN_WHOLE, 1, 1, 2, 0, 0},
    {MNN_STEP(conv2d_1_gradients), "conv2d_1", MNN_BACKWARD, MNN_WHOLE, 1, 1, 3, 0, 0},
    {MNN_STEP(conv2d_gradients), "conv2d", MNN_BACKWARD, MNN_WHOLE, 1, 1, 4, 0, 0},
    {MNN_STEP(update), "", MNN_UPDATE, MNN_PARAMETERS, PARAM_COUNT, 8192, 0,
            MNN_NEIGHBOURS | MNN_JOINED, 0},
};
