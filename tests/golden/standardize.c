/* standardize (standardize.mnn:5): forward; loop; row by row
 *     out[n, i, j] = (in[n, i, j] - center[j]) * scale[j] */
static void standardize_forward(const mnn_task *task, const float *restrict input, const float *restrict scale,
        const float *restrict center, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[2] = (const float (*)[2])input;
    float (*restrict out)[2] = (float (*)[2])output;
    for (int place = first * 8; place < (first + n) * 8; place++)
        for (int j = 0; j < 2; j++)
            out[place][j] = (in[place][j] - center[j]) * scale[j];
}
MNN_TASK(standardize_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3])

static const mnn_tensor tensors[] = {
    {"standardize.scale", 1, {2}, 34, 2, false, MNN_INIT_STANDARDIZE_SCALE, 0.0, 0.0, {0}},
    {"standardize.center", 1, {2}, 36, 2, false, MNN_INIT_STANDARDIZE_CENTER, 0.0, 0.0, {0}},
    {"dense.kernel", 2, {16, 2}, 0, 32, true, MNN_INIT_UNIFORM, -0.5773502691896257, 0.5773502691896257, {0}},
    {"dense.bias", 1, {2}, 32, 2, true, MNN_INIT_ZEROS, 0.0, 0.0, {0}},
};
