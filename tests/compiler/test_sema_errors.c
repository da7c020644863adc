/* What the analysis refuses, with the words and the places of its messages. */
#include "sema_helpers.h"

static void refuse(const char *text, const char *expected)
{
    ck_assert_ptr_null(test_analyze(text));
    ck_assert_int_gt(test_diag->errors, 0);
    ck_assert_msg(strstr(test_messages(), expected) != NULL, "expected \"%s\" in:\n%s", expected, test_messages());
}

/** Refused with this one error and nothing else that looks like one. */
static void refuse_once(const char *text, const char *expected)
{
    refuse(text, expected);
    ck_assert_msg(test_diag->errors == 1, "expected one error:\n%s", test_messages());
}

/** Rows of a part of the description and what is said about it. */
typedef struct refusal {
    const char *part;
    const char *message;
} refusal;

START_TEST(layers_refused)
{
    static const refusal rows[] = {
        {"dens(10)", "error 8: unknown layer \"dens\"\nhint 0: did you mean \"dense\"?\n"},
        {"qqqqqqqqqqqq(1)", "hint 0: known layers: input, dense, conv2d,"},
        {"conv2dd(1)", "did you mean \"conv2d\"?"},
        {"dense(0)", "error 8: \"units\" of layer \"dense\" is out of range (got 0, expected at least 1)"},
        {"dense(2147483648)", "(got 2147483648, expected at most 2147483647)"},
        {"dense(1.5)", "\"units\" of layer \"dense\" must be an integer (got 1.5)"},
        {"dense(1e300)", "is out of range (got 1e+300, expected at most 2147483647)"},
        {"dense(18446744073709551616)", "is out of range (got 1.8446744073709552e+19, expected at most 2147483647)"},
        {"dense(-1e300)", "is out of range (got -1e+300, expected at least 1)"},
        {"dense(\"x\")", "has the wrong type (got the string \"x\", expected an integer)"},
        {"dense(none)", "(got none, expected an integer)"},
        {"dense(n)", "unknown constant \"n\""},
        {"dense()", "missing argument \"units\" of layer \"dense\" (expected an integer)"},
        {"dense(1, relu, true, zeros, zeros, l1, l2, 3)",
         "too many arguments for layer \"dense\" (expected at most 7 without a name)"},
        {"dense(10, units=3)", "argument \"units\" of layer \"dense\" is given twice\nnote 8: the first one is here"},
        {"dense(10, unit=3)", "unknown argument \"unit\" of layer \"dense\"\nhint 0: did you mean \"units\"?"},
        {"dense(10, activation=reul)", "unknown activation \"reul\"\nhint 0: did you mean \"relu\"?"},
        {"dense(10, activation=\"reul\")", "unknown activation \"reul\"\nhint 0: did you mean \"relu\"?"},
        {"dense(10, activation=relu(3))", "too many arguments for activation \"relu\""},
        {"dense(10, activation=3)", "(got 3, expected an activation)"},
        {"dense(10, use_bias=1)", "(got 1, expected true or false)"},
        {"dense(10, kernel_initializer=he)", "unknown initializer \"he\""},
        {"dense(10, bias_initializer=constant)", "missing argument \"value\" of initializer \"constant\""},
        {"dense(10, bias_initializer=random_normal(stddev=-1))", "(got -1, expected at least 0)"},
        {"dense(10, bias_initializer=random_uniform(2, 1))", "\"minval\" must be less than \"maxval\" (got 2 and 1)"},
        {"dense(10, bias_initializer=random_normal(1, 1e38))",
         "mean + 7 stddev, the largest sample, does not fit a 32-bit number (got 7e+38, expected at most 3.4e38)"},
        {"dense(10, kernel_regularizer=l2(1.8e38))",
         "the gradient of the penalty, 2 l2 w, does not fit a 32-bit number (got 3.6e+38, expected at most 3.4e38)"},
        {"dense(10, bias_regularizer=l1_l2(3e38, 3e38))", "2 l2 w, does not fit a 32-bit number (got 6e+38"},
        {"dropout(1)", "\"rate\" of layer \"dropout\" is out of range (got 1, expected less than 1)"},
        {"dropout(0.99999999999)", "expected less than 1"},
        {"dropout(-0.1)", "expected at least 0"},
        {"conv2d(8, (1, 2, 3))", "(got a tuple of 3 values, expected an integer or a pair of integers)"},
        {"conv2d(8, (0, 3))", "\"kernel_size\" of layer \"conv2d\" is out of range (got 0, expected at least 1)"},
        {"conv2d(8, 3, padding=full)", "unknown padding \"full\"\nhint 0: known paddings: valid, same"},
        {"conv2d(8, 3, strides=none)", "(got none, expected"},
        {"reshape()", "missing argument \"shape\" of layer \"reshape\""},
        {"reshape(1, 2, 3, 4, 5)", "wrong number of dimensions (got 5, expected 1 to 4)"},
        {"reshape(0)", "(got 0, expected at least 1)"},
        {"reshape(65536, 65536)", "too large (expected at most 2147483647 elements)"},
        {"reshape(2147483647, 2147483647, 2147483647, 2147483647)", "too large"},
        {"flatten(1)", "too many arguments for layer \"flatten\""},
        {"dense(1) {\n}", "layer \"dense\" takes no { ... }"},
        {"x = 3", "the model block has no settings (got \"x\", expected a layer)"},
        {"adam()", "unknown layer \"adam\"\nhint 0: \"adam\" is an optimizer"},
        {"hard_tanh()", "activation \"hard_tanh\" is not supported\nhint 0: tanh is closest"},
        {"scale(2)", "hint 0: \"scale\" is a step of the data block"},
        {"dense(1)\ninput(784)", "error 9: input must be the first layer\nnote 8: the first layer is here"},
        {"input(784)\ninput(784)", "error 9: the model has a second input\nnote 8: the first input is here"},
        {"input(28, 28)", "error 8: input and data disagree about the shape (got (28, 28), expected (784))\nnote 5:"},
        {"residual()", "residual needs the layers inside (expected residual { ... })"},
        {"residual {\n}", "residual without layers only doubles its input"},
        {"residual(true, 2) {\n  dense(784)\n}", "too many arguments for statement \"residual\""},
        {"residual {\n  dense(0)\n}", "error 9: \"units\""},
        {"residual {\n  input(784)\n  dense(784)\n}", "error 9: input must be the first layer"},
        {"residual(name=\"a\") {\n  dense(784, name=\"a\")\n}", "layer name \"a\" is taken by another layer"},
        {"repeat(2)", "repeat needs the layers to repeat"},
        {"repeat(0) {\n  dense(1)\n}", "\"n\" of statement \"repeat\" is out of range (got 0, expected at least 1)"},
        {"repeat(5000) {\n  dense(1)\n}", "the model has too many layers (expected at most 4096)"},
        {"repeat(3) {\n  dense(0)\n}", "error 9: \"units\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *layers = arena_printf(test_arena, "%s\ndense(10, activation=softmax)", rows[i].part);
        refuse_once(test_description(NULL, NULL, layers, NULL), rows[i].message);
    }
}
END_TEST

START_TEST(layer_names_refused)
{
    static const refusal rows[] = {
        {"\"\"", "wrong length (got 0, expected 1 to 64 characters)"},
        {"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "wrong length (got 65"},
        {"\"a b\"", "cannot hold this character (got \"a b\""},
        {"\"*/\"", "cannot hold this character"},
        {"\"?\?/\"", "cannot hold this character"},
        {"\"%n\"", "cannot hold this character"},
        {"\"a\\nb\"", "(got \"a\\nb\""},
        {"\"a\\x00b\"", "cannot hold"},
        {"\"\\\"\"", "cannot hold this character"},
        {"3", "(got 3, expected a name as a string)"},
        {"\"loss\"", "layer name \"loss\" is taken by the loss"},
        {"\"input\"", "layer name \"input\" is taken by the input"},
        {"\"optimizer.m.dense\"", "layer name \"optimizer.m.dense\" must not begin with \"optimizer.\""},
        {"\"best.dense\"", "layer name \"best.dense\" must not begin with \"best.\""},
        {"\"epoch.counts\"", "layer name \"epoch.counts\" must not begin with \"epoch.\""},
        {"\"epoch.counts.0\"", "layer name \"epoch.counts.0\" must not begin with \"epoch.\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *layers = arena_printf(test_arena, "dense(10, activation=softmax, name=%s)", rows[i].part);
        refuse_once(test_description(NULL, NULL, layers, NULL), rows[i].message);
    }
    refuse_once(test_description(NULL, NULL, "dense(1, name=\"a\")\ndense(10, activation=softmax, name=\"a\")", NULL),
                "error 9: layer name \"a\" is taken by another layer\nnote 8: the first one is here");
}
END_TEST

START_TEST(data_refused)
{
    static const refusal rows[] = {
        {"scael(1)", "unknown data step \"scael\"\nhint 0: did you mean \"scale\"?"},
        {"scale(0)", "\"k\" of data step \"scale\" is out of range (got 0, expected anything but 0)"},
        {"scale(1e39)", "does not fit a 32-bit number (got 1e+39, expected at most 3.4e38)"},
        {"scale(1e-39)", "(got 1e-39, expected 0 or at least 1.2e-38)"},
        {"scale(nan)", "\"k\" of data step \"scale\" must be finite (got nan)"},
        {"scale(1e30)\nscale(1e30)", "error 6: the steps up to here do not fit a 32-bit number"},
        {"normalize(1e-37, 1e38)", "error 5: the steps up to here do not fit a 32-bit number"},
        {"augment_noise(1e30)\nscale(1e30)", "error 6: the noise after this step does not fit a 32-bit number"},
        {"scale(1e-200 * 1e-200)", "the result of \"*\" is too small for a number (got 0)"},
        {"scale(1e-300 / 1e300)", "the result of \"/\" is too small for a number (got 0)"},
        {"normalize(0, 0)", "\"std\" of data step \"normalize\" is out of range (got 0, expected more than 0)"},
        {"normalize(0)", "missing argument \"std\" of data step \"normalize\""},
        {"reshape(2, 2)", "reshape changes the number of elements (got (784), expected the 4 of (2, 2))\nnote 5:"},
        {"one_hot(1)", "(got 1, expected at least 2)"},
        {"one_hot(257)", "(got 257, expected at most 256)"},
        {"one_hot(10)\none_hot(10)", "error 6: data step \"one_hot\" is given twice\nnote 5: the first one is here"},
        {"limit(train, 1)\nlimit(train, 2)", "error 6: data step \"limit\" is given twice\nnote 5:"},
        {"limit(all, 1)", "unknown set \"all\"\nhint 0: known sets: train, test"},
        {"limit(train, 0)", "(got 0, expected at least 1)"},
        {"dense(3)", "hint 0: \"dense\" is a layer and belongs in the model block"},
        {"shuffle(true)", "\"shuffle\" is a setting, not a step\nhint 0: write shuffle = ..."},
        {"scale = 2", "\"scale\" is a data step, not a setting\nhint 0: write it with parentheses: scale(...)"},
        {"shufle = true", "unknown setting \"shufle\" of the data block\nhint 0: did you mean \"shuffle\"?"},
        {"shuffle = 1", "(got 1, expected true or false)"},
        {"shuffle = \"yes\"", "(got the string \"yes\", expected true or false)"},
        {"train = idx(\"a\", \"b\")", "error 5: setting \"train\" is given twice\nnote 3: the first one is here"},
        {"validation = split(train, -0.1)",
         "\"fraction\" of validation source \"split\" is out of range (got -0.1, expected at least 0)"},
        {"validation = split(train, 1)", "(got 1, expected less than 1)"},
        {"validation = split(test, 0.5)", "(got test, expected train)"},
        {"validation = split(validation, 0.5)", "(got validation, expected train)"},
        {"validation = 0.1", "(got 0.1, expected split(train, fraction) or a source such as idx(images, labels))"},
        {"validation = idx(\"v\")", "the validation set has no labels, the training set has some (expected the same)"},
        {"limit(validation, 5)", "limit of a set that the data block does not have (got validation)"},
        {"augment_zoom(1)", "\"f\" of data step \"augment_zoom\" is out of range (got 1, expected at most 0.9)"},
        {"augment_rotate(181)", "(got 181, expected at most 180)"},
        {"augment_noise(-0.1)", "(got -0.1, expected at least 0)"},
        {"augment_shift(1)", "a step that moves images needs an image (got (784), expected (height, width, channels))"},
        {"augment_noise(1)\naugment_noise(1)", "data step \"augment_noise\" is given twice"},
        {"reshape(28, 28)\naugment_shift(1)\nnormalize(5, 2)\naugment_zoom(0.1)",
         "the steps that move images must be adjacent\nnote"},
        {"reshape(28, 28)\naugment_shift(1)\nreshape(14, 56)\naugment_zoom(0.1)", "must be adjacent\nnote"},
        {"scale(1) {\n}", "data step \"scale\" takes no { ... }"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *steps = arena_printf(test_arena, "%s\nreshape(784)", rows[i].part);
        const bool one_hot = strstr(rows[i].part, "one_hot") != NULL;
        refuse_once(
            test_description(NULL, steps, NULL, one_hot ? "loss = categorical_crossentropy\noptimizer = sgd" : NULL),
            rows[i].message);
    }
}
END_TEST

START_TEST(data_files_refused)
{
    static const refusal rows[] = {
        {"test = idx(\"a\", \"b\")",
         "missing setting \"train\" in the data block (expected a source such as idx(images, labels))"},
        {"train = idx(\"a\")", "sparse_categorical_crossentropy needs labels, but the training set has none\nnote"},
        {"train = idx(\"a\")\none_hot(2)", "one_hot needs labels, but the training set has none"},
        {"train = idx(\"a\")\ntest = idx(\"a\", \"b\")", "the test set has labels, the training set has none"},
        {"train = idx(\"a\", \"b\")\nlimit(test, 5)", "limit of a set that the data block does not have (got test)"},
        {"train = idx", "missing argument \"images\" of data source \"idx\""},
        {"train = idx(\"\", \"b\")", "\"images\" of data source \"idx\" is empty"},
        {"train = idx(\"a\\x00\", \"b\")", "a string cannot hold a NUL character"},
        {"train = idx(a, \"b\")", "(got the word \"a\", expected the path of a file as a string)"},
        {"train = tfrecord(\"a\")",
         "data source \"tfrecord\" is not supported\nhint 0: save the arrays with numpy.savez()"},
        {"train = csv(\"a\")", "needs labels, but the training set has none"},
        {"train = csv(\"a\", target=\"y\", decimal=\"x\")", "(got \"x\", expected \".\" or \",\")"},
        {"train = csv(\"a\", target=\"y\", decimal=\",\", separator=\",\")", "the decimal mark is the separator"},
        {"train = csv(\"a\", target=1.5)", "expected a name, an index or a list of them"},
        {"train = csv(\"a\", target=\"y\", separator=\"::\")", "expected auto, tab"},
        {"train = idy(\"a\")", "unknown data source \"idy\"\nhint 0: did you mean \"idx\"?"},
        {"train = \"a\"", "(got the string \"a\", expected a source such as idx(images, labels))"},
        {"train = none", "(got none, expected a source such as idx(images, labels))"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuse(arena_printf(test_arena,
                            "data d {\n%s\nreshape(4)\n}\nmodel m {\ndense(2, activation=softmax)\n}\n"
                            "train {\nloss = sparse_categorical_crossentropy\noptimizer = sgd\n}\n",
                            rows[i].part),
               rows[i].message);
}
END_TEST

START_TEST(train_refused)
{
    static const refusal rows[] = {
        {"optimizer = adma", "unknown optimizer \"adma\"\nhint 0: did you mean \"adam\"?"},
        {"optimizer = adam(learning_rate=nan)", "\"learning_rate\" of optimizer \"adam\" must be finite (got nan)"},
        {"optimizer = adam(learning_rate=inf)", "must be finite (got inf)"},
        {"optimizer = adam(learning_rate=-inf)", "\"learning_rate\" of optimizer \"adam\" must be finite (got -inf)"},
        {"optimizer = adam(learning_rate=+nan)", "must be finite (got +nan)"},
        {"optimizer = adam(learning_rate=1-inf)", "unknown constant \"inf\""},
        {"optimizer = adam(-1)", "is out of range (got -1, expected more than 0)"},
        {"optimizer = adam(0)", "is out of range (got 0, expected more than 0)"},
        {"optimizer = adam(0.1, lr=0.2)", "argument \"learning_rate\" of optimizer \"adam\" is given twice"},
        {"optimizer = adam(beta_1=1)", "(got 1, expected less than 1)"},
        {"optimizer = adam(momentum=0.9)", "unknown argument \"momentum\" of optimizer \"adam\""},
        {"optimizer = rmsprop(epsilon=0)", "(got 0, expected more than 0)"},
        {"optimizer = sgd(1/0)", "division by zero"},
        {"optimizer = sgd(nesterov=1)", "expected true or false"},
        {"optimizer = adamw(1e38, weight_decay=10)",
         "learning_rate weight_decay does not fit a 32-bit number (got 1e+39, expected at most 3.4e38)"},
        {"optimizer = sgd(piecewise_constant([1], [1, 1e20]), weight_decay=1e20)",
         "(got 1e+40, expected at most 3.4e38)"},
        {"optimizer = sgd(1e-30, weight_decay=1e-30)", "e-60, expected 0 or at least 1.2e-38)"},
        {"optimizer = sgd(one_cycle(1, 100, div_factor=1e37, final_div_factor=1e37))",
         "the last learning rate, max_learning_rate / div_factor / final_div_factor, does not fit a 32-bit number"},
        {"optimizer = sgd(one_cycle(1e-30, 100, div_factor=1e30))",
         "the first learning rate, max_learning_rate / div_factor, does not fit a 32-bit number (got 1"},
        {"optimizer = sgd\nepochs = 0", "\"epochs\" of the train block is out of range (got 0, expected at least 1)"},
        {"optimizer = sgd\nepochs = 1000001", "(got 1000001, expected at most 1000000)"},
        {"optimizer = sgd\nseed = 18446744073709551616", "expected at most 9223372036854775807)"},
        {"optimizer = sgd\nbatch_size = -1", "(got -1, expected at least 1)"},
        {"optimizer = sgd\nseed = -1", "(got -1, expected at least 0)"},
        {"optimizer = sgd\nepochs = \"ten\"", "(got the string \"ten\", expected an integer)"},
        {"optimizer = sgd\nepochs = 1\nepochs = 2",
         "error 14: setting \"epochs\" is given twice\nnote 13: the first one is here"},
        {"optimizer = sgd\nepohcs = 1",
         "unknown setting \"epohcs\" of the train block\nhint 0: did you mean \"epochs\"?"},
        {"optimizer = sgd\nepochs(3)", "hint 0: write epochs = ..."},
        {"sgd(0.1)", "hint 0: write optimizer = sgd(...)"},
        {"optimiser = sgd", "unknown setting \"optimiser\" of the train block\nhint 0: did you mean \"optimizer\"?"},
        {"", "missing setting \"optimizer\" in the train block (expected an optimizer)"},
        {"optimizer = sgd\nmetrics = [accurcy]", "unknown metric \"accurcy\"\nhint 0: did you mean \"accuracy\"?"},
        {"optimizer = sgd\nmetrics = [accuracy, acc]", "metric \"accuracy\" is given twice"},
        {"optimizer = sgd\nmetrics = 3", "(got 3, expected a list of metrics)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *settings = arena_printf(test_arena, "loss = sparse_categorical_crossentropy\n%s", rows[i].part);
        refuse_once(test_description(NULL, NULL, NULL, settings), rows[i].message);
    }
}
END_TEST

START_TEST(losses_and_labels_must_agree)
{
    refuse_once(test_description(NULL, NULL, NULL, "loss = categorical_crossentropy\noptimizer = sgd"),
                "error 11: categorical_crossentropy needs one-hot labels (got class numbers, expected one_hot)\n"
                "note 2: this data block has no one_hot\n"
                "hint 0: write one_hot(10) in the data block, or loss = sparse_categorical_crossentropy\n");
    refuse_once(test_description(NULL, "reshape(784)\none_hot(10)", NULL, NULL),
                "error 12: sparse_categorical_crossentropy needs class numbers (got one-hot labels)\n"
                "note 6: the labels become one-hot here\n"
                "hint 0: write loss = categorical_crossentropy, or remove one_hot from the data block\n");
    refuse_once(test_description(NULL, NULL, NULL, "loss = mse\noptimizer = sgd\nmetrics = [accuracy]"),
                "error 11: accuracy needs classes, but with mse the labels are numbers");
}
END_TEST

START_TEST(constants_refused)
{
    static const refusal rows[] = {
        {"k = 1/0", "error 1: division by zero"},
        {"k = 1/(2 - 2.0)", "division by zero"},
        {"k = 0 ** -1", "division by zero"},
        {"k = 1e308 * 10", "the result of \"*\" is not finite (got inf)"},
        {"k = -1e308 * 10", "(got -inf)"},
        {"k = (-8) ** 0.5", "the result of \"**\" is not finite (got nan)"},
        {"k = 9223372036854775807 + 1", "the result of \"+\" does not fit a 64-bit integer"},
        {"k = -9223372036854775807 - 2", "the result of \"-\" does not fit a 64-bit integer"},
        {"k = 2 ** 63", "the result of \"**\" does not fit a 64-bit integer"},
        {"k = 1 + true", "\"+\" works on numbers (got true)"},
        {"k = -\"a\"", "\"-\" works on numbers (got the string \"a\")"},
        {"k = (1, 2) * 2", "(got a tuple of 2 values)"},
        {"k = 2 * relu", "unknown constant \"relu\""},
        {"a = 1\na = 2", "error 2: \"a\" is already defined\nnote 1: the first definition is here"},
        {"a = b + 1\nb = 2", "error 1: constant \"b\" is used before it is defined\nnote 2: it is defined here"},
        {"hidden = 3\nb = hiden + 1", "error 2: unknown constant \"hiden\"\nhint 0: did you mean \"hidden\"?"},
        {"a = a + 1", "used before it is defined"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuse_once(test_description(rows[i].part, NULL, NULL, NULL), rows[i].message);
    refuse_once(test_description("hidden = 0", NULL, "dense(hidden)\ndense(10, activation=softmax)", NULL),
                "error 8: \"units\" of layer \"dense\" is out of range (got 0, expected at least 1)\n"
                "note 1: the value comes from here\n");
}
END_TEST

START_TEST(definitions_refused)
{
    static const struct {
        const char *definition, *message;
    } rows[] = {
        {"hiden=3", "error 1: -D names an unknown constant \"hiden\"\nhint 0: did you mean \"hidden\"?"},
        {"hidden=0.5", "-D gives \"hidden\" another type (got 0.5, expected one like 32)\nnote 1:"},
        {"hidden=relu", "(got the word \"relu\", expected one like 32)"},
        {"hidden=1/0", "division by zero"},
        {"hidden=0", "is out of range (got 0, expected at least 1)"},
    };
    const char *text = test_description("hidden = 32", NULL, "dense(hidden)\ndense(10, activation=softmax)", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const definitions[] = {rows[i].definition, NULL};
        ck_assert_ptr_null(test_analyze_with(text, definitions));
        ck_assert_int_eq(test_diag->errors, 1);
        ck_assert_msg(strstr(test_messages(), rows[i].message) != NULL, "expected \"%s\" in:\n%s", rows[i].message,
                      test_messages());
    }
    const char *const definitions[] = {"k=1", NULL};
    ck_assert_ptr_null(test_analyze_with(test_description(NULL, NULL, NULL, NULL), definitions));
    ck_assert_ptr_nonnull(strstr(test_messages(), "the file has no constants"));
}
END_TEST

START_TEST(blocks_refused)
{
    refuse_once("", "the file describes nothing (expected the blocks data, model and train)");
    refuse_once("# only this\n", "the file describes nothing");
    refuse("model m {\n dense(1)\n}\n", "missing block \"data\" (expected data, model and train)");
    ck_assert_ptr_nonnull(strstr(test_messages(), "missing block \"train\""));
    refuse(arena_printf(test_arena, "%smodel n {\n}\n", test_description(NULL, NULL, NULL, NULL)),
           "the model block is given twice\nnote 7: the first one is here");
    refuse_once(arena_printf(test_arena, "%smodle n {\n}\n", test_description(NULL, NULL, NULL, NULL)),
                "unknown block \"modle\"\nhint 0: did you mean \"model\"?");
    refuse_once(test_description(NULL, "scale(1)", NULL, NULL),
                "error 7: the shape of the input is not known (expected an input layer)");
    refuse_once(test_description(NULL, NULL, "activation(softmax)", NULL),
                "error 7: the model has nothing to train (expected a layer with parameters)");
}
END_TEST

START_TEST(user_blocks_refused)
{
    static const struct {
        const char *block, *use, *message;
    } rows[] = {
        {"block b(n) {\n dense(n)\n}", "b()", "missing argument \"n\" of block \"b\"\nnote 1: the parameter is here"},
        {"block b(n) {\n dense(n)\n}", "b(1, 2)", "too many arguments for block \"b\"\nnote 1: the block is here"},
        {"block b(n) {\n dense(n)\n}", "b(m=1)", "unknown argument \"m\" of block \"b\""},
        {"block b(n) {\n dense(n)\n}", "b(1, n=1)", "argument \"n\" of block \"b\" is given twice"},
        {"block b(n) {\n dense(n)\n}", "bb(1)", "unknown layer \"bb\"\nhint 0: did you mean \"b\"?"},
        {"block b(n, n) {\n dense(n)\n}", "b(1)", "parameter \"n\" is given twice"},
        {"block b() {\n b()\n}", "b()", "error 2: block \"b\" uses itself\nnote 10: in block \"b\" as used here"},
        {"block b() {\n dense(0)\n}", "b()\nb()", "error 2: \"units\" of layer \"dense\""},
        {"block dense() {\n}", "flatten()", "block \"dense\" has the name of a layer"},
        {"block b() {\n}\nblock b() {\n}", "b()", "error 3: block \"b\" is given twice\nnote 1: the first one is here"},
        {"block {\n}", "flatten()", "a block of layers needs a name"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *layers = arena_printf(test_arena, "%s\ndense(10, activation=softmax)", rows[i].use);
        refuse_once(test_description(rows[i].block, NULL, layers, NULL), rows[i].message);
    }
}
END_TEST

/** Blocks that double at every level, and repeats of nothing, come to an end. */
START_TEST(expansion_ends)
{
    str top = str_new(test_arena);
    str_add(&top, "block b0() {\n}\n");
    for (int i = 1; i < 60; i++)
        str_printf(&top, "block b%d() {\n b%d()\n b%d()\n}\n", i, i - 1, i - 1);
    refuse_once(test_description(top.text, NULL, "b59()\ndense(10, activation=softmax)", NULL),
                "expands to too many statements");
    top = str_new(test_arena);
    str_add(&top, "block b0() {\n dense(1)\n}\n");
    for (int i = 1; i < 1000; i++)
        str_printf(&top, "block b%d() {\n b%d()\n}\n", i, i - 1);
    refuse(test_description(top.text, NULL, "b999()\ndense(10, activation=softmax)", NULL), "is nested too deep");
    const ir_program *p = test_analyze(
        test_description("block e() {\n}", NULL, "repeat(2147483647) {\n e()\n}\ndense(10, activation=softmax)", NULL));
    ck_assert_msg(p != NULL, "%s", test_messages());
}
END_TEST

START_TEST(one_run_reports_every_mistake)
{
    ck_assert_ptr_null(
        test_analyze(test_description("a = 1/0", "scael(1)\nreshape(784)", "dens(1)\ndense(0)\ndense(10, activation=x)",
                                      "loss = mes\noptimizer = adam(lr=-1)\nepochs = 0")));
    ck_assert_msg(test_diag->errors == 8, "%s", test_messages());
}
END_TEST

/** After a syntax error nothing is said to be missing that may only not have been read. */
START_TEST(syntax_errors_do_not_cascade)
{
    ck_assert_ptr_null(
        test_analyze(test_description("hidden = = 3", NULL, "dense(hidden)\ndense(10, activation=softmax)", NULL)));
    ck_assert_msg(test_diag->errors == 1, "%s", test_messages());
    ck_assert_ptr_null(test_analyze(test_description(NULL, NULL, NULL, "loss = mse +\noptimizer = = sgd")));
    ck_assert_msg(test_diag->errors == 2, "%s", test_messages());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sema errors");
    TCase *c = tcase_create("refusals");
    tcase_add_checked_fixture(c, test_setup, test_teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, layers_refused);
    tcase_add_test(c, layer_names_refused);
    tcase_add_test(c, data_refused);
    tcase_add_test(c, data_files_refused);
    tcase_add_test(c, train_refused);
    tcase_add_test(c, losses_and_labels_must_agree);
    tcase_add_test(c, constants_refused);
    tcase_add_test(c, definitions_refused);
    tcase_add_test(c, blocks_refused);
    tcase_add_test(c, user_blocks_refused);
    tcase_add_test(c, expansion_ends);
    tcase_add_test(c, one_run_reports_every_mistake);
    tcase_add_test(c, syntax_errors_do_not_cascade);
    suite_add_tcase(suite, c);
    return test_run(suite);
}
