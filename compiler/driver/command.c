/* See command.h. */
#define _POSIX_C_SOURCE 200809L
#include "driver/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/option.h"
#include "base/place.h"
#include "driver/compile.h"
#include "driver/options.h"
#include "driver/output.h"
#include "driver/program.h"
#include "mnn/status.h"
#include "support/arena.h"

/* The words of the command line, by the program that they are for. */
typedef struct command_words {
    const char *command, *file;
    char **own, **theirs; /* of mnnc, and of the program */
    int own_count, theirs_count;
    bool quiet, help;
} command_words;

static const char *const names[] = {
    "build",
#define COMMAND(id, name, ...) name,
#include "base/commands.def"
#undef COMMAND
};
enum { NAMES = sizeof names / sizeof *names };

static bool is_build(const char *word)
{
    return strcmp(word, names[0]) == 0;
}

bool command_is(const char *word)
{
    for (int i = 0; i < NAMES; i++)
        if (strcmp(word, names[i]) == 0)
            return true;
    return false;
}

void command_help(FILE *out)
{
    char list[256] = "run a command of the program:";
    for (int i = 1; i < NAMES; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s %s", i == 1 ? "" : ",", names[i]);
    fprintf(out, "\nCommands, which also call the C compiler (CC, CFLAGS); programs stay in a cache:\n\n");
    mnn_option_line(out, "build FILE.mnn", "write the program to the file of -o");
    mnn_option_line(out, "COMMAND FILE.mnn", list);
}

/* --- the command line ----------------------------------------------------------------------------- */

/** Options that change the program are mnnc's, before and after FILE; those of "build" all are. */
static command_words sort_words(arena *a, int argc, char **argv)
{
    command_words w = {.command = argv[1]};
    const bool all_own = is_build(w.command);
    w.own = arena_alloc(a, sizeof *w.own * ((size_t)argc + 2));
    w.theirs = arena_alloc(a, sizeof *w.theirs * ((size_t)argc + 2));
    w.own[w.own_count++] = argv[0];
    w.theirs_count = 2; /* the program's name and the command */
    for (int i = 2; i < argc; i++) {
        char *word = argv[i];
        bool next;
        const bool is_own = options_change_program(word, &next) || all_own;
        w.quiet |= strcmp(word, "--quiet") == 0;
        w.help |= !w.file && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0);
        if (is_own) {
            w.own[w.own_count++] = word;
            if (next && i + 1 < argc)
                w.own[w.own_count++] = argv[++i];
        } else if (!w.file && word[0] != '-') {
            w.file = w.own[w.own_count++] = word;
        } else {
            w.theirs[w.theirs_count++] = word;
        }
    }
    w.theirs[w.theirs_count] = NULL;
    return w;
}

static int command_usage(const command_words *w, FILE *out)
{
    if (is_build(w->command))
        fprintf(out, "usage: mnnc build FILE.mnn [-o PROGRAM] [-D NAME=VALUE]...\n");
    else
        fprintf(out,
                "usage: mnnc %s FILE.mnn [-D NAME=VALUE]... [options]\n"
                "\"mnnc %s FILE.mnn --help\" lists the options.\n",
                w->command, w->command);
    return out == stdout ? output_flush() : MNN_EUSAGE;
}

/** "models/cnn.mnn" -> "cnn" */
static const char *name_of(arena *a, const char *file)
{
    const char *name = mnn_place_name(file);
    const size_t length = strlen(name);
    const bool has_end = length > 4 && strcmp(name + length - 4, ".mnn") == 0;
    return arena_printf(a, "%.*s", (int)(has_end ? length - 4 : length), name);
}

/* --- running -------------------------------------------------------------------------------------- */

static int become(const char *path, const char *name, const command_words *w)
{
    char shown[256];
    w->theirs[0] = (char *)(uintptr_t)name;
    w->theirs[1] = (char *)(uintptr_t)w->command;
    setenv("MNNC_DESCRIPTION", w->file, 1); /* for --report */
    fflush(NULL);
    execv(path, w->theirs);
    fprintf(stderr, "mnnc: error: could not run \"%s\": %s\n", mnn_printable(shown, sizeof shown, path),
            strerror(errno));
    return MNN_EIO;
}

static int build_program(arena *a, const command_words *w, driver_options *o)
{
    const char *path = NULL, *to = o->output;
    const char *name = name_of(a, o->input);
    if (o->action != ACTION_TRAINER) {
        fprintf(stderr, "mnnc: error: \"%s\" takes no option that writes something else than the program\n",
                w->command);
        return MNN_EUSAGE;
    }
    if (is_build(w->command)) {
        to = to ? to : name;
        const char *const files[] = {o->input, to};
        if (!output_check(files, 1, 2))
            return MNN_EUSAGE;
    }
    o->plan.with_reference |= strcmp(w->command, "gradcheck") == 0;
    const int status = program_build(a, name, o, w->quiet, &path);
    if (status)
        return status;
    return is_build(w->command) ? program_copy(path, to) : become(path, name, w);
}

static int run_words(arena *a, void *context)
{
    const command_line *line = context;
    const command_words w = sort_words(a, line->argc, line->argv);
    driver_options options;
    if (w.help)
        return command_usage(&w, stdout);
    if (!is_build(w.command) && !w.file)
        return command_usage(&w, stderr);
    const int status = options_parse(&options, w.own_count, w.own, stderr);
    return status ? status : build_program(a, &w, &options);
}

int command_run(command_line *line)
{
    return compile_in_arena(run_words, line);
}
