/* What is known of the terminal behind a file. */
#ifndef MNN_CLI_TERMINAL_H
#define MNN_CLI_TERMINAL_H

#include <stdio.h>

/** Columns, 20 to 500: COLUMNS of the environment, for that is how a user overrides what the terminal says; else
 *  what the terminal says; else 80. */
int mnn_columns(FILE *out);

#endif
