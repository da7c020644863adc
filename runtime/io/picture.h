/* The interface between the image readers. */
#ifndef MNN_IO_PICTURE_H
#define MNN_IO_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "io/contents.h"
#include "mnn/image.h"

enum { MNN_MAX_SIDE = 16384 };

/** Whether a file with this beginning has a format that mnn_image_load() reads. */
bool mnn_image_is_known(const mnn_head *head);

/** An image file, open at its first byte. */
typedef struct mnn_picture {
    const char *path;
    int fd;
    uint64_t size;
    mnn_error *err;
} mnn_picture;

/** Read a PNG in as many channels as out has. out->pixels is to be freed also on failure. */
mnn_status mnn_png_read(const mnn_picture *file, mnn_image *out);

/** Read a PGM, binary (P5) or plain (P2), likewise. out->pixels is to be freed also on failure. */
mnn_status mnn_pgm_read(const mnn_picture *file, mnn_image *out);

/** Read a JPEG likewise. out->pixels is to be freed also on failure. */
mnn_status mnn_jpeg_read(const mnn_picture *file, mnn_image *out);

/** Rotate and mirror an image by its EXIF orientation, 1 to 8 (CIPA DC-008); 1 and all other values leave it
 *  unchanged.
 *  @return MNN_OK; MNN_ENOMEM: unchanged */
mnn_status mnn_picture_turn(const mnn_picture *file, mnn_image *image, int orientation);

/** Refuse images that are empty or too large. */
mnn_status mnn_picture_check_size(const mnn_picture *file, uint64_t at, uint64_t width, uint64_t height);

/** Allocate black pixels for the width, height and channels of out. */
mnn_status mnn_picture_allocate(const mnn_picture *file, mnn_image *out);

/** Report that the file is shorter than when it was opened. */
mnn_status mnn_picture_shrunk(const mnn_picture *file, uint64_t at);

#endif
