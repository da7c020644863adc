/* Analysing a description that stands in a test. */
#ifndef TESTS_SEMA_HELPERS_H
#define TESTS_SEMA_HELPERS_H

#include <check.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "sema/canonical.h"
#include "sema/sema.h"
#include "syntax/parse.h"

static jmp_buf test_out_of_memory;
static arena *test_arena;
static diag_list *test_diag;

static inline void test_setup(void)
{
    if (setjmp(test_out_of_memory) != 0)
        abort();
    test_arena = arena_new(&test_out_of_memory);
}

static inline void test_teardown(void)
{
    arena_free(test_arena);
    test_arena = NULL;
}

static inline const source *test_source(const char *path, const char *text)
{
    source *s = NULL;
    span at = {0};
    const char *message = NULL;
    ck_assert_int_eq(source_from_text(test_arena, path, text, strlen(text), &s, &at, &message), MNN_OK);
    return s;
}

/** Parse and analyse; definitions are those of -D, ended by NULL. */
static inline ir_program *test_analyze_with(const char *text, const char *const *definitions)
{
    test_diag = diag_new(test_arena, "test.mnn");
    ast_file *file = parse_file(test_arena, test_diag, test_source("test.mnn", text));
    sema_canonical(test_arena, test_diag, file);
    sema_options options = {.definitions = NULL};
    ast_stmt **link = &options.definitions;
    for (; definitions != NULL && *definitions != NULL; definitions++) {
        *link = parse_definition(test_arena, test_diag, test_source("<command line>", *definitions));
        ck_assert_ptr_nonnull(*link);
        link = &(*link)->next;
    }
    return sema_analyze(test_arena, test_diag, file, &options);
}

static inline ir_program *test_analyze(const char *text)
{
    return test_analyze_with(text, NULL);
}

/** All messages, one a line: "error 4: text", with the line they point at (0: none). */
static inline const char *test_messages(void)
{
    static const char *const names[] = {"error", "warning", "note", "hint", "insert", "remark"};
    str all = str_new(test_arena);
    str_add(&all, "");
    for (const diag *d = test_diag->first; d != NULL; d = d->next) {
        const int line = d->at.source != NULL ? source_locate(d->at.source, d->at.begin).line : 0;
        str_printf(&all, "%s %d: %s\n", names[d->severity], line, d->text);
    }
    return all.text;
}

/** A whole description with a part put in its place; NULL leaves the usual one. */
static inline const char *test_description(const char *top, const char *steps, const char *layers, const char *settings)
{
    return arena_printf(test_arena,
                        "%s\n"                                                                  /* line 1 */
                        "data d {\n  train = idx(\"i\", \"l\")\n  test = idx(\"ti\", \"tl\")\n" /* 2-4 */
                        "%s\n}\n"                                                               /* 5, 6 */
                        "model m {\n%s\n}\n"                                                    /* 7-9 */
                        "train {\n%s\n}\n",                                                     /* 10 and on */
                        top != NULL ? top : "", steps != NULL ? steps : "reshape(784)",
                        layers != NULL ? layers : "dense(10, activation=softmax)",
                        settings != NULL ? settings : "loss = sparse_categorical_crossentropy\noptimizer = adam");
}

static inline int test_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
