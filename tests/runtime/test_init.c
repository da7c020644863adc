/* First values: each initializer has the distribution it is named after. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/math.h"

enum { SIZE = 50000 };

static float values[SIZE];

static void draw(mnn_initializer initializer, double a, double b, int index, uint64_t seed)
{
    const mnn_tensor t = {
        .name = "t", .rank = 1, .dims = {SIZE}, .size = SIZE, .initializer = initializer, .a = a, .b = b};
    for (int i = 0; i < SIZE; i++)
        values[i] = NAN;
    mnn_initialize_tensor(&t, index, seed, values);
}

typedef struct moments {
    double mean, deviation, skewness, kurtosis, low, high;
} moments;

static moments measure(void)
{
    moments m = {.low = INFINITY, .high = -INFINITY};
    for (int i = 0; i < SIZE; i++) {
        m.mean += (double)values[i] / SIZE;
        m.low = fmin(m.low, (double)values[i]);
        m.high = fmax(m.high, (double)values[i]);
    }
    double m2 = 0, m3 = 0, m4 = 0;
    for (int i = 0; i < SIZE; i++) {
        const double d = (double)values[i] - m.mean;
        m2 += d * d / SIZE;
        m3 += d * d * d / SIZE;
        m4 += d * d * d * d / SIZE;
    }
    m.deviation = sqrt(m2);
    m.skewness = m3 / pow(m2, 1.5);
    m.kurtosis = m4 / (m2 * m2);
    return m;
}

static int ascending(const void *x, const void *y)
{
    const float a = *(const float *)x, b = *(const float *)y;
    return (a > b) - (a < b);
}

/** Kolmogorov's statistic: the largest distance of the values' distribution from the one given; sorts
 *  values. Below 1.95 / sqrt(SIZE) = 0.0087 in 999 of 1000 cases. */
static double kolmogorov(double (*cumulative)(double), double a, double b)
{
    qsort(values, SIZE, sizeof *values, ascending);
    double largest = 0;
    for (int i = 0; i < SIZE; i++) {
        const double p = cumulative(((double)values[i] - a) / b);
        largest = fmax(largest, fmax(p - (double)i / SIZE, (double)(i + 1) / SIZE - p));
    }
    return largest;
}

static double normal_cumulative(double x)
{
    return 0.5 * erfc(-x / sqrt(2.0));
}

static double truncated_cumulative(double x)
{
    const double tail = normal_cumulative(-2);
    return (normal_cumulative(x) - tail) / (1 - 2 * tail);
}

static double uniform_cumulative(double x)
{
    return x;
}

static double correlation_at(int lag)
{
    const moments m = measure();
    double sum = 0;
    for (int i = 0; i + lag < SIZE; i++)
        sum += ((double)values[i] - m.mean) * ((double)values[i + lag] - m.mean);
    return sum / SIZE / (m.deviation * m.deviation);
}

START_TEST(constants)
{
    static const struct {
        mnn_initializer initializer;
        float value;
    } cases[] = {{MNN_INIT_ZEROS, 0.0f}, {MNN_INIT_ONES, 1.0f}, {MNN_INIT_CONSTANT, 0.1f}};
    draw(cases[_i].initializer, 0.1, 7, 0, 1);
    for (int i = 0; i < SIZE; i++)
        ck_assert(values[i] == cases[_i].value);
}
END_TEST

START_TEST(uniform)
{
    draw(MNN_INIT_UNIFORM, -0.25, 0.75, 3, 1);
    const moments m = measure();
    ck_assert_double_eq_tol(m.mean, 0.25, 0.004);
    ck_assert_double_eq_tol(m.deviation, 1 / sqrt(12.0), 0.002);
    ck_assert_double_ge(m.low, -0.25);
    ck_assert_double_lt(m.high, 0.75);
    ck_assert_double_lt(m.low, -0.2499);
    ck_assert_double_gt(m.high, 0.7499);
    ck_assert_double_lt(kolmogorov(uniform_cumulative, -0.25, 1.0), 0.0087);
}
END_TEST

START_TEST(uniform_never_reaches_its_end)
{
    /* Between 2^24 and 2^24 + 2 there is no float inside: only the lower end may come out. */
    draw(MNN_INIT_UNIFORM, 16777216.0, 16777218.0, 0, 1);
    for (int i = 0; i < SIZE; i++)
        ck_assert(values[i] == 16777216.0f);
}
END_TEST

START_TEST(normal)
{
    draw(MNN_INIT_NORMAL, 1.0, 0.5, 0, 2);
    const moments m = measure();
    ck_assert_double_eq_tol(m.mean, 1.0, 0.007);
    ck_assert_double_eq_tol(m.deviation, 0.5, 0.005);
    ck_assert_double_eq_tol(m.skewness, 0, 0.04);
    ck_assert_double_eq_tol(m.kurtosis, 3, 0.08);
    ck_assert_double_gt(m.high, 1.0 + 3.5 * 0.5); /* tails that a sum of a few uniforms would lack */
    ck_assert_double_lt(m.low, 1.0 - 3.5 * 0.5);
    ck_assert_double_lt(kolmogorov(normal_cumulative, 1.0, 0.5), 0.0087);
}
END_TEST

START_TEST(truncated_normal)
{
    draw(MNN_INIT_TRUNCATED_NORMAL, 0.0, 0.1, 0, 3);
    const moments m = measure();
    ck_assert_double_eq_tol(m.mean, 0, 0.002);
    ck_assert_double_eq_tol(m.deviation, 0.1 * 0.87962566103423978, 0.001);
    ck_assert_double_le(m.high, 0.2 * (1 + 1e-6));
    ck_assert_double_ge(m.low, -0.2 * (1 + 1e-6));
    ck_assert_double_gt(m.high, 0.199);
    ck_assert_double_lt(m.low, -0.199);
    ck_assert_double_lt(kolmogorov(truncated_cumulative, 0.0, 0.1), 0.0087);
}
END_TEST

START_TEST(truncation_changes_only_what_lies_outside)
{
    static float whole[SIZE];
    draw(MNN_INIT_NORMAL, 0.0, 1.0, 4, 9);
    memcpy(whole, values, sizeof whole);
    draw(MNN_INIT_TRUNCATED_NORMAL, 0.0, 1.0, 4, 9);
    int redrawn = 0;
    for (int i = 0; i < SIZE; i++) {
        ck_assert(fabsf(whole[i]) > 2.0f || whole[i] == values[i]);
        redrawn += whole[i] != values[i];
    }
    ck_assert_int_gt(redrawn, SIZE / 25); /* 4.55 % */
    ck_assert_int_lt(redrawn, SIZE / 20);
}
END_TEST

START_TEST(neighbours_are_independent)
{
    static const mnn_initializer kinds[] = {MNN_INIT_UNIFORM, MNN_INIT_NORMAL, MNN_INIT_TRUNCATED_NORMAL};
    draw(kinds[_i], 0, 1, 2, 6);
    for (int lag = 1; lag <= 5; lag++)
        ck_assert_double_eq_tol(correlation_at(lag), 0, 0.018); /* four standard errors */
}
END_TEST

/** Share of equal values in two draws. */
static int equal_to(const float *other)
{
    int same = 0;
    for (int i = 0; i < SIZE; i++)
        same += values[i] == other[i];
    return same;
}

/** The same matrix before and after: rows x columns, in the shape [rows / 2, 2, columns]. */
static void draw_matrices(int rows, int columns, double gain, float *a, float *q)
{
    mnn_tensor t = {.name = "t",
                    .rank = 3,
                    .dims = {rows / 2, 2, columns},
                    .size = rows * columns,
                    .initializer = MNN_INIT_NORMAL,
                    .a = 0,
                    .b = 1};
    mnn_initialize_tensor(&t, 5, 9, a);
    t.initializer = MNN_INIT_ORTHOGONAL;
    t.a = gain;
    mnn_initialize_tensor(&t, 5, 9, q);
}

/** Sum over e of x[e] y[e] for two vectors in matrices. */
static double product(const float *x, const float *y, int length, int step)
{
    double sum = 0;
    for (int e = 0; e < length; e++)
        sum += (double)x[e * step] * (double)y[e * step];
    return sum;
}

/** The vectors of q are orthogonal, gain long, and vector v of a is a sum of those of q up to v, with a
 *  positive share of the last: that is the Q of the one QR decomposition with a positive diagonal. */
static void check_orthogonal(int rows, int columns, double gain)
{
    static float a[20000], q[20000];
    ck_assert_int_le(rows * columns, 20000);
    draw_matrices(rows, columns, gain, a, q);
    const bool tall = rows >= columns;
    const int count = tall ? columns : rows, length = tall ? rows : columns;
    const int vector = tall ? 1 : columns, element = tall ? columns : 1;
    for (int v = 0; v < count; v++) {
        for (int u = 0; u <= v; u++)
            ck_assert_double_eq_tol(product(q + u * vector, q + v * vector, length, element), u == v ? gain * gain : 0,
                                    2e-6 * gain * gain);
        for (int u = v + 1; u < count; u++)
            ck_assert_double_eq_tol(product(q + u * vector, a + v * vector, length, element), 0, 1e-4 * fabs(gain));
        ck_assert_double_gt(product(q + v * vector, a + v * vector, length, element) / gain, 0);
    }
}

START_TEST(orthogonal)
{
    check_orthogonal(40, 30, 1);
    check_orthogonal(30, 40, 1);
    check_orthogonal(100, 100, 1.5);
    check_orthogonal(2, 5000, 1);
    check_orthogonal(200, 1, -3);
    check_orthogonal(150, 130, 0.01);
}
END_TEST

START_TEST(values_are_a_function_of_seed_tensor_element)
{
    static float first[SIZE];
    draw(MNN_INIT_NORMAL, 0, 1, 0, 1);
    memcpy(first, values, sizeof first);
    draw(MNN_INIT_NORMAL, 0, 1, 0, 1);
    ck_assert_int_eq(equal_to(first), SIZE);
    draw(MNN_INIT_NORMAL, 0, 1, 1, 1);
    ck_assert_int_lt(equal_to(first), 10);
    draw(MNN_INIT_NORMAL, 0, 1, 0, 2);
    ck_assert_int_lt(equal_to(first), 10);

    const mnn_tensor shorter = {.name = "t", .rank = 1, .dims = {6}, .size = 6, .initializer = MNN_INIT_NORMAL, .b = 1};
    float few[7] = {0, 0, 0, 0, 0, 0, -77};
    mnn_initialize_tensor(&shorter, 0, 1, few);
    for (int i = 0; i < 6; i++)
        ck_assert(few[i] == first[i]);
    ck_assert(few[6] == -77.0f);
}
END_TEST

START_TEST(a_model_is_filled_tensor_by_tensor)
{
    const mnn_tensor tensors[] = {
        {.name = "a.kernel",
         .rank = 2,
         .dims = {2, 3},
         .offset = 0,
         .size = 6,
         .initializer = MNN_INIT_UNIFORM,
         .a = -1,
         .b = 1},
        {.name = "a.bias", .rank = 1, .dims = {3}, .offset = 8, .size = 3, .initializer = MNN_INIT_ONES},
        {.name = "b.kernel",
         .rank = 2,
         .dims = {2, 3},
         .offset = 11,
         .size = 6,
         .initializer = MNN_INIT_UNIFORM,
         .a = -1,
         .b = 1},
    };
    float params[18], expected[6];
    for (int i = 0; i < 18; i++)
        params[i] = -9;
    const mnn_model model = {.tensor_count = 3, .tensors = tensors, .param_count = 18, .params = params};
    mnn_initialize(&model, 5);

    mnn_initialize_tensor(&tensors[0], 0, 5, expected);
    ck_assert_mem_eq(params, expected, sizeof expected);
    mnn_initialize_tensor(&tensors[2], 2, 5, expected);
    ck_assert_mem_eq(params + 11, expected, sizeof expected);
    ck_assert_mem_ne(params, params + 11, sizeof expected); /* same shape, another stream */
    for (int i = 8; i < 11; i++)
        ck_assert(params[i] == 1.0f);
    ck_assert(params[6] == -9.0f && params[7] == -9.0f && params[17] == -9.0f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("init");
    TCase *tc = tcase_create("init");
    tcase_add_loop_test(tc, constants, 0, 3);
    tcase_add_test(tc, uniform);
    tcase_add_test(tc, uniform_never_reaches_its_end);
    tcase_add_test(tc, normal);
    tcase_add_test(tc, truncated_normal);
    tcase_add_test(tc, truncation_changes_only_what_lies_outside);
    tcase_add_loop_test(tc, neighbours_are_independent, 0, 3);
    tcase_add_test(tc, orthogonal);
    tcase_add_test(tc, values_are_a_function_of_seed_tensor_element);
    tcase_add_test(tc, a_model_is_filled_tensor_by_tensor);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    const int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
