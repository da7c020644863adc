/* m: a training program that mnnc 0.1.0 made from mae_rmsprop.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              6                        0              12     5
 * dense (dense)              1                        7              13     6
 *
 * 7 parameters, batches of 32; static memory 1,244 bytes (checked below).
 * gradcheck takes another 56 bytes.
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
    BATCH = 32, /* rows of a full batch */
    PARAM_COUNT = 7,
    WORKSPACE = 256, /* floats */
    MAX_WORKERS = 1
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float rmsprop_velocity[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static float row_loss[BATCH];
static double piece_squares[1]; /* of the gradients, to clip them */

_Static_assert(sizeof params + sizeof grads + sizeof rmsprop_velocity + sizeof workspace
        + sizeof row_loss + sizeof piece_squares == 1244, "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [6, 1] */
static float *const dense_bias = params + 6; /* [1] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [6, 1] */
static float *const dense_bias_gradient = grads + 6; /* [1] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 6] */
static float *const dense_out = workspace + 192; /* [rows, 1] */
static float *const dense_out_gradient = workspace + 224; /* [rows, 1] */

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

/* input (mae_rmsprop.mnn:5): forward
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

/* dense (mae_rmsprop.mnn:6): forward
 *     out[rows, 1] = in[rows, 6] . kernel[6, 1] + bias
 * tiles in registers; cut by rows: the kernel fits the cache */
static void dense_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        const float *in = input_out + first * 6;
        float *out = dense_out + first * 1;
        mnn_rows_product(n, 1, 6, in, 6, dense_kernel, 1, out, 1);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 1; j++)
                out[i * 1 + j] += dense_bias[j];
    }
}

/* loss (mae_rmsprop.mnn:9): forward
 *     row_loss[rows] = mean over the 1 outputs of |p - target|
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *p = dense_out + i * 1;
            const float *target = batch->targets + (size_t)batch->index[i] * 1;
            float sum = 0.0f;
            for (int j = 0; j < 1; j++) {
                const float d = p[j] - target[j];
                sum += fabsf(d);
            }
            row_loss[i] = sum / 1.0f;
        }
    }
}

/* ---- backward ---- */

/* loss (mae_rmsprop.mnn:9): backward
 *     dp[rows, 1] = d / (1 rows), d = p - target, of which only the sign counts
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        const float scale = 1.0f / 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_out + i * 1;
            float *dp = dense_out_gradient + i * 1;
            const float *target = batch->targets + (size_t)batch->index[i] * 1;
            for (int j = 0; j < 1; j++) {
                const float d = p[j] - target[j];
                dp[j] = (d > 0.0f ? 1.0f : d < 0.0f ? -1.0f : 0.0f) * scale;
            }
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense (mae_rmsprop.mnn:6): gradients of the parameters
 *     dkernel[6, 1] = transpose(in[rows, 6]) . dy[rows, 1]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(6, 1, rows, input_out, 1, 6, dense_out_gradient, 1, dense_kernel_gradient, 1, 0);
    for (int j = 0; j < 1; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 1; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 1 + j];
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

/* The learning rate after so many updates: piecewise constant */
static double schedule(uint64_t updates)
{
    if (updates <= 100u)
        return 0.1;
    if (updates <= 200u)
        return 0.01;
    return 0.001;
}

/* update: RMSprop (Tieleman, Hinton 2012), epsilon inside the root as in Keras
 *     v = 0.9 v + 0.09999999999999998 g^2;  s = rate g / sqrt(v + 1e-07);  w -= s
 *     before: g *= min(1, 5.0 / norm of all g together) */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const float rate = (float)step->learning_rate;
    for (int piece = mnn_part_begin(worker, 1); piece < mnn_part_end(worker, 1); piece++) {
        const int first = piece * 8192, n = mnn_min(8192, PARAM_COUNT - first);
        piece_squares[piece] = mnn_sum_of_squares(grads + first, n);
    }
    mnn_barrier(worker);
    double squares = 0.0;
    for (int piece = 0; piece < 1; piece++)
        squares += piece_squares[piece];
    const float clip = (float)(sqrt(squares) > 5.0 ? 5.0 / sqrt(squares) : 1.0);
    for (int piece = mnn_part_begin(worker, 1); piece < mnn_part_end(worker, 1); piece++) {
        const int first = piece * 8192, end = mnn_min(first + 8192, PARAM_COUNT);
        for (int i = first; i < end; i++) {
            const float g = clip * grads[i];
            const float v = 0.9f * rmsprop_velocity[i] + 0.1f * (g * g);
            rmsprop_velocity[i] = v;
            params[i] -= rate * g / sqrtf(v + 1e-07f);
        }
    }
}

/* ---- the same network once more, to check the gradients against ---- */

/* input (mae_rmsprop.mnn:5): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 6;
    for (size_t j = 0; j < 6; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j] : batch->inputs[at + j]));
}

/* dense (mae_rmsprop.mnn:6): out[1] = in[6] . kernel[6, 1] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 1; j++) {
        double sum = bias[j];
        for (int i = 0; i < 6; i++)
            sum += in[i] * kernel[i * 1 + j];
        out[j] = sum;
    }
}

/* loss (mae_rmsprop.mnn:9): mean over the outputs of |p - target| */
static double loss_reference(const double *p, const float *target)
{
    double sum = 0.0;
    for (int j = 0; j < 1; j++) {
        const double x = p[j], t = (double)target[j];
        sum += fabs(x - t);
    }
    return sum / 1.0;
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[6];
    static double dense_reference_values[1];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 6, input_reference_values, dense_reference_values);
        result[row] = loss_reference(dense_reference_values,
                batch->targets + (size_t)batch->index[row] * 1);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {6}, 0, 12},
    {"dense", "dense", 1, {1}, 7, 13},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {6, 1}, 0, 6, true, MNN_INIT_UNIFORM, -0.9258200997725514,
            0.9258200997725514},
    {"dense.bias", 1, {1}, 6, 1, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"velocity", rmsprop_velocity, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {6}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {1}},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "8aff53f696d2e0a3ed807861cd2755f013977fff75af8780c4af559958ef7b26",
    .data_name = "d",
    .train = {"i", "l"},
    .test = {NULL, NULL},
    .validation = {NULL, NULL},
    .sample_rank = 1,
    .sample_dims = {6},
    .sample_size = 6,
    .scale = 1.0f,
    .shift = 0.0f,
    .label_kind = MNN_LABEL_VALUE,
    .classes = 0,
    .validation_split = 0.0,
    .train_limit = 0,
    .test_limit = 0,
    .validation_limit = 0,
    .shuffle = true,
    .epochs = 1,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "mae",
    .optimizer_name = "rmsprop",
    .learning_rate = 0.1,
    .schedule_name = "piecewise_constant",
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
    .static_bytes = 1244,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 1,
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
