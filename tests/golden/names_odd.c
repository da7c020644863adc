/* encoder_layer_1_a (names_odd.mnn:11): forward; tiles in registers; split by rows: the kernel fits the cache
 *     out[rows, 5] = relu(in[rows, 5] . kernel[5, 5] + bias) */
static void encoder_layer_1_a_n2_forward(const mnn_task *task, const float *restrict input,
        const float *restrict kernel, const float *restrict bias, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float *in = input + first * 5;
    float *out = output + first * 5;
    mnn_rows_product(n, 5, 5, in, 5, kernel, 5, out, 5);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < 5; j++) {
            const float z = out[i * 5 + j] + bias[j];
            out[i * 5 + j] = z < 0.0f ? 0.0f : z;
        }
}
MNN_TASK(encoder_layer_1_a_n2_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* 2nd (names_odd.mnn:12), int (names_odd.mnn:13): forward; tiles in registers; split by rows: the kernel fits the cache
 *     out[rows, 5] = in[rows, 5] . kernel[5, 5] + bias */
static void dense_5_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float *in = input + first * 5;
    float *out = output + first * 5;
    mnn_rows_product(n, 5, 5, in, 5, kernel, 5, out, 5);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < 5; j++)
            out[i * 5 + j] += bias[j];
}
MNN_TASK(dense_5_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* main (names_odd.mnn:14): forward; tiles in registers; split by rows: the kernel fits the cache
 *     out[rows, 4] = in[rows, 5] . kernel[5, 4] + bias */
static void main_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float *in = input + first * 5;
    float *out = output + first * 4;
    mnn_rows_product(n, 4, 5, in, 5, kernel, 4, out, 4);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < 4; j++)
            out[i * 4 + j] += bias[j];
}
MNN_TASK(main_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* the function and its tensors; layer, phase, the dimension that is divided, its size,
 * elements per piece and per call, first worker, flags, flops per sample */
static const mnn_step steps[] = {
    {MNN_CALL(input_forward, input_out), "input", MNN_FORWARD, MNN_ROWS, BATCH, 32, 32, 0, 0, 32},
    {MNN_CALL(encoder_layer_1_a_forward, input_out, encoder_layer_1_a_kernel, encoder_layer_1_a_bias,
            encoder_layer_1_a_out),
        "Encoder/layer-1.a", MNN_FORWARD, MNN_ROWS, BATCH, 32, 32, 0, 0, 165},
    {MNN_CALL(encoder_layer_1_a_n2_forward, encoder_layer_1_a_out, encoder_layer_1_a_n2_kernel,
            encoder_layer_1_a_n2_bias, encoder_layer_1_a_n2_out),
        "encoder_layer_1_a", MNN_FORWARD, MNN_ROWS, BATCH, 32, 32, 0, 0, 55},
    {MNN_CALL(dense_5_forward, encoder_layer_1_a_n2_out, layer_2nd_kernel, layer_2nd_bias, layer_2nd_out),
        "2nd", MNN_FORWARD, MNN_ROWS, BATCH, 32, 32, 0, 0, 55},
    {MNN_CALL(dense_5_forward, layer_2nd_out, int_kernel, int_bias, int_out),
        "int", MNN_FORWARD, MNN_ROWS, BATCH, 32, 32, 0, 0, 55},
    {MNN_CALL(main_forward, int_out, main_kernel, main_bias, main_out),
        "main", MNN_FORWARD, MNN_ROWS, BATCH, 32, 32, 0, 0, 44},
    {MNN_CALL(main_softmax_forward, main_out, main_softmax), "main", MNN_FORWARD, MNN_ROWS, BATCH, 32, 32, 0, 0, 16},
    {MNN_CALL(loss_forward, main_out), "loss", MNN_LOSS, MNN_ROWS, BATCH, 32, 32, 0, 0, 12},
    /* backward */
    {MNN_CALL(loss_backward, main_softmax, main_out_gradient),
        "loss", MNN_BACKWARD, MNN_ROWS, BATCH, 32, 32, 0, 0, 12},
    {MNN_CALL(main_backward, main_out_gradient, main_kernel, int_out_gradient),
        "main", MNN_BACKWARD, MNN_ROWS, BATCH, 32, 32, 0, 0, 40},
    {MNN_CALL(int_backward, int_out_gradient, int_kernel, layer_2nd_out_gradient),
        "int", MNN_BACKWARD, MNN_ROWS, BATCH, 32, 32, 0, 0, 50},
    {MNN_CALL(dense_5_relu_backward, layer_2nd_out_gradient, encoder_layer_1_a_n2_out, layer_2nd_kernel,
            encoder_layer_1_a_n2_out_gradient),
        "2nd", MNN_BACKWARD, MNN_ROWS, BATCH, 32, 32, 0, 0, 50},
    {MNN_CALL(dense_5_relu_backward, encoder_layer_1_a_n2_out_gradient, encoder_layer_1_a_out,
            encoder_layer_1_a_n2_kernel, encoder_layer_1_a_out_gradient),
        "encoder_layer_1_a", MNN_BACKWARD, MNN_ROWS, BATCH, 32, 32, 0, 0, 50},
    /* gradients of the parameters */
    {MNN_CALL(main_gradients, main_out_gradient, int_out, main_kernel, main_bias),
        "main", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 44},
    {MNN_CALL(dense_5_gradients, int_out_gradient, layer_2nd_out, int_kernel, int_bias),
        "int", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 1, 0, 55},
    {MNN_CALL(dense_5_gradients, layer_2nd_out_gradient, encoder_layer_1_a_n2_out, layer_2nd_kernel, layer_2nd_bias),
        "2nd", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 2, 0, 55},
    {MNN_CALL(dense_5_gradients, encoder_layer_1_a_n2_out_gradient, encoder_layer_1_a_out, encoder_layer_1_a_n2_kernel,
            encoder_layer_1_a_n2_bias),
        "encoder_layer_1_a", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 3, 0, 55},
    {MNN_CALL(encoder_layer_1_a_gradients, encoder_layer_1_a_out_gradient, input_out, encoder_layer_1_a_kernel,
            encoder_layer_1_a_bias),
        "Encoder/layer-1.a", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 4, 0, 165},
    {MNN_STEP(update), "", MNN_UPDATE, MNN_PARAMETERS, PARAM_COUNT, 1024, PARAM_COUNT, 0, MNN_NEIGHBOURS, 0},
};

static const mnn_layer layers[] = {
    {"input", "input", 1, {16}, 0, 32},
    {"Encoder/layer-1.a", "dense", 1, {5}, 85, 170},
    {"encoder_layer_1_a", "dense", 1, {5}, 30, 60},
    {"2nd", "dense", 1, {5}, 30, 55},
    {"int", "dense", 1, {5}, 30, 55},
    {"main", "dense", 1, {4}, 24, 60},
};

static const mnn_tensor tensors[] = {
    {"Encoder/layer-1.a.kernel", 2, {16, 5}, 0, 80, true, MNN_INIT_UNIFORM, -0.5345224838248488, 0.5345224838248488,
            {0}},
    {"Encoder/layer-1.a.bias", 1, {5}, 80, 5, true, MNN_INIT_ZEROS, 0.0, 0.0, {0}},
    {"encoder_layer_1_a.kernel", 2, {5, 5}, 85, 25, true, MNN_INIT_UNIFORM, -0.7745966692414834, 0.7745966692414834,
            {0}},
    {"encoder_layer_1_a.bias", 1, {5}, 110, 5, true, MNN_INIT_ZEROS, 0.0, 0.0, {0}},
    {"2nd.kernel", 2, {5, 5}, 115, 25, true, MNN_INIT_UNIFORM, -0.7745966692414834, 0.7745966692414834, {0}},
    {"2nd.bias", 1, {5}, 140, 5, true, MNN_INIT_ZEROS, 0.0, 0.0, {0}},
    {"int.kernel", 2, {5, 5}, 145, 25, true, MNN_INIT_UNIFORM, -0.7745966692414834, 0.7745966692414834, {0}},
    {"int.bias", 1, {5}, 170, 5, true, MNN_INIT_ZEROS, 0.0, 0.0, {0}},
    {"main.kernel", 2, {5, 4}, 175, 20, true, MNN_INIT_UNIFORM, -0.816496580927726, 0.816496580927726, {0}},
    {"main.bias", 1, {4}, 195, 4, true, MNN_INIT_ZEROS, 0.0, 0.0, {0}},
};
