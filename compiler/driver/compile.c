/* See compile.h. The phases of a compile, in order. */
#include "driver/compile.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/place.h"
#include "base/sha256.h"
#include "driver/check_data.h"
#include "driver/inference.h"
#include "driver/output.h"
#include "driver/weights.h"
#include "emit/emit.h"
#include "lang/lang.h"
#include "mnn/abi.h"
#include "mnn/status.h"
#include "passes/passes.h"
#include "plan/plan.h"
#include "sema/canonical.h"
#include "sema/sema.h"
#include "syntax/format.h"
#include "syntax/parse.h"

/** One compile. */
typedef struct compile {
    arena *arena;
    const driver_options *options;
    diag_list *diag;
    ast_file *file;
    ast_stmt *definitions;
    const char *result;        /* what is to be written; NULL: nothing ... */
    size_t length;             /* of an ONNX model; 0: the result is text */
    inference_files inference; /* ... or these */
} compile;

static int fail_source(const compile *c, mnn_status status, span at, const char *message)
{
    if (at.source)
        diag_error(c->diag, at, "%s", message);
    else
        fprintf(stderr, "mnnc: error: %s\n", message);
    return (int)status;
}

static int read_definitions(compile *c)
{
    ast_stmt **end = &c->definitions;
    for (int i = 0; i < c->options->definition_count; i++) {
        const char *text = c->options->definitions[i], *message;
        source *s;
        span at = {0};
        const mnn_status status = source_from_text(c->arena, "<command line>", text, strlen(text), &s, &at, &message);
        if (status != MNN_OK)
            return fail_source(c, status, at, message);
        *end = parse_definition(c->arena, c->diag, s);
        if (!*end)
            return MNN_EUSAGE;
        end = &(*end)->next;
    }
    return MNN_OK;
}

static int read_source(compile *c)
{
    const char *path = c->options->input, *message;
    source *s;
    span at = {0};
    const mnn_status status = source_load(c->arena, path, &s, &at, &message);
    if (status != MNN_OK)
        return fail_source(c, status, at, message);
    c->file = parse_file(c->arena, c->diag, s);
    sema_canonical(c->arena, c->diag, c->file);
    if (c->diag->errors > 0) /* what can be read is judged all the same: one run reports all errors */
        sema_analyze(c->arena, c->diag, c->file, &(sema_options){.definitions = NULL});
    return c->diag->errors > 0 ? MNN_ESOURCE : read_definitions(c);
}

/** The text whose hash names the program: the canonical form, with what -D changed. */
static const char *description_hash(const compile *c)
{
    str s = str_new(c->arena);
    format_file(&s, c->file, lang_canonical);
    for (int i = 0; i < c->options->definition_count; i++)
        str_printf(&s, "-D %s\n", c->options->definitions[i]);
    char *hash = arena_alloc(c->arena, MNN_SHA256_TEXT);
    return SHA256Data((const uint8_t *)s.text, s.length, hash);
}

/** From the tree to a plan, or an exit code. */
static int analyse(const compile *c, ir_program **program, plan **out)
{
    ir_program *unfinished = NULL;
    int look_status = MNN_OK;
    const sema_options sema = {
        .definitions = c->definitions, .look = check_data_look, .look_status = &look_status, .unfinished = &unfinished};
    *program = sema_analyze(c->arena, c->diag, c->file, &sema);
    ir_context cx = {c->arena, c->diag, *program ? *program : unfinished};
    if (unfinished)
        check_shapes(&cx);
    if (!*program || c->diag->errors)
        return look_status ? look_status : MNN_ESOURCE;
    const char *fault = NULL;
    if (!run_passes(&cx, &fault)) {
        if (fault)
            fprintf(stderr, "mnnc: internal fault: %s\n", fault);
        return fault ? MNN_EINTERNAL : MNN_ESOURCE;
    }
    check_data_classes(c->diag, *program);
    if (c->diag->errors)
        return MNN_ESOURCE;
    *out = plan_make(c->arena, c->diag, *program, &c->options->plan);
    return *out ? MNN_OK : MNN_ESOURCE;
}

/** What can be said of a finished plan before anything is written: memory, the data files.
 *  @return MNN_OK, or an exit code */
static int judge(const compile *c, const ir_program *program, const plan *p)
{
    const int64_t limit = c->options->max_ram;
    if (c->options->action == ACTION_CHECK) {
        const int status = check_data(c->diag, program);
        if (status != MNN_OK)
            return status;
    }
    if (diag_failed(c->diag))
        return MNN_ESOURCE;
    if (limit == 0 || p->static_bytes <= limit || c->options->action == ACTION_INFERENCE)
        return MNN_OK;
    diag_error(c->diag, program->train.at,
               "the program needs more memory than --max-ram (got %lld bytes, expected at most %lld)",
               (long long)p->static_bytes, (long long)limit);
    for (const char *line = emit_memory(p); *line; line += strcspn(line, "\n") + 1)
        diag_note(c->diag, (span){0}, "%.*s", (int)strcspn(line, "\n"), line);
    return MNN_ENOMEM;
}

static emit_options options_of(const compile *c)
{
    const char *name = mnn_place_name(c->options->input);
    return (emit_options){str_printable(c->arena, name, strlen(name)), description_hash(c)};
}

static const char *emit(const compile *c, const ir_program *program, const plan *p)
{
    str s = str_new(c->arena);
    switch (c->options->action) {
    case ACTION_SUMMARY:
        return emit_summary(p, c->options->peak, (int64_t)c->options->samples.value);
    case ACTION_DOT:
        return emit_dot(p);
    case ACTION_DUMP_IR:
        ir_dump(&s, program);
        return s.text;
    case ACTION_DUMP_PLAN:
        plan_dump(&s, p, c->options->peak);
        return s.text;
    default:
        break;
    }
    const emit_options options = options_of(c);
    return c->options->action == ACTION_KERAS ? emit_keras(p, &options) : emit_trainer(p, &options);
}

static int make_onnx(compile *c, const ir_program *program, const plan *p)
{
    const emit_options options = options_of(c);
    float **weights;
    const int status = weights_load(c->arena, program, c->options->weights, options.description, &weights);
    if (status != MNN_OK)
        return status;
    c->result = emit_onnx(p, &options, weights, &c->length);
    if (c->result)
        return MNN_OK;
    fprintf(stderr, "mnnc: error: the model is too large for ONNX (got %zu bytes, expected less than 2 GiB)\n",
            c->length);
    return MNN_ENOMEM;
}

static int run(compile *c)
{
    int status = read_source(c);
    if (status != MNN_OK)
        return status;
    str s = str_new(c->arena);
    if (c->options->action == ACTION_DUMP_AST || c->options->action == ACTION_FORMAT) {
        if (c->options->action == ACTION_DUMP_AST)
            ast_dump(&s, c->file);
        else
            format_file(&s, c->file, lang_canonical);
        c->result = s.text;
        return MNN_OK;
    }
    ir_program *program = NULL;
    plan *p = NULL;
    status = analyse(c, &program, &p);
    if (status == MNN_OK)
        status = judge(c, program, p);
    if (status != MNN_OK || c->options->action == ACTION_CHECK)
        return status;
    if (c->options->action == ACTION_INFERENCE) {
        const emit_options options = options_of(c);
        return inference_make(c->arena, c->diag, p, c->options, &options, &c->inference);
    }
    if (c->options->action == ACTION_ONNX)
        return make_onnx(c, program, p);
    c->result = emit(c, program, p);
    if (c->result)
        return MNN_OK;
    fprintf(stderr, "mnnc: internal error: a constant of the C does not fit float32\n");
    return MNN_EINTERNAL;
}

int compile_in_arena(int (*body)(arena *a, void *context), void *context)
{
    jmp_buf out_of_memory;
    arena *volatile memory = arena_new(&out_of_memory);
    int status = MNN_ENOMEM;
    if (memory && !setjmp(out_of_memory))
        status = body(memory, context);
    else
        fprintf(stderr, "mnnc: error: out of memory\n");
    arena_free(memory);
    return status;
}

static int compile_with(arena *a, void *context)
{
    const driver_options *options = context;
    compile c = {.arena = a, .options = options, .diag = diag_new(a, options->input)};
    c.diag->options = options->warnings;
    c.diag->color = options_color(options, stderr);
    c.diag->columns = options_columns(stderr);
    int status = run(&c);
    diag_print(c.diag, stderr);
    /* last: whatever asks for memory of the arena comes before a file is touched */
    if (status == MNN_OK && c.result)
        status =
            output_write(&(output_file){options->output, c.result, c.length ? c.length : strlen(c.result), false}, 1);
    else if (status == MNN_OK && c.inference.code)
        status = inference_write(&c.inference, options);
    return status;
}

int compile_file(driver_options *options)
{
    return compile_in_arena(compile_with, options);
}
