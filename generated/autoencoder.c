/* autoencoder: a training program that mnnc 0.1.0 made from autoencoder.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              784                      0           1,568     6
 * dense (dense, relu)        128                100,480         200,960    10
 * code (dense, relu)         32                   4,128           8,256    11
 * dense_1 (dense, relu)      128                  4,224           8,448    12
 * dense_2 (dense, sigmoid)   784                101,136         204,624    13
 *
 * 209,968 parameters, batches of 100; static memory 7,386,388 bytes (checked below).
 * gradcheck takes another 23,424 bytes.
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
    BATCH = 100, /* rows of a full batch */
    PARAM_COUNT = 209968,
    WORKSPACE = 292800, /* floats */
    SCRATCH = 88000, /* floats a worker */
    MAX_WORKERS = 8
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float adam_m[PARAM_COUNT];
static _Alignas(64) float adam_v[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static uint16_t input_lists[19650]; /* of every 4 rows: how many inputs are not all 0, and which */
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof adam_m + sizeof adam_v + sizeof workspace
        + sizeof scratch + sizeof input_lists + sizeof row_loss == 7386388,
        "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [784, 128] */
static float *const dense_bias = params + 100352; /* [128] */
static float *const code_kernel = params + 100480; /* [128, 32] */
static float *const code_bias = params + 104576; /* [32] */
static float *const dense_1_kernel = params + 104608; /* [32, 128] */
static float *const dense_1_bias = params + 108704; /* [128] */
static float *const dense_2_kernel = params + 108832; /* [128, 784] */
static float *const dense_2_bias = params + 209184; /* [784] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [784, 128] */
static float *const dense_bias_gradient = grads + 100352; /* [128] */
static float *const code_kernel_gradient = grads + 100480; /* [128, 32] */
static float *const code_bias_gradient = grads + 104576; /* [32] */
static float *const dense_1_kernel_gradient = grads + 104608; /* [32, 128] */
static float *const dense_1_bias_gradient = grads + 108704; /* [128] */
static float *const dense_2_kernel_gradient = grads + 108832; /* [128, 784] */
static float *const dense_2_bias_gradient = grads + 209184; /* [784] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 784] */
static float *const dense_out = workspace + 78400; /* [rows, 128] */
static float *const code_out = workspace + 91200; /* [rows, 32] */
static float *const dense_1_out = workspace + 94400; /* [rows, 128] */
static float *const dense_2_out = workspace + 107200; /* [rows, 784] */
static float *const dense_2_out_gradient = workspace + 185600; /* [rows, 784] */
static float *const dense_1_out_gradient = workspace + 264000; /* [rows, 128] */
static float *const code_out_gradient = workspace + 276800; /* [rows, 32] */
static float *const dense_out_gradient = workspace + 280000; /* [rows, 128] */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[784]
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

/* input (autoencoder.mnn:6): forward
 *     out[rows, 784] = the samples that the batch names
 * loop; row by row; where it is 0 is noted */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 52; first < batch->rows; first += worker->count * 52) {
        const int n = mnn_min(52, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 784);
            float *out = input_out + i * 784;
            input_sample(batch, i, out);
        }
        for (int i = first; mnn_skips(batch) && i < first + n; i += 4)
            input_lists[i / 4 * 786] = (uint16_t)mnn_list_columns(mnn_min(4, first + n - i), 784,
                input_out + i * 784, 784, input_lists + i / 4 * 786 + 1);
    }
}

/* dense (autoencoder.mnn:10): forward
 *     out[rows, 128] = relu(in[rows, 784] . kernel[784, 128] + bias)
 * tiles in registers; cut by columns: the kernel is large; zeros of the input are skipped */
static void dense_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    const int rows = batch->rows;
    for (int first = worker->index * 32; first < 128; first += worker->count * 32) {
        const int n = 32;
        float *out = dense_out + first;
        if (mnn_skips(batch)) {
            mnn_skip_product(rows, n, 784, input_lists, input_out, 784, dense_kernel + first, 128,
                    out, 128);
        } else {
            mnn_rows_product(rows, n, 784, input_out, 784, dense_kernel + first, 128, out, 128);
        }
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < n; j++) {
                const float z = out[i * 128 + j] + dense_bias[first + j];
                out[i * 128 + j] = z < 0.0f ? 0.0f : z;
            }
    }
}

/* code (autoencoder.mnn:11): forward
 *     out[rows, 32] = relu(in[rows, 128] . kernel[128, 32] + bias)
 * tiles in registers; cut by rows: the kernel fits the cache */
static void code_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 52; first < rows; first += worker->count * 52) {
        const int n = mnn_min(52, rows - first);
        const float *in = dense_out + first * 128;
        float *out = code_out + first * 32;
        mnn_rows_product(n, 32, 128, in, 128, code_kernel, 32, out, 32);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 32; j++) {
                const float z = out[i * 32 + j] + code_bias[j];
                out[i * 32 + j] = z < 0.0f ? 0.0f : z;
            }
    }
}

/* dense_1 (autoencoder.mnn:12): forward
 *     out[rows, 128] = relu(in[rows, 32] . kernel[32, 128] + bias)
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 52; first < rows; first += worker->count * 52) {
        const int n = mnn_min(52, rows - first);
        const float *in = code_out + first * 32;
        float *out = dense_1_out + first * 128;
        mnn_rows_product(n, 128, 32, in, 32, dense_1_kernel, 128, out, 128);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 128; j++) {
                const float z = out[i * 128 + j] + dense_1_bias[j];
                out[i * 128 + j] = z < 0.0f ? 0.0f : z;
            }
    }
}

/* dense_2 (autoencoder.mnn:13): forward
 *     out[rows, 784] = sigmoid(in[rows, 128] . kernel[128, 784] + bias)
 * tiles in registers; cut by columns: the kernel is large */
static void dense_2_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 128; first < 784; first += worker->count * 128) {
        const int n = mnn_min(128, 784 - first);
        float *out = dense_2_out + first;
        if (n == 128) {
            mnn_rows_product(rows, 128, 128, dense_1_out, 128, dense_2_kernel + first, 784, out,
                    784);
        } else {
            mnn_rows_product(rows, 16, 128, dense_1_out, 128, dense_2_kernel + first, 784, out,
                    784);
        }
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < n; j++) {
                const float z = out[i * 784 + j] + dense_2_bias[first + j];
                out[i * 784 + j] = 1.0f / (1.0f + expf(-z));
            }
    }
}

/* loss (autoencoder.mnn:17): forward
 *     row_loss[rows] = mean over the 784 outputs of (p - target)^2
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 52; first < batch->rows; first += worker->count * 52) {
        const int n = mnn_min(52, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *p = dense_2_out + i * 784;
            const float *target = input_out + i * 784;
            float sum = 0.0f;
            for (int j = 0; j < 784; j++) {
                const float d = p[j] - target[j];
                sum += d * d;
            }
            row_loss[i] = sum / 784.0f;
        }
    }
}

/* ---- backward ---- */

/* loss (autoencoder.mnn:17): backward
 *     dp[rows, 784] = 2 (p - target) / (784 rows)
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 52; first < batch->rows; first += worker->count * 52) {
        const int n = mnn_min(52, batch->rows - first);
        const float scale = 2.0f / 784.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_2_out + i * 784;
            float *dp = dense_2_out_gradient + i * 784;
            const float *target = input_out + i * 784;
            for (int j = 0; j < 784; j++) {
                const float d = p[j] - target[j];
                dp[j] = (d) * scale;
            }
            for (int j = i * 784, end = j + 784; j < end; j++) {
                const float y = dense_2_out[j], g = dense_2_out_gradient[j];
                dense_2_out_gradient[j] = g * y * (1.0f - y);
            }
        }
    }
}

/* dense_2 (autoencoder.mnn:13): backward
 *     dx[rows, 128] = dy[rows, 784] . transpose(kernel[128, 784]), times the derivative of relu
 * tiles in registers; cut by columns: the kernel is large */
static void dense_2_backward(const mnn_worker *worker, int rows)
{
    float *dy_turned = scratch[worker->index]; /* [784, 100] */
    float *dx_turned = dy_turned + 78400; /* [96, 100] */
    mnn_transpose(rows, 784, dense_2_out_gradient, 784, dy_turned, 100);
    for (int first = worker->index * 32; first < 128; first += worker->count * 32) {
        const int n = 32;
        for (int i = first; i < first + n; i += 96) {
            const int count = mnn_min(96, first + n - i);
            mnn_product(count, 100, 784, dense_2_kernel + i * 784, 784, 1, dy_turned, 100,
                    dx_turned, 100, 0);
            mnn_transpose(count, rows, dx_turned, 100, dense_1_out_gradient + i, 128);
        }
        for (int i = 0; i < rows; i++)
            for (int j = i * 128 + first, end = j + n; j < end; j++) {
                const float y = dense_1_out[j], g = dense_1_out_gradient[j];
                dense_1_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
    }
}

/* dense_1 (autoencoder.mnn:12): backward
 *     dx[rows, 32] = dy[rows, 128] . transpose(kernel[32, 128]), times the derivative of relu
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [128, 32] */
    if (worker->index * 52 < rows)
        mnn_transpose(32, 128, dense_1_kernel, 128, turned, 32);
    for (int first = worker->index * 52; first < rows; first += worker->count * 52) {
        const int n = mnn_min(52, rows - first);
        mnn_product(n, 32, 128, dense_1_out_gradient + first * 128, 128, 1, turned, 32,
                code_out_gradient + first * 32, 32, 0);
        for (int j = first * 32, end = j + n * 32; j < end; j++) {
            const float y = code_out[j], g = code_out_gradient[j];
            code_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* code (autoencoder.mnn:11): backward
 *     dx[rows, 128] = dy[rows, 32] . transpose(kernel[128, 32]), times the derivative of relu
 * tiles in registers; cut by rows: the kernel fits the cache */
static void code_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [32, 128] */
    if (worker->index * 52 < rows)
        mnn_transpose(128, 32, code_kernel, 32, turned, 128);
    for (int first = worker->index * 52; first < rows; first += worker->count * 52) {
        const int n = mnn_min(52, rows - first);
        mnn_product(n, 128, 32, code_out_gradient + first * 32, 32, 1, turned, 128,
                dense_out_gradient + first * 128, 128, 0);
        for (int j = first * 128, end = j + n * 128; j < end; j++) {
            const float y = dense_out[j], g = dense_out_gradient[j];
            dense_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense_2 (autoencoder.mnn:13): gradients of the parameters
 *     dkernel[128, 784] = transpose(in[rows, 128]) . dy[rows, 784]; dbias = sum over rows of dy
 * tiles in registers; cut by inputs: each piece is a whole sum over the batch */
static void dense_2_gradients(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 72; first < 128; first += worker->count * 72) {
        const int n = mnn_min(72, 128 - first);
        mnn_product(n, 784, rows, dense_1_out + first, 1, 128, dense_2_out_gradient, 784,
                dense_2_kernel_gradient + first * 784, 784, 0);
        if (first == 0) {
            for (int j = 0; j < 784; j++)
                dense_2_bias_gradient[j] = 0.0f;
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < 784; j++)
                    dense_2_bias_gradient[j] += dense_2_out_gradient[i * 784 + j];
        }
    }
}

/* dense_1 (autoencoder.mnn:12): gradients of the parameters
 *     dkernel[32, 128] = transpose(in[rows, 32]) . dy[rows, 128]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 2) != 0)
        return;
    mnn_product(32, 128, rows, code_out, 1, 32, dense_1_out_gradient, 128, dense_1_kernel_gradient,
            128, 0);
    for (int j = 0; j < 128; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 128; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 128 + j];
}

/* code (autoencoder.mnn:11): gradients of the parameters
 *     dkernel[128, 32] = transpose(in[rows, 128]) . dy[rows, 32]; dbias = sum over rows of dy
 * tiles in registers; cut by inputs: each piece is a whole sum over the batch */
static void code_gradients(const mnn_worker *worker, int rows)
{
    for (int first = mnn_first_piece(worker, 3) * 72; first < 128; first += worker->count * 72) {
        const int n = mnn_min(72, 128 - first);
        mnn_product(n, 32, rows, dense_out + first, 1, 128, code_out_gradient, 32,
                code_kernel_gradient + first * 32, 32, 0);
        if (first == 0) {
            for (int j = 0; j < 32; j++)
                code_bias_gradient[j] = 0.0f;
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < 32; j++)
                    code_bias_gradient[j] += code_out_gradient[i * 32 + j];
        }
    }
}

/* dense (autoencoder.mnn:10): gradients of the parameters
 *     dkernel[784, 128] = transpose(in[rows, 784]) . dy[rows, 128]; dbias = sum over rows of dy
 * tiles in registers; cut by inputs: each piece is a whole sum over the batch; zeros of the input are skipped */
static void dense_gradients(const mnn_worker *worker, const mnn_batch *batch)
{
    const int rows = batch->rows;
    uint16_t list[BATCH + 1]; /* rows in which an input is not 0 */
    for (int piece = mnn_part_begin(worker, 8); piece < mnn_part_end(worker, 8); piece++) {
        const int first = piece * 108;
        const int n = mnn_min(108, 784 - first);
        if (mnn_skips(batch)) {
            mnn_skip_product_tn(n, 128, rows, list, input_out + first, 784, dense_out_gradient, 128,
                    dense_kernel_gradient + first * 128, 128);
        } else {
            mnn_product(n, 128, rows, input_out + first, 1, 784, dense_out_gradient, 128,
                    dense_kernel_gradient + first * 128, 128, 0);
        }
        if (first == 0) {
            for (int j = 0; j < 128; j++)
                dense_bias_gradient[j] = 0.0f;
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < 128; j++)
                    dense_bias_gradient[j] += dense_out_gradient[i * 128 + j];
        }
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    mnn_barrier(worker);
    dense_forward(worker, batch);
    mnn_barrier(worker);
    code_forward(worker, batch->rows);
    dense_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_2_forward(worker, batch->rows);
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
    mnn_barrier(worker);
    dense_forward(worker, batch);
    mnn_barrier(worker);
    code_forward(worker, batch->rows);
    dense_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_2_forward(worker, batch->rows);
    mnn_barrier(worker);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_2_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_backward(worker, batch->rows);
    code_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_2_gradients(worker, batch->rows);
    dense_1_gradients(worker, batch->rows);
    code_gradients(worker, batch->rows);
    dense_gradients(worker, batch);
}

/* update: Adam (Kingma, Ba 2015) in the "epsilon hat" form, as in Keras
 *     m += (1 - 0.9) (g - m);  v += (1 - 0.999) (g^2 - v);  w -= rate m / (sqrt(v) + 1e-07)
 *     rate = learning_rate sqrt(1 - 0.999^t) / (1 - 0.9^t) */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const double t = (double)step->step;
    const double correction = sqrt(1.0 - pow(0.999, t)) / (1.0 - pow(0.9, t));
    const float rate = (float)(step->learning_rate * correction);
    for (int piece = mnn_part_begin(worker, 26); piece < mnn_part_end(worker, 26); piece++) {
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

/* input (autoencoder.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 784;
    for (size_t j = 0; j < 784; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* dense (autoencoder.mnn:10): out[128] = in[784] . kernel[784, 128] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 128; j++) {
        double sum = bias[j];
        for (int i = 0; i < 784; i++)
            sum += in[i] * kernel[i * 128 + j];
        out[j] = sum;
    }
}

/* dense (autoencoder.mnn:10): out[128] = relu(in) */
static void dense_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 128; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* code (autoencoder.mnn:11): out[32] = in[128] . kernel[128, 32] + bias */
static void code_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 32; j++) {
        double sum = bias[j];
        for (int i = 0; i < 128; i++)
            sum += in[i] * kernel[i * 32 + j];
        out[j] = sum;
    }
}

/* code (autoencoder.mnn:11): out[32] = relu(in) */
static void code_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 32; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dense_1 (autoencoder.mnn:12): out[128] = in[32] . kernel[32, 128] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 128; j++) {
        double sum = bias[j];
        for (int i = 0; i < 32; i++)
            sum += in[i] * kernel[i * 128 + j];
        out[j] = sum;
    }
}

/* dense_1 (autoencoder.mnn:12): out[128] = relu(in) */
static void dense_1_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 128; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dense_2 (autoencoder.mnn:13): out[784] = in[128] . kernel[128, 784] + bias */
static void dense_2_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 784; j++) {
        double sum = bias[j];
        for (int i = 0; i < 128; i++)
            sum += in[i] * kernel[i * 784 + j];
        out[j] = sum;
    }
}

/* dense_2 (autoencoder.mnn:13): out[784] = sigmoid(in) */
static void dense_2_sigmoid_reference(const double *in, double *out)
{
    for (int j = 0; j < 784; j++)
        out[j] = 1.0 / (1.0 + exp(-in[j]));
}

/* loss (autoencoder.mnn:17): mean over the outputs of (p - target)^2 */
static double loss_reference(const double *p, const double *target)
{
    double sum = 0.0;
    for (int j = 0; j < 784; j++) {
        const double x = p[j], t = target[j];
        sum += (x - t) * (x - t);
    }
    return sum / 784.0;
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[784];
    static double dense_reference_values[128];
    static double dense_relu_reference_values[128];
    static double code_reference_values[32];
    static double code_relu_reference_values[32];
    static double dense_1_reference_values[128];
    static double dense_1_relu_reference_values[128];
    static double dense_2_reference_values[784];
    static double dense_2_sigmoid_reference_values[784];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 100352, input_reference_values,
                dense_reference_values);
        dense_relu_reference(dense_reference_values, dense_relu_reference_values);
        code_reference(weights + 100480, weights + 104576, dense_relu_reference_values,
                code_reference_values);
        code_relu_reference(code_reference_values, code_relu_reference_values);
        dense_1_reference(weights + 104608, weights + 108704, code_relu_reference_values,
                dense_1_reference_values);
        dense_1_relu_reference(dense_1_reference_values, dense_1_relu_reference_values);
        dense_2_reference(weights + 108832, weights + 209184, dense_1_relu_reference_values,
                dense_2_reference_values);
        dense_2_sigmoid_reference(dense_2_reference_values, dense_2_sigmoid_reference_values);
        result[row] = loss_reference(dense_2_sigmoid_reference_values, input_reference_values);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {784}, 0, 1568},
    {"dense", "dense", 1, {128}, 100480, 200960},
    {"code", "dense", 1, {32}, 4128, 8256},
    {"dense_1", "dense", 1, {128}, 4224, 8448},
    {"dense_2", "dense", 1, {784}, 101136, 204624},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {784, 128}, 0, 100352, true, MNN_INIT_UNIFORM, -0.08111071056538127,
            0.08111071056538127},
    {"dense.bias", 1, {128}, 100352, 128, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"code.kernel", 2, {128, 32}, 100480, 4096, true, MNN_INIT_UNIFORM, -0.19364916731037085,
            0.19364916731037085},
    {"code.bias", 1, {32}, 104576, 32, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {32, 128}, 104608, 4096, true, MNN_INIT_UNIFORM, -0.19364916731037085,
            0.19364916731037085},
    {"dense_1.bias", 1, {128}, 108704, 128, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_2.kernel", 2, {128, 784}, 108832, 100352, true, MNN_INIT_UNIFORM, -0.08111071056538127,
            0.08111071056538127},
    {"dense_2.bias", 1, {784}, 209184, 784, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {784}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {128}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {1}, .rank = 1,
            .dims = {128}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DENSE, .layer = "code", .input_count = 1, .inputs = {2}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {32}},
    {.op = MNN_OP_ACTIVATION, .layer = "code", .input_count = 1, .inputs = {3}, .rank = 1,
            .dims = {32}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {4}, .tensor_count = 2,
            .tensors = {4, 5}, .rank = 1, .dims = {128}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_1", .input_count = 1, .inputs = {5}, .rank = 1,
            .dims = {128}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DENSE, .layer = "dense_2", .input_count = 1, .inputs = {6}, .tensor_count = 2,
            .tensors = {6, 7}, .rank = 1, .dims = {784}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_2", .input_count = 1, .inputs = {7}, .rank = 1,
            .dims = {784}, .activation = MNN_ACTIVATION_SIGMOID},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "autoencoder",
    .description = "a5af76c7b7f1fd46d0659c3f562eca15f5ede4cf6c4dc3997a28896a77b270a2",
    .data_name = "mnist",
    .train = {"mnist/train-images-idx3-ubyte", NULL},
    .test = {"mnist/t10k-images-idx3-ubyte", NULL},
    .validation = {NULL, NULL},
    .sample_rank = 1,
    .sample_dims = {784},
    .sample_size = 784,
    .reshapes = true,
    .scale = 0.003921569f,
    .shift = 0.0f,
    .label_kind = MNN_LABEL_INPUT,
    .classes = 0,
    .validation_split = 0.0,
    .train_limit = 0,
    .test_limit = 0,
    .validation_limit = 0,
    .shuffle = true,
    .epochs = 20,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "mse",
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
    .static_bytes = 7386388,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 784,
    .output = workspace + 107200,
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
