/* PNG images into memory and files, through libpng. */
#include <png.h>
#include <stdlib.h>

#include "base/atomic.h"
#include "base/report.h"
#include "io/png_bytes.h"

mnn_status mnn_png_bytes(const mnn_image *image, uint8_t **bytes, size_t *size, mnn_error *err)
{
    char shown[120];
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)image->width,
                     .height = (png_uint_32)image->height,
                     .format = image->channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB};
    png_alloc_size_t length = PNG_IMAGE_PNG_SIZE_MAX(png);
    uint8_t *made = malloc(length);
    if (!made)
        return mnn_fail(err, MNN_ENOMEM, "not enough memory for %zu bytes", (size_t)length);
    if (!png_image_write_to_memory(&png, made, &length, 0, image->pixels, 0, NULL)) {
        free(made);
        return mnn_fail(err, MNN_ENOMEM, "PNG could not be made (%s)", mnn_printable(shown, sizeof shown, png.message));
    }
    *bytes = made;
    *size = length;
    return MNN_OK;
}

mnn_status mnn_png_save(const char *path, const mnn_image *image, mnn_error *err)
{
    mnn_atomic file;
    mnn_error why;
    uint8_t *bytes;
    size_t size;
    mnn_status status = mnn_atomic_begin(&file, path, err);
    if (status)
        return status;
    status = mnn_png_bytes(image, &bytes, &size, &why);
    if (status) {
        mnn_atomic_abort(&file);
        return mnn_fail_file(err, status, path, "%s", why.text);
    }
    status = mnn_atomic_write(&file, bytes, size, err);
    free(bytes);
    if (!status)
        return mnn_atomic_commit(&file, err);
    mnn_atomic_abort(&file);
    return status;
}
