/* m: a training program that mnnc 0.1.0 made from layers_of_convnets.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              9 x 8 x 4                0             576     6
 * conv2d (conv2d, gelu)      9 x 8 x 6              114          19,440     9
 * depthwise_conv2d (depthwise_conv2d, silu) 5 x 8 x 12              84           8,160    10
 * conv2d_1 (conv2d)          4 x 7 x 4               52           2,800    11
 * maxpool2d (maxpool2d)      3 x 6 x 4                0             288    12
 * activation (activation)    3 x 6 x 4                0             576    13
 * depthwise_conv2d_1 (depthwise_conv2d, elu) 2 x 5 x 4               16             480    14
 * conv2d_2 (conv2d, leaky_relu) 2 x 5 x 8               40             880    15
 * global_avgpool2d (global_avgpool2d) 8                        0              80    16
 * dense (dense, gelu)        7                       63             175    17
 * dense_1 (dense, softmax)   3                       24              57    18
 *
 * 393 parameters, batches of 7; static memory 131,748 bytes (checked below).
 * gradcheck takes another 21,088 bytes.
 *
 * Every worker runs the functions below side by side. Work is cut into pieces by the shapes,
 * each done by one worker, and sums run in a fixed order: any number of workers
 * computes the same bits. Images are NHWC, matrices row-major. */
#include <math.h>
#include <string.h>

#include <mnn/mnn.h>

#if MNN_ABI != 6
#error "this file was made for another version of libmnn: run mnnc again"
#endif

enum {
    BATCH = 7, /* rows of a full batch */
    PARAM_COUNT = 393,
    WORKSPACE = 26048, /* floats */
    SCRATCH = 1296, /* floats a worker */
    MAX_WORKERS = 4
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float adam_m[PARAM_COUNT];
static _Alignas(64) float adam_v[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static uint8_t maxpool2d_index[504]; /* [rows, 3, 6, 4]: which of its window was the largest */
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof adam_m + sizeof adam_v + sizeof workspace
        + sizeof scratch + sizeof maxpool2d_index + sizeof row_loss == 131748,
        "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [3, 3, 2, 6] */
static float *const conv2d_bias = params + 108; /* [6] */
static float *const depthwise_conv2d_kernel = params + 114; /* [3, 2, 6, 2] */
static float *const depthwise_conv2d_bias = params + 186; /* [12] */
static float *const conv2d_1_kernel = params + 198; /* [2, 2, 3, 4] */
static float *const conv2d_1_bias = params + 246; /* [4] */
static float *const depthwise_conv2d_1_kernel = params + 250; /* [2, 2, 4, 1] */
static float *const conv2d_2_kernel = params + 266; /* [1, 1, 4, 8] */
static float *const conv2d_2_bias = params + 298; /* [8] */
static float *const dense_kernel = params + 306; /* [8, 7] */
static float *const dense_bias = params + 362; /* [7] */
static float *const dense_1_kernel = params + 369; /* [7, 3] */
static float *const dense_1_bias = params + 390; /* [3] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [3, 3, 2, 6] */
static float *const conv2d_bias_gradient = grads + 108; /* [6] */
static float *const depthwise_conv2d_kernel_gradient = grads + 114; /* [3, 2, 6, 2] */
static float *const depthwise_conv2d_bias_gradient = grads + 186; /* [12] */
static float *const conv2d_1_kernel_gradient = grads + 198; /* [2, 2, 3, 4] */
static float *const conv2d_1_bias_gradient = grads + 246; /* [4] */
static float *const depthwise_conv2d_1_kernel_gradient = grads + 250; /* [2, 2, 4, 1] */
static float *const conv2d_2_kernel_gradient = grads + 266; /* [1, 1, 4, 8] */
static float *const conv2d_2_bias_gradient = grads + 298; /* [8] */
static float *const dense_kernel_gradient = grads + 306; /* [8, 7] */
static float *const dense_bias_gradient = grads + 362; /* [7] */
static float *const dense_1_kernel_gradient = grads + 369; /* [7, 3] */
static float *const dense_1_bias_gradient = grads + 390; /* [3] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 9, 8, 4] */
static float *const conv2d_out = workspace + 2016; /* [rows, 9, 8, 6] */
static float *const conv2d_before_gelu = workspace + 5040; /* [rows, 9, 8, 6] */
static float *const depthwise_conv2d_out = workspace + 8064; /* [rows, 5, 8, 12] */
static float *const depthwise_conv2d_before_silu = workspace + 11424; /* [rows, 5, 8, 12] */
static float *const activation_out = workspace + 14784; /* [rows, 3, 6, 4] */
static float *const maxpool2d_before_gelu = workspace + 15296; /* [rows, 3, 6, 4] */
static float *const depthwise_conv2d_1_out = workspace + 15808; /* [rows, 2, 5, 4] */
static float *const conv2d_2_out = workspace + 16096; /* [rows, 2, 5, 8] */
static float *const global_avgpool2d_out = workspace + 16656; /* [rows, 8] */
static float *const dense_out = workspace + 16720; /* [rows, 7] */
static float *const dense_before_gelu = workspace + 16784; /* [rows, 7] */
static float *const dense_1_out = workspace + 16848; /* [rows, 3] */
static float *const dense_1_softmax = workspace + 16880; /* [rows, 3] */
static float *const dense_1_out_gradient = workspace + 16912; /* [rows, 3] */
static float *const dense_out_gradient = workspace + 16944; /* [rows, 7] */
static float *const global_avgpool2d_out_gradient = workspace + 17008; /* [rows, 8] */
static float *const conv2d_2_out_gradient = workspace + 17072; /* [rows, 2, 5, 8] */
static float *const depthwise_conv2d_1_out_gradient = workspace + 17632; /* [rows, 2, 5, 4] */
static float *const conv2d_2_partials = workspace + 17920; /* partial sums */
static float *const maxpool2d_out_gradient = workspace + 18080; /* [rows, 3, 6, 4] */
static float *const depthwise_conv2d_1_partials = workspace + 18592; /* partial sums */
static float *const depthwise_conv2d_out_gradient = workspace + 18656; /* [rows, 5, 8, 12] */
static float *const conv2d_1_partials = workspace + 22016; /* partial sums */
static float *const conv2d_out_gradient = workspace + 22224; /* [rows, 9, 8, 6] */
static float *const depthwise_conv2d_partials = workspace + 25248; /* partial sums */
static float *const conv2d_partials = workspace + 25584; /* partial sums */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[9 x 8 x 4]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 288;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 288; j++)
            out[j] = (float)pixel[j] * 0.003921569f;
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 288; j++)
            out[j] = value[j] * 0.003921569f;
    }
}

/* input (layers_of_convnets.mnn:6): forward
 *     out[rows, 9, 8, 4] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 2; first < batch->rows; first += worker->count * 2) {
        const int n = mnn_min(2, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 288);
            float *out = input_out + i * 288;
            input_sample(batch, i, out);
        }
    }
}

/* conv2d: the 72 patches of [3, 3, 2] under the kernel, as rows: columns[72, 18]
 * image points to the first channel of a group */
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
static void conv2d_forward(const mnn_worker *worker, int rows)
{
    float *columns = scratch[worker->index];
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
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
                    out[j * 6 + k] = 0.5f * sum * (1.0f + erff(0.70710678f * sum));
                }
        }
    }
}

/* depthwise_conv2d (layers_of_convnets.mnn:10): forward
 *     out[y, x, k] = silu(sum over r, s of in[row, column, k / 2] kernel[r, s, k] + bias[k])
 *     in[rows, 9, 8, 6], kernel[3, 2, 6, 2], out[rows, 5, 8, 12]
 * loop; image by image */
static void depthwise_conv2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
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
                            for (int k = 0; k < 12; k++) {
                                sum[k] += pixel[k / 2] * weight[k];
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
}

/* conv2d_1: the 28 patches of [2, 2, 3] under the kernel, as rows: columns[28, 12]
 * image points to the first channel of a group */
static void conv2d_1_columns(const float *image, float *columns)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 7; x++)
            for (int r = 0; r < 2; r++) {
                const int row = y + r, left = x;
                for (int s = 0; s < 2; s++) {
                    const int column = left + s;
                    for (int j = 0; j < 3; j++)
                        columns[j] = image[(row * 8 + column) * 12 + j];
                    columns += 3;
                }
            }
}

/* conv2d_1 (layers_of_convnets.mnn:11): forward
 *     out[rows, 3, 6, 4] = gelu(maxpool2d(in[rows, 5, 8, 12] * kernel[2, 2, 3, 4]) + bias)
 * im2col and gemm (OpenBLAS); image by image: what is pooled stays in the cache */
static void conv2d_1_forward(const mnn_worker *worker, int rows)
{
    float *columns = scratch[worker->index];
    float *z = columns + 336;
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
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
                            + tanhf(0.79788456f * (sum + 0.044715f * sum * sum * sum)));
                }
        }
    }
}

/* depthwise_conv2d_1 (layers_of_convnets.mnn:14): forward
 *     out[y, x, k] = elu(sum over r, s of in[row, column, k] kernel[r, s, k])
 *     in[rows, 3, 6, 4], kernel[2, 2, 4, 1], out[rows, 2, 5, 4]
 * loop; image by image */
static void depthwise_conv2d_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = activation_out + i * 72;
            float *out = depthwise_conv2d_1_out + i * 40;
            memset(out, 0, 40 * sizeof *out);
            for (int y = 0; y < 2; y++)
                for (int x = 0; x < 5; x++) {
                    float *sum = out + (y * 5 + x) * 4;
                    for (int r = 0; r < 2; r++) {
                        const int row = y + r;
                        for (int s = 0; s < 2; s++) {
                            const int column = x + s;
                            const float *pixel = in + (row * 6 + column) * 4;
                            const float *weight = depthwise_conv2d_1_kernel + (r * 2 + s) * 4;
                            for (int k = 0; k < 4; k++) {
                                sum[k] += pixel[k] * weight[k];
                            }
                        }
                    }
                }
            for (int j = 0; j < 10; j++)
                for (int k = 0; k < 4; k++) {
                    const float sum = out[j * 4 + k];
                    out[j * 4 + k] = sum < 0.0f ? 0.7f * expm1f(sum) : sum;
                }
        }
    }
}

/* conv2d_2 (layers_of_convnets.mnn:15): forward
 *     out[rows, 2, 5, 8] = leaky_relu(in[rows, 2, 5, 4] * kernel[1, 1, 4, 8] + bias)
 * tiles in registers, straight from the image; image by image */
static void conv2d_2_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_2_out + i * 80;
            const float *in = depthwise_conv2d_1_out + i * 40;
            mnn_grid_product(2, 5, 8, 4, 1, in, 20, 4, 20, conv2d_2_kernel, 8, 32, out, 40, 8);
            for (int j = 0; j < 10; j++)
                for (int k = 0; k < 8; k++) {
                    const float sum = out[j * 8 + k] + conv2d_2_bias[k];
                    out[j * 8 + k] = sum < 0.0f ? 0.2f * sum : sum;
                }
        }
    }
}

/* global_avgpool2d (layers_of_convnets.mnn:16): forward
 *     out[rows, 8] = mean over the 10 places of in[rows, 2, 5, 8]
 * loop; row by row */
static void global_avgpool2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = conv2d_2_out + i * 80;
            float *out = global_avgpool2d_out + i * 8;
            memset(out, 0, 8 * sizeof *out);
            for (int j = 0; j < 10; j++)
                for (int k = 0; k < 8; k++)
                    out[k] += in[j * 8 + k];
            for (int k = 0; k < 8; k++)
                out[k] /= 10.0f;
        }
    }
}

/* dense (layers_of_convnets.mnn:17): forward
 *     out[rows, 7] = gelu(in[rows, 8] . kernel[8, 7] + bias)
 * tiles in registers; in one piece: too small to cut */
static void dense_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_out;
    mnn_rows_product(rows, 7, 8, global_avgpool2d_out, 8, dense_kernel, 7, out, 7);
    float *before = dense_before_gelu;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 7; j++) {
            const float z = out[i * 7 + j] + dense_bias[j];
            before[i * 7 + j] = z;
            out[i * 7 + j] = 0.5f * z * (1.0f + erff(0.70710678f * z));
        }
}

/* dense_1 (layers_of_convnets.mnn:18): forward
 *     out[rows, 3] = in[rows, 7] . kernel[7, 3] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_1_out;
    mnn_rows_product(rows, 3, 7, dense_out, 7, dense_1_kernel, 3, out, 3);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 3; j++)
            out[i * 3 + j] += dense_1_bias[j];
}

/* dense_1 (layers_of_convnets.mnn:18): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 3]
 * loop; row by row */
static void dense_1_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = 0; i < n; i++) {
            const float *z = dense_1_out + first * 3 + i * 3;
            float *p = dense_1_softmax + first * 3 + i * 3;
            float largest = z[0], sum = 0.0f;
            for (int j = 1; j < 3; j++)
                largest = z[j] > largest ? z[j] : largest;
            for (int j = 0; j < 3; j++) {
                p[j] = expf(z[j] - largest);
                sum += p[j];
            }
            for (int j = 0; j < 3; j++)
                p[j] /= sum;
        }
    }
}

/* loss (layers_of_convnets.mnn:21): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 2; first < batch->rows; first += worker->count * 2) {
        const int n = mnn_min(2, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = dense_1_out + i * 3;
            const int label = batch->labels[batch->index[i]];
            float largest = z[0], sum = 0.0f;
            for (int j = 1; j < 3; j++)
                largest = z[j] > largest ? z[j] : largest;
            for (int j = 0; j < 3; j++)
                sum += expf(z[j] - largest);
            row_loss[i] = logf(sum) + largest - z[label];
        }
    }
}

/* ---- backward ---- */

/* loss (layers_of_convnets.mnn:21): backward
 *     dz[rows, 3] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 2; first < batch->rows; first += worker->count * 2) {
        const int n = mnn_min(2, batch->rows - first);
        const float scale = 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_1_softmax + i * 3;
            float *dz = dense_1_out_gradient + i * 3;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 3; j++)
                dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
        }
    }
}

/* dense_1 (layers_of_convnets.mnn:18): backward
 *     dx[rows, 7] = dy[rows, 3] . transpose(kernel[7, 3]), times the derivative of gelu
 * tiles in registers; in one piece: too small to cut */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [3, 7] */
    float *dx_turned = dy_turned + 21; /* [96, 7] */
    mnn_transpose(rows, 3, dense_1_out_gradient, 3, dy_turned, 7);
    for (int i = 0; i < 7; i += 96) {
        const int count = mnn_min(96, 7 - i);
        mnn_product(count, 7, 3, dense_1_kernel + i * 3, 3, 1, dy_turned, 7, dx_turned, 7, 0);
        mnn_transpose(count, rows, dx_turned, 7, dense_out_gradient + i, 7);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 7 + 0, end = j + 7; j < end; j++) {
            const float x = dense_before_gelu[j], g = dense_out_gradient[j];
            const float below = 0.5f * (1.0f + erff(0.70710678f * x));
            dense_out_gradient[j] = g * (below + x * 0.39894228f * expf(-0.5f * x * x));
        }
}

/* dense (layers_of_convnets.mnn:17): backward
 *     dx[rows, 8] = dy[rows, 7] . transpose(kernel[8, 7])
 * tiles in registers; in one piece: too small to cut */
static void dense_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [7, 7] */
    float *dx_turned = dy_turned + 49; /* [96, 7] */
    mnn_transpose(rows, 7, dense_out_gradient, 7, dy_turned, 7);
    for (int i = 0; i < 8; i += 96) {
        const int count = mnn_min(96, 8 - i);
        mnn_product(count, 7, 7, dense_kernel + i * 7, 7, 1, dy_turned, 7, dx_turned, 7, 0);
        mnn_transpose(count, rows, dx_turned, 7, global_avgpool2d_out_gradient + i, 8);
    }
}

/* global_avgpool2d (layers_of_convnets.mnn:16): backward
 *     dx[rows, 2, 5, 8] = dy[rows, 8] / 10
 * loop; row by row */
static void global_avgpool2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *dy = global_avgpool2d_out_gradient + i * 8;
            float *dx = conv2d_2_out_gradient + i * 80;
            for (int j = 0; j < 10; j++)
                for (int k = 0; k < 8; k++)
                    dx[j * 8 + k] = dy[k] / 10.0f;
            for (int j = i * 80, end = j + 80; j < end; j++) {
                const float y = conv2d_2_out[j], g = conv2d_2_out_gradient[j];
                conv2d_2_out_gradient[j] = y > 0.0f ? g : 0.2f * g;
            }
        }
    }
}

/* conv2d_2 (layers_of_convnets.mnn:15): backward
 *     partial sums, one a piece:
 *     dkernel[4, 8] = transpose(patches[10, 4]) . dz[10, 8], dbias = sum of dz,
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_2_backward(const mnn_worker *worker, int rows)
{
    float *dz = scratch[worker->index]; /* [2, 5, 8] */
    memset(dz, 0, 80 * sizeof *dz);
    float *turned = scratch[worker->index] + 80; /* [1, 1, 8, 4] */
    for (int r = 0; r < 1; r++)
        for (int s = 0; s < 1; s++)
            mnn_transpose(4, 8, conv2d_2_kernel + ((0 - r) * 1 + 0 - s) * 32, 8,
                turned + (r * 1 + s) * 32, 4);
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        float *dkernel = conv2d_2_partials + first / 2 * 40;
        float *dbias = dkernel + 32;
        memset(dkernel, 0, 40 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *in = depthwise_conv2d_1_out + i * 40;
            const float *dy = conv2d_2_out_gradient + i * 80;
            for (int y = 0; y < 2; y++)
                memcpy(dz + (y) * 40, dy + y * 40, 40 * sizeof *dz);
            for (int r = 0; r < 1; r++)
                mnn_nested_product(4, 8, 5, 2, in + r * 20, 1, 4, 20, dz, 8, 40, dkernel + r * 32,
                        8, 1);
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
}

/* depthwise_conv2d_1 (layers_of_convnets.mnn:14): backward
 *     partial sums, one a piece:
 *     dkernel[r, s, k] = sum over y, x of in[row, column, k] dy[y, x, k],
 *     dx[row, column, k] += kernel[r, s, k] dy[y, x, k]
 * loop; image by image */
static void depthwise_conv2d_1_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
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
                                dweight[k] += pixel[k] * d[k];
                                dpixel[k] += weight[k] * d[k];
                            }
                        }
                    }
                }
            for (int j = i * 72, end = j + 72; j < end; j++) {
                const float x = maxpool2d_before_gelu[j], g = maxpool2d_out_gradient[j];
                const float t = tanhf(0.79788456f * (x + 0.044715f * x * x * x));
                const float slope = 0.79788456f * (1.0f + 0.134145f * x * x);
                maxpool2d_out_gradient[j] = g * 0.5f * (1.0f + t + x * (1.0f - t * t) * slope);
            }
        }
    }
}

/* conv2d_1: the reverse: add every element of the patches to its pixel of image[5, 8, 12] */
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
 *     partial sums, one a piece, in every group:
 *     dkernel[12, 1] = transpose(patches[28, 12]) . dz[28, 1], dbias = sum of dz,
 *     dx = dz * turned kernel
 * im2col and gemm (OpenBLAS); image by image: what is pooled stays in the cache */
static void conv2d_1_backward(const mnn_worker *worker, int rows)
{
    float *columns = scratch[worker->index];
    float *dz = columns + 336;
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
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
                mnn_gemm_nt(28, 12, 1, dz + g * 1, 4, conv2d_1_kernel + g * 1, 4, 0.0f, columns,
                        12);
                conv2d_1_spread(columns, dx + g * 3);
            }
            for (int j = 0; j < 18; j++)
                for (int k = 0; k < 4; k++)
                    dbias[k] += dy[j * 4 + k];
            for (int j = i * 480, end = j + 480; j < end; j++) {
                const float x = depthwise_conv2d_before_silu[j],
                        g = depthwise_conv2d_out_gradient[j];
                const float s = 1.0f / (1.0f + expf(-x));
                depthwise_conv2d_out_gradient[j] = g * s * (1.0f + x * (1.0f - s));
            }
        }
    }
}

/* depthwise_conv2d (layers_of_convnets.mnn:10): backward
 *     partial sums, one a piece:
 *     dkernel[r, s, k] = sum over y, x of in[row, column, k / 2] dy[y, x, k], dbias[k] = sum of dy,
 *     dx[row, column, k / 2] += kernel[r, s, k] dy[y, x, k]
 * loop; image by image */
static void depthwise_conv2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
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
                            for (int k = 0; k < 12; k++) {
                                dweight[k] += pixel[k / 2] * d[k];
                                dpixel[k / 2] += weight[k] * d[k];
                            }
                        }
                    }
                }
            for (int j = 0; j < 40; j++)
                for (int k = 0; k < 12; k++)
                    dbias[k] += dy[j * 12 + k];
            for (int j = i * 432, end = j + 432; j < end; j++) {
                const float x = conv2d_before_gelu[j], g = conv2d_out_gradient[j];
                const float below = 0.5f * (1.0f + erff(0.70710678f * x));
                conv2d_out_gradient[j] = g * (below + x * 0.39894228f * expf(-0.5f * x * x));
            }
        }
    }
}

/* conv2d (layers_of_convnets.mnn:9): backward
 *     partial sums, one a piece, in every group:
 *     dkernel[18, 3] = transpose(patches[72, 18]) . dz[72, 3], dbias = sum of dz
 * im2col and gemm (OpenBLAS); image by image */
static void conv2d_backward(const mnn_worker *worker, int rows)
{
    float *columns = scratch[worker->index];
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
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
}

/* ---- gradients of the parameters ---- */

/* dense_1 (layers_of_convnets.mnn:18): gradients of the parameters
 *     dkernel[7, 3] = transpose(in[rows, 7]) . dy[rows, 3]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(7, 3, rows, dense_out, 1, 7, dense_1_out_gradient, 3, dense_1_kernel_gradient, 3,
            0);
    for (int j = 0; j < 3; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 3; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 3 + j];
}

/* dense (layers_of_convnets.mnn:17): gradients of the parameters
 *     dkernel[8, 7] = transpose(in[rows, 8]) . dy[rows, 7]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    mnn_product(8, 7, rows, global_avgpool2d_out, 1, 8, dense_out_gradient, 7,
            dense_kernel_gradient, 7, 0);
    for (int j = 0; j < 7; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 7; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 7 + j];
}

/* conv2d_2 (layers_of_convnets.mnn:15): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_2_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 2) != 0)
        return;
    memcpy(conv2d_2_kernel_gradient, conv2d_2_partials, 32 * sizeof(float));
    memcpy(conv2d_2_bias_gradient, conv2d_2_partials + 32, 8 * sizeof(float));
    for (int piece = 1; piece * 2 < rows; piece++) {
        const float *partial = conv2d_2_partials + piece * 40;
        for (int j = 0; j < 32; j++)
            conv2d_2_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 8; j++)
            conv2d_2_bias_gradient[j] += partial[32 + j];
    }
}

/* depthwise_conv2d_1 (layers_of_convnets.mnn:14): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void depthwise_conv2d_1_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 3) != 0)
        return;
    memcpy(depthwise_conv2d_1_kernel_gradient, depthwise_conv2d_1_partials, 16 * sizeof(float));
    for (int piece = 1; piece * 2 < rows; piece++) {
        const float *partial = depthwise_conv2d_1_partials + piece * 16;
        for (int j = 0; j < 16; j++)
            depthwise_conv2d_1_kernel_gradient[j] += partial[j];
    }
}

/* conv2d_1 (layers_of_convnets.mnn:11): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_1_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 4) != 0)
        return;
    memcpy(conv2d_1_kernel_gradient, conv2d_1_partials, 48 * sizeof(float));
    memcpy(conv2d_1_bias_gradient, conv2d_1_partials + 48, 4 * sizeof(float));
    for (int piece = 1; piece * 2 < rows; piece++) {
        const float *partial = conv2d_1_partials + piece * 52;
        for (int j = 0; j < 48; j++)
            conv2d_1_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 4; j++)
            conv2d_1_bias_gradient[j] += partial[48 + j];
    }
}

/* depthwise_conv2d (layers_of_convnets.mnn:10): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void depthwise_conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 5) != 0)
        return;
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

/* conv2d (layers_of_convnets.mnn:9): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 6) != 0)
        return;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 108 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 108, 6 * sizeof(float));
    for (int piece = 1; piece * 2 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 114;
        for (int j = 0; j < 108; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 6; j++)
            conv2d_bias_gradient[j] += partial[108 + j];
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    conv2d_forward(worker, batch->rows);
    depthwise_conv2d_forward(worker, batch->rows);
    conv2d_1_forward(worker, batch->rows);
    depthwise_conv2d_1_forward(worker, batch->rows);
    conv2d_2_forward(worker, batch->rows);
    global_avgpool2d_forward(worker, batch->rows);
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

/* A training step but for the update. Workers wait where one reads what another wrote. */
static void gradients(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    conv2d_forward(worker, batch->rows);
    depthwise_conv2d_forward(worker, batch->rows);
    conv2d_1_forward(worker, batch->rows);
    depthwise_conv2d_1_forward(worker, batch->rows);
    conv2d_2_forward(worker, batch->rows);
    global_avgpool2d_forward(worker, batch->rows);
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
    global_avgpool2d_backward(worker, batch->rows);
    conv2d_2_backward(worker, batch->rows);
    depthwise_conv2d_1_backward(worker, batch->rows);
    conv2d_1_backward(worker, batch->rows);
    depthwise_conv2d_backward(worker, batch->rows);
    conv2d_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_gradients(worker, batch->rows);
    dense_gradients(worker, batch->rows);
    conv2d_2_gradients(worker, batch->rows);
    depthwise_conv2d_1_gradients(worker, batch->rows);
    conv2d_1_gradients(worker, batch->rows);
    depthwise_conv2d_gradients(worker, batch->rows);
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
    for (int piece = mnn_part_begin(worker, 1); piece < mnn_part_end(worker, 1); piece++) {
        const int first = piece * 8192, end = mnn_min(first + 8192, PARAM_COUNT);
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

/* input (layers_of_convnets.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 288;
    for (size_t j = 0; j < 288; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* conv2d (layers_of_convnets.mnn:9): out[9, 8, 6] = in * kernel + bias */
static void conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 9; y++)
        for (int x = 0; x < 8; x++)
            for (int k = 0; k < 6; k++) {
                double sum = bias[k];
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r * 2 - 2, column = x + s - 1;
                        if (row < 0 || row >= 9 || column < 0 || column >= 8)
                            continue;
                        const double *pixel = in + (row * 8 + column) * 4 + k / 3 * 2;
                        const double *weight = kernel + (r * 3 + s) * 12 + k;
                        for (int c = 0; c < 2; c++)
                            sum += pixel[c] * weight[c * 6];
                    }
                out[(y * 8 + x) * 6 + k] = sum;
            }
}

/* conv2d (layers_of_convnets.mnn:9): out[432] = gelu(in) */
static void conv2d_gelu_reference(const double *in, double *out)
{
    for (int j = 0; j < 432; j++)
        out[j] = 0.5 * in[j] * (1.0 + erf(in[j] / sqrt(2.0)));
}

/* depthwise_conv2d (layers_of_convnets.mnn:10): out[c, m] = sum over r, s of in[c] kernel[r, s, c, m] + bias[c, m] */
static void depthwise_conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int c = 0; c < 6; c++)
        for (int m = 0; m < 2; m++)
            for (int y = 0; y < 5; y++)
                for (int x = 0; x < 8; x++) {
                    double sum = bias[c * 2 + m];
                    for (int r = 0; r < 3; r++)
                        for (int s = 0; s < 2; s++) {
                            const int row = y * 2 + r - 1, column = x + s;
                            if (row >= 0 && row < 9 && column >= 0 && column < 8)
                                sum += in[(row * 8 + column) * 6
                                    + c] * kernel[((r * 2 + s) * 6 + c) * 2 + m];
                        }
                    out[((y * 8 + x) * 6 + c) * 2 + m] = sum;
                }
}

/* depthwise_conv2d (layers_of_convnets.mnn:10): out[480] = silu(in) */
static void depthwise_conv2d_silu_reference(const double *in, double *out)
{
    for (int j = 0; j < 480; j++)
        out[j] = in[j] / (1.0 + exp(-in[j]));
}

/* conv2d_1 (layers_of_convnets.mnn:11): out[4, 7, 4] = in * kernel + bias */
static void conv2d_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 7; x++)
            for (int k = 0; k < 4; k++) {
                double sum = bias[k];
                for (int r = 0; r < 2; r++)
                    for (int s = 0; s < 2; s++) {
                        const int row = y + r, column = x + s;
                        const double *pixel = in + (row * 8 + column) * 12 + k / 1 * 3;
                        const double *weight = kernel + (r * 2 + s) * 12 + k;
                        for (int c = 0; c < 3; c++)
                            sum += pixel[c] * weight[c * 4];
                    }
                out[(y * 7 + x) * 4 + k] = sum;
            }
}

/* maxpool2d (layers_of_convnets.mnn:12): out[72] = largest of each window */
static void maxpool2d_reference(const double *in, double *out)
{
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 6; x++) {
            const int top = y, left = x;
            for (int k = 0; k < 4; k++) {
                double best = in[(top * 7 + left) * 4 + k];
                for (int r = 0; r < 2; r++)
                    for (int c = 0; c < 2; c++) {
                        best = fmax(best, in[((top + r) * 7 + left + c) * 4 + k]);
                    }
                out[(y * 6 + x) * 4 + k] = best;
            }
        }
}

/* activation (layers_of_convnets.mnn:13): out[72] = gelu(in) */
static void activation_gelu_reference(const double *in, double *out)
{
    for (int j = 0; j < 72; j++)
        out[j] = 0.5 * in[j] * (1.0
            + tanh(sqrt(2.0 / acos(-1.0)) * (in[j] + 0.044715 * pow(in[j], 3.0))));
}

/* depthwise_conv2d_1 (layers_of_convnets.mnn:14): out[c, m] = sum over r, s of in[c] kernel[r, s, c, m] */
static void depthwise_conv2d_1_reference(const double *kernel, const double *in, double *out)
{
    for (int c = 0; c < 4; c++)
        for (int m = 0; m < 1; m++)
            for (int y = 0; y < 2; y++)
                for (int x = 0; x < 5; x++) {
                    double sum = 0.0;
                    for (int r = 0; r < 2; r++)
                        for (int s = 0; s < 2; s++) {
                            const int row = y + r, column = x + s;
                            sum += in[(row * 6 + column) * 4 + c] * kernel[((r * 2 + s) * 4 + c) * 1
                                    + m];
                        }
                    out[((y * 5 + x) * 4 + c) * 1 + m] = sum;
                }
}

/* depthwise_conv2d_1 (layers_of_convnets.mnn:14): out[40] = elu(in) */
static void depthwise_conv2d_1_elu_reference(const double *in, double *out)
{
    for (int j = 0; j < 40; j++)
        out[j] = in[j] < 0.0 ? 0.7 * expm1(in[j]) : in[j];
}

/* conv2d_2 (layers_of_convnets.mnn:15): out[2, 5, 8] = in * kernel + bias */
static void conv2d_2_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 5; x++)
            for (int k = 0; k < 8; k++) {
                double sum = bias[k];
                for (int r = 0; r < 1; r++)
                    for (int s = 0; s < 1; s++) {
                        const int row = y + r, column = x + s;
                        const double *pixel = in + (row * 5 + column) * 4;
                        const double *weight = kernel + (r * 1 + s) * 32 + k;
                        for (int c = 0; c < 4; c++)
                            sum += pixel[c] * weight[c * 8];
                    }
                out[(y * 5 + x) * 8 + k] = sum;
            }
}

/* conv2d_2 (layers_of_convnets.mnn:15): out[80] = leaky_relu(in) */
static void conv2d_2_leaky_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 80; j++)
        out[j] = in[j] < 0.0 ? 0.2 * in[j] : in[j];
}

/* global_avgpool2d (layers_of_convnets.mnn:16): out[8] = mean of each channel */
static void global_avgpool2d_reference(const double *in, double *out)
{
    for (int k = 0; k < 8; k++) {
        double sum = 0.0;
        for (int j = 0; j < 10; j++)
            sum += in[j * 8 + k];
        out[k] = sum / 10.0;
    }
}

/* dense (layers_of_convnets.mnn:17): out[7] = in[8] . kernel[8, 7] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 7; j++) {
        double sum = bias[j];
        for (int i = 0; i < 8; i++)
            sum += in[i] * kernel[i * 7 + j];
        out[j] = sum;
    }
}

/* dense (layers_of_convnets.mnn:17): out[7] = gelu(in) */
static void dense_gelu_reference(const double *in, double *out)
{
    for (int j = 0; j < 7; j++)
        out[j] = 0.5 * in[j] * (1.0 + erf(in[j] / sqrt(2.0)));
}

/* dense_1 (layers_of_convnets.mnn:18): out[3] = in[7] . kernel[7, 3] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 3; j++) {
        double sum = bias[j];
        for (int i = 0; i < 7; i++)
            sum += in[i] * kernel[i * 3 + j];
        out[j] = sum;
    }
}

/* dense_1 (layers_of_convnets.mnn:18): out[3] = softmax(in) */
static void dense_1_softmax_reference(const double *in, double *out)
{
    for (int i = 0; i < 3; i += 3) {
        double largest = in[i], sum = 0.0;
        for (int j = i; j < i + 3; j++)
            largest = in[j] > largest ? in[j] : largest;
        for (int j = i; j < i + 3; j++)
            sum += exp(in[j] - largest);
        for (int j = i; j < i + 3; j++)
            out[j] = exp(in[j] - largest) / sum;
    }
}

/* loss (layers_of_convnets.mnn:21): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[288];
    static double conv2d_reference_values[432];
    static double conv2d_gelu_reference_values[432];
    static double depthwise_conv2d_reference_values[480];
    static double depthwise_conv2d_silu_reference_values[480];
    static double conv2d_1_reference_values[112];
    static double maxpool2d_reference_values[72];
    static double activation_gelu_reference_values[72];
    static double depthwise_conv2d_1_reference_values[40];
    static double depthwise_conv2d_1_elu_reference_values[40];
    static double conv2d_2_reference_values[80];
    static double conv2d_2_leaky_relu_reference_values[80];
    static double global_avgpool2d_reference_values[8];
    static double dense_reference_values[7];
    static double dense_gelu_reference_values[7];
    static double dense_1_reference_values[3];
    static double dense_1_softmax_reference_values[3];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        conv2d_reference(weights + 0, weights + 108, input_reference_values,
                conv2d_reference_values);
        conv2d_gelu_reference(conv2d_reference_values, conv2d_gelu_reference_values);
        depthwise_conv2d_reference(weights + 114, weights + 186, conv2d_gelu_reference_values,
                depthwise_conv2d_reference_values);
        depthwise_conv2d_silu_reference(depthwise_conv2d_reference_values,
                depthwise_conv2d_silu_reference_values);
        conv2d_1_reference(weights + 198, weights + 246, depthwise_conv2d_silu_reference_values,
                conv2d_1_reference_values);
        maxpool2d_reference(conv2d_1_reference_values, maxpool2d_reference_values);
        activation_gelu_reference(maxpool2d_reference_values, activation_gelu_reference_values);
        depthwise_conv2d_1_reference(weights + 250, activation_gelu_reference_values,
                depthwise_conv2d_1_reference_values);
        depthwise_conv2d_1_elu_reference(depthwise_conv2d_1_reference_values,
                depthwise_conv2d_1_elu_reference_values);
        conv2d_2_reference(weights + 266, weights + 298, depthwise_conv2d_1_elu_reference_values,
                conv2d_2_reference_values);
        conv2d_2_leaky_relu_reference(conv2d_2_reference_values,
                conv2d_2_leaky_relu_reference_values);
        global_avgpool2d_reference(conv2d_2_leaky_relu_reference_values,
                global_avgpool2d_reference_values);
        dense_reference(weights + 306, weights + 362, global_avgpool2d_reference_values,
                dense_reference_values);
        dense_gelu_reference(dense_reference_values, dense_gelu_reference_values);
        dense_1_reference(weights + 369, weights + 390, dense_gelu_reference_values,
                dense_1_reference_values);
        dense_1_softmax_reference(dense_1_reference_values, dense_1_softmax_reference_values);
        result[row] = loss_reference(dense_1_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {9, 8, 4}, 0, 576},
    {"conv2d", "conv2d", 3, {9, 8, 6}, 114, 19440},
    {"depthwise_conv2d", "depthwise_conv2d", 3, {5, 8, 12}, 84, 8160},
    {"conv2d_1", "conv2d", 3, {4, 7, 4}, 52, 2800},
    {"maxpool2d", "maxpool2d", 3, {3, 6, 4}, 0, 288},
    {"activation", "activation", 3, {3, 6, 4}, 0, 576},
    {"depthwise_conv2d_1", "depthwise_conv2d", 3, {2, 5, 4}, 16, 480},
    {"conv2d_2", "conv2d", 3, {2, 5, 8}, 40, 880},
    {"global_avgpool2d", "global_avgpool2d", 1, {8}, 0, 80},
    {"dense", "dense", 1, {7}, 63, 175},
    {"dense_1", "dense", 1, {3}, 24, 57},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {3, 3, 2, 6}, 0, 108, true, MNN_INIT_ORTHOGONAL, 1.0, 0.0},
    {"conv2d.bias", 1, {6}, 108, 6, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"depthwise_conv2d.kernel", 4, {3, 2, 6, 2}, 114, 72, true, MNN_INIT_UNIFORM,
            -0.3535533905932738, 0.3535533905932738},
    {"depthwise_conv2d.bias", 1, {12}, 186, 12, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"conv2d_1.kernel", 4, {2, 2, 3, 4}, 198, 48, true, MNN_INIT_UNIFORM, -0.4629100498862757,
            0.4629100498862757},
    {"conv2d_1.bias", 1, {4}, 246, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"depthwise_conv2d_1.kernel", 4, {2, 2, 4, 1}, 250, 16, true, MNN_INIT_UNIFORM,
            -0.5477225575051661, 0.5477225575051661},
    {"conv2d_2.kernel", 4, {1, 1, 4, 8}, 266, 32, true, MNN_INIT_UNIFORM, -0.7071067811865476,
            0.7071067811865476},
    {"conv2d_2.bias", 1, {8}, 298, 8, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense.kernel", 2, {8, 7}, 306, 56, true, MNN_INIT_UNIFORM, -0.6324555320336759,
            0.6324555320336759},
    {"dense.bias", 1, {7}, 362, 7, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {7, 3}, 369, 21, true, MNN_INIT_UNIFORM, -0.7745966692414834,
            0.7745966692414834},
    {"dense_1.bias", 1, {3}, 390, 3, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {9, 8, 4}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 3, .dims = {9, 8, 6}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {2, 1}, .pad = {2, 1}, .groups = 2},
    {.op = MNN_OP_ACTIVATION, .layer = "conv2d", .input_count = 1, .inputs = {1}, .rank = 3,
            .dims = {9, 8, 6}, .activation = MNN_ACTIVATION_GELU},
    {.op = MNN_OP_DEPTHWISE_CONV2D, .layer = "depthwise_conv2d", .input_count = 1, .inputs = {2},
            .tensor_count = 2, .tensors = {2, 3}, .rank = 3, .dims = {5, 8, 12}, .window = {3, 2},
            .strides = {2, 1}, .dilation = {1, 1}, .pad = {1, 0}},
    {.op = MNN_OP_ACTIVATION, .layer = "depthwise_conv2d", .input_count = 1, .inputs = {3},
            .rank = 3, .dims = {5, 8, 12}, .activation = MNN_ACTIVATION_SILU},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_1", .input_count = 1, .inputs = {4}, .tensor_count = 2,
            .tensors = {4, 5}, .rank = 3, .dims = {4, 7, 4}, .window = {2, 2}, .strides = {1, 1},
            .dilation = {1, 1}, .groups = 4},
    {.op = MNN_OP_MAXPOOL2D, .layer = "maxpool2d", .input_count = 1, .inputs = {5}, .rank = 3,
            .dims = {3, 6, 4}, .window = {2, 2}, .strides = {1, 1}},
    {.op = MNN_OP_ACTIVATION, .layer = "activation", .input_count = 1, .inputs = {6}, .rank = 3,
            .dims = {3, 6, 4}, .activation = MNN_ACTIVATION_GELU, .a = 1.0},
    {.op = MNN_OP_DEPTHWISE_CONV2D, .layer = "depthwise_conv2d_1", .input_count = 1, .inputs = {7},
            .tensor_count = 1, .tensors = {6}, .rank = 3, .dims = {2, 5, 4}, .window = {2, 2},
            .strides = {1, 1}, .dilation = {1, 1}},
    {.op = MNN_OP_ACTIVATION, .layer = "depthwise_conv2d_1", .input_count = 1, .inputs = {8},
            .rank = 3, .dims = {2, 5, 4}, .activation = MNN_ACTIVATION_ELU, .a = 0.7},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_2", .input_count = 1, .inputs = {9}, .tensor_count = 2,
            .tensors = {7, 8}, .rank = 3, .dims = {2, 5, 8}, .window = {1, 1}, .strides = {1, 1},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "conv2d_2", .input_count = 1, .inputs = {10}, .rank = 3,
            .dims = {2, 5, 8}, .activation = MNN_ACTIVATION_LEAKY_RELU, .a = 0.2},
    {.op = MNN_OP_GLOBAL_AVGPOOL2D, .layer = "global_avgpool2d", .input_count = 1, .inputs = {11},
            .rank = 1, .dims = {8}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {12}, .tensor_count = 2,
            .tensors = {9, 10}, .rank = 1, .dims = {7}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {13}, .rank = 1,
            .dims = {7}, .activation = MNN_ACTIVATION_GELU},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {14}, .tensor_count = 2,
            .tensors = {11, 12}, .rank = 1, .dims = {3}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_1", .input_count = 1, .inputs = {15}, .rank = 1,
            .dims = {3}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "7f3d2812ddce41924019394e26c2cee53e8869806486a991e99834fae22b8d63",
    .data_name = "d",
    .train = {"i", "l"},
    .test = {"i", "l"},
    .validation = {NULL, NULL},
    .sample_rank = 3,
    .sample_dims = {9, 8, 4},
    .sample_size = 288,
    .scale = 0.003921569f,
    .shift = 0.0f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 3,
    .validation_split = 0.0,
    .train_limit = 0,
    .test_limit = 0,
    .validation_limit = 0,
    .shuffle = true,
    .epochs = 1,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "sparse_categorical_crossentropy",
    .optimizer_name = "adam",
    .learning_rate = 0.001,
    .metric_count = 0,
    .metrics = NULL,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .node_count = sizeof nodes / sizeof nodes[0],
    .nodes = nodes,
    .slot_count = 2,
    .slots = slots,
    .static_bytes = 131748,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 3,
    .output = workspace + 16880,
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
