/* Weights in the forms of other programs. */
#define _GNU_SOURCE

#include "io_helpers.h"

#include <zlib.h>

#include "exchange/npz.h"
#include "exchange/zip.h"

static mnn_error err;

/* --- zip -------------------------------------------------------------------------------------------- */

static uint32_t word(const unsigned char *b)
{
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

START_TEST(zip_layout)
{
    mnn_zip z;
    const char *path = in_folder("z.zip");
    ck_assert_int_eq(mnn_zip_begin(&z, path, &err), MNN_OK);
    ck_assert_int_eq(mnn_zip_add(&z, "a", "he", 2, "llo", 3, &err), MNN_OK);
    ck_assert_int_eq(mnn_zip_add(&z, "empty", "", 0, "", 0, &err), MNN_OK);
    ck_assert_int_eq(mnn_zip_commit(&z, &err), MNN_OK);
    mnn_zip_abort(&z); /* harmless */
    size_t size;
    unsigned char *b = get_file(path, &size);
    ck_assert_uint_eq(size, (30 + 1 + 5) + (30 + 5) + (46 + 1) + (46 + 5) + 22);
    ck_assert_uint_eq(word(b), 0x04034b50);
    ck_assert_uint_eq(word(b + 14), crc32(0, (const unsigned char *)"hello", 5));
    ck_assert_uint_eq(word(b + 18), 5);
    ck_assert_mem_eq(b + 30, "ahello", 6);
    const unsigned char *end = b + size - 22;
    ck_assert_uint_eq(word(end), 0x06054b50);
    ck_assert_uint_eq(end[10], 2);
    ck_assert_uint_eq(word(end + 16), 36 + 35); /* where the directory begins ... */
    const unsigned char *second = b + 36 + 35 + 47;
    ck_assert_uint_eq(word(second), 0x02014b50);
    ck_assert_uint_eq(word(second + 42), 36); /* ... and in it the second file */
    free(b);
}
END_TEST

START_TEST(zip_given_up)
{
    mnn_zip z;
    const char *path = in_folder("none.zip");
    ck_assert_int_eq(mnn_zip_begin(&z, path, &err), MNN_OK);
    ck_assert_int_eq(mnn_zip_add(&z, "a", "x", 1, "", 0, &err), MNN_OK);
    z.at = (uint64_t)INT32_MAX; /* as if that had been written */
    ck_assert_int_eq(mnn_zip_add(&z, "b", "x", 1, "", 0, &err), MNN_ENOMEM);
    ck_assert_ptr_nonnull(strstr(err.text, "none.zip: the archive would be too large (expected less than 2 GiB)"));
    mnn_zip_abort(&z);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

/* --- models ----------------------------------------------------------------------------------------- */

static float params[6] = {1, 2, 3, 4, 5, 6};
static const mnn_tensor tensors[] = {{.name = "d.kernel", .rank = 2, .dims = {2, 2}, .offset = 0, .size = 4},
                                     {.name = "d.bias", .rank = 1, .dims = {2}, .offset = 4, .size = 2}};
static const mnn_model model = {
    .name = "m", .description = "0", .tensor_count = 2, .tensors = tensors, .params = params};

START_TEST(npz_arrays)
{
    const char *path = in_folder("m.npz");
    ck_assert_msg(mnn_npz_save(&model, path, &err) == MNN_OK, "%s", err.text);
    size_t size;
    unsigned char *b = get_file(path, &size);
    ck_assert_mem_eq(b + 30, "d.kernel.npy", 12);
    const unsigned char *npy = b + 42;
    ck_assert_mem_eq(npy, "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2,), }  ",
                     70);
    ck_assert_uint_eq(npy[127], '\n');
    ck_assert_uint_eq(word(npy + 128), 0x3f800000);
    free(b);
    ck_assert_int_eq(mnn_npz_save(&model, folder, &err), MNN_EIO);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &zip_layout,
        &zip_given_up,
        &npz_arrays,
    };
    return run_tests("exchange", NULL, tests, (int)(sizeof tests / sizeof tests[0]));
}
