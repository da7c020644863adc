/* mlp: a training program that mnnc 0.1.0 made from mlp.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              784                      0           1,568     6
 * dense (dense, relu)        32                  25,120          50,240    10
 * dense_1 (dense, relu)      64                   2,112           4,224    11
 * dense_2 (dense, softmax)   10                     650           1,330    12
 *
 * 27,882 parameters, batches of 100; static memory 914,544 bytes (checked below).
 * gradcheck takes another 7,968 bytes.
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
    PARAM_COUNT = 27882,
    WORKSPACE = 100624, /* floats */
    SCRATCH = 2048, /* floats a worker */
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
        + sizeof scratch + sizeof row_loss == 914544, "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [784, 32] */
static float *const dense_bias = params + 25088; /* [32] */
static float *const dense_1_kernel = params + 25120; /* [32, 64] */
static float *const dense_1_bias = params + 27168; /* [64] */
static float *const dense_2_kernel = params + 27232; /* [64, 10] */
static float *const dense_2_bias = params + 27872; /* [10] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [784, 32] */
static float *const dense_bias_gradient = grads + 25088; /* [32] */
static float *const dense_1_kernel_gradient = grads + 25120; /* [32, 64] */
static float *const dense_1_bias_gradient = grads + 27168; /* [64] */
static float *const dense_2_kernel_gradient = grads + 27232; /* [64, 10] */
static float *const dense_2_bias_gradient = grads + 27872; /* [10] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 784] */
static float *const dense_out = workspace + 78400; /* [rows, 32] */
static float *const dense_1_out = workspace + 81600; /* [rows, 64] */
static float *const dense_2_out = workspace + 88000; /* [rows, 10] */
static float *const dense_2_softmax = workspace + 89008; /* [rows, 10] */
static float *const dense_2_out_gradient = workspace + 90016; /* [rows, 10] */
static float *const dense_1_out_gradient = workspace + 91024; /* [rows, 64] */
static float *const dense_out_gradient = workspace + 97424; /* [rows, 32] */

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

/* input (mlp.mnn:6): forward
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

/* dense (mlp.mnn:10): forward
 *     out[rows, 32] = relu(in[rows, 784] . kernel[784, 32] + bias)
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 52; first < rows; first += worker->count * 52) {
        const int n = mnn_min(52, rows - first);
        const float *in = input_out + first * 784;
        float *out = dense_out + first * 32;
        mnn_rows_product(n, 32, 784, in, 784, dense_kernel, 32, out, 32);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 32; j++) {
                const float z = out[i * 32 + j] + dense_bias[j];
                out[i * 32 + j] = z < 0.0f ? 0.0f : z;
            }
    }
}

/* dense_1 (mlp.mnn:11): forward
 *     out[rows, 64] = relu(in[rows, 32] . kernel[32, 64] + bias)
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 52; first < rows; first += worker->count * 52) {
        const int n = mnn_min(52, rows - first);
        const float *in = dense_out + first * 32;
        float *out = dense_1_out + first * 64;
        mnn_rows_product(n, 64, 32, in, 32, dense_1_kernel, 64, out, 64);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 64; j++) {
                const float z = out[i * 64 + j] + dense_1_bias[j];
                out[i * 64 + j] = z < 0.0f ? 0.0f : z;
            }
    }
}

/* dense_2 (mlp.mnn:12): forward
 *     out[rows, 10] = in[rows, 64] . kernel[64, 10] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_2_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 52; first < rows; first += worker->count * 52) {
        const int n = mnn_min(52, rows - first);
        const float *in = dense_1_out + first * 64;
        float *out = dense_2_out + first * 10;
        mnn_rows_product(n, 10, 64, in, 64, dense_2_kernel, 10, out, 10);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 10; j++)
                out[i * 10 + j] += dense_2_bias[j];
    }
}

/* dense_2 (mlp.mnn:12): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 10]
 * loop; row by row */
static void dense_2_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 52; first < rows; first += worker->count * 52) {
        const int n = mnn_min(52, rows - first);
        for (int i = 0; i < n; i++) {
            const float *z = dense_2_out + first * 10 + i * 10;
            float *p = dense_2_softmax + first * 10 + i * 10;
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

/* loss (mlp.mnn:16): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 52; first < batch->rows; first += worker->count * 52) {
        const int n = mnn_min(52, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = dense_2_out + i * 10;
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

/* loss (mlp.mnn:16): backward
 *     dz[rows, 10] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 52; first < batch->rows; first += worker->count * 52) {
        const int n = mnn_min(52, batch->rows - first);
        const float scale = 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_2_softmax + i * 10;
            float *dz = dense_2_out_gradient + i * 10;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 10; j++)
                dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
        }
    }
}

/* dense_2 (mlp.mnn:12): backward
 *     dx[rows, 64] = dy[rows, 10] . transpose(kernel[64, 10]), times the derivative of relu
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_2_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [10, 64] */
    if (worker->index * 52 < rows)
        mnn_transpose(64, 10, dense_2_kernel, 10, turned, 64);
    for (int first = worker->index * 52; first < rows; first += worker->count * 52) {
        const int n = mnn_min(52, rows - first);
        mnn_product(n, 64, 10, dense_2_out_gradient + first * 10, 10, 1, turned, 64,
                dense_1_out_gradient + first * 64, 64, 0);
        for (int j = first * 64, end = j + n * 64; j < end; j++) {
            const float y = dense_1_out[j], g = dense_1_out_gradient[j];
            dense_1_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* dense_1 (mlp.mnn:11): backward
 *     dx[rows, 32] = dy[rows, 64] . transpose(kernel[32, 64]), times the derivative of relu
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [64, 32] */
    if (worker->index * 52 < rows)
        mnn_transpose(32, 64, dense_1_kernel, 64, turned, 32);
    for (int first = worker->index * 52; first < rows; first += worker->count * 52) {
        const int n = mnn_min(52, rows - first);
        mnn_product(n, 32, 64, dense_1_out_gradient + first * 64, 64, 1, turned, 32,
                dense_out_gradient + first * 32, 32, 0);
        for (int j = first * 32, end = j + n * 32; j < end; j++) {
            const float y = dense_out[j], g = dense_out_gradient[j];
            dense_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense_2 (mlp.mnn:12): gradients of the parameters
 *     dkernel[64, 10] = transpose(in[rows, 64]) . dy[rows, 10]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_2_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(64, 10, rows, dense_1_out, 1, 64, dense_2_out_gradient, 10, dense_2_kernel_gradient,
            10, 0);
    for (int j = 0; j < 10; j++)
        dense_2_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            dense_2_bias_gradient[j] += dense_2_out_gradient[i * 10 + j];
}

/* dense_1 (mlp.mnn:11): gradients of the parameters
 *     dkernel[32, 64] = transpose(in[rows, 32]) . dy[rows, 64]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    mnn_product(32, 64, rows, dense_out, 1, 32, dense_1_out_gradient, 64, dense_1_kernel_gradient,
            64, 0);
    for (int j = 0; j < 64; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 64; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 64 + j];
}

/* dense (mlp.mnn:10): gradients of the parameters
 *     dkernel[784, 32] = transpose(in[rows, 784]) . dy[rows, 32]; dbias = sum over rows of dy
 * tiles in registers; cut by inputs: each piece is a whole sum over the batch */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    for (int piece = mnn_part_begin(worker, 8); piece < mnn_part_end(worker, 8); piece++) {
        const int first = piece * 108;
        const int n = mnn_min(108, 784 - first);
        mnn_product(n, 32, rows, input_out + first, 1, 784, dense_out_gradient, 32,
                dense_kernel_gradient + first * 32, 32, 0);
        if (first == 0) {
            for (int j = 0; j < 32; j++)
                dense_bias_gradient[j] = 0.0f;
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < 32; j++)
                    dense_bias_gradient[j] += dense_out_gradient[i * 32 + j];
        }
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    dense_forward(worker, batch->rows);
    dense_1_forward(worker, batch->rows);
    dense_2_forward(worker, batch->rows);
    dense_2_softmax_forward(worker, batch->rows);
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
    dense_2_forward(worker, batch->rows);
    dense_2_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    dense_2_backward(worker, batch->rows);
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
    for (int piece = mnn_part_begin(worker, 4); piece < mnn_part_end(worker, 4); piece++) {
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

/* input (mlp.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 784;
    for (size_t j = 0; j < 784; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* dense (mlp.mnn:10): out[32] = in[784] . kernel[784, 32] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 32; j++) {
        double sum = bias[j];
        for (int i = 0; i < 784; i++)
            sum += in[i] * kernel[i * 32 + j];
        out[j] = sum;
    }
}

/* dense (mlp.mnn:10): out[32] = relu(in) */
static void dense_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 32; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dense_1 (mlp.mnn:11): out[64] = in[32] . kernel[32, 64] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 64; j++) {
        double sum = bias[j];
        for (int i = 0; i < 32; i++)
            sum += in[i] * kernel[i * 64 + j];
        out[j] = sum;
    }
}

/* dense_1 (mlp.mnn:11): out[64] = relu(in) */
static void dense_1_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 64; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dense_2 (mlp.mnn:12): out[10] = in[64] . kernel[64, 10] + bias */
static void dense_2_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 64; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* dense_2 (mlp.mnn:12): out[10] = softmax(in) */
static void dense_2_softmax_reference(const double *in, double *out)
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

/* loss (mlp.mnn:16): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[784];
    static double dense_reference_values[32];
    static double dense_relu_reference_values[32];
    static double dense_1_reference_values[64];
    static double dense_1_relu_reference_values[64];
    static double dense_2_reference_values[10];
    static double dense_2_softmax_reference_values[10];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 25088, input_reference_values,
                dense_reference_values);
        dense_relu_reference(dense_reference_values, dense_relu_reference_values);
        dense_1_reference(weights + 25120, weights + 27168, dense_relu_reference_values,
                dense_1_reference_values);
        dense_1_relu_reference(dense_1_reference_values, dense_1_relu_reference_values);
        dense_2_reference(weights + 27232, weights + 27872, dense_1_relu_reference_values,
                dense_2_reference_values);
        dense_2_softmax_reference(dense_2_reference_values, dense_2_softmax_reference_values);
        result[row] = loss_reference(dense_2_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {784}, 0, 1568},
    {"dense", "dense", 1, {32}, 25120, 50240},
    {"dense_1", "dense", 1, {64}, 2112, 4224},
    {"dense_2", "dense", 1, {10}, 650, 1330},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {784, 32}, 0, 25088, true, MNN_INIT_UNIFORM, -0.08574929257125442,
            0.08574929257125442},
    {"dense.bias", 1, {32}, 25088, 32, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {32, 64}, 25120, 2048, true, MNN_INIT_UNIFORM, -0.25, 0.25},
    {"dense_1.bias", 1, {64}, 27168, 64, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_2.kernel", 2, {64, 10}, 27232, 640, true, MNN_INIT_UNIFORM, -0.2847473987257497,
            0.2847473987257497},
    {"dense_2.bias", 1, {10}, 27872, 10, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_metric metrics[] = {
    {MNN_METRIC_ACCURACY, "accuracy", 0},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {784}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {32}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {1}, .rank = 1,
            .dims = {32}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {2}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {64}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_1", .input_count = 1, .inputs = {3}, .rank = 1,
            .dims = {64}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DENSE, .layer = "dense_2", .input_count = 1, .inputs = {4}, .tensor_count = 2,
            .tensors = {4, 5}, .rank = 1, .dims = {10}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_2", .input_count = 1, .inputs = {5}, .rank = 1,
            .dims = {10}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "mlp",
    .description = "cc3cd05b8fc64e94f265fe232e132ea17a41572a5f6ca4f4284beb047d96695b",
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
    .optimizer_name = "adam",
    .learning_rate = 0.001,
    .metric_count = 1,
    .metrics = metrics,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .node_count = sizeof nodes / sizeof nodes[0],
    .nodes = nodes,
    .slot_count = 2,
    .slots = slots,
    .static_bytes = 914544,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 89008,
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
