/* dense (constants.mnn:16): forward
 *     out[rows, 9] = relu(in[rows, 16] . kernel[16, 9] + bias)
 * tiles in registers; one piece: too small to split */
static void dense_forward(const mnn_task *task)
{
    const int rows = task->rows;
    float *out = dense_out;
    mnn_rows_product(rows, 9, 16, input_out, 16, dense_kernel, 9, out, 9);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 9; j++) {
            const float z = out[i * 9 + j] + dense_bias[j];
            out[i * 9 + j] = z < 0.0f ? 0.0f : z;
        }
}

/* dense_1 (constants.mnn:17): forward
 *     out[rows, 4] = in[rows, 9] . kernel[9, 4] + bias
 * tiles in registers; one piece: too small to split */
static void dense_1_forward(const mnn_task *task)
{
    const int rows = task->rows;
    float *out = dense_1_out;
    mnn_rows_product(rows, 4, 9, dense_out, 9, dense_1_kernel, 4, out, 4);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            out[i * 4 + j] += dense_1_bias[j];
}

static const mnn_layer layers[] = {
    {"input", "input", 3, {4, 4, 1}, 0, 32},
    {"flatten", "flatten", 1, {16}, 0, 0},
    {"dense", "dense", 1, {9}, 153, 306},
    {"dense_1", "dense", 1, {4}, 40, 92},
};
