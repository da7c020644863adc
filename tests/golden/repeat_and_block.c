/* conv2d_1 (repeat_and_block.mnn:3): forward; pooling windows in registers, read from the image; image by image
 *     out[rows, 2, 2, 3] = relu(maxpool2d(in[rows, 4, 4, 3] * kernel[3, 3, 3, 3]) + bias) */
static void conv2d_1_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output, uint8_t *restrict indices)
{
    float *in = task->scratch; /* [6, 6, 3] */
    if (task->opens) {
        memset(in, 0, 108 * sizeof *in);
    }
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = output + i * 12;
        for (int y = 0; y < 4; y++)
            memcpy(in + (y + 1) * 18 + 3, input + i * 48 + y * 12, 12 * sizeof *in);
        uint16_t list[5];
        const int count = mnn_list_windows(&conv2d_1_windows, 0, in, list);
        mnn_windows_forward(&conv2d_1_windows, list, count, in, kernel, bias, 1, out, indices + i * 12);
    }
}
MNN_TASK(conv2d_1_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3], indices8 + at[4])

/* conv2d_1 (repeat_and_block.mnn:3): backward; tiles in registers, read from the image; image by image: the input of the pooling stays in the cache
 *     partial sums, one per piece:
 *     dkernel[27, 3] = transpose(patches[16, 27]) . dz[16, 3], dbias = sum of dz,
 *     dx = dz * turned kernel */
static void conv2d_1_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const uint8_t *restrict indices, const float *restrict kernel, float *restrict input_gradient,
        float *restrict partials)
{
    float *in = task->scratch; /* [6, 6, 3] */
    float *dz = task->scratch + 108; /* [6, 6, 3] */
    float *turned = task->scratch + 216; /* [3, 3, 3, 3] */
    if (task->opens) {
        memset(in, 0, 108 * sizeof *in);
        memset(dz, 0, 108 * sizeof *dz);
        for (int r = 0; r < 3; r++)
            for (int s = 0; s < 3; s++)
                mnn_transpose(3, 3, kernel + ((2 - r) * 3 + 2 - s) * 9, 3, turned + (r * 3 + s) * 9, 3);
    }
    const int first = task->first, n = task->n;
    float *dkernel = partials + task->piece * 84;
    float *dbias = dkernel + 81;
    memset(dkernel, 0, 84 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        for (int y = 0; y < 4; y++)
            memcpy(in + (y + 1) * 18 + 3, input + i * 48 + y * 12, 12 * sizeof *in);
        const float *dy = output_gradient + i * 12;
        const uint8_t *index = indices + i * 12;
        for (int y = 0; y < 2; y++)
            for (int x = 0; x < 2; x++)
                for (int j = 0; j < 4; j++) {
                    float *to = dz + (((y * 2 + j / 2) + 1) * 6 + (x * 2 + j % 2) + 1) * 3;
                    for (int k = 0; k < 3; k++)
                        to[k] = index[(y * 2 + x) * 3 + k] == j ? dy[(y * 2 + x) * 3 + k] : 0.0f;
                }
        for (int r = 0; r < 3; r++)
            mnn_nested_product(9, 3, 4, 4, in + r * 18, 1, 3, 18, dz + 21, 3, 18, dkernel + r * 27, 3, 1);
        float *dx = input_gradient + i * 48;
        mnn_grid_product(4, 4, 3, 9, 3, dz, 18, 3, 18, turned, 3, 27, dx, 12, 3);
        for (int j = 0; j < 4; j++)
            for (int k = 0; k < 3; k++)
                dbias[k] += dy[j * 3 + k];
        for (int j = i * 48, end = j + 48; j < end; j++) {
            const float y = input[j], g = input_gradient[j];
            input_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}
MNN_TASK(conv2d_1_backward, workspace + at[0], workspace + at[1], indices8 + at[2], params + at[3], workspace + at[4],
        workspace + at[5])

/* the function and its tensors; layer, phase, the dimension that is divided, its size,
 * elements per piece and per call, first worker, flags, flops per sample */
static const mnn_step steps[] = {
    {MNN_CALL(input_forward, input_out), "input", MNN_FORWARD, MNN_ROWS, BATCH, 1, 1, 0, 0, 128},
    {MNN_CALL(conv2d_forward, input_out, conv2d_kernel, conv2d_bias, maxpool2d_out, maxpool2d_index),
        "conv2d", MNN_FORWARD, MNN_ROWS, BATCH, 1, 1, 0, 0, 3648},
    {MNN_CALL(conv2d_1_forward, maxpool2d_out, conv2d_1_kernel, conv2d_1_bias, maxpool2d_1_out, maxpool2d_1_index),
        "conv2d_1", MNN_FORWARD, MNN_ROWS, BATCH, 1, 1, 0, 0, 2640},
    {MNN_CALL(dense_forward, maxpool2d_1_out, dense_kernel, dense_bias, dense_out),
        "dense", MNN_FORWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 100},
    {MNN_CALL(dense_softmax_forward, dense_out, dense_softmax),
        "dense", MNN_FORWARD, MNN_ROWS, BATCH, 1, 1, 0, MNN_BARRIER, 16},
    {MNN_CALL(loss_forward, dense_out), "loss", MNN_LOSS, MNN_ROWS, BATCH, 1, 1, 0, 0, 12},
    /* backward */
    {MNN_CALL(loss_backward, dense_softmax, dense_out_gradient),
        "loss", MNN_BACKWARD, MNN_ROWS, BATCH, 1, 1, 0, 0, 12},
    {MNN_CALL(dense_backward, dense_out_gradient, maxpool2d_1_out, dense_kernel, flatten_out_gradient),
        "dense", MNN_BACKWARD, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 96},
    {MNN_CALL(conv2d_1_backward, flatten_out_gradient, maxpool2d_out, maxpool2d_1_index, conv2d_1_kernel,
            maxpool2d_before_activation_gradient, conv2d_1_partials),
        "conv2d_1", MNN_BACKWARD, MNN_ROWS, BATCH, 1, 1, 0, MNN_BARRIER, 5232},
    {MNN_CALL(conv2d_backward, maxpool2d_before_activation_gradient, input_out, maxpool2d_index, conv2d_partials),
        "conv2d", MNN_BACKWARD, MNN_ROWS, BATCH, 1, 1, 0, 0, 3648},
    /* gradients of the parameters */
    {MNN_CALL(dense_gradients, dense_out_gradient, maxpool2d_1_out, dense_kernel, dense_bias),
        "dense", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 0, MNN_BARRIER, 100},
    {MNN_CALL(conv2d_3_gradients, conv2d_1_partials, conv2d_1_kernel, conv2d_1_bias, 3, 81),
        "conv2d_1", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 1, 0, 0},
    {MNN_CALL(conv2d_3_gradients, conv2d_partials, conv2d_kernel, conv2d_bias, 3, 27),
        "conv2d", MNN_GRADIENTS, MNN_WHOLE, 1, 1, 1, 2, 0, 0},
    {MNN_STEP(update), "", MNN_UPDATE, MNN_PARAMETERS, PARAM_COUNT, 1024, PARAM_COUNT, 0, MNN_NEIGHBOURS, 0},
};

static const mnn_layer layers[] = {
    {"input", "input", 3, {8, 8, 1}, 0, 128},
    {"conv2d", "conv2d", 3, {8, 8, 3}, 30, 3696},
    {"maxpool2d", "maxpool2d", 3, {4, 4, 3}, 0, 192},
    {"conv2d_1", "conv2d", 3, {4, 4, 3}, 84, 2652},
    {"maxpool2d_1", "maxpool2d", 3, {2, 2, 3}, 0, 48},
    {"flatten", "flatten", 1, {12}, 0, 0},
    {"dense", "dense", 1, {4}, 52, 116},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {3, 3, 1, 3}, 0, 27, true, MNN_INIT_UNIFORM, -0.408248290463863, 0.408248290463863, {0}},
    {"conv2d.bias", 1, {3}, 27, 3, true, MNN_INIT_ZEROS, 0.0, 0.0, {0}},
    {"conv2d_1.kernel", 4, {3, 3, 3, 3}, 30, 81, true, MNN_INIT_UNIFORM, -0.3333333333333333, 0.3333333333333333, {0}},
    {"conv2d_1.bias", 1, {3}, 111, 3, true, MNN_INIT_ZEROS, 0.0, 0.0, {0}},
    {"dense.kernel", 2, {12, 4}, 114, 48, true, MNN_INIT_UNIFORM, -0.6123724356957945, 0.6123724356957945,
            {.image = {2, 2, 3}}},
    {"dense.bias", 1, {4}, 162, 4, true, MNN_INIT_ZEROS, 0.0, 0.0, {0}},
};
