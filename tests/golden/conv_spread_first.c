/* m: a training program that mnnc 0.1.0 made from conv_spread_first.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              12 x 12 x 4              0           1,152     4
 * conv2d (conv2d, relu)      8 x 8 x 6              606          77,280     7
 * maxpool2d (maxpool2d)      4 x 4 x 6                0             384     8
 * flatten (flatten)          96                       0               0     9
 * dense (dense, softmax)     10                     970           1,970    10
 *
 * 1,576 parameters, batches of 8; static memory 101,664 bytes (checked below).
 * gradcheck takes another 11,680 bytes.
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
    BATCH = 8, /* rows of a full batch */
    PARAM_COUNT = 1576,
    WORKSPACE = 11232, /* floats */
    SCRATCH = 960, /* floats a worker */
    MAX_WORKERS = 8
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float adam_m[PARAM_COUNT];
static _Alignas(64) float adam_v[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static uint8_t maxpool2d_index[768]; /* [rows, 4, 4, 6]: which of its window was the largest */
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof adam_m + sizeof adam_v + sizeof workspace
        + sizeof scratch + sizeof maxpool2d_index + sizeof row_loss == 101664,
        "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [5, 5, 4, 6] */
static float *const conv2d_bias = params + 600; /* [6] */
static float *const dense_kernel = params + 606; /* [96, 10] */
static float *const dense_bias = params + 1566; /* [10] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [5, 5, 4, 6] */
static float *const conv2d_bias_gradient = grads + 600; /* [6] */
static float *const dense_kernel_gradient = grads + 606; /* [96, 10] */
static float *const dense_bias_gradient = grads + 1566; /* [10] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 12, 12, 4] */
static float *const maxpool2d_out = workspace + 4608; /* [rows, 4, 4, 6] */
static float *const dense_out = workspace + 5376; /* [rows, 10] */
static float *const dense_softmax = workspace + 5456; /* [rows, 10] */
static float *const dense_out_gradient = workspace + 5536; /* [rows, 10] */
static float *const flatten_out_gradient = workspace + 5616; /* [rows, 96] */
static float *const conv2d_partials = workspace + 6384; /* partial sums */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[12 x 12 x 4]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 576;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 576; j++)
            out[j] = (float)pixel[j];
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 576; j++)
            out[j] = value[j];
    }
}

/* input (conv_spread_first.mnn:4): forward
 *     out[rows, 12, 12, 4] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 1; first < batch->rows; first += worker->count * 1) {
        const int n = mnn_min(1, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 576);
            float *out = input_out + i * 576;
            input_sample(batch, i, out);
        }
    }
}

/* conv2d: the windows of its pooling in the picture; distances in floats */
static const mnn_windows conv2d_windows = {
    .high = 4, .wide = 4, .down = 96, .right = 8,
    .rows = 2, .columns = 2, .row = 48, .column = 4,
    .taps = 100, .side = 20, .line = 48,
    .filters = 6,
};

/* conv2d (conv_spread_first.mnn:7): forward
 *     out[rows, 4, 4, 6] = relu(maxpool2d(in[rows, 12, 12, 4] * kernel[5, 5, 4, 6]) + bias)
 * windows of the pooling in registers, straight from the image; image by image; zeros of the input are skipped */
static void conv2d_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 1; first < batch->rows; first += worker->count * 1) {
        const int n = mnn_min(1, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = maxpool2d_out + i * 96;
            const float *in = input_out + i * 576;
            uint16_t list[17];
            const int count = mnn_list_windows(&conv2d_windows, mnn_skips(batch), in, list);
            mnn_windows_forward(&conv2d_windows, list, count, in, conv2d_kernel, conv2d_bias, 1,
                    out, maxpool2d_index + i * 96);
        }
    }
}

/* dense (conv_spread_first.mnn:10): forward
 *     out[rows, 10] = in[rows, 96] . kernel[96, 10] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_out;
    mnn_rows_product(rows, 10, 96, maxpool2d_out, 96, dense_kernel, 10, out, 10);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            out[i * 10 + j] += dense_bias[j];
}

/* dense (conv_spread_first.mnn:10): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 10]
 * loop; row by row */
static void dense_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 1; first < rows; first += worker->count * 1) {
        const int n = mnn_min(1, rows - first);
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

/* loss (conv_spread_first.mnn:13): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 1; first < batch->rows; first += worker->count * 1) {
        const int n = mnn_min(1, batch->rows - first);
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

/* loss (conv_spread_first.mnn:13): backward
 *     dz[rows, 10] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 1; first < batch->rows; first += worker->count * 1) {
        const int n = mnn_min(1, batch->rows - first);
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

/* dense (conv_spread_first.mnn:10): backward
 *     dx[rows, 96] = dy[rows, 10] . transpose(kernel[96, 10]), times the derivative of relu
 * tiles in registers; in one piece: too small to cut */
static void dense_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [10, 8] */
    float *dx_turned = dy_turned + 80; /* [96, 8] */
    mnn_transpose(rows, 10, dense_out_gradient, 10, dy_turned, 8);
    for (int i = 0; i < 96; i += 96) {
        const int count = mnn_min(96, 96 - i);
        mnn_product(count, 8, 10, dense_kernel + i * 10, 10, 1, dy_turned, 8, dx_turned, 8, 0);
        mnn_transpose(count, rows, dx_turned, 8, flatten_out_gradient + i, 96);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 96 + 0, end = j + 96; j < end; j++) {
            const float y = maxpool2d_out[j], g = flatten_out_gradient[j];
            flatten_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
}

/* conv2d (conv_spread_first.mnn:7): backward
 *     partial sums, one a piece:
 *     dkernel[100, 6] = transpose(patches[64, 100]) . dz[64, 6], dbias = sum of dz
 * filter by filter, where the pooling found the largest; image by image: what is 0 before the pooling is left out */
static void conv2d_backward(const mnn_worker *worker, int rows)
{
    float *dturned = scratch[worker->index]; /* [6, 5, 32] */
    for (int first = worker->index * 1; first < rows; first += worker->count * 1) {
        const int n = mnn_min(1, rows - first);
        float *dkernel = conv2d_partials + first / 1 * 606;
        float *dbias = dkernel + 600;
        memset(dkernel, 0, 606 * sizeof *dkernel);
        memset(dturned, 0, 960 * sizeof *dturned);
        for (int i = first; i < first + n; i++) {
            const float *in = input_out + i * 576;
            const float *dy = flatten_out_gradient + i * 96;
            const uint8_t *index = maxpool2d_index + i * 96;
            mnn_windows_spread(&conv2d_windows, in, dy, index, NULL, dturned, NULL);
            for (int j = 0; j < 16; j++)
                for (int k = 0; k < 6; k++)
                    dbias[k] += dy[j * 6 + k];
        }
        mnn_turn_back(&conv2d_windows, dturned, dkernel);
    }
}

/* ---- gradients of the parameters ---- */

/* dense (conv_spread_first.mnn:10): gradients of the parameters
 *     dkernel[96, 10] = transpose(in[rows, 96]) . dy[rows, 10]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(96, 10, rows, maxpool2d_out, 1, 96, dense_out_gradient, 10, dense_kernel_gradient,
            10, 0);
    for (int j = 0; j < 10; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 10 + j];
}

/* conv2d (conv_spread_first.mnn:7): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 600 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 600, 6 * sizeof(float));
    for (int piece = 1; piece * 1 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 606;
        for (int j = 0; j < 600; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 6; j++)
            conv2d_bias_gradient[j] += partial[600 + j];
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    conv2d_forward(worker, batch);
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
    conv2d_forward(worker, batch);
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

/* input (conv_spread_first.mnn:4): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 576;
    for (size_t j = 0; j < 576; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j] : batch->inputs[at + j]));
}

/* conv2d (conv_spread_first.mnn:7): out[8, 8, 6] = in * kernel + bias */
static void conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++)
            for (int k = 0; k < 6; k++) {
                double sum = bias[k];
                for (int r = 0; r < 5; r++)
                    for (int s = 0; s < 5; s++) {
                        const int row = y + r, column = x + s;
                        const double *pixel = in + (row * 12 + column) * 4;
                        const double *weight = kernel + (r * 5 + s) * 24 + k;
                        for (int c = 0; c < 4; c++)
                            sum += pixel[c] * weight[c * 6];
                    }
                out[(y * 8 + x) * 6 + k] = sum;
            }
}

/* conv2d (conv_spread_first.mnn:7): out[384] = relu(in) */
static void conv2d_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 384; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* maxpool2d (conv_spread_first.mnn:8): out[96] = largest of each window */
static void maxpool2d_reference(const double *in, double *out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++) {
            const int top = y * 2, left = x * 2;
            for (int k = 0; k < 6; k++) {
                double best = in[(top * 8 + left) * 6 + k];
                for (int r = 0; r < 2; r++)
                    for (int c = 0; c < 2; c++) {
                        best = fmax(best, in[((top + r) * 8 + left + c) * 6 + k]);
                    }
                out[(y * 4 + x) * 6 + k] = best;
            }
        }
}

/* dense (conv_spread_first.mnn:10): out[10] = in[96] . kernel[96, 10] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 96; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* dense (conv_spread_first.mnn:10): out[10] = softmax(in) */
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

/* loss (conv_spread_first.mnn:13): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[576];
    static double conv2d_reference_values[384];
    static double conv2d_relu_reference_values[384];
    static double maxpool2d_reference_values[96];
    static double dense_reference_values[10];
    static double dense_softmax_reference_values[10];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        conv2d_reference(weights + 0, weights + 600, input_reference_values,
                conv2d_reference_values);
        conv2d_relu_reference(conv2d_reference_values, conv2d_relu_reference_values);
        maxpool2d_reference(conv2d_relu_reference_values, maxpool2d_reference_values);
        dense_reference(weights + 606, weights + 1566, maxpool2d_reference_values,
                dense_reference_values);
        dense_softmax_reference(dense_reference_values, dense_softmax_reference_values);
        result[row] = loss_reference(dense_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {12, 12, 4}, 0, 1152},
    {"conv2d", "conv2d", 3, {8, 8, 6}, 606, 77280},
    {"maxpool2d", "maxpool2d", 3, {4, 4, 6}, 0, 384},
    {"flatten", "flatten", 1, {96}, 0, 0},
    {"dense", "dense", 1, {10}, 970, 1970},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {5, 5, 4, 6}, 0, 600, true, MNN_INIT_UNIFORM, -0.15491933384829668,
            0.15491933384829668},
    {"conv2d.bias", 1, {6}, 600, 6, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense.kernel", 2, {96, 10}, 606, 960, true, MNN_INIT_UNIFORM, -0.23791547571544325,
            0.23791547571544325},
    {"dense.bias", 1, {10}, 1566, 10, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {12, 12, 4}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 3, .dims = {8, 8, 6}, .window = {5, 5}, .strides = {1, 1},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "conv2d", .input_count = 1, .inputs = {1}, .rank = 3,
            .dims = {8, 8, 6}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_MAXPOOL2D, .layer = "maxpool2d", .input_count = 1, .inputs = {2}, .rank = 3,
            .dims = {4, 4, 6}, .window = {2, 2}, .strides = {2, 2}},
    {.op = MNN_OP_RESHAPE, .layer = "flatten", .input_count = 1, .inputs = {3}, .rank = 1,
            .dims = {96}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {4}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {10}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {5}, .rank = 1,
            .dims = {10}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "d949ddaad49af8126a1f814154c068a035bda141df7e6d9ed9aa9e66a3f83db9",
    .data_name = "d",
    .train = {"i", "l"},
    .test = {NULL, NULL},
    .validation = {NULL, NULL},
    .sample_rank = 3,
    .sample_dims = {12, 12, 4},
    .sample_size = 576,
    .scale = 1.0f,
    .shift = 0.0f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 10,
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
    .static_bytes = 101664,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 5456,
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
