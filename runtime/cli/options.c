#include "cli/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"

/* Which commands take an option. */
enum {
    TRAIN = 1 << MNN_COMMAND_TRAIN,
    EVALUATE = 1 << MNN_COMMAND_EVALUATE,
    PREDICT = 1 << MNN_COMMAND_PREDICT,
    SHOW = 1 << MNN_COMMAND_SHOW,
    EXPORT = 1 << MNN_COMMAND_EXPORT,
    IMPORT = 1 << MNN_COMMAND_IMPORT,
    SUMMARY = 1 << MNN_COMMAND_SUMMARY,
    GRADCHECK = 1 << MNN_COMMAND_GRADCHECK,
    BENCH = 1 << MNN_COMMAND_BENCH,
    VERIFY = 1 << MNN_COMMAND_VERIFY,
    HELP = 1 << MNN_COMMAND_HELP,
    ALL = TRAIN | EVALUATE | PREDICT | SHOW | EXPORT | IMPORT | SUMMARY | GRADCHECK | BENCH | VERIFY | HELP
};

typedef enum value_kind { FLAG, TEXT, NUMBER } value_kind;

typedef struct option_row {
    const char *name;
    const char *argument; /* as help shows it; NULL for a flag */
    const char *help;
    unsigned commands;
    value_kind kind;
    size_t field; /* in mnn_options */
    uint64_t least, most;
} option_row;

#define FIELD(name) offsetof(mnn_options, name)

static const option_row table[] = {
    {"--data", "DIR", "folder of the data files, overrides the description",
     TRAIN | EVALUATE | SHOW | GRADCHECK | BENCH | VERIFY, TEXT, FIELD(data), 0, 0},
    {"--weights", "FILE", "load the weights from a safetensors file",
     TRAIN | EVALUATE | PREDICT | EXPORT | GRADCHECK | BENCH | VERIFY, TEXT, FIELD(weights), 0, 0},
    {"--epochs", "N", "number of epochs, overrides the description", TRAIN, NUMBER, FIELD(epochs), 0, 1000000},
    {"--batch-limit", "N", "end each epoch after N steps", TRAIN, NUMBER, FIELD(batch_limit), 1, UINT32_MAX},
    {"--no-shuffle", NULL, "use the samples in the order of the file", TRAIN, FLAG, FIELD(no_shuffle), 0, 0},
    {"--save", "FILE", "write the weights to a safetensors file", TRAIN | IMPORT, TEXT, FIELD(save), 0, 0},
    {"--checkpoint", "FILE", "save a checkpoint after every epoch, for --resume", TRAIN, TEXT, FIELD(checkpoint), 0, 0},
    {"--checkpoint-steps", "N", "also save a checkpoint every N steps", TRAIN, NUMBER, FIELD(checkpoint_steps), 1,
     UINT32_MAX},
    {"--resume", NULL, "resume from the checkpoint, or start if there is none", TRAIN, FLAG, FIELD(resume), 0, 0},
    {"--history", "FILE", "write one row per epoch to FILE.csv or FILE.jsonl", TRAIN, TEXT, FIELD(history), 0, 0},
    {"--log-steps", "FILE", "write loss and learning rate of every step to FILE.jsonl", TRAIN, TEXT, FIELD(log_steps),
     0, 0},
    {"--set", "NAME", "train (the default), test or validation", SHOW, TEXT, FIELD(set), 0, 0},
    {"--from", "N", "index of the first sample, counted from 0", SHOW, NUMBER, FIELD(from), 0, UINT32_MAX},
    {"--count", "N", "number of samples (default: 10)", SHOW, NUMBER, FIELD(count), 1, 10000},
    {"--png", "FILE", "write the images to one PNG file, as a grid", SHOW, TEXT, FIELD(png), 0, 0},
    {"--augmented", NULL, "show the images as augmented in training", SHOW, FLAG, FIELD(augmented), 0, 0},
    {"--from", "LIBRARY", "naming convention of the file: pytorch or keras", IMPORT, TEXT, FIELD(library), 0, 0},
    {"--map", "FILE", "explicit map: lines \"source = target [transpose] [chw]\"", IMPORT, TEXT, FIELD(map), 0, 0},
    {"--npz", "FILE", "write the weights as a NumPy archive", EXPORT, TEXT, FIELD(npz), 0, 0},
    {"--top", "N", "show the N most probable classes", PREDICT, NUMBER, FIELD(top), 1, 256},
    {"--allow-unused", NULL, "accept unused tensors in the file", IMPORT, FLAG, FIELD(allow_unused), 0, 0},
    {"--no-crop", NULL, "scale the whole image instead of the digit found in it", PREDICT, FLAG, FIELD(no_crop), 0, 0},
    {"--invert", NULL, "always invert images", PREDICT, FLAG, FIELD(invert), 0, 0},
    {"--no-invert", NULL, "never invert images (default: invert those with a light\nbackground)", PREDICT, FLAG,
     FIELD(no_invert), 0, 0},
    {"--raw", NULL, "no preparation: images must have the model's size", PREDICT, FLAG, FIELD(raw), 0, 0},
    {"--threads", "N", "number of threads (default: one per processor);\nresults do not depend on it",
     TRAIN | EVALUATE | PREDICT | GRADCHECK | BENCH | VERIFY, NUMBER, FIELD(threads), 1, 4096},
    {"--seed", "N", "random seed, overrides the description", TRAIN | EVALUATE | SHOW | GRADCHECK | BENCH, NUMBER,
     FIELD(seed), 0, UINT64_MAX},
    {"--seconds", "N", "time per measurement in seconds (default: 1; 0: run\nonce)", BENCH, NUMBER, FIELD(seconds), 0,
     3600},
    {"--profile", NULL, "also show the time per function of a training step", BENCH, FLAG, FIELD(profile), 0, 0},
    {"--quiet", NULL, "print only the result and errors",
     TRAIN | EVALUATE | PREDICT | SHOW | EXPORT | IMPORT | GRADCHECK | BENCH | VERIFY, FLAG, FIELD(quiet), 0, 0},
    {"--json", NULL, "print results as JSON, one object per line",
     TRAIN | EVALUATE | PREDICT | SHOW | SUMMARY | GRADCHECK | BENCH | VERIFY, FLAG, FIELD(json), 0, 0},
    {"--help", NULL, "show this help", ALL, FLAG, FIELD(help), 0, 0},
    {"--version", NULL, "show the versions", ALL, FLAG, FIELD(version), 0, 0},
};

enum { ROWS = sizeof table / sizeof *table };

typedef struct command_row {
    const char *name;
    const char *arguments;
    const char *help;
    const char *without_file;    /* error if no file is given; NULL: the command needs none */
    const char *without_weights; /* the same for --weights */
} command_row;

static const command_row commands[MNN_COMMAND_COUNT] = {
    [MNN_COMMAND_TRAIN] = {"train", "", "train the model, then evaluate it (the default)", NULL, NULL},
    [MNN_COMMAND_EVALUATE] = {"evaluate", "", "loss and metrics on the test set", NULL,
                              "evaluate needs trained weights: --weights FILE (train --save FILE writes them)"},
    [MNN_COMMAND_PREDICT] = {"predict", " FILE...", "predictions for samples (IDX, PNG, JPEG, PGM files)",
                             "predict needs a file with samples", "predict needs trained weights: --weights FILE"},
    [MNN_COMMAND_SHOW] = {"show", "", "samples of the data set: images or rows of values", NULL, NULL},
    [MNN_COMMAND_EXPORT] = {"export", "", "export the weights for numpy", NULL,
                            "export needs trained weights: --weights FILE"},
    [MNN_COMMAND_IMPORT] = {"import", " FILE", "import weights from PyTorch or Keras (safetensors)",
                            "import needs a weights file", NULL},
    [MNN_COMMAND_SUMMARY] = {"summary", "", "table of the model's layers", NULL, NULL},
    [MNN_COMMAND_GRADCHECK] = {"gradcheck", "", "compare the gradients with numerical gradients", NULL, NULL},
    [MNN_COMMAND_BENCH] = {"bench", "", "measure prediction and training throughput", NULL, NULL},
    [MNN_COMMAND_VERIFY] = {"verify", " FILE.c...", "compare inference code with this program on the test set",
                            "verify needs C files written by mnnc --emit=inference",
                            "verify needs the weights that the code was generated from: --weights FILE"},
    [MNN_COMMAND_HELP] = {"help", " [COMMAND]", "show this help, or the help of a command", NULL, NULL},
};

static const char *program_name(const mnn_options *o, char buffer[128])
{
    return mnn_printable(buffer, 128, o->program);
}

/* Add the hint that every usage error ends with. */
static mnn_status usage(mnn_error *err, const mnn_options *o, const char *what)
{
    char program[128];
    program_name(o, program);
    if (o->command == MNN_COMMAND_HELP)
        return mnn_fail(err, MNN_EUSAGE, "%s\nhint: try %s --help", what, program);
    return mnn_fail(err, MNN_EUSAGE, "%s\nhint: try %s %s --help", what, program, commands[o->command].name);
}

bool mnn_command_of(const char *name, mnn_command *out)
{
    for (int i = 0; i < MNN_COMMAND_COUNT; i++)
        if (strcmp(name, commands[i].name) == 0) {
            *out = (mnn_command)i;
            return true;
        }
    return false;
}

static mnn_status unknown_command(const mnn_options *options, const char *word, mnn_error *err)
{
    mnn_options o = *options;
    o.command = MNN_COMMAND_HELP; /* where the hint leads */
    const char *names[MNN_COMMAND_COUNT];
    char shown[64], text[200];
    for (int i = 0; i < MNN_COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    const char *near = mnn_nearest(word, names, MNN_COMMAND_COUNT);
    snprintf(text, sizeof text, "unknown command \"%s\"%s%s%s", mnn_printable(shown, sizeof shown, word),
             near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return usage(err, &o, text);
}

static mnn_status unknown_option(const mnn_options *o, const char *word, size_t length, mnn_error *err)
{
    const char *names[ROWS];
    char name[64], shown[80], text[240];
    int count = 0;
    if (length == 6 && memcmp(word, "--onnx", 6) == 0)
        return mnn_fail(err, MNN_EUSAGE,
                        "mnnc writes ONNX models, this program does not\n"
                        "hint: mnnc MODEL.mnn --emit=onnx --weights FILE.safetensors -o MODEL.onnx");
    for (int i = 0; i < ROWS; i++)
        if (table[i].commands & (1u << o->command))
            names[count++] = table[i].name;
    snprintf(name, sizeof name, "%.*s", (int)(length < 60 ? length : 60), word);
    const char *near = mnn_nearest(name, names, count);
    snprintf(text, sizeof text, "unknown option \"%s\"%s%s%s", mnn_printable(shown, sizeof shown, name),
             near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return usage(err, o, text);
}

/* A whole number in decimal digits and nothing else. */
static bool read_number(const char *text, uint64_t *out)
{
    if (!*text || text[strspn(text, "0123456789")] != '\0')
        return false;
    errno = 0;
    *out = strtoull(text, NULL, 10);
    return errno == 0;
}

static mnn_status store(mnn_options *o, const option_row *row, const char *value, mnn_error *err)
{
    char *field = (char *)o + row->field;
    if (row->kind == FLAG) {
        *(bool *)(void *)field = true;
        return MNN_OK;
    }
    if (row->kind == TEXT) {
        *(const char **)(void *)field = value;
        return MNN_OK;
    }
    uint64_t number;
    if (read_number(value, &number) && number >= row->least && number <= row->most) {
        *(mnn_number *)(void *)field = (mnn_number){true, number};
        return MNN_OK;
    }
    char shown[64], text[240];
    snprintf(text, sizeof text, "%s needs an integer (got \"%s\", expected %" PRIu64 " to %" PRIu64 ")", row->name,
             mnn_printable(shown, sizeof shown, value), row->least, row->most);
    return usage(err, o, text);
}

/* The row of an option; of two with one name that of the command, else the first. */
static const option_row *find_row(const char *word, size_t length, mnn_command command)
{
    const option_row *found = NULL;
    if (length == 2 && memcmp(word, "-h", 2) == 0)
        return find_row("--help", 6, command);
    for (int i = 0; i < ROWS; i++)
        if (strlen(table[i].name) == length && memcmp(table[i].name, word, length) == 0 &&
            (!found || (table[i].commands & (1u << command))))
            found = &table[i];
    return found;
}

/* An option at argv[*i], which is moved to its last word. */
static mnn_status parse_option(mnn_options *o, int argc, char **argv, int *i, mnn_error *err)
{
    char text[200];
    const char *word = argv[*i];
    const char *equals = strchr(word, '=');
    const size_t length = equals ? (size_t)(equals - word) : strlen(word);
    const option_row *row = find_row(word, length, o->command);
    if (!row)
        return unknown_option(o, word, length, err);
    if (!(row->commands & (1u << o->command))) {
        snprintf(text, sizeof text, "%s is not an option of the command \"%s\"", row->name, commands[o->command].name);
        return usage(err, o, text);
    }
    const char *value = equals ? equals + 1 : NULL;
    if (row->kind == FLAG && value) {
        snprintf(text, sizeof text, "%s takes no value", row->name);
        return usage(err, o, text);
    }
    if (row->kind != FLAG && !value && *i + 1 < argc)
        value = argv[++*i];
    if (row->kind != FLAG && !value) {
        snprintf(text, sizeof text, "%s needs a value: %s %s", row->name, row->name, row->argument);
        return usage(err, o, text);
    }
    if (row->kind == TEXT && !*value) {
        snprintf(text, sizeof text, "the value of %s is empty (expected %s %s)", row->name, row->name, row->argument);
        return usage(err, o, text);
    }
    return store(o, row, value, err);
}

/* The command is the first word that is neither an option nor an option's value. Behind an unknown option,
 * which is reported once the command is known, a word may be that option's value. */
static mnn_status find_command(mnn_options *o, int argc, char **argv, int *at, mnn_error *err)
{
    bool known = true;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (argv[i][0] != '-' || !argv[i][1]) {
            if (mnn_command_of(argv[i], &o->command)) {
                *at = i;
                return MNN_OK;
            }
            if (known)
                return unknown_command(o, argv[i], err);
            continue;
        }
        const option_row *row = find_row(argv[i], strcspn(argv[i], "="), o->command);
        known = row != NULL;
        if (row && row->kind != FLAG && !strchr(argv[i], '='))
            i++;
    }
    return MNN_OK;
}

static mnn_status check_predict(const mnn_options *o, mnn_error *err)
{
    if (o->invert + o->no_invert + o->raw > 1 || (o->raw && o->no_crop))
        return usage(err, o, "--raw, --invert and --no-invert are mutually exclusive, and so are --raw and --no-crop");
    return MNN_OK;
}

static mnn_status check_show(const mnn_options *o, mnn_error *err)
{
    char shown[64], text[160];
    if (!o->set || strcmp(o->set, "train") == 0 || strcmp(o->set, "test") == 0 || strcmp(o->set, "validation") == 0)
        return MNN_OK;
    snprintf(text, sizeof text, "--set needs a set (got \"%s\", expected train, test or validation)",
             mnn_printable(shown, sizeof shown, o->set));
    return usage(err, o, text);
}

static mnn_status check_import(const mnn_options *o, mnn_error *err)
{
    char shown[64], text[160];
    if (o->library && strcmp(o->library, "pytorch") != 0 && strcmp(o->library, "keras") != 0) {
        snprintf(text, sizeof text, "--from needs a library (got \"%s\", expected pytorch or keras)",
                 mnn_printable(shown, sizeof shown, o->library));
        return usage(err, o, text);
    }
    if (!o->map == !o->library)
        return usage(err, o, "import needs a naming convention or a map: --from pytorch, --from keras or --map FILE");
    return o->save ? MNN_OK : usage(err, o, "import needs an output file: --save FILE");
}

/* What only some commands want. */
static mnn_status check_own(const mnn_options *o, mnn_error *err)
{
    switch (o->command) {
    case MNN_COMMAND_PREDICT:
        return check_predict(o, err);
    case MNN_COMMAND_SHOW:
        return check_show(o, err);
    case MNN_COMMAND_EXPORT:
        return o->npz ? MNN_OK : usage(err, o, "export needs an output: --npz FILE");
    case MNN_COMMAND_IMPORT:
        return check_import(o, err);
    default:
        return MNN_OK;
    }
}

/* Whether the command has what it needs, and nothing that it does not take. */
static mnn_status check_needs(const mnn_options *o, mnn_error *err)
{
    const command_row *row = &commands[o->command];
    char shown[64], text[160];
    if (o->help || o->version)
        return MNN_OK;
    if (row->without_file && o->file_count == 0)
        return usage(err, o, row->without_file);
    const mnn_status status = check_own(o, err);
    if (status)
        return status;
    if (row->without_weights && !o->weights)
        return usage(err, o, row->without_weights);
    const bool takes_many = o->command == MNN_COMMAND_PREDICT || o->command == MNN_COMMAND_VERIFY;
    const int allowed = takes_many ? o->file_count : row->arguments[0] != '\0';
    if (o->file_count <= allowed)
        return MNN_OK;
    snprintf(text, sizeof text, "the command \"%s\" takes no argument \"%s\"", row->name,
             mnn_printable(shown, sizeof shown, o->files[allowed]));
    return usage(err, o, text);
}

mnn_status mnn_options_parse(int argc, char **argv, mnn_options *out, mnn_error *err)
{
    int command_at = 0;
    bool only_files = false;
    mnn_options o = {.program = argc > 0 ? argv[0] : "program", .command = MNN_COMMAND_TRAIN};
    mnn_status status = find_command(&o, argc, argv, &command_at, err);
    o.files = argv + (argc > 0);
    for (int i = 1; i < argc && !status; i++) {
        if (i == command_at)
            continue;
        if (!only_files && strcmp(argv[i], "--") == 0)
            only_files = true;
        else if (!only_files && argv[i][0] == '-' && argv[i][1])
            status = parse_option(&o, argc, argv, &i, err);
        else
            o.files[o.file_count++] = argv[i]; /* never beyond what has been read */
    }
    if (!command_at && o.help)
        o.command = MNN_COMMAND_HELP;
    if (!status)
        status = check_needs(&o, err);
    if (!status && o.command == MNN_COMMAND_HELP && o.file_count > 0) {
        mnn_command about;
        if (!mnn_command_of(o.files[0], &about))
            status = unknown_command(&o, o.files[0], err);
    }
    if (!status)
        *out = o;
    return status;
}

/* --- help ---------------------------------------------------------------------------------------- */

static void help_option(FILE *out, const option_row *row)
{
    char left[40];
    snprintf(left, sizeof left, "%s%s%s", row->name, row->argument ? " " : "", row->argument ? row->argument : "");
    const char *line = row->help;
    const size_t length = strcspn(line, "\n");
    fprintf(out, "  %-20s %.*s\n", left, (int)length, line);
    if (line[length])
        fprintf(out, "  %-20s %s\n", "", line + length + 1);
}

void mnn_options_help(FILE *out, const mnn_options *options, const char *model_name, mnn_command command)
{
    char program[128];
    program_name(options, program);
    if (command == MNN_COMMAND_HELP) {
        fprintf(out, "The model \"%s\", compiled.\n\nusage: %s [COMMAND] [OPTIONS]\n\ncommands:\n", model_name,
                program);
        for (int i = 0; i < MNN_COMMAND_COUNT; i++) {
            char left[40];
            snprintf(left, sizeof left, "%s%s", commands[i].name, commands[i].arguments);
            fprintf(out, "  %-20s %s\n", left, commands[i].help);
        }
        fprintf(out, "\n%s COMMAND --help shows the options of a command.\n", program);
        return;
    }
    const command_row *row = &commands[command];
    fprintf(out, "usage: %s %s%s [OPTIONS]\n\n%s\n\noptions:\n", program, row->name, row->arguments, row->help);
    for (int i = 0; i < ROWS; i++)
        if (table[i].commands & (1u << command))
            help_option(out, &table[i]);
}
