/* The command line of mnnc. */
#ifndef MNNC_DRIVER_OPTIONS_H
#define MNNC_DRIVER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/option.h"
#include "plan/plan.h"
#include "support/diag.h"

enum { MAX_DEFINITIONS = 256 };

typedef enum driver_action {
    ACTION_TRAINER,
    ACTION_INFERENCE,
    ACTION_SUMMARY,
    ACTION_DOT,
    ACTION_KERAS,
    ACTION_ONNX,
    ACTION_DUMP_AST,
    ACTION_DUMP_IR,
    ACTION_DUMP_PLAN,
    ACTION_CHECK,
    ACTION_FORMAT,
    ACTION_VERSION,
    ACTION_HELP
} driver_action;

/* Characters that a prefix has at most; a longer name of a file or a model is cut. */
enum { INFERENCE_LONGEST_PREFIX = 255 };

/** The options of --emit=inference. */
typedef struct inference_options {
    const char *header;       /* where to write the header; NULL: none, the C declares by itself */
    const char *prefix;       /* NULL: after the output's name, or the model's */
    const char *weights_file; /* where to write the weights apart from the code; NULL: they are in the code */
    const char *input;        /* "uint8" or "float32"; NULL: as the description suggests */
    const char *calibrate;    /* a folder or an IDX file with samples; NULL: not given */
    bool argmax_only, reentrant, freestanding, quantize;
    int64_t max_flash; /* bytes of constants; 0: no limit */
} inference_options;

typedef struct driver_options {
    driver_action action;
    bool is_chosen; /* the action was given */
    const char *input;
    const char *output;                       /* NULL: standard output */
    const char *definitions[MAX_DEFINITIONS]; /* "name=value" of every -D */
    int definition_count;
    plan_options plan;
    const char *for_trainer, *for_inference; /* the last option given that applies to these only; NULL: none */
    diag_options warnings;
    const char *color; /* "auto", "always", "never"; NULL: auto */
    double peak;       /* GFLOP/s, for the summary's time floor; 0: the default */
    mnn_number
        samples; /* per epoch, for the summary's time floor; not given: what the description says, or the default */
    const char *weights; /* the trained weights, for inference and onnx; NULL: not given */
    int64_t max_ram;     /* bytes that the program's static memory may take; 0: no limit */
    inference_options inference;
} driver_options;

/** Read the command line; an error is reported on err.
 *  @return 0, or 2 (usage) */
int options_parse(driver_options *o, int argc, char **argv, FILE *err);

/** Whether messages on out are coloured: as --color says; by default where out is a terminal, TERM is not "dumb" and
 *  NO_COLOR (no-color.org) is not set. */
bool options_color(const driver_options *o, FILE *out);

/** The columns of the terminal that out is; 0: it is none. */
int options_columns(FILE *out);

/** Whether a word is an option that changes the program: a constant of the description, a warning, or how it is
 * planned.
 *  @param next  set: whether its value is the next word */
bool options_change_program(const char *word, bool *next);

void options_help(FILE *out);

#endif
