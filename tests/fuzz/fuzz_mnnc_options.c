/* The command line of mnnc, and the values of its -D: what is refused must be explained. */
#define _GNU_SOURCE
#include "words.h"

#include <setjmp.h>

#include "driver/options.h"
#include "syntax/parse.h"

static void define(arena *a, const char *text, FILE *out)
{
    source *s = NULL;
    span at = {0};
    const char *message = NULL;
    diag_list *d = diag_new(a, "x.mnn");
    if (source_from_text(a, "<command line>", text, strlen(text), &s, &at, &message) != MNN_OK) {
        must(message != NULL, "a refused definition has a message");
        return;
    }
    const ast_stmt *statement = parse_definition(a, d, s);
    must((statement != NULL) == (d->errors == 0), "a definition, or an error");
    diag_print(d, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static words w;
    static driver_options o;
    char *said = NULL;
    size_t said_size = 0;
    FILE *err = open_memstream(&said, &said_size);
    jmp_buf out_of_memory;
    if (!err || setjmp(out_of_memory) != 0)
        abort();
    arena *a = arena_new(&out_of_memory);
    words_cut(&w, data, size);
    const int status = options_parse(&o, w.argc, w.argv, err);
    fflush(err);
    must(status == 0 || status == 2, "accepted, or a usage error");
    must((status == 0) == (said_size == 0), "a message for what is refused, and for nothing else");
    must(status != 0 || o.input || o.action == ACTION_HELP || o.action == ACTION_VERSION, "there is an input");
    must(status != 0 || (o.max_ram >= 0 && o.peak >= 0 && (!o.samples.given || o.samples.value > 0)),
         "numbers above 0");
    for (int i = 0; i < o.definition_count && status == 0; i++)
        define(a, o.definitions[i], err);
    fclose(err);
    free(said);
    arena_free(a);
    words_free(&w);
    return 0;
}
