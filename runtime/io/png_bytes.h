/* PNG images in memory. */
#ifndef MNN_IO_PNG_BYTES_H
#define MNN_IO_PNG_BYTES_H

#include <stddef.h>

#include "mnn/image.h"

/** A PNG with 8 bits per channel.
 *  @param bytes  on MNN_OK malloc'ed; the caller frees it
 *  @return MNN_OK; MNN_ENOMEM */
mnn_status mnn_png_bytes(const mnn_image *image, uint8_t **bytes, size_t *size, mnn_error *err);

#endif
