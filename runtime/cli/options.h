/* The command line of a generated program. */
#ifndef MNN_CLI_OPTIONS_H
#define MNN_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/option.h"
#include "mnn/status.h"

/* The first is the default. */
typedef enum mnn_command {
#define COMMAND(id, ...) MNN_COMMAND_##id,
#include "base/commands.def"
#undef COMMAND
    MNN_COMMAND_COUNT
} mnn_command;

/** The options of the command line. Texts are the command line's own. */
typedef struct mnn_options {
    const char *program; /* argv[0] */
    mnn_command command;
    const char *data, *weights; /* NULL: not given */
    const char *save, *history, *log_steps, *checkpoint, *report;
    mnn_number threads, seed, epochs, batch_limit, checkpoint_steps, seconds;
    const char *set, *png, *npz;
    const char *map, *library; /* import: a map of names, or whose names they are */
    mnn_number top, from, count;
    mnn_number nodes, latency; /* scale: up to how many; microseconds */
    const char *bandwidth, *plot;
    bool no_shuffle, resume, profile, quiet, json, help, version;
    bool raw, invert, no_invert, no_crop; /* what predict does to images */
    bool augmented;
    bool allow_unused; /* import: tensors of the file may be left */
    char **files;      /* predict's and import's files; help's command */
    int file_count;
} mnn_options;

/** Read the command line; argv is reordered so that the files are adjacent.
 *  @return MNN_OK; MNN_EUSAGE with what is wrong and a hint */
mnn_status mnn_options_parse(int argc, char **argv, mnn_options *out, mnn_error *err);

/** Help for one command, or for MNN_COMMAND_HELP the list of commands. */
void mnn_options_help(FILE *out, const mnn_options *options, const char *model_name, mnn_command command);

/** The command of a name.
 *  @return false when there is none */
bool mnn_command_of(const char *name, mnn_command *out);

#endif
