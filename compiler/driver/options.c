/* See options.h. */
#include "driver/options.h"

#include <string.h>

#include "support/str.h"

/* One row an option: what it is called, what it does, what help says. Options with a value take it behind
 * "=" or as the next word; -o and -D also glued to the letter. */
static const struct {
    const char *name;
    const char *value; /* the one value that this row is about; NULL: any (a name) or none (a flag) */
    const char *argument;
    driver_action action;
    const char *help;
} rows[] = {
    {"-o", NULL, "FILE", ACTION_TRAINER, "write to FILE (default: standard output)"},
    {"-D", NULL, "NAME=VALUE", ACTION_TRAINER, "give the description's constant NAME another value"},
    {"--emit", "trainer", NULL, ACTION_TRAINER, "write the training program in C (the default)"},
    {"--emit", "summary", NULL, ACTION_SUMMARY, "write the model as a table"},
    {"--emit", "dot", NULL, ACTION_DOT, "write the layers as a graph for graphviz"},
    {"--dump", "ast", NULL, ACTION_DUMP_AST, "write the syntax tree"},
    {"--dump", "ir", NULL, ACTION_DUMP_IR, "write the graph of operations after all passes"},
    {"--dump", "plan", NULL, ACTION_DUMP_PLAN, "write the steps, how they are cut, and where tensors lie"},
    {"--blas-only", NULL, NULL, ACTION_TRAINER, "leave every product to OpenBLAS: plainer C, slower"},
    {"--check", NULL, NULL, ACTION_CHECK, "report mistakes and write nothing"},
    {"--format", NULL, NULL, ACTION_FORMAT, "write the description in its canonical form"},
    {"--version", NULL, NULL, ACTION_VERSION, "print the version"},
    {"--help", NULL, NULL, ACTION_HELP, "print this help"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

void options_help(FILE *out)
{
    fprintf(out, "usage: mnnc [options] FILE.mnn\n\n"
                 "Compile the description of a neural network's training to C.\n\n");
    for (int i = 0; i < ROWS; i++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", rows[i].name,
                 rows[i].value      ? "="
                 : rows[i].argument ? " "
                                    : "",
                 rows[i].value      ? rows[i].value
                 : rows[i].argument ? rows[i].argument
                                    : "");
        fprintf(out, "  %-18s %s\n", left, rows[i].help);
    }
    fprintf(out, "\nExit codes: 0 done, 1 the description was rejected, 2 usage, 4 out of memory, 5 I/O error,\n"
                 "70 internal fault.\n");
}

static int usage(FILE *err, const char *format, const char *what)
{
    fprintf(err, "mnnc: error: ");
    fprintf(err, format, what);
    fprintf(err, "\nhint: try mnnc --help\n");
    return 2;
}

/** Whether the word is "NAME", "NAME=..." or, for a letter, "-Xvalue".
 *  @param value  what stands behind the name, or NULL */
static bool matches(const char *word, const char *name, const char **value)
{
    const size_t length = strlen(name);
    *value = NULL;
    if (strncmp(word, name, length) != 0)
        return false;
    if (word[length] == '\0')
        return true;
    *value = name[1] == '-' ? word + length + 1 : word + length;
    return name[1] != '-' || word[length] == '=';
}

static int take_value(driver_options *o, const char *name, const char *value, FILE *err)
{
    if (strcmp(name, "-o") == 0) {
        if (o->output)
            return usage(err, "option \"%s\" is given twice", name);
        o->output = value;
        return 0;
    }
    if (o->definition_count == MAX_DEFINITIONS)
        return usage(err, "option \"%s\" is given too often", name);
    o->definitions[o->definition_count++] = value;
    return 0;
}

static int take_action(driver_options *o, driver_action action, bool *chosen, const char *word, FILE *err)
{
    if (*chosen && o->action != action && action != ACTION_HELP && action != ACTION_VERSION)
        return usage(err, "option \"%s\" does not go with the one before it", word);
    if (!*chosen || action == ACTION_HELP || action == ACTION_VERSION)
        o->action = action;
    *chosen = true;
    return 0;
}

/** Handle argv[*i]; *i moves on when the next word is its value. */
static int parse_option(driver_options *o, int argc, char **argv, int *i, bool *chosen, FILE *err)
{
    const char *word = argv[*i], *value = NULL, *given = NULL;
    bool known = false;
    for (int row = 0; row < ROWS; row++) {
        if (!matches(word, rows[row].name, &value))
            continue;
        known = true;
        const bool wants = rows[row].value || rows[row].argument;
        if (wants && !value) {
            if (*i + 1 >= argc)
                return usage(err, "option \"%s\" needs a value", word);
            value = argv[*i + 1];
        } else if (!wants && value) {
            return usage(err, "option \"%s\" takes no value", rows[row].name);
        }
        given = value;
        if (rows[row].value && strcmp(rows[row].value, value) != 0)
            continue;
        *i += wants && value == argv[*i + 1 < argc ? *i + 1 : *i];
        if (strcmp(rows[row].name, "--blas-only") == 0) {
            o->plan.blas_only = true;
            return 0;
        }
        return rows[row].argument ? take_value(o, rows[row].name, value, err)
                                  : take_action(o, rows[row].action, chosen, word, err);
    }
    return known ? usage(err, "unknown value \"%s\" of this option", given) : usage(err, "unknown option \"%s\"", word);
}

int options_parse(driver_options *o, int argc, char **argv, FILE *err)
{
    bool chosen = false, names_only = false;
    memset(o, 0, sizeof *o);
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (!names_only && strcmp(word, "--") == 0) {
            names_only = true;
        } else if (!names_only && word[0] == '-' && word[1] != '\0') {
            const int status = parse_option(o, argc, argv, &i, &chosen, err);
            if (status)
                return status;
        } else if (o->input) {
            return usage(err, "one description at a time (\"%s\" is the second)", word);
        } else {
            o->input = word;
        }
    }
    if (!o->input && o->action != ACTION_HELP && o->action != ACTION_VERSION)
        return usage(err, "no description given%s", "");
    return 0;
}
