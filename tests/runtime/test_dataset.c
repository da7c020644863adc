/* Finding data files, and checking what is in them. */
#define _GNU_SOURCE
#include <check.h>
#include <limits.h>
#include <sys/stat.h>

#include "data/dataset.h"
#include "mnn/idx.h"
#include "tiny_model.h"

static char folder[64];
static mnn_error err;

static void setup(void)
{
    make_folder(folder);
    err.text[0] = '\0';
}

static void teardown(void)
{
    remove_folder(folder);
}

static mnn_status load(const mnn_model *model, int limit, mnn_dataset *set)
{
    char images[512], labels[512];
    strcpy(images, in_folder(folder, "images"));
    strcpy(labels, in_folder(folder, "labels"));
    const mnn_found files = {images, labels};
    return mnn_dataset_load(model, &model->train, &files, limit, set, &err);
}

static void expect_text(const char *part)
{
    ck_assert_msg(strstr(err.text, part) != NULL, "\"%s\" is not in \"%s\"", part, err.text);
}

/* --- find ---------------------------------------------------------------------------------------- */

static void touch(const char *name)
{
    write_file(in_folder(folder, name), "x", 1);
}

/* What is found for "set/images" with a search path of two folders below the test's. */
static void expect_found(const char *data, const char *name)
{
    char search[256], data_folder[128], *found = NULL;
    snprintf(search, sizeof search, "%s/none::%s/one:%s/two", folder, folder, folder);
    snprintf(data_folder, sizeof data_folder, "%s/%s", folder, data ? data : "");
    const mnn_places places = {data ? data_folder : NULL, search, false};
    ck_assert_msg(mnn_find(&places, "set/images", &found, &err) == MNN_OK, "%s", err.text);
    ck_assert_str_eq(found, in_folder(folder, name));
    free(found);
}

START_TEST(find_goes_along_the_path)
{
    ck_assert_int_eq(mkdir(in_folder(folder, "one"), 0777), 0);
    ck_assert_int_eq(mkdir(in_folder(folder, "one/set"), 0777), 0);
    ck_assert_int_eq(mkdir(in_folder(folder, "two"), 0777), 0);
    ck_assert_int_eq(mkdir(in_folder(folder, "two/set"), 0777), 0);
    touch("two/set/images.gz");
    expect_found(NULL, "two/set/images.gz");
    touch("two/set/images");
    expect_found(NULL, "two/set/images");
    touch("one/set/images.gz");
    expect_found(NULL, "one/set/images.gz");
}
END_TEST

START_TEST(find_uses_only_the_data_folder)
{
    ck_assert_int_eq(mkdir(in_folder(folder, "mine"), 0777), 0);
    touch("mine/images.gz");
    expect_found("mine", "mine/images.gz");
    char *found = NULL;
    const mnn_places places = {in_folder(folder, "nowhere"), folder, false};
    touch("images");
    ck_assert_int_eq(mnn_find(&places, "images", &found, &err), MNN_EIO);
    ck_assert_ptr_null(found);
    expect_text("images: could not find it, plain or with .gz, in \"");
    expect_text("nowhere\" (--data)");
}
END_TEST

START_TEST(find_looks_in_the_current_folder_first)
{
    char *found = NULL, *old = getcwd(NULL, 0);
    const mnn_places places = {NULL, folder, false};
    touch("images");
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(mnn_find(&places, "images", &found, &err), MNN_OK);
    ck_assert_str_eq(found, "images");
    free(found);
    ck_assert_int_eq(chdir(old), 0);
    free(old);
}
END_TEST

START_TEST(find_takes_an_absolute_path_as_it_is)
{
    char *found = NULL;
    const mnn_places places = {NULL, folder, false};
    touch("images.gz");
    ck_assert_int_eq(mnn_find(&places, in_folder(folder, "images"), &found, &err), MNN_OK);
    ck_assert_str_eq(found, in_folder(folder, "images.gz"));
    free(found);
    ck_assert_int_eq(mnn_find(&places, "/images", &found, &err), MNN_EIO);
}
END_TEST

START_TEST(find_says_where_it_looked)
{
    mnn_found found = {NULL, NULL};
    const mnn_places places = {NULL, "here:there", false};
    const mnn_source files = {"idx", "set/images", "set/labels", NULL};
    ck_assert_int_eq(mnn_find_pair(&places, &files, &found, &err), MNN_EIO);
    ck_assert_ptr_null(found.samples);
    expect_text("set/images: could not find it");
    expect_text("in \"here:there\"");
    expect_text("\nhint: set the folder of the files with --data DIR or MNN_DATA_PATH");
    ck_assert_ptr_null(strstr(err.text, "MNIST"));
}
END_TEST

/* Where to get MNIST is said of MNIST's own files alone. */
START_TEST(find_hints_at_mnist_where_it_is_meant)
{
    static const struct {
        const char *path;
        bool mnist;
    } rows[] = {
        {"mnist/train-images-idx3-ubyte", true},
        {"a/mnist/t10k-labels.idx1-ubyte", true},
        {"mnist/my-images-idx3-ubyte", false},
        {"mine/train-images-idx3-ubyte", false},
        {"emnist/train-images-idx3-ubyte", false},
        {"train-images-idx3-ubyte", false},
        {"mnist/train-images", false},
        {"mnist/x.idx", false},
        {"mnist/train-images-idx3-ubyte/x.idx", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *found = NULL;
        const mnn_places program = {NULL, "here", false}, compiler = {NULL, "here", true};
        ck_assert_int_eq(mnn_find(&program, rows[i].path, &found, &err), MNN_EIO);
        ck_assert_msg((strstr(err.text, "make data") != NULL) == rows[i].mnist, "%s", err.text);
        expect_text("--data DIR or MNN_DATA_PATH");
        ck_assert_int_eq(mnn_find(&compiler, rows[i].path, &found, &err), MNN_EIO);
        ck_assert_ptr_null(strstr(err.text, "--data DIR"));
    }
    expect_text("\nhint: set the folder of the files with MNN_DATA_PATH");
}
END_TEST

START_TEST(find_knows_the_spellings_of_mnists_names)
{
    static const char *const names[] = {"x-idx3-ubyte", "x.idx3-ubyte", "x_idx3-ubyte.gz"};
    static const char *const others[] = {"x-idx3-ubytes", "x+idx3-ubyte", "xidx3-ubyte", "-idx3-ubyte"};
    char *found = NULL;
    const mnn_places places = {folder, "", false};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        touch(names[i]);
        for (size_t k = 0; k < 2; k++) {
            ck_assert_msg(mnn_find(&places, names[k], &found, &err) == MNN_OK, "%s", err.text);
            ck_assert_str_eq(found, in_folder(folder, names[i]));
            free(found);
            found = mnn_idx_in_folder(folder, names[k]);
            ck_assert_str_eq(found, in_folder(folder, names[i]));
            free(found);
        }
        ck_assert_int_eq(remove(in_folder(folder, names[i])), 0);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        touch("x-idx3-ubyte");
        ck_assert_int_eq(mnn_find(&places, others[i], &found, &err), MNN_EIO);
        ck_assert_ptr_null(mnn_idx_in_folder(folder, others[i]));
    }
    /* the name as it is written comes first */
    touch("x.idx3-ubyte");
    ck_assert_int_eq(mnn_find(&places, "y/x.idx3-ubyte", &found, &err), MNN_OK);
    ck_assert_str_eq(found, in_folder(folder, "x.idx3-ubyte"));
    free(found);
}
END_TEST

START_TEST(find_says_why_it_cannot_look)
{
    char *found = NULL, name[300], search[300];
    ck_assert_int_eq(symlink("loop", in_folder(folder, "loop")), 0);
    const mnn_places loop = {in_folder(folder, "loop"), "", false};
    ck_assert_int_eq(mnn_find(&loop, "images", &found, &err), MNN_EIO);
    expect_text("/loop/images: could not open: Too many levels of symbolic links");
    ck_assert_int_eq(symlink("images.gz", in_folder(folder, "images.gz")), 0);
    const mnn_places here = {folder, "", false};
    ck_assert_int_eq(mnn_find(&here, "images", &found, &err), MNN_EIO);
    expect_text("/images.gz: could not open: Too many levels of symbolic links");
    memset(name, 'n', sizeof name);
    name[NAME_MAX + 1] = '\0';
    ck_assert_int_eq(mnn_find(&here, name, &found, &err), MNN_EIO);
    expect_text("n: could not open: File name too long");
    name[NAME_MAX] = '\0'; /* only ".gz" does not fit */
    ck_assert_int_eq(mnn_find(&here, name, &found, &err), MNN_EIO);
    expect_text("nnn: could not find it");
    touch("f");
    const mnn_places in_file = {in_folder(folder, "f"), "", false};
    ck_assert_int_eq(mnn_find(&in_file, "images", &found, &err), MNN_EIO);
    expect_text("images: could not find it");
    ck_assert_ptr_null(found);
    /* what is found behind such a place counts */
    ck_assert_int_eq(mkdir(in_folder(folder, "two"), 0777), 0);
    touch("two/images");
    snprintf(search, sizeof search, "%s/loop:%s/two", folder, folder);
    const mnn_places both = {NULL, search, false};
    ck_assert_int_eq(mnn_find(&both, "images", &found, &err), MNN_OK);
    free(found);
}
END_TEST

START_TEST(find_pair_wants_both)
{
    mnn_found found = {NULL, NULL};
    const mnn_places places = {folder, "", false};
    const mnn_source files = {"idx", "images", "labels", NULL};
    touch("images");
    ck_assert_int_eq(mnn_find_pair(&places, &files, &found, &err), MNN_EIO);
    ck_assert_ptr_null(found.samples);
    expect_text("labels: could not find it");
    touch("labels");
    ck_assert_int_eq(mnn_find_pair(&places, &files, &found, &err), MNN_OK);
    ck_assert_str_eq(found.labels, in_folder(folder, "labels"));
    mnn_found_free(&found);
}
END_TEST

START_TEST(search_path_from_the_environment)
{
    unsetenv("MNN_DATA_PATH");
    ck_assert_str_eq(mnn_search_path(), "data:/usr/share/datasets");
    setenv("MNN_DATA_PATH", "a:b", 1);
    ck_assert_str_eq(mnn_search_path(), "a:b");
}
END_TEST

/* --- load ---------------------------------------------------------------------------------------- */

START_TEST(a_pair_loads)
{
    const mnn_model model = tiny_model();
    mnn_dataset set;
    write_dots(folder, "images", "labels", 20);
    ck_assert_msg(load(&model, 0, &set) == MNN_OK, "%s", err.text);
    ck_assert_uint_eq(set.count, 20);
    const mnn_samples all = mnn_dataset_all(&set);
    ck_assert_uint_eq(all.first, 0);
    ck_assert_uint_eq(all.count, 20);
    ck_assert_uint_eq(all.set->labels.data[1], 1);
    mnn_dataset_free(&set);
}
END_TEST

START_TEST(a_limit_takes_the_first)
{
    const mnn_model model = tiny_model();
    mnn_dataset set;
    write_dots(folder, "images", "labels", 20);
    ck_assert_int_eq(load(&model, 7, &set), MNN_OK);
    ck_assert_uint_eq(set.count, 7);
    ck_assert_uint_eq(set.images.dims[0], 7); /* the others are not in memory */
    ck_assert_uint_eq(set.images.count, 7 * TINY_IN);
    ck_assert_uint_eq(set.labels.count, 7);
    mnn_dataset_free(&set);
    ck_assert_int_eq(load(&model, 100, &set), MNN_OK);
    ck_assert_uint_eq(set.count, 20);
    mnn_dataset_free(&set);
}
END_TEST

static const uint8_t zeros[256];

static mnn_status load_shape(const mnn_model *model, int rank, uint32_t count, uint32_t a, uint32_t b, uint32_t c)
{
    const uint32_t dims[] = {count, a, b, c}, label_dims[] = {count};
    mnn_dataset set;
    write_idx(in_folder(folder, "images"), rank, dims, zeros);
    write_idx(in_folder(folder, "labels"), 1, label_dims, zeros);
    const mnn_status status = load(model, 0, &set);
    if (!status)
        mnn_dataset_free(&set);
    return status;
}

START_TEST(shapes_that_fit)
{
    mnn_model model = tiny_model();
    ck_assert_int_eq(load_shape(&model, 3, 5, 2, 2, 0), MNN_OK);
    ck_assert_int_eq(load_shape(&model, 4, 5, 2, 2, 1), MNN_OK);
    ck_assert_int_eq(load_shape(&model, 2, 5, 4, 0, 0), MNN_OK);
    model.sample_rank = 1;
    model.sample_dims[0] = 4;
    ck_assert_int_eq(load_shape(&model, 3, 5, 2, 2, 0), MNN_OK);
}
END_TEST

START_TEST(shapes_that_do_not_fit)
{
    mnn_model model = tiny_model();
    ck_assert_int_eq(load_shape(&model, 3, 5, 3, 3, 0), MNN_EFORMAT);
    expect_text("/images: an image does not fit the model \"tiny\" (got 3x3, expected 2x2x1)");
    ck_assert_int_eq(load_shape(&model, 1, 5, 0, 0, 0), MNN_EFORMAT);
    expect_text("got 1 dimension, expected 2 or more");
    model.sample_dims[0] = 8; /* 8x4 against 4x8: as many numbers, another picture */
    model.sample_dims[1] = 4;
    model.sample_size = 32;
    ck_assert_int_eq(load_shape(&model, 3, 5, 4, 8, 0), MNN_EFORMAT);
    expect_text("got 4x8, expected 8x4x1");
}
END_TEST

/* A reshape takes every shape with as many values, both ways. */
START_TEST(shapes_that_are_reshaped)
{
    mnn_model model = tiny_model();
    model.reshapes = true;
    model.sample_rank = 3;
    model.sample_dims[0] = 4;
    model.sample_dims[1] = 1;
    model.sample_dims[2] = 3;
    model.sample_size = 12;
    ck_assert_msg(load_shape(&model, 3, 5, 4, 3, 0) == MNN_OK, "%s", err.text);
    ck_assert_int_eq(load_shape(&model, 3, 5, 2, 6, 0), MNN_OK);
    ck_assert_int_eq(load_shape(&model, 2, 5, 12, 0, 0), MNN_OK);
    ck_assert_int_eq(load_shape(&model, 4, 5, 12, 1, 1), MNN_OK);
    ck_assert_int_eq(load_shape(&model, 3, 5, 4, 4, 0), MNN_EFORMAT);
    expect_text("got 4x4, expected 4x1x3)");
    ck_assert_ptr_null(strstr(err.text, "hint"));
    model.reshapes = false;
    ck_assert_int_eq(load_shape(&model, 3, 5, 4, 3, 0), MNN_EFORMAT);
    expect_text("hint: a reshape in the data block takes samples of any shape with as many values");
}
END_TEST

START_TEST(one_value_a_sample_needs_no_second_dimension)
{
    mnn_model model = tiny_model();
    model.sample_rank = 1;
    model.sample_dims[0] = 1;
    model.sample_size = 1;
    ck_assert_msg(load_shape(&model, 1, 5, 0, 0, 0) == MNN_OK, "%s", err.text);
}
END_TEST

START_TEST(counts_must_agree)
{
    const mnn_model model = tiny_model();
    const uint32_t label_dims[] = {19};
    mnn_dataset set;
    write_dots(folder, "images", "labels", 20);
    write_idx(in_folder(folder, "labels"), 1, label_dims, zeros);
    ck_assert_int_eq(load(&model, 0, &set), MNN_EFORMAT);
    expect_text("/labels: expected one label per image (got 19 labels, 20 images in ");
}
END_TEST

START_TEST(labels_must_be_classes)
{
    mnn_model model = tiny_model();
    const uint32_t label_dims[] = {20};
    uint8_t label[20] = {0};
    mnn_dataset set;
    label[17] = 3;
    write_dots(folder, "images", "labels", 20);
    write_idx(in_folder(folder, "labels"), 1, label_dims, label);
    ck_assert_int_eq(load(&model, 0, &set), MNN_EFORMAT);
    expect_text("label of sample 17 is out of range (got 3, expected 0 to 2)");
    ck_assert_int_eq(load(&model, 17, &set), MNN_OK); /* not among those in use */
    mnn_dataset_free(&set);
    model.label_kind = MNN_LABEL_VALUE;
    model.classes = 0;
    model.output_size = 1;
    ck_assert_int_eq(load(&model, 0, &set), MNN_OK);
    mnn_dataset_free(&set);
}
END_TEST

/* Big-endian elements of another type than bytes. */
static void write_words(const char *name, uint8_t type, int rank, const uint32_t *dims, const void *words, size_t size)
{
    const uint8_t *from = words;
    uint8_t bytes[1024] = {0, 0, type, (uint8_t)rank};
    size_t at = 4, count = 1;
    for (int i = 0; i < rank; i++) {
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes[at++] = (uint8_t)(dims[i] >> shift);
        count *= dims[i];
    }
    ck_assert_uint_le(at + count * size, sizeof bytes);
    for (size_t i = 0; i < count; i++)
        for (size_t b = 0; b < size; b++)
            bytes[at++] = from[i * size + size - 1 - b]; /* this machine is little-endian */
    write_file(in_folder(folder, name), bytes, at);
}

START_TEST(class_numbers_may_have_any_type)
{
    const mnn_model model = tiny_model();
    const uint32_t dims[] = {4};
    const int32_t numbers[] = {0, 2, 1, 2}, large[] = {0, 2, 1, 3}, negative[] = {0, -1, 1, 2};
    const float halves[] = {0, 1, 0.5f, 2};
    const uint8_t expected[] = {0, 2, 1, 2};
    mnn_dataset set;
    write_dots(folder, "images", "labels", 4);
    write_words("labels", 0x0C, 1, dims, numbers, 4);
    ck_assert_msg(load(&model, 0, &set) == MNN_OK, "%s", err.text);
    ck_assert_mem_eq(mnn_dataset_batch(&set).labels, expected, sizeof expected);
    ck_assert_ptr_null(mnn_dataset_batch(&set).targets);
    mnn_dataset_free(&set);
    write_words("labels", 0x0C, 1, dims, large, 4);
    ck_assert_int_eq(load(&model, 0, &set), MNN_EFORMAT);
    expect_text("label of sample 3 is not a class number (got 3, expected 0 to 2)");
    ck_assert_int_eq(load(&model, 3, &set), MNN_OK); /* not among those in use */
    mnn_dataset_free(&set);
    write_words("labels", 0x0C, 1, dims, negative, 4);
    ck_assert_int_eq(load(&model, 0, &set), MNN_EFORMAT);
    expect_text("(got -1, expected 0 to 2)");
    write_words("labels", 0x0D, 1, dims, halves, 4);
    ck_assert_int_eq(load(&model, 0, &set), MNN_EFORMAT);
    expect_text("label of sample 2 is not a class number (got 0.5, expected 0 to 2)");
}
END_TEST

START_TEST(targets_have_a_column_an_output)
{
    mnn_model model = tiny_model();
    const uint32_t dims[] = {4, 3};
    const double values[] = {0.5, -1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1e30};
    mnn_dataset set;
    model.label_kind = MNN_LABEL_VALUE;
    model.classes = 0;
    model.output_size = 3;
    write_dots(folder, "images", "labels", 4);
    ck_assert_int_eq(load(&model, 0, &set), MNN_EFORMAT);
    expect_text(
        "/labels: the labels do not fit the outputs of the model \"tiny\" (got 1 value per sample, expected 3)");
    expect_text("hint: to compare class numbers with outputs, write one_hot(n)");
    write_words("labels", 0x0E, 2, dims, values, 8);
    ck_assert_msg(load(&model, 0, &set) == MNN_OK, "%s", err.text);
    const mnn_batch batch = mnn_dataset_batch(&set);
    for (int i = 0; i < 12; i++)
        ck_assert(batch.targets[i] == (float)values[i]);
    ck_assert_ptr_null(batch.labels);
    mnn_dataset_free(&set);
    model.output_size = 2;
    ck_assert_int_eq(load(&model, 0, &set), MNN_EFORMAT);
    expect_text("(got 3 values per sample, expected 2)");
}
END_TEST

START_TEST(bytes_may_be_targets)
{
    mnn_model model = tiny_model();
    mnn_dataset set;
    model.label_kind = MNN_LABEL_VALUE;
    model.output_size = 1;
    write_dots(folder, "images", "labels", 9);
    ck_assert_msg(load(&model, 0, &set) == MNN_OK, "%s", err.text);
    for (uint32_t i = 0; i < 9; i++) /* as write_dots() makes them */
        ck_assert(mnn_dataset_batch(&set).targets[i] == (float)((i * 7 + i / 5) % TINY_CLASSES));
    mnn_dataset_free(&set);
}
END_TEST

START_TEST(inputs_of_floats_need_no_labels)
{
    mnn_model model = tiny_model();
    const uint32_t dims[] = {2, 4};
    const float values[] = {0.25f, -1, 2, 3, 4, 5, -6, 7};
    const mnn_source files = {"idx", "images", NULL, NULL};
    const mnn_places places = {folder, "", false};
    mnn_found found;
    mnn_dataset set;
    model.label_kind = MNN_LABEL_INPUT;
    model.output_size = 4;
    write_words("images", 0x0D, 2, dims, values, 4);
    ck_assert_msg(mnn_find_pair(&places, &files, &found, &err) == MNN_OK, "%s", err.text);
    ck_assert_ptr_null(found.labels);
    ck_assert_msg(mnn_dataset_load(&model, &model.train, &found, 0, &set, &err) == MNN_OK, "%s", err.text);
    ck_assert_mem_eq(mnn_dataset_batch(&set).inputs, values, sizeof values);
    ck_assert_ptr_null(mnn_dataset_batch(&set).images);
    ck_assert_ptr_null(mnn_dataset_batch(&set).labels);
    mnn_dataset_free(&set);
    mnn_found_free(&found);
}
END_TEST

/* Pictures of three channels: height, width, channels as in the file. */
START_TEST(pictures_may_have_channels)
{
    mnn_model model = tiny_model();
    const uint32_t dims[] = {20, 2, 1, 2}, swapped[] = {20, 1, 2, 2};
    uint8_t pixels[80] = {0};
    mnn_dataset set;
    model.sample_dims[0] = 2;
    model.sample_dims[1] = 1;
    model.sample_dims[2] = 2;
    write_dots(folder, "images", "labels", 20);
    write_idx(in_folder(folder, "images"), 4, dims, pixels);
    ck_assert_msg(load(&model, 0, &set) == MNN_OK, "%s", err.text);
    mnn_dataset_free(&set);
    write_idx(in_folder(folder, "images"), 4, swapped, pixels);
    ck_assert_int_eq(load(&model, 0, &set), MNN_EFORMAT);
    expect_text("(got 1x2x2, expected 2x1x2)");
}
END_TEST

START_TEST(labels_must_have_one_dimension)
{
    const mnn_model model = tiny_model();
    const uint32_t dims[] = {10, 2};
    mnn_dataset set;
    write_dots(folder, "images", "labels", 20);
    write_idx(in_folder(folder, "labels"), 2, dims, zeros);
    ck_assert_int_eq(load(&model, 0, &set), MNN_EFORMAT);
    expect_text("/labels");
}
END_TEST

START_TEST(missing_files_are_io_errors)
{
    const mnn_model model = tiny_model();
    mnn_dataset set;
    ck_assert_int_eq(load(&model, 0, &set), MNN_EIO);
    expect_text("could not open");
}
END_TEST

/* --- split and fingerprint ----------------------------------------------------------------------- */

START_TEST(split_as_keras)
{
    static const struct {
        uint32_t count;
        double share;
        uint32_t kept;
    } rows[] = {{20, 0.1, 18}, {20, 0.0, 20}, {7, 0.5, 3}, {10, 0.25, 7}, {3, 0.4, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mnn_dataset set = {.count = rows[i].count};
        mnn_samples training, validation;
        const mnn_model model = {.validation_split = rows[i].share, .validation_order = MNN_SPLIT_LAST};
        ck_assert_int_eq(mnn_dataset_split(&set, &model, &training, &validation, &err), MNN_OK);
        ck_assert_ptr_null(training.order);
        ck_assert_uint_eq(training.first, 0);
        ck_assert_uint_eq(training.count, rows[i].kept);
        ck_assert_uint_eq(validation.first, rows[i].kept);
        ck_assert_uint_eq(validation.count, rows[i].count - rows[i].kept);
    }
}
END_TEST

START_TEST(split_must_leave_something)
{
    mnn_dataset set = {.count = 1};
    mnn_samples training, validation;
    const mnn_model model = {.validation_split = 0.5};
    ck_assert_int_eq(mnn_dataset_split(&set, &model, &training, &validation, &err), MNN_EFORMAT);
    expect_text("validation split of 0.5 leaves nothing to train on");
}
END_TEST

enum { SPLIT_MOST = 600, SPLIT_CLASSES = 5 };

/* A set of class numbers in order: so many samples of every class. */
static mnn_dataset sorted_set(const uint32_t per_class[SPLIT_CLASSES], uint8_t labels[SPLIT_MOST])
{
    uint32_t count = 0;
    for (int c = 0; c < SPLIT_CLASSES; c++)
        for (uint32_t i = 0; i < per_class[c]; i++)
            labels[count++] = (uint8_t)c;
    return (mnn_dataset){.labels = {.rank = 1, .dims = {count}, .count = count, .data = labels}, .count = count};
}

/* Both parts together are every sample once, training in the order of the file.
 * @param held  filled: samples held out of every class */
static void expect_parts(const mnn_dataset *set, const mnn_samples *training, const mnn_samples *validation,
                         uint32_t held[SPLIT_CLASSES])
{
    bool seen[SPLIT_MOST] = {false};
    memset(held, 0, SPLIT_CLASSES * sizeof *held);
    ck_assert_uint_eq(training->count + validation->count, set->count);
    for (uint32_t i = 0; i < training->count; i++) {
        const uint32_t sample = mnn_sample_number(training, i);
        ck_assert(!seen[sample] && (i == 0 || sample > mnn_sample_number(training, i - 1)));
        seen[sample] = true;
    }
    for (uint32_t i = 0; i < validation->count; i++) {
        const uint32_t sample = mnn_sample_number(validation, i);
        ck_assert(!seen[sample]);
        seen[sample] = true;
        held[set->labels.data ? set->labels.data[sample] : set->labels.values[sample] > 0]++;
    }
}

START_TEST(split_takes_every_class_by_its_share)
{
    static const struct {
        uint32_t per_class[SPLIT_CLASSES];
        double share;
        uint32_t held[SPLIT_CLASSES];
    } rows[] = {
        {{100, 100, 100, 100, 100}, 0.1, {10, 10, 10, 10, 10}},
        {{20, 20, 20}, 0.3, {6, 6, 6}},
        {{300, 30, 10}, 0.1, {30, 3, 1}},
        {{4, 4, 4, 4, 4}, 0.1, {1, 1, 0, 0, 0}}, /* the largest remainders, the first of equals */
        {{1, 1, 1, 1, 6}, 0.4, {0, 0, 0, 0, 4}}, /* the last of a class stays */
        {{1, 1, 1}, 0.4, {1, 1, 0}},             /* if it can */
    };
    uint8_t labels[SPLIT_MOST];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t held[SPLIT_CLASSES];
        mnn_samples training, validation;
        mnn_dataset set = sorted_set(rows[i].per_class, labels);
        const mnn_model model = {.validation_split = rows[i].share, .seed = 7};
        ck_assert_int_eq(mnn_dataset_split(&set, &model, &training, &validation, &err), MNN_OK);
        expect_parts(&set, &training, &validation, held);
        for (int c = 0; c < SPLIT_CLASSES; c++)
            ck_assert_msg(held[c] == rows[i].held[c], "row %zu, class %d: got %u", i, c, (unsigned)held[c]);
        free(set.order);
    }
}
END_TEST

START_TEST(split_takes_two_targets_as_classes)
{
    float values[100];
    for (int i = 0; i < 100; i++)
        values[i] = i < 90 ? 0 : 1;
    mnn_dataset set = {.labels = {.rank = 2, .dims = {100, 1}, .count = 100, .values = values}, .count = 100};
    uint32_t held[SPLIT_CLASSES];
    mnn_samples training, validation;
    const mnn_model model = {.validation_split = 0.2, .label_kind = MNN_LABEL_VALUE};
    ck_assert_int_eq(mnn_dataset_split(&set, &model, &training, &validation, &err), MNN_OK);
    expect_parts(&set, &training, &validation, held);
    ck_assert_uint_eq(held[0], 18);
    ck_assert_uint_eq(held[1], 2);
    free(set.order);
}
END_TEST

/* The order is pinned: it may not change between versions, as a resumed training must validate on the same samples. */
START_TEST(split_is_a_function_of_the_seed)
{
    static const uint32_t per_class[SPLIT_CLASSES] = {10, 10}, pinned[] = {6, 7, 10, 16};
    uint8_t labels[SPLIT_MOST];
    uint32_t first[20];
    mnn_samples training, validation;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        for (int again = 0; again < 2; again++) {
            mnn_dataset set = sorted_set(per_class, labels);
            const mnn_model model = {.validation_split = 0.2, .seed = seed};
            ck_assert_int_eq(mnn_dataset_split(&set, &model, &training, &validation, &err), MNN_OK);
            ck_assert_uint_eq(validation.count, 4);
            for (uint32_t i = 0; i < 4 && seed == 1; i++)
                ck_assert_uint_eq(mnn_sample_number(&validation, i), pinned[i]);
            ck_assert_int_eq(memcmp(first, set.order, sizeof first) == 0, again);
            memcpy(first, set.order, sizeof first);
            free(set.order);
        }
    }
}
END_TEST

START_TEST(split_without_classes_is_shuffled)
{
    static const uint32_t per_class[SPLIT_CLASSES] = {100, 100, 100, 100, 100};
    uint8_t labels[SPLIT_MOST];
    uint32_t held[SPLIT_CLASSES], before = 0;
    mnn_samples training, validation;
    mnn_dataset set = sorted_set(per_class, labels);
    const mnn_model model = {.validation_split = 0.1, .validation_order = MNN_SPLIT_SHUFFLED, .seed = 3};
    ck_assert_int_eq(mnn_dataset_split(&set, &model, &training, &validation, &err), MNN_OK);
    expect_parts(&set, &training, &validation, held);
    for (int c = 0; c < SPLIT_CLASSES; c++)
        before += held[c] == 10;
    ck_assert_uint_lt(before, SPLIT_CLASSES);
    free(set.order);
}
END_TEST

START_TEST(fingerprints_differ)
{
    const mnn_model model = tiny_model();
    char a[MNN_FINGERPRINT_SIZE], b[MNN_FINGERPRINT_SIZE], c[MNN_FINGERPRINT_SIZE];
    mnn_dataset set;
    write_dots(folder, "images", "labels", 20);
    ck_assert_int_eq(load(&model, 0, &set), MNN_OK);
    mnn_dataset_fingerprint(&set, a);
    mnn_dataset_free(&set);
    ck_assert_int_eq(load(&model, 10, &set), MNN_OK);
    mnn_dataset_fingerprint(&set, b);
    mnn_dataset_free(&set);
    const uint32_t dims[] = {20};
    write_idx(in_folder(folder, "labels"), 1, dims, zeros);
    ck_assert_int_eq(load(&model, 0, &set), MNN_OK);
    mnn_dataset_fingerprint(&set, c);
    mnn_dataset_free(&set);
    ck_assert_uint_eq(strlen(a), 32);
    ck_assert_uint_eq(strspn(a, "0123456789abcdef"), 32);
    ck_assert_str_ne(a, b);
    ck_assert_str_ne(a, c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dataset");
    TCase *find = tcase_create("find"), *sets = tcase_create("load");
    tcase_add_checked_fixture(find, setup, teardown);
    tcase_add_test(find, find_goes_along_the_path);
    tcase_add_test(find, find_uses_only_the_data_folder);
    tcase_add_test(find, find_looks_in_the_current_folder_first);
    tcase_add_test(find, find_takes_an_absolute_path_as_it_is);
    tcase_add_test(find, find_says_where_it_looked);
    tcase_add_test(find, find_hints_at_mnist_where_it_is_meant);
    tcase_add_test(find, find_knows_the_spellings_of_mnists_names);
    tcase_add_test(find, find_says_why_it_cannot_look);
    tcase_add_test(find, find_pair_wants_both);
    tcase_add_test(find, search_path_from_the_environment);
    suite_add_tcase(suite, find);
    tcase_add_checked_fixture(sets, setup, teardown);
    tcase_add_test(sets, a_pair_loads);
    tcase_add_test(sets, a_limit_takes_the_first);
    tcase_add_test(sets, shapes_that_fit);
    tcase_add_test(sets, shapes_that_do_not_fit);
    tcase_add_test(sets, shapes_that_are_reshaped);
    tcase_add_test(sets, one_value_a_sample_needs_no_second_dimension);
    tcase_add_test(sets, counts_must_agree);
    tcase_add_test(sets, labels_must_be_classes);
    tcase_add_test(sets, class_numbers_may_have_any_type);
    tcase_add_test(sets, targets_have_a_column_an_output);
    tcase_add_test(sets, bytes_may_be_targets);
    tcase_add_test(sets, inputs_of_floats_need_no_labels);
    tcase_add_test(sets, pictures_may_have_channels);
    tcase_add_test(sets, labels_must_have_one_dimension);
    tcase_add_test(sets, missing_files_are_io_errors);
    tcase_add_test(sets, split_as_keras);
    tcase_add_test(sets, split_must_leave_something);
    tcase_add_test(sets, split_takes_every_class_by_its_share);
    tcase_add_test(sets, split_takes_two_targets_as_classes);
    tcase_add_test(sets, split_is_a_function_of_the_seed);
    tcase_add_test(sets, split_without_classes_is_shuffled);
    tcase_add_test(sets, fingerprints_differ);
    suite_add_tcase(suite, sets);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
