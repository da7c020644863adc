/* IDX files: good ones, and every way in which a file can lie. */
#define _GNU_SOURCE

#include "io_helpers.h"

#include <fcntl.h>

#include "io_faults.h"
#include "mnn/idx.h"

enum { IMAGES = 5, SIDE = 28, DATA = IMAGES * SIDE * SIDE, HEADER = 16 };

static mnn_error err;

/* A header of rank dims, then size bytes of a pattern; malloc'ed. */
static unsigned char *make_idx(int rank, const uint32_t *dims, size_t data, size_t *size)
{
    *size = 4 + 4 * (size_t)rank + data;
    unsigned char *bytes = calloc(*size, 1);
    ck_assert_ptr_nonnull(bytes);
    bytes[2] = 0x08;
    bytes[3] = (unsigned char)rank;
    for (int i = 0; i < rank; i++)
        for (int b = 0; b < 4; b++)
            bytes[4 + 4 * i + b] = (unsigned char)(dims[i] >> (24 - 8 * b) & 0xFF);
    unsigned char *at = bytes + 4 + 4 * rank;
    uint32_t state = 1; /* so that gzip cannot make much of it */
    for (size_t i = 0; i < data; i++) {
        state = state * 1664525u + 1013904223u;
        at[i] = (unsigned char)(state >> 24);
    }
    return bytes;
}

static unsigned char *make_images(size_t *size)
{
    const uint32_t dims[] = {IMAGES, SIDE, SIDE};
    return make_idx(3, dims, DATA, size);
}

/* Load; on failure *out must be untouched. */
static mnn_status load(const char *path, int rank)
{
    mnn_array idx, before;
    memset(&idx, 0x5A, sizeof idx);
    before = idx;
    const mnn_status status = mnn_idx_load(path, rank, &idx, &err);
    if (status == MNN_OK)
        mnn_array_free(&idx);
    else
        ck_assert_int_eq(memcmp(&idx, &before, sizeof idx), 0);
    return status;
}

static void refuse(const void *bytes, size_t size, int rank, const char *part)
{
    const char *path = put_file("f", bytes, size);
    EXPECT_REFUSED(load(path, rank), MNN_EFORMAT, path, err, part);
}

/* The same bytes in gzip. */
static void refuse_packed(const void *bytes, size_t size, int rank, const char *part)
{
    size_t packed;
    unsigned char *gz = gzip_bytes(bytes, size, &packed);
    refuse(gz, packed, rank, part);
    free(gz);
}

static void accept_images(const char *path)
{
    size_t size;
    unsigned char *bytes = make_images(&size);
    mnn_array idx;
    ck_assert_msg(mnn_idx_load(path, 3, &idx, &err) == MNN_OK, "%s", err.text);
    ck_assert_int_eq(idx.rank, 3);
    ck_assert_uint_eq(idx.dims[0], IMAGES);
    ck_assert_uint_eq(idx.dims[1], SIDE);
    ck_assert_uint_eq(idx.dims[2], SIDE);
    ck_assert_uint_eq(idx.count, DATA);
    ck_assert_mem_eq(idx.data, bytes + HEADER, DATA);
    ck_assert_uint_eq(idx.checksum, crc32(0, bytes + HEADER, DATA));
    mnn_array_free(&idx);
    ck_assert_ptr_null(idx.data);
    mnn_array_free(&idx);
    free(bytes);
}

/* --- good files ----------------------------------------------------------------------------------- */

START_TEST(loads_plain)
{
    size_t size;
    unsigned char *bytes = make_images(&size);
    accept_images(put_file("images", bytes, size));
    free(bytes);
}
END_TEST

START_TEST(loads_gzip_under_any_name)
{
    size_t size, packed;
    unsigned char *bytes = make_images(&size);
    unsigned char *gz = gzip_bytes(bytes, size, &packed);
    accept_images(put_file("images-idx3-ubyte", gz, packed));
    accept_images(put_file("images.gz", gz, packed));
    accept_images(put_file("plain.gz", bytes, size));
    free(bytes);
    free(gz);
}
END_TEST

START_TEST(loads_labels_and_any_rank)
{
    const uint32_t dims[] = {3, 1, 1, 1, 1, 1, 1, 2};
    for (int rank = 1; rank <= MNN_ARRAY_RANK; rank++) {
        size_t size;
        unsigned char *bytes = make_idx(rank, dims, rank == 8 ? 6 : 3, &size);
        const char *path = put_file("f", bytes, size);
        ck_assert_msg(load(path, 0) == MNN_OK, "%s", err.text);
        ck_assert_int_eq(load(path, 1), rank == 1 ? MNN_OK : MNN_EFORMAT);
        free(bytes);
    }
}
END_TEST

/* More than one chunk of the reader, and a stream that comes in small pieces with interruptions. */
START_TEST(loads_large_and_slow)
{
    const uint32_t dims[] = {1500, 32, 48};
    size_t size, packed;
    unsigned char *bytes = make_idx(3, dims, 1500 * 32 * 48, &size);
    unsigned char *gz = gzip_bytes(bytes, size, &packed);
    for (int pass = 0; pass < 4; pass++) {
        faults.armed = false;
        const char *path = pass % 2 ? put_file("f", gz, packed) : put_file("f", bytes, size);
        faults.armed = faults.stutter = pass >= 2;
        mnn_array idx;
        ck_assert_msg(mnn_idx_load(path, 3, &idx, &err) == MNN_OK, "%s", err.text);
        ck_assert_uint_eq(idx.count, size - HEADER);
        ck_assert_mem_eq(idx.data, bytes + HEADER, idx.count);
        ck_assert_uint_eq(idx.checksum, crc32(0, bytes + HEADER, (uInt)idx.count));
        mnn_array_free(&idx);
    }
    faults.armed = false;
    free(bytes);
    free(gz);
}
END_TEST

/* Two elements of every type, as bytes of the file and as numbers. */
START_TEST(converts_every_type)
{
    static const struct {
        unsigned char type, size, bytes[16];
        float value[2];
    } rows[] = {
        {0x09, 1, {0x80, 0x7F}, {-128, 127}},
        {0x0B, 2, {0x80, 0x00, 0x01, 0x02}, {-32768, 258}},
        {0x0C, 4, {0xFF, 0xFF, 0xFF, 0xFE, 0x01, 0x00, 0x00, 0x01}, {-2, 16777216}}, /* 2^24 + 1 rounds to even */
        {0x0D, 4, {0x3F, 0xC0, 0x00, 0x00, 0xFF, 0x7F, 0xFF, 0xFF}, {1.5f, -3.402823466e38f}},
        {0x0E, 8, {0x3F, 0xB9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9A, 0xC0, 0, 0, 0, 0, 0, 0, 0}, {0.1f, -2}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char file[8 + 16] = {0, 0, rows[i].type, 1, 0, 0, 0, 2};
        const size_t data = 2 * (size_t)rows[i].size;
        memcpy(file + 8, rows[i].bytes, data);
        mnn_array idx;
        ck_assert_msg(mnn_idx_load(put_file("f", file, 8 + data), 1, &idx, &err) == MNN_OK, "%s", err.text);
        ck_assert_uint_eq(idx.count, 2);
        ck_assert_ptr_null(idx.data);
        ck_assert(idx.values[0] == rows[i].value[0] && idx.values[1] == rows[i].value[1]);
        ck_assert_uint_eq(idx.checksum, crc32(0, rows[i].bytes, (uInt)data));
        mnn_array_free(&idx);
        ck_assert_ptr_null(idx.values);
        refuse(file, 8 + data - 1, 1, "file ends too early");
        refuse_packed(file, 8 + data - 1, 1, "unpacked data ends too early");
    }
}
END_TEST

START_TEST(refuses_what_is_not_finite)
{
    static const unsigned char rows[][8 + 16] = {
        {0, 0, 0x0D, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0x7F, 0x80, 0, 0}, /* infinity */
        {0, 0, 0x0D, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0xFF, 0xC0, 0, 1}, /* not a number */
        {0, 0, 0x0E, 1, 0, 0, 0, 1, 0x48, 0, 0, 0, 0, 0, 0, 0},    /* 2^129 */
        {0, 0, 0x0E, 1, 0, 0, 0, 1, 0x7F, 0xF0, 0, 0, 0, 0, 0, 1}, /* not a number */
    };
    refuse(rows[0], 16, 1, ": at byte 12: element 1 is not a finite 32-bit float");
    refuse(rows[1], 16, 1, ": at byte 12: element 1 is not a finite 32-bit float");
    refuse(rows[2], 16, 1, ": at byte 8: element 0 is not a finite 32-bit float");
    refuse(rows[3], 16, 1, ": at byte 8: element 0 is not a finite 32-bit float");
}
END_TEST

/* Floats across the pieces of the reader. */
START_TEST(converts_large_files)
{
    enum { COUNT = 700001 };
    const uint32_t dims[] = {COUNT};
    size_t size;
    unsigned char *bytes = make_idx(1, dims, 4 * (size_t)COUNT, &size);
    bytes[2] = 0x0C;
    mnn_array idx;
    ck_assert_msg(mnn_idx_load(put_file("f", bytes, size), 1, &idx, &err) == MNN_OK, "%s", err.text);
    for (size_t i = 0; i < COUNT; i++) {
        const unsigned char *b = bytes + 8 + 4 * i;
        const int32_t expected = (int32_t)((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]);
        ck_assert(idx.values[i] == (float)expected);
    }
    mnn_array_free(&idx);
    free(bytes);
}
END_TEST

/* --- headers -------------------------------------------------------------------------------------- */

START_TEST(refuses_short_files)
{
    refuse("", 0, 3, ": empty file (expected IDX");
    refuse("\0\0\x08", 3, 3, ": at byte 3: file ends in its IDX header (expected a header of 4 bytes)");
    refuse("\0\0\x08\x03\0\0\0\x05\0\0", 10, 3, ": at byte 10: file ends in its IDX header (expected a header of 16");
    refuse_packed("", 0, 3, ": at byte 0: file ends in its IDX header");
    refuse_packed("\0\0\x08", 3, 3, ": at byte 3: file ends in its IDX header");
    refuse("\x1F\x8B\x08", 3, 3, ": at byte 3: gzip stream is cut off");
}
END_TEST

START_TEST(refuses_wrong_magic)
{
    size_t size;
    unsigned char *bytes = make_images(&size);
    bytes[3] = 2; /* magic 0802 */
    refuse(bytes, size, 3, ": at byte 3: number of dimensions (got 2, expected 3)");
    bytes[3] = 1;
    refuse(bytes, size, 3, "(got 1, expected 3; this looks like a file of labels)");
    bytes[3] = 3;
    refuse(bytes, size, 1, "(got 3, expected 1; this looks like a file of images)");
    bytes[3] = 255;
    refuse(bytes, size, 3, "number of dimensions (got 255, expected 3)");
    refuse(bytes, size, 0, "number of dimensions (got 255, expected 1 to 8)");
    refuse_packed(bytes, size, 0, "number of dimensions (got 255, expected 1 to 8)");
    bytes[3] = 0;
    refuse(bytes, size, 0, "number of dimensions (got 0, expected 1 to 8)");
    bytes[3] = 3;
    for (unsigned type = 0; type <= 255; type++) {
        char part[80];
        snprintf(part, sizeof part, ": at byte 2: type of the elements (got 0x%02X, expected 0x08, unsigned", type);
        bytes[2] = (unsigned char)type;
        if (type < 0x08 || type == 0x0A || type > 0x0E)
            refuse(bytes, size, 3, part);
    }
    bytes[2] = 0x0D;
    refuse(bytes, size, 3,
           ": at byte 3936: file ends too early (got 3920 bytes of data, expected 5 x 28 x 28 of type "
           "float32)");
    bytes[2] = 0x08;
    bytes[0] = 1;
    refuse(bytes, size, 3, ": at byte 0: not an IDX file (got 0x01 0x00, expected 0x00 0x00)");
    refuse("\x89PNG\r\n\x1A\n", 8, 3, "not an IDX file (got a PNG image)");
    free(bytes);
}
END_TEST

START_TEST(refuses_sizes_that_cannot_be)
{
    size_t size;
    const uint32_t wrapping[] = {0x80000000u, 0x80000000u, 4}; /* 2^64 wraps to 0 */
    unsigned char *bytes = make_idx(3, wrapping, 0, &size);
    refuse(bytes, size, 3, "file ends too early (got 0 bytes of data, expected 2147483648 x 2147483648 x 4)");
    refuse_packed(bytes, size, 3, "bytes of gzip cannot hold what the header claims (got 2147483648 x 2147483648 x 4");
    free(bytes);

    const uint32_t none[] = {0, SIDE, SIDE};
    bytes = make_idx(3, none, 0, &size);
    refuse(bytes, size, 3, ": at byte 4: dimension 1 (got 0, expected at least 1)");
    free(bytes);
    const uint32_t flat[] = {IMAGES, SIDE, 0};
    bytes = make_idx(3, flat, 0, &size);
    refuse(bytes, size, 3, ": at byte 12: dimension 3 (got 0, expected at least 1)");
    free(bytes);
}
END_TEST

/* --- lengths -------------------------------------------------------------------------------------- */

START_TEST(refuses_one_byte_short_or_long)
{
    size_t size;
    unsigned char *bytes = make_images(&size);
    bytes = realloc(bytes, size + 1);
    ck_assert_ptr_nonnull(bytes);
    bytes[size] = 0;
    refuse(bytes, size - 1, 3, ": at byte 3935: file ends too early (got 3919 bytes of data, expected 5 x 28 x 28)");
    refuse(bytes, size + 1, 3, ": at byte 3936: 1 bytes follow the data (expected the end of the file after 5 x 28");
    refuse_packed(bytes, size - 1, 3,
                  ": at byte 3935: unpacked data ends too early (got 3919 bytes of data, expected 5 x 28 x 28)");
    refuse_packed(bytes, size + 1, 3, ": at byte 3936: unpacked data continues after the data");
    free(bytes);
}
END_TEST

START_TEST(refuses_file_that_shrinks)
{
    const uint32_t dims[] = {3, 1024, 1024};
    size_t size;
    unsigned char *bytes = make_idx(3, dims, 3 * 1024 * 1024, &size);
    const char *path = put_file("f", bytes, size);
    faults.cut_path = path;
    faults.cut_to = 2000000;
    faults.cut_read = 5; /* start, magic, dimensions, first MiB */
    faults.armed = true;
    const mnn_status status = load(path, 3);
    faults.armed = false;
    EXPECT_REFUSED(status, MNN_EIO, path, err,
                   ": at byte 2000000: file became shorter while it was read (expected 3145744 bytes)");

    size_t packed;
    unsigned char *gz = gzip_bytes(bytes, size, &packed);
    path = put_file("f", gz, packed);
    faults.cut_path = path;
    faults.reads = 0;
    faults.armed = true;
    const mnn_status again = load(path, 3);
    faults.armed = false;
    EXPECT_REFUSED(again, MNN_EIO, path, err, ": at byte 2000000: file became shorter while it was read");
    free(gz);
    free(bytes);
}
END_TEST

START_TEST(reports_read_error)
{
    const uint32_t dims[] = {3, 1024, 1024};
    size_t size;
    unsigned char *bytes = make_idx(3, dims, 3 * 1024 * 1024, &size);
    const char *path = put_file("f", bytes, size);
    for (int call = 1; call <= 7; call++) {
        faults.reads = 0;
        faults.fail_read = call;
        faults.error = EIO;
        faults.armed = true;
        const mnn_status status = load(path, 3);
        faults.armed = false;
        EXPECT_REFUSED(status, MNN_EIO, path, err, ": could not read: Input/output error");
    }
    free(bytes);
}
END_TEST

/* --- gzip ----------------------------------------------------------------------------------------- */

START_TEST(refuses_cut_gzip)
{
    size_t size, packed;
    unsigned char *bytes = make_images(&size);
    unsigned char *gz = gzip_bytes(bytes, size, &packed);
    for (size_t left = 2; left < packed; left++) /* the last 8 are the trailer */
        refuse(gz, left, 3, "gzip stream is cut off");
    char part[40];
    snprintf(part, sizeof part, ": at byte %zu: gzip", packed - 1);
    refuse(gz, packed - 1, 3, part);
    free(gz);
    free(bytes);
}
END_TEST

START_TEST(refuses_wrong_crc_and_length)
{
    size_t size, packed;
    unsigned char *bytes = make_images(&size);
    unsigned char *gz = gzip_bytes(bytes, size, &packed);
    gz[packed - 8] ^= 1;
    refuse(gz, packed, 3, "damaged gzip stream (the CRC does not match the data)");
    gz[packed - 8] ^= 1;
    gz[packed - 1] ^= 1;
    refuse(gz, packed, 3, "damaged gzip stream (the length does not match the data)");
    gz[packed - 1] ^= 1;
    gz[packed / 2] ^= 1;
    refuse(gz, packed, 3, "damaged gzip stream (");
    gz[packed / 2] ^= 1;
    gz[2] = 7; /* no such method */
    refuse(gz, packed, 3, "damaged gzip stream (unknown compression method)");
    free(gz);
    free(bytes);
}
END_TEST

START_TEST(refuses_what_follows_gzip)
{
    size_t size, packed;
    unsigned char *bytes = make_images(&size);
    unsigned char *gz = gzip_bytes(bytes, size, &packed);
    gz = realloc(gz, 2 * packed);
    ck_assert_ptr_nonnull(gz);
    memcpy(gz + packed, gz, packed);
    char part[80];
    snprintf(part, sizeof part, ": at byte %zu: a second gzip member follows", packed);
    refuse(gz, 2 * packed, 3, part);
    gz[packed] = 0;
    snprintf(part, sizeof part, ": at byte %zu: 1 bytes follow the gzip stream", packed);
    refuse(gz, packed + 1, 3, part);
    free(gz);
    free(bytes);
}
END_TEST

START_TEST(refuses_claim_beyond_any_ratio)
{
    const uint32_t dims[] = {4096, 4096, 4096}; /* 64 GiB */
    size_t size;
    unsigned char *bytes = make_idx(3, dims, 60000, &size);
    refuse_packed(bytes, size, 3, "bytes of gzip cannot hold what the header claims (got 4096 x 4096 x 4096, expected");
    free(bytes);
}
END_TEST

START_TEST(stops_bomb)
{
    const uint32_t dims[] = {10, SIDE, SIDE};
    size_t size;
    unsigned char *bytes = make_idx(3, dims, 64 * 1024 * 1024, &size);
    memset(bytes + HEADER, 0, size - HEADER);
    refuse_packed(bytes, size, 3,
                  ": at byte 7856: unpacked data continues after the data (expected the end after 10 x");
    free(bytes);
}
END_TEST

/* --- not files ------------------------------------------------------------------------------------ */

START_TEST(refuses_what_is_no_file)
{
    EXPECT_REFUSED(load(folder, 3), MNN_EFORMAT, folder, err,
                   ": cannot be read (got a directory, expected a regular file)");
    const char *fifo = in_folder("fifo");
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    EXPECT_REFUSED(load(fifo, 3), MNN_EFORMAT, fifo, err, "(got a FIFO, expected a regular file)");
    EXPECT_REFUSED(load("/dev/zero", 3), MNN_EFORMAT, "/dev/zero", err, "(got a device, expected a regular file)");
    const char *missing = in_folder("missing");
    EXPECT_REFUSED(load(missing, 3), MNN_EIO, missing, err, ": could not open: No such file or directory");
}
END_TEST

START_TEST(refuses_unreadable)
{
    const char *path = put_file("f", "x", 1);
    ck_assert_int_eq(chmod(path, 0), 0);
    const uid_t user = geteuid();
    if (user == 0) /* who may read everything */
        ck_assert_int_eq(seteuid(65534), 0);
    const mnn_status status = load(path, 3);
    ck_assert_int_eq(seteuid(user), 0);
    EXPECT_REFUSED(status, MNN_EIO, path, err, ": could not open: Permission denied");
}
END_TEST

START_TEST(takes_no_error_text)
{
    mnn_array idx;
    ck_assert_int_eq(mnn_idx_load(put_file("f", "", 0), 3, &idx, NULL), MNN_EFORMAT);
    ck_assert_int_eq(mnn_idx_load(in_folder("missing"), 3, &idx, NULL), MNN_EIO);
}
END_TEST

/* --- the first samples ---------------------------------------------------------------------------- */

/* The first 2 of the images.
 * @return the status; what is loaded is checked and freed */
static mnn_status load_two(const char *path, const unsigned char *file)
{
    mnn_array idx;
    const mnn_status status = mnn_idx_load_first(path, 3, 2, &idx, &err);
    if (status != MNN_OK)
        return status;
    ck_assert_uint_eq(idx.dims[0], 2);
    ck_assert_uint_eq(idx.total, IMAGES);
    ck_assert_uint_eq(idx.count, 2 * SIDE * SIDE);
    ck_assert_mem_eq(idx.data, file + HEADER, idx.count);
    mnn_array_free(&idx);
    return status;
}

START_TEST(only_the_first_are_read)
{
    size_t size, packed_size;
    unsigned char *file = make_images(&size);
    const char *path = put_file("f", file, size);
    ck_assert_msg(load_two(path, file) == MNN_OK, "%s", err.text);
    put_file("f", file, size - 1); /* the size is compared all the same */
    EXPECT_REFUSED(load_two(path, file), MNN_EFORMAT, path, err, "file ends too early");
    unsigned char *packed = gzip_bytes(file, size, &packed_size);
    put_file("f", packed, packed_size);
    ck_assert_msg(load_two(path, file) == MNN_OK, "%s", err.text);
    put_file("f", packed, packed_size - 8); /* what comes after is not unpacked, nor is the CRC */
    ck_assert_msg(load_two(path, file) == MNN_OK, "%s", err.text);
    put_file("f", packed, 200);
    EXPECT_REFUSED(load_two(path, file), MNN_EFORMAT, path, err, "gzip stream is cut off");
    mnn_array idx;
    put_file("f", packed, packed_size);
    for (uint32_t most = IMAGES; most >= IMAGES && most <= IMAGES + 1; most++) {
        ck_assert_int_eq(mnn_idx_load_first(path, 3, most, &idx, &err), MNN_OK);
        ck_assert_uint_eq(idx.dims[0], IMAGES);
        mnn_array_free(&idx);
    }
    put_file("f", packed, packed_size - 8);
    EXPECT_REFUSED(mnn_idx_load_first(path, 3, IMAGES, &idx, &err), MNN_EFORMAT, path, err, "gzip stream is cut off");
    free(packed);
    free(file);
}
END_TEST

/* 64 GiB, most of it a hole. */
START_TEST(the_others_take_no_memory)
{
    static const unsigned char header[] = {0, 0, 13, 2, 0, 16, 0, 0, 0, 0, 64, 0};
    const char *path = put_file("f", header, sizeof header);
    mnn_array idx;
    if (truncate(path, (off_t)sizeof header + ((off_t)1 << 36)) != 0)
        return; /* a file system that has no such files */
    ck_assert_msg(mnn_idx_load_first(path, 0, 3, &idx, &err) == MNN_OK, "%s", err.text);
    ck_assert_uint_eq(idx.dims[0], 3);
    ck_assert_uint_eq(idx.total, 1 << 20);
    ck_assert_uint_eq(idx.count, 3 << 14);
    mnn_array_free(&idx);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &only_the_first_are_read,
        &the_others_take_no_memory,
        &loads_plain,
        &loads_gzip_under_any_name,
        &loads_labels_and_any_rank,
        &loads_large_and_slow,
        &converts_every_type,
        &refuses_what_is_not_finite,
        &converts_large_files,
        &refuses_short_files,
        &refuses_wrong_magic,
        &refuses_sizes_that_cannot_be,
        &refuses_one_byte_short_or_long,
        &refuses_file_that_shrinks,
        &reports_read_error,
        &refuses_cut_gzip,
        &refuses_wrong_crc_and_length,
        &refuses_what_follows_gzip,
        &refuses_claim_beyond_any_ratio,
        &stops_bomb,
        &refuses_what_is_no_file,
        &refuses_unreadable,
        &takes_no_error_text,
    };
    return run_tests("idx", clear_faults, tests, (int)(sizeof tests / sizeof tests[0]));
}
