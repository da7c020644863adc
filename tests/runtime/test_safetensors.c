/* safetensors files: what is saved comes back, and nothing but the model's own weights is taken. */
#define _GNU_SOURCE

#include "io_helpers.h"

#include <math.h>
#include <stdint.h>

#include "io/tensor_bytes.h"
#include "io_faults.h"
#include "mnn/safetensors.h"

static mnn_error err;

static const int kernel_dims[] = {2, 3};
static const int bias_dims[] = {3};
static const float kernel_values[] = {0.0f, -1.5f, 3.25f, 1e-40f, -0.0f, 3.4e38f};
static const float bias_values[] = {1, 2, 3};

/* The two tensors of a small model, in out. */
typedef struct small_model {
    float kernel[6], bias[3];
    mnn_st_tensor tensors[2];
} small_model;

static void set_model(small_model *m, bool with_values)
{
    memset(m->kernel, 0x11, sizeof m->kernel);
    memset(m->bias, 0x11, sizeof m->bias);
    if (with_values) {
        memcpy(m->kernel, kernel_values, sizeof m->kernel);
        memcpy(m->bias, bias_values, sizeof m->bias);
    }
    m->tensors[0] = (mnn_st_tensor){"dense.kernel", 2, kernel_dims, m->kernel};
    m->tensors[1] = (mnn_st_tensor){"dense.bias", 1, bias_dims, m->bias};
}

/* Load into the small model; on failure its values must be untouched. */
static mnn_status load(const char *path)
{
    small_model m, before;
    set_model(&m, false);
    before = m;
    const mnn_status status = mnn_safetensors_load(path, m.tensors, 2, NULL, 0, NULL, &err);
    if (status != MNN_OK) {
        ck_assert_mem_eq(m.kernel, before.kernel, sizeof m.kernel);
        ck_assert_mem_eq(m.bias, before.bias, sizeof m.bias);
    }
    return status;
}

/* A file of the header and size bytes of data. */
static const char *put_tensors(const char *header, const void *data, size_t size)
{
    const size_t length = strlen(header);
    unsigned char *bytes = malloc(8 + length + size);
    ck_assert_ptr_nonnull(bytes);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)length >> (8 * i) & 0xFF);
    memcpy(bytes + 8, header, length);
    memcpy(bytes + 8 + length, data, size);
    const char *path = put_file("f.safetensors", bytes, 8 + length + size);
    free(bytes);
    return path;
}

enum { DATA = 36 };

/* The small model's 36 bytes under any header. */
static void refuse(const char *header, const char *part)
{
    unsigned char data[DATA];
    mnn_floats_to_bytes(data, kernel_values, 6);
    mnn_floats_to_bytes(data + 24, bias_values, 3);
    const char *path = put_tensors(header, data, sizeof data);
    EXPECT_REFUSED(load(path), MNN_EFORMAT, path, err, part);
}

#define KERNEL "\"dense.kernel\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}"
#define BIAS "\"dense.bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[24,36]}"

static const mnn_st_entry metadata[] = {{"seed", "42"}, {"step", "1875"}, {"data", "a \"b\"\n\xFF"}};

static const char *save_model(void)
{
    small_model m;
    set_model(&m, true);
    const char *path = in_folder("f.safetensors");
    ck_assert_msg(mnn_safetensors_save(path, m.tensors, 2, metadata, 3, &err) == MNN_OK, "%s", err.text);
    return path;
}

/* --- there and back ------------------------------------------------------------------------------- */

START_TEST(round_trip)
{
    const char *path = save_model();
    small_model m;
    set_model(&m, false);
    static const char *const keys[] = {"step", "none", "data", "sha256:dense.bias"};
    char *values[4];
    memset(values, 0x5A, sizeof values);
    ck_assert_msg(mnn_safetensors_load(path, m.tensors, 2, keys, 4, values, &err) == MNN_OK, "%s", err.text);
    ck_assert_mem_eq(m.kernel, kernel_values, sizeof m.kernel); /* every bit, also of -0 and denormals */
    ck_assert_mem_eq(m.bias, bias_values, sizeof m.bias);
    ck_assert_str_eq(values[0], "1875");
    ck_assert_ptr_null(values[1]);
    ck_assert_str_eq(values[2], "a \"b\"\n\xEF\xBF\xBD"); /* U+FFFD for what is not UTF-8 */
    /* sha256 of 00 00 80 3f 00 00 00 40 00 00 40 40 */
    ck_assert_str_eq(values[3], "8e628779e6a74ee0b36991c10158f63cafec7d340ad4e075592502c8708524dd");
    for (int i = 0; i < 4; i++)
        free(values[i]);
}
END_TEST

/* The layout, byte by byte as the format says. */
START_TEST(layout)
{
    size_t size;
    unsigned char *bytes = get_file(save_model(), &size);
    const size_t header = bytes[0] + 256u * bytes[1];
    for (int i = 2; i < 8; i++)
        ck_assert_int_eq(bytes[i], 0);
    ck_assert_uint_eq(header % 8, 0);
    ck_assert_uint_eq(size, 8 + header + DATA);
    ck_assert_mem_eq(bytes + 8, "{\"__metadata__\":{\"seed\":\"42\",\"step\":\"1875\",", 43);
    const unsigned char one[] = {0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40};
    ck_assert_mem_eq(bytes + size - sizeof one, one, sizeof one); /* 1 2 3, little-endian */
    bytes[8 + header] = '\0';
    const char *text = (char *)bytes + 8;
    ck_assert_ptr_nonnull(strstr(text, "," KERNEL "," BIAS "}"));
    free(bytes);
}
END_TEST

/* The order in a file is the writer's affair, and metadata are not needed. */
START_TEST(other_writers)
{
    unsigned char data[DATA];
    mnn_floats_to_bytes(data, bias_values, 3);
    mnn_floats_to_bytes(data + 12, kernel_values, 6);
    const char *path = put_tensors("{\"dense.kernel\":{\"shape\":[2,3],\"data_offsets\":[12,36],\"dtype\":\"F32\"},\n"
                                   " \"dense.bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}   ",
                                   data, sizeof data);
    small_model m;
    set_model(&m, false);
    static const char *const keys[] = {"step"};
    char *value[1];
    ck_assert_msg(mnn_safetensors_load(path, m.tensors, 2, keys, 1, value, &err) == MNN_OK, "%s", err.text);
    ck_assert_ptr_null(value[0]);
    ck_assert_mem_eq(m.kernel, kernel_values, sizeof m.kernel);
    ck_assert_mem_eq(m.bias, bias_values, sizeof m.bias);
    put_tensors("{\"__metadata__\":{\"format\":\"pt\"}," KERNEL "," BIAS "}", data, sizeof data);
    ck_assert_int_eq(load(path), MNN_OK);
}
END_TEST

START_TEST(large_and_scalar)
{
    static const int large_dims[] = {101, 103, 7};
    const size_t count = 101 * 103 * 7;
    float *values = malloc(count * sizeof *values), *back = malloc(count * sizeof *back);
    ck_assert(values && back);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)i * 0.001f;
    float scalar = 7, scalar_back = 0;
    const mnn_st_tensor tensors[] = {{"s", 0, NULL, &scalar}, {"large", 3, large_dims, values}};
    const mnn_st_tensor expected[] = {{"large", 3, large_dims, back}, {"s", 0, NULL, &scalar_back}};
    const char *path = in_folder("f");
    faults.armed = faults.stutter = true;
    ck_assert_int_eq(mnn_safetensors_save(path, tensors, 2, NULL, 0, &err), MNN_OK);
    ck_assert_msg(mnn_safetensors_load(path, expected, 2, NULL, 0, NULL, &err) == MNN_OK, "%s", err.text);
    faults.armed = false;
    ck_assert_mem_eq(values, back, count * sizeof *values);
    ck_assert(scalar_back == 7);
    free(values);
    free(back);
}
END_TEST

/* --- the file around the header ------------------------------------------------------------------- */

START_TEST(refuses_wrong_lengths)
{
    const char *path = put_file("f", "\1\2\3\4\5\6\7", 7);
    EXPECT_REFUSED(load(path), MNN_EFORMAT, path, err,
                   ": at byte 7: file ends in the length of its header (got 7 bytes");
    put_file("f", "", 0);
    EXPECT_REFUSED(load(path), MNN_EFORMAT, path, err, "(got 0 bytes");
    put_file("f", "\0\0\0\0\0\0\0\x80{}", 10); /* 2^63 */
    EXPECT_REFUSED(load(path), MNN_EFORMAT, path, err,
                   ": at byte 0: length of the safetensors header (got 9223372036854775808, expected at most 1048576)");
    put_file("f", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}", 10);
    EXPECT_REFUSED(load(path), MNN_EFORMAT, path, err, "(got 18446744073709551615, expected at most 1048576)");
    put_file("f", "\3\0\0\0\0\0\0\0{}", 10);
    EXPECT_REFUSED(load(path), MNN_EFORMAT, path, err, "(got 3, but 2 bytes follow)");
    put_file("f", "\0\0\0\0\0\0\0\0", 8);
    EXPECT_REFUSED(load(path), MNN_EFORMAT, path, err, ": at byte 8: safetensors header is not strict JSON");
}
END_TEST

START_TEST(refuses_large_header)
{
    const size_t size = 2 * 1024 * 1024;
    char *header = malloc(size + 1);
    ck_assert_ptr_nonnull(header);
    memset(header, ' ', size);
    header[0] = '{';
    header[size - 1] = '}';
    header[size] = '\0';
    refuse(header, "length of the safetensors header (got 2097152, expected at most 1048576)");
    free(header);
}
END_TEST

START_TEST(refuses_short_and_long_data)
{
    unsigned char data[DATA + 1] = {0};
    const char *path = put_tensors("{" KERNEL "," BIAS "}", data, DATA - 1);
    EXPECT_REFUSED(load(path), MNN_EFORMAT, path, err, "tensor \"dense.bias\": data_offsets (got [24,36], expected");
    put_tensors("{" KERNEL "," BIAS "}", data, DATA + 1);
    EXPECT_REFUSED(load(path), MNN_EFORMAT, path, err,
                   ": 1 bytes follow the last tensor (expected the end of the file)");
}
END_TEST

START_TEST(refuses_what_is_no_file)
{
    EXPECT_REFUSED(load(folder), MNN_EFORMAT, folder, err, "(got a directory, expected a regular file)");
    const char *missing = in_folder("missing");
    EXPECT_REFUSED(load(missing), MNN_EIO, missing, err, ": could not open: No such file or directory");
}
END_TEST

START_TEST(reports_failing_reads)
{
    ck_assert_int_eq(load(save_model()), MNN_OK); /* the JSON library reads its random seed once */
    for (int call = 1; call <= 4; call++) {       /* length, header, data, end */
        const char *path = save_model();
        faults.reads = 0;
        faults.fail_read = call;
        faults.error = EIO;
        faults.armed = true;
        const mnn_status status = load(path);
        faults.armed = false;
        EXPECT_REFUSED(status, MNN_EIO, path, err, ": could not read: Input/output error");
    }
    faults.fail_read = 0;
    for (int call = 1; call <= 3; call++) {
        const char *path = save_model();
        faults.reads = 0;
        faults.cut_read = call;
        faults.cut_path = path;
        faults.cut_to = 4;
        faults.armed = true;
        const mnn_status status = load(path);
        faults.armed = false;
        EXPECT_REFUSED(status, MNN_EIO, path, err, "file became shorter while it was read");
    }
}
END_TEST

/* --- header --------------------------------------------------------------------------------------- */

START_TEST(refuses_bad_json)
{
    refuse("not json", ": at byte 11: safetensors header is not strict JSON ('[' or '{' expected near 'not')");
    refuse("[]", ": at byte 8: safetensors header is not a JSON object");
    refuse("{" KERNEL "," BIAS "} x", "safetensors header is not strict JSON (end of file expected");
    refuse("{" KERNEL "," BIAS "," KERNEL "}", "safetensors header is not strict JSON (duplicate object key");
    refuse("{\"dense.kernel\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}," BIAS "}",
           "duplicate object key");
}
END_TEST

START_TEST(refuses_deep_json)
{
    enum { DEPTH = 100000 };
    char *header = malloc(DEPTH + 16);
    ck_assert_ptr_nonnull(header);
    memcpy(header, "{\"a\":", 5);
    memset(header + 5, '[', DEPTH);
    header[5 + DEPTH] = '\0';
    refuse(header, "safetensors header is not strict JSON (maximum parsing depth reached");
    free(header);
}
END_TEST

START_TEST(refuses_other_names)
{
    refuse("{" KERNEL "}", ": tensor \"dense.bias\" is missing (expected 2 tensors)");
    refuse("{" KERNEL "," BIAS ",\"x\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[36,36]}}",
           ": tensor \"x\" is not one of the model's (expected 2 tensors)");
    refuse("{\"conv\\u001b.kernel\":{\"dtype\":\"F32\",\"shape\":[9],\"data_offsets\":[0,36]}}",
           ": weights of another model (got tensor \"conv\\x1b.kernel\", expected \"dense.kernel\")");
    refuse("{}", ": tensor \"dense.kernel\" is missing");
}
END_TEST

/* The kernel's entry with one thing changed. */
#define WITH(dtype, shape, offsets)                                                                                    \
    "{\"dense.kernel\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}," BIAS "}"

START_TEST(refuses_other_types_and_shapes)
{
    refuse(WITH("\"F16\"", "[2,3]", "[0,24]"), ": tensor \"dense.kernel\": dtype (got \"F16\", expected \"F32\")");
    refuse(WITH("7", "[2,3]", "[0,24]"), "dtype (got 7, expected \"F32\")");
    refuse(WITH("\"F32\"", "[3,2]", "[0,24]"), "tensor \"dense.kernel\": shape (got [3,2], expected [2,3])");
    refuse(WITH("\"F32\"", "[6]", "[0,24]"), "shape (got [6], expected [2,3])");
    refuse(WITH("\"F32\"", "[2,3,1]", "[0,24]"), "shape (got [2,3,1], expected [2,3])");
    refuse(WITH("\"F32\"", "[2,3.0]", "[0,24]"), "shape (got [2,3.0], expected [2,3])");
    refuse(WITH("\"F32\"", "[-2,-3]", "[0,24]"), "shape (got [-2,-3], expected [2,3])");
    refuse(WITH("\"F32\"", "[4294967298,3]", "[0,24]"), "shape (got [4294967298,3], expected"); /* 2^32 + 2 */
    refuse(WITH("\"F32\"", "[4611686018427387910,4]", "[0,24]"), "shape (got ["); /* the product wraps to 24 */
    refuse(WITH("\"F32\"", "{}", "[0,24]"), "shape (got {}, expected [2,3])");
    refuse("{\"dense.kernel\":{\"dtype\":\"F32\",\"data_offsets\":[0,24]}," BIAS "}", "shape (got nothing, expected");
    refuse("{\"dense.kernel\":3," BIAS "}", "tensor \"dense.kernel\": entry (got 3, expected an object");
    refuse("{\"dense.kernel\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24],\"path\":\"x\"}," BIAS "}",
           "tensor \"dense.kernel\": entry (got ");
}
END_TEST

START_TEST(refuses_other_offsets)
{
    refuse(WITH("\"F32\"", "[2,3]", "[-1,23]"), "data_offsets (got [-1,23], expected two integers from 0 to 36)");
    refuse(WITH("\"F32\"", "[2,3]", "[0,1e3]"), "data_offsets (got [0,1000.0], expected two integers");
    refuse(WITH("\"F32\"", "[2,3]", "[0,18446744073709551616]"), "not strict JSON (too big integer");
    refuse(WITH("\"F32\"", "[2,3]", "[0,9223372036854775807]"), "data_offsets (got [0,9223372036854775807], expected");
    refuse(WITH("\"F32\"", "[2,3]", "[0]"), "data_offsets (got [0], expected two integers");
    refuse(WITH("\"F32\"", "[2,3]", "[24,0]"), "data_offsets (got [24,0], expected 24 bytes from begin to end)");
    refuse(WITH("\"F32\"", "[2,3]", "[0,20]"), "data_offsets (got [0,20], expected 24 bytes from begin to end)");
    refuse(WITH("\"F32\"", "[2,3]", "[4,28]"),
           "tensor \"dense.kernel\": data_offsets leave a gap or overlap (got a begin of 4, expected 0)");
    refuse("{" KERNEL ",\"dense.bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[20,32]}}",
           "tensor \"dense.bias\": data_offsets leave a gap or overlap (got a begin of 20, expected 24)");
    refuse("{" KERNEL ",\"dense.bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}",
           "leave a gap or overlap (got a begin of 0, expected 12)");
}
END_TEST

START_TEST(refuses_other_metadata)
{
    refuse("{\"__metadata__\":[]," KERNEL "," BIAS "}", ": \"__metadata__\" is not a JSON object");
    refuse("{\"__metadata__\":{\"step\":3}," KERNEL "," BIAS "}", ": metadata \"step\" is not a string");
    refuse("{\"__metadata__\":{\"sha256:x\":\"\"}," KERNEL "," BIAS "}", "metadata \"sha256:x\" belongs to no tensor");
    refuse("{\"__metadata__\":{\"a\":\"b\",\"sha256:__metadata__\":\"00\"}," KERNEL "," BIAS "}",
           ": metadata do not match their SHA-256");
    refuse("{\"__metadata__\":{\"sha256:dense.bias\":\"00\"}," KERNEL "," BIAS "}",
           "the metadata have no SHA-256, but tensors have");
    char digest[512]; /* "a" NUL "b" NUL */
    snprintf(digest, sizeof digest,
             "{\"__metadata__\":{\"a\":\"b\",\"sha256:__metadata__\":\"%s\"}," KERNEL "," BIAS "}",
             "8fb20ef63ced4145fc2e983ffe597d1dcff39154c3bf21f0fa9dde6a0c50fdc9");
    refuse(digest, "tensor \"dense.kernel\" has no SHA-256, but the metadata have");
}
END_TEST

/* --- data ----------------------------------------------------------------------------------------- */

static const char *put_value(int element, float value)
{
    float values[9];
    unsigned char data[DATA];
    memcpy(values, kernel_values, sizeof kernel_values);
    memcpy(values + 6, bias_values, sizeof bias_values);
    values[element] = value;
    mnn_floats_to_bytes(data, values, 9);
    return put_tensors("{" KERNEL "," BIAS "}", data, sizeof data);
}

START_TEST(refuses_values_that_are_not_finite)
{
    const char *path = put_value(7, NAN);
    EXPECT_REFUSED(load(path), MNN_EFORMAT, path, err,
                   "tensor \"dense.bias\" holds nan at element 1 (expected finite values)");
    char part[40];
    snprintf(part, sizeof part, ": at byte %zu: ", 8 + strlen("{" KERNEL "," BIAS "}") + 7 * sizeof(float));
    EXPECT_REFUSED(load(path), MNN_EFORMAT, path, err, part);
    path = put_value(0, -INFINITY);
    EXPECT_REFUSED(load(path), MNN_EFORMAT, path, err, "tensor \"dense.kernel\" holds -inf at element 0");
    ck_assert_int_eq(load(put_value(0, 1)), MNN_OK);
}
END_TEST

/* Whatever single bit is flipped: the file is refused. */
START_TEST(refuses_any_flipped_bit)
{
    size_t size;
    static const char *const keys[] = {"seed", "step"};
    unsigned char *bytes = get_file(save_model(), &size);
    int taken = 0;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        const char *path = put_file("f", bytes, size);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        small_model m;
        set_model(&m, false);
        char *values[2];
        const mnn_status status = mnn_safetensors_load(path, m.tensors, 2, keys, 2, values, &err);
        if (status != MNN_EFORMAT || values[0] || values[1])
            taken++;
    }
    ck_assert_int_eq(taken, 0);
    bytes[size - 1] ^= 1;
    const char *path = put_file("f", bytes, size);
    EXPECT_REFUSED(load(path), MNN_EFORMAT, path, err, "tensor \"dense.bias\" does not match its SHA-256 (got ");
    free(bytes);
}
END_TEST

/* --- saving --------------------------------------------------------------------------------------- */

START_TEST(failed_save_keeps_the_old_file)
{
    const char *path = put_file("f", "old", 3);
    small_model m;
    set_model(&m, true);
    faults.error = ENOSPC;
    for (int call = 1; call <= 5; call++) { /* length, header, two tensors, fsync */
        faults.writes = 0;
        faults.fail_write = call;
        faults.fail_fsync = call == 5;
        faults.armed = true;
        const mnn_status status = mnn_safetensors_save(path, m.tensors, 2, NULL, 0, &err);
        faults.armed = false;
        EXPECT_REFUSED(status, MNN_EIO, path, err, "No space left on device");
        size_t size;
        unsigned char *text = get_file(path, &size);
        ck_assert_str_eq((char *)text, "old");
        free(text);
        ck_assert_int_eq(count_files(false), 1);
    }
    ck_assert_int_eq(mnn_safetensors_save(path, m.tensors, 2, NULL, 0, &err), MNN_OK);
    ck_assert_int_eq(load(path), MNN_OK);
}
END_TEST

START_TEST(saves_nothing_that_could_not_be_loaded)
{
    small_model m;
    set_model(&m, true);
    const char *path = in_folder("f");
    m.bias[2] = INFINITY;
    EXPECT_REFUSED(mnn_safetensors_save(path, m.tensors, 2, NULL, 0, &err), MNN_EDIVERGED, path, err,
                   ": not saved: tensor \"dense.bias\" holds inf at element 2");
    set_model(&m, true);
    m.tensors[1].name = "dense.kernel";
    EXPECT_REFUSED(mnn_safetensors_save(path, m.tensors, 2, NULL, 0, &err), MNN_EINTERNAL, path, err,
                   ": two tensors \"dense.kernel\"");
    const mnn_st_entry twice[] = {{"a", "1"}, {"a", "2"}};
    EXPECT_REFUSED(mnn_safetensors_save(path, m.tensors, 1, twice, 2, &err), MNN_EINTERNAL, path, err,
                   ": two metadata keys \"a\"");
    const mnn_st_entry digest = {"sha256:a", "1"};
    EXPECT_REFUSED(mnn_safetensors_save(path, m.tensors, 1, &digest, 1, &err), MNN_EINTERNAL, path, err,
                   ": the key \"sha256:a\" is kept for digests");
    char *long_text = malloc(1100000);
    ck_assert_ptr_nonnull(long_text);
    memset(long_text, 'x', 1099999);
    long_text[1099999] = '\0';
    const mnn_st_entry large = {"a", long_text};
    EXPECT_REFUSED(mnn_safetensors_save(path, m.tensors, 1, &large, 1, &err), MNN_ENOMEM, path, err, ": header of 11");
    free(long_text);
    ck_assert_int_eq(count_files(false), 0);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &round_trip,
        &layout,
        &other_writers,
        &large_and_scalar,
        &refuses_wrong_lengths,
        &refuses_large_header,
        &refuses_short_and_long_data,
        &refuses_what_is_no_file,
        &reports_failing_reads,
        &refuses_bad_json,
        &refuses_deep_json,
        &refuses_other_names,
        &refuses_other_types_and_shapes,
        &refuses_other_offsets,
        &refuses_other_metadata,
        &refuses_values_that_are_not_finite,
        &refuses_any_flipped_bit,
        &failed_save_keeps_the_old_file,
        &saves_nothing_that_could_not_be_loaded,
    };
    return run_tests("safetensors", clear_faults, tests, (int)(sizeof tests / sizeof tests[0]));
}
