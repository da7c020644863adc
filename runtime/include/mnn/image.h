/* Grey pictures from PNG and PGM files. */
#ifndef MNN_IMAGE_H
#define MNN_IMAGE_H

#include <stdint.h>

#include "mnn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mnn_image {
    int width, height;
    uint8_t *pixels; /* [height, width], 0 black to 255 white */
} mnn_image;

/** Read a PNG (any colour type and depth, alpha over black, made grey with the Rec. 601 weights) or a
 *  binary or plain PGM (P5, P2; maxval 1 to 65535, scaled to 255). Recognised by the first bytes.
 *  CRCs count in all chunks of a PNG, and nothing may follow the picture.
 *  @param out  filled on success, untouched on failure; release with mnn_image_free()
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT not such a file, cut, wrong CRC, wider or higher than 16384;
 *          MNN_ENOMEM */
mnn_status mnn_image_load(const char *path, mnn_image *out, mnn_error *err);
void mnn_image_free(mnn_image *image);

#ifdef __cplusplus
}
#endif

#endif
