/* m: a training program that mnnc 0.1.0 made from keras_training.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              6 x 6 x 1                0              72     8
 * conv2d (conv2d)            4 x 4 x 4               40           1,216    15
 * activation (activation)    4 x 4 x 4                0             128    16
 * reshape (reshape)          8 x 8                    0               0    17
 * reshape_1 (reshape)        64                       0               0    18
 * dense (dense, softmax)     3                      195             399    19
 *
 * 235 parameters, batches of 50; static memory 198,784 bytes (checked below).
 * gradcheck takes another 1,360 bytes.
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
    BATCH = 50, /* rows of a full batch */
    PARAM_COUNT = 235,
    WORKSPACE = 9024, /* floats */
    SCRATCH = 4960, /* floats a worker */
    MAX_WORKERS = 8
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float sgd_velocity[PARAM_COUNT];
static _Alignas(64) float best_params[PARAM_COUNT]; /* early_stopping: of the best epoch */
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static float row_loss[BATCH];
static double piece_squares[1]; /* of the gradients, to clip them */

_Static_assert(sizeof params + sizeof grads + sizeof sgd_velocity + sizeof best_params
        + sizeof workspace + sizeof scratch + sizeof row_loss + sizeof piece_squares == 198784,
        "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [3, 3, 1, 4] */
static float *const conv2d_bias = params + 36; /* [4] */
static float *const dense_kernel = params + 40; /* [64, 3] */
static float *const dense_bias = params + 232; /* [3] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [3, 3, 1, 4] */
static float *const conv2d_bias_gradient = grads + 36; /* [4] */
static float *const dense_kernel_gradient = grads + 40; /* [64, 3] */
static float *const dense_bias_gradient = grads + 232; /* [3] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 6, 6, 1] */
static float *const activation_out = workspace + 1808; /* [rows, 4, 4, 4] */
static float *const dense_out = workspace + 5008; /* [rows, 3] */
static float *const dense_softmax = workspace + 5168; /* [rows, 3] */
static float *const loss_penalty_sums = workspace + 5328; /* partial sums */
static float *const dense_out_gradient = workspace + 5344; /* [rows, 3] */
static float *const reshape_1_out_gradient = workspace + 5504; /* [rows, 64] */
static float *const conv2d_partials = workspace + 8704; /* partial sums */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[6 x 6 x 1]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 36;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 36; j++)
            out[j] = (float)pixel[j] * 0.012722646f - 0.42366412f;
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 36; j++)
            out[j] = value[j] * 0.012722646f - 0.42366412f;
    }
}

/* input: how far a picture moves in training, at most; drawn at every step */
static const mnn_motion input_motion = {
    .height = 6, .width = 6, .channels = 1,
    .rotate = 10.0f, /* degrees */
    .zoom = 0.0f,
    .shift = 1.0f, /* pixels */
    .outside = 0.0f,
};

/* input (keras_training.mnn:8): forward
 *     out[rows, 6, 6, 1] = the samples that the batch names,
 *     rotated by up to 10.0 degrees, shifted by up to 1.0 pixels
 * loop; row by row; drawn anew at every step */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 7; first < batch->rows; first += worker->count * 7) {
        const int n = mnn_min(7, batch->rows - first);
        float *sample = scratch[worker->index];
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 36);
            float *out = input_out + i * 36;
            input_sample(batch, i, sample);
            mnn_augment_move(&input_motion, batch, i, sample, out);
        }
    }
}

/* input (keras_training.mnn:8): prediction
 *     out[rows, 6, 6, 1] = the samples as they are */
static void input_predict(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 7; first < batch->rows; first += worker->count * 7) {
        const int n = mnn_min(7, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 36);
            float *out = input_out + i * 36;
            input_sample(batch, i, out);
        }
    }
}

/* conv2d (keras_training.mnn:15): forward
 *     out[rows, 4, 4, 4] = leaky_relu(in[rows, 6, 6, 1] * kernel[3, 3, 1, 4] + bias)
 * tiles in registers, straight from the image; image by image */
static void conv2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 7; first < rows; first += worker->count * 7) {
        const int n = mnn_min(7, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = activation_out + i * 64;
            const float *in = input_out + i * 36;
            mnn_grid_product(4, 4, 4, 3, 3, in, 6, 1, 6, conv2d_kernel, 4, 12, out, 16, 4);
            for (int j = 0; j < 16; j++)
                for (int k = 0; k < 4; k++) {
                    const float sum = out[j * 4 + k] + conv2d_bias[k];
                    out[j * 4 + k] = sum < 0.0f ? 0.1f * sum : sum;
                }
        }
    }
}

/* dense (keras_training.mnn:19): forward
 *     out[rows, 3] = in[rows, 64] . kernel[64, 3] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_out;
    mnn_rows_product(rows, 3, 64, activation_out, 64, dense_kernel, 3, out, 3);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 3; j++)
            out[i * 3 + j] += dense_bias[j];
}

/* dense (keras_training.mnn:19): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 3]
 * loop; row by row */
static void dense_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 7; first < rows; first += worker->count * 7) {
        const int n = mnn_min(7, rows - first);
        for (int i = 0; i < n; i++) {
            const float *z = dense_out + first * 3 + i * 3;
            float *p = dense_softmax + first * 3 + i * 3;
            float largest = z[0], sum = 0.0f;
            for (int j = 1; j < 3; j++)
                largest = z[j] > largest ? z[j] : largest;
            for (int j = 0; j < 3; j++) {
                p[j] = expf(z[j] - largest);
                sum += p[j];
            }
            for (int j = 0; j < 3; j++)
                p[j] /= sum;
        }
    }
}

/* loss (keras_training.mnn:23): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - sum over j of target[j] z[j]
 *     = -sum over j of target[j] log(p[j]); target is 0.9333333333333333 at the label and 0.03333333333333333 elsewhere
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 7; first < batch->rows; first += worker->count * 7) {
        const int n = mnn_min(7, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = dense_out + i * 3;
            const int label = batch->labels[batch->index[i]];
            float largest = z[0], sum = 0.0f;
            for (int j = 1; j < 3; j++)
                largest = z[j] > largest ? z[j] : largest;
            for (int j = 0; j < 3; j++)
                sum += expf(z[j] - largest);
            float product = 0.0f; /* of target and z - largest */
            for (int j = 0; j < 3; j++)
                product += (j == label ? 0.93333334f : 0.033333335f) * (z[j] - largest);
            row_loss[i] = logf(sum) - product;
        }
    }
}

/* loss (keras_training.mnn:23): forward
 *     row_loss[rows] += 0.001 sum |conv2d_kernel| + 0.01 sum conv2d_kernel^2
 * loop; pieces of the parameters; when all are summed up, row by row */
static void loss_penalty_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8192; first < 36; first += worker->count * 8192) {
        const int n = mnn_min(8192, 36 - first);
        const double l1 = 0.001 * mnn_sum_of_magnitudes(conv2d_kernel + first, n);
        const double l2 = 0.01 * mnn_sum_of_squares(conv2d_kernel + first, n);
        loss_penalty_sums[first / 8192] = (float)(l1 + l2);
    }
    mnn_barrier(worker);
    float penalty = 0.0f;
    for (int j = 0; j < 1; j++)
        penalty += loss_penalty_sums[j];
    for (int first = worker->index * 7; first < rows; first += worker->count * 7) {
        const int n = mnn_min(7, rows - first);
        for (int i = first; i < first + n; i++)
            row_loss[i] += penalty;
    }
}

/* ---- backward ---- */

/* loss (keras_training.mnn:23): backward
 *     dz[rows, 3] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 7; first < batch->rows; first += worker->count * 7) {
        const int n = mnn_min(7, batch->rows - first);
        const float scale = 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_softmax + i * 3;
            float *dz = dense_out_gradient + i * 3;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 3; j++)
                dz[j] = (p[j] - (j == label ? 0.93333334f : 0.033333335f)) * scale;
        }
    }
}

/* dense (keras_training.mnn:19): backward
 *     dx[rows, 64] = dy[rows, 3] . transpose(kernel[64, 3]), times the derivative of leaky_relu
 * tiles in registers; in one piece: too small to cut */
static void dense_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [3, 50] */
    float *dx_turned = dy_turned + 150; /* [96, 50] */
    mnn_transpose(rows, 3, dense_out_gradient, 3, dy_turned, 50);
    for (int i = 0; i < 64; i += 96) {
        const int count = mnn_min(96, 64 - i);
        mnn_product(count, 50, 3, dense_kernel + i * 3, 3, 1, dy_turned, 50, dx_turned, 50, 0);
        mnn_transpose(count, rows, dx_turned, 50, reshape_1_out_gradient + i, 64);
    }
    for (int i = 0; i < rows; i++)
        for (int j = i * 64 + 0, end = j + 64; j < end; j++) {
            const float y = activation_out[j], g = reshape_1_out_gradient[j];
            reshape_1_out_gradient[j] = y > 0.0f ? g : 0.1f * g;
        }
}

/* conv2d (keras_training.mnn:15): backward
 *     partial sums, one a piece:
 *     dkernel[9, 4] = transpose(patches[16, 9]) . dz[16, 4], dbias = sum of dz
 * tiles in registers, straight from the image; image by image */
static void conv2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 7; first < rows; first += worker->count * 7) {
        const int n = mnn_min(7, rows - first);
        float *dkernel = conv2d_partials + first / 7 * 40;
        float *dbias = dkernel + 36;
        memset(dkernel, 0, 40 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *in = input_out + i * 36;
            const float *dy = reshape_1_out_gradient + i * 64;
            for (int r = 0; r < 3; r++)
                mnn_nested_product(3, 4, 4, 4, in + r * 6, 1, 1, 6, dy, 4, 16, dkernel + r * 12, 4,
                        1);
            for (int j = 0; j < 16; j++)
                for (int k = 0; k < 4; k++)
                    dbias[k] += dy[j * 4 + k];
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense (keras_training.mnn:19): gradients of the parameters
 *     dkernel[64, 3] = transpose(in[rows, 64]) . dy[rows, 3]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(64, 3, rows, activation_out, 1, 64, dense_out_gradient, 3, dense_kernel_gradient, 3,
            0);
    for (int j = 0; j < 3; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 3; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 3 + j];
}

/* conv2d (keras_training.mnn:15): gradients of the parameters
 *     dkernel, dbias = the sum of the pieces' partial sums, in order, and the penalty's part
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 36 * sizeof(float));
    memcpy(conv2d_bias_gradient, conv2d_partials + 36, 4 * sizeof(float));
    for (int piece = 1; piece * 7 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 40;
        for (int j = 0; j < 36; j++)
            conv2d_kernel_gradient[j] += partial[j];
        for (int j = 0; j < 4; j++)
            conv2d_bias_gradient[j] += partial[36 + j];
    }
    for (int j = 0, end = j + 36; j < end; j++) {
        const float w = conv2d_kernel[j];
        conv2d_kernel_gradient[j] += (w > 0.0f ? 0.001f : w < 0.0f ? -0.001f : 0.0f) + 0.02f * w;
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_predict(worker, batch);
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
    loss_penalty_forward(worker, batch->rows);
}

/* A training step but for the update. Workers wait where one reads what another wrote. */
static void gradients(const mnn_worker *worker, const mnn_batch *batch)
{
    input_forward(worker, batch);
    conv2d_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_penalty_forward(worker, batch->rows);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_backward(worker, batch->rows);
    mnn_barrier(worker);
    conv2d_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_gradients(worker, batch->rows);
    conv2d_gradients(worker, batch->rows);
}

/* The learning rate after so many updates: one cycle (Smith, Topin 2018; the form of PyTorch's OneCycleLR)
 * half a cosine from 0.004 up to 0.1 at step 149.0, then half a cosine down to 4e-07 at step 499 */
static double schedule(uint64_t updates)
{
    const double pi = 3.14159265358979323846, turn = 149.0, end = 499.0;
    const double step = fmin((double)updates, end);
    if (step <= turn)
        return 0.1 + (0.004 - 0.1) * 0.5 * (1.0 + cos(pi * step / turn));
    return 4e-07 + (0.1 - 4e-07) * 0.5 * (1.0 + cos(pi * (step - turn) / (end - turn)));
}

/* update: stochastic gradient descent with Nesterov momentum
 *     v = 0.9 v - rate g;  w += 0.9 v - rate g
 *     before: g *= min(1, 1.0 / norm of all g together) */
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
    const float clip = (float)(sqrt(squares) > 1.0 ? 1.0 / sqrt(squares) : 1.0);
    for (int piece = mnn_part_begin(worker, 1); piece < mnn_part_end(worker, 1); piece++) {
        const int first = piece * 8192, end = mnn_min(first + 8192, PARAM_COUNT);
        for (int i = first; i < end; i++) {
            const float g = clip * grads[i];
            const float v = 0.9f * sgd_velocity[i] - rate * g;
            sgd_velocity[i] = v;
            params[i] += (0.9f * v - rate * g);
        }
    }
}

/* ---- the same network once more, to check the gradients against ---- */

/* input (keras_training.mnn:8): out = x * scale + shift as the network sees it, changed likewise */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 36;
    static float sample[36], changed[36];
    for (size_t j = 0; j < 36; j++)
        sample[j] = ((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.012722646f - 0.42366412f);
    mnn_augment_move(&input_motion, batch, row, sample, changed);
    for (int j = 0; j < 36; j++)
        out[j] = (double)changed[j];
}

/* conv2d (keras_training.mnn:15): out[4, 4, 4] = in * kernel + bias */
static void conv2d_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++)
            for (int k = 0; k < 4; k++) {
                double sum = bias[k];
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r, column = x + s;
                        sum += in[row * 6 + column] * kernel[(r * 3 + s) * 4 + k];
                    }
                out[(y * 4 + x) * 4 + k] = sum;
            }
}

/* activation (keras_training.mnn:16): out[64] = leaky_relu(in) */
static void activation_leaky_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 64; j++)
        out[j] = in[j] < 0.0 ? 0.1 * in[j] : in[j];
}

/* dense (keras_training.mnn:19): out[3] = in[64] . kernel[64, 3] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 3; j++) {
        double sum = bias[j];
        for (int i = 0; i < 64; i++)
            sum += in[i] * kernel[i * 3 + j];
        out[j] = sum;
    }
}

/* dense (keras_training.mnn:19): out[3] = softmax(in) */
static void dense_softmax_reference(const double *in, double *out)
{
    for (int i = 0; i < 3; i += 3) {
        double largest = in[i], sum = 0.0;
        for (int j = i; j < i + 3; j++)
            largest = in[j] > largest ? in[j] : largest;
        for (int j = i; j < i + 3; j++)
            sum += exp(in[j] - largest);
        for (int j = i; j < i + 3; j++)
            out[j] = exp(in[j] - largest) / sum;
    }
}

/* loss (keras_training.mnn:23): -sum over j of target[j] log(p[j]) */
static double loss_reference(const double *p, int label)
{
    double sum = 0.0;
    for (int j = 0; j < 3; j++) {
        const double x = p[j], t = (j == label ? 0.9333333333333333 : 0.03333333333333333);
        sum += -t * log(x);
    }
    return sum;
}

/* loss (keras_training.mnn:23): the penalty: what the regularizers say of all parameters */
static double loss_penalty_reference(const double *weights)
{
    double sum = 0.0;
    for (int j = 0; j < 36; j++) /* conv2d_kernel */
        sum += 0.001 * fabs(weights[j]) + 0.01 * weights[j] * weights[j];
    return sum;
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[36];
    static double conv2d_reference_values[64];
    static double activation_leaky_relu_reference_values[64];
    static double dense_reference_values[3];
    static double dense_softmax_reference_values[3];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values);
        conv2d_reference(weights + 0, weights + 36, input_reference_values,
                conv2d_reference_values);
        activation_leaky_relu_reference(conv2d_reference_values,
                activation_leaky_relu_reference_values);
        dense_reference(weights + 40, weights + 232, activation_leaky_relu_reference_values,
                dense_reference_values);
        dense_softmax_reference(dense_reference_values, dense_softmax_reference_values);
        result[row] = loss_reference(dense_softmax_reference_values,
                batch->labels[batch->index[row]]) + loss_penalty_reference(weights);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {6, 6, 1}, 0, 72},
    {"conv2d", "conv2d", 3, {4, 4, 4}, 40, 1216},
    {"activation", "activation", 3, {4, 4, 4}, 0, 128},
    {"reshape", "reshape", 2, {8, 8}, 0, 0},
    {"reshape_1", "reshape", 1, {64}, 0, 0},
    {"dense", "dense", 1, {3}, 195, 399},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {3, 3, 1, 4}, 0, 36, true, MNN_INIT_NORMAL, 0.0, 0.1},
    {"conv2d.bias", 1, {4}, 36, 4, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"dense.kernel", 2, {64, 3}, 40, 192, true, MNN_INIT_UNIFORM, -0.2992528008322899,
            0.2992528008322899},
    {"dense.bias", 1, {3}, 232, 3, true, MNN_INIT_CONSTANT, 0.5, 0.0},
};

static const mnn_slot slots[] = {
    {"velocity", sgd_velocity, 0.0f},
};

static const mnn_metric metrics[] = {
    {MNN_METRIC_ACCURACY, "accuracy", 0},
    {MNN_METRIC_TOP_K, "top_2", 2},
    {MNN_METRIC_CONFUSION_MATRIX, "confusion_matrix", 0},
    {MNN_METRIC_PRECISION, "precision", 0},
    {MNN_METRIC_RECALL, "recall", 0},
    {MNN_METRIC_F1, "f1", 0},
    {MNN_METRIC_MSE, "mse", 0},
};

static const mnn_callback callbacks[] = {
    {
        .kind = MNN_CALLBACK_EARLY_STOPPING,
        .metric = -1, /* val_loss */
        .validation = true,
        .more_is_better = false,
        .min_delta = 0.0,
        .patience = 2,
        .restore_best_weights = true,
        .start_from_epoch = 0,
    },
    {
        .kind = MNN_CALLBACK_CSV_LOGGER,
        .path = "log \042a\042.csv",
    },
    {
        .kind = MNN_CALLBACK_CHECKPOINT,
        .path = "best",
        .every = 2,
    },
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {6, 6, 1}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d", .input_count = 1, .inputs = {0}, .tensor_count = 2,
            .tensors = {0, 1}, .rank = 3, .dims = {4, 4, 4}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_ACTIVATION, .layer = "activation", .input_count = 1, .inputs = {1}, .rank = 3,
            .dims = {4, 4, 4}, .activation = MNN_ACTIVATION_LEAKY_RELU, .a = 0.1},
    {.op = MNN_OP_RESHAPE, .layer = "reshape", .input_count = 1, .inputs = {2}, .rank = 2,
            .dims = {8, 8}},
    {.op = MNN_OP_RESHAPE, .layer = "reshape_1", .input_count = 1, .inputs = {3}, .rank = 1,
            .dims = {64}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {4}, .tensor_count = 2,
            .tensors = {2, 3}, .rank = 1, .dims = {3}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {5}, .rank = 1,
            .dims = {3}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "m",
    .description = "30d6bb309f41bcd948d8e81ea504d055c7d6536962e0a2fd631498b5b697b3c1",
    .data_name = "d",
    .train = {"tr\042ain\134n-gr\303\266\303\237e-images", "labels"},
    .test = {"t10k-images", "t10k-labels"},
    .validation = {"v-images", "v-labels"},
    .sample_rank = 3,
    .sample_dims = {6, 6, 1},
    .sample_size = 36,
    .scale = 0.012722646f,
    .shift = -0.42366412f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 3,
    .validation_split = 0.0,
    .train_limit = 1000,
    .test_limit = 0,
    .validation_limit = 0,
    .shuffle = true,
    .motion = &input_motion,
    .epochs = 4,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "categorical_crossentropy",
    .optimizer_name = "sgd",
    .learning_rate = 0.004,
    .schedule_name = "one_cycle",
    .schedule = schedule,
    .metric_count = 7,
    .metrics = metrics,
    .callback_count = 3,
    .callbacks = callbacks,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .node_count = sizeof nodes / sizeof nodes[0],
    .nodes = nodes,
    .slot_count = 1,
    .slots = slots,
    .static_bytes = 198784,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .params = params,
    .grads = grads,
    .best_params = best_params,
    .output_size = 3,
    .output = workspace + 5168,
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
