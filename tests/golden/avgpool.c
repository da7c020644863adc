/* avgpool2d (avgpool.mnn:11): forward
 *     out[rows, 3, 3, 3] = mean of each window of in[rows, 6, 6, 3], without padding
 * loop; row by row */
static void avgpool2d_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *in = conv2d_out + i * 108;
        float *out = avgpool2d_out + i * 27;
        for (int y = 0; y < 3; y++)
            for (int x = 0; x < 3; x++) {
                const int top = y * 2, left = x * 2;
                const int r0 = top < 0 ? -top : 0, r1 = top + 3 > 6 ? 6 - top : 3;
                const int c0 = left < 0 ? -left : 0, c1 = left + 3 > 6 ? 6 - left : 3;
                for (int k = 0; k < 3; k++) {
                    float sum = 0.0f;
                    for (int r = r0; r < r1; r++)
                        for (int c = c0; c < c1; c++) {
                            sum += in[((top + r) * 6 + left + c) * 3 + k];
                        }
                    out[(y * 3 + x) * 3 + k] = sum / (float)((r1 - r0) * (c1 - c0));
                }
            }
    }
}

/* avgpool2d (avgpool.mnn:11): backward
 *     dx[rows, 6, 6, 3] = dy[rows, 3, 3, 3] divided equally over its window
 * loop; row by row */
static void avgpool2d_backward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *dy = flatten_out_gradient + i * 27;
        float *dx = conv2d_out_gradient + i * 108;
        memset(dx, 0, 108 * sizeof *dx);
        for (int y = 0; y < 3; y++)
            for (int x = 0; x < 3; x++) {
                const int top = y * 2, left = x * 2;
                const int r0 = top < 0 ? -top : 0, r1 = top + 3 > 6 ? 6 - top : 3;
                const int c0 = left < 0 ? -left : 0, c1 = left + 3 > 6 ? 6 - left : 3;
                for (int k = 0; k < 3; k++) {
                    const float share = dy[(y * 3 + x) * 3 + k] / (float)((r1 - r0) * (c1 - c0));
                    for (int r = r0; r < r1; r++)
                        for (int c = c0; c < c1; c++) {
                            dx[((top + r) * 6 + left + c) * 3 + k] += share;
                        }
                }
            }
        for (int j = i * 108, end = j + 108; j < end; j++) {
            const float y = conv2d_out[j], g = conv2d_out_gradient[j];
            conv2d_out_gradient[j] = g * mnn_fma(-y, y, 1.0f);
        }
    }
}
