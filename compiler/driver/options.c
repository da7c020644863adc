/* See options.h. */
#include "driver/options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/terminal.h"
#include "mnn/status.h"

/** Handles the value of an option.
 *  @return 0, or 2 after reporting on err */
typedef int take_value(driver_options *o, const char *value, FILE *err);

static take_value take_output, take_definition, take_warning, take_peak, take_samples, take_max_ram, take_blas_only,
    take_profile, take_reference, take_color;
static take_value take_weights, take_header, take_prefix, take_weights_file, take_input, take_argmax_only,
    take_reentrant, take_max_flash, take_quantize, take_calibrate;

/* One row per option. The value follows "=" or is the next word; after a single letter, it may also follow directly. */
static const struct {
    const char *name;
    const char *value; /* the only value of this row; NULL: any (a name) or none (a flag) */
    const char *argument;
    driver_action action; /* without an argument */
    take_value *take;     /* with one; or a flag's */
    const char *help;
} rows[] = {
    {"-o", NULL, "FILE", ACTION_TRAINER, take_output, "write to FILE (default: standard output)"},
    {"-D", NULL, "NAME=VALUE", ACTION_TRAINER, take_definition, "override the constant NAME of the description"},
    {"-W", NULL, "NAME", ACTION_TRAINER, take_warning, "enable a warning (-Wno-NAME: disable; -Werror: errors)"},
    {"-w", NULL, NULL, ACTION_TRAINER, take_warning, "disable all warnings"},
    {"--emit", "trainer", NULL, ACTION_TRAINER, NULL, "write the training program in C (the default)"},
    {"--emit", "summary", NULL, ACTION_SUMMARY, NULL, "write a table of the layers, with memory and time"},
    {"--emit", "dot", NULL, ACTION_DOT, NULL, "write the graph of the layers for Graphviz"},
    {"--emit", "keras", NULL, ACTION_KERAS, NULL, "write a Keras 3 script that trains the same model"},
    {"--emit", "inference", NULL, ACTION_INFERENCE, NULL, "write inference code in C99 that needs no library"},
    {"--emit", "onnx", NULL, ACTION_ONNX, NULL, "write the trained network as an ONNX model"},
    {"--weights", NULL, "FILE", ACTION_TRAINER, take_weights, "inference, onnx: the trained weights (required)"},
    {"--header", NULL, "FILE", ACTION_TRAINER, take_header, "inference: write a header with the declarations"},
    {"--prefix", NULL, "NAME", ACTION_TRAINER, take_prefix, "inference: prefix of names (default: that of -o)"},
    {"--input", NULL, "TYPE", ACTION_TRAINER, take_input, "inference: uint8 or float32 (default: as the data)"},
    {"--argmax-only", NULL, NULL, ACTION_TRAINER, take_argmax_only,
     "inference: return the class without probabilities"},
    {"--reentrant", NULL, NULL, ACTION_TRAINER, take_reentrant, "inference: the caller passes the workspace"},
    {"--weights-file", NULL, "FILE", ACTION_TRAINER, take_weights_file,
     "inference: write the weights to FILE, loaded at start"},
    {"--quantize", "int8", NULL, ACTION_TRAINER, take_quantize, "inference: 8-bit integers; requires --calibrate"},
    {"--calibrate", NULL, "DIR", ACTION_TRAINER, take_calibrate,
     "inference: samples for --quantize: folder or IDX file"},
    {"--max-flash", NULL, "SIZE", ACTION_TRAINER, take_max_flash, "inference: maximum size of the constants"},
    {"--peak", NULL, "GFLOPS", ACTION_TRAINER, take_peak, "peak speed for summary and plan (default: 117, one core)"},
    {"--samples", NULL, "N", ACTION_TRAINER, take_samples, "samples per epoch in the summary (default: 60000)"},
    {"--max-ram", NULL, "SIZE", ACTION_TRAINER, take_max_ram, "maximum memory of the program; K, M, G: powers of 1024"},
    {"--dump", "ast", NULL, ACTION_DUMP_AST, NULL, "write the syntax tree"},
    {"--dump", "ir", NULL, ACTION_DUMP_IR, NULL, "write the graph of operations after all passes"},
    {"--dump", "plan", NULL, ACTION_DUMP_PLAN, NULL, "write the execution plan and the memory layout"},
    {"--blas-only", NULL, NULL, ACTION_TRAINER, take_blas_only,
     "use OpenBLAS for all matrix products: plainer, slower"},
    {"--profile", NULL, NULL, ACTION_TRAINER, take_profile, "measure each function in the program's command bench"},
    {"--with-reference", NULL, NULL, ACTION_TRAINER, take_reference,
     "add the double-precision network that gradcheck needs"},
    {"--check", NULL, NULL, ACTION_CHECK, NULL, "check the description and the data files; write nothing"},
    {"--format", NULL, NULL, ACTION_FORMAT, NULL, "write the description in its canonical form"},
    {"--color", NULL, "WHEN", ACTION_TRAINER, take_color, "color messages: auto (if a terminal), always, never"},
    {"--version", NULL, NULL, ACTION_VERSION, NULL, "print the version"},
    {"--help", NULL, NULL, ACTION_HELP, NULL, "print this help; also -h"},
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

static int take_output(driver_options *o, const char *value, FILE *err)
{
    return take_once("-o", &o->output, value, err);
}

static int take_weights(driver_options *o, const char *value, FILE *err)
{
    return take_once("--weights", &o->weights, value, err);
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

static int take_max_ram(driver_options *o, const char *value, FILE *err)
{
    return read_size("--max-ram", value, &o->max_ram, err);
}

static int take_blas_only(driver_options *o, const char *value, FILE *err)
{
    (void)value;
    (void)err;
    o->plan.blas_only = true;
    return 0;
}

static int take_profile(driver_options *o, const char *value, FILE *err)
{
    (void)value;
    (void)err;
    o->profile = true;
    o->trainer_only = "--profile";
    return 0;
}

static int take_reference(driver_options *o, const char *value, FILE *err)
{
    (void)value;
    (void)err;
    o->plan.with_reference = true;
    o->trainer_only = "--with-reference";
    return 0;
}

/* --- inference --------------------------------------------------------------------------- */

static int take_name(driver_options *o, const char *option, const char **name, const char *value, FILE *err)
{
    o->inference.needed = option;
    return take_once(option, name, value, err);
}

static int take_header(driver_options *o, const char *value, FILE *err)
{
    return take_name(o, "--header", &o->inference.header, value, err);
}

static int take_prefix(driver_options *o, const char *value, FILE *err)
{
    if (strlen(value) > INFERENCE_LONGEST_PREFIX)
        return usage(err, "--prefix takes at most 255 characters (got \"%s\")", value);
    return take_name(o, "--prefix", &o->inference.prefix, value, err);
}

static int take_weights_file(driver_options *o, const char *value, FILE *err)
{
    return take_name(o, "--weights-file", &o->inference.weights_file, value, err);
}

static int take_input(driver_options *o, const char *value, FILE *err)
{
    net_input type;
    if (!inference_options_input(value, &type))
        return usage(err, "--input takes uint8 or float32 (got \"%s\")", value);
    return take_name(o, "--input", &o->inference.input, value, err);
}

static int take_argmax_only(driver_options *o, const char *value, FILE *err)
{
    (void)value;
    (void)err;
    o->inference.argmax_only = true;
    o->inference.needed = "--argmax-only";
    return 0;
}

static int take_reentrant(driver_options *o, const char *value, FILE *err)
{
    (void)value;
    (void)err;
    o->inference.reentrant = true;
    o->inference.needed = "--reentrant";
    return 0;
}

static int take_quantize(driver_options *o, const char *value, FILE *err)
{
    (void)value; /* the row says which */
    (void)err;
    o->inference.quantize = true;
    o->inference.needed = "--quantize";
    return 0;
}

static int take_calibrate(driver_options *o, const char *value, FILE *err)
{
    return take_name(o, "--calibrate", &o->inference.calibrate, value, err);
}

static int take_max_flash(driver_options *o, const char *value, FILE *err)
{
    o->inference.needed = "--max-flash";
    return read_size("--max-flash", value, &o->inference.max_flash, err);
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
    if (o->action != ACTION_INFERENCE && o->inference.needed)
        return usage(err, "option \"%s\" needs --emit=inference", o->inference.needed);
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
    for (int row = 0; row < ROWS; row++) {
        if (!matches(word, rows[row].name, &value))
            continue;
        const bool wants = rows[row].value || rows[row].argument;
        if (wants && !value) {
            if (*i + 1 >= argc)
                return usage(err, "option \"%s\" needs a value", word);
            value = argv[*i + 1];
        } else if (!wants && value) {
            return usage(err, "option \"%s\" takes no value", rows[row].name);
        }
        if (rows[row].value && strcmp(rows[row].value, value) != 0) {
            unknown = value;
            option = rows[row].name;
            continue;
        }
        *i += wants && value == argv[*i + 1 < argc ? *i + 1 : *i];
        return rows[row].take ? rows[row].take(o, value, err) : take_action(o, rows[row].action, chosen, word, err);
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
    if (o->trainer_only && o->action != ACTION_TRAINER && o->action != ACTION_HELP && o->action != ACTION_VERSION)
        return usage(err, "%s applies to training programs only", o->trainer_only);
    return check_weights(o, err);
}
