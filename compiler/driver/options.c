/* See options.h. */
#include "driver/options.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/terminal.h"
#include "driver/command.h"
#include "mnn/status.h"

static mnn_option_take take_action, take_definition, take_warning;

/* The programs that an option applies to. */
enum { FOR_ALL = 1, FOR_TRAINER = 2, FOR_INFERENCE = 4 };

#define FIELD(name, argument, values, kind, scope, field, help)                                                        \
    {name, argument, values, help, MNN_OPTION_##kind, scope, offsetof(driver_options, field), 1, (uint64_t)1e15, NULL},
#define ACTION(name, value, action, help)                                                                              \
    {name, NULL, value, help, MNN_OPTION_OWN, FOR_ALL, 0, action, action, take_action},
#define OWN(name, argument, take, help) {name, argument, NULL, help, MNN_OPTION_OWN, FOR_ALL, 0, 0, 0, take},
#define FLAG(name, value, scope, field, help) FIELD(name, NULL, value, FLAG, scope, field, help)
#define TEXT(name, argument, values, scope, field, help) FIELD(name, argument, values, TEXT, scope, field, help)
#define NUMBER(name, argument, kind, scope, field, help) FIELD(name, argument, NULL, kind, scope, field, help)

static const mnn_option rows[] = {
#include "driver/options.def"
};
enum { ROWS = sizeof rows / sizeof rows[0] };

void options_help(FILE *out)
{
    fprintf(out, "usage: mnnc [options] FILE.mnn\n"
                 "       mnnc COMMAND FILE.mnn [options]\n\n"
                 "Compile the description of a neural network's training to C.\n\n");
    for (int i = 0; i < ROWS; i++)
        mnn_option_help(out, &rows[i], "=");
    command_help(out);
    fprintf(out, "\nWarnings (all are on):\n\n");
    for (int i = 0; i < DIAG_WARNING_COUNT; i++)
        mnn_option_line(out, diag_warning_name((diag_warning_kind)i), diag_warning_doc((diag_warning_kind)i));
    fprintf(out, "\nExit codes: 0 success, 1 error in the description, 2 usage error, 3 error in a\n"
                 "data file (--check) or weights file, 4 out of memory or over --max-ram or\n"
                 "--max-flash, 5 I/O error, 70 internal error.\n");
}

static mnn_status take_action(mnn_option_reader *r, const mnn_option *row, const char *value)
{
    driver_options *o = r->target;
    const driver_action action = (driver_action)row->least;
    const bool is_question = action == ACTION_HELP || action == ACTION_VERSION;
    if (o->is_chosen && o->action != action && !is_question)
        return mnn_option_fail(r, "option \"%s%s%s\" cannot be combined with the one before it", row->name,
                               value ? "=" : "", value ? value : "");
    if (!o->is_chosen || is_question)
        o->action = action;
    o->is_chosen = true;
    return MNN_OK;
}

static mnn_status take_definition(mnn_option_reader *r, const mnn_option *row, const char *value)
{
    driver_options *o = r->target;
    if (o->definition_count == MAX_DEFINITIONS)
        return mnn_option_fail(r, "option \"%s\" is given too many times", row->name);
    o->definitions[o->definition_count++] = value;
    return MNN_OK;
}

/** "NAME", "no-NAME", "all", "error", "no-error"; -w comes without a value. */
static mnn_status take_warning(mnn_option_reader *r, const mnn_option *row, const char *value)
{
    (void)row;
    char shown[128];
    diag_options *w = &((driver_options *)r->target)->warnings;
    if (!value || strcmp(value, "all") == 0) {
        w->all_off = !value;
        return MNN_OK;
    }
    const bool off = strncmp(value, "no-", 3) == 0;
    const char *name = off ? value + 3 : value;
    const diag_warning_kind kind = diag_warning_find(name);
    if (strcmp(name, "error") == 0)
        w->as_errors = !off;
    else if (kind != DIAG_WARNING_COUNT)
        w->off[kind] = off;
    else
        return mnn_option_fail(r, "unknown warning \"%s\"", mnn_printable(shown, sizeof shown, name));
    return MNN_OK;
}

bool options_color(const driver_options *o, FILE *out)
{
    return !o->color || strcmp(o->color, "auto") == 0 ? mnn_terminal_colors(out) : strcmp(o->color, "always") == 0;
}

int options_columns(FILE *out)
{
    return isatty(fileno(out)) == 1 ? mnn_terminal_columns(out) : 0;
}

/** Whether the options of inference and onnx are given with them, and with all that they need. */
static mnn_status check_weights(const mnn_option_reader *r, const driver_options *o)
{
    const char *emit = o->action == ACTION_INFERENCE ? "inference" : o->action == ACTION_ONNX ? "onnx" : NULL;
    char shown[128];
    if (o->action != ACTION_INFERENCE && o->for_inference)
        return mnn_option_fail(r, "option \"%s\" needs --emit=inference", o->for_inference);
    if (o->action != ACTION_TRAINER && o->for_trainer)
        return mnn_option_fail(r, "%s applies to training programs only", o->for_trainer);
    if (emit && !o->weights)
        return mnn_option_fail(r, "--emit=%s needs trained weights: --weights=FILE", emit);
    if (!emit && o->weights)
        return mnn_option_fail(r, "option \"--weights\" needs --emit=inference or --emit=onnx");
    if (o->action == ACTION_ONNX && !o->output && isatty(STDOUT_FILENO) == 1)
        return mnn_option_fail(r, "--emit=onnx does not write to a terminal: -o FILE");
    if (o->inference.quantize != (o->inference.calibrate != NULL))
        return mnn_option_fail(r, "--quantize=int8 and --calibrate=DIR must be given together");
    if (o->inference.quantize && o->inference.weights_file)
        return mnn_option_fail(r, "option \"--weights-file\" cannot be combined with --quantize");
    if (o->inference.prefix && strlen(o->inference.prefix) > INFERENCE_LONGEST_PREFIX)
        return mnn_option_fail(r, "--prefix takes at most %d characters (got \"%s\")", INFERENCE_LONGEST_PREFIX,
                               mnn_printable(shown, sizeof shown, o->inference.prefix));
    return MNN_OK;
}

static mnn_status read_option(mnn_option_reader *r, int argc, char **argv, int *i)
{
    driver_options *o = r->target;
    const mnn_option *row = NULL;
    const mnn_status status = mnn_option_read(r, argc, argv, i, &row);
    if (row && row->scope == FOR_TRAINER)
        o->for_trainer = row->name;
    else if (row && row->scope == FOR_INFERENCE)
        o->for_inference = row->name;
    return status;
}

static mnn_status read_words(mnn_option_reader *r, int argc, char **argv)
{
    driver_options *o = r->target;
    char shown[128];
    bool names_only = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (!names_only && strcmp(word, "--") == 0) {
            names_only = true;
        } else if (!names_only && word[0] == '-' && word[1] != '\0') {
            const mnn_status status = read_option(r, argc, argv, &i);
            if (status)
                return status;
        } else if (o->input) {
            return mnn_option_fail(r, "more than one description (the second is \"%s\")",
                                   mnn_printable(shown, sizeof shown, word));
        } else {
            o->input = word;
        }
    }
    if (o->action == ACTION_HELP || o->action == ACTION_VERSION)
        return MNN_OK;
    return o->input ? check_weights(r, o) : mnn_option_fail(r, "no description given");
}

bool options_change_program(const char *word, bool *next)
{
    const mnn_option_reader r = {.rows = rows, .count = ROWS, .scope = ~0u};
    const mnn_option *row = word[0] == '-' ? mnn_option_find(&r, word) : NULL;
    const size_t begin = offsetof(driver_options, plan), end = begin + sizeof((driver_options *)0)->plan;
    *next = row && mnn_option_has_value(row) && strcmp(word, row->name) == 0;
    return row && (row->take == take_definition || row->take == take_warning ||
                   (!row->take && row->field >= begin && row->field < end));
}

int options_parse(driver_options *o, int argc, char **argv, FILE *err)
{
    mnn_error message;
    mnn_option_reader r = {
        .rows = rows, .count = ROWS, .target = o, .scope = ~0u, .once = true, .hint = "mnnc --help", .err = &message};
    memset(o, 0, sizeof *o);
    const mnn_status status = read_words(&r, argc, argv);
    if (status)
        fprintf(err, "mnnc: error: %s\n", message.text);
    return (int)status;
}
