/* What descriptions mean: accepted ones, and the graph and settings that come of them. */
#include "sema_helpers.h"

#include <math.h>

static ir_program *accept(const char *text)
{
    ir_program *p = test_analyze(text);
    ck_assert_msg(p != NULL && test_diag->errors == 0, "refused:\n%s", test_messages());
    ck_assert_int_eq(p->graph->level, IR_RESOLVED);
    ck_assert_ptr_null(ir_verify(p->graph));
    return p;
}

static ir_program *accept_layers(const char *layers)
{
    return accept(test_description(NULL, NULL, layers, NULL));
}

/** The n-th operation, from 0; the input is the first. */
static const ir_op *op_at(const ir_program *p, int n)
{
    const ir_op *op = p->graph->first;
    while (op != NULL && n-- > 0)
        op = op->next;
    ck_assert_ptr_nonnull(op);
    return op;
}

/** "input dense:dense activation:dense loss": operations with their layers. */
static const char *chain_of(const ir_program *p)
{
    str text = str_new(test_arena);
    for (const ir_op *op = p->graph->first; op != NULL; op = op->next)
        str_printf(&text, "%s%s:%s", op == p->graph->first ? "" : " ", ir_op_name(op->code), op->layer);
    return text.text;
}

/* --- model ------------------------------------------------------------------------------------------ */

START_TEST(arguments_of_convolutions_and_activations)
{
    const ir_program *p = accept(test_description(
        NULL, "reshape(8, 8, 4)",
        "Conv2D(8, 3, dilation_rate=(2, 1), groups=2, activation=leaky_relu, kernel_initializer=orthogonal(2))\n"
        "DepthwiseConv2D(3, strides=2, depth_multiplier=3, activation=gelu(approximate=true), "
        "depthwise_initializer=he_normal, depthwise_regularizer=L2(0.5))\n"
        "activation(swish)\nactivation(elu)\nactivation(elu(0.3))\nactivation(leaky_relu(negative_slope=0.1))\n"
        "activation(gelu)\nGlobalAveragePooling2D()\ndense(10, activation=softmax)",
        NULL));
    ck_assert_str_eq(chain_of(p), "input:input conv2d:conv2d activation:conv2d depthwise_conv2d:depthwise_conv2d "
                                  "activation:depthwise_conv2d activation:activation activation:activation_1 "
                                  "activation:activation_2 activation:activation_3 activation:activation_4 "
                                  "global_avgpool2d:global_avgpool2d dense:dense activation:dense loss:loss "
                                  "penalty:loss");
    const ir_attributes *conv = &op_at(p, 1)->attr, *depthwise = &op_at(p, 3)->attr;
    ck_assert_int_eq(conv->dilation.h, 2);
    ck_assert_int_eq(conv->dilation.w, 1);
    ck_assert_int_eq(conv->groups, 2);
    ck_assert_int_eq(conv->kernel_initializer.kind, LANG_INITIALIZER_ORTHOGONAL);
    ck_assert_double_eq(conv->kernel_initializer.a, 2);
    ck_assert_int_eq(depthwise->multiplier, 3);
    ck_assert_int_eq(depthwise->dilation.h, 1);
    ck_assert_int_eq(depthwise->strides.w, 2);
    ck_assert_int_eq(depthwise->kernel_initializer.kind, LANG_INITIALIZER_HE_NORMAL);
    ck_assert_double_eq(depthwise->kernel_regularizer.l2, 0.5);
    ck_assert_double_eq(depthwise->kernel_regularizer.l1, 0);
    static const struct {
        int op;
        lang_activation kind;
        double a;
    } activations[] = {{2, LANG_ACTIVATION_LEAKY_RELU, 0.2}, {4, LANG_ACTIVATION_GELU, 1},
                       {5, LANG_ACTIVATION_SILU, 0},         {6, LANG_ACTIVATION_ELU, 1},
                       {7, LANG_ACTIVATION_ELU, 0.3},        {8, LANG_ACTIVATION_LEAKY_RELU, 0.1},
                       {9, LANG_ACTIVATION_GELU, 0}};
    for (size_t i = 0; i < sizeof activations / sizeof activations[0]; i++) {
        const ir_activation f = op_at(p, activations[i].op)->attr.activation;
        ck_assert_int_eq(f.kind, activations[i].kind);
        ck_assert_double_eq(f.a, activations[i].a);
    }
}
END_TEST

START_TEST(the_classic_model)
{
    const ir_program *p = accept(test_description(NULL, "scale(1/255)\nreshape(28, 28, 1)",
                                                  "input(28, 28, 1)\n"
                                                  "conv2d(32, (3, 3), activation=relu, kernel_initializer=he_uniform)\n"
                                                  "maxpool2d((2, 2))\nflatten()\n"
                                                  "dense(100, activation=relu)\ndense(10, activation=softmax)",
                                                  NULL));
    ck_assert_str_eq(p->model_name, "m");
    ck_assert_str_eq(chain_of(p),
                     "input:input conv2d:conv2d activation:conv2d maxpool2d:maxpool2d flatten:flatten dense:dense "
                     "activation:dense dense:dense_1 activation:dense_1 loss:loss");
    const ir_op *conv = op_at(p, 1);
    ck_assert_int_eq(conv->attr.filters, 32);
    ck_assert_int_eq(conv->attr.window.h, 3);
    ck_assert_int_eq(conv->attr.window.w, 3);
    ck_assert_int_eq(conv->attr.strides.h, 1);
    ck_assert_int_eq(conv->attr.padding, LANG_PADDING_VALID);
    ck_assert(conv->attr.use_bias);
    ck_assert_int_eq(conv->attr.activation.kind, LANG_ACTIVATION_LINEAR);
    ck_assert_int_eq(conv->attr.kernel_initializer.kind, LANG_INITIALIZER_HE_UNIFORM);
    ck_assert_int_eq(conv->attr.bias_initializer.kind, LANG_INITIALIZER_ZEROS);
    ck_assert_int_eq(op_at(p, 2)->attr.activation.kind, LANG_ACTIVATION_RELU);
    ck_assert_int_eq(op_at(p, 3)->attr.strides.w, 2);
    ck_assert_int_eq(op_at(p, 5)->attr.units, 100);
    ck_assert_int_eq(op_at(p, 5)->attr.kernel_initializer.kind, LANG_INITIALIZER_GLOROT_UNIFORM);
    ck_assert_int_eq(op_at(p, 8)->attr.activation.kind, LANG_ACTIVATION_SOFTMAX);
    ck_assert_ptr_eq(p->graph->input, op_at(p, 0));
    ck_assert_ptr_eq(p->graph->output, op_at(p, 8)->output[0]);
    ck_assert_ptr_eq(op_at(p, 9)->input[0], p->graph->output);
    ck_assert_int_eq(op_at(p, 9)->attr.loss.kind, LANG_LOSS_SPARSE_CATEGORICAL_CROSSENTROPY);
    ck_assert_int_eq(p->graph->input->output[0]->shape.rank, 3);
}
END_TEST

START_TEST(every_layer_with_every_argument)
{
    const ir_program *p = accept(test_description(
        NULL, "reshape(28, 28, 1)",
        "Conv2D(filters=8, kernel_size=(3, 5), strides=(2, 1), padding=same, activation=tanh, use_bias=false,\n"
        "  kernel_initializer=random_uniform(-1, 1), bias_initializer=constant(0.5), name=\"c\")\n"
        "AveragePooling2D(3, strides=1, padding=same)\nMaxPooling2D((1, 2), 1)\nDropout(0.25)\n"
        "reshape((4, 7, 2))\nflatten()\ndropout(rate=0.5)\n"
        "dense(10, "
        "bias_initializer=random_normal(mean=1))\nactivation(sigmoid)\nactivation(linear)\nactivation(softmax)",
        NULL));
    const ir_op *conv = op_at(p, 1);
    ck_assert_str_eq(conv->layer, "c");
    ck_assert_int_eq(conv->attr.window.w, 5);
    ck_assert_int_eq(conv->attr.strides.h, 2);
    ck_assert_int_eq(conv->attr.strides.w, 1);
    ck_assert_int_eq(conv->attr.padding, LANG_PADDING_SAME);
    ck_assert(!conv->attr.use_bias);
    ck_assert_double_eq(conv->attr.kernel_initializer.a, -1);
    ck_assert_double_eq(conv->attr.kernel_initializer.b, 1);
    ck_assert_double_eq(conv->attr.bias_initializer.a, 0.5);
    ck_assert_int_eq(op_at(p, 3)->attr.window.h, 3);
    ck_assert_int_eq(op_at(p, 3)->attr.strides.h, 1);
    ck_assert_int_eq(op_at(p, 4)->attr.window.w, 2);
    ck_assert_int_eq(op_at(p, 4)->attr.strides.w, 1);
    ck_assert_double_eq(op_at(p, 5)->attr.rate, 0.25);
    ck_assert_int_eq(op_at(p, 5)->attr.stream, 0);
    ck_assert_int_eq(op_at(p, 6)->attr.target.rank, 3);
    ck_assert_int_eq(op_at(p, 6)->attr.target.dim[1], 7);
    ck_assert_int_eq(op_at(p, 8)->attr.stream, 1);
    ck_assert_double_eq(op_at(p, 9)->attr.bias_initializer.a, 1);
    ck_assert_double_eq(op_at(p, 9)->attr.bias_initializer.b, 0.05);
    ck_assert_int_eq(op_at(p, 11)->attr.activation.kind, LANG_ACTIVATION_LINEAR);
    ck_assert_str_eq(op_at(p, 12)->layer, "activation_2");
}
END_TEST

START_TEST(automatic_names_make_way_for_given_ones)
{
    const ir_program *p = accept_layers("dense(1)\ndense(2, name=\"dense\")\ndense(3, name=\"dense_2\")\ndense(4)\n"
                                        "dense(5)\nactivation(softmax)");
    ck_assert_str_eq(chain_of(p), "input:input dense:dense_1 dense:dense dense:dense_2 dense:dense_3 dense:dense_4 "
                                  "activation:activation loss:loss");
}
END_TEST

START_TEST(the_shape_comes_from_input_or_reshape)
{
    ck_assert_int_eq(accept_layers("dense(10, activation=softmax)")->graph->input->output[0]->shape.dim[0], 784);
    const ir_program *p =
        accept(test_description(NULL, "scale(2)", "input((4, 5))\nflatten()\ndense(2, activation=softmax)", NULL));
    ck_assert_int_eq(p->graph->input->output[0]->shape.rank, 2);
    ck_assert_int_eq(p->graph->input->output[0]->shape.dim[1], 5);
    p = accept(
        test_description(NULL, "reshape(784)\nreshape(28, 28)", "flatten()\ndense(2, activation=softmax)", NULL));
    ck_assert_int_eq(p->graph->input->output[0]->shape.rank, 2);
    ck_assert_int_eq(p->data.reshape.dim[0], 28);
}
END_TEST

START_TEST(repeat_writes_its_layers_out)
{
    const ir_program *p = accept(test_description("n = 3", NULL,
                                                  "repeat(n) {\n  dense(8)\n  repeat(2) {\n    dropout(0.1)\n  }\n}\n"
                                                  "dense(10, activation=softmax)",
                                                  NULL));
    ck_assert_str_eq(chain_of(p), "input:input dense:dense dropout:dropout dropout:dropout_1 dense:dense_1 "
                                  "dropout:dropout_2 dropout:dropout_3 dense:dense_2 dropout:dropout_4 "
                                  "dropout:dropout_5 dense:dense_3 activation:dense_3 loss:loss");
}
END_TEST

START_TEST(residuals_add_what_came_in)
{
    const ir_program *p = accept(test_description("block unit(n) {\n  residual {\n    dense(n)\n  }\n}\n", NULL,
                                                  "repeat(2) {\n  unit(784)\n}\nresidual(name=\"outer\") {\n"
                                                  "  residual {\n    dropout(0.1)\n  }\n}\n"
                                                  "dense(10, activation=softmax)",
                                                  NULL));
    ck_assert_str_eq(chain_of(p), "input:input dense:dense add:add dense:dense_1 add:add_1 dropout:dropout add:add_2 "
                                  "add:outer dense:dense_2 activation:dense_2 loss:loss");
    ck_assert_ptr_eq(op_at(p, 2)->input[0], op_at(p, 1)->output[0]);
    ck_assert_ptr_eq(op_at(p, 2)->input[1], op_at(p, 0)->output[0]);
    ck_assert_ptr_eq(op_at(p, 4)->input[1], op_at(p, 2)->output[0]);
    ck_assert_ptr_eq(op_at(p, 6)->input[1], op_at(p, 4)->output[0]);
    ck_assert_ptr_eq(op_at(p, 7)->input[0], op_at(p, 6)->output[0]);
    ck_assert_ptr_eq(op_at(p, 7)->input[1], op_at(p, 4)->output[0]);
    ck_assert_int_eq(op_at(p, 7)->input_count, 2);
}
END_TEST

START_TEST(user_blocks_take_arguments)
{
    const ir_program *p =
        accept(test_description("f = tanh\nblock two(n, m=2 * 4, act=f) {\n  dense(n, activation=act)\n  one(m)\n}\n"
                                "block one(n) {\n  dense(n)\n}\n",
                                NULL, "two(3)\ntwo(5, act=relu, m=6)\ndense(10, activation=softmax)", NULL));
    ck_assert_str_eq(chain_of(p), "input:input dense:dense activation:dense dense:dense_1 dense:dense_2 "
                                  "activation:dense_2 dense:dense_3 dense:dense_4 activation:dense_4 loss:loss");
    ck_assert_int_eq(op_at(p, 1)->attr.units, 3);
    ck_assert_int_eq(op_at(p, 2)->attr.activation.kind, LANG_ACTIVATION_TANH);
    ck_assert_int_eq(op_at(p, 3)->attr.units, 8);
    ck_assert_int_eq(op_at(p, 4)->attr.units, 5);
    ck_assert_int_eq(op_at(p, 5)->attr.activation.kind, LANG_ACTIVATION_RELU);
    ck_assert_int_eq(op_at(p, 6)->attr.units, 6);
}
END_TEST

/* --- data ------------------------------------------------------------------------------------------- */

START_TEST(data_settings_and_steps)
{
    const ir_program *p = accept(test_description(
        NULL,
        "validation = split(train, 0.1)\nshuffle = false\nscale(1/255)\nnormalize(mean=0.5, std=0.25)\nreshape(784)\n"
        "one_hot(10)\nlimit(train, 1000)\nlimit(test, 100)",
        NULL, "loss = categorical_crossentropy\noptimizer = adam"));
    ck_assert_str_eq(p->data.name, "d");
    ck_assert_str_eq(p->data.train.samples, "i");
    ck_assert_str_eq(p->data.train.labels, "l");
    ck_assert_str_eq(p->data.test.samples, "ti");
    ck_assert_double_eq(p->data.validation_split, 0.1);
    ck_assert_int_eq(p->data.validation_order, LANG_ORDER_STRATIFIED);
    ck_assert(!p->data.shuffle);
    ck_assert_double_eq_tol(p->data.scale, 4.0 / 255, 1e-15);
    ck_assert_double_eq_tol(p->data.shift, -2, 1e-15);
    ck_assert_int_eq(p->data.one_hot, 10);
    ck_assert_int_eq(p->data.train_limit, 1000);
    ck_assert_int_eq(p->data.test_limit, 100);
}
END_TEST

/** scale() and normalize() do not commute: the order is the one written. */
START_TEST(steps_compose_in_order)
{
    const ir_program *p =
        accept(test_description(NULL, "normalize(10, 2)\nscale(3)\nnormalize(1, 4)\nreshape(784)", NULL, NULL));
    /* ((x - 10) / 2 * 3 - 1) / 4 = 0.375 x - 4 */
    ck_assert_double_eq_tol(p->data.scale, 0.375, 1e-15);
    ck_assert_double_eq_tol(p->data.shift, -4, 1e-15);
}
END_TEST

START_TEST(split_orders)
{
    static const char *const orders[] = {"stratified", "shuffled", "last"};
    for (int i = 0; i < LANG_ORDER_COUNT; i++) {
        char data[96];
        snprintf(data, sizeof data, "validation = split(train, 0.1, order=%s)\nreshape(784)", orders[i]);
        ck_assert_int_eq(accept(test_description(NULL, data, NULL, NULL))->data.validation_order, i);
    }
}
END_TEST

START_TEST(data_defaults)
{
    const ir_program *p = accept(test_description(NULL, NULL, NULL, NULL));
    ck_assert_double_eq(p->data.scale, 1);
    ck_assert_double_eq(p->data.shift, 0);
    ck_assert(p->data.shuffle);
    ck_assert_double_eq(p->data.validation_split, 0);
    ck_assert_int_eq(p->data.one_hot, 0);
    ck_assert_int_eq(p->data.train_limit, 0);
    p = accept("data {\n  train = idx(\"i\", \"l\")\n  reshape(4)\n}\nmodel {\n  dense(2, activation=softmax)\n}\n"
               "train {\n  loss = sparse_categorical_crossentropy\n  optimizer = sgd\n}\n");
    ck_assert_ptr_null(p->data.test.samples);
    ck_assert_str_eq(p->data.name, "data");
    ck_assert_str_eq(p->model_name, "model");
}
END_TEST

/* --- train ------------------------------------------------------------------------------------------ */

static const ir_train *accept_train(const char *settings)
{
    const char *text = arena_printf(test_arena, "loss = sparse_categorical_crossentropy\n%s", settings);
    return &accept(test_description(NULL, NULL, NULL, text))->train;
}

START_TEST(train_defaults)
{
    const ir_train *t = accept_train("optimizer = adam");
    ck_assert_int_eq(t->epochs, 1);
    ck_assert_int_eq(t->batch_size, 32);
    ck_assert_uint_eq(t->seed, 1);
    ck_assert_int_eq(t->metric_count, 0);
    ck_assert_int_eq(t->optimizer.kind, LANG_OPTIMIZER_ADAM);
    ck_assert_double_eq(t->optimizer.learning_rate, 0.001);
    ck_assert_double_eq(ir_optimizer_value(&t->optimizer, "beta_1"), 0.9);
    ck_assert_double_eq(ir_optimizer_value(&t->optimizer, "beta_2"), 0.999);
    ck_assert_double_eq(ir_optimizer_value(&t->optimizer, "epsilon"), 1e-7);
}
END_TEST

START_TEST(train_settings)
{
    const ir_train *t =
        accept_train("metrics = [accuracy]\nepochs = 7\nbatch_size = 2 ** 7\nseed = 9223372036854775807\n"
                     "optimizer = SGD(lr=0.5, momentum=0.9, nesterov=true)");
    ck_assert_int_eq(t->metric_count, 1);
    ck_assert_int_eq(t->metrics[0].kind, LANG_METRIC_ACCURACY);
    ck_assert_int_eq(t->epochs, 7);
    ck_assert_int_eq(t->batch_size, 128);
    ck_assert_uint_eq(t->seed, INT64_MAX);
    ck_assert_int_eq(t->optimizer.kind, LANG_OPTIMIZER_SGD);
    ck_assert_double_eq(t->optimizer.learning_rate, 0.5);
    ck_assert_double_eq(ir_optimizer_value(&t->optimizer, "momentum"), 0.9);
    ck_assert_double_eq(ir_optimizer_value(&t->optimizer, "nesterov"), 1);
    t = accept_train("optimizer = rmsprop(0.01, 0.8, momentum=0.5, epsilon=1e-6)\nmetrics = accuracy");
    ck_assert_int_eq(t->optimizer.kind, LANG_OPTIMIZER_RMSPROP);
    ck_assert_double_eq(ir_optimizer_value(&t->optimizer, "rho"), 0.8);
    ck_assert_double_eq(ir_optimizer_value(&t->optimizer, "momentum"), 0.5);
    ck_assert_double_eq(ir_optimizer_value(&t->optimizer, "epsilon"), 1e-6);
    ck_assert_int_eq(t->metric_count, 1);
}
END_TEST

/* --- expressions ------------------------------------------------------------------------------------ */

/** The value of an expression, by way of a constant. */
static double evaluate(const char *expression)
{
    const char *top = arena_printf(test_arena, "k = %s", expression);
    return accept(test_description(top, "normalize(k, 1)\nreshape(784)", NULL, NULL))->data.shift * -1;
}

START_TEST(arithmetic)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        {"1 + 2 * 3", 7},
        {"(1 + 2) * 3", 9},
        {"1/255", 1.0 / 255},
        {"7 / 2", 3.5},
        {"-2 ** 2", -4},
        {"2 ** 3 ** 2", 512},
        {"2 ** -1", 0.5},
        {"10 - 4 - 3", 3},
        {"+5", 5},
        {"- - 5", 5},
        {"1e3", 1000},
        {"0.1 + 0.2", 0.1 + 0.2},
        {"4 ** 0.5", 2},
        {"(-2) ** 3", -8},
        {"0 ** 0", 1},
        {"64 / 4 / 2", 8},
        {"2 ** 62", 4611686018427387904.0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const double got = evaluate(rows[i].text);
        ck_assert_msg(fabs(got - rows[i].value) <= 1e-15 * fabs(rows[i].value), "%s gives %.17g", rows[i].text, got);
    }
}
END_TEST

START_TEST(whole_quotients_serve_as_integers)
{
    const ir_program *p = accept_layers("dense(256 / 2)\ndense(10, activation=softmax)");
    ck_assert_int_eq(op_at(p, 1)->attr.units, 128);
}
END_TEST

START_TEST(long_chains_do_not_recurse)
{
    enum { TERMS = 500000 };
    str text = str_new(test_arena);
    str_add(&text, "k = 1");
    for (int i = 1; i < TERMS; i++)
        str_add(&text, " + 1");
    const ir_program *p = accept(test_description(text.text, "normalize(k, 1)\nreshape(784)", NULL, NULL));
    ck_assert_double_eq(p->data.shift, -TERMS);
}
END_TEST

/** Many names: look-ups must not be searches. */
START_TEST(many_constants)
{
    enum { COUNT = 20000 };
    str text = str_new(test_arena);
    str_add(&text, "k0 = 1\n");
    for (int i = 1; i < COUNT; i++)
        str_printf(&text, "k%d = k%d + 1\n", i, i - 1);
    str_printf(&text, "k = k%d", COUNT - 1);
    const ir_program *p = accept(test_description(text.text, "normalize(k, 1)\nreshape(784)", NULL, NULL));
    ck_assert_double_eq(p->data.shift, -COUNT);
}
END_TEST

START_TEST(constants_hold_any_value)
{
    const ir_program *p = accept(test_description(
        "window = (2, 3)\nopt = sgd(momentum=0.5)\nf = relu\nwith = false\npath = \"x\"\nm = [accuracy]",
        "reshape(28, 28, 1)",
        "conv2d(4, window, activation=f, use_bias=with)\nflatten()\ndense(10, activation=softmax)",
        "loss = sparse_categorical_crossentropy\noptimizer = opt\nmetrics = m"));
    ck_assert_int_eq(op_at(p, 1)->attr.window.w, 3);
    ck_assert(!op_at(p, 1)->attr.use_bias);
    ck_assert_int_eq(op_at(p, 2)->attr.activation.kind, LANG_ACTIVATION_RELU);
    ck_assert_double_eq(ir_optimizer_value(&p->train.optimizer, "momentum"), 0.5);
    ck_assert_int_eq(p->train.metric_count, 1);
}
END_TEST

START_TEST(definitions_take_the_place_of_constants)
{
    const char *const definitions[] = {"n=64", "rate=1", "f=tanh", "n=65", NULL};
    const char *text = test_description("n = 3\ntwice = 2 * n\nrate = 0.5\nf = relu", NULL,
                                        "dense(twice, activation=f)\ndense(10, activation=softmax)",
                                        "loss = sparse_categorical_crossentropy\noptimizer = sgd(rate)");
    const ir_program *p = test_analyze_with(text, definitions);
    ck_assert_msg(p != NULL, "%s", test_messages());
    ck_assert_int_eq(op_at(p, 1)->attr.units, 130);
    ck_assert_int_eq(op_at(p, 2)->attr.activation.kind, LANG_ACTIVATION_TANH);
    ck_assert_double_eq(p->train.optimizer.learning_rate, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sema");
    TCase *c = tcase_create("meaning");
    tcase_add_checked_fixture(c, test_setup, test_teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, the_classic_model);
    tcase_add_test(c, arguments_of_convolutions_and_activations);
    tcase_add_test(c, arguments_of_convolutions_and_activations);
    tcase_add_test(c, every_layer_with_every_argument);
    tcase_add_test(c, automatic_names_make_way_for_given_ones);
    tcase_add_test(c, the_shape_comes_from_input_or_reshape);
    tcase_add_test(c, repeat_writes_its_layers_out);
    tcase_add_test(c, residuals_add_what_came_in);
    tcase_add_test(c, user_blocks_take_arguments);
    tcase_add_test(c, data_settings_and_steps);
    tcase_add_test(c, steps_compose_in_order);
    tcase_add_test(c, split_orders);
    tcase_add_test(c, data_defaults);
    tcase_add_test(c, train_defaults);
    tcase_add_test(c, train_settings);
    tcase_add_test(c, arithmetic);
    tcase_add_test(c, whole_quotients_serve_as_integers);
    tcase_add_test(c, long_chains_do_not_recurse);
    tcase_add_test(c, many_constants);
    tcase_add_test(c, constants_hold_any_value);
    tcase_add_test(c, definitions_take_the_place_of_constants);
    suite_add_tcase(suite, c);
    return test_run(suite);
}
