/* m: a training program that mnnc 0.1.0 made from layernorm.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              12 x 12 x 1              0             288     4
 * conv2d (conv2d)            10 x 10 x 4             40           7,600     7
 * layernorm (layernorm)      10 x 10 x 4              8           3,200     8
 * activation (activation)    10 x 10 x 4              0             400     9
 * flatten (flatten)          400                      0               0    10
 * layernorm_1 (layernorm)    400                    400           3,200    11
 * dense (dense)              10                   4,010           8,010    12
 * last (layernorm)           10                      10              80    13
 * activation_1 (activation)  10                       0              40    14
 *
 * 4,468 parameters, batches of 10; static memory 188,184 bytes (checked below).
 * gradcheck takes another 14,192 bytes.
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
    BATCH = 10, /* rows of a full batch */
    PARAM_COUNT = 4468,
    WORKSPACE = 28272, /* floats */
    SCRATCH = 1072, /* floats a worker */
    MAX_WORKERS = 5
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float sgd_velocity[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof sgd_velocity + sizeof workspace
        + sizeof scratch + sizeof row_loss == 188184, "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [3, 3, 1, 4] */
static float *const conv2d_bias = params + 36; /* [4] */
static float *const layernorm_gamma = params + 40; /* [4] */
static float *const layernorm_beta = params + 44; /* [4] */
static float *const layernorm_1_gamma = params + 48; /* [400] */
static float *const dense_kernel = params + 448; /* [400, 10] */
static float *const dense_bias = params + 4448; /* [10] */
static float *const last_beta = params + 4458; /* [10] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [3, 3, 1, 4] */
static float *const conv2d_bias_gradient = grads + 36; /* [4] */
static float *const layernorm_gamma_gradient = grads + 40; /* [4] */
static float *const layernorm_beta_gradient = grads + 44; /* [4] */
static float *const layernorm_1_gamma_gradient = grads + 48; /* [400] */
static float *const dense_kernel_gradient = grads + 448; /* [400, 10] */
static float *const dense_bias_gradient = grads + 4448; /* [10] */
static float *const last_beta_gradient = grads + 4458; /* [10] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 12, 12, 1] */
static float *const conv2d_out = workspace + 1440; /* [rows, 10, 10, 4] */
static float *const activation_out = workspace + 5440; /* [rows, 10, 10, 4] */
static float *const layernorm_1_out = workspace + 9440; /* [rows, 400] */
static float *const dense_out = workspace + 13440; /* [rows, 10] */
static float *const last_out = workspace + 13552; /* [rows, 10] */
static float *const activation_1_softmax = workspace + 13664; /* [rows, 10] */
static float *const last_out_gradient = workspace + 13776; /* [rows, 10] */
static float *const dense_out_gradient = workspace + 13888; /* [rows, 10] */
static float *const last_partials = workspace + 14000; /* partial sums */
static float *const layernorm_1_out_gradient = workspace + 14064; /* [rows, 400] */
static float *const flatten_out_gradient = workspace + 18064; /* [rows, 400] */
static float *const layernorm_1_partials = workspace + 22064; /* partial sums */
static float *const conv2d_out_gradient = workspace + 24064; /* [rows, 10, 10, 4] */
static float *const layernorm_partials = workspace + 13440; /* partial sums */
static float *const conv2d_partials = workspace + 28064; /* partial sums */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[12 x 12 x 1]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 144;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 144; j++)
            out[j] = (float)pixel[j];
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 144; j++)
            out[j] = value[j];
    }
}

/* input (layernorm.mnn:4): forward
 *     out[rows, 12, 12, 1] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 2; first < batch->rows; first += worker->count * 2) {
        const int n = mnn_min(2, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 144);
            float *out = input_out + i * 144;
            input_sample(batch, i, out);
        }
    }
}

/* conv2d (layernorm.mnn:7): forward
 *     out[rows, 10, 10, 4] = in[rows, 12, 12, 1] * kernel[3, 3, 1, 4] + bias
 * tiles in registers, straight from the image; image by image */
static void conv2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_out + i * 400;
            const float *in = input_out + i * 144;
            mnn_grid_product(10, 10, 4, 3, 3, in, 12, 1, 12, conv2d_kernel, 4, 12, out, 40, 4);
            for (int j = 0; j < 100; j++)
                for (int k = 0; k < 4; k++) {
                    const float sum = out[j * 4 + k] + conv2d_bias[k];
                    out[j * 4 + k] = sum;
                }
        }
    }
}

/* layernorm (layernorm.mnn:8): forward
 *     out[rows, 10, 10, 4] = relu((in - mean) / sqrt(variance + 0.001) * gamma + beta),
 *     mean and variance along the last dimension
 * loop; row by row */
static void layernorm_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first * 100; i < (first + n) * 100; i++) {
            const float *in = conv2d_out + i * 4;
            float *restrict out = activation_out + i * 4;
            float mean, variance;
            mnn_moments(in, 4, &mean, &variance);
            const float inverse = 1.0f / sqrtf(variance + 0.001f);
            for (int k = 0; k < 4; k++) {
                const float y = (in[k] - mean) * inverse * layernorm_gamma[k] + layernorm_beta[k];
                out[k] = y < 0.0f ? 0.0f : y;
            }
        }
    }
}

/* layernorm_1 (layernorm.mnn:11): forward
 *     out[rows, 400] = (in - mean) / sqrt(variance + 1e-05) * gamma,
 *     mean and variance along the last dimension
 * loop; row by row */
static void layernorm_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = activation_out + i * 400;
            float *restrict out = layernorm_1_out + i * 400;
            float mean, variance;
            mnn_moments(in, 400, &mean, &variance);
            const float inverse = 1.0f / sqrtf(variance + 1e-05f);
            for (int k = 0; k < 400; k++) {
                const float y = (in[k] - mean) * inverse * layernorm_1_gamma[k];
                out[k] = y;
            }
        }
    }
}

/* dense (layernorm.mnn:12): forward
 *     out[rows, 10] = in[rows, 400] . kernel[400, 10] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_out;
    mnn_rows_product(rows, 10, 400, layernorm_1_out, 400, dense_kernel, 10, out, 10);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            out[i * 10 + j] += dense_bias[j];
}

/* last (layernorm.mnn:13): forward
 *     out[rows, 10] = (in - mean) / sqrt(variance + 0.001) + beta,
 *     mean and variance along the last dimension
 * loop; row by row */
static void last_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = dense_out + i * 10;
            float *restrict out = last_out + i * 10;
            float mean, variance;
            mnn_moments(in, 10, &mean, &variance);
            const float inverse = 1.0f / sqrtf(variance + 0.001f);
            for (int k = 0; k < 10; k++) {
                const float y = (in[k] - mean) * inverse + last_beta[k];
                out[k] = y;
            }
        }
    }
}

/* activation_1 (layernorm.mnn:14): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 10]
 * loop; row by row */
static void activation_1_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = 0; i < n; i++) {
            const float *z = last_out + first * 10 + i * 10;
            float *p = activation_1_softmax + first * 10 + i * 10;
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

/* loss (layernorm.mnn:17): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 2; first < batch->rows; first += worker->count * 2) {
        const int n = mnn_min(2, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = last_out + i * 10;
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

/* loss (layernorm.mnn:17): backward
 *     dz[rows, 10] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 2; first < batch->rows; first += worker->count * 2) {
        const int n = mnn_min(2, batch->rows - first);
        const float scale = 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = activation_1_softmax + i * 10;
            float *dz = last_out_gradient + i * 10;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 10; j++)
                dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
        }
    }
}

/* last (layernorm.mnn:13): backward
 *     dx = (dz - mean of dz - z * mean of (dz z)) / sqrt(variance + epsilon);
 *     partial sums, one a piece: dgamma = sum of dout z, dbeta = sum of dout;
 *     z = (in - mean) / sqrt(variance + 0.001), dz = dout
 * loop; row by row */
static void last_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        float *restrict dbeta = last_partials + first / 2 * 10;
        memset(dbeta, 0, 10 * sizeof(float));
        for (int i = first; i < first + n; i++) {
            const float *in = dense_out + i * 10;
            const float *dout = last_out_gradient + i * 10;
            float mean, variance;
            mnn_moments(in, 10, &mean, &variance);
            const float inverse = 1.0f / sqrtf(variance + 0.001f);
            for (int k = 0; k < 10; k++) {
                dbeta[k] += dout[k];
            }
            float *restrict dx = dense_out_gradient + i * 10;
            float sum = 0.0f, sum_z = 0.0f;
            for (int k = 0; k < 10; k++) {
                const float dz = dout[k];
                sum += dz;
                sum_z += dz * (in[k] - mean) * inverse;
            }
            for (int k = 0; k < 10; k++) {
                const float z = (in[k] - mean) * inverse, dz = dout[k];
                dx[k] = inverse * (dz - (sum + z * sum_z) / 10.0f);
            }
        }
    }
}

/* dense (layernorm.mnn:12): backward
 *     dx[rows, 400] = dy[rows, 10] . transpose(kernel[400, 10])
 * tiles in registers; in one piece: too small to cut */
static void dense_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [10, 10] */
    float *dx_turned = dy_turned + 100; /* [96, 10] */
    mnn_transpose(rows, 10, dense_out_gradient, 10, dy_turned, 10);
    for (int i = 0; i < 400; i += 96) {
        const int count = mnn_min(96, 400 - i);
        mnn_product(count, 10, 10, dense_kernel + i * 10, 10, 1, dy_turned, 10, dx_turned, 10, 0);
        mnn_transpose(count, rows, dx_turned, 10, layernorm_1_out_gradient + i, 400);
    }
}

/* layernorm_1 (layernorm.mnn:11): backward
 *     dx = (dz - mean of dz - z * mean of (dz z)) / sqrt(variance + epsilon);
 *     partial sums, one a piece: dgamma = sum of dout z, dbeta = sum of dout;
 *     z = (in - mean) / sqrt(variance + 1e-05), dz = dout * gamma
 * loop; row by row */
static void layernorm_1_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        float *restrict dgamma = layernorm_1_partials + first / 2 * 400;
        memset(dgamma, 0, 400 * sizeof(float));
        for (int i = first; i < first + n; i++) {
            const float *in = activation_out + i * 400;
            const float *dout = layernorm_1_out_gradient + i * 400;
            float mean, variance;
            mnn_moments(in, 400, &mean, &variance);
            const float inverse = 1.0f / sqrtf(variance + 1e-05f);
            for (int k = 0; k < 400; k++) {
                dgamma[k] += dout[k] * (in[k] - mean) * inverse;
            }
            float *restrict dx = flatten_out_gradient + i * 400;
            float sum = 0.0f, sum_z = 0.0f;
            for (int k = 0; k < 400; k++) {
                const float dz = dout[k] * layernorm_1_gamma[k];
                sum += dz;
                sum_z += dz * (in[k] - mean) * inverse;
            }
            for (int k = 0; k < 400; k++) {
                const float z = (in[k] - mean) * inverse, dz = dout[k] * layernorm_1_gamma[k];
                dx[k] = inverse * (dz - (sum + z * sum_z) / 400.0f);
            }
        }
        for (int j = first * 400, end = j + n * 400; j < end; j++) {
            const float y = activation_out[j], g = flatten_out_gradient[j];
            flatten_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* layernorm (layernorm.mnn:8): backward
 *     dx = (dz - mean of dz - z * mean of (dz z)) / sqrt(variance + epsilon);
 *     partial sums, one a piece: dgamma = sum of dout z, dbeta = sum of dout;
 *     z = (in - mean) / sqrt(variance + 0.001), dz = dout * gamma
 * loop; row by row */
static void layernorm_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        float *restrict dgamma = layernorm_partials + first / 2 * 8;
        float *restrict dbeta = dgamma + 4;
        memset(dgamma, 0, 8 * sizeof(float));
        for (int i = first * 100; i < (first + n) * 100; i++) {
            const float *in = conv2d_out + i * 4;
            const float *dout = flatten_out_gradient + i * 4;
            float mean, variance;
            mnn_moments(in, 4, &mean, &variance);
            const float inverse = 1.0f / sqrtf(variance + 0.001f);
            for (int k = 0; k < 4; k++) {
                dgamma[k] += dout[k] * (in[k] - mean) * inverse;
                dbeta[k] += dout[k];
            }
            float *restrict dx = conv2d_out_gradient + i * 4;
            float sum = 0.0f, sum_z = 0.0f;
            for (int k = 0; k < 4; k++) {
                const float dz = dout[k] * layernorm_gamma[k];
                sum += dz;
                sum_z += dz * (in[k] - mean) * inverse;
            }
            for (int k = 0; k < 4; k++) {
                const float z = (in[k] - mean) * inverse, dz = dout[k] * layernorm_gamma[k];
                dx[k] = inverse * (dz - (sum + z * sum_z) / 4.0f);
            }
        }
    }
}

/* conv2d (layernorm.mnn:7): backward
 *     partial sums, one a piece:
 *     dkernel[9, 4] = transpose(patches[100, 9]) . dz[100, 4], dbias = sum of dz
 * tiles in registers, straight from the image; image by image */
static void conv2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        float *dkernel = conv2d_partials + first / 2 * 40;
        float *dbias = dkernel + 36;
        memset(dkernel, 0, 40 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *in = input_out + i * 144;
            const float *dy = conv2d_out_gradient + i * 400;
            for (int r = 0; r < 3; r++)
                mnn_nested_product(3, 4, 10, 10, in + r * 12, 1, 1, 12, dy, 4, 40, dkernel + r * 12,
                        4, 1);
            for (int j = 0; j < 100; j++)
                for (int k = 0; k < 4; k++)
                    dbias[k] += dy[j * 4 + k];
        }
    }
}

/* ---- gradients of the parameters ---- */

/* last (layernorm.mnn:13): gradients of the parameters
 *     dgamma, dbeta = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void last_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(last_beta_gradient, 0, 10 * sizeof(float));
    for (int piece = 0; piece * 2 < rows; piece++) {
        const float *partial = last_partials + piece * 10;
        for (int k = 0; k < 10; k++) {
            last_beta_gradient[k] += partial[k];
        }
    }
}

/* dense (layernorm.mnn:12): gradients of the parameters
 *     dkernel[400, 10] = transpose(in[rows, 400]) . dy[rows, 10]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    mnn_product(400, 10, rows, layernorm_1_out, 1, 400, dense_out_gradient, 10,
            dense_kernel_gradient, 10, 0);
    for (int j = 0; j < 10; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 10 + j];
}

/* layernorm_1 (layernorm.mnn:11): gradients of the parameters
 *     dgamma, dbeta = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void layernorm_1_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 2) != 0)
        return;
    memset(layernorm_1_gamma_gradient, 0, 400 * sizeof(float));
    for (int piece = 0; piece * 2 < rows; piece++) {
        const float *partial = layernorm_1_partials + piece * 400;
        for (int k = 0; k < 400; k++) {
            layernorm_1_gamma_gradient[k] += partial[k];
        }
    }
}

/* layernorm (layernorm.mnn:8): gradients of the parameters
 *     dgamma, dbeta = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void layernorm_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 3) != 0)
        return;
    memset(layernorm_gamma_gradient, 0, 4 * sizeof(float));
    memset(layernorm_beta_gradient, 0, 4 * sizeof(float));
    for (int piece = 0; piece * 2 < rows; piece++) {
        const float *partial = layernorm_partials + piece * 8;
        for (int k = 0; k < 4; k++) {
            layernorm_gamma_gradient[k] += partial[k];
            layernorm_beta_gradient[k] += partial[4 + k];
        }
    }
}

/* conv2d (layernorm.mnn:7): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 4) != 0)
        return;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 36 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 36, 4 * sizeof(float));
    for (int piece = 1; piece * 2 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 40;
        for (int j = 0; j < 36; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 4; j++)
            conv2d_bias_gradient[j] += partial[36 + j];
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    conv2d_forward(worker, batch->rows);
    layernorm_forward(worker, batch->rows);
    layernorm_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    last_forward(worker, batch->rows);
    activation_1_softmax_forward(worker, batch->rows);
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
    layernorm_forward(worker, batch->rows);
    layernorm_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    last_forward(worker, batch->rows);
    activation_1_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    last_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_backward(worker, batch->rows);
    mnn_barrier(worker);
    layernorm_1_backward(worker, batch->rows);
    layernorm_backward(worker, batch->rows);
    conv2d_backward(worker, batch->rows);
    mnn_barrier(worker);
    last_gradients(worker, batch->rows);
    dense_gradients(worker, batch->rows);
    layernorm_1_gradients(worker, batch->rows);
    layernorm_gradients(worker, batch->rows);
    conv2d_gradients(worker, batch->rows);
}

/* update: stochastic gradient descent with momentum
 *     v = 0.9 v - rate g;  w += v */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const float rate = (float)step->learning_rate;
    for (int piece = mnn_part_begin(worker, 1); piece < mnn_part_end(worker, 1); piece++) {
        const int first = piece * 8192, end = mnn_min(first + 8192, PARAM_COUNT);
        for (int i = first; i < end; i++) {
            const float g = grads[i];
            const float v = 0.9f * sgd_velocity[i] - rate * g;
            sgd_velocity[i] = v;
            params[i] += v;
        }
    }
}

/* ---- the same network once more, to check the gradients against ---- */

/* input (layernorm.mnn:4): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 144;
    for (size_t j = 0; j < 144; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j] : batch->inputs[at + j]));
}

/* conv2d (layernorm.mnn:7): out[10, 10, 4] = in * kernel + bias */
static void conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 10; y++)
        for (int x = 0; x < 10; x++)
            for (int k = 0; k < 4; k++) {
                double sum = bias[k];
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r, column = x + s;
                        sum += in[row * 12 + column] * kernel[(r * 3 + s) * 4 + k];
                    }
                out[(y * 10 + x) * 4 + k] = sum;
            }
}

/* layernorm (layernorm.mnn:8): out[100, 4] = (in - mean) / sqrt(variance + 0.001) * gamma + beta */
static void layernorm_reference(const double *gamma, const double *beta, const double *in,
        double *out)
{
    for (int i = 0; i < 100; i++, in += 4, out += 4) {
        double mean = 0.0, variance = 0.0;
        for (int k = 0; k < 4; k++)
            mean += in[k];
        mean /= 4.0;
        for (int k = 0; k < 4; k++)
            variance += (in[k] - mean) * (in[k] - mean);
        variance /= 4.0;
        const double inverse = 1.0 / sqrt(variance + 0.001);
        for (int k = 0; k < 4; k++)
            out[k] = (in[k] - mean) * inverse * gamma[k] + beta[k];
    }
}

/* activation (layernorm.mnn:9): out[400] = relu(in) */
static void activation_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 400; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* layernorm_1 (layernorm.mnn:11): out[1, 400] = (in - mean) / sqrt(variance + 1e-05) * gamma */
static void layernorm_1_reference(const double *gamma, const double *in, double *out)
{
    for (int i = 0; i < 1; i++, in += 400, out += 400) {
        double mean = 0.0, variance = 0.0;
        for (int k = 0; k < 400; k++)
            mean += in[k];
        mean /= 400.0;
        for (int k = 0; k < 400; k++)
            variance += (in[k] - mean) * (in[k] - mean);
        variance /= 400.0;
        const double inverse = 1.0 / sqrt(variance + 1e-05);
        for (int k = 0; k < 400; k++)
            out[k] = (in[k] - mean) * inverse * gamma[k];
    }
}

/* dense (layernorm.mnn:12): out[10] = in[400] . kernel[400, 10] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 400; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* last (layernorm.mnn:13): out[1, 10] = (in - mean) / sqrt(variance + 0.001) + beta */
static void last_reference(const double *beta, const double *in, double *out)
{
    for (int i = 0; i < 1; i++, in += 10, out += 10) {
        double mean = 0.0, variance = 0.0;
        for (int k = 0; k < 10; k++)
            mean += in[k];
        mean /= 10.0;
        for (int k = 0; k < 10; k++)
            variance += (in[k] - mean) * (in[k] - mean);
        variance /= 10.0;
        const double inverse = 1.0 / sqrt(variance + 0.001);
        for (int k = 0; k < 10; k++)
            out[k] = (in[k] - mean) * inverse + beta[k];
    }
}

/* activation_1 (layernorm.mnn:14): out[10] = softmax(in) */
static void activation_1_softmax_reference(const double *in, double *out)
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

/* loss (layernorm.mnn:17): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[144];
    static double conv2d_reference_values[400];
    static double layernorm_reference_values[400];
    static double activation_relu_reference_values[400];
    static double layernorm_1_reference_values[400];
    static double dense_reference_values[10];
    static double last_reference_values[10];
    static double activation_1_softmax_reference_values[10];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        conv2d_reference(weights + 0, weights + 36, input_reference_values,
                conv2d_reference_values);
        layernorm_reference(weights + 40, weights + 44, conv2d_reference_values,
                layernorm_reference_values);
        activation_relu_reference(layernorm_reference_values, activation_relu_reference_values);
        layernorm_1_reference(weights + 48, activation_relu_reference_values,
                layernorm_1_reference_values);
        dense_reference(weights + 448, weights + 4448, layernorm_1_reference_values,
                dense_reference_values);
        last_reference(weights + 4458, dense_reference_values, last_reference_values);
        activation_1_softmax_reference(last_reference_values,
                activation_1_softmax_reference_values);
        result[row] = loss_reference(activation_1_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {12, 12, 1}, 0, 288},
    {"conv2d", "conv2d", 3, {10, 10, 4}, 40, 7600},
    {"layernorm", "layernorm", 3, {10, 10, 4}, 8, 3200},
    {"activation", "activation", 3, {10, 10, 4}, 0, 400},
    {"flatten", "flatten", 1, {400}, 0, 0},
    {"layernorm_1", "layernorm", 1, {400}, 400, 3200},
    {"dense", "dense", 1, {10}, 4010, 8010},
    {"last", "layernorm", 1, {10}, 10, 80},
    {"activation_1", "activation", 1, {10}, 0, 40},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {3, 3, 1, 4}, 0, 36, true, MNN_INIT_UNIFORM, -0.3651483716701107,
            0.3651483716701107},
    {"conv2d.bias", 1, {4}, 36, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"layernorm.gamma", 1, {4}, 40, 4, true, MNN_INIT_ONES, 0.0, 0.0},
    {"layernorm.beta", 1, {4}, 44, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"layernorm_1.gamma", 1, {400}, 48, 400, true, MNN_INIT_ONES, 0.0, 0.0},
    {"dense.kernel", 2, {400, 10}, 448, 4000, true, MNN_INIT_UNIFORM, -0.12097167578182678,
            0.12097167578182678},
    {"dense.bias", 1, {10}, 4448, 10, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"last.beta", 1, {10}, 4458, 10, true, MNN_INIT_CONSTANT, 0.1, 0.0},
};

static const mnn_slot slots[] = {
    {"velocity", sgd_velocity, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {12, 12, 1}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 3, .dims = {10, 10, 4}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_LAYERNORM, .layer = "layernorm", .input_count = 1, .inputs = {1},
            .tensor_count = 2, .tensors = {2, 3}, .rank = 3, .dims = {10, 10, 4}, .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation", .input_count = 1, .inputs = {2}, .rank = 3,
            .dims = {10, 10, 4}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_RESHAPE, .layer = "flatten", .input_count = 1, .inputs = {3}, .rank = 1,
            .dims = {400}},
    {.op = MNN_OP_LAYERNORM, .layer = "layernorm_1", .input_count = 1, .inputs = {4},
            .tensor_count = 1, .tensors = {4}, .rank = 1, .dims = {400}, .epsilon = 1e-05},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {5}, .tensor_count = 2,
            .tensors = {5, 6}, .rank = 1, .dims = {10}},
    {.op = MNN_OP_LAYERNORM, .layer = "last", .input_count = 1, .inputs = {6}, .tensor_count = 1,
            .tensors = {7}, .rank = 1, .dims = {10}, .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation_1", .input_count = 1, .inputs = {7}, .rank = 1,
            .dims = {10}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "f3cd09c56bd764c63770ddb0c6a08a870e9803846a432f929aa55dc2ae4ea783",
    .data_name = "d",
    .train = {"i", "l"},
    .test = {"i", "l"},
    .validation = {NULL, NULL},
    .sample_rank = 3,
    .sample_dims = {12, 12, 1},
    .sample_size = 144,
    .scale = 1.0f,
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
    .learning_rate = 0.1,
    .metric_count = 0,
    .metrics = NULL,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .node_count = sizeof nodes / sizeof nodes[0],
    .nodes = nodes,
    .slot_count = 1,
    .slots = slots,
    .static_bytes = 188184,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 13664,
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
