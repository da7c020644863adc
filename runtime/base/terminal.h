/* Properties of the terminal of a stream. */
#ifndef MNN_BASE_TERMINAL_H
#define MNN_BASE_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/** Whether a stream is a terminal that can rewrite a line: not with TERM=dumb or without TERM. */
bool mnn_terminal_redraws(FILE *out);

/** Whether a stream is such a terminal and colour is enabled: NO_COLOR (no-color.org) is not set. */
bool mnn_terminal_colors(FILE *out);

/** Width in columns, 1 to 500: COLUMNS of the environment, with which users override the terminal; else the width
 *  that the terminal reports; else 80. */
int mnn_terminal_columns(FILE *out);

#endif
