/* The writer of Python, and whether every word of the tables has its class in Keras. */
#include <check.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "layers/keras.h"

static arena *memory;
static jmp_buf out_of_memory;

static void setup(void)
{
    memory = arena_new(&out_of_memory);
    ck_assert_ptr_nonnull(memory);
}

static void teardown(void)
{
    arena_free(memory);
}

START_TEST(strings)
{
    ck_assert_str_eq(py_str(memory, NULL), "None");
    ck_assert_str_eq(py_str(memory, "a b"), "\"a b\"");
    ck_assert_str_eq(py_str(memory, "\"\"\" \\ ' # {x} %n"), "\"\\\"\\\"\\\" \\\\ ' # {x} %n\"");
    ck_assert_str_eq(py_str(memory, "a\nb\r\t\x01\x7f"), "\"a\\x0ab\\x0d\\x09\\x01\\x7f\"");
    ck_assert_str_eq(py_str(memory, "gr\xc3\xb6\xc3\x9f"), "\"gr\\xf6\\xdf\"");
    ck_assert_str_eq(py_str(memory, "\xe2\x82\xac \xf0\x9f\x98\x80"), "\"\\u20ac \\U0001f600\"");
    ck_assert_str_eq(py_str(memory, "\xff z"), "\"\\udcff z\"");
}
END_TEST

START_TEST(comments_stay_comments)
{
    py_writer w = py_new(memory);
    w.depth = 1;
    py_comment(&w, "%s", "one\ntwo \"\"\"\r import os");
    ck_assert_str_eq(w.out.text, "    # one\n    # two \"\"\"? import os\n");
}
END_TEST

START_TEST(floats)
{
    ck_assert_str_eq(py_float(memory, 32), "32.0");
    ck_assert_str_eq(py_float(memory, 1e-7), "1e-07");
    ck_assert_str_eq(py_float(memory, -0.25), "-0.25");
}
END_TEST

START_TEST(long_calls_are_broken)
{
    py_writer w = py_new(memory);
    py_call c = py_call_new(memory, "f");
    py_argument(&c, "%d", 1);
    py_argument(&c, "b=%s", "2");
    py_call_line(&w, "x = ", &c, "(x)");
    ck_assert_str_eq(w.out.text, "x = f(1, b=2)(x)\n");
    for (int i = 0; i < 10; i++)
        py_argument(&c, "argument_%d=None", i);
    w = py_new(memory);
    py_call_line(&w, "x = ", &c, "(x)");
    ck_assert_int_eq(strncmp(w.out.text, "x = f(\n    1,\n    b=2,\n    argument_0=None,\n", 44), 0);
    ck_assert_ptr_nonnull(strstr(w.out.text, "    argument_9=None,\n)(x)\n"));
}
END_TEST

/* Words whose class Keras lacks, which the emitter writes in another way. */
static const char *const written_otherwise[] = {"step_decay", "one_cycle", "rescale", "unit_forget"};

static bool is_written_otherwise(const char *name)
{
    for (size_t i = 0; i < sizeof written_otherwise / sizeof *written_otherwise; i++)
        if (strcmp(name, written_otherwise[i]) == 0)
            return true;
    return false;
}

START_TEST(every_word_has_a_class)
{
    const lang_table *const tables[] = {&lang_layers,     &lang_initializers, &lang_regularizers, &lang_losses,
                                        &lang_optimizers, &lang_schedules,    &lang_callbacks,    &lang_metrics};
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (int i = 0; i < tables[t]->count; i++) {
            const lang_entry *entry = &tables[t]->entries[i];
            if (!is_written_otherwise(entry->name))
                ck_assert_msg(keras_class(memory, entry) != NULL, "%s \"%s\" has no name in Keras", tables[t]->what,
                              entry->name);
        }
    ck_assert_str_eq(keras_class(memory, lang_find(&lang_layers, "maxpool2d")), "MaxPooling2D");
    ck_assert_str_eq(keras_class(memory, lang_find(&lang_losses, "mse")), "MeanSquaredError");
    ck_assert_ptr_null(keras_class(memory, lang_find(&lang_steps, "normalize")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keras");
    TCase *c = tcase_create("keras");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, strings);
    tcase_add_test(c, comments_stay_comments);
    tcase_add_test(c, floats);
    tcase_add_test(c, long_calls_are_broken);
    tcase_add_test(c, every_word_has_a_class);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
