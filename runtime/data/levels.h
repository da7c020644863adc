/* Brightness levels of an image. */
#ifndef MNN_DATA_LEVELS_H
#define MNN_DATA_LEVELS_H

#include <stdbool.h>

#include "mnn/image.h"

/** Levels that are this close to each other, or to black or white, count as equal. */
enum { MNN_LEVELS_NEAR = 8 };

/** The median of the pixels along the four edges of a grey image. */
int mnn_border_level(const mnn_image *grey);

/** The threshold between background and ink of a grey image: the largest variance between both (Otsu 1979).
 *  @param dark, light  the mean of the pixels up to the threshold and of those above it; equal: there is one level */
int mnn_otsu_level(const mnn_image *grey, double *dark, double *light);

/** Whether all pixels of an image are nearly equal, channel by channel. */
bool mnn_is_uniform(const mnn_image *image);

/** Whether a grey image shows only paper: one level, a slow gradient, or noise. */
bool mnn_is_blank(const mnn_image *grey);

#endif
