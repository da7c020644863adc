/* int: a training program that mnnc 0.1.0 made from names_odd.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              16                       0              32     6
 * Encoder/layer-1.a (dense, relu) 5                       85             170    10
 * encoder_layer_1_a (dense, relu) 5                       30              60    11
 * 2nd (dense)                5                       30              55    12
 * int (dense)                5                       30              55    13
 * main (dense, softmax)      4                       24              60    14
 *
 * 199 parameters, batches of 32; static memory 12,144 bytes (checked below).
 * gradcheck takes another 432 bytes.
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
    PARAM_COUNT = 199,
    WORKSPACE = 2176, /* floats */
    SCRATCH = 32, /* floats a worker */
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
        + sizeof scratch + sizeof row_loss == 12144, "the memory that the banner names");

/* Parameters. */
static float *const encoder_layer_1_a_kernel = params + 0; /* [16, 5] */
static float *const encoder_layer_1_a_bias = params + 80; /* [5] */
static float *const encoder_layer_1_a_n2_kernel = params + 85; /* [5, 5] */
static float *const encoder_layer_1_a_n2_bias = params + 110; /* [5] */
static float *const layer_2nd_kernel = params + 115; /* [5, 5] */
static float *const layer_2nd_bias = params + 140; /* [5] */
static float *const int_kernel = params + 145; /* [5, 5] */
static float *const int_bias = params + 170; /* [5] */
static float *const main_kernel = params + 175; /* [5, 4] */
static float *const main_bias = params + 195; /* [4] */

/* Gradients of the mean loss with respect to them. */
static float *const encoder_layer_1_a_kernel_gradient = grads + 0; /* [16, 5] */
static float *const encoder_layer_1_a_bias_gradient = grads + 80; /* [5] */
static float *const encoder_layer_1_a_n2_kernel_gradient = grads + 85; /* [5, 5] */
static float *const encoder_layer_1_a_n2_bias_gradient = grads + 110; /* [5] */
static float *const layer_2nd_kernel_gradient = grads + 115; /* [5, 5] */
static float *const layer_2nd_bias_gradient = grads + 140; /* [5] */
static float *const int_kernel_gradient = grads + 145; /* [5, 5] */
static float *const int_bias_gradient = grads + 170; /* [5] */
static float *const main_kernel_gradient = grads + 175; /* [5, 4] */
static float *const main_bias_gradient = grads + 195; /* [4] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 16] */
static float *const encoder_layer_1_a_out = workspace + 512; /* [rows, 5] */
static float *const encoder_layer_1_a_n2_out = workspace + 672; /* [rows, 5] */
static float *const layer_2nd_out = workspace + 832; /* [rows, 5] */
static float *const int_out = workspace + 992; /* [rows, 5] */
static float *const main_out = workspace + 1152; /* [rows, 4] */
static float *const main_softmax = workspace + 1280; /* [rows, 4] */
static float *const main_out_gradient = workspace + 1408; /* [rows, 4] */
static float *const int_out_gradient = workspace + 1536; /* [rows, 5] */
static float *const layer_2nd_out_gradient = workspace + 1696; /* [rows, 5] */
static float *const encoder_layer_1_a_n2_out_gradient = workspace + 1856; /* [rows, 5] */
static float *const encoder_layer_1_a_out_gradient = workspace + 2016; /* [rows, 5] */

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

/* input (names_odd.mnn:6): forward
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

/* Encoder/layer-1.a (names_odd.mnn:10): forward
 *     out[rows, 5] = relu(in[rows, 16] . kernel[16, 5] + bias)
 * tiles in registers; cut by rows: the kernel fits the cache */
static void encoder_layer_1_a_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = input_out + first * 16;
        float *out = encoder_layer_1_a_out + first * 5;
        mnn_rows_product(n, 5, 16, in, 16, encoder_layer_1_a_kernel, 5, out, 5);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 5; j++) {
                const float z = out[i * 5 + j] + encoder_layer_1_a_bias[j];
                out[i * 5 + j] = z < 0.0f ? 0.0f : z;
            }
    }
}

/* encoder_layer_1_a (names_odd.mnn:11): forward
 *     out[rows, 5] = relu(in[rows, 5] . kernel[5, 5] + bias)
 * tiles in registers; cut by rows: the kernel fits the cache */
static void encoder_layer_1_a_n2_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = encoder_layer_1_a_out + first * 5;
        float *out = encoder_layer_1_a_n2_out + first * 5;
        mnn_rows_product(n, 5, 5, in, 5, encoder_layer_1_a_n2_kernel, 5, out, 5);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 5; j++) {
                const float z = out[i * 5 + j] + encoder_layer_1_a_n2_bias[j];
                out[i * 5 + j] = z < 0.0f ? 0.0f : z;
            }
    }
}

/* 2nd (names_odd.mnn:12): forward
 *     out[rows, 5] = in[rows, 5] . kernel[5, 5] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void layer_2nd_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = encoder_layer_1_a_n2_out + first * 5;
        float *out = layer_2nd_out + first * 5;
        mnn_rows_product(n, 5, 5, in, 5, layer_2nd_kernel, 5, out, 5);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 5; j++)
                out[i * 5 + j] += layer_2nd_bias[j];
    }
}

/* int (names_odd.mnn:13): forward
 *     out[rows, 5] = in[rows, 5] . kernel[5, 5] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void int_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = layer_2nd_out + first * 5;
        float *out = int_out + first * 5;
        mnn_rows_product(n, 5, 5, in, 5, int_kernel, 5, out, 5);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 5; j++)
                out[i * 5 + j] += int_bias[j];
    }
}

/* main (names_odd.mnn:14): forward
 *     out[rows, 4] = in[rows, 5] . kernel[5, 4] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void main_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = int_out + first * 5;
        float *out = main_out + first * 4;
        mnn_rows_product(n, 4, 5, in, 5, main_kernel, 4, out, 4);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 4; j++)
                out[i * 4 + j] += main_bias[j];
    }
}

/* main (names_odd.mnn:14): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 4]
 * loop; row by row */
static void main_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        for (int i = 0; i < n; i++) {
            const float *z = main_out + first * 4 + i * 4;
            float *p = main_softmax + first * 4 + i * 4;
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

/* loss (names_odd.mnn:18): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = main_out + i * 4;
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

/* loss (names_odd.mnn:18): backward
 *     dz[rows, 4] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        const float scale = 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = main_softmax + i * 4;
            float *dz = main_out_gradient + i * 4;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 4; j++)
                dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
        }
    }
}

/* main (names_odd.mnn:14): backward
 *     dx[rows, 5] = dy[rows, 4] . transpose(kernel[5, 4])
 * tiles in registers; cut by rows: the kernel fits the cache */
static void main_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [4, 5] */
    if (worker->index * 32 < rows)
        mnn_transpose(5, 4, main_kernel, 4, turned, 5);
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        mnn_product(n, 5, 4, main_out_gradient + first * 4, 4, 1, turned, 5,
                int_out_gradient + first * 5, 5, 0);
    }
}

/* int (names_odd.mnn:13): backward
 *     dx[rows, 5] = dy[rows, 5] . transpose(kernel[5, 5])
 * tiles in registers; cut by rows: the kernel fits the cache */
static void int_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [5, 5] */
    if (worker->index * 32 < rows)
        mnn_transpose(5, 5, int_kernel, 5, turned, 5);
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        mnn_product(n, 5, 5, int_out_gradient + first * 5, 5, 1, turned, 5,
                layer_2nd_out_gradient + first * 5, 5, 0);
    }
}

/* 2nd (names_odd.mnn:12): backward
 *     dx[rows, 5] = dy[rows, 5] . transpose(kernel[5, 5]), times the derivative of relu
 * tiles in registers; cut by rows: the kernel fits the cache */
static void layer_2nd_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [5, 5] */
    if (worker->index * 32 < rows)
        mnn_transpose(5, 5, layer_2nd_kernel, 5, turned, 5);
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        mnn_product(n, 5, 5, layer_2nd_out_gradient + first * 5, 5, 1, turned, 5,
                encoder_layer_1_a_n2_out_gradient + first * 5, 5, 0);
        for (int j = first * 5, end = j + n * 5; j < end; j++) {
            const float y = encoder_layer_1_a_n2_out[j], g = encoder_layer_1_a_n2_out_gradient[j];
            encoder_layer_1_a_n2_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* encoder_layer_1_a (names_odd.mnn:11): backward
 *     dx[rows, 5] = dy[rows, 5] . transpose(kernel[5, 5]), times the derivative of relu
 * tiles in registers; cut by rows: the kernel fits the cache */
static void encoder_layer_1_a_n2_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [5, 5] */
    if (worker->index * 32 < rows)
        mnn_transpose(5, 5, encoder_layer_1_a_n2_kernel, 5, turned, 5);
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        mnn_product(n, 5, 5, encoder_layer_1_a_n2_out_gradient + first * 5, 5, 1, turned, 5,
                encoder_layer_1_a_out_gradient + first * 5, 5, 0);
        for (int j = first * 5, end = j + n * 5; j < end; j++) {
            const float y = encoder_layer_1_a_out[j], g = encoder_layer_1_a_out_gradient[j];
            encoder_layer_1_a_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* ---- gradients of the parameters ---- */

/* main (names_odd.mnn:14): gradients of the parameters
 *     dkernel[5, 4] = transpose(in[rows, 5]) . dy[rows, 4]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void main_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(5, 4, rows, int_out, 1, 5, main_out_gradient, 4, main_kernel_gradient, 4, 0);
    for (int j = 0; j < 4; j++)
        main_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            main_bias_gradient[j] += main_out_gradient[i * 4 + j];
}

/* int (names_odd.mnn:13): gradients of the parameters
 *     dkernel[5, 5] = transpose(in[rows, 5]) . dy[rows, 5]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void int_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    mnn_product(5, 5, rows, layer_2nd_out, 1, 5, int_out_gradient, 5, int_kernel_gradient, 5, 0);
    for (int j = 0; j < 5; j++)
        int_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 5; j++)
            int_bias_gradient[j] += int_out_gradient[i * 5 + j];
}

/* 2nd (names_odd.mnn:12): gradients of the parameters
 *     dkernel[5, 5] = transpose(in[rows, 5]) . dy[rows, 5]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void layer_2nd_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 2) != 0)
        return;
    mnn_product(5, 5, rows, encoder_layer_1_a_n2_out, 1, 5, layer_2nd_out_gradient, 5,
            layer_2nd_kernel_gradient, 5, 0);
    for (int j = 0; j < 5; j++)
        layer_2nd_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 5; j++)
            layer_2nd_bias_gradient[j] += layer_2nd_out_gradient[i * 5 + j];
}

/* encoder_layer_1_a (names_odd.mnn:11): gradients of the parameters
 *     dkernel[5, 5] = transpose(in[rows, 5]) . dy[rows, 5]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void encoder_layer_1_a_n2_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 3) != 0)
        return;
    mnn_product(5, 5, rows, encoder_layer_1_a_out, 1, 5, encoder_layer_1_a_n2_out_gradient, 5,
            encoder_layer_1_a_n2_kernel_gradient, 5, 0);
    for (int j = 0; j < 5; j++)
        encoder_layer_1_a_n2_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 5; j++)
            encoder_layer_1_a_n2_bias_gradient[j] += encoder_layer_1_a_n2_out_gradient[i * 5 + j];
}

/* Encoder/layer-1.a (names_odd.mnn:10): gradients of the parameters
 *     dkernel[16, 5] = transpose(in[rows, 16]) . dy[rows, 5]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void encoder_layer_1_a_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 4) != 0)
        return;
    mnn_product(16, 5, rows, input_out, 1, 16, encoder_layer_1_a_out_gradient, 5,
            encoder_layer_1_a_kernel_gradient, 5, 0);
    for (int j = 0; j < 5; j++)
        encoder_layer_1_a_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 5; j++)
            encoder_layer_1_a_bias_gradient[j] += encoder_layer_1_a_out_gradient[i * 5 + j];
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    encoder_layer_1_a_forward(worker, batch->rows);
    encoder_layer_1_a_n2_forward(worker, batch->rows);
    layer_2nd_forward(worker, batch->rows);
    int_forward(worker, batch->rows);
    main_forward(worker, batch->rows);
    main_softmax_forward(worker, batch->rows);
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
    encoder_layer_1_a_forward(worker, batch->rows);
    encoder_layer_1_a_n2_forward(worker, batch->rows);
    layer_2nd_forward(worker, batch->rows);
    int_forward(worker, batch->rows);
    main_forward(worker, batch->rows);
    main_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    main_backward(worker, batch->rows);
    int_backward(worker, batch->rows);
    layer_2nd_backward(worker, batch->rows);
    encoder_layer_1_a_n2_backward(worker, batch->rows);
    mnn_barrier(worker);
    main_gradients(worker, batch->rows);
    int_gradients(worker, batch->rows);
    layer_2nd_gradients(worker, batch->rows);
    encoder_layer_1_a_n2_gradients(worker, batch->rows);
    encoder_layer_1_a_gradients(worker, batch->rows);
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

/* input (names_odd.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 16;
    for (size_t j = 0; j < 16; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* Encoder/layer-1.a (names_odd.mnn:10): out[5] = in[16] . kernel[16, 5] + bias */
static void encoder_layer_1_a_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 5; j++) {
        double sum = bias[j];
        for (int i = 0; i < 16; i++)
            sum += in[i] * kernel[i * 5 + j];
        out[j] = sum;
    }
}

/* Encoder/layer-1.a (names_odd.mnn:10): out[5] = relu(in) */
static void encoder_layer_1_a_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 5; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* encoder_layer_1_a (names_odd.mnn:11): out[5] = in[5] . kernel[5, 5] + bias */
static void encoder_layer_1_a_n2_reference(const double *kernel, const double *bias,
        const double *in, double *out)
{
    for (int j = 0; j < 5; j++) {
        double sum = bias[j];
        for (int i = 0; i < 5; i++)
            sum += in[i] * kernel[i * 5 + j];
        out[j] = sum;
    }
}

/* encoder_layer_1_a (names_odd.mnn:11): out[5] = relu(in) */
static void encoder_layer_1_a_n2_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 5; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* 2nd (names_odd.mnn:12): out[5] = in[5] . kernel[5, 5] + bias */
static void layer_2nd_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 5; j++) {
        double sum = bias[j];
        for (int i = 0; i < 5; i++)
            sum += in[i] * kernel[i * 5 + j];
        out[j] = sum;
    }
}

/* int (names_odd.mnn:13): out[5] = in[5] . kernel[5, 5] + bias */
static void int_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 5; j++) {
        double sum = bias[j];
        for (int i = 0; i < 5; i++)
            sum += in[i] * kernel[i * 5 + j];
        out[j] = sum;
    }
}

/* main (names_odd.mnn:14): out[4] = in[5] . kernel[5, 4] + bias */
static void main_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 4; j++) {
        double sum = bias[j];
        for (int i = 0; i < 5; i++)
            sum += in[i] * kernel[i * 4 + j];
        out[j] = sum;
    }
}

/* main (names_odd.mnn:14): out[4] = softmax(in) */
static void main_softmax_reference(const double *in, double *out)
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

/* loss (names_odd.mnn:18): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[16];
    static double encoder_layer_1_a_reference_values[5];
    static double encoder_layer_1_a_relu_reference_values[5];
    static double encoder_layer_1_a_n2_reference_values[5];
    static double encoder_layer_1_a_n2_relu_reference_values[5];
    static double layer_2nd_reference_values[5];
    static double int_reference_values[5];
    static double main_reference_values[4];
    static double main_softmax_reference_values[4];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        encoder_layer_1_a_reference(weights + 0, weights + 80, input_reference_values,
                encoder_layer_1_a_reference_values);
        encoder_layer_1_a_relu_reference(encoder_layer_1_a_reference_values,
                encoder_layer_1_a_relu_reference_values);
        encoder_layer_1_a_n2_reference(weights + 85, weights + 110,
                encoder_layer_1_a_relu_reference_values, encoder_layer_1_a_n2_reference_values);
        encoder_layer_1_a_n2_relu_reference(encoder_layer_1_a_n2_reference_values,
                encoder_layer_1_a_n2_relu_reference_values);
        layer_2nd_reference(weights + 115, weights + 140,
                encoder_layer_1_a_n2_relu_reference_values, layer_2nd_reference_values);
        int_reference(weights + 145, weights + 170, layer_2nd_reference_values,
                int_reference_values);
        main_reference(weights + 175, weights + 195, int_reference_values, main_reference_values);
        main_softmax_reference(main_reference_values, main_softmax_reference_values);
        result[row] = loss_reference(main_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {16}, 0, 32},
    {"Encoder/layer-1.a", "dense", 1, {5}, 85, 170},
    {"encoder_layer_1_a", "dense", 1, {5}, 30, 60},
    {"2nd", "dense", 1, {5}, 30, 55},
    {"int", "dense", 1, {5}, 30, 55},
    {"main", "dense", 1, {4}, 24, 60},
};

static const mnn_tensor tensors[] = {
    {"Encoder/layer-1.a.kernel", 2, {16, 5}, 0, 80, true, MNN_INIT_UNIFORM, -0.5345224838248488,
            0.5345224838248488},
    {"Encoder/layer-1.a.bias", 1, {5}, 80, 5, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"encoder_layer_1_a.kernel", 2, {5, 5}, 85, 25, true, MNN_INIT_UNIFORM, -0.7745966692414834,
            0.7745966692414834},
    {"encoder_layer_1_a.bias", 1, {5}, 110, 5, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"2nd.kernel", 2, {5, 5}, 115, 25, true, MNN_INIT_UNIFORM, -0.7745966692414834,
            0.7745966692414834},
    {"2nd.bias", 1, {5}, 140, 5, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"int.kernel", 2, {5, 5}, 145, 25, true, MNN_INIT_UNIFORM, -0.7745966692414834,
            0.7745966692414834},
    {"int.bias", 1, {5}, 170, 5, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"main.kernel", 2, {5, 4}, 175, 20, true, MNN_INIT_UNIFORM, -0.816496580927726,
            0.816496580927726},
    {"main.bias", 1, {4}, 195, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {16}},
    {.op = MNN_OP_DENSE, .layer = "Encoder/layer-1.a", .input_count = 1, .inputs = {0},
            .tensor_count = 2, .tensors = {0, 1}, .rank = 1, .dims = {5}},
    {.op = MNN_OP_ACTIVATION, .layer = "Encoder/layer-1.a", .input_count = 1, .inputs = {1},
            .rank = 1, .dims = {5}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DENSE, .layer = "encoder_layer_1_a", .input_count = 1, .inputs = {2},
            .tensor_count = 2, .tensors = {2, 3}, .rank = 1, .dims = {5}},
    {.op = MNN_OP_ACTIVATION, .layer = "encoder_layer_1_a", .input_count = 1, .inputs = {3},
            .rank = 1, .dims = {5}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DENSE, .layer = "2nd", .input_count = 1, .inputs = {4}, .tensor_count = 2,
            .tensors = {4, 5}, .rank = 1, .dims = {5}},
    {.op = MNN_OP_DENSE, .layer = "int", .input_count = 1, .inputs = {5}, .tensor_count = 2,
            .tensors = {6, 7}, .rank = 1, .dims = {5}},
    {.op = MNN_OP_DENSE, .layer = "main", .input_count = 1, .inputs = {6}, .tensor_count = 2,
            .tensors = {8, 9}, .rank = 1, .dims = {4}},
    {.op = MNN_OP_ACTIVATION, .layer = "main", .input_count = 1, .inputs = {7}, .rank = 1,
            .dims = {4}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "int",
    .description = "1c540af9007f49417b7cc23553c786e19f72f9f5798c0b98d0da5cb50d08221e",
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
    .static_bytes = 12144,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 4,
    .output = workspace + 1280,
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
