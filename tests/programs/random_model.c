/* Print one random valid description of a training program, the same one for the same seed.
 *
 *   random_model SEED        the description
 *   random_model --features  the names of all that may occur in one, a line each
 *
 * The text begins with comments for the scripts that run it:
 *   # features: NAME ...            what occurs in it
 *   # samples: CLASSES DIM ...      the data it wants: labels 0 .. CLASSES - 1, the shape of a sample;
 *                                   CLASSES is "f3" for labels of 3 floats
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
    X(VALIDATION_IDX, "validation.idx")                                                                                \
    X(AUGMENT_MOVE, "augment.move")                                                                                    \
    X(AUGMENT_NOISE, "augment.noise")                                                                                  \
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
    X(CONV_DILATED, "conv2d.dilation")                                                                                 \
    X(CONV_DX_DILATED, "conv2d.behind_parameters+dilation")                                                            \
    X(CONV_SAME_DILATED, "conv2d.same+dilation")                                                                       \
    X(CONV_GROUPS, "conv2d.groups")                                                                                    \
    X(CONV_DX_GROUPS, "conv2d.behind_parameters+groups")                                                               \
    X(CONV_GROUPS_POOLED, "conv2d.groups+maxpool2d")                                                                   \
    X(DEPTHWISE, "depthwise_conv2d")                                                                                   \
    X(DEPTHWISE_DX, "depthwise_conv2d.behind_parameters")                                                              \
    X(DEPTHWISE_STRIDES, "depthwise_conv2d.strides")                                                                   \
    X(DEPTHWISE_SAME, "depthwise_conv2d.same")                                                                         \
    X(DEPTHWISE_DILATED, "depthwise_conv2d.dilation")                                                                  \
    X(DEPTHWISE_MULTIPLIER, "depthwise_conv2d.multiplier")                                                             \
    X(DEPTHWISE_NO_BIAS, "depthwise_conv2d.no_bias")                                                                   \
    X(LEAKY_RELU, "leaky_relu")                                                                                        \
    X(ELU, "elu")                                                                                                      \
    X(GELU, "gelu")                                                                                                    \
    X(GELU_TANH, "gelu.approximate")                                                                                   \
    X(SILU, "silu")                                                                                                    \
    X(KEPT_POOLED, "conv2d.maxpool2d.input_kept")                                                                      \
    X(ORTHOGONAL, "kernel.orthogonal")                                                                                 \
    X(L1, "regularizer.l1")                                                                                            \
    X(L2, "regularizer.l2")                                                                                            \
    X(L1_L2, "regularizer.l1_l2")                                                                                      \
    X(BIAS_REGULARIZER, "regularizer.of_a_bias")                                                                       \
    X(GLOBAL_POOL, "global_avgpool2d")                                                                                 \
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
    X(RESIDUAL_PROJECT, "residual.project")                                                                            \
    X(RESIDUAL_ELSE, "residual.else")                                                                                  \
    X(BRANCH_ADD, "branch.add")                                                                                        \
    X(BRANCH_MULTIPLY, "branch.multiply")                                                                              \
    X(BRANCH_CONCAT, "branch.concat")                                                                                  \
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
    X(CATEGORICAL_SMOOTH, "loss.categorical_crossentropy.smooth")                                                      \
    X(MSE_CLASSES, "loss.mse_of_classes")                                                                              \
    X(MSE_NUMBER, "loss.mse_of_a_number")                                                                              \
    X(MAE_CLASSES, "loss.mae_of_classes")                                                                              \
    X(MAE_NUMBER, "loss.mae_of_a_number")                                                                              \
    X(HUBER_CLASSES, "loss.huber_of_classes")                                                                          \
    X(HUBER_NUMBER, "loss.huber_of_a_number")                                                                          \
    X(BINARY_CLASSES, "loss.binary_crossentropy.smooth")                                                               \
    X(BINARY_ONE, "loss.binary_crossentropy.of_one")                                                                   \
    X(HINGE_CLASSES, "loss.hinge_of_classes")                                                                          \
    X(HINGE_ONE, "loss.hinge_of_one")                                                                                  \
    X(TARGET_COLUMNS, "target.columns")                                                                                \
    X(TARGET_INPUT, "target.input")                                                                                    \
    X(END_ARGUMENT, "end.softmax_argument")                                                                            \
    X(END_LAYER, "end.softmax_layer")                                                                                  \
    X(END_CONV, "end.conv2d")                                                                                          \
    X(END_POOL, "end.pool")                                                                                            \
    X(METRIC_ACCURACY, "metrics.accuracy")                                                                             \
    X(METRICS_OF_CLASSES, "metrics.of_classes")                                                                        \
    X(METRICS_OF_NUMBERS, "metrics.of_numbers")                                                                        \
    X(SGD, "sgd")                                                                                                      \
    X(SGD_MOMENTUM, "sgd.momentum")                                                                                    \
    X(SGD_NESTEROV, "sgd.nesterov")                                                                                    \
    X(RMSPROP, "rmsprop")                                                                                              \
    X(RMSPROP_OPTIONS, "rmsprop.rho+epsilon")                                                                          \
    X(RMSPROP_MOMENTUM, "rmsprop.momentum")                                                                            \
    X(ADAM, "adam")                                                                                                    \
    X(ADAM_OPTIONS, "adam.betas+epsilon")                                                                              \
    X(ADAMW, "adamw")                                                                                                  \
    X(NADAM_CLIPNORM, "nadam.clipnorm")                                                                                \
    X(ADAGRAD_GLOBAL, "adagrad.global_clipnorm")                                                                       \
    X(SGD_SCHEDULE, "sgd.schedule+clipvalue")                                                                          \
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
    int kept;             /* results with a name */
    uint64_t other_state; /* of those for add_more(), so that the others stay as they are */
    FILE *out;
    bool used[F_COUNT];
    uint64_t names_used; /* a bit for each of odd_names */
    bool no_names;       /* inside a body whose layers come several times */
    bool first_argument;
    bool linear;       /* the next layers take no activation */
    bool after_conv;   /* the last layer was a conv2d ... */
    bool after_groups; /* ... with groups */
    bool after_pooled; /* ... and then a maxpool2d */
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
    m->after_conv = m->after_groups = m->after_pooled = false;
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

/* Those with arguments, or whose derivative needs their input. */
static const char *newer_activation(model *m)
{
    static const struct {
        const char *text;
        feature feature;
    } newer[] = {{"leaky_relu", F_LEAKY_RELU},
                 {"leaky_relu(0.1)", F_LEAKY_RELU},
                 {"elu", F_ELU},
                 {"elu(alpha=0.6)", F_ELU},
                 {"gelu", F_GELU},
                 {"gelu(approximate=false)", F_GELU},
                 {"silu", F_SILU},
                 {"swish", F_SILU},
                 {"gelu(true)", F_GELU_TANH},
                 {"gelu(approximate=true)", F_GELU_TANH}};
    const int nth = between(m, 0, (int)(sizeof newer / sizeof newer[0]) - 1);
    use_behind(m, newer[nth].feature);
    return newer[nth].text;
}

/* An activation as an argument; the default is sometimes left out.
 * @param values  over which softmax would be taken: one value alone has none */
static void activation_argument(model *m, feature linear, int values)
{
    if (m->linear) {
        use(m, linear);
        return;
    }
    if (one_in(m, 3)) {
        argument(m, "activation=%s", newer_activation(m));
        return;
    }
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
    if (last && in_turn(m, 11, 1) == 5) {
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
    } else if (kind == 8) {
        use(m, F_ORTHOGONAL);
        argument(m, "kernel_initializer=%s", one_in(m, 2) ? "orthogonal" : "orthogonal(gain=0.8)");
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

/* A penalty for large weights, small beside the loss. */
static void regularizer_argument(model *m, const char *name)
{
    static const struct {
        const char *text;
        feature feature;
    } regularizers[] = {
        {"l1(0.003)", F_L1}, {"l2", F_L2}, {"l2(l2=0.02)", F_L2}, {"l1_l2(0.002, 0.01)", F_L1_L2}, {"none", F_NONE}};
    if (!one_in(m, 4))
        return;
    const int nth = between(m, 0, 4);
    use(m, regularizers[nth].feature);
    if (nth < 4 && strcmp(name, "bias") == 0)
        use(m, F_BIAS_REGULARIZER);
    argument(m, "%s_regularizer=%s", name, regularizers[nth].text);
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
    regularizer_argument(m, "bias");
}

/* A pair, shorter where both numbers are the same. */
static void pair_argument(model *m, const char *name, int h, int w)
{
    if (h == w && one_in(m, 2))
        argument(m, "%s%d", name, h);
    else
        argument(m, "%s(%d, %d)", name, h, w);
}

/* A divisor of n that is at most limit. */
static int some_divisor(model *m, int n, int limit)
{
    int d = between(m, 1, smaller(n, limit));
    while (n % d != 0)
        d--;
    return d;
}

/* Length of one side behind a window. */
static int slide(int in, int window, int stride, bool same)
{
    return same ? (in - 1) / stride + 1 : (in - window) / stride + 1;
}

/* --- layers --------------------------------------------------------------------------------------- */

typedef struct kernel {
    int h, w, sh, sw, dh, dw; /* height, width, strides, dilation */
    bool same;
} kernel;

/* One that fits the picture. */
static kernel draw_kernel(model *m)
{
    kernel k = {.same = one_in(m, 2), .sh = 1, .sw = 1, .dh = 1, .dw = 1};
    const int highest = k.same ? 4 : smaller(4, m->now.dim[0]), widest = k.same ? 4 : smaller(4, m->now.dim[1]);
    k.h = between(m, 1, highest);
    k.w = one_in(m, 2) ? smaller(k.h, widest) : between(m, 1, widest);
    if (one_in(m, 3)) {
        k.dh = between(m, 1, 3);
        k.dw = between(m, 1, 3);
    } else {
        k.sh = one_in(m, 3) ? between(m, 2, 3) : 1;
        k.sw = one_in(m, 3) ? between(m, 1, 3) : 1;
    }
    while (!k.same && (k.h - 1) * k.dh >= m->now.dim[0])
        k.dh--;
    while (!k.same && (k.w - 1) * k.dw >= m->now.dim[1])
        k.dw--;
    return k;
}

static bool has_strides(const kernel *k)
{
    return k->sh > 1 || k->sw > 1;
}

static bool has_dilation(const kernel *k)
{
    return (k->dh > 1 && k->h > 1) || (k->dw > 1 && k->w > 1);
}

static void kernel_arguments(model *m, const kernel *k)
{
    pair_argument(m, "", k->h, k->w);
    if (has_strides(k))
        pair_argument(m, "strides=", k->sh, k->sw);
    if (k->same || one_in(m, 6))
        argument(m, "padding=%s", k->same ? "same" : "valid");
    if (k->dh > 1 || k->dw > 1)
        pair_argument(m, one_in(m, 2) ? "dilation_rate=" : "dilation=", k->dh, k->dw);
}

/* The shape behind a convolution. */
static void convolve(model *m, const kernel *k, int filters)
{
    m->now.dim[0] = slide(m->now.dim[0], (k->h - 1) * k->dh + 1, k->sh, k->same);
    m->now.dim[1] = slide(m->now.dim[1], (k->w - 1) * k->dw + 1, k->sw, k->same);
    m->now.dim[2] = filters;
}

static void add_conv2d_of(model *m, const kernel *k, int filters, int groups)
{
    use(m, F_CONV);
    use_behind(m, F_CONV_DX);
    use_behind(m, has_strides(k) ? F_CONV_DX_STRIDES : F_NONE);
    use_behind(m, k->same ? F_CONV_DX_SAME : F_NONE);
    use_behind(m, has_dilation(k) ? F_CONV_DX_DILATED : F_NONE);
    use_behind(m, groups > 1 ? F_CONV_DX_GROUPS : F_NONE);
    begin_layer(m, "conv2d", one_in(m, 2) ? "Conv2D" : "Convolution2D");
    argument(m, "%d", filters);
    kernel_arguments(m, k);
    if (groups > 1)
        argument(m, "groups=%d", groups);
    activation_argument(m, F_CONV_LINEAR, filters);
    kernel_argument(m, k->h * k->w * m->now.dim[2] / groups, filters == 1, false);
    regularizer_argument(m, "kernel");
    bias_argument(m, F_CONV_NO_BIAS);
    end_layer(m);
    convolve(m, k, filters);
    m->after_conv = m->has_parameters = true;
    m->after_groups = groups > 1;
}

static void add_conv2d(model *m)
{
    const kernel k = draw_kernel(m);
    const int groups = one_in(m, 2) ? some_divisor(m, m->now.dim[2], 4) : 1;
    use(m, (feature)(F_CONV_1 + k.h - 1));
    if (k.h != k.w)
        use(m, F_CONV_OBLONG);
    if (has_strides(&k))
        use(m, k.same ? F_CONV_SAME_STRIDES : F_CONV_STRIDES);
    if (has_dilation(&k))
        use(m, k.same ? F_CONV_SAME_DILATED : F_CONV_DILATED);
    if (k.same)
        use(m, F_CONV_SAME);
    if (groups > 1)
        use(m, F_CONV_GROUPS);
    add_conv2d_of(m, &k, groups > 1 ? groups * between(m, 1, 3) : between(m, 1, 5), groups);
}

static void add_depthwise_conv2d(model *m)
{
    const kernel k = draw_kernel(m);
    const int multiplier = one_in(m, 2) ? between(m, 2, 3) : 1;
    use(m, F_DEPTHWISE);
    use_behind(m, F_DEPTHWISE_DX);
    use(m, has_strides(&k) ? F_DEPTHWISE_STRIDES : F_NONE);
    use(m, has_dilation(&k) ? F_DEPTHWISE_DILATED : F_NONE);
    use(m, k.same ? F_DEPTHWISE_SAME : F_NONE);
    use(m, multiplier > 1 ? F_DEPTHWISE_MULTIPLIER : F_NONE);
    begin_layer(m, "depthwise_conv2d", "DepthwiseConv2D");
    kernel_arguments(m, &k);
    if (multiplier > 1 || one_in(m, 6))
        argument(m, "depth_multiplier=%d", multiplier);
    activation_argument(m, F_CONV_LINEAR, m->now.dim[2] * multiplier);
    regularizer_argument(m, "depthwise");
    bias_argument(m, F_DEPTHWISE_NO_BIAS);
    end_layer(m);
    convolve(m, &k, m->now.dim[2] * multiplier);
    m->has_parameters = true;
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
    if (max && m->after_groups)
        use_behind(m, F_CONV_GROUPS_POOLED);
    const bool pooled = max && m->after_conv;
    begin_layer(m, max ? "maxpool2d" : "avgpool2d", max ? "MaxPooling2D" : "AveragePooling2D");
    pair_argument(m, "", h, w);
    if (strides)
        pair_argument(m, "strides=", sh, sw);
    if (same)
        argument(m, "padding=same");
    end_layer(m);
    m->now.dim[0] = slide(m->now.dim[0], h, sh, same);
    m->now.dim[1] = slide(m->now.dim[1], w, sw, same);
    m->after_pooled = pooled;
}

static void add_activation(model *m)
{
    const int last = m->now.dim[m->now.rank - 1];
    if (one_in(m, 3) || m->after_pooled) {
        const bool pooled = m->after_pooled;
        begin_layer(m, "activation", "Activation");
        const char *name = newer_activation(m);
        if (pooled && strpbrk(name, "gs") == name)
            use(m, F_KEPT_POOLED);
        argument(m, "%s", name);
        end_layer(m);
        return;
    }
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
    regularizer_argument(m, "kernel");
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

/* What becomes one function, and keeps what the activation is applied to. */
static void add_pooled_conv2d(model *m)
{
    m->linear = true;
    add_conv2d(m);
    m->linear = false;
    add_pool(m, F_MAXPOOL);
    add_activation(m);
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

/* A layer with parameters that keeps rows and columns. */
static void add_linear(model *m, int channels)
{
    if (m->now.rank == 3) {
        const kernel k = {between(m, 1, 3), between(m, 1, 3), 1, 1, 1, 1, true};
        add_conv2d_of(m, &k, channels, 1);
    } else {
        add_dense(m, channels);
    }
}

static void add_residual(model *m, int depth)
{
    const int channels = m->now.dim[m->now.rank - 1];
    use(m, depth ? F_RESIDUAL_NESTED : F_RESIDUAL);
    say(m, "    residual {\n");
    add_linear(m, channels);
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

/* A residual that changes the number of channels, and for images rows and columns. */
static void add_projection(model *m)
{
    const int channels = between(m, 2, 6), stride = m->now.rank == 3 && one_in(m, 2) ? 2 : 1;
    const kernel k = {between(m, 1, 3), between(m, 1, 3), stride, stride, 1, 1, true};
    const bool other_side = m->now.rank == 1 && one_in(m, 2);
    const shape before = m->now;
    use(m, other_side ? F_RESIDUAL_ELSE : F_RESIDUAL_PROJECT);
    say(m, other_side ? "    residual {\n" : "    residual(project=true) {\n");
    if (m->now.rank == 3)
        add_conv2d_of(m, &k, channels, 1);
    else
        add_dense(m, channels);
    if (other_side) {
        const shape after = m->now;
        say(m, "    } else {\n");
        m->now = before;
        add_dense(m, channels);
        m->now = after;
    }
    say(m, "    }\n");
    m->after_conv = m->after_groups = m->after_pooled = false;
}

/* A result that a later layer takes, too. */
static void add_branch(model *m)
{
    static const char *const merges[] = {"add", "multiply", "concat"};
    const int merge = between(m, 0, 2), channels = m->now.dim[m->now.rank - 1], number = m->kept++;
    use(m, (feature)(F_BRANCH_ADD + merge));
    say(m, "    kept_%d = ", number);
    add_linear(m, channels);
    add_linear(m, channels);
    begin_layer(m, merges[merge], NULL);
    argument(m, "kept_%d", number);
    end_layer(m);
    if (merge == 2)
        m->now.dim[m->now.rank - 1] += channels;
}

/* Now and then something between two layers. */
static void add_more(model *m)
{
    const uint64_t state = m->state;
    m->state = m->other_state;
    const int kind = between(m, 0, 7);
    if (kind > 5 && m->now.rank != 2 && m->now.dim[0] <= 64 && m->now.dim[m->now.rank - 1] <= 64)
        kind == 6 ? add_branch(m) : add_projection(m);
    else if (kind == 0)
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
    case 6:
        add_depthwise_conv2d(m);
        break;
    case 7:
        add_pooled_conv2d(m);
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

/* In the order of the features. */
static const struct {
    const char *text;
    const char *activation; /* that must stand at the end; NULL: any */
    bool one_hot;
    bool one; /* output */
    bool classes;
} losses[] = {
    {"sparse_categorical_crossentropy", "softmax", false, false, true},
    {"categorical_crossentropy", "softmax", true, false, true},
    {"categorical_crossentropy(label_smoothing=0.1)", "softmax", true, false, true},
    {"mse", NULL, true, false, true},
    {"mse", NULL, false, true, false},
    {"mae", NULL, true, false, true},
    {"mean_absolute_error", NULL, false, true, false},
    {"huber(delta=0.3)", NULL, true, false, true},
    {"huber", NULL, false, true, false},
    {"binary_crossentropy(label_smoothing=0.2)", "sigmoid", true, false, true},
    {"binary_crossentropy", "sigmoid", false, true, true},
    {"hinge", NULL, true, false, true},
    {"hinge", NULL, false, true, true},
};

enum { LOSSES = sizeof losses / sizeof losses[0] };

/* What the outputs are compared with. */
typedef enum target { TARGET_LABEL, TARGET_COLUMNS, TARGET_INPUT } target;

static target target_of(const model *m, int loss)
{
    const bool numbers = losses[loss].one && !losses[loss].classes;
    return numbers ? (target)in_turn(m, 3, LOSSES) : TARGET_LABEL;
}

/* What the labels demand.
 * @param last   the activation at the end; NULL: any
 * @param units  numbers that the model gives */
static void end_with_dense(model *m, const char *last, int units)
{
    add_flat(m);
    const bool layer = last && one_in(m, 2);
    use(m, F_DENSE);
    use_behind(m, F_DENSE_DX);
    begin_layer(m, "dense", "Dense");
    argument(m, "%d", units);
    if (!last)
        activation_argument(m, F_DENSE_LINEAR, units);
    else if (!layer)
        argument(m, "activation=%s", last);
    kernel_argument(m, m->now.dim[0], true, true);
    regularizer_argument(m, "kernel");
    bias_argument(m, F_DENSE_NO_BIAS);
    end_layer(m);
    if (layer)
        say(m, "    activation(%s)\n", last);
    if (last)
        use(m, layer ? F_END_LAYER : F_END_ARGUMENT);
}

/* Filters as large as the picture, or a mean over it: no dense layer behind.
 * @param sides  height and width of the picture are both small */
static void end_with_image(model *m, const char *last, int units)
{
    const int h = m->now.dim[0], w = m->now.dim[1];
    if (one_in(m, 2) && h <= 4 && w <= 4) {
        use(m, F_END_CONV);
        add_conv2d_of(m, &(kernel){.h = h, .w = w, .sh = 1, .sw = 1, .dh = 1, .dw = 1}, units, 1);
    } else {
        use(m, F_END_POOL);
        add_conv2d_of(m, &(kernel){.h = 1, .w = 1, .sh = 1, .sw = 1, .dh = 1, .dw = 1}, units, 1);
        const bool global = one_in(m, 2);
        if (global) {
            use(m, F_GLOBAL_POOL);
            say(m, "    %s()\n", one_in(m, 2) ? "global_avgpool2d" : "GlobalAveragePooling2D");
        } else {
            say(m, "    avgpool2d((%d, %d))\n", h, w);
        }
        m->now.dim[0] = m->now.dim[1] = 1;
    }
    say(m, "    flatten()\n");
    if (last) {
        use(m, F_END_LAYER);
        say(m, "    activation(%s)\n", last);
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

/* Steps of training alone. */
static void augment_steps(model *m, bool image)
{
    const int kind = in_turn(m, 5, 1), which = in_turn(m, 4, 5);
    if (image && (kind == 0 || kind == 2)) {
        use(m, F_AUGMENT_MOVE);
        say(m, "%s%s%s", which != 0 ? "    augment_rotate(20)\n" : "", which != 1 ? "    augment_zoom(0.2)\n" : "",
            which != 2 ? "    augment_shift(1.5)\n" : "");
    }
    if (kind == 1 || kind == 2) {
        use(m, F_AUGMENT_NOISE);
        say(m, "    augment_noise(0.1)\n");
    }
}

static void sets(model *m, target t)
{
    static const char *const folder = "random";
    const bool labels = t != TARGET_INPUT, split = one_in(m, 4), files = in_turn(m, 7, 1) == 2;
    say(m, "    train = idx(\"%s/train-images-idx3-ubyte\"", folder);
    if (labels)
        say(m, ", \"%s/train-labels-idx1-ubyte\"", folder);
    say(m, ")\n    test = idx(\"%s/t10k-images-idx3-ubyte\"", folder);
    if (labels)
        say(m, ", \"%s/t10k-labels-idx1-ubyte\"", folder);
    say(m, ")\n");
    if (files) {
        use(m, F_VALIDATION_IDX);
        say(m, "    validation = idx(\"%s/t10k-images-idx3-ubyte\"", folder);
        if (labels)
            say(m, ", \"%s/t10k-labels-idx1-ubyte\"", folder);
        say(m, ")\n    limit(validation, 20)\n");
    } else if (split) {
        use(m, F_SPLIT);
        say(m, "    validation = split(train, 0.2)\n");
    }
}

static void data_block(model *m, int loss, shape input, int classes, bool reshape)
{
    say(m, "data random {\n");
    sets(m, target_of(m, loss));
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
    augment_steps(m, input.rank == 3);
    if (losses[loss].one_hot) {
        use(m, F_ONE_HOT);
        say(m, "    one_hot(%d)\n", classes);
    }
    say(m, "}\n\n");
}

static void model_block(model *m, int loss, shape input, int classes, bool with_input)
{
    const char *last = losses[loss].activation;
    const target t = target_of(m, loss);
    const int units = t == TARGET_INPUT ? elements(input) : losses[loss].one && t == TARGET_LABEL ? 1 : classes;
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
        add_image_layer(m, in_turn(m, 9, 1));
        add_more(m);
        for (int i = between(m, 0, 3); i > 0; i--)
            add_image_layer(m, between(m, 0, 8));
    }
    if (m->now.rank == 3 && one_in(m, 3)) {
        end_with_image(m, last, units);
    } else {
        add_flat(m);
        if (!m->has_parameters && !one_in(m, 4))
            add_dense(m, between(m, 2, 10));
        add_more(m);
        for (int i = m->now.rank == 1 ? between(m, 0, 3) : 0; i > 0; i--) {
            add_vector_layer(m, i == 1 ? in_turn(m, 7, 3) : between(m, 0, 6));
            add_more(m);
        }
        end_with_dense(m, last, units);
    }
    if (t != TARGET_LABEL)
        use(m, t == TARGET_INPUT ? F_TARGET_INPUT : F_TARGET_COLUMNS);
    if (t == TARGET_INPUT)
        say_shape(m, "reshape", input);
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
        {"adamw(weight_decay=0.01)", F_ADAMW},
        {"nadam(clipnorm=0.5)", F_NADAM_CLIPNORM},
        {"adagrad(0.01, global_clipnorm=0.5, weight_decay=1e-3)", F_ADAGRAD_GLOBAL},
        {"sgd(cosine_decay(0, 50, warmup_target=0.1, warmup_steps=9), clipvalue=0.01)", F_SGD_SCHEDULE},
    };
    const int nth = in_turn(m, sizeof optimizers / sizeof optimizers[0], 3);
    use(m, optimizers[nth].feature);
    say(m, "    optimizer = %s\n", optimizers[nth].text);
}

static void metrics_setting(model *m, bool classes, target t)
{
    if (t == TARGET_INPUT || !one_in(m, 2)) /* without labels there is nothing to measure */
        return;
    if (!classes) {
        use(m, F_METRICS_OF_NUMBERS);
        say(m, "    metrics = [mse, mae]\n");
    } else if (one_in(m, 2)) {
        use(m, F_METRIC_ACCURACY);
        say(m, "    metrics = [accuracy]\n");
    } else {
        use(m, F_METRICS_OF_CLASSES);
        say(m, "    metrics = [confusion_matrix, precision, recall, f1, mae]\n");
    }
}

static void train_block(model *m, int loss)
{
    const int batch = in_turn(m, 10, 1) == 7 ? 1 : between(m, 2, 40);
    use(m, (feature)(F_SPARSE + loss));
    use(m, batch == 1 ? F_BATCH_1 : batch % 2 ? F_BATCH_ODD : F_NONE);
    if (batch > 20)
        use(m, F_BATCH_LARGE);
    say(m, "train {\n    loss = %s\n", losses[loss].text);
    optimizer_setting(m);
    metrics_setting(m, losses[loss].classes, target_of(m, loss));
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

static void write_model(model *m, int loss, shape input, int classes)
{
    const int from = in_turn(m, 3, 1);
    use(m, (feature)(F_INPUT_LAYER + from));
    data_block(m, loss, input, classes, from > 0);
    model_block(m, loss, input, classes, from != 1);
    train_block(m, loss);
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
    const int loss = in_turn(&m, LOSSES, 1), drawn = between(&m, 2, 6);
    const int classes = losses[loss].one && losses[loss].classes ? 2 : drawn;
    write_model(&m, loss, input, classes);
    m.used[F_CONSTANT] = m.used[F_BLOCK];
    if (fclose(m.out) != 0)
        return 4;
    printf("# features:");
    for (int f = 0; f < F_COUNT; f++)
        if (m.used[f])
            printf(" %s", feature_names[f]);
    printf("\n# samples: %s%d", m.used[F_TARGET_COLUMNS] ? "f" : "", classes);
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
