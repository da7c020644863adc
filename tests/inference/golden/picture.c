/* picture: inference code that mnnc made from picture.mnn and trained weights. C99, without a library but for functions of math.h.
 * Train again, or change the description, and not this file.
 *
 * layer                          output                 weights  line
 * input (input)                  8 x 8 x 2                    0     6
 * conv2d (conv2d, batchnorm, maxpool2d, relu) 4 x 4 x 4                   76    10
 * depthwise_conv2d (depthwise_conv2d, gelu) 4 x 4 x 4                   40    15
 * layernorm (layernorm)          4 x 4 x 4                    8    16
 * conv2d_1 (conv2d)              4 x 4 x 4                   12    17
 * add (add, leaky_relu)          4 x 4 x 4                    0    14
 * batchnorm_1 (batchnorm)        4 x 4 x 4                    8    20
 * conv2d_2 (conv2d, elu)         2 x 2 x 2                   34    21
 * avgpool2d (avgpool2d)          2 x 2 x 2                    0    22
 * maxpool2d_1 (maxpool2d)        2 x 2 x 2                    0    23
 * global_avgpool2d (global_avgpool2d) 2                            0    24
 * dense (dense, softmax)         3                            9    25
 *
 * 748 bytes of weights, 768 bytes of working memory (the caller's), under 2 KB of stack.
 * Pictures are height x width x channels, matrices row-major.
 *
 * mnn-inference 1: picture input uint8 128 output float32 3 work caller 768 arithmetic float32 weights file picture.bin */
#include <math.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PICTURE_INPUTS = 128,
    PICTURE_OUTPUTS = 3,
    PICTURE_WORK_BYTES = 768, /* working memory, the caller's */
    PICTURE_WEIGHT_BYTES = 748 /* constants, in the file that is loaded */
};

/* Working memory of a prediction; what it holds before and after does not matter. Predictions at the
 * same time need one each. */
typedef struct picture_work {
    float values[192];
} picture_work;

/* Take the weights, which stay where they are and must stay there.
 * @param data  the whole file "picture.bin", at an address that 4 divides:
 *     byte 0 "MNNW", 4 the version 1 (uint32), 8 what model (uint64), 16 FNV-1a of the weights (uint64),
 *     24 bytes of the weights (uint64), all little-endian, then float32:
 *            32 conv2d_kernel [3, 3, 2, 4]
 *           320 conv2d_bias [4]
 *           336 depthwise_conv2d_kernel [3, 3, 4, 1]
 *           480 depthwise_conv2d_bias [4]
 *           496 layernorm_gamma [4]
 *           512 layernorm_beta [4]
 *           528 conv2d_1_kernel [1, 1, 2, 4]
 *           560 conv2d_1_bias [4]
 *           576 batchnorm_1_scale [4]
 *           592 batchnorm_1_shift [4]
 *           608 conv2d_2_kernel [2, 2, 4, 2]
 *           736 conv2d_2_bias [2]
 *           744 dense_kernel [2, 3]
 *           768 dense_bias [3]
 * @return 0; 1: the address; 2: the size; 3: no such file, or one of another byte order; 4: of another
 * model or written by another mnnc; 5: the check sum. After all but 0 nothing is changed. */
int picture_load(const void *data, size_t size);

/* The outputs of the model "picture", for one sample.
 * @param image  [8, 8, 2], row by row: bytes as in the data files, 0 to 255;
 *     image * 0.015625f - 2.0f, as the description says, is done inside
 * @param probability  [3], filled: of each class, 0 to 1
 * @param work  memory for this call
 * Only after picture_load() has returned 0. */
void picture_predict(const uint8_t image[128], float probability[3], picture_work *work);

/* ---- weights ---- */

static const float *conv2d_kernel; /* [3, 3, 2, 4] */
static const float *conv2d_bias; /* [4] */
static const float *depthwise_conv2d_kernel; /* [3, 3, 4, 1] */
static const float *depthwise_conv2d_bias; /* [4] */
static const float *layernorm_gamma; /* [4] */
static const float *layernorm_beta; /* [4] */
static const float *conv2d_1_kernel; /* [1, 1, 2, 4] */
static const float *conv2d_1_bias; /* [4] */
static const float *batchnorm_1_scale; /* [4] */
static const float *batchnorm_1_shift; /* [4] */
static const float *conv2d_2_kernel; /* [2, 2, 4, 2] */
static const float *conv2d_2_bias; /* [2] */
static const float *dense_kernel; /* [2, 3] */
static const float *dense_bias; /* [3] */

/* A little-endian number of so many bytes. */
static uint64_t read_number(const unsigned char *from, int bytes)
{
    uint64_t number = 0;
    for (int j = bytes - 1; j >= 0; j--)
        number = number << 8 | from[j];
    return number;
}

int picture_load(const void *data, size_t size)
{
    const unsigned char *file = data;
    const float *weights = (const float *)((const char *)data + 32);
    const uint32_t one = 1;
    uint64_t sum = 0xcbf29ce484222325ull;
    if (((uintptr_t)data & 3) != 0)
        return 1;
    if (size != 780)
        return 2;
    if (file[0] != 'M' || file[1] != 'N' || file[2] != 'N' || file[3] != 'W' || *(const unsigned char *)&one != 1)
        return 3;
    if (read_number(file + 4, 4) != 1 || read_number(file + 8,
            8) != 0x906cfe04863c5261ull || read_number(file + 24, 8) != 748)
        return 4;
    for (size_t j = 32; j < size; j++)
        sum = (sum ^ file[j]) * 0x00000100000001b3ull;
    if (read_number(file + 16, 8) != sum)
        return 5;
    conv2d_kernel = weights + 0;
    conv2d_bias = weights + 72;
    depthwise_conv2d_kernel = weights + 76;
    depthwise_conv2d_bias = weights + 112;
    layernorm_gamma = weights + 116;
    layernorm_beta = weights + 120;
    conv2d_1_kernel = weights + 124;
    conv2d_1_bias = weights + 132;
    batchnorm_1_scale = weights + 136;
    batchnorm_1_shift = weights + 140;
    conv2d_2_kernel = weights + 144;
    conv2d_2_bias = weights + 176;
    dense_kernel = weights + 178;
    dense_bias = weights + 184;
    return 0;
}

/* ---- layers ---- */

/* z[j] = exp(z[j] - largest) / sum of all exp(z[k] - largest) */
static void softmax(int n, float *z)
{
    float largest = z[0], sum = 0.0f;
    for (int j = 1; j < n; j++)
        largest = z[j] > largest ? z[j] : largest;
    for (int j = 0; j < n; j++) {
        z[j] = expf(z[j] - largest);
        sum += z[j];
    }
    for (int j = 0; j < n; j++)
        z[j] /= sum;
}

/* input (picture.mnn:6): what the network sees: out[8, 8, 2] = in * 0.015625f - 2.0f */
static void input_forward(const uint8_t *restrict in, float *restrict out)
{
    for (int j = 0; j < 128; j++)
        out[j] = (float)in[j] * 0.015625f - 2.0f;
}

/* conv2d (picture.mnn:10): out[4, 4, 4] = relu(maxpool2d(in[8, 8, 2] * kernel[3, 3, 2, 4] + bias))
 * batchnorm is in kernel and bias */
static void conv2d_forward(const float *restrict in, float *restrict out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++) {
            float best[4] = {0};
            for (int p = 0; p < 4; p++) {
                const int row = y * 2 + p / 2, column = x * 2 + p % 2;
                float sum[4];
                for (int k = 0; k < 4; k++)
                    sum[k] = conv2d_bias[k];
                const int left = column - 1;
                const int from = left < 0 ? (-left) * 2 : 0;
                const int to = left > 5 ? (8 - left) * 2 : 6;
                for (int r = 0; r < 3; r++) {
                    const int line = row + r - 1;
                    if (line < 0 || line >= 8)
                        continue;
                    const int at = (line * 8 + left) * 2;
                    const float *weight = conv2d_kernel + r * 24;
                    for (int j = from; j < to; j++)
                        for (int k = 0; k < 4; k++)
                            sum[k] += in[at + j] * weight[j * 4 + k];
                }
                for (int k = 0; k < 4; k++)
                    best[k] = p == 0 || sum[k] > best[k] ? sum[k] : best[k];
            }
            for (int k = 0; k < 4; k++) {
                const float z = best[k];
                out[(y * 4 + x) * 4 + k] = z < 0.0f ? 0.0f : z;
            }
        }
}

/* depthwise_conv2d (picture.mnn:15): out[4, 4, 4] = gelu(in[4, 4, 4] * kernel[3, 3, 4, 1] + bias), each channel for itself */
static void depthwise_conv2d_forward(const float *restrict in, float *restrict out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++) {
            float *sum = out + (y * 4 + x) * 4;
            for (int k = 0; k < 4; k++)
                sum[k] = depthwise_conv2d_bias[k];
            for (int r = 0; r < 3; r++)
                for (int s = 0; s < 3; s++) {
                    const int line = y + r - 1;
                    const int across = x + s - 1;
                    if (line < 0 || line >= 4 || across < 0 || across >= 4)
                        continue;
                    const float *pixel = in + (line * 4 + across) * 4;
                    const float *weight = depthwise_conv2d_kernel + (r * 3 + s) * 4;
                    for (int c = 0; c < 4; c++)
                        sum[c] += pixel[c] * weight[c];
                }
            for (int k = 0; k < 4; k++) {
                const float z = sum[k];
                sum[k] = 0.5f * z * (1.0f + erff(0.70710678f * z));
            }
        }
}

/* layernorm (picture.mnn:16): out[16, 4] = (in - mean) / sqrt(variance + 0.001f) * gamma + beta, along each row */
static void layernorm_forward(const float *restrict in, float *restrict out)
{
    for (int j = 0; j < 16; j++, in += 4) {
        float mean = 0.0f, variance = 0.0f;
        for (int k = 0; k < 4; k++)
            mean += in[k];
        mean /= 4.0f;
        for (int k = 0; k < 4; k++)
            variance += (in[k] - mean) * (in[k] - mean);
        variance /= 4.0f;
        const float inverse = 1.0f / sqrtf(variance + 0.001f);
        for (int k = 0; k < 4; k++)
            out[j * 4 + k] = (in[k] - mean) * inverse * layernorm_gamma[k] + layernorm_beta[k];
    }
}

/* conv2d_1 (picture.mnn:17): out[4, 4, 4] = in[4, 4, 4] * kernel[1, 1, 2, 4] + bias, in 2 groups */
static void conv2d_1_forward(const float *restrict in, float *restrict out)
{
    for (int g = 0; g < 2; g++) {
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 4; x++) {
                float sum[2];
                for (int k = 0; k < 2; k++)
                    sum[k] = conv2d_1_bias[g * 2 + k];
                for (int r = 0; r < 1; r++)
                    for (int s = 0; s < 1; s++) {
                        const int line = y + r;
                        const int across = x + s;
                        const float *pixel = in + (line * 4 + across) * 4 + g * 2;
                        const float *weight = conv2d_1_kernel + (r * 1 + s) * 8 + g * 2;
                        for (int c = 0; c < 2; c++)
                            for (int k = 0; k < 2; k++)
                                sum[k] += pixel[c] * weight[c * 4 + k];
                    }
                for (int k = 0; k < 2; k++)
                    out[(y * 4 + x) * 4 + g * 2 + k] = sum[k];
            }
    }
}

/* add (picture.mnn:14): out[4, 4, 4] = leaky_relu(the layers' result + the residual's input) */
static void add_forward(const float *a, const float *b, float *restrict out)
{
    for (int j = 0; j < 64; j++) {
        const float z = a[j] + b[j];
        out[j] = z < 0.0f ? 0.2f * z : z;
    }
}

/* batchnorm_1 (picture.mnn:20): out[4, 4, 4] = in * scale + shift, of each channel */
static void batchnorm_1_forward(const float *restrict in, float *restrict out)
{
    for (int j = 0; j < 16; j++)
        for (int k = 0; k < 4; k++)
            out[j * 4 + k] = in[j * 4 + k] * batchnorm_1_scale[k] + batchnorm_1_shift[k];
}

/* conv2d_2 (picture.mnn:21): out[2, 2, 2] = elu(in[4, 4, 4] * kernel[2, 2, 4, 2] + bias) */
static void conv2d_2_forward(const float *restrict in, float *restrict out)
{
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 2; x++) {
            float sum[2];
            for (int k = 0; k < 2; k++)
                sum[k] = conv2d_2_bias[k];
            for (int r = 0; r < 2; r++)
                for (int s = 0; s < 2; s++) {
                    const int line = y + r * 2;
                    const int across = x + s * 2;
                    const float *pixel = in + (line * 4 + across) * 4;
                    const float *weight = conv2d_2_kernel + (r * 2 + s) * 8;
                    for (int c = 0; c < 4; c++)
                        for (int k = 0; k < 2; k++)
                            sum[k] += pixel[c] * weight[c * 2 + k];
                }
            for (int k = 0; k < 2; k++) {
                const float z = sum[k];
                out[(y * 2 + x) * 2 + k] = z < 0.0f ? 1.0f * expm1f(z) : z;
            }
        }
}

/* avgpool2d (picture.mnn:22): out[2, 2, 2] = mean of each window of in[2, 2, 2], of what lies inside */
static void avgpool2d_forward(const float *restrict in, float *restrict out)
{
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 2; x++) {
            const int top = y, left = x;
            const int r0 = top < 0 ? 0 : top, r1 = top + 2 > 2 ? 2 : top + 2;
            const int c0 = left < 0 ? 0 : left, c1 = left + 2 > 2 ? 2 : left + 2;
            float *result = out + (y * 2 + x) * 2;
            for (int k = 0; k < 2; k++) {
                float sum = 0.0f;
                for (int r = r0; r < r1; r++)
                    for (int c = c0; c < c1; c++)
                        sum += in[(r * 2 + c) * 2 + k];
                result[k] = sum / (float)((r1 - r0) * (c1 - c0));
            }
        }
}

/* maxpool2d_1 (picture.mnn:23): out[2, 2, 2] = largest of each window of in[2, 2, 2] */
static void maxpool2d_1_forward(const float *restrict in, float *restrict out)
{
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 2; x++) {
            const int top = y, left = x;
            const int r0 = top < 0 ? 0 : top, r1 = top + 2 > 2 ? 2 : top + 2;
            const int c0 = left < 0 ? 0 : left, c1 = left + 2 > 2 ? 2 : left + 2;
            float *result = out + (y * 2 + x) * 2;
            for (int k = 0; k < 2; k++)
                result[k] = in[(r0 * 2 + c0) * 2 + k];
            for (int r = r0; r < r1; r++)
                for (int c = c0; c < c1; c++) {
                    const float *pixel = in + (r * 2 + c) * 2;
                    for (int k = 0; k < 2; k++)
                        result[k] = pixel[k] > result[k] ? pixel[k] : result[k];
                }
        }
}

/* global_avgpool2d (picture.mnn:24): out[2] = mean of each channel of in[2, 2, 2] */
static void global_avgpool2d_forward(const float *restrict in, float *restrict out)
{
    const int r0 = 0, r1 = 2, c0 = 0, c1 = 2;
    float *result = out;
    for (int k = 0; k < 2; k++) {
        float sum = 0.0f;
        for (int r = r0; r < r1; r++)
            for (int c = c0; c < c1; c++)
                sum += in[(r * 2 + c) * 2 + k];
        result[k] = sum / 4.0f;
    }
}

/* dense (picture.mnn:25): out[3] = softmax(in[2] . kernel[2, 3] + bias) */
static void dense_forward(const float *restrict in, float *restrict out)
{
    float sum[3];
    for (int k = 0; k < 3; k++)
        sum[k] = dense_bias[k];
    for (int j = 0; j < 2; j++) {
        const float x = in[j];
        const float *weight = dense_kernel + j * 3;
        for (int k = 0; k < 3; k++)
            sum[k] += x * weight[k];
    }
    for (int k = 0; k < 3; k++)
        out[k] = sum[k];
    softmax(3, out);
}

/* ---- the whole ---- */

void picture_predict(const uint8_t image[128], float probability[3], picture_work *work)
{
    input_forward(image, work->values);
    conv2d_forward(work->values, work->values + 128);
    depthwise_conv2d_forward(work->values + 128, work->values);
    layernorm_forward(work->values, work->values + 64);
    conv2d_1_forward(work->values + 64, work->values);
    add_forward(work->values, work->values + 128, work->values + 64);
    batchnorm_1_forward(work->values + 64, work->values);
    conv2d_2_forward(work->values, work->values + 64);
    avgpool2d_forward(work->values + 64, work->values);
    maxpool2d_1_forward(work->values, work->values + 16);
    global_avgpool2d_forward(work->values + 16, work->values);
    dense_forward(work->values, probability);
}
