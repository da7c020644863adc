/* mnn/skip.h: products that leave zeros out give the bits of those in mnn/product.h. */
#include <check.h>
#include <stdlib.h>

#include "data/zeros.h"
#include "guarded.h"
#include "mnn/rng.h"
#include "mnn/skip.h"

enum { ROOM = 32 * 1024, MAX_K = 1100, MAX_ROWS = 18 };

static float a[ROOM], b[ROOM], c[ROOM], expected[ROOM];
static uint16_t lists[8 * (MAX_K + 2)], list[MAX_K + 1];

/* Of `zeros` tenths of all numbers 0 is made, now and then the other 0. */
static void fill_some(float *values, int count, uint32_t stream, int zeros)
{
    for (int i = 0; i < count; i++) {
        const mnn_random4 r = mnn_random(11, stream, 0, (uint64_t)i);
        values[i] = (int)(r.word[1] % 10) < zeros ? (r.word[2] % 5 == 0 ? -0.0f : 0.0f) : mnn_uniform(r.word[0]) - 0.5f;
    }
}

static void fill(float *values, uint32_t stream, int zeros)
{
    fill_some(values, ROOM, stream, zeros);
}

static void clear(void)
{
    for (int i = 0; i < ROOM; i++)
        c[i] = expected[i] = (float)(i % 7);
}

/* No number differs, 0 and -0 being one. */
static void compare(const char *what, int m, int n, int k, int zeros)
{
    int i = 0;
    while (i < ROOM && !(c[i] < expected[i]) && !(c[i] > expected[i]))
        i++;
    ck_assert_msg(i == ROOM, "%s: c[%d] is %a, expected %a (m %d, n %d, k %d, %d tenths zeros)", what, i, (double)c[i],
                  (double)expected[i], m, n, k, zeros);
}

static void make_lists(int m, int k, int a_row)
{
    for (int i = 0; i < m; i += MNN_SKIP_ROWS) {
        uint16_t *one = lists + i / MNN_SKIP_ROWS * (k + 2);
        one[0] = (uint16_t)mnn_list_columns(mnn_min(MNN_SKIP_ROWS, m - i), k, a + i * a_row, a_row, one + 1);
    }
}

/* The sum in the order of mnn_tile(); where OpenBLAS does the products they have another order. */
#if defined(__x86_64__) && !defined(__AVX__)
#define SAME_ORDER 0
#else
#define SAME_ORDER 1
#endif

#define SKIP_TEST(n, k)                                                                                                \
    START_TEST(skip_##n##_##k)                                                                                         \
    {                                                                                                                  \
        fill(b, 2, 0);                                                                                                 \
        for (int zeros = 0; SAME_ORDER && zeros <= 10; zeros += 5) {                                                   \
            fill(a, 1, zeros);                                                                                         \
            for (int m = 1; m <= MAX_ROWS; m++) {                                                                      \
                if (m * (k + 3) > ROOM || k * (n + 5) > ROOM)                                                          \
                    break;                                                                                             \
                clear();                                                                                               \
                mnn_product(m, n, k, a, k + 3, 1, b, n + 5, expected, n + 2, 0);                                       \
                make_lists(m, k, k + 3);                                                                               \
                mnn_skip_product(m, n, k, lists, a, k + 3, b, n + 5, c, n + 2);                                        \
                compare("by columns", m, n, k, zeros);                                                                 \
                clear();                                                                                               \
                mnn_product(m, n, k, a, 1, 29, b, n + 5, expected, n + 2, 0);                                          \
                mnn_skip_product_tn(m, n, k, list, a, 29, b, n + 5, c, n + 2);                                         \
                compare("transposed", m, n, k, zeros);                                                                 \
                clear();                                                                                               \
                mnn_product(1, n, k, a, k, 1, b, n + 5, expected, n, 0);                                               \
                mnn_rows_product(1, n, k, a, k, b, n + 5, c, n);                                                       \
                compare("one row", 1, n, k, zeros);                                                                    \
            }                                                                                                          \
        }                                                                                                              \
    }                                                                                                                  \
    END_TEST

SKIP_TEST(1, 3)
SKIP_TEST(10, 64)
SKIP_TEST(16, 9)
SKIP_TEST(33, 20)
SKIP_TEST(64, 31)
SKIP_TEST(150, 77)
SKIP_TEST(20, 1100)

/* The last rows of b and c end where the memory ends. */
START_TEST(nothing_behind_is_read)
{
    enum { N = 37, K = 21, M = 7 };
    float *b_end = guarded_new(K * N * sizeof *b), *c_end = guarded_new(M * N * sizeof *c);
    fill(a, 1, 5);
    fill_some(b_end, K * N, 2, 0);
    clear();
    make_lists(M, K, K);
    mnn_skip_product(M, N, K, lists, a, K, b_end, N, c_end, N);
    memcpy(c, c_end, M * N * sizeof *c);
    mnn_product(M, N, K, a, K, 1, b_end, N, expected, N, 0);
    if (SAME_ORDER)
        compare("by columns", M, N, K, 5);
    mnn_skip_product_tn(M, N, K, list, a, M, b_end, N, c_end, N);
    memcpy(c, c_end, M * N * sizeof *c);
    mnn_product(M, N, K, a, 1, M, b_end, N, expected, N, 0);
    if (SAME_ORDER)
        compare("transposed", M, N, K, 5);
    guarded_free(b_end, K * N * sizeof *b);
    guarded_free(c_end, M * N * sizeof *c);
}
END_TEST

START_TEST(lists_hold_what_is_not_zero)
{
    fill(a, 4, 7);
    for (int rows = 1; rows <= 4; rows++)
        for (int k = 1; k <= 40; k++) {
            const int count = mnn_list_columns(rows, k, a, 50, list);
            int next = 0, right = 1;
            for (int p = 0; p < k; p++) {
                int any = 0;
                for (int i = 0; i < rows; i++)
                    any |= a[i * 50 + p] != 0.0f;
                if (any)
                    right &= next < count && list[next++] == p;
            }
            ck_assert_msg(right && next == count, "%d rows of %d", rows, k);
        }
}
END_TEST

static mnn_array bytes(uint8_t *data, uint32_t samples, uint32_t size)
{
    return (mnn_array){.rank = 2, .dims = {samples, size}, .count = samples * size, .data = data};
}

START_TEST(share_of_zeros_decides)
{
    static uint8_t data[100 * 50];
    mnn_array set = bytes(data, 100, 50);
    memset(data, 1, sizeof data);
    ck_assert(!mnn_many_zeros(&set, 100));
    memset(data, 0, sizeof data);
    ck_assert(mnn_many_zeros(&set, 100));
    ck_assert(!mnn_many_zeros(&set, 3));   /* too few to say */
    for (int i = 0; i < 100 * 50; i += 50) /* 5 of 50 places are always 0 */
        memset(data + i + 5, 1, 45);
    ck_assert(!mnn_many_zeros(&set, 100));
    for (int i = 0; i < 100 * 50; i += 50) /* 10 of 50 */
        memset(data + i + 5, 0, 5);
    ck_assert(mnn_many_zeros(&set, 100));
    float values[8 * 2] = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1};
    const mnn_array floats = {.rank = 2, .dims = {8, 2}, .count = 16, .values = values};
    ck_assert(mnn_many_zeros(&floats, 8));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("skip");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, skip_1_3);
    tcase_add_test(t, skip_10_64);
    tcase_add_test(t, skip_16_9);
    tcase_add_test(t, skip_33_20);
    tcase_add_test(t, skip_64_31);
    tcase_add_test(t, skip_150_77);
    tcase_add_test(t, skip_20_1100);
    tcase_add_test(t, nothing_behind_is_read);
    tcase_add_test(t, lists_hold_what_is_not_zero);
    tcase_add_test(t, share_of_zeros_decides);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    const int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
