/* Pictures in another size, in memory that the caller gives: examples/web has nothing else. */
#ifndef MNN_DATA_SCALE_H
#define MNN_DATA_SCALE_H

#include <stddef.h>

#include "mnn/image.h"

/** A rectangle of pixels. */
typedef struct mnn_box {
    int left, top, width, height;
} mnn_box;

/** How many floats mnn_scale() works with: never fewer for a larger box or a larger result. */
size_t mnn_scale_room(mnn_box box, const mnn_image *out);

/** Scale a part of a picture: every pixel of the result is the mean of those under it, weighted by a triangle that
 *  is two pixels of the coarser of both grids wide. So nothing is skipped when it becomes smaller, and it is
 *  bilinear when it becomes larger.
 *  @param box   inside the picture
 *  @param out   its width and height at least 1, its channels those of in, its pixels filled
 *  @param room  [mnn_scale_room(box, out)] */
void mnn_scale(const mnn_image *in, mnn_box box, mnn_image *out, float *room);

#endif
