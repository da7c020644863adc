/* lenet5: a training program that mnnc 0.1.0 made from lenet5.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              28 x 28 x 1              0           1,568    13
 * conv2d (conv2d, tanh)      28 x 28 x 6            156         258,720    14
 * avgpool2d (avgpool2d)      14 x 14 x 6              0           4,704    15
 * conv2d_1 (conv2d, tanh)    10 x 10 x 16         2,416         488,000    16
 * avgpool2d_1 (avgpool2d)    5 x 5 x 16               0           1,600    17
 * conv2d_2 (conv2d, tanh)    1 x 1 x 120         48,120          96,600    18
 * flatten (flatten)          120                      0               0    19
 * dense (dense, tanh)        84                  10,164          20,580    20
 * dense_1 (dense, softmax)   10                     850           1,730    21
 *
 * 61,706 parameters, batches of 64; static memory 7,584,288 bytes (checked below).
 *
 * Every worker runs the functions below side by side. Work is cut into pieces by the shapes,
 * piece p belongs to worker p % count, and sums run in a fixed order: any number of workers
 * computes the same bits. Images are NHWC, matrices row-major. */
#include <math.h>
#include <string.h>

#include <mnn/mnn.h>

#if MNN_ABI != 2
#error "this file was made for another version of libmnn: run mnnc again"
#endif

enum {
    BATCH = 64, /* rows of a full batch */
    PARAM_COUNT = 61706,
    WORKSPACE = 1492384, /* floats */
    SCRATCH = 19600, /* floats a worker */
    MAX_WORKERS = 8
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float adam_m[PARAM_COUNT];
static _Alignas(64) float adam_v[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at the same time shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof adam_m + sizeof adam_v + sizeof workspace
        + sizeof scratch + sizeof row_loss == 7584288, "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [5, 5, 1, 6] */
static float *const conv2d_bias = params + 150; /* [6] */
static float *const conv2d_1_kernel = params + 156; /* [5, 5, 6, 16] */
static float *const conv2d_1_bias = params + 2556; /* [16] */
static float *const conv2d_2_kernel = params + 2572; /* [5, 5, 16, 120] */
static float *const conv2d_2_bias = params + 50572; /* [120] */
static float *const dense_kernel = params + 50692; /* [120, 84] */
static float *const dense_bias = params + 60772; /* [84] */
static float *const dense_1_kernel = params + 60856; /* [84, 10] */
static float *const dense_1_bias = params + 61696; /* [10] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [5, 5, 1, 6] */
static float *const conv2d_bias_gradient = grads + 150; /* [6] */
static float *const conv2d_1_kernel_gradient = grads + 156; /* [5, 5, 6, 16] */
static float *const conv2d_1_bias_gradient = grads + 2556; /* [16] */
static float *const conv2d_2_kernel_gradient = grads + 2572; /* [5, 5, 16, 120] */
static float *const conv2d_2_bias_gradient = grads + 50572; /* [120] */
static float *const dense_kernel_gradient = grads + 50692; /* [120, 84] */
static float *const dense_bias_gradient = grads + 60772; /* [84] */
static float *const dense_1_kernel_gradient = grads + 60856; /* [84, 10] */
static float *const dense_1_bias_gradient = grads + 61696; /* [10] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 28, 28, 1] */
static float *const conv2d_out = workspace + 50176; /* [rows, 28, 28, 6] */
static float *const avgpool2d_out = workspace + 351232; /* [rows, 14, 14, 6] */
static float *const conv2d_1_out = workspace + 426496; /* [rows, 10, 10, 16] */
static float *const avgpool2d_1_out = workspace + 528896; /* [rows, 5, 5, 16] */
static float *const conv2d_2_out = workspace + 554496; /* [rows, 1, 1, 120] */
static float *const dense_out = workspace + 562176; /* [rows, 84] */
static float *const dense_1_out = workspace + 567552; /* [rows, 10] */
static float *const dense_1_softmax = workspace + 568192; /* [rows, 10] */
static float *const dense_1_out_gradient = workspace + 568832; /* [rows, 10] */
static float *const dense_out_gradient = workspace + 569472; /* [rows, 84] */
static float *const flatten_out_gradient = workspace + 574848; /* [rows, 120] */
static float *const avgpool2d_1_out_gradient = workspace + 582528; /* [rows, 5, 5, 16] */
static float *const conv2d_2_partials = workspace + 608128; /* partial sums */
static float *const conv2d_1_out_gradient = workspace + 993088; /* [rows, 10, 10, 16] */
static float *const avgpool2d_out_gradient = workspace + 1095488; /* [rows, 14, 14, 6] */
static float *const conv2d_1_partials = workspace + 1170752; /* partial sums */
static float *const conv2d_out_gradient = workspace + 1190080; /* [rows, 28, 28, 6] */
static float *const conv2d_partials = workspace + 1491136; /* partial sums */

/* ---- forward ---- */

/* input (lenet5.mnn:13): forward
 *     out[rows, 28, 28, 1] = pixel * scale + shift, of the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
        for (int i = 0; i < n; i++) {
            const uint8_t *pixel = batch->images + (size_t)batch->index[first + i] * 784;
            float *out = input_out + (first + i) * 784;
            for (int j = 0; j < 784; j++)
                out[j] = (float)pixel[j] * 0.003921569f;
        }
    }
}

/* conv2d: the 784 patches of [5, 5, 1] under the kernel, as rows: columns[784, 25] */
static void conv2d_columns(const float *image, float *columns)
{
    for (int y = 0; y < 28; y++)
        for (int x = 0; x < 28; x++)
            for (int r = 0; r < 5; r++) {
                const int row = y + r - 2, left = x - 2;
                for (int s = 0; s < 5; s++) {
                    const int column = left + s;
                    if (row >= 0 && row < 28 && column >= 0 && column < 28) {
                        for (int j = 0; j < 1; j++)
                            columns[j] = image[row * 28 + column + j];
                    } else {
                        for (int j = 0; j < 1; j++)
                            columns[j] = 0.0f;
                    }
                    columns += 1;
                }
            }
}

/* conv2d (lenet5.mnn:14): forward
 *     out[rows, 28, 28, 6] = tanh(in[rows, 28, 28, 1] * kernel[5, 5, 1, 6] + bias)
 * im2col and gemm, one image at a time; the columns stay in the cache */
static void conv2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *columns = scratch[worker->index];
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_out + i * 4704;
            conv2d_columns(input_out + i * 784, columns);
            mnn_gemm(784, 6, 25, columns, 25, conv2d_kernel, 6, 0.0f, out, 6);
            for (int j = 0; j < 784; j++)
                for (int k = 0; k < 6; k++) {
                    const float sum = out[j * 6 + k] + conv2d_bias[k];
                    out[j * 6 + k] = tanhf(sum);
                }
        }
    }
}

/* avgpool2d (lenet5.mnn:15): forward
 *     out[rows, 14, 14, 6] = mean of each window of in[rows, 28, 28, 6], of what lies inside
 * loop; row by row */
static void avgpool2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = conv2d_out + i * 4704;
            float *out = avgpool2d_out + i * 1176;
            for (int y = 0; y < 14; y++)
                for (int x = 0; x < 14; x++) {
                    const int top = y * 2, left = x * 2;
                    for (int k = 0; k < 6; k++) {
                        float sum = 0.0f;
                        for (int r = 0; r < 2; r++)
                            for (int c = 0; c < 2; c++) {
                                sum += in[((top + r) * 28 + left + c) * 6 + k];
                            }
                        out[(y * 14 + x) * 6 + k] = sum / 4.0f;
                    }
                }
        }
    }
}

/* conv2d_1: the 100 patches of [5, 5, 6] under the kernel, as rows: columns[100, 150] */
static void conv2d_1_columns(const float *image, float *columns)
{
    for (int y = 0; y < 10; y++)
        for (int x = 0; x < 10; x++)
            for (int r = 0; r < 5; r++) {
                const int row = y + r, left = x;
                for (int j = 0; j < 30; j++)
                    columns[j] = image[(row * 14 + left) * 6 + j];
                columns += 30;
            }
}

/* conv2d_1 (lenet5.mnn:16): forward
 *     out[rows, 10, 10, 16] = tanh(in[rows, 14, 14, 6] * kernel[5, 5, 6, 16] + bias)
 * im2col and gemm, one image at a time; the columns stay in the cache */
static void conv2d_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *columns = scratch[worker->index];
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_1_out + i * 1600;
            conv2d_1_columns(avgpool2d_out + i * 1176, columns);
            mnn_gemm(100, 16, 150, columns, 150, conv2d_1_kernel, 16, 0.0f, out, 16);
            for (int j = 0; j < 100; j++)
                for (int k = 0; k < 16; k++) {
                    const float sum = out[j * 16 + k] + conv2d_1_bias[k];
                    out[j * 16 + k] = tanhf(sum);
                }
        }
    }
}

/* avgpool2d_1 (lenet5.mnn:17): forward
 *     out[rows, 5, 5, 16] = mean of each window of in[rows, 10, 10, 16], of what lies inside
 * loop; row by row */
static void avgpool2d_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = conv2d_1_out + i * 1600;
            float *out = avgpool2d_1_out + i * 400;
            for (int y = 0; y < 5; y++)
                for (int x = 0; x < 5; x++) {
                    const int top = y * 2, left = x * 2;
                    for (int k = 0; k < 16; k++) {
                        float sum = 0.0f;
                        for (int r = 0; r < 2; r++)
                            for (int c = 0; c < 2; c++) {
                                sum += in[((top + r) * 10 + left + c) * 16 + k];
                            }
                        out[(y * 5 + x) * 16 + k] = sum / 4.0f;
                    }
                }
        }
    }
}

/* conv2d_2: the 1 patches of [5, 5, 16] under the kernel, as rows: columns[1, 400] */
static void conv2d_2_columns(const float *image, float *columns)
{
    for (int y = 0; y < 1; y++)
        for (int x = 0; x < 1; x++)
            for (int r = 0; r < 5; r++) {
                const int row = y + r, left = x;
                for (int j = 0; j < 80; j++)
                    columns[j] = image[(row * 5 + left) * 16 + j];
                columns += 80;
            }
}

/* conv2d_2 (lenet5.mnn:18): forward
 *     out[rows, 1, 1, 120] = tanh(in[rows, 5, 5, 16] * kernel[5, 5, 16, 120] + bias)
 * im2col and gemm, one image at a time; the columns stay in the cache */
static void conv2d_2_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *columns = scratch[worker->index];
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_2_out + i * 120;
            conv2d_2_columns(avgpool2d_1_out + i * 400, columns);
            mnn_gemm(1, 120, 400, columns, 400, conv2d_2_kernel, 120, 0.0f, out, 120);
            for (int j = 0; j < 1; j++)
                for (int k = 0; k < 120; k++) {
                    const float sum = out[j * 120 + k] + conv2d_2_bias[k];
                    out[j * 120 + k] = tanhf(sum);
                }
        }
    }
}

/* dense (lenet5.mnn:20): forward
 *     out[rows, 84] = tanh(in[rows, 120] . kernel[120, 84] + bias)
 * gemm; in one piece: too small to cut */
static void dense_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_out;
    mnn_gemm(rows, 84, 120, conv2d_2_out, 120, dense_kernel, 84, 0.0f, out, 84);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 84; j++) {
            const float z = out[i * 84 + j] + dense_bias[j];
            out[i * 84 + j] = tanhf(z);
        }
}

/* dense_1 (lenet5.mnn:21): forward
 *     out[rows, 10] = in[rows, 84] . kernel[84, 10] + bias
 * gemm; in one piece: too small to cut */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_1_out;
    mnn_gemm(rows, 10, 84, dense_out, 84, dense_1_kernel, 10, 0.0f, out, 10);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++) {
            out[i * 10 + j] = out[i * 10 + j] + dense_1_bias[j];
        }
}

/* dense_1 (lenet5.mnn:21): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 10]
 * loop; row by row */
static void dense_1_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = 0; i < n; i++) {
            const float *z = dense_1_out + first * 10 + i * 10;
            float *p = dense_1_softmax + first * 10 + i * 10;
            float largest = z[0], sum = 0.0f;
            for (int j = 1; j < 10; j++)
                largest = z[j] > largest ? z[j] : largest;
            for (int j = 0; j < 10; j++) {
                p[j] = expf(z[j] - largest);
                sum += p[j];
            }
            for (int j = 0; j < 10; j++)
                p[j] /= sum;
        }
    }
}

/* loss (lenet5.mnn:25): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = dense_1_out + i * 10;
            const int label = batch->labels[batch->index[i]];
            float largest = z[0], sum = 0.0f;
            for (int j = 1; j < 10; j++)
                largest = z[j] > largest ? z[j] : largest;
            for (int j = 0; j < 10; j++)
                sum += expf(z[j] - largest);
            row_loss[i] = logf(sum) + largest - z[label];
        }
    }
}

/* ---- backward ---- */

/* loss (lenet5.mnn:25): backward
 *     dz[rows, 10] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
        const float scale = 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_1_softmax + i * 10;
            float *dz = dense_1_out_gradient + i * 10;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 10; j++)
                dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
        }
    }
}

/* dense_1 (lenet5.mnn:21): backward
 *     dx[rows, 84] = dy[rows, 10] . transpose(kernel[84, 10]), times the derivative of tanh
 * gemm; in one piece: too small to cut */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_gemm_nt(rows, 84, 10, dense_1_out_gradient, 10, dense_1_kernel, 10, 0.0f,
            dense_out_gradient, 84);
    for (int j = 0, end = j + rows * 84; j < end; j++) {
        const float y = dense_out[j], g = dense_out_gradient[j];
        dense_out_gradient[j] = g * (1.0f - y * y);
    }
}

/* dense (lenet5.mnn:20): backward
 *     dx[rows, 120] = dy[rows, 84] . transpose(kernel[120, 84]), times the derivative of tanh
 * gemm; cut by columns: the batch is small */
static void dense_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 64; first < 120; first += worker->count * 64) {
        const int n = mnn_min(64, 120 - first);
        mnn_gemm_nt(rows, n, 84, dense_out_gradient, 84, dense_kernel + first * 84, 84, 0.0f,
                flatten_out_gradient + first, 120);
        for (int i = 0; i < rows; i++)
            for (int j = i * 120 + first, end = j + n; j < end; j++) {
                const float y = conv2d_2_out[j], g = flatten_out_gradient[j];
                flatten_out_gradient[j] = g * (1.0f - y * y);
            }
    }
}

/* conv2d_2: the reverse: add every element of the patches to its pixel of image[5, 5, 16] */
static void conv2d_2_spread(const float *columns, float *image)
{
    for (int y = 0; y < 1; y++)
        for (int x = 0; x < 1; x++)
            for (int r = 0; r < 5; r++) {
                const int row = y + r, left = x;
                for (int j = 0; j < 80; j++)
                    image[(row * 5 + left) * 16 + j] += columns[j];
                columns += 80;
            }
}

/* conv2d_2 (lenet5.mnn:18): backward
 *     partial sums, one a piece:
 *     dkernel[400, 120] = transpose(columns[1, 400]) . dz[1, 120], dbias = sum of dz,
 *     dx = spread(dz . transpose(kernel))
 * im2col and gemm, one image at a time; the columns stay in the cache */
static void conv2d_2_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *columns = scratch[worker->index];
        float *dkernel = conv2d_2_partials + first / 8 * 48120;
        float *dbias = dkernel + 48000;
        memset(dkernel, 0, 48120 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *dz = flatten_out_gradient + i * 120;
            float *dx = avgpool2d_1_out_gradient + i * 400;
            memset(dx, 0, 400 * sizeof *dx);
            conv2d_2_columns(avgpool2d_1_out + i * 400, columns);
            mnn_gemm_tn(400, 120, 1, columns, 400, dz, 120, 1.0f, dkernel, 120);
            mnn_gemm_nt(1, 400, 120, dz, 120, conv2d_2_kernel, 120, 0.0f, columns, 400);
            conv2d_2_spread(columns, dx);
            for (int j = 0; j < 1; j++)
                for (int k = 0; k < 120; k++)
                    dbias[k] += dz[j * 120 + k];
        }
    }
}

/* avgpool2d_1 (lenet5.mnn:17): backward
 *     dx[rows, 10, 10, 16] = dy[rows, 5, 5, 16] shared out equally over its window
 * loop; row by row */
static void avgpool2d_1_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *dy = avgpool2d_1_out_gradient + i * 400;
            float *dx = conv2d_1_out_gradient + i * 1600;
            memset(dx, 0, 1600 * sizeof *dx);
            for (int y = 0; y < 5; y++)
                for (int x = 0; x < 5; x++) {
                    const int top = y * 2, left = x * 2;
                    for (int k = 0; k < 16; k++) {
                        const float share = dy[(y * 5 + x) * 16 + k] / 4.0f;
                        for (int r = 0; r < 2; r++)
                            for (int c = 0; c < 2; c++) {
                                dx[((top + r) * 10 + left + c) * 16 + k] += share;
                            }
                    }
                }
            for (int j = i * 1600, end = j + 1600; j < end; j++) {
                const float y = conv2d_1_out[j], g = conv2d_1_out_gradient[j];
                conv2d_1_out_gradient[j] = g * (1.0f - y * y);
            }
        }
    }
}

/* conv2d_1: the reverse: add every element of the patches to its pixel of image[14, 14, 6] */
static void conv2d_1_spread(const float *columns, float *image)
{
    for (int y = 0; y < 10; y++)
        for (int x = 0; x < 10; x++)
            for (int r = 0; r < 5; r++) {
                const int row = y + r, left = x;
                for (int j = 0; j < 30; j++)
                    image[(row * 14 + left) * 6 + j] += columns[j];
                columns += 30;
            }
}

/* conv2d_1 (lenet5.mnn:16): backward
 *     partial sums, one a piece:
 *     dkernel[150, 16] = transpose(columns[100, 150]) . dz[100, 16], dbias = sum of dz,
 *     dx = spread(dz . transpose(kernel))
 * im2col and gemm, one image at a time; the columns stay in the cache */
static void conv2d_1_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *columns = scratch[worker->index];
        float *dkernel = conv2d_1_partials + first / 8 * 2416;
        float *dbias = dkernel + 2400;
        memset(dkernel, 0, 2416 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *dz = conv2d_1_out_gradient + i * 1600;
            float *dx = avgpool2d_out_gradient + i * 1176;
            memset(dx, 0, 1176 * sizeof *dx);
            conv2d_1_columns(avgpool2d_out + i * 1176, columns);
            mnn_gemm_tn(150, 16, 100, columns, 150, dz, 16, 1.0f, dkernel, 16);
            mnn_gemm_nt(100, 150, 16, dz, 16, conv2d_1_kernel, 16, 0.0f, columns, 150);
            conv2d_1_spread(columns, dx);
            for (int j = 0; j < 100; j++)
                for (int k = 0; k < 16; k++)
                    dbias[k] += dz[j * 16 + k];
        }
    }
}

/* avgpool2d (lenet5.mnn:15): backward
 *     dx[rows, 28, 28, 6] = dy[rows, 14, 14, 6] shared out equally over its window
 * loop; row by row */
static void avgpool2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *dy = avgpool2d_out_gradient + i * 1176;
            float *dx = conv2d_out_gradient + i * 4704;
            memset(dx, 0, 4704 * sizeof *dx);
            for (int y = 0; y < 14; y++)
                for (int x = 0; x < 14; x++) {
                    const int top = y * 2, left = x * 2;
                    for (int k = 0; k < 6; k++) {
                        const float share = dy[(y * 14 + x) * 6 + k] / 4.0f;
                        for (int r = 0; r < 2; r++)
                            for (int c = 0; c < 2; c++) {
                                dx[((top + r) * 28 + left + c) * 6 + k] += share;
                            }
                    }
                }
            for (int j = i * 4704, end = j + 4704; j < end; j++) {
                const float y = conv2d_out[j], g = conv2d_out_gradient[j];
                conv2d_out_gradient[j] = g * (1.0f - y * y);
            }
        }
    }
}

/* conv2d (lenet5.mnn:14): backward
 *     partial sums, one a piece:
 *     dkernel[25, 6] = transpose(columns[784, 25]) . dz[784, 6], dbias = sum of dz
 * im2col and gemm, one image at a time; the columns stay in the cache */
static void conv2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *columns = scratch[worker->index];
        float *dkernel = conv2d_partials + first / 8 * 156;
        float *dbias = dkernel + 150;
        memset(dkernel, 0, 156 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *dz = conv2d_out_gradient + i * 4704;
            conv2d_columns(input_out + i * 784, columns);
            mnn_gemm_tn(25, 6, 784, columns, 25, dz, 6, 1.0f, dkernel, 6);
            for (int j = 0; j < 784; j++)
                for (int k = 0; k < 6; k++)
                    dbias[k] += dz[j * 6 + k];
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense_1 (lenet5.mnn:21): gradients of the parameters
 *     dkernel[84, 10] = transpose(in[rows, 84]) . dy[rows, 10]; dbias = sum over rows of dy
 * gemm; cut by inputs: each piece is a whole sum over the batch */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_gemm_tn(84, 10, rows, dense_out, 84, dense_1_out_gradient, 10, 0.0f,
            dense_1_kernel_gradient, 10);
    for (int j = 0; j < 10; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 10 + j];
}

/* dense (lenet5.mnn:20): gradients of the parameters
 *     dkernel[120, 84] = transpose(in[rows, 120]) . dy[rows, 84]; dbias = sum over rows of dy
 * gemm; cut by inputs: each piece is a whole sum over the batch */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    mnn_gemm_tn(120, 84, rows, conv2d_2_out, 120, dense_out_gradient, 84, 0.0f,
            dense_kernel_gradient, 84);
    for (int j = 0; j < 84; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 84; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 84 + j];
}

/* conv2d_2 (lenet5.mnn:18): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_2_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 2) != 0)
        return;
    memcpy(conv2d_2_kernel_gradient, conv2d_2_partials, 48000 * sizeof(float));
    memcpy(conv2d_2_bias_gradient, conv2d_2_partials + 48000, 120 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_2_partials + piece * 48120;
        for (int j = 0; j < 48000; j++)
            conv2d_2_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 120; j++)
            conv2d_2_bias_gradient[j] += partial[48000 + j];
    }
}

/* conv2d_1 (lenet5.mnn:16): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_1_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 3) != 0)
        return;
    memcpy(conv2d_1_kernel_gradient, conv2d_1_partials, 2400 * sizeof(float));
    memcpy(conv2d_1_bias_gradient, conv2d_1_partials + 2400, 16 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_1_partials + piece * 2416;
        for (int j = 0; j < 2400; j++)
            conv2d_1_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 16; j++)
            conv2d_1_bias_gradient[j] += partial[2400 + j];
    }
}

/* conv2d (lenet5.mnn:14): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 4) != 0)
        return;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 150 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 150, 6 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 156;
        for (int j = 0; j < 150; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 6; j++)
            conv2d_bias_gradient[j] += partial[150 + j];
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    conv2d_forward(worker, batch->rows);
    avgpool2d_forward(worker, batch->rows);
    conv2d_1_forward(worker, batch->rows);
    avgpool2d_1_forward(worker, batch->rows);
    conv2d_2_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_softmax_forward(worker, batch->rows);
}

/* The loss of every row, after forward(). */
static void losses(const mnn_worker *worker, const mnn_batch *batch)
{
    loss_forward(worker, batch);
}

/* A training step but for the update. Workers wait for each other where one reads what another wrote. */
static void gradients(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    conv2d_forward(worker, batch->rows);
    avgpool2d_forward(worker, batch->rows);
    conv2d_1_forward(worker, batch->rows);
    avgpool2d_1_forward(worker, batch->rows);
    conv2d_2_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_1_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_backward(worker, batch->rows);
    mnn_barrier(worker);
    conv2d_2_backward(worker, batch->rows);
    avgpool2d_1_backward(worker, batch->rows);
    conv2d_1_backward(worker, batch->rows);
    avgpool2d_backward(worker, batch->rows);
    conv2d_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_gradients(worker, batch->rows);
    dense_gradients(worker, batch->rows);
    conv2d_2_gradients(worker, batch->rows);
    conv2d_1_gradients(worker, batch->rows);
    conv2d_gradients(worker, batch->rows);
}

/* update: Adam (Kingma, Ba 2015) in the "epsilon hat" form, as in Keras
 *     m += (1 - 0.9) (g - m);  v += (1 - 0.999) (g^2 - v);  w -= rate m / (sqrt(v) + 1e-07)
 *     rate = learning_rate sqrt(1 - 0.999^t) / (1 - 0.9^t) */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const double t = (double)step->step;
    const double correction = sqrt(1.0 - pow(0.999, t)) / (1.0 - pow(0.9, t));
    const float rate = (float)(step->learning_rate * correction);
    for (int first = worker->index * 8192; first < PARAM_COUNT; first += worker->count * 8192) {
        const int end = mnn_min(first + 8192, PARAM_COUNT);
        for (int i = first; i < end; i++) {
            const float g = grads[i];
            const float m = adam_m[i] + 0.1f * (g - adam_m[i]);
            const float v = adam_v[i] + 0.001f * (g * g - adam_v[i]);
            adam_m[i] = m;
            adam_v[i] = v;
            params[i] -= rate * m / (sqrtf(v) + 1e-07f);
        }
    }
}

/* ---- the same network once more, to check the gradients against ---- */

/* input (lenet5.mnn:13): out = pixel * scale + shift, rounded as the network sees it */
static void input_reference(const uint8_t *pixel, double *out)
{
    for (int j = 0; j < 784; j++)
        out[j] = (double)((float)pixel[j] * 0.003921569f);
}

/* conv2d (lenet5.mnn:14): out[28, 28, 6] = in * kernel + bias */
static void conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 28; y++)
        for (int x = 0; x < 28; x++)
            for (int k = 0; k < 6; k++) {
                double sum = bias[k];
                for (int r = 0; r < 5; r++)
                    for (int s = 0; s < 5; s++) {
                        const int row = y + r - 2, column = x + s - 2;
                        if (row < 0 || row >= 28 || column < 0 || column >= 28)
                            continue;
                        sum += in[row * 28 + column] * kernel[(r * 5 + s) * 6 + k];
                    }
                out[(y * 28 + x) * 6 + k] = sum;
            }
}

/* conv2d (lenet5.mnn:14): out[4704] = tanh(in) */
static void conv2d_tanh_reference(const double *in, double *out)
{
    for (int j = 0; j < 4704; j++)
        out[j] = tanh(in[j]);
}

/* avgpool2d (lenet5.mnn:15): out[1176] = mean of each window */
static void avgpool2d_reference(const double *in, double *out)
{
    for (int y = 0; y < 14; y++)
        for (int x = 0; x < 14; x++) {
            const int top = y * 2, left = x * 2;
            for (int k = 0; k < 6; k++) {
                double sum = 0.0;
                for (int r = 0; r < 2; r++)
                    for (int c = 0; c < 2; c++) {
                        sum += in[((top + r) * 28 + left + c) * 6 + k];
                    }
                out[(y * 14 + x) * 6 + k] = sum / 4.0;
            }
        }
}

/* conv2d_1 (lenet5.mnn:16): out[10, 10, 16] = in * kernel + bias */
static void conv2d_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 10; y++)
        for (int x = 0; x < 10; x++)
            for (int k = 0; k < 16; k++) {
                double sum = bias[k];
                for (int r = 0; r < 5; r++)
                    for (int s = 0; s < 5; s++) {
                        const int row = y + r, column = x + s;
                        const double *pixel = in + (row * 14 + column) * 6;
                        const double *weight = kernel + (r * 5 + s) * 96 + k;
                        for (int c = 0; c < 6; c++)
                            sum += pixel[c] * weight[c * 16];
                    }
                out[(y * 10 + x) * 16 + k] = sum;
            }
}

/* conv2d_1 (lenet5.mnn:16): out[1600] = tanh(in) */
static void conv2d_1_tanh_reference(const double *in, double *out)
{
    for (int j = 0; j < 1600; j++)
        out[j] = tanh(in[j]);
}

/* avgpool2d_1 (lenet5.mnn:17): out[400] = mean of each window */
static void avgpool2d_1_reference(const double *in, double *out)
{
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++) {
            const int top = y * 2, left = x * 2;
            for (int k = 0; k < 16; k++) {
                double sum = 0.0;
                for (int r = 0; r < 2; r++)
                    for (int c = 0; c < 2; c++) {
                        sum += in[((top + r) * 10 + left + c) * 16 + k];
                    }
                out[(y * 5 + x) * 16 + k] = sum / 4.0;
            }
        }
}

/* conv2d_2 (lenet5.mnn:18): out[1, 1, 120] = in * kernel + bias */
static void conv2d_2_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 1; y++)
        for (int x = 0; x < 1; x++)
            for (int k = 0; k < 120; k++) {
                double sum = bias[k];
                for (int r = 0; r < 5; r++)
                    for (int s = 0; s < 5; s++) {
                        const int row = y + r, column = x + s;
                        const double *pixel = in + (row * 5 + column) * 16;
                        const double *weight = kernel + (r * 5 + s) * 1920 + k;
                        for (int c = 0; c < 16; c++)
                            sum += pixel[c] * weight[c * 120];
                    }
                out[(y * 1 + x) * 120 + k] = sum;
            }
}

/* conv2d_2 (lenet5.mnn:18): out[120] = tanh(in) */
static void conv2d_2_tanh_reference(const double *in, double *out)
{
    for (int j = 0; j < 120; j++)
        out[j] = tanh(in[j]);
}

/* dense (lenet5.mnn:20): out[84] = in[120] . kernel[120, 84] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 84; j++) {
        double sum = bias[j];
        for (int i = 0; i < 120; i++)
            sum += in[i] * kernel[i * 84 + j];
        out[j] = sum;
    }
}

/* dense (lenet5.mnn:20): out[84] = tanh(in) */
static void dense_tanh_reference(const double *in, double *out)
{
    for (int j = 0; j < 84; j++)
        out[j] = tanh(in[j]);
}

/* dense_1 (lenet5.mnn:21): out[10] = in[84] . kernel[84, 10] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 84; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* dense_1 (lenet5.mnn:21): out[10] = softmax(in) */
static void dense_1_softmax_reference(const double *in, double *out)
{
    for (int i = 0; i < 10; i += 10) {
        double largest = in[i], sum = 0.0;
        for (int j = i; j < i + 10; j++)
            largest = in[j] > largest ? in[j] : largest;
        for (int j = i; j < i + 10; j++)
            sum += exp(in[j] - largest);
        for (int j = i; j < i + 10; j++)
            out[j] = exp(in[j] - largest) / sum;
    }
}

/* loss (lenet5.mnn:25): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of one row of the batch, from any parameters. */
static double reference(const double *weights, const mnn_batch *batch, int row)
{
    static double input_reference_values[784];
    static double conv2d_reference_values[4704];
    static double conv2d_tanh_reference_values[4704];
    static double avgpool2d_reference_values[1176];
    static double conv2d_1_reference_values[1600];
    static double conv2d_1_tanh_reference_values[1600];
    static double avgpool2d_1_reference_values[400];
    static double conv2d_2_reference_values[120];
    static double conv2d_2_tanh_reference_values[120];
    static double dense_reference_values[84];
    static double dense_tanh_reference_values[84];
    static double dense_1_reference_values[10];
    static double dense_1_softmax_reference_values[10];
    input_reference(batch->images + (size_t)batch->index[row] * 784, input_reference_values);
    conv2d_reference(weights + 0, weights + 150, input_reference_values, conv2d_reference_values);
    conv2d_tanh_reference(conv2d_reference_values, conv2d_tanh_reference_values);
    avgpool2d_reference(conv2d_tanh_reference_values, avgpool2d_reference_values);
    conv2d_1_reference(weights + 156, weights + 2556, avgpool2d_reference_values,
            conv2d_1_reference_values);
    conv2d_1_tanh_reference(conv2d_1_reference_values, conv2d_1_tanh_reference_values);
    avgpool2d_1_reference(conv2d_1_tanh_reference_values, avgpool2d_1_reference_values);
    conv2d_2_reference(weights + 2572, weights + 50572, avgpool2d_1_reference_values,
            conv2d_2_reference_values);
    conv2d_2_tanh_reference(conv2d_2_reference_values, conv2d_2_tanh_reference_values);
    dense_reference(weights + 50692, weights + 60772, conv2d_2_tanh_reference_values,
            dense_reference_values);
    dense_tanh_reference(dense_reference_values, dense_tanh_reference_values);
    dense_1_reference(weights + 60856, weights + 61696, dense_tanh_reference_values,
            dense_1_reference_values);
    dense_1_softmax_reference(dense_1_reference_values, dense_1_softmax_reference_values);
    return loss_reference(dense_1_softmax_reference_values, batch->labels[batch->index[row]]);
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {28, 28, 1}, 0, 1568},
    {"conv2d", "conv2d", 3, {28, 28, 6}, 156, 258720},
    {"avgpool2d", "avgpool2d", 3, {14, 14, 6}, 0, 4704},
    {"conv2d_1", "conv2d", 3, {10, 10, 16}, 2416, 488000},
    {"avgpool2d_1", "avgpool2d", 3, {5, 5, 16}, 0, 1600},
    {"conv2d_2", "conv2d", 3, {1, 1, 120}, 48120, 96600},
    {"flatten", "flatten", 1, {120}, 0, 0},
    {"dense", "dense", 1, {84}, 10164, 20580},
    {"dense_1", "dense", 1, {10}, 850, 1730},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {5, 5, 1, 6}, 0, 150, MNN_INIT_UNIFORM, -0.1851640199545103,
            0.1851640199545103},
    {"conv2d.bias", 1, {6}, 150, 6, MNN_INIT_ZEROS, 0.0, 0.0},
    {"conv2d_1.kernel", 4, {5, 5, 6, 16}, 156, 2400, MNN_INIT_UNIFORM, -0.1044465935734187,
            0.1044465935734187},
    {"conv2d_1.bias", 1, {16}, 2556, 16, MNN_INIT_ZEROS, 0.0, 0.0},
    {"conv2d_2.kernel", 4, {5, 5, 16, 120}, 2572, 48000, MNN_INIT_UNIFORM, -0.042008402520840295,
            0.042008402520840295},
    {"conv2d_2.bias", 1, {120}, 50572, 120, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense.kernel", 2, {120, 84}, 50692, 10080, MNN_INIT_UNIFORM, -0.17149858514250885,
            0.17149858514250885},
    {"dense.bias", 1, {84}, 60772, 84, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {84, 10}, 60856, 840, MNN_INIT_UNIFORM, -0.25264557631995566,
            0.25264557631995566},
    {"dense_1.bias", 1, {10}, 61696, 10, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m},
    {"v", adam_v},
};

static const mnn_metric metrics[] = {MNN_METRIC_ACCURACY};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "lenet5",
    .description = "f33f325e87333cce9a1b02176f2262fc0d701e9c71ba99d068e6ec1dc5a78b47",
    .data_name = "mnist",
    .train = {"mnist/train-images-idx3-ubyte", "mnist/train-labels-idx1-ubyte"},
    .test = {"mnist/t10k-images-idx3-ubyte", "mnist/t10k-labels-idx1-ubyte"},
    .sample_rank = 3,
    .sample_dims = {28, 28, 1},
    .sample_size = 784,
    .scale = 0.003921569f,
    .shift = 0.0f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 10,
    .validation_split = 0.0,
    .train_limit = 0,
    .test_limit = 0,
    .shuffle = true,
    .epochs = 12,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "sparse_categorical_crossentropy",
    .optimizer_name = "adam",
    .learning_rate = 0.001,
    .metric_count = 1,
    .metrics = metrics,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .slot_count = 2,
    .slots = slots,
    .static_bytes = 7584288,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 568192,
    .row_loss = row_loss,
    .forward = forward,
    .losses = losses,
    .gradients = gradients,
    .update = update,
    .reference = reference,
};

int main(int argc, char **argv)
{
    return mnn_main(&model, argc, argv);
}
