/* m: a training program that mnnc 0.1.0 made from batchnorm.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              12 x 12 x 1              0             288     4
 * conv2d (conv2d)            10 x 10 x 4             36           7,200     7
 * batchnorm (batchnorm)      10 x 10 x 4             16           3,200     8
 * activation (activation)    10 x 10 x 4              0             100     9
 * maxpool2d (maxpool2d)      5 x 5 x 4                0             400    10
 * flatten (flatten)          100                      0               0    11
 * batchnorm_1 (batchnorm)    100                    200             800    12
 * dense (dense)              10                   1,010           2,010    13
 * last (batchnorm)           10                      40              80    14
 * activation_1 (activation)  10                       0              40    15
 *
 * 1,074 parameters and 228 numbers of state, batches of 10; static memory 114,296 bytes (checked below).
 * gradcheck takes another 100,736 bytes.
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
    PARAM_COUNT = 1074,
    STATE_COUNT = 228, /* behind the parameters: what is kept but not trained */
    WORKSPACE = 19504, /* floats */
    SCRATCH = 1072, /* floats a worker */
    MAX_WORKERS = 5
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT + STATE_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float sgd_velocity[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static uint8_t maxpool2d_index[1000]; /* [rows, 5, 5, 4]: which of its window was the largest */
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof sgd_velocity + sizeof workspace
        + sizeof scratch + sizeof maxpool2d_index + sizeof row_loss == 114296,
        "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [3, 3, 1, 4] */
static float *const batchnorm_gamma = params + 36; /* [4] */
static float *const batchnorm_beta = params + 40; /* [4] */
static float *const dense_kernel = params + 44; /* [100, 10] */
static float *const dense_bias = params + 1044; /* [10] */
static float *const last_gamma = params + 1054; /* [10] */
static float *const last_beta = params + 1064; /* [10] */

/* State, which follows the batches and is used in prediction. */
static float *const batchnorm_moving_mean = params + 1074; /* [4] */
static float *const batchnorm_moving_variance = params + 1078; /* [4] */
static float *const batchnorm_1_moving_mean = params + 1082; /* [100] */
static float *const batchnorm_1_moving_variance = params + 1182; /* [100] */
static float *const last_moving_mean = params + 1282; /* [10] */
static float *const last_moving_variance = params + 1292; /* [10] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [3, 3, 1, 4] */
static float *const batchnorm_gamma_gradient = grads + 36; /* [4] */
static float *const batchnorm_beta_gradient = grads + 40; /* [4] */
static float *const dense_kernel_gradient = grads + 44; /* [100, 10] */
static float *const dense_bias_gradient = grads + 1044; /* [10] */
static float *const last_gamma_gradient = grads + 1054; /* [10] */
static float *const last_beta_gradient = grads + 1064; /* [10] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 12, 12, 1] */
static float *const conv2d_out = workspace + 1440; /* [rows, 10, 10, 4] */
static float *const batchnorm_out = workspace + 5440; /* [rows, 10, 10, 4] */
static float *const batchnorm_mean = workspace + 9440; /* [4] */
static float *const batchnorm_variance = workspace + 9456; /* [4] */
static float *const batchnorm_inverse = workspace + 9472; /* [4] */
static float *const batchnorm_forward_partials = workspace + 5440; /* partial sums */
static float *const maxpool2d_before_activation = workspace + 9488; /* [rows, 5, 5, 4] */
static float *const maxpool2d_out = workspace + 10496; /* [rows, 5, 5, 4] */
static float *const batchnorm_1_out = workspace + 5440; /* [rows, 100] */
static float *const batchnorm_1_mean = workspace + 6448; /* [100] */
static float *const batchnorm_1_variance = workspace + 6560; /* [100] */
static float *const batchnorm_1_inverse = workspace + 6672; /* [100] */
static float *const batchnorm_1_forward_partials = workspace + 11504; /* partial sums */
static float *const dense_out = workspace + 6784; /* [rows, 10] */
static float *const last_out = workspace + 6896; /* [rows, 10] */
static float *const last_mean = workspace + 7008; /* [10] */
static float *const last_variance = workspace + 7024; /* [10] */
static float *const last_inverse = workspace + 7040; /* [10] */
static float *const last_forward_partials = workspace + 6896; /* partial sums */
static float *const activation_1_softmax = workspace + 7056; /* [rows, 10] */
static float *const last_out_gradient = workspace + 7168; /* [rows, 10] */
static float *const dense_out_gradient = workspace + 6896; /* [rows, 10] */
static float *const last_partials = workspace + 7280; /* partial sums */
static float *const batchnorm_1_out_gradient = workspace + 7168; /* [rows, 100] */
static float *const flatten_out_gradient = workspace + 8176; /* [rows, 100] */
static float *const batchnorm_1_gamma_sum = workspace + 6784; /* [100] */
static float *const batchnorm_1_beta_sum = workspace + 9184; /* [100] */
static float *const batchnorm_1_partials = workspace + 8176; /* partial sums */
static float *const batchnorm_out_gradient = workspace + 11504; /* [rows, 10, 10, 4] */
static float *const conv2d_out_gradient = workspace + 15504; /* [rows, 10, 10, 4] */
static float *const batchnorm_partials = workspace + 9296; /* partial sums */
static float *const conv2d_partials = workspace + 7168; /* partial sums */

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

/* input (batchnorm.mnn:4): forward
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

/* conv2d (batchnorm.mnn:7): forward
 *     out[rows, 10, 10, 4] = in[rows, 12, 12, 1] * kernel[3, 3, 1, 4]
 * tiles in registers, straight from the image; image by image */
static void conv2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_out + i * 400;
            const float *in = input_out + i * 144;
            mnn_grid_product(10, 10, 4, 3, 3, in, 12, 1, 12, conv2d_kernel, 4, 12, out, 40, 4);
        }
    }
}

/* batchnorm (batchnorm.mnn:8): forward, sums of each piece of the batch
 *     mean[4] and variance[4] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        const float *in = conv2d_out + first * 400;
        float *restrict mean = batchnorm_forward_partials + first / 2 * 8,
                *restrict variance = mean + 4;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n * 100);
        memset(mean, 0, 8 * sizeof *mean);
        memset(rest, 0, 4 * sizeof *rest);
        for (int j = 0; j < n * 100; j++)
            for (int k = 0; k < 4; k++) {
                mean[k] += in[j * 4 + k];
            }
        for (int k = 0; k < 4; k++)
            mean[k] /= count;
        for (int j = 0; j < n * 100; j++)
            for (int k = 0; k < 4; k++) {
                const float difference = in[j * 4 + k] - mean[k];
                rest[k] += difference;
                variance[k] += difference * difference;
            }
        for (int k = 0; k < 4; k++) {
            const float error = rest[k] / count;
            mean[k] += error;
            variance[k] = fmaxf(variance[k] / count - error * error, 0.0f);
        }
    }
}

/* batchnorm (batchnorm.mnn:8): forward, sums of the batch
 *     mean = sum over pieces of share * mean of the piece;
 *     variance = sum over pieces of share * (variance of the piece + (mean of the piece - mean)^2);
 *     inverse = 1 / sqrt(variance + 0.001)
 * sum; partial sums in a fixed order */
static void batchnorm_forward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_mean, 0, 4 * sizeof(float));
    memset(batchnorm_variance, 0, 4 * sizeof(float));
    for (int first = 0; first < rows; first += 2) {
        const float *mean = batchnorm_forward_partials + first / 2 * 8;
        const float share = (float)mnn_min(2, rows - first) / (float)rows;
        for (int k = 0; k < 4; k++)
            batchnorm_mean[k] += share * mean[k];
    }
    for (int first = 0; first < rows; first += 2) {
        const float *mean = batchnorm_forward_partials + first / 2 * 8;
        const float share = (float)mnn_min(2, rows - first) / (float)rows;
        for (int k = 0; k < 4; k++) {
            const float difference = mean[k] - batchnorm_mean[k];
            batchnorm_variance[k] += share * (mean[4 + k] + difference * difference);
        }
    }
    for (int k = 0; k < 4; k++)
        batchnorm_inverse[k] = 1.0f / sqrtf(batchnorm_variance[k] + 0.001f);
}

/* batchnorm (batchnorm.mnn:8): forward
 *     out[rows, 10, 10, 4] = (in - mean) * inverse * gamma + beta
 * loop; row by row */
static void batchnorm_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        const float *in = conv2d_out + first * 400;
        float *restrict out = batchnorm_out + first * 400;
        for (int j = 0; j < n * 100; j++)
            for (int k = 0; k < 4; k++) {
                const float z = (in[j * 4 + k] - batchnorm_mean[k]) * batchnorm_inverse[k];
                out[j * 4 + k] = z * batchnorm_gamma[k] + batchnorm_beta[k];
            }
    }
}

/* batchnorm (batchnorm.mnn:8): prediction
 *     out[rows, 10, 10, 4] = in * scale + shift, where scale = gamma / sqrt(moving_variance + 0.001)
 *     and shift = beta - moving_mean * scale */
static void batchnorm_predict(const mnn_worker *worker, int rows)
{
    float *restrict scale = scratch[worker->index], *restrict shift = scale + 4;
    for (int k = 0; k < 4; k++) {
        scale[k] = batchnorm_gamma[k] / sqrtf(batchnorm_moving_variance[k] + 0.001f);
        shift[k] = batchnorm_beta[k] - batchnorm_moving_mean[k] * scale[k];
    }
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        const float *in = conv2d_out + first * 400;
        float *restrict out = batchnorm_out + first * 400;
        for (int j = 0; j < n * 100; j++)
            for (int k = 0; k < 4; k++) {
                out[j * 4 + k] = in[j * 4 + k] * scale[k] + shift[k];
            }
    }
}

/* maxpool2d (batchnorm.mnn:10): forward
 *     out[rows, 5, 5, 4] = largest of each window of in[rows, 10, 10, 4]
 * loop; row by row */
static void maxpool2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = batchnorm_out + i * 400;
            float *out = maxpool2d_before_activation + i * 100;
            uint8_t *index = maxpool2d_index + i * 100;
            for (int y = 0; y < 5; y++)
                for (int x = 0; x < 5; x++) {
                    const int top = y * 2, left = x * 2;
                    float best[4];
                    int where[4] = {0};
                    memcpy(best, in + (top * 10 + left) * 4, sizeof best);
                    for (int r = 0; r < 2; r++)
                        for (int c = 0; c < 2; c++) {
                            const float *z_rc = in + ((top + r) * 10 + left + c) * 4;
                            for (int k = 0; k < 4; k++)
                                best[k] = z_rc[k] > best[k] ? z_rc[k] : best[k];
                        }
                    for (int r = 1; r >= 0; r--)
                        for (int c = 1; c >= 0; c--) {
                            const float *z_rc = in + ((top + r) * 10 + left + c) * 4;
                            for (int k = 0; k < 4; k++)
                                where[k] = z_rc[k] == best[k] ? r * 2 + c : where[k];
                        }
                    for (int k = 0; k < 4; k++)
                        out[(y * 5 + x) * 4 + k] = best[k];
                    for (int k = 0; k < 4; k++)
                        index[(y * 5 + x) * 4 + k] = (uint8_t)where[k];
                }
        }
    }
}

/* activation (batchnorm.mnn:9): forward
 *     out[rows, 5, 5, 4] = relu(in)
 * loop; row by row */
static void activation_relu_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int j = first * 100; j < (first + n) * 100; j++) {
            const float z = maxpool2d_before_activation[j];
            maxpool2d_out[j] = z < 0.0f ? 0.0f : z;
        }
    }
}

/* batchnorm_1 (batchnorm.mnn:12): forward, sums of each piece of the batch
 *     mean[100] and variance[100] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_1_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        const float *in = maxpool2d_out + first * 100;
        float *restrict mean = batchnorm_1_forward_partials + first / 2 * 200,
                *restrict variance = mean + 100;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n);
        memset(mean, 0, 200 * sizeof *mean);
        memset(rest, 0, 100 * sizeof *rest);
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 100; k++) {
                mean[k] += in[j * 100 + k];
            }
        for (int k = 0; k < 100; k++)
            mean[k] /= count;
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 100; k++) {
                const float difference = in[j * 100 + k] - mean[k];
                rest[k] += difference;
                variance[k] += difference * difference;
            }
        for (int k = 0; k < 100; k++) {
            const float error = rest[k] / count;
            mean[k] += error;
            variance[k] = fmaxf(variance[k] / count - error * error, 0.0f);
        }
    }
}

/* batchnorm_1 (batchnorm.mnn:12): forward, sums of the batch
 *     mean = sum over pieces of share * mean of the piece;
 *     variance = sum over pieces of share * (variance of the piece + (mean of the piece - mean)^2);
 *     inverse = 1 / sqrt(variance + 1e-05)
 * sum; partial sums in a fixed order */
static void batchnorm_1_forward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_1_mean, 0, 100 * sizeof(float));
    memset(batchnorm_1_variance, 0, 100 * sizeof(float));
    for (int first = 0; first < rows; first += 2) {
        const float *mean = batchnorm_1_forward_partials + first / 2 * 200;
        const float share = (float)mnn_min(2, rows - first) / (float)rows;
        for (int k = 0; k < 100; k++)
            batchnorm_1_mean[k] += share * mean[k];
    }
    for (int first = 0; first < rows; first += 2) {
        const float *mean = batchnorm_1_forward_partials + first / 2 * 200;
        const float share = (float)mnn_min(2, rows - first) / (float)rows;
        for (int k = 0; k < 100; k++) {
            const float difference = mean[k] - batchnorm_1_mean[k];
            batchnorm_1_variance[k] += share * (mean[100 + k] + difference * difference);
        }
    }
    for (int k = 0; k < 100; k++)
        batchnorm_1_inverse[k] = 1.0f / sqrtf(batchnorm_1_variance[k] + 1e-05f);
}

/* batchnorm_1 (batchnorm.mnn:12): forward
 *     out[rows, 100] = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        const float *in = maxpool2d_out + first * 100;
        float *restrict out = batchnorm_1_out + first * 100;
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 100; k++) {
                const float z = (in[j * 100 + k] - batchnorm_1_mean[k]) * batchnorm_1_inverse[k];
                out[j * 100 + k] = z;
            }
    }
}

/* batchnorm_1 (batchnorm.mnn:12): prediction
 *     out[rows, 100] = in * scale + shift, where scale = 1 / sqrt(moving_variance + 1e-05)
 *     and shift = - moving_mean * scale */
static void batchnorm_1_predict(const mnn_worker *worker, int rows)
{
    float *restrict scale = scratch[worker->index], *restrict shift = scale + 100;
    for (int k = 0; k < 100; k++) {
        scale[k] = 1.0f / sqrtf(batchnorm_1_moving_variance[k] + 1e-05f);
        shift[k] = -batchnorm_1_moving_mean[k] * scale[k];
    }
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        const float *in = maxpool2d_out + first * 100;
        float *restrict out = batchnorm_1_out + first * 100;
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 100; k++) {
                out[j * 100 + k] = in[j * 100 + k] * scale[k] + shift[k];
            }
    }
}

/* dense (batchnorm.mnn:13): forward
 *     out[rows, 10] = in[rows, 100] . kernel[100, 10] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_out;
    mnn_rows_product(rows, 10, 100, batchnorm_1_out, 100, dense_kernel, 10, out, 10);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            out[i * 10 + j] += dense_bias[j];
}

/* last (batchnorm.mnn:14): forward, sums of each piece of the batch
 *     mean[10] and variance[10] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void last_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        const float *in = dense_out + first * 10;
        float *restrict mean = last_forward_partials + first / 2 * 20,
                *restrict variance = mean + 10;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n);
        memset(mean, 0, 20 * sizeof *mean);
        memset(rest, 0, 10 * sizeof *rest);
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 10; k++) {
                mean[k] += in[j * 10 + k];
            }
        for (int k = 0; k < 10; k++)
            mean[k] /= count;
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 10; k++) {
                const float difference = in[j * 10 + k] - mean[k];
                rest[k] += difference;
                variance[k] += difference * difference;
            }
        for (int k = 0; k < 10; k++) {
            const float error = rest[k] / count;
            mean[k] += error;
            variance[k] = fmaxf(variance[k] / count - error * error, 0.0f);
        }
    }
}

/* last (batchnorm.mnn:14): forward, sums of the batch
 *     mean = sum over pieces of share * mean of the piece;
 *     variance = sum over pieces of share * (variance of the piece + (mean of the piece - mean)^2);
 *     inverse = 1 / sqrt(variance + 0.001)
 * sum; partial sums in a fixed order */
static void last_forward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(last_mean, 0, 10 * sizeof(float));
    memset(last_variance, 0, 10 * sizeof(float));
    for (int first = 0; first < rows; first += 2) {
        const float *mean = last_forward_partials + first / 2 * 20;
        const float share = (float)mnn_min(2, rows - first) / (float)rows;
        for (int k = 0; k < 10; k++)
            last_mean[k] += share * mean[k];
    }
    for (int first = 0; first < rows; first += 2) {
        const float *mean = last_forward_partials + first / 2 * 20;
        const float share = (float)mnn_min(2, rows - first) / (float)rows;
        for (int k = 0; k < 10; k++) {
            const float difference = mean[k] - last_mean[k];
            last_variance[k] += share * (mean[10 + k] + difference * difference);
        }
    }
    for (int k = 0; k < 10; k++)
        last_inverse[k] = 1.0f / sqrtf(last_variance[k] + 0.001f);
}

/* last (batchnorm.mnn:14): forward
 *     out[rows, 10] = (in - mean) * inverse * gamma + beta
 * loop; row by row */
static void last_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        const float *in = dense_out + first * 10;
        float *restrict out = last_out + first * 10;
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 10; k++) {
                const float z = (in[j * 10 + k] - last_mean[k]) * last_inverse[k];
                out[j * 10 + k] = z * last_gamma[k] + last_beta[k];
            }
    }
}

/* last (batchnorm.mnn:14): prediction
 *     out[rows, 10] = in * scale + shift, where scale = gamma / sqrt(moving_variance + 0.001)
 *     and shift = beta - moving_mean * scale */
static void last_predict(const mnn_worker *worker, int rows)
{
    float *restrict scale = scratch[worker->index], *restrict shift = scale + 10;
    for (int k = 0; k < 10; k++) {
        scale[k] = last_gamma[k] / sqrtf(last_moving_variance[k] + 0.001f);
        shift[k] = last_beta[k] - last_moving_mean[k] * scale[k];
    }
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        const float *in = dense_out + first * 10;
        float *restrict out = last_out + first * 10;
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 10; k++) {
                out[j * 10 + k] = in[j * 10 + k] * scale[k] + shift[k];
            }
    }
}

/* activation_1 (batchnorm.mnn:15): forward
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

/* loss (batchnorm.mnn:18): forward
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

/* loss (batchnorm.mnn:18): backward
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

/* last (batchnorm.mnn:14): backward, sums of each piece of the batch
 *     dgamma[10] = sum of dout z and dbeta[10] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void last_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        const float *dout = last_out_gradient + first * 10;
        const float *in = dense_out + first * 10;
        float *restrict dgamma = last_partials + first / 2 * 20, *restrict dbeta = dgamma + 10;
        memset(dgamma, 0, 20 * sizeof *dgamma);
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 10; k++) {
                const float z = (in[j * 10 + k] - last_mean[k]) * last_inverse[k];
                dgamma[k] += dout[j * 10 + k] * z;
                dbeta[k] += dout[j * 10 + k];
            }
    }
}

/* last (batchnorm.mnn:14): backward, sums of the batch
 *     dgamma, dbeta = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void last_backward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(last_gamma_gradient, 0, 10 * sizeof(float));
    memset(last_beta_gradient, 0, 10 * sizeof(float));
    for (int piece = 0; piece * 2 < rows; piece++) {
        const float *partial = last_partials + piece * 20;
        for (int k = 0; k < 10; k++) {
            last_gamma_gradient[k] += partial[k];
            last_beta_gradient[k] += partial[10 + k];
        }
    }
}

/* last (batchnorm.mnn:14): backward
 *     dx[rows, 10] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows
 * loop; row by row */
static void last_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows);
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        const float *dout = last_out_gradient + first * 10;
        const float *in = dense_out + first * 10;
        float *restrict dx = dense_out_gradient + first * 10;
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 10; k++) {
                const float z = (in[j * 10 + k] - last_mean[k]) * last_inverse[k];
                const float mean_part = (last_beta_gradient[k]
                        + z * last_gamma_gradient[k]) * share;
                dx[j * 10 + k] = last_gamma[k] * last_inverse[k] * (dout[j * 10 + k] - mean_part);
            }
    }
}

/* dense (batchnorm.mnn:13): backward
 *     dx[rows, 100] = dy[rows, 10] . transpose(kernel[100, 10])
 * tiles in registers; in one piece: too small to cut */
static void dense_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [10, 10] */
    float *dx_turned = dy_turned + 100; /* [96, 10] */
    mnn_transpose(rows, 10, dense_out_gradient, 10, dy_turned, 10);
    for (int i = 0; i < 100; i += 96) {
        const int count = mnn_min(96, 100 - i);
        mnn_product(count, 10, 10, dense_kernel + i * 10, 10, 1, dy_turned, 10, dx_turned, 10, 0);
        mnn_transpose(count, rows, dx_turned, 10, batchnorm_1_out_gradient + i, 100);
    }
}

/* batchnorm_1 (batchnorm.mnn:12): backward, sums of each piece of the batch
 *     dgamma[100] = sum of dout z and dbeta[100] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_1_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        const float *dout = batchnorm_1_out_gradient + first * 100;
        const float *in = maxpool2d_out + first * 100;
        float *restrict dgamma = batchnorm_1_partials + first / 2 * 200,
                *restrict dbeta = dgamma + 100;
        memset(dgamma, 0, 200 * sizeof *dgamma);
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 100; k++) {
                const float z = (in[j * 100 + k] - batchnorm_1_mean[k]) * batchnorm_1_inverse[k];
                dgamma[k] += dout[j * 100 + k] * z;
                dbeta[k] += dout[j * 100 + k];
            }
    }
}

/* batchnorm_1 (batchnorm.mnn:12): backward, sums of the batch
 *     dgamma, dbeta = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void batchnorm_1_backward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_1_gamma_sum, 0, 100 * sizeof(float));
    memset(batchnorm_1_beta_sum, 0, 100 * sizeof(float));
    for (int piece = 0; piece * 2 < rows; piece++) {
        const float *partial = batchnorm_1_partials + piece * 200;
        for (int k = 0; k < 100; k++) {
            batchnorm_1_gamma_sum[k] += partial[k];
            batchnorm_1_beta_sum[k] += partial[100 + k];
        }
    }
}

/* batchnorm_1 (batchnorm.mnn:12): backward
 *     dx[rows, 100] = inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows
 * loop; row by row */
static void batchnorm_1_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows);
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        const float *dout = batchnorm_1_out_gradient + first * 100;
        const float *in = maxpool2d_out + first * 100;
        float *restrict dx = flatten_out_gradient + first * 100;
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 100; k++) {
                const float z = (in[j * 100 + k] - batchnorm_1_mean[k]) * batchnorm_1_inverse[k];
                const float mean_part = (batchnorm_1_beta_sum[k]
                        + z * batchnorm_1_gamma_sum[k]) * share;
                dx[j * 100 + k] = batchnorm_1_inverse[k] * (dout[j * 100 + k] - mean_part);
            }
        for (int j = first * 100, end = j + n * 100; j < end; j++) {
            const float y = maxpool2d_out[j], g = flatten_out_gradient[j];
            flatten_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* maxpool2d (batchnorm.mnn:10): backward
 *     dx[rows, 10, 10, 4] = dy[rows, 5, 5, 4] at the place that was the largest, else 0
 * loop; row by row */
static void maxpool2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *dy = flatten_out_gradient + i * 100;
            const uint8_t *index = maxpool2d_index + i * 100;
            float *dx = batchnorm_out_gradient + i * 400;
            memset(dx, 0, 400 * sizeof *dx);
            for (int y = 0; y < 5; y++)
                for (int x = 0; x < 5; x++) {
                    const int top = y * 2, left = x * 2;
                    for (int k = 0; k < 4; k++) {
                        const int where = index[(y * 5 + x) * 4 + k];
                        dx[((top + where / 2) * 10 + left + where % 2) * 4
                                + k] += dy[(y * 5 + x) * 4 + k];
                    }
                }
        }
    }
}

/* batchnorm (batchnorm.mnn:8): backward, sums of each piece of the batch
 *     dgamma[4] = sum of dout z and dbeta[4] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        const float *dout = batchnorm_out_gradient + first * 400;
        const float *in = conv2d_out + first * 400;
        float *restrict dgamma = batchnorm_partials + first / 2 * 8, *restrict dbeta = dgamma + 4;
        memset(dgamma, 0, 8 * sizeof *dgamma);
        for (int j = 0; j < n * 100; j++)
            for (int k = 0; k < 4; k++) {
                const float z = (in[j * 4 + k] - batchnorm_mean[k]) * batchnorm_inverse[k];
                dgamma[k] += dout[j * 4 + k] * z;
                dbeta[k] += dout[j * 4 + k];
            }
    }
}

/* batchnorm (batchnorm.mnn:8): backward, sums of the batch
 *     dgamma, dbeta = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void batchnorm_backward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_gamma_gradient, 0, 4 * sizeof(float));
    memset(batchnorm_beta_gradient, 0, 4 * sizeof(float));
    for (int piece = 0; piece * 2 < rows; piece++) {
        const float *partial = batchnorm_partials + piece * 8;
        for (int k = 0; k < 4; k++) {
            batchnorm_gamma_gradient[k] += partial[k];
            batchnorm_beta_gradient[k] += partial[4 + k];
        }
    }
}

/* batchnorm (batchnorm.mnn:8): backward
 *     dx[rows, 10, 10, 4] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 100
 * loop; row by row */
static void batchnorm_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows * 100);
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        const float *dout = batchnorm_out_gradient + first * 400;
        const float *in = conv2d_out + first * 400;
        float *restrict dx = conv2d_out_gradient + first * 400;
        for (int j = 0; j < n * 100; j++)
            for (int k = 0; k < 4; k++) {
                const float z = (in[j * 4 + k] - batchnorm_mean[k]) * batchnorm_inverse[k];
                const float mean_part = (batchnorm_beta_gradient[k]
                        + z * batchnorm_gamma_gradient[k]) * share;
                dx[j * 4
                        + k] = batchnorm_gamma[k] * batchnorm_inverse[k] * (dout[j * 4
                        + k] - mean_part);
            }
    }
}

/* conv2d (batchnorm.mnn:7): backward
 *     partial sums, one a piece:
 *     dkernel[9, 4] = transpose(patches[100, 9]) . dz[100, 4]
 * tiles in registers, straight from the image; image by image */
static void conv2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        float *dkernel = conv2d_partials + first / 2 * 36;
        memset(dkernel, 0, 36 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *in = input_out + i * 144;
            const float *dy = conv2d_out_gradient + i * 400;
            for (int r = 0; r < 3; r++)
                mnn_nested_product(3, 4, 10, 10, in + r * 12, 1, 1, 12, dy, 4, 40, dkernel + r * 12,
                        4, 1);
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense (batchnorm.mnn:13): gradients of the parameters
 *     dkernel[100, 10] = transpose(in[rows, 100]) . dy[rows, 10]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(100, 10, rows, batchnorm_1_out, 1, 100, dense_out_gradient, 10,
            dense_kernel_gradient, 10, 0);
    for (int j = 0; j < 10; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 10 + j];
}

/* conv2d (batchnorm.mnn:7): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 36 * sizeof(float));
    for (int piece = 1; piece * 2 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 36;
        for (int j = 0; j < 36; j++)
            conv2d_kernel_gradient[j] += partial[j];
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    conv2d_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_predict(worker, batch->rows);
    maxpool2d_forward(worker, batch->rows);
    activation_relu_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_1_predict(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    last_predict(worker, batch->rows);
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
    batchnorm_forward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_forward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_forward(worker, batch->rows);
    maxpool2d_forward(worker, batch->rows);
    activation_relu_forward(worker, batch->rows);
    batchnorm_1_forward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_1_forward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    last_forward_sums(worker, batch->rows);
    mnn_barrier(worker);
    last_forward_totals(worker, batch->rows);
    mnn_barrier(worker);
    last_forward(worker, batch->rows);
    activation_1_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    last_backward_sums(worker, batch->rows);
    mnn_barrier(worker);
    last_backward_totals(worker, batch->rows);
    mnn_barrier(worker);
    last_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_backward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_1_backward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_1_backward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_1_backward(worker, batch->rows);
    maxpool2d_backward(worker, batch->rows);
    batchnorm_backward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_backward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_backward(worker, batch->rows);
    conv2d_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_gradients(worker, batch->rows);
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

/* The state follows what gradients() has left of the batch. */
static void update_state(const mnn_worker *worker)
{
    if (worker->index != 0)
        return;
    for (int k = 0; k < 4; k++) {
        batchnorm_moving_mean[k] = batchnorm_moving_mean[k] * 0.99f + batchnorm_mean[k] * 0.01f;
        batchnorm_moving_variance[k] = batchnorm_moving_variance[k] * 0.99f
                + batchnorm_variance[k] * 0.01f;
    }
    for (int k = 0; k < 100; k++) {
        batchnorm_1_moving_mean[k] = batchnorm_1_moving_mean[k] * 0.9f + batchnorm_1_mean[k] * 0.1f;
        batchnorm_1_moving_variance[k] = batchnorm_1_moving_variance[k] * 0.9f
                + batchnorm_1_variance[k] * 0.1f;
    }
    for (int k = 0; k < 10; k++) {
        last_moving_mean[k] = last_moving_mean[k] * 0.99f + last_mean[k] * 0.01f;
        last_moving_variance[k] = last_moving_variance[k] * 0.99f + last_variance[k] * 0.01f;
    }
}

/* ---- the same network once more, to check the gradients against ---- */

/* input (batchnorm.mnn:4): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 144;
    for (size_t j = 0; j < 144; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j] : batch->inputs[at + j]));
}

/* conv2d (batchnorm.mnn:7): out[10, 10, 4] = in * kernel */
static void conv2d_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 10; y++)
        for (int x = 0; x < 10; x++)
            for (int k = 0; k < 4; k++) {
                double sum = 0.0;
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r, column = x + s;
                        sum += in[row * 12 + column] * kernel[(r * 3 + s) * 4 + k];
                    }
                out[(y * 10 + x) * 4 + k] = sum;
            }
}

/* batchnorm (batchnorm.mnn:8): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_reference(int rows, const double *gamma, const double *beta, const double *in,
        double *out)
{
    const int count = rows * 100;
    for (int k = 0; k < 4; k++) {
        double mean = 0.0, variance = 0.0;
        for (int j = 0; j < count; j++)
            mean += in[j * 4 + k] / count;
        for (int j = 0; j < count; j++)
            variance += (in[j * 4 + k] - mean) * (in[j * 4 + k] - mean) / count;
        for (int j = 0; j < count; j++)
            out[j * 4 + k] = (in[j * 4 + k] - mean) / sqrt(variance + 0.001) * gamma[k] + beta[k];
    }
}

/* activation (batchnorm.mnn:9): out[400] = relu(in) */
static void activation_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 400; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* maxpool2d (batchnorm.mnn:10): out[100] = largest of each window */
static void maxpool2d_reference(const double *in, double *out)
{
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++) {
            const int top = y * 2, left = x * 2;
            for (int k = 0; k < 4; k++) {
                double best = in[(top * 10 + left) * 4 + k];
                for (int r = 0; r < 2; r++)
                    for (int c = 0; c < 2; c++) {
                        best = fmax(best, in[((top + r) * 10 + left + c) * 4 + k]);
                    }
                out[(y * 5 + x) * 4 + k] = best;
            }
        }
}

/* batchnorm_1 (batchnorm.mnn:12): out = (in - mean) / sqrt(variance + 1e-05), of each channel over all rows */
static void batchnorm_1_reference(int rows, const double *in, double *out)
{
    const int count = rows;
    for (int k = 0; k < 100; k++) {
        double mean = 0.0, variance = 0.0;
        for (int j = 0; j < count; j++)
            mean += in[j * 100 + k] / count;
        for (int j = 0; j < count; j++)
            variance += (in[j * 100 + k] - mean) * (in[j * 100 + k] - mean) / count;
        for (int j = 0; j < count; j++)
            out[j * 100 + k] = (in[j * 100 + k] - mean) / sqrt(variance + 1e-05);
    }
}

/* dense (batchnorm.mnn:13): out[10] = in[100] . kernel[100, 10] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 100; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* last (batchnorm.mnn:14): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void last_reference(int rows, const double *gamma, const double *beta, const double *in,
        double *out)
{
    const int count = rows;
    for (int k = 0; k < 10; k++) {
        double mean = 0.0, variance = 0.0;
        for (int j = 0; j < count; j++)
            mean += in[j * 10 + k] / count;
        for (int j = 0; j < count; j++)
            variance += (in[j * 10 + k] - mean) * (in[j * 10 + k] - mean) / count;
        for (int j = 0; j < count; j++)
            out[j * 10 + k] = (in[j * 10 + k] - mean) / sqrt(variance + 0.001) * gamma[k] + beta[k];
    }
}

/* activation_1 (batchnorm.mnn:15): out[10] = softmax(in) */
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

/* loss (batchnorm.mnn:18): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[MNN_REFERENCE_ROWS * 144];
    static double conv2d_reference_values[MNN_REFERENCE_ROWS * 400];
    static double batchnorm_reference_values[MNN_REFERENCE_ROWS * 400];
    static double activation_relu_reference_values[MNN_REFERENCE_ROWS * 400];
    static double maxpool2d_reference_values[MNN_REFERENCE_ROWS * 100];
    static double batchnorm_1_reference_values[MNN_REFERENCE_ROWS * 100];
    static double dense_reference_values[MNN_REFERENCE_ROWS * 10];
    static double last_reference_values[MNN_REFERENCE_ROWS * 10];
    static double activation_1_softmax_reference_values[MNN_REFERENCE_ROWS * 10];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values + row * 144);
        conv2d_reference(weights + 0, input_reference_values + row * 144,
                conv2d_reference_values + row * 400);
    }
    batchnorm_reference(batch->rows, weights + 36, weights + 40, conv2d_reference_values,
            batchnorm_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        activation_relu_reference(batchnorm_reference_values + row * 400,
                activation_relu_reference_values + row * 400);
        maxpool2d_reference(activation_relu_reference_values + row * 400,
                maxpool2d_reference_values + row * 100);
    }
    batchnorm_1_reference(batch->rows, maxpool2d_reference_values, batchnorm_1_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        dense_reference(weights + 44, weights + 1044, batchnorm_1_reference_values + row * 100,
                dense_reference_values + row * 10);
    }
    last_reference(batch->rows, weights + 1054, weights + 1064, dense_reference_values,
            last_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        activation_1_softmax_reference(last_reference_values + row * 10,
                activation_1_softmax_reference_values + row * 10);
        result[row] = loss_reference(activation_1_softmax_reference_values + row * 10,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {12, 12, 1}, 0, 288},
    {"conv2d", "conv2d", 3, {10, 10, 4}, 36, 7200},
    {"batchnorm", "batchnorm", 3, {10, 10, 4}, 16, 3200},
    {"activation", "activation", 3, {10, 10, 4}, 0, 100},
    {"maxpool2d", "maxpool2d", 3, {5, 5, 4}, 0, 400},
    {"flatten", "flatten", 1, {100}, 0, 0},
    {"batchnorm_1", "batchnorm", 1, {100}, 200, 800},
    {"dense", "dense", 1, {10}, 1010, 2010},
    {"last", "batchnorm", 1, {10}, 40, 80},
    {"activation_1", "activation", 1, {10}, 0, 40},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {3, 3, 1, 4}, 0, 36, true, MNN_INIT_UNIFORM, -0.3651483716701107,
            0.3651483716701107},
    {"batchnorm.gamma", 1, {4}, 36, 4, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm.beta", 1, {4}, 40, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm.moving_mean", 1, {4}, 1074, 4, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm.moving_variance", 1, {4}, 1078, 4, false, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm_1.moving_mean", 1, {100}, 1082, 100, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_1.moving_variance", 1, {100}, 1182, 100, false, MNN_INIT_ONES, 0.0, 0.0},
    {"dense.kernel", 2, {100, 10}, 44, 1000, true, MNN_INIT_UNIFORM, -0.23354968324845687,
            0.23354968324845687},
    {"dense.bias", 1, {10}, 1044, 10, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"last.gamma", 1, {10}, 1054, 10, true, MNN_INIT_ONES, 0.0, 0.0},
    {"last.beta", 1, {10}, 1064, 10, true, MNN_INIT_CONSTANT, 0.1, 0.0},
    {"last.moving_mean", 1, {10}, 1282, 10, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"last.moving_variance", 1, {10}, 1292, 10, false, MNN_INIT_ONES, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"velocity", sgd_velocity, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {12, 12, 1}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d", .input_count = 1, .inputs = {0}, .tensor_count = 1,
            .tensors = {0}, .rank = 3, .dims = {10, 10, 4}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm", .input_count = 1, .inputs = {1},
            .tensor_count = 4, .tensors = {1, 2, 3, 4}, .rank = 3, .dims = {10, 10, 4},
            .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation", .input_count = 1, .inputs = {2}, .rank = 3,
            .dims = {10, 10, 4}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_MAXPOOL2D, .layer = "maxpool2d", .input_count = 1, .inputs = {3}, .rank = 3,
            .dims = {5, 5, 4}, .window = {2, 2}, .strides = {2, 2}},
    {.op = MNN_OP_RESHAPE, .layer = "flatten", .input_count = 1, .inputs = {4}, .rank = 1,
            .dims = {100}},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm_1", .input_count = 1, .inputs = {5},
            .tensor_count = 2, .tensors = {5, 6}, .rank = 1, .dims = {100}, .epsilon = 1e-05},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {6}, .tensor_count = 2,
            .tensors = {7, 8}, .rank = 1, .dims = {10}},
    {.op = MNN_OP_BATCHNORM, .layer = "last", .input_count = 1, .inputs = {7}, .tensor_count = 4,
            .tensors = {9, 10, 11, 12}, .rank = 1, .dims = {10}, .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation_1", .input_count = 1, .inputs = {8}, .rank = 1,
            .dims = {10}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "1e40d6dc66e6978f6814d0ce0aa5697e44a0df265275046616d1e60d3d0436a7",
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
    .static_bytes = 114296,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .state_count = STATE_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 7056,
    .row_loss = row_loss,
    .forward = forward,
    .losses = losses,
    .gradients = gradients,
    .update = update,
    .reference = reference,
    .update_state = update_state,
};

int main(int argc, char **argv)
{
    return mnn_main(&model, argc, argv);
}
