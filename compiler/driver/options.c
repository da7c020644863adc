/* See options.h. */
#include "driver/options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/terminal.h"
#include "mnn/status.h"

/** Handles the value of an option.
 *  @return 0, or 2 after reporting on err */
typedef int take_value(driver_options *o, const char *value, FILE *err);

static take_value take_definition, take_warning, take_prefix, take_input, take_peak, take_samples, take_color;

/* How an option is stored: in a field of driver_options, or by its own function. */
typedef enum option_kind { KIND_ACTION, KIND_FLAG, KIND_TEXT, KIND_SIZE, KIND_OWN } option_kind;

typedef enum option_scope { FOR_ALL, FOR_TRAINER, FOR_INFERENCE } option_scope;

/* One row per option. The value follows "=" or is the next word; after a single letter, it may also follow directly. */
typedef struct option_row {
    const char *name;
    const char *value; /* the only value of this row; NULL: any (a name) or none (a flag) */
    const char *argument;
    const char *help;
    option_kind kind;
    option_scope scope;   /* what it applies to */
    driver_action action; /* KIND_ACTION: what is done */
    size_t field;         /* KIND_FLAG, _TEXT, _SIZE */
    take_value *take;     /* KIND_OWN */
} option_row;

#define ACTION(name, value, action, help) {name, value, NULL, help, KIND_ACTION, FOR_ALL, action, 0, NULL},
#define OWN(name, argument, scope, take, help) {name, NULL, argument, help, KIND_OWN, scope, 0, 0, take},
#define FIELD(name, value, argument, kind, scope, field, help)                                                         \
    {name, value, argument, help, kind, scope, 0, offsetof(driver_options, field), NULL},
#define FLAG(name, value, scope, field, help) FIELD(name, value, NULL, KIND_FLAG, scope, field, help)
#define TEXT(name, argument, scope, field, help) FIELD(name, NULL, argument, KIND_TEXT, scope, field, help)
#define SIZE(name, scope, field, help) FIELD(name, NULL, "SIZE", KIND_SIZE, scope, field, help)

static const option_row rows[] = {
#include "driver/options.def"
};
enum { ROWS = sizeof rows / sizeof rows[0] };

void options_help(FILE *out)
{
    fprintf(out, "usage: mnnc [options] FILE.mnn\n\n"
                 "Compile the description of a neural network's training to C.\n\n");
    for (int i = 0; i < ROWS; i++) {
        char left[64];
        const char *value = rows[i].value ? rows[i].value : rows[i].argument;
        const bool is_letter = rows[i].name[1] != '-';
        snprintf(left, sizeof left, "%s%s%s", rows[i].name, !value ? "" : is_letter ? " " : "=", value ? value : "");
        fprintf(out, "  %-19s %s\n", left, rows[i].help);
    }
    fprintf(out, "\nWarnings (all are on):\n\n");
    for (int i = 0; i < DIAG_WARNING_COUNT; i++)
        fprintf(out, "  %-22s %s\n", diag_warning_name((diag_warning_kind)i), diag_warning_doc((diag_warning_kind)i));
    fprintf(out, "\nExit codes: 0 success, 1 error in the description, 2 usage error, 3 error in a\n"
                 "data file (--check) or weights file, 4 out of memory or over --max-ram or\n"
                 "--max-flash, 5 I/O error, 70 internal error.\n");
}

static int __attribute__((format(printf, 2, 0))) usage(FILE *err, const char *format, const char *what)
{
    char printable[128];
    fprintf(err, "mnnc: error: ");
    fprintf(err, format, mnn_printable(printable, sizeof printable, what));
    fprintf(err, "\nhint: try mnnc --help\n");
    return 2;
}

/** Whether the word is "NAME", "NAME=..." or, for a letter, "-Xvalue".
 *  @param value  what follows the name, or NULL */
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

static int take_once(const char *option, const char **name, const char *value, FILE *err)
{
    if (*name)
        return usage(err, "option \"%s\" is given twice", option);
    if (!*value)
        return usage(err, "the value of option \"%s\" is empty", option);
    *name = value;
    return 0;
}

static int take_definition(driver_options *o, const char *value, FILE *err)
{
    if (o->definition_count == MAX_DEFINITIONS)
        return usage(err, "option \"%s\" is given too many times", "-D");
    o->definitions[o->definition_count++] = value;
    return 0;
}

/** "NAME", "no-NAME", "all", "error", "no-error"; -w comes without a value. */
static int take_warning(driver_options *o, const char *value, FILE *err)
{
    diag_options *w = &o->warnings;
    if (!value || strcmp(value, "all") == 0) {
        w->all_off = !value;
        return 0;
    }
    const bool off = strncmp(value, "no-", 3) == 0;
    const char *name = off ? value + 3 : value;
    const diag_warning_kind kind = diag_warning_find(name);
    if (strcmp(name, "error") == 0)
        w->as_errors = !off;
    else if (kind != DIAG_WARNING_COUNT)
        w->off[kind] = off;
    else
        return usage(err, "unknown warning \"%s\"", name);
    return 0;
}

/** A number above 0, followed by at most one of the letters.
 *  @param letter  set to the one that follows the number, or NUL */
static bool read_positive(const char *text, const char *letters, double *number, char *letter)
{
    char *end = NULL;
    *number = strtod(text, &end);
    *letter = *end;
    if (*end != '\0' && strchr(letters, *end))
        end++;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *number > 0 && *number < 1e15;
}

static int take_peak(driver_options *o, const char *value, FILE *err)
{
    char none;
    if (!read_positive(value, "", &o->peak, &none))
        return usage(err, "--peak takes a number of GFLOP/s above 0 (got \"%s\")", value);
    return 0;
}

static int take_samples(driver_options *o, const char *value, FILE *err)
{
    char none;
    double number;
    if (!read_positive(value, "", &number, &none) || number != (double)(int64_t)number)
        return usage(err, "--samples takes an integer above 0 (got \"%s\")", value);
    o->samples = (int64_t)number;
    return 0;
}

/** "64K" -> 65536; what is wrong with it is reported. */
static int read_size(const char *option, const char *value, int64_t *size, FILE *err)
{
    char unit, message[64];
    double number;
    if (!read_positive(value, "KMG", &number, &unit)) {
        snprintf(message, sizeof message, "%s takes a size in bytes, K, M or G (got \"%%s\")", option);
        return usage(err, message, value);
    }
    number *= unit == 'K' ? 1024.0 : unit == 'M' ? 1024.0 * 1024 : unit == 'G' ? 1024.0 * 1024 * 1024 : 1;
    if (number < 1 || number > 1e18) {
        snprintf(message, sizeof message, "%s is out of range (got \"%%s\")", option);
        return usage(err, message, value);
    }
    *size = (int64_t)number;
    return 0;
}

/* --- inference --------------------------------------------------------------------------- */

static int take_prefix(driver_options *o, const char *value, FILE *err)
{
    if (strlen(value) > INFERENCE_LONGEST_PREFIX)
        return usage(err, "--prefix takes at most 255 characters (got \"%s\")", value);
    return take_once("--prefix", &o->inference.prefix, value, err);
}

static int take_input(driver_options *o, const char *value, FILE *err)
{
    net_input type;
    if (!inference_options_input(value, &type))
        return usage(err, "--input takes uint8 or float32 (got \"%s\")", value);
    return take_once("--input", &o->inference.input, value, err);
}

static int take_color(driver_options *o, const char *value, FILE *err)
{
    static const char *const words[] = {[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};
    for (int i = 0; i < 3; i++)
        if (strcmp(value, words[i]) == 0) {
            o->color = (driver_color)i;
            return 0;
        }
    return usage(err, "unknown value \"%s\" of option \"--color\" (expected auto, always, never)", value);
}

bool options_color(const driver_options *o, FILE *out)
{
    return o->color == COLOR_AUTO ? mnn_terminal_colors(out) : o->color == COLOR_ALWAYS;
}

int options_columns(FILE *out)
{
    return isatty(fileno(out)) == 1 ? mnn_terminal_columns(out) : 0;
}

/** Whether the options of inference and onnx are given with them, and with all that they need. */
static int check_weights(const driver_options *o, FILE *err)
{
    const char *emit = o->action == ACTION_INFERENCE ? "inference" : o->action == ACTION_ONNX ? "onnx" : NULL;
    if (o->action == ACTION_HELP || o->action == ACTION_VERSION)
        return 0;
    if (o->action != ACTION_INFERENCE && o->for_inference)
        return usage(err, "option \"%s\" needs --emit=inference", o->for_inference);
    if (o->action != ACTION_TRAINER && o->for_trainer)
        return usage(err, "%s applies to training programs only", o->for_trainer);
    if (!emit != !o->weights)
        return emit ? usage(err, "--emit=%s needs trained weights: --weights=FILE", emit)
                    : usage(err, "option \"%s\" needs --emit=inference or --emit=onnx", "--weights");
    if (o->action == ACTION_ONNX && !o->output && isatty(STDOUT_FILENO) == 1)
        return usage(err, "--emit=onnx does not write to a terminal: -o FILE%s", "");
    if (o->inference.quantize != (o->inference.calibrate != NULL))
        return usage(err, "--quantize=int8 and --calibrate=DIR must be given together%s", "");
    if (o->inference.quantize && o->inference.weights_file)
        return usage(err, "option \"%s\" cannot be combined with --quantize", "--weights-file");
    return 0;
}

/* --- all of them ---------------------------------------------------------------------------------- */

static int take_action(driver_options *o, driver_action action, bool *chosen, const char *word, FILE *err)
{
    if (*chosen && o->action != action && action != ACTION_HELP && action != ACTION_VERSION)
        return usage(err, "option \"%s\" cannot be combined with the one before it", word);
    if (!*chosen || action == ACTION_HELP || action == ACTION_VERSION)
        o->action = action;
    *chosen = true;
    return 0;
}

static int store(driver_options *o, const option_row *row, const char *value, FILE *err)
{
    void *field = (char *)o + row->field;
    if (row->scope == FOR_TRAINER)
        o->for_trainer = row->name;
    else if (row->scope == FOR_INFERENCE)
        o->for_inference = row->name;
    switch (row->kind) {
    case KIND_TEXT:
        return take_once(row->name, field, value, err);
    case KIND_SIZE:
        return read_size(row->name, value, field, err);
    case KIND_OWN:
        return row->take(o, value, err);
    default:
        *(bool *)field = true;
        return 0;
    }
}

static int unknown_value(const char *option, const char *value, FILE *err)
{
    char printable[128];
    fprintf(err, "mnnc: error: unknown value \"%s\" of option \"%s\" (expected",
            mnn_printable(printable, sizeof printable, value), option);
    bool first = true;
    for (int row = 0; row < ROWS; row++)
        if (strcmp(rows[row].name, option) == 0) {
            fprintf(err, "%s %s", first ? "" : ",", rows[row].value);
            first = false;
        }
    fputs(")\n", err);
    return 2;
}

/** Handle argv[*i]; *i moves on when the next word is its value. */
static int parse_option(driver_options *o, int argc, char **argv, int *i, bool *chosen, FILE *err)
{
    const char *word = strcmp(argv[*i], "-h") == 0 ? "--help" : argv[*i], *value = NULL, *unknown = NULL,
               *option = NULL;
    for (const option_row *row = rows; row < rows + ROWS; row++) {
        if (!matches(word, row->name, &value))
            continue;
        const bool wants = row->value || row->argument;
        if (wants && !value) {
            if (*i + 1 >= argc)
                return usage(err, "option \"%s\" needs a value", word);
            value = argv[*i + 1];
        } else if (!wants && value) {
            return usage(err, "option \"%s\" takes no value", row->name);
        }
        if (row->value && strcmp(row->value, value) != 0) {
            unknown = value;
            option = row->name;
            continue;
        }
        *i += wants && value == argv[*i + 1 < argc ? *i + 1 : *i];
        return row->kind == KIND_ACTION ? take_action(o, row->action, chosen, word, err) : store(o, row, value, err);
    }
    return unknown ? unknown_value(option, unknown, err) : usage(err, "unknown option \"%s\"", word);
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
            return usage(err, "more than one description (the second is \"%s\")", word);
        } else {
            o->input = word;
        }
    }
    if (!o->input && o->action != ACTION_HELP && o->action != ACTION_VERSION)
        return usage(err, "no description given%s", "");
    return check_weights(o, err);
}
