/* Data that are well-formed and likely wrong: what is said of them, and that nothing is said of reasonable data. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "data/advice.h"

enum { SAMPLES = 200, SIZE = 12, MOST = SAMPLES * SIZE };

static char text[MNN_ADVICE];

/* A number in [0, 1) that depends on i. */
static double noise(int i)
{
    return (double)((uint32_t)i * 2654435761u >> 8) / (1 << 24);
}

/* Bytes or floats from low to high, in the shape (2, 2, 3) or (12). */
typedef struct data {
    mnn_model model;
    mnn_array idx;
    uint8_t bytes[MOST];
    float floats[MOST];
} data;

static data *make(bool bytes, bool table, double low, double high, double scale, double shift)
{
    static data d;
    memset(&d, 0, sizeof d);
    d.model = (mnn_model){.sample_rank = 3,
                          .sample_dims = {2, 2, 3},
                          .sample_size = SIZE,
                          .reshapes = true,
                          .scale = (float)scale,
                          .shift = (float)shift};
    d.idx = (mnn_array){.rank = 4, .dims = {SAMPLES, 2, 2, 3}, .total = SAMPLES, .count = MOST};
    if (table) {
        d.model.sample_rank = 1;
        d.model.sample_dims[0] = SIZE;
        d.idx.rank = 2;
        d.idx.dims[1] = SIZE;
    }
    for (int i = 0; i < MOST; i++) {
        const double x = i == 0 ? low : i == 1 ? high : low + (high - low) * noise(i);
        d.bytes[i] = (uint8_t)x;
        d.floats[i] = (float)x;
    }
    if (bytes)
        d.idx.data = d.bytes;
    else
        d.idx.values = d.floats;
    return &d;
}

static void expect(const data *d, const char *part, const char *hint)
{
    ck_assert_msg(mnn_advise_values(&d->model, &d->idx, text), "nothing is said");
    ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in \"%s\"", part, text);
    ck_assert_msg(!hint || strstr(text, hint) != NULL, "no \"%s\" in \"%s\"", hint, text);
}

static void expect_silence(const data *d)
{
    ck_assert_msg(!mnn_advise_values(&d->model, &d->idx, text), "\"%s\"", text);
    ck_assert_str_eq(text, "");
}

/* normalize(mean, std) */
static data *normalized(bool bytes, double low, double high, double mean, double std)
{
    return make(bytes, false, low, high, 1 / std, -mean / std);
}

START_TEST(ranges_that_train_badly)
{
    expect(make(false, false, 0, 1, 1 / 255.0, 0), "all between 0 and 0.003922 (0 to 1 in the file)",
           "hint: the values of the file are already 0 to 1: remove scale and normalize");
    expect(make(true, false, 0, 1, 1 / 255.0, 0), "all between 0 and 0.003922", "remove scale and normalize");
    expect(make(false, true, -3, 3, 1 / 512.0, 0), "all between -0.005859 and 0.005859", NULL);
    expect(normalized(false, 0, 1, 33, 78), "all between -0.4231 and -0.4103", "remove scale and normalize");
    expect(normalized(false, -1, 1, 127.5, 127.5), "between -1.008 and -0.9922", "remove scale and normalize");
    expect(make(false, false, 0, 0.001, 1, 0), "all between 0 and 0.001", "hint: write normalize(0.000");
    expect(make(true, false, 0, 255, 1, 0), "are between 0 and 255 (0 to 255 in the file)",
           "hint: write scale(1/255) in");
    expect(make(true, true, 0, 255, 1, 0), "are between 0 and 255", "hint: write scale(1/255) in");
    expect(make(false, false, 0, 255, 1, 0), "are between 0 and 255", "hint: write scale(1/255) in");
    expect(make(true, false, 0, 255, -1, 0), "are between -255 and 0", "write scale(1/255) before them");
    expect(normalized(true, 0, 255, 0.1307, 0.3081), "are between -0.4242 and 827.2", "write scale(1/255) before them");
    expect(make(false, false, 900, 1100, 1, 0), "are between 900 and 1100", "hint: write normalize(");
    expect(make(false, true, -40000, 40000, 1, 0), "are between -4e+04 and 4e+04",
           "hint: scale every column of the file to mean 0");
}
END_TEST

START_TEST(a_column_that_is_raw)
{
    data *d = make(false, true, -2, 2, 1, 0);
    for (int i = 3; i < MOST; i += SIZE)
        d->floats[i] = (float)(1000 + 100 * noise(i));
    expect(d, "are between -2 and 11", "hint: scale every column");
}
END_TEST

START_TEST(data_that_are_constant)
{
    expect(make(true, false, 7, 7, 1, 0), "all values are the same (7 in the file, 7 for the model)", NULL);
    expect(make(false, true, 0, 0, 2, 1), "all values are the same (0 in the file, 1 for the model)", NULL);
    data *d = make(false, true, -1, 1, 1, 0);
    for (int i = SIZE; i < MOST; i++)
        d->floats[i] = d->floats[i % SIZE];
    expect(d, "all samples are the same", NULL);
}
END_TEST

START_TEST(nothing_is_said_of_reasonable_data)
{
    expect_silence(make(true, false, 0, 255, 1 / 255.0, 0));
    expect_silence(make(true, true, 0, 255, 1 / 127.5, -1));
    expect_silence(make(true, false, 0, 1, 1, 0)); /* masks */
    expect_silence(make(false, false, 0, 1, 1, 0));
    expect_silence(make(false, true, -4, 4, 1, 0));
    expect_silence(make(false, true, 0, 30, 1, 0));
    expect_silence(normalized(true, 0, 255, 33, 78));
    expect_silence(normalized(false, 0, 1, 0.1307, 0.3081));
    data *d = make(false, true, -3, 3, 1, 0);
    for (int i = 0; i < 5; i++) /* values far away in a few samples */
        d->floats[i * 100] = 500;
    expect_silence(d);
}
END_TEST

/* A first layer that normalises takes any range that is not narrow. */
START_TEST(batchnorm_takes_large_values)
{
    data *d = make(false, true, -40000, 40000, 1, 0);
    d->model.normalises = true;
    expect_silence(d);
    d->model.normalises = false;
    expect(d, "are between", NULL);
    d = make(false, false, 0, 1, 1 / 255.0, 0);
    d->model.normalises = true;
    expect(d, "all between 0 and 0.003922", NULL);
}
END_TEST

START_TEST(axes_that_reshape_does_not_swap)
{
    data *d = make(true, false, 0, 255, 1 / 255.0, 0);
    ck_assert(!mnn_advise_reshape(&d->model, &d->idx, text));
    d->idx.dims[1] = 3;
    d->idx.dims[3] = 2;
    ck_assert(mnn_advise_reshape(&d->model, &d->idx, text));
    ck_assert_ptr_nonnull(strstr(text, "samples of (3, 2, 2) become (2, 2, 3)"));
    d->model.reshapes = false;
    ck_assert(!mnn_advise_reshape(&d->model, &d->idx, text));
    d = make(true, false, 0, 255, 1, 0);
    d->idx.rank = 3; /* (4, 3) to (2, 2, 3), (1, 4, 3) and (12) */
    d->idx.dims[1] = 4;
    d->idx.dims[2] = 3;
    ck_assert(!mnn_advise_reshape(&d->model, &d->idx, text));
    d->model.sample_dims[0] = 1;
    d->model.sample_dims[1] = 4;
    ck_assert(!mnn_advise_reshape(&d->model, &d->idx, text));
    d->model.sample_rank = 1;
    d->model.sample_dims[0] = 12;
    ck_assert(!mnn_advise_reshape(&d->model, &d->idx, text));
}
END_TEST

/* --- classes ---------------------------------------------------------------------------------------- */

static void expect_classes(const uint32_t *training, const uint32_t *other, int count, bool split, const char *part)
{
    uint32_t a[MNN_CHECK_CLASSES] = {0}, b[MNN_CHECK_CLASSES] = {0};
    memcpy(a, training, (size_t)count * sizeof *a);
    memcpy(b, other, (size_t)count * sizeof *b);
    const bool said = mnn_advise_classes(a, b, "validation", split, text);
    ck_assert_msg(said == (part != NULL), "said: \"%s\"", text);
    ck_assert_msg(!part || strstr(text, part) != NULL, "no \"%s\" in \"%s\"", part, text);
}

START_TEST(classes_that_training_never_sees)
{
    expect_classes(
        (uint32_t[]){20, 20, 0}, (uint32_t[]){0, 0, 18}, 3, true,
        "the validation set has classes that training never sees: 2 (18 of its 18 samples)\nhint: is the file "
        "sorted by class?");
    expect_classes((uint32_t[]){9, 0, 0, 0, 0, 0, 0}, (uint32_t[]){5, 1, 1, 1, 1, 1, 1}, 7, false,
                   "never sees: 1, 2, 3 and 3 more (6 of its 11 samples)\nhint: shuffle all samples");
    expect_classes((uint32_t[]){9, 0, 0}, (uint32_t[]){5, 1, 1}, 3, false, "never sees: 1 and 2 (2 of its 7 samples)");
    expect_classes((uint32_t[]){9, 9, 9}, (uint32_t[]){5, 1, 0}, 3, false, NULL);
    expect_classes((uint32_t[]){9, 9, 9}, (uint32_t[]){0, 0, 0}, 3, true, NULL);
}
END_TEST

START_TEST(classes_that_a_split_should_have)
{
    expect_classes((uint32_t[]){20, 20, 2}, (uint32_t[]){0, 0, 18}, 3, true,
                   "has no samples of classes that training has: "
                   "0 and 1\nhint: is the file sorted");
    expect_classes((uint32_t[]){20, 20, 14}, (uint32_t[]){0, 0, 6}, 3, true, "0 and 1");
    expect_classes((uint32_t[]){500, 500, 150}, (uint32_t[]){50, 60, 0}, 3, true, "training has: 2");
    expect_classes((uint32_t[]){500, 500, 20}, (uint32_t[]){50, 60, 0}, 3, true, NULL); /* a rare class */
    expect_classes((uint32_t[]){5, 5, 5}, (uint32_t[]){1, 0, 0}, 3, true, NULL);
    expect_classes((uint32_t[]){500, 500, 100}, (uint32_t[]){50, 60, 0}, 3, false, NULL); /* files of their own */
    uint32_t many[100], drawn[100];
    for (int i = 0; i < 100; i++) { /* 100 of 100 classes: about a third of them is missing */
        many[i] = 9;
        drawn[i] = (uint32_t)(i % 3 == 0 ? 0 : 1 + (i % 3 == 1));
    }
    expect_classes(many, drawn, 100, true, NULL);
}
END_TEST

START_TEST(a_single_class_is_nothing_to_learn)
{
    uint32_t counts[MNN_CHECK_CLASSES] = {[4] = 10};
    ck_assert(mnn_advise_single_class(counts, text));
    ck_assert_ptr_nonnull(strstr(text, "all 10 training samples are of class 4"));
    counts[255] = 1;
    ck_assert(!mnn_advise_single_class(counts, text));
}
END_TEST

START_TEST(classes_are_counted)
{
    uint32_t counts[MNN_CHECK_CLASSES];
    uint8_t numbers[] = {0, 3, 3, 1};
    float two[] = {-1, 1, 1, 1}, three[] = {0, 1, 2, 1};
    mnn_dataset set = {.labels = {.rank = 1, .dims = {4}, .count = 4, .data = numbers}, .count = 4};
    mnn_samples samples = {&set, 1, 3, NULL};
    ck_assert(mnn_count_classes(&samples, counts));
    ck_assert_uint_eq(counts[0], 0);
    ck_assert_uint_eq(counts[1], 1);
    ck_assert_uint_eq(counts[3], 2);
    set.labels.data = NULL;
    set.labels.values = two;
    ck_assert(mnn_count_classes(&samples, counts));
    ck_assert_uint_eq(counts[0], 0);
    ck_assert_uint_eq(counts[1], 3);
    set.labels.values = three;
    ck_assert(!mnn_count_classes(&samples, counts));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("advice");
    TCase *values = tcase_create("values"), *classes = tcase_create("classes");
    tcase_add_test(values, ranges_that_train_badly);
    tcase_add_test(values, a_column_that_is_raw);
    tcase_add_test(values, data_that_are_constant);
    tcase_add_test(values, nothing_is_said_of_reasonable_data);
    tcase_add_test(values, batchnorm_takes_large_values);
    tcase_add_test(values, axes_that_reshape_does_not_swap);
    suite_add_tcase(suite, values);
    tcase_add_test(classes, classes_that_training_never_sees);
    tcase_add_test(classes, classes_that_a_split_should_have);
    tcase_add_test(classes, a_single_class_is_nothing_to_learn);
    tcase_add_test(classes, classes_are_counted);
    suite_add_tcase(suite, classes);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
