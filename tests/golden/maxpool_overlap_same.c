/* maxpool2d (maxpool_overlap_same.mnn:10): forward; loop; row by row
 *     out[rows, 5, 5, 1] = maximum of each window of in[rows, 9, 9, 1] */
static void maxpool2d_forward(const mnn_task *task, const float *restrict input, float *restrict output,
        uint8_t *restrict indices)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 81;
        float *out = output + i * 25;
        uint8_t *index = indices + i * 25;
        for (int y = 0; y < 5; y++)
            for (int x = 0; x < 5; x++) {
                const int top = y * 2 - 1, left = x * 2 - 1;
                const int r0 = top < 0 ? -top : 0, r1 = top + 3 > 9 ? 9 - top : 3;
                const int c0 = left < 0 ? -left : 0, c1 = left + 3 > 9 ? 9 - left : 3;
                float best[1];
                int where[1] = {0};
                memcpy(best, in + ((top + r0) * 9 + left + c0) * 1, sizeof best);
                for (int r = r0; r < r1; r++)
                    for (int c = c0; c < c1; c++) {
                        const float *z_rc = in + ((top + r) * 9 + left + c) * 1;
                        for (int k = 0; k < 1; k++)
                            best[k] = z_rc[k] > best[k] ? z_rc[k] : best[k];
                    }
                for (int r = r1 - 1; r >= r0; r--)
                    for (int c = c1 - 1; c >= c0; c--) {
                        const float *z_rc = in + ((top + r) * 9 + left + c) * 1;
                        for (int k = 0; k < 1; k++)
                            where[k] = z_rc[k] == best[k] ? r * 3 + c : where[k];
                    }
                for (int k = 0; k < 1; k++)
                    out[(y * 5 + x) * 1 + k] = best[k];
                for (int k = 0; k < 1; k++)
                    index[(y * 5 + x) * 1 + k] = (uint8_t)where[k];
            }
    }
}
MNN_TASK(maxpool2d_forward, workspace + at[0], workspace + at[1], indices8 + at[2])

/* conv2d (maxpool_overlap_same.mnn:11): forward; tiles in registers, read from the image; image by image: the input of the pooling stays in the cache
 *     out[rows, 4, 4, 2] = relu(maxpool2d(in[rows, 5, 5, 1] * kernel[2, 2, 1, 2]) + bias) */
static void conv2d_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output, uint8_t *restrict indices)
{
    float *z = scratch[task->worker]; /* [4, 4, 2] */
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = output + i * 32;
        const float *in = input + i * 25;
        mnn_grid_product(4, 4, 2, 2, 2, in, 5, 1, 5, kernel, 2, 4, z, 8, 2);
        uint8_t *index = indices + i * 32;
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 4; x++) {
                const int top = y - 1, left = x - 1;
                const int r0 = top < 0 ? -top : 0, r1 = top + 3 > 4 ? 4 - top : 3;
                const int c0 = left < 0 ? -left : 0, c1 = left + 3 > 4 ? 4 - left : 3;
                float best[2];
                int where[2] = {0};
                memcpy(best, z + ((top + r0) * 4 + left + c0) * 2, sizeof best);
                for (int r = r0; r < r1; r++)
                    for (int c = c0; c < c1; c++) {
                        const float *z_rc = z + ((top + r) * 4 + left + c) * 2;
                        for (int k = 0; k < 2; k++)
                            best[k] = z_rc[k] > best[k] ? z_rc[k] : best[k];
                    }
                for (int r = r1 - 1; r >= r0; r--)
                    for (int c = c1 - 1; c >= c0; c--) {
                        const float *z_rc = z + ((top + r) * 4 + left + c) * 2;
                        for (int k = 0; k < 2; k++)
                            where[k] = z_rc[k] == best[k] ? r * 3 + c : where[k];
                    }
                for (int k = 0; k < 2; k++)
                    out[(y * 4 + x) * 2 + k] = best[k] + bias[k];
                for (int k = 0; k < 2; k++)
                    index[(y * 4 + x) * 2 + k] = (uint8_t)where[k];
            }
        for (int j = 0; j < 16; j++)
            for (int k = 0; k < 2; k++) {
                const float sum = out[j * 2 + k];
                out[j * 2 + k] = sum < 0.0f ? 0.0f : sum;
            }
    }
}
MNN_TASK(conv2d_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3], indices8 + at[4])

/* conv2d (maxpool_overlap_same.mnn:11): backward; tiles in registers, read from the image; image by image: the input of the pooling stays in the cache
 *     partial sums, one per piece:
 *     dkernel[4, 2] = transpose(patches[16, 4]) . dz[16, 2], dbias = sum of dz */
static void conv2d_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const uint8_t *restrict indices, float *restrict partials)
{
    float *dz = scratch[task->worker]; /* [4, 4, 2] */
    if (task->opens) {
        memset(dz, 0, 32 * sizeof *dz);
    }
    const int first = task->first, n = task->n;
    float *dkernel = partials + first / 2 * 10;
    float *dbias = dkernel + 8;
    memset(dkernel, 0, 10 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 25;
        const float *dy = output_gradient + i * 32;
        const uint8_t *index = indices + i * 32;
        memset(dz, 0, 32 * sizeof *dz);
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 4; x++)
                for (int k = 0; k < 2; k++) {
                    const int where = index[(y * 4 + x) * 2 + k];
                    dz[((y * 1 - 1 + where / 3) * 4 + (x * 1 - 1 + where % 3)) * 2 + k] += dy[(y * 4 + x) * 2 + k];
                }
        for (int r = 0; r < 2; r++)
            mnn_nested_product(2, 2, 4, 4, in + r * 5, 1, 1, 5, dz, 2, 8, dkernel + r * 4, 2, 1);
        for (int j = 0; j < 16; j++)
            for (int k = 0; k < 2; k++)
                dbias[k] += dy[j * 2 + k];
    }
}
MNN_TASK(conv2d_backward, workspace + at[0], workspace + at[1], indices8 + at[2], workspace + at[3])
