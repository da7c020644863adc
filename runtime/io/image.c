/* Images: the choice of the reader, and the parts that both need. */
#define _POSIX_C_SOURCE 200809L

#include "mnn/image.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/report.h"
#include "io/picture.h"

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

/* The stored pixel (x, y) of an image of width x height goes to (x, y), mirrored and transposed. */
typedef struct turning {
    bool mirror_x, mirror_y; /* before the axes are swapped */
    bool transpose;
} turning;

mnn_status mnn_picture_turn(const mnn_picture *file, mnn_image *image, int orientation)
{
    static const turning turnings[9] = {
        [2] = {true, false, false}, [3] = {true, true, false}, [4] = {false, true, false}, [5] = {false, false, true},
        [6] = {false, true, true},  [7] = {true, true, true},  [8] = {true, false, true}};
    if (orientation < 2 || orientation > 8)
        return MNN_OK;
    const turning t = turnings[orientation];
    const size_t channels = (size_t)image->channels, width = (size_t)image->width, height = (size_t)image->height;
    mnn_image turned = {.channels = image->channels,
                        .width = t.transpose ? image->height : image->width,
                        .height = t.transpose ? image->width : image->height};
    const mnn_status status = mnn_picture_allocate(file, &turned);
    if (status != MNN_OK)
        return status;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) {
            const size_t to_x = t.mirror_x ? width - 1 - x : x, to_y = t.mirror_y ? height - 1 - y : y;
            const size_t to = t.transpose ? to_x * height + to_y : to_y * width + to_x;
            memcpy(turned.pixels + to * channels, image->pixels + (y * width + x) * channels, channels);
        }
    free(image->pixels);
    *image = turned;
    return MNN_OK;
}

/* --- which reader --------------------------------------------------------------------------------- */

typedef enum image_kind { IMAGE_PNG, IMAGE_JPEG, IMAGE_PGM, IMAGE_OTHER } image_kind;

/* Files that can be read, by the bytes that they begin with. */
static const struct {
    const char *bytes;
    image_kind kind;
} kinds[] = {{"\x89PNG", IMAGE_PNG}, {"\xFF\xD8\xFF", IMAGE_JPEG}, {"P5", IMAGE_PGM}, {"P2", IMAGE_PGM}};

static image_kind kind_of(const mnn_head *head)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const size_t length = strlen(kinds[i].bytes);
        if (head->size >= length && memcmp(head->bytes, kinds[i].bytes, length) == 0)
            return kinds[i].kind;
    }
    return IMAGE_OTHER;
}

bool mnn_image_is_known(const mnn_head *head)
{
    return kind_of(head) != IMAGE_OTHER;
}

/* Choose the reader by the first bytes. */
static mnn_status read_picture(const mnn_picture *file, mnn_image *image)
{
    mnn_head head;
    const mnn_status status = mnn_head_read(&head, file->fd, file->path, file->err);
    if (status != MNN_OK)
        return status;
    if (head.size == 0)
        return mnn_fail_file(file->err, MNN_EFORMAT, file->path, "empty file (expected PNG, JPEG or PGM)");
    switch (kind_of(&head)) {
    case IMAGE_PNG:
        return mnn_png_read(file, image);
    case IMAGE_JPEG:
        return mnn_jpeg_read(file, image);
    case IMAGE_PGM:
        return mnn_pgm_read(file, image);
    default:
        return mnn_fail_contents(file->err, file->path, &head, MNN_EXPECT_IMAGE, false);
    }
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
