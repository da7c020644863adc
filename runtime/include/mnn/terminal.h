/* The terminal that a file leads to. */
#ifndef MNN_TERMINAL_H
#define MNN_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Whether a file is a terminal that can draw over a line: not with TERM=dumb or without TERM. */
bool mnn_terminal_redraws(FILE *out);

/** Whether a file is such a terminal and colour is wanted: NO_COLOR (no-color.org) is not set. */
bool mnn_terminal_colors(FILE *out);

/** Columns, 1 to 500: COLUMNS of the environment, with which users override what the terminal says; else what the
 *  terminal says; else 80. */
int mnn_terminal_columns(FILE *out);

#ifdef __cplusplus
}
#endif

#endif
