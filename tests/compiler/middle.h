/* What the tests behind the analysis share: from a text to a graph at any level and to a plan. */
#ifndef TESTS_MIDDLE_H
#define TESTS_MIDDLE_H

#include "sema_helpers.h"

#include "passes/passes.h"
#include "plan/plan.h"

enum { MIDDLE_SAMPLES = 49 };

/** Descriptions that together use every word of the vocabulary, in many neighbourhoods. */
static inline const char *middle_sample(int i)
{
#define CLASSES "loss = sparse_categorical_crossentropy\noptimizer = adam\n"
#define ONE_HOT "loss = categorical_crossentropy\noptimizer = rmsprop\n"
#define SQUARES "loss = mse\noptimizer = sgd\n"
#define PICTURE "scale(1/255)\nreshape(28, 28, 1)"
    static const char *const samples[MIDDLE_SAMPLES][3] = {
        /* steps, layers, settings */
        {"reshape(784)", "dense(32, activation=relu)\ndense(64, activation=relu)\ndense(10, activation=softmax)",
         CLASSES "batch_size = 100"},
        {"reshape(784)\none_hot(10)", "dense(512, activation=relu)\ndense(10, activation=softmax)",
         ONE_HOT "batch_size = 128"},
        {PICTURE,
         "conv2d(32, (3, 3), activation=relu)\nmaxpool2d((2, 2))\nflatten()\ndense(100, activation=relu)\n"
         "dense(10, activation=softmax)",
         CLASSES "batch_size = 32"},
        {"reshape(784)", "dense(10, activation=softmax)", CLASSES "batch_size = 1"},
        {"reshape(784)", "dense(10)\nactivation(softmax)", CLASSES "batch_size = 33"},
        {"reshape(784)", "dense(1)", SQUARES "batch_size = 7"},
        {"reshape(784)", "dense(1, activation=sigmoid)", SQUARES "batch_size = 64"},
        {"reshape(784)\none_hot(10)", "dense(10, activation=softmax)", SQUARES},
        {"reshape(784)\none_hot(10)", "dense(10, activation=tanh, use_bias=false)", SQUARES},
        {PICTURE, "flatten()\ndropout(0.2)\ndense(64, activation=relu)\ndropout(0.5)\ndense(10, activation=softmax)",
         CLASSES "batch_size = 256"},
        {PICTURE, "conv2d(8, 5, strides=2, padding=same)\nflatten()\ndense(10, activation=softmax)",
         CLASSES "batch_size = 5"},
        {PICTURE,
         "conv2d(4, 3, padding=same, activation=tanh)\nconv2d(4, 3, activation=sigmoid)\navgpool2d()\nflatten()\n"
         "dense(10, activation=softmax)",
         CLASSES "batch_size = 16"},
        {PICTURE, "maxpool2d(3, strides=2, padding=same)\nflatten()\ndense(10, activation=softmax)",
         CLASSES "batch_size = 48"},
        {PICTURE,
         "avgpool2d(3, strides=2, padding=same)\nconv2d(3, 2)\nmaxpool2d(2)\nflatten()\n"
         "dense(10, activation=softmax)",
         CLASSES "batch_size = 9"},
        {PICTURE,
         "conv2d(4, 3)\nactivation(relu)\nactivation(tanh)\nmaxpool2d()\nflatten()\ndense(10, activation=softmax)",
         CLASSES},
        {PICTURE, "conv2d(4, 3, activation=softmax)\nmaxpool2d()\nflatten()\ndense(10, activation=softmax)", CLASSES},
        {PICTURE, "conv2d(4, 3)\ndropout(0.25)\nactivation(relu)\nflatten()\ndense(10, activation=softmax)", CLASSES},
        {"reshape(784)",
         "dense(20, activation=relu)\ndense(20, activation=softmax)\ndense(20, activation=tanh)\n"
         "dense(10, activation=softmax)",
         CLASSES},
        {"reshape(784)",
         "dense(49)\nreshape(7, 7, 1)\nconv2d(2, 3, activation=relu)\nflatten()\ndropout(0)\n"
         "activation(linear)\ndense(10, activation=softmax)",
         CLASSES "batch_size = 70"},
        {"reshape(784)", "dense(32)\nactivation(relu)\nactivation(sigmoid)\ndense(10, activation=softmax)", CLASSES},
        {"reshape(784)", "repeat(12) {\n dense(33, activation=relu)\n}\ndense(10, activation=softmax)",
         CLASSES "batch_size = 65"},
        {"reshape(784)", "repeat(6) {\n dense(300, activation=tanh)\n}\ndense(10, activation=softmax)",
         CLASSES "batch_size = 2000"},
        {PICTURE,
         "repeat(3) {\n conv2d(6, 3, padding=same, activation=relu)\n maxpool2d()\n}\nflatten()\n"
         "dense(10, activation=softmax)",
         CLASSES "batch_size = 3"},
        {PICTURE, "conv2d(4, 3, activation=relu)\nmaxpool2d(17, strides=1)\nflatten()\ndense(10, activation=softmax)",
         CLASSES},
        {PICTURE,
         "maxpool2d(2)\nmaxpool2d(2)\nconv2d(4, 3, activation=relu)\nmaxpool2d(2)\nmaxpool2d(2)\nflatten()\n"
         "dense(10, activation=softmax)",
         CLASSES "batch_size = 12"},
        {"reshape(784)", "dense(600, activation=relu, use_bias=false)\ndense(600)\ndense(10, activation=softmax)",
         CLASSES "batch_size = 8"},
        {"reshape(28, 28)", "flatten()\ndense(10, activation=softmax)", CLASSES "batch_size = 100"},
        {"reshape(14, 14, 4)",
         "conv2d(16, (1, 3), strides=(2, 1), use_bias=false)\nactivation(sigmoid)\n"
         "avgpool2d((3, 2), padding=same)\nflatten()\ndense(10, activation=softmax)",
         CLASSES "batch_size = 19"},
        {"reshape(14, 14, 4)", "conv2d(200, 5, activation=relu)\nconv2d(8, 1)\nflatten()\ndense(1, activation=tanh)",
         SQUARES "batch_size = 2"},
        {"normalize(33, 78)\nreshape(784)\nshuffle = false\nvalidation = split(train, 0.1)",
         "dense(16, activation=relu, kernel_initializer=he_normal)\ndense(10, activation=softmax)",
         CLASSES "metrics = [accuracy]"},
        {"reshape(784)", "activation(tanh)\ndense(10, activation=softmax)", CLASSES},
        {"reshape(784)", "dense(300)\ndropout(0.5)\ndropout(0.5)\nactivation(relu)\ndense(10, activation=softmax)",
         CLASSES "batch_size = 31"},
        {PICTURE,
         "conv2d(4, 3, activation=relu)\nreshape(26, 104)\nactivation(softmax)\nflatten()\n"
         "dense(10, activation=softmax)",
         CLASSES "batch_size = 6"},
        {PICTURE,
         "conv2d(4, 3, activation=relu)\nreshape(26, 13, 8)\nmaxpool2d()\nflatten()\n"
         "dense(10, activation=softmax)",
         CLASSES "batch_size = 40"},
        {PICTURE,
         "conv2d(4, 3, activation=relu)\nconv2d(4, 3)\nmaxpool2d()\nflatten()\n"
         "dense(10, activation=softmax)",
         CLASSES "batch_size = 40"},
        {PICTURE,
         "conv2d(4, 3, activation=sigmoid)\ndropout(0.3)\navgpool2d(3)\nconv2d(300, 3, activation=relu)\n"
         "flatten()\ndense(300, activation=tanh)\ndense(10, activation=softmax)",
         CLASSES "batch_size = 200"},
        {PICTURE, "conv2d(2, 28)\nflatten()\nactivation(softmax)", CLASSES "batch_size = 24"},
        {"reshape(14, 14, 4)",
         "conv2d(6, 3, groups=2, dilation=2, padding=same, activation=gelu)\nmaxpool2d()\n"
         "depthwise_conv2d(3, depth_multiplier=2, activation=silu)\nglobal_avgpool2d()\n"
         "dense(10, activation=softmax)",
         CLASSES "batch_size = 11"},
        {"reshape(14, 14, 4)",
         "depthwise_conv2d((3, 2), strides=2, padding=same, use_bias=false)\nactivation(elu(0.5))\n"
         "maxpool2d(2)\nactivation(gelu(approximate=true))\nglobal_avgpool2d()\n"
         "dense(10, activation=softmax)",
         CLASSES "batch_size = 4"},
        {"reshape(14, 14, 4)",
         "conv2d(4, 3, groups=4)\nmaxpool2d(2)\nactivation(silu)\nflatten()\n"
         "dense(30, activation=leaky_relu(0.1), kernel_regularizer=l2)\n"
         "dense(10, activation=softmax)",
         CLASSES "batch_size = 40"},
        {"reshape(784)",
         "dense(300, activation=gelu, kernel_regularizer=l1_l2(0.1, 0.2), bias_regularizer=l1)\n"
         "dense(40, activation=silu)\nactivation(gelu)\ndense(10, activation=softmax)",
         CLASSES "batch_size = 100"},
        {"reshape(784)", "dense(60, activation=silu, kernel_regularizer=l2)\ndense(1, kernel_regularizer=l1)",
         SQUARES "batch_size = 8"},
        {PICTURE,
         "conv2d(4, 3, padding=same, activation=relu)\nresidual {\n conv2d(4, 3, padding=same, activation=relu)\n"
         "residual {\n conv2d(4, 1)\n}\n}\nactivation(relu)\nmaxpool2d()\nflatten()\ndense(10, activation=softmax)",
         CLASSES "batch_size = 19"},
        {"reshape(784)",
         "residual {\n residual {\n residual {\n dense(784, activation=tanh)\n}\n}\n reshape(28, 28)\n"
         "reshape(784)\n}\ndropout(0.1)\nresidual {\n dropout(0)\n}\ndense(10, activation=softmax)",
         CLASSES "batch_size = 64"},
        {PICTURE,
         "batchnorm(center=false)\nconv2d(8, 3, use_bias=false)\nbatchnorm()\nactivation(relu)\nmaxpool2d()\n"
         "residual {\n conv2d(8, 3, padding=same)\nbatchnorm(scale=false)\n}\nactivation(relu)\nflatten()\n"
         "batchnorm(center=false, scale=false)\ndense(10)\nbatchnorm()\nactivation(softmax)",
         CLASSES "batch_size = 33"},
        {PICTURE,
         "conv2d(4, 3, activation=relu6)\nmaxpool2d()\ndepthwise_conv2d(3, activation=hard_silu)\nbatchnorm()\n"
         "activation(hard_sigmoid)\nflatten()\ndense(20, activation=mish)\ndense(10, activation=softmax)",
         CLASSES},
        {"reshape(784)",
         "dense(30, activation=selu)\ndense(20, activation=softplus)\nlayernorm()\nactivation(softsign)\n"
         "dense(10, activation=exponential)\ndense(10, activation=softmax)",
         CLASSES},
        {"reshape(784)", "batchnorm()\ndense(300, activation=relu)\nbatchnorm()\ndense(10, activation=softmax)",
         CLASSES "batch_size = 256"},
        {"reshape(14, 56)",
         "layernorm(center=false)\nlayernorm(scale=false)\nactivation(tanh)\nflatten()\ndense(20)\n"
         "layernorm(scale=false, center=false)\nactivation(relu)\nlayernorm()\ndense(10, activation=softmax)",
         CLASSES "batch_size = 12"},
    };
#undef CLASSES
#undef ONE_HOT
#undef SQUARES
#undef PICTURE
    return test_description(NULL, samples[i][0], samples[i][1], samples[i][2]);
}

/** The program of a text that is right. */
static inline ir_program *middle_resolved(const char *text)
{
    ir_program *p = test_analyze(text);
    ck_assert_msg(p != NULL, "%s\n%s", test_messages(), text);
    return p;
}

/** Run one pass, with the verifier behind it as the pipeline does. */
static inline bool middle_pass(ir_program *p, bool (*pass)(ir_context *cx), ir_level leaves)
{
    ir_context cx = {test_arena, test_diag, p};
    if (!pass(&cx))
        return false;
    p->graph->level = leaves;
    const char *fault = ir_verify(p->graph);
    ck_assert_msg(fault == NULL, "level %d: %s", (int)leaves, fault);
    return true;
}

/** The program of a text, brought as far as the level. */
static inline ir_program *middle_program(const char *text, ir_level level)
{
    static bool (*const passes[])(ir_context * cx) = {
        [IR_SHAPED] = infer_shapes, [IR_SIMPLIFIED] = simplify, [IR_DIFFERENTIATED] = differentiate,
        [IR_COSTED] = count_cost,   [IR_FUSED] = fuse,
    };
    ir_program *p = middle_resolved(text);
    for (int i = IR_SHAPED; i <= (int)level; i++)
        ck_assert_msg(middle_pass(p, passes[i], (ir_level)i), "%s\n%s", test_messages(), text);
    return p;
}

static inline plan *middle_plan_with(const char *text, const plan_options *options)
{
    plan *p = plan_make(test_arena, test_diag, middle_program(text, IR_FUSED), options);
    ck_assert_msg(p != NULL, "%s\n%s", test_messages(), text);
    return p;
}

static inline plan *middle_plan(const char *text)
{
    return middle_plan_with(text, &(plan_options){0});
}

/** The usual description with other steps and layers. */
static inline const char *middle_text(const char *steps, const char *layers)
{
    return test_description(NULL, steps, layers, NULL);
}

/** One operation: "dense_1", or with its kind before a layer of another name "relu@dense_1"; backward ones
 *  with a "'" behind. */
static inline const char *middle_op(const ir_op *op)
{
    const char *kind = op->code == IR_ACTIVATION ? ir_activation_name(op->attr.activation.kind) : ir_op_name(op->code);
    const char *tick = op->direction == IR_BACKWARD ? "'" : "";
    return strcmp(kind, op->layer) == 0 ? arena_printf(test_arena, "%s%s", kind, tick)
                                        : arena_printf(test_arena, "%s@%s%s", kind, op->layer, tick);
}

/** A chain of operations from one on, separated by blanks. */
static inline const char *middle_ops(const ir_op *first)
{
    str s = str_new(test_arena);
    str_add(&s, "");
    for (const ir_op *op = first; op != NULL; op = op->next)
        str_printf(&s, "%s%s", op == first ? "" : " ", middle_op(op));
    return s.text;
}

/** The operation whose middle_op() is the text. */
static inline ir_op *middle_find(const ir_program *p, const char *name)
{
    for (ir_op *op = p->graph->first; op != NULL; op = op->next)
        if (strcmp(middle_op(op), name) == 0)
            return op;
    ck_abort_msg("no operation %s in %s", name, middle_ops(p->graph->first));
    return NULL;
}

static inline const char *middle_shape(ir_shape s)
{
    return ir_shape_text(test_arena, s);
}

/** The names of values, separated by blanks. */
static inline const char *middle_values(ir_value *const *values, int count)
{
    str s = str_new(test_arena);
    str_add(&s, "");
    for (int i = 0; i < count; i++)
        str_printf(&s, "%s%s", i == 0 ? "" : " ", values[i]->name);
    return s.text;
}

#endif
