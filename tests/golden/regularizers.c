/* m: a training program that mnnc 0.1.0 made from regularizers.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              28 x 28 x 1              0           1,568     6
 * conv2d (conv2d, relu)      9 x 9 x 4               40           6,480     9
 * depthwise_conv2d (depthwise_conv2d) 8 x 8 x 4               20           2,304    10
 * flatten (flatten)          256                      0               0    11
 * dense (dense, tanh)        40                  10,280          20,680    12
 * dense_1 (dense, softmax)   10                     410             850    13
 *
 * 10,750 parameters, batches of 32; static memory 489,648 bytes (checked below).
 * gradcheck takes another 14,304 bytes.
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
    BATCH = 32, /* rows of a full batch */
    PARAM_COUNT = 10750,
    WORKSPACE = 66064, /* floats */
    SCRATCH = 4352, /* floats a worker */
    MAX_WORKERS = 8
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof workspace + sizeof scratch
        + sizeof row_loss == 489648, "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [3, 3, 1, 4] */
static float *const conv2d_bias = params + 36; /* [4] */
static float *const depthwise_conv2d_kernel = params + 40; /* [2, 2, 4, 1] */
static float *const depthwise_conv2d_bias = params + 56; /* [4] */
static float *const dense_kernel = params + 60; /* [256, 40] */
static float *const dense_bias = params + 10300; /* [40] */
static float *const dense_1_kernel = params + 10340; /* [40, 10] */
static float *const dense_1_bias = params + 10740; /* [10] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [3, 3, 1, 4] */
static float *const conv2d_bias_gradient = grads + 36; /* [4] */
static float *const depthwise_conv2d_kernel_gradient = grads + 40; /* [2, 2, 4, 1] */
static float *const depthwise_conv2d_bias_gradient = grads + 56; /* [4] */
static float *const dense_kernel_gradient = grads + 60; /* [256, 40] */
static float *const dense_bias_gradient = grads + 10300; /* [40] */
static float *const dense_1_kernel_gradient = grads + 10340; /* [40, 10] */
static float *const dense_1_bias_gradient = grads + 10740; /* [10] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 28, 28, 1] */
static float *const conv2d_out = workspace + 25088; /* [rows, 9, 9, 4] */
static float *const depthwise_conv2d_out = workspace + 35456; /* [rows, 8, 8, 4] */
static float *const dense_out = workspace + 43648; /* [rows, 40] */
static float *const dense_1_out = workspace + 44928; /* [rows, 10] */
static float *const dense_1_softmax = workspace + 45248; /* [rows, 10] */
static float *const loss_penalty_sums = workspace + 45568; /* partial sums */
static float *const dense_1_out_gradient = workspace + 45584; /* [rows, 10] */
static float *const dense_out_gradient = workspace + 45904; /* [rows, 40] */
static float *const flatten_out_gradient = workspace + 47184; /* [rows, 256] */
static float *const conv2d_out_gradient = workspace + 55376; /* [rows, 9, 9, 4] */
static float *const depthwise_conv2d_partials = workspace + 44928; /* partial sums */
static float *const conv2d_partials = workspace + 65744; /* partial sums */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[28 x 28 x 1]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 784;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 784; j++)
            out[j] = (float)pixel[j] * 0.003921569f;
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 784; j++)
            out[j] = value[j] * 0.003921569f;
    }
}

/* input (regularizers.mnn:6): forward
 *     out[rows, 28, 28, 1] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 4; first < batch->rows; first += worker->count * 4) {
        const int n = mnn_min(4, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 784);
            float *out = input_out + i * 784;
            input_sample(batch, i, out);
        }
    }
}

/* conv2d (regularizers.mnn:9): forward
 *     out[rows, 9, 9, 4] = relu(in[rows, 28, 28, 1] * kernel[3, 3, 1, 4] + bias)
 * tiles in registers, straight from the image; image by image */
static void conv2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 4; first < rows; first += worker->count * 4) {
        const int n = mnn_min(4, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_out + i * 324;
            const float *in = input_out + i * 784;
            mnn_grid_product(9, 9, 4, 3, 3, in, 84, 3, 28, conv2d_kernel, 4, 12, out, 36, 4);
            for (int j = 0; j < 81; j++)
                for (int k = 0; k < 4; k++) {
                    const float sum = out[j * 4 + k] + conv2d_bias[k];
                    out[j * 4 + k] = sum < 0.0f ? 0.0f : sum;
                }
        }
    }
}

/* depthwise_conv2d (regularizers.mnn:10): forward
 *     out[y, x, k] = sum over r, s of in[row, column, k] kernel[r, s, k] + bias[k]
 *     in[rows, 9, 9, 4], kernel[2, 2, 4, 1], out[rows, 8, 8, 4]
 * loop; image by image */
static void depthwise_conv2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 4; first < rows; first += worker->count * 4) {
        const int n = mnn_min(4, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = conv2d_out + i * 324;
            float *out = depthwise_conv2d_out + i * 256;
            memset(out, 0, 256 * sizeof *out);
            for (int y = 0; y < 8; y++)
                for (int x = 0; x < 8; x++) {
                    float *sum = out + (y * 8 + x) * 4;
                    for (int r = 0; r < 2; r++) {
                        const int row = y + r;
                        for (int s = 0; s < 2; s++) {
                            const int column = x + s;
                            const float *pixel = in + (row * 9 + column) * 4;
                            const float *weight = depthwise_conv2d_kernel + (r * 2 + s) * 4;
                            for (int k = 0; k < 4; k++) {
                                sum[k] += pixel[k] * weight[k];
                            }
                        }
                    }
                }
            for (int j = 0; j < 64; j++)
                for (int k = 0; k < 4; k++) {
                    const float sum = out[j * 4 + k] + depthwise_conv2d_bias[k];
                    out[j * 4 + k] = sum;
                }
        }
    }
}

/* dense (regularizers.mnn:12): forward
 *     out[rows, 40] = tanh(in[rows, 256] . kernel[256, 40] + bias)
 * tiles in registers; in one piece: too small to cut */
static void dense_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_out;
    mnn_rows_product(rows, 40, 256, depthwise_conv2d_out, 256, dense_kernel, 40, out, 40);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 40; j++) {
            const float z = out[i * 40 + j] + dense_bias[j];
            out[i * 40 + j] = tanhf(z);
        }
}

/* dense_1 (regularizers.mnn:13): forward
 *     out[rows, 10] = in[rows, 40] . kernel[40, 10] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_1_out;
    mnn_rows_product(rows, 10, 40, dense_out, 40, dense_1_kernel, 10, out, 10);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            out[i * 10 + j] += dense_1_bias[j];
}

/* dense_1 (regularizers.mnn:13): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 10]
 * loop; row by row */
static void dense_1_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 4; first < rows; first += worker->count * 4) {
        const int n = mnn_min(4, rows - first);
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

/* loss (regularizers.mnn:16): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 4; first < batch->rows; first += worker->count * 4) {
        const int n = mnn_min(4, batch->rows - first);
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

/* loss (regularizers.mnn:16): forward
 *     row_loss[rows] += 0.001 sum conv2d_kernel^2
 *     + 0.002 sum |conv2d_bias|
 *     + 0.0001 sum |depthwise_conv2d_kernel| + 0.001 sum depthwise_conv2d_kernel^2
 *     + 1e-05 sum |dense_kernel| + 0.0001 sum dense_kernel^2
 *     + 0.01 sum dense_1_bias^2
 * loop; pieces of the parameters; when all are summed up, row by row */
static void loss_penalty_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8192; first < 36; first += worker->count * 8192) {
        const int n = mnn_min(8192, 36 - first);
        const double l2 = 0.001 * mnn_sum_of_squares(conv2d_kernel + first, n);
        loss_penalty_sums[first / 8192] = (float)l2;
    }
    for (int first = worker->index * 8192; first < 4; first += worker->count * 8192) {
        const int n = mnn_min(8192, 4 - first);
        const double l1 = 0.002 * mnn_sum_of_magnitudes(conv2d_bias + first, n);
        loss_penalty_sums[1 + first / 8192] = (float)l1;
    }
    for (int first = worker->index * 8192; first < 16; first += worker->count * 8192) {
        const int n = mnn_min(8192, 16 - first);
        const double l1 = 0.0001 * mnn_sum_of_magnitudes(depthwise_conv2d_kernel + first, n);
        const double l2 = 0.001 * mnn_sum_of_squares(depthwise_conv2d_kernel + first, n);
        loss_penalty_sums[2 + first / 8192] = (float)(l1 + l2);
    }
    for (int first = worker->index * 8192; first < 10240; first += worker->count * 8192) {
        const int n = mnn_min(8192, 10240 - first);
        const double l1 = 1e-05 * mnn_sum_of_magnitudes(dense_kernel + first, n);
        const double l2 = 0.0001 * mnn_sum_of_squares(dense_kernel + first, n);
        loss_penalty_sums[3 + first / 8192] = (float)(l1 + l2);
    }
    for (int first = worker->index * 8192; first < 10; first += worker->count * 8192) {
        const int n = mnn_min(8192, 10 - first);
        const double l2 = 0.01 * mnn_sum_of_squares(dense_1_bias + first, n);
        loss_penalty_sums[5 + first / 8192] = (float)l2;
    }
    mnn_barrier(worker);
    float penalty = 0.0f;
    for (int j = 0; j < 6; j++)
        penalty += loss_penalty_sums[j];
    for (int first = worker->index * 4; first < rows; first += worker->count * 4) {
        const int n = mnn_min(4, rows - first);
        for (int i = first; i < first + n; i++)
            row_loss[i] += penalty;
    }
}

/* ---- backward ---- */

/* loss (regularizers.mnn:16): backward
 *     dz[rows, 10] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 4; first < batch->rows; first += worker->count * 4) {
        const int n = mnn_min(4, batch->rows - first);
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

/* dense_1 (regularizers.mnn:13): backward
 *     dx[rows, 40] = dy[rows, 10] . transpose(kernel[40, 10]), times the derivative of tanh
 * tiles in registers; in one piece: too small to cut */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [10, 32] */
    float *dx_turned = dy_turned + 320; /* [96, 32] */
    mnn_transpose(rows, 10, dense_1_out_gradient, 10, dy_turned, 32);
    for (int i = 0; i < 40; i += 96) {
        const int count = mnn_min(96, 40 - i);
        mnn_product(count, 32, 10, dense_1_kernel + i * 10, 10, 1, dy_turned, 32, dx_turned, 32, 0);
        mnn_transpose(count, rows, dx_turned, 32, dense_out_gradient + i, 40);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 40 + 0, end = j + 40; j < end; j++) {
            const float y = dense_out[j], g = dense_out_gradient[j];
            dense_out_gradient[j] = g * (1.0f - y * y);
        }
}

/* dense (regularizers.mnn:12): backward
 *     dx[rows, 256] = dy[rows, 40] . transpose(kernel[256, 40])
 * tiles in registers; cut by columns: the batch is small */
static void dense_backward(const mnn_worker *worker, int rows)
{
    float *dy_turned = scratch[worker->index]; /* [40, 32] */
    float *dx_turned = dy_turned + 1280; /* [96, 32] */
    mnn_transpose(rows, 40, dense_out_gradient, 40, dy_turned, 32);
    for (int first = worker->index * 128; first < 256; first += worker->count * 128) {
        const int n = 128;
        for (int i = first; i < first + n; i += 96) {
            const int count = mnn_min(96, first + n - i);
            mnn_product(count, 32, 40, dense_kernel + i * 40, 40, 1, dy_turned, 32, dx_turned, 32,
                    0);
            mnn_transpose(count, rows, dx_turned, 32, flatten_out_gradient + i, 256);
        }
    }
}

/* depthwise_conv2d (regularizers.mnn:10): backward
 *     partial sums, one a piece:
 *     dkernel[r, s, k] = sum over y, x of in[row, column, k] dy[y, x, k], dbias[k] = sum of dy,
 *     dx[row, column, k] += kernel[r, s, k] dy[y, x, k]
 * loop; image by image */
static void depthwise_conv2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 4; first < rows; first += worker->count * 4) {
        const int n = mnn_min(4, rows - first);
        float *dkernel = depthwise_conv2d_partials + first / 4 * 20;
        float *dbias = dkernel + 16;
        memset(dkernel, 0, 20 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *in = conv2d_out + i * 324;
            const float *dy = flatten_out_gradient + i * 256;
            float *dx = conv2d_out_gradient + i * 324;
            memset(dx, 0, 324 * sizeof *dx);
            for (int y = 0; y < 8; y++)
                for (int x = 0; x < 8; x++) {
                    const float *d = dy + (y * 8 + x) * 4;
                    for (int r = 0; r < 2; r++) {
                        const int row = y + r;
                        for (int s = 0; s < 2; s++) {
                            const int column = x + s;
                            const float *pixel = in + (row * 9 + column) * 4;
                            float *dweight = dkernel + (r * 2 + s) * 4;
                            const float *weight = depthwise_conv2d_kernel + (r * 2 + s) * 4;
                            float *dpixel = dx + (row * 9 + column) * 4;
                            for (int k = 0; k < 4; k++) {
                                dweight[k] += pixel[k] * d[k];
                                dpixel[k] += weight[k] * d[k];
                            }
                        }
                    }
                }
            for (int j = 0; j < 64; j++)
                for (int k = 0; k < 4; k++)
                    dbias[k] += dy[j * 4 + k];
            for (int j = i * 324, end = j + 324; j < end; j++) {
                const float y = conv2d_out[j], g = conv2d_out_gradient[j];
                conv2d_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* conv2d (regularizers.mnn:9): backward
 *     partial sums, one a piece:
 *     dkernel[9, 4] = transpose(patches[81, 9]) . dz[81, 4], dbias = sum of dz
 * tiles in registers, straight from the image; image by image */
static void conv2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 4; first < rows; first += worker->count * 4) {
        const int n = mnn_min(4, rows - first);
        float *dkernel = conv2d_partials + first / 4 * 40;
        float *dbias = dkernel + 36;
        memset(dkernel, 0, 40 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *in = input_out + i * 784;
            const float *dy = conv2d_out_gradient + i * 324;
            for (int r = 0; r < 3; r++)
                mnn_nested_product(3, 4, 9, 9, in + r * 28, 1, 3, 84, dy, 4, 36, dkernel + r * 12,
                        4, 1);
            for (int j = 0; j < 81; j++)
                for (int k = 0; k < 4; k++)
                    dbias[k] += dy[j * 4 + k];
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense_1 (regularizers.mnn:13): gradients of the parameters
 *     dkernel[40, 10] = transpose(in[rows, 40]) . dy[rows, 10]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(40, 10, rows, dense_out, 1, 40, dense_1_out_gradient, 10, dense_1_kernel_gradient,
            10, 0);
    for (int j = 0; j < 10; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 10 + j];
    for (int j = 0, end = j + 10; j < end; j++) {
        const float w = dense_1_bias[j];
        dense_1_bias_gradient[j] += 0.02f * w;
    }
}

/* dense (regularizers.mnn:12): gradients of the parameters
 *     dkernel[256, 40] = transpose(in[rows, 256]) . dy[rows, 40]; dbias = sum over rows of dy
 * tiles in registers; cut by inputs: each piece is a whole sum over the batch */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    for (int first = mnn_first_piece(worker, 1) * 132; first < 256; first += worker->count * 132) {
        const int n = mnn_min(132, 256 - first);
        mnn_product(n, 40, rows, depthwise_conv2d_out + first, 1, 256, dense_out_gradient, 40,
                dense_kernel_gradient + first * 40, 40, 0);
        for (int j = first * 40, end = j + n * 40; j < end; j++) {
            const float w = dense_kernel[j];
            dense_kernel_gradient[j] += (w > 0.0f ? 1e-05f : w < 0.0f ? -1e-05f : 0.0f)
                    + 0.0002f * w;
        }
        if (first == 0) {
            for (int j = 0; j < 40; j++)
                dense_bias_gradient[j] = 0.0f;
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < 40; j++)
                    dense_bias_gradient[j] += dense_out_gradient[i * 40 + j];
        }
    }
}

/* depthwise_conv2d (regularizers.mnn:10): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order, and the penalty's part
 * sum; partial sums in a fixed order */
static void depthwise_conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 3) != 0)
        return;
    memcpy(depthwise_conv2d_kernel_gradient, depthwise_conv2d_partials, 16 * sizeof(float));
    memcpy(depthwise_conv2d_bias_gradient, depthwise_conv2d_partials + 16, 4 * sizeof(float));
    for (int piece = 1; piece * 4 < rows; piece++) {
        const float *partial = depthwise_conv2d_partials + piece * 20;
        for (int j = 0; j < 16; j++)
            depthwise_conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 4; j++)
            depthwise_conv2d_bias_gradient[j] += partial[16 + j];
    }
    for (int j = 0, end = j + 16; j < end; j++) {
        const float w = depthwise_conv2d_kernel[j];
        depthwise_conv2d_kernel_gradient[j] += (w > 0.0f ? 0.0001f : w < 0.0f ? -0.0001f : 0.0f)
                + 0.002f * w;
    }
}

/* conv2d (regularizers.mnn:9): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order, and the penalty's part
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 4) != 0)
        return;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 36 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 36, 4 * sizeof(float));
    for (int piece = 1; piece * 4 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 40;
        for (int j = 0; j < 36; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 4; j++)
            conv2d_bias_gradient[j] += partial[36 + j];
    }
    for (int j = 0, end = j + 36; j < end; j++) {
        const float w = conv2d_kernel[j];
        conv2d_kernel_gradient[j] += 0.002f * w;
    }
    for (int j = 0, end = j + 4; j < end; j++) {
        const float w = conv2d_bias[j];
        conv2d_bias_gradient[j] += (w > 0.0f ? 0.002f : w < 0.0f ? -0.002f : 0.0f);
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    conv2d_forward(worker, batch->rows);
    depthwise_conv2d_forward(worker, batch->rows);
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
    loss_penalty_forward(worker, batch->rows);
}

/* A training step but for the update. Workers wait where one reads what another wrote. */
static void gradients(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    conv2d_forward(worker, batch->rows);
    depthwise_conv2d_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_penalty_forward(worker, batch->rows);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_1_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_backward(worker, batch->rows);
    mnn_barrier(worker);
    depthwise_conv2d_backward(worker, batch->rows);
    conv2d_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_gradients(worker, batch->rows);
    dense_gradients(worker, batch->rows);
    depthwise_conv2d_gradients(worker, batch->rows);
    conv2d_gradients(worker, batch->rows);
}

/* update: stochastic gradient descent
 *     w -= rate g */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const float rate = (float)step->learning_rate;
    for (int piece = mnn_part_begin(worker, 2); piece < mnn_part_end(worker, 2); piece++) {
        const int first = piece * 8192, end = mnn_min(first + 8192, PARAM_COUNT);
        for (int i = first; i < end; i++) {
            const float g = grads[i];
            params[i] -= rate * g;
        }
    }
}

/* ---- the same network once more, to check the gradients against ---- */

/* input (regularizers.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 784;
    for (size_t j = 0; j < 784; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* conv2d (regularizers.mnn:9): out[9, 9, 4] = in * kernel + bias */
static void conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 9; y++)
        for (int x = 0; x < 9; x++)
            for (int k = 0; k < 4; k++) {
                double sum = bias[k];
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y * 3 + r, column = x * 3 + s;
                        sum += in[row * 28 + column] * kernel[(r * 3 + s) * 4 + k];
                    }
                out[(y * 9 + x) * 4 + k] = sum;
            }
}

/* conv2d (regularizers.mnn:9): out[324] = relu(in) */
static void conv2d_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 324; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* depthwise_conv2d (regularizers.mnn:10): out[c, m] = sum over r, s of in[c] kernel[r, s, c, m] + bias[c, m] */
static void depthwise_conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int c = 0; c < 4; c++)
        for (int m = 0; m < 1; m++)
            for (int y = 0; y < 8; y++)
                for (int x = 0; x < 8; x++) {
                    double sum = bias[c * 1 + m];
                    for (int r = 0; r < 2; r++)
                        for (int s = 0; s < 2; s++) {
                            const int row = y + r, column = x + s;
                            sum += in[(row * 9 + column) * 4 + c] * kernel[((r * 2 + s) * 4 + c) * 1
                                    + m];
                        }
                    out[((y * 8 + x) * 4 + c) * 1 + m] = sum;
                }
}

/* dense (regularizers.mnn:12): out[40] = in[256] . kernel[256, 40] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 40; j++) {
        double sum = bias[j];
        for (int i = 0; i < 256; i++)
            sum += in[i] * kernel[i * 40 + j];
        out[j] = sum;
    }
}

/* dense (regularizers.mnn:12): out[40] = tanh(in) */
static void dense_tanh_reference(const double *in, double *out)
{
    for (int j = 0; j < 40; j++)
        out[j] = tanh(in[j]);
}

/* dense_1 (regularizers.mnn:13): out[10] = in[40] . kernel[40, 10] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 40; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* dense_1 (regularizers.mnn:13): out[10] = softmax(in) */
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

/* loss (regularizers.mnn:16): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* loss (regularizers.mnn:16): the penalty: what the regularizers say of all parameters */
static double loss_penalty_reference(const double *weights)
{
    double sum = 0.0;
    for (int j = 0; j < 36; j++) /* conv2d_kernel */
        sum += 0.0 * fabs(weights[j]) + 0.001 * weights[j] * weights[j];
    for (int j = 36; j < 40; j++) /* conv2d_bias */
        sum += 0.002 * fabs(weights[j]) + 0.0 * weights[j] * weights[j];
    for (int j = 40; j < 56; j++) /* depthwise_conv2d_kernel */
        sum += 0.0001 * fabs(weights[j]) + 0.001 * weights[j] * weights[j];
    for (int j = 60; j < 10300; j++) /* dense_kernel */
        sum += 1e-05 * fabs(weights[j]) + 0.0001 * weights[j] * weights[j];
    for (int j = 10740; j < 10750; j++) /* dense_1_bias */
        sum += 0.0 * fabs(weights[j]) + 0.01 * weights[j] * weights[j];
    return sum;
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[784];
    static double conv2d_reference_values[324];
    static double conv2d_relu_reference_values[324];
    static double depthwise_conv2d_reference_values[256];
    static double dense_reference_values[40];
    static double dense_tanh_reference_values[40];
    static double dense_1_reference_values[10];
    static double dense_1_softmax_reference_values[10];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        conv2d_reference(weights + 0, weights + 36, input_reference_values,
                conv2d_reference_values);
        conv2d_relu_reference(conv2d_reference_values, conv2d_relu_reference_values);
        depthwise_conv2d_reference(weights + 40, weights + 56, conv2d_relu_reference_values,
                depthwise_conv2d_reference_values);
        dense_reference(weights + 60, weights + 10300, depthwise_conv2d_reference_values,
                dense_reference_values);
        dense_tanh_reference(dense_reference_values, dense_tanh_reference_values);
        dense_1_reference(weights + 10340, weights + 10740, dense_tanh_reference_values,
                dense_1_reference_values);
        dense_1_softmax_reference(dense_1_reference_values, dense_1_softmax_reference_values);
        result[row] = loss_reference(dense_1_softmax_reference_values,
                batch->labels[batch->index[row]]) + loss_penalty_reference(weights);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {28, 28, 1}, 0, 1568},
    {"conv2d", "conv2d", 3, {9, 9, 4}, 40, 6480},
    {"depthwise_conv2d", "depthwise_conv2d", 3, {8, 8, 4}, 20, 2304},
    {"flatten", "flatten", 1, {256}, 0, 0},
    {"dense", "dense", 1, {40}, 10280, 20680},
    {"dense_1", "dense", 1, {10}, 410, 850},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {3, 3, 1, 4}, 0, 36, true, MNN_INIT_UNIFORM, -0.3651483716701107,
            0.3651483716701107},
    {"conv2d.bias", 1, {4}, 36, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"depthwise_conv2d.kernel", 4, {2, 2, 4, 1}, 40, 16, true, MNN_INIT_UNIFORM,
            -0.5477225575051661, 0.5477225575051661},
    {"depthwise_conv2d.bias", 1, {4}, 56, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense.kernel", 2, {256, 40}, 60, 10240, true, MNN_INIT_UNIFORM, -0.14237369936287486,
            0.14237369936287486},
    {"dense.bias", 1, {40}, 10300, 40, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {40, 10}, 10340, 400, true, MNN_INIT_UNIFORM, -0.34641016151377546,
            0.34641016151377546},
    {"dense_1.bias", 1, {10}, 10740, 10, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {28, 28, 1}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 3, .dims = {9, 9, 4}, .window = {3, 3}, .strides = {3, 3},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "conv2d", .input_count = 1, .inputs = {1}, .rank = 3,
            .dims = {9, 9, 4}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DEPTHWISE_CONV2D, .layer = "depthwise_conv2d", .input_count = 1, .inputs = {2},
            .tensor_count = 2, .tensors = {2, 3}, .rank = 3, .dims = {8, 8, 4}, .window = {2, 2},
            .strides = {1, 1}, .dilation = {1, 1}},
    {.op = MNN_OP_RESHAPE, .layer = "flatten", .input_count = 1, .inputs = {3}, .rank = 1,
            .dims = {256}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {4}, .tensor_count = 2,
            .tensors = {4, 5}, .rank = 1, .dims = {40}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {5}, .rank = 1,
            .dims = {40}, .activation = MNN_ACTIVATION_TANH},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {6}, .tensor_count = 2,
            .tensors = {6, 7}, .rank = 1, .dims = {10}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_1", .input_count = 1, .inputs = {7}, .rank = 1,
            .dims = {10}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "d271fe519d786c84ffa25502b7bfe1440c061f0c85fcc8733d8b13c3ec660e15",
    .data_name = "d",
    .train = {"i", "l"},
    .test = {"i", "l"},
    .validation = {NULL, NULL},
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
    .validation_limit = 0,
    .shuffle = true,
    .epochs = 1,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "sparse_categorical_crossentropy",
    .optimizer_name = "sgd",
    .learning_rate = 0.01,
    .metric_count = 0,
    .metrics = NULL,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .node_count = sizeof nodes / sizeof nodes[0],
    .nodes = nodes,
    .slot_count = 0,
    .slots = NULL,
    .static_bytes = 489648,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 45248,
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
