/* Images side by side in one image. */
#ifndef MNN_CLI_GRID_H
#define MNN_CLI_GRID_H

#include "mnn/image.h"

/** Lay images out in as many columns as rows, or one more, on white, each magnified and over its label.
 *  @param images    all of one size, count at least 1
 *  @param labels    [count] integers written in digits; NULL: none; a negative one is omitted
 *  @param out       filled on success; release with mnn_image_free()
 *  @return MNN_OK; MNN_ENOMEM */
mnn_status mnn_grid(const mnn_image *images, const int *labels, int count, mnn_image *out, mnn_error *err);

#endif
