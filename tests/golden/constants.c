/* constants: a training program that mnnc 0.1.0 made from constants.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              4 x 4 x 1                0              32    11
 * flatten (flatten)          16                       0               0    15
 * dense (dense, relu)        9                      153             306    16
 * dense_1 (dense, softmax)   4                       40              92    17
 *
 * 193 parameters, batches of 16; static memory 12,496 bytes (checked below).
 * gradcheck takes another 336 bytes.
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
    BATCH = 16, /* rows of a full batch */
    PARAM_COUNT = 193,
    WORKSPACE = 736, /* floats */
    SCRATCH = 1600, /* floats a worker */
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
        + sizeof scratch + sizeof row_loss == 12496, "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [16, 9] */
static float *const dense_bias = params + 144; /* [9] */
static float *const dense_1_kernel = params + 153; /* [9, 4] */
static float *const dense_1_bias = params + 189; /* [4] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [16, 9] */
static float *const dense_bias_gradient = grads + 144; /* [9] */
static float *const dense_1_kernel_gradient = grads + 153; /* [9, 4] */
static float *const dense_1_bias_gradient = grads + 189; /* [4] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 4, 4, 1] */
static float *const dense_out = workspace + 256; /* [rows, 9] */
static float *const dense_1_out = workspace + 400; /* [rows, 4] */
static float *const dense_1_softmax = workspace + 464; /* [rows, 4] */
static float *const dense_1_out_gradient = workspace + 528; /* [rows, 4] */
static float *const dense_out_gradient = workspace + 592; /* [rows, 9] */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[4 x 4 x 1]
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

/* input (constants.mnn:11): forward
 *     out[rows, 4, 4, 1] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 16; first < batch->rows; first += worker->count * 16) {
        const int n = mnn_min(16, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 16);
            float *out = input_out + i * 16;
            input_sample(batch, i, out);
        }
    }
}

/* dense (constants.mnn:16): forward
 *     out[rows, 9] = relu(in[rows, 16] . kernel[16, 9] + bias)
 * tiles in registers; in one piece: too small to cut */
static void dense_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_out;
    mnn_rows_product(rows, 9, 16, input_out, 16, dense_kernel, 9, out, 9);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 9; j++) {
            const float z = out[i * 9 + j] + dense_bias[j];
            out[i * 9 + j] = z < 0.0f ? 0.0f : z;
        }
}

/* dense_1 (constants.mnn:17): forward
 *     out[rows, 4] = in[rows, 9] . kernel[9, 4] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_1_out;
    mnn_rows_product(rows, 4, 9, dense_out, 9, dense_1_kernel, 4, out, 4);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            out[i * 4 + j] += dense_1_bias[j];
}

/* dense_1 (constants.mnn:17): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 4]
 * loop; row by row */
static void dense_1_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 16; first < rows; first += worker->count * 16) {
        const int n = mnn_min(16, rows - first);
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

/* loss (constants.mnn:21): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 16; first < batch->rows; first += worker->count * 16) {
        const int n = mnn_min(16, batch->rows - first);
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

/* loss (constants.mnn:21): backward
 *     dz[rows, 4] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 16; first < batch->rows; first += worker->count * 16) {
        const int n = mnn_min(16, batch->rows - first);
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

/* dense_1 (constants.mnn:17): backward
 *     dx[rows, 9] = dy[rows, 4] . transpose(kernel[9, 4]), times the derivative of relu
 * tiles in registers; in one piece: too small to cut */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [4, 16] */
    float *dx_turned = dy_turned + 64; /* [96, 16] */
    mnn_transpose(rows, 4, dense_1_out_gradient, 4, dy_turned, 16);
    for (int i = 0; i < 9; i += 96) {
        const int count = mnn_min(96, 9 - i);
        mnn_product(count, 16, 4, dense_1_kernel + i * 4, 4, 1, dy_turned, 16, dx_turned, 16, 0);
        mnn_transpose(count, rows, dx_turned, 16, dense_out_gradient + i, 9);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 9 + 0, end = j + 9; j < end; j++) {
            const float y = dense_out[j], g = dense_out_gradient[j];
            dense_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
}

/* ---- gradients of the parameters ---- */

/* dense_1 (constants.mnn:17): gradients of the parameters
 *     dkernel[9, 4] = transpose(in[rows, 9]) . dy[rows, 4]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(9, 4, rows, dense_out, 1, 9, dense_1_out_gradient, 4, dense_1_kernel_gradient, 4,
            0);
    for (int j = 0; j < 4; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 4 + j];
}

/* dense (constants.mnn:16): gradients of the parameters
 *     dkernel[16, 9] = transpose(in[rows, 16]) . dy[rows, 9]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    mnn_product(16, 9, rows, input_out, 1, 16, dense_out_gradient, 9, dense_kernel_gradient, 9, 0);
    for (int j = 0; j < 9; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 9; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 9 + j];
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
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

/* input (constants.mnn:11): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 16;
    for (size_t j = 0; j < 16; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* dense (constants.mnn:16): out[9] = in[16] . kernel[16, 9] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 9; j++) {
        double sum = bias[j];
        for (int i = 0; i < 16; i++)
            sum += in[i] * kernel[i * 9 + j];
        out[j] = sum;
    }
}

/* dense (constants.mnn:16): out[9] = relu(in) */
static void dense_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 9; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dense_1 (constants.mnn:17): out[4] = in[9] . kernel[9, 4] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 4; j++) {
        double sum = bias[j];
        for (int i = 0; i < 9; i++)
            sum += in[i] * kernel[i * 4 + j];
        out[j] = sum;
    }
}

/* dense_1 (constants.mnn:17): out[4] = softmax(in) */
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

/* loss (constants.mnn:21): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[16];
    static double dense_reference_values[9];
    static double dense_relu_reference_values[9];
    static double dense_1_reference_values[4];
    static double dense_1_softmax_reference_values[4];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 144, input_reference_values, dense_reference_values);
        dense_relu_reference(dense_reference_values, dense_relu_reference_values);
        dense_1_reference(weights + 153, weights + 189, dense_relu_reference_values,
                dense_1_reference_values);
        dense_1_softmax_reference(dense_1_reference_values, dense_1_softmax_reference_values);
        result[row] = loss_reference(dense_1_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {4, 4, 1}, 0, 32},
    {"flatten", "flatten", 1, {16}, 0, 0},
    {"dense", "dense", 1, {9}, 153, 306},
    {"dense_1", "dense", 1, {4}, 40, 92},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {16, 9}, 0, 144, true, MNN_INIT_UNIFORM, -0.4898979485566356,
            0.4898979485566356},
    {"dense.bias", 1, {9}, 144, 9, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {9, 4}, 153, 36, true, MNN_INIT_UNIFORM, -0.6793662204867574,
            0.6793662204867574},
    {"dense_1.bias", 1, {4}, 189, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {4, 4, 1}},
    {.op = MNN_OP_RESHAPE, .layer = "flatten", .input_count = 1, .inputs = {0}, .rank = 1,
            .dims = {16}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {1}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {9}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {2}, .rank = 1,
            .dims = {9}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {3}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {4}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_1", .input_count = 1, .inputs = {4}, .rank = 1,
            .dims = {4}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "constants",
    .description = "2aa20961f1762b6d9567093ebf1c5112862883654928b0aec87aac3940432226",
    .data_name = "digits",
    .train = {"digits/train-images", "digits/train-labels"},
    .test = {"digits/test-images", "digits/test-labels"},
    .validation = {NULL, NULL},
    .sample_rank = 3,
    .sample_dims = {4, 4, 1},
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
    .learning_rate = 0.002,
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
    .static_bytes = 12496,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 4,
    .output = workspace + 464,
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
