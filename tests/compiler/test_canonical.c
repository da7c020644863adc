/* What is accepted beside the canonical form, and words of Keras that there are not. */
#include "sema_helpers.h"

#include "lang/lang.h"
#include "syntax/format.h"

static const char *formatted(const char *text)
{
    test_diag = diag_new(test_arena, "test.mnn");
    ast_file *file = parse_file(test_arena, test_diag, test_source("test.mnn", text));
    sema_canonical(test_arena, test_diag, file);
    str out = str_new(test_arena);
    format_file(&out, file, lang_canonical);
    return out.text;
}

/* --- one form is another ------------------------------------------------------------------------------ */

typedef struct form {
    const char *top, *steps, *layers, *settings;                /* as written; NULL: the usual */
    const char *top_is, *steps_are, *layers_are, *settings_are; /* as it is meant */
} form;

#define LAYERS(written, meant)                                                                                         \
    {                                                                                                                  \
        NULL, NULL, written, NULL, NULL, NULL, meant, NULL                                                             \
    }
#define LOSS "loss = sparse_categorical_crossentropy\n"
#define SETTINGS(written, meant)                                                                                       \
    {                                                                                                                  \
        NULL, NULL, NULL, LOSS written, NULL, NULL, NULL, LOSS meant                                                   \
    }
#define ADAM "optimizer = adam\n"

static const form forms[] = {
    /* words and signs */
    LAYERS("dense(10, 'softmax')", "dense(10, softmax)"),
    LAYERS("dense(10, \"Softmax\", kernel_initializer='HeUniform')",
           "dense(10, softmax, kernel_initializer=he_uniform)"),
    LAYERS("DENSE(10, SoftMax)", "dense(10, softmax)"),
    LAYERS("dense(4, activation=None), dense(10, activation='softmax', use_bias=False),",
           "dense(4, activation=linear)\ndense(10, activation=softmax, use_bias=false)"),
    LAYERS("Dense(10, activation=softmax, name=out); // the last",
           "dense(10, activation=softmax, name=\"out\") # the last"),
    LAYERS("Reshape((28, 28, 1))\nConv2D(2, 3, padding='same', kernelSize=3)",
           "reshape((28, 28, 1))\nconv2d(2, 3, padding=same, kernel_size=3)"),
    LAYERS("tf.keras.layers.Dense(10, activation=tf.nn.softmax)", "dense(10, activation=softmax)"),
    LAYERS("repeat(2) { Dense(9, 'relu'), }, dense(10, softmax)", "repeat(2) {\ndense(9, relu)\n}\ndense(10, softmax)"),
    {"act = 'softmax'", NULL, "dense(10, act)", NULL, "act = \"softmax\"", NULL, "dense(10, act)", NULL},
    /* activations as layers */
    LAYERS("ReLU()\nLeakyReLU(0.1)\nELU(alpha=2)\ngelu\nswish()\ndense(10)\nSoftmax(axis=-1, name='s')",
           "activation(relu)\nactivation(leaky_relu(0.1))\nactivation(elu(alpha=2))\nactivation(gelu)\n"
           "activation(silu)\ndense(10)\nactivation(softmax, name=\"s\")"),
    LAYERS("LeakyReLU(alpha=0.3)\nReLU(max_value=None, threshold=0.0)\ndense(10, softmax)",
           "activation(leaky_relu(negative_slope=0.3))\nactivation(relu)\ndense(10, softmax)"),
    LAYERS("residual { dense(784), relu }\ndense(10, softmax)",
           "residual {\ndense(784)\nactivation(relu)\n}\ndense(10, softmax)"),
    /* input_shape and the like */
    LAYERS("Dense(10, activation=softmax, input_shape=(784,))", "input(784)\ndense(10, activation=softmax)"),
    LAYERS("Dense(10, softmax, input_dim=784)", "input(784)\ndense(10, softmax)"),
    LAYERS("Flatten(batch_input_shape=(None, 28, 28))", "input(28, 28)\nflatten()"),
    LAYERS("InputLayer(input_shape=[784])\ndense(10, softmax)", "input(shape=[784])\ndense(10, softmax)"),
    LAYERS("Input(batch_shape=(None, 784))\ndense(10, softmax)", "input(shape=(784,))\ndense(10, softmax)"),
    /* arguments that say what is done anyway */
    LAYERS("batch_normalization(axis=-1, synchronized=False)\ndense(10, softmax, dtype='float32', trainable=True, "
           "kernel_constraint=None)",
           "batchnorm()\ndense(10, softmax)"),
    /* settings */
    SETTINGS("optimizer = 'adam', metrics = ['acc', \"mse\"], batch = 16",
             "optimizer = adam\nmetrics = [accuracy, mse]\nbatch_size = 16"),
    SETTINGS("metrics = ('accuracy', 'mae',)\n" ADAM "epochs = 1_000",
             "metrics = [accuracy, mae]\n" ADAM "epochs = 1000"),
    SETTINGS("metrics = accuracy\n" ADAM, "metrics = [accuracy]\n" ADAM),
    SETTINGS("optimizer = Adam(lr=0.01, beta1=0.8, amsgrad=False)",
             "optimizer = adam(learning_rate=0.01, beta_1=0.8, amsgrad=false)"),
    SETTINGS("lr = 0.01\noptimizer = 'SGD'", "optimizer = sgd(learning_rate=0.01)"),
    SETTINGS("optimizer = sgd(momentum=0.9)\nlearning_rate = 0.01",
             "optimizer = sgd(learning_rate=0.01, momentum=0.9)"),
    SETTINGS(ADAM "callbacks = [EarlyStopping('loss', verbose=1), CSVLogger('h.csv'), ModelCheckpoint(\"c\", "
                  "save_best_only=False)]",
             ADAM "early_stopping(\"loss\")\ncsv_logger(\"h.csv\")\ncheckpoint(\"c\")"),
    SETTINGS(ADAM "callbacks = EarlyStopping(monitor='loss', mode='min')\nverbose = 0",
             ADAM "early_stopping(monitor=\"loss\", mode=min)"),
    SETTINGS(ADAM "callbacks = []", ADAM),
    SETTINGS("compile(optimizer='adam', metrics=['accuracy'])\nfit(epochs=3, batch_size=8, callbacks=[CSVLogger('h')])",
             ADAM "metrics = [accuracy]\nepochs = 3\nbatch_size = 8\ncsv_logger(\"h\")"),
    {NULL, "reshape(784)", NULL, LOSS ADAM "validation_split = 0.2\nshuffle = False", NULL,
     "validation = split(train, 0.2, order=last)\nshuffle = false\nreshape(784)", NULL, LOSS ADAM},
    {NULL, "reshape(784)", NULL, LOSS ADAM "validation_split = 0.0", NULL, "reshape(784)", NULL, LOSS ADAM},
    {NULL, "validation_split = 0.2\nbatch_size = 8\nreshape(784)", NULL, LOSS ADAM, NULL,
     "validation = split(train, 0.2, order=last)\nreshape(784)", NULL, LOSS ADAM "batch_size = 8"},
    {NULL, NULL, "epochs = 4\ndense(10, softmax)", LOSS ADAM, NULL, NULL, "dense(10, softmax)", LOSS ADAM "epochs = 4"},
    {"adam = sgd(0.5)", NULL, NULL, LOSS "optimizer = adam", "adam = sgd(0.5)", NULL, NULL, LOSS "optimizer = adam"},
    /* from_logits */
    {NULL, NULL, "dense(10)", ADAM "loss = SparseCategoricalCrossentropy(from_logits=True)", NULL, NULL,
     "dense(10, activation=softmax)", ADAM "loss = sparse_categorical_crossentropy()"},
    {NULL, NULL, "dense(10, None)", ADAM "loss = SparseCategoricalCrossentropy(from_logits=True)", NULL, NULL,
     "dense(10, softmax)", ADAM "loss = sparse_categorical_crossentropy()"},
    {NULL, NULL, "dense(10)\nreshape(10)", ADAM "loss = SparseCategoricalCrossentropy(from_logits=True)", NULL, NULL,
     "dense(10)\nreshape(10)\nactivation(softmax)", ADAM "loss = sparse_categorical_crossentropy()"},
    {NULL, NULL, "dense(1)", ADAM "loss = BinaryCrossentropy(from_logits=True, label_smoothing=0.1)", NULL, NULL,
     "dense(1, activation=sigmoid)", ADAM "loss = binary_crossentropy(label_smoothing=0.1)"},
    {NULL, NULL, "dense(1, activation=sigmoid)", ADAM "loss = BinaryCrossentropy(from_logits=False)", NULL, NULL,
     "dense(1, activation=sigmoid)", ADAM "loss = binary_crossentropy()"},
    {"l = BinaryCrossentropy(from_logits=True)", NULL, "dense(1)", ADAM "loss = l", "l = binary_crossentropy()", NULL,
     "dense(1, activation=sigmoid)", ADAM "loss = l"},
    /* names of the file's own stay what they are */
    {"relu = 3", NULL, "dense(relu, activation=\"relu\")\ndense(10, softmax)", NULL, "relu = 3", NULL,
     "dense(relu, activation=\"relu\")\ndense(10, softmax)", NULL},
    {"last = 0.5", "reshape(784)", "dropout(last)\ndense(10, softmax)", LOSS ADAM "validation_split = 0.2",
     "last = 0.5", "validation = split(train, 0.2, order=\"last\")\nreshape(784)", "dropout(last)\ndense(10, softmax)",
     LOSS ADAM},
};

START_TEST(forms_are_the_canonical_one)
{
    const form *f = &forms[_i];
    const char *written = test_description(f->top, f->steps, f->layers, f->settings);
    const char *meant = test_description(f->top_is, f->steps_are, f->layers_are, f->settings_are);
    const char *canonical = formatted(written);
    ck_assert_msg(test_diag->errors == 0, "%s", test_messages());
    ck_assert_str_eq(canonical, formatted(meant));
    ck_assert_str_eq(canonical, formatted(canonical));
}
END_TEST

START_TEST(forms_are_accepted)
{
    const form *f = &forms[_i];
    const ir_program *program = test_analyze(test_description(f->top, f->steps, f->layers, f->settings));
    const char *messages = test_messages();
    if (strstr(messages, "is given twice") == NULL) /* what shows two spellings of one argument */
        ck_assert_msg(program != NULL || strstr(messages, "the model has nothing to train") != NULL ||
                          strstr(messages, "input and data disagree") != NULL,
                      "%s", messages);
}
END_TEST

START_TEST(a_quoted_title_and_a_sequential)
{
    ck_assert_str_eq(formatted("model 'net' {\n}\n"), formatted("model net {\n}\n"));
    ck_assert_str_eq(formatted("net = Sequential([\n    Dense(10, activation='relu'),\n    ReLU(),\n])  # all\n"),
                     "model net {\n    dense(10, activation=relu)\n    activation(relu)\n}  # all\n");
}
END_TEST

START_TEST(what_surprises_is_remarked)
{
    formatted(test_description(NULL, NULL, "dense(10)",
                               ADAM "loss = SparseCategoricalCrossentropy(from_logits=True)\n"
                                    "verbose = 2"));
    ck_assert_ptr_nonnull(strstr(test_messages(), "remark 12: from_logits=true: softmax is added at the end"));
    ck_assert_ptr_nonnull(strstr(test_messages(), "remark 13: \"verbose\" is an option of the generated program"));
    ck_assert_int_eq(test_diag->warnings, 0);
    formatted(test_description(NULL, NULL, "epochs = 3\ndense(10, softmax)", NULL));
    ck_assert_ptr_nonnull(strstr(test_messages(), "remark 8: \"epochs\" is a setting of the train block"));
    formatted(test_description(NULL, NULL, NULL, LOSS "optimizer = \"adam\"\nvalidation_split = 0.1\nshuffle = True"));
    ck_assert_str_eq(test_messages(), "");
}
END_TEST

START_TEST(logits_behind_an_activation_are_refused)
{
    test_analyze(test_description(NULL, NULL, "dense(10, activation=softmax)",
                                  ADAM "loss = SparseCategoricalCrossentropy(from_logits=True)"));
    ck_assert_ptr_nonnull(strstr(test_messages(), "from_logits=true, but the last layer has an activation already"));
}
END_TEST

/* --- words of Keras that there are not ---------------------------------------------------------------- */

/** A description with the word where a word of that kind stands, or NULL for kinds that stand nowhere alone. */
static const char *with_word(const char *what, const char *word)
{
    if (strcmp(what, "block") == 0)
        return arena_printf(test_arena, "%s b {\n}\n", word);
    if (strcmp(what, "data source") == 0)
        return arena_printf(test_arena,
                            "data d {\n  train = %s(\"a\")\n}\nmodel m {\n  input(4)\n  dense(10, softmax)\n}\n"
                            "train {\n" LOSS ADAM "}\n",
                            word);
    const struct {
        const char *what, *steps, *layers, *settings;
    } places[] = {
        {"layer", NULL, "%s(1)\ndense(10, softmax)", NULL},
        {"data step", "%s(1)\nreshape(784)", NULL, NULL},
        {"activation", NULL, "dense(10, activation=%s)", NULL},
        {"initializer", NULL, "dense(10, softmax, kernel_initializer=%s)", NULL},
        {"regularizer", NULL, "dense(10, softmax, kernel_regularizer=%s(0.1))", NULL},
        {"argument", NULL, NULL, LOSS "optimizer = adam(%s=\"x\")"},
        {"loss", NULL, NULL, "loss = \"%s\"\noptimizer = adam"},
        {"optimizer", NULL, NULL, LOSS "optimizer = %s(0.1)"},
        {"schedule", NULL, NULL, LOSS "optimizer = adam(%s(0.1))"},
        {"metric", NULL, NULL, LOSS ADAM "metrics = [\"%s\"]"},
        {"callback", NULL, NULL, LOSS ADAM "callbacks = [%s()]"},
        {"setting", NULL, NULL, LOSS ADAM "%s = [1 + 1]"},
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strcmp(places[i].what, what) != 0)
            continue;
        const char *parts[] = {places[i].steps, places[i].layers, places[i].settings};
        for (size_t k = 0; k < 3; k++) {
            const char *gap = parts[k] != NULL ? strstr(parts[k], "%s") : NULL;
            if (gap != NULL)
                parts[k] = arena_printf(test_arena, "%.*s%s%s", (int)(gap - parts[k]), parts[k], word, gap + 2);
        }
        return test_description(NULL, parts[0], parts[1], parts[2]);
    }
    ck_abort_msg("no place for a word of Keras that is a %s", what);
    return NULL;
}

static void check_absent(const lang_absent *absent, const char *word)
{
    ck_assert_ptr_null(test_analyze(with_word(absent->what, word)));
    const char *messages = test_messages();
    ck_assert_msg(strstr(messages, "is not supported") != NULL, "%s \"%s\": %s", absent->what, word, messages);
    ck_assert_msg(strstr(messages, "did you mean") == NULL, "%s \"%s\": %s", absent->what, word, messages);
    ck_assert_msg(absent->way == NULL || strstr(messages, absent->way) != NULL, "%s \"%s\": %s", absent->what, word,
                  messages);
    ck_assert_int_eq(test_diag->errors, 1);
}

START_TEST(absent_words_are_said_to_be)
{
    for (const lang_absent *absent = lang_absent_words; absent->what != NULL; absent++)
        for (const char *names = absent->names; *names != '\0'; names += strspn(names, " ")) {
            const size_t length = strcspn(names, " ");
            check_absent(absent, arena_strndup(test_arena, names, length));
            names += length;
        }
}
END_TEST

START_TEST(hints_offer_no_other_word)
{
    static const char *const rows[][2] = {
        {"activation", "sparse_sigmoid"},
        {"metric", "auc"},
        {"data step", "augment_flip"},
        {"layer", "GlobalMaxPooling2D"},
        {"layer", "conv1d"},
        {"layer", "bidirectional"},
        {"optimizer", "adamax"},
        {"loss", "poisson"},
        {"layer", "maxpool1d"},
        {"metric", "rmse"},
        {"callback", "tensorboard"},
        {"layer", "upsampling2d"},
        {"layer", "add"},
        {"activation", "celu"},
        {"schedule", "inverse_time_decay"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        test_analyze(with_word(rows[i][0], rows[i][1]));
        ck_assert_msg(strstr(test_messages(), "did you mean") == NULL, "%s: %s", rows[i][1], test_messages());
    }
}
END_TEST

/* --- size --------------------------------------------------------------------------------------------- */

START_TEST(many_mistakes_end)
{
    str settings = str_new(test_arena);
    for (int i = 0; i < 20000; i++)
        str_add(&settings, "lr = 1\nvalidation_split = 0.1\n");
    str layers = str_new(test_arena);
    for (int i = 0; i < 20000; i++)
        str_add(&layers, "epochs = 1\na b; ");
    ck_assert_ptr_null(test_analyze(test_description(NULL, NULL, layers.text, settings.text)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("canonical");
    TCase *c = tcase_create("forms");
    const int count = (int)(sizeof forms / sizeof forms[0]);
    tcase_add_checked_fixture(c, test_setup, test_teardown);
    tcase_add_loop_test(c, forms_are_the_canonical_one, 0, count);
    tcase_add_loop_test(c, forms_are_accepted, 0, count);
    tcase_add_test(c, a_quoted_title_and_a_sequential);
    tcase_add_test(c, what_surprises_is_remarked);
    tcase_add_test(c, logits_behind_an_activation_are_refused);
    tcase_add_test(c, absent_words_are_said_to_be);
    tcase_add_test(c, hints_offer_no_other_word);
    tcase_add_test(c, many_mistakes_end);
    suite_add_tcase(suite, c);
    return test_run(suite);
}
