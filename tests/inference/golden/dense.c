/* two_layers: inference code that mnnc made from dense.mnn and trained weights. C99, without a library but for functions of math.h.
 * Train again, or change the description, and not this file.
 *
 * layer                          output                 weights  line
 * input (input)                  4                            0     6
 * dense (dense, tanh)            3                           15    10
 * dense_1 (dense, relu)          3                           12    12
 * dense_2 (dense, softmax)       3                           12    13
 *
 * 156 bytes of weights, 88 bytes of working memory (static), under 2 KB of stack.
 * Pictures are height x width x channels, matrices row-major.
 *
 * mnn-inference 1: dense input uint8 4 output float32 3 work static 88 arithmetic float32 weights inside */
#include <math.h>
#include <stdint.h>

#include "dense.h"

/* ---- weights ---- */

static const float dense_kernel[12] = { /* [4, 3] */
    0.44351748f, -0.5058582f, 0.710179f, 0.22611588f, -0.9035933f, -0.38275725f, -0.13655329f, -0.84997386f,
    -0.59241635f, -0.6266123f, -0.39490545f, 0.06900145f
};

static const float dense_bias[3] = { /* [3] */
    -0.09469259f, 0.032783322f, 0.016008211f
};

static const float dense_1_kernel[9] = { /* [3, 3] */
    0.8333882f, -0.03385441f, 0.8067105f, -0.82108665f, -0.41953903f, -0.36548877f, -0.19613548f, -0.51692045f,
    -0.21349981f
};

static const float dense_1_bias[3] = { /* [3] */
    -0.047308393f, 0.005623029f, -0.03731739f
};

static const float dense_2_kernel[9] = { /* [3, 3] */
    0.10030492f, 0.12049319f, 0.8011416f, 0.16981927f, -0.11717282f, -0.35860595f, 0.3025469f, 0.024106331f,
    0.5983423f
};

static const float dense_2_bias[3] = { /* [3] */
    0.0033415519f, 0.051513027f, -0.054854598f
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

/* input (dense.mnn:6): what the network sees: out[4] = in * 0.003921569f */
static void input_forward(const uint8_t *restrict in, float *restrict out)
{
    for (int j = 0; j < 4; j++)
        out[j] = (float)in[j] * 0.003921569f;
}

/* dense (dense.mnn:10): out[3] = tanh(in[4] . kernel[4, 3] + bias)
 * what comes in is often 0: place[] lists the inputs that are not */
static void dense_forward(const float *restrict in, uint16_t *restrict place, float *restrict out)
{
    int count = 0;
    for (int j = 0; j < 4; j++) {
        place[count] = (uint16_t)j;
        count += in[j] != 0.0f;
    }
    place[count] = 4;
    float sum[3];
    for (int k = 0; k < 3; k++)
        sum[k] = dense_bias[k];
    for (const uint16_t *j = place; *j < 4; j++) {
        const float x = in[*j];
        const float *weight = dense_kernel + *j * 3;
        for (int k = 0; k < 3; k++)
            sum[k] += x * weight[k];
    }
    for (int k = 0; k < 3; k++) {
        const float z = sum[k];
        out[k] = tanhf(z);
    }
}

/* dense_1 (dense.mnn:12): out[3] = relu(in[3] . kernel[3, 3] + bias) */
static void dense_1_forward(const float *restrict in, float *restrict out)
{
    float sum[3];
    for (int k = 0; k < 3; k++)
        sum[k] = dense_1_bias[k];
    for (int j = 0; j < 3; j++) {
        const float x = in[j];
        const float *weight = dense_1_kernel + j * 3;
        for (int k = 0; k < 3; k++)
            sum[k] += x * weight[k];
    }
    for (int k = 0; k < 3; k++) {
        const float z = sum[k];
        out[k] = z < 0.0f ? 0.0f : z;
    }
}

/* dense_2 (dense.mnn:13): out[3] = softmax(in[3] . kernel[3, 3] + bias)
 * what comes in is often 0: place[] lists the inputs that are not */
static void dense_2_forward(const float *restrict in, uint16_t *restrict place, float *restrict out)
{
    int count = 0;
    for (int j = 0; j < 3; j++) {
        place[count] = (uint16_t)j;
        count += in[j] != 0.0f;
    }
    place[count] = 3;
    float sum[3];
    for (int k = 0; k < 3; k++)
        sum[k] = dense_2_bias[k];
    for (const uint16_t *j = place; *j < 3; j++) {
        const float x = in[*j];
        const float *weight = dense_2_kernel + *j * 3;
        for (int k = 0; k < 3; k++)
            sum[k] += x * weight[k];
    }
    for (int k = 0; k < 3; k++)
        out[k] = sum[k];
    softmax(3, out);
}

/* ---- the whole ---- */

void dense_predict(const uint8_t image[4], float probability[3])
{
    static dense_work memory;
    dense_work *const work = &memory;
    input_forward(image, work->values);
    dense_forward(work->values, work->places, work->values + 16);
    dense_1_forward(work->values + 16, work->values);
    dense_2_forward(work->values, work->places, probability);
}
