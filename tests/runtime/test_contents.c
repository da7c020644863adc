/* Files that are not what a reader expects: each reader says what they are. */
#define _GNU_SOURCE

#include <fcntl.h>

#include "io_helpers.h"

#include "exchange/foreign.h"
#include "io/contents.h"
#include "mnn/idx.h"
#include "mnn/image.h"
#include "mnn/safetensors.h"

#define BYTES(text) text, sizeof(text) - 1

static mnn_error err;

static const struct {
    const char *bytes;
    size_t size;
    const char *name;
} files[] = {
    {BYTES("version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 12345\n"), "a Git LFS pointer"},
    {BYTES("<!DOCTYPE html><html>Entry not found</html>"), "an HTML page"},
    {BYTES("\xEF\xBB\xBF\n  <HTML lang=\"de\"><body>"), "an HTML page"},
    {BYTES("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"), "an XML file"},
    {BYTES("\x89HDF\r\n\x1A\n\0\0\0\0\0\x08\x08\0"), "an HDF5 file"},
    {BYTES("PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\0\0archive/data.pkl\x80\x02"), "a PyTorch file"},
    {BYTES("\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19."), "a PyTorch file"},
    {BYTES("\x80\x04\x95\x10\0\0\0\0\0\0\0}"), "a Python pickle"},
    {BYTES("PK\3\4\x2D\0\0\0\0\0\0\0\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\5\0\x14\0a.npy"), "NumPy arrays (.npz)"},
    {BYTES("PK\3\4\x2D\0\0\0\0\0\0\0\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\x0D\0\0\0metadata.json{}"), "a Keras file (.keras)"},
    {BYTES("PK\3\4\x2D\0\0\0\0\0\0\0\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0a.txt"), "a ZIP archive"},
    {BYTES("\x93NUMPY\1\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n"), "a NumPy array (.npy)"},
    {BYTES("\x08\x08\x12\x07pytorch\x1A\x05"
           "2.1.0:\x80\x01"),
     "an ONNX model"},
    {BYTES("\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR"), "a PNG image"},
    {BYTES("\xFF\xD8\xFF\xE0\0\x10JFIF"), "a JPEG image"},
    {BYTES("GIF89a\1\0\1\0"), "a GIF image"},
    {BYTES("P2 1 1 255\n7\n"), "a PGM image"},
    {BYTES("sepal,petal,species\n5.1,1.4,setosa\n4.9,1.4,setosa\n"), "a CSV table"},
    {BYTES("BMI;Alter\r\n21,5;30\r\n"), "a CSV table"},
    {BYTES("{\"weights\": [1, 2]}"), "JSON"},
    {BYTES("0.5 0.25\n1 2\ncaf\xC3\xA9\n"), "a text file"},
    {BYTES("\x28\xB5\x2F\xFD\x24\0\1\0"), "a Zstandard file"},
    {BYTES("\0\0\x08\x01\0\0\0\1\7"), "an IDX file"},
    {BYTES("\2\0\0\0\0\0\0\0{}"), "a safetensors file"},
};

enum { FILES = sizeof files / sizeof *files };

/* @return whether the reader takes such files */
static bool expect_name(mnn_status status, const char *path, const char *reads, int i)
{
    char part[MNN_CONTENTS_TEXT + 8];
    if (strstr(reads, files[i].name))
        return true;
    snprintf(part, sizeof part, "(got %s)", files[i].name);
    EXPECT_REFUSED(status, MNN_EFORMAT, path, err, part);
    return false;
}

START_TEST(every_reader_says_what_a_file_is)
{
    for (int i = 0; i < FILES; i++) {
        const char *path = put_file("f", files[i].bytes, files[i].size);
        mnn_array idx;
        mnn_image image;
        mnn_foreign foreign;
        mnn_st_tensor *tensors = NULL;
        int count = 0;
        if (expect_name(mnn_idx_load(path, 0, &idx, &err), path, "an IDX file", i))
            mnn_array_free(&idx);
        if (expect_name(mnn_safetensors_list(path, &tensors, &count, NULL, 0, NULL, &err), path, "a safetensors file",
                        i))
            free(tensors);
        if (expect_name(mnn_foreign_load(path, &foreign, &err), path, "a safetensors file", i))
            mnn_foreign_free(&foreign);
        if (expect_name(mnn_image_load(path, 1, &image, &err), path, "a PNG image, a JPEG image, a PGM image", i) &&
            strcmp(files[i].name, "a PGM image") == 0)
            mnn_image_free(&image);
    }
}
END_TEST

START_TEST(packed_files_are_what_they_unpack_to)
{
    for (int i = 0; i < FILES; i++) {
        char part[MNN_CONTENTS_TEXT + 16];
        size_t size;
        mnn_array idx;
        if (strcmp(files[i].name, "an IDX file") == 0 || files[i].bytes[0] == '\0')
            continue;
        unsigned char *packed = gzip_bytes(files[i].bytes, files[i].size, &size);
        const char *path = put_file("f.gz", packed, size);
        free(packed);
        snprintf(part, sizeof part, "not an IDX file (got gzip of %s)", files[i].name);
        EXPECT_REFUSED(mnn_idx_load(path, 0, &idx, &err), MNN_EFORMAT, path, err, part);
    }
}
END_TEST

START_TEST(hints_say_what_helps)
{
    mnn_array idx;
    mnn_foreign foreign;
    const char *path = put_file("f", files[0].bytes, files[0].size);
    EXPECT_REFUSED(mnn_idx_load(path, 0, &idx, &err), MNN_EFORMAT, path, err,
                   "\nhint: a placeholder for the file; \"git lfs");
    EXPECT_REFUSED(mnn_foreign_load(path, &foreign, &err), MNN_EFORMAT, path, err,
                   "\nhint: a placeholder for the file");
    path = put_file("f", BYTES("\x89HDF\r\n\x1A\n\0\0\0\0\0\x08\x08\0"));
    EXPECT_REFUSED(mnn_foreign_load(path, &foreign, &err), MNN_EFORMAT, path, err, "\nhint: in Python, safetensors.");
    EXPECT_REFUSED(mnn_idx_load(path, 0, &idx, &err), MNN_EFORMAT, path, err, "(got an HDF5 file)");
    ck_assert_ptr_null(strstr(err.text, "hint"));
    path = put_file("f", BYTES("\x1F\x8B\x08\0\0\0\0\0\0\3"));
    EXPECT_REFUSED(mnn_foreign_load(path, &foreign, &err), MNN_EFORMAT, path, err,
                   "(got a gzip file)\nhint: unpack it");
}
END_TEST

/* What is looked for after the end of a short file is never found, whatever was in memory there. */
START_TEST(a_short_head_ends_in_zeros)
{
    mnn_head head;
    memset(&head, 0xFF, sizeof head);
    const char *path = put_file("f", BYTES("\x1F"));
    const int fd = open(path, O_RDONLY);
    ck_assert_int_eq(mnn_head_read(&head, fd, path, &err), MNN_OK);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_uint_eq(head.size, 1);
    ck_assert_int_eq(head.bytes[0], 0x1F);
    for (size_t i = 1; i < sizeof head.bytes; i++)
        ck_assert_int_eq(head.bytes[i], 0);
}
END_TEST

/* Random bytes are mostly nothing that is known, and never an overrun (sanitizers see it). */
START_TEST(any_head_is_read_safely)
{
    uint32_t state = 1;
    int unknown = 0;
    for (int i = 0; i < 4000; i++) {
        mnn_head head = {.size = (size_t)(i % 40)};
        for (size_t k = 0; k < head.size; k++) {
            state = state * 1664525u + 1013904223u;
            head.bytes[k] = (unsigned char)(state >> 24);
        }
        const int row = i % FILES;
        for (size_t k = 0; k < head.size && k < files[row].size && i % 3 == 0; k++)
            head.bytes[k] = (unsigned char)files[row].bytes[k]; /* cut, or with rubbish after it */
        unknown += mnn_contents_of(&head, MNN_EXPECT_IDX) == NULL;
    }
    ck_assert_int_gt(unknown, 1500);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &every_reader_says_what_a_file_is,
        &packed_files_are_what_they_unpack_to,
        &hints_say_what_helps,
        &a_short_head_ends_in_zeros,
        &any_head_is_read_safely,
    };
    return run_tests("contents", NULL, tests, sizeof tests / sizeof *tests);
}
