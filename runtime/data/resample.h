/* Pictures in another size. */
#ifndef MNN_DATA_RESAMPLE_H
#define MNN_DATA_RESAMPLE_H

#include "mnn/image.h"

/** A rectangle of pixels. */
typedef struct mnn_box {
    int left, top, width, height;
} mnn_box;

/** Scale a part of a picture: every pixel of the result is the mean of those under it, weighted by a triangle that
 *  is two pixels of the coarser of both grids wide. So nothing is skipped when it becomes smaller, and it is
 *  bilinear when it becomes larger.
 *  @param box  inside the picture
 *  @param out  its width and height at least 1, its channels those of in; pixels are malloc'ed, release with
 *              mnn_image_free()
 *  @return MNN_OK; MNN_ENOMEM */
mnn_status mnn_resample(const mnn_image *in, mnn_box box, mnn_image *out, mnn_error *err);

#endif
