/* initializers: a training program that mnnc 0.1.0 made from initializers.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              16                       0              32     6
 * dense (dense)              6                      102             198    10
 * dense_1 (dense)            6                       42              78    11
 * dense_2 (dense)            6                       42              78    12
 * dense_3 (dense)            6                       42              78    13
 * dense_4 (dense, softmax)   4                       28              68    14
 *
 * 256 parameters, batches of 32; static memory 14,144 bytes (checked below).
 * gradcheck takes another 384 bytes.
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
    PARAM_COUNT = 256,
    WORKSPACE = 2432, /* floats */
    SCRATCH = 48, /* floats a worker */
    MAX_WORKERS = 1
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float adam_m[PARAM_COUNT];
static _Alignas(64) float adam_v[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof adam_m + sizeof adam_v + sizeof workspace
        + sizeof scratch + sizeof row_loss == 14144, "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [16, 6] */
static float *const dense_bias = params + 96; /* [6] */
static float *const dense_1_kernel = params + 102; /* [6, 6] */
static float *const dense_1_bias = params + 138; /* [6] */
static float *const dense_2_kernel = params + 144; /* [6, 6] */
static float *const dense_2_bias = params + 180; /* [6] */
static float *const dense_3_kernel = params + 186; /* [6, 6] */
static float *const dense_3_bias = params + 222; /* [6] */
static float *const dense_4_kernel = params + 228; /* [6, 4] */
static float *const dense_4_bias = params + 252; /* [4] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [16, 6] */
static float *const dense_bias_gradient = grads + 96; /* [6] */
static float *const dense_1_kernel_gradient = grads + 102; /* [6, 6] */
static float *const dense_1_bias_gradient = grads + 138; /* [6] */
static float *const dense_2_kernel_gradient = grads + 144; /* [6, 6] */
static float *const dense_2_bias_gradient = grads + 180; /* [6] */
static float *const dense_3_kernel_gradient = grads + 186; /* [6, 6] */
static float *const dense_3_bias_gradient = grads + 222; /* [6] */
static float *const dense_4_kernel_gradient = grads + 228; /* [6, 4] */
static float *const dense_4_bias_gradient = grads + 252; /* [4] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 16] */
static float *const dense_out = workspace + 512; /* [rows, 6] */
static float *const dense_1_out = workspace + 704; /* [rows, 6] */
static float *const dense_2_out = workspace + 896; /* [rows, 6] */
static float *const dense_3_out = workspace + 1088; /* [rows, 6] */
static float *const dense_4_out = workspace + 1280; /* [rows, 4] */
static float *const dense_4_softmax = workspace + 1408; /* [rows, 4] */
static float *const dense_4_out_gradient = workspace + 1536; /* [rows, 4] */
static float *const dense_3_out_gradient = workspace + 1664; /* [rows, 6] */
static float *const dense_2_out_gradient = workspace + 1856; /* [rows, 6] */
static float *const dense_1_out_gradient = workspace + 2048; /* [rows, 6] */
static float *const dense_out_gradient = workspace + 2240; /* [rows, 6] */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[16]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 16;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 16; j++)
            out[j] = (float)pixel[j] * 0.003921569f;
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 16; j++)
            out[j] = value[j] * 0.003921569f;
    }
}

/* input (initializers.mnn:6): forward
 *     out[rows, 16] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 16);
            float *out = input_out + i * 16;
            input_sample(batch, i, out);
        }
    }
}

/* dense (initializers.mnn:10): forward
 *     out[rows, 6] = in[rows, 16] . kernel[16, 6] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = input_out + first * 16;
        float *out = dense_out + first * 6;
        mnn_rows_product(n, 6, 16, in, 16, dense_kernel, 6, out, 6);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 6; j++)
                out[i * 6 + j] += dense_bias[j];
    }
}

/* dense_1 (initializers.mnn:11): forward
 *     out[rows, 6] = in[rows, 6] . kernel[6, 6] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = dense_out + first * 6;
        float *out = dense_1_out + first * 6;
        mnn_rows_product(n, 6, 6, in, 6, dense_1_kernel, 6, out, 6);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 6; j++)
                out[i * 6 + j] += dense_1_bias[j];
    }
}

/* dense_2 (initializers.mnn:12): forward
 *     out[rows, 6] = in[rows, 6] . kernel[6, 6] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_2_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = dense_1_out + first * 6;
        float *out = dense_2_out + first * 6;
        mnn_rows_product(n, 6, 6, in, 6, dense_2_kernel, 6, out, 6);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 6; j++)
                out[i * 6 + j] += dense_2_bias[j];
    }
}

/* dense_3 (initializers.mnn:13): forward
 *     out[rows, 6] = in[rows, 6] . kernel[6, 6] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_3_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = dense_2_out + first * 6;
        float *out = dense_3_out + first * 6;
        mnn_rows_product(n, 6, 6, in, 6, dense_3_kernel, 6, out, 6);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 6; j++)
                out[i * 6 + j] += dense_3_bias[j];
    }
}

/* dense_4 (initializers.mnn:14): forward
 *     out[rows, 4] = in[rows, 6] . kernel[6, 4] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_4_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = dense_3_out + first * 6;
        float *out = dense_4_out + first * 4;
        mnn_rows_product(n, 4, 6, in, 6, dense_4_kernel, 4, out, 4);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 4; j++)
                out[i * 4 + j] += dense_4_bias[j];
    }
}

/* dense_4 (initializers.mnn:14): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 4]
 * loop; row by row */
static void dense_4_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        for (int i = 0; i < n; i++) {
            const float *z = dense_4_out + first * 4 + i * 4;
            float *p = dense_4_softmax + first * 4 + i * 4;
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

/* loss (initializers.mnn:18): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = dense_4_out + i * 4;
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

/* loss (initializers.mnn:18): backward
 *     dz[rows, 4] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        const float scale = 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_4_softmax + i * 4;
            float *dz = dense_4_out_gradient + i * 4;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 4; j++)
                dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
        }
    }
}

/* dense_4 (initializers.mnn:14): backward
 *     dx[rows, 6] = dy[rows, 4] . transpose(kernel[6, 4])
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_4_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [4, 6] */
    if (worker->index * 32 < rows)
        mnn_transpose(6, 4, dense_4_kernel, 4, turned, 6);
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        mnn_product(n, 6, 4, dense_4_out_gradient + first * 4, 4, 1, turned, 6,
                dense_3_out_gradient + first * 6, 6, 0);
    }
}

/* dense_3 (initializers.mnn:13): backward
 *     dx[rows, 6] = dy[rows, 6] . transpose(kernel[6, 6])
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_3_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [6, 6] */
    if (worker->index * 32 < rows)
        mnn_transpose(6, 6, dense_3_kernel, 6, turned, 6);
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        mnn_product(n, 6, 6, dense_3_out_gradient + first * 6, 6, 1, turned, 6,
                dense_2_out_gradient + first * 6, 6, 0);
    }
}

/* dense_2 (initializers.mnn:12): backward
 *     dx[rows, 6] = dy[rows, 6] . transpose(kernel[6, 6])
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_2_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [6, 6] */
    if (worker->index * 32 < rows)
        mnn_transpose(6, 6, dense_2_kernel, 6, turned, 6);
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        mnn_product(n, 6, 6, dense_2_out_gradient + first * 6, 6, 1, turned, 6,
                dense_1_out_gradient + first * 6, 6, 0);
    }
}

/* dense_1 (initializers.mnn:11): backward
 *     dx[rows, 6] = dy[rows, 6] . transpose(kernel[6, 6])
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [6, 6] */
    if (worker->index * 32 < rows)
        mnn_transpose(6, 6, dense_1_kernel, 6, turned, 6);
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        mnn_product(n, 6, 6, dense_1_out_gradient + first * 6, 6, 1, turned, 6,
                dense_out_gradient + first * 6, 6, 0);
    }
}

/* ---- gradients of the parameters ---- */

/* dense_4 (initializers.mnn:14): gradients of the parameters
 *     dkernel[6, 4] = transpose(in[rows, 6]) . dy[rows, 4]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_4_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(6, 4, rows, dense_3_out, 1, 6, dense_4_out_gradient, 4, dense_4_kernel_gradient, 4,
            0);
    for (int j = 0; j < 4; j++)
        dense_4_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            dense_4_bias_gradient[j] += dense_4_out_gradient[i * 4 + j];
}

/* dense_3 (initializers.mnn:13): gradients of the parameters
 *     dkernel[6, 6] = transpose(in[rows, 6]) . dy[rows, 6]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_3_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    mnn_product(6, 6, rows, dense_2_out, 1, 6, dense_3_out_gradient, 6, dense_3_kernel_gradient, 6,
            0);
    for (int j = 0; j < 6; j++)
        dense_3_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 6; j++)
            dense_3_bias_gradient[j] += dense_3_out_gradient[i * 6 + j];
}

/* dense_2 (initializers.mnn:12): gradients of the parameters
 *     dkernel[6, 6] = transpose(in[rows, 6]) . dy[rows, 6]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_2_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 2) != 0)
        return;
    mnn_product(6, 6, rows, dense_1_out, 1, 6, dense_2_out_gradient, 6, dense_2_kernel_gradient, 6,
            0);
    for (int j = 0; j < 6; j++)
        dense_2_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 6; j++)
            dense_2_bias_gradient[j] += dense_2_out_gradient[i * 6 + j];
}

/* dense_1 (initializers.mnn:11): gradients of the parameters
 *     dkernel[6, 6] = transpose(in[rows, 6]) . dy[rows, 6]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 3) != 0)
        return;
    mnn_product(6, 6, rows, dense_out, 1, 6, dense_1_out_gradient, 6, dense_1_kernel_gradient, 6,
            0);
    for (int j = 0; j < 6; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 6; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 6 + j];
}

/* dense (initializers.mnn:10): gradients of the parameters
 *     dkernel[16, 6] = transpose(in[rows, 16]) . dy[rows, 6]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 4) != 0)
        return;
    mnn_product(16, 6, rows, input_out, 1, 16, dense_out_gradient, 6, dense_kernel_gradient, 6, 0);
    for (int j = 0; j < 6; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 6; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 6 + j];
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    dense_forward(worker, batch->rows);
    dense_1_forward(worker, batch->rows);
    dense_2_forward(worker, batch->rows);
    dense_3_forward(worker, batch->rows);
    dense_4_forward(worker, batch->rows);
    dense_4_softmax_forward(worker, batch->rows);
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
    dense_forward(worker, batch->rows);
    dense_1_forward(worker, batch->rows);
    dense_2_forward(worker, batch->rows);
    dense_3_forward(worker, batch->rows);
    dense_4_forward(worker, batch->rows);
    dense_4_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    dense_4_backward(worker, batch->rows);
    dense_3_backward(worker, batch->rows);
    dense_2_backward(worker, batch->rows);
    dense_1_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_4_gradients(worker, batch->rows);
    dense_3_gradients(worker, batch->rows);
    dense_2_gradients(worker, batch->rows);
    dense_1_gradients(worker, batch->rows);
    dense_gradients(worker, batch->rows);
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

/* input (initializers.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 16;
    for (size_t j = 0; j < 16; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* dense (initializers.mnn:10): out[6] = in[16] . kernel[16, 6] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 6; j++) {
        double sum = bias[j];
        for (int i = 0; i < 16; i++)
            sum += in[i] * kernel[i * 6 + j];
        out[j] = sum;
    }
}

/* dense_1 (initializers.mnn:11): out[6] = in[6] . kernel[6, 6] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 6; j++) {
        double sum = bias[j];
        for (int i = 0; i < 6; i++)
            sum += in[i] * kernel[i * 6 + j];
        out[j] = sum;
    }
}

/* dense_2 (initializers.mnn:12): out[6] = in[6] . kernel[6, 6] + bias */
static void dense_2_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 6; j++) {
        double sum = bias[j];
        for (int i = 0; i < 6; i++)
            sum += in[i] * kernel[i * 6 + j];
        out[j] = sum;
    }
}

/* dense_3 (initializers.mnn:13): out[6] = in[6] . kernel[6, 6] + bias */
static void dense_3_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 6; j++) {
        double sum = bias[j];
        for (int i = 0; i < 6; i++)
            sum += in[i] * kernel[i * 6 + j];
        out[j] = sum;
    }
}

/* dense_4 (initializers.mnn:14): out[4] = in[6] . kernel[6, 4] + bias */
static void dense_4_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 4; j++) {
        double sum = bias[j];
        for (int i = 0; i < 6; i++)
            sum += in[i] * kernel[i * 4 + j];
        out[j] = sum;
    }
}

/* dense_4 (initializers.mnn:14): out[4] = softmax(in) */
static void dense_4_softmax_reference(const double *in, double *out)
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

/* loss (initializers.mnn:18): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[16];
    static double dense_reference_values[6];
    static double dense_1_reference_values[6];
    static double dense_2_reference_values[6];
    static double dense_3_reference_values[6];
    static double dense_4_reference_values[4];
    static double dense_4_softmax_reference_values[4];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 96, input_reference_values, dense_reference_values);
        dense_1_reference(weights + 102, weights + 138, dense_reference_values,
                dense_1_reference_values);
        dense_2_reference(weights + 144, weights + 180, dense_1_reference_values,
                dense_2_reference_values);
        dense_3_reference(weights + 186, weights + 222, dense_2_reference_values,
                dense_3_reference_values);
        dense_4_reference(weights + 228, weights + 252, dense_3_reference_values,
                dense_4_reference_values);
        dense_4_softmax_reference(dense_4_reference_values, dense_4_softmax_reference_values);
        result[row] = loss_reference(dense_4_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {16}, 0, 32},
    {"dense", "dense", 1, {6}, 102, 198},
    {"dense_1", "dense", 1, {6}, 42, 78},
    {"dense_2", "dense", 1, {6}, 42, 78},
    {"dense_3", "dense", 1, {6}, 42, 78},
    {"dense_4", "dense", 1, {4}, 28, 68},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {16, 6}, 0, 96, true, MNN_INIT_TRUNCATED_NORMAL, 0.0, 0.4019361942869827},
    {"dense.bias", 1, {6}, 96, 6, true, MNN_INIT_ONES, 0.0, 0.0},
    {"dense_1.kernel", 2, {6, 6}, 102, 36, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.46411593993728634},
    {"dense_1.bias", 1, {6}, 138, 6, true, MNN_INIT_CONSTANT, 0.1, 0.0},
    {"dense_2.kernel", 2, {6, 6}, 144, 36, true, MNN_INIT_UNIFORM, -0.7071067811865476,
            0.7071067811865476},
    {"dense_2.bias", 1, {6}, 180, 6, true, MNN_INIT_NORMAL, 0.0, 0.05},
    {"dense_3.kernel", 2, {6, 6}, 186, 36, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.46411593993728634},
    {"dense_3.bias", 1, {6}, 222, 6, true, MNN_INIT_UNIFORM, -1.0, 1.0},
    {"dense_4.kernel", 2, {6, 4}, 228, 24, true, MNN_INIT_UNIFORM, -1.0, 1.0},
    {"dense_4.bias", 1, {4}, 252, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {16}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {6}},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {1}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {6}},
    {.op = MNN_OP_DENSE, .layer = "dense_2", .input_count = 1, .inputs = {2}, .tensor_count = 2,
            .tensors = {4, 5}, .rank = 1, .dims = {6}},
    {.op = MNN_OP_DENSE, .layer = "dense_3", .input_count = 1, .inputs = {3}, .tensor_count = 2,
            .tensors = {6, 7}, .rank = 1, .dims = {6}},
    {.op = MNN_OP_DENSE, .layer = "dense_4", .input_count = 1, .inputs = {4}, .tensor_count = 2,
            .tensors = {8, 9}, .rank = 1, .dims = {4}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_4", .input_count = 1, .inputs = {5}, .rank = 1,
            .dims = {4}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "initializers",
    .description = "a4f6e467fd328f000c7e1fd76e6415d8aa596f2e5b987f33e7675a0d6684471f",
    .data_name = "digits",
    .train = {"digits/train-images", "digits/train-labels"},
    .test = {"digits/test-images", "digits/test-labels"},
    .validation = {NULL, NULL},
    .sample_rank = 1,
    .sample_dims = {16},
    .sample_size = 16,
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
    .static_bytes = 14144,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 4,
    .output = workspace + 1408,
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
