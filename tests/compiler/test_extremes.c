/* Every argument of every word that is a number, at numbers that are far too large, far too small or just fit: a
 * description is refused, or its C holds no number that C cannot write, and compiles. The words come from the tables of
 * lang/, so that a new one is tried too. */
#include "middle.h"

#include <ctype.h>
#include <math.h>

#include "emit/emit.h"
#include "emit/keras.h"
#include "lang/lang.h"

#include "spawn.h"

static const char *const extremes[] = {"1e38",
                                       "1.7e38",
                                       "3.4e38",
                                       "-3.4e38",
                                       "1e39",
                                       "1e154",
                                       "1e308",
                                       "-1e308",
                                       "1.7e308",
                                       "1e-37",
                                       "1.2e-38",
                                       "1e-38",
                                       "1e-45",
                                       "1e-46",
                                       "1e-160",
                                       "1e-308",
                                       "-1e-308",
                                       "-0.0",
                                       "0.0",
                                       "0.999999",
                                       "1 - 1e-15",
                                       "0",
                                       "1",
                                       "-1",
                                       "255",
                                       "65536",
                                       "1000003",
                                       "20000",
                                       "16777217",
                                       "2147483647",
                                       "2147483648",
                                       "4294967296",
                                       "9007199254740993",
                                       "9223372036854775807"};
enum { EXTREMES = sizeof extremes / sizeof *extremes };

/** Of the texts that are accepted, those with the largest numbers are compiled, and every 37th: all arguments and
 * extremes have their turn. */
enum { COMPILED_EACH = 37 };

static bool is_largest(const char *extreme)
{
    return strcmp(extreme, "3.4e38") == 0 || strcmp(extreme, "2147483648") == 0 ||
           strcmp(extreme, "9223372036854775807") == 0;
}

/** What an argument that must be given is, where it is not the one that is tried. */
static const char *usual(const lang_param *p)
{
    switch (p->type) {
    case LANG_TYPE_INT:
        return p->range.low > 1 ? "10" : "4";
    case LANG_TYPE_REAL:
        return "0.5";
    case LANG_TYPE_RATE:
        return "0.01";
    case LANG_TYPE_PAIR:
        return "2";
    case LANG_TYPE_SHAPE:
        return "(24, 24, 1)";
    case LANG_TYPE_INTS:
        return "[100]";
    case LANG_TYPE_REALS:
        return "[0.1, 0.2]";
    case LANG_TYPE_PATH:
        return "\"p\"";
    case LANG_TYPE_SET:
        return "train";
    case LANG_TYPE_ACTIVATION:
        return "relu";
    case LANG_TYPE_NAMES:
        return "\"t\"";
    default:
        return NULL;
    }
}

/** Whether an argument is written although another is tried: without the column of the labels a table has none, while
 *  the training set has some. */
static bool is_needed(const lang_param *p)
{
    return p->initial == NULL || (p->type == LANG_TYPE_NAMES && strcmp(p->name, "target") == 0);
}

/** Ways to write a value where an argument stands; NULL behind the last: it is none of numbers. */
static const char *const *forms(lang_type type)
{
    static const char *const number[] = {"%s", NULL}, *const pair[] = {"%s", "(%s, 1)", "(1, %s)", NULL},
                             *const shape[] = {"%s", "(%s, 1, 1)", "(4, 4, %s)", NULL},
                             *const integers[] = {"[%s]", NULL}, *const reals[] = {"[%s, 0.1]", "[0.1, %s]", NULL},
                             *const none[] = {NULL};
    switch (type) {
    case LANG_TYPE_INT:
    case LANG_TYPE_REAL:
    case LANG_TYPE_RATE:
        return number;
    case LANG_TYPE_PAIR:
    case LANG_TYPE_PAIR_OR_NONE:
    case LANG_TYPE_MARGINS:
        return pair;
    case LANG_TYPE_SHAPE:
        return shape;
    case LANG_TYPE_INTS:
        return integers;
    case LANG_TYPE_REALS:
        return reals;
    default:
        return none;
    }
}

/** "name(required=..., tried=value)"; tried NULL: with the usual values alone. */
static const char *call_of(const lang_entry *e, const lang_param *tried, const char *value)
{
    str s = str_new(test_arena);
    str_printf(&s, "%s(", e->name);
    const char *comma = "";
    for (const lang_param *p = e->params; p->name != NULL; p++) {
        const char *text = p == tried ? value : is_needed(p) ? usual(p) : NULL;
        if (text == NULL)
            continue;
        if (p->type == LANG_TYPE_SHAPE)
            str_printf(&s, "%s%s", comma, text);
        else
            str_printf(&s, "%s%s=%s", comma, p->name, text);
        comma = ", ";
    }
    str_add(&s, ")");
    return s.text;
}

/** A layer after one that gives what it takes. */
static const char *layer_in_place(const lang_entry *e, const char *call)
{
    static const struct {
        const char *name, *before, *after;
    } places[] = {{"dense", "flatten()", ""},
                  {"conv1d", "reshape(24, 24)", ""},
                  {"conv1d_transpose", "reshape(24, 24)", ""},
                  {"maxpool1d", "reshape(24, 24)", ""},
                  {"avgpool1d", "reshape(24, 24)", ""},
                  {"global_avgpool1d", "reshape(24, 24)", ""},
                  {"global_maxpool1d", "reshape(24, 24)", ""},
                  {"pad1d", "reshape(24, 24)", ""},
                  {"crop1d", "reshape(24, 24)", ""},
                  {"upsample1d", "reshape(24, 24)", ""},
                  {"simple_rnn", "reshape(24, 24)", ""},
                  {"lstm", "reshape(24, 24)", ""},
                  {"gru", "reshape(24, 24)", ""},
                  {"groupnorm", "conv2d(32, 1)", ""},
                  {"repeat_vector", "flatten()", ""},
                  {"pixel_shuffle", "conv2d(16, 1)", ""},
                  {"concat", "a = conv2d(4, 1)", "(a, a)"},
                  {"add", "a = conv2d(4, 1)", "(a, a)"},
                  {"subtract", "a = conv2d(4, 1)", "(a, a)"},
                  {"multiply", "a = conv2d(4, 1)", "(a, a)"},
                  {"average", "a = conv2d(4, 1)", "(a, a)"},
                  {"maximum", "a = conv2d(4, 1)", "(a, a)"},
                  {"dot", "a = flatten()", "(a, a)"}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strcmp(places[i].name, e->name) == 0)
            return arena_printf(test_arena, "%s\n%s%s", places[i].before, call, places[i].after);
    return arena_printf(test_arena, "conv2d(4, 1)\nreshape(24, 24, 4)\n%s", call);
}

/** A whole description around a call of a word. */
static const char *describe(const lang_table *table, const lang_entry *e, const char *call)
{
    const char *steps = "reshape(24, 24, 1)", *layer = "", *loss = "loss = sparse_categorical_crossentropy\n";
    const char *last = "dense(10, activation=softmax)", *optimizer = "optimizer = adam\n", *more = "";
    if (table == &lang_layers)
        layer = layer_in_place(e, call);
    if (table == &lang_layers && (strcmp(e->name, "reshape") == 0 || strcmp(e->name, "input") == 0))
        layer = call;
    if (table == &lang_structures)
        layer = arena_printf(test_arena, "%s {\nconv2d(1, 1)\n}", call);
    if (table == &lang_activations)
        layer = arena_printf(test_arena, "conv2d(2, 3, activation=%s)\nmaxpool2d()", call);
    if (table == &lang_initializers)
        layer = arena_printf(test_arena, "conv2d(2, 3, kernel_initializer=%s)", call);
    if (table == &lang_regularizers)
        layer = arena_printf(test_arena, "conv2d(2, 3, kernel_regularizer=%s)", call);
    if (table == &lang_steps)
        steps = arena_printf(test_arena, "reshape(24, 24, 1)\n%s", call);
    if (table == &lang_steps && strcmp(e->name, "one_hot") == 0)
        loss = "loss = categorical_crossentropy\n";
    if (table == &lang_validations)
        steps = arena_printf(test_arena, "reshape(24, 24, 1)\nvalidation = %s", call);
    if (table == &lang_callbacks)
        steps = "reshape(24, 24, 1)\nvalidation = split(train, 0.1)";
    if (table == &lang_losses) {
        const bool two = ir_loss_labels((lang_loss)e->id) == IR_LABELS_BINARY;
        loss = arena_printf(test_arena, "loss = %s\n", call);
        if (ir_loss_labels((lang_loss)e->id) == IR_LABELS_ONE_HOT)
            steps = "reshape(24, 24, 1)\none_hot(10)";
        else if (ir_loss_labels((lang_loss)e->id) != IR_LABELS_CLASS_NUMBERS)
            last = two && ir_loss_activation((lang_loss)e->id) == LANG_ACTIVATION_SIGMOID
                       ? "dense(1, activation=sigmoid)"
                       : "dense(1)";
    }
    if (table == &lang_optimizers)
        optimizer = arena_printf(test_arena, "optimizer = %s\n", call);
    if (table == &lang_schedules)
        optimizer = arena_printf(test_arena, "optimizer = adamw(%s)\n", call);
    if (table == &lang_callbacks)
        more = call;
    if (table == &lang_metrics)
        more = arena_printf(test_arena, "metrics = [%s]", call);
    const char *top = table == &lang_layers && strcmp(e->name, "input") == 0 ? "" : "conv2d(1, 1)\n";
    return test_description(NULL, steps, arena_printf(test_arena, "%s%s\nflatten()\n%s", top, layer, last),
                            arena_printf(test_arena, "%s%s%s", loss, optimizer, more));
}

/** A setting is no call: "epochs = 3". */
static const char *describe_setting(const char *name, const char *value)
{
    return test_description(
        NULL, NULL, NULL,
        arena_printf(test_arena, "loss = sparse_categorical_crossentropy\noptimizer = adam\n%s = %s", name, value));
}

/* --- what comes out ----------------------------------------------------------------------------------- */

/** The C with its comments and strings as blanks. */
static char *without_comments(const char *c)
{
    char *text = arena_strdup(test_arena, c);
    for (char *at = text; *at != '\0'; at++) {
        const char *end = NULL;
        if (at[0] == '/' && at[1] == '*')
            end = strstr(at, "*/") + 1;
        else if (at[0] == '"')
            for (end = at + 1; *end != '"'; end++)
                end += *end == '\\';
        while (end != NULL && at < end)
            *at++ = ' ';
        if (end != NULL)
            *at = ' ';
    }
    return text;
}

/** The first word of C that is an infinity, no number or a float that is none: "inff", "1e39f", "1e-46f"; or NULL. */
static const char *unwritable(const char *c)
{
    const char *text = without_comments(c);
    while (*text != '\0') {
        size_t length = 0;
        const bool digit = isdigit((unsigned char)*text);
        while (isalnum((unsigned char)text[length]) || text[length] == '_' || (digit && text[length] == '.') ||
               (digit && length > 0 && strchr("eE", text[length - 1]) != NULL && strchr("+-", text[length]) != NULL))
            length++;
        const char *word = arena_strndup(test_arena, text, length);
        if (strncmp(word, "inf", 3) == 0 && (word[3] == '\0' || word[3] == 'f' || word[3] == '.'))
            return word;
        if (strncmp(word, "nan", 3) == 0 && (word[3] == '\0' || word[3] == 'f' || word[3] == '.'))
            return word;
        if (digit && strncmp(word, "0x", 2) != 0 && strpbrk(word, ".e") != NULL) {
            const bool is_float = word[length - 1] == 'f';
            const double value = is_float ? (double)strtof(word, NULL) : strtod(word, NULL);
            if (!isfinite(value) || (value == 0 && strpbrk(word, "123456789") != NULL))
                return word;
        }
        text += length > 0 ? length : 1;
    }
    return NULL;
}

/** All that a description makes; NULL: it is refused. */
static const char *outputs(const char *text)
{
    ir_program *program = test_analyze(text);
    if (program == NULL || test_diag->errors > 0)
        return NULL;
    ir_context cx = {test_arena, test_diag, program};
    const char *fault = NULL;
    const bool passed = run_passes(&cx, &fault);
    ck_assert_msg(fault == NULL, "%s\n%s", fault, text);
    const plan *p = passed ? plan_make(test_arena, test_diag, program, &(plan_options){0}) : NULL;
    ck_assert_msg(p != NULL || test_diag->errors > 0, "refused without a word:\n%s", text);
    if (p == NULL)
        return NULL;
    const emit_options options = {.source_name = "x.mnn", .description = "0"};
    emit_keras(p, &options);
    emit_dot(p);
    emit_summary(p, 0, 0);
    const char *c = emit_trainer(p, &options);
    ck_assert_msg(c != NULL, "accepted with a number that C cannot write:\n%s", text);
    return c;
}

/** Run by make from the top folder, where runtime/include is. */
static void compile(const char *c, const char *text)
{
    char folder[] = "/tmp/mnnc-extremes-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    const char *path = arena_printf(test_arena, "%s/t.c", folder), *said = arena_printf(test_arena, "%s/said", folder);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(c, file);
    ck_assert_int_eq(fclose(file), 0);
    const char *const command[] = {
        "cc",      "-std=c11",          "-Wall",         "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion",
        "-Werror", "-Iruntime/include", "-fsyntax-only", path,      NULL};
    const int status = spawn_run(command, said);
    char message[600] = "";
    file = fopen(said, "r");
    ck_assert_ptr_nonnull(file);
    message[fread(message, 1, sizeof message - 1, file)] = '\0';
    fclose(file);
    unlink(path);
    unlink(said);
    rmdir(folder);
    ck_assert_msg(status == 0, "%s\n%s", text, message);
}

/** @param extreme  the number that is tried; NULL: the usual one
 *  @return whether the description is accepted */
static bool try(const char *text, const char *extreme)
{
    static int accepted;
    const char *c = outputs(text);
    if (c == NULL)
        return false;
    const char *word = unwritable(c);
    ck_assert_msg(word == NULL, "the C holds %s:\n%s", word, text);
    if (extreme != NULL && (is_largest(extreme) || accepted++ % COMPILED_EACH == 0))
        compile(c, text);
    return true;
}

static const char *written(const char *form, const char *value)
{
    const char *at = strstr(form, "%s");
    return arena_printf(test_arena, "%.*s%s%s", (int)(at - form), form, value, at + 2);
}

/** All arguments of the words of a table. */
static void try_table(const lang_table *table)
{
    for (int i = 0; i < table->count; i++) {
        const lang_entry *e = &table->entries[i];
        const lang_param *numbers = e->params;
        while (numbers->name != NULL && *forms(numbers->type) == NULL)
            numbers++;
        if (numbers->name == NULL || strcmp(e->name, "permute") == 0) /* whose only argument is an order */
            continue;
        test_teardown();
        test_setup();
        const char *text = describe(table, e, call_of(e, NULL, NULL));
        ck_assert_msg(try(text, NULL), "%s\n%s", test_messages(), text);
        for (const lang_param *p = e->params; p->name != NULL; p++)
            for (const char *const *form = forms(p->type); *form != NULL; form++)
                for (int k = 0; k < EXTREMES; k++) {
                    test_teardown();
                    test_setup();
                    try(describe(table, e, call_of(e, p, written(*form, extremes[k]))), extremes[k]);
                }
    }
}

static const lang_table *const tables[] = {&lang_layers,       &lang_structures, &lang_activations, &lang_initializers,
                                           &lang_regularizers, &lang_losses,     &lang_optimizers,  &lang_schedules,
                                           &lang_callbacks,    &lang_metrics,    &lang_steps,       &lang_validations};
enum { TABLES = sizeof tables / sizeof *tables };

START_TEST(every_argument_of_a_table)
{
    try_table(tables[_i]);
}
END_TEST

START_TEST(every_setting)
{
    for (int i = 0; i < lang_train_settings.count; i++) {
        const lang_param *p = lang_train_settings.entries[i].params;
        for (int k = 0; p->type == LANG_TYPE_INT && k < EXTREMES; k++) {
            test_teardown();
            test_setup();
            try(describe_setting(p->name, extremes[k]), extremes[k]);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("extremes");
    TCase *words = tcase_create("words");
    tcase_add_checked_fixture(words, test_setup, test_teardown);
    tcase_add_loop_test(words, every_argument_of_a_table, 0, TABLES);
    tcase_add_test(words, every_setting);
    tcase_set_timeout(words, 300); /* of a test that hangs */
    suite_add_tcase(suite, words);
    return test_run(suite);
}
