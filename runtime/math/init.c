/* First values of the parameters: each element is a function of (seed, tensor, element) alone. */
#include "math/math.h"
#include "math/orthogonal.h"
#include "mnn/rng.h"

#include <math.h>

/** Four random words for the elements 4 * block .. 4 * block + 3 of a tensor. */
static mnn_random4 init_block(uint64_t seed, int tensor, uint32_t attempt, int block)
{
    return mnn_random(seed, (uint32_t)MNN_STREAM_INIT + (uint32_t)tensor, attempt, (uint64_t)block);
}

/** In [a, b): rounding to float must not reach b. */
static float uniform_between(double a, double b, uint32_t bits)
{
    const float low = (float)a, high = (float)b;
    const float x = (float)(a + (b - a) * (double)mnn_uniform(bits));
    return x < high ? x : nextafterf(high, low);
}

/** Standard normal number of element i of a tensor.
 *  Box and Muller, "A note on the generation of random normal deviates" (1958): two uniform numbers give
 *  two normal ones, the even element takes the cosine and the odd one the sine. */
static double normal(uint64_t seed, int tensor, uint32_t attempt, int i)
{
    static const double two_pi = 6.28318530717958647692;
    const mnn_random4 r = init_block(seed, tensor, attempt, i / 4);
    const int pair = i % 4 / 2 * 2;
    const double u = (r.word[pair] + 0.5) * 0x1p-32; /* in (0, 1): its logarithm is finite */
    const double angle = two_pi * (r.word[pair + 1] * 0x1p-32);
    const double radius = sqrt(-2.0 * log(u));
    return radius * (i % 2 == 0 ? cos(angle) : sin(angle));
}

/** The same within two standard deviations: one in 22 is drawn again, from the next substream. */
static double truncated_normal(uint64_t seed, int tensor, int i)
{
    for (uint32_t attempt = 0;; attempt++) {
        const double x = normal(seed, tensor, attempt, i);
        if (fabs(x) <= 2.0)
            return x;
    }
}

static void fill(float *out, int size, float value)
{
    for (int i = 0; i < size; i++)
        out[i] = value;
}

static void fill_uniform(const mnn_tensor *t, int index, uint64_t seed, float *out)
{
    for (int i = 0; i < t->size; i++)
        out[i] = uniform_between(t->a, t->b, init_block(seed, index, 0, i / 4).word[i % 4]);
}

static void fill_normal(const mnn_tensor *t, int index, uint64_t seed, float *out)
{
    for (int i = 0; i < t->size; i++)
        out[i] = (float)(t->a + t->b * normal(seed, index, 0, i));
}

static void fill_truncated_normal(const mnn_tensor *t, int index, uint64_t seed, float *out)
{
    for (int i = 0; i < t->size; i++)
        out[i] = (float)(t->a + t->b * truncated_normal(seed, index, i));
}

/** The Q of a normal matrix [all dimensions but the last, the last] or, where that is wider than high, the
 *  transpose of the Q of the transposed matrix, times a.
 *  Source: Saxe, McClelland, Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
 *  neural networks" (2014); the signs as in Keras. */
static void fill_orthogonal(const mnn_tensor *t, int index, uint64_t seed, float *out)
{
    const int columns = t->dims[t->rank - 1], rows = t->size / columns;
    for (int i = 0; i < t->size; i++)
        out[i] = (float)normal(seed, index, 0, i);
    const mnn_vectors vectors =
        rows >= columns ? (mnn_vectors){out, columns, rows, columns, 1} : (mnn_vectors){out, rows, columns, 1, columns};
    mnn_orthonormalize(&vectors, t->a);
}

void mnn_initialize_tensor(const mnn_tensor *tensor, int index, uint64_t seed, float *out)
{
    switch (tensor->initializer) {
    case MNN_INIT_ZEROS:
    case MNN_INIT_STANDARDIZE_CENTER:
    case MNN_INIT_MINMAX_CENTER:
        fill(out, tensor->size, 0.0f);
        break;
    case MNN_INIT_ONES:
    case MNN_INIT_STANDARDIZE_SCALE:
    case MNN_INIT_MINMAX_SCALE:
        fill(out, tensor->size, 1.0f);
        break;
    case MNN_INIT_CONSTANT:
        fill(out, tensor->size, (float)tensor->a);
        break;
    case MNN_INIT_UNIFORM:
        fill_uniform(tensor, index, seed, out);
        break;
    case MNN_INIT_NORMAL:
        fill_normal(tensor, index, seed, out);
        break;
    case MNN_INIT_TRUNCATED_NORMAL:
        fill_truncated_normal(tensor, index, seed, out);
        break;
    case MNN_INIT_UNIT_FORGET:
        fill(out, tensor->size, 0.0f);
        fill(out + tensor->size / 4, tensor->size / 4, 1.0f);
        break;
    case MNN_INIT_ORTHOGONAL:
        fill_orthogonal(tensor, index, seed, out);
        break;
    }
}

void mnn_initialize(const mnn_model *model, uint64_t seed)
{
    for (int t = 0; t < model->tensor_count; t++) {
        const mnn_tensor *tensor = &model->tensors[t];
        mnn_initialize_tensor(tensor, t, seed, model->params + tensor->offset);
    }
}

void mnn_reset_slots(const mnn_model *model, int begin, int end)
{
    for (int s = 0; s < model->slot_count; s++)
        for (int i = begin; i < end; i++)
            model->slots[s].data[i] = model->slots[s].initial;
}
