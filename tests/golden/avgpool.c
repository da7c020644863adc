/* avgpool: a training program that mnnc 0.1.0 made from avgpool.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              7 x 7 x 1                0              98     6
 * conv2d (conv2d, tanh)      6 x 6 x 3               15           1,404    10
 * avgpool2d (avgpool2d)      3 x 3 x 3                0             243    11
 * flatten (flatten)          27                       0               0    12
 * dense (dense, softmax)     4                      112             236    13
 *
 * 127 parameters, batches of 8; static memory 38,864 bytes (checked below).
 * gradcheck takes another 2,400 bytes.
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
    PARAM_COUNT = 127,
    WORKSPACE = 2800, /* floats */
    SCRATCH = 800, /* floats a worker */
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
        + sizeof scratch + sizeof row_loss == 38864, "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [2, 2, 1, 3] */
static float *const conv2d_bias = params + 12; /* [3] */
static float *const dense_kernel = params + 15; /* [27, 4] */
static float *const dense_bias = params + 123; /* [4] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [2, 2, 1, 3] */
static float *const conv2d_bias_gradient = grads + 12; /* [3] */
static float *const dense_kernel_gradient = grads + 15; /* [27, 4] */
static float *const dense_bias_gradient = grads + 123; /* [4] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 7, 7, 1] */
static float *const conv2d_out = workspace + 400; /* [rows, 6, 6, 3] */
static float *const avgpool2d_out = workspace + 1264; /* [rows, 3, 3, 3] */
static float *const dense_out = workspace + 1488; /* [rows, 4] */
static float *const dense_softmax = workspace + 1520; /* [rows, 4] */
static float *const dense_out_gradient = workspace + 1552; /* [rows, 4] */
static float *const flatten_out_gradient = workspace + 1584; /* [rows, 27] */
static float *const conv2d_out_gradient = workspace + 1808; /* [rows, 6, 6, 3] */
static float *const conv2d_partials = workspace + 2672; /* partial sums */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[7 x 7 x 1]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 49;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 49; j++)
            out[j] = (float)pixel[j] * 0.003921569f;
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 49; j++)
            out[j] = value[j] * 0.003921569f;
    }
}

/* input (avgpool.mnn:6): forward
 *     out[rows, 7, 7, 1] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 1; first < batch->rows; first += worker->count * 1) {
        const int n = mnn_min(1, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 49);
            float *out = input_out + i * 49;
            input_sample(batch, i, out);
        }
    }
}

/* conv2d (avgpool.mnn:10): forward
 *     out[rows, 6, 6, 3] = tanh(in[rows, 7, 7, 1] * kernel[2, 2, 1, 3] + bias)
 * tiles in registers, straight from the image; image by image */
static void conv2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 1; first < rows; first += worker->count * 1) {
        const int n = mnn_min(1, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_out + i * 108;
            const float *in = input_out + i * 49;
            mnn_grid_product(6, 6, 3, 2, 2, in, 7, 1, 7, conv2d_kernel, 3, 6, out, 18, 3);
            for (int j = 0; j < 36; j++)
                for (int k = 0; k < 3; k++) {
                    const float sum = out[j * 3 + k] + conv2d_bias[k];
                    out[j * 3 + k] = tanhf(sum);
                }
        }
    }
}

/* avgpool2d (avgpool.mnn:11): forward
 *     out[rows, 3, 3, 3] = mean of each window of in[rows, 6, 6, 3], of what lies inside
 * loop; row by row */
static void avgpool2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 1; first < rows; first += worker->count * 1) {
        const int n = mnn_min(1, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = conv2d_out + i * 108;
            float *out = avgpool2d_out + i * 27;
            for (int y = 0; y < 3; y++)
                for (int x = 0; x < 3; x++) {
                    const int top = y * 2, left = x * 2;
                    const int r0 = top < 0 ? -top : 0, r1 = top + 3 > 6 ? 6 - top : 3;
                    const int c0 = left < 0 ? -left : 0, c1 = left + 3 > 6 ? 6 - left : 3;
                    for (int k = 0; k < 3; k++) {
                        float sum = 0.0f;
                        for (int r = r0; r < r1; r++)
                            for (int c = c0; c < c1; c++) {
                                sum += in[((top + r) * 6 + left + c) * 3 + k];
                            }
                        out[(y * 3 + x) * 3 + k] = sum / (float)((r1 - r0) * (c1 - c0));
                    }
                }
        }
    }
}

/* dense (avgpool.mnn:13): forward
 *     out[rows, 4] = in[rows, 27] . kernel[27, 4] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_out;
    mnn_rows_product(rows, 4, 27, avgpool2d_out, 27, dense_kernel, 4, out, 4);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            out[i * 4 + j] += dense_bias[j];
}

/* dense (avgpool.mnn:13): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 4]
 * loop; row by row */
static void dense_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 1; first < rows; first += worker->count * 1) {
        const int n = mnn_min(1, rows - first);
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

/* loss (avgpool.mnn:17): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 1; first < batch->rows; first += worker->count * 1) {
        const int n = mnn_min(1, batch->rows - first);
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

/* loss (avgpool.mnn:17): backward
 *     dz[rows, 4] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 1; first < batch->rows; first += worker->count * 1) {
        const int n = mnn_min(1, batch->rows - first);
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

/* dense (avgpool.mnn:13): backward
 *     dx[rows, 27] = dy[rows, 4] . transpose(kernel[27, 4])
 * tiles in registers; in one piece: too small to cut */
static void dense_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [4, 8] */
    float *dx_turned = dy_turned + 32; /* [96, 8] */
    mnn_transpose(rows, 4, dense_out_gradient, 4, dy_turned, 8);
    for (int i = 0; i < 27; i += 96) {
        const int count = mnn_min(96, 27 - i);
        mnn_product(count, 8, 4, dense_kernel + i * 4, 4, 1, dy_turned, 8, dx_turned, 8, 0);
        mnn_transpose(count, rows, dx_turned, 8, flatten_out_gradient + i, 27);
    }
}

/* avgpool2d (avgpool.mnn:11): backward
 *     dx[rows, 6, 6, 3] = dy[rows, 3, 3, 3] shared out equally over its window
 * loop; row by row */
static void avgpool2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 1; first < rows; first += worker->count * 1) {
        const int n = mnn_min(1, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *dy = flatten_out_gradient + i * 27;
            float *dx = conv2d_out_gradient + i * 108;
            memset(dx, 0, 108 * sizeof *dx);
            for (int y = 0; y < 3; y++)
                for (int x = 0; x < 3; x++) {
                    const int top = y * 2, left = x * 2;
                    const int r0 = top < 0 ? -top : 0, r1 = top + 3 > 6 ? 6 - top : 3;
                    const int c0 = left < 0 ? -left : 0, c1 = left + 3 > 6 ? 6 - left : 3;
                    for (int k = 0; k < 3; k++) {
                        const float share = dy[(y * 3 + x) * 3
                                + k] / (float)((r1 - r0) * (c1 - c0));
                        for (int r = r0; r < r1; r++)
                            for (int c = c0; c < c1; c++) {
                                dx[((top + r) * 6 + left + c) * 3 + k] += share;
                            }
                    }
                }
            for (int j = i * 108, end = j + 108; j < end; j++) {
                const float y = conv2d_out[j], g = conv2d_out_gradient[j];
                conv2d_out_gradient[j] = g * (1.0f - y * y);
            }
        }
    }
}

/* conv2d (avgpool.mnn:10): backward
 *     partial sums, one a piece:
 *     dkernel[4, 3] = transpose(patches[36, 4]) . dz[36, 3], dbias = sum of dz
 * tiles in registers, straight from the image; image by image */
static void conv2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 1; first < rows; first += worker->count * 1) {
        const int n = mnn_min(1, rows - first);
        float *dkernel = conv2d_partials + first / 1 * 15;
        float *dbias = dkernel + 12;
        memset(dkernel, 0, 15 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *in = input_out + i * 49;
            const float *dy = conv2d_out_gradient + i * 108;
            for (int r = 0; r < 2; r++)
                mnn_nested_product(2, 3, 6, 6, in + r * 7, 1, 1, 7, dy, 3, 18, dkernel + r * 6, 3,
                        1);
            for (int j = 0; j < 36; j++)
                for (int k = 0; k < 3; k++)
                    dbias[k] += dy[j * 3 + k];
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense (avgpool.mnn:13): gradients of the parameters
 *     dkernel[27, 4] = transpose(in[rows, 27]) . dy[rows, 4]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(27, 4, rows, avgpool2d_out, 1, 27, dense_out_gradient, 4, dense_kernel_gradient, 4,
            0);
    for (int j = 0; j < 4; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 4 + j];
}

/* conv2d (avgpool.mnn:10): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 12 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 12, 3 * sizeof(float));
    for (int piece = 1; piece * 1 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 15;
        for (int j = 0; j < 12; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 3; j++)
            conv2d_bias_gradient[j] += partial[12 + j];
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    conv2d_forward(worker, batch->rows);
    avgpool2d_forward(worker, batch->rows);
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
    avgpool2d_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_backward(worker, batch->rows);
    mnn_barrier(worker);
    avgpool2d_backward(worker, batch->rows);
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

/* input (avgpool.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 49;
    for (size_t j = 0; j < 49; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* conv2d (avgpool.mnn:10): out[6, 6, 3] = in * kernel + bias */
static void conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 6; y++)
        for (int x = 0; x < 6; x++)
            for (int k = 0; k < 3; k++) {
                double sum = bias[k];
                for (int r = 0; r < 2; r++)
                    for (int s = 0; s < 2; s++) {
                        const int row = y + r, column = x + s;
                        sum += in[row * 7 + column] * kernel[(r * 2 + s) * 3 + k];
                    }
                out[(y * 6 + x) * 3 + k] = sum;
            }
}

/* conv2d (avgpool.mnn:10): out[108] = tanh(in) */
static void conv2d_tanh_reference(const double *in, double *out)
{
    for (int j = 0; j < 108; j++)
        out[j] = tanh(in[j]);
}

/* avgpool2d (avgpool.mnn:11): out[27] = mean of each window */
static void avgpool2d_reference(const double *in, double *out)
{
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 3; x++) {
            const int top = y * 2, left = x * 2;
            const int r0 = top < 0 ? -top : 0, r1 = top + 3 > 6 ? 6 - top : 3;
            const int c0 = left < 0 ? -left : 0, c1 = left + 3 > 6 ? 6 - left : 3;
            for (int k = 0; k < 3; k++) {
                double sum = 0.0;
                for (int r = r0; r < r1; r++)
                    for (int c = c0; c < c1; c++) {
                        sum += in[((top + r) * 6 + left + c) * 3 + k];
                    }
                out[(y * 3 + x) * 3 + k] = sum / (double)((r1 - r0) * (c1 - c0));
            }
        }
}

/* dense (avgpool.mnn:13): out[4] = in[27] . kernel[27, 4] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 4; j++) {
        double sum = bias[j];
        for (int i = 0; i < 27; i++)
            sum += in[i] * kernel[i * 4 + j];
        out[j] = sum;
    }
}

/* dense (avgpool.mnn:13): out[4] = softmax(in) */
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

/* loss (avgpool.mnn:17): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[49];
    static double conv2d_reference_values[108];
    static double conv2d_tanh_reference_values[108];
    static double avgpool2d_reference_values[27];
    static double dense_reference_values[4];
    static double dense_softmax_reference_values[4];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        conv2d_reference(weights + 0, weights + 12, input_reference_values,
                conv2d_reference_values);
        conv2d_tanh_reference(conv2d_reference_values, conv2d_tanh_reference_values);
        avgpool2d_reference(conv2d_tanh_reference_values, avgpool2d_reference_values);
        dense_reference(weights + 15, weights + 123, avgpool2d_reference_values,
                dense_reference_values);
        dense_softmax_reference(dense_reference_values, dense_softmax_reference_values);
        result[row] = loss_reference(dense_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {7, 7, 1}, 0, 98},
    {"conv2d", "conv2d", 3, {6, 6, 3}, 15, 1404},
    {"avgpool2d", "avgpool2d", 3, {3, 3, 3}, 0, 243},
    {"flatten", "flatten", 1, {27}, 0, 0},
    {"dense", "dense", 1, {4}, 112, 236},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {2, 2, 1, 3}, 0, 12, true, MNN_INIT_UNIFORM, -0.6123724356957945,
            0.6123724356957945},
    {"conv2d.bias", 1, {3}, 12, 3, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense.kernel", 2, {27, 4}, 15, 108, true, MNN_INIT_UNIFORM, -0.43994134506405985,
            0.43994134506405985},
    {"dense.bias", 1, {4}, 123, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {7, 7, 1}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 3, .dims = {6, 6, 3}, .window = {2, 2}, .strides = {1, 1},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "conv2d", .input_count = 1, .inputs = {1}, .rank = 3,
            .dims = {6, 6, 3}, .activation = MNN_ACTIVATION_TANH},
    {.op = MNN_OP_AVGPOOL2D, .layer = "avgpool2d", .input_count = 1, .inputs = {2}, .rank = 3,
            .dims = {3, 3, 3}, .window = {3, 3}, .strides = {2, 2}},
    {.op = MNN_OP_RESHAPE, .layer = "flatten", .input_count = 1, .inputs = {3}, .rank = 1,
            .dims = {27}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {4}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {4}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {5}, .rank = 1,
            .dims = {4}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "avgpool",
    .description = "0e8ecb35c209b944a49a354b0594bcd9d0e389d0b9fe752633cd760a9b17d9d3",
    .data_name = "digits",
    .train = {"digits/train-images", "digits/train-labels"},
    .test = {"digits/test-images", "digits/test-labels"},
    .validation = {NULL, NULL},
    .sample_rank = 3,
    .sample_dims = {7, 7, 1},
    .sample_size = 49,
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
    .static_bytes = 38864,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 4,
    .output = workspace + 1520,
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
