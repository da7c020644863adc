/* m: a training program that mnnc 0.1.0 made from dense_many_inputs.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              2309                     0           4,618     4
 * dense (dense, gelu)        40                  92,400         185,080     7
 * dense_1 (dense)            24                     984           1,944     8
 * dense_2 (dense, softmax)   10                     250             530     9
 *
 * 93,634 parameters, batches of 24; static memory 1,850,496 bytes (checked below).
 * gradcheck takes another 19,464 bytes.
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
    BATCH = 24, /* rows of a full batch */
    PARAM_COUNT = 93634,
    WORKSPACE = 65024, /* floats */
    SCRATCH = 2880, /* floats a worker */
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
        + sizeof scratch + sizeof row_loss == 1850496, "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [2309, 40] */
static float *const dense_bias = params + 92360; /* [40] */
static float *const dense_1_kernel = params + 92400; /* [40, 24] */
static float *const dense_1_bias = params + 93360; /* [24] */
static float *const dense_2_kernel = params + 93384; /* [24, 10] */
static float *const dense_2_bias = params + 93624; /* [10] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [2309, 40] */
static float *const dense_bias_gradient = grads + 92360; /* [40] */
static float *const dense_1_kernel_gradient = grads + 92400; /* [40, 24] */
static float *const dense_1_bias_gradient = grads + 93360; /* [24] */
static float *const dense_2_kernel_gradient = grads + 93384; /* [24, 10] */
static float *const dense_2_bias_gradient = grads + 93624; /* [10] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 2309] */
static float *const dense_out = workspace + 55424; /* [rows, 40] */
static float *const dense_before_gelu = workspace + 56384; /* [rows, 40] */
static float *const dense_forward_partials = workspace + 57344; /* partial sums */
static float *const dense_1_out = workspace + 57344; /* [rows, 24] */
static float *const dense_2_out = workspace + 57920; /* [rows, 10] */
static float *const dense_2_softmax = workspace + 58160; /* [rows, 10] */
static float *const dense_2_out_gradient = workspace + 58400; /* [rows, 10] */
static float *const dense_1_out_gradient = workspace + 58640; /* [rows, 24] */
static float *const dense_out_gradient = workspace + 59216; /* [rows, 40] */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[2309]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 2309;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 2309; j++)
            out[j] = (float)pixel[j];
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 2309; j++)
            out[j] = value[j];
    }
}

/* input (dense_many_inputs.mnn:4): forward
 *     out[rows, 2309] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 24; first < batch->rows; first += worker->count * 24) {
        const int n = mnn_min(24, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 2309);
            float *out = input_out + i * 2309;
            input_sample(batch, i, out);
        }
    }
}

/* dense (dense_many_inputs.mnn:7): forward, products of each piece of the inputs
 *     partial sums, one a piece: in[rows, piece] . kernel[piece, 40]
 * tiles in registers; cut by inputs: columns are few */
static void dense_forward_products(const mnn_worker *worker, int rows)
{
    for (int piece = mnn_part_begin(worker, 8); piece < mnn_part_end(worker, 8); piece++) {
        const int first = piece * 300;
        const int n = mnn_min(300, 2309 - first);
        float *out = dense_forward_partials + first / 300 * 960; /* [rows, 40] */
        mnn_rows_product(rows, 40, n, input_out + first, 2309, dense_kernel + first * 40, 40, out,
                40);
    }
}

/* dense (dense_many_inputs.mnn:7): forward
 *     out[rows, 40] = gelu(in[rows, 2309] . kernel[2309, 40] + bias)
 * sum; partial sums in a fixed order */
static void dense_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 24; first < rows; first += worker->count * 24) {
        const int n = mnn_min(24, rows - first);
        float *out = dense_out + first * 40;
        const float *partial = dense_forward_partials + first * 40;
        memcpy(out, partial, (size_t)n * 40 * sizeof(float));
        for (int piece = 1; piece < 8; piece++)
            for (int j = 0; j < n * 40; j++)
                out[j] += partial[piece * 960 + j];
        float *before = dense_before_gelu + first * 40;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < 40; j++) {
                const float z = out[i * 40 + j] + dense_bias[j];
                before[i * 40 + j] = z;
                out[i * 40 + j] = 0.5f * z * (1.0f + erff(0.70710678f * z));
            }
    }
}

/* dense_1 (dense_many_inputs.mnn:8): forward
 *     out[rows, 24] = in[rows, 40] . kernel[40, 24] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_1_out;
    mnn_rows_product(rows, 24, 40, dense_out, 40, dense_1_kernel, 24, out, 24);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 24; j++)
            out[i * 24 + j] += dense_1_bias[j];
}

/* dense_2 (dense_many_inputs.mnn:9): forward
 *     out[rows, 10] = in[rows, 24] . kernel[24, 10] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_2_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_2_out;
    mnn_rows_product(rows, 10, 24, dense_1_out, 24, dense_2_kernel, 10, out, 10);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            out[i * 10 + j] += dense_2_bias[j];
}

/* dense_2 (dense_many_inputs.mnn:9): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 10]
 * loop; row by row */
static void dense_2_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 24; first < rows; first += worker->count * 24) {
        const int n = mnn_min(24, rows - first);
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

/* loss (dense_many_inputs.mnn:12): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 24; first < batch->rows; first += worker->count * 24) {
        const int n = mnn_min(24, batch->rows - first);
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

/* loss (dense_many_inputs.mnn:12): backward
 *     dz[rows, 10] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 24; first < batch->rows; first += worker->count * 24) {
        const int n = mnn_min(24, batch->rows - first);
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

/* dense_2 (dense_many_inputs.mnn:9): backward
 *     dx[rows, 24] = dy[rows, 10] . transpose(kernel[24, 10])
 * tiles in registers; in one piece: too small to cut */
static void dense_2_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [10, 24] */
    float *dx_turned = dy_turned + 240; /* [96, 24] */
    mnn_transpose(rows, 10, dense_2_out_gradient, 10, dy_turned, 24);
    for (int i = 0; i < 24; i += 96) {
        const int count = mnn_min(96, 24 - i);
        mnn_product(count, 24, 10, dense_2_kernel + i * 10, 10, 1, dy_turned, 24, dx_turned, 24, 0);
        mnn_transpose(count, rows, dx_turned, 24, dense_1_out_gradient + i, 24);
    }
}

/* dense_1 (dense_many_inputs.mnn:8): backward
 *     dx[rows, 40] = dy[rows, 24] . transpose(kernel[40, 24]), times the derivative of gelu
 * tiles in registers; in one piece: too small to cut */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [24, 24] */
    float *dx_turned = dy_turned + 576; /* [96, 24] */
    mnn_transpose(rows, 24, dense_1_out_gradient, 24, dy_turned, 24);
    for (int i = 0; i < 40; i += 96) {
        const int count = mnn_min(96, 40 - i);
        mnn_product(count, 24, 24, dense_1_kernel + i * 24, 24, 1, dy_turned, 24, dx_turned, 24, 0);
        mnn_transpose(count, rows, dx_turned, 24, dense_out_gradient + i, 40);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 40 + 0, end = j + 40; j < end; j++) {
            const float x = dense_before_gelu[j], g = dense_out_gradient[j];
            const float below = 0.5f * (1.0f + erff(0.70710678f * x));
            dense_out_gradient[j] = g * (below + x * 0.39894228f * expf(-0.5f * x * x));
        }
}

/* ---- gradients of the parameters ---- */

/* dense_2 (dense_many_inputs.mnn:9): gradients of the parameters
 *     dkernel[24, 10] = transpose(in[rows, 24]) . dy[rows, 10]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_2_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(24, 10, rows, dense_1_out, 1, 24, dense_2_out_gradient, 10, dense_2_kernel_gradient,
            10, 0);
    for (int j = 0; j < 10; j++)
        dense_2_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            dense_2_bias_gradient[j] += dense_2_out_gradient[i * 10 + j];
}

/* dense_1 (dense_many_inputs.mnn:8): gradients of the parameters
 *     dkernel[40, 24] = transpose(in[rows, 40]) . dy[rows, 24]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    mnn_product(40, 24, rows, dense_out, 1, 40, dense_1_out_gradient, 24, dense_1_kernel_gradient,
            24, 0);
    for (int j = 0; j < 24; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 24; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 24 + j];
}

/* dense (dense_many_inputs.mnn:7): gradients of the parameters
 *     dkernel[2309, 40] = transpose(in[rows, 2309]) . dy[rows, 40]; dbias = sum over rows of dy
 * tiles in registers; cut by inputs: each piece is a whole sum over the batch */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    for (int piece = mnn_part_begin(worker, 8); piece < mnn_part_end(worker, 8); piece++) {
        const int first = piece * 300;
        const int n = mnn_min(300, 2309 - first);
        mnn_product(n, 40, rows, input_out + first, 1, 2309, dense_out_gradient, 40,
                dense_kernel_gradient + first * 40, 40, 0);
        if (first == 0) {
            for (int j = 0; j < 40; j++)
                dense_bias_gradient[j] = 0.0f;
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < 40; j++)
                    dense_bias_gradient[j] += dense_out_gradient[i * 40 + j];
        }
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    mnn_barrier(worker);
    dense_forward_products(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_2_forward(worker, batch->rows);
    mnn_barrier(worker);
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
    mnn_barrier(worker);
    dense_forward_products(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_2_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_2_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_2_backward(worker, batch->rows);
    mnn_barrier(worker);
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
    for (int piece = mnn_part_begin(worker, 12); piece < mnn_part_end(worker, 12); piece++) {
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

/* input (dense_many_inputs.mnn:4): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 2309;
    for (size_t j = 0; j < 2309; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j] : batch->inputs[at + j]));
}

/* dense (dense_many_inputs.mnn:7): out[40] = in[2309] . kernel[2309, 40] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 40; j++) {
        double sum = bias[j];
        for (int i = 0; i < 2309; i++)
            sum += in[i] * kernel[i * 40 + j];
        out[j] = sum;
    }
}

/* dense (dense_many_inputs.mnn:7): out[40] = gelu(in) */
static void dense_gelu_reference(const double *in, double *out)
{
    for (int j = 0; j < 40; j++)
        out[j] = 0.5 * in[j] * (1.0 + erf(in[j] / sqrt(2.0)));
}

/* dense_1 (dense_many_inputs.mnn:8): out[24] = in[40] . kernel[40, 24] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 24; j++) {
        double sum = bias[j];
        for (int i = 0; i < 40; i++)
            sum += in[i] * kernel[i * 24 + j];
        out[j] = sum;
    }
}

/* dense_2 (dense_many_inputs.mnn:9): out[10] = in[24] . kernel[24, 10] + bias */
static void dense_2_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 24; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* dense_2 (dense_many_inputs.mnn:9): out[10] = softmax(in) */
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

/* loss (dense_many_inputs.mnn:12): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[2309];
    static double dense_reference_values[40];
    static double dense_gelu_reference_values[40];
    static double dense_1_reference_values[24];
    static double dense_2_reference_values[10];
    static double dense_2_softmax_reference_values[10];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 92360, input_reference_values,
                dense_reference_values);
        dense_gelu_reference(dense_reference_values, dense_gelu_reference_values);
        dense_1_reference(weights + 92400, weights + 93360, dense_gelu_reference_values,
                dense_1_reference_values);
        dense_2_reference(weights + 93384, weights + 93624, dense_1_reference_values,
                dense_2_reference_values);
        dense_2_softmax_reference(dense_2_reference_values, dense_2_softmax_reference_values);
        result[row] = loss_reference(dense_2_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {2309}, 0, 4618},
    {"dense", "dense", 1, {40}, 92400, 185080},
    {"dense_1", "dense", 1, {24}, 984, 1944},
    {"dense_2", "dense", 1, {10}, 250, 530},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {2309, 40}, 0, 92360, true, MNN_INIT_UNIFORM, -0.050539869571926896,
            0.050539869571926896},
    {"dense.bias", 1, {40}, 92360, 40, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {40, 24}, 92400, 960, true, MNN_INIT_UNIFORM, -0.30618621784789724,
            0.30618621784789724},
    {"dense_1.bias", 1, {24}, 93360, 24, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_2.kernel", 2, {24, 10}, 93384, 240, true, MNN_INIT_UNIFORM, -0.42008402520840293,
            0.42008402520840293},
    {"dense_2.bias", 1, {10}, 93624, 10, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {2309}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {40}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {1}, .rank = 1,
            .dims = {40}, .activation = MNN_ACTIVATION_GELU},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {2}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {24}},
    {.op = MNN_OP_DENSE, .layer = "dense_2", .input_count = 1, .inputs = {3}, .tensor_count = 2,
            .tensors = {4, 5}, .rank = 1, .dims = {10}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_2", .input_count = 1, .inputs = {4}, .rank = 1,
            .dims = {10}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "b1dc9ce306e14c2d601d46b1e29bd86bca2bf194c3abdabea4c07394e40e1074",
    .data_name = "d",
    .train = {"i", "l"},
    .test = {NULL, NULL},
    .validation = {NULL, NULL},
    .sample_rank = 1,
    .sample_dims = {2309},
    .sample_size = 2309,
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
    .static_bytes = 1850496,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 58160,
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
