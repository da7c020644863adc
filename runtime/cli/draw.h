/* Images and bars as text. */
#ifndef MNN_CLI_DRAW_H
#define MNN_CLI_DRAW_H

#include <stdbool.h>
#include <stdio.h>

#include "mnn/image.h"

typedef enum mnn_draw_style {
    MNN_DRAW_ASCII,  /* a letter for two pixels, one above the other */
    MNN_DRAW_BLOCKS, /* half blocks of Unicode: a character for two pixels, each black or white */
    MNN_DRAW_COLOUR  /* half blocks in the pixels' colours */
} mnn_draw_style;

/** The best that a file can show: colours on a terminal (not with NO_COLOR or TERM=dumb), half blocks where the
 *  locale is one of UTF-8. */
mnn_draw_style mnn_draw_style_of(FILE *out);

/** Draw images of the same size side by side, two blanks apart, in half as many lines as they have rows.
 *  @param count  at least 1 */
void mnn_draw(FILE *out, mnn_draw_style style, const mnn_image *pictures, int count);

/** A bar for a fraction from 0 to 1, padded to width columns. */
void mnn_draw_bar(FILE *out, mnn_draw_style style, double share, int width);

#endif
