/* Nests: what layers are made of, their values against formulas that are written here once more, and their C. */
#include "middle.h"

#include <math.h>

#include "graph/gradient.h"
#include "graph/rewrite.h"
#include "layers/derived.h"
#include "layers/nests.h"
#include "loops/interpret.h"
#include "loops/lower.h"

enum { ROWS = 3 };

/* A program's nests and the values of all their tensors. */
typedef struct network {
    const ir_program *program;
    layer_nests *nests;
    double **data;
} network;

static double random_value(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / (1 << 24) - 0.5;
}

/** Room for the tensors from `first` on, with made up values in those that nests read. */
static double **with_storage(const network *n, int first)
{
    double **data = arena_array(test_arena, (size_t)n->nests->graph->tensor_count, sizeof *data);
    uint32_t state = 7;
    for (const nest_tensor *t = n->nests->graph->tensors; t; t = t->next) {
        if (t->id < first)
            data[t->id] = n->data[t->id];
        if (t->id < first || t->role == NEST_VIEW)
            continue;
        const int64_t size = nest_elements(t) * (nest_is_per_row(t) ? ROWS : 1);
        data[t->id] = arena_array(test_arena, (size_t)size, sizeof(double));
        for (int64_t i = 0; i < size; i++)
            data[t->id][i] = strcmp(t->name, "label") == 0 ? (double)(i % 2) : random_value(&state);
    }
    return data;
}

/** The nests of a description, all that they read made up: labels are classes, 0 or 1. */
static network made_in_form(const char *text, nests_form form)
{
    network n = {.program = middle_program(text, IR_SHAPED)};
    n.nests = layer_nests_new(test_arena, n.program, form);
    const char *fault = nest_verify(n.nests->graph);
    ck_assert_msg(fault == NULL, "%s\n%s", fault, text);
    n.data = with_storage(&n, 0);
    return n;
}

static network made(const char *text)
{
    return made_in_form(text, NESTS_TRAINING);
}

static network computed(const char *steps, const char *layers, const char *settings)
{
    network n = made(test_description(NULL, steps, layers, settings));
    interpret_nests(n.nests->graph, ROWS, n.data);
    return n;
}

/** The values of the result of a written operation, by its name, or of its parameter. */
static const double *values(const network *n, const char *op_name, const char *role)
{
    for (const ir_op *op = n->program->graph->written; op; op = op->next)
        if (strcmp(op->layer, op_name) == 0) {
            const nest_tensor *t = nests_of(n->nests, role ? ir_parameter(op, role) : op->output[0]);
            return n->data[t->viewed ? t->viewed->id : t->id];
        }
    ck_abort_msg("no operation %s", op_name);
    return NULL;
}

static void expect_near(double got, double expected)
{
    ck_assert_msg(fabs(got - expected) <= 1e-12 * fmax(1, fabs(expected)), "got %.17g, expected %.17g", got, expected);
}

/* --- values ------------------------------------------------------------------------------------------ */

static const char *const CLASSES = "loss = sparse_categorical_crossentropy\noptimizer = adam\n";

START_TEST(of_a_dense)
{
    const network n = computed("reshape(784)", "dense(5, activation=tanh)\ndense(10, activation=softmax)", CLASSES);
    const double *x = values(&n, "input", NULL), *kernel = values(&n, "dense", "kernel");
    const double *bias = values(&n, "dense", "bias");
    for (int r = 0; r < ROWS; r++)
        for (int u = 0; u < 5; u++) {
            double sum = bias[u];
            for (int i = 0; i < 784; i++)
                sum += x[r * 784 + i] * kernel[i * 5 + u];
            expect_near(values(&n, "dense", NULL)[r * 5 + u], sum);
        }
}
END_TEST

/** A convolution with everything: strides, dilation or padding, groups. */
static void check_convolution(const char *layer, int stride, int dilation, int pad, int out, int groups)
{
    const network n = computed(
        "scale(1/255)\nreshape(14, 14, 4)",
        arena_printf(test_arena, "conv2d(6, 3, %s)\nflatten()\ndense(10, activation=softmax)", layer), CLASSES);
    const double *x = values(&n, "input", NULL), *kernel = values(&n, "conv2d", "kernel");
    const double *bias = values(&n, "conv2d", "bias"), *y = values(&n, "conv2d", NULL);
    const int channels = 4 / groups, filters = 6 / groups;
    for (int at = 0; at < ROWS * out * out * 6; at++) {
        const int k = at % 6, j = at / 6 % out, i = at / 6 / out % out, r = at / 6 / out / out;
        double sum = bias[k];
        for (int tap = 0; tap < 9 * channels; tap++) {
            const int c = tap % channels, row = i * stride + tap / channels / 3 * dilation - pad;
            const int column = j * stride + tap / channels % 3 * dilation - pad;
            if (row >= 0 && row < 14 && column >= 0 && column < 14)
                sum += x[((r * 14 + row) * 14 + column) * 4 + k / filters * channels + c] * kernel[tap * 6 + k];
        }
        expect_near(y[at], sum);
    }
}

START_TEST(of_convolutions)
{
    check_convolution("padding=same", 1, 1, 1, 14, 1);
    check_convolution("strides=2", 2, 1, 0, 6, 1);
    check_convolution("dilation_rate=2, groups=2", 1, 2, 0, 10, 2);
}
END_TEST

/** Windows of 3 x 3 over 14 x 14, padded by one at the end, in steps of 2. */
static void check_pool(bool is_max)
{
    const network n =
        computed("scale(1/255)\nreshape(14, 14, 4)",
                 arena_printf(test_arena, "%s(3, strides=2, padding=same)\nflatten()\ndense(10, activation=softmax)",
                              is_max ? "maxpool2d" : "avgpool2d"),
                 CLASSES);
    const double *x = values(&n, "input", NULL), *y = values(&n, is_max ? "maxpool2d" : "avgpool2d", NULL);
    for (int at = 0; at < ROWS * 7 * 7 * 4; at++) {
        const int k = at % 4, j = at / 4 % 7, i = at / 28 % 7, r = at / 196;
        double largest = -INFINITY, sum = 0;
        int count = 0;
        for (int row = i * 2; row < i * 2 + 3 && row < 14; row++)
            for (int column = j * 2; column < j * 2 + 3 && column < 14; column++, count++) {
                const double value = x[((r * 14 + row) * 14 + column) * 4 + k];
                largest = fmax(largest, value);
                sum += value;
            }
        expect_near(y[at], is_max ? largest : sum / count);
    }
}

START_TEST(of_pools)
{
    check_pool(true);
    check_pool(false);
}
END_TEST

/** Mean 0 and variance v / (v + epsilon), over the batch for each channel or over the channels of each position. */
static void check_norm(const char *layer, bool per_channel)
{
    const network n = computed(
        "scale(1/255)\nreshape(14, 14, 4)",
        arena_printf(test_arena, "%s(epsilon=0.01)\nflatten()\ndense(10, activation=softmax)", layer), CLASSES);
    const double *x = values(&n, "input", NULL), *y = values(&n, layer, NULL);
    const double *gamma = values(&n, layer, "gamma"), *beta = values(&n, layer, "beta");
    const int groups = per_channel ? 4 : ROWS * 196, members = per_channel ? ROWS * 196 : 4;
    for (int g = 0; g < groups; g++) {
        double mean = 0, variance = 0;
        for (int m = 0; m < members; m++)
            mean += x[per_channel ? m * 4 + g : g * 4 + m] / members;
        for (int m = 0; m < members; m++)
            variance += pow(x[per_channel ? m * 4 + g : g * 4 + m] - mean, 2) / members;
        for (int m = 0; m < members; m++) {
            const int at = per_channel ? m * 4 + g : g * 4 + m;
            expect_near(y[at], (x[at] - mean) / sqrt(variance + 0.01) * gamma[at % 4] + beta[at % 4]);
        }
    }
}

START_TEST(of_norms)
{
    check_norm("batchnorm", true);
    check_norm("layernorm", false);
}
END_TEST

/** The samples of the data files, moving statistics, no dropout and no loss. */
START_TEST(of_a_prediction)
{
    network n =
        made_in_form(test_description(NULL, "normalize(128, 64)\nreshape(784)",
                                      "batchnorm(epsilon=0.01)\ndropout(0.5)\ndense(10, activation=softmax)", CLASSES),
                     NESTS_PREDICTION);
    double *variance = (double *)values(&n, "batchnorm", "moving_variance");
    for (int i = 0; i < 784; i++)
        variance[i] += 1;
    interpret_nests(n.nests->graph, ROWS, n.data);
    const double *x = n.data[n.nests->samples->id], *y = values(&n, "batchnorm", NULL);
    const double *gamma = values(&n, "batchnorm", "gamma"), *beta = values(&n, "batchnorm", "beta");
    const double *mean = values(&n, "batchnorm", "moving_mean");
    ck_assert_ptr_eq(y, values(&n, "dropout", NULL));
    ck_assert_ptr_null(n.nests->losses);
    for (int i = 0; i < 784; i++)
        expect_near(y[i], (x[i] / 64 - 2 - mean[i]) / sqrt(variance[i] + 0.01) * gamma[i] + beta[i]);
}
END_TEST

START_TEST(of_losses)
{
    const network n = computed(
        "reshape(784)", "dense(10, activation=softmax, kernel_regularizer=l1_l2(0.1, 0.2), bias_regularizer=l1(0.3))",
        CLASSES);
    const double *x = values(&n, "input", NULL), *kernel = values(&n, "dense", "kernel");
    const double *bias = values(&n, "dense", "bias");
    double penalty = 0;
    for (int i = 0; i < 7840; i++)
        penalty += 0.1 * fabs(kernel[i]) + 0.2 * kernel[i] * kernel[i];
    for (int i = 0; i < 10; i++)
        penalty += 0.3 * fabs(bias[i]);
    for (int r = 0; r < ROWS; r++) {
        double z[10], sum = 0;
        for (int k = 0; k < 10; k++) {
            z[k] = bias[k];
            for (int i = 0; i < 784; i++)
                z[k] += x[r * 784 + i] * kernel[i * 10 + k];
            sum += exp(z[k]);
        }
        expect_near(n.data[n.nests->losses->id][r], log(sum) - z[r % 2] + penalty);
    }
}
END_TEST

/* --- gradients --------------------------------------------------------------------------------------- */

static double mean_loss(const network *n)
{
    double sum = 0;
    interpret_nests(n->nests->graph, ROWS, n->data);
    for (int r = 0; r < ROWS; r++)
        sum += n->data[n->nests->losses->id][r] / ROWS;
    return sum;
}

/** 1 / rows for every row: the gradient of the mean with respect to the losses. */
static nest_tensor *of_mean(nest_graph *g, nest_tensor *losses)
{
    nest *t = nest_begin(g, NEST_MAP);
    nest_index at[NEST_MAX_RANK];
    nest_free_like(t, losses, at);
    nest_load_index(t, "rows", nest_rows(1));
    return nest_end(t, "dloss", "1 / rows");
}

static nest_tensor **gradients_of_parameters(const network *n)
{
    nest_graph *g = n->nests->graph;
    bool *wanted = arena_array(test_arena, (size_t)g->tensor_count, sizeof *wanted);
    for (const nest_tensor *t = g->tensors; t; t = t->next)
        wanted[t->id] = t->role == NEST_PARAMETER;
    return nest_gradients(g, n->nests->losses, of_mean(g, n->nests->losses), wanted);
}

/* Layers in small, between a reshape of a few inputs and the end of a model. */
static const char *const small_layers[] = {
    "conv2d(4, 3, padding=same, strides=2)\nflatten()",
    "conv2d(4, (2, 3), strides=(3, 1), activation=tanh)\nconv2d(2, 2)\nflatten()",
    "conv2d(4, 2, dilation_rate=2, groups=2, activation=elu)\nflatten()",
    "conv2d(2, 1)\ndepthwise_conv2d(3, padding=same, strides=2, depth_multiplier=2)\nflatten()",
    "conv2d(2, 1)\nmaxpool2d(3, strides=2, padding=same)\nflatten()",
    "conv2d(2, 1)\navgpool2d((2, 3), strides=1, padding=same)\nglobal_avgpool2d()",
    "conv2d(2, 1)\nbatchnorm()\nactivation(gelu)\nflatten()\nlayernorm()",
    "flatten()\ndense(5, activation=softmax)\nresidual {\n dense(5, activation=silu)\n}\ndropout(0.3)",
    "conv2d(3, 1, activation=softmax, kernel_regularizer=l1_l2(0.01, 0.02))\nflatten()",
    "conv2d(2, 1)\nreshape(10, 6)\nconv1d(4, 3, groups=2, strides=2, padding=same)\nflatten()",
    "dense(3, activation=tanh)\ndense(2)\nreshape(10, 6)\ndense(3)\ndense(2, use_bias=false)\nflatten()",
    "conv2d_transpose(3, 3, strides=2, padding=same, activation=tanh)\nconv2d_transpose(2, (2, 1), strides=(3, 1))\n"
    "reshape(36, 20)\nconv1d_transpose(2, 4, strides=3)\nflatten()",
    "conv2d(2, 1)\nreshape(10, 6)\nmaxpool1d(3, strides=2, padding=same)\nrmsnorm()\nunit_norm()\nglobal_avgpool1d()\n"
    "repeat_vector(2)\nglobal_maxpool1d()",
    "conv2d(2, 1)\nreshape(10, 6)\npad1d((2, 1), mode=reflect)\ncrop1d((1, 0))\nupsample1d(2)\navgpool1d(3)\nflatten()",
    "conv2d(8, 1)\npixel_shuffle(2)\ncrop2d(1)\npermute(3, 1, 2)\n"
    "rescale(0.5, offset=1)\npermute(3, 2, 1)\nconv2d(4, 1)\npixel_shuffle(2, channels=inner)\nglobal_avgpool2d()",
    "conv2d(2, 1)\npad2d(((2, 0), (1, 3)), mode=reflect)\npad2d((1, 0), mode=edge)\npad2d(1)\nflatten()",
    "conv2d(2, 1)\nupsample2d((2, 3), interpolation=bilinear)\nupsample2d(2)\nglobal_maxpool2d()",
    "a = conv2d(4, 1)\ngroupnorm(2)\nmultiply(a)\nb = global_maxpool2d()\nreshape(1, 1, 4)\nmultiply(a, a)\n"
    "conv2d(3, 2)\nflatten()\nconcat(b)",
    "a = conv2d(2, 1)\nb = conv2d(2, (2, 1))(a)\nconcat(axis=-3)(a, b, a)\nc = groupnorm(1, center=false)\nconcat(c)\n"
    "flatten()",
    "a = conv2d(4, 1)\nb = conv2d(4, (2, 3), padding=same)\naverage(a, b)\nsubtract(a)\nglobal_maxpool2d()\n"
    "reshape(1, 1, 4)\nadd(b)\nmaximum(a, b)\nflatten()",
    "a = conv2d(4, 1)\nreshape(30, 4)\nb = conv1d(3, 2)\ndot(axes=1)(b, b)\n"
    "flatten()\nd = dense(4, activation=tanh)\ndense(4)\ndot(d, normalize=true)\nconcat(d)",
};

static const char *const small_ends[][2] = {
    {"dense(3, activation=softmax)", "loss = sparse_categorical_crossentropy\noptimizer = adam\n"},
    {"dense(1, activation=sigmoid)", "loss = binary_crossentropy(label_smoothing=0.1)\noptimizer = adam\n"},
    {"dense(1)", "loss = hinge\noptimizer = adam\n"},
    {"dense(2)", "loss = huber(0.3)\noptimizer = adam\n"},
};

START_TEST(follow_the_differences)
{
    const int layers = _i / 4, end = _i % 4;
    network n = made(test_description(NULL, "reshape(5, 6, 2)",
                                      arena_printf(test_arena, "%s\n%s", small_layers[layers], small_ends[end][0]),
                                      small_ends[end][1]));
    const int tensors = n.nests->graph->tensor_count;
    nest_tensor **gradient = gradients_of_parameters(&n);
    const char *fault = nest_verify(n.nests->graph);
    ck_assert_msg(fault == NULL, "%s", fault);
    n.data = with_storage(&n, tensors);
    for (const nest_tensor *t = n.nests->graph->tensors; t; t = t->next) {
        if (t->role != NEST_PARAMETER)
            continue;
        ck_assert_ptr_nonnull(gradient[t->id]);
        const nest_tensor *g = gradient[t->id]->viewed ? gradient[t->id]->viewed : gradient[t->id];
        for (int64_t i = 0; i < nest_elements(t); i += 1 + nest_elements(t) / 7) {
            double *w = &n.data[t->id][i];
            const double old = *w, step = 1e-5;
            *w = old + step;
            const double above = mean_loss(&n);
            *w = old - step;
            const double below = mean_loss(&n);
            *w = old;
            mean_loss(&n);
            const double expected = (above - below) / (2 * step), got = n.data[g->id][i];
            ck_assert_msg(fabs(got - expected) <= 1e-7 * fmax(1, fabs(expected)),
                          "%s[%lld] of \"%s\": got %.9g, expected %.9g", t->name, (long long)i, small_layers[layers],
                          got, expected);
        }
    }
}
END_TEST

/* --- all samples, and C ------------------------------------------------------------------------------ */

static const lower_form plain = {
    .is_reference = true, .lowest = "-INFINITY", .first = "0", .end = "rows", .max_rows = "8"};

START_TEST(of_samples_are_whole)
{
    const network n = made(middle_sample(_i));
    for (const nest *t = n.nests->graph->first, *end; t; t = end) {
        for (end = t; end && end->origin == t->origin; end = end->next)
            ck_assert_ptr_nonnull(strstr(nest_equation(test_arena, end), " = "));
        const lowered l = lower_nests(test_arena, t, end, &plain);
        ck_assert_int_ge(l.operand_count, 2);
    }
}
END_TEST

START_TEST(become_loops)
{
    const network n = made(test_description(
        NULL, "reshape(784)", "dense(3)\nlayernorm(center=false)\ndense(10, activation=softmax)", CLASSES));
    const nest *t = n.nests->graph->first, *norm = t->next->next;
    ck_assert_str_eq(nest_equation(test_arena, t), "sum[n, u] = sum over i of in[n, i] * kernel[i, u]");
    cwriter w = cw_new(test_arena);
    const lowered l = lower_nests(test_arena, norm, norm->next->next->next->next, &plain);
    ck_assert_str_eq(l.parameters, "int rows, double (*in)[3], const double *gamma, double (*out)[3]");
    ct_print_body(&w, l.body);
    ck_assert_str_eq(w.out.text, "{\n"
                                 "    for (int n = 0; n < rows; n++) {\n"
                                 "        double mean = 0.0;\n"
                                 "        for (int k = 0; k < 3; k++)\n"
                                 "            mean += in[n][k] / 3;\n"
                                 "        double variance = 0.0;\n"
                                 "        for (int k = 0; k < 3; k++) {\n"
                                 "            const double d = in[n][k] - mean;\n"
                                 "            variance += d * d / 3;\n"
                                 "        }\n"
                                 "        const double inverse = 1.0 / sqrt(variance + 0.001);\n"
                                 "        for (int u = 0; u < 3; u++)\n"
                                 "            out[n][u] = (in[n][u] - mean) * inverse * gamma[u];\n"
                                 "    }\n"
                                 "}\n");
}
END_TEST

/** The nests of the first operation of a name, rewritten as a trainer does, as loops over some rows. */
static const char *task_of(const char *layers, const char *layer, ir_direction direction)
{
    static const lower_form task = {.fma = "mnn_fma",
                                    .lowest = "-INFINITY",
                                    .max = "mnn_max",
                                    .min = "mnn_min",
                                    .row = "row",
                                    .first = "first",
                                    .end = "end",
                                    .max_rows = "8",
                                    .max_local = 4096,
                                    .workers = "1",
                                    .worker = "0"};
    const ir_program *p = middle_program(test_description(NULL, "reshape(4, 4, 4)", layers, CLASSES), IR_FUSED);
    const ir_op *op = p->graph->first;
    while (strcmp(op->layer, layer) != 0 || op->direction != direction)
        op = op->next;
    nest_graph *g = derived_nests(test_arena, op);
    ck_assert_ptr_null(nest_verify(g));
    nest_inline_maps(g);
    nest_split_factors(g);
    nest_add_in_place(g);
    nest_gather_rows(g);
    ck_assert_int_eq(nest_join_axes(g, true), 1);
    ck_assert_ptr_null(nest_verify(g));
    cwriter w = cw_new(test_arena);
    const lowered l = lower_nests(test_arena, g->first, NULL, &task);
    ck_assert_int_ge(l.operand_count, 2);
    ct_print(&w, l.body);
    return w.out.text;
}

START_TEST(are_limited)
{
    const int64_t dim[] = {NEST_MAX_LOADS + 1};
    nest_graph *g = nest_graph_new(test_arena);
    nest_tensor *in = nest_tensor_new(g, NEST_EXTERN, "in", 1, dim);
    nest *t = nest_begin(g, NEST_MAP);
    for (int i = 0; i <= NEST_MAX_LOADS; i++)
        NEST_LOAD(t, "in", in, nest_constant(i));
    nest_end(t, "out", "in");
    ck_assert_str_eq(nest_verify(g), "a nest reads too many elements");
}
END_TEST

START_TEST(become_tasks)
{
    const char *layers = "conv2d(2, 1)\navgpool2d(3, strides=2, padding=same)\nflatten()\n"
                         "dense(10, activation=softmax)";
    ck_assert_str_eq(task_of(layers, "avgpool2d", IR_FORWARD),
                     "for (int row = first; row < end; row++)\n"
                     "    for (int i = 0; i < 2; i++)\n"
                     "        for (int j = 0; j < 2; j++) {\n"
                     "            const int r_end = mnn_min(3, 4 - i * 2);\n"
                     "            const int s_end = mnn_min(3, 4 - j * 2);\n"
                     "            const float count = (float)(r_end * s_end);\n"
                     "            float sum[2];\n"
                     "            for (int k = 0; k < 2; k++)\n"
                     "                sum[k] = 0.0f;\n"
                     "            for (int r = 0; r < r_end; r++)\n"
                     "                for (int s = 0; s < s_end; s++)\n"
                     "                    for (int k = 0; k < 2; k++)\n"
                     "                        sum[k] += in[row][i * 2 + r][j * 2 + s][k];\n"
                     "            for (int k = 0; k < 2; k++)\n"
                     "                out[row][i][j][k] = sum[k] / count;\n"
                     "        }\n");
    ck_assert_str_eq(task_of(layers, "avgpool2d", IR_BACKWARD),
                     "for (int row = first; row < end; row++) {\n"
                     "    memset(din[row], 0, sizeof din[row]);\n"
                     "    for (int i = 0; i < 2; i++)\n"
                     "        for (int j = 0; j < 2; j++) {\n"
                     "            const int r_end = mnn_min(3, 4 - i * 2);\n"
                     "            const int s_end = mnn_min(3, 4 - j * 2);\n"
                     "            const float count = (float)(r_end * s_end);\n"
                     "            float share[2];\n"
                     "            for (int k = 0; k < 2; k++)\n"
                     "                share[k] = dout[row][i][j][k] / count;\n"
                     "            for (int r = 0; r < r_end; r++)\n"
                     "                for (int s = 0; s < s_end; s++)\n"
                     "                    for (int k = 0; k < 2; k++)\n"
                     "                        din[row][i * 2 + r][j * 2 + s][k] += share[k];\n"
                     "        }\n"
                     "}\n");
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *c = tcase_create(name);
    tcase_add_checked_fixture(c, test_setup, test_teardown);
    suite_add_tcase(suite, c);
    return c;
}

int main(void)
{
    Suite *suite = suite_create("nests");
    TCase *c = add_case(suite, "values");
    tcase_add_test(c, of_a_dense);
    tcase_add_test(c, of_convolutions);
    tcase_add_test(c, of_pools);
    tcase_add_test(c, of_norms);
    tcase_add_test(c, of_a_prediction);
    tcase_add_test(c, of_losses);
    c = add_case(suite, "gradients");
    tcase_add_loop_test(c, follow_the_differences, 0, 4 * (int)(sizeof small_layers / sizeof *small_layers));
    c = add_case(suite, "loops");
    tcase_add_loop_test(c, of_samples_are_whole, 0, MIDDLE_SAMPLES);
    tcase_add_test(c, become_loops);
    tcase_add_test(c, are_limited);
    tcase_add_test(c, become_tasks);
    return test_run(suite);
}
