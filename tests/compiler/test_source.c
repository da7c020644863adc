#define _POSIX_C_SOURCE 200809L
#include <check.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/source.h"

static jmp_buf out_of_memory;
static arena *memory;
static char folder[64];
static char path[128];

static void set_up(void)
{
    memory = arena_new(&out_of_memory);
    ck_assert_ptr_nonnull(memory);
    strcpy(folder, "/tmp/mnnc-source-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/test.mnn", folder);
}

static void tear_down(void)
{
    unlink(path);
    rmdir(folder);
    arena_free(memory);
}

static void write_file(const char *text, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static mnn_status load(const char *which, source **out, span *at, const char **message)
{
    *out = NULL;
    *message = NULL;
    return source_load(memory, which, out, at, message);
}

static void expect_refused(const char *which, mnn_status expected, const char *part)
{
    source *s;
    span at;
    const char *message;
    ck_assert_int_eq(load(which, &s, &at, &message), expected);
    ck_assert_ptr_nonnull(message);
    ck_assert_msg(strstr(message, part) != NULL, "got: %s", message);
    ck_assert_ptr_null(at.source);
}

START_TEST(load_reads_whole_file)
{
    write_file("a = 1\nb = 2\n", 12);
    source *s;
    span at;
    const char *message;
    ck_assert_int_eq(load(path, &s, &at, &message), MNN_OK);
    ck_assert_uint_eq(s->size, 12);
    ck_assert_str_eq(s->text, "a = 1\nb = 2\n");
    ck_assert_str_eq(s->path, path);
    ck_assert_ptr_null(at.source);
}
END_TEST

START_TEST(load_reads_empty_file)
{
    write_file("", 0);
    source *s;
    span at;
    const char *message;
    ck_assert_int_eq(load(path, &s, &at, &message), MNN_OK);
    ck_assert_uint_eq(s->size, 0);
    ck_assert_str_eq(s->text, "");
}
END_TEST

START_TEST(load_refuses_what_is_no_file)
{
    expect_refused(path, MNN_EIO, "could not open: No such file");
    expect_refused(folder, MNN_ESOURCE, "directory");
    expect_refused("/dev/zero", MNN_ESOURCE, "got a device, expected a regular file");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    expect_refused(path, MNN_ESOURCE, "got a FIFO, expected a regular file"); /* and it does not hang */
}
END_TEST

START_TEST(load_reads_what_claims_no_size)
{
    source *s;
    span at;
    const char *message;
    ck_assert_int_eq(load("/proc/self/status", &s, &at, &message), MNN_OK);
    ck_assert_uint_gt(s->size, 0);
    ck_assert_uint_eq(s->size, strlen(s->text));
}
END_TEST

START_TEST(load_refuses_too_large)
{
    write_file("", 0);
    ck_assert_int_eq(truncate(path, 17 * 1024 * 1024), 0);
    expect_refused(path, MNN_ESOURCE, "larger than 16 MiB");
    ck_assert_int_eq(truncate(path, SOURCE_MAX_BYTES + 1), 0);
    expect_refused(path, MNN_ESOURCE, "larger than 16 MiB");
}
END_TEST

START_TEST(load_accepts_the_largest)
{
    char *text = malloc(SOURCE_MAX_BYTES);
    ck_assert_ptr_nonnull(text);
    memset(text, '#', SOURCE_MAX_BYTES);
    write_file(text, SOURCE_MAX_BYTES);
    free(text);
    source *s;
    span at;
    const char *message;
    ck_assert_int_eq(load(path, &s, &at, &message), MNN_OK);
    ck_assert_uint_eq(s->size, SOURCE_MAX_BYTES);
}
END_TEST

static const struct refused_text {
    const char *text;
    size_t size;
    uint32_t begin;
    uint32_t end;
    const char *message;
} refused_texts[] = {
    {"ab\0c", 4, 2, 3, "NUL"},
    {"a = \"\xff\"", 7, 5, 6, "byte 0xff is not well-formed UTF-8"},
    {"\xC3", 1, 0, 1, "byte 0xc3 is not well-formed UTF-8"},
    {"x\xC0\x80", 3, 1, 2, "byte 0xc0"},
    {"x\xED\xA0\x80", 4, 1, 2, "byte 0xed"},
    {"x\xF5\x80\x80\x80", 5, 1, 2, "byte 0xf5"},
    {"# \xE2\x80\xAE", 5, 2, 5, "U+202E"},
    {"# \xE2\x81\xA6", 5, 2, 5, "U+2066"},
    {"# \xD8\x9C", 4, 2, 4, "U+061C"},
    {"# \xE2\x80\x8F", 5, 2, 5, "U+200F"},
};

START_TEST(content_is_refused_with_its_place)
{
    const struct refused_text *c = &refused_texts[_i];
    source *s = NULL;
    span at;
    const char *message = NULL;
    ck_assert_int_eq(source_from_text(memory, "x", c->text, c->size, &s, &at, &message), MNN_ESOURCE);
    ck_assert_msg(strstr(message, c->message) != NULL, "got: %s", message);
    ck_assert_ptr_eq(at.source, s);
    ck_assert_uint_eq(at.begin, c->begin);
    ck_assert_uint_eq(at.end, c->end);
    write_file(c->text, c->size);
    ck_assert_int_eq(load(path, &s, &at, &message), MNN_ESOURCE);
    ck_assert_uint_eq(at.begin, c->begin);
}
END_TEST

static source *wrap(const char *text)
{
    source *s = NULL;
    span at;
    const char *message = NULL;
    ck_assert_int_eq(source_from_text(memory, "<command line>", text, strlen(text), &s, &at, &message), MNN_OK);
    return s;
}

static void expect_place(const source *s, uint32_t offset, int line, int column)
{
    line_column place = source_locate(s, offset);
    ck_assert_int_eq(place.line, line);
    ck_assert_int_eq(place.column, column);
}

START_TEST(locate_counts_lines_and_characters)
{
    source *s = wrap("ab\n\ncaf\xC3\xA9 x\nlast");
    expect_place(s, 0, 1, 1);
    expect_place(s, 2, 1, 3);
    expect_place(s, 3, 2, 1);
    expect_place(s, 4, 3, 1);
    expect_place(s, 10, 3, 6);
    expect_place(s, 12, 4, 1);
    expect_place(s, 16, 4, 5);
    expect_place(s, 4000, 4, 5);
    expect_place(wrap(""), 0, 1, 1);
    expect_place(wrap("a\n"), 2, 2, 1);
}
END_TEST

START_TEST(byte_order_mark_is_no_column)
{
    source *s = wrap("\xEF\xBB\xBFx = 1\n");
    expect_place(s, 3, 1, 1);
    size_t length;
    ck_assert_ptr_eq(source_line(s, 5, &length), s->text + 3);
    ck_assert_uint_eq(length, 5);
}
END_TEST

START_TEST(line_is_without_its_end)
{
    source *s = wrap("one\r\ntwo\n\nlast");
    size_t length;
    ck_assert_ptr_eq(source_line(s, 1, &length), s->text);
    ck_assert_uint_eq(length, 3);
    ck_assert_ptr_eq(source_line(s, 8, &length), s->text + 5);
    ck_assert_uint_eq(length, 3);
    source_line(s, 9, &length);
    ck_assert_uint_eq(length, 0);
    ck_assert_ptr_eq(source_line(s, 999, &length), s->text + 10);
    ck_assert_uint_eq(length, 4);
}
END_TEST

START_TEST(join_spans)
{
    source *s = wrap("abcdef");
    span joined = span_join((span){s, 1, 2}, (span){s, 4, 5});
    ck_assert_uint_eq(joined.begin, 1);
    ck_assert_uint_eq(joined.end, 5);
    joined = span_join((span){0}, (span){s, 4, 5});
    ck_assert_uint_eq(joined.begin, 4);
    joined = span_join((span){s, 1, 2}, (span){0});
    ck_assert_uint_eq(joined.end, 2);
}
END_TEST

static Suite *source_suite(void)
{
    Suite *suite = suite_create("source");
    TCase *tests = tcase_create("source");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, load_reads_whole_file);
    tcase_add_test(tests, load_reads_empty_file);
    tcase_add_test(tests, load_refuses_what_is_no_file);
    tcase_add_test(tests, load_reads_what_claims_no_size);
    tcase_add_test(tests, load_refuses_too_large);
    tcase_add_test(tests, load_accepts_the_largest);
    tcase_add_loop_test(tests, content_is_refused_with_its_place, 0,
                        (int)(sizeof refused_texts / sizeof refused_texts[0]));
    tcase_add_test(tests, locate_counts_lines_and_characters);
    tcase_add_test(tests, byte_order_mark_is_no_column);
    tcase_add_test(tests, line_is_without_its_end);
    tcase_add_test(tests, join_spans);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(source_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
