/* m: a training program that mnnc 0.1.0 made from autoencoder_image.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              8 x 8 x 1                0             128     7
 * conv2d (conv2d, relu)      8 x 8 x 4               40           5,120    10
 * conv2d_1 (conv2d, sigmoid) 8 x 8 x 1               37           4,928    11
 *
 * 77 parameters, batches of 32; static memory 111,376 bytes (checked below).
 * gradcheck takes another 5,632 bytes.
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
    PARAM_COUNT = 77,
    WORKSPACE = 23152, /* floats */
    SCRATCH = 544, /* floats a worker */
    MAX_WORKERS = 8
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
        + sizeof scratch + sizeof row_loss == 111376, "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [3, 3, 1, 4] */
static float *const conv2d_bias = params + 36; /* [4] */
static float *const conv2d_1_kernel = params + 40; /* [3, 3, 4, 1] */
static float *const conv2d_1_bias = params + 76; /* [1] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [3, 3, 1, 4] */
static float *const conv2d_bias_gradient = grads + 36; /* [4] */
static float *const conv2d_1_kernel_gradient = grads + 40; /* [3, 3, 4, 1] */
static float *const conv2d_1_bias_gradient = grads + 76; /* [1] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 8, 8, 1] */
static float *const conv2d_out = workspace + 2048; /* [rows, 8, 8, 4] */
static float *const conv2d_1_out = workspace + 10240; /* [rows, 8, 8, 1] */
static float *const conv2d_1_out_gradient = workspace + 12288; /* [rows, 8, 8, 1] */
static float *const conv2d_out_gradient = workspace + 14336; /* [rows, 8, 8, 4] */
static float *const conv2d_1_partials = workspace + 22528; /* partial sums */
static float *const conv2d_partials = workspace + 22832; /* partial sums */

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

/* input (autoencoder_image.mnn:7): forward
 *     out[rows, 8, 8, 1] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 4; first < batch->rows; first += worker->count * 4) {
        const int n = mnn_min(4, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 64);
            float *out = input_out + i * 64;
            input_sample(batch, i, out);
        }
    }
}

/* conv2d (autoencoder_image.mnn:10): forward
 *     out[rows, 8, 8, 4] = relu(in[rows, 8, 8, 1] * kernel[3, 3, 1, 4] + bias)
 * tiles in registers, straight from the image; image by image */
static void conv2d_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [10, 10, 1] */
    memset(in, 0, 100 * sizeof *in);
    for (int first = worker->index * 4; first < rows; first += worker->count * 4) {
        const int n = mnn_min(4, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_out + i * 256;
            for (int y = 0; y < 8; y++)
                memcpy(in + (y + 1) * 10 + 1, input_out + i * 64 + y * 8, 8 * sizeof *in);
            mnn_grid_product(8, 8, 4, 3, 3, in, 10, 1, 10, conv2d_kernel, 4, 12, out, 32, 4);
            for (int j = 0; j < 64; j++)
                for (int k = 0; k < 4; k++) {
                    const float sum = out[j * 4 + k] + conv2d_bias[k];
                    out[j * 4 + k] = sum < 0.0f ? 0.0f : sum;
                }
        }
    }
}

/* conv2d_1 (autoencoder_image.mnn:11): forward
 *     out[rows, 8, 8, 1] = sigmoid(in[rows, 8, 8, 4] * kernel[3, 3, 4, 1] + bias)
 * tiles in registers, straight from the image; image by image */
static void conv2d_1_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [10, 10, 4] */
    memset(in, 0, 400 * sizeof *in);
    for (int first = worker->index * 4; first < rows; first += worker->count * 4) {
        const int n = mnn_min(4, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_1_out + i * 64;
            for (int y = 0; y < 8; y++)
                memcpy(in + (y + 1) * 40 + 4, conv2d_out + i * 256 + y * 32, 32 * sizeof *in);
            mnn_grid_product(8, 8, 1, 12, 3, in, 40, 4, 40, conv2d_1_kernel, 1, 12, out, 8, 1);
            for (int j = 0; j < 64; j++)
                for (int k = 0; k < 1; k++) {
                    const float sum = out[j * 1 + k] + conv2d_1_bias[k];
                    out[j * 1 + k] = 1.0f / (1.0f + expf(-sum));
                }
        }
    }
}

/* loss (autoencoder_image.mnn:14): forward
 *     row_loss[rows] = mean over the 64 outputs of (p - target)^2
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 4; first < batch->rows; first += worker->count * 4) {
        const int n = mnn_min(4, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *p = conv2d_1_out + i * 64;
            const float *target = input_out + i * 64;
            float sum = 0.0f;
            for (int j = 0; j < 64; j++) {
                const float d = p[j] - target[j];
                sum += d * d;
            }
            row_loss[i] = sum / 64.0f;
        }
    }
}

/* ---- backward ---- */

/* loss (autoencoder_image.mnn:14): backward
 *     dp[rows, 64] = 2 (p - target) / (64 rows)
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 4; first < batch->rows; first += worker->count * 4) {
        const int n = mnn_min(4, batch->rows - first);
        const float scale = 2.0f / 64.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = conv2d_1_out + i * 64;
            float *dp = conv2d_1_out_gradient + i * 64;
            const float *target = input_out + i * 64;
            for (int j = 0; j < 64; j++) {
                const float d = p[j] - target[j];
                dp[j] = (d) * scale;
            }
            for (int j = i * 64, end = j + 64; j < end; j++) {
                const float y = conv2d_1_out[j], g = conv2d_1_out_gradient[j];
                conv2d_1_out_gradient[j] = g * y * (1.0f - y);
            }
        }
    }
}

/* conv2d_1 (autoencoder_image.mnn:11): backward
 *     partial sums, one a piece:
 *     dkernel[36, 1] = transpose(patches[64, 36]) . dz[64, 1], dbias = sum of dz,
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_1_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [10, 10, 4] */
    memset(in, 0, 400 * sizeof *in);
    float *dz = scratch[worker->index] + 400; /* [10, 10, 1] */
    memset(dz, 0, 100 * sizeof *dz);
    float *turned = scratch[worker->index] + 500; /* [3, 3, 1, 4] */
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 3; s++)
            mnn_transpose(4, 1, conv2d_1_kernel + ((2 - r) * 3 + 2 - s) * 4, 1,
                turned + (r * 3 + s) * 4, 4);
    for (int first = worker->index * 4; first < rows; first += worker->count * 4) {
        const int n = mnn_min(4, rows - first);
        float *dkernel = conv2d_1_partials + first / 4 * 37;
        float *dbias = dkernel + 36;
        memset(dkernel, 0, 37 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 8; y++)
                memcpy(in + (y + 1) * 40 + 4, conv2d_out + i * 256 + y * 32, 32 * sizeof *in);
            const float *dy = conv2d_1_out_gradient + i * 64;
            for (int y = 0; y < 8; y++)
                memcpy(dz + (y + 1) * 10 + 1, dy + y * 8, 8 * sizeof *dz);
            for (int r = 0; r < 3; r++)
                mnn_nested_product(12, 1, 8, 8, in + r * 40, 1, 4, 40, dz + 11, 1, 10,
                        dkernel + r * 12, 1, 1);
            float *dx = conv2d_out_gradient + i * 256;
            mnn_grid_product(8, 8, 4, 3, 3, dz, 10, 1, 10, turned, 4, 12, dx, 32, 4);
            for (int j = 0; j < 64; j++)
                for (int k = 0; k < 1; k++)
                    dbias[k] += dy[j * 1 + k];
            for (int j = i * 256, end = j + 256; j < end; j++) {
                const float y = conv2d_out[j], g = conv2d_out_gradient[j];
                conv2d_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* conv2d (autoencoder_image.mnn:10): backward
 *     partial sums, one a piece:
 *     dkernel[9, 4] = transpose(patches[64, 9]) . dz[64, 4], dbias = sum of dz
 * tiles in registers, straight from the image; image by image */
static void conv2d_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [10, 10, 1] */
    memset(in, 0, 100 * sizeof *in);
    for (int first = worker->index * 4; first < rows; first += worker->count * 4) {
        const int n = mnn_min(4, rows - first);
        float *dkernel = conv2d_partials + first / 4 * 40;
        float *dbias = dkernel + 36;
        memset(dkernel, 0, 40 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 8; y++)
                memcpy(in + (y + 1) * 10 + 1, input_out + i * 64 + y * 8, 8 * sizeof *in);
            const float *dy = conv2d_out_gradient + i * 256;
            for (int r = 0; r < 3; r++)
                mnn_nested_product(3, 4, 8, 8, in + r * 10, 1, 1, 10, dy, 4, 32, dkernel + r * 12,
                        4, 1);
            for (int j = 0; j < 64; j++)
                for (int k = 0; k < 4; k++)
                    dbias[k] += dy[j * 4 + k];
        }
    }
}

/* ---- gradients of the parameters ---- */

/* conv2d_1 (autoencoder_image.mnn:11): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_1_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memcpy(conv2d_1_kernel_gradient, conv2d_1_partials, 36 * sizeof(float));
    memcpy(conv2d_1_bias_gradient, conv2d_1_partials + 36, 1 * sizeof(float));
    for (int piece = 1; piece * 4 < rows; piece++) {
        const float *partial = conv2d_1_partials + piece * 37;
        for (int j = 0; j < 36; j++)
            conv2d_1_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 1; j++)
            conv2d_1_bias_gradient[j] += partial[36 + j];
    }
}

/* conv2d (autoencoder_image.mnn:10): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
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
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    conv2d_forward(worker, batch->rows);
    conv2d_1_forward(worker, batch->rows);
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
    conv2d_1_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    conv2d_1_backward(worker, batch->rows);
    conv2d_backward(worker, batch->rows);
    mnn_barrier(worker);
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

/* input (autoencoder_image.mnn:7): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 64;
    for (size_t j = 0; j < 64; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* conv2d (autoencoder_image.mnn:10): out[8, 8, 4] = in * kernel + bias */
static void conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++)
            for (int k = 0; k < 4; k++) {
                double sum = bias[k];
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r - 1, column = x + s - 1;
                        if (row < 0 || row >= 8 || column < 0 || column >= 8)
                            continue;
                        sum += in[row * 8 + column] * kernel[(r * 3 + s) * 4 + k];
                    }
                out[(y * 8 + x) * 4 + k] = sum;
            }
}

/* conv2d (autoencoder_image.mnn:10): out[256] = relu(in) */
static void conv2d_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 256; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* conv2d_1 (autoencoder_image.mnn:11): out[8, 8, 1] = in * kernel + bias */
static void conv2d_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++)
            for (int k = 0; k < 1; k++) {
                double sum = bias[k];
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r - 1, column = x + s - 1;
                        if (row < 0 || row >= 8 || column < 0 || column >= 8)
                            continue;
                        const double *pixel = in + (row * 8 + column) * 4;
                        const double *weight = kernel + (r * 3 + s) * 4 + k;
                        for (int c = 0; c < 4; c++)
                            sum += pixel[c] * weight[c * 1];
                    }
                out[(y * 8 + x) * 1 + k] = sum;
            }
}

/* conv2d_1 (autoencoder_image.mnn:11): out[64] = sigmoid(in) */
static void conv2d_1_sigmoid_reference(const double *in, double *out)
{
    for (int j = 0; j < 64; j++)
        out[j] = 1.0 / (1.0 + exp(-in[j]));
}

/* loss (autoencoder_image.mnn:14): mean over the outputs of (p - target)^2 */
static double loss_reference(const double *p, const double *target)
{
    double sum = 0.0;
    for (int j = 0; j < 64; j++) {
        const double x = p[j], t = target[j];
        sum += (x - t) * (x - t);
    }
    return sum / 64.0;
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[64];
    static double conv2d_reference_values[256];
    static double conv2d_relu_reference_values[256];
    static double conv2d_1_reference_values[64];
    static double conv2d_1_sigmoid_reference_values[64];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        conv2d_reference(weights + 0, weights + 36, input_reference_values,
                conv2d_reference_values);
        conv2d_relu_reference(conv2d_reference_values, conv2d_relu_reference_values);
        conv2d_1_reference(weights + 40, weights + 76, conv2d_relu_reference_values,
                conv2d_1_reference_values);
        conv2d_1_sigmoid_reference(conv2d_1_reference_values, conv2d_1_sigmoid_reference_values);
        result[row] = loss_reference(conv2d_1_sigmoid_reference_values, input_reference_values);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {8, 8, 1}, 0, 128},
    {"conv2d", "conv2d", 3, {8, 8, 4}, 40, 5120},
    {"conv2d_1", "conv2d", 3, {8, 8, 1}, 37, 4928},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {3, 3, 1, 4}, 0, 36, true, MNN_INIT_UNIFORM, -0.3651483716701107,
            0.3651483716701107},
    {"conv2d.bias", 1, {4}, 36, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"conv2d_1.kernel", 4, {3, 3, 4, 1}, 40, 36, true, MNN_INIT_UNIFORM, -0.3651483716701107,
            0.3651483716701107},
    {"conv2d_1.bias", 1, {1}, 76, 1, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {8, 8, 1}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 3, .dims = {8, 8, 4}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .pad = {1, 1}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "conv2d", .input_count = 1, .inputs = {1}, .rank = 3,
            .dims = {8, 8, 4}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_1", .input_count = 1, .inputs = {2}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 3, .dims = {8, 8, 1}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .pad = {1, 1}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "conv2d_1", .input_count = 1, .inputs = {3}, .rank = 3,
            .dims = {8, 8, 1}, .activation = MNN_ACTIVATION_SIGMOID},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "a787d45a7df9f378af2fec330b86d1dd63ee3e62bc1546f84f0f7dd1b75e7a3d",
    .data_name = "d",
    .train = {"i", NULL},
    .test = {"t", NULL},
    .validation = {"v", NULL},
    .sample_rank = 3,
    .sample_dims = {8, 8, 1},
    .sample_size = 64,
    .scale = 0.003921569f,
    .shift = 0.0f,
    .label_kind = MNN_LABEL_INPUT,
    .classes = 0,
    .validation_split = 0.0,
    .train_limit = 0,
    .test_limit = 0,
    .validation_limit = 500,
    .shuffle = true,
    .epochs = 1,
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
    .static_bytes = 111376,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 64,
    .output = workspace + 10240,
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
