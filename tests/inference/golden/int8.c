/* small: inference code that mnnc made from int8.mnn and trained weights. C99, without a library but for functions of math.h.
 * Train again, or change the description, and not this file.
 *
 * layer                          output                 weights  line
 * conv2d (conv2d, maxpool2d, relu) 4 x 4 x 4                   40    10
 * conv2d_1 (conv2d)              4 x 4 x 4                   36    12
 * maxpool2d_1 (maxpool2d)        4 x 4 x 4                    0    13
 * dense (dense, softmax)         3                          195    16
 *
 * 359 bytes of weights (8-bit integers), 128 bytes of working memory (static), under 2 KB of stack.
 * Pictures are height x width x channels, matrices row-major.
 *
 * mnn-inference 1: int8 input uint8 64 output float32 3 work static 128 arithmetic int8 weights inside */
#include <math.h>
#include <stdint.h>

#include "int8.h"

/* ---- weights ---- */

static const int8_t conv2d_kernel[36] = {
    -11, -104, 12, 61, -127, -87, -54, -91, -116, -118, -95, 6, -11, -56, -122, 15,
    -40, -18, -80, -126, -37, -127, -127, -127, -96, -54, -85, -121, -54, 1, -43, -47,
    -28, 3, -114, 13
};

static const int32_t conv2d_bias[4] = {
    -537, 2369, 1467, 3030
};

static const int32_t conv2d_multiplier[4] = {
    1275464303, 1128195860, 1330667542, 1704920589
};

static const int8_t conv2d_shift[4] = {
    38, 38, 39, 39
};

static const int8_t conv2d_1_kernel[32] = {
    127, -66, 90, -127, 14, -114, -49, -90, 30, -23, -51, -33, 95, -127, 30, -104,
    -68, -11, 27, -29, 86, 46, -7, 39, 27, 116, -67, 56, -47, -8, -127, 41
};

static const int32_t conv2d_1_bias[4] = {
    -1632, 1581, -77, 482
};

static const int32_t conv2d_1_multiplier[4] = {
    1208162381, 1974756188, 1799904855, 1095521644
};

static const int8_t conv2d_1_shift[4] = {
    39, 40, 40, 39
};

static const int8_t dense_kernel[192] = {
    -48, 43, 104, 96, -100, -78, -38, 84, 20, 127, -58, -115, -15, 34, -36, 48,
    -25, -16, -30, 105, -78, 11, -18, -122, 25, 3, 77, 65, -54, 19, -23, 49,
    -37, 15, 53, -120, -20, -36, 36, 77, -86, -39, -6, 20, 26, 3, 50, -78,
    37, -38, 26, 60, 67, -37, 26, -30, 24, 1, 55, -92, -36, -104, 82, -76,
    42, -121, 22, -25, -60, -58, 112, -115, -26, -106, -10, -2, 81, -34, -38, 34,
    17, -116, 60, -31, 18, -50, 43, -85, 79, -20, -5, -13, -66, -101, 8, 48,
    -35, -19, -48, -109, 100, 95, 3, -1, 74, -113, 40, 20, 8, 46, -13, -56,
    1, 73, -42, -14, 54, 28, 69, -2, 43, -30, -58, -101, 28, 102, 53, 22,
    40, -58, 81, -36, 18, 16, -13, -70, 127, 101, 38, 94, 16, 47, -39, 21,
    -17, 86, -80, -53, 16, 66, -46, 64, 12, 17, -97, 35, 28, 83, -127, 32,
    -87, 51, 21, -11, 3, 26, 26, 38, 34, 68, -125, -18, -69, 21, -42, -13,
    -56, -21, -36, -24, 27, -1, -117, -14, -20, 24, 55, -43, 1, 22, 50, 79
};

static const int32_t dense_bias[3] = {
    -353, 218, 415
};

static const int32_t dense_multiplier[3] = {
    1144207970, 1803035813, 1656912305
};

static const int8_t dense_shift[3] = {
    26, 27, 27
};

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

/* conv2d (int8.mnn:10): out[4, 4, 4] = relu(maxpool2d(in[8, 8, 1] * kernel[3, 3, 1, 4] + bias)) */
static void conv2d_forward(const uint8_t *restrict in, uint8_t *restrict out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++) {
            int32_t best[4] = {0};
            for (int p = 0; p < 4; p++) {
                const int row = y * 2 + p / 2, column = x * 2 + p % 2;
                int32_t sum[4];
                for (int k = 0; k < 4; k++)
                    sum[k] = conv2d_bias[k];
                for (int r = 0; r < 3; r++)
                    for (int s = 0; s < 3; s++) {
                        const int line = row + r - 1;
                        const int across = column + s - 1;
                        if (line < 0 || line >= 8 || across < 0 || across >= 8)
                            continue;
                        const uint8_t *pixel = in + (line * 8 + across) * 1;
                        const int8_t *weight = conv2d_kernel + (r * 3 + s) * 4;
                        for (int c = 0; c < 1; c++) {
                            const int value = pixel[c] - 128;
                            for (int k = 0; k < 4; k++)
                                sum[k] += value * weight[c * 4 + k];
                        }
                    }
                for (int k = 0; k < 4; k++)
                    best[k] = p == 0 || sum[k] > best[k] ? sum[k] : best[k];
            }
            uint8_t *result = out + (y * 4 + x) * 4;
            for (int j = 0; j < 4; j++) {
                const int k = j;
                result[k] = as_value(best[j], conv2d_multiplier[k], conv2d_shift[k], 0);
            }
        }
}

/* conv2d_1 (int8.mnn:12): out[4, 4, 4] = in[4, 4, 4] * kernel[2, 2, 2, 4] + bias */
static void conv2d_1_forward(const uint8_t *restrict in, uint8_t *restrict out)
{
    for (int first = 0; first < 4; first += 2) {
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 4; x++) {
                int32_t sum[2];
                for (int k = 0; k < 2; k++)
                    sum[k] = conv2d_1_bias[k + first];
                for (int r = 0; r < 2; r++)
                    for (int s = 0; s < 2; s++) {
                        const int line = y + r;
                        const int across = x + s;
                        if (line < 0 || line >= 4 || across < 0 || across >= 4)
                            continue;
                        const uint8_t *pixel = in + (line * 4 + across) * 4 + first / 2 * 2;
                        const int8_t *weight = conv2d_1_kernel + (r * 2 + s) * 8 + first;
                        for (int c = 0; c < 2; c++) {
                            const int value = pixel[c];
                            for (int k = 0; k < 2; k++)
                                sum[k] += value * weight[c * 4 + k];
                        }
                    }
                uint8_t *result = out + (y * 4 + x) * 4;
                for (int j = 0; j < 2; j++) {
                    const int k = first + j;
                    result[k] = as_value(sum[j], conv2d_1_multiplier[k], conv2d_1_shift[k], 115);
                }
            }
    }
}

/* maxpool2d_1 (int8.mnn:13): out[4, 4, 4] = largest of each window of in[4, 4, 4] */
static void maxpool2d_1_forward(const uint8_t *restrict in, uint8_t *restrict out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++) {
            const int top = y, left = x;
            const int r0 = top < 0 ? 0 : top, r1 = top + 2 > 4 ? 4 : top + 2;
            const int c0 = left < 0 ? 0 : left, c1 = left + 2 > 4 ? 4 : left + 2;
            uint8_t *result = out + (y * 4 + x) * 4;
            for (int k = 0; k < 4; k++) {
                uint8_t best = 0;
                for (int r = r0; r < r1; r++)
                    for (int c = c0; c < c1; c++) {
                        const uint8_t value = in[(r * 4 + c) * 4 + k];
                        best = value > best ? value : best;
                    }
                result[k] = best;
            }
        }
}

/* dense (int8.mnn:16): out[3] = softmax(in[64] . kernel[64, 3] + bias) */
static void dense_forward(const uint8_t *restrict in, float *restrict out)
{
    int32_t sum[3];
    for (int k = 0; k < 3; k++)
        sum[k] = dense_bias[k];
    for (int j = 0; j < 64; j++) {
        const int value = in[j] - 115;
        const int8_t *weight = dense_kernel + j * 3;
        if (value == 0)
            continue;
        for (int k = 0; k < 3; k++)
            sum[k] += value * weight[k];
    }
    for (int j = 0; j < 3; j++) {
        const int k = j;
        out[k] = (float)as_score(sum[j], dense_multiplier[k], dense_shift[k]) * 1.2913383e-05f;
    }
    softmax(3, out);
}

/* ---- the whole ---- */

void int8_predict(const uint8_t image[64], float probability[3])
{
    static int8_work memory;
    int8_work *const work = &memory;
    conv2d_forward(image, work->values);
    conv2d_1_forward(work->values, work->values + 64);
    maxpool2d_1_forward(work->values + 64, work->values);
    dense_forward(work->values, probability);
}
