/* one_row_batch: a training program that mnnc 0.1.0 made from one_row_batch.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              5 x 5 x 1                0              50     6
 * conv2d (conv2d)            4 x 4 x 2               10             288    10
 * activation (activation)    4 x 4 x 2                0             128    11
 * flatten (flatten)          32                       0               0    12
 * dense (dense, softmax)     4                      132             276    13
 *
 * 142 parameters, batches of 1; static memory 3,300 bytes (checked below).
 * gradcheck takes another 776 bytes.
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
    BATCH = 1, /* rows of a full batch */
    PARAM_COUNT = 142,
    WORKSPACE = 144, /* floats */
    SCRATCH = 112, /* floats a worker */
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
        + sizeof scratch + sizeof row_loss == 3300, "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [2, 2, 1, 2] */
static float *const conv2d_bias = params + 8; /* [2] */
static float *const dense_kernel = params + 10; /* [32, 4] */
static float *const dense_bias = params + 138; /* [4] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [2, 2, 1, 2] */
static float *const conv2d_bias_gradient = grads + 8; /* [2] */
static float *const dense_kernel_gradient = grads + 10; /* [32, 4] */
static float *const dense_bias_gradient = grads + 138; /* [4] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 5, 5, 1] */
static float *const activation_out = workspace + 32; /* [rows, 4, 4, 2] */
static float *const dense_out = workspace + 64; /* [rows, 4] */
static float *const dense_softmax = workspace + 80; /* [rows, 4] */
static float *const dense_out_gradient = workspace + 96; /* [rows, 4] */
static float *const flatten_out_gradient = workspace + 112; /* [rows, 32] */
static float *const conv2d_partials = workspace + 64; /* partial sums */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[5 x 5 x 1]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 25;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 25; j++)
            out[j] = (float)pixel[j] * 0.003921569f;
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 25; j++)
            out[j] = value[j] * 0.003921569f;
    }
}

/* input (one_row_batch.mnn:6): forward
 *     out[rows, 5, 5, 1] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 1; first < batch->rows; first += worker->count * 1) {
        const int n = mnn_min(1, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 25);
            float *out = input_out + i * 25;
            input_sample(batch, i, out);
        }
    }
}

/* conv2d (one_row_batch.mnn:10): forward
 *     out[rows, 4, 4, 2] = sigmoid(in[rows, 5, 5, 1] * kernel[2, 2, 1, 2] + bias)
 * tiles in registers, straight from the image; image by image */
static void conv2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 1; first < rows; first += worker->count * 1) {
        const int n = mnn_min(1, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = activation_out + i * 32;
            const float *in = input_out + i * 25;
            mnn_grid_product(4, 4, 2, 2, 2, in, 5, 1, 5, conv2d_kernel, 2, 4, out, 8, 2);
            for (int j = 0; j < 16; j++)
                for (int k = 0; k < 2; k++) {
                    const float sum = out[j * 2 + k] + conv2d_bias[k];
                    out[j * 2 + k] = 1.0f / (1.0f + expf(-sum));
                }
        }
    }
}

/* dense (one_row_batch.mnn:13): forward
 *     out[rows, 4] = in[rows, 32] . kernel[32, 4] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_out;
    mnn_rows_product(rows, 4, 32, activation_out, 32, dense_kernel, 4, out, 4);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            out[i * 4 + j] += dense_bias[j];
}

/* dense (one_row_batch.mnn:13): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 4]
 * loop; row by row */
static void dense_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 1; first < rows; first += worker->count * 1) {
        const int n = mnn_min(1, rows - first);
        for (int i = 0; i < n; i++) {
            const float *z = dense_out + first * 4 + i * 4;
            float *p = dense_softmax + first * 4 + i * 4;
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

/* loss (one_row_batch.mnn:17): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 1; first < batch->rows; first += worker->count * 1) {
        const int n = mnn_min(1, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = dense_out + i * 4;
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

/* loss (one_row_batch.mnn:17): backward
 *     dz[rows, 4] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 1; first < batch->rows; first += worker->count * 1) {
        const int n = mnn_min(1, batch->rows - first);
        const float scale = 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_softmax + i * 4;
            float *dz = dense_out_gradient + i * 4;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 4; j++)
                dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
        }
    }
}

/* dense (one_row_batch.mnn:13): backward
 *     dx[rows, 32] = dy[rows, 4] . transpose(kernel[32, 4]), times the derivative of sigmoid
 * tiles in registers; in one piece: too small to cut */
static void dense_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [4, 1] */
    float *dx_turned = dy_turned + 4; /* [96, 1] */
    mnn_transpose(rows, 4, dense_out_gradient, 4, dy_turned, 1);
    for (int i = 0; i < 32; i += 96) {
        const int count = mnn_min(96, 32 - i);
        mnn_product(count, 1, 4, dense_kernel + i * 4, 4, 1, dy_turned, 1, dx_turned, 1, 0);
        mnn_transpose(count, rows, dx_turned, 1, flatten_out_gradient + i, 32);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 32 + 0, end = j + 32; j < end; j++) {
            const float y = activation_out[j], g = flatten_out_gradient[j];
            flatten_out_gradient[j] = g * y * (1.0f - y);
        }
}

/* conv2d (one_row_batch.mnn:10): backward
 *     partial sums, one a piece:
 *     dkernel[4, 2] = transpose(patches[16, 4]) . dz[16, 2], dbias = sum of dz
 * tiles in registers, straight from the image; image by image */
static void conv2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 1; first < rows; first += worker->count * 1) {
        const int n = mnn_min(1, rows - first);
        float *dkernel = conv2d_partials + first / 1 * 10;
        float *dbias = dkernel + 8;
        memset(dkernel, 0, 10 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *in = input_out + i * 25;
            const float *dy = flatten_out_gradient + i * 32;
            for (int r = 0; r < 2; r++)
                mnn_nested_product(2, 2, 4, 4, in + r * 5, 1, 1, 5, dy, 2, 8, dkernel + r * 4, 2,
                        1);
            for (int j = 0; j < 16; j++)
                for (int k = 0; k < 2; k++)
                    dbias[k] += dy[j * 2 + k];
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense (one_row_batch.mnn:13): gradients of the parameters
 *     dkernel[32, 4] = transpose(in[rows, 32]) . dy[rows, 4]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(32, 4, rows, activation_out, 1, 32, dense_out_gradient, 4, dense_kernel_gradient, 4,
            0);
    for (int j = 0; j < 4; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 4 + j];
}

/* conv2d (one_row_batch.mnn:10): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 8 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 8, 2 * sizeof(float));
    for (int piece = 1; piece * 1 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 10;
        for (int j = 0; j < 8; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 2; j++)
            conv2d_bias_gradient[j] += partial[8 + j];
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    conv2d_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
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
    conv2d_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_backward(worker, batch->rows);
    mnn_barrier(worker);
    conv2d_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_gradients(worker, batch->rows);
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

/* input (one_row_batch.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 25;
    for (size_t j = 0; j < 25; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* conv2d (one_row_batch.mnn:10): out[4, 4, 2] = in * kernel + bias */
static void conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++)
            for (int k = 0; k < 2; k++) {
                double sum = bias[k];
                for (int r = 0; r < 2; r++)
                    for (int s = 0; s < 2; s++) {
                        const int row = y + r, column = x + s;
                        sum += in[row * 5 + column] * kernel[(r * 2 + s) * 2 + k];
                    }
                out[(y * 4 + x) * 2 + k] = sum;
            }
}

/* activation (one_row_batch.mnn:11): out[32] = sigmoid(in) */
static void activation_sigmoid_reference(const double *in, double *out)
{
    for (int j = 0; j < 32; j++)
        out[j] = 1.0 / (1.0 + exp(-in[j]));
}

/* dense (one_row_batch.mnn:13): out[4] = in[32] . kernel[32, 4] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 4; j++) {
        double sum = bias[j];
        for (int i = 0; i < 32; i++)
            sum += in[i] * kernel[i * 4 + j];
        out[j] = sum;
    }
}

/* dense (one_row_batch.mnn:13): out[4] = softmax(in) */
static void dense_softmax_reference(const double *in, double *out)
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

/* loss (one_row_batch.mnn:17): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[25];
    static double conv2d_reference_values[32];
    static double activation_sigmoid_reference_values[32];
    static double dense_reference_values[4];
    static double dense_softmax_reference_values[4];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        conv2d_reference(weights + 0, weights + 8, input_reference_values, conv2d_reference_values);
        activation_sigmoid_reference(conv2d_reference_values, activation_sigmoid_reference_values);
        dense_reference(weights + 10, weights + 138, activation_sigmoid_reference_values,
                dense_reference_values);
        dense_softmax_reference(dense_reference_values, dense_softmax_reference_values);
        result[row] = loss_reference(dense_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {5, 5, 1}, 0, 50},
    {"conv2d", "conv2d", 3, {4, 4, 2}, 10, 288},
    {"activation", "activation", 3, {4, 4, 2}, 0, 128},
    {"flatten", "flatten", 1, {32}, 0, 0},
    {"dense", "dense", 1, {4}, 132, 276},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {2, 2, 1, 2}, 0, 8, true, MNN_INIT_UNIFORM, -0.7071067811865476,
            0.7071067811865476},
    {"conv2d.bias", 1, {2}, 8, 2, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense.kernel", 2, {32, 4}, 10, 128, true, MNN_INIT_UNIFORM, -0.408248290463863,
            0.408248290463863},
    {"dense.bias", 1, {4}, 138, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {5, 5, 1}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 3, .dims = {4, 4, 2}, .window = {2, 2}, .strides = {1, 1},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "activation", .input_count = 1, .inputs = {1}, .rank = 3,
            .dims = {4, 4, 2}, .activation = MNN_ACTIVATION_SIGMOID},
    {.op = MNN_OP_RESHAPE, .layer = "flatten", .input_count = 1, .inputs = {2}, .rank = 1,
            .dims = {32}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {3}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {4}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {4}, .rank = 1,
            .dims = {4}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "one_row_batch",
    .description = "bdb5ac1413ae70b5e4e8117e7793efc07341697489c7d9d206a70e23a5f470ff",
    .data_name = "digits",
    .train = {"digits/train-images", "digits/train-labels"},
    .test = {"digits/test-images", "digits/test-labels"},
    .validation = {NULL, NULL},
    .sample_rank = 3,
    .sample_dims = {5, 5, 1},
    .sample_size = 25,
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
    .static_bytes = 3300,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 4,
    .output = workspace + 80,
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
