/* CIFAR's binary files: planes become pixels, parts are found by name, cut files are refused. */
#define _GNU_SOURCE

#include "io_helpers.h"

#include "io/cifar.h"
#include "io_faults.h"

enum { IMAGE = 3072 };

static mnn_error err;

/* Records whose pixel i of plane k is a function of the record, i and k. */
static void put_records(const char *name, int labels, int first, int count, size_t cut, bool packed)
{
    const size_t size = (size_t)count * (size_t)(labels + IMAGE) - cut;
    unsigned char *bytes = malloc(size + cut), *at = bytes;
    ck_assert_ptr_nonnull(bytes);
    for (int n = first; n < first + count; n++) {
        for (int l = 0; l < labels; l++)
            *at++ = (unsigned char)(n % 10 + 20 * l);
        for (int i = 0; i < IMAGE; i++)
            *at++ = (unsigned char)(n + i % 1024 * 3 + i / 1024 * 77);
    }
    size_t gz_size;
    unsigned char *gz = packed ? gzip_bytes(bytes, size, &gz_size) : NULL;
    put_file(name, packed ? gz : bytes, packed ? gz_size : size);
    free(gz);
    free(bytes);
}

static void put_ten(void)
{
    put_records("data_batch_1.bin", 1, 0, 3, 0, false);
    put_records("data_batch_2.bin.gz", 1, 3, 2, 0, true);
    put_records("data_batch_3.bin", 1, 5, 1, 0, false);
    put_records("data_batch_4.bin", 1, 6, 1, 0, false);
    put_records("data_batch_5.bin", 1, 7, 4, 0, false);
    put_records("test_batch.bin", 1, 50, 2, 0, false);
}

static void check_images(const mnn_array *x, size_t first)
{
    ck_assert(x->rank == 4 && x->dims[1] == 32 && x->dims[2] == 32 && x->dims[3] == 3);
    for (size_t n = 0; n < x->dims[0]; n++)
        for (size_t i = 0; i < 1024; i++)
            for (size_t k = 0; k < 3; k++)
                ck_assert_uint_eq(x->data[(n * 1024 + i) * 3 + k], (first + n + i * 3 + k * 77) & 255);
}

START_TEST(reads_ten_classes)
{
    mnn_array x, y;
    put_ten();
    ck_assert_msg(mnn_cifar_load(&(mnn_cifar){.folder = folder}, UINT32_MAX, &x, &y, &err) == MNN_OK, "%s", err.text);
    ck_assert(x.dims[0] == 11 && y.dims[0] == 11 && y.data[10] == 0 && y.data[4] == 4);
    check_images(&x, 0);
    mnn_array_free(&x);
    mnn_array_free(&y);
    ck_assert_int_eq(mnn_cifar_load(&(mnn_cifar){.folder = folder}, 4, &x, NULL, &err), MNN_OK);
    ck_assert_uint_eq(x.dims[0], 4);
    mnn_array_free(&x);
    ck_assert_int_eq(mnn_cifar_load(&(mnn_cifar){.folder = folder, .test = true}, UINT32_MAX, &x, &y, &err), MNN_OK);
    ck_assert(x.dims[0] == 2 && y.data[1] == 1);
    check_images(&x, 50);
    mnn_array_free(&x);
    mnn_array_free(&y);
}
END_TEST

START_TEST(reads_a_hundred_classes)
{
    mnn_array x, y;
    put_records("train.bin", 2, 0, 2, 0, false);
    for (int coarse = 0; coarse < 2; coarse++) {
        const mnn_cifar part = {.folder = folder, .hundred = true, .coarse = coarse};
        ck_assert_int_eq(mnn_cifar_load(&part, UINT32_MAX, &x, &y, &err), MNN_OK);
        ck_assert_uint_eq(y.data[1], coarse ? 1 : 21);
        check_images(&x, 0);
        mnn_array_free(&x);
        mnn_array_free(&y);
    }
}
END_TEST

START_TEST(refuses_other_files)
{
    mnn_array x, y;
    const mnn_cifar ten = {.folder = folder}, hundred = {.folder = folder, .hundred = true};
    const char *path = in_folder("data_batch_4.bin");
    put_ten();
    put_records("data_batch_4.bin", 1, 6, 2, 100, false);
    EXPECT_REFUSED(mnn_cifar_load(&ten, UINT32_MAX, &x, &y, &err), MNN_EFORMAT, path, err,
                   "at byte 6046: file ends in record 1 (got 2973 bytes, expected 3073)");
    ck_assert_int_eq(remove(path), 0);
    EXPECT_REFUSED(mnn_cifar_load(&ten, UINT32_MAX, &x, &y, &err), MNN_EIO, path, err, "No such file");
    path = in_folder("train.bin");
    EXPECT_REFUSED(mnn_cifar_load(&hundred, UINT32_MAX, &x, &y, &err), MNN_EIO, path, err, "No such file");
    put_file("train.bin", "", 0);
    EXPECT_REFUSED(mnn_cifar_load(&hundred, UINT32_MAX, &x, &y, &err), MNN_EFORMAT, path, err, "empty file");
}
END_TEST

START_TEST(reports_failing_reads)
{
    mnn_array x, y;
    put_records("test_batch.bin", 1, 0, 2, 0, false);
    const char *path = in_folder("test_batch.bin");
    for (int call = 1; call <= 3; call++) {
        faults.armed = true;
        faults.reads = 0;
        faults.fail_read = call;
        faults.error = EIO;
        EXPECT_REFUSED(mnn_cifar_load(&(mnn_cifar){.folder = folder, .test = true}, UINT32_MAX, &x, &y, &err), MNN_EIO,
                       path, err, "Input/output error");
    }
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &reads_ten_classes,
        &reads_a_hundred_classes,
        &refuses_other_files,
        &reports_failing_reads,
    };
    return run_tests("cifar", clear_faults, tests, (int)(sizeof tests / sizeof tests[0]));
}
