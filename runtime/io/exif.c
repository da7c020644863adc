/* EXIF data hold a TIFF file: "II" (little-endian) or "MM" (big-endian), 42, the offset of a directory; a directory is
 * a count and entries of 12 bytes: tag, type, count, value. */
#include "io/exif.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { HEADER = 8, ENTRY = 12, TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, MOST = 8 };

typedef struct tiff_reader {
    const unsigned char *bytes;
    size_t size;
    bool is_big_endian;
} tiff_reader;

/* An integer of that many bytes; 0 outside the data. */
static uint32_t integer(const tiff_reader *r, size_t at, size_t bytes)
{
    uint32_t value = 0;
    if (at > r->size || bytes > r->size - at)
        return 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | r->bytes[at + (r->is_big_endian ? i : bytes - 1 - i)];
    return value;
}

static int orientation(const unsigned char *tiff, size_t size)
{
    const tiff_reader r = {tiff, size, size > 0 && tiff[0] == 'M'};
    if (size < HEADER || (memcmp(tiff, "II*\0", 4) != 0 && memcmp(tiff, "MM\0*", 4) != 0))
        return 0;
    const size_t directory = integer(&r, 4, 4);
    const uint32_t count = integer(&r, directory, 2);
    for (uint32_t i = 0; i < count; i++) {
        const size_t at = directory + 2 + (size_t)i * ENTRY;
        if (integer(&r, at, 2) != TAG_ORIENTATION)
            continue;
        const uint32_t value = integer(&r, at + 2, 2) == TYPE_SHORT ? integer(&r, at + 8, 2) : 0;
        return value <= MOST ? (int)value : 0;
    }
    return 0;
}

int mnn_exif_orientation(const unsigned char *data, size_t size)
{
    static const char name[6] = "Exif\0";
    const bool is_named = size > sizeof name && memcmp(data, name, sizeof name) == 0;
    return is_named ? orientation(data + sizeof name, size - sizeof name) : orientation(data, size);
}
