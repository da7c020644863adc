/* wide_columns: a training program that mnnc 0.1.0 made from wide_columns.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              784                      0           1,568     6
 * dense (dense, relu)        300                235,500         471,000    10
 * dense_1 (dense, sigmoid)   300                 90,300         181,500    11
 * dense_2 (dense, softmax)   10                   3,010           6,050    12
 *
 * 328,810 parameters, batches of 20; static memory 5,683,556 bytes (checked below).
 * gradcheck takes another 16,032 bytes.
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
    BATCH = 20, /* rows of a full batch */
    PARAM_COUNT = 328810,
    WORKSPACE = 40304, /* floats */
    SCRATCH = 7920, /* floats a worker */
    MAX_WORKERS = 8
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float adam_m[PARAM_COUNT];
static _Alignas(64) float adam_v[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static uint16_t input_lists[3930]; /* of every 4 rows: how many inputs are not all 0, and which */
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof adam_m + sizeof adam_v + sizeof workspace
        + sizeof scratch + sizeof input_lists + sizeof row_loss == 5683556,
        "the memory that the banner names");

/* Parameters. */
static float *const dense_kernel = params + 0; /* [784, 300] */
static float *const dense_bias = params + 235200; /* [300] */
static float *const dense_1_kernel = params + 235500; /* [300, 300] */
static float *const dense_1_bias = params + 325500; /* [300] */
static float *const dense_2_kernel = params + 325800; /* [300, 10] */
static float *const dense_2_bias = params + 328800; /* [10] */

/* Gradients of the mean loss with respect to them. */
static float *const dense_kernel_gradient = grads + 0; /* [784, 300] */
static float *const dense_bias_gradient = grads + 235200; /* [300] */
static float *const dense_1_kernel_gradient = grads + 235500; /* [300, 300] */
static float *const dense_1_bias_gradient = grads + 325500; /* [300] */
static float *const dense_2_kernel_gradient = grads + 325800; /* [300, 10] */
static float *const dense_2_bias_gradient = grads + 328800; /* [10] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 784] */
static float *const dense_out = workspace + 15680; /* [rows, 300] */
static float *const dense_1_out = workspace + 21680; /* [rows, 300] */
static float *const dense_2_out = workspace + 27680; /* [rows, 10] */
static float *const dense_2_softmax = workspace + 27888; /* [rows, 10] */
static float *const dense_2_out_gradient = workspace + 28096; /* [rows, 10] */
static float *const dense_1_out_gradient = workspace + 28304; /* [rows, 300] */
static float *const dense_out_gradient = workspace + 34304; /* [rows, 300] */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[784]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 784;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 784; j++)
            out[j] = (float)pixel[j] * 0.003921569f;
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 784; j++)
            out[j] = value[j] * 0.003921569f;
    }
}

/* input (wide_columns.mnn:6): forward
 *     out[rows, 784] = the samples that the batch names
 * loop; row by row; where it is 0 is noted */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 20; first < batch->rows; first += worker->count * 20) {
        const int n = mnn_min(20, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 784);
            float *out = input_out + i * 784;
            input_sample(batch, i, out);
        }
        for (int i = first; mnn_skips(batch) && i < first + n; i += 4)
            input_lists[i / 4 * 786] = (uint16_t)mnn_list_columns(mnn_min(4, first + n - i), 784,
                input_out + i * 784, 784, input_lists + i / 4 * 786 + 1);
    }
}

/* dense (wide_columns.mnn:10): forward
 *     out[rows, 300] = relu(in[rows, 784] . kernel[784, 300] + bias)
 * tiles in registers; cut by columns: the batch is small; zeros of the input are skipped */
static void dense_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    const int rows = batch->rows;
    for (int first = worker->index * 64; first < 300; first += worker->count * 64) {
        const int n = mnn_min(64, 300 - first);
        float *out = dense_out + first;
        if (n == 64) {
            if (mnn_skips(batch)) {
                mnn_skip_product(rows, 64, 784, input_lists, input_out, 784, dense_kernel + first,
                        300, out, 300);
            } else {
                mnn_rows_product(rows, 64, 784, input_out, 784, dense_kernel + first, 300, out,
                        300);
            }
        } else {
            if (mnn_skips(batch)) {
                mnn_skip_product(rows, 44, 784, input_lists, input_out, 784, dense_kernel + first,
                        300, out, 300);
            } else {
                mnn_rows_product(rows, 44, 784, input_out, 784, dense_kernel + first, 300, out,
                        300);
            }
        }
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < n; j++) {
                const float z = out[i * 300 + j] + dense_bias[first + j];
                out[i * 300 + j] = z < 0.0f ? 0.0f : z;
            }
    }
}

/* dense_1 (wide_columns.mnn:11): forward
 *     out[rows, 300] = sigmoid(in[rows, 300] . kernel[300, 300] + bias)
 * tiles in registers; cut by columns: the batch is small */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 64; first < 300; first += worker->count * 64) {
        const int n = mnn_min(64, 300 - first);
        float *out = dense_1_out + first;
        if (n == 64) {
            mnn_rows_product(rows, 64, 300, dense_out, 300, dense_1_kernel + first, 300, out, 300);
        } else {
            mnn_rows_product(rows, 44, 300, dense_out, 300, dense_1_kernel + first, 300, out, 300);
        }
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < n; j++) {
                const float z = out[i * 300 + j] + dense_1_bias[first + j];
                out[i * 300 + j] = 1.0f / (1.0f + expf(-z));
            }
    }
}

/* dense_2 (wide_columns.mnn:12): forward
 *     out[rows, 10] = in[rows, 300] . kernel[300, 10] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_2_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_2_out;
    mnn_rows_product(rows, 10, 300, dense_1_out, 300, dense_2_kernel, 10, out, 10);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            out[i * 10 + j] += dense_2_bias[j];
}

/* dense_2 (wide_columns.mnn:12): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 10]
 * loop; row by row */
static void dense_2_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 20; first < rows; first += worker->count * 20) {
        const int n = mnn_min(20, rows - first);
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

/* loss (wide_columns.mnn:16): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 20; first < batch->rows; first += worker->count * 20) {
        const int n = mnn_min(20, batch->rows - first);
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

/* loss (wide_columns.mnn:16): backward
 *     dz[rows, 10] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 20; first < batch->rows; first += worker->count * 20) {
        const int n = mnn_min(20, batch->rows - first);
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

/* dense_2 (wide_columns.mnn:12): backward
 *     dx[rows, 300] = dy[rows, 10] . transpose(kernel[300, 10]), times the derivative of sigmoid
 * tiles in registers; in one piece: too small to cut */
static void dense_2_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [10, 20] */
    float *dx_turned = dy_turned + 200; /* [96, 20] */
    mnn_transpose(rows, 10, dense_2_out_gradient, 10, dy_turned, 20);
    for (int i = 0; i < 300; i += 96) {
        const int count = mnn_min(96, 300 - i);
        mnn_product(count, 20, 10, dense_2_kernel + i * 10, 10, 1, dy_turned, 20, dx_turned, 20, 0);
        mnn_transpose(count, rows, dx_turned, 20, dense_1_out_gradient + i, 300);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 300 + 0, end = j + 300; j < end; j++) {
            const float y = dense_1_out[j], g = dense_1_out_gradient[j];
            dense_1_out_gradient[j] = g * y * (1.0f - y);
        }
}

/* dense_1 (wide_columns.mnn:11): backward
 *     dx[rows, 300] = dy[rows, 300] . transpose(kernel[300, 300]), times the derivative of relu
 * tiles in registers; cut by columns: the batch is small */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    float *dy_turned = scratch[worker->index]; /* [300, 20] */
    float *dx_turned = dy_turned + 6000; /* [96, 20] */
    mnn_transpose(rows, 300, dense_1_out_gradient, 300, dy_turned, 20);
    for (int first = worker->index * 48; first < 300; first += worker->count * 48) {
        const int n = mnn_min(48, 300 - first);
        for (int i = first; i < first + n; i += 96) {
            const int count = mnn_min(96, first + n - i);
            mnn_product(count, 20, 300, dense_1_kernel + i * 300, 300, 1, dy_turned, 20, dx_turned,
                    20, 0);
            mnn_transpose(count, rows, dx_turned, 20, dense_out_gradient + i, 300);
        }
        for (int i = 0; i < rows; i++)
            for (int j = i * 300 + first, end = j + n; j < end; j++) {
                const float y = dense_out[j], g = dense_out_gradient[j];
                dense_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
    }
}

/* ---- gradients of the parameters ---- */

/* dense_2 (wide_columns.mnn:12): gradients of the parameters
 *     dkernel[300, 10] = transpose(in[rows, 300]) . dy[rows, 10]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_2_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(300, 10, rows, dense_1_out, 1, 300, dense_2_out_gradient, 10,
            dense_2_kernel_gradient, 10, 0);
    for (int j = 0; j < 10; j++)
        dense_2_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            dense_2_bias_gradient[j] += dense_2_out_gradient[i * 10 + j];
}

/* dense_1 (wide_columns.mnn:11): gradients of the parameters
 *     dkernel[300, 300] = transpose(in[rows, 300]) . dy[rows, 300]; dbias = sum over rows of dy
 * tiles in registers; cut by inputs: each piece is a whole sum over the batch */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    for (int first = mnn_first_piece(worker, 1) * 84; first < 300; first += worker->count * 84) {
        const int n = mnn_min(84, 300 - first);
        mnn_product(n, 300, rows, dense_out + first, 1, 300, dense_1_out_gradient, 300,
                dense_1_kernel_gradient + first * 300, 300, 0);
        if (first == 0) {
            for (int j = 0; j < 300; j++)
                dense_1_bias_gradient[j] = 0.0f;
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < 300; j++)
                    dense_1_bias_gradient[j] += dense_1_out_gradient[i * 300 + j];
        }
    }
}

/* dense (wide_columns.mnn:10): gradients of the parameters
 *     dkernel[784, 300] = transpose(in[rows, 784]) . dy[rows, 300]; dbias = sum over rows of dy
 * tiles in registers; cut by inputs: each piece is a whole sum over the batch; zeros of the input are skipped */
static void dense_gradients(const mnn_worker *worker, const mnn_batch *batch)
{
    const int rows = batch->rows;
    uint16_t list[BATCH + 1]; /* rows in which an input is not 0 */
    for (int piece = mnn_part_begin(worker, 8); piece < mnn_part_end(worker, 8); piece++) {
        const int first = piece * 108;
        const int n = mnn_min(108, 784 - first);
        if (mnn_skips(batch)) {
            mnn_skip_product_tn(n, 300, rows, list, input_out + first, 784, dense_out_gradient, 300,
                    dense_kernel_gradient + first * 300, 300);
        } else {
            mnn_product(n, 300, rows, input_out + first, 1, 784, dense_out_gradient, 300,
                    dense_kernel_gradient + first * 300, 300, 0);
        }
        if (first == 0) {
            for (int j = 0; j < 300; j++)
                dense_bias_gradient[j] = 0.0f;
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < 300; j++)
                    dense_bias_gradient[j] += dense_out_gradient[i * 300 + j];
        }
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    mnn_barrier(worker);
    dense_forward(worker, batch);
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
    dense_forward(worker, batch);
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
    dense_gradients(worker, batch);
}

/* update: Adam (Kingma, Ba 2015) in the "epsilon hat" form, as in Keras
 *     m += (1 - 0.9) (g - m);  v += (1 - 0.999) (g^2 - v);  w -= rate m / (sqrt(v) + 1e-07)
 *     rate = learning_rate sqrt(1 - 0.999^t) / (1 - 0.9^t) */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const double t = (double)step->step;
    const double correction = sqrt(1.0 - pow(0.999, t)) / (1.0 - pow(0.9, t));
    const float rate = (float)(step->learning_rate * correction);
    for (int piece = mnn_part_begin(worker, 41); piece < mnn_part_end(worker, 41); piece++) {
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

/* input (wide_columns.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 784;
    for (size_t j = 0; j < 784; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* dense (wide_columns.mnn:10): out[300] = in[784] . kernel[784, 300] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 300; j++) {
        double sum = bias[j];
        for (int i = 0; i < 784; i++)
            sum += in[i] * kernel[i * 300 + j];
        out[j] = sum;
    }
}

/* dense (wide_columns.mnn:10): out[300] = relu(in) */
static void dense_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 300; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dense_1 (wide_columns.mnn:11): out[300] = in[300] . kernel[300, 300] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 300; j++) {
        double sum = bias[j];
        for (int i = 0; i < 300; i++)
            sum += in[i] * kernel[i * 300 + j];
        out[j] = sum;
    }
}

/* dense_1 (wide_columns.mnn:11): out[300] = sigmoid(in) */
static void dense_1_sigmoid_reference(const double *in, double *out)
{
    for (int j = 0; j < 300; j++)
        out[j] = 1.0 / (1.0 + exp(-in[j]));
}

/* dense_2 (wide_columns.mnn:12): out[10] = in[300] . kernel[300, 10] + bias */
static void dense_2_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 300; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* dense_2 (wide_columns.mnn:12): out[10] = softmax(in) */
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

/* loss (wide_columns.mnn:16): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[784];
    static double dense_reference_values[300];
    static double dense_relu_reference_values[300];
    static double dense_1_reference_values[300];
    static double dense_1_sigmoid_reference_values[300];
    static double dense_2_reference_values[10];
    static double dense_2_softmax_reference_values[10];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        dense_reference(weights + 0, weights + 235200, input_reference_values,
                dense_reference_values);
        dense_relu_reference(dense_reference_values, dense_relu_reference_values);
        dense_1_reference(weights + 235500, weights + 325500, dense_relu_reference_values,
                dense_1_reference_values);
        dense_1_sigmoid_reference(dense_1_reference_values, dense_1_sigmoid_reference_values);
        dense_2_reference(weights + 325800, weights + 328800, dense_1_sigmoid_reference_values,
                dense_2_reference_values);
        dense_2_softmax_reference(dense_2_reference_values, dense_2_softmax_reference_values);
        result[row] = loss_reference(dense_2_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 1, {784}, 0, 1568},
    {"dense", "dense", 1, {300}, 235500, 471000},
    {"dense_1", "dense", 1, {300}, 90300, 181500},
    {"dense_2", "dense", 1, {10}, 3010, 6050},
};

static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {784, 300}, 0, 235200, true, MNN_INIT_UNIFORM, -0.07439795259651642,
            0.07439795259651642},
    {"dense.bias", 1, {300}, 235200, 300, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {300, 300}, 235500, 90000, true, MNN_INIT_UNIFORM, -0.1, 0.1},
    {"dense_1.bias", 1, {300}, 325500, 300, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_2.kernel", 2, {300, 10}, 325800, 3000, true, MNN_INIT_UNIFORM, -0.13912166872805048,
            0.13912166872805048},
    {"dense_2.bias", 1, {10}, 328800, 10, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 1, .dims = {784}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 1, .dims = {300}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {1}, .rank = 1,
            .dims = {300}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {2}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {300}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_1", .input_count = 1, .inputs = {3}, .rank = 1,
            .dims = {300}, .activation = MNN_ACTIVATION_SIGMOID},
    {.op = MNN_OP_DENSE, .layer = "dense_2", .input_count = 1, .inputs = {4}, .tensor_count = 2,
            .tensors = {4, 5}, .rank = 1, .dims = {10}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_2", .input_count = 1, .inputs = {5}, .rank = 1,
            .dims = {10}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "wide_columns",
    .description = "097c6afef5cd8317a0f76027e8b46d4bf6b662bd70ce11270505469d15ead583",
    .data_name = "digits",
    .train = {"digits/train-images", "digits/train-labels"},
    .test = {"digits/test-images", "digits/test-labels"},
    .validation = {NULL, NULL},
    .sample_rank = 1,
    .sample_dims = {784},
    .sample_size = 784,
    .scale = 0.003921569f,
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
    .static_bytes = 5683556,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 27888,
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
