/* Pictures: which reader is meant, and what both need. */
#define _POSIX_C_SOURCE 200809L

#include "mnn/image.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
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

/* Kinds of files by the bytes that they begin with. */
static const struct {
    size_t at, length; /* where in the file */
    const char *bytes;
    image_kind kind;
    const char *name; /* for messages; NULL: can be read */
} kinds[] = {
    {0, 4, "\x89PNG", IMAGE_PNG, NULL},
    {0, 3, "\xFF\xD8\xFF", IMAGE_JPEG, NULL},
    {0, 2, "P5", IMAGE_PGM, NULL},
    {0, 2, "P2", IMAGE_PGM, NULL},
    {0, 2, "P1", IMAGE_OTHER, "a PBM image"},
    {0, 2, "P4", IMAGE_OTHER, "a PBM image"},
    {0, 2, "P3", IMAGE_OTHER, "a PPM image"},
    {0, 2, "P6", IMAGE_OTHER, "a PPM image"},
    {0, 2, "P7", IMAGE_OTHER, "a PAM image"},
    {0, 4, "GIF8", IMAGE_OTHER, "a GIF image"},
    {0, 2, "BM", IMAGE_OTHER, "a BMP image"},
    {0, 3, "II*", IMAGE_OTHER, "a TIFF image"},
    {0, 4, "MM\0*", IMAGE_OTHER, "a TIFF image"},
    {8, 4, "WEBP", IMAGE_OTHER, "a WebP image"},
    {4, 8, "ftypavif", IMAGE_OTHER, "an AVIF image"},
    {4, 7, "ftyphei", IMAGE_OTHER, "a HEIC image"},
    {4, 8, "ftypmif1", IMAGE_OTHER, "a HEIC image"},
    {0, 4, "<svg", IMAGE_OTHER, "an SVG image"},
    {0, 4, "%PDF", IMAGE_OTHER, "a PDF file"},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* @return KINDS: none of them */
static int find_kind(const unsigned char head[MNN_IMAGE_HEAD])
{
    int i = 0;
    while (i < KINDS && memcmp(head + kinds[i].at, kinds[i].bytes, kinds[i].length) != 0)
        i++;
    return i;
}

bool mnn_image_is_known(const unsigned char head[MNN_IMAGE_HEAD])
{
    const int kind = find_kind(head);
    return kind < KINDS && kinds[kind].kind != IMAGE_OTHER;
}

const char *mnn_image_kind(char buffer[MNN_IMAGE_KIND], const unsigned char head[MNN_IMAGE_HEAD])
{
    const int kind = find_kind(head);
    if (kind < KINDS && kinds[kind].name)
        snprintf(buffer, MNN_IMAGE_KIND, "%s", kinds[kind].name);
    else
        snprintf(buffer, MNN_IMAGE_KIND, "0x%02X 0x%02X", head[0], head[1]);
    return buffer;
}

/* Choose the reader by the first bytes. */
static mnn_status read_picture(const mnn_picture *file, mnn_image *image)
{
    unsigned char head[MNN_IMAGE_HEAD] = {0};
    char found[MNN_IMAGE_KIND];
    size_t got = 0;
    const mnn_status status = mnn_file_read(file->fd, file->path, head, sizeof head, &got, file->err);
    if (status != MNN_OK)
        return status;
    if (got == 0)
        return mnn_fail_file(file->err, MNN_EFORMAT, file->path, "empty file (expected PNG, JPEG or PGM)");
    if (lseek(file->fd, 0, SEEK_SET) != 0)
        return mnn_fail_errno(file->err, file->path, "could not go back to its start", errno);
    const int kind = find_kind(head);
    switch (kind < KINDS ? kinds[kind].kind : IMAGE_OTHER) {
    case IMAGE_PNG:
        return mnn_png_read(file, image);
    case IMAGE_JPEG:
        return mnn_jpeg_read(file, image);
    case IMAGE_PGM:
        return mnn_pgm_read(file, image);
    default:
        return mnn_fail_at(file->err, MNN_EFORMAT, file->path, 0, "not a PNG, JPEG or PGM image (got %s)",
                           mnn_image_kind(found, head));
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
