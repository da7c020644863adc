/* regression: a training program that mnnc 0.1.0 made from regression.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              7                        0              14    10
 * dense (dense, relu)        64                     512           1,024    11
 * dense_1 (dense, relu)      64                   4,160           8,320    12
 * dense_2 (dense)            2                      130             258    13
 *
 * 4,802 parameters, batches of 16; static memory 104,224 bytes (checked below).
 * gradcheck takes another 2,120 bytes.
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
    BATCH = 16, /* rows of a full batch */
    PARAM_COUNT = 4802,
    WORKSPACE = 4272, /* floats */
    SCRATCH = 2560, /* floats a worker */
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
        + sizeof scratch + sizeof row_loss == 104224, "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [7, 64] */
static float *const dense_bias = params + 448; /* [64] */
static float *const dense_1_kernel = params + 512; /* [64, 64] */
static float *const dense_1_bias = params + 4608; /* [64] */
static float *const dense_2_kernel = params + 4672; /* [64, 2] */
static float *const dense_2_bias = params + 4800; /* [2] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [7, 64] */
static float *const dense_bias_gradient = grads + 448; /* [64] */
static float *const dense_1_kernel_gradient = grads + 512; /* [64, 64] */
static float *const dense_1_bias_gradient = grads + 4608; /* [64] */
static float *const dense_2_kernel_gradient = grads + 4672; /* [64, 2] */
static float *const dense_2_bias_gradient = grads + 4800; /* [2] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 7] */
static float *const dense_out = workspace + 112; /* [rows, 64] */
static float *const dense_1_out = workspace + 1136; /* [rows, 64] */
static float *const dense_2_out = workspace + 2160; /* [rows, 2] */
static float *const dense_2_out_gradient = workspace + 2192; /* [rows, 2] */
static float *const dense_1_out_gradient = workspace + 2224; /* [rows, 64] */
static float *const dense_out_gradient = workspace + 3248; /* [rows, 64] */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[7]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 7;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 7; j++)
            out[j] = (float)pixel[j];
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 7; j++)
            out[j] = value[j];
    }
}

/* input (regression.mnn:10): forward
 *     out[rows, 7] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 16; first < batch->rows; first += worker->count * 16) {
        const int n = mnn_min(16, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 7);
            float *out = input_out + i * 7;
            input_sample(batch, i, out);
        }
    }
}

/* dense (regression.mnn:11): forward
 *     out[rows, 64] = relu(in[rows, 7] . kernel[7, 64] + bias)
 * tiles in registers; in one piece: too small to cut */
static void dense_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_out;
    mnn_rows_product(rows, 64, 7, input_out, 7, dense_kernel, 64, out, 64);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 64; j++) {
            const float z = out[i * 64 + j] + dense_bias[j];
            out[i * 64 + j] = z < 0.0f ? 0.0f : z;
        }
}

/* dense_1 (regression.mnn:12): forward
 *     out[rows, 64] = relu(in[rows, 64] . kernel[64, 64] + bias)
 * tiles in registers; in one piece: too small to cut */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_1_out;
    mnn_rows_product(rows, 64, 64, dense_out, 64, dense_1_kernel, 64, out, 64);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 64; j++) {
            const float z = out[i * 64 + j] + dense_1_bias[j];
            out[i * 64 + j] = z < 0.0f ? 0.0f : z;
        }
}

/* dense_2 (regression.mnn:13): forward
 *     out[rows, 2] = in[rows, 64] . kernel[64, 2] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_2_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_2_out;
    mnn_rows_product(rows, 2, 64, dense_1_out, 64, dense_2_kernel, 2, out, 2);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 2; j++)
            out[i * 2 + j] += dense_2_bias[j];
}

/* loss (regression.mnn:17): forward
 *     row_loss[rows] = mean over the 2 outputs of (p - target)^2
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 16; first < batch->rows; first += worker->count * 16) {
        const int n = mnn_min(16, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *p = dense_2_out + i * 2;
            const float *target = batch->targets + (size_t)batch->index[i] * 2;
            float sum = 0.0f;
            for (int j = 0; j < 2; j++) {
                const float d = p[j] - target[j];
                sum += d * d;
            }
            row_loss[i] = sum / 2.0f;
        }
    }
}

/* ---- backward ---- */

/* loss (regression.mnn:17): backward
 *     dp[rows, 2] = 2 (p - target) / (2 rows)
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 16; first < batch->rows; first += worker->count * 16) {
        const int n = mnn_min(16, batch->rows - first);
        const float scale = 2.0f / 2.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_2_out + i * 2;
            float *dp = dense_2_out_gradient + i * 2;
            const float *target = batch->targets + (size_t)batch->index[i] * 2;
            for (int j = 0; j < 2; j++) {
                const float d = p[j] - target[j];
                dp[j] = (d) * scale;
            }
        }
    }
}

/* dense_2 (regression.mnn:13): backward
 *     dx[rows, 64] = dy[rows, 2] . transpose(kernel[64, 2]), times the derivative of relu
 * tiles in registers; in one piece: too small to cut */
static void dense_2_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [2, 16] */
    float *dx_turned = dy_turned + 32; /* [96, 16] */
    mnn_transpose(rows, 2, dense_2_out_gradient, 2, dy_turned, 16);
    for (int i = 0; i < 64; i += 96) {
        const int count = mnn_min(96, 64 - i);
        mnn_product(count, 16, 2, dense_2_kernel + i * 2, 2, 1, dy_turned, 16, dx_turned, 16, 0);
        mnn_transpose(count, rows, dx_turned, 16, dense_1_out_gradient + i, 64);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 64 + 0, end = j + 64; j < end; j++) {
            const float y = dense_1_out[j], g = dense_1_out_gradient[j];
            dense_1_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
}

/* dense_1 (regression.mnn:12): backward
 *     dx[rows, 64] = dy[rows, 64] . transpose(kernel[64, 64]), times the derivative of relu
 * tiles in registers; in one piece: too small to cut */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [64, 16] */
    float *dx_turned = dy_turned + 1024; /* [96, 16] */
    mnn_transpose(rows, 64, dense_1_out_gradient, 64, dy_turned, 16);
    for (int i = 0; i < 64; i += 96) {
        const int count = mnn_min(96, 64 - i);
        mnn_product(count, 16, 64, dense_1_kernel + i * 64, 64, 1, dy_turned, 16, dx_turned, 16, 0);
        mnn_transpose(count, rows, dx_turned, 16, dense_out_gradient + i, 64);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 64 + 0, end = j + 64; j < end; j++) {
            const float y = dense_out[j], g = dense_out_gradient[j];
            dense_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
}

/* ---- gradients of the parameters ---- */

/* dense_2 (regression.mnn:13): gradients of the parameters
 *     dkernel[64, 2] = transpose(in[rows, 64]) . dy[rows, 2]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_2_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(64, 2, rows, dense_1_out, 1, 64, dense_2_out_gradient, 2, dense_2_kernel_gradient,
            2, 0);
    for (int j = 0; j < 2; j++)
        dense_2_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 2; j++)
            dense_2_bias_gradient[j] += dense_2_out_gradient[i * 2 + j];
}

/* dense_1 (regression.mnn:12): gradients of the parameters
 *     dkernel[64, 64] = transpose(in[rows, 64]) . dy[rows, 64]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    mnn_product(64, 64, rows, dense_out, 1, 64, dense_1_out_gradient, 64, dense_1_kernel_gradient,
            64, 0);
    for (int j = 0; j < 64; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 64; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 64 + j];
}

/* dense (regression.mnn:11): gradients of the parameters
 *     dkernel[7, 64] = transpose(in[rows, 7]) . dy[rows, 64]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 2) != 0)
        return;
    mnn_product(7, 64, rows, input_out, 1, 7, dense_out_gradient, 64, dense_kernel_gradient, 64, 0);
    for (int j = 0; j < 64; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 64; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 64 + j];
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
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
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
    mnn_barrier(worker);
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

/* input (regression.mnn:10): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 7;
    for (size_t j = 0; j < 7; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j] : batch->inputs[at + j]));
}

/* dense (regression.mnn:11): out[64] = in[7] . kernel[7, 64] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 64; j++) {
        double sum = bias[j];
        for (int i = 0; i < 7; i++)
            sum += in[i] * kernel[i * 64 + j];
        out[j] = sum;
    }
}

/* dense (regression.mnn:11): out[64] = relu(in) */
static void dense_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 64; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dense_1 (regression.mnn:12): out[64] = in[64] . kernel[64, 64] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 64; j++) {
        double sum = bias[j];
        for (int i = 0; i < 64; i++)
            sum += in[i] * kernel[i * 64 + j];
        out[j] = sum;
    }
}

/* dense_1 (regression.mnn:12): out[64] = relu(in) */
static void dense_1_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 64; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dense_2 (regression.mnn:13): out[2] = in[64] . kernel[64, 2] + bias */
static void dense_2_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 2; j++) {
        double sum = bias[j];
        for (int i = 0; i < 64; i++)
            sum += in[i] * kernel[i * 2 + j];
        out[j] = sum;
    }
}

/* loss (regression.mnn:17): mean over the outputs of (p - target)^2 */
static double loss_reference(const double *p, const float *target)
{
    double sum = 0.0;
    for (int j = 0; j < 2; j++) {
        const double x = p[j], t = (double)target[j];
        sum += (x - t) * (x - t);
    }
    return sum / 2.0;
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[7];
    static double dense_reference_values[64];
    static double dense_relu_reference_values[64];
    static double dense_1_reference_values[64];
    static double dense_1_relu_reference_values[64];
    static double dense_2_reference_values[2];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 448, input_reference_values, dense_reference_values);
        dense_relu_reference(dense_reference_values, dense_relu_reference_values);
        dense_1_reference(weights + 512, weights + 4608, dense_relu_reference_values,
                dense_1_reference_values);
        dense_1_relu_reference(dense_1_reference_values, dense_1_relu_reference_values);
        dense_2_reference(weights + 4672, weights + 4800, dense_1_relu_reference_values,
                dense_2_reference_values);
        result[row] = loss_reference(dense_2_reference_values,
                batch->targets + (size_t)batch->index[row] * 2);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {7}, 0, 14},
    {"dense", "dense", 1, {64}, 512, 1024},
    {"dense_1", "dense", 1, {64}, 4160, 8320},
    {"dense_2", "dense", 1, {2}, 130, 258},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {7, 64}, 0, 448, true, MNN_INIT_UNIFORM, -0.29070094986690553,
            0.29070094986690553},
    {"dense.bias", 1, {64}, 448, 64, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {64, 64}, 512, 4096, true, MNN_INIT_UNIFORM, -0.21650635094610965,
            0.21650635094610965},
    {"dense_1.bias", 1, {64}, 4608, 64, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_2.kernel", 2, {64, 2}, 4672, 128, true, MNN_INIT_UNIFORM, -0.30151134457776363,
            0.30151134457776363},
    {"dense_2.bias", 1, {2}, 4800, 2, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {7}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {64}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {1}, .rank = 1,
            .dims = {64}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {2}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {64}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_1", .input_count = 1, .inputs = {3}, .rank = 1,
            .dims = {64}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DENSE, .layer = "dense_2", .input_count = 1, .inputs = {4}, .tensor_count = 2,
            .tensors = {4, 5}, .rank = 1, .dims = {2}},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "regression",
    .description = "50fad79d8ecfb9bba2516a8d1b7bbef351f9cc768f6c15c00d12c540788f2487",
    .data_name = "energy",
    .train = {"energy/train-inputs-idx2-float", "energy/train-outputs-idx2-float"},
    .test = {"energy/test-inputs-idx2-float", "energy/test-outputs-idx2-float"},
    .validation = {NULL, NULL},
    .sample_rank = 1,
    .sample_dims = {7},
    .sample_size = 7,
    .scale = 1.0f,
    .shift = 0.0f,
    .label_kind = MNN_LABEL_VALUE,
    .classes = 0,
    .validation_split = 0.1,
    .validation_order = MNN_SPLIT_STRATIFIED,
    .train_limit = 0,
    .test_limit = 0,
    .validation_limit = 0,
    .shuffle = true,
    .epochs = 60,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "mse",
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
    .static_bytes = 104224,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 2,
    .output = workspace + 2160,
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
