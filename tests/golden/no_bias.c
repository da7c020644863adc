/* conv2d (no_bias.mnn:10): forward
 *     out[rows, 4, 4, 3] = in[rows, 6, 6, 2] * kernel[3, 3, 2, 3]
 * tiles in registers, read from the image; image by image */
static void conv2d_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = conv2d_out + i * 48;
        const float *in = input_out + i * 72;
        mnn_grid_product(4, 4, 3, 6, 3, in, 12, 2, 12, conv2d_kernel, 3, 18, out, 12, 3);
    }
}

/* dense (no_bias.mnn:12): forward
 *     out[rows, 4] = in[rows, 48] . kernel[48, 4]
 * tiles in registers; one piece: too small to split */
static void dense_forward(const mnn_task *task)
{
    const int rows = task->rows;
    float *out = dense_out;
    mnn_rows_product(rows, 4, 48, conv2d_out, 48, dense_kernel, 4, out, 4);
}

/* dense (no_bias.mnn:12): gradients of the parameters
 *     dkernel[48, 4] = transpose(in[rows, 48]) . dy[rows, 4]
 * tiles in registers; one piece: too small to split */
static void dense_gradients(const mnn_task *task)
{
    const int rows = task->rows;
    mnn_product(48, 4, rows, conv2d_out, 1, 48, dense_out_gradient, 4, dense_kernel_gradient, 4, 0);
}

/* conv2d (no_bias.mnn:10): gradients of the parameters
 *     dkernel = sum of the partial sums of the pieces, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_task *task)
{
    const int rows = task->rows;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 54 * sizeof(float));
    for (int piece = 1; piece * 2 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 54;
        for (int j = 0; j < 54; j++)
            conv2d_kernel_gradient[j] += partial[j];
    }
}

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {3, 3, 2, 3}, 0, 54, true, MNN_INIT_UNIFORM, -0.3651483716701107,
            0.3651483716701107, {0}},
    {"dense.kernel", 2, {48, 4}, 54, 192, true, MNN_INIT_UNIFORM, -0.3396831102433787,
            0.3396831102433787, {.image = {4, 4, 3}}},
};
