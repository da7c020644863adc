/* m: a training program that mnnc 0.1.0 made from augment_noise_only.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              6                        0              12    10
 * dense (dense, softmax)     2                       14              34    11
 *
 * 14 parameters, batches of 32; static memory 1,888 bytes (checked below).
 * gradcheck takes another 80 bytes.
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
    PARAM_COUNT = 14,
    WORKSPACE = 384, /* floats */
    MAX_WORKERS = 1
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float adam_m[PARAM_COUNT];
static _Alignas(64) float adam_v[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof adam_m + sizeof adam_v + sizeof workspace
        + sizeof row_loss == 1888, "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [6, 2] */
static float *const dense_bias = params + 12; /* [2] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [6, 2] */
static float *const dense_bias_gradient = grads + 12; /* [2] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 6] */
static float *const dense_out = workspace + 192; /* [rows, 2] */
static float *const dense_softmax = workspace + 256; /* [rows, 2] */
static float *const dense_out_gradient = workspace + 320; /* [rows, 2] */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[6]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 6;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 6; j++)
            out[j] = (float)pixel[j] * 0.0625f;
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 6; j++)
            out[j] = value[j] * 0.0625f;
    }
}

/* input (augment_noise_only.mnn:10): forward
 *     out[rows, 6] = the samples that the batch names,
 *     with noise of standard deviation 0.5
 * loop; row by row; drawn anew at every step */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 6);
            float *out = input_out + i * 6;
            input_sample(batch, i, out);
            mnn_augment_noise(0.5f, batch, i, 6, out);
        }
    }
}

/* input (augment_noise_only.mnn:10): prediction
 *     out[rows, 6] = the samples as they are */
static void input_predict(const mnn_worker *worker, const mnn_batch *batch)
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

/* dense (augment_noise_only.mnn:11): forward
 *     out[rows, 2] = in[rows, 6] . kernel[6, 2] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = input_out + first * 6;
        float *out = dense_out + first * 2;
        mnn_rows_product(n, 2, 6, in, 6, dense_kernel, 2, out, 2);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 2; j++)
                out[i * 2 + j] += dense_bias[j];
    }
}

/* dense (augment_noise_only.mnn:11): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 2]
 * loop; row by row */
static void dense_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        for (int i = 0; i < n; i++) {
            const float *z = dense_out + first * 2 + i * 2;
            float *p = dense_softmax + first * 2 + i * 2;
            float largest = z[0], sum = 0.0f;
            for (int j = 1; j < 2; j++)
                largest = z[j] > largest ? z[j] : largest;
            for (int j = 0; j < 2; j++) {
                p[j] = expf(z[j] - largest);
                sum += p[j];
            }
            for (int j = 0; j < 2; j++)
                p[j] /= sum;
        }
    }
}

/* loss (augment_noise_only.mnn:14): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = dense_out + i * 2;
            const int label = batch->labels[batch->index[i]];
            float largest = z[0], sum = 0.0f;
            for (int j = 1; j < 2; j++)
                largest = z[j] > largest ? z[j] : largest;
            for (int j = 0; j < 2; j++)
                sum += expf(z[j] - largest);
            row_loss[i] = logf(sum) + largest - z[label];
        }
    }
}

/* ---- backward ---- */

/* loss (augment_noise_only.mnn:14): backward
 *     dz[rows, 2] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        const float scale = 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_softmax + i * 2;
            float *dz = dense_out_gradient + i * 2;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 2; j++)
                dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense (augment_noise_only.mnn:11): gradients of the parameters
 *     dkernel[6, 2] = transpose(in[rows, 6]) . dy[rows, 2]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(6, 2, rows, input_out, 1, 6, dense_out_gradient, 2, dense_kernel_gradient, 2, 0);
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
    input_predict(worker, batch);
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

/* input (augment_noise_only.mnn:10): out = x * scale + shift as the network sees it, changed likewise */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 6;
    static float changed[6];
    for (size_t j = 0; j < 6; j++)
        changed[j] = ((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.0625f);
    mnn_augment_noise(0.5f, batch, row, 6, changed);
    for (int j = 0; j < 6; j++)
        out[j] = (double)changed[j];
}

/* dense (augment_noise_only.mnn:11): out[2] = in[6] . kernel[6, 2] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 2; j++) {
        double sum = bias[j];
        for (int i = 0; i < 6; i++)
            sum += in[i] * kernel[i * 2 + j];
        out[j] = sum;
    }
}

/* dense (augment_noise_only.mnn:11): out[2] = softmax(in) */
static void dense_softmax_reference(const double *in, double *out)
{
    for (int i = 0; i < 2; i += 2) {
        double largest = in[i], sum = 0.0;
        for (int j = i; j < i + 2; j++)
            largest = in[j] > largest ? in[j] : largest;
        for (int j = i; j < i + 2; j++)
            sum += exp(in[j] - largest);
        for (int j = i; j < i + 2; j++)
            out[j] = exp(in[j] - largest) / sum;
    }
}

/* loss (augment_noise_only.mnn:14): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[6];
    static double dense_reference_values[2];
    static double dense_softmax_reference_values[2];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 12, input_reference_values, dense_reference_values);
        dense_softmax_reference(dense_reference_values, dense_softmax_reference_values);
        result[row] = loss_reference(dense_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {6}, 0, 12},
    {"dense", "dense", 1, {2}, 14, 34},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {6, 2}, 0, 12, true, MNN_INIT_UNIFORM, -0.8660254037844386,
            0.8660254037844386},
    {"dense.bias", 1, {2}, 12, 2, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {6}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {2}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {1}, .rank = 1,
            .dims = {2}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "f245f0f9c6c15d623fd78c604b3fff8b932528bd0307bba6b40d32edd927c118",
    .data_name = "d",
    .train = {"i", "l"},
    .test = {"t", "m"},
    .validation = {NULL, NULL},
    .sample_rank = 1,
    .sample_dims = {6},
    .sample_size = 6,
    .scale = 0.0625f,
    .shift = 0.0f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 2,
    .validation_split = 0.0,
    .train_limit = 0,
    .test_limit = 10,
    .validation_limit = 0,
    .shuffle = true,
    .noise = 0.5f,
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
    .static_bytes = 1888,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 2,
    .output = workspace + 256,
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
