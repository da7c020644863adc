/* conv2d: the 72 patches of [3, 3, 2] under the kernel, as rows: columns[72, 18]
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

/* conv2d (layers_of_convnets.mnn:9): forward
 *     out[rows, 9, 8, 6] = gelu(in[rows, 9, 8, 4] * kernel[3, 3, 2, 6] + bias)
 * im2col and gemm (OpenBLAS); image by image */
static void conv2d_forward(const mnn_task *task)
{
    float *columns = scratch[task->worker];
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = conv2d_out + i * 432;
        for (int g = 0; g < 2; g++) {
            conv2d_columns(input_out + i * 288 + g * 2, columns);
            mnn_gemm(72, 3, 18, columns, 18, conv2d_kernel + g * 3, 6, 0.0f, out + g * 3, 6);
        }
        float *before = conv2d_before_gelu + i * 432;
        for (int j = 0; j < 72; j++)
            for (int k = 0; k < 6; k++) {
                const float sum = out[j * 6 + k] + conv2d_bias[k];
                before[j * 6 + k] = sum;
                out[j * 6 + k] = 0.5f * sum * (1.0f + erff(0.70710677f * sum));
            }
    }
}

/* depthwise_conv2d (layers_of_convnets.mnn:10): forward
 *     out[y, x, k] = silu(sum over r, s of in[row, column, k / 2] kernel[r, s, k] + bias[k])
 *     in[rows, 9, 8, 6], kernel[3, 2, 6, 2], out[rows, 5, 8, 12]
 * loop; image by image */
static void depthwise_conv2d_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        const float *in = conv2d_out + i * 432;
        float *out = depthwise_conv2d_out + i * 480;
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
                        const float *weight = depthwise_conv2d_kernel + (r * 2 + s) * 12;
                        for (int c = 0; c < 6; c++)
                            for (int m = 0; m < 2; m++) {
                                const int k = c * 2 + m;
                                sum[k] = mnn_fma(pixel[c], weight[k], sum[k]);
                            }
                    }
                }
            }
        float *before = depthwise_conv2d_before_silu + i * 480;
        for (int j = 0; j < 40; j++)
            for (int k = 0; k < 12; k++) {
                const float sum = out[j * 12 + k] + depthwise_conv2d_bias[k];
                before[j * 12 + k] = sum;
                out[j * 12 + k] = sum / (1.0f + expf(-sum));
            }
    }
}

/* conv2d_1 (layers_of_convnets.mnn:11): forward
 *     out[rows, 3, 6, 4] = gelu(maxpool2d(in[rows, 5, 8, 12] * kernel[2, 2, 3, 4]) + bias)
 * im2col and gemm (OpenBLAS); image by image: the input of the pooling stays in the cache */
static void conv2d_1_forward(const mnn_task *task)
{
    float *columns = scratch[task->worker];
    float *z = columns + 336;
    const int first = task->first, n = task->n;
    for (int i = first; i < first + n; i++) {
        float *out = activation_out + i * 72;
        for (int g = 0; g < 4; g++) {
            conv2d_1_columns(depthwise_conv2d_out + i * 480 + g * 3, columns);
            mnn_gemm(28, 1, 12, columns, 12, conv2d_1_kernel + g * 1, 4, 0.0f, z + g * 1, 4);
        }
        uint8_t *index = maxpool2d_index + i * 72;
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
                    out[(y * 6 + x) * 4 + k] = best[k] + conv2d_1_bias[k];
                for (int k = 0; k < 4; k++)
                    index[(y * 6 + x) * 4 + k] = (uint8_t)where[k];
            }
        float *before = maxpool2d_before_gelu + i * 72;
        for (int j = 0; j < 18; j++)
            for (int k = 0; k < 4; k++) {
                const float sum = out[j * 4 + k];
                before[j * 4 + k] = sum;
                out[j * 4 + k] = 0.5f * sum * (1.0f
                        + tanhf(0.7978846f * mnn_fma(0.044715f * sum * sum, sum, sum)));
            }
    }
}

/* global_avgpool2d (layers_of_convnets.mnn:16): forward
 *     out[n, k] = sum over i, j of in[n, i, j, k] / 10
 * loop; row by row */
static void global_avgpool2d_forward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    const float (*restrict in)[2][5][8] = (const float (*)[2][5][8])conv2d_2_out;
    float (*restrict out)[8] = (float (*)[8])global_avgpool2d_out;
    for (int row = first; row < first + n; row++) {
        float sum[8] = {0};
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 5; j++)
                for (int k = 0; k < 8; k++)
                    sum[k] += in[row][i][j][k];
        for (int k = 0; k < 8; k++)
            out[row][k] = sum[k] / 10.0f;
    }
}

/* global_avgpool2d (layers_of_convnets.mnn:16): backward
 *     din[n, i, j, k] = y[n, i, j, k] > 0 ? t1 : t1 * 0.2 with t1 = dout[n, k] / 10
 * loop; row by row */
static void global_avgpool2d_backward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    const float (*restrict dout)[8] = (const float (*)[8])global_avgpool2d_out_gradient;
    const float (*restrict y)[2][5][8] = (const float (*)[2][5][8])conv2d_2_out;
    float (*restrict din)[2][5][8] = (float (*)[2][5][8])conv2d_2_out_gradient;
    for (int row = first; row < first + n; row++)
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 5; j++)
                for (int k = 0; k < 8; k++) {
                    const float t1 = dout[row][k] / 10.0f;
                    din[row][i][j][k] = y[row][i][j][k] > 0.0f ? t1 : t1 * 0.2f;
                }
}

/* conv2d_2 (layers_of_convnets.mnn:15): backward
 *     partial sums, one per piece:
 *     dkernel[4, 8] = transpose(patches[10, 4]) . dz[10, 8], dbias = sum of dz,
 *     dx = dz * turned kernel
 * tiles in registers, read from the image; image by image */
static void conv2d_2_backward(const mnn_task *task)
{
    float *dz = scratch[task->worker]; /* [2, 5, 8] */
    float *turned = scratch[task->worker] + 80; /* [1, 1, 8, 4] */
    if (task->opens) {
        memset(dz, 0, 80 * sizeof *dz);
        for (int r = 0; r < 1; r++)
            for (int s = 0; s < 1; s++)
                mnn_transpose(4, 8, conv2d_2_kernel + ((0 - r) * 1 + 0 - s) * 32, 8,
                    turned + (r * 1 + s) * 32, 4);
    }
    const int first = task->first, n = task->n;
    float *dkernel = conv2d_2_partials + first / 2 * 40;
    float *dbias = dkernel + 32;
    memset(dkernel, 0, 40 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        const float *in = depthwise_conv2d_1_out + i * 40;
        const float *dy = conv2d_2_out_gradient + i * 80;
        for (int y = 0; y < 2; y++)
            memcpy(dz + (y) * 40, dy + y * 40, 40 * sizeof *dz);
        for (int r = 0; r < 1; r++)
            mnn_nested_product(4, 8, 5, 2, in + r * 20, 1, 4, 20, dz, 8, 40, dkernel + r * 32, 8,
                    1);
        float *dx = depthwise_conv2d_1_out_gradient + i * 40;
        mnn_grid_product(2, 5, 4, 8, 1, dz, 40, 8, 40, turned, 4, 32, dx, 20, 4);
        for (int j = 0; j < 10; j++)
            for (int k = 0; k < 8; k++)
                dbias[k] += dy[j * 8 + k];
        for (int j = i * 40, end = j + 40; j < end; j++) {
            const float y = depthwise_conv2d_1_out[j], g = depthwise_conv2d_1_out_gradient[j];
            depthwise_conv2d_1_out_gradient[j] = y > 0.0f ? g : g * (y + 0.7f);
        }
    }
}

/* depthwise_conv2d_1 (layers_of_convnets.mnn:14): backward
 *     partial sums, one per piece:
 *     dkernel[r, s, k] = sum over y, x of in[row, column, k] dy[y, x, k],
 *     dx[row, column, k] += kernel[r, s, k] dy[y, x, k]
 * loop; image by image */
static void depthwise_conv2d_1_backward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    float *dkernel = depthwise_conv2d_1_partials + first / 2 * 16;
    memset(dkernel, 0, 16 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        const float *in = activation_out + i * 72;
        const float *dy = depthwise_conv2d_1_out_gradient + i * 40;
        float *dx = maxpool2d_out_gradient + i * 72;
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
                        const float *weight = depthwise_conv2d_1_kernel + (r * 2 + s) * 4;
                        float *dpixel = dx + (row * 6 + column) * 4;
                        for (int k = 0; k < 4; k++) {
                            dweight[k] = mnn_fma(pixel[k], d[k], dweight[k]);
                            dpixel[k] = mnn_fma(weight[k], d[k], dpixel[k]);
                        }
                    }
                }
            }
        for (int j = i * 72, end = j + 72; j < end; j++) {
            const float x = maxpool2d_before_gelu[j], g = maxpool2d_out_gradient[j];
            const float t = tanhf(0.7978846f * mnn_fma(0.044715f * x * x, x, x));
            const float slope = 0.7978846f * mnn_fma(0.134145f * x, x, 1.0f);
            maxpool2d_out_gradient[j] = g * 0.5f * mnn_fma(x * mnn_fma(-t, t, 1.0f), slope,
                    1.0f + t);
        }
    }
}

/* conv2d_1: the inverse: add every element of the patches to its pixel of image[5, 8, 12] */
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

/* conv2d_1 (layers_of_convnets.mnn:11): backward
 *     partial sums, one per piece, in every group:
 *     dkernel[12, 1] = transpose(patches[28, 12]) . dz[28, 1], dbias = sum of dz,
 *     dx = dz * turned kernel
 * im2col and gemm (OpenBLAS); image by image: the input of the pooling stays in the cache */
static void conv2d_1_backward(const mnn_task *task)
{
    float *columns = scratch[task->worker];
    float *dz = columns + 336;
    const int first = task->first, n = task->n;
    float *dkernel = conv2d_1_partials + first / 2 * 52;
    float *dbias = dkernel + 48;
    memset(dkernel, 0, 52 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        const float *dy = maxpool2d_out_gradient + i * 72;
        const uint8_t *index = maxpool2d_index + i * 72;
        memset(dz, 0, 112 * sizeof *dz);
        for (int y = 0; y < 3; y++)
            for (int x = 0; x < 6; x++) {
                const int top = y, left = x;
                for (int k = 0; k < 4; k++) {
                    const int where = index[(y * 6 + x) * 4 + k];
                    dz[((top + where / 2) * 7 + left + where % 2) * 4 + k] += dy[(y * 6 + x) * 4
                            + k];
                }
            }
        float *dx = depthwise_conv2d_out_gradient + i * 480;
        memset(dx, 0, 480 * sizeof *dx);
        for (int g = 0; g < 4; g++) {
            conv2d_1_columns(depthwise_conv2d_out + i * 480 + g * 3, columns);
            mnn_gemm_tn(12, 1, 28, columns, 12, dz + g * 1, 4, 1.0f, dkernel + g * 1, 4);
            mnn_gemm_nt(28, 12, 1, dz + g * 1, 4, conv2d_1_kernel + g * 1, 4, 0.0f, columns, 12);
            conv2d_1_spread(columns, dx + g * 3);
        }
        for (int j = 0; j < 18; j++)
            for (int k = 0; k < 4; k++)
                dbias[k] += dy[j * 4 + k];
        for (int j = i * 480, end = j + 480; j < end; j++) {
            const float x = depthwise_conv2d_before_silu[j], g = depthwise_conv2d_out_gradient[j];
            const float s = 1.0f / (1.0f + expf(-x));
            depthwise_conv2d_out_gradient[j] = g * s * mnn_fma(x, 1.0f - s, 1.0f);
        }
    }
}

/* depthwise_conv2d (layers_of_convnets.mnn:10): backward
 *     partial sums, one per piece:
 *     dkernel[r, s, k] = sum over y, x of in[row, column, k / 2] dy[y, x, k], dbias[k] = sum of dy,
 *     dx[row, column, k / 2] += kernel[r, s, k] dy[y, x, k]
 * loop; image by image */
static void depthwise_conv2d_backward(const mnn_task *task)
{
    const int first = task->first, n = task->n;
    float *dkernel = depthwise_conv2d_partials + first / 2 * 84;
    float *dbias = dkernel + 72;
    memset(dkernel, 0, 84 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        const float *in = conv2d_out + i * 432;
        const float *dy = depthwise_conv2d_out_gradient + i * 480;
        float *dx = conv2d_out_gradient + i * 432;
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
                        const float *weight = depthwise_conv2d_kernel + (r * 2 + s) * 12;
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
            const float x = conv2d_before_gelu[j], g = conv2d_out_gradient[j];
            const float below = 0.5f * (1.0f + erff(0.70710677f * x));
            conv2d_out_gradient[j] = g * mnn_fma(x * 0.3989423f, expf(-0.5f * x * x), below);
        }
    }
}

/* conv2d (layers_of_convnets.mnn:9): backward
 *     partial sums, one per piece, in every group:
 *     dkernel[18, 3] = transpose(patches[72, 18]) . dz[72, 3], dbias = sum of dz
 * im2col and gemm (OpenBLAS); image by image */
static void conv2d_backward(const mnn_task *task)
{
    float *columns = scratch[task->worker];
    const int first = task->first, n = task->n;
    float *dkernel = conv2d_partials + first / 2 * 114;
    float *dbias = dkernel + 108;
    memset(dkernel, 0, 114 * sizeof *dkernel);
    for (int i = first; i < first + n; i++) {
        const float *dz = conv2d_out_gradient + i * 432;
        for (int g = 0; g < 2; g++) {
            conv2d_columns(input_out + i * 288 + g * 2, columns);
            mnn_gemm_tn(18, 3, 72, columns, 18, dz + g * 3, 6, 1.0f, dkernel + g * 3, 6);
        }
        for (int j = 0; j < 72; j++)
            for (int k = 0; k < 6; k++)
                dbias[k] += dz[j * 6 + k];
    }
}

/* depthwise_conv2d (layers_of_convnets.mnn:10): gradients of the parameters
 *     dkernel, dbias = sum of the partial sums of the pieces, in order
 * sum; partial sums in a fixed order */
static void depthwise_conv2d_gradients(const mnn_task *task)
{
    const int rows = task->rows;
    memcpy(depthwise_conv2d_kernel_gradient, depthwise_conv2d_partials, 72 * sizeof(float));
    memcpy(depthwise_conv2d_bias_gradient, depthwise_conv2d_partials + 72, 12 * sizeof(float));
    for (int piece = 1; piece * 2 < rows; piece++) {
        const float *partial = depthwise_conv2d_partials + piece * 84;
        for (int j = 0; j < 72; j++)
            depthwise_conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 12; j++)
            depthwise_conv2d_bias_gradient[j] += partial[72 + j];
    }
}
