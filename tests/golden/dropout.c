/* dropout: a training program that mnnc 0.1.0 made from dropout.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              16                       0              32     6
 * dropout (dropout)          16                       0              32    10
 * dense (dense, relu)        12                     204             408    11
 * dropout_1 (dropout)        12                       0              24    12
 * dropout_2 (dropout)        12                       0               0    13
 * dense_1 (dense, softmax)   4                       52             116    14
 *
 * 256 parameters, batches of 32; static memory 16,192 bytes (checked below).
 * gradcheck takes another 608 bytes.
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
    WORKSPACE = 2944, /* floats */
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
        + sizeof scratch + sizeof row_loss == 16192, "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [16, 12] */
static float *const dense_bias = params + 192; /* [12] */
static float *const dense_1_kernel = params + 204; /* [12, 4] */
static float *const dense_1_bias = params + 252; /* [4] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [16, 12] */
static float *const dense_bias_gradient = grads + 192; /* [12] */
static float *const dense_1_kernel_gradient = grads + 204; /* [12, 4] */
static float *const dense_1_bias_gradient = grads + 252; /* [4] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 16] */
static float *const dropout_out = workspace + 512; /* [rows, 16] */
static float *const dense_out = workspace + 1024; /* [rows, 12] */
static float *const dropout_1_out = workspace + 1408; /* [rows, 12] */
static float *const dense_1_out = workspace + 1792; /* [rows, 4] */
static float *const dense_1_softmax = workspace + 1920; /* [rows, 4] */
static float *const dense_1_out_gradient = workspace + 2048; /* [rows, 4] */
static float *const dropout_2_out_gradient = workspace + 2176; /* [rows, 12] */
static float *const dense_out_gradient = workspace + 2560; /* [rows, 12] */

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

/* input (dropout.mnn:6): forward
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

/* dropout (dropout.mnn:10): forward
 *     out[rows, 16] = 0 with probability 0.1, else in * 1.1111111111111112
 * loop; row by row */
static void dropout_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = input_out + i * 16;
            float *out = dropout_out + i * 16;
            const uint64_t block = (batch->step * 32 + (uint64_t)(i)) * 4;
            for (int j = 0; j < 16; j += MNN_RANDOM_WORDS) {
                uint32_t bits[MNN_RANDOM_WORDS];
                mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 0, 0, block + (uint64_t)(j / 4),
                        bits);
                for (int k = 0; k < mnn_min(MNN_RANDOM_WORDS, 16 - j); k++)
                    out[j + k] = mnn_uniform(bits[k]) < 0.1f ? 0.0f : in[j + k] * 1.1111112f;
            }
        }
    }
}

/* dropout (dropout.mnn:10): prediction
 *     out[rows, 16] = in: nothing is dropped */
static void dropout_predict(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        memcpy(dropout_out + first * 16, input_out + first * 16, (size_t)n * 16 * sizeof(float));
    }
}

/* dense (dropout.mnn:11): forward
 *     out[rows, 12] = relu(in[rows, 16] . kernel[16, 12] + bias)
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = dropout_out + first * 16;
        float *out = dense_out + first * 12;
        mnn_rows_product(n, 12, 16, in, 16, dense_kernel, 12, out, 12);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 12; j++) {
                const float z = out[i * 12 + j] + dense_bias[j];
                out[i * 12 + j] = z < 0.0f ? 0.0f : z;
            }
    }
}

/* dropout_1 (dropout.mnn:12): forward
 *     out[rows, 12] = 0 with probability 0.5, else in * 2.0
 * loop; row by row */
static void dropout_1_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = dense_out + i * 12;
            float *out = dropout_1_out + i * 12;
            const uint64_t block = (batch->step * 32 + (uint64_t)(i)) * 3;
            for (int j = 0; j < 12; j += MNN_RANDOM_WORDS) {
                uint32_t bits[MNN_RANDOM_WORDS];
                mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 1, 0, block + (uint64_t)(j / 4),
                        bits);
                for (int k = 0; k < mnn_min(MNN_RANDOM_WORDS, 12 - j); k++)
                    out[j + k] = mnn_uniform(bits[k]) < 0.5f ? 0.0f : in[j + k] * 2.0f;
            }
        }
    }
}

/* dropout_1 (dropout.mnn:12): prediction
 *     out[rows, 12] = in: nothing is dropped */
static void dropout_1_predict(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        memcpy(dropout_1_out + first * 12, dense_out + first * 12, (size_t)n * 12 * sizeof(float));
    }
}

/* dense_1 (dropout.mnn:14): forward
 *     out[rows, 4] = in[rows, 12] . kernel[12, 4] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = dropout_1_out + first * 12;
        float *out = dense_1_out + first * 4;
        mnn_rows_product(n, 4, 12, in, 12, dense_1_kernel, 4, out, 4);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 4; j++)
                out[i * 4 + j] += dense_1_bias[j];
    }
}

/* dense_1 (dropout.mnn:14): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 4]
 * loop; row by row */
static void dense_1_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        for (int i = 0; i < n; i++) {
            const float *z = dense_1_out + first * 4 + i * 4;
            float *p = dense_1_softmax + first * 4 + i * 4;
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

/* loss (dropout.mnn:18): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = dense_1_out + i * 4;
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

/* loss (dropout.mnn:18): backward
 *     dz[rows, 4] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        const float scale = 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_1_softmax + i * 4;
            float *dz = dense_1_out_gradient + i * 4;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 4; j++)
                dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
        }
    }
}

/* dense_1 (dropout.mnn:14): backward
 *     dx[rows, 12] = dy[rows, 4] . transpose(kernel[12, 4])
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [4, 12] */
    if (worker->index * 32 < rows)
        mnn_transpose(12, 4, dense_1_kernel, 4, turned, 12);
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        mnn_product(n, 12, 4, dense_1_out_gradient + first * 4, 4, 1, turned, 12,
                dropout_2_out_gradient + first * 12, 12, 0);
    }
}

/* dropout_1 (dropout.mnn:12): backward
 *     dx[rows, 12] = dy with the same mask as forward
 * loop; row by row */
static void dropout_1_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = dropout_2_out_gradient + i * 12;
            float *out = dense_out_gradient + i * 12;
            const uint64_t block = (batch->step * 32 + (uint64_t)(i)) * 3;
            for (int j = 0; j < 12; j += MNN_RANDOM_WORDS) {
                uint32_t bits[MNN_RANDOM_WORDS];
                mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 1, 0, block + (uint64_t)(j / 4),
                        bits);
                for (int k = 0; k < mnn_min(MNN_RANDOM_WORDS, 12 - j); k++)
                    out[j + k] = mnn_uniform(bits[k]) < 0.5f ? 0.0f : in[j + k] * 2.0f;
            }
            for (int j = i * 12, end = j + 12; j < end; j++) {
                const float y = dense_out[j], g = dense_out_gradient[j];
                dense_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense_1 (dropout.mnn:14): gradients of the parameters
 *     dkernel[12, 4] = transpose(in[rows, 12]) . dy[rows, 4]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(12, 4, rows, dropout_1_out, 1, 12, dense_1_out_gradient, 4, dense_1_kernel_gradient,
            4, 0);
    for (int j = 0; j < 4; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 4 + j];
}

/* dense (dropout.mnn:11): gradients of the parameters
 *     dkernel[16, 12] = transpose(in[rows, 16]) . dy[rows, 12]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    mnn_product(16, 12, rows, dropout_out, 1, 16, dense_out_gradient, 12, dense_kernel_gradient, 12,
            0);
    for (int j = 0; j < 12; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 12; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 12 + j];
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    dropout_predict(worker, batch->rows);
    dense_forward(worker, batch->rows);
    dropout_1_predict(worker, batch->rows);
    dense_1_forward(worker, batch->rows);
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
    dropout_forward(worker, batch);
    dense_forward(worker, batch->rows);
    dropout_1_forward(worker, batch);
    dense_1_forward(worker, batch->rows);
    dense_1_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    dense_1_backward(worker, batch->rows);
    dropout_1_backward(worker, batch);
    mnn_barrier(worker);
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

/* input (dropout.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 16;
    for (size_t j = 0; j < 16; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* dropout (dropout.mnn:10): out = 0 where the mask of this row says so, else in / (1 - rate) */
static void dropout_reference(const mnn_batch *batch, int row, const double *in, double *out)
{
    const uint64_t block = (batch->step * 32 + (uint64_t)(row)) * 4;
    for (int j = 0; j < 16; j += MNN_RANDOM_WORDS) {
        uint32_t bits[MNN_RANDOM_WORDS];
        mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 0, 0, block + (uint64_t)(j / 4), bits);
        for (int k = 0; k < mnn_min(MNN_RANDOM_WORDS, 16 - j); k++)
            out[j + k] = mnn_uniform(bits[k]) < 0.1f ? 0.0 : in[j + k] * (1.0 / (1.0 - 0.1));
    }
}

/* dense (dropout.mnn:11): out[12] = in[16] . kernel[16, 12] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 12; j++) {
        double sum = bias[j];
        for (int i = 0; i < 16; i++)
            sum += in[i] * kernel[i * 12 + j];
        out[j] = sum;
    }
}

/* dense (dropout.mnn:11): out[12] = relu(in) */
static void dense_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 12; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dropout_1 (dropout.mnn:12): out = 0 where the mask of this row says so, else in / (1 - rate) */
static void dropout_1_reference(const mnn_batch *batch, int row, const double *in, double *out)
{
    const uint64_t block = (batch->step * 32 + (uint64_t)(row)) * 3;
    for (int j = 0; j < 12; j += MNN_RANDOM_WORDS) {
        uint32_t bits[MNN_RANDOM_WORDS];
        mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 1, 0, block + (uint64_t)(j / 4), bits);
        for (int k = 0; k < mnn_min(MNN_RANDOM_WORDS, 12 - j); k++)
            out[j + k] = mnn_uniform(bits[k]) < 0.5f ? 0.0 : in[j + k] * (1.0 / (1.0 - 0.5));
    }
}

/* dense_1 (dropout.mnn:14): out[4] = in[12] . kernel[12, 4] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 4; j++) {
        double sum = bias[j];
        for (int i = 0; i < 12; i++)
            sum += in[i] * kernel[i * 4 + j];
        out[j] = sum;
    }
}

/* dense_1 (dropout.mnn:14): out[4] = softmax(in) */
static void dense_1_softmax_reference(const double *in, double *out)
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

/* loss (dropout.mnn:18): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[16];
    static double dropout_reference_values[16];
    static double dense_reference_values[12];
    static double dense_relu_reference_values[12];
    static double dropout_1_reference_values[12];
    static double dense_1_reference_values[4];
    static double dense_1_softmax_reference_values[4];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dropout_reference(batch, row, input_reference_values, dropout_reference_values);
        dense_reference(weights + 0, weights + 192, dropout_reference_values,
                dense_reference_values);
        dense_relu_reference(dense_reference_values, dense_relu_reference_values);
        dropout_1_reference(batch, row, dense_relu_reference_values, dropout_1_reference_values);
        dense_1_reference(weights + 204, weights + 252, dropout_1_reference_values,
                dense_1_reference_values);
        dense_1_softmax_reference(dense_1_reference_values, dense_1_softmax_reference_values);
        result[row] = loss_reference(dense_1_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {16}, 0, 32},
    {"dropout", "dropout", 1, {16}, 0, 32},
    {"dense", "dense", 1, {12}, 204, 408},
    {"dropout_1", "dropout", 1, {12}, 0, 24},
    {"dropout_2", "dropout", 1, {12}, 0, 0},
    {"dense_1", "dense", 1, {4}, 52, 116},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {16, 12}, 0, 192, true, MNN_INIT_UNIFORM, -0.4629100498862757,
            0.4629100498862757},
    {"dense.bias", 1, {12}, 192, 12, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {12, 4}, 204, 48, true, MNN_INIT_UNIFORM, -0.6123724356957945,
            0.6123724356957945},
    {"dense_1.bias", 1, {4}, 252, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {16}},
    {.op = MNN_OP_DROPOUT, .layer = "dropout", .input_count = 1, .inputs = {0}, .rank = 1,
            .dims = {16}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {1}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {12}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {2}, .rank = 1,
            .dims = {12}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DROPOUT, .layer = "dropout_1", .input_count = 1, .inputs = {3}, .rank = 1,
            .dims = {12}},
    {.op = MNN_OP_DROPOUT, .layer = "dropout_2", .input_count = 1, .inputs = {4}, .rank = 1,
            .dims = {12}},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {5}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {4}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_1", .input_count = 1, .inputs = {6}, .rank = 1,
            .dims = {4}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "dropout",
    .description = "1de40ff9e73d598376f30882b74cc47ef9bca9893c3f71c807be0cd6d5236eb6",
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
    .seed = 11u,
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
    .static_bytes = 16192,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 4,
    .output = workspace + 1920,
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
