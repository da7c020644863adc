/* resnet_small: a training program that mnnc 0.1.0 made from resnet_small.mnn.
 * Change the description and not this file.
 *
 * layer                      output          parameters  flops a sample  line
 * input (input)              28 x 28 x 1              0           1,568     7
 * conv2d (conv2d)            28 x 28 x 32           288         451,584    13
 * batchnorm (batchnorm)      28 x 28 x 32           128         200,704    14
 * activation (activation)    28 x 28 x 32             0           6,272    28
 * maxpool2d (maxpool2d)      14 x 14 x 32             0          25,088    29
 * conv2d_1 (conv2d)          14 x 14 x 32         9,216       3,612,672    13
 * batchnorm_1 (batchnorm)    14 x 14 x 32           128          50,176    14
 * activation_1 (activation)  14 x 14 x 32             0           6,272    20
 * conv2d_2 (conv2d)          14 x 14 x 32         9,216       3,612,672    13
 * batchnorm_2 (batchnorm)    14 x 14 x 32           128          50,176    14
 * add (add)                  14 x 14 x 32             0           6,272    18
 * activation_2 (activation)  14 x 14 x 32             0           6,272    23
 * conv2d_3 (conv2d)          7 x 7 x 64          18,432       1,806,336    13
 * batchnorm_3 (batchnorm)    7 x 7 x 64             256          25,088    14
 * activation_3 (activation)  7 x 7 x 64               0           3,136    32
 * conv2d_4 (conv2d)          7 x 7 x 64          36,864       3,612,672    13
 * batchnorm_4 (batchnorm)    7 x 7 x 64             256          25,088    14
 * activation_4 (activation)  7 x 7 x 64               0           3,136    20
 * conv2d_5 (conv2d)          7 x 7 x 64          36,864       3,612,672    13
 * batchnorm_5 (batchnorm)    7 x 7 x 64             256          25,088    14
 * add_1 (add)                7 x 7 x 64               0           3,136    18
 * activation_5 (activation)  7 x 7 x 64               0           3,136    23
 * conv2d_6 (conv2d)          4 x 4 x 128         73,728       2,359,296    13
 * batchnorm_6 (batchnorm)    4 x 4 x 128            512          16,384    14
 * activation_6 (activation)  4 x 4 x 128              0           2,048    35
 * conv2d_7 (conv2d)          4 x 4 x 128        147,456       4,718,592    13
 * batchnorm_7 (batchnorm)    4 x 4 x 128            512          16,384    14
 * activation_7 (activation)  4 x 4 x 128              0           2,048    20
 * conv2d_8 (conv2d)          4 x 4 x 128        147,456       4,718,592    13
 * batchnorm_8 (batchnorm)    4 x 4 x 128            512          16,384    14
 * add_2 (add)                4 x 4 x 128              0           2,048    18
 * activation_8 (activation)  4 x 4 x 128              0           2,048    23
 * global_avgpool2d (global_avgpool2d) 128                      0           2,048    37
 * dense (dense, softmax)     10                   1,290           2,610    38
 *
 * 482,154 parameters and 1,344 numbers of state, batches of 64; static memory 55,103,608 bytes (checked below).
 * gradcheck takes another 11,405,568 bytes.
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
    PARAM_COUNT = 482154,
    STATE_COUNT = 1344, /* behind the parameters: what is kept but not trained */
    WORKSPACE = 10974304, /* floats */
    SCRATCH = 156672, /* floats a worker */
    MAX_WORKERS = 8
};

/* All the memory there is. */
static _Alignas(64) float params[PARAM_COUNT + STATE_COUNT];
static _Alignas(64) float grads[PARAM_COUNT]; /* of the mean loss of a batch */
static _Alignas(64) float sgd_velocity[PARAM_COUNT];
static _Alignas(64) float workspace[WORKSPACE]; /* what is not needed at once shares it */
static _Alignas(64) float scratch[MAX_WORKERS][SCRATCH];
static uint8_t maxpool2d_index[401408];
        /* [rows, 14, 14, 32]: which of its window was the largest */
static float row_loss[BATCH];

_Static_assert(sizeof params + sizeof grads + sizeof sgd_velocity + sizeof workspace
        + sizeof scratch + sizeof maxpool2d_index + sizeof row_loss == 55103608,
        "the memory that the banner names");

/* Parameters. */
static float *const conv2d_kernel = params + 0; /* [3, 3, 1, 32] */
static float *const batchnorm_gamma = params + 288; /* [32] */
static float *const batchnorm_beta = params + 320; /* [32] */
static float *const conv2d_1_kernel = params + 352; /* [3, 3, 32, 32] */
static float *const batchnorm_1_gamma = params + 9568; /* [32] */
static float *const batchnorm_1_beta = params + 9600; /* [32] */
static float *const conv2d_2_kernel = params + 9632; /* [3, 3, 32, 32] */
static float *const batchnorm_2_gamma = params + 18848; /* [32] */
static float *const batchnorm_2_beta = params + 18880; /* [32] */
static float *const conv2d_3_kernel = params + 18912; /* [3, 3, 32, 64] */
static float *const batchnorm_3_gamma = params + 37344; /* [64] */
static float *const batchnorm_3_beta = params + 37408; /* [64] */
static float *const conv2d_4_kernel = params + 37472; /* [3, 3, 64, 64] */
static float *const batchnorm_4_gamma = params + 74336; /* [64] */
static float *const batchnorm_4_beta = params + 74400; /* [64] */
static float *const conv2d_5_kernel = params + 74464; /* [3, 3, 64, 64] */
static float *const batchnorm_5_gamma = params + 111328; /* [64] */
static float *const batchnorm_5_beta = params + 111392; /* [64] */
static float *const conv2d_6_kernel = params + 111456; /* [3, 3, 64, 128] */
static float *const batchnorm_6_gamma = params + 185184; /* [128] */
static float *const batchnorm_6_beta = params + 185312; /* [128] */
static float *const conv2d_7_kernel = params + 185440; /* [3, 3, 128, 128] */
static float *const batchnorm_7_gamma = params + 332896; /* [128] */
static float *const batchnorm_7_beta = params + 333024; /* [128] */
static float *const conv2d_8_kernel = params + 333152; /* [3, 3, 128, 128] */
static float *const batchnorm_8_gamma = params + 480608; /* [128] */
static float *const batchnorm_8_beta = params + 480736; /* [128] */
static float *const dense_kernel = params + 480864; /* [128, 10] */
static float *const dense_bias = params + 482144; /* [10] */

/* State, which follows the batches and is used in prediction. */
static float *const batchnorm_moving_mean = params + 482154; /* [32] */
static float *const batchnorm_moving_variance = params + 482186; /* [32] */
static float *const batchnorm_1_moving_mean = params + 482218; /* [32] */
static float *const batchnorm_1_moving_variance = params + 482250; /* [32] */
static float *const batchnorm_2_moving_mean = params + 482282; /* [32] */
static float *const batchnorm_2_moving_variance = params + 482314; /* [32] */
static float *const batchnorm_3_moving_mean = params + 482346; /* [64] */
static float *const batchnorm_3_moving_variance = params + 482410; /* [64] */
static float *const batchnorm_4_moving_mean = params + 482474; /* [64] */
static float *const batchnorm_4_moving_variance = params + 482538; /* [64] */
static float *const batchnorm_5_moving_mean = params + 482602; /* [64] */
static float *const batchnorm_5_moving_variance = params + 482666; /* [64] */
static float *const batchnorm_6_moving_mean = params + 482730; /* [128] */
static float *const batchnorm_6_moving_variance = params + 482858; /* [128] */
static float *const batchnorm_7_moving_mean = params + 482986; /* [128] */
static float *const batchnorm_7_moving_variance = params + 483114; /* [128] */
static float *const batchnorm_8_moving_mean = params + 483242; /* [128] */
static float *const batchnorm_8_moving_variance = params + 483370; /* [128] */

/* Gradients of the mean loss with respect to them. */
static float *const conv2d_kernel_gradient = grads + 0; /* [3, 3, 1, 32] */
static float *const batchnorm_gamma_gradient = grads + 288; /* [32] */
static float *const batchnorm_beta_gradient = grads + 320; /* [32] */
static float *const conv2d_1_kernel_gradient = grads + 352; /* [3, 3, 32, 32] */
static float *const batchnorm_1_gamma_gradient = grads + 9568; /* [32] */
static float *const batchnorm_1_beta_gradient = grads + 9600; /* [32] */
static float *const conv2d_2_kernel_gradient = grads + 9632; /* [3, 3, 32, 32] */
static float *const batchnorm_2_gamma_gradient = grads + 18848; /* [32] */
static float *const batchnorm_2_beta_gradient = grads + 18880; /* [32] */
static float *const conv2d_3_kernel_gradient = grads + 18912; /* [3, 3, 32, 64] */
static float *const batchnorm_3_gamma_gradient = grads + 37344; /* [64] */
static float *const batchnorm_3_beta_gradient = grads + 37408; /* [64] */
static float *const conv2d_4_kernel_gradient = grads + 37472; /* [3, 3, 64, 64] */
static float *const batchnorm_4_gamma_gradient = grads + 74336; /* [64] */
static float *const batchnorm_4_beta_gradient = grads + 74400; /* [64] */
static float *const conv2d_5_kernel_gradient = grads + 74464; /* [3, 3, 64, 64] */
static float *const batchnorm_5_gamma_gradient = grads + 111328; /* [64] */
static float *const batchnorm_5_beta_gradient = grads + 111392; /* [64] */
static float *const conv2d_6_kernel_gradient = grads + 111456; /* [3, 3, 64, 128] */
static float *const batchnorm_6_gamma_gradient = grads + 185184; /* [128] */
static float *const batchnorm_6_beta_gradient = grads + 185312; /* [128] */
static float *const conv2d_7_kernel_gradient = grads + 185440; /* [3, 3, 128, 128] */
static float *const batchnorm_7_gamma_gradient = grads + 332896; /* [128] */
static float *const batchnorm_7_beta_gradient = grads + 333024; /* [128] */
static float *const conv2d_8_kernel_gradient = grads + 333152; /* [3, 3, 128, 128] */
static float *const batchnorm_8_gamma_gradient = grads + 480608; /* [128] */
static float *const batchnorm_8_beta_gradient = grads + 480736; /* [128] */
static float *const dense_kernel_gradient = grads + 480864; /* [128, 10] */
static float *const dense_bias_gradient = grads + 482144; /* [10] */

/* What a step computes, one row a sample. A gradient is taken before the layer's activation. */
static float *const input_out = workspace + 0; /* [rows, 28, 28, 1] */
static float *const conv2d_out = workspace + 50176; /* [rows, 28, 28, 32] */
static float *const batchnorm_out = workspace + 1655808; /* [rows, 28, 28, 32] */
static float *const batchnorm_mean = workspace + 3261440; /* [32] */
static float *const batchnorm_variance = workspace + 3261472; /* [32] */
static float *const batchnorm_inverse = workspace + 3261504; /* [32] */
static float *const batchnorm_forward_partials = workspace + 1655808; /* partial sums */
static float *const maxpool2d_before_activation = workspace + 3261536; /* [rows, 14, 14, 32] */
static float *const maxpool2d_out = workspace + 3662944; /* [rows, 14, 14, 32] */
static float *const conv2d_1_out = workspace + 4064352; /* [rows, 14, 14, 32] */
static float *const activation_1_out = workspace + 1655808; /* [rows, 14, 14, 32] */
static float *const batchnorm_1_mean = workspace + 2057216; /* [32] */
static float *const batchnorm_1_variance = workspace + 2057248; /* [32] */
static float *const batchnorm_1_inverse = workspace + 2057280; /* [32] */
static float *const batchnorm_1_forward_partials = workspace + 4465760; /* partial sums */
static float *const conv2d_2_out = workspace + 2057312; /* [rows, 14, 14, 32] */
static float *const batchnorm_2_out = workspace + 2458720; /* [rows, 14, 14, 32] */
static float *const batchnorm_2_mean = workspace + 2860128; /* [32] */
static float *const batchnorm_2_variance = workspace + 2860160; /* [32] */
static float *const batchnorm_2_inverse = workspace + 2860192; /* [32] */
static float *const batchnorm_2_forward_partials = workspace + 2458720; /* partial sums */
static float *const activation_2_out = workspace + 3261536; /* [rows, 14, 14, 32] */
static float *const conv2d_3_out = workspace + 2860224; /* [rows, 7, 7, 64] */
static float *const activation_3_out = workspace + 2458720; /* [rows, 7, 7, 64] */
static float *const batchnorm_3_mean = workspace + 2659424; /* [64] */
static float *const batchnorm_3_variance = workspace + 2659488; /* [64] */
static float *const batchnorm_3_inverse = workspace + 2659552; /* [64] */
static float *const batchnorm_3_forward_partials = workspace + 3060928; /* partial sums */
static float *const conv2d_4_out = workspace + 4465760; /* [rows, 7, 7, 64] */
static float *const activation_4_out = workspace + 4666464; /* [rows, 7, 7, 64] */
static float *const batchnorm_4_mean = workspace + 2659616; /* [64] */
static float *const batchnorm_4_variance = workspace + 2659680; /* [64] */
static float *const batchnorm_4_inverse = workspace + 2659744; /* [64] */
static float *const batchnorm_4_forward_partials = workspace + 2659808; /* partial sums */
static float *const conv2d_5_out = workspace + 4867168; /* [rows, 7, 7, 64] */
static float *const batchnorm_5_out = workspace + 5067872; /* [rows, 7, 7, 64] */
static float *const batchnorm_5_mean = workspace + 2659808; /* [64] */
static float *const batchnorm_5_variance = workspace + 2659872; /* [64] */
static float *const batchnorm_5_inverse = workspace + 2659936; /* [64] */
static float *const batchnorm_5_forward_partials = workspace + 2660000; /* partial sums */
static float *const activation_5_out = workspace + 5268576; /* [rows, 7, 7, 64] */
static float *const conv2d_6_out = workspace + 2660000; /* [rows, 4, 4, 128] */
static float *const activation_6_out = workspace + 3060928; /* [rows, 4, 4, 128] */
static float *const batchnorm_6_mean = workspace + 2791072; /* [128] */
static float *const batchnorm_6_variance = workspace + 2791200; /* [128] */
static float *const batchnorm_6_inverse = workspace + 2791328; /* [128] */
static float *const batchnorm_6_forward_partials = workspace + 2791456; /* partial sums */
static float *const conv2d_7_out = workspace + 5067872; /* [rows, 4, 4, 128] */
static float *const activation_7_out = workspace + 5469280; /* [rows, 4, 4, 128] */
static float *const batchnorm_7_mean = workspace + 2791456; /* [128] */
static float *const batchnorm_7_variance = workspace + 2791584; /* [128] */
static float *const batchnorm_7_inverse = workspace + 2791712; /* [128] */
static float *const batchnorm_7_forward_partials = workspace + 2791840; /* partial sums */
static float *const conv2d_8_out = workspace + 5600352; /* [rows, 4, 4, 128] */
static float *const batchnorm_8_out = workspace + 5731424; /* [rows, 4, 4, 128] */
static float *const batchnorm_8_mean = workspace + 2791840; /* [128] */
static float *const batchnorm_8_variance = workspace + 2791968; /* [128] */
static float *const batchnorm_8_inverse = workspace + 2792096; /* [128] */
static float *const batchnorm_8_forward_partials = workspace + 2792224; /* partial sums */
static float *const activation_8_out = workspace + 5862496; /* [rows, 4, 4, 128] */
static float *const global_avgpool2d_out = workspace + 2792224; /* [rows, 128] */
static float *const dense_out = workspace + 2800416; /* [rows, 10] */
static float *const dense_softmax = workspace + 2801056; /* [rows, 10] */
static float *const dense_out_gradient = workspace + 2801696; /* [rows, 10] */
static float *const global_avgpool2d_out_gradient = workspace + 2802336; /* [rows, 128] */
static float *const add_2_out_gradient = workspace + 5731424; /* [rows, 4, 4, 128] */
static float *const conv2d_8_out_gradient = workspace + 5862496; /* [rows, 4, 4, 128] */
static float *const batchnorm_8_partials = workspace + 2810528; /* partial sums */
static float *const batchnorm_7_out_gradient = workspace + 5993568; /* [rows, 4, 4, 128] */
static float *const conv2d_8_partials = workspace + 6124640; /* partial sums */
static float *const conv2d_7_out_gradient = workspace + 5469280; /* [rows, 4, 4, 128] */
static float *const batchnorm_7_partials = workspace + 2802336; /* partial sums */
static float *const activation_6_out_gradient_1 = workspace + 5600352; /* [rows, 4, 4, 128] */
static float *const conv2d_7_partials = workspace + 7304288; /* partial sums */
static float *const batchnorm_6_out_gradient = workspace + 5862496; /* [rows, 4, 4, 128] */
static float *const conv2d_6_out_gradient = workspace + 3060928; /* [rows, 4, 4, 128] */
static float *const batchnorm_6_partials = workspace + 2802336; /* partial sums */
static float *const add_1_out_gradient = workspace + 5067872; /* [rows, 7, 7, 64] */
static float *const conv2d_6_partials = workspace + 8483936; /* partial sums */
static float *const conv2d_5_out_gradient = workspace + 5268576; /* [rows, 7, 7, 64] */
static float *const batchnorm_5_partials = workspace + 2802336; /* partial sums */
static float *const batchnorm_4_out_gradient = workspace + 5469280; /* [rows, 7, 7, 64] */
static float *const conv2d_5_partials = workspace + 5669984; /* partial sums */
static float *const conv2d_4_out_gradient = workspace + 4666464; /* [rows, 7, 7, 64] */
static float *const batchnorm_4_partials = workspace + 2660000; /* partial sums */
static float *const activation_3_out_gradient_1 = workspace + 4867168; /* [rows, 7, 7, 64] */
static float *const conv2d_4_partials = workspace + 9073760; /* partial sums */
static float *const batchnorm_3_out_gradient = workspace + 5268576; /* [rows, 7, 7, 64] */
static float *const conv2d_3_out_gradient = workspace + 2458720; /* [rows, 7, 7, 64] */
static float *const batchnorm_3_partials = workspace + 2660000; /* partial sums */
static float *const add_out_gradient = workspace + 4465760; /* [rows, 14, 14, 32] */
static float *const conv2d_3_partials = workspace + 3060928; /* partial sums */
static float *const conv2d_2_out_gradient = workspace + 3261536; /* [rows, 14, 14, 32] */
static float *const batchnorm_2_partials = workspace + 2660000; /* partial sums */
static float *const batchnorm_1_out_gradient = workspace + 4867168; /* [rows, 14, 14, 32] */
static float *const conv2d_2_partials = workspace + 2458720; /* partial sums */
static float *const conv2d_1_out_gradient = workspace + 1655808; /* [rows, 14, 14, 32] */
static float *const batchnorm_1_partials = workspace + 2532448; /* partial sums */
static float *const maxpool2d_out_gradient_1 = workspace + 2057312; /* [rows, 14, 14, 32] */
static float *const conv2d_1_partials = workspace + 2532448; /* partial sums */
static float *const maxpool2d_before_activation_gradient = workspace + 3261536;
        /* [rows, 14, 14, 32] */
static float *const batchnorm_out_gradient = workspace + 9368672; /* [rows, 28, 28, 32] */
static float *const conv2d_out_gradient = workspace + 3261536; /* [rows, 28, 28, 32] */
static float *const batchnorm_partials = workspace + 2606176; /* partial sums */
static float *const conv2d_partials = workspace + 1655808; /* partial sums */

/* ---- forward ---- */

/* input: the sample that a row names, x * scale + shift: out[28 x 28 x 1]
 * The data set's numbers are bytes as in the file, or floats */
static void input_sample(const mnn_batch *batch, int row, float *out)
{
    const size_t at = (size_t)batch->index[row] * 784;
    if (batch->images) {
        const uint8_t *pixel = batch->images + at;
        for (int j = 0; j < 784; j++)
            out[j] = (float)pixel[j] * 0.011108642f - 0.8102644f;
    } else {
        const float *value = batch->inputs + at;
        for (int j = 0; j < 784; j++)
            out[j] = value[j] * 0.011108642f - 0.8102644f;
    }
}

/* input: how far a picture moves in training, at most; drawn at every step */
static const mnn_motion input_motion = {
    .height = 28, .width = 28, .channels = 1,
    .rotate = 0.0f, /* degrees */
    .zoom = 0.0f,
    .shift = 2.0f, /* pixels */
    .outside = 0.0f,
};

/* input (resnet_small.mnn:7): forward
 *     out[rows, 28, 28, 1] = the samples that the batch names,
 *     shifted by up to 2.0 pixels
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

/* input (resnet_small.mnn:7): prediction
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

/* conv2d (resnet_small.mnn:13): forward
 *     out[rows, 28, 28, 32] = in[rows, 28, 28, 1] * kernel[3, 3, 1, 32]
 * tiles in registers, straight from the image; image by image */
static void conv2d_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [30, 30, 1] */
    memset(in, 0, 900 * sizeof *in);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_out + i * 25088;
            for (int y = 0; y < 28; y++)
                memcpy(in + (y + 1) * 30 + 1, input_out + i * 784 + y * 28, 28 * sizeof *in);
            mnn_grid_product(28, 28, 32, 3, 3, in, 30, 1, 30, conv2d_kernel, 32, 96, out, 896, 32);
        }
    }
}

/* batchnorm (resnet_small.mnn:14): forward, sums of each piece of the batch
 *     mean[32] and variance[32] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_out + first * 25088;
        float *restrict mean = batchnorm_forward_partials + first / 8 * 64,
                *restrict variance = mean + 32;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n * 784);
        memset(mean, 0, 64 * sizeof *mean);
        memset(rest, 0, 32 * sizeof *rest);
        for (int j = 0; j < n * 784; j++)
            for (int k = 0; k < 32; k++) {
                mean[k] += in[j * 32 + k];
            }
        for (int k = 0; k < 32; k++)
            mean[k] /= count;
        for (int j = 0; j < n * 784; j++)
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

/* batchnorm (resnet_small.mnn:14): forward, sums of the batch
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

/* batchnorm (resnet_small.mnn:14): forward
 *     out[rows, 28, 28, 32] = (in - mean) * inverse * gamma + beta
 * loop; row by row */
static void batchnorm_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_out + first * 25088;
        float *restrict out = batchnorm_out + first * 25088;
        for (int j = 0; j < n * 784; j++)
            for (int k = 0; k < 32; k++) {
                const float z = (in[j * 32 + k] - batchnorm_mean[k]) * batchnorm_inverse[k];
                out[j * 32 + k] = z * batchnorm_gamma[k] + batchnorm_beta[k];
            }
    }
}

/* batchnorm (resnet_small.mnn:14): prediction
 *     out[rows, 28, 28, 32] = in * scale + shift, where scale = gamma / sqrt(moving_variance + 0.001)
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
        const float *in = conv2d_out + first * 25088;
        float *restrict out = batchnorm_out + first * 25088;
        for (int j = 0; j < n * 784; j++)
            for (int k = 0; k < 32; k++) {
                out[j * 32 + k] = in[j * 32 + k] * scale[k] + shift[k];
            }
    }
}

/* maxpool2d (resnet_small.mnn:29): forward
 *     out[rows, 14, 14, 32] = largest of each window of in[rows, 28, 28, 32]
 * loop; row by row */
static void maxpool2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = batchnorm_out + i * 25088;
            float *out = maxpool2d_before_activation + i * 6272;
            uint8_t *index = maxpool2d_index + i * 6272;
            for (int y = 0; y < 14; y++)
                for (int x = 0; x < 14; x++) {
                    const int top = y * 2, left = x * 2;
                    float best[32];
                    int where[32] = {0};
                    memcpy(best, in + (top * 28 + left) * 32, sizeof best);
                    for (int r = 0; r < 2; r++)
                        for (int c = 0; c < 2; c++) {
                            const float *z_rc = in + ((top + r) * 28 + left + c) * 32;
                            for (int k = 0; k < 32; k++)
                                best[k] = z_rc[k] > best[k] ? z_rc[k] : best[k];
                        }
                    for (int r = 1; r >= 0; r--)
                        for (int c = 1; c >= 0; c--) {
                            const float *z_rc = in + ((top + r) * 28 + left + c) * 32;
                            for (int k = 0; k < 32; k++)
                                where[k] = z_rc[k] == best[k] ? r * 2 + c : where[k];
                        }
                    for (int k = 0; k < 32; k++)
                        out[(y * 14 + x) * 32 + k] = best[k];
                    for (int k = 0; k < 32; k++)
                        index[(y * 14 + x) * 32 + k] = (uint8_t)where[k];
                }
        }
    }
}

/* activation (resnet_small.mnn:28): forward
 *     out[rows, 14, 14, 32] = relu(in)
 * loop; row by row */
static void activation_relu_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int j = first * 6272; j < (first + n) * 6272; j++) {
            const float z = maxpool2d_before_activation[j];
            maxpool2d_out[j] = z < 0.0f ? 0.0f : z;
        }
    }
}

/* conv2d_1 (resnet_small.mnn:13): forward
 *     out[rows, 14, 14, 32] = in[rows, 14, 14, 32] * kernel[3, 3, 32, 32]
 * tiles in registers, straight from the image; image by image */
static void conv2d_1_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [16, 16, 32] */
    memset(in, 0, 8192 * sizeof *in);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_1_out + i * 6272;
            for (int y = 0; y < 14; y++)
                memcpy(in + (y + 1) * 512 + 32, maxpool2d_out + i * 6272 + y * 448,
                    448 * sizeof *in);
            mnn_grid_product(14, 14, 32, 96, 3, in, 512, 32, 512, conv2d_1_kernel, 32, 3072, out,
                    448, 32);
        }
    }
}

/* batchnorm_1 (resnet_small.mnn:14): forward, sums of each piece of the batch
 *     mean[32] and variance[32] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_1_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_1_out + first * 6272;
        float *restrict mean = batchnorm_1_forward_partials + first / 8 * 64,
                *restrict variance = mean + 32;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n * 196);
        memset(mean, 0, 64 * sizeof *mean);
        memset(rest, 0, 32 * sizeof *rest);
        for (int j = 0; j < n * 196; j++)
            for (int k = 0; k < 32; k++) {
                mean[k] += in[j * 32 + k];
            }
        for (int k = 0; k < 32; k++)
            mean[k] /= count;
        for (int j = 0; j < n * 196; j++)
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

/* batchnorm_1 (resnet_small.mnn:14): forward, sums of the batch
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

/* batchnorm_1 (resnet_small.mnn:14): forward
 *     out[rows, 14, 14, 32] = relu((in - mean) * inverse * gamma + beta)
 * loop; row by row */
static void batchnorm_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_1_out + first * 6272;
        float *restrict out = activation_1_out + first * 6272;
        for (int j = 0; j < n * 196; j++)
            for (int k = 0; k < 32; k++) {
                const float z = (in[j * 32 + k] - batchnorm_1_mean[k]) * batchnorm_1_inverse[k];
                const float y = z * batchnorm_1_gamma[k] + batchnorm_1_beta[k];
                out[j * 32 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* batchnorm_1 (resnet_small.mnn:14): prediction
 *     out[rows, 14, 14, 32] = relu(in * scale + shift), where scale = gamma / sqrt(moving_variance + 0.001)
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
        const float *in = conv2d_1_out + first * 6272;
        float *restrict out = activation_1_out + first * 6272;
        for (int j = 0; j < n * 196; j++)
            for (int k = 0; k < 32; k++) {
                const float y = in[j * 32 + k] * scale[k] + shift[k];
                out[j * 32 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* conv2d_2 (resnet_small.mnn:13): forward
 *     out[rows, 14, 14, 32] = in[rows, 14, 14, 32] * kernel[3, 3, 32, 32]
 * tiles in registers, straight from the image; image by image */
static void conv2d_2_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [16, 16, 32] */
    memset(in, 0, 8192 * sizeof *in);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_2_out + i * 6272;
            for (int y = 0; y < 14; y++)
                memcpy(in + (y + 1) * 512 + 32, activation_1_out + i * 6272 + y * 448,
                    448 * sizeof *in);
            mnn_grid_product(14, 14, 32, 96, 3, in, 512, 32, 512, conv2d_2_kernel, 32, 3072, out,
                    448, 32);
        }
    }
}

/* batchnorm_2 (resnet_small.mnn:14): forward, sums of each piece of the batch
 *     mean[32] and variance[32] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_2_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_2_out + first * 6272;
        float *restrict mean = batchnorm_2_forward_partials + first / 8 * 64,
                *restrict variance = mean + 32;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n * 196);
        memset(mean, 0, 64 * sizeof *mean);
        memset(rest, 0, 32 * sizeof *rest);
        for (int j = 0; j < n * 196; j++)
            for (int k = 0; k < 32; k++) {
                mean[k] += in[j * 32 + k];
            }
        for (int k = 0; k < 32; k++)
            mean[k] /= count;
        for (int j = 0; j < n * 196; j++)
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

/* batchnorm_2 (resnet_small.mnn:14): forward, sums of the batch
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

/* batchnorm_2 (resnet_small.mnn:14): forward
 *     out[rows, 14, 14, 32] = (in - mean) * inverse * gamma + beta
 * loop; row by row */
static void batchnorm_2_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_2_out + first * 6272;
        float *restrict out = batchnorm_2_out + first * 6272;
        for (int j = 0; j < n * 196; j++)
            for (int k = 0; k < 32; k++) {
                const float z = (in[j * 32 + k] - batchnorm_2_mean[k]) * batchnorm_2_inverse[k];
                out[j * 32 + k] = z * batchnorm_2_gamma[k] + batchnorm_2_beta[k];
            }
    }
}

/* batchnorm_2 (resnet_small.mnn:14): prediction
 *     out[rows, 14, 14, 32] = in * scale + shift, where scale = gamma / sqrt(moving_variance + 0.001)
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
        const float *in = conv2d_2_out + first * 6272;
        float *restrict out = batchnorm_2_out + first * 6272;
        for (int j = 0; j < n * 196; j++)
            for (int k = 0; k < 32; k++) {
                out[j * 32 + k] = in[j * 32 + k] * scale[k] + shift[k];
            }
    }
}

/* add (resnet_small.mnn:18): forward
 *     out[rows, 14, 14, 32] = relu(the layers' result + the residual's input)
 * loop; row by row */
static void add_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int j = first * 6272; j < (first + n) * 6272; j++) {
            const float z = batchnorm_2_out[j] + maxpool2d_out[j];
            activation_2_out[j] = z < 0.0f ? 0.0f : z;
        }
    }
}

/* conv2d_3 (resnet_small.mnn:13): forward
 *     out[rows, 7, 7, 64] = in[rows, 14, 14, 32] * kernel[3, 3, 32, 64]
 * tiles in registers, straight from the image; image by image */
static void conv2d_3_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [15, 15, 32] */
    memset(in, 0, 7200 * sizeof *in);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_3_out + i * 3136;
            for (int y = 0; y < 14; y++)
                memcpy(in + (y) * 480, activation_2_out + i * 6272 + y * 448, 448 * sizeof *in);
            mnn_grid_product(7, 7, 64, 96, 3, in, 960, 64, 480, conv2d_3_kernel, 64, 6144, out, 448,
                    64);
        }
    }
}

/* batchnorm_3 (resnet_small.mnn:14): forward, sums of each piece of the batch
 *     mean[64] and variance[64] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_3_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_3_out + first * 3136;
        float *restrict mean = batchnorm_3_forward_partials + first / 8 * 128,
                *restrict variance = mean + 64;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n * 49);
        memset(mean, 0, 128 * sizeof *mean);
        memset(rest, 0, 64 * sizeof *rest);
        for (int j = 0; j < n * 49; j++)
            for (int k = 0; k < 64; k++) {
                mean[k] += in[j * 64 + k];
            }
        for (int k = 0; k < 64; k++)
            mean[k] /= count;
        for (int j = 0; j < n * 49; j++)
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

/* batchnorm_3 (resnet_small.mnn:14): forward, sums of the batch
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

/* batchnorm_3 (resnet_small.mnn:14): forward
 *     out[rows, 7, 7, 64] = relu((in - mean) * inverse * gamma + beta)
 * loop; row by row */
static void batchnorm_3_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_3_out + first * 3136;
        float *restrict out = activation_3_out + first * 3136;
        for (int j = 0; j < n * 49; j++)
            for (int k = 0; k < 64; k++) {
                const float z = (in[j * 64 + k] - batchnorm_3_mean[k]) * batchnorm_3_inverse[k];
                const float y = z * batchnorm_3_gamma[k] + batchnorm_3_beta[k];
                out[j * 64 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* batchnorm_3 (resnet_small.mnn:14): prediction
 *     out[rows, 7, 7, 64] = relu(in * scale + shift), where scale = gamma / sqrt(moving_variance + 0.001)
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
        const float *in = conv2d_3_out + first * 3136;
        float *restrict out = activation_3_out + first * 3136;
        for (int j = 0; j < n * 49; j++)
            for (int k = 0; k < 64; k++) {
                const float y = in[j * 64 + k] * scale[k] + shift[k];
                out[j * 64 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* conv2d_4 (resnet_small.mnn:13): forward
 *     out[rows, 7, 7, 64] = in[rows, 7, 7, 64] * kernel[3, 3, 64, 64]
 * tiles in registers, straight from the image; image by image */
static void conv2d_4_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [9, 9, 64] */
    memset(in, 0, 5184 * sizeof *in);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_4_out + i * 3136;
            for (int y = 0; y < 7; y++)
                memcpy(in + (y + 1) * 576 + 64, activation_3_out + i * 3136 + y * 448,
                    448 * sizeof *in);
            mnn_grid_product(7, 7, 64, 192, 3, in, 576, 64, 576, conv2d_4_kernel, 64, 12288, out,
                    448, 64);
        }
    }
}

/* batchnorm_4 (resnet_small.mnn:14): forward, sums of each piece of the batch
 *     mean[64] and variance[64] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_4_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_4_out + first * 3136;
        float *restrict mean = batchnorm_4_forward_partials + first / 8 * 128,
                *restrict variance = mean + 64;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n * 49);
        memset(mean, 0, 128 * sizeof *mean);
        memset(rest, 0, 64 * sizeof *rest);
        for (int j = 0; j < n * 49; j++)
            for (int k = 0; k < 64; k++) {
                mean[k] += in[j * 64 + k];
            }
        for (int k = 0; k < 64; k++)
            mean[k] /= count;
        for (int j = 0; j < n * 49; j++)
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

/* batchnorm_4 (resnet_small.mnn:14): forward, sums of the batch
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

/* batchnorm_4 (resnet_small.mnn:14): forward
 *     out[rows, 7, 7, 64] = relu((in - mean) * inverse * gamma + beta)
 * loop; row by row */
static void batchnorm_4_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_4_out + first * 3136;
        float *restrict out = activation_4_out + first * 3136;
        for (int j = 0; j < n * 49; j++)
            for (int k = 0; k < 64; k++) {
                const float z = (in[j * 64 + k] - batchnorm_4_mean[k]) * batchnorm_4_inverse[k];
                const float y = z * batchnorm_4_gamma[k] + batchnorm_4_beta[k];
                out[j * 64 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* batchnorm_4 (resnet_small.mnn:14): prediction
 *     out[rows, 7, 7, 64] = relu(in * scale + shift), where scale = gamma / sqrt(moving_variance + 0.001)
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
        const float *in = conv2d_4_out + first * 3136;
        float *restrict out = activation_4_out + first * 3136;
        for (int j = 0; j < n * 49; j++)
            for (int k = 0; k < 64; k++) {
                const float y = in[j * 64 + k] * scale[k] + shift[k];
                out[j * 64 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* conv2d_5 (resnet_small.mnn:13): forward
 *     out[rows, 7, 7, 64] = in[rows, 7, 7, 64] * kernel[3, 3, 64, 64]
 * tiles in registers, straight from the image; image by image */
static void conv2d_5_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [9, 9, 64] */
    memset(in, 0, 5184 * sizeof *in);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_5_out + i * 3136;
            for (int y = 0; y < 7; y++)
                memcpy(in + (y + 1) * 576 + 64, activation_4_out + i * 3136 + y * 448,
                    448 * sizeof *in);
            mnn_grid_product(7, 7, 64, 192, 3, in, 576, 64, 576, conv2d_5_kernel, 64, 12288, out,
                    448, 64);
        }
    }
}

/* batchnorm_5 (resnet_small.mnn:14): forward, sums of each piece of the batch
 *     mean[64] and variance[64] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_5_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_5_out + first * 3136;
        float *restrict mean = batchnorm_5_forward_partials + first / 8 * 128,
                *restrict variance = mean + 64;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n * 49);
        memset(mean, 0, 128 * sizeof *mean);
        memset(rest, 0, 64 * sizeof *rest);
        for (int j = 0; j < n * 49; j++)
            for (int k = 0; k < 64; k++) {
                mean[k] += in[j * 64 + k];
            }
        for (int k = 0; k < 64; k++)
            mean[k] /= count;
        for (int j = 0; j < n * 49; j++)
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

/* batchnorm_5 (resnet_small.mnn:14): forward, sums of the batch
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

/* batchnorm_5 (resnet_small.mnn:14): forward
 *     out[rows, 7, 7, 64] = (in - mean) * inverse * gamma + beta
 * loop; row by row */
static void batchnorm_5_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_5_out + first * 3136;
        float *restrict out = batchnorm_5_out + first * 3136;
        for (int j = 0; j < n * 49; j++)
            for (int k = 0; k < 64; k++) {
                const float z = (in[j * 64 + k] - batchnorm_5_mean[k]) * batchnorm_5_inverse[k];
                out[j * 64 + k] = z * batchnorm_5_gamma[k] + batchnorm_5_beta[k];
            }
    }
}

/* batchnorm_5 (resnet_small.mnn:14): prediction
 *     out[rows, 7, 7, 64] = in * scale + shift, where scale = gamma / sqrt(moving_variance + 0.001)
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
        const float *in = conv2d_5_out + first * 3136;
        float *restrict out = batchnorm_5_out + first * 3136;
        for (int j = 0; j < n * 49; j++)
            for (int k = 0; k < 64; k++) {
                out[j * 64 + k] = in[j * 64 + k] * scale[k] + shift[k];
            }
    }
}

/* add_1 (resnet_small.mnn:18): forward
 *     out[rows, 7, 7, 64] = relu(the layers' result + the residual's input)
 * loop; row by row */
static void add_1_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int j = first * 3136; j < (first + n) * 3136; j++) {
            const float z = batchnorm_5_out[j] + activation_3_out[j];
            activation_5_out[j] = z < 0.0f ? 0.0f : z;
        }
    }
}

/* conv2d_6 (resnet_small.mnn:13): forward
 *     out[rows, 4, 4, 128] = in[rows, 7, 7, 64] * kernel[3, 3, 64, 128]
 * tiles in registers, straight from the image; image by image */
static void conv2d_6_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [9, 9, 64] */
    memset(in, 0, 5184 * sizeof *in);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_6_out + i * 2048;
            for (int y = 0; y < 7; y++)
                memcpy(in + (y + 1) * 576 + 64, activation_5_out + i * 3136 + y * 448,
                    448 * sizeof *in);
            mnn_grid_product(4, 4, 128, 192, 3, in, 1152, 128, 576, conv2d_6_kernel, 128, 24576,
                    out, 512, 128);
        }
    }
}

/* batchnorm_6 (resnet_small.mnn:14): forward, sums of each piece of the batch
 *     mean[128] and variance[128] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_6_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_6_out + first * 2048;
        float *restrict mean = batchnorm_6_forward_partials + first / 8 * 256,
                *restrict variance = mean + 128;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n * 16);
        memset(mean, 0, 256 * sizeof *mean);
        memset(rest, 0, 128 * sizeof *rest);
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 128; k++) {
                mean[k] += in[j * 128 + k];
            }
        for (int k = 0; k < 128; k++)
            mean[k] /= count;
        for (int j = 0; j < n * 16; j++)
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

/* batchnorm_6 (resnet_small.mnn:14): forward, sums of the batch
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

/* batchnorm_6 (resnet_small.mnn:14): forward
 *     out[rows, 4, 4, 128] = relu((in - mean) * inverse * gamma + beta)
 * loop; row by row */
static void batchnorm_6_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_6_out + first * 2048;
        float *restrict out = activation_6_out + first * 2048;
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 128; k++) {
                const float z = (in[j * 128 + k] - batchnorm_6_mean[k]) * batchnorm_6_inverse[k];
                const float y = z * batchnorm_6_gamma[k] + batchnorm_6_beta[k];
                out[j * 128 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* batchnorm_6 (resnet_small.mnn:14): prediction
 *     out[rows, 4, 4, 128] = relu(in * scale + shift), where scale = gamma / sqrt(moving_variance + 0.001)
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
        const float *in = conv2d_6_out + first * 2048;
        float *restrict out = activation_6_out + first * 2048;
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 128; k++) {
                const float y = in[j * 128 + k] * scale[k] + shift[k];
                out[j * 128 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* conv2d_7 (resnet_small.mnn:13): forward
 *     out[rows, 4, 4, 128] = in[rows, 4, 4, 128] * kernel[3, 3, 128, 128]
 * tiles in registers, straight from the image; image by image */
static void conv2d_7_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [6, 6, 128] */
    memset(in, 0, 4608 * sizeof *in);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_7_out + i * 2048;
            for (int y = 0; y < 4; y++)
                memcpy(in + (y + 1) * 768 + 128, activation_6_out + i * 2048 + y * 512,
                    512 * sizeof *in);
            mnn_grid_product(4, 4, 128, 384, 3, in, 768, 128, 768, conv2d_7_kernel, 128, 49152, out,
                    512, 128);
        }
    }
}

/* batchnorm_7 (resnet_small.mnn:14): forward, sums of each piece of the batch
 *     mean[128] and variance[128] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_7_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_7_out + first * 2048;
        float *restrict mean = batchnorm_7_forward_partials + first / 8 * 256,
                *restrict variance = mean + 128;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n * 16);
        memset(mean, 0, 256 * sizeof *mean);
        memset(rest, 0, 128 * sizeof *rest);
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 128; k++) {
                mean[k] += in[j * 128 + k];
            }
        for (int k = 0; k < 128; k++)
            mean[k] /= count;
        for (int j = 0; j < n * 16; j++)
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

/* batchnorm_7 (resnet_small.mnn:14): forward, sums of the batch
 *     mean = sum over pieces of share * mean of the piece;
 *     variance = sum over pieces of share * (variance of the piece + (mean of the piece - mean)^2);
 *     inverse = 1 / sqrt(variance + 0.001)
 * sum; partial sums in a fixed order */
static void batchnorm_7_forward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_7_mean, 0, 128 * sizeof(float));
    memset(batchnorm_7_variance, 0, 128 * sizeof(float));
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_7_forward_partials + first / 8 * 256;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 128; k++)
            batchnorm_7_mean[k] += share * mean[k];
    }
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_7_forward_partials + first / 8 * 256;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 128; k++) {
            const float difference = mean[k] - batchnorm_7_mean[k];
            batchnorm_7_variance[k] += share * (mean[128 + k] + difference * difference);
        }
    }
    for (int k = 0; k < 128; k++)
        batchnorm_7_inverse[k] = 1.0f / sqrtf(batchnorm_7_variance[k] + 0.001f);
}

/* batchnorm_7 (resnet_small.mnn:14): forward
 *     out[rows, 4, 4, 128] = relu((in - mean) * inverse * gamma + beta)
 * loop; row by row */
static void batchnorm_7_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_7_out + first * 2048;
        float *restrict out = activation_7_out + first * 2048;
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 128; k++) {
                const float z = (in[j * 128 + k] - batchnorm_7_mean[k]) * batchnorm_7_inverse[k];
                const float y = z * batchnorm_7_gamma[k] + batchnorm_7_beta[k];
                out[j * 128 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* batchnorm_7 (resnet_small.mnn:14): prediction
 *     out[rows, 4, 4, 128] = relu(in * scale + shift), where scale = gamma / sqrt(moving_variance + 0.001)
 *     and shift = beta - moving_mean * scale */
static void batchnorm_7_predict(const mnn_worker *worker, int rows)
{
    float *restrict scale = scratch[worker->index], *restrict shift = scale + 128;
    for (int k = 0; k < 128; k++) {
        scale[k] = batchnorm_7_gamma[k] / sqrtf(batchnorm_7_moving_variance[k] + 0.001f);
        shift[k] = batchnorm_7_beta[k] - batchnorm_7_moving_mean[k] * scale[k];
    }
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_7_out + first * 2048;
        float *restrict out = activation_7_out + first * 2048;
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 128; k++) {
                const float y = in[j * 128 + k] * scale[k] + shift[k];
                out[j * 128 + k] = y < 0.0f ? 0.0f : y;
            }
    }
}

/* conv2d_8 (resnet_small.mnn:13): forward
 *     out[rows, 4, 4, 128] = in[rows, 4, 4, 128] * kernel[3, 3, 128, 128]
 * tiles in registers, straight from the image; image by image */
static void conv2d_8_forward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [6, 6, 128] */
    memset(in, 0, 4608 * sizeof *in);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            float *out = conv2d_8_out + i * 2048;
            for (int y = 0; y < 4; y++)
                memcpy(in + (y + 1) * 768 + 128, activation_7_out + i * 2048 + y * 512,
                    512 * sizeof *in);
            mnn_grid_product(4, 4, 128, 384, 3, in, 768, 128, 768, conv2d_8_kernel, 128, 49152, out,
                    512, 128);
        }
    }
}

/* batchnorm_8 (resnet_small.mnn:14): forward, sums of each piece of the batch
 *     mean[128] and variance[128] of each channel over the rows of the piece,
 *     corrected by what rounding has left in the mean
 * loop; row by row */
static void batchnorm_8_forward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_8_out + first * 2048;
        float *restrict mean = batchnorm_8_forward_partials + first / 8 * 256,
                *restrict variance = mean + 128;
        float *restrict rest = scratch[worker->index];
        const float count = (float)(n * 16);
        memset(mean, 0, 256 * sizeof *mean);
        memset(rest, 0, 128 * sizeof *rest);
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 128; k++) {
                mean[k] += in[j * 128 + k];
            }
        for (int k = 0; k < 128; k++)
            mean[k] /= count;
        for (int j = 0; j < n * 16; j++)
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

/* batchnorm_8 (resnet_small.mnn:14): forward, sums of the batch
 *     mean = sum over pieces of share * mean of the piece;
 *     variance = sum over pieces of share * (variance of the piece + (mean of the piece - mean)^2);
 *     inverse = 1 / sqrt(variance + 0.001)
 * sum; partial sums in a fixed order */
static void batchnorm_8_forward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_8_mean, 0, 128 * sizeof(float));
    memset(batchnorm_8_variance, 0, 128 * sizeof(float));
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_8_forward_partials + first / 8 * 256;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 128; k++)
            batchnorm_8_mean[k] += share * mean[k];
    }
    for (int first = 0; first < rows; first += 8) {
        const float *mean = batchnorm_8_forward_partials + first / 8 * 256;
        const float share = (float)mnn_min(8, rows - first) / (float)rows;
        for (int k = 0; k < 128; k++) {
            const float difference = mean[k] - batchnorm_8_mean[k];
            batchnorm_8_variance[k] += share * (mean[128 + k] + difference * difference);
        }
    }
    for (int k = 0; k < 128; k++)
        batchnorm_8_inverse[k] = 1.0f / sqrtf(batchnorm_8_variance[k] + 0.001f);
}

/* batchnorm_8 (resnet_small.mnn:14): forward
 *     out[rows, 4, 4, 128] = (in - mean) * inverse * gamma + beta
 * loop; row by row */
static void batchnorm_8_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_8_out + first * 2048;
        float *restrict out = batchnorm_8_out + first * 2048;
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 128; k++) {
                const float z = (in[j * 128 + k] - batchnorm_8_mean[k]) * batchnorm_8_inverse[k];
                out[j * 128 + k] = z * batchnorm_8_gamma[k] + batchnorm_8_beta[k];
            }
    }
}

/* batchnorm_8 (resnet_small.mnn:14): prediction
 *     out[rows, 4, 4, 128] = in * scale + shift, where scale = gamma / sqrt(moving_variance + 0.001)
 *     and shift = beta - moving_mean * scale */
static void batchnorm_8_predict(const mnn_worker *worker, int rows)
{
    float *restrict scale = scratch[worker->index], *restrict shift = scale + 128;
    for (int k = 0; k < 128; k++) {
        scale[k] = batchnorm_8_gamma[k] / sqrtf(batchnorm_8_moving_variance[k] + 0.001f);
        shift[k] = batchnorm_8_beta[k] - batchnorm_8_moving_mean[k] * scale[k];
    }
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *in = conv2d_8_out + first * 2048;
        float *restrict out = batchnorm_8_out + first * 2048;
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 128; k++) {
                out[j * 128 + k] = in[j * 128 + k] * scale[k] + shift[k];
            }
    }
}

/* add_2 (resnet_small.mnn:18): forward
 *     out[rows, 4, 4, 128] = relu(the layers' result + the residual's input)
 * loop; row by row */
static void add_2_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int j = first * 2048; j < (first + n) * 2048; j++) {
            const float z = batchnorm_8_out[j] + activation_6_out[j];
            activation_8_out[j] = z < 0.0f ? 0.0f : z;
        }
    }
}

/* global_avgpool2d (resnet_small.mnn:37): forward
 *     out[rows, 128] = mean over the 16 places of in[rows, 4, 4, 128]
 * loop; row by row */
static void global_avgpool2d_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *in = activation_8_out + i * 2048;
            float *out = global_avgpool2d_out + i * 128;
            memset(out, 0, 128 * sizeof *out);
            for (int j = 0; j < 16; j++)
                for (int k = 0; k < 128; k++)
                    out[k] += in[j * 128 + k];
            for (int k = 0; k < 128; k++)
                out[k] /= 16.0f;
        }
    }
}

/* dense (resnet_small.mnn:38): forward
 *     out[rows, 10] = in[rows, 128] . kernel[128, 10] + bias
 * tiles in registers; in one piece: too small to cut */
static void dense_forward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *out = dense_out;
    mnn_rows_product(rows, 10, 128, global_avgpool2d_out, 128, dense_kernel, 10, out, 10);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            out[i * 10 + j] += dense_bias[j];
}

/* dense (resnet_small.mnn:38): forward
 *     p[i] = exp(z[i] - largest z) / sum over j of exp(z[j] - largest z), [rows, 10]
 * loop; row by row */
static void dense_softmax_forward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = 0; i < n; i++) {
            const float *z = dense_out + first * 10 + i * 10;
            float *p = dense_softmax + first * 10 + i * 10;
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

/* loss (resnet_small.mnn:42): forward
 *     row_loss[rows] = log(sum over j of exp(z[j])) - z[label] = -log(p[label])
 * loop; row by row */
static void loss_forward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
        for (int i = first; i < first + n; i++) {
            const float *z = dense_out + i * 10;
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

/* loss (resnet_small.mnn:42): backward
 *     dz[rows, 10] = (p - target) / rows: through the logarithm and softmax at once
 * loop; row by row */
static void loss_backward(const mnn_worker *worker, const mnn_batch *batch)
{
    for (int first = worker->index * 8; first < batch->rows; first += worker->count * 8) {
        const int n = mnn_min(8, batch->rows - first);
        const float scale = 1.0f / (float)batch->rows;
        for (int i = first; i < first + n; i++) {
            const float *p = dense_softmax + i * 10;
            float *dz = dense_out_gradient + i * 10;
            const int label = batch->labels[batch->index[i]];
            for (int j = 0; j < 10; j++)
                dz[j] = (p[j] - (j == label ? 1.0f : 0.0f)) * scale;
        }
    }
}

/* dense (resnet_small.mnn:38): backward
 *     dx[rows, 128] = dy[rows, 10] . transpose(kernel[128, 10])
 * tiles in registers; in one piece: too small to cut */
static void dense_backward(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    float *dy_turned = scratch[worker->index]; /* [10, 64] */
    float *dx_turned = dy_turned + 640; /* [96, 64] */
    mnn_transpose(rows, 10, dense_out_gradient, 10, dy_turned, 64);
    for (int i = 0; i < 128; i += 96) {
        const int count = mnn_min(96, 128 - i);
        mnn_product(count, 64, 10, dense_kernel + i * 10, 10, 1, dy_turned, 64, dx_turned, 64, 0);
        mnn_transpose(count, rows, dx_turned, 64, global_avgpool2d_out_gradient + i, 128);
    }
}

/* global_avgpool2d (resnet_small.mnn:37): backward
 *     dx[rows, 4, 4, 128] = dy[rows, 128] / 16
 * loop; row by row */
static void global_avgpool2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *dy = global_avgpool2d_out_gradient + i * 128;
            float *dx = add_2_out_gradient + i * 2048;
            for (int j = 0; j < 16; j++)
                for (int k = 0; k < 128; k++)
                    dx[j * 128 + k] = dy[k] / 16.0f;
            for (int j = i * 2048, end = j + 2048; j < end; j++) {
                const float y = activation_8_out[j], g = add_2_out_gradient[j];
                add_2_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* batchnorm_8 (resnet_small.mnn:14): backward, sums of each piece of the batch
 *     dgamma[128] = sum of dout z and dbeta[128] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_8_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = add_2_out_gradient + first * 2048;
        const float *in = conv2d_8_out + first * 2048;
        float *restrict dgamma = batchnorm_8_partials + first / 8 * 256,
                *restrict dbeta = dgamma + 128;
        memset(dgamma, 0, 256 * sizeof *dgamma);
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 128; k++) {
                const float z = (in[j * 128 + k] - batchnorm_8_mean[k]) * batchnorm_8_inverse[k];
                dgamma[k] += dout[j * 128 + k] * z;
                dbeta[k] += dout[j * 128 + k];
            }
    }
}

/* batchnorm_8 (resnet_small.mnn:14): backward, sums of the batch
 *     dgamma, dbeta = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void batchnorm_8_backward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_8_gamma_gradient, 0, 128 * sizeof(float));
    memset(batchnorm_8_beta_gradient, 0, 128 * sizeof(float));
    for (int piece = 0; piece * 8 < rows; piece++) {
        const float *partial = batchnorm_8_partials + piece * 256;
        for (int k = 0; k < 128; k++) {
            batchnorm_8_gamma_gradient[k] += partial[k];
            batchnorm_8_beta_gradient[k] += partial[128 + k];
        }
    }
}

/* batchnorm_8 (resnet_small.mnn:14): backward
 *     dx[rows, 4, 4, 128] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 16
 * loop; row by row */
static void batchnorm_8_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows * 16);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = add_2_out_gradient + first * 2048;
        const float *in = conv2d_8_out + first * 2048;
        float *restrict dx = conv2d_8_out_gradient + first * 2048;
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 128; k++) {
                const float z = (in[j * 128 + k] - batchnorm_8_mean[k]) * batchnorm_8_inverse[k];
                const float mean_part = (batchnorm_8_beta_gradient[k]
                        + z * batchnorm_8_gamma_gradient[k]) * share;
                dx[j * 128
                        + k] = batchnorm_8_gamma[k] * batchnorm_8_inverse[k] * (dout[j * 128
                        + k] - mean_part);
            }
    }
}

/* conv2d_8 (resnet_small.mnn:13): backward
 *     partial sums, one a piece:
 *     dkernel[1152, 128] = transpose(patches[16, 1152]) . dz[16, 128],
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_8_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [6, 6, 128] */
    memset(in, 0, 4608 * sizeof *in);
    float *dz = scratch[worker->index] + 4608; /* [6, 6, 128] */
    memset(dz, 0, 4608 * sizeof *dz);
    float *turned = scratch[worker->index] + 9216; /* [3, 3, 128, 128] */
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 3; s++)
            mnn_transpose(128, 128, conv2d_8_kernel + ((2 - r) * 3 + 2 - s) * 16384, 128,
                turned + (r * 3 + s) * 16384, 128);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *dkernel = conv2d_8_partials + first / 8 * 147456;
        memset(dkernel, 0, 147456 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 4; y++)
                memcpy(in + (y + 1) * 768 + 128, activation_7_out + i * 2048 + y * 512,
                    512 * sizeof *in);
            const float *dy = conv2d_8_out_gradient + i * 2048;
            for (int y = 0; y < 4; y++)
                memcpy(dz + (y + 1) * 768 + 128, dy + y * 512, 512 * sizeof *dz);
            for (int r = 0; r < 3; r++)
                mnn_nested_product(384, 128, 4, 4, in + r * 768, 1, 128, 768, dz + 896, 128, 768,
                        dkernel + r * 49152, 128, 1);
            float *dx = batchnorm_7_out_gradient + i * 2048;
            mnn_grid_product(4, 4, 128, 384, 3, dz, 768, 128, 768, turned, 128, 49152, dx, 512,
                    128);
            for (int j = i * 2048, end = j + 2048; j < end; j++) {
                const float y = activation_7_out[j], g = batchnorm_7_out_gradient[j];
                batchnorm_7_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* batchnorm_7 (resnet_small.mnn:14): backward, sums of each piece of the batch
 *     dgamma[128] = sum of dout z and dbeta[128] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_7_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_7_out_gradient + first * 2048;
        const float *in = conv2d_7_out + first * 2048;
        float *restrict dgamma = batchnorm_7_partials + first / 8 * 256,
                *restrict dbeta = dgamma + 128;
        memset(dgamma, 0, 256 * sizeof *dgamma);
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 128; k++) {
                const float z = (in[j * 128 + k] - batchnorm_7_mean[k]) * batchnorm_7_inverse[k];
                dgamma[k] += dout[j * 128 + k] * z;
                dbeta[k] += dout[j * 128 + k];
            }
    }
}

/* batchnorm_7 (resnet_small.mnn:14): backward, sums of the batch
 *     dgamma, dbeta = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void batchnorm_7_backward_totals(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memset(batchnorm_7_gamma_gradient, 0, 128 * sizeof(float));
    memset(batchnorm_7_beta_gradient, 0, 128 * sizeof(float));
    for (int piece = 0; piece * 8 < rows; piece++) {
        const float *partial = batchnorm_7_partials + piece * 256;
        for (int k = 0; k < 128; k++) {
            batchnorm_7_gamma_gradient[k] += partial[k];
            batchnorm_7_beta_gradient[k] += partial[128 + k];
        }
    }
}

/* batchnorm_7 (resnet_small.mnn:14): backward
 *     dx[rows, 4, 4, 128] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 16
 * loop; row by row */
static void batchnorm_7_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows * 16);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_7_out_gradient + first * 2048;
        const float *in = conv2d_7_out + first * 2048;
        float *restrict dx = conv2d_7_out_gradient + first * 2048;
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 128; k++) {
                const float z = (in[j * 128 + k] - batchnorm_7_mean[k]) * batchnorm_7_inverse[k];
                const float mean_part = (batchnorm_7_beta_gradient[k]
                        + z * batchnorm_7_gamma_gradient[k]) * share;
                dx[j * 128
                        + k] = batchnorm_7_gamma[k] * batchnorm_7_inverse[k] * (dout[j * 128
                        + k] - mean_part);
            }
    }
}

/* conv2d_7 (resnet_small.mnn:13): backward
 *     partial sums, one a piece:
 *     dkernel[1152, 128] = transpose(patches[16, 1152]) . dz[16, 128],
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_7_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [6, 6, 128] */
    memset(in, 0, 4608 * sizeof *in);
    float *dz = scratch[worker->index] + 4608; /* [6, 6, 128] */
    memset(dz, 0, 4608 * sizeof *dz);
    float *turned = scratch[worker->index] + 9216; /* [3, 3, 128, 128] */
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 3; s++)
            mnn_transpose(128, 128, conv2d_7_kernel + ((2 - r) * 3 + 2 - s) * 16384, 128,
                turned + (r * 3 + s) * 16384, 128);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *dkernel = conv2d_7_partials + first / 8 * 147456;
        memset(dkernel, 0, 147456 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 4; y++)
                memcpy(in + (y + 1) * 768 + 128, activation_6_out + i * 2048 + y * 512,
                    512 * sizeof *in);
            const float *dy = conv2d_7_out_gradient + i * 2048;
            for (int y = 0; y < 4; y++)
                memcpy(dz + (y + 1) * 768 + 128, dy + y * 512, 512 * sizeof *dz);
            for (int r = 0; r < 3; r++)
                mnn_nested_product(384, 128, 4, 4, in + r * 768, 1, 128, 768, dz + 896, 128, 768,
                        dkernel + r * 49152, 128, 1);
            float *dx = activation_6_out_gradient_1 + i * 2048;
            mnn_grid_product(4, 4, 128, 384, 3, dz, 768, 128, 768, turned, 128, 49152, dx, 512,
                    128);
        }
    }
}

/* activation_6 (resnet_small.mnn:35): backward
 *     dout[rows, 4, 4, 128] = the sum of the gradients from all that read it, times the derivative of relu
 * loop; row by row */
static void activation_6_sum_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int j = first * 2048; j < (first + n) * 2048; j++)
            batchnorm_6_out_gradient[j] = add_2_out_gradient[j] + activation_6_out_gradient_1[j];
        for (int j = first * 2048, end = j + n * 2048; j < end; j++) {
            const float y = activation_6_out[j], g = batchnorm_6_out_gradient[j];
            batchnorm_6_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* batchnorm_6 (resnet_small.mnn:14): backward, sums of each piece of the batch
 *     dgamma[128] = sum of dout z and dbeta[128] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_6_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_6_out_gradient + first * 2048;
        const float *in = conv2d_6_out + first * 2048;
        float *restrict dgamma = batchnorm_6_partials + first / 8 * 256,
                *restrict dbeta = dgamma + 128;
        memset(dgamma, 0, 256 * sizeof *dgamma);
        for (int j = 0; j < n * 16; j++)
            for (int k = 0; k < 128; k++) {
                const float z = (in[j * 128 + k] - batchnorm_6_mean[k]) * batchnorm_6_inverse[k];
                dgamma[k] += dout[j * 128 + k] * z;
                dbeta[k] += dout[j * 128 + k];
            }
    }
}

/* batchnorm_6 (resnet_small.mnn:14): backward, sums of the batch
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

/* batchnorm_6 (resnet_small.mnn:14): backward
 *     dx[rows, 4, 4, 128] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 16
 * loop; row by row */
static void batchnorm_6_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows * 16);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_6_out_gradient + first * 2048;
        const float *in = conv2d_6_out + first * 2048;
        float *restrict dx = conv2d_6_out_gradient + first * 2048;
        for (int j = 0; j < n * 16; j++)
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

/* conv2d_6 (resnet_small.mnn:13): backward
 *     partial sums, one a piece:
 *     dkernel[576, 128] = transpose(patches[16, 576]) . dz[16, 128],
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_6_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [9, 9, 64] */
    memset(in, 0, 5184 * sizeof *in);
    float *dz = scratch[worker->index] + 5184; /* [4, 4, 128] */
    memset(dz, 0, 2048 * sizeof *dz);
    float *turned = scratch[worker->index] + 7232; /* [3, 3, 128, 64] */
    for (int r = 0; r < 1; r++)
        for (int s = 0; s < 1; s++)
            mnn_transpose(64, 128, conv2d_6_kernel + ((1 - r * 2) * 3 + 1 - s * 2) * 8192, 128,
                turned + (r * 1 + s) * 8192, 64);
    for (int r = 0; r < 1; r++)
        for (int s = 0; s < 2; s++)
            mnn_transpose(64, 128, conv2d_6_kernel + ((1 - r * 2) * 3 + 2 - s * 2) * 8192, 128,
                turned + (r * 2 + s + 1) * 8192, 64);
    for (int r = 0; r < 2; r++)
        for (int s = 0; s < 1; s++)
            mnn_transpose(64, 128, conv2d_6_kernel + ((2 - r * 2) * 3 + 1 - s * 2) * 8192, 128,
                turned + (r * 1 + s + 3) * 8192, 64);
    for (int r = 0; r < 2; r++)
        for (int s = 0; s < 2; s++)
            mnn_transpose(64, 128, conv2d_6_kernel + ((2 - r * 2) * 3 + 2 - s * 2) * 8192, 128,
                turned + (r * 2 + s + 5) * 8192, 64);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *dkernel = conv2d_6_partials + first / 8 * 73728;
        memset(dkernel, 0, 73728 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 7; y++)
                memcpy(in + (y + 1) * 576 + 64, activation_5_out + i * 3136 + y * 448,
                    448 * sizeof *in);
            const float *dy = conv2d_6_out_gradient + i * 2048;
            for (int y = 0; y < 4; y++)
                memcpy(dz + (y) * 512, dy + y * 512, 512 * sizeof *dz);
            for (int r = 0; r < 3; r++)
                mnn_nested_product(192, 128, 4, 4, in + r * 576, 1, 128, 1152, dz, 128, 512,
                        dkernel + r * 24576, 128, 1);
            float *dx = add_1_out_gradient + i * 3136;
            mnn_grid_product(4, 4, 64, 128, 1, dz, 512, 128, 512, turned, 64, 8192, dx, 896, 128);
            mnn_grid_product(4, 3, 64, 256, 1, dz, 512, 128, 512, turned + 8192, 64, 16384, dx + 64,
                    896, 128);
            mnn_grid_product(3, 4, 64, 128, 2, dz, 512, 128, 512, turned + 24576, 64, 8192,
                    dx + 448, 896, 128);
            mnn_grid_product(3, 3, 64, 256, 2, dz, 512, 128, 512, turned + 40960, 64, 16384,
                    dx + 512, 896, 128);
            for (int j = i * 3136, end = j + 3136; j < end; j++) {
                const float y = activation_5_out[j], g = add_1_out_gradient[j];
                add_1_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* batchnorm_5 (resnet_small.mnn:14): backward, sums of each piece of the batch
 *     dgamma[64] = sum of dout z and dbeta[64] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_5_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = add_1_out_gradient + first * 3136;
        const float *in = conv2d_5_out + first * 3136;
        float *restrict dgamma = batchnorm_5_partials + first / 8 * 128,
                *restrict dbeta = dgamma + 64;
        memset(dgamma, 0, 128 * sizeof *dgamma);
        for (int j = 0; j < n * 49; j++)
            for (int k = 0; k < 64; k++) {
                const float z = (in[j * 64 + k] - batchnorm_5_mean[k]) * batchnorm_5_inverse[k];
                dgamma[k] += dout[j * 64 + k] * z;
                dbeta[k] += dout[j * 64 + k];
            }
    }
}

/* batchnorm_5 (resnet_small.mnn:14): backward, sums of the batch
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

/* batchnorm_5 (resnet_small.mnn:14): backward
 *     dx[rows, 7, 7, 64] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 49
 * loop; row by row */
static void batchnorm_5_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows * 49);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = add_1_out_gradient + first * 3136;
        const float *in = conv2d_5_out + first * 3136;
        float *restrict dx = conv2d_5_out_gradient + first * 3136;
        for (int j = 0; j < n * 49; j++)
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

/* conv2d_5 (resnet_small.mnn:13): backward
 *     partial sums, one a piece:
 *     dkernel[576, 64] = transpose(patches[49, 576]) . dz[49, 64],
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_5_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [9, 9, 64] */
    memset(in, 0, 5184 * sizeof *in);
    float *dz = scratch[worker->index] + 5184; /* [9, 9, 64] */
    memset(dz, 0, 5184 * sizeof *dz);
    float *turned = scratch[worker->index] + 10368; /* [3, 3, 64, 64] */
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 3; s++)
            mnn_transpose(64, 64, conv2d_5_kernel + ((2 - r) * 3 + 2 - s) * 4096, 64,
                turned + (r * 3 + s) * 4096, 64);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *dkernel = conv2d_5_partials + first / 8 * 36864;
        memset(dkernel, 0, 36864 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 7; y++)
                memcpy(in + (y + 1) * 576 + 64, activation_4_out + i * 3136 + y * 448,
                    448 * sizeof *in);
            const float *dy = conv2d_5_out_gradient + i * 3136;
            for (int y = 0; y < 7; y++)
                memcpy(dz + (y + 1) * 576 + 64, dy + y * 448, 448 * sizeof *dz);
            for (int r = 0; r < 3; r++)
                mnn_nested_product(192, 64, 7, 7, in + r * 576, 1, 64, 576, dz + 640, 64, 576,
                        dkernel + r * 12288, 64, 1);
            float *dx = batchnorm_4_out_gradient + i * 3136;
            mnn_grid_product(7, 7, 64, 192, 3, dz, 576, 64, 576, turned, 64, 12288, dx, 448, 64);
            for (int j = i * 3136, end = j + 3136; j < end; j++) {
                const float y = activation_4_out[j], g = batchnorm_4_out_gradient[j];
                batchnorm_4_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* batchnorm_4 (resnet_small.mnn:14): backward, sums of each piece of the batch
 *     dgamma[64] = sum of dout z and dbeta[64] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_4_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_4_out_gradient + first * 3136;
        const float *in = conv2d_4_out + first * 3136;
        float *restrict dgamma = batchnorm_4_partials + first / 8 * 128,
                *restrict dbeta = dgamma + 64;
        memset(dgamma, 0, 128 * sizeof *dgamma);
        for (int j = 0; j < n * 49; j++)
            for (int k = 0; k < 64; k++) {
                const float z = (in[j * 64 + k] - batchnorm_4_mean[k]) * batchnorm_4_inverse[k];
                dgamma[k] += dout[j * 64 + k] * z;
                dbeta[k] += dout[j * 64 + k];
            }
    }
}

/* batchnorm_4 (resnet_small.mnn:14): backward, sums of the batch
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

/* batchnorm_4 (resnet_small.mnn:14): backward
 *     dx[rows, 7, 7, 64] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 49
 * loop; row by row */
static void batchnorm_4_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows * 49);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_4_out_gradient + first * 3136;
        const float *in = conv2d_4_out + first * 3136;
        float *restrict dx = conv2d_4_out_gradient + first * 3136;
        for (int j = 0; j < n * 49; j++)
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

/* conv2d_4 (resnet_small.mnn:13): backward
 *     partial sums, one a piece:
 *     dkernel[576, 64] = transpose(patches[49, 576]) . dz[49, 64],
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_4_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [9, 9, 64] */
    memset(in, 0, 5184 * sizeof *in);
    float *dz = scratch[worker->index] + 5184; /* [9, 9, 64] */
    memset(dz, 0, 5184 * sizeof *dz);
    float *turned = scratch[worker->index] + 10368; /* [3, 3, 64, 64] */
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 3; s++)
            mnn_transpose(64, 64, conv2d_4_kernel + ((2 - r) * 3 + 2 - s) * 4096, 64,
                turned + (r * 3 + s) * 4096, 64);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *dkernel = conv2d_4_partials + first / 8 * 36864;
        memset(dkernel, 0, 36864 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 7; y++)
                memcpy(in + (y + 1) * 576 + 64, activation_3_out + i * 3136 + y * 448,
                    448 * sizeof *in);
            const float *dy = conv2d_4_out_gradient + i * 3136;
            for (int y = 0; y < 7; y++)
                memcpy(dz + (y + 1) * 576 + 64, dy + y * 448, 448 * sizeof *dz);
            for (int r = 0; r < 3; r++)
                mnn_nested_product(192, 64, 7, 7, in + r * 576, 1, 64, 576, dz + 640, 64, 576,
                        dkernel + r * 12288, 64, 1);
            float *dx = activation_3_out_gradient_1 + i * 3136;
            mnn_grid_product(7, 7, 64, 192, 3, dz, 576, 64, 576, turned, 64, 12288, dx, 448, 64);
        }
    }
}

/* activation_3 (resnet_small.mnn:32): backward
 *     dout[rows, 7, 7, 64] = the sum of the gradients from all that read it, times the derivative of relu
 * loop; row by row */
static void activation_3_sum_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int j = first * 3136; j < (first + n) * 3136; j++)
            batchnorm_3_out_gradient[j] = add_1_out_gradient[j] + activation_3_out_gradient_1[j];
        for (int j = first * 3136, end = j + n * 3136; j < end; j++) {
            const float y = activation_3_out[j], g = batchnorm_3_out_gradient[j];
            batchnorm_3_out_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* batchnorm_3 (resnet_small.mnn:14): backward, sums of each piece of the batch
 *     dgamma[64] = sum of dout z and dbeta[64] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_3_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_3_out_gradient + first * 3136;
        const float *in = conv2d_3_out + first * 3136;
        float *restrict dgamma = batchnorm_3_partials + first / 8 * 128,
                *restrict dbeta = dgamma + 64;
        memset(dgamma, 0, 128 * sizeof *dgamma);
        for (int j = 0; j < n * 49; j++)
            for (int k = 0; k < 64; k++) {
                const float z = (in[j * 64 + k] - batchnorm_3_mean[k]) * batchnorm_3_inverse[k];
                dgamma[k] += dout[j * 64 + k] * z;
                dbeta[k] += dout[j * 64 + k];
            }
    }
}

/* batchnorm_3 (resnet_small.mnn:14): backward, sums of the batch
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

/* batchnorm_3 (resnet_small.mnn:14): backward
 *     dx[rows, 7, 7, 64] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 49
 * loop; row by row */
static void batchnorm_3_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows * 49);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_3_out_gradient + first * 3136;
        const float *in = conv2d_3_out + first * 3136;
        float *restrict dx = conv2d_3_out_gradient + first * 3136;
        for (int j = 0; j < n * 49; j++)
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

/* conv2d_3 (resnet_small.mnn:13): backward
 *     partial sums, one a piece:
 *     dkernel[288, 64] = transpose(patches[49, 288]) . dz[49, 64],
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_3_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [15, 15, 32] */
    memset(in, 0, 7200 * sizeof *in);
    float *dz = scratch[worker->index] + 7200; /* [8, 8, 64] */
    memset(dz, 0, 4096 * sizeof *dz);
    float *turned = scratch[worker->index] + 11296; /* [3, 3, 64, 32] */
    for (int r = 0; r < 2; r++)
        for (int s = 0; s < 2; s++)
            mnn_transpose(32, 64, conv2d_3_kernel + ((2 - r * 2) * 3 + 2 - s * 2) * 2048, 64,
                turned + (r * 2 + s) * 2048, 32);
    for (int r = 0; r < 2; r++)
        for (int s = 0; s < 1; s++)
            mnn_transpose(32, 64, conv2d_3_kernel + ((2 - r * 2) * 3 + 1 - s * 2) * 2048, 64,
                turned + (r * 1 + s + 4) * 2048, 32);
    for (int r = 0; r < 1; r++)
        for (int s = 0; s < 2; s++)
            mnn_transpose(32, 64, conv2d_3_kernel + ((1 - r * 2) * 3 + 2 - s * 2) * 2048, 64,
                turned + (r * 2 + s + 6) * 2048, 32);
    for (int r = 0; r < 1; r++)
        for (int s = 0; s < 1; s++)
            mnn_transpose(32, 64, conv2d_3_kernel + ((1 - r * 2) * 3 + 1 - s * 2) * 2048, 64,
                turned + (r * 1 + s + 8) * 2048, 32);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *dkernel = conv2d_3_partials + first / 8 * 18432;
        memset(dkernel, 0, 18432 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 14; y++)
                memcpy(in + (y) * 480, activation_2_out + i * 6272 + y * 448, 448 * sizeof *in);
            const float *dy = conv2d_3_out_gradient + i * 3136;
            for (int y = 0; y < 7; y++)
                memcpy(dz + (y + 1) * 512 + 64, dy + y * 448, 448 * sizeof *dz);
            for (int r = 0; r < 3; r++)
                mnn_nested_product(96, 64, 7, 7, in + r * 480, 1, 64, 960, dz + 576, 64, 512,
                        dkernel + r * 6144, 64, 1);
            float *dx = add_out_gradient + i * 6272;
            mnn_grid_product(7, 7, 32, 128, 2, dz, 512, 64, 512, turned, 32, 4096, dx, 896, 64);
            mnn_grid_product(7, 7, 32, 64, 2, dz + 64, 512, 64, 512, turned + 8192, 32, 2048,
                    dx + 32, 896, 64);
            mnn_grid_product(7, 7, 32, 128, 1, dz + 512, 512, 64, 512, turned + 12288, 32, 4096,
                    dx + 448, 896, 64);
            mnn_grid_product(7, 7, 32, 64, 1, dz + 576, 512, 64, 512, turned + 16384, 32, 2048,
                    dx + 480, 896, 64);
            for (int j = i * 6272, end = j + 6272; j < end; j++) {
                const float y = activation_2_out[j], g = add_out_gradient[j];
                add_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* batchnorm_2 (resnet_small.mnn:14): backward, sums of each piece of the batch
 *     dgamma[32] = sum of dout z and dbeta[32] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_2_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = add_out_gradient + first * 6272;
        const float *in = conv2d_2_out + first * 6272;
        float *restrict dgamma = batchnorm_2_partials + first / 8 * 64,
                *restrict dbeta = dgamma + 32;
        memset(dgamma, 0, 64 * sizeof *dgamma);
        for (int j = 0; j < n * 196; j++)
            for (int k = 0; k < 32; k++) {
                const float z = (in[j * 32 + k] - batchnorm_2_mean[k]) * batchnorm_2_inverse[k];
                dgamma[k] += dout[j * 32 + k] * z;
                dbeta[k] += dout[j * 32 + k];
            }
    }
}

/* batchnorm_2 (resnet_small.mnn:14): backward, sums of the batch
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

/* batchnorm_2 (resnet_small.mnn:14): backward
 *     dx[rows, 14, 14, 32] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 196
 * loop; row by row */
static void batchnorm_2_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows * 196);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = add_out_gradient + first * 6272;
        const float *in = conv2d_2_out + first * 6272;
        float *restrict dx = conv2d_2_out_gradient + first * 6272;
        for (int j = 0; j < n * 196; j++)
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

/* conv2d_2 (resnet_small.mnn:13): backward
 *     partial sums, one a piece:
 *     dkernel[288, 32] = transpose(patches[196, 288]) . dz[196, 32],
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_2_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [16, 16, 32] */
    memset(in, 0, 8192 * sizeof *in);
    float *dz = scratch[worker->index] + 8192; /* [16, 16, 32] */
    memset(dz, 0, 8192 * sizeof *dz);
    float *turned = scratch[worker->index] + 16384; /* [3, 3, 32, 32] */
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 3; s++)
            mnn_transpose(32, 32, conv2d_2_kernel + ((2 - r) * 3 + 2 - s) * 1024, 32,
                turned + (r * 3 + s) * 1024, 32);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *dkernel = conv2d_2_partials + first / 8 * 9216;
        memset(dkernel, 0, 9216 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 14; y++)
                memcpy(in + (y + 1) * 512 + 32, activation_1_out + i * 6272 + y * 448,
                    448 * sizeof *in);
            const float *dy = conv2d_2_out_gradient + i * 6272;
            for (int y = 0; y < 14; y++)
                memcpy(dz + (y + 1) * 512 + 32, dy + y * 448, 448 * sizeof *dz);
            for (int r = 0; r < 3; r++)
                mnn_nested_product(96, 32, 14, 14, in + r * 512, 1, 32, 512, dz + 544, 32, 512,
                        dkernel + r * 3072, 32, 1);
            float *dx = batchnorm_1_out_gradient + i * 6272;
            mnn_grid_product(14, 14, 32, 96, 3, dz, 512, 32, 512, turned, 32, 3072, dx, 448, 32);
            for (int j = i * 6272, end = j + 6272; j < end; j++) {
                const float y = activation_1_out[j], g = batchnorm_1_out_gradient[j];
                batchnorm_1_out_gradient[j] = y > 0.0f ? g : 0.0f;
            }
        }
    }
}

/* batchnorm_1 (resnet_small.mnn:14): backward, sums of each piece of the batch
 *     dgamma[32] = sum of dout z and dbeta[32] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_1_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_1_out_gradient + first * 6272;
        const float *in = conv2d_1_out + first * 6272;
        float *restrict dgamma = batchnorm_1_partials + first / 8 * 64,
                *restrict dbeta = dgamma + 32;
        memset(dgamma, 0, 64 * sizeof *dgamma);
        for (int j = 0; j < n * 196; j++)
            for (int k = 0; k < 32; k++) {
                const float z = (in[j * 32 + k] - batchnorm_1_mean[k]) * batchnorm_1_inverse[k];
                dgamma[k] += dout[j * 32 + k] * z;
                dbeta[k] += dout[j * 32 + k];
            }
    }
}

/* batchnorm_1 (resnet_small.mnn:14): backward, sums of the batch
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

/* batchnorm_1 (resnet_small.mnn:14): backward
 *     dx[rows, 14, 14, 32] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 196
 * loop; row by row */
static void batchnorm_1_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows * 196);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_1_out_gradient + first * 6272;
        const float *in = conv2d_1_out + first * 6272;
        float *restrict dx = conv2d_1_out_gradient + first * 6272;
        for (int j = 0; j < n * 196; j++)
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

/* conv2d_1 (resnet_small.mnn:13): backward
 *     partial sums, one a piece:
 *     dkernel[288, 32] = transpose(patches[196, 288]) . dz[196, 32],
 *     dx = dz * turned kernel
 * tiles in registers, straight from the image; image by image */
static void conv2d_1_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [16, 16, 32] */
    memset(in, 0, 8192 * sizeof *in);
    float *dz = scratch[worker->index] + 8192; /* [16, 16, 32] */
    memset(dz, 0, 8192 * sizeof *dz);
    float *turned = scratch[worker->index] + 16384; /* [3, 3, 32, 32] */
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 3; s++)
            mnn_transpose(32, 32, conv2d_1_kernel + ((2 - r) * 3 + 2 - s) * 1024, 32,
                turned + (r * 3 + s) * 1024, 32);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *dkernel = conv2d_1_partials + first / 8 * 9216;
        memset(dkernel, 0, 9216 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 14; y++)
                memcpy(in + (y + 1) * 512 + 32, maxpool2d_out + i * 6272 + y * 448,
                    448 * sizeof *in);
            const float *dy = conv2d_1_out_gradient + i * 6272;
            for (int y = 0; y < 14; y++)
                memcpy(dz + (y + 1) * 512 + 32, dy + y * 448, 448 * sizeof *dz);
            for (int r = 0; r < 3; r++)
                mnn_nested_product(96, 32, 14, 14, in + r * 512, 1, 32, 512, dz + 544, 32, 512,
                        dkernel + r * 3072, 32, 1);
            float *dx = maxpool2d_out_gradient_1 + i * 6272;
            mnn_grid_product(14, 14, 32, 96, 3, dz, 512, 32, 512, turned, 32, 3072, dx, 448, 32);
        }
    }
}

/* activation (resnet_small.mnn:28): backward
 *     dout[rows, 14, 14, 32] = the sum of the gradients from all that read it, times the derivative of relu
 * loop; row by row */
static void activation_sum_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int j = first * 6272; j < (first + n) * 6272; j++)
            maxpool2d_before_activation_gradient[j] = add_out_gradient[j]
                + maxpool2d_out_gradient_1[j];
        for (int j = first * 6272, end = j + n * 6272; j < end; j++) {
            const float y = maxpool2d_out[j], g = maxpool2d_before_activation_gradient[j];
            maxpool2d_before_activation_gradient[j] = y > 0.0f ? g : 0.0f;
        }
    }
}

/* maxpool2d (resnet_small.mnn:29): backward
 *     dx[rows, 28, 28, 32] = dy[rows, 14, 14, 32] at the place that was the largest, else 0
 * loop; row by row */
static void maxpool2d_backward(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        for (int i = first; i < first + n; i++) {
            const float *dy = maxpool2d_before_activation_gradient + i * 6272;
            const uint8_t *index = maxpool2d_index + i * 6272;
            float *dx = batchnorm_out_gradient + i * 25088;
            memset(dx, 0, 25088 * sizeof *dx);
            for (int y = 0; y < 14; y++)
                for (int x = 0; x < 14; x++) {
                    const int top = y * 2, left = x * 2;
                    for (int k = 0; k < 32; k++) {
                        const int where = index[(y * 14 + x) * 32 + k];
                        dx[((top + where / 2) * 28 + left + where % 2) * 32
                                + k] += dy[(y * 14 + x) * 32 + k];
                    }
                }
        }
    }
}

/* batchnorm (resnet_small.mnn:14): backward, sums of each piece of the batch
 *     dgamma[32] = sum of dout z and dbeta[32] = sum of dout over the rows of the piece,
 *     where z = (in - mean) * inverse
 * loop; row by row */
static void batchnorm_backward_sums(const mnn_worker *worker, int rows)
{
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_out_gradient + first * 25088;
        const float *in = conv2d_out + first * 25088;
        float *restrict dgamma = batchnorm_partials + first / 8 * 64, *restrict dbeta = dgamma + 32;
        memset(dgamma, 0, 64 * sizeof *dgamma);
        for (int j = 0; j < n * 784; j++)
            for (int k = 0; k < 32; k++) {
                const float z = (in[j * 32 + k] - batchnorm_mean[k]) * batchnorm_inverse[k];
                dgamma[k] += dout[j * 32 + k] * z;
                dbeta[k] += dout[j * 32 + k];
            }
    }
}

/* batchnorm (resnet_small.mnn:14): backward, sums of the batch
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

/* batchnorm (resnet_small.mnn:14): backward
 *     dx[rows, 28, 28, 32] = gamma * inverse * (dout - (dbeta + z dgamma) / count), where z = (in - mean) * inverse
 *     and count = rows * 784
 * loop; row by row */
static void batchnorm_backward(const mnn_worker *worker, int rows)
{
    const float share = 1.0f / (float)(rows * 784);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        const float *dout = batchnorm_out_gradient + first * 25088;
        const float *in = conv2d_out + first * 25088;
        float *restrict dx = conv2d_out_gradient + first * 25088;
        for (int j = 0; j < n * 784; j++)
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

/* conv2d (resnet_small.mnn:13): backward
 *     partial sums, one a piece:
 *     dkernel[9, 32] = transpose(patches[784, 9]) . dz[784, 32]
 * tiles in registers, straight from the image; image by image */
static void conv2d_backward(const mnn_worker *worker, int rows)
{
    float *in = scratch[worker->index]; /* [30, 30, 1] */
    memset(in, 0, 900 * sizeof *in);
    for (int first = worker->index * 8; first < rows; first += worker->count * 8) {
        const int n = mnn_min(8, rows - first);
        float *dkernel = conv2d_partials + first / 8 * 288;
        memset(dkernel, 0, 288 * sizeof *dkernel);
        for (int i = first; i < first + n; i++) {
            for (int y = 0; y < 28; y++)
                memcpy(in + (y + 1) * 30 + 1, input_out + i * 784 + y * 28, 28 * sizeof *in);
            const float *dy = conv2d_out_gradient + i * 25088;
            for (int r = 0; r < 3; r++)
                mnn_nested_product(3, 32, 28, 28, in + r * 30, 1, 1, 30, dy, 32, 896,
                        dkernel + r * 96, 32, 1);
        }
    }
}

/* ---- gradients of the parameters ---- */

/* dense (resnet_small.mnn:38): gradients of the parameters
 *     dkernel[128, 10] = transpose(in[rows, 128]) . dy[rows, 10]; dbias = sum over rows of dy
 * tiles in registers; in one piece: too small to cut */
static void dense_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    mnn_product(128, 10, rows, global_avgpool2d_out, 1, 128, dense_out_gradient, 10,
            dense_kernel_gradient, 10, 0);
    for (int j = 0; j < 10; j++)
        dense_bias_gradient[j] = 0.0f;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 10; j++)
            dense_bias_gradient[j] += dense_out_gradient[i * 10 + j];
}

/* conv2d_8 (resnet_small.mnn:13): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_8_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
        return;
    memcpy(conv2d_8_kernel_gradient, conv2d_8_partials, 147456 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_8_partials + piece * 147456;
        for (int j = 0; j < 147456; j++)
            conv2d_8_kernel_gradient[j] += partial[j];
    }
}

/* conv2d_7 (resnet_small.mnn:13): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_7_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 2) != 0)
        return;
    memcpy(conv2d_7_kernel_gradient, conv2d_7_partials, 147456 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_7_partials + piece * 147456;
        for (int j = 0; j < 147456; j++)
            conv2d_7_kernel_gradient[j] += partial[j];
    }
}

/* conv2d_6 (resnet_small.mnn:13): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_6_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 3) != 0)
        return;
    memcpy(conv2d_6_kernel_gradient, conv2d_6_partials, 73728 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_6_partials + piece * 73728;
        for (int j = 0; j < 73728; j++)
            conv2d_6_kernel_gradient[j] += partial[j];
    }
}

/* conv2d_5 (resnet_small.mnn:13): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_5_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 4) != 0)
        return;
    memcpy(conv2d_5_kernel_gradient, conv2d_5_partials, 36864 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_5_partials + piece * 36864;
        for (int j = 0; j < 36864; j++)
            conv2d_5_kernel_gradient[j] += partial[j];
    }
}

/* conv2d_4 (resnet_small.mnn:13): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_4_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 5) != 0)
        return;
    memcpy(conv2d_4_kernel_gradient, conv2d_4_partials, 36864 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_4_partials + piece * 36864;
        for (int j = 0; j < 36864; j++)
            conv2d_4_kernel_gradient[j] += partial[j];
    }
}

/* conv2d_3 (resnet_small.mnn:13): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_3_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 6) != 0)
        return;
    memcpy(conv2d_3_kernel_gradient, conv2d_3_partials, 18432 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_3_partials + piece * 18432;
        for (int j = 0; j < 18432; j++)
            conv2d_3_kernel_gradient[j] += partial[j];
    }
}

/* conv2d_2 (resnet_small.mnn:13): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_2_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 7) != 0)
        return;
    memcpy(conv2d_2_kernel_gradient, conv2d_2_partials, 9216 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_2_partials + piece * 9216;
        for (int j = 0; j < 9216; j++)
            conv2d_2_kernel_gradient[j] += partial[j];
    }
}

/* conv2d_1 (resnet_small.mnn:13): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_1_gradients(const mnn_worker *worker, int rows)
{
    if (worker->index != 0)
        return;
    memcpy(conv2d_1_kernel_gradient, conv2d_1_partials, 9216 * sizeof(float));
    for (int piece = 1; piece * 8 < rows; piece++) {
        const float *partial = conv2d_1_partials + piece * 9216;
        for (int j = 0; j < 9216; j++)
            conv2d_1_kernel_gradient[j] += partial[j];
    }
}

/* conv2d (resnet_small.mnn:13): gradients of the parameters
 *     dkernel = the sum of the pieces' partial sums, in order
 * sum; partial sums in a fixed order */
static void conv2d_gradients(const mnn_worker *worker, int rows)
{
    if (mnn_first_piece(worker, 1) != 0)
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
    maxpool2d_forward(worker, batch->rows);
    activation_relu_forward(worker, batch->rows);
    conv2d_1_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_1_predict(worker, batch->rows);
    conv2d_2_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_2_predict(worker, batch->rows);
    add_forward(worker, batch->rows);
    conv2d_3_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_3_predict(worker, batch->rows);
    conv2d_4_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_4_predict(worker, batch->rows);
    conv2d_5_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_5_predict(worker, batch->rows);
    add_1_forward(worker, batch->rows);
    conv2d_6_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_6_predict(worker, batch->rows);
    conv2d_7_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_7_predict(worker, batch->rows);
    conv2d_8_forward(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_8_predict(worker, batch->rows);
    add_2_forward(worker, batch->rows);
    global_avgpool2d_forward(worker, batch->rows);
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
    batchnorm_forward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_forward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_forward(worker, batch->rows);
    maxpool2d_forward(worker, batch->rows);
    activation_relu_forward(worker, batch->rows);
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
    add_forward(worker, batch->rows);
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
    add_1_forward(worker, batch->rows);
    conv2d_6_forward(worker, batch->rows);
    batchnorm_6_forward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_6_forward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_6_forward(worker, batch->rows);
    conv2d_7_forward(worker, batch->rows);
    batchnorm_7_forward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_7_forward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_7_forward(worker, batch->rows);
    conv2d_8_forward(worker, batch->rows);
    batchnorm_8_forward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_8_forward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_8_forward(worker, batch->rows);
    add_2_forward(worker, batch->rows);
    global_avgpool2d_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_forward(worker, batch->rows);
    mnn_barrier(worker);
    dense_softmax_forward(worker, batch->rows);
    loss_forward(worker, batch);
    loss_backward(worker, batch);
    mnn_barrier(worker);
    dense_backward(worker, batch->rows);
    mnn_barrier(worker);
    global_avgpool2d_backward(worker, batch->rows);
    batchnorm_8_backward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_8_backward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_8_backward(worker, batch->rows);
    conv2d_8_backward(worker, batch->rows);
    batchnorm_7_backward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_7_backward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_7_backward(worker, batch->rows);
    conv2d_7_backward(worker, batch->rows);
    activation_6_sum_backward(worker, batch->rows);
    batchnorm_6_backward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_6_backward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_6_backward(worker, batch->rows);
    conv2d_6_backward(worker, batch->rows);
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
    activation_3_sum_backward(worker, batch->rows);
    batchnorm_3_backward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_3_backward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_3_backward(worker, batch->rows);
    conv2d_3_backward(worker, batch->rows);
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
    activation_sum_backward(worker, batch->rows);
    maxpool2d_backward(worker, batch->rows);
    batchnorm_backward_sums(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_backward_totals(worker, batch->rows);
    mnn_barrier(worker);
    batchnorm_backward(worker, batch->rows);
    conv2d_backward(worker, batch->rows);
    mnn_barrier(worker);
    dense_gradients(worker, batch->rows);
    conv2d_8_gradients(worker, batch->rows);
    conv2d_7_gradients(worker, batch->rows);
    conv2d_6_gradients(worker, batch->rows);
    conv2d_5_gradients(worker, batch->rows);
    conv2d_4_gradients(worker, batch->rows);
    conv2d_3_gradients(worker, batch->rows);
    conv2d_2_gradients(worker, batch->rows);
    conv2d_1_gradients(worker, batch->rows);
    conv2d_gradients(worker, batch->rows);
}

/* The learning rate after so many updates: cosine decay (Loshchilov, Hutter 2017)
 * 0.05 ((1 - 0.0) (1 + cos(pi step / 18760)) / 2 + 0.0) */
static double schedule(uint64_t updates)
{
    const double pi = 3.14159265358979323846;
    const double step = fmin((double)updates, 18760.0);
    return 0.05 * ((1.0 - 0.0) * 0.5 * (1.0 + cos(pi * step / 18760.0)) + 0.0);
}

/* update: stochastic gradient descent with Nesterov momentum
 *     v = 0.9 v - rate g;  w += 0.9 v - rate g
 *     before: w -= learning_rate 0.005 w */
static void update(const mnn_worker *worker, const mnn_update *step)
{
    const float rate = (float)step->learning_rate;
    const float decay = (float)(step->learning_rate * 0.005);
    for (int piece = mnn_part_begin(worker, 59); piece < mnn_part_end(worker, 59); piece++) {
        const int first = piece * 8192, end = mnn_min(first + 8192, PARAM_COUNT);
        for (int i = first; i < end; i++) {
            const float g = grads[i];
            const float v = 0.9f * sgd_velocity[i] - rate * g;
            sgd_velocity[i] = v;
            params[i] += (0.9f * v - rate * g) - decay * params[i];
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
    for (int k = 0; k < 128; k++) {
        batchnorm_7_moving_mean[k] = batchnorm_7_moving_mean[k] * 0.9f + batchnorm_7_mean[k] * 0.1f;
        batchnorm_7_moving_variance[k] = batchnorm_7_moving_variance[k] * 0.9f
                + batchnorm_7_variance[k] * 0.1f;
    }
    for (int k = 0; k < 128; k++) {
        batchnorm_8_moving_mean[k] = batchnorm_8_moving_mean[k] * 0.9f + batchnorm_8_mean[k] * 0.1f;
        batchnorm_8_moving_variance[k] = batchnorm_8_moving_variance[k] * 0.9f
                + batchnorm_8_variance[k] * 0.1f;
    }
}

/* ---- the same network once more, to check the gradients against ---- */

/* input (resnet_small.mnn:7): out = x * scale + shift as the network sees it, changed likewise */
static void input_reference(const mnn_batch *batch, int row, double *out)
{
    const size_t at = (size_t)batch->index[row] * 784;
    static float sample[784], changed[784];
    for (size_t j = 0; j < 784; j++)
        sample[j] = ((batch->images ? (float)batch->images[at + j]
            : batch->inputs[at + j]) * 0.011108642f - 0.8102644f);
    mnn_augment_move(&input_motion, batch, row, sample, changed);
    for (int j = 0; j < 784; j++)
        out[j] = (double)changed[j];
}

/* conv2d (resnet_small.mnn:13): out[28, 28, 32] = in * kernel */
static void conv2d_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 28; y++)
        for (int x = 0; x < 28; x++)
            for (int k = 0; k < 32; k++) {
                double sum = 0.0;
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r - 1, column = x + s - 1;
                        if (row < 0 || row >= 28 || column < 0 || column >= 28)
                            continue;
                        sum += in[row * 28 + column] * kernel[(r * 3 + s) * 32 + k];
                    }
                out[(y * 28 + x) * 32 + k] = sum;
            }
}

/* batchnorm (resnet_small.mnn:14): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_reference(int rows, const double *gamma, const double *beta, const double *in,
        double *out)
{
    const int count = rows * 784;
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

/* activation (resnet_small.mnn:28): out[25088] = relu(in) */
static void activation_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 25088; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* maxpool2d (resnet_small.mnn:29): out[6272] = largest of each window */
static void maxpool2d_reference(const double *in, double *out)
{
    for (int y = 0; y < 14; y++)
        for (int x = 0; x < 14; x++) {
            const int top = y * 2, left = x * 2;
            for (int k = 0; k < 32; k++) {
                double best = in[(top * 28 + left) * 32 + k];
                for (int r = 0; r < 2; r++)
                    for (int c = 0; c < 2; c++) {
                        best = fmax(best, in[((top + r) * 28 + left + c) * 32 + k]);
                    }
                out[(y * 14 + x) * 32 + k] = best;
            }
        }
}

/* conv2d_1 (resnet_small.mnn:13): out[14, 14, 32] = in * kernel */
static void conv2d_1_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 14; y++)
        for (int x = 0; x < 14; x++)
            for (int k = 0; k < 32; k++) {
                double sum = 0.0;
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r - 1, column = x + s - 1;
                        if (row < 0 || row >= 14 || column < 0 || column >= 14)
                            continue;
                        const double *pixel = in + (row * 14 + column) * 32;
                        const double *weight = kernel + (r * 3 + s) * 1024 + k;
                        for (int c = 0; c < 32; c++)
                            sum += pixel[c] * weight[c * 32];
                    }
                out[(y * 14 + x) * 32 + k] = sum;
            }
}

/* batchnorm_1 (resnet_small.mnn:14): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_1_reference(int rows, const double *gamma, const double *beta,
        const double *in, double *out)
{
    const int count = rows * 196;
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

/* activation_1 (resnet_small.mnn:20): out[6272] = relu(in) */
static void activation_1_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 6272; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* conv2d_2 (resnet_small.mnn:13): out[14, 14, 32] = in * kernel */
static void conv2d_2_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 14; y++)
        for (int x = 0; x < 14; x++)
            for (int k = 0; k < 32; k++) {
                double sum = 0.0;
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r - 1, column = x + s - 1;
                        if (row < 0 || row >= 14 || column < 0 || column >= 14)
                            continue;
                        const double *pixel = in + (row * 14 + column) * 32;
                        const double *weight = kernel + (r * 3 + s) * 1024 + k;
                        for (int c = 0; c < 32; c++)
                            sum += pixel[c] * weight[c * 32];
                    }
                out[(y * 14 + x) * 32 + k] = sum;
            }
}

/* batchnorm_2 (resnet_small.mnn:14): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_2_reference(int rows, const double *gamma, const double *beta,
        const double *in, double *out)
{
    const int count = rows * 196;
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

/* add (resnet_small.mnn:18): out[6272] = inside + kept */
static void add_reference(const double *inside, const double *kept, double *out)
{
    for (int j = 0; j < 6272; j++)
        out[j] = inside[j] + kept[j];
}

/* activation_2 (resnet_small.mnn:23): out[6272] = relu(in) */
static void activation_2_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 6272; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* conv2d_3 (resnet_small.mnn:13): out[7, 7, 64] = in * kernel */
static void conv2d_3_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 7; y++)
        for (int x = 0; x < 7; x++)
            for (int k = 0; k < 64; k++) {
                double sum = 0.0;
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y * 2 + r, column = x * 2 + s;
                        if (row < 0 || row >= 14 || column < 0 || column >= 14)
                            continue;
                        const double *pixel = in + (row * 14 + column) * 32;
                        const double *weight = kernel + (r * 3 + s) * 2048 + k;
                        for (int c = 0; c < 32; c++)
                            sum += pixel[c] * weight[c * 64];
                    }
                out[(y * 7 + x) * 64 + k] = sum;
            }
}

/* batchnorm_3 (resnet_small.mnn:14): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_3_reference(int rows, const double *gamma, const double *beta,
        const double *in, double *out)
{
    const int count = rows * 49;
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

/* activation_3 (resnet_small.mnn:32): out[3136] = relu(in) */
static void activation_3_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 3136; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* conv2d_4 (resnet_small.mnn:13): out[7, 7, 64] = in * kernel */
static void conv2d_4_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 7; y++)
        for (int x = 0; x < 7; x++)
            for (int k = 0; k < 64; k++) {
                double sum = 0.0;
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r - 1, column = x + s - 1;
                        if (row < 0 || row >= 7 || column < 0 || column >= 7)
                            continue;
                        const double *pixel = in + (row * 7 + column) * 64;
                        const double *weight = kernel + (r * 3 + s) * 4096 + k;
                        for (int c = 0; c < 64; c++)
                            sum += pixel[c] * weight[c * 64];
                    }
                out[(y * 7 + x) * 64 + k] = sum;
            }
}

/* batchnorm_4 (resnet_small.mnn:14): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_4_reference(int rows, const double *gamma, const double *beta,
        const double *in, double *out)
{
    const int count = rows * 49;
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

/* activation_4 (resnet_small.mnn:20): out[3136] = relu(in) */
static void activation_4_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 3136; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* conv2d_5 (resnet_small.mnn:13): out[7, 7, 64] = in * kernel */
static void conv2d_5_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 7; y++)
        for (int x = 0; x < 7; x++)
            for (int k = 0; k < 64; k++) {
                double sum = 0.0;
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r - 1, column = x + s - 1;
                        if (row < 0 || row >= 7 || column < 0 || column >= 7)
                            continue;
                        const double *pixel = in + (row * 7 + column) * 64;
                        const double *weight = kernel + (r * 3 + s) * 4096 + k;
                        for (int c = 0; c < 64; c++)
                            sum += pixel[c] * weight[c * 64];
                    }
                out[(y * 7 + x) * 64 + k] = sum;
            }
}

/* batchnorm_5 (resnet_small.mnn:14): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_5_reference(int rows, const double *gamma, const double *beta,
        const double *in, double *out)
{
    const int count = rows * 49;
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

/* add_1 (resnet_small.mnn:18): out[3136] = inside + kept */
static void add_1_reference(const double *inside, const double *kept, double *out)
{
    for (int j = 0; j < 3136; j++)
        out[j] = inside[j] + kept[j];
}

/* activation_5 (resnet_small.mnn:23): out[3136] = relu(in) */
static void activation_5_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 3136; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* conv2d_6 (resnet_small.mnn:13): out[4, 4, 128] = in * kernel */
static void conv2d_6_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++)
            for (int k = 0; k < 128; k++) {
                double sum = 0.0;
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y * 2 + r - 1, column = x * 2 + s - 1;
                        if (row < 0 || row >= 7 || column < 0 || column >= 7)
                            continue;
                        const double *pixel = in + (row * 7 + column) * 64;
                        const double *weight = kernel + (r * 3 + s) * 8192 + k;
                        for (int c = 0; c < 64; c++)
                            sum += pixel[c] * weight[c * 128];
                    }
                out[(y * 4 + x) * 128 + k] = sum;
            }
}

/* batchnorm_6 (resnet_small.mnn:14): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_6_reference(int rows, const double *gamma, const double *beta,
        const double *in, double *out)
{
    const int count = rows * 16;
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

/* activation_6 (resnet_small.mnn:35): out[2048] = relu(in) */
static void activation_6_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 2048; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* conv2d_7 (resnet_small.mnn:13): out[4, 4, 128] = in * kernel */
static void conv2d_7_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++)
            for (int k = 0; k < 128; k++) {
                double sum = 0.0;
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r - 1, column = x + s - 1;
                        if (row < 0 || row >= 4 || column < 0 || column >= 4)
                            continue;
                        const double *pixel = in + (row * 4 + column) * 128;
                        const double *weight = kernel + (r * 3 + s) * 16384 + k;
                        for (int c = 0; c < 128; c++)
                            sum += pixel[c] * weight[c * 128];
                    }
                out[(y * 4 + x) * 128 + k] = sum;
            }
}

/* batchnorm_7 (resnet_small.mnn:14): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_7_reference(int rows, const double *gamma, const double *beta,
        const double *in, double *out)
{
    const int count = rows * 16;
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

/* activation_7 (resnet_small.mnn:20): out[2048] = relu(in) */
static void activation_7_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 2048; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* conv2d_8 (resnet_small.mnn:13): out[4, 4, 128] = in * kernel */
static void conv2d_8_reference(const double *kernel, const double *in, double *out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++)
            for (int k = 0; k < 128; k++) {
                double sum = 0.0;
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int row = y + r - 1, column = x + s - 1;
                        if (row < 0 || row >= 4 || column < 0 || column >= 4)
                            continue;
                        const double *pixel = in + (row * 4 + column) * 128;
                        const double *weight = kernel + (r * 3 + s) * 16384 + k;
                        for (int c = 0; c < 128; c++)
                            sum += pixel[c] * weight[c * 128];
                    }
                out[(y * 4 + x) * 128 + k] = sum;
            }
}

/* batchnorm_8 (resnet_small.mnn:14): out = (in - mean) / sqrt(variance + 0.001) * gamma + beta, of each channel over all rows */
static void batchnorm_8_reference(int rows, const double *gamma, const double *beta,
        const double *in, double *out)
{
    const int count = rows * 16;
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

/* add_2 (resnet_small.mnn:18): out[2048] = inside + kept */
static void add_2_reference(const double *inside, const double *kept, double *out)
{
    for (int j = 0; j < 2048; j++)
        out[j] = inside[j] + kept[j];
}

/* activation_8 (resnet_small.mnn:23): out[2048] = relu(in) */
static void activation_8_relu_reference(const double *in, double *out)
{
    for (int j = 0; j < 2048; j++)
        out[j] = in[j] < 0.0 ? 0.0 : in[j];
}

/* global_avgpool2d (resnet_small.mnn:37): out[128] = mean of each channel */
static void global_avgpool2d_reference(const double *in, double *out)
{
    for (int k = 0; k < 128; k++) {
        double sum = 0.0;
        for (int j = 0; j < 16; j++)
            sum += in[j * 128 + k];
        out[k] = sum / 16.0;
    }
}

/* dense (resnet_small.mnn:38): out[10] = in[128] . kernel[128, 10] + bias */
static void dense_reference(const double *kernel, const double *bias, const double *in, double *out)
{
    for (int j = 0; j < 10; j++) {
        double sum = bias[j];
        for (int i = 0; i < 128; i++)
            sum += in[i] * kernel[i * 10 + j];
        out[j] = sum;
    }
}

/* dense (resnet_small.mnn:38): out[10] = softmax(in) */
static void dense_softmax_reference(const double *in, double *out)
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

/* loss (resnet_small.mnn:42): -log(p[label]) */
static double loss_reference(const double *p, int label)
{
    return -log(p[label]);
}

/* The loss of every row of the batch, from any parameters. */
static void reference(const double *weights, const mnn_batch *batch, double *result)
{
    static double input_reference_values[MNN_REFERENCE_ROWS * 784];
    static double conv2d_reference_values[MNN_REFERENCE_ROWS * 25088];
    static double batchnorm_reference_values[MNN_REFERENCE_ROWS * 25088];
    static double activation_relu_reference_values[MNN_REFERENCE_ROWS * 25088];
    static double maxpool2d_reference_values[MNN_REFERENCE_ROWS * 6272];
    static double conv2d_1_reference_values[MNN_REFERENCE_ROWS * 6272];
    static double batchnorm_1_reference_values[MNN_REFERENCE_ROWS * 6272];
    static double activation_1_relu_reference_values[MNN_REFERENCE_ROWS * 6272];
    static double conv2d_2_reference_values[MNN_REFERENCE_ROWS * 6272];
    static double batchnorm_2_reference_values[MNN_REFERENCE_ROWS * 6272];
    static double add_reference_values[MNN_REFERENCE_ROWS * 6272];
    static double activation_2_relu_reference_values[MNN_REFERENCE_ROWS * 6272];
    static double conv2d_3_reference_values[MNN_REFERENCE_ROWS * 3136];
    static double batchnorm_3_reference_values[MNN_REFERENCE_ROWS * 3136];
    static double activation_3_relu_reference_values[MNN_REFERENCE_ROWS * 3136];
    static double conv2d_4_reference_values[MNN_REFERENCE_ROWS * 3136];
    static double batchnorm_4_reference_values[MNN_REFERENCE_ROWS * 3136];
    static double activation_4_relu_reference_values[MNN_REFERENCE_ROWS * 3136];
    static double conv2d_5_reference_values[MNN_REFERENCE_ROWS * 3136];
    static double batchnorm_5_reference_values[MNN_REFERENCE_ROWS * 3136];
    static double add_1_reference_values[MNN_REFERENCE_ROWS * 3136];
    static double activation_5_relu_reference_values[MNN_REFERENCE_ROWS * 3136];
    static double conv2d_6_reference_values[MNN_REFERENCE_ROWS * 2048];
    static double batchnorm_6_reference_values[MNN_REFERENCE_ROWS * 2048];
    static double activation_6_relu_reference_values[MNN_REFERENCE_ROWS * 2048];
    static double conv2d_7_reference_values[MNN_REFERENCE_ROWS * 2048];
    static double batchnorm_7_reference_values[MNN_REFERENCE_ROWS * 2048];
    static double activation_7_relu_reference_values[MNN_REFERENCE_ROWS * 2048];
    static double conv2d_8_reference_values[MNN_REFERENCE_ROWS * 2048];
    static double batchnorm_8_reference_values[MNN_REFERENCE_ROWS * 2048];
    static double add_2_reference_values[MNN_REFERENCE_ROWS * 2048];
    static double activation_8_relu_reference_values[MNN_REFERENCE_ROWS * 2048];
    static double global_avgpool2d_reference_values[MNN_REFERENCE_ROWS * 128];
    static double dense_reference_values[MNN_REFERENCE_ROWS * 10];
    static double dense_softmax_reference_values[MNN_REFERENCE_ROWS * 10];
    for (int row = 0; row < batch->rows; row++) {
        input_reference(batch, row, input_reference_values + row * 784);
        conv2d_reference(weights + 0, input_reference_values + row * 784,
                conv2d_reference_values + row * 25088);
    }
    batchnorm_reference(batch->rows, weights + 288, weights + 320, conv2d_reference_values,
            batchnorm_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        activation_relu_reference(batchnorm_reference_values + row * 25088,
                activation_relu_reference_values + row * 25088);
        maxpool2d_reference(activation_relu_reference_values + row * 25088,
                maxpool2d_reference_values + row * 6272);
        conv2d_1_reference(weights + 352, maxpool2d_reference_values + row * 6272,
                conv2d_1_reference_values + row * 6272);
    }
    batchnorm_1_reference(batch->rows, weights + 9568, weights + 9600, conv2d_1_reference_values,
            batchnorm_1_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        activation_1_relu_reference(batchnorm_1_reference_values + row * 6272,
                activation_1_relu_reference_values + row * 6272);
        conv2d_2_reference(weights + 9632, activation_1_relu_reference_values + row * 6272,
                conv2d_2_reference_values + row * 6272);
    }
    batchnorm_2_reference(batch->rows, weights + 18848, weights + 18880, conv2d_2_reference_values,
            batchnorm_2_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        add_reference(batchnorm_2_reference_values + row * 6272,
                maxpool2d_reference_values + row * 6272, add_reference_values + row * 6272);
        activation_2_relu_reference(add_reference_values + row * 6272,
                activation_2_relu_reference_values + row * 6272);
        conv2d_3_reference(weights + 18912, activation_2_relu_reference_values + row * 6272,
                conv2d_3_reference_values + row * 3136);
    }
    batchnorm_3_reference(batch->rows, weights + 37344, weights + 37408, conv2d_3_reference_values,
            batchnorm_3_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        activation_3_relu_reference(batchnorm_3_reference_values + row * 3136,
                activation_3_relu_reference_values + row * 3136);
        conv2d_4_reference(weights + 37472, activation_3_relu_reference_values + row * 3136,
                conv2d_4_reference_values + row * 3136);
    }
    batchnorm_4_reference(batch->rows, weights + 74336, weights + 74400, conv2d_4_reference_values,
            batchnorm_4_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        activation_4_relu_reference(batchnorm_4_reference_values + row * 3136,
                activation_4_relu_reference_values + row * 3136);
        conv2d_5_reference(weights + 74464, activation_4_relu_reference_values + row * 3136,
                conv2d_5_reference_values + row * 3136);
    }
    batchnorm_5_reference(batch->rows, weights + 111328, weights + 111392,
            conv2d_5_reference_values, batchnorm_5_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        add_1_reference(batchnorm_5_reference_values + row * 3136,
                activation_3_relu_reference_values + row * 3136,
                add_1_reference_values + row * 3136);
        activation_5_relu_reference(add_1_reference_values + row * 3136,
                activation_5_relu_reference_values + row * 3136);
        conv2d_6_reference(weights + 111456, activation_5_relu_reference_values + row * 3136,
                conv2d_6_reference_values + row * 2048);
    }
    batchnorm_6_reference(batch->rows, weights + 185184, weights + 185312,
            conv2d_6_reference_values, batchnorm_6_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        activation_6_relu_reference(batchnorm_6_reference_values + row * 2048,
                activation_6_relu_reference_values + row * 2048);
        conv2d_7_reference(weights + 185440, activation_6_relu_reference_values + row * 2048,
                conv2d_7_reference_values + row * 2048);
    }
    batchnorm_7_reference(batch->rows, weights + 332896, weights + 333024,
            conv2d_7_reference_values, batchnorm_7_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        activation_7_relu_reference(batchnorm_7_reference_values + row * 2048,
                activation_7_relu_reference_values + row * 2048);
        conv2d_8_reference(weights + 333152, activation_7_relu_reference_values + row * 2048,
                conv2d_8_reference_values + row * 2048);
    }
    batchnorm_8_reference(batch->rows, weights + 480608, weights + 480736,
            conv2d_8_reference_values, batchnorm_8_reference_values);
    for (int row = 0; row < batch->rows; row++) {
        add_2_reference(batchnorm_8_reference_values + row * 2048,
                activation_6_relu_reference_values + row * 2048,
                add_2_reference_values + row * 2048);
        activation_8_relu_reference(add_2_reference_values + row * 2048,
                activation_8_relu_reference_values + row * 2048);
        global_avgpool2d_reference(activation_8_relu_reference_values + row * 2048,
                global_avgpool2d_reference_values + row * 128);
        dense_reference(weights + 480864, weights + 482144,
                global_avgpool2d_reference_values + row * 128, dense_reference_values + row * 10);
        dense_softmax_reference(dense_reference_values + row * 10,
                dense_softmax_reference_values + row * 10);
        result[row] = loss_reference(dense_softmax_reference_values + row * 10,
                batch->labels[batch->index[row]]);
    }
}

/* ---- what the runtime needs to know ---- */

static const mnn_layer layers[] = {
    {"input", "input", 3, {28, 28, 1}, 0, 1568},
    {"conv2d", "conv2d", 3, {28, 28, 32}, 288, 451584},
    {"batchnorm", "batchnorm", 3, {28, 28, 32}, 128, 200704},
    {"activation", "activation", 3, {28, 28, 32}, 0, 6272},
    {"maxpool2d", "maxpool2d", 3, {14, 14, 32}, 0, 25088},
    {"conv2d_1", "conv2d", 3, {14, 14, 32}, 9216, 3612672},
    {"batchnorm_1", "batchnorm", 3, {14, 14, 32}, 128, 50176},
    {"activation_1", "activation", 3, {14, 14, 32}, 0, 6272},
    {"conv2d_2", "conv2d", 3, {14, 14, 32}, 9216, 3612672},
    {"batchnorm_2", "batchnorm", 3, {14, 14, 32}, 128, 50176},
    {"add", "add", 3, {14, 14, 32}, 0, 6272},
    {"activation_2", "activation", 3, {14, 14, 32}, 0, 6272},
    {"conv2d_3", "conv2d", 3, {7, 7, 64}, 18432, 1806336},
    {"batchnorm_3", "batchnorm", 3, {7, 7, 64}, 256, 25088},
    {"activation_3", "activation", 3, {7, 7, 64}, 0, 3136},
    {"conv2d_4", "conv2d", 3, {7, 7, 64}, 36864, 3612672},
    {"batchnorm_4", "batchnorm", 3, {7, 7, 64}, 256, 25088},
    {"activation_4", "activation", 3, {7, 7, 64}, 0, 3136},
    {"conv2d_5", "conv2d", 3, {7, 7, 64}, 36864, 3612672},
    {"batchnorm_5", "batchnorm", 3, {7, 7, 64}, 256, 25088},
    {"add_1", "add", 3, {7, 7, 64}, 0, 3136},
    {"activation_5", "activation", 3, {7, 7, 64}, 0, 3136},
    {"conv2d_6", "conv2d", 3, {4, 4, 128}, 73728, 2359296},
    {"batchnorm_6", "batchnorm", 3, {4, 4, 128}, 512, 16384},
    {"activation_6", "activation", 3, {4, 4, 128}, 0, 2048},
    {"conv2d_7", "conv2d", 3, {4, 4, 128}, 147456, 4718592},
    {"batchnorm_7", "batchnorm", 3, {4, 4, 128}, 512, 16384},
    {"activation_7", "activation", 3, {4, 4, 128}, 0, 2048},
    {"conv2d_8", "conv2d", 3, {4, 4, 128}, 147456, 4718592},
    {"batchnorm_8", "batchnorm", 3, {4, 4, 128}, 512, 16384},
    {"add_2", "add", 3, {4, 4, 128}, 0, 2048},
    {"activation_8", "activation", 3, {4, 4, 128}, 0, 2048},
    {"global_avgpool2d", "global_avgpool2d", 1, {128}, 0, 2048},
    {"dense", "dense", 1, {10}, 1290, 2610},
};

static const mnn_tensor tensors[] = {
    {"conv2d.kernel", 4, {3, 3, 1, 32}, 0, 288, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.5359149257159769},
    {"batchnorm.gamma", 1, {32}, 288, 32, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm.beta", 1, {32}, 320, 32, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm.moving_mean", 1, {32}, 482154, 32, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm.moving_variance", 1, {32}, 482186, 32, false, MNN_INIT_ONES, 0.0, 0.0},
    {"conv2d_1.kernel", 4, {3, 3, 32, 32}, 352, 9216, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.09473726952821303},
    {"batchnorm_1.gamma", 1, {32}, 9568, 32, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm_1.beta", 1, {32}, 9600, 32, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_1.moving_mean", 1, {32}, 482218, 32, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_1.moving_variance", 1, {32}, 482250, 32, false, MNN_INIT_ONES, 0.0, 0.0},
    {"conv2d_2.kernel", 4, {3, 3, 32, 32}, 9632, 9216, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.09473726952821303},
    {"batchnorm_2.gamma", 1, {32}, 18848, 32, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm_2.beta", 1, {32}, 18880, 32, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_2.moving_mean", 1, {32}, 482282, 32, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_2.moving_variance", 1, {32}, 482314, 32, false, MNN_INIT_ONES, 0.0, 0.0},
    {"conv2d_3.kernel", 4, {3, 3, 32, 64}, 18912, 18432, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.09473726952821303},
    {"batchnorm_3.gamma", 1, {64}, 37344, 64, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm_3.beta", 1, {64}, 37408, 64, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_3.moving_mean", 1, {64}, 482346, 64, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_3.moving_variance", 1, {64}, 482410, 64, false, MNN_INIT_ONES, 0.0, 0.0},
    {"conv2d_4.kernel", 4, {3, 3, 64, 64}, 37472, 36864, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.06698936571449711},
    {"batchnorm_4.gamma", 1, {64}, 74336, 64, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm_4.beta", 1, {64}, 74400, 64, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_4.moving_mean", 1, {64}, 482474, 64, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_4.moving_variance", 1, {64}, 482538, 64, false, MNN_INIT_ONES, 0.0, 0.0},
    {"conv2d_5.kernel", 4, {3, 3, 64, 64}, 74464, 36864, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.06698936571449711},
    {"batchnorm_5.gamma", 1, {64}, 111328, 64, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm_5.beta", 1, {64}, 111392, 64, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_5.moving_mean", 1, {64}, 482602, 64, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_5.moving_variance", 1, {64}, 482666, 64, false, MNN_INIT_ONES, 0.0, 0.0},
    {"conv2d_6.kernel", 4, {3, 3, 64, 128}, 111456, 73728, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.06698936571449711},
    {"batchnorm_6.gamma", 1, {128}, 185184, 128, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm_6.beta", 1, {128}, 185312, 128, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_6.moving_mean", 1, {128}, 482730, 128, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_6.moving_variance", 1, {128}, 482858, 128, false, MNN_INIT_ONES, 0.0, 0.0},
    {"conv2d_7.kernel", 4, {3, 3, 128, 128}, 185440, 147456, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.047368634764106514},
    {"batchnorm_7.gamma", 1, {128}, 332896, 128, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm_7.beta", 1, {128}, 333024, 128, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_7.moving_mean", 1, {128}, 482986, 128, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_7.moving_variance", 1, {128}, 483114, 128, false, MNN_INIT_ONES, 0.0, 0.0},
    {"conv2d_8.kernel", 4, {3, 3, 128, 128}, 333152, 147456, true, MNN_INIT_TRUNCATED_NORMAL, 0.0,
            0.047368634764106514},
    {"batchnorm_8.gamma", 1, {128}, 480608, 128, true, MNN_INIT_ONES, 0.0, 0.0},
    {"batchnorm_8.beta", 1, {128}, 480736, 128, true, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_8.moving_mean", 1, {128}, 483242, 128, false, MNN_INIT_ZEROS, 0.0, 0.0},
    {"batchnorm_8.moving_variance", 1, {128}, 483370, 128, false, MNN_INIT_ONES, 0.0, 0.0},
    {"dense.kernel", 2, {128, 10}, 480864, 1280, true, MNN_INIT_UNIFORM, -0.20851441405707477,
            0.20851441405707477},
    {"dense.bias", 1, {10}, 482144, 10, true, MNN_INIT_ZEROS, 0.0, 0.0},
};

static const mnn_slot slots[] = {
    {"velocity", sgd_velocity, 0.0f},
};

static const mnn_metric metrics[] = {
    {MNN_METRIC_ACCURACY, "accuracy", 0},
};

static const mnn_node nodes[] = {
    {.op = MNN_OP_INPUT, .layer = "input", .rank = 3, .dims = {28, 28, 1}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d", .input_count = 1, .inputs = {0}, .tensor_count = 1,
            .tensors = {0}, .rank = 3, .dims = {28, 28, 32}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .pad = {1, 1}, .groups = 1},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm", .input_count = 1, .inputs = {1},
            .tensor_count = 4, .tensors = {1, 2, 3, 4}, .rank = 3, .dims = {28, 28, 32},
            .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation", .input_count = 1, .inputs = {2}, .rank = 3,
            .dims = {28, 28, 32}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_MAXPOOL2D, .layer = "maxpool2d", .input_count = 1, .inputs = {3}, .rank = 3,
            .dims = {14, 14, 32}, .window = {2, 2}, .strides = {2, 2}},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_1", .input_count = 1, .inputs = {4}, .tensor_count = 1,
            .tensors = {5}, .rank = 3, .dims = {14, 14, 32}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .pad = {1, 1}, .groups = 1},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm_1", .input_count = 1, .inputs = {5},
            .tensor_count = 4, .tensors = {6, 7, 8, 9}, .rank = 3, .dims = {14, 14, 32},
            .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation_1", .input_count = 1, .inputs = {6}, .rank = 3,
            .dims = {14, 14, 32}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_2", .input_count = 1, .inputs = {7}, .tensor_count = 1,
            .tensors = {10}, .rank = 3, .dims = {14, 14, 32}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .pad = {1, 1}, .groups = 1},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm_2", .input_count = 1, .inputs = {8},
            .tensor_count = 4, .tensors = {11, 12, 13, 14}, .rank = 3, .dims = {14, 14, 32},
            .epsilon = 0.001},
    {.op = MNN_OP_ADD, .layer = "add", .input_count = 2, .inputs = {9, 4}, .rank = 3,
            .dims = {14, 14, 32}},
    {.op = MNN_OP_ACTIVATION, .layer = "activation_2", .input_count = 1, .inputs = {10}, .rank = 3,
            .dims = {14, 14, 32}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_3", .input_count = 1, .inputs = {11}, .tensor_count = 1,
            .tensors = {15}, .rank = 3, .dims = {7, 7, 64}, .window = {3, 3}, .strides = {2, 2},
            .dilation = {1, 1}, .groups = 1},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm_3", .input_count = 1, .inputs = {12},
            .tensor_count = 4, .tensors = {16, 17, 18, 19}, .rank = 3, .dims = {7, 7, 64},
            .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation_3", .input_count = 1, .inputs = {13}, .rank = 3,
            .dims = {7, 7, 64}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_4", .input_count = 1, .inputs = {14}, .tensor_count = 1,
            .tensors = {20}, .rank = 3, .dims = {7, 7, 64}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .pad = {1, 1}, .groups = 1},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm_4", .input_count = 1, .inputs = {15},
            .tensor_count = 4, .tensors = {21, 22, 23, 24}, .rank = 3, .dims = {7, 7, 64},
            .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation_4", .input_count = 1, .inputs = {16}, .rank = 3,
            .dims = {7, 7, 64}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_5", .input_count = 1, .inputs = {17}, .tensor_count = 1,
            .tensors = {25}, .rank = 3, .dims = {7, 7, 64}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .pad = {1, 1}, .groups = 1},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm_5", .input_count = 1, .inputs = {18},
            .tensor_count = 4, .tensors = {26, 27, 28, 29}, .rank = 3, .dims = {7, 7, 64},
            .epsilon = 0.001},
    {.op = MNN_OP_ADD, .layer = "add_1", .input_count = 2, .inputs = {19, 14}, .rank = 3,
            .dims = {7, 7, 64}},
    {.op = MNN_OP_ACTIVATION, .layer = "activation_5", .input_count = 1, .inputs = {20}, .rank = 3,
            .dims = {7, 7, 64}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_6", .input_count = 1, .inputs = {21}, .tensor_count = 1,
            .tensors = {30}, .rank = 3, .dims = {4, 4, 128}, .window = {3, 3}, .strides = {2, 2},
            .dilation = {1, 1}, .pad = {1, 1}, .groups = 1},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm_6", .input_count = 1, .inputs = {22},
            .tensor_count = 4, .tensors = {31, 32, 33, 34}, .rank = 3, .dims = {4, 4, 128},
            .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation_6", .input_count = 1, .inputs = {23}, .rank = 3,
            .dims = {4, 4, 128}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_7", .input_count = 1, .inputs = {24}, .tensor_count = 1,
            .tensors = {35}, .rank = 3, .dims = {4, 4, 128}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .pad = {1, 1}, .groups = 1},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm_7", .input_count = 1, .inputs = {25},
            .tensor_count = 4, .tensors = {36, 37, 38, 39}, .rank = 3, .dims = {4, 4, 128},
            .epsilon = 0.001},
    {.op = MNN_OP_ACTIVATION, .layer = "activation_7", .input_count = 1, .inputs = {26}, .rank = 3,
            .dims = {4, 4, 128}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_CONV2D, .layer = "conv2d_8", .input_count = 1, .inputs = {27}, .tensor_count = 1,
            .tensors = {40}, .rank = 3, .dims = {4, 4, 128}, .window = {3, 3}, .strides = {1, 1},
            .dilation = {1, 1}, .pad = {1, 1}, .groups = 1},
    {.op = MNN_OP_BATCHNORM, .layer = "batchnorm_8", .input_count = 1, .inputs = {28},
            .tensor_count = 4, .tensors = {41, 42, 43, 44}, .rank = 3, .dims = {4, 4, 128},
            .epsilon = 0.001},
    {.op = MNN_OP_ADD, .layer = "add_2", .input_count = 2, .inputs = {29, 24}, .rank = 3,
            .dims = {4, 4, 128}},
    {.op = MNN_OP_ACTIVATION, .layer = "activation_8", .input_count = 1, .inputs = {30}, .rank = 3,
            .dims = {4, 4, 128}, .activation = MNN_ACTIVATION_RELU},
    {.op = MNN_OP_GLOBAL_AVGPOOL2D, .layer = "global_avgpool2d", .input_count = 1, .inputs = {31},
            .rank = 1, .dims = {128}},
    {.op = MNN_OP_DENSE, .layer = "dense", .input_count = 1, .inputs = {32}, .tensor_count = 2,
            .tensors = {45, 46}, .rank = 1, .dims = {10}},
    {.op = MNN_OP_ACTIVATION, .layer = "dense", .input_count = 1, .inputs = {33}, .rank = 1,
            .dims = {10}, .activation = MNN_ACTIVATION_SOFTMAX},
};

static const mnn_model model = {
    .abi = MNN_ABI,
    .name = "resnet_small",
    .description = "48cdc3ed7fcd3337287b255a2f634a3c3c184020b753c5e28bcec5a59ed9fa3a",
    .data_name = "fashion_mnist",
    .train = {"fashion-mnist/train-images-idx3-ubyte", "fashion-mnist/train-labels-idx1-ubyte"},
    .test = {"fashion-mnist/t10k-images-idx3-ubyte", "fashion-mnist/t10k-labels-idx1-ubyte"},
    .validation = {NULL, NULL},
    .sample_rank = 3,
    .sample_dims = {28, 28, 1},
    .sample_size = 784,
    .reshapes = true,
    .scale = 0.011108642f,
    .shift = -0.8102644f,
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
    .optimizer_name = "sgd",
    .learning_rate = 0.05,
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
    .slot_count = 1,
    .slots = slots,
    .static_bytes = 55103608,
    .max_workers = MAX_WORKERS,
    .param_count = PARAM_COUNT,
    .state_count = STATE_COUNT,
    .params = params,
    .grads = grads,
    .output_size = 10,
    .output = workspace + 2801056,
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
