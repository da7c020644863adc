/* repeat_and_block: a training program that mnnc 0.1.0 made from repeat_and_block.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              8 x 8 x 1                0             128    11
 * conv2d (conv2d, relu)      8 x 8 x 3               30           3,696     3
 * maxpool2d (maxpool2d)      4 x 4 x 3                0             192     4
 * conv2d_1 (conv2d, relu)    4 x 4 x 3               84           2,652     3
 * maxpool2d_1 (maxpool2d)    2 x 2 x 3                0              48     4
 * flatten (flatten)          12                       0               0    18
 * dense (dense, softmax)     4                       52             116    19
 *
 * 166 parameters, batches of 4; static memory 14,304 bytes (checked below).
 * gradcheck takes another 4,896 bytes.
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
    BATCH = 4, /* rows of a full batch */
    PARAM_COUNT = 166,
    WORKSPACE = 1248, /* floats */
    SCRATCH = 400, /* floats a worker */
    MAX_WORKERS = 4
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float adam_m[PARAM_COUNT];
static _Alignas(64) float adam_v[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static uint8_t maxpool2d_index[192]; /* [rows, 4, 4, 3]: which of its window was the largest */
static uint8_t maxpool2d_1_index[48]; /* [rows, 2, 2, 3]: which of its window was the largest */
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof adam_m + sizeof adam_v + sizeof workspace
        + sizeof scratch + sizeof maxpool2d_index + sizeof maxpool2d_1_index
        + sizeof row_loss == 14304, "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [3, 3, 1, 3] */
static float *const conv2d_bias = params + 27; /* [3] */
static float *const conv2d_1_kernel = params + 30; /* [3, 3, 3, 3] */
static float *const conv2d_1_bias = params + 111; /* [3] */
static float *const dense_kernel = params + 114; /* [12, 4] */
static float *const dense_bias = params + 162; /* [4] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [3, 3, 1, 3] */
static float *const conv2d_bias_gradient = grads + 27; /* [3] */
static float *const conv2d_1_kernel_gradient = grads + 30; /* [3, 3, 3, 3] */
static float *const conv2d_1_bias_gradient = grads + 111; /* [3] */
static float *const dense_kernel_gradient = grads + 114; /* [12, 4] */
static float *const dense_bias_gradient = grads + 162; /* [4] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 8, 8, 1] */
static float *const maxpool2d_out = workspace + 256; /* [rows, 4, 4, 3] */
static float *const maxpool2d_1_out = workspace + 448; /* [rows, 2, 2, 3] */
static float *const dense_out = workspace + 496; /* [rows, 4] */
static float *const dense_softmax = workspace + 512; /* [rows, 4] */
static float *const dense_out_gradient = workspace + 528; /* [rows, 4] */
static float *const flatten_out_gradient = workspace + 544; /* [rows, 12] */
static float *const maxpool2d_before_activation_gradient = workspace + 592; /* [rows, 4, 4, 3] */
static float *const conv2d_1_partials = workspace + 784; /* partial sums */
static float *const conv2d_partials = workspace + 1120; /* partial sums */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[8 x 8 x 1]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 64;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 64; j++)
            out[j] = (float)pixel[j] * 0.003921569f;
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 64; j++)
            out[j] = value[j] * 0.003921569f;
    }
}

/* input (repeat_and_block.mnn:11): forward
 *     out[rows, 8, 8, 1] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 1; first < batch->rows; first += worker->count * 1) {
        const int n = mnn_min(1, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 64);
            float *out = input_out + i * 64;
            input_sample(batch, i, out);
        }
    }
}

/* conv2d: the windows of its pooling in the picture; distances in floats */
static const mnn_windows conv2d_windows = {
    .high = 4, .wide = 4, .down = 20, .right = 2,
    .rows = 2, .columns = 2, .row = 10, .column = 1,
    .taps = 9, .side = 3, .line = 10,
    .filters = 3,
};

/* conv2d (repeat_and_block.mnn:3): forward
 *     out[rows, 4, 4, 3] = relu(maxpool2d(in[rows, 8, 8, 1] * kernel[3, 3, 1, 3]) + bias)
 * windows of the pooling in registers, straight from the image; image by image; zeros of the input are skipped */
static void conv2d_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    float *in = scratch[worker->index]; /* [10, 10, 1] */
    memset(in, 0, 100 * sizeof *in);
    for (int first = worker->index * 1; first < batch->rows; first += worker->count * 1) {
        const int n = mnn_min(1, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = maxpool2d_out + i * 48;
            for (int y = 0; y < 8; y++)
                memcpy(in + (y + 1) * 10 + 1, input_out + i * 64 + y * 8, 8 * sizeof *in);
            uint16_t list[17];
            const int count = mnn_list_windows(&conv2d_windows, mnn_skips(batch), in, list);
            mnn_windows_forward(&conv2d_windows, list, count, in, conv2d_kernel, conv2d_bias, 1,
                    out, maxpool2d_index + i * 48);
        }
    }
}

/* conv2d_1: the windows of its pooling in the picture; distances in floats */
static const mnn_windows conv2d_1_windows = {
    .high = 2, .wide = 2, .down = 36, .right = 6,
    .rows = 2, .columns = 2, .row = 18, .column = 3,
    .taps = 27, .side = 9, .line = 18,
    .filters = 3,
};

/* conv2d_1 (repeat_and_block.mnn:3): forward
 *     out[rows, 2, 2, 3] = relu(maxpool2d(in[rows, 4, 4, 3] * kernel[3, 3, 3, 3]) + bias)
 * windows of the pooling in registers, straight from the image; image by image */
static void conv2d_1_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [6, 6, 3] */
    memset(in, 0, 108 * sizeof *in);
    for (int first = worker->index * 1; first < rows; first += worker->count * 1) {
        const int n = mnn_min(1, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = maxpool2d_1_out + i * 12;
            for (int y = 0; y < 4; y++)
                memcpy(in + (y + 1) * 18 + 3, maxpool2d_out + i * 48 + y * 12, 12 * sizeof *in);
            uint16_t list[5];
            const int count = mnn_list_windows(&conv2d_1_windows, 0, in, list);
            mnn_windows_forward(&conv2d_1_windows, list, count, in, conv2d_1_kernel, conv2d_1_bias,
                    1, out, maxpool2d_1_index + i * 12);
        }
    }
}

/* dense (repeat_and_block.mnn:19): forward
 *     out[rows, 4] = in[rows, 12] . kernel[12, 4] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_out;
    mnn_rows_product(rows, 4, 12, maxpool2d_1_out, 12, dense_kernel, 4, out, 4);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            out[i * 4 + j] += dense_bias[j];
}

/* dense (repeat_and_block.mnn:19): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 4]
 * loop; row by row */
static void dense_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 1; first < rows; first += worker->count * 1) {
        const int n = mnn_min(1, rows - first);
        for (int i = 0; i < n; i++) {
            const float *z = dense_out + first * 4 + i * 4;
            float *p = dense_softmax + first * 4 + i * 4;
            float largest = z[0], sum = 0.0f;
            for (int j = 1; j < 4; j++)
                largest = z[j] > largest ? z[j] : largest;
            for (int j = 0; j < 4; j++) {
                p[j] = expf(z[j] - largest);
                sum += p[j];
            }
            for (int j = 0; j < 4; j++)
                p[j] /= sum;
        }
    }
}

/* loss (repeat_and_block.mnn:23): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 1; first < batch->rows; first += worker->count * 1) {
        const int n = mnn_min(1, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = dense_out + i * 4;
            const int label = batch->labels[batch->index[i]];
            float largest = z[0], sum = 0.0f;
            for (int j = 1; j < 4; j++)
                largest = z[j] > largest ? z[j] : largest;
            for (int j = 0; j < 4; j++)
                sum += expf(z[j] - largest);
            row_loss[i] = logf(sum) + largest - z[label];
        }
    }
}

/* ---- backward ---- */

/* loss (repeat_and_block.mnn:23): backward
 *     dz[rows, 4] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 1; first < batch->rows; first += worker->count * 1) {
        const int n = mnn_min(1, batch->rows - first);
        const float scale = 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_softmax + i * 4;
            float *dz = dense_out_gradient + i * 4;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 4; j++)
                dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
        }
    }
}

/* dense (repeat_and_block.mnn:19): backward
 *     dx[rows, 12] = dy[rows, 4] . transpose(kernel[12, 4]), times the derivative of relu
 * tiles in registers; in one piece: too small to cut */
static void dense_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [4, 4] */
    float *dx_turned = dy_turned + 16; /* [96, 4] */
    mnn_transpose(rows, 4, dense_out_gradient, 4, dy_turned, 4);
    for (int i = 0; i < 12; i += 96) {
        const int count = mnn_min(96, 12 - i);
        mnn_product(count, 4, 4, dense_kernel + i * 4, 4, 1, dy_turned, 4, dx_turned, 4, 0);
        mnn_transpose(count, rows, dx_turned, 4, flatten_out_gradient + i, 12);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 12 + 0, end = j + 12; j < end; j++) {
            const float y = maxpool2d_1_out[j], g = flatten_out_gradient[j];
            flatten_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
}

/* conv2d_1 (repeat_and_block.mnn:3): backward
 *     partial sums, one a piece:
 *     dkernel[27, 3] = transpose(patches[16, 27]) . dz[16, 3], dbias = sum of dz,
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image: what is pooled stays in the cache */
static void conv2d_1_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [6, 6, 3] */
    memset(in, 0, 108 * sizeof *in);
    float *dz = scratch[worker->index] + 108; /* [6, 6, 3] */
    memset(dz, 0, 108 * sizeof *dz);
    float *turned = scratch[worker->index] + 216; /* [3, 3, 3, 3] */
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 3; s++)
            mnn_transpose(3, 3, conv2d_1_kernel + ((2 - r) * 3 + 2 - s) * 9, 3,
                turned + (r * 3 + s) * 9, 3);
    for (int first = worker->index * 1; first < rows; first += worker->count * 1) {
        const int n = mnn_min(1, rows - first);
        float *dkernel = conv2d_1_partials + first / 1 * 84;
        float *dbias = dkernel + 81;
        memset(dkernel, 0, 84 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 4; y++)
                memcpy(in + (y + 1) * 18 + 3, maxpool2d_out + i * 48 + y * 12, 12 * sizeof *in);
            const float *dy = flatten_out_gradient + i * 12;
            const uint8_t *index = maxpool2d_1_index + i * 12;
            for (int y = 0; y < 2; y++)
                for (int x = 0; x < 2; x++)
                    for (int j = 0; j < 4; j++) {
                        float *to = dz + (((y * 2 + j / 2) + 1) * 6 + (x * 2 + j % 2) + 1) * 3;
                        for (int k = 0; k < 3; k++)
                            to[k] = index[(y * 2 + x) * 3 + k] == j ? dy[(y * 2 + x) * 3 + k]
                                : 0.0f;
                    }
            for (int r = 0; r < 3; r++)
                mnn_nested_product(9, 3, 4, 4, in + r * 18, 1, 3, 18, dz + 21, 3, 18,
                        dkernel + r * 27, 3, 1);
            float *dx = maxpool2d_before_activation_gradient + i * 48;
            mnn_grid_product(4, 4, 3, 9, 3, dz, 18, 3, 18, turned, 3, 27, dx, 12, 3);
            for (int j = 0; j < 4; j++)
                for (int k = 0; k < 3; k++)
                    dbias[k] += dy[j * 3 + k];
            for (int j = i * 48, end = j + 48; j < end; j++) {
                const float y = maxpool2d_out[j], g = maxpool2d_before_activation_gradient[j];
                maxpool2d_before_activation_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* conv2d (repeat_and_block.mnn:3): backward
 *     partial sums, one a piece:
 *     dkernel[9, 3] = transpose(patches[64, 9]) . dz[64, 3], dbias = sum of dz
 * windows of the pooling in registers, straight from the image; image by image; zeros of the input are skipped */
static void conv2d_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    float *in = scratch[worker->index]; /* [10, 10, 1] */
    memset(in, 0, 100 * sizeof *in);
    for (int first = worker->index * 1; first < batch->rows; first += worker->count * 1) {
        const int n = mnn_min(1, batch->rows - first);
        float *dkernel = conv2d_partials + first / 1 * 30;
        float *dbias = dkernel + 27;
        memset(dkernel, 0, 30 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *dy = maxpool2d_before_activation_gradient + i * 48;
            const uint8_t *index = maxpool2d_index + i * 48;
            for (int y = 0; y < 8; y++)
                memcpy(in + (y + 1) * 10 + 1, input_out + i * 64 + y * 8, 8 * sizeof *in);
            uint16_t list[17];
            const int count = mnn_list_windows(&conv2d_windows, mnn_skips(batch), in, list);
            mnn_windows_backward(&conv2d_windows, list, count, in, dy, index, dkernel);
            for (int j = 0; j < 16; j++)
                for (int k = 0; k < 3; k++)
                    dbias[k] += dy[j * 3 + k];
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense (repeat_and_block.mnn:19): gradients of the parameters
 *     dkernel[12, 4] = transpose(in[rows, 12]) . dy[rows, 4]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(12, 4, rows, maxpool2d_1_out, 1, 12, dense_out_gradient, 4, dense_kernel_gradient,
            4, 0);
    for (int j = 0; j < 4; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 4 + j];
}

/* conv2d_1 (repeat_and_block.mnn:3): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_1_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    memcpy(conv2d_1_kernel_gradient, conv2d_1_partials, 81 * sizeof(float));
    memcpy(conv2d_1_bias_gradient, conv2d_1_partials + 81, 3 * sizeof(float));
    for (int piece = 1; piece * 1 < rows; piece++) {
        const float *partial = conv2d_1_partials + piece * 84;
        for (int j = 0; j < 81; j++)
            conv2d_1_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 3; j++)
            conv2d_1_bias_gradient[j] += partial[81 + j];
    }
}

/* conv2d (repeat_and_block.mnn:3): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 2) != 0)
        return;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 27 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 27, 3 * sizeof(float));
    for (int piece = 1; piece * 1 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 30;
        for (int j = 0; j < 27; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 3; j++)
            conv2d_bias_gradient[j] += partial[27 + j];
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
    dense_softmax_forward(worker, batch->rows);
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
    dense_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_backward(worker, batch->rows);
    mnn_barrier(worker);
    conv2d_1_backward(worker, batch->rows);
    conv2d_backward(worker, batch);
    mnn_barrier(worker);
    dense_gradients(worker, batch->rows);
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

/* input (repeat_and_block.mnn:11): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 64;
    for (size_t j = 0; j < 64; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* conv2d (repeat_and_block.mnn:3): out[8, 8, 3] = in * kernel + bias */
static void conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++)
            for (int k = 0; k < 3; k++) {
                double sum = bias[k];
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r - 1, column = x + s - 1;
                        if (row < 0 || row >= 8 || column < 0 || column >= 8)
                            continue;
                        sum += in[row * 8 + column] * kernel[(r * 3 + s) * 3 + k];
                    }
                out[(y * 8 + x) * 3 + k] = sum;
            }
}

/* conv2d (repeat_and_block.mnn:3): out[192] = relu(in) */
static void conv2d_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 192; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* maxpool2d (repeat_and_block.mnn:4): out[48] = largest of each window */
static void maxpool2d_reference(const double *in, double *out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++) {
            const int top = y * 2, left = x * 2;
            for (int k = 0; k < 3; k++) {
                double best = in[(top * 8 + left) * 3 + k];
                for (int r = 0; r < 2; r++)
                    for (int c = 0; c < 2; c++) {
                        best = fmax(best, in[((top + r) * 8 + left + c) * 3 + k]);
                    }
                out[(y * 4 + x) * 3 + k] = best;
            }
        }
}

/* conv2d_1 (repeat_and_block.mnn:3): out[4, 4, 3] = in * kernel + bias */
static void conv2d_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++)
            for (int k = 0; k < 3; k++) {
                double sum = bias[k];
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r - 1, column = x + s - 1;
                        if (row < 0 || row >= 4 || column < 0 || column >= 4)
                            continue;
                        const double *pixel = in + (row * 4 + column) * 3;
                        const double *weight = kernel + (r * 3 + s) * 9 + k;
                        for (int c = 0; c < 3; c++)
                            sum += pixel[c] * weight[c * 3];
                    }
                out[(y * 4 + x) * 3 + k] = sum;
            }
}

/* conv2d_1 (repeat_and_block.mnn:3): out[48] = relu(in) */
static void conv2d_1_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 48; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* maxpool2d_1 (repeat_and_block.mnn:4): out[12] = largest of each window */
static void maxpool2d_1_reference(const double *in, double *out)
{
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 2; x++) {
            const int top = y * 2, left = x * 2;
            for (int k = 0; k < 3; k++) {
                double best = in[(top * 4 + left) * 3 + k];
                for (int r = 0; r < 2; r++)
                    for (int c = 0; c < 2; c++) {
                        best = fmax(best, in[((top + r) * 4 + left + c) * 3 + k]);
                    }
                out[(y * 2 + x) * 3 + k] = best;
            }
        }
}

/* dense (repeat_and_block.mnn:19): out[4] = in[12] . kernel[12, 4] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 4; j++) {
        double sum = bias[j];
        for (int i = 0; i < 12; i++)
            sum += in[i] * kernel[i * 4 + j];
        out[j] = sum;
    }
}

/* dense (repeat_and_block.mnn:19): out[4] = softmax(in) */
static void dense_softmax_reference(const double *in, double *out)
{
    for (int i = 0; i < 4; i += 4) {
        double largest = in[i], sum = 0.0;
        for (int j = i; j < i + 4; j++)
            largest = in[j] > largest ? in[j] : largest;
        for (int j = i; j < i + 4; j++)
            sum += exp(in[j] - largest);
        for (int j = i; j < i + 4; j++)
            out[j] = exp(in[j] - largest) / sum;
    }
}

/* loss (repeat_and_block.mnn:23): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[64];
    static double conv2d_reference_values[192];
    static double conv2d_relu_reference_values[192];
    static double maxpool2d_reference_values[48];
    static double conv2d_1_reference_values[48];
    static double conv2d_1_relu_reference_values[48];
    static double maxpool2d_1_reference_values[12];
    static double dense_reference_values[4];
    static double dense_softmax_reference_values[4];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        conv2d_reference(weights + 0, weights + 27, input_reference_values,
                conv2d_reference_values);
        conv2d_relu_reference(conv2d_reference_values, conv2d_relu_reference_values);
        maxpool2d_reference(conv2d_relu_reference_values, maxpool2d_reference_values);
        conv2d_1_reference(weights + 30, weights + 111, maxpool2d_reference_values,
                conv2d_1_reference_values);
        conv2d_1_relu_reference(conv2d_1_reference_values, conv2d_1_relu_reference_values);
        maxpool2d_1_reference(conv2d_1_relu_reference_values, maxpool2d_1_reference_values);
        dense_reference(weights + 114, weights + 162, maxpool2d_1_reference_values,
                dense_reference_values);
        dense_softmax_reference(dense_reference_values, dense_softmax_reference_values);
        result[row] = loss_reference(dense_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {8, 8, 1}, 0, 128},
    {"conv2d", "conv2d", 3, {8, 8, 3}, 30, 3696},
    {"maxpool2d", "maxpool2d", 3, {4, 4, 3}, 0, 192},
    {"conv2d_1", "conv2d", 3, {4, 4, 3}, 84, 2652},
    {"maxpool2d_1", "maxpool2d", 3, {2, 2, 3}, 0, 48},
    {"flatten", "flatten", 1, {12}, 0, 0},
    {"dense", "dense", 1, {4}, 52, 116},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {3, 3, 1, 3}, 0, 27, true, MNN_INIT_UNIFORM, -0.408248290463863,
            0.408248290463863},
    {"conv2d.bias", 1, {3}, 27, 3, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"conv2d_1.kernel", 4, {3, 3, 3, 3}, 30, 81, true, MNN_INIT_UNIFORM, -0.3333333333333333,
            0.3333333333333333},
    {"conv2d_1.bias", 1, {3}, 111, 3, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense.kernel", 2, {12, 4}, 114, 48, true, MNN_INIT_UNIFORM, -0.6123724356957945,
            0.6123724356957945},
    {"dense.bias", 1, {4}, 162, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {8, 8, 1}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 3, .dims = {8, 8, 3}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .pad = {1, 1}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "conv2d", .input_count = 1, .inputs = {1}, .rank = 3,
            .dims = {8, 8, 3}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_MAXPOOL2D, .layer = "maxpool2d", .input_count = 1, .inputs = {2}, .rank = 3,
            .dims = {4, 4, 3}, .window = {2, 2}, .strides = {2, 2}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_1", .input_count = 1, .inputs = {3}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 3, .dims = {4, 4, 3}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .pad = {1, 1}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "conv2d_1", .input_count = 1, .inputs = {4}, .rank = 3,
            .dims = {4, 4, 3}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_MAXPOOL2D, .layer = "maxpool2d_1", .input_count = 1, .inputs = {5}, .rank = 3,
            .dims = {2, 2, 3}, .window = {2, 2}, .strides = {2, 2}},
    {.op = MNN_OP_RESHAPE, .layer = "flatten", .input_count = 1, .inputs = {6}, .rank = 1,
            .dims = {12}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {7}, .tensor_count = 2,
            .tensors = {4, 5}, .rank = 1, .dims = {4}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {8}, .rank = 1,
            .dims = {4}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "repeat_and_block",
    .description = "29f8a1493490c090cd906bbf10029a1bf9768132ae8ba1a5cec4e2dc87933373",
    .data_name = "digits",
    .train = {"digits/train-images", "digits/train-labels"},
    .test = {"digits/test-images", "digits/test-labels"},
    .validation = {NULL, NULL},
    .sample_rank = 3,
    .sample_dims = {8, 8, 1},
    .sample_size = 64,
    .scale = 0.003921569f,
    .shift = 0.0f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 4,
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
    .static_bytes = 14304,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 4,
    .output = workspace + 512,
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
