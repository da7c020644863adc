/* inner (residual.mnn:10), add (residual.mnn:8), add_1 (residual.mnn:17): forward; loop; row by row
 *     out[n, i, j, k] = inside[n, i, j, k] + kept[n, i, j, k] */
static void add_forward(const mnn_task *task, const float *restrict input, const float *restrict input_2,
        float *restrict output, int size)
{
    const int first = task->first, n = task->n;
    for (int j = first * size; j < (first + n) * size; j++)
        output[j] = input[j] + input_2[j];
}
MNN_TASK(add_forward, workspace + at[0], workspace + at[1], workspace + at[2], at[3])

/* flatten (residual.mnn:16): backward; loop; row by row
 *     din[n, i] = y[n, i] > 0 ? reader_1[n, i] + reader_2[n, i] : 0 */
static void flatten_sum_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict output_gradient_2, const float *restrict input, float *restrict input_gradient, int size)
{
    const int first = task->first, n = task->n;
    const float *restrict y = input;
    for (int j = first * size; j < (first + n) * size; j++)
        input_gradient[j] = y[j] > 0.0f ? output_gradient[j] + output_gradient_2[j] : 0.0f;
}
MNN_TASK(flatten_sum_backward, workspace + at[0], workspace + at[1], workspace + at[2], workspace + at[3], at[4])

/* conv2d_1 (residual.mnn:9), conv2d (residual.mnn:7): backward; loop; row by row
 *     din[n, i, j, k] = y[n, i, j, k] > 0 ? reader_1[n, i, j, k] + reader_2[n, i, j, k] : 0 */
static void add_12x12x4_relu_sum_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict output_gradient_2, const float *restrict output, float *restrict input_gradient, int size)
{
    const int first = task->first, n = task->n;
    for (int j = first * size; j < (first + n) * size; j++)
        input_gradient[j] = output[j] > 0.0f ? output_gradient[j] + output_gradient_2[j] : 0.0f;
}
MNN_TASK(add_12x12x4_relu_sum_backward, workspace + at[0], workspace + at[1], workspace + at[2], workspace + at[3],
        at[4])

/* the function and its tensors; layer, phase, the dimension that is divided, its size,
 * elements per piece and per call, first worker, flags, flops per sample */
static const mnn_step steps[] = {
    {MNN_CALL(input_forward, input_out), "input", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 288},
    {MNN_CALL(conv2d_forward, input_out, conv2d_kernel, conv2d_bias, conv2d_out),
        "conv2d", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 10944},
    {MNN_CALL(conv2d_1_forward, conv2d_out, conv2d_1_kernel, conv2d_1_bias, conv2d_1_out),
        "conv2d_1", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 42048},
    {MNN_CALL(conv2d_2_forward, conv2d_1_out, conv2d_2_kernel, conv2d_2_bias, conv2d_2_out),
        "conv2d_2", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 5184},
    {MNN_CALL(add_forward, conv2d_2_out, conv2d_1_out, inner_out, 576),
        "inner", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 576},
    {MNN_CALL(add_forward, inner_out, conv2d_out, add_out, 576), "add", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 576},
    {MNN_CALL(maxpool2d_forward, add_out, maxpool2d_before_activation, maxpool2d_index),
        "maxpool2d", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 576},
    {MNN_CALL(activation_relu_forward, maxpool2d_before_activation, maxpool2d_out, 144),
        "activation", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 144},
    {MNN_CALL(dense_forward, maxpool2d_out, dense_kernel, dense_bias, dense_out),
        "dense", MNN_FORWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 41616},
    {MNN_CALL(add_forward, dense_out, maxpool2d_out, add_1_out, 144),
        "add_1", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_BARRIER, 144},
    {MNN_CALL(dense_1_forward, add_1_out, dense_1_kernel, dense_1_bias, dense_1_out),
        "dense_1", MNN_FORWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 2890},
    {MNN_CALL(dense_1_softmax_forward, dense_1_out, dense_1_softmax),
        "dense_1", MNN_FORWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_BARRIER, 40},
    {MNN_CALL(loss_forward, dense_1_out), "loss", MNN_LOSS, MNN_ROWS, BATCH, 2, 2, 0, 0, 30},
    /* backward */
    {MNN_CALL(loss_backward, dense_1_softmax, dense_1_out_gradient),
        "loss", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 30},
    {MNN_CALL(dense_1_backward, dense_1_out_gradient, dense_1_kernel, add_1_out_gradient),
        "dense_1", MNN_BACKWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 2880},
    {MNN_CALL(dense_tanh_backward, add_1_out_gradient, dense_out, dense_out_gradient, 144),
        "dense", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_BARRIER, 144},
    {MNN_CALL(dense_backward, dense_out_gradient, dense_kernel, flatten_out_gradient_1),
        "dense", MNN_BACKWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 41472},
    {MNN_CALL(flatten_sum_backward, add_1_out_gradient, flatten_out_gradient_1, maxpool2d_out, flatten_out_gradient,
            144),
        "flatten", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, MNN_BARRIER, 144},
    {MNN_CALL(maxpool2d_backward, flatten_out_gradient, maxpool2d_index, add_out_gradient),
        "maxpool2d", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 576},
    {MNN_CALL(conv2d_2_backward, add_out_gradient, conv2d_1_out, conv2d_2_kernel, conv2d_1_out_gradient_1,
            conv2d_2_partials),
        "conv2d_2", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 9792},
    {MNN_CALL(add_12x12x4_relu_sum_backward, add_out_gradient, conv2d_1_out_gradient_1, conv2d_1_out,
            conv2d_1_out_gradient, 576),
        "conv2d_1", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 576},
    {MNN_CALL(conv2d_1_backward, conv2d_1_out_gradient, conv2d_out, conv2d_1_kernel, conv2d_out_gradient_1,
            conv2d_1_partials),
        "conv2d_1", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 83520},
    {MNN_CALL(add_12x12x4_relu_sum_backward, add_out_gradient, conv2d_out_gradient_1, conv2d_out, conv2d_out_gradient,
            576),
        "conv2d", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 576},
    {MNN_CALL(conv2d_backward, conv2d_out_gradient, input_out, conv2d_partials),
        "conv2d", MNN_BACKWARD, MNN_ROWS, BATCH, 2, 2, 0, 0, 10944},
    /* gradients of the parameters */
    {MNN_CALL(dense_1_gradients, dense_1_out_gradient, add_1_out, dense_1_kernel, dense_1_bias),
        "dense_1", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 2890},
    {MNN_CALL(dense_gradients, dense_out_gradient, maxpool2d_out, dense_kernel, dense_bias),
        "dense", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 1, 0, 41616},
    {MNN_CALL(conv2d_4_gradients, conv2d_2_partials, conv2d_2_kernel, conv2d_2_bias, 4, 16),
        "conv2d_2", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 2, 0, 0},
    {MNN_CALL(conv2d_4_gradients, conv2d_1_partials, conv2d_1_kernel, conv2d_1_bias, 4, 144),
        "conv2d_1", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 3, 0, 0},
    {MNN_CALL(conv2d_4_gradients, conv2d_partials, conv2d_kernel, conv2d_bias, 4, 36),
        "conv2d", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 4, 0, 0},
    {MNN_STEP(update), "", MNN_UPDATE, MNN_PARAMETERS, PARAM_COUNT, 1024, PARAM_COUNT, 0, MNN_NEIGHBOURS, 0},
};
