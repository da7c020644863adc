/* The writer of C text: what it writes is compiled, run, and must give back what went in. */
#include "ctree/cwriter.h"
#include <check.h>
#include <float.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "spawn.h"

static jmp_buf out_of_memory;
static arena *memory;
static char folder[] = "/tmp/mnnc-cwriter-XXXXXX";

static void set_up(void)
{
    memory = arena_new(&out_of_memory);
    ck_assert_ptr_nonnull(memory);
}

static const char *path_of(const char *name)
{
    return arena_printf(memory, "%s/%s", folder, name);
}

static void tear_down(void)
{
    arena_free(memory);
}

static char *contents(const char *path, size_t *length)
{
    enum { MOST = 1 << 20 };
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    char *bytes = arena_alloc(memory, MOST);
    *length = fread(bytes, 1, MOST - 1, file);
    fclose(file);
    return bytes;
}

/** Compile a text under one standard and run it.
 *  @return what it wrote */
static const char *output_of(const char *text, const char *standard, size_t *length)
{
    FILE *file = fopen(path_of("t.c"), "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
    const char *program = path_of("t"), *result = path_of("t.out");
    const char *const compile[] = {
        "cc",      standard, "-trigraphs", "-Wall",        "-Wextra", "-Wno-overlength-strings",
        "-Werror", "-o",     program,      path_of("t.c"), "-lm",     NULL};
    ck_assert_msg(spawn_run(compile, result) == 0, "the C does not compile with %s: %.400s", standard,
                  contents(result, length));
    const char *const start[] = {program, NULL};
    ck_assert_int_eq(spawn_run(start, result), 0);
    return contents(result, length);
}

static const char *const standards[] = {"-std=c11", "-std=gnu17"};

static const char *const hostile[] = {
    "",
    "plain",
    "\"",
    "\\",
    "\\\\",
    "ends in a backslash\\",
    "\\\"",
    "'",
    "a\nb\r\n\tc\v\f\a\b",
    "*/ int main(void) { return 1; } /*",
    "/* // */ //",
    "?"
    "?/",
    "?"
    "?/\" + \"",
    "?"
    "?=define x ?"
    "?( ?"
    "?) ?"
    "?' ?"
    "?! ?"
    "?< ?"
    "?> ?"
    "?-",
    "???"
    "???"
    "/",
    "%n %s %d %% %",
    "\x01"
    "7 \x7f"
    "9",
    "\033[31mred",
    "gr\xc3\xb6\xc3\x9f"
    "e \xe2\x82\xac \xf0\x9f\x8d\x8e",
    "\xe2\x80\xae"
    "evil",
    "\xff\xfe\x80",
    "\\x41 \\n \\0 \\u0041",
    "#include <none.h>\n#error no\n",
    "\");\nabort();\n(\"",
    "R\"(raw)\" u8\"x\" L\"y\"",
    "_Pragma(\"x\") __DATE__ __FILE__",
};

enum { HOSTILE = sizeof hostile / sizeof hostile[0] };

/** All bytes a C string can hold, each before a digit, which an escape must not swallow. */
static const char *all_bytes(void)
{
    str s = str_new(memory);
    for (int c = 1; c < 256; c++) {
        str_add_char(&s, (char)c);
        str_add_char(&s, '7');
    }
    for (int c = 1; c < 256; c++)
        str_add_char(&s, (char)c);
    return s.text;
}

static void open_program(cwriter *w)
{
    *w = cw_new(memory);
    cw_line(w, "#include <stdio.h>");
    cw_line(w, "#include <string.h>");
    cw_blank(w);
    cw_line(w, "int main(void)");
    cw_body(w);
}

static const char *close_program(cwriter *w)
{
    cw_line(w, "return 0;");
    cw_close(w, "");
    ck_assert_int_eq(w->depth, 0);
    return w->out.text;
}

START_TEST(strings_read_back_byte_for_byte)
{
    cwriter w;
    str expected = str_new(memory);
    open_program(&w);
    for (int i = 0; i <= HOSTILE; i++) {
        const char *text = i < HOSTILE ? hostile[i] : all_bytes();
        const char *literal = cw_str(&w, text);
        for (const char *c = literal; *c != '\0'; c++)
            ck_assert_msg(*c >= ' ' && *c <= '~' && *c != '?', "byte %d in a literal", *c);
        /* a line of its own: breaking lines is another test */
        cw_line(&w, "static const char text_%d[] =", i);
        str_printf(&w.out, "%s;\n", literal);
        cw_line(&w, "fwrite(text_%d, 1, sizeof text_%d, stdout);", i, i);
        str_add_n(&expected, text, strlen(text) + 1);
    }
    const char *program = close_program(&w);
    for (int i = 0; i < 2; i++) {
        size_t length = 0;
        const char *output = output_of(program, standards[i], &length);
        ck_assert_uint_eq(length, expected.length);
        ck_assert_mem_eq(output, expected.text, length);
    }
}
END_TEST

START_TEST(no_text_is_a_null_pointer)
{
    cwriter w = cw_new(memory);
    ck_assert_str_eq(cw_str(&w, NULL), "NULL");
    ck_assert_str_eq(cw_str(&w, ""), "\"\"");
}
END_TEST

/** A string that a line is broken around must stay one string. */
START_TEST(strings_are_not_broken_with_their_line)
{
    cwriter w;
    str expected = str_new(memory);
    open_program(&w);
    for (int n = 60; n < 130; n++) {
        str text = str_new(memory);
        for (int i = 0; i < n; i++)
            str_add_char(&text, (char)('a' + i % 26));
        str_add(&text, ", x + y : z ");
        str_add(&text, arena_strdup(memory, text.text));
        cw_line(&w, "puts(%s);", cw_str(&w, text.text));
        str_printf(&expected, "%s\n", text.text);
    }
    size_t length = 0;
    const char *output = output_of(close_program(&w), standards[0], &length);
    ck_assert_uint_eq(length, expected.length);
    ck_assert_mem_eq(output, expected.text, length);
}
END_TEST

START_TEST(comments_end_where_they_should)
{
    cwriter w;
    open_program(&w);
    cw_line(&w, "int alive = 0;");
    int count = 0;
    for (int i = 0; i <= HOSTILE; i++) {
        const char *text = i < HOSTILE ? hostile[i] : all_bytes();
        const char *const forms[] = {"%s", "%s\n%s", "\n%s", "%s*", "*%s/", "/%s", "%s\n/", "%s\n", "\\%s\\"};
        for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
            const char *at = forms[f];
            str body = str_new(memory);
            for (; *at != '\0'; at++)
                if (at[0] == '%' && at[1] == 's')
                    str_add(&body, text), at++;
                else
                    str_add_char(&body, *at);
            str_add(&body, "");
            cw_comment(&w, "%s", body.text);
            cw_line(&w, "alive++;");
            count++;
        }
    }
    cw_line(&w, "printf(\"%%d\", alive);");
    const char *program = close_program(&w);
    for (const char *c = program; *c != '\0'; c++)
        ck_assert_msg(*c == '\n' || (*c >= ' ' && *c <= '~'), "byte %d in a comment", *c);
    for (int i = 0; i < 2; i++) {
        size_t length = 0;
        ck_assert_int_eq(atoi(output_of(program, standards[i], &length)), count);
    }
}
END_TEST

START_TEST(comments_keep_plain_text)
{
    cwriter w = cw_new(memory);
    cw_comment(&w, "%s: 100%% of [rows, %d]", "dense", 10);
    cw_indent(&w);
    cw_comment(&w, "one\n\n    two\n*/ three");
    ck_assert_str_eq(w.out.text, "/* dense: 100% of [rows, 10] */\n"
                                 "    /* one\n"
                                 "     *\n"
                                 "     *     two\n"
                                 "     * * / three */\n");
}
END_TEST

/* --- numbers ----------------------------------------------------------------------------------------- */

enum { NUMBERS = 1500 };

static uint64_t next_bits(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 32 | *state << 32) * 0x9e3779b97f4a7c15u;
}

static float nth_float(int n, uint64_t *state)
{
    static const float special[] = {0.0f,        -0.0f,        1.0f,   -1.0f,         0.1f,        FLT_MAX, -FLT_MAX,
                                    FLT_MIN,     FLT_TRUE_MIN, 1e10f,  16777216.0f,   16777218.0f, 1e-7f,   1.0f / 255,
                                    FLT_EPSILON, 3.14159265f,  100.0f, 1234567936.0f, 1e38f};
    if (n < (int)(sizeof special / sizeof special[0]))
        return special[n];
    const uint32_t bits =
        (uint32_t)next_bits(state) & (n % 4 == 0 ? 0x807fffffu : 0xffffffffu); /* a quarter denormal */
    float f;
    memcpy(&f, &bits, sizeof f);
    return f - f == 0.0f ? f : 1.5f;
}

static double nth_double(int n, uint64_t *state)
{
    static const double special[] = {0.0,        -0.0,         1.0,     0.1,         DBL_MAX, -DBL_MAX,
                                     DBL_MIN,    DBL_TRUE_MIN, 1e15,    1e16,        1e17,    9007199254740993.0,
                                     0.001,      1e-7,         1.0 / 3, DBL_EPSILON, 1e22,    1e23,
                                     123456789.0};
    if (n < (int)(sizeof special / sizeof special[0]))
        return special[n];
    const uint64_t bits = next_bits(state) & (n % 4 == 0 ? 0x800fffffffffffffu : UINT64_MAX);
    double d;
    memcpy(&d, &bits, sizeof d);
    return d - d == 0.0 ? d : 1.5;
}

static void check_numbers(void)
{
    cwriter w;
    uint64_t state = 1;
    static float floats[NUMBERS];
    static double doubles[NUMBERS];
    open_program(&w);
    cw_open(&w, "static const float floats[] =");
    for (int i = 0; i < NUMBERS; i++) {
        floats[i] = nth_float(i, &state);
        cw_line(&w, "%s,", cw_f32(&w, (double)floats[i]));
    }
    cw_close(&w, ";");
    cw_open(&w, "static const double doubles[] =");
    for (int i = 0; i < NUMBERS; i++) {
        doubles[i] = nth_double(i, &state);
        cw_line(&w, "%s,", cw_f64(&w, doubles[i]));
    }
    cw_close(&w, ";");
    cw_line(&w, "fwrite(floats, 1, sizeof floats, stdout);");
    cw_line(&w, "fwrite(doubles, 1, sizeof doubles, stdout);");
    size_t length = 0;
    const char *output = output_of(close_program(&w), standards[0], &length);
    ck_assert_uint_eq(length, sizeof floats + sizeof doubles);
    for (int i = 0; i < NUMBERS; i++)
        ck_assert_msg(memcmp(output + (size_t)i * sizeof *floats, floats + i, sizeof *floats) == 0, "float %.9g as %s",
                      (double)floats[i], cw_f32(&w, (double)floats[i]));
    for (int i = 0; i < NUMBERS; i++)
        ck_assert_msg(memcmp(output + sizeof floats + (size_t)i * sizeof *doubles, doubles + i, sizeof *doubles) == 0,
                      "double %.17g as %s", doubles[i], cw_f64(&w, doubles[i]));
}

START_TEST(numbers_read_back_exactly)
{
    check_numbers();
}
END_TEST

static void check_short_numbers(void)
{
    cwriter w = cw_new(memory);
    ck_assert_str_eq(cw_f32(&w, 0), "0.0f");
    ck_assert_str_eq(cw_f32(&w, -0.0), "-0.0f");
    ck_assert_str_eq(cw_f32(&w, 1), "1.0f");
    ck_assert_str_eq(cw_f32(&w, 0.9), "0.9f");
    ck_assert_str_eq(cw_f32(&w, 1.0 / 255), "0.003921569f");
    ck_assert_str_eq(cw_f32(&w, 1e-7), "1e-07f");
    ck_assert_str_eq(cw_f32(&w, (double)FLT_MAX), "3.4028235e+38f");
    ck_assert_str_eq(cw_f32(&w, 16777216), "16777216.0f");
    ck_assert_str_eq(cw_f64(&w, 0.001), "0.001");
    ck_assert_str_eq(cw_f64(&w, -2), "-2.0");
    ck_assert_str_eq(cw_f64(&w, 0.1 + 0.2), "0.30000000000000004");
}

START_TEST(numbers_are_short)
{
    check_short_numbers();
}
END_TEST

START_TEST(numbers_that_c_cannot_write)
{
    static const double floats[] = {1e39, -1e39, INFINITY, NAN, 1e-46, -1e-300};
    for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++) {
        cwriter w = cw_new(memory);
        cw_f32(&w, floats[i]);
        ck_assert_msg(w.unwritable, "%g", floats[i]);
        w.unwritable = false;
        cw_f64(&w, floats[i]);
        ck_assert_msg(w.unwritable == !isfinite(floats[i]), "%g", floats[i]);
    }
    cwriter w = cw_new(memory);
    cw_f32(&w, 0);
    cw_f32(&w, -0.0);
    cw_f32(&w, (double)FLT_MAX);
    cw_f32(&w, (double)FLT_TRUE_MIN);
    cw_f64(&w, DBL_MAX);
    ck_assert(!w.unwritable);
}
END_TEST

/** A locale whose decimal point is a comma, made for this test: few machines have one.
 *  @return false when localedef is not there */
static bool use_comma(void)
{
    FILE *file = fopen(path_of("comma"), "w");
    ck_assert_ptr_nonnull(file);
    fputs("comment_char %\nescape_char /\nLC_NUMERIC\ndecimal_point \",\"\nthousands_sep \".\"\ngrouping 3;3\n"
          "END LC_NUMERIC\n",
          file);
    fclose(file);
    const char *script = "localedef -c -f ANSI_X3.4-1968 -i \"$1\" \"$2\" 2>/dev/null; test -e \"$2/LC_NUMERIC\"";
    const char *const make[] = {"sh", "-c", script, "sh", path_of("comma"), path_of("xx_XX"), NULL};
    if (spawn_run(make, "/dev/null") != 0)
        return false;
    setenv("LOCPATH", folder, 1);
    return setlocale(LC_NUMERIC, "xx_XX") != NULL;
}

START_TEST(numbers_do_not_depend_on_the_locale)
{
    if (!use_comma()) {
        printf("skipped: no locale with a decimal comma\n");
        return;
    }
    char text[16];
    snprintf(text, sizeof text, "%g", 1.5);
    ck_assert_str_eq(text, "1,5");
    check_short_numbers();
    check_numbers();
}
END_TEST

/* --- lines ------------------------------------------------------------------------------------------- */

START_TEST(blocks_are_indented)
{
    cwriter w = cw_new(memory);
    cw_line(&w, "int f(void)");
    cw_body(&w);
    cw_open(&w, "for (int i = 0; i < %d; i++)", 3);
    cw_line(&w, "if (i)");
    cw_indent(&w);
    cw_line(&w, "return %s;", "i");
    cw_outdent(&w);
    cw_close(&w, "");
    cw_blank(&w);
    cw_open(&w, "enum");
    cw_line(&w, "A = 1");
    cw_close(&w, ";");
    cw_close(&w, "");
    ck_assert_str_eq(w.out.text, "int f(void)\n"
                                 "{\n"
                                 "    for (int i = 0; i < 3; i++) {\n"
                                 "        if (i)\n"
                                 "            return i;\n"
                                 "    }\n"
                                 "\n"
                                 "    enum {\n"
                                 "        A = 1\n"
                                 "    };\n"
                                 "}\n");
}
END_TEST

/** The longest line of a text. */
static size_t widest(const char *text)
{
    size_t most = 0;
    while (*text != '\0') {
        const size_t length = strcspn(text, "\n");
        most = length > most ? length : most;
        text += length + (text[length] == '\n');
    }
    return most;
}

/** A text without blanks and line ends: what is left are the tokens, which no break may touch. */
static const char *squeezed(const char *text)
{
    str s = str_new(memory);
    for (; *text != '\0'; text++)
        if (*text != ' ' && *text != '\n')
            str_add_char(&s, *text);
    return s.text;
}

/* Columns of generated C. */
enum { WIDEST = 120 };

START_TEST(long_lines_are_broken)
{
    for (int depth = 0; depth < 12; depth++)
        for (int arguments = 1; arguments < 40; arguments++) {
            cwriter w = cw_new(memory);
            str call = str_new(memory);
            str_add(&call, "result = function(first_argument");
            for (int i = 0; i < arguments; i++)
                str_printf(&call, "%sargument_%d", i % 3 == 0 ? " + " : i % 5 == 0 ? " ? 1 : " : ", ", i);
            w.depth = depth;
            cw_line(&w, "%s);", call.text);
            ck_assert_uint_le(widest(w.out.text), WIDEST);
            ck_assert_str_eq(squeezed(w.out.text), squeezed(arena_printf(memory, "%s);", call.text)));
            ck_assert_int_eq(w.depth, depth);
            ck_assert_uint_eq(strspn(w.out.text, " "), (size_t)(4 * depth));
        }
}
END_TEST

START_TEST(broken_lines_mean_the_same)
{
    cwriter w;
    str sum = str_new(memory), list = str_new(memory);
    int expected = 0;
    for (int i = 0; i < 80; i++) {
        str_printf(&sum, "%s%d", i == 0 ? "" : " + ", i);
        str_printf(&list, "%s%d", i == 0 ? "" : ", ", i);
        expected += 2 * i;
    }
    open_program(&w);
    cw_line(&w, "const int sum = %s;", sum.text);
    cw_line(&w, "const int list[] = {%s};", list.text);
    cw_line(&w, "int total = sum > 0 ? sum : -1000000000;");
    cw_open(&w, "for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)");
    cw_line(&w, "total += list[i];");
    cw_close(&w, "");
    cw_line(&w, "printf(\"%%d\", total);");
    const char *program = close_program(&w);
    ck_assert_uint_le(widest(program), WIDEST);
    size_t length = 0;
    ck_assert_int_eq(atoi(output_of(program, standards[0], &length)), expected);
}
END_TEST

START_TEST(lines_that_fit_stay_whole)
{
    cwriter w = cw_new(memory);
    str exact = str_new(memory);
    str_add(&exact, "f(");
    while (exact.length < WIDEST - 5)
        str_add(&exact, exact.length % 5 == 0 ? ", " : "a");
    str_add_n(&exact, "bbbbbb", WIDEST - 2 - exact.length);
    str_add(&exact, ");");
    ck_assert_uint_eq(exact.length, WIDEST);
    cw_line(&w, "%s", exact.text);
    ck_assert_str_eq(w.out.text, arena_printf(memory, "%s\n", exact.text));
}
END_TEST

START_TEST(lines_without_a_place_to_break_stay_whole)
{
    cwriter w = cw_new(memory);
    str s = str_new(memory);
    for (int i = 0; i < 150; i++)
        str_add_char(&s, 'a');
    cw_line(&w, "%s", s.text);
    ck_assert_str_eq(w.out.text, arena_printf(memory, "%s\n", s.text));
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *c = tcase_create(name);
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 120);
    suite_add_tcase(suite, c);
    return c;
}

int main(void)
{
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        return EXIT_FAILURE;
    }
    Suite *suite = suite_create("cwriter");
    TCase *c = add_case(suite, "user text");
    tcase_add_test(c, strings_read_back_byte_for_byte);
    tcase_add_test(c, no_text_is_a_null_pointer);
    tcase_add_test(c, strings_are_not_broken_with_their_line);
    tcase_add_test(c, comments_end_where_they_should);
    tcase_add_test(c, comments_keep_plain_text);
    c = add_case(suite, "numbers");
    tcase_add_test(c, numbers_read_back_exactly);
    tcase_add_test(c, numbers_are_short);
    tcase_add_test(c, numbers_that_c_cannot_write);
    tcase_add_test(c, numbers_do_not_depend_on_the_locale);
    c = add_case(suite, "lines");
    tcase_add_test(c, blocks_are_indented);
    tcase_add_test(c, long_lines_are_broken);
    tcase_add_test(c, broken_lines_mean_the_same);
    tcase_add_test(c, lines_that_fit_stay_whole);
    tcase_add_test(c, lines_without_a_place_to_break_stay_whole);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    const char *const clean[] = {"rm", "-rf", folder, NULL};
    spawn_run(clean, "/dev/null");
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
