/* Images: PNG, JPEG and PGM. Every pixel of an image that is accepted must be there.
 *
 * libpng refuses a chunk with a wrong CRC, so the CRCs of most changed files are made right again. */
#define _GNU_SOURCE
#include "input.h"

#include <string.h>
#include <zlib.h>

#include "mnn/image.h"

static void load(const uint8_t *data, size_t size, int channels)
{
    mnn_image image;
    mnn_error err = {""};
    const input_file file = input_open(data, size);
    const mnn_status status = mnn_image_load(file.path, channels, &image, &err);
    input_close(&file);
    must(status == MNN_OK || status == MNN_EFORMAT || status == MNN_ENOMEM, "a status that image.h names");
    must(status == MNN_OK || strstr(err.text, file.path) != NULL, "the message names the file");
    if (status != MNN_OK)
        return;
    must(image.width > 0 && image.height > 0 && image.pixels, "a picture has pixels");
    unsigned long sum = 0;
    for (size_t i = 0; i < (size_t)image.width * (size_t)image.height * (size_t)channels; i++)
        sum += image.pixels[i];
    must(sum <= 255ul * (size_t)image.width * (size_t)image.height * (size_t)channels, "pixels can be read");
    mnn_image_free(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    load(data, size, 1);
    load(data, size, 3);
    return 0;
}

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    enum { SIGNATURE = 8, TYPE = 4, AROUND = 12 }; /* length, type and CRC around a chunk's bytes */
    const size_t changed = LLVMFuzzerMutate(data, size, room);
    if (seed % 8 == 0 || changed < SIGNATURE || memcmp(data, "\x89PNG", 4) != 0)
        return changed;
    for (size_t at = SIGNATURE; changed - at >= AROUND;) {
        const size_t length = big_endian(data + at);
        if (length > changed - at - AROUND)
            break;
        const uint32_t crc = (uint32_t)crc32(0, data + at + TYPE, (uInt)(length + TYPE));
        for (int i = 0; i < 4; i++)
            data[at + AROUND - 4 + length + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
        at += length + AROUND;
    }
    return changed;
}
