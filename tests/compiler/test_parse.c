#define _POSIX_C_SOURCE 200809L
#include "frontend.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

typedef struct text_case {
    const char *text;
    const char *expected;
} text_case;

/* A sanitizer needs more time, and more addresses than a limit would leave it. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* ---- what is accepted, by the dump of its tree */

static const text_case trees[] = {
    {"", "file\n"},
    {"\n\n# nothing\n\r\n", "file\n"},
    {"\xEF\xBB\xBFx = 1", "file\n  set x\n    number 1\n"},
    {"\n\n  x = 1 # one\n\n\ny = 2", "file\n  set x\n    number 1\n  set y\n    number 2\n"},
    {"x = 1\r\ny = 2\r\n", "file\n  set x\n    number 1\n  set y\n    number 2\n"},
    {"x = true\ny = false\nz = none\n", "file\n  set x\n    true\n  set y\n    false\n  set z\n    none\n"},
    {"x = relu", "file\n  set x\n    name relu\n"},
    {"x = truer", "file\n  set x\n    name truer\n"},
    {"x = .5", "file\n  set x\n    number .5\n"},
    {"x = 1.", "file\n  set x\n    number 1.\n"},
    {"x = 1e-3", "file\n  set x\n    number 1e-3\n"},
    {"x = 1.5E+3", "file\n  set x\n    number 1.5E+3\n"},
    {"x = 1/255", "file\n  set x\n    chain\n      number 1\n      / number 255\n"},
    {"x = 1 - 2 - 3", "file\n  set x\n    chain\n      number 1\n      - number 2\n      - number 3\n"},
    {"x = 1 - (2 - 3)",
     "file\n  set x\n    chain\n      number 1\n      - chain\n        number 2\n        - number 3\n"},
    {"x = 1 + 2 * 3",
     "file\n  set x\n    chain\n      number 1\n      + chain\n        number 2\n        * number 3\n"},
    {"x = (1 + 2) * 3", "file\n  set x\n    chain\n      number 1\n      + number 2\n      * number 3\n"},
    {"x = 2 ** 3 ** 4",
     "file\n  set x\n    chain\n      number 2\n      ** chain\n        number 3\n        ** number 4\n"},
    {"x = (2 ** 3) ** 4", "file\n  set x\n    chain\n      number 2\n      ** number 3\n      ** number 4\n"},
    {"x = -2 ** 2", "file\n  set x\n    sign -\n      chain\n        number 2\n        ** number 2\n"},
    {"x = (-2) ** 2", "file\n  set x\n    chain\n      sign -\n        number 2\n      ** number 2\n"},
    {"x = 2 ** -1 * 3",
     "file\n  set x\n    chain\n      number 2\n      ** sign -\n        number 1\n      * number 3\n"},
    {"x = -a * b", "file\n  set x\n    chain\n      sign -\n        name a\n      * name b\n"},
    {"x = +-1", "file\n  set x\n    sign +\n      sign -\n        number 1\n"},
    {"x = ()", "file\n  set x\n    tuple 0\n"},
    {"x = (3)", "file\n  set x\n    number 3\n"},
    {"x = (3,)", "file\n  set x\n    tuple 1\n      number 3\n"},
    {"x = (3, 4, 5,)", "file\n  set x\n    tuple 3\n      number 3\n      number 4\n      number 5\n"},
    {"x = []", "file\n  set x\n    list 0\n"},
    {"x = [a, (1, 2),]",
     "file\n  set x\n    list 2\n      name a\n      tuple 2\n        number 1\n        number 2\n"},
    {"x = (1 +\n  2 # two\n\n)\n", "file\n  set x\n    chain\n      number 1\n      + number 2\n"},
    {"x = adam()", "file\n  set x\n    call adam\n"},
    {"x = adam(1, rate=0.01,)",
     "file\n  set x\n    call adam\n      number 1\n      argument rate\n        number 0.01\n"},
    {"x = f(g(h(1)))", "file\n  set x\n    call f\n      call g\n        call h\n          number 1\n"},
    {"x = \"a\\\"b\\\\c\\n\\t\\x41\\u20ac\"", "file\n  set x\n    string \"a\\\"b\\\\c\\n\\tA\xE2\x82\xAC\"\n"},
    {"x = \"\\xe9\"", "file\n  set x\n    string \"\xC3\xA9\"\n"},
    {"x = \"# no comment (\"", "file\n  set x\n    string \"# no comment (\"\n"},
    {"x = \"%n */ ?\?/\"", "file\n  set x\n    string \"%n */ ?\?/\"\n"},
    {"x = \"\"", "file\n  set x\n    string \"\"\n"},
    {"data d {}", "file\n  block data d\n"},
    {"train {\n}\n", "file\n  block train\n"},
    {"data {} model m { a() } train { x = 1 }",
     "file\n  block data\n  block model m\n    step a\n  block train\n    set x\n      number 1\n"},
    {"model m {\n\n a(1)\n\n # c\n b(\n2,\n)\n\n}\n",
     "file\n  block model m\n    step a\n      number 1\n    step b\n      number 2\n"},
    {"model m {\n residual {\n a()\n }\n b()\n}",
     "file\n  block model m\n    step residual\n      body\n        step a\n    step b\n"},
    {"model m {\n repeat(3) { a() }\n repeat(2) {} }", "file\n  block model m\n    step repeat\n      number 3\n      "
                                                       "body\n        step a\n    step repeat\n      number 2\n"
                                                       "      body\n"},
    {"block b(n, k=3) {\n dense(n)\n}",
     "file\n  block block b\n    parameter n\n    parameter k\n      number 3\n    step dense\n      name n\n"},
    {"block b() {}", "file\n  block block b\n"},
    {"whatever main(a,) {}", "file\n  block whatever main\n    parameter a\n"},
    {"a = 1\ndata {}\nb = 2", "file\n  set a\n    number 1\n  set b\n    number 2\n  block data\n"},
};

START_TEST(text_gives_tree)
{
    const text_case *c = &trees[_i];
    frontend f = frontend_parse(c->text);
    ck_assert_str_eq(frontend_messages(&f), "");
    ck_assert_str_eq(frontend_dump(&f), c->expected);
    frontend_free(&f);
}
END_TEST

/* ---- what is refused, by its messages */

static const text_case refused[] = {
    /* expected, got */
    {"x =\n", "1:4: error: expected a value after \"=\", got end of line\n"},
    {"x =", "1:4: error: expected a value after \"=\", got end of file\n"},
    {"x = 3 4\n", "1:7: error: expected end of line after \"3\", got number \"4\"\n"},
    {"x = 1 2\ny = 3 \"a\"\n", "1:7: error: expected end of line after \"1\", got number \"2\"\n"
                               "2:7: error: expected end of line after \"3\", got string \"a\"\n"},
    {"x = = 3\n", "1:5: error: expected a value after \"=\", got \"=\"\n"},
    {"x = 1 +\n", "1:8: error: expected a value after \"+\", got end of line\n"},
    {"x = * 2\n", "1:5: error: expected a value after \"=\", got \"*\"\n"},
    {"x = f(1 2)\n", "1:9: error: expected \",\" or \")\" after \"1\", got number \"2\"\n"},
    {"x = f(,)\n", "1:7: error: expected a value or \")\" after \"(\", got \",\"\n"},
    {"x = f(a, , b)\n", "1:10: error: expected a value or \")\" after \",\", got \",\"\n"},
    {"x = f(units 10)\n", "1:13: error: expected \"=\", \",\" or \")\" after \"units\", got number \"10\"\n"},
    {"x = f(a=)\n", "1:9: error: expected a value after \"=\", got \")\"\n"},
    {"x = f(a=1=2)\n", "1:10: error: expected \",\" or \")\" after \"1\", got \"=\"\n"},
    {"x = f(1)(2)(3)\n", "1:12: error: a layer takes its inputs once\n"},
    {"x = true = 3\n", "1:10: error: expected end of line after \"true\", got \"=\"\n"},
    {"true = 3\n",
     "1:1: error: expected a block or a constant, got \"true\"\nhint: true, false and none are not names\n"},
    {"3 = x\n", "1:1: error: expected a block or a constant, got number \"3\"\n"},
    {"x\n", "1:2: error: expected a name, \"=\", \"(\" or \"{\" after \"x\", got end of line\n"},
    {"dense(10)\n", "1:10: error: expected \"{\" after \")\", got end of line\n"
                    "hint: steps are written inside a block: data { ... }, model NAME { ... } or train { ... }\n"},
    {"model m {\n 10\n}\n", "2:2: error: expected a statement or \"}\", got number \"10\"\n"},
    {"model \"1 m\" {\n}\n",
     "1:7: error: expected a name, \"=\", \"(\" or \"{\" after \"model\", got string \"1 m\"\n"},
    {"model m {\n a() b()\n}\n", "2:6: error: expected \"{\" or end of line after \")\", got name \"b\"\nhint: write "
                                 "one layer per line, or the activation as an argument: dense(10, activation=relu)\n"},
    {"}\n", "1:1: error: \"}\" closes nothing: no \"{\" is open here\n"},
    {"data {} }\nx = 3 4\n", "1:9: error: \"}\" closes nothing: no \"{\" is open here\n"
                             "2:7: error: expected end of line after \"3\", got number \"4\"\n"},
    {")\n", "1:1: error: expected a block or a constant, got \")\"\n"},
    {"x = 1)\n", "1:6: error: expected end of line after \"1\", got \")\"\n"},
    {"x = [1, 2)\ny = 3 4\n", "1:10: error: expected \",\" or \"]\" after \"2\", got \")\"\n"
                              "1:5: note: \"[\" is opened here\n"
                              "2:7: error: expected end of line after \"3\", got number \"4\"\n"},
    {"model m\n{\n a()\n}\nx = 1 2\n",
     "2:1: error: expected \"{\" at the end of the previous line, got it on a line of its own\n"
     "5:7: error: expected end of line after \"1\", got number \"2\"\n"},
    {"model m {\n residual\n {\n a()\n }\n}\n",
     "3:2: error: expected \"{\" at the end of the previous line, got it on a line of its own\n"},
    {"block b(3) {}\n", "1:9: error: expected the name of a parameter, got a value\n"},
    {"block b(a=1, c) {}\n", "1:14: error: parameter without a default after one that has a default\n"
                             "1:9: note: parameter \"a\" has a default\n"},
    {"x = f(a=1, 2)\n",
     "1:12: error: positional argument after a named one\n1:7: note: argument \"a\" is named here\n"},

    /* not closed */
    {"x = (1\ny = 2\n",
     "2:1: error: expected \",\" or \")\" after \"1\", got name \"y\"\n1:5: note: \"(\" is opened here\n"},
    {"x = [1,\n", "2:1: error: expected \"]\", got end of file\n1:5: note: \"[\" is opened here\n"},
    {"model m {\n a(1\n}\n",
     "3:1: error: expected \",\" or \")\" after \"1\", got \"}\"\n2:3: note: \"(\" is opened here\n"},
    {"model m {\n a(1)\n", "3:1: error: expected \"}\", got end of file\n1:9: note: \"{\" is opened here\n"},
    {"model m {\n a(1)", "2:6: error: expected \"}\", got end of file\n1:9: note: \"{\" is opened here\n"},
    {"model m {\n residual {\n a()\n",
     "4:1: error: expected \"}\", got end of file\n2:11: note: \"{\" is opened here\n"},
    {"model m {\n a(1\n b(2)\n c(3 4)\n}\n",
     "3:2: error: expected \",\" or \")\" after \"1\", got name \"b\"\n2:3: note: \"(\" is opened here\n"
     "4:6: error: expected \",\" or \")\" after \"3\", got number \"4\"\n"},
    {"model m {\n repeat(3 {\n a(,)\n }\n b(,)\n}\n",
     "2:11: error: expected \",\" or \")\" after \"3\", got \"{\"\n2:8: note: \"(\" is opened here\n"
     "3:4: error: expected a value or \")\" after \"(\", got \",\"\n"
     "5:4: error: expected a value or \")\" after \"(\", got \",\"\n"},
    {"model m {\n a(1,\n   $,\n   c=3,\n )\n b(,)\n}\n",
     "3:4: error: unexpected character \"$\"\nhint: a constant is used by its name alone\n6:4: error: expected a value "
     "or \")\" after \"(\", got \",\"\n"},
    {"model m {\n a(1\n   c=3,\n )\n b(,)\n}\n",
     "3:4: error: expected \",\" or \")\" after \"1\", got name \"c\"\n2:3: note: \"(\" is opened here\n"
     "5:4: error: expected a value or \")\" after \"(\", got \",\"\n"},

    /* strings */
    {"x = \"abc\ny = 1 2\n", "1:9: error: expected \"\\\"\" at the end of the string, got end of line\n"
                             "1:5: note: the string starts here\n"
                             "2:7: error: expected end of line after \"1\", got number \"2\"\n"},
    {"x = \"abc\r\n", "1:9: error: expected \"\\\"\" at the end of the string, got end of line\n"
                      "1:5: note: the string starts here\n"},
    {"x = \"abc\\\ny = 1\n", "1:10: error: expected \"\\\"\" at the end of the string, got end of line\n"
                             "1:5: note: the string starts here\n"},
    {"x = \"abc", "1:9: error: expected \"\\\"\" at the end of the string, got end of file\n"
                  "1:5: note: the string starts here\n"},
    {"data d {\n a = idx(\"x\n b = idx(\"y\", \"z\")\n}\n",
     "2:12: error: expected \"\\\"\" at the end of the string, got end of line\n2:10: note: the string starts here\n"},
    {"x = \"a\\qb\"\n", "1:7: error: unknown escape \"\\q\" in a string (expected \\\", \\\\, \\n, \\t, \\xHH or "
                        "\\uHHHH)\n"},
    {"x = \"\\\xC3\xA9\"\n",
     "1:6: error: unknown escape \"\\\xC3\xA9\" in a string (expected \\\", \\\\, \\n, \\t, \\xHH or "
     "\\uHHHH)\n"},
    {"x = \"\\x1\"\n", "1:6: error: expected 2 hexadecimal digits after \"\\x\", got 1\n"},
    {"x = \"\\u12g4\"\n", "1:6: error: expected 4 hexadecimal digits after \"\\u\", got 2\n"},
    {"x = \"\\x00\"\n", "1:6: error: a string cannot hold a NUL character\n"},
    {"x = \"\\ud800\"\n", "1:6: error: U+D800 is half of a surrogate pair, not a character\n"},
    {"x = \"\\q\\w\"\n",
     "1:6: error: unknown escape \"\\q\" in a string (expected \\\", \\\\, \\n, \\t, \\xHH or \\uHHHH)\n"
     "1:8: error: unknown escape \"\\w\" in a string (expected \\\", \\\\, \\n, \\t, \\xHH or \\uHHHH)\n"},
    {"x = 'relu\n", "1:10: error: expected \"'\" at the end of the string, got end of line\n"
                    "1:5: note: the string starts here\n"},

    /* numbers */
    {"x = 3x\n", "1:6: error: expected the end of number \"3\", got \"x\" directly after it\n"},
    {"x = 1__000\n", "1:6: error: expected the end of number \"1\", got \"__000\" directly after it\n"
                     "hint: a single \"_\" is allowed between two digits\n"},
    {"x = 1.2.3\n", "1:8: error: expected the end of number \"1.2\", got \".3\" directly after it\n"},
    {"x = 0x10\n",
     "1:6: error: expected the end of number \"0\", got \"x10\" directly after it\nhint: numbers are decimal\n"},
    {"x = 1e\n", "1:6: error: expected the end of number \"1\", got \"e\" directly after it\n"},
    {"x = 1e5e5\n", "1:8: error: expected the end of number \"1e5\", got \"e5\" directly after it\n"},
    {"x = 0.2e-999\n", "1:5: error: number \"0.2e-999\" is too small (expected at least 4.9e-324)\n"},
    {"x = 1e999\n", "1:5: error: number \"1e999\" is too large (expected at most 1.797e308)\n"},

    /* characters */
    {"x = (1 ; 2)\ny = 1 2\n", "1:8: error: unexpected character \";\"\nhint: a statement ends with its line\n"
                               "2:7: error: expected end of line after \"1\", got number \"2\"\n"},
    {"x: 1\nmodel m {\n a b(2)\n c 'd'  # e\n dense(u: 3)\n f := 2,\n}\n",
     "1:2: error: expected \"=\" after \"x\", got \":\"\nhint: write x = 1\n"
     "3:4: error: expected \"=\" after \"a\", got name \"b\"\nhint: write a(b(2))\n"
     "4:4: error: expected \"=\" after \"c\", got string \"d\"\nhint: write c('d')\n"
     "5:9: error: expected \"=\" after \"u\", got \":\"\nhint: an argument is written name=value\n"
     "6:4: error: expected \"=\" after \"f\", got \":\"\nhint: write f(2)\n"},
    {"x = 7 // 2\n", "1:8: error: expected a value after \"/\", got \"/\"\n"
                     "hint: a comment begins with \"#\", and a division is one \"/\"\n"},
    {"a = 3, 4\n",
     "1:6: error: expected end of line after \"3\", got \",\"\nhint: several values need brackets: [a, b]\n"},
    {"x = a.b\n", "1:6: error: unexpected character \".\"\nhint: names have no dots: write Keras's words alone, as in "
                  "optimizer = adam(0.001)\n"},
    {"x = $ $ $\ny = 1 2\n", "1:5: error: unexpected character \"$\"\nhint: a constant is used by its name alone\n"
                             "2:7: error: expected end of line after \"1\", got number \"2\"\n"},
    {"\xC3\xA9 = 1\n",
     "1:1: error: unexpected character \"\xC3\xA9\"\nhint: names consist of the letters a to z, digits and \"_\"\n"},
    {"x = \x1b\n", "1:5: error: unexpected character \"\\x1b\"\n"},
    {"x = 1\ry = 2\n", "1:6: error: unexpected character \"\\r\"\n"},
    {"x = \xEF\xBB\xBF\n", "1:5: error: unexpected character \"\\ufeff\"\n"},
};

START_TEST(text_is_refused)
{
    const text_case *c = &refused[_i];
    frontend f = frontend_parse(c->text);
    ck_assert_str_eq(frontend_brief(&f), c->expected);
    frontend_free(&f);
}
END_TEST

START_TEST(refused_text_keeps_the_rest)
{
    frontend f = frontend_parse("x = 3 4\ny = 1\nmodel m {\n a(1)\n b(\n c(2)\n d(3)\n e(4)\n");
    ck_assert_str_eq(frontend_brief(&f), "1:7: error: expected end of line after \"3\", got number \"4\"\n"
                                         "7:2: error: expected \",\" or \")\" after \")\", got name \"d\"\n"
                                         "5:3: note: \"(\" is opened here\n"
                                         "9:1: error: expected \"}\", got end of file\n"
                                         "3:9: note: \"{\" is opened here\n");
    ck_assert_str_eq(frontend_dump(&f), "file\n  set y\n    number 1\n  block model m\n    step a\n      number 1\n"
                                        "    step d\n      number 3\n    step e\n      number 4\n");
    frontend_free(&f);
}
END_TEST

/* ---- places */

static void expect_span(const frontend *f, span at, const char *text)
{
    ck_assert_ptr_eq(at.source, f->source);
    ck_assert_uint_eq(at.end - at.begin, strlen(text));
    ck_assert_int_eq(strncmp(f->source->text + at.begin, text, strlen(text)), 0);
}

START_TEST(nodes_know_their_places)
{
    frontend f = frontend_parse("model net {\n  conv(1, k=(2, 3) * -a)  {\n  }\n}\nlimit = (1 + 2) * 3 # c\n");
    ck_assert_int_eq(f.diags->errors, 0);
    const ast_block *b = f.file->blocks;
    expect_span(&f, b->at, "model net");
    expect_span(&f, b->keyword.at, "model");
    expect_span(&f, b->title.at, "net");
    expect_span(&f, b->braces, "{\n  conv(1, k=(2, 3) * -a)  {\n  }\n}");
    const ast_stmt *s = b->body;
    expect_span(&f, s->at, "conv(1, k=(2, 3) * -a)");
    expect_span(&f, s->call.callee.at, "conv");
    expect_span(&f, s->call.parens, "(1, k=(2, 3) * -a)");
    expect_span(&f, s->braces, "{\n  }");
    ck_assert(s->has_body);
    ck_assert_int_eq(s->call.count, 2);
    expect_span(&f, s->call.args->at, "1");
    const ast_arg *k = s->call.args->next;
    expect_span(&f, k->at, "k=(2, 3) * -a");
    expect_span(&f, k->name.at, "k");
    expect_span(&f, k->value->at, "(2, 3) * -a");
    expect_span(&f, k->value->operation.op_at, "*");
    expect_span(&f, k->value->operation.left->at, "(2, 3)");
    expect_span(&f, k->value->operation.right->at, "-a");
    const ast_stmt *c = f.file->constants;
    expect_span(&f, c->at, "limit = (1 + 2) * 3");
    expect_span(&f, c->name.at, "limit");
    expect_span(&f, c->value->at, "(1 + 2) * 3");
    expect_span(&f, c->value->operation.left->at, "1 + 2");
    expect_span(&f, f.file->comments->at, "# c");
    ck_assert(!f.file->comments->own_line);
    frontend_free(&f);
}
END_TEST

START_TEST(numbers_have_values)
{
    static const struct {
        const char *text;
        double value;
        bool is_integer;
        int64_t integer;
    } cases[] = {
        {"x = 12", 12, true, 12},
        {"x = 007", 7, true, 7},
        {"x = 0.5", 0.5, false, 0},
        {"x = .5", 0.5, false, 0},
        {"x = 1.", 1, false, 0},
        {"x = 1e-3", 1e-3, false, 0},
        {"x = 2E2", 200, false, 0},
        {"x = 9223372036854775807", 9223372036854775807.0, true, INT64_MAX},
        {"x = 9223372036854775808", 9223372036854775808.0, false, 0},
        {"x = 1e308", 1e308, false, 0},
        {"x = 1e-308", 1e-308, false, 0},
        {"x = 0e-999", 0, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        frontend f = frontend_parse(cases[i].text);
        ck_assert_int_eq(f.diags->errors, 0);
        const ast_expr *e = f.file->constants->value;
        ck_assert_int_eq(e->kind, AST_NUMBER);
        ck_assert(e->number.value == cases[i].value);
        ck_assert_int_eq(e->number.is_integer, cases[i].is_integer);
        ck_assert_int_eq(e->number.integer, cases[i].integer);
        ck_assert_str_eq(e->number.text, cases[i].text + 4);
        frontend_free(&f);
    }
}
END_TEST

START_TEST(step_without_parens)
{
    frontend f = frontend_parse("model m {\n residual {\n }\n residual() {\n }\n}\n");
    ck_assert_int_eq(f.diags->errors, 0);
    const ast_stmt *s = f.file->blocks->body;
    ck_assert_ptr_null(s->call.parens.source);
    ck_assert_ptr_null(s->call.args);
    expect_span(&f, s->next->call.parens, "()");
    frontend_free(&f);
}
END_TEST

START_TEST(comments_are_kept)
{
    frontend f = frontend_parse("# one  \r\nx = f(1, # two\n  # three\n  2)\n\t# four");
    static const char *const texts[] = {"# one", "# two", "# three", "# four"};
    static const bool own[] = {true, false, true, true};
    int i = 0;
    for (const ast_comment *c = f.file->comments; c != NULL; c = c->next, i++) {
        ck_assert_int_lt(i, 4);
        expect_span(&f, c->at, texts[i]);
        ck_assert_int_eq(c->own_line, own[i]);
    }
    ck_assert_int_eq(i, 4);
    frontend_free(&f);
}
END_TEST

/* ---- definitions */

static ast_stmt *define(frontend *f, const char *text)
{
    *f = frontend_source(text, strlen(text));
    return parse_definition(f->arena, f->diags, f->source);
}

START_TEST(definition_is_a_setting)
{
    frontend f;
    const ast_stmt *s = define(&f, "epochs=2*(3+1)");
    ck_assert_ptr_nonnull(s);
    ck_assert_int_eq(f.diags->errors, 0);
    ck_assert_int_eq(s->kind, AST_SET);
    ck_assert_str_eq(s->name.text, "epochs");
    ck_assert_int_eq(s->value->kind, AST_BINARY);
    frontend_free(&f);
}
END_TEST

static const text_case definitions[] = {
    {"", "1:1: error: expected a name, got end of file\n"},
    {"epochs", "1:7: error: expected \"=\" after \"epochs\", got end of file\n"},
    {"epochs=", "1:8: error: expected a value after \"=\", got end of file\n"},
    {"=3", "1:1: error: expected a name, got \"=\"\n"},
    {"a=1\nb=2", "2:1: error: expected end of file, got name \"b\"\n"},
    {"a=(1", "1:5: error: expected \")\", got end of file\n1:3: note: \"(\" is opened here\n"},
    {"a=$", "1:3: error: unexpected character \"$\"\nhint: a constant is used by its name alone\n"},
    {"f(3)", "1:2: error: expected \"=\" after \"f\", got \"(\"\n"},
};

START_TEST(definition_is_refused)
{
    frontend f;
    ck_assert_ptr_null(define(&f, definitions[_i].text));
    ck_assert_str_eq(frontend_brief(&f), definitions[_i].expected);
    frontend_free(&f);
}
END_TEST

/* ---- limits */

/* begin, then part count times, then end */
static frontend parse_repeated(const char *begin, const char *part, size_t count, const char *end)
{
    size_t size = strlen(begin) + strlen(part) * count + strlen(end);
    char *text = malloc(size + 1);
    ck_assert_ptr_nonnull(text);
    char *to = text;
    memcpy(to, begin, strlen(begin));
    to += strlen(begin);
    for (size_t i = 0; i < count; i++, to += strlen(part))
        memcpy(to, part, strlen(part));
    memcpy(to, end, strlen(end) + 1);
    frontend f = frontend_parse_n(text, size);
    free(text);
    return f;
}

static const struct nested {
    const char *begin;
    const char *part;
    size_t count;
    const char *end;
    const char *expected; /* NULL: accepted */
} nestings[] = {
    {"x = ", "(", 256, "1", "1:262: error: expected \")\", got end of file\n1:260: note: \"(\" is opened here\n"},
    {"x = ", "(", 257, "1", "1:261: error: nested more than 256 deep\n"},
    {"x = ", "(", 20000, "", "1:261: error: nested more than 256 deep\n"},
    {"x = ", "(\n", 20000, "", "257:1: error: nested more than 256 deep\n"},
    {"x = ", "[", 20000, "\ny = 1\n", "1:261: error: nested more than 256 deep\n"},
    {"x = ", "f(", 20000, "", "1:518: error: nested more than 256 deep\n"},
    {"x = ", "-", 256, "1", NULL},
    {"x = ", "-", 257, "1", "1:261: error: nested more than 256 deep\n"},
    {"x = ", "-", 500000, "1\ny = 1 2\n",
     "1:261: error: nested more than 256 deep\n2:7: error: expected end of line after \"1\", got number \"2\"\n"},
    {"x = 2", "**2", 256, "", NULL},
    {"x = 2", "**2", 257, "", "1:774: error: nested more than 256 deep\n"},
    {"x = 2", "**2", 500000, "", "1:774: error: nested more than 256 deep\n"},
    {"x = 2", "**-2", 500000, "", "1:518: error: nested more than 256 deep\n"},
    {"", "a { ", 256, "", "1:1025: error: expected \"}\", got end of file\n1:1023: note: \"{\" is opened here\n"},
    {"", "a { ", 257, "", "1:1027: error: nested more than 256 deep\n"},
    {"", "a { ", 500000, "", "1:1027: error: nested more than 256 deep\n"},
    {"", "a(", 20000, "", "1:514: error: nested more than 256 deep\n"},
    {"x = ", "f(1, b = 1 + 2 * ", 20000, "", "1:4358: error: nested more than 256 deep\n"},
    {"x = 1", "+1", 500000, "", NULL},
    {"x = 1", "-1*2", 500000, "", NULL},
    {"x = 1", "*-1", 100000, "", NULL},
    {"x = f(1", ",1", 500000, ")", NULL},
    {"x = [1", ", 1", 500000, "]", NULL},
    {"x = [", "(1),", 100000, "]", NULL},
    {"", "x = 1\n", 100000, "", NULL},
    {"", "m { a() }\n", 100000, "", NULL},
};

START_TEST(nesting_is_bounded_and_length_is_not)
{
    const struct nested *n = &nestings[_i];
    frontend f = parse_repeated(n->begin, n->part, n->count, n->end);
    ck_assert_str_eq(frontend_brief(&f), n->expected != NULL ? n->expected : "");
    ck_assert_ptr_nonnull(frontend_dump(&f));
    frontend_free(&f);
}
END_TEST

/* Every level as full as it can be: a list of arguments, a name, a sum, a product. */
START_TEST(deepest_nesting_fits_the_stack)
{
    static const char level[] = "f(1, b = 1 + 2 * ";
    char text[8000] = "x = 1 + 2 * ";
    char *to = text + strlen(text);
    for (int i = 0; i < AST_MAX_NESTING; i++, to += strlen(level))
        memcpy(to, level, sizeof level);
    *to++ = '1';
    memset(to, ')', AST_MAX_NESTING);
    to[AST_MAX_NESTING] = '\0';
    frontend f = frontend_parse(text);
    ck_assert_str_eq(frontend_brief(&f), "");
    frontend_free(&f);
}
END_TEST

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static const struct flood {
    const char *part;
    size_t count;
    bool accepted;
} floods[] = {
    {"# a comment that says nothing at all, sixty-four bytes of it....\n", 160000, true},
    {"#\n", 1000000, true},
    {"\n", 5000000, true},
    {"$", 5000000, false},
    {"$\n", 500000, false},
    {"f(1\n", 300000, false},
    {"}\n", 300000, false},
    {"m {\n", 300000, false},
    {"x = (\n", 300000, false},
    {"\"", 5000001, false},
};

/** Processor time to parse the flood and print its messages. */
static double time_of_flood(const struct flood *flood, size_t count)
{
    const double begin = seconds();
    frontend f = parse_repeated("", flood->part, count, "");
    ck_assert_int_eq(f.diags->errors == 0, flood->accepted);
    frontend_messages(&f);
    frontend_free(&f);
    return seconds() - begin;
}

/* Of eight times as much text, time that grows with the square would be 64 times as much, in each of the tries; what
 * disturbs one of them does not count. */
START_TEST(floods_take_time_as_they_have_text)
{
    enum { TRIES = 5 };
    double eighth = 0, whole = 1;
    for (int i = 0; i < TRIES && whole >= 32 * eighth; i++) {
        eighth = time_of_flood(&floods[_i], floods[_i].count / 8);
        eighth = eighth > 0.005 ? eighth : 0.005;
        whole = time_of_flood(&floods[_i], floods[_i].count);
    }
    ck_assert_double_lt(whole, 32 * eighth);
}
END_TEST

START_TEST(long_words)
{
    frontend f = parse_repeated("x = ", "a", 5000000, " b\n");
    ck_assert_int_eq(f.diags->errors, 1);
    ck_assert_uint_lt(strlen(frontend_messages(&f)), 1000);
    frontend_free(&f);
    f = parse_repeated("x = ", "9", 5000000, "\n");
    ck_assert_int_eq(f.diags->errors, 1);
    ck_assert_ptr_nonnull(strstr(frontend_brief(&f), "is too large"));
    frontend_free(&f);
}
END_TEST

/* Every prefix and every text with one byte changed: no crash, and no silence about a text that is cut. */
static const char *const sample = "n = 2 # two\ndata d {\n  train = idx(\"a\\n\", [1, (2,)])\n}\n"
                                  "model m(k=3) {\n  repeat(-2 ** 2) { dense(1 / .5, a=true) }\n  residual {\n  }\n}\n";

START_TEST(every_prefix_is_survived)
{
    for (size_t size = 0; size <= strlen(sample); size++) {
        frontend f = frontend_parse_n(sample, size);
        frontend_messages(&f);
        frontend_dump(&f);
        frontend_free(&f);
    }
}
END_TEST

START_TEST(every_changed_byte_is_survived)
{
    static const char changes[] = "(){}[],=+*\"\\\n #0x.$";
    char text[400];
    size_t size = strlen(sample);
    for (size_t i = 0; i < size; i++) {
        for (const char *c = changes; *c != '\0'; c++) {
            memcpy(text, sample, size + 1);
            text[i] = *c;
            frontend f = frontend_parse_n(text, size);
            frontend_messages(&f);
            frontend_dump(&f);
            frontend_free(&f);
        }
    }
}
END_TEST

/* ---- no memory */

#if !SANITIZED
START_TEST(running_out_of_memory_jumps)
{
    static jmp_buf out_of_memory;
    enum { SIZE = 8 * 1024 * 1024 };
    char *text = malloc(SIZE);
    ck_assert_ptr_nonnull(text);
    memset(text, '+', SIZE);
    for (size_t i = 5; i < SIZE; i += 2)
        text[i] = '1';
    memcpy(text, "x =  ", 4);
    arena *a = arena_new(&out_of_memory);
    ck_assert_ptr_nonnull(a);
    struct rlimit limit = {200 * 1024 * 1024, 200 * 1024 * 1024};
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    if (setjmp(out_of_memory) == 0) {
        source *s = NULL;
        span at;
        const char *message;
        ck_assert_int_eq(source_from_text(a, "test.mnn", text, SIZE, &s, &at, &message), MNN_OK);
        parse_file(a, diag_new(a, "test.mnn"), s);
        ck_abort_msg("there was memory enough");
    }
    arena_free(a);
    free(text);
}
END_TEST
#endif

static Suite *parse_suite(void)
{
    Suite *suite = suite_create("parse");
    TCase *tests = tcase_create("parse");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, text_gives_tree, 0, COUNT_OF(trees));
    tcase_add_loop_test(tests, text_is_refused, 0, COUNT_OF(refused));
    tcase_add_test(tests, refused_text_keeps_the_rest);
    tcase_add_test(tests, nodes_know_their_places);
    tcase_add_test(tests, numbers_have_values);
    tcase_add_test(tests, step_without_parens);
    tcase_add_test(tests, comments_are_kept);
    tcase_add_test(tests, definition_is_a_setting);
    tcase_add_loop_test(tests, definition_is_refused, 0, COUNT_OF(definitions));
    tcase_add_loop_test(tests, nesting_is_bounded_and_length_is_not, 0, COUNT_OF(nestings));
    tcase_add_test(tests, deepest_nesting_fits_the_stack);
    tcase_add_loop_test(tests, floods_take_time_as_they_have_text, 0, COUNT_OF(floods));
    tcase_add_test(tests, long_words);
    tcase_add_test(tests, every_prefix_is_survived);
    tcase_add_test(tests, every_changed_byte_is_survived);
#if !SANITIZED
    tcase_add_test(tests, running_out_of_memory_jumps);
#endif
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return frontend_run(parse_suite());
}
