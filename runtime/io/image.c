/* Pictures: which reader is meant, and what both need. */
#define _POSIX_C_SOURCE 200809L

#include "mnn/image.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/file.h"
#include "io/picture.h"
#include "io/report.h"

mnn_status mnn_picture_check_size(const mnn_picture *file, uint64_t at, uint64_t width, uint64_t height)
{
    if (width >= 1 && width <= MNN_MAX_SIDE && height >= 1 && height <= MNN_MAX_SIDE)
        return MNN_OK;
    return mnn_fail_at(file->err, MNN_EFORMAT, file->path, at,
                       "width and height (got %" PRIu64 " x %" PRIu64 ", expected 1 to %d)", width, height,
                       MNN_MAX_SIDE);
}

mnn_status mnn_picture_allocate(const mnn_picture *file, mnn_image *out)
{
    const size_t size = (size_t)out->width * (size_t)out->height * (size_t)out->channels;
    out->pixels = calloc(size, 1);
    return out->pixels ? MNN_OK : mnn_fail_memory(file->err, file->path, size);
}

mnn_status mnn_picture_shrunk(const mnn_picture *file, uint64_t at)
{
    return mnn_fail_at(file->err, MNN_EIO, file->path, at,
                       "file became shorter while it was read (expected %" PRIu64 " bytes)", file->size);
}

/* Choose the reader by the first bytes. */
static mnn_status read_picture(const mnn_picture *file, mnn_image *image)
{
    unsigned char start[4] = {0};
    size_t got = 0;
    const mnn_status status = mnn_file_read(file->fd, file->path, start, sizeof start, &got, file->err);
    if (status != MNN_OK)
        return status;
    if (got == 0)
        return mnn_fail_file(file->err, MNN_EFORMAT, file->path, "empty file (expected PNG or PGM)");
    if (lseek(file->fd, 0, SEEK_SET) != 0)
        return mnn_fail_errno(file->err, file->path, "could not go back to its start", errno);
    if (got == sizeof start && memcmp(start, "\x89PNG", sizeof start) == 0)
        return mnn_png_read(file, image);
    if (start[0] == 'P' && (start[1] == '5' || start[1] == '2'))
        return mnn_pgm_read(file, image);
    if (start[0] == 'P' && start[1] >= '1' && start[1] <= '7')
        return mnn_fail_at(file->err, MNN_EFORMAT, file->path, 0,
                           "kind of the netpbm picture (got P%c, expected P5 or P2)", start[1]);
    return mnn_fail_at(file->err, MNN_EFORMAT, file->path, 0,
                       "not a PNG or PGM picture (got 0x%02X 0x%02X, expected 0x89 0x50 or P5 or P2)", start[0],
                       start[1]);
}

mnn_status mnn_image_load(const char *path, int channels, mnn_image *out, mnn_error *err)
{
    mnn_picture file = {.path = path, .err = err};
    mnn_status status = mnn_file_open(path, &file.fd, &file.size, err);
    if (status != MNN_OK)
        return status;
    mnn_image image = {.channels = channels};
    status = read_picture(&file, &image);
    close(file.fd);
    if (status == MNN_OK)
        *out = image;
    else
        mnn_image_free(&image);
    return status;
}

void mnn_image_free(mnn_image *image)
{
    free(image->pixels);
    *image = (mnn_image){0};
}
