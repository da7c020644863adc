/* cnn: a training program that mnnc 0.1.0 made from cnn.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              28 x 28 x 1              0           1,568    10
 * conv2d (conv2d, relu)      26 x 26 x 32           320         416,416    11
 * maxpool2d (maxpool2d)      13 x 13 x 32             0          21,632    12
 * flatten (flatten)          5408                     0               0    13
 * dense (dense, relu)        100                540,900       1,081,800    14
 * dense_1 (dense, softmax)   10                   1,010           2,050    15
 *
 * 542,230 parameters, batches of 32; static memory 10,574,048 bytes (checked below).
 * gradcheck takes another 397,408 bytes.
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
    BATCH = 32, /* rows of a full batch */
    PARAM_COUNT = 542230,
    WORKSPACE = 381120, /* floats */
    SCRATCH = 6272, /* floats a worker */
    MAX_WORKERS = 8
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float adam_m[PARAM_COUNT];
static _Alignas(64) float adam_v[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static uint8_t maxpool2d_index[173056];
        /* [rows, 13, 13, 32]: which of its window was the largest */
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof adam_m + sizeof adam_v + sizeof workspace
        + sizeof scratch + sizeof maxpool2d_index + sizeof row_loss == 10574048,
        "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [3, 3, 1, 32] */
static float *const conv2d_bias = params + 288; /* [32] */
static float *const dense_kernel = params + 320; /* [5408, 100] */
static float *const dense_bias = params + 541120; /* [100] */
static float *const dense_1_kernel = params + 541220; /* [100, 10] */
static float *const dense_1_bias = params + 542220; /* [10] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [3, 3, 1, 32] */
static float *const conv2d_bias_gradient = grads + 288; /* [32] */
static float *const dense_kernel_gradient = grads + 320; /* [5408, 100] */
static float *const dense_bias_gradient = grads + 541120; /* [100] */
static float *const dense_1_kernel_gradient = grads + 541220; /* [100, 10] */
static float *const dense_1_bias_gradient = grads + 542220; /* [10] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 28, 28, 1] */
static float *const maxpool2d_out = workspace + 25088; /* [rows, 13, 13, 32] */
static float *const dense_out = workspace + 198144; /* [rows, 100] */
static float *const dense_forward_partials = workspace + 201344; /* partial sums */
static float *const dense_1_out = workspace + 201344; /* [rows, 10] */
static float *const dense_1_softmax = workspace + 201664; /* [rows, 10] */
static float *const dense_1_out_gradient = workspace + 201984; /* [rows, 10] */
static float *const dense_out_gradient = workspace + 202304; /* [rows, 100] */
static float *const flatten_out_gradient = workspace + 205504; /* [rows, 5408] */
static float *const conv2d_partials = workspace + 378560; /* partial sums */

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

/* input (cnn.mnn:10): forward
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

/* conv2d: the windows of its pooling in the picture; distances in floats */
static const mnn_windows conv2d_windows = {
    .high = 13, .wide = 13, .down = 56, .right = 2,
    .rows = 2, .columns = 2, .row = 28, .column = 1,
    .taps = 9, .side = 3, .line = 28,
    .filters = 32,
};

/* conv2d (cnn.mnn:11): forward
 *     out[rows, 13, 13, 32] = relu(maxpool2d(in[rows, 28, 28, 1] * kernel[3, 3, 1, 32]) + bias)
 * windows of the pooling in registers, straight from the image; image by image; zeros of the input are skipped */
static void conv2d_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 4; first < batch->rows; first += worker->count * 4) {
        const int n = mnn_min(4, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = maxpool2d_out + i * 5408;
            const float *in = input_out + i * 784;
            uint16_t list[170];
            const int count = mnn_list_windows(&conv2d_windows, mnn_skips(batch), in, list);
            mnn_windows_forward(&conv2d_windows, list, count, in, conv2d_kernel, conv2d_bias, 1,
                    out, maxpool2d_index + i * 5408);
        }
    }
}

/* dense (cnn.mnn:14): forward, products of each piece of the inputs
 *     partial sums, one a piece: in[rows, piece] . kernel[piece, 100]
 * tiles in registers; cut by inputs: columns are few */
static void dense_forward_products(const mnn_worker *worker, int rows)
{
    for (int piece = mnn_part_begin(worker, 8); piece < mnn_part_end(worker, 8); piece++) {
        const int first = piece * 684;
        const int n = mnn_min(684, 5408 - first);
        float *out = dense_forward_partials + first / 684 * 3200; /* [rows, 100] */
        mnn_rows_product(rows, 100, n, maxpool2d_out + first, 5408, dense_kernel + first * 100, 100,
                out, 100);
    }
}

/* dense (cnn.mnn:14): forward
 *     out[rows, 100] = relu(in[rows, 5408] . kernel[5408, 100] + bias)
 * sum; partial sums in a fixed order */
static void dense_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 4; first < rows; first += worker->count * 4) {
        const int n = mnn_min(4, rows - first);
        float *out = dense_out + first * 100;
        const float *partial = dense_forward_partials + first * 100;
        memcpy(out, partial, (size_t)n * 100 * sizeof(float));
        for (int piece = 1; piece < 8; piece++)
            for (int j = 0; j < n * 100; j++)
                out[j] += partial[piece * 3200 + j];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 100; j++) {
                const float z = out[i * 100 + j] + dense_bias[j];
                out[i * 100 + j] = z < 0.0f ? 0.0f : z;
            }
    }
}

/* dense_1 (cnn.mnn:15): forward
 *     out[rows, 10] = in[rows, 100] . kernel[100, 10] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_1_out;
    mnn_rows_product(rows, 10, 100, dense_out, 100, dense_1_kernel, 10, out, 10);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            out[i * 10 + j] += dense_1_bias[j];
}

/* dense_1 (cnn.mnn:15): forward
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

/* loss (cnn.mnn:19): forward
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

/* ---- backward ---- */

/* loss (cnn.mnn:19): backward
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

/* dense_1 (cnn.mnn:15): backward
 *     dx[rows, 100] = dy[rows, 10] . transpose(kernel[100, 10]), times the derivative of relu
 * tiles in registers; in one piece: too small to cut */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [10, 32] */
    float *dx_turned = dy_turned + 320; /* [96, 32] */
    mnn_transpose(rows, 10, dense_1_out_gradient, 10, dy_turned, 32);
    for (int i = 0; i < 100; i += 96) {
        const int count = mnn_min(96, 100 - i);
        mnn_product(count, 32, 10, dense_1_kernel + i * 10, 10, 1, dy_turned, 32, dx_turned, 32, 0);
        mnn_transpose(count, rows, dx_turned, 32, dense_out_gradient + i, 100);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 100 + 0, end = j + 100; j < end; j++) {
            const float y = dense_out[j], g = dense_out_gradient[j];
            dense_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
}

/* dense (cnn.mnn:14): backward
 *     dx[rows, 5408] = dy[rows, 100] . transpose(kernel[5408, 100]), times the derivative of relu
 * tiles in registers; cut by columns: the batch is small */
static void dense_backward(const mnn_worker *worker, int rows)
{
    float *dy_turned = scratch[worker->index]; /* [100, 32] */
    float *dx_turned = dy_turned + 3200; /* [96, 32] */
    mnn_transpose(rows, 100, dense_out_gradient, 100, dy_turned, 32);
    for (int piece = mnn_part_begin(worker, 8); piece < mnn_part_end(worker, 8); piece++) {
        const int first = piece * 688;
        const int n = mnn_min(688, 5408 - first);
        for (int i = first; i < first + n; i += 96) {
            const int count = mnn_min(96, first + n - i);
            mnn_product(count, 32, 100, dense_kernel + i * 100, 100, 1, dy_turned, 32, dx_turned,
                    32, 0);
            mnn_transpose(count, rows, dx_turned, 32, flatten_out_gradient + i, 5408);
        }
        for (int i = 0; i < rows; i++)
            for (int j = i * 5408 + first, end = j + n; j < end; j++) {
                const float y = maxpool2d_out[j], g = flatten_out_gradient[j];
                flatten_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
    }
}

/* conv2d (cnn.mnn:11): backward
 *     partial sums, one a piece:
 *     dkernel[9, 32] = transpose(patches[676, 9]) . dz[676, 32], dbias = sum of dz
 * windows of the pooling in registers, straight from the image; image by image; zeros of the input are skipped */
static void conv2d_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 4; first < batch->rows; first += worker->count * 4) {
        const int n = mnn_min(4, batch->rows - first);
        float *dkernel = conv2d_partials + first / 4 * 320;
        float *dbias = dkernel + 288;
        memset(dkernel, 0, 320 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *dy = flatten_out_gradient + i * 5408;
            const uint8_t *index = maxpool2d_index + i * 5408;
            const float *in = input_out + i * 784;
            uint16_t list[170];
            const int count = mnn_list_windows(&conv2d_windows, mnn_skips(batch), in, list);
            mnn_windows_backward(&conv2d_windows, list, count, in, dy, index, dkernel);
            for (int j = 0; j < 169; j++)
                for (int k = 0; k < 32; k++)
                    dbias[k] += dy[j * 32 + k];
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense_1 (cnn.mnn:15): gradients of the parameters
 *     dkernel[100, 10] = transpose(in[rows, 100]) . dy[rows, 10]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(100, 10, rows, dense_out, 1, 100, dense_1_out_gradient, 10, dense_1_kernel_gradient,
            10, 0);
    for (int j = 0; j < 10; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 10 + j];
}

/* dense (cnn.mnn:14): gradients of the parameters
 *     dkernel[5408, 100] = transpose(in[rows, 5408]) . dy[rows, 100]; dbias = sum over rows of dy
 * tiles in registers; cut by inputs: each piece is a whole sum over the batch */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    for (int piece = mnn_part_begin(worker, 8); piece < mnn_part_end(worker, 8); piece++) {
        const int first = piece * 684;
        const int n = mnn_min(684, 5408 - first);
        mnn_product(n, 100, rows, maxpool2d_out + first, 1, 5408, dense_out_gradient, 100,
                dense_kernel_gradient + first * 100, 100, 0);
        if (first == 0) {
            for (int j = 0; j < 100; j++)
                dense_bias_gradient[j] = 0.0f;
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < 100; j++)
                    dense_bias_gradient[j] += dense_out_gradient[i * 100 + j];
        }
    }
}

/* conv2d (cnn.mnn:11): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 288 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 288, 32 * sizeof(float));
    for (int piece = 1; piece * 4 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 320;
        for (int j = 0; j < 288; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 32; j++)
            conv2d_bias_gradient[j] += partial[288 + j];
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    conv2d_forward(worker, batch);
    mnn_barrier(worker);
    dense_forward_products(worker, batch->rows);
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
    conv2d_forward(worker, batch);
    mnn_barrier(worker);
    dense_forward_products(worker, batch->rows);
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
    conv2d_backward(worker, batch);
    mnn_barrier(worker);
    dense_1_gradients(worker, batch->rows);
    dense_gradients(worker, batch->rows);
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
    for (int piece = mnn_part_begin(worker, 67); piece < mnn_part_end(worker, 67); piece++) {
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

/* input (cnn.mnn:10): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 784;
    for (size_t j = 0; j < 784; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* conv2d (cnn.mnn:11): out[26, 26, 32] = in * kernel + bias */
static void conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 26; y++)
        for (int x = 0; x < 26; x++)
            for (int k = 0; k < 32; k++) {
                double sum = bias[k];
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r, column = x + s;
                        sum += in[row * 28 + column] * kernel[(r * 3 + s) * 32 + k];
                    }
                out[(y * 26 + x) * 32 + k] = sum;
            }
}

/* conv2d (cnn.mnn:11): out[21632] = relu(in) */
static void conv2d_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 21632; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* maxpool2d (cnn.mnn:12): out[5408] = largest of each window */
static void maxpool2d_reference(const double *in, double *out)
{
    for (int y = 0; y < 13; y++)
        for (int x = 0; x < 13; x++) {
            const int top = y * 2, left = x * 2;
            for (int k = 0; k < 32; k++) {
                double best = in[(top * 26 + left) * 32 + k];
                for (int r = 0; r < 2; r++)
                    for (int c = 0; c < 2; c++) {
                        best = fmax(best, in[((top + r) * 26 + left + c) * 32 + k]);
                    }
                out[(y * 13 + x) * 32 + k] = best;
            }
        }
}

/* dense (cnn.mnn:14): out[100] = in[5408] . kernel[5408, 100] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 100; j++) {
        double sum = bias[j];
        for (int i = 0; i < 5408; i++)
            sum += in[i] * kernel[i * 100 + j];
        out[j] = sum;
    }
}

/* dense (cnn.mnn:14): out[100] = relu(in) */
static void dense_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 100; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dense_1 (cnn.mnn:15): out[10] = in[100] . kernel[100, 10] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 100; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* dense_1 (cnn.mnn:15): out[10] = softmax(in) */
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

/* loss (cnn.mnn:19): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[784];
    static double conv2d_reference_values[21632];
    static double conv2d_relu_reference_values[21632];
    static double maxpool2d_reference_values[5408];
    static double dense_reference_values[100];
    static double dense_relu_reference_values[100];
    static double dense_1_reference_values[10];
    static double dense_1_softmax_reference_values[10];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        conv2d_reference(weights + 0, weights + 288, input_reference_values,
                conv2d_reference_values);
        conv2d_relu_reference(conv2d_reference_values, conv2d_relu_reference_values);
        maxpool2d_reference(conv2d_relu_reference_values, maxpool2d_reference_values);
        dense_reference(weights + 320, weights + 541120, maxpool2d_reference_values,
                dense_reference_values);
        dense_relu_reference(dense_reference_values, dense_relu_reference_values);
        dense_1_reference(weights + 541220, weights + 542220, dense_relu_reference_values,
                dense_1_reference_values);
        dense_1_softmax_reference(dense_1_reference_values, dense_1_softmax_reference_values);
        result[row] = loss_reference(dense_1_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {28, 28, 1}, 0, 1568},
    {"conv2d", "conv2d", 3, {26, 26, 32}, 320, 416416},
    {"maxpool2d", "maxpool2d", 3, {13, 13, 32}, 0, 21632},
    {"flatten", "flatten", 1, {5408}, 0, 0},
    {"dense", "dense", 1, {100}, 540900, 1081800},
    {"dense_1", "dense", 1, {10}, 1010, 2050},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {3, 3, 1, 32}, 0, 288, true, MNN_INIT_UNIFORM, -0.816496580927726,
            0.816496580927726},
    {"conv2d.bias", 1, {32}, 288, 32, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense.kernel", 2, {5408, 100}, 320, 540800, true, MNN_INIT_UNIFORM, -0.03330866937632456,
            0.03330866937632456},
    {"dense.bias", 1, {100}, 541120, 100, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {100, 10}, 541220, 1000, true, MNN_INIT_UNIFORM, -0.23354968324845687,
            0.23354968324845687},
    {"dense_1.bias", 1, {10}, 542220, 10, true, MNN_INIT_ZEROS, 0.0, 0.0},
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
            .tensors = {0, 1}, .rank = 3, .dims = {26, 26, 32}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "conv2d", .input_count = 1, .inputs = {1}, .rank = 3,
            .dims = {26, 26, 32}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_MAXPOOL2D, .layer = "maxpool2d", .input_count = 1, .inputs = {2}, .rank = 3,
            .dims = {13, 13, 32}, .window = {2, 2}, .strides = {2, 2}},
    {.op = MNN_OP_RESHAPE, .layer = "flatten", .input_count = 1, .inputs = {3}, .rank = 1,
            .dims = {5408}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {4}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {100}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {5}, .rank = 1,
            .dims = {100}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {6}, .tensor_count = 2,
            .tensors = {4, 5}, .rank = 1, .dims = {10}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_1", .input_count = 1, .inputs = {7}, .rank = 1,
            .dims = {10}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "cnn",
    .description = "eca27a71b48fc89e31b7fca50becb2888a902025edfe1a48f0f5633e44a03259",
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
    .epochs = 10,
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
    .node_count = sizeof nodes / sizeof nodes[0],
    .nodes = nodes,
    .slot_count = 2,
    .slots = slots,
    .static_bytes = 10574048,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 201664,
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
