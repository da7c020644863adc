/* Weights of other programs: files, names, layouts. What comes out is compared with PyTorch by
 * tests/reference/import.sh. */
#define _GNU_SOURCE

#include "io_helpers.h"

#include <math.h>
#include <stdint.h>

#include "exchange/import.h"

static mnn_error err;

/* A file with this header and data.
 * @return its path */
static const char *make(const char *header, const void *data, size_t size)
{
    static unsigned char bytes[4096];
    const size_t length = strlen(header);
    ck_assert_uint_le(8 + length + size, sizeof bytes);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(length >> (8 * i) & 255);
    memcpy(bytes + 8, header, length);
    memcpy(bytes + 8 + length, data, size);
    return put_file("f.safetensors", bytes, 8 + length + size);
}

/* --- files ------------------------------------------------------------------------------------------ */

static void refuse(const char *header, size_t size, const char *part)
{
    static const unsigned char zeros[64];
    mnn_foreign f;
    const char *path = make(header, zeros, size);
    EXPECT_REFUSED(mnn_foreign_load(path, &f, &err), MNN_EFORMAT, path, err, part);
}

START_TEST(refused_files)
{
    refuse("{", 0, "safetensors header is not strict JSON");
    refuse("[]", 0, "safetensors header is not");
    refuse("{\"a\": {\"shape\": [1], \"data_offsets\": [0, 4]}}", 4, "tensor \"a\": has no dtype");
    refuse("{\"a\": {\"dtype\": \"F32\", \"shape\": 1, \"data_offsets\": [0, 4]}}", 4,
           "tensor \"a\": has no readable shape");
    refuse("{\"a\": {\"dtype\": \"F32\", \"shape\": [-1], \"data_offsets\": [0, 4]}}", 4,
           "tensor \"a\": has no readable shape");
    refuse("{\"a\": {\"dtype\": \"F32\", \"shape\": [1,1,1,1,1,1,1,1,1], \"data_offsets\": [0, 4]}}", 4,
           "has no readable shape");
    refuse("{\"a\": {\"dtype\": \"F32\", \"shape\": [4294967296, 4294967296], \"data_offsets\": [0, 0]}}", 0,
           "has no readable shape");
    refuse("{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 5]}}", 4,
           "data_offsets are outside the file");
    refuse("{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [4, 0]}}", 4,
           "data_offsets are outside the file");
    refuse("{\"a\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 4]}}", 4, "data_offsets do not fit");
    refuse("{\"a\": {\"dtype\": \"F32\", \"shape\": [4611686018427387904], \"data_offsets\": [0, 0]}}", 0,
           "do not fit");
    mnn_foreign f;
    const char *path = put_file("f", "\1\2\3", 3);
    EXPECT_REFUSED(mnn_foreign_load(path, &f, &err), MNN_EFORMAT, path, err, "at byte 3: file ends in the length");
    path = put_file("f", "\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10);
    EXPECT_REFUSED(mnn_foreign_load(path, &f, &err), MNN_EFORMAT, path, err,
                   "at byte 0: length of the safetensors header");
}
END_TEST

static void expect_floats(const char *dtype, const void *data, size_t size, int count, const float *expected)
{
    char header[128];
    float got[8];
    mnn_foreign f;
    snprintf(header, sizeof header, "{\"t\": {\"dtype\": \"%s\", \"shape\": [%d], \"data_offsets\": [0, %zu]}}", dtype,
             count, size);
    ck_assert_msg(mnn_foreign_load(make(header, data, size), &f, &err) == MNN_OK, "%s", err.text);
    ck_assert_msg(mnn_foreign_floats(&f, &f.tensors[0], got, &err) == MNN_OK, "%s", err.text);
    for (int i = 0; i < count; i++)
        ck_assert_msg(got[i] == expected[i], "%s %d: got %g, expected %g", dtype, i, (double)got[i],
                      (double)expected[i]);
    mnn_foreign_free(&f);
}

static void refuse_floats(const char *dtype, const void *data, size_t size, const char *part)
{
    char header[128];
    float got[8];
    mnn_foreign f;
    snprintf(header, sizeof header, "{\"t\": {\"dtype\": \"%s\", \"shape\": [1], \"data_offsets\": [0, %zu]}}", dtype,
             size);
    const char *path = make(header, data, size);
    ck_assert_msg(mnn_foreign_load(path, &f, &err) == MNN_OK, "%s", err.text);
    EXPECT_REFUSED(mnn_foreign_floats(&f, &f.tensors[0], got, &err), MNN_EFORMAT, path, err, part);
    mnn_foreign_free(&f);
}

START_TEST(kinds_of_floats)
{
    expect_floats("F32", "\x00\x00\x80\x3f\x00\x00\x00\xc0", 8, 2, (const float[]){1, -2});
    expect_floats("F64", "\x00\x00\x00\x00\x00\x00\xf8\x3f", 8, 1, (const float[]){1.5f});
    expect_floats("BF16", "\x80\x3f\x00\xc0", 4, 2, (const float[]){1, -2});
    /* 1, -2, the largest, the smallest normal and subnormal one */
    expect_floats("F16", "\x00\x3c\x00\xc0\xff\x7b\x00\x04\x01\x00", 10, 5,
                  (const float[]){1, -2, 65504, 0x1p-14f, 0x1p-24f});
    refuse_floats("F16", "\x00\x7c", 2, "tensor \"t\" holds inf at element 0");
    refuse_floats("F32", "\x00\x00\xc0\x7f", 4, "tensor \"t\" holds nan at element 0");
    refuse_floats("F64", "\x00\x00\x00\x00\x00\x00\xf0\x7e", 8, "(expected finite floats)"); /* too large for a float */
    refuse_floats("I64", "\x00\x00\x00\x00\x00\x00\x00\x00", 8, "dtype (got I64, expected F32, F64, F16 or BF16)");
}
END_TEST

/* --- a model ---------------------------------------------------------------------------------------- */

/* A picture of 1 x 2 with 3 channels, flattened, and two dense layers: a [6, 2] with bias, b [2, 2] without. */
static float params[18];
static const mnn_tensor tensors[] = {
    {.name = "a.kernel", .rank = 2, .dims = {6, 2}, .offset = 0, .size = 12, .layout.image = {1, 2, 3}},
    {.name = "a.bias", .rank = 1, .dims = {2}, .offset = 12, .size = 2},
    {.name = "b.kernel", .rank = 2, .dims = {2, 2}, .offset = 14, .size = 4}};
static const mnn_model model = {
    .name = "m", .tensor_count = 3, .tensors = tensors, .param_count = 18, .params = params};

/* The same in PyTorch: numbers 0 to 11, 12 and 13, 14 to 17. */
static const char pytorch_header[] =
    "{\"fc2.weight\": {\"dtype\": \"F32\", \"shape\": [2, 2], \"data_offsets\": [56, 72]}, "
    "\"fc1.weight\": {\"dtype\": \"F32\", \"shape\": [2, 6], \"data_offsets\": [0, 48]}, "
    "\"fc1.bias\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [48, 56]}}";

static const char *numbered(const char *header)
{
    float data[18];
    for (int i = 0; i < 18; i++)
        data[i] = (float)i;
    return make(header, data, sizeof data);
}

static mnn_match matched[3];

static mnn_matches begin(mnn_foreign *f, const char *header)
{
    memset(matched, 0, sizeof matched);
    memset(params, 0, sizeof params);
    ck_assert_msg(mnn_foreign_load(numbered(header), f, &err) == MNN_OK, "%s", err.text);
    return (mnn_matches){.model = &model, .file = f, .of = matched};
}

/* Ours: row p * 3 + c of picture place p and channel c, theirs c * 2 + p; and ours [in, units], theirs [units, in]. */
static const float expected[18] = {0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11, 12, 13, 14, 16, 15, 17};

START_TEST(names_of_pytorch)
{
    mnn_foreign f;
    mnn_matches m = begin(&f, pytorch_header);
    ck_assert_msg(mnn_match_by_names(&m, MNN_FROM_PYTORCH, &err) == MNN_OK, "%s", err.text);
    ck_assert_int_eq(m.ambiguous, 0);
    ck_assert(matched[0].transpose && matched[0].chw && !matched[1].transpose && matched[2].transpose &&
              !matched[2].chw);
    ck_assert_msg(mnn_import(&m, &err) == MNN_OK, "%s", err.text);
    ck_assert_mem_eq(params, expected, sizeof params);
    memset(matched, 0, sizeof matched);
    ck_assert_int_eq(mnn_match_by_names(&m, MNN_FROM_KERAS, &err), MNN_EFORMAT);
    ck_assert_ptr_nonnull(
        strstr(err.text, "no tensors with names and shapes for layer \"a\" of the model \"m\"\nhint: "));
    mnn_foreign_free(&f);
}
END_TEST

/* What is there and what was expected, and by which rule. */
START_TEST(no_match_is_explained)
{
    static const struct {
        const char *header, *message;
    } rows[] = {
        {"{\"fc1.weight\": {\"dtype\": \"F32\", \"shape\": [2, 5], \"data_offsets\": [0, 40]}, "
         "\"fc1.bias\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [48, 56]}}",
         "tensor \"fc1.weight\" does not fit \"a.kernel\" (got [2, 5], expected [2, 6], transposed to [6, 2]; layer "
         "\"a\" "
         "was matched as the first by name order)\nhint: --map FILE"},
        {"{\"net.a.weight\": {\"dtype\": \"F32\", \"shape\": [2, 6], \"data_offsets\": [0, 48]}, "
         "\"net.a.bias\": {\"dtype\": \"F32\", \"shape\": [3], \"data_offsets\": [48, 60]}}",
         "tensor \"net.a.bias\" does not fit \"a.bias\" (got [3], expected [2]; layer \"a\" was matched by its name)"},
        {"{\"a.weight\": {\"dtype\": \"F32\", \"shape\": [2, 6], \"data_offsets\": [0, 48]}}",
         "no tensor next to \"a.weight\" for \"a.bias\" (expected [2]; layer \"a\" was matched by its name)"},
        {"{\"a.weight\": {\"dtype\": \"F32\", \"shape\": [2, 6], \"data_offsets\": [0, 48]}, "
         "\"a.bias\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [48, 56]}, "
         "\"a.extra\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [48, 56]}}",
         "more tensors next to \"a.bias\" than layer \"a\" has (expected 2; matched by its name)"},
        {"{\"x.\\u001b[2Jweight\": {\"dtype\": \"F32\", \"shape\": [2, 6], \"data_offsets\": [0, 48]}}",
         "no tensors with names and shapes for layer \"a\""},
        {"{\"\\u001b[2J.weight\": {\"dtype\": \"F32\", \"shape\": [2, 5], \"data_offsets\": [0, 40]}, "
         "\"\\u001b[2J.bias\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [48, 56]}}",
         "tensor \"\\x1b[2J.weight\" does not fit"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mnn_foreign f;
        mnn_matches m = begin(&f, rows[i].header);
        ck_assert_int_eq(mnn_match_by_names(&m, MNN_FROM_PYTORCH, &err), MNN_EFORMAT);
        ck_assert_msg(strstr(err.text, rows[i].message) != NULL, "%s", err.text);
        mnn_foreign_free(&f);
    }
}
END_TEST

START_TEST(state_of_trainings)
{
    static const char *const state[] = {"bn1.num_batches_tracked",
                                        "num_batches_tracked",
                                        "dropout/seed_generator/seed_generator_state",
                                        "adam/iteration",
                                        "adam/dense_kernel_momentum",
                                        "adam_1/learning_rate:0",
                                        "optimizer/dense_bias_velocity",
                                        "sgd.iteration"};
    static const char *const others[] = {
        "conv1.weight", "adam/kernel",     "adam",         "sgd/bias",         "", "iteration",
        "a.b",          "adams/iteration", "_1/iteration", "my/adam/iteration"};
    for (size_t i = 0; i < sizeof state / sizeof *state; i++)
        ck_assert_msg(mnn_foreign_is_state(state[i]), "%s", state[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_msg(!mnn_foreign_is_state(others[i]), "%s", others[i]);
}
END_TEST

START_TEST(unused_tensors)
{
    char header[2048], list[MNN_UNUSED_TEXT];
    mnn_foreign f;
    mnn_matches m = begin(&f, pytorch_header);
    ck_assert_int_eq(mnn_match_by_names(&m, MNN_FROM_PYTORCH, &err), MNN_OK);
    ck_assert_int_eq(mnn_unused(&m, list, sizeof list), 0);
    ck_assert_str_eq(list, "");
    mnn_foreign_free(&f);
    size_t length = (size_t)snprintf(header, sizeof header, "%.*s", (int)strlen(pytorch_header) - 1, pytorch_header);
    for (int i = 0; i < 11; i++)
        length += (size_t)snprintf(header + length, sizeof header - length,
                                   ", \"fc%d.%s\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 8]}",
                                   3 + i, i == 10 ? "num_batches_tracked" : "\\u001bz");
    snprintf(header + length, sizeof header - length, "}");
    m = begin(&f, header);
    ck_assert_int_eq(mnn_match_by_names(&m, MNN_FROM_PYTORCH, &err), MNN_OK);
    ck_assert_int_eq(mnn_unused(&m, list, sizeof list), 10);
    ck_assert_str_eq(list, "fc3.\\x1bz [2], fc4.\\x1bz [2], fc5.\\x1bz [2], fc6.\\x1bz [2], fc7.\\x1bz [2], "
                           "fc8.\\x1bz [2], fc9.\\x1bz [2], fc10.\\x1bz [2] and 2 more");
    mnn_foreign_free(&f);
}
END_TEST

START_TEST(names_of_keras)
{
    mnn_foreign f;
    mnn_matches m =
        begin(&f, "{\"x/dense_10/kernel:0\": {\"dtype\": \"F32\", \"shape\": [2, 2], \"data_offsets\": [56, 72]}, "
                  "\"x/dense_9/kernel\": {\"dtype\": \"F32\", \"shape\": [6, 2], \"data_offsets\": [0, 48]}, "
                  "\"x/dense_9/bias\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [48, 56]}}");
    ck_assert_msg(mnn_match_by_names(&m, MNN_FROM_KERAS, &err) == MNN_OK, "%s", err.text);
    ck_assert_msg(mnn_import(&m, &err) == MNN_OK, "%s", err.text);
    for (int i = 0; i < 18; i++)
        ck_assert_msg(params[i] == (float)i, "%d: %g", i, (double)params[i]);
    mnn_foreign_free(&f);
}
END_TEST

/* A tensor of our layer's name comes before others of its shape; without names, "l2" comes before "l10". */
START_TEST(order_of_names)
{
    static const mnn_tensor two[] = {{.name = "b.kernel", .rank = 2, .dims = {2, 2}, .offset = 0, .size = 4},
                                     {.name = "c.kernel", .rank = 2, .dims = {2, 2}, .offset = 4, .size = 4}};
    const mnn_model pair = {.name = "p", .tensor_count = 2, .tensors = two};
    static const char *const headers[3] = {
        "{\"l10.weight\": {\"dtype\": \"F32\", \"shape\": [2, 2], \"data_offsets\": [0, 16]}, "
        "\"l2.weight\": {\"dtype\": \"F32\", \"shape\": [2, 2], \"data_offsets\": [16, 32]}}",
        "{\"a.weight\": {\"dtype\": \"F32\", \"shape\": [2, 2], \"data_offsets\": [0, 16]}, "
        "\"b.weight\": {\"dtype\": \"F32\", \"shape\": [2, 2], \"data_offsets\": [16, 32]}}",
        "{\"m.c.weight\": {\"dtype\": \"F32\", \"shape\": [2, 2], \"data_offsets\": [0, 16]}, "
        "\"m.b.weight\": {\"dtype\": \"F32\", \"shape\": [2, 2], \"data_offsets\": [16, 32]}}",
    };
    static const char *const first[3] = {"l2.weight", "b.weight", "m.b.weight"};
    for (int i = 0; i < 3; i++) {
        mnn_foreign f;
        mnn_matches m = begin(&f, headers[i]);
        m.model = &pair;
        ck_assert_msg(mnn_match_by_names(&m, MNN_FROM_PYTORCH, &err) == MNN_OK, "%s", err.text);
        ck_assert_str_eq(matched[0].theirs->name, first[i]);
        ck_assert_int_eq(m.ambiguous, i == 0); /* of the second layer there is one left */
        mnn_foreign_free(&f);
    }
}
END_TEST

/* --- maps ------------------------------------------------------------------------------------------- */

static mnn_status by_map(mnn_matches *m, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s", put_file("map", text, strlen(text)));
    return mnn_match_by_map(m, path, &err);
}

START_TEST(maps)
{
    mnn_foreign f;
    mnn_matches m = begin(&f, pytorch_header);
    ck_assert_msg(by_map(&m, "# a comment\n\n fc1.weight=a.kernel transpose chw # and another\r\n"
                             "fc1.bias = a.bias\n\tfc2.weight  =  b.kernel\ttranspose") == MNN_OK,
                  "%s", err.text);
    ck_assert_msg(mnn_import(&m, &err) == MNN_OK, "%s", err.text);
    ck_assert_mem_eq(params, expected, sizeof params);
    mnn_foreign_free(&f);
}
END_TEST

START_TEST(refused_maps)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"fc1.weight a.kernel", "map:1: no \"=\" (got \"fc1.weight a.kernel\", expected source = target)"},
        {"\nfc3.weight = a.kernel", "map:2: no tensor \"fc3.weight\" in the file"},
        {"fc1.weight = c.kernel", "map:1: the model \"m\" has no tensor \"c.kernel\""},
        {"fc1.weight = a.kernel\nfc1.bias = a.kernel", "map:2: \"a.kernel\" is given twice"},
        {"fc1.weight = a.kernel turned", "map:1: unknown word \"turned\" (expected transpose or chw)"},
        {"fc1.weight = ", "map:1: the model \"m\" has no tensor \"\""},
    };
    mnn_foreign f;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mnn_matches m = begin(&f, pytorch_header);
        ck_assert_int_eq(by_map(&m, rows[i].text), MNN_EFORMAT);
        ck_assert_msg(strstr(err.text, rows[i].message), "%s", err.text);
        mnn_foreign_free(&f);
    }
    mnn_matches m = begin(&f, pytorch_header);
    ck_assert_int_eq(mnn_match_by_map(&m, in_folder("none"), &err), MNN_EIO);
    ck_assert_int_eq(mnn_match_by_map(&m, put_file("map", "a\0b", 3), &err), MNN_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "at byte 1: not a map of names (got a NUL, expected text)"));
    mnn_foreign_free(&f);
}
END_TEST

START_TEST(wrong_shapes)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"fc1.weight = a.kernel\nfc1.bias = a.bias\nfc2.weight = b.kernel",
         "tensor \"fc1.weight\" does not fit \"a.kernel\" (got [2, 6], expected [6, 2]; matched by --map)\nhint: add "
         "\"transpose\" "
         "after it"},
        {"fc2.weight = a.kernel transpose\nfc1.bias = a.bias\nfc2.weight = b.kernel",
         "tensor \"fc2.weight\" does not fit \"a.kernel\" (got [2, 2], expected [2, 6], transposed to [6, 2]; matched "
         "by --map)"},
        {"fc1.weight = a.kernel transpose\nfc1.bias = a.bias",
         "no tensor is matched with \"b.kernel\" of the model \"m\""},
        {"fc1.weight = a.kernel transpose\nfc1.bias = a.bias chw\nfc2.weight = b.kernel",
         "\"a.bias\" does not follow a flatten of images: \"chw\" does not apply"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mnn_foreign f;
        mnn_matches m = begin(&f, pytorch_header);
        ck_assert_msg(by_map(&m, rows[i].text) == MNN_OK, "%s", err.text);
        ck_assert_int_eq(mnn_import(&m, &err), MNN_EFORMAT);
        ck_assert_msg(strstr(err.text, rows[i].message), "%s", err.text);
        for (int k = 0; k < 18; k++)
            ck_assert(params[k] == 0); /* nothing half done */
        mnn_foreign_free(&f);
    }
}
END_TEST

/* --- convolutions ----------------------------------------------------------------------------------- */

/* A kernel [1, 2, 2, 3] (height, width, channels, filters) and a depthwise one [1, 2, 2, 1]: PyTorch has the first as
 * [3, 2, 1, 2] (filters, channels, height, width), the second as [2, 1, 1, 2]. */
START_TEST(kernels_of_convolutions)
{
    static float two[16];
    static const mnn_tensor kernels[] = {
        {.name = "c.kernel", .rank = 4, .dims = {1, 2, 2, 3}, .offset = 0, .size = 12},
        {.name = "d.kernel", .rank = 4, .dims = {1, 2, 2, 1}, .offset = 12, .size = 4, .layout.depthwise = true},
    };
    const mnn_model net = {.name = "n", .tensor_count = 2, .tensors = kernels, .param_count = 16, .params = two};
    static const char header[] =
        "{\"x.weight\": {\"dtype\": \"F32\", \"shape\": [3, 2, 1, 2], \"data_offsets\": [0, 48]}, "
        "\"y.weight\": {\"dtype\": \"F32\", \"shape\": [2, 1, 1, 2], \"data_offsets\": [48, 64]}, "
        "\"z.unused\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [64, 72]}}";
    /* place p, channel c, filter f of ours is 4 f + 2 c + p of theirs; of the depthwise one 2 c + p */
    static const float wanted[16] = {0, 4, 8, 2, 6, 10, 1, 5, 9, 3, 7, 11, 12, 14, 13, 15};
    mnn_foreign f;
    for (int by_names = 0; by_names < 2; by_names++) {
        mnn_matches m = begin(&f, header);
        m.model = &net;
        memset(two, 0, sizeof two);
        const mnn_status status = by_names ? mnn_match_by_names(&m, MNN_FROM_PYTORCH, &err)
                                           : by_map(&m, "x.weight = c.kernel transpose\ny.weight = d.kernel transpose");
        ck_assert_msg(status == MNN_OK, "%s", err.text);
        ck_assert_msg(mnn_import(&m, &err) == MNN_OK, "%s", err.text);
        ck_assert_mem_eq(two, wanted, sizeof wanted);
        mnn_foreign_free(&f);
    }
    mnn_matches m = begin(&f, header);
    m.model = &net;
    ck_assert_int_eq(by_map(&m, "x.weight = c.kernel\ny.weight = d.kernel transpose"), MNN_OK);
    ck_assert_int_eq(mnn_import(&m, &err), MNN_EFORMAT);
    ck_assert_msg(
        strstr(err.text, "(got [3, 2, 1, 2], expected [1, 2, 2, 3]; matched by --map)\nhint: add \"transpose\""), "%s",
        err.text);
    mnn_foreign_free(&f);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &refused_files,         &kinds_of_floats,    &names_of_pytorch,
        &no_match_is_explained, &state_of_trainings, &unused_tensors,
        &names_of_keras,        &order_of_names,     &maps,
        &refused_maps,          &wrong_shapes,       &kernels_of_convolutions,
    };
    return run_tests("import", NULL, tests, (int)(sizeof tests / sizeof tests[0]));
}
