/* maxpool_overlap_same: a training program that mnnc 0.1.0 made from maxpool_overlap_same.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              9 x 9 x 1                0             162     6
 * maxpool2d (maxpool2d)      5 x 5 x 1                0             225    10
 * conv2d (conv2d, relu)      4 x 4 x 2               10             320    11
 * maxpool2d_1 (maxpool2d)    4 x 4 x 2                0             288    12
 * flatten (flatten)          32                       0               0    13
 * dense (dense, softmax)     4                      132             276    14
 *
 * 142 parameters, batches of 9; static memory 26,117 bytes (checked below).
 * gradcheck takes another 1,680 bytes.
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
    BATCH = 9, /* rows of a full batch */
    PARAM_COUNT = 142,
    WORKSPACE = 1264, /* floats */
    SCRATCH = 912, /* floats a worker */
    MAX_WORKERS = 5
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float adam_m[PARAM_COUNT];
static _Alignas(64) float adam_v[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static uint8_t maxpool2d_index[225]; /* [rows, 5, 5, 1]: which of its window was the largest */
static uint8_t maxpool2d_1_index[288]; /* [rows, 4, 4, 2]: which of its window was the largest */
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof adam_m + sizeof adam_v + sizeof workspace
        + sizeof scratch + sizeof maxpool2d_index + sizeof maxpool2d_1_index
        + sizeof row_loss == 26117, "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [2, 2, 1, 2] */
static float *const conv2d_bias = params + 8; /* [2] */
static float *const dense_kernel = params + 10; /* [32, 4] */
static float *const dense_bias = params + 138; /* [4] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [2, 2, 1, 2] */
static float *const conv2d_bias_gradient = grads + 8; /* [2] */
static float *const dense_kernel_gradient = grads + 10; /* [32, 4] */
static float *const dense_bias_gradient = grads + 138; /* [4] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 9, 9, 1] */
static float *const maxpool2d_out = workspace + 736; /* [rows, 5, 5, 1] */
static float *const maxpool2d_1_out = workspace + 976; /* [rows, 4, 4, 2] */
static float *const dense_out = workspace + 0; /* [rows, 4] */
static float *const dense_softmax = workspace + 48; /* [rows, 4] */
static float *const dense_out_gradient = workspace + 96; /* [rows, 4] */
static float *const flatten_out_gradient = workspace + 144; /* [rows, 32] */
static float *const conv2d_partials = workspace + 432; /* partial sums */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[9 x 9 x 1]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 81;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 81; j++)
            out[j] = (float)pixel[j] * 0.003921569f;
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 81; j++)
            out[j] = value[j] * 0.003921569f;
    }
}

/* input (maxpool_overlap_same.mnn:6): forward
 *     out[rows, 9, 9, 1] = the samples that the batch names
 * loop; row by row */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 2; first < batch->rows; first += worker->count * 2) {
        const int n = mnn_min(2, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 81);
            float *out = input_out + i * 81;
            input_sample(batch, i, out);
        }
    }
}

/* maxpool2d (maxpool_overlap_same.mnn:10): forward
 *     out[rows, 5, 5, 1] = largest of each window of in[rows, 9, 9, 1]
 * loop; row by row */
static void maxpool2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = input_out + i * 81;
            float *out = maxpool2d_out + i * 25;
            uint8_t *index = maxpool2d_index + i * 25;
            for (int y = 0; y < 5; y++)
                for (int x = 0; x < 5; x++) {
                    const int top = y * 2 - 1, left = x * 2 - 1;
                    const int r0 = top < 0 ? -top : 0, r1 = top + 3 > 9 ? 9 - top : 3;
                    const int c0 = left < 0 ? -left : 0, c1 = left + 3 > 9 ? 9 - left : 3;
                    float best[1];
                    int where[1] = {0};
                    memcpy(best, in + ((top + r0) * 9 + left + c0) * 1, sizeof best);
                    for (int r = r0; r < r1; r++)
                        for (int c = c0; c < c1; c++) {
                            const float *z_rc = in + ((top + r) * 9 + left + c) * 1;
                            for (int k = 0; k < 1; k++)
                                best[k] = z_rc[k] > best[k] ? z_rc[k] : best[k];
                        }
                    for (int r = r1 - 1; r >= r0; r--)
                        for (int c = c1 - 1; c >= c0; c--) {
                            const float *z_rc = in + ((top + r) * 9 + left + c) * 1;
                            for (int k = 0; k < 1; k++)
                                where[k] = z_rc[k] == best[k] ? r * 3 + c : where[k];
                        }
                    for (int k = 0; k < 1; k++)
                        out[(y * 5 + x) * 1 + k] = best[k];
                    for (int k = 0; k < 1; k++)
                        index[(y * 5 + x) * 1 + k] = (uint8_t)where[k];
                }
        }
    }
}

/* conv2d (maxpool_overlap_same.mnn:11): forward
 *     out[rows, 4, 4, 2] = relu(maxpool2d(in[rows, 5, 5, 1] * kernel[2, 2, 1, 2]) + bias)
 * tiles in registers, straight from the image; image by image: what is pooled stays in the cache */
static void conv2d_forward(const mnn_worker *worker, int rows)
{
    float *z = scratch[worker->index]; /* [4, 4, 2] */
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = maxpool2d_1_out + i * 32;
            const float *in = maxpool2d_out + i * 25;
            mnn_grid_product(4, 4, 2, 2, 2, in, 5, 1, 5, conv2d_kernel, 2, 4, z, 8, 2);
            uint8_t *index = maxpool2d_1_index + i * 32;
            for (int y = 0; y < 4; y++)
                for (int x = 0; x < 4; x++) {
                    const int top = y - 1, left = x - 1;
                    const int r0 = top < 0 ? -top : 0, r1 = top + 3 > 4 ? 4 - top : 3;
                    const int c0 = left < 0 ? -left : 0, c1 = left + 3 > 4 ? 4 - left : 3;
                    float best[2];
                    int where[2] = {0};
                    memcpy(best, z + ((top + r0) * 4 + left + c0) * 2, sizeof best);
                    for (int r = r0; r < r1; r++)
                        for (int c = c0; c < c1; c++) {
                            const float *z_rc = z + ((top + r) * 4 + left + c) * 2;
                            for (int k = 0; k < 2; k++)
                                best[k] = z_rc[k] > best[k] ? z_rc[k] : best[k];
                        }
                    for (int r = r1 - 1; r >= r0; r--)
                        for (int c = c1 - 1; c >= c0; c--) {
                            const float *z_rc = z + ((top + r) * 4 + left + c) * 2;
                            for (int k = 0; k < 2; k++)
                                where[k] = z_rc[k] == best[k] ? r * 3 + c : where[k];
                        }
                    for (int k = 0; k < 2; k++)
                        out[(y * 4 + x) * 2 + k] = best[k] + conv2d_bias[k];
                    for (int k = 0; k < 2; k++)
                        index[(y * 4 + x) * 2 + k] = (uint8_t)where[k];
                }
            for (int j = 0; j < 16; j++)
                for (int k = 0; k < 2; k++) {
                    const float sum = out[j * 2 + k];
                    out[j * 2 + k] = sum < 0.0f ? 0.0f : sum;
                }
        }
    }
}

/* dense (maxpool_overlap_same.mnn:14): forward
 *     out[rows, 4] = in[rows, 32] . kernel[32, 4] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_out;
    mnn_rows_product(rows, 4, 32, maxpool2d_1_out, 32, dense_kernel, 4, out, 4);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            out[i * 4 + j] += dense_bias[j];
}

/* dense (maxpool_overlap_same.mnn:14): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 4]
 * loop; row by row */
static void dense_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
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

/* loss (maxpool_overlap_same.mnn:18): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 2; first < batch->rows; first += worker->count * 2) {
        const int n = mnn_min(2, batch->rows - first);
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

/* loss (maxpool_overlap_same.mnn:18): backward
 *     dz[rows, 4] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 2; first < batch->rows; first += worker->count * 2) {
        const int n = mnn_min(2, batch->rows - first);
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

/* dense (maxpool_overlap_same.mnn:14): backward
 *     dx[rows, 32] = dy[rows, 4] . transpose(kernel[32, 4]), times the derivative of relu
 * tiles in registers; in one piece: too small to cut */
static void dense_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [4, 9] */
    float *dx_turned = dy_turned + 36; /* [96, 9] */
    mnn_transpose(rows, 4, dense_out_gradient, 4, dy_turned, 9);
    for (int i = 0; i < 32; i += 96) {
        const int count = mnn_min(96, 32 - i);
        mnn_product(count, 9, 4, dense_kernel + i * 4, 4, 1, dy_turned, 9, dx_turned, 9, 0);
        mnn_transpose(count, rows, dx_turned, 9, flatten_out_gradient + i, 32);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 32 + 0, end = j + 32; j < end; j++) {
            const float y = maxpool2d_1_out[j], g = flatten_out_gradient[j];
            flatten_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
}

/* conv2d (maxpool_overlap_same.mnn:11): backward
 *     partial sums, one a piece:
 *     dkernel[4, 2] = transpose(patches[16, 4]) . dz[16, 2], dbias = sum of dz
 * tiles in registers, straight from the image; image by image: what is pooled stays in the cache */
static void conv2d_backward(const mnn_worker *worker, int rows)
{
    float *dz = scratch[worker->index]; /* [4, 4, 2] */
    memset(dz, 0, 32 * sizeof *dz);
    for (int first = worker->index * 2; first < rows; first += worker->count * 2) {
        const int n = mnn_min(2, rows - first);
        float *dkernel = conv2d_partials + first / 2 * 10;
        float *dbias = dkernel + 8;
        memset(dkernel, 0, 10 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *in = maxpool2d_out + i * 25;
            const float *dy = flatten_out_gradient + i * 32;
            const uint8_t *index = maxpool2d_1_index + i * 32;
            memset(dz, 0, 32 * sizeof *dz);
            for (int y = 0; y < 4; y++)
                for (int x = 0; x < 4; x++)
                    for (int k = 0; k < 2; k++) {
                        const int where = index[(y * 4 + x) * 2 + k];
                        dz[((y * 1 - 1 + where / 3) * 4 + (x * 1 - 1 + where % 3)) * 2
                                + k] += dy[(y * 4 + x) * 2 + k];
                    }
            for (int r = 0; r < 2; r++)
                mnn_nested_product(2, 2, 4, 4, in + r * 5, 1, 1, 5, dz, 2, 8, dkernel + r * 4, 2,
                        1);
            for (int j = 0; j < 16; j++)
                for (int k = 0; k < 2; k++)
                    dbias[k] += dy[j * 2 + k];
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense (maxpool_overlap_same.mnn:14): gradients of the parameters
 *     dkernel[32, 4] = transpose(in[rows, 32]) . dy[rows, 4]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(32, 4, rows, maxpool2d_1_out, 1, 32, dense_out_gradient, 4, dense_kernel_gradient,
            4, 0);
    for (int j = 0; j < 4; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 4 + j];
}

/* conv2d (maxpool_overlap_same.mnn:11): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 8 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 8, 2 * sizeof(float));
    for (int piece = 1; piece * 2 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 10;
        for (int j = 0; j < 8; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 2; j++)
            conv2d_bias_gradient[j] += partial[8 + j];
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    maxpool2d_forward(worker, batch->rows);
    conv2d_forward(worker, batch->rows);
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
    maxpool2d_forward(worker, batch->rows);
    conv2d_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_backward(worker, batch->rows);
    mnn_barrier(worker);
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

/* input (maxpool_overlap_same.mnn:6): out = x * scale + shift as the network sees it */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 81;
    for (size_t j = 0; j < 81; j++)
        out[j] = (double)((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
}

/* maxpool2d (maxpool_overlap_same.mnn:10): out[25] = largest of each window */
static void maxpool2d_reference(const double *in, double *out)
{
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++) {
            const int top = y * 2 - 1, left = x * 2 - 1;
            const int r0 = top < 0 ? -top : 0, r1 = top + 3 > 9 ? 9 - top : 3;
            const int c0 = left < 0 ? -left : 0, c1 = left + 3 > 9 ? 9 - left : 3;
            for (int k = 0; k < 1; k++) {
                double best = in[((top + r0) * 9 + left + c0) * 1 + k];
                for (int r = r0; r < r1; r++)
                    for (int c = c0; c < c1; c++) {
                        best = fmax(best, in[((top + r) * 9 + left + c) * 1 + k]);
                    }
                out[(y * 5 + x) * 1 + k] = best;
            }
        }
}

/* conv2d (maxpool_overlap_same.mnn:11): out[4, 4, 2] = in * kernel + bias */
static void conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++)
            for (int k = 0; k < 2; k++) {
                double sum = bias[k];
                for (int r = 0; r < 2; r++)
                    for (int s = 0; s < 2; s++) {
                        const int row = y + r, column = x + s;
                        sum += in[row * 5 + column] * kernel[(r * 2 + s) * 2 + k];
                    }
                out[(y * 4 + x) * 2 + k] = sum;
            }
}

/* conv2d (maxpool_overlap_same.mnn:11): out[32] = relu(in) */
static void conv2d_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 32; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* maxpool2d_1 (maxpool_overlap_same.mnn:12): out[32] = largest of each window */
static void maxpool2d_1_reference(const double *in, double *out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++) {
            const int top = y - 1, left = x - 1;
            const int r0 = top < 0 ? -top : 0, r1 = top + 3 > 4 ? 4 - top : 3;
            const int c0 = left < 0 ? -left : 0, c1 = left + 3 > 4 ? 4 - left : 3;
            for (int k = 0; k < 2; k++) {
                double best = in[((top + r0) * 4 + left + c0) * 2 + k];
                for (int r = r0; r < r1; r++)
                    for (int c = c0; c < c1; c++) {
                        best = fmax(best, in[((top + r) * 4 + left + c) * 2 + k]);
                    }
                out[(y * 4 + x) * 2 + k] = best;
            }
        }
}

/* dense (maxpool_overlap_same.mnn:14): out[4] = in[32] . kernel[32, 4] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 4; j++) {
        double sum = bias[j];
        for (int i = 0; i < 32; i++)
            sum += in[i] * kernel[i * 4 + j];
        out[j] = sum;
    }
}

/* dense (maxpool_overlap_same.mnn:14): out[4] = softmax(in) */
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

/* loss (maxpool_overlap_same.mnn:18): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[81];
    static double maxpool2d_reference_values[25];
    static double conv2d_reference_values[32];
    static double conv2d_relu_reference_values[32];
    static double maxpool2d_1_reference_values[32];
    static double dense_reference_values[4];
    static double dense_softmax_reference_values[4];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        maxpool2d_reference(input_reference_values, maxpool2d_reference_values);
        conv2d_reference(weights + 0, weights + 8, maxpool2d_reference_values,
                conv2d_reference_values);
        conv2d_relu_reference(conv2d_reference_values, conv2d_relu_reference_values);
        maxpool2d_1_reference(conv2d_relu_reference_values, maxpool2d_1_reference_values);
        dense_reference(weights + 10, weights + 138, maxpool2d_1_reference_values,
                dense_reference_values);
        dense_softmax_reference(dense_reference_values, dense_softmax_reference_values);
        result[row] = loss_reference(dense_softmax_reference_values,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {9, 9, 1}, 0, 162},
    {"maxpool2d", "maxpool2d", 3, {5, 5, 1}, 0, 225},
    {"conv2d", "conv2d", 3, {4, 4, 2}, 10, 320},
    {"maxpool2d_1", "maxpool2d", 3, {4, 4, 2}, 0, 288},
    {"flatten", "flatten", 1, {32}, 0, 0},
    {"dense", "dense", 1, {4}, 132, 276},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {2, 2, 1, 2}, 0, 8, true, MNN_INIT_UNIFORM, -0.7071067811865476,
            0.7071067811865476},
    {"conv2d.bias", 1, {2}, 8, 2, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense.kernel", 2, {32, 4}, 10, 128, true, MNN_INIT_UNIFORM, -0.408248290463863,
            0.408248290463863},
    {"dense.bias", 1, {4}, 138, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {9, 9, 1}},
    {.op = MNN_OP_MAXPOOL2D, .layer = "maxpool2d", .input_count = 1, .inputs = {0}, .rank = 3,
            .dims = {5, 5, 1}, .window = {3, 3}, .strides = {2, 2}, .pad = {1, 1}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d", .input_count = 1, .inputs = {1}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 3, .dims = {4, 4, 2}, .window = {2, 2}, .strides = {1, 1},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "conv2d", .input_count = 1, .inputs = {2}, .rank = 3,
            .dims = {4, 4, 2}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_MAXPOOL2D, .layer = "maxpool2d_1", .input_count = 1, .inputs = {3}, .rank = 3,
            .dims = {4, 4, 2}, .window = {3, 3}, .strides = {1, 1}, .pad = {1, 1}},
    {.op = MNN_OP_RESHAPE, .layer = "flatten", .input_count = 1, .inputs = {4}, .rank = 1,
            .dims = {32}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {5}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {4}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {6}, .rank = 1,
            .dims = {4}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "maxpool_overlap_same",
    .description = "695fed72997c9d083dad9c4ebb41f77c282aff6f3a5289d0b7077dd7883e727d",
    .data_name = "digits",
    .train = {"digits/train-images", "digits/train-labels"},
    .test = {"digits/test-images", "digits/test-labels"},
    .validation = {NULL, NULL},
    .sample_rank = 3,
    .sample_dims = {9, 9, 1},
    .sample_size = 81,
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
    .static_bytes = 26117,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 4,
    .output = workspace + 48,
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
