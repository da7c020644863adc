/* small: inference code that mnnc made from residual.mnn and trained weights. C99, without a library but for functions of math.h.
 * Train again, or change the description, and not this file.
 *
 * layer                          output                 weights  line
 * input (input)                  6 x 6 x 1                    0     6
 * conv2d (conv2d)                6 x 6 x 2                   20    10
 * batchnorm (batchnorm, relu)    6 x 6 x 2                    4    12
 * depthwise_conv2d (depthwise_conv2d, tanh) 6 x 6 x 2                   10    14
 * add (add, relu)                6 x 6 x 2                    0    11
 * avgpool2d (avgpool2d)          3 x 3 x 2                    0    17
 * avgpool2d_1 (avgpool2d)        3 x 3 x 2                    0    18
 * layernorm (layernorm)          3 x 3 x 2                    4    19
 * global_avgpool2d (global_avgpool2d) 2                            0    20
 * dense (dense, sigmoid)         1                            3    21
 *
 * 389 bytes of weights (8-bit integers), 280 bytes of working memory (the caller's), under 2 KB of stack.
 * Pictures are height x width x channels, matrices row-major.
 *
 * mnn-inference 1: residual input float32 36 output float32 1 work caller 280 arithmetic int8 weights inside */
#include <math.h>
#include <stdint.h>

enum {
    RESIDUAL_INPUTS = 36,
    RESIDUAL_OUTPUTS = 1,
    RESIDUAL_WORK_BYTES = 280, /* working memory, the caller's */
    RESIDUAL_WEIGHT_BYTES = 389 /* constants */
};

/* Working memory of a prediction; what it holds before and after does not matter. Predictions at the
 * same time need one each. */
typedef struct residual_work {
    uint8_t values[280];
} residual_work;

/* The outputs of the model "small", for one sample.
 * @param input  [6, 6, 1], row by row: floats as in the data files;
 *     input * 0.015625f - 2.0f, as the description says, is done inside
 * @param probability  [1], filled: how probable class 1 is, 0 to 1
 * @param work  memory for this call */
void residual_predict(const float input[36], float probability[1], residual_work *work);

/* ---- weights ---- */

static const int8_t conv2d_kernel[18] = {
    29, -56, 86, 55, -52, -60, -67, -73, -75, -42, -19, 33, -33, 53, -127, 127,
    -54, 102
};

static const int32_t conv2d_bias[2] = {
    45, -416
};

static const int32_t conv2d_multiplier[2] = {
    1497231333, 1445968994
};

static const int8_t conv2d_shift[2] = {
    39, 39
};

static const int8_t batchnorm_kernel[2] = {
    127, 127
};

static const int32_t batchnorm_bias[2] = {
    578, -595
};

static const int32_t batchnorm_multiplier[2] = {
    1104301383, 1677117944
};

static const int8_t batchnorm_shift[2] = {
    36, 37
};

static const int8_t depthwise_conv2d_kernel[8] = {
    16, 127, -127, -33, 66, -115, 52, 48
};

static const int32_t depthwise_conv2d_bias[2] = {
    -145, -523
};

static const int32_t depthwise_conv2d_multiplier[2] = {
    1273984611, 1548551908
};

static const int8_t depthwise_conv2d_shift[2] = {
    38, 39
};

static const uint8_t depthwise_conv2d_table[256] = {
    0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2,
    2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4,
    4, 5, 5, 5, 5, 6, 6, 6, 7, 7, 7, 7, 8, 8, 8, 9,
    9, 10, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15, 16, 17,
    17, 18, 19, 19, 20, 21, 22, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    31, 32, 33, 34, 35, 36, 37, 39, 40, 41, 43, 44, 45, 47, 48, 50,
    51, 53, 54, 56, 58, 59, 61, 63, 65, 67, 68, 70, 72, 74, 76, 78,
    80, 82, 84, 87, 89, 91, 93, 95, 98, 100, 102, 104, 107, 109, 111, 114,
    116, 118, 121, 123, 126, 128, 130, 133, 135, 138, 140, 142, 145, 147, 149, 152,
    154, 156, 158, 161, 163, 165, 167, 169, 172, 174, 176, 178, 180, 182, 184, 186,
    188, 189, 191, 193, 195, 197, 198, 200, 202, 203, 205, 206, 208, 209, 211, 212,
    213, 215, 216, 217, 219, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230,
    231, 232, 233, 234, 234, 235, 236, 237, 237, 238, 239, 239, 240, 241, 241, 242,
    242, 243, 243, 244, 244, 245, 245, 246, 246, 246, 247, 247, 248, 248, 248, 249,
    249, 249, 249, 250, 250, 250, 251, 251, 251, 251, 252, 252, 252, 252, 252, 253,
    253, 253, 253, 253, 253, 254, 254, 254, 254, 254, 254, 254, 254, 255, 255, 255
};

static const int32_t avgpool2d_1_multiplier[4] = {
    1927652569, 1927652569, 1285101713, 1927652569
};

static const int8_t avgpool2d_1_shift[4] = {
    30, 31, 31, 32
};

static const int8_t layernorm_kernel[2] = {
    127, 127
};

static const int32_t layernorm_bias[2] = {
    -45742, 45724
};

static const int32_t layernorm_multiplier[2] = {
    1985310737, 1984928908
};

static const int8_t layernorm_shift[2] = {
    43, 43
};

static const int8_t dense_kernel[2] = {
    -127, 127
};

static const int32_t dense_bias[1] = {
    499
};

static const int32_t dense_multiplier[1] = {
    2142608206
};

static const int8_t dense_shift[1] = {
    26
};

/* ---- layers ---- */

/* round(sum * multiplier / 2^shift), halves away from 0 */
static int64_t scaled(int32_t sum, int32_t multiplier, int shift)
{
    const int64_t product = (sum < 0 ? -(int64_t)sum : (int64_t)sum) * multiplier;
    const int64_t rounded = (product + ((int64_t)1 << (shift - 1))) >> shift;
    return sum < 0 ? -rounded : rounded;
}

/* the same as a value, whose 0 is zero */
static uint8_t as_value(int32_t sum, int32_t multiplier, int shift, int zero)
{
    const int64_t value = scaled(sum, multiplier, shift) + zero;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* the same as a result of the last layer */
static int32_t as_score(int32_t sum, int32_t multiplier, int shift)
{
    const int64_t score = scaled(sum, multiplier, shift);
    return (int32_t)(score < INT32_MIN ? INT32_MIN : score > INT32_MAX ? INT32_MAX : score);
}

/* the largest number whose square is not above square */
static uint32_t root_of(uint64_t square)
{
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 31; bit > 0; bit >>= 1)
        if ((root | bit) * (root | bit) <= square)
            root |= bit;
    return (uint32_t)root;
}

/* input (residual.mnn:6): what the network sees: out[6, 6, 1] = in as a byte, 0.015625f times (byte - 128) */
static void input_forward(const float *restrict in, uint8_t *restrict out)
{
    for (int j = 0; j < 36; j++) {
        const float byte = in[j] * 1.0f + 0.5f;
        out[j] = (uint8_t)(byte > 0.0f ? byte < 255.0f ? byte : 255.0f : 0.0f);
    }
}

/* conv2d (residual.mnn:10): out[6, 6, 2] = in[6, 6, 1] * kernel[3, 3, 1, 2] + bias */
static void conv2d_forward(const uint8_t *restrict in, uint8_t *restrict out)
{
    for (int y = 0; y < 6; y++)
        for (int x = 0; x < 6; x++) {
            int32_t sum[2];
            for (int k = 0; k < 2; k++)
                sum[k] = conv2d_bias[k];
            for (int r = 0; r < 3; r++)
                for (int s = 0; s < 3; s++) {
                    const int line = y + r - 1;
                    const int across = x + s - 1;
                    if (line < 0 || line >= 6 || across < 0 || across >= 6)
                        continue;
                    const uint8_t *pixel = in + (line * 6 + across) * 1;
                    const int8_t *weight = conv2d_kernel + (r * 3 + s) * 2;
                    for (int c = 0; c < 1; c++) {
                        const int value = pixel[c] - 128;
                        for (int k = 0; k < 2; k++)
                            sum[k] += value * weight[c * 2 + k];
                    }
                }
            uint8_t *result = out + (y * 6 + x) * 2;
            for (int j = 0; j < 2; j++) {
                const int k = j;
                result[k] = as_value(sum[j], conv2d_multiplier[k], conv2d_shift[k], 135);
            }
        }
}

/* batchnorm (residual.mnn:12): out[6, 6, 2] = relu(in * kernel + bias), of each channel */
static void batchnorm_forward(const uint8_t *restrict in, uint8_t *restrict out)
{
    for (int j = 0; j < 36; j++)
        for (int k = 0; k < 2; k++) {
            const int value = in[j * 2 + k] - 135;
            const int32_t sum = value * batchnorm_kernel[k] + batchnorm_bias[k];
            out[j * 2 + k] = as_value(sum, batchnorm_multiplier[k], batchnorm_shift[k], 0);
        }
}

/* depthwise_conv2d (residual.mnn:14): out[6, 6, 2] = tanh(in[6, 6, 2] * kernel[2, 2, 2, 1] + bias), each channel for itself */
static void depthwise_conv2d_forward(const uint8_t *restrict in, uint8_t *restrict out)
{
    for (int y = 0; y < 6; y++)
        for (int x = 0; x < 6; x++) {
            int32_t sum[2];
            for (int k = 0; k < 2; k++)
                sum[k] = depthwise_conv2d_bias[k];
            for (int r = 0; r < 2; r++)
                for (int s = 0; s < 2; s++) {
                    const int line = y + r;
                    const int across = x + s;
                    if (line < 0 || line >= 6 || across < 0 || across >= 6)
                        continue;
                    const uint8_t *pixel = in + (line * 6 + across) * 2;
                    const int8_t *weight = depthwise_conv2d_kernel + (r * 2 + s) * 2;
                    for (int k = 0; k < 2; k++)
                        sum[k] += pixel[k] * weight[k];
                }
            uint8_t *result = out + (y * 6 + x) * 2;
            for (int j = 0; j < 2; j++) {
                const int k = j;
                result[k] = depthwise_conv2d_table[as_value(sum[j], depthwise_conv2d_multiplier[k],
                        depthwise_conv2d_shift[k], 133)];
            }
        }
}

/* add (residual.mnn:11): out[6, 6, 2] = relu(the layers' result + the residual's input) */
static void add_forward(const uint8_t *a, const uint8_t *b, uint8_t *restrict out)
{
    for (int j = 0; j < 72; j++) {
        const int32_t sum = (a[j] - 128) * 167908 + (b[j] - 135) * 524288;
        out[j] = as_value(sum, 1940687066, 49, 0);
    }
}

/* avgpool2d (residual.mnn:17): out[3, 3, 2] = mean of each window of in[6, 6, 2], of what lies inside */
static void avgpool2d_forward(const uint8_t *restrict in, uint8_t *restrict out)
{
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 3; x++) {
            const int r0 = y * 2, r1 = r0 + 2, c0 = x * 2, c1 = c0 + 2;
            uint8_t *result = out + (y * 3 + x) * 2;
            for (int k = 0; k < 2; k++) {
                int32_t sum = 0;
                for (int r = r0; r < r1; r++)
                    for (int c = c0; c < c1; c++)
                        sum += in[(r * 6 + c) * 2 + k];
                result[k] = as_value(sum, 1708145286, 32, 0);
            }
        }
}

/* avgpool2d_1 (residual.mnn:18): out[3, 3, 2] = mean of each window of in[3, 3, 2], of what lies inside */
static void avgpool2d_1_forward(const uint8_t *restrict in, uint8_t *restrict out)
{
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 3; x++) {
            const int top = y, left = x;
            const int r0 = top < 0 ? 0 : top, r1 = top + 2 > 3 ? 3 : top + 2;
            const int c0 = left < 0 ? 0 : left, c1 = left + 2 > 3 ? 3 : left + 2;
            uint8_t *result = out + (y * 3 + x) * 2;
            const int size = (r1 - r0) * (c1 - c0);
            for (int k = 0; k < 2; k++) {
                int32_t sum = 0;
                for (int r = r0; r < r1; r++)
                    for (int c = c0; c < c1; c++)
                        sum += in[(r * 3 + c) * 2 + k];
                result[k] = as_value(sum, avgpool2d_1_multiplier[size - 1],
                        avgpool2d_1_shift[size - 1], 0);
            }
        }
}

/* layernorm (residual.mnn:19): out[9, 2] = (in - mean) / sqrt(variance + epsilon) * kernel + bias, along each row
 * the quotient is multiplied by 2^12, the root by 2 * 2^8 */
static void layernorm_forward(const uint8_t *restrict in, uint8_t *restrict out)
{
    for (int j = 0; j < 9; j++, in += 2) {
        int32_t total = 0;
        int64_t squares = 0;
        for (int k = 0; k < 2; k++) {
            total += in[k];
            squares += in[k] * in[k];
        }
        const uint64_t variance = (uint64_t)(squares * 2 - (int64_t)total * total);
        const int64_t deviation = root_of((variance << 16) + 12044145);
        for (int k = 0; k < 2; k++) {
            const int64_t from_mean = ((int64_t)in[k] * 2 - total) * 1048576;
            const int64_t half = from_mean < 0 ? -deviation / 2 : deviation / 2;
            const int32_t value = (int32_t)((from_mean + half) / deviation);
            const int32_t sum = value * layernorm_kernel[k] + layernorm_bias[k];
            out[j * 2 + k] = as_value(sum, layernorm_multiplier[k], layernorm_shift[k], 128);
        }
    }
}

/* global_avgpool2d (residual.mnn:20): out[2] = mean of each channel of in[3, 3, 2] */
static void global_avgpool2d_forward(const uint8_t *restrict in, uint8_t *restrict out)
{
    const int r0 = 0, r1 = 3, c0 = 0, c1 = 3;
    uint8_t *result = out;
    for (int k = 0; k < 2; k++) {
        int32_t sum = 0;
        for (int r = r0; r < r1; r++)
            for (int c = c0; c < c1; c++)
                sum += in[(r * 3 + c) * 2 + k] - 128;
        result[k] = as_value(sum, 1950600309, 34, 128);
    }
}

/* dense (residual.mnn:21): out[1] = sigmoid(in[2] . kernel[2, 1] + bias) */
static void dense_forward(const uint8_t *restrict in, float *restrict out)
{
    int32_t sum[1];
    for (int k = 0; k < 1; k++)
        sum[k] = dense_bias[k];
    for (int j = 0; j < 2; j++) {
        const int value = in[j] - 128;
        const int8_t *weight = dense_kernel + j * 1;
        if (value == 0)
            continue;
        for (int k = 0; k < 1; k++)
            sum[k] += value * weight[k];
    }
    for (int j = 0; j < 1; j++) {
        const int k = j;
        const float z = (float)as_score(sum[j], dense_multiplier[k],
                dense_shift[k]) * 8.331827e-06f;
        out[k] = 1.0f / (1.0f + expf(-z));
    }
}

/* ---- the whole ---- */

void residual_predict(const float input[36], float probability[1], residual_work *work)
{
    input_forward(input, work->values);
    conv2d_forward(work->values, work->values + 48);
    batchnorm_forward(work->values + 48, work->values + 128);
    depthwise_conv2d_forward(work->values + 128, work->values + 208);
    add_forward(work->values + 208, work->values + 48, work->values + 128);
    avgpool2d_forward(work->values + 128, work->values);
    avgpool2d_1_forward(work->values, work->values + 32);
    layernorm_forward(work->values + 32, work->values);
    global_avgpool2d_forward(work->values, work->values + 32);
    dense_forward(work->values + 32, probability);
}
