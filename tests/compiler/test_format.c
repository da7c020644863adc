#define _POSIX_C_SOURCE 200809L
#include "frontend.h"

#include <stdarg.h>

#include "syntax/format.h"

static const char *canonical(const char *name)
{
    static const char *const names[][2] = {
        {"Dense", "dense"}, {"Conv2D", "conv2d"}, {"ReLU", "relu"}, {"Model", "model"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i][0]) == 0)
            return names[i][1];
    }
    return name;
}

static const char *format(const frontend *f)
{
    str out = str_new(f->arena);
    format_file(&out, f->file, canonical);
    return out.text;
}

typedef struct format_case {
    const char *text;
    const char *expected;
} format_case;

static const format_case cases[] = {
    {"", ""},
    {"\n\n", ""},
    {"# one\n\n\n# two   \n", "# one\n\n# two\n"},
    {"x=1", "x = 1\n"},
    {"\n\nx=1\r\n\r\n\r\ny=2", "x = 1\n\ny = 2\n"},
    {"x=1\nlonger=2\n", "x      = 1\nlonger = 2\n"},
    {"x=1\n\nlonger=2\n", "x = 1\n\nlonger = 2\n"},
    {"x=1\n# c\nlonger=2\n", "x = 1\n# c\nlonger = 2\n"},
    {"// one\n//\n// two\nx=1\n//", "# one\n#\n# two\nx = 1\n#\n"},
    {"x=1 # c\nlonger=2 #d\n", "x      = 1  # c\nlonger = 2  #d\n"},

    /* values as written, canonical blanks and parentheses */
    {"x = 1e-3", "x = 1e-3\n"},
    {"x = .5", "x = .5\n"},
    {"x = 007.", "x = 007.\n"},
    {"x = \"\\u00e9\\x41\\\"\"", "x = \"\\u00e9\\x41\\\"\"\n"},
    {"x = ( \"a\" )", "x = \"a\"\n"},
    {"x = true\ny = false\nz = none\n", "x = true\ny = false\nz = none\n"},
    {"x = 1 / 255", "x = 1/255\n"},
    {"x = 1+2 - 3", "x = 1 + 2 - 3\n"},
    {"x = (1 + 2) * 3", "x = (1 + 2)*3\n"},
    {"x = (1 * 2) + 3", "x = 1*2 + 3\n"},
    {"x = 1 - (2 - 3)", "x = 1 - (2 - 3)\n"},
    {"x = (1 - 2) - 3", "x = 1 - 2 - 3\n"},
    {"x = 1 * (2 / 3)", "x = 1*(2/3)\n"},
    {"x = 2 ** (3 ** 4)", "x = 2**3**4\n"},
    {"x = (2 ** 3) ** 4", "x = (2**3)**4\n"},
    {"x = -(2 ** 2)", "x = -2**2\n"},
    {"x = (-2) ** 2", "x = (-2)**2\n"},
    {"x = 2 ** (-1)", "x = 2**-1\n"},
    {"x = -(a * b)", "x = -(a*b)\n"},
    {"x = (-a) * b", "x = -a*b\n"},
    {"x = a - (-b)", "x = a - -b\n"},
    {"x = - - + a", "x = --+a\n"},
    {"x = ((1 + 2) * (3 - 4)) ** (5 / 6)", "x = ((1 + 2)*(3 - 4))**(5/6)\n"},
    {"x = (3,)", "x = (3,)\n"},
    {"x = ()\ny = [ ]", "x = ()\ny = []\n"},
    {"x = [ 1,2 , (3,4,) ,]", "x = [1, 2, (3, 4)]\n"},
    {"x = f ( a , b = 3 , )", "x = f(a, b=3)\n"},
    {"x = f(\n1,\n2\n)\n", "x = f(1, 2)\n"},

    /* blocks and bodies */
    {"data{}", "data {\n}\n"},
    {"data d{\ntrain=1}", "data d {\n    train = 1\n}\n"},
    {"data{}model m{}", "data {\n}\n\nmodel m {\n}\n"},
    {"a=1\ndata{}\nb=2\nc=3\n", "a = 1\n\ndata {\n}\n\nb = 2\nc = 3\n"},
    {"model m {\n\n\n a()\n\n\n b()\n\n}\n", "model m {\n    a()\n\n    b()\n}\n"},
    {"model m { residual { a() } repeat(3) { b() }\nc() }",
     "model m {\n    residual {\n        a()\n    }\n    repeat(3) {\n        b()\n    }\n    c()\n}\n"},
    {"model m { residual() { } }", "model m {\n    residual() {\n    }\n}\n"},
    {"block b ( n,k = 3 ) { Dense(n) }", "block b(n, k=3) {\n    dense(n)\n}\n"},
    {"block b() {}", "block b() {\n}\n"},

    /* canonical names of blocks and calls; those of values are made canonical in the tree, which knows their table */
    {"Model m {\n Dense(10, activation=ReLU, Dense=ReLU)\n Dense = ReLU\n}\n",
     "model m {\n    dense(10, activation=ReLU, Dense=ReLU)\n    Dense = ReLU\n}\n"},
    {"Dense = 3\nmodel m {\n a(Dense, ReLU)\n}\n", "Dense = 3\n\nmodel m {\n    a(Dense, ReLU)\n}\n"},
    {"block Dense(ReLU) {\n a(ReLU)\n}\nmodel m {\n Dense(Conv2D)\n}\n",
     "block Dense(ReLU) {\n    a(ReLU)\n}\n\nmodel m {\n    Dense(Conv2D)\n}\n"},

    /* comments in odd places */
    {"# head\ndata {}\n# end\n", "# head\ndata {\n}\n\n# end\n"},
    {"# head\n\ndata {}\n", "# head\n\ndata {\n}\n"},
    {"a = 1\n# about\ndata {}\n", "a = 1\n\n# about\ndata {\n}\n"},
    {"data { # brace\n} # after\n", "data {  # brace\n}  # after\n"},
    {"data {\n # inside\n}\n", "data {\n    # inside\n}\n"},
    {"data {\n x = 1\n\n # last\n}\n", "data {\n    x = 1\n\n    # last\n}\n"},
    {"model m {\n a(1, # one\n # two\n 2) # three\n}\n", "model m {\n    # one\n    # two\n    a(1, 2)  # three\n}\n"},
    {"model m {\n\n b()\n\n a( # one\n\n # two\n 2)\n}\n", "model m {\n    b()\n\n    # one\n    # two\n    a(2)\n}\n"},
    {"model m {\n repeat( # one\n 3) { # two\n a() # three\n # four\n } # five\n}\n",
     "model m {\n    # one\n    repeat(3) {  # two\n        a()  # three\n        # four\n    }  # five\n}\n"},
    {"block b( # one\n n) {}\n", "# one\nblock b(n) {\n}\n"},
    {"x = (1 + # one\n 2)\ny = 3\n", "# one\nx = 1 + 2\ny = 3\n"},
    {"x = 1\nlong = [ # one\n 2]\ny = 3\n", "x = 1\n# one\nlong = [2]\ny    = 3\n"},
    {"model m { residual { a() } } # end\n", "model m {\n    residual {\n        a()\n    }\n}  # end\n"},

    /* what does not fit a line */
    {"model m {\n"
     " Conv2D(32, (3, 3), strides=(1, 1), activation=ReLU, kernel_initializer=he_uniform, bias=zeros, "
     "use_bias=true)\n}\n",
     "model m {\n    conv2d(\n        32,\n        (3, 3),\n        strides=(1, 1),\n        activation=ReLU,\n"
     "        kernel_initializer=he_uniform,\n        bias=zeros,\n        use_bias=true,\n    )\n}\n"},
    {"x = [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
     "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb]\n",
     "x = [\n    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,\n"
     "    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,\n]\n"},
    {"x = f(g(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, k=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb), c, "
     "1)\n",
     "x = f(\n    g(\n        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,\n"
     "        k=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,\n    ),\n    c,\n    1,\n)\n"},
};

/* The result is as expected, the same when formatted again, and means the same. */
START_TEST(text_is_formatted)
{
    const format_case *c = &cases[_i];
    frontend f = frontend_parse(c->text);
    ck_assert_str_eq(frontend_messages(&f), "");
    ck_assert_str_eq(format(&f), c->expected);
    frontend again = frontend_parse(c->expected);
    ck_assert_str_eq(frontend_messages(&again), "");
    ck_assert_str_eq(format(&again), c->expected);
    frontend_free(&f);
    frontend_free(&again);
}
END_TEST

START_TEST(without_a_table_names_stay)
{
    frontend f = frontend_parse("m { Dense(ReLU) }");
    str out = str_new(f.arena);
    format_file(&out, f.file, NULL);
    ck_assert_str_eq(out.text, "m {\n    Dense(ReLU)\n}\n");
    frontend_free(&f);
}
END_TEST

/* The widest line that is left whole has FORMAT_WIDTH columns. */
START_TEST(lines_end_at_the_width)
{
    for (int width = 90; width <= 110; width++) {
        frontend f = {.arena = frontend_arena()};
        const char *text = arena_printf(f.arena, "m {\n    call(%0*d, 1)\n    repeat(%0*d) {\n    }\n}\n", width - 13,
                                        7, width - 14, 7);
        frontend g = frontend_parse(text);
        ck_assert_int_eq(g.diags->errors, 0);
        const char *formatted = format(&g);
        if (width <= 100)
            ck_assert_str_eq(formatted, text);
        else
            ck_assert_ptr_nonnull(strstr(formatted, ",\n    ) {\n"));
        frontend_free(&f);
        frontend_free(&g);
    }
}
END_TEST

START_TEST(long_chains_do_not_recurse)
{
    enum { TERMS = 500000 };
    char *text = malloc(TERMS * 2 + 16);
    ck_assert_ptr_nonnull(text);
    strcpy(text, "x = 1");
    for (size_t i = 0; i < TERMS; i++)
        memcpy(text + 5 + i * 2, i % 3 == 0 ? "+a" : i % 3 == 1 ? "*b" : "-c", 3);
    frontend f = frontend_parse(text);
    ck_assert_int_eq(f.diags->errors, 0);
    const char *once = format(&f);
    frontend g = frontend_parse(once);
    ck_assert_str_eq(format(&g), once);
    ck_assert_str_eq(frontend_dump(&g), frontend_dump(&f));
    frontend_free(&f);
    frontend_free(&g);
    free(text);
}
END_TEST

/* ---- any text: made by chance, with comments and newlines wherever they may stand */

typedef struct maker {
    str text;
    uint64_t state;
    int comments;
    int open; /* brackets: newlines and comments may stand anywhere */
    int level;
} maker;

static unsigned chance(maker *m, unsigned below)
{
    m->state = m->state * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(m->state >> 33) % below;
}

static void make_gap(maker *m)
{
    if (chance(m, 4) == 0)
        str_add(&m->text, " ");
    if (m->open > 0 && chance(m, 12) == 0)
        str_add(&m->text, "\n  ");
    if (m->open > 0 && chance(m, 25) == 0)
        str_printf(&m->text, " # c%d\n", m->comments++);
}

static void make_text(maker *m, const char *text)
{
    make_gap(m);
    str_add(&m->text, text);
    make_gap(m);
}

static void make_line_end(maker *m)
{
    if (chance(m, 4) == 0)
        str_printf(&m->text, " # c%d", m->comments++);
    str_add(&m->text, chance(m, 3) == 0 ? "\n\n" : "\n");
    while (chance(m, 4) == 0)
        str_printf(&m->text, " #c%d\n%s", m->comments++, chance(m, 2) == 0 ? "\n" : "");
}

static void make_expr(maker *m);

static void make_items(maker *m, const char *open, const char *close, bool named, unsigned least)
{
    make_gap(m);
    str_add(&m->text, open);
    m->open++;
    unsigned count = least + chance(m, 4);
    for (unsigned i = 0; i < count; i++) {
        if (named && i + 1 >= count) {
            make_text(m, "name_of_an_argument");
            make_text(m, "=");
        }
        make_expr(m);
        if (i + 1 < count || count == 1 || chance(m, 3) == 0)
            make_text(m, ",");
    }
    make_gap(m);
    m->open--;
    str_add(&m->text, close);
}

static void make_expr(maker *m)
{
    static const char *const atoms[] = {"1",
                                        "2.5",
                                        ".5",
                                        "1e-3",
                                        "true",
                                        "none",
                                        "\"text # with \\u00e9\"",
                                        "Dense",
                                        "alpha",
                                        "a_rather_long_name_of_a_constant",
                                        "ReLU",
                                        "0"};
    static const char *const operators[] = {"+", "-", "*", "/", "**"};
    unsigned kind = m->level > 5 ? 0 : chance(m, 12);
    m->level++;
    if (kind < 5) {
        make_text(m, atoms[chance(m, sizeof atoms / sizeof atoms[0])]);
    } else if (kind < 8) {
        make_expr(m);
        make_text(m, operators[chance(m, 5)]);
        make_expr(m);
    } else if (kind == 8) {
        make_text(m, chance(m, 2) == 0 ? "-" : "+");
        make_expr(m);
    } else if (kind == 9) {
        make_text(m, "(");
        m->open++;
        make_expr(m);
        m->open--;
        str_add(&m->text, ")");
    } else if (kind == 10) {
        make_items(m, chance(m, 2) == 0 ? "Dense(" : "some_function(", ")", true, 0);
    } else if (chance(m, 2) == 0) {
        make_items(m, "(", ")", false, 1);
    } else {
        make_items(m, "[", "]", false, 0);
    }
    m->level--;
}

static void make_body(maker *m, int depth)
{
    str_add(&m->text, "{");
    make_line_end(m);
    for (unsigned count = chance(m, 5); count > 0; count--) {
        unsigned kind = chance(m, depth > 3 ? 2 : 4);
        if (kind == 0) {
            str_add(&m->text, chance(m, 2) == 0 ? "set=" : "a_longer_name =");
            make_expr(m);
        } else {
            str_add(&m->text, "step");
            if (kind < 3)
                make_items(m, "(", ")", true, 0);
            if (kind >= 2)
                make_body(m, depth + 1);
        }
        make_line_end(m);
    }
    str_add(&m->text, "}");
}

static void make_file(maker *m)
{
    make_line_end(m);
    for (unsigned count = 1 + chance(m, 4); count > 0; count--) {
        if (chance(m, 3) == 0) {
            str_add(&m->text, "constant = ");
            make_expr(m);
        } else {
            str_add(&m->text, "model name ");
            if (chance(m, 4) == 0)
                str_add(&m->text, "(a, # p\n b=2)"), m->comments++;
            make_body(m, 0);
        }
        make_line_end(m);
    }
}

static int count_comments(const frontend *f)
{
    int count = 0;
    for (const ast_comment *c = f->file->comments; c != NULL; c = c->next)
        count++;
    return count;
}

/* The tree with the canonical names in place of the user's. */
static const char *canonical_dump(frontend *f)
{
    str out = str_new(f->arena);
    const char *dump = frontend_dump(f);
    while (*dump != '\0') {
        size_t word = strcspn(dump, " \n");
        const bool is_value = out.length >= 5 && strcmp(out.text + out.length - 5, "name ") == 0;
        const char *name = arena_strndup(f->arena, dump, word);
        str_add(&out, is_value ? name : canonical(name));
        dump += word;
        if (*dump != '\0')
            str_add_char(&out, *dump++);
    }
    return out.text;
}

START_TEST(made_texts_keep_tree_and_comments)
{
    for (uint64_t seed = 0; seed < 3000; seed++) {
        arena *a = frontend_arena();
        maker m = {.text = str_new(a), .state = seed * 977 + 1};
        make_file(&m);
        frontend f = frontend_parse(m.text.text);
        ck_assert_msg(f.diags->errors == 0, "%s\n%s", frontend_messages(&f), m.text.text);
        const char *once = format(&f);
        frontend g = frontend_parse(once);
        ck_assert_msg(g.diags->errors == 0, "%s\n%s", frontend_messages(&g), once);
        ck_assert_str_eq(frontend_dump(&g), canonical_dump(&f));
        ck_assert_int_eq(count_comments(&f), m.comments);
        ck_assert_int_eq(count_comments(&g), m.comments);
        ck_assert_str_eq(format(&g), once);
        frontend_free(&g);
        frontend_free(&f);
        arena_free(a);
    }
}
END_TEST

static Suite *format_suite(void)
{
    Suite *suite = suite_create("format");
    TCase *tests = tcase_create("format");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, text_is_formatted, 0, (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(tests, without_a_table_names_stay);
    tcase_add_test(tests, lines_end_at_the_width);
    tcase_add_test(tests, long_chains_do_not_recurse);
    tcase_add_test(tests, made_texts_keep_tree_and_comments);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return frontend_run(format_suite());
}
