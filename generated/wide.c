/* wide: a training program that mnnc 0.1.0 made from wide.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              784                      0           1,568     6
 * dense (dense, relu)        512                401,920         803,840    11
 * dense_1 (dense, softmax)   10                   5,130          10,290    12
 *
 * 407,050 parameters, batches of 128; static memory 6,040,312 bytes (checked below).
 * gradcheck takes another 14,624 bytes.
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
    BATCH = 128, /* rows of a full batch */
    PARAM_COUNT = 407050,
    WORKSPACE = 235264, /* floats */
    SCRATCH = 5120, /* floats a worker */
    MAX_WORKERS = 8
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float rmsprop_velocity[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static uint16_t input_lists[25152]; /* of every 4 rows: how many inputs are not all 0, and which */
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof rmsprop_velocity + sizeof workspace
        + sizeof scratch + sizeof input_lists + sizeof row_loss == 6040312,
        "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [784, 512] */
static float *const dense_bias = params + 401408; /* [512] */
static float *const dense_1_kernel = params + 401920; /* [512, 10] */
static float *const dense_1_bias = params + 407040; /* [10] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [784, 512] */
static float *const dense_bias_gradient = grads + 401408; /* [512] */
static float *const dense_1_kernel_gradient = grads + 401920; /* [512, 10] */
static float *const dense_1_bias_gradient = grads + 407040; /* [10] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 784] */
static float *const dense_out = workspace + 100352; /* [rows, 512] */
static float *const dense_1_out = workspace + 165888; /* [rows, 10] */
static float *const dense_1_softmax = workspace + 167168; /* [rows, 10] */
static float *const dense_1_out_gradient = workspace + 168448; /* [rows, 10] */
static float *const dense_out_gradient = workspace + 169728; /* [rows, 512] */

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

/* input (wide.mnn:6): forward
 *     out[rows, 784] = the samples that the batch names
 * loop; row by row; where it is 0 is noted */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 784);
            float *out = input_out + i * 784;
            input_sample(batch, i, out);
        }
        for (int i = first; mnn_skips(batch) && i < first + n; i += 4)
            input_lists[i / 4 * 786] = (uint16_t)mnn_list_columns(mnn_min(4, first + n - i), 784,
                input_out + i * 784, 784, input_lists + i / 4 * 786 + 1);
    }
}

/* dense (wide.mnn:11): forward
 *     out[rows, 512] = relu(in[rows, 784] . kernel[784, 512] + bias)
 * tiles in registers; cut by columns: the kernel is large; zeros of the input are skipped */
static void dense_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    const int rows = batch->rows;
    for (int piece = mnn_part_begin(worker, 8); piece < mnn_part_end(worker, 8); piece++) {
        const int first = piece * 64;
        const int n = 64;
        float *out = dense_out + first;
        if (mnn_skips(batch)) {
            mnn_skip_product(rows, n, 784, input_lists, input_out, 784, dense_kernel + first, 512,
                    out, 512);
        } else {
            mnn_rows_product(rows, n, 784, input_out, 784, dense_kernel + first, 512, out, 512);
        }
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < n; j++) {
                const float z = out[i * 512 + j] + dense_bias[first + j];
                out[i * 512 + j] = z < 0.0f ? 0.0f : z;
            }
    }
}

/* dense_1 (wide.mnn:12): forward
 *     out[rows, 10] = in[rows, 512] . kernel[512, 10] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = dense_out + first * 512;
        float *out = dense_1_out + first * 10;
        mnn_rows_product(n, 10, 512, in, 512, dense_1_kernel, 10, out, 10);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 10; j++)
                out[i * 10 + j] += dense_1_bias[j];
    }
}

/* dense_1 (wide.mnn:12): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 10]
 * loop; row by row */
static void dense_1_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        for (int i = 0; i < n; i++) {
            const float *z = dense_1_out + first * 10 + i * 10;
            float *p = dense_1_softmax + first * 10 + i * 10;
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

/* loss (wide.mnn:16): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = dense_1_out + i * 10;
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

/* loss (wide.mnn:16): backward
 *     dz[rows, 10] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        const float scale = 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_1_softmax + i * 10;
            float *dz = dense_1_out_gradient + i * 10;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 10; j++)
                dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
        }
    }
}

/* dense_1 (wide.mnn:12): backward
 *     dx[rows, 512] = dy[rows, 10] . transpose(kernel[512, 10]), times the derivative of relu
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [10, 512] */
    if (worker->index * 32 < rows)
        mnn_transpose(512, 10, dense_1_kernel, 10, turned, 512);
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        mnn_product(n, 512, 10, dense_1_out_gradient + first * 10, 10, 1, turned, 512,
                dense_out_gradient + first * 512, 512, 0);
        for (int j = first * 512, end = j + n * 512; j < end; j++) {
            const float y = dense_out[j], g = dense_out_gradient[j];
            dense_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense_1 (wide.mnn:12): gradients of the parameters
 *     dkernel[512, 10] = transpose(in[rows, 512]) . dy[rows, 10]; dbias = sum over rows of dy
 * tiles in registers; cut by inputs: each piece is a whole sum over the batch */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 132; first < 512; first += worker->count * 132) {
        const int n = mnn_min(132, 512 - first);
        mnn_product(n, 10, rows, dense_out + first, 1, 512, dense_1_out_gradient, 10,
                dense_1_kernel_gradient + first * 10, 10, 0);
        if (first == 0) {
            for (int j = 0; j < 10; j++)
                dense_1_bias_gradient[j] = 0.0f;
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < 10; j++)
                    dense_1_bias_gradient[j] += dense_1_out_gradient[i * 10 + j];
        }
    }
}

/* dense (wide.mnn:11): gradients of the parameters
 *     dkernel[784, 512] = transpose(in[rows, 784]) . dy[rows, 512]; dbias = sum over rows of dy
 * tiles in registers; cut by inputs: each piece is a whole sum over the batch; zeros of the input are skipped */
static void dense_gradients(const mnn_worker *worker, const mnn_batch *batch)
{
    const int rows = batch->rows;
    uint16_t list[BATCH + 1]; /* rows in which an input is not 0 */
    for (int piece = mnn_part_begin(worker, 8); piece < mnn_part_end(worker, 8); piece++) {
        const int first = piece * 108;
        const int n = mnn_min(108, 784 - first);
        if (mnn_skips(batch)) {
            mnn_skip_product_tn(n, 512, rows, list, input_out + first, 784, dense_out_gradient, 512,
                    dense_kernel_gradient + first * 512, 512);
        } else {
            mnn_product(n, 512, rows, input_out + first, 1, 784, dense_out_gradient, 512,
                    dense_kernel_gradient + first * 512, 512, 0);
        }
        if (first == 0) {
            for (int j = 0; j < 512; j++)
                dense_bias_gradient[j] = 0.0f;
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < 512; j++)
                    dense_bias_gradient[j] += dense_out_gradient[i * 512 + j];
        }
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    mnn_barrier(worker);
    dense_forward(worker, batch);
    mnn_barrier(worker);
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
    mnn_barrier(worker);
    dense_forward(worker, batch);
    mnn_barrier(worker);
    dense_1_forward(worker, batch->rows);
    dense_1_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    dense_1_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_gradients(worker, batch->rows);
    dense_gradients(worker, batch);
}

/* update: RMSprop (Tieleman, Hinton 2012), epsilon inside the root as in Keras
 *     v = 0.9 v + 0.09999999999999998 g^2;  s = rate g / sqrt(v + 1e-07);  w -= s */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const float rate = (float)step->learning_rate;
    for (int piece = mnn_part_begin(worker, 50); piece < mnn_part_end(worker, 50); piece++) {
        const int first = piece * 8192, end = mnn_min(first + 8192, PARAM_COUNT);
        for (int i = first; i < end; i++) {
            const float g = grads[i];
            const float v = 0.9f * rmsprop_velocity[i] + 0.1f * (g * g);
            rmsprop_velocity[i] = v;
            params[i] -= rate * g / sqrtf(v + 1e-07f);
        }
    }
}

/* ---- the same network once more, to check the gradients against ---- */

/* input (wide.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 784;
    for (size_t j = 0; j < 784; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* dense (wide.mnn:11): out[512] = in[784] . kernel[784, 512] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 512; j++) {
        double sum = bias[j];
        for (int i = 0; i < 784; i++)
            sum += in[i] * kernel[i * 512 + j];
        out[j] = sum;
    }
}

/* dense (wide.mnn:11): out[512] = relu(in) */
static void dense_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 512; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dense_1 (wide.mnn:12): out[10] = in[512] . kernel[512, 10] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 512; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* dense_1 (wide.mnn:12): out[10] = softmax(in) */
static void dense_1_softmax_reference(const double *in, double *out)
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

/* loss (wide.mnn:16): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[784];
    static double dense_reference_values[512];
    static double dense_relu_reference_values[512];
    static double dense_1_reference_values[10];
    static double dense_1_softmax_reference_values[10];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 401408, input_reference_values,
                dense_reference_values);
        dense_relu_reference(dense_reference_values, dense_relu_reference_values);
        dense_1_reference(weights + 401920, weights + 407040, dense_relu_reference_values,
                dense_1_reference_values);
        dense_1_softmax_reference(dense_1_reference_values, dense_1_softmax_reference_values);
        result[row] = loss_reference(dense_1_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {784}, 0, 1568},
    {"dense", "dense", 1, {512}, 401920, 803840},
    {"dense_1", "dense", 1, {10}, 5130, 10290},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {784, 512}, 0, 401408, true, MNN_INIT_UNIFORM, -0.06804138174397717,
            0.06804138174397717},
    {"dense.bias", 1, {512}, 401408, 512, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {512, 10}, 401920, 5120, true, MNN_INIT_UNIFORM, -0.10721125348377948,
            0.10721125348377948},
    {"dense_1.bias", 1, {10}, 407040, 10, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"velocity", rmsprop_velocity, 0.0f},
};

static const mnn_metric metrics[] = {
    {MNN_METRIC_ACCURACY, "accuracy", 0},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {784}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {512}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {1}, .rank = 1,
            .dims = {512}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {2}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {10}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_1", .input_count = 1, .inputs = {3}, .rank = 1,
            .dims = {10}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "wide",
    .description = "1b99354fe5a786ef5f1b66aa614d5f1079b34d73b85c18e6d34bce06a76fcb0f",
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
    .epochs = 5,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "categorical_crossentropy",
    .optimizer_name = "rmsprop",
    .learning_rate = 0.001,
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
    .static_bytes = 6040312,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 167168,
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
