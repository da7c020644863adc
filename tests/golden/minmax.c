/* minmax (minmax.mnn:5): forward; loop; row by row
 *     out[n, i, j] = (in[n, i, j] - center[0]) * scale[0] */
static void minmax_forward(const mnn_task *task, const float *restrict input, const float *restrict scale,
        const float *restrict center, float *restrict output, int size)
{
    const int first = task->first, n = task->n;
    for (int j = first * size; j < (first + n) * size; j++)
        output[j] = (input[j] - center[0]) * scale[0];
}
MNN_TASK(minmax_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3], at[4])

static const mnn_tensor tensors[] = {
    {"minmax.scale", 1, {1}, 272, 1, false, MNN_INIT_MINMAX_SCALE, -1.0, 1.0, {0}},
    {"minmax.center", 1, {1}, 273, 1, false, MNN_INIT_MINMAX_CENTER, -1.0, 1.0, {0}},
    {"dense.kernel", 2, {16, 16}, 0, 256, true, MNN_INIT_UNIFORM, -0.4330127018922193, 0.4330127018922193, {0}},
    {"dense.bias", 1, {16}, 256, 16, true, MNN_INIT_ZEROS, 0.0, 0.0, {0}},
};
