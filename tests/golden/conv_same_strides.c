/* conv_same_strides: a training program that mnnc 0.1.0 made from conv_same_strides.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              9 x 7 x 2                0             252     6
 * conv2d (conv2d, relu)      5 x 4 x 5               65           2,600    10
 * flatten (flatten)          100                      0               0    11
 * dense (dense, softmax)     4                      404             820    12
 *
 * 469 parameters, batches of 10; static memory 42,744 bytes (checked below).
 * gradcheck takes another 2,672 bytes.
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
    BATCH = 10, /* rows of a full batch */
    PARAM_COUNT = 469,
    WORKSPACE = 3760, /* floats */
    SCRATCH = 1008, /* floats a worker */
    MAX_WORKERS = 5
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
        + sizeof scratch + sizeof row_loss == 42744, "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [3, 2, 2, 5] */
static float *const conv2d_bias = params + 60; /* [5] */
static float *const dense_kernel = params + 65; /* [100, 4] */
static float *const dense_bias = params + 465; /* [4] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [3, 2, 2, 5] */
static float *const conv2d_bias_gradient = grads + 60; /* [5] */
static float *const dense_kernel_gradient = grads + 65; /* [100, 4] */
static float *const dense_bias_gradient = grads + 465; /* [4] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 9, 7, 2] */
static float *const conv2d_out = workspace + 1264; /* [rows, 5, 4, 5] */
static float *const dense_out = workspace + 2272; /* [rows, 4] */
static float *const dense_softmax = workspace + 2320; /* [rows, 4] */
static float *const dense_out_gradient = workspace + 2368; /* [rows, 4] */
static float *const flatten_out_gradient = workspace + 2416; /* [rows, 100] */
static float *const conv2d_partials = workspace + 3424; /* partial sums */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[9 x 7 x 2]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 126;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 126; j++)
            out[j] = (float)pixel[j] * 0.003921569f;
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 126; j++)
            out[j] = value[j] * 0.003921569f;
    }
}

/* input (conv_same_strides.mnn:6): forward
 *     out[rows, 9, 7, 2] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 2; first < batch->rows; first += worker->count * 2) {
        const int n = mnn_min(2, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 126);
            float *out = input_out + i * 126;
            input_sample(batch, i, out);
        }
    }
}

/* conv2d (conv_same_strides.mnn:10): forward
 *     out[rows, 5, 4, 5] = relu(in[rows, 9, 7, 2] * kernel[3, 2, 2, 5] + bias)
 * tiles in registers, straight from the image; image by image */
static void conv2d_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [11, 8, 2] */
    memset(in, 0, 176 * sizeof *in);
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_out + i * 100;
            for (int y = 0; y < 9; y++)
                memcpy(in + (y + 1) * 16, input_out + i * 126 + y * 14, 14 * sizeof *in);
            mnn_grid_product(5, 4, 5, 4, 3, in, 32, 4, 16, conv2d_kernel, 5, 20, out, 20, 5);
            for (int j = 0; j < 20; j++)
                for (int k = 0; k < 5; k++) {
                    const float sum = out[j * 5 + k] + conv2d_bias[k];
                    out[j * 5 + k] = sum < 0.0f ? 0.0f : sum;
                }
        }
    }
}

/* dense (conv_same_strides.mnn:12): forward
 *     out[rows, 4] = in[rows, 100] . kernel[100, 4] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_out;
    mnn_rows_product(rows, 4, 100, conv2d_out, 100, dense_kernel, 4, out, 4);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            out[i * 4 + j] += dense_bias[j];
}

/* dense (conv_same_strides.mnn:12): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 4]
 * loop; row by row */
static void dense_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
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

/* loss (conv_same_strides.mnn:16): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 2; first < batch->rows; first += worker->count * 2) {
        const int n = mnn_min(2, batch->rows - first);
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

/* loss (conv_same_strides.mnn:16): backward
 *     dz[rows, 4] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 2; first < batch->rows; first += worker->count * 2) {
        const int n = mnn_min(2, batch->rows - first);
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

/* dense (conv_same_strides.mnn:12): backward
 *     dx[rows, 100] = dy[rows, 4] . transpose(kernel[100, 4]), times the derivative of relu
 * tiles in registers; in one piece: too small to cut */
static void dense_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [4, 10] */
    float *dx_turned = dy_turned + 40; /* [96, 10] */
    mnn_transpose(rows, 4, dense_out_gradient, 4, dy_turned, 10);
    for (int i = 0; i < 100; i += 96) {
        const int count = mnn_min(96, 100 - i);
        mnn_product(count, 10, 4, dense_kernel + i * 4, 4, 1, dy_turned, 10, dx_turned, 10, 0);
        mnn_transpose(count, rows, dx_turned, 10, flatten_out_gradient + i, 100);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 100 + 0, end = j + 100; j < end; j++) {
            const float y = conv2d_out[j], g = flatten_out_gradient[j];
            flatten_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
}

/* conv2d (conv_same_strides.mnn:10): backward
 *     partial sums, one a piece:
 *     dkernel[12, 5] = transpose(patches[20, 12]) . dz[20, 5], dbias = sum of dz
 * tiles in registers, straight from the image; image by image */
static void conv2d_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [11, 8, 2] */
    memset(in, 0, 176 * sizeof *in);
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        float *dkernel = conv2d_partials + first / 2 * 65;
        float *dbias = dkernel + 60;
        memset(dkernel, 0, 65 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 9; y++)
                memcpy(in + (y + 1) * 16, input_out + i * 126 + y * 14, 14 * sizeof *in);
            const float *dy = flatten_out_gradient + i * 100;
            for (int r = 0; r < 3; r++)
                mnn_nested_product(4, 5, 4, 5, in + r * 16, 1, 4, 32, dy, 5, 20, dkernel + r * 20,
                        5, 1);
            for (int j = 0; j < 20; j++)
                for (int k = 0; k < 5; k++)
                    dbias[k] += dy[j * 5 + k];
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense (conv_same_strides.mnn:12): gradients of the parameters
 *     dkernel[100, 4] = transpose(in[rows, 100]) . dy[rows, 4]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(100, 4, rows, conv2d_out, 1, 100, dense_out_gradient, 4, dense_kernel_gradient, 4,
            0);
    for (int j = 0; j < 4; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 4 + j];
}

/* conv2d (conv_same_strides.mnn:10): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 60 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 60, 5 * sizeof(float));
    for (int piece = 1; piece * 2 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 65;
        for (int j = 0; j < 60; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 5; j++)
            conv2d_bias_gradient[j] += partial[60 + j];
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

/* input (conv_same_strides.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 126;
    for (size_t j = 0; j < 126; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* conv2d (conv_same_strides.mnn:10): out[5, 4, 5] = in * kernel + bias */
static void conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 4; x++)
            for (int k = 0; k < 5; k++) {
                double sum = bias[k];
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 2; s++) {
                        const int row = y * 2 + r - 1, column = x * 2 + s;
                        if (row < 0 || row >= 9 || column < 0 || column >= 7)
                            continue;
                        const double *pixel = in + (row * 7 + column) * 2;
                        const double *weight = kernel + (r * 2 + s) * 10 + k;
                        for (int c = 0; c < 2; c++)
                            sum += pixel[c] * weight[c * 5];
                    }
                out[(y * 4 + x) * 5 + k] = sum;
            }
}

/* conv2d (conv_same_strides.mnn:10): out[100] = relu(in) */
static void conv2d_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 100; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dense (conv_same_strides.mnn:12): out[4] = in[100] . kernel[100, 4] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 4; j++) {
        double sum = bias[j];
        for (int i = 0; i < 100; i++)
            sum += in[i] * kernel[i * 4 + j];
        out[j] = sum;
    }
}

/* dense (conv_same_strides.mnn:12): out[4] = softmax(in) */
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

/* loss (conv_same_strides.mnn:16): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[126];
    static double conv2d_reference_values[100];
    static double conv2d_relu_reference_values[100];
    static double dense_reference_values[4];
    static double dense_softmax_reference_values[4];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        conv2d_reference(weights + 0, weights + 60, input_reference_values,
                conv2d_reference_values);
        conv2d_relu_reference(conv2d_reference_values, conv2d_relu_reference_values);
        dense_reference(weights + 65, weights + 465, conv2d_relu_reference_values,
                dense_reference_values);
        dense_softmax_reference(dense_reference_values, dense_softmax_reference_values);
        result[row] = loss_reference(dense_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {9, 7, 2}, 0, 252},
    {"conv2d", "conv2d", 3, {5, 4, 5}, 65, 2600},
    {"flatten", "flatten", 1, {100}, 0, 0},
    {"dense", "dense", 1, {4}, 404, 820},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {3, 2, 2, 5}, 0, 60, true, MNN_INIT_UNIFORM, -0.3779644730092272,
            0.3779644730092272},
    {"conv2d.bias", 1, {5}, 60, 5, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense.kernel", 2, {100, 4}, 65, 400, true, MNN_INIT_UNIFORM, -0.2401922307076307,
            0.2401922307076307},
    {"dense.bias", 1, {4}, 465, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_metric metrics[] = {
    {MNN_METRIC_ACCURACY, "accuracy", 0},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {9, 7, 2}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 3, .dims = {5, 4, 5}, .window = {3, 2}, .strides = {2, 2},
            .dilation = {1, 1}, .pad = {1, 0}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "conv2d", .input_count = 1, .inputs = {1}, .rank = 3,
            .dims = {5, 4, 5}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_RESHAPE, .layer = "flatten", .input_count = 1, .inputs = {2}, .rank = 1,
            .dims = {100}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {3}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {4}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {4}, .rank = 1,
            .dims = {4}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "conv_same_strides",
    .description = "81e5d711f0e966ef9952b89ddd894a089da6b507efd8eaf7e3ffa2864c869368",
    .data_name = "digits",
    .train = {"digits/train-images", "digits/train-labels"},
    .test = {"digits/test-images", "digits/test-labels"},
    .validation = {NULL, NULL},
    .sample_rank = 3,
    .sample_dims = {9, 7, 2},
    .sample_size = 126,
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
    .static_bytes = 42744,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 4,
    .output = workspace + 2320,
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
