#define _POSIX_C_SOURCE 200809L
#include "base/utf8.h"
#include "frontend.h"

static span at(const frontend *f, uint32_t begin, uint32_t end)
{
    return (span){f->source, begin, end};
}

static frontend over(const char *text)
{
    return frontend_source(text, strlen(text));
}

START_TEST(message_with_line_and_carets)
{
    frontend f = over("model m {\n    dens(10)\n}\n");
    diag_error(f.diags, at(&f, 14, 18), "layer \"%s\" is not known", "dens");
    diag_hint(f.diags, "did you mean \"dense\"?");
    ck_assert_int_eq(f.diags->errors, 1);
    ck_assert_int_eq(f.diags->warnings, 0);
    ck_assert_str_eq(frontend_messages(&f), "test.mnn:2:5: error: layer \"dens\" is not known\n"
                                            "    2 |     dens(10)\n"
                                            "      |     ^~~~\n"
                                            "hint: did you mean \"dense\"?\n");
    frontend_free(&f);
}
END_TEST

START_TEST(colors_are_those_of_gcc)
{
    frontend f = over("model m {\n    dens(10)\n}\n");
    diag_error(f.diags, at(&f, 14, 18), "layer \"%s\" is not known", "dens");
    diag_hint(f.diags, "did you mean \"dense\"?");
    diag_insert(f.diags, at(&f, 14, 18), "flatten()");
    diag_warning(f.diags, DIAG_USELESS, (span){0}, "nothing");
    diag_note(f.diags, (span){0}, "of it");
    f.diags->color = true;
    ck_assert_str_eq(frontend_messages(&f),
                     "\33[01mtest.mnn:\33[m \33[01;35mwarning:\33[m nothing [-Wuseless]\n\33[01;36mnote:\33[m of it\n"
                     "\33[01mtest.mnn:2:5:\33[m \33[01;31merror:\33[m layer \"dens\" is not known\n"
                     "    2 |     dens(10)\n"
                     "      |     \33[01;32m^~~~\33[m\n"
                     "\33[01;36mhint:\33[m did you mean \"dense\"?\n"
                     "    + |     \33[32mflatten()\33[m\n");
    frontend_free(&f);
}
END_TEST

START_TEST(remark_is_a_note_of_its_own)
{
    frontend f = over("a = 1\n");
    diag_remark(f.diags, at(&f, 0, 1), "\"%s\" is used", "a");
    diag_hint(f.diags, "it is");
    ck_assert_int_eq(f.diags->errors + f.diags->warnings, 0);
    ck_assert_str_eq(frontend_messages(&f), "test.mnn:1:1: note: \"a\" is used\n"
                                            "    1 | a = 1\n"
                                            "      | ^\n"
                                            "hint: it is\n");
    f.diags->color = true;
    ck_assert_ptr_nonnull(strstr(frontend_messages(&f), "\33[01;36mnote:\33[m \"a\" is used\n"));
    f.diags->options.all_off = true;
    diag_remark(f.diags, at(&f, 4, 5), "and 1");
    ck_assert_ptr_null(strstr(frontend_messages(&f), "and 1"));
    frontend_free(&f);
}
END_TEST

START_TEST(note_points_at_the_other_place)
{
    frontend f = over("a = 1\na = 2\n");
    diag_warning(f.diags, DIAG_USELESS, at(&f, 6, 7), "setting \"a\" is given twice");
    diag_note(f.diags, at(&f, 0, 1), "first given here");
    diag_note(f.diags, (span){0}, "the last one wins");
    ck_assert_int_eq(f.diags->warnings, 1);
    ck_assert_str_eq(frontend_messages(&f), "test.mnn:2:1: warning: setting \"a\" is given twice [-Wuseless]\n"
                                            "    2 | a = 2\n"
                                            "      | ^\n"
                                            "test.mnn:1:1: note: first given here\n"
                                            "    1 | a = 1\n"
                                            "      | ^\n"
                                            "note: the last one wins\n");
    frontend_free(&f);
}
END_TEST

START_TEST(warnings_as_errors_fail)
{
    frontend f = over("a = 1\na = 2\n");
    ck_assert(!diag_failed(f.diags));
    diag_warning(f.diags, DIAG_UNUSED_CONSTANT, at(&f, 0, 1), "unused");
    ck_assert(!diag_failed(f.diags));
    f.diags->options.as_errors = true;
    ck_assert(diag_failed(f.diags));
    ck_assert_str_eq(frontend_messages(&f), "test.mnn:1:1: error: unused [-Werror=unused-constant]\n"
                                            "    1 | a = 1\n"
                                            "      | ^\n");
    frontend_free(&f);
}
END_TEST

START_TEST(unwanted_warnings_are_silent_with_their_notes)
{
    frontend f = over("a = 1\na = 2\n");
    f.diags->options.off[DIAG_UNUSED_CONSTANT] = true;
    diag_warning(f.diags, DIAG_UNUSED_CONSTANT, at(&f, 0, 1), "unused");
    diag_note(f.diags, at(&f, 0, 1), "its note");
    diag_hint(f.diags, "its hint");
    diag_insert(f.diags, at(&f, 0, 1), "its line");
    ck_assert_ptr_null(f.diags->first);
    diag_warning(f.diags, DIAG_SHADOW, at(&f, 0, 1), "hides");
    diag_hint(f.diags, "shown");
    ck_assert_int_eq(f.diags->warnings, 1);
    f.diags->options.all_off = true;
    diag_warning(f.diags, DIAG_SHADOW, at(&f, 0, 1), "hides more");
    ck_assert_str_eq(frontend_messages(&f), "test.mnn:1:1: warning: hides [-Wshadow]\n"
                                            "    1 | a = 1\n"
                                            "      | ^\n"
                                            "hint: shown\n");
    diag_error(f.diags, at(&f, 0, 1), "an error");
    diag_hint(f.diags, "of the error");
    ck_assert_ptr_nonnull(strstr(frontend_messages(&f), "of the error"));
    frontend_free(&f);
}
END_TEST

START_TEST(line_to_insert_has_the_next_ones_indent)
{
    frontend f = over("model m {\n\t dense(1)\n}\n");
    diag_error(f.diags, at(&f, 12, 20), "not flat");
    diag_insert(f.diags, at(&f, 12, 20), "flatten()");
    diag_insert(f.diags, at(&f, 13, 20), "not at the beginning of its line");
    ck_assert_str_eq(frontend_messages(&f), "test.mnn:2:3: error: not flat\n"
                                            "    2 | \t dense(1)\n"
                                            "      | \t ^~~~~~~~\n"
                                            "    + | \t flatten()\n");
    frontend_free(&f);
}
END_TEST

START_TEST(every_warning_has_a_name_of_its_own)
{
    for (int i = 0; i < DIAG_WARNING_COUNT; i++) {
        const diag_warning_kind kind = (diag_warning_kind)i;
        ck_assert_int_eq(diag_warning_find(diag_warning_name(kind)), kind);
        ck_assert(strncmp(diag_warning_name(kind), "no-", 3) != 0); /* -Wno-... turns off */
        ck_assert_uint_gt(strlen(diag_warning_doc(kind)), 0);
    }
    ck_assert_int_eq(diag_warning_find("none"), DIAG_WARNING_COUNT);
}
END_TEST

START_TEST(without_a_place_the_path_is_named)
{
    frontend f = over("");
    diag_error(f.diags, (span){0}, "model is missing");
    ck_assert_str_eq(frontend_messages(&f), "test.mnn: error: model is missing\n");
    frontend_free(&f);
}
END_TEST

START_TEST(sorted_by_place)
{
    frontend f = over("abc\ndef\n");
    diag_error(f.diags, at(&f, 4, 5), "second");
    diag_note(f.diags, at(&f, 0, 1), "of second");
    diag_error(f.diags, at(&f, 1, 2), "first");
    diag_error(f.diags, at(&f, 4, 5), "third");
    diag_error(f.diags, (span){0}, "whole");
    const char *text = frontend_messages(&f);
    const char *const order[] = {"whole", "first", "second", "of second", "third"};
    for (size_t i = 1; i < 5; i++)
        ck_assert_msg(strstr(text, order[i - 1]) < strstr(text, order[i]), "%s", text);
    frontend_free(&f);
}
END_TEST

START_TEST(same_thing_once)
{
    frontend f = over("abc\n");
    for (int i = 0; i < 3; i++) {
        diag_error(f.diags, at(&f, 0, 1), "one");
        diag_hint(f.diags, "help");
        diag_error(f.diags, at(&f, 0, 1), "two");
    }
    diag_error(f.diags, at(&f, 1, 2), "one");
    ck_assert_str_eq(frontend_brief(&f), "1:1: error: one\nhint: help\n1:1: error: two\n1:2: error: one\n");
    frontend_free(&f);
}
END_TEST

START_TEST(tabs_stay_aligned)
{
    frontend f = over("\tx\t= $\n");
    diag_error(f.diags, at(&f, 5, 6), "here");
    ck_assert_str_eq(frontend_messages(&f), "test.mnn:1:6: error: here\n"
                                            "    1 | \tx\t= $\n"
                                            "      | \t \t  ^\n");
    frontend_free(&f);
}
END_TEST

START_TEST(characters_count_not_bytes)
{
    frontend f = over("s = \"\xC3\xA9\xE2\x82\xAC\" $\n");
    diag_error(f.diags, at(&f, 12, 13), "here");
    ck_assert_str_eq(frontend_messages(&f), "test.mnn:1:10: error: here\n"
                                            "    1 | s = \"\xC3\xA9\xE2\x82\xAC\" $\n"
                                            "      |          ^\n");
    frontend_free(&f);
}
END_TEST

START_TEST(range_is_cut_to_the_line)
{
    frontend f = over("ab(\n1)\n");
    diag_error(f.diags, at(&f, 1, 6), "here");
    ck_assert_str_eq(frontend_messages(&f), "test.mnn:1:2: error: here\n"
                                            "    1 | ab(\n"
                                            "      |  ^~\n");
    frontend_free(&f);
}
END_TEST

START_TEST(end_of_line_and_file)
{
    frontend f = over("ab\r\ncd");
    diag_error(f.diags, at(&f, 2, 2), "line");
    diag_error(f.diags, at(&f, 6, 6), "file");
    ck_assert_str_eq(frontend_messages(&f), "test.mnn:1:3: error: line\n"
                                            "    1 | ab\n"
                                            "      |   ^\n"
                                            "test.mnn:2:3: error: file\n"
                                            "    2 | cd\n"
                                            "      |   ^\n");
    frontend_free(&f);
}
END_TEST

START_TEST(control_characters_are_escaped)
{
    frontend f = over("a\x1b[2J $\n");
    diag_error(f.diags, at(&f, 6, 7), "here");
    ck_assert_str_eq(frontend_messages(&f), "test.mnn:1:7: error: here\n"
                                            "    1 | a\\x1b[2J $\n"
                                            "      |          ^\n");
    frontend_free(&f);
}
END_TEST

START_TEST(path_is_escaped)
{
    frontend f = over("a\n");
    f.diags->path = "x\x1b.mnn";
    diag_error(f.diags, (span){0}, "whole");
    ck_assert_str_eq(frontend_messages(&f), "x\\x1b.mnn: error: whole\n");
    frontend_free(&f);
}
END_TEST

START_TEST(long_lines_are_cut_around_the_caret)
{
    char text[5001];
    memset(text, 'x', 5000);
    text[5000] = '\0';
    text[2500] = '$';
    frontend f = over(text);
    diag_error(f.diags, at(&f, 2500, 2501), "here");
    const char *printed = frontend_messages(&f);
    ck_assert_uint_lt(strlen(printed), 400);
    const char *dollar = strchr(printed, '$');
    const char *line = strstr(printed, " | ");
    const char *caret = strchr(printed, '^');
    const char *caret_line = strstr(line + 3, " | ");
    ck_assert_ptr_nonnull(dollar);
    ck_assert_ptr_nonnull(caret);
    ck_assert_int_eq(dollar - line, caret - caret_line);
    ck_assert_int_eq(strncmp(line, " | ...x", 7), 0);
    ck_assert_ptr_nonnull(strstr(dollar, "x...\n"));
    frontend_free(&f);
}
END_TEST

/** Of every width: no line of the source is wider than the terminal, and the caret is under its character. */
START_TEST(lines_fit_the_terminal)
{
    const char *line = "x\t= \"\xE2\x80\x8B\xE2\x80\x8B\xE2\x80\x8B abcdefghijklmnopqrstuvwxyz\xC3\xA9\" + "
                       "0123456789abcdefghijklm # !";
    const uint32_t length = (uint32_t)strlen(line);
    for (int columns = 9; columns < 130; columns++)
        for (uint32_t i = 0; i < length; i++) {
            if (((unsigned char)line[i] & 0xC0U) == 0x80U || (unsigned char)line[i] <= ' ' ||
                (unsigned char)line[i] >= 0x7f)
                continue;
            frontend f = over(line);
            f.diags->columns = columns;
            diag_error(f.diags, at(&f, i, i + 1), "wrong");
            const char *text = strchr(frontend_messages(&f), '\n') + 1, *carets = strchr(text, '\n') + 1;
            const char *caret = strchr(carets, '^');
            ck_assert_ptr_nonnull(caret);
            ck_assert_uint_le(mnn_utf8_length(text, strcspn(text, "\n")), (size_t)columns);
            const char *above = text;
            for (long column = caret - carets; column > 0; column--)
                above += (unsigned char)*above < 0x80 ? 1 : 2;
            ck_assert_msg(*above == line[i], "%d columns: %s", columns, text);
            frontend_free(&f);
        }
}
END_TEST

START_TEST(fifty_errors_are_shown)
{
    enum { COUNT = 60 };
    char text[COUNT + 1];
    memset(text, 'x', COUNT);
    text[COUNT] = '\0';
    frontend f = over(text);
    for (uint32_t i = 0; i < COUNT; i++)
        diag_error(f.diags, at(&f, i, i + 1), "error %u", (unsigned)i);
    const char *printed = frontend_messages(&f);
    ck_assert_ptr_nonnull(strstr(printed, "error: error 49\n"));
    ck_assert_ptr_null(strstr(printed, "error: error 50\n"));
    ck_assert_str_eq(printed + strlen(printed) - strlen("10 more errors not shown\n"), "10 more errors not shown\n");
    ck_assert_int_eq(f.diags->errors, COUNT);
    frontend_free(&f);
}
END_TEST

START_TEST(millions_of_errors_are_only_counted)
{
    frontend f = over("x");
    for (int i = 0; i < 2000000; i++) {
        diag_error(f.diags, at(&f, 0, 1), "number %d", i);
        diag_hint(f.diags, "hint");
    }
    ck_assert_int_eq(f.diags->errors, 2000000);
    ck_assert_ptr_nonnull(strstr(frontend_messages(&f), "1999950 more errors not shown\n"));
    frontend_free(&f);
}
END_TEST

START_TEST(two_sources)
{
    frontend f = over("abc\n");
    source *option = NULL;
    span none;
    const char *message;
    ck_assert_int_eq(source_from_text(f.arena, "<command line>", "n=$", 3, &option, &none, &message), MNN_OK);
    diag_error(f.diags, at(&f, 1, 2), "in file");
    diag_error(f.diags, (span){option, 2, 3}, "in option");
    diag_error(f.diags, at(&f, 0, 1), "also in file");
    ck_assert_str_eq(frontend_messages(&f), "test.mnn:1:1: error: also in file\n"
                                            "    1 | abc\n"
                                            "      | ^\n"
                                            "test.mnn:1:2: error: in file\n"
                                            "    1 | abc\n"
                                            "      |  ^\n"
                                            "<command line>:1:3: error: in option\n"
                                            "    1 | n=$\n"
                                            "      |   ^\n");
    frontend_free(&f);
}
END_TEST

static Suite *diag_suite(void)
{
    Suite *suite = suite_create("diag");
    TCase *tests = tcase_create("diag");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, message_with_line_and_carets);
    tcase_add_test(tests, colors_are_those_of_gcc);
    tcase_add_test(tests, remark_is_a_note_of_its_own);
    tcase_add_test(tests, note_points_at_the_other_place);
    tcase_add_test(tests, warnings_as_errors_fail);
    tcase_add_test(tests, unwanted_warnings_are_silent_with_their_notes);
    tcase_add_test(tests, line_to_insert_has_the_next_ones_indent);
    tcase_add_test(tests, every_warning_has_a_name_of_its_own);
    tcase_add_test(tests, without_a_place_the_path_is_named);
    tcase_add_test(tests, sorted_by_place);
    tcase_add_test(tests, same_thing_once);
    tcase_add_test(tests, tabs_stay_aligned);
    tcase_add_test(tests, characters_count_not_bytes);
    tcase_add_test(tests, range_is_cut_to_the_line);
    tcase_add_test(tests, end_of_line_and_file);
    tcase_add_test(tests, control_characters_are_escaped);
    tcase_add_test(tests, path_is_escaped);
    tcase_add_test(tests, long_lines_are_cut_around_the_caret);
    tcase_add_test(tests, lines_fit_the_terminal);
    tcase_add_test(tests, fifty_errors_are_shown);
    tcase_add_test(tests, millions_of_errors_are_only_counted);
    tcase_add_test(tests, two_sources);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return frontend_run(diag_suite());
}
