/* Scaling of images, in memory provided by the caller: examples/web has no other. */
#ifndef MNN_DATA_SCALE_H
#define MNN_DATA_SCALE_H

#include <stddef.h>

#include "mnn/image.h"

/** A rectangle of pixels. */
typedef struct mnn_box {
    int left, top, width, height;
} mnn_box;

/** The workspace of mnn_scale() in floats: never less for a larger box or a larger result. */
size_t mnn_scale_room(mnn_box box, const mnn_image *out);

/** Scale a part of an image: every pixel of the result is the mean of the pixels under it, weighted by a triangle two
 *  pixels of the coarser grid wide. Thus no pixel is skipped when scaling down, and scaling up is bilinear.
 *  @param box   inside the image
 *  @param out   its width and height at least 1, its channels those of in, its pixels filled
 *  @param room  [mnn_scale_room(box, out)] */
void mnn_scale(const mnn_image *in, mnn_box box, mnn_image *out, float *room);

#endif
