/* dense (dense_many_inputs.mnn:7): forward, products of each piece of the inputs
 *     partial sums, one per piece: in[rows, piece] . kernel[piece, 40]
 * tiles in registers; split by inputs: few columns */
static void dense_forward_products(const mnn_task *task)
{
    const int rows = task->rows;
    const int first = task->first, n = task->n;
    float *out = dense_forward_partials + first / 300 * 960; /* [rows, 40] */
    mnn_rows_product(rows, 40, n, input_out + first, 2309, dense_kernel + first * 40, 40, out, 40);
}

/* dense (dense_many_inputs.mnn:7): forward
 *     out[rows, 40] = gelu(in[rows, 2309] . kernel[2309, 40] + bias)
 * sum; partial sums in a fixed order */
static void dense_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    float *out = dense_out + first * 40;
    const float *partial = dense_forward_partials + first * 40;
    memcpy(out, partial, (size_t)n * 40 * sizeof(float));
    for (int piece = 1; piece < 8; piece++)
        for (int j = 0; j < n * 40; j++)
            out[j] += partial[piece * 960 + j];
    float *before = dense_before_gelu + first * 40;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < 40; j++) {
            const float z = out[i * 40 + j] + dense_bias[j];
            before[i * 40 + j] = z;
            out[i * 40 + j] = 0.5f * z * (1.0f + erff(0.70710677f * z));
        }
}

/* dense_1 (dense_many_inputs.mnn:8): backward
 *     dx[rows, 40] = dy[rows, 24] . transpose(kernel[40, 24]), times the derivative of gelu
 * tiles in registers; one piece: too small to split */
static void dense_1_backward(const mnn_task *task)
{
    const int rows = task->rows;
    float *dy_turned = scratch[task->worker]; /* [24, 24] */
    float *dx_turned = dy_turned + 576; /* [96, 24] */
    mnn_transpose(rows, 24, dense_1_out_gradient, 24, dy_turned, 24);
    for (int i = 0; i < 40; i += 96) {
        const int count = mnn_min(96, 40 - i);
        mnn_product(count, 24, 24, dense_1_kernel + i * 24, 24, 1, dy_turned, 24, dx_turned, 24, 0);
        mnn_transpose(count, rows, dx_turned, 24, dense_out_gradient + i, 40);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 40 + 0, end = j + 40; j < end; j++) {
            const float x = dense_before_gelu[j], g = dense_out_gradient[j];
            const float below = 0.5f * (1.0f + erff(0.70710677f * x));
            dense_out_gradient[j] = g * mnn_fma(x * 0.3989423f, expf(-0.5f * x * x), below);
        }
}

/* dense (dense_many_inputs.mnn:7): gradients of the parameters
 *     dkernel[2309, 40] = transpose(in[rows, 2309]) . dy[rows, 40]; dbias = sum over rows of dy
 * tiles in registers; split by inputs: each piece sums over the whole batch */
static void dense_gradients(const mnn_task *task)
{
    const int rows = task->rows;
    const int first = task->first, n = task->n;
    mnn_product(n, 40, rows, input_out + first, 1, 2309, dense_out_gradient, 40,
            dense_kernel_gradient + first * 40, 40, 0);
    if (first == 0) {
        for (int j = 0; j < 40; j++)
            dense_bias_gradient[j] = 0.0f;
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < 40; j++)
                dense_bias_gradient[j] += dense_out_gradient[i * 40 + j];
    }
}
