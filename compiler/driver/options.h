/* The command line of mnnc. */
#ifndef MNNC_DRIVER_OPTIONS_H
#define MNNC_DRIVER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "driver/inference_options.h"
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

/** --color=WHEN */
typedef enum driver_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } driver_color;

typedef struct driver_options {
    driver_action action;
    const char *input;
    const char *output;                       /* NULL: standard output */
    const char *definitions[MAX_DEFINITIONS]; /* "name=value" of every -D */
    int definition_count;
    plan_options plan;
    const char *for_trainer, *for_inference; /* the last option given that applies to these only; NULL: none */
    diag_options warnings;
    driver_color color;
    double peak;         /* GFLOP/s, for the summary's time floor; 0: the default */
    int64_t samples;     /* an epoch, for the summary's time floor; 0: what the description says, or the default */
    const char *weights; /* the trained weights, for inference and onnx; NULL: not given */
    int64_t max_ram;     /* bytes that the program's static memory may take; 0: no limit */
    inference_options inference;
} driver_options;

/** Read the command line; a mistake is reported on err.
 *  @return 0, or 2 (usage) */
int options_parse(driver_options *o, int argc, char **argv, FILE *err);

/** Whether messages on out are coloured: as --color says; by default where out is a terminal, TERM is not "dumb" and
 *  NO_COLOR (no-color.org) is not set. */
bool options_color(const driver_options *o, FILE *out);

/** The columns of the terminal that out is; 0: it is none. */
int options_columns(FILE *out);

void options_help(FILE *out);

#endif
