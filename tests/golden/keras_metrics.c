/* m: a training program that mnnc 0.1.0 made from keras_metrics.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              9                        0              18     4
 * dense (dense)              2                       20              38     7
 * dense_1 (dense, softmax)   3                        9              27     8
 *
 * 29 parameters, batches of 32; static memory 3,240 bytes (checked below).
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
    PARAM_COUNT = 29,
    WORKSPACE = 704, /* floats */
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
        + sizeof row_loss == 3240, "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [9, 2] */
static float *const dense_bias = params + 18; /* [2] */
static float *const dense_1_kernel = params + 20; /* [2, 3] */
static float *const dense_1_bias = params + 26; /* [3] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [9, 2] */
static float *const dense_bias_gradient = grads + 18; /* [2] */
static float *const dense_1_kernel_gradient = grads + 20; /* [2, 3] */
static float *const dense_1_bias_gradient = grads + 26; /* [3] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 9] */
static float *const dense_out = workspace + 288; /* [rows, 2] */
static float *const dense_1_out = workspace + 352; /* [rows, 3] */
static float *const dense_1_softmax = workspace + 448; /* [rows, 3] */
static float *const dense_1_out_gradient = workspace + 544; /* [rows, 3] */
static float *const dense_out_gradient = workspace + 640; /* [rows, 2] */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[9]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 9;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 9; j++)
            out[j] = (float)pixel[j];
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 9; j++)
            out[j] = value[j];
    }
}

/* input (keras_metrics.mnn:4): forward
 *     out[rows, 9] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 9);
            float *out = input_out + i * 9;
            input_sample(batch, i, out);
        }
    }
}

/* dense (keras_metrics.mnn:7): forward
 *     out[rows, 2] = in[rows, 9] . kernel[9, 2] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = input_out + first * 9;
        float *out = dense_out + first * 2;
        mnn_rows_product(n, 2, 9, in, 9, dense_kernel, 2, out, 2);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 2; j++)
                out[i * 2 + j] += dense_bias[j];
    }
}

/* dense_1 (keras_metrics.mnn:8): forward
 *     out[rows, 3] = in[rows, 2] . kernel[2, 3] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = dense_out + first * 2;
        float *out = dense_1_out + first * 3;
        mnn_rows_product(n, 3, 2, in, 2, dense_1_kernel, 3, out, 3);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 3; j++)
                out[i * 3 + j] += dense_1_bias[j];
    }
}

/* dense_1 (keras_metrics.mnn:8): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 3]
 * loop; row by row */
static void dense_1_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        for (int i = 0; i < n; i++) {
            const float *z = dense_1_out + first * 3 + i * 3;
            float *p = dense_1_softmax + first * 3 + i * 3;
            float largest = z[0], sum = 0.0f;
            for (int j = 1; j < 3; j++)
                largest = z[j] > largest ? z[j] : largest;
            for (int j = 0; j < 3; j++) {
                p[j] = expf(z[j] - largest);
                sum += p[j];
            }
            for (int j = 0; j < 3; j++)
                p[j] /= sum;
        }
    }
}

/* loss (keras_metrics.mnn:11): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = dense_1_out + i * 3;
            const int label = batch->labels[batch->index[i]];
            float largest = z[0], sum = 0.0f;
            for (int j = 1; j < 3; j++)
                largest = z[j] > largest ? z[j] : largest;
            for (int j = 0; j < 3; j++)
                sum += expf(z[j] - largest);
            row_loss[i] = logf(sum) + largest - z[label];
        }
    }
}

/* ---- backward ---- */

/* loss (keras_metrics.mnn:11): backward
 *     dz[rows, 3] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        const float scale = 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_1_softmax + i * 3;
            float *dz = dense_1_out_gradient + i * 3;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 3; j++)
                dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
        }
    }
}

/* dense_1 (keras_metrics.mnn:8): backward
 *     dx[rows, 2] = dy[rows, 3] . transpose(kernel[2, 3])
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [3, 2] */
    if (worker->index * 32 < rows)
        mnn_transpose(2, 3, dense_1_kernel, 3, turned, 2);
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        mnn_product(n, 2, 3, dense_1_out_gradient + first * 3, 3, 1, turned, 2,
                dense_out_gradient + first * 2, 2, 0);
    }
}

/* ---- gradients of the parameters ---- */

/* dense_1 (keras_metrics.mnn:8): gradients of the parameters
 *     dkernel[2, 3] = transpose(in[rows, 2]) . dy[rows, 3]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(2, 3, rows, dense_out, 1, 2, dense_1_out_gradient, 3, dense_1_kernel_gradient, 3,
            0);
    for (int j = 0; j < 3; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 3; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 3 + j];
}

/* dense (keras_metrics.mnn:7): gradients of the parameters
 *     dkernel[9, 2] = transpose(in[rows, 9]) . dy[rows, 2]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    mnn_product(9, 2, rows, input_out, 1, 9, dense_out_gradient, 2, dense_kernel_gradient, 2, 0);
    for (int j = 0; j < 2; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 2; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 2 + j];
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    dense_forward(worker, batch->rows);
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
    dense_forward(worker, batch->rows);
    dense_1_forward(worker, batch->rows);
    dense_1_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    dense_1_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_gradients(worker, batch->rows);
    dense_gradients(worker, batch->rows);
}

/* The learning rate after so many updates: 0.1 0.5^floor(step / 100) */
static double schedule(uint64_t updates)
{
    const double step = (double)updates;
    return 0.1 * pow(0.5, floor(step / 100.0));
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

/* input (keras_metrics.mnn:4): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 9;
    for (size_t j = 0; j < 9; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j] : batch->inputs[at + j]));
}

/* dense (keras_metrics.mnn:7): out[2] = in[9] . kernel[9, 2] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 2; j++) {
        double sum = bias[j];
        for (int i = 0; i < 9; i++)
            sum += in[i] * kernel[i * 2 + j];
        out[j] = sum;
    }
}

/* dense_1 (keras_metrics.mnn:8): out[3] = in[2] . kernel[2, 3] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 3; j++) {
        double sum = bias[j];
        for (int i = 0; i < 2; i++)
            sum += in[i] * kernel[i * 3 + j];
        out[j] = sum;
    }
}

/* dense_1 (keras_metrics.mnn:8): out[3] = softmax(in) */
static void dense_1_softmax_reference(const double *in, double *out)
{
    for (int i = 0; i < 3; i += 3) {
        double largest = in[i], sum = 0.0;
        for (int j = i; j < i + 3; j++)
            largest = in[j] > largest ? in[j] : largest;
        for (int j = i; j < i + 3; j++)
            sum += exp(in[j] - largest);
        for (int j = i; j < i + 3; j++)
            out[j] = exp(in[j] - largest) / sum;
    }
}

/* loss (keras_metrics.mnn:11): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[9];
    static double dense_reference_values[2];
    static double dense_1_reference_values[3];
    static double dense_1_softmax_reference_values[3];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 18, input_reference_values, dense_reference_values);
        dense_1_reference(weights + 20, weights + 26, dense_reference_values,
                dense_1_reference_values);
        dense_1_softmax_reference(dense_1_reference_values, dense_1_softmax_reference_values);
        result[row] = loss_reference(dense_1_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {9}, 0, 18},
    {"dense", "dense", 1, {2}, 20, 38},
    {"dense_1", "dense", 1, {3}, 9, 27},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {9, 2}, 0, 18, true, MNN_INIT_UNIFORM, -0.7385489458759964,
            0.7385489458759964},
    {"dense.bias", 1, {2}, 18, 2, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {2, 3}, 20, 6, true, MNN_INIT_UNIFORM, -1.0954451150103321,
            1.0954451150103321},
    {"dense_1.bias", 1, {3}, 26, 3, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_metric metrics[] = {
    {MNN_METRIC_ACCURACY, "accuracy", 0},
    {MNN_METRIC_PRECISION, "precision", 0},
    {MNN_METRIC_RECALL, "recall", 0},
    {MNN_METRIC_F1, "f1", 0},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {9}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {2}},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {1}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {3}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_1", .input_count = 1, .inputs = {2}, .rank = 1,
            .dims = {3}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "66e973d4ecab898f45aea228b9d45270225882fb947ae4d5b8701b821272536b",
    .data_name = "d",
    .train = {"i", "l"},
    .test = {NULL, NULL},
    .validation = {NULL, NULL},
    .sample_rank = 1,
    .sample_dims = {9},
    .sample_size = 9,
    .scale = 1.0f,
    .shift = 0.0f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 3,
    .validation_split = 0.0,
    .train_limit = 0,
    .test_limit = 0,
    .validation_limit = 0,
    .shuffle = true,
    .epochs = 1,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "sparse_categorical_crossentropy",
    .optimizer_name = "sgd",
    .learning_rate = 0.1,
    .schedule_name = "exponential_decay",
    .schedule = schedule,
    .metric_count = 4,
    .metrics = metrics,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .node_count = sizeof nodes / sizeof nodes[0],
    .nodes = nodes,
    .slot_count = 0,
    .slots = NULL,
    .static_bytes = 3240,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 3,
    .output = workspace + 448,
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
