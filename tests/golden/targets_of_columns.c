/* m: a training program that mnnc 0.1.0 made from targets_of_columns.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              6                        0              12     7
 * dense (dense, tanh)        4                       28              68     8
 * dense_1 (dense)            3                       15              27     9
 *
 * 43 parameters, batches of 32; static memory 3,440 bytes (checked below).
 * gradcheck takes another 136 bytes.
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
    PARAM_COUNT = 43,
    WORKSPACE = 640, /* floats */
    SCRATCH = 16, /* floats a worker */
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
        + sizeof scratch + sizeof row_loss == 3440, "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [6, 4] */
static float *const dense_bias = params + 24; /* [4] */
static float *const dense_1_kernel = params + 28; /* [4, 3] */
static float *const dense_1_bias = params + 40; /* [3] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [6, 4] */
static float *const dense_bias_gradient = grads + 24; /* [4] */
static float *const dense_1_kernel_gradient = grads + 28; /* [4, 3] */
static float *const dense_1_bias_gradient = grads + 40; /* [3] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 6] */
static float *const dense_out = workspace + 192; /* [rows, 4] */
static float *const dense_1_out = workspace + 320; /* [rows, 3] */
static float *const dense_1_out_gradient = workspace + 416; /* [rows, 3] */
static float *const dense_out_gradient = workspace + 512; /* [rows, 4] */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[6]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 6;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 6; j++)
            out[j] = (float)pixel[j] * 0.5f - 2.5f;
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 6; j++)
            out[j] = value[j] * 0.5f - 2.5f;
    }
}

/* input (targets_of_columns.mnn:7): forward
 *     out[rows, 6] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 6);
            float *out = input_out + i * 6;
            input_sample(batch, i, out);
        }
    }
}

/* dense (targets_of_columns.mnn:8): forward
 *     out[rows, 4] = tanh(in[rows, 6] . kernel[6, 4] + bias)
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = input_out + first * 6;
        float *out = dense_out + first * 4;
        mnn_rows_product(n, 4, 6, in, 6, dense_kernel, 4, out, 4);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 4; j++) {
                const float z = out[i * 4 + j] + dense_bias[j];
                out[i * 4 + j] = tanhf(z);
            }
    }
}

/* dense_1 (targets_of_columns.mnn:9): forward
 *     out[rows, 3] = in[rows, 4] . kernel[4, 3] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = dense_out + first * 4;
        float *out = dense_1_out + first * 3;
        mnn_rows_product(n, 3, 4, in, 4, dense_1_kernel, 3, out, 3);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 3; j++)
                out[i * 3 + j] += dense_1_bias[j];
    }
}

/* loss (targets_of_columns.mnn:12): forward
 *     row_loss[rows] = mean over the 3 outputs of (p - target)^2
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *p = dense_1_out + i * 3;
            const float *target = batch->targets + (size_t)batch->index[i] * 3;
            float sum = 0.0f;
            for (int j = 0; j < 3; j++) {
                const float d = p[j] - target[j];
                sum += d * d;
            }
            row_loss[i] = sum / 3.0f;
        }
    }
}

/* ---- backward ---- */

/* loss (targets_of_columns.mnn:12): backward
 *     dp[rows, 3] = 2 (p - target) / (3 rows)
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        const float scale = 2.0f / 3.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_1_out + i * 3;
            float *dp = dense_1_out_gradient + i * 3;
            const float *target = batch->targets + (size_t)batch->index[i] * 3;
            for (int j = 0; j < 3; j++) {
                const float d = p[j] - target[j];
                dp[j] = (d) * scale;
            }
        }
    }
}

/* dense_1 (targets_of_columns.mnn:9): backward
 *     dx[rows, 4] = dy[rows, 3] . transpose(kernel[4, 3]), times the derivative of tanh
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [3, 4] */
    if (worker->index * 32 < rows)
        mnn_transpose(4, 3, dense_1_kernel, 3, turned, 4);
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        mnn_product(n, 4, 3, dense_1_out_gradient + first * 3, 3, 1, turned, 4,
                dense_out_gradient + first * 4, 4, 0);
        for (int j = first * 4, end = j + n * 4; j < end; j++) {
            const float y = dense_out[j], g = dense_out_gradient[j];
            dense_out_gradient[j] = g * (1.0f - y * y);
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense_1 (targets_of_columns.mnn:9): gradients of the parameters
 *     dkernel[4, 3] = transpose(in[rows, 4]) . dy[rows, 3]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(4, 3, rows, dense_out, 1, 4, dense_1_out_gradient, 3, dense_1_kernel_gradient, 3,
            0);
    for (int j = 0; j < 3; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 3; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 3 + j];
}

/* dense (targets_of_columns.mnn:8): gradients of the parameters
 *     dkernel[6, 4] = transpose(in[rows, 6]) . dy[rows, 4]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    mnn_product(6, 4, rows, input_out, 1, 6, dense_out_gradient, 4, dense_kernel_gradient, 4, 0);
    for (int j = 0; j < 4; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 4 + j];
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    dense_forward(worker, batch->rows);
    dense_1_forward(worker, batch->rows);
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
    loss_forward(worker, batch);
    loss_backward(worker, batch);
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

/* input (targets_of_columns.mnn:7): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 6;
    for (size_t j = 0; j < 6; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.5f - 2.5f);
}

/* dense (targets_of_columns.mnn:8): out[4] = in[6] . kernel[6, 4] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 4; j++) {
        double sum = bias[j];
        for (int i = 0; i < 6; i++)
            sum += in[i] * kernel[i * 4 + j];
        out[j] = sum;
    }
}

/* dense (targets_of_columns.mnn:8): out[4] = tanh(in) */
static void dense_tanh_reference(const double *in, double *out)
{
    for (int j = 0; j < 4; j++)
        out[j] = tanh(in[j]);
}

/* dense_1 (targets_of_columns.mnn:9): out[3] = in[4] . kernel[4, 3] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 3; j++) {
        double sum = bias[j];
        for (int i = 0; i < 4; i++)
            sum += in[i] * kernel[i * 3 + j];
        out[j] = sum;
    }
}

/* loss (targets_of_columns.mnn:12): mean over the outputs of (p - target)^2 */
static double loss_reference(const double *p, const float *target)
{
    double sum = 0.0;
    for (int j = 0; j < 3; j++) {
        const double x = p[j], t = (double)target[j];
        sum += (x - t) * (x - t);
    }
    return sum / 3.0;
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[6];
    static double dense_reference_values[4];
    static double dense_tanh_reference_values[4];
    static double dense_1_reference_values[3];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 24, input_reference_values, dense_reference_values);
        dense_tanh_reference(dense_reference_values, dense_tanh_reference_values);
        dense_1_reference(weights + 28, weights + 40, dense_tanh_reference_values,
                dense_1_reference_values);
        result[row] = loss_reference(dense_1_reference_values,
                batch->targets + (size_t)batch->index[row] * 3);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {6}, 0, 12},
    {"dense", "dense", 1, {4}, 28, 68},
    {"dense_1", "dense", 1, {3}, 15, 27},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {6, 4}, 0, 24, true, MNN_INIT_UNIFORM, -0.7745966692414834,
            0.7745966692414834},
    {"dense.bias", 1, {4}, 24, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {4, 3}, 28, 12, true, MNN_INIT_UNIFORM, -0.9258200997725514,
            0.9258200997725514},
    {"dense_1.bias", 1, {3}, 40, 3, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {6}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {4}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {1}, .rank = 1,
            .dims = {4}, .activation = MNN_ACTIVATION_TANH},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {2}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {3}},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "62b58b1eab8bb9f3a6304bd6c1c977d3e3d720c661a3f3143d609f4696a0efc5",
    .data_name = "d",
    .train = {"i", "l"},
    .test = {"t", "m"},
    .validation = {NULL, NULL},
    .sample_rank = 1,
    .sample_dims = {6},
    .sample_size = 6,
    .scale = 0.5f,
    .shift = -2.5f,
    .label_kind = MNN_LABEL_VALUE,
    .classes = 0,
    .validation_split = 0.0,
    .train_limit = 0,
    .test_limit = 0,
    .validation_limit = 0,
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
    .static_bytes = 3440,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 3,
    .output = workspace + 320,
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
