/* mse_value: a training program that mnnc 0.1.0 made from mse_value.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              16                       0              32     6
 * dense (dense, tanh)        8                      136             296    10
 * dense_1 (dense)            1                        9              17    11
 *
 * 145 parameters, batches of 32; static memory 5,704 bytes (checked below).
 * gradcheck takes another 264 bytes.
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
    PARAM_COUNT = 145,
    WORKSPACE = 1088, /* floats */
    SCRATCH = 16, /* floats a worker */
    MAX_WORKERS = 1
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof workspace + sizeof scratch
        + sizeof row_loss == 5704, "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [16, 8] */
static float *const dense_bias = params + 128; /* [8] */
static float *const dense_1_kernel = params + 136; /* [8, 1] */
static float *const dense_1_bias = params + 144; /* [1] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [16, 8] */
static float *const dense_bias_gradient = grads + 128; /* [8] */
static float *const dense_1_kernel_gradient = grads + 136; /* [8, 1] */
static float *const dense_1_bias_gradient = grads + 144; /* [1] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 16] */
static float *const dense_out = workspace + 512; /* [rows, 8] */
static float *const dense_1_out = workspace + 768; /* [rows, 1] */
static float *const dense_1_out_gradient = workspace + 800; /* [rows, 1] */
static float *const dense_out_gradient = workspace + 832; /* [rows, 8] */

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

/* input (mse_value.mnn:6): forward
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

/* dense (mse_value.mnn:10): forward
 *     out[rows, 8] = tanh(in[rows, 16] . kernel[16, 8] + bias)
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = input_out + first * 16;
        float *out = dense_out + first * 8;
        mnn_rows_product(n, 8, 16, in, 16, dense_kernel, 8, out, 8);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 8; j++) {
                const float z = out[i * 8 + j] + dense_bias[j];
                out[i * 8 + j] = tanhf(z);
            }
    }
}

/* dense_1 (mse_value.mnn:11): forward
 *     out[rows, 1] = in[rows, 8] . kernel[8, 1] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = dense_out + first * 8;
        float *out = dense_1_out + first * 1;
        mnn_rows_product(n, 1, 8, in, 8, dense_1_kernel, 1, out, 1);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 1; j++)
                out[i * 1 + j] += dense_1_bias[j];
    }
}

/* loss (mse_value.mnn:15): forward
 *     row_loss[rows] = mean over the 1 outputs of (p - target)^2
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *p = dense_1_out + i * 1;
            const float *target = batch->targets + (size_t)batch->index[i] * 1;
            float sum = 0.0f;
            for (int j = 0; j < 1; j++) {
                const float d = p[j] - target[j];
                sum += d * d;
            }
            row_loss[i] = sum / 1.0f;
        }
    }
}

/* ---- backward ---- */

/* loss (mse_value.mnn:15): backward
 *     dp[rows, 1] = 2 (p - target) / (1 rows)
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        const float scale = 2.0f / 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_1_out + i * 1;
            float *dp = dense_1_out_gradient + i * 1;
            const float *target = batch->targets + (size_t)batch->index[i] * 1;
            for (int j = 0; j < 1; j++) {
                const float d = p[j] - target[j];
                dp[j] = (d) * scale;
            }
        }
    }
}

/* dense_1 (mse_value.mnn:11): backward
 *     dx[rows, 8] = dy[rows, 1] . transpose(kernel[8, 1]), times the derivative of tanh
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [1, 8] */
    if (worker->index * 32 < rows)
        mnn_transpose(8, 1, dense_1_kernel, 1, turned, 8);
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        mnn_product(n, 8, 1, dense_1_out_gradient + first * 1, 1, 1, turned, 8,
                dense_out_gradient + first * 8, 8, 0);
        for (int j = first * 8, end = j + n * 8; j < end; j++) {
            const float y = dense_out[j], g = dense_out_gradient[j];
            dense_out_gradient[j] = g * (1.0f - y * y);
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense_1 (mse_value.mnn:11): gradients of the parameters
 *     dkernel[8, 1] = transpose(in[rows, 8]) . dy[rows, 1]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(8, 1, rows, dense_out, 1, 8, dense_1_out_gradient, 1, dense_1_kernel_gradient, 1,
            0);
    for (int j = 0; j < 1; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 1; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 1 + j];
}

/* dense (mse_value.mnn:10): gradients of the parameters
 *     dkernel[16, 8] = transpose(in[rows, 16]) . dy[rows, 8]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    mnn_product(16, 8, rows, input_out, 1, 16, dense_out_gradient, 8, dense_kernel_gradient, 8, 0);
    for (int j = 0; j < 8; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 8; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 8 + j];
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

/* update: stochastic gradient descent
 *     w -= rate g */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const float rate = (float)step->learning_rate;
    for (int piece = mnn_part_begin(worker, 1); piece < mnn_part_end(worker, 1); piece++) {
        const int first = piece * 8192, end = mnn_min(first + 8192, PARAM_COUNT);
        for (int i = first; i < end; i++) {
            const float g = grads[i];
            params[i] -= rate * g;
        }
    }
}

/* ---- the same network once more, to check the gradients against ---- */

/* input (mse_value.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 16;
    for (size_t j = 0; j < 16; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* dense (mse_value.mnn:10): out[8] = in[16] . kernel[16, 8] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 8; j++) {
        double sum = bias[j];
        for (int i = 0; i < 16; i++)
            sum += in[i] * kernel[i * 8 + j];
        out[j] = sum;
    }
}

/* dense (mse_value.mnn:10): out[8] = tanh(in) */
static void dense_tanh_reference(const double *in, double *out)
{
    for (int j = 0; j < 8; j++)
        out[j] = tanh(in[j]);
}

/* dense_1 (mse_value.mnn:11): out[1] = in[8] . kernel[8, 1] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 1; j++) {
        double sum = bias[j];
        for (int i = 0; i < 8; i++)
            sum += in[i] * kernel[i * 1 + j];
        out[j] = sum;
    }
}

/* loss (mse_value.mnn:15): mean over the outputs of (p - target)^2 */
static double loss_reference(const double *p, const float *target)
{
    double sum = 0.0;
    for (int j = 0; j < 1; j++) {
        const double x = p[j], t = (double)target[j];
        sum += (x - t) * (x - t);
    }
    return sum / 1.0;
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[16];
    static double dense_reference_values[8];
    static double dense_tanh_reference_values[8];
    static double dense_1_reference_values[1];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 128, input_reference_values, dense_reference_values);
        dense_tanh_reference(dense_reference_values, dense_tanh_reference_values);
        dense_1_reference(weights + 136, weights + 144, dense_tanh_reference_values,
                dense_1_reference_values);
        result[row] = loss_reference(dense_1_reference_values,
                batch->targets + (size_t)batch->index[row] * 1);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {16}, 0, 32},
    {"dense", "dense", 1, {8}, 136, 296},
    {"dense_1", "dense", 1, {1}, 9, 17},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {16, 8}, 0, 128, true, MNN_INIT_UNIFORM, -0.5, 0.5},
    {"dense.bias", 1, {8}, 128, 8, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {8, 1}, 136, 8, true, MNN_INIT_UNIFORM, -0.816496580927726,
            0.816496580927726},
    {"dense_1.bias", 1, {1}, 144, 1, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {16}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {8}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {1}, .rank = 1,
            .dims = {8}, .activation = MNN_ACTIVATION_TANH},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {2}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {1}},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "mse_value",
    .description = "47b2bbaae9ee422c375ff6e0b28b4bd6efb279ac692f64bd3d4a7e02f25e2950",
    .data_name = "digits",
    .train = {"digits/train-images", "digits/train-labels"},
    .test = {"digits/test-images", "digits/test-labels"},
    .validation = {NULL, NULL},
    .sample_rank = 1,
    .sample_dims = {16},
    .sample_size = 16,
    .scale = 0.003921569f,
    .shift = 0.0f,
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
    .optimizer_name = "sgd",
    .learning_rate = 0.05,
    .metric_count = 0,
    .metrics = NULL,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .node_count = sizeof nodes / sizeof nodes[0],
    .nodes = nodes,
    .slot_count = 0,
    .slots = NULL,
    .static_bytes = 5704,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 1,
    .output = workspace + 768,
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
