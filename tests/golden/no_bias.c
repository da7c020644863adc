/* conv2d (no_bias.mnn:10): forward; tiles in registers, read from the image; image by image
 *     out[rows, 4, 4, 3] = in[rows, 6, 6, 2] * kernel[3, 3, 2, 3] */
static void conv2d_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        float *restrict output)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = output + i * 48;
        const float *in = input + i * 72;
        mnn_grid_product(4, 4, 3, 6, 3, in, 12, 2, 12, kernel, 3, 18, out, 12, 3);
    }
}
MNN_TASK(conv2d_forward, workspace + at[0], params + at[1], workspace + at[2])

/* dense (no_bias.mnn:12): forward; tiles in registers; one piece: too small to split
 *     out[rows, 4] = in[rows, 48] . kernel[48, 4] */
static void dense_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        float *restrict output)
{
    const int rows = task->rows;
    float *out = output;
    mnn_rows_product(rows, 4, 48, input, 48, kernel, 4, out, 4);
}
MNN_TASK(dense_forward, workspace + at[0], params + at[1], workspace + at[2])

/* dense (no_bias.mnn:12): gradients of the parameters; tiles in registers; one piece: too small to split
 *     dkernel[48, 4] = transpose(in[rows, 48]) . dy[rows, 4] */
static void dense_gradients(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        float *restrict kernel_gradient)
{
    const int rows = task->rows;
    mnn_product(48, 4, rows, input, 1, 48, output_gradient, 4, kernel_gradient, 4, 0);
}
MNN_TASK(dense_gradients, workspace + at[0], workspace + at[1], grads + at[2])

/* conv2d (no_bias.mnn:10): gradients of the parameters; sum; partial sums in a fixed order
 *     dkernel = sum of the partial sums of the pieces, in order */
static void conv2d_gradients(const mnn_task *task, const float *restrict partials, float *restrict kernel_gradient,
        int kernel_size)
{
    const int rows = task->rows;
    const int pieces = (rows + 1) / 2, stride = kernel_size;
    mnn_sum_pieces(kernel_gradient, partials, kernel_size, stride, pieces);
}
MNN_TASK(conv2d_gradients, workspace + at[0], grads + at[1], at[2])

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {3, 3, 2, 3}, 0, 54, true, MNN_INIT_UNIFORM, -0.3651483716701107, 0.3651483716701107, {0}},
    {"dense.kernel", 2, {48, 4}, 54, 192, true, MNN_INIT_UNIFORM, -0.3396831102433787, 0.3396831102433787,
            {.image = {4, 4, 3}}},
};
