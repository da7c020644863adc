/* views: inference code that mnnc made from views.mnn and trained weights. C99, without a library but for functions of math.h.
 * Train again, or change the description, and not this file.
 *
 * layer                          output                 weights  line
 * conv2d (conv2d)                4 x 4 x 4                    8     9
 * maxpool2d (maxpool2d)          4 x 4 x 1                    0    11
 * dense (dense)                  8                          136    13
 * batchnorm (batchnorm, softmax) 2 x 4                        8    15
 * dense_1 (dense)                1                            9    18
 *
 * 644 bytes of weights, 320 bytes of working memory (static), under 2 KB of stack.
 * Pictures are height x width x channels, matrices row-major.
 *
 * mnn-inference 1: views input float32 16 output class 1 work static 320 arithmetic float32 weights inside */
#include <math.h>
#include <stdint.h>

enum {
    VIEWS_INPUTS = 16,
    VIEWS_OUTPUTS = 1,
    VIEWS_WORK_BYTES = 320, /* working memory, static */
    VIEWS_WEIGHT_BYTES = 644 /* constants */
};

/* Working memory of a prediction; what it holds before and after does not matter. */
typedef struct views_work {
    float values[80];
} views_work;

/* The class of the model "views", for one sample.
 * @param input  [4, 4, 1], row by row: floats as in the data files
 * @return 0 to 1
 * Not for two threads at once: the working memory is static. */
int views_predict(const float input[16]);

/* ---- weights ---- */

static const float conv2d_kernel[4] = { /* [1, 1, 1, 4] */
    0.58534867f, -0.6160337f, 0.8355159f, 0.34216192f
};

static const float conv2d_bias[4] = { /* [4] */
    -9.6933116e-05f, 0.0f, -3.330548e-05f, 0.0f
};

static const float dense_kernel[128] = { /* [16, 8] */
    0.42364448f, -0.014663912f, 0.4093357f, -0.47009453f, -0.20166393f, -0.20446582f, -0.09678911f, -0.23804408f,
    -0.10703933f, 0.04765829f, -0.26584923f, -0.05404987f, 0.2755596f, -0.29747194f, 0.033431545f, -0.29720637f,
    -0.41294456f, -0.09060696f, 0.22815819f, -0.23908383f, 0.41983402f, 0.1449353f, 0.09018803f, 0.2608063f,
    0.26492125f, 0.10869538f, -0.24749646f, 0.07881991f, -0.32453945f, -0.41893938f, -0.416834f, 0.18095341f,
    0.4804659f, -0.007866497f, 0.15278974f, -0.4918443f, 0.44331682f, 0.0767831f, -0.41079834f, -0.36239174f,
    0.055524826f, -0.35634986f, -0.10920575f, 0.33496934f, -0.049124915f, -0.11288133f, -0.12995842f, 0.38009474f,
    -0.01728821f, -0.046725333f, 0.0816705f, 0.14075196f, 0.49203128f, -0.42766705f, -0.010383491f, -0.3022587f,
    -0.34587792f, 0.08477049f, -0.25222766f, 0.31023946f, 0.40072298f, 0.107507184f, -0.15458845f, 0.45026028f,
    0.4081708f, -0.42864862f, 0.34938306f, -0.0817997f, 0.3394492f, 0.015122531f, 0.33883238f, 0.4501654f,
    0.41379985f, -0.3013227f, -0.21790217f, -0.36636943f, 0.46750984f, -0.36480376f, 0.1546878f, -0.44995174f,
    0.06503624f, 0.023604762f, 0.43092117f, 0.46977356f, 0.46804935f, 0.46385843f, 0.3382893f, -0.14105141f,
    -0.2834038f, 0.11051443f, 0.2309403f, -0.109484665f, 0.14686324f, -0.14049877f, -0.21364601f, -0.025154384f,
    0.31081778f, 0.22567831f, 0.26382977f, -0.08000599f, 0.3782367f, 0.072631836f, 0.3547729f, -0.33790886f,
    0.018163241f, -0.40993217f, -0.024206253f, -0.30638692f, 0.48423856f, -0.49790996f, 0.02823325f, -0.27486196f,
    -0.08246119f, -0.03903588f, 0.49818844f, 0.32021633f, 0.27591857f, -0.12666383f, -0.021324495f, -0.01495121f,
    0.3608093f, -0.31560507f, 0.38969913f, 0.3354167f, -0.30373532f, -0.032781467f, -0.15210469f, 0.24405687f
};

static const float dense_bias[8] = { /* [8] */
    2.1912761e-05f, 2.0731975e-05f, 4.046413e-06f, -0.00016796192f, -2.1912763e-05f, -2.0731975e-05f, -4.0464142e-06f, 0.00016796193f
};

static const float batchnorm_scale[4] = { /* [4] */
    0.0138301905f, 0.04190732f, 0.013843743f, 0.03820143f
};

static const float batchnorm_shift[4] = { /* [4] */
    -1.232211f, 2.7439623f, -0.22120833f, 0.23369713f
};

static const float dense_1_kernel[8] = { /* [8, 1] */
    0.63458306f, -0.504755f, -0.4003673f, 0.17996079f, 0.39337113f, 0.002660586f, 0.6132465f, -0.59947896f
};

static const float dense_1_bias[1] = { /* [1] */
    0.001479184f
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

/* conv2d (views.mnn:9): out[4, 4, 4] = in[4, 4, 1] * kernel[1, 1, 1, 4] + bias */
static void conv2d_forward(const float *restrict in, float *restrict out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++) {
            float sum[4];
            for (int k = 0; k < 4; k++)
                sum[k] = conv2d_bias[k];
            for (int r = 0; r < 1; r++) {
                const float *pixel = in + (y + r) * 4 + x;
                const float *weight = conv2d_kernel + r * 4;
                for (int j = 0; j < 1; j++)
                    for (int k = 0; k < 4; k++)
                        sum[k] += pixel[j] * weight[j * 4 + k];
            }
            for (int k = 0; k < 4; k++)
                out[(y * 4 + x) * 4 + k] = sum[k];
        }
}

/* maxpool2d (views.mnn:11): out[4, 4, 1] = largest of each window of in[4, 4, 4] */
static void maxpool2d_forward(const float *restrict in, float *restrict out)
{
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++) {
            const int r0 = y * 2, r1 = r0 + 2, c0 = x * 2, c1 = c0 + 2;
            float *result = out + (y * 4 + x) * 1;
            for (int k = 0; k < 1; k++)
                result[k] = in[(r0 * 8 + c0) * 1 + k];
            for (int r = r0; r < r1; r++)
                for (int c = c0; c < c1; c++) {
                    const float *pixel = in + (r * 8 + c) * 1;
                    for (int k = 0; k < 1; k++)
                        result[k] = pixel[k] > result[k] ? pixel[k] : result[k];
                }
        }
}

/* dense (views.mnn:13): out[8] = in[16] . kernel[16, 8] + bias */
static void dense_forward(const float *restrict in, float *restrict out)
{
    float sum[8];
    for (int k = 0; k < 8; k++)
        sum[k] = dense_bias[k];
    for (int j = 0; j < 16; j++) {
        const float x = in[j];
        const float *weight = dense_kernel + j * 8;
        for (int k = 0; k < 8; k++)
            sum[k] += x * weight[k];
    }
    for (int k = 0; k < 8; k++)
        out[k] = sum[k];
}

/* batchnorm (views.mnn:15): out[2, 4] = softmax(in * scale + shift), of each channel */
static void batchnorm_forward(const float *restrict in, float *restrict out)
{
    for (int j = 0; j < 2; j++)
        for (int k = 0; k < 4; k++)
            out[j * 4 + k] = in[j * 4 + k] * batchnorm_scale[k] + batchnorm_shift[k];
    for (int j = 0; j < 2; j++)
        softmax(4, out + j * 4);
}

/* dense_1 (views.mnn:18): out[1] = in[8] . kernel[8, 1] + bias */
static void dense_1_forward(const float *restrict in, float *restrict out)
{
    float sum[1];
    for (int k = 0; k < 1; k++)
        sum[k] = dense_1_bias[k];
    for (int j = 0; j < 8; j++) {
        const float x = in[j];
        const float *weight = dense_1_kernel + j * 1;
        for (int k = 0; k < 1; k++)
            sum[k] += x * weight[k];
    }
    for (int k = 0; k < 1; k++)
        out[k] = sum[k];
}

/* ---- the whole ---- */

int views_predict(const float input[16])
{
    static views_work memory;
    views_work *const work = &memory;
    conv2d_forward(input, work->values);
    maxpool2d_forward(work->values, work->values + 64);
    dense_forward(work->values + 64, work->values);
    batchnorm_forward(work->values, work->values + 16);
    dense_1_forward(work->values + 16, work->values);
    const float *z = work->values;
    return z[0] > 0.0f;
}
