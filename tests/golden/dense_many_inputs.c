/* dense (dense_many_inputs.mnn:7): forward, products of each piece of the inputs; tiles in registers; split by inputs: few columns
 *     partial sums, one per piece: in[rows, piece] . kernel[piece, 40] */
static void dense_forward_products(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        float *restrict partials)
{
    const int rows = task->rows;
    const int first = task->first, n = task->n;
    float *out = partials + task->piece * 960; /* [rows, 40] */
    mnn_rows_product(rows, 40, n, input + first, 2309, kernel + first * 40, 40, out, 40);
}
MNN_TASK(dense_forward_products, workspace + at[0], params + at[1], workspace + at[2])

/* dense (dense_many_inputs.mnn:7): forward; sum; partial sums in a fixed order
 *     out[rows, 40] = gelu(in[rows, 2309] . kernel[2309, 40] + bias) */
static void dense_forward(const mnn_task *task, const float *restrict bias, const float *restrict partials,
        float *restrict before_activation, float *restrict output)
{
    const int first = task->first, n = task->n;
    float *out = output + first * 40;
    mnn_sum_pieces(out, partials + first * 40, n * 40, 960, 8);
    float *before = before_activation + first * 40;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < 40; j++) {
            const float z = out[i * 40 + j] + bias[j];
            before[i * 40 + j] = z;
            out[i * 40 + j] = 0.5f * z * (1.0f + erff(0.70710677f * z));
        }
}
MNN_TASK(dense_forward, params + at[0], workspace + at[1], workspace + at[2], workspace + at[3])

/* dense_1 (dense_many_inputs.mnn:8): backward; tiles in registers; one piece: too small to split
 *     dx[rows, 40] = dy[rows, 24] . transpose(kernel[40, 24]), times the derivative of gelu */
static void dense_1_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict point,
        const float *restrict kernel, float *restrict input_gradient)
{
    const int rows = task->rows;
    float *dy_turned = task->scratch; /* [24, 24] */
    float *dx_turned = dy_turned + 576; /* [96, 24] */
    mnn_transpose(rows, 24, output_gradient, 24, dy_turned, 24);
    for (int i = 0; i < 40; i += 96) {
        const int count = mnn_min(96, 40 - i);
        mnn_product(count, 24, 24, kernel + i * 24, 24, 1, dy_turned, 24, dx_turned, 24, 0);
        mnn_transpose(count, rows, dx_turned, 24, input_gradient + i, 40);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 40 + 0, end = j + 40; j < end; j++) {
            const float x = point[j], g = input_gradient[j];
            const float below = 0.5f * (1.0f + erff(0.70710677f * x));
            input_gradient[j] = g * mnn_fma(x * 0.3989423f, expf(-0.5f * x * x), below);
        }
}
MNN_TASK(dense_1_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3])

/* dense (dense_many_inputs.mnn:7): gradients of the parameters; tiles in registers; split by inputs: each piece sums over the whole batch
 *     dkernel[2309, 40] = transpose(in[rows, 2309]) . dy[rows, 40]; dbias = sum over rows of dy */
static void dense_gradients(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        float *restrict kernel_gradient, float *restrict bias_gradient)
{
    const int rows = task->rows;
    const int first = task->first, n = task->n;
    mnn_product(n, 40, rows, input + first, 1, 2309, output_gradient, 40, kernel_gradient + first * 40, 40, 0);
    if (first == 0) {
        for (int j = 0; j < 40; j++)
            bias_gradient[j] = 0.0f;
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < 40; j++)
                bias_gradient[j] += output_gradient[i * 40 + j];
    }
}
MNN_TASK(dense_gradients, workspace + at[0], workspace + at[1], grads + at[2], grads + at[3])
