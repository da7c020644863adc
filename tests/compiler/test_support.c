#include <check.h>
#include <math.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/words.h"
#include "mnn/status.h"
#include "support/arena.h"
#include "support/checked.h"
#include "support/str.h"

static jmp_buf out_of_memory;
static arena *memory;

static void set_up(void)
{
    memory = arena_new(&out_of_memory);
    ck_assert_ptr_nonnull(memory);
}

static void tear_down(void)
{
    arena_free(memory);
}

START_TEST(arena_gives_zeroed_aligned_memory)
{
    for (size_t size = 0; size < 40000; size = size * 2 + 1) {
        unsigned char *p = arena_alloc(memory, size);
        ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            ck_assert_uint_eq(p[i], 0);
        memset(p, 0xA5, size);
    }
}
END_TEST

START_TEST(arena_objects_do_not_overlap)
{
    enum { COUNT = 3000 };
    static unsigned char *objects[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        objects[i] = arena_alloc(memory, i % 97);
        memset(objects[i], (int)(i % 251), i % 97);
    }
    unsigned char *large = arena_alloc(memory, 5000000);
    memset(large, 0xFF, 5000000);
    for (size_t i = 0; i < COUNT; i++)
        for (size_t k = 0; k < i % 97; k++)
            ck_assert_uint_eq(objects[i][k], i % 251);
}
END_TEST

START_TEST(arena_of_nothing_is_unique)
{
    ck_assert_ptr_ne(arena_alloc(memory, 0), arena_alloc(memory, 0));
    arena_free(NULL);
}
END_TEST

START_TEST(arena_text)
{
    ck_assert_str_eq(arena_strndup(memory, "abcdef", 3), "abc");
    ck_assert_str_eq(arena_strndup(memory, NULL, 0), "");
    ck_assert_str_eq(arena_strdup(memory, "abc"), "abc");
    ck_assert_str_eq(arena_printf(memory, "%s-%d", "x", 7), "x-7");
    const char *longer = arena_printf(memory, "%0*d", 100000, 1);
    ck_assert_uint_eq(strlen(longer), 100000);
}
END_TEST

enum { TOO_LARGE_ALLOC, TOO_LARGE_ARRAY, TOO_LARGE_TEXT, TOO_LARGE_SAID, TOO_LARGE_COUNT };

START_TEST(arena_jumps_when_memory_runs_out)
{
    if (setjmp(out_of_memory) != 0)
        return;
    volatile size_t huge = SIZE_MAX; /* volatile: compilers refuse what they can see */
    if (_i == TOO_LARGE_ALLOC)
        arena_alloc(memory, huge);
    else if (_i == TOO_LARGE_ARRAY)
        arena_array(memory, huge / 2, 3);
    else if (_i == TOO_LARGE_TEXT)
        arena_strndup(memory, "x", huge);
    else
        arena_exhausted(memory);
    ck_abort_msg("came back");
}
END_TEST

START_TEST(checked_arithmetic)
{
    int64_t out = 7;
    ck_assert(checked_mul(3, 4, &out));
    ck_assert_int_eq(out, 12);
    ck_assert(!checked_mul(INT64_MAX, 2, &out));
    ck_assert(!checked_add(INT64_MAX, 1, &out));
    ck_assert_int_eq(out, 12);
}
END_TEST

START_TEST(str_grows)
{
    str s = str_new(memory);
    for (int i = 0; i < 10000; i++)
        str_add_char(&s, (char)('a' + i % 26));
    str_add(&s, "end");
    str_printf(&s, "%d%s", 42, "!");
    ck_assert_uint_eq(s.length, 10006);
    ck_assert_uint_eq(strlen(s.text), 10006);
    ck_assert_str_eq(s.text + 10000, "end42!");
    ck_assert_int_eq(s.text[25], 'z');
}
END_TEST

static const char *printable(const char *text)
{
    return str_printable(memory, text, strlen(text));
}

START_TEST(str_printable_neutralises)
{
    ck_assert_str_eq(printable("plain"), "plain");
    ck_assert_str_eq(printable(""), "");
    ck_assert_str_eq(printable("a\"b"), "a\\\"b");
    ck_assert_str_eq(printable("a\n\t\r\x1b[31m"), "a\\n\\t\\r\\x1b[31m");
    ck_assert_str_eq(str_printable(memory, "a\0b", 3), "a\\x00b");
    ck_assert_str_eq(printable("\x7f"), "\\x7f");
    ck_assert_str_eq(printable("\xC2\x85"), "\\u0085");
    ck_assert_str_eq(printable("\xE2\x80\xAE"), "\\u202e");
    ck_assert_str_eq(printable("\xE2\x80\x8B"), "\\u200b");
    ck_assert_str_eq(printable("caf\xC3\xA9"), "caf\xC3\xA9");
    ck_assert_str_eq(printable("\xff\xC3"), "\\xff\\xc3");
    ck_assert_str_eq(printable("%n*/"), "%n*/");
}
END_TEST

/* Both escape the same characters, in the same way; the compiler writes in quotes and escapes these too. */
START_TEST(programs_and_mnnc_escape_alike)
{
    int escaped = 0;
    for (uint32_t code = 1; code <= 0xE1FFF; code += code == 0x1FFFF ? 0xC0000 : 1) {
        char text[MNN_UTF8_BYTES + 1] = "", shown[32];
        if ((code >= 0xD800 && code <= 0xDFFF) || code == '"')
            continue;
        mnn_utf8_encode(code, text);
        const char *ours = printable(text), *theirs = mnn_printable(shown, sizeof shown, text);
        const bool invisible = mnn_is_invisible(code);
        if (strcmp(ours, theirs) != 0 || (strcmp(ours, text) != 0) != invisible || (mnn_is_bidi(code) && !invisible))
            ck_abort_msg("U+%04X: mnnc %s, programs %s", (unsigned)code, ours, theirs);
        escaped += invisible;
    }
    ck_assert_int_gt(escaped, 4000);
    ck_assert_str_eq(printable("\xC2\xAD|\xE2\x81\xA0|\xF3\xA0\x80\x81|\xE3\x85\xA4|\xEF\xB8\x8F"),
                     "\\u00ad|\\u2060|\\ue0001|\\u3164|\\ufe0f");
}
END_TEST

START_TEST(str_printable_cuts)
{
    char text[200];
    memset(text, 'x', sizeof text);
    ck_assert_uint_eq(strlen(str_printable(memory, text, 60)), 60);
    const char *cut = str_printable(memory, text, 61);
    ck_assert_uint_eq(strlen(cut), 63);
    ck_assert_str_eq(cut + 60, "...");
    ck_assert_uint_eq(strlen(str_printable(memory, text, 200)), 63);
}
END_TEST

START_TEST(str_escaped_keeps_quotes_and_length)
{
    str s = str_new(memory);
    char text[100];
    memset(text, 'x', sizeof text);
    str_add_escaped(&s, "a\"b\a", 4);
    str_add_escaped(&s, text, sizeof text);
    ck_assert_uint_eq(s.length, 107);
    ck_assert_int_eq(strncmp(s.text, "a\"b\\x07xx", 9), 0);
}
END_TEST

START_TEST(mnn_word_distance_counts_edits)
{
    static const struct {
        const char *a;
        const char *b;
        int distance;
    } cases[] = {
        {"", "", 0},           {"a", "", 1},
        {"", "abc", 3},        {"dense", "dense", 0},
        {"dens", "dense", 1},  {"desne", "dense", 1},
        {"DENSE", "dense", 0}, {"kitten", "sitting", 3},
        {"ab", "ba", 1},       {"flaten", "flatten", 1},
        {"abc", "xyz", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(mnn_word_distance(cases[i].a, cases[i].b), cases[i].distance);
        ck_assert_int_eq(mnn_word_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
    char longer[1000];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    ck_assert_int_eq(mnn_word_distance(longer, "a"), 999);
}
END_TEST

START_TEST(mnn_nearest_finds_misspelt)
{
    static const char *const words[] = {"dense", "conv2d", "flatten", "dropout", "x"};
    ck_assert_str_eq(mnn_nearest("dens", words, 5), "dense");
    ck_assert_str_eq(mnn_nearest("Flaten", words, 5), "flatten");
    ck_assert_str_eq(mnn_nearest("cnov2d", words, 5), "conv2d");
    ck_assert_ptr_null(mnn_nearest("conv3d", words, 5));
    ck_assert_ptr_null(mnn_nearest("dense2", words, 5));
    ck_assert_ptr_null(mnn_nearest("draught", words, 5));
    ck_assert_ptr_null(mnn_nearest("y", words, 5));
    ck_assert_ptr_null(mnn_nearest("relu", words, 5));
    ck_assert_ptr_null(mnn_nearest("", words, 5));
    ck_assert_ptr_null(mnn_nearest("dense", words, 0));
}
END_TEST

START_TEST(str_double_reads_back)
{
    ck_assert_str_eq(str_double(memory, 0.001), "0.001");
    ck_assert_str_eq(str_double(memory, 1e-7), "1e-07");
    ck_assert_str_eq(str_double(memory, 32), "32");
    ck_assert_str_eq(str_double(memory, -0.5), "-0.5");
    ck_assert_str_eq(str_double(memory, 0), "0");
    ck_assert_str_eq(str_double(memory, (double)INFINITY), "inf");
    ck_assert_str_eq(str_double(memory, -(double)INFINITY), "-inf");
    ck_assert_str_eq(str_double(memory, (double)NAN), "nan");
    static const double values[] = {1.0 / 3, 1.0 / 255, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 123456789.123};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        ck_assert(strtod(str_double(memory, values[i]), NULL) == values[i]);
}
END_TEST

START_TEST(utf8_accepts_and_refuses)
{
    uint32_t code = 0;
    ck_assert_int_eq(mnn_utf8_decode("\xC3\xA9", 2, &code), 2);
    ck_assert_uint_eq(code, 0xE9);
    ck_assert_int_eq(mnn_utf8_decode("\xF0\x9F\x98\x80", 4, &code), 4);
    ck_assert_uint_eq(code, 0x1F600);
    static const char *const refused[] = {"\x80",
                                          "\xC0\x80",
                                          "\xC1\xBF",
                                          "\xE0\x80\x80",
                                          "\xED\xA0\x80",
                                          "\xF0\x80\x80\x80",
                                          "\xF4\x90\x80\x80",
                                          "\xF5\x80\x80\x80",
                                          "\xC3",
                                          "\xE2\x82",
                                          "\xC3(",
                                          "\xFF"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        ck_assert_int_eq(mnn_utf8_decode(refused[i], strlen(refused[i]), &code), 0);
    ck_assert_int_eq(mnn_utf8_decode("", 0, &code), 0);
}
END_TEST

START_TEST(utf8_round_trip)
{
    for (uint32_t code = 1; code <= 0x10FFFF; code += 37) {
        if (code >= 0xD800 && code <= 0xDFFF)
            continue;
        char bytes[MNN_UTF8_BYTES];
        uint32_t back = 0;
        int length = mnn_utf8_encode(code, bytes);
        ck_assert_int_eq(mnn_utf8_decode(bytes, (size_t)length, &back), length);
        ck_assert_uint_eq(back, code);
    }
    ck_assert_uint_eq(mnn_utf8_length("a\xC3\xA9\xFF", 4), 3);
}
END_TEST

static Suite *support_suite(void)
{
    Suite *suite = suite_create("support");
    TCase *tests = tcase_create("support");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, arena_gives_zeroed_aligned_memory);
    tcase_add_test(tests, arena_objects_do_not_overlap);
    tcase_add_test(tests, arena_of_nothing_is_unique);
    tcase_add_test(tests, arena_text);
    tcase_add_loop_test(tests, arena_jumps_when_memory_runs_out, 0, TOO_LARGE_COUNT);
    tcase_add_test(tests, checked_arithmetic);
    tcase_add_test(tests, str_grows);
    tcase_add_test(tests, str_printable_neutralises);
    tcase_add_test(tests, str_printable_cuts);
    tcase_add_test(tests, programs_and_mnnc_escape_alike);
    tcase_add_test(tests, str_escaped_keeps_quotes_and_length);
    tcase_add_test(tests, mnn_word_distance_counts_edits);
    tcase_add_test(tests, mnn_nearest_finds_misspelt);
    tcase_add_test(tests, str_double_reads_back);
    tcase_add_test(tests, utf8_accepts_and_refuses);
    tcase_add_test(tests, utf8_round_trip);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(support_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
