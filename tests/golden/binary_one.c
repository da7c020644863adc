/* m: a training program that mnnc 0.1.0 made from binary_one.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              6                        0              12     6
 * dense (dense, sigmoid)     1                        7              17     7
 *
 * 7 parameters, batches of 32; static memory 1,420 bytes (checked below).
 * gradcheck takes another 64 bytes.
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
    PARAM_COUNT = 7,
    WORKSPACE = 288, /* floats */
    MAX_WORKERS = 1
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float adam_m[PARAM_COUNT];
static _Alignas(64) float adam_v[PARAM_COUNT];
static _Alignas(64) float best_params[PARAM_COUNT]; /* early_stopping: of the best epoch */
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof adam_m + sizeof adam_v + sizeof best_params
        + sizeof workspace + sizeof row_loss == 1420, "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [6, 1] */
static float *const dense_bias = params + 6; /* [1] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [6, 1] */
static float *const dense_bias_gradient = grads + 6; /* [1] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 6] */
static float *const dense_out = workspace + 192; /* [rows, 1] */
static float *const dense_sigmoid = workspace + 224; /* [rows, 1] */
static float *const dense_out_gradient = workspace + 256; /* [rows, 1] */

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

/* input (binary_one.mnn:6): forward
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

/* dense (binary_one.mnn:7): forward
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

/* dense (binary_one.mnn:7): forward
 *     out[rows, 1] = sigmoid(in)
 * loop; row by row */
static void dense_sigmoid_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < rows; first += worker->count * 32) {
        const int n = mnn_min(32, rows - first);
        for (int j = first * 1; j < (first + n) * 1; j++) {
            const float z = dense_out[j];
            dense_sigmoid[j] = 1.0f / (1.0f + expf(-z));
        }
    }
}

/* loss (binary_one.mnn:10): forward
 *     row_loss[rows] = mean over the 1 outputs of
 *         -target log(p) - (1 - target) log(1 - p), with p = sigmoid(z)
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = dense_out + i * 1;
            const int label = batch->labels[batch->index[i]];
            float sum = 0.0f;
            for (int j = 0; j < 1; j++) {
                const float x = z[j], t = (label == 1 ? 1.0f : 0.0f);
                sum += (x > 0.0f ? x : 0.0f) - x * t + log1pf(expf(-fabsf(x)));
            }
            row_loss[i] = sum / 1.0f;
        }
    }
}

/* ---- backward ---- */

/* loss (binary_one.mnn:10): backward
 *     dz[rows, 1] = (p - target) / (1 rows): through the logarithms and sigmoid at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 32; first < batch->rows; first += worker->count * 32) {
        const int n = mnn_min(32, batch->rows - first);
        const float scale = 1.0f / 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_sigmoid + i * 1;
            float *dz = dense_out_gradient + i * 1;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 1; j++) {
                const float d = p[j] - (label == 1 ? 1.0f : 0.0f);
                dz[j] = (d) * scale;
            }
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense (binary_one.mnn:7): gradients of the parameters
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

/* input (binary_one.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 6;
    for (size_t j = 0; j < 6; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j] : batch->inputs[at + j]));
}

/* dense (binary_one.mnn:7): out[1] = in[6] . kernel[6, 1] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 1; j++) {
        double sum = bias[j];
        for (int i = 0; i < 6; i++)
            sum += in[i] * kernel[i * 1 + j];
        out[j] = sum;
    }
}

/* dense (binary_one.mnn:7): out[1] = sigmoid(in) */
static void dense_sigmoid_reference(const double *in, double *out)
{
    for (int j = 0; j < 1; j++)
        out[j] = 1.0 / (1.0 + exp(-in[j]));
}

/* loss (binary_one.mnn:10): mean over the outputs of -target log(p) - (1 - target) log(1 - p) */
static double loss_reference(const double *p, int label)
{
    double sum = 0.0;
    for (int j = 0; j < 1; j++) {
        const double x = p[j], t = (label == 1 ? 1.0 : 0.0);
        sum += -t * log(x) - (1.0 - t) * log(1.0 - x);
    }
    return sum / 1.0;
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[6];
    static double dense_reference_values[1];
    static double dense_sigmoid_reference_values[1];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 6, input_reference_values, dense_reference_values);
        dense_sigmoid_reference(dense_reference_values, dense_sigmoid_reference_values);
        result[row] = loss_reference(dense_sigmoid_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {6}, 0, 12},
    {"dense", "dense", 1, {1}, 7, 17},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {6, 1}, 0, 6, true, MNN_INIT_UNIFORM, -0.9258200997725514,
            0.9258200997725514},
    {"dense.bias", 1, {1}, 6, 1, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_metric metrics[] = {
    {MNN_METRIC_ACCURACY, "accuracy", 0},
    {MNN_METRIC_PRECISION, "precision", 0},
    {MNN_METRIC_RECALL, "recall", 0},
    {MNN_METRIC_F1, "f1", 0},
};

static const mnn_callback callbacks[] = {
    {
        .kind = MNN_CALLBACK_EARLY_STOPPING,
        .metric = 3, /* val_f1 */
        .validation = true,
        .more_is_better = true,
        .min_delta = 0.0,
        .patience = 3,
        .restore_best_weights = true,
        .start_from_epoch = 0,
    },
    {
        .kind = MNN_CALLBACK_REDUCE_LR_ON_PLATEAU,
        .metric = -1, /* val_loss */
        .validation = true,
        .more_is_better = false,
        .min_delta = 0.0001,
        .patience = 2,
        .factor = 0.5,
        .min_lr = 0.0,
        .cooldown = 0,
    },
    {
        .kind = MNN_CALLBACK_CSV_LOGGER,
        .path = "log \0421\042.csv",
    },
    {
        .kind = MNN_CALLBACK_CHECKPOINT,
        .path = "w.safetensors",
        .every = 5,
    },
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {6}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {1}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {1}, .rank = 1,
            .dims = {1}, .activation = MNN_ACTIVATION_SIGMOID},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "1b3de36163aabf2cf1d290c93a05575de15c070bf2ec0e4600a86579f0865b8c",
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
    .classes = 2,
    .threshold = 0.5,
    .validation_split = 0.2,
    .train_limit = 0,
    .test_limit = 0,
    .validation_limit = 0,
    .shuffle = true,
    .epochs = 1,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "binary_crossentropy",
    .optimizer_name = "adam",
    .learning_rate = 0.001,
    .metric_count = 4,
    .metrics = metrics,
    .callback_count = 4,
    .callbacks = callbacks,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .node_count = sizeof nodes / sizeof nodes[0],
    .nodes = nodes,
    .slot_count = 2,
    .slots = slots,
    .static_bytes = 1420,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .best_params = best_params,
    .output_size = 1,
    .output = workspace + 224,
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
