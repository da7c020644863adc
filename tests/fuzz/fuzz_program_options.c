/* The command line of a generated program: what is taken must be complete, what is refused must be explained. */
#define _GNU_SOURCE
#include "words.h"

#include "cli/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    static words w;
    mnn_options o;
    mnn_error err = {""};
    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    words_cut(&w, data, size);
    const int words_given = w.argc;
    const mnn_status status = mnn_options_parse(w.argc, w.argv, &o, &err);
    must(status == MNN_OK || status == MNN_EUSAGE, "accepted, or a usage error");
    if (status == MNN_EUSAGE) {
        must(strstr(err.text, "\nhint: ") != NULL, "a usage error says what to do");
    } else {
        must(o.command < MNN_COMMAND_COUNT, "a command of the list");
        must(o.file_count >= 0 && o.file_count < words_given, "no more files than words");
        for (int i = 0; i < o.file_count; i++)
            must(strlen(o.files[i]) <= size, "every file is a word");
        must(!o.threads.given || (o.threads.value >= 1 && o.threads.value <= 4096), "threads in range");
        mnn_options_help(nowhere, &o, "model", o.command);
    }
    words_free(&w);
    return 0;
}
