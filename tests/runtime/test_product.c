/* mnn/product.h: products of compile-time shapes against plain loops in double precision. */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "guarded.h"
#include "mnn/product.h"
#include "mnn/rng.h"

enum { ROOM = 16 * 1024 };

static float a[ROOM], b[ROOM], c[ROOM], before[ROOM];

static void fill(float *values, uint32_t stream)
{
    for (int i = 0; i < ROOM; i++)
        values[i] = mnn_uniform(mnn_random(7, stream, 0, (uint64_t)i).word[0]) - 0.5f;
}

static void setup(void)
{
    fill(a, 1);
    fill(b, 2);
    fill(c, 3);
    memcpy(before, c, sizeof c);
}

/* What the header promises, and that nothing outside of c[m, n] has changed. */
static void check(int m, int n, int inner, int outer, int a_row, int a_step, int a_jump, int b_step, int b_jump,
                  int c_row, int add)
{
    static double expected[ROOM];
    for (int i = 0; i < ROOM; i++)
        expected[i] = (double)before[i];
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            double sum = add ? (double)before[i * c_row + j] : 0;
            for (int q = 0; q < outer; q++)
                for (int p = 0; p < inner; p++)
                    sum += (double)a[i * a_row + p * a_step + q * a_jump] * (double)b[p * b_step + q * b_jump + j];
            expected[i * c_row + j] = sum;
        }
    int i = 0;
    while (i < ROOM && fabs((double)c[i] - expected[i]) <= 1e-5)
        i++;
    ck_assert_msg(i == ROOM, "c[%d] is %g, expected %g (m %d, n %d)", i, (double)c[i], expected[i], m, n);
}

/* n and k are constants here, as in generated code; m runs through every remainder of a tile. */
#define PRODUCT_TEST(n, k)                                                                                             \
    START_TEST(product_##n##_##k)                                                                                      \
    {                                                                                                                  \
        for (int m = 1; m <= 27; m++)                                                                                  \
            for (int add = 0; add < 2; add++) {                                                                        \
                setup();                                                                                               \
                mnn_product(m, n, k, a, k + 3, 1, b, n + 5, c, n + 2, add);                                            \
                check(m, n, k, 1, k + 3, 1, 0, n + 5, 0, n + 2, add);                                                  \
                setup();                                                                                               \
                mnn_product(m, n, k, a, 1, 31, b, n, c, n, add);                                                       \
                check(m, n, k, 1, 1, 31, 0, n, 0, n, add);                                                             \
            }                                                                                                          \
    }                                                                                                                  \
    END_TEST

PRODUCT_TEST(1, 1)
PRODUCT_TEST(3, 7)
PRODUCT_TEST(8, 5)
PRODUCT_TEST(10, 64)
PRODUCT_TEST(16, 9)
PRODUCT_TEST(17, 4)
PRODUCT_TEST(32, 20)
PRODUCT_TEST(36, 3)
PRODUCT_TEST(100, 11)

/* Rows of b a page apart are copied to panels, more than one where k is large. */
START_TEST(spread)
{
    static float far[600 * 1024];
    for (int i = 0; i < 600 * 1024; i++)
        far[i] = b[i % ROOM];
    for (int m = 46; m <= 50; m += 2)
        for (int add = 0; add < 2; add++) {
            setup();
            memcpy(far, b, sizeof b);
            mnn_spread_product(m, 40, 300, a, 301, 1, far, 1024, c, 50, add);
            for (int i = 0; i < m; i++)
                for (int j = 0; j < 40; j++) {
                    double sum = add ? (double)before[i * 50 + j] : 0;
                    for (int p = 0; p < 300; p++)
                        sum += (double)a[i * 301 + p] * (double)far[p * 1024 + j];
                    before[i * 50 + j] = (float)sum;
                }
            int i = 0;
            while (i < ROOM && fabsf(c[i] - before[i]) <= 2e-5f)
                i++;
            ck_assert_msg(i == ROOM, "c[%d] is %g, expected %g (m %d)", i, (double)c[i], (double)before[i], m);
        }
}
END_TEST

/* The last rows of b and c end where the memory ends. */
#define END_TEST_OF(n, k)                                                                                              \
    for (int m = 1; m <= 27; m++)                                                                                      \
        for (int add = 0; add < 2; add++) {                                                                            \
            const size_t b_size = (size_t)((k - 1) * (n + 5) + n) * sizeof(float);                                     \
            const size_t c_size = (size_t)((m - 1) * (n + 2) + n) * sizeof(float);                                     \
            setup();                                                                                                   \
            float *b_end = guarded_copy(b, b_size), *c_end = guarded_copy(c, c_size);                                  \
            mnn_product(m, n, k, a, k + 3, 1, b_end, n + 5, c_end, n + 2, add);                                        \
            memcpy(c, c_end, c_size);                                                                                  \
            check(m, n, k, 1, k + 3, 1, 0, n + 5, 0, n + 2, add);                                                      \
            guarded_free(b_end, b_size);                                                                               \
            guarded_free(c_end, c_size);                                                                               \
        }

START_TEST(nothing_behind_is_read){END_TEST_OF(1, 1) END_TEST_OF(3, 7) END_TEST_OF(10, 64) END_TEST_OF(17, 4)
                                       END_TEST_OF(30, 4) END_TEST_OF(36, 3)} END_TEST

    START_TEST(nested)
{
    /* the rows of a 3 x 3 convolution of a 9 x 8 x 2 image with 5 filters, strides 2 and 1 */
    for (int m = 1; m <= 6; m++) {
        setup();
        mnn_nested_product(m, 5, 6, 3, a + 16, 2, 1, 16, b, 5, 30, c, 5, 1);
        memmove(a, a + 16, sizeof a - 16 * sizeof *a);
        check(m, 5, 6, 3, 2, 1, 16, 5, 30, 5, 1);
    }
}
END_TEST

/* A convolution of `high` lines of `wide` places, with gaps between lines and places in both pictures: 3 rows of a
 * kernel of which 8 numbers lie side by side. */
static void check_grid(int high, int wide, int n)
{
    static double expected[ROOM];
    for (int i = 0; i < ROOM; i++)
        expected[i] = (double)before[i];
    for (int y = 0; y < high; y++)
        for (int x = 0; x < wide; x++)
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int q = 0; q < 3; q++)
                    for (int p = 0; p < 8; p++)
                        sum += (double)a[y * 130 + x * 5 + q * 65 + p] * (double)b[q * 8 * 50 + p * 50 + j];
                expected[y * 700 + x * 40 + j] = sum;
            }
    for (int i = 0; i < ROOM; i++)
        ck_assert_msg(fabs((double)c[i] - expected[i]) <= 1e-5, "c[%d] is %g, expected %g (%d x %d, n %d)", i,
                      (double)c[i], expected[i], high, wide, n);
}

#define GRID(high, wide, n)                                                                                            \
    do {                                                                                                               \
        setup();                                                                                                       \
        mnn_grid_product(high, wide, n, 8, 3, a, 130, 5, 65, b, 50, 400, c, 700, 40);                                  \
        check_grid(high, wide, n);                                                                                     \
    } while (0)

/* several lines in a tile, with every remainder of lines, and lines that are too long for that; widths from a part of a
 * vector to more than two of the widest */
START_TEST(grid)
{
    GRID(1, 1, 1);
    GRID(13, 1, 33);
    GRID(9, 2, 7);
    GRID(7, 3, 16);
    GRID(4, 4, 40);
    GRID(5, 4, 20);
    GRID(7, 5, 35);
    GRID(8, 6, 32);
    GRID(3, 7, 32);
    GRID(2, 12, 17);
    GRID(2, 14, 8);
}
END_TEST

START_TEST(transpose)
{
    for (int m = 1; m <= 13; m++)
        for (int n = 1; n <= 13; n++) {
            setup();
            mnn_transpose(m, n, a, n + 1, c, m + 2);
            for (int i = 0; i < m; i++)
                for (int j = 0; j < n; j++)
                    before[j * (m + 2) + i] = a[i * (n + 1) + j];
            ck_assert_mem_eq(c, before, sizeof c);
        }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("product");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, product_1_1);
    tcase_add_test(t, product_3_7);
    tcase_add_test(t, product_8_5);
    tcase_add_test(t, product_10_64);
    tcase_add_test(t, product_16_9);
    tcase_add_test(t, product_17_4);
    tcase_add_test(t, product_32_20);
    tcase_add_test(t, product_36_3);
    tcase_add_test(t, product_100_11);
    tcase_add_test(t, spread);
    tcase_add_test(t, nothing_behind_is_read);
    tcase_add_test(t, nested);
    tcase_add_test(t, grid);
    tcase_add_test(t, transpose);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    const int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
