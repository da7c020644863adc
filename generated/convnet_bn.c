/* convnet_bn: a training program that mnnc 0.1.0 made from convnet_bn.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              28 x 28 x 1              0           1,568     7
 * conv2d (conv2d)            26 x 26 x 32           288         389,376    15
 * batchnorm (batchnorm)      26 x 26 x 32           128         173,056    16
 * activation (activation)    26 x 26 x 32             0          21,632    17
 * conv2d_1 (conv2d)          24 x 24 x 32         9,216      10,616,832    15
 * batchnorm_1 (batchnorm)    24 x 24 x 32           128         147,456    16
 * activation_1 (activation)  24 x 24 x 32             0          18,432    17
 * conv2d_2 (conv2d)          12 x 12 x 32        25,600       7,372,800    15
 * batchnorm_2 (batchnorm)    12 x 12 x 32           128          36,864    16
 * activation_2 (activation)  12 x 12 x 32             0           4,608    17
 * dropout (dropout)          12 x 12 x 32             0           9,216    24
 * conv2d_3 (conv2d)          10 x 10 x 64        18,432       3,686,400    15
 * batchnorm_3 (batchnorm)    10 x 10 x 64           256          51,200    16
 * activation_3 (activation)  10 x 10 x 64             0           6,400    17
 * conv2d_4 (conv2d)          8 x 8 x 64          36,864       4,718,592    15
 * batchnorm_4 (batchnorm)    8 x 8 x 64             256          32,768    16
 * activation_4 (activation)  8 x 8 x 64               0           4,096    17
 * conv2d_5 (conv2d)          4 x 4 x 64         102,400       3,276,800    15
 * batchnorm_5 (batchnorm)    4 x 4 x 64             256           8,192    16
 * activation_5 (activation)  4 x 4 x 64               0           1,024    17
 * dropout_1 (dropout)        4 x 4 x 64               0           2,048    28
 * flatten (flatten)          1024                     0               0    29
 * dense (dense)              128                131,072         262,144    30
 * batchnorm_6 (batchnorm)    128                    512           1,024    31
 * activation_6 (activation)  128                      0             128    32
 * dropout_2 (dropout)        128                      0             256    33
 * dense_1 (dense, softmax)   10                   1,290           2,610    34
 *
 * 325,994 parameters and 832 numbers of state, batches of 64; static memory 57,265,696 bytes (checked below).
 * gradcheck takes another 11,233,536 bytes.
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
    BATCH = 64, /* rows of a full batch */
    PARAM_COUNT = 325994,
    STATE_COUNT = 832, /* behind the parameters: what is kept but not trained */
    WORKSPACE = 12111968, /* floats */
    SCRATCH = 112448, /* floats a worker */
    MAX_WORKERS = 8
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT + STATE_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float adam_m[PARAM_COUNT];
static _Alignas(64) float adam_v[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof adam_m + sizeof adam_v + sizeof workspace
        + sizeof scratch + sizeof row_loss == 57265696, "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [3, 3, 1, 32] */
static float *const batchnorm_gamma = params + 288; /* [32] */
static float *const batchnorm_beta = params + 320; /* [32] */
static float *const conv2d_1_kernel = params + 352; /* [3, 3, 32, 32] */
static float *const batchnorm_1_gamma = params + 9568; /* [32] */
static float *const batchnorm_1_beta = params + 9600; /* [32] */
static float *const conv2d_2_kernel = params + 9632; /* [5, 5, 32, 32] */
static float *const batchnorm_2_gamma = params + 35232; /* [32] */
static float *const batchnorm_2_beta = params + 35264; /* [32] */
static float *const conv2d_3_kernel = params + 35296; /* [3, 3, 32, 64] */
static float *const batchnorm_3_gamma = params + 53728; /* [64] */
static float *const batchnorm_3_beta = params + 53792; /* [64] */
static float *const conv2d_4_kernel = params + 53856; /* [3, 3, 64, 64] */
static float *const batchnorm_4_gamma = params + 90720; /* [64] */
static float *const batchnorm_4_beta = params + 90784; /* [64] */
static float *const conv2d_5_kernel = params + 90848; /* [5, 5, 64, 64] */
static float *const batchnorm_5_gamma = params + 193248; /* [64] */
static float *const batchnorm_5_beta = params + 193312; /* [64] */
static float *const dense_kernel = params + 193376; /* [1024, 128] */
static float *const batchnorm_6_gamma = params + 324448; /* [128] */
static float *const batchnorm_6_beta = params + 324576; /* [128] */
static float *const dense_1_kernel = params + 324704; /* [128, 10] */
static float *const dense_1_bias = params + 325984; /* [10] */

/* State, which follows the batches and is used in prediction. */
static float *const batchnorm_moving_mean = params + 325994; /* [32] */
static float *const batchnorm_moving_variance = params + 326026; /* [32] */
static float *const batchnorm_1_moving_mean = params + 326058; /* [32] */
static float *const batchnorm_1_moving_variance = params + 326090; /* [32] */
static float *const batchnorm_2_moving_mean = params + 326122; /* [32] */
static float *const batchnorm_2_moving_variance = params + 326154; /* [32] */
static float *const batchnorm_3_moving_mean = params + 326186; /* [64] */
static float *const batchnorm_3_moving_variance = params + 326250; /* [64] */
static float *const batchnorm_4_moving_mean = params + 326314; /* [64] */
static float *const batchnorm_4_moving_variance = params + 326378; /* [64] */
static float *const batchnorm_5_moving_mean = params + 326442; /* [64] */
static float *const batchnorm_5_moving_variance = params + 326506; /* [64] */
static float *const batchnorm_6_moving_mean = params + 326570; /* [128] */
static float *const batchnorm_6_moving_variance = params + 326698; /* [128] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [3, 3, 1, 32] */
static float *const batchnorm_gamma_gradient = grads + 288; /* [32] */
static float *const batchnorm_beta_gradient = grads + 320; /* [32] */
static float *const conv2d_1_kernel_gradient = grads + 352; /* [3, 3, 32, 32] */
static float *const batchnorm_1_gamma_gradient = grads + 9568; /* [32] */
static float *const batchnorm_1_beta_gradient = grads + 9600; /* [32] */
static float *const conv2d_2_kernel_gradient = grads + 9632; /* [5, 5, 32, 32] */
static float *const batchnorm_2_gamma_gradient = grads + 35232; /* [32] */
static float *const batchnorm_2_beta_gradient = grads + 35264; /* [32] */
static float *const conv2d_3_kernel_gradient = grads + 35296; /* [3, 3, 32, 64] */
static float *const batchnorm_3_gamma_gradient = grads + 53728; /* [64] */
static float *const batchnorm_3_beta_gradient = grads + 53792; /* [64] */
static float *const conv2d_4_kernel_gradient = grads + 53856; /* [3, 3, 64, 64] */
static float *const batchnorm_4_gamma_gradient = grads + 90720; /* [64] */
static float *const batchnorm_4_beta_gradient = grads + 90784; /* [64] */
static float *const conv2d_5_kernel_gradient = grads + 90848; /* [5, 5, 64, 64] */
static float *const batchnorm_5_gamma_gradient = grads + 193248; /* [64] */
static float *const batchnorm_5_beta_gradient = grads + 193312; /* [64] */
static float *const dense_kernel_gradient = grads + 193376; /* [1024, 128] */
static float *const batchnorm_6_gamma_gradient = grads + 324448; /* [128] */
static float *const batchnorm_6_beta_gradient = grads + 324576; /* [128] */
static float *const dense_1_kernel_gradient = grads + 324704; /* [128, 10] */
static float *const dense_1_bias_gradient = grads + 325984; /* [10] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 28, 28, 1] */
static float *const conv2d_out = workspace + 50176; /* [rows, 26, 26, 32] */
static float *const activation_out = workspace + 1434624; /* [rows, 26, 26, 32] */
static float *const batchnorm_mean = workspace + 2819072; /* [32] */
static float *const batchnorm_variance = workspace + 2819104; /* [32] */
static float *const batchnorm_inverse = workspace + 2819136; /* [32] */
static float *const batchnorm_forward_partials = workspace + 1434624; /* partial sums */
static float *const conv2d_1_out = workspace + 2819168; /* [rows, 24, 24, 32] */
static float *const activation_1_out = workspace + 3998816; /* [rows, 24, 24, 32] */
static float *const batchnorm_1_mean = workspace + 5178464; /* [32] */
static float *const batchnorm_1_variance = workspace + 5178496; /* [32] */
static float *const batchnorm_1_inverse = workspace + 5178528; /* [32] */
static float *const batchnorm_1_forward_partials = workspace + 3998816; /* partial sums */
static float *const conv2d_2_out = workspace + 5178560; /* [rows, 12, 12, 32] */
static float *const activation_2_out = workspace + 5473472; /* [rows, 12, 12, 32] */
static float *const batchnorm_2_mean = workspace + 5768384; /* [32] */
static float *const batchnorm_2_variance = workspace + 5768416; /* [32] */
static float *const batchnorm_2_inverse = workspace + 5768448; /* [32] */
static float *const batchnorm_2_forward_partials = workspace + 5473472; /* partial sums */
static float *const dropout_out = workspace + 5768480; /* [rows, 12, 12, 32] */
static float *const conv2d_3_out = workspace + 6063392; /* [rows, 10, 10, 64] */
static float *const activation_3_out = workspace + 6472992; /* [rows, 10, 10, 64] */
static float *const batchnorm_3_mean = workspace + 6882592; /* [64] */
static float *const batchnorm_3_variance = workspace + 6882656; /* [64] */
static float *const batchnorm_3_inverse = workspace + 6882720; /* [64] */
static float *const batchnorm_3_forward_partials = workspace + 6472992; /* partial sums */
static float *const conv2d_4_out = workspace + 6882784; /* [rows, 8, 8, 64] */
static float *const activation_4_out = workspace + 7144928; /* [rows, 8, 8, 64] */
static float *const batchnorm_4_mean = workspace + 7407072; /* [64] */
static float *const batchnorm_4_variance = workspace + 7407136; /* [64] */
static float *const batchnorm_4_inverse = workspace + 7407200; /* [64] */
static float *const batchnorm_4_forward_partials = workspace + 7144928; /* partial sums */
static float *const conv2d_5_out = workspace + 7407264; /* [rows, 4, 4, 64] */
static float *const activation_5_out = workspace + 7472800; /* [rows, 4, 4, 64] */
static float *const batchnorm_5_mean = workspace + 7538336; /* [64] */
static float *const batchnorm_5_variance = workspace + 7538400; /* [64] */
static float *const batchnorm_5_inverse = workspace + 7538464; /* [64] */
static float *const batchnorm_5_forward_partials = workspace + 7472800; /* partial sums */
static float *const dropout_1_out = workspace + 7538528; /* [rows, 4, 4, 64] */
static float *const dense_out = workspace + 7604064; /* [rows, 128] */
static float *const activation_6_out = workspace + 7612256; /* [rows, 128] */
static float *const batchnorm_6_mean = workspace + 7620448; /* [128] */
static float *const batchnorm_6_variance = workspace + 7620576; /* [128] */
static float *const batchnorm_6_inverse = workspace + 7620704; /* [128] */
static float *const batchnorm_6_forward_partials = workspace + 7612256; /* partial sums */
static float *const dropout_2_out = workspace + 7620832; /* [rows, 128] */
static float *const dense_1_out = workspace + 7629024; /* [rows, 10] */
static float *const dense_1_softmax = workspace + 7629664; /* [rows, 10] */
static float *const dense_1_out_gradient = workspace + 7630304; /* [rows, 10] */
static float *const dropout_2_out_gradient = workspace + 7630944; /* [rows, 128] */
static float *const batchnorm_6_out_gradient = workspace + 7639136; /* [rows, 128] */
static float *const dense_out_gradient = workspace + 7612256; /* [rows, 128] */
static float *const batchnorm_6_partials = workspace + 7647328; /* partial sums */
static float *const flatten_out_gradient = workspace + 7630944; /* [rows, 1024] */
static float *const batchnorm_5_out_gradient = workspace + 7696480; /* [rows, 4, 4, 64] */
static float *const conv2d_5_out_gradient = workspace + 7472800; /* [rows, 4, 4, 64] */
static float *const batchnorm_5_partials = workspace + 7604064; /* partial sums */
static float *const batchnorm_4_out_gradient = workspace + 7762016; /* [rows, 8, 8, 64] */
static float *const conv2d_5_partials = workspace + 8024160; /* partial sums */
static float *const conv2d_4_out_gradient = workspace + 7144928; /* [rows, 8, 8, 64] */
static float *const batchnorm_4_partials = workspace + 7604064; /* partial sums */
static float *const batchnorm_3_out_gradient = workspace + 8843360; /* [rows, 10, 10, 64] */
static float *const conv2d_4_partials = workspace + 9252960; /* partial sums */
static float *const conv2d_3_out_gradient = workspace + 6472992; /* [rows, 10, 10, 64] */
static float *const batchnorm_3_partials = workspace + 7407264; /* partial sums */
static float *const dropout_out_gradient = workspace + 6882784; /* [rows, 12, 12, 32] */
static float *const conv2d_3_partials = workspace + 7177696; /* partial sums */
static float *const batchnorm_2_out_gradient = workspace + 7630944; /* [rows, 12, 12, 32] */
static float *const conv2d_2_out_gradient = workspace + 5473472; /* [rows, 12, 12, 32] */
static float *const batchnorm_2_partials = workspace + 7325152; /* partial sums */
static float *const batchnorm_1_out_gradient = workspace + 9547872; /* [rows, 24, 24, 32] */
static float *const conv2d_2_partials = workspace + 5768480; /* partial sums */
static float *const conv2d_1_out_gradient = workspace + 3998816; /* [rows, 24, 24, 32] */
static float *const batchnorm_1_partials = workspace + 5973280; /* partial sums */
static float *const batchnorm_out_gradient = workspace + 10727520; /* [rows, 26, 26, 32] */
static float *const conv2d_1_partials = workspace + 5178560; /* partial sums */
static float *const conv2d_out_gradient = workspace + 1434624; /* [rows, 26, 26, 32] */
static float *const batchnorm_partials = workspace + 5252288; /* partial sums */
static float *const conv2d_partials = workspace + 2819168; /* partial sums */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[28 x 28 x 1]
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

/* input: how far a picture moves in training, at most; drawn at every step */
static const mnn_motion input_motion = {
    .height = 28, .width = 28, .channels = 1,
    .rotate = 10.0f, /* degrees */
    .zoom = 0.1f,
    .shift = 2.0f, /* pixels */
    .outside = 0.0f,
};

/* input (convnet_bn.mnn:7): forward
 *     out[rows, 28, 28, 1] = the samples that the batch names,
 *     rotated by up to 10.0 degrees, zoomed by up to 0.1, shifted by up to 2.0 pixels
 * loop; row by row; drawn anew at every step */
static void input_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
        float *sample = scratch[worker->index];
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 784);
            float *out = input_out + i * 784;
            input_sample(batch, i, sample);
            mnn_augment_move(&input_motion, batch, i, sample, out);
        }
    }
}

/* input (convnet_bn.mnn:7): prediction
 *     out[rows, 28, 28, 1] = the samples as they are */
static void input_predict(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            mnn_prefetch(batch, i + 4, 784);
            float *out = input_out + i * 784;
            input_sample(batch, i, out);
        }
    }
}

/* conv2d (convnet_bn.mnn:15): forward
 *     out[rows, 26, 26, 32] = in[rows, 28, 28, 1] * kernel[3, 3, 1, 32]
 * tiles in registers, straight from the image; image by image */
static void conv2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_out + i * 21632;
            const float *in = input_out + i * 784;
            mnn_grid_product(26, 26, 32, 3, 3, in, 28, 1, 28, conv2d_kernel, 32, 96, out, 832, 32);
        }
    }
}

/* batchnorm (convnet_bn.mnn:16): forward, sums of each piece of the batch
 *     mean[32] and variance[32] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_out + first * 21632;
        float *restrict mean = batchnorm_forward_partials + first / 8 * 64,
                *restrict variance = mean + 32;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n * 676);
        memset(mean, 0, 64 * sizeof *mean);
        memset(rest, 0, 32 * sizeof *rest);
        for (int j = 0; j < n * 676; j++)
            for (int k = 0; k < 32; k++) {
                mean[k] += in[j * 32 + k];
            }
        for (int k = 0; k < 32; k++)
            mean[k] /= count;
        for (int j = 0; j < n * 676; j++)
            for (int k = 0; k < 32; k++) {
                const float difference = in[j * 32 + k] - mean[k];
                rest[k] += difference;
                variance[k] += difference * difference;
            }
        for (int k = 0; k < 32; k++) {
            const float error = rest[k] / count;
            mean[k] += error;
            variance[k] = fmaxf(variance[k] / count - error * error, 0.0f);
        }
    }
}

/* batchnorm (convnet_bn.mnn:16): forward, sums of the batch
 *     mean = sum over pieces of share * mean of the piece;
 *     variance = sum over pieces of share * (variance of the piece + (mean of the piece - mean)^2);
 *     inverse = 1 / sqrt(variance + 0.001)
 * sum; partial sums in a fixed order */
static void batchnorm_forward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_mean, 0, 32 * sizeof(float));
    memset(batchnorm_variance, 0, 32 * sizeof(float));
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_forward_partials + first / 8 * 64;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 32; k++)
            batchnorm_mean[k] += share * mean[k];
    }
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_forward_partials + first / 8 * 64;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 32; k++) {
            const float difference = mean[k] - batchnorm_mean[k];
            batchnorm_variance[k] += share * (mean[32 + k] + difference * difference);
        }
    }
    for (int k = 0; k < 32; k++)
        batchnorm_inverse[k] = 1.0f / sqrtf(batchnorm_variance[k] + 0.001f);
}

/* batchnorm (convnet_bn.mnn:16): forward
 *     out[rows, 26, 26, 32] = relu((in - mean) * inverse * gamma + beta)
 * loop; row by row */
static void batchnorm_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_out + first * 21632;
        float *restrict out = activation_out + first * 21632;
        for (int j = 0; j < n * 676; j++)
            for (int k = 0; k < 32; k++) {
                const float z = (in[j * 32 + k] - batchnorm_mean[k]) * batchnorm_inverse[k];
                const float y = z * batchnorm_gamma[k] + batchnorm_beta[k];
                out[j * 32 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* batchnorm (convnet_bn.mnn:16): prediction
 *     out[rows, 26, 26, 32] = relu(in * scale + shift), where scale = gamma / sqrt(moving_variance + 0.001)
 *     and shift = beta - moving_mean * scale */
static void batchnorm_predict(const mnn_worker *worker, int rows)
{
    float *restrict scale = scratch[worker->index], *restrict shift = scale + 32;
    for (int k = 0; k < 32; k++) {
        scale[k] = batchnorm_gamma[k] / sqrtf(batchnorm_moving_variance[k] + 0.001f);
        shift[k] = batchnorm_beta[k] - batchnorm_moving_mean[k] * scale[k];
    }
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_out + first * 21632;
        float *restrict out = activation_out + first * 21632;
        for (int j = 0; j < n * 676; j++)
            for (int k = 0; k < 32; k++) {
                const float y = in[j * 32 + k] * scale[k] + shift[k];
                out[j * 32 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* conv2d_1 (convnet_bn.mnn:15): forward
 *     out[rows, 24, 24, 32] = in[rows, 26, 26, 32] * kernel[3, 3, 32, 32]
 * tiles in registers, straight from the image; image by image */
static void conv2d_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_1_out + i * 18432;
            const float *in = activation_out + i * 21632;
            mnn_grid_product(24, 24, 32, 96, 3, in, 832, 32, 832, conv2d_1_kernel, 32, 3072, out,
                    768, 32);
        }
    }
}

/* batchnorm_1 (convnet_bn.mnn:16): forward, sums of each piece of the batch
 *     mean[32] and variance[32] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_1_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_1_out + first * 18432;
        float *restrict mean = batchnorm_1_forward_partials + first / 8 * 64,
                *restrict variance = mean + 32;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n * 576);
        memset(mean, 0, 64 * sizeof *mean);
        memset(rest, 0, 32 * sizeof *rest);
        for (int j = 0; j < n * 576; j++)
            for (int k = 0; k < 32; k++) {
                mean[k] += in[j * 32 + k];
            }
        for (int k = 0; k < 32; k++)
            mean[k] /= count;
        for (int j = 0; j < n * 576; j++)
            for (int k = 0; k < 32; k++) {
                const float difference = in[j * 32 + k] - mean[k];
                rest[k] += difference;
                variance[k] += difference * difference;
            }
        for (int k = 0; k < 32; k++) {
            const float error = rest[k] / count;
            mean[k] += error;
            variance[k] = fmaxf(variance[k] / count - error * error, 0.0f);
        }
    }
}

/* batchnorm_1 (convnet_bn.mnn:16): forward, sums of the batch
 *     mean = sum over pieces of share * mean of the piece;
 *     variance = sum over pieces of share * (variance of the piece + (mean of the piece - mean)^2);
 *     inverse = 1 / sqrt(variance + 0.001)
 * sum; partial sums in a fixed order */
static void batchnorm_1_forward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_1_mean, 0, 32 * sizeof(float));
    memset(batchnorm_1_variance, 0, 32 * sizeof(float));
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_1_forward_partials + first / 8 * 64;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 32; k++)
            batchnorm_1_mean[k] += share * mean[k];
    }
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_1_forward_partials + first / 8 * 64;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 32; k++) {
            const float difference = mean[k] - batchnorm_1_mean[k];
            batchnorm_1_variance[k] += share * (mean[32 + k] + difference * difference);
        }
    }
    for (int k = 0; k < 32; k++)
        batchnorm_1_inverse[k] = 1.0f / sqrtf(batchnorm_1_variance[k] + 0.001f);
}

/* batchnorm_1 (convnet_bn.mnn:16): forward
 *     out[rows, 24, 24, 32] = relu((in - mean) * inverse * gamma + beta)
 * loop; row by row */
static void batchnorm_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_1_out + first * 18432;
        float *restrict out = activation_1_out + first * 18432;
        for (int j = 0; j < n * 576; j++)
            for (int k = 0; k < 32; k++) {
                const float z = (in[j * 32 + k] - batchnorm_1_mean[k]) * batchnorm_1_inverse[k];
                const float y = z * batchnorm_1_gamma[k] + batchnorm_1_beta[k];
                out[j * 32 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* batchnorm_1 (convnet_bn.mnn:16): prediction
 *     out[rows, 24, 24, 32] = relu(in * scale + shift), where scale = gamma / sqrt(moving_variance + 0.001)
 *     and shift = beta - moving_mean * scale */
static void batchnorm_1_predict(const mnn_worker *worker, int rows)
{
    float *restrict scale = scratch[worker->index], *restrict shift = scale + 32;
    for (int k = 0; k < 32; k++) {
        scale[k] = batchnorm_1_gamma[k] / sqrtf(batchnorm_1_moving_variance[k] + 0.001f);
        shift[k] = batchnorm_1_beta[k] - batchnorm_1_moving_mean[k] * scale[k];
    }
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_1_out + first * 18432;
        float *restrict out = activation_1_out + first * 18432;
        for (int j = 0; j < n * 576; j++)
            for (int k = 0; k < 32; k++) {
                const float y = in[j * 32 + k] * scale[k] + shift[k];
                out[j * 32 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* conv2d_2 (convnet_bn.mnn:15): forward
 *     out[rows, 12, 12, 32] = in[rows, 24, 24, 32] * kernel[5, 5, 32, 32]
 * tiles in registers, straight from the image; image by image */
static void conv2d_2_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [27, 27, 32] */
    memset(in, 0, 23328 * sizeof *in);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_2_out + i * 4608;
            for (int y = 0; y < 24; y++)
                memcpy(in + (y + 1) * 864 + 32, activation_1_out + i * 18432 + y * 768,
                    768 * sizeof *in);
            mnn_grid_product(12, 12, 32, 160, 5, in, 1728, 64, 864, conv2d_2_kernel, 32, 5120, out,
                    384, 32);
        }
    }
}

/* batchnorm_2 (convnet_bn.mnn:16): forward, sums of each piece of the batch
 *     mean[32] and variance[32] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_2_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_2_out + first * 4608;
        float *restrict mean = batchnorm_2_forward_partials + first / 8 * 64,
                *restrict variance = mean + 32;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n * 144);
        memset(mean, 0, 64 * sizeof *mean);
        memset(rest, 0, 32 * sizeof *rest);
        for (int j = 0; j < n * 144; j++)
            for (int k = 0; k < 32; k++) {
                mean[k] += in[j * 32 + k];
            }
        for (int k = 0; k < 32; k++)
            mean[k] /= count;
        for (int j = 0; j < n * 144; j++)
            for (int k = 0; k < 32; k++) {
                const float difference = in[j * 32 + k] - mean[k];
                rest[k] += difference;
                variance[k] += difference * difference;
            }
        for (int k = 0; k < 32; k++) {
            const float error = rest[k] / count;
            mean[k] += error;
            variance[k] = fmaxf(variance[k] / count - error * error, 0.0f);
        }
    }
}

/* batchnorm_2 (convnet_bn.mnn:16): forward, sums of the batch
 *     mean = sum over pieces of share * mean of the piece;
 *     variance = sum over pieces of share * (variance of the piece + (mean of the piece - mean)^2);
 *     inverse = 1 / sqrt(variance + 0.001)
 * sum; partial sums in a fixed order */
static void batchnorm_2_forward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_2_mean, 0, 32 * sizeof(float));
    memset(batchnorm_2_variance, 0, 32 * sizeof(float));
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_2_forward_partials + first / 8 * 64;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 32; k++)
            batchnorm_2_mean[k] += share * mean[k];
    }
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_2_forward_partials + first / 8 * 64;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 32; k++) {
            const float difference = mean[k] - batchnorm_2_mean[k];
            batchnorm_2_variance[k] += share * (mean[32 + k] + difference * difference);
        }
    }
    for (int k = 0; k < 32; k++)
        batchnorm_2_inverse[k] = 1.0f / sqrtf(batchnorm_2_variance[k] + 0.001f);
}

/* batchnorm_2 (convnet_bn.mnn:16): forward
 *     out[rows, 12, 12, 32] = relu((in - mean) * inverse * gamma + beta)
 * loop; row by row */
static void batchnorm_2_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_2_out + first * 4608;
        float *restrict out = activation_2_out + first * 4608;
        for (int j = 0; j < n * 144; j++)
            for (int k = 0; k < 32; k++) {
                const float z = (in[j * 32 + k] - batchnorm_2_mean[k]) * batchnorm_2_inverse[k];
                const float y = z * batchnorm_2_gamma[k] + batchnorm_2_beta[k];
                out[j * 32 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* batchnorm_2 (convnet_bn.mnn:16): prediction
 *     out[rows, 12, 12, 32] = relu(in * scale + shift), where scale = gamma / sqrt(moving_variance + 0.001)
 *     and shift = beta - moving_mean * scale */
static void batchnorm_2_predict(const mnn_worker *worker, int rows)
{
    float *restrict scale = scratch[worker->index], *restrict shift = scale + 32;
    for (int k = 0; k < 32; k++) {
        scale[k] = batchnorm_2_gamma[k] / sqrtf(batchnorm_2_moving_variance[k] + 0.001f);
        shift[k] = batchnorm_2_beta[k] - batchnorm_2_moving_mean[k] * scale[k];
    }
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_2_out + first * 4608;
        float *restrict out = activation_2_out + first * 4608;
        for (int j = 0; j < n * 144; j++)
            for (int k = 0; k < 32; k++) {
                const float y = in[j * 32 + k] * scale[k] + shift[k];
                out[j * 32 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* dropout (convnet_bn.mnn:24): forward
 *     out[rows, 12, 12, 32] = 0 with probability 0.4, else in * 1.6666666666666667
 * loop; row by row */
static void dropout_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = activation_2_out + i * 4608;
            float *out = dropout_out + i * 4608;
            const uint64_t block = (batch->step * 64 + (uint64_t)(i)) * 1152;
            for (int j = 0; j < 4608; j += MNN_RANDOM_WORDS) {
                uint32_t bits[MNN_RANDOM_WORDS];
                mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 0, 0, block + (uint64_t)(j / 4),
                        bits);
                for (int k = 0; k < MNN_RANDOM_WORDS; k++)
                    out[j + k] = mnn_uniform(bits[k]) < 0.4f ? 0.0f : in[j + k] * 1.6666666f;
            }
        }
    }
}

/* dropout (convnet_bn.mnn:24): prediction
 *     out[rows, 12, 12, 32] = in: nothing is dropped */
static void dropout_predict(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        memcpy(dropout_out + first * 4608, activation_2_out + first * 4608,
                (size_t)n * 4608 * sizeof(float));
    }
}

/* conv2d_3 (convnet_bn.mnn:15): forward
 *     out[rows, 10, 10, 64] = in[rows, 12, 12, 32] * kernel[3, 3, 32, 64]
 * tiles in registers, straight from the image; image by image */
static void conv2d_3_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_3_out + i * 6400;
            const float *in = dropout_out + i * 4608;
            mnn_grid_product(10, 10, 64, 96, 3, in, 384, 32, 384, conv2d_3_kernel, 64, 6144, out,
                    640, 64);
        }
    }
}

/* batchnorm_3 (convnet_bn.mnn:16): forward, sums of each piece of the batch
 *     mean[64] and variance[64] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_3_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_3_out + first * 6400;
        float *restrict mean = batchnorm_3_forward_partials + first / 8 * 128,
                *restrict variance = mean + 64;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n * 100);
        memset(mean, 0, 128 * sizeof *mean);
        memset(rest, 0, 64 * sizeof *rest);
        for (int j = 0; j < n * 100; j++)
            for (int k = 0; k < 64; k++) {
                mean[k] += in[j * 64 + k];
            }
        for (int k = 0; k < 64; k++)
            mean[k] /= count;
        for (int j = 0; j < n * 100; j++)
            for (int k = 0; k < 64; k++) {
                const float difference = in[j * 64 + k] - mean[k];
                rest[k] += difference;
                variance[k] += difference * difference;
            }
        for (int k = 0; k < 64; k++) {
            const float error = rest[k] / count;
            mean[k] += error;
            variance[k] = fmaxf(variance[k] / count - error * error, 0.0f);
        }
    }
}

/* batchnorm_3 (convnet_bn.mnn:16): forward, sums of the batch
 *     mean = sum over pieces of share * mean of the piece;
 *     variance = sum over pieces of share * (variance of the piece + (mean of the piece - mean)^2);
 *     inverse = 1 / sqrt(variance + 0.001)
 * sum; partial sums in a fixed order */
static void batchnorm_3_forward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_3_mean, 0, 64 * sizeof(float));
    memset(batchnorm_3_variance, 0, 64 * sizeof(float));
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_3_forward_partials + first / 8 * 128;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 64; k++)
            batchnorm_3_mean[k] += share * mean[k];
    }
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_3_forward_partials + first / 8 * 128;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 64; k++) {
            const float difference = mean[k] - batchnorm_3_mean[k];
            batchnorm_3_variance[k] += share * (mean[64 + k] + difference * difference);
        }
    }
    for (int k = 0; k < 64; k++)
        batchnorm_3_inverse[k] = 1.0f / sqrtf(batchnorm_3_variance[k] + 0.001f);
}

/* batchnorm_3 (convnet_bn.mnn:16): forward
 *     out[rows, 10, 10, 64] = relu((in - mean) * inverse * gamma + beta)
 * loop; row by row */
static void batchnorm_3_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_3_out + first * 6400;
        float *restrict out = activation_3_out + first * 6400;
        for (int j = 0; j < n * 100; j++)
            for (int k = 0; k < 64; k++) {
                const float z = (in[j * 64 + k] - batchnorm_3_mean[k]) * batchnorm_3_inverse[k];
                const float y = z * batchnorm_3_gamma[k] + batchnorm_3_beta[k];
                out[j * 64 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* batchnorm_3 (convnet_bn.mnn:16): prediction
 *     out[rows, 10, 10, 64] = relu(in * scale + shift), where scale = gamma / sqrt(moving_variance + 0.001)
 *     and shift = beta - moving_mean * scale */
static void batchnorm_3_predict(const mnn_worker *worker, int rows)
{
    float *restrict scale = scratch[worker->index], *restrict shift = scale + 64;
    for (int k = 0; k < 64; k++) {
        scale[k] = batchnorm_3_gamma[k] / sqrtf(batchnorm_3_moving_variance[k] + 0.001f);
        shift[k] = batchnorm_3_beta[k] - batchnorm_3_moving_mean[k] * scale[k];
    }
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_3_out + first * 6400;
        float *restrict out = activation_3_out + first * 6400;
        for (int j = 0; j < n * 100; j++)
            for (int k = 0; k < 64; k++) {
                const float y = in[j * 64 + k] * scale[k] + shift[k];
                out[j * 64 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* conv2d_4 (convnet_bn.mnn:15): forward
 *     out[rows, 8, 8, 64] = in[rows, 10, 10, 64] * kernel[3, 3, 64, 64]
 * tiles in registers, straight from the image; image by image */
static void conv2d_4_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_4_out + i * 4096;
            const float *in = activation_3_out + i * 6400;
            mnn_grid_product(8, 8, 64, 192, 3, in, 640, 64, 640, conv2d_4_kernel, 64, 12288, out,
                    512, 64);
        }
    }
}

/* batchnorm_4 (convnet_bn.mnn:16): forward, sums of each piece of the batch
 *     mean[64] and variance[64] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_4_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_4_out + first * 4096;
        float *restrict mean = batchnorm_4_forward_partials + first / 8 * 128,
                *restrict variance = mean + 64;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n * 64);
        memset(mean, 0, 128 * sizeof *mean);
        memset(rest, 0, 64 * sizeof *rest);
        for (int j = 0; j < n * 64; j++)
            for (int k = 0; k < 64; k++) {
                mean[k] += in[j * 64 + k];
            }
        for (int k = 0; k < 64; k++)
            mean[k] /= count;
        for (int j = 0; j < n * 64; j++)
            for (int k = 0; k < 64; k++) {
                const float difference = in[j * 64 + k] - mean[k];
                rest[k] += difference;
                variance[k] += difference * difference;
            }
        for (int k = 0; k < 64; k++) {
            const float error = rest[k] / count;
            mean[k] += error;
            variance[k] = fmaxf(variance[k] / count - error * error, 0.0f);
        }
    }
}

/* batchnorm_4 (convnet_bn.mnn:16): forward, sums of the batch
 *     mean = sum over pieces of share * mean of the piece;
 *     variance = sum over pieces of share * (variance of the piece + (mean of the piece - mean)^2);
 *     inverse = 1 / sqrt(variance + 0.001)
 * sum; partial sums in a fixed order */
static void batchnorm_4_forward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_4_mean, 0, 64 * sizeof(float));
    memset(batchnorm_4_variance, 0, 64 * sizeof(float));
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_4_forward_partials + first / 8 * 128;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 64; k++)
            batchnorm_4_mean[k] += share * mean[k];
    }
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_4_forward_partials + first / 8 * 128;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 64; k++) {
            const float difference = mean[k] - batchnorm_4_mean[k];
            batchnorm_4_variance[k] += share * (mean[64 + k] + difference * difference);
        }
    }
    for (int k = 0; k < 64; k++)
        batchnorm_4_inverse[k] = 1.0f / sqrtf(batchnorm_4_variance[k] + 0.001f);
}

/* batchnorm_4 (convnet_bn.mnn:16): forward
 *     out[rows, 8, 8, 64] = relu((in - mean) * inverse * gamma + beta)
 * loop; row by row */
static void batchnorm_4_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_4_out + first * 4096;
        float *restrict out = activation_4_out + first * 4096;
        for (int j = 0; j < n * 64; j++)
            for (int k = 0; k < 64; k++) {
                const float z = (in[j * 64 + k] - batchnorm_4_mean[k]) * batchnorm_4_inverse[k];
                const float y = z * batchnorm_4_gamma[k] + batchnorm_4_beta[k];
                out[j * 64 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* batchnorm_4 (convnet_bn.mnn:16): prediction
 *     out[rows, 8, 8, 64] = relu(in * scale + shift), where scale = gamma / sqrt(moving_variance + 0.001)
 *     and shift = beta - moving_mean * scale */
static void batchnorm_4_predict(const mnn_worker *worker, int rows)
{
    float *restrict scale = scratch[worker->index], *restrict shift = scale + 64;
    for (int k = 0; k < 64; k++) {
        scale[k] = batchnorm_4_gamma[k] / sqrtf(batchnorm_4_moving_variance[k] + 0.001f);
        shift[k] = batchnorm_4_beta[k] - batchnorm_4_moving_mean[k] * scale[k];
    }
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_4_out + first * 4096;
        float *restrict out = activation_4_out + first * 4096;
        for (int j = 0; j < n * 64; j++)
            for (int k = 0; k < 64; k++) {
                const float y = in[j * 64 + k] * scale[k] + shift[k];
                out[j * 64 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* conv2d_5 (convnet_bn.mnn:15): forward
 *     out[rows, 4, 4, 64] = in[rows, 8, 8, 64] * kernel[5, 5, 64, 64]
 * tiles in registers, straight from the image; image by image */
static void conv2d_5_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [11, 11, 64] */
    memset(in, 0, 7744 * sizeof *in);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_5_out + i * 1024;
            for (int y = 0; y < 8; y++)
                memcpy(in + (y + 1) * 704 + 64, activation_4_out + i * 4096 + y * 512,
                    512 * sizeof *in);
            mnn_grid_product(4, 4, 64, 320, 5, in, 1408, 128, 704, conv2d_5_kernel, 64, 20480, out,
                    256, 64);
        }
    }
}

/* batchnorm_5 (convnet_bn.mnn:16): forward, sums of each piece of the batch
 *     mean[64] and variance[64] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_5_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_5_out + first * 1024;
        float *restrict mean = batchnorm_5_forward_partials + first / 8 * 128,
                *restrict variance = mean + 64;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n * 16);
        memset(mean, 0, 128 * sizeof *mean);
        memset(rest, 0, 64 * sizeof *rest);
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 64; k++) {
                mean[k] += in[j * 64 + k];
            }
        for (int k = 0; k < 64; k++)
            mean[k] /= count;
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 64; k++) {
                const float difference = in[j * 64 + k] - mean[k];
                rest[k] += difference;
                variance[k] += difference * difference;
            }
        for (int k = 0; k < 64; k++) {
            const float error = rest[k] / count;
            mean[k] += error;
            variance[k] = fmaxf(variance[k] / count - error * error, 0.0f);
        }
    }
}

/* batchnorm_5 (convnet_bn.mnn:16): forward, sums of the batch
 *     mean = sum over pieces of share * mean of the piece;
 *     variance = sum over pieces of share * (variance of the piece + (mean of the piece - mean)^2);
 *     inverse = 1 / sqrt(variance + 0.001)
 * sum; partial sums in a fixed order */
static void batchnorm_5_forward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_5_mean, 0, 64 * sizeof(float));
    memset(batchnorm_5_variance, 0, 64 * sizeof(float));
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_5_forward_partials + first / 8 * 128;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 64; k++)
            batchnorm_5_mean[k] += share * mean[k];
    }
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_5_forward_partials + first / 8 * 128;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 64; k++) {
            const float difference = mean[k] - batchnorm_5_mean[k];
            batchnorm_5_variance[k] += share * (mean[64 + k] + difference * difference);
        }
    }
    for (int k = 0; k < 64; k++)
        batchnorm_5_inverse[k] = 1.0f / sqrtf(batchnorm_5_variance[k] + 0.001f);
}

/* batchnorm_5 (convnet_bn.mnn:16): forward
 *     out[rows, 4, 4, 64] = relu((in - mean) * inverse * gamma + beta)
 * loop; row by row */
static void batchnorm_5_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_5_out + first * 1024;
        float *restrict out = activation_5_out + first * 1024;
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 64; k++) {
                const float z = (in[j * 64 + k] - batchnorm_5_mean[k]) * batchnorm_5_inverse[k];
                const float y = z * batchnorm_5_gamma[k] + batchnorm_5_beta[k];
                out[j * 64 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* batchnorm_5 (convnet_bn.mnn:16): prediction
 *     out[rows, 4, 4, 64] = relu(in * scale + shift), where scale = gamma / sqrt(moving_variance + 0.001)
 *     and shift = beta - moving_mean * scale */
static void batchnorm_5_predict(const mnn_worker *worker, int rows)
{
    float *restrict scale = scratch[worker->index], *restrict shift = scale + 64;
    for (int k = 0; k < 64; k++) {
        scale[k] = batchnorm_5_gamma[k] / sqrtf(batchnorm_5_moving_variance[k] + 0.001f);
        shift[k] = batchnorm_5_beta[k] - batchnorm_5_moving_mean[k] * scale[k];
    }
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_5_out + first * 1024;
        float *restrict out = activation_5_out + first * 1024;
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 64; k++) {
                const float y = in[j * 64 + k] * scale[k] + shift[k];
                out[j * 64 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* dropout_1 (convnet_bn.mnn:28): forward
 *     out[rows, 4, 4, 64] = 0 with probability 0.4, else in * 1.6666666666666667
 * loop; row by row */
static void dropout_1_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = activation_5_out + i * 1024;
            float *out = dropout_1_out + i * 1024;
            const uint64_t block = (batch->step * 64 + (uint64_t)(i)) * 256;
            for (int j = 0; j < 1024; j += MNN_RANDOM_WORDS) {
                uint32_t bits[MNN_RANDOM_WORDS];
                mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 1, 0, block + (uint64_t)(j / 4),
                        bits);
                for (int k = 0; k < MNN_RANDOM_WORDS; k++)
                    out[j + k] = mnn_uniform(bits[k]) < 0.4f ? 0.0f : in[j + k] * 1.6666666f;
            }
        }
    }
}

/* dropout_1 (convnet_bn.mnn:28): prediction
 *     out[rows, 4, 4, 64] = in: nothing is dropped */
static void dropout_1_predict(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        memcpy(dropout_1_out + first * 1024, activation_5_out + first * 1024,
                (size_t)n * 1024 * sizeof(float));
    }
}

/* dense (convnet_bn.mnn:30): forward
 *     out[rows, 128] = in[rows, 1024] . kernel[1024, 128]
 * tiles in registers; cut by columns: the batch is small */
static void dense_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 32; first < 128; first += worker->count * 32) {
        const int n = 32;
        float *out = dense_out + first;
        mnn_rows_product(rows, n, 1024, dropout_1_out, 1024, dense_kernel + first, 128, out, 128);
    }
}

/* batchnorm_6 (convnet_bn.mnn:31): forward, sums of each piece of the batch
 *     mean[128] and variance[128] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_6_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = dense_out + first * 128;
        float *restrict mean = batchnorm_6_forward_partials + first / 8 * 256,
                *restrict variance = mean + 128;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n);
        memset(mean, 0, 256 * sizeof *mean);
        memset(rest, 0, 128 * sizeof *rest);
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 128; k++) {
                mean[k] += in[j * 128 + k];
            }
        for (int k = 0; k < 128; k++)
            mean[k] /= count;
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 128; k++) {
                const float difference = in[j * 128 + k] - mean[k];
                rest[k] += difference;
                variance[k] += difference * difference;
            }
        for (int k = 0; k < 128; k++) {
            const float error = rest[k] / count;
            mean[k] += error;
            variance[k] = fmaxf(variance[k] / count - error * error, 0.0f);
        }
    }
}

/* batchnorm_6 (convnet_bn.mnn:31): forward, sums of the batch
 *     mean = sum over pieces of share * mean of the piece;
 *     variance = sum over pieces of share * (variance of the piece + (mean of the piece - mean)^2);
 *     inverse = 1 / sqrt(variance + 0.001)
 * sum; partial sums in a fixed order */
static void batchnorm_6_forward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_6_mean, 0, 128 * sizeof(float));
    memset(batchnorm_6_variance, 0, 128 * sizeof(float));
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_6_forward_partials + first / 8 * 256;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 128; k++)
            batchnorm_6_mean[k] += share * mean[k];
    }
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_6_forward_partials + first / 8 * 256;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 128; k++) {
            const float difference = mean[k] - batchnorm_6_mean[k];
            batchnorm_6_variance[k] += share * (mean[128 + k] + difference * difference);
        }
    }
    for (int k = 0; k < 128; k++)
        batchnorm_6_inverse[k] = 1.0f / sqrtf(batchnorm_6_variance[k] + 0.001f);
}

/* batchnorm_6 (convnet_bn.mnn:31): forward
 *     out[rows, 128] = relu((in - mean) * inverse * gamma + beta)
 * loop; row by row */
static void batchnorm_6_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = dense_out + first * 128;
        float *restrict out = activation_6_out + first * 128;
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 128; k++) {
                const float z = (in[j * 128 + k] - batchnorm_6_mean[k]) * batchnorm_6_inverse[k];
                const float y = z * batchnorm_6_gamma[k] + batchnorm_6_beta[k];
                out[j * 128 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* batchnorm_6 (convnet_bn.mnn:31): prediction
 *     out[rows, 128] = relu(in * scale + shift), where scale = gamma / sqrt(moving_variance + 0.001)
 *     and shift = beta - moving_mean * scale */
static void batchnorm_6_predict(const mnn_worker *worker, int rows)
{
    float *restrict scale = scratch[worker->index], *restrict shift = scale + 128;
    for (int k = 0; k < 128; k++) {
        scale[k] = batchnorm_6_gamma[k] / sqrtf(batchnorm_6_moving_variance[k] + 0.001f);
        shift[k] = batchnorm_6_beta[k] - batchnorm_6_moving_mean[k] * scale[k];
    }
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = dense_out + first * 128;
        float *restrict out = activation_6_out + first * 128;
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 128; k++) {
                const float y = in[j * 128 + k] * scale[k] + shift[k];
                out[j * 128 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* dropout_2 (convnet_bn.mnn:33): forward
 *     out[rows, 128] = 0 with probability 0.4, else in * 1.6666666666666667
 * loop; row by row */
static void dropout_2_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = activation_6_out + i * 128;
            float *out = dropout_2_out + i * 128;
            const uint64_t block = (batch->step * 64 + (uint64_t)(i)) * 32;
            for (int j = 0; j < 128; j += MNN_RANDOM_WORDS) {
                uint32_t bits[MNN_RANDOM_WORDS];
                mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 2, 0, block + (uint64_t)(j / 4),
                        bits);
                for (int k = 0; k < MNN_RANDOM_WORDS; k++)
                    out[j + k] = mnn_uniform(bits[k]) < 0.4f ? 0.0f : in[j + k] * 1.6666666f;
            }
        }
    }
}

/* dropout_2 (convnet_bn.mnn:33): prediction
 *     out[rows, 128] = in: nothing is dropped */
static void dropout_2_predict(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        memcpy(dropout_2_out + first * 128, activation_6_out + first * 128,
                (size_t)n * 128 * sizeof(float));
    }
}

/* dense_1 (convnet_bn.mnn:34): forward
 *     out[rows, 10] = in[rows, 128] . kernel[128, 10] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_1_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_1_out;
    mnn_rows_product(rows, 10, 128, dropout_2_out, 128, dense_1_kernel, 10, out, 10);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            out[i * 10 + j] += dense_1_bias[j];
}

/* dense_1 (convnet_bn.mnn:34): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 10]
 * loop; row by row */
static void dense_1_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
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

/* loss (convnet_bn.mnn:38): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
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

/* loss (convnet_bn.mnn:38): backward
 *     dz[rows, 10] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
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

/* dense_1 (convnet_bn.mnn:34): backward
 *     dx[rows, 128] = dy[rows, 10] . transpose(kernel[128, 10])
 * tiles in registers; in one piece: too small to cut */
static void dense_1_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [10, 64] */
    float *dx_turned = dy_turned + 640; /* [96, 64] */
    mnn_transpose(rows, 10, dense_1_out_gradient, 10, dy_turned, 64);
    for (int i = 0; i < 128; i += 96) {
        const int count = mnn_min(96, 128 - i);
        mnn_product(count, 64, 10, dense_1_kernel + i * 10, 10, 1, dy_turned, 64, dx_turned, 64, 0);
        mnn_transpose(count, rows, dx_turned, 64, dropout_2_out_gradient + i, 128);
    }
}

/* dropout_2 (convnet_bn.mnn:33): backward
 *     dx[rows, 128] = dy with the same mask as forward
 * loop; row by row */
static void dropout_2_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = dropout_2_out_gradient + i * 128;
            float *out = batchnorm_6_out_gradient + i * 128;
            const uint64_t block = (batch->step * 64 + (uint64_t)(i)) * 32;
            for (int j = 0; j < 128; j += MNN_RANDOM_WORDS) {
                uint32_t bits[MNN_RANDOM_WORDS];
                mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 2, 0, block + (uint64_t)(j / 4),
                        bits);
                for (int k = 0; k < MNN_RANDOM_WORDS; k++)
                    out[j + k] = mnn_uniform(bits[k]) < 0.4f ? 0.0f : in[j + k] * 1.6666666f;
            }
            for (int j = i * 128, end = j + 128; j < end; j++) {
                const float y = activation_6_out[j], g = batchnorm_6_out_gradient[j];
                batchnorm_6_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* batchnorm_6 (convnet_bn.mnn:31): backward, sums of each piece of the batch
 *     dgamma[128] = sum of dout z and dbeta[128] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_6_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_6_out_gradient + first * 128;
        const float *in = dense_out + first * 128;
        float *restrict dgamma = batchnorm_6_partials + first / 8 * 256,
                *restrict dbeta = dgamma + 128;
        memset(dgamma, 0, 256 * sizeof *dgamma);
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 128; k++) {
                const float z = (in[j * 128 + k] - batchnorm_6_mean[k]) * batchnorm_6_inverse[k];
                dgamma[k] += dout[j * 128 + k] * z;
                dbeta[k] += dout[j * 128 + k];
            }
    }
}

/* batchnorm_6 (convnet_bn.mnn:31): backward, sums of the batch
 *     dgamma, dbeta = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void batchnorm_6_backward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_6_gamma_gradient, 0, 128 * sizeof(float));
    memset(batchnorm_6_beta_gradient, 0, 128 * sizeof(float));
    for (int piece = 0; piece * 8 < rows; piece++) {
        const float *partial = batchnorm_6_partials + piece * 256;
        for (int k = 0; k < 128; k++) {
            batchnorm_6_gamma_gradient[k] += partial[k];
            batchnorm_6_beta_gradient[k] += partial[128 + k];
        }
    }
}

/* batchnorm_6 (convnet_bn.mnn:31): backward
 *     dx[rows, 128] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows
 * loop; row by row */
static void batchnorm_6_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_6_out_gradient + first * 128;
        const float *in = dense_out + first * 128;
        float *restrict dx = dense_out_gradient + first * 128;
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 128; k++) {
                const float z = (in[j * 128 + k] - batchnorm_6_mean[k]) * batchnorm_6_inverse[k];
                const float mean_part = (batchnorm_6_beta_gradient[k]
                        + z * batchnorm_6_gamma_gradient[k]) * share;
                dx[j * 128
                        + k] = batchnorm_6_gamma[k] * batchnorm_6_inverse[k] * (dout[j * 128
                        + k] - mean_part);
            }
    }
}

/* dense (convnet_bn.mnn:30): backward
 *     dx[rows, 1024] = dy[rows, 128] . transpose(kernel[1024, 128])
 * tiles in registers; cut by columns: the batch is small */
static void dense_backward(const mnn_worker *worker, int rows)
{
    float *dy_turned = scratch[worker->index]; /* [128, 64] */
    float *dx_turned = dy_turned + 8192; /* [96, 64] */
    mnn_transpose(rows, 128, dense_out_gradient, 128, dy_turned, 64);
    for (int piece = mnn_part_begin(worker, 8); piece < mnn_part_end(worker, 8); piece++) {
        const int first = piece * 128;
        const int n = 128;
        for (int i = first; i < first + n; i += 96) {
            const int count = mnn_min(96, first + n - i);
            mnn_product(count, 64, 128, dense_kernel + i * 128, 128, 1, dy_turned, 64, dx_turned,
                    64, 0);
            mnn_transpose(count, rows, dx_turned, 64, flatten_out_gradient + i, 1024);
        }
    }
}

/* dropout_1 (convnet_bn.mnn:28): backward
 *     dx[rows, 4, 4, 64] = dy with the same mask as forward
 * loop; row by row */
static void dropout_1_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = flatten_out_gradient + i * 1024;
            float *out = batchnorm_5_out_gradient + i * 1024;
            const uint64_t block = (batch->step * 64 + (uint64_t)(i)) * 256;
            for (int j = 0; j < 1024; j += MNN_RANDOM_WORDS) {
                uint32_t bits[MNN_RANDOM_WORDS];
                mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 1, 0, block + (uint64_t)(j / 4),
                        bits);
                for (int k = 0; k < MNN_RANDOM_WORDS; k++)
                    out[j + k] = mnn_uniform(bits[k]) < 0.4f ? 0.0f : in[j + k] * 1.6666666f;
            }
            for (int j = i * 1024, end = j + 1024; j < end; j++) {
                const float y = activation_5_out[j], g = batchnorm_5_out_gradient[j];
                batchnorm_5_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* batchnorm_5 (convnet_bn.mnn:16): backward, sums of each piece of the batch
 *     dgamma[64] = sum of dout z and dbeta[64] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_5_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_5_out_gradient + first * 1024;
        const float *in = conv2d_5_out + first * 1024;
        float *restrict dgamma = batchnorm_5_partials + first / 8 * 128,
                *restrict dbeta = dgamma + 64;
        memset(dgamma, 0, 128 * sizeof *dgamma);
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 64; k++) {
                const float z = (in[j * 64 + k] - batchnorm_5_mean[k]) * batchnorm_5_inverse[k];
                dgamma[k] += dout[j * 64 + k] * z;
                dbeta[k] += dout[j * 64 + k];
            }
    }
}

/* batchnorm_5 (convnet_bn.mnn:16): backward, sums of the batch
 *     dgamma, dbeta = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void batchnorm_5_backward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_5_gamma_gradient, 0, 64 * sizeof(float));
    memset(batchnorm_5_beta_gradient, 0, 64 * sizeof(float));
    for (int piece = 0; piece * 8 < rows; piece++) {
        const float *partial = batchnorm_5_partials + piece * 128;
        for (int k = 0; k < 64; k++) {
            batchnorm_5_gamma_gradient[k] += partial[k];
            batchnorm_5_beta_gradient[k] += partial[64 + k];
        }
    }
}

/* batchnorm_5 (convnet_bn.mnn:16): backward
 *     dx[rows, 4, 4, 64] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 16
 * loop; row by row */
static void batchnorm_5_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows * 16);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_5_out_gradient + first * 1024;
        const float *in = conv2d_5_out + first * 1024;
        float *restrict dx = conv2d_5_out_gradient + first * 1024;
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 64; k++) {
                const float z = (in[j * 64 + k] - batchnorm_5_mean[k]) * batchnorm_5_inverse[k];
                const float mean_part = (batchnorm_5_beta_gradient[k]
                        + z * batchnorm_5_gamma_gradient[k]) * share;
                dx[j * 64
                        + k] = batchnorm_5_gamma[k] * batchnorm_5_inverse[k] * (dout[j * 64
                        + k] - mean_part);
            }
    }
}

/* conv2d_5 (convnet_bn.mnn:15): backward
 *     partial sums, one a piece:
 *     dkernel[1600, 64] = transpose(patches[16, 1600]) . dz[16, 64],
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_5_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [11, 11, 64] */
    memset(in, 0, 7744 * sizeof *in);
    float *dz = scratch[worker->index] + 7744; /* [6, 6, 64] */
    memset(dz, 0, 2304 * sizeof *dz);
    float *turned = scratch[worker->index] + 10048; /* [5, 5, 64, 64] */
    for (int r = 0; r < 2; r++)
        for (int s = 0; s < 2; s++)
            mnn_transpose(64, 64, conv2d_5_kernel + ((3 - r * 2) * 5 + 3 - s * 2) * 4096, 64,
                turned + (r * 2 + s) * 4096, 64);
    for (int r = 0; r < 2; r++)
        for (int s = 0; s < 3; s++)
            mnn_transpose(64, 64, conv2d_5_kernel + ((3 - r * 2) * 5 + 4 - s * 2) * 4096, 64,
                turned + (r * 3 + s + 4) * 4096, 64);
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 2; s++)
            mnn_transpose(64, 64, conv2d_5_kernel + ((4 - r * 2) * 5 + 3 - s * 2) * 4096, 64,
                turned + (r * 2 + s + 10) * 4096, 64);
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 3; s++)
            mnn_transpose(64, 64, conv2d_5_kernel + ((4 - r * 2) * 5 + 4 - s * 2) * 4096, 64,
                turned + (r * 3 + s + 16) * 4096, 64);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *dkernel = conv2d_5_partials + first / 8 * 102400;
        memset(dkernel, 0, 102400 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 8; y++)
                memcpy(in + (y + 1) * 704 + 64, activation_4_out + i * 4096 + y * 512,
                    512 * sizeof *in);
            const float *dy = conv2d_5_out_gradient + i * 1024;
            for (int y = 0; y < 4; y++)
                memcpy(dz + (y + 1) * 384 + 64, dy + y * 256, 256 * sizeof *dz);
            for (int r = 0; r < 5; r++)
                mnn_nested_product(320, 64, 4, 4, in + r * 704, 1, 128, 1408, dz + 448, 64, 384,
                        dkernel + r * 20480, 64, 1);
            float *dx = batchnorm_4_out_gradient + i * 4096;
            mnn_grid_product(4, 4, 64, 128, 2, dz, 384, 64, 384, turned, 64, 8192, dx, 1024, 128);
            mnn_grid_product(4, 4, 64, 192, 2, dz, 384, 64, 384, turned + 16384, 64, 12288, dx + 64,
                    1024, 128);
            mnn_grid_product(4, 4, 64, 128, 3, dz, 384, 64, 384, turned + 40960, 64, 8192, dx + 512,
                    1024, 128);
            mnn_grid_product(4, 4, 64, 192, 3, dz, 384, 64, 384, turned + 65536, 64, 12288,
                    dx + 576, 1024, 128);
            for (int j = i * 4096, end = j + 4096; j < end; j++) {
                const float y = activation_4_out[j], g = batchnorm_4_out_gradient[j];
                batchnorm_4_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* batchnorm_4 (convnet_bn.mnn:16): backward, sums of each piece of the batch
 *     dgamma[64] = sum of dout z and dbeta[64] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_4_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_4_out_gradient + first * 4096;
        const float *in = conv2d_4_out + first * 4096;
        float *restrict dgamma = batchnorm_4_partials + first / 8 * 128,
                *restrict dbeta = dgamma + 64;
        memset(dgamma, 0, 128 * sizeof *dgamma);
        for (int j = 0; j < n * 64; j++)
            for (int k = 0; k < 64; k++) {
                const float z = (in[j * 64 + k] - batchnorm_4_mean[k]) * batchnorm_4_inverse[k];
                dgamma[k] += dout[j * 64 + k] * z;
                dbeta[k] += dout[j * 64 + k];
            }
    }
}

/* batchnorm_4 (convnet_bn.mnn:16): backward, sums of the batch
 *     dgamma, dbeta = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void batchnorm_4_backward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_4_gamma_gradient, 0, 64 * sizeof(float));
    memset(batchnorm_4_beta_gradient, 0, 64 * sizeof(float));
    for (int piece = 0; piece * 8 < rows; piece++) {
        const float *partial = batchnorm_4_partials + piece * 128;
        for (int k = 0; k < 64; k++) {
            batchnorm_4_gamma_gradient[k] += partial[k];
            batchnorm_4_beta_gradient[k] += partial[64 + k];
        }
    }
}

/* batchnorm_4 (convnet_bn.mnn:16): backward
 *     dx[rows, 8, 8, 64] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 64
 * loop; row by row */
static void batchnorm_4_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows * 64);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_4_out_gradient + first * 4096;
        const float *in = conv2d_4_out + first * 4096;
        float *restrict dx = conv2d_4_out_gradient + first * 4096;
        for (int j = 0; j < n * 64; j++)
            for (int k = 0; k < 64; k++) {
                const float z = (in[j * 64 + k] - batchnorm_4_mean[k]) * batchnorm_4_inverse[k];
                const float mean_part = (batchnorm_4_beta_gradient[k]
                        + z * batchnorm_4_gamma_gradient[k]) * share;
                dx[j * 64
                        + k] = batchnorm_4_gamma[k] * batchnorm_4_inverse[k] * (dout[j * 64
                        + k] - mean_part);
            }
    }
}

/* conv2d_4 (convnet_bn.mnn:15): backward
 *     partial sums, one a piece:
 *     dkernel[576, 64] = transpose(patches[64, 576]) . dz[64, 64],
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_4_backward(const mnn_worker *worker, int rows)
{
    float *dz = scratch[worker->index]; /* [12, 12, 64] */
    memset(dz, 0, 9216 * sizeof *dz);
    float *turned = scratch[worker->index] + 9216; /* [3, 3, 64, 64] */
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 3; s++)
            mnn_transpose(64, 64, conv2d_4_kernel + ((2 - r) * 3 + 2 - s) * 4096, 64,
                turned + (r * 3 + s) * 4096, 64);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *dkernel = conv2d_4_partials + first / 8 * 36864;
        memset(dkernel, 0, 36864 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *in = activation_3_out + i * 6400;
            const float *dy = conv2d_4_out_gradient + i * 4096;
            for (int y = 0; y < 8; y++)
                memcpy(dz + (y + 2) * 768 + 128, dy + y * 512, 512 * sizeof *dz);
            for (int r = 0; r < 3; r++)
                mnn_nested_product(192, 64, 8, 8, in + r * 640, 1, 64, 640, dz + 1664, 64, 768,
                        dkernel + r * 12288, 64, 1);
            float *dx = batchnorm_3_out_gradient + i * 6400;
            mnn_grid_product(10, 10, 64, 192, 3, dz, 768, 64, 768, turned, 64, 12288, dx, 640, 64);
            for (int j = i * 6400, end = j + 6400; j < end; j++) {
                const float y = activation_3_out[j], g = batchnorm_3_out_gradient[j];
                batchnorm_3_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* batchnorm_3 (convnet_bn.mnn:16): backward, sums of each piece of the batch
 *     dgamma[64] = sum of dout z and dbeta[64] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_3_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_3_out_gradient + first * 6400;
        const float *in = conv2d_3_out + first * 6400;
        float *restrict dgamma = batchnorm_3_partials + first / 8 * 128,
                *restrict dbeta = dgamma + 64;
        memset(dgamma, 0, 128 * sizeof *dgamma);
        for (int j = 0; j < n * 100; j++)
            for (int k = 0; k < 64; k++) {
                const float z = (in[j * 64 + k] - batchnorm_3_mean[k]) * batchnorm_3_inverse[k];
                dgamma[k] += dout[j * 64 + k] * z;
                dbeta[k] += dout[j * 64 + k];
            }
    }
}

/* batchnorm_3 (convnet_bn.mnn:16): backward, sums of the batch
 *     dgamma, dbeta = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void batchnorm_3_backward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_3_gamma_gradient, 0, 64 * sizeof(float));
    memset(batchnorm_3_beta_gradient, 0, 64 * sizeof(float));
    for (int piece = 0; piece * 8 < rows; piece++) {
        const float *partial = batchnorm_3_partials + piece * 128;
        for (int k = 0; k < 64; k++) {
            batchnorm_3_gamma_gradient[k] += partial[k];
            batchnorm_3_beta_gradient[k] += partial[64 + k];
        }
    }
}

/* batchnorm_3 (convnet_bn.mnn:16): backward
 *     dx[rows, 10, 10, 64] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 100
 * loop; row by row */
static void batchnorm_3_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows * 100);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_3_out_gradient + first * 6400;
        const float *in = conv2d_3_out + first * 6400;
        float *restrict dx = conv2d_3_out_gradient + first * 6400;
        for (int j = 0; j < n * 100; j++)
            for (int k = 0; k < 64; k++) {
                const float z = (in[j * 64 + k] - batchnorm_3_mean[k]) * batchnorm_3_inverse[k];
                const float mean_part = (batchnorm_3_beta_gradient[k]
                        + z * batchnorm_3_gamma_gradient[k]) * share;
                dx[j * 64
                        + k] = batchnorm_3_gamma[k] * batchnorm_3_inverse[k] * (dout[j * 64
                        + k] - mean_part);
            }
    }
}

/* conv2d_3 (convnet_bn.mnn:15): backward
 *     partial sums, one a piece:
 *     dkernel[288, 64] = transpose(patches[100, 288]) . dz[100, 64],
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_3_backward(const mnn_worker *worker, int rows)
{
    float *dz = scratch[worker->index]; /* [14, 14, 64] */
    memset(dz, 0, 12544 * sizeof *dz);
    float *turned = scratch[worker->index] + 12544; /* [3, 3, 64, 32] */
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 3; s++)
            mnn_transpose(32, 64, conv2d_3_kernel + ((2 - r) * 3 + 2 - s) * 2048, 64,
                turned + (r * 3 + s) * 2048, 32);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *dkernel = conv2d_3_partials + first / 8 * 18432;
        memset(dkernel, 0, 18432 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *in = dropout_out + i * 4608;
            const float *dy = conv2d_3_out_gradient + i * 6400;
            for (int y = 0; y < 10; y++)
                memcpy(dz + (y + 2) * 896 + 128, dy + y * 640, 640 * sizeof *dz);
            for (int r = 0; r < 3; r++)
                mnn_nested_product(96, 64, 10, 10, in + r * 384, 1, 32, 384, dz + 1920, 64, 896,
                        dkernel + r * 6144, 64, 1);
            float *dx = dropout_out_gradient + i * 4608;
            mnn_grid_product(12, 12, 32, 192, 3, dz, 896, 64, 896, turned, 32, 6144, dx, 384, 32);
        }
    }
}

/* dropout (convnet_bn.mnn:24): backward
 *     dx[rows, 12, 12, 32] = dy with the same mask as forward
 * loop; row by row */
static void dropout_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = dropout_out_gradient + i * 4608;
            float *out = batchnorm_2_out_gradient + i * 4608;
            const uint64_t block = (batch->step * 64 + (uint64_t)(i)) * 1152;
            for (int j = 0; j < 4608; j += MNN_RANDOM_WORDS) {
                uint32_t bits[MNN_RANDOM_WORDS];
                mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 0, 0, block + (uint64_t)(j / 4),
                        bits);
                for (int k = 0; k < MNN_RANDOM_WORDS; k++)
                    out[j + k] = mnn_uniform(bits[k]) < 0.4f ? 0.0f : in[j + k] * 1.6666666f;
            }
            for (int j = i * 4608, end = j + 4608; j < end; j++) {
                const float y = activation_2_out[j], g = batchnorm_2_out_gradient[j];
                batchnorm_2_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* batchnorm_2 (convnet_bn.mnn:16): backward, sums of each piece of the batch
 *     dgamma[32] = sum of dout z and dbeta[32] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_2_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_2_out_gradient + first * 4608;
        const float *in = conv2d_2_out + first * 4608;
        float *restrict dgamma = batchnorm_2_partials + first / 8 * 64,
                *restrict dbeta = dgamma + 32;
        memset(dgamma, 0, 64 * sizeof *dgamma);
        for (int j = 0; j < n * 144; j++)
            for (int k = 0; k < 32; k++) {
                const float z = (in[j * 32 + k] - batchnorm_2_mean[k]) * batchnorm_2_inverse[k];
                dgamma[k] += dout[j * 32 + k] * z;
                dbeta[k] += dout[j * 32 + k];
            }
    }
}

/* batchnorm_2 (convnet_bn.mnn:16): backward, sums of the batch
 *     dgamma, dbeta = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void batchnorm_2_backward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_2_gamma_gradient, 0, 32 * sizeof(float));
    memset(batchnorm_2_beta_gradient, 0, 32 * sizeof(float));
    for (int piece = 0; piece * 8 < rows; piece++) {
        const float *partial = batchnorm_2_partials + piece * 64;
        for (int k = 0; k < 32; k++) {
            batchnorm_2_gamma_gradient[k] += partial[k];
            batchnorm_2_beta_gradient[k] += partial[32 + k];
        }
    }
}

/* batchnorm_2 (convnet_bn.mnn:16): backward
 *     dx[rows, 12, 12, 32] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 144
 * loop; row by row */
static void batchnorm_2_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows * 144);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_2_out_gradient + first * 4608;
        const float *in = conv2d_2_out + first * 4608;
        float *restrict dx = conv2d_2_out_gradient + first * 4608;
        for (int j = 0; j < n * 144; j++)
            for (int k = 0; k < 32; k++) {
                const float z = (in[j * 32 + k] - batchnorm_2_mean[k]) * batchnorm_2_inverse[k];
                const float mean_part = (batchnorm_2_beta_gradient[k]
                        + z * batchnorm_2_gamma_gradient[k]) * share;
                dx[j * 32
                        + k] = batchnorm_2_gamma[k] * batchnorm_2_inverse[k] * (dout[j * 32
                        + k] - mean_part);
            }
    }
}

/* conv2d_2 (convnet_bn.mnn:15): backward
 *     partial sums, one a piece:
 *     dkernel[800, 32] = transpose(patches[144, 800]) . dz[144, 32],
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_2_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [27, 27, 32] */
    memset(in, 0, 23328 * sizeof *in);
    float *dz = scratch[worker->index] + 23328; /* [14, 14, 32] */
    memset(dz, 0, 6272 * sizeof *dz);
    float *turned = scratch[worker->index] + 29600; /* [5, 5, 32, 32] */
    for (int r = 0; r < 2; r++)
        for (int s = 0; s < 2; s++)
            mnn_transpose(32, 32, conv2d_2_kernel + ((3 - r * 2) * 5 + 3 - s * 2) * 1024, 32,
                turned + (r * 2 + s) * 1024, 32);
    for (int r = 0; r < 2; r++)
        for (int s = 0; s < 3; s++)
            mnn_transpose(32, 32, conv2d_2_kernel + ((3 - r * 2) * 5 + 4 - s * 2) * 1024, 32,
                turned + (r * 3 + s + 4) * 1024, 32);
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 2; s++)
            mnn_transpose(32, 32, conv2d_2_kernel + ((4 - r * 2) * 5 + 3 - s * 2) * 1024, 32,
                turned + (r * 2 + s + 10) * 1024, 32);
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 3; s++)
            mnn_transpose(32, 32, conv2d_2_kernel + ((4 - r * 2) * 5 + 4 - s * 2) * 1024, 32,
                turned + (r * 3 + s + 16) * 1024, 32);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *dkernel = conv2d_2_partials + first / 8 * 25600;
        memset(dkernel, 0, 25600 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 24; y++)
                memcpy(in + (y + 1) * 864 + 32, activation_1_out + i * 18432 + y * 768,
                    768 * sizeof *in);
            const float *dy = conv2d_2_out_gradient + i * 4608;
            for (int y = 0; y < 12; y++)
                memcpy(dz + (y + 1) * 448 + 32, dy + y * 384, 384 * sizeof *dz);
            for (int r = 0; r < 5; r++)
                mnn_nested_product(160, 32, 12, 12, in + r * 864, 1, 64, 1728, dz + 480, 32, 448,
                        dkernel + r * 5120, 32, 1);
            float *dx = batchnorm_1_out_gradient + i * 18432;
            mnn_grid_product(12, 12, 32, 64, 2, dz, 448, 32, 448, turned, 32, 2048, dx, 1536, 64);
            mnn_grid_product(12, 12, 32, 96, 2, dz, 448, 32, 448, turned + 4096, 32, 3072, dx + 32,
                    1536, 64);
            mnn_grid_product(12, 12, 32, 64, 3, dz, 448, 32, 448, turned + 10240, 32, 2048,
                    dx + 768, 1536, 64);
            mnn_grid_product(12, 12, 32, 96, 3, dz, 448, 32, 448, turned + 16384, 32, 3072,
                    dx + 800, 1536, 64);
            for (int j = i * 18432, end = j + 18432; j < end; j++) {
                const float y = activation_1_out[j], g = batchnorm_1_out_gradient[j];
                batchnorm_1_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* batchnorm_1 (convnet_bn.mnn:16): backward, sums of each piece of the batch
 *     dgamma[32] = sum of dout z and dbeta[32] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_1_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_1_out_gradient + first * 18432;
        const float *in = conv2d_1_out + first * 18432;
        float *restrict dgamma = batchnorm_1_partials + first / 8 * 64,
                *restrict dbeta = dgamma + 32;
        memset(dgamma, 0, 64 * sizeof *dgamma);
        for (int j = 0; j < n * 576; j++)
            for (int k = 0; k < 32; k++) {
                const float z = (in[j * 32 + k] - batchnorm_1_mean[k]) * batchnorm_1_inverse[k];
                dgamma[k] += dout[j * 32 + k] * z;
                dbeta[k] += dout[j * 32 + k];
            }
    }
}

/* batchnorm_1 (convnet_bn.mnn:16): backward, sums of the batch
 *     dgamma, dbeta = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void batchnorm_1_backward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_1_gamma_gradient, 0, 32 * sizeof(float));
    memset(batchnorm_1_beta_gradient, 0, 32 * sizeof(float));
    for (int piece = 0; piece * 8 < rows; piece++) {
        const float *partial = batchnorm_1_partials + piece * 64;
        for (int k = 0; k < 32; k++) {
            batchnorm_1_gamma_gradient[k] += partial[k];
            batchnorm_1_beta_gradient[k] += partial[32 + k];
        }
    }
}

/* batchnorm_1 (convnet_bn.mnn:16): backward
 *     dx[rows, 24, 24, 32] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 576
 * loop; row by row */
static void batchnorm_1_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows * 576);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_1_out_gradient + first * 18432;
        const float *in = conv2d_1_out + first * 18432;
        float *restrict dx = conv2d_1_out_gradient + first * 18432;
        for (int j = 0; j < n * 576; j++)
            for (int k = 0; k < 32; k++) {
                const float z = (in[j * 32 + k] - batchnorm_1_mean[k]) * batchnorm_1_inverse[k];
                const float mean_part = (batchnorm_1_beta_gradient[k]
                        + z * batchnorm_1_gamma_gradient[k]) * share;
                dx[j * 32
                        + k] = batchnorm_1_gamma[k] * batchnorm_1_inverse[k] * (dout[j * 32
                        + k] - mean_part);
            }
    }
}

/* conv2d_1 (convnet_bn.mnn:15): backward
 *     partial sums, one a piece:
 *     dkernel[288, 32] = transpose(patches[576, 288]) . dz[576, 32],
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_1_backward(const mnn_worker *worker, int rows)
{
    float *dz = scratch[worker->index]; /* [28, 28, 32] */
    memset(dz, 0, 25088 * sizeof *dz);
    float *turned = scratch[worker->index] + 25088; /* [3, 3, 32, 32] */
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 3; s++)
            mnn_transpose(32, 32, conv2d_1_kernel + ((2 - r) * 3 + 2 - s) * 1024, 32,
                turned + (r * 3 + s) * 1024, 32);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *dkernel = conv2d_1_partials + first / 8 * 9216;
        memset(dkernel, 0, 9216 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *in = activation_out + i * 21632;
            const float *dy = conv2d_1_out_gradient + i * 18432;
            for (int y = 0; y < 24; y++)
                memcpy(dz + (y + 2) * 896 + 64, dy + y * 768, 768 * sizeof *dz);
            for (int r = 0; r < 3; r++)
                mnn_nested_product(96, 32, 24, 24, in + r * 832, 1, 32, 832, dz + 1856, 32, 896,
                        dkernel + r * 3072, 32, 1);
            float *dx = batchnorm_out_gradient + i * 21632;
            mnn_grid_product(26, 26, 32, 96, 3, dz, 896, 32, 896, turned, 32, 3072, dx, 832, 32);
            for (int j = i * 21632, end = j + 21632; j < end; j++) {
                const float y = activation_out[j], g = batchnorm_out_gradient[j];
                batchnorm_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* batchnorm (convnet_bn.mnn:16): backward, sums of each piece of the batch
 *     dgamma[32] = sum of dout z and dbeta[32] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_out_gradient + first * 21632;
        const float *in = conv2d_out + first * 21632;
        float *restrict dgamma = batchnorm_partials + first / 8 * 64, *restrict dbeta = dgamma + 32;
        memset(dgamma, 0, 64 * sizeof *dgamma);
        for (int j = 0; j < n * 676; j++)
            for (int k = 0; k < 32; k++) {
                const float z = (in[j * 32 + k] - batchnorm_mean[k]) * batchnorm_inverse[k];
                dgamma[k] += dout[j * 32 + k] * z;
                dbeta[k] += dout[j * 32 + k];
            }
    }
}

/* batchnorm (convnet_bn.mnn:16): backward, sums of the batch
 *     dgamma, dbeta = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void batchnorm_backward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_gamma_gradient, 0, 32 * sizeof(float));
    memset(batchnorm_beta_gradient, 0, 32 * sizeof(float));
    for (int piece = 0; piece * 8 < rows; piece++) {
        const float *partial = batchnorm_partials + piece * 64;
        for (int k = 0; k < 32; k++) {
            batchnorm_gamma_gradient[k] += partial[k];
            batchnorm_beta_gradient[k] += partial[32 + k];
        }
    }
}

/* batchnorm (convnet_bn.mnn:16): backward
 *     dx[rows, 26, 26, 32] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 676
 * loop; row by row */
static void batchnorm_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows * 676);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_out_gradient + first * 21632;
        const float *in = conv2d_out + first * 21632;
        float *restrict dx = conv2d_out_gradient + first * 21632;
        for (int j = 0; j < n * 676; j++)
            for (int k = 0; k < 32; k++) {
                const float z = (in[j * 32 + k] - batchnorm_mean[k]) * batchnorm_inverse[k];
                const float mean_part = (batchnorm_beta_gradient[k]
                        + z * batchnorm_gamma_gradient[k]) * share;
                dx[j * 32
                        + k] = batchnorm_gamma[k] * batchnorm_inverse[k] * (dout[j * 32
                        + k] - mean_part);
            }
    }
}

/* conv2d (convnet_bn.mnn:15): backward
 *     partial sums, one a piece:
 *     dkernel[9, 32] = transpose(patches[676, 9]) . dz[676, 32]
 * tiles in registers, straight from the image; image by image */
static void conv2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *dkernel = conv2d_partials + first / 8 * 288;
        memset(dkernel, 0, 288 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            const float *in = input_out + i * 784;
            const float *dy = conv2d_out_gradient + i * 21632;
            for (int r = 0; r < 3; r++)
                mnn_nested_product(3, 32, 26, 26, in + r * 28, 1, 1, 28, dy, 32, 832,
                        dkernel + r * 96, 32, 1);
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense_1 (convnet_bn.mnn:34): gradients of the parameters
 *     dkernel[128, 10] = transpose(in[rows, 128]) . dy[rows, 10]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_1_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(128, 10, rows, dropout_2_out, 1, 128, dense_1_out_gradient, 10,
            dense_1_kernel_gradient, 10, 0);
    for (int j = 0; j < 10; j++)
        dense_1_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            dense_1_bias_gradient[j] += dense_1_out_gradient[i * 10 + j];
}

/* dense (convnet_bn.mnn:30): gradients of the parameters
 *     dkernel[1024, 128] = transpose(in[rows, 1024]) . dy[rows, 128]
 * tiles in registers; cut by inputs: each piece is a whole sum over the batch */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    for (int piece = mnn_part_begin(worker, 8); piece < mnn_part_end(worker, 8); piece++) {
        const int first = piece * 132;
        const int n = mnn_min(132, 1024 - first);
        mnn_product(n, 128, rows, dropout_1_out + first, 1, 1024, dense_out_gradient, 128,
                dense_kernel_gradient + first * 128, 128, 0);
    }
}

/* conv2d_5 (convnet_bn.mnn:15): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_5_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    memcpy(conv2d_5_kernel_gradient, conv2d_5_partials, 102400 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_5_partials + piece * 102400;
        for (int j = 0; j < 102400; j++)
            conv2d_5_kernel_gradient[j] += partial[j];
    }
}

/* conv2d_4 (convnet_bn.mnn:15): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_4_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 2) != 0)
        return;
    memcpy(conv2d_4_kernel_gradient, conv2d_4_partials, 36864 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_4_partials + piece * 36864;
        for (int j = 0; j < 36864; j++)
            conv2d_4_kernel_gradient[j] += partial[j];
    }
}

/* conv2d_3 (convnet_bn.mnn:15): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_3_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 3) != 0)
        return;
    memcpy(conv2d_3_kernel_gradient, conv2d_3_partials, 18432 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_3_partials + piece * 18432;
        for (int j = 0; j < 18432; j++)
            conv2d_3_kernel_gradient[j] += partial[j];
    }
}

/* conv2d_2 (convnet_bn.mnn:15): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_2_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 4) != 0)
        return;
    memcpy(conv2d_2_kernel_gradient, conv2d_2_partials, 25600 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_2_partials + piece * 25600;
        for (int j = 0; j < 25600; j++)
            conv2d_2_kernel_gradient[j] += partial[j];
    }
}

/* conv2d_1 (convnet_bn.mnn:15): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_1_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 5) != 0)
        return;
    memcpy(conv2d_1_kernel_gradient, conv2d_1_partials, 9216 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_1_partials + piece * 9216;
        for (int j = 0; j < 9216; j++)
            conv2d_1_kernel_gradient[j] += partial[j];
    }
}

/* conv2d (convnet_bn.mnn:15): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 6) != 0)
        return;
    memcpy(conv2d_kernel_gradient, conv2d_partials, 288 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_partials + piece * 288;
        for (int j = 0; j < 288; j++)
            conv2d_kernel_gradient[j] += partial[j];
    }
}

/* ---- the straight line ---- */

/* Prediction. */
static void forward(const mnn_worker *worker, const mnn_batch *batch)
{
    input_predict(worker, batch);
    conv2d_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_predict(worker, batch->rows);
    conv2d_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_1_predict(worker, batch->rows);
    conv2d_2_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_2_predict(worker, batch->rows);
    dropout_predict(worker, batch->rows);
    conv2d_3_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_3_predict(worker, batch->rows);
    conv2d_4_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_4_predict(worker, batch->rows);
    conv2d_5_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_5_predict(worker, batch->rows);
    dropout_1_predict(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_6_predict(worker, batch->rows);
    dropout_2_predict(worker, batch->rows);
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
    batchnorm_forward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_forward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_forward(worker, batch->rows);
    conv2d_1_forward(worker, batch->rows);
    batchnorm_1_forward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_1_forward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_1_forward(worker, batch->rows);
    conv2d_2_forward(worker, batch->rows);
    batchnorm_2_forward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_2_forward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_2_forward(worker, batch->rows);
    dropout_forward(worker, batch);
    conv2d_3_forward(worker, batch->rows);
    batchnorm_3_forward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_3_forward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_3_forward(worker, batch->rows);
    conv2d_4_forward(worker, batch->rows);
    batchnorm_4_forward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_4_forward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_4_forward(worker, batch->rows);
    conv2d_5_forward(worker, batch->rows);
    batchnorm_5_forward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_5_forward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_5_forward(worker, batch->rows);
    dropout_1_forward(worker, batch);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_6_forward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_6_forward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_6_forward(worker, batch->rows);
    dropout_2_forward(worker, batch);
    mnn_barrier(worker);
    dense_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_1_backward(worker, batch->rows);
    mnn_barrier(worker);
    dropout_2_backward(worker, batch);
    batchnorm_6_backward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_6_backward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_6_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_backward(worker, batch->rows);
    mnn_barrier(worker);
    dropout_1_backward(worker, batch);
    batchnorm_5_backward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_5_backward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_5_backward(worker, batch->rows);
    conv2d_5_backward(worker, batch->rows);
    batchnorm_4_backward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_4_backward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_4_backward(worker, batch->rows);
    conv2d_4_backward(worker, batch->rows);
    batchnorm_3_backward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_3_backward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_3_backward(worker, batch->rows);
    conv2d_3_backward(worker, batch->rows);
    dropout_backward(worker, batch);
    batchnorm_2_backward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_2_backward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_2_backward(worker, batch->rows);
    conv2d_2_backward(worker, batch->rows);
    batchnorm_1_backward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_1_backward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_1_backward(worker, batch->rows);
    conv2d_1_backward(worker, batch->rows);
    batchnorm_backward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_backward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_backward(worker, batch->rows);
    conv2d_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_1_gradients(worker, batch->rows);
    dense_gradients(worker, batch->rows);
    conv2d_5_gradients(worker, batch->rows);
    conv2d_4_gradients(worker, batch->rows);
    conv2d_3_gradients(worker, batch->rows);
    conv2d_2_gradients(worker, batch->rows);
    conv2d_1_gradients(worker, batch->rows);
    conv2d_gradients(worker, batch->rows);
}

/* The learning rate after so many updates: cosine decay (Loshchilov, Hutter 2017)
 * 0.002 ((1 - 0.0) (1 + cos(pi step / 18760)) / 2 + 0.0) */
static double schedule(uint64_t updates)
{
    const double pi = 3.14159265358979323846;
    const double step = fmin((double)updates, 18760.0);
    return 0.002 * ((1.0 - 0.0) * 0.5 * (1.0 + cos(pi * step / 18760.0)) + 0.0);
}

/* update: Adam (Kingma, Ba 2015) in the "epsilon hat" form, as in Keras
 *     m += (1 - 0.9) (g - m);  v += (1 - 0.999) (g^2 - v);  w -= rate m / (sqrt(v) + 1e-07)
 *     rate = learning_rate sqrt(1 - 0.999^t) / (1 - 0.9^t) */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const double t = (double)step->step;
    const double correction = sqrt(1.0 - pow(0.999, t)) / (1.0 - pow(0.9, t));
    const float rate = (float)(step->learning_rate * correction);
    for (int piece = mnn_part_begin(worker, 40); piece < mnn_part_end(worker, 40); piece++) {
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

/* The state follows what gradients() has left of the batch. */
static void update_state(const mnn_worker *worker)
{
    if (worker->index != 0)
        return;
    for (int k = 0; k < 32; k++) {
        batchnorm_moving_mean[k] = batchnorm_moving_mean[k] * 0.9f + batchnorm_mean[k] * 0.1f;
        batchnorm_moving_variance[k] = batchnorm_moving_variance[k] * 0.9f
                + batchnorm_variance[k] * 0.1f;
    }
    for (int k = 0; k < 32; k++) {
        batchnorm_1_moving_mean[k] = batchnorm_1_moving_mean[k] * 0.9f + batchnorm_1_mean[k] * 0.1f;
        batchnorm_1_moving_variance[k] = batchnorm_1_moving_variance[k] * 0.9f
                + batchnorm_1_variance[k] * 0.1f;
    }
    for (int k = 0; k < 32; k++) {
        batchnorm_2_moving_mean[k] = batchnorm_2_moving_mean[k] * 0.9f + batchnorm_2_mean[k] * 0.1f;
        batchnorm_2_moving_variance[k] = batchnorm_2_moving_variance[k] * 0.9f
                + batchnorm_2_variance[k] * 0.1f;
    }
    for (int k = 0; k < 64; k++) {
        batchnorm_3_moving_mean[k] = batchnorm_3_moving_mean[k] * 0.9f + batchnorm_3_mean[k] * 0.1f;
        batchnorm_3_moving_variance[k] = batchnorm_3_moving_variance[k] * 0.9f
                + batchnorm_3_variance[k] * 0.1f;
    }
    for (int k = 0; k < 64; k++) {
        batchnorm_4_moving_mean[k] = batchnorm_4_moving_mean[k] * 0.9f + batchnorm_4_mean[k] * 0.1f;
        batchnorm_4_moving_variance[k] = batchnorm_4_moving_variance[k] * 0.9f
                + batchnorm_4_variance[k] * 0.1f;
    }
    for (int k = 0; k < 64; k++) {
        batchnorm_5_moving_mean[k] = batchnorm_5_moving_mean[k] * 0.9f + batchnorm_5_mean[k] * 0.1f;
        batchnorm_5_moving_variance[k] = batchnorm_5_moving_variance[k] * 0.9f
                + batchnorm_5_variance[k] * 0.1f;
    }
    for (int k = 0; k < 128; k++) {
        batchnorm_6_moving_mean[k] = batchnorm_6_moving_mean[k] * 0.9f + batchnorm_6_mean[k] * 0.1f;
        batchnorm_6_moving_variance[k] = batchnorm_6_moving_variance[k] * 0.9f
                + batchnorm_6_variance[k] * 0.1f;
    }
}

/* ---- the same network once more, to check the gradients against ---- */

/* input (convnet_bn.mnn:7): out = x * scale + shift as the network sees it, changed likewise */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 784;
    static float sample[784], changed[784];
    for (size_t j = 0; j < 784; j++)
        sample[j] = ((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.003921569f);
    mnn_augment_move(&input_motion, batch, row, sample, changed);
    for (int j = 0; j < 784; j++)
        out[j] = (double)changed[j];
}

/* conv2d (convnet_bn.mnn:15): out[26, 26, 32] = in * kernel */
static void conv2d_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 26; y++)
        for (int x = 0; x < 26; x++)
            for (int k = 0; k < 32; k++) {
                double sum = 0.0;
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r, column = x + s;
                        sum += in[row * 28 + column] * kernel[(r * 3 + s) * 32 + k];
                    }
                out[(y * 26 + x) * 32 + k] = sum;
            }
}

/* batchnorm (convnet_bn.mnn:16): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_reference(int rows, const double *gamma, const double *beta, const double *in,
        double *out)
{
    const int count = rows * 676;
    for (int k = 0; k < 32; k++) {
        double mean = 0.0, variance = 0.0;
        for (int j = 0; j < count; j++)
            mean += in[j * 32 + k] / count;
        for (int j = 0; j < count; j++)
            variance += (in[j * 32 + k] - mean) * (in[j * 32 + k] - mean) / count;
        for (int j = 0; j < count; j++)
            out[j * 32 + k] = (in[j * 32 + k] - mean) / sqrt(variance + 0.001) * gamma[k] + beta[k];
    }
}

/* activation (convnet_bn.mnn:17): out[21632] = relu(in) */
static void activation_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 21632; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* conv2d_1 (convnet_bn.mnn:15): out[24, 24, 32] = in * kernel */
static void conv2d_1_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 24; y++)
        for (int x = 0; x < 24; x++)
            for (int k = 0; k < 32; k++) {
                double sum = 0.0;
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r, column = x + s;
                        const double *pixel = in + (row * 26 + column) * 32;
                        const double *weight = kernel + (r * 3 + s) * 1024 + k;
                        for (int c = 0; c < 32; c++)
                            sum += pixel[c] * weight[c * 32];
                    }
                out[(y * 24 + x) * 32 + k] = sum;
            }
}

/* batchnorm_1 (convnet_bn.mnn:16): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_1_reference(int rows, const double *gamma, const double *beta,
        const double *in, double *out)
{
    const int count = rows * 576;
    for (int k = 0; k < 32; k++) {
        double mean = 0.0, variance = 0.0;
        for (int j = 0; j < count; j++)
            mean += in[j * 32 + k] / count;
        for (int j = 0; j < count; j++)
            variance += (in[j * 32 + k] - mean) * (in[j * 32 + k] - mean) / count;
        for (int j = 0; j < count; j++)
            out[j * 32 + k] = (in[j * 32 + k] - mean) / sqrt(variance + 0.001) * gamma[k] + beta[k];
    }
}

/* activation_1 (convnet_bn.mnn:17): out[18432] = relu(in) */
static void activation_1_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 18432; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* conv2d_2 (convnet_bn.mnn:15): out[12, 12, 32] = in * kernel */
static void conv2d_2_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 12; y++)
        for (int x = 0; x < 12; x++)
            for (int k = 0; k < 32; k++) {
                double sum = 0.0;
                for (int r = 0; r < 5; r++)
                    for (int s = 0; s < 5; s++) {
                        const int row = y * 2 + r - 1, column = x * 2 + s - 1;
                        if (row < 0 || row >= 24 || column < 0 || column >= 24)
                            continue;
                        const double *pixel = in + (row * 24 + column) * 32;
                        const double *weight = kernel + (r * 5 + s) * 1024 + k;
                        for (int c = 0; c < 32; c++)
                            sum += pixel[c] * weight[c * 32];
                    }
                out[(y * 12 + x) * 32 + k] = sum;
            }
}

/* batchnorm_2 (convnet_bn.mnn:16): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_2_reference(int rows, const double *gamma, const double *beta,
        const double *in, double *out)
{
    const int count = rows * 144;
    for (int k = 0; k < 32; k++) {
        double mean = 0.0, variance = 0.0;
        for (int j = 0; j < count; j++)
            mean += in[j * 32 + k] / count;
        for (int j = 0; j < count; j++)
            variance += (in[j * 32 + k] - mean) * (in[j * 32 + k] - mean) / count;
        for (int j = 0; j < count; j++)
            out[j * 32 + k] = (in[j * 32 + k] - mean) / sqrt(variance + 0.001) * gamma[k] + beta[k];
    }
}

/* activation_2 (convnet_bn.mnn:17): out[4608] = relu(in) */
static void activation_2_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 4608; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dropout (convnet_bn.mnn:24): out = 0 where the mask of this row says so, else in / (1 - rate) */
static void dropout_reference(const mnn_batch *batch, int row, const double *in, double *out)
{
    const uint64_t block = (batch->step * 64 + (uint64_t)(row)) * 1152;
    for (int j = 0; j < 4608; j += MNN_RANDOM_WORDS) {
        uint32_t bits[MNN_RANDOM_WORDS];
        mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 0, 0, block + (uint64_t)(j / 4), bits);
        for (int k = 0; k < MNN_RANDOM_WORDS; k++)
            out[j + k] = mnn_uniform(bits[k]) < 0.4f ? 0.0 : in[j + k] * (1.0 / (1.0 - 0.4));
    }
}

/* conv2d_3 (convnet_bn.mnn:15): out[10, 10, 64] = in * kernel */
static void conv2d_3_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 10; y++)
        for (int x = 0; x < 10; x++)
            for (int k = 0; k < 64; k++) {
                double sum = 0.0;
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r, column = x + s;
                        const double *pixel = in + (row * 12 + column) * 32;
                        const double *weight = kernel + (r * 3 + s) * 2048 + k;
                        for (int c = 0; c < 32; c++)
                            sum += pixel[c] * weight[c * 64];
                    }
                out[(y * 10 + x) * 64 + k] = sum;
            }
}

/* batchnorm_3 (convnet_bn.mnn:16): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_3_reference(int rows, const double *gamma, const double *beta,
        const double *in, double *out)
{
    const int count = rows * 100;
    for (int k = 0; k < 64; k++) {
        double mean = 0.0, variance = 0.0;
        for (int j = 0; j < count; j++)
            mean += in[j * 64 + k] / count;
        for (int j = 0; j < count; j++)
            variance += (in[j * 64 + k] - mean) * (in[j * 64 + k] - mean) / count;
        for (int j = 0; j < count; j++)
            out[j * 64 + k] = (in[j * 64 + k] - mean) / sqrt(variance + 0.001) * gamma[k] + beta[k];
    }
}

/* activation_3 (convnet_bn.mnn:17): out[6400] = relu(in) */
static void activation_3_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 6400; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* conv2d_4 (convnet_bn.mnn:15): out[8, 8, 64] = in * kernel */
static void conv2d_4_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++)
            for (int k = 0; k < 64; k++) {
                double sum = 0.0;
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r, column = x + s;
                        const double *pixel = in + (row * 10 + column) * 64;
                        const double *weight = kernel + (r * 3 + s) * 4096 + k;
                        for (int c = 0; c < 64; c++)
                            sum += pixel[c] * weight[c * 64];
                    }
                out[(y * 8 + x) * 64 + k] = sum;
            }
}

/* batchnorm_4 (convnet_bn.mnn:16): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_4_reference(int rows, const double *gamma, const double *beta,
        const double *in, double *out)
{
    const int count = rows * 64;
    for (int k = 0; k < 64; k++) {
        double mean = 0.0, variance = 0.0;
        for (int j = 0; j < count; j++)
            mean += in[j * 64 + k] / count;
        for (int j = 0; j < count; j++)
            variance += (in[j * 64 + k] - mean) * (in[j * 64 + k] - mean) / count;
        for (int j = 0; j < count; j++)
            out[j * 64 + k] = (in[j * 64 + k] - mean) / sqrt(variance + 0.001) * gamma[k] + beta[k];
    }
}

/* activation_4 (convnet_bn.mnn:17): out[4096] = relu(in) */
static void activation_4_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 4096; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* conv2d_5 (convnet_bn.mnn:15): out[4, 4, 64] = in * kernel */
static void conv2d_5_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++)
            for (int k = 0; k < 64; k++) {
                double sum = 0.0;
                for (int r = 0; r < 5; r++)
                    for (int s = 0; s < 5; s++) {
                        const int row = y * 2 + r - 1, column = x * 2 + s - 1;
                        if (row < 0 || row >= 8 || column < 0 || column >= 8)
                            continue;
                        const double *pixel = in + (row * 8 + column) * 64;
                        const double *weight = kernel + (r * 5 + s) * 4096 + k;
                        for (int c = 0; c < 64; c++)
                            sum += pixel[c] * weight[c * 64];
                    }
                out[(y * 4 + x) * 64 + k] = sum;
            }
}

/* batchnorm_5 (convnet_bn.mnn:16): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_5_reference(int rows, const double *gamma, const double *beta,
        const double *in, double *out)
{
    const int count = rows * 16;
    for (int k = 0; k < 64; k++) {
        double mean = 0.0, variance = 0.0;
        for (int j = 0; j < count; j++)
            mean += in[j * 64 + k] / count;
        for (int j = 0; j < count; j++)
            variance += (in[j * 64 + k] - mean) * (in[j * 64 + k] - mean) / count;
        for (int j = 0; j < count; j++)
            out[j * 64 + k] = (in[j * 64 + k] - mean) / sqrt(variance + 0.001) * gamma[k] + beta[k];
    }
}

/* activation_5 (convnet_bn.mnn:17): out[1024] = relu(in) */
static void activation_5_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 1024; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dropout_1 (convnet_bn.mnn:28): out = 0 where the mask of this row says so, else in / (1 - rate) */
static void dropout_1_reference(const mnn_batch *batch, int row, const double *in, double *out)
{
    const uint64_t block = (batch->step * 64 + (uint64_t)(row)) * 256;
    for (int j = 0; j < 1024; j += MNN_RANDOM_WORDS) {
        uint32_t bits[MNN_RANDOM_WORDS];
        mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 1, 0, block + (uint64_t)(j / 4), bits);
        for (int k = 0; k < MNN_RANDOM_WORDS; k++)
            out[j + k] = mnn_uniform(bits[k]) < 0.4f ? 0.0 : in[j + k] * (1.0 / (1.0 - 0.4));
    }
}

/* dense (convnet_bn.mnn:30): out[128] = in[1024] . kernel[1024, 128] */
static void dense_reference(const double *kernel, const double *in, double *out)
{
    for (int j = 0; j < 128; j++) {
        double sum = 0.0;
        for (int i = 0; i < 1024; i++)
            sum += in[i] * kernel[i * 128 + j];
        out[j] = sum;
    }
}

/* batchnorm_6 (convnet_bn.mnn:31): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_6_reference(int rows, const double *gamma, const double *beta,
        const double *in, double *out)
{
    const int count = rows;
    for (int k = 0; k < 128; k++) {
        double mean = 0.0, variance = 0.0;
        for (int j = 0; j < count; j++)
            mean += in[j * 128 + k] / count;
        for (int j = 0; j < count; j++)
            variance += (in[j * 128 + k] - mean) * (in[j * 128 + k] - mean) / count;
        for (int j = 0; j < count; j++)
            out[j * 128 + k] = (in[j * 128 + k] - mean) / sqrt(variance + 0.001) * gamma[k]
                + beta[k];
    }
}

/* activation_6 (convnet_bn.mnn:32): out[128] = relu(in) */
static void activation_6_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 128; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* dropout_2 (convnet_bn.mnn:33): out = 0 where the mask of this row says so, else in / (1 - rate) */
static void dropout_2_reference(const mnn_batch *batch, int row, const double *in, double *out)
{
    const uint64_t block = (batch->step * 64 + (uint64_t)(row)) * 32;
    for (int j = 0; j < 128; j += MNN_RANDOM_WORDS) {
        uint32_t bits[MNN_RANDOM_WORDS];
        mnn_random_words(batch->seed, MNN_STREAM_DROPOUT + 2, 0, block + (uint64_t)(j / 4), bits);
        for (int k = 0; k < MNN_RANDOM_WORDS; k++)
            out[j + k] = mnn_uniform(bits[k]) < 0.4f ? 0.0 : in[j + k] * (1.0 / (1.0 - 0.4));
    }
}

/* dense_1 (convnet_bn.mnn:34): out[10] = in[128] . kernel[128, 10] + bias */
static void dense_1_reference(const double *kernel, const double *bias, const double *in,
        double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 128; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* dense_1 (convnet_bn.mnn:34): out[10] = softmax(in) */
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

/* loss (convnet_bn.mnn:38): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[MNN_REFERENCE_ROWS * 784];
    static double conv2d_reference_values[MNN_REFERENCE_ROWS * 21632];
    static double batchnorm_reference_values[MNN_REFERENCE_ROWS * 21632];
    static double activation_relu_reference_values[MNN_REFERENCE_ROWS * 21632];
    static double conv2d_1_reference_values[MNN_REFERENCE_ROWS * 18432];
    static double batchnorm_1_reference_values[MNN_REFERENCE_ROWS * 18432];
    static double activation_1_relu_reference_values[MNN_REFERENCE_ROWS * 18432];
    static double conv2d_2_reference_values[MNN_REFERENCE_ROWS * 4608];
    static double batchnorm_2_reference_values[MNN_REFERENCE_ROWS * 4608];
    static double activation_2_relu_reference_values[MNN_REFERENCE_ROWS * 4608];
    static double dropout_reference_values[MNN_REFERENCE_ROWS * 4608];
    static double conv2d_3_reference_values[MNN_REFERENCE_ROWS * 6400];
    static double batchnorm_3_reference_values[MNN_REFERENCE_ROWS * 6400];
    static double activation_3_relu_reference_values[MNN_REFERENCE_ROWS * 6400];
    static double conv2d_4_reference_values[MNN_REFERENCE_ROWS * 4096];
    static double batchnorm_4_reference_values[MNN_REFERENCE_ROWS * 4096];
    static double activation_4_relu_reference_values[MNN_REFERENCE_ROWS * 4096];
    static double conv2d_5_reference_values[MNN_REFERENCE_ROWS * 1024];
    static double batchnorm_5_reference_values[MNN_REFERENCE_ROWS * 1024];
    static double activation_5_relu_reference_values[MNN_REFERENCE_ROWS * 1024];
    static double dropout_1_reference_values[MNN_REFERENCE_ROWS * 1024];
    static double dense_reference_values[MNN_REFERENCE_ROWS * 128];
    static double batchnorm_6_reference_values[MNN_REFERENCE_ROWS * 128];
    static double activation_6_relu_reference_values[MNN_REFERENCE_ROWS * 128];
    static double dropout_2_reference_values[MNN_REFERENCE_ROWS * 128];
    static double dense_1_reference_values[MNN_REFERENCE_ROWS * 10];
    static double dense_1_softmax_reference_values[MNN_REFERENCE_ROWS * 10];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values + row * 784);
        conv2d_reference(weights + 0, input_reference_values + row * 784,
                conv2d_reference_values + row * 21632);
    }
    batchnorm_reference(batch->rows, weights + 288, weights + 320, conv2d_reference_values,
            batchnorm_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        activation_relu_reference(batchnorm_reference_values + row * 21632,
                activation_relu_reference_values + row * 21632);
        conv2d_1_reference(weights + 352, activation_relu_reference_values + row * 21632,
                conv2d_1_reference_values + row * 18432);
    }
    batchnorm_1_reference(batch->rows, weights + 9568, weights + 9600, conv2d_1_reference_values,
            batchnorm_1_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        activation_1_relu_reference(batchnorm_1_reference_values + row * 18432,
                activation_1_relu_reference_values + row * 18432);
        conv2d_2_reference(weights + 9632, activation_1_relu_reference_values + row * 18432,
                conv2d_2_reference_values + row * 4608);
    }
    batchnorm_2_reference(batch->rows, weights + 35232, weights + 35264, conv2d_2_reference_values,
            batchnorm_2_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        activation_2_relu_reference(batchnorm_2_reference_values + row * 4608,
                activation_2_relu_reference_values + row * 4608);
        dropout_reference(batch, row, activation_2_relu_reference_values + row * 4608,
                dropout_reference_values + row * 4608);
        conv2d_3_reference(weights + 35296, dropout_reference_values + row * 4608,
                conv2d_3_reference_values + row * 6400);
    }
    batchnorm_3_reference(batch->rows, weights + 53728, weights + 53792, conv2d_3_reference_values,
            batchnorm_3_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        activation_3_relu_reference(batchnorm_3_reference_values + row * 6400,
                activation_3_relu_reference_values + row * 6400);
        conv2d_4_reference(weights + 53856, activation_3_relu_reference_values + row * 6400,
                conv2d_4_reference_values + row * 4096);
    }
    batchnorm_4_reference(batch->rows, weights + 90720, weights + 90784, conv2d_4_reference_values,
            batchnorm_4_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        activation_4_relu_reference(batchnorm_4_reference_values + row * 4096,
                activation_4_relu_reference_values + row * 4096);
        conv2d_5_reference(weights + 90848, activation_4_relu_reference_values + row * 4096,
                conv2d_5_reference_values + row * 1024);
    }
    batchnorm_5_reference(batch->rows, weights + 193248, weights + 193312,
            conv2d_5_reference_values, batchnorm_5_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        activation_5_relu_reference(batchnorm_5_reference_values + row * 1024,
                activation_5_relu_reference_values + row * 1024);
        dropout_1_reference(batch, row, activation_5_relu_reference_values + row * 1024,
                dropout_1_reference_values + row * 1024);
        dense_reference(weights + 193376, dropout_1_reference_values + row * 1024,
                dense_reference_values + row * 128);
    }
    batchnorm_6_reference(batch->rows, weights + 324448, weights + 324576, dense_reference_values,
            batchnorm_6_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        activation_6_relu_reference(batchnorm_6_reference_values + row * 128,
                activation_6_relu_reference_values + row * 128);
        dropout_2_reference(batch, row, activation_6_relu_reference_values + row * 128,
                dropout_2_reference_values + row * 128);
        dense_1_reference(weights + 324704, weights + 325984,
                dropout_2_reference_values + row * 128, dense_1_reference_values + row * 10);
        dense_1_softmax_reference(dense_1_reference_values + row * 10,
                dense_1_softmax_reference_values + row * 10);
        result[row] = loss_reference(dense_1_softmax_reference_values + row * 10,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {28, 28, 1}, 0, 1568},
    {"conv2d", "conv2d", 3, {26, 26, 32}, 288, 389376},
    {"batchnorm", "batchnorm", 3, {26, 26, 32}, 128, 173056},
    {"activation", "activation", 3, {26, 26, 32}, 0, 21632},
    {"conv2d_1", "conv2d", 3, {24, 24, 32}, 9216, 10616832},
    {"batchnorm_1", "batchnorm", 3, {24, 24, 32}, 128, 147456},
    {"activation_1", "activation", 3, {24, 24, 32}, 0, 18432},
    {"conv2d_2", "conv2d", 3, {12, 12, 32}, 25600, 7372800},
    {"batchnorm_2", "batchnorm", 3, {12, 12, 32}, 128, 36864},
    {"activation_2", "activation", 3, {12, 12, 32}, 0, 4608},
    {"dropout", "dropout", 3, {12, 12, 32}, 0, 9216},
    {"conv2d_3", "conv2d", 3, {10, 10, 64}, 18432, 3686400},
    {"batchnorm_3", "batchnorm", 3, {10, 10, 64}, 256, 51200},
    {"activation_3", "activation", 3, {10, 10, 64}, 0, 6400},
    {"conv2d_4", "conv2d", 3, {8, 8, 64}, 36864, 4718592},
    {"batchnorm_4", "batchnorm", 3, {8, 8, 64}, 256, 32768},
    {"activation_4", "activation", 3, {8, 8, 64}, 0, 4096},
    {"conv2d_5", "conv2d", 3, {4, 4, 64}, 102400, 3276800},
    {"batchnorm_5", "batchnorm", 3, {4, 4, 64}, 256, 8192},
    {"activation_5", "activation", 3, {4, 4, 64}, 0, 1024},
    {"dropout_1", "dropout", 3, {4, 4, 64}, 0, 2048},
    {"flatten", "flatten", 1, {1024}, 0, 0},
    {"dense", "dense", 1, {128}, 131072, 262144},
    {"batchnorm_6", "batchnorm", 1, {128}, 512, 1024},
    {"activation_6", "activation", 1, {128}, 0, 128},
    {"dropout_2", "dropout", 1, {128}, 0, 256},
    {"dense_1", "dense", 1, {10}, 1290, 2610},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {3, 3, 1, 32}, 0, 288, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.5359149257159769},
    {"batchnorm.gamma", 1, {32}, 288, 32, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm.beta", 1, {32}, 320, 32, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm.moving_mean", 1, {32}, 325994, 32, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm.moving_variance", 1, {32}, 326026, 32, false, MNN_INIT_ONES, 0.0, 0.0},
    {"conv2d_1.kernel", 4, {3, 3, 32, 32}, 352, 9216, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.09473726952821303},
    {"batchnorm_1.gamma", 1, {32}, 9568, 32, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm_1.beta", 1, {32}, 9600, 32, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_1.moving_mean", 1, {32}, 326058, 32, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_1.moving_variance", 1, {32}, 326090, 32, false, MNN_INIT_ONES, 0.0, 0.0},
    {"conv2d_2.kernel", 4, {5, 5, 32, 32}, 9632, 25600, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.056842361716927824},
    {"batchnorm_2.gamma", 1, {32}, 35232, 32, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm_2.beta", 1, {32}, 35264, 32, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_2.moving_mean", 1, {32}, 326122, 32, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_2.moving_variance", 1, {32}, 326154, 32, false, MNN_INIT_ONES, 0.0, 0.0},
    {"conv2d_3.kernel", 4, {3, 3, 32, 64}, 35296, 18432, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.09473726952821303},
    {"batchnorm_3.gamma", 1, {64}, 53728, 64, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm_3.beta", 1, {64}, 53792, 64, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_3.moving_mean", 1, {64}, 326186, 64, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_3.moving_variance", 1, {64}, 326250, 64, false, MNN_INIT_ONES, 0.0, 0.0},
    {"conv2d_4.kernel", 4, {3, 3, 64, 64}, 53856, 36864, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.06698936571449711},
    {"batchnorm_4.gamma", 1, {64}, 90720, 64, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm_4.beta", 1, {64}, 90784, 64, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_4.moving_mean", 1, {64}, 326314, 64, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_4.moving_variance", 1, {64}, 326378, 64, false, MNN_INIT_ONES, 0.0, 0.0},
    {"conv2d_5.kernel", 4, {5, 5, 64, 64}, 90848, 102400, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.040193619428698264},
    {"batchnorm_5.gamma", 1, {64}, 193248, 64, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm_5.beta", 1, {64}, 193312, 64, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_5.moving_mean", 1, {64}, 326442, 64, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_5.moving_variance", 1, {64}, 326506, 64, false, MNN_INIT_ONES, 0.0, 0.0},
    {"dense.kernel", 2, {1024, 128}, 193376, 131072, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.050242024285872836},
    {"batchnorm_6.gamma", 1, {128}, 324448, 128, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm_6.beta", 1, {128}, 324576, 128, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_6.moving_mean", 1, {128}, 326570, 128, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_6.moving_variance", 1, {128}, 326698, 128, false, MNN_INIT_ONES, 0.0, 0.0},
    {"dense_1.kernel", 2, {128, 10}, 324704, 1280, true, MNN_INIT_UNIFORM, -0.20851441405707477,
            0.20851441405707477},
    {"dense_1.bias", 1, {10}, 325984, 10, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"m", adam_m, 0.0f},
    {"v", adam_v, 0.0f},
};

static const mnn_metric metrics[] = {
    {MNN_METRIC_ACCURACY, "accuracy", 0},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {28, 28, 1}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d", .input_count = 1, .inputs = {0}, .tensor_count = 1,
            .tensors = {0}, .rank = 3, .dims = {26, 26, 32}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm", .input_count = 1, .inputs = {1},
            .tensor_count = 4, .tensors = {1, 2, 3, 4}, .rank = 3, .dims = {26, 26, 32},
            .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation", .input_count = 1, .inputs = {2}, .rank = 3,
            .dims = {26, 26, 32}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_1", .input_count = 1, .inputs = {3}, .tensor_count = 1,
            .tensors = {5}, .rank = 3, .dims = {24, 24, 32}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm_1", .input_count = 1, .inputs = {4},
            .tensor_count = 4, .tensors = {6, 7, 8, 9}, .rank = 3, .dims = {24, 24, 32},
            .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation_1", .input_count = 1, .inputs = {5}, .rank = 3,
            .dims = {24, 24, 32}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_2", .input_count = 1, .inputs = {6}, .tensor_count = 1,
            .tensors = {10}, .rank = 3, .dims = {12, 12, 32}, .window = {5, 5}, .strides = {2, 2},
            .dilation = {1, 1}, .pad = {1, 1}, .groups = 1},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm_2", .input_count = 1, .inputs = {7},
            .tensor_count = 4, .tensors = {11, 12, 13, 14}, .rank = 3, .dims = {12, 12, 32},
            .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation_2", .input_count = 1, .inputs = {8}, .rank = 3,
            .dims = {12, 12, 32}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DROPOUT, .layer = "dropout", .input_count = 1, .inputs = {9}, .rank = 3,
            .dims = {12, 12, 32}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_3", .input_count = 1, .inputs = {10}, .tensor_count = 1,
            .tensors = {15}, .rank = 3, .dims = {10, 10, 64}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm_3", .input_count = 1, .inputs = {11},
            .tensor_count = 4, .tensors = {16, 17, 18, 19}, .rank = 3, .dims = {10, 10, 64},
            .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation_3", .input_count = 1, .inputs = {12}, .rank = 3,
            .dims = {10, 10, 64}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_4", .input_count = 1, .inputs = {13}, .tensor_count = 1,
            .tensors = {20}, .rank = 3, .dims = {8, 8, 64}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm_4", .input_count = 1, .inputs = {14},
            .tensor_count = 4, .tensors = {21, 22, 23, 24}, .rank = 3, .dims = {8, 8, 64},
            .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation_4", .input_count = 1, .inputs = {15}, .rank = 3,
            .dims = {8, 8, 64}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_5", .input_count = 1, .inputs = {16}, .tensor_count = 1,
            .tensors = {25}, .rank = 3, .dims = {4, 4, 64}, .window = {5, 5}, .strides = {2, 2},
            .dilation = {1, 1}, .pad = {1, 1}, .groups = 1},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm_5", .input_count = 1, .inputs = {17},
            .tensor_count = 4, .tensors = {26, 27, 28, 29}, .rank = 3, .dims = {4, 4, 64},
            .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation_5", .input_count = 1, .inputs = {18}, .rank = 3,
            .dims = {4, 4, 64}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DROPOUT, .layer = "dropout_1", .input_count = 1, .inputs = {19}, .rank = 3,
            .dims = {4, 4, 64}},
    {.op = MNN_OP_RESHAPE, .layer = "flatten", .input_count = 1, .inputs = {20}, .rank = 1,
            .dims = {1024}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {21}, .tensor_count = 1,
            .tensors = {30}, .rank = 1, .dims = {128}},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm_6", .input_count = 1, .inputs = {22},
            .tensor_count = 4, .tensors = {31, 32, 33, 34}, .rank = 1, .dims = {128},
            .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation_6", .input_count = 1, .inputs = {23}, .rank = 1,
            .dims = {128}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_DROPOUT, .layer = "dropout_2", .input_count = 1, .inputs = {24}, .rank = 1,
            .dims = {128}},
    {.op = MNN_OP_DENSE, .layer = "dense_1", .input_count = 1, .inputs = {25}, .tensor_count = 2,
            .tensors = {35, 36}, .rank = 1, .dims = {10}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense_1", .input_count = 1, .inputs = {26}, .rank = 1,
            .dims = {10}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "convnet_bn",
    .description = "07aa136ee94bbd74b3bf29fa9063077c6e6bed12839f397f47b5d6411ddd13b2",
    .data_name = "mnist",
    .train = {"mnist/train-images-idx3-ubyte", "mnist/train-labels-idx1-ubyte"},
    .test = {"mnist/t10k-images-idx3-ubyte", "mnist/t10k-labels-idx1-ubyte"},
    .validation = {NULL, NULL},
    .sample_rank = 3,
    .sample_dims = {28, 28, 1},
    .sample_size = 784,
    .reshapes = true,
    .scale = 0.003921569f,
    .shift = 0.0f,
    .label_kind = MNN_LABEL_CLASS,
    .classes = 10,
    .validation_split = 0.0,
    .train_limit = 0,
    .test_limit = 0,
    .validation_limit = 0,
    .shuffle = true,
    .motion = &input_motion,
    .epochs = 20,
    .batch_size = BATCH,
    .seed = 1u,
    .loss_name = "sparse_categorical_crossentropy",
    .optimizer_name = "adam",
    .learning_rate = 0.002,
    .schedule_name = "cosine_decay",
    .schedule = schedule,
    .metric_count = 1,
    .metrics = metrics,
    .layer_count = sizeof layers / sizeof layers[0],
    .layers = layers,
    .tensor_count = sizeof tensors / sizeof tensors[0],
    .tensors = tensors,
    .node_count = sizeof nodes / sizeof nodes[0],
    .nodes = nodes,
    .slot_count = 2,
    .slots = slots,
    .static_bytes = 57265696,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .state_count = STATE_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 7629664,
    .row_loss = row_loss,
    .forward = forward,
    .losses = losses,
    .gradients = gradients,
    .update = update,
    .reference = reference,
    .update_state = update_state,
};

int main(int argc, char **argv)
{
    return mnn_main(&model, argc, argv);
}
