/* logistic: a training program that mnnc 0.1.0 made from logistic.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              784                      0           1,568     6
 * dense (dense, softmax)     10                   7,850          15,730    10
 *
 * 7,850 parameters, batches of 100; static memory 420,296 bytes (checked below).
 * gradcheck takes another 6,432 bytes.
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
    PARAM_COUNT = 7850,
    WORKSPACE = 81424, /* floats */
    MAX_WORKERS = 4
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float sgd_velocity[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof sgd_velocity + sizeof workspace
        + sizeof row_loss == 420296, "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [784, 10] */
static float *const dense_bias = params + 7840; /* [10] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [784, 10] */
static float *const dense_bias_gradient = grads + 7840; /* [10] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 784] */
static float *const dense_out = workspace + 78400; /* [rows, 10] */
static float *const dense_softmax = workspace + 79408; /* [rows, 10] */
static float *const dense_out_gradient = workspace + 80416; /* [rows, 10] */

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

/* input (logistic.mnn:6): forward
 *     out[rows, 784] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 52; first < batch->rows; first += worker->count * 52) {
        const int n = mnn_min(52, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 784);
            float *out = input_out + i * 784;
            input_sample(batch, i, out);
        }
    }
}

/* dense (logistic.mnn:10): forward
 *     out[rows, 10] = in[rows, 784] . kernel[784, 10] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 52; first < rows; first += worker->count * 52) {
        const int n = mnn_min(52, rows - first);
        const float *in = input_out + first * 784;
        float *out = dense_out + first * 10;
        mnn_rows_product(n, 10, 784, in, 784, dense_kernel, 10, out, 10);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 10; j++)
                out[i * 10 + j] += dense_bias[j];
    }
}

/* dense (logistic.mnn:10): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 10]
 * loop; row by row */
static void dense_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 52; first < rows; first += worker->count * 52) {
        const int n = mnn_min(52, rows - first);
        for (int i = 0; i < n; i++) {
            const float *z = dense_out + first * 10 + i * 10;
            float *p = dense_softmax + first * 10 + i * 10;
            float largest = z[0], sum = 0.0f;
            for (int j = 1; j < 10; j++)
                largest = z[j] > largest ? z[j] : largest;
            for (int j = 0; j < 10; j++) {
                p[j] = expf(z[j] - largest);
                sum += p[j];
            }
            for (int j = 0; j < 10; j++)
                p[j] /= sum;
        }
    }
}

/* loss (logistic.mnn:14): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 52; first < batch->rows; first += worker->count * 52) {
        const int n = mnn_min(52, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = dense_out + i * 10;
            const int label = batch->labels[batch->index[i]];
            float largest = z[0], sum = 0.0f;
            for (int j = 1; j < 10; j++)
                largest = z[j] > largest ? z[j] : largest;
            for (int j = 0; j < 10; j++)
                sum += expf(z[j] - largest);
            row_loss[i] = logf(sum) + largest - z[label];
        }
    }
}

/* ---- backward ---- */

/* loss (logistic.mnn:14): backward
 *     dz[rows, 10] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 52; first < batch->rows; first += worker->count * 52) {
        const int n = mnn_min(52, batch->rows - first);
        const float scale = 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_softmax + i * 10;
            float *dz = dense_out_gradient + i * 10;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 10; j++)
                dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense (logistic.mnn:10): gradients of the parameters
 *     dkernel[784, 10] = transpose(in[rows, 784]) . dy[rows, 10]; dbias = sum over rows of dy
 * tiles in registers; cut by inputs: each piece is a whole sum over the batch */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 204; first < 784; first += worker->count * 204) {
        const int n = mnn_min(204, 784 - first);
        mnn_product(n, 10, rows, input_out + first, 1, 784, dense_out_gradient, 10,
                dense_kernel_gradient + first * 10, 10, 0);
        if (first == 0) {
            for (int j = 0; j < 10; j++)
                dense_bias_gradient[j] = 0.0f;
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < 10; j++)
                    dense_bias_gradient[j] += dense_out_gradient[i * 10 + j];
        }
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    dense_forward(worker, batch->rows);
    dense_softmax_forward(worker, batch->rows);
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
    dense_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_gradients(worker, batch->rows);
}

/* update: stochastic gradient descent with momentum
 *     v = 0.9 v - rate g;  w += v */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const float rate = (float)step->learning_rate;
    for (int piece = mnn_part_begin(worker, 1); piece < mnn_part_end(worker, 1); piece++) {
        const int first = piece * 8192, end = mnn_min(first + 8192, PARAM_COUNT);
        for (int i = first; i < end; i++) {
            const float g = grads[i];
            const float v = 0.9f * sgd_velocity[i] - rate * g;
            sgd_velocity[i] = v;
            params[i] += v;
        }
    }
}

/* ---- the same network once more, to check the gradients against ---- */

/* input (logistic.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 784;
    for (size_t j = 0; j < 784; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* dense (logistic.mnn:10): out[10] = in[784] . kernel[784, 10] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 784; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* dense (logistic.mnn:10): out[10] = softmax(in) */
static void dense_softmax_reference(const double *in, double *out)
{
    for (int i = 0; i < 10; i += 10) {
        double largest = in[i], sum = 0.0;
        for (int j = i; j < i + 10; j++)
            largest = in[j] > largest ? in[j] : largest;
        for (int j = i; j < i + 10; j++)
            sum += exp(in[j] - largest);
        for (int j = i; j < i + 10; j++)
            out[j] = exp(in[j] - largest) / sum;
    }
}

/* loss (logistic.mnn:14): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[784];
    static double dense_reference_values[10];
    static double dense_softmax_reference_values[10];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 7840, input_reference_values,
                dense_reference_values);
        dense_softmax_reference(dense_reference_values, dense_softmax_reference_values);
        result[row] = loss_reference(dense_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {784}, 0, 1568},
    {"dense", "dense", 1, {10}, 7850, 15730},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {784, 10}, 0, 7840, true, MNN_INIT_UNIFORM, -0.0869291381699617,
            0.0869291381699617},
    {"dense.bias", 1, {10}, 7840, 10, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"velocity", sgd_velocity, 0.0f},
};

static const mnn_metric metrics[] = {
    {MNN_METRIC_ACCURACY, "accuracy", 0},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {784}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {10}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {1}, .rank = 1,
            .dims = {10}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "logistic",
    .description = "4152551ba84f12b63fa2f1a61ab59dfd71759c8c8b27e75cff6facc769566104",
    .data_name = "mnist",
    .train = {"mnist/train-images-idx3-ubyte", "mnist/train-labels-idx1-ubyte"},
    .test = {"mnist/t10k-images-idx3-ubyte", "mnist/t10k-labels-idx1-ubyte"},
    .validation = {NULL, NULL},
    .sample_rank = 1,
    .sample_dims = {784},
    .sample_size = 784,
    .reshapes = true,
    .scale = 0.003921569f,
    .shift = 0.0f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 10,
    .validation_split = 0.0,
    .train_limit = 0,
    .test_limit = 0,
    .validation_limit = 0,
    .shuffle = true,
    .epochs = 10,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "sparse_categorical_crossentropy",
    .optimizer_name = "sgd",
    .learning_rate = 0.1,
    .metric_count = 1,
    .metrics = metrics,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .node_count = sizeof nodes / sizeof nodes[0],
    .nodes = nodes,
    .slot_count = 1,
    .slots = slots,
    .static_bytes = 420296,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 79408,
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
