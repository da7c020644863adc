/* m: a training program that mnnc 0.1.0 made from hinge_adagrad.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              6                        0              12     6
 * dense (dense, tanh)        4                       28              68     7
 *
 * 28 parameters, batches of 32; static memory 2,256 bytes (checked below).
 * gradcheck takes another 112 bytes.
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
    PARAM_COUNT = 28,
    WORKSPACE = 448, /* floats */
    MAX_WORKERS = 1
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float adagrad_accumulator[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof adagrad_accumulator + sizeof workspace
        + sizeof row_loss == 2256, "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [6, 4] */
static float *const dense_bias = params + 24; /* [4] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [6, 4] */
static float *const dense_bias_gradient = grads + 24; /* [4] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 6] */
static float *const dense_out = workspace + 192; /* [rows, 4] */
static float *const dense_out_gradient = workspace + 320; /* [rows, 4] */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[6]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 6;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 6; j++)
            out[j] = (float)pixel[j];
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 6; j++)
            out[j] = value[j];
    }
}

/* input (hinge_adagrad.mnn:6): forward
 *     out[rows, 6] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
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

/* dense (hinge_adagrad.mnn:7): forward
 *     out[rows, 4] = tanh(in[rows, 6] . kernel[6, 4] + bias)
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = input_out + first * 6;
        float *out = dense_out + first * 4;
        mnn_rows_product(n, 4, 6, in, 6, dense_kernel, 4, out, 4);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 4; j++) {
                const float z = out[i * 4 + j] + dense_bias[j];
                out[i * 4 + j] = tanhf(z);
            }
    }
}

/* loss (hinge_adagrad.mnn:10): forward
 *     row_loss[rows] = mean over the 4 outputs of max(0, 1 - target p)
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *p = dense_out + i * 4;
            const int label = batch->labels[batch->index[i]];
            float sum = 0.0f;
            for (int j = 0; j < 4; j++) {
                const float x = p[j], t = (j == label ? 1.0f : -1.0f);
                sum += x * t >= 1.0f ? 0.0f : 1.0f - x * t;
            }
            row_loss[i] = sum / 4.0f;
        }
    }
}

/* ---- backward ---- */

/* loss (hinge_adagrad.mnn:10): backward
 *     dp[rows, 4] = -target / (4 rows) where target p < 1, else 0
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        const float scale = 1.0f / 4.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_out + i * 4;
            float *dp = dense_out_gradient + i * 4;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 4; j++) {
                const float x = p[j], t = (j == label ? 1.0f : -1.0f);
                dp[j] = (x * t >= 1.0f ? 0.0f : -t) * scale;
            }
            for (int j = i * 4, end = j + 4; j < end; j++) {
                const float y = dense_out[j], g = dense_out_gradient[j];
                dense_out_gradient[j] = g * (1.0f - y * y);
            }
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense (hinge_adagrad.mnn:7): gradients of the parameters
 *     dkernel[6, 4] = transpose(in[rows, 6]) . dy[rows, 4]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(6, 4, rows, input_out, 1, 6, dense_out_gradient, 4, dense_kernel_gradient, 4, 0);
    for (int j = 0; j < 4; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 4 + j];
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    dense_forward(worker, batch->rows);
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
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_gradients(worker, batch->rows);
}

/* The learning rate after so many updates: polynomial decay
 * (0.1 - 0.0001) (1 - step / steps)^1.0 + 0.0001, steps = 100 times as often as it takes to reach step */
static double schedule(uint64_t updates)
{
    const double step = (double)updates;
    const double steps = 100.0 * fmax(1.0, ceil(step / 100.0));
    return (0.1 - 0.0001) * pow(1.0 - step / steps, 1.0) + 0.0001;
}

/* update: Adagrad (Duchi, Hazan, Singer 2011), epsilon inside the root as in Keras
 *     a += g^2, from 0.1;  w -= rate g / sqrt(a + 1e-07)
 *     before: g = min(max(g, -0.5), 0.5) */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const float rate = (float)step->learning_rate;
    for (int piece = mnn_part_begin(worker, 1); piece < mnn_part_end(worker, 1); piece++) {
        const int first = piece * 8192, end = mnn_min(first + 8192, PARAM_COUNT);
        for (int i = first; i < end; i++) {
            const float g = fminf(fmaxf(grads[i], -0.5f), 0.5f);
            const float a = adagrad_accumulator[i] + g * g;
            adagrad_accumulator[i] = a;
            params[i] -= rate * g / sqrtf(a + 1e-07f);
        }
    }
}

/* ---- the same network once more, to check the gradients against ---- */

/* input (hinge_adagrad.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 6;
    for (size_t j = 0; j < 6; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j] : batch->inputs[at + j]));
}

/* dense (hinge_adagrad.mnn:7): out[4] = in[6] . kernel[6, 4] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 4; j++) {
        double sum = bias[j];
        for (int i = 0; i < 6; i++)
            sum += in[i] * kernel[i * 4 + j];
        out[j] = sum;
    }
}

/* dense (hinge_adagrad.mnn:7): out[4] = tanh(in) */
static void dense_tanh_reference(const double *in, double *out)
{
    for (int j = 0; j < 4; j++)
        out[j] = tanh(in[j]);
}

/* loss (hinge_adagrad.mnn:10): mean over the outputs of max(0, 1 - target p) */
static double loss_reference(const double *p, int label)
{
    double sum = 0.0;
    for (int j = 0; j < 4; j++) {
        const double x = p[j], t = (j == label ? 1.0 : -1.0);
        sum += fmax(0.0, 1.0 - t * x);
    }
    return sum / 4.0;
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[6];
    static double dense_reference_values[4];
    static double dense_tanh_reference_values[4];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 24, input_reference_values, dense_reference_values);
        dense_tanh_reference(dense_reference_values, dense_tanh_reference_values);
        result[row] = loss_reference(dense_tanh_reference_values, batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {6}, 0, 12},
    {"dense", "dense", 1, {4}, 28, 68},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {6, 4}, 0, 24, true, MNN_INIT_UNIFORM, -0.7745966692414834,
            0.7745966692414834},
    {"dense.bias", 1, {4}, 24, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"accumulator", adagrad_accumulator, 0.1f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {6}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {4}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {1}, .rank = 1,
            .dims = {4}, .activation = MNN_ACTIVATION_TANH},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "d54d8930a8ce16955242820f2e000a87c6234f1e84d3c4de08afffb9204f91ca",
    .data_name = "d",
    .train = {"i", "l"},
    .test = {NULL, NULL},
    .validation = {NULL, NULL},
    .sample_rank = 1,
    .sample_dims = {6},
    .sample_size = 6,
    .scale = 1.0f,
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
    .loss_name = "hinge",
    .optimizer_name = "adagrad",
    .learning_rate = 0.1,
    .schedule_name = "polynomial_decay",
    .schedule = schedule,
    .metric_count = 0,
    .metrics = NULL,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .node_count = sizeof nodes / sizeof nodes[0],
    .nodes = nodes,
    .slot_count = 1,
    .slots = slots,
    .static_bytes = 2256,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 4,
    .output = workspace + 192,
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
