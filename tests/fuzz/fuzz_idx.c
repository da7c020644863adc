/* IDX files, plain and gzipped. What is taken must be whole: as many elements as the header says, all finite.
 *
 * A random change to a gzip file only breaks its CRC, so that nothing behind the CRC would ever be tried: half of
 * the changes are made to what the file unpacks to, and packed again. */
#define _GNU_SOURCE
#include "input.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

#include "mnn/idx.h"

enum { UNPACKED_MOST = 1 << 16, GZIP = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mnn_array idx;
    mnn_error err = {""};
    const input_file file = input_open(data, size);
    const mnn_status status = mnn_idx_load(file.path, 0, &idx, &err);
    input_close(&file);
    must(status == MNN_OK || status == MNN_EFORMAT || status == MNN_ENOMEM, "a status that idx.h names");
    must(status == MNN_OK || strstr(err.text, file.path) != NULL, "the message names the file");
    if (status != MNN_OK)
        return 0;
    size_t count = 1;
    for (int i = 0; i < idx.rank; i++)
        count *= idx.dims[i];
    must(count == idx.count && count > 0, "the count is the product of the dimensions");
    must(!idx.data != !idx.values, "one kind of elements");
    unsigned long sum = 0;
    for (size_t i = 0; i < count; i++)
        if (idx.data)
            sum += idx.data[i];
        else
            must(isfinite(idx.values[i]), "every element is there and finite");
    must(sum <= 255 * count, "every byte is there");
    mnn_array_free(&idx);
    return 0;
}

/* @return bytes unpacked, or 0 */
static size_t unpack(const uint8_t *data, size_t size, uint8_t *out)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size, .next_out = out};
    z.avail_out = UNPACKED_MOST;
    if (inflateInit2(&z, MAX_WBITS + GZIP) != Z_OK)
        return 0;
    inflate(&z, Z_SYNC_FLUSH);
    inflateEnd(&z);
    return z.total_out;
}

/* @return bytes packed, or 0 when there is no room */
static size_t pack(const uint8_t *data, size_t size, uint8_t *out, size_t room)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size, .next_out = out};
    z.avail_out = (uInt)room;
    if (deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    const int done = deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return done == Z_STREAM_END ? z.total_out : 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    static uint8_t plain[UNPACKED_MOST], packed[UNPACKED_MOST];
    const size_t length = seed % 2 ? unpack(data, size, plain) : 0;
    if (length == 0)
        return LLVMFuzzerMutate(data, size, room);
    const size_t changed = LLVMFuzzerMutate(plain, length, UNPACKED_MOST);
    const size_t packed_size = pack(plain, changed, packed, room < sizeof packed ? room : sizeof packed);
    if (packed_size == 0)
        return LLVMFuzzerMutate(data, size, room);
    memcpy(data, packed, packed_size);
    return packed_size;
}
