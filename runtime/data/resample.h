/* Scaling of images, with allocation. */
#ifndef MNN_DATA_RESAMPLE_H
#define MNN_DATA_RESAMPLE_H

#include "data/scale.h"

/** mnn_scale() into allocated memory.
 *  @param out  its width and height at least 1, its channels those of in; pixels are malloc'ed, release with
 *              mnn_image_free()
 *  @return MNN_OK; MNN_ENOMEM */
mnn_status mnn_resample(const mnn_image *in, mnn_box box, mnn_image *out, mnn_error *err);

#endif
