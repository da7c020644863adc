#include "cli/options.h"

#include <stddef.h>
#include <string.h>

#include "base/words.h"

/* Which commands take an option. */
enum {
#define COMMAND(id, ...) id = 1 << MNN_COMMAND_##id,
#include "base/commands.def"
#undef COMMAND
    ALL = (1 << MNN_COMMAND_COUNT) - 1
};

#define FIELD(name) offsetof(mnn_options, name)

#define FLAG(name, commands, field, help)                                                                              \
    {                                                                                                                  \
        name, NULL, NULL, help, MNN_OPTION_FLAG, commands, FIELD(field), 0, 0, NULL                                    \
    }
#define TEXT(name, argument, values, commands, field, help)                                                            \
    {                                                                                                                  \
        name, argument, values, help, MNN_OPTION_TEXT, commands, FIELD(field), 0, 0, NULL                              \
    }
#define NUMBER(name, commands, field, least, most, help)                                                               \
    {                                                                                                                  \
        name, "N", NULL, help, MNN_OPTION_INTEGER, commands, FIELD(field), least, most, NULL                           \
    }

static const mnn_option table[] = {
    TEXT("--data", "DIR", NULL, TRAIN | EVALUATE | SHOW | GRADCHECK | BENCH | VERIFY, data,
         "folder of the data files, overrides the description"),
    TEXT("--weights", "FILE", NULL, TRAIN | EVALUATE | PREDICT | EXPORT | GRADCHECK | BENCH | VERIFY, weights,
         "load the weights from a safetensors file"),
    NUMBER("--epochs", TRAIN, epochs, 0, 1000000, "number of epochs, overrides the description"),
    NUMBER("--batch-limit", TRAIN, batch_limit, 1, UINT32_MAX, "end each epoch after N steps"),
    FLAG("--no-shuffle", TRAIN, no_shuffle, "use the samples in the order of the file"),
    TEXT("--save", "FILE", NULL, TRAIN | IMPORT, save, "write the weights to a safetensors file"),
    TEXT("--checkpoint", "FILE", NULL, TRAIN, checkpoint, "save a checkpoint after every epoch, for --resume"),
    NUMBER("--checkpoint-steps", TRAIN, checkpoint_steps, 1, UINT32_MAX, "also save a checkpoint every N steps"),
    FLAG("--resume", TRAIN, resume, "resume from the checkpoint, or start if there is none"),
    TEXT("--history", "FILE", NULL, TRAIN, history, "write one row per epoch to FILE.csv or FILE.jsonl"),
    TEXT("--report", "FILE", NULL, TRAIN, report, "write curves, predictions and images to FILE.html, every epoch"),
    TEXT("--log-steps", "FILE", NULL, TRAIN, log_steps, "write loss and learning rate of every step to FILE.jsonl"),
    TEXT("--set", "NAME", "train|test|validation", SHOW, set, "train (the default), test or validation"),
    NUMBER("--from", SHOW, from, 0, UINT32_MAX, "index of the first sample, counted from 0"),
    NUMBER("--count", SHOW, count, 1, 10000, "number of samples (default: 10)"),
    TEXT("--png", "FILE", NULL, SHOW, png, "write the images to one PNG file, as a grid"),
    FLAG("--augmented", SHOW, augmented, "show the images as augmented in training"),
    TEXT("--from", "LIBRARY", "pytorch|keras", IMPORT, library, "naming convention of the file: pytorch or keras"),
    TEXT("--map", "FILE", NULL, IMPORT, map, "explicit map: lines \"source = target [transpose] [chw]\""),
    TEXT("--npz", "FILE", NULL, EXPORT, npz, "write the weights as a NumPy archive"),
    NUMBER("--top", PREDICT, top, 1, 256, "show the N most probable classes"),
    FLAG("--allow-unused", IMPORT, allow_unused, "accept unused tensors in the file"),
    FLAG("--no-crop", PREDICT, no_crop, "scale the whole image instead of the digit found in it"),
    FLAG("--invert", PREDICT, invert, "always invert images"),
    FLAG("--no-invert", PREDICT, no_invert, "never invert images (default: invert those with a light background)"),
    FLAG("--raw", PREDICT, raw, "no preparation: images must have the model's size"),
    NUMBER("--nodes", SCALE, nodes, 2, 1024, "predict up to N nodes (default: 1024)"),
    TEXT("--bandwidth", "RATE", NULL, SCALE, bandwidth, "of a node's network: 10G (default: 1G, 10G and 100G)"),
    NUMBER("--latency", SCALE, latency, 0, 1000000, "of the network in microseconds (default: 20)"),
    TEXT("--plot", "FILE", NULL, SCALE, plot, "write the efficiency to FILE.html, as a chart"),
    NUMBER("--threads", TRAIN | EVALUATE | PREDICT | GRADCHECK | BENCH | SCALE | VERIFY, threads, 1, 4096,
           "number of threads (default: one per processor); results do not depend on it"),
    NUMBER("--seed", TRAIN | EVALUATE | SHOW | GRADCHECK | BENCH | SCALE, seed, 0, UINT64_MAX,
           "random seed, overrides the description"),
    NUMBER("--seconds", BENCH | SCALE, seconds, 0, 3600, "time per measurement in seconds (default: 1; 0: run once)"),
    FLAG("--profile", BENCH, profile, "also show the time per function of a training step"),
    FLAG("--quiet", TRAIN | EVALUATE | PREDICT | SHOW | EXPORT | IMPORT | GRADCHECK | BENCH | SCALE | VERIFY, quiet,
         "print only the result and errors"),
    FLAG("--json", TRAIN | EVALUATE | PREDICT | SHOW | SUMMARY | GRADCHECK | BENCH | SCALE | VERIFY, json,
         "print results as JSON, one object per line"),
    FLAG("--help", ALL, help, "show this help"),
    FLAG("--version", ALL, version, "show the versions"),
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
#define COMMAND(id, name, arguments, help, without_file, without_weights)                                              \
    {name, arguments, help, without_file, without_weights},
#include "base/commands.def"
#undef COMMAND
};

static const char *program_name(const mnn_options *o, char buffer[128])
{
    return mnn_printable(buffer, 128, o->program);
}

/* Read the rest for this command: its options, and its help in the hints. */
static void set_command(mnn_option_reader *r, mnn_command command)
{
    char program[128];
    mnn_options *o = r->target;
    o->command = command;
    r->command = commands[command].name;
    r->scope = 1u << command;
    program_name(o, program);
    if (command == MNN_COMMAND_HELP)
        snprintf(r->hint, sizeof r->hint, "%s --help", program);
    else
        snprintf(r->hint, sizeof r->hint, "%s %s --help", program, r->command);
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

static mnn_status unknown_command(mnn_option_reader *r, const char *word)
{
    const char *names[MNN_COMMAND_COUNT];
    char shown[64];
    for (int i = 0; i < MNN_COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    const char *near = mnn_nearest(word, names, MNN_COMMAND_COUNT);
    mnn_printable(shown, sizeof shown, word);
    set_command(r, MNN_COMMAND_HELP);
    return near ? mnn_option_fail(r, "unknown command \"%s\", did you mean \"%s\"?", shown, near)
                : mnn_option_fail(r, "unknown command \"%s\"", shown);
}

/* The command is the first word that is neither an option nor an option's value. After an unknown option,
 * which is reported once the command is known, a word may be that option's value. */
static mnn_status find_command(mnn_option_reader *r, int argc, char **argv, int *at)
{
    bool known = true;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (argv[i][0] != '-' || !argv[i][1]) {
            mnn_command command;
            if (mnn_command_of(argv[i], &command)) {
                set_command(r, command);
                *at = i;
                return MNN_OK;
            }
            if (known)
                return unknown_command(r, argv[i]);
            continue;
        }
        const mnn_option *row = mnn_option_find(r, argv[i]);
        known = row != NULL;
        if (row && mnn_option_has_value(row) && !strchr(argv[i], '='))
            i++;
    }
    return MNN_OK;
}

static mnn_status check_predict(const mnn_option_reader *r, const mnn_options *o)
{
    if (o->invert + o->no_invert + o->raw > 1 || (o->raw && o->no_crop))
        return mnn_option_fail(
            r, "--raw, --invert and --no-invert are mutually exclusive, and so are --raw and --no-crop");
    return MNN_OK;
}

static mnn_status check_import(const mnn_option_reader *r, const mnn_options *o)
{
    if (!o->map == !o->library)
        return mnn_option_fail(r,
                               "import needs a naming convention or a map: --from pytorch, --from keras or --map FILE");
    return o->save ? MNN_OK : mnn_option_fail(r, "import needs an output file: --save FILE");
}

/* Requirements of single commands. */
static mnn_status check_own(const mnn_option_reader *r, const mnn_options *o)
{
    switch (o->command) {
    case MNN_COMMAND_PREDICT:
        return check_predict(r, o);
    case MNN_COMMAND_EXPORT:
        return o->npz ? MNN_OK : mnn_option_fail(r, "export needs an output: --npz FILE");
    case MNN_COMMAND_IMPORT:
        return check_import(r, o);
    default:
        return MNN_OK;
    }
}

/* Whether the command has what it needs, and nothing that it does not take. */
static mnn_status check_needs(const mnn_option_reader *r, const mnn_options *o)
{
    const command_row *row = &commands[o->command];
    char shown[64];
    if (o->help || o->version)
        return MNN_OK;
    if (row->without_file && o->file_count == 0)
        return mnn_option_fail(r, "%s", row->without_file);
    const mnn_status status = check_own(r, o);
    if (status)
        return status;
    if (row->without_weights && !o->weights)
        return mnn_option_fail(r, "%s", row->without_weights);
    const bool takes_many = o->command == MNN_COMMAND_PREDICT || o->command == MNN_COMMAND_VERIFY;
    const int allowed = takes_many ? o->file_count : row->arguments[0] != '\0';
    if (o->file_count <= allowed)
        return MNN_OK;
    return mnn_option_fail(r, "the command \"%s\" takes no argument \"%s\"", row->name,
                           mnn_printable(shown, sizeof shown, o->files[allowed]));
}

static mnn_status parse_option(mnn_option_reader *r, int argc, char **argv, int *i)
{
    if (strncmp(argv[*i], "--onnx", 6) == 0 && (argv[*i][6] == '\0' || argv[*i][6] == '='))
        return mnn_fail(r->err, MNN_EUSAGE,
                        "mnnc writes ONNX models, this program does not\n"
                        "hint: mnnc MODEL.mnn --emit=onnx --weights FILE.safetensors -o MODEL.onnx");
    return mnn_option_read(r, argc, argv, i, NULL);
}

mnn_status mnn_options_parse(int argc, char **argv, mnn_options *out, mnn_error *err)
{
    int command_at = 0;
    bool only_files = false;
    mnn_options o = {.program = argc > 0 ? argv[0] : "program"};
    mnn_option_reader r = {.rows = table, .count = ROWS, .target = &o, .err = err};
    set_command(&r, MNN_COMMAND_TRAIN);
    mnn_status status = find_command(&r, argc, argv, &command_at);
    o.files = argv + (argc > 0);
    for (int i = 1; i < argc && !status; i++) {
        if (i == command_at)
            continue;
        if (!only_files && strcmp(argv[i], "--") == 0)
            only_files = true;
        else if (!only_files && argv[i][0] == '-' && argv[i][1])
            status = parse_option(&r, argc, argv, &i);
        else
            o.files[o.file_count++] = argv[i]; /* never beyond what has been read */
    }
    if (status)
        return status;
    if (!command_at && o.help)
        set_command(&r, MNN_COMMAND_HELP);
    status = check_needs(&r, &o);
    mnn_command about;
    if (!status && o.command == MNN_COMMAND_HELP && o.file_count > 0 && !mnn_command_of(o.files[0], &about))
        status = unknown_command(&r, o.files[0]);
    if (!status)
        *out = o;
    return status;
}

/* --- help ---------------------------------------------------------------------------------------- */

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
            mnn_option_line(out, left, commands[i].help);
        }
        fprintf(out, "\n%s COMMAND --help shows the options of a command.\n", program);
        return;
    }
    const command_row *row = &commands[command];
    fprintf(out, "usage: %s %s%s [OPTIONS]\n\n%s\n\noptions:\n", program, row->name, row->arguments, row->help);
    for (int i = 0; i < ROWS; i++)
        if (table[i].scope & (1u << command))
            mnn_option_help(out, &table[i], " ");
}
