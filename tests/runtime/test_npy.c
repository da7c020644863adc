/* NumPy files: every type in both byte orders, both orders of elements, archives as numpy.savez() writes them, and the
 * ways in which such files can lie. All files are made by hand. */
#define _GNU_SOURCE

#include "io_helpers.h"

#include "io/npy.h"
#include "io_faults.h"

enum { MOST = 4096 };

static mnn_error err;

/* A file in memory. */
typedef struct bytes {
    unsigned char at[MOST];
    size_t size;
} bytes;

static void add(bytes *b, const void *data, size_t size)
{
    ck_assert_uint_le(b->size + size, MOST);
    memcpy(b->at + b->size, data, size);
    b->size += size;
}

static void add_little(bytes *b, uint64_t word, int size)
{
    for (int i = 0; i < size; i++)
        add(b, &(unsigned char){(unsigned char)(word >> 8 * i)}, 1);
}

/* A header of version 1.0 with this dictionary, padded as NumPy pads it. */
static bytes header(const char *dictionary)
{
    bytes b = {.size = 0};
    const size_t length = strlen(dictionary), whole = (10 + length + 1 + 63) / 64 * 64;
    add(&b, "\x93NUMPY\x01\x00", 8);
    add_little(&b, whole - 10, 2);
    add(&b, dictionary, length);
    while (b.size < whole - 1)
        add(&b, " ", 1);
    add(&b, "\n", 1);
    return b;
}

/* An array of a type and shape, in C order unless column_major. */
static bytes array_of(const char *descr, bool column_major, const char *shape, const void *data, size_t size)
{
    char text[128];
    snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }", descr,
             column_major ? "True" : "False", shape);
    bytes b = header(text);
    add(&b, data, size);
    return b;
}

static mnn_status load(const char *path, mnn_array *out)
{
    return mnn_npy_load(path, UINT32_MAX, out, &err);
}

static void refuse_as(mnn_status expected, const bytes *b, const char *part)
{
    mnn_array a, before;
    memset(&a, 0x5A, sizeof a);
    before = a;
    const char *path = put_file("f.npy", b->at, b->size);
    EXPECT_REFUSED(load(path, &a), expected, path, err, part);
    ck_assert_int_eq(memcmp(&a, &before, sizeof a), 0);
}

static void refuse(const bytes *b, const char *part)
{
    refuse_as(MNN_EFORMAT, b, part);
}

static void refuse_header(const char *dictionary, const char *part)
{
    const bytes b = header(dictionary);
    refuse(&b, part);
}

START_TEST(reads_all_types)
{
    static const struct {
        const char *type;
        size_t size;
        unsigned char little[16]; /* two elements */
        float value[2];
    } rows[] = {
        {"i1", 1, {0x80, 0x7F}, {-128, 127}},
        {"u2", 2, {0xFF, 0xFF, 1, 0}, {65535, 1}},
        {"i2", 2, {0xFF, 0xFF, 1, 1}, {-1, 257}},
        {"u4", 4, {0xFF, 0xFF, 0xFF, 0xFF, 3, 0, 0, 0}, {4294967296.0f, 3}},
        {"i4", 4, {0xFE, 0xFF, 0xFF, 0xFF, 1, 0, 0, 1}, {-2, 16777216}},
        {"u8", 8, {0, 0, 0, 0, 0, 0, 0, 0x80, 7}, {9223372036854775808.0f, 7}},
        {"i8", 8, {0, 0, 0, 0, 0, 0, 0, 0x80, 9}, {-9223372036854775808.0f, 9}},
        {"f2", 2, {0x00, 0x3E, 0x01, 0x00}, {1.5f, 5.9604644775390625e-8f}},
        {"f4", 4, {0, 0, 0xC0, 0x3F, 0xFF, 0xFF, 0x7F, 0xFF}, {1.5f, -3.402823466e38f}},
        {"f8", 8, {0x9A, 0x99, 0x99, 0x99, 0x99, 0x99, 0xB9, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0}, {0.1f, -2}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int big = 0; big < 2; big++) {
            char descr[8];
            unsigned char data[16];
            const size_t size = rows[i].size;
            for (size_t k = 0; k < 2 * size; k++)
                data[k] = rows[i].little[big ? k / size * size + size - 1 - k % size : k];
            snprintf(descr, sizeof descr, "%s%s", size == 1 ? "|" : big ? ">" : "<", rows[i].type);
            const bytes b = array_of(descr, false, "2,", data, 2 * size);
            mnn_array a;
            ck_assert_msg(load(put_file("f", b.at, b.size), &a) == MNN_OK, "%s", err.text);
            ck_assert(a.rank == 1 && a.dims[0] == 2 && a.total == 2 && a.count == 2 && !a.data);
            ck_assert_msg(a.values[0] == rows[i].value[0] && a.values[1] == rows[i].value[1], "%s: %g, %g", descr,
                          (double)a.values[0], (double)a.values[1]);
            ck_assert_uint_eq(a.checksum, crc32(0, data, (uInt)(2 * size)));
            mnn_array_free(&a);
        }
}
END_TEST

START_TEST(bytes_and_bools_stay_bytes)
{
    const unsigned char data[] = {0, 1, 255, 2};
    bytes b = array_of("|u1", false, "2, 2", data, 4);
    mnn_array a;
    ck_assert_int_eq(load(put_file("f", b.at, b.size), &a), MNN_OK);
    ck_assert(a.rank == 2 && !a.values && memcmp(a.data, data, 4) == 0);
    mnn_array_free(&a);
    b = array_of("|b1", false, "4L,", data, 4);
    ck_assert_int_eq(load(put_file("f", b.at, b.size), &a), MNN_OK);
    ck_assert(a.data[0] == 0 && a.data[1] == 1 && a.data[2] == 1 && a.data[3] == 1);
    mnn_array_free(&a);
}
END_TEST

/* [2, 3]: in the file by columns, in memory by rows; a first part, too. */
START_TEST(fortran_order_is_transposed)
{
    static const unsigned char by_columns[] = {1, 4, 2, 5, 3, 6};
    static const int8_t also[] = {1, 4, 2, 5, 3, 6};
    mnn_array a;
    bytes b = array_of("|u1", true, "2, 3", by_columns, 6);
    ck_assert_int_eq(load(put_file("f", b.at, b.size), &a), MNN_OK);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(a.data[i], i + 1);
    mnn_array_free(&a);
    b = array_of("|i1", true, "2, 3", also, 6);
    ck_assert_int_eq(mnn_npy_load(put_file("f", b.at, b.size), 1, &a, &err), MNN_OK);
    ck_assert(a.dims[0] == 1 && a.total == 2 && a.count == 3);
    for (int i = 0; i < 3; i++)
        ck_assert(a.values[i] == (float)(i + 1));
    mnn_array_free(&a);
}
END_TEST

START_TEST(reads_other_versions_and_gzip)
{
    const char text[] = "{\"shape\":(3,),\"fortran_order\":False,\"descr\":\"<i2\"}\n";
    for (int version = 2; version <= 3; version++) {
        bytes b = {.size = 0};
        add(&b, "\x93NUMPY", 6);
        add_little(&b, (uint64_t)version, 2);
        add_little(&b, sizeof text - 1, 4);
        add(&b, text, sizeof text - 1);
        add(&b, "\1\0\2\0\3\0", 6);
        size_t packed;
        unsigned char *gz = gzip_bytes(b.at, b.size, &packed);
        for (int zipped = 0; zipped < 2; zipped++) {
            mnn_array a;
            const char *path = zipped ? put_file("f", gz, packed) : put_file("f", b.at, b.size);
            ck_assert_msg(load(path, &a) == MNN_OK, "%s", err.text);
            ck_assert(a.values[0] == 1 && a.values[2] == 3);
            mnn_array_free(&a);
        }
        free(gz);
    }
}
END_TEST

START_TEST(refuses_other_elements_by_name)
{
    refuse_header("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", "pickle");
    refuse_header("{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }", "text (got <U3");
    refuse_header("{'descr': '<c8', 'fortran_order': False, 'shape': (2,), }", "complex");
    refuse_header("{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (2,), }", "dates");
    refuse_header("{'descr': '<f16', 'fortran_order': False, 'shape': (2,), }", "of another type (got <f16");
    refuse_header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", "records");
}
END_TEST

START_TEST(refuses_damaged_headers)
{
    static const struct {
        const char *dictionary, *part;
    } rows[] = {
        {"", "beginning of the NPY header"},
        {"{", "entry of the NPY header"},
        {"{'descr' '<f4'}", "entry of the NPY header"},
        {"{'descr': 4, 'fortran_order': False, 'shape': (2,)}", "type of the NPY header"},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", "order of the NPY header"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': 2}", "shape of the NPY header"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2", "shape of the NPY header"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", "shape of the NPY header"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': ()}", "a single value"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0,)}", "dimension 1 (got 0"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296,)}", "dimension 1 (got 4294967296"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "dimension 1"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", "more than 8 dimensions"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", "end of the NPY header"},
        {"{'descr': '<f4', 'fortran_order': False}", "end of the NPY header"},
        {"{'descr': '<f4', 'descr': '<f4'}", "once each"},
        {"{'exec': 'x'}", "once each"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        refuse_header(rows[i].dictionary, rows[i].part);
    bytes b = array_of("<f4", false, "1,", "\0\0\0\0", 4);
    b.at[6] = 4;
    refuse(&b, "version of the NPY format (got 4.0");
    b = (bytes){.size = 0};
    add(&b, "\x93NUMPY\2\0\xFF\xFF\xFF\xFF", 12);
    refuse(&b, "length of the NPY header (got 4294967295");
    b.size = 9;
    refuse(&b, "file ends in its NPY header");
    b = (bytes){.size = 0};
    add(&b, "PK\3\4 abcdefghijk", 16);
    refuse(&b, "not a NumPy array (.npy) (got a ZIP archive");
}
END_TEST

/* Headers that claim up to 2^99 bytes are refused by the size of the file, before anything is allocated. */
START_TEST(claims_are_not_allocated)
{
    refuse_header("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967295, 4294967295, 4294967295)}",
                  "file ends too early (got 0 bytes");
    refuse_header("{'descr': '<f8', 'fortran_order': True, 'shape': (4294967295, 100)}", "file ends too early");
    const bytes b = header("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967295, 100)}");
    size_t packed;
    unsigned char *gz = gzip_bytes(b.at, b.size, &packed);
    mnn_array a;
    const char *path = put_file("f", gz, packed);
    EXPECT_REFUSED(load(path, &a), MNN_EFORMAT, path, err, "of gzip cannot hold what the header claims");
    free(gz);
}
END_TEST

START_TEST(refuses_other_lengths_and_values)
{
    bytes b = array_of("<f4", false, "2,", "\0\0\0\0\0\0\0", 7);
    refuse(&b, "file ends too early (got 7 bytes of data, expected 2 of type float32)");
    b = array_of("<f4", false, "2,", "\0\0\0\0\0\0\0\0", 9);
    refuse(&b, "1 bytes follow the data");
    b = array_of("<f4", false, "2,", "\0\0\0\0\0\0\xC0\x7F", 8);
    refuse(&b, "at byte 132: element 1 is not a finite 32-bit float");
    b = array_of("<f2", false, "1,", "\0\x7C", 2);
    refuse(&b, "element 0 is not a finite");
}
END_TEST

START_TEST(reports_failing_reads)
{
    const bytes b = array_of("<f4", false, "2,", "\0\0\0\0\0\0\0", 8);
    mnn_array a;
    const char *path = put_file("f", b.at, b.size);
    for (int call = 1; call <= 4; call++) {
        faults.armed = true;
        faults.reads = 0;
        faults.fail_read = call;
        faults.error = EIO;
        EXPECT_REFUSED(load(path, &a), MNN_EIO, path, err, "Input/output error");
    }
    faults.fail_read = 0;
    faults.stutter = true;
    ck_assert_int_eq(load(path, &a), MNN_OK);
    mnn_array_free(&a);
}
END_TEST

/* --- archives --------------------------------------------------------------------------------------- */

/* Raw deflate of bytes. */
static bytes deflated(const bytes *b)
{
    bytes out = {.size = 0};
    z_stream z = {
        .next_in = (Bytef *)(uintptr_t)b->at, .avail_in = (uInt)b->size, .next_out = out.at, .avail_out = MOST};
    ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.size = z.total_out;
    deflateEnd(&z);
    return out;
}

/* An archive of up to two members. */
typedef struct archive {
    bytes file, directory;
    int count;
} archive;

/* @param zip64  as Python's zipfile writes a member whose size it did not know: sizes in extra fields */
static void add_member(archive *z, const char *name, const bytes *b, bool deflate_it, bool zip64)
{
    const bytes packed = deflate_it ? deflated(b) : *b;
    const uint32_t crc = (uint32_t)crc32(0, b->at, (uInt)b->size);
    const size_t at = z->file.size, length = strlen(name);
    add(&z->file, "PK\3\4", 4);
    add_little(&z->file, 20, 2);
    add_little(&z->file, 0, 2);
    add_little(&z->file, deflate_it ? 8 : 0, 2);
    add_little(&z->file, 0, 4);
    add_little(&z->file, crc, 4);
    add_little(&z->file, zip64 ? UINT32_MAX : packed.size, 4);
    add_little(&z->file, zip64 ? UINT32_MAX : b->size, 4);
    add_little(&z->file, length, 2);
    add_little(&z->file, zip64 ? 20 : 0, 2);
    add(&z->file, name, length);
    if (zip64) {
        add_little(&z->file, 1, 2);
        add_little(&z->file, 16, 2);
        add_little(&z->file, b->size, 8);
        add_little(&z->file, packed.size, 8);
    }
    add(&z->file, packed.at, packed.size);
    add(&z->directory, "PK\1\2", 4);
    add_little(&z->directory, 20, 2);
    add_little(&z->directory, 20, 2);
    add_little(&z->directory, 0, 2);
    add_little(&z->directory, deflate_it ? 8 : 0, 2);
    add_little(&z->directory, 0, 4);
    add_little(&z->directory, crc, 4);
    add_little(&z->directory, zip64 ? UINT32_MAX : packed.size, 4);
    add_little(&z->directory, zip64 ? UINT32_MAX : b->size, 4);
    add_little(&z->directory, length, 2);
    add_little(&z->directory, zip64 ? 20 : 0, 2);
    add_little(&z->directory, 0, 4); /* no comment, disk 0 */
    add_little(&z->directory, 0, 6); /* attributes */
    add_little(&z->directory, at, 4);
    add(&z->directory, name, length);
    if (zip64) {
        add_little(&z->directory, 1, 2);
        add_little(&z->directory, 16, 2);
        add_little(&z->directory, b->size, 8);
        add_little(&z->directory, packed.size, 8);
    }
    z->count++;
}

static const char *finish_archive(archive *z)
{
    const size_t at = z->file.size;
    add(&z->file, z->directory.at, z->directory.size);
    add(&z->file, "PK\5\6\0\0\0\0", 8);
    add_little(&z->file, (uint64_t)z->count, 2);
    add_little(&z->file, (uint64_t)z->count, 2);
    add_little(&z->file, z->directory.size, 4);
    add_little(&z->file, at, 4);
    add_little(&z->file, 0, 2);
    return put_file("f.npz", z->file.at, z->file.size);
}

/* x of 2 x 2 bytes, y of two int64. */
static archive pair(bool deflate_it, bool zip64)
{
    archive z = {.count = 0};
    const bytes x = array_of("|u1", false, "2, 2", "\1\2\3\4", 4);
    const bytes y = array_of("<i8", false, "2,", "\7\0\0\0\0\0\0\0\5\0\0\0\0\0\0", 16);
    add_member(&z, "x_train.npy", &x, deflate_it, zip64);
    add_member(&z, "y_train.npy", &y, deflate_it, zip64);
    return z;
}

START_TEST(reads_archives)
{
    for (int form = 0; form < 4; form++) {
        archive z = pair(form & 1, form & 2);
        const char *path = finish_archive(&z);
        mnn_array a;
        ck_assert_msg(mnn_npz_load(path, "x_train", UINT32_MAX, &a, &err) == MNN_OK, "%s", err.text);
        ck_assert(a.rank == 2 && a.data[0] == 1 && a.data[3] == 4);
        mnn_array_free(&a);
        ck_assert_msg(mnn_npz_load(path, "y_train", 1, &a, &err) == MNN_OK, "%s", err.text);
        ck_assert(a.count == 1 && a.total == 2 && a.values[0] == 7);
        mnn_array_free(&a);
    }
}
END_TEST

static void refuse_archive(const archive *z, const char *name, const char *part)
{
    mnn_array a;
    const char *path = put_file("f.npz", z->file.at, z->file.size);
    const mnn_status status = mnn_npz_load(path, name, UINT32_MAX, &a, &err);
    ck_assert_msg(status == MNN_EFORMAT, "status %d: %s", (int)status, err.text);
    ck_assert_msg(strncmp(err.text, path, strlen(path)) == 0 && strstr(err.text, part), "no \"%s\" in \"%s\"", part,
                  err.text);
}

START_TEST(refuses_damaged_archives)
{
    archive z = pair(false, false);
    finish_archive(&z);
    refuse_archive(&z, "x_test", "no member \"x_test.npy\" in the archive (got x_train, y_train)");
    archive bad = z;
    bad.file.size -= 30;
    refuse_archive(&bad, "x_train", "no directory at its end");
    bad = z;
    bad.file.at[bad.file.size - 6] = 0xFF; /* offset of the directory */
    bad.file.at[bad.file.size - 3] = 0x7F;
    refuse_archive(&bad, "x_train", "the ZIP directory is outside the file");
    bad = z;
    bad.file.at[z.file.size - 22 - z.directory.size] = 'Q';
    refuse_archive(&bad, "x_train", "damaged entry of the ZIP directory");
    bad = z;
    bad.file.at[30 + 11 + 128] ^= 1; /* an element */
    refuse_archive(&bad, "x_train", "CRC of the archive does not match");
    bad = z;
    bad.file.at[z.file.size - 22 - z.directory.size + 8] = 1;
    refuse_archive(&bad, "x_train", "encrypted");
    bad = z;
    bad.file.at[z.file.size - 22 - z.directory.size + 10] = 12;
    refuse_archive(&bad, "x_train", "compression method of the ZIP member (got 12");
    bad = z;
    bad.file.at[z.file.size - 22 - z.directory.size + 26] = 0x7F; /* 8 MiB in 132 bytes */
    refuse_archive(&bad, "x_train", "cannot hold what its directory claims");
    bad = z;
    bad.file.at[z.file.size - 22 - z.directory.size + 45] = 0x7F;
    refuse_archive(&bad, "x_train", "a ZIP member is outside the file");
    bad = z;
    bad.file.at[0] = 'Q';
    refuse_archive(&bad, "x_train", "not NumPy arrays (.npz)");
}
END_TEST

/* The unpacked size is not what the directory says; the stream has been cut. */
START_TEST(refuses_damaged_deflate)
{
    for (int change = -1; change <= 1; change += 2) {
        archive z = pair(true, false);
        z.directory.at[24] = (unsigned char)(z.directory.at[24] + change);
        finish_archive(&z);
        refuse_archive(&z, "x_train", change < 0 ? "file ends too early" : "follow the data");
    }
    archive z = pair(true, false);
    z.directory.at[20]--;
    finish_archive(&z);
    refuse_archive(&z, "x_train", "deflate stream is cut off");
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &reads_all_types,
        &bytes_and_bools_stay_bytes,
        &fortran_order_is_transposed,
        &reads_other_versions_and_gzip,
        &refuses_other_elements_by_name,
        &refuses_damaged_headers,
        &claims_are_not_allocated,
        &refuses_other_lengths_and_values,
        &reports_failing_reads,
        &reads_archives,
        &refuses_damaged_archives,
        &refuses_damaged_deflate,
    };
    return run_tests("npy", clear_faults, tests, (int)(sizeof tests / sizeof tests[0]));
}
