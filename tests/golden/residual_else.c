/* projection (residual_else.mnn:14): forward; tiles in registers, read from the image; image by image
 *     out[rows, 5, 5, 4] = in[rows, 9, 9, 2] * kernel[1, 1, 2, 4] + bias */
static void projection_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = output + i * 100;
        const float *in = input + i * 162;
        mnn_grid_product(5, 5, 4, 2, 1, in, 36, 4, 18, kernel, 4, 8, out, 20, 4);
        for (int j = 0; j < 25; j++)
            for (int k = 0; k < 4; k++) {
                const float sum = out[j * 4 + k] + bias[k];
                out[j * 4 + k] = sum;
            }
    }
}
MNN_TASK(projection_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

/* concat (residual_else.mnn:10): forward; loop; row by row
 *     part[n, i, j, k] = in[n, i, j, k]
 *     part_2[n, i, j, k] = in_2[n, i, j, k - 3]
 *     out[n, i, j, k] = part[n, i, j, k] + part_2[n, i, j, k] */
static void concat_forward(const mnn_task *task, const float *restrict input, const float *restrict input_2,
        float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[3] = (const float (*)[3])input;
    const float (*restrict in_2)[3] = (const float (*)[3])input_2;
    float (*restrict out)[6] = (float (*)[6])output;
    for (int place = first * 25; place < (first + n) * 25; place++) {
        float part[6];
        for (int k = 0; k < 6; k++)
            part[k] = 0.0f;
        for (int k = 0; k < 3; k++)
            part[k] += in[place][k];
        float part_2[6];
        for (int k = 0; k < 6; k++)
            part_2[k] = 0.0f;
        for (int k = 3; k < 6; k++)
            part_2[k] += in_2[place][k - 3];
        for (int k = 0; k < 6; k++)
            out[place][k] = part[k] + part_2[k];
    }
}
MNN_TASK(concat_forward, workspace + at[0], workspace + at[1], workspace + at[2])

/* add (residual_else.mnn:14): backward; loop; row by row
 *     out[n, i, j, k] = reader_1[n, i, j, k] + reader_2[n, i, j, k] + reader_3[n, i, j, k] */
static void add_sum_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict output_gradient_2, const float *restrict output_gradient_3,
        float *restrict input_gradient, int size)
{
    const int first = task->first, n = task->n;
    for (int j = first * size; j < (first + n) * size; j++)
        input_gradient[j] = output_gradient[j] + output_gradient_2[j] + output_gradient_3[j];
}
MNN_TASK(add_sum_backward, workspace + at[0], workspace + at[1], workspace + at[2], workspace + at[3], at[4])

/* projection (residual_else.mnn:14): backward; tiles in registers, read from the image; image by image
 *     partial sums, one per piece:
 *     dkernel[2, 4] = transpose(patches[25, 2]) . dz[25, 4], dbias = sum of dz */
static void projection_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict input, float *restrict partials)
{
    const int first = task->first, n = task->n;
    float *dkernel = partials + task->piece * 12;
    float *dbias = dkernel + 8;
    memset(dkernel, 0, 12 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 162;
        const float *dy = output_gradient + i * 100;
        for (int r = 0; r < 1; r++)
            mnn_nested_product(2, 4, 5, 5, in + r * 18, 1, 4, 36, dy, 4, 20, dkernel + r * 8, 4, 1);
        for (int j = 0; j < 25; j++)
            for (int k = 0; k < 4; k++)
                dbias[k] += dy[j * 4 + k];
    }
}
MNN_TASK(projection_backward, workspace + at[0], workspace + at[1], workspace + at[2])
