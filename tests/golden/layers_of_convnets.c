/* The 72 patches of [3, 3, 2] under the kernel, as rows: columns[72, 18]
 * image points to the first channel of the group */
static void conv2d_columns(const float *image, float *columns)
{
    for (int y = 0; y < 9; y++)
        for (int x = 0; x < 8; x++)
            for (int r = 0; r < 3; r++) {
                const int row = y + r * 2 - 2, left = x - 1;
                for (int s = 0; s < 3; s++) {
                    const int column = left + s;
                    if (row >= 0 && row < 9 && column >= 0 && column < 8) {
                        for (int j = 0; j < 2; j++)
                            columns[j] = image[(row * 8 + column) * 4 + j];
                    } else {
                        for (int j = 0; j < 2; j++)
                            columns[j] = 0.0f;
                    }
                    columns += 2;
                }
            }
}

/* conv2d (layers_of_convnets.mnn:9): forward; im2col and gemm (OpenBLAS); image by image
 *     out[rows, 9, 8, 6] = gelu(in[rows, 9, 8, 4] * kernel[3, 3, 2, 6] + bias) */
static void conv2d_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict before_activation, float *restrict output)
{
    float *columns = task->scratch;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = output + i * 432;
        for (int g = 0; g < 2; g++) {
            conv2d_columns(input + i * 288 + g * 2, columns);
            mnn_gemm(72, 3, 18, columns, 18, kernel + g * 3, 6, 0.0f, out + g * 3, 6);
        }
        float *before = before_activation + i * 432;
        for (int j = 0; j < 72; j++)
            for (int k = 0; k < 6; k++) {
                const float sum = out[j * 6 + k] + bias[k];
                before[j * 6 + k] = sum;
                out[j * 6 + k] = 0.5f * sum * (1.0f + erff(0.70710677f * sum));
            }
    }
}
MNN_TASK(conv2d_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3], workspace + at[4])

/* depthwise_conv2d (layers_of_convnets.mnn:10): forward; loop; image by image
 *     out[y, x, k] = silu(sum over r, s of in[row, column, k / 2] kernel[r, s, k] + bias[k])
 *     in[rows, 9, 8, 6], kernel[3, 2, 6, 2], out[rows, 5, 8, 12] */
static void depthwise_conv2d_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict before_activation, float *restrict output)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 432;
        float *out = output + i * 480;
        memset(out, 0, 480 * sizeof *out);
        for (int y = 0; y < 5; y++)
            for (int x = 0; x < 8; x++) {
                float *sum = out + (y * 8 + x) * 12;
                for (int r = 0; r < 3; r++) {
                    const int row = y * 2 + r - 1;
                    if (row < 0 || row >= 9)
                        continue;
                    for (int s = 0; s < 2; s++) {
                        const int column = x + s;
                        if (column < 0 || column >= 8)
                            continue;
                        const float *pixel = in + (row * 8 + column) * 6;
                        const float *weight = kernel + (r * 2 + s) * 12;
                        for (int c = 0; c < 6; c++)
                            for (int m = 0; m < 2; m++) {
                                const int k = c * 2 + m;
                                sum[k] = mnn_fma(pixel[c], weight[k], sum[k]);
                            }
                    }
                }
            }
        float *before = before_activation + i * 480;
        for (int j = 0; j < 40; j++)
            for (int k = 0; k < 12; k++) {
                const float sum = out[j * 12 + k] + bias[k];
                before[j * 12 + k] = sum;
                out[j * 12 + k] = sum / (1.0f + expf(-sum));
            }
    }
}
MNN_TASK(depthwise_conv2d_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3],
        workspace + at[4])

/* conv2d_1 (layers_of_convnets.mnn:11): forward; im2col and gemm (OpenBLAS); image by image: the input of the pooling stays in the cache
 *     out[rows, 3, 6, 4] = gelu(maxpool2d(in[rows, 5, 8, 12] * kernel[2, 2, 3, 4]) + bias) */
static void conv2d_1_forward(const mnn_task *task, const float *restrict input, const float *restrict kernel,
        const float *restrict bias, float *restrict before_activation, float *restrict output,
        uint8_t *restrict indices)
{
    float *columns = task->scratch;
    float *z = columns + 336;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = output + i * 72;
        for (int g = 0; g < 4; g++) {
            conv2d_1_columns(input + i * 480 + g * 3, columns);
            mnn_gemm(28, 1, 12, columns, 12, kernel + g * 1, 4, 0.0f, z + g * 1, 4);
        }
        uint8_t *index = indices + i * 72;
        for (int y = 0; y < 3; y++)
            for (int x = 0; x < 6; x++) {
                const int top = y, left = x;
                float best[4];
                int where[4] = {0};
                memcpy(best, z + (top * 7 + left) * 4, sizeof best);
                for (int r = 0; r < 2; r++)
                    for (int c = 0; c < 2; c++) {
                        const float *z_rc = z + ((top + r) * 7 + left + c) * 4;
                        for (int k = 0; k < 4; k++)
                            best[k] = z_rc[k] > best[k] ? z_rc[k] : best[k];
                    }
                for (int r = 1; r >= 0; r--)
                    for (int c = 1; c >= 0; c--) {
                        const float *z_rc = z + ((top + r) * 7 + left + c) * 4;
                        for (int k = 0; k < 4; k++)
                            where[k] = z_rc[k] == best[k] ? r * 2 + c : where[k];
                    }
                for (int k = 0; k < 4; k++)
                    out[(y * 6 + x) * 4 + k] = best[k] + bias[k];
                for (int k = 0; k < 4; k++)
                    index[(y * 6 + x) * 4 + k] = (uint8_t)where[k];
            }
        float *before = before_activation + i * 72;
        for (int j = 0; j < 18; j++)
            for (int k = 0; k < 4; k++) {
                const float sum = out[j * 4 + k];
                before[j * 4 + k] = sum;
                out[j * 4 + k] = 0.5f * sum * (1.0f + tanhf(0.7978846f * mnn_fma(0.044715f * sum * sum, sum, sum)));
            }
    }
}
MNN_TASK(conv2d_1_forward, workspace + at[0], params + at[1], params + at[2], workspace + at[3], workspace + at[4],
        indices8 + at[5])

/* global_avgpool2d (layers_of_convnets.mnn:16): forward; loop; row by row
 *     out[n, k] = sum over i, j of in[n, i, j, k] / 10 */
static void global_avgpool2d_forward(const mnn_task *task, const float *restrict input, float *restrict output)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[2][5][8] = (const float (*)[2][5][8])input;
    float (*restrict out)[8] = (float (*)[8])output;
    for (int row = first; row < first + n; row++) {
        float sum[8];
        for (int k = 0; k < 8; k++)
            sum[k] = 0.0f;
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 5; j++)
                for (int k = 0; k < 8; k++)
                    sum[k] += in[row][i][j][k];
        for (int k = 0; k < 8; k++)
            out[row][k] = sum[k] / 10.0f;
    }
}
MNN_TASK(global_avgpool2d_forward, workspace + at[0], workspace + at[1])

/* global_avgpool2d (layers_of_convnets.mnn:16): backward; loop; row by row
 *     share[n, k] = dout[n, k] / 10
 *     din[n, i, j, k] = y[n, i, j, k] > 0 ? share[n, k] : share[n, k] * 0.2 */
static void global_avgpool2d_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict input, float *restrict input_gradient)
{
    const int first = task->first, n = task->n;
    const float (*restrict dout)[8] = (const float (*)[8])output_gradient;
    const float (*restrict y)[2][5][8] = (const float (*)[2][5][8])input;
    float (*restrict din)[2][5][8] = (float (*)[2][5][8])input_gradient;
    for (int row = first; row < first + n; row++) {
        float share[8];
        for (int k = 0; k < 8; k++)
            share[k] = dout[row][k] / 10.0f;
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 5; j++)
                for (int k = 0; k < 8; k++)
                    din[row][i][j][k] = y[row][i][j][k] > 0.0f ? share[k] : share[k] * 0.2f;
    }
}
MNN_TASK(global_avgpool2d_backward, workspace + at[0], workspace + at[1], workspace + at[2])

/* conv2d_2 (layers_of_convnets.mnn:15): backward; tiles in registers, read from the image; image by image
 *     partial sums, one per piece:
 *     dkernel[4, 8] = transpose(patches[10, 4]) . dz[10, 8], dbias = sum of dz,
 *     dx = dz * turned kernel */
static void conv2d_2_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict kernel, float *restrict input_gradient, float *restrict partials)
{
    float *dz = task->scratch; /* [2, 5, 8] */
    float *turned = task->scratch + 80; /* [1, 1, 8, 4] */
    if (task->opens) {
        memset(dz, 0, 80 * sizeof *dz);
        for (int r = 0; r < 1; r++)
            for (int s = 0; s < 1; s++)
                mnn_transpose(4, 8, kernel + ((0 - r) * 1 + 0 - s) * 32, 8, turned + (r * 1 + s) * 32, 4);
    }
    const int first = task->first, n = task->n;
    float *dkernel = partials + task->piece * 40;
    float *dbias = dkernel + 32;
    memset(dkernel, 0, 40 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 40;
        const float *dy = output_gradient + i * 80;
        for (int y = 0; y < 2; y++)
            memcpy(dz + (y) * 40, dy + y * 40, 40 * sizeof *dz);
        for (int r = 0; r < 1; r++)
            mnn_nested_product(4, 8, 5, 2, in + r * 20, 1, 4, 20, dz, 8, 40, dkernel + r * 32, 8, 1);
        float *dx = input_gradient + i * 40;
        mnn_grid_product(2, 5, 4, 8, 1, dz, 40, 8, 40, turned, 4, 32, dx, 20, 4);
        for (int j = 0; j < 10; j++)
            for (int k = 0; k < 8; k++)
                dbias[k] += dy[j * 8 + k];
        for (int j = i * 40, end = j + 40; j < end; j++) {
            const float y = input[j], g = input_gradient[j];
            input_gradient[j] = y > 0.0f ? g : g * (y + 0.7f);
        }
    }
}
MNN_TASK(conv2d_2_backward, workspace + at[0], workspace + at[1], params + at[2], workspace + at[3], workspace + at[4])

/* depthwise_conv2d_1 (layers_of_convnets.mnn:14): backward; loop; image by image
 *     partial sums, one per piece:
 *     dkernel[r, s, k] = sum over y, x of in[row, column, k] dy[y, x, k],
 *     dx[row, column, k] += kernel[r, s, k] dy[y, x, k] */
static void depthwise_conv2d_1_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict input, const float *restrict point, const float *restrict kernel,
        float *restrict input_gradient, float *restrict partials)
{
    const int first = task->first, n = task->n;
    float *dkernel = partials + task->piece * 16;
    memset(dkernel, 0, 16 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 72;
        const float *dy = output_gradient + i * 40;
        float *dx = input_gradient + i * 72;
        memset(dx, 0, 72 * sizeof *dx);
        for (int y = 0; y < 2; y++)
            for (int x = 0; x < 5; x++) {
                const float *d = dy + (y * 5 + x) * 4;
                for (int r = 0; r < 2; r++) {
                    const int row = y + r;
                    for (int s = 0; s < 2; s++) {
                        const int column = x + s;
                        const float *pixel = in + (row * 6 + column) * 4;
                        float *dweight = dkernel + (r * 2 + s) * 4;
                        const float *weight = kernel + (r * 2 + s) * 4;
                        float *dpixel = dx + (row * 6 + column) * 4;
                        for (int k = 0; k < 4; k++) {
                            dweight[k] = mnn_fma(pixel[k], d[k], dweight[k]);
                            dpixel[k] = mnn_fma(weight[k], d[k], dpixel[k]);
                        }
                    }
                }
            }
        for (int j = i * 72, end = j + 72; j < end; j++) {
            const float x = point[j], g = input_gradient[j];
            const float t = tanhf(0.7978846f * mnn_fma(0.044715f * x * x, x, x));
            const float slope = 0.7978846f * mnn_fma(0.134145f * x, x, 1.0f);
            input_gradient[j] = g * 0.5f * mnn_fma(x * mnn_fma(-t, t, 1.0f), slope, 1.0f + t);
        }
    }
}
MNN_TASK(depthwise_conv2d_1_backward, workspace + at[0], workspace + at[1], workspace + at[2], params + at[3],
        workspace + at[4], workspace + at[5])

/* Add every element of the patches to its pixel of image[5 x 8 x 12] */
static void conv2d_1_spread(const float *columns, float *image)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 7; x++)
            for (int r = 0; r < 2; r++) {
                const int row = y + r, left = x;
                for (int s = 0; s < 2; s++) {
                    const int column = left + s;
                    for (int j = 0; j < 3; j++)
                        image[(row * 8 + column) * 12 + j] += columns[j];
                    columns += 3;
                }
            }
}

/* conv2d_1 (layers_of_convnets.mnn:11): backward; im2col and gemm (OpenBLAS); image by image: the input of the pooling stays in the cache
 *     partial sums, one per piece, in every group:
 *     dkernel[12, 1] = transpose(patches[28, 12]) . dz[28, 1], dbias = sum of dz,
 *     dx = dz * turned kernel */
static void conv2d_1_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        const float *restrict point, const uint8_t *restrict indices, const float *restrict kernel,
        float *restrict input_gradient, float *restrict partials)
{
    float *columns = task->scratch;
    float *dz = columns + 336;
    const int first = task->first, n = task->n;
    float *dkernel = partials + task->piece * 52;
    float *dbias = dkernel + 48;
    memset(dkernel, 0, 52 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        const float *dy = output_gradient + i * 72;
        const uint8_t *index = indices + i * 72;
        memset(dz, 0, 112 * sizeof *dz);
        for (int y = 0; y < 3; y++)
            for (int x = 0; x < 6; x++) {
                const int top = y, left = x;
                for (int k = 0; k < 4; k++) {
                    const int where = index[(y * 6 + x) * 4 + k];
                    dz[((top + where / 2) * 7 + left + where % 2) * 4 + k] += dy[(y * 6 + x) * 4 + k];
                }
            }
        float *dx = input_gradient + i * 480;
        memset(dx, 0, 480 * sizeof *dx);
        for (int g = 0; g < 4; g++) {
            conv2d_1_columns(input + i * 480 + g * 3, columns);
            mnn_gemm_tn(12, 1, 28, columns, 12, dz + g * 1, 4, 1.0f, dkernel + g * 1, 4);
            mnn_gemm_nt(28, 12, 1, dz + g * 1, 4, kernel + g * 1, 4, 0.0f, columns, 12);
            conv2d_1_spread(columns, dx + g * 3);
        }
        for (int j = 0; j < 18; j++)
            for (int k = 0; k < 4; k++)
                dbias[k] += dy[j * 4 + k];
        for (int j = i * 480, end = j + 480; j < end; j++) {
            const float x = point[j], g = input_gradient[j];
            const float s = 1.0f / (1.0f + expf(-x));
            input_gradient[j] = g * s * mnn_fma(x, 1.0f - s, 1.0f);
        }
    }
}
MNN_TASK(conv2d_1_backward, workspace + at[0], workspace + at[1], workspace + at[2], indices8 + at[3], params + at[4],
        workspace + at[5], workspace + at[6])

/* depthwise_conv2d (layers_of_convnets.mnn:10): backward; loop; image by image
 *     partial sums, one per piece:
 *     dkernel[r, s, k] = sum over y, x of in[row, column, k / 2] dy[y, x, k], dbias[k] = sum of dy,
 *     dx[row, column, k / 2] += kernel[r, s, k] dy[y, x, k] */
static void depthwise_conv2d_backward(const mnn_task *task, const float *restrict output_gradient,
        const float *restrict input, const float *restrict point, const float *restrict kernel,
        float *restrict input_gradient, float *restrict partials)
{
    const int first = task->first, n = task->n;
    float *dkernel = partials + task->piece * 84;
    float *dbias = dkernel + 72;
    memset(dkernel, 0, 84 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        const float *in = input + i * 432;
        const float *dy = output_gradient + i * 480;
        float *dx = input_gradient + i * 432;
        memset(dx, 0, 432 * sizeof *dx);
        for (int y = 0; y < 5; y++)
            for (int x = 0; x < 8; x++) {
                const float *d = dy + (y * 8 + x) * 12;
                for (int r = 0; r < 3; r++) {
                    const int row = y * 2 + r - 1;
                    if (row < 0 || row >= 9)
                        continue;
                    for (int s = 0; s < 2; s++) {
                        const int column = x + s;
                        if (column < 0 || column >= 8)
                            continue;
                        const float *pixel = in + (row * 8 + column) * 6;
                        float *dweight = dkernel + (r * 2 + s) * 12;
                        const float *weight = kernel + (r * 2 + s) * 12;
                        float *dpixel = dx + (row * 8 + column) * 6;
                        for (int c = 0; c < 6; c++)
                            for (int m = 0; m < 2; m++) {
                                const int k = c * 2 + m;
                                dweight[k] = mnn_fma(pixel[c], d[k], dweight[k]);
                                dpixel[c] = mnn_fma(weight[k], d[k], dpixel[c]);
                            }
                    }
                }
            }
        for (int j = 0; j < 40; j++)
            for (int k = 0; k < 12; k++)
                dbias[k] += dy[j * 12 + k];
        for (int j = i * 432, end = j + 432; j < end; j++) {
            const float x = point[j], g = input_gradient[j];
            const float below = 0.5f * (1.0f + erff(0.70710677f * x));
            input_gradient[j] = g * mnn_fma(x * 0.3989423f, expf(-0.5f * x * x), below);
        }
    }
}
MNN_TASK(depthwise_conv2d_backward, workspace + at[0], workspace + at[1], workspace + at[2], params + at[3],
        workspace + at[4], workspace + at[5])

/* conv2d (layers_of_convnets.mnn:9): backward; im2col and gemm (OpenBLAS); image by image
 *     partial sums, one per piece, in every group:
 *     dkernel[18, 3] = transpose(patches[72, 18]) . dz[72, 3], dbias = sum of dz */
static void conv2d_backward(const mnn_task *task, const float *restrict output_gradient, const float *restrict input,
        float *restrict partials)
{
    float *columns = task->scratch;
    const int first = task->first, n = task->n;
    float *dkernel = partials + task->piece * 114;
    float *dbias = dkernel + 108;
    memset(dkernel, 0, 114 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        const float *dz = output_gradient + i * 432;
        for (int g = 0; g < 2; g++) {
            conv2d_columns(input + i * 288 + g * 2, columns);
            mnn_gemm_tn(18, 3, 72, columns, 18, dz + g * 3, 6, 1.0f, dkernel + g * 3, 6);
        }
        for (int j = 0; j < 72; j++)
            for (int k = 0; k < 6; k++)
                dbias[k] += dz[j * 6 + k];
    }
}
MNN_TASK(conv2d_backward, workspace + at[0], workspace + at[1], workspace + at[2])

/* conv2d_2 (layers_of_convnets.mnn:15), conv2d_1 (layers_of_convnets.mnn:11),
 *    depthwise_conv2d (layers_of_convnets.mnn:10), conv2d (layers_of_convnets.mnn:9): gradients of the parameters; sum; partial sums in a fixed order
 *     dkernel, dbias = sum of the partial sums of the pieces, in order */
static void conv2d_gradients(const mnn_task *task, const float *restrict partials, float *restrict kernel_gradient,
        float *restrict bias_gradient, int bias_size, int kernel_size)
{
    const int rows = task->rows;
    const int pieces = (rows + 1) / 2, stride = kernel_size + bias_size;
    mnn_sum_pieces(kernel_gradient, partials, kernel_size, stride, pieces);
    mnn_sum_pieces(bias_gradient, partials + kernel_size, bias_size, stride, pieces);
}
MNN_TASK(conv2d_gradients, workspace + at[0], grads + at[1], grads + at[2], at[3], at[4])

/* depthwise_conv2d_1 (layers_of_convnets.mnn:14): gradients of the parameters; sum; partial sums in a fixed order
 *     dkernel = sum of the partial sums of the pieces, in order */
static void depthwise_conv2d_1_gradients(const mnn_task *task, const float *restrict partials,
        float *restrict kernel_gradient, int kernel_size)
{
    const int rows = task->rows;
    const int pieces = (rows + 1) / 2, stride = kernel_size;
    mnn_sum_pieces(kernel_gradient, partials, kernel_size, stride, pieces);
}
MNN_TASK(depthwise_conv2d_1_gradients, workspace + at[0], grads + at[1], at[2])
