/* PNG images into files, through libpng. */
#include <png.h>
#include <stdlib.h>

#include "base/atomic.h"
#include "base/report.h"
#include "mnn/image.h"

static mnn_status write_png(mnn_atomic *file, const char *path, png_image *png, const mnn_image *image, mnn_error *err)
{
    char shown[120];
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(*png);
    void *bytes = malloc(size);
    mnn_status status;
    if (bytes && png_image_write_to_memory(png, bytes, &size, 0, image->pixels, 0, NULL))
        status = mnn_atomic_write(file, bytes, size, err);
    else if (bytes)
        status = mnn_fail_file(err, MNN_ENOMEM, path, "PNG could not be made (%s)",
                               mnn_printable(shown, sizeof shown, png->message));
    else
        status = mnn_fail_memory(err, path, size);
    free(bytes);
    return status;
}

mnn_status mnn_png_save(const char *path, const mnn_image *image, mnn_error *err)
{
    mnn_atomic file;
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)image->width,
                     .height = (png_uint_32)image->height,
                     .format = image->channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB};
    mnn_status status = mnn_atomic_begin(&file, path, err);
    if (status)
        return status;
    status = write_png(&file, path, &png, image, err);
    if (!status)
        return mnn_atomic_commit(&file, err);
    mnn_atomic_abort(&file);
    return status;
}
