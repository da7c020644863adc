/* m: a training program that mnnc 0.1.0 made from augment_all.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              784                      0           1,568    11
 * dense (dense, relu)        20                  15,700          31,400    14
 * dense_1 (dense, softmax)   10                     210             450    15
 *
 * 15,910 parameters, batches of 32; static memory 381,664 bytes (checked below).
 * gradcheck takes another 6,752 bytes.
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
    PARAM_COUNT = 15910,
    WORKSPACE = 28608, /* floats */
    SCRATCH = 784, /* floats a worker */
    MAX_WORKERS = 4
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
        + sizeof scratch + sizeof row_loss == 381664, "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [784, 20] */
static float *const dense_bias = params + 15680; /* [20] */
static float *const dense_1_kernel = params + 15700; /* [20, 10] */
static float *const dense_1_bias = params + 15900; /* [10] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [784, 20] */
static float *const dense_bias_gradient = grads + 15680; /* [20] */
static float *const dense_1_kernel_gradient = grads + 15700; /* [20, 10] */
static float *const dense_1_bias_gradient = grads + 15900; /* [10] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 784] */
static float *const dense_out = workspace + 25088; /* [rows, 20] */
static float *const dense_forward_partials = workspace + 25728; /* partial sums */
static float *const dense_1_out = workspace + 27008; /* [rows, 10] */
static float *const dense_1_softmax = workspace + 27328; /* [rows, 10] */
static float *const dense_1_out_gradient = workspace + 27648; /* [rows, 10] */
static float *const dense_out_gradient = workspace + 27968; /* [rows, 20] */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[784]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 784;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 784; j++)
            out[j] = (float)pixel[j] * 0.025316456f - 0.835443f;
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 784; j++)
            out[j] = value[j] * 0.025316456f - 0.835443f;
    }
}

/* input: how far a picture moves in training, at most; drawn at every step */
static const mnn_motion input_motion = {
    .height = 28, .width = 28, .channels = 1,
    .rotate = 10.0f, /* degrees */
    .zoom = 0.1f,
    .shift = 2.0f, /* pixels */
    .outside = 0.0f,
};

/* input (augment_all.mnn:11): forward
 *     out[rows, 784] = the samples that the batch names,
 *     rotated by up to 10.0 degrees, zoomed by up to 0.1, shifted by up to 2.0 pixels,
 *     with noise of standard deviation 0.1
 * loop; row by row; drawn anew at every step */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        float *sample = scratch[worker->index];
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 784);
            float *out = input_out + i * 784;
            input_sample(batch, i, sample);
            mnn_augment_move(&input_motion, batch, i, sample, out);
            mnn_augment_noise(0.1f, batch, i, 784, out);
        }
    }
}

/* input (augment_all.mnn:11): prediction
 *     out[rows, 784] = the samples as they are */
static void input_predict(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 784);
            float *out = input_out + i * 784;
            input_sample(batch, i, out);
        }
    }
}

/* dense (augment_all.mnn:14): forward, products of each piece of the inputs
 *     partial sums, one a piece: in[rows, piece] . kernel[piece, 20]
 * tiles in registers; cut by inputs: columns are few */
static void dense_forward_products(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 396; first < 784; first += worker->count * 396) {
        const int n = mnn_min(396, 784 - first);
        float *out = dense_forward_partials + first / 396 * 640; /* [rows, 20] */
        mnn_rows_product(rows, 20, n, input_out + first, 784, dense_kernel + first * 20, 20, out,
                20);
    }
}

/* dense (augment_all.mnn:14): forward
 *     out[rows, 20] = relu(in[rows, 784] . kernel[784, 20] + bias)
 * sum; partial sums in a fixed order */
static void dense_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        float *out = dense_out + first * 20;
        const float *partial = dense_forward_partials + first * 20;
        memcpy(out, partial, (size_t)n * 20 * sizeof(float));
        for (int piece = 1; piece < 2; piece++)
            for (int j = 0; j < n * 20; j++)
                out[j] += partial[piece * 640 + j];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 20; j++) {
                const float z = out[i * 20 + j] + dense_bias[j];
                out[i * 20 + j] = z < 0.0f ? 0.0f : z;
            }
    }
}

/* dense_1 (augment_all.mnn:15): forward
 *     out[rows, 10] = in[rows, 20] . kernel[20, 10] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = dense_out + first * 20;
        float *out = dense_1_out + first * 10;
        mnn_rows_product(n, 10, 20, in, 20, dense_1_kernel, 10, out, 10);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 10; j++)
                out[i * 10 + j] += dense_1_bias[j];
    }
}

/* dense_1 (augment_all.mnn:15): forward
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

/* loss (augment_all.mnn:18): forward
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

/* loss (augment_all.mnn:18): backward
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

/* dense_1 (augment_all.mnn:15): backward
 *     dx[rows, 20] = dy[rows, 10] . transpose(kernel[20, 10]), times the derivative of relu
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    float *turned = scratch[worker->index]; /* [10, 20] */
    if (worker->index * 32 < rows)
        mnn_transpose(20, 10, dense_1_kernel, 10, turned, 20);
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        mnn_product(n, 20, 10, dense_1_out_gradient + first * 10, 10, 1, turned, 20,
                dense_out_gradient + first * 20, 20, 0);
        for (int j = first * 20, end = j + n * 20; j < end; j++) {
            const float y = dense_out[j], g = dense_out_gradient[j];
            dense_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense_1 (augment_all.mnn:15): gradients of the parameters
 *     dkernel[20, 10] = transpose(in[rows, 20]) . dy[rows, 10]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(20, 10, rows, dense_out, 1, 20, dense_1_out_gradient, 10, dense_1_kernel_gradient,
            10, 0);
    for (int j = 0; j < 10; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 10 + j];
}

/* dense (augment_all.mnn:14): gradients of the parameters
 *     dkernel[784, 20] = transpose(in[rows, 784]) . dy[rows, 20]; dbias = sum over rows of dy
 * tiles in registers; cut by inputs: each piece is a whole sum over the batch */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    for (int first = mnn_first_piece(worker, 1) * 204; first < 784; first += worker->count * 204) {
        const int n = mnn_min(204, 784 - first);
        mnn_product(n, 20, rows, input_out + first, 1, 784, dense_out_gradient, 20,
                dense_kernel_gradient + first * 20, 20, 0);
        if (first == 0) {
            for (int j = 0; j < 20; j++)
                dense_bias_gradient[j] = 0.0f;
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < 20; j++)
                    dense_bias_gradient[j] += dense_out_gradient[i * 20 + j];
        }
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_predict(worker, batch);
    mnn_barrier(worker);
    dense_forward_products(worker, batch->rows);
    mnn_barrier(worker);
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
    mnn_barrier(worker);
    dense_forward_products(worker, batch->rows);
    mnn_barrier(worker);
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

/* update: Adam (Kingma, Ba 2015) in the "epsilon hat" form, as in Keras
 *     m += (1 - 0.9) (g - m);  v += (1 - 0.999) (g^2 - v);  w -= rate m / (sqrt(v) + 1e-07)
 *     rate = learning_rate sqrt(1 - 0.999^t) / (1 - 0.9^t) */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const double t = (double)step->step;
    const double correction = sqrt(1.0 - pow(0.999, t)) / (1.0 - pow(0.9, t));
    const float rate = (float)(step->learning_rate * correction);
    for (int piece = mnn_part_begin(worker, 2); piece < mnn_part_end(worker, 2); piece++) {
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

/* input (augment_all.mnn:11): out = x * scale + shift as the network sees it, changed likewise */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 784;
    static float sample[784], changed[784];
    for (size_t j = 0; j < 784; j++)
        sample[j] = ((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.025316456f - 0.835443f);
    mnn_augment_move(&input_motion, batch, row, sample, changed);
    mnn_augment_noise(0.1f, batch, row, 784, changed);
    for (int j = 0; j < 784; j++)
        out[j] = (double)changed[j];
}

/* dense (augment_all.mnn:14): out[20] = in[784] . kernel[784, 20] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 20; j++) {
        double sum = bias[j];
        for (int i = 0; i < 784; i++)
            sum += in[i] * kernel[i * 20 + j];
        out[j] = sum;
    }
}

/* dense (augment_all.mnn:14): out[20] = relu(in) */
static void dense_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 20; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dense_1 (augment_all.mnn:15): out[10] = in[20] . kernel[20, 10] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 20; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* dense_1 (augment_all.mnn:15): out[10] = softmax(in) */
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

/* loss (augment_all.mnn:18): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[784];
    static double dense_reference_values[20];
    static double dense_relu_reference_values[20];
    static double dense_1_reference_values[10];
    static double dense_1_softmax_reference_values[10];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 15680, input_reference_values,
                dense_reference_values);
        dense_relu_reference(dense_reference_values, dense_relu_reference_values);
        dense_1_reference(weights + 15700, weights + 15900, dense_relu_reference_values,
                dense_1_reference_values);
        dense_1_softmax_reference(dense_1_reference_values, dense_1_softmax_reference_values);
        result[row] = loss_reference(dense_1_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {784}, 0, 1568},
    {"dense", "dense", 1, {20}, 15700, 31400},
    {"dense_1", "dense", 1, {10}, 210, 450},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {784, 20}, 0, 15680, true, MNN_INIT_UNIFORM, -0.08638684255813601,
            0.08638684255813601},
    {"dense.bias", 1, {20}, 15680, 20, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {20, 10}, 15700, 200, true, MNN_INIT_UNIFORM, -0.4472135954999579,
            0.4472135954999579},
    {"dense_1.bias", 1, {10}, 15900, 10, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {784}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {20}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {1}, .rank = 1,
            .dims = {20}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {2}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {10}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_1", .input_count = 1, .inputs = {3}, .rank = 1,
            .dims = {10}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "9442c9366b4170ab2dcaa93cc76aeba45aff2dea8e5ce167d1c01412b6807f8c",
    .data_name = "d",
    .train = {"i", "l"},
    .test = {NULL, NULL},
    .validation = {NULL, NULL},
    .sample_rank = 1,
    .sample_dims = {784},
    .sample_size = 784,
    .scale = 0.025316456f,
    .shift = -0.835443f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 10,
    .validation_split = 0.1,
    .train_limit = 0,
    .test_limit = 0,
    .validation_limit = 0,
    .shuffle = true,
    .motion = &input_motion,
    .noise = 0.1f,
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
    .static_bytes = 381664,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 27328,
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
