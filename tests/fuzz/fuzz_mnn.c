/* Descriptions: parsed, laid out, analysed, planned and written as everything that mnnc writes.
 *
 * What must hold: no fault of the compiler; laying out a laid-out description changes nothing; the laid-out
 * description says the same as the one it was made from; an input gives the same C twice. Behind a byte 0xFF may
 * follow the argument of a -D, without NULs. */
#define _GNU_SOURCE
#include "input.h"

#include <setjmp.h>
#include <string.h>

#include "emit/emit.h"
#include "lang/lang.h"
#include "passes/passes.h"
#include "plan/plan.h"
#include "sema/canonical.h"
#include "sema/sema.h"
#include "syntax/format.h"
#include "syntax/parse.h"

/** What becomes of one text; NULL where it is not accepted so far. */
typedef struct outcome {
    const char *laid_out;
    const char *summary, *dot, *trainer;
} outcome;

static ast_file *parse(arena *a, diag_list *d, const char *text, size_t size)
{
    source *s = NULL;
    span at = {0};
    const char *message = NULL;
    if (source_from_text(a, "x.mnn", text, size, &s, &at, &message) != MNN_OK) {
        must(message != NULL && at.source != NULL, "a refused text has a message and a place");
        diag_error(d, at, "%s", message);
        return NULL;
    }
    ast_file *file = parse_file(a, d, s);
    sema_canonical(a, d, file);
    return file;
}

static ast_stmt *parse_option(arena *a, diag_list *d, const char *text, size_t size)
{
    source *s = NULL;
    span at = {0};
    const char *message = NULL;
    if (size == 0 || source_from_text(a, "<command line>", text, size, &s, &at, &message) != MNN_OK)
        return NULL;
    return parse_definition(a, d, s);
}

static void write_all(arena *a, diag_list *d, ir_program *program, outcome *out)
{
    ir_context cx = {a, d, program};
    const char *fault = NULL;
    const bool passed = run_passes(&cx, &fault);
    must(fault == NULL, fault ? fault : "");
    const plan *p = passed ? plan_make(a, d, program, &(plan_options){0}) : NULL;
    must(p != NULL || d->errors > 0, "a plan, or an error");
    if (p == NULL)
        return;
    str dump = str_new(a);
    ir_dump(&dump, program);
    plan_dump(&dump, p, 0);
    const emit_options options = {.source_name = "x.mnn", .description = "0"};
    out->trainer = emit_trainer(p, &options);
    out->dot = emit_dot(p);
    out->summary = emit_summary(p, 0, 0);
}

static outcome compile(arena *a, const char *text, size_t size, FILE *messages)
{
    outcome out = {NULL, NULL, NULL, NULL};
    diag_list *d = diag_new(a, "x.mnn");
    const char *option = memrchr(text, 0xFF, size);
    if (option && memchr(option, '\0', size - (size_t)(option - text)))
        option = NULL;
    const size_t length = option ? (size_t)(option - text) : size;
    ast_file *file = parse(a, d, text, length);
    const sema_options sema = {.definitions = option ? parse_option(a, d, option + 1, size - length - 1) : NULL};
    if (file != NULL && d->errors == 0) {
        str s = str_new(a);
        ast_dump(&s, file);
        str laid_out = str_new(a);
        format_file(&laid_out, file, lang_canonical);
        if (option)
            str_add_n(&laid_out, option, size - length);
        out.laid_out = laid_out.text ? laid_out.text : "";
        ir_program *program = sema_analyze(a, d, file, &sema);
        must(program != NULL || d->errors > 0, "a program, or an error");
        if (program != NULL)
            write_all(a, d, program, &out);
    }
    diag_print(d, messages);
    return out;
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    jmp_buf out_of_memory;
    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    if (!nowhere || setjmp(out_of_memory) != 0)
        abort();
    arena *a = arena_new(&out_of_memory);
    const char *text = (const char *)data;
    const outcome first = compile(a, text, size, nowhere);
    if (first.laid_out) {
        const outcome second = compile(a, first.laid_out, strlen(first.laid_out), nowhere);
        must(same(first.laid_out, second.laid_out), "laying out what is laid out changes nothing");
        must(same(first.dot, second.dot) && same(first.summary, second.summary), "laying out changes no meaning");
    }
    if (first.trainer)
        must(same(first.trainer, compile(a, text, size, nowhere).trainer), "the same C twice");
    arena_free(a);
    return 0;
}
