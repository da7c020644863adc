/* maxpool2d (maxpool_overlap_same.mnn:10): forward; loop; row by row
 *     out[n, i, j, k] = max over r, s of in[n, i * 2 + r - 1, j * 2 + s - 1, k]
 *     place[n, i, j, k] = min over r, s of in[n, i * 2 + r - 1, j * 2 + s - 1, k] == out[n, i, j, k] ? (r * 3 + s) : 9 */
static void maxpool2d_forward(const mnn_task *task, const float *restrict input, float *restrict output,
        uint8_t *restrict indices)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[9][9][1] = (const float (*)[9][9][1])input;
    uint8_t (*restrict place)[5][5][1] = (uint8_t (*)[5][5][1])indices;
    float (*restrict out)[5][5][1] = (float (*)[5][5][1])output;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 5; i++)
            for (int j = 0; j < 5; j++) {
                const int r_first = mnn_max(0, 1 - i * 2);
                const int r_end = mnn_min(3, 10 - i * 2);
                const int s_first = mnn_max(0, 1 - j * 2);
                const int s_end = mnn_min(3, 10 - j * 2);
                float largest[1];
                int where[1];
                for (int k = 0; k < 1; k++) {
                    largest[k] = -INFINITY;
                    where[k] = r_first * 3 + s_first;
                }
                for (int r = r_first; r < r_end; r++)
                    for (int s = s_first; s < s_end; s++)
                        for (int k = 0; k < 1; k++) {
                            const float value = in[row][i * 2 + r - 1][j * 2 + s - 1][k];
                            where[k] = value > largest[k] ? r * 3 + s : where[k];
                            largest[k] = value > largest[k] ? value : largest[k];
                        }
                for (int k = 0; k < 1; k++)
                    place[row][i][j][k] = (uint8_t)where[k];
                for (int k = 0; k < 1; k++)
                    out[row][i][j][k] = largest[k];
            }
}
MNN_TASK(maxpool2d_forward, workspace + at[0], workspace + at[1], indices8 + at[2])

/* conv2d (maxpool_overlap_same.mnn:11): forward; tiles in registers, read from the image; image by image: the input of the pooling stays in the cache
 *     out[rows, 4, 4, 2] = relu(maxpool2d(in[rows, 5, 5, 1] * kernel[2, 2, 1, 2]) + bias) */
static void conv2d_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict output, uint8_t *restrict indices)
{
    float *z = task->scratch; /* [4, 4, 2] */
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
    float *dz = task->scratch; /* [4, 4, 2] */
    if (task->opens) {
        memset(dz, 0, 32 * sizeof *dz);
    }
    const int first = task->first, n = task->n;
    float *dkernel = partials + task->piece * 10;
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
