/* forward() and gradients() of a convolution or pooling with strides up to far beyond its input, against sums written
 * out here from the definition.
 *
 * Compiled with -DGENERATED='"FILE.c"': the model is reshape(HEIGHT, WIDTH, 1), a conv2d of one filter of 1 x 1 without
 * a bias (so that what follows has a gradient to give), and the layer; mse against a target for each output. Run by
 * strides.sh as
 *   test_strides KIND HEIGHT WIDTH WINDOW STRIDE SAME
 * with KIND 0 for conv2d of one filter without a bias, 1 for maxpool2d, 2 for avgpool2d. */
int generated_main(int argc, char **argv);
#define main generated_main
#include GENERATED
#undef main

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 4096, CONV2D = 0, MAXPOOL2D, AVGPOOL2D };

static long kind, high, wide, window, stride, same;

/* One side: how many windows there are, and where the first begins. Keras's "valid" and "same". */
static long windows(long in, long *begin)
{
    const long count = same ? (in + stride - 1) / stride : (in - window) / stride + 1;
    const long beyond = (count - 1) * stride + window - in;
    *begin = same && beyond > 0 ? -(beyond / 2) : 0;
    return count;
}

static double image[MOST], kernel[MOST], out[MOST];

/* All outputs; with scale, which multiplies what the layer sees. */
static long layer(double scale)
{
    long top, left, n = 0;
    const long rows = windows(high, &top), columns = windows(wide, &left);
    for (long y = 0; y < rows; y++)
        for (long x = 0; x < columns; x++) {
            double sum = 0, best = -1e300;
            long count = 0;
            for (long row = 0; row < high; row++)
                for (long column = 0; column < wide; column++) {
                    const long r = row - (top + y * stride), s = column - (left + x * stride);
                    if (r < 0 || r >= window || s < 0 || s >= window)
                        continue;
                    const double value = scale * image[row * wide + column];
                    sum += kind == CONV2D ? value * kernel[r * window + s] : value;
                    best = fmax(best, value);
                    count++;
                }
            out[n++] = kind == CONV2D ? sum : kind == MAXPOOL2D ? best : sum / (double)count;
        }
    return n;
}

/* The loss of the sample as a function of the first convolution's only weight; targets are 0. */
static double loss(double scale)
{
    double sum = 0;
    const long n = layer(scale);
    for (long i = 0; i < n; i++)
        sum += out[i] * out[i];
    return sum / (double)n;
}

static void work(const mnn_worker *worker, void *argument)
{
    const mnn_walk walk = {.model = &model, .batch = argument, .training = true};
    mnn_run_steps(worker, &walk, MNN_FORWARD, MNN_GRADIENTS);
}

int main(int argc, char **argv)
{
    static uint8_t images[MOST];
    static const float targets[MOST];
    static const uint32_t index[1];
    mnn_pool *pool = NULL;
    if (argc != 7 || mnn_pool_new(&pool, 1, NULL) != MNN_OK || mnn_pool_scratch(pool, model.scratch, NULL) != MNN_OK)
        return 2;
    long *const arguments[] = {&kind, &high, &wide, &window, &stride, &same};
    for (int i = 0; i < 6; i++)
        *arguments[i] = atol(argv[1 + i]);
    for (long i = 0; i < high * wide; i++)
        image[i] = images[i] = (uint8_t)(i * 37 % 11 + 1);
    model.params[0] = 0.5f;
    for (long i = 0; kind == CONV2D && i < window * window; i++)
        kernel[i] = model.params[model.tensors[1].offset + i] = (float)(i * 29 % 13 - 5) / 8;
    const mnn_batch batch = {.images = images, .targets = targets, .index = index, .rows = 1};
    mnn_pool_run(pool, work, (void *)&batch);
    mnn_pool_free(pool);
    const double step = 1e-5, expected = loss(0.5), slope = (loss(0.5 + step) - loss(0.5 - step)) / (2 * step);
    const double got = (double)model.row_loss[0], got_slope = (double)model.grads[0];
    if (fabs(got - expected) <= 1e-5 * fabs(expected) && fabs(got_slope - slope) <= 1e-3 * fabs(slope))
        return 0;
    printf("loss: got %.9g, expected %.9g; gradient: got %.9g, expected %.9g\n", got, expected, got_slope, slope);
    return 1;
}
