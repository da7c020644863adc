/* Images: reads PNG, JPEG and PGM files, writes PNG files. */
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
 *  PGM (P5, P2; maxval 1 to 65535, scaled to 255). The format is recognised by the first bytes. The CRC of every chunk
 *  of a PNG is checked; a JPEG with damaged or missing data is an error; data after the image are an error except in
 *  JPEG files, where cameras append data of their own. An EXIF orientation is applied. Transparent pixels become
 *  black, or white if the other pixels are dark (mean below 128).
 *  @param channels  1: colour is converted to grey with the Rec. 601 weights; 3: grey is copied to three channels
 *  @param out  filled on success, unchanged on failure; release with mnn_image_free()
 *  @return MNN_OK; MNN_EIO; MNN_EFORMAT unknown format, truncated, damaged, CMYK, or wider or higher than 16384;
 *          MNN_ENOMEM */
mnn_status mnn_image_load(const char *path, int channels, mnn_image *out, mnn_error *err);
void mnn_image_free(mnn_image *image);

/** Write a PNG with 8 bits per channel, atomically: on failure an existing file is unchanged.
 *  @return MNN_OK; MNN_EIO; MNN_ENOMEM */
mnn_status mnn_png_save(const char *path, const mnn_image *image, mnn_error *err);

#ifdef __cplusplus
}
#endif

#endif
