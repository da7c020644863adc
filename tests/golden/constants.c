/* dense (constants.mnn:16): forward; tiles in registers; one piece: too small to split
 *     out[rows, 9] = relu(in[rows, 16] . kernel[16, 9] + bias) */
static void dense_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output)
{
    const int rows = task->rows;
    float *out = output;
    mnn_rows_product(rows, 9, 16, input, 16, kernel, 9, out, 9);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 9; j++) {
            const float z = out[i * 9 + j] + bias[j];
            out[i * 9 + j] = z < 0.0f ? 0.0f : z;
        }
}
MNN_TASK(dense_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* dense_1 (constants.mnn:17): forward; tiles in registers; one piece: too small to split
 *     out[rows, 4] = in[rows, 9] . kernel[9, 4] + bias */
static void dense_1_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output)
{
    const int rows = task->rows;
    float *out = output;
    mnn_rows_product(rows, 4, 9, input, 9, kernel, 4, out, 4);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            out[i * 4 + j] += bias[j];
}
MNN_TASK(dense_1_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

static const mnn_layer layers[] = {
    {"input", "input", 3, {4, 4, 1}, 0, 32},
    {"flatten", "flatten", 1, {16}, 0, 0},
    {"dense", "dense", 1, {9}, 153, 306},
    {"dense_1", "dense", 1, {4}, 40, 92},
};
