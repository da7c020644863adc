/* Images from PNG, JPEG and PGM files, and into PNG files. */
#ifndef MNN_IMAGE_H
#define MNN_IMAGE_H

#include <stdint.h>

#include "mnn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mnn_image {
    int width, height;
    int channels;    /* 1: grey, 3: red, green, blue */
    uint8_t *pixels; /* [height, width, channels], 0 black to 255 white */
} mnn_image;

/** Read a PNG (any colour type and depth), a JPEG (baseline or progressive, grey, YCbCr or RGB) or a binary or plain
 * PGM (P5, P2; maxval 1 to 65535, scaled to 255). Recognised by the first bytes. CRCs count in all chunks of a PNG, a
 * JPEG whose data are damaged or end early is refused, and nothing may follow the image but for JPEG, where cameras
 * append data of their own. An EXIF orientation is applied. Transparent parts become black, or white where the rest is
 * dark (its mean below 128).
 *  @param channels  1: colour is made grey with the Rec. 601 weights; 3: grey becomes three equal channels
 *  @param out  filled on success, untouched on failure; release with mnn_image_free()
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT not such a file, cut, damaged, of CMYK colours, wider or higher than 16384;
 *          MNN_ENOMEM */
mnn_status mnn_image_load(const char *path, int channels, mnn_image *out, mnn_error *err);
void mnn_image_free(mnn_image *image);

/** Write a PNG of 8 bits a channel, atomically: on failure an old file stays as it was.
 *  @return MNN_OK; MNN_EIO; MNN_ENOMEM */
mnn_status mnn_png_save(const char *path, const mnn_image *image, mnn_error *err);

#ifdef __cplusplus
}
#endif

#endif
