/* m: a training program that mnnc 0.1.0 made from residual.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              12 x 12 x 1              0             288     4
 * conv2d (conv2d, relu)      12 x 12 x 4             40          11,520     7
 * conv2d_1 (conv2d, relu)    12 x 12 x 4            148          42,624     9
 * conv2d_2 (conv2d)          12 x 12 x 4             20           5,184    11
 * inner (add)                12 x 12 x 4              0             576    10
 * add (add)                  12 x 12 x 4              0             576     8
 * activation (activation)    12 x 12 x 4              0             144    14
 * maxpool2d (maxpool2d)      6 x 6 x 4                0             576    15
 * flatten (flatten)          144                      0               0    16
 * dense (dense, tanh)        144                 20,880          42,192    18
 * add_1 (add)                144                      0             144    17
 * dense_1 (dense, softmax)   10                   1,450           2,930    20
 *
 * 22,538 parameters, batches of 10; static memory 544,576 bytes (checked below).
 * gradcheck takes another 42,784 bytes.
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
    BATCH = 10, /* rows of a full batch */
    PARAM_COUNT = 22538,
    WORKSPACE = 56160, /* floats */
    SCRATCH = 2400, /* floats a worker */
    MAX_WORKERS = 5
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float sgd_velocity[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static uint8_t maxpool2d_index[1440]; /* [rows, 6, 6, 4]: which of its window was the largest */
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof sgd_velocity + sizeof workspace
        + sizeof scratch + sizeof maxpool2d_index + sizeof row_loss == 544576,
        "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [3, 3, 1, 4] */
static float *const conv2d_bias = params + 36; /* [4] */
static float *const conv2d_1_kernel = params + 40; /* [3, 3, 4, 4] */
static float *const conv2d_1_bias = params + 184; /* [4] */
static float *const conv2d_2_kernel = params + 188; /* [1, 1, 4, 4] */
static float *const conv2d_2_bias = params + 204; /* [4] */
static float *const dense_kernel = params + 208; /* [144, 144] */
static float *const dense_bias = params + 20944; /* [144] */
static float *const dense_1_kernel = params + 21088; /* [144, 10] */
static float *const dense_1_bias = params + 22528; /* [10] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [3, 3, 1, 4] */
static float *const conv2d_bias_gradient = grads + 36; /* [4] */
static float *const conv2d_1_kernel_gradient = grads + 40; /* [3, 3, 4, 4] */
static float *const conv2d_1_bias_gradient = grads + 184; /* [4] */
static float *const conv2d_2_kernel_gradient = grads + 188; /* [1, 1, 4, 4] */
static float *const conv2d_2_bias_gradient = grads + 204; /* [4] */
static float *const dense_kernel_gradient = grads + 208; /* [144, 144] */
static float *const dense_bias_gradient = grads + 20944; /* [144] */
static float *const dense_1_kernel_gradient = grads + 21088; /* [144, 10] */
static float *const dense_1_bias_gradient = grads + 22528; /* [10] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 12, 12, 1] */
static float *const conv2d_out = workspace + 1440; /* [rows, 12, 12, 4] */
static float *const conv2d_1_out = workspace + 7200; /* [rows, 12, 12, 4] */
static float *const conv2d_2_out = workspace + 12960; /* [rows, 12, 12, 4] */
static float *const inner_out = workspace + 18720; /* [rows, 12, 12, 4] */
static float *const add_out = workspace + 24480; /* [rows, 12, 12, 4] */
static float *const maxpool2d_before_activation = workspace + 30240; /* [rows, 6, 6, 4] */
static float *const maxpool2d_out = workspace + 31680; /* [rows, 6, 6, 4] */
static float *const dense_out = workspace + 12960; /* [rows, 144] */
static float *const add_1_out = workspace + 14400; /* [rows, 144] */
static float *const dense_1_out = workspace + 15840; /* [rows, 10] */
static float *const dense_1_softmax = workspace + 15952; /* [rows, 10] */
static float *const dense_1_out_gradient = workspace + 16064; /* [rows, 10] */
static float *const add_1_out_gradient = workspace + 16176; /* [rows, 144] */
static float *const dense_out_gradient = workspace + 17616; /* [rows, 144] */
static float *const flatten_out_gradient_1 = workspace + 12960; /* [rows, 144] */
static float *const flatten_out_gradient = workspace + 19056; /* [rows, 144] */
static float *const add_out_gradient = workspace + 20496; /* [rows, 12, 12, 4] */
static float *const conv2d_1_out_gradient_1 = workspace + 33120; /* [rows, 12, 12, 4] */
static float *const conv2d_2_partials = workspace + 15840; /* partial sums */
static float *const conv2d_1_out_gradient = workspace + 38880; /* [rows, 12, 12, 4] */
static float *const conv2d_out_gradient_1 = workspace + 44640; /* [rows, 12, 12, 4] */
static float *const conv2d_1_partials = workspace + 26256; /* partial sums */
static float *const conv2d_out_gradient = workspace + 50400; /* [rows, 12, 12, 4] */
static float *const conv2d_partials = workspace + 27008; /* partial sums */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[12 x 12 x 1]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 144;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 144; j++)
            out[j] = (float)pixel[j];
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 144; j++)
            out[j] = value[j];
    }
}

/* input (residual.mnn:4): forward
 *     out[rows, 12, 12, 1] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 2; first < batch->rows; first += worker->count * 2) {
        const int n = mnn_min(2, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 144);
            float *out = input_out + i * 144;
            input_sample(batch, i, out);
        }
    }
}

/* conv2d (residual.mnn:7): forward
 *     out[rows, 12, 12, 4] = relu(in[rows, 12, 12, 1] * kernel[3, 3, 1, 4] + bias)
 * tiles in registers, straight from the image; image by image */
static void conv2d_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [14, 14, 1] */
    memset(in, 0, 196 * sizeof *in);
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_out + i * 576;
            for (int y = 0; y < 12; y++)
                memcpy(in + (y + 1) * 14 + 1, input_out + i * 144 + y * 12, 12 * sizeof *in);
            mnn_grid_product(12, 12, 4, 3, 3, in, 14, 1, 14, conv2d_kernel, 4, 12, out, 48, 4);
            for (int j = 0; j < 144; j++)
                for (int k = 0; k < 4; k++) {
                    const float sum = out[j * 4 + k] + conv2d_bias[k];
                    out[j * 4 + k] = sum < 0.0f ? 0.0f : sum;
                }
        }
    }
}

/* conv2d_1 (residual.mnn:9): forward
 *     out[rows, 12, 12, 4] = relu(in[rows, 12, 12, 4] * kernel[3, 3, 4, 4] + bias)
 * tiles in registers, straight from the image; image by image */
static void conv2d_1_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [14, 14, 4] */
    memset(in, 0, 784 * sizeof *in);
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_1_out + i * 576;
            for (int y = 0; y < 12; y++)
                memcpy(in + (y + 1) * 56 + 4, conv2d_out + i * 576 + y * 48, 48 * sizeof *in);
            mnn_grid_product(12, 12, 4, 12, 3, in, 56, 4, 56, conv2d_1_kernel, 4, 48, out, 48, 4);
            for (int j = 0; j < 144; j++)
                for (int k = 0; k < 4; k++) {
                    const float sum = out[j * 4 + k] + conv2d_1_bias[k];
                    out[j * 4 + k] = sum < 0.0f ? 0.0f : sum;
                }
        }
    }
}

/* conv2d_2 (residual.mnn:11): forward
 *     out[rows, 12, 12, 4] = in[rows, 12, 12, 4] * kernel[1, 1, 4, 4] + bias
 * tiles in registers, straight from the image; image by image */
static void conv2d_2_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_2_out + i * 576;
            const float *in = conv2d_1_out + i * 576;
            mnn_grid_product(12, 12, 4, 4, 1, in, 48, 4, 48, conv2d_2_kernel, 4, 16, out, 48, 4);
            for (int j = 0; j < 144; j++)
                for (int k = 0; k < 4; k++) {
                    const float sum = out[j * 4 + k] + conv2d_2_bias[k];
                    out[j * 4 + k] = sum;
                }
        }
    }
}

/* inner (residual.mnn:10): forward
 *     out[rows, 12, 12, 4] = the layers' result + the residual's input
 * loop; row by row */
static void inner_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int j = first * 576; j < (first + n) * 576; j++) {
            inner_out[j] = conv2d_2_out[j] + conv2d_1_out[j];
        }
    }
}

/* add (residual.mnn:8): forward
 *     out[rows, 12, 12, 4] = the layers' result + the residual's input
 * loop; row by row */
static void add_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int j = first * 576; j < (first + n) * 576; j++) {
            add_out[j] = inner_out[j] + conv2d_out[j];
        }
    }
}

/* maxpool2d (residual.mnn:15): forward
 *     out[rows, 6, 6, 4] = largest of each window of in[rows, 12, 12, 4]
 * loop; row by row */
static void maxpool2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = add_out + i * 576;
            float *out = maxpool2d_before_activation + i * 144;
            uint8_t *index = maxpool2d_index + i * 144;
            for (int y = 0; y < 6; y++)
                for (int x = 0; x < 6; x++) {
                    const int top = y * 2, left = x * 2;
                    float best[4];
                    int where[4] = {0};
                    memcpy(best, in + (top * 12 + left) * 4, sizeof best);
                    for (int r = 0; r < 2; r++)
                        for (int c = 0; c < 2; c++) {
                            const float *z_rc = in + ((top + r) * 12 + left + c) * 4;
                            for (int k = 0; k < 4; k++)
                                best[k] = z_rc[k] > best[k] ? z_rc[k] : best[k];
                        }
                    for (int r = 1; r >= 0; r--)
                        for (int c = 1; c >= 0; c--) {
                            const float *z_rc = in + ((top + r) * 12 + left + c) * 4;
                            for (int k = 0; k < 4; k++)
                                where[k] = z_rc[k] == best[k] ? r * 2 + c : where[k];
                        }
                    for (int k = 0; k < 4; k++)
                        out[(y * 6 + x) * 4 + k] = best[k];
                    for (int k = 0; k < 4; k++)
                        index[(y * 6 + x) * 4 + k] = (uint8_t)where[k];
                }
        }
    }
}

/* activation (residual.mnn:14): forward
 *     out[rows, 6, 6, 4] = relu(in)
 * loop; row by row */
static void activation_relu_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int j = first * 144; j < (first + n) * 144; j++) {
            const float z = maxpool2d_before_activation[j];
            maxpool2d_out[j] = z < 0.0f ? 0.0f : z;
        }
    }
}

/* dense (residual.mnn:18): forward
 *     out[rows, 144] = tanh(in[rows, 144] . kernel[144, 144] + bias)
 * tiles in registers; in one piece: too small to cut */
static void dense_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_out;
    mnn_rows_product(rows, 144, 144, maxpool2d_out, 144, dense_kernel, 144, out, 144);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 144; j++) {
            const float z = out[i * 144 + j] + dense_bias[j];
            out[i * 144 + j] = tanhf(z);
        }
}

/* add_1 (residual.mnn:17): forward
 *     out[rows, 144] = the layers' result + the residual's input
 * loop; row by row */
static void add_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int j = first * 144; j < (first + n) * 144; j++) {
            add_1_out[j] = dense_out[j] + maxpool2d_out[j];
        }
    }
}

/* dense_1 (residual.mnn:20): forward
 *     out[rows, 10] = in[rows, 144] . kernel[144, 10] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_1_out;
    mnn_rows_product(rows, 10, 144, add_1_out, 144, dense_1_kernel, 10, out, 10);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            out[i * 10 + j] += dense_1_bias[j];
}

/* dense_1 (residual.mnn:20): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 10]
 * loop; row by row */
static void dense_1_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
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

/* loss (residual.mnn:23): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 2; first < batch->rows; first += worker->count * 2) {
        const int n = mnn_min(2, batch->rows - first);
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

/* loss (residual.mnn:23): backward
 *     dz[rows, 10] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 2; first < batch->rows; first += worker->count * 2) {
        const int n = mnn_min(2, batch->rows - first);
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

/* dense_1 (residual.mnn:20): backward
 *     dx[rows, 144] = dy[rows, 10] . transpose(kernel[144, 10])
 * tiles in registers; in one piece: too small to cut */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [10, 10] */
    float *dx_turned = dy_turned + 100; /* [96, 10] */
    mnn_transpose(rows, 10, dense_1_out_gradient, 10, dy_turned, 10);
    for (int i = 0; i < 144; i += 96) {
        const int count = mnn_min(96, 144 - i);
        mnn_product(count, 10, 10, dense_1_kernel + i * 10, 10, 1, dy_turned, 10, dx_turned, 10, 0);
        mnn_transpose(count, rows, dx_turned, 10, add_1_out_gradient + i, 144);
    }
}

/* dense (residual.mnn:18): backward
 *     dx[rows, 144] = dy times the derivative of tanh
 * loop; row by row */
static void dense_tanh_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int j = first * 144; j < (first + n) * 144; j++) {
            const float y = dense_out[j], g = add_1_out_gradient[j];
            dense_out_gradient[j] = g * (1.0f - y * y);
        }
    }
}

/* dense (residual.mnn:18): backward
 *     dx[rows, 144] = dy[rows, 144] . transpose(kernel[144, 144])
 * tiles in registers; in one piece: too small to cut */
static void dense_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [144, 10] */
    float *dx_turned = dy_turned + 1440; /* [96, 10] */
    mnn_transpose(rows, 144, dense_out_gradient, 144, dy_turned, 10);
    for (int i = 0; i < 144; i += 96) {
        const int count = mnn_min(96, 144 - i);
        mnn_product(count, 10, 144, dense_kernel + i * 144, 144, 1, dy_turned, 10, dx_turned, 10,
                0);
        mnn_transpose(count, rows, dx_turned, 10, flatten_out_gradient_1 + i, 144);
    }
}

/* flatten (residual.mnn:16): backward
 *     dout[rows, 144] = the sum of the gradients from all that read it, times the derivative of relu
 * loop; row by row */
static void flatten_sum_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int j = first * 144; j < (first + n) * 144; j++)
            flatten_out_gradient[j] = add_1_out_gradient[j] + flatten_out_gradient_1[j];
        for (int j = first * 144, end = j + n * 144; j < end; j++) {
            const float y = maxpool2d_out[j], g = flatten_out_gradient[j];
            flatten_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* maxpool2d (residual.mnn:15): backward
 *     dx[rows, 12, 12, 4] = dy[rows, 6, 6, 4] at the place that was the largest, else 0
 * loop; row by row */
static void maxpool2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *dy = flatten_out_gradient + i * 144;
            const uint8_t *index = maxpool2d_index + i * 144;
            float *dx = add_out_gradient + i * 576;
            memset(dx, 0, 576 * sizeof *dx);
            for (int y = 0; y < 6; y++)
                for (int x = 0; x < 6; x++) {
                    const int top = y * 2, left = x * 2;
                    for (int k = 0; k < 4; k++) {
                        const int where = index[(y * 6 + x) * 4 + k];
                        dx[((top + where / 2) * 12 + left + where % 2) * 4
                                + k] += dy[(y * 6 + x) * 4 + k];
                    }
                }
        }
    }
}

/* conv2d_2 (residual.mnn:11): backward
 *     partial sums, one a piece:
 *     dkernel[4, 4] = transpose(patches[144, 4]) . dz[144, 4], dbias = sum of dz,
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_2_backward(const mnn_worker *worker, int rows)
{
    float *dz = scratch[worker->index]; /* [12, 12, 4] */
    memset(dz, 0, 576 * sizeof *dz);
    float *turned = scratch[worker->index] + 576; /* [1, 1, 4, 4] */
    for (int r = 0; r < 1; r++)
        for (int s = 0; s < 1; s++)
            mnn_transpose(4, 4, conv2d_2_kernel + ((0 - r) * 1 + 0 - s) * 16, 4,
                turned + (r * 1 + s) * 16, 4);
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        float *dkernel = conv2d_2_partials + first / 2 * 20;
        float *dbias = dkernel + 16;
        memset(dkernel, 0, 20 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *in = conv2d_1_out + i * 576;
            const float *dy = add_out_gradient + i * 576;
            for (int y = 0; y < 12; y++)
                memcpy(dz + (y) * 48, dy + y * 48, 48 * sizeof *dz);
            for (int r = 0; r < 1; r++)
                mnn_nested_product(4, 4, 12, 12, in + r * 48, 1, 4, 48, dz, 4, 48, dkernel + r * 16,
                        4, 1);
            float *dx = conv2d_1_out_gradient_1 + i * 576;
            mnn_grid_product(12, 12, 4, 4, 1, dz, 48, 4, 48, turned, 4, 16, dx, 48, 4);
            for (int j = 0; j < 144; j++)
                for (int k = 0; k < 4; k++)
                    dbias[k] += dy[j * 4 + k];
        }
    }
}

/* conv2d_1 (residual.mnn:9): backward
 *     dout[rows, 12, 12, 4] = the sum of the gradients from all that read it, times the derivative of relu
 * loop; row by row */
static void conv2d_1_sum_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int j = first * 576; j < (first + n) * 576; j++)
            conv2d_1_out_gradient[j] = add_out_gradient[j] + conv2d_1_out_gradient_1[j];
        for (int j = first * 576, end = j + n * 576; j < end; j++) {
            const float y = conv2d_1_out[j], g = conv2d_1_out_gradient[j];
            conv2d_1_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* conv2d_1 (residual.mnn:9): backward
 *     partial sums, one a piece:
 *     dkernel[36, 4] = transpose(patches[144, 36]) . dz[144, 4], dbias = sum of dz,
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_1_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [14, 14, 4] */
    memset(in, 0, 784 * sizeof *in);
    float *dz = scratch[worker->index] + 784; /* [14, 14, 4] */
    memset(dz, 0, 784 * sizeof *dz);
    float *turned = scratch[worker->index] + 1568; /* [3, 3, 4, 4] */
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 3; s++)
            mnn_transpose(4, 4, conv2d_1_kernel + ((2 - r) * 3 + 2 - s) * 16, 4,
                turned + (r * 3 + s) * 16, 4);
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        float *dkernel = conv2d_1_partials + first / 2 * 148;
        float *dbias = dkernel + 144;
        memset(dkernel, 0, 148 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 12; y++)
                memcpy(in + (y + 1) * 56 + 4, conv2d_out + i * 576 + y * 48, 48 * sizeof *in);
            const float *dy = conv2d_1_out_gradient + i * 576;
            for (int y = 0; y < 12; y++)
                memcpy(dz + (y + 1) * 56 + 4, dy + y * 48, 48 * sizeof *dz);
            for (int r = 0; r < 3; r++)
                mnn_nested_product(12, 4, 12, 12, in + r * 56, 1, 4, 56, dz + 60, 4, 56,
                        dkernel + r * 48, 4, 1);
            float *dx = conv2d_out_gradient_1 + i * 576;
            mnn_grid_product(12, 12, 4, 12, 3, dz, 56, 4, 56, turned, 4, 48, dx, 48, 4);
            for (int j = 0; j < 144; j++)
                for (int k = 0; k < 4; k++)
                    dbias[k] += dy[j * 4 + k];
        }
    }
}

/* conv2d (residual.mnn:7): backward
 *     dout[rows, 12, 12, 4] = the sum of the gradients from all that read it, times the derivative of relu
 * loop; row by row */
static void conv2d_sum_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int j = first * 576; j < (first + n) * 576; j++)
            conv2d_out_gradient[j] = add_out_gradient[j] + conv2d_out_gradient_1[j];
        for (int j = first * 576, end = j + n * 576; j < end; j++) {
            const float y = conv2d_out[j], g = conv2d_out_gradient[j];
            conv2d_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* conv2d (residual.mnn:7): backward
 *     partial sums, one a piece:
 *     dkernel[9, 4] = transpose(patches[144, 9]) . dz[144, 4], dbias = sum of dz
 * tiles in registers, straight from the image; image by image */
static void conv2d_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [14, 14, 1] */
    memset(in, 0, 196 * sizeof *in);
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        float *dkernel = conv2d_partials + first / 2 * 40;
        float *dbias = dkernel + 36;
        memset(dkernel, 0, 40 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 12; y++)
                memcpy(in + (y + 1) * 14 + 1, input_out + i * 144 + y * 12, 12 * sizeof *in);
            const float *dy = conv2d_out_gradient + i * 576;
            for (int r = 0; r < 3; r++)
                mnn_nested_product(3, 4, 12, 12, in + r * 14, 1, 1, 14, dy, 4, 48, dkernel + r * 12,
                        4, 1);
            for (int j = 0; j < 144; j++)
                for (int k = 0; k < 4; k++)
                    dbias[k] += dy[j * 4 + k];
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense_1 (residual.mnn:20): gradients of the parameters
 *     dkernel[144, 10] = transpose(in[rows, 144]) . dy[rows, 10]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(144, 10, rows, add_1_out, 1, 144, dense_1_out_gradient, 10, dense_1_kernel_gradient,
            10, 0);
    for (int j = 0; j < 10; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 10 + j];
}

/* dense (residual.mnn:18): gradients of the parameters
 *     dkernel[144, 144] = transpose(in[rows, 144]) . dy[rows, 144]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    mnn_product(144, 144, rows, maxpool2d_out, 1, 144, dense_out_gradient, 144,
            dense_kernel_gradient, 144, 0);
    for (int j = 0; j < 144; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 144; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 144 + j];
}

/* conv2d_2 (residual.mnn:11): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_2_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 2) != 0)
        return;
    memcpy(conv2d_2_kernel_gradient, conv2d_2_partials, 16 * sizeof(float));
    memcpy(conv2d_2_bias_gradient, conv2d_2_partials + 16, 4 * sizeof(float));
    for (int piece = 1; piece * 2 < rows; piece++) {
        const float *partial = conv2d_2_partials + piece * 20;
        for (int j = 0; j < 16; j++)
            conv2d_2_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 4; j++)
            conv2d_2_bias_gradient[j] += partial[16 + j];
    }
}

/* conv2d_1 (residual.mnn:9): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_1_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 3) != 0)
        return;
    memcpy(conv2d_1_kernel_gradient, conv2d_1_partials, 144 * sizeof(float));
    memcpy(conv2d_1_bias_gradient, conv2d_1_partials + 144, 4 * sizeof(float));
    for (int piece = 1; piece * 2 < rows; piece++) {
        const float *partial = conv2d_1_partials + piece * 148;
        for (int j = 0; j < 144; j++)
            conv2d_1_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 4; j++)
            conv2d_1_bias_gradient[j] += partial[144 + j];
    }
}

/* conv2d (residual.mnn:7): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 4) != 0)
        return;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 36 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 36, 4 * sizeof(float));
    for (int piece = 1; piece * 2 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 40;
        for (int j = 0; j < 36; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 4; j++)
            conv2d_bias_gradient[j] += partial[36 + j];
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    conv2d_forward(worker, batch->rows);
    conv2d_1_forward(worker, batch->rows);
    conv2d_2_forward(worker, batch->rows);
    inner_forward(worker, batch->rows);
    add_forward(worker, batch->rows);
    maxpool2d_forward(worker, batch->rows);
    activation_relu_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    add_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_forward(worker, batch->rows);
    mnn_barrier(worker);
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
    conv2d_forward(worker, batch->rows);
    conv2d_1_forward(worker, batch->rows);
    conv2d_2_forward(worker, batch->rows);
    inner_forward(worker, batch->rows);
    add_forward(worker, batch->rows);
    maxpool2d_forward(worker, batch->rows);
    activation_relu_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    add_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_1_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_tanh_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_backward(worker, batch->rows);
    mnn_barrier(worker);
    flatten_sum_backward(worker, batch->rows);
    maxpool2d_backward(worker, batch->rows);
    conv2d_2_backward(worker, batch->rows);
    conv2d_1_sum_backward(worker, batch->rows);
    conv2d_1_backward(worker, batch->rows);
    conv2d_sum_backward(worker, batch->rows);
    conv2d_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_gradients(worker, batch->rows);
    dense_gradients(worker, batch->rows);
    conv2d_2_gradients(worker, batch->rows);
    conv2d_1_gradients(worker, batch->rows);
    conv2d_gradients(worker, batch->rows);
}

/* update: stochastic gradient descent with momentum
 *     v = 0.9 v - rate g;  w += v */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const float rate = (float)step->learning_rate;
    for (int piece = mnn_part_begin(worker, 3); piece < mnn_part_end(worker, 3); piece++) {
        const int first = piece * 8192, end = mnn_min(first + 8192, PARAM_COUNT);
        for (int i = first; i < end; i++) {
            const float g = grads[i];
            const float v = 0.9f * sgd_velocity[i] - rate * g;
            sgd_velocity[i] = v;
            params[i] += v;
        }
    }
}

/* ---- the same network once more, to check the gradients against ---- */

/* input (residual.mnn:4): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 144;
    for (size_t j = 0; j < 144; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j] : batch->inputs[at + j]));
}

/* conv2d (residual.mnn:7): out[12, 12, 4] = in * kernel + bias */
static void conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 12; y++)
        for (int x = 0; x < 12; x++)
            for (int k = 0; k < 4; k++) {
                double sum = bias[k];
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r - 1, column = x + s - 1;
                        if (row < 0 || row >= 12 || column < 0 || column >= 12)
                            continue;
                        sum += in[row * 12 + column] * kernel[(r * 3 + s) * 4 + k];
                    }
                out[(y * 12 + x) * 4 + k] = sum;
            }
}

/* conv2d (residual.mnn:7): out[576] = relu(in) */
static void conv2d_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 576; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* conv2d_1 (residual.mnn:9): out[12, 12, 4] = in * kernel + bias */
static void conv2d_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 12; y++)
        for (int x = 0; x < 12; x++)
            for (int k = 0; k < 4; k++) {
                double sum = bias[k];
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r - 1, column = x + s - 1;
                        if (row < 0 || row >= 12 || column < 0 || column >= 12)
                            continue;
                        const double *pixel = in + (row * 12 + column) * 4;
                        const double *weight = kernel + (r * 3 + s) * 16 + k;
                        for (int c = 0; c < 4; c++)
                            sum += pixel[c] * weight[c * 4];
                    }
                out[(y * 12 + x) * 4 + k] = sum;
            }
}

/* conv2d_1 (residual.mnn:9): out[576] = relu(in) */
static void conv2d_1_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 576; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* conv2d_2 (residual.mnn:11): out[12, 12, 4] = in * kernel + bias */
static void conv2d_2_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 12; y++)
        for (int x = 0; x < 12; x++)
            for (int k = 0; k < 4; k++) {
                double sum = bias[k];
                for (int r = 0; r < 1; r++)
                    for (int s = 0; s < 1; s++) {
                        const int row = y + r, column = x + s;
                        const double *pixel = in + (row * 12 + column) * 4;
                        const double *weight = kernel + (r * 1 + s) * 16 + k;
                        for (int c = 0; c < 4; c++)
                            sum += pixel[c] * weight[c * 4];
                    }
                out[(y * 12 + x) * 4 + k] = sum;
            }
}

/* inner (residual.mnn:10): out[576] = inside + kept */
static void inner_reference(const double *inside, const double *kept, double *out)
{
    for (int j = 0; j < 576; j++)
        out[j] = inside[j] + kept[j];
}

/* add (residual.mnn:8): out[576] = inside + kept */
static void add_reference(const double *inside, const double *kept, double *out)
{
    for (int j = 0; j < 576; j++)
        out[j] = inside[j] + kept[j];
}

/* activation (residual.mnn:14): out[576] = relu(in) */
static void activation_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 576; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* maxpool2d (residual.mnn:15): out[144] = largest of each window */
static void maxpool2d_reference(const double *in, double *out)
{
    for (int y = 0; y < 6; y++)
        for (int x = 0; x < 6; x++) {
            const int top = y * 2, left = x * 2;
            for (int k = 0; k < 4; k++) {
                double best = in[(top * 12 + left) * 4 + k];
                for (int r = 0; r < 2; r++)
                    for (int c = 0; c < 2; c++) {
                        best = fmax(best, in[((top + r) * 12 + left + c) * 4 + k]);
                    }
                out[(y * 6 + x) * 4 + k] = best;
            }
        }
}

/* dense (residual.mnn:18): out[144] = in[144] . kernel[144, 144] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 144; j++) {
        double sum = bias[j];
        for (int i = 0; i < 144; i++)
            sum += in[i] * kernel[i * 144 + j];
        out[j] = sum;
    }
}

/* dense (residual.mnn:18): out[144] = tanh(in) */
static void dense_tanh_reference(const double *in, double *out)
{
    for (int j = 0; j < 144; j++)
        out[j] = tanh(in[j]);
}

/* add_1 (residual.mnn:17): out[144] = inside + kept */
static void add_1_reference(const double *inside, const double *kept, double *out)
{
    for (int j = 0; j < 144; j++)
        out[j] = inside[j] + kept[j];
}

/* dense_1 (residual.mnn:20): out[10] = in[144] . kernel[144, 10] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 144; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* dense_1 (residual.mnn:20): out[10] = softmax(in) */
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

/* loss (residual.mnn:23): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[144];
    static double conv2d_reference_values[576];
    static double conv2d_relu_reference_values[576];
    static double conv2d_1_reference_values[576];
    static double conv2d_1_relu_reference_values[576];
    static double conv2d_2_reference_values[576];
    static double inner_reference_values[576];
    static double add_reference_values[576];
    static double activation_relu_reference_values[576];
    static double maxpool2d_reference_values[144];
    static double dense_reference_values[144];
    static double dense_tanh_reference_values[144];
    static double add_1_reference_values[144];
    static double dense_1_reference_values[10];
    static double dense_1_softmax_reference_values[10];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        conv2d_reference(weights + 0, weights + 36, input_reference_values,
                conv2d_reference_values);
        conv2d_relu_reference(conv2d_reference_values, conv2d_relu_reference_values);
        conv2d_1_reference(weights + 40, weights + 184, conv2d_relu_reference_values,
                conv2d_1_reference_values);
        conv2d_1_relu_reference(conv2d_1_reference_values, conv2d_1_relu_reference_values);
        conv2d_2_reference(weights + 188, weights + 204, conv2d_1_relu_reference_values,
                conv2d_2_reference_values);
        inner_reference(conv2d_2_reference_values, conv2d_1_relu_reference_values,
                inner_reference_values);
        add_reference(inner_reference_values, conv2d_relu_reference_values, add_reference_values);
        activation_relu_reference(add_reference_values, activation_relu_reference_values);
        maxpool2d_reference(activation_relu_reference_values, maxpool2d_reference_values);
        dense_reference(weights + 208, weights + 20944, maxpool2d_reference_values,
                dense_reference_values);
        dense_tanh_reference(dense_reference_values, dense_tanh_reference_values);
        add_1_reference(dense_tanh_reference_values, maxpool2d_reference_values,
                add_1_reference_values);
        dense_1_reference(weights + 21088, weights + 22528, add_1_reference_values,
                dense_1_reference_values);
        dense_1_softmax_reference(dense_1_reference_values, dense_1_softmax_reference_values);
        result[row] = loss_reference(dense_1_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {12, 12, 1}, 0, 288},
    {"conv2d", "conv2d", 3, {12, 12, 4}, 40, 11520},
    {"conv2d_1", "conv2d", 3, {12, 12, 4}, 148, 42624},
    {"conv2d_2", "conv2d", 3, {12, 12, 4}, 20, 5184},
    {"inner", "add", 3, {12, 12, 4}, 0, 576},
    {"add", "add", 3, {12, 12, 4}, 0, 576},
    {"activation", "activation", 3, {12, 12, 4}, 0, 144},
    {"maxpool2d", "maxpool2d", 3, {6, 6, 4}, 0, 576},
    {"flatten", "flatten", 1, {144}, 0, 0},
    {"dense", "dense", 1, {144}, 20880, 42192},
    {"add_1", "add", 1, {144}, 0, 144},
    {"dense_1", "dense", 1, {10}, 1450, 2930},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {3, 3, 1, 4}, 0, 36, true, MNN_INIT_UNIFORM, -0.3651483716701107,
            0.3651483716701107},
    {"conv2d.bias", 1, {4}, 36, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"conv2d_1.kernel", 4, {3, 3, 4, 4}, 40, 144, true, MNN_INIT_UNIFORM, -0.28867513459481287,
            0.28867513459481287},
    {"conv2d_1.bias", 1, {4}, 184, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"conv2d_2.kernel", 4, {1, 1, 4, 4}, 188, 16, true, MNN_INIT_UNIFORM, -0.8660254037844386,
            0.8660254037844386},
    {"conv2d_2.bias", 1, {4}, 204, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense.kernel", 2, {144, 144}, 208, 20736, true, MNN_INIT_UNIFORM, -0.14433756729740643,
            0.14433756729740643},
    {"dense.bias", 1, {144}, 20944, 144, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense_1.kernel", 2, {144, 10}, 21088, 1440, true, MNN_INIT_UNIFORM, -0.19738550848793068,
            0.19738550848793068},
    {"dense_1.bias", 1, {10}, 22528, 10, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"velocity", sgd_velocity, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {12, 12, 1}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 3, .dims = {12, 12, 4}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .pad = {1, 1}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "conv2d", .input_count = 1, .inputs = {1}, .rank = 3,
            .dims = {12, 12, 4}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_1", .input_count = 1, .inputs = {2}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 3, .dims = {12, 12, 4}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .pad = {1, 1}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "conv2d_1", .input_count = 1, .inputs = {3}, .rank = 3,
            .dims = {12, 12, 4}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_2", .input_count = 1, .inputs = {4}, .tensor_count = 2,
            .tensors = {4, 5}, .rank = 3, .dims = {12, 12, 4}, .window = {1, 1}, .strides = {1, 1},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_ADD, .layer = "inner", .input_count = 2, .inputs = {5, 4}, .rank = 3,
            .dims = {12, 12, 4}},
    {.op = MNN_OP_ADD, .layer = "add", .input_count = 2, .inputs = {6, 2}, .rank = 3,
            .dims = {12, 12, 4}},
    {.op = MNN_OP_ACTIVATION, .layer = "activation", .input_count = 1, .inputs = {7}, .rank = 3,
            .dims = {12, 12, 4}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_MAXPOOL2D, .layer = "maxpool2d", .input_count = 1, .inputs = {8}, .rank = 3,
            .dims = {6, 6, 4}, .window = {2, 2}, .strides = {2, 2}},
    {.op = MNN_OP_RESHAPE, .layer = "flatten", .input_count = 1, .inputs = {9}, .rank = 1,
            .dims = {144}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {10}, .tensor_count = 2,
            .tensors = {6, 7}, .rank = 1, .dims = {144}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {11}, .rank = 1,
            .dims = {144}, .activation = MNN_ACTIVATION_TANH},
    {.op = MNN_OP_ADD, .layer = "add_1", .input_count = 2, .inputs = {12, 10}, .rank = 1,
            .dims = {144}},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {13}, .tensor_count = 2,
            .tensors = {8, 9}, .rank = 1, .dims = {10}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_1", .input_count = 1, .inputs = {14}, .rank = 1,
            .dims = {10}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "3b5e64fbe0227319e31e858d8aea281a85d88c1bf8e8692db5fcbceeb3fd3122",
    .data_name = "d",
    .train = {"i", "l"},
    .test = {"i", "l"},
    .validation = {NULL, NULL},
    .sample_rank = 3,
    .sample_dims = {12, 12, 1},
    .sample_size = 144,
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
    .optimizer_name = "sgd",
    .learning_rate = 0.1,
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
    .static_bytes = 544576,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 15952,
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
