/* Print one random valid description of a training program, the same one for the same seed.
 *
 *   random_model SEED        the description
 *   random_model --features  the names of all that may occur in one, a line each
 *
 * The text begins with comments for the scripts that run it:
 *   # features: NAME ...            what occurs in it
 *   # samples: CLASSES DIM ...      the data it wants: labels 0 .. CLASSES - 1, the shape of a sample
 *
 * A layer without parameters counts as a feature only behind one with parameters: there its backward pass
 * decides what gradients come out. Which loss, optimizer, kind of input and first layer come is taken in turn by the
 * seed, the rest is drawn; all values stay near 1, so that float and double agree closely enough to compare gradients.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEATURES(X)                                                                                                    \
    X(INPUT_IMAGE, "input.image")                                                                                      \
    X(INPUT_VECTOR, "input.vector")                                                                                    \
    X(INPUT_LAYER, "input.layer")                                                                                      \
    X(INPUT_RESHAPE, "input.reshape")                                                                                  \
    X(INPUT_BOTH, "input.both")                                                                                        \
    X(SCALE, "step.scale")                                                                                             \
    X(NORMALIZE, "step.normalize")                                                                                     \
    X(SCALE_NORMALIZE, "step.scale+normalize")                                                                         \
    X(LIMIT, "step.limit")                                                                                             \
    X(ONE_HOT, "step.one_hot")                                                                                         \
    X(SPLIT, "validation.split")                                                                                       \
    X(NO_SHUFFLE, "shuffle.false")                                                                                     \
    X(CONSTANT, "constant")                                                                                            \
    X(REPEAT, "repeat")                                                                                                \
    X(BLOCK, "block")                                                                                                  \
    X(ALIAS, "alias")                                                                                                  \
    X(CONV, "conv2d")                                                                                                  \
    X(CONV_STRIDES, "conv2d.strides")                                                                                  \
    X(CONV_SAME, "conv2d.same")                                                                                        \
    X(CONV_SAME_STRIDES, "conv2d.same+strides")                                                                        \
    X(CONV_1, "conv2d.kernel_1")                                                                                       \
    X(CONV_2, "conv2d.kernel_2")                                                                                       \
    X(CONV_3, "conv2d.kernel_3")                                                                                       \
    X(CONV_4, "conv2d.kernel_4")                                                                                       \
    X(CONV_OBLONG, "conv2d.not_square")                                                                                \
    X(CONV_DX, "conv2d.behind_parameters")                                                                             \
    X(CONV_DX_STRIDES, "conv2d.behind_parameters+strides")                                                             \
    X(CONV_DX_SAME, "conv2d.behind_parameters+same")                                                                   \
    X(CONV_NO_BIAS, "conv2d.no_bias")                                                                                  \
    X(CONV_POOLED, "conv2d.maxpool2d")                                                                                 \
    X(CONV_LINEAR, "conv2d.linear")                                                                                    \
    X(CONV_RELU, "conv2d.relu")                                                                                        \
    X(CONV_SIGMOID, "conv2d.sigmoid")                                                                                  \
    X(CONV_TANH, "conv2d.tanh")                                                                                        \
    X(CONV_SOFTMAX, "conv2d.softmax")                                                                                  \
    X(MAXPOOL, "maxpool2d")                                                                                            \
    X(MAXPOOL_OVERLAP, "maxpool2d.overlapping")                                                                        \
    X(MAXPOOL_GAPS, "maxpool2d.gaps")                                                                                  \
    X(MAXPOOL_SAME, "maxpool2d.same")                                                                                  \
    X(MAXPOOL_OBLONG, "maxpool2d.not_square")                                                                          \
    X(AVGPOOL, "avgpool2d")                                                                                            \
    X(AVGPOOL_OVERLAP, "avgpool2d.overlapping")                                                                        \
    X(AVGPOOL_GAPS, "avgpool2d.gaps")                                                                                  \
    X(AVGPOOL_SAME, "avgpool2d.same")                                                                                  \
    X(AVGPOOL_OBLONG, "avgpool2d.not_square")                                                                          \
    X(LAYER_LINEAR, "activation.linear")                                                                               \
    X(LAYER_RELU, "activation.relu")                                                                                   \
    X(LAYER_SIGMOID, "activation.sigmoid")                                                                             \
    X(LAYER_TANH, "activation.tanh")                                                                                   \
    X(LAYER_SOFTMAX, "activation.softmax")                                                                             \
    X(SOFTMAX_CHANNELS, "activation.softmax_of_channels")                                                              \
    X(DROPOUT_IMAGE, "dropout.image")                                                                                  \
    X(DROPOUT_VECTOR, "dropout.vector")                                                                                \
    X(DROPOUT_ZERO, "dropout.rate_0")                                                                                  \
    X(BATCHNORM_IMAGE, "batchnorm.image")                                                                              \
    X(BATCHNORM_VECTOR, "batchnorm.vector")                                                                            \
    X(LAYERNORM_IMAGE, "layernorm.image")                                                                              \
    X(LAYERNORM_VECTOR, "layernorm.vector")                                                                            \
    X(NORM_NO_CENTER, "norm.center_false")                                                                             \
    X(NORM_NO_SCALE, "norm.scale_false")                                                                               \
    X(NORM_EPSILON, "norm.epsilon")                                                                                    \
    X(NORM_INITIALIZERS, "norm.initializers")                                                                          \
    X(RESIDUAL, "residual")                                                                                            \
    X(RESIDUAL_NORM, "residual.norm")                                                                                  \
    X(RESIDUAL_NESTED, "residual.nested")                                                                              \
    X(RESHAPE_IMAGE, "reshape.image")                                                                                  \
    X(RESHAPE_MATRIX, "reshape.matrix")                                                                                \
    X(RESHAPE_VECTOR, "reshape.vector")                                                                                \
    X(FLATTEN, "flatten")                                                                                              \
    X(DENSE, "dense")                                                                                                  \
    X(DENSE_DX, "dense.behind_parameters")                                                                             \
    X(DENSE_NO_BIAS, "dense.no_bias")                                                                                  \
    X(DENSE_LINEAR, "dense.linear")                                                                                    \
    X(DENSE_RELU, "dense.relu")                                                                                        \
    X(DENSE_SIGMOID, "dense.sigmoid")                                                                                  \
    X(DENSE_TANH, "dense.tanh")                                                                                        \
    X(DENSE_SOFTMAX, "dense.softmax")                                                                                  \
    X(ZEROS, "kernel.zeros")                                                                                           \
    X(ONES, "kernel.ones")                                                                                             \
    X(CONSTANT_KERNEL, "kernel.constant")                                                                              \
    X(GLOROT_UNIFORM, "kernel.glorot_uniform")                                                                         \
    X(GLOROT_NORMAL, "kernel.glorot_normal")                                                                           \
    X(HE_UNIFORM, "kernel.he_uniform")                                                                                 \
    X(HE_NORMAL, "kernel.he_normal")                                                                                   \
    X(LECUN_UNIFORM, "kernel.lecun_uniform")                                                                           \
    X(LECUN_NORMAL, "kernel.lecun_normal")                                                                             \
    X(RANDOM_UNIFORM, "kernel.random_uniform")                                                                         \
    X(RANDOM_NORMAL, "kernel.random_normal")                                                                           \
    X(BIAS_ONES, "bias.ones")                                                                                          \
    X(BIAS_CONSTANT, "bias.constant")                                                                                  \
    X(BIAS_UNIFORM, "bias.random_uniform")                                                                             \
    X(BIAS_NORMAL, "bias.random_normal")                                                                               \
    X(SPARSE, "loss.sparse_categorical_crossentropy")                                                                  \
    X(CATEGORICAL, "loss.categorical_crossentropy")                                                                    \
    X(MSE_CLASSES, "loss.mse_of_classes")                                                                              \
    X(MSE_NUMBER, "loss.mse_of_a_number")                                                                              \
    X(END_ARGUMENT, "end.softmax_argument")                                                                            \
    X(END_LAYER, "end.softmax_layer")                                                                                  \
    X(END_CONV, "end.conv2d")                                                                                          \
    X(END_POOL, "end.pool")                                                                                            \
    X(METRIC_ACCURACY, "metrics.accuracy")                                                                             \
    X(SGD, "sgd")                                                                                                      \
    X(SGD_MOMENTUM, "sgd.momentum")                                                                                    \
    X(SGD_NESTEROV, "sgd.nesterov")                                                                                    \
    X(RMSPROP, "rmsprop")                                                                                              \
    X(RMSPROP_OPTIONS, "rmsprop.rho+epsilon")                                                                          \
    X(RMSPROP_MOMENTUM, "rmsprop.momentum")                                                                            \
    X(ADAM, "adam")                                                                                                    \
    X(ADAM_OPTIONS, "adam.betas+epsilon")                                                                              \
    X(BATCH_1, "batch.1")                                                                                              \
    X(BATCH_ODD, "batch.odd")                                                                                          \
    X(BATCH_LARGE, "batch.over_20")                                                                                    \
    X(NAME, "name")                                                                                                    \
    X(NAME_KEYWORD, "name.c_keyword")                                                                                  \
    X(NAME_LIBRARY, "name.c_library")                                                                                  \
    X(NAME_MAIN, "name.main")                                                                                          \
    X(NAME_DOTS, "name.dots_and_slashes")                                                                              \
    X(NAME_CAPITALS, "name.capitals")                                                                                  \
    X(NAME_DIGIT, "name.digit_first")                                                                                  \
    X(NAME_GENERATED, "name.like_generated")                                                                           \
    X(NAME_COLLISION, "name.same_when_sanitised")

#define FEATURE_ID(id, name) F_##id,
typedef enum feature { FEATURES(FEATURE_ID) F_COUNT, F_NONE = F_COUNT } feature;
#undef FEATURE_ID

#define FEATURE_NAME(id, name) name,
static const char *const feature_names[F_COUNT] = {FEATURES(FEATURE_NAME)};
#undef FEATURE_NAME

/* A shape without the batch. */
typedef struct shape {
    int rank, dim[3];
} shape;

/* A description in the making. */
typedef struct model {
    uint64_t seed, state; /* of the random numbers */
    uint64_t other_state; /* of those for add_more(), so that the others stay as they are */
    FILE *out;
    bool used[F_COUNT];
    uint64_t names_used; /* a bit for each of odd_names */
    bool no_names;       /* inside a body whose layers come several times */
    bool first_argument;
    bool after_conv; /* the last layer was a conv2d */
    bool has_parameters;
    shape now; /* what the last layer gives */
} model;

/* --- random numbers ------------------------------------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t next_random(model *m)
{
    m->state += 0x9E3779B97F4A7C15u;
    uint64_t z = m->state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* low .. high */
static int between(model *m, int low, int high)
{
    return low + (int)(next_random(m) % (uint64_t)(high - low + 1));
}

static bool one_in(model *m, int n)
{
    return between(m, 1, n) == 1;
}

/* 0 .. n - 1, each for as many seeds; choices with different spans are independent. */
static int in_turn(const model *m, int n, int span)
{
    return (int)(m->seed / (uint64_t)span % (uint64_t)n);
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* --- text ----------------------------------------------------------------------------------------- */

static void use(model *m, feature f)
{
    if (f != F_NONE)
        m->used[f] = true;
}

/* A feature of a layer that gradients must pass to be compared. */
static void use_behind(model *m, feature f)
{
    if (m->has_parameters)
        use(m, f);
}

static void say(model *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(model *m, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(m->out, format, args);
    va_end(args);
}

static void argument(model *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void argument(model *m, const char *format, ...)
{
    va_list args;
    if (!m->first_argument)
        say(m, ", ");
    m->first_argument = false;
    va_start(args, format);
    vfprintf(m->out, format, args);
    va_end(args);
}

/* Begin a layer, now and then in Keras's spelling. */
static void begin_layer(model *m, const char *name, const char *alias)
{
    const bool other = alias && one_in(m, 8);
    if (other)
        use(m, F_ALIAS);
    say(m, "    %s(", other ? alias : name);
    m->first_argument = true;
    m->after_conv = false;
}

/* --- names ---------------------------------------------------------------------------------------- */

/* Names that C or the generated program might stumble over. Those of one group become the same C name. */
static const struct {
    const char *text;
    feature feature;
    int group;
} odd_names[] = {
    {"a.b", F_NAME_DOTS, 1},
    {"a_b", F_NONE, 1},
    {"a/b", F_NAME_DOTS, 1},
    {"A.B", F_NAME_CAPITALS, 1},
    {"a-b", F_NONE, 1},
    {"a_b_n2", F_NAME_GENERATED, 0},
    {"int", F_NAME_KEYWORD, 0},
    {"static", F_NAME_KEYWORD, 0},
    {"_Static_assert", F_NAME_KEYWORD, 0},
    {"free", F_NAME_LIBRARY, 0},
    {"memset", F_NAME_LIBRARY, 0},
    {"expf", F_NAME_LIBRARY, 0},
    {"main", F_NAME_MAIN, 2},
    {"Main", F_NAME_CAPITALS, 2},
    {"2nd", F_NAME_DIGIT, 3},
    {"layer_2nd", F_NAME_GENERATED, 3},
    {"...", F_NAME_DOTS, 0},
    {"/x/./y/", F_NAME_DOTS, 0},
    {"dense_1", F_NAME_GENERATED, 0},
    {"dense_softmax", F_NAME_GENERATED, 0},
    {"dense_relu", F_NAME_GENERATED, 0},
    {"dense_kernel", F_NAME_GENERATED, 0},
    {"conv2d_out", F_NAME_GENERATED, 0},
    {"conv2d_columns", F_NAME_GENERATED, 0},
    {"params", F_NAME_GENERATED, 0},
    {"row_loss", F_NAME_GENERATED, 0},
    {"adam", F_NAME_GENERATED, 0},
    {"Loss", F_NAME_CAPITALS, 0},
    {"Input", F_NAME_CAPITALS, 0},
    {"forward", F_NAME_GENERATED, 0},
    {"a_name_of_64_characters_"
     "1234567890123456789012345678901234567890",
     F_NONE, 0},
};
enum { ODD_NAMES = sizeof odd_names / sizeof odd_names[0] };

static void note_collision(model *m, int nth)
{
    for (int i = 0; i < ODD_NAMES; i++)
        if (i != nth && odd_names[i].group && odd_names[i].group == odd_names[nth].group && (m->names_used >> i & 1))
            use(m, F_NAME_COLLISION);
}

/* Begin at a place that moves with the seed, so that neighbours in the list meet in one model. */
static void name_layer(model *m)
{
    if (m->no_names || !one_in(m, 2))
        return;
    for (int i = 0; i < ODD_NAMES; i++) {
        const int nth = (in_turn(m, ODD_NAMES, 1) * 3 + i) % ODD_NAMES;
        if (m->names_used >> nth & 1)
            continue;
        m->names_used |= (uint64_t)1 << nth;
        argument(m, "name=\"%s\"", odd_names[nth].text);
        use(m, F_NAME);
        use(m, odd_names[nth].feature);
        note_collision(m, nth);
        return;
    }
}

static void end_layer(model *m)
{
    name_layer(m);
    say(m, ")\n");
}

/* --- arguments that several layers have ----------------------------------------------------------- */

static const char *const activations[] = {"linear", "relu", "sigmoid", "tanh", "softmax"};
enum { ACTIVATIONS = sizeof activations / sizeof activations[0], SOFTMAX = ACTIVATIONS - 1 };

/* An activation as an argument; the default is sometimes left out.
 * @param values  over which softmax would be taken: one value alone has none */
static void activation_argument(model *m, feature linear, int values)
{
    const int f = between(m, 0, values > 1 ? SOFTMAX : SOFTMAX - 1);
    use(m, (feature)((int)linear + f));
    if (f > 0 || one_in(m, 2))
        argument(m, "activation=%s", activations[f]);
}

/* A kernel whose products stay near 1. Zeros make every unit alike: only in the last layer, so that the
 * others still have a gradient to compare.
 * @param alike  whether ones and constants may come: channels that are all alike are a tie for maxpool2d */
static void kernel_argument(model *m, int fan_in, bool alike, bool last)
{
    static const char *const plain[] = {"glorot_uniform", "glorot_normal", "he_uniform",
                                        "he_normal",      "lecun_uniform", "lecun_normal"};
    const int kind = between(m, 0, 11);
    if (last && in_turn(m, 13, 1) == 5) {
        use(m, F_ZEROS);
        argument(m, "kernel_initializer=zeros");
    } else if (kind < 6) {
        use(m, (feature)(F_GLOROT_UNIFORM + kind));
        argument(m, "kernel_initializer=%s", plain[kind]);
    } else if (kind == 6) {
        use(m, F_RANDOM_UNIFORM);
        argument(m, "kernel_initializer=random_uniform(minval=-0.3, maxval=0.4)");
    } else if (kind == 7) {
        use(m, F_RANDOM_NORMAL);
        argument(m, "kernel_initializer=random_normal(mean=0.01, stddev=%s)", one_in(m, 2) ? "0.2" : "1/8");
    } else if (kind == 9 && alike && fan_in <= 4) {
        use(m, F_ONES);
        argument(m, "kernel_initializer=ones");
    } else if (kind == 10 && alike) {
        use(m, F_CONSTANT_KERNEL);
        argument(m, "kernel_initializer=constant(value=%s1/%d)", one_in(m, 2) ? "-" : "", fan_in + 1);
    } else {
        use(m, F_GLOROT_UNIFORM); /* the default */
    }
}

static void bias_argument(model *m, feature without)
{
    static const char *const kinds[] = {"ones", "constant(-0.25)", "random_uniform", "random_normal(stddev=0.1)"};
    const int kind = between(m, 0, 7);
    if (kind == 7) {
        use(m, without);
        argument(m, "use_bias=false");
    } else if (kind < 4) {
        use(m, (feature)(F_BIAS_ONES + kind));
        argument(m, "bias_initializer=%s", kinds[kind]);
    }
}

/* A pair, shorter where both numbers are the same. */
static void pair_argument(model *m, const char *name, int h, int w)
{
    if (h == w && one_in(m, 2))
        argument(m, "%s%d", name, h);
    else
        argument(m, "%s(%d, %d)", name, h, w);
}

/* Length of one side behind a window. */
static int slide(int in, int window, int stride, bool same)
{
    return same ? (in - 1) / stride + 1 : (in - window) / stride + 1;
}

/* --- layers --------------------------------------------------------------------------------------- */

static void add_conv2d_of(model *m, int filters, int kh, int kw, int sh, int sw, bool same)
{
    use(m, F_CONV);
    use_behind(m, F_CONV_DX);
    use_behind(m, sh > 1 || sw > 1 ? F_CONV_DX_STRIDES : F_NONE);
    use_behind(m, same ? F_CONV_DX_SAME : F_NONE);
    begin_layer(m, "conv2d", one_in(m, 2) ? "Conv2D" : "Convolution2D");
    argument(m, "%d", filters);
    pair_argument(m, "", kh, kw);
    if (sh > 1 || sw > 1)
        pair_argument(m, "strides=", sh, sw);
    if (same || one_in(m, 6))
        argument(m, "padding=%s", same ? "same" : "valid");
    activation_argument(m, F_CONV_LINEAR, filters);
    kernel_argument(m, kh * kw * m->now.dim[2], filters == 1, false);
    bias_argument(m, F_CONV_NO_BIAS);
    end_layer(m);
    m->now = (shape){3, {slide(m->now.dim[0], kh, sh, same), slide(m->now.dim[1], kw, sw, same), filters}};
    m->after_conv = m->has_parameters = true;
}

static void add_conv2d(model *m)
{
    const bool same = one_in(m, 2);
    const int highest = same ? 4 : smaller(4, m->now.dim[0]), widest = same ? 4 : smaller(4, m->now.dim[1]);
    const int kh = between(m, 1, highest), kw = one_in(m, 2) ? smaller(kh, widest) : between(m, 1, widest);
    const int sh = one_in(m, 3) ? between(m, 2, 3) : 1, sw = one_in(m, 3) ? between(m, 1, 3) : 1;
    use(m, (feature)(F_CONV_1 + kh - 1));
    if (kh != kw)
        use(m, F_CONV_OBLONG);
    if (sh > 1 || sw > 1)
        use(m, same ? F_CONV_SAME_STRIDES : F_CONV_STRIDES);
    if (same)
        use(m, F_CONV_SAME);
    add_conv2d_of(m, between(m, 1, 5), kh, kw, sh, sw, same);
}

/* The features of a pool are in the order: itself, overlapping, gaps, same, not square.
 * @param first  the pool itself */
static void add_pool(model *m, feature first)
{
    const bool max = first == F_MAXPOOL, same = one_in(m, 3);
    const int h = same ? between(m, 1, 3) : between(m, 1, smaller(3, m->now.dim[0]));
    const int w = same ? between(m, 1, 4) : between(m, 1, smaller(4, m->now.dim[1]));
    const bool strides = one_in(m, 2);
    const int sh = strides ? between(m, 1, 3) : h, sw = strides ? between(m, 1, 3) : w;
    use_behind(m, first);
    if (sh < h || sw < w)
        use_behind(m, (feature)((int)first + 1));
    if (sh > h || sw > w)
        use_behind(m, (feature)((int)first + 2));
    if (same)
        use_behind(m, (feature)((int)first + 3));
    if (h != w)
        use_behind(m, (feature)((int)first + 4));
    if (max && m->after_conv)
        use_behind(m, F_CONV_POOLED);
    begin_layer(m, max ? "maxpool2d" : "avgpool2d", max ? "MaxPooling2D" : "AveragePooling2D");
    pair_argument(m, "", h, w);
    if (strides)
        pair_argument(m, "strides=", sh, sw);
    if (same)
        argument(m, "padding=same");
    end_layer(m);
    m->now.dim[0] = slide(m->now.dim[0], h, sh, same);
    m->now.dim[1] = slide(m->now.dim[1], w, sw, same);
}

static void add_activation(model *m)
{
    const int last = m->now.dim[m->now.rank - 1];
    const int f = between(m, 0, last > 1 ? SOFTMAX : SOFTMAX - 1);
    use_behind(m, (feature)(F_LAYER_LINEAR + f));
    if (f == SOFTMAX && m->now.rank == 3)
        use_behind(m, F_SOFTMAX_CHANNELS);
    begin_layer(m, "activation", "Activation");
    argument(m, "%s", activations[f]);
    end_layer(m);
}

static void add_dropout(model *m)
{
    static const char *const rates[] = {"0", "0.1", "1/4", "0.5", "0.9"};
    const int rate = between(m, 0, 4);
    use_behind(m, m->now.rank == 3 ? F_DROPOUT_IMAGE : F_DROPOUT_VECTOR);
    if (rate == 0)
        use_behind(m, F_DROPOUT_ZERO);
    begin_layer(m, "dropout", "Dropout");
    argument(m, "%s%s", one_in(m, 2) ? "rate=" : "", rates[rate]);
    end_layer(m);
}

static int elements(shape s)
{
    int n = 1;
    for (int i = 0; i < s.rank; i++)
        n *= s.dim[i];
    return n;
}

/* A divisor of n that is at most limit. */
static int some_divisor(model *m, int n, int limit)
{
    int d = between(m, 1, smaller(n, limit));
    while (n % d != 0)
        d--;
    return d;
}

static void add_reshape(model *m, int rank)
{
    const int n = elements(m->now);
    shape to = {rank, {n, 1, 1}};
    if (rank > 1)
        to.dim[rank - 1] = some_divisor(m, n, 4);
    if (rank == 3)
        to.dim[1] = some_divisor(m, n / to.dim[2], 12);
    to.dim[0] = n / (to.dim[1] * to.dim[2]);
    use_behind(m, rank == 1 ? F_RESHAPE_VECTOR : rank == 2 ? F_RESHAPE_MATRIX : F_RESHAPE_IMAGE);
    begin_layer(m, "reshape", "Reshape");
    for (int i = 0; i < rank; i++)
        argument(m, "%d", to.dim[i]);
    end_layer(m);
    m->now = to;
}

static void add_flat(model *m)
{
    if (m->now.rank == 1 && !one_in(m, 4))
        return;
    if (one_in(m, 4)) {
        add_reshape(m, 1);
        return;
    }
    use_behind(m, F_FLATTEN);
    begin_layer(m, "flatten", "Flatten");
    end_layer(m);
    m->now = (shape){1, {elements(m->now), 1, 1}};
}

static void add_dense(model *m, int units)
{
    use(m, F_DENSE);
    use_behind(m, F_DENSE_DX);
    begin_layer(m, "dense", "Dense");
    argument(m, "%s%d", one_in(m, 4) ? "units=" : "", units);
    activation_argument(m, F_DENSE_LINEAR, units);
    kernel_argument(m, m->now.dim[0], true, false);
    bias_argument(m, F_DENSE_NO_BIAS);
    end_layer(m);
    m->now = (shape){1, {units, 1, 1}};
    m->has_parameters = true;
}

/* A body that keeps the shape, several times. */
static void add_repeat(model *m)
{
    if (m->now.dim[0] > 10)
        add_dense(m, between(m, 2, 10));
    const int units = m->now.dim[0];
    use(m, F_REPEAT);
    m->no_names = true;
    say(m, "    repeat(%d) {\n", between(m, 2, 3));
    add_dense(m, units);
    if (one_in(m, 2))
        add_dropout(m);
    say(m, "    }\n");
    m->no_names = false;
}

static void add_block(model *m)
{
    use(m, F_BLOCK);
    m->now = (shape){1, {between(m, 1, 6), 1, 1}};
    m->after_conv = false;
    say(m, "    pair(%d)\n", m->now.dim[0]);
    m->has_parameters = true;
}

/* --- normalisations and residuals --------------------------------------------------------------------- */

static void add_norm(model *m)
{
    static const char *const gammas[] = {"ones", "random_uniform(0.5, 1.5)", "random_normal(1, 0.2)", "constant(0.7)"};
    static const char *const betas[] = {"zeros", "random_uniform(-0.5, 0.5)", "random_normal(0, 0.2)", "constant(0.2)"};
    const bool image = m->now.rank == 3, batch = m->now.dim[m->now.rank - 1] < 2 || one_in(m, 2);
    use(m, batch ? image ? F_BATCHNORM_IMAGE : F_BATCHNORM_VECTOR : image ? F_LAYERNORM_IMAGE : F_LAYERNORM_VECTOR);
    begin_layer(m, batch ? "batchnorm" : "layernorm", batch ? "BatchNormalization" : "LayerNormalization");
    if (batch && one_in(m, 2))
        argument(m, "momentum=%s", one_in(m, 2) ? "0.9" : "0.5");
    if (one_in(m, 3)) {
        use(m, F_NORM_EPSILON);
        argument(m, "epsilon=%s", one_in(m, 2) ? "0.01" : "0.1");
    }
    if (one_in(m, 3)) {
        use(m, F_NORM_NO_CENTER);
        argument(m, "center=false");
    }
    if (one_in(m, 3)) {
        use(m, F_NORM_NO_SCALE);
        argument(m, "scale=false");
    }
    if (one_in(m, 2)) {
        use(m, F_NORM_INITIALIZERS);
        argument(m, "gamma_initializer=%s", gammas[between(m, 0, 3)]);
        argument(m, "beta_initializer=%s", betas[between(m, 0, 3)]);
    }
    end_layer(m);
    m->after_conv = false;
}

static void add_residual(model *m, int depth)
{
    const int channels = m->now.dim[m->now.rank - 1];
    use(m, depth ? F_RESIDUAL_NESTED : F_RESIDUAL);
    say(m, "    residual {\n");
    if (m->now.rank == 3)
        add_conv2d_of(m, channels, between(m, 1, 3), between(m, 1, 3), 1, 1, true);
    else
        add_dense(m, channels);
    if (one_in(m, 2)) {
        use(m, F_RESIDUAL_NORM);
        add_norm(m);
    }
    if (depth < 2 && one_in(m, 3))
        add_residual(m, depth + 1);
    else if (one_in(m, 3))
        add_activation(m);
    say(m, "    }\n");
    m->after_conv = false;
}

/* Now and then something between two layers. */
static void add_more(model *m)
{
    const uint64_t state = m->state;
    m->state = m->other_state;
    const int kind = between(m, 0, 5);
    if (kind == 0)
        add_norm(m);
    else if (kind == 1 && m->now.rank != 2 && m->now.dim[0] <= 64)
        add_residual(m, 0);
    m->other_state = m->state;
    m->state = state;
}

static void add_image_layer(model *m, int kind)
{
    switch (kind) {
    case 0:
    case 1:
        add_conv2d(m);
        break;
    case 2:
        add_pool(m, F_MAXPOOL);
        break;
    case 3:
        add_pool(m, F_AVGPOOL);
        break;
    case 4:
        add_activation(m);
        break;
    case 5:
        add_dropout(m);
        break;
    default:
        add_reshape(m, 3);
        break;
    }
}

/* What works on any vector. */
static void add_vector_layer(model *m, int kind)
{
    switch (kind) {
    case 0:
    case 1:
        add_dense(m, between(m, 1, 10));
        break;
    case 2:
        add_activation(m);
        break;
    case 3:
        add_dropout(m);
        break;
    case 4:
        add_repeat(m);
        break;
    case 5:
        add_block(m);
        break;
    default: /* softmax over the rows of a matrix, and back */
        add_reshape(m, 2);
        add_activation(m);
        add_flat(m);
        break;
    }
}

/* --- the end of the model ------------------------------------------------------------------------- */

typedef enum loss { SPARSE, CATEGORICAL, MSE_CLASSES, MSE_NUMBER } loss;

/* What the labels demand.
 * @param units  numbers that the model gives */
static void end_with_dense(model *m, bool probabilities, int units)
{
    add_flat(m);
    const bool layer = probabilities && one_in(m, 2);
    use(m, F_DENSE);
    use_behind(m, F_DENSE_DX);
    begin_layer(m, "dense", "Dense");
    argument(m, "%d", units);
    if (!probabilities)
        activation_argument(m, F_DENSE_LINEAR, units);
    else if (!layer)
        argument(m, "activation=softmax");
    kernel_argument(m, m->now.dim[0], true, true);
    bias_argument(m, F_DENSE_NO_BIAS);
    end_layer(m);
    if (layer)
        say(m, "    activation(softmax)\n");
    if (probabilities)
        use(m, layer ? F_END_LAYER : F_END_ARGUMENT);
}

/* Filters as large as the picture, or a mean over it: no dense layer behind.
 * @param sides  height and width of the picture are both small */
static void end_with_image(model *m, bool probabilities, int units)
{
    const int h = m->now.dim[0], w = m->now.dim[1];
    if (one_in(m, 2) && h <= 4 && w <= 4) {
        use(m, F_END_CONV);
        add_conv2d_of(m, units, h, w, 1, 1, false);
    } else {
        use(m, F_END_POOL);
        add_conv2d_of(m, units, 1, 1, 1, 1, false);
        say(m, "    avgpool2d((%d, %d))\n", h, w);
        m->now.dim[0] = m->now.dim[1] = 1;
    }
    say(m, "    flatten()\n");
    if (probabilities) {
        use(m, F_END_LAYER);
        say(m, "    activation(softmax)\n");
    }
}

/* --- the blocks ----------------------------------------------------------------------------------- */

static void say_shape(model *m, const char *name, shape s)
{
    say(m, "    %s(", name);
    for (int i = 0; i < s.rank; i++)
        say(m, "%s%d", i ? ", " : "", s.dim[i]);
    say(m, ")\n");
}

static void data_block(model *m, loss l, shape input, int classes, bool reshape)
{
    static const char *const folder = "random";
    say(m, "data random {\n");
    say(m, "    train = idx(\"%s/train-images-idx3-ubyte\", \"%s/train-labels-idx1-ubyte\")\n", folder, folder);
    say(m, "    test = idx(\"%s/t10k-images-idx3-ubyte\", \"%s/t10k-labels-idx1-ubyte\")\n", folder, folder);
    if (one_in(m, 4)) {
        use(m, F_SPLIT);
        say(m, "    validation = split(train, 0.2)\n");
    }
    if (one_in(m, 6)) {
        use(m, F_NO_SHUFFLE);
        say(m, "    shuffle = false\n");
    }
    const int scaling = in_turn(m, 3, 2);
    use(m, (feature)(F_SCALE + scaling));
    say(m, scaling == 0   ? "    scale(1/255)\n"
           : scaling == 1 ? "    normalize(mean=127.5, std=75)\n"
                          : "    scale(1/255)\n    normalize(0.5, 0.25)\n");
    if (one_in(m, 6)) {
        use(m, F_LIMIT);
        say(m, "    limit(train, %d)\n", between(m, 10, 60));
    }
    if (reshape)
        say_shape(m, "reshape", input);
    if (l == CATEGORICAL || l == MSE_CLASSES) {
        use(m, F_ONE_HOT);
        say(m, "    one_hot(%d)\n", classes);
    }
    say(m, "}\n\n");
}

static void model_block(model *m, loss l, shape input, int classes, bool with_input)
{
    const bool probabilities = l == SPARSE || l == CATEGORICAL;
    const int units = l == MSE_NUMBER ? 1 : classes;
    say(m, "model random {\n");
    if (with_input)
        say_shape(m, "input", input);
    m->now = input;
    if (input.rank == 1 && one_in(m, 3))
        add_reshape(m, 3);
    if (m->now.rank == 3) {
        if (!one_in(m, 4))
            add_conv2d(m);
        add_more(m);
        add_image_layer(m, in_turn(m, 7, 1));
        add_more(m);
        for (int i = between(m, 0, 3); i > 0; i--)
            add_image_layer(m, between(m, 0, 6));
    }
    if (m->now.rank == 3 && one_in(m, 3)) {
        end_with_image(m, probabilities, units);
    } else {
        add_flat(m);
        if (!m->has_parameters && !one_in(m, 4))
            add_dense(m, between(m, 2, 10));
        add_more(m);
        for (int i = m->now.rank == 1 ? between(m, 0, 3) : 0; i > 0; i--) {
            add_vector_layer(m, i == 1 ? in_turn(m, 7, 3) : between(m, 0, 6));
            add_more(m);
        }
        end_with_dense(m, probabilities, units);
    }
    say(m, "}\n\n");
}

static void optimizer_setting(model *m)
{
    static const struct {
        const char *text;
        feature feature;
    } optimizers[] = {
        {"sgd", F_SGD},
        {"sgd(learning_rate=0.02, momentum=0.9)", F_SGD_MOMENTUM},
        {"sgd(0.02, momentum=1/2, nesterov=true)", F_SGD_NESTEROV},
        {"rmsprop", F_RMSPROP},
        {"rmsprop(lr=0.002, rho=0.8, epsilon=1e-5)", F_RMSPROP_OPTIONS},
        {"rmsprop(momentum=0.5)", F_RMSPROP_MOMENTUM},
        {"adam", F_ADAM},
        {"adam(learning_rate=0.01, beta_1=0.8, beta_2=0.99, epsilon=1e-6)", F_ADAM_OPTIONS},
    };
    const int nth = in_turn(m, 8, 4);
    use(m, optimizers[nth].feature);
    say(m, "    optimizer = %s\n", optimizers[nth].text);
}

static void train_block(model *m, loss l)
{
    static const char *const names[] = {"sparse_categorical_crossentropy", "categorical_crossentropy", "mse", "mse"};
    const int batch = in_turn(m, 10, 1) == 7 ? 1 : between(m, 2, 40);
    use(m, (feature)(F_SPARSE + (int)l));
    use(m, batch == 1 ? F_BATCH_1 : batch % 2 ? F_BATCH_ODD : F_NONE);
    if (batch > 20)
        use(m, F_BATCH_LARGE);
    say(m, "train {\n    loss = %s\n", names[l]);
    optimizer_setting(m);
    if (l != MSE_NUMBER && one_in(m, 2)) {
        use(m, F_METRIC_ACCURACY);
        say(m, "    metrics = [accuracy]\n");
    }
    say(m, "    epochs = 2\n    batch_size = %d\n", batch);
    if (one_in(m, 2))
        say(m, "    seed = %d\n", between(m, 0, 1000000));
    say(m, "}\n");
}

static shape draw_input(model *m)
{
    if (in_turn(m, 4, 3) == 0) {
        use(m, F_INPUT_VECTOR);
        return (shape){1, {between(m, 1, 40), 1, 1}};
    }
    use(m, F_INPUT_IMAGE);
    return (shape){3, {between(m, 3, 12), between(m, 3, 12), between(m, 1, 3)}};
}

static void write_model(model *m, shape input, int classes)
{
    const loss l = (loss)in_turn(m, 4, 1);
    const int from = in_turn(m, 3, 1);
    use(m, (feature)(F_INPUT_LAYER + from));
    data_block(m, l, input, classes, from > 0);
    model_block(m, l, input, classes, from != 1);
    train_block(m, l);
}

static void write_blocks_before(FILE *out, const model *m)
{
    if (m->used[F_BLOCK])
        fputs("inner = 3  # a constant\n\n"
              "block pair(units) {\n"
              "    dense(inner, activation=tanh)\n"
              "    dense(units)\n"
              "}\n\n",
              out);
}

static int print_model(uint64_t seed)
{
    char *text = NULL;
    size_t size = 0;
    model m = {.seed = seed,
               .state = seed * 0xD1342543DE82EF95u + 1,
               .other_state = seed ^ 0xA0761D6478BD642Fu,
               .out = open_memstream(&text, &size)};
    if (!m.out)
        return 4;
    const shape input = draw_input(&m);
    const int classes = between(&m, 2, 6);
    write_model(&m, input, classes);
    m.used[F_CONSTANT] = m.used[F_BLOCK];
    if (fclose(m.out) != 0)
        return 4;
    printf("# features:");
    for (int f = 0; f < F_COUNT; f++)
        if (m.used[f])
            printf(" %s", feature_names[f]);
    printf("\n# samples: %d", classes);
    for (int i = 0; i < input.rank; i++)
        printf(" %d", input.dim[i]);
    printf("\n\n");
    write_blocks_before(stdout, &m);
    fputs(text, stdout);
    free(text);
    return fflush(stdout) == 0 ? 0 : 5;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    if (argc == 2 && strcmp(argv[1], "--features") == 0) {
        for (int f = 0; f < F_COUNT; f++)
            puts(feature_names[f]);
        return 0;
    }
    const uint64_t seed = argc == 2 ? strtoull(argv[1], &end, 10) : 0;
    if (argc != 2 || end == argv[1] || *end != '\0') {
        fprintf(stderr, "usage: random_model SEED | random_model --features\n");
        return 2;
    }
    return print_model(seed);
}
