/* m: a training program that mnnc 0.1.0 made from binary_classes.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              6                        0              12     6
 * dense (dense, sigmoid)     4                       28              68     7
 *
 * 28 parameters, batches of 32; static memory 2,888 bytes (checked below).
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
    WORKSPACE = 576, /* floats */
    MAX_WORKERS = 1
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float nadam_m[PARAM_COUNT];
static _Alignas(64) float nadam_v[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static float row_loss[BATCH];
static double piece_squares[1]; /* of the gradients, to clip them */

_Static_assert(sizeof params + sizeof grads + sizeof nadam_m + sizeof nadam_v + sizeof workspace
        + sizeof row_loss + sizeof piece_squares == 2888, "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [6, 4] */
static float *const dense_bias = params + 24; /* [4] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [6, 4] */
static float *const dense_bias_gradient = grads + 24; /* [4] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 6] */
static float *const dense_out = workspace + 192; /* [rows, 4] */
static float *const dense_sigmoid = workspace + 320; /* [rows, 4] */
static float *const dense_out_gradient = workspace + 448; /* [rows, 4] */

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

/* input (binary_classes.mnn:6): forward
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

/* dense (binary_classes.mnn:7): forward
 *     out[rows, 4] = in[rows, 6] . kernel[6, 4] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = input_out + first * 6;
        float *out = dense_out + first * 4;
        mnn_rows_product(n, 4, 6, in, 6, dense_kernel, 4, out, 4);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 4; j++)
                out[i * 4 + j] += dense_bias[j];
    }
}

/* dense (binary_classes.mnn:7): forward
 *     out[rows, 4] = sigmoid(in)
 * loop; row by row */
static void dense_sigmoid_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        for (int j = first * 4; j < (first + n) * 4; j++) {
            const float z = dense_out[j];
            dense_sigmoid[j] = 1.0f / (1.0f + expf(-z));
        }
    }
}

/* loss (binary_classes.mnn:10): forward
 *     row_loss[rows] = mean over the 4 outputs of
 *         -target log(p) - (1 - target) log(1 - p), with p = sigmoid(z)
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = dense_out + i * 4;
            const int label = batch->labels[batch->index[i]];
            float sum = 0.0f;
            for (int j = 0; j < 4; j++) {
                const float x = z[j], t = (j == label ? 0.95f : 0.05f);
                sum += (x > 0.0f ? x : 0.0f) - x * t + log1pf(expf(-fabsf(x)));
            }
            row_loss[i] = sum / 4.0f;
        }
    }
}

/* ---- backward ---- */

/* loss (binary_classes.mnn:10): backward
 *     dz[rows, 4] = (p - target) / (4 rows): through the logarithms and sigmoid at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        const float scale = 1.0f / 4.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_sigmoid + i * 4;
            float *dz = dense_out_gradient + i * 4;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 4; j++) {
                const float d = p[j] - (j == label ? 0.95f : 0.05f);
                dz[j] = (d) * scale;
            }
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense (binary_classes.mnn:7): gradients of the parameters
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
    dense_sigmoid_forward(worker, batch->rows);
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
    dense_sigmoid_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_gradients(worker, batch->rows);
}

/* update: Nadam (Dozat 2016), as in Keras
 *     u(t) = 0.9 (1 - 0.96^t / 2);  U(t) = u(1) u(2) ... u(t)
 *     m += (1 - 0.9) (g - m);  v += (1 - 0.999) (g^2 - v)
 *     w -= rate (u(t+1) m / (1 - U(t+1)) + (1 - u(t)) g / (1 - U(t)))
 *         / (sqrt(v / (1 - 0.999^t)) + 1e-07)
 *     before: g *= min(1, 1.0 / norm of all g together) */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const float rate = (float)step->learning_rate;
    const double t = (double)step->step;
    double product = 1.0; /* U(t); what is too small to change 1 - U is left out */
    double power = 1.0;
    for (uint64_t k = 1; k <= step->step && product > 1e-17; k++) {
        power *= 0.96;
        product *= 0.9 * (1.0 - 0.5 * power);
    }
    const double now = 0.9 * (1.0 - 0.5 * pow(0.96, t));
    const double next = 0.9 * (1.0 - 0.5 * pow(0.96, t + 1.0));
    const float m_share = (float)(next / (1.0 - product * next));
    const float g_share = (float)((1.0 - now) / (1.0 - product));
    const float v_share = (float)(1.0 / (1.0 - pow(0.999, t)));
    for (int piece = mnn_part_begin(worker, 1); piece < mnn_part_end(worker, 1); piece++) {
        const int first = piece * 8192, n = mnn_min(8192, PARAM_COUNT - first);
        piece_squares[piece] = mnn_sum_of_squares(grads + first, n);
    }
    mnn_barrier(worker);
    double squares = 0.0;
    for (int piece = 0; piece < 1; piece++)
        squares += piece_squares[piece];
    const float clip = (float)(sqrt(squares) > 1.0 ? 1.0 / sqrt(squares) : 1.0);
    for (int piece = mnn_part_begin(worker, 1); piece < mnn_part_end(worker, 1); piece++) {
        const int first = piece * 8192, end = mnn_min(first + 8192, PARAM_COUNT);
        for (int i = first; i < end; i++) {
            const float g = clip * grads[i];
            const float m = nadam_m[i] + 0.1f * (g - nadam_m[i]);
            const float v = nadam_v[i] + 0.001f * (g * g - nadam_v[i]);
            nadam_m[i] = m;
            nadam_v[i] = v;
            const float change = (m_share * m + g_share * g) / (sqrtf(v_share * v) + 1e-07f);
            params[i] -= rate * change;
        }
    }
}

/* ---- the same network once more, to check the gradients against ---- */

/* input (binary_classes.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 6;
    for (size_t j = 0; j < 6; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j] : batch->inputs[at + j]));
}

/* dense (binary_classes.mnn:7): out[4] = in[6] . kernel[6, 4] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 4; j++) {
        double sum = bias[j];
        for (int i = 0; i < 6; i++)
            sum += in[i] * kernel[i * 4 + j];
        out[j] = sum;
    }
}

/* dense (binary_classes.mnn:7): out[4] = sigmoid(in) */
static void dense_sigmoid_reference(const double *in, double *out)
{
    for (int j = 0; j < 4; j++)
        out[j] = 1.0 / (1.0 + exp(-in[j]));
}

/* loss (binary_classes.mnn:10): mean over the outputs of -target log(p) - (1 - target) log(1 - p) */
static double loss_reference(const double *p, int label)
{
    double sum = 0.0;
    for (int j = 0; j < 4; j++) {
        const double x = p[j], t = (j == label ? 0.9500000000000001 : 0.05);
        sum += -t * log(x) - (1.0 - t) * log(1.0 - x);
    }
    return sum / 4.0;
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[6];
    static double dense_reference_values[4];
    static double dense_sigmoid_reference_values[4];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 24, input_reference_values, dense_reference_values);
        dense_sigmoid_reference(dense_reference_values, dense_sigmoid_reference_values);
        result[row] = loss_reference(dense_sigmoid_reference_values,
                batch->labels[batch->index[row]]);
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
    {"m", nadam_m, 0.0f},
    {"v", nadam_v, 0.0f},
};

static const mnn_metric metrics[] = {
    {MNN_METRIC_TOP_K, "top_2", 2},
    {MNN_METRIC_CONFUSION_MATRIX, "confusion_matrix", 0},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {6}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {4}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {1}, .rank = 1,
            .dims = {4}, .activation = MNN_ACTIVATION_SIGMOID},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "9f1cfb23517ad078f87c843835282e6e6ad8963c5388806d82c39c34de99210c",
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
    .loss_name = "binary_crossentropy",
    .optimizer_name = "nadam",
    .learning_rate = 0.001,
    .metric_count = 2,
    .metrics = metrics,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .node_count = sizeof nodes / sizeof nodes[0],
    .nodes = nodes,
    .slot_count = 2,
    .slots = slots,
    .static_bytes = 2888,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 4,
    .output = workspace + 320,
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
