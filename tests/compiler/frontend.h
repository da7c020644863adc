/* What the tests of the front end share: from a text to a tree, its dump and its messages. */
#ifndef MNNC_TESTS_FRONTEND_H
#define MNNC_TESTS_FRONTEND_H

#include <check.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/diag.h"
#include "syntax/parse.h"

/* Never set: a test that runs out of memory crashes, and Check reports it. */
static jmp_buf frontend_out_of_memory;

typedef struct frontend {
    arena *arena;
    diag_list *diags;
    source *source;
    ast_file *file;
} frontend;

static inline arena *frontend_arena(void)
{
    arena *a = arena_new(&frontend_out_of_memory);
    ck_assert_ptr_nonnull(a);
    return a;
}

static inline frontend frontend_source(const char *text, size_t size)
{
    frontend f = {.arena = frontend_arena()};
    span at;
    const char *message = NULL;
    f.diags = diag_new(f.arena, "test.mnn");
    mnn_status status = source_from_text(f.arena, "test.mnn", text, size, &f.source, &at, &message);
    ck_assert_int_eq(status, MNN_OK);
    return f;
}

static inline frontend frontend_parse_n(const char *text, size_t size)
{
    frontend f = frontend_source(text, size);
    f.file = parse_file(f.arena, f.diags, f.source);
    ck_assert_ptr_nonnull(f.file);
    return f;
}

static inline frontend frontend_parse(const char *text)
{
    return frontend_parse_n(text, strlen(text));
}

static inline void frontend_free(frontend *f)
{
    arena_free(f->arena);
}

static inline const char *frontend_dump(const frontend *f)
{
    str out = str_new(f->arena);
    ast_dump(&out, f->file);
    return out.text;
}

/* All messages as they are printed. */
static inline const char *frontend_messages(const frontend *f)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    diag_print(f->diags, out);
    fclose(out);
    const char *copy = arena_strndup(f->arena, text, size);
    free(text);
    return copy;
}

/* Only the lines with a message, each ended by a newline: "3:5: error: ...", without path and excerpt. */
static inline const char *frontend_brief(const frontend *f)
{
    str out = str_new(f->arena);
    str_add(&out, "");
    const char *line = frontend_messages(f);
    while (*line != '\0') {
        const char *end = strchr(line, '\n');
        const char *begin = strncmp(line, "test.mnn:", 9) == 0 ? line + 9 : line;
        if (begin != line || strncmp(line, "hint: ", 6) == 0 || strstr(line, "not shown") == line + 8)
            str_add_n(&out, begin, (size_t)(end + 1 - begin));
        line = end + 1;
    }
    return out.text;
}

static inline int frontend_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
