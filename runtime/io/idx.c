/* IDX files: the header is believed only as far as the file bears it out. */
#define _DEFAULT_SOURCE /* madvise */

#include "mnn/idx.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "base/report.h"
#include "io/contents.h"
#include "io/elements.h"
#include "io/gzip.h"

enum { MAGIC_BYTES = 4, CHUNK = 1024 * 1024 /* bytes; a multiple of every element's size */ };
enum { HUGE_PAGE = 2 * 1024 * 1024 };
enum { SHAPE_TEXT = 16 * MNN_IDX_MAX_RANK + 32 };

/* An open file, plain or packed. */
typedef struct idx_file {
    const char *path;
    int fd;
    uint64_t size;  /* as it lies on the disk */
    mnn_gzip *gzip; /* NULL: plain */
    mnn_error *err;
} idx_file;

static mnn_status read_bytes(idx_file *f, void *buffer, size_t size, size_t *got)
{
    if (f->gzip)
        return mnn_gzip_read(f->gzip, buffer, size, got, f->err);
    return mnn_file_read(f->fd, f->path, buffer, size, got, f->err);
}

/* Find out whether the file is packed. */
static mnn_status detect(idx_file *f)
{
    unsigned char start[2] = {0, 0};
    size_t got = 0;
    mnn_status status = mnn_file_read(f->fd, f->path, start, sizeof start, &got, f->err);
    if (status != MNN_OK)
        return status;
    if (got == 0)
        return mnn_fail_file(f->err, MNN_EFORMAT, f->path, "empty file (expected IDX, plain or gzip)");
    if (lseek(f->fd, 0, SEEK_SET) != 0)
        return mnn_fail_errno(f->err, f->path, "could not seek to its start", errno);
    if (start[0] == 0x1F && start[1] == 0x8B)
        status = mnn_gzip_new(&f->gzip, f->fd, f->path, f->size, f->err);
    return status;
}

/* --- header --------------------------------------------------------------------------------------- */

static mnn_status check_rank(const idx_file *f, int rank, int expected)
{
    if (expected == 0 && (rank < 1 || rank > MNN_IDX_MAX_RANK))
        return mnn_fail_at(f->err, MNN_EFORMAT, f->path, 3, "number of dimensions (got %d, expected 1 to %d)", rank,
                           MNN_IDX_MAX_RANK);
    if (expected == 0 || rank == expected)
        return MNN_OK;
    const char *hint = "";
    if (rank == 1 && expected == 3)
        hint = "; this looks like a file of labels";
    else if (rank == 3 && expected == 1)
        hint = "; this looks like a file of images";
    return mnn_fail_at(f->err, MNN_EFORMAT, f->path, 3, "number of dimensions (got %d, expected %d%s)", rank, expected,
                       hint);
}

static mnn_status header_cut(const idx_file *f, size_t end, size_t expected)
{
    return mnn_fail_at(f->err, MNN_EFORMAT, f->path, end,
                       "file ends in its IDX header (expected a header of %zu bytes)", expected);
}

/* Of a packed file the head is what it unpacks to; a damaged one ends where it cannot be unpacked. */
static mnn_status not_idx(idx_file *f, const unsigned char magic[MAGIC_BYTES])
{
    mnn_head head = {.size = MAGIC_BYTES};
    if (f->gzip) {
        size_t got = 0;
        memcpy(head.bytes, magic, MAGIC_BYTES);
        if (mnn_gzip_read(f->gzip, head.bytes + MAGIC_BYTES, sizeof head.bytes - MAGIC_BYTES, &got, NULL) == MNN_OK)
            head.size += got;
    } else {
        const mnn_status status = mnn_head_read(&head, f->fd, f->path, f->err);
        if (status != MNN_OK)
            return status;
    }
    return mnn_fail_contents(f->err, f->path, &head, MNN_EXPECT_IDX, f->gzip != NULL);
}

static mnn_status read_magic(idx_file *f, int expected_rank, mnn_idx *idx)
{
    unsigned char magic[MAGIC_BYTES];
    size_t got = 0;
    const mnn_status status = read_bytes(f, magic, sizeof magic, &got);
    if (status != MNN_OK)
        return status;
    if (got < sizeof magic)
        return header_cut(f, got, sizeof magic);
    if (magic[0] != 0 || magic[1] != 0)
        return not_idx(f, magic);
    if (mnn_element_size(magic[2]) == 0)
        return mnn_fail_at(f->err, MNN_EFORMAT, f->path, 2,
                           "type of the elements (got 0x%02X, expected 0x08, unsigned byte, or 0x09, 0x0B to 0x0E)",
                           magic[2]);
    idx->type = (mnn_idx_type)magic[2];
    idx->rank = magic[3];
    return check_rank(f, idx->rank, expected_rank);
}

/* "60000 x 28 x 28", "1000 x 8 of type float" */
static const char *shape_text(char text[SHAPE_TEXT], const mnn_idx *idx)
{
    size_t used = 0;
    for (int i = 0; i < idx->rank && used < SHAPE_TEXT; i++)
        used += (size_t)snprintf(text + used, SHAPE_TEXT - used, "%s%" PRIu32, i ? " x " : "", idx->dims[i]);
    if (idx->type != MNN_IDX_UBYTE && used < SHAPE_TEXT)
        snprintf(text + used, SHAPE_TEXT - used, " of type %s", mnn_element_name(idx->type));
    return text;
}

/* Bytes of the data. */
static size_t data_bytes(const mnn_idx *idx)
{
    return idx->count * mnn_element_size(idx->type);
}

static mnn_status read_dims(idx_file *f, mnn_idx *idx)
{
    unsigned char bytes[4 * MNN_IDX_MAX_RANK];
    const size_t size = 4 * (size_t)idx->rank;
    size_t got = 0;
    const mnn_status status = read_bytes(f, bytes, size, &got);
    if (status != MNN_OK)
        return status;
    if (got < size)
        return header_cut(f, MAGIC_BYTES + got, MAGIC_BYTES + size);
    const uint64_t most = SIZE_MAX / 2 / MNN_MAX_ELEMENT;
    uint64_t count = 1;
    for (int i = 0; i < idx->rank; i++) {
        const unsigned char *b = bytes + 4 * i;
        idx->dims[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
        if (idx->dims[i] == 0)
            return mnn_fail_at(f->err, MNN_EFORMAT, f->path, (uint64_t)(MAGIC_BYTES + 4 * i),
                               "dimension %d (got 0, expected at least 1)", i + 1);
        /* More than any memory holds stays more than any memory holds. */
        if (__builtin_mul_overflow(count, (uint64_t)idx->dims[i], &count) || count > most)
            count = most;
    }
    idx->count = (size_t)count;
    idx->total = idx->dims[0];
    return MNN_OK;
}

/* Compare what the header claims with what is there. */
static mnn_status check_size(const idx_file *f, const mnn_idx *idx)
{
    char shape[SHAPE_TEXT];
    shape_text(shape, idx);
    const uint64_t size = data_bytes(idx), header = MAGIC_BYTES + 4 * (uint64_t)idx->rank;
    if (f->gzip) {
        if (size <= mnn_gzip_limit(f->size))
            return MNN_OK;
        return mnn_fail_at(f->err, MNN_EFORMAT, f->path, MAGIC_BYTES,
                           "%" PRIu64 " bytes of gzip cannot hold what the header claims (got %s, expected at most "
                           "%" PRIu64 " bytes)",
                           f->size, shape, mnn_gzip_limit(f->size));
    }
    const uint64_t there = f->size < header ? 0 : f->size - header;
    if (size > there)
        return mnn_fail_at(f->err, MNN_EFORMAT, f->path, f->size,
                           "file ends too early (got %" PRIu64 " bytes of data, expected %s)", there, shape);
    if (size < there)
        return mnn_fail_at(f->err, MNN_EFORMAT, f->path, header + size,
                           "%" PRIu64 " bytes follow the data (expected the end of the file after %s)", there - size,
                           shape);
    return MNN_OK;
}

/* --- data ----------------------------------------------------------------------------------------- */

/* Fewer bytes came than the header claims: a short gzip stream, or a plain file that was long enough a
 * moment ago. */
static mnn_status data_cut(const idx_file *f, const mnn_idx *idx, size_t got)
{
    char shape[SHAPE_TEXT];
    shape_text(shape, idx);
    const uint64_t at = MAGIC_BYTES + 4 * (uint64_t)idx->rank + got;
    if (!f->gzip)
        return mnn_fail_at(f->err, MNN_EIO, f->path, at,
                           "file became shorter while it was read (expected %" PRIu64 " bytes)", f->size);
    return mnn_fail_at(f->err, MNN_EFORMAT, f->path, at,
                       "unpacked data ends too early (got %zu bytes of data, expected %s)", got, shape);
}

/* Nothing may follow. Asking for one byte more also makes the gzip reader check its trailer. */
static mnn_status check_end(idx_file *f, const mnn_idx *idx)
{
    unsigned char more;
    size_t got = 0;
    const mnn_status status = read_bytes(f, &more, 1, &got);
    if (status != MNN_OK || got == 0)
        return status;
    char shape[SHAPE_TEXT];
    return mnn_fail_at(f->err, MNN_EFORMAT, f->path, MAGIC_BYTES + 4 * (uint64_t)idx->rank + data_bytes(idx),
                       "%s continues after the data (expected the end after %s)", f->gzip ? "unpacked data" : "file",
                       shape_text(shape, idx));
}

/* The elements from number `first` on, which have just been read, as floats. */
static mnn_status convert(const idx_file *f, mnn_idx *idx, const unsigned char *bytes, size_t first, size_t count)
{
    const size_t good = mnn_elements_to_float(idx->type, bytes, count, idx->values + first);
    if (good == count)
        return MNN_OK;
    const size_t header = MAGIC_BYTES + 4 * (size_t)idx->rank;
    return mnn_fail_at(f->err, MNN_EFORMAT, f->path, header + (first + good) * mnn_element_size(idx->type),
                       "element %zu is not a finite 32-bit float", first + good);
}

/* Fill idx->data or idx->values, and the checksum, piece by piece, so that a piece is still in the cache
 * when its checksum is taken.
 * @param piece  CHUNK bytes for elements on their way to float; NULL for unsigned bytes */
static mnn_status read_data(idx_file *f, mnn_idx *idx, unsigned char *piece)
{
    const size_t bytes = data_bytes(idx), size = mnn_element_size(idx->type);
    idx->checksum = (uint32_t)crc32(0, NULL, 0);
    for (size_t done = 0; done < bytes;) {
        unsigned char *to = piece ? piece : idx->data + done;
        const size_t wanted = bytes - done < CHUNK ? bytes - done : CHUNK;
        size_t got = 0;
        mnn_status status = read_bytes(f, to, wanted, &got);
        if (status != MNN_OK)
            return status;
        if (got < wanted)
            return data_cut(f, idx, done + got);
        idx->checksum = (uint32_t)crc32(idx->checksum, to, (uInt)got);
        if (piece && (status = convert(f, idx, piece, done / size, got / size)) != MNN_OK)
            return status;
        done += got;
    }
    return idx->dims[0] < idx->total ? MNN_OK : check_end(f, idx);
}

static mnn_status read_header(idx_file *f, int expected_rank, mnn_idx *idx)
{
    mnn_status status = detect(f);
    if (status == MNN_OK)
        status = read_magic(f, expected_rank, idx);
    if (status == MNN_OK)
        status = read_dims(f, idx);
    if (status == MNN_OK)
        status = check_size(f, idx);
    return status;
}

/* Samples are read in any order: in pages of 2 MiB nearly every one of them has its address at hand.
 * Release with free(). */
static void *allocate_data(size_t size)
{
    if (size < HUGE_PAGE)
        return malloc(size);
    void *memory = NULL;
    if (posix_memalign(&memory, HUGE_PAGE, size) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    madvise(memory, size, MADV_HUGEPAGE); /* a wish; without it all works, slower */
#endif
    return memory;
}

/* Leave out what is not wanted. */
static void keep_first(mnn_idx *idx, uint32_t most)
{
    if (most >= idx->dims[0])
        return;
    idx->count = idx->count / idx->dims[0] * most;
    idx->dims[0] = most;
}

static mnn_status read_idx(idx_file *f, int expected_rank, uint32_t most, mnn_idx *idx)
{
    mnn_status status = read_header(f, expected_rank, idx);
    if (status != MNN_OK)
        return status;
    keep_first(idx, most);
    const bool as_bytes = idx->type == MNN_IDX_UBYTE;
    const size_t size = as_bytes ? idx->count : idx->count * sizeof(float);
    void *memory = allocate_data(size);
    unsigned char *piece = as_bytes ? NULL : malloc(CHUNK);
    if (as_bytes)
        idx->data = memory;
    else
        idx->values = memory;
    if (memory && (as_bytes || piece))
        status = read_data(f, idx, piece);
    else
        status = mnn_fail_memory(f->err, f->path, size);
    free(piece);
    return status;
}

mnn_status mnn_idx_load(const char *path, int expected_rank, mnn_idx *out, mnn_error *err)
{
    return mnn_idx_load_first(path, expected_rank, UINT32_MAX, out, err);
}

mnn_status mnn_idx_load_first(const char *path, int expected_rank, uint32_t most, mnn_idx *out, mnn_error *err)
{
    idx_file f = {.path = path, .err = err};
    mnn_status status = mnn_file_open(path, &f.fd, &f.size, err);
    if (status != MNN_OK)
        return status;
    mnn_idx idx = {0};
    status = read_idx(&f, expected_rank, most, &idx);
    mnn_gzip_free(f.gzip);
    close(f.fd);
    if (status == MNN_OK)
        *out = idx;
    else
        mnn_idx_free(&idx);
    return status;
}

void mnn_idx_free(mnn_idx *idx)
{
    free(idx->data);
    free(idx->values);
    *idx = (mnn_idx){0};
}
