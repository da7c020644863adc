/* lenet5: a training program that mnnc 0.1.0 made from lenet5.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              28 x 28 x 1              0           1,568    13
 * conv2d (conv2d, relu)      28 x 28 x 6            156         241,080    14
 * maxpool2d (maxpool2d)      14 x 14 x 6              0           4,704    15
 * conv2d_1 (conv2d, relu)    10 x 10 x 16         2,416         482,000    16
 * maxpool2d_1 (maxpool2d)    5 x 5 x 16               0           1,600    17
 * flatten (flatten)          400                      0               0    18
 * dense (dense, relu)        120                 48,120          96,240    19
 * dense_1 (dense, relu)      84                  10,164          20,328    20
 * dense_2 (dense, softmax)   10                     850           1,730    21
 *
 * 61,706 parameters, batches of 64; static memory 2,732,832 bytes (checked below).
 * gradcheck takes another 123,168 bytes.
 *
 * Every worker runs the functions below side by side. Work is cut into pieces by the shapes,
 * each done by one worker, and sums run in a fixed order: any number of workers
 * computes the same bits. Images are NHWC, matrices row-major. */
#include <math.h>
#include <string.h>

#include <mnn/mnn.h>

#if MNN_ABI != 7
#error "this file was made for another version of libmnn: run mnnc again"
#endif

enum {
    BATCH = 64, /* rows of a full batch */
    PARAM_COUNT = 61706,
    WORKSPACE = 300512, /* floats */
    SCRATCH = 13824, /* floats a worker */
    MAX_WORKERS = 8
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float adam_m[PARAM_COUNT];
static _Alignas(64) float adam_v[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static uint8_t maxpool2d_index[75264]; /* [rows, 14, 14, 6]: which of its window was the largest */
static uint8_t maxpool2d_1_index[25600]; /* [rows, 5, 5, 16]: which of its window was the largest */
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof adam_m + sizeof adam_v + sizeof workspace
        + sizeof scratch + sizeof maxpool2d_index + sizeof maxpool2d_1_index
        + sizeof row_loss == 2732832, "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [5, 5, 1, 6] */
static float *const conv2d_bias = params + 150; /* [6] */
static float *const conv2d_1_kernel = params + 156; /* [5, 5, 6, 16] */
static float *const conv2d_1_bias = params + 2556; /* [16] */
static float *const dense_kernel = params + 2572; /* [400, 120] */
static float *const dense_bias = params + 50572; /* [120] */
static float *const dense_1_kernel = params + 50692; /* [120, 84] */
static float *const dense_1_bias = params + 60772; /* [84] */
static float *const dense_2_kernel = params + 60856; /* [84, 10] */
static float *const dense_2_bias = params + 61696; /* [10] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [5, 5, 1, 6] */
static float *const conv2d_bias_gradient = grads + 150; /* [6] */
static float *const conv2d_1_kernel_gradient = grads + 156; /* [5, 5, 6, 16] */
static float *const conv2d_1_bias_gradient = grads + 2556; /* [16] */
static float *const dense_kernel_gradient = grads + 2572; /* [400, 120] */
static float *const dense_bias_gradient = grads + 50572; /* [120] */
static float *const dense_1_kernel_gradient = grads + 50692; /* [120, 84] */
static float *const dense_1_bias_gradient = grads + 60772; /* [84] */
static float *const dense_2_kernel_gradient = grads + 60856; /* [84, 10] */
static float *const dense_2_bias_gradient = grads + 61696; /* [10] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 28, 28, 1] */
static float *const maxpool2d_out = workspace + 50176; /* [rows, 14, 14, 6] */
static float *const maxpool2d_1_out = workspace + 125440; /* [rows, 5, 5, 16] */
static float *const dense_out = workspace + 151040; /* [rows, 120] */
static float *const dense_1_out = workspace + 158720; /* [rows, 84] */
static float *const dense_2_out = workspace + 164096; /* [rows, 10] */
static float *const dense_2_softmax = workspace + 164736; /* [rows, 10] */
static float *const dense_2_out_gradient = workspace + 165376; /* [rows, 10] */
static float *const dense_1_out_gradient = workspace + 166016; /* [rows, 84] */
static float *const dense_out_gradient = workspace + 171392; /* [rows, 120] */
static float *const flatten_out_gradient = workspace + 179072; /* [rows, 400] */
static float *const maxpool2d_before_activation_gradient = workspace + 204672;
        /* [rows, 14, 14, 6] */
static float *const conv2d_1_partials = workspace + 279936; /* partial sums */
static float *const conv2d_partials = workspace + 299264; /* partial sums */

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

/* input (lenet5.mnn:13): forward
 *     out[rows, 28, 28, 1] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 784);
            float *out = input_out + i * 784;
            input_sample(batch, i, out);
        }
    }
}

/* conv2d: the windows of its pooling in the picture; distances in floats */
static const mnn_windows conv2d_windows = {
    .high = 14, .wide = 14, .down = 64, .right = 2,
    .rows = 2, .columns = 2, .row = 32, .column = 1,
    .taps = 25, .side = 5, .line = 32,
    .filters = 6,
};

/* conv2d (lenet5.mnn:14): forward
 *     out[rows, 14, 14, 6] = relu(maxpool2d(in[rows, 28, 28, 1] * kernel[5, 5, 1, 6]) + bias)
 * windows of the pooling in registers, straight from the image; image by image; zeros of the input are skipped */
static void conv2d_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    float *in = scratch[worker->index]; /* [32, 32, 1] */
    memset(in, 0, 1024 * sizeof *in);
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = maxpool2d_out + i * 1176;
            for (int y = 0; y < 28; y++)
                memcpy(in + (y + 2) * 32 + 2, input_out + i * 784 + y * 28, 28 * sizeof *in);
            uint16_t list[197];
            const int count = mnn_list_windows(&conv2d_windows, mnn_skips(batch), in, list);
            mnn_windows_forward(&conv2d_windows, list, count, in, conv2d_kernel, conv2d_bias, 1,
                    out, maxpool2d_index + i * 1176);
        }
    }
}

/* conv2d_1: the windows of its pooling in the picture; distances in floats */
static const mnn_windows conv2d_1_windows = {
    .high = 5, .wide = 5, .down = 168, .right = 12,
    .rows = 2, .columns = 2, .row = 84, .column = 6,
    .taps = 150, .side = 30, .line = 84,
    .filters = 16,
};

/* conv2d_1 (lenet5.mnn:16): forward
 *     out[rows, 5, 5, 16] = relu(maxpool2d(in[rows, 14, 14, 6] * kernel[5, 5, 6, 16]) + bias)
 * windows of the pooling in registers, straight from the image; image by image */
static void conv2d_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = maxpool2d_1_out + i * 400;
            const float *in = maxpool2d_out + i * 1176;
            uint16_t list[26];
            const int count = mnn_list_windows(&conv2d_1_windows, 0, in, list);
            mnn_windows_forward(&conv2d_1_windows, list, count, in, conv2d_1_kernel, conv2d_1_bias,
                    1, out, maxpool2d_1_index + i * 400);
        }
    }
}

/* dense (lenet5.mnn:19): forward
 *     out[rows, 120] = relu(in[rows, 400] . kernel[400, 120] + bias)
 * tiles in registers; cut by columns: the batch is small */
static void dense_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 64; first < 120; first += worker->count * 64) {
        const int n = mnn_min(64, 120 - first);
        float *out = dense_out + first;
        if (n == 64) {
            mnn_rows_product(rows, 64, 400, maxpool2d_1_out, 400, dense_kernel + first, 120, out,
                    120);
        } else {
            mnn_rows_product(rows, 56, 400, maxpool2d_1_out, 400, dense_kernel + first, 120, out,
                    120);
        }
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < n; j++) {
                const float z = out[i * 120 + j] + dense_bias[first + j];
                out[i * 120 + j] = z < 0.0f ? 0.0f : z;
            }
    }
}

/* dense_1 (lenet5.mnn:20): forward
 *     out[rows, 84] = relu(in[rows, 120] . kernel[120, 84] + bias)
 * tiles in registers; cut by columns: the batch is small */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 64; first < 84; first += worker->count * 64) {
        const int n = mnn_min(64, 84 - first);
        float *out = dense_1_out + first;
        if (n == 64) {
            mnn_rows_product(rows, 64, 120, dense_out, 120, dense_1_kernel + first, 84, out, 84);
        } else {
            mnn_rows_product(rows, 20, 120, dense_out, 120, dense_1_kernel + first, 84, out, 84);
        }
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < n; j++) {
                const float z = out[i * 84 + j] + dense_1_bias[first + j];
                out[i * 84 + j] = z < 0.0f ? 0.0f : z;
            }
    }
}

/* dense_2 (lenet5.mnn:21): forward
 *     out[rows, 10] = in[rows, 84] . kernel[84, 10] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_2_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_2_out;
    mnn_rows_product(rows, 10, 84, dense_1_out, 84, dense_2_kernel, 10, out, 10);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            out[i * 10 + j] += dense_2_bias[j];
}

/* dense_2 (lenet5.mnn:21): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 10]
 * loop; row by row */
static void dense_2_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = 0; i < n; i++) {
            const float *z = dense_2_out + first * 10 + i * 10;
            float *p = dense_2_softmax + first * 10 + i * 10;
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
            const float *z = dense_2_out + i * 10;
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
            const float *p = dense_2_softmax + i * 10;
            float *dz = dense_2_out_gradient + i * 10;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 10; j++)
                dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
        }
    }
}

/* dense_2 (lenet5.mnn:21): backward
 *     dx[rows, 84] = dy[rows, 10] . transpose(kernel[84, 10]), times the derivative of relu
 * tiles in registers; in one piece: too small to cut */
static void dense_2_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [10, 64] */
    float *dx_turned = dy_turned + 640; /* [96, 64] */
    mnn_transpose(rows, 10, dense_2_out_gradient, 10, dy_turned, 64);
    for (int i = 0; i < 84; i += 96) {
        const int count = mnn_min(96, 84 - i);
        mnn_product(count, 64, 10, dense_2_kernel + i * 10, 10, 1, dy_turned, 64, dx_turned, 64, 0);
        mnn_transpose(count, rows, dx_turned, 64, dense_1_out_gradient + i, 84);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 84 + 0, end = j + 84; j < end; j++) {
            const float y = dense_1_out[j], g = dense_1_out_gradient[j];
            dense_1_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
}

/* dense_1 (lenet5.mnn:20): backward
 *     dx[rows, 120] = dy[rows, 84] . transpose(kernel[120, 84]), times the derivative of relu
 * tiles in registers; cut by columns: the batch is small */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    float *dy_turned = scratch[worker->index]; /* [84, 64] */
    float *dx_turned = dy_turned + 5376; /* [96, 64] */
    mnn_transpose(rows, 84, dense_1_out_gradient, 84, dy_turned, 64);
    for (int first = worker->index * 64; first < 120; first += worker->count * 64) {
        const int n = mnn_min(64, 120 - first);
        for (int i = first; i < first + n; i += 96) {
            const int count = mnn_min(96, first + n - i);
            mnn_product(count, 64, 84, dense_1_kernel + i * 84, 84, 1, dy_turned, 64, dx_turned, 64,
                    0);
            mnn_transpose(count, rows, dx_turned, 64, dense_out_gradient + i, 120);
        }
        for (int i = 0; i < rows; i++)
            for (int j = i * 120 + first, end = j + n; j < end; j++) {
                const float y = dense_out[j], g = dense_out_gradient[j];
                dense_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
    }
}

/* dense (lenet5.mnn:19): backward
 *     dx[rows, 400] = dy[rows, 120] . transpose(kernel[400, 120]), times the derivative of relu
 * tiles in registers; cut by columns: the batch is small */
static void dense_backward(const mnn_worker *worker, int rows)
{
    float *dy_turned = scratch[worker->index]; /* [120, 64] */
    float *dx_turned = dy_turned + 7680; /* [96, 64] */
    mnn_transpose(rows, 120, dense_out_gradient, 120, dy_turned, 64);
    for (int first = worker->index * 64; first < 400; first += worker->count * 64) {
        const int n = mnn_min(64, 400 - first);
        for (int i = first; i < first + n; i += 96) {
            const int count = mnn_min(96, first + n - i);
            mnn_product(count, 64, 120, dense_kernel + i * 120, 120, 1, dy_turned, 64, dx_turned,
                    64, 0);
            mnn_transpose(count, rows, dx_turned, 64, flatten_out_gradient + i, 400);
        }
        for (int i = 0; i < rows; i++)
            for (int j = i * 400 + first, end = j + n; j < end; j++) {
                const float y = maxpool2d_1_out[j], g = flatten_out_gradient[j];
                flatten_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
    }
}

/* conv2d_1 (lenet5.mnn:16): backward
 *     partial sums, one a piece:
 *     dkernel[150, 16] = transpose(patches[100, 150]) . dz[100, 16], dbias = sum of dz,
 *     dx = dz * turned kernel
 * filter by filter, where the pooling found the largest; image by image: what is 0 before the pooling is left out */
static void conv2d_1_backward(const mnn_worker *worker, int rows)
{
    float *dturned = scratch[worker->index]; /* [16, 5, 32] */
    float *turned = dturned + 2560; /* [16, 5, 32] */
    float *image_gradient = scratch[worker->index] + 5120; /* [14, 14, 6] */
    mnn_turn_kernel(&conv2d_1_windows, conv2d_1_kernel, turned);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *dkernel = conv2d_1_partials + first / 8 * 2416;
        float *dbias = dkernel + 2400;
        memset(dkernel, 0, 2416 * sizeof *dkernel);
        memset(dturned, 0, 2560 * sizeof *dturned);
        for (int i = first; i < first + n; i++) {
            const float *in = maxpool2d_out + i * 1176;
            const float *dy = flatten_out_gradient + i * 400;
            const uint8_t *index = maxpool2d_1_index + i * 400;
            memset(image_gradient, 0, 1176 * sizeof *image_gradient);
            mnn_windows_spread(&conv2d_1_windows, in, dy, index, turned, dturned, image_gradient);
            float *dx = maxpool2d_before_activation_gradient + i * 1176;
            for (int y = 0; y < 14; y++)
                memcpy(dx + y * 84, image_gradient + y * 84, 84 * sizeof *dx);
            for (int j = 0; j < 25; j++)
                for (int k = 0; k < 16; k++)
                    dbias[k] += dy[j * 16 + k];
            for (int j = i * 1176, end = j + 1176; j < end; j++) {
                const float y = maxpool2d_out[j], g = maxpool2d_before_activation_gradient[j];
                maxpool2d_before_activation_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
        mnn_turn_back(&conv2d_1_windows, dturned, dkernel);
    }
}

/* conv2d (lenet5.mnn:14): backward
 *     partial sums, one a piece:
 *     dkernel[25, 6] = transpose(patches[784, 25]) . dz[784, 6], dbias = sum of dz
 * windows of the pooling in registers, straight from the image; image by image; zeros of the input are skipped */
static void conv2d_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    float *in = scratch[worker->index]; /* [32, 32, 1] */
    memset(in, 0, 1024 * sizeof *in);
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
        float *dkernel = conv2d_partials + first / 8 * 156;
        float *dbias = dkernel + 150;
        memset(dkernel, 0, 156 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *dy = maxpool2d_before_activation_gradient + i * 1176;
            const uint8_t *index = maxpool2d_index + i * 1176;
            for (int y = 0; y < 28; y++)
                memcpy(in + (y + 2) * 32 + 2, input_out + i * 784 + y * 28, 28 * sizeof *in);
            uint16_t list[197];
            const int count = mnn_list_windows(&conv2d_windows, mnn_skips(batch), in, list);
            mnn_windows_backward(&conv2d_windows, list, count, in, dy, index, dkernel);
            for (int j = 0; j < 196; j++)
                for (int k = 0; k < 6; k++)
                    dbias[k] += dy[j * 6 + k];
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense_2 (lenet5.mnn:21): gradients of the parameters
 *     dkernel[84, 10] = transpose(in[rows, 84]) . dy[rows, 10]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_2_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(84, 10, rows, dense_1_out, 1, 84, dense_2_out_gradient, 10, dense_2_kernel_gradient,
            10, 0);
    for (int j = 0; j < 10; j++)
        dense_2_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            dense_2_bias_gradient[j] += dense_2_out_gradient[i * 10 + j];
}

/* dense_1 (lenet5.mnn:20): gradients of the parameters
 *     dkernel[120, 84] = transpose(in[rows, 120]) . dy[rows, 84]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    mnn_product(120, 84, rows, dense_out, 1, 120, dense_1_out_gradient, 84, dense_1_kernel_gradient,
            84, 0);
    for (int j = 0; j < 84; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 84; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 84 + j];
}

/* dense (lenet5.mnn:19): gradients of the parameters
 *     dkernel[400, 120] = transpose(in[rows, 400]) . dy[rows, 120]; dbias = sum over rows of dy
 * tiles in registers; cut by inputs: each piece is a whole sum over the batch */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    for (int first = mnn_first_piece(worker, 2) * 108; first < 400; first += worker->count * 108) {
        const int n = mnn_min(108, 400 - first);
        mnn_product(n, 120, rows, maxpool2d_1_out + first, 1, 400, dense_out_gradient, 120,
                dense_kernel_gradient + first * 120, 120, 0);
        if (first == 0) {
            for (int j = 0; j < 120; j++)
                dense_bias_gradient[j] = 0.0f;
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < 120; j++)
                    dense_bias_gradient[j] += dense_out_gradient[i * 120 + j];
        }
    }
}

/* conv2d_1 (lenet5.mnn:16): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_1_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 6) != 0)
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
    if (mnn_first_piece(worker, 7) != 0)
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
    conv2d_forward(worker, batch);
    conv2d_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_2_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_2_softmax_forward(worker, batch->rows);
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
    conv2d_forward(worker, batch);
    conv2d_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_2_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_2_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_2_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_backward(worker, batch->rows);
    mnn_barrier(worker);
    conv2d_1_backward(worker, batch->rows);
    conv2d_backward(worker, batch);
    mnn_barrier(worker);
    dense_2_gradients(worker, batch->rows);
    dense_1_gradients(worker, batch->rows);
    dense_gradients(worker, batch->rows);
    conv2d_1_gradients(worker, batch->rows);
    conv2d_gradients(worker, batch->rows);
}

/* The learning rate after so many updates: cosine decay (Loshchilov, Hutter 2017)
 * 0.002 ((1 - 0.0) (1 + cos(pi step / 11256)) / 2 + 0.0) */
static double schedule(uint64_t updates)
{
    const double pi = 3.14159265358979323846;
    const double step = fmin((double)updates, 11256.0);
    return 0.002 * ((1.0 - 0.0) * 0.5 * (1.0 + cos(pi * step / 11256.0)) + 0.0);
}

/* update: Adam (Kingma, Ba 2015) in the "epsilon hat" form, as in Keras
 *     m += (1 - 0.9) (g - m);  v += (1 - 0.999) (g^2 - v);  w -= rate m / (sqrt(v) + 1e-07)
 *     rate = learning_rate sqrt(1 - 0.999^t) / (1 - 0.9^t) */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const double t = (double)step->step;
    const double correction = sqrt(1.0 - pow(0.999, t)) / (1.0 - pow(0.9, t));
    const float rate = (float)(step->learning_rate * correction);
    for (int piece = mnn_part_begin(worker, 8); piece < mnn_part_end(worker, 8); piece++) {
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

/* input (lenet5.mnn:13): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 784;
    for (size_t j = 0; j < 784; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
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

/* conv2d (lenet5.mnn:14): out[4704] = relu(in) */
static void conv2d_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 4704; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* maxpool2d (lenet5.mnn:15): out[1176] = largest of each window */
static void maxpool2d_reference(const double *in, double *out)
{
    for (int y = 0; y < 14; y++)
        for (int x = 0; x < 14; x++) {
            const int top = y * 2, left = x * 2;
            for (int k = 0; k < 6; k++) {
                double best = in[(top * 28 + left) * 6 + k];
                for (int r = 0; r < 2; r++)
                    for (int c = 0; c < 2; c++) {
                        best = fmax(best, in[((top + r) * 28 + left + c) * 6 + k]);
                    }
                out[(y * 14 + x) * 6 + k] = best;
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

/* conv2d_1 (lenet5.mnn:16): out[1600] = relu(in) */
static void conv2d_1_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 1600; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* maxpool2d_1 (lenet5.mnn:17): out[400] = largest of each window */
static void maxpool2d_1_reference(const double *in, double *out)
{
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++) {
            const int top = y * 2, left = x * 2;
            for (int k = 0; k < 16; k++) {
                double best = in[(top * 10 + left) * 16 + k];
                for (int r = 0; r < 2; r++)
                    for (int c = 0; c < 2; c++) {
                        best = fmax(best, in[((top + r) * 10 + left + c) * 16 + k]);
                    }
                out[(y * 5 + x) * 16 + k] = best;
            }
        }
}

/* dense (lenet5.mnn:19): out[120] = in[400] . kernel[400, 120] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 120; j++) {
        double sum = bias[j];
        for (int i = 0; i < 400; i++)
            sum += in[i] * kernel[i * 120 + j];
        out[j] = sum;
    }
}

/* dense (lenet5.mnn:19): out[120] = relu(in) */
static void dense_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 120; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dense_1 (lenet5.mnn:20): out[84] = in[120] . kernel[120, 84] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 84; j++) {
        double sum = bias[j];
        for (int i = 0; i < 120; i++)
            sum += in[i] * kernel[i * 84 + j];
        out[j] = sum;
    }
}

/* dense_1 (lenet5.mnn:20): out[84] = relu(in) */
static void dense_1_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 84; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dense_2 (lenet5.mnn:21): out[10] = in[84] . kernel[84, 10] + bias */
static void dense_2_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 84; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* dense_2 (lenet5.mnn:21): out[10] = softmax(in) */
static void dense_2_softmax_reference(const double *in, double *out)
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

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[784];
    static double conv2d_reference_values[4704];
    static double conv2d_relu_reference_values[4704];
    static double maxpool2d_reference_values[1176];
    static double conv2d_1_reference_values[1600];
    static double conv2d_1_relu_reference_values[1600];
    static double maxpool2d_1_reference_values[400];
    static double dense_reference_values[120];
    static double dense_relu_reference_values[120];
    static double dense_1_reference_values[84];
    static double dense_1_relu_reference_values[84];
    static double dense_2_reference_values[10];
    static double dense_2_softmax_reference_values[10];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        conv2d_reference(weights + 0, weights + 150, input_reference_values,
                conv2d_reference_values);
        conv2d_relu_reference(conv2d_reference_values, conv2d_relu_reference_values);
        maxpool2d_reference(conv2d_relu_reference_values, maxpool2d_reference_values);
        conv2d_1_reference(weights + 156, weights + 2556, maxpool2d_reference_values,
                conv2d_1_reference_values);
        conv2d_1_relu_reference(conv2d_1_reference_values, conv2d_1_relu_reference_values);
        maxpool2d_1_reference(conv2d_1_relu_reference_values, maxpool2d_1_reference_values);
        dense_reference(weights + 2572, weights + 50572, maxpool2d_1_reference_values,
                dense_reference_values);
        dense_relu_reference(dense_reference_values, dense_relu_reference_values);
        dense_1_reference(weights + 50692, weights + 60772, dense_relu_reference_values,
                dense_1_reference_values);
        dense_1_relu_reference(dense_1_reference_values, dense_1_relu_reference_values);
        dense_2_reference(weights + 60856, weights + 61696, dense_1_relu_reference_values,
                dense_2_reference_values);
        dense_2_softmax_reference(dense_2_reference_values, dense_2_softmax_reference_values);
        result[row] = loss_reference(dense_2_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {28, 28, 1}, 0, 1568},
    {"conv2d", "conv2d", 3, {28, 28, 6}, 156, 241080},
    {"maxpool2d", "maxpool2d", 3, {14, 14, 6}, 0, 4704},
    {"conv2d_1", "conv2d", 3, {10, 10, 16}, 2416, 482000},
    {"maxpool2d_1", "maxpool2d", 3, {5, 5, 16}, 0, 1600},
    {"flatten", "flatten", 1, {400}, 0, 0},
    {"dense", "dense", 1, {120}, 48120, 96240},
    {"dense_1", "dense", 1, {84}, 10164, 20328},
    {"dense_2", "dense", 1, {10}, 850, 1730},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {5, 5, 1, 6}, 0, 150, true, MNN_INIT_UNIFORM, -0.1851640199545103,
            0.1851640199545103},
    {"conv2d.bias", 1, {6}, 150, 6, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"conv2d_1.kernel", 4, {5, 5, 6, 16}, 156, 2400, true, MNN_INIT_UNIFORM, -0.1044465935734187,
            0.1044465935734187},
    {"conv2d_1.bias", 1, {16}, 2556, 16, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense.kernel", 2, {400, 120}, 2572, 48000, true, MNN_INIT_UNIFORM, -0.10741723110591493,
            0.10741723110591493},
    {"dense.bias", 1, {120}, 50572, 120, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {120, 84}, 50692, 10080, true, MNN_INIT_UNIFORM, -0.17149858514250885,
            0.17149858514250885},
    {"dense_1.bias", 1, {84}, 60772, 84, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_2.kernel", 2, {84, 10}, 60856, 840, true, MNN_INIT_UNIFORM, -0.25264557631995566,
            0.25264557631995566},
    {"dense_2.bias", 1, {10}, 61696, 10, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_metric metrics[] = {
    {MNN_METRIC_ACCURACY, "accuracy", 0},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {28, 28, 1}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 3, .dims = {28, 28, 6}, .window = {5, 5}, .strides = {1, 1},
            .dilation = {1, 1}, .pad = {2, 2}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "conv2d", .input_count = 1, .inputs = {1}, .rank = 3,
            .dims = {28, 28, 6}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_MAXPOOL2D, .layer = "maxpool2d", .input_count = 1, .inputs = {2}, .rank = 3,
            .dims = {14, 14, 6}, .window = {2, 2}, .strides = {2, 2}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_1", .input_count = 1, .inputs = {3}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 3, .dims = {10, 10, 16}, .window = {5, 5}, .strides = {1, 1},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "conv2d_1", .input_count = 1, .inputs = {4}, .rank = 3,
            .dims = {10, 10, 16}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_MAXPOOL2D, .layer = "maxpool2d_1", .input_count = 1, .inputs = {5}, .rank = 3,
            .dims = {5, 5, 16}, .window = {2, 2}, .strides = {2, 2}},
    {.op = MNN_OP_RESHAPE, .layer = "flatten", .input_count = 1, .inputs = {6}, .rank = 1,
            .dims = {400}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {7}, .tensor_count = 2,
            .tensors = {4, 5}, .rank = 1, .dims = {120}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {8}, .rank = 1,
            .dims = {120}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {9}, .tensor_count = 2,
            .tensors = {6, 7}, .rank = 1, .dims = {84}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_1", .input_count = 1, .inputs = {10}, .rank = 1,
            .dims = {84}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DENSE, .layer = "dense_2", .input_count = 1, .inputs = {11}, .tensor_count = 2,
            .tensors = {8, 9}, .rank = 1, .dims = {10}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_2", .input_count = 1, .inputs = {12}, .rank = 1,
            .dims = {10}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "lenet5",
    .description = "3d5d86723c4e6bfdaf18412999be0c5c65a75ff7ba482f201016e1fcdaa2b97a",
    .data_name = "mnist",
    .train = {"mnist/train-images-idx3-ubyte", "mnist/train-labels-idx1-ubyte"},
    .test = {"mnist/t10k-images-idx3-ubyte", "mnist/t10k-labels-idx1-ubyte"},
    .validation = {NULL, NULL},
    .sample_rank = 3,
    .sample_dims = {28, 28, 1},
    .sample_size = 784,
    .reshapes = true,
    .scale = 0.003921569f,
    .shift = 0.0f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 10,
    .validation_split = 0.0,
    .train_limit = 0,
    .test_limit = 0,
    .validation_limit = 0,
    .shuffle = true,
    .epochs = 12,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "sparse_categorical_crossentropy",
    .optimizer_name = "adam",
    .learning_rate = 0.002,
    .schedule_name = "cosine_decay",
    .schedule = schedule,
    .metric_count = 1,
    .metrics = metrics,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .node_count = sizeof nodes / sizeof nodes[0],
    .nodes = nodes,
    .slot_count = 2,
    .slots = slots,
    .static_bytes = 2732832,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 164736,
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
