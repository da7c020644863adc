/* A drawing, white on black, in the form of MNIST's digits (LeCun et al. 1998): scaled to fit a box of 20x20 in a
 * field of 28x28, with its centre of mass at row and column 14, counted from 0 (over its test set the means are
 * 13.99 and 14.01). No memory is allocated here: examples/web has no allocator. */
#ifndef MNN_DATA_DIGIT_H
#define MNN_DATA_DIGIT_H

#include <stdbool.h>

#include "data/scale.h"

enum { MNN_DIGIT_FIELD = 28, MNN_DIGIT_BOX = 20 };

/** The rectangle around all that is at least half white.
 *  @param image  of one channel
 *  @return false when there is nothing */
bool mnn_find_drawing(const mnn_image *image, mnn_box *box);

/** The size of a drawing whose longer side becomes 20, with its proportions kept: an image without pixels. */
mnn_image mnn_digit_size(mnn_box drawing);

/** Put a digit into the field, its centre of mass at the middle as far as it stays inside.
 *  @param digit  of one channel, at most 20x20
 *  @param field  28x28; only the digit's rectangle is written */
void mnn_place_digit(const mnn_image *digit, mnn_image *field);

#endif
