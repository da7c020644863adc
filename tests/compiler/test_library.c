/* The front end as a library: two compiles in one process, one after the other or at the same time, know nothing
 * of each other. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "emit/emit.h"
#include "lang/lang.h"
#include "middle.h"
#include "sema/canonical.h"
#include "syntax/format.h"

enum { THREADS = 2, FAULTY = 4, TEXTS = MIDDLE_SAMPLES + FAULTY };

/** One description, and all that a compile makes of it as one text. */
typedef struct job {
    const char *text;
    char *result; /* malloc'ed */
} job;

static const char *const faulty[FAULTY] = {
    "data d {\n    train = idx(\"i\", \"l\")\n    reshape(28, 28, 1)\n}\nmodel m {\n    dens(10)\n}\ntrain {\n}\n",
    "model {\n    dense(10,, 3)\n    'x'\n",
    "a = 1 +\nb = (2\n",
    "unused = 2 ** 3\n",
};

/** What comes out of a program without mistakes. */
static void write_outputs(arena *a, diag_list *d, ir_program *program, FILE *out)
{
    ir_context cx = {a, d, program};
    const char *fault = NULL;
    const plan *p = run_passes(&cx, &fault) ? plan_make(a, d, program, &(plan_options){0}) : NULL;
    if (p == NULL)
        return;
    const emit_options options = {.source_name = "x.mnn", .description = "0"};
    fputs(emit_trainer(p, &options), out);
    fputs(emit_dot(p), out);
    fputs(emit_summary(p, 0, 0), out);
}

static void compile(job *j)
{
    jmp_buf out_of_memory;
    size_t size = 0;
    FILE *out = open_memstream(&j->result, &size);
    if (setjmp(out_of_memory) != 0)
        abort();
    arena *a = arena_new(&out_of_memory);
    source *s = NULL;
    span at = {0};
    const char *message = NULL;
    diag_list *d = diag_new(a, "x.mnn");
    if (source_from_text(a, "x.mnn", j->text, strlen(j->text), &s, &at, &message) == MNN_OK) {
        ast_file *file = parse_file(a, d, s);
        sema_canonical(a, d, file);
        str canonical = str_new(a);
        if (d->errors == 0)
            format_file(&canonical, file, lang_canonical);
        fputs(canonical.text != NULL ? canonical.text : "", out);
        ir_program *program = sema_analyze(a, d, file, &(sema_options){.definitions = NULL});
        if (program != NULL)
            write_outputs(a, d, program, out);
    }
    diag_print(d, out);
    fclose(out);
    arena_free(a);
}

static void *compile_all(void *jobs)
{
    for (int i = 0; i < TEXTS; i++)
        compile((job *)jobs + i);
    return NULL;
}

static void *compile_all_backwards(void *jobs)
{
    for (int i = TEXTS; i > 0; i--)
        compile((job *)jobs + i - 1);
    return NULL;
}

static void set_texts(job *jobs)
{
    for (int i = 0; i < TEXTS; i++)
        jobs[i] = (job){i < MIDDLE_SAMPLES ? middle_sample(i) : faulty[i - MIDDLE_SAMPLES], NULL};
}

static void compare(job *a, job *b)
{
    for (int i = 0; i < TEXTS; i++) {
        ck_assert_uint_gt(strlen(a[i].result), 0);
        ck_assert_str_eq(a[i].result, b[i].result);
        free(b[i].result);
    }
}

static void free_results(job *jobs)
{
    for (int i = 0; i < TEXTS; i++)
        free(jobs[i].result);
}

START_TEST(one_after_the_other)
{
    static job first[TEXTS], second[TEXTS];
    set_texts(first);
    set_texts(second);
    compile_all(first);
    compile_all_backwards(second);
    compare(first, second);
    free_results(first);
}
END_TEST

START_TEST(at_the_same_time)
{
    static job alone[TEXTS], together[THREADS][TEXTS];
    pthread_t thread[THREADS];
    set_texts(alone);
    compile_all(alone);
    for (int i = 0; i < THREADS; i++) {
        set_texts(together[i]);
        ck_assert_int_eq(pthread_create(&thread[i], NULL, i == 0 ? compile_all : compile_all_backwards, together[i]),
                         0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < THREADS; i++)
        compare(alone, together[i]);
    free_results(alone);
}
END_TEST

START_TEST(diagnostics_are_data)
{
    ck_assert_ptr_null(test_analyze(faulty[0]));
    const diag *first = test_diag->first;
    ck_assert_ptr_nonnull(first);
    bool found = false;
    for (const diag *g = first; g != NULL; g = g->next)
        found |=
            g->severity == DIAG_ERROR && g->at.source != NULL && source_locate(g->at.source, g->at.begin).line == 6;
    ck_assert(found);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("library");
    TCase *tests = tcase_create("library");
    tcase_add_checked_fixture(tests, test_setup, test_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, one_after_the_other);
    tcase_add_test(tests, at_the_same_time);
    tcase_add_test(tests, diagnostics_are_data);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
