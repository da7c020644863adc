/* Finite or not, sums, the largest value, correct rows. */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "math/math.h"
#include "mnn/sums.h"

enum { SIZE = 1100 };

static float values[SIZE];

static void setup(void)
{
    for (int i = 0; i < SIZE; i++)
        values[i] = (float)i - 500.5f;
}

START_TEST(ordinary_values_are_finite)
{
    values[0] = FLT_MAX;
    values[1] = -FLT_MAX;
    values[2] = FLT_MIN / 2;
    values[3] = -0.0f;
    ck_assert(mnn_all_finite(values, SIZE));
    ck_assert(mnn_all_finite(values, 0));
}
END_TEST

START_TEST(one_bad_value_is_found_anywhere)
{
    const float bad[] = {INFINITY, -INFINITY, NAN, -NAN};
    for (int i = 0; i < SIZE; i++) {
        const float good = values[i];
        values[i] = bad[_i];
        ck_assert(!mnn_all_finite(values, SIZE));
        ck_assert(!mnn_all_finite(values, (size_t)i + 1));
        ck_assert(mnn_all_finite(values, (size_t)i)); /* what lies behind the end does not count */
        ck_assert(!mnn_all_finite(values + i, 1));
        values[i] = good;
    }
    ck_assert(mnn_all_finite(values, SIZE));
}
END_TEST

START_TEST(moderate_values_have_finite_squares)
{
    for (int i = 0; i < SIZE; i++) {
        const float good = values[i], bad[] = {-0x1p48f, 0x1p48f, FLT_MAX, INFINITY, NAN, -NAN};
        ck_assert(mnn_all_moderate(values, SIZE));
        for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
            values[i] = bad[k];
            ck_assert(!mnn_all_moderate(values, SIZE));
            ck_assert(mnn_all_moderate(values, (size_t)i));
        }
        values[i] = nextafterf(0x1p48f, 0);
        ck_assert(mnn_all_moderate(values, SIZE));
        values[i] = good;
    }
}
END_TEST

START_TEST(sum_is_in_double)
{
    ck_assert_double_eq(mnn_sum(values, 0), 0.0);
    ck_assert_double_eq(mnn_sum(values, 3), -500.5 - 499.5 - 498.5);
    values[0] = 16777216.0f;
    for (int i = 1; i < SIZE; i++)
        values[i] = 1.0f; /* a sum in float would stay at 2^24 */
    ck_assert_double_eq(mnn_sum(values, SIZE), 16777216.0 + SIZE - 1);
}
END_TEST

START_TEST(argmax_takes_the_first_of_equals)
{
    ck_assert_int_eq(mnn_argmax((const float[]){3}, 1), 0);
    ck_assert_int_eq(mnn_argmax((const float[]){1, 5, 5, 2}, 4), 1);
    ck_assert_int_eq(mnn_argmax((const float[]){7, 5, 7}, 3), 0);
    ck_assert_int_eq(mnn_argmax((const float[]){-3, -2, -1}, 3), 2);
    ck_assert_int_eq(mnn_argmax((const float[]){-INFINITY, -INFINITY}, 2), 0);
    ck_assert_int_eq(mnn_argmax((const float[]){1, NAN, 2}, 3), 2);
}
END_TEST

START_TEST(sums_of_magnitudes_and_squares)
{
    /* values are -500.5, -499.5, ..., all sums are exact */
    for (int n = 0; n <= SIZE; n++) {
        double magnitudes = 0, squares = 0;
        for (int i = 0; i < n; i++) {
            magnitudes += fabs((double)values[i]);
            squares += (double)values[i] * (double)values[i];
        }
        ck_assert_double_eq(mnn_sum_of_magnitudes(values, n), magnitudes);
        ck_assert_double_eq(mnn_sum_of_squares(values, n), squares);
    }
    const float large[] = {1e30f, -1e30f};
    ck_assert_double_eq_tol(mnn_sum_of_squares(large, 2), 2e60, 1e54);
}
END_TEST

/* Numbers close to one another: a plain sum of floats is off by several of the last places of the mean. */
START_TEST(moments_of_numbers_that_lie_close)
{
    static float x[2000];
    for (int n = 1; n <= 2000; n = n < 40 ? n + 1 : 2 * n - 7) {
        double mean = 0, variance = 0;
        float m, v;
        for (int i = 0; i < n; i++) {
            x[i] = 0.72f + 0.003f * sinf((float)i);
            mean += (double)x[i] / n;
        }
        for (int i = 0; i < n; i++)
            variance += ((double)x[i] - mean) * ((double)x[i] - mean) / n;
        mnn_moments(x, n, &m, &v);
        ck_assert_double_eq_tol((double)m, mean, 4e-8); /* half of a last place, and a little */
        ck_assert_double_eq_tol((double)v, variance, 1e-6 * variance + 1e-14);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("numeric");
    TCase *tc = tcase_create("numeric");
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, ordinary_values_are_finite);
    tcase_add_loop_test(tc, one_bad_value_is_found_anywhere, 0, 4);
    tcase_add_test(tc, moderate_values_have_finite_squares);
    tcase_add_test(tc, sum_is_in_double);
    tcase_add_test(tc, sums_of_magnitudes_and_squares);
    tcase_add_test(tc, moments_of_numbers_that_lie_close);
    tcase_add_test(tc, argmax_takes_the_first_of_equals);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    const int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
