/* What is known of the terminal behind a file. */
#ifndef MNN_CLI_TERMINAL_H
#define MNN_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/** Whether a file is a terminal that can draw over a line, or in colour: not with TERM=dumb or without TERM. */
bool mnn_can_redraw(FILE *out);

/** Columns, 1 to 500: COLUMNS of the environment, for that is how a user overrides what the terminal says; else
 *  what the terminal says; else 80. */
int mnn_columns(FILE *out);

#endif
